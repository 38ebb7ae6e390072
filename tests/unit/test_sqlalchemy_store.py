"""Stores on an engine whose pool has one connection for all, as that of SQLite in memory."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import StaticPool

from supporttiers.backends.storage.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from supporttiers.testing.builders import NOON, opening

MANY = 20


async def _opened(stores, first=0):
    """Open many cases at once, on stores in turn; give the answers, and what is wrong with the histories."""
    numbers = range(first, first + MANY)
    commits = (stores[number % len(stores)].commit([opening(f"T-{number}")]) for number in numbers)
    written = await asyncio.gather(*commits, return_exceptions=True)
    return written, [await stores[0].verify("acme", f"T-{number}") for number in numbers]


ALL_WRITTEN = [[True]] * MANY, [()] * MANY


def test_tasks_that_share_a_connection_do_not_write_in_each_others_transactions():
    """Each decision is written whole, and one that fails takes back nothing of another; whichever store it is."""

    async def write():
        engine = create_async_engine("sqlite+aiosqlite://")
        assert isinstance(engine.pool, StaticPool)
        stores = [AsyncSqlAlchemyStore(engine), AsyncSqlAlchemyStore(engine)]
        await stores[0].upgrade()
        found = await _opened(stores)
        await engine.dispose()
        return found

    assert asyncio.run(write()) == ALL_WRITTEN


def test_tasks_of_a_later_loop_share_the_connection_as_well():
    """What tasks have waited for on one loop does not bind the engine to it."""
    engine = create_async_engine("sqlite+aiosqlite://")
    store = AsyncSqlAlchemyStore(engine)

    async def write_first():
        await store.upgrade()
        return await _opened([store])

    async def write_later():
        found = await _opened([store], MANY)
        await engine.dispose()
        return found

    assert asyncio.run(write_first()) == ALL_WRITTEN
    assert asyncio.run(write_later()) == ALL_WRITTEN


def test_threads_that_share_a_connection_do_not_write_in_each_others_transactions():
    """Who writes while another decides waits; the other fails, and takes back nothing but its own."""
    engine = sqlalchemy.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    store = SqlAlchemyStore(engine)
    store.upgrade()
    store.commit([opening("T-1", wakes_at=NOON)])
    writing = []
    with ThreadPoolExecutor() as threads:

        def decide(due):
            writing.append(threads.submit(store.commit, [opening("T-2")]))
            with pytest.raises(TimeoutError):
                writing[0].result(timeout=0.2)
            raise LookupError

        with pytest.raises(LookupError):
            store.claim(NOON + timedelta(hours=1), limit=1, decide=decide)
        assert [True] == list(writing[0].result())
    assert () == store.verify("acme", "T-2")
    engine.dispose()
