"""Stores on engines and pools of the host's keep the same laws as all others; under names of the host's, too."""

import asyncio
import contextlib

import psycopg
import psycopg_pool
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import create_async_engine

from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore
from supporttiers.backends.storage.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.testing.suites import AsyncStoreSuite, StoreSuite


def driver_url(url, driver):
    """Give the URL of a database as SQLAlchemy has it."""
    return url.replace("postgresql://", f"postgresql+{driver}://", 1)


def asyncpg_arguments(url):
    """Give what asyncpg has to be told of a server that listens on a socket."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    named = {"user": "user", "host": "host", "port": "port", "dbname": "database", "password": "password"}
    return {named[key]: value for key, value in parts.items() if key in named}


class TestStoreOnPool(StoreSuite):
    @pytest.fixture
    def store(self, url, schema):
        """Give a store on a pool of the host's, whose connections begin transactions, and make dicts of rows."""
        kwargs = {"row_factory": psycopg.rows.dict_row, "prepare_threshold": None}
        with psycopg_pool.ConnectionPool(url, kwargs=kwargs, min_size=1, max_size=4, open=True) as pool:
            yield PostgresStore(pool, schema=schema)


class TestStoreOnAsyncPool(AsyncStoreSuite):
    @pytest.fixture
    def async_store(self, url, schema):
        """Give a store on a pool of the host's that is awaited."""
        return _ClosesItsPool(psycopg_pool.AsyncConnectionPool(url, min_size=1, open=False), schema=schema)


class _ClosesItsPool(AsyncPostgresStore):
    """Opens a pool at its first use, on the loop on which it is used, and closes it; else nobody would."""

    async def _opened(self):
        if self._pool.closed and self._pool._opened:  # a pool is opened only once
            self._pool = psycopg_pool.AsyncConnectionPool(self._pool.conninfo, min_size=1, open=False)
        await self._pool.open()
        return self._pool

    async def close(self):
        """Close what is the host's."""
        await self._pool.close()


class TestStoreOnEngine(StoreSuite):
    prefix = "help_"

    @pytest.fixture
    def store(self, url, schema):
        """Give a store on an engine of the host's, whatever isolation that has."""
        engine = sqlalchemy.create_engine(driver_url(url, "psycopg"), isolation_level="AUTOCOMMIT")
        yield SqlAlchemyStore(engine, schema=schema, prefix=self.prefix)
        engine.dispose()


class TestStoreOnSqliteEngine(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        """Give a store on an engine for a file, under names of its own."""
        engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'support.db'}")
        store = SqlAlchemyStore(engine, prefix="help_")
        store.upgrade()
        yield store
        engine.dispose()


class TestSqliteStoreWithPrefix(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        """Give a store in a file, under names of its own."""
        with contextlib.closing(SqliteStore(tmp_path / "support.db", prefix="help_")) as store:
            yield store


class _ClosesItsEngine(AsyncSqlAlchemyStore):
    async def close(self):
        """Close what is the host's: here nobody else would do it on the loop."""
        await self._engine.dispose()


class TestStoreOnAsyncEngine(AsyncStoreSuite):
    @pytest.fixture
    def async_store(self, url, schema):
        """Give a store on an engine that is awaited, on a driver that binds in its own way."""
        engine = create_async_engine("postgresql+asyncpg://", connect_args=asyncpg_arguments(url))
        return _ClosesItsEngine(engine, schema=schema)


class TestStoreOnAsyncSqliteEngine(AsyncStoreSuite):
    @pytest.fixture
    def async_store(self, tmp_path):
        """Give a store on an engine for a file that is awaited."""
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'support.db'}")
        store = _ClosesItsEngine(engine)

        async def upgrade():
            await store.upgrade()
            await store.close()

        asyncio.run(upgrade())
        return store
