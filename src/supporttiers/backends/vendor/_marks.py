"""How a text of ours is known again among a vendor's: by one mark at its end."""

import re
from typing import Final

_MARK: Final = re.compile(r"\[ref (ST-[A-Z2-7]{16})\]")


def marked(text: str, reference: str) -> str:
    r"""
    Put a reference at the end of a text.

    >>> marked("Is there a newer drum?", "ST-ABCDEFGHIJKLMNOP")
    'Is there a newer drum?\n\n[ref ST-ABCDEFGHIJKLMNOP]'
    """
    return f"{text}\n\n[ref {reference}]".lstrip("\n")


def reference_in(text: str) -> str:
    """
    Read the last reference in a text; empty where there is none.

    >>> reference_in("Re: [ref ST-ABCDEFGHIJKLMNOP] No."), reference_in("No.")
    ('ST-ABCDEFGHIJKLMNOP', '')
    """
    found = _MARK.findall(text)
    return str(found[-1]) if found else ""
