"""Times as people say them: instants, times of the day, days of the week, and spans since the step before."""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from supporttiers._fields import duration_of, type_name
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.calendars._timeline import FIRST_YEAR, LAST_YEAR
from supporttiers.errors import PolicyConfigError
from supporttiers.process import SupportProcess

_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY: Final = r"(?:(?P<day>[a-z]{3,9})\s+)?"
_TIME: Final = re.compile(_DAY + r"(?P<hour>\d{1,2}):(?P<minute>\d{2})", re.IGNORECASE)
_HOW: Final = "say it as '09:20', 'Mon 09:20', '+15m' (after the step before) or '2026-03-23 09:20'"
_BEYOND: Final = f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR}, which calendars know"
_WEEK: Final = timedelta(days=7)


def zone_of(process: SupportProcess) -> tzinfo:
    """Give the zone of the process's working time; UTC where it is round the clock."""
    if process.calendar == ALWAYS_OPEN:
        return UTC
    return ZoneInfo(process.calendars_by_name[process.calendar].zone)


def instant_at(said: object, *, before: datetime | None, zone: tzinfo) -> datetime:
    """
    Say which instant is meant.

    >>> friday = datetime(2026, 3, 20, 16, 50, tzinfo=UTC)
    >>> [f"{instant_at(said, before=friday, zone=UTC):%a %d %H:%M}" for said in ("17:10", "Mon 09:20", "+15m")]
    ['Fri 20 17:10', 'Mon 23 09:20', 'Fri 20 17:05']

    Args:
        said: A time of the day, which is on the day of the step before; a day of the week and a time, which is the next
            such; a span since the step before; or a date and a time, in the zone unless it has an offset. A time that
            the clocks show twice is the first one that does not go back, and one that they leave out is as much later.
        before: When the step before is; None for the first instant, which needs a date.
        zone: In which times are told.

    Returns:
        The instant, in the zone.

    Raises:
        PolicyConfigError: It is none, or lies before the step before.
    """
    try:
        found = _found(said, before, zone).astimezone(UTC).astimezone(zone)
        if before is not None and found < before.astimezone(UTC):
            found = found.replace(fold=1).astimezone(UTC).astimezone(zone)
    except OverflowError:
        raise PolicyConfigError("at", _BEYOND) from None
    if not FIRST_YEAR <= found.astimezone(UTC).year <= LAST_YEAR:
        raise PolicyConfigError("at", _BEYOND)
    if before is not None and found.astimezone(UTC) < before.astimezone(UTC):
        day = "" if found.date() != before.date() else f"; for another day say it, such as '{found:%a %H:%M}' or a date"
        raise PolicyConfigError("at", f"goes back: {found:%a %Y-%m-%d %H:%M} is before {before:%a %Y-%m-%d %H:%M}{day}")
    return found


def _found(said: object, before: datetime | None, zone: tzinfo) -> datetime:
    if isinstance(said, time) and before is not None:
        return datetime.combine(before.date(), said, zone)
    if isinstance(said, datetime):
        return _in(said, zone)
    if isinstance(said, date):
        return datetime(said.year, said.month, said.day, tzinfo=zone)
    if not isinstance(said, str):
        raise PolicyConfigError("at", f"must be a time, not {type_name(said)}; {_HOW}")
    text = said.strip()
    if before is not None and text.startswith("+"):
        return (before.astimezone(UTC) + duration_of(text)).astimezone(zone)
    clock = _TIME.fullmatch(text)
    if clock is not None and before is not None:
        return _by_the_clock(clock, before, zone)
    try:
        return _in(datetime.fromisoformat(text), zone)
    except ValueError:
        how = "say it as '2026-03-23 09:20'" if before is None else _HOW
        raise PolicyConfigError("at", f"{text[:40]!r} is no time; {how}") from None


def _in(instant: datetime, zone: tzinfo) -> datetime:
    return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant.astimezone(zone)


def _by_the_clock(said: "re.Match[str]", before: datetime, zone: tzinfo) -> datetime:
    try:
        at = time(int(said["hour"]), int(said["minute"]))
    except ValueError:
        raise PolicyConfigError("at", f"{said[0]!r} is no time of the day; {_HOW}") from None
    found = datetime.combine(before.date(), at, zone)
    if said["day"] is None:
        return found
    days = [place for place, name in enumerate(_DAYS) if name.startswith(said["day"].lower())]
    if not days:
        raise PolicyConfigError("at", f"{said['day'][:40]!r} is no day of the week; {_HOW}")
    ahead = timedelta(days=(days[0] - before.weekday()) % 7)
    found = datetime.combine(before.date() + ahead, at, zone)
    later = found.replace(fold=1).astimezone(UTC) >= before.astimezone(UTC)
    return found if later else datetime.combine(found.date() + _WEEK, at, zone)
