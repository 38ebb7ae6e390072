"""Clocks that go on by another process, or by a newer revision of their own."""

from datetime import datetime

from supporttiers import events as happened
from supporttiers._engine.clocks import update_clocks
from supporttiers._engine.deciding import decided, decision_of
from supporttiers._engine.rules import Missing
from supporttiers._engine.work import Work
from supporttiers.cases import Case
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.facts import NO_FACTS, Facts
from supporttiers.process import CompiledLimit, SupportProcess
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Stopwatch


def renew(
    process: SupportProcess, case: Case, now: datetime, facts: Facts = NO_FACTS, *, former: SupportProcess,
    revision: str, in_force: str | None = None,
) -> Decision | NeedFacts:  # fmt: skip
    """
    Let a case's limits follow a newer revision: settle what is due by the former one, recalculate, settle again. Pure.

    Args:
        process: The process whose limits hold from now on.
        case: As it is.
        now: The instant of judgement.
        facts: What is known from outside.
        former: The process whose limits held so far.
        revision: By which the case will know them.
        in_force: The revision whose limits hold instead, where the newest do not fit.

    Returns:
        One decision; `NeedFacts` where a policy needs to know more from outside.
    """
    try:
        settled = decided(former, case, None, now, facts, tenant=case.tenant)
        renewed = recalculate(
            process, settled.case or case, now, facts, former=former, revision=revision, in_force=in_force
        )
        after = decided(process, renewed.case, None, now, facts, tenant=case.tenant)
    except Missing as missing:
        return NeedFacts(missing.wanted)
    parts = (settled, renewed, after)
    return Decision(
        case=after.case, events=sum((part.events for part in parts), ()),
        effects=sum((part.effects for part in parts), ()), wakes_at=after.wakes_at,
    )  # fmt: skip


def recalculate(
    process: SupportProcess, case: Case, now: datetime, facts: Facts = NO_FACTS, *, former: SupportProcess,
    revision: str | None = None, in_force: str | None = None,
) -> Decision:  # fmt: skip
    """
    Let the clocks of a case go on by another process. Pure.

    Clocks of limits that are gone are cancelled, new ones start, and where a target or a calendar has changed the
    limit's `on_priority_change` says what becomes of the time that has passed. What has fired stays fired, by its mark;
    a threshold that is new, and passed already, does not fire. What is due by the former process is to be settled by it
    before.

    Args:
        process: The process by which its clocks run from now on.
        case: As it is.
        now: The instant from which that holds.
        facts: What is known from outside.
        former: The process by which they ran so far.
        revision: By which the case will know the new limits; None where it does not keep that.
        in_force: The revision whose limits hold instead, where the newest do not fit.
    """
    work = Work(process, case, case.id, max(now, case.changed_at), tenant=case.tenant, facts=facts, former=former)
    if revision is not None:
        why = Reason("limits.renewed", {"process": process.name, "revision": revision})
        work.emit(happened.LimitsRenewed, revision=revision, in_force=in_force, reason=why)
    for watch in work.draft.stopwatches:
        if watch.is_live and watch.limit in process.limit_places and watch.limit in former.limit_places:
            _keep_fired(work, watch)
    update_clocks(work)
    for watch in work.draft.stopwatches:
        if watch.is_live and watch.limit in process.limit_places and watch.limit in former.limit_places:
            _pass_over_what_is_new(work, watch)
    return decision_of(work, work.freeze() if work.events else case)


def _limit(process: SupportProcess, name: str) -> CompiledLimit:
    return process.compiled_limits[process.limit_places[name]]


def _keep_fired(work: Work, watch: Stopwatch) -> None:
    """Find what has fired again by its mark, where the limit has other thresholds now."""
    was, now = _limit(work.former, watch.limit), _limit(work.process, watch.limit)
    before = [threshold.mark for threshold in was.thresholds]
    after = [threshold.mark for threshold in now.thresholds]
    if before == after:
        return
    fired = {before[place] for place in watch.fired}
    places = tuple(place for place, mark in enumerate(after) if mark in fired)
    work.emit(
        happened.StopwatchRetargeted, limit=watch.limit, instance=watch.instance, target=watch.target,
        due_at=watch.due_at, fired=places, revision=work.process.revision,
    )  # fmt: skip


def _pass_over_what_is_new(work: Work, watch: Stopwatch) -> None:
    """Let no threshold fire that was not there before, and lies in the past already."""
    was, now = _limit(work.former, watch.limit), _limit(work.process, watch.limit)
    known = {threshold.mark for threshold in was.thresholds}
    elapsed = watch.elapsed(now.calendar, work.at)
    passed = tuple(
        place
        for place, threshold in enumerate(now.thresholds)
        if threshold.mark not in known
        and place not in watch.fired
        and (reached := threshold.reached_after(watch.target)) is not None
        and reached < elapsed
    )
    if passed:
        work.emit(
            happened.StopwatchRetargeted, limit=watch.limit, instance=watch.instance, target=watch.target,
            due_at=watch.due_at, passed=passed,
        )  # fmt: skip
