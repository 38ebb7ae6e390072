"""Stores in the database of a SQLAlchemy engine, on any driver of SQLite or PostgreSQL."""

import asyncio
import threading
from contextlib import nullcontext
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from supporttiers.backends.storage._connected import Awaited, Blocking, Connected, is_lost_by_state
from supporttiers.backends.storage._joined import by_async_sqlalchemy, by_sqlalchemy
from supporttiers.backends.storage._methods import Methods
from supporttiers.backends.storage._statements import Work, run, run_async
from supporttiers.clock import IdFactory
from supporttiers.errors import StoreError

try:
    from sqlalchemy.engine import Engine
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError
    from sqlalchemy.exc import TimeoutError as PoolTimeoutError
    from sqlalchemy.pool import StaticPool
except ImportError as _missing:
    _problem = "SQLAlchemy is not installed: pip install sqlalchemy"
    raise StoreError("sqlalchemy", _problem, retryable=False) from _missing

# An engine is known by its class only; SQLAlchemy's own types would be asked of everybody who checks ours.
# ruff: noqa: ANN401

T = TypeVar("T")

_of_threads: Final[WeakKeyDictionary[Any, Any]] = WeakKeyDictionary()
_of_tasks: Final[WeakKeyDictionary[Any, WeakKeyDictionary[Any, Any]]] = WeakKeyDictionary()


def _turn_of_threads(pool: Any) -> Any:
    """
    Give what to hold while working: nothing, but where a pool has one connection for all, as SQLite's in memory.

    There one transaction would be in the midst of another, and end it; whatever store it was begun by.
    """
    return _of_threads.setdefault(pool, threading.RLock()) if isinstance(pool, StaticPool) else nullcontext()


def _turn_of_tasks(pool: Any) -> Any:
    """Give the same to tasks; those of another loop cannot be waited for."""
    if not isinstance(pool, StaticPool):
        return nullcontext()
    return _of_tasks.setdefault(pool, WeakKeyDictionary()).setdefault(asyncio.get_running_loop(), asyncio.Lock())


class _Common(Connected):
    """What the two stores share."""

    _failures = SQLAlchemyError, OSError  # the latter from drivers that cannot reach the server

    def __init__(
        self, engine: Any, *, schema: str | None = None, prefix: str = "supporttiers_", ids: IdFactory | None = None
    ) -> None:
        """
        Name the engine.

        Args:
            engine: The host's; a `sqlalchemy.Engine`, or for the store that is awaited an `AsyncEngine`.
            schema: The schema in which the tables lie (PostgreSQL); where the connection looks first, when None.
            prefix: What the names of the tables begin with.
            ids: Makes the salts of private parts.

        Raises:
            StoreError: It leads to a database whose tables are not known.
            InputError: Schema or prefix is no name, or the database knows no schemas.
        """
        super().__init__(engine.dialect.name, schema=schema, prefix=prefix, ids=ids)
        self._engine: Final = engine

    def _engine_for(self, work: Work[Any]) -> Any:
        """Give the engine at the isolation that our statements are made for, whatever the host's own is."""
        if self.name == "sqlite":
            return self._engine
        level = "REPEATABLE READ" if work.mode == "snapshot" else "READ COMMITTED"
        return self._engine.execution_options(isolation_level=level)

    def _begin(self, work: Work[Any], driven: Any) -> str | None:
        """Give what has to be said on SQLite, whose drivers begin by themselves only before some statements."""
        if self.name != "sqlite" or work.mode == "read" or getattr(driven, "in_transaction", True):
            return None
        return "BEGIN" if work.mode == "snapshot" else "BEGIN IMMEDIATE"

    def _is_lost(self, error: Exception) -> bool:
        if isinstance(error, DBAPIError):
            return error.connection_invalidated or (self.name != "sqlite" and _is_of_connections(error))
        return isinstance(error, PoolTimeoutError | OSError)


def _is_of_connections(error: DBAPIError) -> bool:
    return type(error).__name__ in {"OperationalError", "InterfaceError"} and is_lost_by_state(error)


class SqlAlchemyStore(_Common, Blocking):
    """
    Keeps cases in the database of an engine.

    >>> import sqlalchemy
    >>> SqlAlchemyStore(sqlalchemy.create_engine("sqlite://")).name
    'sqlite'

    .. versionadded:: 0.1.0
    """

    def close(self) -> None:
        """Nothing: the engine is the host's."""

    def _within(self, work: Work[T]) -> T:
        with _turn_of_threads(self._engine.pool), self._engine_for(work).begin() as connection:
            begin = self._begin(work, connection.connection.driver_connection)
            if begin is not None:
                connection.exec_driver_sql(begin)
            return run(self._whole(work), by_sqlalchemy(connection))


class AsyncSqlAlchemyStore(_Common, Awaited):
    """
    Keeps cases in the database of an engine that is awaited.

    >>> from sqlalchemy.ext.asyncio import create_async_engine
    >>> AsyncSqlAlchemyStore(create_async_engine("sqlite+aiosqlite://")).asynchronous
    True

    .. versionadded:: 0.1.0
    """

    async def close(self) -> None:
        """Nothing: the engine is the host's."""

    async def _within(self, work: Work[T]) -> T:
        async with _turn_of_tasks(self._engine.pool), self._engine_for(work).begin() as connection:
            begin = self._begin(work, (await connection.get_raw_connection()).driver_connection)
            if begin is not None:
                await connection.exec_driver_sql(begin)
            return await run_async(self._whole(work), by_async_sqlalchemy(connection))


def store_on(given: object) -> Methods | None:
    """Give a store on an engine; None where it is none."""
    if isinstance(given, Engine):
        return SqlAlchemyStore(given)
    from sqlalchemy.ext.asyncio import AsyncEngine  # noqa: PLC0415 - it needs greenlet, which not everybody has

    return AsyncSqlAlchemyStore(given) if isinstance(given, AsyncEngine) else None
