"""The moves of a process as arrows between lanes: what can be one arrow is one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from supporttiers._machine import NEW, Row, tier_target
from supporttiers.tiers import OPEN, Status, Tier

ENDS: Final = tuple(str(status) for status in Status if status not in OPEN)
"""The ends, in order."""

_MOST: Final = 3


class Arrow(NamedTuple):
    """
    One arrow between lanes; it may have several tails, or several heads.

    Attributes:
        label: What is done.
        tails: The lanes from which it leads.
        heads: The lanes to which it leads.
        moves: What it stands for: `escalate tier1 tier2`, each a trigger, a lane from and a lane to.
    """

    label: str
    tails: tuple[str, ...]
    heads: tuple[str, ...]
    moves: tuple[str, ...]


class Inside(NamedTuple):
    """
    What is allowed within one lane.

    Attributes:
        opens: Whether cases are opened there.
        triggers: What leads from a status to another of the lane, with the statuses from which it does where these
            are not all.
        reasons: For what cases can wait there.
    """

    opens: bool
    triggers: Mapping[str, str]
    reasons: tuple[str, ...]


def lane_of(state: str) -> str:
    """Give the lane of a state: the tier of `tier1.queued`, or the end itself."""
    return state.partition(".")[0]


def words(name: str) -> str:
    """Write a trigger or a status as words."""
    return name.replace("_", " ")


def inside_of(rows: Iterable[Row], lane: str) -> Inside:
    """Collect what is allowed within a lane."""
    here = [row for row in rows if lane_of(row.dest) == lane]
    within = [row for row in here if lane_of(row.source) == lane]
    return Inside(
        opens=any(row.source == NEW for row in here),
        triggers={
            trigger: _from(row.source for row in within if row.trigger == trigger)
            for trigger in dict.fromkeys(row.trigger for row in within)
        },
        reasons=tuple(dict.fromkeys(row.target for row in within if row.trigger == "wait")),
    )


def _from(sources: Iterable[str]) -> str:
    """Say from which statuses something is allowed; nothing where from all, or where there is but one."""
    statuses = dict.fromkeys(source.partition(".")[2] for source in sources)
    named = {str(status) for status in OPEN}
    return "" if named <= statuses.keys() or "" in statuses else ", ".join(map(words, statuses))


def arrows_of(tiers: Sequence[Tier], rows: Sequence[Row]) -> tuple[Arrow, ...]:
    """Collect the moves between lanes as few arrows, in the order of the rows."""
    lanes = [tier_target(tier.level) for tier in sorted(tiers, key=_level)]
    pairs: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in rows:
        ends = lane_of(row.source), lane_of(row.dest)
        if row.source != NEW and ends[0] != ends[1]:
            pairs.setdefault(ends, {}).setdefault(row.trigger, []).append(row.source)
    singles = [
        Arrow(_label(found), (tail,), (head,), tuple(f"{trigger} {tail} {head}" for trigger in found))
        for (tail, head), found in pairs.items()
    ]
    return tuple(_few(singles, lanes))


def _level(tier: Tier) -> int:
    return tier.level


def _label(found: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(
        f"{words(trigger)} from {statuses}" if (statuses := _from(sources)) else words(trigger)
        for trigger, sources in found.items()
    )


def _few(singles: Sequence[Arrow], lanes: Sequence[str]) -> Iterator[Arrow]:
    """Join arrows with one label: all ways up or down, those to one end, and those from one lane."""
    joined: dict[tuple[str, str], list[Arrow]] = {}
    for label in dict.fromkeys(arrow.label for arrow in singles):
        same = [arrow for arrow in singles if arrow.label == label]
        ends = {(arrow.tails[0], arrow.heads[0]) for arrow in same}
        for direction, ordered in (("higher", lanes), ("lower", lanes[::-1])):
            if len(lanes) >= _MOST and ends == set(_all_ways(ordered)):
                yield _together(f"{label} to any {direction} tier", same)
                break
        else:
            for arrow in same:
                key = arrow.heads[0] if arrow.heads[0] in ENDS else f"from {arrow.tails[0]}"
                joined.setdefault((label, key), []).append(arrow)
    for (label, _), found in joined.items():
        yield _together(label, found)


def _all_ways(ordered: Sequence[str]) -> Iterator[tuple[str, str]]:
    for place, tail in enumerate(ordered):
        for head in ordered[place + 1 :]:
            yield tail, head


def _together(label: str, found: Sequence[Arrow]) -> Arrow:
    return Arrow(
        label,
        tuple(dict.fromkeys(arrow.tails[0] for arrow in found)),
        tuple(dict.fromkeys(arrow.heads[0] for arrow in found)),
        tuple(move for arrow in found for move in arrow.moves),
    )
