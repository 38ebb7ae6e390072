"""The two drivers of flows: one calls each step, the other awaits it, on the loop or in a thread."""

import asyncio
import contextvars
import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from supporttiers._flows import Call, adrive, drive, is_asynchronous
from supporttiers.errors import PluginError

WHO = contextvars.ContextVar("who", default="nobody")


def flow(*callees):
    """Do each step, and give all that came of them, errors by their text."""
    found = []
    for callee in callees:
        try:
            found.append((yield Call(callee)))
        except Exception as error:  # noqa: BLE001 - whatever it is
            found.append(str(error))
    return found


def fail():
    """Fail."""
    problem = "no luck"
    raise ValueError(problem)


async def later(value="later"):
    """Give a value after the loop has gone round."""
    await asyncio.sleep(0)
    return value


class Port:
    """Has methods of every kind."""

    async def ask(self):
        """Answer."""
        return await later("asked")

    def where(self):
        """Say on which thread."""
        return threading.current_thread()


class Declared:
    """A port whose methods are plain functions that give something to await."""

    asynchronous = True

    def ask(self):
        """Answer with a future, which only the loop's thread can make."""
        future = asyncio.get_running_loop().create_future()
        future.set_result("declared")
        return future


class Quick(Port):
    """A port that does no I/O."""

    blocks = False


class Callable:
    """An object that is called, and awaited."""

    async def __call__(self):
        """Answer."""
        return await later("called")


def hidden(function):
    """Wrap a coroutine function, so that it looks like a plain one."""

    @functools.wraps(function)
    def plain():
        return function()

    return plain


def decorated():
    """Give a coroutine without having said so."""
    return later()


CALLEES = {
    "coroutine function": (later, True, "later"),
    "part of one": (partial(later, "partly"), True, "partly"),
    "method": (Port().ask, True, "asked"),
    "part of a method": (partial(Port().ask), True, "asked"),
    "object": (Callable(), True, "called"),
    "declared": (Declared().ask, True, "declared"),
    "wrapped": (hidden(later), False, "later"),
    "undeclared": (decorated, False, "later"),
    "plain": (lambda: 7, False, 7),
    "class": (partial(int, "7"), False, 7),
    "failing": (fail, False, "no luck"),
}


@pytest.mark.parametrize(("callee", "asynchronous", "answer"), CALLEES.values(), ids=CALLEES)
def test_every_kind_of_callee_is_awaited(callee, asynchronous, answer):
    """What gives a coroutine is awaited, whether it says so or not; the flow is sent what came of it."""
    assert asynchronous is is_asynchronous(callee)
    assert [answer] == asyncio.run(adrive(flow(callee)))


@pytest.mark.parametrize("driver", [drive, lambda steps: asyncio.run(adrive(steps))], ids=["called", "awaited"])
def test_failed_step_is_thrown_into_the_flow(driver):
    """The flow goes on after what it has caught; what it does not catch is the driver's error."""
    assert [1, "no luck", 2] == driver(flow(lambda: 1, fail, lambda: 2))

    def careless():
        yield Call(fail)

    with pytest.raises(ValueError, match="no luck"):
        driver(careless())


@pytest.mark.parametrize("kind", [Quick, Port])
def test_step_that_raises_the_end_of_a_generator_is_an_error(kind):
    """A port that raises StopIteration must neither end the flow with a wrong answer nor let it hang."""

    class Stopping(kind):
        def stop(self):
            raise StopIteration

    def careless():
        yield Call(Stopping().stop)

    for driver in (drive, lambda steps: asyncio.run(adrive(steps))):
        with pytest.raises(RuntimeError, match="StopIteration"):
            driver(careless())


def test_what_may_block_runs_in_a_thread_and_nothing_else_does():
    """A port that says that it does not block, and one that is awaited, stay on the loop's thread."""
    here, quick = asyncio.run(adrive(flow(Port().where, Quick().where)))

    assert threading.current_thread() is quick
    assert threading.current_thread() is not here


def test_thread_sees_the_callers_context():
    """What the caller's task knows, such as the id of a request, a port in a thread knows too."""

    async def story():
        WHO.set("jane")
        return await adrive(flow(WHO.get))

    assert ["jane"] == asyncio.run(story())


def test_calling_driver_refuses_a_coroutine():
    """A coroutine that nobody awaits would pass for an answer: the step fails, and says which desk is meant."""

    def careless():
        yield Call(decorated)

    with pytest.raises(PluginError, match=r"'decorated' does not fit: it gives a coroutine.*use AsyncSupportDesk"):
        drive(careless())


def test_calling_driver_names_an_object_that_gives_a_coroutine():
    """An object without a name of its own is named by its class."""
    assert ["'Callable' does not fit"] == [text.partition(":")[0] for text in drive(flow(Callable()))]


# -- cancellation


class Gate:
    """A port that is held until it is let go."""

    def __init__(self):
        self.entered = threading.Event()
        self.open = threading.Event()
        self.done = False

    def pass_through(self):
        """Wait."""
        self.entered.set()
        assert self.open.wait(30)
        self.done = True


def test_cancellation_waits_for_a_step_in_a_thread():
    """When the caller hears of it, the step has ended, the flow is closed, and none of its later steps is done."""
    gate, later_steps, closed = Gate(), [], []

    def steps():
        try:
            yield Call(gate.pass_through)
            yield Call(later_steps.append, 1)
        finally:
            closed.append(gate.done)

    async def story():
        task = asyncio.create_task(adrive(steps()))
        await asyncio.to_thread(gate.entered.wait, 30)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()  # impatience does not help
        await asyncio.sleep(0)
        assert not task.done()
        gate.open.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())

    assert ([], [True]) == (later_steps, closed)


def test_cancellation_forgets_the_error_of_a_step_in_a_thread(recwarn):
    """The step failed while it was waited for: the caller hears that they were cancelled, and nothing else."""
    gate, complaints = Gate(), []

    def failing():
        gate.pass_through()
        fail()

    async def story():
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: complaints.append(context))
        task = asyncio.create_task(adrive(flow(failing)))
        await asyncio.to_thread(gate.entered.wait, 30)
        task.cancel()
        gate.open.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())

    assert ([], []) == (complaints, list(recwarn))


def test_cancellation_does_not_wait_for_a_step_that_has_no_thread_yet():
    """While all threads are busy, a step that waits for one is given up at once, and never done."""
    gate, done = Gate(), []

    async def story():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as threads, ThreadPoolExecutor(1) as watching:
            loop.set_default_executor(threads)
            busy = asyncio.create_task(adrive(flow(gate.pass_through)))
            waiting = asyncio.create_task(adrive(flow(lambda: done.append(1))))
            await loop.run_in_executor(watching, gate.entered.wait, 30)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert not busy.done()
            gate.open.set()
            await busy

    asyncio.run(story())

    assert [] == done


def test_cancellation_reaches_an_awaited_step_at_once():
    """An asynchronous port is cancelled where it waits, and the flow may not take that for a failure of the port."""
    closed = []

    class Waiting:
        async def ask(self):
            try:
                await asyncio.Event().wait()
            finally:
                closed.append("port")

    def steps():
        try:
            yield Call(Waiting().ask)
        except Exception:  # noqa: BLE001 - as flows do
            closed.append("wrong")
        finally:
            closed.append("flow")

    async def story():
        task = asyncio.create_task(adrive(steps()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())

    assert ["port", "flow"] == closed
