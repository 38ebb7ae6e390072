"""
Looking for what is due among 10,000, 100,000 and 1,000,000 open cases, and settling 100: desks, by hand, and peers.

The desk does a whole pass: what is due, messages, tickets, old keys. By hand, and on the same rows: what is due is read
by the index, each case and its three events are made and written, in one transaction, flushed at its end. They take
turns on one database, each with 100 cases of its own that have just become due. An idle pass finds nothing due.

Peers do what they have instead. APScheduler 4 takes 100 schedules, adds a job for each, and gives them back with their
next time; without the jobs, nothing comes of it. Procrastinate fetches 100 jobs, and does nothing with them.
django-helpdesk's `escalate_tickets` looks for tickets that are due, and finds none.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from _common import Subject, arguments, folder, in_turn, ratio, show, verdict, waiting_peer
from _escalating import DUE, InPostgres, InSqlite
from _filling import LIMIT, SPACING, fill_postgres, fill_sqlite
from _server import Fresh, databases

from supporttiers import FakeClock, SupportDesk, SupportProcess

IDLE_PASSES = 50
APSCHEDULER = {
    f"APScheduler 4: {DUE} due, with a job for each": "scheduler",
    f"APScheduler 4: {DUE} taken and given back": "store",
}


class World:
    """One database with many open cases, and those who look after it."""

    def __init__(self, store: str, hand: InSqlite | InPostgres) -> None:
        """Stand just before the first deadline."""
        self.clock = FakeClock()
        self.clock.advance(LIMIT - SPACING)
        self.desk = SupportDesk(SupportProcess.default(), store=store, clock=self.clock)
        self.store = self.desk._ports.store  # noqa: SLF001 - its claim is measured alone, too
        self.hand = hand
        self.swept: list[str] = []

    def idle(self, look: Callable[[], object]) -> Subject:
        """Make a subject that looks for what is due, in vain."""

        def run() -> float:
            began = time.perf_counter()
            for _ in range(IDLE_PASSES):
                look()
            return (time.perf_counter() - began) / IDLE_PASSES

        return run

    def idles(self) -> dict[str, Subject]:
        """Give all who look in vain."""
        return {
            "by hand: look": self.idle(lambda: self.hand.idle(self.clock.now())),
            "store: claim": self.idle(lambda: self.store.claim(self.clock.now(), limit=DUE, decide=list)),
            "desk: pass": self.idle(self.desk.run_due),
        }

    def by_hand(self) -> float:
        """Settle the next cases by hand."""
        self.clock.advance(DUE * SPACING)
        began = time.perf_counter()
        self.swept = self.hand.sweep(self.clock.now())
        taken = time.perf_counter() - began
        assert len(self.swept) == DUE, len(self.swept)
        return taken

    def by_desk(self) -> float:
        """Settle the next cases by a pass of the desk."""
        self.clock.advance(DUE * SPACING)
        began = time.perf_counter()
        done = self.desk.run_due()
        taken = time.perf_counter() - began
        assert done.fired == DUE, done
        return taken

    def close(self) -> None:
        """See that what was done by hand is as sound as what the desk did, and let go."""
        assert all(self.desk.verify(case_id) == () for case_id in self.swept)
        self.desk.shut_down()
        self.hand.close()


def in_sqlite(path: Path, n: int) -> World:
    """Fill a file."""
    file = path / f"{n}.db"
    fill_sqlite(file, n)
    return World(f"sqlite:///{file}", InSqlite(str(file)))


def in_postgres(fresh: Fresh, n: int) -> World:
    """Fill a database."""
    url = fresh()
    fill_postgres(url, n)
    return World(url, InPostgres(url))


@contextmanager
def worlds(make: Callable[[int], World], sizes: Sequence[int]) -> Iterator[Mapping[int, World]]:
    """Make worlds of all sizes."""
    with ExitStack() as stack:
        made = {}
        for n in sizes:
            began = time.perf_counter()
            made[n] = make(n)
            stack.callback(made[n].close)
            print(f"    {n} open cases made in {time.perf_counter() - began:.0f} s", flush=True)
        yield made


def measure(where: str, made: Mapping[int, World], peers: Mapping[str, Subject], rounds: int) -> None:
    """Measure idle passes, then sweeps, and print."""
    least, *_, most = made
    idle = {f"{name}, idle, {n} cases": look for n, world in made.items() for name, look in world.idles().items()}
    measured = in_turn(idle, rounds)
    show(measured)
    for name in ("by hand: look", "store: claim", "desk: pass"):
        bound = None if name.startswith("by hand") else 1.2
        among = ratio(measured, f"{name}, idle, {most} cases", f"{name}, idle, {least} cases")
        verdict(f"{where}: {name}, idle, {most} / {least}", among, at_most=bound)
    hand, desk = f"by hand: {DUE} due among {{}}", f"desk: a pass with {DUE} due among {{}}"
    sweeps: dict[str, Subject] = {}
    for n, world in made.items():
        sweeps |= {hand.format(n): world.by_hand, desk.format(n): world.by_desk}
    measured = in_turn(sweeps | peers, rounds)
    show(measured, "ms")
    for n in made:
        speed = ratio(measured, hand.format(n), desk.format(n))
        verdict(f"{where}: speed of a pass / by hand, {n}", speed, at_least=0.4 if n == most else None)
    for name in (hand, desk):
        grown = ratio(measured, name.format(most), name.format(least))
        verdict(f"{where}: {name.format('')}{most} / {least}", grown, at_most=1.6 if name is desk else None)
    for name in peers:
        n = int(name.rpartition(" ")[2])
        bound = 1.0 if name.startswith("APScheduler") and "with a job" in name else None
        verdict(f"{where}: {name} / desk", ratio(measured, name, desk.format(n)), at_least=bound)


class Peers:
    """Peers that are at hand, each made ready in a process of its own."""

    def __init__(self, pythons: Mapping[str, str]) -> None:
        """Name the Pythons that have them."""
        self._pythons = pythons
        self._ending = ExitStack()
        self.turns: dict[str, Subject] = {}

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """End all of them."""
        self._ending.close()

    def add(self, name: str, module: str, *argv: object) -> None:
        """Make one ready, if there is a Python that has it."""
        if module in self._pythons:
            ready = waiting_peer(f"_{module}.py", self._pythons[module], *map(str, argv))
            self.turns[name] = self._ending.enter_context(ready)


def main() -> None:
    """Measure in SQLite, on the disk, and in PostgreSQL."""
    options = arguments(__doc__ or "", peers=("apscheduler", "procrastinate", "helpdesk"), postgres=True)
    sizes, rounds = ((2_000, 10_000), 5) if options.quick else ((10_000, 100_000, 1_000_000), 15)
    with folder(in_memory=False) as path, Peers(options.peers) as peers:
        for n in sizes:
            for what, how in APSCHEDULER.items():
                peers.add(f"{what} among {n}", "apscheduler", f"sqlite:///{path / f'{how}{n}.db'}", n, how)
            peers.add(f"escalate_tickets: none due among {n}", "helpdesk", path / f"hd{n}.db", n, 0)
        with worlds(lambda n: in_sqlite(path, n), sizes) as made:
            measure("SQLite", made, peers.turns, rounds)
    with databases(options.postgres) as fresh, Peers(options.peers) as peers:
        if fresh is None:
            return
        for n in sizes:
            for what, how in APSCHEDULER.items():
                url = fresh().replace("postgresql:", "postgresql+psycopg:")
                peers.add(f"{what} among {n}", "apscheduler", url, n, how)
            peers.add(f"procrastinate: {DUE} due among {n}", "procrastinate", fresh(), n, "first")
        with worlds(lambda n: in_postgres(fresh, n), sizes) as made:
            measure("PostgreSQL", made, peers.turns, rounds)


if __name__ == "__main__":
    main()
