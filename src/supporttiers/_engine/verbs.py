"""Verbs that do not move a case between tiers; and the table of all verbs."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers import commands as wanted
from supporttiers import events as happened
from supporttiers._engine import approvals, hearing, linking, moves, redacting, rules, vendors
from supporttiers._engine.observing import by_rule
from supporttiers._engine.work import Work, is_waiting_for
from supporttiers._machine import tier_target
from supporttiers.actors import PROVIDERS, Actor, ActorKind
from supporttiers.cases import Case, apply, freeze
from supporttiers.commands import Command
from supporttiers.decisions import Destination, FollowUp, Hold, Refusal
from supporttiers.errors import InputError, MoveRefusedError, NotPermittedError
from supporttiers.links import LINK_KINDS
from supporttiers.reasons import Reason
from supporttiers.tiers import Status, entry_level

# -- opening


def open_case(work: Work, command: wanted.Open) -> None:
    """Open a case where the caller, the routes or the process say."""
    process = work.process
    if work.draft is not None:
        why = Reason("refused.exists")
        raise MoveRefusedError(work.case_id, "open", "opened", ("open with another id, or with none",), why)
    held: Hold | None = None
    priority = command.priority or process.default_priority_name
    if priority not in process.priorities:
        raise _unknown_priority(work)
    opening = {
        "tenant": work.tenant, "process": process.name, "revision": process.revision, "subject": command.subject,
        "text": command.text, "requester": command.requester or command.by.id, "customer": command.customer,
        "kind": command.kind, "category": command.category, "channel": command.channel, "locale": command.locale,
        "impact": command.impact, "urgency": command.urgency, "priority": priority, "answered": _answers(work, command),
        "attributes": {key: value for key, value in command.attributes.items() if value is not None},
    }  # fmt: skip
    asked = _provisional(work, command, opening)
    if asked is not None and (command.priority is None or work.observes):
        opening["priority"] = priority = rules.prioritise(work, asked) or priority
        asked = attrs.evolve(asked, priority=priority)
    routed_by, to = _destination(work, command, asked)
    work.fire("open", tier_target(to.tier))
    tags = tuple(dict.fromkeys((*command.tags, *to.tags)))
    team = moves.team_at(work, "open", to.tier, to.team)
    if asked is not None:
        asked = attrs.evolve(asked, tier=to.tier, team=team, tags=tags)
        held = _on_hold(work, asked)
        rules.learn(work, asked, process.lasting_needs)
    reason = work.reason if routed_by is None else Reason("route.policy", {"policy": routed_by})
    work.emit(happened.CaseOpened, **opening, tier=to.tier, team=team, tags=tags, reason=reason)
    if held is None:
        moves.arrive(work)
    else:
        approvals.hold(work, command, held)


def _on_hold(work: Work, asked: Case) -> Hold | None:
    """Ask whether the case may be opened, and give what has to be approved first."""
    try:
        rules.permit(work, "open", to=asked.place, case=asked)
    except rules.OnHold as found:
        return found.hold
    return None


def _answers(work: Work, command: wanted.Open) -> bool:
    """Whether who opens it speaks with the requester while doing so."""
    process = work.process
    return (
        command.channel in process.answered_channels
        and command.by.kind in process.response_by
        and command.by.id != (command.requester or command.by.id)
    )


def _provisional(work: Work, command: wanted.Open, opening: Mapping[str, Any]) -> Case | None:
    """Give the case as it would be at its default tier, where anything is to be asked about it."""
    process = work.process
    if not (process.policies or process.lasting_needs):
        return None
    opened = happened.CaseOpened(
        **opening, tier=entry_level(process.tiers, process.entry), team=command.team, tags=command.tags,
        case_id=work.case_id, version=1, at=work.at, by=work.by, occurred_at=work.occurred_at,
    )  # fmt: skip
    return freeze(apply(None, opened))


def _destination(work: Work, command: wanted.Open, asked: Case | None) -> tuple[str | None, Destination]:
    """Ask the caller first, then the policies in order, then take the default tier; give the policy's name."""
    said = None if command.tier is None else Destination(tier=command.tier, team=command.team)
    if said is not None and not work.observes:
        return None, said
    routed = None if asked is None else rules.route(work, asked)
    if routed is None and said is not None:
        return None, said
    if routed is None:
        return None, Destination(tier=entry_level(work.process.tiers, work.process.entry), team=command.team)
    policy, to = routed
    return policy, attrs.evolve(to, team=command.team) if command.team else to


def _unknown_priority(work: Work) -> InputError:
    return InputError(work.case_id, "priority", f"must be one of: {', '.join(work.process.priorities)}")


# -- working on it


def start(work: Work, command: wanted.Start) -> None:
    """Begin to work on it."""
    work.fire("start")
    work.emit(happened.CaseStarted, assignee=work.draft.assignee or _worker(command.by))


def _worker(by: Actor) -> str | None:
    return by.id if by.kind in PROVIDERS or by.kind is ActorKind.ASSISTANT else None


def release(work: Work, _command: wanted.Release) -> None:
    """Put it back into its queue."""
    work.fire("release")
    work.emit(happened.CaseReleased)


def assign(work: Work, command: wanted.Assign) -> None:
    """Give it to somebody, or to nobody, or leave that to the policies."""
    work.must_be_open("assign")
    if command.automatic:
        if command.assignee is not None:
            problem = "is named, and left to the policies as well; name somebody, or say automatic"
            raise InputError(work.case_id, "assignee", problem)
        by_rule(work, partial(moves.reassign, work))
    elif command.assignee != work.draft.assignee:
        work.emit(happened.CaseAssigned, assignee=command.assignee)


def reply(work: Work, command: wanted.Reply) -> None:
    """Say something; the requester's word resumes or reopens the case where the process says so."""
    side = _side(work, command.by, command.channel)
    ended = side == "requester" and not work.is_open
    instead = rules.reopening(work, work.draft.place if _reopens(work) else None) if ended else None
    refused = instead if isinstance(instead, Refusal) else None
    if refused is not None:
        by_rule(work, partial(_another_way, work, command, refused))
    if ended and instead is None and work.draft.status in _DEAF and not _reopens(work):
        work.forbid(work.refuse("reply", "refused.unheard", status=str(work.draft.status)))
    work.emit(happened.CaseReplied, text=command.text, channel=command.channel, side=side)
    if instead is not None and refused is None:
        by_rule(work, partial(_another_way, work, command, instead))
    elif side == "requester" and refused is None:
        by_rule(work, partial(_go_on_by_reply, work))


def _another_way(work: Work, command: wanted.Reply, instead: FollowUp | Refusal) -> None:
    moves.go_another_way(work, command, command.text, instead)


def _side(work: Work, by: Actor, channel: str | None) -> str:
    if by.id == work.draft.requester or by.kind is ActorKind.CUSTOMER:
        return "requester"
    heard = not work.process.response_channels or channel in work.process.response_channels
    return "house" if heard and by.kind in work.process.response_by else "other"


def _go_on_by_reply(work: Work) -> None:
    process, draft = work.process, work.draft
    work.reason = Reason("move.reply")
    if is_waiting_for(draft, "customer") and process.reply_resumes:
        work.emit(happened.CaseResumed, status=draft.resume_to)
    elif _reopens(work):
        work.emit(happened.CaseReopened, tier=draft.tier, team=draft.team)
        moves.arrive(work)


_DEAF: Final = (Status.CLOSED, Status.CANCELLED)
"""The ends at which nobody listens any more: a word of the requester must reopen the case, or be refused."""


def _reopens(work: Work) -> bool:
    """Whether the requester's word brings an ended case back."""
    draft = work.draft
    return work.process.reply_reopens and not work.is_open and tier_target(draft.tier) in work.targets("reopen")


def note(work: Work, command: wanted.Note) -> None:
    """Write something down."""
    work.emit(happened.CaseNoted, text=command.text, visibility=command.visibility)


def attempt(work: Work, command: wanted.RecordAttempt) -> None:
    """Record what was tried."""
    work.must_be_open("attempt")
    work.emit(happened.AttemptRecorded, what=command.what, outcome=command.outcome)


# -- what is known about it

_AMENDABLE: Final = ("subject", "customer", "owner", "kind", "category", "channel", "locale", "impact", "urgency",
                     "priority", "workaround", "tags")  # fmt: skip


def amend(work: Work, command: wanted.Amend) -> None:
    """Correct what is known; only what differs is recorded."""
    draft = work.draft
    if command.priority is not None and command.priority not in work.process.priorities:
        raise _unknown_priority(work)
    changes: dict[str, Any] = {
        field: value for field in _AMENDABLE
        if (value := getattr(command, field)) is not None and value != getattr(draft, field)
    }  # fmt: skip
    attributes = {key: value for key, value in command.attributes.items() if draft.attributes.get(key) != value}
    problem = fields.attributes({**draft.attributes, **attributes})
    if problem:
        raise InputError(work.case_id, "attributes", problem)
    after = _as_amended(work, changes, attributes)
    if after is not None and command.priority is None and not _URGENCY.isdisjoint(changes):
        priority = rules.prioritise(work, after)
        if priority is not None and priority != draft.priority:
            changes["priority"] = priority
    if changes or attributes or work.knows_more:
        work.emit(happened.CaseAmended, **changes, attributes=attributes)


_URGENCY: Final = frozenset({"impact", "urgency", "customer", "kind", "category"})
"""What the priority may follow from: a word about anything else leaves alone what somebody has set by hand."""


def _as_amended(work: Work, changes: Mapping[str, Any], attributes: Mapping[str, object]) -> Case | None:
    """Give the case as it would be, where anything is to be asked about it; what it keeps from outside is read anew."""
    process = work.process
    if not (process.asked("prioritise") or process.lasting_needs):
        return None
    merged = {key: value for key, value in {**work.draft.attributes, **attributes}.items() if value is not None}
    after = attrs.evolve(work.snapshot(), **changes, attributes=merged)
    rules.learn(work, after, process.lasting_needs)
    return after


def attach(work: Work, command: wanted.Attach) -> None:
    """Attach references to files; one that is there already is told by its place, for its id must not get on record."""
    present = {attachment.id for attachment in work.draft.attachments}
    for place, attachment in enumerate(command.attachments, 1):
        if attachment.id in present:
            raise work.refuse("attach", "refused.duplicate", what="attachment", which=place)
        present.add(attachment.id)
    _at_most(work, "attachments", len(present), fields.MAX_ATTACHMENTS)
    if command.attachments:
        work.emit(happened.AttachmentsAdded, attachments=command.attachments)


def _at_most(work: Work, field: str, number: int, possible: int) -> None:
    if number > possible:
        raise InputError(work.case_id, field, f"would be {number}; at most {possible} are possible")


def watch(work: Work, command: wanted.Watch) -> None:
    """Let more people follow it."""
    named = command.watchers or (command.by.id,)
    new = tuple(watcher for watcher in dict.fromkeys(named) if watcher not in work.draft.watchers)
    _at_most(work, "watchers", len(work.draft.watchers) + len(new), fields.MAX_WATCHERS)
    if new:
        work.emit(happened.WatchersAdded, watchers=new)


def unwatch(work: Work, command: wanted.Unwatch) -> None:
    """Let fewer people follow it."""
    named = command.watchers or (command.by.id,)
    gone = tuple(watcher for watcher in dict.fromkeys(named) if watcher in work.draft.watchers)
    if gone:
        work.emit(happened.WatchersRemoved, watchers=gone)


def link(work: Work, command: wanted.LinkCase) -> None:
    """Link it to another case."""
    found, possible = command.link, (*LINK_KINDS, *work.process.link_kinds)
    if found.kind not in possible:
        raise InputError(work.case_id, "kind", f"must be one of: {', '.join(possible)}")
    if found.case_id == work.case_id:
        raise work.refuse("link", "refused.link")
    if found in work.draft.links:
        raise work.refuse("link", "refused.duplicate", what=found.kind, which=found.case_id)
    _at_most(work, "links", len(work.draft.links) + 1, fields.MAX_LINKS)
    work.emit(happened.CaseLinked, link=found)


def rate(work: Work, command: wanted.Rate) -> None:
    """Take the requester's judgement."""
    if command.by.id != work.draft.requester:
        why = Reason("refused.not_requester", {"verb": "rate"})
        work.forbid(NotPermittedError(work.case_id, "rate", command.by.id, (why,), ()))
    if work.draft.status not in (Status.RESOLVED, Status.CLOSED):
        work.forbid(work.refuse("rate", "refused.unresolved", status=str(work.draft.status)))
    work.emit(happened.CaseRated, score=command.score, text=command.text)


def carry_out(work: Work, command: Command) -> None:
    """
    Carry out a command, whoever gives it, if nothing stands against it.

    Raises:
        CaseError: The process or a policy refuses it.
        FactsError: A policy cannot be asked.
    """
    was_open = work.draft is not None and work.is_open
    if was_open and work.draft.held is not None:
        approvals.keep_waiting(work, command)
    try:
        if work.process.asked("permit") and not isinstance(command, _ASKED_LATER):
            rules.permit(work, command.trigger)
        VERBS[type(command)](work, command)
    except rules.OnHold as found:
        approvals.hold(work, command, found.hold, to=found.to)
    if was_open and work.draft.held is not None:
        approvals.drop_at_end(work)


def approve(work: Work, command: wanted.Approve) -> None:
    """Approve what the case waits for; what was held is carried out."""
    approvals.approve(work, command, carry_out)


_ASKED_LATER: Final = (
    wanted.Open, wanted.Escalate, wanted.HandBack, wanted.Transfer, wanted.Reopen, wanted.CountAffected
)  # fmt: skip
"""Verbs that may lead to several places: permission is asked once the place is known. Counting needs none."""

VERBS: Final[Mapping[type[Command], Callable[[Work, Any], None]]] = {
    wanted.Open: open_case,
    wanted.Start: start,
    wanted.Release: release,
    wanted.Assign: assign,
    wanted.Reply: reply,
    wanted.Note: note,
    wanted.RecordAttempt: attempt,
    wanted.Escalate: moves.escalate,
    wanted.InformManagement: moves.inform_management,
    wanted.Inform: moves.inform,
    wanted.HandBack: moves.hand_back,
    wanted.Transfer: moves.transfer,
    wanted.Wait: moves.wait,
    wanted.Resume: moves.resume,
    wanted.Resolve: moves.resolve,
    wanted.Reopen: moves.reopen,
    wanted.Close: moves.close,
    wanted.Cancel: moves.cancel,
    wanted.Amend: amend,
    wanted.Attach: attach,
    wanted.Watch: watch,
    wanted.Unwatch: unwatch,
    wanted.LinkCase: link,
    wanted.Unlink: linking.unlink,
    wanted.CountAffected: linking.count_affected,
    wanted.Merge: moves.merge,
    wanted.Dispatch: vendors.dispatch,
    wanted.TellVendor: vendors.tell_vendor,
    wanted.Withdraw: moves.withdraw,
    wanted.VendorUpdate: hearing.vendor_update,
    wanted.VendorUnreachable: hearing.vendor_unreachable,
    wanted.Rate: rate,
    wanted.Approve: approve,
    wanted.Decline: approvals.decline,
    wanted.Redact: redacting.redact,
}
"""What carries out each command."""
