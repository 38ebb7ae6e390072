"""Where a case can stand for ever: no clock runs, and nobody is told."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from supporttiers._machine import state_name
from supporttiers.findings import Finding
from supporttiers.limits import TimeLimit
from supporttiers.match import Match
from supporttiers.policies import BUILT_IN
from supporttiers.policies.informing import InformInSteps
from supporttiers.process._checks.ways import STILL_OPEN, Ways, listed
from supporttiers.process.conditions import Silence, Standing, World, without_clock
from supporttiers.reasons import Reason
from supporttiers.tiers import WAIT_REASONS, Status, TierKind

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess

_WORKED: Final = (Status.QUEUED, Status.IN_PROGRESS)
_SILENT: Final = "note"
"""What is only written down reaches nobody."""


def something_happens(limit: TimeLimit) -> bool:
    """Whether a limit tells somebody, or does anything."""
    return any(action.verb != _SILENT for threshold in limit.thresholds for action in threshold.do)


def of_standings(process: "SupportProcess", ways: Ways, world: World) -> Iterator[Finding]:
    """Find where nothing ever happens to a case by itself, whatever it is about, or to those of one kind."""
    if may_do_anything(process):
        return
    silence = without_clock(_clocks(process), world)
    silent = silence.of_all
    levels = [
        tier.level for tier in process.tiers if tier.kind is not TierKind.SELF_SERVICE and ways.reaches(tier.level)
    ]
    stuck: set[int] = set()
    for number, tier in enumerate(process.tiers):
        if tier.level not in levels:
            continue
        params = {"tier": tier.level, "name": tier.name}
        if found := _worked(tier.level, silent, ways):
            stuck.add(tier.level)
            yield Finding(f"tiers[{number}]", Reason("check.stuck", {**params, "statuses": listed(found)}))
            continue
        for (field, found_there), values in _alike(tier.level, silence, ways).items():
            more = {"statuses": listed(found_there), "what": _what(field, values)}
            yield Finding(f"tiers[{number}]", Reason("check.stuck_some", {**params, **more}))
    yield from _of_waits(process, silent, [level for level in levels if level not in stuck])


def _worked(level: int, silent: frozenset[Standing], ways: Ways) -> tuple[Status, ...]:
    """Give the statuses in which nobody thinks of a case at a tier."""
    found = (status for status in _WORKED if Standing(level, status, None) in silent)
    return tuple(status for status in found if state_name(level, status) in ways.reached)


_Alike = Mapping[tuple[str, tuple[Status, ...]], list[str | None]]


def _alike(level: int, silence: Silence, ways: Ways) -> _Alike:
    """Give the categories, kinds and priorities of which nobody thinks at a tier, together where it is the same."""
    found: dict[tuple[str, tuple[Status, ...]], list[str | None]] = {}
    for (field, value), silent in silence.of_some.items():
        if statuses := _worked(level, silent, ways):
            found.setdefault((field, statuses), []).append(value)
    return found


def _what(field: str, values: Sequence[str | None]) -> str:
    """Name what such cases are about."""
    named = [repr(value) for value in values if value is not None]
    parts = [f"{field} {listed(named)}"] if named else []
    parts += [f"a {field} that no condition names"] if None in values else []
    return ", or of ".join(parts)


def _of_waits(process: "SupportProcess", silent: frozenset[Standing], levels: Sequence[int]) -> Iterator[Finding]:
    for wait_reason in (*WAIT_REASONS, *process.wait_reasons):
        found = [level for level in levels if Standing(level, Status.WAITING, wait_reason) in silent]
        if found:
            own = wait_reason in process.wait_reasons
            place = f"process.wait_reasons[{process.wait_reasons.index(wait_reason)}]" if own else "process"
            params = {"wait_reason": wait_reason, "tiers": listed(found)}
            yield Finding(place, Reason("check.waits_forever", params))


def may_do_anything(process: "SupportProcess") -> bool:
    """Whether a reaction is code of one's own, or not at hand: nothing can be said then of what never happens."""
    own = any(BUILT_IN.get(policy.name) is not type(policy) for policy in process.asked("react"))
    return own or any("react" in getattr(policy, "answers", ()) for policy in process.policies)


def _clocks(process: "SupportProcess") -> Sequence[TimeLimit]:
    """Give every limit that does something, and the steps of informing as if they were limits."""
    return [*(limit for limit in process.all_limits if something_happens(limit)), *ladders(process)]


def ladders(process: "SupportProcess") -> Sequence[TimeLimit]:
    """Give the steps of informing as if they were limits."""
    found = [policy for policy in process.policies if isinstance(policy, InformInSteps)]
    return [TimeLimit(name=each.title, target="1h", start=_while_open(each.when), pause=_NEVER) for each in found]


_NEVER: Final = Match(status="cancelled")
"""What never holds while a stopwatch lives."""


def _while_open(match: Match) -> Match:
    return Match(status=list(STILL_OPEN), all=[match])
