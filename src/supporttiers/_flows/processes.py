"""Which process a case follows, and when its limits have to follow a newer revision."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from supporttiers._engine import renew
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers.cases import Case
from supporttiers.commands import Command, Open
from supporttiers.config.settings import StoredPolicy
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.errors import InputError, ProcessError, StoreError
from supporttiers.facts import Facts
from supporttiers.process import SupportProcess
from supporttiers.tiers import Status

log = logging.getLogger("supporttiers.flows")


def process_for(ports: Ports, case: Case | None, command: Command) -> Flow[SupportProcess]:
    """Give the process that a case follows, or will follow once it is opened."""
    if case is not None:
        return (yield from process_of(ports, case))
    name = command.process if isinstance(command, Open) else None
    if name is None:
        return ports.default
    process = ports.newest.get(name)
    if process is None:
        raise InputError(command.case_id, "process", f"must be one of: {', '.join(ports.newest)}")
    return process


def process_of(ports: Ports, case: Case) -> Flow[SupportProcess]:
    """Give the process that a case follows: the revision with which it started, with the limits that hold now."""
    started = yield from _revision_of(ports, case.process, case.revision)
    in_force = case.limits_in_force or case.limits_revision
    if in_force == case.revision:
        return started
    newer = yield from _revision_of(ports, case.process, in_force)
    return _renewed(ports, started, newer) or started


def _renewed(ports: Ports, started: SupportProcess, newer: SupportProcess) -> SupportProcess | None:
    """Give a process with the limits of a newer revision, made once; None where these do not fit its tiers."""
    key = started.name, started.revision, newer.revision
    if key not in ports.renewed:
        try:
            ports.renewed[key] = started.renewed_by(newer)
        except ProcessError as error:
            log.warning("cases of revision %s keep their limits: %s", started.revision, error)
            ports.renewed[key] = None
    return ports.renewed[key]


def _revision_of(ports: Ports, name: str, revision: str) -> Flow[SupportProcess]:
    found = ports.processes.get((name, revision))
    if found is not None:
        return found
    body = yield Call(ports.store.get_process, name, revision)
    if body is None:
        problem = f"process {name!r} of revision {revision} is neither at hand nor in the store"
        raise StoreError(ports.store.name, problem, retryable=False)
    process = SupportProcess.from_json(body, policies=ports.policies)
    lost = [
        policy.name for policy in process.policies if isinstance(policy, StoredPolicy) and policy.answers != ("route",)
    ]
    if lost:  # a route is asked at the opening only; without its other rules a case must not go on
        problem = (
            f"process {name!r} of revision {revision} has policies that this desk does not know: {', '.join(lost)}"
        )
        raise StoreError(
            ports.store.name, f"{problem}; hand their classes in with policies=, or --policies", retryable=False
        )
    ports.processes[name, revision] = process
    return process


# -- limits of a newer revision


def wake_followers(ports: Ports, now: datetime) -> Flow[None]:
    """Enqueue the cases whose limits have to follow a newer revision of a process that is `live`."""
    for process in ports.newest.values():
        if process.in_flight == "live":
            yield Call(ports.store.wake_followers, process.name, process.revision, now)


def renewing(
    ports: Ports, former: SupportProcess, case: Case, now: datetime
) -> Flow[Callable[[Facts], Decision | NeedFacts] | None]:
    """Give what lets a case follow the newest limits; None where it does already, or should not."""
    newest = ports.newest.get(case.process)
    if newest is None or newest.in_flight != "live" or case.status in _OVER:
        return None
    if case.limits_revision == newest.revision or not (yield from _is_newer(ports, newest, case)):
        return None
    started = yield from _revision_of(ports, case.process, case.revision)
    process = _renewed(ports, started, newest)
    in_force = None if process is not None else case.limits_in_force or case.limits_revision
    return partial(renew, process or former, case, now, former=former, revision=newest.revision, in_force=in_force)


_OVER = (Status.CLOSED, Status.CANCELLED)


def _is_newer(ports: Ports, newest: SupportProcess, case: Case) -> Flow[bool]:
    """Whether ours was kept later than that of the case: of two releases at work at once, the older must not win."""
    ours = yield Call(ports.store.process_kept_at, newest.name, newest.revision)
    theirs = yield Call(ports.store.process_kept_at, case.process, case.limits_revision)
    return ours is not None and theirs is not None and theirs < ours
