"""Cascades: what happens to the cases that link to a case, when something happens to that one."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import one_of, optional, part, tuple_of
from supporttiers.actors import SYSTEM
from supporttiers.cases import Case, Draft
from supporttiers.commands import Command
from supporttiers.events import (
    CaseAmended,
    CaseCancelled,
    CaseClosed,
    CaseMerged,
    CaseReopened,
    CaseResolved,
    Event,
)
from supporttiers.match import Match, Predicate
from supporttiers.policies.conditions import condition, holds, maybe_resolved
from supporttiers.policies.wishes import command_of, wishes

HAPPENINGS: Final[Mapping[str, type[Event]]] = {
    "resolved": CaseResolved,
    "closed": CaseClosed,
    "cancelled": CaseCancelled,
    "merged": CaseMerged,
    "reopened": CaseReopened,
    "workaround": CaseAmended,
}
"""What can set a cascade off; a workaround does when one becomes known, or another one."""

VERBS: Final = ("resolve", "resume", "reopen", "close", "cancel", "escalate", "inform_management", "notify")
"""What can be done to the cases that link to a case."""


@attrs.frozen
class Cascade:
    """
    What happens to the cases that link to a case.

    >>> Cascade("child_of", on="resolved", do=["resolve"]).do
    ('resolve',)

    Attributes:
        link: The kind of their links to it.
        on: What happens to it: `resolved`, `closed`, `cancelled`, `merged`, `reopened`, or `workaround` when one
            becomes known.
        do: What each of them is told to do, in order: `resolve`, `resume`, `reopen`, `close`, `cancel`, `escalate`,
            `inform_management`, `notify:WHOM`. `resolve` hands on its solution.
        when: Only when it meets this condition, such as being of kind `problem`.
        among: Only those of them that meet this condition, such as waiting for the known issue.

    .. versionadded:: 0.1.0
    """

    link: str = attrs.field(validator=part(fields.name))
    on: str = attrs.field(validator=part(one_of(tuple(HAPPENINGS))))
    do: tuple[str, ...] = attrs.field(converter=tuple_of, validator=part(wishes(VERBS)))
    when: Match | None = attrs.field(default=None, validator=part(optional(condition)))
    among: Match | None = attrs.field(default=None, validator=part(optional(condition)))

    def is_about(self, event: Event) -> bool:
        """Say whether an event of the right class sets it off."""
        return not isinstance(event, CaseAmended) or event.workaround is not None

    def commands(self, case: Case | Draft) -> Sequence[Command]:
        """Give what each linked case is told; the commands name this case, in place of the other."""
        reference = (case.workaround if self.on == "workaround" else case.solution) or ""
        said = f"{self.link} {case.id}: {self.on}" + (f" ({reference})" if reference else "")
        own = {
            "resolve": lambda: {"solution": case.solution},
            "notify": lambda: {
                "code": "inform.cascade",
                "params": {"case": case.id, "link": self.link, "on": self.on, "reference": reference or None},
            },
        }
        return [command_of(wish, case.id, {"by": SYSTEM, "reason": said}, own) for wish in self.do]

    def resolved(self, priorities: tuple[str, ...]) -> Self:
        """Give the same cascade with comparisons of priorities replaced by the priorities meant."""
        when, among = maybe_resolved(self.when, priorities), maybe_resolved(self.among, priorities)
        return attrs.evolve(self, when=when, among=among)


def by_event(
    cascades: Sequence[Cascade], priorities: tuple[str, ...]
) -> Mapping[type[Event], Sequence[tuple[Cascade, Predicate]]]:
    """Make cascades ready for the engine: by what sets them off, each with its condition as a function of a case."""
    found: dict[type[Event], list[tuple[Cascade, Any]]] = {}
    for cascade in cascades:
        ready = cascade.resolved(priorities)
        found.setdefault(HAPPENINGS[cascade.on], []).append((ready, holds(ready.when)))
    return found
