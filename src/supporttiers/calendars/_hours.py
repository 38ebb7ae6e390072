"""Working hours as they are written: days of the week, intervals of a day, dates, zones."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final, NamedTuple

from supporttiers._fields import OF_THE_MACHINE, name, nearest, tuple_of, type_name
from supporttiers.errors import PolicyConfigError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT: Final = 24 * 60

_CLOSED: Final = "closed"

_SPAN: Final = r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*"
_HOW_HOURS: Final = "write '09:00-17:00', a list of such texts, or 'closed'"
_HOW_DAYS: Final = f"possible are {', '.join(DAYS)}, ranges such as 'mon-fri', and several of them: 'sat,sun'"
_DATE: Final = r"\d{4}-\d{2}-\d{2}"
_HOW_DATE: Final = "write it as '2026-12-25'"


class Span(NamedTuple):
    """A half-open interval of a day in minutes after its midnight; beyond 1440 it reaches into the next day."""

    start: int
    end: int


# -- one day


def spans_of(hours: object, field: str) -> tuple[str, ...]:
    """
    Read the hours of one day.

    Returns:
        The intervals in order, each as `09:00-17:00`; empty where the day is closed.

    Raises:
        PolicyConfigError: It is no such text or list of them, or two of them overlap.
    """
    texts = () if hours == _CLOSED else (hours,) if isinstance(hours, str) else tuple_of(hours)
    if not isinstance(texts, tuple):
        raise PolicyConfigError(field, f"must be hours, not {type_name(hours)}; {_HOW_HOURS}")
    found = sorted(_span(text, field) for text in texts)
    for place, span in enumerate(found[1:]):
        if span.start < found[place].end:
            raise PolicyConfigError(field, f"{_text(found[place])} and {_text(span)} overlap; join them, or part them")
    return tuple(_text(span) for span in found)


def spans(texts: Sequence[str]) -> tuple[Span, ...]:
    """Give the intervals of a day that `spans_of` has read."""
    return tuple(_span(text, "hours") for text in texts)


def _span(text: object, field: str) -> Span:
    if not isinstance(text, str):
        raise PolicyConfigError(field, f"must be hours, not {type_name(text)}; {_HOW_HOURS}")
    found = re.fullmatch(_SPAN, text, re.ASCII)
    if not found:
        raise PolicyConfigError(field, f"{text[:40]!r} are no hours; {_HOW_HOURS}")
    start, end = _minutes(found[1], found[2]), _minutes(found[3], found[4])
    if start is None or end is None or start == MIDNIGHT:
        problem = "has no such time of day; a day begins at 00:00 and ends at 24:00"
        raise PolicyConfigError(field, f"{text[:40]!r} {problem}")
    if start == end:
        raise PolicyConfigError(field, f"{text[:40]!r} begins where it ends; a whole day is '00:00-24:00'")
    return Span(start, end if end > start else end + MIDNIGHT)


def _minutes(hour: str, minute: str) -> int | None:
    minutes = int(hour) * 60 + int(minute)
    return minutes if int(minute) < 60 and minutes <= MIDNIGHT else None  # noqa: PLR2004 - minutes of an hour


def _text(span: Span) -> str:
    end = span.end if span.end <= MIDNIGHT else span.end - MIDNIGHT
    return f"{span.start // 60:02}:{span.start % 60:02}-{end // 60:02}:{end % 60:02}"


# -- the week


def week_of(week: object, field: str) -> object:
    """
    Read the hours of a week.

    Returns:
        The hours of every day that has some, by its name, from Monday on; what is no table is left for the validator.

    Raises:
        PolicyConfigError: A key names no days, a day is named twice, or its hours cannot be read.
    """
    if not isinstance(week, Mapping):
        return week
    found: dict[str, tuple[str, ...]] = {}
    for key, hours in week.items():
        where = f"{field}.{_shown(key)}"
        for day in _days(key, where):
            if day in found:
                raise PolicyConfigError(where, f"{day} is named twice in the week; leave it out of one")
            found[day] = spans_of(hours, where)
    return {day: found[day] for day in DAYS if found.get(day)}


def _shown(key: object) -> str:
    return key if isinstance(key, str) and not name(key) else "?"


def _days(key: object, field: str) -> Iterator[str]:
    if not isinstance(key, str):
        raise PolicyConfigError(field, f"a day is a text, not {type_name(key)}; {_HOW_DAYS}")
    for part in key.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise PolicyConfigError(field, f"{part.strip()[:40]!r} names no days; {_HOW_DAYS}")
        start = DAYS.index(first)
        length = (DAYS.index(last) - start) % len(DAYS) if dash else 0
        yield from ((DAYS * 2)[start : start + length + 1])


def clash_of_week(week: Mapping[str, tuple[str, ...]]) -> tuple[str, str] | None:
    """Find a shift that reaches into the next day's first one: the day, and what is wrong."""
    for place, day in enumerate(DAYS):
        following = DAYS[(place + 1) % len(DAYS)]
        problem = clash(week.get(day, ()), week.get(following, ()), following)
        if problem:
            return day, problem
    return None


def clash(hours: tuple[str, ...], following: tuple[str, ...], what: object) -> str | None:
    """Say that the last shift of a day overlaps the first one of the day after it."""
    if not hours or not following:
        return None
    last, first = spans(hours[-1:])[0], spans(following[:1])[0]
    if last.end - MIDNIGHT <= first.start:
        return None
    return f"{_text(last)} overlaps {_text(first)} of {what}; a shift belongs to the day on which it starts"


# -- dates


def date_of(value: object, field: str) -> date:
    """
    Read a date.

    Raises:
        PolicyConfigError: It is neither a date nor a text such as `2026-12-25`.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PolicyConfigError(field, f"must be a date, not {type_name(value)}; {_HOW_DATE}")
    try:
        if re.fullmatch(_DATE, value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:  # no such day
        pass
    raise PolicyConfigError(field, f"{value[:40]!r} is no date; {_HOW_DATE}")


def dates_of(values: object, field: str) -> object:
    """Read a collection of dates, sorted and each once; what is no collection is left for the validator."""
    items = tuple_of(values)
    if not isinstance(items, tuple):
        return items
    return tuple(sorted({date_of(item, field) for item in items}))


def overrides_of(values: object, field: str) -> object:
    """Read the hours of single dates; what is no table is left for the validator."""
    if not isinstance(values, Mapping):
        return values
    found: dict[date, tuple[str, ...]] = {}
    for key, hours in values.items():
        where = f"{field}.{str(key)[:40]}"
        day = date_of(key, where)
        if day in found:
            raise PolicyConfigError(where, "is named twice; leave one out")
        found[day] = spans_of(hours, where)
    return dict(sorted(found.items()))


# -- zones


def zone_of(key: Any) -> tzinfo:  # noqa: ANN401 - it may be anything
    """
    Find a time zone.

    Raises:
        PolicyConfigError: There is none of this name.
    """
    if key == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - a process that only knows 24x7 does without

    try:
        if key not in OF_THE_MACHINE:
            return ZoneInfo(key)
    except (KeyError, ValueError, OSError):
        pass
    raise PolicyConfigError("WorkingHours.zone", _no_zone(key))


def _no_zone(key: str) -> str:
    from zoneinfo import available_timezones  # noqa: PLC0415 - only for a mistake

    known = available_timezones() - OF_THE_MACHINE
    if not known:
        return f"no time zones are known on this machine; install the package tzdata to use {key[:40]!r}"
    near = nearest(key, known)
    hint = f"did you mean {near!r}?" if near else "give a name of the IANA time zone database, such as 'Europe/London'"
    return f"time zone {key[:40]!r} is not known; {hint}"
