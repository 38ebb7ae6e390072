"""
One desk on an SQLite file, used by 32 threads at once, against one caller: threads share a flush of the disk.

Each thread works on cases of its own, and waits until its command is on the disk before it gives the next. Python runs
one thread at a time, so that a command cannot take less than the time of the processor that it needs: what that allows
is printed beside.
"""

import threading
import time
from pathlib import Path
from statistics import median

from _common import Subject, arguments, folder, in_turn, ratio, show, verdict

from supporttiers import SupportDesk, SupportProcess

THREADS = 32


def worked(desk: SupportDesk, case_id: str, pairs: int) -> None:
    """Give commands, one after the other."""
    for _ in range(pairs):
        desk.start(case_id, by="bob")
        desk.release(case_id, by="bob")


def alone(desk: SupportDesk, ids: list[str], pairs: int) -> Subject:
    """Make the subject with one caller, who goes from case to case."""

    def run() -> float:
        began = time.perf_counter()
        for case_id in ids:
            worked(desk, case_id, pairs)
        return (time.perf_counter() - began) / (2 * pairs * len(ids))

    return run


def together(desk: SupportDesk, ids: list[str], pairs: int) -> Subject:
    """Make the subject with a thread for each case."""

    def run() -> float:
        threads = [threading.Thread(target=worked, args=(desk, case_id, pairs)) for case_id in ids]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return (time.perf_counter() - began) / (2 * pairs * len(ids))

    return run


def accounted(subject: Subject, commands: int, times: list[float]) -> Subject:
    """Note beside each round how long the processor was at work on a command."""

    def run() -> float:
        began = time.process_time()
        took = subject()
        times.append((time.process_time() - began) / commands)
        return took

    return run


def desk_in(path: Path) -> tuple[SupportDesk, list[str]]:
    """Make a desk with a case for each thread."""
    desk = SupportDesk(SupportProcess.default(), store=f"sqlite:///{path / 'threads.db'}")
    return desk, [desk.open("The printer prints hieroglyphs", by="jane").id for _ in range(THREADS)]


def main() -> None:
    """Measure on the disk, where a flush costs something, and in memory, where it does not."""
    options = arguments(__doc__ or "")
    pairs, rounds = (2, 5) if options.quick else (10, 15)
    for where, in_memory in (("disk, synchronous=FULL", False), ("file system in memory", True)):
        with folder(in_memory=in_memory) as path:
            desk, ids = desk_in(path)
            one, many = f"one caller, {where}", f"{THREADS} threads, {where}"
            processor: list[float] = []
            crowd = accounted(together(desk, ids, pairs), 2 * pairs * len(ids), processor)
            measured = in_turn({one: alone(desk, ids, pairs), many: crowd}, rounds)
            assert all(desk.verify(case_id) == () for case_id in ids)
            desk.shut_down()
        show(measured)
        show({"the processor's time of a command among 32 threads": processor})
        verdict(f"speed of {THREADS} threads / one caller, {where}", ratio(measured, one, many),
                at_least=None if in_memory else 2.0)  # fmt: skip
        verdict("speed that the processor allows / one caller", median(measured[one]) / median(processor))


if __name__ == "__main__":
    main()
