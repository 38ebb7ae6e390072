"""Who acts: customers, agents, managers, vendors, assistants, and the system itself."""

from enum import StrEnum
from typing import Final, Self

import attrs

from supporttiers._fields import PRIVATE, each, given, instance_of, name, tuple_of


class ActorKind(StrEnum):
    """What kind of actor; an `assistant` is a bot or an AI, whose answers never count as a first response."""

    CUSTOMER = "customer"
    AGENT = "agent"
    MANAGER = "manager"
    VENDOR = "vendor"
    SYSTEM = "system"
    ASSISTANT = "assistant"


PROVIDERS: Final = frozenset({ActorKind.AGENT, ActorKind.MANAGER, ActorKind.VENDOR})
"""The kinds whose public replies count as the house answering."""


_KINDS: Final = {kind.value: kind for kind in ActorKind}


def _kind(value: object) -> object:
    return _KINDS.get(value, value) if isinstance(value, str) else value


@attrs.frozen
class Actor:
    """
    Somebody, or something, that acts on cases.

    >>> Actor.agent("anna", roles=["lead"])
    Actor(id='anna', kind=<ActorKind.AGENT: 'agent'>, roles=('lead',))

    .. versionadded:: 0.1.0
    """

    id: str = attrs.field(validator=given(name), metadata=PRIVATE)
    kind: ActorKind = attrs.field(
        default=ActorKind.AGENT,
        converter=_kind,
        validator=given(instance_of(ActorKind, "one of: " + ", ".join(ActorKind))),
    )
    roles: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=given(each(name, at_most=50, what="roles"))
    )

    @classmethod
    def customer(cls, id: str) -> Self:
        """Give a customer: a requester, or anybody outside the house who is not a vendor."""
        return cls(id, ActorKind.CUSTOMER)

    @classmethod
    def agent(cls, id: str, *, roles: tuple[str, ...] | list[str] = ()) -> Self:
        """Give a member of the house who works on cases."""
        return cls(id, ActorKind.AGENT, tuple_of(roles))

    @classmethod
    def manager(cls, id: str, *, roles: tuple[str, ...] | list[str] = ()) -> Self:
        """Give a manager."""
        return cls(id, ActorKind.MANAGER, tuple_of(roles))

    @classmethod
    def vendor(cls, id: str) -> Self:
        """Give an outside vendor."""
        return cls(id, ActorKind.VENDOR)

    @classmethod
    def assistant(cls, id: str) -> Self:
        """Give a bot or an AI assistant."""
        return cls(id, ActorKind.ASSISTANT)

    def __str__(self) -> str:
        """Give the id."""
        return self.id


SYSTEM: Final = Actor("system", ActorKind.SYSTEM)
"""The library itself, when time makes something happen."""
