"""Columns of a terminal: texts that it can be trusted with, cut and filled up to a width."""

import unicodedata

from supporttiers._fields import one_line, safe


def columns_of(text: str) -> int:
    """Count the columns that a text takes: signs of East Asia take two, accents none."""
    return sum(0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def cut(text: object, width: int) -> str:
    """Give as much of a text as fits into so many columns, with `...` where there was more."""
    line = safe(one_line(str(text)))
    if columns_of(line) <= width:
        return line
    while columns_of(line) > width - 3:
        line = line[:-1]
    return line + "..."


def filled(text: object, width: int) -> str:
    """Cut a text, or fill it up with blanks."""
    line = cut(text, width)
    return line + " " * (width - columns_of(line))
