"""What tests of workers share: a desk that does as it is told, and a way to let virtual time pass."""

from datetime import timedelta

import pytest

from supporttiers.protocols import Backlog
from supporttiers.readings import Pass


class ScriptedDesk:
    """A desk whose passes are given beforehand, as results or as errors; then nothing is ever due."""

    def __init__(self, clock, *passes):
        self.clock = clock
        self.passes = list(passes)
        self.asked = []
        self.wakes = None
        self.waits = Backlog()
        self.bound = None

    def bind(self, *, tenant):
        """Remember whose view is asked for."""
        self.bound = tenant
        return self

    def run_due(self, *, limit, tenant):
        """Give the next pass."""
        self.asked.append((limit, tenant))
        done = self.passes.pop(0) if self.passes else Pass()
        if isinstance(done, Exception):
            raise done
        return done

    def next_wake(self, *, tenant):
        """Give the wake-up that the test has set."""
        return self.wakes

    def backlog(self, *, all_tenants):
        """Give what waits, or fail as the test wants it."""
        assert all_tenants is (self.bound is None)
        if isinstance(self.waits, Exception):
            raise self.waits
        return self.waits


class AsyncScriptedDesk(ScriptedDesk):
    """The same, awaited."""

    async def run_due(self, *, limit, tenant):
        """Give the next pass."""
        return super().run_due(limit=limit, tenant=tenant)

    async def next_wake(self, *, tenant):
        """Give the wake-up that the test has set."""
        return super().next_wake(tenant=tenant)

    async def backlog(self, *, all_tenants):
        """Give what waits."""
        return super().backlog(all_tenants=all_tenants)


class Sleeper:
    """Lets virtual time pass in place of real time, and stops the worker after so many sleeps."""

    def __init__(self, clock, times):
        self.clock = clock
        self.times = times
        self.slept = []
        self.worker = None

    def __call__(self, seconds):
        """Move the clock."""
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))
        if len(self.slept) == self.times:
            self.worker.stop()

    async def awaited(self, seconds):
        """Do the same for a worker that awaits it."""
        self(seconds)


@pytest.fixture
def scripted(clock):
    """Make a desk whose passes are given beforehand."""
    return lambda *passes: ScriptedDesk(clock, *passes)


@pytest.fixture
def async_scripted(clock):
    """Make the same, awaited."""
    return lambda *passes: AsyncScriptedDesk(clock, *passes)


@pytest.fixture
def sleeper(clock):
    """Make a way to sleep on virtual time, so many times."""
    return lambda times: Sleeper(clock, times)
