"""What vendors say when they are asked: words, statuses, moved and deleted tickets; and that they cannot be asked."""

from datetime import timedelta

import attrs
import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.contracts import VendorContract
from supporttiers.effects import VendorAnswer
from supporttiers.errors import StoreError, VendorError
from supporttiers.events import VendorFound, VendorLost, VendorReplied
from supporttiers.links import VendorEntry, VendorStatus
from supporttiers.readings import Pass

DOWN = VendorError("acme-print", "down", retryable=True)


class Scripted(InProcessVendor):
    """A vendor that answers as it is told."""

    def __init__(self, *, feeds=False):
        super().__init__("acme-print")
        self.says = None
        self.asked = 0
        self.feeds = True
        if not feeds:
            self.changes = None

    def fetch(self, remote_id, /):
        """Fail, answer as the test says, or as it is."""
        self.asked += 1
        if isinstance(self.says, BaseException):
            raise self.says
        return self.says or super().fetch(remote_id)

    def changes(self, cursor, /, *, limit):
        """Fail, or say what has changed."""
        if not self.feeds:
            raise DOWN
        return super().changes(cursor, limit=limit)


@pytest.fixture
def vendor():
    """Give a vendor that answers as it is told."""
    return Scripted()


@pytest.fixture
def store():
    """Give a store that outlives a desk."""
    return MemoryStore()


@pytest.fixture
def desk(make_desk, calm, clock, store):
    """Give a desk with a case at the vendor, about which it has just been asked."""
    return sent(make_desk(calm, store=store), clock)


def sent(desk, clock):
    """Have a case sent to the vendor."""
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Help.")
    desk.run_due()
    clock.advance("2m")
    return desk


def ticket(desk):
    """Give the ticket as the case knows it."""
    return desk.get("T-1").vendor_tickets[0]


def events(desk, kind):
    """Give the events of a kind."""
    return [event for event in desk.history("T-1") if isinstance(event, kind)]


def passing(desk, clock, minutes):
    """Let time pass, a pass a minute and a bit."""
    done = Pass()
    for _ in range(minutes):
        done = done.plus(desk.run_due())
        clock.advance("1m1s")
    return done


def test_everything_that_a_vendor_says_reaches_the_case(desk, vendor, at):
    """Status, the vendor's own word for it, words, and the vendor's clock."""
    vendor.says = VendorAnswer(
        remote_id="ACME-PRINT-1", status=VendorStatus.IN_PROGRESS, raw_status="Assigned", updated_at=at("09:01:00"),
        entries=[VendorEntry(id="e-1", text="Looking."), VendorEntry(id="e-2", text="Still.")],
    )  # fmt: skip
    desk.run_due()

    known = ticket(desk)
    assert ("in_progress", "Assigned", at("09:01:00")) == (known.status, known.raw_status, known.updated_at)
    assert ["Looking.", "Still."] == [event.text for event in events(desk, VendorReplied)]


def test_entries_of_one_second_are_heard_once_each(desk, vendor, clock, at):
    """However often they are given, and whatever their clock says."""
    one, two = (VendorEntry(id=each, text=each, at=at("08:50:00")) for each in ("e-1", "e-2"))
    for entries in ([one], [one, two], [two, one]):
        vendor.says = VendorAnswer(remote_id="ACME-PRINT-1", entries=entries)
        desk.run_due()
        clock.advance("2m")

    assert ["e-1", "e-2"] == [event.entry for event in events(desk, VendorReplied)]


def test_moved_ticket_is_known_by_its_new_id(desk, vendor, clock):
    """It is asked about by that one from then on."""
    vendor.says = VendorAnswer(remote_id="NEW-7")
    desk.run_due()
    assert "NEW-7" == ticket(desk).remote_id
    vendor.says, asked = None, []
    vendor.fetch = lambda remote_id: asked.append(remote_id) or VendorAnswer(remote_id=remote_id)
    clock.advance("2m")
    desk.run_due()

    assert ["NEW-7"] == asked


def test_ticket_that_is_gone_is_believed_the_second_time(desk, vendor, clock):
    """Some vendors cannot see for a moment what they have; a ticket that is back in between begins anew."""
    gone = VendorError("acme-print", "no such ticket", retryable=False, kind="gone")
    seen = []
    for says in (gone, None, gone, gone):
        vendor.says = says
        assert 1 == desk.run_due().polled
        seen.append(str(ticket(desk).status))
        clock.advance("2m")

    assert ["open", "open", "open", "gone"] == seen


def test_answer_that_says_gone_is_believed_at_once(desk, vendor):
    """The gateway knows what it says."""
    vendor.says = VendorAnswer(remote_id="ACME-PRINT-1", status=VendorStatus.GONE)
    desk.run_due()

    assert "gone" == ticket(desk).status


def test_vendor_is_asked_as_often_as_it_wants(desk, vendor, clock):
    """`poll_every` of a gateway is kept, also where it is less than a minute."""
    vendor.poll_every = timedelta(minutes=5)
    desk.run_due()
    vendor.asked = 0
    for _ in range(12):
        clock.advance("1m")
        desk.run_due()
    assert 2 == vendor.asked
    vendor.poll_every = timedelta(seconds=10)
    clock.advance("6m")
    vendor.asked = 0
    for _ in range(6):
        desk.run_due()
        clock.advance("11s")
    assert 6 == vendor.asked


@pytest.mark.parametrize(
    "error", [DOWN, OSError("secret"), "nonsense", VendorError("acme-print", "who?", retryable=True, kind="auth")]
)
def test_vendor_that_cannot_be_asked_for_long_is_an_alarm(desk, vendor, clock, error, pager):
    """After an hour, where no contract says otherwise; once; and over when it answers."""
    desk.run_due()
    vendor.says = error
    clock.advance("2m")
    passing(desk, clock, 50)
    assert [] == events(desk, VendorLost)
    passing(desk, clock, 60)
    (lost,) = events(desk, VendorLost)
    assert ("09:02", "secret" in lost.problem) == (f"{lost.since:%H:%M}", False)
    assert ticket(desk).unreachable_since == lost.since
    assert "2026-03-23T09:02" in str(desk.explain("T-1"))
    vendor.says = None
    passing(desk, clock, 12)
    assert (1, None) == (len(events(desk, VendorFound)), ticket(desk).unreachable_since)
    assert 1 == sum(reason == "vendor.unreachable" for _, reason in pager.told)


def test_vendor_that_never_answered_is_an_alarm_since_the_request(make_desk, calm, clock, vendor):
    """There is no answer to count from."""
    vendor.says = DOWN
    desk = make_desk(calm)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    passing(desk, clock, 70)

    (lost,) = events(desk, VendorLost)
    assert lost.since == ticket(desk).requested_at


def test_contract_says_how_long_is_long(make_desk, calm, clock, vendor):
    """Also where that is a few minutes."""
    contract = VendorContract(vendor="acme-print", stale_after="5m")
    desk = sent(make_desk(attrs.evolve(calm, contracts=[contract])), clock)
    desk.run_due()
    vendor.says = DOWN
    clock.advance("3m")
    passing(desk, clock, 2)
    assert [] == events(desk, VendorLost)
    passing(desk, clock, 3)

    (lost,) = events(desk, VendorLost)
    assert ("09:02", "09:07") == (f"{lost.since:%H:%M}", f"{lost.at:%H:%M}")


@pytest.mark.parametrize(
    "error",
    [DOWN, TimeoutError(), VendorError("acme-print", "who?", retryable=True, kind="auth")],
    ids=["down", "foreign", "auth"],
)
def test_vendor_that_takes_no_request_is_an_alarm_since_the_request(make_desk, calm, clock, error, pager):
    """Nothing can be asked about a ticket that is not there yet: its opening tells, once; and it is over with it."""

    class Closed(Scripted):
        shut = True

        def open(self, request, /, *, key):
            if self.shut:
                raise error
            return super().open(request, key=key)

    vendor = Closed()
    contract = VendorContract(vendor="acme-print", stale_after="30m")
    desk = make_desk(attrs.evolve(calm, contracts=[contract]), vendors=[vendor])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    passing(desk, clock, 29)
    assert [] == events(desk, VendorLost)
    passing(desk, clock, 90)

    (lost,) = events(desk, VendorLost)
    assert (ticket(desk).requested_at, ("acme-print",)) == (lost.since, desk.get("T-1").vendors_unreachable)
    assert 1 == sum(reason == "vendor.unreachable" for _, reason in pager.told)
    vendor.shut = False
    passing(desk, clock, 90)
    assert (1, "open", ()) == (
        len(events(desk, VendorFound)), str(ticket(desk).status), desk.get("T-1").vendors_unreachable
    )  # fmt: skip


def test_request_that_waited_because_nobody_was_at_work_is_no_alarm_at_once(make_desk, calm, clock):
    """One try that fails says nothing of the hours before it."""

    class Closed(Scripted):
        def open(self, request, /, *, key):
            raise VendorError("acme-print", "closed", retryable=True, ambiguous=False)

    desk = make_desk(calm, vendors=[Closed()])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    clock.advance("5h")
    desk.run_due()
    assert [] == events(desk, VendorLost)
    clock.advance("2m")
    desk.run_due()

    assert 1 == len(events(desk, VendorLost))


@pytest.mark.parametrize("why", ["store", "desk"])
def test_request_that_does_not_leave_the_house_is_no_fault_of_the_vendors(make_desk, calm, clock, vendor, why):
    """Where our store fails, or this desk has no gateway and another one may, nobody says that the vendor is lost."""

    class Away(MemoryStore):
        def settle(self, settled, /):
            if why == "store" and settled.result == "begun":
                raise StoreError("memory", "away", retryable=True)
            return super().settle(settled)

    desk = make_desk(calm, store=Away(), vendors=[] if why == "desk" else [vendor])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    passing(desk, clock, 100)

    assert ([], VendorStatus.REQUESTED) == (events(desk, VendorLost), ticket(desk).status)


def test_vendor_that_says_nothing_new_is_no_alarm(desk, clock):
    """Silence is a matter of the contract, not of reaching it."""
    passing(desk, clock, 120)

    assert [] == events(desk, VendorLost)


def test_case_that_cannot_be_told_holds_nobody_up(desk, vendor, clock, caplog, monkeypatch):
    """It is in the log, and the others are asked."""
    vendor.says = DOWN
    monkeypatch.setattr("supporttiers._flows.vendors.VendorUnreachable", lambda **_named: 1 / 0)
    clock.advance("2h")

    assert 1 == desk.run_due().failed
    assert "case T-1: it cannot be told that its vendor is lost: ZeroDivisionError" in caplog.text


def test_ticket_that_its_case_no_longer_knows_is_no_alarm(desk, vendor, clock, store, monkeypatch, caplog):
    """A store may not be whole; the log says so."""
    found = [attrs.evolve(one, key="other", reached_at=None) for one in store.open_tickets(clock.now(), limit=9)]
    monkeypatch.setattr(store, "open_tickets", lambda *_args, **_named: found)
    vendor.says = DOWN
    clock.advance("2h")

    assert 1 == desk.run_due().failed
    assert [] == events(desk, VendorLost)
    assert "memory: case 'T-1' has no vendor ticket 'other'" in caplog.text


def test_feed_that_works_is_a_sign_of_life(make_desk, calm, clock):
    """A ticket that is asked about once an hour is not lost when that fails once."""
    vendor = Scripted(feeds=True)
    desk = sent(make_desk(calm, vendors=[vendor]), clock)
    passing(desk, clock, 57)
    vendor.says = DOWN
    passing(desk, clock, 30)

    assert [] == events(desk, VendorLost)


def test_feed_that_fails_with_everything_else_is_none(make_desk, calm, clock):
    """Each ticket is asked about then, and its case hears that nobody can."""
    vendor = Scripted(feeds=True)
    desk = sent(make_desk(calm, vendors=[vendor]), clock)
    passing(desk, clock, 5)
    vendor.says, vendor.feeds = DOWN, False
    passing(desk, clock, 70)

    (lost,) = events(desk, VendorLost)
    assert "09:06" == f"{lost.since:%H:%M}"


def test_withdrawn_ticket_is_not_asked_about(desk, vendor):
    """It is no concern of the case any more."""
    desk.withdraw("T-1", by="bob", vendor="acme-print")
    desk.run_due()
    vendor.asked = 0
    desk.run_due()

    assert 0 == vendor.asked


def test_desk_that_has_just_begun_alarms_nobody_about_a_feed_that_fails_once(make_desk, calm, clock, store):
    """It cannot know that the feed worked until now, where each pass is a process of its own."""
    vendor = Scripted(feeds=True)
    desk = sent(make_desk(calm, store=store, vendors=[vendor]), clock)
    clock.advance("50m")
    vendor.says, vendor.feeds = DOWN, False
    for _ in range(65):
        make_desk(calm, store=store, vendors=[vendor]).run_due()
        clock.advance("1m1s")
    assert [] == events(desk, VendorLost)
    for _ in range(10):
        make_desk(calm, store=store, vendors=[vendor]).run_due()
        clock.advance("1m1s")

    (lost,) = events(desk, VendorLost)
    assert "09:59" == f"{lost.since:%H:%M}"


def test_vendor_that_is_asked_seldom_is_not_lost_at_the_first_failure(desk, vendor, clock):
    """It has been silent since it was to be asked again."""
    vendor.poll_every = timedelta(hours=2)
    desk.run_due()
    vendor.says = DOWN
    clock.advance("2h1m")
    desk.run_due()
    assert [] == events(desk, VendorLost)
    for _ in range(2):
        clock.advance("2h1m")
        desk.run_due()

    assert 1 == len(events(desk, VendorLost))


def test_desk_that_was_off_for_a_weekend_has_lost_nobody(desk, vendor, clock):
    """A vendor that fails just after that is lost once it has failed for long, and no sooner."""
    vendor.says = None
    desk.run_due()
    clock.advance("64h")
    back = clock.now()
    vendor.says = DOWN
    passing(desk, clock, 50)
    assert [] == events(desk, VendorLost)

    passing(desk, clock, 15)
    assert [back] == [event.since for event in events(desk, VendorLost)]


def test_file_knows_when_a_vendor_was_asked(make_desk, calm, clock, tmp_path):
    """By that a desk knows that none has asked for long."""
    desk = sent(make_desk(calm, store=SqliteStore(tmp_path / "cases.db")), clock)
    desk.run_due()
    (known,) = SqliteStore(tmp_path / "cases.db").open_tickets(clock.now() + timedelta(days=1), limit=9)

    assert known.reached_at is not None
    assert known.asked_at is not None


@pytest.mark.parametrize("minutes", [1, 10, 60])
def test_ticket_that_is_gone_is_believed_by_desks_that_are_built_anew(
    make_desk, calm, clock, store, desk, vendor, minutes
):
    """Whoever makes each pass in a process of its own, as cron does, remembers nothing of the one before."""
    vendor.says = VendorError("acme-print", "no such ticket", retryable=False, kind="gone")
    seen = []
    for _ in range(0, 121, minutes):
        make_desk(calm, store=store).run_due()
        seen.append(str(ticket(desk).status))
        clock.advance(timedelta(minutes=minutes, seconds=1))

    assert ["open", "gone"] == list(dict.fromkeys(seen))


def test_ticket_that_is_gone_after_an_outage_is_believed_the_second_time(desk, vendor, clock):
    """A vendor that has just come back may not have all that it has in sight."""
    vendor.says = DOWN
    passing(desk, clock, 30)
    vendor.says = VendorError("acme-print", "no such ticket", retryable=False, kind="gone")
    desk.run_due()
    assert "open" == ticket(desk).status
    clock.advance("2m")
    desk.run_due()
    assert "gone" == ticket(desk).status


class Slow(InProcessVendor):
    """A vendor that takes half a minute to fail, or ten seconds to answer."""

    changes = None

    def __init__(self, name, clock, *, fails):
        super().__init__(name)
        self.clock = clock
        self.fails = fails
        self.asked = []

    def fetch(self, remote_id, /):
        """Take its time."""
        self.asked.append(remote_id)
        if self.fails is True or remote_id == self.fails:
            self.clock.advance("30s")
            raise VendorError(self.name, "no answer in time", retryable=True)
        self.clock.advance("1s")
        return super().fetch(remote_id)


@pytest.fixture
def many(make_desk, calm, clock):
    """Make a desk with many tickets at two vendors, and some at none else."""

    def make(*, fails, vendors=("acme-print", "other"), cases=10):
        slow = Slow("acme-print", clock, fails=fails)
        others = [slow, *(Slow(name, clock, fails=None) for name in vendors if name != "acme-print")]
        desk = make_desk(calm, vendors=others)
        for number in range(cases):
            for vendor in others:
                case = desk.open("Stuck", id=f"{vendor.name}-{number}", by="jane")
                desk.dispatch(case, by="bob", vendor=vendor.name)
        desk.run_due()
        for vendor in others:
            vendor.asked.clear()
        clock.advance("2m")
        return desk, others

    return make


def test_dead_vendor_takes_one_call_of_a_pass(many, clock):
    """The other's tickets are all asked about each minute."""
    desk, (dead, well) = many(fails=True)
    for number in range(1, 4):
        desk.run_due()
        assert (number, 10 * number) == (len(dead.asked), len(well.asked))
        clock.advance("1m")


def test_ticket_that_takes_too_long_holds_no_other_up(many, clock):
    """Of one vendor's tickets all others are asked about, though it is the first."""
    desk, (vendor,) = many(fails="ACME-PRINT-1", vendors=["acme-print"], cases=5)
    for _ in range(4):
        desk.run_due()
        clock.advance("1m")

    assert {f"ACME-PRINT-{number}" for number in range(1, 6)} == set(vendor.asked)
    assert 2 <= vendor.asked.count("ACME-PRINT-5")


def test_messages_of_a_dead_vendor_hold_no_other_up(many, clock):
    """They wait for a minute after one took long to fail, and lose no try by that."""
    desk, (dead, well) = many(fails=True, cases=5)
    calls = []

    def comment(_remote_id, _message, /, *, key):
        calls.append(key)
        clock.advance("30s")
        raise VendorError("acme-print", "no answer in time", retryable=True)

    dead.comment = comment
    for vendor in (dead, well):
        for number in range(5):
            desk.tell_vendor(f"{vendor.name}-{number}", by="bob", vendor=vendor.name, text="Any news?")
    desk.run_due()

    told = [each for each in desk.messages() if each.kind == "message_vendor"]
    assert 1 == len(calls)
    assert ["done"] * 5 == [each.state for each in told if each.target == "other"]
    assert [1] * 5 == [each.attempts for each in told if each.target == "acme-print"]


def test_feed_that_takes_long_to_fail_is_not_asked_for_all_the_time(make_desk, calm, clock):
    """Each ticket is asked about in its turn meanwhile."""
    vendor, looked = Scripted(feeds=True), []

    def changes(_cursor, /, *, limit):
        looked.append(limit)
        clock.advance("30s")
        raise DOWN

    vendor.changes = changes
    desk = sent(make_desk(calm, vendors=[vendor]), clock)
    before = vendor.asked
    passing(desk, clock, 4)

    assert (1, True) == (len(looked), vendor.asked >= before + 3)
