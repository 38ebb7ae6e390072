"""Requests to vendors: one ticket each, tried again, given up, and never forgotten."""

import pytest

from supporttiers import commands as wanted
from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus
from supporttiers.readings import Pass


class Flaky(InProcessVendor):
    """A vendor that cannot be reached as often as it is told."""

    def __init__(self, *failures):
        super().__init__("acme-print")
        self.failures = list(failures)
        self.keys = []

    def open(self, request, /, *, key):
        """Fail, or open a ticket."""
        self.keys.append(key)
        if self.failures:
            raise self.failures.pop(0)
        return super().open(request, key=key)


def ticket(desk):
    """Give the newest ticket of the case."""
    return desk.get("T-1").vendor_tickets[-1]


def told(desk, **what):
    """Let the vendor say something by another way than the relay."""
    by = Actor.vendor("acme-print")
    desk.execute(wanted.VendorUpdate(case_id="T-1", by=by, vendor="acme-print", key=ticket(desk).key, **what))


def test_dispatch_opens_one_ticket_and_is_settled_with_it(make_desk, calm, clock):
    """The ticket's id and the end of the message are one commit, so that a crash between them is impossible."""

    class Settling(MemoryStore):
        settled_alone = 0

        def settle(self, settled, /):
            self.settled_alone += settled.state != "pending"
            return super().settle(settled)

    store = Settling()
    desk = make_desk(calm, store=store)
    desk.open("Stuck", id="T-1", by="jane", category="printing")
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Help.")
    desk.run_due()

    assert ("ACME-PRINT-1", VendorStatus.OPEN) == (ticket(desk).remote_id, ticket(desk).status)
    assert (0, []) == (store.settled_alone, list(store.messages("default", state="pending")))


def test_dispatch_after_a_lost_answer_finds_the_ticket_again(make_desk, calm, clock):
    """Who cannot be asked for it is asked with the same key, and answers with the ticket that it had opened."""

    class Deaf(Flaky):
        find = None

        def open(self, request, /, *, key):
            answer = super().open(request, key=key)
            if len(self.keys) == 1:
                raise TimeoutError
            return answer

    vendor = Deaf()
    desk = make_desk(calm, vendors=[vendor])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")

    assert 1 == desk.run_due().failed
    clock.advance("1m")
    desk.run_due()

    assert (2, 1) == (len(vendor.keys), len(set(vendor.keys)))
    assert "ACME-PRINT-1" == ticket(desk).remote_id


def test_dispatch_of_which_the_case_knows_already_is_only_settled(make_desk, calm, clock):
    """What a webhook told first is no news when the answer comes; the message is done all the same."""
    store = MemoryStore()
    desk = make_desk(calm, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    told(desk, remote_id="ACME-PRINT-1", status=VendorStatus.OPEN)
    version = desk.get("T-1").version

    assert 1 == desk.run_due().relayed
    assert (version, []) == (desk.get("T-1").version, list(store.messages("default", state="pending")))


@pytest.mark.parametrize("retryable", [True, False])
def test_dead_dispatch_tells_the_case_and_management(make_desk, calm, clock, pager, retryable):
    """A case at a vendor's tier that no vendor will ever see comes back to the house, and management hears of it."""
    vendor = Flaky(*[VendorError("acme-print", "down", retryable=retryable)] * 10)
    desk = make_desk(calm, vendors=[vendor])
    desk.open("Stuck", id="T-1", by="jane")
    desk.escalate("T-1", by="bob")
    assert 4 == desk.escalate("T-1", by="bob").tier
    for _ in range(10):
        desk.run_due()
        clock.advance("1h")
    desk.run_due()

    case = desk.get("T-1")
    assert (VendorStatus.FAILED, 2) == (ticket(desk).status, case.tier)
    lost = [("manager", "vendor.unreachable")] if retryable else []
    assert [*lost, ("manager", "vendor.unreached"), ("team", "vendor.unreached")] == pager.told
    assert (0 if retryable else 9) == len(vendor.failures)


def test_dead_dispatch_of_which_the_case_knows_already_is_only_settled(make_desk, calm, clock, pager):
    """Somebody has given the ticket up before the relay did: nothing new happens, and nothing is tried again."""
    vendor = Flaky(VendorError("acme-print", "down", retryable=False))
    desk = make_desk(calm, vendors=[vendor])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    told(desk, status=VendorStatus.FAILED)
    version = desk.get("T-1").version

    assert [Pass(relayed=2, failed=1), Pass()] == [desk.run_due(), desk.run_due()]
    assert (version, 1) == (desk.get("T-1").version, len(vendor.keys))


def test_dead_dispatch_of_a_case_that_cannot_be_told_holds_nobody_up(make_desk, calm, acme, caplog):
    """A case whose process is lost cannot be told; its message is given up all the same, and others arrive."""
    store = MemoryStore()
    lost = make_desk(calm, store=store)
    lost.open("Stuck", id="T-1", by="jane")
    lost.dispatch("T-1", by="bob", vendor="acme-print")
    store._processes.clear()
    desk = make_desk(acme, store=store, vendors=[Flaky(VendorError("acme-print", "down", retryable=False))])
    desk.open("Stuck", id="T-2", by="jane")
    desk.inform_management("T-2", by="bob")

    assert [Pass(relayed=1, failed=1), Pass()] == [desk.run_due(), desk.run_due()]
    assert any(said.startswith("case T-1 could not be told of its dead message: memory: ") for said in caplog.messages)


def test_dispatch_waits_for_a_vendor_that_is_not_there(make_desk, calm, clock, vendor):
    """A desk without that gateway keeps the request for one that has it."""
    store = MemoryStore()
    without = make_desk(calm, store=store, vendors=[])
    without.open("Stuck", id="T-1", by="jane")
    without.dispatch("T-1", by="bob", vendor="acme-print")

    assert Pass(failed=1) == without.run_due()
    clock.advance("1m")
    assert 1 == make_desk(calm, store=store).run_due().relayed
