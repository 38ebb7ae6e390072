"""Directories: where a desk learns who works in the house."""

from collections.abc import Iterable
from os import PathLike
from typing import ClassVar, Final

from supporttiers.actors import Actor, Agent, Contact
from supporttiers.errors import PluginError
from supporttiers.protocols import AsyncCaseStore, CaseStore, Directory

ON_THE_STORE: Final = "store"
"""What names the directory that is kept beside the cases."""


def directory_of(given: object, store: CaseStore | AsyncCaseStore) -> Directory | None:
    """
    Give the directory that is meant.

    Args:
        given: A `Directory`; the path of a TOML file of people; `"store"` for the one beside the cases; None.
        store: Where the desk keeps its cases.

    Raises:
        DirectoryError: The file cannot be read, or is not valid; every fault is listed, with its place.
        PluginError: It is none of these.
    """
    if given is None:
        return None
    if given == ON_THE_STORE:
        from supporttiers.backends.directory.stored import StoredDirectory  # noqa: PLC0415 - only what is used is loaded

        return StoredDirectory(store)
    if isinstance(given, str | PathLike):
        from supporttiers.backends.directory.toml import TomlDirectory  # noqa: PLC0415

        return TomlDirectory(given)
    if isinstance(given, type):
        raise PluginError(given.__name__, "it is a class; hand in an object of it")
    if not isinstance(given, Directory):
        problem = "it lacks the methods of Directory; possible are also the path of a TOML file, and 'store'"
        raise PluginError(type(given).__name__, problem)
    return given


class House:
    """
    The people of a house, and what is asked about them.

    >>> house = House([Agent(id="anna", teams=["network"], on_call=["network"], manager="mia")])
    >>> house.on_call_of(["network"]), house.manager_of("anna")
    ({'network': ('anna',)}, 'mia')

    Attributes:
        blocks: No question does I/O, so that nobody has to wait for an answer.

    .. versionadded:: 0.1.0
    """

    blocks: ClassVar[bool] = False

    def __init__(self, agents: Iterable[Agent]) -> None:
        """Take the people; those who take calls or manage together are asked in this order."""
        self._agents = {agent.id: agent for agent in agents}

    def actor(self, id: str, /) -> Actor:
        """Give the actor of an id: of an agent, else a customer, for everybody else is outside the house."""
        agent = self._agents.get(id)
        return Actor.customer(id) if agent is None else agent.actor

    def agent(self, id: str, /) -> Agent | None:
        """Give an agent, or None where nobody of the house is known by this id."""
        return self._agents.get(id)

    def agents_of(self, teams: Iterable[str], /) -> dict[str, tuple[Agent, ...]]:
        """Give the agents of each team."""
        return {team: tuple(agent for agent in self._agents.values() if team in agent.teams) for team in teams}

    def on_call_of(self, teams: Iterable[str], /) -> dict[str, tuple[str, ...]]:
        """Give the ids of those who take the calls of each team now."""
        return {team: tuple(agent.id for agent in self._agents.values() if team in agent.on_call) for team in teams}

    def managers_of(self, teams: Iterable[str], /) -> dict[str, str | None]:
        """Give the id of each team's manager; of several the first."""
        return {
            team: next((agent.id for agent in self._agents.values() if team in agent.manages), None) for team in teams
        }

    def holders_of(self, roles: Iterable[str], /) -> dict[str, tuple[str, ...]]:
        """Give the ids of those who have each role."""
        return {role: tuple(agent.id for agent in self._agents.values() if role in agent.roles) for role in roles}

    def contacts_of(self, ids: Iterable[str], /) -> dict[str, Contact]:
        """Give the contacts of those who are of the house."""
        return {id: self._agents[id].contact for id in ids if id in self._agents}

    def manager_of(self, id: str, /) -> str | None:
        """Give the id of a person's own manager."""
        agent = self._agents.get(id)
        return None if agent is None else agent.manager
