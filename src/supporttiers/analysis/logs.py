"""
Event logs: what each row says, in order of time.

The whole log is read, and every row of it checked, before anything is replayed: a log with a fault in its last row
leaves no half of it in a store. What is kept of a row is small, and equal texts are kept once.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from operator import attrgetter
from os import PathLike
from typing import Final, NoReturn
from zoneinfo import ZoneInfo

import attrs

from supporttiers import _fields as fields
from supporttiers.actors import Actor, ActorKind
from supporttiers.analysis._records import records
from supporttiers.analysis.faults import LogError
from supporttiers.analysis.mapping import LogMapping
from supporttiers.analysis.parts import ISO_8601, LogFormat, StatusRule

THE_LOG: Final = Actor("log", ActorKind.SYSTEM)
"""Who acts where a row names nobody."""

_YEARS: Final = range(1900, 2200)
_ORDER: Final = attrgetter("at", "number")


@attrs.frozen(eq=False)
class Details:
    """
    What a row says of its case besides where it stands; rows that say the same share one.

    Attributes:
        requester: Who needs help.
        fields: Of the case, by name; what the row leaves empty is left out.
    """

    requester: str
    fields: Mapping[str, str]


@attrs.frozen(eq=False)
class Row:
    """
    What one row of a log says.

    Attributes:
        number: Of the row; the header is row 1.
        case_id: Which case.
        at: When, in UTC.
        state: What the mapping makes of its status.
        tier: Where the case is; None means where it was.
        team: Who has it; None means who had it.
        by: Who did it.
        details: What else it says.
    """

    number: int
    case_id: str
    at: datetime
    state: StatusRule
    tier: int | None
    team: str | None
    by: Actor
    details: Details


def read_log(path: "str | PathLike[str]", mapping: LogMapping, priorities: tuple[str, ...] = ()) -> list[Row]:
    """
    Read a log as its mapping says.

    Args:
        path: A CSV file, plain or gzip.
        mapping: How to read it.
        priorities: The priorities that are possible; all where none are given.

    Returns:
        Its rows in order of time; rows of one instant in the order of the file.

    Raises:
        LogError: The log is not what the mapping says, or one case goes back in time; it names row and column.
    """
    rows = records(path, mapping.log.delimiter)
    _, header = next(rows)
    reader = _Reader(str(path), header, mapping, priorities)
    return sorted((reader.row(number, record) for number, record in rows), key=_ORDER)


class _Reader:
    """Turns records into rows; each distinct text is judged once."""

    def __init__(self, source: str, header: list[str], mapping: LogMapping, priorities: tuple[str, ...]) -> None:
        self._source = source
        self._columns = columns = mapping.columns
        self._places = {name: self._place(header, name) for name in columns.used}
        self._status_places = [self._places[name] for name in columns.status]
        self._statuses = {tuple(text.strip() for text in rule.log): rule for rule in mapping.statuses.rules}
        self._tiers = mapping.tiers
        self._priorities = priorities
        self._instant = _instant_reader(mapping.log)
        self._teams: dict[str, tuple[int | None, str | None]] = {"": (None, None)}
        self._actors: dict[str, Actor] = {"": THE_LOG}
        self._details: dict[tuple[str, ...], Details] = {}
        self._last: dict[str, Row] = {}

    def _place(self, header: list[str], name: str) -> int:
        if header.count(name) == 1:
            return header.index(name)
        problem = "stands in the header more than once" if name in header else "is missing"
        raise LogError(self._source, 1, name, f"{problem}; the header has: {', '.join(header)}"[:1000])

    def row(self, number: int, record: list[str]) -> Row:
        """Read one record."""
        case_id, state = self._case(number, record), self._state(number, record)
        tier, team = self._team(number, record)
        row = Row(
            number, case_id, self._at(number, record), state, tier if state.tier is None else state.tier, team,
            self._actor(number, record), self._said(number, record),
        )  # fmt: skip
        return self._after(row)

    def _fault(self, number: int, column: str | None, problem: str) -> NoReturn:
        raise LogError(self._source, number, column, problem)

    def _text(self, record: list[str], column: str | None) -> str:
        return "" if column is None else record[self._places[column]].strip()

    def _case(self, number: int, record: list[str]) -> str:
        column = self._columns.case
        case_id = self._text(record, column)
        last = self._last.get(case_id)
        if last is not None:
            return last.case_id
        if problem := fields.name(case_id):
            self._fault(number, column, problem)
        return case_id

    def _at(self, number: int, record: list[str]) -> datetime:
        text = self._text(record, self._columns.time)
        try:
            at = self._instant(text)
        except (ValueError, OverflowError) as error:
            self._fault(number, self._columns.time, f"{text[:60]!r} cannot be taken as a time: {error}")
        if at.year not in _YEARS:
            possible = f"{_YEARS.start} to {_YEARS.stop - 1}"
            self._fault(number, self._columns.time, f"lies in the year {at.year}; possible are {possible}")
        return at

    def _state(self, number: int, record: list[str]) -> StatusRule:
        said = tuple(record[place].strip() for place in self._status_places)
        state = self._statuses.get(said)
        if state is None:
            shown = ", ".join(repr(text[:60]) for text in said)
            known = "; ".join(", ".join(map(repr, rule)) for rule in self._statuses)
            column = " + ".join(self._columns.status)
            self._fault(number, column, f"the mapping has no status {shown}; it has: {known}"[:2000])
        return state

    def _team(self, number: int, record: list[str]) -> tuple[int | None, str | None]:
        column = self._columns.team
        team = self._text(record, column)
        found = self._teams.get(team)
        if found is None:
            if problem := fields.name(team):
                self._fault(number, column, problem)
            tier = self._tiers.tier_of(team)
            if tier is None and self._tiers.rules:
                self._fault(number, column, f"no rule of the mapping fits the team {team[:60]!r}; add one or a default")
            found = self._teams[team] = (tier, team)
        return found

    def _actor(self, number: int, record: list[str]) -> Actor:
        column = self._columns.resource
        name = self._text(record, column)
        actor = self._actors.get(name)
        if actor is None:
            if problem := fields.name(name):
                self._fault(number, column, problem)
            actor = self._actors[name] = Actor.agent(name)
        return actor

    def _said(self, number: int, record: list[str]) -> Details:
        columns = self._columns
        wanted = {"requester": columns.requester, **columns.details}
        said = tuple(self._text(record, column) for column in wanted.values())
        details = self._details.get(said)
        if details is None:
            found = {name: text for name, text in zip(wanted, said, strict=True) if text}
            for name, text in found.items():
                self._check(number, name, wanted[name], text)
            details = self._details[said] = Details(found.pop("requester", "requester"), found)
        return details

    def _check(self, number: int, name: str, column: str | None, text: str) -> None:
        problem = fields.subject(text) if name == "subject" else fields.name(text)
        if name == "priority" and self._priorities and text not in self._priorities:
            problem = f"is none of the process's priorities: {', '.join(self._priorities)}"
        if problem:
            self._fault(number, column, problem)

    def _after(self, row: Row) -> Row:
        last = self._last.get(row.case_id)
        if last is not None and row.at < last.at:
            earlier = f"lies before that of row {last.number}, of the same case; sort the log by time"
            self._fault(row.number, self._columns.time, earlier)
        self._last[row.case_id] = row
        return row


def _instant_reader(log: LogFormat) -> Callable[[str], datetime]:
    """Give the function that reads a time as the log writes it."""
    zone = None if log.zone is None else ZoneInfo(log.zone)
    iso = log.time_format == ISO_8601

    def instant(text: str) -> datetime:
        found = datetime.fromisoformat(text) if iso else datetime.strptime(text, log.time_format)  # noqa: DTZ007 - the zone follows
        if found.tzinfo is None:
            if zone is None:
                message = "it has no offset from UTC, and the mapping names no zone under log.zone"
                raise ValueError(message)
            found = found.replace(tzinfo=zone)
        return found.astimezone(UTC)

    return instant
