"""Whole days on which nobody works, with where they came from and how far they reach."""

from datetime import date
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, part
from supporttiers.calendars._hours import dates_of
from supporttiers.errors import PolicyConfigError

MOST_DATES: Final = 5000
_year = part(at_least(1, 9999))


def _dates(values: object) -> object:
    return dates_of(values, "ClosedDates.dates")


def _check_dates(value: object) -> str | None:
    if not isinstance(value, tuple):
        return f"must be a collection of dates, not {fields.type_name(value)}"
    return f"has {len(value)} dates; at most {MOST_DATES} are possible" if len(value) > MOST_DATES else None


@attrs.frozen(kw_only=True)
class ClosedDates:
    """
    Dates that somebody else has written down: a country's holidays, or a calendar file.

    They are dates and no rules, so that a process says the same on every machine and with every release of what they
    were taken from. Of a year that they do not cover nothing is known.

    >>> ClosedDates(source="the works council", first=2026, last=2026, dates=["2026-05-15"]).dates
    (datetime.date(2026, 5, 15),)

    Attributes:
        source: Where they were taken from, with its release.
        first: The first year that they cover.
        last: The last year that they cover.
        dates: In order, each once; all of them in these years.

    .. versionadded:: 0.1.0
    """

    source: str = attrs.field(validator=part(fields.name))
    first: int = attrs.field(validator=_year)
    last: int = attrs.field(validator=_year)
    dates: tuple[date, ...] = attrs.field(converter=_dates, validator=part(_check_dates))

    @property
    def until(self) -> date:
        """The last date that they cover."""
        return date(self.last, 12, 31)

    def __attrs_post_init__(self) -> None:
        """Check that the years hold the dates."""
        if self.last < self.first:
            raise PolicyConfigError("ClosedDates.last", f"is {self.last}, before the first year {self.first}")
        for day in self.dates:
            if not self.first <= day.year <= self.last:
                problem = f"{day} lies outside the years {self.first} to {self.last}"
                raise PolicyConfigError("ClosedDates.dates", problem)
