"""
A sheet on which a picture is drawn: SVG without scripts, links, fonts or ids of its own.

The same strokes give the same bytes. Names may hold anything: they are made one line of what can be seen, clipped, and
escaped here, in one place. Widths of texts are judged by a wide font, so that none runs into another where the reader's
font is narrower.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from supporttiers._fields import one_line

MARGIN: Final = 24
_MOST: Final = 200
_MOST_SAID: Final = 2000
_NOTHING: Final = 0.1
_NARROW: Final = frozenset("iljtfrI.,:;'|!()[]/\\ -`")
_WIDE: Final = frozenset("mwMW@%&…—→")
_SIGNS: Final = frozenset('+=<>~^#$*?_"{}')
_VERY_WIDE: Final[Mapping[str, float]] = {"\ufdfd": 12.0, "\ufdfa": 1.4, "\u2e3a": 2.1, "\u2e3b": 3.1}
_ANCIENT: Final = "\U00010000"
_EM: Final[Mapping[str, float]] = {"W": 1.16, "F": 1.16, "A": 1.2}
_SIZES: Final[Mapping[str, float]] = {"title": 18, "name": 13, "label": 12, "small": 11}
_BOLD: Final = frozenset({"title", "name"})
_TINTS: Final[Mapping[str, tuple[str, str]]] = {
    # kind: what it looks like where it is light, and where it is dark
    "sheet": ("fill:#ffffff", "fill:#0d1117"),
    "lane": ("fill:#f6f8fa;stroke:#d0d7de", "fill:#161b22;stroke:#30363d"),
    "frame": ("fill:none;stroke:#8c959f", "fill:none;stroke:#6e7681"),
    "group": ("fill:none;stroke:#afb8c1", "fill:none;stroke:#484f58"),
    "acts": ("fill:#fff1e5;stroke:#bc4c00", "fill:#3d1300;stroke:#f0883e"),
    "tells": ("fill:#ddf4ff;stroke:#54aeff", "fill:#051d4d;stroke:#388bfd"),
    "grid": ("fill:none;stroke:#d8dee4", "fill:none;stroke:#262c36"),
    "ink": ("fill:#1f2328", "fill:#e6edf3"),
    "soft": ("fill:#59636e", "fill:#9ba6b2"),
    "queued": ("fill:#ffffff;stroke:#6e7781", "fill:#21262d;stroke:#848d97"),
    "in_progress": ("fill:#ddf4ff;stroke:#0969da", "fill:#0c2d6b;stroke:#58a6ff"),
    "waiting": ("fill:#fff8c5;stroke:#9a6700;stroke-dasharray:5 3", "fill:#3b2300;stroke:#d29922;stroke-dasharray:5 3"),
    "vendor": ("fill:#fbefff;stroke:#8250df;stroke-dasharray:5 3", "fill:#271052;stroke:#bc8cff;stroke-dasharray:5 3"),
    "ended": ("fill:#eaeef2;stroke:#afb8c1", "fill:#21262d;stroke:#484f58"),
    "several": ("fill:#c8d1da;stroke:#59636e", "fill:#484f58;stroke:#9ba6b2"),
    "running": ("fill:#1a7f37;stroke:#1a7f37", "fill:#3fb950;stroke:#3fb950"),
    "paused": ("fill:none;stroke:#59636e;stroke-dasharray:3 3", "fill:none;stroke:#9ba6b2;stroke-dasharray:3 3"),
    "late": ("fill:#cf222e;stroke:#cf222e", "fill:#f85149;stroke:#f85149"),
    "fired": ("fill:#bc4c00;stroke:#ffffff", "fill:#f0883e;stroke:#0d1117"),
    "hollow": ("fill:#ffffff;stroke:#59636e", "fill:#0d1117;stroke:#9ba6b2"),
    "told": ("fill:#0969da;stroke:#ffffff", "fill:#58a6ff;stroke:#0d1117"),
    "arrow": ("fill:none;stroke:#59636e", "fill:none;stroke:#9ba6b2"),
    "tip": ("fill:#59636e", "fill:#9ba6b2"),
}
_STYLE: Final = "".join((
    ".st-text{font-family:Helvetica,Arial,'Liberation Sans',sans-serif}",
    *(f".st-{kind}{{font-size:{size:g}px}}" for kind, size in _SIZES.items()),
    *(f".st-{kind}{{font-weight:600}}" for kind in sorted(_BOLD)),
    *(f".st-{kind}{{{light}}}" for kind, (light, _) in _TINTS.items()),
    "@media(prefers-color-scheme:dark){",
    *(f".st-{kind}{{{dark}}}" for kind, (_, dark) in _TINTS.items()),
    "}",
))  # fmt: skip


def width_of(text: str, size: str) -> float:
    """Judge how wide a text is at most, in pixels, when it is written in one of the sizes."""
    em = sum(map(_em_of, text)) * _SIZES[size]
    return em * 1.1 if size in _BOLD else em


def _em_of(char: str) -> float:
    if char in _NARROW:
        return 0.36
    if char in _WIDE:
        return 1.02
    if char.isascii():
        return 0.85 if char in _SIGNS else 0.74 if char.isupper() else 0.64
    if unicodedata.combining(char):
        return 0.0
    if char in _VERY_WIDE:
        return _VERY_WIDE[char]
    if char >= _ANCIENT and unicodedata.category(char) == "Lo" and unicodedata.east_asian_width(char) not in "WF":
        return 3.0
    return _EM.get(unicodedata.east_asian_width(char), 1.2 if unicodedata.category(char)[0] in "SL" else 0.8)


def shown(text: object) -> str:
    """Give what can be shown of a name, in one line: nothing that turns the direction of writing, no more than 200."""
    line = one_line(str(text))
    return line if len(line) <= _MOST else line[: _MOST - 1] + "…"


def shown_long(text: str) -> str:
    """Give a long text for those who listen, or point at it: at most 2,000 characters."""
    return text if len(text) <= _MOST_SAID else text[: _MOST_SAID - 1] + "…"


def fitted(text: object, size: str, within: float) -> str:
    """Give as much of a text as fits, with an ellipsis where there was more; empty where not even one letter fits."""
    line = shown(text)
    if width_of(line, size) <= within + _NOTHING:
        return line
    while line and width_of(line + "…", size) > within:
        line = line[:-1].rstrip()
    return line + "…" if line else ""


def wrapped(text: object, size: str, within: float, *, lines: int) -> tuple[str, ...]:
    """Break a text into lines that fit, at blanks where there are any; the last one is clipped where there is more."""
    left = shown(text)
    found: list[str] = []
    while left and len(found) < lines - 1 and width_of(left, size) > within:
        end = next(end for end in range(len(left), 0, -1) if end == 1 or width_of(left[:end], size) <= within)
        blank = left.rfind(" ", 0, end + 1)
        end = blank if blank > 0 else end
        found.append(left[:end].rstrip())
        left = left[end:].lstrip()
    return (*found, fitted(left, size, within)) if left else tuple(found)


def number(value: float) -> str:
    """Write a coordinate, to a tenth of a pixel."""
    return f"{round(value, 1):.1f}".removesuffix(".0")


class Sheet:
    """A picture in the making."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._strokes: list[str] = []

    def rect(
        self, kind: str, x: float, y: float, width: float, height: float, *, tip: str = "", role: str = ""
    ) -> None:
        """Draw a box; *tip* is shown to whoever points at it, *role* says what it stands for."""
        place = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" rx="4"'
        self._shape("rect", f'class="st-{kind}" {place}', tip, role)

    def path(self, kind: str, steps: str, *, tip: str = "", role: str = "") -> None:
        """Draw a line or a form along the steps of an SVG path."""
        self._shape("path", f'class="st-{kind}" d="{steps}"', tip, role)

    def line(self, kind: str, points: Iterable[tuple[float, float]], *, role: str = "") -> None:
        """Draw a line through points."""
        self.path(kind, "M" + " L".join(f"{number(x)} {number(y)}" for x, y in points), role=role)

    def text(
        self, size: str, x: float, y: float, text: str, *, anchor: str = "start", soft: bool = False, tip: str = "",
        role: str = "",
    ) -> None:  # fmt: skip
        """Write a text, which has been fitted, on a line at *y*."""
        if not text:
            return
        place = f'x="{number(x)}" y="{number(y)}"' + (f' text-anchor="{anchor}"' if anchor != "start" else "")
        tint = "soft" if soft else "ink"
        more = f"<title>{escaped(tip)}</title>" if tip and tip != text else ""
        said = f' data-is="{escaped(role)}"' if role else ""
        self._strokes.append(
            f'<text class="st-text st-{size} st-{tint}" {place}{said}>{more}{escaped(text)}</text>'
        )  # fmt: skip

    def _shape(self, element: str, attributes: str, tip: str, role: str) -> None:
        said = f' data-is="{escaped(role)}"' if role else ""
        inside = f"><title>{escaped(tip)}</title></{element}>" if tip else "/>"
        self._strokes.append(f"<{element} {attributes}{said}{inside}")

    def svg(self, width: float, height: float, *, title: str, about: str) -> str:
        """
        Give the whole picture.

        Args:
            width: In pixels; it scales to the width that there is, and no further.
            height: In pixels.
            title: What it is called, for those who cannot see it.
            about: What it shows.
        """
        size = f'width="{number(width)}" height="{number(height)}" viewBox="0 0 {number(width)} {number(height)}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {size} style="max-width:100%;height:auto">'
        said = f"<title>{escaped(title)}</title>\n<desc>{escaped(about)}</desc>"
        ground = f'<rect class="st-sheet" width="{number(width)}" height="{number(height)}"/>'
        return "\n".join((head, said, f"<style>{_STYLE}</style>", ground, *self._strokes, "</svg>")) + "\n"


def escaped(text: str) -> str:
    return escape("".join(char if char.isprintable() else " " for char in text))
