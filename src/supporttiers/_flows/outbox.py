"""Carry out what was decided: messages to notifiers, vendors and other cases, and questions to vendors."""

import logging
from datetime import datetime, timedelta
from typing import Final

import attrs

from supporttiers._codec import body_hash
from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.linked import tell_linked
from supporttiers._flows.people import recipients
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import Case
from supporttiers.commands import Command, InformManagement, Open, VendorUpdate
from supporttiers.decisions import Decision
from supporttiers.effects import DispatchToVendor, Notification, Notify, Tell, TellLinked, VendorAnswer, VendorRequest
from supporttiers.errors import (
    BackendError,
    CaseError,
    InputError,
    NotifyError,
    SupportTiersError,
    VendorError,
)
from supporttiers.links import VendorStatus
from supporttiers.protocols import (
    Message,
    OpenTicket,
    Settled,
    VendorGateway,
)

log = logging.getLogger("supporttiers.flows")

ATTEMPTS_AT_SENDING: Final = 10
POLL_EVERY: Final = timedelta(minutes=1)
_FIRST_RETRY: Final = timedelta(minutes=1)
_LAST_RETRY: Final = timedelta(hours=1)


# -- the outbox


def relay(ports: Ports, now: datetime, *, limit: int, tenant: str | None) -> Flow[tuple[int, int]]:
    """Carry out messages; give how many were, and how many failed and will be tried again."""
    done = failed = 0
    held: set[tuple[str, str, str]] = set()
    for message in (yield Call(ports.store.pending, now, limit=limit, tenant=tenant)):
        lane = (message.tenant, message.case_id, message.target)
        if lane in held:
            continue  # an earlier message of this case to this target has to arrive first
        try:
            if isinstance(message.effect, TellLinked):
                if not (yield from tell_linked(ports, message, message.effect, now, limit=limit)):
                    held.add(lane)  # what is told next must wait until all have been told this
            else:
                yield from _carry_out(ports, message, now)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the message is kept, and tried again
            failed += 1
            held.add(lane)
            yield from _failed(ports, message, error, now)
        else:
            done += 1
    return done, failed


def _carry_out(ports: Ports, message: Message, now: datetime) -> Flow[None]:
    effect = message.effect
    if isinstance(effect, Notify):
        yield from _notify(ports, message, effect, now)
    elif isinstance(effect, DispatchToVendor):
        yield from _open_ticket(ports, message, effect, now)
    else:
        assert isinstance(effect, Tell)  # noqa: S101 - the fourth kind; for the type checker
        yield from _tell(ports, message, effect, now)


def _settled(message: Message, state: str, result: str, now: datetime) -> Settled:
    return Settled(
        tenant=message.tenant, key=message.key, state=state, result=result, attempts=message.attempts + 1,
        not_before=now,
    )  # fmt: skip


def _notify(ports: Ports, message: Message, effect: Notify, now: datetime) -> Flow[None]:
    notifier = ports.notifiers.get(message.target)
    if notifier is None:
        raise NotifyError(message.target, "this desk has no such notifier", retryable=True)
    loaded = yield Call(ports.store.load, message.tenant, message.case_id)
    case: Case = loaded.case
    people = yield from recipients(ports.directory, case, effect.to)
    notification = Notification(
        tenant=message.tenant, case_id=case.id, to=effect.to, recipients=people,
        reason=effect.reason, tier=case.tier, status=case.status, at=message.at,
    )  # fmt: skip
    yield Call(notifier.notify, notification, key=message.key)
    yield Call(ports.store.settle, _settled(message, "done", "sent", now))


def _open_ticket(ports: Ports, message: Message, effect: DispatchToVendor, now: datetime) -> Flow[None]:
    vendor = ports.vendors.get(effect.vendor)
    if vendor is None:
        raise VendorError(effect.vendor, "this desk has no such vendor", retryable=True)
    request = VendorRequest(
        tenant=message.tenant, case_id=message.case_id, subject=effect.subject, text=effect.text,
        category=effect.category, priority=effect.priority,
    )  # fmt: skip
    answer = yield Call(vendor.open, request, key=effect.key)
    settled = _settled(message, "done", answer.remote_id, now)
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


def _tell(ports: Ports, message: Message, effect: Tell, now: datetime) -> Flow[None]:
    command = attrs.evolve(effect.command, at=None, idempotency_key=f"tell:{message.key}")
    result = "told"
    try:
        yield from _give(ports, message.tenant, command, now)
    except CaseError as refusal:
        result = f"refused: {refusal.reason.code}"
        if isinstance(command, Open):
            yield from _alarm(ports, message, command, now)
    yield Call(ports.store.settle, _settled(message, "done", result, now))


def _give(ports: Ports, tenant: str, command: Command, now: datetime) -> Flow[None]:
    """Give a command to another case; one that opens it with a priority that is no more does without."""
    body = body_hash(command)
    try:
        yield from execute(ports, tenant, command, now, body=body)
    except InputError as refusal:
        if not isinstance(command, Open) or refusal.field != "priority":
            raise
        yield from execute(ports, tenant, attrs.evolve(command, priority=None), now, body=body)


def _alarm(ports: Ports, message: Message, command: Open, now: datetime) -> Flow[None]:
    """Tell management that there is no case to go on with: that must not be lost in silence."""
    told = InformManagement(
        case_id=message.case_id, by=SYSTEM, idempotency_key=f"alarm:{message.key}",
        reason=f"case {command.case_id} could not be opened",
    )  # fmt: skip
    try:
        yield from execute(ports, message.tenant, told, now)
    except SupportTiersError as error:  # a rule may forbid that too
        log.error("case %s: %s; management was not told: %s", message.case_id, told.reason, _told(error))  # noqa: TRY400 - ids only


def _told(error: Exception) -> str:
    """Say what went wrong, for logs: errors of ours hold no customer text, those of others may."""
    return str(error) if isinstance(error, SupportTiersError) else type(error).__name__


def _failed(ports: Ports, message: Message, error: Exception, now: datetime) -> Flow[None]:
    """Try again later, or give up."""
    log.warning("message %s to %s failed: %s", message.key, message.target, _told(error))
    final = isinstance(error, BackendError) and not error.retryable
    result = message.result if isinstance(message.effect, TellLinked) else type(error).__name__  # how far it has got
    settled = _settled(message, "pending", result, now)
    if final or settled.attempts >= ATTEMPTS_AT_SENDING:
        yield from _give_up(ports, message, attrs.evolve(settled, state="dead"), now)
        return
    wait = min(_FIRST_RETRY * 2**message.attempts, _LAST_RETRY)
    yield Call(ports.store.settle, attrs.evolve(settled, not_before=now + wait))


def _give_up(ports: Ports, message: Message, dead: Settled, now: datetime) -> Flow[None]:
    """Let a message go; a case must not wait for the answer to a request that no vendor will ever see."""
    effect = message.effect
    if isinstance(effect, Tell) and isinstance(effect.command, Open):
        yield from _alarm(ports, message, effect.command, now)
    if isinstance(effect, DispatchToVendor):
        update = VendorUpdate(
            case_id=message.case_id, by=SYSTEM, vendor=effect.vendor, key=effect.key, status=VendorStatus.FAILED
        )
        try:
            decision = yield from execute(ports, message.tenant, update, now, settled=dead)
        except SupportTiersError as error:  # other messages must not wait behind this one for ever
            log.error("case %s could not be told of its dead message: %s", message.case_id, _told(error))  # noqa: TRY400 - ids only
        else:
            if decision.events:
                return
    yield Call(ports.store.settle, dead)


# -- vendors


def poll(ports: Ports, now: datetime, *, limit: int, tenant: str | None) -> Flow[tuple[int, int]]:
    """Ask vendors about open tickets; give how many were asked about, and how many could not be."""
    asked = failed = 0
    open_tickets = yield Call(ports.store.open_tickets, now - POLL_EVERY, limit=limit, tenant=tenant)
    tickets = [ticket for ticket in open_tickets if ticket.vendor in ports.vendors]
    for ticket in tickets:
        try:
            yield from _poll_one(ports, ports.vendors[ticket.vendor], ticket, now)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the ticket is asked about again
            log.warning("vendor %s could not be asked about %s: %s", ticket.vendor, ticket.case_id, _told(error))
            failed += 1
        else:
            asked += 1
    if tickets:
        yield Call(ports.store.asked, tickets, now)
    return asked, failed


def _poll_one(ports: Ports, vendor: VendorGateway, ticket: OpenTicket, now: datetime) -> Flow[None]:
    answer = yield Call(vendor.fetch, ticket.remote_id)
    yield from _take_note(ports, ticket.tenant, (ticket.vendor, ticket.key, ticket.case_id), answer, now)
