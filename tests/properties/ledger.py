"""Desks on SQLite files of their own, and everything that stands in them."""

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.properties.strategies import START

from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.clock import FakeClock, IdFactory
from supporttiers.desk import SupportDesk
from supporttiers.process import SupportProcess


class CountedIds(IdFactory):
    """Makes salts that are the same in every run, so that digests can be compared."""

    def __init__(self) -> None:
        super().__init__()
        self._salts = 0

    def salt(self) -> bytes:
        """Give the next number."""
        self._salts += 1
        return self._salts.to_bytes(16)


class Ledger:
    """
    A desk on a SQLite file, with a clock of its own.

    Attributes:
        desk: The desk.
        clock: Its clock.
    """

    def __init__(self, path: Path, process: SupportProcess, **ports: Iterable[Any]) -> None:
        self._path = path
        self.clock = FakeClock(START)
        self.store = SqliteStore(path, ids=CountedIds())
        self.desk = SupportDesk(process, store=self.store, clock=self.clock, **ports)

    def go_to(self, at: datetime) -> None:
        """Move the clock, never back."""
        self.clock.advance(to=max(at, self.clock.now()))

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Give every row of every table."""
        with closing(sqlite3.connect(self._path)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in tables}


@contextmanager
def ledgers(process: SupportProcess, number: int = 1) -> Iterator[list[Ledger]]:
    """Give desks that keep the same process, each on a file of its own, none of them empty of tables."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = [Ledger(directory / f"{place}.db", process) for place in range(number)]
        for ledger in found:
            stack.callback(ledger.desk.shut_down)
            ledger.desk.run_due()
        yield found
