"""Tickets in a real Redmine, as Debian has it. Needs its packages: `make acceptance`."""

import os
from datetime import timedelta
from typing import ClassVar

import pytest
from tests.recorded import redmine as recorded
from tests.servers import http_tape, redmine

from supporttiers.backends.transport import HttpTransport, TransportError
from supporttiers.clock import FakeClock, SystemClock
from supporttiers.desk import SupportDesk
from supporttiers.links import VendorStatus, reference_of
from supporttiers.process import SupportProcess
from supporttiers.testing.suites import VendorSuite
from supporttiers.tiers import Tier

TABLE = {"New": "open", "In Progress": "in_progress", "Resolved": "resolved", "Feedback": "waiting_for_us",
         "Closed": "closed"}  # fmt: skip

PROCESS = SupportProcess(
    name="acme",
    tiers=[
        Tier(level=1, name="Service desk", teams=["front"], escalates_to=[4]),
        Tier(level=4, name="Vendor", kind="vendor", vendor="acme", hands_back_to=[1]),
    ],
)


@pytest.fixture(scope="module")
def server():
    """Run a Redmine, or say why not."""
    if not os.environ.get("SUPPORTTIERS_ACCEPTANCE"):
        pytest.skip("starts a Redmine: it is part of `make acceptance`")
    try:
        with redmine.redmine() as found:
            yield found
    except redmine.NoRedmineError as error:
        pytest.skip(f"no Redmine here: {error}")


@pytest.mark.parametrize("story", recorded.STORIES, ids=lambda story: story.__name__)
def test_exchanges_are_those_on_record(server, story):
    """Whatever is played back in the tests is what a server of today says; SUPPORTTIERS_RECORD=1 records it anew."""
    clock = FakeClock(SystemClock().now())
    recorder = http_tape.Recorder(server.url, secrets=server.keys.values())

    def connect(whose, **said):
        return server.gateway(whose, transport=recorder, clock=clock, **said)

    there = (server.field, server.unfiltered, server.absent, server.trackers["Support"])
    assert (recorded.FIELD, recorded.UNFILTERED, recorded.ABSENT, recorded.SUPPORT) == there
    told = recorded.Story(connect, server)
    story(told)
    about = "Redmine as Debian has it, recorded by `SUPPORTTIERS_RECORD=1 make acceptance`"
    live = http_tape.Tape(about=about, at=clock.now(), exchanges=tuple(recorder.exchanges))
    if os.environ.get("SUPPORTTIERS_RECORD"):
        http_tape.write(recorded.path(story), live)

    assert recorded.STORIES[story] == told.told
    on_record = http_tape.read(recorded.path(story))
    assert [http_tape.shape(each) for each in on_record.exchanges] == [http_tape.shape(each) for each in live.exchanges]


class Deaf:
    """A transport that carries everything, and then hears the answer to the first ticket no more."""

    def __init__(self):
        self.opened = 0
        self._transport = HttpTransport()

    def send(self, request, /, *, within):
        """Carry a request."""
        answer = self._transport.send(request, within=within)
        if request.method == "POST" and not self.opened:
            self.opened += 1
            raise TransportError("the answer was lost", ambiguous=True)
        return answer


def test_case_goes_to_the_vendor_once_and_comes_back(server):
    """Its answer is lost, and found again; what the vendor says is heard, and the case is ours again."""
    clock = FakeClock("2026-03-23T09:00Z")
    vendor = server.gateway("desk", field=recorded.FIELD, transport=Deaf())
    desk = SupportDesk(PROCESS, clock=clock, vendors=[vendor])
    desk.open("Drum is worn out", id="T-1", by="jane")
    desk.escalate("T-1", by="bob", reason="needs a technician")
    for _ in range(3):
        desk.run_due()
        clock.advance("2m")
    [ticket] = desk.get("T-1").vendor_tickets
    hands = redmine.Hands(server)
    assert (1, VendorStatus.OPEN) == (hands.tickets(reference_of(ticket.key)), ticket.status)

    hands.say(ticket.remote_id, "We have replaced it.", private=False)
    hands.set_status(ticket.remote_id, "Resolved")
    desk.run_due()
    case = desk.get("T-1")
    assert (VendorStatus.RESOLVED, "Resolved") == (case.vendor_tickets[0].status, case.vendor_tickets[0].raw_status)
    assert 1 == case.tier
    assert "We have replaced it." in str([getattr(event, "text", "") for event in desk.history("T-1")])


class TestRedmineVendor(VendorSuite):
    """In a project where strangers may read and write, so that a wrong key is let in."""

    options: ClassVar = {
        "project": redmine.OPEN_PROJECT, "field": recorded.FIELD, "account": "desk", "notes_for_requester": True,
    }  # fmt: skip
    capabilities = frozenset({"public"})
    raw_statuses: ClassVar = {"Resolved": VendorStatus.RESOLVED, "In Progress": VendorStatus.IN_PROGRESS}
    unmapped = "Rejected"
    settable = (VendorStatus.CLOSED, VendorStatus.WAITING_FOR_US)
    timeout = timedelta(seconds=1.2)
    patience = timedelta(seconds=2)
    callers = 20

    @pytest.fixture(autouse=True)
    def _secret(self, server):
        type(self).secrets = (server.keys["desk"],)

    @pytest.fixture
    def vendor_url(self, server):
        """Give its address."""
        return server.url

    @pytest.fixture
    def hands(self, server):
        """Give the vendor's agent."""
        return redmine.Hands(server)

    @pytest.fixture
    def connect(self, server):
        """Make gateways."""

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            whose = "stranger" if wrong_key else "desk"
            return server.gateway(whose, url=url, timeout=timeout, clock=clock, statuses=TABLE, **self.options)

        return connect
