"""Cases that were set aside, and messages that could not be carried out: listed, tried again, let go of."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from supporttiers._flows.cases import get
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers.errors import InputError
from supporttiers.protocols import Backlog, Message, ParkedCase

_SHOWN: Final = 120  # ids of a case and a notifier, and some numbers


def parked(ports: Ports, tenant: str, *, after: str | None, limit: int) -> Flow[Sequence[ParkedCase]]:
    """Read the cases of a tenant that were set aside, by id."""
    start = None if after is None else (tenant, after)
    found: Sequence[ParkedCase] = yield Call(ports.store.parked, tenant=tenant, after=start, limit=limit)
    return tuple(found)


def unpark(ports: Ports, tenant: str, case_id: str, now: datetime) -> Flow[bool]:
    """Let a case be tried again; an unknown one is an error."""
    if (yield Call(ports.store.unpark, tenant, case_id, now)):
        return True
    yield from get(ports, tenant, case_id)
    return False


def backlog(ports: Ports, now: datetime, *, tenant: str | None) -> Flow[Backlog]:
    """Say what waits."""
    found: Backlog = yield Call(ports.store.backlog, now, tenant=tenant)
    return found


def messages(
    ports: Ports, tenant: str, *, state: str | None, case_id: str | None, after: str | None, limit: int
) -> Flow[Sequence[Message]]:
    """Read messages; those of an unknown case are an error."""
    found: Sequence[Message] = yield Call(
        ports.store.messages, tenant, state=state, case_id=case_id, after=after, limit=limit
    )
    if not found and case_id is not None:
        yield from get(ports, tenant, case_id)
    return tuple(found)


def retry(ports: Ports, tenant: str, key: str, now: datetime) -> Flow[None]:
    """Have a dead or ambiguous message carried out once more."""
    if not (yield Call(ports.store.retry, tenant, key, now)):
        raise _none_to("retry", key)


def discard(ports: Ports, tenant: str, key: str) -> Flow[None]:
    """Let go of a dead or ambiguous message."""
    if not (yield Call(ports.store.discard, tenant, key)):
        raise _none_to("discard", key)


def _none_to(verb: str, key: str) -> InputError:
    only = "only one in state dead or ambiguous can be: see messages(state=...)"
    return InputError("", "key", f"{key[:_SHOWN]!r} is that of no message to {verb}; {only}")
