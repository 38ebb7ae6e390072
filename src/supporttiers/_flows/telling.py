"""Telling people: for whom a message is when it is sent, in which words, and one for each where that is wanted."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import attrs

from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.people import contacts, is_of_house, recipients
from supporttiers._flows.recording import whom
from supporttiers._flows.sending import Delivery
from supporttiers.actors import Contact
from supporttiers.cases import Case
from supporttiers.effects import Notification, Notify
from supporttiers.errors import NotifyError
from supporttiers.protocols import LANE, Message, Notifier
from supporttiers.reasons import Reason
from supporttiers.words import NotificationRules
from supporttiers.words.book import Audience, WordBook

log = logging.getLogger("supporttiers.flows")

NOBODY: Final = "nobody"
"""The result of a message for which there was nobody to be told."""

TO_AN_ID: Final = frozenset({"held.declined", "held.ended", "held.redacted", "held.refused"})
"""What is told to whoever asked for something, who may be anybody."""
_PLAIN: Final = WordBook((), {}, NotificationRules())


def notifier_of(ports: Ports, message: Message) -> Notifier:
    """
    Give the notifier of a message.

    Raises:
        NotifyError: This desk has none of this name; another may have.
    """
    notifier = ports.notifiers.get(message.adapter)
    if notifier is None:
        raise NotifyError(message.adapter, "this desk has no such notifier", retryable=True)
    return notifier


def rules_of(ports: Ports, case: Case) -> NotificationRules:
    """Give when and how often people are told about a case: always what the process at hand says."""
    process = ports.newest.get(case.process)
    return NotificationRules() if process is None else process.notifications


def is_needed(effect: Notify, case: Case) -> bool:
    """Whether somebody is still to be told."""
    return effect.unless is None or not effect.unless.compile()(case)


def is_urgent(ports: Ports, case: Case, effect: Notify) -> bool:
    """Whether somebody is to be told at once: whoever is on call, and about cases of which the process says so."""
    urgent = rules_of(ports, case).urgent
    if effect.to == "on_call" or urgent is None:
        return effect.to == "on_call"
    return urgent.compile(ports.newest[case.process].priorities)(case)


# -- one message for each


def fan_out(ports: Ports, delivery: Delivery, case: Case, effect: Notify, people: Sequence[str]) -> Flow[None]:
    """Make one message for each recipient; they are written in the transaction that settles this one."""
    message = delivery.message
    if not people:
        log.info("message %s to %s: nobody is known for %s", message.key, message.target, whom(delivery))
        yield Call(ports.store.settle, delivery.settled("done", NOBODY))
        return
    wait = None if is_urgent(ports, case, effect) else rules_of(ports, case).together_within
    caused_at = max(message.at, effect.not_before or message.at)  # what is held to working time begins only then
    at = delivery.now if wait is None else max(delivery.now, caused_at + wait)
    more = _one_for_each(message, effect, people, at)
    yield Call(ports.store.settle, delivery.settled("done", f"recipients: {len(more)}", more=more))


def _one_for_each(message: Message, effect: Notify, people: Sequence[str], at: datetime) -> tuple[Message, ...]:
    row = attrs.evolve(message, not_before=at, attempts=0, result="", lease=None)
    return tuple(
        attrs.evolve(
            row,
            key=f"{message.key}{LANE}{place}",  # which is in no notifier's name: `mail:1` may be another one
            target=lane_of(message, person),
            effect=attrs.evolve(effect, recipient=person),
        )
        for place, person in enumerate(dict.fromkeys(people), start=1)
    )


def has_role(case: Case, effect: Notify) -> bool:
    """Whether a recipient still has the role for which a message is, as far as that stands on the case."""
    present = {"assignee": (case.assignee,), "owner": (case.owner,), "watchers": case.watchers}.get(effect.to)
    return present is None or effect.recipient in present


def is_passed_on(ports: Ports, delivery: Delivery, case: Case, effect: Notify) -> Flow[bool]:
    """
    Leave alone whoever has not the role any more for which a message waited to be sent; say whether it was so.

    It goes to whoever has taken over. Only of what stands on the case that is asked: who watches it or works on it.
    """
    if has_role(case, effect):
        return False
    taken_over = {"assignee": case.assignee, "owner": case.owner}.get(effect.to)
    more = _one_for_each(delivery.message, effect, () if taken_over is None else (taken_over,), delivery.now)
    yield Call(ports.store.settle, delivery.settled("done", "passed on" if more else NOBODY, more=more))
    return True


def lane_of(message: Message, person: str) -> str:
    """Give the target of messages about one case for one person: never their id, which a redaction would miss."""
    mark = sha256(json.dumps([message.tenant, message.case_id, person]).encode()).hexdigest()[:16]
    return f"{message.adapter}{LANE}{mark}"


# -- in words


@attrs.frozen(kw_only=True)
class Told:
    """
    What is told at once.

    Attributes:
        messages: The rows, in the order in which they were caused; never empty.
        enough: What is said besides, at the end.
    """

    messages: tuple[Message, ...]
    enough: Reason | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What to tell, in order."""
        return tuple(_effect(message).reason for message in self.messages)


def _effect(message: Message) -> Notify:
    assert isinstance(message.effect, Notify)  # noqa: S101 - of a row for people; for the type checker
    return message.effect


def written(ports: Ports, case: Case, told: Told, people: Sequence[str]) -> Flow[Notification]:
    """Write what people are told, in the words that are for them."""
    last = told.messages[-1]
    to = _effect(last).to
    asked = tuple(dict.fromkeys((*people, *(() if case.assignee is None else (case.assignee,)))))
    known = dict(zip(asked, (yield from contacts(ports.directory, case.tenant, asked)), strict=True))
    found = tuple(known[person] for person in people)
    is_id = any(reason.code in TO_AN_ID for reason in told.reasons)
    of_house = yield from is_of_house(ports.directory, case, to, people, by_id=is_id)
    named = found if of_house else (yield from _customers(ports, case, found))
    audience = Audience(to=to, of_house=of_house, language=_language_of(found))
    process = ports.newest.get(case.process)
    book = _PLAIN if process is None else process.words
    tier = None if process is None else process.tiers_by_level.get(case.tier)
    values = {
        **_values_of(case),
        "agent": "" if case.assignee is None else known[case.assignee].name,
        "name": ", ".join(each.name or each.id for each in named),
        "tier_name": None if tier is None else tier.name,
    }
    *earlier, chief = told.reasons  # under the last thing that happened, everything in its order
    words = book.write(chief, audience, values, earlier=earlier, enough=told.enough)
    return Notification(
        tenant=case.tenant, case_id=case.id, to=to, recipients=found, reason=words.reason, subject=words.subject,
        text=words.text, language=words.language, tier=case.tier, status=case.status, at=last.at, earlier=words.earlier,
    )  # fmt: skip


def _customers(ports: Ports, case: Case, people: tuple[Contact, ...]) -> Flow[tuple[Contact, ...]]:
    """Leave out whoever is of the house: customers who are told along with them do not learn their names."""
    of_house = set()
    for each in people[1:] and people:  # whoever is told alone is called by name
        if (yield from is_of_house(ports.directory, case, "", (each.id,))):
            of_house.add(each.id)
    return tuple(each for each in people if each.id not in of_house)


def _values_of(case: Case) -> dict[str, object]:
    return {
        "assignee": case.assignee,
        "case_id": case.id,
        "category": case.category,
        "due_at": None if case.due_at is None else f"{case.due_at:%Y-%m-%d %H:%M} UTC",
        "priority": case.priority,
        "requester": case.requester,
        "status": str(case.status),
        "subject": case.subject,
        "team": case.team,
        "tier": case.tier,
    }


def _language_of(people: Sequence[Contact]) -> str:
    """Give the language that all of them have."""
    languages = {each.language for each in people}
    return languages.pop() if len(languages) == 1 else ""


# -- all at once


def tell_all(ports: Ports, delivery: Delivery, case: Case, people: Sequence[str]) -> Flow[None]:
    """Hand a message to a notifier that tells all recipients at once."""
    notifier = notifier_of(ports, delivery.message)
    notification = yield from written(ports, case, Told(messages=(delivery.message,)), people)
    yield from delivery.hand(ports, notifier, Call(notifier.notify, notification, key=delivery.message.key))
    yield Call(ports.store.settle, delivery.arrived("sent"))


def people_for(ports: Ports, case: Case, effect: Notify) -> Flow[tuple[str, ...]]:
    """Give whom a message is for, as things stand when it is sent."""
    return (yield from recipients(ports.directory, case, effect.to))
