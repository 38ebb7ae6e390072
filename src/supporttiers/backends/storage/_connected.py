"""What stores share that ask a database over connections, their own or the host's: to try again, and to fail."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Never, TypeVar

from supporttiers.backends.storage._methods import Methods
from supporttiers.backends.storage._procedures import Procedures
from supporttiers.backends.storage._statements import Mode, Procedure, Work
from supporttiers.clock import IdFactory
from supporttiers.errors import InputError, StoreError
from supporttiers.schema import DIALECTS, Names

# What stands here is known by duck typing: the libraries are imported by the stores that need them.
# ruff: noqa: ANN401

T = TypeVar("T")

_ROLLED_BACK: Final = ("40001", "40P01")
_LOST: Final = ("08", "57")
_TRIES: Final = 5
_LOCK_TIMEOUT: Final = "55P03"
FORGOTTEN: Final = "is a transaction of your own left open, or was .on(connection) forgotten?"
"""What to ask whoever has waited too long for another's write."""

ISOLATION: Final[Mapping[Mode, str]] = {
    "snapshot": "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "tables": "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
}
"""
What is said first in a transaction on PostgreSQL, whatever the database's own default is.

One that reads sees one state; one that makes tables sees what those have made for whom it has waited.
"""


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


class Connected(Methods):
    """What all of them share. No table is made unless asked for."""

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
        cause, state = _driver_error(error), _state_of(error)
        lost, busy = self._is_lost(error), "database is locked" in str(cause) or state == _LOCK_TIMEOUT
        hint = f"; {FORGOTTEN}" if busy else ""
        if lost and work.mode in {"write", "once"}:
            hint = "; whether it was written is not known: read again, or repeat it with its idempotency key"
        retryable = lost or busy or state in _ROLLED_BACK
        raise StoreError(self.name, f"could not {work.doing}: {said(cause)}{hint}", retryable=retryable) from error


def _driver_error(error: Exception) -> BaseException:
    """Give what the driver raised, out of what SQLAlchemy or Django has made of it; psycopg's own has a SQLSTATE."""
    return error if hasattr(error, "sqlstate") else getattr(error, "orig", None) or error.__cause__ or error


def said(cause: BaseException) -> str:
    """Give what the database said, but nothing that may show a value, as SQLite does of a text that is damaged."""
    text = str(cause).partition(" with text ")[0].strip().partition("\n")[0]
    for each in (cause, cause.__cause__):  # the latter where SQLAlchemy has translated it, as of asyncpg
        if any(kind.__name__ == "DataError" for kind in type(each).__mro__):
            return type(each).__name__
    return type(cause).__name__ if "DataError" in text or not text else text


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


class Blocking(Connected):
    """A store whose methods give the answer."""

    def schema_version(self) -> int:
        """Say which version of the tables is there; 0 where there are none."""
        return self._try(self._versions())[0]

    def upgrade(self) -> int:
        """Make the tables, or bring them up to date; give the version that was there."""
        return self._try(self._upgrading())

    def _do(self, work: Work[T]) -> T:
        if not self._sql.tables.seen:
            self._try(self._looking())
        return self._try(work)

    def _try(self, work: Work[T]) -> T:
        tried = 0
        while True:
            tried += 1
            try:
                return self._within(work)
            except self._failures as error:
                if not self._again(work, error, tried):
                    self._fail(work, error)

    @abstractmethod
    def _within(self, work: Work[T]) -> T:
        """Do it on a connection, in a transaction if it needs one."""


class Awaited(Connected):
    """A store whose methods are awaited."""

    asynchronous: ClassVar[bool] = True

    async def schema_version(self) -> int:
        """Say which version of the tables is there; 0 where there are none."""
        return (await self._try(self._versions()))[0]

    async def upgrade(self) -> int:
        """Make the tables, or bring them up to date; give the version that was there."""
        return await self._try(self._upgrading())

    async def _do(self, work: Work[T]) -> T:
        if not self._sql.tables.seen:
            await self._try(self._looking())
        return await self._try(work)

    async def _try(self, work: Work[T]) -> T:
        tried = 0
        while True:
            tried += 1
            try:
                return await self._within(work)
            except self._failures as error:
                if not self._again(work, error, tried):
                    self._fail(work, error)

    @abstractmethod
    async def _within(self, work: Work[T]) -> T:
        """Do it on a connection, in a transaction if it needs one."""
