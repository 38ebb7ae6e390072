"""Redaction: what a case is left with, and what cannot go on without what was deleted."""

from typing import Final

import attrs

from supporttiers import events as happened
from supporttiers._codec import has_private
from supporttiers._engine import approvals, hearing
from supporttiers._engine.work import Work, is_waiting_for
from supporttiers.actors import SYSTEM, ActorKind
from supporttiers.cases import Draft
from supporttiers.commands import Command, Held, Inform, Open, Redact, Scheduled, VendorUpdate
from supporttiers.errors import NotPermittedError
from supporttiers.links import VendorStatus
from supporttiers.reasons import Reason

_MAY: Final = frozenset({ActorKind.AGENT, ActorKind.MANAGER, ActorKind.SYSTEM})
"""Whose id may stand on what is left: that of the person themselves would be the one thing personal on it."""


def redact(work: Work, command: Redact) -> None:
    """Delete what is personal; a case about which nobody has said anything since is left as it is."""
    draft, by = work.draft, command.by
    if by.kind not in _MAY or (by.kind is not ActorKind.SYSTEM and by.id in {draft.requester, draft.customer}):
        raise NotPermittedError(work.case_id, "redact", by.id, (Reason("refused.redact"),), ())
    if draft.redacted_at is not None:
        return
    held: Held | None = draft.held
    goes_on = work.is_open and not (held is not None and isinstance(held.command, Open))  # see `_drop`
    works = goes_on and draft.assignee is not None
    work.forget_used()  # facts may be about people, and would stand on what is left
    work.emit(
        happened.CaseRedacted, awaiting_reply_since=draft.awaiting_reply_since,
        assigned_at=draft.assigned_at if works else None, assignee=draft.assignee if works else None,
        owner=draft.owner if goes_on else None, scheduled=_kept(draft),
    )  # fmt: skip
    if held is not None:
        _drop(work, held)
    if not work.observes:
        _end_requests(work)
    work.by_time(work.at, None)  # what follows by itself, such as a clock's, is nobody's doing


def _kept(draft: Draft) -> tuple[Scheduled, ...]:
    """Give what the case goes on to do by itself: all that says nothing personal; whom to tell, policies say."""
    return tuple(one for one in draft.scheduled if not has_private(_told_to_nobody(one.command)))


def _told_to_nobody(command: Command) -> Command:
    """Give a command as far as it may say anything of the case."""
    return attrs.evolve(command, to=happened.REDACTED) if isinstance(command, Inform) else command


def _drop(work: Work, held: Held) -> None:
    """Drop a command that nobody could judge any more; a case that was not even let in is cancelled with it."""
    work.by_time(work.at, Reason("held.redacted", {"trigger": held.command.trigger}))
    work.emit(happened.HeldDropped, trigger=held.command.trigger)
    if isinstance(held.command, Open) and work.is_open:
        work.emit(happened.CaseCancelled)
    elif is_waiting_for(work.draft, "approval"):
        approvals.go_on_as_before(work, held)


def _end_requests(work: Work) -> None:
    """Let no case wait for the answer to a request that is not sent any more; one that is on its way still counts."""
    asked = [ticket for ticket in work.draft.vendor_tickets if ticket.status is VendorStatus.REQUESTED]
    for ticket in asked:
        work.by_time(work.at, None)
        hearing.vendor_update(work, VendorUpdate(
            case_id=work.case_id, by=SYSTEM, vendor=ticket.vendor, key=ticket.key, status=VendorStatus.FAILED
        ))  # fmt: skip
