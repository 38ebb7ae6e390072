"""
A mail of a vendor's as it came: what can be told of it, whatever stands in it.

Nothing in it is believed but what is of a form that can be checked, and nothing is fetched from anywhere. The standard
library reads mails for what they should be; of one that it fails on, nothing is known but that it is there.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser, HeaderParser
from enum import StrEnum
from typing import Any, Final

import attrs

from supporttiers._fields import MAX_SUBJECT, clipped, one_line
from supporttiers.backends._mail.mailroom import Envelope, instant_of
from supporttiers.backends.vendor._html import text_of_html
from supporttiers.links import Attachment

MAX_TEXT: Final = 64 * 1024
MAX_PARTS: Final = 200
MAX_DEPTH: Final = 20
MAX_FILES: Final = 50
_MAX_IDS: Final = 100
_MAX_RAW_LINE: Final = 4096
_MAX_NAME: Final = 200

ID: Final = re.compile(r"<[!#-;=?-\[\]-~]{1,250}>")
"""An id of a mail, of the kind that can be searched for and written again."""

_ADDRESS: Final = r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,190})"
_BARE: Final = re.compile(rf"\s*{_ADDRESS}\s*")
_SHOWN: Final = re.compile(rf"[^<>@,;:]*<\s*{_ADDRESS}\s*>\s*")
_IN_QUOTES: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_MEDIA: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_NUMBER: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_LINE_ENDS: Final = re.compile("\r\n?")
_ODD: Final = frozenset({"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape"})
"""Charsets that nobody writes in, and that take long to read, or mean something else."""

CUT: Final = "[cut off: it is longer than 64 KiB]"
NOT_WHOLE: Final = "[read in part: the mail has {size} bytes]"
TOO_DEEP: Final = "[read in part: it is nested too deep, or has too many parts]"
UNREADABLE: Final = "[this mail cannot be read; it lies in the mailbox]"


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
    entry_id: str
    sender: str = attrs.field(repr=False)
    references: tuple[str, ...] = attrs.field(repr=False)
    subject: str = attrs.field(repr=False)
    purpose: str
    kind: Kind


PURPOSE_HEADER: Final = "X-SupportTiers-Purpose"


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
        return _letter(envelope, BytesHeaderParser().parsebytes(envelope.raw))
    except Exception:  # noqa: BLE001 - a stranger has written it, and the library fails in many ways
        return Letter(
            uid=envelope.uid, size=envelope.size, arrived_at=envelope.arrived_at, sent_at=None, message_id="",
            entry_id=_made_of(envelope), sender="", references=(), subject="", purpose="", kind=Kind.GENERATED,
        )  # fmt: skip


def _letter(envelope: Envelope, mail: "Message[Any, Any]") -> Letter:
    message_id = next(iter(_ids(mail, "Message-ID")), "")
    found = dict.fromkeys((*_ids(mail, "References"), *_ids(mail, "In-Reply-To")))
    return Letter(
        uid=envelope.uid, size=envelope.size, arrived_at=envelope.arrived_at,
        sent_at=instant_of(_raw(mail, "Date")[:100]),
        message_id=message_id, entry_id=entry_id_of(message_id) if message_id else _made_of(envelope),
        sender=_sender(mail), references=tuple(found)[-_MAX_IDS:], subject=_subject(mail),
        purpose=_raw(mail, PURPOSE_HEADER)[:40], kind=_kind(mail),
    )  # fmt: skip


def _made_of(envelope: Envelope) -> str:
    """Make an id of a mail that has none: a hash of its header, less what servers on the way have put before it."""
    kept = re.sub(rb"(?im)^(?:received|return-path|delivered-to|x-[^:]*):[^\n]*\n(?:[ \t][^\n]*\n)*", b"", envelope.raw)
    return f"mail-{hashlib.sha256(kept).hexdigest()[:32]}"


def _raw(mail: "Message[Any, Any]", header: str) -> str:
    return str(mail.get(header, "")).strip()


def _ids(mail: "Message[Any, Any]", header: str) -> list[str]:
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
    line = _raw(mail, "Subject")[:_MAX_RAW_LINE]
    try:
        words = [_decoded(each, charset) if isinstance(each, bytes) else each for each, charset in decode_header(line)]
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
    made = _raw(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    answering = any(mail.get(each) is not None for each in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply"))
    if made == "auto-replied" or answering or _raw(mail, "Precedence").lower() == "auto_reply":
        return Kind.REPLY
    if _raw(mail, "Return-Path") == "<>":
        return Kind.REPLY
    return Kind.PERSON if made in {"", "no"} else Kind.GENERATED


# -- the body


@attrs.frozen(kw_only=True)
class Content:
    """
    What stands in a mail.

    Attributes:
        text: What it says, at most 64 KiB.
        files: What came with it, without what stands in them.
        number: Of a mail server's report: why, such as `5.1.1`.
        failed: Of such a report: whether the mail that it is about has been given up.
        about: Of such a report: the ids of the mail that it is about.
    """

    text: str = attrs.field(repr=False)
    files: tuple[Attachment, ...] = attrs.field(default=(), repr=False)
    number: str = ""
    failed: bool = False
    about: tuple[str, ...] = attrs.field(default=(), repr=False)


def content_of(envelope: Envelope, entry_id: str) -> Content:
    """Read a mail, of which the beginning may be all that is there."""
    whole = len(envelope.raw) >= envelope.size
    try:
        reader = _Reader(entry_id, whole=whole)
        text = reader.text(message_from_bytes(envelope.raw), 0)
        notes = [TOO_DEEP] if reader.left_out else []
    except Exception:  # noqa: BLE001 - a stranger has written it, and the library fails in many ways
        return Content(text=UNREADABLE)
    if not whole:
        notes.append(NOT_WHOLE.format(size=envelope.size))
    return Content(
        text=bounded(text, *notes), files=tuple(reader.files), number=reader.number, failed=reader.failed,
        about=tuple(reader.about),
    )  # fmt: skip


class _Reader:
    """Goes through the parts of one mail."""

    def __init__(self, entry_id: str, *, whole: bool) -> None:
        self.files: list[Attachment] = []
        self.left_out = False
        self.number = ""
        self.failed = False
        self.about: list[str] = []
        self._parts = 0
        self._entry_id = entry_id
        self._whole = whole

    def text(self, part: "Message[Any, Any]", depth: int) -> str:
        """Give the text of a part, and remember what files it has."""
        self._parts += 1
        if self._parts > MAX_PARTS or depth > MAX_DEPTH:
            self.left_out = True
            return ""
        kind = part.get_content_type()
        if kind in {"message/delivery-status", "text/rfc822-headers", "message/rfc822"}:
            self._report(part, kind)
            return ""
        if part.is_multipart():
            inner = _inner(part)
            texts = [(each.get_content_type(), self.text(each, depth + 1)) for each in inner]
            return self._chosen(texts) if kind == "multipart/alternative" else _joined(text for _, text in texts)
        if kind not in {"text/plain", "text/html"} or part.get_content_disposition() == "attachment":
            self._file(part, kind)
            return ""
        text = _decoded(_payload(part), part.get_content_charset())
        return text_of_html(text) if kind == "text/html" else text

    @staticmethod
    def _chosen(texts: list[tuple[str, str]]) -> str:
        """Of several ways to say the same, take the plain one, if it says anything."""
        plain = [text for kind, text in texts if kind == "text/plain" and text.strip()]
        return (plain or [text for _, text in texts if text.strip()] or [""])[0]

    def _file(self, part: "Message[Any, Any]", kind: str) -> None:
        shown = ""
        with suppress(Exception):  # a name that the library cannot read is none
            shown = one_line(str(part.get_filename("")).encode("utf-8", "ignore").decode())
        media = kind if _MEDIA.fullmatch(kind) else "application/octet-stream"
        self._keep(clipped(shown, _MAX_NAME), media, len(_payload(part)) if self._whole else None)

    def _keep(self, shown: str, media: str, size: int | None) -> None:
        if len(self.files) >= MAX_FILES:
            self.left_out = True
            return
        id = f"{self._entry_id}/{len(self.files) + 1}"
        self.files.append(Attachment(id=id, name=shown, media_type=media, size=size))

    def _report(self, part: "Message[Any, Any]", kind: str) -> None:
        """Read what a mail server says of a mail; of any other mail, one that came within it is a file."""
        if kind == "text/rfc822-headers":
            header = HeaderParser().parsestr(str(part.get_payload())[:MAX_TEXT])
            self.about += _ids(header, "Message-ID")
        elif kind == "message/rfc822":
            self.about += [each for mail in _inner(part) for each in _ids(mail, "Message-ID")]
            self._keep("message.eml", kind, None)
        for block in _inner(part) if kind == "message/delivery-status" else ():
            self.failed = self.failed or _raw(block, "Action").lower() == "failed"
            found = _NUMBER.search(_raw(block, "Status"))
            self.number = self.number or (found[0] if found else "")


def _inner(part: "Message[Any, Any]") -> "list[Message[Any, Any]]":
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []


def _payload(part: "Message[Any, Any]") -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _decoded(content: bytes, charset: str | None) -> str:
    with suppress(LookupError, ValueError):
        if charset is not None and charset.lower().replace("-", "_") not in _ODD:
            return content.decode(charset, "replace")
    return content.decode("utf-8", "replace")


def _joined(texts: Iterator[str]) -> str:
    return "\n\n".join(text.strip("\n") for text in texts if text.strip())


def bounded(text: str, *notes: str) -> str:
    """Keep what a text can hold everywhere, and of that 64 KiB; what was left out is said at its end."""
    plain = _LINE_ENDS.sub("\n", text).replace("\0", "").encode("utf-8", "ignore").strip()
    said = list(notes)
    room = MAX_TEXT - sum(len(each) + 2 for each in (*notes, CUT))
    if len(plain) > room:
        said.append(CUT)
    return "\n\n".join(filter(None, [plain[:room].decode("utf-8", "ignore"), *said]))
