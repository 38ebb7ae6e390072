"""The vendor in this very process."""

import attrs
import pytest

from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.effects import VendorAnswer, VendorRequest
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus
from supporttiers.protocols import VendorGateway

REQUEST = VendorRequest(tenant="default", case_id="T-1", subject="Stuck")


def test_vendor_is_a_gateway(vendor):
    """It has what the Protocol asks for."""
    assert isinstance(vendor, VendorGateway)


def test_open_gives_a_new_ticket_for_each_key(vendor):
    """Tickets are numbered under the vendor's name, and begin as open."""
    first, second = vendor.open(REQUEST, key="k1"), vendor.open(REQUEST, key="k2")

    assert VendorAnswer(remote_id="ACME-PRINT-1", status=VendorStatus.OPEN, version="1") == first
    assert "ACME-PRINT-2" == second.remote_id


def test_open_gives_the_same_ticket_for_the_same_key(vendor):
    """A second delivery opens no second ticket, and shows how far the first is by now."""
    opened = vendor.open(REQUEST, key="k1")
    vendor.update(opened.remote_id, status=VendorStatus.ACKNOWLEDGED)

    assert attrs.evolve(opened, status=VendorStatus.ACKNOWLEDGED, version="2") == vendor.open(REQUEST, key="k1")
    assert "ACME-PRINT-2" == vendor.open(REQUEST, key="k2").remote_id


def test_update_is_what_fetch_gives(vendor):
    """What the vendor says about a ticket is what is heard when it is asked."""
    vendor.open(REQUEST, key="k1")
    vendor.update("ACME-PRINT-1", status=VendorStatus.RESOLVED, text="New fuse.")

    expected = VendorAnswer(
        remote_id="ACME-PRINT-1", status=VendorStatus.RESOLVED, text="New fuse.", version="2"
    )  # fmt: skip
    assert expected == vendor.fetch("ACME-PRINT-1")


def test_agent_works_whenever_it_is_asked():
    """The agent is handed the ticket as it stands, and its answer is kept."""
    steps = {VendorStatus.OPEN: VendorStatus.ACKNOWLEDGED, VendorStatus.ACKNOWLEDGED: VendorStatus.RESOLVED}
    vendor = InProcessVendor("acme-print", agent=lambda ticket: attrs.evolve(ticket, status=steps[ticket.status]))
    vendor.open(REQUEST, key="k1")

    assert ["acknowledged", "resolved"] == [vendor.fetch("ACME-PRINT-1").status for _ in range(2)]


def test_update_does_not_ask_the_agent():
    """What the vendor is made to say stands, whatever its agent would have said."""
    asked = []
    vendor = InProcessVendor("acme-print", agent=lambda ticket: asked.append(ticket) or ticket)
    vendor.open(REQUEST, key="k1")
    vendor.update("ACME-PRINT-1", status=VendorStatus.CLOSED)

    assert [] == asked
    assert "closed" == vendor.fetch("ACME-PRINT-1").status


@pytest.mark.parametrize(("ask", "fields"), [("fetch", {}), ("update", {"status": VendorStatus.OPEN})])
def test_unknown_ticket_is_a_vendor_error(vendor, ask, fields):
    """A ticket that was never opened cannot be asked about, nor spoken of; trying again will not help."""
    with pytest.raises(VendorError, match=r"^acme-print: there is no ticket 'X-1'") as caught:
        getattr(vendor, ask)("X-1", **fields)
    assert not caught.value.retryable
