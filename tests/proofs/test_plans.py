"""What workers and pages ask is answered from an index, and looks at no more rows than it gives, among 50,000 cases."""

import contextlib
import re
import sqlite3
from datetime import timedelta

import psycopg
import pytest
from tests.proofs.world import BEGIN, desk_on

from supporttiers._codec import micros_of
from supporttiers.backends.storage.postgres import PostgresStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.match import Match

CASES = 50_000
DUE = 1_000
PARKED = 500
MESSAGES = 2_000
DEAD = 200
TICKETS = 2_000
FOLLOWERS = 300
LIMIT = 100
NOW = BEGIN + timedelta(days=1)
TENANT = "default"

COUNTED = {"workload": CASES // 50, "backlog": PARKED + DEAD}
"""What a question looks at besides, because that is what it counts."""

PARKED_BY = '{"code":"x"}'

QUESTIONS = {
    "claim": (lambda store: store.claim(NOW, limit=LIMIT, decide=lambda due: [None] * len(due)), "case_wakes"),
    "claim of a tenant": (
        lambda store: store.claim(NOW, limit=LIMIT, decide=lambda due: [None] * len(due), tenant=TENANT),
        "case_wakes",
    ),
    "next_wake": (lambda store: store.next_wake(), "case_wakes"),
    "overdue": (lambda store: store.overdue(NOW, limit=LIMIT), "case_wakes"),
    "lease": (
        lambda store: store.lease(NOW, until=NOW + timedelta(minutes=5), token="plan", limit=LIMIT),
        "outbox_pending",
    ),
    "backlog": (lambda store: store.backlog(NOW, limit=LIMIT), "case_wakes"),
    "parked": (lambda store: store.parked(limit=LIMIT), "case_parked"),
    "parked of a tenant": (lambda store: store.parked(tenant=TENANT, limit=LIMIT), "case_parked"),
    "open_tickets": (lambda store: store.open_tickets(NOW, limit=LIMIT), "vendor_ticket_open"),
    "tickets": (lambda store: store.tickets("v", ["R-7"]), "vendor_ticket_remote"),
    "incoming": (lambda store: store.incoming(TENANT, "C-1", limit=LIMIT), "link_target"),
    "incoming of a kind": (lambda store: store.incoming(TENANT, "C-1", kind="child_of", limit=LIMIT), "link_target"),
    "workload": (lambda store: store.workload(TENANT, ["anna", "bob"]), "case_assignee"),
    "find by due_at": (lambda store: store.find(TENANT, Match(), order="due_at", limit=LIMIT), "case_due"),
    "find by due_at, downwards": (lambda store: store.find(TENANT, Match(), order="-due_at", limit=LIMIT), "case_due"),
    "find by opened_at": (lambda store: store.find(TENANT, Match(), order="opened_at", limit=LIMIT), "case_opened"),
    "find by changed_at": (lambda store: store.find(TENANT, Match(), order="-changed_at", limit=LIMIT), "case_changed"),
    "messages of a case": (lambda store: store.messages(TENANT, case_id="C-1", limit=LIMIT), "outbox_case"),
    "messages that are dead": (lambda store: store.messages(TENANT, state="dead", limit=LIMIT), "outbox_aside"),
    "key_uses": (lambda store: store.key_uses(TENANT, "C-1"), "key_case"),
}
"""What is asked, and the index by which it has to be answered."""

SECOND_PAGES = ("due_at", "-due_at", "opened_at", "-opened_at", "changed_at", "-changed_at")


def seed(run, columns, numbers):
    """Fill the tables from one real case; *numbers* gives rows n, from 1 on, in the database's own words."""
    now, far = micros_of(NOW), micros_of(NOW + timedelta(days=30))
    given = {
        "id": "'C-' || n",
        "wakes_at": f"CASE WHEN n <= {PARKED} THEN NULL WHEN n <= {PARKED + DUE} THEN {now} - n ELSE {far} + n END",
        "parked": f"CASE WHEN n <= {PARKED} THEN '{PARKED_BY}' END",
        "parked_at": f"CASE WHEN n <= {PARKED} THEN {now} END",
        "due_at": f"CASE WHEN n % 2 = 0 THEN {far} + n END",
        "opened_at": f"{now} - n * 1000",
        "changed_at": f"{now} - n * 700",
        "assignee": "CASE WHEN n % 100 = 0 THEN 'anna' WHEN n % 100 = 1 THEN 'bob' ELSE 'agent ' || (n % 50) END",
        "last_assignee": "CASE WHEN n % 100 = 0 THEN 'anna' END",
        "assigned_at": f"{now}",
    }
    chosen = ", ".join(given.get(column, column) for column in columns)
    rows = numbers(CASES)
    run(f"INSERT INTO supporttiers_case ({', '.join(columns)}) SELECT {chosen} FROM supporttiers_case, {rows}")
    waiting = f"CASE WHEN n <= {MESSAGES} THEN 'pending' WHEN n <= {MESSAGES + DEAD} THEN 'dead' ELSE 'done' END"
    run(f"""INSERT INTO supporttiers_outbox (tenant, key, case_id, kind, target, effect, at, not_before, state)
SELECT tenant, 'M-' || n, 'C-' || (n % 20000), kind, target, effect, {now} - n, {now} - n, {waiting}
FROM supporttiers_outbox, {rows}""")
    run(f"""INSERT INTO supporttiers_vendor_ticket
  (tenant, case_id, key, vendor, remote_id, status, is_open, asked_at)
SELECT '{TENANT}', 'C-' || n, 'T-' || n, 'acme', 'R-' || n, 'open', CASE WHEN n <= {TICKETS} THEN 1 ELSE 0 END,
  CASE WHEN n > 50 THEN {now} - 3600000000 + n END FROM {rows}""")
    run(f"""INSERT INTO supporttiers_link (tenant, case_id, kind, target_id)
SELECT '{TENANT}', 'C-' || n, CASE WHEN n % 2 = 0 THEN 'child_of' ELSE 'follows' END,
  CASE WHEN n <= {FOLLOWERS} THEN 'C-1' ELSE 'C-' || (n / 3) END FROM {rows}""")
    run(f"""INSERT INTO supporttiers_key (tenant, key, case_id, version, body, used_at)
SELECT '{TENANT}', 'K-' || n, 'C-' || (n % 20000), 1, '', {now} FROM {rows}""")


def opened(store, receipts):
    """Open the one case of which all others are made, and have one message in the outbox."""
    desk = desk_on(store, receipts, BEGIN)
    desk.open("Printer", id="C-0", by="jane", text="It prints hieroglyphs.")
    desk.inform_management("C-0", by="anna", reason="a printer")


@pytest.fixture(scope="module")
def sqlite_store(tmp_path_factory):
    """Give a file with many cases."""
    directory = tmp_path_factory.mktemp("plans")
    store = SqliteStore(directory / "support.db")
    opened(store, directory / "receipts")
    up = "(WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {}) SELECT n FROM up)"
    with contextlib.closing(sqlite3.connect(directory / "support.db", isolation_level=None)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(supporttiers_case)")]
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        seed(connection.execute, columns, up.format)
        connection.execute("COMMIT")
    yield store
    store.close()


@pytest.fixture(scope="module")
def postgres_store(_databases, tmp_path_factory):
    """Give a PostgreSQL database with many cases."""
    with _databases.fresh() as url, contextlib.closing(PostgresStore.from_url(url)) as store:
        store.upgrade()
        opened(store, tmp_path_factory.mktemp("plans") / "receipts")
        with psycopg.connect(url, autocommit=True) as connection:
            described = connection.execute("SELECT * FROM supporttiers_case LIMIT 0").description
            columns = [column.name for column in described]
            seed(connection.execute, columns, "generate_series(1, {}) AS numbers (n)".format)
            connection.execute("VACUUM ANALYZE")
        yield store


# -- what is run, and how


def asked_of_sqlite(monkeypatch, store, question):
    """Give the statements that a question runs, with their values in them."""
    said = []
    connect = sqlite3.connect

    def watched(*args, **options):
        connection = connect(*args, **options)
        connection.set_trace_callback(said.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", watched)
    store.close()
    question(store)
    return [text for text in said if re.match(r"\s*(SELECT|UPDATE|WITH)\b.*supporttiers_", text, re.DOTALL)]


def asked_of_postgres(monkeypatch, store, question):
    """Give the statements that a question runs, and their values."""
    said = []
    execute = psycopg.Cursor.execute

    def watched(cursor, query, values=None, **options):
        said.append((query, values))
        return execute(cursor, query, values, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", watched)
    question(store)
    monkeypatch.undo()
    return [(text, values) for text, values in said if "supporttiers_" in text]


def scans(plan):
    """Give each scan of a table in a plan of PostgreSQL: the table, the index, and how many rows it has looked at."""
    looked = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    if "Relation Name" in plan and plan["Node Type"] != "ModifyTable":
        yield plan["Relation Name"], plan.get("Index Name", ""), looked * plan["Actual Loops"]
    if plan["Node Type"] == "Bitmap Index Scan":
        yield "", plan["Index Name"], looked * plan["Actual Loops"]
    for inner in plan.get("Plans", ()):
        yield from scans(inner)


@pytest.mark.parametrize("name", QUESTIONS)
def test_sqlite_answers_from_an_index(monkeypatch, sqlite_store, name):
    """No question reads a whole table, or sorts what an index has in order."""
    question, index = QUESTIONS[name]
    statements = asked_of_sqlite(monkeypatch, sqlite_store, question)
    with contextlib.closing(sqlite3.connect(sqlite_store._path)) as connection:
        plans = [row[3] for text in statements for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]

    assert any(f"supporttiers_{index}" in line for line in plans), plans
    for line in plans:
        assert not re.match(r"SCAN supporttiers_(?!version)(?!.*USING .*INDEX)", line), plans
        assert "USE TEMP B-TREE FOR ORDER BY" not in line, plans


@pytest.mark.parametrize("name", QUESTIONS)
def test_postgres_answers_from_an_index_and_looks_at_few_rows(monkeypatch, postgres_store, name):
    """Whatever the tables hold, a question looks at about as many rows as it may give."""
    question, index = QUESTIONS[name]
    found = []
    with psycopg.connect(postgres_store._url) as connection:
        for text, values in asked_of_postgres(monkeypatch, postgres_store, question):
            explained = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", values).fetchone()[0]
            found += scans(explained[0]["Plan"])
            connection.rollback()

    assert any(used == f"supporttiers_{index}" for _, used, _ in found), found
    for table, _, looked in found:
        assert table == "supporttiers_version" or looked <= 5 * LIMIT + COUNTED.get(name, 0), found


@pytest.mark.parametrize("order", SECOND_PAGES)
def test_later_pages_cost_what_the_first_one_costs(monkeypatch, postgres_store, order):
    """Turning pages does not read again what lies before them."""
    after = None
    for _ in range(20):
        _, after = postgres_store.find(TENANT, Match(), order=order, after=after, limit=LIMIT)

    def question(store):
        return store.find(TENANT, Match(), order=order, after=after, limit=LIMIT)

    with psycopg.connect(postgres_store._url) as connection:
        for text, values in asked_of_postgres(monkeypatch, postgres_store, question):
            explained = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", values).fetchone()[0]
            for table, used, looked in scans(explained[0]["Plan"]):
                assert used != "", (table, used, looked)
                assert looked <= 5 * LIMIT, (table, used, looked)
