"""An `AsyncCaseStore` as a `CaseStore`: each call is awaited on one loop in a thread."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from supporttiers.protocols import AsyncCaseStore, CaseStore


@contextmanager
def awaiting(store: AsyncCaseStore) -> Iterator[CaseStore]:
    """Give a store that any number of threads may call, while the loop on which it works turns in one of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="async store", daemon=True)
    thread.start()
    try:
        yield cast("CaseStore", _Awaiting(store, loop))
        asyncio.run_coroutine_threadsafe(store.close(), loop).result(timeout=60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=60)
        loop.close()


class _Awaiting:
    """Every method of a store, awaited; its attributes as they are."""

    def __init__(self, store: AsyncCaseStore, loop: asyncio.AbstractEventLoop) -> None:
        self._store = store
        self._loop = loop

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        found = getattr(self._store, name)
        return self._called(found) if callable(found) else found

    def _called(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            awaited = _awaited(method, args, kwargs)
            return asyncio.run_coroutine_threadsafe(awaited, self._loop).result(timeout=120)

        return call


async def _awaited(method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
    """Call a method, and wait for what it gives, whether it is written with `async` or only hands on a coroutine."""
    return await method(*args, **kwargs)
