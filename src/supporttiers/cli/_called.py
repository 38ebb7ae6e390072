"""A desk that is awaited, for commands that only call."""

import asyncio
import inspect
import signal
from contextlib import suppress
from typing import Any, Final

from supporttiers.desk import AsyncSupportDesk
from supporttiers.worker import AsyncWorker

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Called:
    """
    An `AsyncSupportDesk` with the face of a `SupportDesk`: what it gives is awaited before it is handed on.

    All of a command runs on one event loop, as connections want it.

    Attributes:
        awaited: The desk itself.
    """

    def __init__(self, desk: AsyncSupportDesk, runner: asyncio.Runner) -> None:
        """Take a desk, and what has the loop."""
        self.awaited = desk
        self._runner = runner

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the desk has
        """Give what the desk has; a method that is awaited becomes one that is called."""
        found = getattr(self.awaited, name)
        return self._calling(found) if inspect.iscoroutinefunction(found) else found

    def _calling(self, method: Any) -> Any:  # noqa: ANN401 - any method
        def call(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever it takes and gives
            return self._runner.run(method(*args, **named))

        return call

    def bind(self, *, tenant: str) -> "Called":
        """Give a view for a tenant."""
        return Called(self.awaited.bind(tenant=tenant), self._runner)

    def work(self, worker: AsyncWorker) -> None:
        """Let a worker of this desk work until a signal comes."""
        self._runner.run(_worked(worker))


async def _worked(worker: AsyncWorker) -> None:
    """Let the first signal stop a worker after its pass; a second one does what it always does."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        put_back()
        worker.stop()

    def put_back() -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    with suppress(NotImplementedError):  # on Windows Ctrl-C cancels the task, which ends the pass, too
        for number in _SIGNALS:
            loop.add_signal_handler(number, stop)
    try:
        await worker.run()
    finally:
        with suppress(NotImplementedError):
            put_back()
