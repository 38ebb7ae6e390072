"""Words made harmless for ways out that cannot carry everything."""

import re
from typing import Final

from supporttiers import _fields as fields

MAX_LINE: Final = 500

_LINE_ENDS: Final = re.compile("\r\n?")


def one_line(text: str) -> str:
    r"""
    Make one line of whatever it is, of bounded length: what cannot be seen becomes a blank.

    >>> one_line("Printer\r\nBcc: eve@example.org")
    'Printer Bcc: eve@example.org'
    """
    return fields.one_line(text)[:MAX_LINE].rstrip()


def plain_text(text: str) -> str:
    r"""
    Keep what a text can hold everywhere: no U+0000, no lone surrogate, one kind of line end.

    >>> plain_text("one\r\ntwo\rthree\0")
    'one\ntwo\nthree'
    """
    return _LINE_ENDS.sub("\n", text).replace("\0", "").encode("utf-8", "replace").decode("utf-8")
