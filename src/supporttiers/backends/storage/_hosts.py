"""Stores on what the host has already: an engine of SQLAlchemy's, or a database of Django's; so one pool is enough."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

from supporttiers.backends.storage._joined import by_async_sqlalchemy, by_cursor, by_sqlalchemy, joined
from supporttiers.backends.storage._methods import Methods
from supporttiers.backends.storage._procedures import Procedures
from supporttiers.backends.storage._statements import Procedure, Work, run, run_async
from supporttiers.clock import IdFactory
from supporttiers.errors import StoreError
from supporttiers.schema import DIALECTS, Names

# What stands here is known by duck typing: the libraries are imported by those who hand in their engines.
# ruff: noqa: ANN401

T = TypeVar("T")


def _procedures(dialect: str, names: Names, ids: IdFactory) -> Procedures:
    if dialect == "sqlite":
        from supporttiers.backends.storage._sqlite_procedures import SqliteProcedures  # noqa: PLC0415 - only the one

        return SqliteProcedures(names, ids)
    if dialect == "postgresql":
        from supporttiers.backends.storage._postgres_procedures import PostgresProcedures  # noqa: PLC0415

        return PostgresProcedures(names, ids)
    raise StoreError(dialect, f"its tables are not known; possible are: {', '.join(DIALECTS)}", retryable=False)


class _Host(Methods):
    """What stores on the host's own connections share. No table is made unless asked for."""

    capabilities: ClassVar[frozenset[str]] = frozenset({"durable", "digests", "joins", "schema"})
    asynchronous: ClassVar[bool] = False

    def __init__(self, dialect: str, *, schema: str | None, prefix: str, ids: IdFactory | None) -> None:
        self._sql = _procedures(dialect, Names(prefix, schema), ids or IdFactory())
        self._checked = False

    @property
    def name(self) -> str:
        """By which errors and logs speak of it."""
        return self._sql.dialect

    def on(self, connection: Any, /) -> Methods:
        """Give a store that works in the transaction of a connection; see `JoiningStore.on`."""
        return joined(connection, self._sql)

    def _whole(self, work: Work[T]) -> Procedure[T]:
        """Begin with a write, where the database wants it so."""
        if work.mode in {"write", "once"}:
            yield from self._sql.begin_writing()
        return (yield from work.procedure())

    def _failed(self, work: Work[Any], error: Exception) -> StoreError:
        cause = getattr(error, "orig", None) or error.__cause__ or error
        text = str(cause).strip().partition("\n")[0]
        said = type(cause).__name__ if "DataError" in type(cause).__name__ or not text else text
        retryable = "OperationalError" in {kind.__name__ for kind in type(cause).__mro__}
        return StoreError(self.name, f"could not {work.doing}: {said}", retryable=retryable)


class _BlockingHost(_Host):
    _failures: tuple[type[Exception], ...]

    def schema_version(self) -> int:
        """Say which version of the tables is there; 0 where there are none."""
        return self._try(Work("read the version of the tables", self._sql.version))[0]

    def upgrade(self) -> int:
        """Make the tables, or bring them up to date; give the version that was there."""
        return self._try(Work("bring the tables up to date", self._sql.upgrading, "snapshot"))

    def close(self) -> None:
        """Nothing: connections are the host's."""

    def _do(self, work: Work[T]) -> T:
        if not self._checked:
            self._try(Work("look at the tables", self._sql.ready))
            self._checked = True
        return self._try(work)

    def _try(self, work: Work[T]) -> T:
        try:
            return self._within(work)
        except self._failures as error:
            raise self._failed(work, error) from error

    def _within(self, work: Work[T]) -> T:
        raise NotImplementedError


class SqlAlchemyStore(_BlockingHost):
    """
    Keeps cases in the database of a SQLAlchemy engine, on any driver of SQLite or PostgreSQL.

    .. versionadded:: 0.1.0
    """

    def __init__(
        self, engine: Any, *, schema: str | None = None, prefix: str = "supporttiers_", ids: IdFactory | None = None
    ) -> None:
        """
        Name the engine.

        Args:
            engine: A `sqlalchemy.Engine`.
            schema: The schema in which the tables lie; where the connection looks first, when None.
            prefix: What the names of the tables begin with.
            ids: Makes the salts of private parts.

        Raises:
            StoreError: It leads to a database whose tables are not known.
            InputError: Schema or prefix is no name.
        """
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - only for those who hand in an engine

        super().__init__(engine.dialect.name, schema=schema, prefix=prefix, ids=ids)
        self._engine: Final = engine
        self._failures = (SQLAlchemyError,)

    def _within(self, work: Work[T]) -> T:
        with self._engine.begin() as connection:
            return run(self._whole(work), by_sqlalchemy(connection))


class DjangoStore(_BlockingHost):
    """
    Keeps cases in a database of Django's settings: `store="django:default"`.

    It works on the connection that Django gives the thread. Inside an `atomic` block it is part of that block, as the
    ORM is; outside, each write is a block of its own.

    .. versionadded:: 0.1.0
    """

    def __init__(
        self, alias: str = "default", *, schema: str | None = None, prefix: str = "supporttiers_",
        ids: IdFactory | None = None,
    ) -> None:  # fmt: skip
        """
        Name the database.

        Args:
            alias: Its name in `DATABASES`.
            schema: The schema in which the tables lie; where the connection looks first, when None.
            prefix: What the names of the tables begin with.
            ids: Makes the salts of private parts.

        Raises:
            StoreError: Django or this database is not there, or its tables are not known.
            InputError: Schema or prefix is no name.
        """
        try:
            from django.db import DatabaseError, InterfaceError, connections  # noqa: PLC0415 - only for Django's users
            from django.utils.connection import ConnectionDoesNotExist  # noqa: PLC0415
        except ImportError as missing:
            raise StoreError("django", "Django is not installed", retryable=False) from missing
        try:
            vendor = connections[alias].vendor
        except ConnectionDoesNotExist as missing:
            raise StoreError("django", f"DATABASES has no {alias!r}", retryable=False) from missing
        super().__init__(vendor, schema=schema, prefix=prefix, ids=ids)
        self._alias: Final = alias
        self._connections: Final = connections
        self._failures = (DatabaseError, InterfaceError)

    @property
    def certain(self) -> bool:
        """Whether what is written now stays: inside an `atomic` block it may still be rolled back."""
        inside: bool = self._connections[self._alias].in_atomic_block
        return not inside

    def _within(self, work: Work[T]) -> T:
        from django.db.transaction import atomic  # noqa: PLC0415 - only for Django's users

        execute = by_cursor(self._connections[self._alias].cursor, "format")
        if work.mode == "read":
            return run(work.procedure(), execute)
        with atomic(using=self._alias):
            return run(self._whole(work), execute)


class AsyncSqlAlchemyStore(_Host):
    """
    Keeps cases in the database of an `AsyncEngine`, on any driver of SQLite or PostgreSQL.

    .. versionadded:: 0.1.0
    """

    asynchronous: ClassVar[bool] = True

    def __init__(
        self, engine: Any, *, schema: str | None = None, prefix: str = "supporttiers_", ids: IdFactory | None = None
    ) -> None:
        """
        Name the engine.

        Args:
            engine: A `sqlalchemy.ext.asyncio.AsyncEngine`.
            schema: The schema in which the tables lie; where the connection looks first, when None.
            prefix: What the names of the tables begin with.
            ids: Makes the salts of private parts.

        Raises:
            StoreError: It leads to a database whose tables are not known.
            InputError: Schema or prefix is no name.
        """
        from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - only for those who hand in an engine

        super().__init__(engine.dialect.name, schema=schema, prefix=prefix, ids=ids)
        self._engine: Final = engine
        self._failures: Final = (SQLAlchemyError,)

    async def schema_version(self) -> int:
        """Say which version of the tables is there; 0 where there are none."""
        return (await self._try(Work("read the version of the tables", self._sql.version)))[0]

    async def upgrade(self) -> int:
        """Make the tables, or bring them up to date; give the version that was there."""
        return await self._try(Work("bring the tables up to date", self._sql.upgrading, "snapshot"))

    async def close(self) -> None:
        """Nothing: connections are the host's."""

    async def _do(self, work: Work[T]) -> T:
        if not self._checked:
            await self._try(Work("look at the tables", self._sql.ready))
            self._checked = True
        return await self._try(work)

    async def _try(self, work: Work[T]) -> T:
        try:
            async with self._engine.begin() as connection:
                return await run_async(self._whole(work), by_async_sqlalchemy(connection))
        except self._failures as error:
            raise self._failed(work, error) from error


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
    from sqlalchemy.engine import Engine  # noqa: PLC0415 - only for those who hand in an engine

    if isinstance(given, Engine):
        return SqlAlchemyStore(given)
    from sqlalchemy.ext.asyncio import AsyncEngine  # noqa: PLC0415

    return AsyncSqlAlchemyStore(given) if isinstance(given, AsyncEngine) else None


def _of_pool(given: Any) -> Methods | None:
    from psycopg_pool import AsyncConnectionPool, ConnectionPool  # noqa: PLC0415 - only for those who hand in a pool

    from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore  # noqa: PLC0415

    if isinstance(given, ConnectionPool):
        return PostgresStore(given)
    return AsyncPostgresStore(given) if isinstance(given, AsyncConnectionPool) else None
