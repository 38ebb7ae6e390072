"""The way that a case took, as one line that tests compare: `t1 09:00 -> t2 09:15 (first line) -> resolved 10:30`."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from itertools import zip_longest
from typing import Final, overload

import attrs

from supporttiers import events as happened
from supporttiers.actors import ActorKind
from supporttiers.events import Event

_ENDS: Final = {
    happened.CaseResolved: "resolved", happened.CaseClosed: "closed", happened.CaseCancelled: "cancelled",
    happened.CaseMerged: "merged",
}  # fmt: skip
_WENT: Final = "the case went"
_SAID: Final = "the other way"


@attrs.frozen(kw_only=True)
class Step:
    """
    One place to which a case came.

    Attributes:
        place: `t1` for tier 1, or how it ended: `resolved`, `closed`, `cancelled`, `merged`.
        team: Which team had it there.
        at: When it came there.
        why: What sent it there: the name of a limit, of a vendor, a policy or a schedule, or the id of who did it.
    """

    place: str
    team: str | None = None
    at: datetime
    why: str = ""


class Path(Sequence[Step]):
    """
    The places to which a case came, in order; equal to the text that tells them.

    The time of day is that of the rehearsal's zone. A date stands before it where it is another day than that of the
    step before: `t1 17:50 -> t2 24 Mar 09:05 (first line)`.
    """

    def __init__(self, steps: Iterable[Step], *, zone: tzinfo) -> None:
        """
        Put steps together.

        Args:
            steps: In order.
            zone: In which times are told.
        """
        self._steps = tuple(steps)
        self._zone = zone

    @classmethod
    def of(cls, events: Iterable[Event], *, zone: tzinfo) -> "Path":
        """Read the way from a history."""
        return cls((step for step in map(_step, events) if step is not None), zone=zone)

    @overload
    def __getitem__(self, index: int, /) -> Step: ...

    @overload
    def __getitem__(self, index: slice, /) -> tuple[Step, ...]: ...

    def __getitem__(self, index: int | slice, /) -> Step | tuple[Step, ...]:
        """Give a step, or several."""
        return self._steps[index]

    def __len__(self) -> int:
        """Count the steps."""
        return len(self._steps)

    @property
    def places(self) -> tuple[str, ...]:
        """Where it has been, without times and reasons: `("t1", "t2", "resolved")`."""
        return tuple(step.place for step in self._steps)

    @property
    def legs(self) -> tuple[str, ...]:
        """The steps as they are told: `("t1 09:00", "t2 09:15 (first line)")`."""
        told, day = [], None
        for step in self._steps:
            at = step.at.astimezone(self._zone)
            date = f"{at.day} {at:%b} " if day not in {None, at.date()} else ""
            day = at.date()
            told.append(f"{step.place} {date}{at:%H:%M}" + (f" ({step.why})" if step.why else ""))
        return tuple(told)

    def __str__(self) -> str:
        """Tell it in one line."""
        return " -> ".join(self.legs)

    def __repr__(self) -> str:
        """Tell it as the text that tests compare."""
        return repr(str(self))

    def __eq__(self, other: object) -> bool:
        """Compare with another way, or with a text; how it is broken into lines does not count."""
        if isinstance(other, str):
            return " ".join(other.split()) == str(self)
        return isinstance(other, Path) and self._steps == other._steps

    def __hash__(self) -> int:
        """Be the same for what is equal."""
        return hash(str(self))

    def beside(self, other: "str | Path") -> tuple[str, ...]:
        """
        Set it beside another way, leg by leg.

        Args:
            other: Another way, or a text that tells one.

        Returns:
            Lines; the first says from which leg on the two differ, and the first leg that does is pointed at.
        """
        theirs = other.legs if isinstance(other, Path) else tuple(" ".join(leg.split()) for leg in other.split("->"))
        legs = list(zip_longest(self.legs, theirs, fillvalue="-"))
        first = next((place for place, (mine, said) in enumerate(legs) if mine != said), None)
        same = "both tell the same way" if first is None else f"the ways differ from leg {first + 1} on"
        width = max((len(mine) for mine, _ in legs), default=0)
        width = max(width, len(_WENT))
        lines = [
            f"{'>' if place == first else ' '} {place + 1:>2}  {mine.ljust(width)}  {said}"
            for place, (mine, said) in enumerate(legs)
        ]
        return (same, f"      {_WENT.ljust(width)}  {_SAID}", *lines)


def _step(event: Event) -> Step | None:
    if isinstance(event, happened.CaseOpened):
        return Step(place=f"t{event.tier}", team=event.team, at=event.at)
    if isinstance(event, happened.CaseMoved | happened.CaseReopened):
        return Step(place=f"t{event.tier}", team=event.team, at=event.at, why=_why(event))
    word = _ENDS.get(type(event))
    return None if word is None else Step(place=word, at=event.at, why=_why(event))


def _why(event: Event) -> str:
    params = {} if event.reason is None else event.reason.params
    for word in ("limit", "vendor", "policy", "name"):
        if isinstance(found := params.get(word), str):
            return found
    return "" if event.by.kind is ActorKind.SYSTEM else event.by.id
