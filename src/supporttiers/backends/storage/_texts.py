"""
The statements of SQL stores, in the words of SQLite and of PostgreSQL.

Values are bound to question marks. `{among}` stands for a list that is bound as one JSON text, `{tenant}` for the
tenant that a worker looks after, if it is only one.
"""

from functools import lru_cache
from typing import Final

from supporttiers.backends.storage._rows import (
    CASE_COLUMNS,
    EVENT_COLUMNS,
    MESSAGE_COLUMNS,
    NUMBERS,
    TICKET_COLUMNS,
)
from supporttiers.schema import VERSION, Names

_MESSAGE: Final = """
seq, tenant, key, case_id, kind, target, effect, at, not_before, attempts, result, state, lease_token"""
_TICKET: Final = "tenant, case_id, vendor, key, remote_id, is_open, reached_at, asked_at"
_OPEN: Final = "('queued', 'in_progress', 'waiting')"


def _list(names: tuple[str, ...], pattern: str = "{0}") -> str:
    return ", ".join(pattern.format(name) for name in names)


class Texts:
    """What both databases understand, but for what a subclass says otherwise."""

    AMONG = ""
    VERSION = "SELECT version, oldest FROM supporttiers_version"
    OLDEST = "SELECT oldest FROM supporttiers_version"

    # -- cases
    LOAD = "SELECT body, parked FROM supporttiers_case WHERE tenant = ? AND id = ?"
    LOAD_WITH_KEY = """
SELECT found.body, found.parked, used.key, used.case_id, used.version, used.body, used.used_at
FROM (SELECT 1 AS one) AS always
LEFT JOIN supporttiers_case AS found ON found.tenant = ? AND found.id = ?
LEFT JOIN supporttiers_key AS used ON used.tenant = ? AND used.key = ?"""
    LOAD_MANY = "SELECT id, body FROM supporttiers_case WHERE tenant = ? AND id {among}"
    STORED = "SELECT version, head, body FROM supporttiers_case WHERE tenant = ? AND id = ?"
    HISTORY = """
SELECT type, schema, public, private, recorded_at FROM supporttiers_event
WHERE tenant = ? AND case_id = ? AND version > ? ORDER BY version"""
    RECORDS = """
SELECT version, type, schema, public, private, salt, committed, digest FROM supporttiers_event
WHERE tenant = ? AND case_id = ? ORDER BY version"""

    # -- what is due
    CLAIM = """
SELECT tenant, id, wakes_at, failures, body FROM supporttiers_case WHERE wakes_at <= ? {tenant}
ORDER BY wakes_at, tenant, id LIMIT ?"""
    OVERDUE = """
SELECT wakes_at, failures, body FROM supporttiers_case WHERE wakes_at < ? {tenant}
ORDER BY wakes_at, tenant, id LIMIT ?"""
    PUT_OFF_CASE = "UPDATE supporttiers_case SET wakes_at = ? WHERE tenant = ? AND id = ?"
    PUT_OFF_MESSAGE = """
UPDATE supporttiers_outbox SET not_before = ?, lease_until = NULL, lease_token = NULL WHERE tenant = ? AND key = ?"""
    SET_BACK = """
UPDATE supporttiers_case SET wakes_at = ?, failures = ?, parked = ?, parked_at = ?
WHERE tenant = ? AND id = ? AND version = ?"""
    PARKED = """
SELECT body, parked, parked_at, failures FROM supporttiers_case
WHERE parked_at IS NOT NULL {tenant} AND (tenant, id) > (?, ?) ORDER BY tenant, id LIMIT ?"""
    UNPARK = """
UPDATE supporttiers_case SET wakes_at = ?, failures = 0, parked = NULL, parked_at = NULL
WHERE tenant = ? AND id = ? AND parked_at IS NOT NULL"""
    NEXT_WAKE = """
SELECT wakes_at FROM supporttiers_case WHERE wakes_at IS NOT NULL {tenant} ORDER BY wakes_at LIMIT 1"""
    COUNT_DUE = """
SELECT count(*), min(wakes_at) FROM (
  SELECT wakes_at FROM supporttiers_case WHERE wakes_at <= ? {tenant} ORDER BY wakes_at LIMIT ?) AS due"""
    COUNT_PARKED = "SELECT count(*) FROM supporttiers_case WHERE parked_at IS NOT NULL {tenant}"
    COUNT_MESSAGES = """
SELECT count(*), min(not_before) FROM (
  SELECT not_before FROM supporttiers_outbox
  WHERE state = 'pending' AND not_before <= ? AND (lease_until IS NULL OR lease_until <= ?) {tenant}
  ORDER BY not_before LIMIT ?) AS waiting"""
    COUNT_ASIDE = """
SELECT state, count(*) FROM supporttiers_outbox WHERE state IN ('dead', 'ambiguous') {tenant} GROUP BY state"""

    # -- idempotency keys
    USE_KEY = """
INSERT INTO supporttiers_key (tenant, key, case_id, version, body, used_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, key) DO UPDATE SET
  case_id = excluded.case_id, version = excluded.version, body = excluded.body, used_at = excluded.used_at
WHERE supporttiers_key.used_at < ?"""
    FREE_KEY = "DELETE FROM supporttiers_key WHERE tenant = ? AND key = ?"
    FORGET_KEYS = "DELETE FROM supporttiers_key WHERE used_at < ?"
    KEY_USES = """
SELECT key, case_id, version, body, used_at FROM supporttiers_key WHERE tenant = ? AND case_id = ? ORDER BY key"""

    # -- the outbox
    SETTLE = """
UPDATE supporttiers_outbox SET state = ?, result = ?, attempts = ?, not_before = ?,
  lease_until = CASE WHEN ? = 1 THEN lease_until END, lease_token = CASE WHEN ? = 1 THEN lease_token END
WHERE tenant = ? AND key = ? AND state = 'pending' AND (? IS NULL OR coalesce(lease_token, '') = ?)"""
    # The earliest of its lane that is not held to working time; what others have leased is pending, too.
    LANE = """
state = 'pending' AND not_before <= ? AND (lease_until IS NULL OR lease_until <= ?) {tenant} AND NOT EXISTS (
  SELECT 1 FROM supporttiers_outbox AS earlier
  WHERE earlier.state = 'pending' AND earlier.tenant = message.tenant AND earlier.case_id = message.case_id
    AND earlier.target = message.target AND earlier.seq < message.seq
    AND (earlier.attempts > 0 OR earlier.not_before <= ?))"""
    LEASE = ""
    RETRY = """
UPDATE supporttiers_outbox SET state = 'pending', attempts = 0, not_before = ?, lease_until = NULL, lease_token = NULL
WHERE tenant = ? AND key = ? AND state IN ('dead', 'ambiguous')"""
    DISCARD = """
UPDATE supporttiers_outbox SET state = 'done', result = 'discarded'
WHERE tenant = ? AND key = ? AND state IN ('dead', 'ambiguous')"""
    MESSAGES = f"""
SELECT {_MESSAGE} FROM supporttiers_outbox
WHERE tenant = ? {{which}} AND seq > coalesce((SELECT seq FROM supporttiers_outbox WHERE tenant = ? AND key = ?), 0)
ORDER BY seq LIMIT ?"""  # noqa: S608 - ours

    # -- redaction
    PRIVATE_PARTS = """
SELECT version, salt, private FROM supporttiers_event
WHERE tenant = ? AND case_id = ? AND version < ? AND private <> ''"""
    FORGET_PRIVATE = """
UPDATE supporttiers_event SET private = NULL, salt = NULL, committed = ?
WHERE tenant = ? AND case_id = ? AND version = ?"""
    MESSAGES_OF_CASE = f"SELECT {_MESSAGE} FROM supporttiers_outbox WHERE tenant = ? AND case_id = ? ORDER BY seq"  # noqa: S608
    BLANK_MESSAGE = "UPDATE supporttiers_outbox SET effect = ?, target = ? WHERE seq = ?"
    BLANK_RESULT = "UPDATE supporttiers_outbox SET result = ? WHERE seq = ? AND result = ?"
    END_MESSAGE = """
UPDATE supporttiers_outbox SET state = ?, result = ?, lease_until = NULL, lease_token = NULL
WHERE seq = ? AND state <> 'done'"""
    BLANK_KEYS = "UPDATE supporttiers_key SET body = '' WHERE tenant = ? AND case_id = ? AND version < ?"

    # -- links and vendor tickets
    INCOMING = """
SELECT kind, case_id FROM supporttiers_link WHERE tenant = ? AND target_id = ? AND (kind, case_id) > (?, ?)
ORDER BY kind, case_id LIMIT ?"""
    INCOMING_OF_KIND = """
SELECT kind, case_id FROM supporttiers_link WHERE tenant = ? AND target_id = ? AND kind = ?
  AND (kind, case_id) > (?, ?) ORDER BY kind, case_id LIMIT ?"""
    OPEN_TICKETS = f"""
SELECT {_TICKET} FROM supporttiers_vendor_ticket
WHERE is_open = 1 AND (asked_at IS NULL OR asked_at < ?) {{tenant}}
ORDER BY asked_at NULLS FIRST, tenant, case_id, key LIMIT ?"""  # noqa: S608 - ours
    ASKED = """
UPDATE supporttiers_vendor_ticket SET asked_at = ? WHERE tenant = ? AND case_id = ? AND key = ?"""
    REACHED = """
UPDATE supporttiers_vendor_ticket SET asked_at = ?, reached_at = ? WHERE tenant = ? AND case_id = ? AND key = ?"""
    TICKETS = f"""
SELECT {_TICKET} FROM supporttiers_vendor_ticket WHERE vendor = ? AND remote_id {{among}} {{tenant}}"""  # noqa: S608 - ours
    VENDOR_CURSOR = "SELECT cursor FROM supporttiers_vendor_cursor WHERE vendor = ?"
    KEEP_VENDOR_CURSOR = """
INSERT INTO supporttiers_vendor_cursor (vendor, cursor, at) VALUES (?, ?, ?)
ON CONFLICT (vendor) DO UPDATE SET cursor = excluded.cursor, at = excluded.at"""

    # -- people
    WORKLOAD = f"""
SELECT assignee, channel, count(*) FROM supporttiers_case
WHERE tenant = ? AND assignee {{among}} AND assignee IS NOT NULL AND status IN {_OPEN}
GROUP BY assignee, channel"""  # noqa: S608 - ours
    ASSIGNED = ""
    PUT_AGENT = """
INSERT INTO supporttiers_agent (tenant, id, body) VALUES (?, ?, ?)
ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body"""
    REMOVE_AGENT = "DELETE FROM supporttiers_agent WHERE tenant = ? AND id = ?"
    AGENTS = "SELECT body FROM supporttiers_agent WHERE tenant = ? ORDER BY id"
    SOME_AGENTS = "SELECT body FROM supporttiers_agent WHERE tenant = ? AND id {among} ORDER BY id"

    # -- processes
    PUT_PROCESS = """
INSERT INTO supporttiers_process (name, revision, body, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""
    PROCESS_KEPT_AT = "SELECT at FROM supporttiers_process WHERE name = ? AND revision = ?"
    WAKE_FOLLOWERS = """
UPDATE supporttiers_case SET wakes_at = ?
WHERE process = ? AND status IN ('queued', 'in_progress', 'waiting', 'resolved')
  AND limits_revision IN (SELECT revision FROM supporttiers_process WHERE name = ? AND at < (
    SELECT at FROM supporttiers_process WHERE name = ? AND revision = ?))
  AND (wakes_at IS NULL OR wakes_at > ?) AND parked_at IS NULL AND failures = 0"""
    GET_PROCESS = "SELECT body FROM supporttiers_process WHERE name = ? AND revision = ?"

    def __init__(self, names: Names) -> None:
        """Put in the names of the tables, and how lists are bound."""
        for name in dir(self):
            if name.isupper():
                text = names.put_into(getattr(self, name))
                setattr(self, name, text.replace("{among}", self.AMONG))


SPARED: Final = (
    "process", "limits_revision", "status", "channel", "assignee", "last_assignee", "opened_at", "assigned_at",
    "due_at", "wakes_at",
)  # fmt: skip
"""Columns that indexes need: SQLite writes an index anew where an update names one of them, changed or not."""


class SqliteTexts(Texts):
    """As SQLite understands it."""

    AMONG = "IN (SELECT value FROM json_each(?))"
    KEY_USES = Texts.KEY_USES.replace("FROM supporttiers_key", "FROM supporttiers_key INDEXED BY supporttiers_key_case")
    BEGIN_WRITING = "UPDATE supporttiers_version SET oldest = oldest WHERE only_row = 0"
    MADE = "SELECT 1 FROM sqlite_master WHERE name = 'supporttiers_version'"
    HAS_OLDEST = "SELECT 1 FROM pragma_table_info('supporttiers_version') WHERE name = 'oldest'"
    VERSION_ALONE = "SELECT version FROM supporttiers_version"
    FIND_HEAD = f"SELECT version, head, parked_at, {_list(SPARED)} FROM supporttiers_case WHERE tenant = ? AND id = ?"  # noqa: S608 - ours
    CLAIM = Texts.CLAIM.replace("body", f"body, version, head, parked_at, {_list(SPARED)}")
    INSERT_CASE = (
        f"INSERT INTO supporttiers_case ({_list(CASE_COLUMNS)}, tenant, id) "  # noqa: S608 - ours
        f"VALUES ({_list(CASE_COLUMNS, '?')}, ?, ?)"
    )
    UPDATE_CASE = "UPDATE supporttiers_case SET {columns}, failures = 0 WHERE tenant = ? AND id = ?"
    INSERT_EVENT = f"INSERT INTO supporttiers_event ({_list(EVENT_COLUMNS)}) VALUES ({_list(EVENT_COLUMNS, '?')})"  # noqa: S608
    INSERT_MESSAGE = (
        f"INSERT INTO supporttiers_outbox ({_list(MESSAGE_COLUMNS)}) "  # noqa: S608 - ours
        f"VALUES ({_list(MESSAGE_COLUMNS, '?')}) ON CONFLICT (tenant, key) DO NOTHING"
    )
    LEASE = f"""
SELECT {_MESSAGE} FROM supporttiers_outbox AS message WHERE {Texts.LANE}
ORDER BY not_before, seq LIMIT ?"""  # noqa: S608 - ours
    SET_LEASE = "UPDATE supporttiers_outbox SET lease_until = ?, lease_token = ? WHERE seq = ?"
    FORGET_LINKS = "DELETE FROM supporttiers_link WHERE tenant = ? AND case_id = ?"
    INSERT_LINK = """
INSERT INTO supporttiers_link (tenant, case_id, kind, target_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"""
    PUT_TICKET = (
        f"INSERT INTO supporttiers_vendor_ticket ({_list(TICKET_COLUMNS)}) "  # noqa: S608 - ours
        f"VALUES ({_list(TICKET_COLUMNS, '?')}) ON CONFLICT (tenant, case_id, key) DO UPDATE SET "
        "remote_id = excluded.remote_id, status = excluded.status, is_open = excluded.is_open"
    )
    ASSIGNED = """
SELECT asked.value, (SELECT max(assigned_at) FROM supporttiers_case WHERE tenant = ? AND last_assignee = asked.value)
FROM json_each(?) AS asked"""


def _typed(names: tuple[str, ...], numbers: frozenset[str]) -> str:
    return ", ".join(f"{name} {'bigint' if name in numbers else 'text'}" for name in names)


_EVENT_NUMBERS: Final = frozenset({"version", "schema", "at", "recorded_at"})
_MESSAGE_NUMBERS: Final = frozenset({"at", "not_before", "attempts"})


def _assigned(name: str) -> str:
    return f"{name} = ?::text::bigint" if name in NUMBERS else f"{name} = ?"


def _event_value(name: str) -> str:
    if name == "salt":
        return "decode(?, 'hex')"
    return "?::text::bigint" if name in _EVENT_NUMBERS else "?::text"


class PostgresTexts(Texts):
    """As PostgreSQL understands it; rows come in as one JSON text for each table."""

    AMONG = "= ANY (ARRAY(SELECT json_array_elements_text(?::text::json)))"  # an array, so that an index serves
    MADE = "SELECT to_regclass(?::text)::text"
    LOAD = "SELECT body, parked, version, head FROM supporttiers_case WHERE tenant = ? AND id = ?"
    LOAD_WITH_KEY = Texts.LOAD_WITH_KEY.replace("found.parked,", "found.parked, found.version, found.head,")
    HEADS = """
SELECT found.tenant, found.id, found.version, found.head
FROM json_to_recordset(?::text::json) AS asked (tenant text, id text)
JOIN supporttiers_case AS found ON found.tenant = asked.tenant AND found.id = asked.id"""
    CLAIM = """
SELECT tenant, id, wakes_at, failures, body, version, head FROM supporttiers_case WHERE wakes_at <= ? {tenant}
ORDER BY wakes_at, tenant, id LIMIT ? FOR UPDATE SKIP LOCKED"""
    # One statement, so that a command costs one round trip. First the row is locked at the version that was loaded,
    # then the key is used up, and only if both went well anything is written.
    COMMIT = f"""
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset(?::text::json) AS given (
    tenant text, id text, previous bigint, known text, key text, key_body text, key_version bigint, used_at bigint,
    free_before bigint, relinked bigint, {_typed(CASE_COLUMNS, NUMBERS)})
  WHERE (SELECT oldest FROM supporttiers_version) <= {VERSION}
), locked AS MATERIALIZED (
  SELECT found.tenant, found.id FROM given JOIN supporttiers_case AS found
    ON found.tenant = given.tenant AND found.id = given.id
  WHERE given.previous > 0 AND found.version = given.previous AND found.head = given.known
  ORDER BY found.tenant, found.id FOR UPDATE OF found
), used AS (
  INSERT INTO supporttiers_key AS former (tenant, key, case_id, version, body, used_at)
  SELECT tenant, key, id, key_version, key_body, used_at FROM given
  WHERE key IS NOT NULL
    AND ((tenant, id) IN (SELECT tenant, id FROM locked) OR (previous = 0 AND NOT EXISTS (
      SELECT 1 FROM supporttiers_case AS other WHERE other.tenant = given.tenant AND other.id = given.id)))
  ON CONFLICT (tenant, key) DO UPDATE SET
    case_id = excluded.case_id, version = excluded.version, body = excluded.body, used_at = excluded.used_at
  WHERE former.used_at < (SELECT given.free_before FROM given
    WHERE given.tenant = former.tenant AND given.key = former.key)
  RETURNING tenant, key
), sound AS MATERIALIZED (
  SELECT * FROM given
  WHERE (previous = 0 OR (tenant, id) IN (SELECT tenant, id FROM locked))
    AND (key IS NULL OR (tenant, key) IN (SELECT tenant, key FROM used))
), moved AS (
  UPDATE supporttiers_case AS former SET
    {_list(CASE_COLUMNS, "{0} = sound.{0}")}, failures = 0, parked = NULL, parked_at = NULL
  FROM sound WHERE sound.previous > 0 AND former.tenant = sound.tenant AND former.id = sound.id
  RETURNING former.tenant, former.id
), opened AS (
  INSERT INTO supporttiers_case (tenant, id, {_list(CASE_COLUMNS)})
  SELECT tenant, id, {_list(CASE_COLUMNS)} FROM sound WHERE previous = 0
  ON CONFLICT DO NOTHING RETURNING tenant, id
), written AS MATERIALIZED (
  SELECT tenant, id FROM moved UNION ALL SELECT tenant, id FROM opened
), events AS (
  INSERT INTO supporttiers_event ({_list(EVENT_COLUMNS)})
  SELECT {_list(EVENT_COLUMNS, "event.{0}")}
  FROM (SELECT {_list(EVENT_COLUMNS[:-2])}, decode(salt, 'hex') AS salt, digest
    FROM json_to_recordset(?::text::json) AS event ({_typed(EVENT_COLUMNS, _EVENT_NUMBERS)})) AS event
  JOIN written ON written.tenant = event.tenant AND written.id = event.case_id
){{beside}}
SELECT written.tenant, written.id, NULL FROM written
UNION ALL SELECT used.tenant, NULL, used.key FROM used
UNION ALL SELECT NULL, NULL, oldest::text FROM supporttiers_version WHERE oldest > {VERSION}"""  # noqa: S608 - ours
    # The same for what nearly all commands are: one decision on a case that is there, without a key. It names one table
    # where the other opens several, and costs less. Numbers come as texts: else their types would differ with values.
    COMMIT_ONE = f"""
WITH written AS (
  UPDATE supporttiers_case SET {", ".join(_assigned(name) for name in CASE_COLUMNS)},
    failures = 0, parked = NULL, parked_at = NULL
  WHERE tenant = ? AND id = ? AND version = ?::text::bigint AND head = ?
    AND (SELECT oldest FROM supporttiers_version) <= {VERSION}
  RETURNING tenant, id
), events AS (
  INSERT INTO supporttiers_event ({_list(EVENT_COLUMNS)})
  SELECT written.tenant, written.id, event.* FROM written, (VALUES {{events}}) AS event
){{beside}}
SELECT tenant, id, NULL FROM written
UNION ALL SELECT NULL, NULL, oldest::text FROM supporttiers_version WHERE oldest > {VERSION}"""  # noqa: S608 - ours
    ONE_EVENT = "({})".format(", ".join(_event_value(name) for name in EVENT_COLUMNS[2:]))
    INSERT_MESSAGES = f"""
INSERT INTO supporttiers_outbox ({_list(MESSAGE_COLUMNS)})
SELECT {_list(MESSAGE_COLUMNS)} FROM json_to_recordset(?::text::json) AS message (
  place bigint, {_typed(MESSAGE_COLUMNS, _MESSAGE_NUMBERS)})
ORDER BY place ON CONFLICT (tenant, key) DO NOTHING"""  # noqa: S608 - ours
    MESSAGES_BESIDE = f""", messages AS (
  INSERT INTO supporttiers_outbox ({_list(MESSAGE_COLUMNS)})
  SELECT {_list(MESSAGE_COLUMNS, "message.{0}")}
  FROM (SELECT * FROM json_to_recordset(?::text::json) AS message (
    place bigint, owner text, {_typed(MESSAGE_COLUMNS, _MESSAGE_NUMBERS)})) AS message
  JOIN written ON written.tenant = message.tenant AND written.id = message.owner
  ORDER BY message.place
  ON CONFLICT (tenant, key) DO NOTHING
)"""  # noqa: S608 - ours
    SETTLED_BESIDE = """, settled AS (
  UPDATE supporttiers_outbox AS message SET state = news.state, result = news.result, attempts = news.attempts,
    not_before = news.not_before, lease_until = NULL, lease_token = NULL
  FROM json_to_recordset(?::text::json) AS news (
    owner text, tenant text, key text, state text, result text, attempts bigint, not_before bigint, lease text)
  JOIN written ON written.tenant = news.tenant AND written.id = news.owner
  WHERE message.tenant = news.tenant AND message.key = news.key AND message.state = 'pending'
    AND (news.lease IS NULL OR coalesce(message.lease_token, '') = news.lease)
)"""
    LINKS_BESIDE = """, linked AS MATERIALIZED (
  SELECT link.tenant, link.case_id, link.kind, link.target_id
  FROM json_to_recordset(?::text::json) AS link (tenant text, case_id text, kind text, target_id text)
  JOIN written ON written.tenant = link.tenant AND written.id = link.case_id
), unlinked AS (
  DELETE FROM supporttiers_link AS former USING sound, written
  WHERE sound.relinked = 1 AND written.tenant = sound.tenant AND written.id = sound.id
    AND former.tenant = sound.tenant AND former.case_id = sound.id
    AND (former.tenant, former.case_id, former.kind, former.target_id) NOT IN (SELECT * FROM linked)
), links AS (
  INSERT INTO supporttiers_link (tenant, case_id, kind, target_id) SELECT * FROM linked ON CONFLICT DO NOTHING
)"""
    TICKETS_BESIDE = f""", tickets AS (
  INSERT INTO supporttiers_vendor_ticket ({_list(TICKET_COLUMNS)})
  SELECT {_list(TICKET_COLUMNS, "ticket.{0}")}
  FROM json_to_recordset(?::text::json) AS ticket ({_typed(TICKET_COLUMNS, frozenset({"is_open"}))})
  JOIN written ON written.tenant = ticket.tenant AND written.id = ticket.case_id
  ON CONFLICT (tenant, case_id, key) DO UPDATE SET
    remote_id = excluded.remote_id, status = excluded.status, is_open = excluded.is_open
)"""  # noqa: S608 - ours
    SETTLE = Texts.SETTLE.replace("? IS NULL", "?::text IS NULL").replace("? = 1", "?::bigint = 1")
    SETTLE_AND_ADD = f"""
WITH settled AS ({SETTLE}
  RETURNING 1
), added AS (
  INSERT INTO supporttiers_outbox ({_list(MESSAGE_COLUMNS)})
  SELECT {_list(MESSAGE_COLUMNS)} FROM json_to_recordset(?::text::json) AS message (
    place bigint, {_typed(MESSAGE_COLUMNS, _MESSAGE_NUMBERS)})
  WHERE EXISTS (SELECT 1 FROM settled) ORDER BY place ON CONFLICT (tenant, key) DO NOTHING
)
SELECT count(*) FROM settled"""  # noqa: S608 - ours
    LEASE = f"""
UPDATE supporttiers_outbox AS taken SET lease_until = ?, lease_token = ?
WHERE seq = ANY (ARRAY(
  SELECT seq FROM supporttiers_outbox AS message WHERE {Texts.LANE}
  ORDER BY not_before, seq LIMIT ? FOR UPDATE SKIP LOCKED))
  AND (SELECT oldest FROM supporttiers_version) <= {VERSION}
RETURNING {_MESSAGE}"""  # noqa: S608 - ours
    INCOMING = Texts.INCOMING.replace("LIMIT ?", "LIMIT nullif(?::bigint, -1)")
    INCOMING_OF_KIND = Texts.INCOMING_OF_KIND.replace("LIMIT ?", "LIMIT nullif(?::bigint, -1)")
    MESSAGES = Texts.MESSAGES.replace("key = ?", "key = ?::text")
    ASSIGNED = """
SELECT asked.agent, (SELECT max(assigned_at) FROM supporttiers_case WHERE tenant = ? AND last_assignee = asked.agent)
FROM json_array_elements_text(?::text::json) AS asked (agent)"""


@lru_cache(maxsize=64)
def sqlite_texts(names: Names) -> SqliteTexts:
    """Give SQLite's statements with these names."""
    return SqliteTexts(names)


@lru_cache(maxsize=64)
def postgres_texts(names: Names) -> PostgresTexts:
    """Give PostgreSQL's statements with these names."""
    return PostgresTexts(names)
