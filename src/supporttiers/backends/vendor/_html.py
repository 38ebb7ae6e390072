"""The text of a page of HTML, read once from its beginning to its end: nothing is run, and nothing is fetched."""

import re
from html import unescape
from typing import Final

MAX_HTML: Final = 512 * 1024
"""So many characters of a page are read."""

_SILENT: Final = frozenset({"script", "style", "head", "title"})
_LINES: Final = frozenset({"p", "div", "tr", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote"})
_CELLS: Final = frozenset({"td", "th"})
_TAG: Final = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,20})")
_LINK: Final = re.compile(r"""\bhref\s*=\s*["']?(https?://[^\s"'<>]{1,1000})""", re.IGNORECASE)
_NO_NUMBER: Final = re.compile(r"&#[0-9]{20,};?")
"""A character by a number that no character has, and that the library fails on where it is long."""
_BLANKS: Final = re.compile(r"[ \t\r\n\f\v]+")
_EMPTY: Final = re.compile(r"\n{3,}")


def text_of_html(page: str) -> str:
    r"""
    Give what a reader would see; a link shows where it leads.

    >>> text_of_html('<p>Try <a href="https://acme.example/fix">this</a>.</p><script>alert(1)</script><p>&lt;Ann&gt;')
    'Try this (https://acme.example/fix).\n\n<Ann>'
    """
    read = _Page(page[:MAX_HTML])
    while read.goes_on():
        pass
    lines = (_BLANKS.sub(" ", line).strip() for line in "".join(read.out).split("\n"))
    return _EMPTY.sub("\n\n", "\n".join(lines)).strip()


class _Page:
    """A page, and how far it has been read."""

    def __init__(self, page: str) -> None:
        self.out: list[str] = []
        self._page = page
        small = page.lower()
        self._small = small if len(small) == len(page) else page  # a few letters are longer when they are small
        self._place = 0
        self._link = ""

    def goes_on(self) -> bool:
        """Read as far as behind the next tag; say whether there is more."""
        page, begin = self._page, self._page.find("<", self._place)
        self.out.append(_words(page[self._place : begin if begin >= 0 else len(page)]))
        if begin < 0:
            return False
        tag = _TAG.match(page, begin + 1)
        if page.startswith("<!--", begin):
            self._place = _after(page, "-->", begin + 4)
        elif tag is None and not page.startswith(("!", "?"), begin + 1):  # a sign like any other
            self.out.append("<")
            self._place = begin + 1
        else:
            self._place = _after(page, ">", begin)
            self._take(tag[1].lower() if tag else "", begin, closing=page.startswith("/", begin + 1))
        return self._place < len(page)

    def _take(self, kind: str, begin: int, *, closing: bool) -> None:
        if kind in _SILENT and not closing:
            self._place = _after(self._page, ">", _after(self._small, f"</{kind}", self._place))
        elif kind == "a":
            shown = self.out[-1].strip()
            self.out.append(f" ({self._link})" if self._link and shown != self._link else "")
            found = None if closing else _LINK.search(self._page, begin, self._place)
            self._link = _words(found[1]) if found else ""
        elif kind == "li":
            self.out.append("" if closing else "\n- ")
        elif kind == "br":
            self.out.append("\n")
        elif kind in _LINES:
            self.out.append("\n\n")
        elif kind in _CELLS:
            self.out.append(" ")


def _words(text: str) -> str:
    return unescape(_NO_NUMBER.sub("\ufffd", _BLANKS.sub(" ", text)))


def _after(page: str, what: str, place: int) -> int:
    """Give the place behind the next of a word; the end where there is none."""
    found = page.find(what, place)
    return len(page) if found < 0 else found + len(what)
