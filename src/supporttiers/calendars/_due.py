"""When targets in days are due."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any, Final

from supporttiers._fields import type_name
from supporttiers.calendars._timeline import Timeline
from supporttiers.calendars.targets import BusinessDays, CalendarDays, UntilClose
from supporttiers.errors import CalendarError

_DAY: Final = timedelta(days=1)
_REACH: Final = 3
"""A shift ends at most so many local dates after the one on which it starts: one, and one more if a date is skipped."""


def due_after(timeline: Timeline, start: datetime, target: object) -> datetime:
    """Give the instant at which a target in days is due; *start* is in UTC."""
    way = _WAYS.get(type(target))
    if way is None:
        possible = "a timedelta, business_days(n), calendar_days(n) and until_close(n)"
        raise CalendarError(f"the target is a {type_name(target)}; possible are {possible}")
    timeline.check(start)
    try:
        return way(timeline, start, target)
    except OverflowError:
        raise timeline.no_more() from None


def _business_days(timeline: Timeline, start: datetime, target: BusinessDays) -> datetime:
    opening = timeline.next_opening(start)
    local = opening.astimezone(timeline.zone)
    first = _day_of(timeline, opening)
    [(day, shifts)] = islice(timeline.working_days(first + _DAY), target.count - 1, target.count)
    over_midnight = min(local.date() - first, _DAY)  # two dates where one between them was skipped
    same_time = _instant(timeline, day + over_midnight, local.time())
    for shift in shifts:
        if same_time <= shift.end:
            return max(same_time, shift.start)
    return shifts[-1].end


def _day_of(timeline: Timeline, opening: datetime) -> date:
    """Give the date to which a working instant belongs: the one on which its shift started."""
    there = opening.astimezone(timeline.zone).date()
    return next(
        day
        for day in (there - back * _DAY for back in range(_REACH + 1))
        if any(shift.start <= opening < shift.end for shift in timeline.shifts_on(day))
    )


def _calendar_days(timeline: Timeline, start: datetime, target: CalendarDays) -> datetime:
    local = start.astimezone(timeline.zone)
    return _instant(timeline, local.date() + target.count * _DAY, local.time())


def _close(timeline: Timeline, start: datetime, target: UntilClose) -> datetime:
    since = start.astimezone(timeline.zone).date() - _REACH * _DAY
    closes = (shifts[-1].end for _, shifts in timeline.working_days(since))
    [close] = islice((close for close in closes if close > start), target.count - 1, target.count)
    return close


def _instant(timeline: Timeline, day: date, local: time) -> datetime:
    return datetime.combine(day, local.replace(fold=0), timeline.zone).astimezone(UTC)


_WAYS: Final[Mapping[type, Callable[[Timeline, datetime, Any], datetime]]] = {
    BusinessDays: _business_days,
    CalendarDays: _calendar_days,
    UntilClose: _close,
}
