"""
Effects: what is to be done outside the case, as data.

They are written to the outbox in the same transaction as the events, and carried out afterwards, at least once, with an
idempotency key.
"""

from datetime import datetime
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PRIVATE, given
from supporttiers.actors import Contact
from supporttiers.commands import Command
from supporttiers.links import VendorStatus
from supporttiers.match import Match
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

RECIPIENTS: Final = ("assignee", "owner", "team", "manager", "on_call", "requester", "watchers")
"""Whom a process may tell by role; any other word is the name of a person or a group of the host's."""


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
    """

    vendor: str
    key: str
    subject: str = attrs.field(default="", metadata=PRIVATE, repr=False)
    text: str = attrs.field(default="", metadata=PRIVATE, repr=False)
    category: str | None = None
    priority: str | None = None


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


EFFECTS: Final[tuple[type[Effect], ...]] = (Notify, DispatchToVendor, Tell, TellLinked, TellObserver)


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
    """

    tenant: str
    case_id: str
    subject: str = attrs.field(default="", repr=False)
    text: str = attrs.field(default="", repr=False)
    category: str | None = None
    priority: str | None = None


def _vendor_status(value: object) -> object:
    return VendorStatus(value) if isinstance(value, str) and value in set(VendorStatus) else value


@attrs.frozen(kw_only=True)
class VendorAnswer:
    """
    What a vendor's gateway says about a ticket.

    Attributes:
        remote_id: The vendor's own id of the ticket.
        status: How far the vendor is: a `VendorStatus`, or its word.
        text: What the vendor wrote, if anything new; at most 64 KiB.
    """

    remote_id: str = attrs.field(validator=given(fields.name))
    status: VendorStatus = attrs.field(
        default=VendorStatus.OPEN,
        converter=_vendor_status,
        validator=given(fields.instance_of(VendorStatus, "one of: " + ", ".join(VendorStatus))),
    )
    text: str = attrs.field(default="", validator=given(fields.text), repr=False)
