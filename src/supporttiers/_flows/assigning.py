"""Find the case that an agent should take next, and give it to them."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final

import attrs

from supporttiers._engine import objections
from supporttiers._flows.cases import execute, preview
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.knowing import Knowledge
from supporttiers._flows.processes import process_of
from supporttiers.actors import Agent
from supporttiers.cases import Case
from supporttiers.commands import Assign
from supporttiers.errors import CaseError, StaleCaseError
from supporttiers.match import Match
from supporttiers.process import SupportProcess
from supporttiers.protocols import Workload

ATTEMPTS_AT_TAKING: Final = 100
PAGE: Final = 50


def next_for(ports: Ports, tenant: str, agent: Agent, now: datetime) -> Flow[Case | None]:
    """
    Give an agent the case that they should take next; look again when somebody else was faster.

    Raises:
        FactsError: What the policies must know cannot be read.
        StaleCaseError: Somebody else was faster, a hundred times.
    """
    passed_over: set[str] = set()
    lost = 0
    while (case := (yield from _best(ports, tenant, agent, now, passed_over))) is not None:
        command = Assign(case_id=case.id, by=agent.actor, assignee=agent.id, expected_version=case.version)
        try:
            foreseen = yield from preview(ports, tenant, attrs.evolve(command, expected_version=None), now)
            if foreseen.case is None or foreseen.case.assignee != agent.id:  # somebody has to approve it first
                passed_over.add(case.id)
                continue
            decision = yield from execute(ports, tenant, command, now)
        except StaleCaseError:
            lost += 1
            if lost == ATTEMPTS_AT_TAKING:
                raise
        except CaseError:  # a rule of permission, say
            passed_over.add(case.id)
        else:
            return decision.case
    return None


def _best(ports: Ports, tenant: str, agent: Agent, now: datetime, passed_over: set[str]) -> Flow[Case | None]:
    """Look through the queues of the agent's teams; who is passed over once is not looked at again."""
    if not agent.teams:
        return None
    load = (yield Call(ports.store.workload, tenant, [agent.id]))[agent.id]
    knowledge = Knowledge(ports)
    for match in _ranks(ports, agent):
        after: str | None = None
        while True:
            cases, after = yield Call(ports.store.find, tenant, match, order="due_at", after=after, limit=PAGE)
            for case in cases:
                if case.id in passed_over:
                    continue
                if (yield from _fits(knowledge, case, agent, load, now)):
                    found: Case = case
                    return found
                passed_over.add(case.id)
            if after is None:
                break
    return None


def _ranks(ports: Ports, agent: Agent) -> Iterator[Match]:
    """Give conditions, the most urgent cases first: by the place of their priority in their process, from above."""
    queued = Match(status="queued", assignee=None, team=list(agent.teams))
    processes = tuple(ports.newest.values())
    for place in range(max(len(process.priorities) for process in processes)):
        alike = [match for process in processes if (match := _at_rank(process, place))]
        yield Match(all=[queued], any=alike)
    yield queued  # of processes and priorities that are no more


def _at_rank(process: SupportProcess, place: int) -> Match | None:
    if place >= len(process.priorities):
        return None
    return Match(process=process.name, priority=process.priorities[-1 - place])


def _fits(knowledge: Knowledge, case: Case, agent: Agent, load: Workload, now: datetime) -> Flow[bool]:
    if agent.room(load.channels, case.channel) == 0:
        return False
    process = yield from process_of(knowledge.ports, case)
    ask = partial(objections, process, case, agent.actor, now)
    return not (yield from knowledge.answered(case.tenant, ask))
