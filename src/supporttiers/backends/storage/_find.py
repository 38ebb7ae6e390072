"""What `find` asks for, in SQL; every value is bound, never written into the text."""

import math
import sys
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from supporttiers._codec import micros_of
from supporttiers.backends.storage._pages import Cursor, Order
from supporttiers.backends.storage._statements import Select
from supporttiers.match import FIELDS, Comparison, Match
from supporttiers.schema import Names

_ATTRIBUTE: Final = "attributes."
_GREATEST: Final = int(sys.float_info.max)
_INT64: Final = range(-(2**63), 2**63)
_SIGNS: Final = {"at_least": ">=", "at_most": "<="}

Condition = tuple[str, list[object]]
"""A text, and what is bound to its question marks."""


def _joined(word: str, parts: Sequence[Condition]) -> Condition:
    return "(" + word.join(text for text, _ in parts) + ")", [value for _, bound in parts for value in bound]


def _sought(values: Iterable[object]) -> list[object]:
    """Leave out None, which is asked for in another way, and what equals nothing."""
    return [value for value in values if value is not None and value == value]  # noqa: PLR0124 - NaN is not


class Finding:
    """The questions of `find` and `counts`; a subclass says how its database reads JSON and compares numbers."""

    ALWAYS: str

    def __init__(self, names: Names) -> None:
        """Name the tables."""
        self._table = names.put_into("supporttiers_case")

    # -- conditions

    def condition_of(self, match: Match) -> Condition:
        """
        Say in SQL what a condition says, on the columns of `supporttiers_case`.

        It may answer NULL where the condition does not hold, which a WHERE takes for no.

        Raises:
            PolicyConfigError: It compares priorities, whose order only the process knows; resolve it before.
        """
        return self._condition(match.resolved(()))

    def _condition(self, match: Match) -> Condition:
        parts = [self._test(test) for test in match.tests]
        parts += [self._condition(inner) for inner in match.all]
        if match.any:
            parts.append(_joined(" OR ", [self._condition(inner) for inner in match.any]))
        return _joined(" AND ", parts) if parts else (self.ALWAYS, [])

    def _test(self, test: Comparison) -> Condition:
        if FIELDS.get(test.field) == "words":
            return self._words(test)
        if test.field.startswith(_ATTRIBUTE):
            return self._attribute(test.field.removeprefix(_ATTRIBUTE), test)
        return self._column(test)

    @abstractmethod
    def _column(self, test: Comparison) -> Condition: ...

    @abstractmethod
    def _attribute(self, key: str, test: Comparison) -> Condition: ...

    @abstractmethod
    def _words(self, test: Comparison) -> Condition: ...

    # -- pages and counts

    def counting(self, tenant: str, match: Match, field: str) -> Select:
        """Give the statement that counts cases by a field."""
        text, values = self.condition_of(match)
        what = f"SELECT {field}, count(*) FROM {self._table} WHERE tenant = ? AND {text} GROUP BY 1"  # noqa: S608 - ours
        return Select(what, [tenant, *values])

    def selects(self, tenant: str, match: Match, order: Order, end: Cursor | None, limit: int) -> list[Select]:
        """
        Give the statements that find a page, to be run one after the other.

        Two of them, because cases without a value come last in either direction: so an index serves both.
        """
        text, values = self.condition_of(match)
        what = "NULL" if order.field == "id" else order.field
        start = f"SELECT {what}, id, body FROM {self._table} WHERE tenant = ? AND {text} AND"  # noqa: S608 - ours
        return [
            Select(f"{start} {part} LIMIT ?", [tenant, *values, *bound, limit])
            for part, bound in self._parts(order, end)
        ]

    def _parts(self, order: Order, end: Cursor | None) -> list[Condition]:
        """Give what remains in an order, each part with its own ORDER BY."""
        down, beyond = ("DESC", "<") if order.descending else ("ASC", ">")
        field = order.field
        if field == "id":
            everything = f"{self.ALWAYS} ORDER BY id {down}"
            return [(f"id {beyond} ? ORDER BY id {down}", [end.id]) if end else (everything, [])]
        ordered = f"ORDER BY {field} {down}, id"
        without = f"{field} IS NULL AND id > ? ORDER BY id"
        if end is None:
            return [(f"{field} IS NOT NULL {ordered}", []), (without, [""])]
        if end.value is None:
            return [(without, [end.id])]
        since = f"{field} {beyond}= ? AND ({field} {beyond} ? OR id > ?) {ordered}"
        return [(since, [end.value, end.value, end.id]), (without, [""])]


class SqliteFinding(Finding):
    """As SQLite reads JSON: a number is a number, true is 1, and any two values can be compared."""

    ALWAYS = "1"
    _FROM: Final = "FROM json_each(body, '$.attributes') WHERE key = ?"

    def _column(self, test: Comparison) -> Condition:
        return self._compared(test.field, [], test)

    def _attribute(self, key: str, test: Comparison) -> Condition:
        if test.op not in _SIGNS:
            return self._compared(f"(SELECT value {self._FROM})", [key], test)
        bound = test.values[0]
        kind = "=" if isinstance(bound, str) else "<>"  # a text is no number
        text = f"EXISTS (SELECT 1 {self._FROM} AND type {kind} 'text' AND value {_SIGNS[test.op]} ?)"
        return text, [key, self._bound(bound)]

    def _compared(self, what: str, given: list[object], test: Comparison) -> Condition:
        """Compare an expression, which may need values of its own each time that it stands in the text."""
        if test.op in _SIGNS:
            return f"{what} {_SIGNS[test.op]} ?", [*given, self._bound(test.values[0])]
        marks, values = self._listed(test.values)
        among, absent = f"{what} IN ({marks})", f"{what} IS NULL"
        if test.op == "in" and None not in test.values:
            return among, [*given, *values]
        both = [*given, *values, *given]
        if None not in test.values:
            return f"({what} NOT IN ({marks}) OR {absent})", both
        return f"({among} OR {absent})" if test.op == "in" else f"NOT ({among} OR {absent})", both

    def _words(self, test: Comparison) -> Condition:
        marks, values = self._listed(test.values)
        listed = f"json_each(body, '$.{test.field}')"
        among = f"EXISTS (SELECT 1 FROM {listed} WHERE value IN ({marks}))"  # noqa: S608 - ours
        if None in test.values:
            among = f"({among} OR NOT EXISTS (SELECT 1 FROM {listed}))"  # noqa: S608 - ours
        return among if test.op == "in" else f"NOT {among}", values

    def _listed(self, values: Iterable[object]) -> Condition:
        """Give the question marks and the values of a list."""
        bound = [self._bound(value) for value in _sought(values)]
        return ", ".join("?" * len(bound)), bound

    def _bound(self, value: object) -> object:
        if isinstance(value, datetime):
            return micros_of(value)
        if isinstance(value, int) and value not in _INT64:  # SQLite reads such a number as a float, too
            return float(value) if abs(value) <= _GREATEST else (math.inf if value > 0 else -math.inf)
        return value


class PostgresFinding(Finding):
    """As PostgreSQL reads JSON: texts and numbers are compared apart, and true counts as 1, as it does in Python."""

    ALWAYS = "TRUE"
    _FROM: Final = "FROM json_each(body::json -> 'attributes') AS attribute (key, value) WHERE attribute.key = ?"
    _TEXT: Final = "CASE WHEN json_typeof(attribute.value) = 'string' THEN attribute.value #>> '{}' END COLLATE \"C\""
    _NUMBER: Final = (
        "CASE json_typeof(attribute.value) WHEN 'number' THEN (attribute.value #>> '{}')::numeric "
        "WHEN 'boolean' THEN CASE attribute.value #>> '{}' WHEN 'true' THEN 1 ELSE 0 END END"
    )

    def _column(self, test: Comparison) -> Condition:
        what = test.field
        kind = _KINDS[FIELDS[what]]
        if test.op in _SIGNS:
            return self._ordered(what, kind, test.op, test.values[0])
        among, values = self._among(what, kind, test.values)
        if None in test.values:
            among = f"({among} OR {what} IS NULL)"
        return (among if test.op == "in" else f"({among}) IS NOT TRUE"), values

    def _attribute(self, key: str, test: Comparison) -> Condition:
        if test.op in _SIGNS:
            bound = test.values[0]
            kind, what = ("text", self._TEXT) if isinstance(bound, str) else ("numeric", self._NUMBER)
            compared, values = self._ordered(f"({what})", kind, test.op, bound)
            return f"EXISTS (SELECT 1 {self._FROM} AND {compared})", [key, *values]
        as_text, texts = self._among(f"({self._TEXT})", "text", test.values)
        as_number, numbers = self._among(f"({self._NUMBER})", "numeric", test.values)
        among, values = f"EXISTS (SELECT 1 {self._FROM} AND ({as_text} OR {as_number}))", [key, *texts, *numbers]
        if None in test.values:
            there = f"EXISTS (SELECT 1 {self._FROM} AND json_typeof(attribute.value) <> 'null')"
            among, values = f"({among} OR NOT {there})", [*values, key]
        return among if test.op == "in" else f"NOT {among}", values

    def _words(self, test: Comparison) -> Condition:
        listed = f"json_array_elements_text(body::json -> '{test.field}') AS listed (word)"
        among, values = self._among("listed.word", "text", test.values)
        among = f"EXISTS (SELECT 1 FROM {listed} WHERE {among})"  # noqa: S608 - ours
        if None in test.values:
            among = f"({among} OR NOT EXISTS (SELECT 1 FROM {listed}))"  # noqa: S608 - ours
        return among if test.op == "in" else f"NOT {among}", values

    def _among(self, what: str, kind: str, values: Iterable[object]) -> Condition:
        """Compare with those values that are of the kind: others are never equal."""
        bound = [_plain(value) for value in _sought(values) if isinstance(value, str) == (kind == "text")]
        if not bound:
            return "FALSE", []
        return f"{what} IN ({', '.join([f'?::{kind}'] * len(bound))})", bound

    def _ordered(self, what: str, kind: str, op: str, bound: object) -> Condition:
        if isinstance(bound, str) != (kind == "text") or bound != bound:  # noqa: PLR0124 - nor with NaN
            return "FALSE", []
        return f"{what} {_SIGNS[op]} ?::{kind}", [_plain(bound)]


_KINDS: Final = {"text": "text", "number": "numeric", "instant": "bigint"}


def _plain(value: object) -> object:
    """Give a number as a text, which every driver binds alike and the database reads exactly; true counts as 1."""
    if isinstance(value, datetime):
        return micros_of(value)
    return repr(value + 0) if isinstance(value, int | float) else value
