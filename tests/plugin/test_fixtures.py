"""The fixtures `support_process` and `rehearsal`: where they have their process from, and with what it is rehearsed."""

import re
import tomllib
from pathlib import Path

import pytest

from supporttiers.testing import pytest_plugin

ROOT = Path(__file__).parents[2]
PLUGIN = pytest_plugin.__name__
NINE = 'start="2026-03-23T09:00+00:00"'
GOES = """
    story = rehearsal.open("Printer", by="jane", priority="high")
    rehearsal.advance("20m")
    assert story.path == "t1 09:00 -> t2 09:15 (tier 1)"
"""


def test_marker_names_a_file_beside_the_test(run, pytester):
    """Its path leads on from the test, and else from the root directory; what several markers say is put together."""
    pytester.mkdir("deep")
    (pytester.path / "deep" / "own.toml").write_text((pytester.path / "acme.toml").read_text("utf-8"), "utf-8")
    test = f"""
import pytest
from supporttiers import Match, SupportProcess
from supporttiers.testing import never

pytestmark = pytest.mark.support_process("acme.toml", {NINE}, directory="people.toml")

def test_goes(rehearsal, support_process):
    assert rehearsal.desk.process is support_process
    assert support_process.name == "acme-it"
    assert rehearsal.open("Printer", by="anna").case.requester == "anna"
{GOES.replace("rehearsal.advance", "assert story.id == 'T-2'; rehearsal.advance")}

@pytest.mark.support_process(start="2026-03-23T10:00+00:00", store="sqlite", monitors=[never(Match(tier=4))])
def test_nearest_counts(rehearsal):
    assert rehearsal.open("Printer", by="jane").path == "t1 10:00"
    assert len(rehearsal.monitors) == 1
    assert "sqlite" in repr(rehearsal.desk)

@pytest.mark.support_process(SupportProcess.default())
def test_object(support_process):
    assert support_process == SupportProcess.default()

@pytest.mark.support_process("own.toml")
def test_beside(support_process):
    assert support_process.name == "acme-it"

@pytest.mark.support_process(process="own.toml")
def test_by_name(support_process, rehearsal):
    assert support_process.name == "acme-it"
"""
    (pytester.path / "deep" / "test_it.py").write_text(test, "utf-8")

    run().assert_outcomes(passed=5)


def test_setting_names_a_file_from_the_root(run, pytester):
    """It is read once for all tests."""
    pytester.makeini("[pytest]\nsupporttiers_process = acme.toml\n")
    test = f"""
import pytest
seen = []

@pytest.mark.parametrize("number", [1, 2])
def test_setting(support_process, number):
    seen.append(support_process)
    assert seen[0] is support_process

@pytest.mark.support_process({NINE})
def test_goes(rehearsal):
{GOES}
"""

    run(test_it=test).assert_outcomes(passed=3)


def test_fixture_of_ones_own_takes_its_place(run):
    """As in every suite of pytest; also the path of a file is a process."""
    test = f"""
import pytest

@pytest.fixture
def support_process():
    return "acme.toml"

@pytest.mark.support_process({NINE})
def test_goes(rehearsal):
{GOES}
"""

    run(test_it=test).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("", "this test wants a support process, and none is named; name one with @pytest.mark.support_process"),
        (
            '"acne.toml"',
            "@pytest.mark.support_process('acne.toml'): the file cannot be read: No such file or directory",
        ),
        ('"people.toml"', "process '*people.toml' is not valid"),
        ("7", "@pytest.mark.support_process takes a SupportProcess, or the path of a process file, not int"),
        ('"acme.toml", "other.toml"', "takes one process, not 2; whatever else by name: start, "),
        ('"acme.toml", process="acme.toml"', "takes one process, and has two: by place, and as process="),
        ("process=7", "@pytest.mark.support_process takes a SupportProcess, or the path of a process file, not int"),
        ('"acme.toml", start="x"', "start 'x' is no time; say it as "),
        ('"acme.toml", monitor=[]', "takes no 'monitor'; did you mean monitors? possible are: start, "),
        ('"acme.toml", xyzzy=[]', "takes no 'xyzzy'; possible are: start, "),
        ('"acme.toml", monitors=7', "monitors must be monitors, or the path of their file, not int"),
        ('"acme.toml", monitors="rules.toml"', "monitors '*rules.toml' is not valid: the file cannot be read"),
    ],
)
def test_wrong_marker_fails_in_one_line(run, marker, said):
    """It names the file and the place, and shows no traceback of ours."""
    result = run(test_it=f"import pytest\n@pytest.mark.support_process({marker})\ndef test_it(rehearsal):\n    pass\n")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{said}*".replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*_fixtures.py*")


def test_plugin_is_declared_and_brings_two_fixtures(run):
    """The package names it for pytest; it has these two fixtures and no more."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert {"supporttiers": PLUGIN} == project["entry-points"]["pytest11"]

    shown = (
        run("--fixtures").stdout.str().partition(f"fixtures defined from {PLUGIN}")[2].partition("fixtures defined")[0]
    )
    assert ["support_process", "rehearsal"] == re.findall(r"^(\w+) -- ", shown, re.MULTILINE)
