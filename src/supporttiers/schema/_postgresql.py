"""The tables of PostgreSQL, which begin with version 2. Texts are ordered by their code points, as everywhere else."""

from collections.abc import Iterator
from typing import Final

_INSTANTS: Final = (
    "opened_at", "changed_at", "tier_entered_at", "assigned_at", "first_response_at", "last_reply_at",
    "awaiting_reply_since", "wait_until", "resolved_at", "closed_at", "due_at", "wakes_at", "parked_at",
)  # fmt: skip


def _instant(column: str) -> str:
    return f"timestamptz 'epoch' + {column} * interval '1 microsecond' AS {column}"


_PARTED: Final = {"supporttiers_case": "tenant, id", "supporttiers_event": "tenant, case_id"}


def parted(text: str, number: int) -> Iterator[str]:
    """Give a statement, and, where it makes a table that may grow without end, that table in parts."""
    table = next((name for name in _PARTED if text.startswith(f"CREATE TABLE {name} ")), None)
    if table is None:
        yield text
        return
    columns, _, options = text.partition("\n)")
    yield f"{columns}\n) PARTITION BY HASH ({_PARTED[table]})"
    for place in range(number):
        within = f"FOR VALUES WITH (MODULUS {number}, REMAINDER {place})"
        yield f"CREATE TABLE {table}_part_{place} PARTITION OF {table} {within}{options}"


def _view(create: str, *more: str) -> str:
    """Give the statement that makes the view, with columns at its end that came later."""
    return f"""{create} supporttiers_cases AS SELECT
  tenant, id, version, process, revision, limits_revision, kind, body::json ->> 'subject' AS subject,
  requester, customer, category, channel, locale, impact, urgency, priority,
  coalesce((body::json -> 'tags')::jsonb, '[]') AS tags,
  coalesce((body::json -> 'attributes')::jsonb, '{{}}') AS attributes,
  tier, status, wait_reason, owner, assignee, last_assignee, team,
  coalesce((body::json -> 'watchers')::jsonb, '[]') AS watchers,
  coalesce((body::json -> 'vendors')::jsonb, '[]') AS vendors,
  coalesce((body::json -> 'vendors_waiting')::jsonb, '[]') AS vendors_waiting, solution, satisfaction,
  {", ".join([*(_instant(column) for column in _INSTANTS), *more])}
FROM supporttiers_case"""  # noqa: S608 - ours


_OF_VENDORS: Final = tuple(
    f"coalesce((body::json -> '{name}')::jsonb, '[]') AS {name}"
    for name in ("vendors_unacknowledged", "vendors_unreachable")
)


VERSION_2: Final = (
    """CREATE TABLE supporttiers_version (
  only_row integer NOT NULL PRIMARY KEY CHECK (only_row = 1),
  version integer NOT NULL,
  oldest integer NOT NULL
)""",
    """CREATE TABLE supporttiers_case (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  shard smallint NOT NULL DEFAULT 0,
  version integer NOT NULL,
  process text COLLATE "C" NOT NULL,
  revision text COLLATE "C" NOT NULL,
  limits_revision text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  requester text COLLATE "C" NOT NULL,
  customer text COLLATE "C",
  category text COLLATE "C",
  channel text COLLATE "C",
  locale text COLLATE "C",
  impact text COLLATE "C",
  urgency text COLLATE "C",
  priority text COLLATE "C",
  tier integer NOT NULL,
  status text COLLATE "C" NOT NULL,
  wait_reason text COLLATE "C",
  owner text COLLATE "C",
  assignee text COLLATE "C",
  last_assignee text COLLATE "C",
  team text COLLATE "C",
  solution text COLLATE "C",
  satisfaction integer,
  opened_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  tier_entered_at bigint NOT NULL,
  assigned_at bigint,
  first_response_at bigint,
  last_reply_at bigint,
  awaiting_reply_since bigint,
  wait_until bigint,
  resolved_at bigint,
  closed_at bigint,
  due_at bigint,
  wakes_at bigint,
  failures integer NOT NULL DEFAULT 0,
  parked text COLLATE "C",
  parked_at bigint,
  head text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05)""",
    "CREATE INDEX supporttiers_case_wakes ON supporttiers_case (wakes_at, tenant, id) WHERE wakes_at IS NOT NULL",
    "CREATE INDEX supporttiers_case_due ON supporttiers_case (tenant, due_at, id)",
    "CREATE INDEX supporttiers_case_opened ON supporttiers_case (tenant, opened_at, id)",
    "CREATE INDEX supporttiers_case_changed ON supporttiers_case (tenant, changed_at, id)",
    """CREATE INDEX supporttiers_case_assignee ON supporttiers_case (tenant, assignee, channel)
WHERE assignee IS NOT NULL AND status IN ('queued', 'in_progress', 'waiting')""",
    """CREATE INDEX supporttiers_case_assigned ON supporttiers_case (tenant, last_assignee, assigned_at)
WHERE last_assignee IS NOT NULL""",
    """CREATE INDEX supporttiers_case_limits ON supporttiers_case (process, limits_revision)
WHERE status IN ('queued', 'in_progress', 'waiting', 'resolved')""",
    """CREATE TABLE supporttiers_event (
  tenant text COLLATE "C" NOT NULL,
  case_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  type text COLLATE "C" NOT NULL,
  schema integer NOT NULL,
  at bigint NOT NULL,
  recorded_at bigint NOT NULL,
  public text COLLATE "C" NOT NULL,
  private text COLLATE "C",
  salt bytea,
  committed text COLLATE "C",
  digest text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, case_id, version)
)""",
    """CREATE TABLE supporttiers_outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  case_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  target text COLLATE "C" NOT NULL,
  effect text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  not_before bigint NOT NULL,
  state text COLLATE "C" NOT NULL DEFAULT 'pending',
  result text COLLATE "C" NOT NULL DEFAULT '',
  attempts integer NOT NULL DEFAULT 0,
  lease_until bigint,
  lease_token text COLLATE "C",
  UNIQUE (tenant, key)
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05)""",
    """CREATE INDEX supporttiers_outbox_pending ON supporttiers_outbox (not_before, seq, lease_until)
WHERE state = 'pending'""",
    """CREATE INDEX supporttiers_outbox_lane ON supporttiers_outbox (tenant, case_id, target, seq, not_before)
WHERE state = 'pending'""",
    """CREATE TABLE supporttiers_key (
  tenant text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  case_id text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  body text COLLATE "C" NOT NULL,
  used_at bigint NOT NULL,
  PRIMARY KEY (tenant, key)
)""",
    "CREATE INDEX supporttiers_key_used ON supporttiers_key (used_at)",
    """CREATE TABLE supporttiers_link (
  tenant text COLLATE "C" NOT NULL,
  case_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  target_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, case_id, kind, target_id)
)""",
    "CREATE INDEX supporttiers_link_target ON supporttiers_link (tenant, target_id, kind, case_id)",
    """CREATE TABLE supporttiers_vendor_ticket (
  tenant text COLLATE "C" NOT NULL,
  case_id text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  vendor text COLLATE "C" NOT NULL,
  remote_id text COLLATE "C",
  status text COLLATE "C" NOT NULL,
  is_open smallint NOT NULL,
  asked_at bigint,
  PRIMARY KEY (tenant, case_id, key)
)""",
    "CREATE INDEX supporttiers_vendor_ticket_remote ON supporttiers_vendor_ticket (tenant, vendor, remote_id)",
    """CREATE INDEX supporttiers_vendor_ticket_open ON supporttiers_vendor_ticket (
  asked_at NULLS FIRST, tenant, case_id, key)
WHERE is_open = 1""",
    """CREATE TABLE supporttiers_agent (
  tenant text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant, id)
)""",
    """CREATE TABLE supporttiers_process (
  name text COLLATE "C" NOT NULL,
  revision text COLLATE "C" NOT NULL,
  body text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (name, revision)
)""",
    "CREATE INDEX supporttiers_case_parked ON supporttiers_case (tenant, id) WHERE parked_at IS NOT NULL",
    """CREATE INDEX supporttiers_outbox_aside ON supporttiers_outbox (tenant, state, seq)
WHERE state IN ('dead', 'ambiguous')""",
    "CREATE INDEX supporttiers_outbox_case ON supporttiers_outbox (tenant, case_id, seq)",
    "CREATE INDEX supporttiers_key_case ON supporttiers_key (tenant, case_id)",
    _view("CREATE VIEW"),
    "INSERT INTO supporttiers_version (only_row, version, oldest) VALUES (1, 2, 2)",
)

VERSION_3: Final = (
    "ALTER TABLE supporttiers_vendor_ticket ADD COLUMN reached_at bigint",
    "DROP INDEX supporttiers_vendor_ticket_remote",
    "CREATE INDEX supporttiers_vendor_ticket_remote ON supporttiers_vendor_ticket (vendor, remote_id, tenant)",
    """CREATE TABLE supporttiers_vendor_cursor (
  vendor text COLLATE "C" NOT NULL PRIMARY KEY,
  cursor text COLLATE "C" NOT NULL,
  at bigint NOT NULL
)""",
    _view("CREATE OR REPLACE VIEW", *_OF_VENDORS),
    "UPDATE supporttiers_version SET version = 3",
)
