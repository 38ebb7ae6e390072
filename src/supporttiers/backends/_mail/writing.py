"""What all mails have in common: addresses, ids, and how headers and lines are written, whatever stands in them."""

import hashlib
import re
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Final
from unicodedata import category

import attrs

from supporttiers.backends._mail.words import one_line

MAX_ADDRESS: Final = 254
"""So many bytes an address has at most, as RFC 5321 counts, less its brackets."""

_MAX_LOCAL: Final = 64
_MAX_LABEL: Final = 63
_SPECIAL: Final = set(' ()<>[]:;@\\,"')
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?")
_DEVIATIONS: Final = set("\u00df\u1e9e\u03c2\u200c\u200d")
"""Letters that older and newer rules for domains encode differently, so that mail could reach somebody else."""

_MAX_NAME: Final = 64
_OF_NAMES: Final = frozenset("LMN")  # letters with their marks, and numbers
_IN_NAMES: Final = frozenset(".'-_")
_DOTS: Final = re.compile(rb"^\.", re.MULTILINE)
_LINE: Final = 78
"""So long a line of a header should be at most."""


@attrs.frozen
class Mailbox:
    """
    An address that mail can be sent to.

    Attributes:
        local: What stands before the @; may hold letters beyond ASCII.
        domain: What stands behind it, in ASCII.
    """

    local: str
    domain: str

    @classmethod
    def of(cls, text: str) -> "Mailbox | None":
        """Read an address; None where it is none that can be written to."""
        local, at, domain = text.strip().rpartition("@")
        encoded = _ascii_domain(domain)
        if not at or encoded is None or not _is_dotted(local):
            return None
        found = cls(local, encoded)
        return found if len(str(found).encode()) <= MAX_ADDRESS else None

    @property
    def international(self) -> bool:
        """Whether a server has to know SMTPUTF8 to be told of it."""
        return not self.local.isascii()

    def is_same_as(self, other: "Mailbox") -> bool:
        """Whether mail to both reaches the same place: servers do not tell small letters from large ones."""
        return str(self).casefold() == str(other).casefold()

    def __str__(self) -> str:
        """Write it as it is written to a server."""
        return f"{self.local}@{self.domain}"


def _is_dotted(local: str) -> bool:
    if not local.isprintable() or len(local.encode()) > _MAX_LOCAL or not _SPECIAL.isdisjoint(local):
        return False
    if "=?" in local and "?=" in local:  # the standard library would decode it, line breaks and all
        return False
    return all(local.split(".")) and not any(map(str.isspace, local))


def _ascii_domain(domain: str) -> str | None:
    if not domain.isprintable() or not _DEVIATIONS.isdisjoint(domain):
        return None
    try:
        encoded = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = encoded.split(".")
    return encoded if all(_LABEL.fullmatch(label) and len(label) <= _MAX_LABEL for label in labels) else None


@attrs.frozen(kw_only=True)
class Sender:
    """
    Who writes.

    Attributes:
        mailbox: The address in `From`.
        name: What stands beside it.
        reply_to: Where answers go, if not there.
        list_id: By which readers sort mail, such as `support.example.org`.
    """

    mailbox: Mailbox
    name: str = ""
    reply_to: Mailbox | None = None
    list_id: str = ""


def message_id(sender: Sender, *parts: str) -> str:
    """Give the id of a mail: always the same of the same parts, so that a mail that comes twice can be told."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return f"<{digest}@{sender.mailbox.domain}>"


class Form(EmailPolicy):
    """
    How a mail is written: no header begins with an empty line.

    The standard library moves a text that would fit on a line of its own there as a whole. That is allowed, and some
    readers show it as a mail without a subject.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:  # noqa: ANN401 - as the library has it
        """Break a header into lines, the first of which has some of its words."""
        folded = super().fold_binary(name, value)
        begin = f"{name}:".encode()
        if not folded.startswith(begin + b"\r\n "):
            return folded
        whole = folded.replace(b"\r\n", b"", 1)
        blank = whole.rfind(b" ", len(begin) + 1, _LINE)
        return whole if blank < 0 else whole[:blank] + b"\r\n" + whole[blank:]


def on_the_line(mail: EmailMessage, *, before: bytes = b"") -> bytes:
    """Write a mail as it goes over the line, its end included: a line that begins with a dot gets another one."""
    return before + _DOTS.sub(b"..", mail.as_bytes()) + b".\r\n"


def ids_line(name: str, ids: Sequence[str]) -> bytes:
    """Write a header of ids, one on each line: the standard library would encode those that are longer than a line."""
    return f"{name}: {(chr(13) + chr(10) + ' ').join(ids)}\r\n".encode("ascii") if ids else b""


def shown(mailbox: Mailbox, name: str) -> Address:
    """Give an address as it stands in a header, with what whoever has it is called."""
    return Address(_name(name), username=mailbox.local, domain=mailbox.domain)


def _name(text: str) -> str:
    """
    Keep of a name what needs no quotes.

    The standard library loses them where it breaks a long line (python/cpython#80222), and an address within a name
    would stand beside the real one.
    """
    kept = (each if category(each)[0] in _OF_NAMES or each in _IN_NAMES else " " for each in text)
    return one_line("".join(kept))[:_MAX_NAME].strip(" .")


def header_line(text: str) -> str:
    """
    Make one line of whatever it is: a line break would begin another header.

    What looks like an encoded word is taken apart: the standard library would decode it, line breaks and all.
    """
    return one_line(text).replace("=?", "= ?")
