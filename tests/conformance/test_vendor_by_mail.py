"""The gateway by mail keeps the laws of vendors' gateways, on two servers that others have written."""

import smtplib
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from tests.servers import mailboxes, mailroom

from supporttiers.backends.vendor.email import EmailVendor
from supporttiers.testing.suites import VendorSuite


class Agent:
    """The vendor's agent, who reads and writes mail and has no system."""

    def __init__(self, office):
        self._office = office
        self._said = 0

    def _mails(self):
        return [message_from_bytes(each, policy=policy.default) for each in self._office.at_vendor]

    def _of(self, remote_id):
        return [mail for mail in self._mails() if remote_id in mail["Message-ID"]]

    def say(self, remote_id, text, *, private):
        """Answer the mail that opened a ticket; there is nothing private in mail."""
        self._said += 1
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"], mail["To"] = f"Ann <{mailroom.VENDOR}>", mailroom.DESK
        mail["Subject"], mail["Message-ID"] = "Re: yours", f"<{id(self)}.{self._said}@acme.test>"
        mail["In-Reply-To"] = f"<{remote_id}@example.org>"
        mail.set_content(text)
        with smtplib.SMTP("127.0.0.1", self._office.port, timeout=30) as server:
            server.login(mailboxes.USER, mailboxes.PASSWORD)
            server.send_message(mail)

    def tickets(self, reference):
        """Count the mails that open a ticket: a vendor's system makes a ticket of each, also of the same one."""
        return len([mail for mail in self._mails() if mail["Message-ID"] == f"<{reference}@example.org>"])

    def shown(self, remote_id):
        """Give the mails as a reader shows them."""
        return "\n".join(f"{mail['Subject']}\n{mail.get_body().get_content()}" for mail in self._of(remote_id))

    def files(self, remote_id):
        """Give the files of all mails."""
        return [
            (file.get_filename(), file.get_content())
            for mail in self._of(remote_id)
            for file in mail.iter_attachments()
        ]


@pytest.fixture(scope="module")
def imap_port():
    """Run the server of mailboxes."""
    with mailroom.mailroom() as port:
        yield port


class TestEmailVendor(VendorSuite):
    """By mail there are no statuses to be set, nothing is deleted or moved, and no HTTP is spoken: such laws skip."""

    secrets = (mailroom.PASSWORD, mailboxes.PASSWORD)
    other_loggers = ("mail.log",)
    callers = 10
    timeout = timedelta(seconds=0.3)

    @pytest.fixture
    def office(self, imap_port):
        """Run a server that takes mail of those who log in."""
        office = mailroom.PostOffice(mailroom.Folder(imap_port), auth_required=True, auth_require_tls=False)
        office.SMTP_kwargs["authenticator"] = office.check_login
        office.start()
        yield office
        office.loop.call_soon_threadsafe(office._over.set)
        office.stop()

    @pytest.fixture
    def vendor_url(self, office):
        """Say where mail goes; where it comes from is said by `connect`."""
        return f"smtp://127.0.0.1:{office.port}"

    @pytest.fixture
    def hands(self, office):
        """Give the agent."""
        return Agent(office)

    @pytest.fixture
    def connect(self, office):
        """Make gateways."""

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            wrong = "wrong" if wrong_key else ""
            folder = office.folder
            return EmailVendor(
                "acme", to=mailroom.VENDOR, sender=mailroom.DESK,
                smtp=f"smtp://{mailboxes.USER}@127.0.0.1:{urlsplit(url).port}",
                smtp_password=wrong or mailboxes.PASSWORD,
                imap=f"imap://{mailroom.USER}@127.0.0.1:{folder.port}/{folder.name}",
                password=wrong or mailroom.PASSWORD, timeout=timeout, clock=clock,
            )  # fmt: skip

        return connect
