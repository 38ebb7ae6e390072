"""What workers and pages ask is answered from an index, and looks at no more rows than it gives, among 50,000 cases."""

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
TICKETS = 2_000
FOLLOWERS = 300
LIMIT = 100
NOW = BEGIN + timedelta(days=1)
TENANT = "default"

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


def seed(run, numbers):
    """Fill the tables from one real case; *numbers* gives the rows 1 to n in the database's own words."""
    now, far = micros_of(NOW), micros_of(NOW + timedelta(days=30))
    given = {
        "id": "'C-' || n", "wakes_at": f"CASE WHEN n <= {PARKED} THEN NULL WHEN n <= {PARKED + DUE} "
        f"THEN {now} - n ELSE {far} + n END", "parked": f"CASE WHEN n <= {PARKED} THEN '' END",
        "parked_at": f"CASE WHEN n <= {PARKED} THEN {now} END", "due_at": f"CASE WHEN n % 2 = 0 THEN {far} + n END",
        "opened_at": f"{now} - n * 1000", "changed_at": f"{now} - n * 700",
        "assignee": "CASE WHEN n % 100 = 0 THEN 'anna' WHEN n % 100 = 1 THEN 'bob' ELSE 'agent ' || (n % 50) END",
        "last_assignee": "CASE WHEN n % 100 = 0 THEN 'anna' END", "assigned_at": f"{now}",
    }  # fmt: skip
    columns = run("columns")
    chosen = ", ".join(given.get(column, column) for column in columns)
    run(
        f"INSERT INTO supporttiers_case ({', '.join(columns)}) SELECT {chosen} FROM supporttiers_case, {numbers(CASES)}"
    )
    waiting = f"CASE WHEN n <= {MESSAGES} THEN 'pending' WHEN n <= {MESSAGES + 200} THEN 'dead' ELSE 'done' END"
    run(
        "INSERT INTO supporttiers_outbox (tenant, key, case_id, kind, target, effect, at, not_before, state) "
        f"SELECT 'default', 'M-' || n, 'C-' || (n % 20000), 'Notify', 'pager', (SELECT effect FROM supporttiers_outbox), "
        f"{now} - n, {now} - n, {waiting} FROM {numbers(CASES)}"
    )
    run(
        "INSERT INTO supporttiers_vendor_ticket (tenant, case_id, key, vendor, remote_id, status, is_open, asked_at) "
        f"SELECT 'default', 'C-' || n, 'T-' || n, 'acme', 'R-' || n, 'open', CASE WHEN n <= {TICKETS} THEN 1 ELSE 0 END, "
        f"CASE WHEN n > 50 THEN {now} - 3600000000 + n END FROM {numbers(CASES)}"
    )
    run(
        "INSERT INTO supporttiers_link (tenant, case_id, kind, target_id) SELECT 'default', 'C-' || n, "
        f"CASE WHEN n % 2 = 0 THEN 'child_of' ELSE 'follows' END, CASE WHEN n <= {FOLLOWERS} THEN 'C-1' "
        f"ELSE 'C-' || (n / 3) END FROM {numbers(CASES)}"
    )
    run(
        "INSERT INTO supporttiers_key (tenant, key, case_id, version, body, used_at) "
        f"SELECT 'default', 'K-' || n, 'C-' || (n % 20000), 1, '', {now} FROM {numbers(CASES)}"
    )


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
    connection = sqlite3.connect(directory / "support.db", isolation_level=None)

    def run(statement):
        if statement == "columns":
            return [row[1] for row in connection.execute("PRAGMA table_info(supporttiers_case)")]
        return connection.execute(statement)

    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    seed(
        run,
        lambda n: (
            f"(WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {n}) SELECT n FROM up)"
        ),
    )
    connection.execute("COMMIT")
    connection.close()
    yield store
    store.close()


@pytest.fixture(scope="module")
def postgres_store(_databases, tmp_path_factory):
    """Give a PostgreSQL database with many cases."""
    with _databases.fresh() as url:
        store = PostgresStore.from_url(url)
        store.upgrade()
        opened(store, tmp_path_factory.mktemp("plans") / "receipts")
        with psycopg.connect(url, autocommit=True) as connection:

            def run(statement):
                if statement == "columns":
                    return connection.execute("SELECT * FROM supporttiers_case LIMIT 0").description.__class__ and [
                        column.name
                        for column in connection.execute("SELECT * FROM supporttiers_case LIMIT 0").description
                    ]
                return connection.execute(statement)

            seed(run, lambda n: f"generate_series(1, {n}) AS numbers (n)")
            connection.execute("VACUUM ANALYZE")
        yield store
        store.close()
