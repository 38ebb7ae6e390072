"""A third party's package is built, installed into an environment of its own, found by its entry point, and used."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

from supporttiers import SupportDesk, SupportProcess
from supporttiers.errors import StoreError

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "plugin_package"
TUTORIAL = (ROOT / "docs/tutorial/write-a-plugin.md").read_text("utf-8")


class Environment:
    """A virtual environment: what it has besides is what this one has, so that nothing is fetched."""

    def __init__(self, place):
        context = venv.EnvBuilder(with_pip=False)
        context.create(place)
        self.python = context.ensure_directories(place).env_exe
        self.place = place
        inside = self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
        Path(inside, "outside.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")

    def run(self, *arguments, code=0, cwd=None, **more):
        """Run its Python, and give what it prints."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COVERAGE_"))}
        done = subprocess.run(
            [self.python, *map(str, arguments)], check=False, capture_output=True, text=True, cwd=cwd,
            env=kept | {"PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"} | more,
        )  # fmt: skip
        assert code == done.returncode, done.stdout + done.stderr
        return done.stdout if code == 0 else done.stdout + done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Make an environment, and install the package into it, without the network."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this Python has no pip, with which the package would be installed")
    found = Environment(tmp_path_factory.mktemp("environment"))
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--no-cache-dir", str(PACKAGE)]
    subprocess.run([sys.executable, "-m", "pip", "--python", found.python, *install], check=True)
    return found


@pytest.fixture(scope="module")
def home(environment, tmp_path_factory):
    """Run the story, and give the directory in which it left its files, and what it said."""
    place = tmp_path_factory.mktemp("home")
    return place, environment.run(PACKAGE / "story.py", cwd=place, ACME_HOME=str(place))


def test_package_is_installed_only_there(environment):
    """What is used below is what was installed, and this environment is as it was."""
    code = "import supporttiers_acme; print(supporttiers_acme.__file__)"

    assert environment.run("-c", code).startswith(str(environment.place))
    assert importlib.util.find_spec("supporttiers_acme") is None


def test_story_goes_by_way_of_everything(home):
    """Policy, fact, notifier, vendor, store and observer; the tutorial shows what is printed."""
    _, said = home
    shown = re.findall(r"^```text\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)

    assert said == shown[0]


def test_journal_has_every_event_once(home):
    """In order, through the worker's pass."""
    place, _ = home
    lines = [json.loads(line) for line in (place / "journal.jsonl").read_text("utf-8").splitlines()]

    assert list(range(1, len(lines) + 1)) == [line["version"] for line in lines]
    assert "CaseOpened" == lines[0]["event"]


def test_plugin_is_listed_with_its_version(environment):
    """By the command line, asked before what comes with the library."""
    listed = json.loads(environment.run("-m", "supporttiers", "plugins", "--entry-points", "--json"))
    asked = {hook["hook"]: hook["plugins"][0] for hook in listed["hooks"]}

    assert 6 == len(asked)
    acme = {"name": "acme", "distribution": "supporttiers-acme", "version": "1.0.0", "api": 1}
    assert [acme] * 6 == list(asked.values())


def test_tutorial_shows_what_is_listed(environment):
    """The lines of one hook, without the version of the library."""
    lines = environment.run("-m", "supporttiers", "plugins", "--entry-points").splitlines()
    shown = re.findall(r"^```text\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)[1].splitlines()
    meant = [lines[0], *(line for line in lines if line.startswith("supporttiers_store"))]

    assert [line.split()[:3] for line in meant] == [line.split()[:3] for line in shown]


def test_command_line_works_on_its_store_and_process_file(environment, home):
    """Only where plugins are asked for."""
    place, _ = home
    store = ("--store", "acme:hardware", "--entry-points")
    run = ("-m", "supporttiers")
    assert "T-1" in environment.run(*run, "show", "T-1", *store, ACME_HOME=str(place))
    assert '"sound": true' in environment.run(*run, "verify", "--json", *store, ACME_HOME=str(place))
    environment.run(*run, "check", PACKAGE / "hardware.toml", "--entry-points")
    said = environment.run(*run, "check", PACKAGE / "hardware.toml", code=1)

    assert "policies[0].use: " in said


def test_desk_that_does_not_ask_is_told_what_is_installed(environment):
    """Nothing is loaded; the error says how to."""
    said = environment.run("-m", "supporttiers", "list", "--store", "acme:hardware", code=3)

    assert "--entry-points asks what is installed, too: 'acme' (supporttiers-acme 1.0.0)" in said


def test_package_can_be_blocked(environment):
    """Then it is as if it were not installed."""
    said = environment.run("-m", "supporttiers", "plugins", "--entry-points", "--blocked", "supporttiers-acme")

    assert "acme" not in said


def test_package_passes_its_own_tests(environment, tmp_path):
    """Its store keeps every law of the suite."""
    said = environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", PACKAGE, PACKAGE / "tests")

    assert " passed" in said
    assert "failed" not in said


def files():
    """Give the files that the tutorial shows, by the names that it gives them, with what it shows."""
    return re.findall(r"`([\w./]+)`:\n\n```\w+\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("name", "shown"), files(), ids=[name for name, _ in files()])
def test_tutorial_shows_the_files_as_they_are(name, shown):
    """Word for word."""
    assert (PACKAGE / name).read_text("utf-8") == shown


def test_tutorial_shows_every_file():
    """None that a reader would need is left out."""
    there = {str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*") if path.suffix in {".py", ".toml"}}

    assert there - {name for name, _ in files()} == {"src/supporttiers_acme/__init__.py"}
    assert "supporttiers" in tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]


def test_this_environment_knows_nothing_of_it():
    """A desk here cannot name its store."""
    with pytest.raises(StoreError, match="acme: no store is known for this URL"):
        SupportDesk(SupportProcess.default(), store="acme:hardware", entry_points=True)
