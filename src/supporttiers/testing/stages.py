"""
Stages: where the rehearsals of one test are remembered, so that whoever runs the test can tell what became of them.

Nothing is remembered unless somebody has set a stage, and a stage is seen only by what runs in its own context: tests
that run beside each other, in threads or in tasks, do not see each other's.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

MOST: Final = 20
"""So many rehearsals of a test are remembered, the last; tests of properties make thousands."""

_PRESENT: Final["ContextVar[Stage | None]"] = ContextVar("supporttiers_stage", default=None)


class _Entry:
    """A rehearsal, and what became of it."""

    def __init__(self, rehearsal: object) -> None:
        self.rehearsal = rehearsal
        self.taken: object = None


class Stage:
    """
    Remembers the rehearsals that begin while it is set.

    >>> from supporttiers.process import SupportProcess
    >>> from supporttiers.testing import Rehearsal
    >>> stage = Stage()
    >>> with stage.set():
    ...     rehearsal = Rehearsal(SupportProcess.default())
    ...     len(stage.rehearsals)
    1
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._entries: deque[_Entry] = deque(maxlen=MOST)
        self._open = True

    @contextmanager
    def set(self) -> Iterator["Stage"]:
        """Be the present stage for a while."""
        token = _PRESENT.set(self)
        try:
            yield self
        finally:
            _PRESENT.reset(token)
            self.close()

    def clear(self) -> None:
        """Forget what was remembered, as before another attempt of the same test."""
        self._entries.clear()

    def close(self) -> None:
        """Forget all, and remember nothing any more: a task that outlives its test does not fill it."""
        self.clear()
        self._open = False

    @property
    def rehearsals(self) -> tuple[Any, ...]:
        """Those that have begun, in order; of many the last."""
        return tuple(entry.rehearsal for entry in self._entries)

    def begin(self, rehearsal: object) -> None:
        """Remember a rehearsal."""
        if self._open:
            self._entries.append(_Entry(rehearsal))

    def end(self, rehearsal: object, taken: Callable[[], object]) -> None:
        """Remember what became of a rehearsal that lets go of its store now."""
        for entry in self._entries:
            if entry.rehearsal is rehearsal:
                entry.taken = taken()

    def ended(self, rehearsal: object) -> Any:  # noqa: ANN401 - whatever was taken
        """Give what became of a rehearsal when it ended; None while it goes on."""
        return next((entry.taken for entry in self._entries if entry.rehearsal is rehearsal), None)


def present() -> Stage | None:
    """Give the stage that is set, if one is."""
    return _PRESENT.get()
