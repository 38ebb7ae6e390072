"""What the SQLite store deletes when a case is redacted."""

import sqlite3
from typing import Final

import attrs

from supporttiers._codec import commitment, dumps
from supporttiers.backends.storage._sqlite_rows import message_of
from supporttiers.events import CaseRedacted
from supporttiers.protocols import Commit

_PRIVATE_PARTS: Final = """
SELECT salt, private, version FROM supporttiers_event
WHERE tenant = ? AND case_id = ? AND version < ? AND private != ''"""
_FORGET_PRIVATE: Final = """
UPDATE supporttiers_event SET private = NULL, salt = NULL, committed = ?
WHERE tenant = ? AND case_id = ? AND version = ?"""
_MESSAGES: Final = """
SELECT tenant, key, case_id, kind, target, effect, at, not_before, attempts, result, state FROM supporttiers_outbox
WHERE tenant = ? AND case_id = ?"""
_BLANK_MESSAGE: Final = """
UPDATE supporttiers_outbox SET effect = ?, state = ?, result = ? WHERE tenant = ? AND key = ?"""
_BLANK_KEYS: Final = "UPDATE supporttiers_key SET body = '' WHERE tenant = ? AND case_id = ? AND version < ?"


def redacted_version(commit: Commit) -> int:
    """Give the version before which a commit deletes everything private; 0 where it deletes nothing."""
    return max((event.version for event in commit.events if isinstance(event, CaseRedacted)), default=0)


def redact(connection: sqlite3.Connection, commit: Commit) -> None:
    """Delete what is private before the last redaction of a commit, if there is one."""
    version = redacted_version(commit)
    if not version:
        return
    who = commit.tenant, commit.case.id
    parts = connection.execute(_PRIVATE_PARTS, (*who, version)).fetchall()
    connection.executemany(_FORGET_PRIVATE, [(commitment(salt, private), *who, at) for salt, private, at in parts])
    for *row, state in connection.execute(_MESSAGES, who).fetchall():
        message = attrs.evolve(message_of(tuple(row)), state=state)
        if message.effect.version < version:
            blank = message.redacted()
            values = dumps(blank.effect), blank.state, blank.result, blank.tenant, blank.key
            connection.execute(_BLANK_MESSAGE, values)
    connection.execute(_BLANK_KEYS, (*who, version))
