"""
JSON over HTTP, as ticket systems speak it: what is said, and what every way of going wrong means.

What an answer means is told by its status, its kind and its body together: a page of HTML where JSON was due is no
answer, whatever its status. No word of a vendor's answer, and none of ours, stands in an error.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import attrs

from supporttiers.backends.transport import (
    MOST_BYTES,
    HttpRequest,
    HttpResponse,
    HttpTransport,
    Transport,
    TransportError,
    check_url,
    retry_after,
)
from supporttiers.clock import Clock, SystemClock
from supporttiers.errors import PluginError, VendorError

T = TypeVar("T")
Query = Mapping[str, str | Sequence[str]]

TIMEOUT: Final = timedelta(seconds=30)
"""So long an exchange with a vendor may take."""

TOO_LONG: Final = f"its answer is longer than {MOST_BYTES} bytes"
"""The problem of such an answer, by which a gateway knows that it should have asked for less."""

_READS: Final = frozenset({"GET", "OPTIONS"})
_KINDS: Final[Mapping[int, str]] = {
    401: "auth", 403: "permission", 404: "gone", 408: "unavailable", 409: "conflict", 410: "gone", 412: "conflict",
    425: "unavailable", 429: "rate_limited", 501: "rejected",
}  # fmt: skip
_NO_PLACES: Final = frozenset({".", ".."})
_WITHOUT_BODY: Final = frozenset({204, 205})
_SAYING_HOW_LONG: Final = frozenset({"content-length", "transfer-encoding"})
_FINAL: Final = frozenset({"permission", "rejected", "gone"})


@attrs.frozen(kw_only=True)
class Reply:
    """
    A vendor's answer that means success.

    Attributes:
        status: Its number: 200 to 299.
        headers: By name in small letters.
        value: What its JSON says; None where it has no body.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    value: Any = attrs.field(default=None, repr=False)


def basic(name: str, user: str, password: str) -> str:
    """
    Give the header `authorization` of an account with a password.

    >>> basic("acme", "desk", "secret")
    'Basic ZGVzazpzZWNyZXQ='

    Args:
        name: The vendor's, for the error.
        user: The account's name.
        password: Its password.

    Raises:
        PluginError: The name holds a colon.
    """
    if ":" in user:
        raise PluginError(name, "its `user` holds a colon, which would end it where it is sent")
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class Rest:
    """
    Speaks JSON with one vendor. Nothing of it is shown: its headers hold secrets.

    An exchange takes 30 seconds at most, and reads 4 MiB at most; no redirection is followed, nothing is sent twice.
    Whatever is no success in JSON is a `VendorError` of the right kind, which says whether it may have been done.

    >>> class Acme:  # in place of a network
    ...     def send(self, request, /, *, within):
    ...         print(request.method, request.url, request.body)
    ...         return HttpResponse(status=201, headers={"content-type": "application/json"}, body=b'{"id": "AP-1"}')
    >>> rest = Rest("acme", "https://acme.example/api", headers={"x-key": "s3cret"}, transport=Acme())
    >>> reply = rest.send("POST", "tickets", "7/8", "comments", value={"text": "Hello"})
    POST https://acme.example/api/tickets/7%2F8/comments b'{"text": "Hello"}'
    >>> reply, rest.part(reply.value, "id", kind=str)
    (Reply(status=201), 'AP-1')
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        headers: Mapping[str, str],
        transport: Transport | None = None,
        timeout: timedelta = TIMEOUT,
        clock: Clock | None = None,
        kind_of: Callable[[HttpResponse], str | None] | None = None,
    ) -> None:
        """
        Say with whom, and how.

        Args:
            name: The vendor's, for errors.
            url: Below which all paths lie.
            headers: That go with every request: who we are.
            transport: Carries the requests; `HttpTransport()` when None.
            timeout: How long one exchange may take, from the beginning to the end.
            clock: Tells the time, for dates in answers; the machine's when None.
            kind_of: Says of an answer what it means with this vendor, as one of `errors.FAULTS`; None is the usual.

        Raises:
            PolicyConfigError: The URL is none.
        """
        self._name = name
        self._whole = check_url(url, "url")
        self._url = self._whole.rstrip("/")
        self._headers = {"accept": "application/json", "user-agent": "supporttiers", **headers}
        self._transport = transport or HttpTransport()
        self._timeout = timeout
        self._clock = clock or SystemClock()
        self._kind_of = kind_of or (lambda _: None)

    def __repr__(self) -> str:
        """Show for whom."""
        return f"{type(self).__name__}({self._name!r})"

    def ask(self, *path: str, query: Query | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """
        Read something: a GET, which may be repeated at any time.

        Args:
            path: The parts of the path, each quoted.
            query: What stands behind the question mark; a word with several values stands there several times.
            headers: More of them.

        Raises:
            VendorError: It could not be read.
        """
        return self.send("GET", *path, query=query, headers=headers)

    def send(
        self,
        method: str,
        *path: str,
        value: object = None,
        content: bytes | None = None,
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """
        Send a request.

        Args:
            method: `GET`, `POST` and the like.
            path: The parts of the path, each quoted; without any the URL is that of the vendor, as it was given.
            value: What is sent as JSON; nothing when None.
            content: What is sent as it is, in place of JSON; its type has to stand in *headers*.
            query: What stands behind the question mark; a word with several values stands there several times.
            headers: More of them.

        Raises:
            VendorError: It was not taken, or no answer came that says so. `ambiguous` where a request that changes
                something may have done so all the same.
        """
        if not _NO_PLACES.isdisjoint(path):  # which some servers, and some ways to them, take for another path
            raise VendorError(self._name, "there can be nothing of such an id", retryable=False, kind="gone")
        parts = (quote(part, safe="", errors="replace") for part in path)  # ids are the vendor's: anything stands there
        target = "/".join([self._url, *parts]) if path else self._whole
        target += f"?{urlencode(query, doseq=True, errors='replace')}" if query else ""
        sent = {**self._headers, **(headers or {})}
        body = b"" if content is None else content
        if value is not None:
            body = json.dumps(value).encode()
            sent["content-type"] = "application/json"
        request = HttpRequest(method=method, url=target, headers=sent, body=body, reads=MOST_BYTES)
        changes = method not in _READS
        try:
            answer = self._transport.send(request, within=self._timeout)
        except TransportError as error:
            raise VendorError(
                self._name, error.problem, retryable=True, ambiguous=error.ambiguous and changes
            ) from None
        if answer.status // 100 != 2:  # noqa: PLR2004 - the class of success
            raise self._not_taken(answer, changes=changes)
        return Reply(status=answer.status, headers=answer.headers, value=self._value(answer, changes=changes))

    def _not_taken(self, answer: HttpResponse, *, changes: bool) -> VendorError:
        status, wait = answer.status, None
        problem = f"it answered {status}"
        if status // 100 == 3:  # noqa: PLR2004 - the class of redirections
            kind, problem = "protocol", f"{problem}, a redirection, which is not followed"
        else:
            kind = _KINDS.get(status, "unavailable" if status // 100 == 5 else "rejected")  # noqa: PLR2004 - of servers
        kind = self._kind_of(answer) or kind
        if status in {429, 503}:
            wait = retry_after(answer.headers.get("retry-after"), now=self._clock.now())
        ambiguous = changes and kind == "unavailable"
        return VendorError(
            self._name, problem, retryable=kind not in _FINAL, ambiguous=ambiguous, kind=kind, retry_after=wait
        )

    def _value(self, answer: HttpResponse, *, changes: bool) -> Any:  # noqa: ANN401 - whatever JSON can say
        if not answer.whole:
            raise self.misunderstood(TOO_LONG, ambiguous=changes)
        if not answer.body.strip():
            if answer.status not in _WITHOUT_BODY and not _SAYING_HOW_LONG & answer.headers.keys():
                raise self.misunderstood("its answer breaks off", ambiguous=changes)  # perhaps amid its headers
            return None
        if "json" not in answer.headers.get("content-type", "").lower():
            raise self.misunderstood("it answered something else than JSON", ambiguous=changes)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise self.misunderstood("it answered what is no JSON", ambiguous=changes) from None

    def misunderstood(self, problem: str, *, ambiguous: bool = False) -> VendorError:
        """
        Make the error for an answer that its interface does not allow.

        Args:
            problem: What is wrong with it; nothing of the answer itself.
            ambiguous: Whether something has been done, or may have been, by what was answered so.
        """
        return VendorError(self._name, problem, retryable=True, ambiguous=ambiguous, kind="protocol")

    def part(self, value: object, *path: str | int, kind: type[T], ambiguous: bool = False) -> T:
        """
        Give a part of an answer.

        >>> rest = Rest("acme", "https://acme.example/api", headers={})
        >>> rest.part({"tickets": [{"id": 7}]}, "tickets", 0, "id", kind=int)
        7
        >>> rest.part({"tickets": []}, "tickets", 0, "id", kind=int, ambiguous=True)
        Traceback (most recent call last):
            ...
        supporttiers.errors.VendorError: acme: tickets.0.id in its answer is no int; it may be tried again

        Args:
            value: The answer.
            path: Names in tables and places in lists, from the outside to the inside.
            kind: What must stand there.
            ambiguous: Whether something has been done, or may have been, by what was answered so.

        Raises:
            VendorError: Something else stands there, or nothing.
        """
        found = value
        for step in path:
            if isinstance(step, str) and isinstance(found, dict):
                found = found.get(step)
            elif isinstance(step, int) and isinstance(found, list) and step < len(found):
                found = found[step]
            else:
                found = None
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is int):
            where = ".".join(map(str, path)) or "the answer"
            raise self.misunderstood(f"{where} in its answer is no {kind.__name__}", ambiguous=ambiguous)
        return found
