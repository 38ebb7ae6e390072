"""A ladder as a table: for a terminal, as SVG, and as HTML."""

from collections.abc import Sequence
from typing import Final

from supporttiers.diagrams._page import page
from supporttiers.diagrams._sheet import MARGIN, Sheet, escaped, fitted, shown, width_of, wrapped
from supporttiers.diagrams._terminal import columns_of, cut, filled
from supporttiers.diagrams.ladder import Ladder

_HEADINGS: Final = ("tier", "limit", "with", "at", "after", "working time", "does", "tells")
_MOST: Final = 40
_NOTHING: Final = "-"
_NO_ROWS: Final = "It has no time limits."
_LINE: Final = 16
_PAD: Final = 12
_GAP: Final = 20
_WIDEST: Final = 220.0
_TOP: Final = 84
_LINES: Final = 4


def text_of(ladder: Ladder) -> str:
    """Set it for a terminal; see `Ladder.__str__`."""
    if not ladder.rows:
        return _NO_ROWS
    rows = [_HEADINGS, *([cut(cell or _NOTHING, _MOST) for cell in row.cells] for row in ladder.rows)]
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(filled(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def html_of(ladder: Ladder) -> str:
    """Write it as a page; see `Ladder.to_html`."""
    title = _title(ladder)
    head = "".join(f'<th scope="col">{heading}</th>' for heading in _HEADINGS)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escaped(shown(cell or _NOTHING))}</td>" for cell in row.cells) + "</tr>"
        for row in ladder.rows
    )
    table = (
        f"<table>\n<caption>{escaped(title)}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>"
        "\n</table>\n"
    )
    return page(title, table if ladder.rows else f"<p>{escaped(title)}. {_NO_ROWS}</p>\n")


def svg_of(ladder: Ladder) -> str:
    """Draw it as SVG; see `Ladder.to_svg`."""
    sheet, title = Sheet(), _title(ladder)
    rows = [tuple(cell or _NOTHING for cell in row.cells) for row in ladder.rows]
    columns = zip(_HEADINGS, *rows, strict=True)
    widths = [min(_WIDEST, max(width_of(shown(cell), "label") for cell in column)) for column in columns]
    width = max(2 * MARGIN + sum(widths) + _GAP * (len(widths) - 1), 480.0)
    sheet.text("title", MARGIN, 38, fitted(title, "title", width - 2 * MARGIN), tip=shown(title))
    if not rows:
        sheet.text("label", MARGIN, 64, _NO_ROWS)
        return sheet.svg(width, 64 + MARGIN, title=title, about=_NO_ROWS)
    starts = [MARGIN + sum(widths[:place]) + _GAP * place for place in range(len(widths))]
    for heading, x in zip(_HEADINGS, starts, strict=True):
        sheet.text("small", x, _TOP - 14, heading, soft=True)
    y = float(_TOP)
    before: tuple[str, ...] = ()
    for row, cells in zip(ladder.rows, rows, strict=True):
        same = _same(cells, before)
        sheet.line("grid", [(starts[min(same, 1)], y), (width - MARGIN, y)])
        lines = [wrapped(cell, "label", wide, lines=_LINES) for cell, wide in zip(cells, widths, strict=True)]
        for place in range(same, len(cells)):
            role = f"threshold {row.limit} {row.threshold}" if _HEADINGS[place] == "at" else ""
            for line, text in enumerate(lines[place]):
                sheet.text("label", starts[place], y + 19 + line * _LINE, text, tip=shown(cells[place]), role=role)
                role = ""
        y += max(map(len, lines[same:])) * _LINE + _PAD
        before = cells[:2]
    about = "; ".join(f"{row.limit} at {row.threshold}, after {row.cells[4]}" for row in ladder.rows[:20])
    return sheet.svg(width, y + MARGIN, title=title, about=about)


def _same(cells: Sequence[str], before: Sequence[str]) -> int:
    """Count the cells at the beginning that are those of the row above, and need not be said again."""
    return next(place for place in range(len(cells)) if place >= len(before) or cells[place] != before[place])


def _title(ladder: Ladder) -> str:
    return f"Time limits of {shown(ladder.process)}"
