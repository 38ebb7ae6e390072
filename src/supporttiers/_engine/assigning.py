"""Questions about assignment: whether an agent may take a case themselves, and why somebody has it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs

from supporttiers._engine import rules
from supporttiers._engine.rules import Missing
from supporttiers._engine.work import Work
from supporttiers.actors import Actor
from supporttiers.cases import Case, rebuild
from supporttiers.commands import Assign
from supporttiers.decisions import NeedFacts, Situation
from supporttiers.events import CaseAssigned, CaseStarted, Event
from supporttiers.facts import Facts, needs_of
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason
from supporttiers.tiers import TierKind


def objections(
    process: SupportProcess, case: Case, agent: Actor, now: datetime, facts: Facts
) -> tuple[Reason, ...] | NeedFacts:
    """
    Say what the policies have against an agent's taking a case themselves.

    Returns:
        What the first policy says that speaks of the case; `NeedFacts` where more must be known from outside.

    Raises:
        FactsError: A source cannot be read.
    """
    work = Work(process, case, case.id, now, tenant=case.tenant, facts=facts)
    work.by_command(Assign(case_id=case.id, by=agent, assignee=agent.id), now)
    try:
        for policy in process.asked("assign"):
            against = getattr(policy, "objections", None)
            found = None if against is None else against(rules.situation_for(work, policy, case), agent.id)
            if found is not None:
                return tuple(found)
    except Missing as missing:
        return NeedFacts(missing.wanted)
    return ()


def why_assigned(
    process: SupportProcess, case: Case, history: Sequence[Event], now: datetime, facts: Facts
) -> Iterator[Reason]:
    """
    Say why the policies gave the case to whom it is assigned; of one that nobody has, what they would say now.

    Nothing where a person gave it, and where redaction has taken the name out of the history.

    Raises:
        Missing: More must be known from outside.
    """
    if not case.is_open or not process.asked("assign"):
        return
    if case.assignee is not None:
        yield from _why_to_them(process, case, history)
    elif process.tier_at(case.tier).kind is TierKind.TEAM:
        work = Work(process, case, case.id, now, tenant=case.tenant, facts=facts)
        yield Reason("assign.now")
        for policy in process.asked("assign"):
            because = getattr(policy, "because", None)
            if because is not None:
                yield from because(rules.situation_for(work, policy, case))


def _why_to_them(process: SupportProcess, case: Case, history: Sequence[Event]) -> Iterator[Reason]:
    event = next((event for event in history if _gave(event, case)), None)
    if event is None or event.reason is None or event.reason.code != "assign.policy":
        return
    before = rebuild(earlier for earlier in history if earlier.version < event.version)
    assert before is not None  # noqa: S101 - a case is opened before it is assigned; for the type checker
    facts = {**before.facts, **(event.facts or {})}
    taken_from = () if before.assignee is None else (before.assignee,)
    known = attrs.evolve(before, facts=facts)
    yield event.reason
    yield from _reasons(
        process,
        Situation(case=known, now=event.at, facts=facts, by=event.by, exclude=taken_from),
        event.reason.params.get("policy"),
    )


def _gave(event: Event, case: Case) -> bool:
    """Whether this is the event with which the present assignment began."""
    return (
        isinstance(event, CaseAssigned | CaseStarted)
        and event.assignee == case.assignee
        and event.effective_at == case.assigned_at
    )


def _reasons(process: SupportProcess, situation: Situation, taken: object) -> Iterator[Reason]:
    """Let the policies say why, in order, up to the one whose answer was taken."""
    asked = process.asked("assign")
    names = [policy.name for policy in asked]
    for policy in asked[: names.index(taken) + 1 if taken in names else len(names)]:
        because = getattr(policy, "because", None)
        if because is not None:
            facts = {name: situation.facts.get(name) for name in needs_of(policy)}
            yield from because(attrs.evolve(situation, facts=facts))
