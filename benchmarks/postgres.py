"""
A durable command on PostgreSQL against the same bytes by hand: round trips, and time.

By hand: one statement reads the case, one writes it with its event where the version still holds; JSON read and
written, the same SHA-256; no checks, no process, no clocks, no values. The server flushes at each commit.
Round trips are counted in what libpq says that it has sent and received.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable

from _common import Subject, arguments, chained, in_turn, ratio, show, verdict
from _server import Fresh, databases

from supporttiers import SupportDesk, SupportProcess

CASES = 20
TENANT = "default"
WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

_LOAD = "SELECT body, version, head FROM supporttiers_case WHERE tenant = %s AND id = %s"
_SAVE = """
WITH moved AS (
  UPDATE supporttiers_case SET version = %s, status = %s, changed_at = %s, assignee = %s, owner = %s,
    last_assignee = coalesce(%s, last_assignee), head = %s, body = %s
  WHERE tenant = %s AND id = %s AND version = %s RETURNING tenant, id
)
INSERT INTO supporttiers_event
  (tenant, case_id, version, type, schema, at, recorded_at, public, private, salt, digest)
SELECT tenant, id, %s, %s, 1, %s, %s, %s, %s, %s, %s FROM moved"""


def desk_on(url: str) -> tuple[SupportDesk, list[str]]:
    """Make a desk with cases, in an empty database."""
    from supporttiers.backends.storage.postgres import PostgresStore  # noqa: PLC0415 - only who has a server needs it

    store = PostgresStore(url, connections=1)
    store.upgrade()
    desk = SupportDesk(SupportProcess.default(), store=store)
    return desk, [desk.open("The printer prints hieroglyphs", by="jane").id for _ in range(CASES)]


def by_desk(desk: SupportDesk, ids: list[str], repeats: int) -> Subject:
    """Make the subject that goes through a desk; cases are loaded for each command, by their ids."""
    return timed(ids, repeats, lambda case_id: (desk.start(case_id, by="bob"), desk.release(case_id, by="bob")))


def timed(ids: list[str], repeats: int, pair: Callable[[str], object]) -> Subject:
    """Make a subject of two commands on each case."""

    def run() -> float:
        began = time.perf_counter()
        for case_id in ids * repeats:
            pair(case_id)
        return (time.perf_counter() - began) / (2 * len(ids) * repeats)

    return run


class ByHand:
    """What somebody would write who needs exactly these rows and nothing else."""

    def __init__(self, url: str) -> None:
        """Let a desk make the tables and the cases."""
        import psycopg  # noqa: PLC0415

        desk, self.ids = desk_on(url)
        desk.shut_down()
        self.db = psycopg.connect(url, autocommit=True)

    def command(self, case_id: str, status: str, kind: str) -> None:
        """Load, change, write."""
        body, expected, head = self.db.execute(_LOAD, (TENANT, case_id)).fetchone()
        case, version, micros = json.loads(body), expected + 1, time.time_ns() // 1000
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(micros // 1_000_000)) + f".{micros % 1_000_000:06}Z"
        event = {"type": kind, "schema": 1, "case_id": case_id, "version": version, "at": at, "by": {"kind": "agent"}}
        hidden: dict[str, object] = {"by": {"id": "bob"}}
        if status == "in_progress":
            case["assignee"] = case["owner"] = hidden["assignee"] = "bob"
        else:
            case.pop("assignee", None)
        case["version"], case["status"], case["changed_at"] = version, status, at
        public, private, salt = WRITE(event), WRITE(hidden), os.urandom(16)
        digest, holder = chained(head, public, salt, private), case.get("assignee")
        found = self.db.execute(_SAVE, (
            version, status, micros, holder, case["owner"], holder, digest, WRITE(case), TENANT, case_id, expected,
            version, kind, micros, micros, public, private, salt, digest,
        ))  # fmt: skip
        if found.rowcount != 1:
            raise RuntimeError(case_id)

    def pair(self, case_id: str) -> None:
        """Give two commands."""
        self.command(case_id, "in_progress", "CaseStarted")
        self.command(case_id, "queued", "CaseReleased")


def round_trips(desk: SupportDesk, work: Callable[[], object]) -> int:
    """Count how often the server has answered that it is ready for more."""
    pool = desk._ports.store._pool  # noqa: SLF001 - its one connection is to be looked at
    with tempfile.TemporaryFile("w+") as trace:
        with pool.connection() as connection:
            connection.pgconn.trace(trace.fileno())
        work()
        with pool.connection() as connection:
            connection.pgconn.untrace()
        trace.seek(0)
        return sum("ReadyForQuery" in line for line in trace)


def measure(fresh: Fresh, *, quick: bool) -> None:
    """Count and measure, and print."""
    repeats, rounds = (1, 5) if quick else (5, 15)
    desk, ids = desk_on(fresh())
    hand = ByHand(fresh())
    ours, limit = "desk: load, decide, commit", "the same bytes by hand"
    subjects = {limit: timed(hand.ids, repeats, hand.pair), ours: by_desk(desk, ids, repeats)}
    measured = in_turn(subjects, rounds)
    show(measured)
    verdict("speed of the desk / by hand, PostgreSQL", ratio(measured, limit, ours), at_least=0.65)
    for what, most, work in (
        ("a command", 2, lambda: desk.start(ids[0], by="bob")),
        ("loading a case", 1, lambda: desk.get(ids[0])),
        ("an idle pass", None, desk.run_due),
    ):
        verdict(f"round trips of {what}", round_trips(desk, work), at_most=most)
    desk.shut_down()
    hand.db.close()


def main() -> None:
    """Measure on the server that there is."""
    options = arguments(__doc__ or "", postgres=True)
    with databases(options.postgres) as fresh:
        if fresh is not None:
            measure(fresh, quick=options.quick)


if __name__ == "__main__":
    main()
