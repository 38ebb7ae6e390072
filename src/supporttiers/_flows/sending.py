"""Handing one message to an adapter: at least once to most; at most once to one that must not be called twice."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import attrs

from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers.effects import Notify
from supporttiers.errors import NotifyError, VendorError, say_where
from supporttiers.protocols import Message, Settled

T = TypeVar("T")

SENDING: Final = "sending"
"""What is remembered of a message while an adapter that must not be called twice is being called."""


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
    """

    message: Message
    now: datetime
    first: bool = True
    unsure: bool = False
    once: bool = False

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
            self.unsure = error.ambiguous
            raise
        except Exception as error:
            kind = "notifier" if isinstance(self.message.effect, Notify) else "vendor"
            say_where(error, f"{kind} {getattr(adapter, 'name', '?')!r}")
            raise
        return answer
