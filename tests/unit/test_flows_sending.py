"""Messages that may have arrived, must not arrive twice, or are needed no more, and what people do with them."""

import logging
import re
import threading
from datetime import timedelta

import attrs
import pytest

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.errors import CaseNotFoundError, InputError, NotifyError, StoreError, VendorError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.links import VendorStatus
from supporttiers.match import AtLeast, Match, Not
from supporttiers.protocols import Backlog
from supporttiers.readings import Pass

IN_DOUBT = NotifyError("phone", "no answer in time", retryable=True, ambiguous=True)


class Gone(BaseException):
    """The process is no more."""


@pytest.fixture
def phone(pager):
    """Give a notifier that must not be called twice about one message."""
    phone = type(pager)("phone")
    phone.repeats = False
    return phone


@pytest.fixture
def store():
    """Give a store that outlives a desk."""
    return MemoryStore()


@pytest.fixture
def desk(make_desk, calm, store, phone):
    """Give a desk that calls by phone, with a case."""
    desk = make_desk(calm, store=store, notifiers=[phone])
    desk.open("Stuck", id="T-1", by="jane")
    return desk


def states(desk):
    """Give the states of all messages, in order, with what is remembered of them."""
    return [(message.state, message.result) for message in desk.messages()]


# -- what may have arrived


def test_message_that_may_have_arrived_is_sent_again(calm_desk, clock, pager):
    """At least once, with the same key, by which the receiver can tell."""
    calm_desk.open("Stuck", id="T-1", by="jane")
    calm_desk.inform_management("T-1", by="bob")
    pager.failures = [attrs.evolve(IN_DOUBT, backend="pager")]

    assert Pass(failed=1) == calm_desk.run_due()
    clock.advance("1m")
    assert Pass(relayed=1) == calm_desk.run_due()
    assert (2, 1) == (len(pager.keys), len(set(pager.keys)))
    assert [("done", "sent")] == states(calm_desk)


def test_message_that_may_have_arrived_to_the_last_is_not_called_dead(calm_desk, clock, pager):
    """After ten tries, or where it cannot be tried again, it is left to people."""
    calm_desk.open("Stuck", id="T-1", by="jane")
    calm_desk.inform_management("T-1", by="bob")
    pager.failures = [NotifyError("pager", "cut off", retryable=False, ambiguous=True)]

    assert Pass(failed=1) == calm_desk.run_due()
    assert [("ambiguous", "NotifyError: cut off")] == states(calm_desk)


@pytest.mark.parametrize(
    ("error", "result"), [(IN_DOUBT, "NotifyError: no answer in time"), (OSError("cut off"), "OSError")]
)
def test_call_that_may_have_been_made_is_not_made_again(desk, clock, phone, caplog, error, result):
    """It is set aside and told in the log; those behind it go their way."""
    desk.inform_management("T-1", by="bob")
    desk.inform_management("T-1", by="eve")
    phone.failures = [error]

    assert Pass(failed=1, relayed=1) == desk.run_due()
    assert [("ambiguous", result), ("done", "sent")] == states(desk)
    assert "message T-1:2:0:phone to phone may or may not have arrived" in caplog.text
    clock.advance("5h")
    assert (Pass(), 2) == (desk.run_due(), len(phone.keys))
    assert Backlog(ambiguous=1) == desk.backlog()


def test_call_that_was_not_made_is_made_again(desk, clock, phone):
    """An adapter that is sure says so."""
    desk.inform_management("T-1", by="bob")
    phone.failures = [NotifyError("phone", "engaged", retryable=True)]

    assert Pass(failed=1) == desk.run_due()
    assert [("pending", "NotifyError: engaged")] == states(desk)
    clock.advance("1m")
    assert Pass(relayed=1) == desk.run_due()
    assert [("done", "sent")] == states(desk)


def test_call_on_which_a_worker_was_lost_is_not_made_again(desk, clock, phone, caplog):
    """What was about to be sent is marked before; whoever finds the mark knows no more than that."""
    desk.inform_management("T-1", by="bob")
    phone.failures = [Gone()]
    with pytest.raises(Gone):
        desk.run_due()

    assert [("pending", "sending")] == states(desk)
    assert Pass() == desk.run_due()
    clock.advance("5m")
    assert Pass(failed=1) == desk.run_due()
    assert (1, [("ambiguous", "NotifyError: the worker was lost while it was sending this")]) == (
        len(phone.keys),
        states(desk),
    )
    assert "may or may not have arrived" in caplog.text


def test_call_whose_lease_was_lost_is_not_made(desk, clock, phone, store, monkeypatch):
    """Somebody else has the message by then, and makes it."""
    desk.inform_management("T-1", by="bob")
    load = store.load

    def slow(*args, **how):
        clock.advance("6m")
        monkeypatch.setattr(store, "load", load)
        desk.run_due()
        return load(*args, **how)

    monkeypatch.setattr(store, "load", slow)

    assert Pass() == desk.run_due()
    assert (1, [("done", "sent")]) == (len(phone.sent), states(desk))


def test_call_that_was_made_but_could_not_be_noted_is_not_made_again(desk, clock, phone, store, monkeypatch):
    """The store was away just then."""
    desk.inform_management("T-1", by="bob")
    settle, calls = store.settle, []

    def away_once(settled):
        calls.append(settled.result)
        if settled.result == "sent":
            raise StoreError("memory", "away", retryable=True)
        return settle(settled)

    monkeypatch.setattr(store, "settle", away_once)
    assert Pass(failed=1) == desk.run_due()
    assert (["sending", "sent"], 1) == (calls, len(phone.sent))
    assert "ambiguous" == states(desk)[0][0]


def test_request_that_may_have_reached_a_vendor_is_on_record(make_desk, calm, pager, clock):
    """The case waits for nobody: management is told on it, and a person decides what becomes of the request."""

    class Deaf(InProcessVendor):
        repeats = False
        find = None

        def open(self, request, /, *, key):
            super().open(request, key=key)
            raise VendorError(self.name, "no answer in time", retryable=True, ambiguous=True)

    desk = make_desk(calm, vendors=[Deaf("acme-print")])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")

    assert Pass(failed=1, relayed=1) == desk.run_due()
    (ticket,) = desk.get("T-1").vendor_tickets
    text = f"nobody knows whether request {ticket.key} has reached vendor acme-print"
    assert text == desk.history("T-1")[-1].said
    assert [("manager", "management.asked")] == pager.told
    assert [("ambiguous", "VendorError: no answer in time"), ("done", "sent")] == states(desk)


# -- what a worker holds


def test_lane_of_many_is_carried_out_in_order_in_one_pass(calm_desk, pager):
    """One after the other, however few are taken at a time."""
    calm_desk.open("Stuck", id="T-1", by="jane")
    for number in range(50):
        calm_desk.inform_management("T-1", by=f"u-{number}")

    assert Pass(relayed=50) == calm_desk.run_due()
    assert [f"u-{number}" for number in range(50)] == [sent.reason.params["by"] for sent in pager.sent]


def test_slow_sending_takes_no_message_with_an_old_lease(make_desk, calm, clock, pager, store):
    """Each few are taken as of when that is, so that their lease has its whole time."""

    class Slow(type(pager)):
        def notify(self, notification, /, *, key):
            clock.advance("4m")
            super().notify(notification, key=key)

    desk = make_desk(calm, store=store, notifiers=[Slow()])
    desk.open("Stuck", id="T-1", by="jane")
    for _ in range(3):
        desk.inform_management("T-1", by="bob")
    lease, leases = store.lease, []
    store.lease = lambda now, **how: leases.append((how["until"] - now, how["token"])) or lease(now, **how)

    assert [1, 1, 1, 0] == [desk.run_due().relayed for _ in range(4)]
    assert {timedelta(minutes=5)} == {length for length, _ in leases}
    assert len(leases) == len({token for _, token in leases})


def test_deadlines_do_not_wait_behind_all_that_is_slow_to_send(make_desk, acme, clock, pager):
    """A pass takes no new messages once it has taken long; the next one sees first to what has become due."""

    class Hanging(type(pager)):
        def notify(self, notification, /, *, key):
            clock.advance("30s")
            raise TimeoutError

    desk = make_desk(attrs.evolve(acme, limits=()), notifiers=[Hanging()])
    for number in range(100):
        desk.open("Stuck", id=f"A-{number:02}", by="jane")
        desk.inform_management(f"A-{number:02}", by="bob")
        desk.cancel(f"A-{number:02}", by="bob")
    desk.open("Stuck", id="T-1", by="jane")
    began = clock.now()
    while 1 == desk.get("T-1").tier:
        desk.run_due()

    assert clock.now() - began <= timedelta(minutes=30)


def test_message_whose_lease_has_run_out_meanwhile_is_leased_anew(make_desk, calm, clock, pager, store):
    """What came before it took too long: it is not sent on the strength of a lease that is over."""

    class Slow(type(pager)):
        def notify(self, notification, /, *, key):
            clock.advance("3m")
            super().notify(notification, key=key)

    desk = make_desk(calm, store=store, notifiers=[slow := Slow()])
    for number in range(3):
        desk.open("Stuck", id=f"T-{number}", by="jane")
        desk.inform_management(f"T-{number}", by="bob")
    lease, given = store.lease, []
    store.lease = lambda now, **how: given.append(lease(now, **how)) or given[-1]

    assert [2, 1, 0] == [desk.run_due().relayed for _ in range(3)]
    assert [3, 1, 0] == [len(messages) for messages in given]
    assert 3 == len(set(slow.keys)) == len(slow.keys)


class Gated:
    """A notifier that says when it has been called, and comes back when the test says so."""

    name = "pager"

    def __init__(self):
        self.called, self.may_end = threading.Event(), threading.Event()
        self.keys = []

    def notify(self, _notification, /, *, key):
        """Wait for the test."""
        self.keys.append(key)
        self.called.set()
        assert self.may_end.wait(30)


def test_message_that_has_arrived_is_done_though_its_lease_ran_out(make_desk, calm, clock, store):
    """Who took it over sends it once more, and nobody does so after that; else two slow workers would never end."""
    slow = [Gated(), Gated()]
    desks = [make_desk(calm, store=store, notifiers=[each]) for each in slow]
    desks[0].open("Stuck", id="T-1", by="jane")
    desks[0].inform_management("T-1", by="bob")
    passes = [threading.Thread(target=desk.run_due) for desk in desks]
    for each, worker in zip(slow, passes, strict=True):
        worker.start()
        assert each.called.wait(30)
        clock.advance("5m1s")
    for each, worker in zip(slow, passes, strict=True):
        each.may_end.set()
        worker.join()
        assert [("done", "sent")] == states(desks[0])

    assert [1, 1] == [len(each.keys) for each in slow]
    assert Pass() == desks[0].run_due()


# -- what nobody needs any more


@pytest.fixture
def alarmed(make_desk, calm):
    """Give desks on which a limit says who is told, and when not any more."""

    def make(unless, *, hold=False, **fields):
        threshold = Threshold("100%", ["notify:lead"], hold=hold, unless=unless)
        limit = TimeLimit(name="own", target="1h", measures="time_to_own", thresholds=[threshold], **fields)
        desk = make_desk(attrs.evolve(calm, limits=[limit]))
        desk.open("Stuck", id="T-1", by="jane")
        return desk

    return make


def test_message_is_not_sent_once_its_case_needs_it_no_more(alarmed, clock, pager):
    """Somebody took the case after the first try had failed: that nobody has taken it is no news."""
    desk = alarmed(Match(assignee=Not(None)))
    clock.advance("1h")
    pager.failures = [OSError("down")]
    desk.run_due()
    desk.start("T-1", by="bob")
    clock.advance("1m")

    assert Pass(relayed=1) == desk.run_due()
    assert ([], [("done", "cancelled")]) == (pager.sent, states(desk))


def test_message_is_sent_while_its_case_needs_it(alarmed, clock, pager):
    """The condition does not hold."""
    desk = alarmed(Match(assignee=Not(None)))
    clock.advance("1h")
    desk.run_due()

    assert [("lead", "move.limit")] == pager.told


def test_condition_of_a_message_may_compare_priorities(alarmed, clock, pager):
    """In the order of the process that the case follows."""
    desk = alarmed(Match(priority=AtLeast("high")))
    desk.amend("T-1", by="bob", priority="high")
    clock.advance("1h")
    desk.run_due()

    assert ([], "cancelled") == (pager.sent, desk.messages(case="T-1")[-1].result)


def test_threshold_of_a_file_may_say_unless(tmp_path):
    """As in Python; a word that the process does not have is a fault, with its place."""
    from supporttiers.errors import ProcessError
    from supporttiers.process import SupportProcess

    text = (
        '[process]\nname = "demo"\n[[tiers]]\nlevel = 1\nname = "Desk"\n[[limits]]\nname = "own"\ntarget = "1h"\n'
        'thresholds = [{ at = "100%", do = ["notify:lead"], unless = { KEY = "resolved" } }]\n'
    )
    path = tmp_path / "demo.toml"
    path.write_text(text.replace("KEY", "status"), "utf-8")
    process = SupportProcess.from_toml(path)

    assert Match(status="resolved") == process.limits[0].thresholds[0].unless
    assert process == SupportProcess.from_json(process.to_json())
    for key in ("priority", "mood"):
        path.write_text(text.replace("KEY", key), "utf-8")
        with pytest.raises(ProcessError, match=rf"limits\[0\]\.thresholds\[0\]\.unless\.{key}"):
            SupportProcess.from_toml(path)


# -- what people do


def dead(desk, phone):
    """Have a message given up."""
    desk.inform_management("T-1", by="bob")
    phone.failures = [NotifyError("phone", "no such number", retryable=False)]
    desk.run_due()
    (message,) = desk.messages(state="dead")
    return message


def test_dead_message_is_listed_and_may_be_tried_anew(desk, phone, clock, caplog):
    """It stands in the log, too; once mended, a person has it sent."""
    caplog.set_level(logging.ERROR)
    message = dead(desk, phone)

    assert ["message T-1:2:0:phone to phone is given up"] == caplog.messages
    assert ("T-1", 1, "NotifyError: no such number") == (message.case_id, message.attempts, message.result)
    assert (1, 0) == (desk.backlog().dead, desk.backlog().messages)
    desk.retry(message.key)
    assert 1 == desk.backlog().messages
    assert Pass(relayed=1) == desk.run_due()
    assert ((), [("done", "sent")]) == (desk.messages(state="dead"), states(desk))


def test_dead_message_may_be_let_go(desk, phone):
    """It is sent no more, and counts as done."""
    desk.discard(dead(desk, phone).key)

    assert (Pass(), Backlog()) == (desk.run_due(), desk.backlog())
    assert ["done"] == [message.state for message in desk.messages()]


def test_ambiguous_message_may_be_tried_anew(desk, phone, clock):
    """A person has found out that the call was not made."""
    desk.inform_management("T-1", by="bob")
    phone.failures = [IN_DOUBT]
    desk.run_due()
    desk.retry(desk.messages(state="ambiguous")[0].key)

    assert Pass(relayed=1) == desk.run_due()
    assert [("done", "sent")] == states(desk)


def test_dead_request_to_a_vendor_may_be_tried_anew(make_desk, calm, vendor):
    """The case had been told that it failed; now it hears of the ticket."""

    class Down(InProcessVendor):
        def open(self, request, /, *, key):
            raise VendorError(self.name, "no contract", retryable=False)

    store = MemoryStore()
    desk = make_desk(calm, store=store, vendors=[Down("acme-print")])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    desk.run_due()
    assert [VendorStatus.FAILED] == [ticket.status for ticket in desk.get("T-1").vendor_tickets]

    mended = make_desk(calm, store=store)
    mended.retry(mended.messages(state="dead")[0].key)
    mended.run_due()
    assert [(VendorStatus.OPEN, "ACME-PRINT-1")] == [
        (ticket.status, ticket.remote_id) for ticket in mended.get("T-1").vendor_tickets
    ]


@pytest.mark.parametrize("verb", ["retry", "discard"])
def test_only_what_went_wrong_is_for_people(desk, verb):
    """A pending message, or a key that is none, is refused; the error says what is possible."""
    desk.inform_management("T-1", by="bob")
    for key in (desk.messages()[0].key, "nothing"):
        with pytest.raises(InputError, match=f"key '[^']+' is that of no message to {verb}; only one in"):
            getattr(desk, verb)(key)
    assert ["pending"] == [message.state for message in desk.messages()]


def test_messages_of_an_unknown_case_or_state_are_refused(desk):
    """The errors say which case, and which states there are; a case without messages has none."""
    assert () == desk.messages(case="T-1")
    with pytest.raises(CaseNotFoundError, match="'T-9'"):
        desk.messages(case="T-9")
    with pytest.raises(InputError, match="state must be one of: pending, done, dead, ambiguous"):
        desk.messages(state="lost")


def test_messages_are_those_of_the_tenant(desk, phone):
    """Another tenant neither sees nor changes them."""
    message = dead(desk, phone)
    other = desk.bind(tenant="other")

    assert () == other.messages()
    for verb in (other.retry, other.discard):
        with pytest.raises(InputError):
            verb(message.key)
    assert Backlog() == other.backlog(all_tenants=False)
    assert ["dead"] == [one.state for one in desk.messages()]


def test_message_of_a_case_that_cannot_be_decided_is_given_up_all_the_same(make_desk, calm, caplog):
    """A policy that fails when management is to be told does not have the message come for ever."""

    class Broken:
        name, revision = "tests.broken", 1

        def permit(self, situation, /):
            if situation.trigger in {"inform_management", "vendor_update"}:
                raise ZeroDivisionError

    class Deaf(InProcessVendor):
        find = None

        def open(self, request, /, *, key):
            raise VendorError(self.name, "cut off", retryable=False, ambiguous=request.text == "maybe")

    desk = make_desk(attrs.evolve(calm, policies=[Broken()]), vendors=[Deaf("acme-print")])
    for case_id, text in (("T-1", "maybe"), ("T-2", "never")):
        desk.open("Stuck", id=case_id, by="jane")
        desk.dispatch(case_id, by="bob", vendor="acme-print", text=text)

    assert 2 == desk.run_due().failed
    assert ["ambiguous", "dead"] == [message.state for message in desk.messages() if message.kind == "dispatch"]
    assert "management was not told: ZeroDivisionError" in caplog.text


# -- errors of other people's code


@pytest.mark.parametrize("repeats", [True, False])
def test_log_says_where_a_notifier_failed(make_desk, calm, pager, caplog, repeats):
    """File and line: its author must find what the words of the error, which nobody may read, would have told."""
    pager.repeats = repeats
    pager.failures = [AttributeError("Jane Doe")]
    desk = make_desk(calm, notifiers=[pager])
    desk.open("Stuck", id="T-1", by="jane")
    desk.inform_management("T-1", by="bob")
    desk.run_due()

    assert re.search(r"AttributeError in notifier 'pager', \w+\.py:\d+$", caplog.messages[-1])
    assert "Jane" not in caplog.text


def test_log_says_where_a_vendor_failed(make_desk, calm, caplog):
    """A vendor's gateway is somebody's code, too."""

    class Broken(InProcessVendor):
        def open(self, request, /, *, key):
            raise KeyError("Jane Doe")

    desk = make_desk(calm, vendors=[Broken("acme-print")])
    desk.open("Stuck", id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    desk.run_due()

    assert re.search(r"KeyError in vendor 'acme-print', \w+\.py:\d+$", caplog.messages[-1])
    assert "Jane" not in caplog.text
