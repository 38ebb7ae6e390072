"""What all laws have in common: that they cannot be replaced, and how they look into a store."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar, TypeVar

import pytest

from supporttiers.cases import Case
from supporttiers.events import Event
from supporttiers.protocols import CaseStore, Commit, DueCase, Message, Setback, Settled
from supporttiers.testing.builders import NOON, committing

T = TypeVar("T")


class Laws:
    """
    Laws of one subject.

    Attributes:
        waived: Laws that a store does not keep, by the name of the test, with the reason.
    """

    waived: ClassVar[dict[str, str]] = {}

    def __init_subclass__(cls) -> None:
        """Refuse to replace a law."""
        laws = {name for base in cls.__mro__[1:] for name in vars(base) if name.startswith("test_")}
        if replaced := laws & vars(cls).keys():
            raise TypeError(f"{cls.__name__} replaces {sorted(replaced)}; use `waived` with a reason")
        if unknown := cls.waived.keys() - laws - vars(cls).keys():
            raise TypeError(f"{cls.__name__} waives {sorted(unknown)}, which are no laws")

    @pytest.fixture(autouse=True)
    def _waive(self, request: pytest.FixtureRequest) -> None:
        reason = self.waived.get(request.node.originalname)
        if reason is not None:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


# -- shorthand


def written(store: CaseStore, events: Sequence[Event]) -> Case:
    """Write a whole history, and give the case that it makes."""
    commit = committing(None, events)
    assert [True] == list(store.commit([commit]))
    return commit.case


def claimed(store: CaseStore, now: datetime, *, limit: int, tenant: str | None = None) -> list[DueCase]:
    """Claim cases, and leave each as it is."""
    found: list[DueCase] = []

    def look(due: Sequence[DueCase]) -> Sequence[Commit | Setback | None]:
        found.extend(due)
        return [None] * len(due)

    assert not any(store.claim(now, limit=limit, decide=look, tenant=tenant))
    return found


def leased(
    store: CaseStore, now: datetime, *, until: datetime | None = None, by: str = "t", limit: int = 9,
    tenant: str | None = None,
) -> list[Message]:  # fmt: skip
    """Lease messages; for no time at all where nothing else is said, so that they are given again."""
    return list(store.lease(now, until=now if until is None else until, token=by, limit=limit, tenant=tenant))


def settled(
    key: str, state: str, *, tenant: str = "acme", attempts: int = 1, not_before: datetime = NOON,
    lease: str | None = None, keep: bool = False,
) -> Settled:  # fmt: skip
    """Say what became of a message."""
    return Settled(
        tenant=tenant, key=key, state=state, result="sent", attempts=attempts, not_before=not_before, lease=lease,
        keep=keep,
    )  # fmt: skip


def at_once(*tasks: Callable[[], T]) -> list[T]:
    """Do several things in threads that wait for each other, and give what came of each."""
    start = threading.Barrier(len(tasks))
    answers: dict[int, T] = {}

    def run(number: int, task: Callable[[], T]) -> None:
        start.wait(timeout=60)
        answers[number] = task()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return [answers[number] for number in range(len(tasks))]
