"""
Stopwatches: one running instance of a time limit, as a value.

Everything is derived from run segments: pauses never move the start and never add wall-clock seconds to a due date, so
`elapsed(due_at) == target` for any pauses.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import attrs

from supporttiers.calendars import WorkingHours
from supporttiers.tiers import Agreement

MAX_SEGMENTS: Final = 32
_ZERO: Final = timedelta(0)


class Stage(StrEnum):
    """Where a stopwatch stands. Breached is a flag, not a stage."""

    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


LIVE: Final = frozenset({Stage.IN_PROGRESS, Stage.PAUSED})


class Segment(NamedTuple):
    """
    A closed span in which the stopwatch ran, half-open.

    Attributes:
        start: When it began to run.
        end: When it paused or stopped.
        business: Working time measured between the two; less than the span where older segments were merged.
        actual: Time on the wall between the two, without pauses.
    """

    start: datetime
    end: datetime
    business: timedelta
    actual: timedelta


@attrs.frozen(kw_only=True)
class Stopwatch:
    """
    One instance of a limit on one case.

    Attributes:
        limit: The limit's name.
        agreement: With whom it is agreed.
        instance: 1 for the first, and one more for every new start.
        stage: Where it stands.
        target: Working time allowed.
        started_at: Where this instance began; pauses never move it.
        running_since: Start of the open segment; None unless in progress.
        segments: Closed segments, oldest first, at most 32.
        due_at: When the target is reached if it runs on; kept when passed; None while paused before the target.
        stopped_at: When it was completed or cancelled.
        fired: The thresholds that have fired or were passed over, by place in the limit, ascending.
        breached: Whether the target was passed.
        revision: The process revision whose limit it follows.
        paused_for: Time on the wall for which it has stood still, without a pause that still goes on.
        completed_for: Time on the wall between its stops and its going on again, in which the case had ended.

    .. versionadded:: 0.1.0
    """

    limit: str
    agreement: Agreement
    instance: int
    stage: Stage = Stage.IN_PROGRESS
    target: timedelta
    started_at: datetime
    running_since: datetime | None
    segments: tuple[Segment, ...] = ()
    due_at: datetime | None = None
    stopped_at: datetime | None = None
    fired: tuple[int, ...] = ()
    breached: bool = False
    revision: str = ""
    paused_for: timedelta = _ZERO
    completed_for: timedelta = _ZERO

    @property
    def is_live(self) -> bool:
        """Whether it runs or is paused."""
        return self.stage in LIVE

    def closed_elapsed(self) -> timedelta:
        """Give the working time of the closed segments."""
        return sum((segment.business for segment in self.segments), _ZERO)

    def elapsed(self, calendar: WorkingHours, now: datetime) -> timedelta:
        """Give the working time that has passed by *now*; frozen while paused and after the stop."""
        passed = self.closed_elapsed()
        if self.running_since is None or now <= self.running_since:
            return passed
        return passed + calendar.between(self.running_since, now)

    def actual_elapsed(self, now: datetime) -> timedelta:
        """Give the time on the wall that has passed while it ran."""
        passed = sum((segment.actual for segment in self.segments), _ZERO)
        running = self.running_since
        return passed if running is None or now <= running else passed + (now - running)

    def paused_by(self, now: datetime) -> timedelta:
        """Give the time on the wall for which it has stood still, without the time in which the case had ended."""
        if self.stage is not Stage.PAUSED:
            return self.paused_for
        return self.paused_for + max(now - self.segments[-1].end, _ZERO)

    def when_elapsed(self, value: timedelta, calendar: WorkingHours) -> datetime | None:
        """
        Say when an amount of working time is, or was, reached.

        Args:
            value: Working time since the start; not negative.
            calendar: Whose working time.

        Returns:
            The instant inside a closed segment where it was reached; else, if it runs, the instant at which it will
            be; else None. Inside a merged segment, which has lost its inner pauses, its end at the latest.
        """
        left = value
        for segment in self.segments:
            if left <= segment.business:
                return min(calendar.add(segment.start, left), segment.end)
            left -= segment.business
        return None if self.running_since is None else calendar.add(self.running_since, left)


def with_segment(segments: tuple[Segment, ...], new: Segment) -> tuple[Segment, ...]:
    """Add a closed segment; beyond 32 the two oldest become one that keeps both sums."""
    if len(segments) < MAX_SEGMENTS:
        return (*segments, new)
    first, second = segments[:2]
    merged = Segment(first.start, second.end, first.business + second.business, first.actual + second.actual)
    return (merged, *segments[2:], new)
