"""
How fast a real event log is replayed, and how much memory that takes.

    python benchmarks/replay.py [--quick]

Needs the log of the BPI Challenge 2013 in ../shared/data, which is not shipped; without it, it says so and ends well.
Each store is measured in a process of its own, so that peaks do not mix. `--quick` measures memory only, not SQLite.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _common import machine

ROOT = Path(__file__).parents[1]
LOG = ROOT.parent / "shared" / "data" / "bpic2013_incidents.csv.gz"
EXAMPLES = ROOT / "examples" / "replay"
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def measure(process: str, store: str | None) -> None:
    """Replay the log once, and print rows, seconds, commands and the peak of memory in MiB, before and after."""
    from supporttiers.analysis import replay  # noqa: PLC0415 - its import is not what is measured

    idle = peak()
    began = time.perf_counter()
    result = replay(LOG, mapping=EXAMPLES / "volvo.toml", process=EXAMPLES / f"{process}.toml", store=store)
    print(result.rows, time.perf_counter() - began, result.commands, idle, peak())


def peak() -> float:
    """Give the most memory that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT / 1024**2


def report(title: str, *words: str) -> None:
    """Measure in another process, and print a line."""
    done = subprocess.run([sys.executable, __file__, *words], check=True, capture_output=True, text=True)
    rows, seconds, commands, idle, most = map(float, done.stdout.split())
    print(
        f"  {title:<28} {rows / seconds:>9,.0f} rows/s {commands / seconds:>9,.0f} commands/s {seconds:>7.1f} s"
        f"   peak {most:,.0f} MiB, {most - idle:,.0f} above an idle process"
    )


def main() -> None:
    """Measure each store."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="leave SQLite out")
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not LOG.is_file():
        print("skipped: no shared/data beside the repository; the real event log is not shipped with it")
    elif args.measure:
        measure(args.measure[0], args.measure[1] if args.measure[1:] else None)
    else:
        print(f"replay.py: {machine()}")
        report("memory, permissive process", "--measure", "permissive")
        report("memory, strict process", "--measure", "strict")
        if not args.quick:
            with tempfile.TemporaryDirectory() as place:
                report("SQLite, permissive process", "--measure", "permissive", f"sqlite:///{place}/cases.db")


if __name__ == "__main__":
    main()
