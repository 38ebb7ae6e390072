"""Stores on PostgreSQL: their URLs, their pools, what they do again, and what they say when something goes wrong."""

import asyncio
import contextlib
import importlib
import os
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit

import psycopg
import psycopg_pool
import pytest
from tests.blocking import LOOP, Blocking

from supporttiers.backends.storage._postgres_procedures import _LOCK, Heads
from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore
from supporttiers.errors import InputError, StoreError
from supporttiers.events import CaseNoted
from supporttiers.schema import VERSION, Names, _postgresql, statements
from supporttiers.testing.builders import NOON, going_on, opening


class Awaited(Blocking):
    """An AsyncPostgresStore for those who only call."""

    def __init__(self, *args, **named):
        """Put it together."""
        super().__init__(AsyncPostgresStore(*args, **named))

    @classmethod
    def from_url(cls, url):
        """Read a URL."""
        made = object.__new__(cls)
        Blocking.__init__(made, AsyncPostgresStore.from_url(url))
        return made

    def __getattr__(self, name):
        """Wait for whatever is to be awaited; a method may hand on a coroutine."""
        found = getattr(self._inner, name)
        if not callable(found) or name.startswith("_"):
            return found

        def call(*args, **named):
            answer = found(*args, **named)
            return LOOP.run(answer) if hasattr(answer, "send") else answer

        return call


@pytest.fixture(scope="module")
def database(_databases):
    """Give one database with our tables."""
    with _databases.fresh() as url:
        with contextlib.closing(PostgresStore(url)) as store:
            store.upgrade()
        yield url


@pytest.fixture(params=[PostgresStore, Awaited], ids=["called", "awaited"])
def store_class(request):
    """Give both stores in turn."""
    return request.param


@pytest.fixture
def store(store_class, database):
    """Give a store with one connection."""
    with contextlib.closing(store_class(database, connections=1)) as store:
        yield store


def end(url):
    """End every connection to a database but this one, as a restart does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_url_tells_what_is_ours_and_leaves_the_rest_to_libpq():
    """Schema, prefix and the number of connections are ours; blanks and plus signs reach libpq as they were meant."""
    url = "postgresql:///desk?schema=support&prefix=help_&connections=3&options=-c%20lock_timeout%3D5&host=/tmp/a+b"
    store = PostgresStore.from_url(url)

    assert "postgresql:///desk?options=-c%20lock_timeout%3D5&host=%2Ftmp%2Fa%2Bb" == store._url
    assert "support.help_case" == store._sql._names.put_into("supporttiers_case")
    assert "PostgresStore(...)" == repr(store)
    assert "postgresql://secret:word@host/desk" == PostgresStore.from_url("postgresql://secret:word@host/desk")._url


@pytest.mark.parametrize("many", ["0", "many", "-1"])
def test_url_with_an_impossible_number_of_connections_is_refused(many):
    """It must be a number of at least 1."""
    with pytest.raises(StoreError, match=r"connections in its URL must be a number of at least 1; trying again will"):
        PostgresStore.from_url(f"postgresql:///desk?connections={many}")


@pytest.mark.parametrize(
    "url", ["postgresql://jane:100%sure@host/desk", "postgresql://jane:se[cret@host/desk", "postgresql:///desk?sure=1"]
)
def test_url_that_cannot_be_read_is_refused_without_its_password(store_class, url):
    """It is refused at once: a pool would try it again and again, and log the part that libpq has stumbled on."""
    with pytest.raises(StoreError, match=r"its URL cannot be read; .*; trying again will not help$") as caught:
        store_class.from_url(url)

    assert not any(part in repr(error) for error in (caught.value, caught.value.__cause__) for part in ("sure", "cret"))
    assert caught.value.__context__ is None


def test_names_that_are_none_are_refused():
    """They stand in statements, so nothing but a name may."""
    with pytest.raises(InputError, match=r"^schema must be a name of small letters"):
        PostgresStore.from_url("postgresql:///desk?schema=support;drop")


def test_missing_psycopg_names_the_extra(monkeypatch):
    """Whoever asks for PostgreSQL without its driver is told how to install it."""
    monkeypatch.setitem(sys.modules, "psycopg_pool", None)
    monkeypatch.delitem(sys.modules, "supporttiers.backends.storage.postgres")
    with pytest.raises(StoreError, match=r'^postgresql: it needs psycopg and its pool: pip install "supporttiers\['):
        importlib.import_module("supporttiers.backends.storage.postgres")


def test_psycopg_without_libpq_is_not_called_missing(monkeypatch):
    """It is installed; what it lacks is something else."""
    monkeypatch.setitem(sys.modules, "psycopg_pool", types.ModuleType("psycopg_pool"))
    monkeypatch.delitem(sys.modules, "psycopg.rows")
    monkeypatch.setitem(sys.modules, "psycopg.rows", types.ModuleType("psycopg.rows"))
    monkeypatch.delitem(sys.modules, "supporttiers.backends.storage.postgres")
    with pytest.raises(StoreError, match=r"psycopg cannot be loaded \(.*pip install .psycopg\[binary\]"):
        importlib.import_module("supporttiers.backends.storage.postgres")


def test_pool_of_the_hosts_is_left_as_it_is(database):
    """Closed or busy: that is the host's matter, and is said."""
    with psycopg_pool.ConnectionPool(database, min_size=1, max_size=1, open=True, timeout=0.2) as pool:
        store = PostgresStore(pool)
        assert store.next_wake() is None
        with pool.connection(), pytest.raises(StoreError, match="couldn't get a connection after"):
            store.next_wake()
    with pytest.raises(StoreError, match="closed; it may be tried again"):
        store.next_wake()


def test_awaited_pool_of_the_hosts_is_left_as_it_is(database):
    """The same."""

    async def story():
        async with psycopg_pool.AsyncConnectionPool(database, min_size=1, max_size=1, open=False, timeout=0.2) as pool:
            store = AsyncPostgresStore(pool)
            assert await store.next_wake() is None
            async with pool.connection():
                with pytest.raises(StoreError, match="couldn't get a connection after"):
                    await store.next_wake()
        with pytest.raises(StoreError, match="closed; it may be tried again"):
            await store.next_wake()

    asyncio.run(story())


def test_tasks_that_come_at_once_share_one_pool(database):
    """Each may knock; only one of them opens a pool."""

    async def story():
        store = AsyncPostgresStore(database, connections=1)
        answers = await asyncio.gather(*(store.next_wake() for _ in range(4)))
        await store.close()
        return answers

    assert [None] * 4 == asyncio.run(story())


def test_tables_are_made_only_when_asked_for(store_class, postgres_url):
    """Without them the error says what to do; a schema is made with them."""
    without = store_class.from_url(postgres_url)
    with pytest.raises(StoreError, match=r"it has no tables of supporttiers .* 'supporttiers db upgrade --store"):
        without.next_wake()
    without.close()
    with contextlib.closing(store_class(postgres_url, schema="support")) as store:
        assert (0, 0, 3, 3) == (store.schema_version(), store.upgrade(), store.upgrade(), store.schema_version())
        assert store.next_wake() is None


def test_tables_of_an_older_release_are_brought_up_to_date(store_class, postgres_url):
    """What was in them stays, in a schema of the host's as elsewhere."""
    with psycopg.connect(postgres_url, autocommit=True) as apart:
        apart.execute("CREATE SCHEMA support")
        for text in _postgresql.VERSION_2:
            apart.execute(Names(schema="support").put_into(text))
        apart.execute("INSERT INTO support.supporttiers_process VALUES ('acme', 'r1', '{}', 0)")
    with contextlib.closing(store_class(postgres_url, schema="support")) as store:
        assert (2, 2, VERSION) == (store.schema_version(), store.upgrade(), store.schema_version())
        assert "{}" == store.get_process("acme", "r1")
        assert () == tuple(store.tickets("acme-print", ["R-1"]))


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_those_who_make_tables_at_once_wait_for_each_other_at_any_isolation(store_class, postgres_url, level):
    """Whoever has waited sees what was made meanwhile, also where transactions see what was there when they began."""
    with psycopg.connect(postgres_url, autocommit=True) as apart:
        apart.execute(f"ALTER DATABASE {apart.info.dbname} SET default_transaction_isolation = '{level}'")
        with contextlib.closing(store_class(postgres_url)) as store, ThreadPoolExecutor() as threads:
            with apart.transaction():
                apart.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                upgraded = threads.submit(store.upgrade)
                while not apart.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
                    assert not upgraded.done()
                for text in statements("postgresql"):
                    apart.execute(text)
            assert VERSION == upgraded.result()


def test_store_that_is_closed_opens_again(store):
    """A closed store has no connections, and a later call opens new ones; closing twice is fine."""
    store.next_wake()
    store.close()
    store.close()

    assert store.next_wake() is None


def test_connection_that_has_died_costs_nothing(store, database):
    """To a restart the server has said good-bye: that is seen before anything is asked."""
    store.next_wake()
    end(database)

    assert store.next_wake() is None
    end(database)
    store.put_process("acme", "1", "{}", NOON)
    assert "{}" == store.get_process("acme", "1")


def test_connection_that_has_died_is_seen_without_poll(store, database, monkeypatch):
    """Windows has no `select.poll`."""
    monkeypatch.delattr("select.poll")
    store.next_wake()
    end(database)

    assert store.next_wake() is None


def test_what_is_refused_on_its_way_is_done_again(store, monkeypatch):
    """A deadlock is begun anew, and a reader's connection replaced; a writer hears that nobody knows."""
    inner = getattr(store, "_inner", store)
    real = inner._sql.next_wake
    errors = [psycopg.errors.DeadlockDetected("deadlock")] * 2 + [psycopg.OperationalError("gone")]
    tried = []

    def fail(tenant):
        tried.append(tenant)
        if len(tried) <= len(errors):
            raise errors[len(tried) - 1]
        return real(tenant)

    monkeypatch.setattr(inner._sql, "next_wake", fail, raising=False)
    monkeypatch.setattr(inner._sql, "put_process", lambda *_: fail("written"), raising=False)
    with pytest.raises(StoreError, match=r"could not look for what is next: gone; it may be tried again$"):
        store.next_wake()
    assert 3 == len(tried)
    errors[:], tried[:] = [psycopg.OperationalError("gone")], []
    assert (None, 2) == (store.next_wake(), len(tried))
    tried.clear()
    with pytest.raises(StoreError, match="gone; whether it was written is not known: read again"):
        store.put_process("acme", "1", "{}", NOON)
    assert 1 == len(tried)
    errors[:], tried[:] = [psycopg.errors.DeadlockDetected("deadlock")] * 9, []
    with pytest.raises(StoreError, match="could not look for what is next: deadlock; it may be tried again"):
        store.next_wake()
    assert 5 == len(tried)


@pytest.mark.parametrize(
    ("change", "said", "again"),
    [
        ({"path": "/nowhere"}, r'.*database "nowhere" does not exist', "trying again will not help"),
        ({"query": "host=/nowhere"}, ".*No such file or directory.*", "it may be tried again"),
    ],
)
def test_whoever_gets_no_connection_is_told_why_at_once(store_class, database, change, said, again):
    """A pool alone would wait, and not say."""
    store = store_class(urlunsplit(urlsplit(database)._replace(**change)))
    with pytest.raises(StoreError, match=rf"could not look at the tables: {said}; {again}$"):
        store.next_wake()
    store.close()


def test_server_that_goes_away_is_knocked_at_by_the_next_call(store_class, database, monkeypatch):
    """A pool waits for connections that do not come; whoever comes next is told at once, and later goes on."""
    monkeypatch.setattr("supporttiers.backends.storage.postgres.WAIT", 0.2)
    with contextlib.closing(store_class(database, connections=1)) as store:
        store.next_wake()
        inner = getattr(store, "_inner", store)
        first, url = inner._pool, inner._url
        first.conninfo = inner._url = "postgresql:///desk?host=/nowhere"
        end(database)
        for _ in range(2):
            with pytest.raises(StoreError, match=r"could not keep a process: .*/nowhere.*; it may be tried again$"):
                store.put_process("acme", "1", "{}", NOON)
        assert inner._pool is None
        assert first.closed

        inner._url = url
        store.put_process("acme", "1", "{}", NOON)
        assert first is not inner._pool


def test_pool_that_is_busy_says_only_that(store_class, database, monkeypatch):
    """The server is there: nothing is wrong with the pool but that others have its connections."""
    monkeypatch.setattr("supporttiers.backends.storage.postgres.WAIT", 0.2)
    with contextlib.closing(store_class(database, connections=1)) as store:
        store.next_wake()
        inner = getattr(store, "_inner", store)
        pool = inner._pool
        taken = LOOP.run(pool.getconn()) if hasattr(store, "_inner") else pool.getconn()
        with pytest.raises(StoreError, match=r"couldn't get a connection after 0\.20 sec.*may be tried again$"):
            store.next_wake()
        assert pool is inner._pool
        LOOP.run(pool.putconn(taken)) if hasattr(store, "_inner") else pool.putconn(taken)
        assert store.next_wake() is None


def test_pool_that_another_thread_has_closed_is_opened_anew(store_class, database):
    """Whoever was about to use it notices nothing; a pool of the host's stays closed."""
    with contextlib.closing(store_class(database, connections=1)) as store:
        store.next_wake()
        inner = getattr(store, "_inner", store)
        closing = inner._pool.close()
        if closing is not None:
            LOOP.run(closing)
        pool, inner._pool = inner._pool, None

        class Once:
            def connection(self):
                inner._pool = None
                return pool.connection()

        inner._pool = Once()
        assert store.next_wake() is None


def test_what_the_database_says_of_values_is_not_repeated(store):
    """A refused value may be a customer's."""
    with pytest.raises(StoreError, match=r"could not keep a process: \w+; trying again will not help$") as caught:
        store.put_process("secret\0word", "1", "{}", NOON)

    assert "secret" not in str(caught.value)


def test_list_of_changes_is_carried_out(store):
    """Vendors' tickets are noted many at once."""
    store.asked([], NOON)

    assert () == tuple(store.open_tickets(NOON, limit=1))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_forked_child_opens_connections_of_its_own(store_class, database, monkeypatch):
    """Two processes must not speak on one connection; a pool of the host's is the host's matter."""
    with contextlib.closing(store_class(database, connections=1)) as store:
        store.next_wake()
        inner = getattr(store, "_inner", store)
        parents = inner._pool
        monkeypatch.setattr(inner, "_pid", -1)
        assert store.next_wake() is None
        assert inner._pool is not parents
        closing = parents.close()
        if closing is not None:
            LOOP.run(closing)


def test_heads_are_forgotten_when_there_are_too_many(monkeypatch):
    """What is remembered has an end; the oldest goes first."""
    monkeypatch.setattr("supporttiers.backends.storage._postgres_procedures._REMEMBERED", 2)
    heads = Heads()
    for number in range(3):
        heads.put(("default", f"T-{number}"), 1, "head")

    assert [None, "head", "head"] == [heads.get(("default", f"T-{number}"), 1) for number in range(3)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_heads_do_not_wait_for_a_thread_that_was_not_forked(monkeypatch):
    """In a child the thread that held the lock is not there to let go of it."""
    heads = Heads()
    with heads._lock:
        monkeypatch.setattr(heads, "_pid", -1)  # as a child finds it
        with heads._lock:
            pass
        assert os.getpid() == heads._pid
        assert not heads._lock.locked()


def test_head_that_did_not_hold_is_forgotten(store):
    """A wrong guess costs one refusal, and is then looked up."""
    inner = getattr(store, "_inner", store)
    commit = opening(f"T-{id(store)}")
    assert [True] == list(store.commit([commit]))
    who = commit.tenant, commit.case.id
    inner._sql._heads.put(who, commit.case.version, "of somebody who was rolled back")
    again = going_on(commit, CaseNoted, text="hello")

    assert ([False], [True]) == (list(store.commit([again])), list(store.commit([again])))
