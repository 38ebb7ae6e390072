"""Time limits made ready for the engine, which asks them after every command."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, NamedTuple, Self

import attrs

from supporttiers.calendars import WorkingHours
from supporttiers.calendars.targets import Target
from supporttiers.config.settings import Settings
from supporttiers.limits import Predicates, Threshold, TimeLimit
from supporttiers.match import Match, Not, Predicate, tests_of

_BREACH: Final = Threshold("100%")


def _with_breach(thresholds: tuple[Threshold, ...]) -> tuple[Threshold, ...]:
    return thresholds if any(threshold.is_target for threshold in thresholds) else (*thresholds, _BREACH)


_FEW: Final = frozenset({"status", "tier", "wait_reason", "priority", "kind"})
"""The fields that have few values, so that what the conditions say of each combination can be remembered."""


class Verdict(NamedTuple):
    """
    What a limit's conditions say of a case.

    Attributes:
        wanted: A stopwatch should be attached.
        stops: It has reached its goal.
        cancels: It counts no longer.
        resets: It begins again.
        pauses: It stands still.
        target: The working time allowed; None where the limit has none for the case's priority.
    """

    wanted: bool
    stops: bool
    cancels: bool
    resets: bool
    pauses: bool
    target: Target | None


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
        on_priority_change: The limit's choice, or the process's.
        on_reopening: The same.
        when: Which cases it watches; None means all.
        start: As in `Predicates`, and so are the rest; None where the limit does not use it.
    """

    limit: TimeLimit
    calendar: WorkingHours
    thresholds: tuple[Threshold, ...]
    at_target: int
    on_priority_change: str
    on_reopening: str
    when: Predicate | None
    start: Predicate
    pause: Predicate | None
    resume: Predicate | None
    stop: Predicate
    reset: Predicate | None
    cancel: Predicate
    _key: Callable[[Any], object] | None
    _verdicts: dict[object, Verdict] = attrs.field(factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, limit: TimeLimit, calendar: WorkingHours, settings: Settings, vendor_tiers: tuple[int, ...]) -> Self:
        """Compile a limit, with what holds for the whole process, and the tiers that are a vendor's."""
        priorities = settings.priorities

        def compiled(match: Match | None) -> Predicate | None:
            return None if match is None else match.compile(priorities)

        said, thresholds = asked_of(limit, vendor_tiers), _with_breach(limit.thresholds)
        at_target = next(place for place, threshold in enumerate(thresholds) if threshold.is_target)
        return cls(
            limit=limit, calendar=calendar, thresholds=thresholds, at_target=at_target, when=compiled(limit.when),
            start=said.start.compile(priorities), pause=compiled(said.pause), resume=compiled(said.resume),
            stop=said.stop.compile(priorities), reset=compiled(said.reset), cancel=said.cancel.compile(priorities),
            on_priority_change=limit.on_priority_change or settings.on_priority_change,
            on_reopening=limit.on_reopening or settings.on_reopening,
            key=_key_of((limit.when, *attrs.astuple(said, recurse=False))),
        )  # fmt: skip

    def judge(self, case: Any) -> Verdict:  # noqa: ANN401 - a case, or one in the making
        """Ask every condition about a case; where they look at few values, each combination is asked about once."""
        if self._key is None:
            return self._judge(case)
        key = self._key(case)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = self._judge(case)
        return verdict

    def _judge(self, case: Any) -> Verdict:  # noqa: ANN401 - as above
        return Verdict(
            wanted=(self.when is None or self.when(case)) and self.start(case),
            stops=self.stop(case),
            cancels=self.cancel(case),
            resets=self.reset is not None and self.reset(case),
            pauses=self.pause is not None and self.pause(case) and not (self.resume is not None and self.resume(case)),
            target=self.limit.target_for(case.priority),
        )


def asked_of(limit: TimeLimit, vendor_tiers: tuple[int, ...]) -> Predicates:
    """Give the conditions that a limit asks in a process whose vendors' tiers are these."""
    said = limit.predicates
    if not limit.pause_while_vendor or not vendor_tiers:
        return said
    there = Match(tier=list(vendor_tiers), vendors=Not(None), status=["queued", "in_progress", "waiting"])
    return attrs.evolve(said, pause=there if said.pause is None else Match(any=[said.pause, there]))


def _key_of(matches: tuple[Match | None, ...]) -> Callable[[Any], object] | None:
    """Make what tells apart all cases of which the conditions can speak differently; None where these are too many."""
    tests = [test for match in matches if match is not None for test in tests_of(match)]
    many = {test.field for test in tests} - _FEW
    if any(test.field in many and test.values != (None,) for test in tests):
        return None
    few = attrgetter(*sorted({"priority", *(test.field for test in tests)} - many))
    if not many:
        return few
    others = [attrgetter(field) for field in sorted(many)]  # only ever asked whether there is one
    return lambda case: (few(case), *[not get(case) for get in others])
