"""Errors of the library, for who has typed a command."""

from argparse import Namespace
from pathlib import Path

import pytest

import supporttiers
from supporttiers import Reason, SupportDesk, SupportProcess
from supporttiers.cli import _words
from supporttiers.errors import ParkedError

SOURCE = Path(supporttiers.__file__).parent
PHRASES = [said for said, _ in (*_words.EVERYWHERE, *_words.ON_A_STORE)] + [_words.UNPARK, _words.UPGRADE, _words.BLOCK]


@pytest.mark.parametrize("phrase", PHRASES)
def test_library_still_says_what_is_said_differently(phrase):
    """Of what it does not say any more, nothing need stand in the table."""
    sources = [file.read_text("utf-8") for file in SOURCE.rglob("*.py") if file.parent.name != "cli"]

    assert any(phrase in source for source in sources)


def test_unknown_case_is_looked_for_with_a_command(run, case, url):
    """Not with a method."""
    done = run("show", "T-9", "--store", url)

    where = "'supporttiers list' shows which there are"
    assert f"supporttiers: case 'T-9' does not exist for tenant 'default'; {where}\n" == done.err


@pytest.mark.parametrize("verb", ["retry", "discard"])
def test_wrong_key_is_repeated(run, case, url, verb):
    """So that a typing error is seen."""
    done = run(verb, "T-1:9:0:mail", "--store", url)

    what = f"key 'T-1:9:0:mail' is that of no message to {verb}; only one in state dead or ambiguous can be"
    assert (2, f"supporttiers: {what}: 'supporttiers messages' lists them\n") == (done.code, done.err)


@pytest.mark.parametrize(
    "command", [["check"], ["diagram"], ["worker", "--store", "sqlite:///support.db", "--process"]]
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_unknown_policy_of_a_file_is_named_by_an_option(run, tmp_path, monkeypatch, command, options):
    """Wherever a process file is read."""
    monkeypatch.chdir(tmp_path)
    SupportDesk(SupportProcess.default(), store="sqlite:///support.db").open(by="jane")
    run("init", "own.toml")
    with Path("own.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[policies]]\nuse = "acme.no"\n')
    done = run(*command, "own.toml", *options)

    assert 1 == done.code
    assert "name classes of your own with --policies MODULE:CLASS" in done.out + done.err
    assert "policies=" not in done.out + done.err


def test_parked_case_is_let_go_on_with_a_command():
    """Its id is repeated as it is typed."""
    error = ParkedError("T-1", Reason("park.undecided", {"failures": 10, "problem": "KeyError"}))

    assert _words.spoken(error, Namespace()).endswith("; mend that, then run 'supporttiers unpark T-1'")


def test_host_is_told_what_to_change_in_its_own_code():
    """With --desk it is the application that has to hand something in."""
    said = "hand their classes in with policies=, or --policies"

    assert said == _words.spoken(said, Namespace(desk="support:desk"))
    plugins = "or plugins that have them with --plugins MODULE or --entry-points"
    assert f"name their classes with --policies MODULE:CLASS, {plugins}" == _words.spoken(said, Namespace(desk=None))
    assert "mend it, or block it with blocked=['acme']" == _words.spoken(
        "mend it, or block it with blocked=['acme']", Namespace(desk="support:desk")
    )


def test_store_without_tables_is_upgraded_by_a_command_as_it_stands():
    """But for the password, which is not shown."""
    said = _words.spoken("run 'supporttiers db upgrade --store URL'", Namespace(store="postgresql://j:s@e@host/shop"))

    assert "run 'supporttiers db upgrade --store postgresql://j:***@host/shop'" == said
