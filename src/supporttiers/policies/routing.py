"""Routing: where a new case should go."""

from functools import cached_property
from typing import ClassVar, Self

import attrs

from supporttiers._fields import PARTS, instance_of, part, tuple_of, type_name
from supporttiers.decisions import Destination, Situation
from supporttiers.match import Match, Predicate, facts_in


def _condition(value: object) -> str | None:
    if not isinstance(value, Match):
        return f"must be a Match, not {type_name(value)}"
    if value.is_empty:
        return "is empty, and would send every case this way; say which cases are meant"
    return None


def _routes(value: object) -> str | None:
    if not isinstance(value, tuple) or not all(isinstance(route, Route) for route in value):
        return "must be a collection of Route"
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
        when: Which cases; a condition that asks for nothing is refused.
        to: Where they go.

    .. versionadded:: 0.1.0
    """

    when: Match = attrs.field(validator=part(_condition))
    to: Destination = attrs.field(validator=part(instance_of(Destination, "a Destination")))


@attrs.frozen
class RouteByRules:
    """
    Send a new case where the first rule that meets it says.

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
        return tuple(dict.fromkeys(fact for route in self.routes for fact in facts_in(route.when)))

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
        return attrs.evolve(
            self, routes=[attrs.evolve(route, when=route.when.resolved(priorities)) for route in self.routes]
        )

    @cached_property
    def _compiled(self) -> tuple[tuple[Predicate, Destination], ...]:
        return tuple((route.when.compile(), route.to) for route in self.routes)
