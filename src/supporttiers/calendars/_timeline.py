"""
Working time as spans of instants, precomputed for a few years around what is asked, with running sums.

A local time that does not exist is moved forward by the gap, and of one that comes twice the first counts; that is what
`fold=0` means to `datetime` (PEP 495). Everything else is arithmetic on instants in UTC.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from supporttiers.calendars._hours import Span
from supporttiers.errors import CalendarError

FIRST_YEAR: Final = 2
LAST_YEAR: Final = 9998
_MOST_YEARS: Final = 64
"""The years of a table; a longer way is gone table by table."""

_ZERO: Final = timedelta(0)
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_MARGIN: Final = timedelta(days=4)
"""Shifts that start so many local days outside a table's years may still reach into them."""

_HALF_A_DAY: Final = timedelta(hours=12)
_END: Final = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)


class Shift(NamedTuple):
    """A half-open span of instants in UTC."""

    start: datetime
    end: datetime


class Table(NamedTuple):
    """
    The working time between two instants.

    Attributes:
        since: From when on it holds.
        until: Up to when, not included.
        starts: Of spans of working time, in order; the spans do not overlap.
        ends: Of the same spans.
        sums: Working time before each span, and at the end of the last.
    """

    since: datetime
    until: datetime
    starts: Sequence[datetime]
    ends: Sequence[datetime]
    sums: Sequence[timedelta]

    def passed(self, at: datetime) -> timedelta:
        """Give the working time from the table's first span to an instant."""
        place = bisect_right(self.starts, at) - 1
        if place < 0:
            return _ZERO
        end = self.ends[place]
        return self.sums[place] + ((at if at < end else end) - self.starts[place])  # noqa: FURB136 - a call of min() costs more

    def reached(self, worked: timedelta) -> datetime | None:
        """Give the earliest instant at which so much has passed; None where that lies beyond the table."""
        place = bisect_left(self.sums, worked) - 1
        if place == len(self.starts):
            return None
        at = self.starts[place] + (worked - self.sums[place])
        return at if at < self.until else None


_NOTHING: Final = Table(datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), (), (), ())


class Timeline:
    """
    Answers from tables, which are made when they are needed.

    It is safe among threads: a table is never changed, only replaced.
    """

    __slots__ = ("_dated", "_last", "_table", "_week", "zone")

    def __init__(self, zone: tzinfo, week: Sequence[Sequence[Span]], dated: Mapping[date, Sequence[Span]]) -> None:
        """
        Take the rules.

        Args:
            zone: In which the hours are meant.
            week: The hours that start on each day of the week, from Monday on.
            dated: The hours that start on a date instead.
        """
        self.zone = zone
        self._week, self._dated = [_offsets(spans) for spans in week], {d: _offsets(s) for d, s in dated.items()}
        self._last = None if any(week) else max(day for day, spans in dated.items() if spans)
        self._table = _NOTHING

    # -- days

    def shifts_on(self, day: date) -> list[Shift]:
        """Give the shifts that start on a local date, in order; none on a date that the zone skipped."""
        offsets = self._dated.get(day)
        if offsets is None:
            offsets = self._week[day.weekday()]
        if not offsets or day in _skipped(self.zone, day.year):
            return []
        zone, midnight = self.zone, datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone comes after the sum
        instants = [
            (
                (midnight + start).replace(tzinfo=zone).astimezone(UTC),
                (midnight + end).replace(tzinfo=zone).astimezone(UTC),
            )
            for start, end in offsets
        ]
        return [Shift(start, end) for start, end in instants if start < end]

    def working_days(self, since: date) -> Iterator[tuple[date, list[Shift]]]:
        """
        Give every date that has shifts, from one date on.

        Raises:
            CalendarError: After the last of them.
        """
        last = min(self._last or date.max, date(LAST_YEAR, 12, 31))
        day = since
        while day <= last:
            if shifts := self.shifts_on(day):
                yield day, shifts
            day += _DAY
        raise self.no_more()

    def no_more(self) -> CalendarError:
        """Say that there is no working time left for an answer."""
        if self._last is None:
            return CalendarError(f"the answer lies beyond the year {LAST_YEAR}")
        return CalendarError(f"no working time after {self._last}; give the calendar a week, or later dates")

    @staticmethod
    def check(at: datetime) -> None:
        """Refuse an instant for which no table can be made."""
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise CalendarError(f"an instant lies outside the years {FIRST_YEAR} to {LAST_YEAR}, which calendars know")

    # -- questions; instants are in UTC

    def add(self, start: datetime, duration: timedelta) -> datetime:
        """Give the earliest instant by which working time has passed; the duration is above zero."""
        table = self._table
        try:
            due = table.reached(table.passed(start) + duration) if table.since <= start < table.until else None
            return due or self._add_far(start, duration)
        except OverflowError:
            raise self.no_more() from None

    def _add_far(self, start: datetime, left: timedelta) -> datetime:
        table = self._around(start)
        if start + left > _END:  # working time never runs faster than time
            raise self.no_more()
        while (due := table.reached(table.passed(start) + left)) is None:
            if table.until.year - start.year > _MOST_YEARS:
                left -= table.passed(table.until) - table.passed(start)
                start = table.until
            table = self._further(table, start)
        return due

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Give the working time of a half-open span."""
        table = self._table
        if table.since <= start and end < table.until:
            return table.passed(end) - table.passed(start)
        return self._between_far(start, end)

    def _between_far(self, start: datetime, end: datetime) -> timedelta:
        table, worked = self._around(start), _ZERO
        self.check(end)
        while end >= table.until:
            if self._is_last(table):
                end = table.until
                break
            if table.until.year - start.year > _MOST_YEARS:
                worked += table.passed(table.until) - table.passed(start)
                start = table.until
            table = self._further(table, start)
        return worked + table.passed(end) - table.passed(start)

    def is_open(self, at: datetime) -> bool:
        """Say whether working time runs at an instant."""
        table = self._around(at)
        place = bisect_right(table.starts, at)
        return place > 0 and at < table.ends[place - 1]

    def next_opening(self, at: datetime) -> datetime:
        """Give the instant itself when it is open, else the earliest later one that is."""
        table = self._around(at)
        while True:
            place = bisect_right(table.starts, at)
            if place and at < table.ends[place - 1]:
                return at
            if place < len(table.starts) and table.starts[place] < table.until:
                return table.starts[place]
            table = self._further(table, at)

    # -- tables

    def _around(self, at: datetime) -> Table:
        table = self._table
        if table.since <= at < table.until:
            return table
        self.check(at)
        return self._kept(at.year, at.year + 1)

    def _further(self, table: Table, start: datetime) -> Table:
        """Make a table that holds *start*, and reaches further than one that did not reach far enough."""
        if self._is_last(table):
            raise self.no_more()
        last = table.until.year - 1
        return self._kept(start.year, last + max(1, last - start.year))

    def _is_last(self, table: Table) -> bool:
        """Say whether there is no working time beyond a table."""
        return table.until >= _END or (self._last is not None and table.until.date() > self._last + _MARGIN)

    def _kept(self, first: int, last: int) -> Table:
        """Make a table, together with the present one's years unless these are too many, and keep it."""
        known = self._table
        if known.starts:
            both = min(first, known.since.year), max(last, known.until.year - 1)
            first, last = both if both[1] - both[0] < _MOST_YEARS else (first, last)
        self._table = table = self._made(first, min(last, LAST_YEAR))
        return table

    def _made(self, first: int, last: int) -> Table:
        since, until = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
        day, end = since.date() - _MARGIN, until.date() + _MARGIN
        shifts: list[Shift] = []
        while day < end:
            shifts += self.shifts_on(day)
            day += _DAY
        starts, ends = _joined(shifts)
        sums = list(accumulate((end - start for start, end in zip(starts, ends, strict=True)), initial=_ZERO))
        return Table(since, until, starts, ends, sums)


def _offsets(spans: Sequence[Span]) -> list[tuple[timedelta, timedelta]]:
    return [(span.start * _MINUTE, span.end * _MINUTE) for span in spans]


def _joined(shifts: list[Shift]) -> tuple[list[datetime], list[datetime]]:
    """Join shifts that touch, or overlap because one of them was moved out of a gap."""
    starts: list[datetime] = []
    ends: list[datetime] = []
    for start, end in sorted(shifts):
        if ends and start <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            starts.append(start)
            ends.append(end)
    return starts, ends


@lru_cache(maxsize=1024)
def _skipped(zone: tzinfo, year: int) -> frozenset[date]:
    """Give the dates of a year that do not exist in a zone, because it went over to the other side of the date line."""
    if not FIRST_YEAR <= year < LAST_YEAR:
        return frozenset()
    noon = datetime(year, 1, 1, 12, tzinfo=zone)
    before, after = (noon - 3 * _DAY).utcoffset(), (noon + 368 * _DAY).utcoffset()
    if before is None or after is None or abs(after - before) < _HALF_A_DAY:
        return frozenset()
    days = (date(year, 1, 1) + number * _DAY for number in range(366))
    midnights = ((day, datetime(day.year, day.month, day.day, tzinfo=zone)) for day in days)
    return frozenset(day for day, at in midnights if at.astimezone(UTC).astimezone(zone).date() != day)
