"""Tier 4: dispatching to a vendor, and what the vendor's answers do to a case."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.commands import VendorUpdate
from supporttiers.errors import MoveRefusedError
from supporttiers.links import VendorStatus


@pytest.fixture
def case(calm_desk):
    """Give a case that has been dispatched to the vendor, which does not know of it yet."""
    calm_desk.open("Stuck", id="T-1", by="jane", category="printing")
    calm_desk.escalate("T-1", by="bob")
    return calm_desk.escalate("T-1", by="bob")


def update(case, status, *, vendor="acme-print", **own):
    """Make what a vendor's system says."""
    known = {"case_id": case.id, "by": Actor.vendor(vendor), "vendor": vendor, "key": case.vendor_tickets[-1].key}
    return VendorUpdate(**{**known, "status": VendorStatus(status), **own})


def test_entering_a_vendors_tier_dispatches_once(calm_desk, case, vendor):
    """One event, one message, one ticket, however often it comes back while that is open."""
    calm_desk.run_due()
    calm_desk.hand_back(case, by="bob")
    again = calm_desk.escalate(case, by="bob")
    calm_desk.run_due()

    assert 1 == len(again.vendor_tickets)
    assert ["ACME-PRINT-1"] == list(vendor._tickets)


def test_entering_again_after_an_answer_dispatches_anew(calm_desk, case):
    """A finished ticket is no reason to leave the vendor unasked."""
    calm_desk.execute(update(case, "resolved"))
    again = calm_desk.escalate(case, by="bob")

    assert ["default/T-1/4", "default/T-1/8"] == [ticket.key for ticket in again.vendor_tickets]
    assert ["resolved", "requested"] == [ticket.status for ticket in again.vendor_tickets]


def test_relay_opens_the_ticket(calm_desk, case, clock, kinds):
    """The vendor's own id and status come back to the case, with the time at which they did."""
    clock.advance("3m")
    calm_desk.run_due()
    [ticket] = calm_desk.get("T-1").vendor_tickets

    assert ("ACME-PRINT-1", "open", clock.now()) == (ticket.remote_id, ticket.status, ticket.changed_at)
    assert case.changed_at == ticket.requested_at
    assert ["VendorTicketUpdated"] == kinds(calm_desk, case, after=case.version)
    assert "vendor" == calm_desk.history(case)[-1].by.kind


def test_dispatch_without_moving(calm_desk, vendor):
    """A case may be sent off wherever it stands; a second ticket at that vendor is refused while one is open."""
    calm_desk.open(id="T-2", by="jane")
    sent = calm_desk.dispatch("T-2", by="bob", vendor="acme-print", text="Please look")
    with pytest.raises(MoveRefusedError) as caught:
        calm_desk.dispatch("T-2", by="bob", vendor="acme-print")
    other = calm_desk.dispatch("T-2", by="bob", vendor="acme-paper")

    assert (1, "queued", 1) == (sent.tier, sent.status, len(sent.vendor_tickets))
    assert "an open ticket at 'acme-print' is there already" == str(caught.value.reason)
    assert ["acme-print", "acme-paper"] == [ticket.vendor for ticket in other.vendor_tickets]


@pytest.mark.parametrize("status", ["open", "waiting_for_us", "unknown"])
def test_vendor_news_that_ends_nothing_moves_nothing(calm_desk, case, status):
    """The case stays where it is, with the ticket's new status."""
    after = calm_desk.execute(update(case, status, remote_id="A-1")).case

    assert (4, "queued", status) == (after.tier, after.status, after.vendor_tickets[0].status)


def test_vendor_that_acknowledges_begins_to_work(calm_desk, case):
    """At its own tier the case is in progress, with nobody of the house assigned; a second time changes nothing."""
    after = calm_desk.execute(update(case, "acknowledged", remote_id="A-1")).case
    again = calm_desk.execute(update(case, "acknowledged", remote_id="A-1", text="Soon")).case

    assert ("in_progress", None) == (after.status, after.assignee)
    assert "vendor 'acme-print' answered: acknowledged" == str(calm_desk.history(case)[after.version - 1].reason)
    assert after.version + 1 == again.version


def test_vendor_that_acknowledges_from_afar_starts_nothing(calm_desk):
    """Where the house has the case, the house works on it."""
    calm_desk.open(id="T-2", by="jane")
    sent = calm_desk.dispatch("T-2", by="bob", vendor="acme-print")

    assert "queued" == calm_desk.execute(update(sent, "acknowledged")).case.status


@pytest.mark.parametrize("status", ["resolved", "closed", "failed"])
def test_vendors_answer_hands_the_case_back(calm_desk, case, pager, status):
    """It returns to where it came from, to be verified with the requester, and is never closed by a vendor."""
    calm_desk.run_due()
    after = calm_desk.execute(update(case, status, text="Replaced the drum")).case
    calm_desk.run_due()

    assert (2, "network", "queued", status) == (after.tier, after.team, after.status, after.vendor_tickets[0].status)
    assert f"vendor 'acme-print' answered: {status}" == str(calm_desk.history(case)[-1].reason)
    management = [("manager", "move.vendor")] if status == "failed" else []
    assert [*management, ("team", "vendor.answered_with_words")] == pager.told


def test_vendors_answer_resumes_what_waits_for_it(calm_desk, pager):
    """Where the case waits in the house, it goes on there."""
    calm_desk.open(id="T-2", by="jane")
    sent = calm_desk.dispatch("T-2", by="bob", vendor="acme-print")
    calm_desk.wait("T-2", by="bob", wait_reason="vendor")
    after = calm_desk.execute(update(sent, "resolved")).case

    assert (1, "queued", None) == (after.tier, after.status, after.wait_reason)


@pytest.mark.parametrize("wait_reason", [None, "customer"])
def test_vendors_answer_leaves_alone_what_does_not_wait_for_it(calm_desk, wait_reason):
    """The answer is noted, nothing else."""
    calm_desk.open(id="T-2", by="jane")
    sent = calm_desk.dispatch("T-2", by="bob", vendor="acme-print")
    if wait_reason:
        calm_desk.wait("T-2", by="bob", wait_reason=wait_reason)
    before = calm_desk.get("T-2")
    after = calm_desk.execute(update(sent, "resolved")).case

    assert (before.status, before.version + 1) == (after.status, after.version)


def test_vendors_answer_to_an_ended_case_is_noted(calm_desk, case):
    """What was cancelled meanwhile stays cancelled, at its tier."""
    calm_desk.cancel(case, by="jane")
    after = calm_desk.execute(update(case, "resolved")).case

    assert (4, "cancelled", "resolved") == (after.tier, after.status, after.vendor_tickets[0].status)


def test_vendors_answer_without_a_way_back_is_told(make_desk, calm, pager):
    """Where the process hands nothing back, the case stays, and management hears why."""
    *lower, top = calm.tiers
    desk = make_desk(attrs.evolve(calm, tiers=[*lower, attrs.evolve(top, hands_back_to=())], entry=[4]))
    case = desk.open(id="T-1", by="jane", tier=4)
    desk.run_due()
    after = desk.execute(update(case, "resolved")).case
    desk.run_due()

    assert (4, "queued") == (after.tier, after.status)
    assert [("manager", "refused.no_target"), ("manager", "vendor.answered")] == pager.told


def test_vendor_news_is_noted_once(calm_desk, case):
    """The same status and id again say nothing new, unless there are words."""
    calm_desk.execute(update(case, "open", remote_id="A-1"))
    same = calm_desk.execute(update(case, "open", remote_id="A-1"))
    no_id = calm_desk.execute(update(case, "open"))
    words = calm_desk.execute(update(case, "open", text="Look at the drum"))

    assert [(), (), 1] == [same.events, no_id.events, len(words.events)]
    assert "A-1" == words.case.vendor_tickets[0].remote_id


@pytest.mark.parametrize("own", [{"key": "other"}, {"vendor": "acme-paper"}], ids=["key", "vendor"])
def test_vendor_news_of_no_ticket_is_refused(calm_desk, case, own):
    """A vendor speaks only of its own tickets."""
    with pytest.raises(MoveRefusedError) as caught:
        calm_desk.execute(update(case, "resolved", **own))

    assert str(caught.value.reason).startswith("vendor ticket '")
    assert str(caught.value.reason).endswith("is not there")
    assert case == calm_desk.get("T-1")


def test_request_to_a_vendor_says_what_is_the_matter(calm_desk, case, vendor, monkeypatch):
    """Subject, category and priority go along, with the case's own id and the key of the ticket."""
    asked = []
    opened = vendor.open
    monkeypatch.setattr(
        vendor, "open", lambda request, *, key: asked.append((request, key)) or opened(request, key=key)
    )
    calm_desk.run_due()
    [(request, key)] = asked

    assert ("default", "T-1", "Stuck", "printing", "medium") == (
        request.tenant, request.case_id, request.subject, request.category, request.priority,
    )  # fmt: skip
    assert case.vendor_tickets[0].key == key
