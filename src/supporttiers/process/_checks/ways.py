"""Ways: where a case can come to, where it can go from there, and what moves it when nobody does."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from supporttiers._machine import NEW, Row, possible_from, state_name
from supporttiers.contracts import TARGETS
from supporttiers.limits import TimeLimit
from supporttiers.policies.routing import RouteByRules
from supporttiers.tiers import OPEN, Status

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess

STILL_OPEN: Final = tuple(status for status in Status if status in OPEN)
_MOVES: Final = ("escalate", "hand_back")


@attrs.frozen
class Ways:
    """
    The moves of a process, as its table has them.

    Attributes:
        process: Whose.
        reached: The states to which a case can come.
    """

    process: "SupportProcess"
    reached: frozenset[str] = attrs.field(init=False)

    @reached.default
    def _from_the_start(self) -> frozenset[str]:
        # a case is reopened where it was, or where it could move from there: the table knows no more than the end
        return _closure([NEW], ((row.source, row.dest) for row in self.process.rows if row.trigger != "reopen"))

    def reaches(self, level: int) -> bool:
        """Say whether a case can come to a tier."""
        return any(state_name(level, status) in self.reached for status in STILL_OPEN)

    @property
    def resolvable(self) -> frozenset[str]:
        """The states from which a case can still be resolved, by whatever way; to cancel it is none."""
        rows = (row for row in self.process.rows if row.trigger != "cancel")
        return _closure([str(Status.RESOLVED)], ((row.dest, row.source) for row in rows))

    def next_levels(self, trigger: str, level: int) -> Sequence[int]:
        """Give the levels to which a queued case goes from a tier, the default first."""
        moves = possible_from(self.process.table, state_name(level, Status.QUEUED))
        return [int(target.removeprefix("tier")) for verb, target in moves if verb == trigger]

    @property
    def edges(self) -> Mapping[int, Sequence[int]]:
        """The levels to which a case goes up or back from each tier."""
        return {
            level: list(dict.fromkeys(other for trigger in _MOVES for other in self.next_levels(trigger, level)))
            for level in self.process.tiers_by_level
        }

    @property
    def stands(self) -> frozenset[str]:
        """What time can do to an open case whatever its status, where its tier lists that, and no rule refuses it."""
        process = self.process
        moved = _MOVES if set(STILL_OPEN) <= set(process.transfer_when) else ()
        solved = ["resolve"] if set(STILL_OPEN) <= set(process.resolve_when) else []
        return frozenset(verb for verb in ("cancel", *moved, *solved) if not self.may_refuse(verb))

    def may_refuse(self, verb: str) -> bool:
        """Say whether a policy is asked about a verb; one of which only its description is left may be."""
        process = self.process
        if any("permit" in getattr(policy, "answers", ()) for policy in process.policies):
            return True
        return any(verb in getattr(policy, "verbs", (verb,)) for policy in process.asked("permit"))

    def ends(self, limit: TimeLimit) -> frozenset[str]:
        """What of that ends what a limit measures, for good: a clock that reopening resumes goes on to what is left."""
        process = self.process
        resumed = (limit.on_reopening or process.on_reopening) in _RESUMED and limit.measures in _ONCE
        reopened = not {Status.RESOLVED, Status.CLOSED}.isdisjoint(process.reopen_from)
        return self.stands - {"resolve"} if resumed and reopened else self.stands


_ONCE: Final = ("resolution", "time_to_own", "first_response")
_RESUMED: Final = ("resume", "continue")


def _closure(start: Sequence[str], edges: Iterable[tuple[str, str]]) -> frozenset[str]:
    following: dict[str, list[str]] = {}
    for source, dest in edges:
        following.setdefault(source, []).append(dest)
    found, ahead = set(start), list(start)
    while ahead:
        for state in following.get(ahead.pop(), ()):
            if state not in found:
                found.add(state)
                ahead.append(state)
    return frozenset(found)


# -- what stands where


def answered(process: "SupportProcess", method: str) -> bool:
    """Whether a policy has an answer to one of `METHODS`; one of which only its description is left may have."""
    described = any(method in getattr(policy, "answers", ()) for policy in process.policies)
    return described or bool(process.asked(method))


def placed(process: "SupportProcess") -> Iterator[tuple[str, object]]:
    """Give every policy with its place in the process file, where routes stand apart."""
    apart = bool(process.policies) and isinstance(process.policies[0], RouteByRules)
    for number, policy in enumerate(process.policies):
        yield "routes" if apart and number == 0 else f"policies[{number - apart}]", policy


def placed_limits(process: "SupportProcess") -> Iterator[tuple[str, TimeLimit]]:
    """Give every limit with its place: a limit that a tier or a contract makes stands there."""
    timed = [f"tiers[{number}].time_limit" for number, tier in enumerate(process.tiers) if tier.time_limit]
    own = [f"limits[{number}]" for number in range(len(process.limits))]
    agreed = [
        f"contracts[{number}].{word}"
        for number, contract in enumerate(process.contracts)
        for word in TARGETS
        if getattr(contract, word) is not None
    ]
    return zip((*timed, *own, *agreed), process.all_limits, strict=True)


def target_place(place: str) -> str:
    """
    Give the place of a limit's target; a tier or a contract says nothing of its limit but that.

    >>> target_place("limits[0]"), target_place("contracts[0].resolve")
    ('limits[0].target', 'contracts[0].resolve')
    """
    return f"{place}.target" if place.startswith("limits[") else place


def action_place(place: str, threshold: int, action: int) -> str:
    """
    Give the place of what a limit does at a threshold.

    >>> action_place("limits[0]", 1, 2), action_place("contracts[0].resolve", 0, 2)
    ('limits[0].thresholds[1].do[2]', 'contracts[0].on_breach[2]')
    >>> action_place("tiers[0].time_limit", 0, 0)
    'tiers[0].time_limit'
    """
    if place.startswith("contracts["):
        return f"{place.partition('.')[0]}.on_breach[{action}]"
    return f"{place}.thresholds[{threshold}].do[{action}]" if place.startswith("limits[") else place


def listed(values: Iterable[object], word: str = "or") -> str:
    """
    List values as a sentence does.

    >>> listed([1, 2, 3])
    '1, 2 or 3'
    """
    *others, last = map(str, values)
    return f"{', '.join(others)} {word} {last}" if others else last


def from_row(row: Row) -> int | None:
    """Give the level from which a row leads; None where it leads from an end, or from nowhere."""
    tier, dot, _ = row.source.partition(".")
    return int(tier.removeprefix("tier")) if dot else None
