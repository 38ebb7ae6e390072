"""Turns: commands on one case that are awaited at the same time go one after the other."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    import asyncio


class _Turn:
    """A turn that somebody has taken; tasks that they have begun meanwhile see it, too, and see when it ends."""

    ended = False


_TAKEN: Final[ContextVar[_Turn | None]] = ContextVar("supporttiers_turn_taken", default=None)


class Turns:
    """
    Who may work on a case, within one event loop.

    Any number of tasks may have loaded a case before the first of them writes it: then one would win and all others
    would load and decide again, over and over. The store still decides who wins between loops and machines.

    Whoever has a turn takes no second one: a port that gives the desk a command while it is asked must not wait for the
    command that asks it. A task that such a port has begun takes turns as all others do once that turn is over.
    """

    def __init__(self) -> None:
        """Begin with nobody at work."""
        self._locks: WeakValueDictionary[tuple[object, str, str], asyncio.Lock] = WeakValueDictionary()

    async def take(self, tenant: str, case_id: str) -> Callable[[], None]:
        """Wait for a turn; give what ends it."""
        taken = _TAKEN.get()
        if taken is not None and not taken.ended:
            return _nothing
        import asyncio  # noqa: PLC0415 - takes as long to load as all the rest, and only those who await need it

        lock = self._locks.setdefault((asyncio.get_running_loop(), tenant, case_id), asyncio.Lock())
        await lock.acquire()
        turn = _Turn()
        _TAKEN.set(turn)

        def end() -> None:
            turn.ended = True
            lock.release()

        return end


def _nothing() -> None:
    """End no turn: none was taken."""
