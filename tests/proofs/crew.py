"""
Workers as processes of their own, each of which may be told at which point to kill itself.

    python -m tests.proofs.crew

reads orders from standard input, a line of JSON each: a list of workers, all of whom are forked at once. When the last
one has ended, it writes a line with what became of each: 0, or less the signal that killed it. A process that has
imported everything once forks in a few milliseconds, so that a hundred kills are a matter of seconds.
"""

import contextlib
import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

import psycopg
from tests.proofs.world import Receipts, desk_on

# Whatever a worker needs is there before it is forked.
from supporttiers.backends.storage import memory, postgres, sqlite  # noqa: F401
from supporttiers.errors import StoreError

ROOT = Path(__file__).parents[2]

FAULTS = (
    "after_claim", "before_write", "in_write", "in_statement", "before_commit", "after_commit", "after_lease",
    "after_send", "before_mark", "after_mark",
)  # fmt: skip
"""Where a worker can be killed."""

_WRITES = re.compile(r"\s*(WITH\b.*)?(INSERT|UPDATE)\b.*_(case|event|outbox)\b", re.IGNORECASE | re.DOTALL)
_COMMITS = re.compile(r"\s*(COMMIT|RELEASE)\b", re.IGNORECASE)
_INSTRUCTIONS = 400
_MOMENT = 0.0005


class Fault:
    """Kills its own process when a point is reached for the nth time."""

    on_a_server = False

    def __init__(self, point, times):
        """Arm it; without a point it does nothing."""
        self.point = point
        self.left = times

    def reached(self, point):
        """Die here, if it is the point and the time."""
        if point is not None and point == self.point:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, text):
        """Notice a statement that is about to be run."""
        if _WRITES.match(text):
            self.reached("in_write")
            self.soon("in_statement")
        elif _COMMITS.match(text):
            self.reached("before_commit")

    def soon(self, point):
        """Die a moment later, while the server works; the alarm kills as surely."""
        if self.on_a_server and point == self.point:
            self.left -= 1
            if self.left == 0:
                signal.setitimer(signal.ITIMER_REAL, _MOMENT)

    def instructions(self):
        """Notice that SQLite has gone some steps further in a statement."""
        self.reached("in_statement")
        return 0


# -- where the points are


def watch_sqlite(fault):
    """Let each connection that is opened from now on tell of its statements."""
    connect = sqlite3.connect

    def watched(*args, **options):
        connection = connect(*args, **options)
        connection.set_trace_callback(fault.statement)
        if fault.point == "in_statement":
            connection.set_progress_handler(fault.instructions, _INSTRUCTIONS)
        return connection

    sqlite3.connect = watched


def watch_postgres(fault):
    """Let each cursor tell of its statements; die in the middle of one when the server has had it for a moment."""
    fault.on_a_server = True
    for name in ("execute", "executemany"):
        setattr(psycopg.Cursor, name, _telling(fault, getattr(psycopg.Cursor, name)))
    psycopg.Connection._exec_command = _telling(fault, psycopg.Connection._exec_command)


def _telling(fault, call):
    def execute(cursor, query, *args, **options):
        fault.statement(query.decode() if isinstance(query, bytes) else str(query))
        return call(cursor, query, *args, **options)

    return execute


def watch_store(store, fault):
    """Put points around what a worker asks of a store, in the store as it is."""
    for name, before, after in (
        ("commit", "before_write", "after_commit"),
        ("settle", "before_mark", "after_mark"),
        ("lease", None, "after_lease"),
    ):
        setattr(store, name, partial(_around, fault, getattr(store, name), before, after))
    store.claim = partial(_claiming, fault, store.claim)


def _around(fault, call, before, after, *args, **options):
    fault.reached(before)
    result = call(*args, **options)
    if result or after != "after_lease":
        fault.reached(after)
    return result


def _claiming(fault, claim, *args, decide, **options):
    def decided(found):
        if found:
            fault.reached("after_claim")
        made = decide(found)
        if found:
            fault.reached("before_write")
        return made

    result = claim(*args, decide=decided, **options)
    if result:
        fault.reached("after_commit")
    return result


class Deadly(Receipts):
    """Writes a receipt, and may die before it can say so."""

    def __init__(self, plain, fault):
        """Stand in for another one."""
        super().__init__(plain.name, plain.path)
        self._fault = fault

    def _note(self, *words):
        super()._note(*words)
        self._fault.reached("after_send")


# -- a worker


def work(order):
    """Do passes until nothing is left to do at this instant."""
    if "file_size" in order:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["file_size"], order["file_size"]))
    fault = Fault(order.get("fault"), order.get("times", 1))
    if order["url"].startswith("sqlite:"):
        watch_sqlite(fault)
    else:
        watch_postgres(fault)
    desk = desk_on(order["url"], Path(order["receipts"]), datetime.fromisoformat(order["now"]))
    with desk:
        ports = desk._ports
        watch_store(ports.store, fault)
        for adapters in (ports.notifiers, ports.vendors):
            adapters.update({name: Deadly(plain, fault) for name, plain in adapters.items()})
        if "as" in order and os.geteuid() == 0:
            os.setuid(order["as"])
        if order.get("doing") == "open":
            desk.open("Mouse", id="C-new", by="jane")
            return
        until = Path(order["until"]) if "until" in order else None
        while goes_on(desk, order.get("limit", 3)) or (until is not None and not until.exists()):
            pass


def goes_on(desk, limit):
    """Do a pass; say whether there may be more to do. What the database says may be tried again, is."""
    try:
        done = desk.run_due(limit=limit)
    except StoreError as error:
        if error.retryable:
            return True
        raise
    return done.fired or done.relayed or done.polled


def forked(order):
    """Start a worker; give its process id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    said = os.open(order["said"], os.O_WRONLY | os.O_CREAT, 0o600) if "said" in order else sys.stderr.fileno()
    try:
        work(order)
        status = 0
    except BaseException as error:  # noqa: BLE001 - whatever it was, the child must not go on as its parent
        os.write(said, f"{error}\n".encode())
    finally:
        os._exit(status)


def main():
    """Serve until the orders end."""
    for line in sys.stdin:
        pids = [forked(order) for order in json.loads(line)]
        ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
        print(json.dumps(ended), flush=True)  # noqa: T201 - the answer


# -- the other side


class Crew:
    """Sends workers to work, and waits for them."""

    def __init__(self, process, url, receipts):
        """Name the store, and where receipts are written."""
        self._process = process
        self._order = {"url": url, "receipts": str(receipts)}

    def send(self, now, *workers):
        """Let workers work at an instant, all at once; give what became of each."""
        orders = [{**self._order, "now": now.isoformat(), **worker} for worker in workers]
        self._process.stdin.write(json.dumps(orders) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def crew(url, receipts):
    """Have a crew at hand as long as the context lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.proofs.crew"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    ) as process:  # fmt: skip
        yield Crew(process, url, receipts)
        process.stdin.close()
    assert process.returncode == 0


if __name__ == "__main__":
    main()
