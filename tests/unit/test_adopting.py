"""Cases of another system come over in mid-life: observed up to now, in the care of their process from then on."""

from datetime import timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import Actor
from supporttiers.cases import rebuild
from supporttiers.commands import Close, Escalate, LinkCase, Merge, Note, Open, Resolve, Resume, Start, Wait
from supporttiers.decisions import Decision
from supporttiers.errors import CaseNotFoundError, InputError, MoveRefusedError
from supporttiers.facts import FactSource
from supporttiers.links import Link
from supporttiers.match import Match
from supporttiers.stopwatches import Stage

JANE, ANNA = Actor.customer("jane"), Actor.agent("anna")


@pytest.fixture
def past(at):
    """Make the past of a case: opened at eight, worked on, waiting for a while."""

    def make(case_id="OLD-1"):
        return [
            Open(case_id=case_id, by=JANE, at=at("08:00"), tier=1),
            Start(case_id=case_id, by=ANNA, at=at("08:05")),
            Wait(case_id=case_id, by=ANNA, at=at("10:00")),
            Resume(case_id=case_id, by=ANNA, at=at("11:00")),
        ]

    return make


@pytest.fixture
def desk(make_desk, acme, clock):
    """Give a desk at two in the afternoon."""
    clock.advance("5h")
    return make_desk(acme)


def test_adopted_case_has_its_past_and_its_process(desk, past, acme, pager):
    """What was said stands as it was; nothing past fires, then or later, and nobody is told of it."""
    answer = desk.adopt(past())["OLD-1"]
    case = desk.get("OLD-1")
    names = [type(event).__name__ for event in desk.history(case)]

    assert (answer.case, ()) == (case, answer.effects)
    assert (1, "in_progress", "anna") == (case.tier, case.status, case.assignee)
    assert (acme.name, acme.revision, acme.revision) == (case.process, case.revision, case.limits_revision)
    assert {acme.revision} == {watch.revision for watch in case.stopwatches if watch.is_live}
    assert ["escalate:2", "notify:assignee"] == [
        event.would_have for event in desk.history(case) if isinstance(event, happened.ActionWithheld)
    ]
    assert "CaseAdopted" == names[-1]
    assert (0, []) == (desk.run_due().fired, pager.sent)
    assert case == rebuild(desk.history(case)) == desk.get("OLD-1")
    assert () == desk.verify(case)


def test_adopted_case_goes_on_by_its_process(desk, past, clock, pager, at):
    """Clocks run on with what they have used up; what is ahead fires, once, and acts."""
    desk.adopt(past())
    [_, whole] = desk.clocks("OLD-1")
    clock.advance(to=at("16:59"))
    before = desk.run_due().fired
    clock.advance("1m")
    desk.run_due()

    assert (timedelta(hours=5), at("17:00")) == (whole.elapsed, whole.due_at)
    assert 0 == before
    assert [("manager", "move.limit")] == pager.told
    with pytest.raises(MoveRefusedError):
        desk.close("OLD-1", by="anna")


def test_adopting_takes_commands_in_order_of_time(desk, past):
    """The order in which an export gives them does not matter; those of one instant stay as they are given."""
    [opening, *others] = past()
    note = Note(case_id="OLD-1", by=ANNA, at=opening.at, text="first")
    desk.adopt([*reversed(others), note, opening])
    names = [type(event).__name__ for event in desk.history("OLD-1")]

    assert "CaseOpened" == names[0]
    assert names.index("CaseNoted") < names.index("CaseStarted") < names.index("WaitStarted")


def test_adopting_again_changes_nothing(desk, past):
    """A case that is there already is refused, others come over: a broken-off script may be run again."""
    desk.adopt(past())
    before = desk.history("OLD-1")
    answers = desk.adopt([*past(), *past("OLD-2")])

    assert ["OLD-1", "OLD-2"] == list(answers)
    assert "refused.exists" == answers["OLD-1"].reason.code
    assert "cannot adopt" in str(answers["OLD-1"])
    assert isinstance(answers["OLD-2"], Decision)
    assert before == desk.history("OLD-1")


def test_adopting_records_what_the_process_would_have_refused(desk, at):
    """The old system closed an open case and moved it past a tier; both have happened."""
    answers = desk.adopt(
        [
            Open(case_id="OLD-1", by=JANE, at=at("08:00")),
            Escalate(case_id="OLD-1", by=ANNA, at=at("08:01"), tier=4),
            Close(case_id="OLD-1", by=ANNA, at=at("08:02")),
        ]
    )
    case = answers["OLD-1"].case

    assert (4, "closed") == (case.tier, case.status)
    assert all(watch.stage is Stage.COMPLETED for watch in case.stopwatches)
    assert None is answers["OLD-1"].wakes_at


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (lambda at: [Start(case_id="BAD", by=ANNA, at=at("08:00"))], CaseNotFoundError),
        (lambda at: [Open(case_id="BAD", by=JANE, at=at("14:01"))], InputError),
        (lambda at: [Open(case_id="BAD", by=JANE), Start(case_id="BAD", by=ANNA, at=at("08:00"))], InputError),
        (lambda at: [Open(case_id="BAD", by=JANE, at=at("08:00"), tier=3)], MoveRefusedError),
        (lambda at: [Open(case_id="BAD", by=JANE, at=at("08:00"), process="none")], InputError),
        (
            lambda at: [
                Open(case_id="BAD", by=JANE, at=at("08:00")),
                LinkCase(case_id="BAD", by=ANNA, at=at("08:01"), link=Link("follows", "nowhere")),
            ],
            CaseNotFoundError,
        ),
    ],
    ids=["never opened", "still to come", "no instant", "no such tier", "no such process", "linked to nowhere"],
)
def test_adopting_takes_a_case_whole_or_not_at_all(desk, past, at, broken, error):
    """One that cannot be put on record is left out with its error; the others come over."""
    answers = desk.adopt([*broken(at), *past()])

    assert isinstance(answers["BAD"], error)
    assert isinstance(answers["OLD-1"], Decision)
    assert ["OLD-1"] == [case.id for case in desk.find()]


@pytest.mark.parametrize("strange", ["a text", Open(by=JANE)], ids=["no command", "no id"])
def test_adopting_refuses_what_names_no_case(desk, past, strange):
    """What is no command, and an opening without an id, are mistakes of the script: nothing is written."""
    with pytest.raises(InputError):
        desk.adopt([*past(), strange])
    assert [] == list(desk.find())


def test_adopted_cases_are_linked_and_counted(desk, past, at):
    """Links among the cases taken over, and to those that are there; a known issue counts who waits for it."""
    desk.open("Known", by="anna", id="P-1", kind="problem")
    answers = desk.adopt(
        [
            *past("OLD-1"),
            LinkCase(case_id="OLD-1", by=ANNA, at=at("12:00"), link=Link("known_issue", "P-1")),
            *past("OLD-2"),
            Merge(case_id="OLD-2", by=ANNA, at=at("12:00"), into="OLD-1"),
        ]
    )
    desk.run_due()

    assert [Decision, Decision] == [type(answer) for answer in answers.values()]
    assert 1 == desk.get("P-1").affected
    assert () == desk.get("OLD-1").watchers


def test_adopting_reads_what_policies_need_once_for_all(make_desk, acme, past, clock):
    """Facts are as they are now; one read serves every case."""
    reads = []

    def read(_tenant, keys):
        reads.append(tuple(keys))
        return dict.fromkeys(keys, "gold")

    limit = attrs.evolve(acme.limits[0], when=Match({"facts.plan": "gold"}))
    source = FactSource("plan", read, keyed_by="requester")
    clock.advance("5h")
    desk = make_desk(attrs.evolve(acme, limits=[limit]), facts=[source])
    answers = desk.adopt([*past("OLD-1"), *past("OLD-2")])

    assert [("jane",)] == reads
    assert all(answer.case.stopwatch("resolve") is not None for answer in answers.values())


def test_adopting_loses_to_whoever_opens_the_case_meanwhile(make_desk, acme, past, clock):
    """A case that came up between reading and writing is there already."""
    clock.advance("5h")
    desk = make_desk(acme)
    store = desk._ports.store
    load = store.load_many

    def slow(tenant, ids, /):
        found = load(tenant, ids)
        if not desk.counts():
            desk.open("Faster", by="joe", id="OLD-1")
        return found

    store.load_many = slow
    answers = desk.adopt([*past("OLD-1"), *past("OLD-2")])

    assert "refused.exists" == answers["OLD-1"].reason.code
    assert isinstance(answers["OLD-2"], Decision)
    assert "joe" == desk.get("OLD-1").requester


def test_adopting_writes_many_cases(make_desk, acme, past, clock, tmp_path):
    """More cases than one transaction holds, on a file, each whole."""
    clock.advance("5h")
    with make_desk(acme, store=f"sqlite:///{tmp_path}/support.db") as desk:
        answers = desk.adopt(command for number in range(300) for command in past(f"OLD-{number}"))

        assert 300 == len(answers) == desk.counts()["in_progress"]
        assert () == desk.verify("OLD-299")


def test_adopting_on_a_desk_that_watches_goes_on_watching(make_desk, acme, past, clock, pager):
    """A pilot begins with the open cases; its rules go on watching."""
    clock.advance("5h")
    desk = make_desk(acme.observing())
    desk.adopt(past())
    clock.advance("3h")
    desk.run_due()

    assert acme.observing().revision == desk.get("OLD-1").revision
    assert [] == pager.sent


def test_adopting_ended_cases_lets_nothing_happen_to_them(desk, at, past, clock):
    """A resolved case comes over with its clocks stopped."""
    desk.adopt([*past(), Resolve(case_id="OLD-1", by=ANNA, at=at("13:00"))])
    clock.advance("100h")

    assert 0 == desk.run_due().fired
    assert "resolved" == desk.get("OLD-1").status
