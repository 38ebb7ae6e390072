"""Tiers that cannot be reached or left, and rounds without an end."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from supporttiers._machine import state_name
from supporttiers.findings import Finding
from supporttiers.limits import Action, TimeLimit
from supporttiers.process._checks.standing import ladders, may_do_anything, something_happens
from supporttiers.process._checks.ways import STILL_OPEN, Ways, placed_limits
from supporttiers.process.conditions import World, runs_at
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess

_MOVES = ("escalate", "hand_back")
_WITHOUT_END = ("escalate", "hand_back", "transfer", "resolve", "close", "cancel", "wait")


def of_tiers(process: "SupportProcess", ways: Ways) -> Iterator[Finding]:
    """Find tiers that no case can come to, and such as it cannot leave but by being cancelled."""
    resolvable = ways.resolvable
    for number, tier in enumerate(process.tiers):
        states = [state_name(tier.level, status) for status in STILL_OPEN]
        params = {"tier": tier.level, "name": tier.name}
        if not ways.reaches(tier.level):
            yield Finding(f"tiers[{number}]", Reason("check.tier_unreachable", params))
        elif not resolvable.intersection(states):
            yield Finding(f"tiers[{number}]", Reason("check.tier_no_exit", params))


# -- rounds that people make


def of_cycles(process: "SupportProcess", ways: Ways, world: World) -> Iterator[Finding]:
    """
    Find a round over three tiers or more that nothing limits.

    To and fro between two tiers is what `bounce_limit` counts, and what a tier's own limit measures begins anew at
    each return.
    """
    if any(something_happens(limit) and limit.measures != "tier" for limit in process.all_limits):
        return
    if may_do_anything(process) or any(_tells_of_the_queue(ladder, world) for ladder in ladders(process)):
        return
    found = _round(ways.edges, [tier.level for tier in process.tiers if ways.reaches(tier.level)])
    if found:
        number = [tier.level for tier in process.tiers].index(found[-2])
        place = "process.moves" if process.moves == "any" else f"tiers[{number}].hands_back_to"
        yield Finding(place, Reason("check.cycle_unlimited", {"round": _arrows(found)}))


def _tells_of_the_queue(ladder: TimeLimit, world: World) -> bool:
    found = runs_at(ladder, world)
    return found is None or any(standing.status is Status.QUEUED for standing in found)


def _round(edges: Mapping[int, Sequence[int]], levels: Sequence[int]) -> Sequence[int]:
    """Give the shortest round of three tiers or more from the first tier that has one; empty where there is none."""
    for low in sorted(levels):
        ends = [level for level in edges if low in edges[level] and level > low]
        ways = [way for end in ends if (way := _way(edges, low, end))]
        if ways:
            return (*min(ways, key=len), low)
    return ()


def _way(edges: Mapping[int, Sequence[int]], start: int, end: int) -> Sequence[int]:
    """Give the shortest way from one tier to another that leads over a third; empty where there is none."""
    ways: list[tuple[int, ...]] = [(start,)]
    seen = {start}
    for way in ways:
        for level in edges[way[-1]]:
            if level == end and len(way) > 1:
                return (*way, end)
            if level not in seen and level != end:
                seen.add(level)
                ways.append((*way, level))
    return ()


def _arrows(levels: Sequence[int]) -> str:
    return " -> ".join(map(str, levels))


# -- rounds that time makes


def of_endless_rounds(process: "SupportProcess", ways: Ways) -> Iterator[Finding]:
    """Find limits of tiers that send a case round without anybody's doing: each begins anew at each return."""
    if not ways.stands.issuperset(_MOVES) or any(map(_breaks_off, process.all_limits)):
        return
    sent = _sent(process, ways)
    seen: set[int] = set()
    for level in sorted(sent):
        way: list[int] = []
        here = level
        while here in sent and here not in way:
            way.append(here)
            here = sent[here][1]
        if here in way and not seen.intersection(way):
            found = way[way.index(here) :]
            yield Finding(sent[here][0], Reason("check.endless_round", {"round": _arrows([*found, here])}))
        seen.update(way)


def _sent(process: "SupportProcess", ways: Ways) -> Mapping[int, tuple[str, int]]:
    """Give where time sends a queued case from each tier, with the place of the limit that does so."""
    found: dict[int, tuple[str, int]] = {}
    for tier in process.tiers:
        moves = [
            (place, limit, action)
            for place, limit in placed_limits(process)
            if limit.tier == tier.level
            for action in _actions(limit)
            if action.verb in _WITHOUT_END
        ]
        if len(moves) == 1 and ways.reaches(tier.level):
            [(place, limit, move)] = moves
            if move.verb in _MOVES and _from_the_queue(limit):
                target = move.tier if move.tier is not None else ways.next_levels(move.verb, tier.level)[0]
                found[tier.level] = place, target
    return found


def _actions(limit: TimeLimit) -> Iterator[Action]:
    return (action for threshold in limit.thresholds for action in threshold.do)


def _from_the_queue(limit: TimeLimit) -> bool:
    """Whether it runs for every case that comes to its tier, as long as nobody takes it up."""
    own = (limit.when, limit.stop, limit.cancel, limit.pause, limit.reset, limit.start)
    return limit.measures == "tier" and all(match is None for match in own) and "*" in limit.target


def _breaks_off(limit: TimeLimit) -> bool:
    """Whether it may take a case out of a round."""
    return limit.measures != "tier" and any(action.verb in _WITHOUT_END for action in _actions(limit))
