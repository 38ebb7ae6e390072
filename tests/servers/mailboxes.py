"""A mail server in this process that does as a test says: it takes mail, puts it off, refuses, hangs or breaks off."""

import asyncio
import contextlib
import socket
import ssl
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

USER, PASSWORD = "desk", "hunter2-of-smtp"


class MailServer(Controller):
    """
    A server on a socket of this machine.

    `mails` holds the envelopes that were taken, `given` all whose text has come. `answers` says what is answered to a
    recipient, by address and in turn: a reply to RCPT that is not 250 refuses them. `at_data` is the reply to the text,
    or `hang` or `drop`.
    """

    def __init__(self, **options):
        self.mails = []
        self.given = []
        self.answers = {}
        self.at_data = "250 taken"
        self.logins = []
        self._over = None
        super().__init__(self, hostname="127.0.0.1", port=0, **options)

    def factory(self):
        with warnings.catch_warnings():  # a login without TLS is what a test wants
            warnings.simplefilter("ignore")
            return SMTP(self, ident="test", **self.SMTP_kwargs)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        self._over = asyncio.Event()
        if self.ssl_context is None:
            super()._trigger_server()
            return
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname = False
        anybody.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), 5) as plain, anybody.wrap_socket(plain) as secured:
            secured.recv(100)

    def check_login(self, server, session, envelope, mechanism, data):
        """Take one password."""
        assert isinstance(data, LoginPassword)
        self.logins.append((session.ssl is not None, data.login, data.password))
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    async def handle_RCPT(self, server, session, envelope, address, options):
        answers = self.answers.get(address, [])
        answer = answers.pop(0) if answers else "250 known"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):
        self.given.append(envelope)
        if self.at_data == "hang":
            await self._over.wait()
        if self.at_data == "drop":
            server.transport.abort()
            return None
        if self.at_data.startswith("250"):
            self.mails.append(envelope)
        return self.at_data


@contextlib.contextmanager
def mail_server(**options):
    """Run a server as long as the context lasts."""
    server = MailServer(**options)
    server.start()
    try:
        yield server
    finally:
        server.loop.call_soon_threadsafe(server._over.set)
        server.stop()
