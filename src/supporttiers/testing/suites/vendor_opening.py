"""Laws of opening tickets: one for each key, whatever becomes of the answer and whatever customers write."""

from collections.abc import Callable
from functools import partial
from typing import Final

import pytest

from supporttiers._fields import type_name
from supporttiers.effects import VendorAnswer
from supporttiers.errors import VendorError
from supporttiers.testing.suites._laws import at_once
from supporttiers.testing.suites._proxy import LOSSES, Proxy
from supporttiers.testing.suites._vendor_given import (
    Connect,
    Gateway,
    VendorHands,
    VendorLaws,
    Wanted,
    attempted,
    can,
    found_of,
    needs,
    pause,
    wanted,
)

_TRIES: Final = 20
INJECTED: Final = "Bcc: eve@example.org"
HOSTILE: Final = {
    "unicode": "Принтер горит — プリンタ火事 🖨️🔥 été",
    "right-to-left": "\u202etxt.exe \u2066\u0645\u0631\u062d\u0628\u0627\u2069 \u200f\u05e9\u05dc\u05d5\u05dd",
    "format": "%s %d {0} {reason.code} $subject ${HOME} %(key)s",
    "markup": "<script>alert(1)</script> &amp; <!-- ]]> <b>*bold*</b> {{macro}} @everyone",
    "shell": "'; rm -rf / #\" $(id) `id` | cat ../../etc/passwd",
    "dots": "first\r\n.\r\nMAIL FROM:<eve@example.org>\r\n.\n\n",
    "controls": "bell \a escape \x1b[2J tab \t feed \x0c back \b del \x7f next \x85 line \u2028",
    "64 KiB": "long " * 13_106,
    "empty": "",
}
"""What customers may write."""

UNKEEPABLE: Final = {"nul": "before\0after", "surrogate": "half \ud800 a character"}
"""What no store of ours keeps."""


class OpeningLaws(VendorLaws):
    """What a gateway must do when it opens a ticket."""

    def test_open_gives_a_ticket(self, gateway: Gateway) -> None:
        """It has an id, by which it can be fetched, and by its reference it is found."""
        asked, remote_id = self._opened(gateway)

        answer, error = attempted("`fetch`", lambda: gateway.fetch(remote_id))
        assert error is None, f"`fetch` does not know the ticket that `open` has opened: {error}"
        assert isinstance(answer, VendorAnswer), f"`fetch` gives {type_name(answer)}, and no VendorAnswer"
        assert remote_id == answer.remote_id, "`fetch` gives another id than `open`"
        if can(gateway, "find"):
            hits = self._seen(lambda: found_of(gateway, asked.reference))
            assert [remote_id] == [hit.remote_id for hit in hits], "`find` does not give the ticket by its reference"

    def test_same_key_opens_one_ticket(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Whoever was lost after opening it, and begins again, comes to the same ticket."""
        asked, remote_id = self._opened(gateway)
        again = self._gone_on(gateway, asked, exists=True)

        assert again in {remote_id, None}, "the same key leads to another ticket"
        assert self._count(gateway, hands, asked, patient=True) in {1, None}, "the same key has opened two tickets"

    def test_other_key_opens_another_ticket(self, gateway: Gateway) -> None:
        """Two requests that say the same are two."""
        assert len({self._opened(gateway)[1] for _ in range(2)}) == 2, "a request was taken for one that says the same"

    @pytest.mark.parametrize("loss", LOSSES)
    def test_lost_answer_opens_one_ticket(
        self, connect: Connect, line: Proxy, hands: VendorHands | None, loss: str
    ) -> None:
        """Wherever the answer is lost, nobody takes it for a refusal, and going on leads to one ticket."""
        gateway = connect(line.url, timeout=self.timeout)
        for place in self._places(line, LOSSES[loss]):
            asked = wanted()
            what = f"`open` ({loss}, place {place})"
            _, error = self._through(line, what, partial(gateway.open, asked.request, key=asked.key))
            exists = self._exists(gateway, hands, asked, error, wrote=line.arrived > 0)
            if error is not None:
                assert error.ambiguous or not exists, f"{what} has opened a ticket; its error is not `ambiguous`"
                assert error.ambiguous or error.retryable, f"{what} gives up; it can be tried again: retryable=True"
            self._gone_on(gateway, asked, exists=exists)
            left = self._count(gateway, hands, asked, patient=True)
            assert left in {1, None}, f"after {what} there are {left} tickets"

    def _exists(
        self, gateway: Gateway, hands: VendorHands | None, asked: Wanted, error: VendorError | None, *, wrote: bool
    ) -> bool:
        """Say whether there is a ticket; where a change has been asked for, it may take a while to show."""
        if error is None:
            return True
        return bool(self._count(gateway, hands, asked, patient=wrote and bool(error.ambiguous)))

    def test_many_open_at_once(self, gateway: Gateway) -> None:
        """Each has a ticket of its own; who was not let in tries again, as the core does."""
        asked = [wanted() for _ in range(self.callers)]
        opened = at_once(*(partial(self._pressed, gateway, one) for one in asked))

        assert self.callers == len(set(opened)), f"{self.callers} requests have led to {len(set(opened))} tickets"
        if can(gateway, "find"):
            found = self._seen(lambda: found_of(gateway, asked[0].reference))
            assert [opened[0]] == [hit.remote_id for hit in found], "tickets that were opened at once are mixed up"

    def _pressed(self, gateway: Gateway, asked: Wanted) -> str:
        """Open a ticket where many do, and go on as the core does."""
        opening = partial(gateway.open, asked.request, key=asked.key)
        looking: Callable[[], list[VendorAnswer]] = (
            partial(found_of, gateway, asked.reference) if can(gateway, "find") else list
        )
        answer, error = attempted("`open`", opening)
        for _ in range(_TRIES):
            if answer is not None:
                return str(answer.remote_id)
            assert error is not None
            assert error.retryable or error.ambiguous, f"`open` fails for good where many open tickets: {error}"
            pause()
            found, _failed = attempted("`find`", looking)
            answer, error = (found[0], None) if found else attempted("`open`", opening)
        pytest.fail(f"`open` fails {_TRIES} times where many open tickets")

    @pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
    def test_hostile_text_opens_a_ticket(self, gateway: Gateway, hands: VendorHands | None, text: str) -> None:
        """Whatever customers write, and however much of it: the request is not lost, nor its reference."""
        asked, remote_id = self._opened(gateway, subject=" ".join(text.split())[:200], text=text)

        assert gateway.fetch(remote_id).remote_id == remote_id
        assert self._count(gateway, hands, asked, patient=True) in {1, None}, "its reference leads to no ticket"

    @pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in UNKEEPABLE.items()])
    def test_text_that_no_store_keeps_does_no_harm(self, gateway: Gateway, text: str) -> None:
        """It is made harmless, or refused for good; the next request goes out."""
        asked = wanted(subject=text, text=text)
        _, error = attempted("`open`", lambda: gateway.open(asked.request, key=asked.key))
        assert error is None or not error.retryable, "it will be no better the next time: retryable=False"
        self._opened(gateway)

    def test_line_stays_a_line(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """A line break in a subject begins no header and no line of its own."""
        opened = [
            self._opened(gateway, subject=f"Printer{end}{INJECTED}{end}{end}{INJECTED}", text="Harmless.")[1]
            for end in ("\r\n", "\n", "\r")
        ]
        hands = self._with(hands, "shown")
        lines = [line for each in opened for line in hands.shown(each).replace("\r", "\n").split("\n")]
        assert not [line for line in lines if line.startswith(INJECTED)], "a subject began a line of its own"

    def test_words_arrive(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """The vendor's agent sees the subject, the text, and the reference."""
        hands = self._with(hands, "shown")
        asked, remote_id = self._opened(gateway, subject="Drucker brennt", text="Bitte löschen.")
        shown = self._seen(lambda: hands.shown(remote_id))
        missed = [word for word in ("Drucker brennt", "Bitte löschen.") if word not in shown]
        assert [] == missed, "the vendor's agent does not see what was written"
        needs(gateway, "find")
        assert found_of(gateway, asked.reference), "its reference leads to no ticket"
