"""
The arithmetic of stopwatches (DESIGN section 7).

Everything is worked out again here from the events of a history, in plain sums over the spans in which a clock ran;
all calendars are 24x7, so that a span is its own working time.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.strategies import START, STEP, World, decided, worlds

from supporttiers import events as happened
from supporttiers._engine import decide
from supporttiers.actors import SYSTEM
from supporttiers.calendars import WorkingHours
from supporttiers.cases import Case, fold
from supporttiers.clock import FakeClock
from supporttiers.decisions import Decision
from supporttiers.desk import SupportDesk
from supporttiers.events import Event
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason
from supporttiers.stopwatches import MAX_SEGMENTS, Segment, Stage, Stopwatch, with_segment
from supporttiers.tiers import Tier

ALWAYS = WorkingHours.always()
ZERO = timedelta(0)


@attrs.frozen
class Point:
    """
    A case after one step of a world.

    Attributes:
        case: The case.
        wakes_at: When something happens next by itself.
        at: When the step was.
        is_pass: Whether the step was a pass, and no command.
    """

    case: Case
    wakes_at: datetime | None
    at: datetime
    is_pass: bool


def lived(world: World) -> tuple[list[Event], list[Point]]:
    """Live through a world with its passes; a pass comes after every command of its instant."""
    moments = [(command.at, 0, command) for command in world.script]
    moments += [(at, 1, None) for at in (*world.passes, world.end)]
    case: Case | None = None
    history: list[Event] = []
    points = []
    for at, _, command in sorted(moments, key=lambda moment: moment[:2]):
        decision = decide(world.process, case, None, at) if command is None else decided(world.process, case, command)
        if isinstance(decision, Decision) and decision.case is not None:
            case = decision.case
            history += decision.events
            points.append(Point(case, decision.wakes_at, at, command is None))
    return history, points


def folded(history: list[Event]) -> Iterator[tuple[Case | None, Event, Case]]:
    """Give each event with the case before and after it."""
    case = None
    for event in history:
        before, case = case, fold(case, event)
        yield before, event, case


def thresholds_of(world: World) -> dict[str, tuple[Threshold, ...]]:
    """Give the thresholds of a world's limits by the limit's name; each limit has one at its target."""
    return {compiled.limit.name: compiled.thresholds for compiled in world.process.compiled_limits}


NEVER = timedelta(days=36500)


def share_of(threshold: Threshold, watch: Stopwatch) -> timedelta:
    """Give the working time after which a threshold is reached; a hundred years where it never is."""
    after = threshold.reached_after(watch.target)
    return NEVER if after is None else after


# -- one stopwatch, worked out from its spans


@attrs.define
class Spans:
    """The spans in which one instance of a limit ran: closed ones, and the start of the open one."""

    closed: list[tuple[datetime, datetime]] = attrs.field(factory=list)
    since: datetime | None = None

    def follow(self, event: happened.StopwatchEvent) -> None:
        """Take note of a change."""
        match event:
            case happened.StopwatchStarted():
                self.since = event.started_at
            case happened.StopwatchResumed():
                self.since = event.running_since
            case happened.StopwatchPaused() | happened.StopwatchStopped() | happened.StopwatchCancelled():
                if self.since is not None and event.segment is not None:
                    assert event.segment.start == self.since
                    self.closed.append((self.since, event.segment.end))
                self.since = None

    def elapsed(self, at: datetime) -> timedelta:
        """Give the time that had passed at an instant."""
        spans = self.closed if self.since is None else [*self.closed, (self.since, max(at, self.since))]
        return sum((max(min(end, at) - start, ZERO) for start, end in spans), ZERO)

    def reaches(self, value: timedelta) -> datetime | None:
        """Say when an amount is, or was, reached."""
        for start, end in self.closed:
            if value <= end - start:
                return start + value
            value -= end - start
        return None if self.since is None else self.since + value


def watched(history: list[Event]) -> Iterator[tuple[Case, happened.StopwatchEvent, Case, Spans]]:
    """Give each change of a stopwatch with the case before and after it, and the spans of its instance by then."""
    spans: dict[tuple[str, int], Spans] = {}
    for before, event, after in folded(history):
        if isinstance(event, happened.StopwatchEvent):
            found = spans.setdefault((event.limit, event.instance), Spans())
            found.follow(event)
            yield before, event, after, found


@given(worlds())
def test_elapsed_at_the_due_instant_is_the_target(world):
    """Whatever the pauses, exactly the target has passed at the instant at which a live stopwatch is due."""
    history, _ = lived(world)
    for _, event, after, spans in watched(history):
        watch = after.stopwatch(event.limit)
        if watch.is_live:
            assert (watch.due_at is None) == (watch.stage is Stage.PAUSED and spans.reaches(watch.target) is None)
            assert watch.due_at == spans.reaches(watch.target) == watch.when_elapsed(watch.target, ALWAYS)
            assert watch.due_at is None or watch.target == spans.elapsed(watch.due_at)


@given(worlds())
def test_stopwatch_measures_what_its_spans_add_up_to(world):
    """Working time and wall time of a stopwatch are the sums over the spans in which it ran; pauses add to neither."""
    history, _ = lived(world)
    for _, event, after, spans in watched(history):
        watch = after.stopwatch(event.limit)
        later = event.at + STEP

        assert spans.elapsed(later) == watch.elapsed(ALWAYS, later) == watch.actual_elapsed(later)
        assert all(start <= end for start, end in spans.closed)
        assert all(end <= start for (_, end), (start, _) in pairwise(spans.closed))


@given(worlds())
def test_pauses_never_move_the_start(world):
    """From its start on, an instance keeps its `started_at`, and only a new instance has a new one."""
    history, _ = lived(world)
    started: dict[tuple[str, int], datetime] = {}
    for _, event, after, _ in watched(history):
        key = event.limit, event.instance
        if isinstance(event, happened.StopwatchStarted):
            assert key not in started
            started[key] = event.started_at
        watch = after.stopwatch(event.limit)

        assert (watch.instance, watch.started_at) == (event.instance, started[key])


@given(worlds())
def test_instances_follow_each_other(world):
    """A new instance has the next number, and starts neither before the last one ended nor before the case arrived."""
    history, _ = lived(world)
    for before, event, after, _ in watched(history):
        if isinstance(event, happened.StopwatchStarted):
            last = None if before is None else before.stopwatch(event.limit)
            assert event.instance == (1 if last is None else last.instance + 1)
            is_tier = world.process.all_limits[world.process.limit_places[event.limit]].measures == "tier"
            arrived_at = after.tier_entered_at if is_tier else after.opened_at
            assert arrived_at <= event.started_at <= event.at
            assert last is None or (last.stopped_at is not None and last.stopped_at <= event.started_at)


# -- what fires


@given(worlds())
def test_threshold_fires_when_its_share_has_elapsed(world):
    """A threshold fires on a running clock, at its own instant, once exactly its share of the target has passed."""
    history, _ = lived(world)
    for before, event, _, spans in watched(history):
        if isinstance(event, happened.ThresholdFired):
            watch = before.stopwatch(event.limit)
            threshold = thresholds_of(world)[event.limit][event.threshold]

            assert watch.stage is Stage.IN_PROGRESS
            assert (event.mark, event.instance) == (threshold.mark, watch.instance)
            assert event.due_at == spans.reaches(share_of(threshold, watch))
            assert event.at == max(event.due_at, before.changed_at)
            assert event.breach == (event.due_at >= watch.due_at)


@given(worlds())
def test_threshold_fires_at_most_once_an_instance(world):
    """No threshold fires twice for one instance of a limit."""
    history, _ = lived(world)
    fired = Counter(
        (event.limit, event.instance, event.threshold)
        for event in history
        if isinstance(event, happened.ThresholdFired)
    )

    assert set(fired.values()) <= {1}


@given(worlds())
def test_threshold_that_was_due_on_a_running_clock_has_fired(world):
    """After a pass, each threshold that a running clock has reached stands as fired, and none that never fired does."""
    history, points = lived(world)
    thresholds = thresholds_of(world)
    for point in points:
        for watch in point.case.stopwatches:
            if not point.is_pass or watch.stage is not Stage.IN_PROGRESS:
                continue
            reached = {
                place
                for place, threshold in enumerate(thresholds[watch.limit])
                if watch.when_elapsed(share_of(threshold, watch), ALWAYS) <= point.at
            }
            assert reached <= set(watch.fired)
    known = Counter()
    for _, event, after, _ in watched(history):
        known[event.limit, event.instance] += isinstance(event, happened.ThresholdFired)
        known[event.limit, event.instance] += len(getattr(event, "passed", ()))
        assert known[event.limit, event.instance] == len(after.stopwatch(event.limit).fired)


@given(worlds())
def test_clock_that_stands_still_had_fired_what_it_reached_while_it_ran(world):
    """A clock that pauses or stops has fired all that it reached before that instant, by what it then was to reach."""
    history, _ = lived(world)
    thresholds = thresholds_of(world)
    for before, event, _, spans in watched(history):
        if not isinstance(event, happened.StopwatchPaused | happened.StopwatchStopped) or event.segment is None:
            continue
        watch = before.stopwatch(event.limit)
        if any(isinstance(found, TOUCHES) and found.limit == event.limit for found in until(history, event)):
            continue  # started, resumed or given another target at the very instant that stops it
        for place, threshold in enumerate(thresholds[event.limit]):
            reached_at = spans.reaches(share_of(threshold, watch))
            if reached_at is not None and reached_at < event.segment.end:
                assert place in watch.fired


TOUCHES = happened.StopwatchStarted | happened.StopwatchResumed | happened.StopwatchRetargeted


def until(history: list[Event], event: Event) -> Iterator[Event]:
    """Give the events of the same instant that came before an event."""
    return (found for found in history[: event.version - 1] if found.at == event.at)


@given(worlds())
@settings(max_examples=200)
def test_overtaken_threshold_moves_nothing(world):
    """A threshold moves nothing where the tier was entered at or after its instant, and since its clock started."""
    history, _ = lived(world)
    for before, event, _, _ in watched(history):
        if not isinstance(event, happened.ThresholdFired):
            continue
        entered_at, started_at = before.tier_entered_at, before.stopwatch(event.limit).started_at
        assert event.overtaken == (entered_at >= event.due_at and entered_at > started_at)
        followed = history[event.version] if event.version < len(history) else None
        acts = isinstance(followed, ACTIONS) and followed.by == SYSTEM and followed.reason == event.reason
        assert not (event.overtaken and acts)


@given(worlds())
@settings(max_examples=200)
def test_late_clock_breaches_once(world):
    """What passes thresholds over is late by then, and passes over only what had been reached, never the target."""
    history, _ = lived(world)
    for _, event, after, spans in watched(history):
        watch, passed = after.stopwatch(event.limit), getattr(event, "passed", ())
        if passed:
            assert watch.due_at < event.at
        for place in passed:
            threshold = thresholds_of(world)[event.limit][place]
            assert not threshold.is_target
            assert spans.reaches(share_of(threshold, watch)) < event.at


ACTIONS = (
    happened.CaseEscalated | happened.ActionRefused | happened.CaseReleased | happened.CaseResolved
    | happened.CaseAmended | happened.CaseAssigned | happened.WaitStarted
)  # fmt: skip


@given(worlds())
@settings(max_examples=200)
def test_deadlines_are_settled_in_the_one_order(world):
    """Time settles first what is due first; of one instant, limits and thresholds in their order, then the wait."""
    history, _ = lived(world)
    places = list(thresholds_of(world))
    for before, event, _ in folded(history):
        if isinstance(event, happened.ThresholdFired):
            assert (event.due_at, places.index(event.limit), event.threshold) == ahead(world, before)[0]
        elif isinstance(event, happened.CaseResumed) and event.reason == Reason("move.wait_over"):
            assert (before.wait_until, len(places), 0) == ahead(world, before)[0]


@given(st.integers(1, 3), st.integers(1, 3))
def test_limit_is_settled_before_the_wait_that_ends_with_it(target, until):
    """A case whose limit and agreed wait are due together is escalated first, and then waits no longer."""
    process = SupportProcess(
        name="two",
        tiers=[Tier(level=1, name="Desk", escalates_to=[2], time_limit=STEP * target), Tier(level=2, name="Experts")],
    )
    clock = FakeClock(START)
    desk = SupportDesk(process, clock=clock)
    case = desk.open(by="jane")
    desk.wait(case, by="anna", wait_reason="scheduled", until=START + STEP * until)
    clock.advance(STEP * 4)
    desk.run_due()
    done = [type(event).__name__ for event in desk.history(case) if event.by == SYSTEM]

    assert done.count("CaseEscalated") == 1
    assert done.count("CaseResumed") == (until < target)


def ahead(world: World, case: Case) -> list[tuple[datetime, int, int]]:
    """Give what is ahead of a case, in order: when, by which limit's place (the wait comes last), which threshold."""
    found = [] if case.wait_until is None else [(case.wait_until, len(thresholds_of(world)), 0)]
    for place, (name, thresholds) in enumerate(thresholds_of(world).items()):
        watch = case.stopwatch(name)
        if watch is not None and watch.stage is Stage.IN_PROGRESS:
            found += [
                (watch.when_elapsed(share_of(threshold, watch), ALWAYS), place, number)
                for number, threshold in enumerate(thresholds)
                if number not in watch.fired and threshold.reached_after(watch.target) is not None
            ]
    return sorted(found)


@given(worlds())
def test_breached_means_fired_at_the_target_or_stopped_beyond_it(world):
    """A stopwatch is breached if, and only if, a threshold at its target or later fired, or it stopped beyond it."""
    history, _ = lived(world)
    late: set[tuple[str, int]] = set()
    for _, event, after, spans in watched(history):
        key, watch = (event.limit, event.instance), after.stopwatch(event.limit)
        fired = isinstance(event, happened.ThresholdFired) and event.breach
        stopped = isinstance(event, happened.StopwatchStopped)
        if fired or (stopped and spans.elapsed(event.at) > watch.target):
            late.add(key)

        assert watch.breached == (key in late)
        assert not stopped or event.segment is None or watch.breached or watch.stopped_at <= watch.due_at


# -- what the case shows, and what the predicates say


@given(worlds())
def test_case_is_due_at_its_earliest_live_target(world):
    """`due_at` of a case is the earliest of its live clocks, and empty where none has one."""
    _, points = lived(world)
    for point in points:
        live = [watch.due_at for watch in point.case.stopwatches if watch.is_live and watch.due_at is not None]

        assert point.case.due_at == min(live, default=None)


@given(worlds())
def test_wake_up_is_the_earliest_of_what_is_ahead(world):
    """A case wakes exactly when its earliest threshold on a running clock, or its agreed wait, is due."""
    _, points = lived(world)
    for point in points:
        found = ahead(world, point.case)

        assert point.wakes_at == (found[0][0] if found else None)
        assert point.wakes_at is None or not point.is_pass or point.wakes_at > point.at


@given(worlds())
def test_clocks_stand_as_their_predicates_say(world):
    """After every step each limit's clock is live, paused, or neither, with the target, that its conditions ask for."""
    _, points = lived(world)
    for point in points:
        case = point.case
        for compiled in world.process.compiled_limits:
            watch, target = case.stopwatch(compiled.limit.name), compiled.limit.target_for(case.priority)
            asked = (compiled.when is None or compiled.when(case)) and compiled.start(case)
            ended = compiled.stop(case) or compiled.cancel(case)
            live = watch is not None and watch.is_live
            kept = compiled.on_priority_change == "keep"
            wanted = asked and not ended and (target is not None or (kept and live))
            stays = watch is not None and watch.stage is Stage.COMPLETED and (
                compiled.on_reopening == "first_only" or compiled.limit.measures in {"time_to_own", "first_response"}
            )  # fmt: skip
            assert live == (wanted and not stays)
            if live:
                paused = compiled.pause is not None and compiled.pause(case)
                paused = paused and not (compiled.resume is not None and compiled.resume(case))
                assert (watch.stage is Stage.PAUSED) == paused
                assert kept or watch.target == target


# -- many pauses

SPAN = st.integers(0, 8)
PAUSES = st.lists(st.tuples(SPAN, SPAN), min_size=MAX_SEGMENTS - 2, max_size=MAX_SEGMENTS + 12)


@given(PAUSES)
@settings(max_examples=50)
def test_merged_segments_keep_both_sums(pauses):
    """However many segments are closed, at most 32 are kept, in order, and working and wall time stay the same."""
    kept: tuple[Segment, ...] = ()
    at, business, actual = START, ZERO, ZERO
    for ran, stood in pauses:
        span = STEP * ran
        kept = with_segment(kept, Segment(at, at + span, span / 3, span))
        at, business, actual = at + span + STEP * stood, business + span / 3, actual + span

    assert len(kept) == min(len(pauses), MAX_SEGMENTS)
    assert business == sum((segment.business for segment in kept), ZERO)
    assert actual == sum((segment.actual for segment in kept), ZERO)
    assert (kept[0].start, kept[-1].end) == (START, at - STEP * pauses[-1][1])
    assert all(first.end <= second.start for first, second in pairwise(kept))


@given(PAUSES, st.integers(1, 300))
@settings(max_examples=25)
def test_many_pauses_leave_the_due_instant_exact(pauses, target):
    """After more pauses than a stopwatch keeps apart, it is still due once its target has elapsed, to the second."""
    limit = TimeLimit(name="resolve", target=STEP * target, thresholds=[Threshold("100%", do=["notify:manager"])])
    process = SupportProcess(name="one", tiers=[Tier(level=1, name="Desk")], limits=[limit])
    clock = FakeClock(START)
    desk = SupportDesk(process, clock=clock)
    case = desk.open(by="jane")
    left, due_at = STEP * target, None
    for ran, stood in pauses:
        due_at = due_at or (clock.now() + left if left <= STEP * ran else None)
        left -= STEP * ran
        clock.advance(STEP * ran)
        case = desk.wait(case, by="anna")
        clock.advance(STEP * stood)
        case = desk.resume(case, by="anna")
    due_at = due_at or clock.now() + left
    clock.advance(to=max(due_at, clock.now()))
    desk.run_due()
    watch = desk.get(case.id).stopwatch("resolve")
    fired = [event for event in desk.history(case) if isinstance(event, happened.ThresholdFired)]

    assert (watch.due_at, watch.breached) == (due_at, True)
    assert [due_at] == [event.due_at for event in fired]
    assert max(STEP * target, STEP * sum(ran for ran, _ in pauses)) == watch.elapsed(ALWAYS, clock.now())
    assert len(watch.segments) <= MAX_SEGMENTS
