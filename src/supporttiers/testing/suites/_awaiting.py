"""What has to be awaited, as what is called: each call is awaited on one loop in a thread."""

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from supporttiers.protocols import AsyncCaseStore, CaseStore

T = TypeVar("T")


@contextmanager
def turning() -> Iterator[asyncio.AbstractEventLoop]:
    """Give a loop that turns in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="awaited", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=60)
        loop.close()


@contextmanager
def awaiting(store: AsyncCaseStore) -> Iterator[CaseStore]:
    """Give a store that any number of threads may call; it is closed on the loop on which it worked."""
    with turning() as loop:
        called = cast("CaseStore", called_of(store, loop))
        yield called
        called.close()


def called_of(awaited: T, loop: asyncio.AbstractEventLoop) -> T:
    """Give an object whose methods may be called from any thread; each call waits until the loop has done it."""
    return cast("T", _Awaiting(awaited, loop))


class _Awaiting:
    """Every method of an object, awaited; its attributes as they are."""

    def __init__(self, port: object, loop: asyncio.AbstractEventLoop) -> None:
        self._port = port
        self._loop = loop

    def __repr__(self) -> str:
        return repr(self._port)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it has
        found = getattr(self._port, name)
        return self._called(found) if callable(found) else found

    def _called(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            return waited(_awaited(method, args, kwargs), self._loop)

        return call


def waited(answer: T | Awaitable[T], loop: asyncio.AbstractEventLoop) -> T:
    """Give an answer, once the loop has come to it where it has to be awaited."""
    if not inspect.isawaitable(answer):
        return answer
    given: T = asyncio.run_coroutine_threadsafe(_of(answer), loop).result(timeout=120)
    return given


async def _of(answer: Awaitable[T]) -> T:
    return await answer


async def _awaited(method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
    """Call a method, and wait for what it gives, whether it is written with `async` or only hands on a coroutine."""
    return await method(*args, **kwargs)
