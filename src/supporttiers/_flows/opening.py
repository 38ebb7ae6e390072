"""
Opening tickets at vendors: each request one ticket, whatever is lost on the way.

A create whose answer is lost may have happened all the same. Where the gateway can look for our reference, it is looked
for, again and again until what has arrived must be found, before anything is created anew; two tickets with one
reference are left to people. Where it cannot, `open` itself has to know a repeated key.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.recording import alarm
from supporttiers._flows.retrying import attempts_of, wait_before_next
from supporttiers._flows.saying import rows_for_files
from supporttiers._flows.sending import Delivery, must_be
from supporttiers._flows.vendors import NOT_NEEDED, Gateway, asked, can, gateway, settle_time, ticket_of, update_of
from supporttiers.effects import DispatchToVendor, VendorAnswer, VendorRequest
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus, reference_of


def open_ticket(ports: Ports, delivery: Delivery, effect: DispatchToVendor) -> Flow[None]:
    """Have a vendor open a ticket, unless it has done so, and give the case what it says."""
    message, vendor = delivery.message, gateway(ports, effect.vendor)
    since = delivery.doubted_since() if can(vendor, "find") else None
    ticket = yield from ticket_of(ports, message.tenant, message.case_id, effect.key)
    if since is not None:
        delivery.look(since)
        if ticket.remote_id is not None:  # somebody has told meanwhile which one it is
            more = yield from rows_for_files(ports, delivery, effect.vendor, effect.key, effect.attachments)
            yield Call(ports.store.settle, delivery.settled("done", ticket.remote_id, more=more))
            return
        if (yield from _is_settled_by_looking(ports, delivery, effect, vendor, since)):
            return
    if ticket.status is VendorStatus.WITHDRAWN:  # before it was ever sent
        yield Call(ports.store.settle, delivery.settled("done", NOT_NEEDED))
        return
    if since is not None and message.attempts >= attempts_of(vendor):
        delivery.unsure, delivery.looking, delivery.remembers = False, False, None
        problem = "its answers were lost, and no request has arrived"
        raise VendorError(effect.vendor, problem, retryable=False)
    request = VendorRequest(
        tenant=message.tenant, case_id=message.case_id, subject=effect.subject, text=effect.text,
        category=effect.category, priority=effect.priority, follows=effect.follows, reference=reference_of(effect.key),
    )  # fmt: skip
    call = Call(vendor.open, request, key=effect.key)
    if can(vendor, "find"):
        answer = yield from delivery.attempt(ports, vendor, call, gives=VendorAnswer)
    else:
        answer = must_be(effect.vendor, (yield from delivery.hand(ports, vendor, call)), VendorAnswer)
    yield from _opened(ports, delivery, effect, answer)


def _opened(ports: Ports, delivery: Delivery, effect: DispatchToVendor, answer: VendorAnswer) -> Flow[None]:
    """Give the case its ticket, and have the files follow."""
    message = delivery.message
    settled = delivery.arrived(answer.remote_id)
    more = yield from rows_for_files(ports, delivery, effect.vendor, effect.key, effect.attachments)
    update = update_of((effect.vendor, effect.key, message.case_id), answer)
    decision = yield from execute(ports, message.tenant, update, delivery.now, settled=settled, more=more)
    if not decision.events:  # the case knew it all already, so that no commit has carried the message off
        yield Call(ports.store.settle, attrs.evolve(settled, more=more))


# -- looking


def _is_settled_by_looking(
    ports: Ports,
    delivery: Delivery,
    effect: DispatchToVendor,
    vendor: Gateway,
    since: datetime,
) -> Flow[bool]:
    """Look whether an earlier try has arrived; say whether all is done with that, for now or for good."""
    hits = yield from _hits(vendor, reference_of(effect.key))
    if len(hits) == 1:
        yield from _opened(ports, delivery, effect, hits[0])
        return True
    if hits:
        ids = " and ".join(hit.remote_id for hit in hits)
        text = f"vendor {effect.vendor} has several tickets of request {effect.key}: {ids}; people must choose"
        yield from alarm(ports, delivery, text)
        yield Call(ports.store.settle, delivery.settled("ambiguous", delivery.remembers or ""))
        return True
    wait, (attempts, key) = settle_time(vendor), (delivery.message.attempts, delivery.message.key)
    if attempts > 1:  # it has been created anew in vain: a vendor that is down is asked less and less often
        wait = max(wait, wait_before_next(vendor, attempts=attempts - 1, key=key))
    return (yield from delivery.waits(ports, since, wait))


def _hits(vendor: Gateway, reference: str) -> Flow[Sequence[VendorAnswer]]:
    """
    Look for tickets; whatever the vendor finds, only those that show the very reference are ours.

    A gateway that gives something else has found nothing out: nothing may be created anew upon that.
    """
    found = yield from asked(vendor.name, Call(vendor.find, reference), gives=object)
    hits = list(found) if isinstance(found, Iterable) and not isinstance(found, str | Mapping) else [found]
    ours = {hit.remote_id: hit for hit in hits if isinstance(hit, VendorAnswer) and hit.reference == reference}
    strange = [type(hit).__name__ for hit in hits if not isinstance(hit, VendorAnswer)]
    if strange and not ours:
        problem = f"its gateway found {strange[0]} in place of VendorAnswer"
        raise VendorError(vendor.name, problem, retryable=True, kind="protocol")
    return list(ours.values())
