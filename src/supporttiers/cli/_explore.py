"""`explore`: whatever may become of the cases of a process file, and what should not."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._exits import FINE, NO
from supporttiers.cli._output import safe, write, write_json
from supporttiers.cli._store import add_json, add_plugins, add_policies, all_policies_of

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess
    from supporttiers.testing import Counterexample, Exploration

_ABOUT: Final = """Try out every order of what people, vendors and time can do with a case, on the real engine, and tell
the shortest way to a case that can reach no end, or that waits without a clock. The exit code is 1 where there
is one."""
_INVARIANTS: Final = ("reaches_an_end", "has_a_clock")


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser("explore", help="try out whatever may become of a case", description=_ABOUT)
    parser.add_argument("file", metavar="FILE", help="a process file in TOML")
    about = "how many things are done one after another, at most (default: %(default)s)"
    parser.add_argument("--depth", type=int, default=8, metavar="N", help=about)
    about = "how many states are told apart, at most (default: %(default)s)"
    parser.add_argument("--at-most", type=int, default=100_000, metavar="N", help=about)
    parser.add_argument("--within", metavar="SPAN", help="how far time may pass, such as 72h")
    about = "verify only this; may be given several times (one of: %(choices)s)"
    parser.add_argument("--invariant", action="append", choices=_INVARIANTS, metavar="NAME", help=about)
    about = "a file of monitors: what must never, or always, be so"
    parser.add_argument("--monitors", metavar="FILE", help=about)
    parser.add_argument("--tests", action="store_true", help="print each way as a test for pytest, too")
    add_policies(parser)
    add_plugins(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Explore a process file."""
    from supporttiers.process import SupportProcess  # noqa: PLC0415 - only commands that run load it
    from supporttiers.testing import explore  # noqa: PLC0415 - as above

    policies = all_policies_of(args)
    process = SupportProcess.from_toml(args.file, policies=policies)
    found = explore(
        process if policies else args.file, depth=args.depth, at_most=args.at_most, within=args.within,
        invariants=args.invariant or _INVARIANTS, monitors=args.monitors or (),
    )  # fmt: skip
    if args.json:
        write_json(_plain(process, found))
    else:
        write(_lines(args, process, found))
    return NO if found.counterexamples else FINE


def _plain(process: "SupportProcess", found: "Exploration") -> dict[str, Any]:
    return {
        "name": process.name, "revision": process.revision, "states": found.states, "transitions": found.transitions,
        "depth": found.depth, "complete": found.complete, "ends": dict(found.ends),
        "counterexamples": [
            {
                "rule": one.rule, "invariant": None if one.invariant is None else str(one.invariant),
                "problem": one.problem, "choices": [str(choice) for choice in one.choices],
                "timeline": one.timeline.splitlines(), "test": one.test,
            }
            for one in found.counterexamples
        ],
    }  # fmt: skip


def _lines(args: argparse.Namespace, process: "SupportProcess", found: "Exploration") -> Iterator[str]:
    far = "every way was followed to its end" if found.complete else "more lies beyond"
    yield f"process {process.name!r}, revision {process.revision}"
    yield f"{found.states} states, {found.transitions} transitions, {found.depth} deep; {far}"
    if found.ends:
        yield f"ended in: {', '.join(f'{status} {count}' for status, count in found.ends.items())}"
    for one in found.counterexamples:
        yield from _told(one, with_test=args.tests)
    if not found.counterexamples:
        yield "no counterexample"


def _told(one: "Counterexample", *, with_test: bool) -> Iterator[str]:
    yield ""
    yield safe(f"{one.rule}: {one.problem}")
    yield from (f"  {safe(line)}" for line in one.timeline.splitlines())
    if with_test:
        yield ""
        yield from one.test.splitlines()
