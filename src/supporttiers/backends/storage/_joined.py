"""Stores that work in a transaction of the caller's: they neither begin, commit, roll back nor retry."""

import sys
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

import attrs

from supporttiers.backends.storage._methods import Methods
from supporttiers.backends.storage._procedures import Procedures
from supporttiers.backends.storage._statements import (
    ChangeMany,
    Select,
    Statement,
    Style,
    Work,
    in_style,
    run,
    run_async,
)
from supporttiers.errors import AutocommitError, UnsupportedConnectionError

# What stands here is known by duck typing: the libraries are imported by those who hand in their connections.
# ruff: noqa: ANN401

T = TypeVar("T")

_KNOWN: Final = (
    "possible are connections of sqlite3, psycopg (blocking and async), SQLAlchemy (Connection, Session, "
    "scoped_session, AsyncConnection, AsyncSession) and django.db"
)
_STYLES: Final[dict[str, Style]] = {
    "qmark": "qmark", "format": "format", "pyformat": "format", "numeric_dollar": "numeric_dollar"
}  # fmt: skip


class Grip(NamedTuple):
    """
    How to work on a connection.

    Attributes:
        kind: What was handed in, for errors.
        dialect: `sqlite` or `postgresql`.
        execute: Carries out a statement, at once or to be awaited.
        asynchronous: Whether it has to be awaited.
    """

    kind: str
    dialect: str
    execute: Callable[[Statement], Any]
    asynchronous: bool = False


def joined(connection: Any, sql: Procedures) -> "JoinedStore | AsyncJoinedStore":
    """
    Give a store on a connection.

    Args:
        connection: The caller's.
        sql: The procedures of the store that is asked; they go on by themselves when the caller rolls back.

    Raises:
        UnsupportedConnectionError: It is none that is known, or of another database.
        AutocommitError: It is in autocommit mode, and no transaction is open on it.
    """
    grip = grip_of(connection)
    if grip.dialect != sql.dialect:
        problem = f"it leads to {grip.dialect}, and this desk's store is {sql.dialect}"
        raise UnsupportedConnectionError(grip.kind, problem)
    return AsyncJoinedStore(sql, grip) if grip.asynchronous else JoinedStore(sql, grip)


@attrs.frozen(eq=False)
class _Joined(Methods):
    """
    What both have in common.

    Errors of the connection's library pass through as they are: they are about the caller's transaction.

    Attributes:
        certain: What is written may still be rolled back.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"durable", "digests"})
    certain: ClassVar[bool] = False
    _sql: Procedures
    _grip: Grip

    @property
    def name(self) -> str:
        """By which errors and logs speak of it."""
        return self._grip.dialect


class JoinedStore(_Joined):
    """A store on a blocking connection of the caller's."""

    def begin_writing(self) -> None:
        """Make the transaction one that writes, before anything is read."""
        run(self._sql.begin_writing(), self._grip.execute)

    def close(self) -> None:
        """Nothing: the connection is the caller's."""

    def _do(self, work: Work[T]) -> T:
        return run(work.procedure(), self._grip.execute)


class AsyncJoinedStore(_Joined):
    """A store on a connection of the caller's that is awaited."""

    asynchronous: ClassVar[bool] = True

    async def begin_writing(self) -> None:
        """Make the transaction one that writes, before anything is read."""
        await run_async(self._sql.begin_writing(), self._grip.execute)

    async def close(self) -> None:
        """Nothing: the connection is the caller's."""

    async def _do(self, work: Work[T]) -> T:
        return await run_async(work.procedure(), self._grip.execute)


# -- which connection it is


def grip_of(connection: Any) -> Grip:
    """
    Find out how to work on a connection.

    Raises:
        UnsupportedConnectionError: It is none that is known.
        AutocommitError: It is in autocommit mode, and no transaction is open on it.
    """
    roots = {kind.__module__.partition(".")[0] for kind in type(connection).__mro__}
    for root, of in _LIBRARIES.items():
        if root in roots:
            grip = of(connection)
            if grip is not None:
                return grip
    kind = _kind(connection)
    hint = f"; hand in {kind}'s connection, not the pool or engine" if _gives_connections(connection) else ""
    raise UnsupportedConnectionError(kind, f"{_KNOWN}{hint}")


def _kind(connection: Any) -> str:
    found = type(connection)
    return f"{found.__module__.partition('.')[0]} {found.__qualname__}"


def _gives_connections(connection: Any) -> bool:
    return any(hasattr(connection, name) for name in ("connect", "getconn", "begin")) and not isinstance(
        connection, type
    )


def _of_sqlite3(connection: Any) -> Grip | None:
    import sqlite3  # noqa: PLC0415 - only for those who hand in one

    if not isinstance(connection, sqlite3.Connection):
        return None
    begins_itself = connection.isolation_level is not None and getattr(connection, "autocommit", -1) is not True
    if not connection.in_transaction and not begins_itself:
        raise AutocommitError(_kind(connection), 'call connection.execute("BEGIN IMMEDIATE") first')
    return Grip(_kind(connection), "sqlite", by_cursor(connection.cursor, "qmark"))


def _of_psycopg(connection: Any) -> Grip | None:
    import psycopg  # noqa: PLC0415 - only for those who hand in one

    from supporttiers.backends.storage.postgres import on_psycopg, on_psycopg_async  # noqa: PLC0415

    if not isinstance(connection, psycopg.Connection | psycopg.AsyncConnection):
        return None
    idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    if connection.autocommit and idle:
        raise AutocommitError(_kind(connection), "work inside `with connection.transaction():`")
    if isinstance(connection, psycopg.AsyncConnection):
        return Grip(_kind(connection), "postgresql", on_psycopg_async(connection), asynchronous=True)
    return Grip(_kind(connection), "postgresql", on_psycopg(connection))


def _of_django(connection: Any) -> Grip | None:
    from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: PLC0415 - only for those who hand in one
    from django.utils.connection import ConnectionProxy  # noqa: PLC0415

    if isinstance(connection, ConnectionProxy):  # django.db.connection
        connection = connection._connections[connection._alias]  # noqa: SLF001 - it has no other way
    if not isinstance(connection, BaseDatabaseWrapper):
        return None
    if not connection.in_atomic_block and connection.get_autocommit():
        raise AutocommitError(_kind(connection), "work inside `with transaction.atomic():`")
    return Grip(_kind(connection), connection.vendor, by_cursor(connection.cursor, "format"))


def _of_sqlalchemy(connection: Any) -> Grip | None:
    from sqlalchemy.engine import Connection  # noqa: PLC0415 - only for those who hand in one
    from sqlalchemy.orm import Session, scoped_session  # noqa: PLC0415

    kind = _kind(connection)
    if isinstance(connection, scoped_session):
        connection = connection()
    if isinstance(connection, Session):
        return Grip(kind, connection.get_bind().dialect.name, _by_session(connection, kind))
    if isinstance(connection, Connection):
        _refuse_autocommit(connection, kind)
        return Grip(kind, connection.dialect.name, by_sqlalchemy(connection))
    return _of_async_sqlalchemy(connection, kind) if "sqlalchemy.ext.asyncio" in sys.modules else None


def _of_async_sqlalchemy(connection: Any, kind: str) -> Grip | None:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session  # noqa: PLC0415

    if isinstance(connection, async_scoped_session):
        connection = connection()
    if isinstance(connection, AsyncSession):
        dialect = connection.get_bind().dialect
        return Grip(kind, dialect.name, _by_async_session(connection, kind), asynchronous=True)
    if isinstance(connection, AsyncConnection):
        _refuse_autocommit(connection.sync_connection, kind)
        return Grip(kind, connection.dialect.name, by_async_sqlalchemy(connection), asynchronous=True)
    return None


def _refuse_autocommit(connection: Any, kind: str) -> None:
    level = connection.get_execution_options().get("isolation_level")
    if level is None:
        level = getattr(connection.dialect, "_on_connect_isolation_level", None)
    if level == "AUTOCOMMIT":
        raise AutocommitError(kind, "use an engine of another isolation level")


_LIBRARIES: Final[dict[str, Callable[[Any], Grip | None]]] = {
    "sqlite3": _of_sqlite3, "psycopg": _of_psycopg, "django": _of_django, "sqlalchemy": _of_sqlalchemy
}  # fmt: skip


# -- how statements are carried out


def by_cursor(cursor_of: Callable[[], Any], style: Style) -> Callable[[Statement], Any]:
    """Carry out statements as the DB-API has it."""

    def execute(statement: Statement) -> Any:
        cursor = cursor_of()
        try:
            if isinstance(statement, ChangeMany):
                cursor.executemany(in_style(statement.text, style), [tuple(values) for values in statement.values])
                return None
            cursor.execute(in_style(statement.text, style), tuple(statement.values))
            return cursor.fetchall() if isinstance(statement, Select) else cursor.rowcount
        finally:
            cursor.close()

    return execute


def _sqlalchemy_arguments(statement: Statement, style: Style) -> tuple[str, Any]:
    text = in_style(statement.text, style)
    if isinstance(statement, ChangeMany):
        return text, [tuple(values) for values in statement.values]
    return text, tuple(statement.values)


def by_sqlalchemy(connection: Any) -> Callable[[Statement], Any]:
    """Carry out statements on a Connection of SQLAlchemy's, by whatever driver it has."""
    style = _STYLES[connection.dialect.paramstyle]

    def execute(statement: Statement) -> Any:
        if isinstance(statement, ChangeMany) and not statement.values:
            return None
        result = connection.exec_driver_sql(*_sqlalchemy_arguments(statement, style))
        return result.fetchall() if isinstance(statement, Select) else result.rowcount

    return execute


def by_async_sqlalchemy(connection: Any) -> Callable[[Statement], Awaitable[Any]]:
    """Carry out statements on an AsyncConnection of SQLAlchemy's, by whatever driver it has."""
    style = _STYLES[connection.dialect.paramstyle]

    async def execute(statement: Statement) -> Any:
        if isinstance(statement, ChangeMany) and not statement.values:
            return None
        result = await connection.exec_driver_sql(*_sqlalchemy_arguments(statement, style))
        return result.fetchall() if isinstance(statement, Select) else result.rowcount

    return execute


def _by_session(session: Any, kind: str) -> Callable[[Statement], Any]:
    """Ask the session for its connection each time: it has one only once it is used, and another after a commit."""

    def execute(statement: Statement) -> Any:
        connection = session.connection()
        _refuse_autocommit(connection, kind)
        return by_sqlalchemy(connection)(statement)

    return execute


def _by_async_session(session: Any, kind: str) -> Callable[[Statement], Awaitable[Any]]:
    async def execute(statement: Statement) -> Any:
        connection = await session.connection()
        _refuse_autocommit(connection.sync_connection, kind)
        return await by_async_sqlalchemy(connection)(statement)

    return execute
