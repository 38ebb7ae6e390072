"""Texts of vendors, as they come: made plain, and such as a case can keep."""

import re
from html.parser import HTMLParser
from typing import Final

from supporttiers._fields import MAX_TEXT_BYTES

_UNSAFE: Final = re.compile("[\x00\ud800-\udfff]")
_NOTE: Final = "\n\n[cut off here: it is longer than 64 KiB]"
_BLOCKS: Final = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"})
_HIDDEN: Final = frozenset({"head", "script", "style", "title", "template"})
_MANY_LINES: Final = re.compile(r"\n{3,}")


def safe(text: str) -> str:
    r"""
    Take out what no store keeps, nor every vendor's: NUL, and halves of characters.

    >>> safe("drum\x00 \ud83d ready")
    'drum  ready'
    """
    return _UNSAFE.sub("", text)


def kept(text: str) -> str:
    r"""
    Make a text such as a case can keep: safe, and at most 64 KiB, with a note where more would follow.

    >>> kept("b" * 100_000)[-44:]
    'bb\n\n[cut off here: it is longer than 64 KiB]'
    """
    found = safe(text).strip()
    whole = found.encode()
    if len(whole) <= MAX_TEXT_BYTES:
        return found
    return whole[: MAX_TEXT_BYTES - len(_NOTE)].decode(errors="ignore") + _NOTE


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser calls it so
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        if tag in _BLOCKS and tag != "br":
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.said.append(" ".join(f"|{data}|".split())[1:-1])


def plain(html: str) -> str:
    r"""
    Give the words of a page of HTML, in lines.

    >>> plain("<style>p {}</style><p>We <b>order</b> it &amp;<br>more.</p>")
    'We order it &\nmore.'
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = "".join(reader.said).split("\n")
    return _MANY_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()
