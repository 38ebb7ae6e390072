"""
Calls of vendors: what comes in from anywhere, and is believed only as far as its sender has proved who it is.

Nothing that comes in raises anything but `WebhookRefusedError`; only what is ours can fail otherwise: the store.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from supporttiers import _fields as fields
from supporttiers._fields import clipped, one_line, type_name
from supporttiers._flows.cases import execute
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.polling import ask
from supporttiers._flows.vendors import EPOCH, Gateway, can, poll_every, update_of
from supporttiers.effects import VendorAnswer, VendorCall, VendorNews
from supporttiers.errors import CaseError, StoreError, WebhookRefusedError, safe_text, say_where
from supporttiers.links import reference_of
from supporttiers.protocols import OpenTicket
from supporttiers.readings import Receipt
from supporttiers.reasons import Reason

log = logging.getLogger("supporttiers.flows")

MOST_BYTES: Final = 1024 * 1024
"""So long the body of a call may be."""
MOST_HEADERS: Final = 200
MOST_HEADER_BYTES: Final = 64 * 1024
MOST_NEWS: Final = 100
"""Of so many tickets a call may speak."""
STATUSES: Final = frozenset({400, 401, 404, 413, 429, 500})
"""What a refusal may have answered."""

_SHOWN: Final = 100
_LONGEST_DELIVERY: Final = 200
_MOST_ENDED: Final = 1


def receive(
    ports: Ports, vendor: object, headers: object, body: object, now: datetime, *, tenant: str | None
) -> Flow[Receipt]:
    """
    Take a call of a vendor's.

    Args:
        ports: What to work with.
        vendor: The name under which it came in.
        headers: As they came.
        body: The bytes, as they came.
        now: When.
        tenant: Whose tickets it may concern; all tenants' when None.

    Raises:
        WebhookRefusedError: It was not taken.
        StoreError: The store failed.
    """
    name = vendor if isinstance(vendor, str) else type_name(vendor)
    gateway: Gateway = ports.vendors.get(name) if isinstance(vendor, str) else None
    if gateway is None or not can(gateway, "receive"):
        raise WebhookRefusedError(clipped(one_line(name), _SHOWN), 404, "no such vendor takes calls here")
    call = VendorCall(headers=_headers(name, headers), body=_body(name, body), now=now)
    news = yield from _understood(name, gateway, call)
    return (yield from _taken(ports, name, news, now, tenant=tenant))


# -- what came


def _body(name: str, body: object) -> bytes:
    if not isinstance(body, bytes):
        raise WebhookRefusedError(name, 400, f"the body must be handed over as bytes, not {type_name(body)}")
    if len(body) > MOST_BYTES:
        raise WebhookRefusedError(name, 413, f"the body is longer than {MOST_BYTES} bytes")
    return body


def _headers(name: str, headers: object) -> dict[str, str]:
    """Give headers by name in small letters; of several with one name, all in one, with commas."""
    found: dict[str, str] = {}
    size = 0
    for count, (header, value) in enumerate(_pairs(name, headers)):
        if count >= MOST_HEADERS:
            raise WebhookRefusedError(name, 400, f"there are more than {MOST_HEADERS} headers")
        size += len(header) + len(value)
        found[header] = f"{found[header]}, {value}" if header in found else value
    if size > MOST_HEADER_BYTES:
        raise WebhookRefusedError(name, 400, f"the headers are longer than {MOST_HEADER_BYTES} bytes")
    return found


def _pairs(name: str, headers: object) -> Iterator[tuple[str, str]]:
    """Give names, in small letters, and values one by one."""
    given = list(headers.items()) if isinstance(headers, Mapping) else headers
    for pair in _several(name, given):
        if len(_several(name, pair)) != 2:  # noqa: PLR2004 - a pair
            raise _no_headers(name)
        header, values = _text(pair[0]), pair[1]
        for value in values if isinstance(values, list | tuple) else (values,):
            text = _text(value)
            if header is None or text is None:
                raise _no_headers(name)
            yield header.strip().lower(), text


def _several(name: str, value: Any) -> Sequence[Any]:  # noqa: ANN401 - whatever came
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _no_headers(name)
    return value


def _no_headers(name: str) -> WebhookRefusedError:
    return WebhookRefusedError(name, 400, "the headers must be texts by name")


def _text(value: object) -> str | None:
    if isinstance(value, bytes):  # as ASGI has them
        return value.decode("latin-1")
    return value if isinstance(value, str) else None


def _understood(name: str, gateway: Gateway, call: VendorCall) -> Flow[VendorNews]:
    """Have the gateway make sure that a call is the vendor's, and say what it means."""
    try:
        news = yield Call(gateway.receive, call)
    except WebhookRefusedError as refusal:
        status = refusal.http_status if refusal.http_status in STATUSES else 400
        raise WebhookRefusedError(name, status, refusal.problem) from None
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and a stranger may make it do so
        say_where(error, f"vendor {name!r}")
        log.warning("vendor %s: a call could not be understood: %s", name, safe_text(error))
        raise WebhookRefusedError(name, 500, "its gateway failed") from None
    if not isinstance(news, VendorNews) or not _is_sound(news):
        log.warning("vendor %s: its gateway gave something else than VendorNews of VendorAnswers and ids", name)
        raise WebhookRefusedError(name, 500, "its gateway failed")
    if len(news.answers) + len(news.hints) > MOST_NEWS:
        raise WebhookRefusedError(name, 413, f"it speaks of more than {MOST_NEWS} tickets at once")
    return news


def _is_sound(news: VendorNews) -> bool:
    parts: tuple[tuple[object, type], ...] = ((news.answers, VendorAnswer), (news.hints, str))
    return all(isinstance(told, tuple) and all(isinstance(each, kind) for each in told) for told, kind in parts)


# -- what it means


def _taken(ports: Ports, name: str, news: VendorNews, now: datetime, *, tenant: str | None) -> Flow[Receipt]:
    """Carry out what a vendor has said, and have looked into what somebody has said who may be anybody."""
    known = yield from _known(ports, name, news, tenant)
    cases: set[tuple[str, str]] = set()
    repeated: list[bool] = []
    reason: Reason | None = None
    for number, answer in enumerate(news.answers):
        for ticket in known.get(answer.remote_id, ()):
            cases.add((ticket.tenant, ticket.case_id))
            key = _key_of(name, news.delivery, number, ticket)
            done = yield from _applied(ports, ticket, answer, now, key)
            if isinstance(done, Reason):
                reason = done
            else:
                repeated.append(done)
    looked = [ticket for hint in dict.fromkeys(news.hints) for ticket in known.get(hint, ())]
    yield from _look_into(ports, looked, now)
    cases |= {(ticket.tenant, ticket.case_id) for ticket in looked}
    duplicate = bool(repeated) and all(repeated) and reason is None and not looked
    if reason is None:
        reason = Reason(_code(known=bool(cases), hinted=bool(looked), duplicate=duplicate), {"vendor": name})
    is_done = bool(repeated) and not looked and reason.code in {"webhook.taken", "webhook.duplicate"}
    return Receipt(
        http_status=200 if is_done else 202,
        case_id=next(iter(cases))[1] if len(cases) == 1 else None,
        duplicate=duplicate,
        reason=reason,
    )


def _code(*, known: bool, hinted: bool, duplicate: bool) -> str:
    if not known:
        return "webhook.unknown"
    if hinted:
        return "webhook.hint"
    return "webhook.duplicate" if duplicate else "webhook.taken"


def _known(ports: Ports, name: str, news: VendorNews, tenant: str | None) -> Flow[dict[str, list[OpenTicket]]]:
    """Read those of the tickets that are ours, by the vendor's id."""
    ids = [*(answer.remote_id for answer in news.answers), *news.hints]
    asked = [each for each in dict.fromkeys(ids) if fields.name(each) is None]
    found: dict[str, list[OpenTicket]] = {}
    if asked:
        tickets: Sequence[OpenTicket] = yield Call(ports.store.tickets, name, asked, tenant=tenant)
        for ticket in tickets:
            found.setdefault(ticket.remote_id, []).append(ticket)
    return found


def _key_of(name: str, delivery: str, number: int, ticket: OpenTicket) -> str | None:
    """
    Give the idempotency key of one answer of a delivery; None where the vendor names its deliveries by nothing.

    Several requests of a tenant may be one ticket at the vendor, which has put them together: each is told.
    """
    if not delivery:
        return None
    is_plain = len(delivery) <= _LONGEST_DELIVERY and delivery.isprintable()
    told = delivery if is_plain else hashlib.sha256(delivery.encode(errors="surrogatepass")).hexdigest()
    return f"delivery:{name}:{told}:{number}:{reference_of(ticket.key)}"


def _applied(
    ports: Ports, ticket: OpenTicket, answer: VendorAnswer, now: datetime, key: str | None
) -> Flow[bool | Reason]:
    """
    Give a case what its vendor says; say whether it had been given that before, or why it could not be given.

    A case that refuses it is asked about again by the next pass: the vendor has done its part, and is not told to come
    again.
    """
    update = update_of((ticket.vendor, ticket.key, ticket.case_id), answer, idempotency_key=key)
    try:
        decision = yield from execute(ports, ticket.tenant, update, now, body="delivery")
    except StoreError:
        raise
    except CaseError as error:
        log.warning("case %s: what vendor %s says was refused: %s", ticket.case_id, ticket.vendor, safe_text(error))
        yield Call(ports.store.asked, [ticket], EPOCH)
        return error.reason
    except Exception as error:  # noqa: BLE001 - a policy may raise anything; whoever called learns nothing of it
        log.warning("case %s: what vendor %s says cannot be taken: %s", ticket.case_id, ticket.vendor, safe_text(error))
        raise WebhookRefusedError(ticket.vendor, 500, "it cannot be taken now; send it again") from None
    return decision.replayed


def _look_into(ports: Ports, tickets: Sequence[OpenTicket], now: datetime) -> Flow[None]:
    """
    Have tickets asked about by the next pass.

    That pass leaves out those on which nobody owes anything any more. One of them is asked about here and now, and
    none that was just asked about: whoever gives hints need not have proved anything.
    """
    due = [ticket for ticket in tickets if ticket.is_open]
    if due:
        yield Call(ports.store.asked, due, EPOCH)
    for ticket in [each for each in tickets if not each.is_open][:_MOST_ENDED]:
        if ticket.reached_at is not None and now < ticket.reached_at + poll_every(ports.vendors[ticket.vendor]):
            continue
        try:
            is_there = yield from ask(ports, ticket, now)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; whoever called is not to blame
            log.warning("vendor %s could not be asked about %s: %s", ticket.vendor, ticket.case_id, safe_text(error))
            yield Call(ports.store.asked, [ticket], now)
        else:
            yield Call(ports.store.asked, [ticket], now, reached=is_there)
