"""Cases that cannot be decided: tried again, later each time, set aside, told, and let go on."""

import logging
import re
from datetime import timedelta
from itertools import pairwise

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers._engine.deciding import MAX_SETTLED
from supporttiers._flows import due
from supporttiers._flows.due import BATCH, FAILURES
from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.decisions import Refusal
from supporttiers.errors import CaseNotFoundError, InputError, NotPermittedError, ParkedError, StoreError
from supporttiers.facts import FactSource
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.protocols import Commit
from supporttiers.readings import Pass
from supporttiers.reasons import Reason

BOB = Actor.agent("bob")
SECRET = "my password is hunter2"


class Moody:
    """A rule that fails about the cases that it is told of."""

    name, revision = "tests.moody", 1
    cases = frozenset()
    error = ValueError(SECRET)

    def permit(self, situation, /):
        """Fail, or have no opinion."""
        if situation.case.id in self.cases and situation.trigger in {"escalate", "note"}:
            raise self.error


def moody_about(*cases, kind=Moody, error=Moody.error):
    """Make such a rule; what it fails about is no part of the process."""
    return type("Moody", (kind,), {"cases": set(cases), "error": error})()


@pytest.fixture
def moody():
    """Give a rule that fails for T-1."""
    return moody_about("T-1")


@pytest.fixture
def store():
    """Give a store that several desks share."""
    return MemoryStore()


@pytest.fixture
def desk(make_desk, acme, moody, store):
    """Give a desk with that rule, and a case that it cannot escalate when it is due."""
    desk = make_desk(attrs.evolve(acme, limits=(), policies=[moody]), store=store)
    desk.open(SECRET, id="T-1", by="jane")
    return desk


def park(desk, clock):
    """Let time pass until the case is set aside; give the instants of the tries."""
    tries = []
    clock.advance("15m")
    while not desk.parked():
        done = desk.run_due()
        if done.failed or done.parked:
            tries.append(clock.now())
        clock.advance("1m")
    return tries


def test_case_that_cannot_be_decided_waits_longer_each_time_and_is_parked_after_ten(desk, clock):
    """A minute first, doubling, an hour at most; after the tenth failure in a row it is set aside."""
    tries = park(desk, clock)

    waits = [(later - earlier) / timedelta(minutes=1) for earlier, later in pairwise(tries)]
    assert [1, 2, 4, 8, 16, 32, 60, 60, 60] == waits
    (found,) = desk.parked()
    assert ("T-1", tries[-1], FAILURES) == (found.case.id, found.parked_at, found.failures)
    problem = (
        r"what is due on it could not be decided, 10 times in a row: ValueError in policy 'tests.moody', permit\(\), "
    )
    assert re.fullmatch(rf"{problem}test_parking\.py:\d+", str(found.reason))
    assert desk.next_wake() is None


def test_parked_case_is_counted_told_and_logged_by_its_id(desk, clock, pager, caplog):
    """Management hears of it, once; the pass counts it apart from what failed."""
    caplog.set_level(logging.DEBUG)
    clock.advance("15m")
    done = Pass()
    while not done.parked:
        clock.advance("1h")
        done = desk.run_due()

    assert Pass(parked=1, relayed=1, lag=done.lag) == done
    assert [("manager", "park.undecided")] == pager.told
    assert "case T-1 is set aside: what is due on it could not be decided, 10 times in a row: ValueError" in caplog.text
    assert SECRET not in caplog.text
    assert Pass() == desk.run_due()


def test_parking_in_a_pilot_tells_nobody(make_desk, acme, moody, store, clock, pager):
    """A process that only observes sends nothing; the case is listed all the same."""
    observing = attrs.evolve(acme, limits=(), policies=[moody], observes=True)
    desk = make_desk(observing, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    park(desk, clock)

    assert (1, []) == (len(desk.parked()), pager.sent)


def test_our_own_errors_are_told_in_full(make_desk, acme, store, clock):
    """They hold no customer text, and say what is to be mended."""
    rule = moody_about("T-1", error=StoreError("memory", "the policy is not known", retryable=False))
    desk = make_desk(attrs.evolve(acme, limits=(), policies=[rule]), store=store)
    desk.open("Stuck", id="T-1", by="jane")
    park(desk, clock)

    assert "memory: the policy is not known; trying again will not help" == desk.parked()[0].reason.params["problem"]


def test_parked_case_goes_on_once_it_is_mended_and_unparked(desk, clock, moody, kinds):
    """What had been due happens then, late, and on record as late."""
    park(desk, clock)
    moody.cases.clear()

    assert Pass() == desk.run_due()
    assert [True, False] == [desk.unpark("T-1"), desk.unpark(desk.get("T-1"))]
    assert clock.now() == desk.next_wake()
    assert 1 == desk.run_due().fired
    assert (2, ()) == (desk.get("T-1").tier, desk.parked())
    assert 1 == kinds(desk, "T-1").count("ThresholdFired")


def test_unparked_case_that_still_fails_is_tried_ten_times_more(desk, clock, pager):
    """It counts anew, and management hears of it anew."""
    park(desk, clock)
    desk.unpark("T-1")

    assert Pass(failed=1) == attrs.evolve(desk.run_due(), lag=timedelta(0))
    assert FAILURES - 1 == len(park(desk, clock))
    desk.run_due()
    assert 2 == len(pager.sent)


def test_unknown_case_cannot_be_unparked(desk):
    """The error names it."""
    with pytest.raises(CaseNotFoundError, match="'T-9' does not exist"):
        desk.unpark("T-9")


def test_command_that_is_carried_out_takes_a_case_out_of_parking(desk, clock, moody):
    """It is decided as always; what is due comes first, once nothing stands in its way."""
    park(desk, clock)
    moody.cases.clear()
    desk.note("T-1", by="bob")

    assert ((), 2) == (desk.parked(), desk.get("T-1").tier)


@pytest.mark.parametrize("many", [False, True])
def test_caller_is_told_that_the_case_is_parked(desk, clock, many):
    """What stood in its way still does: the error says so, with what went wrong as its cause."""
    park(desk, clock)
    command = wanted.Note(case_id="T-1", by=BOB)

    if many:
        desk.open("Fine", id="T-2", by="jane")
        error, other = desk.execute_all([command, wanted.Note(case_id="T-2", by=BOB)])
        assert "T-2" == other.case.id
    else:
        with pytest.raises(ParkedError) as caught:
            desk.execute(command)
        error = caught.value
    assert isinstance(error, ParkedError)
    assert "ValueError" == type(error.__cause__).__name__
    assert str(error).startswith("case 'T-1' is set aside: what is due on it could not be decided, 10 times in a row:")


@pytest.mark.parametrize("many", [False, True])
def test_caller_is_told_what_goes_wrong_with_a_case_that_is_not_parked(desk, clock, many):
    """The original error, as it is."""
    clock.advance("16m")
    command = wanted.Note(case_id="T-1", by=BOB)

    with pytest.raises(ValueError, match=SECRET):
        desk.execute_all([command]) if many else desk.execute(command)


def test_refusal_of_a_parked_case_is_a_refusal(make_desk, acme, store, clock):
    """That a command is not permitted is no word about what is due."""

    class No(Moody):
        def permit(self, situation, /):
            if situation.trigger == "resolve":
                return Refusal(Reason("permit.text", {"text": "No."}))
            return super().permit(situation)

    desk = make_desk(attrs.evolve(acme, limits=(), policies=[rule := moody_about("T-1", kind=No)]), store=store)
    desk.open("Stuck", id="T-1", by="jane")
    park(desk, clock)
    rule.cases.clear()

    with pytest.raises(NotPermittedError):
        desk.resolve("T-1", by="bob")


def test_explanation_begins_with_why_a_case_is_parked(desk, clock):
    """The rest is said as always, and its clocks can be read."""
    before = desk.explain("T-1")
    park(desk, clock)

    found = desk.explain("T-1")
    assert "park.undecided" == found.here[0].code
    assert [reason.code for reason in before.here] == [reason.code for reason in found.here[1:]]
    assert ["tier 1"] == [reading.limit for reading in desk.clocks("T-1")]


def test_explanation_says_why_a_case_is_parked_where_nothing_else_can_be_said(desk, make_desk, acme, store, clock):
    """Its process may be the very thing that is missing."""
    park(desk, clock)
    store._processes.clear()
    other = make_desk(attrs.evolve(acme, name="other"), store=store)
    desk.open("Sound", id="T-9", by="jane")
    with pytest.raises(StoreError):
        other.explain("T-9")

    found = other.explain("T-1")
    assert (["park.undecided"], ()) == ([reason.code for reason in found.here], found.next)


# -- others are not kept from what is due


def test_cases_that_fail_keep_nobody_from_their_deadlines(make_desk, acme, store, clock):
    """However many come first, the others are settled in the same pass."""
    broken = [f"F-{number:03}" for number in range(2 * BATCH + 5)]
    desk = make_desk(attrs.evolve(acme, limits=(), policies=[moody_about(*broken)]), store=store)
    for case_id in broken:
        desk.open("Stuck", id=case_id, by="jane")
    clock.advance("1s")
    for number in range(BATCH):
        desk.open("Stuck", id=f"T-{number:03}", by="jane")
    clock.advance("16m")
    done = desk.run_due()

    assert (BATCH, len(broken)) == (done.fired, done.failed)
    assert {1: len(broken), 2: BATCH} == desk.counts(by="tier")


def test_case_that_has_much_to_catch_up_goes_on_in_the_next_pass(make_desk, calm, store, clock):
    """After a long outage a case settles so many deadlines a pass; others, due later, have theirs in the same one."""
    limit = TimeLimit(
        name="nag", target="1m", start=Match(status="queued"), reset=Match(status="queued"),
        stop=Match(status="closed"), thresholds=[Threshold("100%", do=["note:again"])],
    )  # fmt: skip
    desk = make_desk(attrs.evolve(calm, limits=[limit]), store=store)
    desk.open("Forgotten", id="T-1", by="jane")
    clock.advance(timedelta(minutes=MAX_SETTLED + 200))
    for number in range(BATCH + 3):
        desk.open("New", id=f"N-{number:03}", by="jane")
    clock.advance("1m")

    first, second, third = (desk.run_due() for _ in range(3))

    assert (BATCH + 4, 1, 0) == (first.fired, second.fired, third.fired)
    assert MAX_SETTLED + 201 == sum(type(event).__name__ == "ThresholdFired" for event in desk.history("T-1"))


def test_case_that_runs_in_a_circle_takes_one_turn_a_pass(make_desk, calm, store, clock):
    """It does not use up the pass of others."""

    class Circle:
        name, revision = "tests.circle", 1

        def react(self, situation, /):
            return ()

    desk = make_desk(attrs.evolve(calm, policies=[Circle()]), store=store)
    desk.open("Stuck", id="T-1", by="jane")
    claims = []
    claim = store.claim
    store.claim = lambda now, **how: claims.append(how["limit"]) or claim(now, **how)
    desk.run_due()

    assert [BATCH] == claims


def test_source_that_has_to_be_read_is_read_with_no_case_claimed(make_desk, acme, store, clock):
    """Between two claims, once for all cases that want to know."""
    reads, inside = [], []

    def plans(_tenant, keys):
        assert not inside
        reads.append(sorted(keys))
        return dict.fromkeys(keys, "gold")

    class Needy:
        name, revision, needs = "tests.needy", 1, ("plan",)

        def permit(self, situation, /):
            assert "gold" == situation.facts["plan"]

    claim = store.claim

    def claiming(now, **how):
        inside.append(True)
        try:
            return claim(now, **how)
        finally:
            inside.clear()

    store.claim = claiming
    desk = make_desk(attrs.evolve(acme, limits=(), policies=[Needy()]), store=store, facts=[FactSource("plan", plans)])
    for number in range(3):
        desk.open("Stuck", id=f"T-{number}", by="jane", customer=f"c-{number}")
    reads.clear()
    clock.advance("16m")

    assert 3 == desk.run_due().fired
    assert [["c-0", "c-1", "c-2"]] == reads


def test_store_that_is_away_parks_nothing(make_desk, acme, store, clock, monkeypatch):
    """That a process cannot be read just now is the store's failure, not the case's."""
    make_desk(acme, store=store).open("Stuck", id="T-1", by="jane")
    desk = make_desk(attrs.evolve(acme, name="other"), store=store)
    clock.advance("16m")

    def away(*_args):
        raise StoreError("memory", "away", retryable=True)

    with monkeypatch.context() as broken:
        broken.setattr(store, "get_process", away)
        with pytest.raises(StoreError, match="away"):
            desk.run_due()
    assert [0] == [found.failures for found in store.overdue(clock.now(), limit=9)]


def test_process_that_cannot_be_understood_parks_nothing(make_desk, acme, store, clock):
    """Whatever reading it raises: it may be of a newer release, whose workers understand it."""
    make_desk(acme, store=store).open("Stuck", id="T-1", by="jane")
    desk = make_desk(attrs.evolve(acme, name="other"), store=store)
    store._processes = {key: ("{", at) for key, (_, at) in store._processes.items()}
    clock.advance("15m")

    assert {(0, 0, 1)} == {(done.failed, done.parked, done.left) for done in (desk.run_due() for _ in range(12))}
    assert () == desk.parked()


# -- pages


def test_parked_cases_come_in_pages_of_the_tenant(make_desk, acme, store, clock):
    """By id; another tenant's are its own."""
    ids = [f"T-{number}" for number in range(3)]
    desk = make_desk(attrs.evolve(acme, limits=(), policies=[moody_about(*ids)]), store=store)
    for case_id in ids:
        desk.open("Stuck", id=case_id, by="jane")
    other = desk.bind(tenant="other")
    other.open("Stuck", id="T-1", by="jane")
    clock.advance("15m")
    while not desk.parked():
        desk.run_due()
        clock.advance("1m")

    first = desk.parked(limit=2)
    rest = desk.parked(after=first[-1].case.id, limit=2)
    assert ["T-0", "T-1", "T-2"] == [found.case.id for found in (*first, *rest)]
    assert ["other"] == [found.case.tenant for found in other.parked()]
    assert (4, 1) == (desk.backlog().parked, other.backlog(all_tenants=False).parked)


@pytest.mark.parametrize(
    ("ask", "problem"),
    [
        (lambda desk: desk.parked(limit=0), "limit is 0"),
        (lambda desk: desk.parked(after=5), "after must be a text"),
        (lambda desk: desk.backlog(all_tenants="yes"), "all_tenants must be"),
    ],
)
def test_parked_refuses_what_it_cannot_take(desk, ask, problem):
    """The error names the field."""
    with pytest.raises(InputError, match=problem):
        ask(desk)


# -- what others tell a parked case


def test_message_to_a_parked_case_is_kept_until_the_case_is_mended(desk, clock, moody):
    """That it cannot be decided is no refusal: it is tried again, and told in the end."""
    desk.open("Twice", id="T-2", by="joe")
    park(desk, clock)
    desk.merge("T-2", by="bob", into="T-1")
    moody.cases.add("T-1")

    assert 1 == desk.run_due().failed
    moody.cases.clear()
    clock.advance("1m")
    desk.run_due()
    assert ("joe",) == desk.get("T-1").watchers


def test_log_is_written_when_no_case_is_claimed(desk, clock, store):
    """A handler may be slow, or ask the desk itself: it must not find the store locked."""
    seen = []

    class Asking(logging.Handler):
        def emit(self, record):
            seen.append((record.getMessage(), desk.get("T-1").tier))

    logger, handler = logging.getLogger("supporttiers.flows"), Asking()
    logger.addHandler(handler)
    clock.advance("15m")
    try:
        desk.run_due()
    finally:
        logger.removeHandler(handler)

    ((told, tier),) = seen
    assert told.startswith("case T-1 cannot be decided: ValueError in policy 'tests.moody', permit(), ")
    assert 1 == tier


def test_case_that_was_woken_for_nothing_sleeps_until_something_is_due(desk, clock, store, kinds):
    """It does not come first in every pass from then on."""
    case = desk.get("T-1")
    early = Commit(
        tenant=case.tenant, case=case, previous=case.version, events=(), wakes_at=clock.now(), recorded_at=clock.now()
    )
    before, due = kinds(desk, "T-1"), desk.next_wake()
    store.commit([early])
    assert clock.now() == desk.next_wake()

    assert Pass() == desk.run_due()
    assert (due, before) == (desk.next_wake(), kinds(desk, "T-1"))


def test_case_that_waited_for_facts_is_forgotten_with_its_transaction():
    """When a claim is begun anew, a case for which something had to be read first is met as if for the first time."""
    sweep = due._Sweep(ports=None, now=None)
    sweep.answers = [None]

    assert [] == sweep.decide([])
    assert set() == sweep.met


def test_where_a_rule_failed_is_said_once_however_often_its_error_is_raised(desk, clock):
    """A rule may keep its error, and raise it again."""
    for _ in range(2):
        with pytest.raises(ValueError, match=SECRET) as caught:
            desk.note("T-1", by=BOB)

    assert 1 == len(caught.value.__notes__)
