"""Vendors that do as a script says: late, twice, never, or unreachable."""

from datetime import UTC, datetime, timedelta

import pytest

from supporttiers import SupportProcess
from supporttiers.clock import SystemClock
from supporttiers.effects import VendorRequest
from supporttiers.errors import InputError, PluginError
from supporttiers.testing import FlakyVendor, RecordingNotifier, Rehearsal, Says, ScriptedVendor
from supporttiers.testing.builders import notification

PROCESS = """
[process]
name = "shop"

[[tiers]]
level = 2
name = "Technicians"
kind = "team"
escalates_to = [4]

[[tiers]]
level = 4
name = "Maker"
kind = "vendor"
vendor = "acme"
hands_back_to = [2]
"""
NINE = "2026-03-23T09:00Z"


def at_the_vendor(vendor=None):
    """Send a case to a vendor at nine."""
    rehearsal = Rehearsal(
        SupportProcess.from_text(PROCESS), start=NINE, vendors=None if vendor is None else [vendor]
    )  # fmt: skip
    return rehearsal, rehearsal.open("Printer", by="jane").escalate(by="anna", reason="broken")


def test_vendor_answers_at_its_own_instants():
    """The clock stops at each of them, however far it is moved."""
    vendor = ScriptedVendor("acme", Says("10m", "acknowledged"), Says("2h", "resolved", text="New drum."))
    rehearsal, story = at_the_vendor(vendor)
    rehearsal.advance("1h")
    assert ("in_progress", "acknowledged") == (story.case.status, story.case.vendor_tickets[0].status)

    rehearsal.run_until_idle()
    assert story.path == "t2 09:00 -> t4 09:00 (anna) -> t2 11:00 (acme)"


def test_vendor_without_a_script_stays_silent():
    """It is there without being named; the ticket is open for ever."""
    rehearsal, story = at_the_vendor()
    rehearsal.advance("240h")
    assert ("t2", "t4") == story.path.places
    assert ("open",) == tuple(ticket.status for ticket in story.case.vendor_tickets)


def test_vendors_that_are_left_out_stay_silent():
    """One that the process does not name is there beside them."""
    rehearsal, story = at_the_vendor(ScriptedVendor("garage", Says("1h", "resolved")))
    rehearsal.advance("240h")
    assert ("t2", "t4") == story.path.places
    assert ("open",) == tuple(ticket.status for ticket in story.case.vendor_tickets)


def test_misspelt_vendor_is_refused():
    """It would never be asked, and cases would go to nobody; where the other is there as well, both are meant."""
    with pytest.raises(PluginError, match="the process names no such vendor; did you mean 'acme'"):
        at_the_vendor(ScriptedVendor("acmee", Says("1h", "resolved")))

    both = [ScriptedVendor("acme"), ScriptedVendor("acmee")]
    with Rehearsal(SupportProcess.from_text(PROCESS), start=NINE, vendors=both) as rehearsal:
        assert rehearsal.open("Printer", by="jane").escalate(by="anna").path.places == ("t2", "t4")


@pytest.mark.parametrize("kind", [ScriptedVendor, FlakyVendor])
def test_script_of_something_else_is_refused(kind):
    """When it is written."""
    with pytest.raises(InputError, match=r"script must be of Says, such as Says\('1h', 'resolved'\), not str"):
        kind("acme", "1h")


def test_vendor_answers_twice():
    """What comes again changes nothing."""
    script = [Says("1h", "resolved", text="Done."), Says("2h", "resolved", text="Done, as we said.")]
    rehearsal, story = at_the_vendor(ScriptedVendor("acme", *script))
    rehearsal.advance("3h")
    assert ("t2", "t4", "t2") == story.path.places


def test_vendor_that_is_down_is_asked_again():
    """Two openings are not taken; the third is, after the waits of the outbox."""
    rehearsal, story = at_the_vendor(FlakyVendor("acme", failures=2))
    assert "requested" == story.case.vendor_tickets[0].status
    rehearsal.advance("3m")
    assert "open" == story.case.vendor_tickets[0].status


def test_answer_that_is_lost_opens_no_second_ticket():
    """The ticket is looked up, and found."""
    vendor = FlakyVendor("acme", lost=2)
    rehearsal, story = at_the_vendor(vendor)
    rehearsal.advance("1h")
    [ticket] = story.case.vendor_tickets
    assert ("ACME-1", "open") == (ticket.remote_id, ticket.status)


def test_vendor_that_gives_no_answer_is_asked_again():
    """Silence is not the end of it."""
    rehearsal, story = at_the_vendor(FlakyVendor("acme", Says("5m", "acknowledged"), silent=2))
    rehearsal.advance("1h")
    assert "acknowledged" == story.case.vendor_tickets[0].status


def test_double_is_handed_one_thing_twice():
    """With one key it opens one ticket, and is told once."""
    vendor = ScriptedVendor("acme", Says("0s", text="We look into it."))
    request = VendorRequest(tenant="default", case_id="T-1")
    first, again = vendor.open(request, key="k"), vendor.open(request, key="k")
    assert first.remote_id == again.remote_id
    assert ["We look into it."] == [entry.text for entry in vendor.fetch(first.remote_id).entries]

    recorder, message = RecordingNotifier(), notification()
    for _ in range(2):
        recorder.notify(message, key="k")
    assert 1 == len(recorder.told)


def resolved_at(*steps):
    """Say when it is heard that a vendor, who is silent for hours, has resolved a ticket."""
    flaky = FlakyVendor("acme", Says("2h", "resolved"), silent=290)
    with Rehearsal(SupportProcess.from_text(PROCESS), start=NINE, vendors=[flaky]) as rehearsal:
        story = rehearsal.open("Printer", by="jane").escalate(by="bob")
        for step in steps:
            rehearsal.advance(step)
        assert rehearsal.next_at() is None
        return next(event.at for event in story.history if getattr(event, "status", "") == "resolved")


def test_vendor_that_gives_no_answer_is_asked_again_a_minute_later():
    """However far time is moved at once, the answer comes at the same instant."""
    heard = resolved_at("10h")

    assert datetime(2026, 3, 23, 11, 10, tzinfo=UTC) < heard < datetime(2026, 3, 23, 14, 0, tzinfo=UTC)
    assert heard == resolved_at(*["1h"] * 10) == resolved_at("7h", "3h")


def test_double_tells_the_time_by_itself_elsewhere():
    """Without a rehearsal it goes by the machine, or by the clock that it is handed."""
    vendor = ScriptedVendor("acme", Says("0s", "acknowledged"), Says("1h", "resolved"))
    ticket = vendor.open(VendorRequest(tenant="default", case_id="T-1"), key="k")
    assert vendor.next_at() is None  # what is due already is said when it is asked
    assert "acknowledged" == vendor.fetch(ticket.remote_id).status
    assert vendor.next_at() > SystemClock().now()
    assert timedelta(0) == vendor.poll_every


@pytest.mark.parametrize(("make", "problem"), [
    (lambda: Says("2h", "solved"), "status must not be 'solved'; did you mean 'resolved'? possible are: requested, op"),
    (lambda: Says("2h", "xyzzy"), "status must not be 'xyzzy'; possible are: requested, open"),
    (lambda: Says("2h", 7), "status must be one of: requested, open"),
    (lambda: Says(7, "open"), "after"),
])  # fmt: skip
def test_script_that_cannot_be_is_refused(make, problem):
    """When it is written."""
    with pytest.raises(InputError) as caught:
        make()
    assert problem in str(caught.value)
