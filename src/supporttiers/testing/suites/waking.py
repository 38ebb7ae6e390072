"""Laws of what is due: claimed by one at a time, tried again later, set aside, and never forgotten."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.cases import Case
from supporttiers.protocols import Backlog, CaseStore, Commit, DueCase, Setback
from supporttiers.reasons import Reason
from supporttiers.testing.builders import committing, going_on, happens, message, minutes, opening
from supporttiers.testing.suites._laws import Laws, at_once, claimed, leased, settled

WHY = Reason("park.undecided", {"failures": 3, "problem": "ValueError"})


class WakingLaws(Laws):
    """Wake-ups, claims, and cases that cannot be decided."""

    def test_due_are_those_at_or_before_now(self, store: CaseStore) -> None:
        """The earliest comes first, and its own instant is due."""
        wakes = {"T-1": 30, "T-2": 10, "T-3": 31, "T-4": 20}
        store.commit([*(opening(name, wakes_at=minutes(at)) for name, at in wakes.items()), opening("T-5")])
        store.commit([opening("T-6", wakes_at=minutes(30) + timedelta.resolution)])

        due = claimed(store, minutes(30), limit=9)
        assert [("T-2", minutes(10)), ("T-4", minutes(20)), ("T-1", minutes(30))] == [
            (found.case.id, found.wakes_at) for found in due
        ]
        assert store.load("acme", "T-2").case == due[0].case
        assert [] == list(claimed(store, minutes(9), limit=9))

    def test_due_are_limited(self, store: CaseStore) -> None:
        """Only so many are given, the earliest, and again until they have been dealt with."""
        store.commit([opening(f"T-{number}", wakes_at=minutes(9 - number)) for number in range(9)])

        for _ in range(2):
            assert ["T-8", "T-7"] == [found.case.id for found in claimed(store, minutes(60), limit=2)]

    def test_a_wake_up_moves_with_each_commit(self, store: CaseStore) -> None:
        """Later, earlier, back where it was, and away: only the last word counts, and once."""
        commit = opening(wakes_at=minutes(10))
        store.commit([commit])
        for at in (20, 5, 10, 20, 10):
            commit = attrs.evolve(going_on(commit, happened.CaseNoted), wakes_at=minutes(at))
            store.commit([commit])
            assert minutes(at) == store.next_wake()
            assert [] == list(claimed(store, minutes(at - 1), limit=9))
            assert [minutes(at)] == [found.wakes_at for found in claimed(store, minutes(at), limit=9)]

        store.commit([attrs.evolve(going_on(commit, happened.CaseNoted), wakes_at=None)])
        assert store.next_wake() is None
        assert [] == list(claimed(store, minutes(99), limit=9))

    def test_many_wake_ups_moved_many_times_stay_in_order(self, store: CaseStore) -> None:
        """What no longer holds is never given, however much of it there is."""
        commits = [opening(f"T-{number}", wakes_at=minutes(number)) for number in range(8)]
        store.commit(commits)
        for turn in range(1, 25):
            commits = [
                attrs.evolve(going_on(commit, happened.CaseNoted), wakes_at=minutes(turn * place * 7 % 11))
                for place, commit in enumerate(commits)
            ]
            store.commit(commits)

        expected = sorted((commit.wakes_at, commit.case.id) for commit in commits if commit.wakes_at is not None)
        assert expected == [(found.wakes_at, found.case.id) for found in claimed(store, minutes(99), limit=99)]

    def test_waking_may_be_asked_for_one_tenant_or_all(self, store: CaseStore) -> None:
        """The worker looks across tenants, a desk at its own."""
        store.commit([opening("T-1", wakes_at=minutes(2)), opening("T-1", tenant="other", wakes_at=minutes(1))])

        assert ["other", "acme"] == [found.case.tenant for found in claimed(store, minutes(2), limit=9)]
        assert ["acme"] == [found.case.tenant for found in claimed(store, minutes(2), limit=1, tenant="acme")]
        assert minutes(1) == store.next_wake()
        assert minutes(2) == store.next_wake(tenant="acme")
        assert store.next_wake(tenant="third") is None
        assert [] == list(claimed(store, minutes(2), limit=9, tenant="third"))

    # -- claims

    def test_what_is_decided_of_a_claimed_case_is_written(self, store: CaseStore) -> None:
        """Events, messages and the next wake-up; what is decided of each is of no concern to the others."""
        first, second = opening("T-1", wakes_at=minutes(1)), opening("T-2", wakes_at=minutes(2))
        store.commit([first, second])
        after = attrs.evolve(
            going_on(first, happened.CaseNoted), wakes_at=minutes(50), messages=(message("m-1", case_id="T-1"),)
        )

        assert [True, False] == list(store.claim(minutes(5), limit=9, decide=lambda _: [after, None]))
        assert after.case == store.load("acme", "T-1").case
        assert list(after.events) == list(store.history("acme", "T-1", after=1))
        assert ["m-1"] == [found.key for found in leased(store, minutes(5))]
        assert [("T-2", minutes(2)), ("T-1", minutes(50))] == _waking(claimed(store, minutes(50), limit=9))

    def test_claimed_case_that_has_moved_on_is_left(self, store: CaseStore) -> None:
        """What was decided on another version is not written."""
        first = opening(wakes_at=minutes(1))
        second = going_on(first, happened.CaseNoted)
        store.commit([first, second])
        stale: list[Commit | Setback] = [going_on(first, happened.CaseStarted), _setback(first.case)]

        for answer in stale:
            assert [False] == list(store.claim(minutes(1), limit=9, decide=partial(_all, answer)))
        assert second.case == store.load("acme", "T-1").case
        assert [(minutes(1), 0)] == [(found.wakes_at, found.failures) for found in claimed(store, minutes(1), limit=9)]

    def test_case_that_has_nothing_to_do_may_be_woken_later(self, store: CaseStore) -> None:
        """A commit without events moves only its wake-up."""
        first = opening(wakes_at=minutes(1))
        store.commit([first])
        later = attrs.evolve(first, previous=1, events=(), wakes_at=minutes(30))

        assert [True] == list(store.claim(minutes(1), limit=9, decide=lambda _: [later]))
        assert (first.case, minutes(30)) == (store.load("acme", "T-1").case, store.next_wake())
        assert 1 == len(store.history("acme", "T-1"))

    def test_claim_that_fails_writes_nothing(self, store: CaseStore) -> None:
        """What goes wrong while cases are decided is told to whoever claimed them, and they stay due."""
        store.commit([opening(wakes_at=minutes(1))])

        def fail(_due: Sequence[DueCase]) -> Sequence[Commit | Setback | None]:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            store.claim(minutes(1), limit=9, decide=fail)
        assert [("T-1", minutes(1))] == _waking(claimed(store, minutes(1), limit=9))

    def test_two_who_claim_at_once_get_different_cases(self, store: CaseStore) -> None:
        """Every case is decided once, by one of them."""
        for turn in range(5):
            commits = [opening(f"T-{turn}-{number}", wakes_at=minutes(number)) for number in range(6)]
            store.commit(commits)
            decided: list[str] = []

            def decide(due: Sequence[DueCase], told: list[str] = decided) -> Sequence[Commit | Setback | None]:
                told.extend(each.case.id for each in due)
                return [attrs.evolve(_noted(each.case), wakes_at=None) for each in due]

            claim = partial(store.claim, minutes(60), limit=3, decide=decide)
            answers = at_once(claim, claim)
            answers.append(claim())  # one of them may have passed over what the other had
            answers.append(claim())

            assert [True] * 6 == [ok for each in answers for ok in each]
            assert sorted(commit.case.id for commit in commits) == sorted(decided)
            assert [2] * 6 == [len(store.history("acme", commit.case.id)) for commit in commits]

    # -- cases that cannot be decided

    def test_setback_puts_a_case_off(self, store: CaseStore) -> None:
        """It is tried again at its time, not before, remembers how often it has failed, and is otherwise as it was."""
        commit = opening(wakes_at=minutes(1))
        store.commit([commit, opening("T-2", wakes_at=minutes(2))])
        back = _setback(commit.case, failures=3, wakes_at=minutes(9))
        store.put_process("demo", "r1", "{}", minutes(1))
        store.put_process("demo", "r2", "{}", minutes(2))

        assert [True] == list(store.claim(minutes(1), limit=9, decide=lambda _: [back]))
        assert 0 == store.wake_followers("demo", "r2", minutes(5))
        assert [("T-2", minutes(2))] == _waking(claimed(store, minutes(8), limit=9))
        assert [("T-2", 0), ("T-1", 3)] == [
            (found.case.id, found.failures) for found in claimed(store, minutes(9), limit=9)
        ]
        assert (commit.case, None) == attrs.astuple(store.load("acme", "T-1"), recurse=False)[::2]
        assert 1 == len(store.history("acme", "T-1"))
        assert [] == list(store.parked())

    def test_parked_case_does_not_wake(self, store: CaseStore) -> None:
        """It says why and since when it is set aside, and nobody is given it any more; who is to be told is told."""
        case = _park(store, "T-1", messages=(message("m-1"),))
        store.put_process("demo", "r1", "{}", minutes(1))
        store.put_process("demo", "r2", "{}", minutes(2))

        assert ([], None) == (claimed(store, minutes(99), limit=9), store.next_wake())
        assert 0 == store.wake_followers("demo", "r2", minutes(99))
        (found,) = store.parked()
        assert (case, WHY, minutes(1), 3) == (found.case, found.reason, found.parked_at, found.failures)
        assert (case, WHY) == (store.load("acme", "T-1").case, store.load("acme", "T-1").parked)
        assert ["m-1"] == [found.key for found in leased(store, minutes(1))]

    def test_commit_takes_a_case_out_of_parking(self, store: CaseStore) -> None:
        """What somebody does to it counts: it wakes as that says, and has never failed."""
        case = _park(store, "T-1")
        store.commit([attrs.evolve(_noted(case), wakes_at=minutes(20))])

        assert ((), None) == (tuple(store.parked()), store.load("acme", "T-1").parked)
        assert [(minutes(20), 0)] == [
            (found.wakes_at, found.failures) for found in claimed(store, minutes(20), limit=9)
        ]

    def test_unparked_case_is_tried_again(self, store: CaseStore) -> None:
        """From the instant that is named, and as if it had never failed."""
        case = _park(store, "T-1")

        assert [False, True, False] == [
            store.unpark(tenant, "T-1", minutes(30)) for tenant in ("other", "acme", "acme")
        ]
        assert not store.unpark("acme", "T-9", minutes(30))
        assert ((), None, minutes(30)) == (
            tuple(store.parked()), store.load("acme", "T-1").parked, store.next_wake()
        )  # fmt: skip
        assert [(case, 0)] == [(found.case, found.failures) for found in claimed(store, minutes(30), limit=9)]

    @pytest.mark.parametrize("size", [1, 2, 9])
    def test_parked_cases_come_in_pages(self, store: CaseStore, size: int) -> None:
        """By tenant and id; of one tenant, or of all."""
        for tenant, case_id in (("beta", "T-1"), ("acme", "T-3"), ("acme", "T-1"), ("acme", "T-2")):
            _park(store, case_id, tenant)
        expected = [("acme", "T-1"), ("acme", "T-2"), ("acme", "T-3"), ("beta", "T-1")]

        asked: tuple[str | None, ...] = (None, "acme", "beta", "third")
        for whose in asked:
            seen: list[tuple[str, str]] = []
            while page := store.parked(tenant=whose, after=seen[-1] if seen else None, limit=size):
                assert len(page) <= size
                seen += [(found.case.tenant, found.case.id) for found in page]
                assert len(set(seen)) == len(seen), "a page shows again what an earlier one has shown"
            assert [pair for pair in expected if whose in {None, pair[0]}] == seen

    # -- what waits

    def test_overdue_are_those_before_an_instant(self, store: CaseStore) -> None:
        """The earliest first; nothing is claimed, and the instant itself is not before it."""
        for number, tenant in enumerate(["acme", "other", "acme", "acme"]):
            store.commit([opening(f"T-{number}", tenant=tenant, wakes_at=minutes(9 - number))])

        assert [("T-3", minutes(6)), ("T-2", minutes(7))] == _waking(store.overdue(minutes(8), limit=9))
        assert ["T-3", "T-2", "T-1"] == [found.case.id for found in store.overdue(minutes(9), limit=3)]
        assert ["T-1"] == [found.case.id for found in store.overdue(minutes(9), limit=9, tenant="other")]
        assert 4 == len(claimed(store, minutes(9), limit=9))

    def test_backlog_says_what_waits(self, store: CaseStore) -> None:
        """How much and how long; of one tenant, or of all; what is still to come does not count."""
        assert Backlog() == store.backlog(minutes(60))
        for number, tenant in enumerate(["acme", "other", "acme"]):
            box = tuple(
                message(f"m-{number}-{place}", tenant=tenant, target=str(place), at=minutes(place))
                for place in range(5)
            )
            store.commit([attrs.evolve(opening(f"T-{number}", tenant=tenant, wakes_at=minutes(number)), messages=box)])
            for place, state in ((0, "dead"), (1, "ambiguous"), (2, "done")):
                store.settle(settled(f"m-{number}-{place}", state, tenant=tenant))
        _park(store, "T-9")

        assert Backlog() == store.backlog(minutes(60), tenant="third")
        waits = Backlog(
            due=2, lag=timedelta(minutes=1), parked=1, messages=2, message_lag=timedelta(0), dead=2, ambiguous=2
        )
        assert waits == attrs.evolve(store.backlog(minutes(3), tenant="acme"), lag=timedelta(minutes=1))
        assert (timedelta(minutes=3), 3) == (store.backlog(minutes(3)).lag, store.backlog(minutes(3)).due)
        assert 1 == store.backlog(minutes(1)).parked
        late = store.backlog(minutes(60))
        assert (6, timedelta(minutes=57), 3, 3) == (late.messages, late.message_lag, late.dead, late.ambiguous)
        assert (2, timedelta(minutes=60)) == (
            store.backlog(minutes(60), limit=2).due, store.backlog(minutes(60), limit=2).lag
        )  # fmt: skip
        assert 2 == store.backlog(minutes(60), limit=2).messages


def _waking(due: Sequence[DueCase]) -> list[tuple[str, object]]:
    return [(found.case.id, found.wakes_at) for found in due]


def _all(answer: Commit | Setback, due: Sequence[DueCase]) -> Sequence[Commit | Setback]:
    return [answer] * len(due)


def _setback(case: Case, **fields: object) -> Setback:
    given: dict[str, object] = {"failures": 1, "wakes_at": minutes(9), **fields}
    return Setback(
        tenant=case.tenant,
        case_id=case.id,
        version=case.version,
        reason=WHY,
        at=minutes(1),
        **given,  # type: ignore[arg-type]
    )


def _noted(case: Case) -> Commit:
    return committing(case, [happens(happened.CaseNoted, case)])


def _park(store: CaseStore, case_id: str, tenant: str = "acme", **fields: object) -> Case:
    """Open a case that is due, and set it aside."""
    commit = opening(case_id, tenant=tenant, wakes_at=minutes(-99))
    store.commit([commit])
    back = _setback(commit.case, failures=3, wakes_at=None, **fields)
    assert [True] == list(store.claim(minutes(-99), limit=1, decide=lambda _: [back], tenant=tenant))
    return commit.case
