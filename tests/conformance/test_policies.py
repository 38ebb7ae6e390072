"""Every policy keeps the same laws: those that come with the library, and those of the documentation."""

import dataclasses
from datetime import timedelta
from typing import ClassVar

import pytest

from supporttiers.calendars.targets import BusinessDays
from supporttiers.decisions import Destination
from supporttiers.match import AtLeast, AtMost, Match, Not
from supporttiers.policies import BUILT_IN
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.policies.assignment import AssignLeastLoaded, AssignRoundRobin, SkillRule
from supporttiers.policies.closing import CloseAfter
from supporttiers.policies.fixes import RequestFix
from supporttiers.policies.handoff import PermitByHandOff, Requirement
from supporttiers.policies.informing import InformInSteps, Step
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.policies.priority import PrioritiseByRules, PriorityRule
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.policies.retention import RedactAfter
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.policies.satisfaction import AskForSatisfaction
from supporttiers.policies.targets import TargetByRules, TargetRule
from supporttiers.policies.vendors import DispatchByRules, VendorRule
from supporttiers.testing import situation
from supporttiers.testing.suites import PolicySuite

GOLD = Match({"facts.contract.level": "gold"})
PRINTING = Match(category="printing")
FACTS = {
    "contract": {"level": "gold", "hours": 4},
    "on_call": ["anna", "bob"],
    "agents": [
        {"id": "anna", "skills": ["vpn", "printing"], "capacity": {"chat": 2, "*": 5}},
        {"id": "bob", "availability": "away"},
        {"id": "carl", "capacity": {"*": 1}},
    ],
    "workload": {
        "anna": {"open": 1, "channels": {"chat": 1}, "assigned_at": "2026-03-23T09:00:00.000000+00:00"},
        "bob": {"open": 0},
        "carl": {"open": 1, "channels": {"": 1}},
    },
}
POLICIES = [
    RouteByRules([
        Route(when=PRINTING, to=Destination(tier=2, team="front", tags=["hot"])),
        Route(when=Match({"facts.contract.hours": AtMost(4)}, priority="high"), to=Destination(tier=3)),
    ]),
    PrioritiseByRules(
        matrix={"high": {"high": "critical", "low": "medium"}, "low": {"high": "high", "low": "low"}},
        rules=[
            PriorityRule(when=GOLD, step=1),
            PriorityRule(when=PRINTING, at_least="high"),
            PriorityRule(when=Match(channel="phone"), priority="low"),
        ],
    ),
    PrioritiseByRules(rules=[PriorityRule(when=Match(priority=AtLeast("high")), priority="low")]),
    AssignRoundRobin(skills=[SkillRule(PRINTING, ["printing"]), SkillRule(Match(category="vpn"), ["vpn"], need="any")]),
    AssignLeastLoaded(when=Match(kind="incident")),
    PermitByRules([
        Permission(verbs=["escalate", "resolve"], kinds=["agent"], roles=["lead"], into=[3], when=GOLD),
        Permission(verbs=["close"], effect="deny", kinds=["customer"], text="Ask us."),
    ]),
    PermitByHandOff(
        [
            Requirement(verbs=["escalate"], attributes=["asset"], tags=["checked"], facts=["contract"], attachments=1),
            Requirement(verbs=["hand_back"], when=PRINTING, attributes=["cause"], name="what was done"),
        ],
        bind_clock=True,
    ),
    PermitByApproval([
        ApprovalRule(verbs=["dispatch", "escalate"], approvers=["lead"], skipping=True),
        ApprovalRule(verbs=["cancel"], text="Is it no longer needed?", when=Match(priority=AtLeast("high"))),
    ]),
    TargetByRules([
        TargetRule(limit="resolve", when=GOLD, target={"critical": "1h", "*": "4h"}),
        TargetRule(limit="response", target="30m"),
        TargetRule(limit="resolve", target=BusinessDays(2)),
    ]),
    CloseAfter(after=timedelta(days=3), when=Match(category=Not("printing")), calendar="24x7"),
    ReopenWithin(within=timedelta(hours=8)),
    ReopenWithin(within="8h", after_window="refuse", when=GOLD),
    AskForSatisfaction(after=timedelta(hours=1), on="closed"),
    InformInSteps(when=Match(priority=["high"]), steps=[Step("1h", "lead"), Step("2h", "manager")]),
    DispatchByRules([VendorRule(when=PRINTING, vendor="acme-print"), VendorRule(when=GOLD, vendor="initech")]),
    RequestFix(at=[1, 10], do=["notify:engineering"], when=PRINTING),
    RedactAfter(after=timedelta(days=400)),
]  # fmt: skip


class TestBuiltIn(PolicySuite):
    """What comes with the library, with conditions, facts and durations in all of it."""

    facts: ClassVar = FACTS

    @pytest.fixture(params=[
        pytest.param(policy, id=f"{number}-{policy.name}") for number, policy in enumerate(POLICIES)
    ])  # fmt: skip
    def policy(self, request):
        """Give a policy of each kind."""
        return request.param

    @pytest.fixture
    def situations(self):
        """Add cases of a good customer."""
        return [situation(category="vpn", urgency="high", impact="high", facts=FACTS, limit="resolve")]


def test_no_policy_that_comes_with_the_library_is_left_out():
    """One that is added is listed above, too."""
    assert set(BUILT_IN) == {policy.name for policy in POLICIES}


@dataclasses.dataclass(frozen=True)
class SharesWork:
    """A policy that is made with dataclasses, and looks at all of its facts."""

    name: ClassVar = "acme.shares-work"
    revision: ClassVar = 2
    needs: ClassVar = ("agents", "workload")

    at_most: int = 1

    def assign(self, asked):
        """Give whoever has little to do, where everything is known."""
        known = {name: fact for name, fact in asked.facts.items() if fact is not None}
        if len(known) < len(asked.facts):
            return None
        idle = [one["id"] for one in known["agents"] if known["workload"][one["id"]]["open"] <= self.at_most]
        return next((one for one in idle if one not in asked.exclude), None)


class TestDataclass(PolicySuite):
    facts: ClassVar = FACTS

    @pytest.fixture
    def policy(self):
        """Give the policy."""
        return SharesWork()
