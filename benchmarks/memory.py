"""
The memory of an open case against the same fields in slotted attrs classes written by hand.

Counted with tracemalloc, over cases as opening them leaves them (their events are let go), each with the running
stopwatch of its tier. By hand: the same values in classes with the same fields and no behaviour.
"""

import gc
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import attrs
from _common import arguments, verdict

from supporttiers import Actor, Case, Stopwatch, SupportDesk, SupportProcess
from supporttiers._engine import decide
from supporttiers.commands import Open

NOW = datetime(2026, 3, 23, 9, tzinfo=UTC)


def by_hand(kind: type) -> type:
    """Make a slotted class with the fields of another, and nothing else."""
    return attrs.make_class(f"{kind.__name__}ByHand", [field.name for field in attrs.fields(kind)], slots=True)


CaseByHand, StopwatchByHand = by_hand(Case), by_hand(Stopwatch)


def ours(number: int) -> Case:
    """Open a case."""
    command = Open(
        case_id=f"C-{number:06}", by=Actor.customer(f"u-{number:06}"), subject=f"Printer {number:06} on fire",
        at=NOW + timedelta(seconds=number),
    )  # fmt: skip
    case = decide(PROCESS, None, command, command.at or NOW).case
    assert case is not None
    return case


PROCESS = SupportProcess.default()
TEMPLATE = ours(0)
FIELDS = {field.name: getattr(TEMPLATE, field.name) for field in attrs.fields(Case)}
WATCH = {field.name: getattr(TEMPLATE.stopwatches[0], field.name) for field in attrs.fields(Stopwatch)}


def hand_made(number: int) -> object:
    """Put the same values together."""
    at = NOW + timedelta(seconds=number)
    due_at = at + timedelta(minutes=15)
    instants = dict.fromkeys(("opened_at", "changed_at", "tier_entered_at", "awaiting_reply_since"), at)
    watch = StopwatchByHand(**{**WATCH, "started_at": at, "running_since": at, "due_at": due_at})
    own = {
        "id": f"C-{number:06}", "requester": f"u-{number:06}", "subject": f"Printer {number:06} on fire",
        "stopwatches": (watch,), "due_at": due_at, "attributes": {}, "bounces": {},
    }  # fmt: skip
    return CaseByHand(**{**FIELDS, **instants, **own})


def bytes_each(make: Callable[[int], object], n: int) -> float:
    """Give the bytes that one of many takes."""
    gc.collect()
    tracemalloc.start()
    kept = [make(number) for number in range(n)]
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / len(kept)


def in_a_desk(n: int) -> float:
    """Give the bytes of an open case in a desk that keeps everything in memory, its history included."""
    gc.collect()
    tracemalloc.start()
    desk = SupportDesk(PROCESS)
    for number in range(n):
        desk.open(f"Printer {number:06} on fire", id=f"C-{number:06}", by=f"u-{number:06}")
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / n


def main() -> None:
    """Measure, and print."""
    options = arguments(__doc__ or "")
    n = 2_000 if options.quick else 20_000
    case, hand = bytes_each(ours, n), bytes_each(hand_made, n)
    print(f"  an open case, its stopwatch included                       {case:10.0f} bytes")
    print(f"  the same fields in slotted attrs by hand                   {hand:10.0f} bytes")
    print(f"  in a desk in memory, with its history and wake-up          {in_a_desk(n):10.0f} bytes")
    verdict("an open case / by hand", case / hand, at_most=1.5)


main()
