"""Who acts: customers, agents, managers, vendors, assistants, and the system itself; and who works in the house."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Self

import attrs

from supporttiers._fields import (
    PRIVATE,
    at_least,
    each,
    given,
    instance_of,
    language,
    name,
    one_of,
    optional,
    part,
    quiet_hours,
    subject,
    tuple_of,
    type_name,
    zone,
)


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


# -- how much work they take


class Availability(StrEnum):
    """Whether an agent takes work: now, only where nobody else is there, or not before they come back."""

    ACTIVE = "active"
    AWAY = "away"
    OFFLINE = "offline"


OTHER_CHANNELS: Final = "*"
"""In capacities: every channel that is not named."""

_MAX_CAPACITY: Final = 1_000_000
_MAX_ADDRESSES: Final = 50
_words: Final = each(name, at_most=1000, what="names")
_roles: Final = each(name, at_most=50, what="roles")
_somebody: Final = optional(name)


def _availability(value: object) -> object:
    known = {each.value: each for each in Availability}
    return known.get(value, value) if isinstance(value, str) else value


def _capacity(value: Any) -> Any:  # noqa: ANN401 - anything may come
    if isinstance(value, int) and not isinstance(value, bool):
        return {OTHER_CHANNELS: value}
    return dict(value) if isinstance(value, Mapping) else value


def _capacities(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return f"must be a whole number, or a table of one for each channel, not {type_name(value)}"
    count = at_least(0, _MAX_CAPACITY)
    for channel, cases in value.items():
        if problem := name(channel):
            return f"has a channel that {problem}"
        if problem := count(cases):
            return f"under {channel!r} {problem}"
    return None


# -- where people are reached


def _addresses(value: object) -> str | None:
    if not isinstance(value, Mapping):
        return f"must be a table of an address for each way, such as email, not {type_name(value)}"
    for way, address in value.items():
        if problem := name(way) or subject(address):
            return f"has an entry that {problem}"
    return None if len(value) <= _MAX_ADDRESSES else f"has {len(value)} entries; at most {_MAX_ADDRESSES} are possible"


def _table(value: Any) -> Any:  # noqa: ANN401 - anything may come
    return dict(value) if isinstance(value, Mapping) else value


@attrs.frozen(kw_only=True)
class Contact:
    """
    Somebody who is to be told, and how they are reached.

    >>> anna = Contact(id="anna", addresses={"email": "anna@example.org"}, language="de")
    >>> str(anna), anna.addresses["email"]
    ('anna', 'anna@example.org')

    Attributes:
        id: By which cases and directories know them.
        name: What people call them.
        addresses: One for each way, such as `email` or `sms`: whatever your notifiers read.
        language: In which they are told, such as `de` or `pt-BR`; empty where nobody has said.
        quiet_hours: When they are not to be disturbed, every day: `22:00-07:00`; empty where nobody has said.
        zone: The time zone of these hours: `Europe/Berlin`; empty for that of the process.

    Raises:
        InputError: A field cannot be so; the error names it.

    .. versionadded:: 0.1.0
    """

    id: str = attrs.field(validator=given(name))
    name: str = attrs.field(default="", validator=given(subject), repr=False)
    addresses: Mapping[str, str] = attrs.field(
        factory=dict, converter=_table, validator=given(_addresses), hash=False, repr=False
    )
    language: str = attrs.field(default="", validator=given(language))
    quiet_hours: str = attrs.field(default="", validator=given(quiet_hours))
    zone: str = attrs.field(default="", validator=given(zone))

    def __str__(self) -> str:
        """Give the id."""
        return self.id


# -- who works in the house


@attrs.frozen(kw_only=True)
class Agent:
    """
    Somebody of the house, as a directory knows them: what they can do, and how much work they take.

    >>> Agent(id="anna", teams=["network"], skills=["vpn"], capacity={"chat": 2, "*": 5}).room({"chat": 2}, "chat")
    0
    >>> Agent(id="bob", capacity=5).room({"chat": 2, "mail": 1}, "chat")
    2

    Attributes:
        id: By which cases and commands know them.
        name: What people call them.
        teams: The teams for which they take cases.
        skills: What they can do, in words of your own.
        roles: What they may do, in words of your own; permission policies speak of them.
        availability: `active`, `away` or `offline`.
        capacity: How many open cases they take at once: a number, or one for each channel with `*` for all the others
            together; a channel without one, and None, mean any number.
        manager: Who is told when something of theirs goes wrong.
        on_call: The teams whose calls they take now.
        manages: The teams whose manager they are.
        addresses: How they are reached: one for each way, such as `email`.
        language: In which they are told, such as `de` or `pt-BR`.
        quiet_hours: When they are not to be disturbed, every day: `22:00-07:00`.
        zone: The time zone of these hours: `Europe/Berlin`; that of the process where it is left out.

    Raises:
        PolicyConfigError: A field cannot be so; the error names it.

    .. versionadded:: 0.1.0
    """

    id: str = attrs.field(validator=part(name))
    name: str = attrs.field(default="", validator=part(subject))
    teams: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=part(_words))
    skills: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=part(_words))
    roles: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=part(_roles))
    availability: Availability = attrs.field(
        default=Availability.ACTIVE, converter=_availability, validator=part(one_of(tuple(Availability)))
    )
    capacity: Mapping[str, int] | None = attrs.field(
        default=None, converter=_capacity, validator=part(_capacities), hash=False
    )
    manager: str | None = attrs.field(default=None, validator=part(_somebody))
    on_call: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=part(_words))
    manages: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=part(_words))
    addresses: Mapping[str, str] = attrs.field(
        factory=dict, converter=_table, validator=part(_addresses), hash=False, repr=False
    )
    language: str = attrs.field(default="", validator=part(language))
    quiet_hours: str = attrs.field(default="", validator=part(quiet_hours))
    zone: str = attrs.field(default="", validator=part(zone))

    @property
    def contact(self) -> Contact:
        """How they are told."""
        return Contact(
            id=self.id, name=self.name, addresses=self.addresses, language=self.language,
            quiet_hours=self.quiet_hours, zone=self.zone,
        )  # fmt: skip

    @property
    def actor(self) -> Actor:
        """Who they are when they act: a manager where they manage a team or have the role, else an agent."""
        manager = bool(self.manages) or "manager" in self.roles
        return Actor(self.id, ActorKind.MANAGER if manager else ActorKind.AGENT, self.roles)

    def room(self, open_cases: Mapping[str, int], channel: str | None) -> int | None:
        """
        Say how many more cases of a channel they take.

        Args:
            open_cases: How many they have, by channel.
            channel: That of the next case; None for one that came by none.

        Returns:
            Zero when they are full, and never less; None where there is no bound.
        """
        return room_of(self.capacity, open_cases, channel)


def room_of(capacity: Mapping[str, int] | None, open_cases: Mapping[str, int], channel: str | None) -> int | None:
    """Say how many more cases of a channel a capacity allows; None where there is no bound."""
    capacity = capacity or {}
    if channel is not None and channel in capacity:
        return max(capacity[channel] - open_cases.get(channel, 0), 0)
    if OTHER_CHANNELS not in capacity:
        return None
    others = sum(count for other, count in open_cases.items() if other not in capacity or other == OTHER_CHANNELS)
    return max(capacity[OTHER_CHANNELS] - others, 0)
