"""Several workers on one database: everything happens once, whoever does it."""

import threading

import pytest

from supporttiers import Actor, SupportDesk, SupportProcess, Tier
from supporttiers.testing import FakeClock
from supporttiers.worker import Worker

CASES = 40


class Pager:
    """A notifier that remembers, also when several threads use it."""

    name = "pager"

    def __init__(self):
        self.keys = []

    def notify(self, _notification, /, *, key):
        """Remember that it was sent."""
        self.keys.append(key)


@pytest.fixture
def process():
    """Give a process that escalates after a quarter of an hour, and tells management."""
    return SupportProcess(
        name="watched",
        tiers=[
            Tier(level=1, name="Desk", escalates_to=[2], time_limit="15m"),
            Tier(level=2, name="Technical"),
        ],
    )


def test_workers_on_one_database_fire_everything_once(tmp_path, process):
    """Two workers, each with a desk and a connection of its own, share the work, and do nothing twice."""
    clock, pager = FakeClock("2026-03-23T09:00Z"), Pager()
    url = f"sqlite:///{tmp_path / 'support.db'}"
    desks = [SupportDesk(process, store=url, clock=clock, notifiers=[pager]) for _ in range(2)]
    for number in range(CASES):
        desks[0].open(id=f"T-{number:02}", by=Actor.customer("jane"))
        desks[0].inform_management(f"T-{number:02}", by="bob")
    clock.advance("15m")
    together = threading.Barrier(2)

    def work(desk):
        worker = Worker(desk, limit=3, wait=lambda _seconds: worker.stop())
        together.wait(30)
        worker.run()
        done.append(worker.status())

    done = []
    threads = [threading.Thread(target=work, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [0, 0] == [status.errors for status in done]
    assert (CASES, CASES) == (sum(status.fired for status in done), sum(status.relayed for status in done))
    assert CASES == len(set(pager.keys)) == len(pager.keys)
    for number in range(CASES):
        events = [type(event).__name__ for event in desks[0].history(f"T-{number:02}")]
        assert 1 == events.count("ThresholdFired")
        assert 1 == events.count("CaseEscalated")
    for desk in desks:
        desk.shut_down()


def test_worker_of_a_tenant_leaves_others_alone(tmp_path, process):
    """A worker for one tenant and one for another share a database, and no case."""
    clock = FakeClock("2026-03-23T09:00Z")
    with SupportDesk(process, store=f"sqlite:///{tmp_path / 'support.db'}", clock=clock) as desk:
        views = {tenant: desk.bind(tenant=tenant) for tenant in ("acme", "other")}
        for view in views.values():
            view.open(id="T-1", by="jane")
        clock.advance("15m")

        worker = Worker(desk, tenant="acme", wait=lambda _seconds: worker.stop())
        worker.run()

        assert {"acme": 2, "other": 1} == {tenant: view.get("T-1").tier for tenant, view in views.items()}
        assert (None, clock.now()) == (worker.status().next_wake, desk.next_wake(tenant="other"))
