"""What only PostgreSQL does in its own way: to write, to claim and to lease."""

import copy
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

from supporttiers._codec import micros_of
from supporttiers.backends.storage import _rows as rows
from supporttiers.backends.storage._find import PostgresFinding
from supporttiers.backends.storage._procedures import Procedures
from supporttiers.backends.storage._redaction import redact
from supporttiers.backends.storage._statements import Change, Mode, Procedure, Select
from supporttiers.backends.storage._texts import postgres_texts
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
from supporttiers.protocols import Commit, Decide, Loaded, Message, Setback, Settled
from supporttiers.schema import Names, check_version

_LINKING: Final = frozenset({CaseLinked, CaseUnlinked, CaseMerged})
_TICKETING: Final = frozenset({VendorDispatched, VendorTicketUpdated, VendorTold, VendorWithdrawn})
_REMEMBERED: Final = 20_000
_FEW: Final = 4
_LOCK: Final = 0x73757070  # of those who bring the tables up to date, so that they wait for each other

_Who = tuple[str, str]
"""Tenant and id of a case."""


class Heads:
    """
    The digests in which histories end, as they were last read: to go on with one then needs no further look.

    One that holds no longer does no harm: a write names version and head, and does nothing where they differ.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._held = threading.Lock()
        self._pid = os.getpid()
        self._heads: OrderedDict[_Who, tuple[int, str]] = OrderedDict()

    @property
    def _lock(self) -> threading.Lock:
        """Give the lock; a forked child has one of its own, for the thread that held its parent's is not there."""
        if self._pid != os.getpid():
            self._held, self._pid = threading.Lock(), os.getpid()
        return self._held

    def put(self, who: _Who, version: int, head: str) -> None:
        """Remember one, and forget the oldest of too many."""
        with self._lock:
            self._heads[who] = version, head
            self._heads.move_to_end(who)
            if len(self._heads) > _REMEMBERED:
                self._heads.popitem(last=False)

    def forget(self, who: _Who) -> None:
        """Forget one that did not hold: whoever wrote it has been rolled back."""
        with self._lock:
            self._heads.pop(who, None)

    def get(self, who: _Who, version: int) -> str | None:
        """Give the head of a case at a version, if it is the one that is remembered."""
        with self._lock:
            known = self._heads.get(who)
        return known[1] if known is not None and known[0] == version else None


class PostgresProcedures(Procedures):
    """Procedures on PostgreSQL: a case is loaded by one statement, and written by one."""

    dialect = "postgresql"
    LEASING: Mode = "once"
    SETTLING: Mode = "once"

    def __init__(self, names: Names, ids: IdFactory) -> None:
        """Take the names of the tables, and who makes salts."""
        self._mine = postgres_texts(names)
        super().__init__(self._mine, PostgresFinding(names), names)
        self._ids = ids
        self._heads = Heads()

    def apart(self) -> Self:
        """Give the same with a memory of its own: where histories end is not sure before the caller has committed."""
        other = copy.copy(self)
        other._heads = Heads()  # noqa: SLF001 - a copy of ourselves
        return other

    def begin_writing(self) -> Procedure[None]:
        """Nothing: whoever reads first may write later."""
        yield from ()

    def version(self) -> Procedure[tuple[int, int]]:
        """Give the version of the tables, and the oldest that may write to them; zeros where there are none."""
        ((made,),) = yield Select(self._mine.MADE, (self._names.put_into("supporttiers_version"),))
        if made is None:
            return 0, 0
        ((version, oldest),) = yield Select(self._mine.VERSION)
        return version, oldest

    def upgrading(self) -> Procedure[int]:
        """Bring the tables up to date; another process may just be doing so, and is waited for."""
        yield Select("SELECT pg_advisory_xact_lock(?::bigint)::text", (_LOCK,))
        if self._names.schema is not None:
            yield Change(f"CREATE SCHEMA IF NOT EXISTS {self._names.schema}")
        return (yield from super().upgrading())

    # -- one case

    def load(self, tenant: str, case_id: str, key: str | None) -> Procedure[Loaded]:
        """Read a case, and the use of a key, in one statement; remember where its history ends."""
        if key is None:
            found = yield Select(self._mine.LOAD, (tenant, case_id))
            body, parked, version, head, *used = found[0] if found else (None,) * 4
        else:
            ((body, parked, version, head, *used),) = yield Select(
                self._mine.LOAD_WITH_KEY, (tenant, case_id, tenant, key)
            )
        if version is not None and head is not None:
            self._heads.put((tenant, case_id), version, head)
        return rows.loaded_of((body, parked, *used))

    # -- writing

    def mode_of(self, commits: Sequence[Commit]) -> Mode:
        """Say whether one statement is enough: not for several rounds, an opening that uses a key up, a redaction."""
        more = any(commit.redacts_before or (commit.used is not None and commit.previous == 0) for commit in commits)
        return "write" if more or len(_rounds(commits)) > 1 else "once"

    def commit(self, commits: Sequence[Commit]) -> Procedure[Sequence[bool]]:
        """Write decisions, each all or nothing; see `CaseStore.commit`."""
        written: set[int] = set()
        for places in _rounds(commits):
            given = {place: commits[place] for place in places}
            written |= yield from self._commit_round(given)
        for place in sorted(written):
            yield from redact(self._mine, commits[place])
        return [place in written for place in range(len(commits))]

    def _commit_round(self, given: Mapping[int, Commit]) -> Procedure[set[int]]:
        """Write at most one decision a case, in one statement; give the places of those that were written."""
        heads = yield from self._heads_of(given.values())
        made = {place: _Rows(commit, heads.get(_who(commit), ""), self._ids) for place, commit in given.items()}
        sound = {place: one for place, one in made.items() if one.commit.previous == 0 or _who(one.commit) in heads}
        if not sound:
            return set()
        found = yield self._statement([*sound.values()])
        written: set[_Who] = set()
        used: set[tuple[str, str]] = set()
        for tenant, case_id, key in found:
            if tenant is None:
                check_version(self.dialect, int(key))
            (used if case_id is None else written).add((tenant, key if case_id is None else case_id))
        for one in sound.values():
            commit = one.commit
            if _who(commit) in written:
                self._heads.put(_who(commit), commit.case.version, one.head)
                continue
            self._heads.forget(_who(commit))
            if commit.used is not None and (commit.tenant, commit.used.key) in used:
                yield Change(self._mine.FREE_KEY, (commit.tenant, commit.used.key))
        return {place for place, one in sound.items() if _who(one.commit) in written}

    def _heads_of(self, commits: Iterable[Commit]) -> Procedure[dict[_Who, str]]:
        """Give where histories end, of which those that are not remembered are looked up."""
        known: dict[_Who, str] = {}
        unknown: dict[_Who, int] = {}
        for commit in commits:
            head = self._heads.get(_who(commit), commit.previous) if commit.previous else None
            if head is not None:
                known[_who(commit)] = head
            elif commit.previous:
                unknown[_who(commit)] = commit.previous
        if unknown:
            asked = _json([{"tenant": tenant, "id": case_id} for tenant, case_id in unknown])
            for tenant, case_id, version, head in (yield Select(self._mine.HEADS, (asked,))):
                if version == unknown[tenant, case_id]:
                    known[tenant, case_id] = head
        return known

    def _statement(self, made: "Sequence[_Rows]") -> Select:
        """Put the one statement together: parts for which there are no rows are left out."""
        first = made[0]
        if len(made) == 1 and first.is_plain:
            events = ", ".join([self._mine.ONE_EVENT] * len(first.event_rows))
            text, values = self._mine.COMMIT_ONE.replace("{events}", events), first.plain_values()
        else:
            text = self._mine.COMMIT
            values = [_json([one.case() for one in made]), _json(_all(one.events() for one in made))]
        beside = ""
        parts = (
            (self._mine.MESSAGES_BESIDE, _numbered(_all(one.messages for one in made))),
            (self._mine.SETTLED_BESIDE, _all(one.settled for one in made)),
            (self._mine.TICKETS_BESIDE, _all(one.tickets for one in made)),
        )
        for part, plain in parts:
            if plain:
                beside += part
                values.append(_json(plain))
        if any(one.relinked for one in made):
            beside += self._mine.LINKS_BESIDE
            values.append(_json(_all(one.links() for one in made)))
        return Select(text.replace("{beside}", beside), values)

    # -- the worker's part

    def claim(self, now: datetime, limit: int, decide: Decide, tenant: str | None) -> Procedure[Sequence[bool]]:
        """Lock what is due and nobody else has, have it decided, and write."""
        statement, theirs = self._of(self._mine.CLAIM, tenant)
        found = yield Select(statement, [micros_of(now), *theirs, limit])
        readable = yield from self._readable(found, rows.due_of_row, self._mine.PUT_OFF_CASE, now)
        if not readable:
            return []
        due = [one for _, one in readable]
        for (whose, case_id, *_, version, head), _ in readable:
            self._heads.put((whose, case_id), version, head)
        verdicts = decide(due)
        commits = {place: verdict for place, verdict in enumerate(verdicts) if isinstance(verdict, Commit)}
        written = set()
        if commits:
            answers = yield from self.commit([*commits.values()])
            written = {place for place, answer in zip(commits, answers, strict=True) if answer}
        for place, verdict in enumerate(verdicts):
            if isinstance(verdict, Setback) and (yield from self._set_back(verdict)):
                written.add(place)
        return [place in written for place in range(len(due))]

    def _set_back(self, setback: Setback) -> Procedure[bool]:
        changed: int = yield Change(self._mine.SET_BACK, rows.setback_row(setback))
        if changed and setback.messages:
            plain = _numbered([_message(message) for message in setback.messages])
            yield Change(self._mine.INSERT_MESSAGES, (_json(plain),))
        return changed == 1

    def settle_and_add(self, settled: Settled) -> Procedure[bool]:
        """Settle a message, and write those that come of it, in one statement."""
        plain = _numbered([_message(message) for message in settled.more])
        ((changed,),) = yield Select(self._mine.SETTLE_AND_ADD, (*rows.settled_row(settled), _json(plain)))
        return int(changed) == 1

    def lease(
        self, now: datetime, until: datetime, token: str, limit: int, tenant: str | None
    ) -> Procedure[Sequence[Message]]:
        """Mark messages that nobody else has; see `CaseStore.lease`."""
        statement, theirs = self._of(self._mine.LEASE, tenant)
        at = micros_of(now)
        found = yield Select(statement, [micros_of(until), token, at, at, *theirs, at, limit])
        leased = [(*row[1:3], tuple(row)) for row in sorted(found)]
        readable = yield from self._readable(leased, rows.message_of_row, self._mine.PUT_OFF_MESSAGE, now)
        return [message for _, message in readable]


class _Rows:
    """What one decision writes, table by table, as JSON has it."""

    def __init__(self, commit: Commit, known: str, ids: IdFactory) -> None:
        kinds = {type(event) for event in commit.events}
        self.commit: Final = commit
        self.event_rows: Final = rows.event_rows(commit, known, ids)
        self.head: Final[str] = self.event_rows[-1][-1] if self.event_rows else known
        self.relinked: Final = bool(kinds & _LINKING)
        self._known: Final = known
        owner = commit.case.id
        self.messages: Final = [{"owner": owner, **_message(message)} for message in commit.messages]
        self.settled: Final = [] if commit.settled is None else [_settled(commit)]
        self.tickets: Final = (
            [dict(zip(rows.TICKET_COLUMNS, row, strict=True)) for row in rows.ticket_rows(commit)]
            if kinds & _TICKETING
            else []
        )

    @property
    def is_plain(self) -> bool:
        """Whether it is a few events of a case that is there, without a key and without links."""
        commit = self.commit
        return commit.previous > 0 and commit.used is None and not self.relinked and 0 < len(commit.events) <= _FEW

    def plain_values(self) -> list[object]:
        """Give the values of `COMMIT_ONE`, all of them texts."""
        commit = self.commit
        values = [*rows.case_row(commit, self.head), commit.tenant, commit.case.id, commit.previous, self._known]
        for _, _, *event, salt, digest in self.event_rows:
            values += [*event, salt.hex(), digest]
        return [str(value) if type(value) is int else value for value in values]

    def case(self) -> dict[str, Any]:
        """Give the row of the case."""
        return _case(self.commit, self._known, self.head, relinked=self.relinked)

    def events(self) -> list[dict[str, Any]]:
        """Give the rows of the events."""
        return [_event(row) for row in self.event_rows]

    def links(self) -> list[dict[str, Any]]:
        """Give the rows of the links, all that the case has."""
        return [dict(zip(_LINK_COLUMNS, row, strict=True)) for row in rows.link_rows(self.commit)]


_LINK_COLUMNS: Final = ("tenant", "case_id", "kind", "target_id")


def _case(commit: Commit, known: str, head: str, *, relinked: bool) -> dict[str, Any]:
    plain: dict[str, Any] = dict(zip(rows.CASE_COLUMNS, rows.case_row(commit, head), strict=True))
    plain |= {
        "tenant": commit.tenant, "id": commit.case.id, "previous": commit.previous, "known": known,
        "relinked": int(relinked),
    }  # fmt: skip
    if commit.used is not None:
        _, key, _, version, body, used_at, free_before = rows.key_row(commit.tenant, commit.used)
        plain |= {
            "key": key, "key_body": body, "key_version": version, "used_at": used_at, "free_before": free_before
        }  # fmt: skip
    return plain


def _event(row: rows.Row) -> dict[str, Any]:
    plain = dict(zip(rows.EVENT_COLUMNS, row, strict=True))
    plain["salt"] = row[-2].hex()
    return plain


def _message(message: Message) -> dict[str, Any]:
    return dict(zip(rows.MESSAGE_COLUMNS, rows.message_row(message), strict=True))


def _settled(commit: Commit) -> dict[str, Any]:
    settled = commit.settled
    assert settled is not None  # noqa: S101 - asked for only then; for the type checker
    return {
        "owner": commit.case.id, "tenant": settled.tenant, "key": settled.key, "state": settled.state,
        "result": settled.result, "attempts": settled.attempts, "not_before": micros_of(settled.not_before),
        "lease": settled.lease,
    }  # fmt: skip


def _who(commit: Commit) -> _Who:
    return commit.tenant, commit.case.id


def _rounds(commits: Sequence[Commit]) -> list[list[int]]:
    """Part commits so that no two of one case, or of one key, are written by one statement."""
    rounds: list[list[int]] = []
    nexts: dict[tuple[str, str, bool], int] = {}
    for place, commit in enumerate(commits):
        marks = [(*_who(commit), False)]
        if commit.used is not None:
            marks.append((commit.tenant, commit.used.key, True))
        number = max(nexts.get(mark, 0) for mark in marks)
        nexts |= dict.fromkeys(marks, number + 1)
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(place)
    return rounds


def _all(parts: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [plain for part in parts for plain in part]


def _numbered(plain: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"place": place, **one} for place, one in enumerate(plain)]


_write: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _json(plain: object) -> str:
    return _write(plain)
