"""Retention: what is personal about a closed case is deleted once it need not be kept any longer."""

from collections.abc import Sequence
from typing import ClassVar, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import optional, part
from supporttiers.actors import SYSTEM
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.calendars.targets import Target
from supporttiers.cases import Case
from supporttiers.commands import Redact
from supporttiers.decisions import Later, Situation
from supporttiers.events import CaseCancelled, CaseClosed, CaseMerged
from supporttiers.match import Match
from supporttiers.policies.conditions import Conditional, a_span, after, condition, span_of
from supporttiers.tiers import Status

_ENDS: Final = (CaseClosed, CaseCancelled, CaseMerged)
_NAME: Final = "redact"
_ENDED: Final = (Status.CLOSED, Status.CANCELLED)


def _after(value: object) -> Target:
    return span_of(value, "RedactAfter.after")


@attrs.frozen
class RedactAfter(Conditional):
    """
    Redact a case some time after it was closed or cancelled, unless it has been reopened by then.

    What is said or done on it after it has been redacted is redacted as long after that.

    >>> RedactAfter("8760h").after
    datetime.timedelta(days=365)

    Attributes:
        after: How long after its end.
        when: Only these cases, as they are at their end; all of them when left out.
        calendar: Whose time is counted: `24x7`, or one of the process's calendars.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.redact-after"
    revision: ClassVar[int] = 1

    after: Target = attrs.field(converter=_after, validator=part(a_span))
    when: Match | None = attrs.field(default=None, validator=part(optional(condition)))
    calendar: str = attrs.field(default=ALWAYS_OPEN, validator=part(fields.name))

    def react(self, situation: Situation, /) -> Sequence[Later]:
        """Have a case that has just ended redacted later; so, too, where something is said that is kept for no end."""
        case, event = situation.case, situation.event
        if event is None or not self.is_about(case) or not (isinstance(event, _ENDS) or _is_kept(case)):
            return ()
        due_at = after(situation, event.effective_at, self.after, self.calendar)
        redaction = Redact(case_id=case.id, by=SYSTEM)
        return [Later(command=redaction, at=due_at, name=_NAME, while_status=_ENDED)]


def _is_kept(case: Case) -> bool:
    """Whether an ended case has something personal that nothing will delete."""
    scheduled = any(one.name == _NAME for one in case.scheduled)
    return case.status in _ENDED and case.redacted_at is None and not scheduled
