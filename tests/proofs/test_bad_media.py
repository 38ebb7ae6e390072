"""A full disk, a file that cannot be written, a damaged file: said plainly, and nothing is lost by it."""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import pytest
from tests.proofs.crew import crew
from tests.proofs.world import BEGIN, STEP, Receipts, desk_on, thresholds

from supporttiers.errors import CaseNotFoundError, StoreError

NOBODY = 65_534
LONG_TEXT = "It prints hieroglyphs. " * 200


class Disk:
    """A disk that can be full: no file that is open may grow then."""

    def __init__(self):
        self.connections = []

    def connect(self, *args, connect=sqlite3.connect, **options):
        """Open a file, and remember it."""
        connection = connect(*args, **options)
        self.connections.append(connection)
        return connection

    def let_grow(self, pages):
        """Limit the files; to what they have, where that is more."""
        for connection in self.connections:
            connection.execute(f"PRAGMA max_page_count = {pages}")


@pytest.fixture
def disk(monkeypatch):
    """Put a disk that can be full under all files that are opened from now on."""
    disk = Disk()
    monkeypatch.setattr(sqlite3, "connect", disk.connect)
    return disk


def until_it_fails(desk):
    """Open cases until the store refuses; give the ids of those that it took, the id of the other, and the error."""
    taken = []
    for number in range(1000):
        try:
            desk.open("Printer", id=f"C-{number}", by="jane", text=LONG_TEXT)
        except StoreError as error:
            return taken, f"C-{number}", error
        taken.append(f"C-{number}")
    pytest.fail("the disk is never full")


def run_for_ever(desk):
    """Do one thing after the other."""
    for _ in range(1000):
        desk.run_due(limit=1)


def test_full_disk_refuses_a_command_whole(disk, sqlite_url, receipts):
    """What was answered is there, what was refused left nothing, and with more room it goes through."""
    with desk_on(sqlite_url, receipts, BEGIN) as desk:
        desk.open("Printer", id="C-first", by="jane")
        disk.let_grow(1)
        taken, refused, error = until_it_fails(desk)

        assert "could not commit in" in str(error)
        assert "full" in str(error)
        assert sorted(["C-first", *taken]) == [case.id for case in desk.find(limit=1000)]
        with pytest.raises(CaseNotFoundError):
            desk.verify(refused)

        disk.let_grow(1_000_000)
        desk.open("Printer", id=refused, by="jane", text=LONG_TEXT)

        assert desk.verify(refused) == desk.verify("C-first") == ()


def test_full_disk_delays_deadlines_and_loses_none(disk, sqlite_url, receipts):
    """While nothing can be written nothing fires; afterwards everything does, once."""
    with desk_on(sqlite_url, receipts, BEGIN) as desk:
        taken = [desk.open("Printer", id=f"D-{number}", by="jane").id for number in range(30)]
        disk.let_grow(1)
        taken += until_it_fails(desk)[0]
        desk._clock.advance(STEP)
        with pytest.raises(StoreError, match="full"):
            run_for_ever(desk)
        disk.let_grow(1_000_000)
        desk._clock.advance(STEP)
        while desk.run_due().relayed:
            desk._clock.advance(STEP)

        for case_id in taken:
            assert set(thresholds(desk, case_id).values()) == {1}
            assert desk.verify(case_id) == ()
        assert sum(len(thresholds(desk, case_id)) for case_id in taken) >= 4 * len(taken)
    keys = [key for _, key, *_ in Receipts("", receipts).read()]
    assert len(keys) == len(set(keys))


def test_process_that_may_write_no_more_loses_nothing(sqlite_url, receipts):
    """A worker whose files may not grow any more gives up; the next one does what it could not."""
    with desk_on(sqlite_url, receipts, BEGIN) as desk, crew(sqlite_url, receipts) as workers:
        ids = [desk.open("Printer", id=f"C-{number}", by="jane", text=LONG_TEXT).id for number in range(20)]
        desk.shut_down()
        size = Path(sqlite_url.removeprefix("sqlite:///")).stat().st_size
        assert [1] == workers.send(BEGIN + 2 * STEP, {"file_size": size, "limit": 2, "said": os.devnull})
        assert [0] == workers.send(BEGIN + 4 * STEP, {})

        for case_id in ids:
            assert set(thresholds(desk, case_id).values()) == {1}
            assert desk.verify(case_id) == ()
    keys = [key for _, key, *_ in Receipts("", receipts).read()]
    assert len(keys) == len(set(keys))


@pytest.fixture
def shop():
    """Give a directory that everybody may look into."""
    directory = Path(tempfile.mkdtemp(prefix="supporttiers-"))
    directory.chmod(0o755)
    yield directory
    directory.chmod(0o755)
    shutil.rmtree(directory)


@pytest.mark.parametrize(("file_mode", "directory_mode"), [(0o444, 0o755), (0o644, 0o555), (0o444, 0o555)])
def test_file_that_cannot_be_written_is_said_plainly(shop, tmp_path, receipts, file_mode, directory_mode):
    """Neither a command nor a worker takes a file that it may not write for one that it has written."""
    path = shop / "support.db"
    url = f"sqlite:///{path}"
    with desk_on(url, receipts, BEGIN) as desk:
        desk.open("Printer", id="C-1", by="jane")
    path.chmod(file_mode)
    shop.chmod(directory_mode)

    later = BEGIN + STEP
    with crew(url, receipts) as workers:
        for doing in ("open", "run_due"):
            said = tmp_path / doing
            assert [1] == workers.send(later, {"as": NOBODY, "doing": doing, "said": str(said)})
            assert said.read_text().startswith("sqlite: could not ")
            assert f" in {path}: " in said.read_text()

    shop.chmod(0o755)
    path.chmod(0o644)
    with desk_on(url, receipts, later) as desk:
        assert ["C-1"] == [case.id for case in desk.find()]
        assert desk.run_due().fired == 1
        assert desk.verify("C-1") == ()


def test_damaged_file_is_never_taken_for_an_empty_one(sqlite_url, receipts):
    """Garbage where cases were is an error of the store at each call, not a case less."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with desk_on(sqlite_url, receipts, BEGIN) as desk:
        for number in range(20):
            desk.open("Printer", id=f"C-{number:02}", by="jane", text=LONG_TEXT)
    sound = path.read_bytes()
    page = 4096
    for place in range(0, len(sound) - page, page * 9):
        path.write_bytes(sound[:place] + b"\xa5" * page + sound[place + page :])
        with desk_on(sqlite_url, receipts, BEGIN + STEP) as desk:
            assert [f"C-{number:02}" for number in range(20)] == found_or_refused(desk)
    for size in (page, len(sound) // 2):
        path.write_bytes(sound[:size])
        with desk_on(sqlite_url, receipts, BEGIN + STEP) as desk:
            assert [f"C-{number:02}" for number in range(20)] == found_or_refused(desk)


def found_or_refused(desk):
    """Give the ids of the cases that are found whole, or whose loss is said."""
    ids = []
    for number in range(20):
        case_id = f"C-{number:02}"
        try:
            if desk.verify(case_id) or desk.find(limit=20):
                ids.append(case_id)
        except StoreError as error:
            assert "sqlite" in str(error)  # noqa: PT017 - either of the two will do
            ids.append(case_id)
    return ids
