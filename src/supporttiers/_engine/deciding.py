"""decide: settle what was due, then carry out the command, then say when something happens next."""

from datetime import datetime
from functools import partial
from typing import Final

from supporttiers import events as happened
from supporttiers._engine.clocks import LIMIT, WAIT, Deadline, next_deadline, update_clocks
from supporttiers._engine.observing import by_rule, record
from supporttiers._engine.reacting import carry_out_scheduled, react
from supporttiers._engine.rules import Missing
from supporttiers._engine.thresholds import reach
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
    StaleCaseError,
)
from supporttiers.facts import NO_FACTS, Facts
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
    return decision_of(work, work.freeze() if work.events else case)


def _carry_out(work: Work, case: Case | None, command: Command, at: datetime) -> Decision:
    settled = work.snapshot() if work.events else case
    events, effects = len(work.events), len(work.effects)
    work.by_command(command, at)
    try:
        _check_version(settled, command)
        carry_out(work, command)
        if len(work.events) > events:
            _follow(work, events)
    except (CaseError, FactsError) as refusal:
        work.forget_used()
        work.draft = settled
        del work.events[events:], work.effects[effects:]
        work.observed.clear()
        return decision_of(work, settled, refusal)
    record(work)
    return decision_of(work, settled if len(work.events) == events else work.freeze())


def _check_version(case: Case | None, command: Command) -> None:
    found = 0 if case is None else case.version
    if command.expected_version is not None and command.expected_version != found:
        raise StaleCaseError(command.case_id, command.expected_version, found)


def decision_of(work: Work, case: Case | None, refusal: CaseError | FactsError | None = None) -> Decision:
    """Say what came of the work, and when something happens next."""
    ahead = None if case is None else next_deadline(work)
    return Decision(
        case=case, events=tuple(work.events), refusal=refusal,
        effects=() if work.observes else tuple(work.effects), wakes_at=None if ahead is None else ahead.due_at,
    )  # fmt: skip


# -- what time has made due


MAX_CHAINED: Final = 16
"""After so many commands that time gives at one instant management is told, and a pass leaves the rest to the next."""


def _settle(work: Work, until: datetime, *, inclusive: bool, at_most: int | None) -> None:
    """Settle deadlines in the one order, those that come up on the way included."""
    settled = 0
    while at_most is None or settled < at_most:
        deadline = next_deadline(work)
        if deadline is None or deadline.due_at > until or (deadline.due_at == until and not inclusive):
            return
        at = max(deadline.due_at, work.draft.changed_at)
        if _runs_away(work, at) and at_most is not None:
            return
        _settle_one(work, deadline, at)
        settled += 1


def _runs_away(work: Work, at: datetime) -> bool:
    """Whether time has given many commands at one instant, and would go on; management hears of every so many."""
    instant, number = work.chained
    if instant != at:
        work.chained = at, 0
    elif number >= MAX_CHAINED:
        work.chained = at, 0
        why = Reason("limit.chain", {"limit": MAX_CHAINED})
        work.by_time(at, why)
        work.tell_management(why)
        return True
    return False


def _settle_one(work: Work, deadline: Deadline, at: datetime) -> None:
    before, commands = len(work.events), 1
    if deadline.rank == LIMIT:
        work.at = at
        commands = reach(work, deadline)
    elif deadline.rank == WAIT:
        work.by_time(at, Reason("move.wait_over"))
        by_rule(work, partial(work.emit, happened.CaseResumed, status=work.draft.resume_to))
    else:
        carry_out_scheduled(work, deadline.limit, at)
    work.chained = at, work.chained[1] + (0 if work.observes else commands)
    if commands:  # where nothing changed, a `reset` that still holds must not start its stopwatch anew, and so on
        _follow(work, before)
    else:
        react(work, before)
    record(work)


def _follow(work: Work, since: int) -> None:
    """Let clocks and reactions follow what has happened."""
    work.reason = None
    update_clocks(work)
    react(work, since)
