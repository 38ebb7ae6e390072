"""Hand-off: what must be there before a case moves on."""

import attrs
import pytest

from supporttiers import Actor, Attachment, Match, NotPermittedError, SupportProcess
from supporttiers.errors import PolicyConfigError, ProcessError
from supporttiers.facts import FactSource
from supporttiers.policies.handoff import PermitByHandOff, Requirement
from supporttiers.tiers import Tier

TIERS = [
    Tier(level=1, name="First", escalates_to=[2], time_limit="15m"),
    Tier(level=2, name="Experts", teams=["a", "b"], hands_back_to=[1]),
]
LOGS = Requirement(into=[2], name="logs", media_types=["text/*"])
STEPS = Requirement(into=[2], attributes=["steps"])


@pytest.fixture
def desk_with(make_desk):
    """Make a desk that wants these, and knows contracts."""
    contracts = {"c-1": {"level": "gold", "hours": 0, "until": "", "paid": False, "parts": [], "terms": {}}}
    source = FactSource("contract", lambda _, keys: {key: contracts.get(key) for key in keys})

    def make(*wanted, **more):
        policy = PermitByHandOff(wanted, **more)
        return make_desk(SupportProcess(name="p", tiers=TIERS, policies=[policy]), facts=[source])

    return make


def file_of(media_type, number=1):
    """Give an attachment of a type."""
    return Attachment(id=f"f-{number}", name="f", media_type=media_type)


def missing(desk, case):
    """Give what is missing for an escalation."""
    try:
        desk.escalate(case, by="bob")
    except NotPermittedError as refusal:
        return list(refusal.missing)
    return []


def test_missing_things_are_listed(desk_with):
    """All of them at once, each once, in the order of the requirements; once they are there, the case moves."""
    desk = desk_with(LOGS, STEPS, STEPS)
    case = desk.open(by="jane", id="T-1")
    with pytest.raises(NotPermittedError) as caught:
        desk.escalate(case, by="bob")

    assert ("logs", "steps") == caught.value.missing
    assert "case 'T-1': 'bob' may not escalate: missing for tier 2: logs, steps; hand in first: logs, steps" == str(
        caught.value
    )
    desk.attach(case, by="bob", attachments=[file_of("text/plain")])
    assert ["steps"] == missing(desk, case)
    desk.amend(case, by="bob", attributes={"steps": "press it"})
    assert [] == missing(desk, case)


@pytest.mark.parametrize(
    ("wanted", "attributes", "words"),
    [
        ({"attributes": ["a"]}, {}, ["a"]),
        ({"attributes": ["a"]}, {"a": "  "}, ["a"]),
        ({"attributes": ["a"]}, {"a": False}, ["a"]),
        ({"attributes": ["a"]}, {"a": 0}, []),
        ({"attributes": ["a", "b"]}, {"a": "x"}, ["b"]),
        ({"attributes": ["a", "b"], "name": "both"}, {"a": "x"}, ["both"]),
        ({"attributes": ["a", "b"], "one_is_enough": True}, {"b": "x"}, []),
        ({"attributes": ["a", "b"], "one_is_enough": True}, {}, ["a or b"]),
        ({"attributes": ["a", "b"], "one_is_enough": True, "name": "some"}, {}, ["some"]),
        ({"facts": ["contract"]}, {}, []),
        ({"facts": ["contract.level"]}, {}, []),
        ({"facts": ["contract.hours"]}, {}, []),
        (
            {"facts": ["contract.until", "contract.paid", "contract.parts", "contract.terms", "contract.none"]}, {},
            ["contract.until", "contract.paid", "contract.parts", "contract.terms", "contract.none"],
        ),
        ({"tags": ["reproduced"]}, {}, ["tag reproduced"]),
        ({"tags": ["vip"]}, {}, []),
        ({"attachments": 1}, {}, []),
        ({"attachments": 2}, {}, ["2 attachments"]),
        ({"media_types": ["IMAGE/*"]}, {}, []),
        ({"media_types": ["text/plain", "image/png"]}, {}, ["attachment text/plain"]),
        ({"attributes": ["a"], "when": Match(category="vpn")}, {}, []),
        ({"attributes": ["a"], "kinds": ["vendor"]}, {}, []),
        ({"attributes": ["a"], "into": [1]}, {}, []),
    ],
    ids=str,
)  # fmt: skip
def test_requirement_looks_at(desk_with, wanted, attributes, words):
    """Attributes, facts, tags and attachments; an empty value is as good as none."""
    desk = desk_with(Requirement(**wanted))
    case = desk.open(by="jane", customer="c-1", tags=["vip"], attributes=attributes)
    desk.attach(case, by="jane", attachments=[file_of("image/png")])

    assert words == missing(desk, case)


def test_one_attachment_is_named_so(desk_with):
    """The words are those that people would use."""
    desk = desk_with(Requirement(attachments=1))

    assert ["an attachment"] == missing(desk, desk.open(by="jane"))


def test_file_without_a_type_is_of_none(desk_with):
    """It meets no wish for a type."""
    desk = desk_with(LOGS)
    case = desk.open(by="jane")
    desk.attach(case, by="jane", attachments=[file_of(None)])

    assert ["logs"] == missing(desk, case)


def test_clock_moves_all_the_same_and_records_it(desk_with, clock):
    """What was missing stands on the move, and in the explanation; the requirement binds people."""
    desk = desk_with(LOGS, STEPS)
    case = desk.open(by="jane")
    clock.advance("15m")
    desk.run_due()
    moved = next(event for event in desk.history(case) if type(event).__name__ == "CaseEscalated")

    assert 2 == desk.get(case.id).tier
    assert ("logs", "steps") == moved.missing
    assert "should have been handed in first: logs, steps" in [str(reason) for reason in desk.explain(case).here]


def test_clock_can_be_bound(desk_with, clock):
    """Then its move is refused, like everybody's."""
    desk = desk_with(LOGS, bind_clock=True)
    case = desk.open(by="jane")
    clock.advance("15m")
    desk.run_due()

    assert 1 == desk.get(case.id).tier
    assert "ActionRefused" in [type(event).__name__ for event in desk.history(case)]


def test_other_moves_can_have_requirements(desk_with):
    """Back down, and sideways."""
    desk = desk_with(
        Requirement(verbs=["hand_back"], attributes=["why"]), Requirement(verbs=["transfer"], tags=["agreed"])
    )
    case = desk.escalate(desk.open(by="jane"), by="bob")
    for verb, fields, words in (("hand_back", {}, ("why",)), ("transfer", {"team": "b"}, ("tag agreed",))):
        with pytest.raises(NotPermittedError) as caught:
            getattr(desk, verb)(case, by="bob", **fields)
        assert words == caught.value.missing


def test_options_name_what_is_missing(desk_with):
    """A form can ask for it."""
    desk = desk_with(LOGS)
    case = desk.open(by="jane")
    [option] = [option for option in desk.options(case, by="bob") if option.trigger == "escalate"]

    assert (("logs",), ["missing for tier 2: logs"]) == (option.required, [str(reason) for reason in option.refused])


def test_explain_says_what_is_wanted(desk_with):
    """What is there already, and what is missing."""
    desk = desk_with(LOGS, STEPS)
    case = desk.open(by="jane", attributes={"steps": "press it"})

    assert [
        "escalate into tier 2: wants logs; missing: logs",
        "escalate into tier 2: wants steps",
    ] == [str(reason) for reason in desk.explain(case).rules]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {},
            "Requirement.name: wants nothing; give at least one of: attributes, facts, tags, attachments, media_types",
        ),
        (
            {"verbs": ["close"], "tags": ["x"]},
            "Requirement.verbs: must be one of: escalate, hand_back, transfer, not 'close'",
        ),
        ({"verbs": ["escalate"] * 51, "tags": ["x"]}, "Requirement.verbs: has 51 verbs; at most 50 are possible"),
        ({"verbs": [], "tags": ["x"]}, "Requirement.verbs: is empty; name at least one verb"),
        ({"tags": ["x"] * 51}, "Requirement.tags: has 51 tags; at most 50 are possible"),
        ({"attachments": -1}, "Requirement.attachments: is -1; possible is 0 to 200"),
    ],
)
def test_requirement_refuses_what_it_cannot_be(fields, message):
    """Each field says what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        Requirement(**fields)

    assert message == str(caught.value)


def test_policy_stands_in_a_file():
    """From a file and back again it is the same."""
    read = SupportProcess.from_text("""
        [process]
        name = "p"
        [[tiers]]
        level = 1
        name = "First"
        [[policies]]
        use = "supporttiers.permit-by-hand-off"
        bind_clock = true
        [[policies.requirements]]
        name = "contract or warranty"
        facts = ["contract.level"]
        attributes = ["warranty_until"]
        one_is_enough = true
        when = { priority = { at_least = "low" } }
    """)
    wanted = read.policies[0].requirements[0]

    assert ("contract or warranty", ("contract",)) == (wanted.wanted, read.needs)
    assert read == SupportProcess.from_data(read.to_data()) == SupportProcess.from_json(read.to_json())


def test_requirement_of_a_tier_that_is_none_is_a_fault(calm):
    """The place leads to it."""
    with pytest.raises(ProcessError, match=r"policies\[0\]\.requirements\[0\]\.into"):
        attrs.evolve(calm, policies=[PermitByHandOff([Requirement(into=[9], tags=["x"])])])


def test_assistants_meet_requirements_too(desk_with):
    """They bind everybody but the clock."""
    desk = desk_with(LOGS)
    with pytest.raises(NotPermittedError):
        desk.escalate(desk.open(by="jane"), by=Actor.assistant("robot"))
