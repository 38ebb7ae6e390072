"""Vendors: to whom a case goes that has come to a vendor tier without a vendor of its own."""

from functools import cached_property
from typing import ClassVar, Self

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PARTS, part, tuple_of
from supporttiers.decisions import Situation
from supporttiers.match import Match, Predicate
from supporttiers.policies.conditions import condition, needs_of_all


@attrs.frozen
class VendorRule:
    """
    One rule: which cases, and whose they are.

    Attributes:
        when: Which cases: by product, contract, warranty or the vendor's record, as attributes or facts.
        vendor: The name of the vendor's gateway.

    .. versionadded:: 0.1.0
    """

    when: Match = attrs.field(validator=part(condition))
    vendor: str = attrs.field(validator=part(fields.name))


def _rules(value: object) -> str | None:
    if not isinstance(value, tuple) or not all(isinstance(rule, VendorRule) for rule in value):
        return "must be a collection of VendorRule"
    return None if value else "is empty; give at least one rule, or leave the policy out"


@attrs.frozen
class DispatchByRules:
    """
    Send a case to the vendor of the first rule that meets it.

    It is asked when a case comes to a tier of kind `vendor` that names no vendor. Where no rule speaks of the case,
    management is told, and the case waits at that tier.

    Attributes:
        rules: The rules, in order; at least one.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.dispatch-by-rules"
    revision: ClassVar[int] = 1

    rules: tuple[VendorRule, ...] = attrs.field(
        converter=tuple_of, validator=part(_rules), metadata={PARTS: VendorRule}
    )

    @cached_property
    def needs(self) -> tuple[str, ...]:
        """The facts of which the rules speak."""
        return needs_of_all(rule.when for rule in self.rules)

    def dispatch(self, situation: Situation, /) -> str | None:
        """Give the vendor of the first rule whose condition holds; None where no rule speaks of the case."""
        return next((vendor for holds, vendor in self._compiled if holds(situation.case)), None)

    def resolved(self, priorities: tuple[str, ...]) -> Self:
        """Give the same rules with comparisons of priorities replaced by the priorities meant."""
        return attrs.evolve(
            self, rules=[attrs.evolve(rule, when=rule.when.resolved(priorities)) for rule in self.rules]
        )

    @cached_property
    def _compiled(self) -> tuple[tuple[Predicate, str], ...]:
        return tuple((rule.when.compile(), rule.vendor) for rule in self.rules)
