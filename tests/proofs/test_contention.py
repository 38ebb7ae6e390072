"""Many at once want the same: nothing that was answered is lost, and of those who exclude each other one wins."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.proofs.world import BEGIN, STEP, desk_on

from supporttiers.actors import Actor
from supporttiers.commands import Note
from supporttiers.errors import CaseError, IdempotencyError, MoveRefusedError, StaleCaseError, StoreError
from supporttiers.events import CaseNoted, CaseOpened

MANY = 8


@pytest.fixture
def desks(url, receipts):
    """Give several desks on one store, each with connections of its own."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(desk_on(url, receipts, BEGIN)) for _ in range(MANY)]


def at_once(desks, call):
    """Let each desk do something at the same instant; give what each gives, or its error."""
    gate = threading.Barrier(len(desks))

    def one(place):
        gate.wait(60)
        try:
            return call(desks[place], place)
        except (CaseError, StoreError) as error:
            return error

    with ThreadPoolExecutor(len(desks)) as threads:
        return list(threads.map(one, range(len(desks))))


def test_writers_on_one_case_lose_nothing(desks):
    """Everybody writes to one case; every note is there, in an unbroken history."""
    desks[0].open("Printer", id="C-1", by="jane")

    def write(desk, place):
        return [desk.note("C-1", text=f"{place} {number}", by="anna").version for number in range(10)]

    versions = [version for answer in at_once(desks, write) for version in answer]
    history = desks[0].history("C-1")

    assert len(versions) == len(set(versions)) == 10 * MANY
    assert {f"{place} {number}" for place in range(MANY) for number in range(10)} == {
        event.text for event in history if isinstance(event, CaseNoted)
    }
    assert list(range(1, len(history) + 1)) == [event.version for event in history]
    assert desks[0].verify("C-1") == ()


def test_one_of_many_who_expect_a_version_wins(desks):
    """Whoever comes second hears that the case has moved on."""
    for round_ in range(5):
        case = desks[0].open("Printer", id=f"C-{round_}", by="jane")
        answers = at_once(
            desks,
            lambda desk, place, case=case: desk.note(case.id, text="x", by="anna", expected_version=case.version),
        )

        assert sorted(type(answer).__name__ for answer in answers) == ["Case"] + ["StaleCaseError"] * (MANY - 1)
        assert [answer for answer in answers if isinstance(answer, StaleCaseError)]
        assert desks[0].get(case.id).version == case.version + 1


def test_key_that_many_use_at_once_is_used_once(desks):
    """A request that is sent many times at once is carried out once, and all hear the same."""
    for round_ in range(5):
        case = desks[0].open("Printer", id=f"C-{round_}", by="jane")
        answers = at_once(
            desks, lambda desk, _, case=case: desk.note(case.id, text="x", by="anna", idempotency_key=f"k {case.id}")
        )

        assert {case.version + 1} == {answer.version for answer in answers}
        assert sum(isinstance(event, CaseNoted) for event in desks[0].history(case.id)) == 1


def test_key_with_which_many_open_at_once_opens_one_case(desks):
    """The same request to open a case, sent many times at once, opens one; so do ids that are the same."""
    for round_ in range(5):
        keyed = at_once(
            desks, lambda desk, _, round_=round_: desk.open("Printer", by="jane", idempotency_key=f"open {round_}")
        )
        assert len({case.id for case in keyed}) == 1
        assert len(desks[0].history(keyed[0].id)) == keyed[0].version

        named = at_once(desks, lambda desk, _, round_=round_: desk.open("Printer", id=f"C-{round_}", by="jane"))
        assert sorted(type(answer).__name__ for answer in named) == ["Case"] + ["MoveRefusedError"] * (MANY - 1)
        assert [answer for answer in named if isinstance(answer, MoveRefusedError)]
        assert sum(isinstance(event, CaseOpened) for event in desks[0].history(f"C-{round_}")) == 1


def test_key_that_many_use_for_different_things_is_used_for_one(desks):
    """Of different requests under one key one is carried out, on whichever case; the others are refused."""
    for place in range(MANY):
        desks[0].open("Printer", id=f"C-{place}", by="jane")
    for round_ in range(5):
        answers = at_once(
            desks,
            lambda desk, place, round_=round_: desk.note(
                f"C-{place}", text=str(place), by="anna", idempotency_key=f"k {round_}"
            ),
        )
        assert sum(isinstance(answer, IdempotencyError) for answer in answers) == MANY - 1
    notes = [event for case in desks[0].find() for event in desks[0].history(case) if isinstance(event, CaseNoted)]

    assert len(notes) == 5


def test_batches_that_cross_each_other_get_through(desks):
    """Sweeps and batches take many cases in different orders; nobody blocks another, and each thing happens."""
    ids = [desks[0].open("Printer", id=f"C-{place:02}", by="jane").id for place in range(20)]
    for desk in desks[::2]:
        desk._clock.advance(STEP)

    def work(desk, place):
        if place % 2 == 0:
            return desk.run_due(limit=7)
        wanted = ids if place % 4 == 1 else ids[::-1]
        return desk.execute_all([Note(case_id=case_id, by=Actor.agent("anna"), text=str(place)) for case_id in wanted])

    answers = at_once(desks, work)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert not [one for answer in answers[1::2] for one in answer if isinstance(one, Exception)]
    while desks[0].run_due().fired:
        pass
    for case_id in ids:
        assert sum(isinstance(event, CaseNoted) for event in desks[0].history(case_id)) == MANY // 2
        assert desks[0].verify(case_id) == ()
