"""
What gateways to vendors have in common beside HTTP: our reference, texts of bounded length, and a table of statuses.

A reference is put where the vendor's system can search it, or at the end of a text as a mark; texts of the vendor's
are made such as an entry can hold; the vendor's own words for statuses are translated by a table, and never guessed.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from supporttiers._fields import MAX_TEXT_BYTES, nearest, type_name
from supporttiers.errors import PluginError
from supporttiers.links import VendorStatus

_MARK: Final = re.compile(r"\[ref (ST-[A-Z2-7]{16})\]")
_CUT: Final = "\n\n[The rest of this text stands on the vendor's ticket: it is longer than 64 KiB.]"


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


class Statuses:
    """
    Translates a vendor's words.

    >>> statuses = Statuses("acme", {"new": "open", "done": "resolved"})
    >>> str(statuses.of("Done")), str(statuses.of("paused")), statuses.unmapped(["new", "paused"])
    ('resolved', 'unknown', ('paused',))
    """

    def __init__(self, name: str, table: Mapping[str, str]) -> None:
        """
        Take a table.

        Args:
            name: The vendor's, for errors.
            table: Our status by the vendor's word, or by its id of the status; letters large and small are the same.

        Raises:
            PluginError: It is no table, or one of its words is none of ours.
        """
        if not isinstance(table, Mapping):
            raise PluginError(name, f"its `statuses` must be a table, not {type_name(table)}")
        self._table = {str(word).casefold(): self._ours(name, word, ours) for word, ours in table.items()}

    @staticmethod
    def _ours(name: str, word: object, ours: object) -> VendorStatus:
        if isinstance(ours, str) and ours in set(VendorStatus):
            return VendorStatus(ours)
        meant = nearest(ours, VendorStatus) if isinstance(ours, str) else None
        advice = f"did you mean {meant}?" if meant else f"they are: {', '.join(VendorStatus)}"
        raise PluginError(name, f"its `statuses` turn {word!r} into what is no status of ours; {advice}")

    @property
    def possible(self) -> frozenset[VendorStatus]:
        """Which of our statuses its tickets can have."""
        return frozenset({*self._table.values(), VendorStatus.UNKNOWN, VendorStatus.GONE})

    def of(self, word: str) -> VendorStatus:
        """Translate the vendor's word."""
        return self._table.get(word.casefold(), VendorStatus.UNKNOWN)

    def word_for(self, status: VendorStatus) -> str | None:
        """Give the first of the vendor's words that means a status, as it stands in the table; None where none does."""
        return next((word for word, ours in self._table.items() if ours is status), None)

    def unmapped(self, words: Iterable[str]) -> tuple[str, ...]:
        """Give those of the vendor's words that are in no table."""
        return tuple(word for word in words if word.casefold() not in self._table)
