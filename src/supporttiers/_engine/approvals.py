"""Approvals: commands that wait until somebody says yes, and what becomes of them."""

from collections.abc import Callable
from typing import Final

import attrs

from supporttiers import events as happened
from supporttiers._codec import dumps
from supporttiers._engine import clocks, moves, rules
from supporttiers._engine.work import Work, is_waiting_for
from supporttiers._fields import MAX_HELD_BYTES
from supporttiers.actors import SYSTEM, Actor, ActorKind
from supporttiers.cases import Place, open_ticket
from supporttiers.commands import Approve, Command, Decline, Escalate, HandBack, Held, Open, Reopen
from supporttiers.decisions import Hold
from supporttiers.errors import CaseError, InputError, NotPermittedError
from supporttiers.links import KNOWN_ISSUE
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

CarryOut = Callable[[Work, Command], None]


def hold(work: Work, command: Command, found: Hold, *, to: Place | None = None) -> None:
    """
    Keep a command until somebody approves it; meanwhile an open case waits for that.

    What is approved is what was asked: a tier that was left to the process is kept as the process chose it.

    Raises:
        NotPermittedError: Another command of the case is held already.
        InputError: It is too large to be kept.
    """
    draft = work.draft
    if draft.held is not None:
        why = Reason("refused.held", {"trigger": draft.held.command.trigger})
        raise NotPermittedError(work.case_id, command.trigger, work.by.id, (found.reason, why), ())
    waits = draft.status is Status.WAITING and draft.wait_reason != "approval"
    work.emit(
        happened.CommandHeld, trigger=command.trigger, command=_kept(command, to), reason=found.reason,
        approvers=found.approvers, approved=work.approved, wait_reason=draft.wait_reason if waits else None,
        wait_until=draft.wait_until if waits else None,
    )  # fmt: skip
    if work.is_open and not is_waiting_for(draft, "approval"):
        resume_to = draft.resume_to or draft.status
        work.emit(happened.WaitStarted, wait_reason="approval", resume_to=resume_to, reason=found.reason)
    for approver in found.approvers or ("manager",):
        work.notify(approver, Reason("held.asked", {"trigger": command.trigger, "why": str(found.reason)}))


def _kept(command: Command, to: Place | None) -> Command:
    """Give what is kept of a command; the texts of an opening stand on the case already."""
    kept = attrs.evolve(command, at=None, occurred_at=None, idempotency_key=None, expected_version=None)
    if isinstance(kept, Open):
        kept = attrs.evolve(kept, subject="", text="", attributes={})
    elif isinstance(kept, Escalate | HandBack | Reopen) and to is not None:
        kept = attrs.evolve(kept, tier=to.tier, team=to.team)
    size = len(dumps(kept).encode())
    if size > MAX_HELD_BYTES:
        problem = f"has {size} bytes as JSON; at most {MAX_HELD_BYTES} can wait for approval"
        raise InputError(command.case_id, "command", problem)
    return kept


def keep_waiting(work: Work, command: Command) -> None:
    """
    Refuse what would take a case out of its wait for an approval.

    While any command is held, that is `resume`. While an opening is held, nothing is done with the case at all, by
    whomever: it may be talked about, corrected, cancelled or merged.

    Raises:
        MoveRefusedError: It has to wait.
    """
    held, trigger = work.draft.held.command, command.trigger
    waits = trigger == "resume" if not isinstance(held, Open) else trigger not in _WHILE_AN_OPENING_IS_HELD
    if waits and is_waiting_for(work.draft, "approval"):
        raise work.refuse(trigger, "refused.until_approved", trigger=held.trigger)


_WHILE_AN_OPENING_IS_HELD: Final = frozenset({
    "approve", "decline", "cancel", "merge", "amend", "note", "reply", "attempt", "attach", "watch", "unwatch", "link",
    "unlink", "inform", "inform_management", "vendor_update", "vendor_unreachable", "count_affected", "redact",
})  # fmt: skip


def drop_at_end(work: Work) -> None:
    """Drop what is held once the case has ended; whoever wanted it is told."""
    held = work.draft.held
    if not work.is_open:
        why = Reason("held.ended", {"trigger": held.command.trigger, "status": str(work.draft.status)})
        work.emit(happened.HeldDropped, trigger=held.command.trigger, reason=why)
        work.notify(_asker(held), why)


def _asker(held: Held) -> str:
    return "manager" if held.command.by == SYSTEM else held.command.by.id


# -- answers


def approve(work: Work, command: Approve, carry_out: CarryOut) -> None:
    """Approve what the case waits for; what was held is carried out, as whoever wanted it."""
    held = _answer(work, command, happened.CaseApproved)
    if held is not None:
        _go_on(work, held, command.by, carry_out)


def decline(work: Work, command: Decline) -> None:
    """Decline what the case waits for; it goes back to work, except that a declined opening is cancelled."""
    held = _answer(work, command, happened.CaseDeclined)
    if held is None:
        return
    why = Reason("held.declined", {"trigger": held.command.trigger})
    if isinstance(held.command, Open) and work.is_open:
        work.emit(happened.CaseCancelled, reason=why)
    work.notify(_asker(held), why)


def _answer(work: Work, command: Approve | Decline, kind: type[happened.Event]) -> Held | None:
    """Take the answer, and let the case go on as it was before it waited."""
    held: Held | None = work.draft.held
    if held is None and not is_waiting_for(work.draft, "approval"):
        work.forbid(work.refuse(command.trigger, "refused.nothing_held"))
    why = _objection(work, command, held)
    if why is not None:
        work.forbid(NotPermittedError(work.case_id, command.trigger, command.by.id, (why,), ()))
    work.emit(kind)
    if is_waiting_for(work.draft, "approval"):
        go_on_as_before(work, held)
    return held


def _objection(work: Work, command: Approve | Decline, held: Held | None) -> Reason | None:
    """Say what stands against an actor's answer: it is for themselves, or not theirs to give."""
    verb, by = command.trigger, command.by
    if by.id == work.draft.requester or (held is not None and by.id == held.command.by.id):
        return Reason("refused.own_request", {"verb": verb})
    if held is None or _may_answer(held, by):
        return None
    return Reason("refused.approver", {"verb": verb, "approvers": " or ".join(held.approvers) or "a manager"})


def _may_answer(held: Held, by: Actor) -> bool:
    if not held.approvers:
        return by.kind is ActorKind.MANAGER
    return not {by.id, *by.roles}.isdisjoint(held.approvers)


def go_on_as_before(work: Work, held: Held | None) -> None:
    resume_to = work.draft.resume_to
    if held is None or held.wait_reason is None or _is_over(work, held):
        work.emit(happened.CaseResumed, status=resume_to)
    else:
        work.emit(
            happened.WaitStarted, wait_reason=held.wait_reason, until=held.wait_until, resume_to=resume_to
        )  # fmt: skip


def _is_over(work: Work, held: Held) -> bool:
    """
    Whether a case would wait for what has come meanwhile.

    Whoever fixes a known issue tells the cases that wait for it then and there; one that waited for an approval at
    that time was not told, so that it goes on rather than wait for ever.
    """
    if held.wait_reason == "vendor" and open_ticket(work.draft) is None:
        return True
    return held.wait_reason == KNOWN_ISSUE if held.wait_until is None else held.wait_until <= work.at


def _go_on(work: Work, held: Held, by: Actor, carry_out: CarryOut) -> None:
    """Carry out what was held; if the case has moved on, so that it is refused by now, that is recorded and told."""
    command = held.command
    before = work.mark()
    work.by_command(command, work.at)
    work.approved, work.reason = (*held.approved, held.reason), Reason("move.approved")
    try:
        if isinstance(command, Open):
            _enter(work, command)
        else:
            carry_out(work, command)
    except CaseError as refusal:
        work.take_back(before)
        work.forget_used()
        why = Reason("held.refused", {"trigger": command.trigger, "why": str(refusal.reason)})
        work.by_time(work.at, why)
        work.by = by
        work.emit(happened.HeldDropped, trigger=command.trigger)
        work.notify(_asker(held), why)


def _enter(work: Work, command: Open) -> None:
    """Let a case in that was held at its opening."""
    try:
        rules.permit(work, "open", to=work.draft.place)
    except rules.OnHold as another:
        hold(work, command, another.hold)
    else:
        clocks.begin_at_tier(work)
        moves.arrive(work)
