"""How a check judges: what it says nothing of, how exactly it names what it has found, and whom it asks."""

from datetime import UTC, datetime

import attrs
import pytest
from tests.unit.checking import (
    BACK,
    OFFICE,
    ONE,
    RULES,
    SLA,
    STEPS,
    TELL,
    THREE,
    TWO,
    UC,
    WITH_VENDOR,
    built,
    codes,
    of_tier,
    policy,
)

from supporttiers import SupportProcess
from supporttiers.actors import Agent
from supporttiers.backends.directory import House
from supporttiers.backends.directory.stored import AsyncPeople
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import PluginError

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


VIP = {**SLA, "name": "vip", "when": {"tags": "vip"}, "measures": "time_to_own"}


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        ([{**SLA, "when": {"category": {"not": ["wish", "idea"]}}}, VIP], "category 'wish' or 'idea'"),
        ([{**SLA, "when": {"category": "vpn"}}], "a category that no condition names"),
        (
            [
                {**SLA, "when": {"category": ["vpn", "mail"]}},
                {**SLA, "name": "taken", "measures": "time_to_own", "when": {"category": {"not": "wish"}}},
            ],
            "category 'wish', or of a category that no condition names",
        ),
        ([{**SLA, "when": {"kind": {"not": "request"}}}], "kind 'request'"),
        ([{**SLA, "target": {"critical": "4h", "high": "8h"}}], "priority 'low' or 'medium'"),
        ([{**SLA, "when": {"priority": {"at_least": "high"}}}], "priority 'low' or 'medium'"),
        ([{**SLA, "when": {"kind": "incident"}}], None),
        ([{**SLA, "when": {"assignee": {"not": "bob"}, "tags": {"not": "x"}}}], None),
        ([{**SLA, "when": {"category": {"not": None}}}, {**VIP, "when": {"category": "vpn"}}], None),
    ],
)
def test_cases_that_have_no_clock_are_named(limits, what):
    """A clock for all the others is none for these; what no condition speaks of is not guessed at."""
    found = built(tiers=[{**ONE, "escalates_to": []}], limits=limits).check()

    said = [each.reason.params["what"] for each in found if each.code == "check.stuck_some"]
    assert ([] if what is None else [what]) == said


def test_cases_without_a_clock_are_not_named_where_all_are_stuck():
    """Of a tier at which every case is forgotten, nothing more is to be said; nor of one that helps itself."""
    given = {"limits": [of_tier(1, "1h"), of_tier(2, "1h", when={"category": "vpn"})]}

    assert [("stuck_some", "tiers[1]"), ("stuck", "tiers[2]")] == codes(built(**given))
    helped = [ONE, {**TWO, "kind": "self_service"}, THREE]
    assert [("stuck", "tiers[2]")] == codes(built(**given, tiers=helped))


@pytest.mark.parametrize(("verb", "found"), [("close", True), ("resolve", True), ("escalate", False)])
def test_rule_about_another_verb_refuses_no_move(verb, found):
    """What a limit does is refused by rules about that, and not by rules about anything else."""
    limits = [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later")]
    rule = policy(RULES, {"verbs": [verb], "kinds": ["agent", "system"]})

    assert [("limit_never", "limits[2]")] * found == codes(built(limits=limits, policies=[rule]))


class _Strict:
    """A rule of one's own; what it is asked about may be refused."""

    name = "acme.strict"
    revision = 1

    def permit(self, situation):
        """Refuse nothing, this time."""


class _StrictAboutClosing(_Strict):
    verbs = ("close",)


def test_rule_of_ones_own_refuses_what_it_is_asked_about():
    """Everything, unless it says about which verbs; and where only its description is left, nobody knows."""
    limits = [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later")]
    plain = built(limits=limits)
    strict = attrs.evolve(plain, policies=[*plain.policies, _Strict()])
    about = attrs.evolve(plain, policies=[*plain.policies, _StrictAboutClosing()])

    found = [("limit_never", "limits[2]")]
    assert (found, [], found) == (codes(plain), codes(strict), codes(about))
    assert [] == codes(SupportProcess.from_json(about.to_json()))


@pytest.mark.parametrize(("verb", "found"), [("cancel", True), ("close", False)])
def test_threshold_behind_a_close_that_a_rule_may_refuse_is_reached(verb, found):
    """A limit of resolved cases ends where it closes them, if nothing refuses to close."""
    own = {"start": {"status": "resolved"}, "stop": {"status": "closed"}, "name": "filed"}
    limit = {**SLA, **own, "thresholds": [{"at": "50%", "do": ["close"]}, *TELL]}
    rule = policy(RULES, {"verbs": [verb], "kinds": ["agent", "system"]})

    place = "limits[1].thresholds[1].at"
    assert [("threshold_after_end", place)] * found == codes(built(limits=[SLA, limit], policies=[rule]))


@pytest.mark.parametrize(
    ("own", "found"),
    [
        ({}, True),
        ({"start": {"tier": 2}, "stop": {"tier": 3}}, False),
        ({"start": {"status": "queued", "tier": 2}}, False),
        ({"cancel": {"tier": 3}}, False),
    ],
)
def test_limit_with_conditions_of_its_own_does_not_span_the_tiers(own, found):
    """What a limit of one queue allows is nothing that all tiers have to keep together."""
    limits = [{**SLA, "target": "99h"}, {**SLA, "name": "own", "target": "2h10m", **own}]
    limits += [of_tier(1, "1h"), of_tier(2, "2h")]

    places = codes(built(limits=limits))

    assert [("targets_sum", "limits[1].target")] * found == places


@pytest.mark.parametrize(
    "limits",
    [
        [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2 business days", name="later")],
        [SLA, of_tier(1, "1 business day", "escalate"), of_tier(1, "2h", name="later")],
        [SLA, of_tier(1, "1h", "escalate", when={"kind": "request"}), of_tier(1, "2h", name="later")],
        [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later", calendar="office")],
        [SLA, of_tier(1, "1h", "escalate"), of_tier(1, "2h", name="later", stop={"status": "in_progress"})],
        [
            SLA,
            of_tier(1, "1h", thresholds=[{"at": "-2h", "do": ["escalate"]}, {"at": "99h"}]),
            of_tier(1, "2h", name="b"),
        ],
        [SLA, of_tier(1, "5h", calendar="office"), of_tier(2, "5h")],
        [SLA, of_tier(1, "5h", when={"kind": "request"}), of_tier(2, "5h")],
        [{**SLA, "target": "1 business day"}, of_tier(1, "50h")],
    ],
)
def test_limits_that_cannot_be_compared_are_left_alone(limits):
    """Days are known once they are counted; other hours, cases and conditions are another matter."""
    found = codes(built(limits=limits, calendars={"office": OFFICE}))

    assert not {"limit_never", "targets_sum"} & {code for code, _ in found}


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, False),
        ({"on_reopening": "restart"}, True),
        ({"reopen_from": ["cancelled"]}, True),
        ({"reopen_from": ["cancelled"], "resolve_when": ["in_progress"]}, False),
    ],
)
def test_threshold_behind_a_resolution_is_reached_by_a_case_that_is_reopened(settings, found):
    """Unless its clock begins anew, or it cannot be reopened; and unless it may not be resolved as it is."""
    limits = [{**SLA, "thresholds": [{"at": "50%", "do": ["resolve"]}, *TELL]}]

    assert [("threshold_after_end", "limits[0].thresholds[1].at")] * found == codes(built(limits=limits, **settings))


@pytest.mark.parametrize(("start", "found"), [("resolved", True), ("queued", False)])
def test_closing_ends_only_what_is_resolved(start, found):
    """An open case is not closed by time; one that is resolved is."""
    own = {"start": {"status": start}, "stop": {"status": "closed"}, "name": "filed"}
    limits = [SLA, {**SLA, **own, "thresholds": [{"at": "50%", "do": ["close"]}, *TELL]}]

    assert [("threshold_after_end", "limits[1].thresholds[1].at")] * found == codes(built(limits=limits))


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
    limits = [
        {**SLA, "name": "all", "target": "99h"},
        {**SLA, **sla},
        {**UC, "target": "9h", "when": {"kind": "incident"}},
    ]

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
        [
            of_tier(1, "1h", "escalate"),
            of_tier(2, "1h", "hand_back"),
            {**SLA, "thresholds": [{"at": "100%", "do": ["cancel"]}]},
        ],
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
    tiers = [
        {"level": 0, "name": "Help pages", "kind": "self_service", "escalates_to": [1]},
        {**ONE, "escalates_to": []},
    ]

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
