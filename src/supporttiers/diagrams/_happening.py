"""A history read as lanes: where the case was, at whom it was, how its clocks ran, and who was told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from supporttiers import events as happened
from supporttiers._fields import duration_text
from supporttiers.cases import apply
from supporttiers.diagrams.ladder import signed
from supporttiers.diagrams.timeline import Lane, Mark, Span
from supporttiers.events import Event
from supporttiers.limits import TimeLimit
from supporttiers.monitors import Telling
from supporttiers.tiers import OPEN, Status, Tier

_KNOWN: Final = frozenset(happened.EVENTS)
_MANAGEMENT: Final = "management"


class Happening(NamedTuple):
    """
    A history as lanes.

    Attributes:
        process: The name of the process.
        standing: Where the case stands at the end.
        lanes: In the order in which they are drawn.
    """

    process: str
    standing: str
    lanes: tuple[Lane, ...]


def lanes_of(
    events: Sequence[Event],
    end: datetime,
    *,
    tiers: Sequence[Tier],
    limits: Sequence[TimeLimit],
) -> Happening:
    """Read a history, up to an instant that is not before its last event; see `CaseTimeline.of`."""
    places, draft = _Trail(), None
    vendors: dict[str, _Trail] = {}
    for event in events:
        if type(event) not in _KNOWN:
            continue
        draft = apply(draft, event)
        places.at(event.at, (draft.tier, *_standing(draft)))
        for vendor in dict.fromkeys((*vendors, *draft.vendors)):
            trail = vendors.setdefault(vendor, _Trail())
            trail.at(event.at, (vendor, "vendor", "") if vendor in draft.vendors else None)
    case: Any = draft  # there was an event, and the first one opens a case
    names = {tier.level: tier.name for tier in tiers}
    lanes = [
        *_tier_lanes(places.spans(end), names),
        *_vendor_lanes(vendors, events, end),
        *_clock_lanes(events, end),
        *_told(_by_events(events, limits)),
    ]
    return Happening(case.process, f"{_tier(case.tier)}, {_words(case)}", tuple(lanes))


class _Trail:
    """What was so from when on."""

    def __init__(self) -> None:
        self._turns: list[tuple[datetime, Any]] = []

    def at(self, instant: datetime, what: Any) -> None:  # noqa: ANN401 - whatever can be compared
        """Say what is so from an instant on; the last word about an instant counts."""
        if self._turns and self._turns[-1][0] == instant:
            self._turns.pop()
        if not self._turns or self._turns[-1][1] != what:
            self._turns.append((instant, what))

    def spans(self, end: datetime) -> Iterator[tuple[datetime, datetime, Any]]:
        """Give what was so, from when till when."""
        ends = [instant for instant, _ in self._turns[1:]]
        for (start, what), stop in zip(self._turns, [*ends, end], strict=True):
            if what is not None and start < stop:
                yield start, stop, what


# -- tiers


def _tier(level: int) -> str:
    return f"tier {level}"


def _words(case: Any) -> str:  # noqa: ANN401 - a case in the making
    waiting = case.status is Status.WAITING
    return f"waiting for {case.wait_reason}" if waiting else str(case.status).replace("_", " ")


def _standing(case: Any) -> tuple[str, str, str]:  # noqa: ANN401 - as above
    """Give how it stands, as it is drawn and by its name, and who has it or what it waits for."""
    status = str(case.status).replace("_", " ")
    if case.status not in OPEN:
        return "ended", status, status
    away = f"at {', '.join(case.vendors)}" if case.vendors else None
    holders = " · ".join(each for each in (case.team, case.assignee, away) if each)
    if case.status is Status.WAITING:
        state = "vendor" if case.wait_reason == "vendor" else "waiting"
        return state, status, f"for {case.wait_reason}" + (f" ({holders})" if holders else "")
    return "vendor" if away and case.status is Status.QUEUED else str(case.status), status, holders


def _tier_lanes(spans: Iterable[tuple[datetime, datetime, Any]], names: Mapping[int, str]) -> Iterator[Lane]:
    found: dict[int, list[Span]] = {}
    for start, end, (level, state, status, text) in spans:
        found.setdefault(level, []).append(Span(start=start, end=end, state=state, status=status, text=text))
    for level, here in sorted(found.items()):
        yield Lane(kind="tier", name=_tier(level), about=names.get(level, ""), spans=tuple(here))


# -- vendors


def _vendor_lanes(trails: Mapping[str, _Trail], events: Sequence[Event], end: datetime) -> Iterator[Lane]:
    for vendor, trail in trails.items():
        spans = tuple(Span(start=start, end=stop, state="vendor") for start, stop, _ in trail.spans(end))
        marks = tuple(
            Mark(at=event.at, kind="told", text=_said(event))
            for event in events
            if getattr(event, "vendor", None) == vendor and type(event) in _SAID
        )
        yield Lane(kind="vendor", name=vendor, about="vendor", spans=spans, marks=marks)


def _said(event: Any) -> str:  # noqa: ANN401 - one of those that `_SAID` has
    return _SAID[type(event)] or event.purpose


_SAID: Final[Mapping[type[Event], str]] = {
    happened.VendorDispatched: "asked",
    happened.VendorReplied: "answer",
    happened.VendorTold: "",
    happened.VendorWithdrawn: "withdrawn",
    happened.VendorLost: "unreachable",
    happened.VendorFound: "reachable",
}


# -- clocks


class _Clock:
    """One limit's clock, all its instances."""

    def __init__(self) -> None:
        self.about = ""
        self.spans: list[Span] = []
        self.marks: list[Mark] = []
        self._since: datetime | None = None
        self._state = ""
        self._due: datetime | None = None

    def goes(self, state: str, at: datetime, *, due: datetime | None) -> None:
        """Let it run, stand still (`paused`), or be gone (empty), from an instant on; until then it was as before."""
        self.closed(at)
        self._since, self._state, self._due = (at, state, due) if state else (None, "", due)

    def closed(self, at: datetime) -> None:
        """Keep what it did up to an instant; what ran beyond its due instant was late."""
        if self._since is None or at <= self._since:
            return
        late_from = max(self._due, self._since) if self._due is not None and self._state == "running" else at
        for state, start, stop in ((self._state, self._since, min(late_from, at)), ("late", late_from, at)):
            if start < stop:
                self.spans.append(Span(start=start, end=stop, state=state))
        self._since = at

    @property
    def state(self) -> str:
        """What it does."""
        return self._state

    def marked(self, at: datetime, kind: str, text: str) -> None:
        """Mark an instant."""
        self.marks.append(Mark(at=at, kind=kind, text=text))


def _clock_lanes(events: Sequence[Event], end: datetime) -> Iterator[Lane]:
    clocks: dict[str, _Clock] = {}
    for event in events:
        if isinstance(event, happened.StopwatchEvent) and type(event) in _CLOCKED:
            _CLOCKED[type(event)](clocks.setdefault(event.limit, _Clock()), event)
    for limit, clock in clocks.items():
        clock.closed(end)
        marks = sorted(clock.marks, key=_when)
        yield Lane(kind="clock", name=limit, about=clock.about, spans=tuple(clock.spans), marks=tuple(marks))


def _when(mark: Mark) -> datetime:
    return mark.at


def _started(clock: _Clock, event: happened.StopwatchStarted) -> None:
    clock.about = f"{event.agreement} clock · {duration_text(event.target)}"
    clock.goes("running", event.started_at, due=event.due_at)
    _passed_over(clock, event.started_at, event.passed)


def _passed_over(clock: _Clock, at: datetime, passed: tuple[int, ...]) -> None:
    if passed:
        clock.marked(at, "passed", f"{len(passed)} passed over")


def _paused(clock: _Clock, event: happened.StopwatchPaused) -> None:
    clock.goes("paused", event.segment.end, due=event.due_at)


def _resumed(clock: _Clock, event: happened.StopwatchResumed) -> None:
    clock.marks = [mark for mark in clock.marks if mark.kind != "due" or mark.at <= event.at]  # it is due another time
    clock.goes("running", max(event.running_since, _end_of(clock, event.running_since)), due=event.due_at)
    _passed_over(clock, event.at, event.passed)


def _end_of(clock: _Clock, otherwise: datetime) -> datetime:
    return clock.spans[-1].end if clock.spans else otherwise


def _retargeted(clock: _Clock, event: happened.StopwatchRetargeted) -> None:
    clock.about = f"{clock.about.partition(' · ')[0]} · {duration_text(event.target)}"
    clock.goes(clock.state, event.at, due=event.due_at)
    _passed_over(clock, event.at, event.passed)


def _stopped(clock: _Clock, event: happened.StopwatchStopped) -> None:
    if event.due_at is not None and event.due_at > event.stopped_at:
        clock.marked(event.due_at, "due", "due")
    clock.goes("", event.stopped_at, due=None)
    clock.marked(event.stopped_at, "late" if event.breached else "met", "late" if event.breached else "met")


def _cancelled(clock: _Clock, event: happened.StopwatchCancelled) -> None:
    clock.goes("", event.stopped_at, due=None)
    clock.marked(event.stopped_at, "cancelled", "cancelled")


def _fired(clock: _Clock, event: happened.ThresholdFired) -> None:
    if event.overtaken:
        clock.marked(event.at, "overtaken", f"{signed(event.mark)} overtaken")
    else:
        clock.marked(event.at, "fired", signed(event.mark))


def _refused(clock: _Clock, event: happened.ActionRefused) -> None:
    clock.marked(event.at, "refused", f"could not {event.action}")


_CLOCKED: Final[Mapping[type[Event], Any]] = {
    happened.StopwatchStarted: _started,
    happened.StopwatchPaused: _paused,
    happened.StopwatchResumed: _resumed,
    happened.StopwatchRetargeted: _retargeted,
    happened.StopwatchStopped: _stopped,
    happened.StopwatchCancelled: _cancelled,
    happened.ThresholdFired: _fired,
    happened.ActionRefused: _refused,
}


# -- who was told


def told_lane(told: Iterable[Telling]) -> Iterator[Lane]:
    """Give the lane of what people were told; none where nobody was."""
    return _told(
        Mark(at=telling.at.astimezone(UTC), kind="told", text=telling.to + _people(telling)) for telling in told
    )


def _people(telling: Telling) -> str:
    others = [person for person in telling.people if person != telling.to]
    return f" ({', '.join(others)})" if others else ""


def _told(marks: Iterable[Mark]) -> Iterator[Lane]:
    found = tuple(marks)
    if found:
        yield Lane(kind="told", name="told", marks=found)


def _by_events(events: Sequence[Event], limits: Sequence[TimeLimit]) -> Iterator[Mark]:
    thresholds = {limit.name: limit.thresholds for limit in limits}
    for event in events:
        for to in _told_by(event, thresholds):
            yield Mark(at=event.at, kind="told", text=to)


def _told_by(event: Event, thresholds: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    if isinstance(event, happened.ManagementInformed):
        yield _MANAGEMENT
    elif isinstance(event, happened.PeopleInformed):
        yield event.to
    elif isinstance(event, happened.ThresholdFired):  # people are told of one that was overtaken, too
        found = (each for each in thresholds.get(event.limit, ()) if each.mark == event.mark and each.unless is None)
        yield from (action.argument for each in found for action in each.do if action.verb == "notify")
