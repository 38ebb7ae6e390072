"""Files for Request Tracker: what they may be called there, and as what they are sent."""

import base64
import re
from collections.abc import Mapping
from typing import Final

from supporttiers._fields import clipped, one_line
from supporttiers.backends.tickets import clean
from supporttiers.effects import VendorFile

_MOST_NAME: Final = 200
_ANY_TYPE: Final = "application/octet-stream"
_MEDIA_TYPE: Final = re.compile(r"(?!message/|multipart/)[a-z0-9.+-]+/[a-z0-9.+-]+")


def name_of(file: VendorFile) -> str:
    """
    Give the name of a file, without folders; by its key where there is none, or one that Request Tracker refuses.

    >>> name_of(VendorFile(id="F-7", name="C:/temp/log.txt", content=b"")), name_of(VendorFile(id="F-7", content=b""))
    ('log.txt', 'file F-7')
    """
    last = re.split(r"[/\\]", one_line(clean(file.name)))[-1].strip()
    return clipped(last if last.strip(".0") else one_line(f"file {file.id} {last}"), _MOST_NAME)


def sent_as(name: str, file: VendorFile) -> Mapping[str, str]:
    """Give a file as Request Tracker takes it."""
    return {
        "FileName": _in_header(name),
        "FileType": _type_of(file),
        "FileContent": base64.b64encode(file.content).decode(),
    }


def _in_header(name: str) -> str:
    """Write a name as headers of mails have it: Request Tracker fails on what is not ASCII, and reads this."""
    if name.isascii() and "=?" not in name:
        return name
    return f"=?UTF-8?B?{base64.b64encode(name.encode()).decode()}?="


def _type_of(file: VendorFile) -> str:
    """Give the type of a file: of texts that are not UTF-8 none is named, for they would be turned into it."""
    kind = file.media_type.lower()
    if not _MEDIA_TYPE.fullmatch(kind):
        return _ANY_TYPE
    if kind.startswith("text/"):
        try:
            file.content.decode()
        except UnicodeDecodeError:
            return _ANY_TYPE
    return kind
