"""An AsyncSupportDesk that is used as a SupportDesk, so that the same tests run on both."""

import asyncio
import functools
import inspect
import os
import threading
from typing import Any, Self

from supporttiers.desk import AsyncSupportDesk, SupportDesk


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._left: list[asyncio.AbstractEventLoop] = []
        self._begin()
        os.register_at_fork(after_in_child=self._begin_anew)

    def _begin(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def _begin_anew(self) -> None:
        self._left.append(self._loop)  # its thread is the parent's; closing it here would end it there
        self._begin()

    def run(self, coroutine: Any) -> Any:
        """Run a coroutine to its end; of several threads, each has its own task on the one loop."""
        if threading.current_thread() is self._thread:  # a fake port asks the desk that is asking it
            return _aside(coroutine)
        if not self._thread.is_alive():
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=60)


LOOP = Loop()


def _aside(coroutine: Any) -> Any:
    found = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(coroutine)))
    thread.start()
    thread.join()
    return found[0]


class Blocking:
    """Something whose methods are awaited, for those who only call."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        """Give what the inner one has; what it gives is awaited."""
        found = getattr(self._inner, name)
        if not callable(found) or name.startswith("_"):
            return found

        @functools.wraps(found)
        def call(*args: Any, **named: Any) -> Any:
            answer = found(*args, **named)
            return LOOP.run(answer) if inspect.iscoroutine(answer) else answer

        return call


class BlockingDesk(Blocking):
    """An AsyncSupportDesk for those who only call."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(AsyncSupportDesk(*args, **named))

    @property
    def __class__(self) -> type:
        """Pass for a desk where one is asked for: a function that only calls can work with it."""
        return SupportDesk

    def __repr__(self) -> str:
        """Show what the inner one shows, as the desk that it stands for."""
        return repr(self._inner).removeprefix("Async")

    def __enter__(self) -> Self:
        LOOP.run(self._inner.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        LOOP.run(self._inner.__aexit__(*error))

    def bind(self, **named: Any) -> Self:
        """Give a view."""
        return self._view(self._inner.bind(**named))

    def on(self, connection: Any) -> Self:
        """Give a view in the transaction of a connection."""
        return self._view(self._inner.on(connection))

    def _view(self, inner: AsyncSupportDesk) -> Self:
        view = object.__new__(type(self))
        Blocking.__init__(view, inner)
        return view

    @property
    def people(self) -> Blocking:
        """Give the people, to those who only call."""
        return Blocking(self._inner.people)
