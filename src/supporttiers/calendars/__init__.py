"""
Working time: which hours count, and how to add and measure them.

Everything that runs on a clock asks a `WorkingHours`; it is the only place that turns working time into instants.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, Self

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import aware, each, instance_of, name, part, tuple_of
from supporttiers.calendars._due import due_after
from supporttiers.calendars._hours import DAYS, clash, clash_of_week, dates_of, overrides_of, spans, week_of, zone_of
from supporttiers.calendars._timeline import Timeline
from supporttiers.calendars.holidays import ClosedDates
from supporttiers.calendars.targets import Target
from supporttiers.errors import CalendarError, PolicyConfigError

__all__ = ["ALWAYS_OPEN", "UNNAMED", "WorkingHours"]

ALWAYS_OPEN: Final = "24x7"
UNNAMED: Final = "hours"
MOST_DATES: Final = 5000

_ZERO: Final = timedelta(0)
_DAY: Final = timedelta(days=1)
_EVERY_HOUR: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(DAYS, ("00:00-24:00",))


def _instant(value: object, what: str) -> datetime:
    if isinstance(value, datetime):
        if value.tzinfo is UTC:
            return value
        if value.utcoffset() is not None:
            try:
                return value.astimezone(UTC)
            except OverflowError:  # no such instant in UTC
                pass
    raise CalendarError(f"{what} {aware(value)}")


def _known_zone(_instance: object, _attribute: object, value: object) -> None:
    zone_of(value)


def _week(value: object) -> object:
    return week_of(value, "WorkingHours.week")


def _closed(value: object) -> object:
    return dates_of(value, "WorkingHours.closed")


def _overrides(value: object) -> object:
    return overrides_of(value, "WorkingHours.overrides")


def _table_of(what: str) -> fields.Check:
    def check(value: Any) -> str | None:  # noqa: ANN401 - it may be anything
        if not isinstance(value, Mapping):
            return f"must be a table of {what}, not {fields.type_name(value)}"
        return f"has {len(value)} dates; at most {MOST_DATES} are possible" if len(value) > MOST_DATES else None

    return check


def _dates(value: object) -> str | None:
    if not isinstance(value, tuple):
        return f"must be a collection of dates, not {fields.type_name(value)}"
    return f"has {len(value)} dates; at most {MOST_DATES} are possible" if len(value) > MOST_DATES else None


@attrs.frozen(kw_only=True)
class WorkingHours:
    """
    The hours that count.

    Hours are half-open intervals of local time: at 17:00 a day of `09:00-17:00` is over. A shift over midnight,
    `22:00-06:00`, belongs to the day on which it starts, and so do a closed date and an override.

    >>> office = WorkingHours(
    ...     name="office",
    ...     zone="Europe/London",
    ...     week={"mon-thu": ["09:00-12:30", "13:30-17:30"], "fri": "09:00-16:00"},
    ...     closed=["2026-12-25", "2026-12-28"],
    ...     overrides={"2026-12-24": "09:00-12:00"},
    ... )
    >>> office.add(datetime(2026, 12, 24, 11, tzinfo=UTC), timedelta(hours=2)).isoformat()
    '2026-12-29T10:00:00+00:00'

    Attributes:
        name: How limits refer to it. `24x7` is the calendar in which every instant counts, and no other.
        zone: The IANA time zone in which the hours are meant.
        week: The hours of days (`mon`, `mon-fri`, `sat,sun`): a text, or a list of them; days left out are closed.
        closed: Dates on which no shift starts.
        overrides: The hours of single dates, instead of those of the week.
        holidays: More dates on which no shift starts, with where they came from; an override goes before them.

    Raises:
        PolicyConfigError: A day is named twice, hours overlap, there are none at all, or a value cannot be read.

    Source: rules 11 and 12 of docs/explanation/time.md.

    .. versionadded:: 0.1.0
    """

    zone: str = attrs.field(default="UTC", validator=[part(name), _known_zone])
    week: Mapping[str, tuple[str, ...]] = attrs.field(
        default=_EVERY_HOUR, converter=_week, validator=part(_table_of("hours by days of the week")), hash=False
    )
    closed: tuple[date, ...] = attrs.field(default=(), converter=_closed, validator=part(_dates))
    overrides: Mapping[date, tuple[str, ...]] = attrs.field(
        factory=dict, converter=_overrides, validator=part(_table_of("hours by dates")), hash=False
    )
    holidays: tuple[ClosedDates, ...] = attrs.field(
        default=(),
        converter=tuple_of,
        validator=part(each(instance_of(ClosedDates, "a ClosedDates"), at_most=100, what="sets of holidays")),
    )
    name: str = attrs.field(validator=part(name))

    @name.default
    def _named(self) -> str:
        return ALWAYS_OPEN if self._counts_every_instant else UNNAMED

    def __attrs_post_init__(self) -> None:
        """Check what belongs together."""
        if self.name == ALWAYS_OPEN and not self._counts_every_instant:
            problem = f"'{ALWAYS_OPEN}' is the calendar in which every instant counts; choose another name"
            raise PolicyConfigError("WorkingHours.name", problem)
        if not self.week and not any(self.overrides.values()):
            raise PolicyConfigError("WorkingHours.week", "has no working time; give at least one day some hours")
        if found := clash_of_week(self.week):
            raise PolicyConfigError(f"WorkingHours.week.{found[0]}", found[1])
        for day, hours in self.overrides.items():
            self._check_override(day, hours)

    def _check_override(self, day: date, hours: tuple[str, ...]) -> None:
        where = f"WorkingHours.overrides.{day}"
        if day in self.closed:
            raise PolicyConfigError(where, "is also closed; leave it out of one")
        before, after = day - _DAY, day + _DAY
        problem = clash(self._hours_on(before), hours, day) or clash(hours, self._hours_on(after), after)
        if problem:
            raise PolicyConfigError(where, problem)

    @property
    def _counts_every_instant(self) -> bool:
        return self.zone == "UTC" and self.week == _EVERY_HOUR and not (self.closed or self.overrides or self.holidays)

    def _hours_on(self, day: date) -> tuple[str, ...]:
        hours = self.overrides.get(day)
        if hours is None:
            hours = () if day in self._all_closed else self.week.get(DAYS[day.weekday()], ())
        return hours

    @cached_property
    def _all_closed(self) -> frozenset[date]:
        return frozenset(self.closed).union(*(known.dates for known in self.holidays))

    @cached_property
    def _timeline(self) -> Timeline:
        """What answers; made at the first question, and no part of the value."""
        week = [spans(self.week.get(day, ())) for day in DAYS]
        overrides = {day: spans(hours) for day, hours in self.overrides.items()}
        return Timeline(zone_of(self.zone), week, {**dict.fromkeys(self._all_closed, ()), **overrides})

    @classmethod
    def always(cls) -> Self:
        """Give the calendar in which every instant counts, named `24x7`."""
        return cls(name=ALWAYS_OPEN)

    @property
    def horizon(self) -> date | None:
        """The last date up to which all its holidays are known; None where it was given none."""
        return min((known.until for known in self.holidays), default=None)

    # -- asked

    def add(self, instant: datetime, duration: timedelta) -> datetime:
        """
        Add working time to an instant.

        Args:
            instant: Where to start; aware, any zone; may lie outside working hours.
            duration: Working time to add; not negative. Zero gives *instant* itself.

        Returns:
            The earliest instant, in UTC, by which *duration* of working time has passed: what ends exactly at a close
            ends there, and not at the next opening.

        Raises:
            CalendarError: *instant* is naive, *duration* is negative, or no working time is left for the answer.

        Source: rules 9 and 12 of docs/explanation/time.md.
        """
        start = _instant(instant, "the instant")
        if duration <= _ZERO:
            if duration:
                raise CalendarError("the duration is negative; working time is added forwards only")
            return start
        if self.name != ALWAYS_OPEN:
            return self._timeline.add(start, duration)
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

        Source: rules 11 and 12 of docs/explanation/time.md.
        """
        first, last = _instant(start, "the start"), _instant(end, "the end")
        if last < first:
            raise CalendarError("the end lies before the start")
        return last - first if self.name == ALWAYS_OPEN else self._timeline.between(first, last)

    def is_open(self, at: datetime) -> bool:
        """Say whether working time runs at an instant (a closing time itself no longer counts)."""
        instant = _instant(at, "the instant")
        return self.name == ALWAYS_OPEN or self._timeline.is_open(instant)

    def next_opening(self, at: datetime) -> datetime:
        """Give *at* itself when it is open, else the earliest later instant that is, in UTC."""
        instant = _instant(at, "the instant")
        return instant if self.name == ALWAYS_OPEN else self._timeline.next_opening(instant)

    def after(self, instant: datetime, target: Target) -> datetime:
        """
        Say when a target is due.

        Args:
            instant: Where to start; aware, any zone; may lie outside working hours.
            target: Working time, `business_days(n)`, `calendar_days(n)` or `until_close(n)`.

        Returns:
            The instant, in UTC, at which it is due.

        Raises:
            CalendarError: *instant* is naive, *target* is none, or the calendar has no answer.

        Source: rules 14 and 15 of docs/explanation/time.md.

        >>> from supporttiers.calendars.targets import business_days, until_close
        >>> office = WorkingHours(name="office", week={"mon-fri": "09:00-17:00"})
        >>> friday = datetime(2026, 6, 5, 14, tzinfo=UTC)
        >>> office.after(friday, business_days(1)).isoformat(), office.after(friday, until_close()).isoformat()
        ('2026-06-08T14:00:00+00:00', '2026-06-05T17:00:00+00:00')
        """
        if isinstance(target, timedelta):
            return self.add(instant, target)
        return due_after(self._timeline, _instant(instant, "the instant"), target)
