"""What each named measure runs from and to: owning, responses, updates, vendors, and a queue made by hand."""

from datetime import timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import Actor
from supporttiers.commands import VendorUpdate
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.links import VendorStatus
from supporttiers.match import Match, Not

BOT, VENDOR = Actor.assistant("bot"), Actor.vendor("acme-print")


@pytest.fixture
def limited(make_desk, calm):
    """Make a desk of one limit of two hours, called `own`."""

    def make(process=None, **fields):
        limit = {"name": "own", "target": "2h", **fields}
        return make_desk(attrs.evolve(calm, limits=[TimeLimit(**limit)], **process or {}))

    return make


def own(case):
    """Shortly say how the stopwatch of the limit `own` stands."""
    watch = case.stopwatch("own")
    return None if watch is None else (watch.instance, str(watch.stage), f"{watch.started_at:%H:%M}")


def results(desk, case):
    """Say when each instance was completed, and whether late."""
    history = desk.history(case)
    return [
        (e.instance, f"{e.stopped_at:%H:%M}", e.breached) for e in history if isinstance(e, happened.StopwatchStopped)
    ]


# -- time to own


def test_time_to_own_ends_at_the_first_assignee(limited, clock):
    """Whoever has it later, and wherever it goes, it has been owned."""
    desk = limited(measures="time_to_own")
    case = desk.open(by="jane")
    clock.advance("30m")
    case = desk.start(case, by="bob")
    case = desk.release(case, by="bob")
    clock.advance("5h")
    case = desk.escalate(case, by="bob")

    assert [(1, "09:30", False)] == results(desk, case)
    assert (1, "completed", "09:00") == own(case)


def test_time_to_own_runs_while_the_case_waits(limited, clock):
    """Nobody owns a case by setting it to waiting."""
    desk = limited(measures="time_to_own", thresholds=[Threshold("100%", ["escalate"])])
    case = desk.open(by="jane")
    desk.wait(case, by="bob")
    clock.advance("2h")
    desk.run_due()

    assert 2 == desk.get(case.id).tier


# -- first response


@pytest.mark.parametrize(
    ("by", "counts"),
    [("bob", True), (Actor.manager("mona"), True), (VENDOR, True), (BOT, False), ("jane", False)],
)
def test_first_response_is_somebody_of_the_house(limited, clock, by, counts):
    """Neither a bot nor the requester answers for the house."""
    desk = limited(measures="first_response")
    case = desk.open(by="jane")
    clock.advance("1h")
    case = desk.reply(case, by=by)

    assert (1, "completed" if counts else "in_progress", "09:00") == own(case)


@pytest.mark.parametrize(
    ("choice", "by", "channel", "counts"),
    [
        ({"response_by": ["agent", "assistant"]}, BOT, None, True),
        ({"response_by": ["agent", "assistant"]}, VENDOR, None, False),
        ({"response_channels": ["mail"]}, "bob", "mail", True),
        ({"response_channels": ["mail"]}, "bob", "web", False),
        ({"response_channels": ["mail"]}, "bob", None, False),
    ],
)
def test_first_response_is_what_the_process_says(limited, by, choice, channel, counts):
    """Who answers for the house, and on which channels, are choices."""
    desk = limited(process=choice, measures="first_response")
    case = desk.open(by="jane")
    case = desk.reply(case, by=by, channel=channel)

    assert (case.first_response_at is not None, case.awaiting_reply_since is None) == (counts, counts)
    assert ("completed" if counts else "in_progress") == own(case)[1]


@pytest.mark.parametrize(
    ("by", "channel", "answered"),
    [("bob", "phone", True), ("bob", "web", False), ("jane", "phone", False), (BOT, "phone", False)],
)
def test_case_that_is_opened_on_the_phone_may_be_answered_by_that(limited, by, channel, answered):
    """Somebody of the house who opens it for a requester speaks with them, on the channels that the process names."""
    desk = limited(process={"answered_channels": ["phone"]}, measures="first_response")
    case = desk.open(by=by, requester="jane", channel=channel)

    assert answered is (case.first_response_at == case.opened_at == case.last_reply_at)
    assert answered is (own(case) is None) is (case.awaiting_reply_since is None)


@pytest.mark.parametrize(
    ("satisfied_by", "waits", "stage"),
    [
        (None, True, "in_progress"),
        (None, False, "completed"),
        (["reply"], False, "cancelled"),
        (["reply", "waiting"], True, "completed"),
        (["reply", "resolved", "waiting"], False, "completed"),
    ],
)
def test_first_response_without_a_reply_is_a_choice(limited, satisfied_by, waits, stage):
    """Resolving ends it, as met unless the limit wants a reply; waiting alone ends nothing unless the limit says so."""
    desk = limited(measures="first_response", satisfied_by=satisfied_by)
    case = desk.open(by="jane")
    case = desk.wait(case, by="bob") if waits else desk.resolve(case, by="bob")

    assert stage == own(case)[1]


# -- next response


def test_next_response_runs_from_the_oldest_message_that_is_not_answered(limited, clock):
    """Every cycle is an instance of its own; a second message of the requester's does not begin it anew."""
    desk = limited(measures="next_response")
    case = desk.open(by="jane")
    clock.advance("10m")
    case = desk.reply(case, by="jane")
    assert None is own(case)  # there is no next response before the first
    clock.advance("10m")
    case = desk.reply(case, by="bob")
    assert None is own(case)
    clock.advance("10m")
    case = desk.reply(case, by="jane")
    clock.advance("10m")
    case = desk.reply(case, by="jane")
    assert (1, "in_progress", "09:30") == own(case)
    clock.advance("10m")
    case = desk.reply(case, by="bob")
    clock.advance("10m")
    case = desk.reply(case, by="jane")

    assert (2, "in_progress", "10:00") == own(case)
    assert [(1, "09:50", False)] == results(desk, case)


def test_next_response_that_is_watched_late_counts_from_the_message(limited, clock):
    """A case that comes under the limit later has kept the requester waiting all the same."""
    desk = limited(measures="next_response", when=Match(category="vip"))
    case = desk.open(by="jane")
    desk.reply(case, by="bob")
    clock.advance("10m")
    desk.reply(case, by="jane")
    clock.advance("1h")

    assert (1, "in_progress", "09:10") == own(desk.amend(case, by="bob", category="vip"))


def test_next_response_with_a_start_of_its_own_starts_then(limited, clock):
    """A limit whose own start asks for no message begins when that holds."""
    desk = limited(measures="next_response", start=Match(status="in_progress"), stop=Match(status="resolved"))
    case = desk.open(by="jane")
    desk.reply(case, by="bob")
    clock.advance("10m")

    assert (1, "in_progress", "09:10") == own(desk.start(case, by="bob"))


# -- update


def test_update_runs_from_the_last_message_of_the_house(limited, clock, pager):
    """It begins with the first answer, and anew with every other one; the requester's own words do not matter."""
    desk = limited(measures="update", thresholds=[Threshold("100%", ["notify:assignee"])])
    case = desk.open(by="jane")
    clock.advance("5h")
    desk.run_due()
    assert None is own(desk.get(case.id))  # nothing is promised before the first answer
    case = desk.reply(case, by="bob")
    clock.advance("1h30m")
    desk.reply(case, by="jane")
    case = desk.reply(case, by="bob")
    assert (2, "in_progress", "15:30") == own(case)
    clock.advance("2h")
    desk.run_due()
    case = desk.reply(case, by="bob")

    assert [("assignee", "move.limit")] == pager.told
    assert [(1, "15:30", False), (2, "17:30", True)] == results(desk, case)


def test_update_ends_with_the_case_and_begins_again_when_it_is_reopened(limited, clock):
    """Whoever has closed a matter owes no news; time in which it was resolved is no silence."""
    desk = limited(measures="update")
    case = desk.open(by="jane")
    desk.reply(case, by="bob")
    clock.advance("1h")
    desk.resolve(case, by="bob")
    clock.advance("8h")
    case = desk.reopen(case, by="bob")

    assert (2, "in_progress", "18:00") == own(case)
    assert [(1, "10:00", False)] == results(desk, case)


def test_update_is_not_restarted_by_what_is_learnt_late(limited, clock, at):
    """A mail of an hour ago that comes after a newer one is no news."""
    desk = limited(measures="update")
    case = desk.open(by="jane")
    clock.advance("1h")
    desk.reply(case, by="bob")
    clock.advance("1h")
    case = desk.reply(case, by="bob", occurred_at=at("09:30"))

    assert (1, "in_progress", "10:00") == own(case)


# -- vendors


def said_by_vendor(desk, case, status):
    """Let the vendor say something about the newest ticket."""
    ticket = case.vendor_tickets[-1]
    command = VendorUpdate(case_id=case.id, by=VENDOR, vendor=ticket.vendor, key=ticket.key, status=status)
    return desk.execute(command).case


@pytest.mark.parametrize("enters", [True, False])
def test_vendor_clock_runs_from_the_dispatch_to_the_answer(limited, clock, enters):
    """At the vendor's tier or not: acknowledging is no answer, and every dispatch is a cycle of its own."""
    desk = limited(measures="vendor", vendor="acme-print", agreement="uc")
    case = desk.open(by="jane")
    case = desk.escalate(case, by="bob")
    clock.advance("1h")
    case = desk.escalate(case, by="bob") if enters else desk.dispatch(case, by="bob", vendor="acme-print")
    assert (1, "in_progress", "10:00") == own(case)
    clock.advance("1h")
    case = said_by_vendor(desk, case, VendorStatus.ACKNOWLEDGED)
    assert "in_progress" == own(case)[1]
    clock.advance("1h")
    case = said_by_vendor(desk, case, VendorStatus.RESOLVED)
    assert [(1, "12:00", False)] == results(desk, case)
    case = desk.dispatch(case, by="bob", vendor="acme-print")

    assert (2, "in_progress", "12:00") == own(case)


def test_vendor_clock_stands_still_while_the_vendor_waits_for_us(limited, clock):
    """What we owe the vendor is not the vendor's time."""
    desk = limited(measures="vendor")
    case = desk.open(by="jane")
    case = desk.dispatch(case, by="bob", vendor="acme-print")
    case = said_by_vendor(desk, case, VendorStatus.WAITING_FOR_US)
    assert "paused" == own(case)[1]
    clock.advance("3h")
    case = said_by_vendor(desk, case, VendorStatus.OPEN)

    assert ("in_progress", timedelta(0)) == (own(case)[1], desk.clocks(case)[0].elapsed)


def test_vendor_clock_of_another_vendor_does_not_run(limited):
    """A contract is with one vendor."""
    desk = limited(measures="vendor", vendor="initech")
    case = desk.open(by="jane")

    assert None is own(desk.dispatch(case, by="bob", vendor="acme-print"))


def test_every_word_of_the_vendors_begins_the_time_to_the_next(limited, clock):
    """What the house's people do meanwhile is no word of the vendor's."""
    desk = limited(measures="vendor_update", vendor="acme-print", agreement="uc")
    case = desk.dispatch(desk.open(by="jane"), by="bob", vendor="acme-print")
    clock.advance("30m")
    assert (1, "in_progress", "09:00") == own(desk.reply(case, by="bob"))
    clock.advance("30m")
    case = said_by_vendor(desk, case, VendorStatus.ACKNOWLEDGED)
    assert (2, "in_progress", "10:00") == own(case)
    clock.advance("1h")
    case = said_by_vendor(desk, case, VendorStatus.IN_PROGRESS)

    assert (3, "in_progress", "11:00") == own(case)
    assert [(1, "10:00", False), (2, "11:00", False)] == results(desk, case)


def test_vendor_clock_ends_with_the_case(limited, clock):
    """Once the matter is solved nobody waits for the vendor: neither met nor breached."""
    desk = limited(measures="vendor")
    case = desk.open(by="jane")
    desk.dispatch(case, by="bob", vendor="acme-print")
    clock.advance("1h")

    assert "cancelled" == own(desk.resolve(case, by="bob"))[1]


@pytest.mark.parametrize(
    ("pauses", "elapsed"), [(False, timedelta(hours=3)), (True, timedelta(hours=1))], ids=["runs", "pauses"]
)
@pytest.mark.parametrize("enters", [True, False])
def test_waiting_for_a_vendor_pauses_the_customers_clock_where_the_limit_says_so(
    limited, clock, pauses, elapsed, enters
):
    """By default it does not; where it does, being at the vendor's tier counts as waiting too."""
    desk = limited(pause_while_vendor=pauses)
    case = desk.open(by="jane")
    case = desk.escalate(case, by="bob")
    clock.advance("1h")
    if enters:
        desk.escalate(case, by="bob")
    else:
        desk.dispatch(case, by="bob", vendor="acme-print")
        desk.wait(case, by="bob", wait_reason="vendor")
    clock.advance("2h")
    (reading,) = desk.clocks(case)

    assert (elapsed, elapsed) == (reading.elapsed, reading.actual_elapsed)


def test_pausing_for_a_vendor_keeps_the_other_pauses(make_desk, calm, clock):
    """Also in a house without a vendor's tier, and with a pause of one's own."""
    tiers = [attrs.evolve(tier, escalates_to=()) for tier in calm.tiers[:1]]
    limit = TimeLimit(name="own", target="2h", pause_while_vendor=True, pause=Match(wait_reason="parts"))
    desk = make_desk(attrs.evolve(calm, tiers=tiers, limits=[limit]))
    case = desk.open(by="jane")
    desk.dispatch(case, by="bob", vendor="acme-print")
    stages = [own(desk.wait(case, by="bob", wait_reason=reason))[1] for reason in ("parts", "vendor", "customer")]

    assert ["paused", "paused", "in_progress"] == stages


# -- the queue of a tier, by conditions of one's own


def test_time_in_the_queue_of_a_tier_is_a_limit_with_its_own_start_and_stop(limited, clock):
    """From coming into the queue until somebody takes it up, or it leaves; each stay is an instance."""
    desk = limited(
        measures="tier", tier=1, start=Match(tier=1, status="queued"),
        stop=Match(any=[Match(tier=Not(1)), Match(status=Not("queued"))]),
    )  # fmt: skip
    case = desk.open(by="jane")
    clock.advance("20m")
    desk.start(case, by="bob")
    clock.advance("1h")
    case = desk.release(case, by="bob")
    clock.advance("20m")
    case = desk.escalate(case, by="bob")

    assert [(1, "09:20", False), (2, "10:40", False)] == results(desk, case)
