"""
Working hours against an oracle that marks every working second, in zones where clocks do odd things.

The oracle shares nothing with the code: it finds the instant of a local time from the offsets before and after it,
marks the seconds of every shift one by one, and counts marks.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from supporttiers.calendars import WorkingHours
from supporttiers.calendars.targets import business_days, calendar_days, until_close

ODD_DATES = {
    "Europe/London": [date(2026, 3, 29), date(2026, 10, 25)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4)],  # by half an hour
    "Pacific/Apia": [date(2011, 12, 30), date(2010, 9, 26), date(2026, 6, 1)],  # a date that was skipped
    "Asia/Kolkata": [date(2026, 1, 1)],  # never
    "Asia/Pyongyang": [date(2015, 8, 15), date(2018, 5, 5)],  # another offset, at midnight
    "Europe/Moscow": [date(2011, 3, 27), date(2014, 10, 26)],  # another offset
    "America/Sao_Paulo": [date(2018, 11, 4), date(2018, 2, 18)],  # clocks change at midnight
}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REACH = 12
"""The days that the oracle knows, around the middle one."""

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Find the instant of a local time: the first, or that by the offset before a gap."""
    offsets = [(local.replace(tzinfo=UTC) + way * DAY).astimezone(zone).utcoffset() for way in (-2, 2)]
    instants = [local.replace(tzinfo=UTC) - offset for offset in offsets if offset is not None]
    real = [at for at in instants if at.astimezone(zone).replace(tzinfo=None) == local]
    return min(real, default=instants[0])


@attrs.frozen
class Oracle:
    """
    The seconds of some days, each marked with 1 where work is done.

    Attributes:
        since: The instant of the first second.
        marks: One byte for each.
    """

    since: datetime
    marks: bytes

    @classmethod
    def of(cls, calendar: WorkingHours, middle: date) -> "Oracle":
        """Mark the days around the middle one."""
        zone = ZoneInfo(calendar.zone)
        since = datetime(middle.year, middle.month, middle.day, tzinfo=UTC) - REACH * DAY
        marks = bytearray(2 * REACH * 86400)
        for number in range(-REACH - 3, REACH + 3):
            day = middle + number * DAY
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a local time
            noon = instant_of(midnight + DAY / 2, zone).astimezone(zone)
            if noon.date() != day:
                continue  # the zone skipped it
            for text in cls.texts(calendar, day):
                first, last = (timedelta(hours=int(word[:2]), minutes=int(word[3:])) for word in text.split("-"))
                last += DAY if last <= first else timedelta(0)
                begin, end = ((instant_of(midnight + at, zone) - since) // SECOND for at in (first, last))
                begin, end = max(begin, 0), min(end, len(marks))
                if begin < end:
                    marks[begin:end] = b"\1" * (end - begin)
        return cls(since, bytes(marks))

    @staticmethod
    def texts(calendar: WorkingHours, day: date) -> tuple[str, ...]:
        """Give the hours of a date: those said for it, else those of the week."""
        if day in calendar.overrides:
            return calendar.overrides[day]
        return () if day in calendar.closed else calendar.week.get(DAYS[day.weekday()], ())

    def place(self, at: datetime) -> int:
        """Give the number of the second that begins at an instant."""
        return (at - self.since) // SECOND

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Count marks."""
        return self.marks.count(1, self.place(start), self.place(end)) * SECOND

    def is_open(self, at: datetime) -> bool:
        """Look at a mark."""
        return self.marks[self.place(at)] == 1


def text_of(minutes: int) -> str:
    """Write minutes of a day as a time."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def days(draw: st.DrawFn, *, overnight: bool) -> list[str]:
    """Draw the hours of a day that overlap nothing, of the day after neither."""
    grid = st.integers(0, 96).map(lambda quarter: quarter * 15)
    marks = sorted(draw(st.lists(grid, min_size=2, max_size=6, unique=True)))
    if len(marks) % 2:
        marks.pop()
    texts = [f"{text_of(marks[place])}-{text_of(marks[place + 1])}" for place in range(0, len(marks), 2)]
    if overnight and draw(st.booleans()) and marks[-1] < 1440 and marks[0] > 0:
        texts.append(f"{text_of(marks[-1])}-{text_of(draw(st.integers(1, marks[0] // 15)) * 15)}")
    return texts


@st.composite
def worlds(draw: st.DrawFn) -> tuple[WorkingHours, date]:
    """Draw a calendar, and a date around which to ask it."""
    zone = draw(st.sampled_from(sorted(ODD_DATES)))
    middle = draw(st.sampled_from(ODD_DATES[zone])) + draw(st.integers(-2, 2)) * DAY
    every_day = draw(days(overnight=True))
    working = draw(st.lists(st.sampled_from(DAYS), min_size=1, unique=True))
    near = st.integers(-3, 3).map(lambda number: middle + number * DAY)
    closed = draw(st.lists(near, max_size=2, unique=True))
    plain = [text for text in every_day if text[:5] < text[6:]]
    overrides = {day: draw(st.just([]) | st.just(plain)) for day in draw(st.lists(near, max_size=2, unique=True))}
    calendar = WorkingHours(
        name="drawn", zone=zone, week=dict.fromkeys(working, every_day),
        closed=[day for day in closed if day not in overrides], overrides=overrides,
    )  # fmt: skip
    return calendar, middle


instants = st.integers(-5 * 86400, 5 * 86400).map(lambda seconds: seconds * SECOND)


def at_middle(middle: date, off: timedelta) -> datetime:
    """Give an instant around the middle of a world."""
    return datetime(middle.year, middle.month, middle.day, tzinfo=UTC) + off


LONDON_NIGHT = WorkingHours(name="night", zone="Europe/London", week={"mon-sun": "22:00-06:00"})
SAMOA = WorkingHours(name="day", zone="Pacific/Apia", week={"mon-fri": "09:00-17:00"})


@settings(max_examples=150)
@given(world=worlds(), first=instants, second=instants)
@example((LONDON_NIGHT, date(2026, 3, 29)), timedelta(hours=-6), timedelta(hours=12))
@example((LONDON_NIGHT, date(2026, 10, 25)), timedelta(hours=-6), timedelta(hours=12))
@example((SAMOA, date(2011, 12, 30)), timedelta(days=-3), timedelta(days=3))
def test_hours_are_those_of_the_oracle(world, first, second):
    """Every second is open where it is marked, and a span has as much working time as it has marks."""
    calendar, middle = world
    oracle = Oracle.of(calendar, middle)
    start, end = sorted(at_middle(middle, off) for off in (first, second))

    assert oracle.between(start, end) == calendar.between(start, end)
    assert [oracle.is_open(at) for at in (start, end)] == [calendar.is_open(at) for at in (start, end)]
    assert calendar.between(start, end).total_seconds() <= (end - start).total_seconds()


@settings(max_examples=150)
@given(world=worlds(), off=instants, seconds=st.integers(0, 3 * 86400))
def test_added_time_has_passed_at_no_earlier_second(world, off, seconds):
    """The answer of `add` is the first second at which the oracle counts so much."""
    calendar, middle = world
    oracle, start, duration = Oracle.of(calendar, middle), at_middle(middle, off), seconds * SECOND
    known = oracle.since + 2 * REACH * DAY
    assume(oracle.between(start, known - SECOND) >= duration)

    due = calendar.add(start, duration)

    assert duration == oracle.between(start, due)
    assert due == start if not duration else oracle.is_open(due - SECOND)


@settings(max_examples=150)
@given(world=worlds(), off=instants)
def test_next_opening_is_the_first_marked_second(world, off):
    """Nothing is open before it."""
    calendar, middle = world
    oracle, at = Oracle.of(calendar, middle), at_middle(middle, off)
    found = oracle.marks.find(1, oracle.place(at))
    assume(found >= 0)

    assert oracle.since + found * SECOND == calendar.next_opening(at)


@settings(max_examples=150)
@given(world=worlds(), offs=st.lists(instants, min_size=3, max_size=3), millis=st.integers(0, 10**9))
def test_laws_of_working_time(world, offs, millis):
    """Spans add up over any split; adding keeps order, undoes measuring, and takes as long as it says."""
    calendar, middle = world
    first, second, third = sorted(at_middle(middle, off) for off in offs)
    duration = timedelta(milliseconds=millis)
    due = calendar.add(first, duration)

    assert calendar.between(first, third) == calendar.between(first, second) + calendar.between(second, third)
    assert duration == calendar.between(first, due)
    assert first <= due <= calendar.add(second, duration)
    assert calendar.add(first, calendar.between(first, third)) <= third
    assert calendar.add(due, duration) == calendar.add(first, 2 * duration)
    if calendar.is_open(second):
        assert second == calendar.next_opening(calendar.add(first, calendar.between(first, second)))


@settings(max_examples=100)
@given(world=worlds(), off=instants, count=st.integers(1, 4))
def test_days_end_on_working_instants_and_in_order(world, off, count):
    """A target in business days lies at a working instant or a close, beyond the one with a day less."""
    calendar, middle = world
    start = at_middle(middle, off)
    zone = ZoneInfo(calendar.zone)
    by_day = [calendar.after(start, business_days(number)) for number in range(1, count + 1)]
    closes = [calendar.after(start, until_close(number)) for number in range(1, count + 1)]

    assert [start, *closes] == sorted({start, *closes})
    assert by_day == sorted(set(by_day))
    for due in (*by_day, *closes):
        assert calendar.is_open(due) or calendar.is_open(due - timedelta(microseconds=1))
    same_time = start.astimezone(zone).replace(tzinfo=None, fold=0) + count * DAY
    assert instant_of(same_time, zone) == calendar.after(start, calendar_days(count))
