"""What stands in the rows of the SQLite store, and the statements that write and read them."""

from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from supporttiers._codec import EventRecord, decode_event, dumps, encode_case, instant_at, loads, micros_of
from supporttiers.events import Event
from supporttiers.links import VENDOR_LIVE
from supporttiers.match import FIELDS
from supporttiers.protocols import KEY_LIFE, Commit, KeyUse, Message, OpenTicket, Settled, Workload

Row = tuple[Any, ...]

# -- cases

_INSTANTS: Final = tuple(name for name, kind in FIELDS.items() if kind == "instant")
_PLAIN: Final = tuple(name for name, kind in FIELDS.items() if kind in {"text", "number"} and name != "id")
_COLUMNS: Final = (*_PLAIN, *_INSTANTS, "wakes_at", "head", "body")
_ENUMS: Final = {"kind": "kind._value_", "status": "status._value_"}  # sqlite3 takes long over a subclass of str
_plain_of: Final = attrgetter(*(_ENUMS.get(name, name) for name in _PLAIN))
_instants_of: Final = attrgetter(*_INSTANTS)

INSERT_CASE: Final = "INSERT INTO supporttiers_case ({}, tenant, id) VALUES ({}, ?, ?)".format(  # noqa: S608 - ours
    ", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS))
)
UPDATE_CASE: Final = "UPDATE supporttiers_case SET {} WHERE tenant = ? AND id = ?".format(  # noqa: S608 - ours
    ", ".join(f"{name} = ?" for name in _COLUMNS)
)
FIND_HEAD: Final = "SELECT version, head FROM supporttiers_case WHERE tenant = ? AND id = ?"
STORED: Final = "SELECT version, head, body FROM supporttiers_case WHERE tenant = ? AND id = ?"
LOAD: Final = "SELECT body FROM supporttiers_case WHERE tenant = ? AND id = ?"
LOAD_WITH_KEY: Final = """
SELECT supporttiers_case.body, used.key, used.case_id, used.version, used.body, used.used_at
FROM (SELECT ? AS tenant, ? AS id, ? AS key) AS asked
LEFT JOIN supporttiers_case ON supporttiers_case.tenant = asked.tenant AND supporttiers_case.id = asked.id
LEFT JOIN supporttiers_key AS used ON used.tenant = asked.tenant AND used.key = asked.key"""
LOAD_MANY: Final = """
SELECT id, body FROM supporttiers_case WHERE tenant = ? AND id IN (SELECT value FROM json_each(?))"""
# A tenant with a plus before it is looked at, but does not choose the index: what is due is rare.
DUE: Final = """
SELECT wakes_at, body FROM supporttiers_case WHERE wakes_at <= ? {tenant} ORDER BY wakes_at, tenant, id LIMIT ?"""
NEXT_WAKE: Final = """
SELECT wakes_at FROM supporttiers_case WHERE wakes_at IS NOT NULL {tenant} ORDER BY wakes_at LIMIT 1"""


def of_tenant(statement: str, tenant: str | None) -> tuple[str, list[object]]:
    """Narrow a statement to a tenant, where there is one."""
    if tenant is None:
        return statement.format(tenant=""), []
    return statement.format(tenant="AND +tenant = ?"), [tenant]


def micros_or_none(instant: datetime | None) -> int | None:
    """Give an instant as a column has it."""
    return None if instant is None else micros_of(instant)


def case_row(commit: Commit, head: str) -> list[object]:
    """Give what `INSERT_CASE` and `UPDATE_CASE` bind."""
    case = commit.case
    instants = map(micros_or_none, _instants_of(case))
    return [
        *_plain_of(case), *instants, micros_or_none(commit.wakes_at), head, encode_case(case), commit.tenant, case.id
    ]  # fmt: skip


# -- people

WORKLOAD: Final = """
SELECT assignee, channel, count(*) FROM supporttiers_case
WHERE tenant = ? AND assignee IN (SELECT value FROM json_each(?))
  AND assignee IS NOT NULL AND status IN ('queued', 'in_progress', 'waiting')
GROUP BY assignee, channel"""
ASSIGNED: Final = """
SELECT asked.value, (SELECT max(assigned_at) FROM supporttiers_case WHERE tenant = ? AND last_assignee = asked.value)
FROM json_each(?) AS asked"""
PUT_AGENT: Final = """
INSERT INTO supporttiers_agent (tenant, id, body) VALUES (?, ?, ?)
ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body"""
REMOVE_AGENT: Final = "DELETE FROM supporttiers_agent WHERE tenant = ? AND id = ?"
AGENTS: Final = "SELECT body FROM supporttiers_agent WHERE tenant = ? ORDER BY id"
SOME_AGENTS: Final = """
SELECT body FROM supporttiers_agent WHERE tenant = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id"""


def workloads_of(held: list[Row], given: list[Row]) -> dict[str, Workload]:
    """Read the rows of `WORKLOAD` and of `ASSIGNED`."""
    channels: dict[str, dict[str, int]] = {agent: {} for agent, _ in given}
    for agent, channel, count in held:
        channels[agent][channel or ""] = count
    return {
        agent: Workload(channels=channels[agent], assigned_at=None if at is None else instant_at(at))
        for agent, at in given
    }


# -- events

INSERT_EVENT: Final = """
INSERT INTO supporttiers_event (tenant, case_id, version, type, schema, at, recorded_at, public, private, salt, digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
HISTORY: Final = """
SELECT type, schema, public, private, recorded_at FROM supporttiers_event
WHERE tenant = ? AND case_id = ? AND version > ? ORDER BY version"""
RECORDS: Final = """
SELECT version, type, schema, public, private, salt, committed, digest FROM supporttiers_event
WHERE tenant = ? AND case_id = ? ORDER BY version"""


def event_of(row: Row) -> Event:
    """Read a row of `HISTORY`."""
    type_name, schema, public, private, recorded_at = row
    return decode_event(type_name, schema, public, private, recorded_at=instant_at(recorded_at))


def record_of(row: Row) -> EventRecord:
    """Read a row of `RECORDS`."""
    version, type_name, schema, public, private, salt, committed, digest = row
    return EventRecord(
        version=version, type=type_name, schema=schema, public=public, private=private, salt=salt,
        committed=committed, digest=digest,
    )  # fmt: skip


# -- idempotency keys

USE_KEY: Final = """
INSERT INTO supporttiers_key (tenant, key, case_id, version, body, used_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, key) DO UPDATE SET
  case_id = excluded.case_id, version = excluded.version, body = excluded.body, used_at = excluded.used_at
WHERE used_at < ?"""
FORGET_KEYS: Final = "DELETE FROM supporttiers_key WHERE used_at < ?"


def key_row(tenant: str, used: KeyUse) -> Row:
    """Give what `USE_KEY` binds: the last is when an earlier use no longer counts."""
    free_before = micros_of(used.used_at - KEY_LIFE)
    return tenant, used.key, used.case_id, used.version, used.body, micros_of(used.used_at), free_before


def key_use_of(row: Row) -> KeyUse | None:
    """Read the key's part of a row of `LOAD_WITH_KEY`."""
    key, case_id, version, body, used_at = row
    if key is None:
        return None
    return KeyUse(key=key, case_id=case_id, version=version, body=body, used_at=instant_at(used_at))


# -- the outbox

INSERT_MESSAGE: Final = """
INSERT INTO supporttiers_outbox (tenant, key, case_id, kind, target, effect, at, not_before, attempts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, key) DO NOTHING"""
SETTLE: Final = """
UPDATE supporttiers_outbox SET state = ?, result = ?, attempts = ?, not_before = ?
WHERE tenant = ? AND key = ? AND state = 'pending'"""
PENDING: Final = """
SELECT tenant, key, case_id, kind, target, effect, at, not_before, attempts, result FROM supporttiers_outbox AS message
WHERE state = 'pending' AND not_before <= ? {tenant} AND NOT EXISTS (
  SELECT 1 FROM supporttiers_outbox AS earlier
  WHERE earlier.state = 'pending' AND earlier.tenant = message.tenant AND earlier.case_id = message.case_id
    AND earlier.target = message.target AND earlier.seq < message.seq AND earlier.attempts > 0
    AND earlier.not_before > ?)
ORDER BY seq LIMIT ?"""


def message_row(message: Message) -> Row:
    """Give what `INSERT_MESSAGE` binds."""
    return (
        message.tenant, message.key, message.case_id, message.kind, message.target, dumps(message.effect),
        micros_of(message.at), micros_of(message.not_before), message.attempts,
    )  # fmt: skip


def settled_row(settled: Settled) -> Row:
    """Give what `SETTLE` binds."""
    not_before = micros_of(settled.not_before)
    return settled.state, settled.result, settled.attempts, not_before, settled.tenant, settled.key


def message_of(row: Row) -> Message:
    """Read a row of `PENDING`."""
    tenant, key, case_id, kind, target, effect, at, not_before, attempts, result = row
    return Message(
        tenant=tenant, key=key, case_id=case_id, kind=kind, target=target, effect=loads(effect), at=instant_at(at),
        not_before=instant_at(not_before), attempts=attempts, result=result,
    )  # fmt: skip


# -- links and vendor tickets

FORGET_LINKS: Final = "DELETE FROM supporttiers_link WHERE tenant = ? AND case_id = ?"
INSERT_LINK: Final = """
INSERT INTO supporttiers_link (tenant, case_id, kind, target_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""
INCOMING: Final = """
SELECT kind, case_id FROM supporttiers_link WHERE tenant = ? AND target_id = ? AND (kind, case_id) > (?, ?)
ORDER BY kind, case_id LIMIT ?"""
INCOMING_OF_KIND: Final = """
SELECT kind, case_id FROM supporttiers_link WHERE tenant = ? AND target_id = ? AND kind = ?
  AND (kind, case_id) > (?, ?) ORDER BY kind, case_id LIMIT ?"""
PUT_TICKET: Final = """
INSERT INTO supporttiers_vendor_ticket (tenant, case_id, key, vendor, remote_id, status, is_open)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, case_id, key) DO UPDATE SET
  remote_id = excluded.remote_id, status = excluded.status, is_open = excluded.is_open"""
OPEN_TICKETS: Final = """
SELECT tenant, case_id, vendor, key, remote_id FROM supporttiers_vendor_ticket
WHERE is_open = 1 AND (asked_at IS NULL OR asked_at < ?) {tenant} ORDER BY asked_at, tenant, case_id, key LIMIT ?"""
ASKED: Final = """
UPDATE supporttiers_vendor_ticket SET asked_at = ? WHERE tenant = ? AND case_id = ? AND key = ?"""


def link_rows(commit: Commit) -> list[Row]:
    """Give what `INSERT_LINK` binds, for each link of the case."""
    return [(commit.tenant, commit.case.id, link.kind, link.case_id) for link in commit.case.links]


def ticket_rows(commit: Commit) -> list[Row]:
    """Give what `PUT_TICKET` binds, for each vendor ticket of the case."""
    rows = []
    for ticket in commit.case.vendor_tickets:
        is_open = ticket.remote_id is not None and ticket.status in VENDOR_LIVE
        status = ticket.status.value
        rows.append((commit.tenant, commit.case.id, ticket.key, ticket.vendor, ticket.remote_id, status, is_open))
    return rows


def ticket_of(row: Row) -> OpenTicket:
    """Read a row of `OPEN_TICKETS`."""
    tenant, case_id, vendor, key, remote_id = row
    return OpenTicket(tenant=tenant, case_id=case_id, vendor=vendor, key=key, remote_id=remote_id)


# -- processes

PUT_PROCESS: Final = """
INSERT INTO supporttiers_process (name, revision, body, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""
PROCESS_KEPT_AT: Final = "SELECT at FROM supporttiers_process WHERE name = ? AND revision = ?"
WAKE_FOLLOWERS: Final = """
UPDATE supporttiers_case SET wakes_at = ?
WHERE process = ? AND status IN ('queued', 'in_progress', 'waiting', 'resolved')
  AND limits_revision IN (SELECT revision FROM supporttiers_process WHERE name = ? AND at < (
    SELECT at FROM supporttiers_process WHERE name = ? AND revision = ?))
  AND (wakes_at IS NULL OR wakes_at > ?)"""
GET_PROCESS: Final = "SELECT body FROM supporttiers_process WHERE name = ? AND revision = ?"
