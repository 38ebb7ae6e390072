"""What is judged: what became of a case, who was told what, and what was disclosed."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Final

import attrs

from supporttiers.actors import ActorKind
from supporttiers.cases import Case, fold
from supporttiers.effects import RECIPIENTS, Notification
from supporttiers.events import Event, VendorDispatched, VendorTold
from supporttiers.reasons import Reason
from supporttiers.tiers import Visibility

_SHORT: Final = 8
REQUESTER: Final = "requester"
OF_CASES: Final = ("assignee", "owner", REQUESTER, "watchers")
"""The roles of which the case itself says who they are."""


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
        to_nobody: Whether the role is known to have stood for nobody, so that in the end nobody was told.
    """

    at: datetime
    case_id: str
    to: str
    reason: Reason
    notifier: str = ""
    people: tuple[str, ...] = ()
    text: str = attrs.field(default="", repr=False)
    to_nobody: bool = False

    @classmethod
    def of(
        cls, notification: Notification, *, at: datetime, notifier: str, resolves: bool = False
    ) -> "Telling":  # fmt: skip
        """
        Make one of what a notifier was handed.

        Args:
            notification: What it was handed.
            at: When.
            notifier: Its name.
            resolves: Whether a directory says who a role stands for. Of the assignee, the owner, the requester and the
                watchers the case itself says it.
        """
        people = tuple(person.id for person in notification.recipients)
        roles = RECIPIENTS if resolves else OF_CASES
        return cls(
            at=at, case_id=notification.case_id, to=notification.to, reason=notification.reason, notifier=notifier,
            people=people, text=notification.text, to_nobody=not people and notification.to in roles,
        )  # fmt: skip

    @property
    def whom(self) -> str:
        """Say to whom: the role, and who that was."""
        people = ", ".join(self.people) or ("nobody" if self.to_nobody else "")
        return f"{self.to} ({people})" if people else self.to

    def reaches(self, *names: str) -> bool:
        """Whether one of these roles, names or people was told; a role that stood for nobody was not."""
        return not self.to_nobody and not {self.to, *self.people}.isdisjoint(names)

    def __str__(self) -> str:
        """Say it in one line: `09:15 manager (anna): limit 'first line' reached 100%`."""
        return f"{self.at:%H:%M} {self.whom}: {self.reason}"


@attrs.frozen(kw_only=True)
class Disclosure:
    """
    Words that were private, and were shown to somebody outside.

    Attributes:
        at: When.
        to: To whom: `requester`, or the name of a vendor.
        by: By whom; None where a notifier told it.
        written_by: Who had written them down.
        written_at: When.
    """

    at: datetime
    to: str
    by: str | None = None
    written_by: str = ""
    written_at: datetime | None = None

    def __str__(self) -> str:
        """Say it in words, without the words that were disclosed."""
        by = "what was told" if self.by is None else f"what {self.by} wrote"
        return f"{by} for {self.to} repeats what {self.written_by} noted at {self.written_at:%Y-%m-%d %H:%M}"


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
        private: Lines that only the house may see; and by whom, and when, each was first written.
        public: Lines that the requester knows; they are private no more.
    """

    private: Mapping[str, tuple[str, datetime]] = attrs.field(factory=dict, hash=False)
    public: frozenset[str] = frozenset()

    @property
    def key(self) -> Hashable:
        """What is written, whoever wrote it and when."""
        return frozenset(self.private), self.public

    def after(self, event: Event) -> "Words":
        """Give what is written after an event; what goes to a vendor is no secret of the house by that."""
        lines = frozenset(_lines(_text_of(event)))
        if not lines or isinstance(event, VendorDispatched | VendorTold):
            return self
        if event.visibility is Visibility.PUBLIC or event.by.kind is ActorKind.CUSTOMER:
            kept = {line: first for line, first in self.private.items() if line not in lines}
            return Words(kept, self.public | lines)
        new = dict.fromkeys(lines - self.public, (event.by.id, event.at))
        return Words({**new, **self.private}, self.public)

    def found_in(self, text: str) -> tuple[str, datetime] | None:
        """Say by whom, and when, a private line was written that a text has, however it is broken into lines."""
        if not self.private or not text:
            return None
        whole = _plain(text)
        return min((first for line, first in self.private.items() if line in whole), key=itemgetter(1), default=None)


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
        first = None if to is None else words.found_in(text)
        if to is not None and first is not None:
            by = each.by.id if isinstance(each, Event) else None
            found.append(Disclosure(at=each.at, to=to, by=by, written_by=first[0], written_at=first[1]))
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
