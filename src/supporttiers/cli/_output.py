"""How answers are written: plain text that is safe on a terminal, tables, JSON, and progress."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TextIO

from supporttiers._fields import safe as safe  # noqa: PLC0414 - written by most commands, with the rest from here

_STEPS: Final = 100
_NOTHING: Final = "-"


def tolerant(*streams: TextIO) -> None:
    """Let characters that a stream's encoding does not know be written as escapes, instead of failing."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)  # what a host puts in its place may lack it
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def complain(text: str) -> None:
    """Say what went wrong, in one line on standard error."""
    print(f"supporttiers: {safe(' '.join(text.split()))}", file=sys.stderr)


def write(lines: Sequence[str] | Iterator[str]) -> None:
    """Write lines to standard output."""
    for line in lines:
        print(line)


def write_json(value: object) -> None:
    """Write plain values as JSON; in ASCII, so that no terminal or encoding can be upset by it."""
    print(json.dumps(value, indent=2))


def table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """
    Set rows under headings; None becomes a dash.

    >>> list(table(["id", "tier"], [["T-1", 2]]))
    ['id   tier', 'T-1  2']
    """
    cells = [list(headings), *([_NOTHING if cell is None else safe(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


class Progress:
    """
    A line on standard error that says how far a long job is.

    Attributes:
        done: How many are done.
    """

    def __init__(self, verb: str, total: int) -> None:
        """
        Begin at nothing.

        Args:
            verb: What is done: `verified`.
            total: How many there will be.
        """
        self.done = 0
        self._verb = verb
        self._total = total
        self._every = max(1, total // _STEPS)

    def step(self) -> None:
        """Count one more."""
        self.done += 1
        if self.done % self._every == 0 or self.done == self._total:
            print(f"\r{self._verb} {self.done} of {self._total}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the line away again."""
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class _Silence(Progress):
    """Progress that nobody sees."""

    def step(self) -> None:
        """Count one more."""
        self.done += 1

    def end(self) -> None:
        """Leave nothing behind."""


@contextmanager
def progress(verb: str, total: int) -> Iterator[Progress]:
    """Show progress while a job lasts; nothing when standard error is no terminal."""
    shown = Progress(verb, total) if sys.stderr.isatty() else _Silence(verb, total)
    try:
        yield shown
    finally:
        shown.end()
