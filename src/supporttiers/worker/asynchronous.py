"""The worker for a task of asyncio."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from supporttiers._flows import adrive
from supporttiers.clock import Clock
from supporttiers.desk import AsyncSupportDesk
from supporttiers.readings import Pass
from supporttiers.worker._loop import LAG_WITHIN, LIMIT, PASS_WITHIN, POLL_EVERY, Loop, Settings, fitting_desk, log
from supporttiers.worker.status import WorkerStatus
from supporttiers.worker.telemetry import Telemetry


class AsyncWorker:
    """
    Does what `Worker` does, as a task beside others: `asyncio.create_task(AsyncWorker(desk).run())`.

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        desk: AsyncSupportDesk,
        /,
        *,
        poll_every: timedelta = POLL_EVERY,
        limit: int = LIMIT,
        tenant: str | None = None,
        pass_within: timedelta = PASS_WITHIN,
        lag_within: timedelta = LAG_WITHIN,
        telemetry: Telemetry | None = None,
        on_pass: Callable[[Pass], object] | None = None,
        wait: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        """
        Put a worker together; nothing is done yet.

        Args:
            desk: Whose passes it does.
            poll_every: See `Worker`, as of all that follow.
            limit: See `Worker`.
            tenant: See `Worker`.
            pass_within: See `Worker`.
            lag_within: See `Worker`.
            telemetry: See `Worker`.
            on_pass: See `Worker`; called, not awaited.
            wait: See `Worker`; it is awaited.

        Raises:
            InputError: A value cannot be.
            PluginError: The desk or the telemetry does not fit.
        """
        fitting_desk(desk, awaited=True)
        settings = Settings(
            poll_every=poll_every, limit=limit, tenant=tenant, pass_within=pass_within, lag_within=lag_within
        )
        self._loop = Loop(_WholePasses(desk), settings, telemetry=telemetry, on_pass=on_pass)
        self._wait = wait or self._sleep
        self._bell = asyncio.Event()
        self._where: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """
        Work until somebody calls `stop`, or cancels the task.

        When it is cancelled it ends the pass that is under way first, so that nothing is left half done; cancelled
        again, it gives that up too.

        Raises:
            InputError: It runs already.
            DefinitionError: The desk is set up wrongly, as its very first pass shows.
            TransactionError: It is a view in somebody's own transaction.
            BackendError: The same of what the desk works with: trying again will not help.
        """
        before, self._where = self._where, asyncio.get_running_loop()
        try:
            await adrive(self._loop.steps(self._wait))
        finally:
            self._where = before  # of a run that is under way, where this one was refused for it

    def wake(self) -> None:
        """End its sleep: something is to be done now. May be called from any thread."""
        if self._where is not None:
            self._where.call_soon_threadsafe(self._bell.set)

    def stop(self) -> None:
        """End it after its pass; one that is not running will not begin. May be called from any thread."""
        self._loop.stopping = True
        self.wake()

    async def status(self) -> WorkerStatus:
        """Say how it is; it reads what waits from the store, by indexes."""
        return await adrive(self._loop.status())

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        self._bell.clear()


class _WholePasses:
    """A desk whose passes are ended even when their task is cancelled meanwhile."""

    def __init__(self, desk: AsyncSupportDesk) -> None:
        self._desk = desk
        self.clock: Clock = desk.clock
        self.next_wake = desk.next_wake
        self.backlog = desk.backlog

    def bind(self, *, tenant: str | None) -> "_WholePasses":
        return _WholePasses(self._desk.bind(tenant=tenant))

    async def run_due(self, *, limit: int, tenant: str | None) -> Pass:
        doing: asyncio.Task[Pass] = asyncio.ensure_future(self._desk.run_due(limit=limit, tenant=tenant))
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            await _ended(doing)
            raise


async def _ended(doing: "asyncio.Task[Pass]") -> None:
    """Let a pass come to its end, unless that is cancelled too."""
    try:
        await asyncio.wait({doing})
    except asyncio.CancelledError:
        doing.cancel()
        raise
    if not doing.cancelled() and (error := doing.exception()) is not None:
        log.error("a pass failed while its worker was cancelled: %s", type(error).__name__)
