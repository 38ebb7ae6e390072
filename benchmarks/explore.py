"""
How many states an exploration looks at in a minute, in one process, on the real engine.

A transition is one thing done: a command decided, what follows carried out, and the state that comes of it looked up.
A state is one that had not been seen. Most transitions lead to a state that is known, so that there are many more of
them. The processes are the default one, whole, and the example of the documentation, whose working hours make every
instant a state of its own, up to so many states. Times are the processor's, for the machine is shared.
"""

import statistics
import time
from pathlib import Path

from _common import arguments, verdict

from supporttiers import Match, SupportProcess
from supporttiers.monitors import Monitor
from supporttiers.testing import Exploration, Told, explore, never

ACME = Path(__file__).parents[1] / "examples" / "acme.toml"
MONITORS = [never(Match(assignee=None), when=Match(status="in_progress")), never(Told("nobody"))]


def measured(
    process: SupportProcess, *, depth: int, at_most: int, monitors: list[Monitor]
) -> tuple[Exploration, float]:
    """Explore, and give the seconds that it took of the processor."""
    began = time.process_time()
    found = explore(process, depth=depth, at_most=at_most, monitors=monitors)
    return found, time.process_time() - began


def main() -> None:
    """Measure, and print."""
    options = arguments(__doc__ or "")
    rounds, deep = (1, 4) if options.quick else (3, 30)
    at_most, some = (2_000, 2_000) if options.quick else (20_000, 8_000)
    default, acme = SupportProcess.default(), SupportProcess.from_toml(ACME)
    subjects = {
        "default process, whole": (default, []),
        "default process, two monitors": (default, MONITORS),
        f"acme.toml, {some} states": (acme, []),
    }
    rates: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, (process, monitors) in subjects.items():
            most = some if process is acme else at_most
            found, seconds = measured(process, depth=deep, at_most=most, monitors=monitors)
            rates[name].append(60 * found.transitions / seconds)
            if len(rates[name]) == rounds:
                minute = statistics.median(rates[name])
                states = minute * found.states / found.transitions
                size = f"{found.states} states, {found.transitions} transitions, depth {found.depth}"
                print(f"  {name:<32} {size}, {'complete' if found.complete else 'not complete'}")
                print(f"  {'':<32} a minute: {minute:,.0f} transitions, {states:,.0f} new states")
    millions = statistics.median(rates["default process, whole"]) / 1e6
    verdict("transitions a minute, default process, in millions", millions, at_least=1.0)


main()
