"""What is left in the files of a SQLite store after redaction: nothing that anybody said."""

import contextlib
import sqlite3

import attrs
from hypothesis import given, settings
from tests.properties.strategies import worlds
from tests.properties.test_redaction import SECRET, told

from supporttiers.actors import Actor
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.clock import FakeClock
from supporttiers.commands import Open
from supporttiers.desk import SupportDesk
from supporttiers.errors import SupportTiersError
from supporttiers.process import SupportProcess

DORA = Actor.manager("dora")


class Ear:
    """A notifier whose messages stand in the outbox."""

    name = "ear"

    def notify(self, _notification, /, *, key):
        """Hear nothing."""


def words_in(path, *words):
    """Find words in the file of a store and in what lies beside it, as bytes."""
    found = b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
    return [word for word in words if word.encode() in found]


def cells_with(path, word):
    """Find the tables and columns in which a word stands."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [
            (table, column)
            for table in tables
            for _, column, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall()
            if connection.execute(f"SELECT 1 FROM {table} WHERE instr({column}, ?)", (word,)).fetchone()
        ]


@given(worlds())
@settings(max_examples=30)
def test_no_column_and_no_byte_of_the_file_holds_what_was_said(tmp_path_factory, world):
    """Whatever has happened, what people said is neither in a row nor in freed space, once the file is closed."""
    path = tmp_path_factory.mktemp("redacted") / "support.db"
    clock = FakeClock(world.end)
    desk = SupportDesk(world.process, store=f"sqlite:///{path}", clock=clock, notifiers=[Ear()])
    for number, command in enumerate(world.script):
        with contextlib.suppress(SupportTiersError):
            desk.execute(attrs.evolve(told(command), idempotency_key=f"key {number}"))
    if not list(desk.find()):
        desk.shut_down()
        return
    case = desk.redact("C-1", by=DORA)

    assert () == desk.verify(case)
    assert [] == cells_with(path, SECRET)
    desk.shut_down()
    assert [] == words_in(path, SECRET)


def test_long_texts_leave_nothing_in_pages_that_are_free_again(tmp_path):
    """A text of many pages is overwritten when it is freed, and so are earlier rows of the case."""
    path = tmp_path / "support.db"
    desk = SupportDesk(SupportProcess.default(), store=SqliteStore(path), notifiers=[Ear()])
    desk.open(f"{SECRET} subject", id="T-1", by="jane.doe", text=f"{SECRET} text " * 3000)
    for number in range(20):
        desk.amend("T-1", by="bob", subject=f"{SECRET} {number}", attributes={f"{SECRET} {number}": "x" * 500})
        desk.note("T-1", by="bob", text=f"{SECRET} note " * 400)
    desk.redact("T-1", by=DORA)
    assert [] == cells_with(path, "jane.doe")
    desk.shut_down()

    assert [] == words_in(path, SECRET, "jane.doe")


def test_scan_finds_what_is_there(tmp_path):
    """The tests above would see a text that was left."""
    path = tmp_path / "support.db"
    desk = SupportDesk(SupportProcess.default(), store=SqliteStore(path))
    desk.execute(Open(case_id="T-1", by=DORA, text=SECRET))
    desk.shut_down()

    assert [SECRET] == words_in(path, SECRET)
    assert [("supporttiers_event", "private")] == cells_with(path, SECRET)
