"""Stores by their URLs."""

import re

import pytest

from supporttiers.backends.storage import store_of
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.errors import PluginError, StoreError
from supporttiers.protocols import CaseStore


@pytest.mark.parametrize("given", [None, "memory:"])
def test_no_url_is_memory(given):
    """A desk that is told nothing, or `memory:`, keeps cases in memory, each its own."""
    first, second = store_of(given), store_of(given)

    assert isinstance(first, MemoryStore)
    assert first is not second


@pytest.mark.parametrize("slashes", ["///", "////"])
def test_sqlite_url_names_a_file(tmp_path, monkeypatch, slashes):
    """Three slashes are relative to where the program runs, four absolute; nothing is opened before its first use."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "support.db"
    store = store_of(f"sqlite:{slashes}{'support.db' if slashes == '///' else str(path).removeprefix('/')}")

    assert isinstance(store, SqliteStore)
    assert not path.exists()
    store.load("default", "T-1")
    assert path.exists()
    store.close()


def test_store_is_taken_as_it_is():
    """Whatever has the methods of a store is one."""
    store = MemoryStore()

    assert isinstance(store, CaseStore)
    assert store is store_of(store)


@pytest.mark.parametrize("url", ["sqlite:", "sqlite://", "sqlite:///", "sqlite:support.db"])
def test_sqlite_url_without_a_file_is_refused(url):
    """The error shows how to write it."""
    with pytest.raises(StoreError, match=r"names no file; possible are sqlite:///relative\.db"):
        store_of(url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mysql://bob:secret@db/support", "mysql"),
        ("support.db", "support.db"),
        ("", "store"),
        ("x" * 50, "x" * 40),
    ],
)
def test_unknown_url_is_refused_without_showing_what_it_may_hold(url, shown):
    """The error says what is possible, and never shows a password."""
    possible = "possible are sqlite:///file.db, postgresql://host/database, django:alias and memory:"
    with pytest.raises(StoreError, match=re.escape(possible)) as caught:
        store_of(url)
    assert (shown, False) == (caught.value.backend, caught.value.retryable)
    assert "secret" not in str(caught.value)


def test_name_of_a_file_alone_is_answered_with_its_url():
    """Who leaves the scheme out is told what to write."""
    with pytest.raises(StoreError, match=r"did you mean sqlite:///shop\.db"):
        store_of("shop.db")


@pytest.mark.parametrize("given", [7, object(), MemoryStore])
def test_what_is_no_store_is_refused(given):
    """A wrong object is named when the desk is built; so is a class where an object is meant."""
    with pytest.raises(PluginError, match=r"a store is a URL, .*, a CaseStore, or an engine or pool of the host's"):
        store_of(given)


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("postgresql+psycopg://jane:secret@host/shop", "postgresql://..."),
        ("postgresql+asyncpg://host/shop", "postgresql://..."),
        ("postgress://host/shop", "postgresql://..."),
        ("sqlite+aiosqlite:///support.db", "sqlite:///..."),
        ("Django:default", "django:default"),
        ("mysql://host/shop", None),
    ],
)
def test_url_of_another_library_is_told_how_ours_is_written(url, meant):
    """SQLAlchemy names a driver after a plus; what may be a password is not shown."""
    with pytest.raises(StoreError) as caught:
        store_of(url)

    assert "no store is known for this URL" in str(caught.value)
    assert (f"; did you mean {meant};" in str(caught.value)) is (meant is not None)
    assert "secret" not in str(caught.value)
