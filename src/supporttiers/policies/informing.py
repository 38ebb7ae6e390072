"""Hierarchical steps: who is told, and after how long, while a case is not settled."""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PARTS, part, tuple_of
from supporttiers.actors import SYSTEM
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.calendars.targets import Target, target_text
from supporttiers.commands import Inform
from supporttiers.decisions import Later, Situation
from supporttiers.match import Match
from supporttiers.policies.conditions import STILL_OPEN, Conditional, a_span, after, condition, span_of

_MAX_STEPS = 16


def _after(value: object) -> Target:
    return span_of(value, "Step.after")


@attrs.frozen
class Step:
    """
    One step of a ladder: after how long, and who is told.

    Attributes:
        after: How long the case has met the condition by then.
        tell: `manager`, another role that a process may tell, or a name of your own such as `lead`.

    .. versionadded:: 0.1.0
    """

    after: Target = attrs.field(converter=_after, validator=part(a_span))
    tell: str = attrs.field(validator=part(fields.name))


def _steps(value: object) -> str | None:
    if not isinstance(value, tuple) or not all(isinstance(step, Step) for step in value):
        return "must be a collection of Step"
    if not 0 < len(value) <= _MAX_STEPS:
        return f"has {len(value)} steps; possible are 1 to {_MAX_STEPS}"
    if len(set(value)) < len(value):
        return "names a step twice"
    return None


@attrs.frozen
class InformInSteps(Conditional):
    """
    Tell people one after the other for as long as a case is open and meets a condition.

    Time is counted from the moment at which the case begins to meet the condition. Each step is taken once; those to
    come are dropped when the case ends or no longer meets the condition, and begin anew when it does again.

    Attributes:
        when: Which cases.
        steps: Who is told, and after how long.
        title: The name of this ladder: it stands in what people are told, and tells several ladders apart.
        calendar: Whose time is counted: `24x7`, or one of the process's calendars.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.inform-in-steps"
    revision: ClassVar[int] = 1

    when: Match = attrs.field(validator=part(condition))
    steps: tuple[Step, ...] = attrs.field(converter=tuple_of, validator=part(_steps), metadata={PARTS: Step})
    title: str = attrs.field(default="still open", validator=part(fields.name))
    calendar: str = attrs.field(default=ALWAYS_OPEN, validator=part(fields.name))

    def react(self, situation: Situation, /) -> Sequence[Later]:
        """Have the steps taken that are neither taken nor to come already."""
        case = situation.case
        if not case.is_open or not self.is_about(case):
            return ()
        known = {scheduled.name for scheduled in case.scheduled}.union(case.carried_out)
        return [
            Later(
                command=Inform(
                    case_id=case.id, by=SYSTEM, to=step.tell, code="inform.step",
                    params={"title": self.title, "after": target_text(step.after)},
                ),
                at=after(situation, situation.now, step.after, self.calendar), name=name, while_status=STILL_OPEN,
                when=self.when,
            )
            for name, step in self._named
            if name not in known
        ]  # fmt: skip

    @cached_property
    def _named(self) -> Sequence[tuple[str, Step]]:
        return [(f"{self.title}: {step.tell} after {target_text(step.after)}", step) for step in self.steps]
