"""
Monitors in files: `never` and `always` as lists of tables, with the names that they have in Python.

They stand in scenario files, and in files of their own, which a rehearsal and a replay take.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import duration_of, optional, part, tuple_of, type_name
from supporttiers.calendars import WorkingHours
from supporttiers.config.calendars import calendars_of
from supporttiers.config.files import data_of, foreign_faults, joined, text_of
from supporttiers.config.reading import TableReader
from supporttiers.errors import DefinitionError, Fault, InputError, PolicyConfigError, ProcessError, faults_text
from supporttiers.match import FIELDS, Match
from supporttiers.monitors import Disclosed, Either, Monitor, Told, always, never
from supporttiers.reasons import Reason

NEVER, ALWAYS = "never", "always"
_EMPTY: Final = "is an empty list, which nothing can meet"
_SECTIONS: Final = (NEVER, ALWAYS, "calendars")


@attrs.define
class MonitorsError(DefinitionError):
    """
    A file of monitors cannot be read; all faults are listed at once.

    Attributes:
        source: The file.
        faults: Every fault found, each with its place; never empty.
    """

    source: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """List every fault, one a line when there are several."""
        return faults_text(f"file of monitors {self.source!r}", self.faults)

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("monitors.faults", {"count": len(self.faults), "faults": [str(fault) for fault in self.faults]})


# -- one condition


def nobody(condition: object) -> object:
    """
    Read an empty text as "nobody" or "nothing", which TOML has no word for.

    >>> nobody({"assignee": "", "tier": 2, "owner": {"not": ""}})
    {'assignee': None, 'tier': 2, 'owner': {'not': None}}

    A value of the host's own (`attributes.x`) may well be an empty text, and stays one.
    """
    if not isinstance(condition, Mapping):
        return condition
    return {key: _nothing(key, value) for key, value in condition.items()}


def _nothing(key: object, value: object) -> object:
    if key in {"all", "any"} and isinstance(value, list):
        return [nobody(each) for each in value]
    if key not in FIELDS:
        return value
    if isinstance(value, Mapping):
        return {word: _nothing(key, inner) for word, inner in value.items()}
    if isinstance(value, list):
        return [None if each == "" else each for each in value]
    return None if value == "" else value


def match_of(value: object) -> Match:
    """
    Read a condition on a case, in which an empty text is nobody or nothing.

    Raises:
        PolicyConfigError: It is none; the problem names the field.
    """
    try:
        return Match.from_data(nobody(value))
    except PolicyConfigError as error:
        raise PolicyConfigError("condition", str(error)) from None


def told_of(value: object) -> Told:
    """
    Read who is told what: a name, or a table of the fields of `Told`.

    Raises:
        PolicyConfigError: It is neither, or a field cannot be so.
    """
    if isinstance(value, str):
        return Told((value,))
    if not isinstance(value, Mapping):
        raise PolicyConfigError("told", f"must be a name, or a table, not {type_name(value)}")
    reader = TableReader([Fault(key, _EMPTY) for key, said in value.items() if said == []])
    found = reader.part(Told, value, "")
    if found is None or reader.faults:
        raise PolicyConfigError("told", "; ".join(map(str, reader.faults)))
    return found


def disclosed_of(value: object) -> Disclosed:
    """
    Read to whom private words are shown: true for anybody outside, a name, or several in a list.

    >>> print(disclosed_of(True), "|", disclosed_of(["requester"]))
    private words disclosed | private words disclosed to requester

    Raises:
        PolicyConfigError: It is none of these.
    """
    if value is True:
        return Disclosed()
    if value == []:
        raise PolicyConfigError("disclosed", _EMPTY)
    if isinstance(value, str | list):
        return Disclosed(tuple_of((value,) if isinstance(value, str) else value))
    raise PolicyConfigError("disclosed", f"must be true, a name, or a list of names, not {type_name(value)}")


# -- one rule


def _matches(value: object) -> object:
    return value if isinstance(value, tuple) else tuple(map(match_of, value if isinstance(value, list) else [value]))


def _tellings(value: object) -> object:
    return value if isinstance(value, tuple) else tuple(map(told_of, value if isinstance(value, list) else [value]))


def _disclosures(value: object) -> object:
    return value if isinstance(value, tuple) else (disclosed_of(value),)


def _when(value: object) -> object:
    return value if value is None or isinstance(value, Match) else match_of(value)


def _duration(value: object) -> timedelta | None:
    return None if value is None else duration_of(value)


_hours: Final = part(optional(fields.name))


@attrs.frozen(kw_only=True)
class AlwaysRule:
    """
    What must always be so.

    Attributes:
        match: On the case: a condition, or several of which one is enough.
        when: Only of cases, and while, this holds.
        longer_than: It may be otherwise for this long in a row.
        outside: Only what lies outside of the hours of this calendar counts.
        within: Only what lies within them counts.
        name: What the rule is called; the rule itself when left out.
    """

    match: tuple[Match, ...] = attrs.field(default=(), converter=_matches)
    when: Match | None = attrs.field(default=None, converter=_when, metadata={fields.WORD: True})
    longer_than: timedelta | None = attrs.field(
        default=None, converter=_duration, validator=part(optional(fields.positive_duration))
    )
    outside: str | None = attrs.field(default=None, validator=_hours)
    within: str | None = attrs.field(default=None, validator=_hours)
    name: str = attrs.field(default="", validator=part(fields.text))


@attrs.frozen(kw_only=True)
class NeverRule(AlwaysRule):
    """
    What must never be so; it has two fields more.

    Attributes:
        disclosed: That private words are shown to somebody outside: true for anybody, or to whom.
        told: That somebody is told something: a name, a table of the fields of `Told`, or several of which one is
            enough.
    """

    told: tuple[Told, ...] = attrs.field(default=(), converter=_tellings)
    disclosed: tuple[Disclosed, ...] = attrs.field(default=(), converter=_disclosures)


_KINDS: Final[Mapping[str, type[AlwaysRule]]] = {NEVER: NeverRule, ALWAYS: AlwaysRule}


def monitors_in(
    reader: TableReader, data: Mapping[str, object], place: str, calendars: Mapping[str, WorkingHours]
) -> tuple[Monitor, ...]:
    """
    Read the monitors of a table.

    Args:
        reader: Collects the faults.
        data: A table that may have lists of tables under `never` and `always`.
        place: Of the table.
        calendars: Of which rules may speak, by name.
    """
    return tuple(monitor for _, monitor in placed_monitors(reader, data, place, calendars))


def placed_monitors(
    reader: TableReader, data: Mapping[str, object], place: str, calendars: Mapping[str, WorkingHours]
) -> tuple[tuple[str, Monitor], ...]:
    """Read the monitors of a table, each with its place; see `monitors_in`."""
    found: list[tuple[str, Monitor]] = []
    for word, kind in _KINDS.items():
        for where, table in reader.items(data.get(word, []), joined(place, word) if place else word, "tables"):
            rule = reader.part(kind, table, where)
            if rule is not None:
                found += [(where, monitor) for monitor in _monitor(reader, word, rule, where, calendars)]
    return tuple(found)


def _monitor(
    reader: TableReader, word: str, rule: AlwaysRule, place: str, calendars: Mapping[str, WorkingHours]
) -> Iterable[Monitor]:
    hours: dict[str, WorkingHours] = {}
    for side in ("outside", "within"):
        name = getattr(rule, side)
        if name is not None and name not in calendars:
            reader.fault(
                joined(place, side), f"names no calendar; possible are: {', '.join(sorted(calendars)) or 'none'}"
            )
            return
        if name is not None:
            hours[side] = calendars[name]
    said_of_case = (match for match in rule.match if match != Match())
    conditions = (*said_of_case, *getattr(rule, "told", ()), *getattr(rule, "disclosed", ()))
    if not conditions:
        keys = "`match`, `told` or `disclosed`" if word == NEVER else "`match`"
        reader.fault(place, f"says nothing that must {word} be so; say it with {keys}")
        return
    make: Any = never if word == NEVER else always
    said = {"when": rule.when, "longer_than": rule.longer_than, "name": rule.name, **hours}
    try:
        yield make(Either(*conditions), **said)
    except PolicyConfigError as error:
        reader.fault(joined(place, error.field.rpartition(".")[2]), error.problem)


# -- a file


def read_monitors(
    path: "str | PathLike[str]", *, calendars: Mapping[str, WorkingHours] | None = None
) -> tuple[Monitor, ...]:
    """
    Read a file of monitors.

    Args:
        path: Of a file in TOML, UTF-8, at most 1 MiB, with lists `never` and `always`, and `calendars` as process files
            have them.
        calendars: Of which it may speak besides its own, by name.

    Raises:
        MonitorsError: It cannot be read, or is not valid; every fault is listed, with its place.
    """
    try:
        data = data_of(text_of(path), str(path))
    except ProcessError as error:
        raise MonitorsError(str(path), error.faults) from error.__cause__
    reader = TableReader(list(foreign_faults(data)))
    found: Sequence[Monitor] = ()
    if not reader.faults:
        reader.check_keys(data, _SECTIONS, "")
        own = calendars_of(reader, data.get("calendars", {}), Path(path).parent)
        known = {**(calendars or {}), **{name: hours for name, hours in own if hours is not None}}
        found = monitors_in(reader, data, "", known)
    if reader.faults:
        raise MonitorsError(str(path), tuple(reader.faults))
    return tuple(found)


def monitors_of(given: object, calendars: Mapping[str, WorkingHours]) -> tuple[Monitor, ...]:
    """
    Give monitors that were handed in, one, several, or as the path of their file.

    Raises:
        MonitorsError: The file cannot be read, or is not valid.
        InputError: One is no monitor.
    """
    if isinstance(given, str | PathLike):
        return read_monitors(given, calendars=calendars)
    if isinstance(given, Monitor):
        return (given,)
    if not isinstance(given, Iterable):
        raise InputError("", "monitors", f"must be monitors, or the path of their file, not {type_name(given)}")
    found = tuple(given)
    for each in found:
        if not isinstance(each, Monitor):
            problem = f"must be monitors, made by never(...) or always(...), not {type_name(each)}"
            raise InputError("", "monitors", problem)
    return found
