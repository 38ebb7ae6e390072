"""
Storage procedures as generators of I/O steps, with the driver that runs them.

A flow yields `Call`s and is sent their results; it never touches a store, notifier or vendor itself. So the same text
serves a synchronous driver here and an asynchronous one beside it.
"""

import logging
from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

import attrs

from supporttiers._codec import body_hash
from supporttiers._engine import decide
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import Case
from supporttiers.commands import Command, LinkCase, Merge, Open, VendorUpdate
from supporttiers.decisions import Decision
from supporttiers.effects import DispatchToVendor, Effect, Notification, Notify, Tell, VendorAnswer, VendorRequest
from supporttiers.errors import (
    BackendError,
    CaseError,
    CaseNotFoundError,
    IdempotencyError,
    InputError,
    NotifyError,
    NotPermittedError,
    StaleCaseError,
    StoreError,
    SupportTiersError,
    VendorError,
)
from supporttiers.events import Event
from supporttiers.links import VendorStatus
from supporttiers.process import SupportProcess
from supporttiers.protocols import (
    KEY_LIFE,
    CaseStore,
    Commit,
    KeyUse,
    Loaded,
    Message,
    Notifier,
    OpenTicket,
    Settled,
    VendorGateway,
)
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

log = logging.getLogger("supporttiers.flows")

T = TypeVar("T")

ATTEMPTS_AT_WRITING: Final = 20
ATTEMPTS_AT_SENDING: Final = 10
POLL_EVERY: Final = timedelta(minutes=1)
_FIRST_RETRY: Final = timedelta(minutes=1)
_LAST_RETRY: Final = timedelta(hours=1)
_LINKING: Final = (LinkCase, Merge)


Call = partial
"""One step of I/O: what to call, and with what; whoever drives the flow calls it."""

Flow = Generator[Call[Any], Any, T]


def drive(flow: Flow[T]) -> T:
    """Run a flow to its end, doing each step at once."""
    try:
        call = next(flow)
        while True:
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 - the flow decides what becomes of a failed step
                call = flow.throw(error)
            else:
                call = flow.send(result)
    except StopIteration as done:
        value: T = done.value
        return value


@attrs.frozen(kw_only=True)
class Ports:
    """
    What flows work with.

    Attributes:
        store: Where cases are kept.
        processes: The processes at hand, by name and revision; those of older cases are added as they are met.
        newest: The newest revision of each process, by name.
        default: The process of a case that names none.
        notifiers: By name.
        vendors: By name.
    """

    store: CaseStore
    processes: dict[tuple[str, str], SupportProcess]
    newest: Mapping[str, SupportProcess]
    default: SupportProcess
    notifiers: Mapping[str, Notifier]
    vendors: Mapping[str, VendorGateway]


# -- which process


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
    """Give the process that a case follows: the revision with which it started."""
    name, revision = case.process, case.revision
    found = ports.processes.get((name, revision))
    if found is not None:
        return found
    body = yield Call(ports.store.get_process, name, revision)
    if body is None:
        problem = f"process {name!r} of revision {revision} is neither at hand nor in the store"
        raise StoreError(ports.store.name, problem, retryable=False)
    process = SupportProcess.from_json(body)
    ports.processes[name, revision] = process
    return process


# -- commands


def execute(
    ports: Ports, tenant: str, command: Command, now: datetime, *,
    body: str | None = None, settled: Settled | None = None, by_id: bool = False,
) -> Flow[Decision]:  # fmt: skip
    """
    Load, decide, commit; again, when somebody else was faster.

    Args:
        ports: What to work with.
        tenant: Whose case.
        command: What is wanted.
        now: The writing transaction's now.
        body: The hash by which a repeated idempotency key is recognised; of the command as it is when None.
        settled: A message whose delivery made this command.
        by_id: Only the actor's id is known: on a case of their own they act as the customer.

    Raises:
        CaseError: The command was refused. What was due before it has been written.
    """
    key = command.idempotency_key
    if key is not None and body is None:
        body = body_hash(command)
    seen = 0
    for _ in range(ATTEMPTS_AT_WRITING):
        loaded: Loaded = yield Call(ports.store.load, tenant, command.case_id, key=key)
        if loaded.used is not None and loaded.used.used_at >= now - KEY_LIFE:
            return (yield from _replayed(ports, tenant, loaded.used, body))
        if isinstance(command, _LINKING):
            yield from _other_exists(ports, tenant, command)
        if by_id and loaded.case is not None and loaded.case.requester == command.by.id:
            command = attrs.evolve(command, by=Actor.customer(command.by.id))
        seen = 0 if loaded.case is None else loaded.case.version
        process = yield from process_for(ports, loaded.case, command)
        decision = decide(process, loaded.case, command, now, tenant=tenant)
        commit = _commit(ports, tenant, loaded.case, decision, now, command=command, body=body, settled=settled)
        if commit is None or (yield Call(ports.store.commit, (commit,)))[0]:
            if decision.refusal is not None:
                raise decision.refusal
            return decision
    found = yield Call(ports.store.load, tenant, command.case_id)
    raise StaleCaseError(command.case_id, seen, found.case.version if found.case else 0)


def _other_exists(ports: Ports, tenant: str, command: LinkCase | Merge) -> Flow[None]:
    """Make sure that the other case of a link is there: deciding sees only one case."""
    other = command.into if isinstance(command, Merge) else command.link.case_id
    if other != command.case_id:
        loaded = yield Call(ports.store.load, tenant, other)
        if loaded.case is None:
            raise CaseNotFoundError(other, tenant)
        if isinstance(command, Merge) and loaded.case.status is Status.CANCELLED:
            why = Reason("refused.into_cancelled", {"into": other})
            raise NotPermittedError(command.case_id, command.trigger, command.by.id, (why,), ())


def _replayed(ports: Ports, tenant: str, used: KeyUse, body: str | None) -> Flow[Decision]:
    """Answer a repeated idempotency key."""
    if used.body != body:
        raise IdempotencyError(used.case_id, used.key)
    loaded = yield Call(ports.store.load, tenant, used.case_id)
    return Decision(case=loaded.case, replayed=True)


def _commit(
    ports: Ports, tenant: str, before: Case | None, decision: Decision, now: datetime, *,
    command: Command | None = None, body: str | None = None, settled: Settled | None = None,
) -> Commit | None:  # fmt: skip
    """Put together what is to be written; None when nothing is. A key is used up also where nothing had to change."""
    if decision.case is None:
        return None
    key = None if command is None or decision.refusal is not None else command.idempotency_key
    used = None
    if key is not None and body is not None:
        used = KeyUse(key=key, case_id=decision.case.id, version=decision.case.version, body=body, used_at=now)
    if not decision.events and used is None:
        return None
    return Commit(
        tenant=tenant, case=decision.case, previous=0 if before is None else before.version, events=decision.events,
        wakes_at=decision.wakes_at, messages=_messages(ports, tenant, decision, now), used=used,
        settled=None if decision.refusal is not None else settled, recorded_at=now,
    )  # fmt: skip


def _messages(ports: Ports, tenant: str, decision: Decision, now: datetime) -> tuple[Message, ...]:
    """Make a row of the outbox for each effect and target."""
    if not decision.effects:
        return ()
    happened_at = {event.version: event.at for event in decision.events}
    rows: list[Message] = []
    for number, effect in enumerate(decision.effects):
        for kind, target in _targets(ports, effect):
            rows.append(
                Message(
                    tenant=tenant,
                    key=f"{effect.case_id}:{effect.version}:{number}:{target}",
                    case_id=effect.case_id,
                    kind=kind,
                    target=target,
                    effect=effect,
                    at=happened_at[effect.version],
                    not_before=now,
                )
            )
    return tuple(rows)


def _targets(ports: Ports, effect: Effect) -> Iterable[tuple[str, str]]:
    if isinstance(effect, Notify):
        return [("notify", name) for name in ports.notifiers]
    if isinstance(effect, DispatchToVendor):
        return [("dispatch", effect.vendor)]
    assert isinstance(effect, Tell)  # noqa: S101 - the third and last kind; for the type checker
    return [("tell", effect.command.case_id)]


def execute_all(
    ports: Ports, tenant: str, commands: Sequence[Command], now: datetime, *, bodies: Sequence[str | None]
) -> Flow[list[Decision | SupportTiersError]]:
    """Carry out commands in the order of their cases' ids, and answer in the order given; many in one transaction."""
    answers: dict[int, Decision | SupportTiersError] = {}
    ordered = sorted(range(len(commands)), key=lambda place: commands[place].case_id)
    batch: list[int] = []
    for place in ordered:
        alone = _stands_alone(commands[place])
        if alone or len(batch) == BATCH:  # what comes before it must have been written
            answers |= yield from _execute_batch(ports, tenant, commands, batch, now)
            batch = []
        if alone:
            answers[place] = yield from _answer(ports, tenant, commands[place], now, body=bodies[place])
        else:
            batch.append(place)
    answers |= yield from _execute_batch(ports, tenant, commands, batch, now)
    return [answers[place] for place in range(len(commands))]


BATCH: Final = 256


def _stands_alone(command: Command) -> bool:
    """Whether a command needs reads of its own, so that it cannot join others."""
    return command.idempotency_key is not None or isinstance(command, _LINKING)


def _answer(
    ports: Ports, tenant: str, command: Command, now: datetime, *, body: str | None = None
) -> Flow[Decision | SupportTiersError]:
    try:
        return (yield from execute(ports, tenant, command, now, body=body))
    except CaseError as error:
        return error


def _execute_batch(
    ports: Ports, tenant: str, commands: Sequence[Command], places: Sequence[int], now: datetime
) -> Flow[dict[int, Decision | SupportTiersError]]:
    """Decide many commands in memory, commit them in one transaction, and decide alone those that lost a race."""
    if not places:
        return {}
    ids = list(dict.fromkeys(commands[place].case_id for place in places))
    cases: dict[str, Case | None] = dict((yield Call(ports.store.load_many, tenant, ids)))
    answers: dict[int, Decision | SupportTiersError] = {}
    unwritten: dict[str, Commit] = {}
    for place in places:
        command = commands[place]
        before = cases.get(command.case_id)
        try:
            process = yield from process_for(ports, before, command)
            decision = decide(process, before, command, now, tenant=tenant)
        except CaseError as error:
            answers[place] = error
            continue
        answers[place] = decision.refusal or decision
        commit = _commit(ports, tenant, before, decision, now)
        if commit is not None:
            cases[command.case_id] = commit.case
            earlier = unwritten.get(command.case_id)
            unwritten[command.case_id] = commit if earlier is None else _joined(earlier, commit)
    results = (yield Call(ports.store.commit, tuple(unwritten.values()))) if unwritten else ()
    lost = {case_id for case_id, ok in zip(unwritten, results, strict=True) if not ok}
    for place in places:
        if commands[place].case_id in lost:
            answers[place] = yield from _answer(ports, tenant, commands[place], now)
    return answers


def _joined(earlier: Commit, later: Commit) -> Commit:
    """Make one commit of two for one case: if the first lost a race, the second, decided on top of it, must too."""
    return attrs.evolve(
        later, previous=earlier.previous, events=earlier.events + later.events,
        messages=earlier.messages + later.messages,
    )  # fmt: skip


def preview(ports: Ports, tenant: str, command: Command, now: datetime) -> Flow[Decision]:
    """Decide, and write nothing."""
    if isinstance(command, _LINKING):
        yield from _other_exists(ports, tenant, command)
    loaded: Loaded = yield Call(ports.store.load, tenant, command.case_id)
    process = yield from process_for(ports, loaded.case, command)
    decision = decide(process, loaded.case, command, now, tenant=tenant)
    if decision.refusal is not None:
        raise decision.refusal
    return decision


# -- time


@attrs.frozen
class Fired:
    """How many cases had something due, and how late the latest was."""

    cases: int = 0
    lag: timedelta = timedelta(0)


def fire_due(ports: Ports, now: datetime, *, limit: int, tenant: str | None) -> Flow[Fired]:
    """Settle what is due, the earliest first; what another worker was faster at is his."""
    due = yield Call(ports.store.due, now, limit=limit, tenant=tenant)
    commits: list[Commit] = []
    for found in due:
        process = yield from process_of(ports, found.case)
        decision = decide(process, found.case, None, now)
        commit = _commit(ports, found.case.tenant, found.case, decision, now)
        if commit is not None:
            commits.append(commit)
    results = (yield Call(ports.store.commit, tuple(commits))) if commits else ()
    lag = max((now - found.wakes_at for found in due), default=timedelta(0))
    return Fired(sum(results), lag)


# -- the outbox


def relay(ports: Ports, now: datetime, *, limit: int, tenant: str | None) -> Flow[tuple[int, int]]:
    """Carry out messages; give how many were, and how many failed and will be tried again."""
    done = failed = 0
    held: set[tuple[str, str, str]] = set()
    for message in (yield Call(ports.store.pending, now, limit=limit, tenant=tenant)):
        lane = (message.tenant, message.case_id, message.target)
        if lane in held:
            continue  # an earlier message of this case to this target has to arrive first
        try:
            yield from _carry_out(ports, message, now)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the message is kept, and tried again
            failed += 1
            held.add(lane)
            yield from _failed(ports, message, error, now)
        else:
            done += 1
    return done, failed


def _carry_out(ports: Ports, message: Message, now: datetime) -> Flow[None]:
    effect = message.effect
    if isinstance(effect, Notify):
        yield from _notify(ports, message, effect, now)
    elif isinstance(effect, DispatchToVendor):
        yield from _open_ticket(ports, message, effect, now)
    else:
        assert isinstance(effect, Tell)  # noqa: S101 - the third and last kind; for the type checker
        yield from _tell(ports, message, effect, now)


def _settled(message: Message, state: str, result: str, now: datetime) -> Settled:
    return Settled(
        tenant=message.tenant, key=message.key, state=state, result=result, attempts=message.attempts + 1,
        not_before=now,
    )  # fmt: skip


def _notify(ports: Ports, message: Message, effect: Notify, now: datetime) -> Flow[None]:
    notifier = ports.notifiers.get(message.target)
    if notifier is None:
        raise NotifyError(message.target, "this desk has no such notifier", retryable=True)
    loaded = yield Call(ports.store.load, message.tenant, message.case_id)
    case: Case = loaded.case
    notification = Notification(
        tenant=message.tenant, case_id=case.id, to=effect.to, recipients=recipients(case, effect.to),
        reason=effect.reason, tier=case.tier, status=case.status, at=message.at,
    )  # fmt: skip
    yield Call(notifier.notify, notification, key=message.key)
    yield Call(ports.store.settle, _settled(message, "done", "sent", now))


def recipients(case: Case, to: str) -> tuple[str, ...]:
    """Give the people that a role stands for on a case now; a role that only the host can resolve gives none."""
    one = {"assignee": case.assignee, "owner": case.owner, "requester": case.requester}
    if to in one:
        person = one[to]
        return () if person is None else (person,)
    if to == "watchers":
        return case.watchers
    return ()


def _open_ticket(ports: Ports, message: Message, effect: DispatchToVendor, now: datetime) -> Flow[None]:
    vendor = ports.vendors.get(effect.vendor)
    if vendor is None:
        raise VendorError(effect.vendor, "this desk has no such vendor", retryable=True)
    request = VendorRequest(
        tenant=message.tenant, case_id=message.case_id, subject=effect.subject, text=effect.text,
        category=effect.category, priority=effect.priority,
    )  # fmt: skip
    answer = yield Call(vendor.open, request, key=effect.key)
    settled = _settled(message, "done", answer.remote_id, now)
    ticket = (effect.vendor, effect.key, message.case_id)
    decision = yield from _take_note(ports, message.tenant, ticket, answer, now, settled=settled)
    if not decision.events:  # the case knew it all already, so that no commit has carried the message off
        yield Call(ports.store.settle, settled)


def _take_note(
    ports: Ports, tenant: str, ticket: tuple[str, str, str], answer: VendorAnswer, now: datetime, *,
    settled: Settled | None = None,
) -> Flow[Decision]:  # fmt: skip
    """Give a case what its vendor says."""
    vendor, key, case_id = ticket
    update = VendorUpdate(
        case_id=case_id, by=Actor.vendor(vendor), vendor=vendor, key=key, remote_id=answer.remote_id,
        status=answer.status, text=answer.text,
    )  # fmt: skip
    return (yield from execute(ports, tenant, update, now, settled=settled))


def _tell(ports: Ports, message: Message, effect: Tell, now: datetime) -> Flow[None]:
    command = attrs.evolve(effect.command, at=None, idempotency_key=f"tell:{message.key}")
    result = "told"
    try:
        yield from execute(ports, message.tenant, command, now)
    except CaseError as refusal:
        result = f"refused: {refusal.reason.code}"
    yield Call(ports.store.settle, _settled(message, "done", result, now))


def _told(error: Exception) -> str:
    """Say what went wrong, for logs: errors of ours hold no customer text, those of others may."""
    return str(error) if isinstance(error, SupportTiersError) else type(error).__name__


def _failed(ports: Ports, message: Message, error: Exception, now: datetime) -> Flow[None]:
    """Try again later, or give up."""
    log.warning("message %s to %s failed: %s", message.key, message.target, _told(error))
    final = isinstance(error, BackendError) and not error.retryable
    settled = _settled(message, "pending", type(error).__name__, now)
    if final or settled.attempts >= ATTEMPTS_AT_SENDING:
        yield from _give_up(ports, message, attrs.evolve(settled, state="dead"), now)
        return
    wait = min(_FIRST_RETRY * 2**message.attempts, _LAST_RETRY)
    yield Call(ports.store.settle, attrs.evolve(settled, not_before=now + wait))


def _give_up(ports: Ports, message: Message, dead: Settled, now: datetime) -> Flow[None]:
    """Let a message go; a case must not wait for the answer to a request that no vendor will ever see."""
    effect = message.effect
    if isinstance(effect, DispatchToVendor):
        update = VendorUpdate(
            case_id=message.case_id, by=SYSTEM, vendor=effect.vendor, key=effect.key, status=VendorStatus.FAILED
        )
        try:
            decision = yield from execute(ports, message.tenant, update, now, settled=dead)
        except SupportTiersError as error:  # other messages must not wait behind this one for ever
            log.error("case %s could not be told of its dead message: %s", message.case_id, _told(error))  # noqa: TRY400 - ids only
        else:
            if decision.events:
                return
    yield Call(ports.store.settle, dead)


# -- vendors


def poll(ports: Ports, now: datetime, *, limit: int, tenant: str | None) -> Flow[tuple[int, int]]:
    """Ask vendors about open tickets; give how many were asked about, and how many could not be."""
    asked = failed = 0
    open_tickets = yield Call(ports.store.open_tickets, now - POLL_EVERY, limit=limit, tenant=tenant)
    tickets = [ticket for ticket in open_tickets if ticket.vendor in ports.vendors]
    for ticket in tickets:
        try:
            yield from _poll_one(ports, ports.vendors[ticket.vendor], ticket, now)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the ticket is asked about again
            log.warning("vendor %s could not be asked about %s: %s", ticket.vendor, ticket.case_id, _told(error))
            failed += 1
        else:
            asked += 1
    if tickets:
        yield Call(ports.store.asked, tickets, now)
    return asked, failed


def _poll_one(ports: Ports, vendor: VendorGateway, ticket: OpenTicket, now: datetime) -> Flow[None]:
    answer = yield Call(vendor.fetch, ticket.remote_id)
    yield from _take_note(ports, ticket.tenant, (ticket.vendor, ticket.key, ticket.case_id), answer, now)


# -- reading


def history(ports: Ports, tenant: str, case_id: str) -> Flow[Sequence[Event]]:
    """Read a history; an unknown case is an error, not an empty history."""
    events: Sequence[Event] = yield Call(ports.store.history, tenant, case_id)
    if not events:
        raise CaseNotFoundError(case_id, tenant)
    return events


def get(ports: Ports, tenant: str, case_id: str) -> Flow[Case]:
    """Read a case; an unknown one is an error."""
    loaded: Loaded = yield Call(ports.store.load, tenant, case_id)
    if loaded.case is None:
        raise CaseNotFoundError(case_id, tenant)
    return loaded.case
