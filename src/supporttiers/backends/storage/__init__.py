"""Case stores."""

from typing import Any

from supporttiers._fields import nearest
from supporttiers.errors import PluginError, StoreError
from supporttiers.protocols import AsyncCaseStore, CaseStore

_POSSIBLE = "sqlite:///file.db, postgresql://host/database, django:alias and memory:"
_MEANT = {
    "postgresql": "postgresql://...",
    "postgres": "postgresql://...",
    "sqlite": "sqlite:///...",
    "django": "django:default",
    "memory": "memory:",
}


def store_of(given: Any, *, asynchronous: bool = False) -> CaseStore | AsyncCaseStore:  # noqa: ANN401 - see below
    """
    Give the store that a URL names, or that works on what the host has.

    Args:
        given: `sqlite:///file.db` (four slashes for an absolute path), `postgresql://host/database`, `django:alias`,
            `memory:`, a store itself, an engine of SQLAlchemy's, a pool of psycopg's, or None for memory.
        asynchronous: Whether the desk awaits its store: then PostgreSQL's is one that is awaited.

    Raises:
        StoreError: The URL names no store that is known, or its extra is not installed.
        PluginError: What was given is neither a URL nor a store nor an engine or pool.
    """
    if given is None or isinstance(given, str):
        url = "memory:" if given is None else given
        found = named(url, asynchronous=asynchronous)
        if found is None:
            raise unknown(url)
    elif isinstance(given, CaseStore) and not isinstance(given, type):
        return given
    else:
        from supporttiers.backends.storage._hosts import host_store  # noqa: PLC0415 - only what is used is loaded

        found = host_store(given)
    if found is None:
        problem = "a store is a URL, such as 'sqlite:///support.db', a CaseStore, or an engine or pool of the host's"
        raise PluginError(type(given).__name__, problem)
    store: CaseStore | AsyncCaseStore = found
    return store


def named(url: str, *, asynchronous: bool) -> Any:  # noqa: ANN401 - one of several classes
    """Give the store of ours that a URL names; None where it names none."""
    if url == "memory:":
        from supporttiers.backends.storage.memory import MemoryStore  # noqa: PLC0415 - only what is used is loaded

        return MemoryStore()
    if url.startswith("sqlite:"):
        from supporttiers.backends.storage.sqlite import SqliteStore  # noqa: PLC0415

        return SqliteStore.from_url(url)
    if url.startswith(("postgresql:", "postgres:")):
        from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore  # noqa: PLC0415

        return (AsyncPostgresStore if asynchronous else PostgresStore).from_url(url)
    if url.startswith("django:"):
        from supporttiers.backends.storage.django import DjangoStore  # noqa: PLC0415

        return DjangoStore(url.removeprefix("django:") or "default")
    return None


def unknown(url: str, *, hint: str = "") -> StoreError:
    """Make the error for a URL that nobody knows, with a hint at who else might; it may hold a password."""
    scheme = url.partition(":")[0][:40] or "store"
    meant = f"; did you mean {near}" if (near := _near(url)) else ""
    return StoreError(scheme, f"no store is known for this URL; possible are {_POSSIBLE}{meant}{hint}", retryable=False)


def _near(url: str) -> str | None:
    """Give the URL that may have been meant, without a password; SQLAlchemy's name a driver after a plus."""
    if ":" not in url:
        return f"sqlite:///{url}" if url.endswith((".db", ".sqlite")) else None
    scheme = url.partition(":")[0][:40].partition("+")[0].lower()
    found = nearest(scheme, _MEANT)
    return _MEANT[found] if found else None
