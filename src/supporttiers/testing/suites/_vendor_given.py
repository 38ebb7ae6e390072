"""What the author of a gateway gives its laws, and what all of them do with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Event
from time import monotonic
from typing import Any, ClassVar, Final, Protocol, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

import attrs
import pytest

from supporttiers import _fields as fields
from supporttiers.clock import Clock, IdFactory, SystemClock
from supporttiers.effects import VendorAnswer, VendorFile, VendorMessage, VendorRequest
from supporttiers.errors import FAULTS, VendorError
from supporttiers.links import VendorEntry, VendorStatus, reference_of
from supporttiers.testing.suites._conversation import Conversation
from supporttiers.testing.suites._laws import Laws
from supporttiers.testing.suites._proxy import Fault, Proxy, cut_after

T = TypeVar("T")

Gateway: TypeAlias = Any
"""A `VendorGateway`, perhaps with some of the optional methods."""

PATIENT: Final = timedelta(seconds=30)
"""So long a call may take that is not held up by a test."""

_PLACES: Final = range(1, 13)
_IDS: Final = IdFactory()
_CLOCK: Final = SystemClock()
_LOOK_AGAIN: Final = 0.05
_NO_HANDS: Final = "give a fixture `hands` with {name}(...), a second pair of hands that acts as the vendor's agent"
_NO_PROXY: Final = "give a fixture `vendor_url` that begins with {schemes}, so that a proxy can stand between"
_PROXIES: Final[Mapping[str, type[Proxy]]] = {"http": Proxy, "smtp": Conversation}


class Connect(Protocol):
    """Makes a gateway for one address of the vendor's."""

    def __call__(
        self, url: str, /, *, timeout: timedelta, wrong_key: bool = False, clock: Clock | None = None
    ) -> Gateway:
        """
        Make a gateway.

        Args:
            url: The vendor's address: `vendor_url`, or that of a proxy before it; empty where there is no `vendor_url`.
            timeout: How long one exchange may take.
            wrong_key: Whether it is given a password, token or secret that the vendor does not know.
            clock: Tells the time; the machine's when None.
        """
        ...


class VendorHands(Protocol):
    """
    A second pair of hands, which acts as the vendor's agent, past the gateway.

    All are optional: a law that needs one which is not there is left out, and says so.
    """

    def say(self, remote_id: str, text: str, *, private: bool) -> None:
        """Write on a ticket, in private or for the requester, too; a vendor that knows no difference may ignore it."""
        ...

    def set_status(self, remote_id: str, raw: str) -> None:
        """Give a ticket a status, by the vendor's own word."""
        ...

    def delete(self, remote_id: str) -> None:
        """Delete a ticket."""
        ...

    def move(self, remote_id: str) -> str:
        """Move or merge a ticket; give its id from now on, or an empty text where nobody can follow it."""
        ...

    def tickets(self, reference: str) -> int:
        """Count the tickets that show a reference."""
        ...

    def shown(self, remote_id: str) -> str:
        """Give all that the agent sees of a ticket, its subject and its entries, as text."""
        ...

    def files(self, remote_id: str) -> Sequence[tuple[str, bytes]]:
        """Give the files on a ticket: of each its name and its content."""
        ...

    def call(
        self, remote_id: str, text: str, *, delivery: str, at: datetime, secret: str
    ) -> tuple[Mapping[str, str], bytes]:
        """Make the call by which the vendor tells of an entry: headers and body, signed with one of `hook_secrets`."""
        ...


@attrs.frozen(kw_only=True)
class Wanted:
    """A ticket that is wanted: our key, and what the gateway is handed."""

    key: str
    request: VendorRequest

    @property
    def reference(self) -> str:
        """The key in short."""
        return self.request.reference


def wanted(**said: str) -> Wanted:
    """Want a ticket that nobody has wanted before; subject and text can be said."""
    case_id = new_id()
    key = f"default/{case_id}/1"
    told = {"subject": "The printer burns", "text": "It smells of smoke.\nIs there a newer drum?", **said}
    return Wanted(
        key=key, request=VendorRequest(tenant="default", case_id=case_id, reference=reference_of(key), **told)
    )  # fmt: skip


def message_of(text: str, *, purpose: str = "message") -> tuple[VendorMessage, str]:
    """Make a message that nobody has sent before, and its key."""
    case_id = new_id()
    key = f"default/{case_id}/2"
    told = VendorMessage(
        tenant="default", case_id=case_id, purpose=purpose, text=text, reference=reference_of(key)
    )  # fmt: skip
    return told, key


def file_of(name: str, content: bytes) -> tuple[VendorFile, str]:
    """Make a file that nobody has sent before, and its key."""
    id = new_id()
    return VendorFile(id=id, name=name, content=content), f"default/{id}/3"


def now() -> datetime:
    """Give the present: servers have their own clocks, which cannot be set."""
    return _CLOCK.now()


def pause() -> None:
    """Let a server on this machine get on; it tells nobody when it has."""
    Event().wait(_LOOK_AGAIN)


def new_id() -> str:
    """Give an id that nobody has given before, also where a vendor's server has been up for long."""
    return _IDS.new_id(_CLOCK.now())


def word() -> str:
    """Make a word that stands nowhere else."""
    return "zq" + new_id().replace("-", "")


def can(gateway: object, name: str) -> bool:
    """Say whether a gateway, or a pair of hands, can do something."""
    return callable(getattr(gateway, name, None))


def needs(gateway: Gateway, *names: str) -> None:
    """Leave a law out that asks for what the gateway cannot do."""
    for name in names:
        if not can(gateway, name):
            pytest.skip(f"the gateway has no `{name}`")


def attempted(what: str, call: Callable[[], T]) -> tuple[T | None, VendorError | None]:
    """Call a gateway; give what it gives, or the error, which must be sound."""
    try:
        return call(), None
    except VendorError as error:
        if error.kind not in FAULTS:
            pytest.fail(f"{what} raises a VendorError of a kind that there is not: {error.kind!r}")
        return None, error
    except Exception as error:  # noqa: BLE001 - whatever it may be
        pytest.fail(f"{what} raises a {type(error).__name__}; a gateway raises VendorError, and no other error")


def failed(what: str, call: Callable[[], object]) -> VendorError:
    """Call a gateway that cannot succeed; give the error."""
    _, error = attempted(what, call)
    if error is None:
        pytest.fail(f"{what} raises nothing: it takes for success what is none; expected is a VendorError")
    return error


def found_of(gateway: Gateway, reference: str) -> list[VendorAnswer]:
    """Look for tickets, and believe what the core believes."""
    given = gateway.find(reference)
    return [answer for answer in given if answer.reference == reference]


def entry_with(gateway: Gateway, remote_id: str, text: str) -> list[VendorEntry]:
    """Give the entries of a ticket in which a word stands."""
    return [entry for entry in gateway.fetch(remote_id).entries if text in entry.text]


class VendorLaws(Laws):
    """
    What laws of gateways have in common.

    Attributes:
        waived: Laws that this gateway does not keep, by the name of the test, with the reason.
        capabilities: What it claims: `public` (a public entry of the vendor's comes as public), `signed` (the vendor's
            calls are signed, with the time in what is signed).
        secrets: Passwords, tokens and the like that it was given: they are never told.
        credentials: Headers of requests by which it says who it is, with their colons.
        hook_secrets: With which its vendor's calls may be signed: two, so that one can be changed for another.
        other_loggers: Names of loggers that are not the gateway's, such as a server's which a fixture has started.
        raw_statuses: Some of the vendor's words for statuses, each with what it means to us; `hands` can set them.
        unmapped: A word of the vendor's that stands in no table of the gateway; `hands` can set it.
        settable: Two statuses that `set_status` can set one after the other.
        timeout: How long an exchange may take where a test holds it up: longer than the vendor ever needs.
        patience: How long what has been done may take to show, in a search or a mailbox.
        callers: How many open a ticket at once.
    """

    CAPABILITIES: ClassVar[frozenset[str]] = frozenset({"public", "signed"})

    secrets: ClassVar[Sequence[str]] = ()
    credentials: ClassVar[Sequence[str]] = ("authorization:", "api-key:", "cookie:", "webhook-signature:")
    hook_secrets: ClassVar[Sequence[str]] = ()
    other_loggers: ClassVar[Sequence[str]] = ()
    raw_statuses: ClassVar[Mapping[str, VendorStatus]] = {}
    unmapped: ClassVar[str] = ""
    settable: ClassVar[Sequence[VendorStatus]] = (VendorStatus.RESOLVED, VendorStatus.IN_PROGRESS)
    timeout: ClassVar[timedelta] = timedelta(seconds=0.5)
    patience: ClassVar[timedelta] = timedelta(seconds=5)
    callers: ClassVar[int] = 50

    @pytest.fixture
    def vendor_url(self) -> str | None:
        """Give the vendor's address; a proxy can stand before one that begins with `http://` or `smtp://`."""
        return None

    @pytest.fixture
    def hands(self) -> VendorHands | None:
        """Give a second pair of hands that acts as the vendor's agent."""
        return None

    @pytest.fixture
    def gateway(self, connect: Connect, vendor_url: str | None) -> Gateway:
        """Give a gateway that speaks with the vendor directly."""
        return connect(vendor_url or "", timeout=PATIENT)

    @pytest.fixture
    def proxy(self, vendor_url: str | None) -> Iterator[Proxy]:
        """Give a proxy that stands before the vendor, and can answer in its place."""
        if vendor_url is None or urlsplit(vendor_url).scheme != "http":
            pytest.skip(_NO_PROXY.format(schemes="http://"))
        yield from _standing(Proxy(vendor_url))

    @pytest.fixture
    def line(self, vendor_url: str | None) -> Iterator[Proxy]:
        """Give a proxy that stands before the vendor, and can lose what it says."""
        kind = _PROXIES.get(urlsplit(vendor_url or "").scheme)
        if kind is None:
            pytest.skip(_NO_PROXY.format(schemes="http:// or smtp://"))
        yield from _standing(kind(vendor_url or ""))

    awaited: ClassVar[bool] = False

    # -- what they do

    def _with(self, hands: VendorHands | None, *names: str) -> VendorHands:
        """Leave a law out that needs hands which are not there."""
        for name in names:
            if not can(hands, name):
                pytest.skip(_NO_HANDS.format(name=name))
        return cast("VendorHands", hands)

    def _seen(self, look: Callable[[], T], *, until: Callable[[T], bool] = bool) -> T:
        """Look until it is there, or patience has ended."""
        end = monotonic() + self.patience.total_seconds()
        while True:
            found = look()
            if until(found) or monotonic() >= end:
                return found
            pause()

    def _opened(self, gateway: Gateway, **said: str) -> tuple[Wanted, str]:
        """Open a ticket; give what was wanted, and the vendor's id."""
        asked = wanted(**said)
        answer, error = attempted("`open`", lambda: gateway.open(asked.request, key=asked.key))
        if error is not None:
            pytest.fail(f"`open` fails on a ticket like any other: {error}")
        assert isinstance(answer, VendorAnswer), f"`open` gives {fields.type_name(answer)}, and no VendorAnswer"
        return asked, answer.remote_id

    def _count(self, gateway: Gateway, hands: VendorHands | None, asked: Wanted, *, patient: bool) -> int | None:
        """Count the tickets that were wanted, by hands or by a search; None where nobody can say."""
        return self._counted(gateway, hands, asked.key, patient=patient)

    def _counted(self, gateway: Gateway, hands: VendorHands | None, key: str, *, patient: bool) -> int | None:
        """Count the tickets of a key."""
        reference = reference_of(key)
        if can(hands, "tickets"):
            count = cast("VendorHands", hands).tickets
            return self._seen(lambda: count(reference)) if patient else count(reference)
        if can(gateway, "find"):
            found = self._seen if patient else _once
            return len(found(lambda: found_of(gateway, reference)))
        return None

    def _gone_on(self, gateway: Gateway, asked: Wanted, *, exists: bool) -> str | None:
        """
        Go on as the core does after an attempt of which it does not know: look, adopt, and only else open again.

        Args:
            gateway: Whose ticket.
            asked: What was wanted.
            exists: Whether there is such a ticket, so that looking for it may take a while.

        Returns:
            The vendor's id; None where the core would leave it to people.
        """
        if can(gateway, "find"):
            found = self._seen if exists else _once
            hits = found(lambda: found_of(gateway, asked.reference))
            assert len(hits) < 2, f"`find` gives {len(hits)} tickets of one reference"
            if hits:
                return str(hits[0].remote_id)
            assert not exists, "`find` does not find the ticket that is there: another one would be opened"
        elif not getattr(gateway, "repeats", True):
            return None
        answer, error = attempted("`open`", lambda: gateway.open(asked.request, key=asked.key))
        if answer is None:
            pytest.fail(f"`open` with a key that was used before fails: {error}")
        return str(answer.remote_id)

    def _places(self, proxy: Proxy, fault: Fault) -> Iterator[int]:
        """
        Let a fault meet the first exchange of what is done, then another, and so on, until all have been met.

        An answer that is lost as a whole, is lost at each of them. The other ways to lose one are told from that where
        something is changed: they meet the first exchange, and those that ask for a change.
        """
        if fault in proxy.unfit:
            pytest.skip("an answer by SMTP is a line, and has no body")
        for place in _PLACES:
            if fault is cut_after or place == 1:
                proxy.arm(fault, at=place)
            else:
                proxy.arm(fault, later_write=place - 1)
            yield place
            if not proxy.calm():
                return

    def _through(self, proxy: Proxy, what: str, call: Callable[[], T]) -> tuple[T | None, VendorError | None]:
        """Call a gateway behind an armed proxy; give what it gives or the error, which the proxy must have caused."""
        answer, error = attempted(what, call)
        hit = proxy.calm()
        if error is not None and not hit:
            pytest.fail(f"{what} fails by itself, before it is held up: {error}; does it need a longer `timeout`?")
        return answer, error

    def _calls(self, gateway: Gateway, remote_id: str) -> Mapping[str, Callable[[], object]]:
        """Give all that the gateway can do with a ticket, but what ends it; each call is another one every time."""
        told, reference = self.settable, reference_of("default/nothing/1")
        calls: dict[str, Callable[[], object]] = {
            "open": lambda: gateway.open((asked := wanted()).request, key=asked.key),
            "fetch": lambda: gateway.fetch(remote_id),
            "check": getattr(gateway, "check", bool),
            "find": lambda: gateway.find(reference),
            "comment": lambda: _keyed(gateway.comment, remote_id, message_of("Is there news?")),
            "set_status": lambda: gateway.set_status(remote_id, told[0]),
            "attach": lambda: _keyed(gateway.attach, remote_id, file_of("log.txt", b"one\ntwo\n")),
            "changes": lambda: gateway.changes(None, limit=50),
        }
        return {name: call for name, call in calls.items() if can(gateway, name)}


def _standing(proxy: Proxy) -> Iterator[Proxy]:
    yield proxy
    proxy.close()


def _once(look: Callable[[], T]) -> T:
    return look()


def _keyed(method: Callable[..., object], remote_id: str, told: tuple[object, str]) -> object:
    return method(remote_id, told[0], key=told[1])
