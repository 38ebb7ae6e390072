"""Stores on PostgreSQL: their URLs, their pools, what they do again, and what they say when something goes wrong."""

import contextlib
import importlib
import os
import sys

import psycopg
import pytest
from tests.blocking import LOOP, Blocking

from supporttiers.backends.storage._postgres_procedures import Heads
from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore
from supporttiers.errors import InputError, StoreError
from supporttiers.events import CaseNoted
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


def test_tables_are_made_only_when_asked_for(store_class, postgres_url):
    """Without them the error says what to do; a schema is made with them."""
    without = store_class.from_url(postgres_url)
    with pytest.raises(StoreError, match=r"it has no tables of supporttiers .* 'supporttiers db upgrade --store"):
        without.next_wake()
    without.close()
    with contextlib.closing(store_class(postgres_url, schema="support")) as store:
        assert (0, 0, 2, 2) == (store.schema_version(), store.upgrade(), store.upgrade(), store.schema_version())
        assert store.next_wake() is None


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


def test_server_that_is_not_there_is_away(store_class, monkeypatch):
    """No connection can be had: that may be tried again."""
    monkeypatch.setattr("supporttiers.backends.storage.postgres.WAIT", 0.05)
    store = store_class("postgresql:///desk?host=/nowhere")
    with pytest.raises(StoreError, match=r"could not look at the tables: .*; it may be tried again$"):
        store.next_wake()
    store.close()


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


def test_head_that_did_not_hold_is_forgotten(store):
    """A wrong guess costs one refusal, and is then looked up."""
    inner = getattr(store, "_inner", store)
    commit = opening(f"T-{id(store)}")
    assert [True] == list(store.commit([commit]))
    who = commit.tenant, commit.case.id
    inner._sql._heads.put(who, commit.case.version, "of somebody who was rolled back")
    again = going_on(commit, CaseNoted, text="hello")

    assert ([False], [True]) == (list(store.commit([again])), list(store.commit([again])))
