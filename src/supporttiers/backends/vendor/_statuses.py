"""A vendor's own words for statuses, by table: what stands in none is `unknown`, and never guessed."""

from collections.abc import Iterable, Mapping

from supporttiers._fields import nearest, type_name
from supporttiers.errors import PluginError
from supporttiers.links import VendorStatus


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
