"""Telling people: who a message is for when it is sent, and one message for each where a notifier tells them apart."""

import json
import logging
from hashlib import sha256
from typing import Any

import attrs

from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.people import contacts, recipients
from supporttiers._flows.sending import Delivery
from supporttiers.cases import Case
from supporttiers.effects import RECIPIENTS, Notification, Notify
from supporttiers.errors import NotifyError
from supporttiers.protocols import LANE, Message

log = logging.getLogger("supporttiers.flows")

NOBODY = "nobody"
"""The result of a message for which there was nobody to be told."""


def notify(ports: Ports, delivery: Delivery, effect: Notify) -> Flow[None]:
    """Carry out a message to people, unless it is no longer needed."""
    message = delivery.message
    notifier = ports.notifiers.get(message.adapter)
    if notifier is None:
        raise NotifyError(message.adapter, "this desk has no such notifier", retryable=True)
    loaded = yield Call(ports.store.load, message.tenant, message.case_id)
    case: Case = loaded.case
    if effect.unless is not None and effect.unless.compile()(case):
        yield Call(ports.store.settle, delivery.settled("done", "cancelled", attempts=message.attempts))
    elif effect.recipient is not None:
        yield from _tell(ports, delivery, case, (effect.recipient,))
    else:
        people = yield from recipients(ports.directory, case, effect.to)
        if getattr(notifier, "per_recipient", False):
            yield from _fan_out(ports, delivery, effect, people)
        else:
            yield from _tell(ports, delivery, case, people)


def _fan_out(ports: Ports, delivery: Delivery, effect: Notify, people: tuple[str, ...]) -> Flow[None]:
    """Make one message for each recipient; they are written in the transaction that settles this one."""
    message = delivery.message
    if not people:
        log.info("message %s to %s: nobody is known for %s", message.key, message.target, _shown(effect.to))
        yield Call(ports.store.settle, delivery.settled("done", NOBODY))
        return
    more = tuple(
        attrs.evolve(
            message,
            key=f"{message.key}:{place}",
            target=lane_of(message, person),
            not_before=delivery.now,
            attempts=0,
            result="",
            lease=None,
            effect=attrs.evolve(effect, recipient=person),
        )
        for place, person in enumerate(dict.fromkeys(people), start=1)
    )
    yield Call(ports.store.settle, delivery.settled("done", f"recipients: {len(more)}", more=more))


def lane_of(message: Message, person: str) -> str:
    """Give the target of messages about one case for one person: never their id, which a redaction would miss."""
    mark = sha256(json.dumps([message.tenant, message.case_id, person]).encode()).hexdigest()[:16]
    return f"{message.adapter}{LANE}{mark}"


def _tell(ports: Ports, delivery: Delivery, case: Case, people: tuple[str, ...]) -> Flow[None]:
    message = delivery.message
    effect: Any = message.effect
    notifier = ports.notifiers[message.adapter]
    known = yield from contacts(ports.directory, case.tenant, people)
    notification = Notification(
        tenant=message.tenant, case_id=case.id, to=effect.to, recipients=known,
        reason=effect.reason, tier=case.tier, status=case.status, at=message.at,
    )  # fmt: skip
    yield from delivery.hand(ports, notifier, Call(notifier.notify, notification, key=message.key))
    yield Call(ports.store.settle, delivery.settled("done", "sent"))


def _shown(to: str) -> str:
    """Give a role as logs may show it: any other word may be the id of a person."""
    return to if to in RECIPIENTS else "a name"
