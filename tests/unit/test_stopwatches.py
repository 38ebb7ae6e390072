"""Stopwatches: elapsed time and due instants derived from segments."""

from datetime import UTC, datetime, timedelta

import pytest

from supporttiers.calendars import WorkingHours
from supporttiers.stopwatches import MAX_SEGMENTS, Segment, Stage, Stopwatch, with_segment
from supporttiers.tiers import Agreement

HOURS = WorkingHours.always()
NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)


def minutes(number):
    """Give a duration."""
    return timedelta(minutes=number)


def ran(start, end):
    """Give a segment between two minutes after nine."""
    return Segment(NINE + minutes(start), NINE + minutes(end), minutes(end - start), minutes(end - start))


def a_watch(*, segments=(), running=None, stage=Stage.IN_PROGRESS):
    """Give a stopwatch of 60 minutes."""
    return Stopwatch(
        limit="resolve",
        agreement=Agreement.SLA,
        instance=1,
        stage=stage,
        target=minutes(60),
        started_at=NINE,
        running_since=None if running is None else NINE + minutes(running),
        segments=segments,
    )


@pytest.mark.parametrize(
    ("segments", "running", "now", "elapsed"),
    [
        ((), 0, 0, 0),
        ((), 0, 10, 10),
        ((ran(0, 10),), None, 50, 10),
        ((ran(0, 10),), 20, 20, 10),
        ((ran(0, 10),), 20, 15, 10),  # asked about an instant before it runs again
        ((ran(0, 10),), 20, 21, 11),
        ((ran(0, 10), ran(20, 25)), 30, 40, 25),
    ],
)
def test_elapsed_counts_only_what_ran(segments, running, now, elapsed):
    """Pauses do not count, neither as working time nor on the wall."""
    watch = a_watch(segments=segments, running=running)

    assert minutes(elapsed) == watch.elapsed(HOURS, NINE + minutes(now)) == watch.actual_elapsed(NINE + minutes(now))


@pytest.mark.parametrize(
    ("segments", "running", "value", "reached"),
    [
        ((), 0, 60, 60),
        ((), 0, 0, 0),
        ((ran(0, 10),), None, 10, 10),
        ((ran(0, 10),), None, 11, None),
        ((ran(0, 10),), None, 5, 5),
        ((ran(0, 10),), 30, 60, 80),
        ((ran(0, 10), ran(20, 40)), 50, 10, 10),  # at the end of the first, not at the start of the second
        ((ran(0, 10), ran(20, 40)), 50, 11, 21),
        ((ran(0, 10), ran(20, 40)), 50, 31, 51),
    ],
)
def test_when_elapsed_finds_the_instant(segments, running, value, reached):
    """Inside a closed segment where it was reached there, else ahead, else nowhere."""
    watch = a_watch(segments=segments, running=running)
    expected = None if reached is None else NINE + minutes(reached)

    assert expected == watch.when_elapsed(minutes(value), HOURS)


def test_elapsed_at_the_due_instant_is_the_target():
    """Whatever the pauses, the target has elapsed exactly when it is due."""
    watch = a_watch(segments=(ran(0, 7), ran(11, 30), ran(31, 33)), running=100)
    due_at = watch.when_elapsed(watch.target, HOURS)

    assert NINE + minutes(132) == due_at
    assert watch.target == watch.elapsed(HOURS, due_at)


@pytest.mark.parametrize(
    ("stage", "live"),
    [(Stage.IN_PROGRESS, True), (Stage.PAUSED, True), (Stage.COMPLETED, False), (Stage.CANCELLED, False)],
)
def test_live_is_running_or_paused(stage, live):
    """Only an end ends a stopwatch."""
    assert live is a_watch(stage=stage).is_live


def test_segments_stay_apart_up_to_32():
    """The last one that still fits is kept as it is."""
    kept = tuple(ran(2 * n, 2 * n + 1) for n in range(MAX_SEGMENTS - 1))
    new = ran(100, 101)

    assert (*kept, new) == with_segment(kept, new)
    assert 32 == len(with_segment(kept, new))


def test_segments_beyond_32_merge_the_two_oldest():
    """The merged one spans both, and keeps both sums; nothing else changes."""
    kept = tuple(ran(10 * n, 10 * n + 3) for n in range(MAX_SEGMENTS))
    new = ran(1000, 1001)
    merged = with_segment(kept, new)

    assert Segment(NINE, NINE + minutes(13), minutes(6), minutes(6)) == merged[0]
    assert (*kept[2:], new) == merged[1:]
    assert 32 == len(merged)


@pytest.mark.parametrize(("value", "reached"), [(3, 3), (6, 6), (7, 21)])
def test_when_elapsed_in_a_merged_segment_is_its_end_at_the_latest(value, reached):
    """A merged segment has lost its inner pause: no instant beyond its end is ever given."""
    merged = Segment(NINE, NINE + minutes(13), minutes(6), minutes(6))
    watch = a_watch(segments=(merged,), running=20)

    assert NINE + minutes(reached) == watch.when_elapsed(minutes(value), HOURS)


def test_elapsed_does_not_change_when_segments_merge():
    """Sums are what merging keeps."""
    segments = ()
    for n in range(3 * MAX_SEGMENTS):
        segments = with_segment(segments, ran(10 * n, 10 * n + 3))

    assert minutes(9 * MAX_SEGMENTS) == a_watch(segments=segments).closed_elapsed()
