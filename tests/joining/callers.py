"""
Hosts that work on a database of their own, by every library that `desk.on` knows, each as the same `Caller`.

A caller begins a transaction, writes rows of its own beside the case, and commits or rolls back. What is awaited is
awaited on one loop in a thread, so that one text of a test serves all.
"""

import contextlib
import sqlite3
import sys
from typing import Any, ClassVar

import psycopg
import sqlalchemy
from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session, async_sessionmaker, create_async_engine
from tests.blocking import LOOP, BlockingDesk

from supporttiers.desk import SupportDesk

ORDERS = "CREATE TABLE orders (id varchar(40) PRIMARY KEY)"


class Base(orm.DeclarativeBase):
    """What is mapped here."""


class Order(Base):
    """A row of the host's."""

    __tablename__ = "orders"
    id: orm.Mapped[str] = orm.mapped_column(primary_key=True)


def insert(order: str) -> str:
    """Give the statement for a row of the host's."""
    return f"INSERT INTO orders (id) VALUES ('{order}')"


def driver_url(url: str, driver: str) -> str:
    """Give the URL of a database as SQLAlchemy has it."""
    return url.replace("postgresql://", f"postgresql+{driver}://", 1)


def engine_arguments(url: str, driver: str) -> tuple[str, dict[str, Any]]:
    """Give what SQLAlchemy needs for an engine: a URL, and what the driver has to be told beside it."""
    if not driver.endswith("asyncpg"):
        return driver_url(url, driver) if url.startswith("postgresql") else url.replace("sqlite:", f"{driver}:"), {}
    named = {"user": "user", "host": "host", "port": "port", "dbname": "database", "password": "password"}
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return "postgresql+asyncpg://", {"connect_args": {named[key]: parts[key] for key in parts if key in named}}


class Caller:
    """
    A host.

    Attributes:
        database: `sqlite` or `postgresql`.
        desk_class: The desk that can work on its connection.
        connection: What is handed to `desk.on`.
    """

    database: ClassVar[str]
    desk_class: ClassVar[Any] = SupportDesk
    connection: Any

    def __init__(self, url: str) -> None:
        """Connect."""
        self.url = url
        self.open()

    def open(self) -> None:
        """Connect."""
        raise NotImplementedError

    def begin(self) -> None:
        """Begin a transaction, where that does not happen by itself."""

    def run(self, statement: str) -> None:
        """Carry out a statement of the host's."""
        raise NotImplementedError

    def order(self, order: str) -> None:
        """Write a row of the host's."""
        self.run(insert(order))

    def commit(self) -> None:
        """Commit."""
        self.connection.commit()

    def rollback(self) -> None:
        """Roll back."""
        self.connection.rollback()

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()


# -- drivers


class Sqlite3(Caller):
    """sqlite3 as it comes: it begins by itself before the first write."""

    database = "sqlite"

    def open(self) -> None:
        self.connection = sqlite3.connect(self.url.removeprefix("sqlite:///"))

    def run(self, statement: str) -> None:
        self.connection.execute(statement)


class Sqlite3Immediate(Sqlite3):
    """sqlite3, told to begin nothing by itself; rows and texts are made into something else."""

    def open(self) -> None:
        path = self.url.removeprefix("sqlite:///")
        self.connection = sqlite3.connect(path, isolation_level=None, detect_types=sqlite3.PARSE_DECLTYPES)
        self.connection.row_factory = lambda cursor, row: {"all": row}
        self.connection.text_factory = bytes

    def begin(self) -> None:
        self.connection.execute("BEGIN IMMEDIATE")


class Sqlite3Standard(Sqlite3):
    """sqlite3 as PEP 249 has it, since Python 3.12: always in a transaction."""

    def open(self) -> None:
        self.connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), autocommit=False)


class Psycopg(Caller):
    """psycopg as it comes, with rows that are dicts."""

    database = "postgresql"

    def open(self) -> None:
        self.connection = psycopg.connect(self.url, row_factory=psycopg.rows.dict_row)

    def run(self, statement: str) -> None:
        self.connection.execute(statement)


class PsycopgRaw(Psycopg):
    """psycopg with cursors that know other marks than ours, and nothing prepared, as behind pgbouncer."""

    def open(self) -> None:
        self.connection = psycopg.connect(self.url, prepare_threshold=None)
        self.connection.cursor_factory = psycopg.RawCursor


class PsycopgBlock(Psycopg):
    """psycopg in autocommit mode, within a block."""

    def open(self) -> None:
        self.connection = psycopg.connect(self.url, autocommit=True)

    def begin(self) -> None:
        self.block = self.connection.transaction()
        self.block.__enter__()

    def commit(self) -> None:
        self.block.__exit__(None, None, None)

    def rollback(self) -> None:
        asked = psycopg.Rollback()
        self.block.__exit__(type(asked), asked, None)


class PsycopgPipeline(PsycopgBlock):
    """psycopg in pipeline mode, within a block."""

    def begin(self) -> None:
        self.pipeline = self.connection.pipeline()
        self.pipeline.__enter__()
        super().begin()

    def commit(self) -> None:
        super().commit()
        self.pipeline.__exit__(None, None, None)

    def rollback(self) -> None:
        super().rollback()
        self.pipeline.__exit__(None, None, None)


class PsycopgAsync(Caller):
    """psycopg, awaited."""

    database = "postgresql"
    desk_class = BlockingDesk

    def open(self) -> None:
        self.connection = LOOP.run(psycopg.AsyncConnection.connect(self.url))

    def run(self, statement: str) -> None:
        LOOP.run(self.connection.execute(statement))

    def commit(self) -> None:
        LOOP.run(self.connection.commit())

    def rollback(self) -> None:
        LOOP.run(self.connection.rollback())

    def close(self) -> None:
        LOOP.run(self.connection.close())


# -- SQLAlchemy


class SaConnection(Caller):
    """A Connection of SQLAlchemy's."""

    driver: ClassVar[str]

    def open(self) -> None:
        url, arguments = engine_arguments(self.url, self.driver)
        self.engine = sqlalchemy.create_engine(url, **arguments)
        self.connection = self.engine.connect()

    def run(self, statement: str) -> None:
        self.connection.execute(sqlalchemy.text(statement))

    def close(self) -> None:
        self.connection.close()
        self.engine.dispose()


class SaSession(SaConnection):
    """A Session of SQLAlchemy's; rows of the host's are written by the ORM."""

    def open(self) -> None:
        super().open()
        self.connection.close()
        self.connection = orm.Session(self.engine)

    def order(self, order: str) -> None:
        self.connection.add(Order(id=order))
        self.connection.flush()


class SaScopedSession(SaSession):
    """A scoped_session of SQLAlchemy's."""

    def open(self) -> None:
        super().open()
        self.connection = orm.scoped_session(orm.sessionmaker(self.engine))

    def close(self) -> None:
        self.connection.remove()
        self.engine.dispose()


class SaAsyncConnection(Caller):
    """An AsyncConnection of SQLAlchemy's."""

    driver: ClassVar[str]
    desk_class = BlockingDesk

    def open(self) -> None:
        url, arguments = engine_arguments(self.url, self.driver)
        self.engine = create_async_engine(url, **arguments)
        self.connection = LOOP.run(self.connect())

    async def connect(self) -> Any:
        """Give what is handed to the desk."""
        return await self.engine.connect()

    def run(self, statement: str) -> None:
        LOOP.run(self.connection.execute(sqlalchemy.text(statement)))

    def commit(self) -> None:
        LOOP.run(self.connection.commit())

    def rollback(self) -> None:
        LOOP.run(self.connection.rollback())

    def close(self) -> None:
        LOOP.run(self.connection.close())
        LOOP.run(self.engine.dispose())


class SaAsyncSession(SaAsyncConnection):
    """An AsyncSession of SQLAlchemy's; rows of the host's are written by the ORM."""

    async def connect(self) -> Any:
        return AsyncSession(self.engine)

    def order(self, order: str) -> None:
        self.connection.add(Order(id=order))
        LOOP.run(self.connection.flush())


class SaAsyncScopedSession(SaAsyncSession):
    """An async_scoped_session of SQLAlchemy's."""

    async def connect(self) -> Any:
        return async_scoped_session(async_sessionmaker(self.engine), scopefunc=lambda: "one")


def _with_driver(kind: type, driver: str) -> type:
    database = "sqlite" if driver.startswith("sqlite") else "postgresql"
    return type(f"{kind.__name__}[{driver}]", (kind,), {"driver": driver, "database": database})


CALLERS: list[type[Caller]] = [Sqlite3, Sqlite3Immediate, Psycopg, PsycopgRaw, PsycopgBlock, PsycopgPipeline]
if sys.version_info >= (3, 12):
    CALLERS.append(Sqlite3Standard)
CALLERS.append(PsycopgAsync)
CALLERS += [
    _with_driver(kind, driver)
    for kind in (SaConnection, SaSession, SaScopedSession)
    for driver in ("sqlite+pysqlite", "psycopg")
]
CALLERS += [
    _with_driver(kind, driver)
    for kind in (SaAsyncConnection, SaAsyncSession, SaAsyncScopedSession)
    for driver in ("sqlite+aiosqlite", "psycopg", "asyncpg")
]


# -- what others see


def run_apart(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Carry out a statement on a connection that nobody else uses."""
    if url.startswith("sqlite:"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(url, autocommit=True) as apart:
        cursor = apart.execute(statement)
        return cursor.fetchall() if cursor.description else []


def orders(url: str) -> set[str]:
    """Give the rows of the host's that have been committed."""
    return {order for (order,) in run_apart(url, "SELECT id FROM orders")}
