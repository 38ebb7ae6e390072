"""
A durable command on SQLite against the same bytes by hand, in memory and on disk, and against `eventsourcing`.

By hand: the rows that the desk writes, in the same tables and indexes, JSON read and written, the same SHA-256, by a
script that does nothing else: no checks, no process, no clocks, no values. The disk is flushed at each commit
(`synchronous = FULL`, WAL), as the desk does; on a file system in memory flushing costs nothing, so that only the
processor is left.
"""

import json
import os
import sqlite3
import time
from pathlib import Path

from _common import Subject, arguments, chained, folder, in_turn, peer, ratio, show, verdict

from supporttiers import SupportDesk, SupportProcess

CASES = 20
TENANT = "default"
WRITE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def desk_subject(path: Path, rounds_of: int) -> Subject:
    """Make the subject that goes through a desk; cases are loaded for each command, by their ids."""
    desk = SupportDesk(SupportProcess.default(), store=f"sqlite:///{path / 'desk.db'}")
    ids = [desk.open("The printer prints hieroglyphs", by="jane").id for _ in range(CASES)]

    def run() -> float:
        began = time.perf_counter()
        for case_id in ids * rounds_of:
            desk.start(case_id, by="bob")
            desk.release(case_id, by="bob")
        return (time.perf_counter() - began) / (2 * CASES * rounds_of)

    return run


class ByHand:
    """What somebody would write who needs exactly these rows and nothing else."""

    def __init__(self, path: Path) -> None:
        """Let a desk make the tables and the cases, and learn from it the names of the columns."""
        desk = SupportDesk(SupportProcess.default(), store=f"sqlite:///{path / 'hand.db'}")
        self.ids = [desk.open("The printer prints hieroglyphs", by="jane").id for _ in range(CASES)]
        desk.shut_down()
        self.db = sqlite3.connect(path / "hand.db", isolation_level=None)
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")
        names = [name for _, name, *_ in self.db.execute("PRAGMA table_info(supporttiers_case)")]
        self.columns = [name for name in names if name not in {"tenant", "id", "shard"}]
        sets = ", ".join(f"{name} = ?" for name in self.columns)
        self.update = f"UPDATE supporttiers_case SET {sets} WHERE tenant = ? AND id = ?"
        self.select = f"SELECT {', '.join(self.columns)} FROM supporttiers_case WHERE tenant = ? AND id = ?"
        found = self.db.execute(self.select, (TENANT, self.ids[0])).fetchone()
        self.row = dict(zip(self.columns, found, strict=True))

    def command(self, case_id: str, status: str, kind: str) -> None:
        """Load, change, write."""
        db = self.db
        (body,) = db.execute(
            "SELECT body FROM supporttiers_case WHERE tenant = ? AND id = ?", (TENANT, case_id)
        ).fetchone()
        case = json.loads(body)
        micros = time.time_ns() // 1000
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(micros // 1_000_000)) + f".{micros % 1_000_000:06}Z"
        expected, version = case["version"], case["version"] + 1
        event = {"type": kind, "schema": 1, "case_id": case_id, "version": version, "at": at, "by": {"kind": "agent"}}
        hidden: dict[str, object] = {"by": {"id": "bob"}}
        if status == "in_progress":
            case["assignee"] = case["owner"] = hidden["assignee"] = "bob"
        else:
            case.pop("assignee", None)
        case["version"], case["status"], case["changed_at"] = version, status, at
        public, private, salt = WRITE(event), WRITE(hidden), os.urandom(16)
        db.execute("BEGIN IMMEDIATE")
        found, head = db.execute(
            "SELECT version, head FROM supporttiers_case WHERE tenant = ? AND id = ?", (TENANT, case_id)
        ).fetchone()
        if found != expected:
            raise RuntimeError(case_id)
        digest = chained(head, public, salt, private)
        db.execute(
            "INSERT INTO supporttiers_event (tenant, case_id, version, type, schema, at, recorded_at, public, private, "
            "salt, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (TENANT, case_id, version, kind, 1, micros, micros, public, private, salt, digest),
        )
        row = self.row
        row["version"], row["status"], row["changed_at"], row["head"] = version, status, micros, digest
        row["assignee"], row["owner"], row["body"] = case.get("assignee"), case.get("owner"), WRITE(case)
        db.execute(self.update, (*row.values(), TENANT, case_id))
        db.execute("COMMIT")

    def subject(self, rounds_of: int) -> Subject:
        """Make the subject."""

        def run() -> float:
            began = time.perf_counter()
            for case_id in self.ids * rounds_of:
                self.command(case_id, "in_progress", "CaseStarted")
                self.command(case_id, "queued", "CaseReleased")
            return (time.perf_counter() - began) / (2 * CASES * rounds_of)

        return run


def measure(where: str, least: float, *, in_memory: bool, quick: bool, python: str | None) -> None:
    """Measure in one place, and print."""
    repeats, rounds = (1, 5) if quick else (5, 15)
    with folder(in_memory=in_memory) as path:
        ours, hand, theirs = f"desk, {where}", f"the same bytes by hand, {where}", f"eventsourcing, {where}"
        subjects = {hand: ByHand(path).subject(repeats), ours: desk_subject(path, repeats)}
        if python:
            numbers = iter(range(1000))
            subjects[theirs] = lambda: peer(
                "_eventsourcing.py", python, str(2 * CASES * repeats // 10), str(path / f"es{next(numbers)}.db")
            )
        measured = in_turn(subjects, rounds)
    show(measured)
    verdict(f"speed of the desk / by hand, {where}", ratio(measured, hand, ours), at_least=least)
    if python:
        verdict(f"eventsourcing / desk, {where}", ratio(measured, theirs, ours), at_least=1.0)


def main() -> None:
    """Measure in memory and on disk."""
    options = arguments(__doc__ or "", peers=["eventsourcing"])
    python = options.peers.get("eventsourcing")
    measure("file system in memory", 0.4, in_memory=True, quick=options.quick, python=python)
    measure("disk, synchronous=FULL", 0.7, in_memory=False, quick=options.quick, python=python)


main()
