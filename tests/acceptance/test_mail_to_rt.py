"""A vendor by mail whose system is a real Request Tracker, which is reached by nothing but mail."""

import os
import subprocess
import threading

import pytest
from tests.mailing.conftest import clock, folder, imap_port, office, request_of, vendor_of  # noqa: F401 - fixtures
from tests.servers import rt
from tests.servers.mailroom import DESK

from supporttiers.effects import VendorMessage
from supporttiers.links import reference_of

_PATIENCE = 60
_SENDMAIL = """#!/bin/sh
mail=$(mktemp {out}/.XXXXXX)
cat > $mail
mv $mail {out}/$(date +%s%N)
"""


class Queue(rt.Tracker):
    """Request Tracker, to which mail is handed over by its own gateway, and whose mail lies in a directory."""

    def _prepare(self, port):
        super()._prepare(port)
        self.out, script, config = self.base / "out", self.base / "sendmail", self.base / "config.pm"
        self.out.mkdir()
        script.write_text(_SENDMAIL.format(out=self.out))
        script.chmod(0o755)
        by_script = f"Set($MailCommand, 'sendmailpipe'); Set($SendmailPath, '{script}');"
        config.write_text(config.read_text().replace("Set($MailCommand, 'testfile');", by_script))

    def take(self, mail):
        """Take a mail."""
        command = ["rt-mailgate-5", "--queue", rt.QUEUE, "--action", "correspond", "--url", self.url]
        subprocess.run(command, input=mail, check=True, capture_output=True, timeout=_PATIENCE)

    def sent(self):
        """Wait for mails, and give them once."""
        pause = threading.Event()
        for _ in range(200):
            if found := sorted(self.out.glob("[0-9]*")):
                mails = [each.read_bytes() for each in found]
                for each in found:
                    each.unlink()
                return mails
            pause.wait(0.05)
        raise AssertionError("it has sent no mail")

    def tickets(self):
        """Give the numbers of its tickets."""
        return sorted(int(each["id"]) for each in self.agent("GET", "tickets?query=id%20%3E%200&per_page=100")["items"])


@pytest.fixture(scope="module")
def queue():
    """Run Request Tracker, or say why not."""
    if not os.environ.get("SUPPORTTIERS_ACCEPTANCE"):
        pytest.skip("starts Request Tracker: it is part of `make acceptance`")
    if problem := rt.missing():
        pytest.skip(f"no Request Tracker here: {problem}")
    try:
        found = Queue()
    except rt.NoTrackerError as error:
        pytest.skip(f"no Request Tracker here: {error}")
    found.agent("PUT", "user/desk", {"EmailAddress": DESK})
    yield found
    found.close()


@pytest.fixture
def vendor(vendor_of):  # noqa: F811 - a fixture
    """Make a vendor, which writes from an address of its own."""
    return vendor_of(senders=["rt@vendor.test"])


def test_request_tracker_is_talked_with_by_mail(queue, vendor, office, folder, request_of):  # noqa: F811 - fixtures
    """Its number is learnt from its first answer; what is said under another subject belongs together, both ways."""
    key = "story"
    reference = reference_of(key)
    start = vendor.changes(None, limit=50)
    vendor.open(request_of(key=key), key=key)
    queue.take(office.at_vendor[-1])
    folder.put(*queue.sent())
    noted = vendor.fetch(reference)
    [number] = queue.tickets()
    queue.agent("PUT", f"ticket/{number}", {"Subject": "Something else"})
    queue.agent("POST", f"ticket/{number}/comment", {"Content": "Among us.", "ContentType": "text/plain"})
    queue.agent("POST", f"ticket/{number}/correspond", {"Content": "Which drum?", "ContentType": "text/plain"})
    answers = queue.sent()
    folder.put(*answers)
    answered = vendor.fetch(reference)
    told = VendorMessage(tenant="default", case_id="T-1", text="The left one.", reference=reference_of("k2"))
    vendor.comment(reference, told, key="k2")
    queue.take(office.at_vendor[-1])
    history = queue.agent("GET", f"ticket/{number}/history?fields=Type,Creator")["items"]

    assert ("acknowledged", "replied by a machine") == (noted.status, noted.raw_status)
    assert f"[vendor.test #{number}]" in noted.entries[-1].text
    assert reference.encode() not in b"".join(answers)
    assert ("answered", "Which drum?") == (answered.status, answered.entries[-1].text)
    assert "Among us." not in "".join(each.text for each in answered.entries)
    assert (reference,) == vendor.changes(start.cursor, limit=50).remote_ids
    assert [number] == queue.tickets()
    assert 2 == len([each for each in history if each["Type"] == "Correspond"])


def test_request_tracker_makes_two_tickets_of_one_mail_that_comes_twice(queue, vendor, office, request_of):  # noqa: F811 - fixtures
    """It does not compare ids of mails: that none is sent twice is ours to see to."""
    before = len(queue.tickets())
    vendor.open(request_of(key="twice"), key="twice")
    queue.take(office.at_vendor[-1])
    queue.take(office.at_vendor[-1])

    assert before + 2 == len(queue.tickets())
