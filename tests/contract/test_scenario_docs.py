"""The pages on scenarios and on pytest: their keys are those that are read, and what they show is what runs."""

import re
import shutil
from pathlib import Path

import pytest

from supporttiers.cli import main
from supporttiers.config.monitors import AlwaysRule, NeverRule
from supporttiers.testing import Scenario
from supporttiers.testing.pytest_plugin import INI, OPTION, PATTERN
from supporttiers.testing.scenarios.reading import SETTING, STEP, THEN

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
REFERENCE = (ROOT / "docs/reference/scenario-file.md").read_text("utf-8")


def keys(heading):
    """Give the keys that the reference lists under a heading."""
    [said] = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `(\w+)` \|", said.replace("`told`, `not_told`", "`told`"), re.MULTILINE)


def test_reference_lists_every_key():
    """Of the setting, of a step, of what is so then, and of a rule: exactly those that there are."""
    assert list(SETTING) == keys("`scenario`")
    assert [*STEP, "by"] == keys("`steps`")
    assert list(THEN) == keys("`then`")
    rules = [field.name for kind in (AlwaysRule, NeverRule) for field in kind.__attrs_attrs__]
    assert set(rules) == set(keys("`never`, `always`"))


def test_testing_page_names_what_the_plugin_has():
    """The option, the setting, the marker, the pattern of files, the fixtures."""
    text = (ROOT / "docs/reference/testing.md").read_text("utf-8").partition("\n## pytest\n")[2].partition("\n## ")[0]

    for name in (f"`{OPTION}=FILE`", f"`{INI}`", f"`*{PATTERN}`", "`rehearsal`", "`@pytest.mark.support_process("):
        assert f"| {name}" in text


def test_page_shows_the_example():
    """The scenario of the page is the beginning of the file that is played."""
    page = (ROOT / "docs/how-to/write-scenarios.md").read_text("utf-8")
    [shown] = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    assert shown in (EXAMPLES / "testing/friday.scenario.toml").read_text("utf-8")


def test_examples_are_played(monkeypatch, capsys):
    """On the command line, with the output that the page shows."""
    monkeypatch.chdir(EXAMPLES / "testing")
    assert 0 == main(["rehearse", "friday.scenario.toml"])
    page = (ROOT / "docs/how-to/write-scenarios.md").read_text("utf-8")

    assert capsys.readouterr().out in page
    assert 2 == len(Scenario.all_from_toml("friday.scenario.toml"))


@pytest.fixture
def copied(pytester):
    """Copy the examples to where nothing else lies."""
    (pytester.path / "examples").mkdir()
    for file in ("acme.toml", "people.toml"):
        shutil.copy(EXAMPLES / file, pytester.path / "examples")
    shutil.copytree(EXAMPLES / "testing", pytester.path / "examples" / "testing")
    return pytester


def plugin(request):
    """Give what loads the plugin where the package is not installed."""
    words = ["-p", "no:cacheprovider", "-p", "no:django"]
    return words if request.config.pluginmanager.has_plugin("supporttiers") else [*words, "-p", INI_PLUGIN]


INI_PLUGIN = "supporttiers.testing.pytest_plugin"


def test_examples_are_tests(copied, request):
    """Each is played as it lies there."""
    copied.runpytest_inprocess(*plugin(request), "examples/testing").assert_outcomes(passed=4)


def test_page_shows_what_fails(copied, request):
    """The report of the page is that of its test."""
    page = (ROOT / "docs/how-to/test-with-pytest.md").read_text("utf-8")
    test = re.findall(r"^```py\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0]
    [shown] = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (copied.path / "examples" / "test_page.py").write_text(test, "utf-8")

    result = copied.runpytest_inprocess(*plugin(request), "examples/test_page.py")
    found = result.stdout.str()
    assert [] == [line for line in shown.splitlines() if " ".join(line.split()) not in " ".join(found.split())]
