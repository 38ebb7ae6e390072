"""The axis of a timeline: ticks at the full hours, days and months of a zone, and instants and spans as texts."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from supporttiers._fields import duration_text
from supporttiers.diagrams.timeline import CaseTimeline

_DAY: Final = timedelta(days=1)
_SHORT_STEPS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 5, 15, 30, 60, 300, 900, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600)
)
_DAYS: Final = (1, 2, 7, 14)
_MONTH: Final = timedelta(days=30)
_MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000, 60000, 120000)
_YEAR: Final = 12
_MONTHS: Final = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Tick(NamedTuple):
    """
    A line across the lanes.

    Attributes:
        at: Where.
        text: What stands at it.
        day: The day that begins with it, or is the first to be seen; empty where the day goes on.
    """

    at: datetime
    text: str
    day: str


def ticks(start: datetime, end: datetime, zone: tzinfo, *, at_most: int) -> tuple[Tick, ...]:
    """
    Choose full times of a zone between two instants.

    Args:
        start: Aware.
        end: Later.
        zone: Whose hours and days.
        at_most: So many.

    Returns:
        In order; those that a change of the clocks leaves out are left out.
    """
    span = (end - start) / at_most
    for step in _SHORT_STEPS:
        if step >= span:
            return tuple(_within_days(start, end, zone, step))
    for days in _DAYS:
        if days * _DAY >= span:
            return tuple(_by_days(start, end, zone, days))
    return tuple(_by_months(start, end, zone, next(months for months in _MONTH_STEPS if months * _MONTH >= span)))


def _within_days(start: datetime, end: datetime, zone: tzinfo, step: timedelta) -> Iterator[Tick]:
    seen: date | None = None
    first, last = (instant.astimezone(zone).replace(tzinfo=None) for instant in (start, end))
    shift = abs((last - first) - (end - start)) if end - start < _DAY else _DAY  # of clocks that change meanwhile
    for day in _days(start, end, zone):
        midnight = datetime.combine(day, time())
        low, high = max((first - shift - midnight) // step, 0), (last + shift - midnight) // step
        for place in range(low, min(high + 1, _DAY // step)):
            local = midnight + step * place
            at = local.replace(tzinfo=zone).astimezone(UTC)
            if start <= at <= end and at.astimezone(zone).replace(tzinfo=None) == local:
                clock = f"{local:%H:%M}" if step >= timedelta(minutes=1) else f"{local:%H:%M:%S}"
                yield Tick(at, clock, "" if seen == day else day_text(day, with_year=seen is None))
                seen = day


def _by_days(start: datetime, end: datetime, zone: tzinfo, days: int) -> Iterator[Tick]:
    year = None
    for day in _days(start, end, zone, every=days):
        at = datetime.combine(day, time(), zone).astimezone(UTC)
        if start <= at <= end:
            yield Tick(at, f"{day.day} {_MONTHS[day.month]}", "" if year == day.year else str(day.year))
            year = day.year


def _by_months(start: datetime, end: datetime, zone: tzinfo, months: int) -> Iterator[Tick]:
    first, last = (instant.astimezone(zone) for instant in (start, end))
    begin = first.year * _YEAR + first.month - 1
    seen = None
    for month in range(begin + -begin % months, last.year * _YEAR + last.month, months):
        day = date(month // _YEAR, month % _YEAR + 1, 1)
        at = datetime.combine(day, time(), zone).astimezone(UTC)
        if start <= at <= end:
            by_years = months >= _YEAR
            yield Tick(at, str(day.year) if by_years else _MONTHS[day.month],
                       "" if by_years or day.year == seen else str(day.year))  # fmt: skip
            seen = day.year


def _days(start: datetime, end: datetime, zone: tzinfo, *, every: int = 1) -> Iterator[date]:
    """Give the days that are touched; of several together their first, where day 1 was a Monday."""
    first, last = (instant.astimezone(zone).date().toordinal() for instant in (start, end))
    for ordinal in range(first + (1 - first) % every, last + 1, every):
        yield date.fromordinal(ordinal)


def day_text(day: date, *, with_year: bool) -> str:
    """Write a day: `Mon 23 Mar 2026`."""
    weekday = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]
    return f"{weekday} {day.day} {_MONTHS[day.month]}" + (f" {day.year}" if with_year else "")


def instant_in(at: datetime, timeline: CaseTimeline) -> str:
    """Write an instant in the zone of a timeline: to the second where it is short."""
    local = at.astimezone(timeline.zone)
    short = timeline.end - timeline.start < timedelta(minutes=10)
    return f"{local:%Y-%m-%d %H:%M:%S}" if short else f"{local:%Y-%m-%d %H:%M}"


def period_of(timeline: CaseTimeline) -> str:
    """Say from when to when a timeline goes, and in which zone."""
    start, end = (
        f"{day_text(at.astimezone(timeline.zone).date(), with_year=True)} {instant_in(at, timeline)[11:]}"
        for at in (timeline.start, timeline.end)
    )
    return f"{start} to {end}, {timeline.zone}"


def lasting(span: timedelta) -> str:
    """Say how long something lasted."""
    seconds = int(span.total_seconds())
    days, hours = seconds // 86400, seconds % 86400 // 3600
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    return duration_text(timedelta(seconds=seconds))
