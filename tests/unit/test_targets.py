"""Targets by rules: how much working time a limit allows, and when that is asked."""

from datetime import timedelta
from typing import ClassVar

import attrs
import pytest

from supporttiers import Actor, Match, ProcessError, SupportProcess, TimeLimit
from supporttiers.errors import PluginError, PolicyConfigError
from supporttiers.facts import FactSource
from supporttiers.policies.targets import TargetByRules, TargetRule
from supporttiers.protocols import TargetPolicy

GOLD = Match({"facts.contract.level": "gold"})
FOUR = TargetRule(limit="resolve", when=GOLD, target="4h")


@pytest.fixture
def contracts():
    """Give what is agreed with whom; tests change it."""
    return {"c-gold": {"level": "gold"}, "c-tin": {"level": "tin"}}


@pytest.fixture
def reads():
    """Remember what was read."""
    return []


@pytest.fixture
def desk_with(make_desk, calm, contracts, reads):
    """Make a desk with a limit of 8 hours to resolution, and 1 hour at tier 2."""
    limits = [TimeLimit(name="resolve", target={"critical": "6h", "*": "8h"}),
              TimeLimit(name="tier 2", measures="tier", tier=2, agreement="ola", target="1h")]  # fmt: skip

    def read(_, keys):
        reads.append(list(keys))
        if "down" in contracts:
            raise OSError("down")
        return {key: contracts.get(key) for key in keys}

    def make(*rules, policies=(), **settings):
        own = [TargetByRules(rules)] if rules else []
        process = attrs.evolve(calm, limits=limits, policies=[*own, *policies], **settings)
        return make_desk(process, facts=[FactSource("contract", read)])

    return make


def allowed(case, limit="resolve"):
    """Give what a limit allows a case, in hours."""
    return case.stopwatch(limit).target / timedelta(hours=1)


@pytest.mark.parametrize(
    ("fields", "hours"),
    [
        ({"customer": "c-gold"}, 4),
        ({"customer": "c-tin"}, 8),
        ({}, 8),
        ({"customer": "c-tin", "priority": "critical"}, 6),
        ({"customer": "c-gold", "priority": "critical"}, 4),
    ],
)
def test_rule_or_the_limits_own_target_counts(desk_with, fields, hours):
    """Where no rule speaks of the case, the limit's own table does."""
    assert hours == allowed(desk_with(FOUR).open(by="jane", **fields))


def test_first_rule_with_the_priority_counts(desk_with):
    """A rule without a target for the priority is passed over; one without a condition is about all cases."""
    desk = desk_with(
        TargetRule(limit="tier 2", target="5m"),
        TargetRule(limit="resolve", when=GOLD, target={"critical": "1h"}),
        TargetRule(limit="resolve", target={"low": "20h", "*": "10h"}),
    )
    said = [
        allowed(desk.open(by="jane", customer="c-gold", priority=priority)) for priority in ("critical", "low", "high")
    ]

    assert [1, 20, 10] == said


def test_targets_in_days_stay_what_they_come_to(desk_with):
    """They are counted from the start; asking again changes nothing where the answer is the same."""
    desk = desk_with(TargetRule(limit="resolve", when=Match(customer="c-tin"), target="1 business day"))
    case = desk.open(by="jane", customer="c-tin")
    again = desk.amend(case, by="bob", category="vpn")

    assert case.due_at == again.due_at
    assert "target rule 1 holds for limit 'resolve': 1 business day" == str(desk.explain(again).due[2])


def test_every_stopwatch_asks_when_it_starts(desk_with):
    """At whatever command or deadline that is."""
    desk = desk_with(TargetRule(limit="tier 2", when=GOLD, target="30m"))
    case = desk.escalate(desk.open(by="jane", customer="c-gold"), by="bob")

    assert 0.5 == allowed(case, "tier 2")
    assert 1 == allowed(desk.escalate(desk.open(by="jane"), by="bob"), "tier 2")


@pytest.mark.parametrize(
    ("rule", "hours"),
    [
        ({"when": Match(priority="high")}, 2),
        ({"when": Match(category="vpn")}, 2),
        ({"when": Match(kind="request")}, 2),
        ({"when": Match({"attributes.plan": "gold"})}, 2),
        ({"when": Match(customer="c-tin")}, 2),
        ({"when": Match(priority="low")}, 8),
    ],
)
def test_amending_asks_again(desk_with, rule, hours):
    """What becomes of the time that has passed is the limit's choice; here it counts from the start."""
    desk = desk_with(TargetRule(limit="resolve", target="2h", **rule))
    case = desk.open(by="jane")
    after = desk.amend(
        case, by="bob", priority="high", category="vpn", kind="request", customer="c-tin", attributes={"plan": "gold"}
    )

    assert hours == allowed(after)
    assert after.opened_at + timedelta(hours=hours) == after.due_at


def test_contract_that_has_changed_counts_once_it_is_read_anew(desk_with, contracts):
    """Facts are read anew at an amendment; what stands is kept until then."""
    desk = desk_with(FOUR)
    case = desk.open(by="jane", customer="c-tin")
    contracts["c-tin"] = {"level": "gold"}

    assert 8 == allowed(desk.note(case, by="bob", text="x"))
    assert 4 == allowed(desk.amend(case, by="bob", tags=["x"]))


def test_nothing_is_asked_after_other_commands(desk_with, reads):
    """A target is not worked out anew where nothing that it may follow from has changed."""
    asked = []

    class Count:
        name: ClassVar[str] = "acme.count"
        revision: ClassVar[int] = 1

        def target(self, situation):
            asked.append(situation.limit)
            return timedelta(hours=3)

    desk = desk_with(policies=[Count()])
    case = desk.open(by="jane")
    asked.clear()
    for verb in ("note", "reply"):
        case = getattr(desk, verb)(case, by="bob", text="x")
    case = desk.start(case, by="bob")

    assert ([], 3) == (asked, allowed(case))
    desk.amend(case, by="bob", category="vpn")
    assert ["resolve"] == asked


def test_source_that_is_down_stops_no_command_that_goes_on(desk_with, contracts):
    """The stopwatch starts by what the case last knew, and says so."""
    desk = desk_with(TargetRule(limit="tier 2", when=GOLD, target="30m"))
    case = desk.open(by="jane", customer="c-gold")
    contracts["down"] = True
    case = desk.escalate(case, by="bob")
    started = next(event for event in reversed(desk.history(case)) if type(event).__name__ == "StopwatchStarted")

    assert 0.5 == allowed(case, "tier 2")
    assert ["contract"] == started.facts["_stale"]


class Wrong:
    """Gives no time at all."""

    name: ClassVar[str] = "acme.wrong"
    revision: ClassVar[int] = 1

    def target(self, situation):
        """Give nothing."""
        return timedelta(0)


def test_target_of_zero_is_refused_by_name(desk_with):
    """It would be due at once."""
    with pytest.raises(PluginError, match=r"'acme.wrong' does not fit: its target\(\) gave 0:00:00"):
        desk_with(policies=[Wrong()]).open(by="jane")


def test_reset_asks_again(desk_with, calm, make_desk):
    """A stopwatch that begins anew is a new one."""
    limit = TimeLimit(name="calls", start=Match(status="queued"), reset=Match(category="again"), target="8h",
                      stop=Match(status="closed"))  # fmt: skip
    rules = TargetByRules([TargetRule(limit="calls", when=Match(team="back"), target="1h")])
    desk = make_desk(attrs.evolve(calm, limits=[limit], policies=[rules]))
    case = desk.transfer(desk.open(by="jane"), by="bob", team="back")

    assert 8 == allowed(case, "calls")
    assert 1 == allowed(desk.amend(case, by="bob", category="again"), "calls")


def test_explain_says_where_targets_come_from(desk_with):
    """Policy and rule, those rejected and why, or the limit's own table."""
    other = TargetRule(limit="tier 2", target="5m")
    by_priority = TargetRule(limit="resolve", when=GOLD, target={"critical": "1h"})
    desk = desk_with(other, TargetRule(limit="resolve", when=Match(category="vpn"), target="2h"), by_priority, FOUR)
    gold = desk.explain(desk.open(by="jane", customer="c-gold"))
    tin = desk.explain(desk.open(by="jane", customer="c-tin"))

    assert [
        "the target of limit 'resolve' was given by policy 'supporttiers.target-by-rules'",
        "target rule 2 does not hold for limit 'resolve': category='vpn'",
        "target rule 3 does not hold for limit 'resolve': a target for priority 'medium'",
        "target rule 4 holds for limit 'resolve': 4h",
    ] == [str(reason) for reason in gold.due[1:]]
    assert [
        "the target of limit 'resolve' is its own for priority medium",
        "target rule 2 does not hold for limit 'resolve': category='vpn'",
        "target rule 3 does not hold for limit 'resolve': facts.contract.level='gold'",
        "target rule 4 does not hold for limit 'resolve': facts.contract.level='gold'",
    ] == [str(reason) for reason in tin.due[1:]]


def test_explain_says_that_a_target_was_kept(desk_with):
    """The priority has changed, and the process keeps targets."""
    desk = desk_with(FOUR, on_priority_change="keep")
    case = desk.open(by="jane", customer="c-tin")
    case = desk.amend(case, by="bob", priority="critical", customer="c-gold")

    assert "the target of limit 'resolve' is that of an earlier priority, rule or process" == str(
        desk.explain(case).due[1]
    )


def test_policy_is_a_target_policy():
    """It fits the protocol, and says what it needs; by itself it has no story where it is not about the limit."""
    assert isinstance(TargetByRules([FOUR]), TargetPolicy)
    assert ("contract",) == TargetByRules([FOUR]).needs


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"target": {}}, "TargetRule.target: has no durations; give one, or a table of durations by priority"),
        ({"target": "0h"}, "TargetRule.target: for '*' must be longer than zero"),
        ({"target": {" ": "1h"}}, "TargetRule.target: "),
        ({"target": {"low": "1d"}}, "TargetRule.target.low: '1d' may mean days of work or of the calendar, "),
        ({"target": 5}, "TargetRule.target: must be a text or a timedelta, not int; "),
        ({"limit": ""}, "TargetRule.limit: must not be empty"),
        ({"when": Match()}, "TargetRule.when: is empty, "),
    ],
)
def test_rule_refuses_what_it_cannot_be(fields, message):
    """Each field says what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        TargetRule(**{"limit": "resolve", "target": "1h"} | fields)

    assert str(caught.value).startswith(message)


FILE = """
[process]
name = "p"
[[tiers]]
level = 1
name = "First"
time_limit = "15m"
escalates_to = [2]
[[tiers]]
level = 2
name = "Second"
[[limits]]
name = "resolve"
target = "8h"
[[policies]]
use = "supporttiers.target-by-rules"
[[policies.rules]]
limit = "resolve"
when = { "facts.contract.level" = "gold" }
target = "4h"
[[policies.rules]]
limit = "tier 1"
target = { low = "30m", "*" = "20m" }
"""


def test_policy_stands_in_a_file():
    """From a file and back again it is the same, durations as they are written there."""
    read = SupportProcess.from_text(FILE)

    assert "4h" == read.to_data()["policies"][0]["rules"][0]["target"]
    assert read == SupportProcess.from_data(read.to_data()) == SupportProcess.from_json(read.to_json())


@pytest.mark.parametrize(
    ("old", "new", "faults"),
    [
        ('limit = "resolve"\n', 'limit = "answer"\n',
         ["policies[0].rules[0].limit: 'answer' is not known; possible are: tier 1, resolve"]),
        ('low = "30m"', 'hot = "30m"',
         ["policies[0].rules[1].target.hot: 'hot' is not known; possible are: low, medium, high, critical"]),
        ('low = "30m"', 'low = "30"', ["policies[0].rules[1].target.low"]),
        ('limit = "resolve"\n', "", ["policies[0].rules[0].limit: is missing"]),
        ('target = "8h"', "target = 8", ["limits[0].target"]),
    ],
)  # fmt: skip
def test_faults_in_a_file_have_their_place(old, new, faults):
    """Names that lead nowhere, and values that cannot be; nothing is said of limits that could not be read."""
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_text(FILE.replace(old, new, 1))

    assert len(faults) == len(caught.value.faults)
    assert all(str(found).startswith(said) for found, said in zip(caught.value.faults, faults, strict=True))


def never_taken(process):
    """Give what a check finds about rules, as texts."""
    return [str(found) for found in process.check() if found.code == "check.rule_never"]


def test_process_warns_of_rules_that_are_never_taken():
    """Behind one about the same limit that has a target for every priority."""
    text = (
        FILE
        + """
        [[policies.rules]]
        limit = "resolve"
        when = { "facts.contract.level" = "gold", category = "vpn" }
        target = "2h"
        [[policies.rules]]
        limit = "tier 1"
        when = { category = "vpn" }
        target = "2h"
    """
    )
    partial = (
        FILE.replace('target = "4h"', 'target = { low = "4h" }')
        + """
        [[policies.rules]]
        limit = "resolve"
        when = { "facts.contract.level" = "gold", category = "vpn" }
        target = "2h"
    """
    )

    assert [
        "policies[0].rules[2]: it can never be taken: policies[0].rules[0] holds whenever it does",
        "policies[0].rules[3]: it can never be taken: policies[0].rules[1] holds whenever it does",
    ] == never_taken(SupportProcess.from_text(text))
    assert [] == never_taken(SupportProcess.from_text(partial))


def test_clock_asks_when_it_escalates(desk_with, clock, calm, make_desk, contracts):
    """The stopwatch that a deadline starts has its own target."""
    tiers = [attrs.evolve(tier, time_limit=timedelta(minutes=15)) if tier.level == 1 else tier for tier in calm.tiers]
    limit = TimeLimit(name="second", measures="tier", tier=2, agreement="ola", target="1h")
    rules = TargetByRules([TargetRule(limit="second", when=GOLD, target="30m")])
    source = FactSource("contract", lambda _, keys: {key: contracts.get(key) for key in keys})
    desk = make_desk(attrs.evolve(calm, tiers=tiers, limits=[limit], policies=[rules]), facts=[source])
    case = desk.open(by=Actor.customer("jane"), customer="c-gold")
    clock.advance("20m")
    desk.run_due()

    assert 0.5 == allowed(desk.get(case.id), "second")
