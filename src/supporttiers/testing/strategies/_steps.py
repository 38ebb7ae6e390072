"""Steps of a machine: each is something that is done at a rehearsal, and is written as one would write it there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import attrs

from supporttiers.actors import Actor, ActorKind
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.cases import Case
from supporttiers.commands import Command, Open
from supporttiers.errors import CaseError, NotPermittedError
from supporttiers.links import Link
from supporttiers.testing.exploring.alphabet import Alphabet, Offer, manager_of, own_fields
from supporttiers.testing.exploring.findings import VENDOR_UPDATE, Choice
from supporttiers.testing.exploring.writing import by_text, done_text, given_text
from supporttiers.testing.rehearsal import Rehearsal
from supporttiers.testing.situations import a_command
from supporttiers.testing.stories import VERBS

_OF_VENDORS: Final = frozenset({"dispatch", "tell_vendor", "withdraw"})
_STAYS: Final = frozenset({"assign", "reply", *_OF_VENDORS})
_MOMENT: Final = timedelta(microseconds=1)
_SPANS: Final = ("15m", "1h", "4h", "16h", "72h")


class Step:
    """One thing that is done: a command, or something else; shown as it is written."""

    def __init__(self, text: str, *, command: Command | None = None, do: Callable[[], object] = str) -> None:
        """Say how it is written, and what it comes to."""
        self.text = text
        self.command = command
        self.do = do

    def __repr__(self) -> str:
        """Show it as it is written."""
        return self.text


class Possible:
    """What can be done at a rehearsal as it stands; the same for the same state, in the same order."""

    def __init__(self, rehearsal: Rehearsal, actors: Sequence[Actor] | None) -> None:
        """Learn who acts: nobody named means customers, an agent, and a manager with every role."""
        self._rehearsal = rehearsal
        self._process = rehearsal.desk.process
        self._actors = None if actors is None else tuple(actors)
        people = self._actors or (Actor.customer("jane"), Actor.agent("anna"), manager_of(self._process))
        self.people: tuple[Actor, ...] = people
        customers = [actor for actor in people if actor.kind is ActorKind.CUSTOMER]
        self.customers: Sequence[Actor] = customers or [Actor.customer("jane")]
        self._alphabets: dict[str, Alphabet] = {}

    # -- opening, and time

    def opening(self, by: Actor, given: Mapping[str, Any], number: int) -> Step:
        """Open a case."""
        subject = given.get("subject", "")
        rest = {name: value for name, value in given.items() if name != "subject"}
        text = f"t{number} = rehearsal.open({subject!r}, by={by_text(by, requester=by)}{given_text(rest)})"
        command = Open(case_id=f"T-{number}", by=by, **{"subject": subject, **rest})
        return Step(text, command=command)

    def times(self) -> list[Step]:
        """Let time pass: to what happens next by itself, to just before it, and by some spans."""
        due = self._rehearsal.next_at()
        now = self._rehearsal.clock.now()
        found = [] if due is None else [self._until(due)]
        found += [self._until(due - _MOMENT)] if due is not None and due - _MOMENT > now else []
        return [*found, *map(self._passing, _SPANS)]

    def _until(self, due: Any) -> Step:  # noqa: ANN401 - an instant
        text = f"rehearsal.advance(to={due.isoformat()!r})"
        return Step(text, do=lambda: self._rehearsal.advance(to=due))

    def _passing(self, span: str) -> Step:
        return Step(text=f"rehearsal.advance({span!r})", do=lambda: self._rehearsal.advance(span))

    # -- what is done with a case

    def moves(self, case: Case, *, moving: bool = False) -> dict[str, list[Offer]]:
        """Give what can be tried with a case, by verb, without what vendors say; if *moving*, only what moves it on."""
        found: dict[str, list[Offer]] = {}
        for offer in self._alphabet(case).offers(case):
            if offer[0][0].verb != VENDOR_UPDATE:
                found.setdefault(offer[0][0].verb, []).append(offer)
        on = {verb: offers for verb, offers in found.items() if verb not in _STAYS}
        return on if moving and on else found

    def can_move(self, case: Case) -> bool:
        """Whether anything that anybody may do changes where the case stands."""
        place = _place(case)
        offers = self._alphabet(case).offers(case)
        return any(self._previewed(command) not in {None, place} for offer in offers for _, command in offer)

    def _previewed(self, command: Command) -> "Place | None":
        """Give where the case would stand after a command; None where it is refused."""
        try:
            after = self._rehearsal.desk.preview(command).case
        except CaseError:
            return None
        return None if after is None else _place(after)

    def _may(self, command: Command) -> bool:
        """Whether who gives a command is let, whatever else stands against it."""
        try:
            self._rehearsal.desk.preview(command)
        except NotPermittedError:
            return False
        except CaseError:
            return True
        return True

    def taken(self, offer: Offer, case: Case, **more: Any) -> Step:  # noqa: ANN401 - fields of the command
        """Let the first who may do it; where nobody may, the first."""
        choice, command = next((each for each in offer if self._may(each[1])), offer[0])
        given = {**choice.given, **more}
        return self._step(attrs.evolve(choice, given=given), attrs.evolve(command, **more), case)

    @property
    def verbs(self) -> Sequence[str]:
        """The verbs that can be tried; without those about vendors where the process names none."""
        return VERBS if self._process.named_vendors.names else [verb for verb in VERBS if verb not in _OF_VENDORS]

    def attempt(self, verb: str, case: Case, *, by: Actor, other: str) -> Step:
        """Give a verb, whether it makes sense or not; what needs another case is given *other*."""
        command: Any = a_command(verb, case, by=by)
        if verb in {"link", "unlink"}:
            command = attrs.evolve(command, link=Link("follows", other))
        elif verb == "merge":
            command = attrs.evolve(command, into=other)
        elif verb in _OF_VENDORS:
            command = attrs.evolve(command, vendor=min(self._process.named_vendors.names))
        return self._step(Choice(verb=verb, by=by, given=own_fields(command)), command, case)

    def from_vendors(self, case: Case) -> list[Step]:
        """Give what the doubles of vendors may say of the case's tickets; others speak for themselves."""
        vendors = self._rehearsal.desk._ports.vendors  # noqa: SLF001 - a rehearsal is a desk
        story = self._rehearsal.story(case)
        return [
            Step(
                self._text(choice, case),
                do=partial(story.vendor_says, choice.given["status"], ticket=choice.given["ticket"]),
            )
            for choice, _ in (offer[0] for offer in self._alphabet(case).offers(case))
            if choice.verb == VENDOR_UPDATE and isinstance(vendors.get(choice.given["vendor"]), InProcessVendor)
        ]

    def _step(self, choice: Choice, command: Command, case: Case) -> Step:
        return Step(self._text(choice, case), command=command)

    def _text(self, choice: Choice, case: Case) -> str:
        return done_text(_name(case.id), choice, requester=Actor.customer(case.requester))

    def _alphabet(self, case: Case) -> Alphabet:
        found = self._alphabets.get(case.id)
        if found is None:
            requester = Actor.customer(case.requester)
            found = Alphabet(self._process, case.id, requester=requester, actors=self._actors, commands=None)
            self._alphabets[case.id] = found
        return found


def _name(case_id: str) -> str:
    """Give a name for a case: that of the rehearsal's ids, in small letters."""
    return case_id.lower().replace("-", "")


Place = tuple[object, ...]


def _place(case: Case) -> Place:
    return case.tier, case.status, case.team, case.held, case.assignee
