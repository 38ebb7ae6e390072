"""Replay: the rows of an event log become commands, and a real desk on virtual time carries them out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from os import PathLike
from typing import Final

import attrs

from supporttiers.analysis.figures import ReplayResult, Tally, counted, ranked, seconds, seconds_by
from supporttiers.analysis.logs import Row, read_log
from supporttiers.analysis.mapping import LogMapping
from supporttiers.analysis.stories import Asking, Story
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.clock import FakeClock
from supporttiers.commands import Command
from supporttiers.config.monitors import monitors_of
from supporttiers.decisions import Decision
from supporttiers.desk import SupportDesk
from supporttiers.effects import Notification
from supporttiers.errors import CaseError, SupportTiersError
from supporttiers.monitors import Course, Disclosed, Monitor, Telling, Told, Violation
from supporttiers.process import SupportProcess
from supporttiers.protocols import CaseStore
from supporttiers.worker.virtual_time import check_empty, run_until

Progress = Callable[[int, int], None]
"""Is told how many rows are done, of how many."""

WINDOW: Final = 1000
"""About so many rows are under way at once; their commands share transactions."""

_TICK: Final = timedelta.resolution


def replay(
    log: "str | PathLike[str]",
    *,
    mapping: "LogMapping | str | PathLike[str]",
    process: "SupportProcess | str | PathLike[str] | None" = None,
    store: str | CaseStore | None = None,
    monitors: "Iterable[Monitor] | str | PathLike[str]" = (),
    progress: Progress | None = None,
) -> ReplayResult:
    r"""
    Give the rows of an event log to a desk as commands, and count what becomes of the cases.

    The log is driven in order of time, on virtual time: deadlines of the process fire when they are due. What the
    process refuses is counted, and the case stays where it is until the log says something new of it. With an observing
    process (`process.observing()`) cases go where the log has them: what it would have refused, and done by itself, is
    counted.

    >>> from pathlib import Path
    >>> _ = Path("log.csv").write_text("ticket,at,state\nT-1,2026-03-23T09:00Z,new\nT-1,2026-03-23T10:00Z,done\n")
    >>> mapping = LogMapping.from_text('''
    ...     columns = { case = "ticket", time = "at", status = "state" }
    ...     statuses.rules = [{ log = "new", status = "queued" }, { log = "done", status = "resolved" }]
    ... ''')
    >>> result = replay("log.csv", mapping=mapping)
    >>> result.cases, result.commands, result.seconds_total
    (1, 2, 3600)

    Args:
        log: A CSV file, plain or gzip, with a header.
        mapping: How to read it: a mapping, or the path of a mapping file.
        process: The process to follow, or the path of its file; one that takes whatever the log says when None.
        store: Where the cases are kept: a URL or a store, which has to be empty; in memory when None. The whole log is
            read and checked before the first case is opened; what a failing store has committed by then stays.
        monitors: What must never, or always, be so, or the path of a file that says it. What was so all the same is
            among the figures.
        progress: Is told now and then how many rows are done, of how many.

    Returns:
        The figures.

    Raises:
        MappingError: The mapping is not valid.
        ProcessError: The process is not valid.
        MonitorsError: The file of monitors is not valid.
        LogError: The log is not what the mapping says; it names row and column.
        InputError: The store has cases already.
        StoreError: The store failed.

    .. versionadded:: 0.1.0
    """
    found = mapping if isinstance(mapping, LogMapping) else LogMapping.from_toml(mapping)
    followed = _process_of(process, found)
    rows = read_log(log, found, followed.priorities)
    clock = FakeClock(rows[0].at - _TICK) if rows else FakeClock()
    watched = monitors_of(monitors, followed.calendars_by_name)
    ears = _Ears()
    desk = SupportDesk(
        followed, store=store, clock=clock, vendors=_silent_vendors(followed),
        notifiers=[ears] if any(map(_listens, watched)) else (),
    )  # fmt: skip
    try:
        check_empty(desk, to="replay")
        return _Replay(desk, clock, watched, ears).run(rows, progress or _tell_nobody)
    finally:
        desk.shut_down()


def _process_of(given: "SupportProcess | str | PathLike[str] | None", mapping: LogMapping) -> SupportProcess:
    if given is None:
        return mapping.process()
    return given if isinstance(given, SupportProcess) else SupportProcess.from_toml(given)


def _silent_vendors(process: SupportProcess) -> list[InProcessVendor]:
    """Give vendors that take tickets and never answer: what they did stands in the log."""
    names = dict.fromkeys(tier.vendor for tier in process.tiers if tier.vendor is not None)
    return [InProcessVendor(name) for name in names]


class _Ears:
    """A notifier that remembers who would have been told what, for monitors that ask."""

    def __init__(self) -> None:
        self.name = "replay"
        self.told: list[Telling] = []

    def notify(self, notification: Notification, /, *, key: str) -> None:  # noqa: ARG002 - what comes twice does no harm
        self.told.append(Telling.of(notification, at=notification.at, notifier=self.name))


def _listens(monitor: Monitor) -> bool:
    """Say whether a monitor asks who is told, and in which words."""
    return any(isinstance(condition, Disclosed | Told) for condition in monitor.conditions)


def _tell_nobody(_done: int, _of: int) -> None:
    """Keep progress to oneself."""


@attrs.define(eq=False)
class _Line:
    """A case under way: its story, what it asks for, and the command that waits for its answer."""

    story: Story
    asking: Asking
    command: Command | None = None

    def begin(self) -> None:
        self.command = next(self.asking, None)

    def go_on(self, *, accepted: bool) -> None:
        try:
            self.command = self.asking.send(accepted)
        except StopIteration:
            self.command = None


@attrs.define(eq=False)
class _Replay:
    """One replay: a desk, its clock, and a story for each case."""

    _desk: SupportDesk
    _clock: FakeClock
    _monitors: Sequence[Monitor]
    _ears: _Ears
    _tally: Tally = attrs.field(factory=Tally)
    _stories: dict[str, Story] = attrs.field(factory=dict)

    def run(self, rows: Sequence[Row], progress: Progress) -> ReplayResult:
        """Drive all rows, in order of time."""
        done = 0
        for window in _windows(rows):
            run_until(self._desk, self._clock, window[0].at - _TICK)
            self._clock.advance(to=window[-1].at)
            self._drive(window)
            done += len(window)
            progress(done, len(rows))
        if rows:
            run_until(self._desk, self._clock, rows[-1].at)
            self._catch_up()
        return self._result(rows)

    def _drive(self, window: Iterable[Row]) -> None:
        """Give commands, those of many cases at a time, and of each case one by one."""
        lines = self._lines(window)
        while asked := [(line, line.command) for line in lines if line.command is not None]:
            answers = self._desk.execute_all([command for _, command in asked])
            for (line, command), answer in zip(asked, answers, strict=True):
                self._answer(line, command, answer)
            lines = [line for line, _ in asked]

    def _lines(self, window: Iterable[Row]) -> list[_Line]:
        rows: dict[str, list[Row]] = {}
        for row in window:
            rows.setdefault(row.case_id, []).append(row)
        stories = ((self._story(case_id), mine) for case_id, mine in rows.items())
        lines = [_Line(story, story.commands(mine)) for story, mine in stories]
        for line in lines:
            line.begin()
        return lines

    def _story(self, case_id: str) -> Story:
        story = self._stories.get(case_id)
        if story is None:
            story = self._stories[case_id] = Story(case_id, self._tally, self._desk.process)
        return story

    def _answer(self, line: _Line, command: Command, answer: Decision | SupportTiersError) -> None:
        if isinstance(answer, CaseError):
            line.story.refuse(command, answer)
            line.go_on(accepted=False)
        else:
            assert isinstance(answer, Decision)  # noqa: S101 - other errors are raised, not answered; for the type checker
            line.story.accept(command, answer, self._desk.history)
            line.go_on(accepted=True)

    def _catch_up(self) -> None:
        """Learn what time did to cases after their last rows."""
        for story in self._stories.values():
            if story.case is not None and story.wakes_at is not None and story.wakes_at <= self._clock.now():
                story.catch_up(self._desk.history)

    def _violations(self) -> tuple[Violation, ...]:
        """Judge what became of every case, the earliest violation first."""
        if not self._monitors:
            return ()
        relayed = 1
        while relayed:  # a pass carries out so many messages, and no more
            relayed = self._desk.run_due().relayed
        told: dict[str, list[Telling]] = {}
        for telling in sorted(self._ears.told, key=attrgetter("at")):
            told.setdefault(telling.case_id, []).append(telling)
        found: list[Violation] = []
        for case_id, story in self._stories.items():
            if story.case is not None:
                history = self._desk.history(case_id)
                course = Course.of(history, told=told.get(case_id, ()), until=self._clock.now())
                judged = (each.judge(course, priorities=self._desk.process.priorities) for each in self._monitors)
                found += [violation for violation in judged if violation is not None]
        return tuple(sorted(found, key=attrgetter("at", "case_id")))

    def _result(self, rows: Sequence[Row]) -> ReplayResult:
        tally, stories = self._tally, self._stories.values()
        opened = [(story, story.case) for story in stories if story.case is not None]
        pairs = sorted(tally.moves.items())
        return ReplayResult(
            cases=len(stories),
            rows=len(rows),
            commands=tally.commands,
            refused_cases=sum(story.refused for story in stories),
            refusals=ranked(tally.first_refusals),
            refusals_in_all=ranked(tally.refusals),
            highest_tier=counted(max(story.tiers) for story, _ in opened),
            last_tier=counted(case.tier for _, case in opened),
            tier_sets=ranked(counted("+".join(map(str, sorted(story.tiers))) for story, _ in opened)),
            moves={f"{before}>{after}": count for (before, after), count in pairs},
            moves_up=sum(count for (before, after), count in pairs if after > before),
            moves_down=sum(count for (before, after), count in pairs if after < before),
            moves_down_ended=sum(count for (before, after), count in tally.ended_moves.items() if after < before),
            reopened_cases=sum(story.reopened for story in stories),
            reopenings=tally.reopenings,
            bounces=tally.bounces,
            bounced_cases=sum(story.bounced for story in stories),
            seconds_total=seconds(sum(tally.time.values(), timedelta())),
            seconds_by_tier=seconds_by(tally.time, lambda dwell: dwell.tier),
            seconds_by_status=seconds_by(tally.time, lambda dwell: dwell.status),
            seconds_by_wait_reason=seconds_by(tally.time, lambda dwell: dwell.wait_reason),
            seconds_waiting=seconds_by(tally.time, lambda dwell: dwell.wait_state),
            last_status=counted(str(case.status) for _, case in opened),
            open_cases=sum(case.is_open for _, case in opened),
            fired_limits=ranked(tally.fired),
            would_have=ranked(tally.withheld),
            first_at=rows[0].at if rows else None,
            last_at=rows[-1].at if rows else None,
            violations=self._violations(),
        )


def _windows(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows into windows; never between rows of one instant, so that the clock can stand between two windows."""
    window: list[Row] = []
    for _, together in groupby(rows, key=attrgetter("at")):
        window.extend(together)
        if len(window) >= WINDOW:
            yield window
            window = []
    if window:
        yield window
