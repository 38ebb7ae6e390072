"""What a vendor has written, as we can take it in: of bounded length, and without what no store takes."""

from typing import Final

from supporttiers._fields import MAX_TEXT_BYTES

_CUT: Final = "\n\n[The rest of this text stands on the vendor's ticket: it is longer than 64 KiB.]"


def clean(text: str) -> str:
    r"""
    Take out what no store takes: U+0000, and halves of characters.

    >>> clean("Stuck\x00 again\ud800")
    'Stuck again'
    """
    return text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")


def heard(text: str) -> str:
    """
    Make a text of a vendor's one that an entry can hold: at most 64 KiB, and what was cut off is spoken of.

    >>> heard("Stuck"), heard("ä" * 100_000)[-8:]
    ('Stuck', '64 KiB.]')
    """
    whole = clean(text).encode()
    if len(whole) <= MAX_TEXT_BYTES:
        return whole.decode()
    return whole[: MAX_TEXT_BYTES - len(_CUT)].decode("utf-8", "ignore") + _CUT
