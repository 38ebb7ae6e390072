"""Laws of what goes wrong: of keys that nobody knows, of answers that say no or are none, and of what is never told."""

import base64
import logging
import pickle
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

import attrs
import pytest

from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus
from supporttiers.testing.suites._proxy import Fault, Proxy, Saying, cut_after, forgetting, gushing, saying
from supporttiers.testing.suites._vendor_given import (
    PATIENT,
    Connect,
    Gateway,
    VendorHands,
    VendorLaws,
    attempted,
    can,
    failed,
    file_of,
    now,
    wanted,
)

_WAIT: Final = timedelta(minutes=2)
_SLACK: Final = timedelta(seconds=15)
_HTML: Final = b"<!DOCTYPE html><title>Log in</title><form action='/login'></form>"
_CHANGING: Final = frozenset({"open", "comment", "set_status", "attach"})

_LIMITED: Final[Mapping[str, Callable[[], tuple[Fault, timedelta | None]]]] = {
    "seconds": lambda: (saying(429, b'{"error": "slow down"}', Retry_After="120"), _WAIT),
    "date": lambda: (saying(429, b"{}", Retry_After=format_datetime(now() + _WAIT, usegmt=True)), _WAIT),
    "none": lambda: (saying(429, b"{}"), None),
    "text": lambda: (saying(429, b"Slow down!", kind="text/plain", Retry_After="120"), _WAIT),
    "nonsense": lambda: (saying(429, b"{}", Retry_After="soon"), None),
}

_BROKEN: Final[Mapping[str, tuple[Fault, str]]] = {
    "500": (saying(500, b'{"error": "oops"}'), "unavailable"),
    "502 in HTML": (saying(502, _HTML, kind="text/html"), "unavailable"),
    "503": (saying(503, b"{}", Retry_After="120"), "unavailable"),
    "HTML": (saying(200, _HTML, kind="text/html; charset=utf-8"), "protocol"),
    "HTML that claims to be JSON": (saying(200, _HTML), "protocol"),
    "half of JSON": (saying(200, b'{"id": "1", "status": "op'), "protocol"),
    "another content type": (saying(200, b'{"id": "1", "status": "open"}', kind="application/xml"), "protocol"),
    "deep JSON": (saying(200, b"[" * 200_000), "protocol"),
    "no text at all": (saying(200, b"\xff\xfe\x00{"), "protocol"),
}


class FailingLaws(VendorLaws):
    """What a gateway must do when something goes wrong."""

    def test_wrong_key_is_not_let_in(
        self, connect: Connect, gateway: Gateway, vendor_url: str | None, hands: VendorHands | None
    ) -> None:
        """Whatever is called, it is an error of kind `auth`, and no ticket is opened."""
        _, remote_id = self._opened(gateway)
        stranger = connect(vendor_url or "", timeout=PATIENT, wrong_key=True)
        calls = self._calls(stranger, remote_id)
        for name in [name for name in ("check", "open", "fetch") if name in calls]:
            error = failed(f"`{name}` with a wrong key", calls[name])
            assert "auth" == error.kind, f"`{name}` with a wrong key is of kind {error.kind!r}, and not 'auth'"
            assert not error.ambiguous, f"`{name}` with a wrong key has surely done nothing: ambiguous=False"
        asked = wanted()
        attempted("`open`", lambda: stranger.open(asked.request, key=asked.key))
        assert self._count(gateway, hands, asked, patient=False) in {0, None}, "a wrong key has opened a ticket"

    def test_success_as_nobody_is_none(self, connect: Connect, proxy: Proxy) -> None:
        """Where the vendor does not hear who we are, and lets anybody in, that is no success of ours."""
        hidden = [form.encode() for form in (*forms_of(self.secrets), *self.credentials)]
        gateway = connect(proxy.url, timeout=PATIENT)
        _, remote_id = self._opened(gateway)
        proxy.arm(forgetting(hidden))
        calls = self._calls(gateway, remote_id)
        for name in [name for name in ("check", "open") if name in calls]:
            error = failed(f"`{name}` without our key", calls[name])
            assert "auth" == error.kind, f"`{name}` without our key is of kind {error.kind!r}, and not 'auth'"

    @pytest.mark.parametrize("how", _LIMITED)
    def test_too_many_requests_are_told(self, connect: Connect, gateway: Gateway, proxy: Proxy, how: str) -> None:
        """A 429 is `rate_limited`, with the wait that the vendor asks for; nothing is tried again by itself."""
        _, remote_id = self._opened(gateway)
        fault, wait = _LIMITED[how]()
        calls = self._calls(connect(proxy.url, timeout=PATIENT), remote_id)
        for name, error in self._met(proxy, fault, calls, due="rate_limited"):
            assert "rate_limited" == error.kind, f"`{name}` takes a 429 for {error.kind!r}, and not 'rate_limited'"
            assert error.retryable, f"`{name}` gives up after a 429; it can be tried again: retryable=True"
            assert not error.ambiguous, f"`{name}` was refused by a 429: ambiguous=False"
            told = error.retry_after
            fits = told is None if wait is None else told is not None and abs(told - wait) <= _SLACK
            assert fits, f"`{name}` was told to wait {wait}, and its error says {told}"

    @pytest.mark.parametrize("how", _BROKEN)
    def test_broken_answer_is_told(self, connect: Connect, gateway: Gateway, proxy: Proxy, how: str) -> None:
        """An error of the right kind; where a change was asked for, it may have been made."""
        fault, kind = _BROKEN[how]
        _, remote_id = self._opened(gateway)
        calls = self._calls(connect(proxy.url, timeout=PATIENT), remote_id)
        for name, error in self._met(proxy, fault, calls, due=kind):
            assert kind == error.kind, f"`{name}` takes {how} for {error.kind!r}, and not {kind!r}"
            assert error.retryable, f"`{name}` gives up after {how}; it can be tried again: retryable=True"
            if name in {"open", "comment"} and proxy.writes:
                assert error.ambiguous, f"`{name}` may have been done in spite of {how}: ambiguous=True"
        assert gateway.fetch(remote_id).remote_id == remote_id

    def test_redirection_is_not_followed(
        self, connect: Connect, gateway: Gateway, proxy: Proxy, vendor_url: str
    ) -> None:
        """What is sent goes where its URL says, and to no other host: neither key nor words."""
        _, remote_id = self._opened(gateway)
        other = Proxy(vendor_url)
        other.arm(saying(200, b"{}"))
        try:
            for status in (301, 302, 307, 308):
                fault = saying(status, b"", Location=other.url)
                calls = self._calls(connect(proxy.url, timeout=PATIENT), remote_id)
                for name, error in self._met(proxy, fault, calls, due="protocol"):
                    assert other.turns == 0, f"`{name}` has followed a redirection ({status}) to another host"
                    assert error.retryable, f"`{name}` gives up after a redirection: retryable=True"
        finally:
            other.close()

    def test_endless_answer_is_cut(self, connect: Connect, gateway: Gateway, proxy: Proxy) -> None:
        """No more of it is read than a few megabytes, however much comes."""
        _, remote_id = self._opened(gateway)
        taken: list[int] = []
        calls = self._calls(connect(proxy.url, timeout=PATIENT), remote_id)
        some = {name: call for name, call in calls.items() if name in {"open", "fetch", "find", "changes"}}
        for name, error in self._met(proxy, gushing(taken.append), some, due="protocol"):
            assert "protocol" == error.kind, f"`{name}` takes an answer without end for {error.kind!r}"
        assert all(each < 48 * 1024 * 1024 for each in taken), "it reads whatever comes, without end"

    def _met(
        self, proxy: Proxy, fault: Fault, calls: Mapping[str, Callable[[], object]], *, due: str
    ) -> Iterator[tuple[str, VendorError]]:
        """Let every exchange of each call meet a fault; give the errors, which are *due*, of those that make one."""
        said = f"it was answered {fault}" if isinstance(fault, Saying) else "its answer does not end"
        for name, call in calls.items():
            proxy.arm(fault)
            _, error = attempted(f"`{name}`", call)
            if proxy.calm():
                assert error is not None, (
                    f"`{name}` takes for success what is none: {said}; expected is a VendorError of kind {due!r}"
                )
                assert proxy.writes < 2 or name not in _CHANGING, f"`{name}` tries again by itself; the core does that"
                yield name, error

    # -- what is never told

    def test_nothing_private_is_told(
        self, connect: Connect, gateway: Gateway, vendor_url: str | None, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither in errors nor by repr and logs, from INFO up: no secret, and nothing that customers write."""
        stranger = connect(vendor_url or "", timeout=PATIENT, wrong_key=True)
        with caplog.at_level(logging.INFO):
            told = [text for each in (gateway, stranger) for text in self._exercised(each)]
        self._untold("\n".join(told), "an error or a repr tells")
        self._untold_by(caplog)

    @pytest.mark.parametrize("how", ["lost", *_BROKEN])
    def test_nothing_private_is_told_of_a_failure(
        self, connect: Connect, proxy: Proxy, caplog: pytest.LogCaptureFixture, how: str
    ) -> None:
        """The same, where the vendor cannot be understood."""
        gateway = connect(proxy.url, timeout=PATIENT)
        proxy.arm(cut_after if how == "lost" else _BROKEN[how][0])
        with caplog.at_level(logging.INFO):
            told = self._exercised(gateway)
        proxy.calm()
        self._untold("\n".join(told), "an error or a repr tells")
        self._untold_by(caplog)

    def _exercised(self, gateway: Gateway) -> Sequence[str]:
        """Let a gateway do all that it can, and give what it says of itself and of errors."""
        asked = wanted(subject="zq-subject of a customer", text="zq-text of a customer\nzq-second line")
        opened, error = attempted("`open`", lambda: gateway.open(asked.request, key=asked.key))
        remote_id = str(opened.remote_id) if opened is not None else "1"
        calls = dict(self._calls(gateway, remote_id))
        if can(gateway, "attach"):
            file, key = file_of("zq-name of a file.txt", b"zq-content")
            calls["attach"] = lambda: gateway.attach(remote_id, file, key=key)
        if can(gateway, "set_status"):
            calls["set_status"] = lambda: gateway.set_status(remote_id, VendorStatus.FAILED)
        errors = [error, *(attempted(f"`{name}`", call)[1] for name, call in calls.items())]
        said = [text for each in errors if each is not None for text in _said_by(each)]
        return [repr(gateway), str(gateway), *said]

    def _untold(self, said: str, what: str) -> None:
        words = {"what a customer wrote": ("zq-subject", "zq-text", "zq-second"), "a file": ("zq-name", "zq-content")}
        private = {**words, **{f"secret {at}": forms_of([each]) for at, each in enumerate(self.secrets, 1)}}
        told = [kind for kind, forms in private.items() if any(form in said for form in forms)]
        if told:
            pytest.fail(f"{what} what is private: {', '.join(told)}")

    def _untold_by(self, caplog: pytest.LogCaptureFixture) -> None:
        for record in caplog.records:
            if not any(f"{record.name}.".startswith(f"{other}.") for other in self.other_loggers):
                whose = f"the logger {record.name!r} (in `other_loggers` if that is not the gateway's)"
                self._untold(caplog.handler.format(record), f"{whose} tells")

    def test_failure_is_whole(self, connect: Connect, gateway: Gateway, vendor_url: str | None) -> None:
        """Its error names the gateway, says something, and comes back from a pickle as it was."""
        stranger = connect(vendor_url or "", timeout=PATIENT, wrong_key=True)
        asked = wanted()
        error = failed("`open` with a wrong key", lambda: stranger.open(asked.request, key=asked.key))

        assert gateway.name == error.backend, "the VendorError names another backend: give it the gateway's `name`"
        assert isinstance(error.problem, str), "its `problem` is no text"
        assert error.problem.strip(), "its `problem` is empty; say what failed"
        copied = pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
        assert str(error) == str(copied), "it does not come back from a pickle as it was"

    def test_refused_change_is_final(self, connect: Connect, gateway: Gateway, proxy: Proxy) -> None:
        """What the vendor does not take (400, 422), or finds too big (413), is `rejected`, and not tried again."""
        _, remote_id = self._opened(gateway)
        held = connect(proxy.url, timeout=PATIENT)
        calls = {name: call for name, call in self._calls(held, remote_id).items() if name in _CHANGING}
        for status in (400, 413, 422):
            for name, error in self._met(proxy, saying(status, b'{"error": "no"}'), calls, due="rejected"):
                assert "rejected" == error.kind, f"`{name}` takes a {status} for {error.kind!r}"
                assert not error.retryable, f"`{name}` would try again after a {status}: retryable=False"

    def test_forbidden_is_told(self, connect: Connect, gateway: Gateway, proxy: Proxy) -> None:
        """A 401 is `auth`, a 403 is `permission`: people have to act."""
        _, remote_id = self._opened(gateway)
        calls = self._calls(connect(proxy.url, timeout=PATIENT), remote_id)
        for status, kind in ((401, "auth"), (403, "permission")):
            for name, error in self._met(proxy, saying(status, b"{}"), calls, due=kind):
                assert kind == error.kind, f"`{name}` takes a {status} for {error.kind!r}, and not {kind!r}"


def forms_of(secrets: Iterable[str]) -> Sequence[str]:
    """Give the ways in which secrets may show: as they are, quoted for a URL, and in base64 wherever they begin."""
    found = []
    for secret in secrets:
        found += [secret, quote(secret, safe="")]
        for before in range(3):
            encoded = base64.b64encode(b"\0" * before + secret.encode()).decode().rstrip("=")
            found.append(encoded[(0, 2, 3)[before] : -1])
    return [form for form in found if len(form) > 3]


def _said_by(error: VendorError) -> Iterable[str]:
    yield from (str(error), repr(error), str(error.args), str(error.reason), str(attrs.asdict(error)))
    yield "".join(traceback.format_exception(error))
