"""The demonstration: a month in virtual time, and a store that one can look into afterwards."""

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers.cli import main

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """Live through a month with few cases; give what was printed, and the folder."""
    folder = tmp_path_factory.mktemp("demo")
    return play(folder / "out"), folder / "out"


def play(folder, *options):
    """Run the script as `make demo` does; give its output."""
    capture = pytest.MonkeyPatch()
    lines = []
    with capture.context() as patch:
        patch.setattr(sys, "argv", ["demo.py", str(folder), "--cases", "40", *options])
        patch.syspath_prepend(str(EXAMPLES))
        patch.setattr("builtins.print", lambda *words, **_: lines.append(" ".join(map(str, words))))
        runpy.run_path(str(EXAMPLES / "demo.py"), run_name="__main__")
    return "\n".join(lines)


def commands(output):
    """Give the commands that the demonstration says to try, as words after the program's name."""
    tries = output.partition("Try:\n")[2].splitlines()
    return [shlex.split(re.sub(r"^.*?supporttiers ", "", line)) for line in tries]


def test_demo_says_what_happened(demo):
    """Its report tells where the cases are, how they moved, what fired, and where to look."""
    output, folder = demo

    for heading in ("40 cases.", "Where the cases are", "How they moved", "Time limits that fired",
                    "Time to resolution", "Busiest to and fro", "Told by mail:", "Try:"):  # fmt: skip
        assert heading in output
    assert re.search(r"^tier 1, 100% +\d+ +\d+", output, re.MULTILINE)
    assert f"Database: {folder / 'acme.db'}" in output


def test_demo_leaves_database_and_diagram(demo):
    """What it speaks of is there: every case, and the picture of the process."""
    _, folder = demo
    desk = SupportDesk(SupportProcess.from_toml(EXAMPLES / "acme.toml"), store=f"sqlite:///{folder / 'acme.db'}")

    assert 40 == sum(desk.counts().values())
    assert desk.process.diagram() == (folder / "acme.mmd").read_text("utf-8")
    desk.shut_down()


def test_demo_commands_work(demo, capsys):
    """Every command that it says to try runs, and shows the case, the list, and sound histories."""
    tries = commands(demo[0])

    assert ["list", "verify"] == [words[0] for words in tries if words[0] != "show"]
    assert 2 <= sum(words[0] == "show" for words in tries)
    for words in tries:
        assert 0 == main(words)
    out = capsys.readouterr().out
    assert "why it stands there" in out
    assert "40 cases checked, all sound" in out


def test_demo_is_the_same_for_the_same_seed(demo, tmp_path):
    """The same seed tells the same story, over an old database too; another seed tells another."""
    output, folder = demo
    again, other = play(tmp_path), play(tmp_path, "--seed", "8")
    story = output.replace(str(folder), "HERE").partition("Database:")[0]

    assert story == again.replace(str(tmp_path), "HERE").partition("Database:")[0]
    assert story != other.replace(str(tmp_path), "HERE").partition("Database:")[0]


def test_demo_has_a_real_tracker_or_says_why_not(demo, tmp_path):
    """The story is the same, whoever the vendor is; only one line says who."""
    real, without = demo[0], play(tmp_path, "--vendor", "memory")
    lines = [
        [line for line in output.partition("Database:")[0].splitlines() if "vendor of tier 4" not in line]
        for output in (real, without)
    ]

    assert "The vendor of tier 4 is a Roundup tracker, reached by HTTP." in real
    assert "The vendor of tier 4 is in this process." in without
    assert lines[0] == lines[1]


@pytest.fixture
def vendors(monkeypatch, tmp_path):
    """Give the part of the demonstration that finds a vendor, in an environment of its own without Roundup."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from acme_month import vendors

    monkeypatch.setattr(vendors.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    return vendors


def who(vendors):
    """Say who the vendor is."""
    with vendors.vendor_of_the_month(FakeClock("2026-03-02T00:00Z"), 7, real=True) as (vendor, line):
        assert "acme-print" == vendor.name
        return line


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (subprocess.TimeoutExpired("pip", 20), "it was not installed within 20 s"),
        (subprocess.CalledProcessError(1, "pip"), "pip cannot install it here"),
        (FileNotFoundError("pip"), "pip cannot install it here"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_demo_goes_on_where_nothing_can_be_installed(vendors, monkeypatch, tmp_path, error, why):
    """It says why in one line, and leaves nothing half made."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(vendors.subprocess, "run", fail)

    assert f"The vendor of tier 4 is in this process: no Roundup tracker, for {why}." == who(vendors)
    assert [] == list(tmp_path.iterdir())


def test_demo_installs_into_no_other_environment_than_one_of_its_own(vendors, monkeypatch, tmp_path):
    """Below that in which it runs, once; and nowhere where there is none."""
    commands = []
    monkeypatch.setattr(vendors.subprocess, "run", lambda command, **_: commands.append(command))

    found = {vendors.python_with_roundup() for _ in range(2)}

    assert [str(tmp_path / "roundup")] == [str(Path(python).parents[1]) for python in found]
    [command] = commands
    assert ["--python", str(tmp_path / "roundup")] == command[3:5]
    assert set(vendors.PACKAGES) <= set(command)
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    assert "it is installed only into a virtual environment, and this is none" in who(vendors)


@pytest.mark.parametrize(
    ("package", "why"),
    [
        ("", "ModuleNotFoundError: No module named 'roundup.cgi'; 'roundup' is not a package"),
        ("import threading\nthreading.Event().wait()", "it did not start within 0.5 s"),
    ],
    ids=["broken", "slow"],
)
def test_demo_goes_on_where_the_tracker_does_not_start(vendors, monkeypatch, tmp_path, package, why):
    """Such as one that was installed by halves."""
    monkeypatch.setattr(sys.modules["acme_month.roundup_server"], "PATIENCE", 0.5 if package else 20)
    monkeypatch.setattr(vendors, "python_with_roundup", lambda: sys.executable)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "roundup.py").write_text(package, "utf-8")

    assert f"The vendor of tier 4 is in this process: no Roundup tracker, for {why}." == who(vendors)


def test_demo_fires_limits_at_their_own_instants(demo):
    """However seldom the loop looks, what time makes due happens exactly then."""
    folder = demo[1]
    clock = FakeClock("2026-04-01T00:00Z")
    desk = SupportDesk(SupportProcess.default(), store=f"sqlite:///{folder / 'acme.db'}", clock=clock)
    fired = [event for case in desk.find() for event in desk.history(case) if type(event).__name__ == "ThresholdFired"]
    desk.shut_down()

    assert fired
    assert all(event.at == event.due_at == event.recorded_at for event in fired)
