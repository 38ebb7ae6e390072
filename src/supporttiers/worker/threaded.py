"""The worker for a thread or process of its own."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Final

from supporttiers._flows import drive
from supporttiers.desk import SupportDesk
from supporttiers.readings import Pass
from supporttiers.worker._loop import LAG_WITHIN, LIMIT, PASS_WITHIN, POLL_EVERY, Loop, Settings, fitting_desk
from supporttiers.worker.status import WorkerStatus
from supporttiers.worker.telemetry import Telemetry

_STRETCH: Final = 1.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Worker:
    """
    Does pass after pass of a desk, and sleeps while nothing is due.

    After a pass that did something it goes on at once. Then it sleeps until something is due by itself, at most
    `poll_every`: others open cases, messages are tried again, vendors answer. What goes wrong is logged, counted and
    waited out, a second at first and a minute at most; it never ends the worker. Any number of workers may look after
    one store.

    >>> from supporttiers import SupportDesk, SupportProcess
    >>> worker = Worker(SupportDesk(SupportProcess.default()))
    >>> worker.stop()  # usually from another thread, or by a signal
    >>> worker.run()
    >>> worker.status().state.value
    'stopped'

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        desk: SupportDesk,
        /,
        *,
        poll_every: timedelta = POLL_EVERY,
        limit: int = LIMIT,
        tenant: str | None = None,
        pass_within: timedelta = PASS_WITHIN,
        lag_within: timedelta = LAG_WITHIN,
        telemetry: Telemetry | None = None,
        on_pass: Callable[[Pass], object] | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """
        Put a worker together; nothing is done yet.

        Args:
            desk: Whose passes it does.
            poll_every: At least so often it does one.
            limit: At most so many cases, messages and tickets each a pass.
            tenant: Whose; of all tenants of the store when None, whatever tenant the desk is bound to.
            pass_within: It is healthy while its last whole pass is not older than this and one sleep.
            lag_within: It is healthy while nothing that is due has been waiting for longer than this.
            telemetry: Hears what it does, such as `supporttiers.worker.otel.OpenTelemetry()`.
            on_pass: Called with what each pass did, in the thread in which it runs.
            wait: How so many seconds pass, for tests on virtual time; `wake` and `stop` do not end such a wait.

        Raises:
            InputError: A value cannot be.
            PluginError: The desk or the telemetry does not fit.
        """
        fitting_desk(desk, awaited=False)
        settings = Settings(
            poll_every=poll_every, limit=limit, tenant=tenant, pass_within=pass_within, lag_within=lag_within
        )
        self._loop = Loop(desk, settings, telemetry=telemetry, on_pass=on_pass)
        self._bell = _Bell()
        self._wait = wait or self._bell.wait

    def run(self, *, signals: bool = True) -> None:
        """
        Work until somebody calls `stop`.

        In the main thread SIGTERM and SIGINT stop it: the pass that is under way is ended first. A second signal then
        does what it did before, and so it is after the end.

        Args:
            signals: Whether signals stop it; in any other thread than the main one they never do.

        Raises:
            InputError: It runs already.
            DefinitionError: The desk is set up wrongly, as its very first pass shows.
            TransactionError: It is a view in somebody's own transaction.
            BackendError: The same of what the desk works with: trying again will not help.
        """
        with _stopped_by_signals(self.stop, wanted=signals), closing(self._loop.steps(self._wait)) as steps:
            drive(steps)

    def wake(self) -> None:
        """End its sleep: something is to be done now. May be called from any thread, and from a signal handler."""
        self._bell.ring()

    def stop(self) -> None:
        """
        End it after its pass; one that is not running will not begin. May be called as `wake` may.

        A worker that was stopped stays so: make a new one to go on.
        """
        self._loop.stopping = True
        self._bell.ring()

    def status(self) -> WorkerStatus:
        """Say how it is; may be called from any thread. It reads what waits from the store, by indexes."""
        return drive(self._loop.status())


class _Bell:
    """
    Ends a sleep.

    A queue, because its `put` may interrupt its own `get`, as a signal handler does; an Event would wait for ever for
    the lock that the sleeper holds.
    """

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()

    def ring(self) -> None:
        if self._rings.empty():
            self._rings.put(None)

    def wait(self, seconds: float) -> None:
        """Wait, in short stretches: Python hears of a signal that comes just before one only when that one ends."""
        while seconds > 0:
            with suppress(Empty):
                self._rings.get(timeout=min(seconds, _STRETCH))
                return
            seconds -= _STRETCH


@contextmanager
def _stopped_by_signals(stop: Callable[[], None], *, wanted: bool) -> Iterator[None]:
    """Let the first signal call *stop*, and put back the handlers that were there before it."""
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: it was not set from Python

    def stopped(_number: int, _frame: FrameType | None) -> None:
        put_back()
        stop()

    for number in _SIGNALS:
        signal.signal(number, stopped)
    try:
        yield
    finally:
        put_back()
