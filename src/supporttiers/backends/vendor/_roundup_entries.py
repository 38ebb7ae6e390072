"""What stands on an issue of Roundup's, as entries; and how a file is sent to it."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from supporttiers import _fields as fields
from supporttiers._fields import MAX_SUBJECT, clipped, one_line
from supporttiers.backends.tickets import clean, heard
from supporttiers.backends.vendor._roundup_changes import instant_of
from supporttiers.effects import VendorFile
from supporttiers.links import MAX_ENTRIES, Attachment, VendorEntry

Row = Mapping[str, Any]

MESSAGE: Final = "content,creation,creator,files,messageid"
FILE: Final = "creation,creator,name,type"
"""The fields that are asked for."""

_MAX_FILES: Final = 50
_NUMBER: Final = re.compile("[0-9]{1,18}")
_MESSAGE_ID: Final = re.compile(r"<(ST-[A-Z2-7]{16})@supporttiers\.invalid>")


def message_id(reference: str) -> str:
    """
    Give the Message-ID that holds a reference: mail that the tracker sends has it, too.

    >>> message_id("ST-ABCDEFGHIJKLMNOP")
    '<ST-ABCDEFGHIJKLMNOP@supporttiers.invalid>'
    """
    return f"<{reference}@supporttiers.invalid>"


def creator(row: Row) -> str:
    """Give the name of the account that has made something; whoever a message names as its author may be anybody."""
    found = row.get("creator")
    return str(found.get("username") or "") if isinstance(found, dict) else ""


def reference_of_message(row: Row, user: str) -> str:
    """Read the reference of a message that we have written ourselves; nobody else's is believed."""
    found = _MESSAGE_ID.fullmatch(str(row.get("messageid")))
    return found[1] if found and creator(row) == user else ""


def is_id(value: object) -> bool:
    """Whether something is an id of its: a number, as text or as such."""
    return not isinstance(value, bool) and _NUMBER.fullmatch(str(value)) is not None


def ids_in(value: object) -> list[str]:
    """
    Give the ids in a list of links, the newest at the end.

    >>> ids_in([{"id": "10", "link": "..."}, None, {"id": "9"}]), ids_in(None)
    (['9', '10'], [])
    """
    links = value if isinstance(value, list) else []
    found = [str(each["id"]) for each in links if isinstance(each, dict) and is_id(each.get("id"))]
    return sorted(found, key=lambda id_: (len(id_), id_))


def entries_of(messages: Sequence[Row], files: Sequence[Row], user: str) -> tuple[VendorEntry, ...]:
    """Make entries of messages with their files, and of files that came with none, the oldest first."""
    known = {str(row.get("id")): row for row in files}
    with_messages = {id_ for row in messages for id_ in ids_in(row.get("files"))}
    loose = [row for id_, row in known.items() if id_ not in with_messages]
    found = [*_said(messages, known, user), *_sent(loose, user)]
    oldest_first = sorted(found, key=lambda each: each[0])  # which leaves those of one second as they are
    return tuple(entry for _, entry in oldest_first)[-MAX_ENTRIES:]


def _said(messages: Iterable[Row], files: Mapping[str, Row], user: str) -> Iterator[tuple[str, VendorEntry]]:
    for row in messages:
        content = row.get("content")
        attached = [files[id_] for id_ in ids_in(row.get("files")) if id_ in files]
        yield str(row.get("creation")), VendorEntry(
            id=f"msg{row.get('id')}", text=heard(content) if isinstance(content, str) else "",
            at=instant_of(row.get("creation")), reference=reference_of_message(row, user), ours=creator(row) == user,
            attachments=[_attachment(each) for each in attached[-_MAX_FILES:]],
        )  # fmt: skip


def _sent(files: Iterable[Row], user: str) -> Iterator[tuple[str, VendorEntry]]:
    for row in files:
        yield str(row.get("creation")), VendorEntry(
            id=f"file{row.get('id')}", at=instant_of(row.get("creation")), ours=creator(row) == user,
            attachments=[_attachment(row)],
        )  # fmt: skip


def _attachment(row: Row) -> Attachment:
    kind = row.get("type")
    return Attachment(
        id=f"file{row.get('id')}", name=name_of(row.get("name")),
        media_type=kind if isinstance(kind, str) and fields.name(kind) is None else None,
    )  # fmt: skip


def name_of(name: object) -> str:
    r"""
    Make a name of a file that can be shown and sent: one line, without directories.

    >>> name_of("..\\..\\etc/passwd\r\n"), name_of(None)
    ('passwd', '')
    """
    plain = one_line(clean(str(name or "")).replace("\\", "/"))
    return clipped(plain.rpartition("/")[2], MAX_SUBJECT)


def name_for(file: VendorFile) -> str:
    """Give the name under which a file is sent: it must have one."""
    return name_of(file.name) or "file"


def form_of(file: VendorFile) -> tuple[bytes, str]:
    """
    Write a file as a form, which carries any bytes.

    Returns:
        The body, and its type.

    Source: RFC 7578.
    """
    boundary = f"supporttiers-{hashlib.sha256(file.content).hexdigest()}"
    kind = file.media_type if fields.name(file.media_type) is None else "application/octet-stream"
    parts: list[tuple[str, bytes]] = [
        ('"name"', name_for(file).encode()),
        ('"type"', kind.encode()),
        ('"content"; filename="file"\r\nContent-Type: application/octet-stream', file.content),
    ]
    body = b"".join(
        b"--%s\r\nContent-Disposition: form-data; name=%s\r\n\r\n%s\r\n" % (boundary.encode(), head.encode(), content)
        for head, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def is_same(said: object, file: VendorFile) -> bool:
    """Say whether what a tracker says of a content is said of this file: its text, or a digest of its bytes."""
    digest = hashlib.md5(file.content, usedforsecurity=False).hexdigest()
    return isinstance(said, str) and (said.endswith(digest) or said.encode("utf-8", "replace") == file.content)
