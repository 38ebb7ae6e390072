"""What the conditions and durations of policies have in common."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Self

import attrs

from supporttiers._fields import positive_duration, type_name
from supporttiers.calendars import WorkingHours
from supporttiers.calendars.targets import Target, target_of
from supporttiers.cases import Case
from supporttiers.decisions import Situation
from supporttiers.errors import PolicyConfigError
from supporttiers.match import Match, Predicate, facts_in
from supporttiers.tiers import OPEN, Status, whole_seconds

STILL_OPEN: Final = tuple(status for status in Status if status in OPEN)


def condition(value: object) -> str | None:
    """Allow a condition that asks for something."""
    if not isinstance(value, Match):
        return f"must be a Match, not {type_name(value)}"
    return "is empty, and would hold for every case; leave it out, or say which are meant" if value.is_empty else None


def maybe_resolved(match: Match | None, priorities: tuple[str, ...]) -> Match | None:
    """Give a condition with the order of priorities worked in."""
    return None if match is None else match.resolved(priorities)


def needs_of_all(conditions: Iterable[Match | None]) -> tuple[str, ...]:
    """Give the facts of which conditions speak."""
    return tuple(dict.fromkeys(fact for match in conditions for fact in facts_in(match)))


@lru_cache(maxsize=1024)
def holds(match: Match | None) -> Predicate:
    """Make the function of a case that answers a condition; none at all always holds."""
    return _always if match is None else match.compile()


def _always(_case: object) -> bool:
    return True


class WithCondition:
    """Whatever has a condition `when`, or none."""

    __slots__ = ()

    when: Match | None

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts of which the condition speaks."""
        return facts_in(self.when)

    def resolved(self, priorities: tuple[str, ...]) -> Self:
        """Give the same rule with comparisons of priorities replaced by the priorities meant."""
        this: Any = self
        changed: Self = attrs.evolve(this, when=maybe_resolved(self.when, priorities))
        return changed


class Conditional(WithCondition):
    """A rule for those cases that meet its condition `when`, or for all."""

    __slots__ = ()

    def is_about(self, case: Case) -> bool:
        """Say whether it speaks of a case; comparisons of priorities must have been `resolved` before."""
        return holds(self.when)(case)


# -- durations


def span_of(value: object, field: str) -> Target:
    """Read a duration, or days of work or of the calendar; the error names the field."""
    try:
        return target_of(value)
    except PolicyConfigError as error:
        raise PolicyConfigError(field, error.problem) from None


def a_span(value: object) -> str | None:
    """Allow a duration above zero in whole seconds, and every number of days."""
    return positive_duration(value) or whole_seconds(value) if isinstance(value, timedelta) else None


def after(situation: Situation, start: datetime, span: Target, calendar: str) -> datetime:
    """Give the instant at which a rule's time is over, counted in one of the process's calendars."""
    return situation.calendars.get(calendar, _ALWAYS).after(start, span)


_ALWAYS: Final = WorkingHours.always()
