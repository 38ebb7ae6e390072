"""Laws of what can be relied on: histories that are sound, and tenants apart."""

import attrs

from supporttiers import events as happened
from supporttiers.protocols import CaseStore
from supporttiers.testing.builders import every_event, going_on, key_use, opening
from supporttiers.testing.suites._laws import Laws, written
from supporttiers.tiers import Status


class TrustLaws(Laws):
    """Verification, tenants, and closing."""

    def test_sound_history_is_found_sound(self, store: CaseStore) -> None:
        """There is nothing to say about a history that nobody has touched, nor about none."""
        written(store, every_event())
        store.commit([opening("T-2")])

        assert () == store.verify("acme", "T-1")
        assert () == store.verify("acme", "T-2")
        assert () == store.verify("acme", "T-9")

    def test_case_that_its_events_do_not_make_is_found(self, store: CaseStore) -> None:
        """The difference is named."""
        commit = opening()
        store.commit([attrs.evolve(commit, case=attrs.evolve(commit.case, tier=3, status=Status.CLOSED))])

        assert [("verify.fold", {"fields": "tier, status"})] == [
            (reason.code, reason.params) for reason in store.verify("acme", "T-1")
        ]

    def test_missing_event_is_found(self, store: CaseStore) -> None:
        """A version that was skipped is named."""
        first = opening()
        second = going_on(first, happened.CaseStarted)
        store.commit([first, attrs.evolve(second, events=())])

        found = store.verify("acme", "T-1")
        assert [("verify.gap", {"expected": 2, "found": 1})] == [(reason.code, reason.params) for reason in found]

    def test_tenants_do_not_see_each_other(self, store: CaseStore) -> None:
        """The same ids and keys of two tenants are two cases, histories and keys."""
        ours, theirs = (
            opening(tenant=tenant, subject=tenant, used=key_use("k", version=number))
            for number, tenant in enumerate(["acme", "other"])
        )
        assert [True, True] == list(store.commit([ours, theirs]))

        for commit in (ours, theirs):
            loaded = store.load(commit.tenant, "T-1", key="k")
            assert (commit.case, commit.used) == (loaded.case, loaded.used)
            assert {"T-1": commit.case} == dict(store.load_many(commit.tenant, ["T-1"]))
            assert list(commit.events) == list(store.history(commit.tenant, "T-1"))
        assert store.load("third", "T-1", key="k").case is None
        assert store.load("third", "T-1", key="k").used is None
        assert {} == dict(store.load_many("third", ["T-1"]))
        assert [] == list(store.history("third", "T-1"))

    def test_closed_store_opens_again(self, store: CaseStore) -> None:
        """Closing lets go of resources, not of cases; twice is once."""
        commit = opening()
        store.commit([commit])
        store.close()
        store.close()

        assert commit.case == store.load("acme", "T-1").case
