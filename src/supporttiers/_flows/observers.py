"""Observers are told of events: from the outbox, each by rows of its own, so that none waits for another."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.sending import Delivery
from supporttiers.effects import TellObserver
from supporttiers.errors import PluginError, say_where
from supporttiers.events import Event
from supporttiers.protocols import Message


def to_observers(ports: Ports, tenant: str, events: Iterable[Event], now: datetime) -> Iterable[Message]:
    """Make a row of the outbox for each event and observer; those of one case and observer are told in order."""
    for event in events:
        for name in ports.observers:
            target = f"observer:{name}"
            yield Message(
                tenant=tenant,
                key=f"{event.case_id}:{event.version}:{target}",
                case_id=event.case_id,
                kind="tell_observer",
                target=target,
                effect=TellObserver(case_id=event.case_id, version=event.version, observer=name),
                at=event.at,
                not_before=now,
            )


def tell_observer(ports: Ports, delivery: Delivery, effect: TellObserver) -> Flow[None]:
    """Read the event as the history gives it now, and tell one observer of it; what it raises is the caller's."""
    observer = ports.observers.get(effect.observer)
    if observer is None:
        raise PluginError(effect.observer, "this desk has no such observer; hand the plugin in, or discard the message")
    message = delivery.message
    loaded = yield Call(ports.store.load, message.tenant, message.case_id)
    events: Sequence[Event] = yield Call(ports.store.history, message.tenant, message.case_id, after=effect.version - 1)
    try:
        yield Call(observer, events[0], loaded.case)
    except Exception as error:
        say_where(error, f"observer {effect.observer!r}")
        raise
    yield Call(ports.store.settle, delivery.settled("done", "told"))
