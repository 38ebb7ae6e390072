"""What is particular to SQLite in a transaction of the caller's."""

import contextlib
import copy
import os
import sqlite3
import threading

import pytest
import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from tests.blocking import LOOP, BlockingDesk

from supporttiers import Actor, SupportDesk
from supporttiers.actors import Agent
from supporttiers.backends.storage.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from supporttiers.errors import InputError, StoreError

pytestmark = pytest.mark.skipif("DJANGO_SETTINGS_MODULE" in os.environ, reason="Django's connections are tested alone")

BOB = Actor.agent("bob")


@pytest.fixture
def path(sqlite_url):
    """Name the file."""
    return sqlite_url.removeprefix("sqlite:///")


@pytest.fixture
def desk(process, clock, sqlite_url):
    """Give a desk with people in the file, that may be used by all: it is never copied."""
    with SupportDesk(process, store=sqlite_url, clock=clock, directory="store") as desk:
        desk.people.put(Agent(id="anna", teams=["front"]))
        yield copy.deepcopy(desk)


@pytest.fixture
def connection(path):
    """Give a connection that begins nothing by itself, and waits for nobody."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


WRITING = {
    "open": lambda view: view.open(id="T-2", by="anna"),
    "escalate": lambda view: view.escalate("T-1", by="anna", reason="hard"),
    "execute_all": lambda view: view.execute_all([]),
    "next_for": lambda view: view.next_for("anna"),
    "redact": lambda view: view.redact("T-1", by="anna"),
    "redact person": lambda view: view.redact(person="jane", by="anna"),
    "unpark": lambda view: view.unpark("T-1"),
    "people": lambda view: view.people.put(Agent(id="ben", teams=["front"])),
}


@pytest.mark.parametrize("verb", WRITING)
def test_first_statement_of_what_writes_is_a_write(desk, path, process, clock, connection, verb):
    """A transaction that reads first may be refused to write later: so it never reads first, nor sets a PRAGMA."""
    desk.open(id="T-1", by=Actor.customer("jane"))
    fresh = SupportDesk(process, store=f"sqlite:///{path}", directory="store", clock=clock)
    connection.execute("BEGIN")
    said = []
    connection.set_trace_callback(said.append)
    WRITING[verb](fresh.on(connection))
    connection.set_trace_callback(None)
    connection.execute("COMMIT")

    assert said[0].startswith("UPDATE supporttiers_version SET oldest = oldest")
    assert not [text for text in said if text.startswith(("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT"))]


def test_readers_that_go_on_to_write_take_turns(desk, path):
    """Two threads that look first and act then, each in a transaction of its own, both succeed."""
    desk.open(id="T-1", by=Actor.customer("jane"))
    failed = []

    def work():
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            for _ in range(10):
                view = desk.on(connection).bind(by=BOB)
                try:
                    view.note("T-1", text=f"there are {len(view.history('T-1'))} events")
                    connection.commit()
                except Exception as error:  # noqa: BLE001 - told to the test
                    failed.append(error)
                    connection.rollback()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failed
    assert 2 + 20 == desk.get("T-1").version


def test_refused_writer_is_asked_how_it_began(desk, connection, path):
    """SQLite's own error goes to the caller, whose transaction it is, with a question beside it."""
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM orders").fetchone()
    desk.open(id="T-1", by=BOB)

    with pytest.raises(sqlite3.OperationalError, match=r"^database is locked") as caught:
        desk.on(connection).note("T-1", by=BOB, text="too late")

    assert [note for note in caught.value.__notes__ if "was this transaction begun with BEGIN IMMEDIATE?" in note]


def test_busy_desk_asks_about_a_forgotten_on(desk, connection, process, path, monkeypatch):
    """Who calls the desk itself while a transaction of their own is open waits for themselves."""
    monkeypatch.setattr("supporttiers.backends.storage.sqlite.BUSY_AFTER", 0.05)
    connection.execute("BEGIN IMMEDIATE")
    with (
        SupportDesk(process, store=f"sqlite:///{path}") as impatient,
        pytest.raises(StoreError, match=r"was \.on\(connection\) forgotten\?; it may be tried again$"),
    ):
        impatient.open(by="jane")


def test_busy_engine_asks_about_a_forgotten_on(connection, process, sqlite_url):
    """The same on an engine of the host's, blocking or awaited."""
    connection.execute("BEGIN IMMEDIATE")
    impatient = {"connect_args": {"timeout": 0}}
    engine = sqlalchemy.create_engine(sqlite_url, **impatient)
    with pytest.raises(StoreError, match=r"database is locked; .* was \.on\(connection\) forgotten\?") as caught:
        SupportDesk(process, store=engine).open(by="jane")
    assert caught.value.retryable
    engine.dispose()
    awaited = create_async_engine(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"), **impatient)
    with pytest.raises(StoreError, match=r"was \.on\(connection\) forgotten\?"):
        BlockingDesk(process, store=awaited).open(by="jane")
    LOOP.run(awaited.dispose())


def test_desk_on_an_engine_takes_its_sessions(process, sqlite_url):
    """An engine may be the store itself; then its sessions are joined, and there is one pool."""
    engine = sqlalchemy.create_engine(sqlite_url)
    desk = SupportDesk(process, store=engine)
    with orm.Session(engine) as session:
        with session.begin_nested():
            desk.on(session).open(id="T-1", by="jane")
        nested = session.begin_nested()
        desk.on(session).note("T-1", by="bob", text="and back")
        nested.rollback()
        session.commit()

    assert (2, ()) == (desk.get("T-1").version, desk.verify("T-1"))
    assert (3, 3) == (desk._ports.store.schema_version(), desk._ports.store.upgrade())
    desk.shut_down()
    engine.dispose()


def test_desk_on_an_awaited_engine_takes_its_sessions(process, tmp_path):
    """The same where it is awaited, on a file that has no tables at first."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    store = AsyncSqlAlchemyStore(engine)
    desk = BlockingDesk(process, store=store)
    assert (0, 0, 3) == tuple(LOOP.run(call()) for call in (store.schema_version, store.upgrade, store.schema_version))
    session = AsyncSession(engine)
    desk.on(session).open(id="T-1", by="jane")
    LOOP.run(session.commit())
    LOOP.run(session.close())

    assert 2 == desk.get("T-1").version
    desk.shut_down()
    LOOP.run(engine.dispose())


def test_engine_without_tables_says_how_to_make_them(process, tmp_path):
    """No table is made unless asked for."""
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(
        StoreError, match=r"^sqlite: it has no tables of supporttiers .* 'supporttiers db upgrade --store"
    ):
        SupportDesk(process, store=engine).open(by="jane")
    engine.dispose()


def test_engine_of_another_database_is_refused():
    """Only the tables of SQLite and PostgreSQL are known."""
    engine = sqlalchemy.create_mock_engine("mysql://", lambda *_: None)
    with pytest.raises(StoreError, match=r"^mysql: its tables are not known; possible are: sqlite, postgresql; "):
        SqlAlchemyStore(engine)


def test_schema_is_nothing_that_sqlite_has(sqlite_url):
    """SQLite knows a prefix only."""
    engine = sqlalchemy.create_engine(sqlite_url)
    with pytest.raises(InputError, match=r"^schema is nothing that SQLite has; give the tables a prefix instead$"):
        SqlAlchemyStore(engine, schema="support")
    engine.dispose()
