"""A vendor by mail on a real mail system: Postfix and Dovecot, where Anna answers as the vendor's agent."""

import email
import email.policy
import os
import re
import smtplib
import threading
from email.message import EmailMessage

import pytest
from tests.recorded.mailboxes import FOLDER, MAILS, SCENARIOS, outcome
from tests.recorded.scenarios import HERE
from tests.servers import mail, tape

from supporttiers.backends.vendor.email import EmailVendor
from supporttiers.effects import VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import VendorError
from supporttiers.links import reference_of
from supporttiers.testing.suites import VendorSuite

DESK, ANNA = "desk@acme.test", "anna@acme.test"


def vendor_on(system, context, **settings):
    """Make a vendor: mail goes out by TLS with a login, and Dovecot asks for the same password."""
    given = {
        "to": ANNA, "sender": f"Desk <{DESK}>", "smtp": f"smtp://{DESK}@localhost:{system.smtp}?security=starttls",
        "imap": f"imap://{DESK}@localhost:{system.imap}", "password": mail.PASSWORD, "context": context,
    }  # fmt: skip
    return EmailVendor("acme", **{**given, **settings})


@pytest.fixture
def vendor(system, trusting):
    """Make a vendor."""
    return vendor_on(system, trusting)


def request_of(key, **more):
    """Make a request."""
    told = {"subject": "Trommel schief: schön", "text": "Sie quietscht.", **more}
    return VendorRequest(tenant="default", case_id="T-1", reference=reference_of(key), **told)


class Agent:
    """Anna, who reads her mailbox and answers from there."""

    def __init__(self, system):
        self._system = system
        self._said = 0

    def mails(self, reference, *, at_least=1):
        """Wait for mails about a ticket, and read them as a reader does."""
        return eventually(lambda: self.seen(reference), lambda found: len(found) >= at_least)

    def seen(self, reference):
        """Give the mails about a ticket that are there."""
        with self._system.mailbox("anna") as connection:
            connection.select("INBOX", readonly=True)
            numbers = connection.search(None, "HEADER", "Message-ID", reference)[1][0].split()
            raw = [connection.fetch(number.decode(), "(RFC822)")[1][0][1] for number in numbers]
        return [email.message_from_bytes(each, policy=email.policy.default) for each in raw]

    def answer(self, reference, text, **headers):
        """Answer the newest mail about a ticket, as mail programs do."""
        asked = self.mails(reference)[-1]
        self._said += 1
        told = EmailMessage(policy=email.policy.SMTP)
        told["From"], told["To"] = f"Anna <{ANNA}>", DESK
        told["Subject"], told["Message-ID"] = f"Re: {asked['Subject']}", f"<{id(self)}.{self._said}@acme.test>"
        told["In-Reply-To"] = asked["Message-ID"]
        for name, value in headers.items():
            told[name.replace("_", "-")] = value
        told.set_content(text)
        with smtplib.SMTP("127.0.0.1", self._system.smtp, timeout=30) as server:
            server.send_message(told)

    # -- as the laws of gateways have it

    def say(self, remote_id, text, *, private):
        """Answer."""
        self.answer(remote_id, text)

    def tickets(self, reference):
        """Count the mails that open a ticket."""
        return len([each for each in self.seen(reference) if each["Message-ID"] == f"<{reference}@acme.test>"])

    def shown(self, remote_id):
        """Give the mails as a reader shows them."""
        return "\n".join(f"{each['Subject']}\n{each.get_body().get_content()}" for each in self.mails(remote_id))

    def files(self, remote_id):
        """Give the files of all mails."""
        files = (file for each in self.mails(remote_id, at_least=2) for file in each.iter_attachments())
        return [(file.get_filename(), file.get_content()) for file in files]


def eventually(look, fits):
    """Look until it fits: mail takes a moment."""
    pause = threading.Event()
    for _ in range(300):
        found = look()
        if fits(found):
            return found
        pause.wait(0.05)
    raise AssertionError(f"it does not come to that: {found!r}")


def fetched(vendor, reference, status):
    """Fetch until a ticket stands so."""
    return eventually(lambda: vendor.fetch(reference), lambda answer: answer.status == status)


def test_vendor_answers_by_mail(system, vendor):
    """From the request to the answer and back: a machine acknowledges, a person answers, and nothing counts as seen."""
    agent, key = Agent(system), "story"
    reference = reference_of(key)
    start = vendor.changes(None, limit=50)
    vendor.open(request_of(key), key=key)
    [asked] = agent.mails(reference)
    agent.answer(reference, "We have it.", Auto_Submitted="auto-replied", Precedence="bulk")
    noted = fetched(vendor, reference, "acknowledged")
    agent.answer(reference, "Welche Trommel?")
    answered = fetched(vendor, reference, "answered")
    page = vendor.changes(start.cursor, limit=50)
    told = VendorMessage(tenant="default", case_id="T-1", text="Die linke.", reference=reference_of("k2"))
    id = vendor.comment(reference, told, key="k2")
    again = eventually(lambda: vendor.fetch(reference), lambda answer: len(answer.entries) == 4)
    vendor.withdraw(
        reference, VendorMessage(tenant="default", case_id="T-1", purpose="withdrawal", text="Danke."), key="k3"
    )
    over = fetched(vendor, reference, "withdrawn")
    with system.mailbox("desk") as connection:
        connection.select("INBOX", readonly=True)
        flags = b"".join(connection.fetch("1:*", "(FLAGS)")[1])

    assert "with ESMTPSA" in asked["Received"]
    assert (f"[{reference}] Trommel schief: schön", None) == (asked["Subject"], asked["Auto-Submitted"])
    assert ["We have it."] == [each.text for each in noted.entries if not each.ours]
    assert ["We have it.", "Welche Trommel?"] == [each.text for each in answered.entries if not each.ours]
    assert (reference,) == page.remote_ids
    assert (id, "acknowledged", reference_of("k2")) == (again.entries[-1].id, again.status, again.entries[-1].reference)
    assert 3 == len([each for each in over.entries if each.ours])
    assert b"\\Seen" not in flags


def test_mail_that_cannot_be_delivered_fails_the_request(system, trusting):
    """Postfix takes it, finds that it leads elsewhere, and says so to the mailbox."""
    vendor = vendor_on(system, trusting, to="moved@acme.test")
    vendor.open(request_of("bounce"), key="bounce")
    answer = fetched(vendor, reference_of("bounce"), "failed")

    assert "bounced 5.7.1" == answer.raw_status
    assert "The mail system" in answer.entries[-1].text


def test_refusals_are_told_apart(system, vendor, trusting):
    """For now, for good, too large, and with a wrong password; of none a copy is left."""
    system.put_off.add(ANNA)
    file = VendorFile(id="f-1", name="core", content=b"x" * 1_500_000)
    wrong = vendor_on(system, trusting, password="wrong")
    unknown = vendor_on(system, trusting, to="nobody@acme.test")
    asked = request_of("later")
    found = []
    for call in (
        lambda: vendor.open(asked, key="later"), lambda: unknown.open(asked, key="later"),
        lambda: vendor.attach(reference_of("later"), file, key="k"), lambda: wrong.open(asked, key="later"),
        lambda: wrong.fetch(reference_of("later")), wrong.check,
    ):  # fmt: skip
        with pytest.raises(VendorError) as raised:
            call()
        found.append((raised.value.problem, raised.value.kind, raised.value.retryable))

    assert [
        ("the server refused recipient the vendor: 450 4.7.1", "unavailable", True),
        ("the server refused recipient the vendor: 550 5.1.1", "rejected", False),
        ("the server refused the mail to the vendor: 552 5.3.4", "rejected", False),
        ("the server refused the login: 535", "auth", True),
        ("the server of the mailbox refused the login", "auth", True),
        ("the server refused the login: 535", "auth", True),
    ] == found
    assert () == vendor.find(reference_of("later"))
    assert DESK == vendor.check().account


@pytest.mark.parametrize("name", SCENARIOS)
def test_conversations_are_those_on_record(system, name):
    """Whatever is played back in the tests is what Dovecot says today; SUPPORTTIERS_RECORD=1 records it anew."""
    with system.mailbox("desk") as connection:
        connection.delete(FOLDER)
        connection.create(FOLDER)
        for each in MAILS:
            connection.append(FOLDER, None, None, each.replace("\n", "\r\n").encode())
    with tape.recorded(system.imap) as (port, lines):
        found = outcome(port, name)
    path, live = HERE / f"dovecot-{name}.txt", tape.untagged(lines)
    if os.environ.get("SUPPORTTIERS_RECORD"):
        tape.write(path, "Dovecot as Debian has it, recorded by `SUPPORTTIERS_RECORD=1 make acceptance`", live)

    assert SCENARIOS[name] == found
    assert [_shortly(*each) for each in tape.read(path)] == [_shortly(*each) for each in live]


def _shortly(who, line):
    """Of the server's lines dates, times and the number of the mailbox are others each time."""
    line = re.sub(r'"[^"]*[0-9]{4} [^"]*"', "DATE", line.rstrip())
    return who, re.sub(r"UIDVALIDITY [0-9]+|\([0-9. +]+ secs\)", "N", line) if who == "S" else line


class TestEmailVendor(VendorSuite):
    """It keeps the laws of gateways on Postfix and Dovecot, too."""

    secrets = (mail.PASSWORD,)
    callers = 10

    @pytest.fixture
    def hands(self, system):
        """Give the agent."""
        return Agent(system)

    @pytest.fixture
    def connect(self, system, trusting):
        """Make gateways."""

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            password = "wrong" if wrong_key else mail.PASSWORD
            return vendor_on(system, trusting, timeout=timeout, clock=clock, password=password)

        return connect
