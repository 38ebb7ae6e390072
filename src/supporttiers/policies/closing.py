"""Closing: a resolved case is filed once nobody has objected for a while."""

from collections.abc import Sequence
from typing import ClassVar

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import optional, part
from supporttiers.actors import SYSTEM
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.calendars.targets import Target
from supporttiers.commands import Close
from supporttiers.decisions import Later, Situation
from supporttiers.events import CaseResolved
from supporttiers.match import Match
from supporttiers.policies.conditions import Conditional, a_span, after, condition, span_of
from supporttiers.tiers import Status


def _after(value: object) -> Target:
    return span_of(value, "CloseAfter.after")


@attrs.frozen
class CloseAfter(Conditional):
    """
    Close a case some time after its resolution, unless it has been reopened by then.

    >>> CloseAfter("72h").after
    datetime.timedelta(days=3)

    Attributes:
        after: How long after the resolution.
        when: Only these cases, as they are at their resolution; all of them when left out.
        calendar: Whose time is counted: `24x7`, or one of the process's calendars.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.close-after"
    revision: ClassVar[int] = 1

    after: Target = attrs.field(converter=_after, validator=part(a_span))
    when: Match | None = attrs.field(default=None, validator=part(optional(condition)))
    calendar: str = attrs.field(default=ALWAYS_OPEN, validator=part(fields.name))

    def react(self, situation: Situation, /) -> Sequence[Later]:
        """Have a case that has just been resolved closed later."""
        case = situation.case
        if not isinstance(situation.event, CaseResolved) or case.resolved_at is None or not self.is_about(case):
            return ()
        closing = Close(case_id=case.id, by=SYSTEM)
        due_at = after(situation, case.resolved_at, self.after, self.calendar)
        return [Later(command=closing, at=due_at, name="close", while_status=(Status.RESOLVED,))]
