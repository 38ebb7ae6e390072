"""Stopwatches driven by their predicates, and the deadlines that follow from them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import attrs

from supporttiers import events as happened
from supporttiers._engine import rules
from supporttiers._engine.work import Work
from supporttiers.calendars import WorkingHours
from supporttiers.calendars.targets import Target
from supporttiers.cases import Case, Draft
from supporttiers.limits import VENDOR_MEASURES
from supporttiers.links import VendorStatus, VendorTicket
from supporttiers.process import CompiledLimit, SupportProcess
from supporttiers.process.compiled import Verdict
from supporttiers.readings import ClockReading
from supporttiers.stopwatches import Segment, Stage, Stopwatch, with_segment
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


def _thresholds_ahead(process: SupportProcess, watch: Stopwatch) -> Iterator[Deadline]:
    place = process.limit_places.get(watch.limit)
    if place is None:
        return
    compiled = process.compiled_limits[place]
    for index, reached_at in _ahead(compiled, watch):
        yield Deadline(reached_at, LIMIT, place, index)


def deadlines_of(compiled: CompiledLimit, watch: Stopwatch) -> Iterator[tuple[str, datetime]]:
    """Give the thresholds that a running stopwatch has ahead, as they are written, and when they are reached."""
    if watch.stage is Stage.IN_PROGRESS:
        for index, reached_at in _ahead(compiled, watch):
            yield compiled.thresholds[index].mark, reached_at


def _ahead(compiled: CompiledLimit, watch: Stopwatch) -> Iterator[tuple[int, datetime]]:
    for index in range(len(compiled.thresholds)):
        if index not in watch.fired:
            reached_at = _reached_at(compiled, watch, index)
            if reached_at is not None:
                yield index, reached_at


def _reached_at(compiled: CompiledLimit, watch: Stopwatch, index: int) -> datetime | None:
    if index == compiled.at_target and watch.due_at is not None:
        return watch.due_at
    after = compiled.thresholds[index].reached_after(watch.target)
    return None if after is None else watch.when_elapsed(after, compiled.calendar)


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
    if work.draft.revision != work.process.revision:
        _drop_what_is_gone(work)
    anew = _is_known_anew(work) if work.process.asked("target") else None  # None: no policy decides targets
    for compiled in work.process.compiled_limits:
        watch = _latest(work.draft, compiled.limit.name)
        if watch is None or not watch.is_live:
            _maybe_start(work, compiled, watch)
        else:
            _maybe_change(work, compiled, watch, anew=anew)
    work.judged = len(work.events), work.draft.facts


def _is_known_anew(work: Work) -> bool:
    """Whether something that targets may follow from has changed since the clocks looked last."""
    followed, facts = work.judged
    amended = any(isinstance(event, happened.CaseAmended) for event in work.events[followed:])
    return amended or work.draft.facts != facts or work.former is not work.process


def _asked_anew(work: Work, compiled: CompiledLimit, verdict: Verdict) -> Target | None:
    """Give the working time allowed, asking the policies where there are some."""
    if not work.process.asked("target"):
        return verdict.target
    return rules.allowed(work, compiled.limit, work.snapshot())


def begin_at_tier(work: Work) -> None:
    """Let what measures the time at a tier begin anew: a case that was held at its opening has only now arrived."""
    for compiled in work.process.compiled_limits:
        watch = _latest(work.draft, compiled.limit.name)
        if compiled.limit.measures == "tier" and watch is not None and watch.is_live:
            _cancel(work, watch)


def _drop_what_is_gone(work: Work) -> None:
    """Cancel the stopwatches of limits that the process has no longer."""
    for watch in work.draft.stopwatches:
        if watch.limit not in work.process.limit_places and watch.is_live:
            _cancel(work, watch)


def _latest(draft: Draft, limit: str) -> Stopwatch | None:
    for watch in draft.stopwatches:
        if watch.limit == limit:
            found: Stopwatch = watch
            return found
    return None


def _maybe_start(work: Work, compiled: CompiledLimit, watch: Stopwatch | None) -> None:
    verdict = compiled.judge(work.draft)
    if not verdict.wanted or verdict.stops or verdict.cancels:
        return
    target = _asked_anew(work, compiled, verdict)
    if target is None:
        return
    if watch is None or watch.stage is not Stage.COMPLETED or compiled.limit.measures not in _ONCE:
        _start(work, compiled, target)
    elif not _reopen(work, compiled, watch, target):
        return
    _keep(work, compiled, _live(work, compiled), target)


_ONCE: Final = ("resolution", "time_to_own", "first_response")
"""The measures that are about a case as a whole: once at their goal, only reopening concerns them again."""


def _reopen(work: Work, compiled: CompiledLimit, watch: Stopwatch, target: Target) -> bool:
    """Do what the limit says of a clock that had reached its goal; say whether it runs again."""
    rule = compiled.on_reopening
    if rule == "first_only" or (compiled.limit.measures != "resolution" and not _was_reopened(work)):
        return False
    if rule == "new_cycle":
        _start(work, compiled, target)
    elif rule == "restart":
        _cancel(work, watch)  # what it had reached before no longer counts
        _start(work, compiled, target)
    else:
        _resume(work, compiled, watch, watch.stopped_at if rule == "continue" else None)
    return True


def _was_reopened(work: Work) -> bool:
    followed, _ = work.judged  # a reopening that the clocks have followed already is no news
    return any(isinstance(event, happened.CaseReopened) for event in work.events[followed:])


def _live(work: Work, compiled: CompiledLimit) -> Stopwatch:
    watch = _latest(work.draft, compiled.limit.name)
    assert watch is not None  # noqa: S101 - it has just been started; for the type checker
    return watch


def _maybe_change(work: Work, compiled: CompiledLimit, watch: Stopwatch, *, anew: bool | None) -> None:
    verdict = compiled.judge(work.draft)
    begins = verdict.resets or _begins_again(work, compiled, watch)
    target: Target | None = watch.target
    if anew is None or anew or begins:
        target = verdict.target if anew is None else rules.allowed(work, compiled.limit, work.snapshot())
    if target is None and compiled.on_priority_change == "keep":
        target = watch.target
    if verdict.stops and not _is_withdrawn(work, compiled):
        _stop(work, watch)
    elif verdict.stops or verdict.cancels or not verdict.wanted or target is None:
        _cancel(work, watch)
    elif begins:
        _stop(work, watch)
        _start(work, compiled, target)
        _keep(work, compiled, _live(work, compiled), target)
    else:
        _keep(work, compiled, watch, target)


def _begins_again(work: Work, compiled: CompiledLimit, watch: Stopwatch) -> bool:
    """Whether somebody has reported since this instance began: every word of theirs begins the next."""
    if compiled.limit.measures == "update":
        said: list[datetime | None] = [work.draft.last_reply_at]
    elif compiled.limit.measures == "vendor_update":
        said = [ticket.heard_at for ticket in _tickets(work, compiled) if ticket.is_live]
    else:
        return False
    return any(instant is not None and instant > watch.started_at for instant in said)


def _is_withdrawn(work: Work, compiled: CompiledLimit) -> bool:
    """Whether a vendor's clock ends because nothing is wanted of the vendor any more: neither met nor breached."""
    if compiled.limit.measures not in VENDOR_MEASURES:
        return False
    tickets = _tickets(work, compiled)
    return bool(tickets) and tickets[-1].status is VendorStatus.WITHDRAWN


def _tickets(work: Work, compiled: CompiledLimit) -> list[VendorTicket]:
    vendor = compiled.limit.vendor
    return [ticket for ticket in work.draft.vendor_tickets if vendor in {None, ticket.vendor}]


def _keep(work: Work, compiled: CompiledLimit, watch: Stopwatch, target: Target) -> None:
    """Pause, resume or retarget a stopwatch that lives on."""
    paused = compiled.judge(work.draft).pauses
    if paused and watch.stage is Stage.IN_PROGRESS:
        _pause(work, watch)
    elif not paused and watch.stage is Stage.PAUSED:
        _resume(work, compiled, watch)
    worked = worked_out(compiled, target, watch.started_at)
    if worked != watch.target or work.former is not work.process:
        _retarget(work, compiled, _live(work, compiled), worked, said=target)


def worked_out(compiled: CompiledLimit, target: Target, since: datetime) -> timedelta:
    """Give the working time that a target comes to: days are counted from the start, so that pauses can be added."""
    if isinstance(target, timedelta):
        return target
    return compiled.calendar.between(since, compiled.calendar.after(since, target))


def _which(watch: Stopwatch) -> dict[str, object]:
    return {"limit": watch.limit, "instance": watch.instance}


def _not_before(work: Work, watch: Stopwatch) -> datetime:
    """When it happened, as far as this stopwatch can still take note: not before it began to run, paused or stopped."""
    return max(work.effective_at, watch.running_since or watch.stopped_at or watch.segments[-1].end)


def _segment(work: Work, watch: Stopwatch) -> Segment | None:
    """Close the open segment, if it runs."""
    if watch.running_since is None:
        return None
    start, end = watch.running_since, _not_before(work, watch)
    return Segment(start, end, work.former.calendar_of(watch.limit).between(start, end), end - start)


def _passed(work: Work, compiled: CompiledLimit, watch: Stopwatch) -> tuple[int, ...]:
    """
    Of a stopwatch that is late already, give the thresholds that are passed over: only its target's fires.

    Source: rule 23 of docs/explanation/time.md.
    """
    if watch.due_at is None or watch.due_at >= work.at:
        return ()
    return tuple(
        index
        for index, threshold in enumerate(compiled.thresholds)
        if not threshold.is_target
        and index not in watch.fired
        and (after := threshold.reached_after(watch.target)) is not None
        and (reached_at := watch.when_elapsed(after, compiled.calendar)) is not None
        and reached_at < work.at
    )


def _start(work: Work, compiled: CompiledLimit, said: Target) -> None:
    last = _latest(work.draft, compiled.limit.name)
    started_at = _started_at(work, compiled, last)
    agreement, due_at = compiled.limit.agreement, compiled.calendar.after(started_at, said)
    target = said if isinstance(said, timedelta) else compiled.calendar.between(started_at, due_at)
    instance = 1 if last is None else last.instance + 1
    late: dict[str, object] = {}
    if due_at < work.at:
        watch = Stopwatch(
            limit=compiled.limit.name, agreement=agreement, instance=instance, target=target, started_at=started_at,
            running_since=started_at, due_at=due_at,
        )  # fmt: skip
        late["passed"] = _passed(work, compiled, watch)
    work.emit(
        happened.StopwatchStarted, limit=compiled.limit.name, instance=instance, agreement=agreement, target=target,
        started_at=started_at, due_at=due_at, revision=work.process.revision, **late,
    )  # fmt: skip


def _started_at(work: Work, compiled: CompiledLimit, last: Stopwatch | None) -> datetime:
    """Late knowledge reaches back to the arrival at most, and never into an earlier instance."""
    draft = work.draft
    began: datetime = draft.tier_entered_at if compiled.limit.measures == "tier" else draft.opened_at
    since = work.effective_at
    if compiled.limit.measures == "next_response" and draft.awaiting_reply_since is not None:
        since = draft.awaiting_reply_since  # the oldest message that the house has not answered
    return max(since, began, began if last is None or last.stopped_at is None else last.stopped_at)


def _stop(work: Work, watch: Stopwatch) -> None:
    segment = _segment(work, watch)
    ran_until = watch.segments[-1].end if segment is None else segment.end  # a clock that stands still cannot breach
    late = watch.due_at is not None and ran_until > watch.due_at
    work.emit(
        happened.StopwatchStopped, **_which(watch), stopped_at=_not_before(work, watch), segment=segment,
        due_at=watch.due_at, breached=watch.breached or late,
    )  # fmt: skip


def _cancel(work: Work, watch: Stopwatch) -> None:
    stopped_at = watch.stopped_at or _not_before(work, watch)
    work.emit(happened.StopwatchCancelled, **_which(watch), stopped_at=stopped_at, segment=_segment(work, watch))


def _pause(work: Work, watch: Stopwatch) -> None:
    segment = _segment(work, watch)
    reached = watch.due_at is not None and segment is not None and watch.due_at <= segment.end
    work.emit(happened.StopwatchPaused, **_which(watch), segment=segment, due_at=watch.due_at if reached else None)


def _resume(work: Work, compiled: CompiledLimit, watch: Stopwatch, since: datetime | None = None) -> None:
    since = since or _not_before(work, watch)
    left = watch.target - watch.closed_elapsed()
    due_at = watch.due_at if watch.due_at is not None and left <= _ZERO else compiled.calendar.add(since, left)
    late: dict[str, object] = {}
    if due_at < work.at:
        late["passed"] = _passed(work, compiled, attrs.evolve(watch, running_since=since, due_at=due_at))
    work.emit(happened.StopwatchResumed, **_which(watch), running_since=since, due_at=due_at, **late)


# -- when a target changes


def _retarget(work: Work, compiled: CompiledLimit, watch: Stopwatch, target: timedelta, *, said: Target) -> None:
    """Do what the limit says of a clock whose target, or whose calendar, is another one now."""
    rule = compiled.on_priority_change
    was, calendar = work.former.calendar_of(watch.limit), compiled.calendar
    if rule == "keep":
        target = watch.target
    if target == watch.target and was == calendar:
        return
    if rule == "restart":
        _cancel(work, watch)
        _start(work, compiled, said)
        if compiled.judge(work.draft).pauses:
            _pause(work, _live(work, compiled))
        return
    after = attrs.evolve(watch, target=target)
    changes: dict[str, object] = {}
    if was != calendar:
        carries = rule in {"carry_elapsed", "keep"}
        after = _carried(work, after) if carries else _measured_anew(after, calendar)
        changes = {"segments": after.segments, "running_since": after.running_since, "revision": work.process.revision}
    after = attrs.evolve(after, due_at=after.when_elapsed(target, calendar))
    work.emit(
        happened.StopwatchRetargeted, **_which(watch), target=target, due_at=after.due_at,
        passed=_passed(work, compiled, after), **changes,
    )  # fmt: skip


def _measured_anew(watch: Stopwatch, calendar: WorkingHours) -> Stopwatch:
    """Measure the closed spans by another calendar; one that was merged has lost its pauses, and stays as it is."""
    segments = tuple(
        span if span.actual != span.end - span.start else span._replace(business=calendar.between(span.start, span.end))
        for span in watch.segments
    )
    return attrs.evolve(watch, segments=segments)


def _carried(work: Work, watch: Stopwatch) -> Stopwatch:
    """Keep what was measured so far as it was measured, and go on by another calendar."""
    segment = _segment(work, watch)
    if segment is None:
        return watch
    return attrs.evolve(watch, segments=with_segment(watch.segments, segment), running_since=segment.end)


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
        elapsed=elapsed, actual_elapsed=watch.actual_elapsed(now), paused_for=watch.paused_by(now),
        completed_for=watch.completed_for, remaining=remaining, due_at=watch.due_at,
        projected_due_at=calendar.add(now, remaining) if paused else None,
        breached=watch.breached or overdue,
    )  # fmt: skip
