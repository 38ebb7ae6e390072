"""A store that keeps everything in the memory of one process: for tests, rehearsals, and desks that may forget."""

import heapq
import operator
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final, NamedTuple

import attrs

from supporttiers._codec import blank_event, fold_findings, gap_findings, micros_of
from supporttiers.actors import Agent
from supporttiers.backends.storage._memory_outbox import Outbox
from supporttiers.backends.storage._memory_wakes import Id, Wakes
from supporttiers.backends.storage._pages import (
    Cursor,
    Order,
    checked_group,
    checked_limit,
    cursor_after,
    cursor_of,
    order_of,
)
from supporttiers.cases import Case
from supporttiers.events import Event
from supporttiers.links import VENDOR_LIVE, Link
from supporttiers.match import Match
from supporttiers.protocols import (
    KEY_LIFE,
    Backlog,
    Commit,
    Decide,
    DueCase,
    KeyUse,
    Loaded,
    Message,
    OpenTicket,
    ParkedCase,
    Setback,
    Settled,
    Workload,
)
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class _Row(NamedTuple):
    case: Case
    wakes_at: datetime | None
    failures: int = 0
    parked: tuple[Reason, datetime] | None = None


_OVER: Final = (Status.CLOSED, Status.CANCELLED)
"""What has ended for good follows no newer limits."""


class MemoryStore:
    """
    Keeps cases in memory; gone with the process. Messages that are done are kept as histories are: until then.

    >>> MemoryStore().load("default", "T-1").case is None
    True

    Attributes:
        name: By which errors and logs speak of it.
        blocks: It does no I/O, so that nobody has to wait for an answer.

    .. versionadded:: 0.1.0
    """

    name: Final = "memory"
    blocks: Final = False
    capabilities: Final[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._rows: dict[Id, _Row] = {}
        self._events: defaultdict[Id, list[tuple[Event, datetime]]] = defaultdict(list)
        self._wakes = Wakes()
        self._used: dict[Id, KeyUse] = {}
        self._outbox = Outbox()
        self._incoming: defaultdict[Id, set[tuple[str, str]]] = defaultdict(set)
        self._tickets: dict[tuple[str, str, str], OpenTicket] = {}
        self._open: set[tuple[str, str, str]] = set()
        self._remote: defaultdict[tuple[str, str], set[tuple[str, str, str]]] = defaultdict(set)
        self._asked: dict[tuple[str, str, str], datetime] = {}
        self._cursors: dict[str, str] = {}
        self._processes: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._agents: dict[Id, Agent] = {}
        self._given: defaultdict[Id, set[str]] = defaultdict(set)

    # -- one case

    def load(self, tenant: str, case_id: str, /, *, key: str | None = None) -> Loaded:
        """Read a case, and the use of an idempotency key."""
        with self._lock:
            row = self._rows.get((tenant, case_id))
            used = None if key is None else self._used.get((tenant, key))
        if row is None:
            return Loaded(case=None, used=used)
        return Loaded(case=row.case, used=used, parked=None if row.parked is None else row.parked[0])

    def load_many(self, tenant: str, case_ids: Sequence[str], /) -> Mapping[str, Case]:
        """Read several cases; those that do not exist are left out."""
        with self._lock:
            found = {case_id: self._rows.get((tenant, case_id)) for case_id in case_ids}
        return {case_id: row.case for case_id, row in found.items() if row is not None}

    def history(self, tenant: str, case_id: str, /, *, after: int = 0) -> Sequence[Event]:
        """Read the events of a case above a version, in order, `recorded_at` included."""
        with self._lock:
            kept = list(self._events.get((tenant, case_id), ()))
        return tuple(attrs.evolve(event, recorded_at=at) for event, at in kept if event.version > after)

    def verify(self, tenant: str, case_id: str, /) -> tuple[Reason, ...]:
        """Check that no event is missing, and that the case is what they make; empty means sound."""
        with self._lock:
            row = self._rows.get((tenant, case_id))
            events = [event for event, _ in self._events.get((tenant, case_id), ())]
        case = None if row is None else row.case
        gaps = gap_findings([event.version for event in events], case)
        return gaps or fold_findings(events, case)

    # -- writing

    def commit(self, commits: Sequence[Commit], /) -> Sequence[bool]:
        """Write decisions, each all or nothing; see `CaseStore.commit`."""
        with self._lock:
            return [self._commit(commit) for commit in commits]

    def _commit(self, commit: Commit) -> bool:
        tenant, case, used = commit.tenant, commit.case, commit.used
        who = tenant, case.id
        row = self._rows.get(who)
        if commit.previous != (0 if row is None else row.case.version):
            return False
        if used is not None and not self._use_key(tenant, used):
            return False
        self._follow_links(tenant, case, () if row is None else row.case.links)
        self._rows[who] = _Row(case, commit.wakes_at)
        if case.last_assignee is not None:
            self._given[tenant, case.last_assignee].add(case.id)
        self._events[who] += [(event, commit.recorded_at) for event in commit.events]
        self._wakes.set(who, commit.wakes_at)
        self._outbox.add(commit.messages)
        if case.vendor_tickets:
            self._follow_tickets(tenant, case)
        if commit.settled is not None:
            self._outbox.settle(commit.settled)
        if commit.redacts_before:
            self._redact(who, commit.redacts_before)
        return True

    def _redact(self, who: Id, version: int) -> None:
        """Delete what was private before a version: in events, messages and the hashes of keys."""
        tenant, case_id = who
        self._events[who] = [
            (blank_event(event) if event.version < version else event, at) for event, at in self._events[who]
        ]
        self._outbox.redact(tenant, case_id, version)
        for key, used in self._used.items():
            if (key[0], used.case_id) == (tenant, case_id) and used.version < version:
                self._used[key] = attrs.evolve(used, body="")

    def _use_key(self, tenant: str, used: KeyUse) -> bool:
        before = self._used.get((tenant, used.key))
        if before is not None and before.used_at >= used.used_at - KEY_LIFE:
            return False
        self._used[tenant, used.key] = used
        return True

    def _follow_links(self, tenant: str, case: Case, before: Sequence[Link]) -> None:
        if case.links is before:
            return
        for link in before:
            self._incoming[tenant, link.case_id].discard((link.kind, case.id))
        for link in case.links:
            self._incoming[tenant, link.case_id].add((link.kind, case.id))

    def _follow_tickets(self, tenant: str, case: Case) -> None:
        for ticket in case.vendor_tickets:
            who = tenant, case.id, ticket.key
            if ticket.remote_id is None:
                continue
            known = self._tickets.get(who)
            if known is not None and known.remote_id != ticket.remote_id:
                self._remote[ticket.vendor, known.remote_id].discard(who)
            self._remote[ticket.vendor, ticket.remote_id].add(who)
            self._tickets[who] = OpenTicket(
                tenant=tenant, case_id=case.id, vendor=ticket.vendor, key=ticket.key, remote_id=ticket.remote_id,
                is_open=ticket.status in VENDOR_LIVE, reached_at=None if known is None else known.reached_at,
            )  # fmt: skip
            if self._tickets[who].is_open:
                self._open.add(who)
            else:
                self._open.discard(who)

    # -- many cases

    def find(
        self, tenant: str, match: Match, /, *, order: str = "id", after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Case], str | None]:
        """Read cases that meet a condition, a page at a time; see `CaseStore.find`."""
        by, limit = order_of(order), checked_limit(limit)
        start = None if after is None else cursor_of(by, after)
        backwards = by.descending and by.field == "id"
        ranked = [(_rank(by, _end(by, case)), case) for case in self._meeting(tenant, match)]
        if start is not None:
            last, beyond = _rank(by, start), operator.lt if backwards else operator.gt
            ranked = [pair for pair in ranked if beyond(pair[0], last)]
        ranked.sort(key=operator.itemgetter(0), reverse=backwards)
        page = [case for _, case in ranked[:limit]]
        return page, cursor_after(by, _end(by, page[-1])) if len(ranked) > limit else None

    def counts(self, tenant: str, match: Match, /, *, by: str) -> Mapping[str | int | None, int]:
        """Count cases that meet a condition by the values of one field."""
        field = checked_group(by)
        values = (getattr(case, field) for case in self._meeting(tenant, match))
        return dict(Counter(value.value if isinstance(value, Enum) else value for value in values))

    def _meeting(self, tenant: str, match: Match) -> Iterator[Case]:
        holds = match.compile()
        with self._lock:
            cases = [row.case for (owner, _), row in self._rows.items() if owner == tenant]
        return filter(holds, cases)

    def incoming(
        self, tenant: str, case_id: str, /, *, kind: str | None = None, after: tuple[str, str] | None = None,
        limit: int | None = None,
    ) -> Sequence[tuple[str, str]]:  # fmt: skip
        """Read (kind, case id) of the cases that link to a case, a page at a time; see `CaseStore.incoming`."""
        with self._lock:
            found = list(self._incoming.get((tenant, case_id), ()))
        meant = (pair for pair in found if kind in {None, pair[0]} and (after is None or pair > after))
        return sorted(meant) if limit is None else heapq.nsmallest(limit, meant)

    def workload(self, tenant: str, agents: Sequence[str], /) -> Mapping[str, Workload]:
        """Count what agents have on their desks; each that is asked for is in the answer."""
        with self._lock:
            return {agent: self._workload(tenant, agent) for agent in agents}

    def _workload(self, tenant: str, agent: str) -> Workload:
        """Look at the cases that were ever theirs; those that have been given to somebody else drop out."""
        cases = [self._rows[tenant, case_id].case for case_id in self._given.get((tenant, agent), ())]
        theirs = [case for case in cases if case.last_assignee == agent]
        if len(theirs) < len(cases):
            self._given[tenant, agent] = {case.id for case in theirs}
        held = Counter(case.channel or "" for case in theirs if case.assignee == agent and case.is_open)
        given = max((case.assigned_at for case in theirs if case.assigned_at is not None), default=None)
        return Workload(channels=dict(held), assigned_at=given)

    # -- the worker's questions

    def claim(self, now: datetime, /, *, limit: int, decide: Decide, tenant: str | None = None) -> Sequence[bool]:
        """Have due cases decided, and write what comes of it, while nobody else is let in; see `CaseStore.claim`."""
        with self._lock:
            due = self._due(now, limit, tenant)
            answers = decide(due) if due else ()
            return [self._answered(answer) for _, answer in zip(due, answers, strict=True)]

    def _due(self, now: datetime, limit: int, tenant: str | None) -> list[DueCase]:
        rows = [self._rows[who] for who in self._wakes.until(now, limit, tenant)]
        return [
            DueCase(case=row.case, wakes_at=row.wakes_at, failures=row.failures)
            for row in rows
            if row.wakes_at is not None
        ]

    def _answered(self, answer: Commit | Setback | None) -> bool:
        if isinstance(answer, Commit):
            return self._commit(answer)
        return answer is not None and self._set_back(answer)

    def _set_back(self, setback: Setback) -> bool:
        who = setback.tenant, setback.case_id
        row = self._rows.get(who)
        if row is None or row.case.version != setback.version:
            return False
        parked = (setback.reason, setback.at) if setback.wakes_at is None else None
        self._rows[who] = _Row(row.case, setback.wakes_at, setback.failures, parked)
        self._wakes.set(who, setback.wakes_at)
        self._outbox.add(setback.messages)
        return True

    def overdue(self, before: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[DueCase]:
        """Read the cases whose wake-up lies before an instant, the earliest first; nothing is claimed."""
        with self._lock:
            return self._due(before - timedelta(microseconds=1), limit, tenant)

    def parked(
        self, /, *, tenant: str | None = None, after: tuple[str, str] | None = None, limit: int = 50
    ) -> Sequence[ParkedCase]:
        """Read the cases that were set aside, by tenant and id; see `CaseStore.parked`."""
        with self._lock:
            parked = ((who, row) for who, row in self._parked(tenant) if after is None or who > after)
            found = heapq.nsmallest(limit, parked, key=operator.itemgetter(0))
        return [
            ParkedCase(case=row.case, reason=row.parked[0], parked_at=row.parked[1], failures=row.failures)
            for _, row in found
            if row.parked is not None
        ]

    def _parked(self, tenant: str | None) -> Iterator[tuple[Id, _Row]]:
        for who, row in self._rows.items():
            if row.parked is not None and tenant in {None, who[0]}:
                yield who, row

    def unpark(self, tenant: str, case_id: str, at: datetime, /) -> bool:
        """Let a case that was set aside be tried again from an instant on; say whether it had been set aside."""
        who = tenant, case_id
        with self._lock:
            row = self._rows.get(who)
            if row is None or row.parked is None:
                return False
            self._rows[who] = _Row(row.case, at)
            self._wakes.set(who, at)
            return True

    def backlog(self, now: datetime, /, *, tenant: str | None = None, limit: int = 10_000) -> Backlog:
        """Say what waits; see `CaseStore.backlog`."""
        with self._lock:
            due = self._due(now, limit, tenant)
            waiting = self._outbox.waiting(now, tenant, limit)
            return Backlog(
                due=len(due), lag=now - due[0].wakes_at if due else timedelta(0),
                parked=sum(1 for _ in self._parked(tenant)), messages=len(waiting),
                message_lag=now - waiting[0] if waiting else timedelta(0),
                dead=self._outbox.count("dead", tenant), ambiguous=self._outbox.count("ambiguous", tenant),
            )  # fmt: skip

    def next_wake(self, /, *, tenant: str | None = None) -> datetime | None:
        """Give the earliest wake-up of all cases."""
        with self._lock:
            return self._wakes.earliest(tenant)

    # -- the outbox

    def lease(
        self, now: datetime, /, *, until: datetime, token: str, limit: int, tenant: str | None = None
    ) -> Sequence[Message]:
        """Take messages to be carried out, in the order in which they were caused; see `CaseStore.lease`."""
        with self._lock:
            return self._outbox.lease(now, until, token, limit, tenant)

    def settle(self, settled: Settled, /) -> bool:
        """Write down what became of a message; see `CaseStore.settle`."""
        with self._lock:
            return self._outbox.settle(settled)

    def messages(
        self, tenant: str, /, *, state: str | None = None, case_id: str | None = None, after: str | None = None,
        limit: int = 50,
    ) -> Sequence[Message]:  # fmt: skip
        """Read messages, in the order in which they were caused; see `CaseStore.messages`."""
        with self._lock:
            return self._outbox.listed(tenant, state, case_id, after, limit)

    def retry(self, tenant: str, key: str, at: datetime, /) -> bool:
        """Let a dead or ambiguous message be tried anew from an instant on; say whether it was one."""
        with self._lock:
            return self._outbox.retry(tenant, key, at)

    def discard(self, tenant: str, key: str, /) -> bool:
        """Let go of a dead or ambiguous message; say whether it was one."""
        with self._lock:
            return self._outbox.discard(tenant, key)

    # -- vendor tickets

    def open_tickets(self, asked_before: datetime, /, *, limit: int, tenant: str | None = None) -> Sequence[OpenTicket]:
        """Read vendor tickets that have a remote id, are not finished, and were not asked about since an instant."""
        with self._lock:
            theirs = [(self._asked.get(who, _NEVER), who) for who in self._open if tenant in {None, who[0]}]
            waiting = sorted(pair for pair in theirs if pair[0] < asked_before)
            return [attrs.evolve(self._tickets[who], asked_at=self._asked.get(who)) for _, who in waiting[:limit]]

    def asked(self, tickets: Sequence[OpenTicket], at: datetime, /, *, reached: bool = False) -> None:
        """Write down that vendors were asked about tickets, and whether they answered."""
        with self._lock:
            for ticket in tickets:
                who = ticket.tenant, ticket.case_id, ticket.key
                self._asked[who] = at
                if reached and who in self._tickets:
                    self._tickets[who] = attrs.evolve(self._tickets[who], reached_at=at)

    def tickets(self, vendor: str, remote_ids: Sequence[str], /, *, tenant: str | None = None) -> Sequence[OpenTicket]:
        """Read a vendor's tickets by the vendor's own ids, open or not, by tenant, case id and key."""
        with self._lock:
            found = {who for remote_id in remote_ids for who in self._remote.get((vendor, remote_id), ())}
            return [self._tickets[who] for who in sorted(found) if tenant in {None, who[0]}]

    def vendor_cursor(self, vendor: str, /) -> str | None:
        """Read how far the changes at a vendor have been read; None for not at all."""
        with self._lock:
            return self._cursors.get(vendor)

    def keep_vendor_cursor(self, vendor: str, cursor: str, at: datetime, /) -> None:  # noqa: ARG002 - nobody asks when
        """Write down how far the changes at a vendor have been read."""
        with self._lock:
            self._cursors[vendor] = cursor

    # -- processes

    def put_process(self, name: str, revision: str, body: str, at: datetime, /) -> None:
        """Keep a revision of a process; one that is there already stays."""
        with self._lock:
            self._processes.setdefault((name, revision), (body, at))

    def process_kept_at(self, name: str, revision: str, /) -> datetime | None:
        """Say when a revision of a process was first kept; None where it was not."""
        with self._lock:
            found = self._processes.get((name, revision))
        return None if found is None else found[1]

    def wake_followers(self, name: str, revision: str, at: datetime, /) -> int:
        """Enqueue what has to follow another revision of its process's limits; give how many."""
        kept_at = self.process_kept_at(name, revision)
        with self._lock:
            older = {key for key, (_, theirs) in self._processes.items() if kept_at is not None and theirs < kept_at}
            woken = [
                who
                for who, row in self._rows.items()
                if (row.case.process, row.case.limits_revision) in older
                and row.case.process == name
                and row.case.status not in _OVER
                and row.parked is None
                and not row.failures
                and (row.wakes_at is None or row.wakes_at > at)
            ]
            for who in woken:
                self._rows[who] = self._rows[who]._replace(wakes_at=at)
                self._wakes.set(who, at)
        return len(woken)

    def get_process(self, name: str, revision: str, /) -> str | None:
        """Read a revision of a process."""
        with self._lock:
            found = self._processes.get((name, revision))
        return None if found is None else found[0]

    # -- people

    def put_agent(self, tenant: str, agent: Agent, /) -> None:
        """Keep an agent, in place of the one of the same id."""
        with self._lock:
            self._agents[tenant, agent.id] = agent

    def remove_agent(self, tenant: str, agent_id: str, /) -> bool:
        """Forget an agent; say whether there was one."""
        with self._lock:
            return self._agents.pop((tenant, agent_id), None) is not None

    def agents(self, tenant: str, /, *, ids: Sequence[str] | None = None) -> Sequence[Agent]:
        """Read agents, all of them or those of some ids, in the order of their ids."""
        with self._lock:
            theirs = [agent for (owner, _), agent in self._agents.items() if owner == tenant]
        if ids is not None:
            theirs = [agent for agent in theirs if agent.id in ids]
        return sorted(theirs, key=lambda agent: agent.id)

    # -- keys

    def key_uses(self, tenant: str, case_id: str, /) -> Sequence[KeyUse]:
        """Read the uses of idempotency keys on a case, by key."""
        with self._lock:
            uses = [used for (owner, _), used in self._used.items() if (owner, used.case_id) == (tenant, case_id)]
        return sorted(uses, key=lambda used: used.key)

    def forget_keys(self, before: datetime, /) -> int:
        """Free idempotency keys used before an instant; give their number."""
        with self._lock:
            old = [who for who, used in self._used.items() if used.used_at < before]
            for who in old:
                del self._used[who]
        return len(old)

    def close(self) -> None:
        """Do nothing: what is in memory stays until the store itself goes."""


# -- order


def _end(order: Order, case: Case) -> Cursor:
    value: datetime | None = None if order.field == "id" else getattr(case, order.field)
    return Cursor(None if value is None else micros_of(value), case.id)


def _rank(order: Order, end: Cursor) -> tuple[bool, int, str]:
    """Give what cases are sorted by: those without a value, and all when ordered by id, have only the id."""
    if end.value is None:
        return True, 0, end.id
    return False, -end.value if order.descending else end.value, end.id
