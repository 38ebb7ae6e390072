"""Decide with what must be known from outside: read it with no transaction of ours open, and decide again."""

import logging
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

import attrs

from supporttiers._engine import decide
from supporttiers._flows.driving import Flow, Ports
from supporttiers._flows.people import WORKLOAD, is_own_workload, read_source, shifted
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.errors import safe_text
from supporttiers.facts import FactKey, Facts, plain_fact
from supporttiers.process import SupportProcess

log = logging.getLogger("supporttiers.flows")

ROUNDS: Final = 4
"""So often facts are read for one decision: a key may come up only once an earlier fact is known."""

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def answered(ports: Ports, tenant: str, ask: Callable[[Facts], T | NeedFacts]) -> Flow[T]:
    """Ask until nothing more must be known; what has not come up after four rounds counts as not readable."""
    return (yield from Knowledge(ports).answered(tenant, ask))


def given_up(facts: Facts, wanted: frozenset[FactKey]) -> Facts:
    """Let what has not come up after so many rounds count as not readable."""
    problem = f"after {ROUNDS} rounds of reading there is still something to be known"
    return facts.with_values({}, {key.source: problem for key in wanted})


def decided(
    ports: Ports, process: SupportProcess, case: Case | None, command: Command, *, now: datetime, tenant: str
) -> Flow[Decision]:
    """Decide one command; most need to know nothing from outside."""
    first = decide(process, case, command, now, ports.no_facts, tenant=tenant)
    if not isinstance(first, NeedFacts):
        return first
    ask = partial(decide_with, process, case, command, now=now, tenant=tenant)
    return (yield from answered(ports, tenant, ask))


def decide_with(
    process: SupportProcess, case: Case | None, command: Command | None, facts: Facts, *, now: datetime, tenant: str
) -> Decision | NeedFacts:
    """Decide, with the facts as the last argument by place, for those who bind the others."""
    return decide(process, case, command, now, facts, tenant=tenant)


def read(ports: Ports, tenant: str, facts: Facts, wanted: frozenset[FactKey]) -> Flow[Facts]:
    """Read facts, each source once for all its keys."""
    values: dict[FactKey, object] = {}
    failed: dict[str, str] = {}
    for name in sorted({key.source for key in wanted}):
        keys = sorted(key.key for key in wanted if key.source == name)
        try:
            found = yield from read_source(ports.sources[name], tenant, keys)
            values |= {FactKey(name, key): plain_fact(found.get(key)) for key in keys}
        except Exception as error:  # noqa: BLE001 - a source is foreign code: it may raise anything
            failed[name] = safe_text(error)
            log.warning("facts of %s could not be read: %s", name, failed[name])
    return facts.with_values(values, failed)


@attrs.define
class Knowledge:
    """
    What is known while many cases are decided: one read of a source serves them all.

    Attributes:
        ports: What to work with.
        by_tenant: What is known, by tenant.
        given: What the decisions so far changed in the work of each agent, by tenant and agent: what is decided next
            must know of it, though it is not written yet.
    """

    ports: Ports
    by_tenant: dict[str, Facts] = attrs.field(factory=dict)
    given: dict[tuple[str, str], list[tuple[Case, int]]] = attrs.field(factory=dict)

    def of(self, tenant: str) -> Facts:
        """Give what is known for a tenant."""
        return self.by_tenant.get(tenant, self.ports.no_facts)

    def answered(self, tenant: str, ask: Callable[[Facts], T | NeedFacts]) -> Flow[T]:
        """Ask, as `answered` does, beginning with what is known already."""
        rounds = 0
        while isinstance(answer := ask(self.of(tenant)), NeedFacts):
            wanted = {tenant: answer.wanted}
            if rounds == ROUNDS:
                self.give_up(wanted)
            else:
                yield from self.learn(wanted)
                rounds += 1
        return answer

    def learn(self, wanted: Mapping[str, frozenset[FactKey]]) -> Flow[None]:
        """Read what is wanted, by tenant."""
        for tenant in sorted(wanted):
            facts = yield from read(self.ports, tenant, self.of(tenant), wanted[tenant])
            fresh = {key.key for key in wanted[tenant] if key.source == WORKLOAD}
            changes = [
                (agent, change)
                for (owner, agent), those in self.given.items() if owner == tenant and agent in fresh
                for change in those
            ]  # fmt: skip
            self.by_tenant[tenant] = _with_changes(facts, changes)

    def count(self, tenant: str, before: Case | None, after: Case | None) -> None:
        """Let what was decided of one case, if it could be, count for those that are decided next."""
        if after is None or not is_own_workload(self.ports.sources) or _work_of(before) == _work_of(after):
            return
        for case, step in ((before, -1), (after, 1)):
            if case is not None and case.assignee is not None and _work_of(case):
                self.given.setdefault((tenant, case.assignee), []).append((case, step))
                self.by_tenant[tenant] = _with_changes(self.of(tenant), [(case.assignee, (case, step))])

    def give_up(self, wanted: Mapping[str, frozenset[FactKey]]) -> None:
        """Let what has not come up after four rounds count as not readable."""
        for tenant, keys in wanted.items():
            self.by_tenant[tenant] = given_up(self.of(tenant), keys)


def _work_of(case: Case | None) -> tuple[object, ...]:
    """Give what a case means to the work of whoever has it."""
    if case is None or case.assignee is None or not case.is_open:
        return ()
    return case.assignee, case.channel, case.assigned_at


def _with_changes(facts: Facts, changes: Iterable[tuple[str, tuple[Case, int]]]) -> Facts:
    """Work changes into what is known of agents' work."""
    for agent, (case, step) in changes:
        key = FactKey(WORKLOAD, agent)
        plain = facts.values.get(key)
        if isinstance(plain, Mapping):
            facts = facts.with_values({key: shifted(plain, case, step)}, {})
    return facts


def decide_many(
    knowledge: Knowledge, tasks: Sequence[tuple[K, str, Case | None, Callable[[Facts], Decision | NeedFacts]]]
) -> Flow[dict[K, Decision]]:
    """
    Decide many cases one after the other; what several of them must know is read once for all.

    Args:
        knowledge: What is known already; it grows.
        tasks: Of each decision a key, the tenant, the case before it, and how to decide it.

    Returns:
        The decisions, in the order of the tasks.
    """
    answers: dict[K, Decision] = {}
    waiting = list(tasks)
    rounds = 0
    while waiting:
        wanted: dict[str, frozenset[FactKey]] = {}
        still = []
        for key, tenant, before, ask in waiting:
            answer = ask(knowledge.of(tenant))
            if isinstance(answer, NeedFacts):
                wanted[tenant] = wanted.get(tenant, frozenset()) | answer.wanted
                still.append((key, tenant, before, ask))
            else:
                answers[key] = answer
                knowledge.count(tenant, before, answer.case)
        waiting = still
        if rounds == ROUNDS:
            knowledge.give_up(wanted)
        elif wanted:
            yield from knowledge.learn(wanted)
            rounds += 1
    return {key: answers[key] for key, _, _, _ in tasks}
