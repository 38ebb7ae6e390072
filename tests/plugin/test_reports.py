"""What a failing test tells: the timeline of each case of its rehearsals, and what would have come next; no texts."""

import contextvars
import gc
import json
import re
import subprocess
import sys
import weakref

import pytest

from supporttiers import SupportProcess, testing
from supporttiers.testing import Rehearsal, accounts
from supporttiers.testing.accounts import Account, take
from supporttiers.testing.paths import Path
from supporttiers.testing.pytest_plugin import pytest_assertrepr_compare
from supporttiers.testing.stages import MOST, Stage, present

NINE = "2026-03-23T09:00+00:00"
HEAD = f"""
import pytest
from supporttiers import Match, SupportProcess
from supporttiers.testing import Rehearsal, never

pytestmark = pytest.mark.support_process("acme.toml", start="{NINE}")
"""
TESTS = f"""{HEAD}
def test_path(rehearsal):
    story = rehearsal.open("SECRET subject", by="jane", priority="high", attributes={{"room": "SECRET room"}})
    story.note(by="bob", text="SECRET note").reply(by="bob", text="SECRET reply")
    rehearsal.advance("7h")
    assert story.path == "t1 09:00 -> t2 09:20 (tier 1) -> resolved 10:00"

def test_other(rehearsal):
    rehearsal.open("SECRET subject", by="jane", priority="high")
    assert 1 == 2

def test_closed(tmp_path):
    with Rehearsal("acme.toml", start="{NINE}", store=f"sqlite:///{{tmp_path}}/closed.db") as rehearsal:
        rehearsal.open("SECRET subject", by="jane")
        rehearsal.advance("20m")
    assert 1 == 2

@pytest.mark.support_process(monitors=[never(Match(tier=2), name="nobody goes up")])
def test_monitor(rehearsal):
    rehearsal.open("SECRET subject", by="jane", priority="high")
    rehearsal.advance("7h")

def test_passes(rehearsal):
    rehearsal.open("SECRET subject", by="jane")

@pytest.fixture(scope="module")
def shared():
    return Rehearsal("acme.toml", start="{NINE}").open("SECRET subject", by="jane")

def test_first(shared):
    pass

def test_second(shared):
    assert shared.case.tier == 3

@pytest.fixture
def breaks(rehearsal):
    rehearsal.open("SECRET subject", by="jane")
    yield
    raise RuntimeError("afterwards")

def test_teardown(breaks):
    pass
"""


def parts(text):
    """Give what is told of each failing test, by its name."""
    return dict(re.findall(r"^_+ (?:ERROR at \w+ of )?(\w+) _+$\n(.*?)(?=^[_=]+ )", text, re.MULTILINE | re.DOTALL))


def test_failure_tells_the_timeline(run):
    """Of every rehearsal that the test holds, has made itself, has closed, or was handed by an older fixture."""
    result = run(test_it=TESTS)

    result.assert_outcomes(failed=5, errors=1, passed=3)
    told = parts(result.stdout.str())
    assert "case T-1: t1 09:00 -> t2 09:15 (tier 1)" in told["test_path"]
    assert "2026-03-23 09:15:00  system           limit 'tier 1' reached 100%" in told["test_path"]
    assert re.search(r"16:00:00  told: assignee \(nobody\): limit 'resolve' reached 75%", told["test_path"])
    assert "  next: at 2026-03-24T09:30:00+00:00 limit 'resolve' reaches 100%: notify:manager" in told["test_path"]
    assert "case T-1: t1 09:00\n" in told["test_other"]
    assert "case T-1: t1 09:00 -> t2 09:15 (tier 1)" in told["test_closed"]
    assert "case T-1: t1 09:00\n" in told["test_second"]
    assert "case T-1: t1 09:00\n" in told["test_teardown"]
    assert "rehearsal" not in parts(result.stdout.str()).get("test_passes", "")


REFUSED = """
import pytest
from supporttiers import SupportProcess, Reason
from supporttiers.testing import Rehearsal

@pytest.mark.support_process(SupportProcess.default())
def test_refused(rehearsal):
    rehearsal.open("Printer", by="jane").resume(by="bob")
"""


def test_refusal_shows_the_line_of_the_test(run):
    """And none of ours, unless the whole trace is asked for."""
    shown = run(test_it=REFUSED).stdout.str()
    assert "MoveRefusedError: case 'T-1' cannot resume from tier1.queued" in shown
    assert "stories.py" not in shown
    assert "case T-1: t1 09:00" in shown

    assert "stories.py" in run("--full-trace", test_it=REFUSED).stdout.str()


def test_failure_tells_no_texts(run):
    """Neither subjects, nor what was written, nor the host's own values; only the test's own lines have them."""
    told = run(test_it=TESTS).stdout.str()
    own = ("rehearsal.open(", "story.note(", 'return Rehearsal("acme.toml"')

    assert [] == [line for line in told.splitlines() if "SECRET" in line and not any(each in line for each in own)]


def test_broken_monitor_tells_the_timeline_once(run):
    """And no lines of ours: they say nothing about a process."""
    told = parts(run(test_it=TESTS).stdout.str())["test_monitor"]

    assert "nobody goes up" in told
    assert 1 == told.count("limit 'tier 1' reached 100%\n")
    assert "next: at 2026-03-24T09:30:00" in told
    assert "self._step" not in told
    assert "test_it.py:" in told


def test_paths_are_compared_leg_by_leg(run):
    """The first leg that differs is pointed at."""
    result = run("-k", "test_path", test_it=TESTS)

    result.stdout.fnmatch_lines([
        "E*'t1 09:00 -> t2 09:15 (tier 1)' == 't1 09:00 -> t2 09:20 (tier 1) -> resolved 10:00'",
        "E*the ways differ from leg 2 on",
        "E  *  the case went      the other way",
        "E  *  1  t1 09:00           t1 09:00",
        "E  *> *2  t2 09:15 (tier 1)  t2 09:20 (tier 1)",
        "E  *  3  -                  resolved 10:00",
    ])  # fmt: skip


def test_only_paths_are_compared_so(pytestconfig):
    """Whatever else is compared, pytest tells in its own way; and a way may stand on either side."""
    rehearsal = Rehearsal(SupportProcess.default(), start=NINE)
    story = rehearsal.open("Printer", by="jane")
    before = story.path
    rehearsal.advance("20m")

    assert pytest_assertrepr_compare(pytestconfig, "!=", story.path, "t1") is None
    assert pytest_assertrepr_compare(pytestconfig, "==", "t1", "t2") is None
    assert pytest_assertrepr_compare(pytestconfig, "==", story.path, 7) is None
    said = pytest_assertrepr_compare(pytestconfig, "==", "t1 09:00", story.path)
    assert ["'t1 09:00' == 't1 09:00 -> t2 09:15 (tier 1)'", "the ways differ from leg 2 on"] == said[:2]
    assert ">  2  -              t2 09:15 (tier 1)" == before.beside(story.path)[-1]
    assert "both tell the same way" == story.path.beside(str(story.path))[0]
    assert pytest_assertrepr_compare(pytestconfig, "==", story.path, " -> ".join(["t1 09:00"] * 20))[0].endswith("...'")
    nowhere = Path([], zone=story.rehearsal.zone)
    assert ("the ways differ from leg 1 on", "      the case went  the other way") == nowhere.beside("x")[:2]


def test_plugin_costs_nothing_before_it_is_used(tmp_path):
    """In a run without rehearsals it loads neither the desk nor transitions: nothing of the library but itself."""
    (tmp_path / "test_it.py").write_text("def test_it():\n    pass\n", "utf-8")
    code = (
        "import json, sys, pytest\n"
        "loaded = any(name == 'supporttiers.testing.pytest_plugin' for name in sys.modules)\n"
        "plugin = [] if any(e.name == 'supporttiers' for e in __import__('importlib.metadata').metadata"
        ".entry_points(group='pytest11')) else ['-p', 'supporttiers.testing.pytest_plugin']\n"
        "code = pytest.main(['-q', '-p', 'no:cacheprovider', *plugin, '-p', 'no:django', 'test_it.py'])\n"
        "ours = ('supporttiers', 'transitions', 'attrs')\n"
        "mine = sorted(name for name in sys.modules if name.split('.')[0] in ours)\n"
        "print(json.dumps([int(code), loaded, mine]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    mine = ["supporttiers", "supporttiers.testing", "supporttiers.testing.pytest_plugin", "supporttiers.testing.stages"]
    assert [0, False, mine] == json.loads(done.stdout.splitlines()[-1])


# -- what it is made of


def rehearsed():
    """Rehearse something."""
    rehearsal = Rehearsal(SupportProcess.default(), start=NINE)
    rehearsal.open("Printer", by="jane")
    return rehearsal


def test_account_is_plain_and_bounded(monkeypatch):
    """It comes back from JSON as it was, tells the first and the last of many lines, and says that there is more."""
    rehearsal = rehearsed()
    rehearsal.open("Another", by="jane")
    rehearsal.desk.open("By the desk itself", by="jane")
    account = Account.of(take(rehearsal), pictures=True)

    assert account == Account.from_data(json.loads(json.dumps(account.to_data())))
    assert ["T-1", "T-2", "T-3"] == [story.case_id for story in account.stories]
    assert all(story.picture.startswith("<svg") for story in account.stories)
    monkeypatch.setattr(accounts, "MAX_STORIES", 2)
    monkeypatch.setattr(accounts, "MAX_LINES", 2)
    monkeypatch.setattr(accounts, "MAX_PICTURE", 2)
    rehearsal.advance("20m")
    account = Account.of(take(rehearsal), pictures=True)
    assert account.more
    assert "and more cases: only 2 are told" == list(account.lines())[-1]
    assert ["...", ""] == [account.stories[0].timeline[1][:3], account.stories[0].picture]
    assert 3 == len(account.stories[0].timeline)


def test_account_of_what_cannot_be_read_says_so(monkeypatch):
    """The test's own failure counts, not that of its report; a picture that cannot be drawn is left out."""
    rehearsal = rehearsed()
    monkeypatch.setattr("supporttiers.diagrams.CaseTimeline.of", lambda *_, **__: 1 / 0)
    assert "" == Account.of(take(rehearsal), pictures=True).stories[0].picture
    monkeypatch.setattr(rehearsal.desk, "find", lambda **_: {}["Jane Doe"])
    account = Account.of(take(rehearsal))

    assert "its cases cannot be read: KeyError" == list(account.lines())[-1]


def test_stage_sees_what_begins_while_it_is_set():
    """And nothing afterwards; what has ended is remembered as it was then, and of many the last."""
    with Stage().set() as stage:
        with rehearsed() as rehearsal:
            assert stage.ended(rehearsal) is None
        assert (rehearsal,) == stage.rehearsals
        assert 1 == len(stage.ended(rehearsal).stories)
        stage.clear()
        with rehearsal:
            pass  # of an earlier attempt: it is forgotten
        assert stage.ended(rehearsal) is None
        for number in range(MOST + 1):
            stage.begin(number)
        assert tuple(range(1, MOST + 1)) == stage.rehearsals
    stage.begin(rehearsal)

    assert () == stage.rehearsals
    assert present() is not stage


def test_rehearsal_without_a_stage_is_remembered_nowhere():
    """Outside of pytest, and in threads of its own, nothing is kept alive by anything of ours."""

    def alone():
        with rehearsed() as rehearsal:
            return weakref.ref(rehearsal.desk)

    gone = contextvars.Context().run(alone)
    gc.collect()
    assert gone() is None


def test_rehearsals_of_another_runner_are_told_all_the_same(run):
    """Where something else runs a test, what it was handed can still be told."""
    conftest = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for key in list(item.stash._storage):
        if getattr(item.stash._storage[key], "rehearsals", None) is not None:
            del item.stash[key]
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    runtestprotocol(item, nextitem=nextitem)
    return True
"""
    result = run("-k", "test_other", conftest=conftest, test_it=TESTS)

    result.assert_outcomes(failed=1, deselected=7)
    assert "case T-1: t1 09:00\n" in parts(result.stdout.str())["test_other"]


@pytest.mark.parametrize("words", [(), ("-p", "no:supporttiers", "-p", "no:supporttiers.testing.pytest_plugin")])
def test_plugin_can_be_turned_off(run, words):
    """As any other; what needs it is then an error of pytest's."""
    result = run(*words, test_it="def test_it(rehearsal):\n    pass\n")

    result.assert_outcomes(errors=1)
    assert bool(words) is ("fixture 'rehearsal' not found" in result.stdout.str())


def test_testing_kit_loads_what_is_asked_for():
    """It names what it has, and tells a wrong name like any module."""
    assert sorted(testing.__all__) == dir(testing)
    assert testing.Rehearsal is Rehearsal
    with pytest.raises(AttributeError, match=r"module 'supporttiers\.testing' has no attribute 'Rehearsel'"):
        testing.Rehearsel  # noqa: B018 - asking is the test


LEAKING = f"""{HEAD}
import attrs

def test_cases(rehearsal):
    story = rehearsal.open("SECRET subject", by="jane")
    case = story.case
    assert case == story.amend(by="bob", subject="SECRET other").case

def test_events(rehearsal):
    event = rehearsal.open("SECRET subject", by="jane").history[0]
    assert event == attrs.evolve(event, case_id="T-2")

def test_typo(rehearsal):
    rehearsal.open("SE" "CRET subject", by="jane", atributes={{}})

def test_value(rehearsal):
    rehearsal.open("Printer", by="jane").amend(by="bob", subject=3, attributes={{"room": "SE" "CRET room"}})

def test_store():
    Rehearsal("acme.toml", store="sqlite:////nowhere/SE" "CRET/cases.db")
"""


def test_neither_comparisons_nor_traces_tell_what_people_wrote(run):
    """Of values of ours only what their own reprs show; of our own lines nothing, nor of those of a driver."""
    told = run("-l", test_leaking=LEAKING).stdout.str()

    asked = [line for line in told.splitlines() if "SECRET" in line and not line.startswith((" ", ">"))]
    assert [line for line in asked if "Error: " not in line] == []
    assert "subject: differs; what it is is not shown" in told
    assert "case_id: 'T-1' != 'T-2'" in told
    assert "open takes no 'atributes'; did you mean 'attributes'" in told
    assert "subject must be a text, not int" in told
    assert "attrs generated" not in told
