"""`worker`: time does its part, in a process of its own."""

import json
import signal
import subprocess
import sys
from typing import ClassVar

import attrs
import pytest

from supporttiers import SupportDesk, SupportProcess
from supporttiers.cli import _worker
from supporttiers.readings import Pass
from supporttiers.worker import Worker

HOST = """
from supporttiers import FakeClock, SupportDesk, SupportProcess

desk = SupportDesk(SupportProcess.default(), store="sqlite:///support.db", clock=FakeClock("2026-03-23T09:20Z"))


def make_desk():
    return desk
"""


@pytest.fixture
def host(tmp_path, monkeypatch, desk):
    """Lie in a directory with a module of the host's own, whose desk stands five minutes after a time limit."""
    (tmp_path / "host_of_worker.py").write_text(HOST, "utf-8")
    monkeypatch.chdir(tmp_path)
    desk.open("Stuck", by="jane", id="T-1")
    yield "host_of_worker"
    sys.modules.pop("host_of_worker", None)


@pytest.fixture
def process_file(tmp_path, run):
    """Give a process file; the cases go by another process, which the store keeps."""
    path = tmp_path / "support.toml"
    run("init", path)
    return path


@pytest.mark.parametrize("name", ["desk", "make_desk"])
def test_worker_once_does_one_pass_of_the_hosts_desk(run, host, desk, name):
    """The host's own desk, or what a function of it gives, is found in the current directory."""
    done = run("worker", "--once", "--desk", f"{host}:{name}")

    assert (0, "2026-03-23 09:20:00  fired 1, late by 5m\n", "") == (done.code, done.out, done.err)
    assert 2 == desk.get("T-1").tier


def test_worker_once_is_silent_where_nothing_was_done(run, host):
    """Cron mails what is written: nothing is, unless JSON is asked for."""
    run("worker", "--once", "--desk", f"{host}:desk")

    assert (0, "") == (run("worker", "--once", "--desk", f"{host}:desk").code, run("worker", "--version").out)
    assert {"at": "2026-03-23T09:20:00+00:00", "fired": 0, "relayed": 0, "polled": 0, "failed": 0, "parked": 0,
            "lag": 0.0, "left": 0} == run("worker", "--once", "--json", "--desk", f"{host}:desk").json()  # fmt: skip


def test_worker_once_on_a_store_goes_by_a_process_file(run, url, desk, process_file):
    """Without code of a host, a store and a process file are enough."""
    desk.open("Stuck", by="jane", id="T-1")
    done = run("worker", "--once", "--store", url, "--process", process_file)

    assert (0, "") == (done.code, done.err)
    assert "  fired 1, late by " in done.out
    assert 2 == desk.get("T-1").tier


@attrs.frozen
class Kept:
    """A policy that the process file does not name, and the worker is not told of."""

    name: ClassVar[str] = "tests.kept"
    revision: ClassVar[int] = 1

    def permit(self, _situation, /):
        """Permit all."""


def test_worker_that_cannot_load_a_process_leaves_its_cases_and_says_so(run, url, clock, process_file, caplog):
    """It is the worker that is set up wrongly: it ends with 3, and no case is set aside, however often it tries."""
    own = SupportProcess(name="own", tiers=SupportProcess.default().tiers, limits=SupportProcess.default().limits,
                         policies=[Kept()])  # fmt: skip
    with SupportDesk(own, store=url, clock=clock) as desk:
        desk.open("Stuck", by="jane", id="T-1")
        for _ in range(12):
            done = run("worker", "--once", "--store", url, "--process", process_file)
            assert 3 == done.code
            assert ", late by " in done.out
            assert "  left 1" in done.out
        assert () == desk.parked()
    assert "has policies that this desk does not know: tests.kept; hand their classes in with policies=, or --p" in (
        caplog.text
    )
    named = ["--policies", f"{__name__}:Kept"]
    assert 0 == run("worker", "--once", "--store", url, "--process", process_file, *named).code


def test_worker_tells_of_what_it_leaves_once(clock, capsys):
    """It meets the same cases in every pass; when they are gone, nothing is left to say."""
    lines = _worker._Lines(clock, as_json=False, always=False)
    for left in (2, 2, 3, 3):
        lines(Pass(left=left))

    assert ["left 2", "left 3"] == [line.split("  ")[1] for line in capsys.readouterr().out.splitlines()]


def test_worker_looks_after_one_tenant_on_request(run, url, desk, process_file):
    """Of another tenant's case nothing happens."""
    desk.open("Stuck", by="jane", id="T-1")
    desk.bind(tenant="other").open("Stuck", by="jane", id="T-1")
    run("worker", "--once", "--store", url, "--process", process_file, "--tenant", "other")

    assert (1, 2) == (desk.get("T-1").tier, desk.bind(tenant="other").get("T-1").tier)


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 2, "one of the arguments --desk --store is required"),
        (["--desk", "a:b", "--store", "sqlite:///x.db"], 2, "argument --store: not allowed with argument --desk"),
        (["--store", "sqlite:///no.db"], 2, "--process is missing: with --store, name the process file"),
        (["--store", "sqlite:///no.db", "--process", "x.toml"], 3, "there is no such file, and none is made"),
        (["--desk", "no.module:desk"], 2, "--desk 'no.module:desk' cannot be imported"),
        (["--desk", "json:dumps2"], 2, "name a module and what is in it, such as 'mysite.support:desk'"),
        (
            ["--desk", "string:digits"],
            2,
            "--desk 'string:digits' is str; name a SupportDesk or an AsyncSupportDesk",
        ),
        (["--desk", "a:b", "--process", "x.toml"], 2, "leave --process and --policies out"),
        (["--desk", "a:b", "--policies", "x:Y"], 2, "leave --process and --policies out"),
    ],
)
def test_worker_of_no_desk_is_told(run, tmp_path, monkeypatch, options, code, said):
    """What names no desk, or two, is told in one line."""
    monkeypatch.chdir(tmp_path)
    done = run("worker", *options)

    assert (code, "") == (done.code, done.out)
    assert said in done.err
    assert 1 == done.err.count("\n")


def stopped_after(monkeypatch, passes):
    """Have every worker stopped after so many passes; give what it was made with."""
    made = {}

    class Short(Worker):
        def __init__(self, desk, /, **options):
            made.update(options)
            tell = options.pop("on_pass")
            super().__init__(desk, **options, on_pass=lambda done: (tell(done), self._count()))
            self.count = 0

        def _count(self):
            self.count += 1
            if self.count == passes:
                self.stop()

    monkeypatch.setattr("supporttiers.worker.Worker", Short)
    return made


def test_worker_writes_a_line_for_each_pass_that_did_something(run, host, monkeypatch):
    """Passes that found nothing leave no trace."""
    made = stopped_after(monkeypatch, 2)
    done = run("worker", "--desk", f"{host}:desk", "--poll-every", "5", "--limit", "7", "--json", "--tenant", "default")

    assert 0 == done.code
    assert 1 == json.loads(done.out)["fired"]
    assert (5, 7, "default", None) == (
        made["poll_every"].total_seconds(), made["limit"], made["tenant"], made["telemetry"],
    )  # fmt: skip


def test_worker_tells_open_telemetry_on_request(run, host, monkeypatch):
    """`--otel` is all that it takes, where the SDK is set up outside."""
    made = stopped_after(monkeypatch, 1)

    assert 0 == run("worker", "--desk", f"{host}:desk", "--otel").code
    assert "OpenTelemetry" == type(made["telemetry"]).__name__


@pytest.mark.parametrize("done", [Pass(failed=1), Pass(parked=1)])
def test_worker_tells_of_failures_too(clock, capsys, done):
    """A pass in which something went wrong is one that did something."""
    _worker._Lines(clock, as_json=False, always=False)(done)

    assert " 1\n" == capsys.readouterr().out[-3:]


def test_worker_ends_when_nobody_reads_any_more(run, host, monkeypatch):
    """As every command does; and what it did is done."""
    stopped_after(monkeypatch, 99)

    def hang_up(*_args, **_options):
        raise BrokenPipeError

    monkeypatch.setattr(_worker._Lines, "__call__", hang_up)
    monkeypatch.setattr("supporttiers.cli._hang_up", lambda: 141)

    assert 141 == run("worker", "--desk", f"{host}:desk").code


def test_worker_process_ends_with_sigterm_after_its_pass(url, desk, process_file):
    """In a real process: it fires what is due, says so, and a SIGTERM in its sleep ends it with 0."""
    desk.open("Stuck", by="jane", id="T-1")
    desk.shut_down()
    command = ["-m", "supporttiers", "worker", "--store", url, "--process", process_file, "--poll-every", "3600"]
    with subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)

    assert "fired 1" in line
    assert ("", 0) == (rest, process.returncode)
    with SupportDesk(SupportProcess.default(), store=url) as after:
        assert 2 == after.get("T-1").tier
