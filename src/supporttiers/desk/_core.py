"""
What every desk is: its parts, its views, and its commands and its time as flows.

The flow of a public method has the method's name with an underscore before it; a desk only chooses who drives it.
"""

import copy
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, Self, runtime_checkable

import attrs

from supporttiers import _fields as fields
from supporttiers import _flows as flows
from supporttiers._codec import body_hash
from supporttiers._fields import at_least, instance_of, type_name
from supporttiers._flows import Call, Flow, Ports, awaited_pause, is_asynchronous, pause
from supporttiers._plugins import Plugins
from supporttiers.actors import Actor
from supporttiers.backends._built_in import BuiltIn
from supporttiers.backends.directory import directory_of
from supporttiers.backends.directory.stored import StoredDirectory
from supporttiers.cases import Case
from supporttiers.clock import Clock, IdFactory, SystemClock
from supporttiers.commands import COMMANDS, Command, Open
from supporttiers.decisions import Decision
from supporttiers.desk import _plugged as plugged
from supporttiers.desk._operations import Operations
from supporttiers.desk._parts import (
    by_source,
    check_callable,
    check_needs,
    check_plain,
    classes,
    fitting,
    must,
    processes,
    sources,
    tolerance,
)
from supporttiers.desk._parts import notifiers as checked_notifiers
from supporttiers.desk._questions import Questions
from supporttiers.desk._records import Records
from supporttiers.desk._turns import Turns
from supporttiers.desk._vendors import VendorTalk, check_plans, readable
from supporttiers.desk._vendors import vendors as checked_vendors
from supporttiers.errors import CaseError, CaseNotFoundError, InputError, SupportTiersError, UnsupportedConnectionError
from supporttiers.facts import FactSource
from supporttiers.links import Attachment
from supporttiers.process import SupportProcess
from supporttiers.protocols import (
    KEY_LIFE,
    AgentDirectory,
    AsyncCaseStore,
    AsyncDirectory,
    AsyncNotifier,
    AsyncVendorGateway,
    CaseStore,
    Directory,
    Notifier,
    VendorGateway,
)
from supporttiers.readings import HookReading, Pass

DEFAULT_TENANT: Final = "default"
_AN_ID: Final = instance_of(str, "an Actor or an id")


@runtime_checkable
class Ids(Protocol):
    """Makes ids for cases that the caller gives none; asked without I/O."""

    def new_id(self, now: datetime, /) -> str:
        """Give a new id; later ones should sort after earlier ones."""
        ...


class Core(Questions, Operations, Records, VendorTalk):
    """The parts of a desk, and what it does with them."""

    _awaits: ClassVar[bool]
    """Whether its flows are awaited, so that ports may be asynchronous."""

    def __init__(
        self,
        process: SupportProcess | str | Path | Sequence[SupportProcess | str | Path],
        /,
        *,
        store: str | CaseStore | AsyncCaseStore | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        directory: Directory | AsyncDirectory | str | Path | None = None,
        facts: Iterable[FactSource] = (),
        policies: Iterable[type[Any]] = (),
        notifiers: Iterable[Notifier | AsyncNotifier | str] = (),
        vendors: (
            Iterable[VendorGateway | AsyncVendorGateway | str] | Mapping[str, Mapping[str, object]] | str | Path
        ) = (),
        files: Callable[[Attachment], bytes | Awaitable[bytes]] | None = None,
        plugins: Iterable[object] = (),
        entry_points: bool = False,
        blocked: Collection[str] = (),
        clock_tolerance: timedelta = timedelta(minutes=5),
    ) -> None:
        """
        Put a desk together; nothing is opened yet.

        Args:
            process: A process, the path of a process file, or several of either, of which the first is the default.
            store: A URL such as `sqlite:///support.db`, or one that a plugin knows; or a `CaseStore`; in memory when
                None.
            clock: Tells the time; the machine's clock when None.
            ids: Makes ids for cases that the caller gives none; UUIDv7 when None.
            directory: Knows people: a `Directory`, the path of a TOML file of people, or `"store"` for those that
                `people` keeps beside the cases. Without one, an id equal to the requester acts as the customer, any
                other as an agent.
            facts: Sources of what policies need to know from outside.
            policies: Classes of policies of your own, which process files and stored processes may name.
            notifiers: Carry messages to people; each has a name of its own. A text is a URL, such as `console:`, for
                which a plugin hands over the object.
            vendors: Gateways to vendors' systems; tiers refer to them by name. A text is the name of a vendor, for
                which a plugin hands over the gateway; so are the keys of a table, whose values are their settings.
                Such tables may stand in a TOML file, whose path is handed in.
            files: Reads the content of an attachment, which you keep, when it is to go to a vendor; a LookupError says
                that there is no such file. Without it no files go to vendors, and the record of the case says so.
            plugins: Modules, objects or names to import, with functions that `supporttiers.hookspecs.hookimpl` marks;
                the last one is asked first.
            entry_points: Whether to load what installed packages name under the entry-point group `supporttiers`.
            blocked: Names of packages or entry points that are not loaded.
            clock_tolerance: How far in the future a command's `at` may lie, for machines whose clocks differ.

        Raises:
            ProcessError: A process is not valid, or two have one name.
            PluginError: A plugin does not fit its hooks; an adapter, the clock, the ids or the directory do not fit
                their Protocol, or are asynchronous where nobody awaits.
            DirectoryError: The file of people is not valid; every fault is listed, with its place.
            InputError: The tolerance is no timedelta, or negative; `entry_points` is no truth value.
            StoreError: The URL names no store that is known.
        """
        must(tolerance, "clock_tolerance", clock_tolerance)
        must(fields.flag, "entry_points", entry_points)
        self._plugins = Plugins(
            plugins, built_in=BuiltIn(self._awaits), entry_points=entry_points, blocked=blocked, awaits=self._awaits
        )
        own = (*policies, *self._plugins.policies())
        found = processes(process, own)
        cases: Any = plugged.store(self._plugins, store, awaits=self._awaits)
        self._directory = directory_of(directory, cases)
        self._facts = by_source((*facts, *self._plugins.facts()))
        self._ports = Ports(
            store=cases,
            processes={(each.name, each.revision): each for each in found},
            newest={each.name: each for each in found},
            default=found[0],
            notifiers=checked_notifiers(plugged.notifiers(self._plugins, notifiers)),
            vendors=checked_vendors(plugged.vendors(self._plugins, vendors)),
            files=readable(files),
            sources=sources(flows.sources_of(self._directory, cases, self._facts)),
            directory=self._directory,
            policies=classes(own, found),
            observers=self._plugins.observers,
            pause=awaited_pause if self._awaits else pause,
        )
        check_needs(found, self._ports.sources)
        check_plans(found, self._ports.vendors)
        self._clock: Clock = SystemClock() if clock is None else fitting(clock, Clock)
        self._ids: Ids = IdFactory() if ids is None else fitting(ids, Ids)
        check_plain(("the clock", self._clock.now), ("the ids", self._ids.new_id))
        if not self._awaits:
            check_callable(self._ports)
        self._tokens = IdFactory()
        self._tolerance = clock_tolerance
        self._tenant = DEFAULT_TENANT
        self._bound: str | None = None
        self._by: Actor | str | None = None
        self._kept = _Kept()
        self._joins = False
        self._turns = Turns()  # for those who await

    def __repr__(self) -> str:
        """Show process, store and tenant."""
        parts = f"{self._ports.default.name!r}, store={self._ports.store.name!r}, tenant={self._tenant!r}"
        return f"{type(self).__name__}({parts})"

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        """Give this very desk: it is shared, never doubled, also by Django's `setUpTestData`."""
        return self

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
            view._tenant = view._bound = tenant  # noqa: SLF001 - a copy of ourselves
        if by is not None:
            view._by = by  # noqa: SLF001
        return view

    def on(self, connection: Any) -> Self:  # noqa: ANN401 - many libraries' connections
        """
        Give a view of this desk that works in the transaction of a connection: the caller's own.

        What it does becomes true when the caller commits, and is as if never done when the caller rolls back. The view
        never begins, commits, rolls back or retries. It is good for one transaction, or for a session.

        Args:
            connection: A connection of sqlite3 or psycopg (blocking or async), a Connection, Session or scoped_session
                of SQLAlchemy, its AsyncConnection or AsyncSession, or `django.db.connection`; it has to lead to the
                database of the desk's store. A desk that is awaited takes those that are awaited.

        Raises:
            UnsupportedConnectionError: The desk's store cannot work on it.
            AutocommitError: Each statement on it would be committed by itself.
        """
        store: Any = self._ports.store
        kind = type_name(connection)
        if self._joins:
            problem = "this view of a desk works on one already; call on() of the desk itself"
            raise UnsupportedConnectionError(kind, problem)
        if "joins" not in store.capabilities:
            problem = f"this desk keeps its cases in {store.name!r}, which has no part in transactions of yours"
            raise UnsupportedConnectionError(kind, problem)
        joined = store.on(connection)
        if is_asynchronous(joined.load) != self._awaits:
            other = "a SupportDesk" if self._awaits else "an AsyncSupportDesk"
            raise UnsupportedConnectionError(kind, f"it is for {other}")
        view = copy.copy(self)
        view._join(joined)  # noqa: SLF001 - a copy of ourselves
        return view

    def _join(self, store: Any) -> None:  # noqa: ANN401 - of either kind
        if isinstance(self._directory, StoredDirectory):
            self._directory = StoredDirectory(store)
        self._ports = attrs.evolve(
            self._ports, store=store, directory=self._directory, retries=False,
            sources=flows.sources_of(self._directory, store, self._facts),
        )  # fmt: skip
        self._joins = True

    @property
    def tenant(self) -> str:
        """Whose cases this view sees."""
        return self._tenant

    @property
    def clock(self) -> Clock:
        """By which this desk goes."""
        return self._clock

    @property
    def hooks(self) -> tuple[HookReading, ...]:
        """Each hook of this desk's plugins, and who implements it, in the order in which they are asked."""
        return self._plugins.readings()

    @property
    def process(self) -> SupportProcess:
        """The process of cases that name none."""
        return self._ports.default

    # -- any command

    def _execute(self, command: Command, *, by_id: bool = False) -> Flow[Decision]:
        now = self._clock.now()
        self._check(command, now)
        named, body = self._with_id(command, now), _body_of(command)
        flow = flows.execute(self._ports, self._tenant, named, now, body=body, by_id=by_id)
        return flow if self._kept.done and not self._joins else self._once_kept(flow, now)

    def _once_kept(self, flow: Flow[Decision], now: datetime) -> Flow[Decision]:
        yield from self._keep_processes(now)
        return (yield from flow)

    def _execute_all(self, commands: Iterable[Command]) -> Flow[list[Decision | SupportTiersError]]:
        now = self._clock.now()
        judged = [self._judged(command, now) for command in commands]
        sound = [one for one in judged if not isinstance(one, InputError)]
        bodies = [_body_of(command) for command in sound]
        named = [self._with_id(command, now) for command in sound]
        yield from self._keep_processes(now)
        answers = iter((yield from flows.execute_all(self._ports, self._tenant, named, now, bodies=bodies)))
        return [one if isinstance(one, InputError) else next(answers) for one in judged]

    def _judged(self, command: Command, now: datetime) -> Command | InputError:
        try:
            self._check(command, now)
        except InputError as error:
            return error
        return command

    def _adopt(self, commands: Iterable[Command]) -> Flow[dict[str, Decision | CaseError]]:
        pasts: dict[str, list[Command]] = {}
        for command in commands:
            must(_is_command, "command", command)
            must(fields.name, "case_id", command.case_id)
            pasts.setdefault(command.case_id, []).append(command)
        now = self._clock.now()
        yield from self._keep_processes(now)
        return (yield from flows.adopt(self._ports, self._tenant, pasts, now))

    def _preview(self, command: Command) -> Flow[Decision]:
        now = self._clock.now()
        self._check(command, now)
        return (yield from flows.preview(self._ports, self._tenant, self._with_id(command, now), now))

    def _next_for(self, agent: str) -> Flow[Case | None]:
        must(fields.name, "agent", agent)
        house = None if self._directory is None else flows.of_tenant(self._directory, self._tenant)
        if not isinstance(house, AgentDirectory):
            raise InputError("", "agent", "cannot be looked up; build the desk with a directory that knows agents")
        yield from self._begin()
        found = yield Call(house.agent, agent)
        if found is None:
            raise InputError("", "agent", "is nobody whom the directory knows as an agent")
        now = self._clock.now()
        yield from self._keep_processes(now)
        return (yield from flows.next_for(self._ports, self._tenant, found, now))

    def _keep_processes(self, now: datetime) -> Flow[None]:
        """Keep the processes beside the cases, before the first thing is written; where two ask at once, each does."""
        store: Any = self._ports.store
        yield from self._begin()
        certain = not self._joins and getattr(store, "certain", True)
        if not certain and not self._kept.done and not self._kept.unsure:
            self._kept.done = yield from self._are_kept()
        if not self._kept.done:
            self._kept.unsure |= not certain
            for process in self._ports.newest.values():
                yield Call(store.put_process, process.name, process.revision, process.to_json(), now)
            self._kept.done = certain

    def _begin(self) -> Flow[None]:
        """In a transaction of the caller's, say before anything is read that it will be one that writes."""
        if self._joins:
            store: Any = self._ports.store
            yield Call(store.begin_writing)

    def _are_kept(self) -> Flow[bool]:
        """Whether somebody has kept the processes before: then there is nothing to keep, nor to be rolled back."""
        for process in self._ports.newest.values():
            if (yield Call(self._ports.store.process_kept_at, process.name, process.revision)) is None:
                return False
        return True

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

    # -- who, and which case

    def _actor(self, by: Actor | str | None) -> Flow[tuple[Actor, bool]]:
        found = self._known(by)
        if found is None:
            directory: Any = self._directory  # else everybody would be known
            if isinstance(directory, StoredDirectory):
                yield from self._begin()
            house: Any = flows.of_tenant(directory, self._tenant)
            actor = yield Call(house.actor, self._by if by is None else by)
            if actor is None:
                problem = "is nobody whom the directory knows; use an id that it resolves, or an Actor"
                raise InputError("", "by", problem)
            found = actor, False
        return found

    def _known(self, by: Actor | str | None) -> tuple[Actor, bool] | None:
        who = self._by if by is None else by
        if isinstance(who, Actor):
            return who, False
        if who is None:
            raise InputError("", "by", "is missing; name who acts, or bind an actor with desk.bind(by=...)")
        must(_AN_ID, "by", who)
        known = _actor_known_by(who)
        return (known, True) if self._directory is None else None

    def _id_of(self, case: Case | str) -> str:
        if not isinstance(case, Case):
            must(fields.name, "case", case)
            return case
        if case.tenant != self._tenant:
            raise CaseNotFoundError(case.id, self._tenant)
        return case.id

    # -- time

    def _run_due(self, *, limit: int, tenant: str | None) -> Flow[Pass]:
        must(at_least(1), "limit", limit)
        must(fields.optional(fields.name), "tenant", tenant)
        if self._joins:
            problem = "it has transactions of its own, and sends messages; call run_due of the desk itself"
            raise UnsupportedConnectionError("pass", problem)
        now = self._clock.now()
        yield from self._keep_processes(now)
        fired = yield from flows.fire_due(self._ports, now, limit=limit, tenant=tenant)
        relay = flows.relay(self._ports, self._clock.now, self._tokens.new_id, limit=limit, tenant=tenant)
        relayed, not_relayed = yield from relay
        polled, not_polled = yield from flows.poll(self._ports, self._clock.now, limit=limit, tenant=tenant)
        yield Call(self._ports.store.forget_keys, now - KEY_LIFE)
        return Pass(
            fired=fired.cases, relayed=relayed, polled=polled, failed=fired.failed + not_relayed + not_polled,
            parked=fired.parked, lag=fired.lag, left=fired.left,
        )  # fmt: skip

    def _next_wake(self, tenant: str | None) -> Flow[datetime | None]:
        must(fields.optional(fields.name), "tenant", tenant)
        wake: datetime | None = yield Call(self._ports.store.next_wake, tenant=tenant)
        return wake

    def _shut_down(self) -> Flow[None]:
        yield Call(self._ports.store.close)


@lru_cache(maxsize=1024)  # the same few people act again and again
def _actor_known_by(who: str) -> Actor:
    must(fields.name, "by", who)
    return Actor(who)


def _is_command(value: object) -> str | None:
    return None if type(value) in COMMANDS else f"must be a command such as Reply or Escalate, not {type_name(value)}"


def _body_of(command: Command) -> str | None:
    """Give the hash by which a repeated key is recognised: of the command as it came, before it is given an id."""
    return None if command.idempotency_key is None else body_hash(command)


@attrs.define
class _Kept:
    """
    Whether the processes have been kept; all views of a desk share it.

    Attributes:
        done: They have been, for good.
        unsure: They were written in a transaction of the caller's, and nobody tells whether it has been rolled back.
    """

    done: bool = False
    unsure: bool = False
