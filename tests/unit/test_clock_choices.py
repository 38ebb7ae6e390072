"""What becomes of a clock when its target, its calendar or its process changes, and when its case is reopened."""

from datetime import timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers._codec import decode_case, encode_case
from supporttiers._engine import decide
from supporttiers._engine.renewing import recalculate
from supporttiers.actors import Actor
from supporttiers.commands import Amend, Open, Resume, Wait
from supporttiers.limits import PRIORITY_RULES, REOPENING_RULES, Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.process import SupportProcess
from supporttiers.stopwatches import MAX_SEGMENTS

HOUR = timedelta(hours=1)
BOB, JANE = Actor.agent("bob"), Actor.customer("jane")


@pytest.fixture
def limited(make_desk, calm):
    """Make a desk of one limit, called `own`: eight hours, for critical cases four."""

    def make(process=None, **fields):
        limit = {"name": "own", "target": {"critical": "4h", "*": "8h"}, **fields}
        return make_desk(attrs.evolve(calm, limits=[TimeLimit(**limit)], **process or {}))

    return make


def fired(desk, case):
    """Say which thresholds fired, and when they were due and judged."""
    return [
        (event.mark, f"{event.due_at:%H:%M}", f"{event.at:%H:%M}")
        for event in desk.history(case)
        if isinstance(event, happened.ThresholdFired)
    ]


def own(case):
    """Shortly say how the stopwatch of the limit `own` stands."""
    watch = case.stopwatch("own")
    return watch.instance, str(watch.stage), None if watch.due_at is None else f"{watch.due_at:%H:%M}"


# -- another target


def reprioritised(desk, clock, at):
    """Open at 10 with 8 hours, wait from 11 to 12, and change to 4 hours at 13."""
    clock.advance(to=at("10:00"))
    case = desk.open(by="jane")
    clock.advance(to=at("11:00"))
    desk.wait(case, by="bob")
    clock.advance(to=at("12:00"))
    desk.resume(case, by="bob")
    clock.advance(to=at("13:00"))
    return desk.amend(case, by="bob", priority="critical")


@pytest.mark.parametrize(
    ("rule", "instance", "due"),
    [
        (None, 1, "15:00"),
        ("retroactive", 1, "15:00"),
        ("carry_elapsed", 1, "15:00"),
        ("restart", 2, "17:00"),
        ("keep", 1, "19:00"),
    ],
)
@pytest.mark.parametrize("where", ["limit", "process"])
def test_priority_change_is_a_choice(limited, clock, at, where, rule, instance, due):
    """Opened at 10 with 8 hours, waiting from 11 to 12, four hours from 13 on: each rule has its own due instant."""
    choice = {} if rule is None else {"on_priority_change": rule}
    desk = limited(**choice) if where == "limit" else limited(process=choice)

    assert (instance, "in_progress", due) == own(reprioritised(desk, clock, at))


def test_limit_says_before_the_process(limited, clock, at):
    """The process's choice is for limits that say nothing."""
    desk = limited(process={"on_priority_change": "restart"}, on_priority_change="keep")

    assert (1, "in_progress", "19:00") == own(reprioritised(desk, clock, at))


def test_restarted_clock_drops_the_old_instance(limited, clock, at):
    """What had been measured no longer counts: the old instance is cancelled, and the new one has all of its time."""
    desk = limited(on_priority_change="restart")
    case = reprioritised(desk, clock, at)
    cancelled = next(event for event in desk.history(case) if isinstance(event, happened.StopwatchCancelled))

    assert (1, at("13:00")) == (cancelled.instance, cancelled.stopped_at)
    assert 4 * HOUR == desk.clocks(case)[0].remaining


def test_restarted_clock_obeys_its_pause(limited, clock):
    """A clock that stands still begins anew standing still."""
    desk = limited(on_priority_change="restart")
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.wait(case, by="bob")
    case = desk.amend(case, by="bob", priority="critical")

    assert (2, "paused", None) == own(case)
    assert 4 * HOUR == desk.clocks(case)[0].remaining


def test_kept_clock_goes_on_where_the_priority_has_no_target(limited):
    """Keep means keep: the clock goes on as it was agreed when it began."""
    desk = limited(target={"critical": "4h", "medium": "8h"}, on_priority_change="keep")
    case = desk.open(by="jane")

    assert (1, "in_progress", "17:00") == own(desk.amend(case, by="bob", priority="low"))


def test_kept_clock_gives_its_next_instance_the_new_target(limited, clock):
    """What is kept is the clock that runs, not the target for ever."""
    desk = limited(on_priority_change="keep", reset=Match(tags="again"))
    case = desk.open(by="jane")
    desk.amend(case, by="bob", priority="critical")
    clock.advance("1h")

    assert (2, "in_progress", "14:00") == own(desk.amend(case, by="bob", tags=["again"]))


# -- late from the beginning

LADDER = [Threshold("50%"), Threshold("75%", ["notify:ann"]), Threshold("100%"), Threshold("30m"), Threshold("3h")]


def test_clock_that_is_late_when_its_target_changes_breaches_once(limited, clock, at, pager):
    """The ladder below the target is not run, nor what had been passed above it; what lies ahead fires in its turn."""
    desk = limited(target={"critical": "1h", "*": "8h"}, thresholds=LADDER)
    case = desk.open(by="jane")
    clock.advance("2h")
    case = desk.amend(case, by="bob", priority="critical")
    clock.advance("5h")
    desk.run_due()

    assert [("100%", "10:00", "11:00"), ("3h", "13:00", "13:00")] == fired(desk, case)
    assert ((0, 1, 2, 3, 4), True) == (desk.get(case.id).stopwatch("own").fired, desk.get(case.id).due_at is not None)
    assert [] == pager.told


def test_clock_that_is_late_when_it_starts_breaches_once(limited, clock, at):
    """A case of yesterday's that is only told today has one breach, not five."""
    desk = limited(target="1h", thresholds=LADDER)
    case = desk.open(by="jane", occurred_at=at("07:15"))
    desk.run_due()

    assert [("100%", "08:15", "09:00")] == fired(desk, case)


def test_clock_that_is_not_late_yet_runs_its_ladder(limited, clock, at):
    """A warning that was missed is worth telling as long as the target lies ahead."""
    desk = limited(target="4h", thresholds=LADDER)
    case = desk.open(by="jane", occurred_at=at("06:00"))
    desk.run_due()

    assert [("50%", "08:00", "09:00"), ("75%", "09:00", "09:00")] == fired(desk, case)


def test_clock_that_has_breached_does_not_breach_again(limited, clock):
    """What has fired stays fired; a shorter target adds nothing to it."""
    desk = limited(target={"critical": "1h", "*": "2h"}, thresholds=LADDER[2:4])
    case = desk.open(by="jane")
    clock.advance("2h")
    desk.run_due()
    desk.amend(case, by="bob", priority="critical")
    clock.advance("2h")
    desk.run_due()

    assert [("100%", "11:00", "11:00")] == fired(desk, case)


# -- reopened


def reopened(desk, clock, resolved_after="2h"):
    """Open at 9, resolve, and reopen two hours later."""
    case = desk.open(by="jane")
    clock.advance(resolved_after)
    desk.resolve(case, by="bob")
    clock.advance("2h")
    return desk.reopen(case, by="bob")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (None, (1, "in_progress", "19:00")),  # 6 of 8 hours are left at 13:00
        ("resume", (1, "in_progress", "19:00")),
        ("continue", (1, "in_progress", "17:00")),  # as if it had never been resolved
        ("first_only", (1, "completed", "17:00")),
        ("new_cycle", (2, "in_progress", "21:00")),
        ("restart", (2, "in_progress", "21:00")),
    ],
)
@pytest.mark.parametrize("where", ["limit", "process"])
def test_reopening_is_a_choice(limited, clock, where, rule, expected):
    """Resolved at 11 with 6 of 8 hours left, and reopened at 13: each rule has its own due instant."""
    choice = {} if rule is None else {"on_reopening": rule}
    desk = limited(**choice) if where == "limit" else limited(process=choice)

    assert expected == own(reopened(desk, clock))


@pytest.mark.parametrize(("rule", "cancelled"), [("new_cycle", []), ("restart", [1])])
def test_new_cycle_keeps_the_result_of_the_first_and_restart_drops_it(limited, clock, rule, cancelled):
    """The first instance was met: that counts beside the next one's, or no longer."""
    desk = limited(on_reopening=rule)
    case = reopened(desk, clock)
    history = desk.history(case)

    assert cancelled == [event.instance for event in history if isinstance(event, happened.StopwatchCancelled)]
    assert [(1, False)] == [
        (event.instance, event.breached) for event in history if isinstance(event, happened.StopwatchStopped)
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("resume", []),
        ("first_only", []),
        ("new_cycle", []),
        ("restart", []),
        ("continue", [("100%", "11:00", "13:00")]),
    ],
)
def test_only_continue_turns_a_clock_that_was_met_into_a_breach(limited, clock, rule, expected):
    """Met after one of two hours, reopened two hours after that: only who counts on from the first start is late."""
    desk = limited(target="2h", thresholds=LADDER[:3], on_reopening=rule)
    case = desk.open(by="jane")
    clock.advance("30m")
    desk.resolve(case, by="bob")
    clock.advance("3h30m")
    desk.reopen(case, by="bob")
    desk.run_due()

    assert expected == fired(desk, case)


def test_reopened_clock_keeps_pauses_and_ended_time_apart(limited, clock):
    """Time in which the case was resolved is no waiting."""
    desk = limited()
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.wait(case, by="bob")
    clock.advance("30m")
    desk.resolve(case, by="bob")
    clock.advance("2h")
    desk.reopen(case, by="bob")
    clock.advance("10m")
    desk.wait(case, by="bob")
    clock.advance("5m")
    (reading,) = desk.clocks(case)

    assert (timedelta(minutes=35), 2 * HOUR) == (reading.paused_for, reading.completed_for)
    assert timedelta(minutes=70) == reading.elapsed == reading.actual_elapsed


@pytest.mark.parametrize("measures", ["time_to_own", "first_response"])
def test_clock_of_the_beginning_goes_on_once_reopened_without_having_been_met(limited, clock, measures):
    """Resolved without an owner or an answer, and reopened: somebody has to own or answer it after all."""
    desk = limited(measures=measures)
    case = reopened(desk, clock)

    assert (1, "in_progress", "19:00") == own(case)
    clock.advance("1h")
    desk.reply(case, by="bob")
    assert "completed" == own(desk.assign(case, by="bob", assignee="bob"))[1]


def test_first_response_that_waiting_satisfies_is_satisfied_for_good(limited, clock):
    """What has been met is not wanted again when the case goes on."""
    desk = limited(measures="first_response", satisfied_by=["reply", "waiting"])
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.wait(case, by="bob")
    clock.advance("1h")

    assert (1, "completed", "17:00") == own(desk.resume(case, by="bob"))


# -- another process


def lived(process, at, *, paused=True):
    """Open at 9 with 8 hours, pause from 10:30 to 11, and come to half past twelve."""
    case = decide(process, None, Open(case_id="T-1", by=JANE, at=at("09:00")), at("09:00")).case
    if paused:
        case = decide(process, case, Wait(case_id="T-1", by=BOB, at=at("10:30")), at("10:30")).case
        case = decide(process, case, Resume(case_id="T-1", by=BOB, at=at("11:00")), at("11:00")).case
    return case


@pytest.mark.parametrize(
    ("rule", "instance", "due", "elapsed"),
    [
        ("retroactive", 1, "15:30", 120),  # 9 to 10 and 11 to 12 are working time by the new calendar
        ("carry_elapsed", 1, "13:30", 180),  # 9 to 10:30 and 11 to 12:30, as they were measured
        ("keep", 1, "13:30", 180),  # the target stays; the calendar is the one that holds now
        ("restart", 2, "19:30", 0),
    ],
)
def test_another_calendar_makes_retroactive_and_carried_differ(
    calm, with_calendar, every_other_hour, at, rule, instance, due, elapsed
):
    """Measured anew from the start, or kept as it was measured: the due instants are not the same."""
    old = attrs.evolve(calm, limits=[TimeLimit(name="own", target="3h30m", on_priority_change=rule)])
    new = with_calendar(old, every_other_hour)
    decision = recalculate(new, lived(old, at), at("12:30"), former=old)
    watch = decision.case.stopwatch("own")

    assert (instance, "in_progress", due) == own(decision.case)
    assert timedelta(minutes=elapsed) == watch.elapsed(every_other_hour, at("12:30"))
    assert (watch.due_at, new.revision) == (decision.wakes_at, watch.revision)
    assert case_again(decision) == decision.case


def case_again(decision):
    """Give the case that comes out of the codec."""
    return decode_case(encode_case(decision.case))


def test_revision_that_says_the_same_of_a_clock_changes_nothing(calm, at):
    """Its target, its calendar and what is counted are the same: there is nothing to do."""
    old = attrs.evolve(calm, limits=[TimeLimit(name="own", target="4h")])
    case = lived(old, at)
    decision = recalculate(attrs.evolve(old, bounce_limit=9), case, at("12:00"), former=old)

    assert ((), case) == (decision.events, decision.case)


@pytest.mark.parametrize(("rule", "elapsed"), [("retroactive", 60), ("carry_elapsed", 90)])
def test_another_calendar_finds_a_paused_clock_too(calm, with_calendar, every_other_hour, at, rule, elapsed):
    """What was closed is measured anew or kept; it stays paused."""
    old = attrs.evolve(calm, limits=[TimeLimit(name="own", target="4h", on_priority_change=rule)])
    case = decide(old, None, Open(case_id="T-1", by=JANE, at=at("09:00")), at("09:00")).case
    case = decide(old, case, Wait(case_id="T-1", by=BOB, at=at("10:30")), at("10:30")).case
    new = with_calendar(old, every_other_hour)
    watch = recalculate(new, case, at("12:00"), former=old).case.stopwatch("own")

    assert ("paused", None, timedelta(minutes=elapsed)) == (watch.stage, watch.due_at, watch.closed_elapsed())


def test_merged_span_stays_as_it_was_measured(calm, with_calendar, every_other_hour, at):
    """A span that was merged has lost its pauses, so that another calendar cannot measure it."""
    old = attrs.evolve(calm, limits=[TimeLimit(name="own", target="40h")])
    case = decide(old, None, Open(case_id="T-1", by=JANE, at=at("09:00")), at("09:00")).case
    for minute in range(MAX_SEGMENTS + 2):
        then = at("10:00") + timedelta(minutes=minute)
        case = decide(old, case, Wait(case_id="T-1", by=BOB, at=then), then).case
        then += timedelta(seconds=30)
        case = decide(old, case, Resume(case_id="T-1", by=BOB, at=then), then).case
    new = with_calendar(old, every_other_hour)
    before, after = case.stopwatch("own"), recalculate(new, case, at("11:00"), former=old).case.stopwatch("own")

    assert before.segments[0] == after.segments[0]
    assert before.segments[1].business != after.segments[1].business


def test_limit_that_is_gone_cancels_its_clock(calm, at):
    """Nothing of it fires any more, and its time is on record."""
    old = attrs.evolve(calm, limits=[TimeLimit(name="own", target="4h"), TimeLimit(name="other", target="5h")])
    new = attrs.evolve(calm, limits=[TimeLimit(name="other", target="5h")])
    decision = recalculate(new, lived(old, at), at("12:00"), former=old)
    gone = decision.case.stopwatch("own")

    assert ["StopwatchCancelled"] == [type(event).__name__ for event in decision.events]
    assert ("cancelled", at("12:00"), timedelta(hours=2, minutes=30)) == (
        gone.stage,
        gone.stopped_at,
        gone.closed_elapsed(),
    )
    assert at("14:30") == decision.wakes_at


def test_limit_that_is_gone_cancels_its_clock_at_the_next_command(calm, at):
    """Also without a recalculation: a command that finds a clock without a limit ends it."""
    old = attrs.evolve(calm, limits=[TimeLimit(name="own", target="4h")])
    case = lived(old, at, paused=False)
    after = decide(calm, case, Amend(case_id="T-1", by=BOB, at=at("12:00"), category="x"), at("12:00")).case

    assert "cancelled" == after.stopwatch("own").stage


def test_choices_are_told_apart_by_the_revision():
    """A process that chooses otherwise is another one."""
    tiers = SupportProcess.default().tiers
    made = [SupportProcess(name="x", tiers=tiers, on_priority_change=rule) for rule in PRIORITY_RULES]
    made += [SupportProcess(name="x", tiers=tiers, on_reopening=rule) for rule in REOPENING_RULES[1:]]

    assert len({process.revision for process in made}) == len(made)
    assert made == [SupportProcess.from_data(process.to_data()) for process in made]
