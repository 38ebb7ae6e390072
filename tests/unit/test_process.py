"""The support process: judged as a whole, compiled, asked, written and read."""

import dataclasses
import json
import pickle
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import attrs
import pytest

from supporttiers._engine import decide
from supporttiers._machine import rows_of
from supporttiers.actors import Actor
from supporttiers.commands import Open
from supporttiers.decisions import Destination
from supporttiers.errors import PluginError, ProcessError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import AtLeast, Match, Not
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.process import CompiledLimit, SupportProcess
from supporttiers.tiers import MoveRules, Status, Tier, TierKind

ACME = Path(__file__).parents[2] / "examples" / "acme.toml"
FIRST = Tier(level=1, name="First", teams=["front"], escalates_to=[2])
SECOND = Tier(level=2, name="Second", teams=["network"], hands_back_to=[1])
VENDOR = Tier(level=4, name="Vendor", kind="vendor", vendor="acme", hands_back_to=[2])


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


def faults_of(build=process, *given, **named):
    """Give the faults, as texts, that building something is refused with."""
    with pytest.raises(ProcessError) as caught:
        build(*given, **named)
    return [str(fault) for fault in caught.value.faults]


def opened(process, **fields):
    """Open a case, and give it as it then is."""
    command = Open(case_id="T-1", by=Actor.customer("jane"), **{"category": "printing", "priority": "low"} | fields)
    return decide(process, None, command, datetime(2026, 3, 23, 9, tzinfo=UTC)).case


# -- what stands in it


def test_process_default_has_the_textbook_tiers():
    """Five tiers, 15 minutes for first contact, entry at self-service or first contact."""
    default = SupportProcess.default()

    assert [
        (0, TierKind.SELF_SERVICE, (1,), ()),
        (1, TierKind.TEAM, (2,), ()),
        (2, TierKind.TEAM, (3,), (1,)),
        (3, TierKind.TEAM, (4,), (2, 1)),
        (4, TierKind.VENDOR, (), (3, 2)),
    ] == [(each.level, each.kind, each.escalates_to, each.hands_back_to) for each in default.tiers]
    assert timedelta(minutes=15) == default.tier_at(1).time_limit
    assert ["tier0", "tier1"] == sorted(row.target for row in default.rows if row.trigger == "open")


def test_process_example_is_as_designed():
    """The example file says what its comments say."""
    acme = SupportProcess.from_toml(ACME)

    assert ("acme-it", [1, 2, 4]) == (acme.name, [each.level for each in acme.tiers])
    assert "acme-print" == acme.tier_at(4).vendor
    assert ["tier 1", "resolve"] == [each.name for each in acme.all_limits]
    assert "medium" == acme.default_priority_name
    assert (1, "front") == (opened(acme).tier, opened(acme).team)


def test_process_repr_is_one_line():
    """A log line that shows a process stays short."""
    assert f"SupportProcess(name='test', tiers=1, 2, revision='{process().revision}')" == repr(process())


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "medium"),
        ({"priorities": ["low", "mid", "high"]}, "mid"),
        ({"priorities": ["only"]}, "only"),
        ({"default_priority": "high"}, "high"),
    ],
)
def test_process_default_priority_is_the_middle_one(fields, name):
    """Of an even number the lower of the two counts, unless another is named."""
    assert name == process(**fields).default_priority_name


def test_process_limits_of_tiers_come_first():
    """Process order: those that tiers make, in the order of the tiers, then the process's own."""
    both = process(
        tiers=[tier(SECOND, time_limit="1h", escalates_to=[4]), tier(time_limit="15m"), VENDOR],
        limits=[limit(name="b"), limit(name="a")],
    )

    assert ["tier 2", "tier 1", "b", "a"] == [each.name for each in both.all_limits]
    assert {"tier 2": 0, "tier 1": 1, "b": 2, "a": 3} == both.limit_places
    assert list(both.all_limits) == [compiled.limit for compiled in both.compiled_limits]


def test_process_tier_at_knows_only_its_levels():
    """A level that the process does not have is no tier."""
    assert SECOND == process().tier_at(2)
    with pytest.raises(KeyError):
        process().tier_at(3)


# -- compiled


def test_process_is_compiled_once():
    """What the engine asks after every command is made at its first use."""
    built = process(limits=[limit()])

    assert built.table is built.table
    assert built.compiled_limits is built.compiled_limits
    assert built.revision is built.revision
    assert rows_of(built.tiers, built.rules) == built.rows
    assert ("tier1.queued", "escalate", "tier2") in built.table.rows


def test_process_rules_are_its_own_settings():
    """The move rules are said flat, as in the file."""
    rules = MoveRules(entry=[2], moves="any", reopen_from=["closed"], wait_reasons=["parts"])

    assert rules == process(entry=[2], moves="any", reopen_from=["closed"], wait_reasons=["parts"]).rules


def test_compiled_limit_answers_with_functions():
    """Conditions become functions of a case, comparisons of priorities included; unused ones stay None."""
    watched = limit(when=Match(priority=AtLeast("high")), reset=Match(tags="again"), resume=Match(tier=2))
    [compiled] = process(limits=[watched]).compiled_limits
    case = SimpleNamespace(priority="critical", status="waiting", wait_reason="customer", tags=("again",), tier=2)

    assert isinstance(compiled, CompiledLimit)
    assert all(getattr(compiled, word)(case) for word in ("when", "start", "pause", "resume", "reset"))
    assert not any(getattr(compiled, word)(case) for word in ("stop", "cancel"))
    [plain] = process(limits=[limit()]).compiled_limits
    assert (None, None, None) == (plain.when, plain.resume, plain.reset)


@pytest.mark.parametrize(
    ("given", "marks"),
    [
        ([], ["100%"]),
        (["75%"], ["75%", "100%"]),
        (["100%", "75%"], ["100%", "75%"]),
        (["0s"], ["0s"]),
    ],
)
def test_compiled_limit_always_has_its_breach(given, marks):
    """The target itself is a threshold, so that a breach is on record even where nothing is to be done."""
    [compiled] = process(limits=[limit(thresholds=[Threshold(at) for at in given])]).compiled_limits

    assert marks == [threshold.mark for threshold in compiled.thresholds]


def test_process_calendar_is_always_open():
    """Every limit, and one that is not known any more, measures all hours."""
    built = process(limits=[limit(calendar="24x7")])

    assert "24x7" == built.calendar_of("resolve").name
    assert "24x7" == built.calendar_of("of yesterday").name


def test_process_is_shared_by_threads():
    """Threads that use a new process at once all see the same."""
    built = process(limits=[limit()])
    seen = []
    threads = [threading.Thread(target=lambda: seen.append((built.revision, built.table))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(built.revision, built.table)] * 8 == seen


def test_process_diagram_is_mermaid():
    """The picture has the process's name and its tiers."""
    drawn = process().diagram()

    assert "stateDiagram-v2" in drawn
    assert 'title: "test"' in drawn
    assert 'state "Tier 2: Second" as tier2' in drawn


# -- policies


@attrs.frozen
class RouteByPlan:
    name = "acme.route-by-plan"
    revision = 3
    gold_tier: int = 2
    answer: object = None

    def route(self, situation):
        """Answer as told."""
        return Destination(tier=self.gold_tier) if self.answer is None else self.answer


@dataclasses.dataclass(frozen=True)
class RouteNowhere:
    name = "acme.nowhere"
    revision = 1
    sites: frozenset = frozenset()

    def route(self, situation):
        """Have no opinion."""


class RoutePlainly:
    name = "acme.plainly"
    revision = 1

    def __init__(self, site):
        self.site, self._cache = site, object()

    def route(self, situation):
        """Have no opinion."""


class AssignAnna:
    name = "acme.anna"
    revision = 1
    needs = ("load",)

    def assign(self, situation):
        """Anna does everything."""
        return "anna"


class Impostor(RoutePlainly):
    name = "supporttiers.route-by-rules"


RULES = RouteByRules([route(priority=AtLeast("high"))])


@pytest.mark.parametrize(
    ("policies", "tier"),
    [
        ([], 1),
        ([RouteNowhere()], 1),
        ([RouteNowhere(), RouteByPlan()], 2),
        ([RULES, RouteByPlan()], 1),
        ([RouteByPlan(), RULES], 2),
    ],
)
def test_process_route_takes_the_first_opinion(policies, tier):
    """Policies are asked in process order; None is no opinion."""
    assert tier == opened(process(entry="any", policies=policies), priority="critical").tier


def test_process_route_names_a_policy_that_answers_wrongly():
    """A wrong answer is the policy's fault, and says whose."""
    with pytest.raises(PluginError) as caught:
        opened(process(policies=[RouteByPlan(answer=2)]))

    assert "'acme.route-by-plan' does not fit: its route() gave int; possible are a Destination and None" == str(
        caught.value
    )


@attrs.frozen
class RouteByUse(RouteByPlan):
    name = "acme.by-use"
    use: str = "x"


class Nameless:
    revision = "1"
    needs = "plan"


@pytest.mark.parametrize(
    ("policies", "faults"),
    [
        (5, ["policies: must be a collection of policies, not int"]),
        ([RouteByPlan], ["policies[0]: is the class RouteByPlan; hand in an instance of it"]),
        (
            [RouteByPlan(), Nameless()],
            [
                "policies[1]: Nameless has no usable name: it must be a text, not NoneType",
                "policies[1]: Nameless has no usable revision: it must be a whole number (at least 0), not str",
                (
                    "policies[1]: Nameless answers nothing; possible are methods of one argument: "
                    "route, assign, prioritise, permit, target, react, reopen, dispatch"
                ),
                "policies[1]: Nameless has no usable needs: it must be a collection of names of facts",
            ],
        ),
        (
            [RoutePlainly(len)],
            [
                (
                    "policies[0]: acme.plainly: a builtin_function_or_method: is no data; possible are texts, "
                    "numbers, collections and values of them"
                )
            ],
        ),
        (
            [RouteByUse()],
            ["policies[0]: acme.by-use: a RouteByUse: has a field 'use', which process files use otherwise"],
        ),
        ([RoutePlainly(float("inf"))], ["policies[0].site: must be a finite number"]),
    ],
)
def test_process_refuses_what_is_no_policy(policies, faults):
    """An object that cannot be asked, or not written down, is named."""
    assert faults == faults_of(policies=policies)


# -- written and read


@pytest.mark.parametrize(
    "fields",
    [
        {"transfer_when": ["queued", "resolved"], "moves": "any"},
        {"reopen_from": ["resolved", "closed", "cancelled"], "resolve_when": ["queued", "closed"]},
        {"entry": "any", "policies": [RouteByRules([route(2, team="network")])]},
        {"entry": [2], "policies": [RouteByRules([route(2)])]},
        {"limits": [limit(target={"high": "1h"})]},
        {
            "limits": [limit(when=Match(tier=AtLeast(2), wait_reason="parts", team="network"))],
            "wait_reasons": ["parts"],
        },
        {"limits": [escalating("escalate:2", measures="tier", tier=1)]},
        {
            "limits": [escalating("escalate:2", measures="tier", tier=1)],
            "tiers": [tier(escalates_to=[]), SECOND],
            "moves": "any",
        },
        {"tiers": [tier(escalates_to=[], time_limit="1h"), SECOND], "moves": "any"},
        {"tiers": [tier(level=3, escalates_to=[])]},
        {"link_kinds": ["caused_by"], "bounce_limit": 0, "reply_resumes": False, "reply_reopens": False},
        {"default_priority": "critical", "transfer_when": []},
        {"limits": [limit(when=Match({"attributes.x": [1, 2.5, True, None]}, opened_at=AtLeast("2026-03-23T09:00Z")))]},
        {"limits": [limit(thresholds=[Threshold("-30m", ["notify:owner"]), Threshold("1h30m")], agreement="uc")]},
        {"policies": [RULES]},
    ],
)
def test_process_takes_and_writes_what_holds_together(fields):
    """What is allowed is allowed, and goes through its data and its JSON unchanged."""
    built = process(**fields)

    for copied in (
        SupportProcess.from_data(built.to_data()),
        SupportProcess.from_json(built.to_json()),
        pickle.loads(pickle.dumps(built)),
    ):
        assert built == copied
        assert (built.revision, hash(built)) == (copied.revision, hash(copied))


# -- revisions and stores


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "other"},
        {"tiers": [SECOND, FIRST]},
        {"tiers": [tier(name="Front"), SECOND]},
        {"tiers": [tier(time_limit="15m"), SECOND]},
        {"limits": [limit()]},
        {"limits": [limit(target="5h")]},
        {"limits": [limit(when=Match(category="x"))]},
        {"limits": [limit(when=Match(category=Not("x")))]},
        {"priorities": ["high", "low"]},
        {"default_priority": "high"},
        {"entry": [2]},
        {"transfer_when": []},
        {"reply_resumes": False},
        {"policies": [RouteByPlan()]},
        {"policies": [RouteByPlan(gold_tier=1)]},
        {"policies": [RouteNowhere()]},
        {"policies": [RoutePlainly("a")]},
        {"policies": [RoutePlainly("b")]},
        {"policies": [RULES]},
        {"policies": [RULES, RouteByPlan()]},
        {"policies": [RouteByPlan(), RULES]},
    ],
)
def test_process_revision_tells_meanings_apart(fields):
    """A change of meaning is another revision; the same said again is the same one."""
    revisions = {process(**other).revision for other in ({}, {"limits": [limit(target="6h")]})}

    assert process(**fields).revision not in revisions
    assert process(**fields).revision == process(**fields).revision


def test_process_revision_does_not_depend_on_the_order_of_keys():
    """Keys may be written in any order, and equal numbers in any way."""
    one = limit(target={"high": "1h", "low": "2h"}, when=Match({"attributes.x": 1}))
    other = limit(target={"low": "120m", "high": "60m"}, when=Match({"attributes.x": 1.0}))

    assert process(limits=[one]) == process(limits=[other])
    assert process(limits=[one]).revision == process(limits=[other]).revision


@attrs.frozen
class RouteByPlanLater(RouteByPlan):
    revision = 4


def test_process_revision_follows_the_policy_revision():
    """Raising a policy's revision is a change of meaning."""
    assert process(policies=[RouteByPlan()]).revision != process(policies=[RouteByPlanLater()]).revision


def test_process_with_code_is_known_again_from_its_store():
    """Policies of one's own come back by their classes; without these by name only, and with the same revision."""
    built = process(entry="any", policies=[RouteByPlan(), RULES])
    stored = SupportProcess.from_json(built.to_json())

    assert built.revision == stored.revision
    assert 2 == opened(built, priority="high").tier
    assert 1 == opened(stored, priority="high").tier
    assert stored == SupportProcess.from_json(stored.to_json())
    assert built == SupportProcess.from_json(built.to_json(), policies=[RouteByPlan])
    assert {
        "use": "acme.route-by-plan", "revision": 3, "answers": ["route"], "gold_tier": 2,
    } == built.to_data()["policies"][0]  # fmt: skip
    [fault] = faults_of(SupportProcess.from_data, built.to_data())
    assert fault.startswith("policies[0].use: 'acme.route-by-plan' is not known; possible are: ")


NO_CLASS = "it must be the class of a policy, with a `name` and a `revision` of the class"
PLAN_FILE = """
[process]
name = "plans"
entry = "any"

[[tiers]]
level = 1
name = "First"

[[tiers]]
level = 2
name = "Second"

[[policies]]
use = "acme.route-by-plan"
"""


def test_process_file_names_policies_of_ones_own():
    """A class that is handed in may be named; fields follow the name, and the newest revision is meant."""
    both = [RouteByPlan, RouteByPlanLater]
    newest = SupportProcess.from_text(PLAN_FILE, policies=both)
    older = SupportProcess.from_text(PLAN_FILE + "revision = 3\ngold_tier = 1", policies=both)

    assert (RouteByPlanLater(),) == newest.policies
    assert (RouteByPlan(gold_tier=1),) == older.policies
    assert ["policies[0].colour: is not known here; possible are: gold_tier, answer"] == faults_of(
        SupportProcess.from_text, PLAN_FILE + "colour = 1", policies=both
    )


def test_process_file_makes_policies_of_any_class():
    """A class without attrs is called with the fields; what it does not take is a fault."""
    text = PLAN_FILE.replace("acme.route-by-plan", "acme.plainly")

    assert "leeds" == SupportProcess.from_text(text + "site = 'leeds'", policies=[RoutePlainly]).policies[0].site
    [fault] = faults_of(SupportProcess.from_text, text, policies=[RoutePlainly])
    assert fault.startswith("policies[0]: RoutePlainly cannot be made of it: ")


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (
            RouteByPlan(),
            f"'RouteByPlan' does not fit: {NO_CLASS}",
        ),
        (
            SimpleNamespace,
            f"'SimpleNamespace' does not fit: {NO_CLASS}",
        ),
        (
            Impostor,
            (
                "'Impostor' does not fit: its name 'supporttiers.route-by-rules' is that of a built-in policy; "
                "choose another"
            ),
        ),
    ],
)
def test_process_refuses_what_is_no_class_of_policies(own, message):
    """What cannot be named in a file is refused before the file is read."""
    with pytest.raises(PluginError) as caught:
        SupportProcess.from_text(PLAN_FILE, policies=[own])

    assert message == str(caught.value)


def test_process_takes_built_in_policies_as_known():
    """Handing in what is known anyway does no harm."""
    assert SupportProcess.from_data(process().to_data(), policies=[RouteByRules]) == process()


def test_process_asks_policies_by_what_they_answer():
    """Each question goes to those that have an answer; facts that they need are collected."""
    built = process(policies=[RouteByPlan(), AssignAnna(), RouteByRules([route(**{"facts.plan": "gold"})])])

    assert ["acme.route-by-plan", RouteByRules.name] == [each.name for each in built.asked("route")]
    assert ["acme.anna"] == [each.name for each in built.asked("assign")]
    assert () == built.asked("react")
    assert ("plan", "load") == built.needs
    assert () == built.lasting_needs


def test_process_keeps_the_facts_of_its_limits():
    """What limits speak of is known from the opening on."""
    built = process(limits=[limit(when=Match({"facts.contract.level": "gold"}), stop=Match({"facts.x": 1}))])

    assert ("contract", "x") == built.lasting_needs == built.needs


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        (5, "policies[0]: must be a table with `use`, the name of a policy"),
        ({"use": 1}, "policies[0]: must be a table with `use`, the name of a policy"),
        ({"use": "x", "revision": "1"}, "policies[0].revision: must be a whole number (at least 0), not str"),
        ({"use": "x", "answers": "route"}, "policies[0].answers: must be a collection of names, not str"),
        ({"use": " "}, "policies[0].name: must not be empty"),
        ({"use": RULES.name}, "policies[0].routes: is missing"),
        (
            {"use": RULES.name, "routes": []},
            "policies[0].routes: is empty; give at least one route, or leave the policy out",
        ),
        ({"use": RULES.name, "routes": [5]}, "policies[0].routes[0]: must be a table, not int"),
    ],
)
def test_process_from_json_refuses_what_it_did_not_write(policy, fault):
    """A stored process that was tampered with is refused, and nothing else is raised."""
    body = json.dumps(process().to_data() | {"policies": [policy]})

    assert [fault] == faults_of(SupportProcess.from_json, body)


@pytest.mark.parametrize("body", ["{", None, "[" * 100_000, "5"], ids=["cut", "none", "deep", "number"])
def test_process_from_json_refuses_what_is_no_json(body):
    """Broken bytes are a process error too."""
    [fault] = faults_of(SupportProcess.from_json, body)

    assert fault.startswith(("is no JSON: ", "must be a table, not int"))


def test_process_statuses_are_statuses():
    """Texts of statuses become statuses, so that the engine compares one kind."""
    assert (Status.CLOSED,) == process(reopen_from=["closed"]).reopen_from
