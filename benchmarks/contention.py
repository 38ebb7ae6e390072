"""
Many desks that write to one case of one PostgreSQL database at the same time: nobody may give up.

Each desk has connections and a thread of its own, as if it were a process, and gives one command after the other. What
is counted is how often a command lost the race before it was written.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from _common import arguments, verdict
from _server import databases

from supporttiers import StaleCaseError, SupportDesk, SupportProcess
from supporttiers.protocols import Commit

COMMANDS = 10


@contextmanager
def counting_desks(url: str, many: int, tries: Counter[str]) -> Iterator[list[SupportDesk]]:
    """Make desks in an empty database; each attempt to write a note is counted by its text."""
    from supporttiers.backends.storage.postgres import PostgresStore  # noqa: PLC0415 - only who has a server needs it

    class Counting(PostgresStore):
        def commit(self, commits: Sequence[Commit], /) -> Sequence[bool]:
            for commit in commits:
                tries.update([getattr(commit.events[-1], "text", None) or ""])
            return super().commit(commits)

    with ExitStack() as stack:
        stores = [Counting(url, connections=1) for _ in range(many)]
        stores[0].upgrade()
        yield [stack.enter_context(SupportDesk(SupportProcess.default(), store=store)) for store in stores]


def contend(desks: Sequence[SupportDesk], name: str) -> int:
    """Let each desk write its notes to one new case; give how many commands were given up."""
    case = desks[0].open("The printer prints hieroglyphs", by="jane")
    gate = threading.Barrier(len(desks))

    def write(place: int) -> int:
        gate.wait(60)
        given_up = 0
        for number in range(COMMANDS):
            try:
                desks[place].note(case.id, text=f"{name} {place} {number}", by="anna")
            except StaleCaseError:
                given_up += 1
        return given_up

    with ThreadPoolExecutor(len(desks)) as threads:
        given_up = sum(threads.map(write, range(len(desks))))
    assert desks[0].verify(case.id) == ()
    return given_up


def main() -> None:
    """Print how many were given up, and the longest row of lost races, for growing numbers of desks."""
    options = arguments(__doc__ or "", postgres=True)
    rounds = 2 if options.quick else 10
    with databases(options.postgres) as fresh:
        if fresh is None:
            return
        for many in (2, 8, 16, 32):
            tries: Counter[str] = Counter()
            with counting_desks(fresh(), many, tries) as desks:
                began = time.perf_counter()
                given_up = sum(contend(desks, str(round_)) for round_ in range(rounds))
                each = (time.perf_counter() - began) / (many * COMMANDS * rounds)
            worst = max(count for text, count in tries.items() if text) - 1
            print(f"  {many:2} desks: {1e3 * each:6.2f} ms a command, at most {worst} lost races in a row")
            verdict(f"commands given up, {many} desks on one case", given_up, at_most=0)


if __name__ == "__main__":
    main()
