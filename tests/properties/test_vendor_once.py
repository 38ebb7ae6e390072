"""A vendor whose answers are lost, and workers that are killed, at any point: of one request there is one ticket."""

from datetime import timedelta

import attrs
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.conftest import Pager

from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.effects import VendorAnswer, VendorMessage
from supporttiers.errors import StoreError, VendorError
from supporttiers.links import VendorEntry
from supporttiers.process import SupportProcess

FAULTS = ("none", "kill", "sure", "unsure", "foreign")
"""What may go wrong at a point: the process dies, the vendor or the store says so, or something else is raised."""


class Killed(BaseException):
    """The process is no more."""


@attrs.define
class Fate:
    """What goes wrong, one point after the other; nothing more at the end."""

    faults: list[str]

    def meet(self, error):
        """Come to a point; *error* makes the error of whoever is called there."""
        fault = self.faults.pop(0) if self.faults else "none"
        if fault == "kill":
            raise Killed
        if fault == "foreign":
            raise RuntimeError
        if fault != "none":
            raise error(fault)


class Vendor:
    """A vendor whose every open is a new ticket, and every comment a new entry; what is new is found after a while."""

    name = "acme-print"

    def __init__(self, fate, clock):
        self.fate = fate
        self.clock = clock
        self.tickets = {}
        self.entries = []

    def _meet(self):
        self.fate.meet(lambda fault: VendorError(self.name, "cut off", retryable=True, ambiguous=fault == "unsure"))

    def _before(self):
        """Nothing has arrived yet: here a vendor that is sure speaks the truth."""
        self._meet()

    def _after(self):
        """All has been done; whoever says anything else than that nobody knows would lie."""
        self.fate.meet(lambda _fault: VendorError(self.name, "cut off", retryable=True, ambiguous=True))

    def open(self, request, /, *, key):
        """Create a ticket, whatever the key."""
        self._before()
        answer = VendorAnswer(remote_id=f"A-{len(self.tickets) + 1}", reference=request.reference)
        self.tickets[answer.remote_id] = answer, self.clock.now()
        self._after()
        return answer

    def find(self, reference, /):
        """Give what the index has by now; and others', as vendors do that do not know the filter."""
        self._before()
        found = [answer for answer, at in self.tickets.values() if (self.clock.now() - at).total_seconds() >= 50]
        return [*found, VendorAnswer(remote_id="X-1", reference="ST-AAAAAAAAAAAAAAAA")]

    def fetch(self, remote_id, /):
        """Give a ticket with its entries."""
        self._before()
        return attrs.evolve(self.tickets[remote_id][0], entries=self.entries)

    def comment(self, remote_id, message: VendorMessage, /, *, key):
        """Write an entry, whatever the key."""
        self._before()
        self.entries.append(VendorEntry(id=str(len(self.entries) + 1), text=message.text, reference=message.reference))
        self._after()
        return self.entries[-1].id


class Store(MemoryStore):
    """A store that may be away, or on which the process dies, before and after what it writes about messages."""

    fate = Fate([])

    def _meet(self):
        self.fate.meet(lambda _fault: StoreError("memory", "away", retryable=True))

    def settle(self, settled, /):
        """Write down what became of a message."""
        self._meet()
        done = super().settle(settled)
        self._meet()
        return done

    def commit(self, commits, /):
        """Write decisions."""
        self._meet()
        done = super().commit(commits)
        self._meet()
        return done


def world(faults):
    """Give a desk with a case, the vendor, and a function that has workers work until nothing is left to be done."""
    clock, store, fate = FakeClock("2026-03-23T09:00Z"), Store(), Fate([])
    vendor = Vendor(fate, clock)

    def desk():
        process = SupportProcess.default()
        return SupportDesk(process, store=store, clock=clock, vendors=[vendor], notifiers=[Pager()])

    desk().open("Stuck", id="T-1", by="jane")

    def work(rounds=300):
        store.fate = vendor.fate = Fate(list(faults))
        worker = desk()
        for _ in range(rounds):
            waiting = [message.not_before for message in store.messages("default", state="pending")]
            if not store.fate.faults and not waiting:
                break
            try:
                worker.run_due()
            except Killed:
                worker = desk()
                clock.advance("5m1s")  # until others may take over what it had
            except (StoreError, RuntimeError):
                pass
            clock.advance(max(timedelta(seconds=20), min(waiting, default=clock.now()) - clock.now()))
        store.fate = vendor.fate = Fate([])

    return desk(), vendor, work


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(FAULTS), max_size=9))
@example(["none", "none", "none", "kill"])
@example(["none", "none", "none", "unsure"])
def test_one_request_is_one_ticket_whatever_is_lost(faults):
    """The case knows the one ticket in the end, and no second one was ever created."""
    desk, vendor, work = world(faults)
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Help.")
    work()

    (ticket,) = desk.get("T-1").vendor_tickets
    assert ["A-1"] == list(vendor.tickets)
    assert "A-1" == ticket.remote_id
    assert [] == [message.key for message in desk.messages() if message.state != "done" and message.kind == "dispatch"]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(FAULTS), max_size=9))
@example(["none", "none", "kill"])
@example(["none", "none", "unsure"])
def test_what_is_said_stands_on_the_ticket_once_whatever_is_lost(faults):
    """Nothing is said twice, and nothing is forgotten."""
    desk, vendor, work = world(faults)
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Help.")
    while desk.run_due().relayed:
        pass
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="Any news?")
    work()

    assert ["Any news?"] == [entry.text for entry in vendor.entries]
    assert [] == [message.key for message in desk.messages() if message.state != "done"]
