"""The people who are kept beside the cases, so that availability and capacity can be changed while the desk runs."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from supporttiers._fields import type_name
from supporttiers._flows import Call, Flow, adrive, drive, has_asynchronous
from supporttiers.actors import Actor, Agent, Contact
from supporttiers.backends.directory import House
from supporttiers.errors import InputError
from supporttiers.protocols import AsyncCaseStore, CaseStore

T = TypeVar("T")


class StoredDirectory:
    """
    A directory on a desk's own store: `SupportDesk(..., directory="store")`.

    Attributes:
        store: Where it is kept.
        blocks: It does no I/O itself; what `of_tenant` gives does.

    .. versionadded:: 0.1.0
    """

    blocks: ClassVar[bool] = False

    def __init__(self, store: CaseStore | AsyncCaseStore) -> None:
        """Name the store."""
        self.store: CaseStore | AsyncCaseStore = store

    def of_tenant(self, tenant: str, /) -> "People | AsyncPeople":
        """Give the people of one tenant; those on an asynchronous store are awaited."""
        kind: Any = AsyncPeople if has_asynchronous(self.store, ["agents"]) else People
        people: People | AsyncPeople = kind(self.store, tenant)
        return people

    def actor(self, id: str, /) -> Actor:
        """Give a customer: who is an agent, only a tenant's own people can say."""
        return Actor.customer(id)


class _Kept:
    """The people of one tenant on a store: what can be done with them, as flows."""

    def __init__(self, store: CaseStore | AsyncCaseStore, tenant: str) -> None:
        """Name the store and the tenant."""
        self._store = store
        self._tenant = tenant

    def _put(self, agents: Sequence[Agent]) -> Flow[None]:
        for agent in agents:
            if not isinstance(agent, Agent):
                raise InputError("", "agents", f"must be Agents, not {type_name(agent)}")
        for agent in agents:
            yield Call(self._store.put_agent, self._tenant, agent)

    def _remove(self, id_: str) -> Flow[bool]:
        found: bool = yield Call(self._store.remove_agent, self._tenant, id_)
        return found

    def _all(self) -> Flow[tuple[Agent, ...]]:
        return tuple((yield Call(self._store.agents, self._tenant)))

    def _ask(self, question: Callable[[House], T], *ids: str) -> Flow[T]:
        """Ask about some people, or about everybody."""
        return question(House((yield Call(self._store.agents, self._tenant, ids=ids or None))))


class People(_Kept):
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
        super().__init__(store, tenant)

    @property
    def blocks(self) -> bool:
        """Whether a question may take its time: as long as the store."""
        return bool(getattr(self._store, "blocks", True))

    # -- kept

    def put(self, *agents: Agent) -> None:
        """
        Keep agents, each in place of the one of the same id.

        Raises:
            InputError: One is no Agent; then none is kept.
        """
        drive(self._put(agents))

    def remove(self, id: str) -> bool:
        """Forget an agent; say whether there was one. Their cases stay theirs."""
        return drive(self._remove(id))

    def all(self) -> tuple[Agent, ...]:
        """Give everybody, in the order of their ids."""
        return drive(self._all())

    # -- asked

    def actor(self, id: str, /) -> Actor:
        """Give the actor of an id: of an agent, else a customer, for everybody else is outside the house."""
        return drive(self._ask(lambda house: house.actor(id), id))

    def agent(self, id: str, /) -> Agent | None:
        """Give an agent, or None where nobody of the house is known by this id."""
        return drive(self._ask(lambda house: house.agent(id), id))

    def agents_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[Agent]]:
        """Give the agents of each team."""
        return drive(self._ask(lambda house: house.agents_of(teams)))

    def on_call_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """Give the ids of those who take the calls of each team now."""
        return drive(self._ask(lambda house: house.on_call_of(teams)))

    def managers_of(self, teams: Sequence[str], /) -> Mapping[str, str | None]:
        """Give the id of each team's manager."""
        return drive(self._ask(lambda house: house.managers_of(teams)))

    def holders_of(self, roles: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """Give the ids of those who have each role."""
        return drive(self._ask(lambda house: house.holders_of(roles)))

    def contacts_of(self, ids: Sequence[str], /) -> Mapping[str, Contact]:
        """Give the contacts of those who are of the house."""
        return drive(self._ask(lambda house: house.contacts_of(ids), *ids))

    def manager_of(self, id: str, /) -> str | None:
        """Give the id of a person's own manager."""
        return drive(self._ask(lambda house: house.manager_of(id), id))


class AsyncPeople(_Kept):
    """
    The people of one tenant, as `People`, awaited; the store may be asynchronous, and need not be.

    >>> import asyncio
    >>> from supporttiers.backends.storage.memory import MemoryStore
    >>> people = AsyncPeople(MemoryStore(), "default")
    >>> asyncio.run(people.put(Agent(id="anna")))
    >>> [agent.id for agent in asyncio.run(people.all())]
    ['anna']

    Attributes:
        asynchronous: Its methods are awaited.

    .. versionadded:: 0.1.0
    """

    asynchronous: ClassVar[bool] = True

    # -- kept

    async def put(self, *agents: Agent) -> None:
        """See `People.put`."""
        await adrive(self._put(agents))

    async def remove(self, id: str) -> bool:
        """See `People.remove`."""
        return await adrive(self._remove(id))

    async def all(self) -> tuple[Agent, ...]:
        """See `People.all`."""
        return await adrive(self._all())

    # -- asked

    async def actor(self, id: str, /) -> Actor:
        """See `People.actor`."""
        return await adrive(self._ask(lambda house: house.actor(id), id))

    async def agent(self, id: str, /) -> Agent | None:
        """See `People.agent`."""
        return await adrive(self._ask(lambda house: house.agent(id), id))

    async def agents_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[Agent]]:
        """See `People.agents_of`."""
        return await adrive(self._ask(lambda house: house.agents_of(teams)))

    async def on_call_of(self, teams: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """See `People.on_call_of`."""
        return await adrive(self._ask(lambda house: house.on_call_of(teams)))

    async def managers_of(self, teams: Sequence[str], /) -> Mapping[str, str | None]:
        """See `People.managers_of`."""
        return await adrive(self._ask(lambda house: house.managers_of(teams)))

    async def holders_of(self, roles: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """See `People.holders_of`."""
        return await adrive(self._ask(lambda house: house.holders_of(roles)))

    async def contacts_of(self, ids: Sequence[str], /) -> Mapping[str, Contact]:
        """See `People.contacts_of`."""
        return await adrive(self._ask(lambda house: house.contacts_of(ids), *ids))

    async def manager_of(self, id: str, /) -> str | None:
        """See `People.manager_of`."""
        return await adrive(self._ask(lambda house: house.manager_of(id), id))
