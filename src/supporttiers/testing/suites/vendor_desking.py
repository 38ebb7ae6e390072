"""Laws of a gateway at a desk: whatever is lost on the way, the desk comes to one ticket, and says everything once."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import pytest

from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.links import VendorTicket
from supporttiers.process import SupportProcess
from supporttiers.testing.suites._proxy import LOSSES, Fault, Proxy, cut_after, cut_before
from supporttiers.testing.suites._vendor_given import (
    Connect,
    Gateway,
    VendorHands,
    VendorLaws,
    entry_with,
    needs,
    new_id,
    now,
    word,
)

_PASSES: Final = 12
_EACH: Final = timedelta(days=1)
_LOSSES: Final[Mapping[str, Fault]] = {name: loss for name, loss in LOSSES.items() if loss in {cut_before, cut_after}}
"""Either it has not arrived, or it has: how the others are told from these, other laws say."""


class DeskingLaws(VendorLaws):
    """What a desk must come to with a gateway."""

    @pytest.mark.parametrize("loss", _LOSSES)
    def test_desk_comes_to_one_ticket(
        self, connect: Connect, line: Proxy, gateway: Gateway, hands: VendorHands | None, loss: str
    ) -> None:
        """A case that is sent to the vendor is there once, wherever the answer was lost."""
        held = connect(line.url, timeout=self.timeout)
        for place in self._places(line, LOSSES[loss]):
            desk, clock = _desk_with(held)
            case_id = new_id()
            desk.open("The printer burns", id=case_id, by="jane")
            desk.dispatch(case_id, vendor=held.name, text="It smells of smoke.", by="bob")
            desk.run_due()
            line.calm()
            key = desk.get(case_id).vendor_tickets[0].key
            self._counted(gateway, hands, key, patient=line.arrived > 0)
            ticket = _gone_through(desk, clock, case_id)

            what = f"after `open` ({loss}, place {place})"
            count = self._counted(gateway, hands, key, patient=True)
            assert count in {1, None}, f"{what} the vendor has {count} tickets of one case"
            assert ticket.remote_id is not None, f"{what} the desk does not come to its ticket"

    @pytest.mark.parametrize("loss", _LOSSES)
    def test_desk_says_something_once(self, connect: Connect, line: Proxy, gateway: Gateway, loss: str) -> None:
        """A message to the vendor stands on the ticket once, wherever the answer was lost."""
        needs(gateway, "comment")
        held = connect(line.url, timeout=self.timeout)
        desk, clock = _desk_with(held)
        case_id = new_id()
        desk.open("The printer burns", id=case_id, by="jane")
        desk.dispatch(case_id, vendor=held.name, by="bob")
        desk.run_due()
        remote_id = str(desk.get(case_id).vendor_tickets[0].remote_id)
        for place in self._places(line, LOSSES[loss]):
            said = word()
            stands = partial(entry_with, gateway, remote_id, said)
            desk.tell_vendor(case_id, vendor=held.name, text=f"Is there news of {said}?", by="bob")
            desk.run_due()
            line.calm()
            if line.arrived:
                self._seen(stands)
            _gone_through(desk, clock, case_id)

            times = len(self._seen(stands))
            what = f"after `comment` ({loss}, place {place})"
            assert 1 == times, f"{what} the message stands on the ticket {times} times"


def _desk_with(gateway: Gateway) -> tuple[SupportDesk, FakeClock]:
    clock = FakeClock(now())
    return SupportDesk(SupportProcess.default(), clock=clock, vendors=[gateway]), clock


def _gone_through(desk: SupportDesk, clock: FakeClock, case_id: str) -> VendorTicket:
    """Let time pass, until nothing comes of it any more; give the ticket."""
    any(_nothing_comes(desk, clock) for _ in range(_PASSES))
    return desk.get(case_id).vendor_tickets[0]


def _nothing_comes(desk: SupportDesk, clock: FakeClock) -> bool:
    clock.advance(_EACH)
    done = desk.run_due()
    return not done.relayed and not done.failed
