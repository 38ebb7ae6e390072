"""
Loading a case with a long history against one with a short one.

300 cycles of waiting for the customer, resuming and a reply on the one, three on the other, so that a stopwatch has
been paused 300 times; the case's row is what is loaded, not its history. A stopwatch keeps up to 32 closed segments, so
that the long case's row is larger; texts that were read before are remembered, and so each case is also loaded with
nothing remembered.
"""

import time
from datetime import timedelta

from _common import Subject, arguments, folder, in_turn, ratio, show, verdict
from _server import databases

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers._codec import plain

REMEMBERED = [value for value in vars(plain).values() if hasattr(value, "cache_clear")]


def case_with(desk: SupportDesk, clock: FakeClock, cycles: int) -> str:
    """Open a case that has waited and been answered so often; give its id."""
    case = desk.open("The printer prints hieroglyphs", by="jane")
    for _ in range(cycles):
        desk.wait(case, by="bob", wait_reason="customer")
        clock.advance(timedelta(minutes=5))
        desk.resume(case, by="bob")
        clock.advance(timedelta(seconds=1))
        desk.reply(case, by="bob", text="Have you tried another font?")
    return case.id


def loads(desk: SupportDesk, case_id: str, n: int, *, cold: bool) -> Subject:
    """Make the subject; a cold one has forgotten what it read before."""

    def run() -> float:
        taken = 0.0
        for _ in range(n):
            if cold:
                for remembered in REMEMBERED:
                    remembered.cache_clear()
            began = time.perf_counter()
            desk.get(case_id)
            taken += time.perf_counter() - began
        return taken / n

    return run


def main() -> None:
    """Measure, and print."""
    options = arguments(__doc__ or "", postgres=True)
    n, rounds = (200, 7) if options.quick else (1_000, 21)
    with folder(in_memory=True) as path:
        measure("SQLite", f"sqlite:///{path / 'loading.db'}", n, rounds)
    with databases(options.postgres) as fresh:
        if fresh is not None:
            url = fresh()
            upgrade(url)
            measure("PostgreSQL", url, n // 5, rounds)


def upgrade(url: str) -> None:
    """Make the tables."""
    from supporttiers.backends.storage.postgres import PostgresStore  # noqa: PLC0415 - only who has a server needs it

    store = PostgresStore(url)
    store.upgrade()
    store.close()


def measure(where: str, store: str, n: int, rounds: int) -> None:
    """Measure in one store."""
    clock = FakeClock()
    desk = SupportDesk(SupportProcess.default(), store=store, clock=clock)
    subjects, names = {}, []
    for cycles in (3, 30, 300):
        case_id = case_with(desk, clock, cycles)
        names.append(f"{where}, desk.get: {cycles} cycles, {len(desk.history(case_id))} events")
        subjects[names[-1]] = loads(desk, case_id, n, cold=False)
        subjects[f"{names[-1]}, cold"] = loads(desk, case_id, n, cold=True)
    measured = in_turn(subjects, rounds)
    desk.shut_down()
    show(measured)
    short, middle, long = names
    verdict(f"{where}: loading after 300 cycles / after 3", ratio(measured, long, short), at_most=1.1)
    for before, after in ((short, middle), (middle, long)):
        cold = ratio(measured, f"{after}, cold", f"{before}, cold")
        print(f"     cold: {after} / {before.rpartition(': ')[2]}: {cold:.2f}")


main()
