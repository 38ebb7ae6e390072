"""Pages of HTML, as some write mails and messages: read as plain words."""

import re
from html.parser import HTMLParser
from typing import Final

_BLOCKS: Final = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"})
_HIDDEN: Final = frozenset({"head", "script", "style", "title", "template"})
_MANY_LINES: Final = re.compile(r"\n{3,}")


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
