"""A timeline for a terminal: a line for each lane, in letters that every terminal has."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from supporttiers.diagrams._axis import instant_in, period_of, ticks
from supporttiers.diagrams._terminal import cut, filled
from supporttiers.diagrams.timeline import CaseTimeline, Lane

_NAME: Final = 22
_WIDE: Final = 76
_TICKS: Final = 7
_MARKS: Final = 20
_SPANS: Final = {
    "queued": ".", "in_progress": "#", "waiting": "~", "vendor": "v", "ended": "_", "running": "-", "paused": ":",
    "late": "!",
}  # fmt: skip
_SIGNS: Final = {
    "fired": "*", "overtaken": "o", "passed": "o", "refused": "x", "due": "|", "met": "+", "late": "x",
    "cancelled": "x", "told": "@",
}  # fmt: skip
_WORDS: Final = (
    (".", "queued"), ("#", "in progress"), ("~", "waits"), ("v", "at a vendor"), ("_", "ended"), ("-", "clock runs"),
    (":", "paused"), ("!", "late"), ("*", "threshold"), ("@", "told"),
)  # fmt: skip


def text_of(timeline: CaseTimeline) -> str:
    """Draw a timeline; see `CaseTimeline.__str__`."""
    return "\n".join(line.rstrip() for line in _lines(timeline))


def _lines(timeline: CaseTimeline) -> Iterator[str]:
    whole = _NAME + 2 + _WIDE
    yield cut(f"Case {timeline.case_id}, {timeline.process}: {timeline.standing}", whole)
    yield period_of(timeline)
    yield ""
    yield from _axis(timeline)
    drawn = [_cells(timeline, lane) for lane in timeline.lanes]
    for lane, cells in zip(timeline.lanes, drawn, strict=True):
        yield f"{filled(_name(lane), _NAME)} |{cells}"
    yield ""
    signs = set("".join(drawn))
    yield from _legend([f"{sign} {words}" for sign, words in _WORDS if sign in signs], whole)
    yield from _marks(timeline, whole)


def _legend(words: Sequence[str], whole: int) -> Iterator[str]:
    line = ""
    for word in words:
        if len(line) + 2 + len(word) > whole:
            yield line
            line = ""
        line += f"{'  ' if line else ''}{word}"
    yield line


def _name(lane: Lane) -> str:
    return lane.name if lane.kind in {"tier", "told"} else f"{lane.kind} {lane.name}"


def _column(timeline: CaseTimeline, at: datetime) -> int:
    share = (at - timeline.start) / (timeline.end - timeline.start)
    return min(max(int(share * _WIDE), 0), _WIDE - 1)


def _axis(timeline: CaseTimeline) -> Iterator[str]:
    days, times = [" "] * _WIDE, [" "] * _WIDE
    ends = [0, 0]
    for tick in ticks(timeline.start, timeline.end, timeline.zone, at_most=_TICKS):
        column = _column(timeline, tick.at)
        for place, (row, text) in enumerate(((days, tick.day), (times, "|" + tick.text))):
            if text and column >= ends[place] and column + len(text) <= _WIDE:
                row[column : column + len(text)] = text
                ends[place] = column + len(text) + 1
    for row in (days, times):
        yield " " * (_NAME + 2) + "".join(row)


def _cells(timeline: CaseTimeline, lane: Lane) -> str:
    cells = [" "] * _WIDE
    for span in lane.spans:
        first, last = _column(timeline, span.start), _column(timeline, span.end)
        last = max(last, first + 1) if span.end < timeline.end else _WIDE
        cells[first:last] = _SPANS[span.state] * (last - first)
    for mark in lane.marks:
        if mark.at <= timeline.end:
            cells[_column(timeline, mark.at)] = _SIGNS[mark.kind]
    return "".join(cells[:_WIDE])


def _marks(timeline: CaseTimeline, whole: int) -> Iterator[str]:
    found = [(mark.at, _name(lane), mark.text) for lane in timeline.lanes for mark in lane.marks]
    found = sorted((each for each in found if each[0] <= timeline.end), key=lambda each: each[0])
    if found:
        yield ""
    for at, name, text in found[:_MARKS]:
        instant = instant_in(at, timeline)
        yield f"{instant}  {cut(f'{name}: {text}', whole - len(instant) - 2)}"
    if len(found) > _MARKS:
        yield f"and {len(found) - _MARKS} more"
