"""Routing: where a new case should go."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar, Final, Literal, Self

import attrs

from supporttiers._fields import PARTS, WORDS, instance_of, part, tuple_of, type_name
from supporttiers.cases import Place
from supporttiers.decisions import Destination, Situation
from supporttiers.match import Match, Predicate
from supporttiers.policies.conditions import holds, needs_of_all
from supporttiers.policies.coverage import Shadow, shadows
from supporttiers.reasons import Reason

OTHERWISE: Final = "otherwise"
"""Stands in place of the condition of the last route, which takes every case that no other has taken."""


def _condition(value: object) -> str | None:
    if value == OTHERWISE:
        return None
    if not isinstance(value, Match):
        return f"must be a Match, or {OTHERWISE!r}, not {type_name(value)}"
    if value.is_empty:
        return f"is empty, and would send every case this way; say which are meant, or {OTHERWISE!r} in the last route"
    return None


def _routes(value: object) -> str | None:
    if not isinstance(value, tuple) or not all(isinstance(route, Route) for route in value):
        return "must be a collection of Route"
    if any(route.is_default for route in value[:-1]):
        return f"has a route behind {OTHERWISE!r}, which can never be taken; put that last"
    return None if value else "is empty; give at least one route, or leave the policy out"


@attrs.frozen
class Route:
    """
    One rule: which cases, and where they go.

    >>> from supporttiers.decisions import Destination
    >>> from supporttiers.match import Match
    >>> Route(Match(category="printing"), Destination(tier=1, team="front")).to.team
    'front'

    Attributes:
        when: Which cases; a condition that asks for nothing is refused. `otherwise`, in the last route, stands for
            every case that no other route has taken.
        to: Where they go.

    .. versionadded:: 0.1.0
    """

    when: Match | Literal["otherwise"] = attrs.field(validator=part(_condition), metadata={WORDS: (OTHERWISE,)})
    to: Destination = attrs.field(validator=part(instance_of(Destination, "a Destination")))

    @property
    def is_default(self) -> bool:
        """Whether it takes what no other route has taken."""
        return self.condition is None

    @property
    def condition(self) -> Match | None:
        """The condition; None for the default."""
        return self.when if isinstance(self.when, Match) else None

    def resolved(self, priorities: tuple[str, ...]) -> Self:
        """Give the same route with comparisons of priorities replaced by the priorities meant."""
        return self if self.condition is None else attrs.evolve(self, when=self.condition.resolved(priorities))


@attrs.frozen
class RouteByRules:
    """
    Send a new case where the first rule that meets it says.

    It is the first, not the strictest: a destination is no more or less than another one, so that only the order of the
    rules can say which is meant.

    Conditions see the case as it would be opened at its default tier. The order of priorities, which `at_least` and
    `at_most` need, is the process's: `resolved` works it in.

    Attributes:
        routes: The rules, in order; at least one.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.route-by-rules"
    revision: ClassVar[int] = 1

    routes: tuple[Route, ...] = attrs.field(converter=tuple_of, validator=part(_routes), metadata={PARTS: Route})

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The facts of which the rules speak."""
        return needs_of_all(route.condition for route in self.routes)

    def route(self, situation: Situation, /) -> Destination | None:
        """
        Give the destination of the first rule whose condition holds; None where no rule speaks of the case.

        Raises:
            PolicyConfigError: A rule compares the order of priorities, and was not `resolved` before.
        """
        case = situation.case
        return next((to for holds, to in self._compiled if holds(case)), None)

    def resolved(self, priorities: tuple[str, ...]) -> Self:
        """Give the same rules with comparisons of priorities replaced by the priorities meant."""
        return attrs.evolve(self, routes=[route.resolved(priorities) for route in self.routes])

    def because(self, situation: Situation, /) -> Sequence[Reason]:
        """Say which routes do not hold, and which comparisons of theirs; and which one counts."""
        said: list[Reason] = []
        for number, route in enumerate(self.routes, start=1):
            failing = () if route.condition is None else route.condition.failing(situation.case)
            if not failing:
                to = str(Place(route.to.tier, route.to.team))
                return (*said, Reason("route.taken", {"rule": number, "to": to}))
            listed = ", ".join(str(test) for test in failing)
            said.append(Reason("route.rejected", {"rule": number, "failing": listed}))
        return tuple(said)

    def shadows(self) -> Iterator[Shadow]:
        """Find routes that can never be taken."""
        return shadows([(f"routes[{number}]", route.condition) for number, route in enumerate(self.routes)])

    @cached_property
    def _compiled(self) -> tuple[tuple[Predicate, Destination], ...]:
        return tuple((holds(route.condition), route.to) for route in self.routes)
