"""What SQL stores write for a command: all of it, and in few statements."""

import contextlib
import sqlite3
import tempfile
from datetime import timedelta

import pytest

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers.backends.storage._rows import CASE_COLUMNS, case_row
from supporttiers.backends.storage.postgres import PostgresStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.protocols import Commit

STEPS = {
    "start": {},
    "wait": {"wait_reason": "customer"},
    "resume": {},
    "reply": {"text": "Have you tried another font?"},
    "escalate": {"reason": "It needs somebody who reads hieroglyphs"},
    "hand_back": {"reason": "It was a font"},
    "resolve": {"solution": "Another font"},
    "close": {},
}


@pytest.fixture
def clock():
    """Give a clock that goes on when told to."""
    return FakeClock()


def row_of(path, case_id):
    """Read the row of a case."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.row_factory = sqlite3.Row
        found = db.execute("SELECT * FROM supporttiers_case WHERE id = ?", (case_id,)).fetchone()
        return {name: found[name] for name in CASE_COLUMNS}


def test_sqlite_writes_every_column_that_a_command_changes(tmp_path, clock):
    """An update names only what is new in an index: the row is all the same that of the case, and the indexes hold."""
    path = tmp_path / "support.db"
    with SupportDesk(SupportProcess.default(), store=SqliteStore(path), clock=clock) as desk:
        case = desk.open("The printer prints hieroglyphs", by="jane", channel="email")
        for verb, given in STEPS.items():
            clock.advance(timedelta(minutes=1))
            case = getattr(desk, verb)(case.id, by="bob", **given)
            found = row_of(path, case.id)
            written = Commit(
                tenant=case.tenant, case=case, previous=case.version - 1, events=(), wakes_at=None,
                recorded_at=clock.now(),
            )  # fmt: skip
            expected = dict(zip(CASE_COLUMNS, case_row(written, found["head"]), strict=True))
            assert expected | {"wakes_at": found["wakes_at"]} == found
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert [("ok",)] == db.execute("PRAGMA integrity_check").fetchall()


def test_sqlite_leaves_indexes_alone_whose_columns_stay(tmp_path, clock):
    """A note changes neither deadline nor assignee: the update names no column of their indexes."""
    store = SqliteStore(tmp_path / "support.db")
    with SupportDesk(SupportProcess.default(), store=store, clock=clock) as desk:
        case = desk.open("The printer prints hieroglyphs", by="jane")
        said = []
        store._connection.set_trace_callback(said.append)
        desk.note(case.id, by="bob", text="Hieroglyphs it is")

    (update,) = [text for text in said if text.startswith("UPDATE supporttiers_case")]
    assert "changed_at = " in update
    assert not any(f" {name} = " in update for name in ("due_at", "wakes_at", "status", "assignee", "opened_at"))


@pytest.fixture
def postgres_desk(postgres_url, clock):
    """Give a desk that has one connection to PostgreSQL."""
    store = PostgresStore(postgres_url, connections=1)
    store.upgrade()
    with SupportDesk(SupportProcess.default(), store=store, clock=clock) as desk:
        yield desk


def round_trips(desk, work):
    """Count how often the server has said that it is ready for more."""
    pool = desk._ports.store._pool
    with tempfile.TemporaryFile("w+") as trace:
        with pool.connection() as connection:
            connection.pgconn.trace(trace.fileno())
        work()
        with pool.connection() as connection:
            connection.pgconn.untrace()
        trace.seek(0)
        return sum("ReadyForQuery" in line for line in trace)


def test_postgres_loads_in_one_round_trip_and_commits_in_one(postgres_desk):
    """A command costs two round trips, however many events it makes; loading a case costs one."""
    desk = postgres_desk
    case = desk.open("The printer prints hieroglyphs", by="jane")
    for _ in range(10):  # so that the driver has prepared the statements
        desk.start(case.id, by="bob")
        desk.wait(case.id, by="bob", wait_reason="customer")
        desk.resume(case.id, by="bob")
        desk.release(case.id, by="bob")

    assert 2 == round_trips(desk, lambda: desk.start(case.id, by="bob"))
    assert 2 == round_trips(desk, lambda: desk.wait(case.id, by="bob", wait_reason="customer"))
    assert 1 == round_trips(desk, lambda: desk.get(case.id))
    assert () == desk.verify(case.id)
