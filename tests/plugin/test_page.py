"""The page of all rehearsals: of one process or of several, in any order, with attempts; and nothing in it can run."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from tests.plugin.test_reports import TESTS

from supporttiers.testing import accounts
from supporttiers.testing.pytest_plugin import _accounts

REPORT = "--supporttiers-report=out/page.html"
SPITEFUL = """
import pytest
from supporttiers import SupportProcess, Tier
from supporttiers.testing import Rehearsal

TIERS = [Tier(level=1, name="<script>alert(1)</script>", escalates_to=[2]), Tier(level=2, name="Two")]

@pytest.mark.parametrize("word", ["<script>alert(2)</script>"])
def test_it(word):
    rehearsal = Rehearsal(SupportProcess(name="<b>&amp;</b>", tiers=TIERS))
    rehearsal.open("<script>", by="<script>alert(3)</script>", id="<img src=x onerror=alert(4)>").escalate(by="<i>")
"""
WHY = """
def test_refused_move(rehearsal):
    rehearsal.open("SECRET subject", by="jane").resume(by="bob")

def test_text(rehearsal):
    story = rehearsal.open("SECRET subject", by="jane")
    assert story.path == "t1 09:00"
    assert story.case.subject == "SECRET other"
"""
SCENARIO = """
scenario = { title = "wrong", process = "acme.toml" }
steps = [{ do = "open", by = "jane", subject = "SECRET", then = { tier = 3 } }]
"""
OUTCOMES = """
import pytest
from supporttiers import SupportProcess
from supporttiers.testing import Rehearsal

def rehearse():
    Rehearsal(SupportProcess.default()).open("Printer", by="jane")

@pytest.fixture
def early():
    rehearse()
    raise RuntimeError("early")

@pytest.fixture
def late():
    yield
    raise RuntimeError("late")

def test_early(early):
    pass

def test_late(late):
    rehearse()

def test_skips():
    rehearse()
    pytest.skip("not today")

@pytest.mark.xfail(strict=False)
def test_xfails():
    rehearse()
    assert 1 == 2

@pytest.mark.xfail(strict=False)
def test_xpasses():
    rehearse()

def test_passes():
    rehearse()

def test_rehearses_nothing():
    pass
"""


@pytest.fixture
def page(pytester):
    """Read the page."""
    return lambda: (pytester.path / "out" / "page.html").read_text("utf-8")


def outcomes(text):
    """Give what became of each test of the page, in its order."""
    return [
        (name.partition("::")[2], outcome)
        for outcome, name in re.findall(r'<h2><span class="outcome \w+">(\w+)</span> (.*?)</h2>', text)
    ]


def test_page_tells_every_rehearsal(run, page):
    """Test, outcome, and of every case the way, the timeline, a picture, who was told what, and what comes next."""
    result = run(REPORT, test_it=TESTS)

    result.stdout.fnmatch_lines(["*8 rehearsals told in *page.html*"])
    text = page()
    assert [
        ("test_closed", "failed"), ("test_first", "passed"), ("test_monitor", "failed"), ("test_other", "failed"),
        ("test_passes", "passed"), ("test_path", "failed"), ("test_second", "failed"), ("test_teardown", "error"),
    ] == outcomes(text)  # fmt: skip
    assert "<strong>T-1</strong>: t1 09:00 -&gt; t2 09:15 (tier 1)" in text
    assert "told: assignee (nobody): limit &#x27;resolve&#x27; reached 75%" in text
    assert "<summary>Who was told</summary><pre>2026-03-23 16:00:00  assignee (nobody): limit" in text
    assert "<summary>What comes next</summary><pre>at 2026-03-24T09:30:00+00:00 limit" in text
    assert 8 == text.count("<svg")
    assert "SECRET" not in text


def test_page_tells_why_a_test_failed(run, page, pytester):
    """The rule, the step, the ways that differ, else the class of the error; no value that pytest shows."""
    (pytester.path / "wrong.scenario.toml").write_text(SCENARIO, "utf-8")
    shown = run(REPORT, test_it=TESTS + WHY).stdout.str()

    told = dict(re.findall(r"::(\w+)</h2>\n<pre>(.*?)</pre>", page(), re.DOTALL))
    assert "case T-1 at 2026-03-23 09:15: nobody goes up" == unescape(told["test_monitor"])
    assert ["the ways differ from leg 2 on", "AssertionError", "MoveRefusedError: refused.move"] == [
        unescape(told["test_path"]).splitlines()[1], told["test_other"], told["test_refused_move"],
    ]  # fmt: skip
    assert "RuntimeError" == told["test_teardown"]
    assert "AssertionError" == told["test_text"]
    assert ["  asked: tier=3", "     is: tier=1"] == unescape(told["wrong"]).splitlines()[1:]
    assert "test_passes" not in told
    assert "SECRET" in shown
    assert "SECRET" not in page()


def test_page_tells_every_outcome(run, page):
    """What set-up and clean-up make of a test counts, too."""
    run(REPORT, test_it=OUTCOMES)

    assert {
        "test_early": "error", "test_late": "error", "test_skips": "skipped", "test_xfails": "xfailed",
        "test_xpasses": "xpassed", "test_passes": "passed",
    } == dict(outcomes(page()))  # fmt: skip


class Tags(HTMLParser):
    """Collects what could run or load something."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        """Collect a tag, and attributes."""
        if tag in {"script", "img", "link", "iframe", "object", "b", "i"}:
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name.startswith("on") or name in {"src", "href", "style"}]


def test_page_runs_and_loads_nothing(run, page):
    """Whatever names hold: all texts are escaped, and the browser is told so, too; its styles are known by digest."""
    run(REPORT, test_it=SPITEFUL)
    text, tags = page(), Tags()
    tags.feed(text)

    assert [("test_it[&lt;script&gt;alert(2)&lt;/script&gt;]", "passed")] == outcomes(text)
    assert [] == tags.found
    assert "&lt;img src=x onerror=alert(4)&gt;" in text
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_page_without_rehearsals_is_written_all_the_same(run, page):
    """Whoever collects it finds it."""
    run(REPORT, test_it="def test_it():\n    pass\n").stdout.fnmatch_lines(["*0 rehearsals told in *"])

    assert "Tests with rehearsals: none" in page()


def test_page_tells_what_it_does_not_tell(run, page, monkeypatch):
    """That there are more cases, and that those of a store that is gone cannot be read."""
    monkeypatch.setattr(accounts, "MAX_STORIES", 1)
    test = """
from supporttiers import SupportProcess
from supporttiers.testing import Rehearsal

def test_many():
    rehearsal = Rehearsal(SupportProcess.default())
    rehearsal.open("Printer", by="jane")
    rehearsal.open("Printer", by="jane")

def test_gone():
    rehearsal = Rehearsal(SupportProcess.default())
    rehearsal.desk.find = None
"""
    run(REPORT, test_it=test)

    assert "<p>There are more cases than are told here.</p>" in page()
    assert "<p>its cases cannot be read: TypeError</p>" in page()


def test_page_is_handed_so_much_of_a_test_and_no_more(run, page, monkeypatch):
    """First the pictures are left out, and then the stories."""
    monkeypatch.setattr(_accounts, "MAX_BYTES", 6_000)
    test = """
from supporttiers import SupportProcess
from supporttiers.testing import Rehearsal

def test_it():
    for _ in range(5):
        Rehearsal(SupportProcess.default()).open("Printer", by="jane")
"""
    run(REPORT, test_it=test)

    text = page()
    told, drawn = text.count("<h3>"), text.count("<svg")
    assert 0 < drawn < told < 5
    assert 5 == text.count('<p class="where">')
    assert 5 - told == text.count("There are more cases than are told here")


def test_page_that_cannot_be_written_fails_the_run(run, pytester):
    """It is what the run was asked for; a directory is refused before anything runs."""
    (pytester.path / "out").write_text("a file", "utf-8")
    result = run(REPORT, test_it="def test_it():\n    pass\n")
    result.stdout.fnmatch_lines(["*--supporttiers-report: *page.html cannot be written: *"])
    assert pytest.ExitCode.INTERNAL_ERROR == result.ret
    assert pytest.ExitCode.TESTS_FAILED == run(REPORT, test_it="def test_it():\n    assert 0\n").ret

    result = run(f"--supporttiers-report={pytester.path}")
    result.stderr.fnmatch_lines(["*that is a directory; name the file of the page"])
    assert pytest.ExitCode.USAGE_ERROR == result.ret


def test_page_of_several_processes_and_any_order(run, page):
    """With xdist every process tells its own; the page is that of one process in order."""
    run(REPORT, test_it=TESTS)
    alone = page()
    reverse = "def pytest_collection_modifyitems(items):\n    items.reverse()\n"
    run(REPORT, conftest=reverse)
    assert alone == page()

    result = run(REPORT, "-n", "2", "-p", "no:hypothesispytest", "-p", "no:anyio", how="runpytest_subprocess")
    result.assert_outcomes(failed=5, errors=1, passed=3)
    assert alone == page()


def test_page_tells_every_attempt(run, page):
    """A test that is run again has what its last attempt has rehearsed, not what was left by the one before."""
    conftest = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for attempt in (1, 2):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if attempt == 1:
            reports[1].outcome = "rerun"
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
    test = """
seen = []

def test_it():
    from supporttiers import SupportProcess
    from supporttiers.testing import Rehearsal
    seen.append(1)
    Rehearsal(SupportProcess.default()).open("Printer", by="jane")
    assert len(seen) == 2
"""
    run(REPORT, conftest=conftest, test_it=test)

    assert [("test_it", "rerun"), ("test_it", "passed")] == outcomes(page())
    assert 2 == page().count("<h3>")


def test_page_stays_where_tests_are_only_collected(run, pytester):
    """Nothing was rehearsed, so that nothing is told."""
    (pytester.path / "out").mkdir()
    (pytester.path / "out" / "page.html").write_text("earlier", "utf-8")
    run(REPORT, "--collect-only", test_it=OUTCOMES)

    assert (pytester.path / "out" / "page.html").read_text("utf-8") == "earlier"
