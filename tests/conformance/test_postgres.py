"""The stores on PostgreSQL keep the same laws as all others, blocking and awaited."""

import contextlib
import itertools

import psycopg
import pytest

from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore
from supporttiers.schema import statements
from supporttiers.testing.suites import AsyncStoreSuite, StoreSuite

NUMBERS = itertools.count(1)
TABLES = ("case", "event", "outbox", "key", "link", "vendor_ticket", "agent", "process")


@pytest.fixture(scope="module")
def database(_databases):
    """Give one database; each test makes a schema in it."""
    with _databases.fresh() as url:
        yield url


@pytest.fixture(scope="class")
def schema(database, request):
    """Make tables in a schema of the class's own."""
    name = f"law_{next(NUMBERS)}"
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}")
        for text in statements("postgresql", schema=name, partitions=getattr(request.cls, "partitions", 0)):
            db.execute(text)
    return name


@pytest.fixture
def emptied(database, schema):
    """Give the URL of a database, and a schema with tables in which nothing is."""
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(";".join(f"DELETE FROM {schema}.supporttiers_{table}" for table in TABLES))
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

    partitions = 4

    @pytest.fixture
    def store(self, emptied):
        """Give an empty store."""
        url, schema = emptied
        with contextlib.closing(PostgresStore(url, schema=schema)) as store:
            yield store


class TestAsyncPostgresStore(AsyncStoreSuite):
    @pytest.fixture
    def async_store(self, emptied):
        """Give an empty store whose methods are awaited; the suite closes it where it was opened."""
        url, schema = emptied
        return AsyncPostgresStore(url, schema=schema)
