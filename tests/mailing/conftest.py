"""What the tests of a vendor by mail share: a mailbox, a server that takes mail, and mails as vendors write them."""

import pytest
from tests.servers import mailroom

from supporttiers.backends.vendor.email import EmailVendor
from supporttiers.clock import FakeClock
from supporttiers.effects import VendorRequest
from supporttiers.links import reference_of

KEY = "default/T-1/1"
REFERENCE = reference_of(KEY)


@pytest.fixture(scope="session")
def imap_port():
    """Run the server of mailboxes."""
    with mailroom.mailroom() as port:
        yield port


@pytest.fixture
def folder(imap_port):
    """Give an empty folder."""
    return mailroom.Folder(imap_port)


@pytest.fixture
def office(folder):
    """Run a server that takes mail."""
    server = mailroom.PostOffice(folder)
    server.start()
    yield server
    server.loop.call_soon_threadsafe(server._over.set)
    server.stop()


@pytest.fixture
def clock():
    """Stand at nine in the morning."""
    return FakeClock("2026-03-23T09:00Z")


@pytest.fixture
def vendor_of(folder, office, clock):
    """Make a vendor whose settings are these."""

    def make(**settings):
        given = {
            "to": mailroom.VENDOR, "sender": f"Desk <{mailroom.DESK}>", "smtp": f"smtp://127.0.0.1:{office.port}",
            "imap": f"imap://desk%40example.org@127.0.0.1:{folder.port}/{folder.name}", "password": mailroom.PASSWORD,
            "clock": clock,
        }  # fmt: skip
        return EmailVendor("acme", **{**given, **settings})

    return make


@pytest.fixture
def vendor(vendor_of):
    """Make a vendor."""
    return vendor_of()


@pytest.fixture
def request_of():
    """Make a request."""

    def make(subject="The drum is stuck", text="It squeaks.", key=KEY, **more):
        return VendorRequest(
            tenant="default", case_id="T-1", subject=subject, text=text, reference=reference_of(key), **more
        )  # fmt: skip

    return make
