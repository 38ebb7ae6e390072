"""What every talk with a vendor has in common: which gateway, what it says, and when it is to be left alone."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.recording import attempt
from supporttiers._flows.retrying import LONGEST_WAIT
from supporttiers._flows.sending import must_be
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import Case
from supporttiers.commands import InformManagement, VendorUnreachable, VendorUpdate
from supporttiers.effects import VendorAnswer
from supporttiers.errors import StoreError, VendorError, safe_text, say_where
from supporttiers.links import VendorTicket

T = TypeVar("T")

Gateway = Any
"""A vendor's gateway, of either kind, with what it can do beyond `open` and `fetch`."""

log = logging.getLogger("supporttiers.flows")

EPOCH: Final = datetime.fromtimestamp(0, UTC)
"""A ticket that was asked about then is asked about at once."""
POLL_EVERY: Final = timedelta(minutes=1)
"""So often an open ticket is asked about at most, unless the gateway says otherwise."""
NOT_NEEDED: Final = "not needed"
"""What is remembered of a message that need not reach its vendor any more."""
SETTLE_TIME: Final = timedelta(minutes=1)
"""So long a ticket may be missing from what is found, unless the gateway says otherwise."""
LOST_AFTER: Final = timedelta(minutes=1)
"""After so long without an answer the case is told that nobody can ask; when that matters, its contract says."""

SLOW: Final = timedelta(seconds=10)
"""What takes longer to fail has others wait."""
REST_OF_SLOW: Final = timedelta(minutes=1)

_REST: Final = {"auth": timedelta(minutes=10), "rate_limited": timedelta(minutes=1)}
"""For how long a vendor is left alone after such an error, unless it says for how long itself."""


def gateway(ports: Ports, name: str) -> Gateway:
    """
    Give the gateway of a vendor.

    Raises:
        VendorError: This desk has none; another may have.
    """
    found = ports.vendors.get(name)
    if found is None:
        raise VendorError(name, "this desk has no such vendor", retryable=True)
    return found


def can(vendor: object, what: str) -> bool:
    """Whether a gateway can do something beyond `open` and `fetch`."""
    return callable(getattr(vendor, what, None))


def poll_every(vendor: object) -> timedelta:
    """Say how often a ticket is asked about at most."""
    every: timedelta = getattr(vendor, "poll_every", POLL_EVERY)
    return every


def settle_time(vendor: object) -> timedelta:
    """Say for how long what has arrived may not be found."""
    time: timedelta = getattr(vendor, "settle_time", SETTLE_TIME)
    return time


def ticket_of(ports: Ports, tenant: str, case_id: str, key: str) -> Flow[VendorTicket]:
    """
    Read a ticket as its case knows it.

    Raises:
        StoreError: The case knows none; what was written about it is not whole.
    """
    loaded = yield Call(ports.store.load, tenant, case_id)
    case: Case = loaded.case
    for ticket in case.vendor_tickets:
        if ticket.key == key:
            return ticket
    raise StoreError(ports.store.name, f"case {case_id!r} has no vendor ticket {key!r}", retryable=False)


def asked(name: str, call: Call[object], *, gives: type[T]) -> Flow[T]:
    """
    Ask a vendor's gateway.

    Args:
        name: The vendor's.
        call: The question; it changes nothing.
        gives: What the answer must be.

    Raises:
        Exception: What the gateway raises, with a note of where.
        VendorError: It gave something else.
    """
    try:
        answer = yield call
    except Exception as error:
        say_where(error, f"vendor {name!r}")
        raise
    return must_be(name, answer, gives)


def update_of(ticket: tuple[str, str, str], answer: VendorAnswer, **more: Any) -> VendorUpdate:  # noqa: ANN401 - fields
    """Make the command for what a vendor says about a ticket: one of a vendor, with a key, of a case."""
    vendor, key, case_id = ticket
    return VendorUpdate(
        case_id=case_id, by=Actor.vendor(vendor), vendor=vendor, key=key, remote_id=answer.remote_id,
        status=answer.status, text=answer.text, raw_status=answer.raw_status, entries=answer.entries,
        updated_at=answer.updated_at, **more,
    )  # fmt: skip


def tell_lost(
    ports: Ports, tenant: str, ticket: tuple[str, str, str], problem: str, now: datetime, *,
    since: datetime | None = None,
) -> Flow[None]:  # fmt: skip
    """
    Tell a case that nobody reaches its vendor, once that has lasted for long; the case passes over what it knows.

    Args:
        ports: What to work with.
        tenant: Whose case.
        ticket: The vendor, our key, and the case.
        problem: What is wrong.
        now: When.
        since: Since when nobody has reached it; since it was to be told of the ticket when None.
    """
    vendor, key, case_id = ticket
    try:
        if since is None:
            since = (yield from ticket_of(ports, tenant, case_id, key)).requested_at
        if now < since + LOST_AFTER:
            return
        told = VendorUnreachable(case_id=case_id, by=SYSTEM, vendor=vendor, key=key, since=since, problem=problem)
        yield from execute(ports, tenant, told, now)
    except Exception as error:  # noqa: BLE001 - others must not wait behind this one
        log.warning("case %s: it cannot be told that its vendor is lost: %s", case_id, safe_text(error))


# -- who is left alone


def rests_until(ports: Ports, vendor: str, now: datetime) -> datetime | None:
    """Say until when a vendor is left alone; None where it is not."""
    until = ports.resting.get(vendor)
    return until if until is not None and until > now else None


def is_slow(ports: Ports, vendor: str, began: datetime, ended: datetime) -> datetime | None:
    """
    Leave a vendor alone for a minute that took long to fail: others must not wait behind it; say until when.

    None is given, and nothing done, where it failed at once.
    """
    if ended - began < SLOW:
        return None
    ports.resting[vendor] = until = ended + REST_OF_SLOW
    log.warning("vendor %s is left alone for a minute: it took long to fail", vendor)
    return until


def leave_alone(
    ports: Ports, vendor: str, error: Exception, now: datetime, *, about: tuple[str, str] | None = None
) -> Flow[datetime | None]:
    """
    Leave a vendor alone for a while that does not know us, or has had enough of us; say until when.

    Args:
        ports: What to work with.
        vendor: Its name.
        error: What has just gone wrong; of most kinds nothing follows, and None is given.
        now: When.
        about: The tenant and the case at which it went wrong: that the vendor does not know us is told to management
            there, once a day for each tenant.
    """
    rest = _REST.get(error.kind) if isinstance(error, VendorError) else None
    if rest is None or not isinstance(error, VendorError):
        return None
    until: datetime = now + (min(error.retry_after, LONGEST_WAIT) if error.retry_after else rest)
    ports.resting[vendor] = until
    log.warning("vendor %s is left alone until %s: %s", vendor, until.isoformat(timespec="seconds"), safe_text(error))
    if error.kind == "auth" and about is not None:
        yield from _alarm(ports, vendor, now, about)
    return until


def _alarm(ports: Ports, vendor: str, now: datetime, about: tuple[str, str]) -> Flow[None]:
    tenant, case_id = about
    told = InformManagement(
        case_id=case_id, by=SYSTEM, idempotency_key=f"vendor-auth:{vendor}:{now.date()}",
        reason=f"vendor {vendor} does not know us: until that is mended, nothing reaches it or is heard of it",
    )  # fmt: skip
    otherwise = f"vendor {vendor} does not know us; management was not told"
    yield from attempt(ports, tenant, told, now, body="vendor-auth", otherwise=otherwise)
