"""A vendor's Request Tracker 5, as Debian has it. Needs packages: `make acceptance`."""

import base64
import json
import os
import socket
import threading
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
from tests.recorded import rt as recorded
from tests.servers import http_tape, rt

from supporttiers.backends.transport import HttpTransport, TransportError
from supporttiers.backends.vendor.rt import RtVendor
from supporttiers.clock import FakeClock, SystemClock
from supporttiers.desk import SupportDesk
from supporttiers.effects import VendorFile
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus, reference_of
from supporttiers.process import SupportProcess
from supporttiers.testing.suites import VendorSuite
from supporttiers.tiers import Tier, Visibility

PATIENCE = 200


@pytest.fixture(scope="module")
def system():
    """Run Request Tracker, or say why not."""
    if not os.environ.get("SUPPORTTIERS_ACCEPTANCE"):
        pytest.skip("starts Request Tracker: it is part of `make acceptance`")
    try:
        with rt.tracker() as found:
            yield found
    except rt.NoTrackerError as error:
        pytest.skip(f"no Request Tracker here: {error}")


def gateway(system, **settings):
    """Make a gateway of our account."""
    return RtVendor("acme", **{"url": system.url, "queue": rt.QUEUE, "token": system.tokens["desk"], **settings})


@pytest.mark.parametrize("name", recorded.STORIES)
def test_exchanges_are_those_on_record(system, name):
    """Whatever is played back in the tests is what a server of today says; SUPPORTTIERS_RECORD=1 records it anew."""
    recorder = http_tape.Recorder(system.url, secrets=[*system.tokens.values(), *rt.PASSWORDS.values()])
    recorded.STORIES[name](lambda **settings: gateway(system, transport=recorder, **settings), system.agent)
    path = recorded.HERE / f"rt-{name}.json"
    if os.environ.get("SUPPORTTIERS_RECORD"):
        about = "Request Tracker 5 as Debian has it, recorded by `SUPPORTTIERS_RECORD=1 make acceptance`"
        live = http_tape.Tape(about=about, at=SystemClock().now(), exchanges=tuple(recorder.exchanges))
        http_tape.write(path, live)

    tape = http_tape.read(path).exchanges
    assert set(map(_shape, tape)) == set(map(_shape, recorder.exchanges))


def _shape(exchange):
    return json.dumps(http_tape.shape(exchange), sort_keys=True)


class HangsUp:
    """A transport that sends a request, hangs up at once, and never hears what became of it."""

    def send(self, request, /, *, within):
        """Send it, and hang up."""
        parts = urlsplit(request.url)
        headers = {**request.headers, "host": parts.netloc, "content-length": str(len(request.body))}
        lines = [f"{request.method} {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        with socket.create_connection((parts.hostname, parts.port), within.total_seconds()) as connection:
            connection.sendall("\r\n".join([*lines, "", ""]).encode() + request.body)
        raise TransportError("the line is dead", ambiguous=True)


def test_ticket_whose_answer_was_lost_is_adopted(system):
    """Request Tracker opens it all the same: by our reference it is found, and nothing is opened twice."""
    asked = recorded.request("lost")
    with pytest.raises(VendorError) as caught:
        gateway(system, transport=HangsUp()).open(asked, key="k")
    vendor, pause, hits = gateway(system), threading.Event(), ()
    for _ in range(PATIENCE):
        hits = vendor.find(asked.reference)
        if hits:
            break
        pause.wait(0.05)

    assert caught.value.ambiguous
    assert [asked.reference] == [hit.reference for hit in hits]
    assert [hits[0].remote_id] == [hit.remote_id for hit in vendor.find(asked.reference)]


class HangsUpOnce:
    """A transport that loses the answer to the first change, and none after that."""

    def __init__(self):
        self.changes = []

    def send(self, request, /, *, within):
        """Send it."""
        if request.method == "GET":
            return HttpTransport().send(request, within=within)
        self.changes.append(request.method)
        return (HttpTransport() if len(self.changes) > 1 else HangsUp()).send(request, within=within)


def test_case_is_with_the_vendor_once_and_hears_of_it(system):
    """A desk dispatches it, loses the answer, looks, and adopts the ticket; then it learns how the vendor is doing."""
    transport, clock = HangsUpOnce(), FakeClock("2026-03-23T09:00Z")
    process = SupportProcess(
        name="acme",
        tiers=[
            Tier(level=1, name="Service desk", teams=["front"]),
            Tier(level=4, name="Acme", kind="vendor", vendor="acme", teams=["front"]),
        ],
    )
    desk = SupportDesk(process, clock=clock, vendors=[gateway(system, transport=transport)])
    desk.open("The printer burns", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme", text="Is there a newer drum?")
    failed, pause, hands = desk.run_due().failed, threading.Event(), rt.Hands(system)
    reference = reference_of(desk.get("T-1").vendor_tickets[-1].key)
    for _ in range(PATIENCE):
        if hands.tickets(reference):
            break
        pause.wait(0.05)
    clock.advance("30s")
    desk.run_due()
    [ticket] = desk.get("T-1").vendor_tickets
    system.agent("PUT", f"ticket/{ticket.remote_id}", {"Status": "stalled"})
    clock.advance("2m")
    desk.run_due()

    assert (1, ["POST"]) == (failed, transport.changes)
    assert VendorStatus.WAITING_FOR_US is desk.get("T-1").vendor_tickets[-1].status
    assert 1 == hands.tickets(reference)


@pytest.mark.parametrize("account", ["desk", "tokyo"])
def test_changes_are_the_same_in_each_time_zone(system, account):
    """A search for an instant is understood in the zone of the account; what has changed does not depend on it."""
    vendor = gateway(system, token=system.tokens[account])
    before, after = (vendor.open(recorded.request(f"{account}/{each}"), key="k").remote_id for each in "ab")
    cursor = vendor.changes(None, limit=10).cursor
    system.agent("POST", f"ticket/{after}/comment", {"Content": "Hm.", "ContentType": "text/plain"})
    later = json.loads(cursor) | {"at": (SystemClock().now() + timedelta(hours=1)).isoformat()}
    found = vendor.changes(cursor, limit=1000).remote_ids

    assert {before, after} <= set(found)
    assert after == found[-1]
    assert () == vendor.changes(json.dumps(later), limit=10).remote_ids


def test_file_that_was_dropped_is_told(system):
    """Request Tracker says yes to a file that is larger than its owner allows, and keeps a note in its place."""
    vendor = gateway(system)
    remote_id = vendor.open(recorded.request("dropped"), key="k").remote_id
    file = VendorFile(id="F-1", name="log.bin", content=b"x" * (rt.MOST_BYTES + 1))
    with pytest.raises(VendorError, match="it has dropped the file of 2000001 bytes") as caught:
        vendor.attach(remote_id, file, key="k")

    assert ("not_applied", False) == (caught.value.kind, caught.value.retryable)


def test_file_arrives_byte_by_byte(system):
    """As the vendor's agent reads it."""
    vendor, content = gateway(system), bytes(range(256)) * 9
    remote_id = vendor.open(recorded.request("bytes"), key="k").remote_id
    number = vendor.attach(
        remote_id, VendorFile(id="F-1", name="a.txt", media_type="text/plain", content=content), key="k"
    )

    assert content == base64.b64decode(system.agent("GET", f"attachment/{number}")["Content"])


def test_text_that_is_too_long_is_told(system):
    """It is not read, and is no reason to hear nothing of the ticket; a long one is cut."""
    vendor = gateway(system)
    remote_id = vendor.open(recorded.request("long"), key="k").remote_id
    for often in (20_000, 130_000):
        said = {"Content": "long " * often, "ContentType": "text/plain"}
        system.agent("POST", f"ticket/{remote_id}/correspond", said)
    ours, cut, unread = vendor.fetch(remote_id).entries

    assert ours.ours
    assert cut.text.startswith("long long ")
    assert cut.text.endswith("\n\n[The rest of this text stands on the vendor's ticket: it is longer than 64 KiB.]")
    assert "[a text of 650000 bytes, too long to be read here: it stands on the vendor's ticket]" == unread.text
    assert {Visibility.PUBLIC} == {entry.visibility for entry in (cut, unread)}


class TestRtVendor(VendorSuite):
    """As a vendor gives us an account: with the rights that the gateway needs, and no more."""

    capabilities: ClassVar = frozenset({"public"})
    raw_statuses: ClassVar = {"stalled": VendorStatus.WAITING_FOR_US, "resolved": VendorStatus.RESOLVED}
    unmapped = "parked"
    timeout = timedelta(seconds=1.5)
    patience = timedelta(seconds=15)

    @pytest.fixture(autouse=True)
    def _secret(self, system):
        type(self).secrets = (system.tokens["desk"],)

    @pytest.fixture
    def vendor_url(self, system):
        """Give its address."""
        return system.url

    @pytest.fixture
    def hands(self, system):
        """Give the vendor's agent."""
        return rt.Hands(system)

    @pytest.fixture
    def connect(self, system):
        """Make gateways."""

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            token = system.tokens["desk"]
            token = token[:-6] + "5ec7e7" if wrong_key else token
            return gateway(system, url=url, timeout=timeout, token=token, clock=clock)

        return connect
