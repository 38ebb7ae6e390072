"""Carry out what was decided: messages to notifiers, vendors and other cases, and questions to vendors."""

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
from supporttiers._flows.recording import problem_of, result_of, settle_on_record, whom
from supporttiers._flows.retrying import attempts_of, wait_before_next
from supporttiers._flows.sending import SENDING, Delivery, LeaseLostError
from supporttiers.actors import SYSTEM, Actor
from supporttiers.commands import Command, InformManagement, Open, VendorUpdate
from supporttiers.decisions import Decision
from supporttiers.effects import (
    DispatchToVendor,
    Effect,
    Notify,
    Tell,
    TellLinked,
    TellObserver,
    VendorAnswer,
    VendorRequest,
)
from supporttiers.errors import (
    BackendError,
    CaseError,
    InputError,
    NotifyError,
    ParkedError,
    VendorError,
    safe_text,
    say_where,
)
from supporttiers.links import VendorStatus
from supporttiers.protocols import (
    Message,
    OpenTicket,
    Settled,
    VendorGateway,
)
from supporttiers.reasons import Reason

log = logging.getLogger("supporttiers.flows")

LEASED: Final = 20
"""So many messages are taken at a time."""
LEASE: Final = timedelta(minutes=5)
"""After so long others may take over what a worker has taken and not carried out."""
AT_MOST: Final = timedelta(minutes=1)
"""After so long a pass takes no more messages, or tickets: deadlines must not wait behind what is slow."""
POLL_EVERY: Final = timedelta(minutes=1)


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
            delivery = Delivery(message, now, first=message is messages[0])
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
            settled = yield from tell_linked(ports, message, message.effect, now, limit=limit)
            return settled if settled.keep else True
        yield from _carry_out(ports, delivery)
    except LeaseLostError:
        return None
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the message is kept, and tried again
        yield from _failed(ports, delivery, error)
        return False
    return True


def _carry_out(ports: Ports, delivery: Delivery) -> Flow[None]:
    effect = delivery.message.effect
    if delivery.message.result == SENDING:  # whoever was sending it has not come back to say how that went
        delivery.once = delivery.unsure = True
        raise _never_heard_of(effect, delivery.message.adapter)
    if isinstance(effect, Notify):
        yield from notify(ports, delivery, effect)
    elif isinstance(effect, DispatchToVendor):
        yield from _open_ticket(ports, delivery, effect)
    elif isinstance(effect, TellObserver):
        yield from tell_observer(ports, delivery, effect)
    else:
        assert isinstance(effect, Tell)  # noqa: S101 - the last kind; for the type checker
        yield from _tell(ports, delivery, effect)


def _never_heard_of(effect: Effect, adapter: str) -> BackendError:
    """Say that a message was being sent when its worker was lost."""
    kind = VendorError if isinstance(effect, DispatchToVendor) else NotifyError
    return kind(adapter, "the worker was lost while it was sending this", retryable=False, ambiguous=True)


def _open_ticket(ports: Ports, delivery: Delivery, effect: DispatchToVendor) -> Flow[None]:
    message, now = delivery.message, delivery.now
    vendor = ports.vendors.get(effect.vendor)
    if vendor is None:
        raise VendorError(effect.vendor, "this desk has no such vendor", retryable=True)
    request = VendorRequest(
        tenant=message.tenant, case_id=message.case_id, subject=effect.subject, text=effect.text,
        category=effect.category, priority=effect.priority,
    )  # fmt: skip
    answer = yield from delivery.hand(ports, vendor, Call(vendor.open, request, key=effect.key))
    settled = delivery.arrived(answer.remote_id)
    ticket = (effect.vendor, effect.key, message.case_id)
    decision = yield from _take_note(ports, message.tenant, ticket, answer, now, settled=settled)
    if not decision.events:  # the case knew it all already, so that no commit has carried the message off
        yield Call(ports.store.settle, settled)


def _take_note(
    ports: Ports, tenant: str, ticket: tuple[str, str, str], answer: VendorAnswer, now: datetime, *,
    settled: Settled | None = None,
) -> Flow[Decision]:  # fmt: skip
    """Give a case what its vendor says."""
    vendor, key, case_id = ticket
    update = VendorUpdate(
        case_id=case_id, by=Actor.vendor(vendor), vendor=vendor, key=key, remote_id=answer.remote_id,
        status=answer.status, text=answer.text,
    )  # fmt: skip
    return (yield from execute(ports, tenant, update, now, settled=settled))


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
            yield from _alarm(ports, delivery, _not_opened(command))
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


def _alarm(ports: Ports, delivery: Delivery, text: str) -> Flow[None]:
    """Put on the case's record that it does not go on as it should, and tell management: not to be lost in silence."""
    message = delivery.message
    told = InformManagement(
        case_id=message.case_id, by=SYSTEM, idempotency_key=f"alarm:{message.key}", reason=text
    )  # fmt: skip
    try:
        yield from execute(ports, message.tenant, told, delivery.now)
    except Exception as error:  # noqa: BLE001 - a rule may forbid that too, or fail; the message must not come for ever
        log.error("case %s: %s; management was not told: %s", message.case_id, told.reason, safe_text(error))  # noqa: TRY400 - ids only


# -- what could not be carried out


def _failed(ports: Ports, delivery: Delivery, error: Exception) -> Flow[None]:
    """Try again later, or give up; what may have arrived, and must not arrive twice, is left to people."""
    message = delivery.message
    if delivery.once and delivery.unsure:
        yield from _set_aside(ports, delivery, error)
        return
    log.warning("message %s to %s failed: %s", message.key, message.target, safe_text(error))
    final = isinstance(error, BackendError) and not error.retryable
    result = message.result if isinstance(message.effect, TellLinked) else result_of(error)  # how far it has got
    adapter = _adapter_of(ports, message)
    wait = wait_before_next(adapter, error, attempts=message.attempts, key=message.key)
    settled = delivery.settled("pending", result, not_before=delivery.now + wait)
    if not final and settled.attempts < attempts_of(adapter):
        yield Call(ports.store.settle, settled)
    elif delivery.unsure:
        yield from _set_aside(ports, delivery, error)
    else:
        yield from _give_up(ports, delivery, attrs.evolve(settled, state="dead", not_before=delivery.now), error)


def _adapter_of(ports: Ports, message: Message) -> object:
    """Give whom a message is for; None where that is another case, or nobody whom the desk knows."""
    if isinstance(message.effect, Notify):
        return ports.notifiers.get(message.adapter)
    return ports.vendors.get(message.target) if isinstance(message.effect, DispatchToVendor) else None


def _set_aside(ports: Ports, delivery: Delivery, error: Exception) -> Flow[None]:
    """Leave to people what may have arrived; that a request to a vendor may have, stands on the record of its case."""
    message, effect = delivery.message, delivery.message.effect
    log.error("message %s to %s may or may not have arrived: %s", message.key, message.target, safe_text(error))
    if isinstance(effect, DispatchToVendor):
        text = f"nobody knows whether request {effect.key} has reached vendor {effect.vendor}"
        yield from _alarm(ports, delivery, text)
    settled = delivery.settled("ambiguous", result_of(error))
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
        yield from _alarm(ports, delivery, _not_opened(effect.command))
    if isinstance(effect, Notify):
        yield from settle_on_record(ports, delivery, dead, _not_told("inform.undelivered", delivery, error))
        return
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


# -- vendors


def poll(ports: Ports, clock: Callable[[], datetime], *, limit: int, tenant: str | None) -> Flow[tuple[int, int]]:
    """Ask vendors about open tickets, while time is left; give how many were asked about, and how many could not be."""
    asked = failed = 0
    now = clock()
    tickets = yield from _own_tickets(ports, now - POLL_EVERY, limit=limit, tenant=tenant)
    tried: list[OpenTicket] = []
    for ticket in tickets:
        if clock() >= now + AT_MOST:
            break
        tried.append(ticket)
        try:
            yield from _poll_one(ports, ports.vendors[ticket.vendor], ticket, now)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the ticket is asked about again
            log.warning("vendor %s could not be asked about %s: %s", ticket.vendor, ticket.case_id, safe_text(error))
            failed += 1
        else:
            asked += 1
    if tried:
        yield Call(ports.store.asked, tried, now)
    return asked, failed


def _own_tickets(ports: Ports, asked_before: datetime, *, limit: int, tenant: str | None) -> Flow[list[OpenTicket]]:
    """Read what this desk can ask about; tickets of vendors that it lacks are others', and must not stand before."""
    size = limit
    while ports.vendors:
        found: Sequence[OpenTicket] = yield Call(ports.store.open_tickets, asked_before, limit=size, tenant=tenant)
        own = [ticket for ticket in found if ticket.vendor in ports.vendors]
        if len(own) >= limit or len(found) < size:
            return own[:limit]
        size *= 2
    return []


def _poll_one(ports: Ports, vendor: VendorGateway, ticket: OpenTicket, now: datetime) -> Flow[None]:
    try:
        answer = yield Call(vendor.fetch, ticket.remote_id)
    except Exception as error:
        say_where(error, f"vendor {ticket.vendor!r}")
        raise
    yield from _take_note(ports, ticket.tenant, (ticket.vendor, ticket.key, ticket.case_id), answer, now)
