"""Permission: who may do what, and what whoever may not is told."""

import attrs
import pytest

from supporttiers import Actor, Match, NotPermittedError, ProcessError, Reason, SupportProcess
from supporttiers.decisions import Refusal
from supporttiers.errors import PolicyConfigError
from supporttiers.match import AtLeast
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.protocols import PermitPolicy
from supporttiers.tiers import Tier

LEAD, ROBOT, MIA = Actor.agent("lea", roles=["lead"]), Actor.assistant("robot"), Actor.manager("mia")


@pytest.fixture
def desk_with(make_desk, calm):
    """Make a desk with these rules, of a process whose first tier may also go straight to the vendor's."""
    tiers = [attrs.evolve(tier, escalates_to=[2, 4]) if tier.level == 1 else tier for tier in calm.tiers]
    return lambda *rules: make_desk(attrs.evolve(calm, tiers=tiers, policies=[PermitByRules(rules)], entry=[1, 2, 4]))


def refusals(verb, *arguments, **named):
    """Give the reasons of a refusal, as texts; none where there is none."""
    try:
        verb(*arguments, **named)
    except NotPermittedError as refusal:
        return [str(reason) for reason in refusal.refusals]
    return []


@pytest.mark.parametrize(
    ("rules", "by", "said"),
    [
        ([{"kinds": ["manager"]}], "bob", ["close is left to manager"]),
        ([{"kinds": ["manager"]}], MIA, []),
        ([{"roles": ["lead"]}], LEAD, []),
        ([{"roles": ["lead"]}], "bob", ["close is left to anybody with role lead"]),
        ([{"roles": ["lead"], "kinds": ["manager"]}], LEAD, ["close is left to manager with role lead"]),
        ([{"roles": ["lead"]}, {"kinds": ["manager"]}], "bob", ["close is left to anybody with role lead; manager"]),
        ([{"roles": ["lead"]}, {"kinds": ["manager"]}], MIA, []),
        ([{"kinds": ["manager"], "text": "Ask Mia."}], "bob", ["Ask Mia."]),
        ([{}], "bob", []),
        ([{"kinds": ["assistant"], "effect": "deny"}], ROBOT, ["assistant may not close"]),
        ([{"kinds": ["assistant"], "effect": "deny", "text": "No robots."}], ROBOT, ["No robots."]),
        ([{"kinds": ["assistant"], "effect": "deny"}], "bob", []),
        ([{"effect": "deny", "roles": ["lead"]}, {}], LEAD, ["anybody with role lead may not close"]),
        ([{"kinds": ["manager"], "tiers": [2]}], "bob", []),
        ([{"kinds": ["manager"], "tiers": [1, 2]}], "bob", ["close is left to manager"]),
        ([{"kinds": ["manager"], "when": Match(category="vpn")}], "bob", []),
        ([{"kinds": ["manager"], "when": Match(priority=AtLeast("medium"))}], "bob", ["close is left to manager"]),
        ([{"kinds": ["manager"], "when": Match(priority=AtLeast("high"))}], "bob", []),
    ],
)
def test_rules_say_who_may(desk_with, rules, by, said):
    """A rule is about commands, and names people; what no rule is about is open to all."""
    desk = desk_with(*(Permission(verbs=["close"], **rule) for rule in rules))
    case = desk.open(id="T-1", by="jane")
    desk.resolve(case, by="bob")

    assert said == refusals(desk.close, case, by=by)


@pytest.mark.parametrize(
    ("rule", "target", "said"),
    [
        ({"into": [4]}, 4, ["agent may not escalate into tier 4"]),
        ({"into": [4]}, 2, []),
        ({"skipping": True}, 4, ["agent may not escalate past a tier"]),
        ({"skipping": True}, 2, []),
    ],
)
def test_rules_are_about_where_a_case_would_go(desk_with, rule, target, said):
    """Into which tier, and whether it passes over one."""
    desk = desk_with(Permission(verbs=["escalate"], effect="deny", kinds=["agent"], **rule))

    assert said == refusals(desk.escalate, desk.open(by="jane"), by="bob", tier=target)


def test_rules_about_handing_back_past_a_tier(make_desk, calm):
    """Down as well as up."""
    deny = PermitByRules([Permission(verbs=["hand_back"], skipping=True, effect="deny")])
    desk = make_desk(attrs.evolve(calm, moves="any", entry=[4], policies=[deny]))
    case = desk.open(by="jane", tier=4)

    assert ["anybody may not hand_back past a tier"] == refusals(desk.hand_back, case, by="bob", tier=1)
    assert [] == refusals(desk.hand_back, case, by="bob", tier=2)


def test_escalation_may_be_left_to_people(make_desk, acme, clock):
    """Then the clock is refused: that is recorded, and management is told."""
    people = PermitByRules([Permission(verbs=["escalate"], kinds=["agent", "manager"])])
    desk = make_desk(attrs.evolve(acme, policies=[people]))
    case = desk.open(by="jane")
    clock.advance("15m")
    desk.run_due()
    after = desk.get(case.id)
    refused = [event.reason for event in desk.history(case) if type(event).__name__ == "ActionRefused"]

    assert 1 == after.tier
    assert ["the process refuses 'escalate': escalate is left to agent or manager"] == [str(why) for why in refused]
    assert 2 == desk.escalate(case, by="bob").tier


def test_escalation_may_be_left_to_the_clock(make_desk, acme, clock):
    """Then people are refused, and the clock is not."""
    desk = make_desk(attrs.evolve(acme, policies=[PermitByRules([Permission(verbs=["escalate"], kinds=["system"])])]))
    case = desk.open(by="jane")

    assert ["escalate is left to system"] == refusals(desk.escalate, case, by="bob")
    clock.advance("15m")
    desk.run_due()
    assert 2 == desk.get(case.id).tier


def test_opening_is_a_command_too(desk_with):
    """Into which tier a case may be opened directly, and by whom."""
    desk = desk_with(Permission(verbs=["open"], into=[2], kinds=["agent"]))

    assert ["open is left to agent"] == refusals(desk.open, by=Actor.customer("jane"), tier=2)
    assert [] == refusals(desk.open, by=Actor.customer("jane"))
    assert [] == refusals(desk.open, by="bob", requester="jane", tier=2)


class NoNotes:
    """Refuses notes, whoever writes them; asked about notes only."""

    name = "acme.no-notes"
    revision = 1
    verbs = ("note",)

    def permit(self, situation):
        """Refuse."""
        assert "note" == situation.trigger
        return Refusal(Reason("permit.text", {"text": "No notes."}), ["patience"])


def test_every_refusal_is_kept(make_desk, calm):
    """All policies are asked about the verbs that they name, and everything that stands against it is told."""
    left = PermitByRules([Permission(verbs=["note"], kinds=["manager"])])
    desk = make_desk(attrs.evolve(calm, policies=[left, NoNotes()]))
    case = desk.open(by="jane")
    with pytest.raises(NotPermittedError) as caught:
        desk.note(case, by="bob", text="x")

    assert ["note is left to manager", "No notes."] == [str(reason) for reason in caught.value.refusals]
    assert ("patience",) == caught.value.missing
    assert [] == refusals(desk.reply, case, by="bob", text="x")


def test_options_say_what_is_not_permitted(desk_with):
    """The same reasons, for each target."""
    desk = desk_with(Permission(verbs=["escalate"], into=[4], roles=["lead"]))
    case = desk.open(by="jane")
    offered = {option.target: option for option in desk.options(case, by="bob") if option.trigger == "escalate"}
    to_lead = {option.target: option for option in desk.options(case, by=LEAD) if option.trigger == "escalate"}

    assert offered["tier2"].allowed
    assert ["escalate is left to anybody with role lead"] == [str(reason) for reason in offered["tier4"].refused]
    assert to_lead["tier4"].allowed


def test_policy_is_a_permit_policy():
    """It fits the protocol, and says which facts it needs."""
    policy = PermitByRules([Permission(verbs=["close"], when=Match({"facts.plan": "gold"}))])

    assert isinstance(policy, PermitPolicy)
    assert (("plan",), {"close"}) == (policy.needs, policy.verbs)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"verbs": []}, "Permission.verbs: is empty; name at least one verb"),
        ({"verbs": "close"}, "Permission.verbs: must be a collection of verbs, not str"),
        ({"verbs": ["file"]}, "Permission.verbs: must be one of: open, start, release"),
        ({"kinds": ["robot"]}, "Permission.kinds: must be one of: customer, agent, manager, vendor, system, assistant"),
        ({"kinds": "agent"}, "Permission.kinds: must be a collection of kinds, not str"),
        ({"tiers": [100]}, "Permission.tiers: is 100; possible is 0 to 99"),
        ({"skipping": 1}, "Permission.skipping: must be true or false, not int"),
        ({"when": Match()}, "Permission.when: is empty, and would hold for every case"),
        ({"effect": "perhaps"}, "Permission.effect: must be one of: allow, deny, not 'perhaps'"),
    ],
)
def test_rule_refuses_what_it_cannot_be(fields, message):
    """Each field says what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        Permission(**{"verbs": ["close"]} | fields)

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([], "PermitByRules.rules: is empty; give at least one, or leave the policy out"),
        ([1], "PermitByRules.rules: must be a collection of Permission"),
    ],
)
def test_policy_refuses_what_are_no_rules(rules, message):
    """Nothing to say is a mistake."""
    with pytest.raises(PolicyConfigError) as caught:
        PermitByRules(rules)

    assert message == str(caught.value)


FILE = """
[process]
name = "p"
[[tiers]]
level = 1
name = "First"
[[routes]]
when = { category = "vpn" }
to = { tier = 1 }
[[policies]]
use = "supporttiers.permit-by-rules"
[[policies.rules]]
verbs = ["close"]
kinds = ["manager"]
when = { priority = { at_least = "high" } }
[[policies.rules]]
verbs = ["escalate"]
effect = "deny"
skipping = true
kinds = ["assistant"]
"""


def test_policy_stands_in_a_file():
    """From a file and back again it is the same."""
    read = SupportProcess.from_text(FILE)
    rules = [
        Permission(verbs=["close"], kinds=["manager"], when=Match(priority=AtLeast("high"))),
        Permission(verbs=["escalate"], effect="deny", skipping=True, kinds=["assistant"]),
    ]

    assert PermitByRules(rules) == read.policies[1]
    assert read == SupportProcess.from_data(read.to_data()) == SupportProcess.from_json(read.to_json())


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('["close"]', '["file"]', "policies[0].rules[0].verbs: must be one of: open, "),
        ('"high"', '"urgent"', "policies[0].rules[0].when.priority: 'urgent' is not known; possible are: low, medium"),
        ("skipping = true", "into = [7]", "policies[0].rules[1].into: 7 is not known; possible are: 1"),
        ("skipping = true", "tiers = [8]", "policies[0].rules[1].tiers: 8 is not known; possible are: 1"),
        ('"assistant"', '"robot"', "policies[0].rules[1].kinds: must be one of: customer, "),
        ('"supporttiers.permit-by-rules"', '"permit"', "policies[0].use: 'permit' is not known; possible are: "),
    ],
)
def test_faults_in_a_file_have_their_place(old, new, fault):
    """That of the file: routes are not counted among the policies."""
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_text(FILE.replace(old, new))

    assert str(caught.value.faults[0]).startswith(fault)


def test_faults_of_unknown_tiers_wait_for_the_tiers():
    """What cannot be read is told alone; nothing is said of what depends on it."""
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_text(FILE.replace("level = 1", "level = true").replace("skipping = true", "into = [7]"))

    assert ["tiers[0].level"] == [fault.place for fault in caught.value.faults]


def test_faults_in_python_have_their_place():
    """The number of the policy is that of the list."""
    policies = [PermitByRules([Permission(verbs=["close"], tiers=[9])])]
    with pytest.raises(ProcessError) as caught:
        SupportProcess(name="p", tiers=[Tier(level=1, name="First")], policies=policies)

    assert ["policies[0].rules[0].tiers: 9 is not known; possible are: 1"] == [str(one) for one in caught.value.faults]
