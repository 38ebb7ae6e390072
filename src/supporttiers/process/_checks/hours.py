"""Hours: calendars whose dates end, or that are closed for long, and moves into hours in which nobody works."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from supporttiers.calendars import ALWAYS_OPEN, WorkingHours
from supporttiers.calendars.targets import target_text
from supporttiers.errors import CalendarError
from supporttiers.findings import Finding
from supporttiers.limits import TimeLimit
from supporttiers.process._checks.ways import Ways, action_place, placed_limits
from supporttiers.reasons import Reason

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess

_SOON: Final = timedelta(days=90)
_LONG: Final = timedelta(days=7)
"""How long a closure may be: that of a week, or of a long weekend, is as usual."""

_FURTHER: Final = timedelta(days=60)
_MINUTE: Final = timedelta(minutes=1)


# -- dates


def of_holidays(process: "SupportProcess", now: datetime) -> Iterator[Finding]:
    """Find sets of holidays that end within 90 days, or have ended."""
    for calendar in process.calendars:
        for known in calendar.holidays:
            if known.until - now.date() < _SOON:
                params = {"calendar": calendar.name, "source": known.source, "until": str(known.until)}
                yield Finding(f"calendars.{calendar.name}", Reason("check.holidays_end", params))


def of_closures(process: "SupportProcess", now: datetime | None) -> Iterator[Finding]:
    """Find closures of more than a week, by dates, in the hours of a limit that allows less than that."""
    for calendar in process.calendars:
        spans = [
            (target, limit)
            for limit in process.all_limits
            if process.calendar_of(limit.name) is calendar
            for target in limit.target.values()
            if isinstance(target, timedelta)
        ]
        if not spans:
            continue
        target, limit = min(spans, key=lambda span: span[0])
        for since, until in _closures(calendar):
            if target < until - since and (now is None or now < until):
                params = {
                    "calendar": calendar.name, "since": _day(since), "until": _day(until),
                    "days": (until - since) // timedelta(days=1), "limit": limit.name, "target": target_text(target),
                }  # fmt: skip
                yield Finding(f"calendars.{calendar.name}", Reason("check.closed_long", params))


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _closures(calendar: WorkingHours) -> Iterator[tuple[datetime, datetime]]:
    """Give the spans of more than a week, around dates that the calendar closes, in which no time counts."""
    if not calendar.week:
        return
    until = datetime.min.replace(tzinfo=UTC)
    for day in sorted({*calendar.closed, *(day for known in calendar.holidays for day in known.dates)}):
        noon = _noon(day)
        if noon is None or noon < until:
            continue
        try:
            until = calendar.next_opening(noon)
            since = _closing_before(calendar, until)
        except CalendarError:  # at the end of all years
            return
        if until - since > _LONG:
            yield since, until


def _noon(day: date) -> datetime | None:
    """Give an instant of a date; None at the ends of all years, which nobody means."""
    if not 1 < day.year < date.max.year:
        return None
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _closing_before(calendar: WorkingHours, opening: datetime) -> datetime:
    """Give the close before an opening, to the minute; at most 60 days before it."""
    early, late = opening - _FURTHER, opening
    while late - early > _MINUTE:
        middle = early + (late - early) / 2
        if calendar.between(middle, opening):
            early = middle
        else:
            late = middle
    return late


# -- moves into closed hours

_A_MONDAY: Final = datetime(2026, 6, 1, tzinfo=UTC)
_STEP: Final = timedelta(minutes=30)
_WEEK: Final = 7 * 48
_A_WHILE: Final = timedelta(hours=4)
"""How long a tier may be closed when a case comes to it: a lunch is no matter."""


def of_closed_hours(process: "SupportProcess", ways: Ways) -> Iterator[Finding]:
    """Find limits that escalate at hours at which, in a usual week, the tier to which they do so is closed."""
    weeks = {name: _usual(calendar) for name, calendar in process.calendars_by_name.items()}
    for place, limit in placed_limits(process):
        for where, level in _escalations(process, ways, place, limit):
            measured = process.calendar_of(limit.name).name
            worked = process.tier_at(level).calendar or process.calendar
            found = _closed_at(weeks, measured, worked)
            if found is not None:
                params = {
                    "limit": limit.name, "tier": level, "calendar": measured, "hours": worked,
                    "day": f"{found:%A}", "time": f"{found:%H:%M}",
                }  # fmt: skip
                yield Finding(where, Reason("check.into_closed_hours", params))
                break


def _escalations(process: "SupportProcess", ways: Ways, place: str, limit: TimeLimit) -> Iterator[tuple[str, int]]:
    """Give the places of actions that escalate, and the levels to which they do."""
    levels = [limit.tier] if limit.tier is not None else list(process.tiers_by_level)
    for number, threshold in enumerate(limit.thresholds):
        for index, action in enumerate(threshold.do):
            if action.verb == "escalate":
                where = action_place(place, number, index)
                above = [found[0] for level in levels if (found := ways.next_levels("escalate", level))]
                targets = above if action.tier is None else [action.tier]
                yield from ((where, target) for target in dict.fromkeys(targets))


def _usual(calendar: WorkingHours) -> WorkingHours | None:
    """Give a calendar without its single dates; None where it has nothing else."""
    if calendar.name == ALWAYS_OPEN or not calendar.week:
        return calendar if calendar.week else None
    return attrs.evolve(calendar, closed=(), overrides={}, holidays=())


def _closed_at(weeks: Mapping[str, WorkingHours | None], measured: str, worked: str) -> datetime | None:
    """Give an instant of a usual week at which the one counts and the other is closed for hours; None without one."""
    counts, works = weeks[measured], weeks[worked]
    if measured == worked or counts is None or works is None:
        return None
    steps: Sequence[datetime] = [_A_MONDAY + _STEP * number for number in range(_WEEK)]
    return next((at for at in steps if counts.is_open(at) and works.next_opening(at) - at > _A_WHILE), None)
