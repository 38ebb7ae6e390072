"""Coverage: whether one condition holds wherever another one does, so that a later rule can never be taken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import attrs

from supporttiers.match import FIELDS, Comparison, Match

_WORDS: Final = "words"
_MAX_ALTERNATIVES: Final = 64
"""Of conditions with more alternatives than these nothing is said."""


def covers(wide: Match | None, narrow: Match | None) -> bool:
    """
    Say whether a condition holds for every case for which another one does.

    It never says so wrongly; of two conditions that are equal in a roundabout way it may say no. None holds for every
    case. Comparisons of priorities must have been `resolved` before.

    >>> covers(Match(category=["vpn", "wifi"]), Match(category="vpn", tier=1))
    True

    Args:
        wide: The condition that may hold more often.
        narrow: The condition that may hold less often.
    """
    if wide is None or narrow is None:
        return wide is None
    ways = _ways(narrow)
    return ways is not None and all(_follows(wide, way) for way in ways)


def _ways(match: Match) -> list[tuple[Comparison, ...]] | None:
    """Give the ways in which a condition can hold, each as comparisons that all do; None where there are too many."""
    ways: list[tuple[Comparison, ...]] = [match.tests]
    for inner in match.all:
        ways = _both(ways, _ways(inner))
    if match.any:
        alternatives = [_ways(inner) for inner in match.any]
        ways = _both(ways, None if None in alternatives else [way for found in alternatives for way in found or ()])
    return ways or None


def _both(
    ways: list[tuple[Comparison, ...]], others: list[tuple[Comparison, ...]] | None
) -> list[tuple[Comparison, ...]]:
    """Combine two lists of ways; empty, as for too many, where one is."""
    if not ways or not others or len(ways) * len(others) > _MAX_ALTERNATIVES:
        return []
    return [(*way, *other) for way in ways for other in others]


def _follows(match: Match, known: Sequence[Comparison]) -> bool:
    """Whether a condition holds where all these comparisons do."""
    return (
        all(any(_implies(one, test) for one in known) for test in match.tests)
        and all(_follows(inner, known) for inner in match.all)
        and (not match.any or any(_follows(inner, known) for inner in match.any))
    )


def _implies(one: Comparison, other: Comparison) -> bool:
    """Whether the second comparison holds wherever the first does."""
    if one.field != other.field:
        return False
    if other.op == "not_in":
        return _implies_not(one, other)
    if one.op == "in":
        return all(_meets(value, other) for value in one.values)
    return one.op == other.op and _meets(one.values[0], other)


def _implies_not(one: Comparison, other: Comparison) -> bool:
    if one.op == "not_in":
        return set(other.values) <= set(one.values)
    singular = FIELDS.get(one.field) != _WORDS  # of several words, another one may be among those that must not be
    return singular and one.op == "in" and set(one.values).isdisjoint(other.values)


_ORDERED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "at_least": lambda value, bound: value >= bound,
    "at_most": lambda value, bound: value <= bound,
}


def _meets(value: object, test: Comparison) -> bool:
    """Whether a known value meets a comparison."""
    if test.op == "in":
        return value in test.values
    bound = test.values[0]
    return value is not None and isinstance(value, str) == isinstance(bound, str) and _ORDERED[test.op](value, bound)


@attrs.frozen
class Shadow:
    """
    A rule that can never be taken.

    Attributes:
        place: Of the rule, inside its policy: `rules[2]`.
        by: The place of the earlier rule that takes everything it could.
    """

    place: str
    by: str


def shadows(rules: Sequence[tuple[str, Match | None]]) -> Iterator[Shadow]:
    """Find, in rules of which the first that holds counts, those behind one that holds whenever they do."""
    for number, (place, when) in enumerate(rules):
        earlier = next((before for before, wide in rules[:number] if covers(wide, when)), None)
        if earlier is not None:
            yield Shadow(place, earlier)
