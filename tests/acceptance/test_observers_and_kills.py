"""A process is killed while an observer is told: nothing is lost, and only what was in flight comes twice."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers.hookspecs import hookimpl

ROOT = Path(__file__).parents[2]
DIES = """
import os, signal, sys
from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers.hookspecs import hookimpl

url, path, kill_at = sys.argv[1:]

class Journal:
    name = "journal"

    @hookimpl
    def supporttiers_event(self, event):
        with open(path, "a") as file:
            file.write(f"{event.case_id}:{event.version}\\n")
        if event.version == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)

desk = SupportDesk(SupportProcess.default(), store=url, plugins=[Journal()], clock=FakeClock("2026-03-23T09:00Z"))
case = desk.open("Stuck", id="T-1", by="jane")
for number in range(5):
    desk.note(case, by="bob", text=str(number))
desk.run_due()
"""


class Journal:
    """Writes on where the one that was killed has written."""

    name = "journal"

    def __init__(self, path):
        self.path = path

    @hookimpl
    def supporttiers_event(self, event):
        """Write a line."""
        with self.path.open("a") as file:
            file.write(f"{event.case_id}:{event.version}\n")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("kill_at", [1, 4, 7])
def test_observer_is_told_everything_past_a_kill(tmp_path, kill_at):
    """The next worker goes on once the lease has run out; what was written just before the kill is written again."""
    url, path = f"sqlite:///{tmp_path / 'support.db'}", tmp_path / "journal"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, "-c", DIES, url, str(path), str(kill_at)]
    killed = subprocess.run(words, check=False, env=environment, capture_output=True, text=True)
    assert -9 == killed.returncode, killed.stderr

    clock = FakeClock("2026-03-23T09:01Z")
    with SupportDesk(SupportProcess.default(), store=url, plugins=[Journal(path)], clock=clock) as desk:
        desk.run_due()
        assert kill_at == len(path.read_text().splitlines())  # the lease of the dead still holds
        clock.advance("5m")
        desk.run_due()
        told = [int(line.partition(":")[2]) for line in path.read_text().splitlines()]

        version = desk.get("T-1").version
        assert [*range(1, kill_at + 1), *range(kill_at, version + 1)] == told
        assert 7 <= version
