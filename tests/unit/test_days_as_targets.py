"""Targets in days: counted from the start, and from then on working time like any other."""

from datetime import datetime, timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.calendars import WorkingHours
from supporttiers.calendars.targets import business_days, calendar_days, until_close
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process import SupportProcess

OFFICE = WorkingHours(
    name="office", zone="Europe/London", week={"mon-fri": ["09:00-12:00", "13:00-17:00"]}, closed=["2026-03-25"]
)


@pytest.fixture
def timed(calm):
    """Give a function that makes a process with one limit, in office hours."""

    def make(target, **fields):
        limit = TimeLimit(name="resolve", target=target, thresholds=[Threshold("50%"), Threshold("-1h")], **fields)
        return attrs.evolve(calm, calendars=[OFFICE], calendar="office", limits=[limit])

    return make


@pytest.mark.parametrize(
    ("target", "opened", "due", "worked"),
    [
        (business_days(1), "2026-03-23T10:30", "2026-03-24T10:30", 7),
        (business_days(2), "2026-03-23T10:30", "2026-03-26T10:30", 14),  # Wednesday is closed
        ("1 business day", "2026-03-20T18:00", "2026-03-24T09:00", 7),
        (business_days(1), "2026-03-27T10:30", "2026-03-30T09:30", 7),  # the clocks go forward on Sunday
        ("until close", "2026-03-23T16:00", "2026-03-23T17:00", 1),
        (until_close(2), "2026-03-24T10:00", "2026-03-26T17:00", 13),
        ("2 calendar days", "2026-03-20T10:00", "2026-03-22T10:00", 6),
        (calendar_days(3), "2026-03-23T10:00", "2026-03-26T10:00", 14),
    ],
    ids=str,
)
def test_days_are_counted_from_the_start(make_desk, timed, clock, target, opened, due, worked):
    """The due instant is that of the calendar; what lies between is the target in working time."""
    desk = make_desk(timed(target))
    at = datetime.fromisoformat(f"{opened}+00:00")
    clock.advance(to=max(at, clock.now()))
    case = desk.open(by="jane", at=at)
    watch = case.stopwatch("resolve")

    assert due == f"{case.due_at:%Y-%m-%dT%H:%M}"
    assert timedelta(hours=worked) == watch.target == watch.elapsed(OFFICE, case.due_at)


def test_pause_is_working_time(make_desk, timed, clock, at):
    """An hour of waiting puts off the deadline by an hour of work."""
    desk = make_desk(timed("1 business day"))
    clock.advance(to=at("10:00"))
    case = desk.open(by="jane")
    clock.advance("30m")
    desk.wait(case, by="bob")
    clock.advance("1h")
    case = desk.resume(case, by="bob")

    assert "2026-03-24T11:00" == f"{case.due_at:%Y-%m-%dT%H:%M}"


def test_nothing_is_recalculated_without_a_cause(make_desk, timed, clock):
    """Days come to the same working time at every command."""
    desk = make_desk(timed({"high": "until close", "*": "2 business days"}))
    case = desk.open(by="jane")
    clock.advance("3h")
    desk.note(case, by="bob")
    desk.amend(case, by="bob", category="x")

    assert not any(isinstance(event, happened.StopwatchRetargeted) for event in desk.history(case))


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        ("retroactive", "2026-03-23T17:00"),
        ("keep", "2026-03-26T10:00"),
        ("restart", "2026-03-23T17:00"),
    ],
)
def test_change_of_priority_counts_days_from_where_its_rule_says(make_desk, timed, clock, at, rule, due):
    """From the original start, or from now."""
    desk = make_desk(timed({"high": "until close", "*": "2 business days"}, on_priority_change=rule))
    clock.advance(to=at("10:00"))
    case = desk.open(by="jane")
    clock.advance("4h")
    case = desk.amend(case, by="bob", priority="high")

    assert due == f"{case.due_at:%Y-%m-%dT%H:%M}"
    assert (at("14:00") if rule == "restart" else at("10:00")) == case.stopwatch("resolve").started_at


def test_thresholds_lie_in_working_time(make_desk, timed, clock, at):
    """Half of a day of seven hours, and an hour before its end."""
    desk = make_desk(timed("until close"))
    case = desk.open(by="jane")
    clock.advance("24h")
    desk.run_due()
    fired = [(event.mark, event.at) for event in desk.history(case) if isinstance(event, happened.ThresholdFired)]

    assert [("50%", at("13:30")), ("-1h", at("16:00")), ("100%", at("17:00"))] == fired


def test_process_with_days_is_written_and_read(timed):
    """In the words of a process file."""
    process = timed({"high": "until close of business day 2", "low": "8h", "*": "1 calendar day"})

    assert {"high": "until close of business day 2", "low": "8h", "*": "1 calendar day"} == (
        process.to_data()["limits"][0]["target"]
    )
    assert process == SupportProcess.from_data(process.to_data())
    assert not [found for found in process.check() if found.place.startswith("limits")]
