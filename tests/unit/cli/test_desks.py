"""`--desk`: whatever desk the host has, one that is awaited included, and every command on it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from supporttiers import SupportDesk, SupportProcess
from supporttiers.protocols import Setback
from supporttiers.reasons import Reason

HOST = """
import asyncio

from supporttiers import AsyncSupportDesk, FakeClock, SupportDesk, SupportProcess

CLOCK = FakeClock("2026-03-23T09:35Z")
seen = set()


class Chat:
    name = "chat"

    async def notify(self, notification, /, *, key):
        seen.add(asyncio.get_running_loop())
        raise ValueError


desk = AsyncSupportDesk(SupportProcess.default(), store="sqlite:///support.db", clock=CLOCK, notifiers=[Chat()])
in_memory = AsyncSupportDesk(SupportProcess.default(), clock=CLOCK)


async def make_desk():
    seen.add(asyncio.get_running_loop())
    return desk


async def make_plain_desk():
    return SupportDesk(SupportProcess.default(), store="sqlite:///support.db", clock=CLOCK)


async def make_nothing():
    return "nothing"
"""


class Chat:
    """Stands for the notifier of the host."""

    name = "chat"

    def notify(self, _notification, /, *, key):
        """Never asked: it is the command line that works."""


@pytest.fixture
def stuck(url, clock):
    """Give a desk with a case of which a time limit passes at 09:15, and a message that nobody has carried out."""
    with SupportDesk(SupportProcess.default(), store=url, clock=clock, notifiers=[Chat()]) as desk:
        desk.open("Stuck", by="jane", id="T-1")
        desk.inform_management("T-1", by="bob")
        yield desk


@pytest.fixture
def host(tmp_path, monkeypatch):
    """Lie in a directory with a module of the host's own, whose desk is awaited."""
    (tmp_path / "awaiting_host.py").write_text(HOST, "utf-8")
    monkeypatch.chdir(tmp_path)
    yield "awaiting_host:desk"
    sys.modules.pop("awaiting_host", None)


@pytest.mark.parametrize("command", [
    ["show", "T-1"], ["list"], ["verify"], ["verify", "T-1"], ["export", "T-1"], ["status"], ["parked"], ["messages"],
])  # fmt: skip
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_command_says_the_same_of_a_desk_that_is_awaited(run, host, case, url, command, options):
    """What reads gives the same answer as on the store itself, but for what the clock of the machine makes of it."""
    awaited, called = (run(*command, *where, *options) for where in (["--desk", host], ["--store", url]))

    assert (0, "") == (awaited.code, awaited.err)
    if command[0] not in {"show", "status"}:
        assert called.out == awaited.out
    assert len(called.out.splitlines()) == len(awaited.out.splitlines())


def test_changes_on_a_desk_that_is_awaited(run, host, stuck, clock):
    """A case is let go on and redacted, a message tried anew and let go of."""

    def set_aside(found):
        return [
            Setback(tenant=one.case.tenant, case_id=one.case.id, version=one.case.version, failures=5,
                    reason=Reason("error", {"text": "ValueError"}), at=clock.now(), wakes_at=None)
            for one in found
        ]  # fmt: skip

    clock.advance("15m")
    stuck._ports.store.claim(clock.now(), limit=9, decide=set_aside)
    key = stuck.messages()[0].key
    assert (0, "case T-1 is tried again by the next pass\n") == _told(run("unpark", "T-1", "--desk", host))
    _given_up(run, host)

    assert "dead" == stuck.messages()[0].state
    assert 0 == run("retry", key, "--desk", host).code
    assert "pending" == stuck.messages()[0].state
    _given_up(run, host)
    assert (0, f"message {key} was let go of\n") == _told(run("discard", key, "--desk", host))
    assert (0, "redacted T-1\n1 case redacted\n") == _told(run("redact", "T-1", "--by", "dora", "--desk", host))
    assert "" == stuck.get("T-1").subject


def _given_up(run, host):
    """Let so much time pass that a message which nobody takes is given up."""
    for _ in range(20):
        run("worker", "--once", "--desk", host)
        sys.modules["awaiting_host"].CLOCK.advance("24h")


def _told(done):
    return done.code, done.out


def test_worker_once_on_a_desk_that_is_awaited(run, host, stuck):
    """It does one pass; a desk that an `async def` gives works on the loop on which it was made."""
    done = run("worker", "--once", "--desk", "awaiting_host:make_desk")

    assert (0, "2026-03-23 09:35:00  fired 1, failed 1, late by 20m\n") == (done.code, done.out)
    assert 2 == stuck.get("T-1").tier
    assert 1 == len(sys.modules["awaiting_host"].seen)


def test_worker_once_on_a_plain_desk_that_is_made_awaited(run, host, desk):
    """What gives a desk may be awaited, though the desk is not."""
    desk.open("Stuck", by="jane", id="T-1")

    assert 0 == run("worker", "--once", "--desk", "awaiting_host:make_plain_desk").code
    assert 2 == desk.get("T-1").tier


def test_what_an_async_function_gives_must_be_a_desk(run, host):
    """Anything else is named for what it is."""
    done = run("status", "--desk", "awaiting_host:make_nothing")

    possible = "name a SupportDesk or an AsyncSupportDesk, or a function that gives one"
    assert (2, f"supporttiers: --desk 'awaiting_host:make_nothing' is str; {possible}\n") == (done.code, done.err)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_process_on_a_desk_that_is_awaited_ends_with_a_signal(host, desk, number):
    """In a real process: it says that it has started, fires what is due, and a signal in its sleep ends it with 0."""
    desk.open("Stuck", by="jane", id="T-1")
    desk.shut_down()
    command = ["-m", "supporttiers", "worker", "--desk", host, "--poll-every", "3600"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(str(Path(one).resolve()) for one in sys.path if one)}
    with subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        started, line = process.stderr.readline(), process.stdout.readline()
        process.send_signal(number)
        rest = process.communicate(timeout=60)

    assert (("", ""), 0) == (rest, process.returncode)
    assert "  fired 1, late by 20m\n" in line
    assert started.startswith("worker started: process 'support', revision ")
    assert started.endswith(" on sqlite, for all tenants\n")


def test_show_at_an_instant_needs_a_store(run, host, case):
    """The host's desk goes by a clock of its own."""
    done = run("show", "T-1", "--desk", host, "--at", "2026-03-23T10:00Z")

    assert (2, "supporttiers: --at goes with --store: a desk of --desk has a clock of its own\n") == (
        done.code, done.err,
    )  # fmt: skip


def test_worker_of_a_desk_in_memory_warns(run, host):
    """Its cases are those of this process alone, so that it would look after nothing for ever."""
    done = run("worker", "--once", "--desk", "awaiting_host:in_memory")

    assert (0, "") == (done.code, done.out)
    assert "supporttiers: warning: this desk keeps its cases in memory" in done.err
