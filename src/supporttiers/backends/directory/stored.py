"""The people who are kept beside the cases, so that availability and capacity can be changed while the desk runs."""

from collections.abc import Mapping, Sequence

from supporttiers._fields import type_name
from supporttiers.actors import Actor, Agent
from supporttiers.backends.directory import House
from supporttiers.errors import InputError
from supporttiers.protocols import CaseStore


class StoredDirectory:
    """
    A directory on a desk's own store: `SupportDesk(..., directory="store")`.

    Attributes:
        store: Where it is kept.

    .. versionadded:: 0.1.0
    """

    def __init__(self, store: CaseStore) -> None:
        """Name the store."""
        self.store: CaseStore = store

    def of_tenant(self, tenant: str, /) -> "People":
        """Give the people of one tenant."""
        return People(self.store, tenant)

    def actor(self, id: str, /) -> Actor:
        """Give a customer: who is an agent, only a tenant's own people can say."""
        return Actor.customer(id)


class People:
    """
    The people of one tenant, read anew for every question.

    >>> from supporttiers.backends.storage.memory import MemoryStore
    >>> people = People(MemoryStore(), "default")
    >>> people.put(Agent(id="anna", teams=["front"], availability="away"))
    >>> [str(agent.availability) for agent in people.all()]
    ['away']

    .. versionadded:: 0.1.0
    """

    def __init__(self, store: CaseStore, tenant: str) -> None:
        """Name the store and the tenant."""
        self._store = store
        self._tenant = tenant

    # -- kept

    def put(self, *agents: Agent) -> None:
        """
        Keep agents, each in place of the one of the same id.

        Raises:
            InputError: One is no Agent; then none is kept.
        """
        for agent in agents:
            if not isinstance(agent, Agent):
                raise InputError("", "agents", f"must be Agents, not {type_name(agent)}")
        for agent in agents:
            self._store.put_agent(self._tenant, agent)

    def remove(self, id: str) -> bool:
        """Forget an agent; say whether there was one. Their cases stay theirs."""
        return self._store.remove_agent(self._tenant, id)

    def all(self) -> tuple[Agent, ...]:
        """Give everybody, in the order of their ids."""
        return tuple(self._store.agents(self._tenant))

    # -- asked

    def _house(self) -> House:
        return House(self.all())

    def _one(self, id_: str) -> House:
        return House(self._store.agents(self._tenant, ids=[id_]))

    def actor(self, id: str, /) -> Actor:
        """Give the actor of an id: of an agent, else a customer, for everybody else is outside the house."""
        return self._one(id).actor(id)

    def agent(self, id: str, /) -> Agent | None:
        """Give an agent, or None where nobody of the house is known by this id."""
        return self._one(id).agent(id)

    def agents_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[Agent]]:
        """Give the agents of each team."""
        return self._house().agents_of(teams)

    def on_call_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """Give the ids of those who take the calls of each team now."""
        return self._house().on_call_of(teams)

    def managers_of(self, teams: Sequence[str], /) -> Mapping[str, str | None]:
        """Give the id of each team's manager."""
        return self._house().managers_of(teams)

    def manager_of(self, id: str, /) -> str | None:
        """Give the id of a person's own manager."""
        return self._one(id).manager_of(id)
