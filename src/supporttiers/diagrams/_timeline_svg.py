"""A timeline as SVG: a lane for each tier, vendor and clock, one for who was told, and the steps as a list."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from supporttiers.diagrams._axis import instant_in, lasting, period_of, ticks
from supporttiers.diagrams._marks import form_of, labels_of
from supporttiers.diagrams._sheet import MARGIN, Sheet, fitted, shown, shown_long, width_of
from supporttiers.diagrams.timeline import CaseTimeline, Lane, Mark, Span

_WIDTH: Final = 1000
_PLOT: Final = 196
_RIGHT: Final = _WIDTH - MARGIN
_AXIS: Final = 118
_TICKS: Final = 10
_TALL: Final = 48
_BAR: Final = 28
_GAP: Final = 10
_LEAST: Final = 3.0
_PAD: Final = 6
_ROW: Final = 20
_STEPS: Final = 16
_COLUMNS: Final = (
    ("from", MARGIN, 150), ("where", 180, 90), ("status", 280, 110), ("who", 400, 440), ("for", 850, 126),
)  # fmt: skip
_LANES: Final = {"tier": 12, "vendor": 6, "clock": 16, "told": 1}
_WORDS: Final = {"tier": "tiers", "vendor": "vendors", "clock": "clocks"}
_KINDS: Final = {
    "fired": "fired", "overtaken": "hollow", "passed": "hollow", "refused": "late", "due": "hollow", "met": "running",
    "late": "late", "cancelled": "hollow", "told": "told",
}  # fmt: skip
_LEGEND: Final = (
    ("queued", "queued"), ("in_progress", "in progress"), ("waiting", "waits"), ("vendor", "at a vendor"),
    ("ended", "ended"), ("running", "clock runs"), ("paused", "clock is paused"), ("late", "late"),
    ("several", "several changes"), ("fired", "threshold"), ("overtaken", "overtaken"), ("passed", "passed over"),
    ("due", "target"), ("told", "told"),
)  # fmt: skip


def svg_of(timeline: CaseTimeline) -> str:
    """Draw a timeline; see `CaseTimeline.to_svg`."""
    return _Drawing(timeline).drawn()


class _Piece(NamedTuple):
    """A span as it is drawn: several of them together where each alone could not be seen."""

    left: float
    right: float
    state: str
    text: str
    tip: str
    spans: tuple[Span, ...]
    changes: int = 1
    narrow: bool = False


class _Drawing:
    """One timeline being drawn."""

    def __init__(self, timeline: CaseTimeline) -> None:
        self._timeline = timeline
        self._sheet = Sheet()
        self._used: set[str] = set()
        self._notes: list[str] = []

    def drawn(self) -> str:
        timeline = self._timeline
        lanes = self._lanes()
        bottom = _AXIS + _TALL * len(lanes) + _GAP * len({lane.kind for lane in lanes})
        self._head()
        self._axis(bottom)
        y, before = float(_AXIS), ""
        for lane in lanes:
            y += _GAP if lane.kind != before else 0
            self._lane(lane, y)
            y, before = y + _TALL, lane.kind
        y = self._legend(bottom + 30)
        y = self._steps(y + 34)
        about = f"{period_of(self._timeline)}. It ended at: {timeline.standing}. {'; '.join(self._said())}"
        return self._sheet.svg(_WIDTH, self._foot(y), title=self._title(), about=shown_long(about))

    def _lanes(self) -> list[Lane]:
        found = []
        for kind, most in _LANES.items():
            here = [lane for lane in self._timeline.lanes if lane.kind == kind]
            found += here[:most]
            if len(here) > most:
                self._notes.append(f"{len(here) - most} more {_WORDS[kind]} are not drawn.")
        return found

    # -- head and axis

    def _title(self) -> str:
        return f"Case {shown(self._timeline.case_id)}"

    def _head(self) -> None:
        within = _WIDTH - 2 * MARGIN
        sheet, timeline = self._sheet, self._timeline
        sheet.text("title", MARGIN, 38, fitted(self._title(), "title", within), tip=self._title())
        about = f"{timeline.process}: {timeline.standing}"
        sheet.text("label", MARGIN, 58, fitted(about, "label", within), tip=shown(about))
        sheet.text("label", MARGIN, 76, fitted(period_of(self._timeline), "label", within), soft=True)

    def _x(self, at: datetime) -> float:
        timeline = self._timeline
        share = (at - timeline.start) / (timeline.end - timeline.start)
        return _PLOT + _PAD + (_RIGHT - _PLOT - 2 * _PAD) * min(max(share, 0.0), 1.0)

    def _axis(self, bottom: float) -> None:
        taken = 0.0
        for tick in ticks(self._timeline.start, self._timeline.end, self._timeline.zone, at_most=_TICKS):
            x = self._x(tick.at)
            self._sheet.line("grid", [(x, _AXIS), (x, bottom)])
            left, _ = _around(x, width_of(tick.text, "small"))
            self._sheet.text("small", left, _AXIS - 6, tick.text, soft=True)
            left, right = _around(x, width_of(tick.day, "small"))
            if tick.day and left >= taken:
                self._sheet.text("small", left, _AXIS - 22, tick.day)
                taken = right + _PAD

    # -- lanes

    def _lane(self, lane: Lane, y: float) -> None:
        sheet = self._sheet
        sheet.rect("lane", _PLOT, y + 2, _RIGHT - _PLOT, _TALL - 4, role=f"lane {lane.kind}")
        within = _PLOT - MARGIN - 10
        name = lane.name.capitalize() if lane.kind in {"tier", "told"} else lane.name
        place = 20 if lane.about else 28
        sheet.text("name", MARGIN, y + place, fitted(name, "name", within), tip=shown(name))
        sheet.text("small", MARGIN, y + 36, fitted(lane.about, "small", within), soft=True, tip=shown(lane.about))
        draw = {"tier": self._bars, "vendor": self._vendor, "clock": self._clock, "told": self._told}
        draw[lane.kind](lane, y)

    def _bars(self, lane: Lane, y: float) -> None:
        for piece in self._pieces(lane.spans):
            top = y + (_TALL - _BAR) / 2
            self._use(piece.state)
            self._sheet.rect(piece.state, piece.left, top, piece.right - piece.left, _BAR, tip=piece.tip)
            within = piece.right - piece.left - 2 * _PAD
            text = next((each for each in _shorter(piece.text) if width_of(each, "small") <= within), "")
            if text:
                self._sheet.text("small", piece.left + _PAD, y + _TALL / 2 + 4, text, tip=piece.tip)

    def _vendor(self, lane: Lane, y: float) -> None:
        for piece in self._pieces(lane.spans):
            self._use(piece.state)
            self._sheet.rect(piece.state, piece.left, y + 28, piece.right - piece.left, 10, tip=piece.tip)
        self._marks(lane.marks, y, at=33)

    def _clock(self, lane: Lane, y: float) -> None:
        for piece in self._pieces(lane.spans):
            self._use(piece.state)
            high = 10 if piece.state == "paused" else 6
            self._sheet.rect(piece.state, piece.left, y + 33 - high / 2, piece.right - piece.left, high, tip=piece.tip)
        self._marks(lane.marks, y, at=33)

    def _told(self, lane: Lane, y: float) -> None:
        self._marks(lane.marks, y, at=33)

    def _use(self, state: str) -> None:
        self._used.add(state)

    def _pieces(self, spans: Sequence[Span]) -> list[_Piece]:
        """Give what is drawn of spans: what is too narrow to be seen is drawn together with what is beside it."""
        found: list[_Piece] = []
        for span in spans:
            taken = found[-1].right if found else 0.0
            piece = self._piece(span, taken)
            if piece.right - piece.left >= _LEAST:
                found.append(piece)
                continue
            piece = piece._replace(right=piece.left + _LEAST)
            if found and found[-1].narrow and piece.left - found[-1].right < 1:
                piece = self._joined(found.pop(), piece)
            found.append(piece)
        return found

    def _joined(self, one: _Piece, other: _Piece) -> _Piece:
        """Draw two as one."""
        right = max(one.right, self._x(other.spans[-1].end))
        spans = (one.spans[0], other.spans[-1])
        tip = f"{one.changes + 1} changes: {self._from_to(spans[0].start, spans[1].end)}"
        return _Piece(one.left, right, "several", "", tip, spans, changes=one.changes + 1, narrow=True)

    def _piece(self, span: Span, taken: float) -> _Piece:
        said = [span.status or span.state, *([span.text] if span.text != span.status else [])]
        tip = f"{' '.join(said).strip()}: {self._from_to(span.start, span.end)}"
        left, right = max(self._x(span.start), taken), self._x(span.end)
        return _Piece(left, right, span.state, span.text, shown(tip), (span,), narrow=right - left < _LEAST)

    def _from_to(self, start: datetime, end: datetime) -> str:
        return f"{self._instant(start)} to {self._instant(end)}, {lasting(end - start)}"

    def _instant(self, at: datetime) -> str:
        return instant_in(at, self._timeline)

    # -- marks

    def _marks(self, marks: Sequence[Mark], y: float, *, at: float) -> None:
        drawn: set[tuple[str, float]] = set()
        for mark in marks:
            place = mark.kind, round(self._x(mark.at))
            if mark.at <= self._timeline.end and place not in drawn:
                drawn.add(place)
                self._use(mark.kind)
                tip = shown(f"{mark.text}: {self._instant(mark.at)}")
                self._sheet.path(_KINDS[mark.kind], form_of(mark.kind, self._x(mark.at), y + at), tip=tip)
        seen = [(self._x(mark.at), mark.text) for mark in marks if mark.at <= self._timeline.end]
        for label in labels_of(seen, _PLOT + _PAD, _RIGHT - _PAD):
            text = fitted(label.text, "small", label.right - label.left)
            self._sheet.text("small", label.left, y + 18, text, tip=shown_long(label.text))
            if label.last - label.first >= _LEAST:
                self._sheet.line("arrow", [(label.first, y + 23), (label.last, y + 23)])

    # -- below

    def _legend(self, y: float) -> float:
        x = float(_PLOT)
        for state, words in _LEGEND:
            if state not in self._used:
                continue
            wide = 26 + width_of(words, "small") + 16
            if x + wide > _RIGHT:
                x, y = float(_PLOT), y + _ROW
            if state in _KINDS and state != "late":
                self._sheet.path(_KINDS[state], form_of(state, x + 9, y - 4))
            else:
                self._sheet.rect(state, x, y - 9, 18, 10)
            self._sheet.text("small", x + 26, y, words, soft=True)
            x += wide
        return y

    def _said(self) -> Iterator[str]:
        """Tell the first steps as a sentence each."""
        for lane, span in self._turns()[:_STEPS]:
            who = "" if span.text == span.status else f" {span.text}"
            yield f"{self._instant(span.start)} {lane.name} {span.status}{who}"

    def _turns(self) -> list[tuple[Lane, Span]]:
        found = [(lane, span) for lane in self._timeline.lanes if lane.kind == "tier" for span in lane.spans]
        return sorted(found, key=lambda turn: turn[1].start)

    def _steps(self, y: float) -> float:
        turns = self._turns()
        columns = (
            ("from", MARGIN, 150),
            ("where", 180, 90),
            ("status", 280, 110),
            ("who", 400, 440),
            ("for", 850, 126),
        )
        for words, x, _ in columns:
            self._sheet.text("small", x, y, words, soft=True)
        for lane, span in turns[:_STEPS]:
            y += _ROW
            who = "" if span.text == span.status else span.text
            cells = (self._instant(span.start), lane.name, span.status, who, lasting(span.end - span.start))
            for text, (_, x, within) in zip(cells, _COLUMNS, strict=True):
                self._sheet.text("label", x, y, fitted(text, "label", within), tip=shown(text))
        if len(turns) > _STEPS:
            self._notes.append(f"{len(turns) - _STEPS} more steps are not listed.")
        return y

    def _foot(self, y: float) -> float:
        if "several" in self._used:
            self._notes.append("Changes that lie too close together are drawn as one.")
        if self._notes:
            number_of = f"{self._timeline.events:,} events. "
            y += 28
            self._sheet.text("small", MARGIN, y, fitted(number_of + " ".join(self._notes), "small", 950), soft=True)
        return y + MARGIN


def _shorter(text: str) -> Iterator[str]:
    """Give a text, and what is left of it where that is too long: first what stands in brackets goes, then the team."""
    text = shown(text)
    yield text
    yield text.partition(" (")[0]
    yield text.rpartition(" · ")[2]


def _around(x: float, wide: float) -> tuple[float, float]:
    """Put a text around a place, within the plot."""
    left = min(max(x - wide / 2, _PLOT), _RIGHT - wide)
    return left, left + wide
