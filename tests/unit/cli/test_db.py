"""`db status`, `db upgrade` and `db sql`."""

import sqlite3
from contextlib import closing

import pytest

from supporttiers.schema import VERSION, statements

PLACE = "(table supporttiers_version)"
NAMES = {"schema": None, "prefix": "supporttiers_"}


@pytest.fixture
def old(database):
    """Leave tables of the first version behind."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements("sqlite"):
            connection.execute(statement)
            if "INTO supporttiers_version" in statement:
                break
    return database


def test_db_of_nothing(run, url, database):
    """Where there is no file, there are no tables; asking makes none."""
    done = run("db", "status", "--store", url)

    assert 1 == done.code
    needed = f"and this release needs version {VERSION}; run 'supporttiers db upgrade --store {url}'"
    assert f"there are no tables {PLACE}, {needed}\n" == done.out
    assert not database.exists()


def test_db_upgrade_makes_the_tables(run, url):
    """Once made, they are current, and a second time changes nothing."""
    first, second = run("db", "upgrade", "--store", url), run("db", "upgrade", "--store", url)

    assert (0, f"the tables are of version {VERSION} now, before: none {PLACE}\n") == (
        first.code,
        first.out,
    )
    assert (0, f"the tables were of version {VERSION} already {PLACE}\n") == (
        second.code,
        second.out,
    )
    done = run("db", "status", "--store", url)
    assert (0, f"the tables are of version {VERSION} {PLACE}\n") == (done.code, done.out)


def test_db_upgrade_of_old_tables(run, url, old):
    """They are brought up to date in place."""
    before = run("db", "status", "--store", url, "--json")

    assert (1, {"version": 1, "known": VERSION, "current": False, **NAMES}) == (before.code, before.json())
    assert {"before": 1, "after": VERSION, **NAMES} == run("db", "upgrade", "--store", url, "--json").json()
    assert 0 == run("db", "status", "--store", url).code


def test_db_status_of_a_newer_release(run, url, database):
    """What a newer release has made is told, and is no fault."""
    run("db", "upgrade", "--store", url)
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(f"UPDATE supporttiers_version SET version = {VERSION + 1}")
    done = run("db", "status", "--store", url)

    newer = f"which is newer than version {VERSION} of this release"
    assert (0, f"the tables are of version {VERSION + 1} {PLACE}, {newer}\n") == (done.code, done.out)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_db_sql_prints_what_statements_gives(run, dialect):
    """Each statement ends with a semicolon."""
    done = run("db", "sql", "--dialect", dialect, "--prefix", "st_")
    answer = run("db", "sql", "--dialect", dialect, "--prefix", "st_", "--json").json()

    wanted = statements(dialect, prefix="st_")
    assert [f"{statement};" for statement in wanted] == done.out.removesuffix("\n\n").split("\n\n")
    assert {"dialect": dialect, "since": 0, "version": VERSION, "statements": list(wanted)} == answer


def test_db_sql_since_a_version(run):
    """Only what is missing is printed, in a schema of one's own where it is named."""
    assert "" == run("db", "sql", "--since", VERSION).out
    assert "support.supporttiers_case" in run("db", "sql", "--dialect", "postgresql", "--schema", "support").out


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["sql", "--dialect", "oracle"], 2, "dialect must be one of: sqlite, postgresql"),
        (["sql", "--since", "99"], 2, "since is 99; possible is"),
        (["sql", "--prefix", "Robert'); DROP"], 2, "prefix must be a name"),
        (["status", "--store", "memory:"], 3, "it has no tables to look after"),
        (["upgrade", "--store", "support.db"], 3, "no store is known for this URL"),
        ([], 2, "the following arguments are required: COMMAND"),
    ],
)
def test_db_of_a_wrong_value_is_told(run, argv, code, said):
    """What cannot be is told in one line."""
    done = run("db", *argv)

    assert (code, "") == (done.code, done.out)
    assert said in done.err
