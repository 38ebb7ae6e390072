"""The loop on virtual time."""

from datetime import timedelta

import attrs
import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.clock import FakeClock
from supporttiers.errors import InputError
from supporttiers.readings import Pass
from supporttiers.worker import run_until


def test_run_until_settles_each_deadline_at_its_own_instant(desk, clock, pager, at):
    """Everything happens when it is due, in order, however long the span; the clock ends where it was told to."""
    desk.open("Stuck", id="T-1", by="jane")

    done = run_until(desk, clock, at("18:00"))

    fired = [event for event in desk.history("T-1") if type(event).__name__ == "ThresholdFired"]
    assert [at("09:15"), at("13:00"), at("17:00")] == [event.at for event in fired]
    assert [event.at for event in fired] == [event.recorded_at for event in fired]
    assert [("assignee", "move.limit"), ("manager", "move.limit")] == pager.told
    assert at("18:00") == clock.now()
    assert Pass(fired=3, relayed=2) == done


@pytest.mark.parametrize(("until", "tier"), [("09:14:59", 1), ("09:15", 2)])
def test_run_until_settles_what_is_due_at_the_very_end(desk, clock, at, until, tier):
    """A deadline at the instant where the loop stops is settled too, a later one is not."""
    desk.open("Stuck", id="T-1", by="jane")

    run_until(desk, clock, at(until))

    assert tier == desk.get("T-1").tier
    assert at(until) == clock.now()


def test_run_until_does_one_pass_where_nothing_is_due(calm_desk, clock, at, pager):
    """Messages are carried out, too, when no deadline calls for a pass."""
    case = calm_desk.open("Stuck", by="jane")
    calm_desk.inform_management(case, by="bob")

    assert Pass(relayed=1) == run_until(calm_desk, clock, at("10:00"))
    assert [("manager", "management.asked")] == pager.told


def test_run_until_adds_up_every_pass(desk, clock, at, pager, vendor):
    """What the passes did, their failures and the longest lag stand in one sum."""
    desk.open("Stuck", id="T-1", by="jane")
    desk.open("Stuck too", id="T-2", by="jane", at=at("09:05"))
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    desk.inform_management("T-1", by="bob")
    pager.failures = [OSError("down")]
    clock.advance("12m")

    done = run_until(desk, clock, at("09:20"))

    # at 09:15 T-1 escalates, the ticket is opened, the page fails; at 09:20 T-2 escalates; once more at the end. The
    # ticket is asked about once: from then on the vendor says what has changed, and nothing has
    assert Pass(fired=2, relayed=2, polled=1, failed=1) == done


def test_run_until_starts_with_what_is_overdue(desk, clock, at):
    """A wake-up in the past is settled at once, as late as it is."""
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("20m")

    done = run_until(desk, clock, at("09:30"))

    assert Pass(fired=1, lag=timedelta(minutes=5)) == done


def test_run_until_refuses_a_desk_of_another_clock(desk, at):
    """A loop that could never end says so: the desk looks at a clock that nobody moves."""
    desk.open("Stuck", by="jane")

    with pytest.raises(InputError, match=r"^clock has reached the wake-up at 2026-03-23T09:15:00\+00:00, but the desk"):
        run_until(desk, FakeClock("2026-03-23T09:00Z"), at("10:00"))


def test_run_until_goes_on_while_one_pass_is_not_enough(make_desk, acme, clock, at):
    """More cases at one instant than a pass takes are no loop without end."""

    class Small(MemoryStore):
        def claim(self, now, /, *, limit, decide, tenant=None):
            return super().claim(now, limit=2, decide=decide, tenant=tenant)

    desk = make_desk(attrs.evolve(acme, limits=()), store=Small())
    for number in range(5):
        desk.open("Stuck", id=f"T-{number}", by="jane")

    assert Pass(fired=5) == run_until(desk, clock, at("09:15"))
    assert {2: 5} == desk.counts(by="tier")


def test_run_until_refuses_to_go_back(desk, clock, at):
    """Time does not run backwards, and nothing is done on the way."""
    desk.open("Stuck", id="T-1", by="jane")
    before = desk.history("T-1")

    with pytest.raises(InputError, match="lies before the present of this clock"):
        run_until(desk, clock, at("08:59"))
    assert before == desk.history("T-1")
