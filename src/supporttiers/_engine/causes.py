"""Causes: which rules brought a case where it is, stand against what, and lie behind each due time."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs

from supporttiers._engine.clocks import deadlines_of, worked_out
from supporttiers.calendars import WorkingHours
from supporttiers.cases import Case, rebuild
from supporttiers.decisions import Situation
from supporttiers.events import CaseOpened, Event, StopwatchPaused, StopwatchResumed
from supporttiers.facts import needs_of
from supporttiers.process import CompiledLimit, SupportProcess
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Stopwatch
from supporttiers.tiers import entry_level

# -- what policies say, asked again about what was known then


def why_routed(process: SupportProcess, opened: CaseOpened) -> Iterator[Reason]:
    """Say which route was taken at the opening, and which were not, and why; nothing where no policy routed it."""
    if opened.reason is None or opened.reason.code != "route.policy":
        return
    yield opened.reason
    taken = opened.reason.params.get("policy")
    asked = attrs.evolve(opened, tier=entry_level(process.tiers), team=None)
    yield from _stories(process, "route", _situation(rebuild([asked]), opened), taken)


def why_prioritised(process: SupportProcess, opened: CaseOpened) -> Iterator[Reason]:
    """Say what the policies made of the priority at the opening; nothing where what they say now is something else."""
    asked = attrs.evolve(opened, tier=entry_level(process.tiers), team=None, priority=process.default_priority_name)
    situation = _situation(rebuild([asked]), opened)
    for policy in process.asked("prioritise"):
        answer = policy.prioritise(_known(situation, policy))
        if answer is not None:
            if answer == opened.priority:
                yield from _story(policy, situation)
            return


def permissions(process: SupportProcess, case: Case) -> Iterator[Reason]:
    """Say which permissions, requirements and approvals are about a case as it is."""
    situation = Situation(case=case, now=case.changed_at, facts=case.facts)
    for policy in process.asked("permit"):
        yield from _story(policy, situation)


def _situation(case: Case | None, event: Event) -> Situation:
    assert case is not None  # noqa: S101 - an opening makes a case; for the type checker
    facts = event.facts or {}
    known = attrs.evolve(case, facts=facts)
    return Situation(case=known, now=event.at, facts=facts, by=event.by)


def _known(situation: Situation, policy: Any) -> Situation:  # noqa: ANN401 - a policy
    """Give a policy the facts that it needs, of those that are known."""
    return attrs.evolve(situation, facts={name: situation.case.facts.get(name) for name in needs_of(policy)})


def _story(policy: Any, situation: Situation) -> Iterator[Reason]:  # noqa: ANN401 - a policy
    because = getattr(policy, "because", None)
    if because is not None:
        yield from because(_known(situation, policy))


def _stories(process: SupportProcess, method: str, situation: Situation, taken: object) -> Iterator[Reason]:
    """Let the policies say why, in order, up to the one whose answer was taken."""
    for policy in process.asked(method):
        yield from _story(policy, situation)
        if policy.name == taken:
            return


# -- due times


def due_times(process: SupportProcess, case: Case, history: Sequence[Event], now: datetime) -> Iterator[Reason]:
    """Say of every clock that runs or is paused how its due time came about, and whether it is over."""
    for watch in case.stopwatches:
        place = process.limit_places.get(watch.limit)
        if place is None or not watch.is_live:
            continue
        compiled = process.compiled_limits[place]
        yield _due(compiled, watch, history)
        if watch.due_at is not None and watch.due_at <= now:
            yield Reason("due.over", {"limit": watch.limit, "due_at": watch.due_at.isoformat()})
        yield from _why_target(process, compiled, watch, case)


def _due(compiled: CompiledLimit, watch: Stopwatch, history: Sequence[Event]) -> Reason:
    pauses = list(_pauses(watch, history))
    paused = sum((_paused_for(compiled.calendar, *pause) for pause in pauses), timedelta(0))
    params = {
        "limit": watch.limit,
        "target": str(watch.target),
        "started_at": watch.started_at.isoformat(),
        "due_at": None if watch.due_at is None else watch.due_at.isoformat(),
        "calendar": compiled.calendar.name,
        "pauses": len(pauses),
        "paused": str(paused),
        "ahead": ", ".join(f"{mark} at {at.isoformat()}" for mark, at in deadlines_of(compiled, watch)) or "nothing",
    }
    return Reason("due.paused" if watch.due_at is None else "due.at", params)


def _pauses(watch: Stopwatch, history: Sequence[Event]) -> Iterator[tuple[datetime, datetime | None]]:
    """Give when it was paused, and until when; None for the pause that lasts."""
    since: datetime | None = None
    for event in history:
        if isinstance(event, StopwatchPaused | StopwatchResumed) and _is_of(event, watch):
            if isinstance(event, StopwatchPaused):
                since = event.segment.end
            elif since is not None:
                yield since, event.running_since
                since = None
    if since is not None:
        yield since, None


def _is_of(event: StopwatchPaused | StopwatchResumed, watch: Stopwatch) -> bool:
    return (event.limit, event.instance) == (watch.limit, watch.instance)


def _paused_for(calendar: WorkingHours, since: datetime, until: datetime | None) -> timedelta:
    """Give the working time of a pause that is over."""
    return timedelta(0) if until is None else calendar.between(since, until)


def _why_target(process: SupportProcess, compiled: CompiledLimit, watch: Stopwatch, case: Case) -> Iterator[Reason]:
    """Say where the target came from: a policy, the limit's own table, or what was decided before."""
    limit = compiled.limit
    situation = Situation(case=case, now=case.changed_at, facts=case.facts, limit=limit.name)
    by = limit.target_for(case.priority)
    said: list[Reason] = []
    source = Reason("due.by_table", {"limit": limit.name, "priority": case.priority})
    for policy in process.asked("target"):
        answer = policy.target(_known(situation, policy))
        said += _story(policy, situation)
        if answer is not None:
            by, source = answer, Reason("due.by_policy", {"limit": limit.name, "policy": policy.name})
            break
    if by is not None and worked_out(compiled, by, watch.started_at) == watch.target:
        yield source
        yield from said
    else:
        yield Reason("due.kept", {"limit": limit.name})
