"""HTTP: one request, one answer, in bounded time and of bounded size."""

import os
import socket
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.servers import receivers
from tests.servers.receivers import listener

from supporttiers.backends import transport
from supporttiers.backends.transport import (
    MAX_ANSWER_BYTES,
    MAX_RETRY_AFTER,
    HttpRequest,
    HttpTransport,
    Transport,
    TransportError,
    cut_off,
    retry_after,
)
from supporttiers.errors import PolicyConfigError

SOON, LONG = timedelta(seconds=1), timedelta(seconds=10)
NOW = datetime(2026, 3, 23, 9, tzinfo=UTC)


def ask(url, within=LONG, carrier=None, **more):
    """Send a request."""
    return (carrier or HttpTransport()).send(HttpRequest(url=url, **more), within=within)


def failed(url, within=SOON, carrier=None):
    """Send a request that gets no answer, and give the error."""
    with pytest.raises(TransportError) as caught:
        ask(url, within, carrier)
    return str(caught.value), caught.value.ambiguous


def test_transport_sends_what_it_is_given_and_gives_what_comes(receiver):
    """Method, path with its question, headers and body arrive; status, headers and body come back."""
    receiver.answers = [(418, {"X-Pot": "tea", "x-pot": "coffee"})]
    answer = ask(receiver.url, headers={"X-One": "1"}, body=b"\x00\xff")

    [(method, path, headers, body)] = receiver.requests
    assert ("POST", "/in/s3cret?team=a", "1", b"\x00\xff") == (method, path, headers["X-One"], body)
    assert (418, "tea", b"", True) == (answer.status, answer.headers["x-pot"], answer.body, answer.whole)
    assert isinstance(HttpTransport(), Transport)


def test_transport_asks_for_the_root_where_a_url_has_no_path(receiver):
    """A URL may end with its host."""
    ask(receiver.url.partition("/in")[0], method="GET")

    assert "/" == receiver.requests[0][1]


def test_transport_follows_no_redirect(receiver):
    """A redirect is an answer like any other, and nobody else is asked."""
    with receivers.receiver() as other:
        receiver.answers = [(302, {"Location": other.url})]

        assert 302 == ask(receiver.url).status
        assert [] == other.requests


def test_transport_takes_no_proxy_from_the_environment(receiver, monkeypatch):
    """What is sent goes where its URL says."""
    with listener(lambda connection, over: connection.close()) as port:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")

        assert 200 == ask(receiver.url).status
    assert "http_proxy" in os.environ


@pytest.mark.parametrize(("wanted", "size"), [(MAX_ANSWER_BYTES, MAX_ANSWER_BYTES), (10, 10), (0, 0)])
def test_transport_cuts_an_answer_that_is_too_long(receiver, wanted, size):
    """Of ten megabytes, so much is read as was wanted, and it says that there is more."""
    receiver.answers = [receiver.gush]
    answer = ask(receiver.url, reads=wanted)

    assert (200, size, False) == (answer.status, len(answer.body), answer.whole)


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_transport_waits_no_longer_than_it_may(receiver, way):
    """Also for one who sends a byte now and then; the request may have arrived."""
    receiver.answers = [getattr(receiver, way)]

    assert ("no answer within 1 s", True) == failed(receiver.url)


def test_transport_says_that_a_request_may_have_arrived(receiver):
    """The connection broke after the request."""
    receiver.answers = [receiver.vanish]

    assert ("it gave no answer that can be understood (RemoteDisconnected)", True) == failed(receiver.url, LONG)


def test_transport_does_not_take_noise_for_an_answer():
    """Something else listens there."""
    with listener(lambda connection, over: connection.sendall(b"SSH-2.0-x\r\n")) as port:
        problem, ambiguous = failed(f"http://127.0.0.1:{port}/", LONG)

    assert problem.startswith("it gave no answer that can be understood (")
    assert ambiguous


def test_transport_says_that_nobody_is_there():
    """Nothing has been sent."""
    with listener(lambda connection, over: None) as port:
        pass

    assert ("it cannot be reached (ConnectionRefusedError)", False) == failed(f"http://127.0.0.1:{port}/")
    assert not failed("http://nobody.invalid/", LONG)[1]


@pytest.mark.parametrize(("url", "to"), [("http://[::1]/", ("::1", 80)), ("https://[::1]:8443/", ("::1", 8443))])
def test_transport_finds_the_port_of_an_address(monkeypatch, url, to):
    """An IPv6 address is full of colons."""
    asked = []

    def refuse(address, timeout):
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(transport, "create_connection", refuse)

    assert not failed(url)[1]
    assert [to] == asked


@pytest.mark.parametrize("hangs", [True, False])
def test_host_of_many_addresses_takes_no_longer_than_one(monkeypatch, hangs):
    """Each that says nothing takes of the time of all; one that refuses leaves it to the next."""
    given = []

    def nobody(address, seconds):
        given.append((address, seconds))
        if not hangs:
            raise ConnectionRefusedError
        threading.Event().wait(seconds)
        raise TimeoutError

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{last}", 80)) for last in range(1, 5)]
    monkeypatch.setattr(transport, "getaddrinfo", lambda *asked, **how: found)
    monkeypatch.setattr(transport, "create_connection", nobody)

    said = "no answer within 1 s" if hangs else "it cannot be reached (ConnectionRefusedError)"
    assert (said, False) == failed("http://many.example/")
    assert [address for *_, address in found[: len(given)]] == [address for address, _ in given]
    assert (1 if hangs else 4) == len(given)


def test_transport_verifies_certificates(certified, trusting):
    """Of an authority that the machine does not know nothing is believed, and nothing is sent."""
    with receivers.receiver(certified) as secure:
        assert ("it cannot be reached (SSLCertVerificationError)", False) == failed(secure.url, LONG)
        assert [] == secure.requests
        assert 200 == ask(secure.url, carrier=HttpTransport(context=trusting)).status


def test_transport_verifies_the_name_of_the_host(certified, trusting):
    """A certificate of somebody else's is none."""
    with receivers.receiver(certified) as secure:
        url = secure.url.replace("localhost", "127.0.0.2")

        assert not failed(url, LONG, HttpTransport(context=trusting))[1]


def test_transport_waits_no_longer_for_a_handshake():
    """A server that accepts and says nothing holds nobody."""
    with listener(lambda connection, over: over.wait(20)) as port:
        assert ("no answer within 1 s", False) == failed(f"https://localhost:{port}/")


def test_connection_is_cut_off_as_soon_as_there_is_one():
    """The time was over while it was being made."""
    here, there = socket.socketpair()
    held = iter([None, here])
    with here, there, cut_off(lambda: next(held, None), 0) as cut:
        there.settimeout(10)

        assert b"" == there.recv(1)
        assert cut.is_set()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://x/", "must begin with http:// or https:// and name a host"),
        ("https:///path", "must begin with http:// or https:// and name a host"),
        (7, "must begin with http:// or https:// and name a host"),
        ("http://[::1/", "must name a host, and a port only as a number"),
        ("http://host:port/", "must name a host, and a port only as a number"),
        ("http://host:0/", "must begin with http:// or https:// and name a host"),
        ("http://host/a b", "must be written in printable ASCII; encode the rest with percent signs"),
        ("http://host/a\r\nX: y", "must be written in printable ASCII; encode the rest with percent signs"),
        ("http://höst/", "must be written in printable ASCII; encode the rest with percent signs"),
        ("http://jane:hunter2@host/", "must not hold a user name or password"),
    ],
)
def test_request_refuses_a_url_that_is_none(url, problem):
    """It is not shown: many a URL is a secret."""
    with pytest.raises(PolicyConfigError) as caught:
        HttpRequest(url=url)

    assert f"HttpRequest.url: {problem}" == str(caught.value)


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("0", 0), ("120", 120), (" 5 ", 5), ("999999999", 86_400), ("99999999999", None), ("-1", None), ("1.5", None),
        ("", None), (None, None), ("soon", None), ("\u0661\u0662", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        (format_datetime(NOW + timedelta(days=90), usegmt=True), 86_400),
        ("Mon, 23 Mar 2026 09:05:00 -0000", None), ("Mon, 99 Mar 2026 09:05:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_of_seconds_or_a_date(text, wait):
    """It is capped, never negative, and what cannot be read is none."""
    assert retry_after(text, now=NOW) == (None if wait is None else timedelta(seconds=wait))


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ?[A-Z+\-0-9]*", fullmatch=True))
def test_retry_after_takes_whatever_comes(text):
    """A stranger writes it."""
    wait = retry_after(text, now=NOW)

    assert wait is None or timedelta(0) <= wait <= MAX_RETRY_AFTER
