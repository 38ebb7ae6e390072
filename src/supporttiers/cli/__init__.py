"""
The command line: `supporttiers`, which is `python -m supporttiers`.

Each command is a module with `register(subparsers)`, whose parser says what runs, and `run(args)`, which gives the exit
code. What a command works with is imported when it runs, so that `--help` is quick.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NoReturn

from supporttiers.cli import (
    _db,
    _explore,
    _export,
    _list,
    _operating,
    _pictures,
    _plugins,
    _process_files,
    _redact,
    _replay,
    _show,
    _vendors,
    _verify,
    _worker,
)
from supporttiers.cli._exits import BROKEN_PIPE, FINE, INTERRUPTED, NO, USAGE, WORLD
from supporttiers.cli._output import complain, tolerant

if TYPE_CHECKING:
    from supporttiers.errors import ProcessError, SupportTiersError

__all__ = ["main"]

_EXITS: Final = """exit codes:
  0    done
  1    the answer is no: a process file has faults, a case is unknown, a history is not sound
  2    the command line is wrong
  3    a file or store cannot be opened, read or written
  130  interrupted (Ctrl-C)

Times are in UTC. Every command takes --json for an answer that programs can read."""


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run a command.

    Args:
        argv: The words after the program's name; those of this process when None.

    Returns:
        The exit code.

    Raises:
        SystemExit: Help was asked for, or the command line is wrong.
    """
    tolerant(sys.stdout, sys.stderr)
    args = _parser().parse_args(argv)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        return _hang_up()
    except Exception as error:  # noqa: BLE001 - what is no error of ours is raised again
        return _told(error, args)
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the command line in one line."""

    def parse_known_args(self, *words: Any) -> Any:  # type: ignore[override]  # noqa: ANN401 - as argparse has it
        """Read words; those that a command does not know are its own error, and not that of the whole line."""
        known, others = super().parse_known_args(*words)
        if others:
            self.error(f"unrecognized arguments: {' '.join(others)}")
        return known, others

    def error(self, message: str) -> NoReturn:
        """Say it, and end."""
        command = self.prog.partition(" ")[2]
        complain(f"{command + ': ' if command else ''}{message}; see '{self.prog} --help'")
        self.exit(USAGE)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="supporttiers", description="Tiered support: process files, and what a store holds.", epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--version", action="store_true", help="print the version and end")
    parser.set_defaults(run=_run_none)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    commands = (
        _process_files,
        _pictures,
        _explore,
        _replay,
        _show,
        _list,
        _verify,
        _worker,
        _operating,
        _db,
        _export,
        _redact,
        _plugins,
        _vendors,
    )
    for command in commands:
        command.register(subparsers)
    return parser


def _run_none(args: argparse.Namespace) -> int:
    """Answer a command line without a command."""
    if not args.version:
        complain("a command is missing; see 'supporttiers --help'")
        return USAGE
    print(f"supporttiers {_version()}")
    return FINE


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slower than all the rest of a start

    try:
        return version("supporttiers")
    except PackageNotFoundError:
        return "from a directory of source, not installed"


# -- what went wrong


def _hang_up() -> int:
    """End quietly when whoever read our output has gone; flushing at the exit must not complain again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return BROKEN_PIPE


def _told(error: Exception, args: argparse.Namespace) -> int:
    """Say what went wrong in one line; what is no error of ours is a fault of this program, and goes on."""
    from supporttiers.cli._words import spoken  # noqa: PLC0415 - only needed here
    from supporttiers.errors import ProcessError, SupportTiersError  # noqa: PLC0415 - as above

    if isinstance(error, ProcessError):
        return _told_of_process(error, args)
    if isinstance(error, SupportTiersError):
        complain(spoken(error, args))
        return _code_of(error)
    if isinstance(error, OSError):
        complain(f"{error.filename or 'a file'}: {error.strerror or error}")
        return WORLD
    raise error


def _told_of_process(error: "ProcessError", args: argparse.Namespace) -> int:
    from supporttiers.cli._words import spoken  # noqa: PLC0415 - as above

    if isinstance(error.__cause__, OSError):
        complain(f"{error.source}: {error.faults[0]}")
        return WORLD
    if len(error.faults) == 1:
        complain(spoken(error, args))
    else:
        more = f"'supporttiers check {error.source}' lists them"
        complain(f"process {error.source!r} is not valid, {len(error.faults)} faults; {more}")
    return NO


def _code_of(error: "SupportTiersError") -> int:
    from supporttiers.errors import BackendError, DefinitionError, InputError  # noqa: PLC0415 - as above

    if isinstance(error, InputError | DefinitionError):
        return USAGE  # a process file has been dealt with above: what is left was typed on the command line
    return WORLD if isinstance(error, BackendError) else NO
