"""Fixes: a known issue that affects many cases is asked to be fixed."""

from collections.abc import Sequence
from typing import ClassVar, Final

import attrs

from supporttiers._fields import at_least, optional, part, tuple_of
from supporttiers.actors import SYSTEM
from supporttiers.commands import Command
from supporttiers.decisions import Situation
from supporttiers.events import AffectedCounted
from supporttiers.match import Match
from supporttiers.policies.conditions import Conditional, condition
from supporttiers.policies.wishes import command_of, wishes

_VERBS: Final = ("inform_management", "notify", "escalate", "dispatch")
_A_NUMBER: Final = at_least(1)


def _numbers(value: object) -> object:
    return (value,) if isinstance(value, int) else tuple_of(value)


def _thresholds(value: object) -> str | None:
    if not isinstance(value, tuple) or not value:
        return "must be a number of cases, or several of them"
    problem = next((problem for number in value if (problem := _A_NUMBER(number))), None)
    return problem or ("names a number twice" if len(set(value)) < len(value) else None)


@attrs.frozen
class RequestFix(Conditional):
    """
    Ask for a fix when so many open cases are linked to one as its `known_issue`.

    Attributes:
        at: At how many; each number counts once until the case is reopened.
        do: What to do, in order: `inform_management`, `notify:WHOM`, `escalate`, `dispatch:VENDOR`.
        when: Only such cases; all of them when left out.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.request-fix"
    revision: ClassVar[int] = 1

    at: tuple[int, ...] = attrs.field(converter=_numbers, validator=part(_thresholds))
    do: tuple[str, ...] = attrs.field(
        default=("inform_management",), converter=tuple_of, validator=part(wishes(_VERBS))
    )
    when: Match | None = attrs.field(default=None, validator=part(optional(condition)))

    def react(self, situation: Situation, /) -> Sequence[Command]:
        """Do what is to be done when a number has just been reached for the first time."""
        case, event = situation.case, situation.event
        if not isinstance(event, AffectedCounted) or not event.peak or event.total not in self.at:
            return ()
        if not self.is_about(case):
            return ()
        own = {"notify": lambda: {"code": "fix.asked", "params": {"count": event.total}}}
        return [command_of(wish, case.id, {"by": SYSTEM}, own) for wish in self.do]
