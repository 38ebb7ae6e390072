"""Cases of another system: observed while they lie in the past, in the care of their process from now on."""

from collections.abc import Sequence
from datetime import datetime

import attrs

from supporttiers import events as happened
from supporttiers._engine import linking
from supporttiers._engine.deciding import decided, decision_of
from supporttiers._engine.rules import Missing
from supporttiers._engine.work import Work
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.errors import CaseError, InputError
from supporttiers.events import Event
from supporttiers.facts import NO_FACTS, Facts
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason


def adopt(
    process: SupportProcess, commands: Sequence[Command], now: datetime, facts: Facts = NO_FACTS, *,
    tenant: str = "default",
) -> Decision | NeedFacts:  # fmt: skip
    """
    Make a case of its past. Pure.

    Up to *now* it is observed: what is said to have happened is recorded, deadlines that have passed are marked as
    reached, and nothing is done or sent. From then on it follows the process itself. Known issues to which it is linked
    are told to count it.

    Args:
        process: What the case follows from now on.
        commands: All that is known of its past, in order of time; the first one opens it.
        now: The instant from which the process holds.
        facts: What is known from outside, now.
        tenant: Whose case it is.

    Returns:
        One decision, which stands whole or not at all: where a command cannot be recorded, `refusal` says why, and
        there is no case. `NeedFacts` where a policy needs to know more from outside.
    """
    try:
        case, events = _observed(process.observing(), commands, now, facts, tenant)
    except CaseError as refusal:
        return Decision(case=None, refusal=refusal)
    except Missing as missing:
        return NeedFacts(missing.wanted)
    work = Work(process, case, case.id, now, tenant=tenant)
    work.by_time(now, Reason("move.adopted"))
    work.emit(happened.CaseAdopted, process=process.name, revision=process.revision)
    work.counted = frozenset()  # no known issue has heard of it yet
    linking.spread(work, 0)
    taken = decision_of(work, work.freeze())
    return attrs.evolve(taken, events=(*events, *taken.events))


def _observed(
    process: SupportProcess, commands: Sequence[Command], now: datetime, facts: Facts, tenant: str
) -> tuple[Case, list[Event]]:
    case: Case | None = None
    events: list[Event] = []
    for command in commands:
        if command.at is None or command.at > now:
            raise InputError(command.case_id, "at", "must lie in the past; what is taken over has happened already")
        decision = decided(process, case, command, now, facts, tenant=tenant)
        if decision.refusal is not None:
            raise decision.refusal
        case = decision.case
        events.extend(decision.events)
    assert case is not None  # noqa: S101 - the first command opens it, or is refused; for the type checker
    while True:
        swept = decided(process, case, None, now, facts, tenant=tenant)
        if not swept.events:
            return case, events
        case = swept.case or case
        events.extend(swept.events)
