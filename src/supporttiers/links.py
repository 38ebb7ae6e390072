"""What a case holds on to: other cases, attachments, tickets at vendors, and attempts at self-service."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, aware, given, optional, subject, utc

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
    WAITING_FOR_US = "waiting_for_us"
    RESOLVED = "resolved"
    CLOSED = "closed"
    FAILED = "failed"
    UNKNOWN = "unknown"


VENDOR_LIVE: Final = frozenset(
    {
        VendorStatus.REQUESTED,
        VendorStatus.OPEN,
        VendorStatus.ACKNOWLEDGED,
        VendorStatus.WAITING_FOR_US,
        VendorStatus.UNKNOWN,
    }
)
"""The statuses in which the vendor, or we, still owe something on the ticket."""


@attrs.frozen(kw_only=True)
class VendorTicket:
    """
    A ticket in a vendor's own system.

    Attributes:
        vendor: The name of the gateway.
        key: Our key of the request; a second request with the same key must not create a second ticket.
        remote_id: The vendor's own id; None until the vendor has answered.
        status: How far the vendor is.
        requested_at: When the case was dispatched; the vendor's clock starts here.
        changed_at: When we last learnt something new.
    """

    vendor: str
    key: str
    remote_id: str | None = None
    status: VendorStatus = VendorStatus.REQUESTED
    requested_at: datetime = attrs.field(converter=utc, validator=given(aware))
    changed_at: datetime = attrs.field(converter=utc, validator=given(aware))


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
