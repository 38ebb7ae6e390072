"""
When two cases are in the same state: what may still become of them is the same.

Identities are left out, and so is what only the past knows; instants count by how far they lie from the present. Where
working time counts, it matters what time it is, and the present itself is part of the state.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final

import attrs

from supporttiers.calendars import WorkingHours
from supporttiers.cases import DAY, Case
from supporttiers.commands import Held, Scheduled
from supporttiers.errors import InputError
from supporttiers.limits import VENDOR_MEASURES
from supporttiers.links import VendorStatus, VendorTicket
from supporttiers.match import Match, tests_of
from supporttiers.process import CompiledLimit, SupportProcess
from supporttiers.stopwatches import Stage, Stopwatch
from supporttiers.testing.exploring.worlds import Outcome
from supporttiers.tiers import TierKind

Key = tuple[Hashable, ...]

_WHAT: Final = attrgetter(
    "kind", "requester", "customer", "category", "channel", "locale", "impact", "urgency", "priority", "tags", "owner",
    "last_assignee", "solution", "workaround", "satisfaction", "watchers", "links", "affected", "most_affected",
    "carried_out", "attachments",
)  # fmt: skip
_WHERE: Final = attrgetter("tier", "team", "status", "wait_reason", "resume_to", "came_from", "assignee")
_FIELDS: Final = frozenset(field.name for field in attrs.fields(Case))
_OF_REPLIES: Final = frozenset({"first_response", "next_response", "update"})
_OF_THE_PAST: Final = frozenset(
    {"opened_at", "changed_at", "tier_entered_at", "assigned_at", "first_response_at", "last_reply_at",
     "awaiting_reply_since", "resolved_at", "closed_at", "due_at", "version"}
)  # fmt: skip
_BEGUN_BY_WORDS: Final = frozenset({"update", "vendor_update"})
_KEEP_THEIR_TIME: Final = frozenset({"new_cycle", "restart", "first_only"})

MOST_MESSAGES: Final = 5
"""
So many messages a day a contract may allow for its ceiling to be told apart; a higher one is taken for never reached.

Else each message would make another state, and few explorations would come to an end.
"""


class States:
    """Tells states apart, for one process."""

    def __init__(
        self, process: SupportProcess, *, by_the_clock: bool, tells: bool, looks_at: Iterable[str],
        conditions: Iterable[Match | None] = (), commands: Iterable[object] = (),
    ) -> None:  # fmt: skip
        """
        Learn what counts.

        Args:
            process: Which decides what its future is found from.
            by_the_clock: Whether somebody besides the process asks what time it is.
            tells: Whether somebody asks who is told.
            looks_at: More fields of the case that count.
            conditions: What else is asked about cases.
            commands: What is done besides verbs.

        Raises:
            InputError: A case has no such field.
        """
        always = WorkingHours.always()
        hours = any(compiled.calendar != always for compiled in process.compiled_limits)
        dates = any(contract.starts or contract.ends for contract in process.contracts)
        instants = {name for each in commands for name in _instants_of(each)}
        asked = [match for limit in process.all_limits for match in limit.conditions]
        asked += [*conditions, *_conditions_in((*process.contracts, *process.policies, *process.cascades))]
        dates = dates or any(map(_names_instants, asked)) or bool(instants)
        self._by_the_clock = by_the_clock or hours or dates or bool(process.policies and process.calendars)
        self._exact = "occurred_at" in instants  # what is known late may reach back to anything
        measures = {limit.measures for limit in process.all_limits}
        self._called_off = not measures.isdisjoint(VENDOR_MEASURES)
        self._by_tier = any(tier.kind is TierKind.VENDOR and tier.vendor is None for tier in process.tiers)
        self._counted = [one.vendor for one in process.contracts if one.messages_a_day <= MOST_MESSAGES]
        self._limits = {compiled.limit.name: compiled for compiled in process.compiled_limits}
        self._all = {} if process.asked("target") else dict(filter(None, map(_thresholds, process.compiled_limits)))
        self._by_days = bool(process.asked("target"))
        self._answers = any(compiled.limit.measures == "next_response" for compiled in process.compiled_limits)
        self._reopens = bool(process.asked("reopen"))
        self._talks = self._answers or _asks_who_spoke(process)
        self._most_bounces = process.bounce_limit + 1 if tells else 0
        spoken = (*fields_of(asked), *(_OF_THE_PAST if self._exact else ()))
        self._own = tuple(dict.fromkeys((*looks_at, *(name for name in spoken if name in _OF_THE_PAST))))
        for name in self._own:
            if name not in _FIELDS:
                problem = f"has {name[:40]!r}, which is no field of a case; it has: {', '.join(sorted(_FIELDS))}"
                raise InputError("", "looks_at", problem)
        self._numbers: dict[Hashable, int] = {}

    def key(self, outcome: Outcome, followed: Hashable = ()) -> Key:
        """
        Give what tells a state from others; equal for states of one future.

        Args:
            outcome: The case, and when.
            followed: What monitors remember of the way.
        """
        case, now = outcome.case, outcome.now
        numbers = self._numbers
        what: Hashable = _WHAT(case)
        if case.attributes or case.facts:
            what = what, _plain(case.attributes), _plain(case.facts)
        where: Hashable = (_WHERE(case), self._since(case, now))
        clocks: Hashable = tuple([self._clock(watch, case, now) for watch in case.stopwatches])
        if self._exact:
            clocks = case.stopwatches
        return (
            numbers.setdefault(what, len(numbers)),
            numbers.setdefault(where, len(numbers)),
            numbers.setdefault(clocks, len(numbers)),
            now if self._by_the_clock else None,
            self._ahead(outcome, now),
            followed,
        )

    def _since(self, case: Case, now: datetime) -> Hashable:
        """Give of its past what its future may be found from."""
        awaiting = case.awaiting_reply_since
        found: Hashable = (
            (case.first_response_at is None, awaiting is None, case.last_reply_at is None) if self._talks else None,
            _ago(awaiting, now) if self._answers else None,
            _ago(case.resolved_at, now) if self._reopens else None,
        )  # fmt: skip
        if case.bounces and self._most_bounces:
            most = self._most_bounces
            found = found, tuple(sorted((pair, min(count, most)) for pair, count in case.bounces.items()))
        if case.attempts:
            found = found, tuple((attempt.what, attempt.outcome) for attempt in case.attempts)
        if self._own:
            found = found, tuple(_told(getattr(case, name), now) for name in self._own)
        if case.follow_up or case.redacted_at:
            found = found, case.follow_up is None, case.redacted_at is None
        return found

    def _clock(self, watch: Stopwatch, case: Case, now: datetime) -> Hashable:
        stage = watch.stage
        compiled = self._limits.get(watch.limit)
        begun = compiled is not None and compiled.limit.measures in _BEGUN_BY_WORDS and watch.started_at == now
        if watch.breached and self._all.get(watch.limit, _MORE).issubset(watch.fired):
            return watch.limit, str(stage), "over", begun
        if stage is Stage.IN_PROGRESS:
            return (
                watch.limit, _left(watch, compiled, now), watch.target, watch.fired, watch.breached, begun,
                self._if_retargeted(watch, compiled, case, now),
            )  # fmt: skip
        if stage is Stage.PAUSED:
            return (
                watch.limit, "paused", watch.closed_elapsed(), watch.target, watch.fired, watch.breached,
                watch.due_at is None, begun, self._if_retargeted(watch, compiled, case, now),
            )  # fmt: skip
        return watch.limit, str(stage), watch.breached, *_kept(watch, compiled, now)

    def _if_retargeted(self, watch: Stopwatch, compiled: CompiledLimit | None, case: Case, now: datetime) -> Hashable:
        """Give what counts once its target becomes another: how much it had at arrival, and since when days count."""
        if compiled is None or watch.limit in self._all:
            return None
        entered_at, calendar = case.tier_entered_at, compiled.calendar
        spans = [(span.start, span.end) for span in watch.segments]
        spans += [(watch.running_since, now)] if watch.running_since is not None else []
        arrived = [calendar.between(start, min(end, entered_at)) for start, end in spans if start < entered_at]
        days = self._by_days or not all(isinstance(target, timedelta) for target in compiled.limit.target.values())
        return sum(arrived, timedelta(0)) if arrived else None, watch.started_at - now if days else None

    def _ahead(self, outcome: Outcome, now: datetime) -> Hashable:
        """Give what is agreed, wished for, held, asked of vendors or not told yet."""
        case = outcome.case
        if not (case.wait_until or case.scheduled or case.held or case.vendor_tickets or outcome.held):
            return None
        return (
            _ago(case.wait_until, now),
            tuple([_of_schedule(one, now) for one in case.scheduled]),
            None if case.held is None else _of_held(case.held, now),
            self._tickets(case, now),
            tuple([(message.to, str(message.reason), _ago(message.not_before, now)) for message in outcome.held]),
        )  # fmt: skip

    def _tickets(self, case: Case, now: datetime) -> Hashable:
        """Give what counts of the tickets: those that are open, and the last one at each vendor."""
        if not case.vendor_tickets:
            return None
        last = {ticket.vendor: ticket.key for ticket in case.vendor_tickets}
        kept = [ticket for ticket in case.vendor_tickets if ticket.is_live or last[ticket.vendor] == ticket.key]
        said = tuple([_said_lately(case, vendor, now) for vendor in self._counted])
        return tuple(map(self._ticket, kept)), any(not ticket.is_live for ticket in case.vendor_tickets), said

    def _ticket(self, ticket: VendorTicket) -> Hashable:
        """Give what counts of a ticket; of one that is over, whether its vendor's clocks were met or are called off."""
        if not ticket.is_live:
            return ticket.vendor, self._called_off and ticket.status is VendorStatus.WITHDRAWN
        words = tuple([known for known in ticket.heard if not known.isdigit()])  # what we said ourselves is never news
        return (
            ticket.vendor, ticket.status, ticket.reported, ticket.remote_id is None, ticket.heard_at is None,
            ticket.tier if self._by_tier else None, ticket.unreachable_since is None, ticket.updated_at,
            ticket.raw_status, ticket.unmapped, words,
        )  # fmt: skip


def _asks_who_spoke(process: SupportProcess) -> bool:
    """Whether anything may depend on who has said something so far."""
    measures = {limit.measures for limit in process.all_limits}
    return bool(process.policies) or not measures.isdisjoint(_OF_REPLIES)


def _fields_of(match: Match) -> Iterator[str]:
    """Give the fields of which a condition speaks."""
    yield from (test.field for test in match.tests)
    for inner in (*match.all, *match.any):
        yield from _fields_of(inner)


def fields_of(matches: Iterable[Match | None]) -> tuple[str, ...]:
    """Give the fields of which conditions speak, once each."""
    return tuple(dict.fromkeys(name for match in matches if match is not None for name in _fields_of(match)))


def _conditions_in(part: Any) -> Iterator[Match]:  # noqa: ANN401 - policies, and parts of them
    """Give the conditions that are somewhere in policies, as far as these are values."""
    if isinstance(part, Match):
        yield part
    elif isinstance(part, tuple):
        for member in part:
            yield from _conditions_in(member)
    elif attrs.has(type(part)):
        for field in attrs.fields(type(part)):
            yield from _conditions_in(getattr(part, field.name))


def _names_instants(match: Match | None) -> bool:
    """Whether a condition compares with an instant, so that it matters what time it is."""
    tests = () if match is None else tests_of(match)
    return any(isinstance(value, datetime) for test in tests for value in test.values)


def _instants_of(command: object) -> Iterator[str]:
    """Give the fields in which a command names an instant, but for when it is given."""
    kind: Any = type(command)
    for field in attrs.fields(kind) if attrs.has(kind) else ():
        if field.name != "at" and isinstance(getattr(command, field.name), datetime):
            yield field.name


_MORE: Final = frozenset({-1})
"""Stands for thresholds of which it is not known whether they have all fired."""


def _thresholds(compiled: CompiledLimit) -> tuple[str, frozenset[int]] | None:
    """Give the places of all thresholds that can ever fire, where the target stays what it is: then time is over."""
    target = compiled.limit.target.get("*")
    if len(compiled.limit.target) > 1 or not isinstance(target, timedelta):
        return None
    reached = (place for place, each in enumerate(compiled.thresholds) if each.reached_after(target) is not None)
    return compiled.limit.name, frozenset(reached)


def _ago(instant: datetime | None, now: datetime) -> timedelta | None:
    return None if instant is None else instant - now


def _left(watch: Stopwatch, compiled: CompiledLimit | None, now: datetime) -> Hashable:
    """Give how far a running clock is from its target; beyond it, how long it has run: pauses count no more there."""
    due = watch.due_at
    assert due is not None
    return due - now if due > now or compiled is None else ("late", watch.elapsed(compiled.calendar, now))


def _kept(watch: Stopwatch, compiled: CompiledLimit | None, now: datetime) -> tuple[Hashable, ...]:
    """Give what a clock that had stopped goes on with, where it may."""
    if compiled is None or compiled.on_reopening in _KEEP_THEIR_TIME or watch.stage is not Stage.COMPLETED:
        return ()
    since = _ago(watch.stopped_at, now) if compiled.on_reopening == "continue" else None
    return watch.closed_elapsed(), watch.target, watch.fired, since


def _said_lately(case: Case, vendor: str, now: datetime) -> Hashable:
    """Give how long ago a vendor was told something, of a day, and management that it is told no more."""
    of = [ticket for ticket in case.vendor_tickets if ticket.vendor == vendor]
    said = (instant for ticket in of for instant in (ticket.requested_at, *ticket.told_at))
    ceilings = (ticket.ceiling_at for ticket in of if ticket.ceiling_at is not None)
    return tuple([
        tuple(sorted(now - instant for instant in instants if now - instant < DAY)) for instants in (said, ceilings)
    ])  # fmt: skip


def _of_schedule(one: Scheduled, now: datetime) -> Hashable:
    return one.name, one.due_at - now, type(one.command), one.command.by, one.while_status


def _of_held(held: Held, now: datetime) -> Hashable:
    command = attrs.evolve(held.command, at=None)
    approved = tuple(map(str, held.approved))
    return command, str(held.reason), held.approvers, approved, held.wait_reason, _ago(held.wait_until, now)


def _plain(table: Mapping[str, object]) -> Hashable:
    return tuple(sorted((name, repr(value)) for name, value in table.items()))


_READERS: Final[Mapping[type, Callable[[Any, datetime], Hashable]]] = {
    datetime: lambda value, now: value - now,
    dict: lambda value, _now: _plain(value),
}


def _told(value: Any, now: datetime) -> Hashable:  # noqa: ANN401 - of whichever field
    reader = _READERS.get(type(value))
    found: Hashable = value if reader is None else reader(value, now)
    return found
