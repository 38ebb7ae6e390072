"""The ladder of a process: its thresholds as rows, for a terminal and for a page."""

from pathlib import Path
from unicodedata import east_asian_width

from hypothesis import given, settings
from tests.unit.diagrams.boxes import Picture
from tests.unit.diagrams.test_lanes import PROCESSES, hostile

from supporttiers import SupportProcess, Tier, TimeLimit
from supporttiers.contracts import VendorContract
from supporttiers.limits import Threshold

ACME = SupportProcess.from_toml(Path(__file__).parents[3] / "examples/acme.toml")
BARE = SupportProcess(name="bare", tiers=[Tier(level=1, name="One")])


def rows_of(*thresholds, target="8h", **fields):
    """Give the rows of one limit with these thresholds."""
    limit = TimeLimit(name="r", target=target, thresholds=thresholds, **fields)
    tiers = [Tier(level=1, name="One"), Tier(level=4, name="Four", kind="vendor", vendor="acme")]
    return SupportProcess(name="p", tiers=tiers, limits=[limit], moves="any").ladder().rows


def test_ladder_reads_as_a_table():
    """The whole case comes first, then tiers; columns are aligned."""
    assert str(ACME.ladder()) == (
        "tier            limit    with  at    after                             working time  does      tells\n"
        "the whole case  resolve  sla   75%   critical 3h, high 6h, others 12h  office        -         assignee\n"
        "the whole case  resolve  sla   100%  critical 4h, high 8h, others 16h  office        escalate  manager\n"
        "1 Service desk  tier 1   ola   100%  15m                               office        escalate  -"
    )


def test_ladder_has_rows_in_order_of_time():
    """Percentages and times before and after the target are set in order; a breach is there, named or not."""
    rows = rows_of(Threshold("2h"), Threshold("-1h"), Threshold("50%"), Threshold("-9h"))

    assert [(row.threshold, row.after["others"]) for row in rows] == [
        ("-9h", "never"), ("50%", "4h"), ("-1h", "7h"), ("100%", "8h"), ("2h", "10h"),
    ]  # fmt: skip


def test_ladder_says_days_as_days():
    """Days are no working time before a case starts, and are told as they are."""
    rows = rows_of(Threshold("50%"), Threshold("-1h"), Threshold("2h"), target="3 business days")

    assert [row.after["others"] for row in rows] == [
        "50% of 3 business days", "1h before 3 business days", "2h after 3 business days", "3 business days",
    ]  # fmt: skip


def test_ladder_tells_doing_from_telling():
    """Who is told stands apart from what is done."""
    do = ["notify:manager", "escalate:4", "inform_management", "remind:acme", "escalate_at:acme", "note:x"]
    [row] = rows_of(Threshold("100%", do=do))

    assert row.does == ("escalate:4", "note:x")
    assert row.tells == ("manager", "management", "vendor acme (reminder)", "vendor acme (escalation)")


def test_ladder_puts_limits_at_their_tiers():
    """A tier's limit stands at the tier, a vendor's at the tier of the vendor, others at the whole case."""
    [of_vendor] = rows_of(measures="vendor", vendor="acme")
    [of_any] = rows_of(measures="vendor")
    [of_tier] = rows_of(measures="tier", tier=1)

    assert (of_vendor.tier, of_any.tier, of_tier.tier) == (4, None, 1)
    assert (of_vendor.tier_name, of_any.tier_name, of_tier.tier_name) == ("Four", "", "One")


def test_ladder_has_the_limits_of_contracts():
    """A vendor without a tier of its own has its limits at the whole case."""
    contract = VendorContract(vendor="far", resolve="8h")
    process = SupportProcess(name="p", tiers=[Tier(level=1, name="One")], contracts=[contract])

    assert [(row.limit, row.tier) for row in process.ladder().rows] == [("far resolve", None)]


def test_ladder_of_a_process_without_limits_says_so():
    """In every form."""
    ladder = BARE.ladder()

    assert str(ladder) == "It has no time limits."
    assert "It has no time limits." in ladder.to_html()
    assert [text.text for text in Picture.of(ladder.to_svg()).texts] == [
        "Time limits of bare",
        "It has no time limits.",
    ]


def test_ladder_as_html_escapes_names():
    """Names stay text."""
    page = hostile().ladder().to_html()

    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count("<tr>") == len(hostile().ladder().rows) + 1


def test_ladder_on_a_terminal_is_aligned():
    """Signs of two columns and names that are too long keep the columns."""
    lines = str(hostile().ladder()).splitlines()
    before = [line.partition("  tier ")[0] for line in lines[1:] if "  tier " in line]
    columns = {sum(1 + (east_asian_width(char) in "WF") for char in text) for text in before}

    assert max(map(len, lines)) < 8 * 42
    assert len(before) == 5
    assert columns == {lines[0].index("limit") - 2}
    assert any("..." in line for line in lines)


@settings(max_examples=20)
@given(process=PROCESSES)
def test_ladder_of_any_process_holds_together(process):
    """Each threshold is one row and one place in the picture; nothing lies on top of anything else."""
    ladder = process.ladder()
    picture = Picture.of(ladder.to_svg())

    assert picture.clashes() == []
    assert picture.said("threshold") == [f"{row.limit} {row.threshold}" for row in ladder.rows]
    expected = {(limit.limit.name, each.mark) for limit in process.compiled_limits for each in limit.thresholds}
    assert {(row.limit, row.threshold) for row in ladder.rows} == expected
    assert str(ladder) == str(process.ladder())
