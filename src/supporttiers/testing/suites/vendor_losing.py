"""Laws of answers that are lost on the way, of every call but `open`."""

from functools import partial

import pytest

from supporttiers.effects import VendorAnswer
from supporttiers.testing.suites._proxy import LOSSES, Proxy
from supporttiers.testing.suites._vendor_given import (
    Connect,
    Gateway,
    VendorHands,
    VendorLaws,
    can,
    entry_with,
    file_of,
    message_of,
    needs,
    word,
)


class LosingLaws(VendorLaws):
    """What a gateway must do when an answer is lost."""

    @pytest.mark.parametrize("loss", LOSSES)
    def test_lost_answer_says_something_once(self, connect: Connect, gateway: Gateway, line: Proxy, loss: str) -> None:
        """Wherever it is lost: after a look at the ticket, as the core has it, the message stands there once."""
        needs(gateway, "comment")
        held = connect(line.url, timeout=self.timeout)
        _, remote_id = self._opened(gateway)
        for place in self._places(line, LOSSES[loss]):
            said, what = word(), f"`comment` ({loss}, place {place})"
            message, key = message_of(f"Is there news of {said}?")

            def tell(to: Gateway = held, message: object = message, key: str = key) -> object:
                return to.comment(remote_id, message, key=key)

            _, error = self._through(line, what, tell)
            there = entry_with(gateway, remote_id, said)
            if error is not None:
                if line.arrived and error.ambiguous:
                    there = self._seen(partial(entry_with, gateway, remote_id, said))
                assert error.ambiguous or not there, f"{what} has said it; its error is not `ambiguous`"
                assert error.ambiguous or error.retryable, f"{what} gives up; it can be tried again: retryable=True"
            known = [entry for entry in there if entry.reference == message.reference]
            if error is not None and not known:
                tell(gateway)
            stands = self._seen(partial(entry_with, gateway, remote_id, said))
            assert 1 == len(stands), f"after {what} the message stands on the ticket {len(stands)} times"

    @pytest.mark.parametrize("loss", LOSSES)
    def test_lost_answer_attaches_the_file(
        self, connect: Connect, gateway: Gateway, line: Proxy, hands: VendorHands | None, loss: str
    ) -> None:
        """Wherever it is lost, nobody takes it for a refusal for good, and after another attempt the file is there."""
        needs(gateway, "attach")
        held = connect(line.url, timeout=self.timeout)
        _, remote_id = self._opened(gateway)
        for place in self._places(line, LOSSES[loss]):
            content, what = word().encode(), f"`attach` ({loss}, place {place})"
            file, key = file_of("log.txt", content)

            def attach(to: Gateway = held, file: object = file, key: str = key) -> object:
                return to.attach(remote_id, file, key=key)

            _, error = self._through(line, what, attach)
            if error is not None:
                assert error.ambiguous or error.retryable, f"{what} gives up; it can be tried again: retryable=True"
                attach(gateway)
            if can(hands, "files"):
                assert hands is not None
                assert content in [each for _, each in hands.files(remote_id)], f"after {what} the file is not there"

    @pytest.mark.parametrize("loss", LOSSES)
    def test_lost_answer_sets_the_status(self, connect: Connect, gateway: Gateway, line: Proxy, loss: str) -> None:
        """Wherever it is lost, nobody takes it for a refusal for good, and another attempt succeeds."""
        needs(gateway, "set_status")
        held = connect(line.url, timeout=self.timeout)
        _, remote_id = self._opened(gateway)
        for place in self._places(line, LOSSES[loss]):
            status, what = self.settable[place % 2], f"`set_status` ({loss}, place {place})"
            _, error = self._through(line, what, partial(held.set_status, remote_id, status))
            if error is not None:
                assert error.ambiguous or error.retryable, f"{what} gives up; it can be tried again: retryable=True"
                gateway.set_status(remote_id, status)
            assert status is gateway.fetch(remote_id).status, f"after {what} the ticket has another status"

    @pytest.mark.parametrize("loss", LOSSES)
    def test_lost_answer_can_be_asked_for_again(
        self, connect: Connect, gateway: Gateway, line: Proxy, loss: str
    ) -> None:
        """A question that was lost is an error that says so, and never an answer."""
        _, remote_id = self._opened(gateway)
        held = connect(line.url, timeout=self.timeout)
        calls = self._calls(held, remote_id)
        for name in [name for name in ("fetch", "find", "check", "changes") if name in calls]:
            for place in self._places(line, LOSSES[loss]):
                what = f"`{name}` ({loss}, place {place})"
                answer, error = self._through(line, what, calls[name])
                if error is None and isinstance(answer, VendorAnswer):
                    assert remote_id == answer.remote_id, f"{what} gives another ticket"
                assert error is None or error.retryable, f"{what} gives up; it can be tried again: retryable=True"
                if line.hit and place == 1:
                    assert error is not None, f"{what} gives an answer that it has not heard"
            calls[name]()
