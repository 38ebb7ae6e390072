"""Stores in a PostgreSQL database, for many processes on many machines: one that blocks, and one that is awaited."""

import os
import select
import threading
from collections.abc import Awaitable, Callable
from contextlib import nullcontext, suppress
from typing import Any, Final, Never, Self, TypeVar
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from supporttiers.backends.storage._connected import ISOLATION, Awaited, Blocking, Connected, is_lost_by_state, said
from supporttiers.backends.storage._statements import (
    ChangeMany,
    Select,
    Statement,
    Work,
    in_style,
    run,
    run_async,
)
from supporttiers.clock import IdFactory
from supporttiers.errors import StoreError

try:
    import psycopg
    import psycopg_pool
    from psycopg.rows import tuple_row
except ImportError as _missing:
    _problem = 'it needs psycopg and its pool: pip install "supporttiers[postgres]"'
    if not isinstance(_missing, ModuleNotFoundError):  # it is there, but finds no libpq
        _why = str(_missing).splitlines()[0]
        _problem = f'psycopg cannot be loaded ({_why}); install libpq, or: pip install "psycopg[binary]"'
    raise StoreError("postgresql", _problem, retryable=False) from _missing

T = TypeVar("T")
Given = str | psycopg_pool.ConnectionPool[Any] | psycopg_pool.AsyncConnectionPool[Any]

CONNECTIONS: Final = 10
"""How many connections a store keeps open at most."""

WAIT: Final = 10.0
"""How many seconds a call waits for a connection."""

_NAME: Final = "postgresql"
_UNREADABLE: Final = (
    "its URL cannot be read; possible is postgresql://user@host/database?option=value, in which signs such as % and / "
    "in a name or password are percent-encoded, and options are libpq's"
)

_CLOSING: Final = 1.0
"""How many seconds a closed pool may take over its own threads, which may be at a server that does not answer."""

_HOPELESS: Final = ("does not exist", "authentication failed", "no pg_hba.conf entry", "not permitted to log in")
"""What a server that speaks English says of a URL that it will refuse tomorrow, too."""


class _NoConnectionError(psycopg.OperationalError):
    """No connection can be had, so that nothing was begun; the text is the server's, or libpq's."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.hopeless = any(known in str(cause) for known in _HOPELESS)


class _Common(Connected):
    """What the two stores share."""

    _failures = (psycopg.Error,)

    def __init__(
        self, url: Given, *, schema: str | None = None, prefix: str = "supporttiers_", connections: int = CONNECTIONS,
        ids: IdFactory | None = None,
    ) -> None:  # fmt: skip
        """
        Name the database; nothing is opened before the first use, and no table is made unless asked for.

        Args:
            url: `postgresql://user@host/database`, with what libpq understands after `?`; or a pool of the host's
                own, a `psycopg_pool.ConnectionPool` or, for the store that is awaited, an `AsyncConnectionPool`.
            schema: The schema in which the tables lie; where the database looks first, when None.
            prefix: What the names of the tables begin with.
            connections: How many are kept open at most.
            ids: Makes the salts of private parts.

        Raises:
            StoreError: The URL cannot be read.
            InputError: Schema or prefix is no name.
        """
        if isinstance(url, str) and not _is_understood(url):
            raise StoreError(_NAME, _UNREADABLE, retryable=False)
        self._url: Final = url if isinstance(url, str) else ""
        self._own: Final = isinstance(url, str)
        self._connections: Final = connections
        super().__init__(_NAME, schema=schema, prefix=prefix, ids=ids)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._pool: Any = None if self._own else url

    @classmethod
    def from_url(cls, url: str) -> Self:
        """
        Read a URL; of what stands after `?`, `schema`, `prefix` and `connections` are ours, the rest is libpq's.

        >>> PostgresStore.from_url("postgresql:///desk?schema=support&connect_timeout=3").name
        'postgresql'

        Raises:
            StoreError: `connections` is no number, or the URL cannot be read.
            InputError: Schema or prefix is no name.
        """
        parts = _parts_of(url)
        options = dict(parse_qsl(parts.query.replace("+", "%2B")))  # to libpq a plus is a plus
        schema, prefix = options.pop("schema", None), options.pop("prefix", "supporttiers_")
        many = options.pop("connections", str(CONNECTIONS))
        if not many.isdecimal() or many == "0":
            raise StoreError(_NAME, "connections in its URL must be a number of at least 1", retryable=False)
        rest = urlunsplit(parts._replace(query=urlencode(options, quote_via=quote)))
        if not parts.netloc:  # urlunsplit drops the slashes before an empty host
            rest = rest.replace(f"{parts.scheme}:/", f"{parts.scheme}:///", 1)
        return cls(rest, connections=int(many), schema=schema, prefix=prefix)

    def __repr__(self) -> str:
        """Show neither host nor password."""
        return f"{type(self).__name__}(...)"

    def _renew_after_fork(self) -> None:
        """Let a forked child open its own pool."""
        if self._own and self._pid != os.getpid():
            self._lock, self._pool, self._pid = threading.Lock(), None, os.getpid()

    def _is_lost(self, error: Exception) -> bool:
        if isinstance(error, _NoConnectionError):
            return False
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and is_lost_by_state(error)

    def _fail(self, work: Work[Any], error: Exception) -> Never:
        if isinstance(error, _NoConnectionError):
            raise StoreError(
                self.name, f"could not {work.doing}: {said(error)}", retryable=not error.hopeless
            ) from error
        super()._fail(work, error)

    def _pool_options(self) -> dict[str, Any]:
        return {
            "kwargs": {"autocommit": True}, "min_size": 1, "max_size": self._connections, "name": "supporttiers",
            "timeout": WAIT,
        }  # fmt: skip

    def _patience(self) -> dict[str, Any]:
        """How whoever knocks connects, to hear why there is no connection to be had: a pool would not say."""
        own = psycopg.conninfo.conninfo_to_dict(self._url).get("connect_timeout")
        return {"autocommit": True, "connect_timeout": own or int(WAIT)}


def _parts_of(url: str) -> SplitResult:
    with suppress(ValueError):  # what it says may show a part of a password, as what libpq says
        return urlsplit(url)
    raise StoreError(_NAME, _UNREADABLE, retryable=False)


def _is_understood(url: str) -> bool:
    """Say whether libpq can read a URL, before a pool asks again and again, and writes its words into the log."""
    try:
        psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return False
    return True


def _style(statement: Statement) -> str:
    return in_style(statement.text, "format")


class PostgresStore(_Common, Blocking):
    """
    Keeps cases in PostgreSQL. Its methods block; threads share a pool of connections.

    >>> PostgresStore("postgresql:///desk").capabilities >= {"durable", "joins"}
    True

    .. versionadded:: 0.1.0
    """

    def close(self) -> None:
        """Close the connections; a later call opens new ones. A pool of the host's is left alone."""
        self._renew_after_fork()
        with self._lock:
            pool, self._pool = self._pool, None if self._own else self._pool
        if pool is not None and self._own:
            pool.close(_CLOSING)

    def _within(self, work: Work[T]) -> T:
        while True:  # a connection that is dead is thrown away by its pool, before anything has been asked
            pool = self._opened()
            try:
                with pool.connection() as connection:
                    if _is_there(connection):
                        return _run(connection, work)
            except psycopg_pool.PoolTimeout:
                if self._own:
                    self._find_out_why(pool)
                raise
            except psycopg_pool.PoolClosed:  # by another thread, just now
                if not self._own:
                    raise

    def _find_out_why(self, pool: "psycopg_pool.ConnectionPool[Any]") -> None:
        """Raise what is said to a caller of its own; then the pool is no good, and the next call knocks at once."""
        try:
            self._knock()
        except _NoConnectionError:
            with self._lock:
                self._pool = None if self._pool is pool else self._pool
            pool.close(_CLOSING)
            raise

    def _knock(self) -> None:
        patience = self._patience()
        try:
            psycopg.connect(self._url, **patience).close()
        except psycopg.Error as error:
            raise _NoConnectionError(error) from error

    def _opened(self) -> "psycopg_pool.ConnectionPool[Any]":
        self._renew_after_fork()
        with self._lock:
            if self._pool is None:
                self._knock()
                self._pool = psycopg_pool.ConnectionPool(self._url, open=True, **self._pool_options())
            pool: psycopg_pool.ConnectionPool[Any] = self._pool
            return pool


def _run(connection: "psycopg.Connection[Any]", work: Work[T]) -> T:
    if work.mode in {"read", "once"}:
        return run(work.procedure(), on_psycopg(connection))
    with connection.transaction():
        if work.mode in ISOLATION:
            connection.execute(ISOLATION[work.mode])
        return run(work.procedure(), on_psycopg(connection))


def on_psycopg(connection: "psycopg.Connection[Any]") -> Callable[[Statement], Any]:
    """Give what carries out statements on a connection."""

    def execute(statement: Statement) -> Any:  # noqa: ANN401 - rows or a number
        with psycopg.Cursor(connection, row_factory=tuple_row) as cursor:  # whatever factories the host has set
            with _answered(connection):
                if isinstance(statement, ChangeMany):
                    cursor.executemany(_style(statement), statement.values)
                    return None
                cursor.execute(_style(statement), statement.values)
            return cursor.fetchall() if isinstance(statement, Select) else cursor.rowcount

    return execute


def _answered(connection: Any) -> Any:  # noqa: ANN401 - of either kind
    """Wait for the answer of a statement where the caller's pipeline mode would not."""
    if connection.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF:
        return nullcontext()
    return connection.pipeline()  # one inside another, at whose end answers have come


def _is_there(connection: "psycopg.Connection[Any] | psycopg.AsyncConnection[Any]") -> bool:
    """
    Say whether the server is still at the other end, without a round trip: to a restart it has said good-bye by now.

    A connection that turns out to be dead is marked so, and thrown away by its pool. What else a server may say
    unasked is read, and changes nothing.
    """
    try:
        while _has_something(connection.fileno()):
            connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return True


def _has_something(socket: int) -> bool:
    if hasattr(select, "poll"):
        watch = select.poll()
        watch.register(socket, select.POLLIN)
        return bool(watch.poll(0))
    return bool(select.select([socket], [], [], 0)[0])  # Windows has no poll, and needs none for high numbers


class AsyncPostgresStore(_Common, Awaited):
    """
    Keeps cases in PostgreSQL. Its methods are awaited, all on one event loop.

    >>> AsyncPostgresStore("postgresql:///desk").asynchronous
    True

    .. versionadded:: 0.1.0
    """

    async def close(self) -> None:
        """Close the connections; a later call opens new ones. A pool of the host's is left alone."""
        self._renew_after_fork()
        pool, self._pool = self._pool, None if self._own else self._pool
        if pool is not None and self._own:
            await pool.close(_CLOSING)

    async def _within(self, work: Work[T]) -> T:
        while True:  # as above
            pool = await self._opened()
            try:
                async with pool.connection() as connection:
                    if _is_there(connection):
                        return await _run_async(connection, work)
            except psycopg_pool.PoolTimeout:
                if self._own:
                    await self._find_out_why(pool)
                raise
            except psycopg_pool.PoolClosed:
                if not self._own:
                    raise

    async def _find_out_why(self, pool: "psycopg_pool.AsyncConnectionPool[Any]") -> None:
        """See `PostgresStore`."""
        try:
            await self._knock()
        except _NoConnectionError:
            self._pool = None if self._pool is pool else self._pool
            await pool.close(_CLOSING)
            raise

    async def _knock(self) -> None:
        patience = self._patience()
        try:
            await (await psycopg.AsyncConnection.connect(self._url, **patience)).close()
        except psycopg.Error as error:
            raise _NoConnectionError(error) from error

    async def _opened(self) -> "psycopg_pool.AsyncConnectionPool[Any]":
        self._renew_after_fork()
        if self._pool is None:
            await self._knock()
        if self._pool is None:  # still: another task may have been faster
            self._pool = psycopg_pool.AsyncConnectionPool(self._url, open=False, **self._pool_options())
            await self._pool.open()
        pool: psycopg_pool.AsyncConnectionPool[Any] = self._pool
        return pool


async def _run_async(connection: "psycopg.AsyncConnection[Any]", work: Work[T]) -> T:
    if work.mode in {"read", "once"}:
        return await run_async(work.procedure(), on_psycopg_async(connection))
    async with connection.transaction():
        if work.mode in ISOLATION:
            await connection.execute(ISOLATION[work.mode])
        return await run_async(work.procedure(), on_psycopg_async(connection))


def on_psycopg_async(connection: "psycopg.AsyncConnection[Any]") -> Callable[[Statement], Awaitable[Any]]:
    """Give what carries out statements on a connection, to be awaited."""

    async def execute(statement: Statement) -> Any:  # noqa: ANN401 - rows or a number
        async with psycopg.AsyncCursor(connection, row_factory=tuple_row) as cursor:
            async with _answered(connection):
                if isinstance(statement, ChangeMany):
                    await cursor.executemany(_style(statement), statement.values)
                    return None
                await cursor.execute(_style(statement), statement.values)
            return (await cursor.fetchall()) if isinstance(statement, Select) else cursor.rowcount

    return execute
