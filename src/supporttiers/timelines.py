"""A history as lines that people read: when, who, what, and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final

from supporttiers import events as happened
from supporttiers._fields import duration_text, safe
from supporttiers.actors import ActorKind
from supporttiers.events import Event

_Teller = Callable[[Any], str]
_TellerOfInstants = Callable[[Any, tzinfo], str]


def instant_text(instant: datetime | None, zone: tzinfo = UTC) -> str | None:
    """Write an instant in a zone, to the second."""
    return None if instant is None else f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def span_text(span: timedelta) -> str:
    """Write a duration as process files have it: `2h30m`."""
    return duration_text(timedelta(seconds=int(span.total_seconds())))


def timeline(events: Sequence[Event], *, texts: bool, zone: tzinfo = UTC) -> Iterator[str]:
    """
    Tell a history.

    Args:
        events: In order.
        texts: Whether what people wrote is shown, indented under the line it belongs to.
        zone: In which times are told.
    """
    width = max((len(_who(event)) for event in events), default=0)
    for event in events:
        yield safe(f"{instant_text(event.at, zone)}  {_who(event).ljust(width)}  {_what(event, zone)}{_why(event)}")
        if texts:
            for written in (getattr(event, "subject", ""), getattr(event, "text", ""), event.said):
                yield from (f"      | {safe(line)}" for line in (written or "").splitlines())


def told(event: Event, zone: tzinfo = UTC) -> str:
    """Say what happened; what a later release knows and this one does not is told by its name."""
    if teller := TELLERS.get(type(event)):
        return teller(event)
    teller_of_instants = TELLERS_OF_INSTANTS.get(type(event))
    return type(event).__name__ if teller_of_instants is None else teller_of_instants(event, zone)


def _what(event: Event, zone: tzinfo) -> str:
    late = "" if event.occurred_at is None else f" (happened {instant_text(event.occurred_at, zone)})"
    return told(event, zone) + late


def _who(event: Event) -> str:
    return event.by.id if event.by.kind is ActorKind.SYSTEM else f"{event.by.id} ({event.by.kind})"


def _why(event: Event) -> str:
    """Give the recorded reason; the clocks' own changes follow from the line above them."""
    silent = isinstance(event, happened.StopwatchEvent) and not isinstance(event, happened.ActionRefused)
    return "" if event.reason is None or silent else f": {event.reason}"


def _place(event: Any) -> str:  # noqa: ANN401 - one of several events with tier and team
    return f"tier {event.tier}" + (f", team {event.team}" if event.team else "")


def _missing(event: happened.CaseMoved) -> str:
    return f", without {', '.join(event.missing)}" if event.missing else ""


def _amended(event: happened.CaseAmended) -> str:
    shown = ("kind", "category", "channel", "locale", "impact", "urgency", "priority", "owner", "customer",
             "workaround")  # fmt: skip
    parts = [f"{name} {value}" for name in shown if (value := getattr(event, name)) is not None]
    parts += [] if event.tags is None else [f"tags {', '.join(event.tags) or 'none'}"]
    parts += ["subject"] if event.subject is not None else []
    parts += [f"attributes {', '.join(event.attributes)}"] if event.attributes else []
    return f"amended: {'; '.join(parts)}"


def _watch(event: happened.StopwatchEvent) -> str:
    return f"clock {event.limit!r}"


def _fired(event: happened.ThresholdFired) -> str:
    more = ", overtaken: it had moved on" if event.overtaken else ""
    return f"limit {event.limit!r} reached {event.mark}{more}"


def _started(event: happened.StopwatchStarted, zone: tzinfo) -> str:
    return f"{_watch(event)} started: {span_text(event.target)}, due {instant_text(event.due_at, zone)}"


def _retargeted(event: happened.StopwatchRetargeted) -> str:
    return f"{_watch(event)} now allows {span_text(event.target)}"


def _stopped(event: happened.StopwatchStopped) -> str:
    return f"{_watch(event)} stopped, {'late' if event.breached else 'in time'}"


def _scheduled(event: happened.CommandScheduled, zone: tzinfo) -> str:
    found = event.scheduled
    if found is None:
        return "something is to be done later"
    return f"will {found.command.trigger} at {instant_text(found.due_at, zone)} ({found.name})"


TELLERS: Final[Mapping[type[Event], _Teller]] = {
    happened.CaseOpened: lambda event: f"opened at {_place(event)}",
    happened.CaseStarted: lambda event: "work started" + (f" by {event.assignee}" if event.assignee else ""),
    happened.CaseReleased: lambda _: "put back into the queue",
    happened.CaseAssigned: lambda event: f"assigned to {event.assignee or 'nobody'}",
    happened.CaseReplied: lambda event: "replied" + (f" by {event.channel}" if event.channel else ""),
    happened.CaseNoted: lambda _: "noted",
    happened.AttemptRecorded: lambda event: f"self-service tried: {event.what}: {event.outcome}",
    happened.CaseEscalated: lambda event: f"escalated to {_place(event)}{_missing(event)}",
    happened.CaseHandedBack: lambda event: f"handed back to {_place(event)}{_missing(event)}",
    happened.CaseTransferred: lambda event: f"transferred to {_place(event)}{_missing(event)}",
    happened.ManagementInformed: lambda _: "management informed",
    happened.PeopleInformed: lambda event: f"informed {event.to}",
    happened.CaseResumed: lambda event: f"goes on, {event.status}",
    happened.CaseResolved: lambda event: "resolved" + (f" by {event.solution}" if event.solution else ""),
    happened.CaseReopened: lambda event: f"reopened at {_place(event)}",
    happened.FollowUpOpened: lambda event: f"followed up by {event.follow_up}",
    happened.CaseClosed: lambda _: "closed",
    happened.CaseCancelled: lambda _: "cancelled",
    happened.CaseAmended: _amended,
    happened.AttachmentsAdded: lambda event: f"attached: {', '.join(file.id for file in event.attachments)}",
    happened.WatchersAdded: lambda event: f"watched by {', '.join(event.watchers)}",
    happened.WatchersRemoved: lambda event: f"no longer watched by {', '.join(event.watchers)}",
    happened.CaseLinked: lambda event: f"linked: {event.link.kind} {event.link.case_id}",
    happened.CaseUnlinked: lambda event: f"no longer linked: {event.link.kind} {event.link.case_id}",
    happened.AffectedCounted: lambda event: (
        f"affects {event.other}{'' if event.counts else ' no longer'}: {event.total} in all"
    ),
    happened.CaseMerged: lambda event: f"merged into {event.into}",
    happened.CaseRated: lambda event: f"rated {event.score} of 5",
    happened.CaseApproved: lambda _: "approved",
    happened.CaseDeclined: lambda _: "declined",
    happened.CommandHeld: lambda event: f"waits for approval to {event.trigger}",
    happened.HeldDropped: lambda event: f"did not {event.trigger} in the end",
    happened.ScheduleEnded: lambda event: f"{'dropped' if event.dropped else 'now due'}: {event.name}",
    happened.ReactionRefused: lambda event: f"could not {event.trigger}",
    happened.LimitsRenewed: lambda event: f"limits of revision {event.revision} are in force",
    happened.CaseRedacted: lambda _: "redacted: personal texts and names deleted",
    happened.ActionWithheld: lambda event: f"would have done: {event.would_have}",
    happened.RefusalObserved: lambda event: f"would have refused: {event.trigger}",
    happened.CaseAdopted: lambda event: f"in the care of {event.process} from here on",
    happened.VendorDispatched: lambda event: f"sent to vendor {event.vendor}",
    happened.VendorTicketUpdated: lambda event: f"ticket {event.remote_id} at vendor {event.vendor}: {event.status}",
    happened.VendorReplied: lambda event: f"vendor {event.vendor} wrote",
    happened.VendorTold: lambda event: f"told vendor {event.vendor}: {event.purpose}",
    happened.VendorWithdrawn: lambda event: f"request to vendor {event.vendor} withdrawn",
    happened.VendorFound: lambda event: f"vendor {event.vendor} can be asked again",
    happened.StopwatchPaused: lambda event: f"{_watch(event)} paused",
    happened.StopwatchRetargeted: _retargeted,
    happened.StopwatchStopped: _stopped,
    happened.StopwatchCancelled: lambda event: f"{_watch(event)} cancelled",
    happened.ThresholdFired: _fired,
    happened.ActionRefused: lambda event: f"limit {event.limit!r} could not {event.action}",
}

TELLERS_OF_INSTANTS: Final[Mapping[type[Event], _TellerOfInstants]] = {
    happened.WaitStarted: lambda event, zone: (
        f"waits for {event.wait_reason}" + (f" until {instant_text(event.until, zone)}" if event.until else "")
    ),
    happened.CommandScheduled: _scheduled,
    happened.VendorLost: lambda event, zone: (
        f"vendor {event.vendor} cannot be asked since {instant_text(event.since, zone)}"
    ),
    happened.StopwatchStarted: _started,
    happened.StopwatchResumed: lambda event, zone: (
        f"{_watch(event)} runs again, due {instant_text(event.due_at, zone)}"
    ),
}
"""Those that tell of instants besides, in a zone."""
