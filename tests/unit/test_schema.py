import sqlite3

import pytest

from supporttiers import schema
from supporttiers.errors import InputError, StoreError
from supporttiers.match import FIELDS


@pytest.fixture
def database():
    """Give an empty database with the newest schema."""
    connection = sqlite3.connect(":memory:")
    for statement in schema.statements("sqlite"):
        connection.execute(statement)
    yield connection
    connection.close()


def tables(database):
    """Name the tables."""
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return [name for (name,) in rows]


def columns(database, table):
    """Give the columns of a table or view, with their place in the key."""
    return {name: key for _, name, _, _, _, key in database.execute(f"PRAGMA table_info({table})")}


def test_schema_is_whole(database):
    """Every table is ours by its name, and is strict about types."""
    assert len(tables(database)) == 10
    assert all(name.startswith("supporttiers_") for name in tables(database))
    strict = {row[1] for row in database.execute("PRAGMA table_list") if row[5]}
    assert strict == set(tables(database))


def test_schema_has_a_tenant_in_every_key(database):
    """Tables of cases can be spread by tenant; processes, cursors and the version belong to the store."""
    keyed = {name for name in tables(database) if columns(database, name).get("tenant")}

    assert set(tables(database)) - keyed == {
        "supporttiers_version", "supporttiers_process", "supporttiers_outbox", "supporttiers_vendor_cursor"
    }  # fmt: skip
    unique = database.execute("SELECT name FROM pragma_index_info('sqlite_autoindex_supporttiers_outbox_1')").fetchall()
    assert unique == [("tenant",), ("key",)]
    assert "shard" in columns(database, "supporttiers_case")


def test_schema_has_a_column_for_what_can_be_asked(database):
    """Every field that a condition can speak about is a column, but for collections, which are in the body."""
    words = {"tags", "watchers", "vendors", "vendors_waiting", "vendors_unacknowledged", "vendors_unreachable"}

    assert FIELDS.keys() - words <= columns(database, "supporttiers_case").keys()
    shown = columns(database, "supporttiers_cases").keys()
    assert {*FIELDS, "tenant", "subject", "attributes", "wakes_at", "parked_at"} == shown


def test_schema_writes_its_version_down(database):
    """The last statement of a migration says how far it is."""
    assert database.execute("SELECT version FROM supporttiers_version").fetchall() == [(schema.VERSION,)]


def test_statements_since_a_version_are_those_after_it():
    """Who is up to date has nothing to do."""
    assert schema.statements("sqlite", since=schema.VERSION) == ()
    assert schema.statements("sqlite", since=0) == schema.statements("sqlite")
    assert not any(";" in statement for statement in schema.statements("sqlite"))


def test_unknown_dialect_is_refused():
    """The error says which there are."""
    with pytest.raises(InputError, match=r"^dialect must be one of: sqlite, postgresql$"):
        schema.statements("oracle")


def test_schema_is_nothing_that_sqlite_has():
    """A prefix is what SQLite has instead."""
    with pytest.raises(InputError, match=r"^schema is nothing that SQLite has; give the tables a prefix instead$"):
        schema.statements("sqlite", schema="support")


def test_way_back_leaves_nothing(database):
    """What the statements make, the way back takes away, with whatever stands in it."""
    for statement in schema.drop_statements():
        database.execute(statement)

    assert [] == database.execute("SELECT name FROM sqlite_master").fetchall()


def test_way_back_has_the_hosts_names():
    """Under a prefix and in a schema as the way there."""
    ways = schema.drop_statements(prefix="help_", schema="support")

    assert ("DROP VIEW support.help_cases", "DROP TABLE support.help_version") == (ways[0], ways[-1])


@pytest.mark.parametrize("since", [-1, schema.VERSION + 1])
def test_unknown_version_is_refused(since):
    """The error says which there are."""
    with pytest.raises(InputError, match=f"^since is {since}; possible is one of: 0, 1, 2, 3$"):
        schema.statements("sqlite", since=since)


def test_tables_may_be_made_in_parts():
    """Those that grow without end are spread by tenant and case; each part lies where its table does."""
    whole = schema.statements("postgresql", prefix="st_", schema="desk")
    parted = schema.statements("postgresql", prefix="st_", schema="desk", partitions=3)
    added = [text for text in parted if " PARTITION OF " in text]

    assert len(parted) == len(whole) + len(added)
    assert [text.split(" FOR ")[0] for text in added] == [
        f"CREATE TABLE desk.st_{table}_part_{place} PARTITION OF desk.st_{table}"
        for table in ("case", "event")
        for place in range(3)
    ]
    assert all("fillfactor = 85" in text for text in added if "st_case_part" in text)
    assert schema.statements("postgresql", since=schema.VERSION, partitions=3) == ()


@pytest.mark.parametrize(("dialect", "partitions"), [("sqlite", 2), ("postgresql", -1), ("postgresql", 1025)])
def test_impossible_partitions_are_refused(dialect, partitions):
    """The error says how many are possible."""
    problem = f"^partitions is {partitions}; possible is 0 to 1024 on postgresql, and 0 elsewhere$"
    with pytest.raises(InputError, match=problem):
        schema.statements(dialect, partitions=partitions)


def test_newer_schema_is_refused():
    """A store never writes into what it does not know; the error says both versions."""
    schema.check_version("sqlite", schema.VERSION)

    with pytest.raises(StoreError) as caught:
        schema.check_version("sqlite", 99)
    assert caught.value.problem == (
        "its schema is for releases of schema version 99 on, and this one knows 3; upgrade supporttiers"
    )
    assert not caught.value.retryable
