"""Vendors that can say which tickets have changed: those are asked about, and now and then all of them."""

import json
from datetime import timedelta

import attrs
import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.effects import VendorChanges
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus
from supporttiers.readings import Pass


class Feeding(InProcessVendor):
    """A vendor that counts what it is asked."""

    def __init__(self):
        super().__init__("acme-print")
        self.fetched = []
        self.cursors = []
        self.failures = []
        self.down = False

    def fetch(self, remote_id, /):
        """Count, and answer."""
        self.fetched.append(remote_id)
        if self.down:
            raise VendorError(self.name, "down", retryable=True)
        return super().fetch(remote_id)

    def changes(self, cursor, /, *, limit):
        """Count, and fail or answer."""
        self.cursors.append(cursor)
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, BaseException):
                raise failure
            return failure
        return super().changes(cursor, limit=limit)


@pytest.fixture
def vendor():
    """Give a vendor that says what has changed."""
    return Feeding()


@pytest.fixture
def store():
    """Give a store that outlives a desk."""
    return MemoryStore()


@pytest.fixture
def desk(make_desk, calm, vendor, clock, store):
    """Give a desk with three cases at the vendor, whose tickets have just been asked about."""
    desk = make_desk(calm, store=store)
    for case_id in ("T-1", "T-2", "T-3"):
        desk.open("Stuck", id=case_id, by="jane")
        desk.dispatch(case_id, by="bob", vendor="acme-print")
    for _ in range(2):
        desk.run_due()
        clock.advance("1m1s")
    vendor.fetched.clear()
    return desk


def status(desk, case_id):
    """Say how far a ticket is known to be."""
    return desk.get(case_id).vendor_tickets[0].status


def test_only_what_has_changed_is_asked_about(desk, vendor, clock):
    """Of many tickets, the vendor is asked about those of which it speaks."""
    desk.run_due()
    clock.advance("1m1s")
    vendor.fetched.clear()
    vendor.update("ACME-PRINT-2", status=VendorStatus.ACKNOWLEDGED)

    assert Pass(polled=1) == desk.run_due()
    assert (["ACME-PRINT-2"], "acknowledged") == (vendor.fetched, status(desk, "T-2"))


def test_two_changes_within_one_second_are_both_heard(desk, vendor, clock):
    """A feed is asked from its own cursor, not from an instant."""
    desk.run_due()
    vendor.update("ACME-PRINT-1", status=VendorStatus.ACKNOWLEDGED)
    clock.advance("1m1s")
    desk.run_due()
    vendor.update("ACME-PRINT-1", status=VendorStatus.IN_PROGRESS)
    vendor.update("ACME-PRINT-3", status=VendorStatus.IN_PROGRESS)
    clock.advance("1m1s")
    desk.run_due()

    assert ["in_progress", "in_progress"] == [status(desk, "T-1"), status(desk, "T-3")]


def test_cursor_survives_a_restart(desk, vendor, clock, make_desk, calm, store):
    """What has changed while nobody was there is heard of afterwards, by a desk that knows nothing but the store."""
    desk.run_due()
    vendor.update("ACME-PRINT-2", status=VendorStatus.ACKNOWLEDGED)
    clock.advance("5m")
    vendor.fetched.clear()
    kept = store.vendor_cursor("acme-print")
    make_desk(calm, store=store).run_due()

    assert (kept, ["ACME-PRINT-2"]) == (vendor.cursors[-1], vendor.fetched)
    assert json.loads(json.dumps(kept)) == kept


def test_cursor_is_kept_only_once_its_tickets_are_due(desk, vendor, clock, store, monkeypatch):
    """A store that is away in between has the same page asked for again."""
    desk.run_due()
    vendor.update("ACME-PRINT-2", status=VendorStatus.ACKNOWLEDGED)
    clock.advance("1m1s")
    with monkeypatch.context() as away:
        away.setattr(store, "asked", lambda *_args, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            desk.run_due()
    clock.advance("1m1s")
    desk.run_due()

    assert vendor.cursors[-1] == vendor.cursors[-2]
    assert "acknowledged" == status(desk, "T-2")


def test_all_tickets_are_asked_about_once_an_hour(desk, vendor, clock):
    """A feed may lose something."""
    desk.run_due()
    clock.advance("57m")
    desk.run_due()
    vendor.fetched.clear()
    clock.advance("2m1s")
    desk.run_due()

    assert 3 == len(vendor.fetched)


def test_feed_is_asked_as_often_as_the_vendor_wants(desk, vendor, clock):
    """`poll_every` is for it, too."""
    vendor.poll_every = timedelta(minutes=5)
    before = len(vendor.cursors)
    for _ in range(10):
        desk.run_due()
        clock.advance("1m")

    assert 2 == len(vendor.cursors) - before


@pytest.mark.parametrize("failure", [OSError("secret"), "nonsense", VendorError("acme-print", "down", retryable=True)])
def test_failing_feed_has_every_ticket_asked_about_in_its_turn(desk, vendor, clock, failure, caplog):
    """As without a feed, as long as it fails; and from then on by the feed again."""
    desk.run_due()
    clock.advance("1m1s")
    vendor.fetched.clear()
    vendor.failures = [failure] * 3

    passes = []
    for _ in range(5):
        passes.append(attrs.astuple(desk.run_due())[2:4])
        clock.advance("1m1s")
    assert [(3, 1), (3, 1), (3, 1), (3, 0), (0, 0)] == passes
    assert "vendor acme-print could not be asked what has changed: " in caplog.text
    assert "secret" not in caplog.text


def test_feed_that_has_enough_of_us_is_left_alone(desk, vendor, clock):
    """So are its tickets."""
    desk.run_due()
    clock.advance("1m1s")
    vendor.fetched.clear()
    vendor.failures = [VendorError("acme-print", "enough", retryable=True, kind="rate_limited")]
    before = len(vendor.cursors)

    assert Pass(failed=1) == desk.run_due()
    clock.advance("59s")
    assert Pass() == desk.run_due()
    assert (1, []) == (len(vendor.cursors) - before, vendor.fetched)
    clock.advance("2s")
    assert 3 == desk.run_due().polled


def test_pages_are_read_to_their_end_and_no_further_than_a_pass_may_go(desk, vendor, clock, store):
    """Ten pages a pass; a feed that stands still on one cursor is no endless one."""
    pages = [VendorChanges(remote_ids=["ACME-PRINT-1"], cursor=f"p{number}", more=True) for number in range(12)]
    vendor.failures = list(pages)
    before = len(vendor.cursors)
    desk.run_due()
    assert (10, "p9") == (len(vendor.cursors) - before, store.vendor_cursor("acme-print"))
    vendor.failures = [VendorChanges(cursor="same", more=True)] * 9
    clock.advance("1m1s")
    desk.run_due()
    assert 12 == len(vendor.cursors) - before


def test_ticket_that_the_vendor_opens_again_is_heard_of(desk, vendor, clock):
    """What had ended, and is changed once more, is asked about too."""
    desk.run_due()
    vendor.update("ACME-PRINT-1", status=VendorStatus.CLOSED)
    for _ in range(2):
        clock.advance("1m1s")
        desk.run_due()
    assert "closed" == status(desk, "T-1")
    vendor.update("ACME-PRINT-1", status=VendorStatus.IN_PROGRESS)
    clock.advance("1m1s")
    desk.run_due()

    assert "in_progress" == status(desk, "T-1")


@pytest.mark.parametrize(("retryable", "asked"), [(True, 2), (False, 1)])
def test_ended_ticket_that_cannot_be_asked_about(desk, vendor, clock, monkeypatch, retryable, asked):
    """It is asked about again if that may help, and else holds nothing up."""
    desk.run_due()
    vendor.update("ACME-PRINT-1", status=VendorStatus.CLOSED)
    for _ in range(2):
        clock.advance("1m1s")
        desk.run_due()
    vendor.update("ACME-PRINT-1", status=VendorStatus.IN_PROGRESS)
    vendor.update("ACME-PRINT-2", status=VendorStatus.IN_PROGRESS)
    vendor.fetched.clear()
    fetch = vendor.fetch

    def failing(remote_id):
        answer = fetch(remote_id)
        if remote_id == "ACME-PRINT-1":
            raise VendorError("acme-print", "down", retryable=retryable)
        return answer

    monkeypatch.setattr(vendor, "fetch", failing)
    for _ in range(2):
        clock.advance("1m1s")
        desk.run_due()

    assert asked == vendor.fetched.count("ACME-PRINT-1")
    assert "in_progress" == status(desk, "T-2")


def test_strange_tickets_in_a_feed_are_passed_over(desk, vendor, clock):
    """A vendor's feed speaks of others' tickets, too."""
    vendor.failures = [VendorChanges(remote_ids=[f"X-{number}" for number in range(250)], cursor="c")]
    desk.run_due()

    assert not set(vendor.fetched) - {"ACME-PRINT-1", "ACME-PRINT-2", "ACME-PRINT-3"}


def test_agents_work_is_heard_of(make_desk, calm, clock):
    """A vendor with an agent may have something to say to each ticket whenever it is asked."""
    steps = {VendorStatus.OPEN: VendorStatus.ACKNOWLEDGED, VendorStatus.ACKNOWLEDGED: VendorStatus.IN_PROGRESS}
    vendor = InProcessVendor(
        "acme-print", agent=lambda ticket: attrs.evolve(ticket, status=steps.get(ticket.status, ticket.status))
    )
    desk = make_desk(calm, vendors=[vendor])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    seen = []
    for _ in range(3):
        desk.run_due()
        seen.append(str(status(desk, "T-1")))
        clock.advance("1m1s")

    assert ["acknowledged", "in_progress"] == seen[:2]


def test_pass_that_has_lasted_long_enough_asks_no_further_feed(make_desk, calm, clock, vendor):
    """Deadlines must not wait behind it; the other is asked by the next pass."""

    class Slow(Feeding):
        def changes(self, cursor, /, *, limit):
            clock.advance("2m")
            return super().changes(cursor, limit=limit)

    slow = Slow()
    slow.name = "slow"
    desk = make_desk(calm, vendors=[slow, vendor])
    desk.run_due()
    assert (1, 0) == (len(slow.cursors), len(vendor.cursors))
    slow.poll_every = timedelta(hours=1)
    desk.run_due()
    assert (1, 1) == (len(slow.cursors), len(vendor.cursors))


def test_failing_feed_of_a_vendor_without_tickets_does_no_harm(make_desk, calm, vendor):
    """There is nothing to be asked about."""
    vendor.failures = [OSError("down")]

    assert Pass(failed=1) == make_desk(calm).run_due()
