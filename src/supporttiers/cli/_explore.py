"""`explore`: whatever may become of the cases of a process file, and what should not."""

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._exits import FINE, NO, USAGE
from supporttiers.cli._output import complain, safe, write, write_json
from supporttiers.cli._store import add_json, add_plugins, add_policies, all_policies_of

if TYPE_CHECKING:
    from supporttiers.match import Match
    from supporttiers.process import SupportProcess
    from supporttiers.testing import Counterexample, Exploration

_ABOUT: Final = """Try out every order of what people, vendors and time can do with a case, on the real engine, and tell
the shortest way to a case that can reach no end, or that waits without a clock. The exit code is 1 where there
is one."""
_INVARIANTS: Final = ("reaches_an_end", "has_a_clock")
_FURTHER: Final = (
    "fewer verbs reach further (--command start,escalate,hand_back,resolve), and so do more --depth and --at-most"
)
_EVERY: Final = 500
"""So many states there are from one word of progress to the next."""


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser("explore", help="try out whatever may become of a case", description=_ABOUT)
    parser.add_argument("file", metavar="FILE", help="a process file in TOML")
    about = "how many things are done one after another, at most (default: %(default)s)"
    parser.add_argument("--depth", type=int, default=8, metavar="N", help=about)
    about = "do only this: a verb, or several with commas; may be given several times (default: all that matter)"
    parser.add_argument("--command", action="append", metavar="VERB", help=about)
    about = "how many states are told apart, at most (default: %(default)s)"
    parser.add_argument("--at-most", type=int, default=100_000, metavar="N", help=about)
    parser.add_argument("--within", metavar="SPAN", help="how far time may pass, such as 72h")
    about = "verify only this; may be given several times (one of: %(choices)s)"
    parser.add_argument("--invariant", action="append", choices=_INVARIANTS, metavar="NAME", help=about)
    about = (
        "cases that may stand without a clock, as in a process file: 'wait_reason = \"customer\"'; may be given again"
    )
    parser.add_argument("--may-wait", action="append", default=[], metavar="CONDITION", help=about)
    about = "a file of monitors: what must never, or always, be so"
    parser.add_argument("--monitors", metavar="FILE", help=about)
    parser.add_argument("--tests", action="store_true", help="print each way as a test for pytest, too")
    add_policies(parser)
    add_plugins(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Explore a process file."""
    from supporttiers.errors import PolicyConfigError  # noqa: PLC0415 - only commands that run load it
    from supporttiers.process import SupportProcess  # noqa: PLC0415 - as above
    from supporttiers.testing import explore  # noqa: PLC0415 - as above

    try:
        may_wait = _condition(args.may_wait)
    except (PolicyConfigError, ValueError) as error:
        complain(f"--may-wait is no condition, such as 'wait_reason = \"customer\"': {error}")
        return USAGE
    policies = all_policies_of(args)
    process = SupportProcess.from_toml(args.file, policies=policies)
    verbs = [verb.strip() for each in args.command or () for verb in each.split(",")]
    shown = _Shown() if sys.stderr.isatty() else None
    try:
        found = explore(
            process if policies else args.file, depth=args.depth, at_most=args.at_most, within=args.within,
            commands=verbs or None, may_wait=may_wait, invariants=args.invariant or _INVARIANTS,
            monitors=args.monitors or (), progress=shown,
        )  # fmt: skip
    finally:
        if shown is not None:
            shown.end()
    if args.json:
        write_json(_plain(process, found))
    else:
        write(_lines(args, process, found))
    return NO if found.counterexamples else FINE


def _condition(texts: list[str]) -> "Match | None":
    """Read conditions, of which any is enough, as they stand in a process file; with braces or without."""
    import tomllib  # noqa: PLC0415 - only where it is needed

    from supporttiers.config.monitors import match_of  # noqa: PLC0415 - as above
    from supporttiers.match import Match  # noqa: PLC0415 - as above

    inline = (each if each.lstrip().startswith("{") else f"{{ {each} }}" for each in texts)
    matches = [match_of(tomllib.loads(f"condition = {each}")["condition"]) for each in inline]
    return Match(any=matches) if matches else None


class _Shown:
    """Progress on standard error: nobody knows how many states there will be."""

    def __init__(self) -> None:
        self._next = _EVERY

    def __call__(self, states: int, depth: int) -> None:
        if states >= self._next:
            self._next = states + _EVERY
            print(f"\r{states} states, {depth} deep", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the line away again."""
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _plain(process: "SupportProcess", found: "Exploration") -> dict[str, Any]:
    return {
        "name": process.name, "revision": process.revision, "states": found.states, "transitions": found.transitions,
        "depth": found.depth, "complete": found.complete, "ends": dict(found.ends),
        "unfollowed": found.unfollowed, "undecided": [str(each) for each in found.undecided],
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
    yield from ("", *_undecided(found)) if found.counterexamples and found.undecided else _undecided(found)
    if not found.counterexamples:
        yield "no counterexample"


def _undecided(found: "Exploration") -> Iterator[str]:
    yield from (f"{found.says(each)}; {_FURTHER}" for each in found.undecided)


def _told(one: "Counterexample", *, with_test: bool) -> Iterator[str]:
    yield ""
    yield safe(f"{one.rule}: {one.problem}")
    yield from (f"  {safe(line)}" for line in one.timeline.splitlines())
    if with_test:
        yield ""
        yield from one.test.splitlines()
