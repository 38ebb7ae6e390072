"""A store in one SQLite file: the embedded default. Safe to use from several threads and several processes."""

import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Generic, Self, TypeVar
from weakref import WeakSet

from supporttiers.backends.storage._connected import FORGOTTEN, said
from supporttiers.backends.storage._methods import Methods
from supporttiers.backends.storage._sqlite_procedures import SqliteProcedures
from supporttiers.backends.storage._statements import ChangeMany, Select, Statement, Work, run
from supporttiers.clock import IdFactory
from supporttiers.errors import StoreError
from supporttiers.schema import VERSION, Names, check_version

T = TypeVar("T")

BUSY_AFTER: Final = 30.0
"""How many seconds a write waits for the writes of others."""

_FAILURES: Final = (sqlite3.Error, UnicodeError)  # the latter from a file that is damaged
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_NO_FILES: Final = ("", ":memory:")  # to SQLite these are databases of a connection's own
_WAL_ATTEMPTS: Final = 100
_STRICT_SINCE: Final = (3, 37)
_FORKS_AFTER: Final = 5.0
_fork_lock: Final = threading.Lock()
_stores: "Final[WeakSet[SqliteStore]]" = WeakSet()


class SqliteStore(Methods):
    """
    Keeps cases in one SQLite file, made at its first use; nothing is opened before.

    Threads that write at the same time share a flush of the disk: whoever has the file's one place of a writer writes
    for all who wait, each within a savepoint of its own, and commits once.

    >>> SqliteStore.from_url("sqlite:///support.db").name
    'sqlite'

    .. versionadded:: 0.1.0
    """

    name: Final = "sqlite"
    capabilities: Final = frozenset({"durable", "digests", "joins", "schema"})

    def __init__(
        self, path: str | os.PathLike[str], *, ids: IdFactory | None = None, prefix: str = "supporttiers_"
    ) -> None:
        """
        Name the file.

        Args:
            path: Where it is, or shall be; its directory has to exist.
            ids: Makes the salts of private parts.
            prefix: What the names of the tables begin with.

        Raises:
            StoreError: It is no file.
            InputError: The prefix is no name.
        """
        self._path: Final = os.fspath(path)
        if self._path in _NO_FILES:
            problem = (
                f"{self._path!r} is no file: each connection would have a database of its own; possible are the path "
                "of a file, and store='memory:'"
            )
            raise StoreError(self.name, problem, retryable=False)
        self._sql: SqliteProcedures = SqliteProcedures(Names(prefix), ids or IdFactory())
        self._writer = _Writer()
        self._opening = threading.Lock()
        self._reading = threading.Lock()
        self._pid = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._inherited: list[object] = []
        self._stands_still = False
        _stores.add(self)

    @classmethod
    def from_url(cls, url: str) -> Self:
        """
        Read a URL: `sqlite:///relative.db`, `sqlite:////absolute.db`.

        Raises:
            StoreError: It names no file.
        """
        path = url.removeprefix("sqlite:///")
        if path == url or not path:
            problem = "its URL names no file; possible are sqlite:///relative.db and sqlite:////absolute.db"
            raise StoreError(cls.name, problem, retryable=False)
        if "?" in path:
            problem = "its URL carries options after '?', and none are understood; name the file alone"
            raise StoreError(cls.name, problem, retryable=False)
        return cls(path)

    # -- the tables

    def schema_version(self) -> int:
        """Say which version of the tables is in the file; 0 where there is none. Nothing is made."""
        if not os.path.exists(self._path):  # noqa: PTH110 - a path or a text
            return 0
        connection = sqlite3.connect(self._path, timeout=BUSY_AFTER, isolation_level=None)
        try:
            return run(self._sql.version(), _on(connection))[0]
        except _FAILURES as error:
            raise self._failed("read the version of the tables", error) from error
        finally:
            connection.close()

    def upgrade(self) -> int:
        """Make the tables, or bring them up to date, as the first use does; give the version that was there."""
        before = self.schema_version()
        self._do(Work("bring the tables up to date", self._sql.check, "snapshot"))
        return before

    def on(self, connection: Any, /) -> Methods:  # noqa: ANN401 - many libraries' connections
        """Give a store that works in the transaction of a connection; see `JoiningStore.on`."""
        from supporttiers.backends.storage._joined import joined  # noqa: PLC0415 - only who joins needs it

        return joined(connection, self._sql)

    # -- the file

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        self._after_fork()
        with self._reading, self._writer.alone():
            self._let_go()
            self._connection = self._reader = None

    def __del__(self, *, getpid: Callable[[], int] = os.getpid) -> None:  # at exit, modules go before objects do
        """Close the file of a store that nobody holds any more; a forked child leaves its parent's alone."""
        if getattr(self, "_pid", None) == getpid():
            self._let_go()

    def _let_go(self) -> None:
        for connection in (self._connection, self._reader):
            if connection is not None:
                connection.close()

    def _do(self, work: Work[T]) -> T:
        self._after_fork()
        try:
            if work.mode in {"write", "once"}:
                return self._writer.do(work, self._opened)
            return self._read(work)
        except _FAILURES as error:
            raise self._failed(work.doing, error) from error

    def _read(self, work: Work[T]) -> T:
        """Read by the writer's connection, which has the pages at hand; while it writes, by one of its own."""
        if self._writer.take_if_idle():
            try:
                return _reading(self._opened(), work)
            finally:
                self._writer.give_back()
        with self._reading:
            self._opened()  # makes the tables, the first time
            if self._reader is None:
                self._reader = _connected(self._path)
            return _reading(self._reader, work)

    def _opened(self) -> sqlite3.Connection:
        with self._opening:
            if self._connection is None:
                self._connection = _open(self._path, self._sql)
            return self._connection

    def _after_fork(self) -> None:
        """Let a forked child open its own connections: SQLite's locks belong to the process that took them."""
        if self._pid != os.getpid():
            with _fork_lock:
                if self._pid != os.getpid():
                    self._inherited += [self._connection, self._reader]  # not even to be closed here
                    self._connection = self._reader = None
                    self._writer = _Writer()
                    self._reading, self._opening = threading.Lock(), threading.Lock()
                    self._pid = os.getpid()

    def before_fork(self) -> None:
        """
        Close the file while a process is forked, once nobody is at work on it.

        What SQLite knows of its locks would be inherited, but not the locks: a child would wait for ever for a write
        that is its parent's, and write on into a log that its parent has deleted when it closed the file.
        """
        self._after_fork()
        self._stands_still = self._writer.is_not_mine() and self._reading.acquire(timeout=_FORKS_AFTER)
        if self._stands_still and not self._writer.alone().acquire(timeout=_FORKS_AFTER):
            self._reading.release()
            self._stands_still = False
        if self._stands_still:
            self._let_go()
            self._connection = self._reader = None

    def after_fork(self) -> None:
        """Let the parent go on; a child makes locks of its own."""
        if self._stands_still:
            self._writer.give_back()
            self._reading.release()

    def _failed(self, doing: str, error: Exception) -> StoreError:
        busy = _is_busy(error)
        hint = f"; another connection has been writing for {BUSY_AFTER:.0f} seconds: {FORGOTTEN}"
        text = type(error).__name__ if isinstance(error, UnicodeError) else said(error)
        problem = f"could not {doing} in {self._path}: {text}{hint if busy else ''}"
        return StoreError(self.name, problem, retryable=busy)


def _before_fork() -> None:
    for store in list(_stores):
        store.before_fork()


def _after_fork() -> None:
    for store in list(_stores):
        store.after_fork()


_at_fork: Final[Callable[..., object]] = getattr(os, "register_at_fork", dict)  # Windows, which does not fork, has none
_at_fork(before=_before_fork, after_in_parent=_after_fork)


# -- reading


def _reading(connection: sqlite3.Connection, work: Work[T]) -> T:
    if work.mode == "read":
        return run(work.procedure(), _on(connection))
    return _within(connection, "BEGIN", lambda: run(work.procedure(), _on(connection)))


def _on(connection: sqlite3.Connection) -> Callable[[Statement], Any]:
    def execute(statement: Statement) -> Any:  # noqa: ANN401 - rows or a number
        if isinstance(statement, ChangeMany):
            return connection.executemany(statement.text, statement.values)
        cursor = connection.execute(statement.text, statement.values)
        return cursor.fetchall() if isinstance(statement, Select) else cursor.rowcount

    return execute


# -- writing


class _Job(Generic[T]):
    """What a thread wants to be written, and what came of it."""

    def __init__(self, work: Work[T]) -> None:
        self.work: Final = work
        self.done = False
        self.result: T | None = None
        self.error: BaseException | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        self.error = None  # of an earlier try
        self.result = run(self.work.procedure(), _on(connection))

    def end(self) -> None:
        self.done = True

    def answer(self) -> T:
        if self.error is not None:
            raise self.error
        return self.result  # type: ignore[return-value] # what is done without an error has a result


class _Writer:
    """The one place of a writer. Who has it writes for all who wait for it, so that they share one flush."""

    def __init__(self) -> None:
        self._place = threading.Lock()
        self._holder: int | None = None
        self._waiting: deque[_Job[Any]] = deque()

    def alone(self) -> threading.Lock:
        """Give the place itself, for whoever writes nothing but must not be disturbed."""
        return self._place

    def is_not_mine(self) -> bool:
        """Whether the place is not this thread's own, which could not wait for itself."""
        return self._holder != threading.get_ident()

    def take_if_idle(self) -> bool:
        """Take the place if nobody has it or waits for it; whoever has taken it gives it back by `give_back`."""
        if not self._waiting and self._place.acquire(blocking=False):
            return True
        self._refuse_itself()
        return False

    def give_back(self) -> None:
        """Give back the place that was taken."""
        self._place.release()

    def do(self, work: Work[T], opened: Callable[[], sqlite3.Connection]) -> T:
        """Have something written, by this thread or by the one whose turn it is."""
        self._refuse_itself()
        job = _Job(work)
        self._waiting.append(job)
        with self._place:
            self._holder = threading.get_ident()
            try:
                if not job.done:
                    self._write_waiting(opened())
            finally:
                self._holder = None
                if not job.done:  # interrupted, or there is no file: the others try for themselves
                    with suppress(ValueError):
                        self._waiting.remove(job)
        return job.answer()

    def _refuse_itself(self) -> None:
        """Whoever decides inside a claim must not come back for more: it would wait for itself, for ever."""
        if not self.is_not_mine():
            raise StoreError(SqliteStore.name, "what decides must not use the store that asks it", retryable=False)

    def _write_waiting(self, connection: sqlite3.Connection) -> None:
        jobs = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            if len(jobs) > 1 and self._write_together(connection, jobs):
                return
            for job in jobs:
                self._write_alone(connection, job)
        finally:
            self._waiting.extendleft(job for job in reversed(jobs) if not job.done)

    def _write_alone(self, connection: sqlite3.Connection, job: _Job[Any]) -> None:
        try:
            _within(connection, "BEGIN IMMEDIATE", lambda: job.run(connection), job.end)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever wanted this written
            job.error = error
            job.end()

    def _write_together(self, connection: sqlite3.Connection, jobs: list[_Job[Any]]) -> bool:
        """Write all in one transaction; False, with nothing written, where that cannot be."""
        try:
            _within(connection, "BEGIN IMMEDIATE", lambda: self._save_all(connection, jobs), lambda: _end_all(jobs))
        except Exception:  # noqa: BLE001 - one has ended the transaction of all, or the disk is full; each hears alone
            return False
        return True

    def _save_all(self, connection: sqlite3.Connection, jobs: list[_Job[Any]]) -> None:
        for job in jobs:
            self._save(connection, job)

    def _save(self, connection: sqlite3.Connection, job: _Job[Any]) -> None:
        connection.execute("SAVEPOINT one")
        try:
            job.run(connection)
        except Exception as error:
            job.error = error
            if not connection.in_transaction:
                raise
            connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")


def _end_all(jobs: list[_Job[Any]]) -> None:
    for job in jobs:
        job.end()


def _within(
    connection: sqlite3.Connection, begin: str, work: Callable[[], T], written: Callable[[], object] = lambda: None
) -> T:
    """
    Work inside a transaction; whatever goes wrong takes all of it back.

    Python lets an interrupt wait until a statement has ended: one that comes with the COMMIT is raised when all is on
    the disk already. So *written* is called then, too, before the interrupt goes on.
    """
    connection.execute(begin)
    worked = False
    try:
        result = work()
        worked = True
        connection.execute("COMMIT")
        written()
    except BaseException as error:
        if connection.in_transaction:  # some errors have ended it already
            connection.execute("ROLLBACK")
        elif worked and not isinstance(error, Exception):
            written()
        raise
    return result


# -- opening


def _connected(path: str) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=BUSY_AFTER, isolation_level=None, check_same_thread=False, cached_statements=256
    )


def _open(path: str, sql: SqliteProcedures) -> sqlite3.Connection:
    connection = _connected(path)
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted must not stay in the file
        version, oldest = run(sql.version(), _on(connection))
        check_version(SqliteStore.name, oldest)
        if version < VERSION:
            _within(connection, "BEGIN IMMEDIATE", lambda: _migrate(connection, sql))
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers never wait; when several processes make a file at once, SQLite refuses at once instead of waiting."""
    attempts = 0
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            attempts += 1
            if attempts == _WAL_ATTEMPTS or not _is_busy(error):
                raise
            connection.execute("BEGIN IMMEDIATE")  # waits for those who are just doing the same
            connection.execute("ROLLBACK")
        else:
            return


def _is_busy(error: Exception) -> bool:
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF in _BUSY


def _migrate(connection: sqlite3.Connection, sql: SqliteProcedures) -> None:
    """Bring the schema up to date; another process may just have done so."""
    version, _ = run(sql.version(), _on(connection))
    for statement in sql.statements(since=version):
        connection.execute(_understood(statement, sqlite3.sqlite_version_info))


def _understood(statement: str, release: tuple[int, ...]) -> str:
    """Leave out what an old SQLite does not know."""
    if release >= _STRICT_SINCE:
        return statement
    return statement.replace(") STRICT, WITHOUT ROWID", ") WITHOUT ROWID").removesuffix(" STRICT")
