"""Directories: who is who, who works where, and who takes calls."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from supporttiers.actors import Actor, Agent, Contact


@runtime_checkable
class Directory(Protocol):
    """Knows people."""

    def actor(self, id: str, /) -> Actor | None:
        """Give the actor of an id, or None where nobody is known by it."""
        ...


@runtime_checkable
class AgentDirectory(Directory, Protocol):
    """A directory that also knows who works where: the desk then has the facts `agents` and `workload`."""

    def agent(self, id: str, /) -> Agent | None:
        """Give an agent, or None where nobody of the house is known by this id."""
        ...

    def agents_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[Agent]]:
        """Give the agents of each team, whether they are there or not; a team that is left out has nobody."""
        ...


@runtime_checkable
class OnCallDirectory(Directory, Protocol):
    """A directory that also knows who takes calls: the desk then has the fact `on_call`."""

    def on_call_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """Give the ids of those who take the calls of each team now, the first to be called first."""
        ...


@runtime_checkable
class ManagerDirectory(Directory, Protocol):
    """A directory that also knows managers: the desk then has the fact `manager`."""

    def managers_of(self, teams: Sequence[str], /) -> Mapping[str, str | None]:
        """Give the id of each team's manager."""
        ...

    def manager_of(self, id: str, /) -> str | None:
        """Give the id of a person's own manager."""
        ...


@runtime_checkable
class RoleDirectory(Directory, Protocol):
    """A directory that also knows who has a role: `notify:lead` then reaches those who have it."""

    def holders_of(self, roles: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """Give the ids of those who have each role; a role that is left out nobody has."""
        ...


@runtime_checkable
class ContactDirectory(Directory, Protocol):
    """A directory that also knows how people are reached, those of the house and those outside."""

    def contacts_of(self, ids: Sequence[str], /) -> Mapping[str, Contact]:
        """Give the contact of each id; one that is left out is reached by the id alone."""
        ...


@runtime_checkable
class TenantDirectory(Directory, Protocol):
    """A directory of several houses."""

    def of_tenant(self, tenant: str, /) -> Directory:
        """
        Give the directory of one tenant; at once, and without I/O: it is asked often, and never awaited.

        What it can do is found out when the desk is built, of the tenant `default`.
        """
        ...


@runtime_checkable
class AsyncDirectory(Protocol):
    """
    A `Directory` that is awaited, for `AsyncSupportDesk`.

    What it has of the methods of the other Protocols of directories may be asynchronous, too; `of_tenant` is not.
    """

    async def actor(self, id: str, /) -> Actor | None:
        """See `Directory.actor`."""
        ...
