"""Working time: how hours are written, and what is added and measured by them."""

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from threading import Thread
from zoneinfo import ZoneInfo

import attrs
import pytest

from supporttiers.calendars import WorkingHours
from supporttiers.calendars.holidays import ClosedDates
from supporttiers.errors import CalendarError, PolicyConfigError

HOURS = WorkingHours.always()
NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)
NAIVE = datetime(2026, 3, 23, 9)  # noqa: DTZ001 - what is to be refused
LAST = datetime.max.replace(tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
ENGLAND = [
    "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-28",
]  # fmt: skip
DAY_SHIFT = WorkingHours(name="day", zone="Europe/London", week={"mon-fri": "09:00-17:00"}, closed=ENGLAND)
NIGHTS = WorkingHours(name="nights", zone="Europe/London", week={"mon-sun": "22:00-06:00"})
WEEK_NIGHTS = WorkingHours(name="nights", zone="Europe/London", week={"mon-fri": "22:00-06:00"})
LUNCH = WorkingHours(name="lunch", zone="Europe/London", week={"mon-fri": ["09:00-12:30", "13:30-17:00"]})


def london(*parts):
    """Give an instant by London's clocks."""
    return datetime(*parts, tzinfo=LONDON)


def hours(number):
    """Give so many hours."""
    return timedelta(hours=number)


def test_always_is_named_24x7():
    """Its name is how a process file speaks of it."""
    assert WorkingHours() == HOURS
    assert HOURS.name == "24x7"


def test_calendar_needs_a_name():
    """An author hears which field is wrong."""
    with pytest.raises(PolicyConfigError, match=r"WorkingHours.name: must not be empty"):
        WorkingHours(name="")


@pytest.mark.parametrize(
    ("start", "duration", "expected"),
    [
        (NINE, timedelta(0), NINE),
        (NINE, timedelta(minutes=15), NINE + timedelta(minutes=15)),
        (NINE.astimezone(timezone(timedelta(hours=5))), timedelta(hours=1), NINE + timedelta(hours=1)),
        (  # an hour of clocks going forward is no hour of time
            datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("Europe/London")),
            timedelta(hours=1),
            datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        ),
        (LAST - timedelta(hours=1), timedelta(hours=1), LAST),
    ],
)
def test_add_gives_the_instant_in_utc(start, duration, expected):
    """Durations are real time, whatever the zone says; zero gives the instant itself."""
    found = HOURS.add(start, duration)

    assert (expected, UTC) == (found, found.tzinfo)
    assert duration == HOURS.between(start, found)


NAIVE_TEXT = "is naive; give it a time zone, such as datetime.now(UTC)"


@pytest.mark.parametrize(
    ("question", "asked", "text"),
    [
        ("add", (NAIVE, timedelta(1)), f"the instant {NAIVE_TEXT}"),
        ("add", ("09:00", timedelta(1)), "the instant must be an aware datetime, not str"),
        ("add", (NINE, timedelta(microseconds=-1)), "the duration is negative; working time is added forwards only"),
        ("add", (LAST, timedelta(microseconds=1)), "the answer lies beyond the year 9999"),
        ("between", (NAIVE, NINE), f"the start {NAIVE_TEXT}"),
        ("between", (NINE, NAIVE), f"the end {NAIVE_TEXT}"),
        ("between", (NINE, NINE - timedelta(microseconds=1)), "the end lies before the start"),
        ("is_open", (NAIVE,), f"the instant {NAIVE_TEXT}"),
        ("next_opening", (NAIVE,), f"the instant {NAIVE_TEXT}"),
    ],
)
def test_calendar_refuses_what_has_no_answer(question, asked, text):
    """A question without an answer is an error that says why."""
    with pytest.raises(CalendarError) as caught:
        getattr(HOURS, question)(*asked)

    assert text == str(caught.value)


def test_always_is_open_and_opens_at_once():
    """Every instant is open, so the next opening is the instant itself, in UTC."""
    there = NINE.astimezone(timezone(timedelta(hours=-3)))

    assert HOURS.is_open(there)
    assert (NINE, UTC) == (HOURS.next_opening(there), HOURS.next_opening(there).tzinfo)


def test_between_one_instant_and_itself_is_nothing():
    """An empty span has no working time."""
    assert timedelta(0) == HOURS.between(NINE, NINE)


# -- how hours are written


@pytest.mark.parametrize(
    ("week", "expected"),
    [
        ({"mon": "09:00-17:00"}, {"mon": ("09:00-17:00",)}),
        ({"mon": " 9:00 - 17:00 "}, {"mon": ("09:00-17:00",)}),
        ({"mon": ["13:30-17:00", "09:00-12:30"]}, {"mon": ("09:00-12:30", "13:30-17:00")}),
        ({"mon": ["09:00-12:00", "12:00-13:00"]}, {"mon": ("09:00-12:00", "12:00-13:00")}),
        ({"sat,sun": "10:00-12:00"}, {"sat": ("10:00-12:00",), "sun": ("10:00-12:00",)}),
        ({"sat , mon": "10:00-12:00"}, {"mon": ("10:00-12:00",), "sat": ("10:00-12:00",)}),
        ({"sun-mon": "10:00-12:00"}, {"mon": ("10:00-12:00",), "sun": ("10:00-12:00",)}),
        ({"mon-mon": "10:00-12:00"}, {"mon": ("10:00-12:00",)}),
        ({"mon": "18:00-24:00", "tue": "00:00-06:00"}, {"mon": ("18:00-24:00",), "tue": ("00:00-06:00",)}),
        ({"mon": "18:00-00:00"}, {"mon": ("18:00-24:00",)}),
        ({"mon": "22:00-06:00", "tue": "06:00-08:00"}, {"mon": ("22:00-06:00",), "tue": ("06:00-08:00",)}),
        ({"mon": "09:00-17:00", "tue": "closed", "wed": [], "thu": ()}, {"mon": ("09:00-17:00",)}),
    ],
)
def test_week_is_read_in_one_form(week, expected):
    """However a week is written, it is kept in one form, from Monday on, so that equal weeks are equal."""
    built = WorkingHours(name="x", week=week)

    assert (expected, list(expected)) == (built.week, list(built.week))
    assert built == WorkingHours(name="x", week=built.week)


def test_dates_are_read_in_one_form():
    """Texts and dates say the same; a date closed twice is closed once."""
    christmas = date(2026, 12, 25)
    built = WorkingHours(
        name="x", week={"mon": "09:00-17:00"}, closed=["2026-12-28", christmas, "2026-12-25"],
        overrides={"2026-12-31": "closed", date(2026, 12, 24): ["09:00-12:00"]},
    )  # fmt: skip

    assert (christmas, date(2026, 12, 28)) == built.closed
    assert {date(2026, 12, 24): ("09:00-12:00",), date(2026, 12, 31): ()} == built.overrides
    assert [24, 31] == [day.day for day in built.overrides]


WEEK = {"mon-fri": "09:00-17:00"}
NO_HOURS = "; write '09:00-17:00', a list of such texts, or 'closed'"
NO_DAYS = "; possible are mon, tue, wed, thu, fri, sat, sun, ranges such as 'mon-fri', and several of them: 'sat,sun'"
NO_DATE = "; write it as '2026-12-25'"
NO_ZONE = "give a name of the IANA time zone database, such as 'Europe/London'"
NO_MERGE = "; a shift belongs to the day on which it starts"
NO_TIME = " has no such time of day; a day begins at 00:00 and ends at 24:00"


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"name": 5}, "name: must be a text, not int"),
        ({"name": "24x7"}, "name: '24x7' is the calendar in which every instant counts; choose another name"),
        ({"zone": 5}, "zone: must be a text, not int"),
        ({"zone": "Europe/Londn"}, "zone: time zone 'Europe/Londn' is not known; did you mean 'Europe/London'?"),
        ({"zone": "localtime"}, f"zone: time zone 'localtime' is not known; {NO_ZONE}"),
        ({"zone": "X" * 41}, f"zone: time zone '{'X' * 40}' is not known; {NO_ZONE}"),
        ({"zone": "../etc"}, f"zone: time zone '../etc' is not known; {NO_ZONE}"),
        ({"zone": "Europe"}, "zone: time zone 'Europe' is not known; did you mean 'Europe/Rome'?"),
        ({"week": 5}, "week: must be a table of hours by days of the week, not int"),
        ({"week": {}}, "week: has no working time; give at least one day some hours"),
        ({"week": {"mon-sun": "closed"}, "overrides": {"2026-12-24": []}},
         "week: has no working time; give at least one day some hours"),
        ({"week": {5: "09:00-17:00"}}, f"week.?: a day is a text, not int{NO_DAYS}"),
        ({"week": {"monday": "09:00-17:00"}}, f"week.monday: 'monday' names no days{NO_DAYS}"),
        ({"week": {"mon-": "09:00-17:00"}}, f"week.mon-: 'mon-' names no days{NO_DAYS}"),
        ({"week": {"mon,": "09:00-17:00"}}, f"week.mon,: '' names no days{NO_DAYS}"),
        ({"week": {"mon-fri": "09:00-17:00", "fri": "09:00-12:00"}},
         "week.fri: fri is named twice in the week; leave it out of one"),
        ({"week": {"mon,mon": "09:00-17:00"}}, "week.mon,mon: mon is named twice in the week; leave it out of one"),
        ({"week": {"mon": 9}}, f"week.mon: must be hours, not int{NO_HOURS}"),
        ({"week": {"mon": [9]}}, f"week.mon: must be hours, not int{NO_HOURS}"),
        ({"week": {"mon": "9-17"}}, f"week.mon: '9-17' are no hours{NO_HOURS}"),
        ({"week": {"mon": "09:00-25:00"}}, f"week.mon: '09:00-25:00'{NO_TIME}"),
        ({"week": {"mon": "09:60-17:00"}}, f"week.mon: '09:60-17:00'{NO_TIME}"),
        ({"week": {"mon": "24:00-06:00"}}, f"week.mon: '24:00-06:00'{NO_TIME}"),
        ({"week": {"mon": "09:00-24:01"}}, f"week.mon: '09:00-24:01'{NO_TIME}"),
        ({"week": {"mon": "09:00-09:00"}},
         "week.mon: '09:00-09:00' begins where it ends; a whole day is '00:00-24:00'"),
        ({"week": {"mon": ["09:00-12:00", "11:59-17:00"]}},
         "week.mon: 09:00-12:00 and 11:59-17:00 overlap; join them, or part them"),
        ({"week": {"mon": ["20:00-23:00", "22:00-06:00"]}},
         "week.mon: 20:00-23:00 and 22:00-06:00 overlap; join them, or part them"),
        ({"week": {"sun": "22:00-06:00", "mon": "05:59-14:00"}},
         f"week.sun: 22:00-06:00 overlaps 05:59-14:00 of mon{NO_MERGE}"),
        ({"closed": "2026-12-25"}, "closed: must be a collection of dates, not str"),
        ({"closed": ["25.12.2026"]}, f"closed: '25.12.2026' is no date{NO_DATE}"),
        ({"closed": ["2026-02-29"]}, f"closed: '2026-02-29' is no date{NO_DATE}"),
        ({"closed": ["20261225"]}, f"closed: '20261225' is no date{NO_DATE}"),
        ({"closed": [5]}, f"closed: must be a date, not int{NO_DATE}"),
        ({"closed": [NINE]}, f"closed: must be a date, not datetime{NO_DATE}"),
        ({"closed": [date.fromordinal(day) for day in range(1, 5002)]},
         "closed: has 5001 dates; at most 5000 are possible"),
        ({"overrides": "x"}, "overrides: must be a table of hours by dates, not str"),
        ({"overrides": {"x": "09:00-12:00"}}, f"overrides.x: 'x' is no date{NO_DATE}"),
        ({"overrides": {"2026-12-24": "noon"}}, f"overrides.2026-12-24: 'noon' are no hours{NO_HOURS}"),
        ({"overrides": {"2026-12-24": [], date(2026, 12, 24): []}},
         "overrides.2026-12-24: is named twice; leave one out"),
        ({"overrides": {date.fromordinal(day): () for day in range(1, 5002)}},
         "overrides: has 5001 dates; at most 5000 are possible"),
        ({"overrides": {"2026-12-24": []}, "closed": ["2026-12-24"]},
         "overrides.2026-12-24: is also closed; leave it out of one"),
        ({"overrides": {"2026-12-22": "22:00-10:00"}},
         f"overrides.2026-12-22: 22:00-10:00 overlaps 09:00-17:00 of 2026-12-23{NO_MERGE}"),
        ({"week": {"mon-fri": "22:00-06:00"}, "overrides": {"2026-12-23": "05:00-09:00"}},
         f"overrides.2026-12-23: 22:00-06:00 overlaps 05:00-09:00 of 2026-12-23{NO_MERGE}"),
        ({"holidays": ["2026-12-25"]}, "holidays: must be a ClosedDates, not str"),
    ],
    ids=str,
)  # fmt: skip
def test_hours_that_cannot_be_are_refused(fields, text):
    """An author hears which field is wrong, why, and what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        WorkingHours(**{"name": "office", "week": WEEK} | fields)

    assert f"WorkingHours.{text}" == str(caught.value)


def test_zone_without_any_zone_data_says_what_to_install(monkeypatch):
    """On a machine without time zone data the remedy is another one."""
    monkeypatch.setattr("zoneinfo.available_timezones", set)

    with pytest.raises(PolicyConfigError, match="no time zones are known on this machine; install the package tzdata"):
        WorkingHours(name="x", zone="Europe/Nowhere", week=WEEK)


def test_overnight_shift_before_a_closed_date_overlaps_nothing():
    """What starts on a closed date does not start, so there is nothing to overlap."""
    built = WorkingHours(name="x", week=WEEK, closed=["2026-12-23"], overrides={"2026-12-22": "22:00-10:00"})

    assert hours(12) == built.between(datetime(2026, 12, 22, tzinfo=UTC), datetime(2026, 12, 24, tzinfo=UTC))


def test_calendar_without_a_name_has_one_of_its_own():
    """Only the calendar in which every instant counts is named for it."""
    assert "hours" == WorkingHours(week=WEEK).name
    assert "hours" == WorkingHours(zone="Europe/London").name
    assert "24x7" == WorkingHours(week={"mon-sun": "00:00-24:00"}).name


@pytest.mark.parametrize("calendar", [DAY_SHIFT, NIGHTS, HOURS], ids=lambda calendar: calendar.name)
def test_calendar_is_a_value(calendar):
    """What it has worked out is no part of it: it is compared, hashed, copied and pickled without."""
    fresh = attrs.evolve(calendar)
    calendar.add(NINE, hours(1))

    for other in (fresh, pickle.loads(pickle.dumps(calendar)), copy.deepcopy(calendar), copy.copy(calendar)):
        assert calendar == other
        assert hash(calendar) == hash(other)
        assert calendar.add(NINE, hours(9)) == other.add(NINE, hours(9))


def test_calendar_keeps_no_table_of_the_callers():
    """A change of what was handed in does not reach it."""
    week, overrides = {"mon": ["09:00-17:00"]}, {"2026-12-24": ["09:00-12:00"]}
    built = WorkingHours(name="x", week=week, overrides=overrides)
    week["mon"].append("18:00-20:00")
    overrides.clear()

    assert {"mon": ("09:00-17:00",)} == built.week
    assert [date(2026, 12, 24)] == list(built.overrides)


# -- adding and measuring


@pytest.mark.parametrize(
    ("calendar", "start", "duration", "expected"),
    [
        (DAY_SHIFT, london(2026, 3, 27, 16), 8, datetime(2026, 3, 30, 15, tzinfo=UTC)),
        (DAY_SHIFT, london(2026, 10, 23, 16), 8, datetime(2026, 10, 26, 16, tzinfo=UTC)),
        (DAY_SHIFT, london(2026, 6, 2, 6, 30), 8, london(2026, 6, 2, 17)),
        (DAY_SHIFT, london(2026, 4, 2, 18, 15), 0.25, london(2026, 4, 7, 9, 15)),
        (DAY_SHIFT, london(2026, 12, 25, 11), 1, london(2026, 12, 29, 10)),
        (DAY_SHIFT, london(2026, 6, 6, 12), 0, london(2026, 6, 6, 12)),
        (DAY_SHIFT, datetime(2026, 3, 16, 14, tzinfo=ZoneInfo("America/New_York")), 1, london(2026, 3, 17, 10)),
        (WEEK_NIGHTS, london(2026, 6, 6, 2), 5, london(2026, 6, 8, 23)),
        (LUNCH, london(2026, 6, 5, 9), 3.5, london(2026, 6, 5, 12, 30)),
        (LUNCH, london(2026, 6, 5, 13), 3.5, london(2026, 6, 5, 17)),
        (LUNCH, london(2026, 6, 5, 12, 30), 3.75, london(2026, 6, 8, 9, 15)),
        (LUNCH, london(2026, 6, 5, 17), 700, london(2026, 10, 23, 17)),
        (LUNCH, london(2026, 6, 5, 17), 7000, london(2030, 4, 5, 17)),
        (LUNCH, london(2026, 6, 5, 17), 7 * 261 * 100, london(2126, 6, 21, 17)),
    ],
)
def test_add_finds_the_earliest_instant(calendar, start, duration, expected):
    """Among these are the eight of the twelve cases in which peers add."""
    found = calendar.add(start, hours(duration))

    assert (expected, UTC) == (found, found.tzinfo)
    assert hours(duration) == calendar.between(start, found)


@pytest.mark.parametrize(
    ("calendar", "start", "end", "expected"),
    [
        (DAY_SHIFT, london(2026, 6, 6, 10), london(2026, 6, 7, 20), 0),
        (DAY_SHIFT, london(2026, 3, 20, 12), london(2026, 4, 19, 12), 149),
        (NIGHTS, london(2026, 3, 28, 22), london(2026, 3, 29, 6), 7),
        (NIGHTS, london(2026, 10, 24, 22), london(2026, 10, 25, 6), 9),
        (NIGHTS, london(2026, 6, 6, 0), london(2026, 6, 7, 0), 8),
        (LUNCH, london(2026, 6, 5, 9), london(2026, 6, 5, 17), 7),
        (LUNCH, london(2026, 1, 1), london(2027, 1, 1), 261 * 7),
        (LUNCH, london(1726, 1, 1), london(2126, 1, 1), 20871 * 5 * 7),
    ],
)
def test_between_measures_working_time(calendar, start, end, expected):
    """Among these are the four of the twelve cases in which peers measure."""
    assert hours(expected) == calendar.between(start, end)
    assert timedelta(0) == calendar.between(end, end)


def test_day_of_all_hours_is_as_long_as_the_zone_says():
    """From midnight to midnight are 23, 24 or 25 hours."""
    whole = WorkingHours(name="x", zone="Europe/London", week={"mon-sun": "00:00-24:00"})
    days = [(2026, 3, 29), (2026, 6, 6), (2026, 10, 25)]

    found = [whole.between(london(*day), london(*day) + timedelta(days=1)) for day in days]

    assert [hours(23), hours(24), hours(25)] == found


@pytest.mark.parametrize(
    ("texts", "day", "expected"),
    [
        (["00:30-01:30"], (2026, 3, 29), [("00:30", "01:30")]),  # ends in the gap: an hour later by the clocks
        (["01:15-01:45"], (2026, 3, 29), [("01:15", "01:45")]),  # in the gap: 02:15 to 02:45 by the clocks
        (["01:00-02:00"], (2026, 3, 29), []),  # the gap itself
        (["01:15-01:45", "02:00-03:00"], (2026, 3, 29), [("01:00", "02:00")]),  # what was moved counts once
        (["00:30-01:30"], (2026, 10, 25), [("23:30-", "00:30")]),  # ends when it is 01:30 for the first time
        (["01:30-02:30"], (2026, 10, 25), [("00:30", "02:30")]),  # starts when it is 01:30 for the first time
    ],
)
def test_local_times_at_a_change_of_clocks(texts, day, expected):
    """A time that does not exist moves forward by the gap; of one that comes twice the first counts."""
    calendar = WorkingHours(name="x", zone="Europe/London", week={"mon": "09:00-10:00"}, overrides={date(*day): texts})

    def instant(text):
        at = datetime.fromisoformat(f"{date(*day)}T{text[:5]}+00:00")
        return at - timedelta(days=1) if text.endswith("-") else at

    start, end = datetime(*day, tzinfo=UTC) - hours(2), datetime(*day, tzinfo=UTC) + hours(12)
    found, at = [], calendar.next_opening(start)
    while at < end:
        close = calendar.add(at, timedelta(microseconds=1))
        while calendar.is_open(close):
            close += timedelta(minutes=15) - timedelta(microseconds=close.microsecond)
        found.append((at, close))
        at = calendar.next_opening(close)

    assert [(instant(opens), instant(closes)) for opens, closes in expected] == found


def test_date_that_a_zone_skipped_has_no_hours():
    """Samoa had no 30 December 2011, a Friday: nobody worked, and the shift before it has its hours."""
    apia = ZoneInfo("Pacific/Apia")
    days = WorkingHours(name="x", zone="Pacific/Apia", week={"mon-fri": "09:00-17:00"})
    nights = WorkingHours(name="x", zone="Pacific/Apia", week={"thu": "22:00-06:00"})
    thursday, sunday = datetime(2011, 12, 29, tzinfo=apia), datetime(2012, 1, 1, tzinfo=apia)

    assert hours(8) == days.between(thursday, sunday)
    assert datetime(2012, 1, 2, 9, tzinfo=apia) == days.next_opening(datetime(2011, 12, 29, 17, tzinfo=apia))
    assert hours(8) == nights.between(thursday, sunday)
    assert nights.is_open(datetime(2011, 12, 31, 5, 59, tzinfo=apia))


@pytest.mark.parametrize(
    ("at", "is_open", "opening"),
    [
        (london(2026, 6, 5, 8, 59, 59), False, london(2026, 6, 5, 9)),
        (london(2026, 6, 5, 9), True, london(2026, 6, 5, 9)),
        (london(2026, 6, 5, 12, 29, 59, 999999), True, london(2026, 6, 5, 12, 29, 59, 999999)),
        (london(2026, 6, 5, 12, 30), False, london(2026, 6, 5, 13, 30)),
        (london(2026, 6, 5, 17), False, london(2026, 6, 8, 9)),
        (london(2026, 12, 31, 17), False, london(2027, 1, 1, 9)),
    ],
)
def test_hours_are_half_open(at, is_open, opening):
    """An opening counts, a closing time does not."""
    assert (is_open, opening) == (LUNCH.is_open(at), LUNCH.next_opening(at))


def test_first_instant_of_a_calendar_is_not_open():
    """Nothing comes before the first span of a table."""
    once = WorkingHours(name="x", week={}, overrides={"2026-06-05": "09:00-17:00"})

    assert not once.is_open(datetime(2026, 1, 1, tzinfo=UTC))
    assert timedelta(0) == once.between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


def test_dates_replace_the_week():
    """A closed date and a holiday have no shift that starts on them; an override goes before a holiday."""
    bank = ClosedDates(source="bank", first=2026, last=2026, dates=["2026-06-02", "2026-06-03"])
    office = WorkingHours(
        name="x", week=WEEK, closed=["2026-06-01"], holidays=[bank], overrides={"2026-06-03": "10:00-11:00"}
    )
    nights = attrs.evolve(WEEK_NIGHTS, closed=["2026-06-02"])

    assert hours(1 + 8 + 8) == office.between(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 6, tzinfo=UTC))
    assert nights.is_open(london(2026, 6, 2, 5, 59))
    assert not nights.is_open(london(2026, 6, 2, 22))
    assert not nights.is_open(london(2026, 6, 3, 5, 59))


def test_microseconds_are_exact():
    """Nothing is rounded."""
    start = london(2026, 6, 5, 16, 59, 59, 999999)

    assert timedelta(microseconds=1) == DAY_SHIFT.between(start, london(2026, 6, 8, 9))
    assert london(2026, 6, 8, 9, 0, 0, 1) == DAY_SHIFT.add(start, timedelta(microseconds=2))


def test_answers_do_not_depend_on_what_was_asked_before():
    """Tables that grow in both directions, and years far apart, give the same answers as new ones."""
    asked = [2026, 2024, 2031, 2026, 1900, 2200, 2026]
    shared = attrs.evolve(LUNCH)

    for year in asked:
        at = london(year, 12, 30, 12)
        fresh = attrs.evolve(LUNCH)
        assert fresh.add(at, hours(50)) == shared.add(at, hours(50))
        assert fresh.between(at, at + hours(5000)) == shared.between(at, at + hours(5000))


def test_calendar_is_shared_by_threads():
    """Threads that ask for different years at once all get the right answer."""
    shared, found = attrs.evolve(LUNCH), []
    ask = lambda year: found.append(shared.between(london(year, 1, 1), london(year + 1, 1, 1)))  # noqa: E731
    threads = [Thread(target=ask, args=(year,)) for year in (2026, 2027, 2032, 2037)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [hours(261 * 7)] * 3 + [hours(262 * 7)] == sorted(found)


def test_last_shift_of_all_may_end_in_a_year_after_it():
    """A calendar whose last date is New Year's Eve has the hours of that night."""
    once = WorkingHours(name="x", week={}, overrides={"2027-12-31": "22:00-06:00"})

    assert datetime(2028, 1, 1, 2, tzinfo=UTC) == once.add(datetime(2026, 6, 5, tzinfo=UTC), hours(4))


def test_last_days_of_a_year_count_whatever_was_asked_before():
    """What is worked out for a few years holds up to their very end."""
    calendar = attrs.evolve(DAY_SHIFT)
    assert calendar.is_open(london(2026, 6, 5, 9))

    assert [True] * 4 == [calendar.is_open(london(2027, 12, day, 12)) for day in (28, 29, 30, 31)]


def test_first_and_last_year_of_calendars_are_known():
    """Only what lies outside of them is refused."""
    assert DAY_SHIFT.is_open(datetime(2, 6, 3, 12, tzinfo=UTC))
    assert DAY_SHIFT.is_open(datetime(9998, 6, 3, 12, tzinfo=UTC))


ONCE = WorkingHours(name="once", week={}, overrides={"2026-01-05": "09:00-17:00", "2026-01-06": "closed"})
OVER = "no working time after 2026-01-05; give the calendar a week, or later dates"
BEYOND = "the answer lies beyond the year 9998"
OUTSIDE = "an instant lies outside the years 2 to 9998, which calendars know"


@pytest.mark.parametrize(
    ("calendar", "question", "asked", "text"),
    [
        (ONCE, "add", (NINE, timedelta(microseconds=1)), OVER),
        (ONCE, "add", (datetime(2026, 1, 5, tzinfo=UTC), hours(9)), OVER),
        (ONCE, "next_opening", (NINE,), OVER),
        (ONCE, "next_opening", (datetime(2026, 1, 5, 17, tzinfo=UTC),), OVER),
        (DAY_SHIFT, "add", (LAST, hours(1)), OUTSIDE),
        (DAY_SHIFT, "add", (datetime(1, 6, 1, tzinfo=UTC), hours(1)), OUTSIDE),
        (DAY_SHIFT, "add", (NINE, timedelta.max), BEYOND),
        (DAY_SHIFT, "add", (NINE, timedelta(days=365 * 9000)), BEYOND),
        (DAY_SHIFT, "add", (datetime(9998, 12, 30, tzinfo=UTC), hours(80)), BEYOND),
        (DAY_SHIFT, "between", (NINE, LAST), OUTSIDE),
        (DAY_SHIFT, "is_open", (LAST,), OUTSIDE),
        (WorkingHours(name="new year", week={"mon": "09:00-17:00"}), "next_opening",
         (datetime(9998, 12, 31, tzinfo=UTC),), BEYOND),
    ],
)  # fmt: skip
def test_calendar_without_an_answer_says_so(calendar, question, asked, text):
    """Nothing is looked for without end."""
    with pytest.raises(CalendarError) as caught:
        getattr(calendar, question)(*asked)

    assert text == str(caught.value)


def test_measuring_beyond_the_last_date_ends_there():
    """A span that reaches beyond all working time has what there is."""
    assert hours(8) == ONCE.between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2400, 1, 1, tzinfo=UTC))


def test_calendar_refuses_a_time_zone_that_does_not_know_its_offset():
    """A zone that gives no offset makes an instant as naive as none."""

    class Unsure(tzinfo):
        def utcoffset(self, _at):
            """Know nothing."""

    with pytest.raises(CalendarError, match="the instant is naive"):
        DAY_SHIFT.add(datetime(2026, 6, 5, tzinfo=Unsure()), hours(1))


def test_calendar_refuses_an_instant_that_utc_does_not_have():
    """There is no UTC before the year 1."""
    with pytest.raises(CalendarError, match="the instant lies outside the years 1 to 9999 in UTC"):
        DAY_SHIFT.is_open(datetime(1, 1, 1, tzinfo=timezone(hours(14))))


def test_horizon_is_where_the_first_set_of_holidays_ends():
    """Later days are not known to be working days; without sets nothing ends."""
    sets = [ClosedDates(source="x", first=2026, last=last, dates=[]) for last in (2028, 2027)]

    assert DAY_SHIFT.horizon is None
    assert date(2027, 12, 31) == attrs.evolve(DAY_SHIFT, holidays=sets).horizon


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"source": ""}, "source: must not be empty"),
        ({"first": "2026"}, "first: must be a whole number (1 to 9999), not str"),
        ({"last": 2025}, "last: is 2025, before the first year 2026"),
        ({"dates": "2026-12-25"}, "dates: must be a collection of dates, not str"),
        ({"dates": ["x"]}, f"dates: 'x' is no date{NO_DATE}"),
        ({"dates": ["2027-01-01"]}, "dates: 2027-01-01 lies outside the years 2026 to 2026"),
        ({"dates": [date.fromordinal(day) for day in range(1, 5002)]},
         "dates: has 5001 dates; at most 5000 are possible"),
    ],
)  # fmt: skip
def test_closed_dates_that_cannot_be_are_refused(fields, text):
    """What the years say, the dates keep."""
    with pytest.raises(PolicyConfigError) as caught:
        ClosedDates(**{"source": "x", "first": 2026, "last": 2026, "dates": []} | fields)

    assert f"ClosedDates.{text}" == str(caught.value)
