"""What only SQLite does in its own way: to write, to claim and to lease."""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

from supporttiers._codec import micros_of
from supporttiers.backends.storage import _rows as rows
from supporttiers.backends.storage._find import SqliteFinding
from supporttiers.backends.storage._procedures import Procedures
from supporttiers.backends.storage._redaction import redact
from supporttiers.backends.storage._rows import Row
from supporttiers.backends.storage._statements import Change, ChangeMany, Mode, Procedure, Select
from supporttiers.backends.storage._texts import SPARED, sqlite_texts
from supporttiers.clock import IdFactory
from supporttiers.events import (
    CaseLinked,
    CaseMerged,
    CaseUnlinked,
    VendorDispatched,
    VendorTicketUpdated,
    VendorTold,
    VendorWithdrawn,
)
from supporttiers.protocols import Commit, Decide, Message, Setback, Settled
from supporttiers.schema import Names, check_version

LINKING = frozenset({CaseLinked, CaseUnlinked, CaseMerged})
TICKETING = frozenset({VendorDispatched, VendorTicketUpdated, VendorTold, VendorWithdrawn})
_SPARED = tuple(map(rows.CASE_COLUMNS.index, SPARED))
_AND_UNPARK = "failures = 0", "failures = 0, parked = NULL, parked_at = NULL"


class SqliteProcedures(Procedures):
    """
    Procedures on SQLite; those that write need a transaction that nobody else writes beside.

    A tenant with a plus before it is looked at, but does not choose the index: what is due is rare.
    """

    dialect = "sqlite"
    TENANT = "AND +tenant = ?"

    def __init__(self, names: Names, ids: IdFactory) -> None:
        """Take the names of the tables, and who makes salts."""
        self._mine = sqlite_texts(names)
        super().__init__(self._mine, SqliteFinding(names), names)
        self._ids = ids
        self._updates: dict[tuple[int, ...], tuple[str, Callable[[Sequence[object]], Row]]] = {}

    def begin_writing(self) -> Procedure[None]:
        """Take the one place of a writer at once: a reader that begins to write later may be refused."""
        yield Change(self._mine.BEGIN_WRITING)

    def version(self) -> Procedure[tuple[int, int]]:
        """Give the version of the tables, and the oldest that may write to them; zeros where there are none."""
        if not (yield Select(self._mine.MADE)):
            return 0, 0
        if not (yield Select(self._mine.HAS_OLDEST)):
            ((version,),) = yield Select(self._mine.VERSION_ALONE)
            return version, version
        ((version, oldest),) = yield Select(self._mine.VERSION)
        return version, oldest

    def check(self) -> Procedure[None]:
        """Refuse tables that a newer release has closed to this one."""
        ((oldest,),) = yield Select(self._mine.OLDEST)
        check_version(self.dialect, oldest)

    # -- writing

    def mode_of(self, commits: Sequence[Commit]) -> Mode:  # noqa: ARG002 - of other databases' interest
        """Say that a commit needs a transaction: it looks first."""
        return "write"

    def commit(self, commits: Sequence[Commit]) -> Procedure[Sequence[bool]]:
        """Write decisions, each all or nothing; see `CaseStore.commit`."""
        yield from self.check()
        written = []
        for commit in commits:
            written.append((yield from self._commit(commit)))  # noqa: PERF401 - a comprehension cannot yield
        return written

    def _commit(self, commit: Commit, former: Row | None = None) -> Procedure[bool]:
        """
        Look first and write then, so that nothing of a loser is written; nobody else writes meanwhile.

        `former` is what FIND_HEAD would give, where that has been read already.
        """
        who = commit.tenant, commit.case.id
        if former is None:
            found = yield Select(self._mine.FIND_HEAD, who)
            former = found[0] if found else (0, "")
        version, head, *columns = former
        if version != commit.previous or not (yield from self._use_key(commit)):
            return False
        events = rows.event_rows(commit, head, self._ids)
        yield ChangeMany(self._mine.INSERT_EVENT, events)
        row = rows.case_row(commit, events[-1][-1] if events else head)
        if version:
            statement, picked = self._updating(columns, row)
            yield Change(statement, [*picked, *who])
        else:
            yield Change(self._mine.INSERT_CASE, [*row, *who])
        yield from self._write_beside(commit)
        yield from redact(self._mine, commit)
        return True

    def _updating(self, former: Sequence[Any], row: list[object]) -> tuple[str, Row]:
        """Give the statement that writes a row, and its values, without those that stand there in an index already."""
        parked_at, *spared = former
        same = tuple(place for place, value in zip(_SPARED, spared, strict=True) if row[place] == value)
        known = self._updates.get(same)
        if known is None:
            places = [place for place in range(len(row)) if place not in same]
            columns = ", ".join(f"{rows.CASE_COLUMNS[place]} = ?" for place in places)
            known = self._updates[same] = self._mine.UPDATE_CASE.replace("{columns}", columns), itemgetter(*places)
        text, picked = known
        return text if parked_at is None else text.replace(*_AND_UNPARK), picked(row)

    def _use_key(self, commit: Commit) -> Procedure[bool]:
        if commit.used is None:
            return True
        changed: int = yield Change(self._mine.USE_KEY, rows.key_row(commit.tenant, commit.used))
        return changed == 1

    def _write_beside(self, commit: Commit) -> Procedure[None]:
        if commit.messages:
            yield ChangeMany(self._mine.INSERT_MESSAGE, [rows.message_row(message) for message in commit.messages])
        if commit.settled is not None:
            yield Change(self._mine.SETTLE, rows.settled_row(commit.settled))
        kinds = {type(event) for event in commit.events}
        if kinds & LINKING:
            yield Change(self._mine.FORGET_LINKS, (commit.tenant, commit.case.id))
            yield ChangeMany(self._mine.INSERT_LINK, rows.link_rows(commit))
        if kinds & TICKETING:
            yield ChangeMany(self._mine.PUT_TICKET, rows.ticket_rows(commit))

    # -- the worker's part

    def claim(self, now: datetime, limit: int, decide: Decide, tenant: str | None) -> Procedure[Sequence[bool]]:
        """Read what is due, have it decided, and write; nobody else writes meanwhile."""
        yield from self.check()
        statement, theirs = self._of(self._mine.CLAIM, tenant)
        found = yield Select(statement, [micros_of(now), *theirs, limit])
        readable = yield from self._readable(found, rows.due_of_row, self._mine.PUT_OFF_CASE, now)
        if not readable:
            return []
        due = [one for _, one in readable]
        known = {row[:2]: row[5:] for row, _ in readable}
        written = []
        for verdict in decide(due):
            if isinstance(verdict, Commit):
                former = known.pop((verdict.tenant, verdict.case.id), None)
                written.append((yield from self._commit(verdict, former)))
            else:
                written.append(verdict is not None and (yield from self._set_back(verdict)))
        return written

    def _set_back(self, setback: Setback) -> Procedure[bool]:
        changed: int = yield Change(self._mine.SET_BACK, rows.setback_row(setback))
        if changed and setback.messages:
            yield ChangeMany(self._mine.INSERT_MESSAGE, [rows.message_row(message) for message in setback.messages])
        return changed == 1

    def settle_and_add(self, settled: Settled) -> Procedure[bool]:
        """Settle a message, and write those that come of it; nobody else writes meanwhile."""
        changed: int = yield Change(self._mine.SETTLE, rows.settled_row(settled))
        if changed:
            yield ChangeMany(self._mine.INSERT_MESSAGE, [rows.message_row(message) for message in settled.more])
        return changed == 1

    def lease(
        self, now: datetime, until: datetime, token: str, limit: int, tenant: str | None
    ) -> Procedure[Sequence[Message]]:
        """Mark messages that nobody else has; see `CaseStore.lease`."""
        yield from self.check()
        statement, theirs = self._of(self._mine.LEASE, tenant)
        at = micros_of(now)
        found = yield Select(statement, [at, at, *theirs, at, limit])
        yield ChangeMany(self._mine.SET_LEASE, [(micros_of(until), token, seq) for seq, *_ in found])
        leased = [(*row[1:3], (*row[:-1], token)) for row in sorted(found)]
        readable = yield from self._readable(leased, rows.message_of_row, self._mine.PUT_OFF_MESSAGE, now)
        return [message for _, message in readable]
