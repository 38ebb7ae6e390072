"""
Working time: which hours count, and how to add and measure them.

Everything that runs on a clock asks a `WorkingHours`; it is the only place that turns working time into instants.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, Self

import attrs

from supporttiers._fields import aware, name, part, utc
from supporttiers.errors import CalendarError

ALWAYS_OPEN: Final = "24x7"


def _instant(value: object, what: str) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is UTC:
        return value
    problem = aware(value)
    if problem:
        raise CalendarError(f"{what} {problem}")
    instant: datetime = utc(value)
    return instant


@attrs.frozen(kw_only=True)
class WorkingHours:
    """
    The hours that count.

    >>> hours = WorkingHours.always()
    >>> from datetime import UTC, datetime, timedelta
    >>> hours.add(datetime(2026, 3, 23, 9, tzinfo=UTC), timedelta(minutes=15)).isoformat()
    '2026-03-23T09:15:00+00:00'

    Attributes:
        name: How limits refer to it.

    .. versionadded:: 0.1.0
    """

    name: str = attrs.field(default=ALWAYS_OPEN, validator=part(name))

    @classmethod
    def always(cls) -> Self:
        """Give the calendar in which every instant counts, named `24x7`."""
        return cls(name=ALWAYS_OPEN)

    def add(self, instant: datetime, duration: timedelta) -> datetime:
        """
        Add working time to an instant.

        Args:
            instant: Where to start; aware, any zone; may lie outside working hours.
            duration: Working time to add; not negative. Zero gives *instant* itself.

        Returns:
            The earliest instant, in UTC, by which *duration* of working time has passed.

        Raises:
            CalendarError: *instant* is naive, *duration* is negative, or the answer lies beyond the year 9999.

        Source: rule 12 of docs/explanation/time.md.
        """
        start = _instant(instant, "the instant")
        if duration < timedelta(0):
            raise CalendarError("the duration is negative; working time is added forwards only")
        try:
            return start + duration
        except OverflowError:
            raise CalendarError("the answer lies beyond the year 9999") from None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """
        Measure the working time between two instants.

        Args:
            start: Aware, any zone.
            end: Aware, any zone; not before *start*.

        Returns:
            The working time of the half-open span from *start* to *end*.

        Raises:
            CalendarError: An instant is naive, or *end* lies before *start*.
        """
        first, last = _instant(start, "the start"), _instant(end, "the end")
        if last < first:
            raise CalendarError("the end lies before the start")
        return last - first

    def is_open(self, at: datetime) -> bool:
        """Say whether working time runs at an instant (a closing time itself no longer counts)."""
        _instant(at, "the instant")
        return True

    def next_opening(self, at: datetime) -> datetime:
        """Give *at* itself when it is open, else the earliest later instant that is, in UTC."""
        return _instant(at, "the instant")
