"""A case that goes to a vendor by mail and comes back: a desk, a mailbox, and an agent who answers."""

import pytest
from tests.servers import mailroom

from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier

PROCESS = SupportProcess(
    name="acme",
    tiers=[
        Tier(level=2, name="Technical support", teams=["desktop"], escalates_to=[4]),
        Tier(level=4, name="Vendor", kind="vendor", vendor="acme", hands_back_to=[2]),
    ],
)  # fmt: skip


@pytest.fixture
def clock():
    """Stand at nine in the morning."""
    return FakeClock("2026-03-23T09:00Z")


def test_case_goes_to_a_vendor_by_mail_and_comes_back(office, folder, clock, tmp_path):
    """The server breaks off after it has taken the mail: one mail is at the vendor, and its answer reaches the case."""
    settings = {
        "use": "email", "to": mailroom.VENDOR, "sender": mailroom.DESK, "smtp": f"smtp://127.0.0.1:{office.port}",
        "imap": f"imap://{mailroom.USER}@127.0.0.1:{folder.port}/{folder.name}", "password": mailroom.PASSWORD,
    }  # fmt: skip
    desk = SupportDesk(PROCESS, store=f"sqlite:///{tmp_path}/desk.db", clock=clock, vendors={"acme": settings})
    desk.open("The drum is stuck", id="T-1", by="jane", text="my own words")
    desk.escalate("T-1", by="eve", reason="needs a technician")
    office.loses = True
    first = desk.run_due()
    office.loses = False
    for _ in range(6):
        clock.advance("3m")
        desk.run_due()
    [ticket] = desk.get("T-1").vendor_tickets
    answers = f"<{ticket.remote_id}@example.org>"
    folder.put(f"From: {mailroom.VENDOR}\nMessage-ID: <1@acme.test>\nReferences: {answers}\n\nNew drum.\n")
    clock.advance("3m")
    desk.run_due()
    case = desk.get("T-1")

    assert 1 == first.failed
    assert 1 == len(office.at_vendor)
    assert f"[{ticket.remote_id}] The drum is stuck".encode() in office.at_vendor[0]
    assert ("open", "answered") == (ticket.status, case.vendor_tickets[0].status)
