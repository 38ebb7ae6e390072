"""Scope: which commands of which cases a rule is about, and whose."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, Self

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, each, flag, instance_of, one_of, optional, part, tuple_of
from supporttiers.actors import Actor, ActorKind
from supporttiers.commands import COMMANDS
from supporttiers.decisions import Situation
from supporttiers.match import Match
from supporttiers.policies.conditions import WithCondition, condition, holds

TRIGGERS: Final = tuple(kind.trigger for kind in COMMANDS)
"""The verbs that a rule can be about."""

_KINDS: Final = {kind.value: kind for kind in ActorKind}


def _kinds(value: Any) -> Any:  # noqa: ANN401 - anything may come
    items = tuple_of(value)
    if not isinstance(items, tuple):
        return items
    return tuple(_KINDS.get(item, item) if isinstance(item, str) else item for item in items)


def some_verbs(*, without: Iterable[str] = ()) -> fields.Check:
    """Make a check for a list of verbs, at least one."""
    known = each(one_of([trigger for trigger in TRIGGERS if trigger not in without]), at_most=50, what="verbs")

    def check(value: object) -> str | None:
        return known(value) or ("is empty; name at least one verb" if value == () else None)

    return check


LEVELS: Final = part(each(at_least(0, 99), at_most=99, what="levels"))
"""Validates levels of tiers."""


def some(what: str) -> Callable[..., None]:
    """Make a validator for a list of names."""
    return part(each(fields.name, at_most=50, what=what))


@attrs.frozen(kw_only=True)
class Scope(WithCondition):
    """
    Which commands of which cases a rule is about, and whose: everything that is said must fit.

    Attributes:
        verbs: Such as `escalate`; at least one.
        tiers: Only where the case stands at one of these levels; anywhere when empty.
        into: Only moves into one of these levels; any command when empty.
        skipping: Only moves that pass over a tier.
        when: Only cases that meet this condition, as they are before the command; all of them when left out.
        kinds: Only commands of these kinds of actors, such as `agent`, or `system` for the clock; anybody's when empty.
        roles: Only commands of actors with one of these roles; anybody's when empty.
    """

    verbs: tuple[str, ...] = attrs.field(converter=tuple_of, validator=part(some_verbs()))
    tiers: tuple[int, ...] = attrs.field(default=(), converter=tuple_of, validator=LEVELS)
    into: tuple[int, ...] = attrs.field(default=(), converter=tuple_of, validator=LEVELS)
    skipping: bool = attrs.field(default=False, validator=part(flag))
    when: Match | None = attrs.field(default=None, validator=part(optional(condition)))
    kinds: tuple[ActorKind, ...] = attrs.field(
        default=(),
        converter=_kinds,
        validator=part(
            each(instance_of(ActorKind, "one of: " + ", ".join(ActorKind)), at_most=len(ActorKind), what="kinds")
        ),
    )
    roles: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=some("roles"))

    def is_about(self, situation: Situation) -> bool:
        """Say whether the rule is about a command, whoever gives it."""
        to = situation.to
        return (
            situation.trigger in self.verbs
            and (not self.into or (to is not None and to.tier in self.into))
            and (not self.skipping or bool(situation.skipped))
            and self.is_about_case(situation)
        )

    def is_about_case(self, situation: Situation) -> bool:
        """Say whether the rule is about some commands of a case."""
        return (not self.tiers or situation.case.tier in self.tiers) and holds(self.when)(situation.case)

    def names_actor(self, by: Actor) -> bool:
        """Say whether an actor is one of those whom the rule names; where it names nobody, everybody is."""
        has_role = not self.roles or not set(self.roles).isdisjoint(by.roles)
        return has_role and (not self.kinds or by.kind in self.kinds)

    @property
    def whom(self) -> str:
        """Say whom it names, in words."""
        kinds, roles = " or ".join(self.kinds), " or ".join(self.roles)
        return f"{kinds or 'anybody'} with role {roles}" if roles else kinds or "anybody"

    @property
    def what(self) -> str:
        """Say which commands it is about, in words."""
        places = f" into tier {_listed(self.into)}" if self.into else ""
        return f"{_listed(self.verbs)}{places}{' past a tier' if self.skipping else ''}"


def _listed(values: Iterable[object]) -> str:
    return " or ".join(str(value) for value in values)


@lru_cache(maxsize=256)
def needs_of_rules(rules: tuple[Any, ...]) -> tuple[str, ...]:
    """Give the facts of which rules speak."""
    return tuple(dict.fromkeys(fact for rule in rules for fact in rule.needs))


class WithRules:
    """A policy made of rules, each of which says what it `needs`, and can be `resolved`."""

    __slots__ = ()

    rules: tuple[Any, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts of which the rules speak."""
        return needs_of_rules(self.rules)

    def resolved(self, priorities: tuple[str, ...]) -> Self:
        """Give the same rules with comparisons of priorities replaced by the priorities meant."""
        this: Any = self
        changed: Self = attrs.evolve(this, rules=[rule.resolved(priorities) for rule in self.rules])
        return changed


def verbs_of(rules: Iterable[Scope]) -> frozenset[str]:
    """Give the verbs that rules are about."""
    return frozenset(verb for rule in rules for verb in rule.verbs)


def some_of(kind: type) -> fields.Check:
    """Make a check for a collection of rules, at least one."""

    def check(value: object) -> str | None:
        if not isinstance(value, tuple) or not all(isinstance(rule, kind) for rule in value):
            return f"must be a collection of {kind.__name__}"
        return None if value else "is empty; give at least one, or leave the policy out"

    return check


# -- what a process must know for a policy to make sense


@attrs.frozen
class Reference:
    """
    A name inside a policy that must lead somewhere.

    Attributes:
        place: Inside the policy: `rules[0].tiers`.
        kind: Of what it is a name: `tier`, `priority`, `limit` or `team`.
        name: The name, or the level.
    """

    place: str
    kind: str
    name: object


def references_of(section: str, rules: Iterable[Scope]) -> Iterator[Reference]:
    """Give the tiers that rules name."""
    for number, rule in enumerate(rules):
        for field in ("tiers", "into"):
            for level in getattr(rule, field):
                yield Reference(f"{section}[{number}].{field}", "tier", level)
