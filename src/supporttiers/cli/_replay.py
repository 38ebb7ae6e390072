"""`replay`: what a process would have made of the cases in an event log."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._exits import FINE, NO, USAGE, WORLD
from supporttiers.cli._output import Progress, complain, safe, write, write_json
from supporttiers.cli._store import add_json, add_plugins, add_policies, all_policies_of, store_of

if TYPE_CHECKING:
    from supporttiers.analysis import LogError, MappingError, ReplayResult

_DAY: Final = 86_400
_SHOWN: Final = 5


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    about = "Give the rows of an event log to a desk as commands, on virtual time, and count what becomes of the cases."
    parser = subparsers.add_parser("replay", help="run an event log through a process", description=about)
    parser.add_argument("log", metavar="LOG", help="a CSV file with a header, plain or gzip")
    parser.add_argument("--mapping", required=True, metavar="MAP", help="how to read the log: a mapping file in TOML")
    parser.add_argument("--process", metavar="FILE", help="a process file; by default, whatever the log says is taken")
    parser.add_argument("--observing", action="store_true", help="let the process only watch: cases go as the log says")
    parser.add_argument("--store", metavar="URL", help="an empty store for the cases; by default they stay in memory")
    about = "a file of monitors: what must never, or always, be so; the exit code is 1 where it is otherwise"
    parser.add_argument("--monitors", metavar="FILE", help=about)
    add_policies(parser)
    add_plugins(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Replay a log, and say what became of its cases."""
    from supporttiers.analysis import LogError, MappingError, replay  # noqa: PLC0415 - only commands that run load it
    from supporttiers.process import SupportProcess  # noqa: PLC0415 - as above

    if args.observing and args.process is None:
        complain("--observing needs a process to watch: name its file with --process")
        return USAGE
    shown = _Shown() if sys.stderr.isatty() else None
    try:
        process = (
            None if args.process is None else SupportProcess.from_toml(args.process, policies=all_policies_of(args))
        )
        process = process.observing() if process is not None and args.observing else process
        store = None if args.store is None else store_of(args)
        result = replay(
            args.log, mapping=args.mapping, process=process, store=store, monitors=args.monitors or (), progress=shown
        )
    except (LogError, MappingError) as error:
        return _told(error)
    finally:
        if shown is not None:
            shown.end()
    if args.json:
        write_json(result.to_data())
    else:
        write(_lines(result))
    return NO if result.violations else FINE


class _Shown:
    """Progress on standard error; the number of rows is known only when the log has been read."""

    def __init__(self) -> None:
        self._line: Progress | None = None

    def __call__(self, done: int, of: int) -> None:
        if self._line is None:
            self._line = Progress("replayed", of)
        while self._line.done < done:
            self._line.step()

    def end(self) -> None:
        if self._line is not None:
            self._line.end()


def _told(error: "LogError | MappingError") -> int:
    """Say what is wrong with the log or with its mapping."""
    complain(str(error))
    unreadable = isinstance(error.__cause__, OSError) and getattr(error, "row", None) is None
    return WORLD if unreadable else NO


# -- for people


def _lines(result: "ReplayResult") -> Iterator[str]:
    yield _summary(result)
    for told in (_tiers, _statuses, _waits, _refusals, _limits, _withheld):
        table = told(result)
        if len(table) > 1:
            yield ""
            yield from _set(table)
    yield ""
    yield from _moves(result)
    if result.violations:
        yield ""
        yield from _violations(result)


def _violations(result: "ReplayResult") -> Iterator[str]:
    """Count by rule, and name the first cases."""
    by_rule: dict[str, list[str]] = {}
    for violation in result.violations:
        by_rule.setdefault(str(violation.monitor), []).append(f"{violation.case_id} at {violation.at:%Y-%m-%d %H:%M}")
    for rule, cases in by_rule.items():
        more = ", ..." if len(cases) > _SHOWN else ""
        yield safe(f"broken by {_some(len(cases), 'case')}: {rule} ({', '.join(cases[:_SHOWN])}{more})")


def _summary(result: "ReplayResult") -> str:
    days = [f"{at:%Y-%m-%d}" for at in (result.first_at, result.last_at) if at is not None]
    span = f" from {' to '.join(days)}" if days else ""
    cases, rows, commands = _some(result.cases, "case"), _some(result.rows, "row"), _some(result.commands, "command")
    return f"{cases}, {rows}{span}, {commands}"


def _some(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _tiers(result: "ReplayResult") -> list[Sequence[str]]:
    levels = sorted({*result.highest_tier, *result.last_tier, *result.seconds_by_tier})
    highest, last, time = result.highest_tier, result.last_tier, result.seconds_by_tier
    rows = [(str(level), _count(highest, level), _count(last, level), _days(time, level)) for level in levels]
    return [("tier", "highest of", "last of", "days"), *rows]


def _statuses(result: "ReplayResult") -> list[Sequence[str]]:
    names = sorted({*result.last_status, *result.seconds_by_status})
    rows = [(name, _count(result.last_status, name), _days(result.seconds_by_status, name)) for name in names]
    return [("status", "last of", "days"), *rows]


def _waits(result: "ReplayResult") -> list[Sequence[str]]:
    rows = [(name, _days(result.seconds_waiting, name)) for name in result.seconds_waiting]
    return [("waiting, as the log has it", "days"), *rows]


def _refusals(result: "ReplayResult") -> list[Sequence[str]]:
    names = result.refusals_in_all
    rows = [(name, _count(result.refusals, name), _count(names, name)) for name in names]
    return [("refused", "first of a case", "in all"), *rows]


def _limits(result: "ReplayResult") -> list[Sequence[str]]:
    return [("limit reached", "times"), *((name, f"{count:,}") for name, count in result.fired_limits.items())]


def _withheld(result: "ReplayResult") -> list[Sequence[str]]:
    return [("would have", "times"), *((action, f"{count:,}") for action, count in result.would_have.items())]


def _count(found: Mapping[Any, int], key: object) -> str:
    return f"{found.get(key, 0):,}"


def _days(found: Mapping[Any, float], key: object) -> str:
    return f"{found.get(key, 0) / _DAY:,.2f}"


def _set(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """Set names to the left, and numbers to the right."""
    cells = [[safe(cell) for cell in row] for row in table]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for name, *numbers in cells:
        yield "  ".join([name.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])])


def _moves(result: "ReplayResult") -> Iterator[str]:
    pairs = ", ".join(f"{pair} {count:,}" for pair, count in result.moves.items())
    yield f"moves: {result.moves_up:,} up, {result.moves_down:,} down{f' ({pairs})' if pairs else ''}"
    yield f"to and fro between two places: {_some(result.bounced_cases, 'case')}, {_some(result.bounces, 'time')}"
    yield f"reopened: {_some(result.reopened_cases, 'case')}, {_some(result.reopenings, 'time')}"
    yield f"refused something: {_some(result.refused_cases, 'case')}"
    yield f"still open: {_some(result.open_cases, 'case')}"
