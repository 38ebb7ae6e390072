"""
Which tickets in Request Tracker have changed, page by page.

Its instants have whole seconds, and in which time zone a search for one is understood, depends on the account. So they
are looked for so much earlier that it does not matter, read from the newest back to the cursor, and compared here. What
changes meanwhile moves to the front: it may be read twice, and pushes nothing out.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from supporttiers.backends.rest import Rest
from supporttiers.backends.vendor._rt_reading import PAGE, instant, items, number
from supporttiers.effects import VendorChanges

Change: TypeAlias = tuple[datetime, int]
"""When a ticket was last changed, and which."""

_MOST_PAGES: Final = 100
_OVERLAP: Final = timedelta(minutes=1)
_ZONES: Final = timedelta(hours=13)
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def changes_since(rest: Rest, cursor: str | None, *, limit: int) -> VendorChanges:
    """
    Give what has changed since a cursor, the oldest first; with None, since now.

    A cursor says after which change to go on. In the midst of pages that is exactly after it; afterwards it is a minute
    earlier, for what was written late, or in the same second.

    Raises:
        VendorError: It could not be read, or ten thousand tickets have changed.
    """
    if cursor is None:
        newest = _page(rest, _EPOCH, page=1, per_page=1)
        return VendorChanges(cursor=_written(newest[0] if newest else (_EPOCH, 0), goes_on=False))
    after, goes_on = _read(cursor)
    found = _found(rest, after, goes_on=goes_on)
    given = found[: max(limit, 1)]
    more = len(found) > len(given)
    last = given[-1] if more else max([after, *given])
    ids = [str(id) for _, id in given]
    return VendorChanges(remote_ids=ids, cursor=_written(last, goes_on=more), more=more)


def _found(rest: Rest, after: Change, *, goes_on: bool) -> list[Change]:
    since = after[0] if goes_on else max(after[0], _EPOCH + _OVERLAP) - _OVERLAP
    found: dict[int, Change] = {}
    for page in range(1, _MOST_PAGES + 1):
        rows = _page(rest, since, page=page)
        for row in rows:
            if (row > after) if goes_on else (row[0] >= since):
                found.setdefault(row[1], row)
        if len(rows) < PAGE or rows[-1][0] < since:
            return sorted(found.values())
    raise rest.misunderstood(f"more than {_MOST_PAGES * PAGE} of its tickets have changed at once")


def _page(rest: Rest, since: datetime, *, page: int, per_page: int = PAGE) -> list[Change]:
    query = "RefersTo IS NOT NULL"
    if since > _EPOCH + 2 * _ZONES:
        query += f" AND LastUpdated >= '{since - _ZONES:%Y-%m-%d %H:%M:%S}'"
    rows = items(
        rest, "tickets", query=query, fields="LastUpdated", orderby="LastUpdated", order="DESC",
        per_page=str(per_page), page=str(page),
    )  # fmt: skip
    return [(instant(rest, row, "LastUpdated") or _EPOCH, int(number(rest, row, "id"))) for row in rows]


def _written(after: Change, *, goes_on: bool) -> str:
    at, id = after
    return json.dumps({"at": at.isoformat(), "id": id, "goes_on": goes_on})


def _read(cursor: str) -> tuple[Change, bool]:
    """Read a cursor; from the beginning where it is none: what is given twice does no harm."""
    try:
        value = json.loads(cursor)
        at = datetime.fromisoformat(value["at"])
        if at.tzinfo is not None:
            return (at.astimezone(UTC), int(value["id"])), bool(value["goes_on"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        pass
    return (_EPOCH, 0), False
