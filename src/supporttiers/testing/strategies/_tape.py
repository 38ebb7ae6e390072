"""A tape: choices that are read one after another, from bytes or as Hypothesis draws them."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

_INDICES: Final = tuple(st.integers(0, size) for size in range(256))
"""By the last possible index: strategies are made once."""


class Tape:
    """Reads choices from bytes, one each; what lies beyond the end reads as zero, the first and simplest choice."""

    def __init__(self, data: Iterable[int]) -> None:
        """Begin with the first byte."""
        self._data = iter(data)

    def pick(self, choices: Sequence[T]) -> T:
        """Choose one."""
        return choices[next(self._data, 0) % len(choices)]

    def some(self, choices: Sequence[T], at_most: int = 4) -> tuple[T, ...]:
        """Choose a few different ones."""
        if not choices:
            return ()
        return tuple(dict.fromkeys(self.pick(choices) for _ in range(self.pick(range(at_most + 1)))))

    def once_in(self, number: int) -> bool:
        """Choose seldom."""
        return self.pick(range(number)) == number - 1

    def seldom(self, choices: Sequence[T], number: int = 4) -> T | None:
        """Choose one now and then, and None else."""
        return self.pick(choices) if self.once_in(number) else None


class Drawn(Tape):
    """Reads choices as Hypothesis draws them, each by itself, so that it can shrink each by itself."""

    def __init__(self, draw: st.DrawFn) -> None:
        """Begin with what is drawn next."""
        super().__init__(())
        self._draw = draw

    def pick(self, choices: Sequence[T]) -> T:
        """Choose one."""
        return choices[self._draw(_INDICES[len(choices) - 1])]
