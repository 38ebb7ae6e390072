"""
Case: what a case is now, and the fold that makes it from its events.

`fold(case, event)` is the only thing that ever makes a case. It needs no process, calendar or policy, so that
`rebuild(events) == case`, always.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import attrs

from supporttiers import events as happened
from supporttiers.actors import SYSTEM
from supporttiers.commands import Held, Scheduled
from supporttiers.events import REDACTED, Event
from supporttiers.links import (
    MAX_ENTRIES,
    MAX_TOLD,
    MAX_UNMAPPED,
    TEXT,
    VENDOR_WAITS,
    Attachment,
    Attempt,
    Link,
    VendorStatus,
    VendorTicket,
)
from supporttiers.stopwatches import Segment, Stage, Stopwatch, with_segment
from supporttiers.tiers import OPEN, CaseKind, Status


@attrs.frozen
class Place:
    """
    Where a case was: a tier and one of its teams.

    >>> str(Place(2, "network"))
    '2/network'
    """

    tier: int
    team: str | None = None

    def __str__(self) -> str:
        """Write it as `2/network`."""
        return f"{self.tier}/{self.team}" if self.team else str(self.tier)


@attrs.frozen(kw_only=True)
class Case:
    """
    A case as it stands after its last event; frozen. Commands make new ones.

    Attributes:
        id: The caller's key, or a UUIDv7.
        tenant: Whose case it is.
        version: The number of its last event.
        process: The name of its process.
        revision: The revision of the process that it follows.
        limits_revision: The revision that its limits and calendars follow: a later one in a process that is `live`.
        limits_in_force: The revision whose limits hold instead, where those of `limits_revision` do not fit its tiers.
        kind: Incident, request, question or problem.
        subject: One line.
        requester: Who needs help.
        customer: On whose contract.
        category: What it is about.
        channel: How it came in.
        locale: The requester's language.
        impact: How much it hurts.
        urgency: How soon it hurts.
        priority: One of the process's ordered list.
        tags: Words.
        attributes: The host's own plain values.
        tier: The level at which it stands.
        status: What is happening to it.
        wait_reason: What it waits for.
        wait_until: When it resumes by itself.
        resume_to: The status to which it resumes.
        came_from: The tier and team before this one.
        owner: Who keeps it while the assignment moves; the first assignee unless amended.
        assignee: Who works on it.
        last_assignee: To whom it was given last; stays when the assignment moves on.
        assigned_at: When it was given to them.
        team: Which team has it.
        stopwatches: The latest stopwatch of each limit.
        links: Other cases.
        watchers: Who follows it.
        attachments: References to files that the caller keeps.
        vendor_tickets: Tickets in vendors' systems.
        vendors: The vendors at which a ticket is open.
        vendors_waiting: Those of them that wait for an answer of ours, or have answered.
        vendors_unacknowledged: Those of them that have said nothing yet.
        vendors_unreachable: Those of them that cannot be asked, for too long.
        attempts: What was tried in self-service.
        bounces: How often it went to and fro, by pair of places.
        solution: A reference to an article or fix.
        satisfaction: From 1 to 5, once rated.
        opened_at: When it was opened.
        changed_at: The last event's `at`.
        tier_entered_at: When it came to this tier.
        first_response_at: When the house first answered in public.
        last_reply_at: When the house last answered in public.
        awaiting_reply_since: The requester's oldest message that the house has not answered.
        resolved_at: When it was resolved; empty again once reopened.
        closed_at: When it was closed; empty again once reopened.
        due_at: The earliest target among live clocks; kept when passed, empty while all are paused.
        facts: What was last known from outside, by name.
        scheduled: What it will do by itself.
        held: The command that waits for approval.
        carried_out: The names of what it did by itself since it was opened or last reopened; at most 50.
        workaround: A reference to what helps until it is solved.
        affected: Of a known issue: how many open cases are linked to it as such.
        most_affected: The most there have been at once, since it was opened or last reopened.
        follow_up: The case that goes on with the matter, where this one is not reopened.
        redacted_at: When everything personal was deleted; empty again once somebody has said or done anything more.

    .. versionadded:: 0.1.0
    """

    id: str
    tenant: str
    version: int
    process: str
    revision: str
    limits_revision: str
    limits_in_force: str | None = None
    kind: CaseKind = CaseKind.INCIDENT
    subject: str = attrs.field(default="", repr=False)
    requester: str = attrs.field(repr=False)
    customer: str | None = attrs.field(default=None, repr=False)
    category: str | None = None
    channel: str | None = None
    locale: str | None = None
    impact: str | None = None
    urgency: str | None = None
    priority: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)
    tier: int
    status: Status
    wait_reason: str | None = None
    wait_until: datetime | None = None
    resume_to: Status | None = None
    came_from: Place | None = None
    owner: str | None = None
    assignee: str | None = None
    last_assignee: str | None = None
    assigned_at: datetime | None = None
    team: str | None = None
    stopwatches: tuple[Stopwatch, ...] = attrs.field(default=(), repr=False)
    links: tuple[Link, ...] = ()
    watchers: tuple[str, ...] = attrs.field(default=(), repr=False)
    attachments: tuple[Attachment, ...] = attrs.field(default=(), repr=False)
    vendor_tickets: tuple[VendorTicket, ...] = ()
    vendors: tuple[str, ...] = ()
    vendors_waiting: tuple[str, ...] = ()
    vendors_unacknowledged: tuple[str, ...] = ()
    vendors_unreachable: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    bounces: Mapping[str, int] = attrs.field(factory=dict, hash=False)
    solution: str | None = None
    satisfaction: int | None = None
    opened_at: datetime
    changed_at: datetime
    tier_entered_at: datetime
    first_response_at: datetime | None = None
    last_reply_at: datetime | None = None
    awaiting_reply_since: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    facts: Mapping[str, object] = attrs.field(factory=dict, hash=False, repr=False)
    scheduled: tuple[Scheduled, ...] = ()
    held: Held | None = None
    carried_out: tuple[str, ...] = ()
    workaround: str | None = None
    affected: int = 0
    most_affected: int = 0
    follow_up: str | None = None
    redacted_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody still owes something: queued, in progress or waiting."""
        return self.status in OPEN

    @property
    def place(self) -> Place:
        """Where it is: tier and team."""
        return Place(self.tier, self.team)

    def stopwatch(self, limit: str) -> Stopwatch | None:
        """Give the latest stopwatch of a limit, or None where it never ran."""
        return next((watch for watch in self.stopwatches if watch.limit == limit), None)


def rebuild(events: Iterable[Event]) -> Case | None:
    """Make a case from its whole history; None where there is none."""
    return fold_all(None, events)


def fold(case: Case | None, event: Event) -> Case:
    """
    Apply one event.

    Args:
        case: The case before it; None before the first.
        event: What happened.

    Returns:
        The case after it.
    """
    folded = fold_all(case, (event,))
    assert folded is not None  # noqa: S101 - one event always makes a case; the assertion tells the type checker
    return folded


def fold_all(case: Case | None, events: Iterable[Event]) -> Case | None:
    """Apply several events in order; the case itself where there are none."""
    draft = None if case is None else draft_of(case)
    event = None
    for event in events:
        draft = apply(draft, event)
    return case if event is None or draft is None else freeze(draft)


_ZERO: Final = timedelta(0)
DAY: Final = timedelta(hours=24)
"""For so long what passes between a case and a vendor is counted."""
_NAMES: Final = tuple(field.name for field in attrs.fields(Case))
_VALUES: Final = attrgetter(*_NAMES)

if TYPE_CHECKING:
    Draft = SimpleNamespace
else:

    class Draft(Case):
        """A case being folded: changeable, so that several events cost one new case. It adds no slots."""

        __slots__ = ()
        __setattr__, __delattr__ = object.__setattr__, object.__delattr__
        __init__ = attrs.make_class("Draft", _NAMES).__init__  # takes all values by position


def draft_of(case: Case) -> Draft:
    """Begin to fold on from a case."""
    return Draft(*_VALUES(case))


def apply(draft: Draft | None, event: Event) -> Draft:
    """Apply one event to a draft; None begins a new case."""
    if draft is None:
        draft = _opened(event)
    else:
        _FOLDS[type(event)](draft, event)
    if draft.redacted_at is not None and _is_personal(event):
        draft.redacted_at = None
    if event.facts is not None:
        known = {name: fact for name, fact in event.facts.items() if not name.startswith("_")}
        draft.facts = {**draft.facts, **known}
    draft.version = event.version
    draft.changed_at = event.at
    return draft


def _is_personal(event: Event) -> bool:
    """Whether redaction would take anything out of an event that came after the last one."""
    return not isinstance(event, happened.CaseRedacted) and (event.by.id != SYSTEM.id or event.facts is not None)


def freeze(draft: Draft) -> Case:
    """Turn a draft into the case that it has become; without a copy, so that it can be changed no longer."""
    frozen: Any = draft
    frozen.__class__ = Case  # a draft has the slots of a case, and no others
    case: Case = frozen
    return case


def _opened(event: Event) -> Draft:
    if not isinstance(event, happened.CaseOpened):
        message = f"the history of case {event.case_id!r} begins with {type(event).__name__}, not with CaseOpened"
        raise ValueError(message)  # noqa: TRY004 - the history is wrong, not the caller's type
    when = event.effective_at
    return draft_of(Case(
        id=event.case_id, tenant=event.tenant, version=event.version, process=event.process, revision=event.revision,
        limits_revision=event.revision,
        kind=event.kind, subject=event.subject, requester=event.requester, customer=event.customer,
        category=event.category, channel=event.channel, locale=event.locale, impact=event.impact,
        urgency=event.urgency, priority=event.priority, tags=event.tags, attributes=event.attributes,
        tier=event.tier, status=Status.QUEUED, owner=event.owner, team=event.team,
        opened_at=when, changed_at=event.at, tier_entered_at=when,
        awaiting_reply_since=None if event.answered else when, first_response_at=when if event.answered else None,
        last_reply_at=when if event.answered else None,
    ))  # fmt: skip


# -- one small function per kind of event; each changes the draft


def _started(draft: Draft, event: happened.CaseStarted) -> None:
    draft.status = Status.IN_PROGRESS
    _not_waiting(draft)
    _given_to(draft, event.assignee, event.effective_at)


def _released(draft: Draft, _event: happened.CaseReleased) -> None:
    draft.status = Status.QUEUED
    draft.assignee = None
    _not_waiting(draft)


def _assigned(draft: Draft, event: happened.CaseAssigned) -> None:
    _given_to(draft, event.assignee, event.effective_at)


def _given_to(draft: Draft, assignee: str | None, at: datetime) -> None:
    """The first assignee owns the case: the assignment moves on, the ownership stays."""
    if assignee is not None and assignee != draft.assignee:
        draft.last_assignee, draft.assigned_at = assignee, at
    draft.assignee = assignee
    draft.owner = draft.owner or assignee


def _replied(draft: Draft, event: happened.CaseReplied) -> None:
    if event.side == "requester" and draft.awaiting_reply_since is None:
        draft.awaiting_reply_since = event.effective_at
    if event.side == "requester" and draft.held is not None and draft.held.wait_reason == "customer":
        draft.held = attrs.evolve(draft.held, wait_reason=None, wait_until=None)  # it need not wait for that any more
    if event.side == "house":
        _answered(draft, event.effective_at)


def _answered(draft: Draft, when: datetime) -> None:
    draft.awaiting_reply_since = None
    draft.first_response_at = draft.first_response_at or when
    draft.last_reply_at = when if draft.last_reply_at is None else max(when, draft.last_reply_at)


def _nothing(_draft: Draft, _event: Event) -> None:
    """Stand in the history only: the case itself does not change."""


def _attempted(draft: Draft, event: happened.AttemptRecorded) -> None:
    draft.attempts = (*draft.attempts, Attempt(what=event.what, outcome=event.outcome, at=event.effective_at))


def _moved(draft: Draft, event: happened.CaseMoved) -> None:
    if event.bounce:
        draft.bounces = {**draft.bounces, event.bounce: draft.bounces.get(event.bounce, 0) + 1}
    draft.came_from = Place(draft.tier, draft.team)
    if event.tier != draft.tier:
        draft.tier_entered_at = max(event.effective_at, draft.tier_entered_at)
    draft.tier, draft.team, draft.status, draft.assignee = event.tier, event.team, event.status, None
    _not_waiting(draft)


def _not_waiting(draft: Draft) -> None:
    draft.wait_reason = draft.wait_until = draft.resume_to = None


def _waiting(draft: Draft, event: happened.WaitStarted) -> None:
    draft.status = Status.WAITING
    draft.wait_reason, draft.wait_until, draft.resume_to = event.wait_reason, event.until, event.resume_to


def _resumed(draft: Draft, event: happened.CaseResumed) -> None:
    draft.status = event.status
    _not_waiting(draft)


def _ended(status: Status) -> Callable[[Draft, Event], None]:
    def end(draft: Draft, event: Event) -> None:
        draft.status = status
        draft.awaiting_reply_since = None
        _not_waiting(draft)
        if status is Status.RESOLVED:
            draft.resolved_at, draft.closed_at = event.effective_at, None
        elif status is Status.CLOSED:
            draft.closed_at = event.effective_at

    return end


_resolve, _close, _cancel = _ended(Status.RESOLVED), _ended(Status.CLOSED), _ended(Status.CANCELLED)


def _resolved(draft: Draft, event: happened.CaseResolved) -> None:
    _resolve(draft, event)
    draft.solution = event.solution or draft.solution


def _reopened(draft: Draft, event: happened.CaseReopened) -> None:
    if (event.tier, event.team) != (draft.tier, draft.team):
        draft.came_from = Place(draft.tier, draft.team)
        draft.assignee = None
    draft.status, draft.tier, draft.team = Status.QUEUED, event.tier, event.team
    _not_waiting(draft)
    draft.tier_entered_at = max(event.effective_at, draft.tier_entered_at)
    draft.resolved_at = draft.closed_at = draft.satisfaction = draft.follow_up = None
    draft.carried_out, draft.most_affected = (), draft.affected
    draft.awaiting_reply_since = event.effective_at if event.by.id == draft.requester else None


_AMENDED: Final = ("subject", "customer", "owner", "kind", "category", "channel", "locale", "impact", "urgency",
                   "priority", "workaround", "tags")  # fmt: skip


def _amended(draft: Draft, event: happened.CaseAmended) -> None:
    for field in _AMENDED:
        value = getattr(event, field)
        if value is not None:
            setattr(draft, field, value)
    if event.attributes:
        merged = {**draft.attributes, **event.attributes}
        draft.attributes = {key: value for key, value in merged.items() if value is not None}


def _attached(draft: Draft, event: happened.AttachmentsAdded) -> None:
    draft.attachments = (*draft.attachments, *event.attachments)


def _watched(draft: Draft, event: happened.WatchersAdded) -> None:
    draft.watchers = tuple(dict.fromkeys((*draft.watchers, *event.watchers)))


def _unwatched(draft: Draft, event: happened.WatchersRemoved) -> None:
    draft.watchers = tuple(watcher for watcher in draft.watchers if watcher not in event.watchers)


def _linked(draft: Draft, event: happened.CaseLinked) -> None:
    draft.links = (*draft.links, event.link)


def _unlinked(draft: Draft, event: happened.CaseUnlinked) -> None:
    draft.links = tuple(link for link in draft.links if link != event.link)


def _counted(draft: Draft, event: happened.AffectedCounted) -> None:
    draft.affected = event.total
    if event.peak:
        draft.most_affected = event.total


def _followed_up(draft: Draft, event: happened.FollowUpOpened) -> None:
    draft.follow_up = event.follow_up


def _merged(draft: Draft, event: happened.CaseMerged) -> None:
    _cancel(draft, event)
    draft.links = (*draft.links, Link("duplicate_of", event.into))
    draft.watchers = ()


def _rated(draft: Draft, event: happened.CaseRated) -> None:
    draft.satisfaction = event.score


def _held(draft: Draft, event: happened.CommandHeld) -> None:
    """Keep the command, unless redaction has taken it out of the history."""
    if event.command is None or event.reason is None:
        return
    draft.held = Held(
        command=event.command, reason=event.reason, approvers=event.approvers, approved=event.approved,
        wait_reason=event.wait_reason, wait_until=event.wait_until,
    )  # fmt: skip


def _no_longer_held(draft: Draft, _event: Event) -> None:
    draft.held = None


def _scheduled(draft: Draft, event: happened.CommandScheduled) -> None:
    if event.scheduled is not None:
        others = (one for one in draft.scheduled if one.name != event.scheduled.name)
        draft.scheduled = (*others, event.scheduled)


def _schedule_ended(draft: Draft, event: happened.ScheduleEnded) -> None:
    draft.scheduled = tuple(one for one in draft.scheduled if one.name != event.name)
    if not event.dropped:
        others = (name for name in draft.carried_out if name != event.name)
        draft.carried_out = (*others, event.name)[-_MAX_REMEMBERED:]


_MAX_REMEMBERED: Final = 50


def _redacted(draft: Draft, event: happened.CaseRedacted) -> None:
    """Leave what is left when the events before it have lost their private parts, so that both make one case."""
    draft.subject, draft.requester, draft.customer = "", REDACTED, None
    draft.attributes, draft.facts = {}, {}
    draft.watchers = draft.attachments = ()
    draft.owner, draft.assignee, draft.last_assignee = event.owner, event.assignee, event.assignee
    draft.assigned_at, draft.awaiting_reply_since = event.assigned_at, event.awaiting_reply_since
    draft.scheduled, draft.held = event.scheduled, None
    draft.redacted_at = event.at


def _withheld(draft: Draft, event: happened.ActionWithheld) -> None:
    """Its agreed time of waiting comes once, whether the case then goes on or not."""
    if event.verb == "resume" and draft.wait_until is not None and draft.wait_until <= event.at:
        draft.wait_until = None


def _adopted(draft: Draft, event: happened.CaseAdopted) -> None:
    draft.process, draft.revision, draft.limits_revision = event.process, event.revision, event.revision
    draft.stopwatches = tuple(
        attrs.evolve(watch, revision=event.revision) if watch.is_live else watch for watch in draft.stopwatches
    )


def _limits_renewed(draft: Draft, event: happened.LimitsRenewed) -> None:
    draft.limits_revision, draft.limits_in_force = event.revision, event.in_force


def _dispatched(draft: Draft, event: happened.VendorDispatched) -> None:
    ticket = VendorTicket(
        vendor=event.vendor, key=event.key, tier=event.tier, requested_at=event.at, changed_at=event.at
    )
    draft.vendor_tickets = (*draft.vendor_tickets, ticket)
    _vendors(draft)


def _vendors(draft: Draft) -> None:
    live = [ticket for ticket in draft.vendor_tickets if ticket.is_live]
    draft.vendors = tuple(ticket.vendor for ticket in live)
    draft.vendors_waiting = tuple(ticket.vendor for ticket in live if ticket.status in VENDOR_WAITS)
    draft.vendors_unacknowledged = tuple(ticket.vendor for ticket in live if ticket.is_unacknowledged)
    draft.vendors_unreachable = tuple(ticket.vendor for ticket in live if ticket.unreachable_since is not None)


def _change_ticket(draft: Draft, key: str, change: Callable[[VendorTicket], VendorTicket]) -> None:
    draft.vendor_tickets = tuple(change(ticket) if ticket.key == key else ticket for ticket in draft.vendor_tickets)
    _vendors(draft)


def _vendor_updated(draft: Draft, event: happened.VendorTicketUpdated) -> None:
    has_text = any(one.startswith(TEXT) for one in event.told)
    _change_ticket(draft, event.key, lambda ticket: attrs.evolve(
        _taken(ticket, event) if has_text else ticket, status=event.status, reported=event.reported or ticket.reported,
        remote_id=event.remote_id or ticket.remote_id, raw_status=event.raw_status or ticket.raw_status,
        unmapped=_unmapped(ticket, event), heard=_heard(ticket, event.told), changed_at=event.effective_at,
        heard_at=event.effective_at if event.heard else ticket.heard_at,
        updated_at=event.updated_at or ticket.updated_at,
        put_off_at=event.at if event.put_off else ticket.put_off_at,
    ))  # fmt: skip


def _unmapped(ticket: VendorTicket, event: happened.VendorTicketUpdated) -> tuple[str, ...]:
    if event.reported is not VendorStatus.UNKNOWN or not event.raw_status or event.raw_status in ticket.unmapped:
        return ticket.unmapped
    return (*ticket.unmapped, event.raw_status)[-MAX_UNMAPPED:]


def _heard(ticket: VendorTicket, more: tuple[str, ...]) -> tuple[str, ...]:
    if not more:
        return ticket.heard
    return (*(one for one in ticket.heard if one not in more), *more)[-2 * MAX_ENTRIES :]


def _taken(ticket: VendorTicket, event: happened.Event) -> VendorTicket:
    """Count one more that was taken, in this day."""
    since = ticket.taken_since
    if since is None or event.at - since >= DAY:
        return attrs.evolve(ticket, taken_since=event.at, taken=1)
    return attrs.evolve(ticket, taken=ticket.taken + 1)


def _vendor_replied(draft: Draft, event: happened.VendorReplied) -> None:
    _change_ticket(draft, event.key, lambda ticket: attrs.evolve(
        _taken(ticket, event), heard=_heard(ticket, (event.entry,)), heard_at=event.effective_at,
        changed_at=event.effective_at,
    ))  # fmt: skip


def _vendor_told(draft: Draft, event: happened.VendorTold) -> None:
    """A word of ours passes the ball back to the vendor."""

    def told(ticket: VendorTicket) -> VendorTicket:
        ours = ticket.status in VENDOR_WAITS and event.purpose != "withdrawal"
        return attrs.evolve(
            ticket, told_at=(*ticket.told_at, event.at)[-MAX_TOLD:], changed_at=event.effective_at,
            status=VendorStatus.IN_PROGRESS if ours else ticket.status,
            ceiling_at=event.at if event.last else ticket.ceiling_at,
        )  # fmt: skip

    _change_ticket(draft, event.key, told)


def _vendor_withdrawn(draft: Draft, event: happened.VendorWithdrawn) -> None:
    _change_ticket(draft, event.key, lambda ticket: attrs.evolve(
        ticket, status=VendorStatus.WITHDRAWN, changed_at=event.effective_at
    ))  # fmt: skip


def _vendor_lost(draft: Draft, event: happened.VendorLost) -> None:
    _change_ticket(draft, event.key, lambda ticket: attrs.evolve(ticket, unreachable_since=event.since))


def _vendor_found(draft: Draft, event: happened.VendorFound) -> None:
    _change_ticket(draft, event.key, lambda ticket: attrs.evolve(ticket, unreachable_since=None))


# -- stopwatches


def _watch_started(draft: Draft, event: happened.StopwatchStarted) -> None:
    started = Stopwatch(
        limit=event.limit, agreement=event.agreement, instance=event.instance, target=event.target,
        started_at=event.started_at, running_since=event.started_at, due_at=event.due_at, revision=event.revision,
        fired=event.passed,
    )  # fmt: skip
    others = tuple(watch for watch in draft.stopwatches if watch.limit != event.limit)
    draft.stopwatches = (*others, started)
    _due(draft)


def _change_watch(draft: Draft, limit: str, change: Callable[[Stopwatch], Stopwatch]) -> None:
    draft.stopwatches = tuple(change(watch) if watch.limit == limit else watch for watch in draft.stopwatches)
    _due(draft)


def _due(draft: Draft) -> None:
    draft.due_at = min((w.due_at for w in draft.stopwatches if w.due_at is not None and w.is_live), default=None)


def _closed_with(watch: Stopwatch, segment: Segment | None) -> tuple[Segment, ...]:
    return watch.segments if segment is None else with_segment(watch.segments, segment)


def _watch_paused(draft: Draft, event: happened.StopwatchPaused) -> None:
    _change_watch(draft, event.limit, lambda watch: attrs.evolve(
        watch, stage=Stage.PAUSED, running_since=None, due_at=event.due_at,
        segments=_closed_with(watch, event.segment),
    ))  # fmt: skip


def _watch_resumed(draft: Draft, event: happened.StopwatchResumed) -> None:
    _change_watch(draft, event.limit, lambda watch: attrs.evolve(
        watch, stage=Stage.IN_PROGRESS, running_since=event.running_since, due_at=event.due_at, stopped_at=None,
        fired=_with_passed(watch, event.passed), paused_for=watch.paused_by(event.running_since),
        completed_for=watch.completed_for + (event.running_since - (watch.stopped_at or event.running_since)),
    ))  # fmt: skip


def _with_passed(watch: Stopwatch, passed: tuple[int, ...], fired: tuple[int, ...] | None = None) -> tuple[int, ...]:
    before = watch.fired if fired is None else fired
    return tuple(sorted((*before, *passed))) if passed else before


def _watch_retargeted(draft: Draft, event: happened.StopwatchRetargeted) -> None:
    _change_watch(draft, event.limit, lambda watch: attrs.evolve(
        watch, target=event.target, due_at=event.due_at, fired=_with_passed(watch, event.passed, event.fired),
        segments=watch.segments if event.segments is None else event.segments,
        running_since=event.running_since or watch.running_since, revision=event.revision or watch.revision,
    ))  # fmt: skip


def _watch_stopped(draft: Draft, event: happened.StopwatchStopped) -> None:
    _change_watch(draft, event.limit, lambda watch: attrs.evolve(
        watch, stage=Stage.COMPLETED, running_since=None, stopped_at=event.stopped_at, due_at=event.due_at,
        breached=event.breached, segments=_closed_with(watch, event.segment),
        paused_for=watch.paused_by(event.stopped_at),
    ))  # fmt: skip


def _watch_cancelled(draft: Draft, event: happened.StopwatchCancelled) -> None:
    _change_watch(draft, event.limit, lambda watch: attrs.evolve(
        watch, stage=Stage.CANCELLED, running_since=None, stopped_at=event.stopped_at,
        segments=_closed_with(watch, event.segment), paused_for=watch.paused_by(event.stopped_at),
    ))  # fmt: skip


def _fired(draft: Draft, event: happened.ThresholdFired) -> None:
    _change_watch(draft, event.limit, lambda watch: attrs.evolve(
        watch, fired=tuple(sorted((*watch.fired, event.threshold))), breached=watch.breached or event.breach,
    ))  # fmt: skip


_FOLDS: Final[Mapping[type[Event], Callable[[Draft, Any], None]]] = {
    happened.CaseStarted: _started,
    happened.CaseReleased: _released,
    happened.CaseAssigned: _assigned,
    happened.CaseReplied: _replied,
    happened.CaseNoted: _nothing,
    happened.AttemptRecorded: _attempted,
    happened.CaseEscalated: _moved,
    happened.CaseHandedBack: _moved,
    happened.CaseTransferred: _moved,
    happened.ManagementInformed: _nothing,
    happened.PeopleInformed: _nothing,
    happened.WaitStarted: _waiting,
    happened.CaseResumed: _resumed,
    happened.CaseResolved: _resolved,
    happened.CaseReopened: _reopened,
    happened.FollowUpOpened: _followed_up,
    happened.CaseClosed: _close,
    happened.CaseCancelled: _cancel,
    happened.CaseAmended: _amended,
    happened.AttachmentsAdded: _attached,
    happened.WatchersAdded: _watched,
    happened.WatchersRemoved: _unwatched,
    happened.CaseLinked: _linked,
    happened.CaseUnlinked: _unlinked,
    happened.AffectedCounted: _counted,
    happened.CaseMerged: _merged,
    happened.CaseRated: _rated,
    happened.CaseApproved: _no_longer_held,
    happened.CaseDeclined: _no_longer_held,
    happened.CommandHeld: _held,
    happened.HeldDropped: _no_longer_held,
    happened.CommandScheduled: _scheduled,
    happened.ScheduleEnded: _schedule_ended,
    happened.ReactionRefused: _nothing,
    happened.CaseRedacted: _redacted,
    happened.ActionWithheld: _withheld,
    happened.RefusalObserved: _nothing,
    happened.CaseAdopted: _adopted,
    happened.LimitsRenewed: _limits_renewed,
    happened.VendorDispatched: _dispatched,
    happened.VendorTicketUpdated: _vendor_updated,
    happened.VendorReplied: _vendor_replied,
    happened.VendorTold: _vendor_told,
    happened.VendorWithdrawn: _vendor_withdrawn,
    happened.VendorLost: _vendor_lost,
    happened.VendorFound: _vendor_found,
    happened.StopwatchStarted: _watch_started,
    happened.StopwatchPaused: _watch_paused,
    happened.StopwatchResumed: _watch_resumed,
    happened.StopwatchRetargeted: _watch_retargeted,
    happened.StopwatchStopped: _watch_stopped,
    happened.StopwatchCancelled: _watch_cancelled,
    happened.ThresholdFired: _fired,
    happened.ActionRefused: _nothing,
}


def open_ticket(case: Case | Draft) -> VendorTicket | None:
    """Give the newest vendor ticket on which somebody still owes something, or None."""
    tickets: tuple[VendorTicket, ...] = case.vendor_tickets
    return next((ticket for ticket in reversed(tickets) if ticket.is_live), None)


def open_ticket_at(case: Case | Draft, vendor: str) -> VendorTicket | None:
    """Give the newest ticket at a vendor on which somebody still owes something, or None."""
    tickets: tuple[VendorTicket, ...] = case.vendor_tickets
    return next((ticket for ticket in reversed(tickets) if ticket.vendor == vendor and ticket.is_live), None)
