"""Case stores."""

from supporttiers.errors import PluginError, StoreError
from supporttiers.protocols import AsyncCaseStore, CaseStore


def store_of(given: str | CaseStore | AsyncCaseStore | None) -> CaseStore | AsyncCaseStore:
    """
    Give the store that a URL names.

    Args:
        given: `sqlite:///file.db` (four slashes for an absolute path), `memory:`, a store itself, or None for memory.

    Raises:
        StoreError: The URL names no store that is known.
        PluginError: What was given is neither a URL nor a store.
    """
    if isinstance(given, CaseStore) and not isinstance(given, type):
        return given
    if given is not None and not isinstance(given, str):
        raise PluginError(type(given).__name__, "a store is a URL, such as 'sqlite:///support.db', or a CaseStore")
    if given is None or given == "memory:":
        from supporttiers.backends.storage.memory import MemoryStore  # noqa: PLC0415 - only what is used is loaded

        return MemoryStore()
    if given.startswith("sqlite:"):
        from supporttiers.backends.storage.sqlite import SqliteStore  # noqa: PLC0415

        return SqliteStore.from_url(given)
    scheme = given.partition(":")[0][:40] or "store"
    meant = f"; did you mean sqlite:///{given}" if given.endswith((".db", ".sqlite")) and ":" not in given else ""
    problem = f"no store is known for this URL; possible are sqlite:///file.db and memory:{meant}"
    raise StoreError(scheme, problem, retryable=False)
