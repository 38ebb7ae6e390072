"""Verbs that move a case: between tiers and teams, into waiting and out of it, to an end and back."""

from collections.abc import Callable
from functools import partial

from supporttiers import events as happened
from supporttiers._engine import linking, rules, vendors
from supporttiers._engine.observing import by_rule
from supporttiers._engine.work import Work, is_waiting_for
from supporttiers._fields import MAX_WATCHERS
from supporttiers._machine import tier_target
from supporttiers.cases import Place, open_ticket, open_ticket_at
from supporttiers.commands import (
    Cancel,
    Close,
    Command,
    Escalate,
    HandBack,
    Inform,
    InformManagement,
    Merge,
    Reopen,
    Resolve,
    Resume,
    Transfer,
    Wait,
    Watch,
    Withdraw,
)
from supporttiers.decisions import FollowUp, Refusal
from supporttiers.errors import InputError, MoveRefusedError, NotPermittedError
from supporttiers.links import VendorTicket
from supporttiers.reasons import Reason
from supporttiers.tiers import Status, TierKind

# -- between tiers and teams


def escalate(work: Work, command: Escalate) -> None:
    """Move up."""
    move_up(work, command.tier, command.team)


def move_up(work: Work, level: int | None, team: str | None) -> None:
    """Move up to a tier, the default one where none is named."""
    _move(work, "escalate", happened.CaseEscalated, level, team)


def hand_back(work: Work, command: HandBack) -> None:
    """Move back down; to where it came from, where that is allowed and no other tier is named."""
    came_from = work.draft.came_from
    level = command.tier
    if level is None and came_from is not None and came_from.tier < work.draft.tier:
        level = came_from.tier if tier_target(came_from.tier) in work.targets("hand_back") else None
    _move(work, "hand_back", happened.CaseHandedBack, level, command.team)


def transfer(work: Work, command: Transfer) -> None:
    """Move sideways to another team of the same tier."""
    if command.team == work.draft.team:
        work.forbid(work.refuse("transfer", "refused.duplicate", what="team", which=command.team))
    _move(work, "transfer", happened.CaseTransferred, work.draft.tier, command.team)


_DIRECTIONS: dict[str, tuple[str, Callable[[int, int], bool]]] = {
    "escalate": ("above", lambda target, here: target > here),
    "hand_back": ("below", lambda target, here: target < here),
    "transfer": ("at", lambda target, here: target == here),
}


def _move(work: Work, trigger: str, kind: type[happened.CaseMoved], level: int | None, team: str | None) -> None:
    here = work.draft.tier
    word, reaches = _DIRECTIONS[trigger]
    if level is None:
        level = _default_level(work, trigger)
    work.fire(trigger, tier_target(level))
    if not reaches(level, here):
        work.forbid(work.refuse(trigger, "refused.direction", target=level, direction=word, tier=here))
    team = team_at(work, trigger, level, team or _former_team(work, level))
    missing = rules.permit(work, trigger, to=Place(level, team))
    bounce = _bounce(work, Place(level, team))
    status = Status.QUEUED if work.is_open else work.draft.status
    work.emit(kind, tier=level, team=team, status=status, bounce=bounce, missing=missing)
    by_rule(work, partial(_tell_of_bounces, work, bounce))
    arrive(work)


def _former_team(work: Work, level: int) -> str | None:
    """Who had the case there, if it has just come from that tier, knows it best."""
    came_from = work.draft.came_from
    return came_from.team if came_from is not None and came_from.tier == level else None


def _default_level(work: Work, trigger: str) -> int:
    _, reaches = _DIRECTIONS[trigger]
    here = work.draft.tier
    level = next((level for level in _levels(work, trigger) if reaches(level, here)), None)
    if level is None:
        if not work.is_open:
            raise work.refuse(trigger, "refused.ended", status=str(work.draft.status))
        raise work.refuse(trigger, "refused.no_target", trigger=trigger, tier=here)
    return level


def team_at(work: Work, trigger: str, level: int, team: str | None) -> str | None:
    """Give the team that takes a case at a tier; a tier that names no teams takes any."""
    teams = work.process.tier_at(level).teams
    if team is None:
        return teams[0] if teams else None
    if teams and team not in teams:
        work.forbid(work.refuse(trigger, "refused.team", tier=level, team=team, teams=", ".join(teams)))
    return team


def _bounce(work: Work, to: Place) -> str | None:
    """Name the pair of places if the case goes back where it had just come from."""
    here, came_from = Place(work.draft.tier, work.draft.team), work.draft.came_from
    return " <> ".join(sorted((str(here), str(to)))) if came_from == to else None


def _tell_of_bounces(work: Work, bounce: str | None) -> None:
    limit = work.process.bounce_limit
    if bounce is None or work.draft.bounces[bounce] <= limit:
        return
    count = work.draft.bounces[bounce]
    work.tell_management(Reason("move.bounced", {"pair": bounce, "count": count, "limit": limit}))


def arrive(work: Work) -> None:
    """Let the rules of its new place send the case on: to the vendor whose tier it is, elsewhere to somebody."""
    by_rule(work, partial(_send_on, work))


def _send_on(work: Work) -> None:
    """Send the case to the vendor whose tier it is, unless a ticket is open there; elsewhere, give it to somebody."""
    tier = work.process.tier_at(work.draft.tier)
    if tier.kind is TierKind.VENDOR and work.is_open:
        vendor = tier.vendor or rules.vendor(work)
        if vendor is None:
            work.tell_management(Reason("dispatch.no_vendor", {"tier": work.draft.tier}))
        elif (objection := vendors.send_by_rule(work, vendor)) is not None:
            _turn_away(work, vendor, objection)
    elif tier.kind is TierKind.TEAM and work.is_open and work.draft.assignee is None:
        rules.assign(work)


def _turn_away(work: Work, vendor: str, objection: Reason) -> None:
    """Send a case on that its vendor does not get; where it has been turned away just before, it stays for people."""
    tier = work.draft.tier
    if tier in work.turned_away:
        return
    work.reason = Reason("dispatch.not_sent", {"vendor": vendor, "why": str(objection)})
    work.turned_away.add(tier)
    try:
        leave_vendor(work, rejected=True)
    finally:
        work.turned_away.discard(tier)


def reassign(work: Work) -> None:
    """
    Give the case to somebody else, as the policies say; to anybody, where nobody has it.

    Raises:
        MoveRefusedError: It has ended, the process has no policy that assigns, or none finds anybody else.
        FactsError: A command needs what cannot be read.
    """
    work.must_be_open("assign")
    if not work.process.asked("assign"):
        raise work.refuse("assign", "refused.no_assignment")
    before = work.draft.assignee
    found = rules.assign(work, exclude=() if before is None else (before,))
    if not found or work.draft.assignee == before:
        raise work.refuse("assign", "refused.nobody_else", team=work.draft.team)


def inform(work: Work, command: Inform) -> None:
    """Tell somebody; nothing moves."""
    work.emit(happened.PeopleInformed, to=command.to, reason=Reason(command.code, command.params))
    work.notify(command.to, Reason(command.code, {**command.params, "by": command.by.id}))


def inform_management(work: Work, command: InformManagement) -> None:
    """Tell management; nothing moves."""
    work.emit(happened.ManagementInformed)
    work.notify("manager", work.reason or Reason("management.asked", {"by": command.by.id}))


# -- back from vendors


def is_at_vendor(work: Work, ticket: VendorTicket) -> bool:
    """Whether a vendor has the case with this very ticket: the one with which it was sent to the tier where it is."""
    draft = work.draft
    tier = work.process.tier_at(draft.tier)
    if not work.is_open or tier.kind is not TierKind.VENDOR:
        return False
    ours = ticket.tier == draft.tier if tier.vendor is None else tier.vendor == ticket.vendor
    newest = open_ticket_at(draft, ticket.vendor)
    return ours and (newest is None or newest.key == ticket.key)


def come_back(work: Work, ticket: VendorTicket, *, rejected: bool = False) -> bool:
    """
    An answer returns the case to the house, to be verified with the requester; it never closes it.

    Returns:
        Whether anything has come of that: a case that was in the house all the time stays where it is.
    """
    if is_at_vendor(work, ticket):
        leave_vendor(work, rejected=rejected)
    elif is_waiting_for(work.draft, "vendor"):
        _resume(work)
    else:
        return False
    return True


def leave_vendor(work: Work, *, rejected: bool = False) -> None:
    """
    Bring a case back from a vendor's tier: to where the tier says, to where it came from, down, or else up.

    Where no tier lies below to which it could go, what the vendor rejects goes up.
    """
    draft = work.draft
    tier = work.process.tier_at(draft.tier)
    down = [level for level in _levels(work, "hand_back") if level < draft.tier]
    up = [level for level in _levels(work, "escalate") if level > draft.tier]
    to = tier.returns_to if not rejected or down else None
    try:
        if (to is not None and to > draft.tier) or (to is None and not down and up):
            move_up(work, to, None)
        else:
            hand_back(work, HandBack(case_id=work.case_id, by=work.by, tier=to))
    except MoveRefusedError as refusal:
        work.notify("manager", refusal.why)


def withdraw(work: Work, command: Withdraw) -> None:
    """Take a request back; a case that its vendor had comes back, and one that waits for nothing else goes on."""
    ticket = vendors.must_have_ticket(work, command.trigger, command.vendor)
    vendors.take_back(work, ticket, command.text)
    if is_at_vendor(work, ticket):
        work.reason = Reason("move.withdrawn", {"vendor": ticket.vendor})
        by_rule(work, partial(leave_vendor, work, rejected=True))
    elif is_waiting_for(work.draft, "vendor") and open_ticket(work.draft) is None:
        _resume(work)


def _levels(work: Work, trigger: str) -> list[int]:
    return [int(target.removeprefix("tier")) for target in work.targets(trigger)]


# -- into waiting and out of it


def wait(work: Work, command: Wait) -> None:
    """Wait for somebody or something."""
    work.fire("wait", command.wait_reason)
    if command.until is not None and command.until <= work.at:
        raise InputError(work.case_id, "until", "does not lie after the command itself; name a later instant")
    if command.wait_reason == "vendor" and open_ticket(work.draft) is None and not work.observes:
        raise work.refuse("wait", "refused.no_ticket")
    resume_to = work.draft.resume_to or (work.draft.status if work.is_open else Status.QUEUED)
    work.emit(happened.WaitStarted, wait_reason=command.wait_reason, until=command.until, resume_to=resume_to)


def resume(work: Work, _command: Resume) -> None:
    """Go on."""
    work.fire("resume", str(work.draft.resume_to or ""))
    _resume(work)


def _resume(work: Work) -> None:
    """Go on where it stopped; what does not wait at all, and is said to go on, stays open as it is."""
    draft = work.draft
    work.emit(happened.CaseResumed, status=draft.resume_to or (draft.status if work.is_open else Status.QUEUED))


# -- to an end and back


def resolve(work: Work, command: Resolve) -> None:
    """Say that the matter is solved."""
    work.fire("resolve")
    work.emit(happened.CaseResolved, text=command.text, solution=command.solution)
    _let_vendors_go(work)


def _let_vendors_go(work: Work) -> None:
    """What has ended in the house needs its vendors no more."""
    if work.draft.vendors:
        by_rule(work, partial(vendors.withdraw_all, work))


def reopen(work: Work, command: Reopen) -> None:
    """Work on it again, at its last tier unless another is named."""
    draft = work.draft
    level = draft.tier if command.tier is None else command.tier
    work.fire("reopen", tier_target(level))
    if not work.reopens_at(level):
        work.forbid(work.refuse("reopen", "refused.reopen_tier", tier=draft.tier, target=level))
    team = team_at(work, "reopen", level, command.team or (draft.team if level == draft.tier else None))
    rules.permit(work, "reopen", to=Place(level, team))
    instead = rules.reopening(work, Place(level, team))
    if instead is not None:
        by_rule(work, partial(go_another_way, work, command, command.reason, instead))
        if not work.observes:
            return
    work.emit(happened.CaseReopened, tier=level, team=team)
    arrive(work)


def go_another_way(work: Work, command: Command, text: str, instead: FollowUp | Refusal) -> None:
    """Do what a policy says instead of reopening."""
    if isinstance(instead, Refusal):
        raise NotPermittedError(work.case_id, command.trigger, command.by.id, (instead.reason,), instead.missing)
    linking.follow_up(work, command, text, instead.reason)


def close(work: Work, _command: Close) -> None:
    """File it."""
    work.fire("close")
    work.emit(happened.CaseClosed)
    _let_vendors_go(work)


def cancel(work: Work, _command: Cancel) -> None:
    """End it without a solution."""
    work.fire("cancel")
    work.emit(happened.CaseCancelled)
    _let_vendors_go(work)


def merge(work: Work, command: Merge) -> None:
    """End it as part of another case, whose watchers its people become."""
    if command.into == work.case_id:
        raise work.refuse("merge", "refused.link")
    work.must_be_open("merge")
    named = dict.fromkeys((work.draft.requester, *work.draft.watchers))
    named.pop(happened.REDACTED, None)  # who it was is not known any more
    work.emit(happened.CaseMerged, into=command.into, reason=Reason("move.merged", {"into": command.into}))
    _let_vendors_go(work)
    if named:
        people = tuple(named)[:MAX_WATCHERS]
        work.tell(Watch(case_id=command.into, by=command.by, at=work.at, watchers=people))
