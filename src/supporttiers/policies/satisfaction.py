"""Satisfaction: the requester is asked for a judgement, once for each resolution."""

from collections.abc import Sequence
from typing import ClassVar, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import one_of, optional, part
from supporttiers.actors import SYSTEM
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.calendars.targets import Target
from supporttiers.commands import Inform
from supporttiers.decisions import Later, Situation
from supporttiers.events import CaseClosed, CaseResolved, Event
from supporttiers.match import Match
from supporttiers.policies.conditions import Conditional, a_span, after, condition, span_of
from supporttiers.tiers import Status

_ENDS: Final[dict[str, type[Event]]] = {"resolved": CaseResolved, "closed": CaseClosed}
_UNRATED: Final = Match(satisfaction=None)


def _after(value: object) -> Target:
    return span_of(value, "AskForSatisfaction.after")


@attrs.frozen
class AskForSatisfaction(Conditional):
    """
    Ask the requester how satisfied they are, some time after a case has ended.

    Nobody is asked about a case that has been rated or reopened by then. Notifiers are handed the reason
    `satisfaction.asked`; `desk.rate` takes the answer.

    Attributes:
        after: How long after that.
        on: After which end: `resolved` or `closed`.
        when: Only these cases, as they are at their end; all of them when left out.
        calendar: Whose time is counted: `24x7`, or one of the process's calendars.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.ask-for-satisfaction"
    revision: ClassVar[int] = 1

    after: Target = attrs.field(converter=_after, validator=part(a_span))
    on: str = attrs.field(default="resolved", validator=part(one_of(tuple(_ENDS))))
    when: Match | None = attrs.field(default=None, validator=part(optional(condition)))
    calendar: str = attrs.field(default=ALWAYS_OPEN, validator=part(fields.name))

    def react(self, situation: Situation, /) -> Sequence[Later]:
        """Have the requester of a case that has just ended asked later."""
        case, event = situation.case, situation.event
        if not isinstance(event, _ENDS[self.on]) or not self.is_about(case):
            return ()
        question = Inform(case_id=case.id, by=SYSTEM, to="requester", code="satisfaction.asked")
        return [
            Later(
                command=question, at=after(situation, event.effective_at, self.after, self.calendar),
                name="satisfaction", while_status=(Status.RESOLVED, Status.CLOSED), when=_UNRATED,
            )
        ]  # fmt: skip
