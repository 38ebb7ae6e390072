"""Routing by rules: the first that meets the case counts."""

import pickle
from types import SimpleNamespace

import pytest

from supporttiers.decisions import Destination
from supporttiers.errors import PolicyConfigError
from supporttiers.match import AtLeast, Match
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


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (
            Route,
            (Match(), FRONT),
            "Route.when: is empty, and would send every case this way; say which cases are meant",
        ),
        (Route, ({"tier": 1}, FRONT), "Route.when: must be a Match, not dict"),
        (Route, (Match(tier=1), 2), "Route.to: must be a Destination, not int"),
        (RouteByRules, ([],), "RouteByRules.routes: is empty; give at least one route, or leave the policy out"),
        (RouteByRules, ([FRONT],), "RouteByRules.routes: must be a collection of Route"),
        (RouteByRules, ("abc",), "RouteByRules.routes: must be a collection of Route"),
    ],
)
def test_route_refuses_what_it_cannot_be(kind, given, message):
    """A rule for everything, or of something else, is refused."""
    with pytest.raises(PolicyConfigError) as caught:
        kind(*given)

    assert message == str(caught.value)
