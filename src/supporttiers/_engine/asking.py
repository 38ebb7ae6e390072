"""Questions about a case: what can be done with it, and why it stands where it stands."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from supporttiers import commands as wanted
from supporttiers import events as happened
from supporttiers._engine.assigning import why_assigned
from supporttiers._engine.causes import due_times, permissions, why_prioritised, why_routed
from supporttiers._engine.clocks import SCHEDULED, WAIT, Deadline, deadlines, readings
from supporttiers._engine.deciding import decided
from supporttiers._engine.rules import Missing
from supporttiers._machine import possible_from, state_name
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.commands import COMMANDS, Command, Held
from supporttiers.decisions import NeedFacts
from supporttiers.errors import NotPermittedError
from supporttiers.events import CaseMoved, CaseOpened, CaseReopened, CommandHeld, Event
from supporttiers.facts import NO_FACTS, FactKey, Facts
from supporttiers.links import Link, VendorStatus, VendorTicket
from supporttiers.process import SupportProcess
from supporttiers.readings import Explanation, Option
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Stage
from supporttiers.tiers import OPEN, Status

# -- options

SAMPLES: Final[Mapping[type[Command], Mapping[str, Any]]] = {
    wanted.Assign: {"assignee": "somebody"},
    wanted.Reply: {"text": "something"},
    wanted.Note: {"text": "something"},
    wanted.RecordAttempt: {"what": "something"},
    wanted.Transfer: {"team": "another team"},
    wanted.Amend: {"attributes": {"something": "else"}},
    wanted.Attach: {"attachments": ()},
    wanted.LinkCase: {"link": Link("follows", "another case")},
    wanted.Unlink: {"link": Link("follows", "another case")},
    wanted.Inform: {"to": "somebody"},
    wanted.Merge: {"into": "another case"},
    wanted.Dispatch: {"vendor": "a vendor"},
    wanted.TellVendor: {"vendor": "a vendor", "text": "something"},
    wanted.Withdraw: {"vendor": "a vendor"},
    wanted.Rate: {"score": 5},
}
"""What a command is tried out with."""

_REQUIRED: Final[Mapping[type[Command], tuple[str, ...]]] = {
    wanted.Assign: ("assignee",),
    wanted.RecordAttempt: ("what",),
    wanted.Transfer: ("team",),
    wanted.Attach: ("attachments",),
    wanted.LinkCase: ("to",),
    wanted.Unlink: ("to",),
    wanted.Inform: ("to",),
    wanted.Merge: ("into",),
    wanted.Dispatch: ("vendor",),
    wanted.TellVendor: ("vendor",),
    wanted.Withdraw: ("vendor",),
    wanted.Rate: ("score",),
}
"""What a verb cannot do without, by the names of its parameters."""

_TARGETED: Final[Mapping[type[Command], str]] = {
    wanted.Escalate: "escalate", wanted.HandBack: "hand_back", wanted.Wait: "wait", wanted.Reopen: "reopen",
}  # fmt: skip
_NOT_OFFERED: Final = (wanted.Open, wanted.VendorUpdate, wanted.VendorUnreachable, wanted.CountAffected)
_TO_VENDOR: Final = (wanted.TellVendor, wanted.Withdraw)


def options(
    process: SupportProcess, case: Case, by: Actor, now: datetime, facts: Facts = NO_FACTS
) -> tuple[Option, ...] | NeedFacts:
    """
    Say what an actor may do with a case now, and why not for the rest.

    Each option is decided, and thrown away, so that it cannot differ from what a command would really do.

    Returns:
        The options; `NeedFacts` where more must be known from outside.
    """
    before = now - timedelta.resolution  # what is due at this very instant comes after a command
    try:
        swept = decided(process, case, None, before, facts, tenant=case.tenant).case or case
    except Missing as missing:
        return NeedFacts(missing.wanted)
    found: list[Option] = []
    wanted_facts: set[FactKey] = set()
    for kind, target, fields in _variants_of_all(process, swept):
        command = kind(case_id=case.id, by=by, at=now, **fields)
        try:
            refused, lacking, held = _stands_against(process, swept, command, now, facts)
        except Missing as missing:
            wanted_facts |= missing.wanted
            continue
        required = (*_REQUIRED.get(kind, ()), *lacking)
        found.append(Option(trigger=kind.trigger, target=target, required=required, refused=refused, held=held))
    return NeedFacts(frozenset(wanted_facts)) if wanted_facts else tuple(found)


def _variants_of_all(process: SupportProcess, case: Case) -> Iterator[tuple[type[Command], str, dict[str, Any]]]:
    for kind in COMMANDS:
        if kind not in _NOT_OFFERED:
            for target, fields in _variants(process, case, kind):
                yield kind, target, fields


def _variants(process: SupportProcess, case: Case, kind: type[Command]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the ways in which a command can be given: one for each target."""
    if kind is wanted.Transfer:
        yield from _team_variants(process, case)
        return
    if kind in _TO_VENDOR and case.vendors:
        yield from ((vendor, {**SAMPLES[kind], "vendor": vendor}) for vendor in dict.fromkeys(case.vendors))
        return
    trigger = _TARGETED.get(kind)
    moves = possible_from(process.table, state_name(case.tier, case.status))
    targets = [target for found, target in moves if found == trigger]
    if not targets:
        yield "", dict(SAMPLES.get(kind, {}))
    for target in targets:
        yield target, ({"wait_reason": target} if kind is wanted.Wait else {"tier": int(target.removeprefix("tier"))})


def _team_variants(process: SupportProcess, case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    others = [team for team in process.tier_at(case.tier).teams if team != case.team]
    for team in others:
        yield team, {"team": team}
    if not others:
        yield "", dict(SAMPLES[wanted.Transfer])


_Reasons = tuple[Reason, ...]


def _stands_against(
    process: SupportProcess, case: Case, command: Command, now: datetime, facts: Facts
) -> tuple[_Reasons, tuple[str, ...], _Reasons]:
    """Give why a command is refused, what is missing for it, and what would have to be approved first."""
    decision = decided(process, case, command, now, facts, tenant=case.tenant)
    refusal = decision.refusal
    if isinstance(refusal, NotPermittedError):
        return refusal.refusals, refusal.missing, ()
    if refusal is not None:
        return (refusal.reason,), (), ()
    held = (event.reason for event in decision.events if isinstance(event, CommandHeld) and event.by == command.by)
    return (), (), tuple(reason for reason in held if reason is not None)


# -- explanations


def explain(
    process: SupportProcess, case: Case, history: Sequence[Event], now: datetime, facts: Facts = NO_FACTS
) -> Explanation | NeedFacts:
    """
    Say why a case stands where it stands, and what happens next if nobody acts.

    Args:
        process: Which it follows.
        case: As it is.
        history: Its events.
        now: The present, for what is left on paused clocks.
        facts: What is known from outside; without any, what the case last knew.

    Returns:
        Reasons, the place first; what comes next in order of time. `NeedFacts` where more must be known from outside.
    """
    try:
        here = tuple(_here(process, case, history, now, facts))
    except Missing as missing:
        return NeedFacts(missing.wanted)
    return Explanation(
        case_id=case.id, here=here, next=tuple(_next(process, case, now)),
        due=tuple(due_times(process, case, history, now)),
        rules=tuple(permissions(process, case)) if case.is_open else (),
    )  # fmt: skip


def _here(
    process: SupportProcess, case: Case, history: Sequence[Event], now: datetime, facts: Facts
) -> Iterator[Reason]:
    name = process.tier_at(case.tier).name
    yield Reason("case.tier", {"tier": case.tier, "name": name, "since": _said(case.tier_entered_at)})
    arrival = next(event for event in reversed(history) if isinstance(event, _ARRIVALS))
    yield _why(arrival)
    if isinstance(arrival, CaseMoved) and arrival.missing:
        yield Reason("move.missing", {"missing": ", ".join(arrival.missing)})
    if isinstance(arrival, CaseOpened):
        yield from why_routed(process, arrival)
    opened = history[0]
    if isinstance(opened, CaseOpened) and case.priority == opened.priority:
        yield from why_prioritised(process, opened)
    yield Reason("case.status", {"status": str(case.status), "since": _said(_status_since(history))})
    if case.status is Status.WAITING:
        yield Reason("case.waiting", {"wait_reason": case.wait_reason})
    if case.held is not None:
        yield _held(case.held)
    if case.is_open:
        assigned = case.assignee is not None
        yield Reason("case.assigned", {"assignee": case.assignee}) if assigned else Reason("case.unassigned")
        yield from why_assigned(process, case, history, now, facts)
    if case.follow_up is not None:
        yield Reason("case.follow_up", {"case_id": case.follow_up})
    yield from _tickets(case, history)


def _tickets(case: Case, history: Sequence[Event]) -> Iterator[Reason]:
    """Tell of each ticket on which something is owed; of an open case, of how each vendor has ended, too."""
    newest = {ticket.vendor: ticket.key for ticket in case.vendor_tickets}
    for ticket in case.vendor_tickets:
        if ticket.is_live:
            yield _live(ticket)
            if ticket.unreachable_since is not None:
                since = _said(ticket.unreachable_since)
                yield Reason("vendor.unreachable", {"vendor": ticket.vendor, "since": since})
        elif case.is_open and newest[ticket.vendor] == ticket.key:
            yield _over(ticket, history)


def _live(ticket: VendorTicket) -> Reason:
    about = {"vendor": ticket.vendor, "status": str(ticket.status)}
    word = ticket.raw_status if ticket.status is VendorStatus.UNKNOWN else ""
    if ticket.remote_id is not None:
        about["id"] = ticket.remote_id
        return Reason("case.ticket_unknown", {**about, "word": word}) if word else Reason("case.ticket", about)
    if ticket.status is VendorStatus.REQUESTED:
        return Reason("case.request", {"vendor": ticket.vendor, "since": _said(ticket.requested_at)})
    # a vendor may answer without a number of its own
    return Reason("case.request_unknown", {**about, "word": word}) if word else Reason("case.request_heard", about)


def _over(ticket: VendorTicket, history: Sequence[Event]) -> Reason:
    about = {"vendor": ticket.vendor, "since": _said(_over_since(ticket, history))}
    if ticket.remote_id is not None:
        return Reason("case.ticket_over", {**about, "id": ticket.remote_id, "status": str(ticket.status)})
    if ticket.status is VendorStatus.FAILED:
        return Reason("case.request_failed", about)
    return Reason("case.request_over", {**about, "status": str(ticket.status)})


def _over_since(ticket: VendorTicket, history: Sequence[Event]) -> datetime:
    """Give when a ticket came to its present status; what is said on it later changes nothing of that."""
    status, since = VendorStatus.REQUESTED, ticket.requested_at
    for event in history:
        if isinstance(event, happened.VendorWithdrawn | happened.VendorTicketUpdated) and event.key == ticket.key:
            now = VendorStatus.WITHDRAWN if isinstance(event, happened.VendorWithdrawn) else event.status
            if now is not status:
                status, since = now, event.effective_at
    return since


def _held(held: Held) -> Reason:
    approvers = " or ".join(held.approvers) or "a manager"
    command, why = held.command, str(held.reason)
    params = {"trigger": command.trigger, "by": command.by.id, "approvers": approvers, "why": why}
    return Reason("case.held", params)


def _why(arrival: Event) -> Reason:
    """Say why it came here: the recorded reason, or whoever moved it."""
    routed = arrival.reason is not None and arrival.reason.code == "route.policy"
    if arrival.reason is not None and not routed:
        return arrival.reason
    if isinstance(arrival, CaseOpened):
        return Reason("case.opened", {"tier": arrival.tier, "by": arrival.by.id})
    return Reason("move.manual", {"by": arrival.by.id})


def _status_since(history: Sequence[Event]) -> datetime:
    """Give the instant of the event that brought the present status."""
    return next(event.effective_at for event in reversed(history) if _brings_status(event))


def _brings_status(event: Event) -> bool:
    """Whether an event sets the status; a move of a case that has ended leaves it."""
    return event.status in OPEN if isinstance(event, CaseMoved) else isinstance(event, _STATUS_EVENTS)


_ARRIVALS: Final = (CaseOpened, CaseMoved, CaseReopened)
_STATUS_EVENTS: Final = (
    CaseOpened, happened.CaseStarted, happened.CaseReleased, happened.WaitStarted, happened.CaseResumed,
    happened.CaseResolved, CaseReopened, happened.CaseClosed, happened.CaseCancelled, happened.CaseMerged,
)  # fmt: skip


def _next(process: SupportProcess, case: Case, now: datetime) -> Iterator[Reason]:
    ahead = sorted(deadlines(process, case))
    for deadline in ahead:
        yield _deadline_reason(process, case, deadline, now)
    for reading in readings(process, case, now):
        if reading.stage is Stage.PAUSED:
            yield Reason("next.paused", {"limit": reading.limit, "remaining": str(reading.remaining)})
    if not ahead:
        yield Reason("case.idle") if case.is_open else Reason("case.ended", {"status": str(case.status)})


def _deadline_reason(process: SupportProcess, case: Case, deadline: Deadline, now: datetime) -> Reason:
    if deadline.rank == SCHEDULED:
        scheduled = case.scheduled[deadline.limit]
        command = scheduled.command
        action = f"{command.trigger} {command.to}" if isinstance(command, wanted.Inform) else command.trigger
        return Reason("next.scheduled", {"due_at": _said(deadline.due_at), "name": scheduled.name, "action": action})
    if deadline.rank == WAIT:
        return Reason("next.wait_until", {"due_at": _said(deadline.due_at)})
    compiled = process.compiled_limits[deadline.limit]
    threshold = compiled.thresholds[deadline.threshold]
    actions = ", ".join(str(action) for action in threshold.do) or "it counts as breached"
    return Reason(
        "next.threshold" if deadline.due_at > now else "next.overdue",
        {
            "due_at": _said(deadline.due_at),
            "limit": compiled.limit.name,
            "threshold": threshold.mark,
            "actions": actions,
        },
    )


def _said(instant: datetime) -> str:
    return instant.isoformat()
