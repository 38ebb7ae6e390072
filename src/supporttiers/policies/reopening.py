"""Reopening: for how long a word of the requester brings a case back, and what happens afterwards."""

from typing import ClassVar

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import one_of, optional, part
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.calendars.targets import Target, target_text
from supporttiers.cases import Case
from supporttiers.decisions import FollowUp, Refusal, Situation
from supporttiers.match import Match
from supporttiers.policies.conditions import Conditional, a_span, after, condition, span_of
from supporttiers.reasons import Reason
from supporttiers.tiers import Status


def _within(value: object) -> Target:
    return span_of(value, "ReopenWithin.within")


@attrs.frozen
class ReopenWithin(Conditional):
    """
    Let a resolved case be reopened for some time; after that, another case goes on with the matter, or nothing does.

    The window is counted from the resolution, closed or not. A reply or a reopening at its very end is in time. A case
    that was never resolved has no window.

    Attributes:
        within: How long after the resolution a case may be reopened.
        after_window: What a reply or a reopening does later: `follow_up` opens another case, linked to this one as
            `follows`; `refuse` refuses it.
        when: Only these cases; all of them when left out.
        calendar: Whose time is counted: `24x7`, or one of the process's calendars.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.reopen-within"
    revision: ClassVar[int] = 1

    within: Target = attrs.field(converter=_within, validator=part(a_span))
    after_window: str = attrs.field(default="follow_up", validator=part(one_of(("follow_up", "refuse"))))
    when: Match | None = attrs.field(default=None, validator=part(optional(condition)))
    calendar: str = attrs.field(default=ALWAYS_OPEN, validator=part(fields.name))

    def reopen(self, situation: Situation, /) -> FollowUp | Refusal | None:
        """Give what is done instead, once the window is over or where the process has no way back; None before."""
        case = situation.case
        if not self.is_about(case):
            return None
        if self._is_over(situation):
            return self._instead(case)
        if (
            situation.to is None
            and self.after_window == "follow_up"
            and case.status in (Status.CLOSED, Status.CANCELLED)
        ):
            return FollowUp(Reason("move.no_way_back", {"status": str(case.status)}))
        return None

    def _is_over(self, situation: Situation) -> bool:
        resolved_at = situation.case.resolved_at
        return resolved_at is not None and situation.now > after(situation, resolved_at, self.within, self.calendar)

    def _instead(self, case: Case) -> FollowUp | Refusal:
        assert case.resolved_at is not None  # noqa: S101 - else its window would not be over; for the type checker
        params = {"resolved_at": case.resolved_at.isoformat(), "within": target_text(self.within)}
        if self.after_window == "refuse":
            return Refusal(Reason("refused.window", params))
        return FollowUp(Reason("move.follow_up", params))
