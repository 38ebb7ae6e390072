"""Targets in days: what they are due at, and how they are written."""

import pickle
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from supporttiers.calendars import WorkingHours
from supporttiers.calendars.targets import (
    BusinessDays,
    CalendarDays,
    UntilClose,
    business_days,
    calendar_days,
    target_of,
    target_text,
    until_close,
)
from supporttiers.errors import CalendarError, PolicyConfigError

LONDON = ZoneInfo("Europe/London")
OFFICE = WorkingHours(
    name="office",
    zone="Europe/London",
    week={"mon-thu": ["09:00-12:30", "13:30-17:30"], "fri": "09:00-16:00"},
    closed=["2026-12-25", "2026-12-28"],
    overrides={"2026-12-24": "09:00-12:00"},
)
NIGHTS = WorkingHours(name="nights", zone="Europe/London", week={"mon-fri": "22:00-06:00"})
ALWAYS = WorkingHours.always()


def june(day, hour, minute=0):
    """Give an instant of June 2026, whose first is a Monday, by London's clocks."""
    return datetime(2026, 6, day, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("calendar", "start", "target", "expected"),
    [
        # the same time of day, so many working days later
        (OFFICE, june(1, 14), business_days(1), june(2, 14)),
        (OFFICE, june(1, 14), business_days(5), june(8, 14)),
        (OFFICE, june(5, 14), business_days(1), june(8, 14)),
        # from outside working hours it counts from the next opening
        (OFFICE, june(1, 7), business_days(1), june(2, 9)),
        (OFFICE, june(1, 13), business_days(1), june(2, 13, 30)),
        (OFFICE, june(1, 17, 30), business_days(1), june(3, 9)),
        (OFFICE, june(6, 12), business_days(2), june(10, 9)),
        # the last day is closed at that time: its opening after it, else its last close
        (OFFICE, june(4, 15, 59), business_days(1), june(5, 15, 59)),
        (OFFICE, june(4, 16), business_days(1), june(5, 16)),
        (OFFICE, june(4, 17), business_days(1), june(5, 16)),
        (OFFICE, june(5, 13), business_days(1), june(8, 13, 30)),
        (OFFICE, june(5, 12, 30), business_days(1), june(8, 12, 30)),
        # holidays are no working days
        (
            OFFICE,
            datetime(2026, 12, 23, 15, tzinfo=LONDON),
            business_days(1),
            datetime(2026, 12, 24, 12, tzinfo=LONDON),
        ),
        (
            OFFICE,
            datetime(2026, 12, 24, 11, tzinfo=LONDON),
            business_days(1),
            datetime(2026, 12, 29, 11, tzinfo=LONDON),
        ),
        # a night belongs to the day on which it starts
        (NIGHTS, june(2, 2), business_days(1), june(3, 2)),
        (NIGHTS, june(6, 2), business_days(1), june(9, 2)),
        (NIGHTS, june(6, 7), business_days(1), june(9, 22)),
        (ALWAYS, june(6, 7), business_days(1), june(7, 7)),
        # days of the calendar
        (OFFICE, june(5, 14), calendar_days(1), june(6, 14)),
        (OFFICE, june(6, 3), calendar_days(30), datetime(2026, 7, 6, 3, tzinfo=LONDON)),
        (OFFICE, datetime(2026, 3, 28, 14, tzinfo=LONDON), calendar_days(1), datetime(2026, 3, 29, 14, tzinfo=LONDON)),
        (
            OFFICE,
            datetime(2026, 3, 28, 1, 30, tzinfo=LONDON),
            calendar_days(1),
            datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        ),
        (
            OFFICE,
            datetime(2026, 10, 25, 1, 30, tzinfo=LONDON, fold=1),
            calendar_days(1),
            datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
        ),
        # the close of a day
        (OFFICE, june(1, 14), until_close(), june(1, 17, 30)),
        (OFFICE, june(1, 7), until_close(), june(1, 17, 30)),
        (OFFICE, june(1, 13), until_close(), june(1, 17, 30)),
        (OFFICE, june(1, 17, 29), until_close(), june(1, 17, 30)),
        (OFFICE, june(1, 17, 30), until_close(), june(2, 17, 30)),
        (OFFICE, june(1, 14), until_close(2), june(2, 17, 30)),
        (OFFICE, june(6, 14), until_close(5), june(12, 16)),
        (NIGHTS, june(2, 2), until_close(), june(2, 6)),
        (NIGHTS, june(2, 6), until_close(), june(3, 6)),
        (ALWAYS, june(1, 14), until_close(), june(2, 1)),
        # working time
        (OFFICE, june(1, 12), timedelta(hours=1), june(1, 14)),
        (OFFICE, june(6, 12), timedelta(0), june(6, 12)),
    ],
    ids=str,
)
def test_target_is_due(calendar, start, target, expected):
    """What people expect of days, with the boundary on both sides."""
    due = calendar.after(start, target)

    assert (expected, UTC) == (due, due.tzinfo)


def test_shift_over_a_skipped_day_belongs_to_the_day_on_which_it_starts():
    """Samoa's night of 29 December 2011 ended on the 31st, for there was no 30th."""
    apia = ZoneInfo("Pacific/Apia")
    nights = WorkingHours(name="x", zone="Pacific/Apia", week={"mon-fri": "22:00-06:00"})

    due = nights.after(datetime(2011, 12, 31, 5, tzinfo=apia), business_days(1))

    assert datetime(2012, 1, 3, 5, tzinfo=apia) == due


def test_day_whose_hours_fall_into_a_gap_is_no_business_day():
    """On the last Sunday of March London's clocks go from 01:00 to 02:00: nobody works in between."""
    gap = WorkingHours(
        name="x", zone="Europe/London", week={"mon-fri": "09:00-17:00"}, overrides={"2026-03-29": "01:00-02:00"}
    )

    due = gap.after(datetime(2026, 3, 27, 14, tzinfo=LONDON), business_days(1))

    assert datetime(2026, 3, 30, 14, tzinfo=LONDON) == due


ONCE = WorkingHours(name="once", week={}, overrides={"2026-01-05": "09:00-17:00"})
MORNING = datetime(2026, 1, 5, 9, tzinfo=UTC)
OVER = "no working time after 2026-01-05; give the calendar a week, or later dates"


@pytest.mark.parametrize(
    ("calendar", "start", "target", "text"),
    [
        (ONCE, MORNING, business_days(1), OVER),
        (ONCE, MORNING, until_close(2), OVER),
        (OFFICE, datetime(9998, 12, 30, 10, tzinfo=UTC), until_close(3), "the answer lies beyond the year 9998"),
        (OFFICE, datetime(9998, 12, 30, 10, tzinfo=UTC), calendar_days(400), "the answer lies beyond the year 9998"),
        (
            OFFICE,
            datetime(9999, 12, 30, 10, tzinfo=UTC),
            calendar_days(1),
            "an instant lies outside the years 2 to 9998, which calendars know",
        ),
        (
            OFFICE,
            MORNING,
            "2 business days",
            "the target is a str; possible are a timedelta, business_days(n), calendar_days(n) and until_close(n)",
        ),
        (
            OFFICE,
            datetime(2026, 1, 5),  # noqa: DTZ001 - what is to be refused
            until_close(),
            "the instant is naive; give it a time zone, such as datetime.now(UTC)",
        ),
    ],
)
def test_target_without_an_answer_is_refused(calendar, start, target, text):
    """Nothing is looked for without end."""
    with pytest.raises(CalendarError) as caught:
        calendar.after(start, target)

    assert text == str(caught.value)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (business_days(1), "1 business day"),
        (business_days(2), "2 business days"),
        (calendar_days(1), "1 calendar day"),
        (calendar_days(30), "30 calendar days"),
        (until_close(), "until close"),
        (until_close(3), "until close of business day 3"),
        (timedelta(hours=2, minutes=30), "2h30m"),
    ],
)
def test_target_is_read_as_it_is_written(target, text):
    """There and back, as text and pickled."""
    assert text == target_text(target)
    assert target == target_of(text) == target_of(f" {text} ") == target_of(target)
    assert target == pickle.loads(pickle.dumps(target))


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("1 business days", business_days(1)),
        ("2 calendar day", calendar_days(2)),
        ("until close of business day 1", until_close()),
    ],
)
def test_target_is_read_where_grammar_is_loose(text, target):
    """A plural too many is no other meaning."""
    assert target == target_of(text)


POSSIBLE = "possible are working time ('8h'), '2 business days', '2 calendar days' and 'until close'"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, f"must be a text or a timedelta, not int; {POSSIBLE}"),
        ("2d", f"'2d' may mean days of work or of the calendar, which differ; {POSSIBLE}"),
        ("2 days", f"'2 days' may mean days of work or of the calendar, which differ; {POSSIBLE}"),
        ("1 day", f"'1 day' may mean days of work or of the calendar, which differ; {POSSIBLE}"),
        ("2 working days", f"'2 working days' may mean days of work or of the calendar, which differ; {POSSIBLE}"),
        ("soon", f"'soon' is no target; {POSSIBLE}"),
        ("-2 business days", f"'-2 business days' is no target; {POSSIBLE}"),
        ("\uff12 business days", f"'\uff12 business days' is no target; {POSSIBLE}"),  # a digit, but none of ours
    ],
)
def test_target_that_is_none_is_refused(value, text):
    """Bare days above all: the message names what is clear."""
    with pytest.raises(PolicyConfigError) as caught:
        target_of(value)

    assert f"target: {text}" == str(caught.value)


@pytest.mark.parametrize("kind", [BusinessDays, CalendarDays, UntilClose])
@pytest.mark.parametrize("count", [0, -1, 3661, True, "2"])
def test_target_counts_days_from_one(kind, count):
    """None, or a part of a day, is no target in days."""
    with pytest.raises(PolicyConfigError, match=f"{kind.__name__}.count"):
        kind(count)
