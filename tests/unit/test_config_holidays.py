"""Holidays from outside: a country's, by the package `holidays`, and those of a calendar file, by `icalendar`."""

import sys
from datetime import date
from importlib.metadata import version

import pytest

from supporttiers.config.country_holidays import country_holidays
from supporttiers.config.ics_files import ics_dates
from supporttiers.errors import PolicyConfigError


@pytest.fixture
def ics(tmp_path):
    """Write a calendar file of events, each a text of lines."""

    def write(*events, name="town.ics"):
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
        for number, event in enumerate(events):
            lines += ["BEGIN:VEVENT", f"UID:{number}", *event.split(), "END:VEVENT"]
        path = tmp_path / name
        path.write_bytes("\r\n".join([*lines, "END:VCALENDAR", ""]).encode())
        return path

    return write


def days(*texts):
    """Give dates."""
    return tuple(map(date.fromisoformat, texts))


def test_country_holidays_are_dates_with_their_source():
    """England's of 2026, with the substitute day of Boxing Day."""
    found = country_holidays("GB", subdivision="ENG", years=[2026])

    assert (f"GB-ENG, holidays {version('holidays')}", 2026, 2026) == (found.source, found.first, found.last)
    assert days(
        "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31", "2026-12-25", "2026-12-26",
        "2026-12-28",
    ) == found.dates  # fmt: skip


def test_country_without_subdivision_has_the_years_that_were_asked_for():
    """Years may come in any order, and twice."""
    found = country_holidays("DE", years=(2027, 2026, 2027))

    assert (f"DE, holidays {version('holidays')}", 2026, 2027) == (found.source, found.first, found.last)
    assert {2026, 2027} == {day.year for day in found.dates}


CODES = "possible are: ISO 3166 codes such as 'GB', 'DE', 'US'"


@pytest.mark.parametrize(
    ("country", "subdivision", "years", "text"),
    [
        ("", None, [2026], "country: must not be empty"),
        ("gb", None, [2026], f"country: 'gb' is not known; did you mean 'GB'? {CODES}"),
        ("GB", "", [2026], "subdivision: must not be empty"),
        (
            "GB",
            "England",
            [2026],
            "subdivision: 'England' is not known; did you mean 'ENG'? possible are: ENG, NIR, SCT, WLS",
        ),
        ("SG", "XX", [2026], "subdivision: 'XX' is not known; possible are: none"),
        ("GB", None, 2026, "years: must be a list of years such as [2026, 2027], not int"),
        ("GB", None, ["2026"], "years: must be a whole number (1970 to 2200), not str"),
        ("GB", None, [1969], "years: is 1969; possible is 1970 to 2200"),
        ("GB", None, [], "years: has 0 years; possible are 1 to 50"),
        ("GB", None, range(2000, 2051), "years: has 51 years; possible are 1 to 50"),
        ("GB", None, [2025, 2027], "years: leaves out 2026; of a year between others nothing would be known"),
        ("SS", None, [1970], "years: no holidays of SS are known in 1970 to 1970"),
    ],
)  # fmt: skip
def test_country_holidays_that_are_not_known_are_refused(country, subdivision, years, text):
    """Nothing is silently taken for a country without holidays."""
    with pytest.raises(PolicyConfigError) as caught:
        country_holidays(country, subdivision=subdivision, years=years)

    assert text == str(caught.value)


@pytest.mark.parametrize(
    ("ask", "package", "field"),
    [
        (lambda _path: country_holidays("GB", years=[2026]), "holidays", "country"),
        (ics_dates, "icalendar", "ics"),
    ],
    ids=["holidays", "icalendar"],
)
def test_missing_extra_is_named(monkeypatch, ics, ask, package, field):
    """Whoever lacks the package hears how to get it."""
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(PolicyConfigError) as caught:
        ask(ics("DTSTART;VALUE=DATE:20260515"))

    said = f"needs the package {package}; install it with: pip install 'supporttiers[calendars]'"
    assert f"{field}: {said}" == str(caught.value)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART;VALUE=DATE:20260515", ["2026-05-15"]),
        ("DTSTART;VALUE=DATE:20260515 DTEND;VALUE=DATE:20260517", ["2026-05-15", "2026-05-16"]),
        ("DTSTART;VALUE=DATE:20260515 DURATION:P2D", ["2026-05-15", "2026-05-16"]),
        # with times: each local date that is touched; London is an hour ahead of UTC in May
        ("DTSTART:20260515T120000Z DTEND:20260515T130000Z", ["2026-05-15"]),
        ("DTSTART:20260515T223000Z DTEND:20260515T230000Z", ["2026-05-15"]),
        ("DTSTART:20260515T223000Z DTEND:20260515T230001Z", ["2026-05-15", "2026-05-16"]),
        ("DTSTART;TZID=America/New_York:20260515T200000 DURATION:PT1H", ["2026-05-16"]),
        ("DTSTART:20260515T233000 DTEND:20260516T003000", ["2026-05-15", "2026-05-16"]),
        # every year
        ("DTSTART;VALUE=DATE:20251225 RRULE:FREQ=YEARLY;COUNT=2", ["2025-12-25", "2026-12-25"]),
        ("DTSTART;VALUE=DATE:20251225 RRULE:FREQ=YEARLY;INTERVAL=2;COUNT=2", ["2025-12-25", "2027-12-25"]),
        ("DTSTART;VALUE=DATE:20251225 RRULE:FREQ=YEARLY;UNTIL=20261225", ["2025-12-25", "2026-12-25"]),
        ("DTSTART;VALUE=DATE:20251225 RRULE:FREQ=YEARLY;UNTIL=20261224", ["2025-12-25"]),
        (
            "DTSTART:20251225T120000Z RRULE:FREQ=YEARLY;UNTIL=20261225T120000Z",
            ["2025-12-25", "2026-12-25"],
        ),
        ("DTSTART;VALUE=DATE:20240229 RRULE:FREQ=YEARLY;COUNT=2", ["2024-02-29", "2028-02-29"]),
    ],
)
def test_event_gives_its_dates(ics, event, expected):
    """All day, with times, and every year."""
    found = ics_dates(ics(event), zone="Europe/London")

    assert days(*expected) == found.dates
    assert (found.dates[0].year, found.dates[-1].year) == (found.first, found.last)
    assert f"town.ics, icalendar {version('icalendar')}" == found.source


def test_years_bound_what_is_taken(ics):
    """An event without an end comes back as far as is asked, and an event over New Year keeps its days."""
    path = ics(
        "DTSTART;VALUE=DATE:20241231 DTEND;VALUE=DATE:20250102 RRULE:FREQ=YEARLY",
        "DTSTART;VALUE=DATE:20240515",
        "DTSTART;VALUE=DATE:20260515 STATUS:CANCELLED",
    )

    found = ics_dates(path, years=[2026, 2027])

    assert days("2026-01-01", "2026-12-31", "2027-01-01", "2027-12-31") == found.dates
    assert (2026, 2027) == (found.first, found.last)


REPEATS = "repeats by a rule that is not known here; FREQ=YEARLY with INTERVAL, COUNT and UNTIL is"


@pytest.mark.parametrize(
    ("events", "text"),
    [
        (["DTSTART;VALUE=DATE:20251225 RRULE:FREQ=YEARLY"],
         "years: is missing; the event of 2025-12-25 comes back every year without an end"),
        (["DTSTART;VALUE=DATE:20251225 RRULE:FREQ=WEEKLY;COUNT=2"],
         f"ics: the event of 2025-12-25 {REPEATS}, or write the dates themselves"),
        (["DTSTART;VALUE=DATE:20251225 RRULE:FREQ=YEARLY;BYDAY=1MO;COUNT=2"],
         f"ics: the event of 2025-12-25 {REPEATS}, or write the dates themselves"),
        (["DTSTART;VALUE=DATE:20251225 RRULE:FREQ=YEARLY;COUNT=2 RRULE:FREQ=YEARLY;COUNT=3"],
         f"ics: the event of 2025-12-25 {REPEATS}, or write the dates themselves"),
        (["DTSTART;VALUE=DATE:20251225 RDATE;VALUE=DATE:20261225"],
         "ics: the event of 2025-12-25 has RDATE, which is not known here; write the dates themselves"),
        (["DTSTART;VALUE=DATE:20251225 DTEND;VALUE=DATE:20271225"],
         "ics: the event of 2025-12-25 lasts 730 days; possible are 1 to 366"),
        (["SUMMARY:nothing"], "ics: the file is no calendar: No DTSTART given."),
        ([], "ics: the file has no dates"),
        (["DTSTART;VALUE=DATE:20260515"] * 5001, "ics: the file has 5001 events; at most 5000 are possible"),
    ],
    ids=lambda value: str(value)[:80],
)  # fmt: skip
def test_calendar_file_that_cannot_be_used_is_refused(ics, events, text):
    """What is not known is said, and not left out."""
    with pytest.raises(PolicyConfigError) as caught:
        ics_dates(ics(*events))

    assert text == str(caught.value)


def test_calendar_file_without_dates_in_the_years_is_refused(ics):
    """A file for another year is a mistake."""
    with pytest.raises(PolicyConfigError, match="ics: the file has no dates in these years"):
        ics_dates(ics("DTSTART;VALUE=DATE:20260515"), years=[2030])


def test_calendar_file_that_cannot_be_read_is_refused(tmp_path):
    """Missing, too large, or something else altogether."""
    large, other = tmp_path / "large.ics", tmp_path / "other.ics"
    large.write_bytes(b"x" * (1024 * 1024 + 1))
    other.write_bytes(b"\xff\xfe no calendar")

    for path, text in (
        (tmp_path / "no.ics", "ics: the file cannot be read: No such file or directory"),
        ("nul\0.ics", "ics: the file cannot be read: embedded null byte"),
        (large, "ics: the file is larger than 1048576 bytes"),
        (other, "ics: the file is no calendar"),
        (None, "ics: must be the path of a file"),
    ):
        with pytest.raises(PolicyConfigError, match=text):
            ics_dates(path)


def test_calendar_file_in_an_unknown_zone_is_refused(ics):
    """The zone is the caller's."""
    with pytest.raises(PolicyConfigError, match="time zone 'Nowhere' is not known"):
        ics_dates(ics("DTSTART;VALUE=DATE:20260515"), zone="Nowhere")
