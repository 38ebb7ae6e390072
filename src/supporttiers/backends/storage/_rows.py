"""What stands in the rows of SQL stores, and what is made of it."""

import json
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from supporttiers._codec import (
    EventRecord,
    decode_case,
    decode_event,
    dumps,
    encode_case,
    encode_event,
    instant_at,
    loads,
    micros_of,
)
from supporttiers._codec import digest as digest_of
from supporttiers.clock import IdFactory
from supporttiers.events import Event
from supporttiers.links import VENDOR_LIVE
from supporttiers.match import FIELDS
from supporttiers.protocols import (
    KEY_LIFE,
    Commit,
    DueCase,
    KeyUse,
    Loaded,
    Message,
    OpenTicket,
    ParkedCase,
    Setback,
    Settled,
    Workload,
)
from supporttiers.reasons import Reason

Row = tuple[Any, ...]


def micros_or_none(instant: datetime | None) -> int | None:
    """Give an instant as a column has it."""
    return None if instant is None else micros_of(instant)


def instant_or_none(micros: int | None) -> datetime | None:
    """Give what a column has as an instant."""
    return None if micros is None else instant_at(micros)


# -- cases

_INSTANTS: Final = tuple(name for name, kind in FIELDS.items() if kind == "instant")
_PLAIN: Final = tuple(name for name, kind in FIELDS.items() if kind in {"text", "number"} and name != "id")
CASE_COLUMNS: Final = (*_PLAIN, *_INSTANTS, "wakes_at", "head", "body")
NUMBERS: Final = frozenset({*(name for name, kind in FIELDS.items() if kind == "number"), *_INSTANTS, "wakes_at"})
_ENUMS: Final = {"kind": "kind._value_", "status": "status._value_"}  # drivers take long over a subclass of str
_plain_of: Final = attrgetter(*(_ENUMS.get(name, name) for name in _PLAIN))
_instants_of: Final = attrgetter(*_INSTANTS)


def case_row(commit: Commit, head: str) -> list[object]:
    """Give the values of `CASE_COLUMNS`."""
    case = commit.case
    instants = map(micros_or_none, _instants_of(case))
    return [*_plain_of(case), *instants, micros_or_none(commit.wakes_at), head, encode_case(case)]


def loaded_of(row: Row) -> Loaded:
    """Read body and parked of a case, and a key's use, of which all may be missing."""
    body, parked, *used = row
    return Loaded(
        case=None if body is None else decode_case(body),
        used=key_use_of(tuple(used)) if used and used[0] is not None else None,
        parked=None if parked is None else reason_of(parked),
    )


def due_of(row: Row) -> DueCase:
    """Read wake-up, failures and body."""
    wakes_at, failures, body = row
    return DueCase(case=decode_case(body), wakes_at=instant_at(wakes_at), failures=failures)


def due_of_row(row: Row) -> DueCase:
    """Read it behind tenant and id, and before what else a claim reads."""
    return due_of(row[2:5])


def reason_text(reason: Reason) -> str:
    """Write why a case was set aside."""
    return json.dumps({"code": reason.code, "params": dict(reason.params)}, ensure_ascii=False, sort_keys=True)


def reason_of(text: str) -> Reason:
    """Read why a case was set aside."""
    return Reason(**json.loads(text))


def setback_row(setback: Setback) -> Row:
    """Give wake-up, failures, parked, parked_at, tenant, id and version."""
    parked = setback.wakes_at is None
    return (
        micros_or_none(setback.wakes_at), setback.failures, reason_text(setback.reason) if parked else None,
        micros_of(setback.at) if parked else None, setback.tenant, setback.case_id, setback.version,
    )  # fmt: skip


def parked_of(row: Row) -> ParkedCase:
    """Read body, parked, parked_at and failures."""
    body, parked, parked_at, failures = row
    return ParkedCase(
        case=decode_case(body), reason=reason_of(parked), parked_at=instant_at(parked_at), failures=failures
    )


# -- people


def workloads_of(held: list[Row], given: list[Row]) -> dict[str, Workload]:
    """Read (assignee, channel, count), and (agent, when they were last given a case)."""
    channels: dict[str, dict[str, int]] = {agent: {} for agent, _ in given}
    for agent, channel, count in held:
        channels[agent][channel or ""] = count
    return {agent: Workload(channels=channels[agent], assigned_at=instant_or_none(at)) for agent, at in given}


# -- events

EVENT_COLUMNS: Final = (
    "tenant", "case_id", "version", "type", "schema", "at", "recorded_at", "public", "private", "salt", "digest"
)  # fmt: skip


def event_rows(commit: Commit, head: str, ids: IdFactory) -> list[Row]:
    """Give the values of `EVENT_COLUMNS`, each digest made on the one before it."""
    tenant, case_id, recorded_at = commit.tenant, commit.case.id, micros_of(commit.recorded_at)
    made: list[Row] = []
    for event in commit.events:
        name, schema, public, private = encode_event(event)
        salt = ids.salt() if private else b""
        head = digest_of(head, public, salt, private)
        at = micros_of(event.at)
        made.append((tenant, case_id, event.version, name, schema, at, recorded_at, public, private, salt, head))
    return made


def event_of(row: Row) -> Event:
    """Read type, schema, both parts and recorded_at."""
    type_name, schema, public, private, recorded_at = row
    return decode_event(type_name, schema, public, private, recorded_at=instant_at(recorded_at))


def record_of(row: Row) -> EventRecord:
    """Read a row of a history as it is stored."""
    version, type_name, schema, public, private, salt, committed, digest = row
    return EventRecord(
        version=version, type=type_name, schema=schema, public=public, private=private,
        salt=None if salt is None else bytes(salt), committed=committed, digest=digest,
    )  # fmt: skip


# -- idempotency keys


def key_row(tenant: str, used: KeyUse) -> Row:
    """Give tenant, key, case id, version, body, when, and before when an earlier use no longer counts."""
    free_before = micros_of(used.used_at - KEY_LIFE)
    return tenant, used.key, used.case_id, used.version, used.body, micros_of(used.used_at), free_before


def key_use_of(row: Row) -> KeyUse:
    """Read key, case id, version, body and when."""
    key, case_id, version, body, used_at = row
    return KeyUse(key=key, case_id=case_id, version=version, body=body, used_at=instant_at(used_at))


# -- the outbox

MESSAGE_COLUMNS: Final = (
    "tenant", "key", "case_id", "kind", "target", "effect", "at", "not_before", "attempts"
)  # fmt: skip


def message_row(message: Message) -> Row:
    """Give the values of `MESSAGE_COLUMNS`."""
    return (
        message.tenant, message.key, message.case_id, message.kind, message.target, dumps(message.effect),
        micros_of(message.at), micros_of(message.not_before), message.attempts,
    )  # fmt: skip


def settled_row(settled: Settled) -> Row:
    """Give state, result, attempts, not_before, whether the lease is kept (twice), tenant, key and lease (twice)."""
    kept = int(settled.keep)
    return (
        settled.state, settled.result, settled.attempts, micros_of(settled.not_before), kept, kept, settled.tenant,
        settled.key, settled.lease, settled.lease,
    )  # fmt: skip


def message_of(row: Row) -> Message:
    """Read a message; the first value is its place in the order in which messages were caused."""
    _, tenant, key, case_id, kind, target, effect, at, not_before, attempts, result, state, lease = row
    return Message(
        tenant=tenant, key=key, case_id=case_id, kind=kind, target=target, effect=loads(effect), at=instant_at(at),
        not_before=instant_at(not_before), attempts=attempts, result=result, state=state, lease=lease,
    )  # fmt: skip


def message_of_row(row: Row) -> Message:
    """Read it behind its tenant and its key."""
    return message_of(row[2])


# -- links and vendor tickets


def link_rows(commit: Commit) -> list[Row]:
    """Give tenant, case id, kind and target of each link of the case."""
    return [(commit.tenant, commit.case.id, link.kind, link.case_id) for link in commit.case.links]


TICKET_COLUMNS: Final = ("tenant", "case_id", "key", "vendor", "remote_id", "status", "is_open")


def ticket_rows(commit: Commit) -> list[Row]:
    """Give the values of `TICKET_COLUMNS` for each vendor ticket of the case."""
    rows = []
    for ticket in commit.case.vendor_tickets:
        is_open = int(ticket.remote_id is not None and ticket.status in VENDOR_LIVE)
        status = ticket.status.value
        rows.append((commit.tenant, commit.case.id, ticket.key, ticket.vendor, ticket.remote_id, status, is_open))
    return rows


def ticket_of(row: Row) -> OpenTicket:
    """Read tenant, case id, vendor, key, remote id, whether it is open, and when the vendor answered and was asked."""
    tenant, case_id, vendor, key, remote_id, is_open, reached_at, asked_at = row
    return OpenTicket(
        tenant=tenant, case_id=case_id, vendor=vendor, key=key, remote_id=remote_id, is_open=bool(is_open),
        reached_at=None if reached_at is None else instant_at(reached_at),
        asked_at=None if asked_at is None else instant_at(asked_at),
    )  # fmt: skip
