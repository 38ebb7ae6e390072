"""Handing a mail over to a mail server, in bounded time; what went wrong is said in numbers, for anybody's error."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

import attrs

from supporttiers.backends._mail.conversation import Conversation
from supporttiers.backends._mail.writing import Mailbox
from supporttiers.backends.transport import cut_off

_FINAL: Final = 500
_DONE, _GO_ON = 2, 3
ABOUT_LOGIN: Final = frozenset({530, 534, 535, 538})
"""The numbers by which a server says that it does not know us; that may be mended while mails wait."""

_ENHANCED: Final = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}(?=\s|$)")


class Security(StrEnum):
    """How the way to the mail server is made safe: TLS after a greeting, TLS from the beginning, or not at all."""

    STARTTLS = "starttls"
    TLS = "tls"
    PLAIN = "plain"


PORTS: Final = {Security.STARTTLS: 587, Security.TLS: 465, Security.PLAIN: 25}
"""Where mail servers listen."""


@attrs.define
class SubmissionError(Exception):
    """
    A mail was not taken; whoever sends it turns this into an error of its own.

    Attributes:
        problem: What went wrong: no words of the server's, no address.
        retryable: Whether the same mail may be taken later.
        ambiguous: Whether the server may have it all the same.
        code: The number of the server's answer; 0 where there was none.
    """

    problem: str
    retryable: bool = True
    ambiguous: bool = False
    code: int = 0

    def __str__(self) -> str:
        """Say the problem."""
        return self.problem


@attrs.frozen(kw_only=True)
class Submission:
    """
    How to come to a server that takes mail. Nothing of it is shown but where: it holds a password.

    Attributes:
        host: The server.
        port: Where it listens.
        security: How the way there is made safe.
        login: User and password; None for no login.
        helo: As which host to speak.
        timeout: How long all of it may take.
        context: How TLS is spoken; with the authorities that the machine trusts when None.
    """

    host: str
    port: int
    security: Security
    login: tuple[str, str] | None = attrs.field(repr=False)
    helo: str = attrs.field(repr=False)
    timeout: timedelta = attrs.field(repr=False)
    context: ssl.SSLContext | None = attrs.field(default=None, repr=False)

    @contextmanager
    def connected(self) -> Iterator[Conversation]:
        """
        Open a connection, safe and logged in, for as long as all of it may take.

        Raises:
            SubmissionError: There is none to be had, or it broke off.
        """
        limit = self.timeout.total_seconds()
        server = Conversation(
            self.host, tls=self.security is Security.TLS, context=self.context, name=self.helo, seconds=limit
        )  # fmt: skip
        with cut_off(lambda: server.sock, limit) as cut:
            try:
                self._greet(server)
                yield server
            except OSError as error:  # all errors of smtplib and ssl are such
                late = cut.is_set() or isinstance(error, TimeoutError)
                said = type(error).__name__
                problem = f"took longer than {limit:g} s" if late else f"gave no answer that can be used ({said})"
                cause = None if isinstance(error, smtplib.SMTPException) else error  # a server's words may name people
                raise SubmissionError(f"the server {problem}", ambiguous=server.unsure) from cause
            finally:
                server.close()

    def _greet(self, server: Conversation) -> None:
        """Come as far as being allowed to send; whatever is refused up to there may be mended while mails wait."""
        code, text = server.connect(self.host, self.port)
        _must(code, text, "the connection", final=False)
        server.ehlo_or_helo_if_needed()
        if self.security is Security.STARTTLS:
            if not server.has_extn("starttls"):
                raise SubmissionError("the server does not offer STARTTLS")
            _must(*server.go_over_to_tls(), "STARTTLS", final=False)
        if self.login is not None:
            try:
                server.login(*self.login)
            except smtplib.SMTPResponseException as error:
                raise _refused(error.smtp_code, b"", "the login", final=False) from None

    def hand_over(self, content: bytes, *, sender: str, to: Sequence[tuple[Mailbox, str]]) -> None:
        """
        Hand a mail over: to all of them, or to nobody.

        Args:
            content: The mail as it goes over the line.
            sender: Where it comes back to if it cannot be delivered; empty for nowhere.
            to: To whom, each with the words by which errors speak of them.

        Raises:
            SubmissionError: It was not taken.
        """
        what = f"the mail to {to[0][1]}"
        with self.connected() as server:
            options = ["SMTPUTF8", "BODY=8BITMIME"] if any(mailbox.international for mailbox, _ in to) else []
            if options and not server.has_extn("smtputf8"):
                who = next(who for mailbox, who in to if mailbox.international)
                problem = f"the address of {who} is not in ASCII, and the server does not know SMTPUTF8"
                raise SubmissionError(problem, retryable=False)
            _must(*server.mail(sender, options), "the sender")
            for mailbox, who in to:
                _must(*server.rcpt(str(mailbox)), f"recipient {who}")
            _must(*server.docmd("DATA"), what, wanted=_GO_ON)
            server.unsure = True
            server.send(content)
            _must(*server.getreply(), what)
            server.part()


def _must(code: int, text: bytes, what: str, *, wanted: int = _DONE, final: bool = True) -> None:
    if code // 100 not in range(1, 6):
        raise smtplib.SMTPServerDisconnected
    if code // 100 != wanted:
        raise _refused(code, text, what, final=final)


def _refused(code: int, text: bytes, what: str, *, final: bool) -> SubmissionError:
    """Say what the server said in numbers: its words may name people."""
    found = _ENHANCED.match(text)
    number = f"{code} {found[0].decode()}" if found else str(code)
    lasting = final and code >= _FINAL and code not in ABOUT_LOGIN
    return SubmissionError(f"the server refused {what}: {number}", retryable=not lasting, code=code)


def is_this_machine(host: str) -> bool:
    """Whether a host is this very one, to which a password may go in plain text."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def printable(text: str) -> str | None:
    """A login: printable ASCII, as both protocols want it."""
    return None if text.isascii() and text.isprintable() else "must be printable ASCII"
