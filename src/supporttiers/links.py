"""What a case holds on to: other cases, attachments, tickets at vendors, and attempts at self-service."""

import base64
import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, aware, given, optional, subject, utc
from supporttiers.tiers import Visibility

KNOWN_ISSUE: Final = "known_issue"
FOLLOWS: Final = "follows"
LINK_KINDS: Final = ("duplicate_of", "child_of", KNOWN_ISSUE, FOLLOWS)
"""The built-in kinds of links; a process may add its own."""


@attrs.frozen
class Link:
    """
    A link from the case that holds it to another one.

    Attributes:
        kind: `duplicate_of`, `child_of`, `known_issue`, `follows`, or the process's own.
        case_id: The other case.
    """

    kind: str = attrs.field(validator=given(fields.name))
    case_id: str = attrs.field(validator=given(fields.name))


@attrs.frozen(kw_only=True)
class Attachment:
    """
    A reference to a file that the caller keeps.

    Attributes:
        id: The caller's key of the file.
        name: What people call it.
        media_type: Such as `image/png`.
        size: In bytes.
    """

    id: str = attrs.field(validator=given(fields.name))
    name: str = attrs.field(default="", validator=given(subject), repr=False)
    media_type: str | None = attrs.field(default=None, validator=given(optional(fields.name)))
    size: int | None = attrs.field(default=None, validator=given(optional(at_least(0))))


class VendorStatus(StrEnum):
    """How far a vendor is, in our words."""

    REQUESTED = "requested"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_US = "waiting_for_us"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    GONE = "gone"
    FAILED = "failed"
    UNKNOWN = "unknown"


VENDOR_LIVE: Final = frozenset(
    {
        VendorStatus.REQUESTED,
        VendorStatus.OPEN,
        VendorStatus.ACKNOWLEDGED,
        VendorStatus.IN_PROGRESS,
        VendorStatus.WAITING_FOR_US,
        VendorStatus.ANSWERED,
        VendorStatus.UNKNOWN,
    }
)
"""The statuses in which the vendor, or we, still owe something on the ticket."""

VENDOR_WAITS: Final = frozenset({VendorStatus.WAITING_FOR_US, VendorStatus.ANSWERED})
"""Those of them in which it is our turn, so that the vendor's clocks stand still."""

VENDOR_UNHEARD: Final = frozenset({VendorStatus.REQUESTED, VendorStatus.OPEN})
"""Those of them in which the vendor has not acknowledged anything."""

_SAYS_NOTHING: Final = VENDOR_UNHEARD | {VendorStatus.UNKNOWN}

MAX_ENTRIES: Final = 256
"""So many entries are taken from one answer, the newest; twice as many of a ticket are remembered as heard."""

TEXT: Final = "text:"
"""How the ids begin by which texts are known that are no entries; the rest is part of a hash."""

MAX_TOLD: Final = 64
"""Of so many things that a vendor was told on a ticket the instants are remembered."""

MAX_UNMAPPED: Final = 16
"""So many words for statuses that nobody could translate are remembered of a ticket."""


def key_of(tenant: str, *parts: object) -> str:
    """
    Make a key of several parts, the first of which is the tenant's: no two tenants have one in common.

    >>> key_of("default", "T-1", 4), key_of("a/b", "T-1", 4)
    ('default/T-1/4', 'a%2Fb/T-1/4')
    """
    return "/".join((tenant.replace("%", "%25").replace("/", "%2F"), *map(str, parts)))


def reference_of(key: str) -> str:
    """
    Give the short form of a key, by which a vendor's system can find what we asked for.

    >>> reference_of("default/T-1/4")
    'ST-PJQ3C7VGLSTS55JV'

    It is the same for a key each time, holds nothing of it, and fits a subject, a header and a field of any vendor.
    """
    digest = hashlib.sha256(key.encode()).digest()
    return "ST-" + base64.b32encode(digest[:10]).decode()


@attrs.frozen(kw_only=True)
class VendorEntry:
    """
    One thing that stands on a vendor's ticket: a comment, a mail, a message.

    Attributes:
        id: The vendor's own id of it, unique on the ticket; by it an entry is heard once, however often it is fetched.
        text: What it says; at most 64 KiB.
        at: When, by the vendor's clock; nothing is decided by it.
        reference: The reference of our message that it is, where the gateway can read one in it; that is no news.
        ours: Whether we wrote it ourselves, as far as the gateway can see by its author.
        visibility: `private` unless the vendor has meant it for the requester, too.
        attachments: The files that came with it, by the vendor's ids.
    """

    id: str = attrs.field(validator=given(fields.name))
    text: str = attrs.field(default="", validator=given(fields.text), repr=False)
    at: datetime | None = attrs.field(default=None, converter=utc, validator=given(optional(aware)))
    reference: str = attrs.field(default="", validator=given(fields.text))
    ours: bool = attrs.field(default=False, validator=given(fields.flag))
    visibility: Visibility = attrs.field(
        default=Visibility.PRIVATE, validator=given(fields.instance_of(Visibility, "a Visibility"))
    )
    attachments: tuple[Attachment, ...] = attrs.field(
        default=(),
        converter=fields.tuple_of,
        validator=given(fields.each(fields.instance_of(Attachment, "an Attachment"), at_most=50, what="attachments")),
    )


@attrs.frozen(kw_only=True)
class VendorTicket:
    """
    A ticket in a vendor's own system.

    Attributes:
        vendor: The name of the gateway.
        key: Our key of the request; a second request with the same key must not create a second ticket.
        remote_id: The vendor's own id; None until the vendor has answered.
        status: How far the vendor is.
        raw_status: The vendor's own word for that, as it came; empty where there is none.
        tier: The tier at which the case was when it was sent: there the answer brings it back from.
        requested_at: When the case was dispatched; the vendor's clock starts here.
        changed_at: When we last learnt something new.
        heard_at: When the vendor last said something: an acknowledgement, an entry, another status.
        updated_at: The vendor's own instant of what we know, by the vendor's clock; what is older is no news.
        heard: The ids of the entries and texts that we know, the newest at the end.
        told_at: When we last told the vendor something, the newest at the end.
        ceiling_at: When management last heard that the vendor is told no more about the case for a day.
        taken: How many entries and texts were taken since `taken_since`.
        taken_since: Since when they are counted: for a day, then anew.
        put_off_at: When management last heard that the ticket has more entries than are taken in a day.
        unmapped: The vendor's own words for statuses that nobody could translate, as far as management was told.
        reported: What the vendor last said about the status; `status` is another one after an answer of ours.
        unreachable_since: Since when we cannot ask about it; None while we can.
    """

    vendor: str
    key: str
    remote_id: str | None = None
    status: VendorStatus = VendorStatus.REQUESTED
    raw_status: str = ""
    tier: int | None = None
    requested_at: datetime = attrs.field(converter=utc, validator=given(aware))
    changed_at: datetime = attrs.field(converter=utc, validator=given(aware))
    heard_at: datetime | None = attrs.field(default=None, converter=utc, validator=given(optional(aware)))
    updated_at: datetime | None = attrs.field(default=None, converter=utc, validator=given(optional(aware)))
    heard: tuple[str, ...] = ()
    told_at: tuple[datetime, ...] = ()
    ceiling_at: datetime | None = attrs.field(default=None, converter=utc, validator=given(optional(aware)))
    taken: int = 0
    taken_since: datetime | None = attrs.field(default=None, converter=utc, validator=given(optional(aware)))
    put_off_at: datetime | None = attrs.field(default=None, converter=utc, validator=given(optional(aware)))
    unmapped: tuple[str, ...] = ()
    reported: VendorStatus | None = None
    unreachable_since: datetime | None = attrs.field(default=None, converter=utc, validator=given(optional(aware)))

    @property
    def is_live(self) -> bool:
        """Whether the vendor, or we, still owe something on it."""
        return self.status in VENDOR_LIVE

    @property
    def is_unacknowledged(self) -> bool:
        """Whether the vendor has said nothing yet: no status that says so, and not a word."""
        return self.heard_at is None and self.status in _SAYS_NOTHING


@attrs.frozen(kw_only=True)
class Attempt:
    """
    Something that was tried in self-service (tier 0), so that nobody asks for it again.

    Attributes:
        what: The article, script or bot that was tried.
        outcome: `helped`, `did_not_help`, or `unknown`.
        at: When.
    """

    what: str
    outcome: str
    at: datetime = attrs.field(converter=utc, validator=given(aware))
