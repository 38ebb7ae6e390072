"""Telling one recipient: not in their quiet hours, several things at once, and no more than is good for anybody."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import attrs

from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.people import contacts
from supporttiers._flows.recording import settle_on_record
from supporttiers._flows.sending import Delivery, LeaseLostError
from supporttiers._flows.telling import (
    Told,
    fan_out,
    has_role,
    is_needed,
    is_passed_on,
    is_urgent,
    notifier_of,
    people_for,
    rules_of,
    tell_all,
    written,
)
from supporttiers.calendars import WorkingHours
from supporttiers.cases import Case
from supporttiers.effects import Notify
from supporttiers.protocols import Message, Settled
from supporttiers.reasons import Reason
from supporttiers.words import ENOUGH, NotificationRules

MAX_TOGETHER: Final = 20
"""So many messages become one at most; the others become the next."""
GATHERING: Final = "gathering"
"""What is remembered of a message while others are settled to go with it: they must not be dropped along with it."""
GATHERED: Final = "gathered"
"""What is remembered of a message while it is sent, once it is settled what goes with it."""
_WITH: Final = "sent with "
_DAY: Final = timedelta(hours=24)
_PAGE: Final = 500


def notify(ports: Ports, delivery: Delivery, effect: Notify) -> Flow[None]:
    """Carry out a message to people, unless it is no longer needed."""
    message = delivery.message
    notifier = notifier_of(ports, message)
    loaded = yield Call(ports.store.load, message.tenant, message.case_id)
    case: Case = loaded.case
    if not is_needed(effect, case) and not _is_begun(message):
        yield Call(ports.store.settle, delivery.settled("done", "cancelled", attempts=message.attempts))
    elif effect.recipient is not None:
        if _is_begun(message) or not (yield from is_passed_on(ports, delivery, case, effect)):
            yield from _tell_one(ports, delivery, case, effect, effect.recipient)
    else:
        people = yield from people_for(ports, case, effect)
        if getattr(notifier, "per_recipient", False):
            yield from fan_out(ports, delivery, case, effect, people)
        else:
            yield from tell_all(ports, delivery, case, people)


def _is_begun(message: Message) -> bool:
    """Whether it may have been handed over before, so that what is told with it stays as it was."""
    return message.is_for_one and bool(message.attempts or message.result)


def _tell_one(ports: Ports, delivery: Delivery, case: Case, effect: Notify, person: str) -> Flow[None]:
    message, rules = delivery.message, rules_of(ports, case)
    if not is_urgent(ports, case, effect):
        (contact,) = yield from contacts(ports.directory, case.tenant, (person,))
        until = quiet_until(
            contact.quiet_hours or rules.quiet_hours or "", contact.zone or rules.zone, delivery.now
        )  # fmt: skip
        if until is not None:
            waits = delivery.settled("pending", message.result, attempts=message.attempts, not_before=until)
            yield Call(ports.store.settle, waits)
            return
    lane = yield from _lane(ports, message, rules)
    sent = _sent_lately(lane, delivery.now)
    limit = rules.daily_limit
    if limit is not None and sent >= limit and not _is_begun(message):
        yield Call(ports.store.settle, delivery.settled("done", "ceiling", attempts=message.attempts))
        return
    together = yield from _gathered(ports, delivery, case, lane, rules)
    if not together:
        yield Call(ports.store.settle, delivery.settled("done", "cancelled", attempts=message.attempts))
        return
    is_last = limit is not None and sent + 1 >= limit
    enough = Reason(ENOUGH, {"limit": limit}) if is_last else None
    notification = yield from written(ports, case, Told(messages=together, enough=enough), (person,))
    notifier = notifier_of(ports, message)
    yield from delivery.hand(ports, notifier, Call(notifier.notify, notification, key=message.key))
    if enough is None:
        yield Call(ports.store.settle, delivery.arrived("sent"))
    else:
        silenced = Reason("inform.silenced", {"limit": limit})
        yield from settle_on_record(ports, delivery, delivery.arrived("last"), silenced)


# -- quiet hours


def quiet_until(hours: str, zone: str, now: datetime) -> datetime | None:
    """
    Say until when somebody is not to be disturbed.

    Args:
        hours: `22:00-07:00`, every day; empty for none.
        zone: In which time zone; the day on which its clocks change is longer or shorter, as its hours are.
        now: Aware.

    Returns:
        The end of the hours in which *now* lies: their end itself lies in none. None where it lies in none.
    """
    if not hours:
        return None
    opening = _waking(hours, zone).next_opening(now)
    return opening if opening > now else None


@lru_cache(maxsize=256)
def _waking(hours: str, zone: str) -> WorkingHours:
    """Give when somebody may be disturbed: all hours but these."""
    start, _, end = hours.partition("-")
    if end < start:
        open_ = [f"{end}-{start}"]
    else:
        open_ = [f"{first}-{last}" for first, last in (("00:00", start), (end, "24:00")) if first != last]
    return WorkingHours(name="waking", zone=zone, week={"mon-sun": open_})


# -- several at once


def _lane(ports: Ports, message: Message, rules: NotificationRules) -> Flow[list[Message]]:
    """Read everything about the case for this recipient, in order; only it itself, where no more must be known."""
    if rules.together_within is None and rules.daily_limit is None and not _is_begun(message):
        return [message]
    found: list[Message] = []
    after: str | None = None
    while True:
        page: Sequence[Message] = yield Call(
            ports.store.messages, message.tenant, case_id=message.case_id, after=after, limit=_PAGE
        )
        found.extend(each for each in page if each.target == message.target)
        if len(page) < _PAGE:
            return found
        after = page[-1].key


def _sent_lately(lane: Sequence[Message], now: datetime) -> int:
    """Count the messages that were sent in the last 24 hours."""
    since = now - _DAY
    return sum(each.state == "done" and each.result in {"sent", "last"} and each.not_before > since for each in lane)


def _gathered(
    ports: Ports, delivery: Delivery, case: Case, lane: Sequence[Message], rules: NotificationRules
) -> Flow[tuple[Message, ...]]:
    """
    Give what is told at once, in order; what is no longer needed is left out.

    What goes with a message is written down before it is sent: after a crash exactly that is sent again with its key,
    for a receiver that knows the key would drop whatever came with it anew.
    """
    message = delivery.message
    taken = {each.key for each in lane if each.result == _WITH + message.key}
    if rules.together_within is not None and _may_gather(message):
        waiting = [each for each in lane if _may_go_along(each, message, case, delivery.now)]
        if waiting:
            yield from _remember(ports, delivery, GATHERING)
        for mate in waiting[: MAX_TOGETHER - 1 - len(taken)]:
            state = _WITH + message.key if is_needed(_told(mate), case) else "cancelled"
            if (yield Call(ports.store.settle, _settled(mate, state, delivery.now))) and state != "cancelled":
                taken.add(mate.key)
        yield from _remember(ports, delivery, GATHERED)
    at_once = [each for each in lane if each.key in taken or each.key == message.key]
    return tuple(each for each in at_once if is_needed(_told(each), case) and not _has_left(_told(each), case))


def _has_left(effect: Notify, case: Case) -> bool:
    """Whether it is for a watcher who watches no more; what was begun for one who works on it has no other way."""
    return effect.to == "watchers" and not has_role(case, effect)


def _told(message: Message) -> Notify:
    assert isinstance(message.effect, Notify)  # noqa: S101 - of a row for people; for the type checker
    return message.effect


def _may_gather(message: Message) -> bool:
    """Whether it has never been handed over, so that it is still open what goes with it."""
    return not message.attempts and message.result in {"", GATHERING}


def _remember(ports: Ports, delivery: Delivery, result: str) -> Flow[None]:
    """Write down how far the gathering has got, as whoever still has the message."""
    message = delivery.message
    mark = delivery.settled(
        "pending", result, attempts=message.attempts, not_before=message.not_before, keep=True
    )  # fmt: skip
    if not (yield Call(ports.store.settle, mark)):
        raise LeaseLostError
    delivery.message = attrs.evolve(message, result=result)


def _may_go_along(other: Message, message: Message, case: Case, now: datetime) -> bool:
    """Whether another message waits for them that nobody has begun with, and that is not held to working time."""
    held = _told(other).not_before
    untouched = other.state == "pending" and other.lease is None and not _is_begun(other)
    is_due = held is None or held <= now
    return other.key != message.key and untouched and is_due and has_role(case, _told(other))


def _settled(mate: Message, result: str, now: datetime) -> Settled:
    """Say that it goes along, unless somebody has it by now."""
    return Settled(
        tenant=mate.tenant, key=mate.key, state="done", result=result, attempts=mate.attempts, not_before=now, lease=""
    )
