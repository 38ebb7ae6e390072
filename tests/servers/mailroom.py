"""
A post office for tests that need no root: pymap shows mailboxes by IMAP, and aiosmtpd takes mail and puts it there.

Both are real servers that others have written. Every test has a folder of its own.
"""

import contextlib
import imaplib
import itertools
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from tests.servers.mail import answers, free_ports
from tests.servers.mailboxes import MailServer

USER, PASSWORD = "desk@example.org", "hunter2-of-imap"
DESK, VENDOR = "desk@example.org", "help@acme.test"

_KEEPER = Path(__file__).with_name("keeper.py")
_RUN = """
import sys
from pymap.main import main
from pysasl.hashing import BuiltinHash
BuiltinHash.__init__.__kwdefaults__["rounds"] = 1  # passwords of tests need no time to be guessed
sys.exit(main())
"""
_PATIENCE = 30
_NUMBERS = itertools.count(1)


class NoMailroomError(Exception):
    """The server does not start; its text says why."""


@contextlib.contextmanager
def mailroom(chain=None):
    """Run a server of mailboxes as long as the context lasts; give its port. With a file of a chain it offers TLS."""
    base = Path(tempfile.mkdtemp(prefix="supporttiers-imap-"))
    [port] = free_ports(1)
    tls = ["--no-tls"] if chain is None else ["--cert", chain, "--key", chain]
    keeper = subprocess.Popen(
        [
            sys.executable, "-I", "-S", _KEEPER, base, "", sys.executable, "-c", _RUN, "--no-service", "admin",
            "--host", "127.0.0.1", "--port", str(port), *tls, "dict", "--demo-data", "--demo-user", USER,
            "--demo-password", PASSWORD,
        ],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env={**os.environ, "KEEPER_SIGNAL": "SIGTERM"},
    )  # fmt: skip
    try:
        if not answers(port):
            raise NoMailroomError((base / "log").read_text() if (base / "log").exists() else "it did not start")
        yield port
    finally:
        keeper.stdin.close()
        with keeper:
            keeper.wait(_PATIENCE)


class Folder:
    """One folder of the mailbox, into which a test puts mails."""

    def __init__(self, port):
        self.port = port
        self.name = f"Vendor-{next(_NUMBERS)}"
        with self._in() as connection:
            connection.create(self.name)

    @contextlib.contextmanager
    def _in(self):
        connection = imaplib.IMAP4("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.login(USER, PASSWORD)
            yield connection
        finally:
            connection.logout()

    def put(self, *mails):
        """Put mails there, each a text or bytes."""
        with self._in() as connection:
            for mail in mails:
                raw = mail.encode() if isinstance(mail, str) else mail
                answer, _ = connection.append(
                    self.name, None, None, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
                )
                assert "OK" == answer

    def flags(self):
        """Give the flags of all mails."""
        with self._in() as connection:
            connection.select(self.name, readonly=True)
            return connection.fetch("1:*", "(FLAGS)")[1]

    def renew(self):
        """Make it anew, so that its mails are numbered anew."""
        with self._in() as connection:
            connection.delete(self.name)
            connection.create(self.name)


class PostOffice(MailServer):
    """
    Takes mail; what is for the desk lies in its folder afterwards, what is for the vendor in `at_vendor`.

    `loses` makes it take a mail, deliver it, and break off before it says so.
    """

    def __init__(self, folder, **options):
        self.folder = folder
        self.at_vendor = []
        self.loses = False
        super().__init__(**options)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - as the server calls it
        """Take a mail, and deliver it."""
        answer = await super().handle_DATA(server, session, envelope)
        if answer is not None and answer.startswith("250"):
            if DESK in envelope.rcpt_tos:
                self.put(envelope.content)
            if VENDOR in envelope.rcpt_tos:
                self.at_vendor.append(envelope.content)
        if self.loses:
            server.transport.abort()
        return answer

    def put(self, content):
        """Deliver a mail, in a thread of its own: the server of the mailbox is spoken to in turns."""
        delivery = threading.Thread(target=self.folder.put, args=(content,))
        delivery.start()
        delivery.join(_PATIENCE)
