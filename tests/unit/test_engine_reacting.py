"""Reactions: what policies want done because of what has just happened, at once or later."""

from datetime import timedelta

import attrs
import pytest

from supporttiers.actors import SYSTEM, Actor
from supporttiers.commands import Amend, Close, Escalate, Inform, InformManagement, Note, Start, Watch
from supporttiers.decisions import Later
from supporttiers.errors import FactsError, PluginError
from supporttiers.events import CaseAmended, CaseNoted, CaseOpened, CaseReopened, PeopleInformed
from supporttiers.facts import FactSource
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import AtLeast, Match
from supporttiers.tiers import Status

ON = {"case_id": "T-1", "by": Actor.agent("bob")}


class Reacting:
    """A policy made of a function of the situation."""

    revision = 1

    def __init__(self, answer, name="acme.reacting"):
        self._answer, self.name = answer, name

    def react(self, situation):
        """Answer."""
        return self._answer(situation)


def when(kind, *wishes):
    """React to one kind of event."""
    return Reacting(lambda situation: wishes if isinstance(situation.event, kind) else ())


@pytest.fixture
def with_policies(make_desk, calm):
    """Make desks whose process has these policies."""
    return lambda *policies, **more: make_desk(attrs.evolve(calm, policies=policies, **more))


def opened(desk, **how):
    """Open the case of all these tests."""
    return desk.open("Printer", id="T-1", by="jane", **how)


# -- at once


def test_reaction_is_carried_out_by_the_system_and_says_whose_wish_it_was(with_policies, kinds):
    """In the same transaction, whoever the policy names as its actor, and whatever version it had seen."""
    desk = with_policies(when(CaseNoted, Escalate(**ON, expected_version=1, idempotency_key="k", at=None)))
    opened(desk)
    desk.note("T-1", by="bob")

    assert ["CaseNoted", "CaseEscalated"] == kinds(desk, "T-1", 1)
    moved = desk.history("T-1")[2]
    assert ("system", "policy 'acme.reacting' wants it", None) == (
        moved.by.id, str(moved.reason), moved.idempotency_key
    )  # fmt: skip


def test_policies_react_in_order_and_to_each_others_deeds(with_policies, kinds):
    """All are asked about an event before the first wish is granted; what follows from it is reacted to as well."""
    seen = []

    def watch(situation):
        seen.append((type(situation.event).__name__, situation.case.tier, situation.trigger, situation.command))

    desk = with_policies(when(CaseOpened, Escalate(**ON)), when(CaseOpened, Inform(**ON, to="lead")), Reacting(watch))
    opened(desk)

    assert ["CaseOpened", "CaseEscalated", "PeopleInformed"] == kinds(desk, "T-1")
    assert [("CaseOpened", 1), ("CaseEscalated", 2), ("PeopleInformed", 2)] == [one[:2] for one in seen]
    assert {"react"} == {trigger for _, _, trigger, _ in seen}


def test_reaction_that_is_refused_leaves_nothing_but_its_refusal(with_policies, pager, kinds):
    """The command that caused it stands, the other reactions too; management is told."""
    desk = with_policies(when(CaseNoted, Close(**ON), Inform(**ON, to="lead")))
    opened(desk)
    desk.note("T-1", by="bob")
    desk.run_due()

    assert ["CaseNoted", "ReactionRefused", "PeopleInformed"] == kinds(desk, "T-1", 1)
    refused = desk.history("T-1")[2]
    assert ("acme.reacting", "close", "policy 'acme.reacting' wanted to close: the process has no such move") == (
        refused.policy, refused.trigger, str(refused.reason)
    )  # fmt: skip
    assert [("manager", "react.refused"), ("lead", "inform.asked")] == pager.told


def test_reaction_on_another_case_is_told_to_it(with_policies, kinds):
    """By the relay, and judged there."""
    desk = with_policies(when(CaseNoted, Watch(case_id="T-2", by=SYSTEM, watchers=["eve"])))
    desk.open(id="T-2", by="jane")
    opened(desk)
    desk.note("T-1", by="bob")
    assert () == desk.get("T-2").watchers
    desk.run_due()

    assert (("eve",), "system") == (desk.get("T-2").watchers, desk.history("T-2")[-1].by.id)


def test_chain_of_reactions_is_cut_and_management_told_once(with_policies, pager, kinds):
    """A policy that answers itself for ever does sixteen things, and the case goes on."""

    def for_ever(situation):
        if not isinstance(situation.event, CaseNoted | CaseAmended):
            return ()
        count = situation.case.attributes.get("count", 0)
        return [Amend(**ON, attributes={"count": count + 1})]

    desk = with_policies(Reacting(for_ever))
    opened(desk)
    desk.note("T-1", by="bob")
    desk.run_due()

    assert ["CaseNoted", *["CaseAmended"] * 16, "ManagementInformed"] == kinds(desk, "T-1", 1)
    assert 16 == desk.get("T-1").attributes["count"]
    [sent] = pager.sent
    told = "policy 'acme.reacting' wants more than 16 commands at one instant; the rest is dropped"
    assert ("manager", told) == (sent.to, str(sent.reason))
    assert "CaseNoted" == kinds(desk, desk.note("T-1", by="bob", reason="again"))[-18]


def test_what_changes_nothing_is_no_part_of_a_chain(with_policies, kinds):
    """A policy may say the same on every event."""
    limits = [TimeLimit(name=f"limit {number}", target="8h") for number in range(20)]
    desk = with_policies(Reacting(lambda _: [Amend(**ON, category="vpn")]), limits=limits)
    opened(desk)

    assert ["CaseOpened", *["StopwatchStarted"] * 20, "CaseAmended"] == kinds(desk, "T-1")


@pytest.mark.parametrize("answer", [Close(**ON), "close", 5, ["close"]], ids=str)
def test_policy_that_reacts_with_something_else_is_named(with_policies, answer):
    """A single command is no list of commands, and a text is no command."""
    desk = with_policies(Reacting(lambda _: answer))

    with pytest.raises(PluginError, match=r"acme\.reacting"):
        opened(desk)


def test_facts_that_a_reaction_needs_are_recorded_with_what_follows(make_desk, calm):
    """They are read as those of any other policy; what was asked in vain leaves none."""
    from supporttiers.facts import FactSource

    class ByPlan(Reacting):
        needs = ("plans",)

    policy = ByPlan(
        lambda s: [Close(**ON), Inform(**ON, to=s.facts["plans"])] if isinstance(s.event, CaseNoted) else ()
    )
    plans = FactSource("plans", lambda _, keys: dict.fromkeys(keys, "gold"), keyed_by="requester")
    desk = make_desk(attrs.evolve(calm, policies=[policy]), facts=[plans])
    opened(desk)
    desk.note("T-1", by="bob")

    refused, informed = desk.history("T-1")[-2:]
    assert ({"plans": "gold"}, None, "gold") == (refused.facts, informed.facts, informed.to)
    assert desk.note("T-1", by="eve", reason="again").version == 7
    assert [None, {"plans": "gold"}, None] == [event.facts for event in desk.history("T-1")[-3:]]
    assert {"plans": "gold"} == desk.get("T-1").facts


# -- later


def later(command, delay, **how):
    """React to the opening with something that is to be done later."""
    return Reacting(
        lambda s: (
            [Later(command=command, at=s.now + timedelta(hours=delay), **{"name": "it", **how})]
            if isinstance(s.event, CaseOpened)
            else ()
        )
    )


def test_later_is_kept_and_done_at_its_time(with_policies, clock, at, kinds):
    """At that instant, whenever the worker comes by."""
    desk = with_policies(later(Note(**ON, text="look"), 2))
    case = opened(desk)
    assert [("it", at("11:00"), ("queued",))] == [
        (one.name, one.due_at, one.while_status) for one in case.scheduled
    ]  # fmt: skip
    clock.advance("5h")
    desk.run_due()

    ended, noted = desk.history("T-1")[-2:]
    assert (at("11:00"), at("11:00"), False, "look", "system") == (
        ended.at, noted.at, ended.dropped, noted.text, noted.by.id
    )  # fmt: skip
    assert ((), ("it",)) == (desk.get("T-1").scheduled, desk.get("T-1").carried_out)


def test_later_that_has_passed_is_done_at_once(with_policies, kinds):
    """Nothing is kept for it."""
    opened(desk := with_policies(later(Note(**ON), 0)))

    assert ["CaseOpened", "CaseNoted"] == kinds(desk, "T-1")


@pytest.mark.parametrize(
    ("how", "verb", "more", "kept"),
    [
        ({}, "start", {}, False),
        ({}, "note", {}, True),
        ({"while_status": ["queued", "in_progress"]}, "start", {}, True),
        ({"when": Match(priority=AtLeast("medium"))}, "amend", {"priority": "critical"}, True),
        ({"when": Match(priority=AtLeast("medium"))}, "amend", {"priority": "low"}, False),
    ],
)
def test_later_is_dropped_once_the_case_is_no_longer_as_meant(with_policies, kinds, how, verb, more, kept):
    """By status, of the case as it was unless others are named, and by a condition."""
    desk = with_policies(later(Note(**ON), 2, **how))
    opened(desk)
    getattr(desk, verb)("T-1", by="bob", **more)

    assert kept == (len(desk.get("T-1").scheduled) == 1) == (kinds(desk, "T-1")[-1] != "ScheduleEnded")


def test_later_of_one_name_takes_the_place_of_the_other(with_policies, clock, kinds):
    """The same again changes nothing."""

    def again(situation):
        if not isinstance(situation.event, CaseOpened | CaseNoted | CaseAmended):
            return ()
        hours = 5 if situation.case.category == "vpn" else 2
        due_at = situation.case.opened_at + timedelta(hours=hours)
        return [Later(command=Inform(**ON, to="lead"), at=due_at, name="it")]

    desk = with_policies(Reacting(again))
    opened(desk)
    desk.note("T-1", by="bob")
    assert ["CaseOpened", "CommandScheduled", "CaseNoted"] == kinds(desk, "T-1")
    assert "policy 'acme.reacting' wants it" == str(desk.history("T-1")[1].reason)
    desk.amend("T-1", by="bob", category="vpn")
    clock.advance("3h")
    desk.run_due()
    assert 1 == len(desk.get("T-1").scheduled)
    clock.advance("2h")
    desk.run_due()

    assert [PeopleInformed] == [type(event) for event in desk.history("T-1") if isinstance(event, PeopleInformed)]


def test_later_that_is_refused_at_its_time_is_recorded(with_policies, clock, pager, kinds):
    """As any other reaction; others that were due at that instant go on."""
    desk = with_policies(later(Close(**ON), 2), later(Note(**ON), 2, name="other"))
    opened(desk)
    clock.advance("2h")
    desk.run_due()

    assert ["ScheduleEnded", "ReactionRefused", "ScheduleEnded", "CaseNoted"] == kinds(desk, "T-1", 3)
    assert [("manager", "react.refused")] == pager.told


def test_later_of_a_case_that_ends_by_another_one_is_dropped_before_its_turn(with_policies, clock, kinds):
    """What is due at one instant is done in order, each on the case as it is by then."""
    desk = with_policies(later(Escalate(**ON), 2, name="a"), later(Note(**ON), 2, name="b", when=Match(tier=1)))
    opened(desk)
    clock.advance("2h")
    desk.run_due()

    ended = {event.name: event.dropped for event in desk.history("T-1") if type(event).__name__ == "ScheduleEnded"}
    assert {"a": False, "b": True} == ended


def test_policies_react_to_what_time_does(make_desk, acme, clock, kinds):
    """To a threshold that has fired as to any event, whether it changed the case or not."""
    quiet = TimeLimit(name="quiet", target="1h", thresholds=[Threshold("100%", do=["notify:owner"])])
    policy = Reacting(lambda s: [InformManagement(**ON)] if type(s.event).__name__ == "ThresholdFired" else ())
    desk = make_desk(attrs.evolve(acme, limits=[quiet], policies=[policy]))
    opened(desk)
    clock.advance("1h")
    desk.run_due()

    fired = [name for name in kinds(desk, "T-1", 3) if name in {"ThresholdFired", "ManagementInformed"}]
    assert ["ThresholdFired", "ManagementInformed", "ThresholdFired", "ManagementInformed"] == fired


def test_resolution_by_a_reaction_is_followed_by_clocks(make_desk, acme, kinds):
    """Stopwatches see the case after each reaction."""
    from supporttiers.commands import Resolve

    desk = make_desk(attrs.evolve(acme, policies=[when(CaseNoted, Resolve(**ON))]))
    opened(desk)
    desk.note("T-1", by="bob")

    assert ["CaseNoted", "CaseResolved", "StopwatchStopped"] == kinds(desk, "T-1", 3)[:3]
    assert Status.RESOLVED is desk.get("T-1").status


def test_reaction_that_cannot_be_asked_refuses_the_command_and_keeps_what_was_settled(make_desk, calm, clock, kinds):
    """What time had done by then stands; of the command nothing does."""
    failures = []

    def read(_tenant, keys):
        if failures:
            raise failures[0]
        return dict.fromkeys(keys, "x")

    policy = Reacting(lambda situation: situation.facts["stock"] and ())
    policy.needs = ("stock",)
    limits = [TimeLimit(name="own", target="1h", thresholds=[Threshold("100%", do=["notify:ann"])])]
    desk = make_desk(attrs.evolve(calm, policies=[policy], limits=limits), facts=[FactSource("stock", read)])
    opened(desk, customer="c-1")
    clock.advance("2h")
    failures.append(OSError("down"))
    with pytest.raises(FactsError, match="stock: OSError; it may be tried again"):
        desk.note("T-1", by="bob", text="x")

    assert ["ThresholdFired"] == kinds(desk, "T-1", 2)


def test_clock_follows_a_reopening_once_however_much_comes_of_it(with_policies, clock, kinds):
    """A reaction to the reopening is judged after it: that is no second reopening."""
    limits = [TimeLimit(name="own", target="8h", on_reopening="new_cycle")]
    desk = with_policies(when(CaseReopened, Start(**ON)), limits=limits)
    opened(desk)
    desk.resolve("T-1", by="bob")
    clock.advance("1h")
    case = desk.reopen("T-1", by="jane")

    assert (2, "in_progress") == (case.stopwatch("own").instance, case.status)
    assert 1 == kinds(desk, "T-1").count("StopwatchStarted") - 1
