"""Priority: how urgent a case is, by impact and urgency, and by what is known of its customer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PARTS, optional, part, tuple_of, type_name
from supporttiers.cases import Case
from supporttiers.decisions import Situation
from supporttiers.errors import PolicyConfigError
from supporttiers.match import Match, facts_in
from supporttiers.policies.conditions import condition, holds
from supporttiers.policies.coverage import Shadow, shadows
from supporttiers.policies.scope import Reference, needs_of_rules
from supporttiers.reasons import Reason

_WAYS: Final = ("priority", "at_least", "step")


@attrs.frozen(kw_only=True)
class PriorityRule:
    """
    One rule: which cases, and what it makes of their priority; exactly one of the last three is given.

    >>> from supporttiers.match import Match
    >>> PriorityRule(when=Match({"facts.contract.level": "gold"}), step=1).step
    1

    Attributes:
        when: Which cases; a condition that asks for nothing is refused.
        priority: This one.
        at_least: This one, or what the matrix says if that is higher.
        step: So many steps above what the matrix says, or below it; never beyond the highest or the lowest.

    .. versionadded:: 0.1.0
    """

    when: Match = attrs.field(validator=part(condition))
    priority: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    at_least: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    step: int | None = attrs.field(default=None, validator=part(optional(fields.at_least(-50, 50))))

    def __attrs_post_init__(self) -> None:
        """Check what belongs together."""
        said = [way for way in _WAYS if getattr(self, way) is not None]
        if len(said) != 1 or self.step == 0:
            told = "a step of 0, which changes nothing" if self.step == 0 else ", ".join(said) or "none of them"
            raise PolicyConfigError("PriorityRule.priority", f"give one of: {', '.join(_WAYS)}; it has {told}")

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts of which the rule speaks."""
        return facts_in(self.when)

    def applied(self, base: str, order: Sequence[str]) -> str:
        """Give what the rule makes of a priority."""
        if self.step is not None:
            return order[min(max(order.index(base) + self.step, 0), len(order) - 1)]
        if self.at_least is not None:
            return max(base, self.at_least, key=order.index)
        return self.priority or base


Matrix = Mapping[str, Mapping[str, str]]


def _matrix(value: Any) -> Any:  # noqa: ANN401 - anything may come
    if not isinstance(value, Mapping):
        return value
    return {row: dict(cells) if isinstance(cells, Mapping) else cells for row, cells in value.items()}


def _check_matrix(value: object) -> str | None:
    if not isinstance(value, Mapping):
        return f"must be a table of rows by impact, not {type_name(value)}"
    for row, cells in value.items():
        problem = fields.name(row) or _check_row(cells)
        if problem:
            return f"has a row {row!r} that {problem}"
    columns = {column: None for cells in value.values() for column in cells}
    gaps = [f"{row}.{column}" for row, cells in value.items() for column in columns if column not in cells]
    return f"has no priority for {', '.join(gaps)}; every row names the same urgencies" if gaps else None


def _check_row(cells: object) -> str | None:
    if not isinstance(cells, Mapping) or not cells:
        return "must be a table of priorities by urgency, and not empty"
    return next((problem for cell in (*cells, *cells.values()) if (problem := fields.name(cell))), None)


def _rules(value: object) -> str | None:
    if not isinstance(value, tuple) or not all(isinstance(rule, PriorityRule) for rule in value):
        return "must be a collection of PriorityRule"
    return None


@attrs.frozen
class PrioritiseByRules:
    """
    Give a case a priority by its impact and urgency, and by rules.

    The matrix says what impact and urgency come to. The first rule whose condition holds makes something of that; where
    the matrix says nothing (the case has no impact or urgency, or one that no row or column has), of the process's
    default priority. Where the matrix says nothing and no rule holds, there is no opinion.

    It is asked when a case is opened, and when its impact, urgency, customer, kind or category is amended, unless a
    priority is named then. Conditions see the case with the process's default priority, so that a step is never taken
    twice.

    Attributes:
        matrix: Rows by impact; in each the priorities by urgency. Every row names the same urgencies.
        rules: In order.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.prioritise-by-rules"
    revision: ClassVar[int] = 1

    matrix: Matrix = attrs.field(factory=dict, converter=_matrix, validator=part(_check_matrix), hash=False)
    rules: tuple[PriorityRule, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(_rules), metadata={PARTS: PriorityRule}
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what never has an opinion."""
        if not self.matrix and not self.rules:
            raise PolicyConfigError(f"{type(self).__name__}.rules", "is empty; give rules, a matrix, or both")

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts of which the rules speak."""
        return needs_of_rules(self.rules)

    def prioritise(self, situation: Situation, /) -> str | None:
        """
        Give the priority, or None where neither matrix nor rules speak of the case.

        Raises:
            PolicyConfigError: The order of priorities has not been `resolved` before.
        """
        return self.answer(situation.case, ())

    def answer(self, case: Case, order: Sequence[str]) -> str | None:
        """
        Give the priority of a case, as `prioritise` does.

        Raises:
            PolicyConfigError: There is no order, and a rule needs one.
        """
        cell, rule = self._cell(case), self._rule(case)
        if rule is None:
            return cell
        if not order and rule[1].priority is None:
            raise PolicyConfigError("priority", "has no order; resolve the policy with the process's priorities first")
        return rule[1].applied(cell or case.priority or "", order)

    def because(self, situation: Situation, /) -> Sequence[Reason]:
        """Say what the matrix says, which rules do not hold, and which one counts."""
        return self.story(situation.case, ())

    def story(self, case: Case, order: Sequence[str]) -> Sequence[Reason]:
        """Say it of a case, as `because` does."""
        cell, taken = self._cell(case), self._rule(case)
        said = [
            Reason("priority.no_cell", {"impact": case.impact, "urgency": case.urgency})
            if cell is None
            else Reason("priority.cell", {"impact": case.impact, "urgency": case.urgency, "priority": cell})
        ] * bool(self.matrix)
        for number, rule in enumerate(self.rules):
            if taken is not None and number == taken[0]:
                return (*said, Reason("priority.taken", {"rule": number + 1, "priority": self.answer(case, order)}))
            failing = ", ".join(str(test) for test in rule.when.failing(case))
            said.append(Reason("priority.rejected", {"rule": number + 1, "failing": failing}))
        return tuple(said)

    def _cell(self, case: Case) -> str | None:
        return self.matrix.get(case.impact or "", {}).get(case.urgency or "")

    def _rule(self, case: Case) -> tuple[int, PriorityRule] | None:
        return next(((number, rule) for number, rule in enumerate(self.rules) if holds(rule.when)(case)), None)

    def resolved(self, priorities: tuple[str, ...]) -> "InOrder":
        """Give the same rules with the order of priorities worked in."""
        rules = [attrs.evolve(rule, when=rule.when.resolved(priorities)) for rule in self.rules]
        return InOrder(attrs.evolve(self, rules=rules), priorities)

    def references(self) -> Iterator[Reference]:
        """Give the names that must lead somewhere."""
        for row, cells in self.matrix.items():
            for column, priority in cells.items():
                yield Reference(f"matrix.{row}.{column}", "priority", priority)
        for number, rule in enumerate(self.rules):
            for way in ("priority", "at_least"):
                if getattr(rule, way) is not None:
                    yield Reference(f"rules[{number}].{way}", "priority", getattr(rule, way))

    def shadows(self) -> Iterator[Shadow]:
        """Find rules that can never be taken."""
        return shadows([(f"rules[{number}]", rule.when) for number, rule in enumerate(self.rules)])


@attrs.frozen
class InOrder:
    """
    The rules of a process that knows the order of its priorities; it makes this for its own use.

    Attributes:
        plain: The rules.
        order: The priorities from the lowest to the highest.
    """

    name: ClassVar[str] = PrioritiseByRules.name
    revision: ClassVar[int] = PrioritiseByRules.revision

    plain: PrioritiseByRules
    order: tuple[str, ...]

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts of which the rules speak."""
        return self.plain.needs

    def prioritise(self, situation: Situation, /) -> str | None:
        """Give the priority, or None where neither matrix nor rules speak of the case."""
        return self.plain.answer(situation.case, self.order)

    def shadows(self) -> Iterator[Shadow]:
        """Find rules that can never be taken."""
        return self.plain.shadows()

    def because(self, situation: Situation, /) -> Sequence[Reason]:
        """Say what the matrix says, which rules do not hold, and which one counts."""
        return self.plain.story(situation.case, self.order)
