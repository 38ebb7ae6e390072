"""What is found about a process that is valid: each module looks at one subject."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from supporttiers.findings import Finding, Ignore
from supporttiers.process._checks.hours import of_closed_hours, of_closures, of_holidays
from supporttiers.process._checks.limits import of_limits
from supporttiers.process._checks.people import of_people
from supporttiers.process._checks.permissions import of_permissions
from supporttiers.process._checks.rules import shadowed
from supporttiers.process._checks.standing import of_standings
from supporttiers.process._checks.targets import of_targets
from supporttiers.process._checks.tiers import of_cycles, of_endless_rounds, of_tiers
from supporttiers.process._checks.vendors import of_contract_ends, of_vendors
from supporttiers.process._checks.ways import Ways
from supporttiers.process.conditions import World
from supporttiers.process.wording import misspelt
from supporttiers.protocols import AgentDirectory
from supporttiers.reasons import Reason

if TYPE_CHECKING:
    from supporttiers.process import SupportProcess

_IDLE: Final = "check.ignore_idle"
_NEEDS_DIRECTORY: Final = frozenset({"check.team_empty", "check.role_empty"})
_NEEDS_NOW: Final = frozenset({"check.holidays_end", "check.closed_long", "check.contract_ends"})


def findings_of(
    process: "SupportProcess", world: World, now: datetime | None, directory: AgentDirectory | None
) -> tuple[Finding, ...]:
    """Find everything, also what is to be ignored; by subject, and then in the order of the file."""
    ways = Ways(process)
    found = [
        *of_tiers(process, ways),
        *of_cycles(process, ways, world),
        *of_endless_rounds(process, ways),
        *of_standings(process, ways, world),
        *of_limits(process.limits, world, ways.ends, closes=not ways.may_refuse("close")),
        *of_targets(process, ways, world),
        *of_closures(process, now),
        *of_closed_hours(process, ways),
        *shadowed(process.policies, process.priorities),
        *of_permissions(process),
        *of_vendors(process, ways),
        *misspelt(process.messages),
    ]
    if directory is not None:
        found += of_people(process, directory)
    if now is not None:
        found += (*of_holidays(process, now), *of_contract_ends(process, now))
    idle = _idle(process.ignore, found, with_now=now is not None, with_directory=directory is not None)
    return (*found, *idle)


def _idle(
    ignored: Sequence[Ignore], found: Sequence[Finding], *, with_now: bool, with_directory: bool
) -> Iterator[Finding]:
    """Find what is said to be ignored, and is not there; nothing is said of what was not looked for."""
    unknown = {_IDLE, *(() if with_now else _NEEDS_NOW), *(() if with_directory else _NEEDS_DIRECTORY)}
    for number, ignore in enumerate(ignored):
        if ignore.code not in unknown and not any(map(ignore.covers, found)):
            yield Finding(f"check.ignore[{number}]", Reason(_IDLE, {"code": ignore.code}))
