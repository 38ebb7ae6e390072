"""What time has made due, of many cases in one transaction."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import attrs

from supporttiers._flows.cases import commit_of
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.knowing import Knowledge, decide_many, decide_with
from supporttiers._flows.processes import process_of, renewing, wake_followers
from supporttiers.cases import Case
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.errors import StoreError, SupportTiersError
from supporttiers.facts import Facts

log = logging.getLogger("supporttiers.flows")

ROUNDS: Final = 10
"""So often a pass looks for other cases in place of those that could not be decided."""


@attrs.frozen
class Fired:
    """How many cases had something due, how late the latest was, and how many could not be decided."""

    cases: int = 0
    lag: timedelta = timedelta(0)
    failed: int = 0


def fire_due(ports: Ports, now: datetime, *, limit: int, tenant: str | None) -> Flow[Fired]:
    """Settle what is due, the earliest first, past cases that cannot be decided; a faster worker's cases are his."""
    yield from wake_followers(ports, now)
    failed: set[tuple[str, str]] = set()
    fired, lag = 0, timedelta(0)
    for _ in range(ROUNDS):
        due = yield Call(ports.store.due, now, limit=limit + len(failed), tenant=tenant)
        found = [one for one in due if (one.case.tenant, one.case.id) not in failed]
        lag = max((lag, *(now - one.wakes_at for one in found)))
        decisions = yield from _decide(ports, [one.case for one in found], now)
        fired += yield from _commit(ports, decisions, now)
        new = {(case.tenant, case.id) for case, decision in decisions if decision.case is None}
        if not new:
            break
        failed |= new
        limit -= len(found) - len(new)
    return Fired(fired, lag, len(failed))


def _decide(ports: Ports, cases: Sequence[Case], now: datetime) -> Flow[list[tuple[Case, Decision]]]:
    tasks: list[tuple[int, str, Case | None, Callable[[Facts], Decision | NeedFacts]]] = []
    for place, case in enumerate(cases):
        tasks.append((place, case.tenant, case, (yield from _asking(ports, case, now))))
    decisions = yield from decide_many(Knowledge(ports), tasks)
    return list(zip(cases, decisions.values(), strict=True))


def _commit(ports: Ports, decisions: Sequence[tuple[Case, Decision]], now: datetime) -> Flow[int]:
    commits = [
        commit
        for case, decision in decisions
        if (commit := commit_of(ports, case.tenant, case, decision, now)) is not None
    ]
    results: Sequence[bool] = (yield Call(ports.store.commit, tuple(commits))) if commits else ()
    return sum(results)


def _asking(ports: Ports, case: Case, now: datetime) -> Flow[Callable[[Facts], Decision | NeedFacts]]:
    """Make what decides; one case that cannot be decided must not keep the deadlines of the others."""
    try:
        process = yield from process_of(ports, case)
        renewal = yield from renewing(ports, process, case, now)
    except StoreError as error:
        log.error("case %s cannot be decided: %s", case.id, error)  # noqa: TRY400 - ids only
        return lambda _facts: Decision(case=None)
    decide = renewal or partial(decide_with, process, case, None, now=now, tenant=case.tenant)

    def ask(facts: Facts) -> Decision | NeedFacts:
        try:
            return decide(facts)
        except Exception as error:  # noqa: BLE001 - a policy is foreign code: it may raise anything
            told = str(error) if isinstance(error, SupportTiersError) else type(error).__name__
            log.error("case %s cannot be decided: %s", case.id, told)  # noqa: TRY400 - ids only
            return Decision(case=None)

    return ask
