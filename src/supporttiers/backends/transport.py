"""
HTTP for adapters: one request, one answer, in bounded time and of bounded size.

An adapter that speaks HTTP takes a `Transport`. `HttpTransport` is the one that needs nothing but the standard library.
"""

import http.client
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from socket import SHUT_RDWR, SOCK_STREAM, create_connection, getaddrinfo, socket
from time import monotonic
from typing import Final, Protocol, runtime_checkable
from urllib.parse import urlsplit

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import part
from supporttiers.errors import PolicyConfigError

MAX_ANSWER_BYTES: Final = 64 * 1024
"""So much of an answer is read, unless the request wants more or less of it."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""So much of an answer a request can want at most."""

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""What can be asked."""

MAX_RETRY_AFTER: Final = timedelta(hours=24)
"""Nobody who asks to be left alone for longer is left alone for longer."""

_LOOK_AGAIN: Final = 0.02
_SECONDS: Final = re.compile(r"[0-9]{1,9}")
_URL_CHARACTERS: Final = re.compile(r"[!-~]+")


def _url(value: object) -> str | None:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            return "must begin with http:// or https:// and name a host"
    except ValueError:  # brackets that do not close, or a port that is no number
        return "must name a host, and a port only as a number"
    if not _URL_CHARACTERS.fullmatch(parts.geturl()) or parts.geturl() != value:
        return "must be written in printable ASCII; encode the rest with percent signs"
    return None if parts.username is None and parts.password is None else "must not hold a user name or password"


@attrs.frozen(kw_only=True)
class HttpRequest:
    """
    One request.

    >>> HttpRequest(url="https://hooks.example.org/support?key=secret", body=b"{}")
    HttpRequest(method='POST')

    Attributes:
        method: `GET`, `POST` and the like; `OPTIONS` asks what there is, and changes nothing.
        url: Where to: `http://` or `https://`, never shown.
        headers: By name.
        body: What is sent; may be empty.
        reads: So many bytes of the answer are wanted, at most `MOST_BYTES`.

    Raises:
        PolicyConfigError: A field cannot be so; the error names it.
    """

    method: str = attrs.field(default="POST", validator=part(fields.one_of(METHODS)))
    url: str = attrs.field(validator=part(_url), repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=fields.plain_dict, hash=False, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    reads: int = attrs.field(default=MAX_ANSWER_BYTES, validator=part(fields.at_least(0, MOST_BYTES)), repr=False)


@attrs.frozen(kw_only=True)
class HttpResponse:
    """
    One answer.

    Attributes:
        status: Its number: 200.
        headers: By name in small letters; of several with one name, the first.
        body: As much of it as was wanted.
        whole: Whether that is all of it.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict, hash=False, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    whole: bool = True


@attrs.define
class TransportError(Exception):
    """
    There was no answer; an adapter turns it into its own error.

    Attributes:
        problem: What went wrong; holds no part of the request.
        ambiguous: Whether the request may have arrived all the same.
    """

    problem: str
    ambiguous: bool

    def __str__(self) -> str:
        """Say the problem."""
        return self.problem


@runtime_checkable
class Transport(Protocol):
    """Carries requests. It follows no redirects: an answer 3xx is an answer like any other."""

    def send(self, request: HttpRequest, /, *, within: timedelta) -> HttpResponse:
        """
        Send, and give the answer.

        Args:
            request: What to send.
            within: How long it may take from the beginning to the end.

        Raises:
            TransportError: There was no answer in time, or none that can be understood.
        """
        ...


class HttpTransport:
    """
    Carries requests by the standard library: a connection for each.

    It verifies certificates, follows no redirects, and takes no proxy from the environment: what is sent goes where its
    URL says, and nowhere else.

    >>> isinstance(HttpTransport(), Transport)
    True

    .. versionadded:: 0.1.0
    """

    def __init__(self, *, context: ssl.SSLContext | None = None) -> None:
        """
        Say whom to trust.

        Args:
            context: How TLS is spoken; when None, with the authorities that the machine trusts, host names verified.
        """
        self._context = context

    def send(self, request: HttpRequest, /, *, within: timedelta) -> HttpResponse:
        """Send, and give the answer. See `Transport.send`."""
        seconds = within.total_seconds()
        parts = urlsplit(request.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        port = kind.default_port if parts.port is None else parts.port  # else it would look for one in an IPv6 address
        connection = kind(str(parts.hostname), port, timeout=seconds)
        connected = False
        with cut_off(lambda: connection.sock, seconds) as cut:
            try:
                self._connect(connection, seconds)
                connected = True
                answer = _exchange(connection, request)
                if cut.is_set():  # what ends early may pass for an answer
                    raise TimeoutError
            except (OSError, http.client.HTTPException, ValueError) as error:
                what = "it gave no answer that can be understood" if connected else "it cannot be reached"
                late = cut.is_set() or isinstance(error, TimeoutError)
                why = f"no answer within {seconds:g} s" if late else f"{what} ({type(error).__name__})"
                raise TransportError(why, ambiguous=connected) from error
            else:
                return answer
            finally:
                connection.close()

    def _connect(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        connection.sock = connected(connection.host, connection.port, seconds)
        if isinstance(connection, http.client.HTTPSConnection):
            connection.sock = secured = over_tls(connection.sock, self._context, connection.host)
            secured.do_handshake()


def connected(host: str, port: int, seconds: float) -> socket:
    """
    Connect to the first address of a host that takes it, within a time for all of them.

    The standard library gives each the whole time, and a receiver may name as many addresses as it likes.
    """
    until = monotonic() + seconds
    failed: OSError = TimeoutError()
    for *_, address in getaddrinfo(host, port, type=SOCK_STREAM):
        left = until - monotonic()
        if left <= 0:
            break
        try:
            return create_connection((str(address[0]), port), left)
        except OSError as error:
            failed = error
    raise failed


def over_tls(plain: socket, context: ssl.SSLContext | None, host: str) -> ssl.SSLSocket:
    """Speak TLS over a connection; the handshake is left to the caller, who can then be cut off in it."""
    return (context or ssl.create_default_context()).wrap_socket(
        plain, server_hostname=host, do_handshake_on_connect=False
    )


def _exchange(connection: http.client.HTTPConnection, request: HttpRequest) -> HttpResponse:
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request(request.method, target, request.body or None, dict(request.headers))
    headers: dict[str, str] = {}
    with connection.getresponse() as answer:  # it may have taken the socket over, which then ends with it
        for name, value in answer.getheaders():
            headers.setdefault(name.lower(), value)
        body = answer.read(request.reads + 1) if request.reads else b""
        if answer.length and 0 < request.reads >= len(body):  # so many bytes it lacks; the library does not say so
            raise http.client.IncompleteRead(b"", answer.length)
    return HttpResponse(
        status=answer.status, headers=headers, body=body[: request.reads], whole=0 < request.reads >= len(body)
    )


@contextmanager
def cut_off(holder: Callable[[], socket | None], seconds: float) -> Iterator[threading.Event]:
    """
    Cut a connection off if it takes too long, whatever it is waiting for; the event then says that it was.

    A time-out of a socket is for one read: a server that sends a byte now and then could hold a worker for ever.

    Args:
        holder: Gives the connection's socket as it is then, or None.
        seconds: After how long.
    """
    cut, done = threading.Event(), threading.Event()

    def watch() -> None:
        if done.wait(seconds):
            return
        cut.set()
        while not done.wait(_LOOK_AGAIN):  # it may be connecting still, or go on to another socket
            held = holder()
            if held is not None:
                with suppress(OSError):  # it has ended meanwhile
                    socket.shutdown(held, SHUT_RDWR)  # below TLS, which must not fall back to plain text

    threading.Thread(target=watch, name="supporttiers-cut-off", daemon=True).start()
    try:
        yield cut
    finally:
        done.set()


def retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """
    Read a header `Retry-After`.

    Args:
        value: A number of seconds, or a date as HTTP writes it; None where there is no such header.
        now: The present instant, aware.

    Returns:
        How long to wait: zero to `MAX_RETRY_AFTER`; None where there is no header, or none that can be read.

    >>> from datetime import UTC, datetime
    >>> now = datetime(2026, 3, 23, 9, 0, tzinfo=UTC)
    >>> str(retry_after("120", now=now)), str(retry_after("Mon, 23 Mar 2026 09:05:00 GMT", now=now))
    ('0:02:00', '0:05:00')

    Source: RFC 9110, section 10.2.3.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(timedelta(seconds=int(text)), MAX_RETRY_AFTER)
    if not text.isascii():
        return None
    try:
        until = parsedate_to_datetime(text)
        wait = until - now
    except (ValueError, TypeError, IndexError, OverflowError):  # no date, or one without a zone
        return None
    return min(max(wait, timedelta(0)), MAX_RETRY_AFTER)


def check_url(url: str, field: str) -> str:
    """
    Give a URL that a request can go to.

    Raises:
        PolicyConfigError: It is none; the error names the field, and does not show the URL.
    """
    problem = _url(url)
    if problem:
        raise PolicyConfigError(field, problem)
    return url
