"""
SupportDesk: the composition root. It puts process, store, clock, people and adapters together, and nothing else does.

A desk opens nothing before its first use, may be shared among threads, and is bound to one tenant; `bind` gives a view
for another one, or for one actor.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol, Self, TypeVar, runtime_checkable

import attrs

from supporttiers import _fields as fields
from supporttiers import _flows as flows
from supporttiers._codec import body_hash
from supporttiers._fields import at_least, instance_of, type_name
from supporttiers._flows import Call, Flow, Ports, drive
from supporttiers.actors import Actor
from supporttiers.backends.directory import directory_of
from supporttiers.backends.directory.stored import People, StoredDirectory
from supporttiers.backends.storage import store_of
from supporttiers.cases import Case
from supporttiers.clock import Clock, IdFactory, SystemClock
from supporttiers.commands import COMMANDS, Command, Open
from supporttiers.decisions import Decision
from supporttiers.desk._keeping import Keeping
from supporttiers.desk._operating import Operating
from supporttiers.desk._parts import (
    by_name,
    by_source,
    check_needs,
    classes,
    fitting,
    must,
    processes,
    sources,
    tolerance,
)
from supporttiers.desk._reading import Reading
from supporttiers.desk._verbs import Common, Verbs
from supporttiers.errors import (
    CaseError,
    CaseNotFoundError,
    InputError,
    SupportTiersError,
)
from supporttiers.facts import FactSource
from supporttiers.process import SupportProcess
from supporttiers.protocols import KEY_LIFE, AgentDirectory, CaseStore, Directory, Notifier, VendorGateway
from supporttiers.readings import Pass

__all__ = ["Common", "Ids", "SupportDesk"]

T = TypeVar("T")

DEFAULT_TENANT: Final = "default"


@runtime_checkable
class Ids(Protocol):
    """Makes ids for cases that the caller gives none."""

    def new_id(self, now: datetime, /) -> str:
        """Give a new id; later ones should sort after earlier ones."""
        ...


class SupportDesk(Verbs, Reading, Operating, Keeping):
    """
    A support desk: opens cases, carries out commands, and lets time do its part.

    >>> from supporttiers.process import SupportProcess
    >>> desk = SupportDesk(SupportProcess.default())
    >>> case = desk.open("The printer prints hieroglyphs", by="jane")
    >>> case.tier, str(case.status)
    (1, 'queued')

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        process: SupportProcess | str | Path | Sequence[SupportProcess | str | Path],
        /,
        *,
        store: str | CaseStore | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        directory: Directory | str | Path | None = None,
        facts: Iterable[FactSource] = (),
        policies: Iterable[type[Any]] = (),
        notifiers: Iterable[Notifier] = (),
        vendors: Iterable[VendorGateway] = (),
        clock_tolerance: timedelta = timedelta(minutes=5),
    ) -> None:
        """
        Put a desk together; nothing is opened yet.

        Args:
            process: A process, the path of a process file, or several of either, of which the first is the default.
            store: A URL such as `sqlite:///support.db`, or a `CaseStore`; in memory when None.
            clock: Tells the time; the machine's clock when None.
            ids: Makes ids for cases that the caller gives none; UUIDv7 when None.
            directory: Knows people: a `Directory`, the path of a TOML file of people, or `"store"` for those that
                `people` keeps beside the cases. Without one, an id equal to the requester acts as the customer, any
                other as an agent.
            facts: Sources of what policies need to know from outside.
            policies: Classes of policies of your own, which process files and stored processes may name.
            notifiers: Carry messages to people; each has a name of its own.
            vendors: Gateways to vendors' systems; tiers refer to them by name.
            clock_tolerance: How far in the future a command's `at` may lie, for machines whose clocks differ.

        Raises:
            ProcessError: A process is not valid, or two have one name.
            PluginError: An adapter, the clock, the ids or the directory do not fit their Protocol.
            DirectoryError: The file of people is not valid; every fault is listed, with its place.
            InputError: The tolerance is no timedelta, or negative.
            StoreError: The URL names no store that is known.
        """
        must(tolerance, "clock_tolerance", clock_tolerance)
        own = tuple(policies)
        found = processes(process, own)
        cases = store_of(store)
        self._directory = directory_of(directory, cases)
        self._ports = Ports(
            store=cases,
            processes={(each.name, each.revision): each for each in found},
            newest={each.name: each for each in found},
            default=found[0],
            notifiers=by_name("notifier", notifiers, Notifier),
            vendors=by_name("vendor", vendors, VendorGateway),
            sources=sources(flows.sources_of(self._directory, cases, by_source(facts))),
            directory=self._directory,
            policies=classes(own, found),
        )
        check_needs(found, self._ports.sources)
        self._clock: Clock = SystemClock() if clock is None else fitting(clock, Clock)
        self._ids: Ids = IdFactory() if ids is None else fitting(ids, Ids)
        self._tokens = IdFactory()
        self._tolerance = clock_tolerance
        self._tenant = DEFAULT_TENANT
        self._by: Actor | str | None = None
        self._kept = _Once()

    def __repr__(self) -> str:
        """Show process, store and tenant."""
        return f"SupportDesk({self._ports.default.name!r}, store={self._ports.store.name!r}, tenant={self._tenant!r})"

    # -- views

    def bind(self, *, tenant: str | None = None, by: Actor | str | None = None) -> Self:
        """
        Give a view of this desk for a tenant, for an actor, or both; it shares everything with this one.

        Raises:
            InputError: The tenant is no name.
        """
        view = copy.copy(self)
        if tenant is not None:
            must(fields.name, "tenant", tenant)
            view._tenant = tenant  # noqa: SLF001 - a copy of ourselves
        if by is not None:
            view._by = by  # noqa: SLF001
        return view

    @property
    def tenant(self) -> str:
        """Whose cases this view sees."""
        return self._tenant

    @property
    def process(self) -> SupportProcess:
        """The process of cases that name none."""
        return self._ports.default

    @property
    def people(self) -> People:
        """
        The tenant's people, where they are kept beside the cases: `put`, `remove`, `all`.

        Raises:
            InputError: They are kept elsewhere, so that nobody would ask for whom you put here.
        """
        if not isinstance(self._directory, StoredDirectory):
            raise InputError("", "people", "are not kept by this desk; build it with directory='store'")
        return self._directory.of_tenant(self._tenant)

    # -- any command

    def execute(self, command: Command) -> Decision:
        """
        Carry out a command.

        Returns:
            What came of it; `replayed` when its idempotency key had been used for the same command before.

        Raises:
            CaseError: It was refused; nothing of its own was written.
            StoreError: The store failed.
        """
        return self._execute(command, by_id=False)

    def execute_all(self, commands: Iterable[Command]) -> list[Decision | SupportTiersError]:
        """
        Carry out many commands, several in one transaction, in the order of their cases' ids.

        Returns:
            For each command, in the order given, its decision or its error.
        """
        now = self._clock.now()
        judged = [self._judged(command, now) for command in commands]
        sound = [one for one in judged if not isinstance(one, InputError)]
        bodies = [_body_of(command) for command in sound]
        named = [self._with_id(command, now) for command in sound]
        answers = iter(self._run(flows.execute_all(self._ports, self._tenant, named, now, bodies=bodies), now))
        return [one if isinstance(one, InputError) else next(answers) for one in judged]

    def adopt(self, commands: Iterable[Command]) -> dict[str, Decision | CaseError]:
        """
        Take over cases of another system, with their past.

        Up to now a case is observed: what the commands say has happened is recorded, even where the process forbids it;
        deadlines that have passed are marked as reached, and nothing is done or sent. From now on it follows its
        process: its stopwatches run on with what they have used up, and the deadlines ahead fire. A case whose id is
        there already is refused, so that the same commands may be handed in again after a failure.

        Args:
            commands: Of any number of cases, each with the `at` at which it happened, in any order; of a case they are
                taken in order of time, and those of one instant in the order given. An `Open` must name its id.
                Idempotency keys are not kept: the ids serve as such.

        Returns:
            By case id, in the order in which the cases come up: the decision, or the error for which the case was left
            out, whole.

        Raises:
            InputError: Something is no command, or an `Open` names no id; nothing was written.
            StoreError: The store failed. Many cases share a transaction; those before it have been written.
        """
        pasts: dict[str, list[Command]] = {}
        for command in commands:
            must(_is_command, "command", command)
            must(fields.name, "case_id", command.case_id)
            pasts.setdefault(command.case_id, []).append(command)
        now = self._clock.now()
        return self._run(flows.adopt(self._ports, self._tenant, pasts, now), now)

    def _judged(self, command: Command, now: datetime) -> Command | InputError:
        try:
            self._check(command, now)
        except InputError as error:
            return error
        return command

    def preview(self, command: Command) -> Decision:
        """
        Say what a command would do; nothing is stored.

        Raises:
            CaseError: It would be refused.
        """
        now = self._clock.now()
        self._check(command, now)
        return drive(flows.preview(self._ports, self._tenant, self._with_id(command, now), now))

    def next_for(self, agent: str) -> Case | None:
        """
        Give an agent the case that they should take next.

        That is a queued case of one of their teams that nobody has: the highest priority first, of those the one that
        is due first. Cases for which they have no room, and those that the policies want to give to somebody with
        other skills, are passed over. Of two agents who ask at once each gets a case of their own.

        Args:
            agent: Who asks; an id that the directory knows as an agent's.

        Returns:
            The case, assigned to them; None where there is none for them.

        Raises:
            InputError: The desk's directory knows no agents, or not this one.
            FactsError: What the policies must know cannot be read; nothing was changed.
        """
        must(fields.name, "agent", agent)
        house = None if self._directory is None else flows.of_tenant(self._directory, self._tenant)
        if not isinstance(house, AgentDirectory):
            raise InputError("", "agent", "cannot be looked up; build the desk with a directory that knows agents")
        found = house.agent(agent)
        if found is None:
            raise InputError("", "agent", "is nobody whom the directory knows as an agent")
        now = self._clock.now()
        return self._run(flows.next_for(self._ports, self._tenant, found, now), now)

    def _carry_out(self, command: Command, *, by_id: bool) -> Case:
        decision = self._execute(command, by_id=by_id)
        assert decision.case is not None  # noqa: S101 - what is not refused has a case; for the type checker
        return decision.case

    def _execute(self, command: Command, *, by_id: bool) -> Decision:
        now = self._clock.now()
        self._check(command, now)
        named, body = self._with_id(command, now), _body_of(command)
        return self._run(flows.execute(self._ports, self._tenant, named, now, body=body, by_id=by_id), now)

    def _run(self, flow: Flow[T], now: datetime) -> T:
        """Run a flow that may write; the processes are kept beside the cases before the first one does."""
        self._kept.do(lambda: self._keep_processes(now))
        return drive(flow)

    def _keep_processes(self, now: datetime) -> None:
        for process in self._ports.newest.values():
            self._ports.store.put_process(process.name, process.revision, process.to_json(), now)

    def _with_id(self, command: Command, now: datetime) -> Command:
        if isinstance(command, Open) and not command.case_id:
            return attrs.evolve(command, case_id=self._ids.new_id(command.at or now))
        return command

    def _check(self, command: Command, now: datetime) -> None:
        """Refuse what is no command, and what lies too far in the future."""
        must(_is_command, "command", command)
        if command.at is not None and command.at > now + self._tolerance:
            ahead = f"lies {command.at - now} in the future; at most {self._tolerance} is possible"
            raise InputError(command.case_id, "at", ahead)

    def _actor(self, by: Actor | str | None) -> tuple[Actor, bool]:
        """Give the actor, and whether only an id is known, so that the case has yet to say if it is its requester."""
        who = self._by if by is None else by
        if isinstance(who, Actor):
            return who, False
        if who is None:
            raise InputError("", "by", "is missing; name who acts, or bind an actor with desk.bind(by=...)")
        must(instance_of(str, "an Actor or an id"), "by", who)
        known = _actor_known_by(who)
        if self._directory is None:
            return known, True
        actor = flows.of_tenant(self._directory, self._tenant).actor(who)
        if actor is None:
            raise InputError("", "by", "is nobody whom the directory knows; use an id that it resolves, or an Actor")
        return actor, False

    def _actor_on(self, case: Case, by: Actor | str | None) -> Actor:
        actor, by_id = self._actor(by)
        return Actor.customer(actor.id) if by_id and actor.id == case.requester else actor

    def _id_of(self, case: Case | str) -> str:
        if not isinstance(case, Case):
            must(fields.name, "case", case)
            return case
        if case.tenant != self._tenant:
            raise CaseNotFoundError(case.id, self._tenant)
        return case.id

    # -- time

    def run_due(self, *, limit: int = 1000) -> Pass:
        """
        Do one whole pass: settle what is due, carry out messages, ask vendors. Call it from a worker, cron or Celery.

        It looks after all tenants of the store, whatever tenant this view is bound to.

        Args:
            limit: At most so many cases, messages and tickets each.

        Returns:
            What was done.
        """
        must(at_least(1), "limit", limit)
        now = self._clock.now()
        fired = self._run(flows.fire_due(self._ports, now, limit=limit, tenant=None), now)
        relay = flows.relay(self._ports, self._clock.now, self._tokens.new_id, limit=limit, tenant=None)
        relayed, not_relayed = drive(relay)
        polled, not_polled = drive(flows.poll(self._ports, now, limit=limit, tenant=None))
        drive(_forget_keys(self._ports, now))
        return Pass(
            fired=fired.cases,
            relayed=relayed,
            polled=polled,
            failed=fired.failed + not_relayed + not_polled,
            parked=fired.parked,
            lag=fired.lag,
        )

    def next_wake(self) -> datetime | None:
        """Give the earliest instant at which something will be due by itself; None when nothing will."""
        return self._ports.store.next_wake()

    def __enter__(self) -> Self:
        """Use the desk for a while."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let go of what the store holds."""
        self.shut_down()

    def shut_down(self) -> None:
        """Let go of what the store holds; a later call opens it again."""
        self._ports.store.close()


def _forget_keys(ports: Ports, now: datetime) -> Flow[None]:
    yield Call(ports.store.forget_keys, now - KEY_LIFE)


@lru_cache(maxsize=1024)  # the same few people act again and again
def _actor_known_by(who: str) -> Actor:
    must(fields.name, "by", who)
    return Actor(who)


def _is_command(value: object) -> str | None:
    return None if type(value) in COMMANDS else f"must be a command such as Reply or Escalate, not {type_name(value)}"


def _body_of(command: Command) -> str | None:
    """Give the hash by which a repeated key is recognised: of the command as it came, before it is given an id."""
    return None if command.idempotency_key is None else body_hash(command)


class _Once:
    """Does something once, however many views ask; where two threads ask at one instant, each does, to no harm."""

    def __init__(self) -> None:
        self._done = False

    def do(self, what: Callable[[], None]) -> None:
        if not self._done:
            what()
            self._done = True
