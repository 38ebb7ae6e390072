"""What an exploration merges has the same future: nothing that may still happen is lost, and nothing is invented."""

from datetime import datetime, timedelta

import pytest

from supporttiers import Actor, Match, SupportProcess
from supporttiers.commands import Amend, Open, Wait
from supporttiers.limits import Action, Percent, Threshold, TimeLimit
from supporttiers.match import AtMost, Not
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.policies.retention import RedactAfter
from supporttiers.policies.targets import TargetByRules, TargetRule
from supporttiers.testing import Told, explore, never
from supporttiers.testing.exploring.alphabet import Alphabet
from supporttiers.testing.exploring.states import States
from supporttiers.testing.exploring.watching import Watch
from supporttiers.testing.exploring.worlds import CASE_ID, World
from supporttiers.tiers import Tier

START = datetime.fromisoformat("2026-01-05T09:00Z")
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
ANNA, JANE = Actor.agent("anna"), Actor.customer("jane")
TIERS = [Tier(level=1, name="One", escalates_to=(2,)), Tier(level=2, name="Two", hands_back_to=(1,))]
TELL = [Action("notify", "manager")]
QUICK = {"invariants": [], "at_most": 20_000}


def process(**parts):
    """Make a process of two tiers."""
    return SupportProcess(name="p", tiers=TIERS, **parts)


def marks(name, target, *percents, **more):
    """Make a limit that only tells."""
    told = [Threshold(Percent(each), TELL) for each in percents]
    return TimeLimit(name=name, measures="resolution", target=target, thresholds=told, **more)


PAUSING = process(
    limits=[
        TimeLimit(
            name="slow", measures="resolution", target=HOUR, pause=Match(status="waiting"),
            thresholds=[Threshold(Percent(100), TELL), Threshold(Percent(150), [Action("escalate")])],
        ),
        marks("clock", 70 * MINUTE, 100, 150),
    ]
)  # fmt: skip


def test_how_long_a_late_clock_has_run_counts_and_not_how_late_it_is():
    """Paused at 70 minutes until 105, it has 20 minutes left; paused at 60 minutes until 105, it has 30."""
    escalated = never(Match(tier=2, tier_entered_at=START + 125 * MINUTE))

    found = explore(PAUSING, depth=6, commands=["wait", "resume"], monitors=[escalated], start=START, **QUICK)

    assert [choice.verb for choice in found.counterexamples[0].choices] == [
        "advance", "advance", "wait", "advance", "resume", "advance"
    ]  # fmt: skip


def test_what_ends_and_begins_within_one_instant_has_never_ended():
    """Whoever starts and releases a case at 20 minutes resets its clock; yet it has been queued all the time."""
    rules = process(
        limits=[
            TimeLimit(
                name="queued", measures="resolution", target=35 * MINUTE, start=Match(status="queued"),
                stop=Match(status=["in_progress", "resolved"]), on_reopening="new_cycle",
                thresholds=[Threshold(Percent(100), [Action("resolve")])],
            ),
            marks("clock", 20 * MINUTE, 100),
        ]
    )  # fmt: skip
    waits = never(Match(status="queued"), longer_than="40m")

    found = explore(rules, depth=5, commands=["start", "release"], monitors=[waits], **QUICK)

    assert [choice.verb for choice in found.counterexamples[0].choices] == ["advance", "start", "release", "advance"]


def test_instants_of_which_rules_speak_count():
    """Whoever was given a case early may not resolve it; who was given it late may, though all else is the same."""
    early = Match(assigned_at=AtMost(START + 30 * MINUTE))
    rules = process(
        limits=[marks("clock", HOUR, 50, 100)],
        policies=[PermitByRules([Permission(verbs=["resolve"], when=early, effect="deny")])],
    )
    resolved = never(Match(status="resolved", assignee="anna"))

    found = explore(rules, depth=4, commands=["assign", "resolve"], monitors=[resolved], start=START, **QUICK)

    assert [choice.verb for choice in found.counterexamples[0].choices] == ["advance", "advance", "assign", "resolve"]


def test_who_may_wait_without_a_clock_counts():
    """A case that nobody has answered may wait; one that was answered may not, and is found though it comes later."""
    rules = process(limits=[marks("clock", HOUR, 100, stop=Match(status="waiting"))])
    may_wait = Match(first_response_at=None)

    found = explore(
        rules, depth=3, commands=["wait", "reply"], may_wait=may_wait, invariants=["has_a_clock"], start=START
    )

    assert [choice.verb for choice in found.counterexamples[0].choices] == ["reply", "wait"]


DAYS = {"low": "2 business days", "medium": "1 calendar days", "*": HOUR}
RULES = {
    "late": (PAUSING, ["wait", "resume", "start"], []),
    "instant": (process(limits=[marks("r", 70 * MINUTE, 25, 50)]), ["start", "release"],
                [never(Match(status="queued"), longer_than="40m")]),
    "redacted": (process(policies=[RedactAfter("4h"), ReopenWithin("24h")], reopen_from=("resolved", "cancelled")),
                 ["resolve", "cancel", "reply", "note", "rate", "reopen"], []),
    "until": (process(limits=[marks("r", HOUR, 50, 100)]),
              ["start", "resume", Wait(case_id="x", by=ANNA, wait_reason="scheduled", until=START + 65 * MINUTE)], []),
    "late knowledge": (
        process(limits=[marks("r", HOUR, 50, 100, on_reopening="continue")]),
        ["resolve", "reopen", Wait(case_id="x", by=ANNA, wait_reason="approval", occurred_at=START)], [],
    ),
    "target": (
        process(
            limits=[marks("r", {"low": 4 * HOUR, "*": HOUR}, 50, 100, pause=Match(status="waiting"))],
            policies=[TargetByRules(rules=[TargetRule(when=Match(category="vpn"), limit="r", target="3h")])],
        ),
        ["wait", "resume", "escalate", "hand_back", Amend(case_id="x", by=ANNA, category="vpn"),
         Amend(case_id="x", by=ANNA, category="mail")],
        [],
    ),
    "days": (
        process(limits=[marks("r", DAYS, 50, 100, pause=Match(status="waiting"))],
                priorities=["low", "medium", "high"]),
        ["wait", "resume", *(Amend(case_id="x", by=ANNA, priority=each) for each in ("low", "medium", "high"))],
        [],
    ),
    "closed": (
        process(reopen_from=("resolved", "closed", "cancelled"), moves="any",
                policies=[PermitByRules([Permission(verbs=["reopen"], when=Match(closed_at=Not(None)))])]),
        ["resolve", "close", "cancel", "reopen", "rate"], [],
    ),
    "told": (process(bounce_limit=1), ["escalate", "hand_back", "reply"], [never(Told("manager"))]),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_what_is_merged_has_the_same_future(name):
    """In two states that nothing tells apart the same can be done, and leads to states that nothing tells apart."""
    rules, commands, monitors = RULES[name]
    watch = Watch(monitors, rules.priorities)
    world = World(rules, {}, tells=watch.tells)
    alphabet = Alphabet(rules, CASE_ID, requester=JANE, actors=None, commands=commands)
    states = States(
        rules, by_the_clock=watch.by_the_clock, tells=watch.tells, looks_at=watch.fields, conditions=watch.conditions,
        commands=commands,
    )  # fmt: skip

    def key(outcome, memory):
        return states.key(outcome, watch.key(memory, outcome.now, frozenset()))

    def following(before, memory):
        offers = list(alphabet.offers(before.case))
        found = [(offer, world.tried(before, [command for _, command in offer])) for offer in offers]
        after = [(str(offer[0][0]), outcome[1]) for offer, outcome in found if outcome is not None]
        after += [] if before.next_at is None else [("advance", world.later(before, before.next_at))]
        for did, outcome in after:
            remembered, broken = watch.follow(memory, before, outcome)
            sign = key(outcome, remembered), len(broken), outcome.now - before.now
            yield did, sign, (outcome, remembered)

    root = world.opened(Open(case_id=CASE_ID, by=JANE), START)
    seen = {}
    for walk in range(25):
        node = root, watch.begin(root)[0]
        for step in range(10):
            after = list(following(*node))
            signs = [(did, sign) for did, sign, _ in after]
            assert seen.setdefault(key(*node), signs) == signs
            if not after:
                break
            node = [*after, after[-1], after[-1]][((walk + 3) * (step + 5) ** 2 // 3) % (len(after) + 2)][2]


def test_customers_hear_that_there_is_news_where_a_reason_is_not_for_them():
    """As in a rehearsal: that a limit was reached is for the house alone."""
    told = [Threshold(Percent(100), [Action("notify", "requester")])]
    rules = process(limits=[TimeLimit(name="r", measures="resolution", target=HOUR, thresholds=told)])
    inner = never(Told("requester", reason="move.limit"))
    news = never(Told("requester", reason="inform.news"))

    found = explore(rules, depth=2, commands=["start"], monitors=[inner, news], **QUICK)

    assert [one.rule for one in found.counterexamples] == [str(news)]
