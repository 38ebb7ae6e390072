"""Observers: told of every event, from the outbox, in order, each without waiting for another."""

import asyncio
import sqlite3
from datetime import timedelta

import pytest

from supporttiers import Actor, AsyncSupportDesk, SupportDesk
from supporttiers.backends.storage.postgres import PostgresStore
from supporttiers.backends.storage.sqlite import SqliteStore
from supporttiers.commands import Assign, Note, Open, Start
from supporttiers.hookspecs import hookimpl


class Observer:
    """Remembers what it is told, and fails as often as it is told to."""

    def __init__(self, name="audit"):
        self.name = name
        self.told = []
        self.cases = []
        self.tries = 0
        self.failures = []

    @hookimpl
    def supporttiers_event(self, event, case):
        """Take note, or fail."""
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        self.told.append(event)
        self.cases.append(case)

    @property
    def seen(self):
        """Which events were told."""
        return [(event.case_id, event.version) for event in self.told]


@pytest.fixture
def audit():
    """Give an observer."""
    return Observer()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request, tmp_path):
    """Name each kind of store in turn."""
    if request.param == "memory":
        return "memory:"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'support.db'}"
    url = request.getfixturevalue("postgres_url")
    kept = PostgresStore(url)
    kept.upgrade()
    kept.close()
    return url


def test_observer_is_told_of_every_event_as_history_gives_it(make_desk, acme, audit, store, clock):
    """After the transaction, by the next pass; with texts and names, and the case as it stands by then."""
    desk = make_desk(acme, plugins=[audit], store=store)
    case = desk.open("Printer on fire", text="It burns.", by="jane", id="T-1")
    case = desk.reply(case, by="bob", text="Where?")
    assert [] == audit.told
    desk.run_due()

    assert list(desk.history("T-1")) == audit.told
    assert "Printer on fire" == audit.told[0].subject
    assert {case.version} == {each.version for each in audit.cases}
    desk.run_due()
    assert case.version == len(audit.told)
    desk.shut_down()


def test_observer_is_told_of_what_time_does(make_desk, acme, audit, clock):
    """A limit that fires by itself is an event like any other."""
    desk = make_desk(acme, plugins=[audit])
    desk.open(id="T-1", by="jane")
    clock.advance("15m")
    desk.run_due()

    assert list(desk.history("T-1")) == audit.told
    assert "CaseEscalated" in {type(event).__name__ for event in audit.told}


def test_observer_is_told_of_batches(make_desk, calm, audit):
    """Many commands in one transaction, several on one case: each event once, in order."""
    desk = make_desk(calm, plugins=[audit])
    agent, jane = Actor("bob"), Actor.customer("jane")
    desk.execute_all([
        Open(case_id="T-2", by=jane), Open(case_id="T-1", by=jane), Note(case_id="T-1", by=agent, text="a"),
        Start(case_id="T-1", by=agent), Assign(case_id="T-2", by=agent, assignee="bob"),
    ])  # fmt: skip
    desk.run_due()

    for case_id in ("T-1", "T-2"):
        assert list(desk.history(case_id)) == [event for event in audit.told if event.case_id == case_id]


def test_observer_hears_nothing_of_what_was_refused_or_repeated(make_desk, calm, audit):
    """Nothing has happened, so that there is nothing to tell."""
    desk = make_desk(calm, plugins=[audit])
    case = desk.open(id="T-1", by="jane", idempotency_key="k")
    desk.open(id="T-1", by="jane", idempotency_key="k")
    with pytest.raises(Exception, match="cannot reopen"):
        desk.reopen(case, by="jane")
    desk.run_due()

    assert [("T-1", 1), ("T-1", 2)][: len(audit.told)] == audit.seen == [("T-1", n + 1) for n in range(case.version)]


def test_observer_hears_nothing_of_the_past_of_adopted_cases(make_desk, calm, audit, clock):
    """It has happened in another system; only from then on it is told."""
    desk = make_desk(calm, plugins=[audit])
    desk.adopt([Open(case_id="T-1", by=Actor.customer("jane"), at=clock.now() - timedelta(days=3))])
    adopted = desk.get("T-1").version
    desk.note("T-1", by="bob", text="Welcome.")
    desk.run_due()

    assert [("T-1", adopted + 1)] == audit.seen


def test_observer_that_raises_never_stops_another(make_desk, acme, audit, clock):
    """It is told again, in order; the others are not."""
    broken = Observer("broken")
    broken.failures = [RuntimeError("Jane Doe")]
    desk = make_desk(acme, plugins=[audit, broken])
    case = desk.open(id="T-1", by="jane")
    done = desk.run_due()

    assert 1 == done.failed
    assert case.version == len(audit.told)
    assert ([], 1) == (broken.told, broken.tries)
    clock.advance("1m")
    desk.run_due()
    assert list(desk.history("T-1")) == broken.told
    assert case.version == audit.tries


def test_observer_that_is_late_on_one_case_is_told_of_others(make_desk, calm, audit):
    """Order is that of each case."""
    audit.failures = [RuntimeError()]
    desk = make_desk(calm, plugins=[audit])
    desk.open(id="T-1", by="jane")
    desk.open(id="T-2", by="jane")
    desk.run_due()

    assert {"T-2"} == {event.case_id for event in audit.told}


def test_observer_that_always_raises_is_given_up_and_can_be_tried_anew(make_desk, calm, audit, clock, caplog):
    """The message is listed; what the error said is nowhere, for it may be personal."""
    audit.failures = [RuntimeError("Jane Doe")] * 10
    desk = make_desk(calm, plugins=[audit])
    desk.open(id="T-1", by="jane")
    for _ in range(10):
        desk.run_due()
        clock.advance("1h")
    [dead] = desk.messages(state="dead")

    assert ("T-1:1:observer:audit", "tell_observer", "observer:audit", "RuntimeError") == (
        dead.key, dead.kind, dead.target, dead.result,
    )  # fmt: skip
    assert "Jane Doe" not in caplog.text
    assert "RuntimeError in observer 'audit', test_observers.py:" in caplog.text
    desk.retry(dead.key)
    desk.run_due()
    assert ("T-1", 1) in audit.seen


def test_observer_is_told_again_after_a_crash(calm, audit, clock):
    """A worker that dies while it tells, or before it has written that it did, leaves the message to the next one."""

    class Crash(BaseException):
        """The end of a process."""

    audit.failures = [Crash()]
    desk = SupportDesk(calm, clock=clock, plugins=[audit])
    desk.open(id="T-1", by="jane")
    with pytest.raises(Crash):
        desk.run_due()
    desk.run_due()
    assert [] == audit.told
    clock.advance("5m")
    desk.run_due()

    assert list(desk.history("T-1")) == audit.told


def test_worker_without_the_observer_keeps_its_messages(make_desk, calm, audit, tmp_path, clock):
    """A process that has not got the plugin cannot tell it; one that has, can later."""
    url = f"sqlite:///{tmp_path / 'support.db'}"
    with make_desk(calm, plugins=[audit], store=url) as desk, make_desk(calm, store=url) as other:
        desk.open(id="T-1", by="jane")
        assert other.run_due().failed
        [waiting, *_] = desk.messages()
        assert "pending" == waiting.state
        assert waiting.result.startswith("PluginError: 'audit' does not fit: this desk has no such observer")
        clock.advance("1m")
        desk.run_due()

    assert ("T-1", 1) in audit.seen


def test_observer_is_told_whose_case_it_is(make_desk, calm, audit):
    """Cases of several tenants may have one id; the case says whose it is."""
    desk = make_desk(calm, plugins=[audit])
    for tenant in ("north", "south"):
        desk.bind(tenant=tenant).open(tenant, id="T-1", by="jane")
    desk.run_due()
    told = {
        (case.tenant, event.subject) for event, case in zip(audit.told, audit.cases, strict=True) if event.version == 1
    }

    assert {("north", "north"), ("south", "south")} == told


def test_no_observer_means_no_rows(make_desk, calm):
    """A desk without observers writes nothing for them."""
    desk = make_desk(calm, notifiers=[])
    desk.open(id="T-1", by="jane")

    assert [] == list(desk.messages())


def test_messages_come_before_what_observers_are_told(make_desk, calm, audit, pager):
    """Rows stand in the outbox in this order: effects, then events, each for each observer in the order of hooks."""
    desk = make_desk(calm, plugins=[Observer("first"), audit])
    case = desk.open(id="T-1", by="jane")
    desk.inform_management(case, by="bob")
    targets = [message.target for message in desk.messages() if message.effect.version > case.version]

    assert ["pager", "observer:audit", "observer:first"] == targets


def test_observer_is_told_of_a_redacted_case_without_what_was_said(make_desk, calm, audit, store):
    """What had not been told yet is told as it stands now; nothing private comes out after a redaction."""
    desk = make_desk(calm, plugins=[audit], store=store)
    case = desk.open("Secret", text="My PIN is 1234", by="jane", id="T-1")
    desk.redact(case, by=Actor.manager("mona"), reason="asked to")
    desk.run_due()

    assert list(desk.history("T-1")) == audit.told
    assert "CaseRedacted" == type(audit.told[-1]).__name__
    assert "1234" not in repr([vars_of(event) for event in audit.told])
    desk.shut_down()


def vars_of(event):
    """Give every field of an event, those that are not shown included."""
    import attrs

    return attrs.asdict(event, recurse=False)


def test_observer_sees_only_what_the_caller_has_committed(acme, audit, tmp_path, clock):
    """In a transaction of the caller's, a rollback takes the rows along."""
    path = tmp_path / "support.db"
    desk = SupportDesk(acme, store=SqliteStore(path), clock=clock, plugins=[audit])
    desk.open(id="T-0", by="jane")
    connection = sqlite3.connect(path)
    desk.on(connection).open(id="T-1", by="jane")
    connection.rollback()
    desk.on(connection).open(id="T-2", by="jane")
    connection.commit()
    connection.close()
    desk.run_due()

    assert {"T-0", "T-2"} == {event.case_id for event in audit.told}
    desk.shut_down()


def test_observer_may_give_the_desk_commands(make_desk, calm):
    """It is called outside of every transaction; what it causes, it is told by a later message."""

    class Curious(Observer):
        @hookimpl
        def supporttiers_event(self, event, case):
            """Note once that it was there."""
            self.told.append(event)
            if event.version == 1:
                desk.note(case, by="curious", text="I saw it.")

    curious = Curious()
    desk = make_desk(calm, plugins=[curious])
    case = desk.open(id="T-1", by="jane")
    desk.run_due()
    desk.run_due()

    assert case.version + 1 == desk.get("T-1").version == len(curious.told)


def test_asynchronous_observer_is_awaited(calm, clock):
    """Beside one that is called, on the desk that awaits."""

    class Awaited(Observer):
        @hookimpl
        async def supporttiers_event(self, event):
            """Take note later."""
            await asyncio.sleep(0)
            self.told.append(event)

    both = Awaited("awaited"), Observer("called")

    async def story():
        async with AsyncSupportDesk(calm, clock=clock, plugins=both) as desk:
            await desk.open(id="T-1", by="jane")
            await desk.run_due()
            return list(await desk.history("T-1"))

    history = asyncio.run(story())
    assert history == both[0].told == both[1].told


def test_observer_that_awaits_what_was_cancelled_ends_no_pass(calm, clock):
    """That is a failure of its own, though the error is that of a task which is cancelled; others are told."""

    class Broken(Observer):
        @hookimpl
        async def supporttiers_event(self, event):
            """Wait for something of its own, which it has given up."""
            given_up = asyncio.get_running_loop().create_future()
            given_up.cancel()
            await given_up

    audit = Observer()

    async def story():
        async with AsyncSupportDesk(calm, clock=clock, plugins=[Broken("broken"), audit]) as desk:
            await desk.open(id="T-1", by="jane")
            passed = await desk.run_due()
            return passed, list(await desk.history("T-1"))

    passed, history = asyncio.run(story())
    assert (1, history) == (passed.failed, audit.told)


def test_observer_is_cancelled_with_the_pass_that_tells_it(calm, clock):
    """Whoever cancels the pass means all of it."""
    begun = asyncio.Event()

    class Slow(Observer):
        @hookimpl
        async def supporttiers_event(self, event):
            """Wait for ever."""
            begun.set()
            await asyncio.Event().wait()

    async def story():
        async with AsyncSupportDesk(calm, clock=clock, plugins=[Slow()]) as desk:
            await desk.open(id="T-1", by="jane")
            doing = asyncio.create_task(desk.run_due())
            await begun.wait()
            doing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await doing
            return [message.attempts for message in await desk.messages()]

    assert not any(asyncio.run(story()))


def test_observer_that_gives_a_coroutine_is_told_so(calm, clock, caplog):
    """What only turns out when it is called is not lost in silence: nothing was done."""

    async def later():
        """Do nothing."""

    class Sly(Observer):
        @hookimpl
        def supporttiers_event(self, event):
            """Give what nobody awaits."""
            return later()

    desk = SupportDesk(calm, clock=clock, plugins=[Sly()])
    desk.open(id="T-1", by="jane")

    assert desk.run_due().failed
    assert "it gives a coroutine, which SupportDesk cannot await; use AsyncSupportDesk" in caplog.text
