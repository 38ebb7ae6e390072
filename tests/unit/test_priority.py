"""Priority by impact and urgency, and by rules."""

from types import SimpleNamespace

import attrs
import pytest

from supporttiers import Match, ProcessError, SupportProcess
from supporttiers.decisions import Destination
from supporttiers.errors import PolicyConfigError
from supporttiers.facts import FactSource
from supporttiers.policies.priority import PrioritiseByRules, PriorityRule
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.protocols import PriorityPolicy
from supporttiers.tiers import Tier

MATRIX = {"high": {"high": "critical", "low": "high"}, "low": {"high": "medium", "low": "low"}}
GOLD = Match({"facts.contract.level": "gold"})


def process(*rules, matrix=MATRIX, **settings):
    """Give a process of one tier with these rules."""
    tiers = [Tier(level=1, name="First")]
    return SupportProcess(name="p", tiers=tiers, policies=[PrioritiseByRules(matrix, rules)], **settings)


@pytest.fixture
def desk_for(make_desk):
    """Make desks that know contracts."""
    contracts = {"c-gold": {"level": "gold"}, "c-tin": {"level": "tin"}}
    source = FactSource("contract", lambda _, keys: {key: contracts.get(key) for key in keys})
    return lambda *rules, **more: make_desk(process(*rules, **more), facts=[source])


@pytest.mark.parametrize(
    ("impact", "urgency", "priority"),
    [
        ("high", "high", "critical"),
        ("high", "low", "high"),
        ("low", "high", "medium"),
        ("low", "low", "low"),
        ("low", None, "medium"),
        (None, "low", "medium"),
        ("none", "low", "medium"),
        ("low", "none", "medium"),
    ],
)
def test_matrix_gives_the_priority(desk_for, impact, urgency, priority):
    """Where it has no cell it has no opinion, and the process's default counts."""
    assert priority == desk_for().open(by="jane", impact=impact, urgency=urgency).priority


@pytest.mark.parametrize(
    ("rule", "low", "nothing", "critical"),
    [
        ({"at_least": "high"}, "high", "high", "critical"),
        ({"step": 1}, "medium", "high", "critical"),
        ({"step": -50}, "low", "low", "low"),
        ({"priority": "low"}, "low", "low", "low"),
    ],
)
def test_rule_makes_something_of_what_the_matrix_says(desk_for, rule, low, nothing, critical):
    """From the cell; from the default where there is none; never beyond the ends."""
    desk = desk_for(PriorityRule(when=GOLD, **rule))
    said = [
        desk.open(by="jane", customer="c-gold", impact=impact, urgency=impact).priority
        for impact in ("low", None, "high")
    ]

    assert [low, nothing, critical] == said
    assert "low" == desk.open(by="jane", customer="c-tin", impact="low", urgency="low").priority


def test_first_rule_counts(desk_for):
    """Rules are asked in order."""
    desk = desk_for(PriorityRule(when=Match(category="vpn"), priority="low"), PriorityRule(when=GOLD, priority="high"))

    assert "low" == desk.open(by="jane", customer="c-gold", category="vpn").priority
    assert "high" == desk.open(by="jane", customer="c-gold", category="mail").priority


def test_explicit_priority_is_kept(desk_for):
    """What somebody says is not second-guessed, at the opening and when amending."""
    desk = desk_for()
    case = desk.open(by="jane", impact="high", urgency="high", priority="low")
    amended = desk.amend(case, by="bob", impact="low", urgency="low", priority="high")

    assert ("low", "high") == (case.priority, amended.priority)


@pytest.mark.parametrize(
    ("change", "priority"),
    [
        ({"impact": "low"}, "medium"),
        ({"urgency": "low"}, "high"),
        ({"customer": "c-gold"}, "critical"),
        ({"kind": "request"}, "critical"),
        ({"category": "vpn"}, "critical"),
        ({"subject": "Fire"}, "low"),
        ({"tags": ["hot"]}, "low"),
    ],
)
def test_amending_what_it_follows_from_asks_again(desk_for, change, priority):
    """A word about anything else leaves alone what somebody has set by hand."""
    desk = desk_for(PriorityRule(when=GOLD, at_least="high"))
    case = desk.open(by="jane", impact="high", urgency="high", priority="low")

    assert priority == desk.amend(case, by="bob", **change).priority


def test_step_is_never_taken_twice(desk_for):
    """Each answer begins at the default priority, however often it is asked for."""
    desk = desk_for(PriorityRule(when=GOLD, step=1))
    case = desk.open(by="jane", customer="c-gold")
    for category in ("vpn", "mail", "wifi"):
        case = desk.amend(case, by="bob", category=category)

    assert "high" == case.priority


def test_policy_needs_the_order_of_priorities():
    """By itself it does not guess what is more; a rule that names a priority needs no order."""
    policy = PrioritiseByRules(rules=[PriorityRule(when=Match(impact="x"), step=1)])
    named = PrioritiseByRules(rules=[PriorityRule(when=Match(impact="x"), priority="low")])
    seen = SimpleNamespace(case=SimpleNamespace(impact="x", urgency=None, priority="low"))

    with pytest.raises(PolicyConfigError, match=r"^priority: has no order; resolve the policy with the process's"):
        policy.prioritise(seen)
    assert "low" == named.prioritise(seen)
    assert "low" == named.because(seen)[0].params["priority"]
    assert isinstance(policy, PriorityPolicy)
    assert isinstance(policy.resolved(("low",)), PriorityPolicy)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "PrioritiseByRules.rules: is empty; give rules, a matrix, or both"),
        ({"rules": ["x"]}, "PrioritiseByRules.rules: must be a collection of PriorityRule"),
        ({"matrix": [1]}, "PrioritiseByRules.matrix: must be a table of rows by impact, not list"),
        ({"matrix": {"high": 1}}, "a row 'high' that must be a table of priorities by urgency, and not empty"),
        ({"matrix": {"high": {}}}, "a row 'high' that must be a table of priorities by urgency, and not empty"),
        ({"matrix": {" ": {"x": "low"}}}, "has a row ' ' that must not be empty"),
        ({"matrix": {"high": {"x": 1}}}, "has a row 'high' that must be a text, not int"),
        (
            {"matrix": {"high": {"x": "low"}, "low": {"y": "low"}}},
            "has no priority for high.y, low.x; every row names the same urgencies",
        ),
    ],
)
def test_policy_refuses_what_it_cannot_be(fields, message):
    """A gap in the matrix is a fault: nobody means one."""
    with pytest.raises(PolicyConfigError) as caught:
        PrioritiseByRules(**fields)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("said", "has"),
    [
        ({}, "none of them"),
        ({"priority": "low", "step": 1}, "priority, step"),
        ({"step": 0}, "a step of 0, which changes nothing"),
    ],
)
def test_rule_says_exactly_one_thing(said, has):
    """Two ways at once would contradict each other."""
    with pytest.raises(PolicyConfigError) as caught:
        PriorityRule(when=GOLD, **said)

    assert f"PriorityRule.priority: give one of: priority, at_least, step; it has {has}" == str(caught.value)


def test_process_knows_the_priorities_that_it_names():
    """Names that lead nowhere are faults with their places."""
    with pytest.raises(ProcessError) as caught:
        process(
            PriorityRule(when=Match(tier=7), at_least="urgent"),
            PriorityRule(when=GOLD, priority="none"),
            matrix={"high": {"low": "hot"}},
        )

    known = "is not known; possible are: low, medium, high, critical"
    assert [
        f"policies[0].matrix.high.low: 'hot' {known}",
        f"policies[0].rules[0].at_least: 'urgent' {known}",
        "policies[0].rules[0].when.tier: 7 is not known; possible are: 1",
        f"policies[0].rules[1].priority: 'none' {known}",
    ] == [str(fault) for fault in caught.value.faults]


def test_process_warns_of_rules_that_are_never_taken():
    """A rule behind a wider one has its place in the warnings."""
    found = process(PriorityRule(when=GOLD, step=1), PriorityRule(when=Match(GOLD_AND_VPN), step=2)).check()

    assert ["policies[0].rules[1]: it can never be taken: policies[0].rules[0] holds whenever it does"] == [
        str(finding) for finding in found if finding.code == "check.rule_never"
    ]


GOLD_AND_VPN = {"facts.contract.level": "gold", "category": "vpn"}


def test_policy_stands_in_a_file():
    """From a file and back again it is the same."""
    read = SupportProcess.from_text("""
        [process]
        name = "p"
        [[tiers]]
        level = 1
        name = "First"
        [[policies]]
        use = "supporttiers.prioritise-by-rules"
        [policies.matrix]
        high = { high = "critical", low = "high" }
        low = { high = "medium", low = "low" }
        [[policies.rules]]
        when = { "facts.contract.level" = "gold" }
        at_least = "high"
    """)

    assert process(PriorityRule(when=GOLD, at_least="high")) == read
    assert read == SupportProcess.from_data(read.to_data()) == SupportProcess.from_json(read.to_json())
    assert ("contract",) == read.needs


# -- why


@pytest.mark.parametrize(
    ("fields", "reasons"),
    [
        (
            {"impact": "low", "urgency": "low", "category": "vpn", "customer": "c-gold"},
            [
                "impact low and urgency low come to low",
                "priority rule 1 does not hold: category='mail'",
                "priority rule 2 holds: medium",
            ],
        ),
        (
            {"impact": "low"},
            [
                "the matrix has nothing for impact low and urgency None",
                "priority rule 1 does not hold: category='mail'",
                "priority rule 2 does not hold: facts.contract.level='gold'",
            ],
        ),
        ({"impact": "low", "urgency": "low", "category": "vpn", "customer": "c-gold", "priority": "critical"}, []),
    ],
)
def test_explain_says_where_the_priority_comes_from(desk_for, fields, reasons):
    """Cell, rules rejected and rule taken; nothing where nobody has said so, and where the caller named it."""
    desk = desk_for(PriorityRule(when=Match(category="mail"), priority="low"), PriorityRule(when=GOLD, step=1))
    case = desk.open(by="jane", **fields)
    told = [str(reason) for reason in desk.explain(case).here if reason.code.startswith("priority.")]

    assert (reasons if fields.get("urgency") else []) == told
    if not fields.get("urgency"):
        policy = desk.process.asked("prioritise")[0]
        seen = SimpleNamespace(case=desk.get(case.id))
        assert reasons == [str(reason) for reason in policy.because(seen)]


def test_explain_tells_of_the_first_policy_with_an_opinion(make_desk):
    """Those before it had none, those after it were not asked; one that gives no reasons is passed over."""

    class Own:
        name = "acme.own"
        revision = 1

        def prioritise(self, situation):
            return "high" if situation.case.category == "own" else None

    policies = [Own(), PrioritiseByRules(rules=[PriorityRule(when=Match(category="vpn"), priority="high")])]
    desk = make_desk(SupportProcess(name="p", tiers=[Tier(level=1, name="First")], policies=policies))
    told = [
        [reason.code for reason in desk.explain(desk.open(by="jane", category=category)).here]
        for category in ("vpn", "own")
    ]

    assert ["priority.taken" in codes for codes in told] == [True, False]


def test_explain_says_nothing_of_a_priority_that_was_amended(desk_for):
    """What counted at the opening is no reason any more."""
    desk = desk_for()
    case = desk.amend(desk.open(by="jane", impact="low", urgency="low"), by="bob", priority="high")

    assert "priority.cell" not in [reason.code for reason in desk.explain(case).here]


def test_priority_that_a_rule_gives_routes_the_case(make_desk, calm):
    """Where it goes is asked of the case as it will be."""
    urgent = PrioritiseByRules(rules=[PriorityRule(when=Match(category="fire"), priority="critical")])
    route = RouteByRules([Route(Match(priority="critical"), Destination(tier=2))])
    desk = make_desk(attrs.evolve(calm, entry="any", policies=[urgent, route]))

    assert 2 == desk.open("Smoke", by="jane", category="fire").tier


def test_priority_is_asked_anew_of_the_case_as_amended(make_desk, calm):
    """What stays of it counts, and what is added: an attribute beside an older one."""
    both = Match({"attributes.site": "plant", "attributes.line": "stopped", "category": "fire"})
    urgent = PrioritiseByRules(rules=[PriorityRule(when=both, priority="critical")])
    desk = make_desk(attrs.evolve(calm, policies=[urgent]))
    case = desk.open("Smoke", by="jane", attributes={"site": "plant"})

    assert "critical" == desk.amend(case, by="bob", category="fire", attributes={"line": "stopped"}).priority
