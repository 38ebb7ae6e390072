"""Stores that work in a transaction of the caller's: they neither begin, commit, roll back nor retry."""

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar, Final, NamedTuple, TypeVar

import attrs

from supporttiers.backends.storage._methods import Methods
from supporttiers.backends.storage._procedures import Procedures
from supporttiers.backends.storage._statements import (
    Change,
    ChangeMany,
    Procedure,
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
_LOCKED: Final = (
    "supporttiers: was this transaction begun with BEGIN IMMEDIATE? One that has only read cannot write any more once "
    "another connection has written. Is another transaction of your own left open?"
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
        check: Refuses autocommit; asked anew each time, for a transaction may have ended.
        asynchronous: Whether it has to be awaited.
    """

    kind: str
    dialect: str
    execute: Callable[[Statement], Any]
    check: Callable[[], None]
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
    grip.check()
    if grip.dialect != sql.dialect:
        problem = f"it leads to {grip.dialect}, and this desk's store is {sql.dialect}"
        raise UnsupportedConnectionError(grip.kind, problem)
    return AsyncJoinedStore(sql.apart(), grip) if grip.asynchronous else JoinedStore(sql.apart(), grip)


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

    def _begun(self) -> Procedure[None]:
        """
        Begin to write, then look at the tables, unless that was done before.

        PostgreSQL's are looked at first: an error would make the caller's transaction useless.
        """
        if self.name != "sqlite":
            yield from self._looked()
        yield from self._sql.begin_writing()
        yield from self._looked()

    def _looked(self) -> Procedure[None]:
        if not self._sql.tables.seen:
            yield from self._sql.ready()

    def _whole(self, work: Work[T]) -> Procedure[T]:
        yield from self._begun() if work.mode in {"write", "once"} else self._looked()
        return (yield from work.procedure())


class JoinedStore(_Joined):
    """A store on a blocking connection of the caller's."""

    def begin_writing(self) -> None:
        """Make the transaction one that writes, before anything is read."""
        self._run(self._begun())

    def close(self) -> None:
        """Nothing: the connection is the caller's."""

    def _do(self, work: Work[T]) -> T:
        return self._run(self._whole(work))

    def _run(self, procedure: Procedure[T]) -> T:
        self._grip.check()
        try:
            return run(procedure, self._grip.execute)
        except Exception as error:
            if _is_missing_table(error):
                run(self._sql.ready(), self._grip.execute)
            _ask(error)
            raise


class AsyncJoinedStore(_Joined):
    """A store on a connection of the caller's that is awaited."""

    asynchronous: ClassVar[bool] = True

    async def begin_writing(self) -> None:
        """Make the transaction one that writes, before anything is read."""
        await self._run(self._begun())

    async def close(self) -> None:
        """Nothing: the connection is the caller's."""

    async def _do(self, work: Work[T]) -> T:
        return await self._run(self._whole(work))

    async def _run(self, procedure: Procedure[T]) -> T:
        self._grip.check()
        try:
            return await run_async(procedure, self._grip.execute)
        except Exception as error:
            if _is_missing_table(error):
                await run_async(self._sql.ready(), self._grip.execute)
            _ask(error)
            raise


def _is_missing_table(error: Exception) -> bool:
    """Whether SQLite has no table of ours; it can be asked more, for an error does not end its transaction."""
    return "no such table: " in str(error)


def _ask(error: Exception) -> None:
    """Put a question to SQLite's refusal of a writer; the error itself stays as it is."""
    if "database is locked" in str(error):
        error.add_note(_LOCKED)


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

    def check() -> None:
        begins_itself = connection.isolation_level is not None and getattr(connection, "autocommit", -1) is not True
        if not connection.in_transaction and not begins_itself:
            raise AutocommitError(_kind(connection), 'call connection.execute("BEGIN IMMEDIATE") first')

    return Grip(_kind(connection), "sqlite", _by_sqlite3(connection), check)


def _of_psycopg(connection: Any) -> Grip | None:
    import psycopg  # noqa: PLC0415 - only for those who hand in one

    from supporttiers.backends.storage.postgres import on_psycopg, on_psycopg_async  # noqa: PLC0415

    if not isinstance(connection, psycopg.Connection | psycopg.AsyncConnection):
        return None
    awaited = isinstance(connection, psycopg.AsyncConnection)

    def check() -> None:
        idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if connection.autocommit and idle:
            begin = "async with" if awaited else "with"
            raise AutocommitError(_kind(connection), f"work inside `{begin} connection.transaction():`")

    if isinstance(connection, psycopg.AsyncConnection):
        return Grip(_kind(connection), "postgresql", on_psycopg_async(connection), check, asynchronous=True)
    return Grip(_kind(connection), "postgresql", on_psycopg(connection), check)


def _of_django(connection: Any) -> Grip | None:
    from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: PLC0415 - only for those who hand in one
    from django.utils.connection import ConnectionProxy  # noqa: PLC0415

    if isinstance(connection, ConnectionProxy):  # django.db.connection
        connection = connection._connections[connection._alias]  # noqa: SLF001 - it has no other way
    if not isinstance(connection, BaseDatabaseWrapper):
        return None
    theirs = connection

    def check() -> None:
        if not theirs.in_atomic_block and theirs.get_autocommit():
            raise AutocommitError(_kind(theirs), "work inside `with transaction.atomic():`")

    return Grip(_kind(theirs), theirs.vendor, by_cursor(theirs.cursor, "format"), check)


def _of_sqlalchemy(connection: Any) -> Grip | None:
    from sqlalchemy.engine import Connection  # noqa: PLC0415 - only for those who hand in one
    from sqlalchemy.orm import Session, scoped_session  # noqa: PLC0415

    kind = _kind(connection)
    if isinstance(connection, scoped_session):
        connection = connection()
    if isinstance(connection, Session):
        return Grip(kind, _bound(connection, kind).dialect.name, _by_session(connection, kind), _nothing)
    if isinstance(connection, Connection):
        check = partial(_refuse_autocommit, connection, kind)
        return Grip(kind, connection.dialect.name, by_sqlalchemy(connection, kind), check)
    return _of_async_sqlalchemy(connection, kind) if "sqlalchemy.ext.asyncio" in sys.modules else None


def _nothing() -> None:
    """Nothing yet: a session says only once it is used which connection it has."""


def _bound(session: Any, kind: str) -> Any:
    from sqlalchemy.exc import UnboundExecutionError  # noqa: PLC0415 - only for those who hand in one

    try:
        return session.get_bind()
    except UnboundExecutionError as error:
        problem = "it is bound to no database, or to several; hand in its connection(bind_arguments=...)"
        raise UnsupportedConnectionError(kind, problem) from error


def _of_async_sqlalchemy(connection: Any, kind: str) -> Grip | None:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_scoped_session  # noqa: PLC0415

    if isinstance(connection, async_scoped_session):
        connection = connection()
    if isinstance(connection, AsyncSession):
        dialect = _bound(connection, kind).dialect
        return Grip(kind, dialect.name, _by_async_session(connection, kind), _nothing, asynchronous=True)
    if isinstance(connection, AsyncConnection):
        check = partial(_refuse_autocommit, connection.sync_connection, kind)
        return Grip(kind, connection.dialect.name, by_async_sqlalchemy(connection, kind), check, asynchronous=True)
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


def _by_sqlite3(connection: Any) -> Callable[[Statement], Any]:
    """Carry out statements on a connection of sqlite3's, whatever the host has made of rows and texts."""

    def plain_cursor() -> Any:
        cursor = connection.cursor()
        cursor.row_factory = None
        return cursor

    carry_out = by_cursor(plain_cursor, "qmark")

    def execute(statement: Statement) -> Any:
        theirs = connection.text_factory
        if theirs is str:
            return carry_out(statement)
        connection.text_factory = str
        try:
            return carry_out(statement)
        finally:
            connection.text_factory = theirs

    return execute


def _sqlalchemy_arguments(statement: Statement, style: Style) -> tuple[str, Any]:
    text = in_style(statement.text, style)
    if isinstance(statement, ChangeMany):
        return text, [tuple(values) for values in statement.values]
    return text, tuple(statement.values)


def _refuse_if_committed(driven: Any, dialect: str, statement: Statement, kind: str) -> None:
    """
    Refuse what SQLAlchemy takes for a transaction, and SQLite does not.

    That is when the engine was told by `connect_args` not to begin by itself, and nobody else does. The first statement
    that changes something is one that changes nothing: nothing is lost.
    """
    if dialect == "sqlite" and isinstance(statement, Change) and not getattr(driven, "in_transaction", True):
        raise AutocommitError(kind, 'call connection.exec_driver_sql("BEGIN IMMEDIATE") first')


def by_sqlalchemy(connection: Any, kind: str = "") -> Callable[[Statement], Any]:
    """Carry out statements on a Connection of SQLAlchemy's, by whatever driver it has."""
    style = _STYLES[connection.dialect.paramstyle]

    def execute(statement: Statement) -> Any:
        if isinstance(statement, ChangeMany) and not statement.values:
            return None
        result = connection.exec_driver_sql(*_sqlalchemy_arguments(statement, style))
        _refuse_if_committed(connection.connection.driver_connection, connection.dialect.name, statement, kind)
        return result.fetchall() if isinstance(statement, Select) else result.rowcount

    return execute


def by_async_sqlalchemy(connection: Any, kind: str = "") -> Callable[[Statement], Awaitable[Any]]:
    """Carry out statements on an AsyncConnection of SQLAlchemy's, by whatever driver it has."""
    style = _STYLES[connection.dialect.paramstyle]

    async def execute(statement: Statement) -> Any:
        if isinstance(statement, ChangeMany) and not statement.values:
            return None
        result = await connection.exec_driver_sql(*_sqlalchemy_arguments(statement, style))
        driven = connection.sync_connection.connection.driver_connection
        _refuse_if_committed(driven, connection.dialect.name, statement, kind)
        return result.fetchall() if isinstance(statement, Select) else result.rowcount

    return execute


def _by_session(session: Any, kind: str) -> Callable[[Statement], Any]:
    """Ask the session for its connection each time: it has one only once it is used, and another after a commit."""

    def execute(statement: Statement) -> Any:
        connection = session.connection()
        _refuse_autocommit(connection, kind)
        return by_sqlalchemy(connection, kind)(statement)

    return execute


def _by_async_session(session: Any, kind: str) -> Callable[[Statement], Awaitable[Any]]:
    async def execute(statement: Statement) -> Any:
        connection = await session.connection()
        _refuse_autocommit(connection.sync_connection, kind)
        return await by_async_sqlalchemy(connection, kind)(statement)

    return execute
