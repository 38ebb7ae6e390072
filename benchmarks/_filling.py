"""
A database with a great many open cases, made quickly: one real case, written again and again under other ids.

The rows are those that a desk has written for a case that it opened itself, with its events and their digests; each
copy has an id, an instant and digests of its own, so that a desk reads, escalates and verifies it like any other. The
deadlines lie a millisecond apart, and are shuffled over the ids, so that those that are due lie all over the table.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import gcd
from pathlib import Path

from _common import folder

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers._codec import digest

TENANT = "default"
OPENED = FakeClock().now()
LIMIT = timedelta(minutes=15)
SPACING = timedelta(milliseconds=1)
_STEP = 0.618
_AT_A_TIME = 20_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = tuple[object, ...]
Make = Callable[[dict[str, object], list[int]], list]


class Template:
    """The rows of one case, and how to make those of another."""

    def __init__(self) -> None:
        """Let a desk open a case, and read what it has written."""
        with folder(in_memory=True) as path:
            desk = SupportDesk(SupportProcess.default(), store=f"sqlite:///{path / 'one.db'}", clock=FakeClock())
            case = desk.open("The printer prints hieroglyphs", by="jane")
            assert case.due_at == OPENED + LIMIT
            desk.shut_down()
            db = sqlite3.connect(path / "one.db")
            self.case_columns, (self._case,) = _read(db, "supporttiers_case")
            self.event_columns, self._events = _read(db, "supporttiers_event")
            db.close()
        self._instants = [OPENED, OPENED + LIMIT]
        marks = {case.id: "%(id)s", **{text_of(at): f"%({number})s" for number, at in enumerate(self._instants)}}
        self._make_case = _maker(self._case, self._instants, marks)
        self._make_events = [_maker(values, self._instants, marks) for values in self._events]
        self._head = self.case_columns.index("head")
        self._public, self._salt, self._private, self._digest = map(
            self.event_columns.index, ("public", "salt", "private", "digest")
        )

    def copies(self, n: int) -> Iterator[tuple[list[object], list[list[object]]]]:
        """Give the rows of so many cases: each case's own, and those of its events."""
        step = int(n * _STEP) | 1
        while gcd(step, n) != 1:
            step += 2
        for number in range(n):
            yield self._copy(_id(number), step * number % n * SPACING)

    def _copy(self, case_id: str, later: timedelta) -> tuple[list[object], list[list[object]]]:
        instants = [instant + later for instant in self._instants]
        given: dict[str, object] = {str(number): text_of(instant) for number, instant in enumerate(instants)}
        given["id"] = case_id
        micros = [micros_of(instant) for instant in instants]
        head, events = "", []
        for make in self._make_events:
            event = make(given, micros)
            head = digest(head, event[self._public], event[self._salt], event[self._private])
            event[self._digest] = head
            events.append(event)
        case = self._make_case(given, micros)
        case[self._head] = head
        return case, events


def _maker(
    values: Row, instants: list[datetime], marks: dict[str, str]
) -> Callable[[dict[str, object], list[int]], list]:
    """Make what writes a row anew, with other instants and another id."""
    numbers = {micros_of(instant): place for place, instant in enumerate(instants)}
    moved = [(place, numbers[value]) for place, value in enumerate(values) if type(value) is int and value in numbers]
    texts = []
    for place, value in enumerate(values):
        if isinstance(value, str) and any(known in value for known in marks):
            pattern = value.replace("%", "%%")
            for known, mark in marks.items():
                pattern = pattern.replace(known, mark)
            texts.append((place, pattern))

    def make(given: dict[str, object], micros: list[int]) -> list:
        row = list(values)
        for place, number in moved:
            row[place] = micros[number]
        for place, pattern in texts:
            row[place] = pattern % given
        return row

    return make


def _read(db: sqlite3.Connection, table: str) -> tuple[list[str], list[Row]]:
    cursor = db.execute(f"SELECT * FROM {table}")
    return [name for name, *_ in cursor.description], cursor.fetchall()


def _id(number: int) -> str:
    """Give an id as desks make them, in the order of their opening."""
    millis = int(OPENED.timestamp() * 1000) + number
    return f"{millis >> 16:08x}-{millis & 0xFFFF:04x}-7{number & 0xFFF:03x}-8000-{number:012x}"


def text_of(instant: datetime) -> str:
    """Write an instant as documents have it."""
    return instant.isoformat().replace("+00:00", "Z")


def micros_of(instant: datetime) -> int:
    """Write an instant as columns have it."""
    return (instant - _EPOCH) // _MICROSECOND


# -- SQLite


def fill_sqlite(path: Path, n: int) -> None:
    """Make a file with so many open cases."""
    desk = SupportDesk(SupportProcess.default(), store=f"sqlite:///{path}", clock=FakeClock())
    desk.run_due()  # makes the tables, and keeps the process
    desk.shut_down()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    indexes = db.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'supporttiers_case' AND sql <> ''"
    ).fetchall()
    for name, _ in indexes:
        db.execute(f"DROP INDEX {name}")
    template = Template()
    cases, events = _inserting("case", template.case_columns), _inserting("event", template.event_columns)
    db.execute("BEGIN")
    for case, its_events in template.copies(n):
        db.execute(cases, case)
        db.executemany(events, its_events)
    for _, text in indexes:
        db.execute(text)
    db.execute("COMMIT")
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def _inserting(table: str, columns: list[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO supporttiers_{table} ({', '.join(columns)}) VALUES ({marks})"


# -- PostgreSQL


def fill_postgres(url: str, n: int) -> None:
    """Make the tables in an empty database, with so many open cases."""
    import psycopg  # noqa: PLC0415 - only who has a server needs it

    from supporttiers.backends.storage.postgres import PostgresStore  # noqa: PLC0415

    store = PostgresStore(url)
    store.upgrade()
    SupportDesk(SupportProcess.default(), store=store, clock=FakeClock()).run_due()
    store.close()
    template = Template()
    with psycopg.connect(url) as db:
        indexes = db.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'supporttiers_case' "
            "AND indexname NOT LIKE '%pkey'"
        ).fetchall()
        for name, _ in indexes:
            db.execute(f"DROP INDEX {name}")
        copies = template.copies(n)
        while some := list(islice(copies, _AT_A_TIME)):
            _copied(db, "case", template.case_columns, (case for case, _ in some))
            _copied(db, "event", template.event_columns, (event for _, its in some for event in its))
        for _, text in indexes:
            db.execute(text)
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


def _copied(db: object, table: str, columns: list[str], rows: Iterable[list[object]]) -> None:
    """Write rows in PostgreSQL's own way for many."""
    with db.cursor() as cursor, cursor.copy(f"COPY supporttiers_{table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
