"""Stopwatches driven by their predicates: when they start, pause, go on and stop, and what they show."""

from datetime import timedelta

import attrs
import pytest

from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.stopwatches import MAX_SEGMENTS, Stage
from supporttiers.tiers import Agreement


@pytest.fixture
def case(desk):
    """Give a case that Jane has just opened: 15 minutes at tier 1, 8 hours to its resolution."""
    return desk.open("Printer", id="T-1", by="jane")


@pytest.fixture
def limited(make_desk, calm):
    """Make a desk of one limit of two hours, called `own`, with the predicates that are named."""

    def make(**predicates):
        limit = {"name": "own", "target": "2h", "thresholds": [Threshold("100%")], **predicates}
        return make_desk(attrs.evolve(calm, limits=[TimeLimit(**limit)]))

    return make


def own(case):
    """Shortly say how the stopwatch of the limit `own` stands."""
    watch = case.stopwatch("own")
    return None if watch is None else (watch.instance, str(watch.stage))


def hours(number):
    """Give a duration."""
    return timedelta(hours=number)


# -- start


def test_clocks_start_at_the_opening(desk, case, at):
    """The case is due at the earliest target; both limits follow the process's revision."""
    tier, resolve = case.stopwatches

    assert ("tier 1", Agreement.OLA, at("09:15")) == (tier.limit, tier.agreement, tier.due_at)
    assert ("resolve", Agreement.SLA, at("17:00")) == (resolve.limit, resolve.agreement, resolve.due_at)
    assert {1} == {tier.instance, resolve.instance}
    assert {desk.process.revision} == {tier.revision, resolve.revision}
    assert at("09:15") == case.due_at


@pytest.mark.parametrize(("priority", "due"), [("critical", "13:00"), ("low", "17:00")])
def test_target_depends_on_the_priority(desk, at, priority, due):
    """One duration for each priority, and one for the rest."""
    assert at(due) == desk.open(by="jane", priority=priority).stopwatch("resolve").due_at


def test_late_known_opening_starts_the_clocks_when_it_happened(desk, at):
    """A mail of twenty minutes ago has used twenty minutes."""
    case = desk.open(by="jane", occurred_at=at("08:50"))

    assert {at("08:50")} == {watch.started_at for watch in case.stopwatches}
    assert at("09:05") == case.due_at


@pytest.mark.parametrize(
    ("limit", "started"),
    [
        ({"when": Match(category="printing")}, True),
        ({"when": Match(category="network")}, False),
        ({"start": Match(tier=1)}, True),
        ({"start": Match(tier=2)}, False),
        ({"stop": Match(tier=1)}, False),
        ({"cancel": Match(tier=1)}, False),
        ({"target": {"medium": "1h"}}, True),
        ({"target": {"critical": "1h"}}, False),
        ({"measures": "tier", "tier": 1}, True),
        ({"measures": "tier", "tier": 2}, False),
    ],
    ids=range(10),
)
def test_clock_is_attached_where_it_is_wanted(limited, limit, started):
    """While start holds, the case is watched, a target is there, and neither stop nor cancel holds."""
    case = limited(**limit).open(by="jane", category="printing")

    assert started is (case.stopwatch("own") is not None)


def test_clock_whose_pause_holds_at_once_stands_still(limited):
    """It is attached, and has not run."""
    case = limited(pause=Match(tier=1)).open(by="jane")

    assert (1, "paused") == own(case)
    assert case.due_at is None
    assert timedelta(0) == case.stopwatch("own").closed_elapsed()


# -- tiers


def test_tier_clock_stops_on_leaving_and_is_new_on_coming_back(desk, case, clock, at):
    """Each stay has its own time, from its own entry; the customer's clock runs on across tiers."""
    clock.advance("10m")
    away = desk.escalate(case, by="bob").stopwatch("tier 1")
    clock.advance("1h")
    back = desk.hand_back(case, by="dora")
    tier = back.stopwatch("tier 1")

    assert (Stage.COMPLETED, 1, at("09:10"), False) == (away.stage, away.instance, away.stopped_at, away.breached)
    assert (Stage.IN_PROGRESS, 2, at("10:10"), at("10:25")) == (tier.stage, tier.instance, tier.started_at, tier.due_at)
    assert () == tier.segments
    assert (1, at("17:00")) == (back.stopwatch("resolve").instance, back.stopwatch("resolve").due_at)


def test_tier_clock_does_not_care_for_teams(desk, case, clock, at):
    """Moving sideways is no new stay."""
    clock.advance("10m")
    moved = desk.transfer(case, by="bob", team="back")

    assert (1, at("09:15")) == (moved.stopwatch("tier 1").instance, moved.stopwatch("tier 1").due_at)


def test_tier_clock_begins_with_the_stay(desk, case, clock, at):
    """Late knowledge of a move reaches back to the stay before, not into it; entry and clock agree."""
    clock.advance("5m")
    desk.escalate(case, by="bob", occurred_at=at("09:02"))
    clock.advance("5m")
    back = desk.hand_back(case, by="bob", occurred_at=at("08:00"))
    tier = back.stopwatch("tier 1")

    assert (at("09:02"), at("09:02")) == (back.tier_entered_at, tier.started_at)
    assert 2 == tier.instance


# -- pauses


def test_waiting_for_the_customer_pauses(desk, case, clock, at):
    """Nothing is due while all stand still; what is left is frozen, and projected from now on."""
    clock.advance("5m")
    waiting = desk.wait(case, by="bob")
    clock.advance("3h")
    tier, resolve = desk.clocks(case)

    assert waiting.due_at is None
    assert {"paused"} == {tier.stage, resolve.stage}
    assert (timedelta(minutes=10), None, at("12:15")) == (tier.remaining, tier.due_at, tier.projected_due_at)
    assert (timedelta(minutes=5), hours(8) - timedelta(minutes=5)) == (resolve.elapsed, resolve.remaining)
    assert at("20:00") == resolve.projected_due_at
    assert (False, False) == (tier.breached, resolve.breached)


def test_resuming_moves_what_is_due_by_the_pause(desk, case, clock, at):
    """The start never moves, and at the due instant exactly the target has elapsed."""
    clock.advance("5m")
    desk.wait(case, by="bob")
    clock.advance("3h")
    resumed = desk.reply(case, by="jane")
    clock.advance(to=resumed.stopwatch("resolve").due_at)
    resolve = next(reading for reading in desk.clocks(case) if reading.limit == "resolve")

    assert (at("12:15"), at("20:00")) == (resumed.stopwatch("tier 1").due_at, resumed.stopwatch("resolve").due_at)
    assert {at("09:00")} == {watch.started_at for watch in resumed.stopwatches}
    assert (hours(8), timedelta(0)) == (resolve.elapsed, resolve.remaining)


def test_time_before_a_pause_is_measured_by_the_limits_own_calendar(
    make_desk, calm, with_calendar, every_other_hour, office, clock, at
):
    """Not by the process's: from ten to eleven nothing has passed on a calendar of odd hours."""
    limit = TimeLimit(name="own", target="2h", pause=Match(status="waiting"))
    desk = make_desk(with_calendar(attrs.evolve(calm, limits=[limit]), every_other_hour, of_process=office))
    clock.advance("1h")
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.wait(case, by="bob", reason="parts")
    clock.advance("1h")
    case = desk.resume(case, by="bob")

    assert (at("16:00"), hours(0)) == (case.stopwatch("own").due_at, desk.clocks(case)[0].elapsed)


@pytest.mark.parametrize("wait_reason", ["vendor", "known_issue", "approval", "scheduled", "parts"])
def test_other_waiting_does_not_pause(desk, case, clock, at, wait_reason):
    """The customer's clock runs on while the house or its vendor keeps them waiting."""
    if wait_reason == "vendor":
        desk.dispatch(case, by="bob", vendor="acme-print")
    waiting = desk.wait(case, by="bob", wait_reason=wait_reason)

    assert at("09:15") == waiting.due_at


def test_change_of_what_is_waited_for_pauses_and_resumes(desk, case, clock, at):
    """From the customer to parts the clock goes on, and back it stands again."""
    desk.wait(case, by="bob")
    clock.advance("1h")
    on = desk.wait(case, by="bob", wait_reason="parts")
    clock.advance("1h")
    off = desk.wait(case, by="bob")

    assert at("18:00") == on.stopwatch("resolve").due_at
    assert (Stage.PAUSED, hours(1)) == (off.stopwatch("resolve").stage, off.stopwatch("resolve").closed_elapsed())


def test_paused_clock_cannot_breach(desk, case, clock):
    """However long it stands still, nothing becomes due by it."""
    desk.wait(case, by="bob")
    clock.advance("9000h")
    done = desk.run_due()

    assert 0 == done.fired
    assert [(False, ()), (False, ())] == [(watch.breached, watch.fired) for watch in desk.get("T-1").stopwatches]


def test_resume_predicate_beats_pause(limited):
    """A clock that pauses for a team may still run for urgent cases of it."""
    desk = limited(pause=Match(team="front"), resume=Match(priority="critical"))

    assert (1, "paused") == own(desk.open(id="T-1", by="jane"))
    assert (1, "in_progress") == own(desk.amend("T-1", by="bob", priority="critical"))
    assert (1, "paused") == own(desk.amend("T-1", by="bob", priority="low"))


def test_long_history_keeps_its_sums(limited, clock):
    """Beyond 32 segments the oldest merge; what has elapsed stays exact, and so does what is due."""
    desk = limited(target="100h")
    case = desk.open(by="jane")
    for _ in range(40):
        clock.advance("30m")
        desk.wait(case, by="bob")
        clock.advance("30m")
        case = desk.resume(case, by="bob")
    watch = case.stopwatch("own")

    assert MAX_SEGMENTS == len(watch.segments)
    assert (hours(20), hours(20)) == (watch.closed_elapsed(), watch.actual_elapsed(clock.now()))
    assert clock.now() + hours(80) == watch.due_at


# -- stop


@pytest.mark.parametrize(
    ("instant", "breached"), [("16:59:59", False), ("17:00:00", False), ("17:00:00.000001", True), ("18:00", True)]
)
def test_stop_at_the_due_instant_is_in_time(desk, case, clock, at, instant, breached):
    """Met up to and including the due instant, decided on exact time; due is kept, nothing is due any more."""
    clock.advance(to=at(instant))
    resolved = desk.resolve(case, by="bob")
    watch = resolved.stopwatch("resolve")

    assert (Stage.COMPLETED, at(instant), at("17:00"), breached) == (
        watch.stage, watch.stopped_at, watch.due_at, watch.breached,
    )  # fmt: skip
    assert resolved.due_at is None
    assert breached is (1 in watch.fired)


@pytest.mark.parametrize(("swept", "breached"), [(False, False), (True, True)])
def test_clock_still_running_at_the_due_instant_fires(desk, case, clock, at, swept, breached):
    """Whether the sweep or the command of one instant is committed first decides, and what fired stays fired."""
    clock.advance(to=at("17:00"))
    if swept:
        desk.run_due()
    watch = desk.resolve(case, by="bob").stopwatch("resolve")

    assert (at("17:00"), breached) == (watch.stopped_at, watch.breached)
    assert ((0, 1) if breached else (0,)) == watch.fired


def test_clock_that_stood_still_from_the_due_instant_on_is_in_time(limited, clock):
    """Paused exactly at its target it has not passed it, whenever it is stopped while it stands."""
    desk = limited()
    case = desk.open(by="jane")
    clock.advance("2h")
    waiting = desk.wait(case, by="bob")
    clock.advance("5h")
    watch = desk.resolve(case, by="bob").stopwatch("own")

    assert clock.now() - hours(5) == waiting.due_at
    assert (Stage.COMPLETED, hours(2), False, ()) == (watch.stage, watch.closed_elapsed(), watch.breached, watch.fired)


def test_clock_that_goes_on_after_the_due_instant_fires(limited, clock):
    """Paused exactly at its target, any time that runs afterwards is too late: it fires when it goes on."""
    desk = limited()
    case = desk.open(by="jane")
    due_at = clock.advance("2h")
    desk.wait(case, by="bob")
    clock.advance("1h")
    resumed = desk.resume(case, by="bob")
    clock.advance("1m")
    desk.run_due()
    fired = desk.history(case)[-1]

    assert due_at == resumed.due_at == fired.due_at
    assert ("ThresholdFired", clock.now() - timedelta(minutes=1)) == (type(fired).__name__, fired.at)


def test_breach_is_a_flag_of_whatever_stage(limited, clock):
    """It stays while the clock runs on, pauses and ends; the overrun is frozen while it stands still."""
    desk = limited()
    case = desk.open(by="jane")
    clock.advance("3h")
    desk.run_due()
    seen = []
    for verb in (desk.wait, desk.resume, desk.resolve):
        [reading] = desk.clocks(verb(case, by="bob"))
        clock.advance("1h")
        [later] = desk.clocks(case)
        seen.append((str(reading.stage), later.breached, later.remaining, later.projected_due_at))

    assert [
        ("paused", True, hours(-1), None),
        ("in_progress", True, hours(-2), None),
        ("completed", True, hours(-2), None),
    ] == seen


@pytest.mark.parametrize(("now", "breached"), [("10:59:59", False), ("11:00", True)])
def test_reading_knows_a_breach_before_the_sweep(limited, clock, at, now, breached):
    """What a sweep of this instant would find is shown at once."""
    desk = limited()
    case = desk.open(by="jane")
    clock.advance(to=at(now))
    [reading] = desk.clocks(case)

    assert (breached, at("11:00")) == (reading.breached, reading.due_at)
    assert ("own", Agreement.SLA, 1, hours(2)) == (
        reading.limit, reading.agreement, reading.instance, reading.target,
    )  # fmt: skip
