"""
Targets in days, which working time cannot say: a day of work and a day of the calendar differ, and so do their hours.

Each is a value of its own; `WorkingHours.after` gives the instant at which it is due.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, duration_of, duration_text, part
from supporttiers.errors import PolicyConfigError

MOST_DAYS: Final = 3660
_count = part(at_least(1, MOST_DAYS))


@attrs.frozen
class BusinessDays:
    """
    So many working days later, at the same time of day.

    >>> str(BusinessDays(2))
    '2 business days'

    Attributes:
        count: How many, from 1 on.

    .. versionadded:: 0.1.0
    """

    count: int = attrs.field(validator=_count)

    def __str__(self) -> str:
        """Write it as in a process file."""
        return f"{self.count} business {_days(self.count)}"


@attrs.frozen
class CalendarDays:
    """
    So many days of the calendar later, at the same time of day, working or not.

    >>> str(CalendarDays(1))
    '1 calendar day'

    Attributes:
        count: How many, from 1 on.

    .. versionadded:: 0.1.0
    """

    count: int = attrs.field(validator=_count)

    def __str__(self) -> str:
        """Write it as in a process file."""
        return f"{self.count} calendar {_days(self.count)}"


@attrs.frozen
class UntilClose:
    """
    The close of a working day: 1 is the present one, or the next where it is over.

    >>> str(UntilClose(1)), str(UntilClose(2))
    ('until close', 'until close of business day 2')

    Attributes:
        count: Of which working day, from 1 on.

    .. versionadded:: 0.1.0
    """

    count: int = attrs.field(default=1, validator=_count)

    def __str__(self) -> str:
        """Write it as in a process file."""
        return "until close" if self.count == 1 else f"until close of business day {self.count}"


Target = timedelta | BusinessDays | CalendarDays | UntilClose
"""Working time, or one of the three."""


def business_days(count: int) -> BusinessDays:
    """
    Say so many working days later, at the same time of day.

    A case that arrives on Monday at 14:00 is due on Tuesday at 14:00 with one business day. One that arrives outside
    working hours counts from the next opening. Where the last day is closed at that time of day, the case is due when
    it opens (in the morning, or after the lunch break), or at its last close where it does not open again: always on
    that day.

    Args:
        count: How many, from 1 on.

    Source: rules 14 and 15 of docs/explanation/time.md.

    .. versionadded:: 0.1.0
    """
    return BusinessDays(count)


def calendar_days(count: int) -> CalendarDays:
    """
    Say so many days of the calendar later, at the same local time, working or not.

    A case that arrives on Friday at 14:00 is due on Saturday at 14:00 with one calendar day.

    Args:
        count: How many, from 1 on.

    Source: rule 14 of docs/explanation/time.md.

    .. versionadded:: 0.1.0
    """
    return CalendarDays(count)


def until_close(count: int = 1) -> UntilClose:
    """
    Say the close of a working day.

    A case that arrives on Monday at 14:00 is due at Monday's close. So is one that arrives before Monday's opening. One
    that arrives at the very close, or later, is due at the close of the next working day. A day's close is the end of
    its last interval; with 2 it is that of the working day after.

    Args:
        count: Of which working day, from 1 on.

    Source: rule 14 of docs/explanation/time.md.

    .. versionadded:: 0.1.0
    """
    return UntilClose(count)


def _days(count: int) -> str:
    return "day" if count == 1 else "days"


# -- as texts

_READERS: Final[tuple[tuple[str, Callable[[int], BusinessDays | CalendarDays | UntilClose]], ...]] = (
    (r"(\d{1,9}) business days?", BusinessDays),
    (r"(\d{1,9}) calendar days?", CalendarDays),
    (r"until close(?: of business day (\d{1,9}))?", UntilClose),
)
_DAYS: Final = r"(\d{1,9}) ?(?:d|days?|working days?|workdays?)"
_POSSIBLE: Final = "possible are working time ('8h'), '2 business days', '2 calendar days' and 'until close'"


def target_of(value: object) -> Target:
    """
    Read a target.

    Args:
        value: A target, or a text: `8h` of working time, `2 business days`, `3 calendar days`, `until close` or
            `until close of business day 2`.

    Raises:
        PolicyConfigError: It is none. Bare days are refused: a day of work and a day of the calendar differ.

    >>> target_of("2 business days")
    BusinessDays(count=2)
    >>> target_of("8h")
    datetime.timedelta(seconds=28800)
    """
    if isinstance(value, Target):
        return value
    if not isinstance(value, str):
        raise PolicyConfigError("target", f"must be a text or a timedelta, not {fields.type_name(value)}; {_POSSIBLE}")
    text = value.strip()
    for pattern, kind in _READERS:
        if found := re.fullmatch(pattern, text, re.ASCII):
            return kind(int(found[1] or 1))
    if re.fullmatch(_DAYS, text, re.ASCII):
        said = f"{text!r} may mean days of work or of the calendar, which differ"
        raise PolicyConfigError("target", f"{said}; {_POSSIBLE}")
    try:
        return duration_of(text)
    except PolicyConfigError:
        raise PolicyConfigError("target", f"{text[:40]!r} is no target; {_POSSIBLE}") from None


def target_text(target: Target) -> str:
    """
    Write a target as a process file has it.

    >>> target_text(until_close(2))
    'until close of business day 2'
    """
    return duration_text(target) if isinstance(target, timedelta) else str(target)
