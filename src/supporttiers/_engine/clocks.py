"""Stopwatches driven by their predicates, and the deadlines that follow from them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from supporttiers import events as happened
from supporttiers._engine.work import Work
from supporttiers.cases import Case, Draft
from supporttiers.process import CompiledLimit, SupportProcess
from supporttiers.readings import ClockReading
from supporttiers.stopwatches import Segment, Stage, Stopwatch
from supporttiers.tiers import Status

_ZERO = timedelta(0)


class Deadline(NamedTuple):
    """
    Something that time makes due; sorts in the order in which deadlines are settled.

    Attributes:
        due_at: When.
        rank: Limits first, then the agreed end of waiting, then what a reaction wanted done.
        limit: The limit's place in the process, or the place of what was scheduled on the case.
        threshold: The threshold's place in the limit.
    """

    due_at: datetime
    rank: int
    limit: int
    threshold: int


LIMIT, WAIT, SCHEDULED = 0, 1, 2


def deadlines(process: SupportProcess, draft: Draft | Case) -> Iterator[Deadline]:
    """Give everything that time will make due if nobody acts, in no order."""
    for watch in draft.stopwatches:
        if watch.stage is Stage.IN_PROGRESS:
            yield from _thresholds_ahead(process, watch)
    if draft.status is Status.WAITING and draft.wait_until is not None:
        yield Deadline(draft.wait_until, WAIT, 0, 0)
    for place, scheduled in enumerate(draft.scheduled):
        yield Deadline(scheduled.due_at, SCHEDULED, place, 0)


def _thresholds_ahead(process: SupportProcess, watch: Stopwatch) -> list[Deadline]:
    place = process.limit_places.get(watch.limit)
    if place is None:
        return []
    compiled = process.compiled_limits[place]
    return [
        Deadline(_reached_at(compiled, watch, index), LIMIT, place, index)
        for index in range(len(compiled.thresholds))
        if index not in watch.fired
    ]


def _reached_at(compiled: CompiledLimit, watch: Stopwatch, index: int) -> datetime:
    if index == compiled.at_target and watch.due_at is not None:
        return watch.due_at
    value = compiled.thresholds[index].reached_after(watch.target)
    reached_at = watch.when_elapsed(value, compiled.calendar)
    assert reached_at is not None  # noqa: S101 - a running stopwatch reaches everything; for the type checker
    return reached_at


def next_deadline(work: Work) -> Deadline | None:
    """Give what time makes due next; worked out again only where what it is found from has changed."""
    watches, wait_until, scheduled = work.draft.stopwatches, work.draft.wait_until, work.draft.scheduled
    ahead = work.ahead
    if ahead is None or ahead[0] is not watches or ahead[1] is not wait_until or ahead[2] is not scheduled:
        work.ahead = ahead = watches, wait_until, scheduled, min(deadlines(work.process, work.draft), default=None)
    found: Deadline | None = ahead[3]
    return found


# -- after each command: what the six predicates say


def update_clocks(work: Work) -> None:
    """Start, pause, resume, stop, cancel and retarget stopwatches by the case as it is now."""
    for compiled in work.process.compiled_limits:
        watch = _latest(work.draft, compiled.limit.name)
        if watch is None or not watch.is_live:
            _maybe_start(work, compiled, watch)
        else:
            _maybe_change(work, compiled, watch)


def _latest(draft: Draft, limit: str) -> Stopwatch | None:
    for watch in draft.stopwatches:
        if watch.limit == limit:
            found: Stopwatch = watch
            return found
    return None


def _maybe_start(work: Work, compiled: CompiledLimit, watch: Stopwatch | None) -> None:
    verdict = compiled.judge(work.draft)
    target = verdict.target
    if not verdict.wanted or verdict.stops or verdict.cancels or target is None:
        return
    if watch is not None and watch.stage is Stage.COMPLETED and compiled.limit.measures == "resolution":
        _resume(work, compiled, watch)  # reopened: the time in between does not count
    else:
        _start(work, compiled, target)
    _keep(work, compiled, _live(work, compiled), target)


def _live(work: Work, compiled: CompiledLimit) -> Stopwatch:
    watch = _latest(work.draft, compiled.limit.name)
    assert watch is not None  # noqa: S101 - it has just been started; for the type checker
    return watch


def _maybe_change(work: Work, compiled: CompiledLimit, watch: Stopwatch) -> None:
    verdict = compiled.judge(work.draft)
    target = verdict.target
    if verdict.stops:
        _stop(work, compiled, watch)
    elif verdict.cancels or not verdict.wanted or target is None:
        work.emit(
            happened.StopwatchCancelled, **_which(watch), stopped_at=_not_before(work, watch),
            segment=_segment(work, compiled, watch),
        )  # fmt: skip
    elif verdict.resets:
        _stop(work, compiled, watch)
        _start(work, compiled, target)
        _keep(work, compiled, _live(work, compiled), target)
    else:
        _keep(work, compiled, watch, target)


def _keep(work: Work, compiled: CompiledLimit, watch: Stopwatch, target: timedelta) -> None:
    """Pause, resume or retarget a stopwatch that lives on."""
    paused = compiled.judge(work.draft).pauses
    if paused and watch.stage is Stage.IN_PROGRESS:
        _pause(work, compiled, watch)
    elif not paused and watch.stage is Stage.PAUSED:
        _resume(work, compiled, watch)
    if target != watch.target:
        _retarget(work, compiled, _live(work, compiled), target)


def _which(watch: Stopwatch) -> dict[str, object]:
    return {"limit": watch.limit, "instance": watch.instance}


def _not_before(work: Work, watch: Stopwatch) -> datetime:
    """When it happened, as far as this stopwatch can still take note: not before it began to run, paused or stopped."""
    return max(work.effective_at, watch.running_since or watch.stopped_at or watch.segments[-1].end)


def _segment(work: Work, compiled: CompiledLimit, watch: Stopwatch) -> Segment | None:
    """Close the open segment, if it runs."""
    if watch.running_since is None:
        return None
    start, end = watch.running_since, _not_before(work, watch)
    return Segment(start, end, compiled.calendar.between(start, end), end - start)


def _start(work: Work, compiled: CompiledLimit, target: timedelta) -> None:
    last = _latest(work.draft, compiled.limit.name)
    started_at = _started_at(work, compiled, last)
    work.emit(
        happened.StopwatchStarted, limit=compiled.limit.name, instance=1 if last is None else last.instance + 1,
        agreement=compiled.limit.agreement, target=target, started_at=started_at,
        due_at=compiled.calendar.add(started_at, target), revision=work.process.revision,
    )  # fmt: skip


def _started_at(work: Work, compiled: CompiledLimit, last: Stopwatch | None) -> datetime:
    """Late knowledge reaches back to the arrival at most, and never into an earlier instance."""
    began: datetime = work.draft.tier_entered_at if compiled.limit.measures == "tier" else work.draft.opened_at
    return max(work.effective_at, began, began if last is None or last.stopped_at is None else last.stopped_at)


def _stop(work: Work, compiled: CompiledLimit, watch: Stopwatch) -> None:
    segment = _segment(work, compiled, watch)
    ran_until = watch.segments[-1].end if segment is None else segment.end  # a clock that stands still cannot breach
    late = watch.due_at is not None and ran_until > watch.due_at
    work.emit(
        happened.StopwatchStopped, **_which(watch), stopped_at=_not_before(work, watch), segment=segment,
        due_at=watch.due_at, breached=watch.breached or late,
    )  # fmt: skip


def _pause(work: Work, compiled: CompiledLimit, watch: Stopwatch) -> None:
    segment = _segment(work, compiled, watch)
    reached = watch.due_at is not None and segment is not None and watch.due_at <= segment.end
    work.emit(happened.StopwatchPaused, **_which(watch), segment=segment, due_at=watch.due_at if reached else None)


def _resume(work: Work, compiled: CompiledLimit, watch: Stopwatch) -> None:
    since = _not_before(work, watch)
    left = watch.target - watch.closed_elapsed()
    due_at = watch.due_at if watch.due_at is not None and left <= _ZERO else compiled.calendar.add(since, left)
    work.emit(happened.StopwatchResumed, **_which(watch), running_since=since, due_at=due_at)


def _retarget(work: Work, compiled: CompiledLimit, watch: Stopwatch, target: timedelta) -> None:
    """Count the new target from the original start, pauses kept."""
    due_at = watch.when_elapsed(target, compiled.calendar)
    work.emit(happened.StopwatchRetargeted, **_which(watch), target=target, due_at=due_at)


# -- readings


def readings(process: SupportProcess, case: Case, now: datetime) -> tuple[ClockReading, ...]:
    """
    Read every stopwatch of a case.

    Returns:
        One reading for each limit that ever ran, in the order in which they started.
    """
    return tuple(_reading(process, watch, now) for watch in case.stopwatches)


def _reading(process: SupportProcess, watch: Stopwatch, now: datetime) -> ClockReading:
    calendar = process.calendar_of(watch.limit)
    elapsed = watch.elapsed(calendar, now)
    remaining = watch.target - elapsed
    paused = watch.stage is Stage.PAUSED and watch.due_at is None
    overdue = watch.stage is Stage.IN_PROGRESS and watch.due_at is not None and now >= watch.due_at
    return ClockReading(
        limit=watch.limit, agreement=watch.agreement, instance=watch.instance, stage=watch.stage, target=watch.target,
        elapsed=elapsed, remaining=remaining, due_at=watch.due_at,
        projected_due_at=calendar.add(now, remaining) if paused else None,
        breached=watch.breached or overdue,
    )  # fmt: skip
