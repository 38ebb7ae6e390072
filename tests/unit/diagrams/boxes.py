"""A drawn picture, read again: its texts, boxes and lines, and what of them lies on top of each other."""

import re
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import attrs

from supporttiers.diagrams._sheet import _SIZES, width_of

SVG = "{http://www.w3.org/2000/svg}"
SOLID = frozenset({"queued", "in_progress", "waiting", "vendor", "acts", "tells"})
"""Boxes through which no arrow may run."""
TOUCH = 0.2


@attrs.frozen
class Box:
    kind: str
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other):
        """Whether both have a point in common that lies within."""
        return (
            self.left < other.right - TOUCH and other.left < self.right - TOUCH
            and self.top < other.bottom - TOUCH and other.top < self.bottom - TOUCH
        )  # fmt: skip

    def holds(self, other):
        """Whether the other lies within this one."""
        return (
            self.left - TOUCH <= other.left and other.right <= self.right + TOUCH
            and self.top - TOUCH <= other.top and other.bottom <= self.bottom + TOUCH
        )  # fmt: skip


@attrs.frozen
class Picture:
    """What a picture holds."""

    whole: Box
    texts: list
    rects: list
    lines: list
    roles: list

    @classmethod
    def of(cls, svg):
        """Read a picture; it must be sound XML, with nothing that could run, load or lead anywhere."""
        root = ET.fromstring(svg)
        allowed = {"svg", "title", "desc", "style", "rect", "path", "text"}
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
        assert not re.search(r"\b(on\w+|href|src)=|@import|url\(", re.sub(r">[^<]*<|\"[^\"]*\"", "><", svg))
        assert root.find(f"{SVG}title").text
        assert root.find(f"{SVG}desc").text
        width, height = float(root.get("width")), float(root.get("height"))
        lines = [line for path in root.iter(f"{SVG}path") if _kind(path) == "arrow" for line in _lines(path)]
        rects = [_rect(rect) for rect in root.iter(f"{SVG}rect") if _kind(rect) != "sheet"]
        roles = [each.get("data-is") for each in root.iter() if each.get("data-is")]
        return cls(Box("sheet", "", 0, 0, width, height), [*map(_text, root.iter(f"{SVG}text"))], rects, lines, roles)

    def said(self, first):
        """Give what is said to be drawn of a kind, in order."""
        return [role.removeprefix(f"{first} ") for role in self.roles if role.startswith(f"{first} ")]

    @property
    def moves(self):
        """Every move that an arrow stands for."""
        return [move for role in self.said("moves") for move in role.split("; ")]

    def clashes(self):
        """Give what lies on top of each other, or beyond the sheet."""
        found = [(box, "beyond the sheet") for box in (*self.texts, *self.rects) if not self.whole.holds(box)]
        found += [pair for pair in combinations(self.texts, 2) if pair[0].meets(pair[1])]
        found += [
            (text, rect) for text in self.texts for rect in self.rects if text.meets(rect) and not rect.holds(text)
        ]
        found += [
            pair for pair in combinations(self.rects, 2)
            if pair[0].meets(pair[1]) and not pair[0].holds(pair[1]) and not pair[1].holds(pair[0])
        ]  # fmt: skip
        solid = [rect for rect in self.rects if rect.kind in SOLID]
        found += [(line, box) for line in self.lines for box in (*self.texts, *solid) if line.meets(box)]
        return found


def _kind(element):
    return element.get("class", "").rpartition("st-")[2]


def _rect(rect):
    x, y, width, height = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
    return Box(_kind(rect), "", x, y, x + width, y + height)


def _text(text):
    content = "".join(text.itertext()) if text.find(f"{SVG}title") is None else text.find(f"{SVG}title").tail
    size = re.search(r"st-text st-(\w+)", text.get("class"))[1]
    x, y, wide, high = float(text.get("x")), float(text.get("y")), width_of(content, size), _SIZES[size]
    left = x - wide / 2 if text.get("text-anchor") == "middle" else x
    return Box("text", content, left, y - high * 0.8, left + wide, y + high * 0.25)


def _lines(path):
    points = [tuple(map(float, pair)) for pair in re.findall(r"[ML]([\d.-]+) ([\d.-]+)", path.get("d"))]
    for (x, y), (to_x, to_y) in pairwise(points):
        thick, high = (0, 0.5) if y == to_y else (0.5, 0)
        assert x == to_x or y == to_y
        yield Box("line", path.get("data-is", ""), min(x, to_x) - thick, min(y, to_y) - high, max(x, to_x) + thick,
                  max(y, to_y) + high)  # fmt: skip
