"""The stores on PostgreSQL keep the same laws as all others, blocking and awaited."""

import contextlib
import itertools

import psycopg
import pytest

from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore
from supporttiers.schema import statements
from supporttiers.testing.suites import AsyncStoreSuite, StoreSuite

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def database(_databases):
    """Give one database; each test makes a schema in it."""
    with _databases.fresh() as url:
        yield url


@pytest.fixture
def emptied(database):
    """Give the URL of a database, and a schema of the test's own with nothing but the tables."""
    schema = f"law_{next(NUMBERS)}"
    with contextlib.closing(PostgresStore(database, schema=schema)) as store:
        store.upgrade()
    return database, schema


class TestPostgresStore(StoreSuite):
    @pytest.fixture
    def store(self, emptied):
        """Give an empty store."""
        url, schema = emptied
        with contextlib.closing(PostgresStore(url, schema=schema)) as store:
            yield store


class TestPostgresStoreInParts(StoreSuite):
    """The tables of cases and events are spread over four partitions."""

    @pytest.fixture
    def store(self, database):
        """Give an empty store."""
        schema = f"law_{next(NUMBERS)}"
        with psycopg.connect(database, autocommit=True) as db:
            db.execute(f"CREATE SCHEMA {schema}")
            for text in statements("postgresql", schema=schema, partitions=4):
                db.execute(text)
        with contextlib.closing(PostgresStore(database, schema=schema)) as store:
            yield store


class TestAsyncPostgresStore(AsyncStoreSuite):
    @pytest.fixture
    def async_store(self, emptied):
        """Give an empty store whose methods are awaited; the suite closes it where it was opened."""
        url, schema = emptied
        return AsyncPostgresStore(url, schema=schema)
