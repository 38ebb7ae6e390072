"""The tables of SQLite. What a release has made stays as it is; the next version says what changes."""

from typing import Final

VERSION_1: Final = (
    """CREATE TABLE supporttiers_version (
  only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
  version INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE supporttiers_case (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  shard INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL,
  process TEXT NOT NULL,
  revision TEXT NOT NULL,
  limits_revision TEXT NOT NULL,
  kind TEXT NOT NULL,
  requester TEXT NOT NULL,
  customer TEXT,
  category TEXT,
  channel TEXT,
  locale TEXT,
  impact TEXT,
  urgency TEXT,
  priority TEXT,
  tier INTEGER NOT NULL,
  status TEXT NOT NULL,
  wait_reason TEXT,
  owner TEXT,
  assignee TEXT,
  last_assignee TEXT,
  team TEXT,
  solution TEXT,
  satisfaction INTEGER,
  opened_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  tier_entered_at INTEGER NOT NULL,
  assigned_at INTEGER,
  first_response_at INTEGER,
  last_reply_at INTEGER,
  awaiting_reply_since INTEGER,
  wait_until INTEGER,
  resolved_at INTEGER,
  closed_at INTEGER,
  due_at INTEGER,
  wakes_at INTEGER,
  head TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT""",
    """CREATE INDEX supporttiers_case_wakes ON supporttiers_case (wakes_at, tenant, id) WHERE wakes_at IS NOT NULL""",
    """CREATE INDEX supporttiers_case_due ON supporttiers_case (tenant, due_at, id)""",
    """CREATE INDEX supporttiers_case_opened ON supporttiers_case (tenant, opened_at, id)""",
    """CREATE INDEX supporttiers_case_changed ON supporttiers_case (tenant, changed_at, id)""",
    """CREATE INDEX supporttiers_case_assignee ON supporttiers_case (tenant, assignee, channel)
WHERE assignee IS NOT NULL AND status IN ('queued', 'in_progress', 'waiting')""",
    """CREATE INDEX supporttiers_case_assigned ON supporttiers_case (tenant, last_assignee, assigned_at)
WHERE last_assignee IS NOT NULL""",
    """CREATE INDEX supporttiers_case_limits ON supporttiers_case (process, limits_revision)
WHERE status IN ('queued', 'in_progress', 'waiting', 'resolved')""",
    """CREATE VIEW supporttiers_cases AS SELECT
  tenant, id, version, process, revision, limits_revision, kind, json_extract(body, '$.subject') AS subject,
  requester, customer,
  category, channel, locale, impact, urgency, priority, json_extract(body, '$.tags') AS tags,
  json_extract(body, '$.attributes') AS attributes, tier, status, wait_reason, owner, assignee,
  last_assignee, team, json_extract(body, '$.watchers') AS watchers, json_extract(body, '$.vendors') AS vendors,
  json_extract(body, '$.vendors_waiting') AS vendors_waiting, solution, satisfaction, opened_at, changed_at,
  tier_entered_at, assigned_at, first_response_at, last_reply_at, awaiting_reply_since, wait_until, resolved_at,
  closed_at, due_at, wakes_at
FROM supporttiers_case""",
    """CREATE TABLE supporttiers_event (
  tenant TEXT NOT NULL,
  case_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  type TEXT NOT NULL,
  schema INTEGER NOT NULL,
  at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  public TEXT NOT NULL,
  private TEXT,
  salt BLOB,
  committed TEXT,
  digest TEXT NOT NULL,
  PRIMARY KEY (tenant, case_id, version)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE supporttiers_outbox (
  seq INTEGER NOT NULL PRIMARY KEY,
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  case_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  effect TEXT NOT NULL,
  at INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  state TEXT NOT NULL DEFAULT 'pending',
  result TEXT NOT NULL DEFAULT '',
  attempts INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  lease_token TEXT,
  UNIQUE (tenant, key)
) STRICT""",
    """CREATE INDEX supporttiers_outbox_pending ON supporttiers_outbox (seq, not_before) WHERE state = 'pending'""",
    """CREATE INDEX supporttiers_outbox_lane ON supporttiers_outbox (tenant, case_id, target, seq, not_before)
WHERE state = 'pending'""",
    """CREATE TABLE supporttiers_key (
  tenant TEXT NOT NULL,
  key TEXT NOT NULL,
  case_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID""",
    """CREATE INDEX supporttiers_key_used ON supporttiers_key (used_at)""",
    """CREATE TABLE supporttiers_link (
  tenant TEXT NOT NULL,
  case_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  target_id TEXT NOT NULL,
  PRIMARY KEY (tenant, case_id, kind, target_id)
) STRICT, WITHOUT ROWID""",
    """CREATE INDEX supporttiers_link_target ON supporttiers_link (tenant, target_id, kind, case_id)""",
    """CREATE TABLE supporttiers_vendor_ticket (
  tenant TEXT NOT NULL,
  case_id TEXT NOT NULL,
  key TEXT NOT NULL,
  vendor TEXT NOT NULL,
  remote_id TEXT,
  status TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  asked_at INTEGER,
  PRIMARY KEY (tenant, case_id, key)
) STRICT, WITHOUT ROWID""",
    """CREATE INDEX supporttiers_vendor_ticket_remote ON supporttiers_vendor_ticket (tenant, vendor, remote_id)""",
    """CREATE INDEX supporttiers_vendor_ticket_open ON supporttiers_vendor_ticket (asked_at) WHERE is_open = 1""",
    """CREATE TABLE supporttiers_agent (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE supporttiers_process (
  name TEXT NOT NULL,
  revision TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (name, revision)
) STRICT, WITHOUT ROWID""",
    """INSERT INTO supporttiers_version (only_row, version) VALUES (1, 1)""",
)


def _instant(column: str) -> str:
    """Show microseconds as the text that SQLite's own functions, SQLAlchemy and Django read as an instant."""
    whole = f"({column} - (({column} % 1000000) + 1000000) % 1000000) / 1000000"
    return (
        f"strftime('%Y-%m-%d %H:%M:%S', {whole}, 'unixepoch') "
        f"|| printf('.%06d', (({column} % 1000000) + 1000000) % 1000000) AS {column}"
    )


_INSTANTS: Final = (
    "opened_at", "changed_at", "tier_entered_at", "assigned_at", "first_response_at", "last_reply_at",
    "awaiting_reply_since", "wait_until", "resolved_at", "closed_at", "due_at", "wakes_at", "parked_at",
)  # fmt: skip


def _view(*more: str) -> str:
    """Give the statement that makes the view, with columns at its end that came later."""
    return f"""CREATE VIEW supporttiers_cases AS SELECT
  tenant, id, version, process, revision, limits_revision, kind, json_extract(body, '$.subject') AS subject,
  requester, customer, category, channel, locale, impact, urgency, priority,
  coalesce(json_extract(body, '$.tags'), '[]') AS tags,
  coalesce(json_extract(body, '$.attributes'), '{{}}') AS attributes,
  tier, status, wait_reason, owner, assignee, last_assignee, team,
  coalesce(json_extract(body, '$.watchers'), '[]') AS watchers,
  coalesce(json_extract(body, '$.vendors'), '[]') AS vendors,
  coalesce(json_extract(body, '$.vendors_waiting'), '[]') AS vendors_waiting, solution, satisfaction,
  {", ".join([*(_instant(column) for column in _INSTANTS), *more])}
FROM supporttiers_case"""  # noqa: S608 - ours


_OF_VENDORS: Final = tuple(
    f"coalesce(json_extract(body, '$.{name}'), '[]') AS {name}"
    for name in ("vendors_unacknowledged", "vendors_unreachable")
)


VERSION_2: Final = (
    "ALTER TABLE supporttiers_version ADD COLUMN oldest INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE supporttiers_case ADD COLUMN failures INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE supporttiers_case ADD COLUMN parked TEXT",
    "ALTER TABLE supporttiers_case ADD COLUMN parked_at INTEGER",
    "CREATE INDEX supporttiers_case_parked ON supporttiers_case (tenant, id) WHERE parked_at IS NOT NULL",
    "DROP VIEW supporttiers_cases",
    _view(),
    "DROP INDEX supporttiers_outbox_pending",
    """CREATE INDEX supporttiers_outbox_pending ON supporttiers_outbox (not_before, seq, lease_until)
WHERE state = 'pending'""",
    """CREATE INDEX supporttiers_outbox_aside ON supporttiers_outbox (tenant, state, seq)
WHERE state IN ('dead', 'ambiguous')""",
    "CREATE INDEX supporttiers_outbox_case ON supporttiers_outbox (tenant, case_id, seq)",
    "CREATE INDEX supporttiers_key_case ON supporttiers_key (tenant, case_id)",
    "UPDATE supporttiers_version SET version = 2, oldest = 2",
)

VERSION_3: Final = (
    "ALTER TABLE supporttiers_vendor_ticket ADD COLUMN reached_at INTEGER",
    "DROP INDEX supporttiers_vendor_ticket_remote",
    "CREATE INDEX supporttiers_vendor_ticket_remote ON supporttiers_vendor_ticket (vendor, remote_id, tenant)",
    """CREATE TABLE supporttiers_vendor_cursor (
  vendor TEXT NOT NULL PRIMARY KEY,
  cursor TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID""",
    "DROP VIEW supporttiers_cases",
    _view(*_OF_VENDORS),
    "UPDATE supporttiers_version SET version = 3",
)
