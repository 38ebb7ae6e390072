"""Thresholds that are reached: what they are told as, and the commands that time then gives."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from supporttiers import commands as wanted
from supporttiers import events as happened
from supporttiers._engine import approvals, moves, rules, vendors
from supporttiers._engine.clocks import Deadline
from supporttiers._engine.observing import by_rule
from supporttiers._engine.verbs import carry_out
from supporttiers._engine.work import Work
from supporttiers.actors import SYSTEM
from supporttiers.cases import open_ticket_at
from supporttiers.commands import Command
from supporttiers.errors import CaseError
from supporttiers.limits import VENDOR_MEASURES, Action, Threshold, TimeLimit
from supporttiers.links import VendorStatus, VendorTicket
from supporttiers.process import CompiledLimit
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Stopwatch


def reach(work: Work, deadline: Deadline) -> int:
    """Fire, at the instant of judgement, and say how many commands that came to."""
    compiled = work.process.compiled_limits[deadline.limit]
    threshold = compiled.thresholds[deadline.threshold]
    watch = next(watch for watch in work.draft.stopwatches if watch.limit == compiled.limit.name)
    entered_at = work.draft.tier_entered_at
    overtaken = entered_at >= deadline.due_at and entered_at > watch.started_at
    params = {
        "limit": watch.limit, "threshold": threshold.mark, "target": str(watch.target),
        "due_at": deadline.due_at.isoformat(),
    }  # fmt: skip
    work.by_time(work.at, Reason("move.limit", params))
    work.emit(
        happened.ThresholdFired, limit=watch.limit, instance=watch.instance, threshold=deadline.threshold,
        mark=threshold.mark, due_at=deadline.due_at, breach=threshold.is_breach(watch.target), overtaken=overtaken,
    )  # fmt: skip
    _hold(work, threshold, watch)
    carried_out = 0
    for action in threshold.do:
        if action.only_tells or not overtaken:
            carried_out += bool(by_rule(work, partial(_act, work, action, deadline.threshold, watch)))
    work.held_until = None
    return carried_out


def _hold(work: Work, threshold: Threshold, watch: Stopwatch) -> None:
    """Let people be told in working time only: that of the limit, and that of the process."""
    if threshold.hold:
        opening = work.process.calendar_of(watch.limit).next_opening(work.at)
        opening = work.process.calendar_of("").next_opening(opening)
        work.held_until = opening if opening > work.at else None


def _act(work: Work, action: Action, threshold: int, watch: Stopwatch) -> bool:
    """Do one thing; say whether that was a command that changed the case. A refusal is recorded, and told."""
    why = work.reason
    assert why is not None  # noqa: S101 - a threshold always says why; for the type checker
    if action.verb == "notify":
        unless = _limit_of(work, watch).thresholds[threshold].unless
        work.notify(action.argument, why, unless=None if unless is None else unless.resolved(work.process.priorities))
        return False
    before = work.mark()
    try:
        _carry_out(work, action, _limit_of(work, watch).limit)
    except CaseError as refusal:
        work.take_back(before)
        work.forget_used()
        refused = Reason("limit.no_action", {"action": str(action), "why": str(refusal.reason)})
        work.emit(
            happened.ActionRefused, limit=watch.limit, instance=watch.instance, threshold=threshold,
            action=str(action), reason=refused,
        )  # fmt: skip
        work.notify("manager", refused)
    return len(work.events) > before[1] and not isinstance(work.events[-1], happened.ActionRefused)


def _limit_of(work: Work, watch: Stopwatch) -> CompiledLimit:
    return work.process.compiled_limits[work.process.limit_places[watch.limit]]


def _carry_out(work: Work, action: Action, limit: TimeLimit) -> None:
    if action == _BACK and limit.measures in VENDOR_MEASURES and limit.vendor is not None:
        ticket = open_ticket_at(work.draft, limit.vendor)
        if ticket is not None:  # it may have been withdrawn by what was done before
            _bring_back(work, ticket)
        return
    if action.verb in _SPEAKS and not work.process.observes:
        ticket = open_ticket_at(work.draft, action.argument)
        if ticket is not None and ticket.status is VendorStatus.REQUESTED and ticket.remote_id is None:
            vendors.tell_of_unreached(work, ticket)
            return
    command = _COMMANDS[action.verb](work, action)
    if command is not None:
        carry_out(work, command)


def _bring_back(work: Work, ticket: VendorTicket) -> None:
    """Let the case come back; where somebody must approve where it goes, that waits as any command would."""
    here = work.draft.tier
    try:
        moves.come_back(work, ticket)
    except rules.OnHold as found:
        assert found.to is not None  # noqa: S101, PT017 - a move is asked about with its place; for the type checker
        kind = wanted.Escalate if found.to.tier > here else wanted.HandBack
        approvals.hold(work, kind(case_id=work.case_id, by=SYSTEM), found.hold, to=found.to)


_BACK: Final = Action("hand_back")
"""Of a vendor's clock it brings the case back from that vendor: from its tier, or out of the wait for it."""

_SPEAKS: Final = frozenset({"remind", "escalate_at"})
"""Is said to a vendor only once it has the request: words of being late must not arrive together with it."""


def _with(kind: type[Command], field: str = "") -> Callable[[Work, Action], Command]:
    def make(work: Work, action: Action) -> Command:
        fields: dict[str, Any] = {field: action.argument} if field else {}
        return kind(case_id=work.case_id, by=SYSTEM, **fields)

    return make


def _telling(purpose: str) -> Callable[[Work, Action], Command]:
    def make(work: Work, action: Action) -> Command:
        return wanted.TellVendor(case_id=work.case_id, by=SYSTEM, vendor=action.argument, purpose=purpose)

    return make


def _to_tier(kind: type[Command]) -> Callable[[Work, Action], Command]:
    def make(work: Work, action: Action) -> Command:
        fields: dict[str, Any] = {"tier": action.tier}
        return kind(case_id=work.case_id, by=SYSTEM, **fields)

    return make


def _reassign(work: Work, _action: Action) -> Command:
    """To somebody else, whom the assignment policies choose."""
    return wanted.Assign(case_id=work.case_id, by=SYSTEM, automatic=True)


def _raise_priority(work: Work, action: Action) -> Command | None:
    """Up to the next priority, or to the one that is named; never down, and nothing at the top."""
    priorities = work.process.priorities
    known = work.draft.priority in priorities  # one that a newer revision has no longer lies below all others
    here = priorities.index(work.draft.priority) if known else -1
    there = priorities.index(action.argument) if action.argument else min(here + 1, len(priorities) - 1)
    return wanted.Amend(case_id=work.case_id, by=SYSTEM, priority=priorities[there]) if there > here else None


_COMMANDS: Final[Mapping[str, Callable[[Work, Action], Command | None]]] = {
    "escalate": _to_tier(wanted.Escalate),
    "hand_back": _to_tier(wanted.HandBack),
    "reopen": _to_tier(wanted.Reopen),
    "transfer": _with(wanted.Transfer, "team"),
    "assign": _with(wanted.Assign, "assignee"),
    "reassign": _reassign,
    "release": _with(wanted.Release),
    "raise_priority": _raise_priority,
    "dispatch": _with(wanted.Dispatch, "vendor"),
    "remind": _telling("reminder"),
    "escalate_at": _telling("escalation"),
    "wait": _with(wanted.Wait, "wait_reason"),
    "resume": _with(wanted.Resume),
    "resolve": _with(wanted.Resolve),
    "close": _with(wanted.Close),
    "cancel": _with(wanted.Cancel),
    "inform_management": _with(wanted.InformManagement),
    "note": _with(wanted.Note, "text"),
}
"""The command that each verb of a threshold stands for; None where there is nothing to do."""
