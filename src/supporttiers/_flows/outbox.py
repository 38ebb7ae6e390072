"""Carry out what was decided: messages to notifiers, vendors and other cases."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import attrs

from supporttiers._codec import body_hash
from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.gathering import notify
from supporttiers._flows.linked import tell_linked
from supporttiers._flows.observers import tell_observer
from supporttiers._flows.opening import open_ticket
from supporttiers._flows.recording import alarm, problem_of, result_of, settle_on_record, whom
from supporttiers._flows.retrying import attempts_of, wait_before_next
from supporttiers._flows.saying import is_file, not_sent, tell_vendor
from supporttiers._flows.sending import FIRST_LOOK, SENDING, Delivery, LeaseLostError
from supporttiers._flows.vendors import can, is_slow, leave_alone, rests_until, tell_lost
from supporttiers.actors import SYSTEM
from supporttiers.commands import Command, Open, VendorUpdate
from supporttiers.effects import DispatchToVendor, Effect, MessageVendor, Notify, Tell, TellLinked, TellObserver
from supporttiers.errors import (
    BackendError,
    CaseError,
    InputError,
    NotifyError,
    ParkedError,
    SupportTiersError,
    VendorError,
    safe_text,
)
from supporttiers.links import VendorStatus
from supporttiers.protocols import Message, Settled
from supporttiers.reasons import Reason

TO_VENDORS: Final = (DispatchToVendor, MessageVendor)
"""Effects that a vendor's gateway carries out."""

log = logging.getLogger("supporttiers.flows")

LEASED: Final = 20
"""So many messages are taken at a time."""
LEASE: Final = timedelta(minutes=5)
"""After so long others may take over what a worker has taken and not carried out."""
AT_MOST: Final = timedelta(minutes=1)
"""After so long a pass takes no more messages: deadlines must not wait behind what is slow."""


# -- the outbox


def relay(
    ports: Ports, clock: Callable[[], datetime], tokens: Callable[[datetime], str], *, limit: int, tenant: str | None
) -> Flow[tuple[int, int]]:
    """
    Carry out messages, a few at a time, while there are any and time is left; give how many were, and how many failed.

    Args:
        ports: What to work with.
        clock: Tells the time at which each few are taken: the earlier ones may have taken long.
        tokens: Makes the token of a lease.
        limit: How many messages at most; of one that tells linked cases, how many of these.
        tenant: Whose; of all tenants when None.
    """
    results: list[Settled | bool | None] = []
    now = began = clock()
    while len(results) < limit and now < began + AT_MOST:
        size = min(limit - len(results), LEASED)
        until = now + LEASE
        messages: Sequence[Message] = yield Call(
            ports.store.lease, now, until=until, token=tokens(now), limit=size, tenant=tenant
        )
        if not messages:
            break
        for message in messages:
            if message is not messages[0] and clock() >= until:
                break  # the others have taken so long that it may be somebody else's by now
            delivery = Delivery(message, now, first=message is messages[0], clock=clock)
            result = yield from _relay_one(ports, delivery, limit=limit)
            results.append(result)
        now = clock()
    kept = [result for result in results if isinstance(result, Settled)]
    for settled in kept:  # it was kept, so that it had but one turn in this pass, and goes on in the next
        yield Call(ports.store.settle, attrs.evolve(settled, keep=False))
    return results.count(True) + len(kept), results.count(False)


def _relay_one(ports: Ports, delivery: Delivery, *, limit: int) -> Flow[Settled | bool | None]:
    """Carry out one message; say whether it was: what is kept of one that goes on, None for one that is others'."""
    message, now = delivery.message, delivery.now
    try:
        if isinstance(message.effect, TellLinked):
            delivery.remembers = message.result  # how far it has got
            settled = yield from tell_linked(ports, message, message.effect, now, limit=limit)
            return settled if settled.keep else True
        if (yield from _is_put_off(ports, delivery)):
            return None
        yield from _carry_out(ports, delivery)
    except LeaseLostError:
        return None
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the message is kept, and tried again
        yield from _failed(ports, delivery, error)
        return False
    return True


def _is_put_off(ports: Ports, delivery: Delivery) -> Flow[bool]:
    """Leave a message for later whose vendor is left alone for a while; it is not tried, and loses no try."""
    message = delivery.message
    is_for_vendor = isinstance(message.effect, TO_VENDORS)
    until = rests_until(ports, message.target, delivery.now) if is_for_vendor else None
    if until is None:
        return False
    yield Call(ports.store.settle, _later(delivery, message.result, until))
    yield from _lost(ports, delivery, "it is left alone for a while")
    return True


def _later(delivery: Delivery, result: str, until: datetime) -> Settled:
    """Say that it is to be tried later, as if it had not been; it keeps its place before others of its case."""
    return delivery.settled("pending", result, attempts=max(1, delivery.message.attempts), not_before=until)


def _carry_out(ports: Ports, delivery: Delivery) -> Flow[None]:
    message, effect = delivery.message, delivery.message.effect
    adapter = _adapter_of(ports, message)
    lost = message.result == SENDING or (delivery.doubted_since() is not None and not getattr(adapter, "repeats", True))
    if lost and not _can_look(effect, adapter):  # whoever was sending it has not come back to say how that went
        delivery.once = delivery.unsure = True
        raise _never_heard_of(effect, message.adapter)
    if isinstance(effect, Notify):
        yield from notify(ports, delivery, effect)
    elif isinstance(effect, DispatchToVendor):
        yield from open_ticket(ports, delivery, effect)
    elif isinstance(effect, MessageVendor):
        yield from tell_vendor(ports, delivery, effect)
    elif isinstance(effect, TellObserver):
        yield from tell_observer(ports, delivery, effect)
    else:
        assert isinstance(effect, Tell)  # noqa: S101 - the last kind; for the type checker
        yield from _tell(ports, delivery, effect)


def _can_look(effect: Effect, adapter: object) -> bool:
    """Whether it can be looked up if an earlier try has arrived."""
    if isinstance(effect, DispatchToVendor):
        return can(adapter, "find")
    return isinstance(effect, MessageVendor) and not is_file(effect)


def _never_heard_of(effect: Effect, adapter: str) -> BackendError:
    """Say that a message was being sent when its worker was lost."""
    kind = VendorError if isinstance(effect, TO_VENDORS) else NotifyError
    return kind(adapter, "the worker was lost while it was sending this", retryable=False, ambiguous=True)


def _tell(ports: Ports, delivery: Delivery, effect: Tell) -> Flow[None]:
    message = delivery.message
    command = attrs.evolve(effect.command, at=None, idempotency_key=f"tell:{message.key}")
    result = "told"
    yield from delivery.check(ports)
    try:
        yield from _give(ports, message.tenant, command, delivery.now)
    except ParkedError:
        raise  # it is no refusal: once the case can be decided again, it may well be told
    except CaseError as refusal:
        result = f"refused: {refusal.reason.code}"
        if isinstance(command, Open):
            yield from alarm(ports, delivery, _not_opened(command))
    yield Call(ports.store.settle, delivery.settled("done", result))


def _give(ports: Ports, tenant: str, command: Command, now: datetime) -> Flow[None]:
    """Give a command to another case; one that opens it with a priority that is no more does without."""
    body = body_hash(command)
    try:
        yield from execute(ports, tenant, command, now, body=body)
    except InputError as refusal:
        if not isinstance(command, Open) or refusal.field != "priority":
            raise
        yield from execute(ports, tenant, attrs.evolve(command, priority=None), now, body=body)


def _not_opened(command: Open) -> str:
    return f"case {command.case_id} could not be opened"


# -- what could not be carried out


def _failed(ports: Ports, delivery: Delivery, error: Exception) -> Flow[None]:
    """Try again later, or give up; what may have arrived, and must not arrive twice, is left to people."""
    message = delivery.message
    if delivery.once and delivery.unsure:
        yield from _set_aside(ports, delivery, error)
        return
    log.warning("message %s to %s failed: %s", message.key, message.target, safe_text(error))
    result = result_of(error) if delivery.remembers is None else delivery.remembers
    if isinstance(message.effect, TO_VENDORS):
        about = message.tenant, message.case_id
        until = yield from leave_alone(ports, message.target, error, delivery.now, about=about)
        if until is not None:
            yield Call(ports.store.settle, _later(delivery, result, until))
            yield from _lost(ports, delivery, problem_of(error))
            return
        is_slow(ports, message.target, delivery.began, delivery.ended())
    final = isinstance(error, BackendError) and not error.retryable
    adapter = _adapter_of(ports, message)
    wait = wait_before_next(adapter, error, attempts=message.attempts, key=message.key)
    if delivery.doubted:
        wait = max(FIRST_LOOK, getattr(error, "retry_after", None) or FIRST_LOOK)
    settled = delivery.settled("pending", result, not_before=delivery.now + wait)
    tries = attempts_of(adapter) * (2 if delivery.looking else 1)
    if delivery.doubted or (not final and settled.attempts < tries):
        yield Call(ports.store.settle, settled)
        if isinstance(error, VendorError) or not isinstance(error, SupportTiersError):  # else it is we who fail
            yield from _lost(ports, delivery, problem_of(error))
    elif delivery.unsure:
        yield from _set_aside(ports, delivery, error)
    else:
        yield from _give_up(ports, delivery, attrs.evolve(settled, state="dead", not_before=delivery.now), error)


def _lost(ports: Ports, delivery: Delivery, problem: str) -> Flow[None]:
    """Tell a case whose request does not get through that its vendor is lost, once that has lasted for long."""
    message, effect = delivery.message, delivery.message.effect
    if not message.attempts:  # it may have waited for long because nobody was at work
        return
    if isinstance(effect, DispatchToVendor) and effect.vendor in ports.vendors:  # else another desk may reach it
        about = effect.vendor, effect.key, message.case_id
        yield from tell_lost(ports, message.tenant, about, problem, delivery.now)


def _adapter_of(ports: Ports, message: Message) -> object:
    """Give whom a message is for; None where that is another case, or nobody whom the desk knows."""
    if isinstance(message.effect, Notify):
        return ports.notifiers.get(message.adapter)
    return ports.vendors.get(message.target) if isinstance(message.effect, TO_VENDORS) else None


def _set_aside(ports: Ports, delivery: Delivery, error: Exception) -> Flow[None]:
    """Leave to people what may have arrived; that a request to a vendor may have, stands on the record of its case."""
    message, effect = delivery.message, delivery.message.effect
    log.error("message %s to %s may or may not have arrived: %s", message.key, message.target, safe_text(error))
    if isinstance(effect, DispatchToVendor):
        text = f"nobody knows whether request {effect.key} has reached vendor {effect.vendor}"
        yield from alarm(ports, delivery, text)
    elif isinstance(effect, MessageVendor):
        yield from not_sent(ports, delivery, effect, f"nobody knows whether it has arrived: {problem_of(error)}")
    settled = delivery.settled("ambiguous", delivery.remembers or result_of(error))
    if isinstance(effect, Notify):
        yield from settle_on_record(ports, delivery, settled, _not_told("inform.unsure", delivery, error))
    else:
        yield Call(ports.store.settle, settled)


def _not_told(code: str, delivery: Delivery, error: Exception) -> Reason:
    """Say that people may not have been told, and why."""
    by = delivery.message.adapter
    return Reason(code, {"to": whom(delivery), "notifier": by, "problem": problem_of(error)})


def _give_up(ports: Ports, delivery: Delivery, dead: Settled, error: Exception) -> Flow[None]:
    """Let a message go; a case must not wait for the answer to a request that no vendor will ever see."""
    message, effect = delivery.message, delivery.message.effect
    log.error("message %s to %s is given up", message.key, message.target)
    if isinstance(effect, Tell) and isinstance(effect.command, Open):
        yield from alarm(ports, delivery, _not_opened(effect.command))
    if isinstance(effect, Notify):
        yield from settle_on_record(ports, delivery, dead, _not_told("inform.undelivered", delivery, error))
        return
    if isinstance(effect, MessageVendor):
        yield from not_sent(ports, delivery, effect, problem_of(error))
    if isinstance(effect, DispatchToVendor):
        update = VendorUpdate(
            case_id=message.case_id, by=SYSTEM, vendor=effect.vendor, key=effect.key, status=VendorStatus.FAILED
        )
        try:
            decision = yield from execute(ports, message.tenant, update, delivery.now, settled=dead)
        except Exception as failure:  # noqa: BLE001 - other messages must not wait behind this one for ever
            log.error("case %s could not be told of its dead message: %s", message.case_id, safe_text(failure))  # noqa: TRY400 - ids only
        else:
            if decision.events:
                return
    yield Call(ports.store.settle, dead)
