"""How django-helpdesk writes things down, and how it has to be written to."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Final, TypeGuard

from supporttiers import _fields as fields
from supporttiers._fields import MAX_ID, MAX_SUBJECT, clipped, one_line
from supporttiers.backends.tickets import clean, heard, marked, reference_in
from supporttiers.effects import VendorFile
from supporttiers.links import Attachment, VendorEntry
from supporttiers.tiers import Visibility

MAX_TITLE: Final = 200
_MAX_FILE_NAME: Final = 255
_MAX_FILES: Final = 50

_TEMPLATE: Final = re.compile(r"\{(?=[{%#])|(?<=%)\}")
_MEDIA_TYPE: Final = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,120}")
_ENDING: Final = re.compile(r"\.[A-Za-z0-9]{1,10}")


def safe(text: object) -> str:
    """Take out of a text what neither side can keep; what is no text is empty."""
    return clean(text) if isinstance(text, str) else ""


def title_of(subject: str) -> str:
    """Make a title of a subject: one line, at most 200 characters, never empty."""
    return clipped(one_line(safe(subject)), MAX_TITLE) or "No subject"


def untouched(comment: str) -> str:
    r"""
    Write a comment so that it says the same after it has been rendered.

    It takes comments for Django templates: of `{{ order }}` nothing would be left, and `{{ }}` would be an error. Only
    `{% ... %}` is left as it is, if both ends are there. A brace that would begin or end something is therefore written
    as a variable that stands for itself.

    >>> untouched("{{ order }} {%"), untouched("{plain} }}")
    ('{{ "{" }}{ order }} {{ "{" }}%', '{plain} }}')
    """
    return _TEMPLATE.sub(lambda brace: f'{{{{ "{brace[0]}" }}}}', comment)


def entry(followup: Mapping[str, Any], *, ours: object) -> VendorEntry | None:
    """
    Read a follow-up; None where it has no id.

    Args:
        followup: As it came.
        ours: The id of our account there; None where nobody knows it.
    """
    number = followup.get("id")
    if not is_id(number):
        return None
    text = safe(followup.get("comment"))
    public, author = followup.get("public") is True, followup.get("user")
    known = is_id(ours)
    return VendorEntry(
        id=str(number),
        text=heard(text or safe(followup.get("title"))),  # such as `Assigned to mary`
        at=_instant(followup.get("date")),
        reference=_marked_with(text) if author == ours or not known else "",
        ours=known and author == ours,
        visibility=Visibility.PUBLIC if public else Visibility.PRIVATE,
        attachments=_attachments(followup.get("followupattachment_set")),
    )


def reference_of_ticket(ticket: Mapping[str, Any]) -> str:
    """Read our reference in a ticket: in its description, or where somebody has changed that, in its first entry."""
    first = next(iter(dicts(ticket.get("followup_set"))), {})
    return _marked_with(safe(ticket.get("description"))) or _marked_with(safe(first.get("comment")))


def entries_of(ticket: Mapping[str, Any]) -> tuple[VendorEntry, ...]:
    """
    Read the follow-ups of a ticket.

    It does not say who we are; but the entry with which a ticket of ours was opened has our account for its author.
    """
    followups = dicts(ticket.get("followup_set"))
    reference = reference_of_ticket(ticket)
    opened = (each for each in followups if reference and _marked_with(safe(each.get("comment"))) == reference)
    ours = next(opened, {}).get("user")
    return tuple(read for each in followups if (read := entry(each, ours=ours)) is not None)


def _marked_with(text: str) -> str:
    """Read the reference that stands at the end, on a line of its own: others quote ours anywhere."""
    last = text.rstrip().rpartition("\n")[2]
    found = reference_in(last)
    return found if last == marked("", found) else ""


def is_id(value: object) -> TypeGuard[int]:
    """Whether something is an id of its."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= fields.MAX_INTEGER


def dicts(value: object) -> list[Mapping[str, Any]]:
    """Give the tables in a list; what is none has none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _instant(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found is not None and fields.aware(found) is None else None


def _attachments(files: object) -> tuple[Attachment, ...]:
    found = []
    for each in dicts(files)[:_MAX_FILES]:
        size, kind = each.get("size"), one_line(safe(each.get("mime_type")))[:MAX_ID]
        if is_id(each.get("id")):
            name = clipped(one_line(safe(each.get("filename"))), MAX_SUBJECT)
            sized = size if fields.at_least(0, fields.MAX_INTEGER)(size) is None else None
            found.append(Attachment(id=str(each["id"]), name=name, media_type=kind or None, size=sized))
    return tuple(found)


def file_name(file: VendorFile) -> str:
    """Give what it can keep as the name of a file: one line, never empty."""
    return clipped(one_line(safe(file.name)), _MAX_FILE_NAME) or "file"


def form(file: VendorFile, *, followup: int) -> tuple[bytes, str]:
    """
    Make the form that puts a file on a follow-up.

    The name goes into a field of its own, so that nothing in it is taken for a part of the form; what the server stores
    the file under has only its ending, by which it says what it takes.

    Returns:
        The form and its type.
    """
    boundary = "supporttiers-" + hashlib.sha256(file.content).hexdigest()
    kind = file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream"
    ending = PurePosixPath(file_name(file)).suffix
    stored = "file" + (ending if _ENDING.fullmatch(ending) else "")
    parts = {"followup": str(followup), "filename": file_name(file), "mime_type": kind}
    lines = []
    for name, value in parts.items():
        lines += [f"--{boundary}", f'Content-Disposition: form-data; name="{name}"', "", value]
    lines += [
        f"--{boundary}", f'Content-Disposition: form-data; name="file"; filename="{stored}"', f"Content-Type: {kind}",
        "", "",
    ]  # fmt: skip
    body = "\r\n".join(lines).encode() + file.content + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"
