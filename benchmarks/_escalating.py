"""
What somebody would write who needs exactly one thing: cases whose quarter of an hour at tier 1 is over go to tier 2.

By hand means: no checks, no process, no clocks, no values; but the same rows and the same bytes as a desk writes, down
to the digests, so that a desk finds the cases sound afterwards. Only columns that change are written.
"""

import json
import sqlite3
from datetime import datetime
from typing import Any, NamedTuple

from _common import chained
from _filling import micros_of

WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
DUE = 100


class Escalated(NamedTuple):
    """What is written for one case."""

    tenant: str
    id: str
    version: int
    at: int
    head: str
    body: str
    events: list[tuple[int, str, str, str]]  # version, type, public part, digest


def escalated(at: int, body: str, head: str) -> Escalated:
    """Work out what is written."""
    case = json.loads(body)
    watch, version, due = case["stopwatches"][0], case["version"], case["due_at"]
    case_id, started = case["id"], watch["running_since"]
    reason = {
        "code": "move.limit",
        "params": {
            "due_at": due.replace("Z", "+00:00"), "limit": "tier 1", "target": "0:15:00", "threshold": "100%"
        },
    }  # fmt: skip
    always = {"at": due, "by": {"kind": "system"}, "case_id": case_id, "schema": 1}
    of_watch = {"due_at": due, "instance": 1, "limit": "tier 1"}
    plain: list[dict[str, Any]] = [
        {"type": "ThresholdFired", **of_watch, "breach": True, "mark": "100%", "reason": reason, "threshold": 0},
        {"type": "CaseEscalated", "reason": reason, "tier": 2},
        {
            "type": "StopwatchStopped", **of_watch, "breached": True, "stopped_at": due,
            "segment": {"actual": 900000000, "business": 900000000, "end": due, "start": started},
        },
    ]  # fmt: skip
    events = []
    for event in plain:
        version += 1
        public = WRITE({**event, **always, "version": version})
        head = chained(head, public, b"", "")
        events.append((version, event["type"], public, head))
    watch |= {
        "breached": True, "fired": [0], "running_since": None, "segments": f"{started} {due} 900000000",
        "stage": "completed", "stopped_at": due,
    }  # fmt: skip
    del case["due_at"]
    case |= {
        "came_from": {"tier": case["tier"]}, "changed_at": due, "tier": 2, "tier_entered_at": due, "version": version
    }  # fmt: skip
    return Escalated(case["tenant"], case_id, version, at, head, WRITE(case), events)


# -- SQLite

_DUE_IN_SQLITE = (
    "SELECT wakes_at, body, head FROM supporttiers_case WHERE wakes_at <= ? ORDER BY wakes_at, tenant, id LIMIT ?"
)
_UPDATE = (
    "UPDATE supporttiers_case SET version = ?, tier = 2, changed_at = ?, tier_entered_at = ?, due_at = NULL, "
    "wakes_at = NULL, head = ?, body = ? WHERE tenant = ? AND id = ?"
)
_INSERT = (
    "INSERT INTO supporttiers_event (tenant, case_id, version, type, schema, at, recorded_at, public, private, salt, "
    "digest) VALUES (?, ?, ?, ?, 1, ?, ?, ?, '', x'', ?)"
)


class InSqlite:
    """By hand in SQLite."""

    def __init__(self, path: str) -> None:
        """Open the file as a desk does."""
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA synchronous = FULL")

    def sweep(self, now: datetime) -> list[str]:
        """Escalate what is due; give the ids."""
        db, micros = self._db, micros_of(now)
        db.execute("BEGIN IMMEDIATE")
        due = db.execute(_DUE_IN_SQLITE, (micros, DUE)).fetchall()
        made = [escalated(*row) for row in due]
        db.executemany(_INSERT, [
            (one.tenant, one.id, version, kind, one.at, micros, public, digest)
            for one in made for version, kind, public, digest in one.events
        ])  # fmt: skip
        db.executemany(_UPDATE, [(one.version, one.at, one.at, one.head, one.body, one.tenant, one.id) for one in made])
        db.execute("COMMIT")
        return [one.id for one in made]

    def idle(self, now: datetime) -> int:
        """Look for what is due, when nothing is."""
        return len(self._db.execute(_DUE_IN_SQLITE, (micros_of(now), DUE)).fetchall())

    def close(self) -> None:
        """Close the file."""
        self._db.close()


# -- PostgreSQL

_DUE_IN_POSTGRES = (
    "SELECT wakes_at, body, head FROM supporttiers_case WHERE wakes_at <= %s ORDER BY wakes_at, tenant, id LIMIT %s"
)
_WRITE_IN_POSTGRES = """
WITH moved AS (
  UPDATE supporttiers_case AS found SET version = new.version, tier = 2, changed_at = new.at, tier_entered_at = new.at,
    due_at = NULL, wakes_at = NULL, head = new.head, body = new.body
  FROM json_to_recordset(%s::text::json)
    AS new (tenant text, id text, version bigint, at bigint, head text, body text)
  WHERE found.tenant = new.tenant AND found.id = new.id
)
INSERT INTO supporttiers_event
  (tenant, case_id, version, type, schema, at, recorded_at, public, private, salt, digest)
SELECT tenant, case_id, version, type, 1, at, %s, public, '', '', digest
FROM json_to_recordset(%s::text::json)
  AS event (tenant text, case_id text, version bigint, type text, at bigint, public text, digest text)"""
_PLAIN = json.JSONEncoder(ensure_ascii=False).encode  # one text costs less than as many arrays as there are columns


class InPostgres:
    """By hand in PostgreSQL: the rows locked and read by one statement, written by another."""

    def __init__(self, url: str) -> None:
        """Connect."""
        import psycopg  # noqa: PLC0415 - only who has a server needs it

        self._db = psycopg.connect(url, autocommit=True)

    def sweep(self, now: datetime) -> list[str]:
        """Escalate what is due; give the ids."""
        micros = micros_of(now)
        with self._db.transaction(), self._db.cursor() as cursor:
            due = cursor.execute(f"{_DUE_IN_POSTGRES} FOR UPDATE SKIP LOCKED", (micros, DUE)).fetchall()
            made = [escalated(*row) for row in due]
            cases = [
                {"tenant": one.tenant, "id": one.id, "version": one.version, "at": one.at, "head": one.head,
                 "body": one.body}
                for one in made
            ]  # fmt: skip
            events = [
                {"tenant": one.tenant, "case_id": one.id, "version": version, "type": kind, "at": one.at,
                 "public": public, "digest": digest}
                for one in made for version, kind, public, digest in one.events
            ]  # fmt: skip
            cursor.execute(_WRITE_IN_POSTGRES, (_PLAIN(cases), micros, _PLAIN(events)))
        return [one.id for one in made]

    def idle(self, now: datetime) -> int:
        """Look for what is due, when nothing is."""
        return len(self._db.execute(_DUE_IN_POSTGRES, (micros_of(now), DUE)).fetchall())

    def close(self) -> None:
        """Disconnect."""
        self._db.close()
