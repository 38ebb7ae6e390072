"""What all laws have in common: that they cannot be replaced, and how they look into a store."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final, TypeVar

import pytest

from supporttiers._fields import nearest
from supporttiers.cases import Case
from supporttiers.events import Event
from supporttiers.protocols import CaseStore, Commit, DueCase, Message, Setback, Settled
from supporttiers.testing.builders import NOON, committing

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Laws:
    """
    Laws of one subject.

    Attributes:
        waived: Laws that what is tested does not keep, by the name of the test, with the reason.
        capabilities: What is claimed beyond what everything of its kind must do: some of `CAPABILITIES`.
    """

    CAPABILITIES: ClassVar[frozenset[str]] = frozenset()
    """What can be claimed."""

    waived: ClassVar[Mapping[str, str]] = {}
    capabilities: ClassVar[Collection[str]] = ()

    def __init_subclass__(cls) -> None:
        """Refuse to replace a law, to waive or claim what there is not, and to declare what nobody reads."""
        waived: object = cls.waived
        if not isinstance(waived, Mapping):
            how = "write a table of laws, each with the reason: waived = {'test_...': 'why not'}"
            raise TypeError(f"{cls.__name__}.waived is a {type(waived).__name__}; {how}")
        if isinstance(cls.capabilities, str):
            raise TypeError(f"{cls.__name__}.capabilities is a text; write a set, as in {{{cls.capabilities!r}}}")
        if misspelt := next(_misspelt(cls), None):
            raise TypeError(
                f"{cls.__name__} declares {misspelt[0]!r}, which nobody reads; did you mean {misspelt[1]!r}?"
            )
        laws = {name for base in cls.__mro__[1:] for name in vars(base) if _is_law(name)}
        if replaced := sorted(name for name in laws | {"_waive"} if _is_replaced(cls, name)):
            raise TypeError(f"{cls.__name__} replaces {replaced}; use `waived` with a reason")
        if unknown := cls.waived.keys() - laws - vars(cls).keys():
            raise TypeError(f"{cls.__name__} waives {sorted(unknown)}, which are no laws{_near(unknown, laws)}")
        if silent := sorted(law for law, reason in cls.waived.items() if not _says_something(reason)):
            raise TypeError(f"{cls.__name__} waives {silent} without a reason; say why in a few words")
        if unclaimable := sorted(set(cls.capabilities) - cls.CAPABILITIES):
            possible = ", ".join(sorted(cls.CAPABILITIES)) or "none"
            raise TypeError(f"{cls.__name__} claims {unclaimable}; possible are: {possible}")

    @pytest.fixture(autouse=True)
    def _waive(self, request: pytest.FixtureRequest) -> None:
        """Expect a waived law to fail, and leave out one about what is not claimed; both are reported with a reason."""
        law = request.node.originalname
        claim = getattr(getattr(type(self), law, None), _CLAIM, None)
        if claim is not None and claim not in self.capabilities:
            pytest.skip(f"{claim!r} is not among the capabilities that {type(self).__name__} declares")
        reason = self.waived.get(law)
        if reason is not None:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


_CLAIM: Final = "_capability"
_LIKE_ENOUGH: Final = 0.8


def only_with(capability: str) -> Callable[[F], F]:
    """Make a law hold only for those that claim a capability."""

    def mark(law: F) -> F:
        setattr(law, _CLAIM, capability)
        return law

    return mark


def _is_law(name: str) -> bool:
    return name.startswith("test_")


def _is_replaced(cls: type, name: str) -> bool:
    """Say whether what a suite says under a name is hidden, be it by a class that was mixed in."""
    saying = [base for base in cls.__mro__ if name in vars(base)]
    return any(issubclass(base, Laws) for base in saying[1:])


def _misspelt(cls: type) -> Iterator[tuple[str, str]]:
    """Give each declaration that is almost one of a suite, with the one that was meant."""
    known = {name for base in cls.__mro__[1:] if issubclass(base, Laws) for name in _declared(base)}
    for name in _declared(cls):
        meant = nearest(name, sorted(known), cutoff=_LIKE_ENOUGH)
        if name not in known and meant:
            yield name, meant


def _declared(cls: type) -> list[str]:
    """Give the attributes of a class that are neither private nor constants, nor can be called, as fixtures can."""
    return [name for name, value in vars(cls).items() if name.islower() and name[0] != "_" and not callable(value)]


def _near(wrong: Iterable[str], laws: Iterable[str]) -> str:
    near = nearest(min(wrong), sorted(laws))
    return f"; did you mean {near!r}?" if near else ""


def _says_something(reason: object) -> bool:
    return isinstance(reason, str) and bool(reason.strip())


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
    """
    Do several things in threads that wait for each other, and give what came of each.

    Raises:
        Exception: What the first of them raised, if one did.
    """
    start = threading.Barrier(len(tasks))
    answers: dict[int, T] = {}
    errors: list[BaseException] = []

    def run(number: int, task: Callable[[], T]) -> None:
        start.wait(timeout=60)
        try:
            answers[number] = task()
        except BaseException as error:  # noqa: BLE001 - told where it is waited for
            errors.append(error)

    threads = [threading.Thread(target=run, args=pair, daemon=True) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if errors:
        raise errors[0]
    return [answers[number] for number in range(len(tasks))]
