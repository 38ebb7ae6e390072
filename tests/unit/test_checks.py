"""What a check finds about a valid process: each kind of finding, and what looks like it and is none."""

from datetime import UTC, datetime
from pathlib import Path

import attrs
import pytest

from supporttiers import SupportProcess
from supporttiers.actors import Agent
from supporttiers.backends.directory import House
from supporttiers.backends.directory.stored import AsyncPeople
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.calendars import WorkingHours
from supporttiers.config.json_schema import json_schema
from supporttiers.errors import PluginError, ProcessError
from supporttiers.findings import KINDS, Finding, Ignore, Severity
from supporttiers.match import Match
from supporttiers.reasons import CODES, Reason
from supporttiers.tiers import Tier

ROOT = Path(__file__).parents[2]
TELL = [{"at": "100%", "do": ["notify:manager"]}]
STEPS = {
    "use": "supporttiers.inform-in-steps", "title": "quiet", "when": {"status": "waiting"},
    "steps": [{"after": "72h", "tell": "manager"}],
}  # fmt: skip
"""Tells of whoever waits, so that no case can wait for ever."""

ONE = {"level": 1, "name": "One", "escalates_to": [2]}
TWO = {"level": 2, "name": "Two", "escalates_to": [3]}
THREE = {"level": 3, "name": "Three"}
SLA = {"name": "resolve", "target": "8h", "thresholds": TELL}
OFFICE = {"zone": "UTC", "week": {"mon-fri": "09:00-17:00"}}
WITH_VENDOR = [ONE, {"level": 2, "name": "Supplier", "kind": "vendor", "vendor": "acme"}]
UC = {"name": "contract", "agreement": "uc", "measures": "vendor", "thresholds": TELL}
HAND_OFF = "supporttiers.permit-by-hand-off"
RULES = "supporttiers.permit-by-rules"


def of_tier(level, target, *do, **fields):
    """Give a limit of a tier."""
    thresholds = [{"at": "100%", "do": list(do) or ["notify:manager"]}]
    given = {"name": f"at {level}", "agreement": "ola", "measures": "tier", "tier": level, "target": target}
    return {**given, "thresholds": thresholds, **fields}


def built(*, tiers=(ONE, TWO, THREE), limits=(SLA,), policies=(), calendars=None, ignore=(), **settings):
    """Give a process in which nothing is wrong but what is said: a limit runs, and somebody is told of who waits."""
    return SupportProcess.from_data({
        "process": {"name": "small", **settings}, "tiers": list(tiers), "limits": list(limits),
        "policies": [*policies, STEPS], "calendars": calendars or {}, "check": {"ignore": list(ignore)},
    })  # fmt: skip


def codes(process, **how):
    """Give code and place of everything that is found."""
    return [(found.code.removeprefix("check."), found.place) for found in process.check(**how)]


def policy(use, *rules, **fields):
    """Give a policy with rules, or requirements."""
    return {"use": use, ("requirements" if use == HAND_OFF else "rules"): list(rules), **fields}


def test_sound_process_has_no_findings():
    """What all the others are made of is fine by itself."""
    assert () == built().check()


def test_default_process_has_no_findings_but_those_that_it_names():
    """What we ship says what it leaves open, and why."""
    process = SupportProcess.default()

    assert () == process.check(now=datetime(2026, 6, 1, tzinfo=UTC))
    assert {"check.stuck", "check.waits_forever", "check.cycle_unlimited"} == {
        found.code for found in process.check(with_ignored=True)
    }


# -- each kind, and its neighbour that is none: the process, what is found, and the change that takes it away

BACK = {**THREE, "hands_back_to": [1]}
PAIRS = [
    pytest.param(
        {"tiers": [{**ONE, "escalates_to": [3]}, {**TWO, "escalates_to": []}, THREE]}, ("tier_unreachable", "tiers[1]"),
        {"tiers": [{**ONE, "escalates_to": [3]}, {**TWO, "escalates_to": []}, {**THREE, "hands_back_to": [2]}]},
        id="tier_unreachable",
    ),
    pytest.param(
        {"tiers": [{**ONE, "escalates_to": []}, {**TWO, "escalates_to": []}]}, ("tier_unreachable", "tiers[1]"),
        {"tiers": [{**ONE, "escalates_to": []}, {**TWO, "escalates_to": []}], "entry": [2]}, id="tier_unreachable-entry",
    ),
    pytest.param(
        {"tiers": [{**ONE, "escalates_to": []}], "resolve_when": ["resolved"]}, ("tier_no_exit", "tiers[0]"),
        {"tiers": [{**ONE, "escalates_to": []}], "resolve_when": ["waiting"]}, id="tier_no_exit",
    ),
    pytest.param(
        {"tiers": [ONE, TWO, BACK], "limits": [of_tier(1, "1h"), of_tier(2, "1h"), of_tier(3, "1h")]},
        ("cycle_unlimited", "tiers[2].hands_back_to"), {"tiers": [ONE, TWO, BACK]}, id="cycle_unlimited",
    ),
    pytest.param(
        {"moves": "any", "limits": [of_tier(1, "1h"), of_tier(2, "1h"), of_tier(3, "1h")]},
        ("cycle_unlimited", "process.moves"),
        {"tiers": [ONE, {**TWO, "escalates_to": []}], "moves": "any", "limits": [of_tier(1, "1h"), of_tier(2, "1h")]},
        id="cycle_unlimited-any",
    ),
    pytest.param(
        {
            "tiers": [ONE, {**TWO, "hands_back_to": [1], "escalates_to": []}],
            "limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(2, "1h", "hand_back")],
        },
        ("endless_round", "limits[1]"),
        {
            "tiers": [ONE, {**TWO, "hands_back_to": [1], "escalates_to": []}],
            "limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(2, "1h")],
        }, id="endless_round",
    ),
    pytest.param(
        {"limits": [of_tier(1, "1h", "escalate"), of_tier(2, "1h")]}, ("stuck", "tiers[2]"),
        {"limits": [of_tier(1, "1h", "escalate"), of_tier(2, "1h"), of_tier(3, "1h")]}, id="stuck",
    ),
    pytest.param(
        {"tiers": [{**ONE, "escalates_to": []}], "limits": [{**SLA, "measures": "first_response"}]}, ("stuck", "tiers[0]"),
        {
            "tiers": [{**ONE, "escalates_to": []}],
            "limits": [{**SLA, "measures": "first_response"}, {**SLA, "name": "update", "measures": "update"}],
        }, id="stuck-once-answered",
    ),
    pytest.param(
        {"limits": [{**SLA, "thresholds": [{"at": "100%", "do": ["note:late"]}]}], "tiers": [{**ONE, "escalates_to": []}]},
        ("stuck", "tiers[0]"), {"tiers": [{**ONE, "escalates_to": []}]}, id="stuck-noted-only",
    ),
    pytest.param(
        {"limits": [SLA, {**SLA, "name": "other", "pause": {"status": "resolved"}}]}, ("pause_idle", "limits[1].pause"),
        {"limits": [SLA, {**SLA, "name": "other", "pause": {"status": "waiting"}}]}, id="pause_idle",
    ),
    pytest.param(
        {"limits": [SLA, {**SLA, "name": "other", "stop": {"tier": {"at_least": 9}}}]}, ("stop_idle", "limits[1].stop"),
        {"limits": [SLA, {**SLA, "name": "other", "stop": {"tier": {"at_least": 3}}}]}, id="stop_idle",
    ),
    pytest.param(
        {"limits": [SLA, {**SLA, "name": "other", "reset": {"status": ["queued", "in_progress", "waiting"]}}]},
        ("reset_always", "limits[1].reset"),
        {"limits": [SLA, {**SLA, "name": "other", "reset": {"status": "queued"}}]}, id="reset_always",
    ),
    pytest.param(
        {"limits": [{**SLA, "thresholds": [*TELL, {"at": "-9h"}]}]}, ("threshold_never", "limits[0].thresholds[1].at"),
        {"limits": [{**SLA, "thresholds": [*TELL, {"at": "-7h"}]}]}, id="threshold_never",
    ),
    pytest.param(
        {"limits": [SLA, of_tier(1, "1h", "escalate", thresholds=[{"at": "50%", "do": ["escalate"]}, *TELL])]},
        ("threshold_after_end", "limits[1].thresholds[1].at"),
        {"limits": [SLA, of_tier(1, "1h", thresholds=[{"at": "50%", "do": ["notify:team"]}, *TELL])]},
        id="threshold_after_end",
    ),
    pytest.param(
        {"limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later")]}, ("limit_never", "limits[2]"),
        {"limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "1h", name="later")]}, id="limit_never",
    ),
    pytest.param(
        {"limits": [{**SLA, "thresholds": [{"at": "50%", "do": ["cancel"]}]}, {**SLA, "name": "other", "when": {"kind": "request"}}]},
        ("limit_never", "limits[1]"),
        {"limits": [
            {**SLA, "thresholds": [{"at": "50%", "do": ["cancel"]}], "when": {"kind": "request"}}, {**SLA, "name": "other"},
        ]}, id="limit_never-cancelled",
    ),
    pytest.param(
        {"limits": [SLA, of_tier(1, "5h"), of_tier(2, "4h")]}, ("targets_sum", "limits[0].target"),
        {"limits": [SLA, of_tier(1, "4h"), of_tier(2, "4h")]}, id="targets_sum",
    ),
    pytest.param(
        {"tiers": WITH_VENDOR, "limits": [SLA, {**UC, "target": "9h"}]}, ("contract_longer", "limits[1].target"),
        {"tiers": WITH_VENDOR, "limits": [{**SLA, "pause_while_vendor": True}, {**UC, "target": "9h"}, of_tier(2, "9h")]},
        id="contract_longer",
    ),
    pytest.param(
        {"tiers": WITH_VENDOR, "limits": [{**SLA, "target": "99h"}, of_tier(2, "4h"), {**UC, "vendor": "acme", "target": "9h"}]},
        ("contract_longer", "limits[2].target"),
        {"tiers": WITH_VENDOR, "limits": [{**SLA, "target": "99h"}, of_tier(2, "4h"), {**UC, "vendor": "other", "target": "9h"}]},
        id="contract_longer-than-its-tier",
    ),
    pytest.param(
        {"calendar": "office", "calendars": {"office": {**OFFICE, "closed": [f"2026-12-{day}" for day in range(21, 32)]}}},
        ("closed_long", "calendars.office"),
        {"calendar": "office", "calendars": {"office": {**OFFICE, "closed": ["2026-12-25", "2026-12-28"]}}}, id="closed_long",
    ),
    pytest.param(
        {"tiers": [{**ONE, "calendar": "24x7"}, TWO, THREE], "limits": [SLA, of_tier(1, "1h", "escalate")],
         "calendar": "office", "calendars": {"office": OFFICE}},
        ("into_closed_hours", "limits[1].thresholds[0].do[0]"),
        {"limits": [SLA, of_tier(1, "1h", "escalate")], "calendar": "office", "calendars": {"office": OFFICE}},
        id="into_closed_hours",
    ),
    pytest.param(
        {"policies": [policy("supporttiers.prioritise-by-rules", {"when": {"kind": "request"}, "step": 1},
                             {"when": {"kind": "request", "tier": 1}, "step": 2})]},
        ("rule_never", "policies[0].rules[1]"),
        {"policies": [policy("supporttiers.prioritise-by-rules", {"when": {"kind": "request", "tier": 1}, "step": 2},
                             {"when": {"kind": "request"}, "step": 1})]}, id="rule_never",
    ),
    pytest.param(
        {"policies": [policy(RULES, {"verbs": ["escalate"], "effect": "deny", "into": [3]})]}, ("nobody_may", "policies[0]"),
        {"policies": [policy(RULES, {"verbs": ["escalate"], "effect": "deny", "into": [3], "kinds": ["agent"]})]},
        id="nobody_may",
    ),
    pytest.param(
        {"policies": [policy(RULES, {"verbs": ["resolve"], "kinds": ["agent"]}),
                      policy(RULES, {"verbs": ["resolve"], "effect": "deny", "kinds": ["agent"], "text": "no"})]},
        ("nobody_may", "policies[0]"),
        {"policies": [policy(RULES, {"verbs": ["resolve"], "kinds": ["agent"]}),
                      policy(RULES, {"verbs": ["resolve"], "effect": "deny", "roles": ["trainee"]})]},
        id="nobody_may-of-two-policies",
    ),
    pytest.param(
        {"policies": [policy(HAND_OFF, {"media_types": ["pdf"]})]}, ("requirement_never", "policies[0].requirements[0]"),
        {"policies": [policy(HAND_OFF, {"media_types": ["*pdf"]})]}, id="requirement_never",
    ),
    pytest.param(
        {"policies": [policy(HAND_OFF, {"media_types": ["pdf"], "one_is_enough": True}),
                      policy(RULES, {"verbs": ["attach"], "effect": "deny"})]},
        ("requirement_never", "policies[0].requirements[0]"),
        {"policies": [policy(HAND_OFF, {"media_types": ["pdf"], "tags": ["seen"], "one_is_enough": True}),
                      policy(RULES, {"verbs": ["attach"], "effect": "deny"})]}, id="requirement_never-of-several",
    ),
    pytest.param(
        {"policies": [policy(HAND_OFF, {"attachments": 1, "attributes": ["x"]}),
                      policy(RULES, {"verbs": ["attach"], "effect": "deny"})]},
        ("requirement_never", "policies[0].requirements[0]"),
        {"policies": [policy(HAND_OFF, {"attachments": 1, "attributes": ["x"]})]}, id="requirement_never-nobody-attaches",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("given", "found", "calm"), PAIRS)
def test_check_finds_exactly_that(given, found, calm):
    """The one has this finding and no other; the one beside it has none."""
    assert [found] == codes(built(**given))
    assert [] == codes(built(**calm))


def test_case_that_waits_for_ever_is_found_for_each_reason():
    """At a place of its own where the process has made the reason."""
    silent = attrs.evolve(built(wait_reasons=["parts"]), policies=[])
    paused = attrs.evolve(silent, limits=[attrs.evolve(silent.limits[0], pause=Match(status="waiting"))])

    assert [("waits_forever", "process")] == codes(silent)
    assert ["process"] * 5 + ["process.wait_reasons[0]"] == [place for _, place in codes(paused)]




# -- what is not judged


REACTS = attrs.make_class("Reacts", [], frozen=True, class_body={
    "name": "test.reacts", "revision": 1, "react": lambda self, situation: (), "__doc__": "It may do anything.",
})  # fmt: skip


def test_code_of_ones_own_may_do_anything():
    """Where a policy of one's own reacts, nobody can say that nothing ever happens; nor from its description alone."""
    lonely = built(tiers=[ONE, TWO, BACK], limits=[])
    own = attrs.evolve(lonely, policies=[REACTS()])

    assert 4 == len(lonely.check())
    assert () == own.check() == SupportProcess.from_json(own.to_json()).check()


def test_ladder_that_tells_of_every_case_limits_a_round():
    """Steps of informing are as good as a limit, where they speak of cases that lie in a queue."""
    ladder = {**STEPS, "title": "old", "when": {"status": ["queued", "in_progress"]}}

    assert [] == codes(built(tiers=[ONE, TWO, BACK], limits=[], policies=[ladder]))
    vague = {**STEPS, "title": "old", "when": {"facts.plan": "gold"}}
    assert [] == codes(built(tiers=[ONE, TWO, BACK], limits=[], policies=[vague]))


@pytest.mark.parametrize(
    "when", [{"facts.plan": "gold"}, {"attributes.load": {"at_least": 3}}, {"category": [f"c{n}" for n in range(9999)]}]
)
def test_condition_that_cannot_be_judged_accuses_nobody(when):
    """It may hold or not; of a limit with such a condition nothing is said of where it runs."""
    assert [] == codes(built(limits=[{**SLA, "when": when}, {**UC, "target": "9h"}], tiers=WITH_VENDOR))


def test_limits_with_too_many_stages_accuse_nobody():
    """Each is simple, and together they tell apart more states than are looked through."""
    people = [f"p{n}" for n in range(60)]
    limits = [{**SLA, "name": field, "when": {field: people}} for field in ("owner", "assignee", "last_assignee")]

    assert [] == codes(built(limits=limits))


def test_moves_that_a_rule_may_refuse_prove_nothing():
    """A threshold behind an escalation, and a limit behind another one, are reached where that was refused."""
    given = {"limits": [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later")]}
    rule = {"verbs": ["escalate"], "kinds": ["agent"]}

    assert [("limit_never", "limits[2]")] == codes(built(**given))
    assert [] == codes(built(**given, policies=[policy(RULES, rule)]))
    assert [] == codes(built(**given, transfer_when=["queued"]))


@pytest.mark.parametrize(
    "limits",
    [
        [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2 business days", name="later")],
        [SLA, of_tier(1, "1 business day", "escalate"), of_tier(1, "2h", name="later")],
        [SLA, of_tier(1, "1h", "escalate", when={"kind": "request"}), of_tier(1, "2h", name="later")],
        [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later", calendar="office")],
        [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later", stop={"status": "in_progress"})],
        [SLA, of_tier(1, "1h", thresholds=[{"at": "-2h", "do": ["escalate"]}, {"at": "99h"}]), of_tier(1, "2h", name="b")],
        [SLA, of_tier(1, "5h", calendar="office"), of_tier(2, "5h")],
        [SLA, of_tier(1, "5h", when={"kind": "request"}), of_tier(2, "5h")],
        [{**SLA, "target": "1 business day"}, of_tier(1, "50h")],
    ],
)
def test_limits_that_cannot_be_compared_are_left_alone(limits):
    """Days are known once they are counted; other hours, cases and conditions are another matter."""
    found = codes(built(limits=limits, calendars={"office": OFFICE}))

    assert not {"limit_never", "targets_sum"} & {code for code, _ in found}


def test_limit_without_a_target_for_a_priority_never_fires_there():
    """It is enough that it is forestalled where it has one."""
    later = of_tier(1, {"high": "2h"}, name="later")

    assert ("limit_never", "limits[2]") in codes(built(limits=[SLA, of_tier(1, "1h", "escalate"), later]))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"calendar": "office"}, True),
        ({"target": "2 business days"}, False),
        ({"when": {"kind": "request"}}, True),
        ({"target": {"high": "9h"}}, True),
        ({"target": "7h"}, False),
    ],
)
def test_contract_is_held_against_what_runs_meanwhile(changed, found):
    """In the same hours, or those in which every hour counts on the other side."""
    limits = [SLA, {**UC, "target": "9h", **changed}]

    places = codes(built(tiers=WITH_VENDOR, limits=limits, calendars={"office": OFFICE}))

    assert [("contract_longer", "limits[1].target")] * found == places


@pytest.mark.parametrize(
    "sla",
    [
        {"calendar": "office"}, {"when": {"kind": "request"}}, {"pause": {"status": "waiting"}}, {"agreement": "ola"},
        {"measures": "first_response"},
    ],
)  # fmt: skip
def test_contract_is_not_held_against_what_does_not_depend_on_it(sla):
    """Other hours, other cases, a clock that stands still, and what is not the customer's."""
    limits = [{**SLA, "name": "all", "target": "99h"}, {**SLA, **sla}, {**UC, "target": "9h", "when": {"kind": "incident"}}]

    assert [] == codes(built(tiers=WITH_VENDOR, limits=limits, calendars={"office": OFFICE}))


def test_targets_of_a_policy_are_not_judged():
    """What is allowed then is not what the limits say."""
    limits = [SLA, of_tier(1, "5h"), of_tier(2, "4h")]
    rules = {"limit": "resolve", "when": {"kind": "request"}, "target": "1h"}

    assert [] == codes(built(limits=limits, policies=[policy("supporttiers.target-by-rules", rules)]))


@pytest.mark.parametrize(
    "limits",
    [
        [of_tier(1, "1h", "escalate"), of_tier(2, "1h", "hand_back:1")],
        [of_tier(1, "1h", "escalate"), of_tier(2, "1h", "hand_back", when={"kind": "request"})],
        [of_tier(1, "1h", "escalate"), of_tier(2, "1h", "hand_back"), of_tier(2, "30m", "resolve", name="end")],
        [of_tier(1, "1h", "escalate"), of_tier(2, "1h", "hand_back"), {**SLA, "thresholds": [{"at": "100%", "do": ["cancel"]}]}],
        [of_tier(1, "1h", "escalate"), of_tier(2, "1h", "wait:scheduled")],
    ],
)
def test_round_that_something_ends_is_none(limits):
    """Only the first of these goes on for ever."""
    tiers = [ONE, {**TWO, "escalates_to": [], "hands_back_to": [1]}]
    found = [code for code, _ in codes(built(tiers=tiers, limits=limits))]

    assert ("endless_round" in found) == ("hand_back:1" in str(limits))


def test_round_of_time_stands_at_the_tier_that_begins_it():
    """Its `time_limit` is what sends the case; the round is told once, also where a tier leads into it."""
    tiers = [ONE, {**TWO, "time_limit": "1h"}, {**THREE, "hands_back_to": [2]}]
    process = built(tiers=tiers, limits=[SLA, of_tier(1, "1h", "escalate"), of_tier(3, "1h", "hand_back")])

    [found] = process.check()

    assert ("tiers[1].time_limit", "2 -> 3 -> 2") == (found.place, found.reason.params["round"])


def test_contract_tells_nobody_of_cases_that_no_vendor_has():
    """Its clock runs where a case waits for a vendor, and at a vendor's tier; a ticket elsewhere is a chance."""
    silent = attrs.evolve(built(tiers=WITH_VENDOR, limits=[SLA, {**UC, "target": "7h"}]), policies=[])

    [found] = silent.check()

    assert {"wait_reason": "customer", "tiers": "1"} == found.reason.params


def test_self_service_is_for_customers():
    """Nobody of the house owes anything there."""
    tiers = [{"level": 0, "name": "Help pages", "kind": "self_service", "escalates_to": [1]}, {**ONE, "escalates_to": []}]

    assert [] == codes(built(tiers=tiers, limits=[of_tier(1, "1h")], entry=[0]))


# -- permissions


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"verbs": ["escalate"], "effect": "deny"}, ["escalate"]),
        ({"verbs": ["escalate"], "effect": "deny", "tiers": [2]}, ["escalate at tier 2 to tier 3"]),
        ({"verbs": ["release"], "effect": "deny", "tiers": [1]}, ["release at tier 1"]),
        ({"verbs": ["escalate"], "effect": "deny", "when": {"kind": "request"}}, []),
        ({"verbs": ["escalate"], "effect": "deny", "skipping": True}, ["escalate at tier 1 to tier 3"]),
        ({"verbs": ["reopen"], "effect": "deny", "tiers": [1]}, []),
        ({"verbs": ["escalate"], "tiers": [1], "roles": ["lead"]}, []),
        ({"verbs": ["open"], "effect": "deny", "into": [1]}, ["open"]),
        ({"verbs": ["close"], "effect": "deny", "skipping": True}, []),
    ],
)
def test_move_that_nobody_may_make_is_named(rule, found):
    """As exactly as the rules forbid it; a condition may always fail to hold."""
    process = built(tiers=[{**ONE, "escalates_to": [2, 3]}, TWO, THREE], policies=[policy(RULES, rule)])

    assert found == [each.reason.params["what"] for each in process.check() if each.code == "check.nobody_may"]


def test_moves_that_no_tier_lists_may_be_forbidden():
    """Where any move is allowed at first, rules say which are meant."""
    process = built(moves="any", policies=[policy(RULES, {"verbs": ["escalate"], "effect": "deny", "into": [3]})])

    assert [] == codes(process)


def test_many_roles_are_looked_through_in_time():
    """Of more than six roles not every choice is tried."""
    rules = [{"verbs": ["escalate"], "roles": [f"r{number}" for number in range(20)]}]

    assert [] == codes(built(policies=[policy(RULES, *rules)]))


# -- hours


EDGES = [
    {"closed": ["0001-01-01", "9999-12-31"]},
    {"closed": ["2026-12-25"], "week": {"mon": "09:00-17:00"}},
    {"week": {}, "overrides": {"2026-12-24": "09:00-17:00"}, "closed": ["2026-12-25"]},
]


@pytest.mark.parametrize("hours", EDGES)
def test_calendar_at_its_edges_is_no_closure(hours):
    """The ends of all years, a calendar of one day a week, and single dates alone."""
    assert [] == codes(built(calendar="office", calendars={"office": {**OFFICE, **hours}}))


def test_closure_is_told_with_its_days_and_the_shortest_limit():
    """With `now` only as long as it is not over; without a limit in working time it concerns nobody."""
    closed = [f"2026-12-{day}" for day in range(21, 32)]
    process = built(calendar="office", calendars={"office": {**OFFICE, "closed": closed}}, limits=[
        {**SLA, "target": {"high": "4h", "*": "2 business days"}}, {**SLA, "name": "slow", "target": "999h"},
    ])  # fmt: skip
    [found] = process.check(now=datetime(2026, 12, 1, tzinfo=UTC))

    params = {"since": "2026-12-18", "until": "2027-01-01", "days": 13, "limit": "resolve", "target": "4h"}
    assert {"calendar": "office", **params} == found.reason.params
    assert () == process.check(now=datetime(2027, 1, 2, tzinfo=UTC))
    days = attrs.evolve(process, limits=[attrs.evolve(process.limits[0], target="2 business days")])
    assert () == days.check()


def test_calendar_that_ends_is_no_closure():
    """After its last date nothing opens any more; that is another matter."""
    last = {"week": {"mon-fri": "09:00-17:00"}, "closed": ["9998-12-30", "9998-12-31"]}

    assert () == built(calendar="office", calendars={"office": {**OFFICE, **last}}).check()


def test_hours_are_compared_in_a_usual_week():
    """Single dates are no matter, nor is a calendar that has no other."""
    odd = {"zone": "UTC", "week": {}, "overrides": {"2026-06-01": "09:00-17:00"}}
    limits = [SLA, of_tier(1, "1h", "escalate:2", calendar="odd"), of_tier(1, "2h", "notify:team", name="x")]

    assert [] == [code for code, _ in codes(built(limits=limits, calendars={"odd": odd})) if code != "limit_never"]


def test_tier_that_escalates_by_itself_into_the_night_is_found():
    """The place is that of the tier's `time_limit`; how the hours differ is in the text."""
    tiers = [{**ONE, "time_limit": "1h", "calendar": "24x7"}, {**TWO, "calendar": "office", "escalates_to": []}]

    [found] = built(tiers=tiers, calendars={"office": OFFICE}).check()

    assert ("check.into_closed_hours", "tiers[0].time_limit") == (found.code, found.place)
    assert "such as on Monday at 00:00 UTC: its hours are '24x7', those of the tier 'office'" in str(found)


# -- people


def test_teams_and_roles_are_looked_up_in_a_directory():
    """Teams of tiers, approvers, by role or id, and roles to whom a rule leaves something."""
    process = built(
        tiers=[{**ONE, "teams": ["front", "back"]}, TWO, THREE],
        policies=[
            policy("supporttiers.permit-by-approval", {"verbs": ["close"], "approvers": ["lead", "mia", "purchasing"]}),
            policy(RULES, {"verbs": ["close"], "roles": ["lead", "clerk"]},
                   {"verbs": ["close"], "effect": "deny", "roles": ["trainee"]}),
        ],
    )  # fmt: skip
    people = House([Agent(id="anna", teams=["front"], roles=["lead"]), Agent(id="mia")])

    assert [
        ("team_empty", "tiers[0].teams[1]"), ("role_empty", "policies[0].rules[0].approvers[2]"),
        ("role_empty", "policies[1].rules[0].roles[1]"),
    ] == codes(process, directory=people)  # fmt: skip
    assert [("team_empty", "tiers[0].teams[1]")] == codes(process, directory=TeamsOnly(people))


class TeamsOnly:
    """A directory that knows no roles."""

    def __init__(self, house):
        self.actor, self.agent, self.agents_of = house.actor, house.agent, house.agents_of


@pytest.mark.parametrize("directory", [object(), AsyncPeople(MemoryStore(), "default")])
def test_directory_that_cannot_be_asked_is_refused(directory):
    """The error says what can be handed in."""
    with pytest.raises(PluginError, match="possible are directories with agents_of that are called"):
        built().check(directory=directory)


# -- ignored


STUCK = {"code": "check.stuck", "reason": "one room"}


def test_ignored_findings_are_left_out_by_code_and_place():
    """A place stands for what is inside it, too, and for nothing that only begins like it."""
    limits = [{**SLA, "thresholds": [*TELL, {"at": "-9h"}]}]
    late = {"code": "check.threshold_never", "reason": "it is meant"}

    assert [] == codes(built(limits=limits, ignore=[late]))
    assert [] == codes(built(limits=limits, ignore=[{**late, "place": "limits[0]"}]))
    assert [] == codes(built(limits=limits, ignore=[{**late, "place": "limits[0].thresholds[1].at"}]))
    elsewhere = built(limits=limits, ignore=[{**late, "place": "limits[0].thresh"}])
    assert [("threshold_never", "limits[0].thresholds[1].at"), ("ignore_idle", "check.ignore[0]")] == codes(elsewhere)


def test_what_is_ignored_and_not_there_is_found():
    """It would hide what comes later; of what was not looked for nothing is said, and this itself can be ignored."""
    known = [{"code": f"check.{code}", "reason": "x"} for code in ("team_empty", "holidays_end", "stuck")]
    process = built(ignore=known)
    now = datetime(2026, 6, 1, tzinfo=UTC)

    assert [("ignore_idle", "check.ignore[2]")] == codes(process)
    assert 3 == len(process.check(now=now, directory=House([])))
    assert [] == codes(built(ignore=[STUCK, {"code": "check.ignore_idle", "reason": "for a while"}]))


def test_ignoring_is_written_read_and_no_part_of_the_revision():
    """The file has it, the store has not; Python and TOML say the same."""
    plain, ignoring = built(), built(ignore=[{**STUCK, "place": "tiers[0]"}])

    assert {"ignore": [{**STUCK, "place": "tiers[0]"}]} == ignoring.to_data()["check"]
    assert ignoring == SupportProcess.from_data(ignoring.to_data())
    assert ignoring == attrs.evolve(plain, ignore=[Ignore(code="check.stuck", place="tiers[0]", reason="one room")])
    assert plain.revision == ignoring.revision
    assert "check" not in ignoring.to_json() + str(plain.to_data().keys())
    assert {"code", "reason"} == set(json_schema()["$defs"]["ignore"]["required"])


@pytest.mark.parametrize(
    ("check", "fault"),
    [
        (5, "check: must be a table, not int"),
        ({"ignor": []}, "check.ignor: is not known here; did you mean 'ignore'? possible are: ignore"),
        ({"ignore": 5}, "check.ignore: must be a list of tables, not int"),
        ({"ignore": [{"code": "check.stuck"}]}, "check.ignore[0].reason: is missing"),
        ({"ignore": [{**STUCK, "code": "check.stock"}]}, "check.ignore[0].code: must be one of: "),
    ],
)
def test_ignoring_that_cannot_be_read_is_a_fault(check, fault):
    """Each at its place."""
    data = {"process": {"name": "x"}, "tiers": [{"level": 1, "name": "One"}], "check": check}
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_data(data)

    [found] = caught.value.faults
    assert str(found).startswith(fault)


def test_stranger_among_what_is_ignored_is_a_fault():
    """In Python it is an Ignore."""
    with pytest.raises(ProcessError, match=r"check.ignore\[0\]: must be a Ignore, not str"):
        SupportProcess(name="x", tiers=[Tier(level=1, name="One")], ignore=["check.stuck"])


# -- findings themselves


@pytest.mark.parametrize("code", sorted(KINDS))
def test_every_kind_has_a_text_and_a_fix(code):
    """Whatever its fix names is named by its text, or a parameter beside it."""
    params = {"wait_reason": "parts", "by": "resolve", "near": "assignee"}
    finding = Finding("tiers[0]", Reason(code, params))

    assert code in CODES
    assert "{" not in finding.fix.replace("{ status", "")
    assert finding.severity in Severity


def test_every_kind_is_shown_by_a_process():
    """None of the kinds is only written down."""
    shown = {code for _, (code, _), _ in (pair.values for pair in PAIRS)}
    elsewhere = {"waits_forever", "holidays_end", "policy_never", "team_empty", "role_empty", "message_to", "ignore_idle"}

    assert {code.removeprefix("check.") for code in KINDS} == shown | elsewhere


EXAMPLES = sorted(path for path in (ROOT / "examples").rglob("*.toml") if "[[tiers]]" in path.read_text("utf-8"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_have_no_findings(path):
    """What we show is sound, or says why not."""
    process = SupportProcess.from_toml(path, policies=[RouteByContract])

    assert () == process.check()


@attrs.frozen
class RouteByContract:
    """Stands for the policy of the example of a plugin."""

    name = "acme.route-by-contract"
    revision = 1
    contracts: tuple[str, ...] = ()
    tier: int = 2

    def route(self, _situation):
        """Have no opinion."""
