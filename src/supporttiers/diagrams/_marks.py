"""Marks of a timeline: their forms, and what is written at them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

from supporttiers.diagrams._sheet import number, shown, width_of

_APART = 6


class Label(NamedTuple):
    """
    What is written at a mark, or at several that lie close together.

    Attributes:
        left: Where it begins.
        right: Where it ends.
        texts: What the marks say.
        first: Where the first of its marks is.
        last: Where the last one is.
    """

    left: float
    right: float
    texts: tuple[str, ...]
    first: float
    last: float

    @property
    def text(self) -> str:
        """All of it as one text, with how often each was."""
        return _together(self.texts)


def labels_of(marks: Iterable[tuple[float, str]], left: float, right: float) -> list[Label]:
    """
    Place what is written at marks: each over its own mark, if not in the middle; what cannot be becomes one.

    Args:
        marks: Where each is, and what it says; from left to right.
        left: Nothing is written left of this.
        right: Nor right of this.
    """
    found: list[_Placed] = []
    for x, text in marks:
        placed = _Placed.of((text,), x, x, left, right)
        while found and found[-1].earliest + found[-1].wide + _APART > placed.high:
            before = found.pop()
            placed = _Placed.of((*before.texts, *placed.texts), before.first, placed.last, left, right)
        least = found[-1].earliest + found[-1].wide + _APART if found else left
        found.append(placed._replace(earliest=max(placed.low, least)))
    return _settled(found, left)


class _Placed(NamedTuple):
    """A label that begins between two places, and so stands over its marks; the earliest leaves room for the others."""

    texts: tuple[str, ...]
    first: float
    last: float
    wide: float
    low: float
    high: float
    earliest: float = 0.0

    @classmethod
    def of(cls, texts: tuple[str, ...], first: float, last: float, left: float, right: float) -> Self:
        wide = min(width_of(shown(_together(texts)), "small"), right - left)
        low, high = (min(max(place, left), right - wide) for place in sorted((first, last - wide)))
        return cls(texts, first, last, wide, low, high)


def _settled(found: Sequence[_Placed], left: float) -> list[Label]:
    """Move labels as close to the middle of their marks as those on either side allow."""
    latest: list[float] = []
    for placed in reversed(found):
        latest.append(placed.high if not latest else min(placed.high, latest[-1] - _APART - placed.wide))
    labels: list[Label] = []
    free = left
    for placed, most in zip(found, reversed(latest), strict=True):
        start = min(max((placed.first + placed.last - placed.wide) / 2, placed.low, free), most)
        labels.append(Label(start, start + placed.wide, placed.texts, placed.first, placed.last))
        free = start + placed.wide + _APART
    return labels


def _together(texts: Sequence[str]) -> str:
    """Say several marks as one text, and how often each was."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    return ", ".join(f"{text} {count}x" if count > 1 else text for text, count in counts.items())


def form_of(kind: str, x: float, y: float) -> str:
    """Give the form of a mark: a diamond, a disc, a cross or a stroke."""
    if kind in {"met", "told"}:
        return f"M{number(x - 5)} {number(y)} a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0 Z"
    if kind in {"late", "refused"}:
        return f"M{number(x - 5)} {number(y - 5)} h10 v10 h-10 Z"
    if kind == "due":
        return f"M{number(x - 1.5)} {number(y - 8)} h3 v16 h-3 Z"
    return f"M{number(x)} {number(y - 6)} l6 6 l-6 6 l-6 -6 Z"
