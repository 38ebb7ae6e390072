"""Working time: the calendar in which every instant counts."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from supporttiers.calendars import WorkingHours
from supporttiers.errors import CalendarError, PolicyConfigError

HOURS = WorkingHours.always()
NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)
NAIVE = datetime(2026, 3, 23, 9)  # noqa: DTZ001 - what is to be refused
LAST = datetime.max.replace(tzinfo=UTC)


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
