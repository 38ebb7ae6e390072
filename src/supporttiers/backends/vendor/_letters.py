"""
A mail of a vendor's as it came: what can be told of it, whatever stands in it.

Nothing in it is believed but what is of a form that can be checked, and nothing is fetched from anywhere. The standard
library reads mails for what they should be; of one that it fails on, nothing is known but that it is there.
"""

import hashlib
import re
from contextlib import suppress
from datetime import datetime
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import Compat32
from enum import StrEnum
from typing import Any, Final

import attrs

from supporttiers._fields import MAX_SUBJECT, clipped, one_line
from supporttiers.backends._mail.mailroom import Envelope, instant_of

_MAX_IDS: Final = 100
_MAX_RAW_LINE: Final = 4096

ID: Final = re.compile(r"<[!#-;=?-\[\]-~]{1,250}>")
"""An id of a mail, of the kind that can be searched for and written again."""

_ADDRESS: Final = r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190})"
_BARE: Final = re.compile(rf"\s*{_ADDRESS}\s*")
_SHOWN: Final = re.compile(rf"[^<>@,;:]*<\s*{_ADDRESS}\s*>\s*")
_IN_QUOTES: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_LINE_ENDS: Final = re.compile("\r\n?")
_ON_THE_WAY: Final = re.compile(
    rb"(?im)^(?:received|return-path|delivered-to|x-[^:\n]{0,200}):[^\n]*\n(?:[ \t][^\n]*\n)*"
)
_ODD: Final = frozenset({"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape"})
"""Charsets that nobody writes in, and that take long to read, or mean something else."""


class Bounded(Compat32):
    """How mails are read: the library's way with parameters takes a time that is the square of a header's length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Take a header of its lines; of what says which kind of part it is, no more than anybody writes."""
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_MAX_RAW_LINE] if name.lower().startswith("content-") else value


BOUNDED: Final = Bounded()


class Kind(StrEnum):
    """Who has written a mail, as far as it says: a person, a machine that answers, any machine, or a mail server."""

    PERSON = "person"
    REPLY = "reply"
    GENERATED = "generated"
    BOUNCE = "bounce"


@attrs.frozen(kw_only=True)
class Letter:
    """
    The header of a mail.

    Attributes:
        uid: Its number in the mailbox.
        size: In bytes.
        arrived_at: When it came to the mailbox.
        sent_at: When it was written, as it says.
        message_id: Its id; empty where it has none that can be used.
        own_id: The id that we have given it, if it is ours.
        entry_id: By which it is known among the entries of a ticket: the same for a mail that lies there twice.
        sender: The one address that it comes from, in small letters; empty where that cannot be told.
        references: The ids of mails that it answers, the oldest first.
        subject: One line.
        purpose: What we said of it, if it is ours.
        kind: Who has written it.
    """

    uid: int
    size: int
    arrived_at: datetime | None
    sent_at: datetime | None
    message_id: str = attrs.field(repr=False)
    own_id: str = attrs.field(repr=False)
    entry_id: str
    sender: str = attrs.field(repr=False)
    references: tuple[str, ...] = attrs.field(repr=False)
    subject: str = attrs.field(repr=False)
    purpose: str
    kind: Kind


PURPOSE_HEADER: Final = "X-SupportTiers-Purpose"
OWN_ID_HEADER: Final = "X-SupportTiers-Id"
"""Where the id of a mail of ours stands a second time: some servers give it a Message-ID of their own."""


def entry_id_of(message_id: str) -> str:
    """
    Give the id by which a mail is known among the entries of a ticket.

    >>> entry_id_of("<1@acme.example>")
    'mail-36cc7eabb0edc18c25fda48212c80e45'
    """
    return f"mail-{hashlib.sha256(message_id.encode()).hexdigest()[:32]}"


def letter_of(envelope: Envelope) -> Letter:
    """Read the header of a mail."""
    try:
        return _letter(envelope, BytesHeaderParser(policy=BOUNDED).parsebytes(envelope.raw))
    except Exception:  # noqa: BLE001 - a stranger has written it, and the library fails in many ways
        return Letter(
            uid=envelope.uid, size=envelope.size, arrived_at=envelope.arrived_at, sent_at=None, message_id="",
            own_id="",
            entry_id=_made_of(envelope), sender="", references=(), subject="", purpose="", kind=Kind.GENERATED,
        )  # fmt: skip


def _letter(envelope: Envelope, mail: "Message[Any, Any]") -> Letter:
    message_id = next(iter(ids_in(mail, "Message-ID")), "")
    own_id = next(iter(ids_in(mail, OWN_ID_HEADER)), "")
    known_by = own_id or message_id
    found = dict.fromkeys((*ids_in(mail, "References"), *ids_in(mail, "In-Reply-To")))
    return Letter(
        uid=envelope.uid, size=envelope.size, arrived_at=envelope.arrived_at,
        sent_at=instant_of(raw_line(mail, "Date")[:100]),
        message_id=message_id, own_id=own_id, entry_id=entry_id_of(known_by) if known_by else _made_of(envelope),
        sender=_sender(mail), references=tuple(found)[-_MAX_IDS:], subject=_subject(mail),
        purpose=raw_line(mail, PURPOSE_HEADER)[:40], kind=_kind(mail),
    )  # fmt: skip


def _made_of(envelope: Envelope) -> str:
    """Make an id of a mail that has none: a hash of its header, less what servers on the way have put before it."""
    kept = _ON_THE_WAY.sub(b"", envelope.raw)
    return f"mail-{hashlib.sha256(kept).hexdigest()[:32]}"


def raw_line(mail: "Message[Any, Any]", header: str) -> str:
    """Give a header as it came; empty where there is none."""
    return str(mail.get(header, "")).strip()


def ids_in(mail: "Message[Any, Any]", header: str) -> list[str]:
    """Give the ids in a header, in order."""
    text = " ".join(str(each) for each in mail.get_all(header, []))
    return ID.findall(text)


def _sender(mail: "Message[Any, Any]") -> str:
    """Give the address in `From`; none where there are several, or where readers might show another one."""
    lines = mail.get_all("From", [])
    if len(lines) != 1:
        return ""
    line = _LINE_ENDS.sub(" ", str(lines[0])).replace("\n", " ")[:_MAX_RAW_LINE]
    found = _BARE.fullmatch(line) or _SHOWN.fullmatch(_IN_QUOTES.sub("", line))
    return found[1].casefold() if found else ""


def _subject(mail: "Message[Any, Any]") -> str:
    line = raw_line(mail, "Subject")[:_MAX_RAW_LINE]
    try:
        words = [decoded(each, charset) if isinstance(each, bytes) else each for each, charset in decode_header(line)]
    except Exception:  # noqa: BLE001 - as above
        words = [line]
    return clipped(one_line("".join(words)), MAX_SUBJECT)


def _kind(mail: "Message[Any, Any]") -> Kind:
    """
    Tell who has written a mail.

    `Precedence: bulk` says nothing: Request Tracker puts it on what its agents write, too.

    Source: RFC 3834, section 5; RFC 3464.
    """
    if mail.get_content_type() == "multipart/report":
        report = str(mail.get_param("report-type", "")).lower()
        return Kind.BOUNCE if report == "delivery-status" else Kind.REPLY
    made = raw_line(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    answering = any(mail.get(each) is not None for each in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
    if made == "auto-replied" or answering or raw_line(mail, "Precedence").lower() == "auto_reply":
        return Kind.REPLY
    if raw_line(mail, "Return-Path") == "<>":
        return Kind.REPLY
    return Kind.PERSON if made in {"", "no"} else Kind.GENERATED


def decoded(content: bytes, charset: str | None) -> str:
    """Read bytes in a charset that may be anything; what cannot be read shows as such."""
    with suppress(LookupError, ValueError):
        if charset is not None and charset.lower().replace("-", "_") not in _ODD:
            return content.decode(charset, "replace")
    return content.decode("utf-8", "replace")
