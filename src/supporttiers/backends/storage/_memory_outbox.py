"""The outbox in memory: messages in the order in which they were caused, their lanes and leases."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import dropwhile, islice

import attrs

from supporttiers.backends.storage._memory_wakes import Id
from supporttiers.protocols import Message, Settled

_OPEN_TO_PEOPLE = ("dead", "ambiguous")


@attrs.define
class _Row:
    number: int
    message: Message
    until: datetime | None = None

    def is_leased(self, now: datetime) -> bool:
        return self.message.lease is not None and self.until is not None and self.until > now


class Outbox:
    """Messages of all tenants, those that are done included; whoever holds it lets one thread in at a time."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: dict[Id, _Row] = {}
        self._pending: dict[Id, _Row] = {}

    def add(self, messages: Iterable[Message]) -> None:
        """Take in new messages; a key that is known already stays as it is."""
        for message in messages:
            who = message.tenant, message.key
            if who not in self._rows:
                self._rows[who] = self._pending[who] = _Row(len(self._rows), message)

    def lease(self, now: datetime, until: datetime, token: str, limit: int, tenant: str | None) -> list[Message]:
        """Give the heads of lanes that nobody has; see `CaseStore.lease`."""
        first = heapq.nsmallest(limit, self._free(now, tenant), key=lambda row: (row.message.not_before, row.number))
        for row in first:
            row.message = attrs.evolve(row.message, lease=token)
            row.until = until
        return [row.message for row in sorted(first, key=lambda row: row.number)]

    def _free(self, now: datetime, tenant: str | None) -> Iterator[_Row]:
        seen: set[tuple[str, str, str]] = set()
        for row in self._pending.values():
            message = row.message
            lane = message.tenant, message.case_id, message.target
            if lane in seen or tenant not in {None, message.tenant}:
                continue
            waits = message.not_before > now
            if not waits or message.attempts:  # what is only held to working time holds back nothing but itself
                seen.add(lane)
            if not waits and not row.is_leased(now):
                yield row

    def settle(self, settled: Settled) -> bool:
        """Write down what became of a message; see `CaseStore.settle`."""
        who = settled.tenant, settled.key
        row = self._pending.get(who)
        if row is None or (settled.lease is not None and settled.lease != (row.message.lease or "")):
            return False
        row.message = attrs.evolve(
            row.message, state=settled.state, attempts=settled.attempts, not_before=settled.not_before,
            result=settled.result, lease=row.message.lease if settled.keep else None,
        )  # fmt: skip
        if settled.state != "pending":
            del self._pending[who]
        self.add(settled.more)
        return True

    def retry(self, tenant: str, key: str, at: datetime) -> bool:
        """Let a dead or ambiguous message be tried anew, in its old place."""
        row = self._for_people(tenant, key)
        if row is None:
            return False
        row.message = attrs.evolve(row.message, state="pending", attempts=0, not_before=at, lease=None)
        self._pending[tenant, key] = row
        self._pending = dict(sorted(self._pending.items(), key=lambda pair: pair[1].number))
        return True

    def discard(self, tenant: str, key: str) -> bool:
        """Let go of a dead or ambiguous message."""
        row = self._for_people(tenant, key)
        if row is None:
            return False
        row.message = attrs.evolve(row.message, state="done", result="discarded")
        return True

    def redact(self, tenant: str, case_id: str, version: int) -> None:
        """Take what is personal out of the messages that a case has caused before a version; see `CaseStore.commit`."""
        for who, row in self._rows.items():
            message = row.message
            if (message.tenant, message.case_id) == (tenant, case_id) and message.effect.version < version:
                row.message = message.redacted()
                if row.message.state != message.state:
                    self._pending.pop(who, None)

    def _for_people(self, tenant: str, key: str) -> _Row | None:
        row = self._rows.get((tenant, key))
        return row if row is not None and row.message.state in _OPEN_TO_PEOPLE else None

    def listed(
        self, tenant: str, state: str | None, case_id: str | None, after: str | None, limit: int
    ) -> list[Message]:
        """Read messages; see `CaseStore.messages`."""
        messages: Iterator[Message] = (row.message for row in self._rows.values())
        if after is not None:
            messages = islice(dropwhile(lambda one: (one.tenant, one.key) != (tenant, after), messages), 1, None)
        meant = (
            one
            for one in messages
            if one.tenant == tenant and state in {None, one.state} and case_id in {None, one.case_id}
        )
        return list(islice(meant, limit))

    def waiting(self, now: datetime, tenant: str | None, limit: int) -> list[datetime]:
        """Give since when messages wait that could be carried out now, the earliest first."""
        since = (
            row.message.not_before
            for row in self._pending.values()
            if tenant in {None, row.message.tenant} and row.message.not_before <= now and not row.is_leased(now)
        )
        return sorted(since)[:limit]

    def count(self, state: str, tenant: str | None) -> int:
        """Count the messages in a state."""
        messages = (row.message for row in self._rows.values())
        return sum(one.state == state and tenant in {None, one.tenant} for one in messages)
