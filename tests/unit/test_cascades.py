"""What travels along links: cascades, known issues with their count, and requests for a fix."""

import json
import sqlite3
from datetime import UTC, datetime

import attrs
import pytest

from supporttiers import events as happened
from supporttiers._flows.driving import drive
from supporttiers._flows.linked import CHUNK, tell_linked
from supporttiers.actors import SYSTEM, Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.commands import CountAffected, LinkCase, Open, Wait
from supporttiers.desk import SupportDesk
from supporttiers.errors import MoveRefusedError, PolicyConfigError, ProcessError, StoreError
from supporttiers.facts import FactSource
from supporttiers.links import Link
from supporttiers.match import AtLeast, Match
from supporttiers.policies.cascades import HAPPENINGS, Cascade
from supporttiers.policies.fixes import RequestFix
from supporttiers.process import SupportProcess
from supporttiers.testing.builders import going_on, opening

MONDAY = datetime(2026, 3, 23, 8, tzinfo=UTC)
BOB = Actor.agent("bob")
RESOLVE = Cascade("known_issue", on="resolved", do=["resolve"], among=Match(wait_reason="known_issue"))


@pytest.fixture
def with_cascades(make_desk, calm):
    """Make desks whose process has these cascades."""
    return lambda *cascades, **ports: make_desk(
        attrs.evolve(calm, cascades=cascades, policies=ports.pop("policies", ())), **ports
    )


def linked(desk, *ids, to="P-1", kind="known_issue", waiting=True):
    """Open cases that are linked to another one, and wait for it."""
    for case_id in ids:
        desk.open("Printer", id=case_id, by="jane")
        desk.link(case_id, by="bob", to=to, kind=kind)
        if waiting:
            desk.wait(case_id, by="bob", wait_reason="known_issue")


def settle(desk, **how):
    """Let the worker pass until nothing is left to carry out; give the number of passes."""
    passes = 0
    while desk.run_due(**how).relayed:
        passes += 1
    return passes


def statuses(desk):
    """Give the statuses of all cases, shortly."""
    return {case.id: str(case.status) for case in desk.find(limit=1000)}


# -- cascades


@pytest.mark.parametrize("via_file", [False, True])
def test_resolved_parent_resolves_its_children(with_cascades, calm, make_desk, kinds, via_file):
    """Of all links only those of the kind; the solution goes with it, and the history says why."""
    cascade = Cascade("child_of", on="resolved", do=["resolve"])
    process = attrs.evolve(calm, cascades=[cascade])
    desk = make_desk(SupportProcess.from_data(process.to_data()) if via_file else process)
    desk.open(id="P-1", by="jane")
    linked(desk, "T-1", "T-2", kind="child_of", waiting=False)
    linked(desk, "T-3", kind="follows", waiting=False)
    desk.resolve("P-1", by="bob", solution="kb/7")
    settle(desk)

    assert {"P-1": "resolved", "T-1": "resolved", "T-2": "resolved", "T-3": "queued"} == statuses(desk)
    told = desk.history("T-1")[-1]
    assert ("kb/7", "system", "child_of P-1: resolved (kb/7)") == (told.solution, told.by.id, told.said)


def test_cascade_says_where_it_comes_from_without_a_solution_too(with_cascades):
    """There is nothing to refer to then."""
    desk = with_cascades(Cascade("child_of", on="closed", do=["inform_management"]))
    desk.open(id="P-1", by="jane")
    linked(desk, "T-1", kind="child_of", waiting=False)
    desk.resolve("P-1", by="bob")
    desk.close("P-1", by="bob")
    settle(desk)

    assert "child_of P-1: closed" == desk.history("T-1")[-1].said


def test_cascades_are_part_of_the_process(calm):
    """They survive the way to a file and a store, and change the revision."""
    process = attrs.evolve(
        calm, cascades=[RESOLVE, Cascade("caused_by", on="closed", do=["notify:owner"], when=Match(kind="problem"))]
    )

    assert process == SupportProcess.from_data(process.to_data()) == SupportProcess.from_json(process.to_json())
    assert process.revision != calm.revision
    assert process.to_data()["cascades"] == [
        {
            "link": "known_issue", "on": "resolved", "do": ["resolve"], "among": {"wait_reason": "known_issue"},
        },
        {"link": "caused_by", "on": "closed", "do": ["notify:owner"], "when": {"kind": "problem"}},
    ]  # fmt: skip


@pytest.mark.parametrize("on", HAPPENINGS)
def test_cascade_is_set_off_by_what_it_names(with_cascades, pager, on):
    """And by nothing else that happens in the life of a case."""
    desk = with_cascades(Cascade("known_issue", on=on, do=["notify:owner"]))
    for case_id in ("P-0", "P-1"):
        desk.open(id=case_id, by="jane", kind="problem")
    linked(desk, "T-1")
    settle(desk)
    told_at = []
    for verb, more in (
        ("amend", {"category": "vpn"}), ("amend", {"workaround": "kb/1"}), ("resolve", {"solution": "kb/2"}),
        ("reopen", {}), ("resolve", {}), ("close", {}),
    ):  # fmt: skip
        getattr(desk, verb)("P-1", by="bob", **more)
        settle(desk)
        told_at += [verb] * (len(pager.sent) - len(told_at))
    desk.open(id="P-2", by="jane")
    desk.merge("P-2", by="bob", into="P-0")
    if on in {"merged", "cancelled"}:
        for case_id, verb in (("P-3", "merge"), ("P-4", "cancel")):
            desk.open(id=case_id, by="jane")
            linked(desk, f"T-{case_id}", to=case_id)
            getattr(desk, verb)(case_id, by="bob", **({"into": "P-0"} if verb == "merge" else {}))
        settle(desk)
        assert {"merged": ["T-P-3"], "cancelled": ["T-P-4"]}[on] == [sent.case_id for sent in pager.sent]
    else:
        assert {
            "workaround": ["amend"], "resolved": ["resolve", "resolve"], "reopened": ["reopen"], "closed": ["close"],
        }[on] == told_at  # fmt: skip


def test_cascade_tells_people_of_the_linked_cases(with_cascades, pager):
    """A workaround that becomes known is told to whom it concerns, with its reference; another one again."""
    desk = with_cascades(Cascade("known_issue", on="workaround", do=["notify:requester", "inform_management"]))
    desk.open(id="P-1", by="bob", kind="problem")
    linked(desk, "T-1")
    for workaround in ("kb/1", "kb/1", "kb/2"):
        desk.amend("P-1", by="bob", workaround=workaround)
    settle(desk)

    told = [(sent.case_id, sent.to, str(sent.reason)) for sent in pager.sent if sent.to == "requester"]
    assert [
        ("T-1", "requester", f"case P-1 (its known_issue): workaround; see: {workaround}")
        for workaround in ("kb/1", "kb/2")
    ] == told
    assert 2 == len([sent for sent in pager.sent if sent.to == "manager"])


def test_cascade_asks_the_case_and_those_linked_to_it(with_cascades):
    """`when` is a condition on the case to which it happens, `among` one on each that is linked."""
    desk = with_cascades(attrs.evolve(RESOLVE, when=Match(priority=AtLeast("high"))))
    for case_id, priority in (("P-1", "critical"), ("P-2", "low")):
        desk.open(id=case_id, by="bob", priority=priority)
    linked(desk, "T-1")
    linked(desk, "T-2", waiting=False)
    linked(desk, "T-3", to="P-2")
    for case_id in ("P-1", "P-2"):
        desk.resolve(case_id, by="bob")
    settle(desk)

    assert {"T-1": "resolved", "T-2": "queued", "T-3": "waiting"} == {
        case_id: status for case_id, status in statuses(desk).items() if case_id.startswith("T")
    }


def test_cascade_does_several_things_in_order(with_cascades, kinds):
    """Each case is told the second only after all have been told the first."""
    desk = with_cascades(Cascade("known_issue", on="resolved", do=["resume", "escalate", "resolve", "close"]))
    desk.open(id="P-1", by="bob")
    linked(desk, "T-1", "T-2", "T-3")
    settle(desk)
    desk.resolve("P-1", by="bob")
    settle(desk, limit=2)

    for case_id in ("T-1", "T-2", "T-3"):
        assert ["CaseResumed", "CaseEscalated", "CaseResolved", "CaseClosed"] == kinds(desk, case_id, 3)


def test_cascade_may_speak_of_facts(make_desk, calm, clock):
    """Of what the cases last knew; the process reads and keeps it."""
    cascade = attrs.evolve(RESOLVE, among=Match({"facts.plans.level": "gold"}))
    plans = FactSource("plans", lambda _, keys: {key: {"level": key} for key in keys}, keyed_by="customer")
    process = attrs.evolve(calm, cascades=[cascade])
    desk = make_desk(process, facts=[plans])
    desk.open(id="P-1", by="bob")
    for case_id, customer in (("T-1", "gold"), ("T-2", "iron")):
        desk.open(id=case_id, by="jane", customer=customer)
        desk.link(case_id, by="bob", to="P-1", kind="known_issue")
    desk.resolve("P-1", by="bob")
    settle(desk)

    assert ("plans",) == process.needs
    assert ["resolved", "queued"] == [desk.get(case_id).status for case_id in ("T-1", "T-2")]


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (
            lambda: Cascade("child_of", on="gone", do=["resolve"]),
            "Cascade.on: must be one of: resolved, closed, cancelled, merged, reopened, workaround, not 'gone'",
        ),
        (
            lambda: Cascade("child_of", on="closed", do=["explode"]),
            (
                "Cascade.do: 'explode' is not known; possible are: resolve, resume, reopen, close, cancel, escalate, "
                "inform_management, notify:NAME"
            ),
        ),
        (lambda: Cascade("child_of", on="closed", do=["resolve:2"]), "Cascade.do: 'resolve:2' takes nothing after a c"),
        (
            lambda: Cascade("child_of", on="closed", do=["notify:"]),
            "Cascade.do: 'notify:' has no usable name after its",
        ),
        (
            lambda: Cascade("child_of", on="closed", do=["notify:" + "x" * 300]),
            f"Cascade.do: 'notify:{'x' * 33}' has no usable name after its colon",
        ),
        (lambda: Cascade("child_of", on="closed", do=[5]), "Cascade.do: has a int; possible are: resolve, resume"),
        (lambda: Cascade("child_of", on="closed", do=[]), "Cascade.do: is empty; possible are: resolve, resume"),
        (lambda: Cascade("child_of", on="closed", do="close"), "Cascade.do: must be a collection of texts, not str"),
        (lambda: Cascade("", on="closed", do=["close"]), "Cascade.link: must not be empty"),
        (
            lambda: Cascade("child_of", on="closed", do=["close"], when=Match()),
            "Cascade.when: is empty, and would hold",
        ),
        (lambda: RequestFix([]), "RequestFix.at: must be a number of cases, or several of them"),
        (lambda: RequestFix("10"), "RequestFix.at: must be a number of cases, or several of them"),
        (lambda: RequestFix(0), "RequestFix.at: is 0; possible is at least 1"),
        (lambda: RequestFix([10, 10]), "RequestFix.at: names a number twice"),
        (lambda: RequestFix(10, do=["dispatch:"]), "RequestFix.do: 'dispatch:' has no usable name after its colon"),
    ],
    ids=range(15),
)
def test_cascade_or_request_that_makes_no_sense_is_refused(make, problem):
    """With class and field, and what is possible."""
    with pytest.raises(PolicyConfigError) as caught:
        make()

    assert str(caught.value).startswith(problem)


def test_cascade_must_fit_its_process(calm):
    """Each fault at its place, from Python as from a file."""
    wrong = Cascade("owned_by", on="closed", do=["close"], when=Match(priority="mega"), among=Match(tier=7))
    expected = [
        (
            "cascades[0].link: 'owned_by' is not known; "
            "possible are: duplicate_of, child_of, known_issue, follows, caused_by"
        ),
        "cascades[0].when.priority: 'mega' is not known; possible are: low, medium, high, critical",
        "cascades[0].among.tier: 7 is not known; possible are: 1, 2, 4",
    ]
    data = {**calm.to_data(), "cascades": [{
        "link": "owned_by", "on": "closed", "do": ["close"], "when": {"priority": "mega"}, "among": {"tier": 7},
    }]}  # fmt: skip
    for make in (lambda: attrs.evolve(calm, cascades=[wrong]), lambda: SupportProcess.from_data(data)):
        with pytest.raises(ProcessError) as caught:
            make()
        assert sorted(expected) == sorted(map(str, caught.value.faults))
    with pytest.raises(ProcessError, match="must be a Cascade, not str"):
        attrs.evolve(calm, cascades=["x"])
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_data({**calm.to_data(), "cascades": [{"link": "child_of", "do": ["x"]}]})
    assert ["cascades[0].do[0]", "cascades[0].on"] == [fault.place for fault in caught.value.faults]
    with pytest.raises(ProcessError, match="link_kinds"):
        SupportProcess.from_data({**data, "process": {"name": "x", "link_kinds": 5}})


# -- how many a known issue affects


def test_known_issue_counts_the_open_cases_linked_to_it(with_cascades):
    """Linking, ending, reopening and unlinking each change the count, once."""
    desk = with_cascades()
    desk.open(id="P-1", by="bob", kind="problem")
    desk.open(id="P-2", by="bob", kind="problem")
    linked(desk, "T-1", "T-2", "T-3")
    linked(desk, "T-4", kind="follows")
    counted = []
    for verb, case_id, more in (
        ("note", "T-1", {}), ("resolve", "T-1", {}), ("close", "T-1", {}), ("cancel", "T-2", {}),
        ("unlink", "T-3", {"to": "P-1", "kind": "known_issue"}), ("link", "T-3", {"to": "P-1", "kind": "known_issue"}),
        ("link", "T-3", {"to": "P-2", "kind": "known_issue"}), ("merge", "T-3", {"into": "T-4"}),
    ):  # fmt: skip
        getattr(desk, verb)(case_id, by="bob", **more)
        settle(desk)
        counted.append((desk.get("P-1").affected, desk.get("P-2").affected))

    assert [(3, 0), (2, 0), (2, 0), (1, 0), (0, 0), (1, 0), (1, 1), (0, 0)] == counted
    assert 3 == desk.get("P-1").most_affected


def test_reopened_case_is_counted_again(with_cascades):
    """As it was before its end; the count tells of whom."""
    desk = with_cascades()
    desk.open(id="P-1", by="bob", kind="problem")
    linked(desk, "T-1")
    desk.resolve("T-1", by="bob")
    desk.reopen("T-1", by="bob")
    settle(desk)

    told = [(event.other, event.counts, event.total, event.peak) for event in desk.history("P-1")[1:]]
    assert [("T-1", True, 1, True), ("T-1", False, 0, False), ("T-1", True, 1, False)] == told


def test_count_is_right_when_a_message_is_delivered_twice(with_cascades, clock, monkeypatch):
    """What was counted but could not be settled is not counted again."""
    store = MemoryStore()
    desk = with_cascades(store=store)
    desk.open(id="P-1", by="bob", kind="problem")
    linked(desk, "T-1", "T-2")

    def fail(_settled):
        raise StoreError("memory", "down", retryable=True)

    with monkeypatch.context() as broken:
        broken.setattr(store, "settle", fail)
        with pytest.raises(StoreError):
            desk.run_due()
    assert 1 == desk.get("P-1").affected
    clock.advance("5m")  # until then it is leased to whoever failed
    settle(desk)

    assert (2, 3) == (desk.get("P-1").affected, desk.get("P-1").version)


def test_what_was_never_counted_is_not_taken_away(with_cascades):
    """The count does not go below zero."""
    desk = with_cascades()
    desk.open(id="P-1", by="bob", kind="problem")
    decision = desk.execute(CountAffected(case_id="P-1", by=SYSTEM, other="T-1", counts=False))

    assert (0, 0) == (decision.case.affected, decision.events[0].total)


def test_unlinking_what_is_not_linked_is_refused(with_cascades):
    """With what was looked for."""
    desk = with_cascades()
    desk.open(id="T-1", by="jane")

    with pytest.raises(MoveRefusedError, match="follows 'T-2' is not there"):
        desk.unlink("T-1", by="bob", to="T-2")


# -- a request for a fix


def test_fix_is_asked_for_once_at_each_number(with_cascades, pager):
    """When so many open cases are linked for the first time; again only once it has been reopened."""
    desk = with_cascades(policies=[RequestFix([2, 3], do=["notify:lead", "inform_management"])])
    desk.open(id="P-1", by="bob", kind="problem")
    for number in range(3):
        linked(desk, f"T-{number}")
        settle(desk)
    desk.resolve("T-0", by="bob")
    desk.reopen("T-0", by="bob")
    settle(desk)
    told = [("lead", "fix.asked"), ("manager", "react.policy")]
    assert [*told, *told] == pager.told
    assert ["2 cases are affected: a fix is asked for", "3 cases are affected: a fix is asked for"] == [
        str(sent.reason) for sent in pager.sent if sent.to == "lead"
    ]

    for verb in ("resolve", "reopen"):
        getattr(desk, verb)("P-1", by="bob")
    linked(desk, "T-3")
    settle(desk)
    assert 4 == len(pager.sent)


def test_fix_may_be_asked_of_a_tier_and_a_vendor_and_for_some_issues_only(with_cascades):
    """The verbs are those of the desk."""
    rule = RequestFix(1, do=["escalate", "dispatch:acme-print"], when=Match(category="printing"))
    desk = with_cascades(policies=[rule])
    desk.open(id="P-1", by="bob", kind="problem", category="printing")
    desk.open(id="P-2", by="bob", kind="problem")
    linked(desk, "T-1")
    linked(desk, "T-2", to="P-2")
    settle(desk)

    assert (2, ["acme-print"]) == (desk.get("P-1").tier, [ticket.vendor for ticket in desk.get("P-1").vendor_tickets])
    assert (1, ()) == (desk.get("P-2").tier, desk.get("P-2").vendor_tickets)


# -- many, in parts, and through a crash


def crowd(desk, number, refusing=()):
    """Open a problem and many cases that wait for it; those that refuse are no longer open."""
    desk.open(id="P-1", by="bob", kind="problem")
    ids = [f"T-{place:05}" for place in range(number)]
    link = Link("known_issue", "P-1")
    commands = []
    for case_id in ids:
        common = {"case_id": case_id, "by": BOB}
        commands += [Open(**common, requester="jane"), Wait(**common, wait_reason="known_issue")]
    desk.execute_all(commands)
    for case_id in ids:
        desk.execute(LinkCase(case_id=case_id, by=BOB, link=link))
    for case_id in refusing:
        desk.cancel(case_id, by="bob")
    return ids


class Crash(BaseException):
    """What no flow catches: the process is gone."""


@pytest.fixture(params=["memory:", "sqlite"])
def store_url(request, tmp_path):
    """Give a store to come back to."""
    return MemoryStore() if request.param == "memory:" else f"sqlite:///{tmp_path / 'support.db'}"


def remembered(store_url, store):
    """Read what the outbox remembers of a cascade, where a store keeps that for good."""
    if isinstance(store_url, MemoryStore):
        return None
    with sqlite3.connect(store_url.removeprefix("sqlite:///")) as connection:
        rows = connection.execute("SELECT state, result FROM supporttiers_outbox WHERE kind = 'tell_linked'").fetchall()
    return [(state, json.loads(result)) for state, result in rows]


def test_crash_in_the_middle_repeats_nothing_and_loses_nothing(calm, make_desk, store_url, clock, monkeypatch):
    """A worker dies within a part; once its lease is over a third one finishes; refusals are counted, no more."""
    all_cases = Cascade("known_issue", on="resolved", do=["resolve"], when=Match(kind="problem"))
    process = attrs.evolve(calm, cascades=[all_cases])
    desk = make_desk(process, store=store_url)
    ids = crowd(desk, 40, refusing=["T-00003", "T-00033"])
    settle(desk)
    desk.resolve("P-1", by="bob", solution="kb/7")
    desk.run_due(limit=10)
    assert 9 == desk.counts(Match(solution="kb/7"), by="status")["resolved"] - 1

    again = make_desk(process, store=store_url)
    monkeypatch.setattr(again._ports.store, "settle", _crash)
    with pytest.raises(Crash):
        again.run_due(limit=10)
    monkeypatch.undo()
    assert 19 == again.counts(Match(solution="kb/7"), by="status")["resolved"] - 1
    clock.advance("5m")
    settle(again, limit=10)

    assert 38 == again.counts(Match(solution="kb/7"), by="status")["resolved"] - 1
    assert [4] * 38 == [again.get(case_id).version for case_id in ids if case_id not in {"T-00003", "T-00033"}]
    assert 0 == again.get("P-1").affected
    if not isinstance(store_url, MemoryStore):
        assert [("done", [38, 2, "T-00039"])] == remembered(store_url, again)


def _crash(_settled):
    raise Crash


def test_part_that_fails_is_tried_again_where_it_was(calm, make_desk, clock, monkeypatch):
    """How far it has got is remembered through a failure; the next telling of this case waits behind it."""
    cascades = [RESOLVE, Cascade("known_issue", on="resolved", do=["notify:owner"])]
    store = MemoryStore()
    desk = make_desk(attrs.evolve(calm, cascades=cascades), store=store)
    crowd(desk, 5)
    settle(desk)
    desk.resolve("P-1", by="bob")
    assert 2 == desk.run_due(limit=2).relayed  # one of the two cases that have ended tells the problem already
    with monkeypatch.context() as broken:
        broken.setattr(store, "load_many", _down)
        assert (1, 1) == ((failed := desk.run_due(limit=2)).relayed, failed.failed)
    assert "resolved" == desk.get("T-00001").status
    assert 2 == desk.run_due(limit=2).relayed
    clock.advance("1m")
    settle(desk, limit=2)

    assert {"resolved": 6} == desk.counts(by="status")
    assert "PeopleInformed" == type(desk.history("T-00004")[-1]).__name__


def _down(*_arguments):
    raise StoreError("memory", "down", retryable=True)


def test_case_that_cannot_be_decided_does_not_keep_the_others_from_it(calm, make_desk, monkeypatch):
    """A policy that fails, or a process that is lost, counts as a refusal; one that lost a race is decided again."""

    class Picky:
        name = "acme.picky"
        revision = 1

        def react(self, situation):
            return 5 if situation.case.id == "T-00001" and situation.case.status == "resolved" else ()

    store = MemoryStore()
    process = attrs.evolve(calm, cascades=[RESOLVE], policies=[Picky()])
    other = attrs.evolve(calm, name="other")
    crowd(make_desk([process, other], store=store), 4)
    make_desk([process, other], store=store).open(id="T-9", by="jane", process="other")
    make_desk([process, other], store=store).link("T-9", by="bob", to="P-1", kind="known_issue")
    make_desk([process, other], store=store).wait("T-9", by="bob", wait_reason="known_issue")
    store._processes.clear()
    desk = make_desk(process, store=store)
    settle(desk)
    desk.resolve("P-1", by="bob")
    commit, lost = store.commit, []

    def racing(commits):
        if len(commits) > 1 and not lost:
            lost.append(len(commits))
            return [*commit(commits[:-1]), False]
        return commit(commits)

    monkeypatch.setattr(store, "commit", racing)
    settle(desk)

    assert [3] == lost
    assert {
        "T-00000": "resolved", "T-00001": "waiting", "T-00002": "resolved", "T-00003": "resolved", "T-9": "waiting",
        "P-1": "resolved",
    } == statuses(desk)  # fmt: skip


def test_policy_that_raises_about_a_case_does_not_keep_the_others_from_it(calm, make_desk, caplog):
    """Whatever it raises, that is a refusal of this case, and is logged; the others carry it out."""

    class Faulty:
        name, revision = "acme.faulty", 1

        def permit(self, situation):
            if (situation.case.id, situation.trigger) == ("T-00001", "resolve"):
                raise KeyError("secret")

    desk = make_desk(attrs.evolve(calm, cascades=[RESOLVE], policies=[Faulty()]))
    crowd(desk, 3)
    settle(desk)
    desk.resolve("P-1", by="bob")
    settle(desk)

    assert {"P-1": "resolved", "T-00000": "resolved", "T-00001": "waiting", "T-00002": "resolved"} == statuses(desk)
    told = [each for each in caplog.messages if each.startswith("case T-00001 could not be told: KeyError in policy ")]
    assert 1 == len(told)
    assert "secret" not in told[0]


def test_part_waits_while_a_source_of_facts_is_down(calm, make_desk, clock):
    """What may work later is no refusal."""

    class Contracts:
        name = "acme.contracts"
        revision = 1
        needs = ("plans",)

        def permit(self, situation):
            return None

    up = []

    def read(_tenant, keys):
        if not up:
            raise OSError
        return dict.fromkeys(keys)

    store = MemoryStore()
    desk = make_desk(attrs.evolve(calm, cascades=[RESOLVE]), store=store)
    crowd(desk, 2)
    settle(desk)
    desk.resolve("P-1", by="bob")
    asking = make_desk(
        attrs.evolve(calm, cascades=[RESOLVE], policies=[Contracts()]), store=store,
        facts=[FactSource("plans", read, keyed_by="id")],
    )  # fmt: skip
    asking._ports.processes[calm.name, desk.process.revision] = asking.process
    assert (0, 1) == ((failed := asking.run_due()).relayed, failed.failed)
    assert {"waiting": 2, "resolved": 1} == asking.counts(by="status")
    up.append(True)
    clock.advance("1m")
    settle(asking)

    assert {"resolved": 3} == asking.counts(by="status")


def test_nobody_linked_is_told_nothing(with_cascades):
    """The message is settled all the same."""
    desk = with_cascades(RESOLVE)
    desk.open(id="P-1", by="bob")
    desk.resolve("P-1", by="bob")

    assert 1 == settle(desk)


@pytest.mark.parametrize("desk_class", [SupportDesk], ids=["called"], indirect=True)  # long, and of what both share
def test_ten_thousand_waiting_cases_are_resolved_in_parts(calm, make_desk, store_url):
    """Each pass takes a bounded part, and in the end every case is resolved, once."""
    number = 10_000
    cascade = attrs.evolve(RESOLVE, when=Match(kind="problem"))
    desk = make_desk(attrs.evolve(calm, cascades=[cascade]), store=store_url)
    desk.open(id="P-1", by="bob", kind="problem")
    waiting = [_waiting(desk.process, f"T-{place:05}") for place in range(number)]
    desk._ports.store.commit([commit for commits in waiting for commit in commits])
    desk.resolve("P-1", by="bob")

    desk.run_due()
    assert CHUNK == desk.counts(by="status")["resolved"] - 1
    _only_cascades(desk)

    assert {"resolved": number + 1} == desk.counts(by="status")
    assert {4} == {desk.get(f"T-{place:05}").version for place in range(0, number, 250)}


def _waiting(process, case_id):
    """Give the commits of a case that waits for the known issue."""
    first = opening(case_id, tenant="default", process=process.name, revision=process.revision, at=MONDAY)
    second = going_on(first, happened.CaseLinked, link=Link("known_issue", "P-1"), at=MONDAY)
    return first, second, going_on(second, happened.WaitStarted, wait_reason="known_issue", at=MONDAY)


def _only_cascades(desk):
    """Carry out the one message that tells linked cases to its end; what they tell in turn can wait."""
    now = desk._clock.now()
    over = False
    while not over:
        [message] = desk._ports.store.lease(now, until=now, token="t", limit=1)
        over = not drive(tell_linked(desk._ports, message, message.effect, now, limit=1000)).keep
