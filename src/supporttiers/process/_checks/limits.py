"""What single limits may mean, but probably do not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from supporttiers.calendars.targets import MOST_DAYS
from supporttiers.findings import Finding
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process.conditions import Said, World, said_of
from supporttiers.reasons import Reason
from supporttiers.tiers import Status


def of_limits(
    limits: Sequence[TimeLimit], world: World, ends: Callable[[TimeLimit], frozenset[str]], *, closes: bool
) -> Iterator[Finding]:
    """
    Find what is suspicious about limits that are valid.

    Args:
        limits: The limits of a process.
        world: What its cases can be like.
        ends: Says what ends what a limit measures, for good.
        closes: Whether nothing may refuse that a resolved case is closed.
    """
    closing = {"close"} if closes else frozenset[str]()
    for number, limit in enumerate(limits):
        place = f"limits[{number}]"
        said = said_of(limit, world)
        known = [one for one in said if one is not None]
        if len(known) == len(said):
            yield from _of_conditions(limit, place, known)
            yield from _after_the_end(limit, place, known, ends(limit) | closing)
        yield from _never_reached(limit, place)


def _of_conditions(limit: TimeLimit, place: str, said: Sequence[Said]) -> Iterator[Finding]:
    living = [one for one in said if one.lives]
    idle = {
        "pause": limit.pause is not None and not any(one.pauses for one in living),
        "stop": limit.stop is not None and not any(one.stops for one in said),
        "reset": limit.reset is not None and all(one.resets for one in living),
    }
    for word, suspicious in idle.items():
        if suspicious:
            yield Finding(f"{place}.{word}", Reason(_CODES[word], {"limit": limit.name}))


_CODES: Final[Mapping[str, str]] = {
    "pause": "check.pause_idle",
    "stop": "check.stop_idle",
    "reset": "check.reset_always",
}


def _never_reached(limit: TimeLimit, place: str) -> Iterator[Finding]:
    """Find thresholds that lie at the start, or before it, whatever the priority."""
    for number, threshold in enumerate(limit.thresholds):
        if not any(_reached(limit, threshold)):
            params = {"limit": limit.name, "threshold": threshold.mark}
            yield Finding(f"{place}.thresholds[{number}].at", Reason("check.threshold_never", params))


def _reached(limit: TimeLimit, threshold: Threshold) -> list[timedelta | None]:
    spans = [target for target in limit.target.values() if isinstance(target, timedelta)]
    if len(spans) < len(limit.target):
        spans.append(_MANY_DAYS)
    return [threshold.reached_after(target) for target in spans]


_MANY_DAYS: Final = timedelta(days=MOST_DAYS)
"""What days come to is known only once they are counted; they are taken for longer than any offset."""


_ENDS: Final[Mapping[str, Status]] = {
    "resolve": Status.RESOLVED,
    "close": Status.CLOSED,
    "cancel": Status.CANCELLED,
}
"""The end to which an action brings a case."""


_MOVES: Final = ("escalate", "hand_back")


def measures_its_tier_only(limit: TimeLimit) -> bool:
    """Whether it measures one tier, by the conditions of that measure: its stopwatch ends when the case has left."""
    return limit.measures == "tier" and limit.start is limit.stop is limit.cancel is None


def _after_the_end(limit: TimeLimit, place: str, said: Sequence[Said], stands: frozenset[str]) -> Iterator[Finding]:
    """Find thresholds that lie behind another one that ends the case, or moves it away, and so ends the stopwatch."""
    outlived = {one.status for one in said if one.lives}
    leaving = _MOVES if measures_its_tier_only(limit) else ()
    possible = stands if outlived == {Status.RESOLVED} else stands - {"close"}
    ending = {
        action.verb: _reached(limit, threshold)
        for threshold in limit.thresholds
        for action in threshold.do
        if action.verb in possible
        if action.verb in leaving or (action.verb in _ENDS and _ENDS[action.verb] not in outlived)
    }
    for number, threshold in enumerate(limit.thresholds):
        for verb, ended in ending.items():
            here = _reached(limit, threshold)
            if all(then is not None and now is not None and then < now for then, now in zip(ended, here, strict=True)):
                params = {"limit": limit.name, "threshold": threshold.mark, "action": verb}
                yield Finding(f"{place}.thresholds[{number}].at", Reason("check.threshold_after_end", params))
