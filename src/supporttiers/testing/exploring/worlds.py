"""What becomes of a case when one thing is done: the real engine, and what a relay would do at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from supporttiers._engine import decide
from supporttiers._flows import drive
from supporttiers._flows.people import is_of_house, recipients
from supporttiers._flows.telling import TO_AN_ID
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.commands import Command, Open, VendorUpdate
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.effects import DispatchToVendor, MessageVendor, Notify
from supporttiers.errors import CaseError, FactsError, InputError, NotPermittedError
from supporttiers.events import Event
from supporttiers.facts import FactKey, Facts
from supporttiers.links import TEXT, VendorStatus
from supporttiers.monitors import Telling
from supporttiers.monitors.courses import OF_CASES
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason
from supporttiers.words.book import Audience

CASE_ID: Final = "T-1"
"""The case's id: that of the first case of a rehearsal."""
_PASSES: Final = 20
"""So many passes at one instant are too many: the process runs in a circle."""


@attrs.define(slots=True)
class Outcome:
    """
    What one thing has made of a case.

    Attributes:
        case: The case after it, and after all that follows at once.
        now: When.
        wakes_at: The next instant at which something happens by itself.
        held: Messages that are held back until an instant.
        events: What happened.
        told: Who was told what.
    """

    case: Case
    now: datetime
    wakes_at: datetime | None
    held: tuple[Notify, ...] = ()
    events: Sequence[Event] = ()
    told: Sequence[Telling] = ()

    @property
    def next_at(self) -> datetime | None:
        """The next instant at which anything happens by itself, messages included."""
        ahead = [message.not_before for message in self.held if message.not_before is not None]
        return min((at for at in (self.wakes_at, *ahead) if at is not None), default=None)


class World:
    """A process, and what is known from outside: enough to try out commands, with no store and no clock."""

    def __init__(self, process: SupportProcess, facts: Mapping[str, object], *, tells: bool) -> None:
        """Answer each fact that is needed with what was given for it, and with None where nothing was."""
        self.process = process
        self._tells = tells
        needed = dict.fromkeys((*process.needs, *facts))
        self._facts = Facts(
            keyed_by=dict.fromkeys(needed, "tenant"),
            values={FactKey(name, "default"): facts.get(name) for name in needed},
        )

    def opened(self, opening: Open, now: datetime) -> Outcome:
        """
        Open the case.

        Raises:
            CaseError: The process refuses that.
        """
        found = self._carried_out(None, opening, now)
        if isinstance(found, CaseError | FactsError):
            raise found
        assert found is not None
        return found

    def left_at(self, case: Case, now: datetime) -> Outcome:
        """Begin with a case as it is."""
        return Outcome(case, now, self._decided(case, None, now).wakes_at)

    def done(self, before: Outcome, command: Command) -> Outcome | None:
        """Do one thing; None where it is refused, or changes nothing."""
        found = self._carried_out(before, command, before.now)
        return None if isinstance(found, CaseError | FactsError) else found

    def tried(self, before: Outcome, commands: Iterable[Command]) -> tuple[int, Outcome] | None:
        """Let several try the same; the first who is permitted does it."""
        for place, command in enumerate(commands):
            found = self._carried_out(before, command, before.now)
            if isinstance(found, NotPermittedError):
                continue
            return None if found is None or isinstance(found, CaseError | FactsError) else (place, found)
        return None

    def later(self, before: Outcome, now: datetime) -> Outcome:
        """Let time pass until an instant, at which something happens by itself."""
        found = self._decided(before.case, None, now)
        return self._at_rest(before.held, found, now, before.case)

    # -- one decision, and what follows

    def _carried_out(
        self, before: Outcome | None, command: Command, now: datetime
    ) -> "Outcome | CaseError | FactsError | None":
        found = self._decided(None if before is None else before.case, command, now)
        if found.refusal is not None:
            return found.refusal
        if not found.events:
            return None
        return self._at_rest(() if before is None else before.held, found, now, found.case)

    def _decided(self, case: Case | None, command: Command | None, now: datetime) -> Decision:
        found = decide(self.process, case, command, now, self._facts)
        assert not isinstance(found, NeedFacts)
        return found

    def _at_rest(self, held: tuple[Notify, ...], first: Decision, now: datetime, case: Case | None) -> Outcome:
        events, told = list(first.events), list[Telling]()
        found, effects = first, list(first.effects)
        for _ in range(_PASSES):
            case = found.case or case
            assert case is not None
            if not effects and (found.wakes_at is None or found.wakes_at > now):
                held = self._told(held, case, now, told)
                return Outcome(case, now, found.wakes_at, held, events, told)
            messages = [effect for effect in effects if isinstance(effect, Notify)] if self._tells else []
            held = self._told((*held, *messages), case, now, told)
            asked = [effect for effect in effects if isinstance(effect, DispatchToVendor | MessageVendor)]
            effects = []
            for effect in asked or (None,):
                case = found.case or case
                answer = None if effect is None else _answer(case, effect)
                if effect is None or answer is not None:
                    found = self._decided(case, answer, now)
                    events += found.events
                    effects += found.effects
        problem = f"has not come to rest after {_PASSES} passes at {now.isoformat()}; it runs in a circle"
        raise InputError("", "process", problem)

    # -- who is told

    def _told(self, messages: tuple[Notify, ...], case: Case, now: datetime, told: list[Telling]) -> tuple[Notify, ...]:
        """Hand over what is due, as the notifier of a rehearsal would note it; give what is held back."""
        still = []
        for message in messages:
            if message.not_before is not None and message.not_before > now:
                still.append(message)
            elif message.unless is None or not message.unless.compile(self.process.priorities)(case):
                people = tuple(dict.fromkeys(drive(recipients(None, case, message.to))))
                reason = self._reason(message, case, people)
                told.append(
                    Telling(
                        at=now, case_id=case.id, to=message.to, reason=reason, notifier="recorder", people=people,
                        to_nobody=message.to in OF_CASES and not people,
                    )
                )  # fmt: skip
        return tuple(still)

    def _reason(self, message: Notify, case: Case, people: tuple[str, ...]) -> Reason:
        """Give what they hear: customers that there is news, where a reason is not for them."""
        of_house = drive(is_of_house(None, case, message.to, people, by_id=message.reason.code in TO_AN_ID))
        return self.process.words.reason_for(Audience(to=message.to, of_house=of_house), message.reason)


def _answer(case: Case, effect: DispatchToVendor | MessageVendor) -> VendorUpdate | None:
    """Give what a vendor answers at once, as a double does: it takes what it is sent, and closes what is withdrawn."""
    of = [ticket for ticket in case.vendor_tickets if ticket.vendor == effect.vendor]
    if isinstance(effect, DispatchToVendor):
        return _update(case, effect.vendor, effect.key, remote_id=f"{effect.vendor.upper()}-{len(of)}", status=_OPEN)
    ticket = next(one for one in of if one.key == effect.ticket)
    if not effect.text:
        return None
    entry = str(1 + sum(not known.startswith(TEXT) for known in ticket.heard))
    if effect.purpose == "withdrawal":
        return _update(case, effect.vendor, ticket.key, told=(entry,), remote_id=ticket.remote_id, status=_CLOSED)
    return _update(case, effect.vendor, ticket.key, told=(entry,))


def _update(case: Case, vendor: str, key: str, **said: Any) -> VendorUpdate:  # noqa: ANN401 - fields of the command
    return VendorUpdate(case_id=case.id, by=Actor.vendor(vendor), vendor=vendor, key=key, **said)


_OPEN: Final = VendorStatus.OPEN
_CLOSED: Final = VendorStatus.CLOSED
