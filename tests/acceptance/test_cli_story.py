"""From nothing to a store that can be looked into: what a newcomer types in the first ten minutes."""

import sqlite3
from pathlib import Path

import pytest

from supporttiers import FakeClock, SupportDesk
from supporttiers.cli import main


@pytest.fixture(autouse=True)
def _in_a_new_directory(tmp_path, monkeypatch):
    """Begin in an empty directory."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def say(capsys):
    """Type a command; give its exit code and all that it says."""

    def say(line):
        code = main(line.split())
        out, err = capsys.readouterr()
        return code, out + err

    return say


def a_morning():
    """Run a desk on the file that `init` wrote, with a case that nobody touches in time."""
    clock = FakeClock("2026-03-23T09:00Z")
    desk = SupportDesk("support.toml", store="sqlite:///support.db", clock=clock)
    desk.open("The printer prints hieroglyphs", by="jane", id="T-1")
    clock.advance("15m")
    desk.run_due()
    desk.open("No network", by="joe", id="T-2")
    desk.shut_down()


def test_newcomer_makes_a_process_and_looks_into_its_store(say):
    """init, check, diagram; a desk on that file; list, show and verify of what it did."""
    assert (0, "support.toml written; edit it, then: supporttiers check support.toml\n") == say("init")
    assert "support.toml is valid" in say("check support.toml")[1]
    assert "stateDiagram-v2" in say("diagram support.toml")[1]

    a_morning()

    code, listed = say("list --store sqlite:///support.db --status queued")
    assert (0, ["T-1", "T-2"]) == (code, [line.split()[0] for line in listed.splitlines()[1:]])
    code, shown = say("show T-1 --store sqlite:///support.db --at 2026-03-23T09:20Z")
    assert 0 == code
    assert "limit 'tier 1' reached 100% of 0:15:00" in shown
    assert "hieroglyphs" not in shown
    assert (0, "2 cases checked, all sound\n") == say("verify --store sqlite:///support.db")


def test_newcomer_mistypes_and_is_helped(say):
    """A fault in the file is told with its place; a wrong file name makes no new database."""
    say("init")
    with Path("support.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[routes]]\nwhen = { category = "printing" }\nto = { tier = 9 }\n')

    code, said = say("check support.toml")
    assert (1, True) == (code, "support.toml: routes[0].to.tier: 9 is not known; possible are: 1, 2, 3, 4" in said)
    code, said = say("list --store sqlite:///suport.db")
    assert (3, True) == (code, "there is no such file" in said)
    assert not Path("suport.db").exists()


def test_auditor_finds_an_edit(say):
    """Somebody changes a history behind the desk's back: verify names the case and the event."""
    say("init")
    a_morning()
    connection = sqlite3.connect("support.db")
    edit = """UPDATE supporttiers_event SET public = replace(public, '"tier":1', '"tier":3') WHERE case_id = 'T-1'"""
    connection.execute(edit)
    connection.commit()
    connection.close()

    code, said = say("verify --store sqlite:///support.db")

    assert 1 == code
    assert "case T-1: the digest of version 1 does not match its bytes" in said
    assert "2 cases checked, 1 not sound" in said
