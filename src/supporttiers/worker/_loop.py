"""What a worker does next, as steps: `Worker` takes them one after the other, `AsyncWorker` awaits each."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from inspect import iscoroutinefunction
from typing import Any, Final, Protocol, Self

import attrs

from supporttiers._fields import at_least, given, maybe, name, positive_duration, type_name
from supporttiers._flows import Call, Flow
from supporttiers.clock import Clock
from supporttiers.errors import (
    BackendError,
    DefinitionError,
    InputError,
    PluginError,
    TransactionError,
    safe_text,
)
from supporttiers.protocols import Backlog
from supporttiers.readings import Pass
from supporttiers.worker.status import WorkerState, WorkerStatus, findings_of
from supporttiers.worker.telemetry import Telemetry

log = logging.getLogger("supporttiers.worker")

POLL_EVERY: Final = timedelta(seconds=30)
LIMIT: Final = 1000
PASS_WITHIN: Final = timedelta(minutes=5)
LAG_WITHIN: Final = timedelta(minutes=5)

_BREATH: Final = timedelta(seconds=1)
"""How long to wait where a wake-up has come and a pass could do nothing about it: no ring without an end."""

_FIRST_WAIT: Final = timedelta(seconds=1)
_LAST_WAIT: Final = timedelta(minutes=1)
_DOUBLINGS: Final = 6  # from the first to past the last


class Desk(Protocol):
    """What a worker asks of a desk; an asynchronous one is awaited."""

    @property
    def clock(self) -> Clock:
        """By which it goes."""
        ...

    def run_due(self, *, limit: int, tenant: str | None) -> Pass | Awaitable[Pass]:
        """Do one whole pass."""
        ...

    def next_wake(self, *, tenant: str | None) -> datetime | Awaitable[datetime | None] | None:
        """Give the earliest wake-up."""
        ...

    def backlog(self, *, all_tenants: bool) -> Backlog | Awaitable[Backlog]:
        """Say what waits."""
        ...

    def bind(self, *, tenant: str | None) -> Self:
        """Give a view for a tenant."""
        ...


def fitting_desk(desk: object, *, awaited: bool) -> None:
    """
    Make sure that a worker is given a desk of its own kind, before it starts.

    Raises:
        PluginError: It is none, or one of the other kind.
    """
    run_due = getattr(desk, "run_due", None)
    if isinstance(desk, type) or not callable(run_due):
        raise PluginError(type_name(desk), "a worker works for a desk; hand in a SupportDesk or an AsyncSupportDesk")
    if iscoroutinefunction(run_due) is not awaited:
        other = "Worker" if awaited else "AsyncWorker"
        raise PluginError(type_name(desk), f"this kind of desk has a worker of its own; use {other}")


@attrs.frozen(kw_only=True)
class Settings:
    """
    How a worker works; see `Worker`.

    Attributes:
        poll_every: At least so often a pass is done.
        limit: At most so many cases, messages and tickets each a pass.
        tenant: Whose; all when None.
        pass_within: Healthy while the last whole pass is not older, its sleep apart.
        lag_within: Healthy while nothing due has been waiting longer.
    """

    poll_every: timedelta = attrs.field(validator=given(positive_duration))
    limit: int = attrs.field(validator=given(at_least(1)))
    tenant: str | None = attrs.field(validator=maybe(name))
    pass_within: timedelta = attrs.field(validator=given(positive_duration))
    lag_within: timedelta = attrs.field(validator=given(positive_duration))


class Loop:
    """
    A worker without its waiting: what it does, when, and what it has seen.

    Attributes:
        seen: What it has done so far; replaced as a whole, so that any thread may look at it.
        stopping: Whether it ends after its pass.
    """

    def __init__(
        self, desk: Desk, settings: Settings, *, telemetry: Telemetry | None, on_pass: Callable[[Pass], object] | None
    ) -> None:
        """Begin with nothing done."""
        if telemetry is not None and (isinstance(telemetry, type) or not isinstance(telemetry, Telemetry)):
            raise PluginError(type_name(telemetry), "it lacks the methods of Telemetry")
        self.seen = WorkerStatus()
        self.stopping = False
        self._desk = desk if settings.tenant is None else desk.bind(tenant=settings.tenant)
        self._settings = settings
        self._telemetry = telemetry
        self._on_pass = on_pass
        self._failures = 0

    # -- the loop

    def steps(self, wait: Callable[[float], Any]) -> Flow[None]:
        """
        Give what is to be done, step by step, until it is stopped.

        Args:
            wait: Lets so many seconds pass, or fewer when the worker is woken.

        Raises:
            InputError: It runs already.
            DefinitionError: The desk is set up wrongly, as its very first pass shows.
            TransactionError: It is a view in somebody's own transaction.
            BackendError: The same of what the desk works with: trying again will not help.
        """
        if self.seen.state is not WorkerState.STOPPED:
            raise InputError("", "run", "is under way; make another worker, a store may have any number of them")
        self.seen = self.seen.started(self._now())
        log.info("worker started, for tenant %s", self._settings.tenant or "any")
        try:
            while not self.stopping:
                seconds = yield from self._round()
                if seconds > 0 and not self.stopping:
                    yield Call(wait, seconds)
        finally:
            self.seen = self.seen.stopped()
            log.info("worker stopped, passes done: %d", self.seen.passes)

    def _round(self) -> Flow[float]:
        """Do a pass, whatever becomes of it; give how many seconds to wait then."""
        try:
            seconds = yield from self._pass()
        except Exception as error:
            if self._is_of_set_up(error):
                self.seen = self.seen.erred(error, self._now())
                log.error("the worker cannot work: %s", safe_text(error))  # noqa: TRY400 - nobody may await its task
                raise
            return self._set_back(error)
        self._failures = 0
        return seconds

    def _pass(self) -> Flow[float]:
        settings, heard = self._settings, self._telemetry
        with nullcontext() if heard is None else heard.around_pass():
            done: Pass = yield Call(self._desk.run_due, limit=settings.limit, tenant=settings.tenant)
            if heard is not None:
                heard.passed(done)
        self.seen = self.seen.passed(done, self._now())
        if self._on_pass is not None:
            self._on_pass(done)
        if not done.idle:
            return 0.0  # there may be more: cases beyond the limit, and what was caused just now
        if heard is not None:
            heard.waiting((yield Call(self._desk.backlog, all_tenants=settings.tenant is None)))
        wake = yield Call(self._desk.next_wake, tenant=settings.tenant)
        return self._until(wake)

    def _until(self, wake: datetime | None) -> float:
        """Give how many seconds to sleep: until something is due, but not longer than agreed."""
        longest = self._settings.poll_every
        if wake is None:
            return longest.total_seconds()
        ahead = wake - self._now()
        if ahead <= timedelta(0):
            ahead = _BREATH
        return min(ahead, longest).total_seconds()

    def _is_of_set_up(self, error: Exception) -> bool:
        """Say whether the operator should hear of an error at once: no pass was ever done, and none will be."""
        given_up = isinstance(error, BackendError) and not error.retryable
        hopeless = given_up or isinstance(error, DefinitionError | TransactionError)
        return hopeless and not self.seen.passes and not self.seen.errors

    def _set_back(self, error: Exception) -> float:
        """Note that a pass came to nothing; give how many seconds to wait, longer each time."""
        self.seen = self.seen.erred(error, self._now())
        wait: timedelta = min(_FIRST_WAIT * 2 ** min(self._failures, _DOUBLINGS), _LAST_WAIT)
        self._failures += 1
        log.error("a pass failed, the next one is tried in %s: %s", wait, safe_text(error))
        return wait.total_seconds()

    # -- how it is

    def status(self) -> Flow[WorkerStatus]:
        """Read what waits, and say how the worker is."""
        settings = self._settings
        backlog = wake = None
        try:
            backlog = yield Call(self._desk.backlog, all_tenants=settings.tenant is None)
            wake = yield Call(self._desk.next_wake, tenant=settings.tenant)
        except Exception as error:  # noqa: BLE001 - a store may raise anything; not to be read is a status, too
            log.warning("the backlog cannot be read: %s", type(error).__name__)
        seen = self.seen.stopping() if self.stopping else self.seen
        within = settings.pass_within + settings.poll_every  # who sleeps as agreed is not stuck
        found = findings_of(seen, backlog, self._now(), pass_within=within, lag_within=settings.lag_within)
        return seen.read(backlog, wake, found)

    def _now(self) -> datetime:
        return self._desk.clock.now()
