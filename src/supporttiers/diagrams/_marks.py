"""Marks of a timeline: their forms, and what is written at them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from supporttiers.diagrams._sheet import number, shown, width_of

_APART = 6


class Label(NamedTuple):
    """
    What is written at a mark, or at several that lie close together.

    Attributes:
        left: Where it begins.
        right: Where it ends.
        texts: What the marks say.
    """

    left: float
    right: float
    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it as one text, with how often each was."""
        return _together(self.texts)


def labels_of(marks: Iterable[tuple[float, str]], left: float, right: float) -> list[Label]:
    """
    Place what is written at marks; where two would touch, they become one.

    Args:
        marks: Where each is, and what it says; from left to right.
        left: Nothing is written left of this.
        right: Nor right of this.
    """
    found: list[Label] = []
    for x, text in marks:
        label = _placed(x, (text,), left, right)
        while found and found[-1].right + _APART > label.left:
            before = found.pop()
            label = _placed((before.left + before.right) / 2, (*before.texts, *label.texts), left, right)
        found.append(label)
    return found


def _placed(x: float, texts: tuple[str, ...], left: float, right: float) -> Label:
    wide = min(width_of(shown(_together(texts)), "small"), right - left)
    start = min(max(x - wide / 2, left), right - wide)
    return Label(start, start + wide, texts)


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
