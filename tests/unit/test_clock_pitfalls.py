"""Clocks that other help desks got wrong, one test for each: each is named for what must not happen here."""

from datetime import timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers._engine import decide
from supporttiers._engine.clocks import readings
from supporttiers.actors import Actor
from supporttiers.calendars import WorkingHours
from supporttiers.commands import Open
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match

HOUR = timedelta(hours=1)


@pytest.fixture
def limited(make_desk, calm):
    """Make a desk of these limits, on the process that has none."""
    return lambda *limits, **changes: make_desk(attrs.evolve(calm, limits=limits, **changes))


def a_limit(measures="resolution", target="2h", *marks, name=None, do=(), **more):
    """Give a limit with thresholds at these marks."""
    thresholds = [Threshold(mark, do) for mark in marks]
    return TimeLimit(name=name or measures, measures=measures, target=target, thresholds=thresholds, **more)


def fired(desk, case):
    """Say which thresholds fired and when they were due."""
    history = desk.history(case)
    return [(e.limit, e.mark, f"{e.due_at:%H:%M}") for e in history if isinstance(e, happened.ThresholdFired)]


def stages(case):
    """Say how each stopwatch stands."""
    return {watch.limit: str(watch.stage) for watch in case.stopwatches}


def test_shorter_limit_on_updates_does_not_go_before_the_first_response(limited, clock):
    """As long as the house has not answered, only the first response is owed."""
    desk = limited(a_limit("update", "1h"), a_limit("next_response", "1h"), a_limit("first_response", "4h"))
    case = desk.open(by="jane")
    desk.reply(case, by="jane")
    clock.advance("4h")
    desk.run_due()

    assert [("first_response", "100%", "13:00")] == fired(desk, case)


def test_response_clock_does_not_run_when_the_house_has_spoken_last(limited, clock):
    """A clock is on the side that owes an answer."""
    desk = limited(a_limit("next_response", "1h"))
    case = desk.open(by="jane")
    desk.reply(case, by="bob")
    desk.reply(case, by="jane")
    clock.advance("59m")
    desk.reply(case, by="bob")
    clock.advance("9h")
    desk.run_due()

    assert [] == fired(desk, case)


def test_first_answer_moves_every_clock_that_waits_for_it(limited, clock):
    """One reply ends the first response, and begins the time to the next update, in one step."""
    desk = limited(a_limit("update", "1h"), a_limit("first_response", "1h"))
    case = desk.open(by="jane")
    clock.advance("30m")
    case = desk.reply(case, by="bob")

    assert {"first_response": "completed", "update": "in_progress"} == stages(case)
    assert "10:30" == f"{case.due_at:%H:%M}"


def test_reopened_case_does_not_count_the_time_in_which_it_was_resolved(limited, clock):
    """It goes on with what was left."""
    desk = limited(a_limit())
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.resolve(case, by="bob")
    clock.advance("9h")
    desk.reopen(case, by="bob")
    desk.run_due()

    assert [] == fired(desk, case)
    assert HOUR == desk.clocks(case)[0].remaining


@pytest.mark.parametrize("measures", ["resolution", "time_to_own", "first_response"])
def test_merged_case_is_not_escalated(limited, clock, measures):
    """Its clocks are cancelled with it, also by a limit that says itself when its clock is cancelled."""
    own = Match(category="spam")
    desk = limited(a_limit(measures), a_limit(measures, name="own", cancel=own))
    case = desk.open(by="jane")
    other = desk.open(by="joe", id="T-0")
    clock.advance("1h")
    case = desk.merge(case, by="bob", into=other.id)
    clock.advance("9h")
    desk.run_due()

    assert {measures: "cancelled", "own": "cancelled"} == stages(case)
    assert [] == fired(desk, case)


def test_public_note_is_no_answer_and_a_reply_on_any_channel_is(limited):
    """What counts is said, and not guessed from how it was written down."""
    desk = limited(a_limit("first_response"))
    case = desk.open(by="jane", channel="web")
    case = desk.note(case, by="bob", text="x", visibility="public")
    assert {"first_response": "in_progress"} == stages(case)
    assert {"first_response": "completed"} == stages(desk.reply(case, by="bob", channel="web"))


def test_alert_does_not_go_out_at_midnight_and_not_every_day(
    make_desk, calm, with_calendar, office, every_other_hour, clock, at, pager
):
    """It is told once, in working time."""
    limit = TimeLimit(name="own", target="2h", thresholds=[Threshold("100%", ["notify:ann"], hold=True)])
    process = with_calendar(attrs.evolve(calm, limits=[limit]), every_other_hour, of_process=office)
    desk = make_desk(process)
    clock.advance(to=at("21:00"))
    desk.open(by="jane")
    seen = []
    for _ in range(40):
        clock.advance("1h")
        desk.run_due()
        seen.append(len(pager.told))

    assert ([0] * 11 + [1] * 29) == seen


@pytest.mark.parametrize("waits", ["1h", "30h"])
def test_time_on_hold_is_not_added_to_anything(limited, clock, waits):
    """However long the case waits, the clock has exactly what it had before."""
    desk = limited(a_limit())
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.wait(case, by="bob")
    clock.advance(waits)
    case = desk.resume(case, by="bob")

    assert clock.now() + HOUR == case.due_at
    assert 2 * HOUR == case.stopwatch("resolution").elapsed(WorkingHours.always(), case.due_at)


def test_other_priority_does_not_lose_the_time_on_hold(limited, clock):
    """Pauses belong to the stopwatch, whatever its target becomes."""
    desk = limited(a_limit(target={"critical": "2h", "*": "8h"}))
    case = desk.open(by="jane")
    desk.wait(case, by="bob")
    clock.advance("5h")
    desk.resume(case, by="bob")
    case = desk.amend(case, by="bob", priority="critical")

    assert clock.now() + 2 * HOUR == case.due_at


def test_paused_clock_does_not_breach(limited, clock):
    """Neither while it waits, nor when the case ends while waiting."""
    desk = limited(a_limit("resolution", "2h", "50%", "100%"))
    case = desk.open(by="jane")
    desk.wait(case, by="bob")
    clock.advance("99h")
    desk.run_due()
    case = desk.resolve(case, by="bob")

    assert ([], False) == (fired(desk, case), case.stopwatch("resolution").breached)


def test_time_in_which_a_case_was_resolved_is_not_told_as_waiting(limited, clock):
    """Waiting, being resolved, and working time are three sums."""
    desk = limited(a_limit(target="9h"))
    case = desk.open(by="jane")
    for verb in ("wait", "resume", "resolve", "reopen"):
        clock.advance("1h")
        getattr(desk, verb)(case, by="bob")
    clock.advance("1h")
    (reading,) = desk.clocks(case)

    assert (3 * HOUR, HOUR, HOUR) == (reading.elapsed, reading.paused_for, reading.completed_for)


def test_clock_of_a_second_tier_has_all_of_its_time(limited, clock, at):
    """It starts when the case comes there, not when the case was opened."""
    desk = limited(a_limit("tier", "1h", tier=2))
    case = desk.open(by="jane")
    clock.advance("5h")

    assert at("15:00") == desk.escalate(case, by="bob").due_at


@pytest.mark.parametrize(("mark", "fires"), [("-2h", []), ("-3h", []), ("-119m", [("resolution", "-1h59m", "09:01")])])
def test_threshold_before_the_target_does_not_fire_at_the_opening(limited, clock, mark, fires):
    """Where the target is shorter than that, there is nothing to warn of yet."""
    desk = limited(a_limit("resolution", {"critical": "9h", "*": "2h"}, mark))
    case = desk.open(by="jane")
    clock.advance("90m")
    desk.run_due()

    assert fires == fired(desk, case)
    assert "-2h" not in str(desk.explain(case).next)


def test_threshold_that_was_out_of_reach_fires_once_the_target_is_longer(limited, clock):
    """It is not lost, only not reached."""
    desk = limited(a_limit("resolution", {"critical": "1h", "*": "4h"}, "-2h"))
    case = desk.open(by="jane", priority="critical")
    desk.amend(case, by="bob", priority="low")
    clock.advance("2h")
    desk.run_due()

    assert [("resolution", "-2h", "11:00")] == fired(desk, case)


@pytest.mark.parametrize(
    ("opened", "target", "mark", "due"),
    [
        ("16:00", "2h", "-30m", "2026-03-24T09:30"),  # back from 10:00, within the shift
        ("16:00", "2h", "-90m", "2026-03-23T16:30"),  # back over the night
        ("11:30", "1h", "-45m", "2026-03-23T11:45"),  # back over noon
        ("16:00", "1h30m", "-30m", "2026-03-23T17:00"),  # to the very end of a day
        ("11:00", "2h", "1h", "2026-03-23T15:00"),
    ],
)
def test_threshold_before_the_target_lies_in_working_time(calm, with_calendar, office, at, opened, target, mark, due):
    """Nothing is subtracted on the wall clock: not midnight, not the night, not noon."""
    process = with_calendar(attrs.evolve(calm, limits=[a_limit("resolution", target, mark)]), office)
    jane = Actor.customer("jane")
    case = decide(process, None, Open(case_id="T-1", by=jane, at=at(opened)), at(opened)).case
    swept = decide(process, case, None, at(opened) + 48 * HOUR)
    (found,) = [
        e for e in swept.events if isinstance(e, happened.ThresholdFired) and e.mark == mark.replace("90m", "1h30m")
    ]

    assert due == f"{found.due_at:%Y-%m-%dT%H:%M}"


def test_threshold_names_the_clock_to_which_it_belongs(limited, clock):
    """A step of the response is not taken for one of the resolution."""
    desk = limited(a_limit("first_response", "1h", "50%"), a_limit("resolution", "2h", "50%"))
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.reply(case, by="bob")
    clock.advance("1m")
    desk.run_due()

    assert [("first_response", "50%", "09:30"), ("resolution", "50%", "10:00")] == fired(desk, case)


def test_time_without_waiting_can_be_told(calm, with_calendar, office, at):
    """Working time and time on the wall are on record for every instance, pauses left out."""
    process = with_calendar(attrs.evolve(calm, limits=[a_limit()]), office)
    case = decide(process, None, Open(case_id="T-1", by=Actor.customer("jane"), at=at("11:00")), at("11:00")).case
    (reading,) = readings(process, case, at("14:30"))

    assert (2.5 * HOUR, 3.5 * HOUR) == (reading.elapsed, reading.actual_elapsed)


def test_escalation_by_a_clock_leaves_nobody_of_the_former_tier_with_the_case(limited, clock):
    """A move is one move, whoever makes it."""
    desk = limited(a_limit("resolution", "2h", "100%", do=["escalate"]))
    case = desk.open(by="jane")
    desk.start(case, by="bob")
    clock.advance("2h")
    desk.run_due()
    case = desk.get(case.id)

    assert (2, None, "bob", "network") == (case.tier, case.assignee, case.owner, case.team)


def test_resolving_ends_every_response_clock(limited, clock):
    """Nobody owes an answer about a matter that is solved."""
    desk = limited(*(a_limit(measures) for measures in ("first_response", "next_response", "update", "resolution")))
    case = desk.open(by="jane")
    desk.reply(case, by="bob")
    desk.reply(case, by="jane")
    case = desk.resolve(case, by="bob")
    clock.advance("99h")
    desk.run_due()

    assert {"completed"} == set(stages(case).values())
    assert [] == fired(desk, case)


def test_late_answer_stays_a_breach(limited, clock):
    """What came too late has come too late, after the answer too, and in every reading."""
    desk = limited(a_limit("first_response", "1h"))
    case = desk.open(by="jane")
    clock.advance("2h")
    case = desk.reply(case, by="bob")
    clock.advance("9h")
    (reading,) = desk.clocks(case)

    assert ("completed", True, -HOUR) == (reading.stage, reading.breached, reading.remaining)


def test_breach_reaches_somebody(limited, clock, pager):
    """It is an event, also where the limit does nothing; and what the limit does is done."""
    desk = limited(a_limit("resolution", "1h"), a_limit("resolution", "1h", "100%", name="loud", do=["notify:ann"]))
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.run_due()

    assert [("resolution", "100%", "10:00"), ("loud", "100%", "10:00")] == fired(desk, case)
    assert [("ann", "move.limit")] == pager.told


def test_answered_case_is_not_overdue_for_its_answer(limited, clock):
    """Response and resolution are two clocks, and keeping somebody informed is a third."""
    desk = limited(a_limit("first_response", "1h"), a_limit("update", "3h"), a_limit("resolution", "9h"))
    case = desk.open(by="jane")
    desk.reply(case, by="bob")
    clock.advance("3h")
    desk.run_due()

    assert [("update", "100%", "12:00")] == fired(desk, case)


def test_notice_without_a_move_and_not_before_its_time(limited, clock, pager):
    """Telling and moving are two actions, and neither happens at the opening."""
    desk = limited(a_limit("resolution", "2h", "50%", do=["notify:ann"]))
    case = desk.open(by="jane")
    desk.run_due()
    assert [] == pager.told
    clock.advance("1h")
    desk.run_due()

    assert ([("ann", "move.limit")], 1) == (pager.told, desk.get(case.id).tier)


def test_answer_does_not_fulfil_the_resolution(limited):
    """A status or a word means to each clock what that clock says."""
    desk = limited(a_limit("first_response"), a_limit("resolution"))
    case = desk.open(by="jane")

    assert {"first_response": "completed", "resolution": "in_progress"} == stages(desk.reply(case, by="bob"))


def test_work_of_a_vendor_is_visible_and_has_its_own_clock(limited, clock):
    """The vendor's clock runs beside the customer's."""
    desk = limited(a_limit("vendor", "4h", vendor="acme-print", agreement="uc"), a_limit("resolution", "9h"))
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.dispatch(case, by="bob", vendor="acme-print")
    clock.advance("1h")
    said = {reading.limit: reading.elapsed for reading in desk.clocks(case)}

    assert {"vendor": HOUR, "resolution": 2 * HOUR} == said


def test_overrun_does_not_grow_while_the_case_waits(limited, clock):
    """A clock that stands still stands still beyond its target, too."""
    desk = limited(a_limit())
    case = desk.open(by="jane")
    clock.advance("3h")
    desk.wait(case, by="bob")
    clock.advance("9h")
    (reading,) = desk.clocks(case)

    assert (-HOUR, "paused", True) == (reading.remaining, reading.stage, reading.breached)
    assert None is reading.projected_due_at


def test_projected_due_instant_is_told_apart_from_what_remains(limited, clock):
    """While a case waits its remaining time is frozen; when it would be due moves on with the day."""
    desk = limited(a_limit())
    case = desk.open(by="jane")
    clock.advance("30m")
    desk.wait(case, by="bob")
    clock.advance("1h")
    (first,) = desk.clocks(case)
    clock.advance("1h")
    (second,) = desk.clocks(case)

    assert (timedelta(minutes=90), None) == (first.remaining, first.due_at) == (second.remaining, second.due_at)
    assert HOUR == second.projected_due_at - first.projected_due_at


def test_completed_clock_keeps_its_figures(limited, clock):
    """A later priority does not rewrite what was met."""
    desk = limited(a_limit(target={"critical": "30m", "*": "4h"}))
    case = desk.open(by="jane")
    clock.advance("1h")
    before = desk.resolve(case, by="bob").stopwatches
    after = desk.amend(case, by="bob", priority="critical").stopwatches

    assert before == after
