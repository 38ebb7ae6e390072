"""Limits against limits: what another one always forestalls, and times that cannot all be kept."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from supporttiers._fields import duration_text
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.findings import Finding
from supporttiers.limits import Action, Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.policies.coverage import covers
from supporttiers.process._checks.limits import measures_its_tier_only
from supporttiers.process._checks.ways import Ways, answered, placed_limits, target_place
from supporttiers.process.conditions import World, runs_at
from supporttiers.reasons import Reason
from supporttiers.tiers import Agreement, Status, TierKind, entry_level

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess

_ENDS: Final = ("resolve", "cancel")
_LEAVES: Final = ("escalate", "hand_back")


def of_targets(process: "SupportProcess", ways: Ways, world: World) -> Iterator[Finding]:
    """Find them; nothing is said where a policy decides targets."""
    if answered(process, "target"):
        return
    limits = list(placed_limits(process))
    yield from _forestalled(process, limits, ways)
    for place, limit in limits:
        if limit.agreement is Agreement.SLA and limit.measures == "resolution" and _by_the_book(limit):
            yield from _less_than_tiers(process, ways, place, limit)
        if limit.measures == "vendor":
            yield from _longer_than_promised(process, world, place, limit)


def _span(limit: TimeLimit, priority: str) -> timedelta | None:
    """Give the working time that a limit allows; None where it has none, or counts days."""
    target = limit.target_for(priority)
    return target if isinstance(target, timedelta) else None


# -- forestalled


_Placed = Sequence[tuple[str, TimeLimit]]


def _forestalled(process: "SupportProcess", limits: _Placed, ways: Ways) -> Iterator[Finding]:
    for place, limit in limits:
        for _, other in limits:
            ending = (
                _ending(other, ways.ends(other) & ways.ends(limit))
                if other is not limit and _run_together(process, other, limit)
                else None
            )
            if ending and all(_fires_first(other, ending[0], limit, name) for name in process.priorities):
                params = {"limit": limit.name, "by": other.name, "at": ending[0].mark, "action": str(ending[1])}
                yield Finding(place, Reason("check.limit_never", params))
                break


def _run_together(process: "SupportProcess", wide: TimeLimit, narrow: TimeLimit) -> bool:
    """Whether one limit runs whenever another one does, and no longer than that."""
    plain = wide.reset is None and wide.predicates == narrow.predicates and _by_the_book(narrow)
    return plain and process.calendar_of(wide.name) == process.calendar_of(narrow.name) and covers(
        _worked_in(wide, process), _worked_in(narrow, process)
    )  # fmt: skip


def _by_the_book(limit: TimeLimit) -> bool:
    """Whether it runs from where its measure begins to where that ends; with conditions of its own it may be less."""
    return limit.start is limit.stop is limit.cancel is limit.reset is None


def _worked_in(limit: TimeLimit, process: "SupportProcess") -> Match | None:
    return None if limit.when is None else limit.when.resolved(process.priorities)


def _ending(limit: TimeLimit, stands: frozenset[str]) -> tuple[Threshold, Action] | None:
    """Give the first threshold that ends what the limit measures, and by what."""
    verbs = (*_ENDS, *_LEAVES) if measures_its_tier_only(limit) else _ENDS
    ends = [(each, action) for each in limit.thresholds for action in each.do if action.verb in verbs]
    return ends[0] if len(ends) == 1 and ends[0][1].verb in stands else None


def _fires_first(first: TimeLimit, at: Threshold, limit: TimeLimit, name: str) -> bool:
    if limit.target_for(name) is None:
        return True
    ends, target = _span(first, name), _span(limit, name)
    if ends is None or target is None:
        return False
    ended = at.reached_after(ends)
    fires = [after for each in limit.thresholds if (after := each.reached_after(target)) is not None]
    return ended is not None and all(ended < after for after in (*fires, target))


# -- sums


def _less_than_tiers(process: "SupportProcess", ways: Ways, place: str, limit: TimeLimit) -> Iterator[Finding]:
    levels = [
        level
        for level in _default_way(process, ways)
        if not (limit.pause_while_vendor and process.tier_at(level).kind is TierKind.VENDOR)
    ]
    for priority in process.priorities:
        target = _span(limit, priority)
        spans = {level: span for level in levels if (span := _strictest(process, level, limit, priority))}
        total = sum(spans.values(), timedelta())
        if target is not None and total > target:
            said = ", ".join(f"tier {level}: {duration_text(span)}" for level, span in spans.items())
            params = {
                "limit": limit.name, "target": duration_text(target), "sum": duration_text(total), "tiers": said,
                "priority": priority,
            }  # fmt: skip
            yield Finding(target_place(place), Reason("check.targets_sum", params))
            return


def _default_way(process: "SupportProcess", ways: Ways) -> Sequence[int]:
    """Give the levels by which a case goes that is escalated by default, again and again."""
    levels = [entry_level(process.tiers)]
    while found := ways.next_levels("escalate", levels[-1]):
        levels.append(found[0])
    return levels


def _strictest(process: "SupportProcess", level: int, limit: TimeLimit, priority: str) -> timedelta | None:
    """Give the shortest time that a tier has for the same cases in the same hours."""
    spans = (
        _span(each, priority)
        for each in process.all_limits
        if each.tier == level
        and measures_its_tier_only(each)
        and covers(_worked_in(each, process), _worked_in(limit, process))
        and process.calendar_of(each.name) == process.calendar_of(limit.name)
    )
    return min((span for span in spans if span is not None), default=None)


# -- contracts


def _longer_than_promised(
    process: "SupportProcess", world: World, place: str, contract: TimeLimit
) -> Iterator[Finding]:
    for limit in process.all_limits:
        if limit.measures == "vendor" or not _depends(process, world, limit, contract):
            continue
        for priority in process.priorities:
            allowed, taken = _span(limit, priority), _span(contract, priority)
            if allowed is not None and taken is not None and taken > allowed:
                params = {
                    "limit": contract.name, "contract": duration_text(taken), "by": limit.name,
                    "target": duration_text(allowed), "priority": priority,
                }  # fmt: skip
                yield Finding(target_place(place), Reason("check.contract_longer", params))
                return


def _depends(process: "SupportProcess", world: World, limit: TimeLimit, contract: TimeLimit) -> bool:
    """Whether a limit to resolution, or of a vendor's tier, runs on while the vendor has the case."""
    hours = process.calendar_of(limit.name)
    if hours != process.calendar_of(contract.name) and hours.name != ALWAYS_OPEN:
        return False
    whens = _worked_in(limit, process), _sent(contract, process)
    if not covers(*whens) and not covers(*reversed(whens)):
        return False
    if limit.measures == "tier" and limit.tier is not None:
        tier = process.tier_at(limit.tier)
        return tier.kind is TierKind.VENDOR and contract.vendor in {None, tier.vendor} and _runs(limit, world)
    return limit.measures == "resolution" and limit.agreement is Agreement.SLA and _runs(limit, world)


def _sent(contract: TimeLimit, process: "SupportProcess") -> Match | None:
    """Give for which cases a vendor's clock runs: only what the vendor's contract covers is sent there."""
    agreed = process.contracts_by_vendor.get(contract.vendor) if contract.vendor is not None else None
    conditions = contract.when, None if agreed is None else agreed.covers
    asked = [match for match in conditions if match is not None]
    return Match(all=asked).resolved(process.priorities) if asked else None


def _runs(limit: TimeLimit, world: World) -> bool:
    """Whether it runs on while a case waits for its vendor."""
    found = runs_at(limit, world)
    waits = found is not None and any(
        standing.status is Status.WAITING and standing.wait_reason == "vendor" for standing in found
    )
    return waits and not limit.pause_while_vendor
