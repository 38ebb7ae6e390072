"""Who of a team gets a case: the policies by themselves."""

from datetime import UTC, datetime

import attrs
import pytest

from supporttiers.decisions import Situation
from supporttiers.errors import PolicyConfigError, ProcessError
from supporttiers.match import AtLeast, Match
from supporttiers.policies.assignment import AssignLeastLoaded, AssignRoundRobin, SkillRule
from supporttiers.process import SupportProcess
from supporttiers.protocols import AssignPolicy
from supporttiers.testing.builders import opening

NOON = datetime(2026, 3, 23, 12, tzinfo=UTC)
VPN = SkillRule(Match(category="vpn"), skills=["net", "vpn"])
FIVE = "2026-03-23T05:00:00.000000+00:00"
SIX = "2026-03-23T06:00:00.000000+00:00"


def agent(id, *, skills=(), availability="active", capacity=None, channels=None, since=None):
    """Give an agent as a fact, and their work as another."""
    fact = {"id": id, "skills": list(skills), "availability": availability, "capacity": capacity}
    load = {"open": sum((channels or {}).values()), "channels": channels or {}, "assigned_at": since}
    return fact, {name: value for name, value in load.items() if value}


def asked(*agents, exclude=(), facts=None, **fields):
    """Ask about a case of team front."""
    case = opening(team="front", **fields).case
    known = {"agents": [fact for fact, _ in agents], "workload": {fact["id"]: load for fact, load in agents}}
    return Situation(case=case, now=NOON, facts=known if facts is None else facts, exclude=exclude)


ANNA = agent("anna", since=SIX)
BOB = agent("bob", since=FIVE, channels={"chat": 1})


@pytest.mark.parametrize(
    ("agents", "fields", "chosen"),
    [
        ([ANNA, BOB], {}, "bob"),
        ([ANNA, BOB, agent("cleo")], {}, "cleo"),
        ([agent("bea"), agent("ada")], {}, "ada"),
        ([ANNA, BOB], {"exclude": ["bob"]}, "anna"),
        ([BOB], {"exclude": ["bob"]}, None),
        ([ANNA, agent("bob", since=FIVE, capacity={"*": 2}, channels={"chat": 2})], {}, "anna"),
        ([ANNA, agent("bob", since=FIVE, capacity={"chat": 2}, channels={"chat": 2})], {"channel": "chat"}, "anna"),
        ([ANNA, agent("bob", since=FIVE, capacity={"chat": 2}, channels={"chat": 2})], {"channel": "mail"}, "bob"),
        ([ANNA, agent("bob", since=FIVE, capacity=2, channels={"chat": 2})], {}, "anna"),
        ([ANNA, agent("bob", since=FIVE, availability="away")], {}, "anna"),
        ([agent("anna", availability="offline"), agent("bob", since=FIVE, availability="away")], {}, "bob"),
        ([agent("anna", availability="offline", since=SIX), agent("bob", availability="offline")], {}, "bob"),
        ([], {}, None),
    ],
)
def test_round_robin_takes_who_has_waited_longest_for_a_case(agents, fields, chosen):
    """Of those who are there and have room; nobody is forgotten because nobody is there; ties go by id."""
    assert chosen == AssignRoundRobin().assign(asked(*agents, **fields))


@pytest.mark.parametrize(
    ("agents", "chosen"),
    [
        ([agent("anna", capacity=5, channels={"": 3}), agent("bob", capacity=3)], "bob"),
        ([agent("anna", capacity=9, channels={"": 3}), agent("bob", capacity=3)], "anna"),
        ([agent("anna", capacity=9), agent("bob", channels={"": 99})], "bob"),
        ([agent("anna", channels={"": 3}), agent("bob", channels={"": 2})], "bob"),
        ([agent("anna", since=SIX), agent("bob", since=FIVE)], "bob"),
        ([agent("bob"), agent("anna")], "anna"),
    ],
)
def test_least_loaded_takes_who_has_the_most_room(agents, chosen):
    """No bound is more than any; then the fewest open cases, the longest wait, the id."""
    assert chosen == AssignLeastLoaded().assign(asked(*agents))


FULL = agent("anna", capacity=1, channels={"": 1}, since=SIX)


@pytest.mark.parametrize(
    ("settings", "agents", "chosen"),
    [
        ({}, [FULL], None),
        ({"when_full": "assign"}, [FULL, agent("bob", capacity=0, since=FIVE)], "bob"),
        ({"when_full": "assign"}, [FULL, agent("bob", availability="away")], "anna"),
        ({"when_full": "assign"}, [], None),
        ({}, [FULL, agent("bob", availability="away")], None),
        ({}, [FULL, agent("bob", availability="offline")], None),
        ({"reach": "active"}, [agent("bob", availability="away")], None),
        ({"reach": "away"}, [agent("bob", availability="away")], "bob"),
        ({"reach": "away"}, [agent("bob", availability="offline")], None),
        ({"reach": "everybody"}, [agent("bob", availability="offline")], "bob"),
        ({"reach": "everybody"}, [agent("bob", availability="offline", capacity=0)], None),
    ],
)
def test_assignment_says_what_happens_when_nobody_has_room_or_is_there(settings, agents, chosen):
    """Full agents are waited for, or not; who is away or offline is asked only where nobody better is there."""
    assert chosen == AssignRoundRobin(**settings).assign(asked(*agents))


NET, BOTH = agent("net", skills=["net"]), agent("both", skills=["net", "vpn"], since=SIX)
ANY = attrs.evolve(VPN, need="any")
LEEDS = SkillRule(Match({"attributes.site": "Leeds"}), skills=["leeds"])


@pytest.mark.parametrize(
    ("settings", "agents", "fields", "chosen"),
    [
        ({"skills": [VPN]}, [ANNA, NET, BOTH], {"category": "vpn"}, "both"),
        ({"skills": [VPN]}, [ANNA, NET, BOTH], {"category": "mail"}, "net"),
        ({"skills": [ANY]}, [ANNA, NET, BOTH], {"category": "vpn"}, "net"),
        ({"skills": [VPN]}, [ANNA, NET], {"category": "vpn"}, "net"),
        ({"skills": [VPN], "without_skill": "queue"}, [ANNA, NET], {"category": "vpn"}, None),
        ({"skills": [VPN]}, [ANNA, agent("both", skills=["net", "vpn"], availability="away")],
         {"category": "vpn"}, "both"),
        ({"skills": [VPN]}, [ANNA, agent("both", skills=["net", "vpn"], availability="offline")],
         {"category": "vpn"}, "anna"),
        ({"skills": [VPN]}, [agent("anna", availability="offline"),
                             agent("both", skills=["net", "vpn"], availability="offline", since=SIX)],
         {"category": "vpn"}, "both"),
        ({"skills": [VPN]}, [ANNA, agent("both", skills=["net", "vpn"], capacity=0)], {"category": "vpn"}, "anna"),
        ({"skills": [VPN], "when_full": "assign"}, [FULL, agent("both", skills=["net", "vpn"], capacity=0)],
         {"category": "vpn"}, "both"),
        ({"skills": [VPN, LEEDS]}, [BOTH, agent("all", skills=["net", "vpn", "leeds"], since=SIX)],
         {"category": "vpn", "attributes": {"site": "Leeds"}}, "all"),
    ],
)  # fmt: skip
def test_assignment_prefers_who_has_the_skills(settings, agents, fields, chosen):
    """Specialists who are there come first, then the team where that is allowed, then who is not there."""
    assert chosen == AssignRoundRobin(**settings).assign(asked(*agents, **fields))


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"agents": None, "workload": None},
        {"agents": "sha256:0", "workload": "sha256:1"},
        {"agents": [3, {"name": "no id"}, {"id": 7}], "workload": {}},
    ],
)
def test_assignment_has_no_opinion_on_what_is_not_known(facts):
    """Facts that are missing, too large to be recorded, or of another shape give nobody."""
    assert AssignRoundRobin().assign(asked(facts=facts)) is None


def test_assignment_does_without_the_workload():
    """Where the host's own source has an odd shape, people count as free."""
    facts = {"agents": [{"id": "anna", "capacity": 1}], "workload": {"anna": "much"}}

    assert "anna" == AssignRoundRobin().assign(asked(facts=facts))
    assert "anna" == AssignRoundRobin().assign(asked(facts={**facts, "workload": "much"}))


def test_assignment_speaks_of_the_cases_that_are_meant():
    """Others it leaves to the next policy."""
    policy = AssignRoundRobin(when=Match(category="vpn"))

    assert "bob" == policy.assign(asked(ANNA, BOB, category="vpn"))
    assert policy.assign(asked(ANNA, BOB)) is None
    assert policy.objections(asked(ANNA, BOB), "bob") is None
    assert ["policy 'supporttiers.assign-round-robin' does not speak of this case"] == [
        str(reason) for reason in policy.because(asked(ANNA, BOB))
    ]


def said(policy, situation):
    """Give what a policy says of its choice."""
    return [str(reason) for reason in policy.because(situation)]


def test_because_says_who_was_chosen_and_why_not_the_others():
    """One reason for each, in the order of their ids after the chosen one."""
    people = [
        ANNA, BOB, agent("away", availability="away"), agent("full", capacity=0), agent("gone", availability="offline"),
        agent("gave", since=FIVE), agent("zoe", since=SIX, skills=["net", "vpn"]),
    ]  # fmt: skip

    assert [
        "bob of team front comes first; open cases: 1, the last one given: 2026-03-23T05:00:00.000000+00:00",
        "anna comes after bob; open cases: 0, the last one given: 2026-03-23T06:00:00.000000+00:00",
        "away is away",
        "full has no room for another case; open cases: 0",
        "it is taken from gave",
        "gone is offline",
        "zoe comes after bob; open cases: 0, the last one given: 2026-03-23T06:00:00.000000+00:00",
    ] == said(AssignRoundRobin(), asked(*people, exclude=["gave"]))
    assert [
        "zoe of team front comes first; open cases: 0, the last one given: 2026-03-23T06:00:00.000000+00:00",
        "anna lacks: net, vpn",
    ] == said(AssignRoundRobin(skills=[VPN]), asked(ANNA, people[-1], category="vpn"))


def test_because_says_why_nobody_was_chosen():
    """Nobody known, nobody recorded, nobody with room or skill."""
    strict = AssignRoundRobin(skills=[VPN], without_skill="queue")

    assert ["nobody is known to work in team front"] == said(AssignRoundRobin(), asked())
    assert ["who could be chosen from is not known, or was not recorded whole"] == said(
        AssignRoundRobin(), asked(facts={})
    )
    assert [
        "policy 'supporttiers.assign-round-robin' finds nobody in team front who can take it",
        "anna has no room for another case; open cases: 1",
        "bob is away",
    ] == said(AssignRoundRobin(), asked(FULL, agent("bob", availability="away")))
    assert [
        "policy 'supporttiers.assign-round-robin' finds nobody in team front who can take it",
        "anna lacks: net, vpn",
    ] == said(strict, asked(ANNA, category="vpn"))
    assert ["lacks is away"] == said(AssignRoundRobin(skills=[VPN], reach="active"), asked(
        agent("lacks", availability="away"), category="vpn"))[1:]  # fmt: skip


def test_because_says_who_is_next_to_a_full_team():
    """Where somebody is chosen although all are full, the others are full too."""
    people = [FULL, agent("bob", capacity=0, since=FIVE)]

    assert (
        "anna has no room for another case; open cases: 1"
        == said(AssignRoundRobin(when_full="assign"), asked(*people))[1]
    )


@pytest.mark.parametrize(
    ("settings", "agents", "objections"),
    [
        ({}, [ANNA], []),
        ({}, [], []),
        ({}, [BOTH, ANNA], ["anna lacks: net, vpn"]),
        ({}, [agent("both", skills=["net", "vpn"], availability="offline"), ANNA], []),
        ({}, [agent("both", skills=["net", "vpn"], capacity=0), ANNA], []),
        ({"without_skill": "queue"}, [ANNA], ["anna lacks: net, vpn"]),
        ({}, [agent("anna", skills=["net", "vpn"], availability="offline")], []),
    ],
)
def test_objections_leave_a_case_to_specialists_who_are_there(settings, agents, objections):
    """Who asks for work may take what nobody better can; whether they are there themselves does not matter."""
    policy = AssignRoundRobin(skills=[VPN], **settings)

    found = policy.objections(asked(*agents, category="vpn"), "anna")
    assert objections == [str(reason) for reason in found]


@pytest.mark.parametrize(
    ("build", "problem"),
    [
        (lambda: SkillRule(Match(), skills=["x"]),
         "SkillRule.when: is empty, and would mean every case; say which cases are meant"),
        (lambda: SkillRule("vpn", skills=["x"]), "SkillRule.when: must be a Match, not str"),
        (lambda: SkillRule(Match(tier=1), skills=[]), "SkillRule.skills: is empty; name at least one skill"),
        (lambda: SkillRule(Match(tier=1), skills="x"), "SkillRule.skills: must be a collection of skills, not str"),
        (lambda: SkillRule(Match(tier=1), skills=["x"], need="some"),
         "SkillRule.need: must be one of: all, any, not 'some'"),
        (lambda: AssignRoundRobin(skills=["x"]), "AssignRoundRobin.skills: must be a collection of SkillRule"),
        (lambda: AssignLeastLoaded(skills="x"), "AssignLeastLoaded.skills: must be a collection of SkillRule"),
        (lambda: AssignRoundRobin(when=Match()),
         "AssignRoundRobin.when: is empty, and would mean every case; say which cases are meant"),
        (lambda: AssignRoundRobin(when_full="drop"),
         "AssignRoundRobin.when_full: must be one of: queue, assign, not 'drop'"),
        (lambda: AssignLeastLoaded(reach="all"),
         "AssignLeastLoaded.reach: must be one of: active, away, everybody, not 'all'"),
        (lambda: AssignLeastLoaded(without_skill=None), "AssignLeastLoaded.without_skill: must be one of: team, queue"),
    ],
)  # fmt: skip
def test_assignment_refuses_what_it_cannot_be(build, problem):
    """A wrong field is named, with what is possible."""
    with pytest.raises(PolicyConfigError) as refused:
        build()

    assert problem == str(refused.value)


FILE = """
[process]
name = "acme"

[[tiers]]
level = 1
name = "Desk"
teams = ["front"]

[[policies]]
use = "supporttiers.assign-least-loaded"
when = { priority = { at_least = "high" }, "facts.plan" = "gold" }
reach = "away"
when_full = "assign"

[[policies]]
use = "supporttiers.assign-round-robin"
without_skill = "queue"

[[policies.skills]]
when = { category = "vpn", "facts.site.city" = "Leeds" }
skills = ["net", "vpn"]
need = "any"
"""


def test_assignment_is_written_in_a_process_file():
    """With the same names as in Python; what it needs is known, priorities are worked in."""
    process = SupportProcess.from_text(FILE)
    gold = Match({"facts.plan": "gold"}, priority=AtLeast("high"))
    leeds = Match({"facts.site.city": "Leeds"}, category="vpn")

    assert (
        AssignLeastLoaded(when=gold, reach="away", when_full="assign"),
        AssignRoundRobin(without_skill="queue", skills=[SkillRule(leeds, ["net", "vpn"], "any")]),
    ) == process.policies
    assert ("agents", "workload", "plan", "site") == process.needs
    assert process == SupportProcess.from_data(process.to_data())
    assert process == SupportProcess.from_json(process.to_json())
    first = process.asked("assign")[0]
    usual = asked(ANNA, priority="critical")
    golden = attrs.evolve(usual, case=attrs.evolve(usual.case, facts={"plan": "gold"}))
    assert (None, "anna") == (first.assign(usual), first.assign(golden))
    assert isinstance(first, AssignPolicy)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('reach = "away"', 'reach = "gone"',
         "policies[0].reach: must be one of: active, away, everybody, not 'gone'"),
        ('reach = "away"', 'raech = "away"',
         ("policies[0].raech: is not known here; did you mean 'reach'? possible are: when, skills, without_skill, "
          "reach, when_full")),
        ('need = "any"', 'need = "one"', "policies[1].skills[0].need: must be one of: all, any, not 'one'"),
        ('skills = ["net", "vpn"]', "skills = []", "policies[1].skills[0].skills: is empty; name at least one skill"),
        ('at_least = "high"', 'at_least = "urgent"',
         "policies[0].when.priority: 'urgent' is not known; possible are: low, medium, high, critical"),
        ('category = "vpn", ', 'team = "nobody", ',
         "policies[1].skills[0].when.team: 'nobody' is not known; possible are: front"),
        ('category = "vpn", ', "categroy = 1, ", "policies[1].skills[0].when.categroy: is no field of a case"),
    ],
)  # fmt: skip
def test_assignment_faults_have_their_places(old, new, fault):
    """What is wrong inside a policy is found where it stands."""
    with pytest.raises(ProcessError) as refused:
        SupportProcess.from_text(FILE.replace(old, new))

    assert [True] == [str(found).startswith(fault) for found in refused.value.faults]


def test_assignment_in_python_is_judged_with_its_process():
    """A condition that no case can meet is found when the process is built, with its place."""
    with pytest.raises(ProcessError) as refused:
        attrs.evolve(SupportProcess.default(), policies=[
            AssignRoundRobin(), AssignLeastLoaded(skills=[SkillRule(Match(all=[Match(tier=7)]), ["x"])]),
        ])  # fmt: skip

    expected = "policies[1].skills[0].when.all[0].tier: 7 is not known; possible are: 0, 1, 2, 3, 4"
    assert [expected] == [str(fault) for fault in refused.value.faults]
