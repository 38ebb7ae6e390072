"""JSON over HTTP with a vendor: what every answer means, and that nothing of it, or of ours, is told."""

import json
from datetime import timedelta

import pytest
from tests.servers.receivers import receiver

from supporttiers.backends.rest import Rest
from supporttiers.backends.transport import MOST_BYTES, HttpResponse
from supporttiers.errors import PolicyConfigError, VendorError
from supporttiers.testing import FakeClock

KEY = "s3cret-key"
JSON = {"content-type": "application/json; charset=utf-8"}
CHANGES = [("POST", True), ("GET", False)]


class Answering:
    """A transport that gives one answer, and keeps the request."""

    def __init__(self, status=200, body=b"", headers=None, *, whole=True):
        self.answer = HttpResponse(status=status, body=body, headers=JSON if headers is None else headers, whole=whole)

    def send(self, request, /, *, within):
        """Take a request."""
        self.request, self.within = request, within
        return self.answer


def rest(transport, **more):
    """Make one that speaks by a transport."""
    clock = FakeClock("2026-03-23T09:00Z")
    return Rest(
        "acme", "https://acme.example.org/api/", headers={"x-key": KEY}, transport=transport, clock=clock, **more
    )


def refused(transport, method="POST"):
    """Give the error that an answer makes."""
    with pytest.raises(VendorError) as caught:
        rest(transport).send(method, "tickets", value={"text": "Jane Doe"} if method == "POST" else None)
    for hidden in (KEY, "Jane Doe", "their words"):
        assert hidden not in f"{caught.value!r} {caught.value}"
    assert caught.value.__cause__ is None
    return caught.value


def test_what_is_sent_is_json_below_the_url():
    """Parts of the path are quoted, so that an id of the vendor's leads nowhere else."""
    transport = Answering(body=b'{"id": 7}')
    reply = rest(transport, timeout=timedelta(seconds=3)).send(
        "PUT", "tickets", "../7?x=1", value={"text": "Grüße"}, query={"q": "a b"}, headers={"If-Match": "v1"}
    )

    request = transport.request
    assert ("PUT", "https://acme.example.org/api/tickets/..%2F7%3Fx%3D1?q=a+b") == (request.method, request.url)
    assert {"text": "Grüße"} == json.loads(request.body)
    assert {"accept", "user-agent", "x-key", "If-Match", "content-type"} == request.headers.keys()
    assert (timedelta(seconds=3), MOST_BYTES) == (transport.within, request.reads)
    assert (200, {"id": 7}) == (reply.status, reply.value)


def test_bytes_are_sent_as_they_are():
    """With the type that is said with them; a GET has no body."""
    transport = Answering(status=204)
    reply = rest(transport).send("POST", "files", content=b"\x00\xff", headers={"content-type": "image/png"})
    assert (b"\x00\xff", "image/png") == (transport.request.body, transport.request.headers["content-type"])
    assert reply.value is None

    rest(transport).ask("tickets")
    assert ("GET", b"") == (transport.request.method, transport.request.body)
    assert "content-type" not in transport.request.headers


@pytest.mark.parametrize(("status", "kind", "retryable", "ambiguous"), [
    (301, "protocol", True, False), (302, "protocol", True, False),
    (400, "rejected", False, False), (401, "auth", True, False), (403, "permission", False, False),
    (404, "gone", False, False), (408, "unavailable", True, True), (409, "conflict", True, False),
    (410, "gone", False, False), (412, "conflict", True, False), (413, "rejected", False, False),
    (422, "rejected", False, False), (429, "rate_limited", True, False), (500, "unavailable", True, True),
    (501, "rejected", False, False), (502, "unavailable", True, True), (503, "unavailable", True, True),
])  # fmt: skip
def test_status_says_what_was_wrong(status, kind, retryable, ambiguous):
    """Where it may have happened all the same, it is said; what changes nothing is never ambiguous."""
    error = refused(Answering(status, b'{"error": "their words"}'))
    assert (kind, retryable, ambiguous) == (error.kind, error.retryable, error.ambiguous)
    assert str(status) in error.problem
    assert not refused(Answering(status, b'{"error": "their words"}'), "GET").ambiguous


@pytest.mark.parametrize(("status", "value", "seconds"), [
    (429, "3", 3), (429, "Mon, 23 Mar 2026 09:02:00 GMT", 120), (429, None, None), (429, "soon", None),
    (503, "60", 60), (500, "60", None),
])  # fmt: skip
def test_vendor_says_when_to_come_again(status, value, seconds):
    """In seconds or as a date, whatever its body is; what cannot be read is as if it had said nothing."""
    headers = {"content-type": "text/plain"} | ({} if value is None else {"retry-after": value})
    error = refused(Answering(status, b"their words: too many", headers))
    assert error.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(("answer", "problem"), [
    (Answering(body=b"<html>their words</html>", headers={"content-type": "text/html"}), "something else than JSON"),
    (Answering(body=b"their words", headers={}), "something else than JSON"),
    (Answering(body=b'{"id": 7, "text": "their wo'), "no JSON"),
    (Answering(body=b"\xff\xfe"), "no JSON"),
    (Answering(body=b"[" * 100_000), "no JSON"),
    (Answering(body=b'{"id": 7}', whole=False), "longer than"),
])  # fmt: skip
@pytest.mark.parametrize(("method", "ambiguous"), CHANGES)
def test_what_is_no_answer_is_told_from_one(answer, problem, method, ambiguous):
    """A page, a half of an answer, and one without end mean nothing, whatever their status."""
    error = refused(answer, method)
    assert problem in error.problem
    assert ("protocol", True, ambiguous) == (error.kind, error.retryable, error.ambiguous)


@pytest.mark.parametrize(("method", "ambiguous"), CHANGES)
@pytest.mark.parametrize("way", ["hang", "vanish", "drip"])
def test_answer_that_does_not_come_is_ambiguous(method, ambiguous, way):
    """Of what changes something nobody knows whether it has; what only reads may be asked again."""
    with receiver() as vendor:
        vendor.answers = [getattr(vendor, way)]
        asked = Rest("acme", vendor.url.split("/in/")[0], headers={}, timeout=timedelta(seconds=0.3))
        with pytest.raises(VendorError) as caught:
            asked.send(method, "tickets")
    assert ("unavailable", True, ambiguous) == (caught.value.kind, caught.value.retryable, caught.value.ambiguous)


def test_ten_megabytes_are_not_read():
    """An answer without end is broken off."""
    with receiver() as vendor:
        vendor.answers = [vendor.gush]
        with pytest.raises(VendorError, match="longer than 4194304 bytes"):
            Rest("acme", vendor.url.split("/in/")[0], headers={}).ask("tickets")


def test_redirection_takes_no_secret_along():
    """It is an answer like any other: nothing is sent where it points to."""
    with receiver() as other, receiver() as vendor:
        vendor.answers = [(307, {"Location": other.url})]
        with pytest.raises(VendorError, match="a redirection, which is not followed"):
            Rest("acme", vendor.url.split("/in/")[0], headers={"x-key": KEY}).ask("tickets")
        assert [] == other.requests


def test_nobody_listening_is_certain():
    """What cannot have arrived has not."""
    with pytest.raises(VendorError) as caught:
        Rest("acme", "http://127.0.0.1:1/", headers={}).send("POST", "tickets")
    assert not caught.value.ambiguous


def test_parts_of_an_answer_are_what_they_must_be():
    """Tables and lists are gone into; the error names the place, and nothing that stood there."""
    asked = rest(Answering())
    value = {"items": [{"id": 7, "open": True}]}
    assert 7 == asked.part(value, "items", 0, "id", kind=int)
    assert asked.part(value, "items", 0, "open", kind=bool)
    assert value == asked.part(value, kind=dict)
    for path in (("items", 1, "id"), ("items", "id"), ("items", 0, "open"), (0,), ("their words", 0)):
        with pytest.raises(VendorError) as caught:
            asked.part(value, *path, kind=int)
        assert ("protocol", True) == (caught.value.kind, caught.value.retryable)
    with pytest.raises(VendorError, match="its answer is no list"):
        asked.part(value, kind=list)


def test_secrets_are_not_shown():
    """Neither in what stands for it, nor in the error for a URL that is none."""
    assert "Rest('acme')" == repr(rest(Answering()))
    with pytest.raises(PolicyConfigError) as caught:
        Rest("acme", f"https://jane:{KEY}@acme.example.org", headers={})
    assert KEY not in str(caught.value)


@pytest.mark.parametrize(("method", "ambiguous"), CHANGES)
def test_empty_answer_says_that_it_is(method, ambiguous):
    """One that does not has broken off amid its headers."""
    assert rest(Answering(status=204, headers={})).send("PUT", "tickets").value is None
    assert rest(Answering(headers={"content-length": "0"})).send("PUT", "tickets").value is None
    error = refused(Answering(status=201, headers={"content-type": "application/json"}), method)
    assert ("protocol", True, ambiguous) == (error.kind, error.retryable, error.ambiguous)


def test_url_without_a_path_stays_as_it_is():
    """A slash at its end means something to many a server."""
    transport = Answering(body=b"{}")
    rest(transport).send("POST", value={})
    assert "https://acme.example.org/api/" == transport.request.url


@pytest.mark.parametrize(("method", "ambiguous"), CHANGES)
@pytest.mark.parametrize("begin", [b"", b'{"id": 7}'])
def test_answer_that_is_shorter_than_it_says_is_none(method, ambiguous, begin):
    """However much of it has come: what was lost may have said something else."""

    def short(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 57\r\n\r\n" + begin)
        handler.close_connection = True

    with receiver() as vendor:
        vendor.answers = [short]
        with pytest.raises(VendorError) as caught:
            Rest("acme", vendor.url.split("/in/")[0], headers={}).send(method, "tickets")
    assert ("unavailable", ambiguous) == (caught.value.kind, caught.value.ambiguous)


def test_id_that_is_a_step_is_nothing():
    """Servers, and proxies before them, take it for another path; nothing is sent."""
    for step in (".", ".."):
        with pytest.raises(VendorError, match="nothing of such an id") as caught:
            rest(None).ask("tickets", step)
        assert ("gone", False) == (caught.value.kind, caught.value.retryable)


def test_half_a_character_in_an_id_does_no_harm():
    """A vendor's answer may hold one; no address can."""
    transport = Answering(body=b"{}")
    rest(transport).ask("tickets", "7\ud800", query={"id": ["\ud800"]})
    assert "https://acme.example.org/api/tickets/7%3F?id=%3F" == transport.request.url
