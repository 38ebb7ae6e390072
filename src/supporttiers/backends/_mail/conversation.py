"""A conversation with a mail server, no part of which takes longer than it may."""

import smtplib
import ssl
from contextlib import suppress
from socket import socket
from typing import Final

from supporttiers.backends.transport import connected, over_tls

_READY: Final = 220
_GOODBYE: Final = 1.0
_SLACK: Final = 5.0  # no single read ends before the whole is cut off: there is but one way in which time is over


class Conversation(smtplib.SMTP):
    """
    One conversation with a server, which can be cut off in all its parts.

    Attributes:
        unsure: Whether the server has been given a mail, and has not said yet what becomes of it.
    """

    unsure = False

    def __init__(self, host: str, *, tls: bool, context: ssl.SSLContext | None, name: str, seconds: float) -> None:
        """
        Prepare to speak; nothing is connected yet.

        Args:
            host: With whom; the name that TLS verifies.
            tls: Whether TLS is spoken from the beginning.
            context: How TLS is spoken; with the authorities that the machine trusts when None.
            name: As whom.
            seconds: How long all of it may take.
        """
        super().__init__(local_hostname=name, timeout=seconds)
        self._context: Final = context
        self._tls: Final = tls
        self._host: Final = host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        self.sock = connected(host, port, timeout)
        self.sock.settimeout(timeout + _SLACK)
        if self._tls:
            self._secure()
        return self.sock

    def _secure(self) -> None:
        assert self.sock is not None  # noqa: S101 - for the type checker
        self.sock = secured = over_tls(self.sock, self._context, self._host)
        secured.do_handshake()

    def part(self) -> None:
        """Say goodbye, and hear it for a moment: the mail has been taken, whatever becomes of that."""
        with suppress(OSError):
            self.putcmd("QUIT")
            assert self.sock is not None  # noqa: S101 - for the type checker
            self.sock.settimeout(_GOODBYE)
            self.getreply()

    def go_over_to_tls(self) -> tuple[int, bytes]:
        """Do what `starttls` does; there the handshake could not be cut off."""
        code, text = self.docmd("STARTTLS")
        if code == _READY:
            self._secure()
            self.file = None  # what had been said in plain text is forgotten, as RFC 3207 demands
            self.helo_resp = self.ehlo_resp = None
            self.esmtp_features = {}
            self.does_esmtp = False
            self.ehlo_or_helo_if_needed()
        return code, text
