"""What is said of the two servers of a vendor by mail: each by a URL, which names host, port, user and folder."""

import re
import ssl
from datetime import timedelta
from email.utils import parseaddr
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from supporttiers._fields import nearest
from supporttiers.backends._mail import mailroom, submission
from supporttiers.backends._mail.mailroom import Mailroom
from supporttiers.backends._mail.submission import Security, Submission, is_this_machine, printable
from supporttiers.backends._mail.writing import Mailbox
from supporttiers.errors import PluginError

_FOLDER: Final = re.compile(r"[ !#-&(-\[\]-~]{1,200}")
_SECURITY: Final = "security="


def address_of(name: str, field: str, text: object) -> Mailbox:
    """
    Read an address that stands in settings.

    Raises:
        PluginError: It is none, or none in ASCII.
    """
    found = Mailbox.of(text) if isinstance(text, str) else None
    if found is None or found.international:
        raise PluginError(name, f"its {field!r} must be an address in ASCII, such as support@example.org")
    return found


def sender_of(name: str, text: object) -> tuple[Mailbox, str]:
    """
    Read who writes: an address, or a name and an address, as in `Support <support@example.org>`.

    Raises:
        PluginError: It is neither.
    """
    shown, address = parseaddr(text) if isinstance(text, str) and text.isprintable() else ("", "")
    return address_of(name, "sender", address), shown


def believed_of(name: str, given: tuple[str, ...]) -> frozenset[str]:
    """
    Read from where a vendor writes: addresses, and domains with an @ before them.

    Raises:
        PluginError: One is neither.
    """
    for each in given:
        plain = each if not each.startswith("@") else f"anybody{each}"
        if Mailbox.of(plain) is None:
            problem = "must be addresses, or domains with an @ before them, such as @vendor.example"
            raise PluginError(name, f"its 'senders' {problem}")
    return frozenset(each.casefold() for each in given)


def submission_of(
    name: str, url: object, password: str, *, helo: str, timeout: timedelta, context: ssl.SSLContext | None
) -> Submission:
    """
    Read `smtp://USER@HOST:PORT`, or `smtps://` for TLS from the beginning; without a user nobody logs in.

    Raises:
        PluginError: It cannot be read, or says what cannot be so.
    """
    parts = _parts(name, "smtp", url)
    if parts.path not in {"", "/"}:
        raise PluginError(name, "its 'smtp' names a path, and mail is sent to none")
    security = _security(name, "smtp", parts)
    login = _login(name, "smtp", parts, password, security) if parts.username else None
    return Submission(
        host=str(parts.hostname), port=parts.port or submission.PORTS[security], security=security, login=login,
        helo=helo, timeout=timeout, context=context,
    )  # fmt: skip


def mailroom_of(
    name: str, url: object, password: str, *, timeout: timedelta, context: ssl.SSLContext | None
) -> Mailroom:
    """
    Read `imap://USER@HOST:PORT/FOLDER`, or `imaps://` for TLS from the beginning; without a folder it is INBOX.

    Raises:
        PluginError: It cannot be read, or says what cannot be so.
    """
    parts = _parts(name, "imap", url)
    folder = unquote(parts.path.removeprefix("/")) or "INBOX"
    if not _FOLDER.fullmatch(folder):
        raise PluginError(name, "its 'imap' must name a folder in printable ASCII, without quotes and backslashes")
    security = _security(name, "imap", parts)
    if not parts.username:
        raise PluginError(name, "its 'imap' must name the user, as in imaps://desk@mail.example.org")
    return Mailroom(
        host=str(parts.hostname), port=parts.port or mailroom.PORTS[security], security=security,
        login=_login(name, "imap", parts, password, security), folder=folder, timeout=timeout, context=context,
    )  # fmt: skip


def _parts(name: str, field: str, url: object) -> SplitResult:
    possible = (field, f"{field}s")
    problem = f"its {field!r} must be a URL as in {field}s://desk@mail.example.org"
    try:
        parts = urlsplit(url if isinstance(url, str) and url.isprintable() else "")
        readable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise PluginError(name, problem) from None
    if not readable or parts.scheme not in possible or parts.fragment:
        raise PluginError(name, problem)
    if parts.password is not None:
        raise PluginError(name, f"its {field!r} holds a password; say it with 'password' or 'password_env'")
    return parts


def _security(name: str, field: str, parts: SplitResult) -> Security:
    if parts.scheme == f"{field}s":
        found = Security.TLS.value
    else:
        found = Security.PLAIN.value if is_this_machine(str(parts.hostname)) else Security.STARTTLS.value
    if parts.query:
        found = parts.query.removeprefix(_SECURITY)
    if found not in set(Security) or (parts.query and not parts.query.startswith(_SECURITY)):
        meant = nearest(found[:40], tuple(Security)) or ", ".join(Security)
        raise PluginError(name, f"its {field!r} may say only ?security= with one of {', '.join(Security)}; try {meant}")
    return Security(found)


def _login(name: str, field: str, parts: SplitResult, password: str, security: Security) -> tuple[str, str]:
    user = unquote(parts.username or "")
    if security is Security.PLAIN and not is_this_machine(str(parts.hostname)):
        raise PluginError(name, f"its {field!r} would send its password in plain text; leave ?security= out")
    if not password:
        raise PluginError(name, f"its {field!r} names a user, and there is no password; say it with 'password_env'")
    if printable(f"{user}{password}"):
        raise PluginError(name, f"user and password of its {field!r} must be printable ASCII")
    return user, password
