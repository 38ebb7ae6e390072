"""The years for which holidays are wanted."""

from typing import Final, NoReturn

from supporttiers._fields import at_least, tuple_of, type_name
from supporttiers.errors import PolicyConfigError

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200
MOST_YEARS: Final = 50

_year = at_least(FIRST_YEAR, LAST_YEAR)


def years_of(values: object) -> tuple[int, ...]:
    """
    Read years.

    Returns:
        In order, without a gap.

    Raises:
        PolicyConfigError: They are no such years.
    """
    items = tuple_of(values)
    if not isinstance(items, tuple):
        raise PolicyConfigError("years", f"must be a list of years such as [2026, 2027], not {type_name(values)}")
    for item in items:
        if problem := _year(item):
            raise PolicyConfigError("years", problem)
    years = tuple(sorted(set(items)))
    if not 0 < len(years) <= MOST_YEARS:
        raise PolicyConfigError("years", f"has {len(years)} years; possible are 1 to {MOST_YEARS}")
    if years[-1] - years[0] != len(years) - 1:
        missing = next(year for year in range(years[0], years[-1]) if year not in years)
        raise PolicyConfigError("years", f"leaves out {missing}; of a year between others nothing would be known")
    return years


def no_extra(field: str, package: str) -> NoReturn:
    """Say which extra is missing."""
    problem = f"needs the package {package}; install it with: pip install 'supporttiers[calendars]'"
    raise PolicyConfigError(field, problem) from None
