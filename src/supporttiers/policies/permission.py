"""Permission: who may do what."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PARTS, one_of, optional, part, tuple_of
from supporttiers.decisions import Refusal, Situation
from supporttiers.policies.scope import (
    Reference,
    Scope,
    WithRules,
    references_of,
    some_of,
    verbs_of,
)
from supporttiers.reasons import Reason

ALLOW: Final = "allow"
DENY: Final = "deny"


@attrs.frozen(kw_only=True)
class Permission(Scope):
    """
    One rule: who may give which commands on which cases, or who may not.

    >>> Permission(verbs=["close"], kinds=["agent", "manager"]).effect
    'allow'

    Attributes:
        effect: `allow`: these commands are left to those whom this rule, or another one about them, names; `deny`:
            whoever it names may not give them.
        verbs: Such as `escalate`; at least one.
        tiers: Only where the case stands at one of these levels; anywhere when empty.
        into: Only moves into one of these levels; any command when empty.
        skipping: Only moves that pass over a tier.
        when: Only cases that meet this condition, as they are before the command; all of them when left out.
        kinds: Names these kinds of actors, such as `agent`, or `system` for the clock; all of them when empty.
        roles: Names actors with one of these roles; all of them when empty.
        text: Why, in the words of the process; told to whoever is refused.

    .. versionadded:: 0.1.0
    """

    effect: str = attrs.field(default=ALLOW, validator=part(one_of((ALLOW, DENY))))
    text: str | None = attrs.field(default=None, validator=part(optional(fields.name)))


@attrs.frozen
class PermitByRules(WithRules):
    """
    Let commands be given only by those whom the rules name.

    Of the rules that are about a command (by verb, tier, target and condition):

    1. if one with `deny` names the actor, the command is refused;
    2. else, if there are some with `allow`, one of them must name the actor;
    3. else, nothing stands against it: what no rule is about is open to all.

    The clock acts as an actor of kind `system`: leave it out of the rules about `escalate`, and escalation is left to
    people.

    Attributes:
        rules: The rules; at least one. Their order says only which reason is given first.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.permit-by-rules"
    revision: ClassVar[int] = 1

    rules: tuple[Permission, ...] = attrs.field(
        converter=tuple_of, validator=part(some_of(Permission)), metadata={PARTS: Permission}
    )

    @cached_property
    def verbs(self) -> frozenset[str]:
        """The verbs about which it is asked."""
        return verbs_of(self.rules)

    def permit(self, situation: Situation, /) -> Refusal | None:
        """Give what stands against a command, or None."""
        about = [rule for rule in self.rules if rule.is_about(situation)]
        named = [rule for rule in about if rule.names_actor(situation.by)]
        denied = next((rule for rule in named if rule.effect == DENY), None)
        if denied is not None:
            return Refusal(_denied(denied, situation))
        allowing = [rule for rule in about if rule.effect == ALLOW]
        return Refusal(_left_to(allowing, situation.trigger)) if allowing and not named else None

    def because(self, situation: Situation, /) -> Sequence[Reason]:
        """Say what is left to whom, and what is denied to whom, of the case as it is."""
        return tuple(_said(rule) for rule in self.rules if rule.is_about_case(situation))

    def references(self) -> Iterator[Reference]:
        """Give the names that must lead somewhere."""
        return references_of("rules", self.rules)


def _denied(rule: Permission, situation: Situation) -> Reason:
    if rule.text is not None:
        return Reason("permit.text", {"text": rule.text})
    return Reason("permit.denied", {"verb": situation.trigger, "who": rule.whom, "what": rule.what})


def _left_to(rules: Sequence[Permission], verb: str) -> Reason:
    text = next((rule.text for rule in rules if rule.text is not None), None)
    if text is not None:
        return Reason("permit.text", {"text": text})
    return Reason("permit.left_to", {"verb": verb, "who": "; ".join(dict.fromkeys(rule.whom for rule in rules))})


def _said(rule: Permission) -> Reason:
    code = "permit.rule_allow" if rule.effect == ALLOW else "permit.rule_deny"
    return Reason(code, {"what": rule.what, "who": rule.whom})
