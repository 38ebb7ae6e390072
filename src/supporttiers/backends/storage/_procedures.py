"""What SQL stores do, as procedures on whatever connection they are run on."""

import json
import logging
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar

import attrs

from supporttiers._codec import decode_agent, decode_case, encode_agent, instant_at, micros_of, verify_chain
from supporttiers.actors import Agent
from supporttiers.backends.storage import _rows as rows
from supporttiers.backends.storage._find import Finding
from supporttiers.backends.storage._pages import (
    Cursor,
    checked_group,
    checked_limit,
    cursor_after,
    cursor_of,
    order_of,
)
from supporttiers.backends.storage._rows import Row
from supporttiers.backends.storage._statements import Change, ChangeMany, Mode, Procedure, Select
from supporttiers.backends.storage._texts import Texts
from supporttiers.cases import Case
from supporttiers.errors import StoreError
from supporttiers.events import Event
from supporttiers.match import Match
from supporttiers.protocols import (
    Backlog,
    Commit,
    Decide,
    DueCase,
    KeyUse,
    Loaded,
    Message,
    OpenTicket,
    ParkedCase,
    Settled,
    Workload,
)
from supporttiers.reasons import Reason
from supporttiers.schema import VERSION, Names, check_made, check_version, statements

log = logging.getLogger("supporttiers.store")

T = TypeVar("T")

UNREADABLE_FOR: Final = timedelta(hours=1)
"""After so long a row that cannot be read is looked at again."""

_AT_ONCE: Final = timedelta(0)


@attrs.define
class Tables:
    """Whether the tables were seen to be there, and of a version that fits; all who share procedures share this."""

    seen: bool = False


class Procedures:
    """What SQL stores do; how to commit, to claim and to lease, each database says for itself."""

    dialect: str
    TENANT = "AND tenant = ?"
    LEASING: Mode = "write"

    def __init__(self, texts: Texts, finding: Finding, names: Names) -> None:
        """Take the statements of one database, and the names of the tables."""
        self._texts = texts
        self._finding = finding
        self._names = names
        self.tables = Tables()

    def apart(self) -> Self:
        """Give the same for one transaction that may be rolled back: what is learnt there holds only there."""
        return self

    # -- the tables

    @abstractmethod
    def version(self) -> Procedure[tuple[int, int]]:
        """Give the version of the tables, and the oldest that may write to them; zeros where there are none."""

    @abstractmethod
    def begin_writing(self) -> Procedure[None]:
        """Make a transaction one that writes, where the database wants to know that before anything is read."""

    def statements(self, since: int) -> tuple[str, ...]:
        """Give what brings the tables up to date from a version on; nothing from one that is newer."""
        if since >= VERSION:
            return ()
        return statements(self.dialect, since=since, prefix=self._names.prefix, schema=self._names.schema)

    def ready(self) -> Procedure[None]:
        """Refuse a database without our tables, with old ones, or with those of a release too new."""
        version, oldest = yield from self.version()
        check_version(self.dialect, oldest)
        check_made(self.dialect, version, self._names)
        self.tables.seen = True

    def upgrading(self) -> Procedure[int]:
        """Bring the tables up to date; give the version that was there."""
        version, oldest = yield from self.version()
        check_version(self.dialect, oldest)
        for text in self.statements(version):
            yield Change(text)
        return version

    # -- what writes

    def _of(self, statement: str, tenant: str | None) -> tuple[str, list[object]]:
        """Narrow a statement to a tenant, where there is one."""
        if tenant is None:
            return statement.replace("{tenant}", ""), []
        return statement.replace("{tenant}", self.TENANT), [tenant]

    @abstractmethod
    def mode_of(self, commits: Sequence[Commit]) -> Mode:
        """Say whether these are written by a single statement, or need a transaction."""

    @abstractmethod
    def commit(self, commits: Sequence[Commit]) -> Procedure[Sequence[bool]]:
        """Write decisions, each all or nothing; see `CaseStore.commit`."""

    @abstractmethod
    def claim(self, now: datetime, limit: int, decide: Decide, tenant: str | None) -> Procedure[Sequence[bool]]:
        """Read what is due, have it decided, and write; see `CaseStore.claim`."""

    @abstractmethod
    def lease(
        self, now: datetime, until: datetime, token: str, limit: int, tenant: str | None
    ) -> Procedure[Sequence[Message]]:
        """Mark messages that nobody else has; see `CaseStore.lease`."""

    def _readable(
        self, found: Sequence[Row], read: Callable[[Row], T], put_off: str, now: datetime
    ) -> Procedure[list[tuple[Row, T]]]:
        """
        Give each row with what it says.

        One that cannot be read, for it is damaged or of a newer release, must not keep all others from their turn: it
        is looked at again later, and told in the log until somebody looks after it.

        Args:
            found: The rows, which begin with a tenant and what is known by an id there.
            read: Reads one.
            put_off: The statement that puts one off to an instant.
            now: The instant.
        """
        readable: list[tuple[Row, T]] = []
        for row in found:
            try:
                readable.append((row, read(row)))
            except StoreError as error:
                later, (tenant, name, *_) = now + UNREADABLE_FOR, row
                log.error("%s of tenant %s is put off until %s: %s", name, tenant, later.isoformat(), error)  # noqa: TRY400 - no text
                yield Change(put_off, (micros_of(later), tenant, name))
        return readable

    # -- one case

    def load(self, tenant: str, case_id: str, key: str | None) -> Procedure[Loaded]:
        if key is None:
            found = yield Select(self._texts.LOAD, (tenant, case_id))
            return rows.loaded_of(found[0]) if found else Loaded(case=None)
        ((body, parked, *used),) = yield Select(self._texts.LOAD_WITH_KEY, (tenant, case_id, tenant, key))
        return rows.loaded_of((body, parked, *used))

    def load_many(self, tenant: str, case_ids: Sequence[str]) -> Procedure[Mapping[str, Case]]:
        found = yield Select(self._texts.LOAD_MANY, (tenant, _listed(case_ids)))
        return {case_id: decode_case(body) for case_id, body in found}

    def history(self, tenant: str, case_id: str, after: int) -> Procedure[Sequence[Event]]:
        found = yield Select(self._texts.HISTORY, (tenant, case_id, after))
        return [rows.event_of(row) for row in found]

    def verify(self, tenant: str, case_id: str) -> Procedure[tuple[Reason, ...]]:
        who = tenant, case_id
        found = yield Select(self._texts.RECORDS, who)
        stored = yield Select(self._texts.STORED, who)
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

    # -- many cases

    def find(
        self, tenant: str, match: Match, order: str, after: str | None, limit: int
    ) -> Procedure[tuple[Sequence[Case], str | None]]:
        by, limit = order_of(order), checked_limit(limit)
        end = None if after is None else cursor_of(by, after)
        found: list[Row] = []
        for select in self._finding.selects(tenant, match, by, end, limit + 1):
            if len(found) <= limit:
                found += yield select
        cases = [decode_case(body) for _, _, body in found[:limit]]
        if len(found) <= limit:
            return cases, None
        value, case_id, _ = found[limit - 1]
        return cases, cursor_after(by, Cursor(value, case_id))

    def counts(self, tenant: str, match: Match, by: str) -> Procedure[Mapping[str | int | None, int]]:
        found = yield self._finding.counting(tenant, match, checked_group(by))
        return dict(found)

    def incoming(
        self, tenant: str, case_id: str, kind: str | None, after: tuple[str, str] | None, limit: int | None
    ) -> Procedure[Sequence[tuple[str, str]]]:
        page = (*(after or ("", "")), -1 if limit is None else limit)
        if kind is None:
            found = yield Select(self._texts.INCOMING, (tenant, case_id, *page))
        else:
            found = yield Select(self._texts.INCOMING_OF_KIND, (tenant, case_id, kind, *page))
        return [tuple(row) for row in found]

    def workload(self, tenant: str, agents: Sequence[str]) -> Procedure[Mapping[str, Workload]]:
        wanted = tenant, _listed(agents)
        held = yield Select(self._texts.WORKLOAD, wanted)
        given = yield Select(self._texts.ASSIGNED, wanted)
        return rows.workloads_of(held, given)

    # -- what is due

    def overdue(self, before: datetime, limit: int, tenant: str | None) -> Procedure[Sequence[DueCase]]:
        statement, theirs = self._of(self._texts.OVERDUE, tenant)
        found = yield Select(statement, [micros_of(before), *theirs, limit])
        return [rows.due_of(row) for row in found]

    def next_wake(self, tenant: str | None) -> Procedure[datetime | None]:
        statement, theirs = self._of(self._texts.NEXT_WAKE, tenant)
        found = yield Select(statement, theirs)
        return instant_at(found[0][0]) if found else None

    def parked(self, tenant: str | None, after: tuple[str, str] | None, limit: int) -> Procedure[Sequence[ParkedCase]]:
        statement, theirs = self._of(self._texts.PARKED, tenant)
        found = yield Select(statement, [*theirs, *(after or ("", "")), limit])
        return [rows.parked_of(row) for row in found]

    def unpark(self, tenant: str, case_id: str, at: datetime) -> Procedure[bool]:
        changed: int = yield Change(self._texts.UNPARK, (micros_of(at), tenant, case_id))
        return changed == 1

    def backlog(self, now: datetime, tenant: str | None, limit: int) -> Procedure[Backlog]:
        at = micros_of(now)
        counted: list[Row] = []
        for statement, instants in ((self._texts.COUNT_DUE, [at]), (self._texts.COUNT_MESSAGES, [at, at])):
            text, theirs = self._of(statement, tenant)
            counted += yield Select(text, [*instants, *theirs, limit])
        (due, woke_at), (messages, sent_from) = counted
        text, theirs = self._of(self._texts.COUNT_PARKED, tenant)
        ((parked,),) = yield Select(text, theirs)
        text, theirs = self._of(self._texts.COUNT_ASIDE, tenant)
        aside = dict((yield Select(text, theirs)))
        return Backlog(
            due=due, lag=_AT_ONCE if woke_at is None else now - instant_at(woke_at), parked=parked, messages=messages,
            message_lag=_AT_ONCE if sent_from is None else now - instant_at(sent_from),
            dead=aside.get("dead", 0), ambiguous=aside.get("ambiguous", 0),
        )  # fmt: skip

    # -- the outbox

    SETTLING: Mode = "write"
    """How a message is settled of which more come; one of which none come is settled by a single statement."""

    def settle(self, settled: Settled) -> Procedure[bool]:
        if settled.more:
            return (yield from self.settle_and_add(settled))
        changed: int = yield Change(self._texts.SETTLE, rows.settled_row(settled))
        return changed == 1

    @abstractmethod
    def settle_and_add(self, settled: Settled) -> Procedure[bool]:
        """Settle a message, and write those that come of it; see `CaseStore.settle`."""

    def messages(
        self, tenant: str, state: str | None, case_id: str | None, after: str | None, limit: int
    ) -> Procedure[Sequence[Message]]:
        which, values = "", [tenant]
        for column, value in (("state", state), ("case_id", case_id)):
            if value is not None:
                which += f" AND {column} = ?"
                values.append(value)
        if state in {"dead", "ambiguous"}:
            which += " AND state IN ('dead', 'ambiguous')"  # in words, so that the index of just these serves
        statement = self._texts.MESSAGES.replace("{which}", which)
        found = yield Select(statement, [*values, tenant, after, limit])
        return [rows.message_of(row) for row in found]

    def retry(self, tenant: str, key: str, at: datetime) -> Procedure[bool]:
        changed: int = yield Change(self._texts.RETRY, (micros_of(at), tenant, key))
        return changed == 1

    def discard(self, tenant: str, key: str) -> Procedure[bool]:
        changed: int = yield Change(self._texts.DISCARD, (tenant, key))
        return changed == 1

    def key_uses(self, tenant: str, case_id: str) -> Procedure[Sequence[KeyUse]]:
        found = yield Select(self._texts.KEY_USES, (tenant, case_id))
        return [rows.key_use_of(row) for row in found]

    def forget_keys(self, before: datetime) -> Procedure[int]:
        changed: int = yield Change(self._texts.FORGET_KEYS, (micros_of(before),))
        return changed

    # -- vendor tickets

    def open_tickets(self, asked_before: datetime, limit: int, tenant: str | None) -> Procedure[Sequence[OpenTicket]]:
        statement, theirs = self._of(self._texts.OPEN_TICKETS, tenant)
        found = yield Select(statement, [micros_of(asked_before), *theirs, limit])
        return [rows.ticket_of(row) for row in found]

    def asked(self, tickets: Sequence[OpenTicket], at: datetime, *, reached: bool) -> Procedure[None]:
        when = (micros_of(at),) * (2 if reached else 1)
        values = [(*when, ticket.tenant, ticket.case_id, ticket.key) for ticket in tickets]
        yield ChangeMany(self._texts.REACHED if reached else self._texts.ASKED, values)

    def tickets(self, vendor: str, remote_ids: Sequence[str], tenant: str | None) -> Procedure[Sequence[OpenTicket]]:
        statement, theirs = self._of(self._texts.TICKETS, tenant)
        found = yield Select(statement, [vendor, _listed(remote_ids), *theirs])
        return sorted(map(rows.ticket_of, found), key=lambda ticket: (ticket.tenant, ticket.case_id, ticket.key))

    def vendor_cursor(self, vendor: str) -> Procedure[str | None]:
        found = yield Select(self._texts.VENDOR_CURSOR, (vendor,))
        return str(found[0][0]) if found else None

    def keep_vendor_cursor(self, vendor: str, cursor: str, at: datetime) -> Procedure[None]:
        yield Change(self._texts.KEEP_VENDOR_CURSOR, (vendor, cursor, micros_of(at)))

    # -- processes and people

    def put_process(self, name: str, revision: str, body: str, at: datetime) -> Procedure[None]:
        yield Change(self._texts.PUT_PROCESS, (name, revision, body, micros_of(at)))

    def process_kept_at(self, name: str, revision: str) -> Procedure[datetime | None]:
        found = yield Select(self._texts.PROCESS_KEPT_AT, (name, revision))
        return instant_at(found[0][0]) if found else None

    def wake_followers(self, name: str, revision: str, at: datetime) -> Procedure[int]:
        values = (micros_of(at), name, name, name, revision, micros_of(at))
        changed: int = yield Change(self._texts.WAKE_FOLLOWERS, values)
        return changed

    def get_process(self, name: str, revision: str) -> Procedure[str | None]:
        found = yield Select(self._texts.GET_PROCESS, (name, revision))
        return found[0][0] if found else None

    def put_agent(self, tenant: str, agent: Agent) -> Procedure[None]:
        yield Change(self._texts.PUT_AGENT, (tenant, agent.id, encode_agent(agent)))

    def remove_agent(self, tenant: str, agent_id: str) -> Procedure[bool]:
        changed: int = yield Change(self._texts.REMOVE_AGENT, (tenant, agent_id))
        return changed == 1

    def agents(self, tenant: str, ids: Sequence[str] | None) -> Procedure[Sequence[Agent]]:
        if ids is None:
            found = yield Select(self._texts.AGENTS, (tenant,))
        else:
            found = yield Select(self._texts.SOME_AGENTS, (tenant, _listed(ids)))
        return [decode_agent(body) for (body,) in found]


def _listed(values: Sequence[str]) -> str:
    """Write a list as it is bound."""
    return json.dumps(list(values), ensure_ascii=False)
