"""`worker`: lets time do its part, in a process of its own."""

import argparse
import json
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._desks import add_desk_options, add_process, desk_of
from supporttiers.cli._exits import FINE, WORLD
from supporttiers.cli._output import complain, safe

if TYPE_CHECKING:
    from supporttiers.clock import Clock
    from supporttiers.readings import Pass
    from supporttiers.worker import AsyncWorker, Telemetry, Worker

_ABOUT: Final = """Fire what is due, carry out messages, ask vendors: pass after pass, until SIGTERM or Ctrl-C, which
let the pass that is under way end. Any number of workers may look after one store. A line is written for each pass that
did something."""
_POLL_EVERY: Final = 30
_LIMIT: Final = 1000


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser("worker", help="fire what is due, and carry out messages", description=_ABOUT)
    parser.add_argument("--once", action="store_true", help="do one pass and end: for cron")
    every = "do a pass at least so often (default: %(default)s)"
    parser.add_argument("--poll-every", type=int, default=_POLL_EVERY, metavar="SECONDS", help=every)
    limit = "how many cases, messages and tickets each a pass (default: %(default)s)"
    parser.add_argument("--limit", type=int, default=_LIMIT, help=limit)
    parser.add_argument("--otel", action="store_true", help="tell OpenTelemetry of each pass")
    add_process(parser)
    add_desk_options(parser, tenant=None)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Work until a signal comes, or for one pass."""
    with desk_of(args) as desk:
        if "durable" not in _store_of(desk).capabilities:
            complain("warning: this desk keeps its cases in memory, where no other process sees or leaves any")
        lines = _Lines(desk.clock, as_json=args.json, always=args.once and args.json)
        if args.once:
            done = desk.run_due(limit=args.limit, tenant=args.tenant)
            lines(done)
            return WORLD if done.left else FINE
        _work(args, desk, lines)
    return FINE


def _work(args: argparse.Namespace, desk: Any, lines: "_Lines") -> None:  # noqa: ANN401 - a SupportDesk or Called
    from supporttiers.worker import AsyncWorker, Worker  # noqa: PLC0415 - only commands that run load it

    awaited = getattr(desk, "awaited", None)
    kind: Any = Worker if awaited is None else AsyncWorker
    worker: Worker | AsyncWorker = kind(
        awaited or desk, poll_every=timedelta(seconds=args.poll_every), limit=args.limit, tenant=args.tenant,
        telemetry=_telemetry() if args.otel else None, on_pass=lambda done: _told(lines, done, worker),
    )  # fmt: skip
    print(_started(args, desk), file=sys.stderr, flush=True)
    if isinstance(worker, Worker):
        worker.run()
    else:
        desk.work(worker)
    if lines.broken is not None:
        raise lines.broken


def _started(args: argparse.Namespace, desk: Any) -> str:  # noqa: ANN401 - as above
    """Say at the start what it works on, so that nobody takes a worker of something else for a silent one."""
    whose = "all tenants" if args.tenant is None else f"tenant {safe(args.tenant)}"
    process, store = desk.process, _store_of(desk)
    return f"worker started: process {process.name!r}, revision {process.revision}, on {store.name}, for {whose}"


def _store_of(desk: Any) -> Any:  # noqa: ANN401 - as above
    return desk._ports.store  # noqa: SLF001 - what a desk is put together from is nothing that its users need


def _telemetry() -> "Telemetry":
    from supporttiers.worker.otel import OpenTelemetry  # noqa: PLC0415 - an extra

    return OpenTelemetry()


def _told(lines: "_Lines", done: "Pass", worker: "Worker | AsyncWorker") -> None:
    """Tell of a pass; where nobody reads any more, that is the end, and no error of the pass."""
    try:
        lines(done)
    except BrokenPipeError as error:
        lines.broken = error
        worker.stop()


class _Lines:
    """Writes a line for each pass that did something."""

    def __init__(self, clock: "Clock", *, as_json: bool, always: bool) -> None:
        self.broken: BrokenPipeError | None = None
        self._clock = clock
        self._as_json = as_json
        self._always = always
        self._left = 0

    def __call__(self, done: "Pass") -> None:
        known, self._left = self._left == done.left, done.left  # what is left to others is due again in the next pass
        if not (self._always or not done.idle or done.failed or done.parked) and known:
            return
        print(json.dumps(self._data(done)) if self._as_json else self._line(done), flush=True)

    def _data(self, done: "Pass") -> dict[str, Any]:
        from supporttiers.cli._plain import plain_of  # noqa: PLC0415 - only commands that run load it

        return {"at": self._clock.now().isoformat(), **plain_of(done, texts=False)}

    def _line(self, done: "Pass") -> str:
        from supporttiers.timelines import instant_text, span_text  # noqa: PLC0415

        counts = ("fired", "relayed", "polled", "failed", "parked", "left")
        parts = [f"{name} {count}" for name in counts if (count := getattr(done, name))]
        late = [f"late by {span_text(done.lag)}"] if done.lag >= timedelta(seconds=1) else []
        return f"{instant_text(self._clock.now())}  {', '.join([*parts, *late])}"
