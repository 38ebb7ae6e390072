"""A country's public holidays as dates; the only file that knows the package `holidays`."""

from collections.abc import Iterable

from supporttiers import _fields as fields
from supporttiers.calendars.holidays import ClosedDates
from supporttiers.config._years import no_extra, years_of
from supporttiers.errors import PolicyConfigError


def country_holidays(country: str, *, subdivision: str | None = None, years: Iterable[int]) -> ClosedDates:
    """
    Give the public holidays of a country, substitute days included.

    What the package knows changes with its releases, so the dates are fixed here, and say from which release they are.

    Args:
        country: Its ISO 3166-1 code: `GB`.
        subdivision: Of the country, where holidays differ: `ENG`.
        years: Without a gap, at most 50.

    Raises:
        PolicyConfigError: The package `holidays` (the extra `calendars`) is missing, or does not know these.

    .. versionadded:: 0.1.0
    """
    for field, word in (("country", country), ("subdivision", subdivision)):
        if word is not None and (problem := fields.name(word)):
            raise PolicyConfigError(field, problem)
    wanted = years_of(years)
    from importlib.metadata import version  # noqa: PLC0415 - only where it is needed: it loads much

    try:
        import holidays  # noqa: PLC0415 - an extra
    except ImportError:
        no_extra("country", "holidays")
    known = holidays.list_supported_countries(include_aliases=False)
    _check("country", country, known)
    if subdivision is not None:
        _check("subdivision", subdivision, known[country])
    found = holidays.country_holidays(country, subdiv=subdivision, years=wanted, expand=False)
    dates = [day for day in found if day.year in wanted]
    if not dates:
        raise PolicyConfigError("years", f"no holidays of {country} are known in {wanted[0]} to {wanted[-1]}")
    place = country if subdivision is None else f"{country}-{subdivision}"
    source = f"{place}, holidays {version('holidays')}"
    return ClosedDates(source=source, first=wanted[0], last=wanted[-1], dates=dates)


def _check(field: str, word: str, known: Iterable[str]) -> None:
    possible = sorted(known)
    if word in possible:
        return
    near = fields.nearest(word.upper(), possible)
    listed = ", ".join(possible) if len(possible) < 30 else "ISO 3166 codes such as 'GB', 'DE', 'US'"  # noqa: PLR2004
    hint = f"did you mean {near!r}? " if near else ""
    raise PolicyConfigError(field, f"{word[:40]!r} is not known; {hint}possible are: {listed or 'none'}")
