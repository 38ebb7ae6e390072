"""The worker for a thread or process of its own."""

import logging
import os
import signal
import threading
from datetime import timedelta

import pytest

from supporttiers.errors import InputError, PluginError, StoreError, UnsupportedConnectionError
from supporttiers.protocols import Backlog
from supporttiers.readings import Pass
from supporttiers.reasons import Reason
from supporttiers.worker import LastError, Worker, WorkerState, threaded


def ran(desk, sleep, **options):
    """Run a worker that sleeps on virtual time until the sleeper stops it."""
    worker = Worker(desk, wait=sleep, **options)
    sleep.worker = worker
    worker.run()
    return worker


@pytest.fixture
def handlers():
    """Give the present handlers of the signals that stop a worker."""
    return lambda: [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]


# -- when it works, and when it sleeps


def test_worker_goes_on_at_once_while_there_is_something_to_do(scripted, sleeper):
    """It sleeps only after a pass that found nothing."""
    desk, sleep = scripted(Pass(fired=1), Pass(relayed=1), Pass(polled=1), Pass(failed=1)), sleeper(1)

    worker = ran(desk, sleep, limit=7)

    assert ([(7, None)] * 4, [30]) == (desk.asked, sleep.slept)
    assert Pass(failed=1) == worker.status().last_pass


@pytest.mark.parametrize(
    ("ahead", "slept"),
    [(None, 30), (timedelta(seconds=12.5), 12.5), (timedelta(minutes=3), 30), (timedelta(0), 1), (-timedelta(1), 1)],
)
def test_worker_sleeps_until_something_is_due(scripted, sleeper, clock, ahead, slept):
    """That is the next wake-up or the agreed time, whichever comes first; what cannot be done yet is no ring."""
    desk, sleep = scripted(), sleeper(1)
    desk.wakes = None if ahead is None else clock.now() + ahead

    ran(desk, sleep)

    assert [slept] == sleep.slept


def test_worker_sleeps_no_longer_than_agreed(scripted, sleeper):
    """`poll_every` is the longest sleep."""
    sleep = sleeper(2)

    ran(scripted(), sleep, poll_every=timedelta(minutes=2))

    assert [120, 120] == sleep.slept


def test_worker_looks_after_the_tenant_that_it_was_given(scripted, sleeper):
    """Passes, wake-ups and the backlog are of that tenant alone."""
    desk = scripted()
    worker = ran(desk, sleeper(1), tenant="acme")

    assert ([(1000, "acme")], "acme") == (desk.asked, desk.bound)
    assert Backlog() == worker.status().backlog


def test_worker_tells_what_each_pass_did(scripted, sleeper):
    """Whoever wants to print or count hears of every pass, also of those that did nothing."""
    heard = []
    ran(scripted(Pass(fired=2)), sleeper(1), on_pass=heard.append)

    assert [Pass(fired=2), Pass()] == heard


def test_worker_fires_deadlines_of_a_real_desk(make_desk, acme, sleeper, at, pager):
    """On virtual time it sleeps from deadline to deadline, and each fires at its own instant."""
    desk = make_desk(acme)
    desk.open("Stuck", id="T-1", by="jane")
    sleep = sleeper(4)
    desk.backlog = lambda all_tenants: Backlog()

    worker = ran(desk, sleep, poll_every=timedelta(hours=4))

    fired = [event for event in desk.history("T-1") if type(event).__name__ == "ThresholdFired"]
    assert [at("09:15"), at("13:00"), at("17:00")] == [event.at for event in fired] == [e.recorded_at for e in fired]
    assert [900.0, 13500.0, 14400.0, 14400.0] == sleep.slept
    assert (3, 2, 7) == (worker.status().fired, worker.status().relayed, worker.status().passes)


# -- being woken and stopped


def test_worker_woken_does_a_pass(scripted):
    """A sleep of an hour ends when another thread has something to do."""
    desk = scripted()
    passes = threading.Semaphore(0)
    worker = Worker(desk, poll_every=timedelta(hours=1), on_pass=lambda _done: passes.release())
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert passes.acquire(timeout=30)

    worker.wake()
    worker.wake()
    woken = passes.acquire(timeout=30)
    worker.stop()
    thread.join(30)

    assert (True, False) == (woken, thread.is_alive())


def test_worker_sleeps_in_stretches(scripted, monkeypatch):
    """A signal that comes just before a stretch is heard of after it; all of them last as long as agreed."""
    monkeypatch.setattr(threaded, "_STRETCH", 0.001)
    worker = Worker(scripted(), poll_every=timedelta(milliseconds=2.5), on_pass=lambda _done: passes.append(1))
    passes = []
    worker._wait = lambda seconds: (worker._bell.wait(seconds), len(passes) == 2 and worker.stop())
    worker.run()

    assert [1, 1] == passes


def test_worker_stopped_ends_after_its_pass(scripted, caplog):
    """A pass that is under way is ended first; no other one begins, though there is more to do."""
    desk = scripted(*[Pass(fired=1)] * 3)
    worker = Worker(desk, on_pass=lambda _done: worker.stop())
    with caplog.at_level(logging.INFO, "supporttiers.worker"):
        worker.run()

    assert (1, WorkerState.STOPPED) == (len(desk.asked), worker.status().state)
    assert ["worker started, for tenant any", "worker stopped, passes done: 1"] == caplog.messages


def test_worker_stopped_while_it_would_sleep_does_not(scripted):
    """A stop that comes during an idle pass is not slept over."""
    slept = []
    worker = Worker(scripted(), wait=slept.append, on_pass=lambda _done: worker.stop())
    worker.run()

    assert [] == slept


def test_worker_stopped_before_its_start_does_nothing(scripted):
    """A stop that overtakes the start of a thread is not lost."""
    desk = scripted()
    worker = Worker(desk)
    worker.stop()
    worker.run()

    assert [] == desk.asked


def test_worker_runs_once_at_a_time(scripted):
    """A second loop of one worker is refused; another worker is what is meant."""
    refused = []

    def again(_done):
        with pytest.raises(InputError, match=r"^run is under way; make another worker") as caught:
            worker.run()
        refused.append(caught.value)
        worker.stop()

    worker = Worker(scripted(), on_pass=again)
    worker.run()

    assert 1 == len(refused)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_is_stopped_by_signals(scripted, handlers, number):
    """A signal ends it after its pass; the handlers of before are there again."""
    before = handlers()
    desk = scripted(*[Pass(fired=1)] * 3)
    worker = Worker(desk, on_pass=lambda _done: os.kill(os.getpid(), number))
    worker.run()

    assert 1 == len(desk.asked)
    assert before == handlers()


def test_worker_is_stopped_by_a_signal_in_its_sleep(scripted):
    """A sleep of an hour ends with the signal, too."""
    passed = threading.Event()
    worker = Worker(scripted(), poll_every=timedelta(hours=1), on_pass=lambda _done: passed.set())

    def kill():
        assert passed.wait(30)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=kill)
    thread.start()
    worker.run()
    thread.join()

    assert 1 == worker.status().passes


def test_worker_leaves_a_second_signal_to_whoever_had_it(scripted, handlers):
    """Who presses Ctrl-C twice is interrupted at once."""

    def twice(_done):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    worker = Worker(scripted(), on_pass=twice)
    before = handlers()
    with pytest.raises(KeyboardInterrupt):
        worker.run()

    assert before == handlers()
    assert WorkerState.STOPPED is worker.status().state


def test_worker_touches_no_signals_where_it_should_not(scripted, handlers):
    """Not on request, and not outside the main thread, where Python allows it to nobody."""
    before, seen = handlers(), []

    def look(_done):
        seen.append(handlers())
        worker.stop()

    worker = Worker(scripted(), on_pass=look)
    worker.run(signals=False)
    worker = Worker(scripted(), on_pass=look)
    thread = threading.Thread(target=worker.run)
    thread.start()
    thread.join(30)

    assert [before, before] == seen


def test_worker_puts_back_a_handler_that_is_not_of_python(scripted, handlers, monkeypatch):
    """Of a handler that something else has set, Python knows nothing but that it is there; the default takes over."""
    monkeypatch.setattr(signal, "getsignal", lambda _number: None)
    worker = Worker(scripted(), on_pass=lambda _done: worker.stop())
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL), signal.signal(signal.SIGINT, signal.SIG_DFL)
    worker.run()
    monkeypatch.undo()
    after = handlers()
    signal.signal(signal.SIGTERM, before[0])
    signal.signal(signal.SIGINT, before[1])

    assert [signal.SIG_DFL, signal.SIG_DFL] == after


# -- errors


def test_worker_outlives_errors_and_waits_longer_each_time(scripted, sleeper, clock):
    """A store that is away is asked again after a second, then two, up to a minute; then all is as before."""
    away = [StoreError("sqlite", "the disk is gone", retryable=True)] * 8
    desk, sleep = scripted(*away, Pass(), OSError("no")), sleeper(10)
    began = clock.now()

    status = ran(desk, sleep).status()

    assert [1, 2, 4, 8, 16, 32, 60, 60, 30, 1] == sleep.slept
    assert (9, 1) == (status.errors, status.passes)
    assert LastError(type="OSError", at=began + timedelta(seconds=213)) == status.last_error


def test_worker_logs_no_text_of_foreign_errors(scripted, sleeper, caplog):
    """An error of ours names ids; that of a plugin may hold what a customer wrote."""
    ours = StoreError("sqlite", "the file is locked", retryable=True)
    ran(scripted(ours, ValueError("dear Jane")), sleeper(2))

    assert [
        "a pass failed, the next one is tried in 0:00:01: sqlite: the file is locked; it may be tried again",
        "a pass failed, the next one is tried in 0:00:02: ValueError",
    ] == [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize(
    "fault",
    [
        PluginError("pager", "lacks a method"),
        StoreError("sqlite", "its schema is newer", retryable=False),
        UnsupportedConnectionError("sqlite", "a pass has transactions of its own"),
    ],
)
def test_worker_ends_with_a_fault_of_set_up_in_its_first_pass(scripted, fault, caplog):
    """What no pass will ever get over is told at once, to whoever starts it, in the log, and by its status."""
    worker = Worker(scripted(fault))
    with pytest.raises(type(fault)) as caught:
        worker.run()

    status = worker.status()
    assert fault is caught.value
    assert (WorkerState.STOPPED, 1, type(fault).__name__) == (status.state, status.errors, status.last_error.type)
    assert [f"the worker cannot work: {fault}"] == [
        record.getMessage() for record in caplog.records if record.levelname == "ERROR"
    ]


@pytest.mark.parametrize("first", [Pass(), OSError("away")])
def test_worker_that_was_at_work_is_not_ended_by_such_a_fault(scripted, sleeper, first):
    """Once it is under way, nothing ends it but a stop: somebody may mend what is broken."""
    fault = StoreError("sqlite", "its schema is newer", retryable=False)

    assert ran(scripted(first, fault), sleeper(2)).status().errors


def test_worker_waits_out_what_its_own_listeners_raise(scripted, sleeper):
    """A bug in what is told of a pass is an error like any other."""

    def broken(_done):
        raise ZeroDivisionError

    assert 2 == ran(scripted(), sleeper(2), on_pass=broken).status().errors


# -- how it is


def test_worker_status_adds_up(scripted, sleeper, clock):
    """The sums are those of all passes; what waits is read from the store."""
    began = clock.now()
    desk = scripted(Pass(fired=2, parked=1, failed=1), Pass(fired=1, relayed=3, polled=4))
    desk.waits, desk.wakes = Backlog(due=1), began + timedelta(seconds=5)
    worker = ran(desk, sleeper(1))
    status = worker.status()

    assert (3, 3, 3, 4, 1, 1, 0) == (
        status.passes, status.fired, status.relayed, status.polled, status.failed, status.parked, status.errors,
    )  # fmt: skip
    assert (Pass(), began, began) == (status.last_pass, status.last_pass_at, status.started_at)
    assert (Backlog(due=1), desk.wakes, None) == (status.backlog, status.next_wake, status.last_error)


def test_worker_status_tells_running_from_stopping(scripted):
    """While a worker ends its last pass it is stopping."""
    seen = []

    def look(_done):
        seen.append(worker.status())
        worker.stop()
        seen.append(worker.status())

    worker = Worker(scripted(), on_pass=look)
    seen.append(worker.status())
    worker.run()
    seen.append(worker.status())

    assert ["stopped", "running", "stopping", "stopped"] == [status.state for status in seen]
    assert [False, True, True, False] == [status.healthy for status in seen]
    assert (Reason("worker.stopped"),) == seen[0].findings


@pytest.mark.parametrize(("minutes", "codes"), [(65, []), (66, ["worker.stuck"])])
def test_worker_that_sleeps_as_agreed_is_not_stuck(scripted, clock, minutes, codes):
    """An hour of sleep is no sign of illness where an hour was agreed; five minutes more than that are too many."""
    found = []

    def sleep(_seconds):
        clock.advance(timedelta(minutes=minutes))
        found.extend(worker.status().findings)
        worker.stop()

    worker = Worker(scripted(), poll_every=timedelta(hours=1), wait=sleep)
    worker.run()

    assert codes == [reason.code for reason in found]


def test_worker_status_can_be_asked_for_when_the_store_is_away(scripted, caplog):
    """It then says so, and raises nothing."""
    desk = scripted()
    desk.waits = StoreError("sqlite", "it is gone", retryable=True)
    status = Worker(desk).status()

    assert (None, None) == (status.backlog, status.next_wake)
    assert [Reason("worker.stopped"), Reason("worker.unread")] == list(status.findings)
    assert ["the backlog cannot be read: StoreError"] == caplog.messages


# -- what it is given


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"poll_every": timedelta(0)}, "poll_every must be longer than zero"),
        ({"poll_every": 30}, "poll_every must be a timedelta, not int"),
        ({"limit": 0}, "limit is 0; possible is at least 1"),
        ({"tenant": ""}, "tenant must not be empty"),
        ({"pass_within": timedelta(-1)}, "pass_within must be longer than zero"),
        ({"lag_within": None}, "lag_within must be a timedelta, not NoneType"),
    ],
)
def test_worker_refuses_values_that_cannot_be(scripted, options, said):
    """A wrong value is told when the worker is made."""
    with pytest.raises(InputError) as caught:
        Worker(scripted(), **options)

    assert said == str(caught.value)


def test_worker_refuses_what_is_no_desk(scripted, async_scripted):
    """A class, something else, or a desk that must be awaited is told when the worker is made."""
    for given in (type(scripted()), object()):
        with pytest.raises(PluginError, match="a worker works for a desk; hand in a SupportDesk"):
            Worker(given)
    with pytest.raises(PluginError, match="this kind of desk has a worker of its own; use AsyncWorker"):
        Worker(async_scripted())


@pytest.mark.parametrize("telemetry", [object(), dict])
def test_worker_refuses_what_cannot_hear_it(scripted, telemetry):
    """So is telemetry without the methods, or a class of it."""
    with pytest.raises(PluginError, match="lacks the methods of Telemetry"):
        Worker(scripted(), telemetry=telemetry)
