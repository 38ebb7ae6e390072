"""decide: settle what was due, then carry out the command, then say when something happens next."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from supporttiers import events as happened
from supporttiers._engine.clocks import LIMIT, WAIT, Deadline, next_deadline, update_clocks
from supporttiers._engine.moves import move_up
from supporttiers._engine.reacting import carry_out_scheduled, react
from supporttiers._engine.rules import Missing
from supporttiers._engine.verbs import carry_out
from supporttiers._engine.work import Work
from supporttiers.cases import Case
from supporttiers.commands import Command, Open
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.errors import (
    CaseError,
    CaseNotFoundError,
    FactsError,
    InputError,
    MoveRefusedError,
    StaleCaseError,
)
from supporttiers.facts import NO_FACTS, Facts
from supporttiers.limits import Action
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason

MAX_SETTLED: Final = 1000
"""At most so many deadlines of one case are settled in one pass; the rest waits for the next."""


def decide(
    process: SupportProcess, case: Case | None, command: Command | None, now: datetime, facts: Facts = NO_FACTS, *,
    tenant: str = "default",
) -> Decision | NeedFacts:  # fmt: skip
    """
    Decide what a command, or the passing of time, makes of a case. Pure.

    Args:
        process: The process that the case follows.
        case: As it is; None when there is none yet.
        command: What is wanted; None when only time has passed (a sweep).
        now: The instant of judgement, in UTC; a command that carries its own `at` is judged by that.
        facts: What is known from outside.
        tenant: Whose case an opening makes.

    Returns:
        `NeedFacts` where a policy needs to know more from outside: read it, and decide again. Else what happened. A
        command first settles every deadline due before it; a sweep those due at or before *now*. When the process
        refuses the command, `refusal` says why, and what was settled stands.

    Raises:
        InputError: The command is malformed by itself; nothing is settled.
        CaseNotFoundError: There is no such case.
    """
    try:
        return decided(process, case, command, now, facts, tenant=tenant)
    except Missing as missing:
        return NeedFacts(missing.wanted)


def decided(
    process: SupportProcess, case: Case | None, command: Command | None, now: datetime, facts: Facts, *, tenant: str
) -> Decision:
    """
    Decide, as `decide` does.

    Raises:
        Missing: More must be known from outside.
    """
    if command is None:
        return _sweep(process, case, now, facts)
    at = command.at or now
    if command.occurred_at is not None and command.occurred_at > at:
        raise InputError(command.case_id, "occurred_at", "lies after `at`; what is still to come cannot have occurred")
    if case is None and not isinstance(command, Open):
        raise CaseNotFoundError(command.case_id, tenant)
    if case is not None and case.changed_at > at:
        at = case.changed_at
    work = Work(process, case, command.case_id, at, tenant=tenant, facts=facts)
    if case is not None:
        _settle(work, at, inclusive=False, at_most=None)
    return _carry_out(work, case, command, at)


def _sweep(process: SupportProcess, case: Case | None, now: datetime, facts: Facts) -> Decision:
    if case is None:
        return Decision(case=None)
    work = Work(process, case, case.id, now, tenant=case.tenant, facts=facts)
    _settle(work, now, inclusive=True, at_most=MAX_SETTLED)
    return _decision(work, work.freeze() if work.events else case)


def _carry_out(work: Work, case: Case | None, command: Command, at: datetime) -> Decision:
    settled = work.snapshot() if work.events else case
    events, effects = len(work.events), len(work.effects)
    work.by_command(command, at)
    try:
        _check_version(settled, command)
        carry_out(work, command)
    except (CaseError, FactsError) as refusal:
        work.forget_used()
        work.draft = settled
        del work.events[events:], work.effects[effects:]
        return _decision(work, settled, refusal)
    if len(work.events) == events:
        return _decision(work, settled)
    _follow(work, events)
    return _decision(work, work.freeze())


def _check_version(case: Case | None, command: Command) -> None:
    found = 0 if case is None else case.version
    if command.expected_version is not None and command.expected_version != found:
        raise StaleCaseError(command.case_id, command.expected_version, found)


def _decision(work: Work, case: Case | None, refusal: CaseError | FactsError | None = None) -> Decision:
    ahead = None if case is None else next_deadline(work)
    return Decision(
        case=case, events=tuple(work.events), effects=tuple(work.effects), refusal=refusal,
        wakes_at=None if ahead is None else ahead.due_at,
    )  # fmt: skip


# -- what time has made due


def _settle(work: Work, until: datetime, *, inclusive: bool, at_most: int | None) -> None:
    """Settle deadlines in the one order, those that come up on the way included."""
    settled = 0
    while at_most is None or settled < at_most:
        deadline = next_deadline(work)
        if deadline is None or deadline.due_at > until or (deadline.due_at == until and not inclusive):
            return
        _settle_one(work, deadline)
        settled += 1


def _settle_one(work: Work, deadline: Deadline) -> None:
    at = max(deadline.due_at, work.draft.changed_at)
    before, changed = len(work.events), True
    if deadline.rank == LIMIT:
        changed = _reach_threshold(work, deadline, at)
    elif deadline.rank == WAIT:
        work.by_time(at, Reason("move.wait_over"))
        work.emit(happened.CaseResumed, status=work.draft.resume_to)
    else:
        carry_out_scheduled(work, deadline.limit, at)
    if changed:  # where nothing did, a `reset` that still holds must not start its stopwatch anew, and so on for ever
        _follow(work, before)
    else:
        react(work, before)


def _follow(work: Work, since: int) -> None:
    """Let clocks and reactions follow what has happened."""
    work.reason = None
    update_clocks(work)
    react(work, since)


def _reach_threshold(work: Work, deadline: Deadline, at: datetime) -> bool:
    """Fire, and say whether that changed the case itself."""
    compiled = work.process.compiled_limits[deadline.limit]
    threshold = compiled.thresholds[deadline.threshold]
    watch = next(watch for watch in work.draft.stopwatches if watch.limit == compiled.limit.name)
    entered_at = work.draft.tier_entered_at
    overtaken = entered_at >= deadline.due_at and entered_at > watch.started_at
    params = {
        "limit": watch.limit, "threshold": threshold.mark, "target": str(watch.target),
        "due_at": deadline.due_at.isoformat(),
    }  # fmt: skip
    work.by_time(at, Reason("move.limit", params))
    work.emit(
        happened.ThresholdFired, limit=watch.limit, instance=watch.instance, threshold=deadline.threshold,
        mark=threshold.mark, due_at=deadline.due_at, breach=threshold.is_breach(watch.target), overtaken=overtaken,
    )  # fmt: skip
    actions = _in_force(threshold.do, overtaken=overtaken)
    return any([_act(work, action, deadline, watch.limit, watch.instance) for action in actions])  # noqa: C419 - all act


def _in_force(actions: tuple[Action, ...], *, overtaken: bool) -> Iterator[Action]:
    """Leave out moves when the case has moved on meanwhile: people are told all the same."""
    return (action for action in actions if not (overtaken and action.verb == "escalate"))


def _act(work: Work, action: Action, deadline: Deadline, limit: str, instance: int) -> bool:
    why = work.reason
    assert why is not None  # noqa: S101 - a threshold always says why; for the type checker
    if action.verb == "notify":
        work.notify(action.argument, why)
        return False
    try:
        move_up(work, action.tier, None)
    except MoveRefusedError as refusal:
        refused = Reason("limit.no_action", {"action": str(action), "why": str(refusal.why)})
        work.emit(
            happened.ActionRefused, limit=limit, instance=instance, threshold=deadline.threshold, action=str(action),
            reason=refused,
        )  # fmt: skip
        work.notify("manager", refused)
        return False
    return True
