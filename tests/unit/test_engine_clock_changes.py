"""Stopwatches that are cancelled, reset, retargeted, go on after reopening, or hear of it late."""

from datetime import timedelta

import attrs
import pytest

from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match, Not
from supporttiers.stopwatches import Stage


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


# -- cancel, reset, retarget


def test_cancelled_case_cancels_its_clocks(desk, case, clock, at):
    """They count no longer: neither met nor breached, and nothing fires any more."""
    clock.advance("10m")
    cancelled = desk.cancel(case, by="jane")
    clock.advance("100h")
    desk.run_due()

    assert [("cancelled", at("09:10"), False)] * 2 == [
        (watch.stage, watch.stopped_at, watch.breached) for watch in cancelled.stopwatches
    ]
    assert cancelled == desk.get("T-1")


def test_merged_case_cancels_its_clocks(desk, case):
    """Merging is a clock event."""
    desk.open(id="T-2", by="joe")

    assert {"cancelled"} == {watch.stage for watch in desk.merge(case, by="bob", into="T-2").stopwatches}


def test_case_that_is_no_longer_watched_cancels_the_clock(limited, clock):
    """Once it is watched again a new instance begins then, not before."""
    desk = limited(when=Match(category=Not("wishlist")))
    case = desk.open(by="jane", category="printing")
    clock.advance("1h")
    gone = desk.amend(case, by="bob", category="wishlist")
    clock.advance("1h")
    back = desk.amend(case, by="bob", category="printing", occurred_at=clock.now() - hours(2))

    assert (1, "cancelled") == own(gone)
    assert (2, "in_progress") == own(back)
    assert gone.stopwatch("own").stopped_at == back.stopwatch("own").started_at


def test_clock_without_a_target_for_the_priority_is_cancelled(limited):
    """A limit may speak of some priorities only."""
    desk = limited(target={"critical": "1h"})
    case = desk.open(by="jane", priority="critical")
    gone = desk.amend(case, by="bob", priority="low")

    assert [(1, "in_progress"), (1, "cancelled")] == [own(case), own(gone)]


@pytest.mark.parametrize("paused", [False, True])
def test_reset_completes_the_old_instance_and_starts_anew(limited, clock, paused):
    """The new one obeys pause like any other."""
    desk = limited(reset=Match(tags="again"), pause=Match(tags="still"))
    case = desk.open(by="jane")
    clock.advance("1h")
    case = desk.amend(case, by="bob", tags=["again", "still"] if paused else ["again"])
    [stopped, *_] = [event for event in desk.history(case) if type(event).__name__ == "StopwatchStopped"]

    assert (2, "paused" if paused else "in_progress") == own(case)
    assert clock.now() == case.stopwatch("own").started_at
    assert (1, clock.now(), False) == (stopped.instance, stopped.stopped_at, stopped.breached)


@pytest.mark.parametrize(("wait", "due"), [(True, "14:00"), (False, "13:00")])
def test_new_priority_counts_from_the_original_start(desk, clock, at, wait, due):
    """Retroactive: opened at 9 with 8 hours, an hour of waiting, at noon 4 hours: due four hours of work after 9."""
    case = desk.open(by="jane", priority="low")
    clock.advance("1h")
    if wait:
        desk.wait(case, by="bob")
    clock.advance("1h")
    if wait:
        desk.resume(case, by="bob")
    clock.advance("1h")
    amended = desk.amend(case, by="bob", priority="critical")

    assert (at(due), hours(4)) == (amended.stopwatch("resolve").due_at, amended.stopwatch("resolve").target)
    assert (
        at("17:00" if not wait else "18:00") == desk.amend(case, by="bob", priority="low").stopwatch("resolve").due_at
    )


def test_new_priority_while_paused(desk, case, clock, at):
    """Still nothing is due, unless the new target was reached while it ran."""
    clock.advance("3h")
    desk.wait(case, by="bob")
    clock.advance("3h")
    paused = desk.amend(case, by="bob", priority="critical").stopwatch("resolve")

    assert (Stage.PAUSED, None, hours(4)) == (paused.stage, paused.due_at, paused.target)
    assert at("16:00") == desk.resume(case, by="bob").stopwatch("resolve").due_at


def test_new_priority_that_was_reached_before_the_pause(desk, case, clock, at):
    """The due instant lies where the new target was reached."""
    clock.advance("5h")
    desk.wait(case, by="bob")
    paused = desk.amend(case, by="bob", priority="critical")

    assert at("13:00") == paused.stopwatch("resolve").due_at == paused.due_at


def test_other_changes_do_not_touch_the_clocks(desk, case, clock):
    """Only what the predicates and targets speak of makes events of theirs."""
    clock.advance("1m")
    desk.amend(case, by="bob", subject="Fire", category="safety")
    desk.note(case, by="bob", text="x")
    desk.assign(case, by="bob", assignee="bob")

    assert case.stopwatches == desk.get("T-1").stopwatches
    assert case.version + 3 == desk.get("T-1").version


# -- reopening


def test_reopening_resumes_the_customers_clock(desk, case, clock, at):
    """The time in which it was resolved does not count; the instance stays; the tier's clock is a new one."""
    clock.advance("10m")
    desk.resolve(case, by="bob")
    clock.advance("5h")
    reopened = desk.reopen(case, by="jane")
    resolve, tier = reopened.stopwatch("resolve"), reopened.stopwatch("tier 1")

    assert (1, Stage.IN_PROGRESS, at("22:00"), None) == (
        resolve.instance, resolve.stage, resolve.due_at, resolve.stopped_at,
    )  # fmt: skip
    assert timedelta(minutes=10) == resolve.closed_elapsed()
    assert (2, at("14:10"), at("14:25")) == (tier.instance, tier.started_at, tier.due_at)


def test_reopening_keeps_what_fired(limited, clock):
    """A breach stays a breach, and its threshold does not fire again."""
    desk = limited()
    case = desk.open(by="jane")
    due_at = clock.advance("2h")
    clock.advance("1h")
    desk.resolve(case, by="bob")
    clock.advance("1h")
    reopened = desk.reopen(case, by="jane")
    clock.advance("10h")

    assert (True, (0,), due_at) == tuple(
        getattr(reopened.stopwatch("own"), name) for name in ("breached", "fired", "due_at")
    )
    assert 0 == desk.run_due().fired


def test_reopening_takes_the_priority_of_now(desk, case, clock, at):
    """A priority changed while the case was resolved holds from the moment it is worked on again."""
    clock.advance("1h")
    desk.resolve(case, by="bob")
    desk.amend(case, by="bob", priority="critical")
    clock.advance("1h")
    watch = desk.reopen(case, by="jane").stopwatch("resolve")

    assert (hours(4), at("14:00")) == (watch.target, watch.due_at)


def test_reopening_known_late_counts_from_the_end_at_most(desk, case, clock, at):
    """No time before the resolution is counted twice, also where the clock stood still before it."""
    clock.advance("10m")
    desk.wait(case, by="bob")
    clock.advance("1h")
    desk.resolve(case, by="bob")
    clock.advance("1h")
    watch = desk.reopen(case, by="jane", occurred_at=at("09:30")).stopwatch("resolve")

    assert at("10:10") == watch.running_since


# -- late knowledge


def test_late_known_end_stops_the_clock_where_it_happened(desk, case, clock, at):
    """Resolved by telephone ten minutes before the due instant, typed in before it."""
    clock.advance(to=at("16:55"))
    watch = desk.resolve(case, by="bob", occurred_at=at("16:50")).stopwatch("resolve")

    assert (at("16:50"), False, hours(8) - timedelta(minutes=10)) == (
        watch.stopped_at, watch.breached, watch.closed_elapsed(),
    )  # fmt: skip


def test_late_known_end_does_not_rewrite_what_has_fired(desk, case, clock, at):
    """Typed in after the due instant, the breach has happened and stays; the time is still that of the end."""
    clock.advance(to=at("17:30"))
    watch = desk.resolve(case, by="bob", occurred_at=at("16:50")).stopwatch("resolve")

    assert (at("16:50"), True, (0, 1)) == (watch.stopped_at, watch.breached, watch.fired)


def test_late_known_end_lies_within_its_segment(limited, clock, at):
    """Nothing is known of a clock before it began to run, went on, or paused."""
    desk = limited()
    case = desk.open(by="jane")
    clock.advance("10m")
    desk.wait(case, by="bob")
    clock.advance("10m")
    desk.resume(case, by="bob")
    clock.advance("10m")
    stopped = desk.resolve(case, by="bob", occurred_at=at("08:00")).stopwatch("own")

    assert (at("09:20"), timedelta(minutes=10)) == (stopped.stopped_at, stopped.closed_elapsed())


def test_late_known_pause_gives_time_back(desk, case, clock, at):
    """The customer was asked ten minutes ago: since then the clock stood still, even past a due instant."""
    clock.advance(to=at("17:05"))
    paused = desk.wait(case, by="bob", occurred_at=at("16:55"))
    watch = paused.stopwatch("resolve")
    resolve = next(reading for reading in desk.clocks(case) if reading.limit == "resolve")

    assert (Stage.PAUSED, None, True) == (watch.stage, watch.due_at, watch.breached)
    assert (timedelta(minutes=5), True) == (resolve.remaining, resolve.breached)
