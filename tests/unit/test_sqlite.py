import contextlib
import gc
import os
import sqlite3
import subprocess
import sys
import threading

import attrs
import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from supporttiers import schema
from supporttiers.backends.storage import sqlite
from supporttiers.backends.storage._find import SqliteFinding
from supporttiers.backends.storage._pages import Cursor, Order
from supporttiers.backends.storage._sqlite_procedures import SqliteProcedures
from supporttiers.backends.storage._statements import Change, Work
from supporttiers.backends.storage._texts import sqlite_texts
from supporttiers.backends.storage.sqlalchemy import SqlAlchemyStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.clock import IdFactory
from supporttiers.errors import StoreError
from supporttiers.events import CaseNoted
from supporttiers.match import AtLeast, AtMost, Match, Not
from supporttiers.protocols import ORDERS, Settled
from supporttiers.reasons import Reason
from supporttiers.testing.builders import (
    NOON,
    committing,
    every_event,
    going_on,
    key_use,
    message,
    minutes,
    opening,
)
from supporttiers.testing.suites import population

TEXTS = sqlite_texts(schema.Names())


@pytest.fixture
def path(tmp_path):
    """Name a file that is not there yet."""
    return tmp_path / "support.db"


@pytest.fixture
def store(path):
    """Give a store in that file."""
    with contextlib.closing(SqliteStore(path)) as store:
        yield store


@pytest.fixture
def behind(store, path):
    """Give another connection to the file, in which everything has happened to one case."""
    store.commit([committing(None, every_event())])
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


def codes(store):
    """Verify, and give the codes of what was found."""
    return [reason.code for reason in store.verify("acme", "T-1")]


# -- the file


def test_sqlite_opens_nothing_before_its_first_use(store, path):
    """Naming a store costs nothing, and makes no file."""
    assert not path.exists()

    assert store.load("acme", "T-1").case is None
    assert path.exists()


def test_sqlite_is_named_by_a_url(tmp_path, monkeypatch):
    """Three slashes are relative to the working directory, four are absolute."""
    monkeypatch.chdir(tmp_path)
    for url in ("sqlite:///near.db", f"sqlite:///{tmp_path}/far.db"):
        with contextlib.closing(SqliteStore.from_url(url)) as store:
            store.commit([opening()])

    assert {found.name for found in tmp_path.glob("*.db")} == {"near.db", "far.db"}


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite:", "sqlite://host/x.db", "postgresql:///x", "x.db"])
def test_sqlite_refuses_a_url_that_names_no_file(url):
    """The error says what is possible."""
    with pytest.raises(StoreError, match=r"possible are sqlite:///relative.db and sqlite:////absolute.db; trying"):
        SqliteStore.from_url(url)


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_sqlite_refuses_what_every_connection_has_for_itself(path):
    """What one thread writes, another would not find while the first is writing."""
    with pytest.raises(StoreError, match=r"is no file: .*; possible are the path of a file, and store='memory:'"):
        SqliteStore(path)


def test_sqlite_closes_its_file_when_it_is_forgotten(tmp_path):
    """A desk that is dropped without a word leaves nothing open."""
    store = SqliteStore(tmp_path / "support.db")
    store.commit([opening()])
    connection = store._opened()
    del store
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_sqlite_leaves_alone_what_is_not_its_own(tmp_path):
    """A store that was never opened, or that a fork has inherited, closes nothing."""
    SqliteStore(tmp_path / "never.db").__del__()
    store = SqliteStore(tmp_path / "support.db")
    connection = store._opened()
    store._pid -= 1
    store.__del__()

    assert connection.execute("SELECT 1").fetchone() == (1,)
    connection.close()
    store._connection = None


def test_sqlite_refuses_options_in_its_url():
    """An option that nobody understands must not become part of a file's name."""
    with pytest.raises(StoreError, match=r"carries options after '\?', and none are understood"):
        SqliteStore.from_url("sqlite:////data/support.db?mode=ro")


def test_sqlite_keeps_what_it_said_it_has_written(store):
    """A commit has reached the disk when it answers, readers never wait, and writers wait for each other."""
    connection = store._opened()

    settings = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "busy_timeout")
    ]
    assert settings == ["wal", 2, 30_000]


def test_sqlite_file_that_is_opened_again_has_everything(store, path):
    """Cases, histories, keys, messages, wake-ups, links, tickets and processes are all in the file."""
    first = attrs.evolve(
        opening(wakes_at=minutes(5), used=key_use("k")), messages=(message("m-1"),)
    )  # fmt: skip
    whole = committing(first.case, every_event()[1:], wakes_at=minutes(5))
    store.commit([first, whole])
    store.put_process("demo", "r1", "{}", NOON)
    store.close()

    with contextlib.closing(SqliteStore(path)) as again:
        loaded = again.load("acme", "T-1", key="k")
        assert (loaded.case, loaded.used) == (whole.case, key_use("k"))
        assert list(again.history("acme", "T-1")) == [*first.events, *whole.events]
        assert [found.case for found in again.overdue(minutes(6), limit=1)] == [whole.case]
        assert [found.key for found in again.messages("acme")] == ["m-1"]
        assert [ticket.remote_id for ticket in again.open_tickets(NOON, limit=9)] == ["R-77"]
        assert again.incoming("acme", "T-0") == [("duplicate_of", "T-1")]
        assert again.get_process("demo", "r1") == "{}"
        assert again.verify("acme", "T-1") == ()


def test_sqlite_salts_every_private_part(behind, store, path):
    """Salts come from the factory of ids, so that tests can fix them; what has no private part needs none."""

    class Salts(IdFactory):
        def salt(self):
            """Give always the same."""
            return b"0123456789abcdef"

    with contextlib.closing(SqliteStore(path, ids=Salts())) as again:
        again.commit([opening("T-2")])
    assert behind.execute("SELECT salt FROM supporttiers_event WHERE case_id = 'T-2'").fetchall() == [
        (b"0123456789abcdef",)
    ]

    salts = behind.execute("SELECT private = '', length(salt) FROM supporttiers_event WHERE case_id = 'T-1'").fetchall()
    assert set(salts) == {(0, 16), (1, 0)}


# -- what else the rows say


WORDS_AND_MORE = (
    "tags", "watchers", "vendors", "vendors_waiting", "vendors_unacknowledged", "vendors_unreachable", "attributes",
)  # fmt: skip


def test_sqlite_columns_are_those_of_the_case(store, path):
    """What can be asked for stands in columns of its own, as the case has it; instants as texts in UTC."""
    commits = [*population(), committing(None, every_event(), wakes_at=minutes(7))]
    store.commit(commits)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM supporttiers_cases ORDER BY rowid").fetchall()

    for row, commit in zip(found, commits, strict=True):
        for name in set(row.keys()) - {*WORDS_AND_MORE, "wakes_at", "parked_at", "subject"}:
            value = getattr(commit.case, name)
            expected = f"{value:%Y-%m-%d %H:%M:%S.%f}" if hasattr(value, "tzinfo") else value
            assert row[name] == expected, name
        assert row["subject"] == (commit.case.subject or None)
    assert found[-1]["wakes_at"] == f"{minutes(7):%Y-%m-%d %H:%M:%S.%f}"
    assert found[-1]["parked_at"] is None
    assert (found[-1]["tags"], found[-1]["watchers"]) == ('["hot"]', "[]")
    for row, commit in zip(found, commits, strict=True):
        for name in WORDS_AND_MORE:
            value = getattr(commit.case, name, ())
            assert value or row[name] in {"[]", "{}"}, name  # nothing is nothing, not NULL


def test_sqlite_remembers_what_became_of_a_message(store, behind):
    """State, result and attempts stay for the operator to read."""
    store.commit([attrs.evolve(opening("T-2"), messages=(message("m-1"),))])
    store.settle(Settled(tenant="acme", key="m-1", state="dead", result="VendorError", attempts=10, not_before=NOON))

    found = behind.execute("SELECT state, result, attempts FROM supporttiers_outbox").fetchall()
    assert found == [("dead", "VendorError", 10)]


@given(st.data())
def test_sqlite_finds_what_the_condition_says(populated, data):
    """Whatever conditions are put together, SQL and Python agree."""
    store, cases = populated
    match = data.draw(MATCHES)
    holds = match.compile()

    assert [case.id for case in store.find("acme", match, limit=100)[0]] == [case.id for case in cases if holds(case)]


@pytest.fixture(scope="module")
def populated(tmp_path_factory):
    """Give a store with many cases, and the cases."""
    with contextlib.closing(SqliteStore(tmp_path_factory.mktemp("many") / "support.db")) as store:
        commits = population()
        store.commit(commits)
        yield store, [commit.case for commit in commits]


WORDS = st.sampled_from(["vip", "hot", "été", "eve", "bob", "anna", "net", "front", "high", "printing", "x"])
NUMBERS = st.integers(0, 4) | st.floats() | st.integers()
INSTANTS = st.integers(-1, 260).map(minutes)
SITES = st.sampled_from(["Leeds", "York", "", "12", 7, 12, 12.5, True, False, 0, 1]) | st.integers() | st.floats()


def comparisons_on(names, values, *, ordered):
    """Give comparisons of some fields, each as the fields of a Match."""
    maybe = st.none() | values
    wanted = (
        maybe
        | st.lists(maybe, min_size=1, max_size=3)
        | st.builds(Not, maybe | st.lists(maybe, min_size=1, max_size=3))
    )
    if ordered:
        wanted |= st.builds(AtLeast, values) | st.builds(AtMost, values)
    return st.dictionaries(st.sampled_from(names), wanted, min_size=1, max_size=2)


COMPARISONS = st.one_of([
    comparisons_on(["team", "assignee", "priority", "category", "channel"], WORDS, ordered=False),
    comparisons_on(["tags", "watchers", "vendors"], WORDS, ordered=False),
    comparisons_on(["tier", "version", "satisfaction"], NUMBERS, ordered=True),
    comparisons_on(["opened_at", "changed_at", "due_at", "wait_until", "resolved_at"], INSTANTS, ordered=True),
    comparisons_on(["attributes.site", "attributes.seats", 'attributes.q"uo.te'], SITES, ordered=True),
])  # fmt: skip
MATCHES = st.recursive(
    st.builds(Match, COMPARISONS),
    lambda inner: st.builds(Match, COMPARISONS, all=st.lists(inner, max_size=2), any=st.lists(inner, max_size=3)),
    max_leaves=6,
)


# -- what was done behind our back


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE supporttiers_event SET public = replace(public, 'fire', 'hire') WHERE type = 'CaseAmended'",
         ["verify.digest", "verify.fold"]),
        ("UPDATE supporttiers_event SET private = replace(private, 'fuse', 'Fuse') WHERE version = 8",
         ["verify.digest"]),
        ("UPDATE supporttiers_event SET private = NULL, salt = NULL WHERE version = 8", ["verify.digest"]),
        ("UPDATE supporttiers_event SET type = 'CaseStarted' WHERE version = 6", ["verify.unreadable"]),
        ("UPDATE supporttiers_event SET public = 'x' WHERE version = 6", ["verify.digest", "verify.unreadable"]),
        ("DELETE FROM supporttiers_event WHERE version = 6", ["verify.gap", "verify.digest"]),
        (
            "DELETE FROM supporttiers_event WHERE version = (SELECT max(version) FROM supporttiers_event)",
            ["verify.gap", "verify.head"],
        ),
        ("DELETE FROM supporttiers_event", ["verify.gap", "verify.head"]),
        ("DELETE FROM supporttiers_case", ["verify.head", "verify.fold"]),
        ("UPDATE supporttiers_case SET head = 'x'", ["verify.head"]),
        ("UPDATE supporttiers_case SET body = replace(body, 'high', 'low')", ["verify.fold"]),
        ("UPDATE supporttiers_case SET body = '{}'", ["verify.fold", "verify.unreadable"]),
    ],
)  # fmt: skip
def test_sqlite_finds_what_was_changed_behind_its_back(store, behind, change, found):
    """An edit, a deletion, a case that is not what its events make: each has its own code."""
    assert codes(store) == []
    behind.execute(change)

    assert codes(store) == found


def test_sqlite_takes_what_it_cannot_read_for_an_error(store, behind):
    """A body that is no case, or one of a newer release, is the operator's to mend."""
    behind.execute("""UPDATE supporttiers_case SET body = replace(body, '"schema":1', '"schema":2')""")

    with pytest.raises(StoreError, match="Case cannot be read: of schema '2', and this release reads 1"):
        store.load("acme", "T-1")


# -- what can go wrong


@pytest.mark.parametrize("by", ["itself", "engine"])
def test_sqlite_does_not_show_a_text_that_is_damaged(by, store, behind, path):
    """SQLite quotes what it cannot read; it may be a customer's, and errors of ours go into logs."""
    store.commit([opening("T-2", subject="my word is secret")])
    behind.execute("UPDATE supporttiers_event SET private = CAST(CAST(private AS BLOB) || x'FF' AS TEXT)")
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    asked = store if by == "itself" else SqlAlchemyStore(engine)
    with pytest.raises(StoreError, match=r": Could not decode to UTF-8 column 'private'; ") as caught:
        asked.history("acme", "T-2")

    assert "secret" not in str(caught.value)
    engine.dispose()


def test_sqlite_says_where_it_cannot_be(tmp_path):
    """A missing directory, and one in place of the file: the error names the path, and SQLite's is its cause."""
    for path in (tmp_path / "missing" / "support.db", tmp_path):
        with pytest.raises(StoreError) as caught:
            SqliteStore(path).load("acme", "T-1")

        assert caught.value.problem == f"could not load a case in {path}: unable to open database file"
        assert not caught.value.retryable
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)


def test_sqlite_says_that_a_file_is_no_database(path):
    """Whatever it is, it stays as it was."""
    path.write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreError, match=r"could not commit in .*: file is not a database; trying again"):
        SqliteStore(path).commit([opening()])
    assert path.read_bytes() == b"this is no database" * 100


def test_sqlite_says_that_it_may_not_write(store):
    """A file that can only be read is read, and writing is an error."""
    store.commit([opening()])
    store._opened().execute("PRAGMA query_only = ON")

    assert store.load("acme", "T-1").case == opening().case
    with pytest.raises(StoreError, match=r"could not settle a message in .*: attempt to write a readonly database"):
        store.settle(Settled(tenant="acme", key="m", state="done", result="", attempts=1, not_before=NOON))


def test_sqlite_refuses_a_newer_schema(store, behind, path):
    """An old release does not write into a file that a new one has closed to it, not even one that it has open."""
    behind.execute("UPDATE supporttiers_version SET version = 8, oldest = 7")
    refused = "its schema is for releases of schema version 7 on, and this one knows 3; upgrade supporttiers"
    before = store.load("acme", "T-1").case
    writes = (
        lambda: store.commit([opening("T-2")]),
        lambda: store.claim(NOON, limit=1, decide=lambda due: [None] * len(due)),
        lambda: store.lease(NOON, until=NOON, token="t", limit=1),
    )

    for write in writes:
        with pytest.raises(StoreError, match=refused):
            write()
    assert store.load("acme", "T-1").case == before
    store.close()
    with pytest.raises(StoreError, match=refused):
        store.load("acme", "T-1")


def test_sqlite_goes_on_beside_a_newer_release_that_only_adds(store, behind):
    """An old worker and a new one share a file, where the new schema says that the old one may."""
    behind.execute("ALTER TABLE supporttiers_case ADD COLUMN mood TEXT")
    behind.execute("UPDATE supporttiers_version SET version = 3")
    store.close()

    assert store.commit([opening("T-2")]) == [True]
    assert store.load("acme", "T-2").case == opening("T-2").case
    assert store.schema_version() == 3
    assert store.upgrade() == 3


def test_sqlite_brings_an_old_file_up_to_date(path):
    """A file of schema version 1 is read and written on, with everything that was in it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in schema._sqlite.VERSION_1:
            connection.execute(statement)
        connection.execute("INSERT INTO supporttiers_process VALUES ('acme', 'r1', '{}', 0)")
        connection.commit()

    with contextlib.closing(SqliteStore(path)) as store:
        assert store.schema_version() == 1
        assert store.upgrade() == 1
        assert store.schema_version() == schema.VERSION
        assert store.get_process("acme", "r1") == "{}"
        assert store.commit([opening()]) == [True]


def test_sqlite_makes_its_tables_when_asked_to(path):
    """Nothing is made by looking; made tables have the prefix that was asked for."""
    with contextlib.closing(SqliteStore(path, prefix="desk_")) as store:
        assert store.schema_version() == 0
        assert not path.exists()
        assert store.upgrade() == 0
        assert store.schema_version() == schema.VERSION
        names = [name for (name,) in store._opened().execute("SELECT name FROM sqlite_master WHERE type <> 'index'")]
    assert all(name.startswith(("desk_", "sqlite_")) for name in names)


def test_sqlite_says_which_file_has_no_version(path):
    """A file that is no database has no version, and the error names it."""
    path.write_bytes(b"this is no database" * 100)

    with pytest.raises(StoreError, match=r"could not read the version of the tables in .*: file is not a database"):
        SqliteStore(path).schema_version()


def test_sqlite_asks_who_is_writing(store, behind, monkeypatch):
    """Who waits too long is told about transactions left open; it may be tried again."""
    store.close()
    monkeypatch.setattr(sqlite, "BUSY_AFTER", 0.0)
    behind.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreError) as caught:
        store.commit([opening("T-2")])
    assert caught.value.retryable
    assert caught.value.problem.endswith(
        ": database is locked; another connection has been writing for 0 seconds: "
        "is a transaction of your own left open, or was .on(connection) forgotten?"
    )
    assert store.load("acme", "T-1").case is not None

    behind.execute("ROLLBACK")
    assert store.commit([opening("T-2")]) == [True]


def test_sqlite_takes_back_a_batch_that_fails(store):
    """Where one commit cannot be written at all, none of its transaction is."""
    odd = going_on(opening(), CaseNoted, reason=Reason("acme.odd", {"at": NOON}))

    with pytest.raises(StoreError, match="CaseNoted holds what JSON cannot keep"):
        store.commit([opening(), odd])
    assert store.load("acme", "T-1").case is None
    assert store.commit([opening()]) == [True]


def test_sqlite_survives_a_transaction_that_has_ended_by_itself(store):
    """Some errors of SQLite roll back on their own; the error that counts is theirs."""

    def fail():
        yield Change("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(StoreError, match=r"could not dance in .*: disk I/O error; trying again will not help"):
        store._do(Work("dance", fail, "write"))
    assert store.commit([opening()]) == [True]


def test_sqlite_refuses_what_no_store_can_keep(store):
    """A lone surrogate that came past every check is an error, not a crash, and is not shown."""
    for call in (lambda: store.load("acme", "T-\ud800"), lambda: store.put_process("T-\ud800", "r", "", NOON)):
        with pytest.raises(StoreError, match=r": UnicodeEncodeError; trying again will not help$"):
            call()


# -- several connections


def test_sqlite_stores_on_one_file_see_each_other(store, path):
    """Two desks on one file are two workers: what one has written, the other is too late for."""
    with contextlib.closing(SqliteStore(path)) as other:
        first = opening()
        assert store.commit([first]) == [True]
        assert other.commit([first]) == [False]
        second = going_on(first, CaseNoted, text="hm")
        assert other.commit([second]) == [True]
        assert store.load("acme", "T-1").case == second.case
        assert store.commit([going_on(first, CaseNoted)]) == [False]
        assert store.verify("acme", "T-1") == ()


def test_sqlite_files_are_made_once_by_many(path):
    """Whoever comes first makes the tables, and the others find them."""
    stores = [SqliteStore(path) for _ in range(4)]
    start = threading.Barrier(len(stores))

    def run(store, name):
        start.wait(timeout=60)
        store.commit([opening(name)])

    threads = [threading.Thread(target=run, args=(store, f"T-{place}")) for place, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(stores[0].find("acme", Match())[0]) == len(stores)
    connection = stores[0]._opened()
    sqlite._within(connection, "BEGIN IMMEDIATE", lambda: sqlite._migrate(connection, stores[0]._sql))
    for store in stores:
        store.close()


class Crowded:
    """A connection to a file that others are just making."""

    def __init__(self, *, busy, code=sqlite3.SQLITE_BUSY):
        self.busy = busy
        self.code = code
        self.said = []

    def execute(self, statement):
        """Fail so many times to change the journal."""
        self.said.append(statement)
        if statement.startswith("PRAGMA") and self.busy:
            self.busy -= 1
            error = sqlite3.OperationalError("no")
            error.sqlite_errorcode = self.code
            raise error


def test_sqlite_waits_for_those_who_make_the_same_file():
    """SQLite refuses at once where waiting could never end; so the wait is for the others' transaction."""
    crowded = Crowded(busy=2)
    sqlite._use_wal(crowded)

    journal, wait = "PRAGMA journal_mode = WAL", ["BEGIN IMMEDIATE", "ROLLBACK"]
    assert crowded.said == [journal, *wait, journal, *wait, journal]


@pytest.mark.parametrize(("busy", "code", "tried"), [(1000, sqlite3.SQLITE_BUSY, 100), (1, sqlite3.SQLITE_IOERR, 1)])
def test_sqlite_does_not_wait_for_ever(busy, code, tried):
    """What does not pass is an error in the end, and what is no crowd is one at once."""
    crowded = Crowded(busy=busy, code=code)

    with pytest.raises(sqlite3.OperationalError, match="no"):
        sqlite._use_wal(crowded)
    assert crowded.said.count("PRAGMA journal_mode = WAL") == tried


WORKER = """
import contextlib, sys
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.events import CaseNoted
from supporttiers.testing.builders import committing, happens

with contextlib.closing(SqliteStore(sys.argv[1])) as store:
    won = 0
    while won < 25:
        case = store.load("acme", "T-1").case
        won += store.commit([committing(case, [happens(CaseNoted, case, text=sys.argv[2])])])[0]
"""


def test_sqlite_loses_nothing_between_processes(store, path):
    """Two processes that write to one case take turns; every commit that was answered is there."""
    store.commit([opening()])
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, str(path), name]) for name in ("one", "two")]

    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    texts = [event.text for event in store.history("acme", "T-1", after=1)]
    assert (texts.count("one"), texts.count("two")) == (25, 25)
    assert store.verify("acme", "T-1") == ()


def test_sqlite_opens_anew_in_a_forked_child(store, monkeypatch):
    """A child never uses, nor closes, its parent's connection, nor waits for a lock that nobody will give back."""
    store.commit([opening()])
    parents = store._connection
    with store._writer.alone(), store._reading:
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert store.commit([going_on(opening(), CaseNoted)]) == [True]

    assert store._connection is not parents
    assert store._inherited == [parents, None]
    store.close()
    assert parents.execute("SELECT version FROM supporttiers_case").fetchall() == [(2,)]
    parents.close()


FORKS = """
import os, sys, threading
from datetime import timedelta
from supporttiers.backends.storage import sqlite
from supporttiers.testing.builders import NOON, opening

sqlite.BUSY_AFTER = 5.0
store = sqlite.SqliteStore(sys.argv[1])
store.commit([opening("T-1", wakes_at=NOON)])
inside, closed = threading.Event(), os.pipe()

def decide(due):
    inside.set()
    threading.Event().wait(0.2)
    return [None] * len(due)

writing = threading.Thread(target=store.claim, args=(NOON + timedelta(hours=1),), kwargs={"limit": 1, "decide": decide})
writing.start()
inside.wait()
child = os.fork()
if not child:
    store.commit([opening("T-2")])
    os.close(closed[1])
    os.read(closed[0], 1)
    store.commit([opening("T-3")])
    os._exit(0)
writing.join()
while store.load("acme", "T-2").case is None and not os.waitpid(child, os.WNOHANG)[0]:
    threading.Event().wait(0.01)
store.close()
os.close(closed[1])
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_sqlite_keeps_what_a_child_has_written_whose_parent_was_at_work(store, path):
    """A child does not wait for a write of its parent's, and writes nothing into a log that its parent has deleted."""
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORKS, path], check=False, timeout=60, stderr=subprocess.PIPE)

    assert {"T-1", "T-2", "T-3"} == store.load_many("acme", ["T-1", "T-2", "T-3"]).keys()


def test_sqlite_is_closed_while_a_process_is_forked(store):
    """It opens again afterwards; of what was never opened there is nothing to close."""
    store.next_wake()
    sqlite._before_fork()
    assert store._connection is None
    sqlite._after_fork()

    assert store.next_wake() is None


@pytest.mark.parametrize("lock", ["_reading", "_place"])
def test_sqlite_does_not_wait_for_ever_to_be_forked(lock, store, monkeypatch):
    """Who is at work for long may be waiting for the one who forks."""
    monkeypatch.setattr(sqlite, "_FORKS_AFTER", 0.01)
    store.next_wake()
    with getattr(store, lock, None) or store._writer._place:
        store.before_fork()
        assert store._connection is not None
        store.after_fork()

    assert store.next_wake() is None


def test_sqlite_is_forked_by_who_decides(store):
    """A policy may start a process: it could not wait for itself."""
    store.commit([opening(wakes_at=NOON)])

    def decide(due):
        store.before_fork()
        store.after_fork()
        return [None for _ in due]

    assert [False] == store.claim(NOON, limit=1, decide=decide)


def test_sqlite_opens_anew_once_however_many_threads_find_out(store, monkeypatch):
    """The second thread of a child finds that the first one has seen to it."""
    store.commit([opening()])

    class Seen:
        def __enter__(self):
            store._pid = -1

        def __exit__(self, *problem):
            pass

    monkeypatch.setattr(sqlite, "_fork_lock", Seen())
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert store.load("acme", "T-1").case is not None
    assert store._inherited == []
    store.close()


# -- many threads


def together(store, works):
    """Hand in several works at one instant, while somebody else has the writer's place; give what came of each."""
    answers = [None] * len(works)

    def ask(place):
        try:
            answers[place] = store._do(works[place])
        except BaseException as error:  # noqa: BLE001 - the answer is what is tested
            answers[place] = error

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(works))]
    with store._writer.alone():
        for number, thread in enumerate(threads, 1):
            thread.start()
            while len(store._writer._waiting) < number:
                pass
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return answers


def writing(store, *commits):
    """Give the work of a commit."""
    return Work("commit", lambda: store._sql.commit(commits), "write")


def test_sqlite_writes_for_all_who_wait_in_one_transaction(store):
    """Threads that write at one time share a flush, and each hears what came of its own."""
    begun = []
    store._opened().set_trace_callback(
        lambda text: begun.append(text) if text.startswith(("BEGIN", "COMMIT")) else None
    )
    stale = going_on(opening("T-9"), CaseNoted)

    answers = together(store, [*(writing(store, opening(f"T-{place}")) for place in range(6)), writing(store, stale)])

    assert answers == [[True]] * 6 + [[False]]
    assert begun == ["BEGIN IMMEDIATE", "COMMIT"]
    assert len(store.find("acme", Match())[0]) == 6


def test_sqlite_takes_back_only_what_has_failed(store):
    """One whose commit cannot be written hears so; what the others wrote beside it stays."""
    odd = going_on(opening("T-2"), CaseNoted, reason=Reason("acme.odd", {"at": NOON}))

    first, failed, last = together(
        store, [writing(store, opening()), writing(store, opening("T-2"), odd), writing(store, opening("T-3"))]
    )

    assert (first, last) == ([True], [True])
    assert isinstance(failed, StoreError)
    assert [case.id for case in store.find("acme", Match())[0]] == ["T-1", "T-3"]


def test_sqlite_writes_one_by_one_what_could_not_be_written_together(store):
    """Where one ends the transaction of all, the others are written all the same, and once."""

    def fail():
        yield Change("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    first, failed, last = together(
        store, [writing(store, opening()), Work("dance", fail, "write"), writing(store, opening("T-3"))]
    )

    assert (first, last) == ([True], [True])
    assert "could not dance" in str(failed)
    assert store.verify("acme", "T-1") == ()
    assert len(store.history("acme", "T-1")) == 1


def test_sqlite_lets_others_go_on_when_one_is_interrupted(store):
    """Whoever writes for all and is stopped takes nobody with it."""
    stopped = []

    def stop():
        yield Change("UPDATE supporttiers_version SET oldest = oldest")
        if not stopped:
            stopped.append(True)
            raise KeyboardInterrupt
        return "done"

    works = [Work("stop", stop, "write"), writing(store, opening()), writing(store, opening("T-2"))]
    answers = together(store, works)

    shown = ["interrupted" if isinstance(answer, KeyboardInterrupt) else str(answer) for answer in answers]
    assert sorted(shown) in (["[True]", "[True]", "interrupted"], ["[True]", "done", "interrupted"])


class Interrupted(sqlite3.Connection):
    """A connection on whose first commits an interrupt comes, when they are on the disk."""

    left = 0

    def execute(self, statement, *values):
        """Carry it out, and let the interrupt come then."""
        cursor = super().execute(statement, *values)
        if statement == "COMMIT" and self.left:
            self.left -= 1
            raise KeyboardInterrupt
        return cursor


@pytest.fixture
def interrupted(path, monkeypatch):
    """Give a store whose next commit is interrupted in its last moment."""
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *given, **named: real(*given, factory=Interrupted, **named))
    with contextlib.closing(SqliteStore(path)) as store:
        store._opened().left = 1
        yield store


def test_sqlite_writes_nothing_twice_when_it_is_interrupted_with_its_commit(interrupted):
    """What is on the disk when the interrupt comes is answered as written: it is not done once more."""
    tried = []

    def counted():
        tried.append(True)
        return (yield from interrupted._sql.commit([opening("T-2")]))

    works = [writing(interrupted, opening()), Work("commit", counted, "write"), writing(interrupted, opening("T-3"))]
    answers = together(interrupted, works)

    assert [True] == tried
    assert sorted("interrupted" if isinstance(answer, KeyboardInterrupt) else str(answer) for answer in answers) == [
        "[True]", "[True]", "interrupted"
    ]  # fmt: skip
    assert [case.id for case in interrupted.find("acme", Match())[0]] == ["T-1", "T-2", "T-3"]


def test_sqlite_alone_that_is_interrupted_with_its_commit_has_written(interrupted):
    """The interrupt goes on to its caller; the store works on."""
    with pytest.raises(KeyboardInterrupt):
        interrupted.commit([opening()])

    assert interrupted.load("acme", "T-1").case == opening().case
    assert interrupted.commit([opening("T-2")]) == [True]


def test_sqlite_forgets_the_error_of_a_try_that_was_taken_back(store):
    """Who failed in a group that was then interrupted, and is written later, hears that it was written."""
    failed = []

    def fail_once():
        yield Change("UPDATE supporttiers_version SET oldest = oldest")
        if not failed:
            failed.append(True)
            raise ValueError
        return "written"

    def stop():
        yield Change("UPDATE supporttiers_version SET oldest = oldest")
        raise KeyboardInterrupt

    job, stopper, other = (
        sqlite._Job(work) for work in (Work("fail", fail_once), Work("stop", stop), writing(store, opening()))
    )
    writer, connection = store._writer, store._opened()
    with pytest.raises(KeyboardInterrupt):
        writer._write_together(connection, [job, stopper])
    assert not job.done

    assert writer._write_together(connection, [job, other])
    assert (job.answer(), other.answer()) == ("written", [True])


def test_sqlite_reads_while_another_thread_writes(store):
    """A reader has a connection of its own while the writer's is in use, and sees what was written before."""
    store.commit([opening()])

    with store._writer.alone():
        assert store.load("acme", "T-1").case == opening().case
        assert store.find("acme", Match())[0] == [opening().case]
    assert store._reader is not None


def test_sqlite_refuses_who_decides_and_asks_it(store):
    """What decides inside a claim would wait for itself, for ever, if it asked the same store."""
    store.commit([opening(wakes_at=NOON)])
    refused = []

    def decide(due):
        for call in (lambda: store.load("acme", "T-1"), lambda: store.commit([opening("T-2")])):
            with pytest.raises(StoreError, match="what decides must not use the store that asks it"):
                call()
            refused.append(True)
        return [None] * len(due)

    assert store.claim(NOON, limit=1, decide=decide) == [False]
    assert refused == [True, True]


# -- speed


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    """Give a function that tells SQLite's plan for a statement, as one text."""
    with contextlib.closing(SqliteStore(tmp_path_factory.mktemp("plans") / "support.db")) as store:
        connection = store._opened()
        yield lambda text, values: " | ".join(
            row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", values)
        )


@pytest.mark.parametrize("tenant", [None, "acme"])
@pytest.mark.parametrize(
    ("statement", "values", "index"),
    [
        ("CLAIM", (0, 9), "SEARCH supporttiers_case USING INDEX supporttiers_case_wakes"),
        ("OVERDUE", (0, 9), "SEARCH supporttiers_case USING INDEX supporttiers_case_wakes"),
        ("NEXT_WAKE", (), "supporttiers_case USING COVERING INDEX supporttiers_case_wakes"),
        ("COUNT_DUE", (0, 9), "supporttiers_case USING COVERING INDEX supporttiers_case_wakes"),
        ("PARKED", ("", "", 9), "supporttiers_case USING INDEX supporttiers_case_parked"),
        ("COUNT_PARKED", (), "supporttiers_case USING INDEX supporttiers_case_parked"),
        ("OPEN_TICKETS", (0, 9), "USING INDEX supporttiers_vendor_ticket_open"),
    ],
)
def test_sqlite_reads_by_the_partial_index(planner, statement, values, index, tenant):
    """What the worker asks again and again looks only at the few rows that wait, whoever they belong to."""
    procedures = SqliteProcedures(schema.Names(), IdFactory())
    text, theirs = procedures._of(getattr(TEXTS, statement), tenant)
    plan = planner(text, [*values, *theirs])

    assert index in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan


def test_sqlite_looks_for_earlier_messages_by_an_index(planner):
    """A long outbox costs no more for each message in it."""
    plan = planner(TEXTS.LEASE.replace("{tenant}", ""), (0, 0, 0, 9))

    assert "SEARCH message USING INDEX supporttiers_outbox_pending" in plan
    assert "SEARCH earlier USING INDEX supporttiers_outbox_lane" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.parametrize("end", [None, Cursor(5, "T-1"), Cursor(None, "T-1")])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("field", ORDERS)
def test_sqlite_pages_by_an_index(planner, field, descending, end):
    """No page sorts more than the cases of one instant."""
    order = Order(field=field, descending=descending)
    for text, values in SqliteFinding(schema.Names()).selects("acme", Match(status="queued"), order, end, 9):
        plan = planner(text, values)

        assert "SEARCH supporttiers_case USING INDEX" in plan
        assert "TEMP B-TREE FOR ORDER BY" not in plan


@pytest.mark.parametrize(
    "statement",
    [
        TEXTS.LOAD, TEXTS.LOAD_MANY, TEXTS.FIND_HEAD, TEXTS.HISTORY, TEXTS.RECORDS, TEXTS.INCOMING, TEXTS.KEY_USES,
        TEXTS.MESSAGES.replace("{which}", " AND case_id = ?"),
    ],
)  # fmt: skip
def test_sqlite_reads_by_key(planner, statement):
    """Nothing that is asked of one case looks at another."""
    plan = planner(statement, ["x"] * statement.count("?"))

    assert "SEARCH supporttiers_" in plan
    assert "SCAN supporttiers_" not in plan
    assert "TEMP B-TREE" not in plan


def test_sqlite_of_old_does_without_strict_tables():
    """Before 3.37 there were none; everything else is the same."""
    strict = schema.statements("sqlite")
    old = [sqlite._understood(statement, (3, 36, 0)) for statement in strict]

    assert [sqlite._understood(statement, (3, 37, 0)) for statement in strict] == list(strict)
    assert not any("STRICT" in statement for statement in old)
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for statement in old:
            connection.execute(statement)
