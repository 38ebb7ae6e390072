"""A printer beats the house, and goes to a vendor whose people work on a Roundup tracker."""

import json
from pathlib import Path

import pytest
from tests.servers.roundup import PASSWORD, USER, roundup

from supporttiers import FakeClock, SupportDesk
from supporttiers.backends.transport import HttpTransport, TransportError
from supporttiers.backends.vendor.roundup import RoundupVendor
from supporttiers.events import VendorReplied
from supporttiers.links import VendorStatus

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def tracker():
    """Run a tracker."""
    with roundup() as found:
        yield found


@pytest.fixture
def clock():
    """Stand at nine in the morning."""
    return FakeClock("2026-03-23T09:00Z")


@pytest.fixture
def desk(tracker, clock, tmp_path, monkeypatch):
    """Build a desk from files, as an application does; the password stands in the environment."""
    monkeypatch.setenv("ACME_PASSWORD", PASSWORD)
    file = tmp_path / "vendors.toml"
    file.write_text(
        f'[acme-print]\nuse = "roundup"\nurl = {json.dumps(tracker.url)}\nuser = "{USER}"\n'
        'password_env = "ACME_PASSWORD"\n[acme-print.priorities]\nmedium = "bug"\n',
        encoding="utf-8",
    )
    found = SupportDesk(EXAMPLES / "acme.toml", store=f"sqlite:///{tmp_path / 'acme.db'}", clock=clock, vendors=file)
    yield found
    found.shut_down()


def sent(desk, id_):
    """Escalate a case until it is at the vendor's; give the number of the ticket."""
    desk.open("Drum is worn out", id=id_, by="jane", text="It streaks.", category="printing")
    desk.escalate(id_, by="bob", reason="needs a technician")
    desk.escalate(id_, by="eve")
    desk.run_due()
    return desk.get(id_).vendor_tickets[0].remote_id


def said(desk, id_):
    """Give what the vendor has said on a case."""
    return [event.text for event in desk.history(id_) if isinstance(event, VendorReplied)]


def passed(desk, clock):
    """Let two minutes pass, in which the desk asks what has changed."""
    clock.advance("2m")
    desk.run_due()


def test_case_goes_to_the_tracker_and_comes_back(tracker, desk, clock):
    """What either side says is heard by the other one, once; the answer brings the case back, and closes nothing."""
    ticket = sent(desk, "T-1")
    issue = tracker.agent.issue(ticket)
    assert ("Drum is worn out", "bug") == (issue["title"], issue["priority"]["name"])

    tracker.agent.reply(ticket, "Which serial number?")
    tracker.agent.set_status(ticket, "need-eg")
    passed(desk, clock)
    assert ["Which serial number?"] == said(desk, "T-1")
    assert VendorStatus.WAITING_FOR_US is desk.get("T-1").vendor_tickets[0].status

    desk.tell_vendor("T-1", by="eve", vendor="acme-print", text="4711")
    passed(desk, clock)
    assert "4711" in tracker.agent.messages(ticket)[-1]["content"]

    tracker.agent.reply(ticket, "A new drum is on its way.")
    tracker.agent.set_status(ticket, "resolved")
    passed(desk, clock)
    case = desk.get("T-1")
    assert ["Which serial number?", "A new drum is on its way."] == said(desk, "T-1")
    assert (2, True, VendorStatus.RESOLVED) == (case.tier, case.is_open, case.vendor_tickets[0].status)


def test_ticket_that_was_retired_comes_back_as_gone(tracker, desk, clock):
    """Nobody has to wait for it any more."""
    ticket = sent(desk, "T-2")
    tracker.admin.retire(ticket)

    for _ in range(35):  # a retired issue stands in no list of changes: each ticket is asked about once an hour
        passed(desk, clock)

    case = desk.get("T-2")
    assert (2, VendorStatus.GONE) == (case.tier, case.vendor_tickets[0].status)


class Losing(HttpTransport):
    """Loses the first answer to what creates an issue."""

    lost = 0

    def send(self, request, /, *, within):
        """Send, and lose the answer."""
        answer = super().send(request, within=within)
        if "poe/" in request.url and not self.lost:
            self.lost += 1
            raise TransportError("no answer", ambiguous=True)
        return answer


def test_request_whose_answer_was_lost_is_found(tracker, clock):
    """Though the desk does not know that it has arrived: there is one ticket."""
    transport = Losing()
    gateway = RoundupVendor("acme-print", url=tracker.url, user=USER, password=PASSWORD, transport=transport)
    desk = SupportDesk(EXAMPLES / "acme.toml", clock=clock, vendors=[gateway])
    before = tracker.agent.issues()
    assert sent(desk, "T-3") is None
    for _ in range(5):
        passed(desk, clock)

    [created] = set(tracker.agent.issues()) - set(before)
    assert (created, 1) == (desk.get("T-3").vendor_tickets[0].remote_id, transport.lost)
