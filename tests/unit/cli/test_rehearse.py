"""`rehearse`: scenario files on the command line; and the schema of them."""

import shutil
from pathlib import Path

import pytest

from supporttiers.testing.scenarios.json_schema import json_schema

ROOT = Path(__file__).parents[3]
GOES = """
scenario = { title = "Nobody looks at it", process = "acme.toml", start = "2026-03-23 09:00" }
steps = [{ do = "open", by = "jane" }, { at = "09:20", then = { tier = 2 } }]
"""
FAILS = GOES.replace("tier = 2", "tier = 3").replace("Nobody", "Somebody")


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write scenario files beside a process, and work there."""
    shutil.copy(ROOT / "examples" / "acme.toml", tmp_path)
    for name, text in {"goes": GOES, "fails": FAILS, "wrong": "steps = [{ att = 1 }]", "none": "steps = [{}]"}.items():
        (tmp_path / f"{name}.scenario.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("files")
def test_scenario_that_goes_as_it_says(run):
    """One line; its timelines on request."""
    done = run("rehearse", "goes.scenario.toml")
    assert (0, "") == (done.code, done.err)
    assert ["ok  goes.scenario.toml: Nobody looks at it", "1 of 1 scenarios went as they say"] == done.out.splitlines()

    shown = run("rehearse", "goes.scenario.toml", "--timelines").out.splitlines()
    assert "    case T-1: t1 09:00 -> t2 09:15 (tier 1)" in shown
    assert "" in shown


@pytest.mark.usefixtures("files")
def test_scenario_that_fails(run):
    """The step, what was asked, what is, the timeline; and the files that could not be read."""
    done = run("rehearse", "goes.scenario.toml", "fails.scenario.toml", "wrong.scenario.toml")
    lines = done.out.splitlines()

    assert 1 == done.code
    assert "failed  fails.scenario.toml: Somebody looks at it" in lines
    assert ["      asked: tier=3", "         is: tier=2"] == lines[3:5]
    assert "not valid  wrong.scenario.toml: scenario.process: is missing; name a process file" in done.out
    assert lines[-1].startswith("1 of 2 scenarios went as they say, ")


@pytest.mark.usefixtures("files")
def test_scenario_whose_people_cannot_be_read(run):
    """It is told which; the others are played all the same."""
    Path("nobody.scenario.toml").write_text(GOES.replace("start", 'directory = "nobody.toml", start'), "utf-8")
    done = run("rehearse", "nobody.scenario.toml", "goes.scenario.toml")

    assert 1 == done.code
    assert "not valid  nobody.scenario.toml: Nobody looks at it: directory 'nobody.toml' is not valid" in done.out
    assert "ok  goes.scenario.toml: Nobody looks at it" in done.out
    assert done.out.splitlines()[-1] == "1 of 1 scenarios went as they say, 1 fault"


@pytest.mark.usefixtures("files")
def test_answer_as_json(run):
    """The same for programs."""
    found = run("rehearse", "goes.scenario.toml", "fails.scenario.toml", "wrong.scenario.toml", "--json").json()
    goes, fails = found["scenarios"]

    assert (1, 1, True, None, []) == (
        found["passed"],
        found["failed"],
        goes["passed"],
        goes["step"],
        goes["differences"],
    )
    assert (False, 2, [{"asked": "tier=3", "found": "tier=2"}]) == (
        fails["passed"],
        fails["step"],
        fails["differences"],
    )
    assert "Mon 2026-03-23 09:20, time passes" == fails["what"]
    assert "t1 09:00 -> t2 09:15 (tier 1)" == goes["account"]["stories"][0]["path"]
    assert {"wrong.scenario.toml"} == {fault["source"] for fault in found["faults"]}


@pytest.mark.usefixtures("files")
def test_process_for_those_that_name_none(run):
    """It is an option; a file that is not there is the operator's."""
    done = run("rehearse", "none.scenario.toml", "--process", "acme.toml")
    assert (1, True) == (done.code, "comes before any case is open" in done.out)
    done = run("rehearse", "nowhere.scenario.toml")
    assert (3, "") == (done.code, done.out)
    assert done.err.startswith("supporttiers: nowhere.scenario.toml: the file cannot be read: No such file")


def test_schema_of_scenario_files(run):
    """Beside that of process files."""
    assert json_schema() == run("schema", "scenario").json()
    assert run("schema").json() == run("schema", "process").json() != json_schema()
    assert 2 == run("schema", "other").code
