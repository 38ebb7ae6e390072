"""What can be wrong with a process as a whole: each fault has its place, and says what is possible."""

import attrs
import pytest

from supporttiers.decisions import Destination
from supporttiers.errors import ProcessError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import AtLeast, Match, Not
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.policies.targets import TargetByRules, TargetRule
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier

FIRST = Tier(level=1, name="First", teams=["front"], escalates_to=[2])
SECOND = Tier(level=2, name="Second", teams=["network"], hands_back_to=[1])
VENDOR = Tier(level=4, name="Vendor", kind="vendor", vendor="acme", hands_back_to=[2])


class RouteNowhere:
    name = "acme.nowhere"
    revision = 1

    def route(self, situation):
        """Have no opinion."""


def process(**fields):
    """Give a process of two tiers with some fields changed."""
    return SupportProcess(**{"name": "test", "tiers": [FIRST, SECOND]} | fields)


def tier(of=FIRST, **changed):
    """Give a tier with some fields changed."""
    return attrs.evolve(of, **changed)


def limit(**fields):
    """Give a limit with some fields changed."""
    return TimeLimit(**{"name": "resolve", "target": "4h"} | fields)


def escalating(action="escalate", **fields):
    """Give a limit that escalates at its breach."""
    return limit(thresholds=[Threshold("50%", ["notify:owner"]), Threshold("100%", ["notify:owner", action])], **fields)


def route(tier=1, team=None, **fields):
    """Give a route to a tier and team."""
    return Route(Match(**fields or {"category": "printing"}), Destination(tier=tier, team=team))


def faults_of(**fields):
    """Give the faults, as texts, that a process is refused with."""
    with pytest.raises(ProcessError) as caught:
        process(**fields)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"name": ""}, ["process.name: must not be empty"]),
        ({"name": 5}, ["process.name: must be a text, not int"]),
        (
            {"calendar": "office"},
            ["process.calendar: 'office' is not known; possible are: 24x7"],
        ),
        ({"in_flight": "new"}, ["process.in_flight: must be one of: pin, live, not 'new'"]),
        ({"priorities": []}, ["process.priorities: is empty; a process needs at least one priority"]),
        (
            {"priorities": ["*"]},
            [("process.priorities: '*' stands for every other priority in targets; choose another name")],
        ),
        ({"priorities": ["a", "b", "a"]}, ["process.priorities: names 'a' twice"]),
        ({"priorities": 5, "default_priority": "x"}, ["process.priorities: must be a collection of names, not int"]),
        (
            {"default_priority": "urgent"},
            [("process.default_priority: 'urgent' is not known; possible are: low, medium, high, critical")],
        ),
        ({"wait_reasons": ["parts", "customer"]}, ["process.wait_reasons: 'customer' is built in; leave it out"]),
        ({"wait_reasons": 5}, ["process.wait_reasons: must be a collection of names, not int"]),
        (
            {"link_kinds": ["x", "x", "child_of"]},
            ["process.link_kinds: names 'x' twice", ("process.link_kinds: 'child_of' is built in; leave it out")],
        ),
        (
            {"reopen_from": ["closed", "queued"]},
            [("process.reopen_from: 'queued' is no end; possible are: resolved, closed, cancelled")],
        ),
        (
            {"transfer_when": ["queued", "closed"]},
            [("process.transfer_when: 'closed' is an end, and needs moves = 'any'")],
        ),
        ({"transfer_when": ["queued", "queued"]}, ["process.transfer_when: names 'queued' twice"]),
        ({"entry": [1, 7]}, ["process.entry: 7 is not known; possible are: 1, 2"]),
        ({"entry": "all"}, ["process.entry: must be a collection of levels, not str; or say 'any'"]),
        (
            {"moves": "all", "tiers": [tier(time_limit="1m"), SECOND]},
            ["process.moves: must be one of: listed, any, not 'all'"],
        ),
        ({"tiers": []}, ["tiers: is missing; a process needs at least one tier"]),
        ({"tiers": 5}, ["tiers: must be a collection of Tier, not int"]),
        ({"tiers": [FIRST, 2]}, ["tiers[1]: must be a Tier, not int"]),
        (
            {"tiers": [FIRST, SECOND, tier(level=2)]},
            [
                "tiers[2].escalates_to: tier 2 is not above tier 2",
                "tiers[2].level: 2 is taken by tiers[1]",
                "tiers[2].name: 'First' is taken by tiers[0]",
            ],
        ),
        ({"tiers": [tier(escalates_to=[2, 3]), SECOND]}, ["tiers[0].escalates_to: 3 is not known; possible are: 1, 2"]),
        ({"tiers": [tier(escalates_to=[2, 2]), SECOND]}, ["tiers[0].escalates_to: names 2 twice"]),
        ({"tiers": [FIRST, tier(SECOND, hands_back_to=[2])]}, ["tiers[1].hands_back_to: tier 2 is not below tier 2"]),
        ({"tiers": [tier(teams=["a", "b", "a"]), SECOND]}, ["tiers[0].teams: names 'a' twice"]),
        (
            {"tiers": [FIRST, SECOND, tier(VENDOR, vendor=None)]},
            [("tiers[2].vendor: is missing; a vendor tier names its vendor's gateway, or a policy chooses it")],
        ),
        ({"tiers": [FIRST, tier(SECOND, vendor="acme")]}, ["tiers[1].vendor: is only for kind = 'vendor', not 'team'"]),
        (
            {"tiers": [FIRST, tier(SECOND, time_limit="1h")]},
            [
                (
                    "tiers[1].time_limit: its breach escalates, but tier 2 "
                    "escalates to no other; give it escalates_to, or use a limit instead"
                )
            ],
        ),
        (
            {"tiers": [FIRST, tier(SECOND, time_limit="1h")], "moves": "any"},
            [
                (
                    "tiers[1].time_limit: its breach "
                    "escalates, but tier 2 escalates to no other; give it escalates_to, or use a limit instead"
                )
            ],
        ),
        ({"limits": 5}, ["limits: must be a collection of TimeLimit, not int"]),
        ({"limits": [limit(), "x"]}, ["limits[1]: must be a TimeLimit, not str"]),
        ({"limits": [limit(), limit()]}, ["limits[1].name: 'resolve' is taken by limits[0]"]),
        (
            {"limits": [limit(name="tier 1")], "tiers": [tier(time_limit="1h"), SECOND]},
            [("limits[0].name: 'tier 1' is taken by the time_limit of tiers[0]")],
        ),
        (
            {"limits": [limit(calendar="office")]},
            ["limits[0].calendar: 'office' is not known; possible are: 24x7"],
        ),
        ({"limits": [limit(measures="tier", tier=3)]}, ["limits[0].tier: 3 is not known; possible are: 1, 2"]),
        (
            {"limits": [limit(target={"urgent": "1h", "*": "2h"})]},
            [("limits[0].target: 'urgent' is not known; possible are: low, medium, high, critical, *")],
        ),
        (
            {"limits": [escalating("escalate:1")]},
            [("limits[0].thresholds[1].do[1]: no tier escalates to tier 1; possible are: 2")],
        ),
        (
            {"limits": [escalating("escalate:9")]},
            [("limits[0].thresholds[1].do[1]: no tier escalates to tier 9; possible are: 2")],
        ),
        (
            {"limits": [escalating("escalate:2", measures="tier", tier=2)]},
            [("limits[0].thresholds[1].do[1]: tier 2 does not escalate to any other")],
        ),
        (
            {"limits": [escalating("escalate:4", measures="tier", tier=1)], "tiers": [FIRST, SECOND, VENDOR]},
            ["limits[0].thresholds[1].do[1]: tier 1 does not escalate to tier 4; possible are: 2"],
        ),
        (
            {"limits": [escalating()], "tiers": [tier(escalates_to=[]), SECOND]},
            [("limits[0].thresholds[1].do[1]: no tier escalates to any other")],
        ),
        (
            {"limits": [escalating("hand_back:9")]},
            ["limits[0].thresholds[1].do[1]: no tier hands back to tier 9; possible are: 1"],
        ),
        (
            {"limits": [escalating("hand_back", measures="tier", tier=1)]},
            ["limits[0].thresholds[1].do[1]: tier 1 does not hand back to any other"],
        ),
        (
            {"limits": [escalating("hand_back")], "tiers": [FIRST, tier(SECOND, hands_back_to=[])]},
            ["limits[0].thresholds[1].do[1]: no tier hands back to any other"],
        ),
        (
            {"limits": [escalating("transfer:east")]},
            ["limits[0].thresholds[1].do[1]: 'east' is not known; possible are: front, network"],
        ),
        (
            {"limits": [escalating("wait:lunch")]},
            [
                (
                    "limits[0].thresholds[1].do[1]: 'lunch' is not known; possible are: customer, vendor, known_issue, "
                    "approval, scheduled"
                )
            ],
        ),
        (
            {"limits": [escalating("raise_priority:urgent")]},
            ["limits[0].thresholds[1].do[1]: 'urgent' is not known; possible are: low, medium, high, critical"],
        ),
        (
            {"limits": [escalating("reassign")]},
            [
                (
                    "limits[0].thresholds[1].do[1]: reassign needs an assignment policy; or name somebody, such as "
                    "'assign:anna'"
                )
            ],
        ),
        ({"limits": [escalating(measures="tier", tier=9)]}, ["limits[0].tier: 9 is not known; possible are: 1, 2"]),
        (
            {"limits": [limit(when=Match(priority=["low", "urgent", None]))]},
            [("limits[0].when.priority: 'urgent' is not known; possible are: low, medium, high, critical")],
        ),
        (
            {"limits": [limit(pause=Match(wait_reason=Not("lunch")))]},
            [
                (
                    "limits[0].pause.wait_reason: 'lunch' is not "
                    "known; possible are: customer, vendor, known_issue, approval, scheduled"
                )
            ],
        ),
        (
            {"limits": [limit(stop=Match(any=[Match(tier=1), Match(all=[Match(tier=3)])]))]},
            [("limits[0].stop.any[1].all[0].tier: 3 is not known; possible are: 1, 2")],
        ),
        (
            {"policies": [RouteByRules([route(priority=AtLeast("urgent"))])]},
            [("routes[0].when.priority: 'urgent' is not known; possible are: low, medium, high, critical")],
        ),
        (
            {"policies": [RouteByRules([route(), route(team="network")])]},
            [("routes[1].to.team: 'network' is not known; possible are: front")],
        ),
        (
            {"policies": [RouteByRules([route(team="x")])], "tiers": [tier(teams=[]), SECOND]},
            [("routes[0].to.team: 'x' is not known; possible are: none")],
        ),
        ({"policies": [RouteByRules([route(3)])]}, ["routes[0].to.tier: 3 is not known; possible are: 1, 2"]),
        (
            {"policies": [RouteByRules([route(2)])]},
            [("routes[0].to.tier: a case cannot be opened at tier 2; possible are: 1; or name it in process.entry")],
        ),
        (
            {"policies": [RouteByRules([route(team="network", status="queued")]), RouteNowhere()]},
            [("policies[0].routes[0].to.team: 'network' is not known; possible are: front")],
        ),
        (
            {"policies": [TargetByRules([TargetRule(limit="reslove", target="1h")])], "limits": [limit()]},
            [("policies[0].rules[0].limit: 'reslove' is not known; possible are: resolve")],
        ),
        (
            {"policies": [TargetByRules([TargetRule(limit="resolve", target="1h")])], "limits": [limit(), None]},
            [("limits[1]: must be a TimeLimit, not NoneType")],
        ),
        (
            {"policies": [RouteByRules([route(7, team="x")])], "tiers": [FIRST, None]},
            [("tiers[1]: must be a Tier, not NoneType")],
        ),
        (
            {"policies": [RouteByRules([route(2, wait_reason="x")])], "entry": 5, "wait_reasons": 5},
            [
                ("process.entry: must be a collection of levels, not int; or say 'any'"),
                ("process.wait_reasons: must be a collection of names, not int"),
            ],
        ),
        (
            {"limits": [limit(when=Match(tier=9, team="x"), target={"x": "1h"})], "priorities": 1, "tiers": [None]},
            ["process.priorities: must be a collection of names, not int", "tiers[0]: must be a Tier, not NoneType"],
        ),
    ],
)
def test_process_refuses_what_does_not_hold_together(fields, faults):
    """Each fault has its place, as in the file, and says what is possible; it causes no others."""
    assert faults == faults_of(**fields)
