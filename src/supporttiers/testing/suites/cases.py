"""Laws of single cases: what is written, in which order, under which keys, and what is read back."""

from datetime import timedelta, timezone
from functools import partial

import attrs

from supporttiers import events as happened
from supporttiers.cases import rebuild
from supporttiers.links import Link
from supporttiers.protocols import CAPABILITIES, KEY_LIFE, CaseStore
from supporttiers.testing.builders import (
    NOON,
    committing,
    every_event,
    going_on,
    happens,
    key_use,
    message,
    minutes,
    opening,
)
from supporttiers.testing.suites._laws import Laws, at_once, leased, settled, written


class CaseLaws(Laws):
    """A case, its history and its idempotency keys."""

    # -- one case

    def test_store_has_a_name(self, store: CaseStore) -> None:
        """Errors and logs speak of a store by its name; what it can do beyond the laws are words that are known."""
        assert store.name.strip()
        assert store.capabilities <= set(CAPABILITIES)

    def test_committed_case_comes_back_equal(self, store: CaseStore) -> None:
        """What was committed is what is loaded."""
        commit = opening()

        assert [True] == list(store.commit([commit]))
        assert commit.case == store.load("acme", "T-1").case

    def test_every_field_of_a_case_comes_back(self, store: CaseStore) -> None:
        """A case to which everything has happened is loaded as it was."""
        case = written(store, every_event())

        assert case == store.load("acme", "T-1").case

    def test_instants_of_any_zone_come_back_as_the_same_instants(self, store: CaseStore) -> None:
        """A zone may be lost, an instant never, not by a microsecond."""
        tokyo = (NOON + timedelta(microseconds=1)).astimezone(timezone(timedelta(hours=9)))
        commit = opening(at=tokyo, wakes_at=tokyo)
        store.commit([commit])

        loaded = store.load("acme", "T-1").case
        assert loaded is not None
        assert commit.case == loaded
        assert tokyo == loaded.opened_at
        assert tokyo == store.next_wake()

    def test_unknown_case_is_none(self, store: CaseStore) -> None:
        """A case that does not exist is no error."""
        assert store.load("acme", "T-1").case is None
        assert store.load("acme", "T-1", key="k").case is None

    def test_texts_of_every_script_come_back(self, store: CaseStore) -> None:
        """Letters beyond the Basic Multilingual Plane, quotes, line ends and controls are kept, in ids as well."""
        text = "日本語 עברית 🖨\u200d🔥 'quoted' \"twice\" back\\slash \r\n\t\x01\x7f %s ? {}"
        case_id = "Ticket № 7/ü'\"%"
        written(store, opening(case_id, subject=text, attributes={"ключ": text}).events)

        loaded = store.load("acme", case_id).case
        assert loaded is not None
        assert (case_id, text, {"ключ": text}) == (loaded.id, loaded.subject, loaded.attributes)

    def test_several_cases_are_loadedat_once(self, store: CaseStore) -> None:
        """Those that do not exist are left out, and one that is asked for twice comes once."""
        commits = [opening("T-1"), opening("T-2"), opening("T-3")]
        store.commit(commits)

        found = store.load_many("acme", ["T-3", "T-9", "T-1", "T-3"])
        assert {"T-1": commits[0].case, "T-3": commits[2].case} == dict(found)
        assert {} == dict(store.load_many("acme", []))

    # -- committing

    def test_next_commit_replaces_the_case(self, store: CaseStore) -> None:
        """A commit on the version that is there moves the case on."""
        first = opening()
        second = going_on(first, happened.CaseStarted, assignee="bob")

        assert [True] == list(store.commit([first]))
        assert [True] == list(store.commit([second]))
        assert second.case == store.load("acme", "T-1").case

    def test_stale_commit_writes_nothing(self, store: CaseStore) -> None:
        """Who decided on an old version leaves no trace: no case, event, message, key, link, wake-up or answer."""
        first = attrs.evolve(opening(wakes_at=minutes(60)), messages=(message("m-0"),))
        second = going_on(first, happened.CaseStarted)
        store.commit([first, second])
        events = [happens(happened.CaseLinked, first.case, link=Link("follows", "T-9"))]
        done = settled("m-0", "done")
        stale = committing(
            first.case, events, wakes_at=minutes(1), messages=(message("m-1"),), used=key_use("k"), settled=done
        )

        assert [False] == list(store.commit([stale]))
        assert second.case == store.load("acme", "T-1", key="k").case
        assert store.load("acme", "T-1", key="k").used is None
        assert [1, 2] == [event.version for event in store.history("acme", "T-1")]
        assert ["m-0"] == [found.key for found in leased(store, minutes(60))]
        assert [("m-0", "pending")] == [(found.key, found.state) for found in store.messages("acme")]
        assert [] == list(store.incoming("acme", "T-9"))
        assert minutes(60) == store.next_wake()

    def test_opening_twice_is_refused(self, store: CaseStore) -> None:
        """An id is given once."""
        first = opening(subject="first")

        assert [True] == list(store.commit([first]))
        assert [False] == list(store.commit([opening(subject="second")]))
        assert first.case == store.load("acme", "T-1").case
        assert 1 == len(store.history("acme", "T-1"))

    def test_commit_on_a_version_that_never_was_is_refused(self, store: CaseStore) -> None:
        """A case cannot begin in the middle."""
        second = going_on(opening(), happened.CaseStarted)

        assert [False] == list(store.commit([second]))
        assert store.load("acme", "T-1").case is None

    def test_one_loser_does_not_hold_up_the_others(self, store: CaseStore) -> None:
        """Of several commits each is judged by itself, and the answers are in their order."""
        store.commit([opening("T-1"), opening("T-2")])

        answers = store.commit([opening("T-0"), opening("T-1"), opening("T-3")])
        assert [True, False, True] == list(answers)
        assert {"T-0", "T-1", "T-2", "T-3"} == set(store.load_many("acme", ["T-0", "T-1", "T-2", "T-3"]))
        assert () == tuple(store.commit([]))

    def test_one_case_may_be_committed_several_timesat_once(self, store: CaseStore) -> None:
        """Later commits of a batch build on earlier ones."""
        first = opening()
        second = going_on(first, happened.CaseStarted)
        third = going_on(second, happened.CaseReleased)

        assert [True, True, False, True] == list(store.commit([first, second, second, third]))
        assert third.case == store.load("acme", "T-1").case
        assert [1, 2, 3] == [event.version for event in store.history("acme", "T-1")]

    def test_of_two_threads_exactly_one_wins(self, store: CaseStore) -> None:
        """Two who commit on the same version at the same time cannot both be right."""
        commit = opening()
        store.commit([commit])
        for _ in range(20):
            rivals = [going_on(commit, happened.CaseNoted, text=name) for name in ("one", "two")]
            answers = at_once(*(partial(store.commit, [rival]) for rival in rivals))

            assert 1 == sum(won for (won,) in answers)
            commit = rivals[[won for (won,) in answers].index(True)]
            assert commit.events[0] == store.history("acme", "T-1")[-1]

    # -- idempotency keys

    def test_key_is_remembered(self, store: CaseStore) -> None:
        """The use of a key is read with any case of its tenant."""
        store.commit([opening("T-1", used=key_use("k"))])

        assert key_use("k") == store.load("acme", "T-1", key="k").used
        assert key_use("k") == store.load("acme", "T-9", key="k").used
        assert store.load("acme", "T-1", key="other").used is None
        assert store.load("acme", "T-1").used is None

    def test_key_is_used_once(self, store: CaseStore) -> None:
        """A second use of a key writes nothing, on whichever case."""
        first = opening("T-1", used=key_use("k"))
        second = opening("T-2", used=key_use("k", case_id="T-2", used_at=minutes(5)))

        assert [True, False] == list(store.commit([first, second]))
        assert store.load("acme", "T-2").case is None
        assert [] == list(store.history("acme", "T-2"))
        assert key_use("k") == store.load("acme", "T-1", key="k").used

    def test_key_is_free_again_after_its_time(self, store: CaseStore) -> None:
        """A key is taken for 30 days, the last instant included."""
        store.commit([opening("T-1", used=key_use("k"))])
        last = NOON + KEY_LIFE
        instants = {"T-2": last, "T-3": last + timedelta(microseconds=1)}
        late = [key_use("k", case_id=name, used_at=at) for name, at in instants.items()]

        assert [False, True] == list(store.commit([opening(used.case_id, used=used) for used in late]))
        assert late[1] == store.load("acme", "T-1", key="k").used

    def test_old_keys_are_forgotten(self, store: CaseStore) -> None:
        """What was used before an instant is free, what was used at it is not."""
        uses = [key_use(f"k-{number}", case_id=f"T-{number}", used_at=minutes(number)) for number in range(4)]
        store.commit([opening(used.case_id, used=used) for used in uses])

        assert 2 == store.forget_keys(minutes(2))
        assert 0 == store.forget_keys(minutes(2))
        kept = [store.load("acme", "T-0", key=used.key).used for used in uses]
        assert [None, None, uses[2], uses[3]] == kept

    def test_uses_of_keys_are_listed_by_case(self, store: CaseStore) -> None:
        """By key, and only those of this case and tenant."""
        uses = [key_use("k-2"), key_use("k-1", version=2), key_use("k-0", case_id="T-2")]
        first = opening("T-1", used=uses[0])
        store.commit([first, attrs.evolve(going_on(first, happened.CaseNoted), used=uses[1])])
        store.commit([opening("T-2", used=uses[2]), opening("T-1", tenant="other", used=key_use("k-9"))])

        assert [uses[1], uses[0]] == list(store.key_uses("acme", "T-1"))
        assert [uses[2]] == list(store.key_uses("acme", "T-2"))
        assert ["k-9"] == [used.key for used in store.key_uses("other", "T-1")]
        assert [] == list(store.key_uses("other", "T-2"))

    # -- history

    def test_every_kind_of_event_comes_back(self, store: CaseStore) -> None:
        """A history in which everything happens is read as it was written, and makes the same case."""
        events = every_event()
        case = written(store, events)

        history = store.history("acme", "T-1")
        assert events == list(history)
        assert case == rebuild(history)

    def test_history_says_when_it_was_recorded(self, store: CaseStore) -> None:
        """Every event carries the now of the transaction that wrote it."""
        first = opening()
        second = going_on(first, happened.CaseStarted, recorded_at=minutes(99))
        store.commit([first, attrs.evolve(second, recorded_at=minutes(500))])

        assert [first.recorded_at, minutes(500)] == [event.recorded_at for event in store.history("acme", "T-1")]

    def test_history_begins_after_a_version(self, store: CaseStore) -> None:
        """Who has read up to a version reads on from there."""
        events = every_event()
        written(store, events)

        assert events[3:] == list(store.history("acme", "T-1", after=3))
        assert [] == list(store.history("acme", "T-1", after=len(events)))
        assert [] == list(store.history("acme", "T-9"))
