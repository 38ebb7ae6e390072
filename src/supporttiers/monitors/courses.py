"""What is judged: what became of a case, who was told what, and what was disclosed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import attrs

from supporttiers.actors import ActorKind
from supporttiers.cases import Case, fold
from supporttiers.events import Event, VendorDispatched, VendorTold
from supporttiers.reasons import Reason
from supporttiers.tiers import Visibility

_SHORT: Final = 8
REQUESTER: Final = "requester"


@attrs.frozen(kw_only=True)
class Telling:
    """
    One message that was handed to people.

    Attributes:
        at: When.
        case_id: About which case.
        to: The role or name that the process speaks of.
        reason: What was told.
        notifier: By which notifier.
        people: The ids of the people that the role stood for.
        text: What was written to them, where somebody has written it out.
    """

    at: datetime
    case_id: str
    to: str
    reason: Reason
    notifier: str = ""
    people: tuple[str, ...] = ()
    text: str = attrs.field(default="", repr=False)

    def __str__(self) -> str:
        """Say it in one line: `09:15 manager: limit 'first line' reached 100%`."""
        return f"{self.at:%H:%M} {self.to}: {self.reason}"


@attrs.frozen(kw_only=True)
class Disclosure:
    """
    Words that were private, and were shown to somebody outside.

    Attributes:
        at: When.
        to: To whom: `requester`, or the name of a vendor.
    """

    at: datetime
    to: str


@attrs.frozen(kw_only=True)
class Course:
    """
    What became of one case.

    Attributes:
        moments: The case as it was from an instant on, in order of time; one for each instant at which it changed.
        told: What people were told about it, in order.
        disclosed: Where words that were private on it were shown to somebody outside, in order.
        until: How far it has been followed; what lasts, lasts until then.
    """

    moments: tuple[tuple[datetime, Case], ...]
    told: tuple[Telling, ...] = ()
    disclosed: tuple[Disclosure, ...] = ()
    until: datetime

    @classmethod
    def of(cls, events: Sequence[Event], *, told: Sequence[Telling] = (), until: datetime) -> "Course":
        """Make one of a whole history; what a case was like within one instant, between two events, is left out."""
        moments: list[tuple[datetime, Case]] = []
        case: Case | None = None
        for event in events:
            case = fold(case, event)
            if moments and moments[-1][0] == event.at:
                moments.pop()
            moments.append((event.at, case))
        disclosed, _ = disclosures(events, told, () if case is None else (REQUESTER, case.requester))
        return cls(moments=tuple(moments), told=tuple(told), disclosed=disclosed, until=until)


# -- what is disclosed


@attrs.frozen
class Words:
    """
    What is written on a case so far, line by line.

    Attributes:
        private: Lines that only the house may see.
        public: Lines that the requester knows; they are private no more.
    """

    private: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()

    def after(self, event: Event) -> "Words":
        """Give what is written after an event; what goes to a vendor is no secret of the house by that."""
        lines = frozenset(_lines(_text_of(event)))
        if not lines or isinstance(event, VendorDispatched | VendorTold):
            return self
        if event.visibility is Visibility.PUBLIC or event.by.kind is ActorKind.CUSTOMER:
            return Words(self.private - lines, self.public | lines)
        return Words(self.private | (lines - self.public), self.public)

    def are_in(self, text: str) -> bool:
        """Whether a text has one of the private lines, however it is broken into lines."""
        if not self.private or not text:
            return False
        whole = _plain(text)
        return any(line in whole for line in self.private)


def disclosures(
    events: Iterable[Event], told: Iterable[Telling], requester: Sequence[str], known: Words | None = None
) -> tuple[tuple[Disclosure, ...], Words]:
    """
    Find where private words were shown to somebody outside.

    Args:
        events: What happened, in order.
        told: Who was told what, in order.
        requester: The names by which the requester is told.
        known: What was written before.

    Returns:
        These places, in order, and what is written by then.
    """
    words = known or Words()
    found: list[Disclosure] = []
    both: list[Event | Telling] = sorted(
        (*events, *told), key=lambda each: each.at
    )  # in one instant, what happened comes first
    for each in both:
        text, to = _shown_by(each, requester)
        if to is not None and words.are_in(text):
            found.append(Disclosure(at=each.at, to=to))
        if isinstance(each, Event):
            words = words.after(each)
    return tuple(found), words


def _shown_by(each: Event | Telling, requester: Sequence[str]) -> tuple[str, str | None]:
    """Give what is shown outside, and to whom; None to nobody."""
    if isinstance(each, Telling):
        return each.text, None if {each.to, *each.people}.isdisjoint(requester) else REQUESTER
    if isinstance(each, VendorDispatched | VendorTold):
        return each.text, each.vendor
    ours = each.visibility is Visibility.PUBLIC and each.by.kind is not ActorKind.CUSTOMER
    return _text_of(each), REQUESTER if ours else None


def _text_of(event: Event) -> str:
    written = (getattr(event, "subject", None), getattr(event, "text", None), event.said)
    return "\n".join(text for text in written if text)


def _lines(text: str) -> Iterator[str]:
    """Give the lines that say enough to be known again."""
    return (line for line in map(_plain, text.splitlines()) if len(line) >= _SHORT)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
