"""What time has made due: claimed, decided and written, many cases in one short transaction."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import attrs

from supporttiers._flows.cases import commit_of, told_to
from supporttiers._flows.driving import Call, Flow, Ports, at_once
from supporttiers._flows.knowing import ROUNDS, Knowledge, decide_with, given_up
from supporttiers._flows.processes import process_of, renewing, wake_followers
from supporttiers._flows.retrying import longer_each_time
from supporttiers.cases import Case
from supporttiers.decisions import Decision, NeedFacts
from supporttiers.effects import Notify
from supporttiers.errors import BackendError, safe_text
from supporttiers.facts import FactKey, Facts
from supporttiers.protocols import Commit, DueCase, Message, Setback
from supporttiers.reasons import Reason

log = logging.getLogger("supporttiers.flows")

BATCH: Final = 100
"""So many cases are claimed in one transaction."""

FAILURES: Final = 10
"""A case that could not be decided so often in a row is parked."""

STRANGERS: Final = 1000
"""So many cases of processes that cannot be loaded are passed over in one sweep, beside those that count."""


_Id = tuple[str, str]
_Ask = Callable[[Facts], Decision | NeedFacts]


@attrs.frozen
class Fired:
    """
    What a sweep did.

    Attributes:
        cases: How many cases had something due.
        lag: How late the latest was.
        failed: How many could not be decided, and are tried again.
        parked: How many could not be decided, and were set aside.
        left: How many were left to others, because this desk cannot load their process.
    """

    cases: int = 0
    lag: timedelta = timedelta(0)
    failed: int = 0
    parked: int = 0
    left: int = 0


def fire_due(ports: Ports, now: datetime, *, limit: int, tenant: str | None) -> Flow[Fired]:
    """
    Settle what is due, the earliest first, each case once; one that cannot be decided is tried again later.

    Cases are decided inside the store's transaction, where nothing may be read: what has to be read first is read
    after it, and the next claim, which gives the same cases again, finds it at hand.

    A case whose process cannot be loaded is left as it is, due, to a desk that knows more: it is no fault of the case.
    """
    yield from wake_followers(ports, now)
    sweep = _Sweep(ports, now)
    while sweep.counted < limit and len(sweep.strange) < STRANGERS:
        size = min(limit - sweep.counted, BATCH) + len(sweep.left)
        before = len(sweep.met)
        answers: Sequence[bool] = yield Call(ports.store.claim, now, limit=size, decide=sweep.decide, tenant=tenant)
        sweep.count(answers)
        if sweep.wants:
            yield from sweep.read()
        elif len(answers) < size or len(sweep.met) == before:
            break
    return Fired(len(sweep.fired), sweep.lag, len(sweep.failed), len(sweep.parked), len(sweep.strange))


@attrs.define(eq=False)
class _Sweep:
    """
    What is known in the course of one sweep.

    Attributes:
        ports: What to work with.
        now: The instant.
        knowledge: What has been read from outside.
        asks: How to decide the cases for which something had to be read for that.
        foreign: The processes that cannot be loaded, by name, revision, and revision of the limits.
        strange: The cases that follow one of them.
        rounds: How often facts were read for a case.
        met: The cases that have been dealt with.
        left: Those of them that are due all the same: the next sweep's, or another desk's.
        unread: The cases for which something has to be read before it is known how to decide them.
        wanted: The facts that have to be read, by tenant.
        answers: What the last claim was answered.
        fired: The cases for which something happened.
        failed: The cases that could not be decided.
        parked: The cases that were set aside.
        lag: How late the latest was.
    """

    ports: Ports
    now: datetime
    knowledge: Knowledge = attrs.field(init=False)
    asks: dict[tuple[str, str, int], _Ask] = attrs.field(factory=dict)
    foreign: set[tuple[str, str, str]] = attrs.field(factory=set)
    strange: set[_Id] = attrs.field(factory=set)
    rounds: dict[_Id, int] = attrs.field(factory=dict)
    met: set[_Id] = attrs.field(factory=set)
    left: set[_Id] = attrs.field(factory=set)
    unread: list[Case] = attrs.field(factory=list)
    wanted: dict[str, frozenset[FactKey]] = attrs.field(factory=dict)
    answers: list[Commit | Setback | None] = attrs.field(factory=list)
    fired: set[_Id] = attrs.field(factory=set)
    failed: set[_Id] = attrs.field(factory=set)
    parked: set[_Id] = attrs.field(factory=set)
    lag: timedelta = timedelta(0)

    @knowledge.default
    def _nothing_known(self) -> Knowledge:
        return Knowledge(self.ports)

    @property
    def wants(self) -> bool:
        """Whether something has to be read before the next claim."""
        return bool(self.unread or self.wanted)

    @property
    def counted(self) -> int:
        """How many cases have been dealt with; those that were left to others do not count."""
        return len(self.met) - len(self.strange)

    # -- inside the store's transaction: nothing is read here

    def decide(self, due: Sequence[DueCase]) -> Sequence[Commit | Setback | None]:
        """Decide what can be decided, and note what has to be read for the others; anew, where that was rolled back."""
        self._forget_uncounted()
        self.answers = [self._one(each) for each in due]
        return self.answers

    def _forget_uncounted(self) -> None:
        """Forget what was decided in a transaction that did not come about."""
        for answer in self.answers:
            if answer is not None:
                who = answer.tenant, answer.case.id if isinstance(answer, Commit) else answer.case_id
                self.met.discard(who)
                self.left.discard(who)
        self.knowledge.given.clear()

    def _one(self, due: DueCase) -> Commit | Setback | None:
        case = due.case
        who = case.tenant, case.id
        if who in self.met:
            return None
        self.lag = max(self.lag, self.now - due.wakes_at)
        if _followed(case) in self.foreign:
            for known in (self.met, self.left, self.strange):
                known.add(who)
            return None
        try:
            decision = self._decision(case)
        except Exception as error:  # noqa: BLE001 - a policy is foreign code: it may raise anything
            self.met.add(who)
            return self._set_back(due, error)
        if decision is None:
            return None
        self.met.add(who)
        self.knowledge.count(case.tenant, case, decision.case)
        return self._commit(case, decision)

    def _decision(self, case: Case) -> Decision | None:
        """Decide one case; None where something has to be read first."""
        ask = self.asks.get(_version(case)) or at_once(_asking(self.ports, case, self.now))
        if ask is None:
            self.unread.append(case)
            return None
        facts = self.knowledge.of(case.tenant)
        while isinstance(answer := ask(facts), NeedFacts):
            who = case.tenant, case.id
            if self.rounds.get(who, 0) < ROUNDS:
                self.rounds[who] = self.rounds.get(who, 0) + 1
                self.wanted[case.tenant] = self.wanted.get(case.tenant, frozenset()) | answer.wanted
                return None
            facts = given_up(facts, answer.wanted)
        return answer

    def _commit(self, case: Case, decision: Decision) -> Commit:
        """Put together what is written; where nothing was due, that is when something will be."""
        commit = commit_of(self.ports, case.tenant, case, decision, self.now)
        if commit is None:
            commit = Commit(
                tenant=case.tenant, case=case, previous=case.version, events=(), wakes_at=decision.wakes_at,
                recorded_at=self.now,
            )  # fmt: skip
        if commit.wakes_at is not None and commit.wakes_at <= self.now:
            self.left.add((case.tenant, case.id))
        return commit

    def _set_back(self, due: DueCase, error: Exception) -> Setback:
        """Try again later, and later each time; after the tenth time in a row the case is set aside, and that told."""
        case, failures = due.case, due.failures + 1
        reason = Reason("park.undecided", {"failures": failures, "problem": safe_text(error)})
        parks = failures >= FAILURES
        wait = longer_each_time(due.failures) if not parks else None
        return Setback(
            tenant=case.tenant, case_id=case.id, version=case.version, failures=failures, reason=reason, at=self.now,
            wakes_at=None if wait is None else self.now + wait, messages=self._alarm(case, reason) if parks else (),
        )  # fmt: skip

    def _alarm(self, case: Case, reason: Reason) -> tuple[Message, ...]:
        """Have management told; a case that an observing process follows tells nobody."""
        process = self.ports.processes.get((case.process, case.revision))
        if process is not None and process.observes:
            return ()
        effect = Notify(case_id=case.id, version=case.version, to="manager", reason=reason)
        return tuple(
            Message(
                tenant=case.tenant,
                key=f"{case.id}:{case.version}:parked:{self.now.isoformat()}:{target}",
                case_id=case.id,
                kind=kind,
                target=target,
                effect=effect,
                at=self.now,
                not_before=self.now,
            )
            for kind, target in told_to(self.ports, effect)
        )

    # -- between two claims: no transaction is open

    def count(self, written: Sequence[bool]) -> None:
        """Take note of what was written; what it changed in the work of agents is from now on what the store says."""
        for answer, ok in zip(self.answers, written, strict=True):
            if isinstance(answer, Commit) and ok and answer.events:
                self.fired.add((answer.tenant, answer.case.id))
            elif isinstance(answer, Setback) and ok:
                self._note(answer)
        self.answers = []
        self.knowledge.given.clear()

    def _note(self, setback: Setback) -> None:
        """Count and log, which may take long and ask anything, so that it waits for the end of the transaction."""
        who = setback.tenant, setback.case_id
        log.error("case %s cannot be decided: %s", setback.case_id, setback.reason.params["problem"])
        if setback.wakes_at is None:
            log.error("case %s is set aside: %s", setback.case_id, setback.reason)
            self.parked.add(who)
        else:
            self.failed.add(who)

    def read(self) -> Flow[None]:
        """Read what is wanted."""
        unread, self.unread = self.unread, []
        for case in unread:
            if _followed(case) in self.foreign:
                continue
            try:
                self.asks[_version(case)] = yield from _asking(self.ports, case, self.now)
            except Exception as error:
                if isinstance(error, BackendError) and error.retryable:  # the store is away
                    raise
                self._leave(case, error)  # a kept process may be unreadable in any way
        wanted, self.wanted = self.wanted, {}
        if wanted:
            yield from self.knowledge.learn(wanted)

    def _leave(self, case: Case, error: Exception) -> None:
        """Leave a process to desks that know it; say so once."""
        process = _followed(case)
        self.foreign.add(process)
        if process not in self.ports.foreign:
            self.ports.foreign.add(process)
            problem = "cases of process %r, revision %s, are left to other desks, because this one cannot load it: %s"
            log.error(problem, case.process, case.revision, safe_text(error))


def _followed(case: Case) -> tuple[str, str, str]:
    """Say which process a case follows, and whose limits."""
    return case.process, case.revision, case.limits_in_force or case.limits_revision


def _version(case: Case) -> tuple[str, str, int]:
    return case.tenant, case.id, case.version


def _asking(ports: Ports, case: Case, now: datetime) -> Flow[_Ask]:
    """Make what decides."""
    process = yield from process_of(ports, case)
    renewal = yield from renewing(ports, process, case, now)
    return renewal or partial(decide_with, process, case, None, now=now, tenant=case.tenant)
