"""
What the benchmarks share: subjects measured in turn, ratios, and the lines that are printed.

Subjects that are compared run in turn, round after round, in one run, so that the noise of a shared machine falls on
all alike. A ratio is the median of the rounds' own ratios; absolute times are medians and are worth less.
"""

import argparse
import os
import pathlib
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

Subject = Callable[[], float]
"""Does its work once, and gives the seconds that one operation took."""

Rounds = Mapping[str, list[float]]

MEMORY_DISK = pathlib.Path("/dev/shm")


def arguments(description: str, *, peers: bool = False) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    parser.add_argument(
        "--peers-python", metavar="PATH", help="a Python in which peers are installed; skipped without it"
    )
    options = parser.parse_args()
    print(f"{pathlib.Path(sys.argv[0]).name}: {machine()}")
    if peers and options.peers_python is None:
        print("  eventsourcing: skipped; name a Python that has it with --peers-python PATH")
    return options


def machine() -> str:
    """Describe date and machine, without its name."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    today = datetime.now(UTC).date()
    return f"{today}, {os.cpu_count()} cores, {platform.machine()}, {python}, SQLite {sqlite3.sqlite_version}"


def in_turn(subjects: Mapping[str, Subject], rounds: int) -> Rounds:
    """Run each subject once to warm up, then all of them in turn."""
    for subject in subjects.values():
        subject()
    measured: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            measured[name].append(subject())
    return measured


def show(measured: Rounds, unit: str = "us") -> None:
    """Print what each subject took."""
    scale = {"us": 1e6, "ms": 1e3}[unit]
    for name, seconds in measured.items():
        middle, low, high = (scale * value for value in (statistics.median(seconds), min(seconds), max(seconds)))
        print(f"  {name:<58} {middle:10.2f} {unit}   ({low:.2f} to {high:.2f})")


def ratio(measured: Rounds, name: str, against: str) -> float:
    """Give how many times as long one subject takes as another: the median over the rounds."""
    return statistics.median(one / other for one, other in zip(measured[name], measured[against], strict=True))


def verdict(what: str, value: float, *, at_most: float | None = None, at_least: float | None = None) -> None:
    """Print a ratio beside its budget."""
    bound, met = (f"at most {at_most}", value <= at_most) if at_most is not None else ("", True)
    if at_least is not None:
        bound, met = f"at least {at_least}", value >= at_least
    print(f"  => {what}: {value:.2f}   (budget: {bound}; {'met' if met else 'MISSED'})")


@contextmanager
def folder(*, in_memory: bool) -> Iterator[pathlib.Path]:
    """Give a folder that is removed afterwards; on a file system in memory, where flushing costs nothing."""
    place = MEMORY_DISK if in_memory and MEMORY_DISK.is_dir() else None
    path = pathlib.Path(tempfile.mkdtemp(prefix="supporttiers-bench-", dir=place))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def peer(python: str, *argv: str) -> float:
    """Run the peer's script in its own Python, and give the seconds of one operation."""
    script = pathlib.Path(__file__).with_name("_eventsourcing.py")
    run = subprocess.run([python, str(script), *argv], capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"eventsourcing failed in {python}: {run.stderr.strip().splitlines()[-1]}")
    return float(run.stdout)
