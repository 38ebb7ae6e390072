"""What time has made due, of many cases in one transaction."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

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


@attrs.frozen
class Fired:
    """How many cases had something due, how late the latest was, and how many could not be decided."""

    cases: int = 0
    lag: timedelta = timedelta(0)
    failed: int = 0


def fire_due(ports: Ports, now: datetime, *, limit: int, tenant: str | None) -> Flow[Fired]:
    """Settle what is due, the earliest first; what another worker was faster at is his."""
    yield from wake_followers(ports, now)
    due = yield Call(ports.store.due, now, limit=limit, tenant=tenant)
    tasks: list[tuple[int, str, Case | None, Callable[[Facts], Decision | NeedFacts]]] = []
    for place, found in enumerate(due):
        tasks.append((place, found.case.tenant, found.case, (yield from _asking(ports, found.case, now))))
    decisions = yield from decide_many(Knowledge(ports), tasks)
    commits = [
        commit
        for found, decision in zip(due, decisions.values(), strict=True)
        if (commit := commit_of(ports, found.case.tenant, found.case, decision, now)) is not None
    ]
    results = (yield Call(ports.store.commit, tuple(commits))) if commits else ()
    lag = max((now - found.wakes_at for found in due), default=timedelta(0))
    failed = sum(decision.case is None for decision in decisions.values())
    return Fired(sum(results), lag, failed)


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
