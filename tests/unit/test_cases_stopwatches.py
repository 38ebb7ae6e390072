"""The fold of stopwatches: what each of their events changes, and when the case is due."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import Actor
from supporttiers.cases import fold, fold_all
from supporttiers.stopwatches import Segment, Stage
from supporttiers.tiers import Agreement

NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)
BOB = Actor.agent("bob")
NEW = fold(
    None,
    happened.CaseOpened(
        case_id="T-1",
        version=1,
        at=NINE,
        by=Actor.customer("jane"),
        tenant="acme",
        process="acme",
        revision="r1",
        tier=1,
        requester="jane",
    ),
)


def minute(number):
    """Give an instant after nine."""
    return NINE + timedelta(minutes=number)


def happens(kind, /, *, at=10, **fields):
    """Make an event that comes next."""
    common = {"case_id": "T-1", "version": 2, "at": minute(at), "by": BOB}
    return kind(**{**common, **fields})


WATCH = {"limit": "resolve", "instance": 1}
STARTED = happens(
    happened.StopwatchStarted, at=0, **WATCH, agreement=Agreement.SLA, target=timedelta(hours=1), started_at=NINE,
    due_at=minute(60), revision="r1",
)  # fmt: skip
RUN = Segment(NINE, minute(10), timedelta(minutes=10), timedelta(minutes=10))


def watched(*events):
    """Give the stopwatch of a case, and the case's due instant, after these events."""
    case = fold_all(NEW, (STARTED, *events))
    return case.stopwatch("resolve"), case.due_at


def test_stopwatch_started_runs():
    """It runs from its start, and the case is due when it is."""
    watch, due_at = watched()

    assert (Stage.IN_PROGRESS, NINE, minute(60), 1) == (watch.stage, watch.running_since, due_at, watch.instance)
    assert ((), (), False, "r1") == (watch.segments, watch.fired, watch.breached, watch.revision)


def test_stopwatch_paused_has_no_due_instant():
    """While it stands still before its target, nothing is due."""
    watch, due_at = watched(happens(happened.StopwatchPaused, **WATCH, segment=RUN))

    assert (Stage.PAUSED, None, (RUN,), None) == (watch.stage, watch.running_since, watch.segments, due_at)


def test_stopwatch_paused_after_its_target_stays_due():
    """A due instant that has passed is kept."""
    _, due_at = watched(happens(happened.StopwatchPaused, **WATCH, segment=RUN, due_at=minute(10)))

    assert minute(10) == due_at


def test_stopwatch_resumed_runs_on():
    """The start never moves; the segments are kept."""
    watch, due_at = watched(
        happens(happened.StopwatchPaused, **WATCH, segment=RUN),
        happens(happened.StopwatchResumed, **WATCH, running_since=minute(30), due_at=minute(80)),
    )

    assert (Stage.IN_PROGRESS, minute(30), (RUN,), minute(80)) == (
        watch.stage, watch.running_since, watch.segments, due_at,
    )  # fmt: skip
    assert NINE == watch.started_at


def test_stopwatch_retargeted_has_another_target():
    """Target and due instant change, nothing else."""
    before, _ = watched()
    after, due_at = watched(
        happens(happened.StopwatchRetargeted, **WATCH, target=timedelta(minutes=30), due_at=minute(30))
    )

    assert attrs.evolve(before, target=timedelta(minutes=30), due_at=minute(30)) == after
    assert minute(30) == due_at


@pytest.mark.parametrize("breached", [False, True])
def test_stopwatch_stopped_is_completed(breached):
    """It keeps its due instant and says whether it was in time; the case is no longer due."""
    watch, due_at = watched(
        happens(happened.StopwatchStopped, **WATCH, stopped_at=minute(10), segment=RUN, due_at=minute(60),
                breached=breached)
    )  # fmt: skip

    assert (Stage.COMPLETED, minute(10), minute(60), breached) == (
        watch.stage, watch.stopped_at, watch.due_at, watch.breached,
    )  # fmt: skip
    assert due_at is None


def test_stopwatch_resumed_after_its_stop_lives_again():
    """A reopened case's stopwatch has no stop any more."""
    watch, due_at = watched(
        happens(happened.StopwatchStopped, **WATCH, stopped_at=minute(10), segment=RUN, due_at=minute(60)),
        happens(happened.StopwatchResumed, **WATCH, running_since=minute(30), due_at=minute(80)),
    )

    assert (Stage.IN_PROGRESS, None, minute(80)) == (watch.stage, watch.stopped_at, due_at)


@pytest.mark.parametrize(("segment", "segments"), [(RUN, (RUN,)), (None, ())])
def test_stopwatch_cancelled_counts_no_longer(segment, segments):
    """It keeps what it measured, and the case is no longer due."""
    watch, due_at = watched(happens(happened.StopwatchCancelled, **WATCH, stopped_at=minute(10), segment=segment))

    assert (Stage.CANCELLED, minute(10), segments, None) == (watch.stage, watch.stopped_at, watch.segments, due_at)


def test_thresholds_fired_are_kept_in_order():
    """What fired stays fired, and so does a breach."""
    fired = {"mark": "x", "due_at": minute(9), **WATCH}
    watch, _ = watched(
        happens(happened.ThresholdFired, **fired, threshold=2, breach=True),
        happens(happened.ThresholdFired, **fired, threshold=0),
    )

    assert ((0, 2), True) == (watch.fired, watch.breached)


def test_threshold_before_the_target_is_no_breach():
    """A warning is not a breach."""
    watch, _ = watched(happens(happened.ThresholdFired, **WATCH, mark="50%", due_at=minute(9), threshold=0))

    assert watch.breached is False


def test_case_keeps_the_latest_stopwatch_of_each_limit():
    """A new instance takes the place of the old one; the case is due at the earliest live target."""
    other = attrs.evolve(STARTED, limit="tier 1", due_at=minute(15))
    again = attrs.evolve(other, instance=2, due_at=minute(90))
    case = fold_all(NEW, (STARTED, other))
    later = fold(case, again)

    assert minute(15) == case.due_at
    assert minute(60) == later.due_at
    assert [("resolve", 1), ("tier 1", 2)] == [(watch.limit, watch.instance) for watch in later.stopwatches]
    assert case.stopwatch("nothing") is None
