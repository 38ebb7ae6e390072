"""
Handing one message to an adapter: at least once to most; at most once to one that must not be called twice.

Of what can be looked up at a vendor, the outbox knows before the call that it was begun, and since when nobody knows
whether it has arrived: whoever has it next looks before anything is done again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import attrs

from supporttiers._fields import clipped, one_line
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers.effects import Notify
from supporttiers.errors import NotifyError, VendorError, say_where
from supporttiers.links import key_of
from supporttiers.protocols import Message, Settled
from supporttiers.protocols.records import PROBLEM

T = TypeVar("T")

MAX_PROBLEM: Final = 200
"""So many characters of what was wrong are remembered."""

SENDING: Final = "sending"
"""What is remembered of a message while an adapter that must not be called twice is being called."""

BEGUN: Final = "begun"
"""What is remembered of a message while a vendor is called at which it can be looked up whether it has arrived."""
FIRST_LOOK: Final = timedelta(seconds=5)
"""So soon it is looked up for the first time whether something has arrived."""
_UNSURE: Final = "unsure since "


class LeaseLostError(Exception):
    """Somebody else has taken the message over; it is theirs."""


@attrs.define(eq=False)
class Delivery:
    """
    One try to carry out a message.

    Attributes:
        message: What is carried out.
        now: When.
        first: Whether it is carried out just after it was leased, with no other before it.
        unsure: Whether it may have arrived, as far as is known if it goes wrong from here.
        once: Whether its adapter must not be called twice.
        doubted: Whether it may have arrived as of this very try, so that it is to be looked up soon.
        looking: Whether it is being looked up whether an earlier try has arrived.
        remembers: What stays remembered of it if it goes wrong from here, in place of what went wrong.
        clock: Tells the time at which a call has ended.
        began: When it was begun.
    """

    message: Message
    now: datetime
    first: bool = True
    unsure: bool = False
    once: bool = False
    doubted: bool = False
    looking: bool = False
    remembers: str | None = None
    clock: Callable[[], datetime] | None = None
    began: datetime = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Remember when it was begun, which others before it may have put off."""
        self.began = self.ended()

    @property
    def key(self) -> str:
        """The message's key as vendors are given it, whose tickets may be of several tenants."""
        return key_of(self.message.tenant, self.message.key)

    def settled(self, state: str, result: str, **more: Any) -> Settled:  # noqa: ANN401 - fields of Settled
        """Say what became of it, one try later."""
        message = self.message
        given: dict[str, Any] = {
            "attempts": message.attempts + 1, "not_before": self.now, "lease": message.lease, **more
        }  # fmt: skip
        return Settled(tenant=message.tenant, key=message.key, state=state, result=result, **given)

    def arrived(self, result: str) -> Settled:
        """Say that it has arrived: so it has, whoever may have leased it meanwhile, and need not send it again."""
        return self.settled("done", result, lease=None)

    def check(self, ports: Ports) -> Flow[None]:
        """
        Make sure that a message with something personal in it is still to be carried out.

        The messages before it may have taken minutes, and its case may have been redacted since it was leased.

        Raises:
            LeaseLostError: It has been ended, or somebody else has it by now.
        """
        if not self.first and self.message.redacted().state != self.message.state:
            yield from self._mark(ports, self.message.result)

    def _mark(self, ports: Ports, result: str) -> Flow[None]:
        """Write down what is to be remembered of it while it is being carried out."""
        message = self.message
        mark = self.settled("pending", result, attempts=message.attempts, not_before=message.not_before, keep=True)
        if not (yield Call(ports.store.settle, mark)):
            raise LeaseLostError

    def hand(self, ports: Ports, adapter: object, call: Callable[[], T]) -> Flow[T]:
        """
        Call an adapter; one that must not be called twice is told of in the outbox before.

        Raises:
            LeaseLostError: Somebody else has the message by now.
        """
        self.once = not getattr(adapter, "repeats", True)
        if self.once:
            yield from self._mark(ports, SENDING)
        else:
            yield from self.check(ports)
        self.unsure = self.once
        try:
            answer: T = yield Call(call)
        except (NotifyError, VendorError) as error:  # the adapter says how sure it is
            self.unsure = bool(error.ambiguous)
            raise
        except Exception as error:
            kind = "notifier" if isinstance(self.message.effect, Notify) else "vendor"
            say_where(error, f"{kind} {getattr(adapter, 'name', '?')!r}")
            raise
        return answer

    # -- what can be looked up

    def doubted_since(self) -> datetime | None:
        """
        Say since when nobody knows whether an earlier try has arrived; None where there was none, or all is known.

        Of a worker that was lost in the midst of a try it is not known when it called: it counts from now on.
        """
        result = self.message.result
        if result in {BEGUN, SENDING}:
            return self.now
        if not result.startswith(_UNSURE):
            return None
        return datetime.fromisoformat(result.removeprefix(_UNSURE).partition(PROBLEM)[0])

    def look(self, since: datetime) -> None:
        """Begin to look up whether an earlier try has arrived: until that is known it stays in doubt."""
        self.unsure = self.looking = True
        self.remembers = self.message.result if self.message.result.startswith(_UNSURE) else _unsure(since, "")

    def waits(self, ports: Ports, since: datetime, settles_in: timedelta) -> Flow[bool]:
        """Whether what was not found may yet be; then it is looked for again, after longer each time."""
        left = since + settles_in - self.now
        if left <= timedelta(0):
            return False
        wait = min(max(self.now - since, FIRST_LOOK), left)
        attempts = max(1, self.message.attempts)
        later = self.settled("pending", self.remembers or "", attempts=attempts, not_before=self.now + wait)
        yield Call(ports.store.settle, later)
        return True

    def attempt(self, ports: Ports, adapter: object, call: Callable[[], T], *, gives: type[T]) -> Flow[T]:
        """
        Call a vendor at which can be looked up whether the call has arrived; that it was begun is written down before.

        Raises:
            LeaseLostError: Somebody else has the message by now.
            VendorError: It gave something else.
        """
        name = getattr(adapter, "name", "?")
        yield from self._mark(ports, BEGUN)
        self.looking = False
        self.remembers, self.unsure, self.doubted = None, True, True
        try:
            answer: T = yield Call(call)
            must_be(name, answer, gives, ambiguous=True)
        except VendorError as error:  # a gateway that does not say how sure it is, is not sure
            self.unsure = self.doubted = error.may_have_arrived
            self.remembers = _unsure(self.ended(), error.problem) if error.may_have_arrived else None
            raise
        except Exception as error:
            say_where(error, f"vendor {name!r}")
            self.remembers = _unsure(self.ended(), type(error).__name__)
            raise
        self.remembers = _unsure(self.ended(), "")  # should it not be written down what came of it
        return answer

    def ended(self) -> datetime:
        """Give the time at which a call has ended."""
        return self.now if self.clock is None else max(self.now, self.clock())


def must_be(name: str, answer: object, kind: type[T], *, ambiguous: bool | None = None) -> T:
    """
    Give what a vendor's gateway gave.

    Raises:
        VendorError: It is something else.
    """
    if not isinstance(answer, kind):
        problem = f"its gateway gave {type(answer).__name__} in place of {kind.__name__}"
        raise VendorError(name, problem, retryable=True, ambiguous=ambiguous, kind="protocol")
    return answer


def _unsure(since: datetime, problem: str) -> str:
    said = clipped(one_line(problem), MAX_PROBLEM)
    return f"{_UNSURE}{since.isoformat()}{PROBLEM if said else ''}{said}"
