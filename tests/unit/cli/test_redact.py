"""`export` and `redact` on the command line."""

import sqlite3

import pytest

from supporttiers import Actor, SupportDesk, SupportProcess
from supporttiers.policies.permission import Permission, PermitByRules


def test_export_gives_all_that_is_kept_as_json(run, case, desk, url):
    """With `--json` or without, texts included: whoever asks for it means it."""
    for more in ((), ("--json",)):
        done = run("export", case.id, "--store", url, *more)

        assert (0, "") == (done.code, done.err)
        assert done.json() == desk.export(case)


def test_export_of_an_unknown_case_says_so(run, case, url):
    """The answer is no."""
    done = run("export", "T-404", "--store", url)

    assert (1, "") == (done.code, done.out)


def test_redact_deletes_and_says_so(run, case, desk, url):
    """The case is named, and has lost its texts."""
    done = run("redact", case.id, "--store", url, "--by", "dora", "--reason", "asked to")

    assert (0, "", "redacted T-1\n1 case redacted\n") == (done.code, done.err, done.out)
    assert ("", "dora", "asked to") == (desk.get("T-1").subject, *_last(desk))
    assert () == desk.verify("T-1")


def _last(desk):
    redacted = next(event for event in desk.history("T-1") if type(event).__name__ == "CaseRedacted")
    return redacted.by.id, redacted.said


def test_redact_a_person_lists_all_cases(run, case, desk, url):
    """Those that were redacted, those that are no longer watched, and how many."""
    desk.open("Ice", id="T-2", by="joe")
    desk.watch("T-2", by="bob", watchers=["jane"])
    done = run("redact", "--person", "jane", "--store", url, "--by", "dora", "--json")

    assert {"cases": ["T-1"], "unwatched": ["T-2"], "failed": {}} == done.json()
    again = run("redact", "--person", "jane", "--store", url, "--by", "dora")
    assert (0, "0 cases redacted\n") == (again.code, again.out)


def test_redact_says_what_a_rule_kept(run, url, clock):
    """The exit code is no, and the reason is there."""
    rule = PermitByRules([Permission(verbs=["redact"], effect="deny", kinds=["agent"])])
    with SupportDesk(
        SupportProcess(name="p", tiers=SupportProcess.default().tiers, policies=[rule]), store=url
    ) as desk:
        desk.open("Fire", id="T-1", by=Actor.customer("jane"))
    done = run("redact", "--person", "jane", "--store", url, "--by", "dora")

    assert 1 == done.code
    assert done.out.startswith("case T-1 was left as it is: ")
    assert done.out.endswith("0 cases redacted, 1 case left as it is\n")


def test_redact_keeps_no_process_of_its_own(run, url, database):
    """A store holds the processes of its cases, not that of a tool."""
    with SupportDesk(SupportProcess(name="p", tiers=SupportProcess.default().tiers), store=url) as desk:
        desk.open("Fire", id="T-1", by=Actor.customer("jane"))
    assert 0 == run("redact", "T-1", "--store", url, "--by", "dora").code

    connection = sqlite3.connect(database)
    assert [("p",)] == connection.execute("SELECT name FROM supporttiers_process").fetchall()
    connection.close()


def test_redact_of_a_redacted_case_says_so(run, case, url):
    """Nothing was done, which is fine; in JSON no case is among those that were redacted."""
    run("redact", case.id, "--store", url, "--by", "dora")
    again, told = (run("redact", case.id, "--store", url, "--by", "dora", *more) for more in ((), ("--json",)))

    assert (0, "case T-1 has been redacted already, and nobody has said anything about it since\n") == (
        again.code, again.out,
    )  # fmt: skip
    assert {"cases": [], "unwatched": [], "failed": {}} == told.json()


@pytest.mark.parametrize("words", [[], ["T-1", "--person", "jane"]])
def test_redact_wants_one_case_or_one_person(run, url, case, words):
    """Neither and both are wrong command lines."""
    assert 2 == run("redact", *words, "--store", url, "--by", "dora").code


def test_redact_makes_no_store(run, tmp_path):
    """A file that is not there is an error, and is not there afterwards either."""
    done = run("redact", "T-1", "--by", "dora", "--store", f"sqlite:///{tmp_path / 'no.db'}")

    assert 3 == done.code
    assert [] == list(tmp_path.iterdir())
