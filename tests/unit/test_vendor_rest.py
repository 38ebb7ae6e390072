"""Vendors that do not know us, or have had enough of us, are left alone for a while; nothing is lost by that."""

from datetime import timedelta

import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.effects import VendorChanges
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus
from supporttiers.readings import Pass


def error(kind, retry_after=None, *, retryable=True):
    """Make an error of a kind."""
    return VendorError("acme-print", "no", retryable=retryable, kind=kind, retry_after=retry_after)


class Moody(InProcessVendor):
    """A vendor that counts calls, and fails as often as it is told."""

    changes = None

    def __init__(self):
        super().__init__("acme-print")
        self.calls = []
        self.failures = []

    def _fail(self, what):
        self.calls.append(what)
        if self.failures:
            raise self.failures.pop(0)

    def open(self, request, /, *, key):
        """Fail, or open a ticket."""
        self._fail("open")
        return super().open(request, key=key)

    def fetch(self, remote_id, /):
        """Fail, or say how far a ticket is."""
        self._fail("fetch")
        return super().fetch(remote_id)

    def check(self):
        """Fail, or say who we are."""
        self._fail("check")
        return super().check()


@pytest.fixture
def vendor():
    """Give a vendor that fails as it is told."""
    return Moody()


@pytest.fixture
def desk(make_desk, calm):
    """Give a desk with three cases that wait to be sent to the vendor."""
    desk = make_desk(calm)
    for case_id in ("T-1", "T-2", "T-3"):
        desk.open("Stuck", id=case_id, by="jane")
        desk.dispatch(case_id, by="bob", vendor="acme-print")
    return desk


def opened(desk):
    """Count the tickets that are known."""
    return sum(desk.get(case_id).vendor_tickets[0].remote_id is not None for case_id in ("T-1", "T-2", "T-3"))


@pytest.mark.parametrize(
    ("kind", "asked", "rest"),
    [
        ("auth", None, "10m"),
        ("auth", timedelta(minutes=2), "2m"),
        ("rate_limited", None, "1m"),
        ("rate_limited", timedelta(minutes=7), "7m"),
        ("rate_limited", timedelta(days=9), "24h"),
    ],
)
def test_vendor_is_left_alone_for_a_while(desk, vendor, clock, kind, asked, rest):
    """After one such error nothing is tried any more, until the time is over that it asks for, or that is usual."""
    vendor.failures = [error(kind, asked)]

    assert 1 == desk.run_due().failed
    assert ["open"] == vendor.calls
    clock.advance(rest)
    desk.run_due()
    assert (3, 4) == (opened(desk), vendor.calls.count("open"))


def test_vendor_is_left_alone_until_the_very_end(desk, vendor, clock):
    """A second before it nothing is tried; nor is a poll."""
    vendor.failures = [error("rate_limited", timedelta(minutes=7))]
    desk.run_due()
    clock.advance("6m59s")

    assert (Pass(), ["open"]) == (desk.run_due(), vendor.calls)


def test_put_off_messages_lose_no_try(desk, vendor, clock):
    """However long a vendor does not know us, nothing is given up."""
    vendor.failures = [error("auth", retryable=False)] * 200
    for _ in range(200):
        desk.run_due()
        clock.advance("10m")

    assert {1} == {message.attempts for message in desk.messages() if message.kind == "dispatch"}
    vendor.failures.clear()
    clock.advance("10m")
    desk.run_due()
    assert 3 == opened(desk)


def test_management_hears_once_a_day_that_a_vendor_does_not_know_us(desk, vendor, clock, pager):
    """It is said on the case at which it was met first; that it cannot be reached, once on each."""
    vendor.failures = [error("auth")] * 200
    for _ in range(30):
        desk.run_due()
        clock.advance("1h")

    told = [reason for _, reason in pager.told]
    assert (2, 3, 5) == (told.count("management.asked"), told.count("vendor.unreachable"), len(told))
    said = [event.said for case_id in ("T-1", "T-2", "T-3") for event in desk.history(case_id) if event.said]
    text = "vendor acme-print does not know us: until that is mended, nothing reaches it or is heard of it"
    assert [text] * 2 == said


@pytest.mark.parametrize(("kind", "told"), [("auth", 2), ("rate_limited", 0)])
def test_management_of_each_tenant_hears_of_a_feed_that_does_not_know_us(make_desk, calm, clock, pager, kind, told):
    """Though no ticket is ever asked about meanwhile."""
    vendor = Moody()
    vendor.changes = lambda _cursor, /, *, limit: vendor._fail(limit) or VendorChanges(cursor="1")
    desk = make_desk(calm, vendors=[vendor])
    for tenant in ("a", "b"):
        for case_id in ("T-1", "T-2"):
            desk.bind(tenant=tenant).open("Stuck", id=case_id, by="jane")
            desk.bind(tenant=tenant).dispatch(case_id, by="bob", vendor="acme-print")
    desk.run_due()
    vendor.failures = [error(kind)] * 999
    for _ in range(60):
        clock.advance("11m")
        desk.run_due()

    assert told == pager.told.count(("manager", "management.asked"))


def test_rate_limit_tells_nobody(desk, vendor, pager):
    """That is a matter of minutes."""
    vendor.failures = [error("rate_limited")]
    desk.run_due()

    assert [] == pager.told


def test_polls_are_put_off_too(desk, vendor, clock):
    """An error at one ticket has all others of the vendor wait."""
    desk.run_due()
    clock.advance("2m")
    vendor.calls.clear()
    vendor.failures = [error("rate_limited", timedelta(minutes=5))]

    assert Pass(failed=1) == desk.run_due()
    clock.advance("4m")
    assert (Pass(), ["fetch"]) == (desk.run_due(), vendor.calls)
    clock.advance("1m1s")
    assert 3 == desk.run_due().polled


def test_other_vendors_are_not_left_alone(make_desk, calm, vendor):
    """Each is known by its own name."""
    vendor.failures = [error("auth")] * 9
    desk = make_desk(calm, vendors=[vendor, InProcessVendor("globex")])
    for name in ("acme-print", "globex"):
        case = desk.open("Stuck", by="jane")
        desk.dispatch(case, by="bob", vendor=name)
    desk.run_due()

    assert {"acme-print": None, "globex": "GLOBEX-1"} == {
        ticket.vendor: ticket.remote_id for case in desk.find() for ticket in case.vendor_tickets
    }


def test_vendor_that_lets_us_in_again_is_talked_to_at_once(desk, vendor, clock):
    """Whoever has mended the key asks; nobody has to wait for the end of the time."""
    vendor.failures = [error("auth")]
    desk.run_due()
    vendor.failures = [error("auth")]
    (reading,) = desk.check_vendors()
    assert ("no", None) == (reading.problem, reading.identity)
    clock.advance("5m")
    desk.run_due()
    assert ["open", "check"] == vendor.calls

    (reading,) = desk.check_vendors()
    assert ("", "acme-print") == (reading.problem, reading.identity.account)
    clock.advance("5m")
    desk.run_due()
    assert 3 == opened(desk)


@pytest.mark.parametrize("kind", ["unavailable", "protocol", "conflict", "not_applied"])
def test_other_errors_are_tried_as_often_as_usual(make_desk, calm, vendor, clock, kind):
    """Ten times, at growing intervals; then the case is told."""
    desk = make_desk(calm)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    vendor.failures = [error(kind)] * 99
    for _ in range(20):
        desk.run_due()
        clock.advance("1h")

    assert 10 == vendor.calls.count("open")
    assert VendorStatus.FAILED == desk.get("T-1").vendor_tickets[0].status


def test_vendor_is_asked_again_when_it_wants(make_desk, calm, vendor, clock):
    """`retry_after` of any error is kept, in place of the outbox's own wait."""
    desk = make_desk(calm)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    wait = timedelta(seconds=20)
    vendor.failures = [VendorError("acme-print", "busy", retryable=True, ambiguous=False, retry_after=wait)]
    desk.run_due()
    clock.advance("20s")
    desk.run_due()

    assert "ACME-PRINT-1" == desk.get("T-1").vendor_tickets[0].remote_id


def test_order_at_a_vendor_is_kept_by_a_desk_that_knows_of_no_rest(make_desk, calm, vendor, clock):
    """What was put off keeps its place before what comes later on the same case."""
    store = MemoryStore()
    desk = make_desk(calm, store=store)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    vendor.failures = [error("rate_limited")]
    desk.run_due()

    assert 1 == desk.messages(state="pending")[0].attempts
