"""Asking vendors how far their tickets are."""

import attrs
import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus
from supporttiers.readings import Pass


class Asked(InProcessVendor):
    """A vendor that counts how often it is asked, fails as often as it is told, and cannot say what has changed."""

    changes = None

    def __init__(self, name="acme-print", *failures):
        super().__init__(name)
        self.asked = []
        self.failures = list(failures)

    def fetch(self, remote_id, /):
        """Count, and fail or answer."""
        self.asked.append(remote_id)
        if self.failures:
            raise self.failures.pop(0)
        return super().fetch(remote_id)


@pytest.fixture
def vendor():
    """Give a vendor that counts."""
    return Asked()


@pytest.fixture
def desk(make_desk, calm, clock):
    """Give a desk with one case at the vendor's tier, and its ticket open; a minute has passed."""
    desk = make_desk(calm)
    desk.open("Stuck", id="T-1", by="jane")
    desk.escalate("T-1", by="bob")
    desk.escalate("T-1", by="bob")
    desk.run_due()
    clock.advance("1m1s")
    return desk


def test_poll_asks_about_a_ticket_at_most_once_a_minute(desk, clock, vendor):
    """However often a pass is made, a vendor is asked about one ticket once a minute."""
    vendor.asked.clear()

    passes = [desk.run_due().polled]
    for wait in ("30s", "30s", "1s"):
        clock.advance(wait)
        passes.append(desk.run_due().polled)

    assert [1, 0, 0, 1] == passes
    assert ["ACME-PRINT-1"] * 2 == vendor.asked


def test_poll_of_an_unchanged_ticket_writes_no_event(desk):
    """Nothing new is nothing to record."""
    before = desk.history("T-1")
    desk.run_due()

    assert before == desk.history("T-1")


def test_poll_brings_the_vendors_answer_home(desk, vendor, clock):
    """What the vendor has resolved comes back to be verified, with the vendor's words, and is not asked about again."""
    vendor.update("ACME-PRINT-1", status=VendorStatus.RESOLVED, text="New fuse.")

    assert Pass(polled=1) == desk.run_due()

    case = desk.get("T-1")
    assert (2, "queued", VendorStatus.RESOLVED) == (case.tier, case.status, case.vendor_tickets[0].status)
    assert "New fuse." in [getattr(event, "text", "") for event in desk.history("T-1")]
    clock.advance("5m")
    assert 0 == desk.run_due().polled


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (VendorError("acme-print", "down", retryable=True), "acme-print: down; it may be tried again"),
        (OSError("secret words"), "OSError in vendor 'acme-print', test_flows_poll.py:"),
        (KeyError(), "KeyError in vendor 'acme-print', test_flows_poll.py:"),
    ],
)
def test_failing_vendor_is_counted_and_asked_again(desk, vendor, clock, caplog, error, told):
    """Whatever a gateway raises, it is counted and logged, the text of our own errors only; asked again in a minute."""
    vendor.failures = [error]

    passes = [desk.run_due(), desk.run_due()]
    clock.advance("1m1s")
    passes.append(desk.run_due())

    assert [Pass(failed=1), Pass(), Pass(polled=1)] == passes
    (said,) = caplog.messages
    assert said.startswith(f"vendor acme-print could not be asked about T-1: {told}")
    assert "secret" not in caplog.text


def test_failing_vendor_does_not_hold_up_another(make_desk, calm, clock):
    """Each ticket is a question of its own."""
    first, second = Asked("acme-print", OSError("down"), OSError("down")), Asked("globex")
    desk = make_desk(calm, vendors=[first, second])
    for vendor in (first, second):
        case = desk.open("Stuck", by="jane")
        desk.dispatch(case, by="bob", vendor=vendor.name)
    desk.run_due()
    clock.advance("2m")

    assert (1, 1) == attrs.astuple(desk.run_due())[2:4]


def test_answer_that_cannot_be_taken_counts_as_failed(desk, vendor, monkeypatch):
    """A vendor's answer that is none is a failure, and the case stays as it is."""
    monkeypatch.setattr(vendor, "fetch", lambda _remote_id: "it is fine")

    assert Pass(failed=1) == desk.run_due()
    assert "queued" == desk.get("T-1").status


def test_ticket_of_a_vendor_that_is_not_there_is_left_to_others(make_desk, calm, clock):
    """A desk without the gateway does not ask, and does not count as having asked."""
    store = MemoryStore()
    desk = make_desk(calm, store=store)
    case = desk.open("Stuck", by="jane")
    desk.dispatch(case, by="bob", vendor="acme-print")
    desk.run_due()
    clock.advance("2m")

    assert Pass() == make_desk(calm, store=store, vendors=[]).run_due()
    assert Pass(polled=1) == desk.run_due()


def test_tickets_of_a_vendor_that_is_not_there_do_not_hide_others(make_desk, calm, clock, vendor):
    """However many there are that nobody asks about, the desk gets to its own."""
    store = MemoryStore()
    desk = make_desk(calm, store=store, vendors=[vendor, Asked("gone")])
    for number, name in enumerate(["gone"] * 5 + ["acme-print"] * 3):
        desk.open("Stuck", id=f"T-{number}", by="jane")
        desk.dispatch(f"T-{number}", by="bob", vendor=name)
    desk.run_due()
    clock.advance("2m")
    desk = make_desk(calm, store=store)

    assert [2, 1, 0] == [desk.run_due(limit=2).polled for _ in range(3)]


def test_poll_leaves_to_the_next_pass_what_a_slow_vendor_takes_too_long_for(make_desk, calm, clock):
    """Deadlines must not wait behind it; whoever was not asked about comes first then."""

    class Slow(Asked):
        def fetch(self, remote_id, /):
            clock.advance("25s")
            return super().fetch(remote_id)

    vendor = Slow()
    desk = make_desk(calm, vendors=[vendor])
    for number in range(5):
        desk.open("Stuck", id=f"T-{number}", by="jane")
        desk.dispatch(f"T-{number}", by="bob", vendor="acme-print")
    desk.run_due()
    clock.advance("2m")
    vendor.asked.clear()

    assert [3, 3] == [desk.run_due().polled for _ in range(2)]
    assert 5 == len(set(vendor.asked[:5]))


def test_poll_asks_about_no_more_tickets_than_limited(make_desk, calm, clock, vendor):
    """A small limit leaves the rest for the next pass; nobody is forgotten."""
    desk = make_desk(calm)
    for case_id in ("T-1", "T-2", "T-3"):
        desk.open("Stuck", id=case_id, by="jane")
        desk.dispatch(case_id, by="bob", vendor="acme-print")
    desk.run_due()
    clock.advance("2m")
    vendor.asked.clear()

    assert [2, 1, 0] == [desk.run_due(limit=2).polled for _ in range(3)]
    assert 3 == len(set(vendor.asked))
