"""Match: what a condition says, what it refuses, and what it holds for."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from supporttiers.errors import PolicyConfigError
from supporttiers.match import FIELDS, AtLeast, AtMost, Match, Not, facts_in, fields_of, inside
from supporttiers.tiers import CaseKind, Status

NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)
PRIORITIES = ("low", "medium", "high")
CASE = SimpleNamespace(
    **dict.fromkeys(FIELDS),
)
CASE.__dict__.update(
    status=Status.WAITING, kind=CaseKind.INCIDENT, wait_reason="customer", tier=2, priority="medium", team="network",
    category="printing", tags=("vip", "eu"), watchers=(), opened_at=NINE, version=7,
    attributes={"site": "Leeds", "floor": 3, "vip": True, "empty": None},
    facts={"plan": "gold", "contract": {"level": 2, "sites": [{"name": "Leeds"}, {"name": "York"}]}, "load": None},
)  # fmt: skip

CONDITIONS = [
    (Match({"facts.plan": "gold"}), True),
    (Match({"facts.plan": Not(["silver", "gold"])}), False),
    (Match({"facts.contract.level": AtLeast(2)}), True),
    (Match({"facts.contract.level": AtLeast(3)}), False),
    (Match({"facts.contract.nothing": None}), True),
    (Match({"facts.plan.level": "gold"}), False),
    (Match({"facts.unknown": "gold"}), False),
    (Match({"facts.load": AtMost(3)}), False),
    (Match(), True),
    (Match(status="waiting"), True),
    (Match(status="queued"), False),
    (Match(status=Status.WAITING), True),
    (Match(kind="incident"), True),
    (Match(status=["queued", "waiting"]), True),
    (Match(status=("queued", "closed")), False),
    (Match(status={"queued", "waiting"}), True),
    (Match(assignee=None), True),
    (Match(team=None), False),
    (Match(assignee=["bob", None]), True),
    (Match(category=Not("wishlist")), True),
    (Match(category=Not("printing")), False),
    (Match(category=Not(["wishlist", "printing"])), False),
    (Match(assignee=Not("bob")), True),
    (Match(assignee=Not(None)), False),
    (Match(status="waiting", tier=2), True),
    (Match(status="waiting", tier=1), False),
    (Match(status="queued", tier=2), False),
    (Match(status="waiting", tier=2, team="network"), True),
    (Match(status="waiting", tier=2, team="desktop"), False),
    (Match(tier=AtLeast(2)), True),
    (Match(tier=AtLeast(3)), False),
    (Match(tier=AtMost(2)), True),
    (Match(tier=AtMost(1)), False),
    (Match(tier=AtLeast(1.5)), True),
    (Match(satisfaction=AtLeast(1)), False),
    (Match(satisfaction=AtMost(5)), False),
    (Match(opened_at=AtLeast(NINE)), True),
    (Match(opened_at=AtMost("2026-03-23T09:00Z")), True),
    (Match(opened_at=AtLeast("2026-03-23T09:00:01Z")), False),
    (Match(opened_at="2026-03-23T10:00+01:00"), True),
    (Match(priority=AtLeast("medium")), True),
    (Match(priority=AtLeast("high")), False),
    (Match(priority=AtMost("medium")), True),
    (Match(priority=AtMost("low")), False),
    (Match(tags="vip"), True),
    (Match(tags=["us", "eu"]), True),
    (Match(tags="us"), False),
    (Match(tags=Not("us")), True),
    (Match(tags=Not(["us", "eu"])), False),
    (Match(watchers="bob"), False),
    (Match(watchers=Not("bob")), True),
    (Match({"attributes.site": "Leeds"}), True),
    (Match({"attributes.site": "York"}), False),
    (Match({"attributes.gone": None}), True),
    (Match({"attributes.empty": None}), True),
    (Match({"attributes.vip": True}), True),
    (Match({"attributes.floor": AtLeast(3)}), True),
    (Match({"attributes.floor": AtMost(2)}), False),
    (Match({"attributes.floor": AtLeast("3")}), False),
    (Match({"attributes.site": AtLeast(3)}), False),
    (Match({"attributes.site": AtLeast("L")}), True),
    (Match({"attributes.gone": AtLeast(3)}), False),
    (Match({"status": "waiting"}, tier=2), True),
    (Match(all=[Match(status="waiting"), Match(tier=2)]), True),
    (Match(all=[Match(status="waiting"), Match(tier=1)]), False),
    (Match(any=[Match(status="queued"), Match(tier=2)]), True),
    (Match(any=[Match(status="queued"), Match(tier=1)]), False),
    (Match(team="network", any=[Match(status="queued"), Match(tier=2)]), True),
    (Match(team="desktop", any=[Match(tier=2)]), False),
    (Match(any=[Match(all=[Match(any=[Match(tier=2)])])]), True),
    (Match(any=[Match(priority=AtLeast("high")), Match(priority=AtMost("medium"))]), True),
]


@pytest.mark.parametrize(("match", "holds"), CONDITIONS, ids=range(len(CONDITIONS)))
def test_match_holds(match, holds):
    """Each word of the language, with a case for which it holds and one for which it does not."""
    assert holds is match.holds(CASE, PRIORITIES)
    assert holds is match.compile(PRIORITIES)(CASE)


@pytest.mark.parametrize(("match", "holds"), CONDITIONS, ids=range(len(CONDITIONS)))
def test_match_resolved_needs_no_priorities_any_more(match, holds):
    """With priorities worked in, it answers the same without knowing their order."""
    assert holds is match.resolved(PRIORITIES).holds(CASE)


@pytest.mark.parametrize(("match", "holds"), CONDITIONS, ids=range(len(CONDITIONS)))
def test_match_data_reads_back(match, holds):
    """What is written for a process file is the same condition when it is read."""
    assert match == Match.from_data(match.to_data())


@pytest.mark.parametrize(("match", "holds"), CONDITIONS, ids=range(len(CONDITIONS)))
def test_match_shows_itself_as_python(match, holds):
    """Its repr is the code that makes it."""
    written = eval(
        repr(match),
        {"Match": Match, "Not": Not, "AtLeast": AtLeast, "AtMost": AtMost, "datetime": __import__("datetime")},
    )

    assert match == written


def test_match_resolved_names_the_priorities():
    """Nested comparisons are replaced too; all else stays."""
    match = Match(priority=AtLeast("medium"), tier=AtLeast(2), any=[Match(priority=AtMost("medium"))])
    expected = Match(priority=["medium", "high"], tier=AtLeast(2), any=[Match(priority=["low", "medium"])])

    assert expected == match.resolved(PRIORITIES)


@pytest.mark.parametrize(
    ("match", "empty"),
    [(Match(), True), (Match(tier=1), False), (Match(all=[Match()]), False), (Match(any=[Match()]), False)],
    ids=range(4),
)
def test_match_is_empty_only_without_any_word(match, empty):
    """An empty condition asks for nothing."""
    assert empty is match.is_empty


def test_fields_of_gives_those_at_any_depth():
    """Validators of a process see every field that a condition speaks about."""
    match = Match({"attributes.x": 1}, tier=1, any=[Match(status="queued", all=[Match(team="a")])])

    assert {"attributes.x", "tier", "status", "team"} == fields_of(match)


def test_facts_in_names_the_facts_of_a_condition():
    """Each once, whatever lies inside them; a condition that is none speaks of none."""
    match = Match({"facts.plan": "gold"}, any=[Match({"facts.contract.level": 1}), Match({"facts.contract.x": 1})])

    assert ("contract", "plan") == facts_in(match)
    assert () == facts_in(Match(tier=1)) == facts_in(None)


@pytest.mark.parametrize(
    ("path", "found"),
    [("plan", "gold"), ("contract.sites.name", ["Leeds", "York"]), ("plan.x", None), ("zzz", None)],
)
def test_inside_walks_into_tables_and_members(path, found):
    """A list gives what each of its members has."""
    assert found == inside(CASE.facts, path.split("."))


NO_FIELD = "is no field of a case; did you mean"
OWN = "'attributes.{0}', a value of your own, or 'facts.{0}', one from outside?"
ORDERLESS = "has no order; possible are a value, a list of values, or not"


@pytest.mark.parametrize(
    ("arguments", "named", "text"),
    [
        ((5,), {}, "condition: must be a table of fields, not int"),
        (({5: 1},), {}, "condition: has a int for a field; possible are texts"),
        ((), {"attributes.": 1}, f"attributes.: {NO_FIELD} {OWN.format('NAME')}"),
        ((), {"colour": 1}, f"colour: {NO_FIELD} {OWN.format('colour')}"),
        ((), {"warranty": True}, f"warranty: {NO_FIELD} {OWN.format('warranty')}"),
        ((), {"custom.site": 1}, f"custom.site: {NO_FIELD} {OWN.format('site')}"),
        ((), {"categroy": 1}, f"categroy: {NO_FIELD} 'category'?"),
        ((), {"vendor": 1}, f"vendor: {NO_FIELD} 'vendors'?"),
        ((), {"facts.": 1}, f"facts.: {NO_FIELD} {OWN.format('NAME')}"),
        ((), {"tier": "2"}, "tier: is compared with a str; possible is a number"),
        ((), {"tier": True}, "tier: is compared with a bool; possible is a number"),
        ((), {"team": 2}, "team: is compared with a int; possible is a text"),
        ((), {"tags": [2]}, "tags: is compared with a int; possible is a words"),
        ((), {"attributes.x": [[1]]}, "attributes.x: is compared with a list; possible is a attribute"),
        ((), {"tier": []}, "tier: has an empty list, which nothing can meet"),
        ((), {"tier": Not([])}, "tier: has an empty list, which nothing can meet"),
        ((), {"status": "open"}, f"status: is compared with 'open'; possible are: {', '.join(Status)}"),
        ((), {"kind": Not("bug")}, f"kind: is compared with 'bug'; possible are: {', '.join(CaseKind)}"),
        ((), {"team": AtLeast("a")}, f"team: {ORDERLESS}"),
        ((), {"tags": AtMost("a")}, f"tags: {ORDERLESS}"),
        ((), {"tier": AtLeast(None)}, f"tier: {ORDERLESS}"),
        ((), {"tier": AtLeast([1])}, "tier: is compared with a list; possible is a number"),
        ((), {"opened_at": "nine"}, "opened_at: 'nine' is not an ISO 8601 instant, such as '2026-03-23T09:00Z'"),
        (
            (),
            {"due_at": AtMost(datetime(2026, 3, 23))},  # noqa: DTZ001 - to be refused
            "due_at: is naive; give it a time zone, such as datetime.now(UTC)",
        ),
        ((), {"any": Match()}, "any: must be a list of Match"),
        ((), {"all": [{"tier": 1}]}, "all: must be a list of Match"),
        ((), {"all": 5}, "all: must be a list of Match"),
    ],
    ids=range(27),
)
def test_match_refuses_what_it_cannot_compare(arguments, named, text):
    """The error names the field and what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        Match(*arguments, **named)

    assert text == str(caught.value)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([], "condition: must be a table of fields, not list"),
        ({"any": {"tier": 1}}, "any: must be a list of conditions, not dict"),
        ({"all": [5]}, "condition: must be a table of fields, not int"),
        ({"tier": {"above": 1}}, "tier: must be a value, a list, or one of: not, at_least, at_most"),
        ({"tier": {"not": 1, "at_least": 1}}, "tier: must be a value, a list, or one of: not, at_least, at_most"),
        ({"tier": {}}, "tier: must be a value, a list, or one of: not, at_least, at_most"),
    ],
    ids=range(6),
)
def test_match_refuses_data_that_is_no_condition(data, text):
    """What a file says wrongly is named."""
    with pytest.raises(PolicyConfigError) as caught:
        Match.from_data(data)

    assert text == str(caught.value)


@pytest.mark.parametrize(
    ("priorities", "text"),
    [
        (PRIORITIES, "priority: 'urgent' is not one of: low, medium, high"),
        ((), "priority: 'urgent' is not one of: none"),
    ],
)
def test_match_refuses_a_priority_that_the_process_does_not_have(priorities, text):
    """Comparing needs the process's own order."""
    match = Match(priority=AtLeast("urgent"))
    with pytest.raises(PolicyConfigError) as compiling:
        match.compile(priorities)
    with pytest.raises(PolicyConfigError) as resolving:
        match.resolved(priorities)

    assert text == str(compiling.value) == str(resolving.value)


def test_match_can_be_a_key_and_pickled():
    """It is a value."""
    import pickle

    match = Match(tier=[1, 2], any=[Match(status="queued")])

    assert match == pickle.loads(pickle.dumps(match))
    assert {match: 1} == {Match(tier=[1, 2], any=[Match(status="queued")]): 1}


# -- why not


@pytest.mark.parametrize(
    ("match", "failing"),
    [
        (Match(category="vpn"), []),
        (Match(category="mail", tier=1), ["category='mail'"]),
        (Match(category=Not("vpn"), tier=AtLeast(2)), ["category=Not('vpn')", "tier=AtLeast(2)"]),
        (Match(priority=AtLeast("high")), ["priority=AtLeast('high')"]),
        (Match(all=[Match(tier=1), Match(tier=[2, 3])]), ["tier=[2, 3]"]),
        (Match(any=[Match(tier=2), Match(category="vpn")]), []),
        (Match(any=[Match(tier=2), Match(category="mail", tier=1)]), ["tier=2", "category='mail'"]),
    ],
    ids=str,
)
def test_failing_names_the_comparisons_that_do_not_hold(match, failing):
    """Exactly where the condition does not hold there is at least one."""
    case = SimpleNamespace(category="vpn", tier=1, priority="low")

    assert failing == [str(test) for test in match.failing(case, ("low", "high"))]
    assert match.holds(case, ("low", "high")) is not bool(failing)
