"""Stores on what the host has already, so that one pool is enough: what they share, and which one it is."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Final, Never, TypeVar

from supporttiers.backends.storage._methods import Methods
from supporttiers.backends.storage._procedures import Procedures
from supporttiers.backends.storage._statements import Procedure, Work
from supporttiers.clock import IdFactory
from supporttiers.errors import InputError, StoreError
from supporttiers.schema import DIALECTS, Names

# What stands here is known by duck typing: the libraries are imported by those who hand in their engines.
# ruff: noqa: ANN401

T = TypeVar("T")

_ROLLED_BACK: Final = ("40001", "40P01")
_LOST: Final = ("08", "57")
_TRIES: Final = 5
_FORGOTTEN: Final = "; is a transaction of your own left open, or was .on(connection) forgotten?"


def _procedures(dialect: str, names: Names, ids: IdFactory) -> Procedures:
    if dialect == "sqlite":
        from supporttiers.backends.storage._sqlite_procedures import SqliteProcedures  # noqa: PLC0415 - only the one

        if names.schema is not None:
            raise InputError("", "schema", "is nothing that SQLite has; give the tables a prefix instead")
        return SqliteProcedures(names, ids)
    if dialect == "postgresql":
        from supporttiers.backends.storage._postgres_procedures import PostgresProcedures  # noqa: PLC0415

        return PostgresProcedures(names, ids)
    raise StoreError(dialect, f"its tables are not known; possible are: {', '.join(DIALECTS)}", retryable=False)


class Host(Methods):
    """What stores on the host's own connections share. No table is made unless asked for."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"durable", "digests", "joins", "schema"})
    _failures: tuple[type[Exception], ...]

    def __init__(self, dialect: str, *, schema: str | None, prefix: str, ids: IdFactory | None) -> None:
        self._sql = _procedures(dialect, Names(prefix, schema), ids or IdFactory())

    @property
    def name(self) -> str:
        """By which errors and logs speak of it."""
        return self._sql.dialect

    def on(self, connection: Any, /) -> Methods:
        """Give a store that works in the transaction of a connection; see `JoiningStore.on`."""
        from supporttiers.backends.storage._joined import joined  # noqa: PLC0415 - only who joins needs it

        return joined(connection, self._sql)

    def _whole(self, work: Work[T]) -> Procedure[T]:
        """Begin with a write, where the database wants it so."""
        if work.mode in {"write", "once"}:
            yield from self._sql.begin_writing()
        return (yield from work.procedure())

    def _versions(self) -> Work[tuple[int, int]]:
        return Work("read the version of the tables", self._sql.version)

    def _upgrading(self) -> Work[int]:
        return Work("bring the tables up to date", self._sql.upgrading, "tables")

    def _looking(self) -> Work[None]:
        return Work("look at the tables", self._sql.ready)

    # -- when something goes wrong

    def _again(self, work: Work[Any], error: Exception, tried: int) -> bool:
        """Whether to try once more: a reader whose connection had died, and who was rolled back for another's sake."""
        if _state_of(error) in _ROLLED_BACK:
            return tried < _TRIES
        return work.mode in {"read", "snapshot"} and self._is_lost(error) and tried == 1

    @abstractmethod
    def _is_lost(self, error: Exception) -> bool:
        """Whether the connection has gone, or could not be had, rather than a statement been refused."""

    def _fail(self, work: Work[Any], error: Exception) -> Never:
        cause = getattr(error, "orig", None) or error.__cause__ or error
        lost, busy = self._is_lost(error), "database is locked" in str(cause)
        hint = _FORGOTTEN if busy else ""
        if lost and work.mode in {"write", "once"}:
            hint = "; whether it was written is not known: read again, or repeat it with its idempotency key"
        retryable = lost or busy or _state_of(error) in _ROLLED_BACK
        raise StoreError(self.name, f"could not {work.doing}: {_said(cause)}{hint}", retryable=retryable) from error


def _said(cause: BaseException) -> str:
    """Give what the database said, but nothing that may show a value."""
    text = str(cause).strip().partition("\n")[0]
    return type(cause).__name__ if "DataError" in text + type(cause).__name__ or not text else text


def _state_of(error: Exception) -> str | None:
    """Give the SQLSTATE, by whatever name the driver has it."""
    for cause in (getattr(error, "orig", None), error.__cause__, error):
        for name in ("sqlstate", "pgcode"):
            state: str | None = getattr(cause, name, None)
            if state is not None:
                return state
    return None


def is_lost_by_state(error: Exception) -> bool:
    """Whether a database's own error says that the connection has gone."""
    state = _state_of(error)
    return state is None or state[:2] in _LOST


# -- which one it is


def host_store(given: Any) -> Methods | None:
    """Give a store on a host's engine or pool; None where it is neither."""
    roots = {kind.__module__.partition(".")[0] for kind in type(given).__mro__}
    makers: tuple[tuple[str, Callable[[Any], Methods | None]], ...] = (
        ("sqlalchemy", _of_engine),
        ("psycopg_pool", _of_pool),
    )
    for root, make in makers:
        if root in roots:
            return make(given)
    return None


def _of_engine(given: Any) -> Methods | None:
    from supporttiers.backends.storage.sqlalchemy import store_on  # noqa: PLC0415 - only for those who hand in one

    return store_on(given)


def _of_pool(given: Any) -> Methods | None:
    from psycopg_pool import AsyncConnectionPool, ConnectionPool  # noqa: PLC0415 - only for those who hand in a pool

    from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore  # noqa: PLC0415

    if isinstance(given, ConnectionPool):
        return PostgresStore(given)
    return AsyncPostgresStore(given) if isinstance(given, AsyncConnectionPool) else None
