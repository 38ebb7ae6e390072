"""Targets: how much working time a limit allows, by contract or by anything else that is known."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PARTS, optional, part, tuple_of
from supporttiers.calendars.targets import Target, target_text
from supporttiers.decisions import Situation
from supporttiers.limits import ANY_PRIORITY, check_targets, targets_of
from supporttiers.match import Match
from supporttiers.policies.conditions import WithCondition, condition, holds
from supporttiers.policies.coverage import Shadow, shadows
from supporttiers.policies.scope import Reference, WithRules, some_of
from supporttiers.reasons import Reason


def _target(value: object) -> object:
    return targets_of(value, "TargetRule.target")


@attrs.frozen(kw_only=True)
class TargetRule(WithCondition):
    """
    One rule: of which limit, for which cases, and how much working time it allows them.

    >>> from supporttiers.match import Match
    >>> TargetRule(limit="resolve", when=Match({"facts.contract.level": "gold"}), target="4h").target["*"]
    datetime.timedelta(seconds=14400)

    Attributes:
        limit: The name of the limit.
        when: Which cases; all of them when left out.
        target: What is allowed, as a limit says it (`4h`, `2 business days`): one, or one for each priority with `*`
            for the rest.

    .. versionadded:: 0.1.0
    """

    limit: str = attrs.field(validator=part(fields.name))
    when: Match | None = attrs.field(default=None, validator=part(optional(condition)))
    target: Mapping[str, Target] = attrs.field(converter=_target, validator=part(check_targets), hash=False)

    def target_for(self, priority: str | None) -> Target | None:
        """Give the working time allowed at a priority; None where the rule has none for it."""
        return self.target.get(priority or ANY_PRIORITY, self.target.get(ANY_PRIORITY))


@attrs.frozen
class TargetByRules(WithRules):
    """
    Let a limit allow what the first rule says that is about the limit, holds for the case, and has its priority.

    Where no rule does, the limit's own target counts. It is asked when a stopwatch starts, and again when the case's
    priority, customer, kind or category is amended, or what is known of it from outside has changed; what becomes of
    the time that has passed by then is the limit's `on_priority_change`.

    Attributes:
        rules: The rules, in order; at least one.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.target-by-rules"
    revision: ClassVar[int] = 1

    rules: tuple[TargetRule, ...] = attrs.field(
        converter=tuple_of, validator=part(some_of(TargetRule)), metadata={PARTS: TargetRule}
    )

    def target(self, situation: Situation, /) -> Target | None:
        """Give the working time that a limit allows a case; None where no rule speaks of it."""
        taken = self._taken(situation)
        return None if taken is None else self.rules[taken].target_for(situation.case.priority)

    def because(self, situation: Situation, /) -> Sequence[Reason]:
        """Say which rules about the limit do not hold, and which one counts."""
        said: list[Reason] = []
        taken = self._taken(situation)
        for number, rule in enumerate(self.rules):
            params: dict[str, object] = {"rule": number + 1, "limit": rule.limit}
            if number == taken:
                target = rule.target_for(situation.case.priority)
                told = "" if target is None else target_text(target)
                return (*said, Reason("target.taken", {**params, "target": told}))
            if rule.limit == situation.limit:
                failing = [] if rule.when is None else [str(test) for test in rule.when.failing(situation.case)]
                why = ", ".join(failing) or f"a target for priority {situation.case.priority!r}"
                said.append(Reason("target.rejected", {**params, "failing": why}))
        return tuple(said)

    def _taken(self, situation: Situation) -> int | None:
        case = situation.case
        return next(
            (
                number
                for number, rule in enumerate(self.rules)
                if rule.limit == situation.limit
                and holds(rule.when)(case)
                and rule.target_for(case.priority) is not None
            ),
            None,
        )

    def references(self) -> Iterator[Reference]:
        """Give the names that must lead somewhere."""
        for number, rule in enumerate(self.rules):
            yield Reference(f"rules[{number}].limit", "limit", rule.limit)
            for priority in rule.target:
                if priority != ANY_PRIORITY:
                    yield Reference(f"rules[{number}].target.{priority}", "priority", priority)

    def shadows(self) -> Iterator[Shadow]:
        """Find rules that can never be taken: behind one about the same limit that has a target for every priority."""
        for limit in dict.fromkeys(rule.limit for rule in self.rules):
            mine = [(f"rules[{number}]", rule) for number, rule in enumerate(self.rules) if rule.limit == limit]
            whole = [(place, rule.when) for place, rule in mine if ANY_PRIORITY in rule.target]
            for place, rule in mine:
                before = [(other, when) for other, when in whole if _number(other) < _number(place)]
                yield from (shadow for shadow in shadows([*before, (place, rule.when)]) if shadow.place == place)


def _number(place: str) -> int:
    return int(place[6:-1])
