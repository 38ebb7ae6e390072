"""How commands are carried out: races, idempotency, batches, and the process that a case started with."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.errors import (
    CaseNotFoundError,
    InputError,
    MoveRefusedError,
    StaleCaseError,
    StoreError,
)
from supporttiers.process import SupportProcess

BOB = Actor.agent("bob")


class Unlucky(MemoryStore):
    """A store in which somebody else is faster, as often as it is told."""

    def __init__(self):
        super().__init__()
        self.losses = 0
        self.batches = []
        self.meanwhile = None

    def commit(self, commits, /):
        """Lose, or write."""
        self.batches.append(len(commits))
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        if self.losses:
            self.losses -= 1
            return [False] * len(commits)
        return super().commit(commits)

    def claim(self, now, /, **how):
        """Let somebody else be faster, then claim what is left."""
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return super().claim(now, **how)


@pytest.fixture
def store():
    """Give a store that can lose races."""
    return Unlucky()


@pytest.fixture
def desk(make_desk, acme, store):
    """Give a desk on that store, with one case."""
    desk = make_desk(acme, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    return desk


# -- races


@pytest.fixture
def waits(monkeypatch):
    """Note how long whoever has lost would wait, and let nobody wait."""
    waits = []

    async def awaited(seconds):
        waits.append(seconds)

    monkeypatch.setattr("time.sleep", waits.append)
    monkeypatch.setattr("asyncio.sleep", awaited)
    return waits


@pytest.mark.parametrize("losses", [1, 99])
def test_execute_decides_again_when_somebody_was_faster(desk, store, kinds, waits, losses):
    """A lost race is not the caller's business, as long as it is won in the end; the command counts once."""
    store.losses = losses

    case = desk.note("T-1", by="bob", text="Hm.")

    assert case == desk.get("T-1")
    assert ["CaseNoted"] == kinds(desk, "T-1", after=3)
    assert losses == len(waits)


def test_execute_waits_a_moment_of_its_own_before_it_decides_again(desk, store, waits):
    """Those who meet once would meet again, if all came back at once; nobody waits for long."""
    store.losses = 99

    desk.note("T-1", by="bob", text="Hm.")

    assert waits[0] < 0.001
    assert 0.016 < max(waits) < 0.032
    assert len(waits) == len(set(waits))


def test_execute_gives_up_after_a_hundred_lost_races(desk, store, waits):
    """Somebody is always faster: the caller is told, and nothing was written."""
    store.losses = 100
    before = desk.history("T-1")

    with pytest.raises(StaleCaseError, match=r"^case 'T-1' is at version 3"):
        desk.note("T-1", by="bob")
    assert before == desk.history("T-1")
    assert 0 == store.losses


@pytest.mark.usefixtures("waits")
def test_execute_gives_up_opening_after_a_hundred_lost_races(desk, store):
    """A case that could not be opened is said to be at no version."""
    store.losses = 100

    with pytest.raises(StaleCaseError, match="'T-2' is at version 0"):
        desk.open("Stuck", id="T-2", by="jane")


def test_execute_decides_again_on_what_the_faster_one_left(desk, store):
    """The second decision sees the case as it is by then."""
    store.meanwhile = lambda: desk.resolve("T-1", by="eve")

    with pytest.raises(MoveRefusedError, match=r"cannot start from resolved"):
        desk.start("T-1", by="bob")


def test_execute_compares_the_expected_version_again_after_a_lost_race(desk, store):
    """Who names a version never overwrites what came in between."""
    store.meanwhile = lambda: desk.note("T-1", by="eve")

    with pytest.raises(StaleCaseError) as caught:
        desk.start("T-1", by="bob", expected_version=3)
    assert ("T-1", 3, 4) == attrs.astuple(caught.value)


def test_sweep_leaves_to_others_what_they_were_faster_at(desk, store, clock, kinds):
    """What another worker has settled does not count as ours, and is settled once."""
    clock.advance("15m")
    store.meanwhile = desk.run_due

    assert 0 == desk.run_due().fired
    assert 2 == desk.get("T-1").tier
    assert 1 == kinds(desk, "T-1").count("ThresholdFired")


# -- what is settled stays


def test_expected_version_is_compared_after_what_was_due(desk, clock, kinds):
    """The escalation that the caller had not seen makes the version stale, and stays."""
    clock.advance("15m1s")

    with pytest.raises(StaleCaseError) as caught:
        desk.note("T-1", by="bob", expected_version=3)

    case = desk.get("T-1")
    assert (2, caught.value.found) == (case.tier, case.version)
    assert "CaseNoted" not in kinds(desk, "T-1")
    assert 1 == desk.note("T-1", by="bob", expected_version=case.version).version - case.version


def test_refused_command_leaves_what_a_sweep_would_have_left(make_desk, acme, clock):
    """What was due before a refused command is settled as by a sweep, to the last event."""
    swept, refused = make_desk(acme), make_desk(acme)
    for desk in (swept, refused):
        desk.open("Stuck", id="T-1", by="jane")
    clock.advance("4h1s")

    swept.run_due()
    with pytest.raises(MoveRefusedError):
        refused.release("T-1", by="bob", reason="never mind", idempotency_key="k")

    assert swept.history("T-1") == refused.history("T-1")
    assert swept.get("T-1") == refused.get("T-1")
    assert swept.next_wake() == refused.next_wake()


def test_malformed_command_settles_nothing(desk, clock, at):
    """What cannot have occurred yet is refused before time is let pass."""
    clock.advance("20m")

    with pytest.raises(InputError, match="occurred_at lies after"):
        desk.note("T-1", by="bob", occurred_at=at("09:21"))
    assert 3 == desk.get("T-1").version


# -- other cases


@pytest.mark.parametrize("verb", [{"link": {"to": "T-9"}}, {"merge": {"into": "T-9"}}])
def test_linking_to_an_unknown_case_is_refused(desk, verb):
    """Deciding sees one case only; that the other one is there is made sure of before."""
    ((name, fields),) = verb.items()

    with pytest.raises(CaseNotFoundError) as caught:
        getattr(desk, name)("T-1", by="bob", **fields)
    assert ("T-9", "default") == attrs.astuple(caught.value)


def test_linking_a_case_to_itself_is_the_engines_to_refuse(desk):
    """A case knows itself without being looked up."""
    with pytest.raises(MoveRefusedError, match="cannot be linked to itself"):
        desk.merge("T-1", by="bob", into="T-1")


# -- which process


def test_case_keeps_the_limits_with_which_it_started(make_desk, acme, clock, tmp_path):
    """A changed process of the same name is for new cases; old ones go on with theirs, read from the store."""
    url = f"sqlite:///{tmp_path / 'support.db'}"
    old = make_desk(acme, store=url)
    old.open("Stuck", id="T-1", by="jane")
    old.shut_down()
    first, *others = acme.tiers
    new = make_desk(attrs.evolve(acme, tiers=[attrs.evolve(first, time_limit="5m"), *others]), store=url)
    new.open("Stuck", id="T-2", by="jane")

    clock.advance("10m")
    new.run_due()

    assert [("T-1", 1), ("T-2", 2)] == [(case.id, case.tier) for case in new.find()]
    assert ["0:15:00"] == [str(found.target) for found in new.clocks("T-1") if found.limit == "tier 1"]
    new.shut_down()


def test_case_of_an_unknown_revision_is_the_operators_problem(make_desk, acme, calm):
    """A store that has lost a process says which, instead of guessing another."""
    store = MemoryStore()
    make_desk(acme, store=store).open("Stuck", id="T-1", by="jane")
    store._processes.clear()
    desk = make_desk(calm, store=store)

    with pytest.raises(StoreError, match=f"process 'acme' of revision {acme.revision} is neither at hand") as caught:
        desk.note("T-1", by="bob")
    assert not caught.value.retryable


def test_opening_follows_the_named_process(make_desk, acme):
    """The first process is the default; a case may be opened with another."""
    desk = make_desk([acme, SupportProcess.default()])

    assert "acme" == desk.open("Stuck", by="jane").process
    assert "support" == desk.open("Stuck", by="jane", process="support").process
    assert "acme" == desk.open("Stuck", by="jane", process="acme").process


def test_opening_with_an_unknown_process_says_which_there_are(make_desk, acme):
    """The error lists what is possible, and no case is opened."""
    desk = make_desk([acme, SupportProcess.default()])

    with pytest.raises(InputError, match=r"^case 'T-1': process must be one of: acme, support$"):
        desk.open("Stuck", id="T-1", by="jane", process="acne")
    assert 0 == len(desk.find())
