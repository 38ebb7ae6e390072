"""Calendars in process files: tables to `WorkingHours` and back."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import type_name
from supporttiers.calendars import ALWAYS_OPEN, WorkingHours
from supporttiers.calendars.holidays import ClosedDates
from supporttiers.config.files import joined
from supporttiers.config.writing import data_from
from supporttiers.errors import PolicyConfigError

KEYS: Final = ("zone", "week", "closed", "overrides", "holidays")
FROM_COUNTRY: Final = ("country", "subdivision", "years")
FROM_FILE: Final = ("ics", "years")
RECORDED: Final = tuple(field.name for field in attrs.fields(ClosedDates))
BUILT_IN: Final = f"'{ALWAYS_OPEN}' is built in; leave it out, or choose another name"

_FIELDS: Final = attrs.fields_dict(WorkingHours)


class Reader(Protocol):
    """What reads tables and collects faults."""

    def fault(self, place: str, problem: str) -> None:
        """Note a fault."""

    def check_keys(self, data: Mapping[str, object], known: Sequence[str], place: str) -> None:
        """Refuse unknown keys."""

    def plain(self, field: Any, value: object, place: str) -> Any:  # noqa: ANN401 - of many types
        """Read one value with the converter and validator of its field."""

    def items(self, data: object, place: str, what: str) -> list[tuple[str, Any]]:
        """Give the members of a list with their places."""

    def part(self, kind: type[ClosedDates], data: object, place: str) -> ClosedDates | None:
        """Read a table."""


def calendars_of(reader: Reader, data: object, folder: Path) -> Iterator[tuple[str, WorkingHours | None]]:
    """
    Read the calendars of a process.

    Args:
        reader: Collects the faults.
        data: A table of tables.
        folder: From which paths of calendar files lead on.

    Yields:
        Each name with its calendar; None for one that could not be read.
    """
    if not isinstance(data, Mapping):
        reader.fault("calendars", f"must be a table of calendars by their names, not {type_name(data)}")
        return
    for name, table in data.items():
        place = joined("calendars", name)
        if problem := fields.name(name):
            reader.fault(place, f"has a name that {problem}")
        elif name == ALWAYS_OPEN:
            reader.fault(place, BUILT_IN)
        else:
            yield name, _Calendar(reader, place, folder).read(name, table)


def calendars_data(calendars: Sequence[WorkingHours]) -> dict[str, Any]:
    """Write calendars as a process file has them: holidays as dates."""
    return {calendar.name: _table(calendar) for calendar in calendars}


def _table(calendar: WorkingHours) -> dict[str, Any]:
    said = {key: getattr(calendar, key) for key in KEYS}
    return {key: data_from(value) for key, value in said.items() if value or key in {"zone", "week"}}


@attrs.frozen
class _Calendar:
    """
    Reads one calendar.

    Attributes:
        reader: Collects the faults.
        place: Of the calendar.
        folder: From which paths of calendar files lead on.
    """

    reader: Reader
    place: str
    folder: Path

    def read(self, name: str, table: object) -> WorkingHours | None:
        """Read it; None if anything in it cannot be read."""
        if not isinstance(table, Mapping):
            self.reader.fault(self.place, f"must be a table, not {type_name(table)}")
            return None
        self.reader.check_keys(table, KEYS, self.place)
        if "week" not in table:
            self.reader.fault(joined(self.place, "week"), "is missing; give the hours of each working day")
        found = {key: self._value(key, table[key], table) for key in KEYS if key in table}
        if None in found.values() or "week" not in found:
            return None
        try:
            return WorkingHours(name=name, **found)
        except PolicyConfigError as error:
            self.reader.fault(joined(self.place, error.field.partition(".")[2]), error.problem)
            return None

    def _value(self, key: str, value: object, table: Mapping[str, object]) -> Any:  # noqa: ANN401 - of many types
        place = joined(self.place, key)
        if key == "holidays":
            return self._holidays(value, place, table.get("zone", "UTC"))
        if key == "closed":
            found = [
                self.reader.plain(_FIELDS[key], [item], at) for at, item in self.reader.items(value, place, "dates")
            ]
            return None if None in found or not isinstance(value, list | tuple) else [day for [day] in found]
        if key in {"week", "overrides"} and isinstance(value, Mapping):
            found = [self.reader.plain(_FIELDS[key], {word: value[word]}, joined(place, word)) for word in value]
            return None if None in found else value
        return self.reader.plain(_FIELDS[key], value, place)

    def _holidays(self, value: object, place: str, zone: object) -> list[ClosedDates] | None:
        members = [(place, value)] if isinstance(value, Mapping) else self.reader.items(value, place, "tables")
        found = [self._one_set(item, where, zone) for where, item in members]
        return None if None in found or not isinstance(value, Mapping | list | tuple) else [one for one in found if one]

    def _one_set(self, item: object, place: str, zone: object) -> ClosedDates | None:
        """Read holidays: a country's, those of a calendar file, or dates that were read before."""
        if not isinstance(item, Mapping) or not {"country", "ics"} & item.keys():
            return self.reader.part(ClosedDates, item, place)
        known = FROM_COUNTRY if "country" in item else FROM_FILE
        if item.keys() - set(known):
            self.reader.check_keys(item, known, place)
            return None
        try:
            if "country" in item:
                from supporttiers.config.country_holidays import country_holidays  # noqa: PLC0415 - few have holidays

                return country_holidays(**{"years": (), **item})
            from supporttiers.config.ics_files import ics_dates  # noqa: PLC0415 - as above

            return ics_dates(self._path(item["ics"]), years=item.get("years"), zone=str(zone))
        except PolicyConfigError as error:
            if error.field != "WorkingHours.zone":  # has its own fault already
                self.reader.fault(joined(place, error.field.rpartition(".")[2]), error.problem)
            return None

    def _path(self, path: Any) -> Any:  # noqa: ANN401 - what is no text is refused where it is read
        return self.folder / path if isinstance(path, str) else path
