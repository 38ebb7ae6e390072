"""
What the benchmarks share: subjects measured in turn, ratios, and the lines that are printed.

Subjects that are compared run in turn, round after round, in one run, so that the noise of a shared machine falls on
all alike. A ratio is the median of the rounds' own ratios; absolute times are medians and are worth less.
"""

import argparse
import hashlib
import os
import pathlib
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

Subject = Callable[[], float]
"""Does its work once, and gives the seconds that one operation took."""

Rounds = Mapping[str, list[float]]

MEMORY_DISK = pathlib.Path("/dev/shm")


def arguments(description: str, *, peers: Sequence[str] = (), postgres: bool = False) -> argparse.Namespace:
    """Read the command line; say which peers are left out for want of a Python that has them."""
    parser = argparse.ArgumentParser(description=description.strip().splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works")
    parser.add_argument(
        "--peers-python", metavar="PATH", help="a Python in which peers are installed, or several, parted as paths are"
    )
    if postgres:
        parser.add_argument(
            "--postgres", metavar="URL", help="a server on which databases may be made; else one is started, if it can"
        )
    options = parser.parse_args()
    print(f"{pathlib.Path(sys.argv[0]).name}: {machine()}")
    options.peers = {name: python for name in peers if (python := _python_with(name, options.peers_python))}
    return options


def _python_with(module: str, pythons: str | None) -> str | None:
    """Give the first Python that has a module."""
    for python in (pythons or "").split(os.pathsep):
        if (
            python
            and not subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode
        ):
            return python
    print(f"  {module}: skipped; name a Python that has it with --peers-python PATH")
    return None


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
    """Print a ratio beside its budget; one without a budget is printed to compare with."""
    if at_most is not None:
        beside = f"   (budget: at most {at_most}; {'met' if value <= at_most else 'MISSED'})"
    elif at_least is not None:
        beside = f"   (budget: at least {at_least}; {'met' if value >= at_least else 'MISSED'})"
    else:
        beside = ""
    print(f"  => {what}: {value:.2f}{beside}", flush=True)


def chained(head: str, public: str, salt: bytes, private: str) -> str:
    """Bind an event to the one before it."""
    committed = hashed(salt, private.encode())
    return hashed(head.encode(), public.encode(), committed.encode())


def hashed(*parts: bytes) -> str:
    """Hash parts, each with its length before it."""
    return hashlib.sha256(b"".join([b for part in parts for b in (len(part).to_bytes(8), part)])).hexdigest()


@contextmanager
def folder(*, in_memory: bool) -> Iterator[pathlib.Path]:
    """Give a folder that is removed afterwards; on a file system in memory, where flushing costs nothing."""
    place = MEMORY_DISK if in_memory and MEMORY_DISK.is_dir() else None
    path = pathlib.Path(tempfile.mkdtemp(prefix="supporttiers-bench-", dir=place))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def peer(script: str, python: str, *argv: str) -> float:
    """Run a peer's script in its own Python, and give the seconds of one operation."""
    path = pathlib.Path(__file__).with_name(script)
    run = subprocess.run([python, str(path), *argv], capture_output=True, text=True, check=False)
    if run.returncode:
        sys.exit(f"{script} failed in {python}: {run.stderr.strip().splitlines()[-1]}")
    return float(run.stdout)


@contextmanager
def waiting_peer(script: str, python: str, *argv: str) -> Iterator[Subject]:
    """Have a peer's script make ready in its own Python, and then take its turns with the others."""
    path = pathlib.Path(__file__).with_name(script)
    with tempfile.TemporaryFile("w+") as told, subprocess.Popen(
        [python, str(path), *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=told, text=True
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        requests, answers = child.stdin, child.stdout

        def turn() -> float:
            requests.write("go\n")
            requests.flush()
            return float(answered())

        def answered() -> str:
            line = answers.readline()
            if not line:
                told.seek(0)
                sys.exit(f"{script} failed in {python}: {(told.read().strip().splitlines() or ['it ended'])[-1]}")
            return line

        answered()  # that it is ready
        try:
            yield turn
        finally:
            requests.close()
