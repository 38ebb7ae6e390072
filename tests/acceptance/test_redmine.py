"""Tickets in a real Redmine, as Debian has it. Needs its packages: `make acceptance`."""

import os
from datetime import timedelta
from typing import ClassVar

import pytest
from tests.recorded import redmine as recorded
from tests.servers import http_tape, redmine

from supporttiers.clock import FakeClock, SystemClock
from supporttiers.links import VendorStatus
from supporttiers.testing.suites import VendorSuite

TABLE = {"New": "open", "In Progress": "in_progress", "Resolved": "resolved", "Feedback": "waiting_for_us",
         "Closed": "closed"}  # fmt: skip


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
