"""
Fire one transition: ours against a dict dispatch by hand, and against `transitions` itself.

All three flip one case of the default process between queued and in progress, with the same rows: by hand a dict that
is asked and an error that is raised; `transitions` with one machine for all cases, its guard the one that the process
needs (each row compares the command's target).
"""

import time
from collections.abc import Callable

from _common import Subject, arguments, in_turn, ratio, show, verdict

from supporttiers._machine import build_machine, fire
from supporttiers.process import SupportProcess

QUEUED, WORKING = "tier1.queued", "tier1.in_progress"


class Cursor:
    """What `transitions` moves."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        """Begin in the queue."""
        self.state = QUEUED


def by_hand(rows: dict[tuple[str, str, str], str], state: str, trigger: str, target: str) -> str:
    """Look up where a move leads, or refuse."""
    try:
        return rows[state, trigger, target]
    except KeyError:
        raise ValueError(trigger) from None


def flips(there: Callable[[], object], back: Callable[[], object], n: int) -> Subject:
    """Make a subject of two moves that undo each other."""

    def run() -> float:
        start = time.perf_counter()
        for _ in range(n // 2):
            there()
            back()
        return (time.perf_counter() - start) / n

    return run


def main() -> None:
    """Measure, and print."""
    options = arguments(__doc__ or "")
    n, rounds = (2_000, 5) if options.quick else (20_000, 15)
    process = SupportProcess.default()
    table, machine, cursor = process.table, build_machine(process.rows), Cursor()
    rows = dict(table.rows)
    start, release = machine.events["start"], machine.events["release"]
    measured = in_turn(
        {
            "by hand: a dict, or an error": flips(
                lambda: by_hand(rows, QUEUED, "start", ""), lambda: by_hand(rows, WORKING, "release", ""), n
            ),
            "supporttiers: fire": flips(
                lambda: fire(table, QUEUED, "start", "", "C-1"), lambda: fire(table, WORKING, "release", "", "C-1"), n
            ),
            "transitions: trigger on one shared machine": flips(
                lambda: start.trigger(cursor, target=""), lambda: release.trigger(cursor, target=""), n
            ),
        },
        rounds,
    )
    show(measured)
    hand, ours, theirs = measured
    verdict("fire / dict dispatch by hand", ratio(measured, ours, hand), at_most=2.5)
    verdict("fire / transitions' own trigger", ratio(measured, ours, theirs), at_most=0.1)


main()
