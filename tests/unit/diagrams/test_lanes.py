"""A process as SVG: all of it is there, once, and nothing lies on top of anything else."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.strategies import TAPES, Tape, process_from
from tests.properties.test_process_round_trip import processes
from tests.unit.diagrams.boxes import Picture

from supporttiers import SupportProcess, Tier, TimeLimit
from supporttiers.contracts import VendorContract
from supporttiers.errors import InputError
from supporttiers.limits import Threshold
from supporttiers.match import Match
from supporttiers.policies.vendors import DispatchByRules, VendorRule
from supporttiers.tiers import Status

ACME = SupportProcess.from_toml(Path(__file__).parents[3] / "examples/acme.toml")
HOSTILE = "</text><script>alert('x')</script> & \"quoted\" ]]> <!-- "
PROCESSES = st.one_of(processes(), TAPES.map(lambda data: process_from(Tape(data))))


def listed(count, **rules):
    """Give a process of so many tiers, each of which may go up two and back three."""
    tiers = [
        Tier(
            level=level, name=f"Line {level}", escalates_to=[up for up in (level + 1, level + 2) if up <= count],
            hands_back_to=[down for down in range(level - 1, level - 4, -1) if down > 0],
        )
        for level in range(1, count + 1)
    ]  # fmt: skip
    return SupportProcess(name="listed", tiers=tiers, **rules)


def hostile():
    """Give a process in which every name is long, foreign, or meant to break a picture."""
    names = ["日本語のサポート窓口", "Support " * 20, HOSTILE, "😀" * 40, "عربي دعم", "W" * 200]
    tiers = [
        Tier(level=level, name=name, teams=["team " * 30, HOSTILE], time_limit="1h" if level < 5 else None)
        for level, name in enumerate(names)
    ]
    vendor = Tier(level=9, name="V", kind="vendor", vendor=HOSTILE)
    thresholds = [
        Threshold("50%", do=["notify:manager"]), Threshold("-30m", do=["notify:" + "X" * 150, "note:" + HOSTILE]),
        Threshold("100%", do=["escalate", "inform_management"]), Threshold("2h"),
    ]  # fmt: skip
    return SupportProcess(
        name=HOSTILE + "M" * 120, tiers=[*tiers, vendor], moves="any", wait_reasons=["M" * 200, HOSTILE],
        limits=[
            TimeLimit(name="Ü" * 200, target={"low": "3 business days", "*": "8h"}, thresholds=thresholds),
            TimeLimit(name=HOSTILE, target={"low": "1h", "medium": "2h", "high": "3h", "critical": "4h"}),
        ],
        contracts=[VendorContract(vendor=HOSTILE, acknowledge="2h", resolve={"high": "8h", "*": "3 business days"})],
        resolve_when=["in_progress"], reopen_from=["resolved", "closed", "cancelled"],
    )  # fmt: skip


def lane(state):
    """Give the lane of a state."""
    return state.partition(".")[0]


def judged(process):
    """Draw a process; all of it must be there, once, and nothing may lie on top of anything else."""
    svg = process.diagram(format="svg")
    picture = Picture.of(svg)
    assert picture.clashes() == []
    moves = {f"{row.trigger} {lane(row.source)} {lane(row.dest)}" for row in process.rows}
    assert sorted(picture.moves) == sorted(moves)
    ends = [str(status) for status in (Status.RESOLVED, Status.CLOSED, Status.CANCELLED)]
    tiers = [f"tier{tier.level}" for tier in sorted(process.tiers, key=lambda tier: tier.level)]
    assert picture.said("lane") == [*tiers, *ends] == picture.said("name")
    rows = process.ladder().rows
    assert sorted(picture.said("threshold")) == sorted(f"{row.limit} {row.threshold}" for row in rows)
    assert sorted(picture.said("limit")) == sorted(limit.name for limit in process.all_limits)
    assert len(picture.said("waits")) == 3 * len(process.tiers)
    assert svg == process.diagram(format="svg")
    return picture


@pytest.mark.parametrize(
    "process",
    [
        SupportProcess.default(), ACME, SupportProcess(name="one", tiers=[Tier(level=1, name="Only")]), listed(7),
        listed(5, moves="any", transfer_when=["queued", "resolved"], resolve_when=["waiting", "resolved"]), hostile(),
    ],
    ids=["default", "acme", "one", "seven", "some statuses", "hostile"],
)  # fmt: skip
def test_lanes_show_all_of_a_process_once(process):
    """Every tier, move, limit and threshold is drawn once, beside each other, whatever their names."""
    judged(process)


@settings(max_examples=25)
@given(process=PROCESSES)
def test_lanes_of_any_process_hold_together(process):
    """So it is for whatever process there can be."""
    judged(process)


def test_lanes_say_what_there_is():
    """Names, limits with their times, thresholds with what they do, and for whom cases wait, can be read."""
    texts = [text.text for text in judged(ACME).texts]

    for text in (
        "Process acme-it", "3 tiers, 2 time limits", "Tier 1: Service desk", "team front",
        "tier 1: ola, 15m, calendar office", "100% after 15m: escalate", "The whole case",
        "75% after critical 3h, high 6h, others 12h: tells assignee", "teams network, desktop", "vendor acme-print",
        "customer", "vendor", "known issue, approval,", "scheduled", "open", "escalate", "hand back", "resolve",
    ):  # fmt: skip
        assert text in texts


def test_lanes_say_on_which_side_of_the_target_a_threshold_lies():
    """A time before or after the target is told as one."""
    texts = [text.text for text in judged(hostile()).texts]

    assert "2h after the target, after low 2h after 3 business days, others 10h: on record" in texts
    assert any(text.startswith("30m before the target, after low 30m before 3 business days") for text in texts)


def test_lanes_draw_ways_that_all_tiers_have_as_one_arrow():
    """Where every tier may go up to every higher one, that is a single arrow."""
    texts = [text.text for text in judged(hostile()).texts]

    assert texts.count("escalate to any") == texts.count("hand back to any") == 1


def test_lanes_of_two_tiers_say_it_plainly():
    """Between two there is but one way up, and one way down."""
    texts = [text.text for text in judged(listed(2, moves="any")).texts]

    assert {"escalate", "hand back"} <= set(texts)


def test_lanes_name_statuses_where_not_all_allow_a_move():
    """What only some statuses allow says so."""
    process = listed(2, transfer_when=["queued", "in_progress"], resolve_when=["in_progress"])
    texts = [text.text for text in judged(process).texts]

    assert "transfer from queued, in progress" in texts
    assert "resolve from in" in texts


def test_lanes_name_moves_that_lead_nowhere():
    """An ended case that is moved stays ended."""
    texts = [text.text for text in judged(listed(2, moves="any", transfer_when=["queued", "resolved"])).texts]

    assert "stays there: escalate, hand back, transfer" in texts


def test_lanes_name_who_works_at_a_tier():
    """Self-service and vendors are told apart from teams."""
    process = SupportProcess(
        name="p",
        tiers=[
            Tier(level=0, name="A", kind="self_service"), Tier(level=1, name="B", kind="self_service", teams=["t"]),
            Tier(level=2, name="C", kind="vendor"),
        ],
        policies=[DispatchByRules([VendorRule(Match(kind="incident"), "acme")])],
    )  # fmt: skip
    texts = [text.text for text in judged(process).texts]

    assert {"self-service", "self-service, team t", "vendor"} <= set(texts)


def test_diagram_as_html_is_a_page_with_the_picture():
    """The page holds the picture, and what is in names stays text."""
    page = hostile().diagram(format="html")

    assert page.startswith("<!doctype html>")
    assert hostile().diagram(format="svg") in page
    assert "<script" not in page


def test_diagram_of_another_format_is_refused():
    """The error says which there are."""
    with pytest.raises(InputError, match="format is 'png'; possible are: mermaid, svg, html"):
        SupportProcess.default().diagram(format="png")
