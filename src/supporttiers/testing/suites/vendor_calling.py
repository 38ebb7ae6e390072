"""Laws of calls that come in: who has sent them, and when, what they mean, and that none can break anything."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import pytest

from supporttiers.effects import VendorCall, VendorNews
from supporttiers.errors import WebhookRefusedError
from supporttiers.testing.suites._laws import only_with
from supporttiers.testing.suites._vendor_given import Gateway, VendorHands, VendorLaws, needs, now, word

Headers = Mapping[str, str]

_STATUSES: Final = frozenset({400, 401, 404, 413, 429})
_STRANGER: Final = "whsec_" + "Zm9yIG5vYm9keSB3aG8ga25vd3MgdXMh"
_ODD: Final = (
    "",
    " ",
    ",",
    "v1",
    "v1,",
    "v1,a,b",
    "v1a,AAAA",
    "sha256=",
    "sha256=zz",
    "\0",
    "é",
    "9" * 400,
    "-1",
    "nan",
)
_BODIES: Final = (
    b"", b"null", b"[]", b'"x"', b"{}", b"1e999", b'{"id": null}', b'{"data": {"entries": 7}}', b"\xff\xfe",
    b"<html></html>", b'{"a":' * 5_000, b"[" * 100_000, b'{"id": "' + b"x" * 100_000 + b'"}', b'{"id": "\\ud800"}',
)  # fmt: skip


class CallingLaws(VendorLaws):
    """What a gateway must do with calls that come in."""

    def test_call_of_the_vendor_is_understood(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """It says which ticket it is about; what is not signed is a hint, and never believed."""
        hands, remote_id = self._called(gateway, hands)
        news = self._received(gateway, *self._call(hands, remote_id, "We look at it."))

        said = {answer.remote_id for answer in news.answers} | set(news.hints)
        assert remote_id in said, "the ticket that the call is about is neither among the answers nor the hints"
        if "signed" not in self.capabilities:
            assert not news.answers, "what is not signed is believed; give it among the hints"

    def test_call_keeps_its_delivery(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Sent again, it has the same id of the delivery; another one has another."""
        hands, remote_id = self._called(gateway, hands)
        one, other = word(), word()
        calls = [self._call(hands, remote_id, "We look at it.", delivery=each) for each in (one, one, other)]
        first, again, second = (self._received(gateway, *each).delivery for each in calls)

        assert first == again, "a call that is sent again has another id of its delivery"
        assert not first or first != second, "two calls have one id of the delivery"

    def test_calls_may_come_in_any_order(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Each is understood by itself; what is believed says when it was so."""
        hands, remote_id = self._called(gateway, hands)
        calls = [self._call(hands, remote_id, f"Number {number}.") for number in range(2)]
        for headers, body in reversed(calls):
            news = self._received(gateway, headers, body)
            for answer in news.answers:
                dated = answer.updated_at is not None
                assert dated, "an answer without `updated_at` may turn a ticket back; give a hint instead"

    @only_with("signed")
    def test_call_that_was_changed_is_refused(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Be it by a single byte of it, of its time or of its signature."""
        hands, remote_id = self._called(gateway, hands)
        headers, body = self._call(hands, remote_id, "We look at it.")
        self._received(gateway, headers, body)
        for changed in (body + b" ", body[:-1], b" " + body, body.replace(b"look", b"lock"), b""):
            self._refused(gateway, headers, changed, "whose body was changed")
        without = {name: {other: kept for other, kept in headers.items() if other != name} for name in headers}
        read = [name for name in headers if self._maybe(gateway, without[name], body) is None]
        for name in read:
            changes = {**headers, name: _other(headers[name])}
            self._refused(gateway, changes, body, f"whose header {name!r} was changed")

    @only_with("signed")
    def test_call_of_a_stranger_is_refused(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Whoever does not know our secret, or does not sign at all."""
        hands, remote_id = self._called(gateway, hands)
        headers, body = self._call(hands, remote_id, "We look at it.", secret=_STRANGER)
        self._refused(gateway, headers, body, "signed with another secret")
        for name in headers:
            less = {other: value for other, value in headers.items() if other != name}
            self._maybe(gateway, less, body)
        self._refused(gateway, {}, body, "without headers")

    @only_with("signed")
    @pytest.mark.parametrize("apart", [timedelta(minutes=-10), timedelta(minutes=10)], ids=["old", "future"])
    def test_call_of_another_time_is_refused(
        self, gateway: Gateway, hands: VendorHands | None, apart: timedelta
    ) -> None:
        """What was signed ten minutes ago may have been overheard; a few minutes are only clocks that differ."""
        hands, remote_id = self._called(gateway, hands)
        headers, body = self._call(hands, remote_id, "We look at it.", at=now() + apart)
        self._refused(gateway, headers, body, "signed ten minutes from now")
        self._received(gateway, *self._call(hands, remote_id, "We look at it.", at=now() + apart / 5))

    @only_with("signed")
    def test_secret_can_be_changed(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """While the vendor changes it for another, both are good."""
        if len(self.hook_secrets) < 2:
            pytest.skip("give two `hook_secrets`, both of which the gateway knows")
        hands, remote_id = self._called(gateway, hands)
        for secret in self.hook_secrets:
            self._received(gateway, *self._call(hands, remote_id, "We look at it.", secret=secret))

    def test_garbage_is_refused(self, gateway: Gateway, hands: VendorHands | None) -> None:
        """Whatever comes, signed or not: our refusal with a status to answer, and never another error."""
        hands, remote_id = self._called(gateway, hands)
        headers, body = self._call(hands, remote_id, "We look at it.")
        for odd in _ODD:
            for name in headers:
                self._maybe(gateway, {**headers, name: odd}, body)
            self._maybe(gateway, dict.fromkeys(headers, odd), body)
        for each in _BODIES:
            self._maybe(gateway, headers, each)
            self._maybe(gateway, {}, each)

    # -- what they do

    def _called(self, gateway: Gateway, hands: VendorHands | None) -> tuple[VendorHands, str]:
        needs(gateway, "receive")
        hands = self._with(hands, "call")
        return hands, self._opened(gateway)[1]

    def _call(
        self, hands: VendorHands, remote_id: str, text: str, *, delivery: str = "", at: datetime | None = None,
        secret: str = "",
    ) -> tuple[Headers, bytes]:  # fmt: skip
        known = self.hook_secrets[0] if self.hook_secrets else ""
        headers, body = hands.call(
            remote_id, text, delivery=delivery or word(), at=at or now(), secret=secret or known
        )  # fmt: skip
        return {name.lower(): value for name, value in headers.items()}, body

    def _received(self, gateway: Gateway, headers: Headers, body: bytes) -> VendorNews:
        try:
            news = gateway.receive(VendorCall(headers=headers, body=body, now=now()))
        except WebhookRefusedError as error:
            pytest.fail(f"a call of the vendor's is refused: {error}")
        assert isinstance(news, VendorNews), "`receive` gives no VendorNews"
        return news

    def _maybe(self, gateway: Gateway, headers: Headers, body: bytes) -> VendorNews | None:
        """Hand in anything; give what was understood, None where it was refused."""
        try:
            news: VendorNews = gateway.receive(VendorCall(headers=headers, body=body, now=now()))
        except WebhookRefusedError as error:
            refused = error
        except Exception as error:  # noqa: BLE001 - whatever it may be
            pytest.fail(f"`receive` raises a {type(error).__name__}; it raises WebhookRefusedError, and no other error")
        else:
            return news
        assert refused.http_status in _STATUSES, f"a refusal says to answer {refused.http_status}"
        assert refused.vendor == gateway.name, "a refusal names another vendor"
        told = any(secret in str(refused) for secret in (*self.secrets, *self.hook_secrets))
        assert not told, "a refusal tells a secret"
        return None

    def _refused(self, gateway: Gateway, headers: Headers, body: bytes, what: str) -> None:
        assert self._maybe(gateway, headers, body) is None, f"a call {what} is taken for the vendor's"


def _other(value: str) -> str:
    """
    Change one character: of a signature in its middle, of what is shorter the last one.

    >>> _other("1774256402"), _other("1774256405"), _other("sha256=0a")
    ('1774256403', '1774256404', 'sha256=0A')

    A number becomes its neighbour, and with it a time that of a second earlier or later.
    """
    place = len(value) // 2 if len(value) > 30 else len(value) - 1
    was = value[place]
    other = str(int(was) ^ 1) if was.isdecimal() else "AB"[was == "A"]
    return value[:place] + other + value[place + 1 :]
