"""What only AsyncSupportDesk can do: many tasks at once, asynchronous ports, and cancellation."""

import asyncio
import threading

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers.actors import Actor, Agent
from supporttiers.backends.directory import House
from supporttiers.backends.directory.stored import AsyncPeople, StoredDirectory
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.desk import AsyncSupportDesk, SupportDesk
from supporttiers.effects import VendorAnswer
from supporttiers.errors import InputError, NotifyError, PluginError
from supporttiers.facts import FactSource
from supporttiers.links import VendorStatus
from supporttiers.policies.assignment import AssignRoundRobin
from supporttiers.protocols import CaseStore

HOUSE = House([Agent(id="anna", teams=["front"], on_call=["front"], manager="mia"), Agent(id="mia", manages=["front"])])


class AsyncPager:
    """A notifier that is awaited, and fails as often as it is told to."""

    name = "pager"

    def __init__(self, failures=0):
        self.sent = []
        self.failures = failures

    async def notify(self, notification, /, *, key):
        """Keep what was sent."""
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise NotifyError("pager", "the line is busy", retryable=True)
        self.sent.append(notification)


class AsyncVendor:
    """A vendor that is awaited."""

    name = "acme-print"

    async def open(self, request, /, *, key):
        """Open a ticket."""
        await asyncio.sleep(0)
        return VendorAnswer(remote_id="R-1", status=VendorStatus.OPEN)

    async def fetch(self, remote_id, /):
        """Say that it is done."""
        await asyncio.sleep(0)
        return VendorAnswer(remote_id=remote_id, status=VendorStatus.RESOLVED)


class AsyncHouse:
    """A directory that is awaited, of one tenant."""

    async def actor(self, id, /):
        """Look up."""
        return await asyncio.sleep(0, HOUSE.actor(id))

    async def agent(self, id, /):
        """Look up."""
        return await asyncio.sleep(0, HOUSE.agent(id))

    async def agents_of(self, teams, /):
        """Look up."""
        return await asyncio.sleep(0, HOUSE.agents_of(teams))

    async def on_call_of(self, teams, /):
        """Look up."""
        return await asyncio.sleep(0, HOUSE.on_call_of(teams))

    async def managers_of(self, teams, /):
        """Look up."""
        return await asyncio.sleep(0, HOUSE.managers_of(teams))

    async def manager_of(self, id, /):
        """Look up."""
        return await asyncio.sleep(0, HOUSE.manager_of(id))


class Houses:
    """A directory of several houses, each of which is awaited."""

    def of_tenant(self, tenant, /):
        """Give the house of a tenant."""
        return AsyncHouse()

    def actor(self, id, /):
        """Be asked by nobody: each tenant has a house."""
        raise AssertionError


class AsyncMemory:
    """A store whose methods are plain functions that give something to await."""

    asynchronous = True
    name = "async-memory"

    def __init__(self):
        self.inner = MemoryStore()

    def __getattr__(self, name):
        """Give a method of the store in memory, to be awaited; no protocol can see that from outside."""
        found = getattr(self.inner, name)
        if not callable(found):
            return found

        def method(*args, **named):
            async def answer():
                await asyncio.sleep(0)
                return found(*args, **named)

            return answer()

        return method


@pytest.fixture
def make_async(clock, calm):
    """Make desks that are awaited."""

    def make(process=calm, **ports):
        return AsyncSupportDesk(process, **{"clock": clock, **ports})

    return make


@pytest.fixture(params=["memory", "sqlite", "async"])
def store(request, tmp_path):
    """Give a store of each kind: one that does not block, one that does, one that is awaited."""
    if request.param == "sqlite":
        found = SqliteStore(tmp_path / "support.db")
        yield found
        found.close()
    else:
        yield MemoryStore() if request.param == "memory" else AsyncMemory()


# -- many tasks at once


def test_many_tasks_lose_no_update(make_async, store):
    """A hundred notes at once on one case are a hundred events, in whatever order they came."""

    async def story():
        async with make_async(store=store) as desk:
            case = await desk.open("Stuck", by="jane", id="T-1")
            await asyncio.gather(*(desk.note(case, by="bob", text=str(number)) for number in range(100)))
            return await desk.get("T-1"), await desk.history("T-1"), await desk.verify("T-1")

    case, events, findings = asyncio.run(story())

    assert (101, ()) == (case.version, findings)
    assert {str(number) for number in range(100)} == {event.text for event in events[1:]}


def test_many_tasks_work_on_many_cases(make_async, store):
    """Tasks on different cases, those that are given their id by the desk too, do not disturb each other."""

    async def one(desk, number):
        case = await desk.open("Stuck", by="jane")
        case = await desk.start(case, by="bob")
        return await desk.resolve(case, by="bob", text=str(number))

    async def story():
        desk = make_async(store=store)
        cases = await asyncio.gather(*(one(desk, number) for number in range(30)))
        return cases, await desk.counts()

    cases, counts = asyncio.run(story())

    assert 30 == len({case.id for case in cases})
    assert {"resolved": 30} == dict(counts)


def test_one_key_at_once_is_used_once(make_async, store):
    """Of tasks with one idempotency key, one carries it out, and all are told the same."""

    async def story():
        desk = make_async(store=store)
        await desk.open("Stuck", by="jane", id="T-1")
        note = wanted.Note(case_id="T-1", by=Actor.agent("bob"), idempotency_key="k-1")
        return await asyncio.gather(*(desk.execute(note) for _ in range(20)))

    decisions = asyncio.run(story())

    assert [False] + [True] * 19 == sorted(decision.replayed for decision in decisions)
    assert {2} == {decision.case.version for decision in decisions}


def test_passes_at_once_fire_once(make_async, store, acme, clock):
    """Of several passes at one time, one fires a deadline."""

    async def story():
        desk = make_async(acme, store=store)
        await desk.open("Stuck", by="jane", id="T-1")
        clock.advance("15m")
        await asyncio.gather(*(desk.run_due() for _ in range(5)))
        return [type(event).__name__ for event in await desk.history("T-1")]

    assert 1 == asyncio.run(story()).count("CaseEscalated")


def test_desk_serves_one_loop_after_the_other(make_async):
    """Nothing of a loop stays behind in a desk: each `asyncio.run` may use it, even while tasks wait for each other."""
    desk = make_async()
    asyncio.run(desk.open("Stuck", by="jane", id="T-1"))

    async def notes():
        return await asyncio.gather(*(desk.note("T-1", by="bob") for _ in range(3)))

    for _ in range(3):
        asyncio.run(notes())
    assert 10 == asyncio.run(desk.get("T-1")).version


def test_port_may_give_its_desk_a_command_on_the_same_case(make_async, calm):
    """A source that writes to the case about which it is asked does not wait for itself."""
    process = attrs.evolve(calm, policies=[AssignRoundRobin()])
    asked = []

    async def read(tenant, teams):
        if asked:
            case_id = asked.pop()
            await asyncio.gather(*(desk.note(case_id, by="bob", text="looked at") for _ in range(2)))
        return {team: [{"id": "anna"}, {"id": "ben"}] for team in teams}

    desk = make_async(process, facts=[FactSource("agents", read, keyed_by="team")])

    async def story():
        await desk.open("Stuck", by="jane", id="T-1")
        asked.append("T-1")
        await desk.assign("T-1", by="bob")
        return [type(event).__name__ for event in await desk.history("T-1")]

    assert ["CaseNoted", "CaseNoted", "CaseAssigned"] == asyncio.run(story())[-3:]


def test_task_that_a_port_has_begun_takes_turns_once_that_of_its_port_is_over(make_async, calm):
    """It outlives the command that asked the port: what it then gives the desk at once loses no race."""
    process = attrs.evolve(calm, policies=[AssignRoundRobin()])
    begun, commits = [], []

    class Counting(AsyncMemory):
        async def commit(self, given, /):
            commits.append(given)
            await asyncio.sleep(0)
            return self.inner.commit(given)

    async def read(tenant, teams):
        begun.append(asyncio.create_task(later()))
        return {team: [{"id": "anna"}] for team in teams}

    async def later():
        await over.wait()
        commits.clear()
        await asyncio.gather(*(desk.note("T-1", by="bob", text=str(number)) for number in range(20)))
        return [event.text for event in (await desk.history("T-1"))[-20:]]

    desk = make_async(process, store=Counting(), facts=[FactSource("agents", read, keyed_by="team")])
    over = asyncio.Event()

    async def story():
        await desk.open("Stuck", by="jane", id="T-1")
        over.set()
        return await begun[0]

    assert [str(number) for number in range(20)] == asyncio.run(story())
    assert 20 == len(commits)


# -- asynchronous ports


@pytest.mark.parametrize("directory", [AsyncHouse(), Houses()], ids=["one", "several"])
def test_asynchronous_ports_of_every_kind_are_awaited(make_async, store, acme, clock, directory):
    """Directory, facts, notifier, vendor and store; who acts, who is assigned, and who is told, come of them."""
    pager = AsyncPager(failures=1)

    async def plan(tenant, keys):
        return await asyncio.sleep(0, dict.fromkeys(keys, "gold"))

    process = attrs.evolve(acme, policies=[AssignRoundRobin()])
    ports = {"directory": directory, "notifiers": [pager], "vendors": [AsyncVendor()], "store": store}
    desk = make_async(process, facts=[FactSource("plan", plan)], **ports)

    async def story():
        case = await desk.open("Stuck", by="jane", id="T-1")
        assert ("anna", "customer") == (case.assignee, (await desk.history(case))[0].by.kind)
        for to in ("manager", "team", "on_call"):
            await desk.inform(case, by="anna", to=to)
        failed = (await desk.run_due()).failed
        clock.advance("1m")
        await desk.run_due()
        await desk.dispatch("T-1", by="anna", vendor="acme-print")
        polled = (await desk.run_due()).polled
        return failed, polled, await desk.next_for("anna"), await desk.get("T-1")

    failed, polled, none, case = asyncio.run(story())

    assert (1, 1, None) == (failed, polled, none)
    assert {("mia",), ("anna",)} == {tuple(map(str, sent.recipients)) for sent in pager.sent}
    assert ["resolved"] == [ticket.status for ticket in case.vendor_tickets]


def test_people_are_kept_on_every_store(make_async, store, calm):
    """`directory="store"` works with a store that is awaited, too: for `people`, for facts and for who acts."""
    desk = make_async(attrs.evolve(calm, policies=[AssignRoundRobin()]), store=store, directory="store")

    async def story():
        await desk.people.put(Agent(id="anna", teams=["front"], manages=["front"]), Agent(id="zoe", teams=["front"]))
        assert await desk.people.remove("zoe")
        assert ["anna"] == [agent.id for agent in await desk.people.all()]
        people = desk.people
        assert ("manager", "customer") == ((await people.actor("anna")).kind, (await people.actor("zoe")).kind)
        assert ("anna", None) == ((await people.agent("anna")).id, await people.agent("zoe"))
        assert {"front": ()} == await people.on_call_of(["front"])
        assert ({"front": "anna"}, None) == (await people.managers_of(["front"]), await people.manager_of("anna"))
        assert ["anna"] == [agent.id for agent in (await people.agents_of(["front"]))["front"]]
        return await desk.open("Stuck", by="jane")

    assert "anna" == asyncio.run(story()).assignee


def test_people_who_are_not_agents_are_not_kept(make_async):
    """None is kept where one is wrong."""
    desk = make_async(directory="store")
    with pytest.raises(InputError, match="must be Agents, not str"):
        asyncio.run(desk.people.put(Agent(id="anna"), "bob"))

    assert () == asyncio.run(desk.people.all())
    with pytest.raises(InputError, match="build it with directory='store'"):
        make_async().people  # noqa: B018 - asked for nothing


def test_stored_directory_gives_people_as_its_store_is_asked():
    """On a store that is awaited, people are awaited, whoever asks."""
    assert isinstance(StoredDirectory(AsyncMemory()).of_tenant("default"), AsyncPeople)
    assert "customer" == StoredDirectory(AsyncMemory()).actor("anna").kind


# -- ports that block


def test_port_that_blocks_does_not_hold_up_the_loop(make_async, acme, clock):
    """While a notifier waits in its thread, the loop goes on: it is the loop that lets the notifier go."""
    entered, go_on = threading.Event(), threading.Event()

    class Slow:
        name = "slow"

        def notify(self, notification, /, *, key):
            entered.set()
            assert go_on.wait(30)

    desk = make_async(acme, notifiers=[Slow()])

    async def story():
        case = await desk.open("Stuck", by="jane", id="T-1")
        await desk.inform_management(case, by="bob")
        passing = asyncio.create_task(desk.run_due())
        await asyncio.to_thread(entered.wait, 30)
        await desk.note(case, by="bob")  # nobody is held up
        assert not passing.done()
        go_on.set()
        return await passing

    assert 1 == asyncio.run(story()).relayed


# -- cancellation


def test_commit_that_has_begun_in_a_thread_is_written(make_async, tmp_path):
    """The caller hears of the cancellation once it is; the case is whole, and the desk goes on working."""
    entered, go_on = threading.Event(), threading.Event()

    class Slow(SqliteStore):
        held = False

        def commit(self, commits, /):
            if self.held:
                entered.set()
                assert go_on.wait(30)
            return super().commit(commits)

    store = Slow(tmp_path / "support.db")
    desk = make_async(store=store)

    async def story():
        await desk.open("Stuck", by="jane", id="T-1")
        store.held = True
        task = asyncio.create_task(desk.note("T-1", by="bob"))
        await asyncio.to_thread(entered.wait, 30)
        task.cancel()
        await asyncio.sleep(0)
        store.held = False
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await desk.get("T-1"), await desk.note("T-1", by="bob"), await desk.verify("T-1")

    found, after, findings = asyncio.run(story())
    store.close()

    assert (2, 3, ()) == (found.version, after.version, findings)


def test_command_that_is_cancelled_while_it_waits_for_its_turn_changes_nothing(make_async):
    """And lets those behind it go on."""
    gate = []

    class Held(AsyncMemory):
        async def commit(self, commits, /):
            if gate:
                await gate[0].wait()
            return self.inner.commit(commits)

    desk = make_async(store=Held())

    async def story():
        await desk.open("Stuck", by="jane", id="T-1")
        gate.append(asyncio.Event())
        first, second, third = (
            asyncio.create_task(desk.note("T-1", by="bob", text=text)) for text in ("one", "two", "three")
        )
        for _ in range(10):
            await asyncio.sleep(0)
        second.cancel()
        gate[0].set()
        await asyncio.gather(first, third)
        assert second.cancelled()
        return [event.text for event in (await desk.history("T-1"))[1:]]

    assert ["one", "three"] == asyncio.run(story())


# -- what is refused


class AsyncIds:
    """Ids that are awaited."""

    async def new_id(self, now, /):
        """Give one."""


class OneAsyncMethod(InProcessVendor):
    """A vendor of which one method is awaited."""

    async def fetch(self, remote_id, /):
        """Ask."""


async def read_later(tenant, keys):
    """Read facts."""


@pytest.mark.parametrize(
    ("ports", "culprit"),
    [
        ({"store": AsyncMemory()}, "async-memory"),
        ({"notifiers": [AsyncPager()]}, "pager"),
        ({"vendors": [OneAsyncMethod("acme")]}, "acme"),
        ({"facts": [FactSource("plan", read_later)]}, "plan"),
        ({"directory": AsyncHouse()}, "AsyncHouse"),
        ({"directory": Houses()}, "Houses"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_called_desk_refuses_what_must_be_awaited(calm, ports, culprit):
    """It would never be done: so the port is named when the desk is built, with the desk that is for it."""
    with pytest.raises(PluginError) as caught:
        SupportDesk(calm, **ports)

    problem = "it is asynchronous, and SupportDesk does not await; AsyncSupportDesk is for it"
    assert (culprit, problem) == attrs.astuple(caught.value)
    assert AsyncSupportDesk(calm, **ports).process == calm


@pytest.mark.parametrize("kind", [SupportDesk, AsyncSupportDesk])
def test_no_desk_awaits_its_ids(calm, kind):
    """Clock and ids are asked in the midst of other things."""
    with pytest.raises(PluginError, match=r"'the ids' does not fit: it is asked without I/O, and never awaited"):
        kind(calm, ids=AsyncIds())


def test_notifier_that_hides_that_it_is_awaited_has_not_sent(calm, clock):
    """On a desk that only calls, a message that nobody has delivered is not done: it is kept, and tried again."""
    pager = AsyncPager()

    class Hiding:
        name = "hiding"

        def notify(self, notification, /, *, key):
            return pager.notify(notification, key=key)

    async def story(desk):
        await desk.open("Stuck", by="jane", id="T-1")
        await desk.inform_management("T-1", by="bob")
        return await desk.run_due()

    desk = SupportDesk(calm, clock=clock, notifiers=[Hiding()])
    desk.inform_management(desk.open("Stuck", by="jane", id="T-1"), by="bob")

    assert (0, 1) == ((done := desk.run_due()).relayed, done.failed)
    assert (1, 1) == (asyncio.run(story(AsyncSupportDesk(calm, notifiers=[Hiding()]))).relayed, len(pager.sent))


def test_store_that_is_awaited_is_a_case_store():
    """The fake of this file has all that a store must."""
    assert isinstance(AsyncMemory(), CaseStore)


def test_desk_that_is_awaited_shows_what_it_is(make_async):
    """In a debugger it is told from the other one."""
    assert "AsyncSupportDesk('acme', store='memory', tenant='north')" == repr(make_async().bind(tenant="north"))
