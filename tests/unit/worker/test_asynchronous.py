"""The worker for a task of asyncio."""

import asyncio
from datetime import timedelta

import pytest

from supporttiers.desk import AsyncSupportDesk
from supporttiers.errors import InputError, PluginError, StoreError
from supporttiers.readings import Pass
from supporttiers.worker import AsyncWorker, WorkerState


async def until(condition):
    """Let the other tasks go on until something is so."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - nothing there sets an event
            await asyncio.sleep(0)


class Slow:
    """A desk whose pass ends when the test says so."""

    def __init__(self, clock):
        self.clock = clock
        self.began = asyncio.Event()
        self.may_end = asyncio.Event()
        self.ended = False
        self.error = None

    async def run_due(self, *, limit, tenant):
        """Wait for the test."""
        self.began.set()
        await self.may_end.wait()
        self.ended = True
        if self.error is not None:
            raise self.error
        return Pass(fired=1)

    async def next_wake(self, *, tenant):
        """Give none."""

    async def backlog(self, *, all_tenants):
        """Fail, as a store that is away."""
        raise StoreError("pg", "away", retryable=True)


def test_async_worker_works_as_the_other_one(async_scripted, sleeper):
    """The logic is the same: on at once, back-off, sleeps, sums."""
    away = StoreError("pg", "away", retryable=True)
    sleep = sleeper(3)
    worker = AsyncWorker(async_scripted(Pass(fired=1), away, away), wait=sleep.awaited)
    sleep.worker = worker

    async def story():
        await worker.run()
        return await worker.status()

    status = asyncio.run(story())

    assert [1, 2, 30] == sleep.slept
    assert (2, 1, 2, WorkerState.STOPPED) == (status.passes, status.fired, status.errors, status.state)


def test_async_worker_looks_after_the_tenant_that_it_was_given(async_scripted, sleeper):
    """Passes, wake-ups and the backlog are of that tenant alone."""
    desk, sleep = async_scripted(), sleeper(1)
    sleep.worker = AsyncWorker(desk, wait=sleep.awaited, tenant="acme")
    asyncio.run(sleep.worker.run())

    assert ([(1000, "acme")], "acme") == (desk.asked, desk.bound)


def test_async_worker_is_woken_and_stopped(async_scripted):
    """A sleep of an hour ends when it is woken, and when it is stopped, also from another thread."""
    passes = []

    async def story():
        worker = AsyncWorker(async_scripted(), poll_every=timedelta(hours=1), on_pass=passes.append)
        worker.wake()  # nothing to wake yet
        task = asyncio.create_task(worker.run())
        await until(lambda: len(passes) == 1)
        await asyncio.to_thread(worker.wake)
        await until(lambda: len(passes) == 2)
        worker.stop()
        await task

    asyncio.run(story())

    assert 2 == len(passes)


def test_async_worker_that_is_run_twice_can_still_be_stopped(async_scripted):
    """The second run is refused, and leaves the first where it can be woken."""
    passes = []

    async def story():
        worker = AsyncWorker(async_scripted(), poll_every=timedelta(hours=1), on_pass=passes.append)
        task = asyncio.create_task(worker.run())
        await until(lambda: len(passes) == 1)
        with pytest.raises(InputError, match="run is under way"):
            await worker.run()
        worker.stop()
        async with asyncio.timeout(30):
            await task

    asyncio.run(story())


def test_async_worker_sleeps_by_the_clock_of_the_loop(async_scripted):
    """Without being woken it goes on when the time has passed."""
    passes = []

    async def story():
        worker = AsyncWorker(
            async_scripted(), poll_every=timedelta(milliseconds=1),
            on_pass=lambda done: (passes.append(done), len(passes) == 3 and worker.stop()),
        )  # fmt: skip
        await worker.run()

    asyncio.run(story())

    assert 3 == len(passes)


def test_async_worker_stopped_before_its_start_does_nothing(async_scripted):
    """A stop that overtakes the start of the task is not lost."""
    desk = async_scripted()

    async def story():
        worker = AsyncWorker(desk)
        worker.stop()
        await worker.run()

    asyncio.run(story())

    assert [] == desk.asked


def test_async_worker_fires_deadlines_of_a_real_desk(acme, clock, at, pager, sleeper):
    """On virtual time it sleeps from deadline to deadline, and each fires at its own instant."""
    sleep = sleeper(3)

    async def story():
        async with AsyncSupportDesk(acme, clock=clock, notifiers=[pager]) as desk:
            await desk.open("Stuck", id="T-1", by="jane")
            sleep.worker = AsyncWorker(desk, wait=sleep.awaited, tenant="default", poll_every=timedelta(hours=4))
            await sleep.worker.run()
            return await sleep.worker.status(), await desk.history("T-1")

    status, history = asyncio.run(story())

    fired = [event for event in history if type(event).__name__ == "ThresholdFired"]
    assert [at("09:15"), at("13:00")] == [event.at for event in fired] == [event.recorded_at for event in fired]
    assert (2, 1, at("17:00"), 0) == (status.fired, status.relayed, status.next_wake, status.errors)


def test_async_worker_can_be_stopped_after_its_loop_has_ended(async_scripted, sleeper):
    """A host that stops everything it has need not know what has stopped already."""
    sleep = sleeper(1)
    worker = sleep.worker = AsyncWorker(async_scripted(), wait=sleep.awaited)
    asyncio.run(worker.run())
    worker.stop()
    worker.wake()


def test_async_worker_cancelled_in_its_sleep_ends_at_once(async_scripted):
    """Whoever cancels the task gets what asyncio promises, and the worker is stopped."""

    async def story():
        passes = []
        worker = AsyncWorker(async_scripted(), poll_every=timedelta(hours=1), on_pass=passes.append)
        task = asyncio.create_task(worker.run())
        await until(lambda: passes)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return (await worker.status()).state

    assert WorkerState.STOPPED is asyncio.run(story())


@pytest.mark.parametrize("error", [None, OSError("dear Jane")])
def test_async_worker_cancelled_ends_its_pass_first(clock, caplog, error):
    """Nothing is left half done; what goes wrong in that last pass is logged, without foreign texts."""

    async def story():
        desk = Slow(clock)
        desk.error = error
        task = asyncio.create_task(AsyncWorker(desk).run())
        await desk.began.wait()
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        desk.may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return desk.ended

    assert asyncio.run(story())
    assert ["a pass failed while its worker was cancelled: OSError"] * (error is not None) == caplog.messages


def test_async_worker_cancelled_twice_gives_its_pass_up(clock):
    """A host that cannot wait any longer need not."""

    async def story():
        desk = Slow(clock)
        task = asyncio.create_task(AsyncWorker(desk).run())
        await desk.began.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return desk.ended

    assert not asyncio.run(story())


def test_async_worker_outlives_a_pass_that_is_cancelled_from_within(clock):
    """A pass that something else cancels ends the worker as a cancellation does, and leaves nothing running."""

    class Cancelled(Slow):
        async def run_due(self, *, limit, tenant):
            raise asyncio.CancelledError

    async def story():
        worker = AsyncWorker(Cancelled(clock))
        with pytest.raises(asyncio.CancelledError):
            await worker.run()
        return (await worker.status()).state

    assert WorkerState.STOPPED is asyncio.run(story())


def test_async_worker_refuses_a_desk_that_is_not_awaited(scripted):
    """That is told when it is made."""
    with pytest.raises(PluginError, match="this kind of desk has a worker of its own; use Worker"):
        AsyncWorker(scripted())
