"""The stores on PostgreSQL keep the same laws as all others, blocking and awaited."""

import contextlib

import pytest

from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore
from supporttiers.testing.suites import AsyncStoreSuite, StoreSuite


class TestPostgresStore(StoreSuite):
    @pytest.fixture
    def store(self, url, schema):
        """Give an empty store."""
        with contextlib.closing(PostgresStore(url, schema=schema)) as store:
            yield store


class TestPostgresStoreInParts(TestPostgresStore):
    """The tables of cases and events are spread over four partitions."""

    partitions = 4


class TestAsyncPostgresStore(AsyncStoreSuite):
    @pytest.fixture
    def async_store(self, url, schema):
        """Give an empty store whose methods are awaited; the suite closes it where it was opened."""
        return AsyncPostgresStore(url, schema=schema)
