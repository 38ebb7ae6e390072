"""Every store keeps the same laws."""

import asyncio
import contextlib
import inspect
from typing import ClassVar

import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.protocols import CaseStore
from supporttiers.testing.suites import AsyncStoreSuite, StoreSuite


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self):
        """Give an empty store in memory."""
        return MemoryStore()


class TestSqliteStore(StoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        """Give a store in a new file."""
        with contextlib.closing(SqliteStore(tmp_path / "support.db")) as store:
            yield store


def awaited(name):
    """Make a method that has to be awaited of one of a store in memory."""

    async def method(self, *args, **kwargs):
        await asyncio.sleep(0)
        return getattr(self.kept, name)(*args, **kwargs)

    return method


class AwaitedMemory:
    name = "awaited memory"
    capabilities = frozenset()
    locals().update({name: awaited(name) for name, found in vars(CaseStore).items() if inspect.isfunction(found)})

    def __init__(self):
        self.kept = MemoryStore()


class TestAwaitedMemory(AsyncStoreSuite):
    @pytest.fixture
    def async_store(self):
        """Give an empty store whose methods are awaited."""
        return AwaitedMemory()


class ForgetsNothing(MemoryStore):
    def forget_keys(self, before, /):
        """Keep every key for ever."""
        return 0


class TestForgetsNothing(StoreSuite):
    waived: ClassVar = {"test_old_keys_are_forgotten": "keys of this store are kept for ever"}

    @pytest.fixture
    def store(self):
        """Give a store that breaks one law, and says so."""
        return ForgetsNothing()
