"""
The story of one case in a replay: from what the log's rows say to commands, and from decisions to figures.

The log says where a case is; a command says what to do. A story compares the row with the case as the desk has it, and
asks for the difference, one command at a time, because each depends on what became of the one before.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from supporttiers import commands as wanted
from supporttiers.actors import ActorKind
from supporttiers.analysis.figures import Dwell, Tally
from supporttiers.analysis.logs import Row
from supporttiers.analysis.parts import StatusRule
from supporttiers.cases import Case, fold
from supporttiers.commands import Command
from supporttiers.decisions import Decision
from supporttiers.errors import CaseError
from supporttiers.events import (
    ActionWithheld,
    CaseMoved,
    CaseOpened,
    CaseReopened,
    Event,
    RefusalObserved,
    ThresholdFired,
)
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason
from supporttiers.tiers import OPEN, Status

Asking = Generator[Command, bool, None]
"""Gives commands, and is sent whether each was accepted."""

History = Callable[[str], Sequence[Event]]
"""Reads what happened to a case."""

_Step = tuple[type[Command], Mapping[str, Any]]
"""A command, and what it needs besides case, actor and instant."""


@attrs.define(eq=False)
class Story:
    """
    One case while its log is replayed.

    Attributes:
        id: The case's.
        tally: Where everything is counted.
        process: What the case follows.
        case: As the desk has it; None before it is opened.
        at: The instant up to which its time is counted; None before its first row.
        wakes_at: When time will change it by itself.
        tiers: Where it has been, each once.
        refused: Whether it was refused something.
        reopened: Whether it was reopened.
        bounced: Whether it went back where it had just come from.
    """

    id: str
    tally: Tally
    process: SupportProcess
    case: Case | None = None
    at: datetime | None = None
    wakes_at: datetime | None = None
    tiers: frozenset[int] = frozenset()
    refused: bool = False
    reopened: bool = False
    bounced: bool = False
    _row: Row | None = None
    _level: int | None = None
    _tier: int | None = None
    _team: str | None = None
    _denied: bool = False
    _wait_state: str | None = None

    # -- what the log wants

    def commands(self, rows: Iterable[Row]) -> Asking:
        """Ask for what the next rows of this case say."""
        for row in rows:
            if self.wakes_at is not None and self.wakes_at < row.at:
                yield wanted.Amend(case_id=self.id, by=row.by, at=row.at)  # changes nothing: lets time catch up
            self._reach(row.at)
            yield from self._follow(row)
            self._remember(row)

    def _follow(self, row: Row) -> Asking:
        """Ask for one row. What was refused is not asked for again until the log says something new."""
        new_place = self._is_new_place(row)
        if new_place or self._row is None or row.state is not self._row.state:
            self._denied = False
        if self.case is None:
            yield from self._open(row)
            new_place = False
        if self.case is not None and not self._denied:
            yield from self._go_on(row, new_place=new_place)

    def _is_new_place(self, row: Row) -> bool:
        """Whether the log itself moved the case; that the clock did is the process's own affair."""
        return row.tier not in {None, self._tier} or row.team not in {None, self._team}

    def _remember(self, row: Row) -> None:
        case, state = self.case, row.state
        if case is None or case.status is not Status.WAITING:
            self._wait_state = None
        elif case.wait_reason == state.wait_reason:
            self._wait_state = state.label
        self._row = row
        self._tier = self._tier if row.tier is None else row.tier
        self._team = self._team if row.team is None else row.team

    def _ask(self, kind: type[Command], row: Row, **fields: Any) -> Generator[Command, bool, bool]:  # noqa: ANN401 - the fields of whichever command
        self.tally.commands += 1
        return (yield kind(case_id=self.id, by=row.by, at=row.at, **fields))

    def _open(self, row: Row) -> Asking:
        """Open it where the log has it, and where that is refused, where the process lets it in."""
        opening = {"requester": row.details.requester, **row.details.fields}
        opened = yield from self._ask(wanted.Open, row, **opening, tier=row.tier, team=row.team)
        if not opened and (row.tier is not None or row.team is not None):
            yield from self._ask(wanted.Open, row, **opening)

    def _go_on(self, row: Row, *, new_place: bool) -> Asking:
        reopens = not self._now.is_open and row.state.status in OPEN
        if reopens and not (yield from self._ask(wanted.Reopen, row)):
            self._denied = True
            return
        if new_place or reopens:
            yield from self._move(row)
        yield from self._change_status(row)
        yield from self._learn(row)

    @property
    def _now(self) -> Case:
        assert self.case is not None  # noqa: S101 - only asked once it is opened; for the type checker
        return self.case

    def _move(self, row: Row) -> Asking:
        """Ask for the place where the log has it; refused, the case stays where it is."""
        case = self._now
        level = case.tier if row.tier is None else row.tier
        if level != case.tier:
            kind = wanted.Escalate if level > case.tier else wanted.HandBack
            yield from self._ask(kind, row, tier=level, team=row.team)
        elif row.team not in {None, case.team} and self._may_ask_for_team(case):
            yield from self._ask(wanted.Transfer, row, team=row.team)

    def _may_ask_for_team(self, case: Case) -> bool:
        """Take another team of a case that has ended for who ended it, where the process moves no such cases."""
        return case.is_open or case.status in self.process.transfer_when

    def _change_status(self, row: Row) -> Asking:
        while (step := _next_step(self._now, row.state)) is not None:
            kind, fields = step
            if not (yield from self._ask(kind, row, **fields)):
                self._denied = True
                return

    def _learn(self, row: Row) -> Asking:
        """Ask for what else has changed: who works on it, and what is known about it."""
        case = self._now
        if case.status is Status.IN_PROGRESS and row.by.kind is ActorKind.AGENT and case.assignee != row.by.id:
            yield from self._ask(wanted.Assign, row, assignee=row.by.id)
        if self._row is not None and row.details is not self._row.details:
            changes = {name: text for name, text in row.details.fields.items() if text != getattr(case, name)}
            if changes:
                yield from self._ask(wanted.Amend, row, **changes)

    # -- what became of it

    def accept(self, command: Command, decision: Decision, history: History) -> None:
        """Take note of what the desk made of a command."""
        observed = [event for event in decision.events if isinstance(event, RefusalObserved)]
        kinds = (refusal_kind(command, event.reason, self.case, self.process) for event in observed)
        for kind in dict.fromkeys(kinds):
            self._count_refusal(kind)
        case, events = decision.case, decision.events
        assert case is not None  # noqa: S101 - what is accepted has a case; for the type checker
        version = 0 if self.case is None else self.case.version
        if case.version != version + len(events):
            events = tuple(history(self.id)[version:])  # a pass of the desk was here meanwhile
        self._live_through(events)
        self.case, self.wakes_at = case, decision.wakes_at

    def refuse(self, command: Command, error: CaseError) -> None:
        """Take note of a refusal; the case stays as it is."""
        self._count_refusal(refusal_kind(command, error.reason, self.case, self.process))

    def _count_refusal(self, kind: str) -> None:
        self.tally.refusals[kind] += 1
        if not self.refused:
            self.tally.first_refusals[kind] += 1
        self.refused = True

    def catch_up(self, history: History) -> None:
        """Take note of what time did after its last row; that time itself does not count."""
        version = self._now.version
        for event in history(self.id)[version:]:
            self._count(event)
            self.case = fold(self.case, event)

    def _live_through(self, events: Sequence[Event]) -> None:
        """Count events; where time passed between them, also how long the case stood where."""
        timed = self.at is not None and bool(events) and events[-1].at > self.at
        for event in events:
            self._count(event)
            if timed:
                self._reach(event.at)
                self.case = fold(self.case, event)

    def _reach(self, at: datetime) -> None:
        """Let it stand as it is until an instant."""
        case = self.case
        if case is not None and self.at is not None:
            dwell = Dwell(case.tier, case.status, case.wait_reason, self._wait_state)
            self.tally.time[dwell] += at - self.at
        self.at = at

    def _count(self, event: Event) -> None:
        if isinstance(event, CaseOpened | CaseMoved | CaseReopened):
            self._count_place(event)
        elif isinstance(event, ThresholdFired):
            self.tally.fired[f"{event.limit} {event.mark}"] += 1
        elif isinstance(event, ActionWithheld):
            self.tally.withheld[event.would_have] += 1

    def _count_place(self, event: CaseOpened | CaseMoved | CaseReopened) -> None:
        before, self._level = self._level, event.tier
        self.tiers |= {event.tier}
        if isinstance(event, CaseReopened):
            self.tally.reopenings += 1
            self.reopened = True
        if before is not None and before != event.tier:
            self.tally.moves[before, event.tier] += 1
            if isinstance(event, CaseMoved) and event.status not in OPEN:
                self.tally.ended_moves[before, event.tier] += 1
        if isinstance(event, CaseMoved) and event.bounce:
            self.tally.bounces += 1
            self.bounced = True


def _next_step(case: Case, state: StatusRule) -> _Step | None:
    """Give the next command on the way to a status; None where the case has it."""
    status, goal = case.status, state.status
    if goal is Status.WAITING:
        waits = status is goal and case.wait_reason == state.wait_reason
        return None if waits else (wanted.Wait, {"wait_reason": state.wait_reason})
    if status is goal:
        return None
    if status is Status.WAITING and goal in OPEN:
        return wanted.Resume, {}
    if goal is Status.CLOSED and status is not Status.RESOLVED:
        return wanted.Resolve, {}
    return _LAST_STEPS[goal], {}


_LAST_STEPS: Final[Mapping[Status, type[Command]]] = {
    Status.QUEUED: wanted.Release, Status.IN_PROGRESS: wanted.Start, Status.RESOLVED: wanted.Resolve,
    Status.CLOSED: wanted.Close, Status.CANCELLED: wanted.Cancel,
}  # fmt: skip


def refusal_kind(command: Command, reason: Reason | None, case: Case | None, process: SupportProcess) -> str:
    """
    Name a refusal, so that equal ones can be counted.

    Returns:
        `start at tier 2`, `down`, `up`, `skip` (up past a tier that the process has), `transfer`, `wait for customer`,
        `team` (the tier has no such team), or the verb.
    """
    if reason is not None and reason.code == "refused.team":
        return "team"
    match command:
        case wanted.Open(tier=int(level)):
            return f"start at tier {level}"
        case wanted.Escalate(tier=int(level)) if case is not None:
            return "skip" if any(case.tier < tier.level < level for tier in process.tiers) else "up"
        case wanted.HandBack():
            return "down"
        case wanted.Wait(wait_reason=wait_reason):
            return f"wait for {wait_reason}"
    return "start" if isinstance(command, wanted.Open) else command.trigger
