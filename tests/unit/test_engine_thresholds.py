"""Thresholds: where they lie, what they do, what is refused to them, and when they are overtaken."""

import attrs
import pytest

from supporttiers.limits import Threshold, TimeLimit
from supporttiers.tiers import Tier


@pytest.fixture
def case(desk):
    """Give a case that Jane has just opened: 15 minutes at tier 1, 8 hours to its resolution."""
    return desk.open("Printer", id="T-1", by="jane")


@pytest.fixture
def limited(make_desk, calm):
    """Make a desk of these limits, with tiers one above the other."""

    def make(*limits, tiers=(), **changes):
        return make_desk(attrs.evolve(calm, limits=limits, tiers=tiers or calm.tiers, **changes))

    return make


def a_limit(name="own", *, target="2h", at="100%", do=(), **more):
    """Give a limit with one threshold."""
    return TimeLimit(name=name, target=target, thresholds=[Threshold(at, do=do)], **more)


def timeline(desk, case):
    """Say what happened when, shortly."""
    return [f"{event.at:%H:%M} {type(event).__name__}" for event in desk.history(case)]


# -- thresholds


@pytest.mark.parametrize(
    ("mark", "reached", "breach"),
    [
        ("50%", "10:00", False),
        ("-30m", "10:30", False),
        ("99%", "10:58:48", False),
        ("100%", "11:00", True),
        ("0s", "11:00", True),
        ("150%", "12:00", True),
        ("30m", "11:30", True),
    ],
)
def test_threshold_fires_where_it_lies(limited, clock, at, mark, reached, breach):
    """A share of the target, or working time before and after it; at the target or beyond it is a breach."""
    desk = limited(a_limit(at=mark))
    case = desk.open(by="jane")
    clock.advance(to=at(reached))
    desk.run_due()
    *_, fired = desk.history(case)

    assert (mark, at(reached), breach) == (fired.mark, fired.due_at, fired.breach)
    assert breach is desk.get(case.id).stopwatch("own").breached


def test_threshold_fires_once_per_instance(desk, case, clock):
    """Neither a second sweep nor a command fires it again."""
    clock.advance("20m")
    desk.run_due()
    version = desk.get("T-1").version
    desk.run_due()

    assert version == desk.get("T-1").version
    assert version + 1 == desk.note(case, by="bob").version


def test_threshold_tells_people(desk, case, clock, pager):
    """Whoever has the role when the message goes out hears it, once."""
    desk.start(case, by="bob")
    clock.advance("8h")
    desk.run_due()
    desk.run_due()

    assert [("assignee", "move.limit"), ("manager", "move.limit")] == pager.told
    assert "50% of 8:00:00" in str(pager.sent[0].reason)


@pytest.mark.parametrize(
    ("do", "tier"), [(["escalate"], 2), (["escalate:2"], 2), (["notify:manager", "escalate"], 2), ([], 1)], ids=str
)
def test_threshold_acts(limited, clock, do, tier):
    """It may move, tell, or only count as breached."""
    desk = limited(a_limit(do=do))
    case = desk.open(by="jane")
    clock.advance("2h")
    desk.run_due()

    assert (tier, True) == (desk.get(case.id).tier, desk.get(case.id).stopwatch("own").breached)


def test_threshold_escalates_from_waiting_too(limited, clock, at):
    """A limit that runs while the case waits takes it out of waiting."""
    desk = limited(a_limit(do=["escalate"]))
    case = desk.open(by="jane")
    desk.wait(case, by="bob", wait_reason="scheduled", until=at("17:00"))
    clock.advance("10h")
    desk.run_due()
    case = desk.get(case.id)

    assert (2, "queued", None) == (case.tier, case.status, case.wait_until)
    assert "CaseResumed" not in str(timeline(desk, case))


def test_refused_action_is_recorded_and_management_is_told(limited, clock, pager, kinds):
    """The threshold counts as fired all the same, and the case stays where it is."""
    desk = limited(a_limit(do=["escalate:4", "notify:ann"]))
    case = desk.open(by="jane")
    clock.advance("3h")
    desk.run_due()
    clock.advance("3h")
    desk.run_due()
    refused = desk.history(case)[-1]

    assert ["CaseOpened", "StopwatchStarted", "ThresholdFired", "ActionRefused"] == kinds(desk, case)
    assert ("own", 1, 0, "escalate:4") == (refused.limit, refused.instance, refused.threshold, refused.action)
    assert "the process refuses 'escalate:4': the process has no such move" == str(refused.reason)
    assert [("manager", "limit.no_action"), ("ann", "move.limit")] == pager.told
    assert (1, True) == (desk.get(case.id).tier, desk.get(case.id).stopwatch("own").breached)


def test_bounce_by_the_clock_is_counted(limited, clock):
    """A case handed back and escalated again by its limit goes to and fro like any other."""
    tiers = [
        Tier(level=1, name="One", escalates_to=[2], time_limit="15m"),
        Tier(level=2, name="Two", hands_back_to=[1]),
    ]
    desk = limited(tiers=tiers)
    case = desk.open(by="jane")
    desk.escalate(case, by="bob")
    desk.hand_back(case, by="bob")
    clock.advance("15m")
    desk.run_due()

    assert {"1 <> 2": 2} == desk.get(case.id).bounces


# -- overtaken


@pytest.mark.parametrize(
    ("escalated", "amended", "tier", "overtaken"),
    [
        ("12:00", "13:30", 2, True),  # it came to tier 2 after 11:00, when four hours' worth of it were over
        ("11:00", "13:30", 2, True),  # at that very instant
        ("10:59", "13:30", 4, False),  # before it: the tier had its chance
        (None, "13:30", 2, False),
    ],
)
def test_action_of_a_tier_that_was_left_is_overtaken(limited, clock, at, escalated, amended, tier, overtaken):
    """A deadline that turns out to have passed before the tier was entered moves nothing; people are told."""
    desk = limited(a_limit(target={"critical": "2h", "*": "24h"}, do=["escalate", "notify:ann"]))
    case = desk.open(id="T-1", by="jane")
    if escalated:
        clock.advance(to=at(escalated))
        desk.escalate(case, by="bob")
    clock.advance(to=at(amended))
    desk.amend(case, by="bob", priority="critical")
    desk.run_due()
    fired = next(event for event in desk.history(case) if type(event).__name__ == "ThresholdFired")

    assert (at("11:00"), at(amended), overtaken, True) == (fired.due_at, fired.at, fired.overtaken, fired.breach)
    assert tier == desk.get("T-1").tier
    assert fired.reason.code == "move.limit"


def test_overtaken_action_still_tells_people(limited, clock, at, pager):
    """What passed has passed, whoever has the case now."""
    desk = limited(a_limit(target={"critical": "2h", "*": "24h"}, do=["escalate", "notify:ann"]))
    case = desk.open(by="jane")
    clock.advance(to=at("12:00"))
    desk.escalate(case, by="bob")
    desk.amend(case, by="bob", priority="critical")
    desk.run_due()

    assert [("ann", "move.limit")] == pager.told


def test_second_limit_of_one_instant_is_overtaken_by_the_first(limited, clock):
    """Two limits that escalate at one instant move the case one tier, not two."""
    desk = limited(a_limit("first", do=["escalate"]), a_limit("second", do=["escalate"]))
    case = desk.open(by="jane")
    clock.advance("2h")
    desk.run_due()
    fired = [event for event in desk.history(case) if type(event).__name__ == "ThresholdFired"]

    assert [("first", False), ("second", True)] == [(event.limit, event.overtaken) for event in fired]
    assert 2 == desk.get(case.id).tier


def test_stay_that_began_with_the_clock_overtakes_nothing(limited, clock, at):
    """A limit whose whole target was used up before it was known still acts at the first tier."""
    desk = limited(a_limit(do=["escalate"]))
    case = desk.open(by="jane", occurred_at=at("06:00"))
    desk.run_due()

    assert (2, at("09:00")) == (desk.get(case.id).tier, desk.get(case.id).changed_at)
