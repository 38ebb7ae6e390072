"""Many commands at once, and commands that are only tried."""

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers._flows.cases import BATCH
from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import CaseNotFoundError, IdempotencyError, InputError, MoveRefusedError, StoreError
from supporttiers.facts import FactSource
from supporttiers.links import Link

BOB = Actor.agent("bob")
JANE = Actor.customer("jane")


class Watched(MemoryStore):
    """A store that remembers what was committed, and lets others in between reading and writing."""

    def __init__(self):
        super().__init__()
        self.batches = []
        self.meanwhile = None

    def commit(self, commits, /):
        """Let others in, then write."""
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        self.batches.append([commit.case.id for commit in commits])
        return super().commit(commits)


@pytest.fixture
def store():
    """Give a store that remembers."""
    return Watched()


@pytest.fixture
def desk(make_desk, calm, store):
    """Give a desk without limits on that store."""
    return make_desk(calm, store=store)


def opening(case_id, **fields):
    """Open a case."""
    return wanted.Open(case_id=case_id, by=JANE, **fields)


def note(case_id, **fields):
    """Write something down."""
    return wanted.Note(case_id=case_id, by=BOB, **fields)


def test_execute_all_decides_in_id_order_and_answers_in_the_order_given(desk, store):
    """One transaction in the order of ids, so that two callers cannot lock each other out; answers as asked."""
    answers = desk.execute_all([opening("T-3"), opening("T-1"), opening("T-2")])

    assert ["T-3", "T-1", "T-2"] == [answer.case.id for answer in answers]
    assert [["T-1", "T-2", "T-3"]] == store.batches


def test_execute_all_carries_out_several_commands_on_one_case_in_order(desk, store):
    """Each sees what the one before it did; together they are one commit of the case."""
    answers = desk.execute_all([
        opening("T-1"), wanted.Start(case_id="T-1", by=BOB), wanted.InformManagement(case_id="T-1", by=BOB),
        wanted.Resolve(case_id="T-1", by=BOB, text="Done."),
    ])  # fmt: skip

    assert ["queued", "in_progress", "in_progress", "resolved"] == [answer.case.status for answer in answers]
    assert [["T-1"]] == store.batches
    assert answers[-1].case == desk.get("T-1")
    assert [event for answer in answers for event in answer.events] == list(desk.history("T-1"))
    assert () == desk.verify("T-1")


def test_execute_all_relays_what_all_commands_of_a_case_cause(desk, pager):
    """No message is lost or doubled when commits of one case are joined."""
    desk.execute_all([
        opening("T-1"), wanted.InformManagement(case_id="T-1", by=BOB), wanted.InformManagement(case_id="T-1", by=BOB),
    ])  # fmt: skip
    desk.run_due()

    assert 2 == len(pager.sent)
    assert 2 == len(set(pager.keys))


def test_execute_all_puts_errors_beside_decisions(desk):
    """One command's refusal, however it comes about, is no other's business."""
    answers = desk.execute_all([
        opening("T-1"), wanted.Resume(case_id="T-1", by=BOB), note("T-9"), "reply", opening("T-2", process="acne"),
        note("T-1"),
    ])  # fmt: skip

    kinds = ["Decision", "MoveRefusedError", "CaseNotFoundError", "InputError", "InputError", "Decision"]
    assert kinds == [type(answer).__name__ for answer in answers]
    assert "command must be a command such as Reply or Escalate, not str" == str(answers[3])
    assert ["CaseOpened", "CaseNoted"] == [type(event).__name__ for event in desk.history("T-1")]


def test_execute_all_of_nothing_writes_nothing(desk, store):
    """No commands, no answers, no transaction; the same for commands of which nothing comes."""
    assert [] == desk.execute_all([])
    desk.open("Stuck", id="T-1", by="jane")
    desk.execute_all([wanted.Assign(case_id="T-1", by=BOB), note("T-9")])

    assert [["T-1"]] == store.batches


def test_execute_all_settles_what_was_due_before_a_refused_command(make_desk, acme, store, clock):
    """Time goes on in a batch as it does alone."""
    desk = make_desk(acme, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("16m")

    (answer,) = desk.execute_all([wanted.Resume(case_id="T-1", by=BOB)])

    assert isinstance(answer, MoveRefusedError)
    assert 2 == desk.get("T-1").tier


def test_execute_all_makes_an_id_for_an_opening_without_one(desk):
    """The desk names cases in a batch as it does alone."""
    (answer,) = desk.execute_all([opening("")])

    assert answer.case == desk.get(answer.case.id)


def test_execute_all_writes_at_most_so_many_in_one_transaction(desk, store):
    """A long list is several transactions, so that nobody else waits long."""
    answers = desk.execute_all([opening(f"T-{number:03}") for number in range(BATCH + 1)])

    assert [BATCH, 1] == [len(batch) for batch in store.batches]
    assert [f"T-{number:03}" for number in range(BATCH + 1)] == [answer.case.id for answer in answers]


def test_execute_all_keeps_the_order_of_commands_that_stand_alone(desk, store):
    """A command with a key, or about another case, is carried out by itself, after what comes before it."""
    link = wanted.LinkCase(case_id="T-2", by=BOB, link=Link("follows", "T-1"))
    lost = wanted.Merge(case_id="T-2", by=BOB, into="T-9")

    answers = desk.execute_all([opening("T-1"), opening("T-2"), link, lost, note("T-2", idempotency_key="k"),
                                note("T-2")])  # fmt: skip

    assert [["T-1", "T-2"], ["T-2"], ["T-2"], ["T-2"]] == store.batches
    assert isinstance(answers[3], CaseNotFoundError)
    assert ["CaseOpened", "CaseLinked", "CaseNoted", "CaseNoted"] == [
        type(event).__name__ for event in desk.history("T-2")
    ]


def test_execute_all_knows_repeated_keys(desk):
    """Idempotency holds in a batch too, within it and afterwards, also for openings without an id."""
    opened = opening("", idempotency_key="k-1")

    first, second = desk.execute_all([opened, opened])
    (third,) = desk.execute_all([attrs.evolve(opened, subject="Other")])

    assert {False, True} == {first.replayed, second.replayed}
    assert first.case == second.case
    assert isinstance(third, IdempotencyError)


def test_execute_all_decides_alone_what_lost_a_race(desk, store):
    """Only the case that somebody else changed is decided again; the others are written."""
    desk.execute_all([opening("T-1"), opening("T-2")])
    store.batches.clear()
    store.meanwhile = lambda: desk.assign("T-1", by="eve", assignee="eve")

    first, second = desk.execute_all([wanted.Start(case_id="T-1", by=BOB), wanted.Start(case_id="T-2", by=BOB)])

    assert ("eve", "bob") == (first.case.assignee, second.case.assignee)
    assert [["T-1"], ["T-1", "T-2"], ["T-1"]] == store.batches


def test_execute_all_never_builds_on_what_was_not_written(desk, store):
    """If a case's first command loses a race, its later ones are decided again too, even where versions would fit."""
    desk.open("Stuck", id="T-1", by="jane")
    store.meanwhile = lambda: desk.cancel("T-1", by="eve")  # one event, as the first command would have made

    first, second = desk.execute_all([wanted.Start(case_id="T-1", by=BOB), note("T-1")])

    assert isinstance(first, MoveRefusedError)
    assert "cancelled" == second.case.status
    assert () == desk.verify("T-1")


def test_execute_all_gives_decisions_without_events_for_what_changes_nothing(desk):
    """A command that finds everything as wanted is answered with the case, in a batch as alone."""
    desk.open("Stuck", id="T-1", by="jane")

    (answer,) = desk.execute_all([wanted.Assign(case_id="T-1", by=BOB)])

    assert (desk.get("T-1"), ()) == (answer.case, answer.events)


# -- preview


def test_preview_tells_what_would_happen_and_stores_nothing(desk, store, pager, clock):
    """Case, events and effects as they would be; the desk stays as it is, its outbox too."""
    desk.open("Stuck", id="T-1", by="jane")
    before, batches = desk.get("T-1"), list(store.batches)

    decision = desk.preview(wanted.InformManagement(case_id="T-1", by=BOB, idempotency_key="k"))
    desk.run_due()

    assert (2, ["Notify"]) == (decision.case.version, [type(effect).__name__ for effect in decision.effects])
    assert (before, batches, []) == (desk.get("T-1"), store.batches, pager.sent)


def test_preview_of_an_opening_shows_the_case_that_would_be(desk):
    """Even a case that is not there yet can be tried."""
    decision = desk.preview(opening("", subject="Stuck"))

    assert "Stuck" == decision.case.subject
    assert 0 == len(desk.find())


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (wanted.Resume(case_id="T-1", by=BOB), MoveRefusedError),
        (note("T-9"), CaseNotFoundError),
        (wanted.Merge(case_id="T-1", by=BOB, into="T-9"), CaseNotFoundError),
        (opening("T-2", process="acne"), InputError),
        ("reply", InputError),
    ],
)
def test_preview_is_refused_as_the_command_would_be(desk, command, error):
    """What could not be done cannot be previewed either."""
    desk.open("Stuck", id="T-1", by="jane")

    with pytest.raises(error):
        desk.preview(command)


def test_preview_settles_nothing(make_desk, acme, store, clock):
    """What is due counts in the preview, and stays due."""
    desk = make_desk(acme, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("16m")

    assert 2 == desk.preview(note("T-1")).case.tier
    assert 1 == desk.get("T-1").tier


def test_failing_store_fails_the_whole_batch(desk, store):
    """A store's failure is the operator's to see, not an answer among others."""

    def fail():
        raise StoreError("memory", "is full", retryable=True)

    store.meanwhile = fail
    with pytest.raises(StoreError, match="is full"):
        desk.execute_all([opening("T-1")])


def test_execute_all_answers_for_each_keyed_command_though_a_source_fails(make_desk, calm):
    """One that a policy cannot be asked about is answered with that error; the others are carried out."""

    def down(_tenant, _keys):
        raise OSError("down")

    desk = make_desk(attrs.evolve(calm, policies=[Needy()]), facts=[FactSource("stock", down)])
    commands = [
        opening("T-1", customer="c-1", kind="request", idempotency_key="a"),
        opening("T-2", idempotency_key="b"),
    ]
    failed, done = desk.execute_all(commands)

    assert ("FactsError", "T-2") == (type(failed).__name__, done.case.id)
    assert ["T-2"] == [case.id for case in desk.find()]


class Needy:
    """Knows the priority of requests from outside."""

    name, revision, needs = "tests.needy", 1, ("stock",)

    def prioritise(self, situation, /):
        """Ask for it."""
        return situation.facts["stock"] if situation.case.kind == "request" else None
