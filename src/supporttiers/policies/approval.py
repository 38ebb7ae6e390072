"""Approval: which commands wait until somebody approves them."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PARTS, optional, part, tuple_of
from supporttiers.decisions import Hold, Situation
from supporttiers.policies.scope import (
    Reference,
    Scope,
    WithRules,
    references_of,
    some,
    some_of,
    some_verbs,
    verbs_of,
)
from supporttiers.reasons import Reason

ANSWERS: Final = ("approve", "decline")
"""The verbs that answer an approval: they wait for none themselves."""


@attrs.frozen(kw_only=True)
class ApprovalRule(Scope):
    """
    One rule: which commands need whose approval.

    >>> ApprovalRule(verbs=["dispatch"], approvers=["purchasing"]).approvers
    ('purchasing',)

    Attributes:
        verbs: Such as `escalate`; at least one.
        approvers: Roles or ids of those who may approve; any manager when empty.
        text: What is to be approved, in the words of the process.
        tiers: Only where the case stands at one of these levels; anywhere when empty.
        into: Only moves into one of these levels; any command when empty.
        skipping: Only moves that pass over a tier.
        when: Only cases that meet this condition, as they are before the command; all of them when left out.
        kinds: Only commands of these kinds of actors, such as `system` for the clock; anybody's when empty.
        roles: Only commands of actors with one of these roles; anybody's when empty.

    .. versionadded:: 0.1.0
    """

    verbs: tuple[str, ...] = attrs.field(converter=tuple_of, validator=part(some_verbs(without=ANSWERS)))
    approvers: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=some("roles"))
    text: str | None = attrs.field(default=None, validator=part(optional(fields.name)))


@attrs.frozen
class PermitByApproval(WithRules):
    """
    Let commands wait until somebody approves them.

    The first rule that is about a command holds it: it is not carried out yet, and the case waits for approval. Nobody
    approves what they asked for themselves, and no requester what is for them.

    Attributes:
        rules: The rules, in order; at least one.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.permit-by-approval"
    revision: ClassVar[int] = 1

    rules: tuple[ApprovalRule, ...] = attrs.field(
        converter=tuple_of, validator=part(some_of(ApprovalRule)), metadata={PARTS: ApprovalRule}
    )

    @cached_property
    def verbs(self) -> frozenset[str]:
        """The verbs about which it is asked."""
        return verbs_of(self.rules)

    def permit(self, situation: Situation, /) -> Hold | None:
        """Give whose approval a command needs, or None."""
        rule = next((rule for rule in self.rules if rule.is_about(situation) and rule.names_actor(situation.by)), None)
        return None if rule is None else Hold(_reason(rule), rule.approvers)

    def because(self, situation: Situation, /) -> Sequence[Reason]:
        """Say which commands on the case as it is need whose approval."""
        return tuple(
            Reason("permit.rule_approval", {"what": rule.what, "who": rule.whom, "approvers": _approvers(rule)})
            for rule in self.rules
            if rule.is_about_case(situation)
        )

    def references(self) -> Iterator[Reference]:
        """Give the names that must lead somewhere."""
        return references_of("rules", self.rules)


def _reason(rule: ApprovalRule) -> Reason:
    if rule.text is not None:
        return Reason("permit.text", {"text": rule.text})
    return Reason("permit.approval", {"what": rule.what, "approvers": _approvers(rule)})


def _approvers(rule: ApprovalRule) -> str:
    return " or ".join(rule.approvers) or "a manager"
