"""Dates from a calendar file (iCalendar, RFC 5545); the only file that knows the package `icalendar`."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from os import PathLike
from pathlib import Path
from typing import Any, Final

from supporttiers.calendars._hours import zone_of
from supporttiers.calendars.holidays import ClosedDates
from supporttiers.config._years import no_extra, years_of
from supporttiers.errors import PolicyConfigError

MAX_BYTES: Final = 1024 * 1024
MOST_DAYS: Final = 366
MOST_EVENTS: Final = 5000

_DAY: Final = timedelta(days=1)
_RULE_PARTS: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL"})


def ics_dates(path: "str | PathLike[str]", *, years: Iterable[int] | None = None, zone: str = "UTC") -> ClosedDates:
    """
    Give the dates of every event of a calendar file.

    An event that lasts all day counts with each of its days, one with times with each local date that it touches.
    Cancelled events do not count. Of rules of repetition only yearly ones are known.

    Args:
        path: Of the file, at most 1 MiB.
        years: Which years to take, without a gap; needed where an event comes back every year without an end. All years
            from the first event to the last, when left out.
        zone: In whose local dates events with times are meant.

    Raises:
        PolicyConfigError: The package `icalendar` (the extra `calendars`) is missing, or the file cannot be used.

    .. versionadded:: 0.1.0
    """
    wanted = None if years is None else years_of(years)
    there = zone_of(zone)
    if not isinstance(path, str | PathLike):
        raise PolicyConfigError("ics", "must be the path of a file")
    from importlib.metadata import version  # noqa: PLC0415 - only where it is needed: it loads much

    raw = _read(Path(path))
    try:
        import icalendar  # noqa: PLC0415 - an extra
    except ImportError:
        no_extra("ics", "icalendar")
    try:
        events = icalendar.Calendar.from_ical(raw).walk("VEVENT")
        found = {day for event in events[: MOST_EVENTS + 1] for day in _days(event, there, wanted)}
    except (ValueError, TypeError, OverflowError) as error:
        if isinstance(error, PolicyConfigError):
            raise
        raise PolicyConfigError("ics", f"the file is no calendar: {str(error)[:200]}") from None
    if len(events) > MOST_EVENTS:
        raise PolicyConfigError("ics", f"the file has {len(events)} events; at most {MOST_EVENTS} are possible")
    if not found:
        raise PolicyConfigError(
            "ics", "the file has no dates" if wanted is None else "the file has no dates in these years"
        )
    first, last = (min(found).year, max(found).year) if wanted is None else (wanted[0], wanted[-1])
    source = f"{Path(path).name}, icalendar {version('icalendar')}"
    return ClosedDates(source=source, first=first, last=last, dates=found)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PolicyConfigError("ics", f"the file cannot be read: {reason}") from None
    if len(raw) > MAX_BYTES:
        raise PolicyConfigError("ics", f"the file is larger than {MAX_BYTES} bytes (1 MiB)")
    return raw


def _days(event: Any, zone: tzinfo, years: tuple[int, ...] | None) -> Iterator[date]:  # noqa: ANN401 - of an extra
    """Give every local date of an event."""
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return
    for word in ("RDATE", "EXDATE", "RECURRENCE-ID", "EXRULE"):
        if word in event:
            raise _unusable(event, f"has {word}, which is not known here; write the dates themselves")
    first, last = _first_and_last(event.start, event.end, zone)
    length = (last - first).days
    if not 0 <= length <= MOST_DAYS:
        raise _unusable(event, f"lasts {length + 1} days; possible are 1 to {MOST_DAYS}")
    for start in _starts(event, first, zone, years):
        for number in range(length + 1):
            day = start + number * _DAY
            if years is None or day.year in years:
                yield day


def _first_and_last(start: date, end: date, zone: tzinfo) -> tuple[date, date]:
    """Give the first and the last date of an event; its end does not belong to it, unless it has no length."""
    if not isinstance(start, datetime):
        return start, max(start, end - _DAY)
    local_start, local_end = (_local(at, zone) for at in (start, end))
    return local_start.date(), max(local_start, local_end - datetime.resolution).date()


def _local(at: Any, zone: tzinfo) -> datetime:  # noqa: ANN401 - of an extra
    """Give the local time; what has no zone of its own is local everywhere."""
    there: datetime = at if at.tzinfo is None else at.astimezone(zone)
    return there.replace(tzinfo=None)


def _starts(event: Any, first: date, zone: tzinfo, years: tuple[int, ...] | None) -> Iterator[date]:  # noqa: ANN401
    """Give the first date of an event, and of each of its yearly repetitions."""
    rule = event.get("RRULE")
    if rule is None:
        yield first
        return
    parts = {key.upper(): value for key, value in dict(rule).items()} if not isinstance(rule, list) else {}
    if parts.get("FREQ") != ["YEARLY"] or not parts.keys() <= _RULE_PARTS:
        problem = "repeats by a rule that is not known here; FREQ=YEARLY with INTERVAL, COUNT and UNTIL is"
        raise _unusable(event, f"{problem}, or write the dates themselves")
    until, count = _until(parts, zone), parts.get("COUNT", [None])[0]
    if until is None and count is None and years is None:
        raise PolicyConfigError("years", f"is missing; {_name(event)} comes back every year without an end")
    yield from _yearly(first, parts.get("INTERVAL", [1])[0], count, until or date(years[-1] if years else 9999, 12, 31))


def _until(parts: dict[str, list[Any]], zone: tzinfo) -> date | None:
    if "UNTIL" not in parts:
        return None
    until = parts["UNTIL"][0]
    return _local(until, zone).date() if isinstance(until, datetime) else until


def _yearly(first: date, interval: int, count: int | None, until: date) -> Iterator[date]:
    """Give the day in each year that has it: 29 February is left out of the others, as RFC 5545 says."""
    given = 0
    for year in range(first.year, min(until.year, 9999) + 1, max(1, interval)):
        try:
            day = first.replace(year=year)
        except ValueError:
            continue
        if day > until or given == count:
            return
        given += 1
        yield day


def _unusable(event: Any, problem: str) -> PolicyConfigError:  # noqa: ANN401 - of an extra
    return PolicyConfigError("ics", f"{_name(event)} {problem}")


def _name(event: Any) -> str:  # noqa: ANN401 - of an extra
    start = event.get("DTSTART")
    return f"the event of {getattr(start, 'dt', '?')}"
