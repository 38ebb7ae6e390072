"""Load, decide, commit: commands one by one and many at once, what time has made due, and reading."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

import attrs

from supporttiers._codec import body_hash
from supporttiers._engine import explain, options
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.knowing import ROUNDS, Knowledge, answered, decide_many, decide_with, decided
from supporttiers._flows.observers import to_observers
from supporttiers._flows.processes import process_for, process_of
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.clock import pause_after
from supporttiers.commands import Command, LinkCase, Merge
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.effects import RECIPIENTS, DispatchToVendor, Effect, MessageVendor, Notify, Tell, TellLinked
from supporttiers.errors import (
    BackendError,
    CaseError,
    CaseNotFoundError,
    FactsError,
    IdempotencyError,
    NotPermittedError,
    ParkedError,
    StaleCaseError,
    StoreError,
    SupportTiersError,
    safe_text,
)
from supporttiers.events import Event
from supporttiers.facts import FactKey, Facts
from supporttiers.protocols import (
    KEY_LIFE,
    Commit,
    KeyUse,
    Loaded,
    Message,
    Settled,
)
from supporttiers.readings import Explanation, Option
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

log = logging.getLogger("supporttiers.flows")

ATTEMPTS_AT_WRITING: Final = 100
_LINKING: Final = (LinkCase, Merge)


# -- commands


def execute(
    ports: Ports, tenant: str, command: Command, now: datetime, *,
    body: str | None = None, settled: Settled | None = None, more: tuple[Message, ...] = (), by_id: bool = False,
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
        more: New rows of the outbox that come of that, besides those that the command causes.
        by_id: Only the actor's id is known: on a case of their own they act as the customer.

    Raises:
        CaseError: The command was refused. What was due before it has been written.
    """
    key = command.idempotency_key
    if key is not None and body is None:
        body = body_hash(command)
    seen = 0
    for lost in range(ATTEMPTS_AT_WRITING if ports.retries else 1):
        if lost:
            yield Call(ports.pause, pause_after(lost))
        loaded: Loaded = yield Call(ports.store.load, tenant, command.case_id, key=key)
        if loaded.used is not None and _still_counts(loaded.used, now):
            return (yield from _replayed(ports, tenant, loaded.used, body))
        if isinstance(command, _LINKING):
            yield from _other_exists(ports, tenant, command)
        if by_id and loaded.case is not None and loaded.case.requester == command.by.id:
            command = attrs.evolve(command, by=Actor.customer(command.by.id))
        seen = 0 if loaded.case is None else loaded.case.version
        decision = yield from _decided(ports, tenant, loaded, command, now)
        commit = commit_of(
            ports, tenant, loaded.case, decision, now, command=command, body=body, settled=settled, more=more
        )  # fmt: skip
        if commit is None or (yield Call(ports.store.commit, (commit,)))[0]:
            if decision.refusal is not None:
                raise decision.refusal
            return decision
    found = yield Call(ports.store.load, tenant, command.case_id, key=key)
    if found.used is not None and _still_counts(found.used, now):  # another had the same key, and was faster
        return (yield from _replayed(ports, tenant, found.used, body))
    raise StaleCaseError(command.case_id, seen, found.case.version if found.case else 0)


def _decided(ports: Ports, tenant: str, loaded: Loaded, command: Command, now: datetime) -> Flow[Decision]:
    """Decide a command; of a parked case it is told why, where that still stands in the way."""
    try:
        process = yield from process_for(ports, loaded.case, command)
        return (yield from decided(ports, process, loaded.case, command, now=now, tenant=tenant))
    except Exception as error:
        if loaded.parked is None or not _may_be_what_parked(error):
            raise
        raise ParkedError(command.case_id, loaded.parked) from error


def _may_be_what_parked(error: Exception) -> bool:
    """Whether what went wrong may be what a case was set aside for: no refusal, and no store that is away."""
    return not isinstance(error, CaseError) and not (isinstance(error, BackendError) and error.retryable)


def _still_counts(used: KeyUse, now: datetime) -> bool:
    return used.used_at >= now - KEY_LIFE


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
    if used.body not in {body, ""}:  # of a redacted case nobody knows any more what the command was
        raise IdempotencyError(used.case_id, used.key)
    loaded = yield Call(ports.store.load, tenant, used.case_id)
    return Decision(case=loaded.case, replayed=True)


def commit_of(
    ports: Ports, tenant: str, before: Case | None, decision: Decision, now: datetime, *,
    command: Command | None = None, body: str | None = None, settled: Settled | None = None,
    more: tuple[Message, ...] = (),
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
        wakes_at=decision.wakes_at, used=used,
        messages=(*_all_messages(ports, tenant, decision, now), *(more if decision.refusal is None else ())),
        settled=None if decision.refusal is not None else settled, recorded_at=now,
    )  # fmt: skip


def _all_messages(ports: Ports, tenant: str, decision: Decision, now: datetime) -> tuple[Message, ...]:
    """Make the rows of the outbox: those of the effects, and those for observers, where there are any."""
    messages = _messages(ports, tenant, decision, now)
    return (*messages, *to_observers(ports, tenant, decision.events, now)) if ports.observers else messages


def _messages(ports: Ports, tenant: str, decision: Decision, now: datetime) -> tuple[Message, ...]:
    """Make a row of the outbox for each effect and target."""
    if not decision.effects:
        return ()
    happened_at = {event.version: event.at for event in decision.events}
    rows: list[Message] = []
    for number, effect in enumerate(decision.effects):
        if isinstance(effect, Notify) and not ports.notifiers:
            _nobody_hears(ports, effect)
        for kind, target in told_to(ports, effect):
            rows.append(
                Message(
                    tenant=tenant,
                    key=f"{effect.case_id}:{effect.version}:{number}:{target}",
                    case_id=effect.case_id,
                    kind=kind,
                    target=target,
                    effect=effect,
                    at=happened_at[effect.version],
                    not_before=_not_before(effect, now),
                )
            )
    return tuple(rows)


def _nobody_hears(ports: Ports, effect: Notify) -> None:
    """Say once that what is to be told is told to nobody: elsewhere there may be a desk that would have done so."""
    if ports.unheard or "durable" not in ports.store.capabilities:
        return
    ports.unheard.append(effect)
    log.warning(
        "case %s: %s is told nothing of %s, for this desk has no notifiers; give it those of the desk that sends",
        effect.case_id, effect.to if effect.to in RECIPIENTS else "somebody", effect.reason.code,
    )  # fmt: skip


def _not_before(effect: Effect, now: datetime) -> datetime:
    held = effect.not_before if isinstance(effect, Notify) else None
    return now if held is None else max(now, held)


def told_to(ports: Ports, effect: Effect) -> Iterable[tuple[str, str]]:
    """Give kind and target of the rows of the outbox that an effect comes to."""
    if isinstance(effect, Notify):
        return [("notify", name) for name in ports.notifiers]
    if isinstance(effect, DispatchToVendor):
        return [("dispatch", effect.vendor)]
    if isinstance(effect, MessageVendor):
        return [("message_vendor", effect.vendor)]
    if isinstance(effect, TellLinked):
        return [("tell_linked", "linked")]
    assert isinstance(effect, Tell)  # noqa: S101 - the last kind; for the type checker
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
    except (CaseError, FactsError) as error:
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
    knowledge = Knowledge(ports)
    yield from _foresee(knowledge, tenant, [commands[place] for place in places], cases, now)
    for place in places:
        command = commands[place]
        before = cases.get(command.case_id)
        decision = yield from _decided_in_batch(knowledge, tenant, before, command, now)
        if not isinstance(decision, Decision):
            answers[place] = decision
            continue
        answers[place] = decision.refusal or decision
        commit = commit_of(ports, tenant, before, decision, now)
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


def _decided_in_batch(
    knowledge: Knowledge, tenant: str, before: Case | None, command: Command, now: datetime
) -> Flow[Decision | CaseError]:
    try:
        process = yield from process_for(knowledge.ports, before, command)
        ask = partial(decide_with, process, before, command, now=now, tenant=tenant)
        return (yield from decide_many(knowledge, [(0, tenant, before, ask)]))[0]
    except CaseError as error:
        return error
    except Exception as error:  # noqa: BLE001 - raised again, unless the case is known for it
        return (yield from _as_parked(knowledge.ports, tenant, command, error))


def _as_parked(ports: Ports, tenant: str, command: Command, error: Exception) -> Flow[ParkedError]:
    """Make the error of a parked case; that of any other goes its way."""
    loaded: Loaded = yield Call(ports.store.load, tenant, command.case_id)
    if loaded.parked is None or not _may_be_what_parked(error):
        raise error
    parked = ParkedError(command.case_id, loaded.parked)
    parked.__cause__ = error
    return parked


def _foresee(
    knowledge: Knowledge, tenant: str, commands: Sequence[Command], cases: Mapping[str, Case | None], now: datetime
) -> Flow[None]:
    """Read at once what many commands will have to know, as far as that can be told before the first is decided."""
    if not any(process.needs for process in knowledge.ports.newest.values()):
        return
    for _ in range(ROUNDS):
        wanted: frozenset[FactKey] = frozenset()
        for command in commands:
            before = cases.get(command.case_id)
            try:
                process = yield from process_for(knowledge.ports, before, command)
                answer = decide_with(process, before, command, knowledge.of(tenant), now=now, tenant=tenant)
            except Exception:  # noqa: BLE001, S112 - it comes again when the command is decided, and is judged there
                continue
            if isinstance(answer, NeedFacts):
                wanted |= answer.wanted
        if not wanted:
            return
        yield from knowledge.learn({tenant: wanted})


def execute_each(
    ports: Ports, tenant: str, commands: Sequence[tuple[Case, Command]], now: datetime
) -> Flow[list[Decision | Exception]]:
    """
    Carry out one command on each of several cases, in one transaction; each has an idempotency key of its own.

    What lost a race, and what was refused, is asked about again alone: the key may say that it was done before.

    Raises:
        BackendError: Something outside failed, and may work later.
    """
    tasks: list[tuple[int, str, Case | None, Callable[[Facts], Decision | NeedFacts]]] = []
    for place, (case, command) in enumerate(commands):
        tasks.append((place, tenant, case, (yield from _asking(ports, tenant, case, command, now))))
    decisions = yield from decide_many(Knowledge(ports), tasks)
    commits: dict[int, Commit] = {}
    for place, decision in decisions.items():
        case, command = commands[place]
        commit = commit_of(ports, tenant, case, decision, now, command=command, body=body_hash(command))
        if commit is not None:
            commits[place] = commit
    written = (yield Call(ports.store.commit, tuple(commits.values()))) if commits else ()
    done = {place for place, ok in zip(commits, written, strict=True) if ok and decisions[place].refusal is None}
    answers: list[Decision | Exception] = []
    for place, (_, command) in enumerate(commands):
        answers.append(decisions[place] if place in done else (yield from _alone(ports, tenant, command, now)))
    return answers


def _asking(
    ports: Ports, tenant: str, case: Case, command: Command, now: datetime
) -> Flow[Callable[[Facts], Decision | NeedFacts]]:
    """Make what decides; one case that cannot be decided must not keep the others from it."""
    try:
        process = yield from process_of(ports, case)
    except StoreError:
        return lambda _facts: Decision(case=None)

    def ask(facts: Facts) -> Decision | NeedFacts:
        try:
            return decide_with(process, case, command, facts, now=now, tenant=tenant)
        except Exception:  # noqa: BLE001 - a policy is foreign code; it is asked again alone, and judged there
            return Decision(case=None)

    return ask


def _alone(ports: Ports, tenant: str, command: Command, now: datetime) -> Flow[Decision | Exception]:
    """Carry out a command; what stands against it is this case's own, but for what is only away."""
    try:
        return (yield from execute(ports, tenant, command, now))
    except Exception as error:
        if isinstance(error, BackendError) and error.retryable:
            raise
        if not isinstance(error, SupportTiersError):
            log.error("case %s could not be told: %s", command.case_id, safe_text(error))  # noqa: TRY400 - ids only
        return error


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
    decision = yield from decided(ports, process, loaded.case, command, now=now, tenant=tenant)
    if decision.refusal is not None:
        raise decision.refusal
    return decision


# -- reading


def options_for(ports: Ports, case: Case, by: Actor, now: datetime) -> Flow[tuple[Option, ...]]:
    """Say what an actor may do with a case."""
    process = yield from process_of(ports, case)
    return (yield from answered(ports, case.tenant, lambda facts: options(process, case, by, now, facts)))


def explained(ports: Ports, case: Case, now: datetime) -> Flow[Explanation]:
    """
    Say why a case stands where it stands; what cannot be read anew is as the case last knew it.

    Of a parked case that comes first; the rest may be what cannot be said of it.
    """
    loaded: Loaded = yield Call(ports.store.load, case.tenant, case.id)
    try:
        found = yield from _explained(ports, case, now)
    except Exception as error:
        if loaded.parked is None or not _may_be_what_parked(error):
            raise
        return Explanation(case_id=case.id, here=(loaded.parked,), next=())
    return found if loaded.parked is None else attrs.evolve(found, here=(loaded.parked, *found.here))


def _explained(ports: Ports, case: Case, now: datetime) -> Flow[Explanation]:
    process = yield from process_of(ports, case)
    events = yield from history(ports, case.tenant, case.id)
    return (yield from answered(ports, case.tenant, lambda facts: explain(process, case, events, now, facts)))


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
