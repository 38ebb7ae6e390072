"""
A loopback proxy between a gateway and its vendor's HTTP: it loses answers, stalls, and answers in the vendor's place.

A fault is a function that is handed one turn: a request that has come, and the ways to go on with it. The vendor has
always done its part of a turn before the gateway is cut off, so that a test need not wait to see what came of it.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import ClassVar, Final
from urllib.parse import urlsplit

import attrs

Fault = Callable[["Turn"], None]

_READING: Final = (b"GET ", b"HEAD ", b"OPTIONS ")
EVERY: Final = 0

_PORTS: Final = {"http": 80, "smtp": 25}
_CHUNK: Final = 64 * 1024
_MOST: Final = 64 * 1024 * 1024
_SECONDS: Final = 30
_LENGTH: Final = re.compile(rb"(?im)^content-length:\s*([0-9]+)\s*$")
_CHUNKED: Final = re.compile(rb"(?im)^transfer-encoding:.*chunked")
_CONNECTION: Final = re.compile(rb"(?im)^(?:proxy-)?connection:.*\r\n")


@attrs.define(kw_only=True)
class Turn:
    """
    One request on its way.

    Attributes:
        client: Who has sent it.
        head: Its first line and headers, up to the empty line and with it.
        body: What follows.
        forward: Hands it to the vendor, and gives the whole answer.
        wrote: Whether it asks for a change, as far as can be told.
    """

    client: socket.socket
    head: bytes
    body: bytes
    forward: Callable[[bytes], bytes]
    wrote: bool

    def ask(self) -> bytes:
        """Let the vendor answer."""
        return self.forward(self.head + self.body)

    def say(self, data: bytes) -> None:
        """Hand bytes to the client."""
        self.client.sendall(data)

    def wait(self) -> None:
        """Say no more, until the client has gone."""
        self.client.recv(_CHUNK)


def pass_on(turn: Turn) -> None:
    """Do as if there were no proxy."""
    turn.say(turn.ask())


def cut_before(turn: Turn) -> None:
    """Break off before the vendor has heard anything."""


def cut_after(turn: Turn) -> None:
    """Break off before the first byte of the answer."""
    turn.ask()


def cut_in_headers(turn: Turn) -> None:
    """Break off in the middle of the answer's headers."""
    head, _ = _split(turn.ask())
    turn.say(head[: len(head) // 2])


def cut_in_body(turn: Turn) -> None:
    """Break off in the middle of the answer's body; at its end where it has none."""
    head, body = _split(turn.ask())
    turn.say(head + body[: len(body) // 2])


def stall(turn: Turn) -> None:
    """Keep the answer back, and the connection open."""
    turn.ask()
    turn.wait()


def stall_in_body(turn: Turn) -> None:
    """Keep back the last byte of the answer, and the connection open."""
    turn.say(turn.ask()[:-1])
    turn.wait()


LOSSES: Final[Mapping[str, Fault]] = {
    "cut before the request": cut_before,
    "cut after the request": cut_after,
    "cut in the headers": cut_in_headers,
    "cut in the body": cut_in_body,
    "stalled": stall,
    "stalled in the body": stall_in_body,
}
"""The ways to lose an answer."""


@attrs.frozen(kw_only=True)
class Saying:
    """
    Answers in the vendor's place.

    Attributes:
        status: With which number.
        kind: Of what type its body claims to be.
        answer: All of it.
    """

    status: int
    kind: str
    answer: bytes = attrs.field(repr=False)

    def __call__(self, turn: Turn) -> None:
        """Answer."""
        turn.say(self.answer)

    def __str__(self) -> str:
        """Say what is answered, in short."""
        return f"{self.status} ({self.kind})"


def saying(status: int, body: bytes = b"", *, kind: str = "application/json", **headers: str) -> Fault:
    """Answer in the vendor's place, which hears nothing; an underscore in the name of a header is a hyphen."""
    lines = [f"HTTP/1.1 {status} Said by the proxy", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    answer = "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body
    return Saying(status=status, kind=kind, answer=answer)


def gushing(sent: Callable[[int], None]) -> Fault:
    """Answer with JSON that hardly ends; say how many bytes of it were taken."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n["

    def gush(turn: Turn) -> None:
        taken = 0
        with suppress(OSError):
            turn.say(head)
            while taken < _MOST:
                turn.say(b" " * _CHUNK)
                taken += _CHUNK
        sent(taken)

    return gush


def forgetting(words: Sequence[bytes]) -> Fault:
    """Take every header that holds one of some words out of the request; letters large and small are the same."""
    hidden = [word.lower() for word in words]

    def forget(turn: Turn) -> None:
        first, *lines = turn.head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        kept = [line for line in lines if not any(word in line.lower() for word in hidden)]
        turn.head = b"\r\n".join([first, *kept, b"", b""])
        pass_on(turn)

    return forget


class Lying:
    """Remembers what the vendor answered to each kind of change, and later says so again without telling the vendor."""

    def __init__(self) -> None:
        """Begin with nothing to say."""
        self._said: dict[bytes, bytes] = {}
        self.lies = False
        self.lied = False

    def __call__(self, turn: Turn) -> None:
        """Pass a turn on, or lie about it."""
        what = turn.head.split(b"\r\n", 1)[0]
        known = self._said.get(what)
        if self.lies and turn.wrote and known is not None:
            self.lied = True
            turn.say(known)
            return
        answer = turn.ask()
        if turn.wrote:
            self._said[what] = answer
        turn.say(answer)


class Proxy:
    """
    Stands between a gateway and an HTTP server on this machine; a connection for each request.

    Attributes:
        url: What the gateway is given in place of the vendor's address.
        turns: How many requests have come since it was armed.
        writes: How many of them asked for a change, as far as their method tells.
        arrived: How many of these the vendor has been handed.
        hit: Whether the fault has met one of them.
        unfit: Faults that mean nothing here.
    """

    unfit: ClassVar[frozenset[Fault]] = frozenset()

    def __init__(self, url: str) -> None:
        """Stand before a vendor."""
        parts = urlsplit(url)
        self._vendor = (str(parts.hostname), parts.port or _PORTS[parts.scheme])
        self._server = socket.create_server(("127.0.0.1", 0), backlog=128)
        own = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.url: str = parts._replace(netloc=own).geturl()
        self._names = (own.encode(), parts.netloc.encode())
        self._changed = threading.Condition()
        self._asking = 0
        self.turns: int = 0
        self.writes: int = 0
        self.arrived: int = 0
        self.hit: bool = False
        self._open: set[socket.socket] = set()
        self.arm(pass_on)
        self._thread = threading.Thread(target=self._accept, name="proxy", daemon=True)
        self._thread.start()

    def arm(self, fault: Fault, *, at: int = EVERY, later_write: int = 0) -> None:
        """
        Let a fault meet turns from now on.

        Args:
            fault: What is to happen.
            at: The number of the one turn that is met, beginning with 1; all are when `EVERY`.
            later_write: In place of *at*, the number of the one among those that ask for a change, and are not the
                first turn.
        """
        with self._changed:
            self._fault, self._at, self._later_write = fault, at, later_write
            self.turns = self.writes = self.arrived = self._later_writes = 0
            self.hit = False

    def calm(self) -> bool:
        """Wait until the vendor has done what it was asked, and be no proxy any more; say whether the fault has hit."""
        with self._changed:
            self._changed.wait_for(lambda: not self._asking, timeout=_SECONDS)
            self._fault = pass_on
            return self.hit

    def close(self) -> None:
        """End it, and whoever is held."""
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        with self._changed:
            for client in self._open:
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=_SECONDS)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                threading.Thread(target=self._serve, args=(client,), name="proxy-turn", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with self._changed:
            self._open.add(client)
        with client, suppress(OSError):
            client.settimeout(_SECONDS)
            self._speak(client)
        with self._changed:
            self._open.discard(client)

    def _speak(self, client: socket.socket) -> None:
        """Take one request, and see what becomes of it."""
        head, body = _split(b"".join(_message(client)))
        if head:
            self._take(client, head, body, forward=self._forward, wrote=not head.startswith(_READING))

    def _take(
        self, client: socket.socket, head: bytes, body: bytes, *, forward: Callable[[bytes], bytes], wrote: bool
    ) -> bool:
        """Let a turn be, or let the fault meet it; say whether it was let be."""
        counted = partial(self._counted, forward, wrote=wrote)
        turn = Turn(client=client, head=head, body=body, forward=counted, wrote=wrote)
        fault = self._fault_of(turn)
        fault(turn)
        return fault is pass_on

    def _fault_of(self, turn: Turn) -> Fault:
        with self._changed:
            self.turns += 1
            self.writes += turn.wrote
            self._later_writes += turn.wrote and self.turns > 1
            meets = self._at in {EVERY, self.turns}
            if self._later_write:
                meets = turn.wrote and self.turns > 1 and self._later_writes == self._later_write
            self.hit = self.hit or meets
            return self._fault if meets else pass_on

    def _forward(self, request: bytes) -> bytes:
        head, body = _split(request)
        head = _CONNECTION.sub(b"", head.replace(*self._names)).removesuffix(b"\r\n")
        with socket.create_connection(self._vendor, _SECONDS) as vendor:
            vendor.sendall(head + b"Connection: close\r\n\r\n" + body)
            return b"".join(_message(vendor, answers=True))

    def _counted(self, forward: Callable[[bytes], bytes], request: bytes, *, wrote: bool) -> bytes:
        """Hand something to the vendor, so that it can be waited for."""
        with self._changed:
            self._asking += 1
            self.arrived += wrote
        try:
            return forward(request)
        finally:
            with self._changed:
                self._asking -= 1
                self._changed.notify_all()


def _split(message: bytes) -> tuple[bytes, bytes]:
    head, end, body = message.partition(b"\r\n\r\n")
    return head + end, body


def _message(source: socket.socket, *, answers: bool = False) -> Iterator[bytes]:
    """Read one message of HTTP, as far as it says how long it is; an answer that does not say ends with its stream."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = source.recv(_CHUNK)
        if not more:
            return
        read += more
    yield read
    head, body = _split(read)
    length, have = _LENGTH.search(head), len(body)
    if _CHUNKED.search(head):
        while not body.endswith(b"0\r\n\r\n") and (more := source.recv(_CHUNK)):
            body = body[-8:] + more
            yield more
    elif length or not answers:
        wanted = int(length[1]) if length else 0
        while have < wanted and (more := source.recv(_CHUNK)):
            have += len(more)
            yield more
    else:
        while more := source.recv(_CHUNK):
            yield more
