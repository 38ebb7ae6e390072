"""The vendor in this very process."""

import attrs
import pytest

from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.effects import VendorAnswer, VendorChanges, VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus
from supporttiers.protocols import VENDOR_CAPABILITIES, VendorGateway, capabilities_of
from supporttiers.tiers import Visibility

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


MESSAGE = VendorMessage(tenant="default", case_id="T-1", text="Any news?", reference="ST-ABCDEFGHIJKLMNOP")


def test_vendor_can_do_all_but_call(vendor):
    """It is a double of every vendor."""
    assert set(VENDOR_CAPABILITIES) - {"receive"} == capabilities_of(vendor)
    assert "acme-print" == vendor.check().account


def test_find_gives_what_shows_the_reference(vendor):
    """And nothing for no reference."""
    opened = vendor.open(attrs.evolve(REQUEST, reference="ST-ABCDEFGHIJKLMNOP"), key="k1")
    vendor.open(REQUEST, key="k2")

    assert ([opened], []) == (vendor.find("ST-ABCDEFGHIJKLMNOP"), vendor.find(""))


def test_what_is_said_is_an_entry_once_for_a_key(vendor):
    """Ours is marked as ours; theirs is private unless they say otherwise."""
    vendor.open(REQUEST, key="k1")
    ids = [vendor.comment("ACME-PRINT-1", MESSAGE, key=key) for key in ("m1", "m1", "m2")]
    ids.append(vendor.write("ACME-PRINT-1", "On it.", visibility=Visibility.PUBLIC))
    entries = vendor.fetch("ACME-PRINT-1").entries

    assert ["1", "1", "2", "3"] == ids
    assert [(True, "private"), (True, "private"), (False, "public")] == [
        (entry.ours, str(entry.visibility)) for entry in entries
    ]
    assert "ST-ABCDEFGHIJKLMNOP" == entries[0].reference


def test_status_is_set_of_the_version_that_was_seen(vendor):
    """Somebody may have been faster."""
    seen = vendor.open(REQUEST, key="k1")
    assert "in_progress" == vendor.set_status("ACME-PRINT-1", VendorStatus.IN_PROGRESS, expect=seen.version).status
    with pytest.raises(VendorError) as caught:
        vendor.set_status("ACME-PRINT-1", VendorStatus.CLOSED, expect=seen.version)
    assert ("conflict", True) == (caught.value.kind, caught.value.retryable)
    with pytest.raises(VendorError) as caught:
        vendor.set_status("ACME-PRINT-1", VendorStatus.UNKNOWN)
    assert "rejected" == caught.value.kind


def test_request_is_taken_back_with_words(vendor):
    """The ticket is closed, and says why."""
    vendor.open(REQUEST, key="k1")
    answer = vendor.withdraw("ACME-PRINT-1", MESSAGE, key="m1")

    assert ("closed", ["Any news?"]) == (answer.status, [entry.text for entry in answer.entries])


def test_files_are_kept_once_for_a_key(vendor):
    """In the order in which they came."""
    vendor.open(REQUEST, key="k1")
    files = [VendorFile(id=each, content=each.encode()) for each in ("a", "b")]
    ids = [vendor.attach("ACME-PRINT-1", file, key=key) for file, key in zip([*files, files[0]], "xyx", strict=True)]

    assert (["1", "2", "1"], tuple(files)) == (ids, vendor.files("ACME-PRINT-1"))
    assert () == vendor.files("ACME-PRINT-9")


def test_changes_are_given_in_order_and_in_pages(vendor):
    """From where the last page ended; without a cursor, from now on; deleted tickets, too."""
    for key in ("k1", "k2", "k3"):
        vendor.open(REQUEST, key=key)
    now = vendor.changes(None, limit=9)
    vendor.write("ACME-PRINT-2", "Hm.")
    vendor.update("ACME-PRINT-2", status=VendorStatus.OPEN)
    vendor.write("ACME-PRINT-1", "Hm.")
    vendor.remove("ACME-PRINT-3")
    one = vendor.changes(now.cursor, limit=2)
    two = vendor.changes(one.cursor, limit=2)

    assert ((), False) == (now.remote_ids, now.more)
    assert (("ACME-PRINT-2", "ACME-PRINT-1"), True) == (one.remote_ids, one.more)
    assert (("ACME-PRINT-3",), False) == (two.remote_ids, two.more)
    assert VendorChanges(cursor=two.cursor) == vendor.changes(two.cursor, limit=2)


@pytest.mark.parametrize("cursor", ["", "garbage", "-1", "{}", "9" * 5_000])
def test_cursor_that_is_none_begins_at_the_beginning(cursor):
    """What is given twice does no harm."""
    vendor = InProcessVendor("acme")
    ticket = vendor.open(VendorRequest(tenant="default", case_id="T-1"), key="k")
    assert (ticket.remote_id,) == vendor.changes(cursor, limit=5).remote_ids
