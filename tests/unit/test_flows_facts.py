"""Facts from outside: read once for many, outside of transactions, recorded, and done without where that is right."""

import logging
import sqlite3
from typing import ClassVar

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers._engine import decide
from supporttiers._flows.knowing import ROUNDS
from supporttiers.actors import Actor
from supporttiers.decisions import Destination, NeedFacts, Refusal
from supporttiers.errors import FactsError, InputError, PluginError, PolicyConfigError
from supporttiers.facts import MAX_RECORDED_BYTES, NO_FACTS, FactKey, Facts, FactSource, keys_of, recorded
from supporttiers.match import Match
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.reasons import Reason
from supporttiers.testing.builders import opening

JANE, BOB = Actor.customer("jane"), Actor.agent("bob")


class Source:
    """A source that remembers what it was asked, and fails as often as it is told."""

    def __init__(self, name, *, keyed_by="customer", answer=lambda key: f"of {key}"):
        self.source = FactSource(name, self.read, keyed_by=keyed_by)
        self.answer = answer
        self.asked = []
        self.failure = None

    def read(self, tenant, keys):
        """Answer for all keys, or raise."""
        self.asked.append((tenant, list(keys)))
        if self.failure is not None:
            raise self.failure
        return {key: self.answer(key) for key in keys}


@attrs.frozen
class Look:
    """A policy that looks at facts at each verb, and refuses what they say."""

    name: ClassVar[str] = "acme.look"
    revision: ClassVar[int] = 1
    needs: tuple[str, ...] = ("plan",)

    def permit(self, situation, /):
        """Refuse the verb that the first fact names."""
        fact = situation.facts[self.needs[0]]
        return Refusal(Reason("acme.no")) if fact == situation.trigger else None


@attrs.frozen
class AssignByPlan:
    """A policy that time asks too: a case that comes to a team is given to whom a fact names."""

    name: ClassVar[str] = "acme.assign-by-plan"
    revision: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("plan",)

    def assign(self, situation, /):
        """Name somebody."""
        return situation.facts["plan"]


@pytest.fixture
def desk_of(make_desk):
    """Make desks of a process with policies and sources."""

    def make(process, policies, sources, **ports):
        with_policies = attrs.evolve(process, policies=policies)
        return make_desk(with_policies, facts=[each.source for each in sources], **ports)

    return make


def open_many(desk, number, **fields):
    """Open cases of several customers."""
    return desk.execute_all([
        wanted.Open(case_id=f"T-{place:03}", by=JANE, customer=f"c-{place % 3}", **fields) for place in range(number)
    ])  # fmt: skip


# -- read once


def test_hundred_due_cases_cost_one_read_for_each_source(desk_of, acme, clock):
    """A sweep reads a source once for all its cases, and each key once."""
    plan, site = Source("plan"), Source("site", keyed_by="team")

    @attrs.frozen
    class Both(AssignByPlan):
        needs: ClassVar[tuple[str, ...]] = ("plan", "site")

    desk = desk_of(acme, [Both()], [plan, site])
    open_many(desk, 100)
    plan.asked.clear()
    site.asked.clear()
    clock.advance("16m")

    assert 100 == desk.run_due().fired
    assert [("default", ["c-0", "c-1", "c-2"])] == plan.asked
    assert [("default", ["network"])] == site.asked
    assert {"of c-0": 34, "of c-1": 33, "of c-2": 33} == dict(desk.counts(Match(tier=2), by="assignee"))


def test_tenants_are_read_apart_in_one_sweep(desk_of, acme, clock):
    """A source is asked for each tenant by itself."""
    plan = Source("plan")
    desk = desk_of(acme, [AssignByPlan()], [plan])
    for tenant in ("north", "south"):
        desk.bind(tenant=tenant).open("Stuck", by="jane", customer="c-1")
    plan.asked.clear()
    clock.advance("16m")
    desk.run_due()

    assert [("north", ["c-1"]), ("south", ["c-1"])] == plan.asked


def test_batch_of_commands_reads_once(desk_of, calm):
    """What many commands need is read before the first is decided."""
    plan = Source("plan")
    desk = desk_of(calm, [Look()], [plan])
    assert [None] * 20 == [answer.refusal for answer in open_many(desk, 20)]
    answers = desk.execute_all([wanted.Note(case_id=f"T-{place:03}", by=BOB) for place in range(20)])

    assert [None] * 20 == [answer.refusal for answer in answers]
    assert [("default", ["c-0", "c-1", "c-2"])] * 2 == plan.asked


def test_batch_judges_wrong_commands_by_themselves(desk_of, calm):
    """One that is malformed does not keep the others from being foreseen."""
    plan = Source("plan")
    desk = desk_of(calm, [Look()], [plan])
    open_many(desk, 2)
    answers = desk.execute_all([
        wanted.Note(case_id="T-000", by=BOB), wanted.Note(case_id="T-9", by=BOB), wanted.Note(case_id="T-001", by=BOB),
    ])  # fmt: skip

    assert [2, "input.not_found", 2] == [
        answer.reason.code if isinstance(answer, Exception) else answer.case.version for answer in answers
    ]
    assert 2 == len(plan.asked)


def test_one_command_reads_what_it_needs_and_no_more(desk_of, calm):
    """A process that asks nothing reads nothing; a key that the case lacks is not read at all."""
    plan = Source("plan")
    desk_of(calm, [], [plan]).open("Stuck", by="jane", customer="c-1")
    desk = desk_of(calm, [Look()], [plan])
    case = desk.open("Stuck", by="jane")

    assert [] == plan.asked
    assert {"plan": None} == desk.history(case)[0].facts


def test_options_and_previews_read_facts_too(desk_of, calm):
    """What an actor may do is the truth, facts included; and it is read once for all options."""
    plan = Source("plan", answer=lambda key: "resolve")
    desk = desk_of(calm, [Look()], [plan])
    case = desk.open("Stuck", by="jane", customer="c-1")
    plan.asked.clear()
    refused = {
        option.trigger for option in desk.options(case, by="bob") if "acme.no" in {why.code for why in option.refused}
    }

    assert {"resolve"} == refused
    assert 1 == len(plan.asked)
    assert desk.preview(wanted.Note(case_id=case.id, by=BOB)).events


# -- no lock is held


def test_no_lock_is_held_while_a_source_reads(desk_of, acme, clock, tmp_path):
    """A source may write to the very file in which the cases are, for commands, batches and sweeps."""
    path = tmp_path / "support.db"
    written = []

    def write(key):
        with sqlite3.connect(path, timeout=0) as other:
            other.execute("CREATE TABLE IF NOT EXISTS mine (key TEXT)")
            other.execute("INSERT INTO mine VALUES (?)", (key,))
        other.close()
        written.append(key)
        return "anna"

    desk = desk_of(acme, [AssignByPlan()], [Source("plan", answer=write)], store=f"sqlite:///{path}")
    desk.open("Stuck", id="T-1", by="jane", customer="one")
    open_many(desk, 2)
    clock.advance("16m")

    assert 3 == desk.run_due().fired
    assert ["one", "c-0", "c-1", "c-0", "c-1", "one"] == written
    desk.shut_down()


def test_case_that_changes_while_facts_are_read_is_decided_again(desk_of, calm):
    """A decision stands on the case as it is, not as it was before the reading."""
    plan = Source("plan")
    desk = desk_of(calm, [Look()], [plan])
    desk.open("Stuck", id="T-1", by="jane", customer="c-1")
    meanwhile = [lambda: desk.start("T-1", by="bob")]

    def answer(key):
        if meanwhile:
            meanwhile.pop()()
        return "x"

    plan.answer = answer
    case = desk.note("T-1", by="bob")

    assert ("in_progress", 3) == (case.status, case.version)


# -- a source that is down


def test_deadline_fires_while_a_source_is_down(desk_of, acme, clock, caplog):
    """Time goes on with what the case last knew, and the event says that it is old."""
    plan = Source("plan", answer=lambda key: "anna")
    desk = desk_of(acme, [AssignByPlan()], [plan])
    desk.open("Stuck", id="T-1", by="jane", customer="c-1")
    plan.failure = TimeoutError("customer text")
    clock.advance("16m")
    with caplog.at_level(logging.WARNING):
        assert 1 == desk.run_due().fired

    case = desk.get("T-1")
    assert (2, "anna") == (case.tier, case.assignee)
    recorded_facts = [event.facts for event in desk.history("T-1") if event.facts]
    assert [{"plan": "anna"}, {"plan": "anna", "_stale": ["plan"]}] == recorded_facts
    assert {"plan": "anna"} == dict(case.facts)
    assert ["facts of plan could not be read: TimeoutError"] == [record.getMessage() for record in caplog.records]


def test_command_is_refused_while_a_source_is_down_and_changes_nothing(desk_of, acme, clock):
    """It may be tried again; what was due before it is settled all the same."""
    plan = Source("plan")
    desk = desk_of(acme, [Look()], [plan])
    desk.open("Stuck", id="T-1", by="jane", customer="c-1")
    before = len(desk.history("T-1"))
    plan.failure = FactsError("crm", "is down", retryable=True)

    with pytest.raises(FactsError) as refused:
        desk.note("T-1", by="bob", idempotency_key="k")
    assert "plan: crm: is down; it may be tried again; it may be tried again" == str(refused.value)
    assert refused.value.retryable
    assert before == len(desk.history("T-1"))
    clock.advance("16m")
    with pytest.raises(FactsError):
        desk.note("T-1", by="bob")
    assert (2, "CaseEscalated") == (
        desk.get("T-1").tier,
        [type(event).__name__ for event in desk.history("T-1")][before + 1],
    )
    plan.failure = None
    assert "CaseNoted" == type(desk.history(desk.note("T-1", by="bob", idempotency_key="k"))[-1]).__name__


def test_batch_answers_for_each_command_while_a_source_is_down(desk_of, calm):
    """Each has its refusal; those that need nothing go on."""
    plan = Source("plan")
    plan.failure = OSError()
    desk = desk_of(calm, [Look()], [plan])
    answers = desk.execute_all([
        wanted.Open(case_id="T-1", by=JANE, customer="c-1"), wanted.Open(case_id="T-2", by=JANE),
    ])  # fmt: skip

    assert isinstance(answers[0], FactsError)
    assert "T-2" == answers[1].case.id
    assert 1 == len(plan.asked)


def test_batch_tells_of_a_parked_case_and_goes_on_where_facts_are_read(desk_of, acme, clock):
    """What nobody can decide is the answer for that case alone, also while it is foreseen what must be read."""

    class Faulty(Look):
        def permit(self, situation, /):
            super().permit(situation)
            if situation.trigger == "escalate" and situation.case.id == "T-1":
                raise KeyError

    desk = desk_of(attrs.evolve(acme, limits=()), [Faulty()], [Source("plan")])
    desk.open(id="T-1", by=JANE, customer="c-1")
    while not desk.parked():
        clock.advance("1h")
        desk.run_due()
    desk.open(id="T-2", by=JANE, customer="c-1")
    parked, noted = desk.execute_all([wanted.Note(case_id=f"T-{number}", by=BOB) for number in (1, 2)])

    assert ("ParkedError", ["CaseNoted"]) == (type(parked).__name__, [type(event).__name__ for event in noted.events])


def test_cases_are_not_found_by_facts(desk_of, calm):
    """What a case last knew is no column."""
    desk = desk_of(calm, [], [])

    with pytest.raises(InputError, match="match speaks of facts, by which cases cannot be found; possible are their"):
        desk.find(Match({"facts.plan": "gold"}))


def test_case_of_a_process_whose_source_is_gone_goes_on_in_time(desk_of, make_desk, acme, clock):
    """A desk that has lost a source lets time act with what is known, and refuses commands that need it."""
    before = desk_of(acme, [AssignByPlan(), Look()], [Source("plan", answer=lambda key: "anna")])
    before.open("Stuck", id="T-1", by="jane", customer="c-1")
    after = make_desk(acme, store=before._ports.store, policies=[AssignByPlan, Look])
    clock.advance("16m")

    assert 1 == after.run_due().fired
    assert (2, "anna") == (after.get("T-1").tier, after.get("T-1").assignee)
    with pytest.raises(FactsError, match=r"^plan: this desk has no such source of facts; it may be tried again$"):
        after.note("T-1", by="bob")


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (object(), "ValueError"),
        ({1: object()}, "ValueError"),
        (float("nan"), "ValueError"),
        ("x" * 64 * 1024, "ValueError"),
        (b"bytes", "ValueError"),
    ],
    ids=["object", "inside", "nan", "large", "bytes"],
)
def test_source_that_gives_rubbish_counts_as_down(desk_of, calm, answer, problem):
    """What is no plain data, or too large, is never shown and never kept."""
    desk = desk_of(calm, [Look()], [Source("plan", answer=lambda key: answer)])

    with pytest.raises(FactsError) as refused:
        desk.open("Stuck", by="jane", customer="c-1")
    assert f"plan: {problem}; it may be tried again" == str(refused.value)


@pytest.mark.parametrize("found", [None, 7, ["c-1"], "c-1"])
def test_source_that_gives_no_mapping_counts_as_down(make_desk, calm, found):
    """It is asked for a mapping from key to value."""
    source = FactSource("plan", lambda tenant, keys: found)
    desk = make_desk(attrs.evolve(calm, policies=[Look()]), facts=[source])

    with pytest.raises(FactsError, match=r"^plan: AttributeError; it may be tried again$"):
        desk.open("Stuck", by="jane", customer="c-1")


def test_key_that_a_source_leaves_out_is_none(make_desk, calm):
    """No answer is an answer."""
    desk = make_desk(attrs.evolve(calm, policies=[Look()]), facts=[FactSource("plan", lambda tenant, keys: {})])

    assert {"plan": None} == desk.history(desk.open("Stuck", by="jane", customer="c-1"))[0].facts


# -- keys that come up while deciding


def test_key_that_only_routing_chose_leads_to_a_second_look(desk_of, calm):
    """The team is known once the case has been routed."""
    crew, region = Source("plan", keyed_by="team"), Source("region", answer=lambda key: "north")
    routes = RouteByRules([Route(Match({"facts.region": "north"}), Destination(tier=1, team="back"))])
    desk = desk_of(calm, [routes, AssignByPlan()], [crew, region])
    case = desk.open("Stuck", by="jane", customer="c-1")

    assert ("back", "of back") == (case.team, case.assignee)
    assert ([("default", ["c-1"])], [("default", ["back"])]) == (region.asked, crew.asked)


def test_fact_that_another_leads_to_is_read_in_a_round_of_its_own(desk_of, calm):
    """Keys may come from other facts: one, or one for each member of a list, and the fact is then a table."""
    people = Source("people", answer=lambda key: [{"id": "a"}, {"id": "b"}])
    chief = Source("chief", keyed_by="facts.people_of.lead", answer=lambda key: f"chief {key}")
    load = Source("load", keyed_by="facts.people.id", answer=len)
    lead = Source("people_of", answer=lambda key: {"lead": "zoe"})
    desk = desk_of(calm, [Look(needs=("chief", "load"))], [people, chief, load, lead])
    case = desk.open("Stuck", by="jane", customer="c-1")

    known = desk.history(case)[0].facts
    assert ({"a": 1, "b": 1}, "chief zoe") == (known["load"], known["chief"])
    assert [("default", ["a", "b"])] == load.asked


def test_reading_ends_after_four_rounds(desk_of, calm):
    """A chain of facts that is longer is not readable, for a command; it does not go on for ever."""
    chain = [Source("f0"), *(Source(f"f{place}", keyed_by=f"facts.f{place - 1}") for place in range(1, ROUNDS + 1))]
    desk = desk_of(calm, [Look(needs=(f"f{ROUNDS}",))], chain)
    short = desk_of(calm, [Look(needs=(f"f{ROUNDS - 1}",))], chain)

    assert "f3" in short.history(short.open("Stuck", by="jane", customer="c"))[0].facts
    expected = r"^f4: after 4 rounds of reading there is still something to be known; it may be tried again$"
    with pytest.raises(FactsError, match=expected):
        desk.open("Stuck", by="jane", customer="c")


def test_batch_gives_up_after_as_many_rounds(desk_of, calm):
    """Each command of it is then refused, and may be tried again."""
    chain = [Source("f0"), *(Source(f"f{place}", keyed_by=f"facts.f{place - 1}") for place in range(1, 2 * ROUNDS + 1))]
    desk = desk_of(calm, [Look(needs=(f"f{2 * ROUNDS}",))], chain)
    answers = open_many(desk, 2)

    assert [True, True] == [isinstance(answer, FactsError) and answer.retryable for answer in answers]
    assert 1 == len(chain[0].asked)


def test_sweep_goes_on_after_four_rounds(desk_of, acme, clock):
    """Time does not stop for a chain of facts that is too long."""
    chain = [Source("f0"), *(Source(f"f{place}", keyed_by=f"facts.f{place - 1}") for place in range(1, ROUNDS))]
    last = Source("plan", keyed_by=f"facts.f{ROUNDS - 1}")
    desk = desk_of(acme, [AssignByPlan()], [Source("plan", answer=lambda key: None)])
    desk.open("Stuck", id="T-1", by="jane", customer="c")
    longer = desk_of(acme, [AssignByPlan()], [*chain, last], store=desk._ports.store)
    clock.advance("16m")

    assert 1 == longer.run_due().fired
    moved = longer.get("T-1")
    assert (2, None, []) == (moved.tier, moved.assignee, last.asked)
    assert ["c"] == chain[0].asked[0][1]


# -- recorded


def test_large_facts_are_recorded_as_digests(desk_of, calm):
    """An event keeps at most 4 KiB: the largest give way, the rest stays readable."""
    large = Source("large", answer=lambda key: "x" * 5000)
    desk = desk_of(calm, [Look(needs=("plan", "large"))], [Source("plan"), large])
    [event] = desk.history(desk.open("Stuck", by="jane", customer="c-1"))

    assert "of c-1" == event.facts["plan"]
    assert event.facts["large"].startswith("sha256:")
    assert len(str(event.facts)) < MAX_RECORDED_BYTES


@pytest.mark.parametrize(
    ("sizes", "digests"),
    [([10, 10], []), ([4000], []), ([5000, 3000], [0]), ([3000, 3000], [0]), ([5000, 5000], [0, 1])],
)
def test_recorded_gives_way_from_the_largest_on(sizes, digests):
    """As many as must, no more."""
    kept = recorded({f"f{place}": "x" * size for place, size in enumerate(sizes)})

    assert digests == [place for place in range(len(sizes)) if kept[f"f{place}"].startswith("sha256:")]


def test_recorded_facts_give_the_same_decision(desk_of, calm):
    """What was decided can be decided again from the event: command, case and facts."""
    plan = Source("plan", answer=lambda key: "gold")
    desk = desk_of(calm, [Look(), AssignByPlan()], [plan])
    case = desk.open("Stuck", by="jane", customer="c-1")
    command = wanted.Escalate(case_id=case.id, by=BOB, at=desk._clock.now(), reason="hard")
    events = desk.execute(command).events

    assert isinstance(decide(desk.process, case, command, command.at, Facts(keyed_by={"plan": "customer"})), NeedFacts)
    facts = {name: fact for event in events for name, fact in (event.facts or {}).items()}
    known = Facts(keyed_by={"plan": "customer"}, values={FactKey("plan", "c-1"): facts["plan"]})
    again = decide(desk.process, case, command, command.at, known)
    assert events == again.events


# -- at start-up

NEEDED = "'acme' does not fit: it needs the facts plan (policies[0]), for which the desk has no source"


@pytest.mark.parametrize(
    ("sources", "problem"),
    [
        ([], f"{NEEDED} (it has: none); hand one in with facts=[FactSource(...)]"),
        ([Source("site")], f"{NEEDED} (it has: site); hand one in with facts=[FactSource(...)]"),
        ([Source("plan"), Source("plan")], "'plan' does not fit: there are two sources of facts of this name"),
        ([Source("plan", keyed_by="facts.x")],
         "'plan' does not fit: its key comes from the fact 'x', for which there is no source"),
        ([Source("plan", keyed_by="facts.plan.id")],
         "'plan' does not fit: its key comes from itself, by way of: itself"),
        ([Source("plan", keyed_by="facts.a"), Source("a", keyed_by="facts.plan")],
         "'plan' does not fit: its key comes from itself, by way of: a"),
    ],
)  # fmt: skip
def test_sources_are_judged_when_the_desk_is_built(desk_of, calm, sources, problem):
    """It must not be found out in the middle of a case."""
    with pytest.raises(PluginError) as refused:
        desk_of(calm, [Look()], sources)

    assert problem == str(refused.value)


def test_desk_refuses_what_is_no_source(make_desk, calm):
    """A function alone does not say what it knows."""
    with pytest.raises(PluginError, match="'function' does not fit: it is no source of facts; hand in a FactSource"):
        make_desk(calm, facts=[lambda tenant, keys: {}])


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"name": "_plan"}, "FactSource.name: must not begin with '_' or contain '.'"),
        ({"name": "a.b"}, "FactSource.name: must not begin with '_' or contain '.'"),
        ({"name": ""}, "FactSource.name: must not be empty"),
        ({"name": 3}, "FactSource.name: must be a text, not int"),
        ({"read": "x"}, "FactSource.read: must be a function of a tenant and a list of keys"),
        ({"keyed_by": ""}, "FactSource.keyed_by: must not be empty"),
    ],
)
def test_source_refuses_what_it_cannot_be(fields, problem):
    """A wrong field is named, with what is possible."""
    with pytest.raises(PolicyConfigError) as refused:
        FactSource(**{"name": "plan", "read": dict, **fields})

    assert problem == str(refused.value)


@pytest.mark.parametrize(
    ("keyed_by", "known", "keys"),
    [
        ("team", {}, "front"),
        ("tier", {}, "1"),
        ("customer", {}, None),
        ("attributes.site", {}, "7"),
        ("attributes.none", {}, None),
        ("nonsense", {}, None),
        ("facts.a", {"a": 3}, "3"),
        ("facts.a.b", {"a": {"b": "x"}}, "x"),
        ("facts.a.b", {"a": None}, None),
        ("facts.a.id", {"a": [{"id": 1}, {"id": "y"}]}, ("1", "y")),
        ("facts.a.id", {"a": []}, ()),
    ],
)
def test_key_stands_on_the_case_or_in_another_fact(keyed_by, known, keys):
    """One key, several, or none."""
    assert keys == keys_of(keyed_by, opening(team="front", attributes={"site": 7}).case, known)


def test_facts_that_are_known_add_up():
    """Reading more changes nothing that was known."""
    key = FactKey("plan", "c-1")
    facts = NO_FACTS.with_values({key: 1}, {}).with_values({FactKey("plan", "c-2"): 2}, {"site": "down"})

    assert ({key: 1, FactKey("plan", "c-2"): 2}, {"site": "down"}) == (facts.values, facts.failed)
