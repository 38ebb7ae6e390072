import attrs
import pytest

from supporttiers import Case, ClockReading, SupportDesk, SupportProcess
from supporttiers.testing import FakeClock

NOW = ["--at", "2026-03-23T10:00Z"]


def test_show_tells_the_whole_case(run, case, url):
    """Facts, reasons, what is next, clocks and history stand on one page."""
    done = run("show", case.id, "--store", url, *NOW)

    assert (0, "") == (done.code, done.err)
    for line in (
        f"case        T-1, version {case.version}, tenant default",
        "priority    high",
        "tier        2",
        "status      queued",
        "tags        loud",
        "why it stands there",
        "  at tier 2 (Technical support) since 2026-03-23T09:15:00+00:00",
        "  limit 'tier 1' reached 100% of 0:15:00 at 2026-03-23T09:15:00+00:00",
        "what is next",
        "  nothing happens by itself; it waits for somebody to act",
        "tier 1  ola        completed  15m     15m  0s    2026-03-23 09:15:00  late",
        "history",
        "  2026-03-23 09:00:00  jane (customer)  opened at tier 1",
    ):
        assert line in done.out.splitlines()


def test_show_leaves_texts_out(run, case, url):
    """What people wrote stays off the terminal unless it is asked for."""
    done = run("show", case.id, "--store", url)

    assert "subject     (hidden; --texts shows it)" in done.out
    for written in ("red", "First line", "Which font?", "to be sure", "secret.png", "room"):
        assert written not in done.out


def test_show_with_texts_is_safe_on_a_terminal(run, case, url):
    """Texts stand under the line they belong to; their control characters are escaped."""
    done = run("show", case.id, "--store", url, "--texts")

    assert "\x1b" not in done.out
    assert "subject     Printer \\x1b[31mred" in done.out
    assert "attributes  room: 12" in done.out
    for written in ("First line", "second line", "Which font?", "to be sure"):
        assert f"        | {written}\n" in done.out


def test_show_of_a_bare_case_names_only_what_is_known(run, desk, url):
    """A case without subject hides none, and one without clocks has no table."""
    desk.open(by="jane", id="T-0", tier=0)

    done = run("show", "T-0", "--store", url)

    assert "subject" not in done.out
    assert "agreement" not in done.out


def test_show_of_a_waiting_case_says_for_what(run, desk, url):
    """Waiting, links, ratings and paused clocks are told."""
    desk.open(by="jane", id="T-8")
    desk.open(by="jane", id="T-9")
    desk.link("T-9", to="T-8", by="bob")
    desk.wait("T-9", wait_reason="customer", by="bob")
    desk.resolve("T-8", by="bob")
    desk.rate("T-8", score=4, by="jane")

    waiting, rated = run("show", "T-9", "--store", url, *NOW).out, run("show", "T-8", "--store", url, *NOW).out

    assert "status      waiting for customer" in waiting
    assert "links       follows T-8" in waiting
    assert "tier 1  ola        paused  0s      15m  15m   ~2026-03-23 10:15:00" in waiting
    assert "rating      4 of 5" in rated


def test_show_names_the_team(run, url, clock):
    """Tier and team stand side by side, and what went to and fro is counted."""
    process = SupportProcess.from_text(
        '[process]\nname = "t"\n'
        '[[tiers]]\nlevel = 1\nname = "One"\nteams = ["front"]\nescalates_to = [2]\n'
        '[[tiers]]\nlevel = 2\nname = "Two"\nteams = ["back"]\nhands_back_to = [1]\n'
    )
    desk = SupportDesk(process, store=url, clock=clock)
    desk.open(by="jane", id="T-1")
    desk.escalate("T-1", by="bob")
    desk.hand_back("T-1", by="eve")
    desk.shut_down()

    out = run("show", "T-1", "--store", url).out

    assert "tier        1, team front" in out
    assert "to and fro  1/front <> 2/back: 1" in out
    assert "at tier 1 (One)" in out


def test_show_reads_a_case_by_its_own_revision(run, url, clock):
    """The process need not be at hand: the store keeps the revision that a case follows."""
    process = SupportProcess.from_text(
        '[process]\nname = "seven"\n[[tiers]]\nlevel = 7\nname = "Seventh heaven"\n'
        '[[limits]]\nname = "long"\ntarget = "2h"\nthresholds = [{ at = "50%", do = ["notify:boss"] }]\n'
    )
    desk = SupportDesk(process, store=url, clock=clock)
    desk.open(by="jane", id="T-1")
    desk.shut_down()

    out = run("show", "T-1", "--store", url, "--at", "2026-03-23T09:30Z").out

    assert "at tier 7 (Seventh heaven)" in out
    assert "at 2026-03-23T10:00:00+00:00 limit 'long' reaches 50%: notify:boss" in out
    assert "long   sla        in_progress  30m     2h  1h30m  2026-03-23 11:00:00" in out


def test_show_as_json(run, case, url):
    """Programs get case, clocks, reasons and history, by the names that the library has for them."""
    answer = run("show", case.id, "--store", url, "--json", *NOW).json()

    assert ["case", "clocks", "here", "next", "history"] == list(answer)
    assert {field.name for field in attrs.fields(Case)} == answer["case"].keys()
    assert {field.name for field in attrs.fields(ClockReading)} == answer["clocks"][0].keys()
    assert (2, "queued", "2026-03-23T09:00:00+00:00") == tuple(
        answer["case"][k] for k in ("tier", "status", "opened_at")
    )
    assert (900.0, 900.0, True) == tuple(answer["clocks"][0][key] for key in ("target", "elapsed", "breached"))
    assert {"code", "params", "text"} == answer["here"][0].keys()
    assert "CaseOpened" == answer["history"][0]["type"]
    assert {"id": "jane", "kind": "customer", "roles": []} == answer["history"][0]["by"]
    assert 900.0 == answer["case"]["stopwatches"][0]["segments"][0]["business"]


@pytest.mark.parametrize(
    ("option", "texts"),
    [([], (None, None, None)), (["--texts"], ("Printer \x1b[31mred", {"room": "12"}, "secret.png"))],
    ids=["hidden", "shown"],
)
def test_show_as_json_hides_texts_as_null(run, case, url, option, texts):
    """The keys are the same with texts and without: what is hidden is null."""
    done = run("show", case.id, "--store", url, "--json", *option)
    shown, history = done.json()["case"], done.json()["history"]

    assert done.out.isascii()
    assert texts == (shown["subject"], shown["attributes"], shown["attachments"][0]["name"])
    assert bool(option) == ("Which font?" in [event.get("text") for event in history])
    assert bool(option) == ("to be sure" in [event["said"] for event in history])


def test_show_of_an_unknown_case_ends_with_1(run, case, url):
    """No such case is an answer, not a failure."""
    done = run("show", "T-2", "--store", url)

    assert (1, "") == (done.code, done.out)
    assert "supporttiers: case 'T-2' does not exist for tenant 'default'" in done.err


def test_show_looks_at_one_tenant(run, url, clock):
    """A case belongs to its tenant."""
    desk = SupportDesk(SupportProcess.default(), store=url, clock=clock)
    desk.bind(tenant="acme").open(by="jane", id="T-1")
    desk.shut_down()

    assert 1 == run("show", "T-1", "--store", url).code
    assert "tenant acme" in run("show", "T-1", "--store", url, "--tenant", "acme").out


@pytest.mark.parametrize("options", [["--at", "yesterday"], ["--at", "2026-03-23T10:00"], ["--tenant", " "]])
def test_show_of_a_wrong_value_ends_with_2(run, case, url, options):
    """An instant without a zone, or a blank tenant, is a wrong command line."""
    done = run("show", case.id, "--store", url, *options)

    assert (2, "", 1) == (done.code, done.out, done.err.count("\n"))


def test_show_without_the_stored_process_is_the_stores_fault(run, case, desk, database, url):
    """A store that lost a process revision is told of."""
    import sqlite3

    desk.shut_down()
    connection = sqlite3.connect(database)
    connection.execute("UPDATE supporttiers_case SET body = replace(body, ?, 'ffffffffffffffff')", (case.revision,))
    connection.commit()
    connection.close()

    done = run("show", case.id, "--store", url)

    assert (3, "") == (done.code, done.out)
    assert "process 'support' of revision ffffffffffffffff is neither at hand nor in the store" in done.err


def test_show_reads_the_clocks_now_unless_told(run, case, url, monkeypatch):
    """Without --at the machine's clock counts."""
    from supporttiers.desk import _core as desk_module

    monkeypatch.setattr(desk_module, "SystemClock", lambda: FakeClock("2026-03-23T09:20Z"))

    assert 0 == run("show", case.id, "--store", url).code
