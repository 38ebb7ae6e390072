"""A process that is live: the limits of open cases follow its newest revision; tiers and moves stay."""

from datetime import timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.calendars import WorkingHours
from supporttiers.cases import rebuild
from supporttiers.commands import RecordAttempt
from supporttiers.errors import MoveRefusedError
from supporttiers.facts import FactSource
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier

HOUR = timedelta(hours=1)


def limit(target="4h", *thresholds, **fields):
    """Give a limit on resolution."""
    return TimeLimit(name="resolve", target=target, thresholds=[Threshold(*each) for each in thresholds], **fields)


def live(*limits, **fields):
    """Give a process of two tiers that is live."""
    tiers = [Tier(level=1, name="First", escalates_to=[2]), Tier(level=2, name="Second", hands_back_to=[1])]
    return SupportProcess(**{"name": "acme", "in_flight": "live", "tiers": tiers, "limits": limits} | fields)


@pytest.fixture
def store():
    """Give the store that both releases use."""
    return MemoryStore()


@pytest.fixture
def deploy(make_desk, store, clock):
    """Build the desk of a release, ten minutes after the last one."""

    def build(process):
        clock.advance("10m")
        return make_desk(process, store=store)

    return build


def renewed(desk, case):
    """Give the revisions that the case's limits have come to follow."""
    return [event.revision for event in desk.history(case) if isinstance(event, happened.LimitsRenewed)]


class Faulty:
    """A rule of the new release that fails about every case."""

    name, revision = "tests.faulty", 1

    def target(self, situation, /):
        """Fail."""
        raise KeyError


def test_case_that_cannot_follow_is_tried_later_each_time(deploy, clock):
    """Each pass asks anew who has to follow: that must not take back when a case is to be tried again."""
    deploy(live(limit("4h"))).open(by="jane")
    desk = deploy(live(limit("2h"), policies=[Faulty()]))
    began, passes = clock.now(), []
    while not desk.parked():
        passes.append(desk.run_due())
        clock.advance("30s")

    assert 9 == sum(done.failed for done in passes)
    assert clock.now() - began > 3 * HOUR


def test_publishing_shortens_the_time_of_open_cases(deploy, clock, at):
    """The next pass recalculates; the case keeps the revision of its tiers, and its time so far counts."""
    old, new = live(limit("4h")), live(limit("2h"))
    case = deploy(old).open(by="jane")
    desk = deploy(new)

    assert 1 == desk.run_due().fired
    now = desk.get(case.id)
    assert (old.revision, new.revision) == (now.revision, now.limits_revision)
    assert (at("11:10"), timedelta(hours=2)) == (now.due_at, now.stopwatch("resolve").target)
    assert [new.revision] == renewed(desk, case)
    assert "revision" in str(desk.history(case)[-2].reason)
    assert 0 == desk.run_due().fired


def test_pinned_cases_keep_their_limits(deploy, at):
    """Unless the process says so, nothing changes for a case that has begun."""
    old, new = (attrs.evolve(live(limit(target)), in_flight="pin") for target in ("4h", "2h"))
    case = deploy(old).open(by="jane")
    desk = deploy(new)

    assert 0 == desk.run_due().fired
    assert at("13:10") == desk.get(case.id).due_at


def test_what_was_due_before_is_settled_by_the_old_limits(deploy, clock, pager):
    """A threshold that was passed fires as it was meant; what has fired stays fired, by its mark."""
    old = live(limit("4h", ("25%", ["notify:ann"]), ("50%", ["notify:bob"])))
    new = live(
        limit("4h", ("10%", ["notify:eve"]), ("50%", ["notify:bob"]), ("25%", ["notify:ann"]), ("-1h", ["notify:zoe"]))
    )
    case = deploy(old).open(by="jane")
    clock.advance("50m")
    desk = deploy(new)
    desk.run_due()
    told = list(pager.told)
    fired = desk.get(case.id).stopwatch("resolve").fired
    clock.advance("2h")
    desk.run_due()
    desk.run_due()

    assert [("ann", "move.limit")] == told
    assert (0, 2) == fired  # 10% is new, and passed: it does not fire; 25% stands elsewhere now
    assert [("ann", "move.limit"), ("bob", "move.limit"), ("zoe", "move.limit")] == pager.told


def test_old_rules_know_from_outside_what_they_need(make_desk, store, clock):
    """What is due by the old limits is settled with facts, as it would have been before."""

    class Asking:
        name, revision, needs = "tests.asking", 1, ("plan",)

        def react(self, situation, /):
            if not isinstance(situation.event, happened.ThresholdFired):
                return ()
            return [RecordAttempt(case_id=situation.case.id, by=situation.by, what=situation.facts["plan"])]

    plans = {"facts": [FactSource("plan", lambda tenant, keys: dict.fromkeys(keys, "gold"), keyed_by="requester")]}
    old = live(limit("4h", ("25%", ["notify:ann"])), policies=[Asking()])
    case = make_desk(old, store=store, **plans).open(by="jane")
    clock.advance("70m")
    desk = make_desk(live(limit("5h"), policies=[Asking()]), store=store, **plans)
    desk.run_due()
    now = desk.get(case.id)

    assert (["gold"], desk.process.revision) == ([tried.what for tried in now.attempts], now.limits_revision)


def test_limits_that_are_gone_end_and_new_ones_start(deploy, clock, at):
    """Removing a limit cancels its stopwatch, and nothing of it fires any more."""
    old = live(limit("4h", ("50%", ["escalate"])))
    new = live(TimeLimit(name="own", measures="time_to_own", target="1h"))
    case = deploy(old).open(by="jane")
    desk = deploy(new)
    desk.run_due()
    clock.advance("9h")
    desk.run_due()
    now = desk.get(case.id)

    assert 1 == now.tier
    assert "cancelled" == now.stopwatch("resolve").stage
    assert (True, at("10:20")) == (now.stopwatch("own").breached, now.stopwatch("own").due_at)


def test_a_new_calendar_is_measured_from_the_start(deploy, at):
    """Holidays that are put right late count for open cases too."""
    office = WorkingHours(name="office", week={"mon-fri": "10:00-16:00"})
    old, new = live(limit("4h")), live(limit("4h", calendar="office"), calendars=[office])
    case = deploy(old).open(by="jane")
    desk = deploy(new)
    desk.run_due()

    assert at("14:00") == desk.get(case.id).due_at


def test_topology_stays_as_the_case_began(deploy):
    """New tiers and moves are for new cases; a limit of a tier that the case does not know is not its own."""
    old = live(limit("4h"))
    third = Tier(level=3, name="Third")
    tiers = [Tier(level=1, name="First", escalates_to=[3], time_limit="30m"), Tier(level=2, name="Second"), third]
    new = live(limit("3h"), tiers=tiers)
    first_desk = deploy(old)
    case = first_desk.open(by="jane")
    desk = deploy(new)
    desk.run_due()

    with pytest.raises(MoveRefusedError):
        desk.escalate(case, by="bob", tier=3)
    now = desk.escalate(case, by="bob")
    assert (2, new.revision) == (now.tier, now.limits_revision)
    assert "completed" == now.stopwatch("tier 1").stage
    assert 3 == desk.escalate(desk.open(by="jane"), by="bob").tier


def test_limits_that_do_not_fit_the_old_tiers_leave_the_case_alone(deploy, at, caplog):
    """The case goes on by its own limits; it says so once, and no pass tries again."""
    third = Tier(level=3, name="Third", hands_back_to=[1])
    old = live(limit("4h"))
    new = live(limit("1h"), TimeLimit(name="third", measures="tier", tier=3, target="1h"), tiers=[*old.tiers, third])
    case = deploy(old).open(by="jane")
    desk = deploy(new)

    assert (1, 0) == (desk.run_due().fired, desk.run_due().fired)
    assert (at("13:10"), new.revision) == (desk.get(case.id).due_at, desk.get(case.id).limits_revision)
    assert 1 == caplog.text.count("keep their limits")


def test_of_two_releases_at_work_the_older_does_not_win(deploy, clock, make_desk, store):
    """A worker that has not been restarted yet leaves alone what the new one has renewed."""
    old, new = live(limit("4h", ("10%", ["notify:ann"]))), live(limit("2h", ("20%", ["notify:ann"])))
    first = deploy(old)
    case = first.open(by="jane")
    second = deploy(new)
    second.run_due()
    clock.advance("1h")

    assert 1 == first.run_due().fired
    assert (new.revision, (0,)) == (first.get(case.id).limits_revision, first.get(case.id).stopwatch("resolve").fired)
    assert [new.revision] == renewed(first, case)


def test_ended_cases_follow_nothing(deploy, clock):
    """A closed case is not woken; a resolved one is, because it may be reopened."""
    old, new = live(limit("4h")), live(limit("2h"))
    first = deploy(old)
    closed = first.close(first.resolve(first.open(by="jane"), by="bob"), by="bob")
    resolved = first.resolve(first.open(by="jane"), by="bob")
    desk = deploy(new)
    desk.run_due()
    clock.advance("1h")

    assert old.revision == desk.get(closed.id).limits_revision
    assert new.revision == desk.get(resolved.id).limits_revision
    assert timedelta(hours=2) == desk.reopen(resolved, by="bob").stopwatch("resolve").target


def test_a_closed_case_that_is_due_is_left_with_its_limits(deploy, clock, store):
    """What wakes it for another reason does not renew it."""
    old, new = live(limit("4h")), live(limit("2h"))
    first = deploy(old)
    case = first.cancel(first.open(by="jane"), by="bob")
    desk = deploy(new)
    row = store._rows["default", case.id]
    store._rows["default", case.id] = row._replace(wakes_at=clock.now())
    store._wakes.set(("default", case.id), clock.now())

    assert 0 == desk.run_due().fired
    assert old.revision == desk.get(case.id).limits_revision


def test_a_case_of_a_process_that_the_desk_does_not_have_is_left_alone(deploy, clock, make_desk, store):
    """Its own desk renews it."""
    case = deploy(live(limit("4h", ("10%", ["notify:ann"])))).open(by="jane")
    other = make_desk(live(limit("2h"), name="other"), store=store)
    clock.advance("1h")

    assert 1 == other.run_due().fired
    assert [] == renewed(other, case)


def test_second_revision_that_does_not_fit_leaves_what_held_before(deploy, at):
    """The limits of the last revision that fitted go on, not those with which the case started."""
    third = Tier(level=3, name="Third", hands_back_to=[1])
    first = live(limit("10h"))
    unfit = live(
        limit("1h"), TimeLimit(name="third", measures="tier", tier=3, target="1h"), tiers=[*first.tiers, third]
    )
    case = deploy(first).open(by="jane")
    middle = live(limit("4h"))
    deploy(middle).run_due()
    desk = deploy(unfit)
    desk.run_due()
    case = desk.amend(desk.get(case.id), by="bob", tags=["seen"])

    assert (unfit.revision, middle.revision) == (case.limits_revision, case.limits_in_force)
    assert (at("13:10"), 4 * HOUR) == (case.due_at, case.stopwatch("resolve").target)
    assert rebuild(desk.history(case)) == case
    fits = deploy(live(limit("2h")))
    fits.run_due()
    assert (None, at("11:10")) == (fits.get(case.id).limits_in_force, fits.get(case.id).due_at)


def test_new_threshold_that_lies_in_the_past_by_the_new_target_does_not_fire(deploy, clock, pager):
    """Three hours of ten are 30 %, of four they are 75 %: what nobody had set at 50 % is passed over."""
    case = deploy(live(limit("10h"))).open(by="jane")
    clock.advance("3h")
    desk = deploy(live(limit("4h", ("50%", ["notify:ann"]), ("100%", ["notify:bob"]))))
    desk.run_due()

    assert ([], (0,)) == (pager.told, desk.get(case.id).stopwatch("resolve").fired)
    clock.advance("1h")
    desk.run_due()
    assert [("bob", "move.limit")] == pager.told


def test_priority_that_is_no_more_lies_below_all_others(deploy, clock):
    """A clock that raises it gives the lowest there is, rather than fail for ever."""
    raising = limit("4h", ("50%", ["raise_priority"]))
    case = deploy(live(raising, priorities=["low", "high"])).open(by="jane", priority="low")
    desk = deploy(live(raising, priorities=["minor", "major"]))
    desk.run_due()
    clock.advance("2h")
    desk.run_due()

    assert "minor" == desk.get(case.id).priority
