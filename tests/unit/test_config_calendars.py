"""Calendars in process files: read with every fault at its place, written, hashed, and found by the limits."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import attrs
import jsonschema
import pytest

from supporttiers.calendars import WorkingHours
from supporttiers.calendars.holidays import ClosedDates
from supporttiers.config.country_holidays import country_holidays
from supporttiers.config.json_schema import json_schema
from supporttiers.errors import ProcessError
from supporttiers.limits import TimeLimit
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier

ACME = Path(__file__).parents[2] / "examples" / "acme.toml"
SCHEMA = jsonschema.Draft202012Validator(json_schema())
WEEK = {"mon-fri": ["09:00-12:30", "13:30-17:00"]}
OFFICE = WorkingHours(
    name="office",
    zone="Europe/London",
    week=WEEK,
    closed=["2026-12-25"],
    overrides={"2026-12-24": "09:00-12:00"},
    holidays=[ClosedDates(source="the town", first=2026, last=2026, dates=["2026-05-15"])],
)
TIERS = [Tier(level=1, name="First", escalates_to=[2], time_limit="15m"), Tier(level=2, name="Second")]


def data(**calendars):
    """Give the data of a process with calendars."""
    tiers = [{"level": 1, "name": "First"}]
    return {"process": {"name": "test"}, "tiers": tiers, "calendars": calendars}


def process(**fields):
    """Give a process of two tiers."""
    return SupportProcess(**{"name": "test", "tiers": TIERS} | fields)


def faults_of(build, *given, **fields):
    """Give the faults, as texts, that a process is refused with."""
    with pytest.raises(ProcessError) as caught:
        build(*given, **fields)
    return [str(fault) for fault in caught.value.faults]


# -- read and written


def test_calendar_of_a_file_is_that_of_python():
    """A file says what Python says, with the same names."""
    text = """
    process = { name = "test", calendar = "office" }
    tiers = [{ level = 1, name = "First" }]

    [calendars.office]
    zone = "Europe/London"
    week = { mon-fri = ["09:00-12:30", "13:30-17:00"] }
    closed = [2026-12-25]
    overrides = { 2026-12-24 = "09:00-12:00" }
    holidays = { source = "the town", first = 2026, last = 2026, dates = ["2026-05-15"] }
    """

    assert (OFFICE,) == SupportProcess.from_text(text).calendars


@pytest.mark.parametrize(
    "calendar",
    [
        OFFICE,
        WorkingHours(name="week only", week=WEEK),
        WorkingHours(name="one day", week={}, overrides={"2026-12-24": "22:00-06:00"}),
        attrs.evolve(OFFICE, name="two sets", holidays=[*OFFICE.holidays, *OFFICE.holidays]),
    ],
    ids=lambda calendar: calendar.name,
)
def test_calendar_comes_back_equal(calendar):
    """What a process writes is a valid file, and an equal process."""
    built = process(calendars=[calendar])
    written = built.to_data()

    SCHEMA.validate(written)
    assert built == SupportProcess.from_data(written) == SupportProcess.from_json(built.to_json())
    assert built.revision == SupportProcess.from_json(built.to_json()).revision


def test_calendar_is_written_as_a_file_has_it():
    """Hours by days, dates as texts; what is empty is left out."""
    bare = WorkingHours(name="bare", week={"sat": "10:00-12:00"})

    assert {
        "office": {
            "zone": "Europe/London",
            "week": {day: ["09:00-12:30", "13:30-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
            "closed": ["2026-12-25"],
            "overrides": {"2026-12-24": ["09:00-12:00"]},
            "holidays": [{"source": "the town", "first": 2026, "last": 2026, "dates": ["2026-05-15"]}],
        },
        "bare": {"zone": "UTC", "week": {"sat": ["10:00-12:00"]}},
    } == process(calendars=[OFFICE, bare]).to_data()["calendars"]
    assert "calendars" not in process().to_data()


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "bureau"},
        {"zone": "Europe/Dublin"},
        {"week": {"mon-fri": "09:00-17:00"}},
        {"closed": []},
        {"overrides": {}},
        {"holidays": []},
        {"holidays": [attrs.evolve(OFFICE.holidays[0], source="the town, next release")]},
    ],
    ids=str,
)
def test_calendar_is_part_of_the_revision(changed):
    """Another hour, date or source is another process."""
    assert process(calendars=[OFFICE]).revision != process(calendars=[attrs.evolve(OFFICE, **changed)]).revision


# -- refused, each fault at its place

NO_ZONE = "time zone 'Nowhere' is not known; give a name of the IANA time zone database, such as 'Europe/London'"
NO_DATE = "write it as '2026-12-25'"


@pytest.mark.parametrize(
    ("table", "faults"),
    [
        ("x", [": must be a table, not str"]),
        ({}, [".week: is missing; give the hours of each working day"]),
        ({"wek": {}}, [
            ".week: is missing; give the hours of each working day",
            ".wek: is not known here; did you mean 'week'? possible are: zone, week, closed, overrides, holidays",
        ]),
        ({"week": WEEK, "name": "x"},
         [".name: is not known here; possible are: zone, week, closed, overrides, holidays"]),
        ({"week": 5}, [".week: must be a table of hours by days of the week, not int"]),
        ({"week": {}}, [".week: has no working time; give at least one day some hours"]),
        ({"week": {"mon": "x"}, "zone": "Nowhere"}, [
            ".week.mon: 'x' are no hours; write '09:00-17:00', a list of such texts, or 'closed'",
            f".zone: {NO_ZONE}",
        ]),
        ({"week": {"mon-fri": "09:00-17:00", "fri": "09:00-12:00"}},
         [".week.fri: fri is named twice in the week; leave it out of one"]),
        ({"week": {"mon": "22:00-06:00", "tue": "05:00-06:00"}},
         [".week.mon: 22:00-06:00 overlaps 05:00-06:00 of tue; a shift belongs to the day on which it starts"]),
        ({"week": WEEK, "closed": "2026-12-25"}, [".closed: must be a list of dates, not str"]),
        ({"week": WEEK, "closed": ["2026-12-25", "soon", 5]}, [
            f".closed[1]: 'soon' is no date; {NO_DATE}",
            f".closed[2]: must be a date, not int; {NO_DATE}",
        ]),
        ({"week": WEEK, "overrides": []}, [".overrides: must be a table of hours by dates, not list"]),
        ({"week": WEEK, "overrides": {"2026-12-24": "x", "x": []}}, [
            ".overrides.2026-12-24: 'x' are no hours; write '09:00-17:00', a list of such texts, or 'closed'",
            f".overrides.x: 'x' is no date; {NO_DATE}",
        ]),
        ({"week": WEEK, "overrides": {"2026-12-24": []}, "closed": ["2026-12-24"]},
         [".overrides.2026-12-24: is also closed; leave it out of one"]),
        ({"week": WEEK, "holidays": "GB"}, [".holidays: must be a list of tables, not str"]),
        ({"week": WEEK, "holidays": ["GB"]}, [".holidays[0]: must be a table, not str"]),
        ({"week": WEEK, "holidays": {"source": "x"}}, [
            ".holidays.dates: is missing", ".holidays.first: is missing", ".holidays.last: is missing",
        ]),
        ({"week": WEEK, "holidays": {"source": "x", "first": 2026, "last": 2025, "dates": []}},
         [".holidays.last: is 2025, before the first year 2026"]),
        ({"week": WEEK, "holidays": {"country": "XX", "years": [2026]}},
         [".holidays.country: 'XX' is not known; possible are: ISO 3166 codes such as 'GB', 'DE', 'US'"]),
        ({"week": WEEK, "holidays": {"country": "GB"}}, [".holidays.years: has 0 years; possible are 1 to 50"]),
        ({"week": WEEK, "holidays": [{"country": "GB", "years": [2026], "land": "ENG"}]},
         [".holidays[0].land: is not known here; possible are: country, subdivision, years"]),
        ({"week": WEEK, "holidays": {"ics": 5}}, [".holidays.ics: must be the path of a file"]),
        ({"week": WEEK, "zone": "Nowhere", "holidays": {"ics": "town.ics"}},
         [f".zone: {NO_ZONE}"]),
    ],
    ids=str,
)  # fmt: skip
def test_calendar_that_cannot_be_read_is_refused(table, faults):
    """Each fault has its place in the file."""
    expected = [f"calendars.office{fault}" for fault in faults]

    assert sorted(expected) == sorted(faults_of(SupportProcess.from_data, data(office=table)))


@pytest.mark.parametrize(
    ("calendars", "fault"),
    [
        ({"24x7": {"week": WEEK}}, "calendars.24x7: '24x7' is built in; leave it out, or choose another name"),
        ({" ": {"week": WEEK}}, "calendars. : has a name that must not be empty"),
    ],
)
def test_calendar_with_a_name_that_cannot_be_is_refused(calendars, fault):
    """A name is what limits refer to."""
    assert [fault] == faults_of(SupportProcess.from_data, data(**calendars))


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"calendars": 5}, ["calendars: must be a collection of WorkingHours, not int"]),
        ({"calendars": ["office"], "calendar": "office"}, ["calendars[0]: must be a WorkingHours, not str"]),
        ({"calendars": [OFFICE, OFFICE]}, ["calendars[1].name: 'office' is taken by calendars[0]"]),
        ({"calendars": [WorkingHours.always()]},
         ["calendars[0].name: '24x7' is built in; leave it out, or choose another name"]),
        ({"calendars": [OFFICE], "calendar": "bureau"},
         ["process.calendar: 'bureau' is not known; possible are: 24x7, office"]),
        ({"tiers": [attrs.evolve(TIERS[0], calendar="bureau"), TIERS[1]]},
         ["tiers[0].calendar: 'bureau' is not known; possible are: 24x7"]),
        ({"calendars": [OFFICE], "limits": [TimeLimit(name="x", target="1h", calendar="bureau")]},
         ["limits[0].calendar: 'bureau' is not known; possible are: 24x7, office"]),
    ],
    ids=str,
)  # fmt: skip
def test_process_refuses_calendars_that_do_not_fit(fields, faults):
    """Names are unique and lead somewhere; one fault causes no others."""
    assert faults == faults_of(process, **fields)


def test_calendar_that_cannot_be_read_causes_no_other_faults():
    """Its name is known all the same."""
    broken = data(office={"week": {}})
    broken["process"]["calendar"] = "office"

    assert ["calendars.office.week: has no working time; give at least one day some hours"] == faults_of(
        SupportProcess.from_data, broken
    )
    broken["calendars"] = 5
    assert ["calendars: must be a table of calendars by their names, not int"] == faults_of(
        SupportProcess.from_data, broken
    )


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"week": 5},
        {"week": {"day": "09:00-17:00"}},
        {"week": {"mon": "noon"}},
        {"week": {"mon": ["noon"]}},
        {"week": WEEK, "zone": " "},
        {"week": WEEK, "closed": ["soon"]},
        {"week": WEEK, "overrides": {"soon": []}},
        {"week": WEEK, "holidays": {"source": "x"}},
        {"week": WEEK, "holidays": {"country": "GB"}},
        {"week": WEEK, "holidays": {"country": "GB", "years": [2026], "ics": "x"}},
        {"week": WEEK, "name": "x"},
    ],
    ids=str,
)
def test_schema_refuses_only_calendars_that_we_refuse(table):
    """Where the schema says no, so does the library."""
    assert not SCHEMA.is_valid(data(office=table))
    assert faults_of(SupportProcess.from_data, data(office=table))


@pytest.mark.parametrize(
    "table",
    [
        {"week": {"mon": "closed", "tue-thu, sat": ["9:00 - 12:00"]}},
        {"week": WEEK, "holidays": {"country": "GB", "years": [2026]}},
        {"week": WEEK, "holidays": [{"country": "GB", "subdivision": "ENG", "years": [2026, 2027]}]},
    ],
    ids=str,
)
def test_schema_takes_calendars_that_we_take(table):
    """An editor does not complain about what is right."""
    SCHEMA.validate(data(office=table))
    SupportProcess.from_data(data(office=table))


# -- used


def test_limit_measures_by_its_own_calendar_then_its_tiers_then_the_processes():
    """The nearest calendar counts; of a limit that is not known any more it is the process's."""
    named = {name: WorkingHours(name=name, week=WEEK) for name in ("own", "tiers", "processes")}
    built = process(
        calendars=named.values(),
        calendar="processes",
        tiers=[attrs.evolve(TIERS[0], calendar="tiers"), TIERS[1]],
        limits=[
            TimeLimit(name="own", target="1h", calendar="own"),
            TimeLimit(name="own of tier", target="1h", measures="tier", tier=1, calendar="24x7"),
            TimeLimit(name="of tier", target="1h", measures="tier", tier=1),
            TimeLimit(name="of other tier", target="1h", measures="tier", tier=2),
            TimeLimit(name="whole", target="1h"),
        ],
    )

    assert {
        "tier 1": "tiers",
        "own": "own",
        "own of tier": "24x7",
        "of tier": "tiers",
        "of other tier": "processes",
        "whole": "processes",
        "gone": "processes",
    } == {
        name: built.calendar_of(name).name
        for name in ("tier 1", "own", "own of tier", "of tier", "of other tier", "whole", "gone")
    }


def test_example_file_has_office_hours():
    """The published example is due in working time."""
    acme = SupportProcess.from_toml(ACME)
    office = acme.calendar_of("resolve")

    assert ("office", "Europe/London") == (office.name, office.zone)
    assert datetime(2026, 12, 29, 10, tzinfo=UTC) == office.add(
        datetime(2026, 12, 24, 11, tzinfo=UTC), timedelta(hours=2)
    )


# -- holidays that end


def test_country_of_a_file_is_expanded_to_dates():
    """What is kept are the dates and the release, and no rule."""
    [calendar] = SupportProcess.from_data(
        data(office={"week": WEEK, "holidays": {"country": "GB", "subdivision": "ENG", "years": [2026]}})
    ).calendars

    assert (country_holidays("GB", subdivision="ENG", years=[2026]),) == calendar.holidays
    assert date(2026, 12, 31) == calendar.horizon


def test_calendar_file_is_found_beside_the_process_file(tmp_path):
    """Its path leads on from the process file, wherever the process runs, and its days are by the calendar's zone."""
    (tmp_path / "town.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nDTSTART:20260515T233000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    file = tmp_path / "process.toml"
    file.write_text(
        "process = { name = 'test' }\ntiers = [{ level = 1, name = 'First' }]\n[calendars.office]\n"
        "zone = 'Europe/London'\nweek = { mon-fri = '09:00-17:00' }\nholidays = { ics = 'town.ics' }\n"
    )

    [calendar] = SupportProcess.from_toml(file).calendars

    assert (date(2026, 5, 16),) == calendar.holidays[0].dates


@pytest.mark.parametrize(
    ("now", "warned"),
    [
        (datetime(2026, 10, 2, tzinfo=UTC), False),
        (datetime(2026, 10, 3, tzinfo=UTC), True),
        (datetime(2028, 1, 1, tzinfo=UTC), True),
    ],
)
def test_process_warns_of_holidays_that_end(now, warned):
    """Within 90 days of the last date that is known, and ever after."""
    built = process(calendars=[OFFICE, WorkingHours(name="bare", week=WEEK)])
    text = (
        "calendars.office: the holidays of calendar 'office' (the town) end with 2026-12-31; later days count as usual"
    )

    assert [text] * warned == [str(found) for found in built.check(now=now) if found.code == "check.holidays_end"]


def test_stored_process_expands_nothing_anew():
    """What a store kept are dates."""
    built = SupportProcess.from_data(data(office={"week": WEEK, "holidays": {"country": "GB", "years": [2026]}}))

    stored = json.loads(built.to_json())["calendars"]["office"]["holidays"]

    assert [["dates", "first", "last", "source"]] == [sorted(known) for known in stored]
