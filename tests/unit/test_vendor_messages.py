"""What vendors are told on tickets, and what is taken back: once each, and never lost in silence."""

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.errors import VendorError
from supporttiers.events import VendorReplied
from supporttiers.links import VendorStatus, reference_of
from supporttiers.readings import Pass

LOST = VendorError("acme-print", "no answer in time", retryable=True, ambiguous=True)


class Gone(BaseException):
    """The process is no more."""


class Plain(InProcessVendor):
    """A vendor whose every comment is a new entry, and that fails before or after it as it is told."""

    changes = None

    def __init__(self):
        super().__init__("acme-print")
        self.said = []
        self.before = []
        self.after = []
        self.fetching = []

    def comment(self, remote_id, message, /, *, key):
        """Write an entry, whatever the key."""
        self.said.append(message)
        _meet(self.before)
        found = super().comment(remote_id, message, key=f"{key}{len(self.said)}")
        return _meet(self.after) or found

    def fetch(self, remote_id, /):
        """Say how far a ticket is, or fail."""
        _meet(self.fetching)
        return super().fetch(remote_id)


def _meet(outcomes):
    outcome = outcomes.pop(0) if outcomes else None
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


@pytest.fixture
def vendor():
    """Give a vendor whose every comment is a new entry."""
    return Plain()


@pytest.fixture
def desk(make_desk, calm):
    """Give a desk with a case at the vendor."""
    return sent(make_desk(calm))


def sent(desk):
    """Have a case sent to the vendor."""
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Help.")
    desk.run_due()
    return desk


def tell(desk, text="Any news?", **how):
    """Tell the vendor something."""
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", text=text, **how)


def entries(vendor):
    """Give what stands on the ticket."""
    return [entry.text for entry in vendor._tickets["ACME-PRINT-1"].entries]


def last(desk):
    """Give the newest message to the vendor, shortly."""
    found = [message for message in desk.messages() if message.kind == "message_vendor"][-1]
    return found.state, found.result


def said(desk):
    """Give the notes and alarms on the record."""
    return [getattr(event, "text", "") or event.said for event in desk.history("T-1")][-2:]


# -- words


def test_words_stand_on_the_ticket_with_a_reference(desk, vendor):
    """It is that of the message, by which what we said is known again."""
    tell(desk, purpose="escalation")

    assert 1 == desk.run_due().relayed
    (message,) = vendor.said
    (row,) = [each for each in desk.messages() if each.kind == "message_vendor"]
    assert ("default", "T-1", "escalation", "Any news?", reference_of(f"default/{row.key}")) == attrs.astuple(message)
    assert (["Any news?"], ("done", "told")) == (entries(vendor), last(desk))


def test_what_we_said_is_no_news_when_the_ticket_is_asked_about(desk, vendor, clock):
    """Neither by its reference, nor by its id where the vendor gives no more than that."""
    tell(desk)
    desk.run_due()
    ticket = vendor._tickets["ACME-PRINT-1"]
    bare = [attrs.evolve(entry, reference="", ours=False) for entry in ticket.entries]
    vendor._tickets["ACME-PRINT-1"] = attrs.evolve(ticket, entries=bare)
    vendor.write("ACME-PRINT-1", "On it.")
    clock.advance("2m")
    desk.run_due()

    assert ["On it."] == [event.text for event in desk.history("T-1") if isinstance(event, VendorReplied)]


@pytest.mark.parametrize("entry", ["", "x" * 999, "a\nb"])
def test_vendor_may_have_no_id_for_what_we_said(make_desk, calm, vendor, entry):
    """An id that can be none is none; the message is done all the same."""
    vendor.comment = lambda remote_id, message, /, *, key: entry
    desk = sent(make_desk(calm))
    tell(desk)
    version = desk.get("T-1").version
    desk.run_due()

    assert (("done", "told"), version) == (last(desk), desk.get("T-1").version)


@pytest.mark.parametrize(
    "error", [LOST, VendorError("acme-print", "down", retryable=True), OSError("secret"), 7],
    ids=["lost", "unsaid", "foreign", "odd"],
)  # fmt: skip
def test_lost_answer_is_looked_for_on_the_ticket(desk, vendor, clock, error):
    """What stands there already is not said again, and is no news either."""
    tell(desk)
    vendor.after = [error]

    assert 1 == desk.run_due().failed
    assert last(desk)[1].startswith("unsure since ")
    clock.advance("5s")
    assert 1 == desk.run_due().relayed
    assert (["Any news?"], 1, ("done", "told")) == (entries(vendor), len(vendor.said), last(desk))
    clock.advance("2m")
    desk.run_due()
    assert [] == [event for event in desk.history("T-1") if isinstance(event, VendorReplied)]


def test_what_is_not_found_is_said_again_once_it_must_have_been(desk, vendor, clock):
    """It is looked for until then."""
    tell(desk)
    vendor.before = [LOST]
    desk.run_due()
    clock.advance("30s")
    desk.run_due()
    assert (1, []) == (len(vendor.said), entries(vendor))
    clock.advance("31s")
    desk.run_due()
    clock.advance("1m")
    desk.run_due()

    assert (2, ["Any news?"], ("done", "told")) == (len(vendor.said), entries(vendor), last(desk))


def test_what_is_never_found_is_not_said_for_ever(desk, vendor, clock):
    """After as many tries as any message has it is left to people, and the record says so."""
    tell(desk)
    vendor.before = [LOST] * 200
    for _ in range(200):
        desk.run_due()
        clock.advance("1m1s")

    assert (10, "ambiguous") == (len(vendor.said), last(desk)[0])
    assert "nobody knows whether it has arrived" in desk.history("T-1")[-1].text


def test_words_of_two_tenants_are_never_one(make_desk, calm):
    """Though their cases have one id, and a vendor does nothing twice for one key."""
    vendor = InProcessVendor("acme-print")
    desk = make_desk(calm, vendors=[vendor])
    views = [desk.bind(tenant=tenant) for tenant in ("a", "b")]
    for view in views:
        sent(view)
    for view in views:
        tell(view, f"From {view.tenant}")
    desk.run_due()

    said = [[entry.text for entry in vendor.fetch(f"ACME-PRINT-{number}").entries] for number in (1, 2)]
    assert [["From a"], ["From b"]] == said


@pytest.mark.parametrize("arrived", [True, False])
def test_message_during_which_the_worker_was_killed_is_looked_for(desk, vendor, clock, arrived):
    """It stands on the ticket once in the end."""
    tell(desk)
    (vendor.after if arrived else vendor.before).append(Gone())
    with pytest.raises(Gone):
        desk.run_due()
    for wait in ("5m1s", "40s", "40s"):
        clock.advance(wait)
        desk.run_due()

    assert (["Any news?"], ("done", "told")) == (entries(vendor), last(desk))


def test_message_that_can_never_be_looked_for_is_on_record(desk, vendor, clock):
    """Nobody knows whether the vendor has been told; people read that."""
    tell(desk)
    vendor.after, vendor.fetching = [LOST], [OSError("down")] * 999
    for _ in range(40):
        desk.run_due()
        clock.advance("1h")

    assert "ambiguous" == last(desk)[0]
    text = "vendor acme-print was not told (message): nobody knows whether it has arrived: OSError"
    assert any(each.startswith(text) for each in said(desk))


def test_message_that_the_vendor_does_not_take_is_on_record(desk, vendor):
    """The vendor's own reason is told, as far as the gateway tells it."""
    tell(desk)
    vendor.before = [VendorError("acme-print", "it is locked", retryable=False, kind="rejected")]
    desk.run_due()

    assert "dead" == last(desk)[0]
    assert "vendor acme-print was not told (message): it is locked" in said(desk)


def test_message_waits_for_the_ticket_to_be_there(make_desk, calm, vendor, clock):
    """A request that people have to look at holds up what comes after it, and not for ever."""

    class Deaf(Plain):
        find, repeats = None, False

        def open(self, request, /, *, key):
            super().open(request, key=key)
            raise LOST

    desk = sent(make_desk(calm, vendors=[Deaf()]))
    tell(desk)
    desk.run_due()
    assert ("pending", "VendorError: its ticket is not there yet") == last(desk)
    key = desk.get("T-1").vendor_tickets[0].key
    desk.execute(wanted.VendorUpdate(
        case_id="T-1", by=Actor.vendor("acme-print"), vendor="acme-print", key=key, remote_id="ACME-PRINT-1",
        status=VendorStatus.OPEN,
    ))  # fmt: skip
    clock.advance("2m")
    desk.run_due()
    assert ("done", "told") == last(desk)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (VendorStatus.GONE, "its ticket is gone"),
        (VendorStatus.FAILED, "its ticket was never opened, as far as is known"),
    ],
)
def test_message_on_a_ticket_that_is_no_more_is_on_record(make_desk, calm, vendor, status, problem):
    """It is done: nobody will ever read it there."""
    store = MemoryStore()
    desk = make_desk(calm, store=store, vendors=[])
    sent(desk)
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="Any news?")
    key = desk.get("T-1").vendor_tickets[0].key
    remote_id = "ACME-PRINT-1" if status is VendorStatus.GONE else None
    desk.execute(wanted.VendorUpdate(
        case_id="T-1", by=Actor.vendor("acme-print"), vendor="acme-print", key=key, remote_id=remote_id, status=status,
    ))  # fmt: skip
    (request,) = [each for each in desk.messages() if each.kind == "dispatch"]
    store.settle(attrs.evolve(_done(request), lease=None))
    make_desk(calm, store=store).run_due()

    assert ("done", "not told") == last(desk)
    assert f"vendor acme-print was not told (message): {problem}" in said(desk)


def _done(message):
    from supporttiers.protocols import Settled

    return Settled(
        tenant=message.tenant, key=message.key, state="done", result="", attempts=1, not_before=message.at
    )  # fmt: skip


def test_vendor_that_cannot_be_told_is_left_to_people(make_desk, calm, pager):
    """The record says so, and management hears of it."""

    class Mute(InProcessVendor):
        comment = None

    desk = sent(make_desk(calm, vendors=[Mute("acme-print")]))
    tell(desk, purpose="reminder")
    desk.run_due()

    assert ("done", "left to people") == last(desk)
    text = "people must tell vendor acme-print the reminder, on ticket ACME-PRINT-1: its gateway cannot"
    assert text in said(desk)
    assert [("manager", "management.asked")] == pager.told


# -- taking back


def withdraw(desk):
    """Take the request back."""
    desk.withdraw("T-1", by="bob", vendor="acme-print", text="Never mind.")
    return desk.run_due()


def test_request_is_taken_back(desk, vendor):
    """In the way that the vendor has for that."""
    assert 1 == withdraw(desk).relayed
    assert "closed" == vendor.fetch("ACME-PRINT-1").status
    assert ("withdrawn", ("done", "told")) == (desk.get("T-1").vendor_tickets[0].status, last(desk))
    assert ["Never mind."] == [message.text for message in vendor.said]


@pytest.mark.parametrize(
    ("lacks", "status", "words"),
    [
        (("withdraw",), "closed", []),
        (("withdraw", "set_status"), "open", ["Never mind."]),
        (("withdraw", "closing"), "open", ["Never mind."]),
    ],
)
def test_request_is_taken_back_in_the_next_best_way(make_desk, calm, vendor, lacks, status, words):
    """Its status is set, where its tickets can be closed; else somebody there reads it."""
    for name in lacks:
        if name == "closing":
            vendor.statuses = frozenset({VendorStatus.OPEN})
        else:
            setattr(vendor, name, None)
    desk = sent(make_desk(calm))
    withdraw(desk)

    assert (status, words) == (vendor.fetch("ACME-PRINT-1").status, [message.text for message in vendor.said])
    assert ("done", "told") == last(desk)


@pytest.mark.parametrize("kind", ["rejected", "permission", "not_applied"])
def test_way_that_the_vendor_does_not_allow_is_followed_by_the_next(make_desk, calm, vendor, kind):
    """A status that cannot be set is said in words."""
    vendor.withdraw = None

    def refused(*_args, **_named):
        raise VendorError("acme-print", "no", retryable=False, kind=kind)

    vendor.set_status = refused
    desk = sent(make_desk(calm))
    withdraw(desk)

    assert (["Never mind."], ("done", "told")) == (entries(vendor), last(desk))


def test_request_that_cannot_be_taken_back_is_left_to_people(make_desk, calm, pager):
    """They must tell the vendor."""

    class Mute(InProcessVendor):
        comment = withdraw = set_status = None

    desk = sent(make_desk(calm, vendors=[Mute("acme-print")]))
    withdraw(desk)

    text = (
        "people must tell vendor acme-print that the request is taken back, on ticket ACME-PRINT-1: its gateway cannot"
    )
    assert text in said(desk)
    assert ("manager", "management.asked") in pager.told


def test_withdrawal_of_which_nobody_knows_whether_it_has_arrived(make_desk, calm, vendor, clock):
    """Where the ticket is closed, it has."""
    real = vendor.set_status

    def lost(*args, **named):
        real(*args, **named)
        raise LOST

    vendor.withdraw, vendor.set_status = None, lost
    desk = sent(make_desk(calm))
    assert 1 == withdraw(desk).failed
    clock.advance("5s")
    assert Pass(relayed=1) == desk.run_due()
    assert ("done", "told") == last(desk)


def test_request_that_is_taken_back_before_it_was_sent_never_reaches_the_vendor(make_desk, calm, vendor):
    """Nothing is opened, and nobody needs to be told."""
    desk = make_desk(calm)
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Help.")
    withdraw(desk)

    assert {} == vendor._tickets
    assert [("done", "not needed")] * 2 == [(each.state, each.result) for each in desk.messages()]


def test_request_that_is_taken_back_while_it_is_in_doubt_is_found_first(make_desk, calm, clock):
    """Its ticket is closed once it is known."""

    class Deaf(Plain):
        lost = True

        def open(self, request, /, *, key):
            answer = super().open(request, key=key)
            if self.lost:
                raise LOST
            return answer

    vendor = Deaf()
    desk = sent(make_desk(calm, vendors=[vendor]))
    withdraw(desk)
    clock.advance("5s")
    desk.run_due()

    assert ("closed", "ACME-PRINT-1") == (
        vendor.fetch("ACME-PRINT-1").status,
        desk.get("T-1").vendor_tickets[0].remote_id,
    )
    assert "withdrawn" == desk.get("T-1").vendor_tickets[0].status


def test_id_that_is_known_already_changes_nothing(make_desk, calm, vendor):
    """A vendor may give one id to all that we say."""
    vendor.comment = lambda remote_id, message, /, *, key: "same"
    desk = sent(make_desk(calm))
    for _ in range(2):
        tell(desk)
        desk.run_due()

    assert [("done", "told")] * 2 == [
        (each.state, each.result) for each in desk.messages() if each.kind == "message_vendor"
    ]


class Broken:
    """A policy that fails at what is to be said on the record."""

    name, revision = "tests.broken", 1

    def permit(self, situation, /):
        """Fail."""
        if situation.trigger in {"note", "inform_management"}:
            raise ZeroDivisionError


def test_case_whose_record_cannot_be_written_holds_nobody_up(make_desk, calm, vendor, caplog):
    """What could not be said is in the log, and the message is done."""
    vendor.before = [VendorError("acme-print", "it is locked", retryable=False, kind="rejected")]
    desk = sent(make_desk(attrs.evolve(calm, policies=[Broken()])))
    tell(desk)
    desk.run_due()

    assert "dead" == last(desk)[0]
    assert "case T-1: its record does not say: untold: ZeroDivisionError" in caplog.text


def test_management_that_cannot_be_told_of_a_wrong_key_is_in_the_log(make_desk, calm, vendor, caplog):
    """The vendor is left alone all the same."""
    vendor.before = [VendorError("acme-print", "who?", retryable=True, kind="auth")]
    desk = sent(make_desk(attrs.evolve(calm, policies=[Broken()])))
    tell(desk)
    desk.run_due()

    assert "pending" == last(desk)[0]
    assert "vendor acme-print does not know us; management was not told: ZeroDivisionError" in caplog.text
