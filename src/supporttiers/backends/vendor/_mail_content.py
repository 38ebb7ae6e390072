"""
What stands in a mail of a vendor's: its text, its files, and of a mail server's report, what became of a mail of ours.

It is read in bounded time and depth, nothing in it is run, and nothing is fetched from anywhere.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser
from typing import Any, Final

import attrs

from supporttiers._fields import clipped, one_line
from supporttiers.backends._mail.mailroom import Envelope
from supporttiers.backends.vendor._html import text_of_html
from supporttiers.backends.vendor._letters import BOUNDED, OWN_ID_HEADER, decoded, ids_in, raw_line
from supporttiers.links import Attachment

MAX_TEXT: Final = 64 * 1024
MAX_PARTS: Final = 200
MAX_DEPTH: Final = 20
MAX_FILES: Final = 50
_MAX_NAME: Final = 200
_MEDIA: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_NUMBER: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
CUT: Final = "[cut off: it is longer than 64 KiB]"
NOT_WHOLE: Final = "[read in part: the mail has {size} bytes]"
TOO_DEEP: Final = "[read in part: it is nested too deep, or has too many parts]"
UNREADABLE: Final = "[this mail cannot be read; it lies in the mailbox]"
_LINE_ENDS: Final = re.compile("\r\n?")
_BOUNDARY: Final = re.compile(rb"boundary[*0-9\s]{0,20}=", re.IGNORECASE)
_MAX_LOOKS: Final = 10_000_000
"""The library looks at each line once for each part around it; so often it may do that: some seconds."""


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
    lines = envelope.raw.count(b"\n") + envelope.raw.count(b"\r")
    if lines * len(_BOUNDARY.findall(envelope.raw)) > _MAX_LOOKS:
        return Content(text=UNREADABLE)
    try:
        reader = _Reader(entry_id, whole=whole)
        text = reader.text(message_from_bytes(envelope.raw, policy=BOUNDED), 0)
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
        text = decoded(_payload(part), part.get_content_charset())
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
            self.about += _named(header)
        elif kind == "message/rfc822":
            self.about += [each for mail in _inner(part) for each in _named(mail)]
            self._keep("message.eml", kind, None)
        for block in _inner(part) if kind == "message/delivery-status" else ():
            self.failed = self.failed or raw_line(block, "Action").lower() == "failed"
            found = _NUMBER.search(raw_line(block, "Status"))
            self.number = self.number or (found[0] if found else "")


def _inner(part: "Message[Any, Any]") -> "list[Message[Any, Any]]":
    inner = part.get_payload()
    return [each for each in inner if isinstance(each, Message)] if isinstance(inner, list) else []


def _named(mail: "Message[Any, Any]") -> list[str]:
    return [*ids_in(mail, "Message-ID"), *ids_in(mail, OWN_ID_HEADER)]


def _payload(part: "Message[Any, Any]") -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


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
