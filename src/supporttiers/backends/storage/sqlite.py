"""A store in one SQLite file: the embedded default. Safe to use from several threads and several processes."""

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Self, TypeVar

from supporttiers._codec import (
    decode_agent,
    decode_case,
    digest,
    encode_agent,
    encode_event,
    instant_at,
    micros_of,
    verify_chain,
)
from supporttiers.actors import Agent
from supporttiers.backends.storage import _sqlite_rows as rows
from supporttiers.backends.storage._pages import (
    Cursor,
    checked_group,
    checked_limit,
    cursor_after,
    cursor_of,
    order_of,
)
from supporttiers.backends.storage._sqlite_redaction import redact
from supporttiers.backends.storage._sqlite_find import condition_of, selects
from supporttiers.backends.storage._sqlite_rows import Row
from supporttiers.cases import Case
from supporttiers.clock import IdFactory
from supporttiers.errors import StoreError
from supporttiers.events import (
    CaseLinked,
    CaseMerged,
    CaseUnlinked,
    Event,
    VendorDispatched,
    VendorTicketUpdated,
)
from supporttiers.match import Match
from supporttiers.protocols import Commit, DueCase, Loaded, Message, OpenTicket, Settled, Workload
from supporttiers.reasons import Reason
from supporttiers.schema import VERSION, check_version, statements

T = TypeVar("T")
_Values = Sequence[object]

BUSY_AFTER: Final = 30.0
"""How many seconds a write waits for the writes of others."""

_FAILURES: Final = (sqlite3.Error, UnicodeError)  # the latter from a file that is damaged
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_WAL_ATTEMPTS: Final = 100
_STRICT_SINCE: Final = (3, 37)
_LINKING: Final = frozenset({CaseLinked, CaseUnlinked, CaseMerged})
_TICKETING: Final = frozenset({VendorDispatched, VendorTicketUpdated})
_fork_lock: Final = threading.Lock()


class SqliteStore:
    """
    Keeps cases in one SQLite file, made at its first use; nothing is opened before.

    >>> SqliteStore.from_url("sqlite:///support.db").name
    'sqlite'

    .. versionadded:: 0.1.0
    """

    name: Final = "sqlite"

    def __init__(self, path: str | os.PathLike[str], *, ids: IdFactory | None = None) -> None:
        """
        Name the file.

        Args:
            path: Where it is, or shall be; its directory has to exist.
            ids: Makes the salts of private parts.
        """
        self._path: Final = os.fspath(path)
        self._ids: Final = ids or IdFactory()
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._connection: sqlite3.Connection | None = None
        self._inherited: list[object] = []

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

    # -- one case

    def load(self, tenant: str, case_id: str, /, *, key: str | None = None) -> Loaded:
        """Read a case, and the use of an idempotency key, in one statement."""
        if key is None:
            found = self._read("load a case", rows.LOAD, (tenant, case_id))
            return Loaded(case=decode_case(found[0][0]) if found else None)
        ((body, *used),) = self._read("load a case", rows.LOAD_WITH_KEY, (tenant, case_id, key))
        return Loaded(case=None if body is None else decode_case(body), used=rows.key_use_of(tuple(used)))

    def load_many(self, tenant: str, case_ids: Sequence[str], /) -> Mapping[str, Case]:
        """Read several cases; those that do not exist are left out."""
        wanted = json.dumps(list(case_ids), ensure_ascii=False)
        found = self._read("load cases", rows.LOAD_MANY, (tenant, wanted))
        return {case_id: decode_case(body) for case_id, body in found}

    def history(self, tenant: str, case_id: str, /, *, after: int = 0) -> Sequence[Event]:
        """Read the events of a case above a version, in order, `recorded_at` included."""
        found = self._read("read a history", rows.HISTORY, (tenant, case_id, after))
        return [rows.event_of(row) for row in found]

    def verify(self, tenant: str, case_id: str, /) -> tuple[Reason, ...]:
        """Check a history, its digests, and the case made of it; empty means sound."""
        who = tenant, case_id
        found, stored = self._read_all("verify a history", [(rows.RECORDS, who), (rows.STORED, who)])
        records = [rows.record_of(row) for row in found]
        if not stored:
            return verify_chain(records, None, None)
        version, head, body = stored[0]
        try:
            case = decode_case(body)
        except StoreError as error:
            unreadable = Reason("verify.unreadable", {"version": version, "problem": error.problem})
            return (*verify_chain(records, head, None), unreadable)
        return verify_chain(records, head, case)

    # -- writing

    def commit(self, commits: Sequence[Commit], /) -> Sequence[bool]:
        """Write decisions in one transaction, each all or nothing; see `CaseStore.commit`."""
        return self._write("commit", lambda connection: [self._commit(connection, commit) for commit in commits])

    def _commit(self, connection: sqlite3.Connection, commit: Commit) -> bool:
        """Look first and write then, so that nothing of a loser is written; nobody else writes meanwhile."""
        who = commit.tenant, commit.case.id
        version, head = connection.execute(rows.FIND_HEAD, who).fetchone() or (0, "")
        if version != commit.previous or not _use_key(connection, commit):
            return False
        events = self._event_rows(commit, head)
        connection.executemany(rows.INSERT_EVENT, events)
        statement = rows.UPDATE_CASE if version else rows.INSERT_CASE
        connection.execute(statement, rows.case_row(commit, events[-1][-1] if events else head))
        _write_beside(connection, commit)
        redact(connection, commit)
        return True

    def _event_rows(self, commit: Commit, head: str) -> list[Row]:
        tenant, case_id, recorded_at = commit.tenant, commit.case.id, micros_of(commit.recorded_at)
        made: list[Row] = []
        for event in commit.events:
            name, schema, public, private = encode_event(event)
            salt = self._ids.salt() if private else b""
            head = digest(head, public, salt, private)
            at = micros_of(event.at)
            made.append((tenant, case_id, event.version, name, schema, at, recorded_at, public, private, salt, head))
        return made

    def settle(self, settled: Settled, /) -> None:
        """Write down what became of a message; one that is no longer pending stays as it is."""
        self._write("settle a message", lambda connection: connection.execute(rows.SETTLE, rows.settled_row(settled)))

    # -- many cases

    def find(
        self, tenant: str, match: Match, /, *, order: str = "id", after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Case], str | None]:
        """Read cases that meet a condition, a page at a time; see `CaseStore.find`."""
        by, limit = order_of(order), checked_limit(limit)
        end = None if after is None else cursor_of(by, after)
        parts = self._read_all("find cases", selects(tenant, match, by, end, limit + 1))
        found = [row for part in parts for row in part]
        cases = [decode_case(body) for _, _, body in found[:limit]]
        if len(found) <= limit:
            return cases, None
        value, case_id, _ = found[limit - 1]
        return cases, cursor_after(by, Cursor(value, case_id))

    def counts(self, tenant: str, match: Match, /, *, by: str) -> Mapping[str | int | None, int]:
        """Count cases that meet a condition by the values of one field."""
        field = checked_group(by)
        text, values = condition_of(match)
        what = f"SELECT {field}, count(*) FROM supporttiers_case WHERE tenant = ? AND {text} GROUP BY 1"  # noqa: S608
        return dict(self._read("count cases", what, [tenant, *values]))

    def incoming(
        self, tenant: str, case_id: str, /, *, kind: str | None = None, after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> Sequence[tuple[str, str]]:  # fmt: skip
        """Read (kind, case id) of the cases that link to a case, a page at a time; see `CaseStore.incoming`."""
        page = (*(after or ("", "")), -1 if limit is None else limit)
        if kind is None:
            return self._read("read links", rows.INCOMING, (tenant, case_id, *page))
        return self._read("read links", rows.INCOMING_OF_KIND, (tenant, case_id, kind, *page))

    def workload(self, tenant: str, agents: Sequence[str], /) -> Mapping[str, Workload]:
        """Count what agents have on their desks; each that is asked for is in the answer."""
        wanted = tenant, json.dumps(list(agents), ensure_ascii=False)
        held, given = self._read_all("count work", [(rows.WORKLOAD, wanted), (rows.ASSIGNED, wanted)])
        return rows.workloads_of(held, given)

    # -- the worker's questions

    def due(self, now: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[DueCase]:
        """Read the cases whose wake-up is at or before *now*, the earliest first."""
        statement, theirs = rows.of_tenant(rows.DUE, tenant)
        found = self._read("look for what is due", statement, [micros_of(now), *theirs, limit])
        return [DueCase(case=decode_case(body), wakes_at=instant_at(wakes_at)) for wakes_at, body in found]

    def next_wake(self, /, *, tenant: str | None = None) -> datetime | None:
        """Give the earliest wake-up of all cases."""
        statement, theirs = rows.of_tenant(rows.NEXT_WAKE, tenant)
        found = self._read("look for what is next", statement, theirs)
        return instant_at(found[0][0]) if found else None

    def pending(self, now: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[Message]:
        """
        Read the messages to be carried out, in the order in which they were caused.

        While a message waits to be tried again, later ones of its case to the same target wait with it. One that is
        held to working time, and was never tried, holds back nothing but itself.
        """
        statement, theirs = rows.of_tenant(rows.PENDING, tenant)
        at = micros_of(now)
        found = self._read("read the outbox", statement, [at, *theirs, at, limit])
        return [rows.message_of(row) for row in found]

    def open_tickets(self, asked_before: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[OpenTicket]:
        """Read vendor tickets that have a remote id, are not finished, and were not asked about since an instant."""
        statement, theirs = rows.of_tenant(rows.OPEN_TICKETS, tenant)
        found = self._read("look for open tickets", statement, [micros_of(asked_before), *theirs, limit])
        return [rows.ticket_of(row) for row in found]

    def asked(self, tickets: Sequence[OpenTicket], at: datetime, /) -> None:
        """Write down that vendors were asked about tickets."""
        values = [(micros_of(at), ticket.tenant, ticket.case_id, ticket.key) for ticket in tickets]
        self._write("note questions", lambda connection: connection.executemany(rows.ASKED, values))

    # -- processes and keys

    def put_process(self, name: str, revision: str, body: str, at: datetime, /) -> None:
        """Keep a revision of a process; one that is there already stays."""
        values = (name, revision, body, micros_of(at))
        self._write("keep a process", lambda connection: connection.execute(rows.PUT_PROCESS, values))

    def process_kept_at(self, name: str, revision: str, /) -> datetime | None:
        """Say when a revision of a process was first kept; None where it was not."""
        found = self._read("read a process", rows.PROCESS_KEPT_AT, (name, revision))
        return instant_at(found[0][0]) if found else None

    def wake_followers(self, name: str, revision: str, at: datetime, /) -> int:
        """Enqueue what has to follow another revision of its process's limits; give how many."""
        values = (micros_of(at), name, name, name, revision, micros_of(at))
        return self._write("wake cases", lambda connection: connection.execute(rows.WAKE_FOLLOWERS, values).rowcount)

    def get_process(self, name: str, revision: str, /) -> str | None:
        """Read a revision of a process."""
        found = self._read("read a process", rows.GET_PROCESS, (name, revision))
        return found[0][0] if found else None

    # -- people

    def put_agent(self, tenant: str, agent: Agent, /) -> None:
        """Keep an agent, in place of the one of the same id."""
        values = tenant, agent.id, encode_agent(agent)
        self._write("keep an agent", lambda connection: connection.execute(rows.PUT_AGENT, values))

    def remove_agent(self, tenant: str, agent_id: str, /) -> bool:
        """Forget an agent; say whether there was one."""
        who = tenant, agent_id
        gone = self._write("forget an agent", lambda connection: connection.execute(rows.REMOVE_AGENT, who).rowcount)
        return gone == 1

    def agents(self, tenant: str, /, *, ids: Sequence[str] | None = None) -> Sequence[Agent]:
        """Read agents, all of them or those of some ids, in the order of their ids."""
        if ids is None:
            found = self._read("read agents", rows.AGENTS, (tenant,))
        else:
            found = self._read("read agents", rows.SOME_AGENTS, (tenant, json.dumps(list(ids), ensure_ascii=False)))
        return [decode_agent(body) for (body,) in found]

    def forget_keys(self, before: datetime, /) -> int:
        """Free idempotency keys used before an instant; give their number."""
        values = (micros_of(before),)
        return self._write("forget keys", lambda connection: connection.execute(rows.FORGET_KEYS, values).rowcount)

    # -- the file

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        self._after_fork()
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def __del__(self) -> None:
        """Close the file of a store that nobody holds any more; a forked child leaves its parent's alone."""
        connection = getattr(self, "_connection", None)
        if connection is not None and self._pid == os.getpid():
            connection.close()

    def _read(self, doing: str, statement: str, values: _Values = ()) -> list[Row]:
        self._after_fork()
        with self._lock:
            try:
                return self._opened().execute(statement, values).fetchall()
            except _FAILURES as error:
                raise self._failed(doing, error) from error

    def _read_all(self, doing: str, selects: Iterable[tuple[str, _Values]]) -> list[list[Row]]:
        """Read several times the same state of the file."""
        return self._transaction(
            doing, "BEGIN", lambda connection: [connection.execute(*select).fetchall() for select in selects]
        )

    def _write(self, doing: str, work: Callable[[sqlite3.Connection], T]) -> T:
        return self._transaction(doing, "BEGIN IMMEDIATE", work)

    def _transaction(self, doing: str, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
        self._after_fork()
        with self._lock:
            try:
                return _within(self._opened(), begin, work)
            except _FAILURES as error:
                raise self._failed(doing, error) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _open(self._path)
        return self._connection

    def _after_fork(self) -> None:
        """Let a forked child open its own connection: SQLite's locks belong to the process that took them."""
        if self._pid != os.getpid():
            with _fork_lock:
                if self._pid != os.getpid():
                    self._inherited.append(self._connection)  # not even to be closed here
                    self._connection, self._lock, self._pid = None, threading.Lock(), os.getpid()

    def _failed(self, doing: str, error: Exception) -> StoreError:
        busy = _is_busy(error)
        hint = (
            f"; another connection has been writing for {BUSY_AFTER:.0f} seconds: "
            "is a transaction of your own left open?"
        )
        text = type(error).__name__ if isinstance(error, UnicodeError) else str(error)
        problem = f"could not {doing} in {self._path}: {text}{hint if busy else ''}"
        return StoreError(self.name, problem, retryable=busy)


# -- opening


def _open(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_AFTER, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted must not stay in the file
        if _version(connection) != VERSION:
            _within(connection, "BEGIN IMMEDIATE", _migrate)
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


def _version(connection: sqlite3.Connection) -> int:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'supporttiers_version'").fetchone():
        return 0
    version: int = connection.execute("SELECT version FROM supporttiers_version").fetchone()[0]
    check_version(SqliteStore.name, version)
    return version


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date; another process may just have done so."""
    for statement in statements("sqlite", since=_version(connection)):
        connection.execute(_understood(statement, sqlite3.sqlite_version_info))


def _understood(statement: str, release: tuple[int, ...]) -> str:
    """Leave out what an old SQLite does not know."""
    if release >= _STRICT_SINCE:
        return statement
    return statement.replace(") STRICT, WITHOUT ROWID", ") WITHOUT ROWID").removesuffix(" STRICT")


def _within(connection: sqlite3.Connection, begin: str, work: Callable[[sqlite3.Connection], T]) -> T:
    """Work inside a transaction; whatever goes wrong takes all of it back."""
    connection.execute(begin)
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors have ended it already
            connection.execute("ROLLBACK")
        raise
    return result


# -- what a commit writes besides


def _use_key(connection: sqlite3.Connection, commit: Commit) -> bool:
    if commit.used is None:
        return True
    return connection.execute(rows.USE_KEY, rows.key_row(commit.tenant, commit.used)).rowcount == 1


def _write_beside(connection: sqlite3.Connection, commit: Commit) -> None:
    if commit.messages:
        connection.executemany(rows.INSERT_MESSAGE, map(rows.message_row, commit.messages))
    if commit.settled is not None:
        connection.execute(rows.SETTLE, rows.settled_row(commit.settled))
    kinds = {type(event) for event in commit.events}
    if kinds & _LINKING:
        connection.execute(rows.FORGET_LINKS, (commit.tenant, commit.case.id))
        connection.executemany(rows.INSERT_LINK, rows.link_rows(commit))
    if kinds & _TICKETING:
        connection.executemany(rows.PUT_TICKET, rows.ticket_rows(commit))
