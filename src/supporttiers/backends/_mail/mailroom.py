"""
A mailbox that is read by IMAP, and never changed: bounded in time, in the number of mails, and in their size.

It is opened with EXAMINE and read with BODY.PEEK, so that no mail counts as seen, whoever else reads it. What a server
says is counted as it comes: one that says more than it was asked for is left.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BufferedReader
from socket import socket
from typing import Any, Final

import attrs

from supporttiers.backends._mail.submission import Security
from supporttiers.backends.transport import connected, cut_off, over_tls

PORTS: Final = {Security.STARTTLS: 143, Security.TLS: 993, Security.PLAIN: 143}
"""Where servers of mailboxes listen."""

MOST_HEARD: Final = 32 * 1024 * 1024
"""So many bytes of one conversation are heard at most."""

MAX_HEADER: Final = 64 * 1024
"""So much of a mail's header is read."""

_SLACK: Final = 5.0
_UID: Final = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d{1,18})\b")
_DATE: Final = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"')
_CODE: Final = re.compile(rb"\[([A-Z-]{1,30})[\] ]")
_FOR_NOW: Final = frozenset({b"UNAVAILABLE", b"INUSE", b"LIMIT", b"SERVERBUG"})
_AT_A_TIME: Final = 64
_MAX_LINE: Final = 1_000_000


@attrs.define
class MailroomError(Exception):
    """
    A mailbox could not be read; whoever reads it turns this into an error of its own.

    Attributes:
        problem: What went wrong; holds no words of the server's.
        kind: `unavailable`, `auth`, `rejected` or `protocol`.
    """

    problem: str
    kind: str = "unavailable"

    def __str__(self) -> str:
        """Say the problem."""
        return self.problem


@attrs.frozen(kw_only=True)
class Envelope:
    """
    A mail as it lies in a mailbox.

    Attributes:
        uid: Its number there.
        size: In bytes, as the server says.
        arrived_at: When it was put there, by the clock of the server; None where it does not say.
        raw: Of its bytes as many as were asked for.
    """

    uid: int
    size: int
    arrived_at: datetime | None = None
    raw: bytes = attrs.field(repr=False)


class _Held:
    """What a conversation holds open: connections, the newest of which can be cut off, and what is read from them."""

    def __init__(self) -> None:
        self.socket: socket | None = None
        self._stack = ExitStack()

    def take(self, connection: socket) -> None:
        """Hold a connection."""
        self.socket = connection
        self._stack.callback(connection.close)

    def read_from(self, connection: socket) -> BufferedReader:
        """Read from a connection."""
        return self._stack.enter_context(connection.makefile("rb"))

    def close(self) -> None:
        """Let go of all of it, even where the other side has gone already."""
        with suppress(OSError):
            self._stack.close()


class _Line(imaplib.IMAP4):
    """
    One conversation, which can be cut off in all its parts, and hears only so much.

    The library has its way of connecting and reading replaced by whoever has another. It takes the conversation itself
    for the context by which TLS is begun, so that the handshake is one that can be cut off.
    """

    def __init__(
        self, host: str, port: int, *, seconds: float, tls: bool, context: ssl.SSLContext | None, held: _Held
    ) -> None:
        self._heard = 0
        self._held = held
        self._at_once = tls
        self._context = context
        super().__init__(host, port, timeout=seconds)

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """Connect."""
        assert timeout is not None  # noqa: S101 - for the type checker
        self.host, self.port = host, port
        self.sock = connected(host, port, timeout)
        self._held.take(self.sock)
        self.sock.settimeout(timeout + _SLACK)
        if self._at_once:
            self.sock = self.wrap_socket(self.sock, host)
        else:
            self._from = self._held.read_from(self.sock)

    def wrap_socket(self, sock: socket, server_hostname: str) -> ssl.SSLSocket:
        """Speak TLS from now on; what had been said in plain text is forgotten."""
        secured = over_tls(sock, self._context, server_hostname)
        self._held.take(secured)
        secured.do_handshake()
        self._from = self._held.read_from(secured)
        return secured

    def go_over_to_tls(self) -> None:
        """Do what STARTTLS says."""
        self.starttls(self)  # it asks for nothing but `wrap_socket`

    def read(self, size: int) -> bytes:
        """Read so many bytes, if they may be heard."""
        self._count(size)
        return self._from.read(size)

    def readline(self) -> bytes:
        """Read a line, if it may be heard."""
        line = self._from.readline(_MAX_LINE)
        self._count(len(line) if len(line) < _MAX_LINE else MOST_HEARD)
        return line

    def _count(self, size: int) -> None:
        self._heard += size
        if self._heard > MOST_HEARD:
            raise MailroomError("the server of the mailbox says more than it was asked for", "protocol")

    def send(self, data: Any) -> None:  # noqa: ANN401 - as the library has it
        """Say something."""
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Leave, whatever the server says to that."""
        self._held.close()


@attrs.frozen(kw_only=True)
class Mailroom:
    """
    How to come to a mailbox. Nothing of it is shown but where: it holds a password.

    Attributes:
        host: The server.
        port: Where it listens.
        security: How the way there is made safe.
        login: User and password.
        folder: Which of the mailboxes.
        timeout: How long all of a conversation may take.
        context: How TLS is spoken; with the authorities that the machine trusts when None.
    """

    host: str
    port: int
    security: Security
    login: tuple[str, str] = attrs.field(repr=False)
    folder: str = "INBOX"
    timeout: timedelta = attrs.field(repr=False)
    context: ssl.SSLContext | None = attrs.field(default=None, repr=False)

    @contextmanager
    def opened(self) -> "Iterator[Reading]":
        """
        Open the mailbox to be read, for as long as all of it may take.

        Raises:
            MailroomError: It cannot be opened, or read.
        """
        limit = self.timeout.total_seconds()
        held = _Held()
        with cut_off(lambda: held.socket, limit) as cut:
            try:
                yield self._examined(self._line(limit, held))
            except (OSError, imaplib.IMAP4.error, EOFError, ValueError) as error:
                late = cut.is_set() or isinstance(error, TimeoutError)
                said = type(error).__name__
                problem = f"took longer than {limit:g} s" if late else f"gave no answer that can be used ({said})"
                broken = isinstance(error, OSError | imaplib.IMAP4.abort)
                raise MailroomError(f"the mailbox {problem}", "unavailable" if broken else "protocol") from None
            finally:
                held.close()

    def _line(self, limit: float, held: _Held) -> _Line:
        line = _Line(
            self.host, self.port, seconds=limit, tls=self.security is Security.TLS, context=self.context, held=held
        )  # fmt: skip
        if self.security is Security.STARTTLS:
            if "STARTTLS" not in line.capabilities:
                raise MailroomError("the server of the mailbox does not offer STARTTLS")
            line.go_over_to_tls()
        return line

    def _examined(self, line: _Line) -> "Reading":
        try:
            line.login(*self.login)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            found = _CODE.search(error.args[0]) if error.args and isinstance(error.args[0], bytes) else None
            if found and found[1] in _FOR_NOW:
                raise MailroomError("the server of the mailbox refused the login for now") from None
            raise MailroomError("the server of the mailbox refused the login", "auth") from None
        answer, _ = line.select(f'"{self.folder}"', readonly=True)
        if answer != "OK":
            raise MailroomError("the server of the mailbox has no such folder, or does not let us read it", "rejected")
        return Reading(line, _number(line, "UIDVALIDITY"), _number(line, "UIDNEXT"))


def _number(line: _Line, word: str) -> int:
    found = line.response(word)[1]
    return int(found[-1]) if found and isinstance(found[-1], bytes) and found[-1].isdigit() else 0


class Reading:
    """
    A mailbox while it is open.

    Attributes:
        validity: Which numbering of its mails holds; another one means that all numbers are new.
        next: The number that the next mail will have; 0 where the server does not say.
    """

    def __init__(self, line: _Line, validity: int, coming: int) -> None:
        """Take a conversation in which the mailbox is open."""
        self._line = line
        self.validity = validity
        self.next = coming

    def search(self, *criteria: str) -> list[int]:
        """
        Look for mails; give their numbers, ascending.

        Args:
            criteria: As IMAP has them, the texts among them quoted by `quoted`.
        """
        answer, found = self._line.uid("SEARCH", *criteria)
        if answer != "OK":
            raise MailroomError("the server of the mailbox does not search", "protocol")
        numbers = b" ".join(each for each in found if isinstance(each, bytes)).split()
        return sorted({int(each) for each in numbers})

    def headers(self, uids: Sequence[int]) -> list[Envelope]:
        """Read the headers of mails; those that are not there any more are left out."""
        return self._read(uids, f"BODY.PEEK[HEADER]<0.{MAX_HEADER}>")

    def mail(self, uid: int, *, at_most: int) -> Envelope | None:
        """Read the beginning of a mail; None when it is not there any more."""
        return next(iter(self._read([uid], f"BODY.PEEK[]<0.{at_most}>")), None)

    def _read(self, uids: Sequence[int], what: str) -> list[Envelope]:
        found: list[Envelope] = []
        for begin in range(0, len(uids), _AT_A_TIME):
            some = uids[begin : begin + _AT_A_TIME]
            answer, parts = self._line.uid("FETCH", ",".join(map(str, some)), f"(UID RFC822.SIZE INTERNALDATE {what})")
            if answer != "OK":
                raise MailroomError("the server of the mailbox does not hand mails over", "protocol")
            found += [each for each in _envelopes(parts) if each.uid in some]
        return found


def _envelopes(parts: Sequence[Any]) -> Iterator[Envelope]:
    """Read what the library gives: for each mail a pair of what stands before its bytes and these, and what follows."""
    for place, each in enumerate(parts):
        if not isinstance(each, tuple):
            continue
        after = parts[place + 1] if place + 1 < len(parts) else b""
        said = each[0] + b" " + (after if isinstance(after, bytes) else b"")
        uid, size = _UID.search(said), _SIZE.search(said)
        if uid is not None:
            yield Envelope(
                uid=int(uid[1]), size=int(size[1]) if size else len(each[1]), arrived_at=_instant(_DATE.search(said)),
                raw=each[1],
            )  # fmt: skip


def _instant(found: re.Match[bytes] | None) -> datetime | None:
    return None if found is None else instant_of(found[1].decode("ascii", "replace"))


def instant_of(text: str) -> datetime | None:
    """Read an instant as mails and mailboxes have it; None where it is none that can be told."""
    try:
        found = parsedate_to_datetime(text)
        return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def quoted(text: str) -> str:
    """Write a text as IMAP has it, for what has neither quotes nor backslashes in it."""
    return f'"{text}"'
