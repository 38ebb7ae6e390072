"""
Saying things on tickets at vendors, taking requests back, sending files: each once, as far as that can be looked up.

What a gateway cannot do stands on the record of the case: nothing that was to be said to a vendor is lost in silence.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import attrs

from supporttiers._fields import name as named
from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.recording import alarm, note
from supporttiers._flows.retrying import attempts_of
from supporttiers._flows.sending import Delivery
from supporttiers._flows.vendors import NOT_NEEDED, Gateway, asked, can, gateway, settle_time, ticket_of, update_of
from supporttiers.actors import Actor
from supporttiers.commands import VendorUpdate
from supporttiers.effects import MessageVendor, VendorAnswer, VendorFile, VendorMessage
from supporttiers.errors import VendorError, say_where
from supporttiers.links import VENDOR_LIVE, Attachment, VendorStatus, VendorTicket, reference_of
from supporttiers.protocols import Message

MOST_BYTES: Final = 10 * 1024 * 1024
"""So much of a file is handed to a vendor at most."""
_OTHERWISE: Final = frozenset({"rejected", "permission", "not_applied"})
"""Errors after which a request is taken back in another way, if there is one."""


def tell_vendor(ports: Ports, delivery: Delivery, effect: MessageVendor) -> Flow[None]:
    """Carry out a message to a vendor."""
    message, vendor = delivery.message, gateway(ports, effect.vendor)
    ticket = yield from ticket_of(ports, message.tenant, message.case_id, effect.ticket)
    if ticket.remote_id is None and effect.purpose == "withdrawal":
        yield Call(ports.store.settle, delivery.settled("done", NOT_NEEDED))  # it has never reached the vendor
        return
    problem = _unsayable(ticket)
    if ticket.remote_id is None or problem:
        if not problem:
            raise VendorError(effect.vendor, "its ticket is not there yet", retryable=True)
        yield from _not_told(ports, delivery, effect, problem)
    elif is_file(effect):
        yield from _send_file(ports, delivery, effect, vendor, ticket.remote_id)
    elif not effect.text and effect.purpose == "message":
        more = yield from rows_for_files(ports, delivery, effect.vendor, effect.ticket, effect.attachments)
        yield Call(ports.store.settle, delivery.settled("done", "files", more=more))
    else:
        yield from _say(ports, delivery, effect, vendor, ticket)


def _unsayable(ticket: VendorTicket) -> str:
    """Say why nothing can be said on a ticket, ever; empty where something can, or may later."""
    if ticket.status is VendorStatus.GONE:
        return "its ticket is gone"
    if ticket.remote_id is None and not ticket.is_live:
        return "its ticket was never opened, as far as is known"
    return ""


def _not_told(ports: Ports, delivery: Delivery, effect: MessageVendor, problem: str) -> Flow[None]:
    """Say on the record that a vendor was not told, and be done with it."""
    yield from not_sent(ports, delivery, effect, problem)
    yield Call(ports.store.settle, delivery.settled("done", "not told"))


# -- words


def _say(
    ports: Ports,
    delivery: Delivery,
    effect: MessageVendor,
    vendor: Gateway,
    ticket: VendorTicket,
) -> Flow[None]:
    """Say something, or take a request back, unless that has been done before; by the first way that goes."""
    message, remote_id = delivery.message, str(ticket.remote_id)
    since = delivery.doubted_since()
    if since is not None:
        delivery.look(since)
        answer = yield from asked(effect.vendor, Call(vendor.fetch, remote_id), gives=VendorAnswer)
        found = _ours(answer, reference_of(delivery.key))
        if found is not None or (effect.purpose == "withdrawal" and answer.status not in VENDOR_LIVE):
            yield from _said(ports, delivery, effect, answer, found or "")
            return
        if (yield from delivery.waits(ports, since, settle_time(vendor))):
            return
        if message.attempts >= attempts_of(vendor):
            problem = "its answers were lost, and what was said is not to be found"
            raise VendorError(effect.vendor, problem, retryable=False)
    words = VendorMessage(
        tenant=message.tenant, case_id=message.case_id, purpose=effect.purpose, text=effect.text,
        reference=reference_of(delivery.key),
    )  # fmt: skip
    for call, gives in _ways(vendor, effect, remote_id, words, delivery.key):
        try:
            done = yield from delivery.attempt(ports, vendor, call, gives=gives)
        except VendorError as error:
            if effect.purpose != "withdrawal" or error.kind not in _OTHERWISE or error.ambiguous:
                raise
        else:
            yield from _said(ports, delivery, effect, *((done, "") if isinstance(done, VendorAnswer) else (None, done)))
            return
    yield from _for_people(ports, delivery, effect, remote_id)


def _ours(answer: VendorAnswer, reference: str) -> str | None:
    """Give the id of the entry that is our message; None where there is none."""
    return next((entry.id for entry in answer.entries if entry.reference == reference), None)


def _ways(
    vendor: Gateway,
    effect: MessageVendor,
    remote_id: str,
    words: VendorMessage,
    key: str,
) -> Iterator[tuple[Callable[[], Any], type[Any]]]:
    """Give the ways in which a vendor can be told, the best first, with what each gives."""
    if effect.purpose == "withdrawal":
        if can(vendor, "withdraw"):
            yield Call(vendor.withdraw, remote_id, words, key=key), VendorAnswer
        if can(vendor, "set_status") and VendorStatus.CLOSED in getattr(vendor, "statuses", {VendorStatus.CLOSED}):
            yield Call(vendor.set_status, remote_id, VendorStatus.CLOSED), VendorAnswer
    if can(vendor, "comment"):
        yield Call(vendor.comment, remote_id, words, key=key), str


def _said(
    ports: Ports, delivery: Delivery, effect: MessageVendor, answer: VendorAnswer | None, entry: str
) -> Flow[None]:
    """Settle a message that has been said; that the entry is ours is written down with that, so that it is no news."""
    message = delivery.message
    more = yield from rows_for_files(ports, delivery, effect.vendor, effect.ticket, effect.attachments)
    settled = delivery.arrived("told")
    told = (entry,) if named(entry) is None else ()
    update: VendorUpdate | None = None
    if answer is not None:
        update = update_of((effect.vendor, effect.ticket, message.case_id), answer, told=told)
    elif told:
        update = VendorUpdate(
            case_id=message.case_id, by=Actor.vendor(effect.vendor), vendor=effect.vendor, key=effect.ticket, told=told
        )
    if update is not None:
        decision = yield from execute(ports, message.tenant, update, delivery.now, settled=settled, more=more)
        if decision.events:
            return
    yield Call(ports.store.settle, attrs.evolve(settled, more=more))


def _for_people(ports: Ports, delivery: Delivery, effect: MessageVendor, remote_id: str) -> Flow[None]:
    """Say that people have to tell the vendor, because the gateway cannot."""
    what = "that the request is taken back" if effect.purpose == "withdrawal" else f"the {effect.purpose}"
    text = f"people must tell vendor {effect.vendor} {what}, on ticket {remote_id}: its gateway cannot"
    yield from alarm(ports, delivery, text)
    yield Call(ports.store.settle, delivery.settled("done", "left to people"))


# -- files


def rows_for_files(
    ports: Ports, delivery: Delivery, vendor: str, ticket: str, attachments: Sequence[Attachment]
) -> Flow[tuple[Message, ...]]:
    """Make a row of the outbox for each file; where none can be sent, that goes on the record of the case instead."""
    if not attachments:
        return ()
    message, row = delivery.message, attrs.evolve(delivery.message, attempts=0, result="", lease=None)
    problem = _unsendable(ports, gateway(ports, vendor))
    if problem:
        yield from _unsent(ports, delivery, vendor, attachments, problem)
        return ()
    return tuple(
        attrs.evolve(
            row,
            key=f"{message.key}/{each.id}",
            kind="message_vendor",
            target=vendor,
            effect=MessageVendor(
                case_id=message.case_id, version=message.effect.version, vendor=vendor, ticket=ticket,
                attachments=(each,),
            ),
            not_before=delivery.now,
        )
        for each in dict.fromkeys(attachments)
    )  # fmt: skip


def is_file(effect: MessageVendor) -> bool:
    """Whether a message is one file, and no words."""
    return effect.purpose == "message" and not effect.text and len(effect.attachments) == 1


def _unsent(
    ports: Ports, delivery: Delivery, vendor: str, attachments: Sequence[Attachment], problem: str
) -> Flow[None]:
    """Say on the record which files a vendor does not have."""
    count = "1 attachment" if len(attachments) == 1 else f"{len(attachments)} attachments"
    ids = ", ".join(each.id for each in attachments)
    yield from note(ports, delivery, f"{count} not sent to vendor {vendor} ({problem}): {ids}", about="unsent")


def not_sent(ports: Ports, delivery: Delivery, effect: MessageVendor, problem: str) -> Flow[None]:
    """Say on the record that a vendor does not have what a message had in it: words, or a file."""
    if is_file(effect):
        yield from _unsent(ports, delivery, effect.vendor, effect.attachments, problem)
    else:
        text = f"vendor {effect.vendor} was not told ({effect.purpose}): {problem}"
        yield from note(ports, delivery, text, about="untold")


def _send_file(
    ports: Ports,
    delivery: Delivery,
    effect: MessageVendor,
    vendor: Gateway,
    remote_id: str,
) -> Flow[None]:
    (attachment,) = effect.attachments
    file = yield from _read(ports, vendor, attachment)
    if isinstance(file, str):
        yield from _unsent(ports, delivery, effect.vendor, effect.attachments, file)
        yield Call(ports.store.settle, delivery.settled("done", "not sent"))
        return
    yield from delivery.hand(ports, vendor, Call(vendor.attach, remote_id, file, key=delivery.key))
    yield Call(ports.store.settle, delivery.arrived("sent"))


def _unsendable(ports: Ports, vendor: Gateway) -> str:
    """Say why no file can be sent, to this vendor or to any; empty where some can."""
    if not can(vendor, "attach"):
        return "its gateway takes no files"
    return "" if ports.files is not None else "this desk cannot read files; build it with files=..."


def _read(ports: Ports, vendor: object, attachment: Attachment) -> Flow[VendorFile | str]:
    """Read a file that the host keeps; give why it cannot be sent where it never can."""
    problem = _unsendable(ports, vendor)
    if problem:
        return problem
    assert ports.files is not None  # noqa: S101 - else there is a problem; for the type checker
    too_big = f"it has more than {MOST_BYTES} bytes"
    if attachment.size is not None and attachment.size > MOST_BYTES:
        return too_big
    try:
        content = yield Call(ports.files, attachment)
    except (LookupError, FileNotFoundError):
        return "there is no such file"
    except Exception as error:
        say_where(error, "files")
        raise
    if not isinstance(content, bytes):
        return f"files gave {type(content).__name__} in place of bytes"
    if len(content) > MOST_BYTES:
        return too_big
    media_type = attachment.media_type or "application/octet-stream"
    return VendorFile(id=attachment.id, name=attachment.name or attachment.id, media_type=media_type, content=content)
