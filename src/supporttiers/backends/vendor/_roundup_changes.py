"""
Where we are in a tracker's changes: its instants have whole seconds, and several changes may lie in one.

So we begin again a little before the last change that we know, and give what we have given before once more, until its
second was certainly over when it was given. Instants of a tracker are only compared with each other: nothing is decided
by our own clock, nor by how the vendor's differs from it.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

FORMAT: Final = "%Y-%m-%d.%H:%M:%S"
"""How Roundup writes an instant, in UTC; so written, instants are compared as texts."""

OVERLAP: Final = timedelta(seconds=10)
"""So long before the last known change we begin again: a change has the instant at which it began to be written."""

_SETTLED: Final = timedelta(seconds=2)


def instant_of(value: object) -> datetime | None:
    """
    Read an instant; None where there is none.

    >>> instant_of("2026-11-27.11:34:53"), instant_of("yesterday")
    (datetime.datetime(2026, 11, 27, 11, 34, 53, tzinfo=datetime.timezone.utc), None)
    """
    with suppress(ValueError):
        return datetime.strptime(str(value)[:19], FORMAT).replace(tzinfo=UTC)
    return None


def earlier(instant: str, by: timedelta) -> str:
    """
    Give an instant before another.

    >>> earlier("2026-11-27.00:00:01", timedelta(seconds=2))
    '2026-11-26.23:59:59'
    """
    found = instant_of(instant)
    return "" if found is None or found - datetime.min.replace(tzinfo=UTC) < by else (found - by).strftime(FORMAT)


@attrs.frozen
class Given:
    """
    A ticket that was given.

    Attributes:
        changed: When it had been changed.
        at: When it was first given so, by the vendor's clock; empty where that cannot be known, and once it is settled.
        settled: Whether it was given after that second was over.
    """

    changed: str
    at: str = ""
    settled: bool = False


@attrs.frozen(kw_only=True)
class Place:
    """
    A place in the changes.

    Attributes:
        since: What was changed before has been given; everything is asked for when empty.
        given: By ticket, what was changed since and given all the same.
    """

    since: str = ""
    given: dict[str, Given] = attrs.field(factory=dict)

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """Read a cursor; what is none begins at the beginning, so that nothing is lost."""
        with suppress(ValueError, TypeError, AttributeError, KeyError, RecursionError):
            said = json.loads(cursor)
            if instant_of(said["since"]) is not None or said["since"] == "":
                given = {
                    str(id_): Given(str(changed), str(at), bool(settled))
                    for id_, (changed, at, settled) in said["given"].items()
                }
                return cls(since=said["since"], given=given)
        return cls()

    @property
    def cursor(self) -> str:
        """Write it as a text."""
        given = {id_: attrs.astuple(each) for id_, each in self.given.items()}
        return json.dumps({"since": self.since, "given": given})

    def after(
        self, rows: Sequence[tuple[str, str]], *, at: datetime | None, limit: int
    ) -> tuple[tuple[str, ...], "Place", bool]:
        """
        Go on.

        Args:
            rows: Tickets, and when they were changed, the oldest first.
            at: When they were read, by the vendor's clock; None where that cannot be known.
            limit: How many may be given.

        Returns:
            The tickets to give, the next place, and whether there are more already.
        """
        rows = [(id_, changed) for id_, changed in rows if changed >= self.since]
        known = {id_: self.given.get(id_) for id_, _ in rows}
        fresh = [(id_, changed) for id_, changed in rows if _is_fresh(known[id_], changed)]
        again = [(id_, changed) for id_, changed in rows if _is_again(known[id_], changed)]
        taken, left = fresh[:limit], fresh[limit:]
        repeated = again[: limit - len(taken)]
        waiting = [changed for _, changed in (*left[:1], *again[len(repeated) :])]
        since = min([*waiting, earlier(max([self.since, *(changed for _, changed in rows)]), OVERLAP)])
        now = "" if at is None else at.astimezone(UTC).strftime(FORMAT)
        given = dict(self.given)
        given.update({id_: Given(changed, now) for id_, changed in taken})
        given.update({id_: _once_more(self.given[id_], at) for id_, _ in repeated})
        next_place = Place(
            since=max(since, self.since), given={id_: each for id_, each in given.items() if each.changed >= since}
        )
        return tuple(id_ for id_, _ in (*taken, *repeated)), next_place, bool(left)


def _is_fresh(known: Given | None, changed: str) -> bool:
    return known is None or known.changed != changed


def _is_again(known: Given | None, changed: str) -> bool:
    return known is not None and known.changed == changed and not known.settled


def _once_more(given: Given, at: datetime | None) -> Given:
    first = instant_of(given.at)
    return attrs.evolve(given, settled=first is not None and at is not None and at - first >= _SETTLED)
