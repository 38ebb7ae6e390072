"""What `desk.on` does not take, it refuses in words that say what is possible instead."""

import contextlib
import importlib
import os
import sqlite3
import sys

import psycopg
import psycopg_pool
import pytest
import sqlalchemy
from sqlalchemy import event, orm
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from tests.blocking import LOOP, BlockingDesk
from tests.joining.callers import driver_url, engine_arguments

from supporttiers import SupportDesk
from supporttiers.backends.storage import store_of
from supporttiers.backends.storage._joined import by_sqlalchemy
from supporttiers.backends.storage._statements import ChangeMany
from supporttiers.errors import AutocommitError, StoreError, UnsupportedConnectionError

pytestmark = pytest.mark.skipif("DJANGO_SETTINGS_MODULE" in os.environ, reason="Django's connections are tested alone")

KNOWN = (
    r"possible are connections of sqlite3, psycopg \(blocking and async\), SQLAlchemy \(Connection, Session, "
    r"scoped_session, AsyncConnection, AsyncSession\) and django\.db"
)


@pytest.fixture
def sqlite_desk(process, clock, sqlite_url):
    """Give a desk on a file."""
    with SupportDesk(process, store=sqlite_url, clock=clock) as desk:
        yield desk


@pytest.fixture
def postgres_desk(process, clock, joining_url):
    """Give a desk on PostgreSQL."""
    with SupportDesk(process, store=joining_url("postgresql"), clock=clock) as desk:
        yield desk


@pytest.fixture
def file(sqlite_url):
    """Give a connection to the file, of one's own."""
    with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def engine(sqlite_url):
    """Give an engine for the file."""
    engine = sqlalchemy.create_engine(sqlite_url)
    yield engine
    engine.dispose()


def test_sqlite3_in_autocommit_is_refused_with_the_way_out(sqlite_desk, file):
    """Without a transaction there is nothing to take part in; once one has begun it is fine, and afterwards not."""
    way_out = (
        r"^this sqlite3 Connection is in autocommit mode.*; call connection\.execute\(\"BEGIN IMMEDIATE\"\) first$"
    )
    with pytest.raises(AutocommitError, match=way_out):
        sqlite_desk.on(file)

    file.execute("BEGIN IMMEDIATE")
    view = sqlite_desk.on(file)
    view.open(id="T-1", by="jane")
    file.execute("COMMIT")
    with pytest.raises(AutocommitError, match=way_out):
        view.note("T-1", by="bob", text="the transaction of this view is over")
    assert 2 == sqlite_desk.get("T-1").version


def test_psycopg_in_autocommit_is_refused_with_the_way_out(postgres_desk, joining_url):
    """A connection in autocommit mode has a transaction within a block only."""
    url = joining_url("postgresql")
    way_out = r"; work inside `with connection\.transaction\(\):`$"
    with psycopg.connect(url, autocommit=True) as connection, pytest.raises(AutocommitError, match=way_out):
        postgres_desk.on(connection)

    desk = BlockingDesk(postgres_desk.process, store=url)
    awaited = LOOP.run(psycopg.AsyncConnection.connect(url, autocommit=True))
    with pytest.raises(AutocommitError, match=r"; work inside `async with connection\.transaction\(\):`$"):
        desk.on(awaited)
    LOOP.run(awaited.close())


def test_awaited_view_is_refused_once_its_transaction_is_over(process, joining_url):
    """In autocommit mode each of its statements would be committed by itself: half of a decision could stay."""
    url = joining_url("postgresql")
    desk = BlockingDesk(process, store=url)
    with desk:
        connection = LOOP.run(psycopg.AsyncConnection.connect(url, autocommit=True))
        block = connection.transaction()
        LOOP.run(block.__aenter__())
        view = desk.on(connection)
        view.open(id="T-1", by="jane")
        LOOP.run(block.__aexit__(None, None, None))
        with pytest.raises(AutocommitError, match=r"; work inside `async with connection\.transaction\(\):`$"):
            view.note("T-1", by="bob", text="the transaction of this view is over")
        assert 2 == desk.get("T-1").version
        LOOP.run(connection.close())


@pytest.mark.parametrize("by", ["engine", "connection", "session"])
def test_sqlalchemy_in_autocommit_is_refused_with_the_way_out(postgres_desk, joining_url, by):
    """It is refused whoever has asked for it, and of a session once it is used."""
    level = {"isolation_level": "AUTOCOMMIT"}
    arguments = {} if by == "connection" else level
    engine = sqlalchemy.create_engine(driver_url(joining_url("postgresql"), "psycopg"), **arguments)
    with orm.Session(engine) if by == "session" else engine.connect() as connection:
        asked = connection.execution_options(**level) if by == "connection" else connection
        with pytest.raises(AutocommitError, match=r"; use an engine of another isolation level$"):
            postgres_desk.on(asked).open(by="jane")
    engine.dispose()


def test_awaited_sqlalchemy_in_autocommit_is_refused(process, joining_url):
    """The same for what is awaited."""
    url = joining_url("postgresql")
    desk = BlockingDesk(process, store=url)
    place, arguments = engine_arguments(url, "asyncpg")
    engine = create_async_engine(place, isolation_level="AUTOCOMMIT", **arguments)
    connection = LOOP.run(_connected(engine))
    with pytest.raises(AutocommitError, match=r"^this sqlalchemy AsyncConnection is"):
        desk.on(connection)
    session = AsyncSession(engine)
    with pytest.raises(AutocommitError, match=r"^this sqlalchemy AsyncSession is"):
        desk.on(session).open(by="jane")
    LOOP.run(connection.close())
    LOOP.run(session.close())
    LOOP.run(engine.dispose())


async def _connected(engine):
    return await engine.connect()


@pytest.mark.parametrize("awaited", [False, True])
def test_sqlite_that_nobody_begins_on_is_refused_before_anything_is_written(process, sqlite_url, awaited):
    """SQLAlchemy takes it for a transaction when the driver was told not to begin, but it is none."""
    arguments = {"connect_args": {"isolation_level": None}}
    if awaited:
        engine = create_async_engine(sqlite_url.replace("sqlite:", "sqlite+aiosqlite:"), **arguments)
        connection, desk = LOOP.run(_connected(engine)), BlockingDesk(process, store=sqlite_url)
    else:
        engine = sqlalchemy.create_engine(sqlite_url, **arguments)
        connection, desk = engine.connect(), SupportDesk(process, store=sqlite_url)
    with pytest.raises(AutocommitError, match=r"; call connection\.exec_driver_sql\(\"BEGIN IMMEDIATE\"\) first$"):
        desk.on(connection).open(id="T-1", by="jane")
    for closing in (connection.close(), engine.dispose()):
        if closing is not None:
            LOOP.run(closing)
    assert [] == list(desk.find())
    desk.shut_down()


def test_sqlite_that_the_host_begins_on_is_taken(sqlite_desk, sqlite_url):
    """The other half of that recipe: an event that begins."""
    engine = sqlalchemy.create_engine(sqlite_url, connect_args={"isolation_level": None})
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.connect() as connection:
        sqlite_desk.on(connection).open(id="T-1", by="jane")
        connection.commit()
    engine.dispose()

    assert 2 == sqlite_desk.get("T-1").version


def test_pool_and_engine_are_refused_with_a_hint(sqlite_desk, postgres_desk, engine):
    """Who hands in what gives connections is told so."""
    with pytest.raises(UnsupportedConnectionError, match=f"sqlalchemy Engine: {KNOWN}; hand in .* connection, not the"):
        sqlite_desk.on(engine)
    with pytest.raises(UnsupportedConnectionError, match=f"sqlalchemy sessionmaker: {KNOWN}"):
        sqlite_desk.on(orm.sessionmaker(engine))
    pool = psycopg_pool.ConnectionPool("", min_size=0, max_size=1, open=False)
    with pytest.raises(UnsupportedConnectionError, match=r"psycopg_pool ConnectionPool: .*not the pool or engine$"):
        postgres_desk.on(pool)


@pytest.mark.parametrize("thing", [None, "sqlite:///support.db", 7, object(), sqlite3.Connection])
def test_what_is_no_connection_is_refused(sqlite_desk, thing):
    """Anything else is named by its type."""
    with pytest.raises(UnsupportedConnectionError, match=rf"^on\(\) cannot work on a builtins \w+: {KNOWN}$"):
        sqlite_desk.on(thing)


def test_other_things_of_known_libraries_are_refused(sqlite_desk, postgres_desk, file, joining_url):
    """A cursor is no connection."""
    with pytest.raises(UnsupportedConnectionError, match=rf"sqlite3 Cursor: {KNOWN}$"):
        sqlite_desk.on(file.cursor())
    with (
        psycopg.connect(joining_url("postgresql")) as connection,
        pytest.raises(UnsupportedConnectionError, match=rf"psycopg Cursor: {KNOWN}$"),
    ):
        postgres_desk.on(connection.cursor())


def test_connection_of_another_database_is_refused(sqlite_desk, postgres_desk, file, joining_url):
    """The desk's store and the connection must lead to the same kind of database."""
    with (
        psycopg.connect(joining_url("postgresql")) as connection,
        pytest.raises(UnsupportedConnectionError, match=r"leads to postgresql, and this desk's store is sqlite$"),
    ):
        sqlite_desk.on(connection)
    file.execute("BEGIN")
    with pytest.raises(UnsupportedConnectionError, match=r"leads to sqlite, and this desk's store is postgresql$"):
        postgres_desk.on(file)


def test_store_without_transactions_refuses_every_connection(process, file):
    """What lives in memory cannot be part of a database's transaction."""
    file.execute("BEGIN")
    with pytest.raises(UnsupportedConnectionError, match=r"keeps its cases in 'memory', which has no part in"):
        SupportDesk(process).on(file)


def test_awaited_and_blocking_are_not_mixed(process, sqlite_url, joining_url, file):
    """Each desk is told which one a connection is for."""
    file.execute("BEGIN")
    awaiting = BlockingDesk(process, store=sqlite_url)
    with pytest.raises(UnsupportedConnectionError, match=r"on a Connection: it is for a SupportDesk$"):
        awaiting.on(file)
    awaiting.shut_down()
    url = joining_url("postgresql")
    awaited = LOOP.run(psycopg.AsyncConnection.connect(url))
    with pytest.raises(UnsupportedConnectionError, match=r"on a AsyncConnection: it is for an AsyncSupportDesk$"):
        SupportDesk(process, store=url).on(awaited)
    LOOP.run(awaited.close())


def test_session_of_several_databases_is_asked_for_its_connection(sqlite_desk, engine):
    """A session that is bound to nothing, or to several, cannot say where it leads; its connection can."""
    with (
        orm.Session() as session,
        pytest.raises(UnsupportedConnectionError, match=r"connection\(bind_arguments=\.\.\.\)$"),
    ):
        sqlite_desk.on(session)
    with orm.Session() as session:
        connection = session.connection(bind_arguments={"bind": engine})
        sqlite_desk.on(connection).open(id="T-1", by="jane")
        session.commit()
    assert 2 == sqlite_desk.get("T-1").version


def test_django_without_settings_is_refused():
    """A desk on Django's database is made after Django has been set up."""
    with pytest.raises(
        StoreError, match=r"^django: Django has no settings yet; make the desk after django\.setup\(\); "
    ):
        store_of("django:")


@pytest.mark.parametrize(("library", "first"), [("django", "django.db"), ("sqlalchemy", "sqlalchemy.engine")])
def test_missing_library_is_named(monkeypatch, library, first):
    """Whoever asks for a store on a library that is not there is told how to install it."""
    monkeypatch.setitem(sys.modules, first, None)
    monkeypatch.delitem(sys.modules, f"supporttiers.backends.storage.{library}", raising=False)
    with pytest.raises(StoreError, match=f"is not installed: pip install {library}; "):
        importlib.import_module(f"supporttiers.backends.storage.{library}")


def test_empty_list_changes_nothing_by_any_driver(engine, sqlite_url):
    """A list of changes may be empty; not every driver takes that for nothing to do."""
    with engine.connect() as connection:
        assert by_sqlalchemy(connection)(ChangeMany("DELETE FROM orders WHERE id = ?", [])) is None


def test_file_without_tables_says_how_to_make_them(process, tmp_path):
    """Nothing is made in a transaction of the caller's: that is a matter of migrations."""
    path = tmp_path / "theirs.db"
    desk = SupportDesk(process, store=f"sqlite:///{path}")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for use in (lambda view: view.open(by="jane"), lambda view: view.get("T-1")):
            with pytest.raises(
                StoreError, match=r"it has no tables of supporttiers .* 'supporttiers db upgrade --store"
            ):
                use(desk.on(connection))


def test_database_without_tables_leaves_the_transaction_usable(process, postgres_url):
    """PostgreSQL's tables are looked for before anything is done that could fail."""
    desk = SupportDesk(process, store=postgres_url)
    with psycopg.connect(postgres_url) as connection:
        with pytest.raises(StoreError, match="it has no tables of supporttiers"):
            desk.on(connection).open(by="jane")
        assert (1,) == connection.execute("SELECT 1").fetchone()


def test_awaited_file_without_tables_says_how_to_make_them(process, tmp_path):
    """The same for what is awaited."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'theirs.db'}"
    engine = create_async_engine(url)
    desk = BlockingDesk(process, store=url.replace("+aiosqlite", ""))
    session = AsyncSession(engine)
    with pytest.raises(StoreError, match="it has no tables of supporttiers"):
        desk.on(session).open(by="jane")
    LOOP.run(session.close())
    LOOP.run(engine.dispose())
