"""What the desk knows of people by itself: facts from its directory, what they have to do, and who is to be told."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import attrs

from supporttiers._fields import type_name
from supporttiers._flows.driving import Call, Flow
from supporttiers.actors import Actor, ActorKind, Agent, Contact
from supporttiers.cases import Case
from supporttiers.effects import RECIPIENTS
from supporttiers.errors import PluginError
from supporttiers.events import REDACTED
from supporttiers.facts import FactSource
from supporttiers.protocols import (
    AgentDirectory,
    CaseStore,
    ContactDirectory,
    Directory,
    ManagerDirectory,
    OnCallDirectory,
    RoleDirectory,
    TenantDirectory,
    Workload,
)

AGENTS: Final = "agents"
WORKLOAD: Final = "workload"


def of_tenant(directory: Directory, tenant: str) -> Directory:
    """Give the directory of a tenant, where there are several."""
    return directory.of_tenant(tenant) if isinstance(directory, TenantDirectory) else directory


# -- facts


@attrs.frozen
class OwnSource(FactSource):
    """A source that asks directory or store: to read it is a flow of its own."""


def sources_of(directory: Directory | None, store: CaseStore, own: Mapping[str, FactSource]) -> dict[str, FactSource]:
    """Add to the sources that were handed in what directory and store know; those handed in come first."""
    found = dict(own)
    if directory is not None:
        # what a directory of several houses can, is found out of one of them
        house = of_tenant(directory, "default")
        kinds: tuple[tuple[type, str, Callable[..., Any]], ...] = (
            (AgentDirectory, AGENTS, _read_agents),
            (OnCallDirectory, "on_call", _read_on_call),
            (ManagerDirectory, "manager", _read_managers),
        )
        for kind, name, read in kinds:
            if isinstance(house, kind):
                found.setdefault(name, _own(name, partial(read, directory), keyed_by="team"))
    if AGENTS in found:
        work = _own(WORKLOAD, partial(_read_workload, store), keyed_by=f"facts.{AGENTS}.id")
        found.setdefault(WORKLOAD, work)
    return found


def _own(name: str, read: Callable[[str, Sequence[str]], Flow[Any]], *, keyed_by: str) -> OwnSource:
    asked: Any = read
    return OwnSource(name, asked, keyed_by=keyed_by)


def read_source(source: FactSource, tenant: str, keys: Sequence[str]) -> Flow[Mapping[str, object]]:
    """Ask a source for the values of some keys."""
    found: Mapping[str, object]
    if isinstance(source, OwnSource):
        reading: Any = source.read(tenant, keys)
        found = yield from reading
    else:
        found = yield Call(source.read, tenant, keys)
    return found


def _read_agents(directory: Directory, tenant: str, teams: Sequence[str]) -> Flow[Mapping[str, object]]:
    house: Any = of_tenant(directory, tenant)
    found: Mapping[str, Sequence[Agent]] = yield Call(house.agents_of, teams)
    return {team: [plain_agent(agent) for agent in found.get(team, ())] for team in teams}


def plain_agent(agent: Agent) -> dict[str, object]:
    """Give what assignment must know of an agent, and no more: it stands on events."""
    plain: dict[str, object] = {"id": agent.id}
    if agent.skills:
        plain["skills"] = list(agent.skills)
    if agent.availability != "active":
        plain["availability"] = str(agent.availability)
    if agent.capacity is not None:
        plain["capacity"] = dict(agent.capacity)
    return plain


def _read_on_call(directory: Directory, tenant: str, teams: Sequence[str]) -> Flow[Mapping[str, object]]:
    house: Any = of_tenant(directory, tenant)
    found: Mapping[str, Sequence[str]] = yield Call(house.on_call_of, teams)
    return {team: list(found.get(team, ())) for team in teams}


def _read_managers(directory: Directory, tenant: str, teams: Sequence[str]) -> Flow[Mapping[str, object]]:
    house: Any = of_tenant(directory, tenant)
    found: Mapping[str, object] = yield Call(house.managers_of, teams)
    return found


# -- what they have to do


def _read_workload(store: CaseStore, tenant: str, agents: Sequence[str]) -> Flow[Mapping[str, object]]:
    found: Mapping[str, Workload] = yield Call(store.workload, tenant, agents)
    return {agent: plain_workload(load) for agent, load in found.items()}


def plain_workload(load: Workload) -> dict[str, object]:
    """Give it as policies see it, and events keep it; instants can be compared as texts."""
    plain: dict[str, object] = {"open": load.open}
    if load.channels:
        plain["channels"] = dict(load.channels)
    if load.assigned_at is not None:
        plain["assigned_at"] = load.assigned_at.isoformat(timespec="microseconds")
    return plain


def is_own_workload(sources: Mapping[str, FactSource]) -> bool:
    """Whether the workload is the store's, and not one that the host counts."""
    return isinstance(sources.get(WORKLOAD), OwnSource)


def shifted(plain: Mapping[str, Any], case: Case, step: int) -> dict[str, object]:
    """Count a case in or out of what its assignee has to do."""
    channel = case.channel or ""
    channels = dict(plain.get("channels", {}))
    channels[channel] = channels.get(channel, 0) + step
    given = (case.assigned_at or case.changed_at).isoformat(timespec="microseconds")
    return {
        "open": sum(channels.values()),
        "channels": {name: count for name, count in channels.items() if count},
        "assigned_at": max(plain.get("assigned_at", ""), given),
    }


# -- who is to be told


def recipients(directory: Directory | None, case: Case, to: str) -> Flow[tuple[str, ...]]:
    """Give the people that a role stands for on a case now; none where nobody knows."""
    requester = None if case.requester == REDACTED else case.requester
    one = {"assignee": case.assignee, "owner": case.owner, "requester": requester}
    if to in one:
        found = one[to]
        return () if found is None else (found,)
    if to == "watchers":
        return case.watchers
    if to not in RECIPIENTS:
        return (yield from _named(directory, case, to))
    if directory is None:
        return ()
    house = of_tenant(directory, case.tenant)
    if to == "manager" and isinstance(house, ManagerDirectory):
        return (yield from _managers(house, case))
    return () if case.team is None else (yield from _of_team(house, case.team, to))


def _named(directory: Directory | None, case: Case, to: str) -> Flow[tuple[str, ...]]:
    """Give whom a word of the house's own stands for: somebody of the case or the house, or those of a role."""
    if to in {case.requester, case.assignee, case.owner, *case.watchers} - {REDACTED}:
        return (to,)
    if directory is None:
        return ()
    house = of_tenant(directory, case.tenant)
    if isinstance(house, AgentDirectory) and (yield Call(house.agent, to)) is not None:
        return (to,)
    if isinstance(house, RoleDirectory):
        return _ids(house, "holders_of", (yield Call(house.holders_of, [to])).get(to, ()))
    return ()


def _ids(house: object, method: str, found: Iterable[object]) -> tuple[str, ...]:
    """
    Give the ids that a directory gives.

    Raises:
        PluginError: It gives something else; of a single text each letter would be told.
    """
    ids = () if isinstance(found, str) else tuple(found)
    if isinstance(found, str) or not all(isinstance(each, str) for each in ids):
        raise PluginError(type_name(house), f"its {method} must give lists of ids, not {type_name(found)}")
    return tuple(map(str, ids))


_IN_THE_HOUSE: Final = ("assignee", "owner", "team", "manager", "on_call")


def is_of_house(
    directory: Directory | None, case: Case, to: str, people: Sequence[str], *, by_id: bool = False
) -> Flow[bool]:
    """
    Say whether all who are told are of the house, so that they may be told what is not for customers.

    Whoever is not known as of the house is a customer, and so is the requester, whoever it is. Where nobody is known
    at all, a word of the process's own stands for people of the house; an id for whoever the directory says.
    """
    if to in _IN_THE_HOUSE:
        return True
    if case.requester in people or (not people and to in RECIPIENTS):
        return False
    if not people:
        return not by_id or directory is None or (yield from _is_staff(directory, case, to))
    for person in people:
        if not (yield from _is_staff(directory, case, person)):
            return False
    return True


def _is_staff(directory: Directory | None, case: Case, person: str) -> Flow[bool]:
    if directory is None:
        return person in {case.assignee, case.owner}
    actor: Actor | None = yield Call(of_tenant(directory, case.tenant).actor, person)
    return actor is not None and actor.kind in {ActorKind.AGENT, ActorKind.MANAGER}


def contacts(directory: Directory | None, tenant: str, people: Sequence[str]) -> Flow[tuple[Contact, ...]]:
    """
    Give how people are reached; by their ids alone where nobody knows more.

    Raises:
        PluginError: The directory gives something else than contacts.
    """
    found: Mapping[str, Contact] = {}
    house = None if directory is None or not people else of_tenant(directory, tenant)
    if isinstance(house, ContactDirectory):
        found = yield Call(house.contacts_of, list(people))
    known = tuple(found.get(each) or Contact(id=each) for each in people)
    for contact in known:
        if not isinstance(contact, Contact):
            raise PluginError(type_name(house), f"its contacts_of must give Contacts, not {type_name(contact)}")
    return known


def _of_team(house: Directory, team: str, to: str) -> Flow[tuple[str, ...]]:
    if to == "on_call" and isinstance(house, OnCallDirectory):
        return _ids(house, "on_call_of", (yield Call(house.on_call_of, [team])).get(team, ()))
    if to == "team" and isinstance(house, AgentDirectory):
        return tuple(agent.id for agent in (yield Call(house.agents_of, [team])).get(team, ()))
    return ()


def _managers(house: ManagerDirectory, case: Case) -> Flow[tuple[str, ...]]:
    """The assignee's own manager; where there is none, that of the team, or else that of the owner."""
    found: str | None = None
    if case.assignee is not None:
        found = yield Call(house.manager_of, case.assignee)
    if found is None and case.team is not None:
        found = (yield Call(house.managers_of, [case.team])).get(case.team)
    if found is None and case.owner is not None:  # a case at a vendor has neither assignee nor team
        found = yield Call(house.manager_of, case.owner)
    return () if found is None else (found,)
