"""A process as SVG: tiers as lanes, moves as arrows beside them, limits with their thresholds within them."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from supporttiers._machine import Row, tier_target
from supporttiers.diagrams._channels import LINE, Channelled, Plan
from supporttiers.diagrams._moves import ENDS, Inside, arrows_of, inside_of, words
from supporttiers.diagrams._sheet import MARGIN, Sheet, fitted, number, shown, width_of, wrapped
from supporttiers.diagrams.ladder import Ladder, LadderRow, done, point, said
from supporttiers.tiers import Tier, TierKind

_TOP: Final = 92.0
_LEFT: Final = float(MARGIN)
_WIDE: Final = 772.0
_RIGHT: Final = _LEFT + _WIDE
_PAD: Final = 14.0
_HEAD: Final = 34.0
_BOX: Final = 44.0
_UPPER: Final = 17.0
_LOWER: Final = 28.0
_CHIP: Final = 20.0
_ROW: Final = 26.0
_END: Final = 40.0
_QUEUED: Final = (_LEFT + 96, 84.0)
_WORKED: Final = (_LEFT + 246, 96.0)
_GROUP: Final = 8.0
_CUSTOMER: Final = (_LEFT + 424, 76.0)
_VENDOR: Final = (_LEFT + 508, 76.0)
_OTHERS: Final = (_LEFT + 592, 166.0)
_LEGEND: Final = (
    "An arrow leads from every status of its tier, unless it says from which, and into the queue of the tier.",
    "Whoever resumes a case puts it back into the queue, or goes on working on it.",
)


class _Limit(NamedTuple):
    """One limit in a lane: what it is, and its thresholds as places in its lines."""

    row: LadderRow
    text: str
    chips: tuple[tuple[float, float, float, str, LadderRow], ...]
    height: float


def svg_of(ladder: Ladder, tiers: Sequence[Tier], rows: Sequence[Row]) -> str:
    """Draw a process; see `SupportProcess.diagram`."""
    return _Drawing(ladder, tiers, rows).drawn()


class _Drawing:
    """One process being drawn."""

    def __init__(self, ladder: Ladder, tiers: Sequence[Tier], rows: Sequence[Row]) -> None:
        self._ladder, self._rows = ladder, rows
        self._tiers = sorted(tiers, key=lambda tier: tier.level)
        self._lanes = [*(tier_target(tier.level) for tier in self._tiers), *ENDS]
        self._plan = Plan(self._lanes, arrows_of(tiers, rows))
        self._sheet = Sheet()

    def drawn(self) -> str:
        columns, right = self._plan.columns(_RIGHT)
        width = max(right, _RIGHT + MARGIN)
        self._head(width)
        y = self._whole_case(_TOP)
        tops: dict[str, tuple[float, float]] = {}
        for place, lane in enumerate(self._lanes):
            tier = self._tiers[place] if place < len(self._tiers) else None
            height = self._end(lane, y) if tier is None else self._tier(tier, lane, y)
            tops[lane] = y, height
            y += height + self._plan.gap(place)
        self._arrows(tops, columns)
        for line in _LEGEND:
            y += 16
            self._sheet.text("small", _LEFT, y, line, soft=True)
        about = "; ".join(self._told())
        return self._sheet.svg(width, y + MARGIN, title=f"Process {shown(self._ladder.process)}", about=about)

    def _head(self, width: float) -> None:
        title = f"Process {shown(self._ladder.process)}"
        self._sheet.text("title", _LEFT, 40, fitted(title, "title", width - 2 * MARGIN), tip=title)
        limits = len({row.limit for row in self._ladder.rows})
        about = f"{_counted(len(self._tiers), 'tier')}, {_counted(limits, 'time limit')}"
        self._sheet.text("label", _LEFT, 62, about, soft=True)

    def _told(self) -> Iterator[str]:
        """Tell all moves, for those who cannot see it."""
        for each in self._plan.routed:
            tails, heads = (" or ".join(map(_spoken, lanes)) for lanes in (each.arrow.tails, each.arrow.heads))
            yield f"{each.arrow.label}: from {tails} to {heads}"

    # -- lanes

    def _whole_case(self, y: float) -> float:
        limits = self._limits(None)
        if not limits:
            return y
        height = _HEAD + sum(limit.height for limit in limits) + _PAD / 2
        self._sheet.rect("frame", _LEFT, y, _WIDE, height, role="whole case")
        self._sheet.text("name", _LEFT + _PAD, y + 22, "The whole case")
        self._strip(limits, y + _HEAD)
        return y + height + 2 * _PAD

    def _tier(self, tier: Tier, lane: str, y: float) -> float:
        limits = self._limits(tier.level)
        height = _HEAD + _BOX + 2 * _PAD + sum(limit.height for limit in limits)
        height = max(height, self._plan.least(lane))
        self._sheet.rect("lane", _LEFT, y, _WIDE, height, role=f"lane {lane}")
        name = f"Tier {tier.level}: {shown(tier.name)}"
        clipped = fitted(name, "name", _WIDE * 0.55)
        self._sheet.text("name", _LEFT + _PAD, y + 22, clipped, tip=name, role=f"name {lane}")
        x = _LEFT + _PAD + width_of(clipped, "name") + _PAD
        inside = inside_of(self._rows, lane)
        from_some = inside.triggers.get("transfer")
        who = "; ".join(each for each in (_who(tier), from_some and f"transfer from {from_some}") if each)
        self._sheet.text("small", x, y + 22, fitted(who, "small", _RIGHT - _PAD - x), soft=True, tip=shown(who))
        self._statuses(inside, lane, y + _HEAD)
        self._strip(limits, y + _HEAD + _BOX + _PAD + 4)
        return height

    def _end(self, lane: str, y: float) -> float:
        height = max(_END, self._plan.least(lane))
        sheet, also = self._sheet, inside_of(self._rows, lane).triggers
        sheet.rect("ended", _LEFT, y, _WIDE, height, role=f"lane {lane}")
        name = words(lane).capitalize()
        sheet.text("name", _LEFT + _PAD, y + height / 2 + 5, name, role=f"name {lane}")
        if also:
            text = f"stays there: {', '.join(map(words, also))}"
            x = _LEFT + _PAD + width_of(name, "name") + _PAD
            moves = "; ".join(f"{trigger} {lane} {lane}" for trigger in also)
            sheet.text("small", x, y + height / 2 + 5, text, soft=True, role=f"moves {moves}")
        return height

    # -- statuses

    def _statuses(self, inside: Inside, lane: str, y: float) -> None:
        sheet = self._sheet
        left, right = _QUEUED[0] - _GROUP, _WORKED[0] + _WORKED[1] + _GROUP
        sheet.rect("group", left, y - 4, right - left, _BOX + 8)
        for kind, (x, wide), name in (("queued", _QUEUED, "queued"), ("in_progress", _WORKED, "in progress")):
            sheet.rect(kind, x, y, wide, _BOX)
            sheet.text("label", x + wide / 2, y + _BOX / 2 + 4, name, anchor="middle")
        if inside.opens:
            self._step("open", _LEFT + _PAD, _QUEUED[0], y + _UPPER, role=f"moves open new {lane}", above=True)
        between = _QUEUED[0] + _QUEUED[1], _WORKED[0]
        waits = right, _CUSTOMER[0]
        steps = {
            "transfer": (_LEFT + _PAD, _QUEUED[0], _LOWER), "start": (*between, _UPPER),
            "release": (*between[::-1], _LOWER), "wait": (*waits, _UPPER), "resume": (*waits[::-1], _LOWER),
        }  # fmt: skip
        for trigger in inside.triggers:
            start, end, height = steps[trigger]
            role = f"moves {trigger} {lane} {lane}"
            self._step(trigger, start, end, y + height, role=role, above=height == _UPPER)
        self._waits(inside.reasons, lane, y)

    def _step(self, label: str, start: float, end: float, y: float, *, role: str, above: bool) -> None:
        """Draw an arrow between two boxes, with its label above or below it."""
        self._sheet.line("arrow", [(start, y), (end, y)], role=role)
        self._tip(end, y, leftwards=end < start)
        words_at = y - 5 if above else y + 13
        self._sheet.text("small", (start + end) / 2, words_at, label, anchor="middle", soft=True)

    def _tip(self, x: float, y: float, *, leftwards: bool) -> None:
        back = 7 if leftwards else -7
        self._sheet.path("tip", f"M{number(x)} {number(y)} l{back} -4 v8 Z")

    def _waits(self, reasons: Sequence[str], lane: str, y: float) -> None:
        others = [reason for reason in reasons if reason not in {"customer", "vendor"}]
        boxes = [("waiting", _CUSTOMER, "customer"), ("vendor", _VENDOR, "vendor")]
        boxes += [("waiting", _OTHERS, ", ".join(map(words, others)))]
        for kind, (x, wide), text in boxes:
            tip = f"waits for: {shown(text)}"
            self._sheet.rect(kind, x, y - 4, wide, _BOX + 8, tip=tip, role=f"waits {lane} {text}")
            lines = ("waits for", *wrapped(text, "small", wide - 12, lines=2))
            first = y + _BOX / 2 + 4 - (len(lines) - 1) * LINE / 2
            for place, line in enumerate(lines):
                self._sheet.text(
                    "small", x + wide / 2, first + place * LINE, line, anchor="middle", soft=place == 0, tip=tip
                )  # fmt: skip

    # -- limits

    def _limits(self, level: int | None) -> list[_Limit]:
        rows = [row for row in self._ladder.rows if row.tier == level]
        return [_limit([*found]) for _, found in groupby(rows, key=lambda row: row.limit)]

    def _strip(self, limits: Sequence[_Limit], y: float) -> None:
        for limit in limits:
            clipped = fitted(limit.text, "small", _WIDE - 2 * _PAD)
            role = f"limit {limit.row.limit}"
            self._sheet.text("small", _LEFT + _PAD, y + 14, clipped, tip=shown(limit.text), role=role)
            for x, below, wide, text, row in limit.chips:
                role, tip = f"threshold {row.limit} {row.threshold}", shown(text)
                self._sheet.rect("acts" if row.does else "tells", x, y + below, wide, _CHIP, tip=tip, role=role)
                self._sheet.text("small", x + 8, y + below + 14, fitted(text, "small", wide - 16), tip=tip)
            y += limit.height

    # -- arrows

    def _arrows(self, tops: "dict[str, tuple[float, float]]", columns: Sequence[float]) -> None:
        ports = {lane: self._plan.port_heights(lane, *place) for lane, place in tops.items()}
        gaps = {place: sum(tops[lane]) for place, lane in enumerate(self._lanes)}
        for each in self._plan.routed:
            arrow, x = each.arrow, columns[each.channel]
            heights = [ports[lane][each] for lane in dict.fromkeys((*arrow.tails, *arrow.heads))]
            self._sheet.line("arrow", [(x, min(heights)), (x, max(heights))], role=f"moves {'; '.join(arrow.moves)}")
            for lane in dict.fromkeys((*arrow.tails, *arrow.heads)):
                self._branch(lane, each, x, ports[lane][each])
            top = gaps[each.gap] + (self._plan.gap(each.gap) - len(each.lines) * LINE) / 2
            for place, line in enumerate(each.lines):
                at = top + place * LINE + 10
                self._sheet.text("small", self._plan.label_at(x), at, line, tip=shown(arrow.label))

    def _branch(self, lane: str, each: Channelled, x: float, y: float) -> None:
        self._sheet.line("arrow", [(_RIGHT, y), (x, y)])
        if lane in each.arrow.heads:
            self._tip(_RIGHT, y, leftwards=True)
        else:
            self._sheet.path("tip", f"M{number(_RIGHT - 3)} {number(y)} a3 3 0 1 0 6 0 a3 3 0 1 0 -6 0 Z")


def _limit(rows: Sequence[LadderRow]) -> _Limit:
    """Set a limit in lines: what it is, and its thresholds, as many beside each other as fit."""
    row = rows[0]
    text = f"{shown(row.limit)}: {row.agreement}, {said(row.allows)}, calendar {shown(row.calendar)}"
    most = _WIDE - 2 * _PAD
    x, below, chips = _PAD + min(width_of(fitted(text, "small", most), "small"), most) + 10, 0.0, []
    for each in rows:
        words_of = f"{point(each)}: {done(each)}"
        wide = min(width_of(shown(words_of), "small") + 16, most)
        if x + wide > _WIDE - _PAD:
            x, below = _PAD, below + _ROW
        chips.append((_LEFT + x, below, wide, words_of, each))
        x += wide + 8
    return _Limit(row, text, tuple(chips), below + _ROW)


def _who(tier: Tier) -> str:
    if tier.kind is TierKind.VENDOR:
        return f"vendor {tier.vendor}" if tier.vendor else "vendor"
    teams = f"{'team' if len(tier.teams) == 1 else 'teams'} {', '.join(tier.teams)}" if tier.teams else ""
    return "self-service" + (f", {teams}" if teams else "") if tier.kind is TierKind.SELF_SERVICE else teams


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _spoken(lane: str) -> str:
    return lane.replace("tier", "tier ")
