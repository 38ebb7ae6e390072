"""Steps of I/O, what they work with, and the two drivers that do them: one that calls, and one that awaits."""

import inspect
import time
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from datetime import datetime
from functools import partial
from threading import Lock
from types import CoroutineType
from typing import Any, TypeVar

import attrs

from supporttiers.cases import Case
from supporttiers.effects import Notify
from supporttiers.errors import PluginError
from supporttiers.events import Event
from supporttiers.facts import Facts, FactSource
from supporttiers.links import Attachment
from supporttiers.process import SupportProcess
from supporttiers.protocols import (
    CaseStore,
    Directory,
    Notifier,
    VendorGateway,
)

T = TypeVar("T")


Call = partial
"""One step of I/O: what to call, and with what; whoever drives the flow calls it."""

Flow = Generator[Call[Any], Any, T]


# -- calling


def drive(flow: Flow[T]) -> T:
    """Run a flow to its end, doing each step at once."""
    try:
        call = next(flow)
        while True:
            try:
                result = call()
                if type(result) is CoroutineType:
                    raise _unawaited(call, result)  # noqa: TRY301 - the flow decides what becomes of it
            except Exception as error:  # noqa: BLE001 - the flow decides what becomes of a failed step
                call = flow.throw(error)
            else:
                call = flow.send(result)
    except StopIteration as done:
        value: T = done.value
        return value


def _unawaited(call: Call[Any], coroutine: Coroutine[Any, Any, Any]) -> PluginError:
    """Say that nothing was done: a coroutine that nobody awaits would pass for an answer."""
    coroutine.close()
    what = getattr(call.func, "__qualname__", type(call.func).__name__)
    return PluginError(what, "it gives a coroutine, which SupportDesk cannot await; use AsyncSupportDesk")


def at_once(flow: Flow[T]) -> T | None:
    """Run a flow that may have nothing to do outside; None, with nothing done, where it has."""
    try:
        next(flow)
    except StopIteration as done:
        value: T = done.value
        return value
    flow.close()
    return None


# -- awaiting


async def adrive(flow: Flow[T]) -> T:
    """
    Run a flow to its end, awaiting each step: asynchronous ones themselves, those that may block in a thread.

    When the task is cancelled, the step that it is at ends first if it runs in a thread: nothing of the flow is at work
    any more when the cancellation arrives at the caller.
    """
    try:
        call = next(flow)
        while True:
            try:
                result = await _step(call)
            except Exception as error:  # noqa: BLE001 - the flow decides what becomes of a failed step
                call = flow.throw(error)
            else:
                call = flow.send(result)
    except StopIteration as done:
        value: T = done.value
        return value
    finally:
        flow.close()


async def _step(call: Call[Any]) -> object:
    """
    Do one step.

    A port says how its methods are to be called. `asynchronous = True`: on the loop, and what they give is awaited; a
    coroutine function need not say so. `blocks = False`: on the loop, for it does no I/O. Else: in a thread.
    """
    port = getattr(call.func, "__self__", call.func)
    if getattr(port, "blocks", True) is False or is_asynchronous(call.func):
        result = call()
    else:
        result = await _in_thread(call)
    return await result if inspect.isawaitable(result) else result


def pause(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)  # noqa: TID251 - for some milliseconds at most, which nothing that happens would cut short


async def awaited_pause(seconds: float) -> None:
    """Wait, and leave the loop to others."""
    import asyncio  # noqa: PLC0415 - takes as long to load as all the rest, and only those who await need it

    await asyncio.sleep(seconds)


def is_asynchronous(callee: object) -> bool:
    """Whether what it gives has to be awaited, as far as can be told without calling it."""
    while isinstance(callee, partial):
        callee = callee.func
    if getattr(getattr(callee, "__self__", callee), "asynchronous", False) is True:
        return True
    return inspect.iscoroutinefunction(callee) or inspect.iscoroutinefunction(type(callee).__call__)


def has_asynchronous(port: object, methods: Iterable[str]) -> bool:
    """Whether a port says that it is asynchronous, or has one of some methods that is."""
    return is_asynchronous(port) or any(is_asynchronous(getattr(port, method, None)) for method in methods)


async def _in_thread(call: Call[Any]) -> object:
    """Call in a thread, and leave none behind: what is being written must have ended before anybody goes on."""
    import asyncio  # noqa: PLC0415 - takes as long to load as all the rest, and only those who await need it

    begun = Lock()
    doing = asyncio.get_running_loop().run_in_executor(None, partial(copy_context().run, _caught, call, begun))
    try:
        result, error = await asyncio.shield(doing)
    except asyncio.CancelledError:
        while not begun.acquire(blocking=False) and not doing.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([doing])
        raise
    if error is not None:
        raise error
    return result


def _caught(call: Call[Any], begun: Lock) -> tuple[object, Exception | None]:
    """
    Call, unless whoever wanted it has been cancelled before a thread was free: who takes *begun* first decides.

    The error is given beside the result: a future takes no StopIteration, and warns of errors that nobody asks for.
    """
    if not begun.acquire(blocking=False):
        return None, None
    try:
        return call(), None
    except Exception as error:  # noqa: BLE001 - raised again on the loop
        return None, error


# -- what flows work with


@attrs.define
class Feed:
    """
    What is known of a vendor's own list of what has changed.

    Attributes:
        asked_at: When it was last asked for; None for never.
        worked_at: When it last came.
        works: Whether it came when it was last asked for; None as long as nobody has.
    """

    asked_at: datetime | None = None
    worked_at: datetime | None = None
    works: bool | None = None


@attrs.frozen(kw_only=True)
class Ports:
    """
    What flows work with. Each may be asynchronous where the flows are awaited, though the types do not say so.

    Attributes:
        store: Where cases are kept.
        processes: The processes at hand, by name and revision; those of older cases are added as they are met.
        newest: The newest revision of each process, by name.
        default: The process of a case that names none.
        notifiers: By name.
        vendors: By name.
        sources: Of facts, by name.
        directory: Knows people.
        policies: Classes of policies that a stored process may name, besides the built-in ones.
        observers: Those that are told of every event, by name.
        retries: Whether what loses a race is decided again; not in a transaction of the caller's.
        pause: Waits for some seconds, before it is.
        unheard: The first of what nobody is told, for want of notifiers.
        renewed: Processes with the limits of a newer revision, by name and both revisions; None where they do not fit.
        foreign: Processes that cannot be loaded, of which that has been logged.
        files: Reads the content of an attachment, which the host keeps; None where nobody can.
        resting: Until when vendors are left alone, by name.
        feeds: What is known of vendors' own lists of what has changed, by name.
        missed: Tickets of which the vendor has said once that they are gone, by tenant, case and key.
        failing: Tickets about which the vendor could not be asked the last time, in the same way.
        no_facts: What is known before anything has been read.
    """

    store: CaseStore
    processes: dict[tuple[str, str], SupportProcess]
    newest: Mapping[str, SupportProcess]
    default: SupportProcess
    notifiers: Mapping[str, Notifier]
    vendors: Mapping[str, VendorGateway]
    sources: Mapping[str, FactSource] = attrs.field(factory=dict)
    directory: Directory | None = None
    policies: Sequence[type[Any]] = ()
    observers: Mapping[str, Callable[[Event, Case], object]] = attrs.field(factory=dict)
    retries: bool = True
    pause: Callable[[float], object] = pause
    unheard: list[Notify] = attrs.field(factory=list)
    renewed: dict[tuple[str, str, str], SupportProcess | None] = attrs.field(factory=dict)
    foreign: set[tuple[str, str, str]] = attrs.field(factory=set)
    files: Callable[[Attachment], object] | None = None
    resting: dict[str, datetime] = attrs.field(factory=dict)
    feeds: dict[str, Feed] = attrs.field(factory=dict)
    missed: set[tuple[str, str, str]] = attrs.field(factory=set)
    failing: set[tuple[str, str, str]] = attrs.field(factory=set)
    no_facts: Facts = attrs.field(init=False)

    @no_facts.default
    def _nothing_read(self) -> Facts:
        return Facts(keyed_by={name: source.keyed_by for name, source in self.sources.items()})
