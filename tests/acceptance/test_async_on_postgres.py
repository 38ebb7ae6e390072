"""A web application on asyncio keeps its cases in PostgreSQL: many requests at once, people, passes, cancellation."""

import asyncio

import attrs
import pytest

from supporttiers import Agent, AsyncSupportDesk, FakeClock, SupportDesk, SupportProcess, Tier
from supporttiers.backends.storage.postgres import AsyncPostgresStore, PostgresStore
from supporttiers.errors import PluginError
from supporttiers.policies.assignment import AssignRoundRobin

PROCESS = SupportProcess(
    name="web",
    tiers=[
        Tier(level=1, name="Front", teams=["front"], escalates_to=[2], time_limit="15m"),
        Tier(level=2, name="Back", teams=["back"]),
    ],
    policies=[AssignRoundRobin()],
)


@pytest.fixture
def url(postgres_url):
    """Give a database with the tables in it."""
    store = PostgresStore(postgres_url)
    store.upgrade()
    store.close()
    return postgres_url


@pytest.fixture
def clock():
    """Stand at nine in the morning."""
    return FakeClock("2026-03-23T09:00Z")


def test_requests_at_once_lose_nothing(url, clock):
    """Every request has its case, each note on the one case stands in its history, and the history is sound."""

    async def request(desk, number):
        mine = desk.bind(by=f"customer-{number}")
        case = await mine.open("No VPN")
        await desk.note("T-1", by="bob", text=str(number))
        return await mine.reply(case, text="Hello?")

    async def story():
        async with AsyncSupportDesk(PROCESS, store=url, clock=clock, directory="store") as desk:
            await desk.people.put(Agent(id="anna", teams=["front"]), Agent(id="ben", teams=["front"]))
            case = await desk.open("Stuck", by="jane", id="T-1")
            cases = await asyncio.gather(*(request(desk, number) for number in range(40)))
            events = await desk.history("T-1")
            counts = await desk.counts(by="assignee")
            return case, cases, events, counts, await desk.verify("T-1"), await desk.next_for("anna")

    case, cases, events, counts, findings, waiting = asyncio.run(story())

    assert 40 == len({each.id for each in cases})
    assert {str(number) for number in range(40)} == {event.text for event in events[case.version :]}
    assert (41, {"anna", "ben"}) == (sum(counts.values()), set(counts))
    assert ((), None) == (findings, waiting)


def test_passes_at_once_fire_each_deadline_once(url, clock):
    """Of several workers' passes at one time, each deadline is one pass's."""

    async def story():
        desks = [
            AsyncSupportDesk(attrs.evolve(PROCESS, policies=()), store=AsyncPostgresStore(url), clock=clock)
            for _ in range(3)
        ]
        await asyncio.gather(*(desks[0].open("Stuck", by="jane", id=f"T-{number}") for number in range(30)))
        clock.advance("15m")
        passes = await asyncio.gather(*(desk.run_due() for desk in desks for _ in range(2)))
        histories = [await desks[1].history(f"T-{number}") for number in range(30)]
        for desk in desks:
            await desk.shut_down()
        return passes, histories

    passes, histories = asyncio.run(story())

    assert 30 == sum(each.fired for each in passes)
    for events in histories:
        assert 1 == [type(event).__name__ for event in events].count("CaseEscalated")


def test_cancelled_command_is_whole_or_not_at_all(url, clock):
    """Whenever it is cancelled; sent again with its key, it is carried out once, and the desk goes on working."""

    async def story():
        async with AsyncSupportDesk(attrs.evolve(PROCESS, policies=()), store=url, clock=clock) as desk:
            case = await desk.open("Stuck", by="jane", id="T-1")
            for rounds in range(30):
                key = f"k-{rounds}"
                task = asyncio.create_task(desk.note("T-1", by="bob", text=key, idempotency_key=key))
                for _ in range(rounds):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                await desk.note("T-1", by="bob", text=key, idempotency_key=key)
            return case, await desk.history("T-1"), await desk.verify("T-1")

    case, events, findings = asyncio.run(story())

    assert [f"k-{rounds}" for rounds in range(30)] == [event.text for event in events[case.version :]]
    assert () == findings


def test_called_desk_refuses_the_store_that_is_awaited(url):
    """A URL gives each desk the store that is meant for it; a store handed in has to fit."""
    with pytest.raises(PluginError, match="AsyncSupportDesk is for it"):
        SupportDesk(PROCESS, store=AsyncPostgresStore(url), directory="store")
    assert isinstance(SupportDesk(PROCESS, store=url, directory="store")._ports.store, PostgresStore)
