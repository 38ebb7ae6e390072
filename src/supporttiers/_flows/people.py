"""What the desk knows of people by itself: facts from its directory, what they have to do, and who is to be told."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from supporttiers.actors import Agent
from supporttiers.cases import Case
from supporttiers.facts import FactSource
from supporttiers.protocols import (
    AgentDirectory,
    CaseStore,
    Directory,
    ManagerDirectory,
    OnCallDirectory,
    TenantDirectory,
    Workload,
)

AGENTS: Final = "agents"
WORKLOAD: Final = "workload"


def of_tenant(directory: Directory, tenant: str) -> Directory:
    """Give the directory of a tenant, where there are several."""
    return directory.of_tenant(tenant) if isinstance(directory, TenantDirectory) else directory


# -- facts


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
                found.setdefault(name, FactSource(name, partial(read, directory), keyed_by="team"))
    if AGENTS in found:
        work = FactSource(WORKLOAD, partial(_read_workload, store), keyed_by=f"facts.{AGENTS}.id")
        found.setdefault(WORKLOAD, work)
    return found


def _read_agents(directory: Directory, tenant: str, teams: Sequence[str]) -> Mapping[str, object]:
    house: Any = of_tenant(directory, tenant)
    found: Mapping[str, Sequence[Agent]] = house.agents_of(teams)
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


def _read_on_call(directory: Directory, tenant: str, teams: Sequence[str]) -> Mapping[str, object]:
    house: Any = of_tenant(directory, tenant)
    found: Mapping[str, Sequence[str]] = house.on_call_of(teams)
    return {team: list(found.get(team, ())) for team in teams}


def _read_managers(directory: Directory, tenant: str, teams: Sequence[str]) -> Mapping[str, object]:
    house: Any = of_tenant(directory, tenant)
    found: Mapping[str, object] = house.managers_of(teams)
    return found


# -- what they have to do


def _read_workload(store: CaseStore, tenant: str, agents: Sequence[str]) -> Mapping[str, object]:
    return {agent: plain_workload(load) for agent, load in store.workload(tenant, agents).items()}


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
    source = sources.get(WORKLOAD)
    return source is not None and isinstance(source.read, partial) and source.read.func is _read_workload


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


def recipients(directory: Directory | None, case: Case, to: str) -> tuple[str, ...]:
    """Give the people that a role stands for on a case now; none where nobody knows."""
    one = {"assignee": case.assignee, "owner": case.owner, "requester": case.requester}
    if to in one:
        return _somebody(one[to])
    if to == "watchers":
        return case.watchers
    if directory is None:
        return ()
    house = of_tenant(directory, case.tenant)
    if to == "manager" and isinstance(house, ManagerDirectory):
        return _managers(house, case)
    if case.team is None:
        return ()
    if to == "on_call" and isinstance(house, OnCallDirectory):
        return tuple(house.on_call_of([case.team]).get(case.team, ()))
    if to == "team" and isinstance(house, AgentDirectory):
        return tuple(agent.id for agent in house.agents_of([case.team]).get(case.team, ()))
    return ()


def _managers(house: ManagerDirectory, case: Case) -> tuple[str, ...]:
    """The assignee's own manager; where there is none, that of the team."""
    own = None if case.assignee is None else house.manager_of(case.assignee)
    if own is not None or case.team is None:
        return _somebody(own)
    return _somebody(house.managers_of([case.team]).get(case.team))


def _somebody(person: str | None) -> tuple[str, ...]:
    return () if person is None else (person,)
