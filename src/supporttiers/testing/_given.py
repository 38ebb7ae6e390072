"""What the verbs of the desk take, by name."""

import inspect
from collections.abc import Iterable

from supporttiers._fields import nearest
from supporttiers.desk import Common, SupportDesk


def taken_by(verb: str) -> tuple[str, ...]:
    """
    Give the names of what a verb takes besides the case.

    >>> taken_by("start")[:2]
    ('by', 'at')
    """
    parameters = inspect.signature(getattr(SupportDesk, verb)).parameters
    return (*(name for name in parameters if name not in {"self", "case", "common"}), *Common.__annotations__)


def check_given(verb: str, given: Iterable[str]) -> None:
    """
    Refuse what a verb does not take.

    Raises:
        TypeError: It takes something else by such a name, or nothing at all.
    """
    known = taken_by(verb)
    for name in given:
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}? " if near else ""
            raise TypeError(f"{verb} takes no {name!r}; {hint}possible are: {', '.join(known)}")
