"""
Pictures: of a process, of its ladder of time limits, and of what became of a case.

They are made of tiers, moves, limits and events, and need no other program: Mermaid text, SVG, a page of HTML, and
drawings for the terminal. What people wrote is in none of them.
"""

from collections.abc import Sequence
from typing import Final

from supporttiers._machine import Row
from supporttiers.diagrams.ladder import Ladder, LadderRow
from supporttiers.diagrams.timeline import CaseTimeline, Lane, Mark, Span
from supporttiers.tiers import Tier

__all__ = ["FORMATS", "CaseTimeline", "Ladder", "LadderRow", "Lane", "Mark", "Span", "drawing"]

FORMATS: Final = ("mermaid", "svg", "html")
"""In what form a process can be drawn."""


def drawing(form: str, ladder: Ladder, *, tiers: Sequence[Tier], rows: Sequence[Row]) -> str:
    """
    Draw a process; `SupportProcess.diagram` hands in its parts.

    Args:
        form: One of `FORMATS`.
        ladder: Its limits, and its name.
        tiers: Its tiers.
        rows: Its moves.
    """
    if form == "mermaid":
        from supporttiers.diagrams.mermaid import mermaid  # noqa: PLC0415 - only the one that is drawn is loaded

        return mermaid(tuple(tiers), tuple(rows), title=ladder.process, ladder=ladder)
    from supporttiers.diagrams._lanes import svg_of  # noqa: PLC0415 - as above
    from supporttiers.diagrams._page import page  # noqa: PLC0415 - as above

    svg = svg_of(ladder, tiers, rows)
    return svg if form == "svg" else page(ladder.process, svg)
