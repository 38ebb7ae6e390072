import io
import sqlite3
import sys

import pytest

from supporttiers.cli import _verify


@pytest.fixture
def cases(desk):
    """Open three cases, and let go of the file."""
    for number in (1, 2, 3):
        desk.open(by="jane", id=f"T-{number}")
    desk.shut_down()


@pytest.fixture
def tampered(cases, database):
    """Change an event behind the store's back."""
    connection = sqlite3.connect(database)
    edit = """UPDATE supporttiers_event SET public = replace(public, '"tier":1', '"tier":3') WHERE case_id = 'T-2'"""
    connection.execute(edit)
    connection.commit()
    connection.close()


def test_verify_of_sound_cases_is_fine(run, cases, url):
    """All cases are checked, and their number told; nothing else is written."""
    done = run("verify", "--store", url)

    assert (0, "3 cases checked, all sound\n", "") == (done.code, done.out, done.err)


def test_verify_of_one_case(run, cases, url):
    """One case can be checked by itself."""
    assert "1 case checked, all sound\n" == run("verify", "T-1", "--store", url).out


def test_verify_goes_through_all_pages(run, cases, url, monkeypatch):
    """A store larger than a page is checked to its end."""
    monkeypatch.setattr(_verify, "_PAGE", 2)

    assert "3 cases checked, all sound\n" == run("verify", "--store", url).out


def test_verify_tells_what_is_wrong(run, tampered, url):
    """An edit is found, told with its case, and ends with 1."""
    done = run("verify", "--store", url)

    assert 1 == done.code
    assert "case T-2: the digest of version 1 does not match its bytes\n" in done.out
    assert done.out.endswith("3 cases checked, 1 not sound\n")
    assert 0 == run("verify", "T-1", "--store", url).code
    assert 1 == run("verify", "T-2", "--store", url).code


def test_verify_as_json(run, tampered, url):
    """Programs get the findings by case, as codes with parameters."""
    answer = run("verify", "--store", url, "--json").json()

    assert {"checked": 3, "sound": False} == {key: answer[key] for key in ("checked", "sound")}
    assert ["T-2"] == [finding["case_id"] for finding in answer["findings"]]
    assert "verify.digest" in [reason["code"] for reason in answer["findings"][0]["reasons"]]
    assert {"checked": 1, "sound": True, "findings": []} == run("verify", "T-1", "--store", url, "--json").json()


def test_verify_of_an_unknown_case_ends_with_1(run, cases, url):
    """What is not there cannot be sound."""
    done = run("verify", "T-4", "--store", url)

    assert (1, "") == (done.code, done.out)
    assert "case 'T-4' does not exist" in done.err


def test_verify_shows_progress_on_a_terminal(run, cases, url, monkeypatch):
    """A person sees how far it is."""

    class Terminal(io.StringIO):
        def isatty(self):
            """Say that a person is reading."""
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    run("verify", "--store", url)

    assert "verified 3 of 3" in sys.stderr.getvalue()
