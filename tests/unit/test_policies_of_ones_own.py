"""Policies of one's own: what they may answer, what is refused, and what the desk must know of them."""

from datetime import timedelta
from typing import Any, ClassVar

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.decisions import Destination, Hold, Refusal
from supporttiers.errors import PluginError, StoreError
from supporttiers.facts import FactSource
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.policies import BUILT_IN, kinds_of
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason
from supporttiers.tiers import Tier

TIERS = [Tier(level=1, name="First", escalates_to=[2]), Tier(level=2, name="Second", hands_back_to=[1])]


def policy_of(method, answer, *, needs=(), name=None):
    """Make a policy that has one answer to one question."""
    fields = {"name": name or f"acme.{method}", "revision": 1, "needs": needs}
    return attrs.frozen(type("Own", (), {**fields, method: lambda _self, situation: answer(situation)}))()


def process(*policies, **fields):
    """Give a process of two tiers with policies."""
    return SupportProcess(**{"name": "own", "tiers": TIERS, "entry": "any", "policies": policies} | fields)


@pytest.mark.parametrize(
    ("method", "answer", "problem"),
    [
        ("prioritise", "urgent", "its prioritise() gave 'urgent'; possible are: low, medium, high, critical"),
        ("prioritise", 2, "its prioritise() gave int; possible are a str and None"),
        ("assign", " ", "its assign() gave an id that must not be empty"),
        ("permit", False, "its permit() gave bool; possible are a Refusal or Hold and None"),
        ("target", timedelta(0), "its target() gave 0:00:00; possible are durations above zero and None"),
        (
            "target",
            "4h",
            "its target() gave str; possible are a timedelta or BusinessDays or CalendarDays or UntilClose and None",
        ),
        ("react", 5, "its react() gave int; possible is a list of commands"),
        ("react", [5], "its react() gave int; possible are a Command or Later and None"),
    ],
)
def test_policy_that_answers_wrongly_is_named(make_desk, method, answer, problem):
    """In the middle of a case, because only then it is asked; nothing is written."""
    limits = [TimeLimit(name="resolve", target="4h")]
    desk = make_desk(process(policy_of(method, lambda _: answer), limits=limits))

    with pytest.raises(PluginError) as caught:
        desk.open(id="T-1", by="jane")
    assert f"'acme.{method}' does not fit: {problem}" == str(caught.value)
    assert 0 == len(desk.find())


def test_hold_of_an_observing_process_is_only_noted(make_desk):
    """The command is carried out, and it stands beside it that somebody should have approved."""
    hold = policy_of("permit", lambda s: Hold(Reason("acme.sure")) if s.trigger == "resolve" else None)
    desk = make_desk(process(hold).observing())
    case = desk.resolve(desk.open(by="jane"), by="bob")
    withheld = [event for event in desk.history(case) if isinstance(event, happened.ActionWithheld)]

    assert ("resolved", None) == (case.status, case.held)
    assert [("hold:resolve", "acme.sure")] == [(event.would_have, event.reason.code) for event in withheld]


def test_options_learn_what_time_needs_first(make_desk, clock):
    """What is due by now may need facts; they are read before anything is offered."""
    asked = []

    def read(_tenant, keys):
        asked.append(list(keys))
        return dict.fromkeys(keys, "anna")

    by_fact = policy_of("assign", lambda s: s.facts["keeper"] if s.case.tier == 2 else None, needs=("keeper",))
    limit = TimeLimit(name="own", target="1h", thresholds=[Threshold("100%", ["escalate"])])
    desk = make_desk(process(by_fact, limits=[limit]), facts=[FactSource("keeper", read, keyed_by="team")])
    tiers = [attrs.evolve(tier, teams=[f"team {tier.level}"]) for tier in TIERS]
    desk = make_desk(process(by_fact, limits=[limit], tiers=tiers), facts=[FactSource("keeper", read, keyed_by="team")])
    case = desk.open(by="jane")
    clock.advance("2h")
    offered = {(option.trigger, option.target) for option in desk.options(case, by="bob") if option.allowed}

    assert ("hand_back", "tier1") in offered
    assert ["team 2"] in asked
    assert 1 == desk.get(case.id).tier


class ByContract:
    """Lets the contract say how long."""

    name: ClassVar[str] = "acme.by-contract"
    revision: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("hours",)

    def target(self, situation: Any) -> timedelta:
        """Give as many hours as the contract says."""
        return timedelta(hours=situation.facts["hours"])


def test_renewal_reads_what_the_new_rules_need(make_desk, clock):
    """A live process whose newest revision decides targets by a fact: the pass reads it."""
    store = MemoryStore()
    limits = [TimeLimit(name="resolve", target="4h")]
    hours = FactSource("hours", lambda _, keys: dict.fromkeys(keys, 2))
    old = make_desk(process(limits=limits, in_flight="live"), store=store)
    case = old.open(by="jane", customer="c-1")
    clock.advance("10m")
    new = make_desk(process(ByContract(), limits=limits, in_flight="live"), store=store, facts=[hours])

    assert 1 == new.run_due().fired
    assert timedelta(hours=2) == new.get(case.id).stopwatch("resolve").target
    assert {"hours": 2} == new.get(case.id).facts


def test_desk_must_know_the_policies_of_the_cases_that_it_keeps(make_desk, clock):
    """A rule that is asked in mid-life cannot be left out in silence; a route, which is not, can."""
    store = MemoryStore()
    refuse = policy_of("permit", lambda _: Refusal(Reason("acme.no")) if _.trigger == "close" else None)
    routes = policy_of("route", lambda _: Destination(tier=2))
    guarded = make_desk(process(refuse), store=store).open(by="jane")
    routed = make_desk(process(routes), store=store).open(by="jane")
    later = make_desk(process(name="another"), store=store)

    with pytest.raises(StoreError) as caught:
        later.note(guarded, by="bob")
    assert "has policies that this desk does not know: acme.permit; hand their classes in with policies=" in str(
        caught.value
    )
    assert 2 == later.note(routed, by="bob").tier
    assert (
        "queued"
        == make_desk(process(name="another"), store=store, policies=[type(refuse)]).note(guarded, by="bob").status
    )


@pytest.mark.parametrize("said", ["high", None, "low"])
def test_explain_asks_every_policy_about_the_priority(make_desk, said):
    """One without an opinion, and one that cannot say why, are no obstacle."""
    silent = policy_of("prioritise", lambda _: None, name="acme.silent")
    loud = policy_of("prioritise", lambda _: "high", name="acme.loud")
    desk = make_desk(process(silent, loud))
    case = desk.open(by="jane", priority=said)

    assert (said or "high") == case.priority
    assert "at tier 1 (First)" in str(desk.explain(case))


def test_explain_goes_through_routes_that_have_no_opinion(make_desk):
    """The policies are asked in order, up to the one that was taken."""
    silent = policy_of("route", lambda _: None, name="acme.silent")
    loud = policy_of("route", lambda _: Destination(tier=2), name="acme.loud")
    desk = make_desk(process(silent, loud, policy_of("route", lambda _: Destination(tier=1), name="acme.late")))
    case = desk.open(by=Actor.customer("jane"))

    assert 2 == case.tier
    assert "acme.loud" in str(desk.explain(case))


def test_explain_is_not_led_astray_by_a_route_that_is_gone(make_desk, clock):
    """A policy that was taken under another name leaves only what is recorded."""
    store = MemoryStore()
    case = make_desk(process(policy_of("route", lambda _: Destination(tier=2), name="acme.old")), store=store).open(
        by="jane"
    )
    desk = make_desk(process(name="another"), store=store)

    assert "policy 'acme.old'" in str(desk.explain(case))


def test_process_says_where_a_fact_is_needed():
    """By the places of its file: routes, rules and limits."""
    routes = RouteByRules([Route(Match({"facts.plan": "gold"}), Destination(tier=2))])
    limit = TimeLimit(name="resolve", target="4h", when=Match({"facts.plan.level": 1}))
    reader = policy_of("react", lambda _: [], needs=("plan", "load"))

    assert ("limits[0]", "routes", "policies[0]") == process(routes, reader, limits=[limit]).needed_at("plan")
    assert ("policies[0]",) == process(reader).needed_at("load")
    assert () == process().needed_at("load")


def test_built_in_policies_are_known_by_their_own_names():
    """Each is loaded when it is first asked for, and says of itself how files call it."""
    assert list(BUILT_IN) == [kind.name for kind in BUILT_IN.values()]
    assert 15 == len(BUILT_IN)
    assert BUILT_IN.get("acme.unheard-of") is None


def test_kinds_of_policies_are_the_built_in_ones_and_ones_own():
    """Of several revisions the newest comes first."""
    older, newer = (type("Own", (), {"name": "acme.own", "revision": number}) for number in (1, 2))
    kinds = kinds_of([older, newer])

    assert [newer, older] == kinds["acme.own"]
    assert [*BUILT_IN, "acme.own"] == list(kinds)
    assert len(BUILT_IN) + 1 == len(kinds)
