"""Hand-off: what must be handed in before a case moves on."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import ClassVar, Final, Self

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import PARTS, at_least, flag, optional, part, tuple_of
from supporttiers.actors import ActorKind
from supporttiers.cases import Case
from supporttiers.decisions import Refusal, Situation
from supporttiers.errors import PolicyConfigError
from supporttiers.match import facts_in, inside
from supporttiers.policies.scope import (
    TRIGGERS,
    Reference,
    Scope,
    names,
    needs_of_rules,
    references_of,
    some_of,
    some_verbs,
    verbs_of,
)
from supporttiers.reasons import Reason

MOVES: Final = ("escalate", "hand_back", "transfer")
"""The verbs by which a case is handed on."""

_OTHERS: Final = tuple(trigger for trigger in TRIGGERS if trigger not in MOVES)
_WANTS: Final = ("attributes", "facts", "tags", "attachments", "media_types")


@attrs.frozen(kw_only=True)
class Requirement(Scope):
    """
    What must be there before a case is handed on.

    >>> Requirement(into=[3], name="logs", media_types=["text/*"]).verbs
    ('escalate',)

    Attributes:
        name: What people call it, such as `logs`; what is missing is listed by its parts when left out.
        attributes: Attributes of the case that must be there, and not be empty.
        facts: Facts that must be there, and not be empty or false; dotted, such as `contract.level`.
        tags: Tags that the case must have.
        attachments: How many attachments it must have, at least.
        media_types: Of each of these types it must have an attachment; `text/*` stands for all texts.
        one_is_enough: Whether one of all these is enough.
        verbs: The moves that it is about.
        tiers: Only where the case stands at one of these levels; anywhere when empty.
        into: Only moves into one of these levels; any move when empty.
        skipping: Only moves that pass over a tier.
        when: Only cases that meet this condition, as they are before the move; all of them when left out.
        kinds: Only moves by these kinds of actors; anybody's when empty.
        roles: Only moves by actors with one of these roles; anybody's when empty.

    .. versionadded:: 0.1.0
    """

    verbs: tuple[str, ...] = attrs.field(
        default=("escalate",), converter=tuple_of, validator=part(some_verbs(without=_OTHERS))
    )
    name: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    attributes: tuple[str, ...] = names("names")
    facts: tuple[str, ...] = names("names")
    tags: tuple[str, ...] = names("tags")
    attachments: int = attrs.field(default=0, validator=part(at_least(0, fields.MAX_ATTACHMENTS)))
    media_types: tuple[str, ...] = names("types")
    one_is_enough: bool = attrs.field(default=False, validator=part(flag))

    def __attrs_post_init__(self) -> None:
        """Refuse what wants nothing."""
        if not any(getattr(self, want) for want in _WANTS):
            raise PolicyConfigError("Requirement.name", f"wants nothing; give at least one of: {', '.join(_WANTS)}")

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts that it looks at."""
        return (*facts_in(self.when), *(fact.split(".")[0] for fact in self.facts))

    @property
    def wanted(self) -> str:
        """What it wants, in words."""
        joined = (" or " if self.one_is_enough else ", ").join(label for label, _ in self._parts(None))
        return self.name or joined

    def missing(self, case: Case) -> tuple[str, ...]:
        """Give what a case does not have of it; empty where nothing is missing."""
        parts = list(self._parts(case))
        lacking = tuple(label for label, there in parts if not there)
        if not lacking or (self.one_is_enough and len(lacking) < len(parts)):
            return ()
        return (self.wanted,) if self.name or self.one_is_enough else lacking

    def _parts(self, case: Case | None) -> Iterator[tuple[str, bool]]:
        """Give each thing that is wanted, and whether a case has it."""
        for key in self.attributes:
            yield key, case is not None and _is_there(case.attributes.get(key))
        for fact in self.facts:
            yield fact, case is not None and _is_there(inside(case.facts, fact.split(".")))
        for tag in self.tags:
            yield f"tag {tag}", case is not None and tag in case.tags
        if self.attachments:
            count = f"{self.attachments} attachments" if self.attachments > 1 else "an attachment"
            yield count, case is not None and len(case.attachments) >= self.attachments
        for media_type in self.media_types:
            yield f"attachment {media_type}", case is not None and _has_file(case, media_type)


def _is_there(value: object) -> bool:
    """Zero is something; nothing, an empty text or table, and false are not."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value is not False and value not in ([], {})


def _has_file(case: Case, media_type: str) -> bool:
    return any(fnmatchcase((file.media_type or "").lower(), media_type.lower()) for file in case.attachments)


@attrs.frozen
class PermitByHandOff:
    """
    Let a case be handed on only with what the next tier needs.

    It binds people: a move is refused, with the list of all that is missing. The clock moves the case all the same, and
    what was missing is recorded on the move, unless `bind_clock` says otherwise.

    Attributes:
        requirements: What is needed; at least one. All that are about a move must be met.
        bind_clock: Whether the clock is refused, too.

    .. versionadded:: 0.1.0
    """

    name: ClassVar[str] = "supporttiers.permit-by-hand-off"
    revision: ClassVar[int] = 1

    requirements: tuple[Requirement, ...] = attrs.field(
        converter=tuple_of, validator=part(some_of(Requirement)), metadata={PARTS: Requirement}
    )
    bind_clock: bool = attrs.field(default=False, validator=part(flag))

    @property
    def needs(self) -> tuple[str, ...]:
        """The facts of which the requirements speak."""
        return needs_of_rules(self.requirements)

    @cached_property
    def verbs(self) -> frozenset[str]:
        """The verbs about which it is asked."""
        return verbs_of(self.requirements)

    def permit(self, situation: Situation, /) -> Refusal | None:
        """Give what is missing for a move, or None."""
        about = (rule for rule in self.requirements if rule.is_about(situation) and rule.names_actor(situation.by))
        missing = tuple(dict.fromkeys(word for rule in about for word in rule.missing(situation.case)))
        if not missing:
            return None
        params = {"tier": None if situation.to is None else situation.to.tier, "missing": ", ".join(missing)}
        by_clock = situation.by.kind is ActorKind.SYSTEM
        return Refusal(Reason("permit.missing", params), missing, binding=self.bind_clock or not by_clock)

    def because(self, situation: Situation, /) -> Sequence[Reason]:
        """Say what is wanted of the case as it is, and what of that is missing."""
        return tuple(
            _said(rule, rule.missing(situation.case)) for rule in self.requirements if rule.is_about_case(situation)
        )

    def resolved(self, priorities: tuple[str, ...]) -> Self:
        """Give the same requirements with comparisons of priorities replaced by the priorities meant."""
        return attrs.evolve(self, requirements=[rule.resolved(priorities) for rule in self.requirements])

    def references(self) -> Iterator[Reference]:
        """Give the names that must lead somewhere."""
        return references_of("requirements", self.requirements)


def _said(rule: Requirement, missing: Sequence[str]) -> Reason:
    params = {"what": rule.what, "wanted": rule.wanted}
    if not missing:
        return Reason("permit.wants", params)
    return Reason("permit.wants_missing", {**params, "missing": ", ".join(missing)})
