"""Idempotency keys: the same command twice is one, and another command with an old key is refused."""

from datetime import timedelta

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import IdempotencyError, MoveRefusedError

BOB = Actor.agent("bob")


class Watched(MemoryStore):
    """A store that counts transactions, and lets others in before one."""

    def __init__(self):
        super().__init__()
        self.batches = []
        self.meanwhile = None

    def commit(self, commits, /):
        """Let others in, then write."""
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        self.batches.append(len(commits))
        return super().commit(commits)


@pytest.fixture
def store():
    """Give a store that counts."""
    return Watched()


@pytest.fixture
def desk(make_desk, acme, store):
    """Give a desk on that store, with one case."""
    desk = make_desk(acme, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    return desk


def test_same_key_and_body_is_answered_without_writing(desk, store, clock):
    """A repeated request gives the case as it is now, says so, and writes nothing, whatever its times."""
    note = wanted.Note(case_id="T-1", by=BOB, text="Hm.", idempotency_key="k-1")
    first = desk.execute(note)
    clock.advance("5m")
    batches = list(store.batches)

    again = desk.execute(attrs.evolve(note, occurred_at=clock.now(), expected_version=1))

    assert (False, True) == (first.replayed, again.replayed)
    assert (first.case, ()) == (again.case, again.events)
    assert batches == store.batches


def test_same_key_with_another_body_is_refused(desk):
    """A key stands for one command; another text, case or actor is another command."""
    desk.note("T-1", by="bob", text="Hm.", idempotency_key="k-1")
    desk.open("Other", id="T-2", by="jane")
    before = desk.history("T-1"), desk.history("T-2")

    for other in ({"text": "Oh."}, {"text": "Hm.", "case": "T-2"}, {"text": "Hm.", "by": "eve"}):
        with pytest.raises(IdempotencyError) as caught:
            desk.note(**{"case": "T-1", "by": "bob", **other}, idempotency_key="k-1")
        assert ("T-1", "k-1") == attrs.astuple(caught.value)
    assert before == (desk.history("T-1"), desk.history("T-2"))


@pytest.mark.parametrize(("later", "replayed"), [(timedelta(days=30), True), (timedelta(days=30, seconds=1), False)])
@pytest.mark.parametrize("swept", [True, False])
def test_key_is_free_again_after_thirty_days(desk, clock, later, replayed, swept):
    """A key is kept for 30 days to the very second, whether or not a pass has cleared old ones away."""
    note = wanted.Note(case_id="T-1", by=BOB, idempotency_key="k-1")
    desk.execute(note)
    clock.advance(later)
    if swept:
        desk.run_due()

    assert replayed == desk.execute(note).replayed


def test_refusal_does_not_use_up_its_key(desk):
    """A refused command may come again with its key, when it is possible."""
    with pytest.raises(MoveRefusedError):
        desk.resume("T-1", by="bob", idempotency_key="k-1")
    desk.wait("T-1", by="bob")

    assert "queued" == desk.resume("T-1", by="bob", idempotency_key="k-1").status


def test_opening_again_with_a_key_gives_the_first_case(desk):
    """A repeated request without an id opens no second case."""
    first = desk.open("Stuck", by="jane", idempotency_key="k-1")

    assert first == desk.open("Stuck", by="jane", idempotency_key="k-1")
    assert 2 == len(desk.find())


def test_race_of_two_with_one_key_opens_one_case(desk, store):
    """The slower one of two equal requests is answered with what the faster one did."""
    opening = wanted.Open(by=Actor.customer("jane"), idempotency_key="k-1")
    store.meanwhile = lambda: desk.execute(opening)

    decision = desk.execute(opening)

    assert decision.replayed
    assert 2 == len(desk.find())


def test_keys_belong_to_tenants(desk):
    """Two tenants may use one key without knowing of each other."""
    other = desk.bind(tenant="globex")
    desk.open("Mine", id="T-7", by="jane", idempotency_key="k-1")

    assert "Theirs" == other.open("Theirs", id="T-7", by="joe", idempotency_key="k-1").subject
