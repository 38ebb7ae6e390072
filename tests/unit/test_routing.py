"""Routing by rules: the first that meets the case counts."""

import pickle
from types import SimpleNamespace
from typing import ClassVar

import attrs
import pytest

from supporttiers import ProcessError, SupportProcess
from supporttiers._engine import explain
from supporttiers.decisions import Destination
from supporttiers.errors import PolicyConfigError
from supporttiers.facts import FactSource
from supporttiers.match import AtLeast, Match, Not
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.protocols import RoutePolicy

FRONT, VIP = Destination(tier=1, team="front"), Destination(tier=2, tags=["vip"])
RULES = RouteByRules([Route(Match(priority=AtLeast("high")), VIP), Route(Match(category="printing"), FRONT)])


def situation(category=None, priority="low"):
    """Give what routes look at."""
    return SimpleNamespace(case=SimpleNamespace(category=category, priority=priority))


@pytest.mark.parametrize(
    ("seen", "destination"),
    [
        (situation("printing"), FRONT),
        (situation("printing", "critical"), VIP),
        (situation("network", "high"), VIP),
        (situation("network"), None),
    ],
)
def test_route_by_rules_takes_the_first_that_holds(seen, destination):
    """Rules are asked in order; where none holds there is no opinion."""
    assert destination == RULES.resolved(("low", "high", "critical")).route(seen)


def test_route_by_rules_needs_the_order_of_priorities():
    """Without the process's priorities, a comparison of them is refused instead of guessed."""
    with pytest.raises(PolicyConfigError, match=r"^priority: 'high' is not one of: none$"):
        RULES.route(situation())


def test_route_by_rules_is_a_route_policy():
    """The built-in policy fits the protocol that plugins fit."""
    assert isinstance(RULES, RoutePolicy)
    assert ("supporttiers.route-by-rules", 1) == (RULES.name, RULES.revision)


def test_route_by_rules_pickles_after_use():
    """What was compiled at first use is no part of the value."""
    used = RouteByRules([Route(Match(category="printing"), FRONT)])
    used.route(situation())

    assert used == pickle.loads(pickle.dumps(used))
    assert FRONT == pickle.loads(pickle.dumps(used)).route(situation("printing"))


# -- the default, rules that are never taken, and why

ELSE = Route("otherwise", Destination(tier=1, team="back"))


def test_otherwise_takes_what_no_other_route_has_taken():
    """It is the last rule, and has no condition."""
    rules = RouteByRules([Route(Match(category="printing"), FRONT), ELSE])

    assert ELSE.to == rules.route(situation("network"))
    assert FRONT == rules.route(situation("printing"))
    assert (None, True, False) == (ELSE.condition, ELSE.is_default, rules.routes[0].is_default)
    assert ELSE == ELSE.resolved(("low",))


@pytest.mark.parametrize(
    ("fields", "place", "reasons"),
    [
        (
            {"category": "printing", "priority": "critical"}, "2/network",
            ["routed by policy 'supporttiers.route-by-rules'", "route 1 holds: 2"],
        ),
        (
            {"category": "printing"}, "1/front",
            [
                "routed by policy 'supporttiers.route-by-rules'",
                "route 1 does not hold: priority=['high', 'critical']",
                "route 2 holds: 1/front",
            ],
        ),
        (
            {"customer": "c-1"}, "1/back",
            [
                "routed by policy 'supporttiers.route-by-rules'",
                "route 1 does not hold: priority=['high', 'critical']",
                "route 2 does not hold: category='printing'",
                "route 3 does not hold: facts.plan='gold', tier=Not(1)",
                "route 4 holds: 1/back",
            ],
        ),
        ({"category": "printing", "tier": 2}, "2/network", []),
    ],
)  # fmt: skip
def test_explain_says_which_route_was_taken(make_desk, calm, fields, place, reasons):
    """And which were not, and which comparison stands against each; nothing where the caller said where."""
    rules = RouteByRules([*RULES.routes, Route(ANY, FRONT), ELSE])
    source = FactSource("plan", lambda _, keys: dict.fromkeys(keys, "tin"))
    desk = make_desk(attrs.evolve(calm, policies=[rules], entry=[1, 2]), facts=[source])
    case = desk.open(by="jane", **fields)
    here = [str(reason) for reason in desk.explain(case).here]

    assert place == str(case.place)
    assert here[1].startswith("opened at tier ")
    assert reasons == here[2 : 2 + len(reasons)]
    assert here[2 + len(reasons)].startswith("queued since ")


ANY = Match(any=[Match({"facts.plan": "gold"}), Match(tier=Not(1))])


def test_explain_goes_on_without_policies_that_tell_nothing(make_desk, calm):
    """A policy of one's own need not give reasons; what was decided after it is left out."""

    class ToTwo:
        name = "acme.to-two"
        revision = 1

        def route(self, situation):
            return Destination(tier=2)

    desk = make_desk(attrs.evolve(calm, policies=[ToTwo(), RouteByRules([ELSE])], entry=[1, 2]))
    here = [str(reason) for reason in desk.explain(desk.open(by="jane")).here]

    assert ["opened at tier 2 by jane", "routed by policy 'acme.to-two'"] == here[1:3]
    assert here[3].startswith("queued since ")


def test_explain_tells_every_policy_up_to_the_one_that_was_taken(make_desk, calm):
    """Also where none of that name is asked any more."""
    first = RouteByRules([Route(Match(category="printing"), FRONT)])
    process = attrs.evolve(calm, policies=[first, Named([ELSE])])
    desk = make_desk(process)
    case = desk.open(by="jane")
    gone = explain(attrs.evolve(calm, policies=[first]), case, desk.history(case), case.changed_at)

    assert [
        "routed by policy 'acme.routes'", "route 1 does not hold: category='printing'", "route 1 holds: 1/back",
    ] == [str(reason) for reason in desk.explain(case).here[2:5]]  # fmt: skip
    assert "route 1 does not hold: category='printing'" == str(gone.here[3])
    assert gone.here[4].code == "case.status"


@attrs.frozen
class Named(RouteByRules):
    """Routes under another name."""

    name: ClassVar[str] = "acme.routes"


def test_route_by_rules_says_why_it_has_no_opinion():
    """Every rule is rejected."""
    told = RULES.resolved(("low", "high")).because(situation("network"))

    assert ["route.rejected", "route.rejected"] == [reason.code for reason in told]


def test_explain_of_a_case_that_has_moved_on_tells_of_the_move(make_desk, calm):
    """Why it was routed is why it came in, not why it is here."""
    desk = make_desk(attrs.evolve(calm, policies=[RouteByRules([ELSE])]))
    case = desk.escalate(desk.open(by="jane"), by="bob")

    assert "moved by bob" == str(desk.explain(case).here[1])
    assert "routed" not in str(desk.explain(case))


def never_taken(process):
    """Give what a check finds about routes and policies, as texts."""
    return [str(found) for found in process.check() if found.code in {"check.rule_never", "check.policy_never"}]


def test_process_warns_of_routes_that_are_never_taken(calm):
    """Behind a wider one, and behind another policy's default; with the places of the process file."""
    narrow = Route(Match(category="printing", channel="phone"), VIP)
    first = RouteByRules([Route(Match(category="printing"), FRONT), narrow, ELSE])
    process = attrs.evolve(calm, policies=[first, RouteByRules([narrow])], entry=[1, 2])

    assert [
        "routes[1]: it can never be taken: routes[0] holds whenever it does",
        "policies[0]: it is never asked where cases go: routes[2] takes all that come so far",
    ] == never_taken(process)
    assert [] == never_taken(calm) == never_taken(attrs.evolve(process, policies=[RULES]))


FILE = """
[process]
name = "p"
[[tiers]]
level = 1
name = "First"
teams = ["front"]
[[routes]]
when = { category = "vpn" }
to = { tier = 1 }
[[routes]]
when = "otherwise"
to = { tier = 1, team = "front" }
"""


def test_default_stands_in_a_file():
    """As the last route; from a file and back again it is the same."""
    read = SupportProcess.from_text(FILE)

    assert read.policies[0].routes[1].is_default
    assert read == SupportProcess.from_data(read.to_data()) == SupportProcess.from_json(read.to_json())


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            '{ category = "vpn" }', '"otherwise"',
            "routes[1].when: stands behind the default, routes[0], and is never taken; put that last",
        ),
        ('"otherwise"', '"else"', "routes[1].when: must be a table of fields, not str"),
        ('"otherwise"', "{}", "routes[1].when: is empty, and would send every case this way; say which are meant, or "),
    ],
)  # fmt: skip
def test_default_in_a_file_stands_last(old, new, fault):
    """Nothing can be taken behind it."""
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_text(FILE.replace(old, new))

    assert str(caught.value.faults[0]).startswith(fault)


def test_routes_among_the_policies_are_judged_with_their_place():
    """Their number in the file, whatever else is a policy."""
    text = (
        FILE
        + """
        [[policies]]
        use = "supporttiers.close-after"
        after = "72h"
        [[policies]]
        use = "supporttiers.route-by-rules"
        routes = [{ when = { tier = 1 }, to = { tier = 9 } }]
    """
    )
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_text(text)

    assert ["policies[1].routes[0].to.tier: 9 is not known; possible are: 1"] == [
        str(fault) for fault in caught.value.faults
    ]


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (
            Route,
            (Match(), FRONT),
            (
                "Route.when: is empty, and would send every case this way; say which are meant, or 'otherwise' in the "
                "last route"
            ),
        ),
        (Route, ({"tier": 1}, FRONT), "Route.when: must be a Match, or 'otherwise', not dict"),
        (Route, (Match(tier=1), 2), "Route.to: must be a Destination, not int"),
        (RouteByRules, ([],), "RouteByRules.routes: is empty; give at least one route, or leave the policy out"),
        (RouteByRules, ([FRONT],), "RouteByRules.routes: must be a collection of Route"),
        (
            RouteByRules,
            ([ELSE, ELSE],),
            "RouteByRules.routes: has a route behind 'otherwise', which can never be taken; put that last",
        ),
        (RouteByRules, ("abc",), "RouteByRules.routes: must be a collection of Route"),
    ],
)
def test_route_refuses_what_it_cannot_be(kind, given, message):
    """A rule for everything, or of something else, is refused."""
    with pytest.raises(PolicyConfigError) as caught:
        kind(*given)

    assert message == str(caught.value)
