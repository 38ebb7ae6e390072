"""What `find` asks for, in SQLite's words; every value is bound, never written into the text."""

import math
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from supporttiers._codec import micros_of
from supporttiers.backends.storage._pages import Cursor, Order
from supporttiers.match import FIELDS, Comparison, Match

_ATTRIBUTE: Final = "attributes."
_ATTRIBUTES: Final = "FROM json_each(body, '$.attributes') WHERE key = ?"
_GREATEST: Final = int(sys.float_info.max)
_INT64: Final = range(-(2**63), 2**63)

Condition = tuple[str, list[object]]
"""A text, and what is bound to its question marks."""


def condition_of(match: Match) -> Condition:
    """
    Say in SQL what a condition says, on the columns of `supporttiers_case`.

    It may answer NULL where the condition does not hold, which a WHERE takes for no.

    Raises:
        PolicyConfigError: It compares priorities, whose order only the process knows; resolve it before.
    """
    return _condition(match.resolved(()))


def _condition(match: Match) -> Condition:
    parts = [_test(test) for test in match.tests]
    parts += [_condition(inner) for inner in match.all]
    if match.any:
        parts.append(_joined(" OR ", [_condition(inner) for inner in match.any]))
    return _joined(" AND ", parts) if parts else ("1", [])


def _joined(word: str, parts: Sequence[Condition]) -> Condition:
    return "(" + word.join(text for text, _ in parts) + ")", [value for _, bound in parts for value in bound]


def _test(test: Comparison) -> Condition:
    if FIELDS.get(test.field) == "words":
        return _words(test)
    if not test.field.startswith(_ATTRIBUTE):
        return _compared(test.field, [], test)
    key = test.field.removeprefix(_ATTRIBUTE)
    if test.op in {"in", "not_in"}:
        return _compared(f"(SELECT value {_ATTRIBUTES})", [key], test)
    bound = test.values[0]
    kind = "=" if isinstance(bound, str) else "<>"  # a text is no number
    text = f"EXISTS (SELECT 1 {_ATTRIBUTES} AND type {kind} 'text' AND value {_SIGNS[test.op]} ?)"
    return text, [key, _bound(bound)]


_SIGNS: Final = {"at_least": ">=", "at_most": "<="}


def _compared(what: str, given: list[object], test: Comparison) -> Condition:
    """Compare an expression, which may need values of its own each time that it stands in the text."""
    if test.op in _SIGNS:
        return f"{what} {_SIGNS[test.op]} ?", [*given, _bound(test.values[0])]
    marks, values = _listed(test.values)
    among, absent = f"{what} IN ({marks})", f"{what} IS NULL"
    if test.op == "in" and None not in test.values:
        return among, [*given, *values]
    both = [*given, *values, *given]
    if None not in test.values:
        return f"({what} NOT IN ({marks}) OR {absent})", both
    return f"({among} OR {absent})" if test.op == "in" else f"NOT ({among} OR {absent})", both


def _words(test: Comparison) -> Condition:
    marks, values = _listed(test.values)
    listed = f"json_each(body, '$.{test.field}')"
    among = f"EXISTS (SELECT 1 FROM {listed} WHERE value IN ({marks}))"  # noqa: S608 - ours
    if None in test.values:
        among = f"({among} OR NOT EXISTS (SELECT 1 FROM {listed}))"  # noqa: S608 - ours
    return among if test.op == "in" else f"NOT {among}", values


def _listed(values: Iterable[object]) -> tuple[str, list[object]]:
    """Give the question marks and the values of a list; None, and what equals nothing, are left out."""
    bound = [_bound(value) for value in values if value is not None and value == value]  # noqa: PLR0124 - NaN is not
    return ", ".join("?" * len(bound)), bound


def _bound(value: object) -> object:
    if isinstance(value, datetime):
        return micros_of(value)
    if isinstance(value, int) and value not in _INT64:  # SQLite reads such a number as a float, too
        return float(value) if abs(value) <= _GREATEST else (math.inf if value > 0 else -math.inf)
    return value


# -- pages


def selects(tenant: str, match: Match, order: Order, end: Cursor | None, limit: int) -> list[Condition]:
    """
    Give the statements that find a page, to be run one after the other.

    Two of them, because cases without a value come last in either direction: so an index serves both.
    """
    text, values = condition_of(match)
    what = "NULL" if order.field == "id" else order.field
    start = f"SELECT {what}, id, body FROM supporttiers_case WHERE tenant = ? AND {text} AND"  # noqa: S608 - ours
    return [(f"{start} {part} LIMIT ?", [tenant, *values, *bound, limit]) for part, bound in _parts(order, end)]


def _parts(order: Order, end: Cursor | None) -> list[Condition]:
    """Give what remains in an order, each part with its own ORDER BY."""
    down, beyond = ("DESC", "<") if order.descending else ("ASC", ">")
    field = order.field
    if field == "id":
        return [(f"id {beyond} ? ORDER BY id {down}", [end.id]) if end else (f"1 ORDER BY id {down}", [])]
    ordered = f"ORDER BY {field} {down}, id"
    without = f"{field} IS NULL AND id > ? ORDER BY id"
    if end is None:
        return [(f"{field} IS NOT NULL {ordered}", []), (without, [""])]
    if end.value is None:
        return [(without, [end.id])]
    since = f"{field} {beyond}= ? AND ({field} {beyond} ? OR id > ?) {ordered}"
    return [(since, [end.value, end.value, end.id]), (without, [""])]
