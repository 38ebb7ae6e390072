"""Time limits made ready for the engine, which asks them after every command."""

from typing import Final, Self

import attrs

from supporttiers.calendars import WorkingHours
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match, Predicate

_BREACH: Final = Threshold("100%")


def _with_breach(thresholds: tuple[Threshold, ...]) -> tuple[Threshold, ...]:
    return thresholds if any(threshold.is_target for threshold in thresholds) else (*thresholds, _BREACH)


@attrs.frozen(kw_only=True, eq=False)
class CompiledLimit:
    """
    A limit whose conditions are functions of a case.

    Attributes:
        limit: What it was made of.
        calendar: Whose working time.
        thresholds: The limit's, in order, and the target itself where the limit names nothing there: a breach is
            always on record.
        at_target: The place among them of one that lies at the target itself.
        when: Which cases it watches; None means all.
        start: As in `Predicates`, and so are the rest; None where the limit does not use it.
    """

    limit: TimeLimit
    calendar: WorkingHours
    thresholds: tuple[Threshold, ...]
    at_target: int
    when: Predicate | None
    start: Predicate
    pause: Predicate | None
    resume: Predicate | None
    stop: Predicate
    reset: Predicate | None
    cancel: Predicate

    @classmethod
    def of(cls, limit: TimeLimit, calendar: WorkingHours, priorities: tuple[str, ...]) -> Self:
        """Compile a limit; the order of *priorities* is for conditions that compare them."""

        def compiled(match: Match | None) -> Predicate | None:
            return None if match is None else match.compile(priorities)

        said, thresholds = limit.predicates, _with_breach(limit.thresholds)
        at_target = next(place for place, threshold in enumerate(thresholds) if threshold.is_target)
        return cls(
            limit=limit, calendar=calendar, thresholds=thresholds, at_target=at_target, when=compiled(limit.when),
            start=said.start.compile(priorities), pause=compiled(said.pause), resume=compiled(said.resume),
            stop=said.stop.compile(priorities), reset=compiled(said.reset), cancel=said.cancel.compile(priorities),
        )  # fmt: skip
