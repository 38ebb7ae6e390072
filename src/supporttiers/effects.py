"""
Effects: what is to be done outside the case, as data.

They are written to the outbox in the same transaction as the events, and carried out afterwards, at least once, with an
idempotency key.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PRIVATE, given, utc
from supporttiers.actors import Contact
from supporttiers.commands import Command
from supporttiers.links import MAX_ENTRIES, Attachment, VendorStatus
from supporttiers.links import VendorEntry as VendorEntry  # noqa: PLC0414 - so that a gateway finds all it gives in here
from supporttiers.match import Match
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

RECIPIENTS: Final = ("assignee", "owner", "team", "manager", "on_call", "requester", "watchers")
"""Whom a process may tell by role; any other word is the name of a person or a group of the host's."""


PURPOSES: Final = ("message", "reminder", "escalation", "withdrawal")
"""Why something is said to a vendor."""


@attrs.frozen(kw_only=True)
class Effect:
    """
    What all effects have in common.

    Attributes:
        case_id: The case that causes it.
        version: The event that causes it.
    """

    case_id: str
    version: int


@attrs.frozen(kw_only=True)
class Notify(Effect):
    """
    Tell somebody.

    Attributes:
        to: One of `RECIPIENTS`, or a name; resolved to people when it is sent.
        reason: What to tell.
        not_before: When to tell it, at the earliest: the next opening, where the process holds it to working time.
        unless: It is not told any more where the case, as it is just before it is sent, meets this condition.
        recipient: The id of the one person for whom it is, once *to* has been resolved for a notifier that tells each
            recipient apart.
    """

    to: str
    reason: Reason
    not_before: datetime | None = None
    unless: Match | None = None
    recipient: str | None = None


@attrs.frozen(kw_only=True)
class DispatchToVendor(Effect):
    """
    Open a ticket in a vendor's system.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request: a second delivery with it must not create a second ticket.
        subject: One line.
        text: What the vendor should know.
        category: As on the case.
        priority: As on the case.
        attachments: References to the files that the vendor is to have.
        follows: The vendor's id of the last ticket about the same case, where there is one.
    """

    vendor: str
    key: str
    subject: str = attrs.field(default="", metadata=PRIVATE, repr=False)
    text: str = attrs.field(default="", metadata=PRIVATE, repr=False)
    category: str | None = None
    priority: str | None = None
    attachments: tuple[Attachment, ...] = attrs.field(default=(), metadata=PRIVATE, repr=False)
    follows: str | None = None


@attrs.frozen(kw_only=True)
class MessageVendor(Effect):
    """
    Say something to a vendor on a ticket that is there.

    Attributes:
        vendor: The gateway's name.
        ticket: Our key of the request that opened the ticket.
        purpose: One of `PURPOSES`.
        text: What is said.
        attachments: References to the files that go along.
    """

    vendor: str
    ticket: str
    purpose: str = "message"
    text: str = attrs.field(default="", metadata=PRIVATE, repr=False)
    attachments: tuple[Attachment, ...] = attrs.field(default=(), metadata=PRIVATE, repr=False)


@attrs.frozen(kw_only=True)
class Tell(Effect):
    """
    Give a command to another case; it is judged when it is relayed.

    Attributes:
        command: The command, which names the other case.
    """

    command: Command


@attrs.frozen(kw_only=True)
class TellLinked(Effect):
    """
    Give a command to every case that links to this one; each judges it when it is relayed.

    Attributes:
        link: The kind of their links.
        command: The command; it names this case, and each of the others in its place.
        among: Which of them; None means all.
    """

    link: str
    command: Command
    among: Match | None = None


@attrs.frozen(kw_only=True)
class TellObserver(Effect):
    """
    Tell an observer of the event that causes it. What was said in it is read when it is told: it may be gone by then.

    Attributes:
        observer: The plugin's name.
    """

    observer: str


EFFECTS: Final[tuple[type[Effect], ...]] = (Notify, DispatchToVendor, MessageVendor, Tell, TellLinked, TellObserver)


@attrs.frozen(kw_only=True)
class Notification:
    """
    What a notifier is handed.

    Attributes:
        tenant: Whose case.
        case_id: Which case.
        to: The role or name that the process speaks of.
        recipients: The people that the role stands for at the time of sending; may be empty. A notifier with
            `per_recipient = True` is handed one at a time.
        reason: What to tell; `str()` is English.
        subject: One line, in the language of the recipients.
        text: What to tell, written out in that language; never what is not for them.
        language: That language; empty where nobody has said.
        tier: Where the case is.
        status: How it stands.
        at: When it happened.
        earlier: What is told with it and came before it, in order, where several messages became one; *text* has it
            all.
    """

    tenant: str
    case_id: str
    to: str
    recipients: tuple[Contact, ...]
    reason: Reason
    subject: str = attrs.field(default="", repr=False)
    text: str = attrs.field(default="", repr=False)
    language: str = ""
    tier: int
    status: Status
    at: datetime
    earlier: tuple[Reason, ...] = ()


@attrs.frozen(kw_only=True)
class VendorRequest:
    """
    What a vendor's gateway is handed to open a ticket.

    Attributes:
        tenant: Whose case.
        case_id: Which case.
        subject: One line.
        text: What the vendor should know.
        category: As on the case.
        priority: As on the case.
        follows: The vendor's id of the last ticket about the same case, where there is one.
        reference: The short form of the key, to be put where the vendor's system can search; `find` is asked for it.
    """

    tenant: str
    case_id: str
    subject: str = attrs.field(default="", repr=False)
    text: str = attrs.field(default="", repr=False)
    category: str | None = None
    priority: str | None = None
    follows: str | None = None
    reference: str = ""


def _raw_status(value: object) -> object:
    return fields.clipped(fields.one_line(value), fields.MAX_ID) if isinstance(value, str) else value


def _newest(value: Any) -> Any:  # noqa: ANN401 - attrs converters run before validators: anything may come
    entries = fields.tuple_of(value)
    return entries[-MAX_ENTRIES:] if isinstance(entries, tuple) else entries


def _vendor_status(value: object) -> object:
    return VendorStatus(value) if isinstance(value, str) and value in set(VendorStatus) else value


@attrs.frozen(kw_only=True)
class VendorAnswer:
    """
    What a vendor's gateway says about a ticket.

    Attributes:
        remote_id: The vendor's own id of the ticket. Where it differs from the id that was asked about, the ticket has
            moved, and is known by this one from now on.
        status: How far the vendor is: a `VendorStatus`, or its word.
        text: What the vendor wrote; at most 64 KiB. It may stay there: the text that was heard last is no news, unless
            the status is another one. A gateway that can tell entries apart leaves it empty, and gives these.
        raw_status: The vendor's own word for the status, as it came.
        reference: Our reference, where the ticket shows it: what `find` gives is believed by it alone.
        entries: What stands on the ticket, in order; those that are known already are passed over, so that all may be
            given each time. Of more than 256 the newest count.
        updated_at: When the ticket was last changed, by the vendor's clock. Of two answers the older one says nothing
            about the status, whichever arrives last.
        version: What `set_status` hands back as *expect*, where the vendor has versions.
    """

    remote_id: str = attrs.field(validator=given(fields.name))
    status: VendorStatus = attrs.field(
        default=VendorStatus.OPEN,
        converter=_vendor_status,
        validator=given(fields.instance_of(VendorStatus, "one of: " + ", ".join(VendorStatus))),
    )
    text: str = attrs.field(default="", validator=given(fields.text), repr=False)
    raw_status: str = attrs.field(default="", converter=_raw_status, validator=given(fields.text))
    reference: str = attrs.field(default="", validator=given(fields.text), repr=False)
    entries: tuple[VendorEntry, ...] = attrs.field(
        default=(),
        converter=_newest,
        validator=given(fields.each(fields.instance_of(VendorEntry, "a VendorEntry"), at_most=256, what="entries")),
        repr=False,
    )
    updated_at: datetime | None = attrs.field(
        default=None, converter=utc, validator=given(fields.optional(fields.aware))
    )
    version: str = attrs.field(default="", validator=given(fields.text), repr=False)


@attrs.frozen(kw_only=True)
class VendorMessage:
    """
    What a gateway is handed to say on a ticket.

    Attributes:
        tenant: Whose case.
        case_id: Which case.
        purpose: `message`, `reminder`, `escalation` or `withdrawal`: one of `PURPOSES`.
        text: What is said.
        reference: Of this message: to be put where the gateway finds it again among the entries of the ticket.
    """

    tenant: str
    case_id: str
    purpose: str = "message"
    text: str = attrs.field(default="", repr=False)
    reference: str = ""


@attrs.frozen(kw_only=True)
class VendorFile:
    """
    A file for a vendor.

    Attributes:
        id: The host's key of it.
        name: What people call it; anything may stand there.
        media_type: Such as `image/png`.
        content: Its bytes.
    """

    id: str
    name: str = attrs.field(default="", repr=False)
    media_type: str = "application/octet-stream"
    content: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class VendorIdentity:
    """
    As whom a vendor's system knows us.

    Attributes:
        account: The name of our account there.
        statuses: The vendor's own words for statuses, where it lists them; empty where it does not.
        unmapped: Those of them that the gateway cannot translate: they would be `unknown`.
    """

    account: str
    statuses: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class VendorChanges:
    """
    A page of what has changed at a vendor.

    Attributes:
        remote_ids: Tickets that may have changed; too many do no harm, one too few does.
        cursor: Where to go on; kept as it is.
        more: Whether there is more already.
    """

    remote_ids: tuple[str, ...] = attrs.field(default=(), converter=fields.tuple_of)
    cursor: str
    more: bool = False


@attrs.frozen(kw_only=True)
class VendorCall:
    """
    A call of a vendor's, as it came in: nothing in it is believed.

    Attributes:
        headers: By name in small letters; of several with one name, all in one, with commas.
        body: The bytes, before anything has read them.
        now: When it came, by our clock.
    """

    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    now: datetime


@attrs.frozen(kw_only=True)
class VendorNews:
    """
    What a gateway has understood of a vendor's call.

    Attributes:
        delivery: The vendor's id of the delivery, the same when it is sent again; empty where there is none.
        answers: What was said about tickets, by somebody who has proved to be the vendor. It is believed.
        hints: Tickets that may have changed, by the vendor's ids: each is fetched before anything is believed.
    """

    delivery: str = attrs.field(default="", validator=given(fields.text))
    answers: tuple[VendorAnswer, ...] = attrs.field(default=(), converter=fields.tuple_of)
    hints: tuple[str, ...] = attrs.field(default=(), converter=fields.tuple_of)
