"""Pictures of a process, as Mermaid text: GitHub, GitLab and most documentation tools draw it as it stands."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from supporttiers._machine import NEW, Row, state_name, tier_target
from supporttiers.diagrams.ladder import Ladder, done, point, said
from supporttiers.tiers import OPEN, Status, Tier

_Arrows = Mapping[tuple[str, str], Iterable[str]]

_INDENT: Final = "    "
_END_NOTE: Final = re.compile("end note", re.IGNORECASE)
_PLAIN: Final = frozenset(" ,.-+/()'")


def mermaid(tiers: tuple[Tier, ...], rows: tuple[Row, ...], *, title: str, ladder: Ladder | None = None) -> str:
    """
    Draw tiers and moves as a Mermaid state diagram.

    A tier is a box around its statuses. What every status of a tier allows is drawn once, from its box; what leads from
    one place to another by several triggers is one arrow with all their names; wait reasons are not told apart.

    Args:
        tiers: The boxes, drawn by level.
        rows: The moves.
        title: Stands above the picture.
        ladder: The time limits, which are written on notes: those of a tier at its queue, those of the whole case where
            it is resolved. For what cases wait is on a note, too.

    Returns:
        Lines of text, ending in a newline; the same for the same arguments. Names can hold any characters.
    """
    arrows = _arrows_of(rows)
    boxes = [line for tier in sorted(tiers, key=_level) for line in _box(tier, arrows)]
    outside = [_arrow(*ends, triggers) for ends, triggers in arrows.items() if _inside(*ends) is None]
    notes = [] if ladder is None else [*_limit_notes(ladder), *_wait_note(tiers, rows)]
    body = [*boxes, *outside, *_final_states(arrows), *notes]
    head = ("---", f'title: "{_in_yaml(title)}"', "---", "stateDiagram-v2", f"{_INDENT}direction LR")
    return "".join(f"{line}\n" for line in (*head, *(_INDENT + line for line in body)))


# -- what is drawn


def _arrows_of(rows: tuple[Row, ...]) -> _Arrows:
    """Give (from, to) -> triggers, in the order of the rows; states that all go one way are drawn as their tier."""
    together: dict[tuple[str, str, str], set[str]] = {}
    for row in rows:
        together.setdefault((_box_of(row.source), row.trigger, row.dest), set()).add(row.source)
    arrows: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        box = _box_of(row.source)
        leaves = box != _box_of(row.dest)
        as_tier = leaves and len(together[box, row.trigger, row.dest]) == len(OPEN)
        arrows.setdefault((box if as_tier else row.source, row.dest), {})[row.trigger] = None
    return arrows


def _box_of(state: str) -> str:
    return state.partition(".")[0]


def _inside(source: str, dest: str) -> str | None:
    """Give the tier's box inside which an arrow runs; None if it leaves its tier, or runs between ends."""
    box = _box_of(source)
    return box if box == _box_of(dest) and box != dest else None


def _level(tier: Tier) -> int:
    return tier.level


def _box(tier: Tier, arrows: _Arrows) -> Iterator[str]:
    box = tier_target(tier.level)
    yield f'state "Tier {tier.level}: {_in_label(tier.name)}" as {box} {{'
    for status in Status:
        if status in OPEN:
            yield f'{_INDENT}state "{_words(status)}" as {_id(state_name(tier.level, status))}'
    for (source, dest), triggers in arrows.items():
        if _inside(source, dest) == box:
            yield _INDENT + _arrow(source, dest, triggers)
    yield "}"


def _final_states(arrows: _Arrows) -> Iterator[str]:
    left = {source for source, dest in arrows if source != dest}
    reached = {dest for _, dest in arrows}
    for status in Status:
        if status not in OPEN and status in reached - left:
            yield f"{status} --> [*]"


# -- notes


def _limit_notes(ladder: Ladder) -> Iterator[str]:
    for level, of_level in groupby(ladder.rows, key=lambda row: row.tier):
        place = Status.RESOLVED.value if level is None else _id(state_name(level, Status.QUEUED))
        lines = []
        for limit, found in groupby(of_level, key=lambda row: row.limit):
            thresholds = [*found]
            lines.append(f"{limit}: {said(thresholds[0].allows)}, calendar {thresholds[0].calendar}")
            lines += [f"{point(row)}: {done(row)}" for row in thresholds]
        yield from _note(place, lines)


def _wait_note(tiers: tuple[Tier, ...], rows: tuple[Row, ...]) -> Iterator[str]:
    reasons = dict.fromkeys(_words(row.target) for row in rows if row.trigger == "wait")
    lowest = min(tiers, key=_level).level
    yield from _note(_id(state_name(lowest, Status.WAITING)), [f"for {', '.join(reasons)}"])


def _note(place: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"note right of {place}"
    yield from (_INDENT + _END_NOTE.sub("end#32;note", _in_label(line)) for line in lines)
    yield "end note"


# -- how it is written


def _arrow(source: str, dest: str, triggers: Iterable[str]) -> str:
    return f"{'[*]' if source == NEW else _id(source)} --> {_id(dest)}: {', '.join(map(_words, triggers))}"


def _id(state: str) -> str:
    return state.replace(".", "_")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _in_label(text: str) -> str:
    """Write what could end or change a label as Mermaid's own entities (`#35;`)."""
    return "".join(char if char.isalnum() or char in _PLAIN else f"#{ord(char)};" for char in text)


def _in_yaml(text: str) -> str:
    """The same for the title, which stands in a double-quoted YAML text."""
    return "".join(char if char.isalnum() or char in _PLAIN else f"\\U{ord(char):08x}" for char in text)
