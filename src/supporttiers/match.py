"""
Match: the one condition language.

Routes, limits and their predicates, permissions, `find`, monitors and scenarios all speak it. A condition is data:
equality per field, a list is any of, `not`, `at_least`, `at_most`, `all`, `any`, dotted `attributes.x` and `facts.x`
(what the case last knew from outside; not in `find`). Code goes into a policy, never into a condition.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Final, Self

import attrs

from supporttiers._fields import instant_of, nearest, type_name
from supporttiers.errors import PolicyConfigError
from supporttiers.tiers import CaseKind, Status

Predicate = Callable[[Any], bool]

_TEXT, _NUMBER, _INSTANT, _WORDS = "text", "number", "instant", "words"
FIELDS: Final[Mapping[str, str]] = MappingProxyType({
    **dict.fromkeys(
        ("id", "process", "revision", "limits_revision", "kind", "requester", "customer", "category", "channel",
         "locale", "impact", "urgency", "priority", "status", "wait_reason", "owner", "assignee", "last_assignee",
         "team", "solution"),
        _TEXT),
    **dict.fromkeys(("tier", "version", "satisfaction"), _NUMBER),
    **dict.fromkeys(
        ("opened_at", "changed_at", "tier_entered_at", "assigned_at", "first_response_at", "last_reply_at",
         "awaiting_reply_since", "wait_until", "resolved_at", "closed_at", "due_at"), _INSTANT),
    **dict.fromkeys(
        ("tags", "watchers", "vendors", "vendors_waiting", "vendors_unacknowledged", "vendors_unreachable"), _WORDS),
})  # fmt: skip
"""The fields of a case that a condition can speak about, with their kind."""

_CLOSED_SETS: Final[Mapping[str, Collection[str]]] = {
    "status": [status.value for status in Status],
    "kind": [kind.value for kind in CaseKind],
}
_ATTRIBUTE, _FACT = "attributes.", "facts."


@attrs.frozen
class Not:
    """Anything but this value, or these values."""

    value: object


@attrs.frozen
class AtLeast:
    """This value or more: numbers, instants, and priorities in the process's order."""

    value: object


@attrs.frozen
class AtMost:
    """This value or less."""

    value: object


@attrs.frozen
class Comparison:
    """
    One comparison of one field.

    Attributes:
        field: A field of the case, `attributes.x` or `facts.x`.
        op: `in`, `not_in`, `at_least` or `at_most`.
        values: What to compare with; one value for the last two.
    """

    field: str
    op: str
    values: tuple[object, ...]

    def __str__(self) -> str:
        """Write it as in Python: `tier=2`, `priority=AtLeast('high')`."""
        return f"{self.field}={_shown(self)}"


@attrs.frozen(init=False)
class Match:
    """
    A condition on a case.

    >>> from supporttiers.match import Match, Not
    >>> Match(category=Not("wishlist"), tier=[1, 2])
    Match(category=Not('wishlist'), tier=[1, 2])
    >>> Match({"attributes.site": "Leeds"}, any=[Match(status="queued"), Match(assignee=None)]).to_data()
    {'attributes.site': 'Leeds', 'any': [{'status': 'queued'}, {'assignee': None}]}

    Attributes:
        tests: The comparisons; all must hold.
        all: Conditions that must all hold.
        any: Conditions of which one must hold; empty asks for nothing.

    .. versionadded:: 0.1.0
    """

    tests: tuple[Comparison, ...] = attrs.field(eq=frozenset)
    all: tuple["Match", ...]
    any: tuple["Match", ...]

    def __init__(
        self,
        fields: Mapping[str, object] | None = None,
        /,
        *,
        all: Sequence["Match"] = (),  # noqa: A002 - the language's own word
        any: Sequence["Match"] = (),  # noqa: A002
        **named: object,
    ) -> None:
        """
        Build a condition.

        Args:
            fields: Conditions by field name; needed for dotted names.
            all: Conditions that must all hold besides.
            any: Conditions of which at least one must hold besides.
            **named: Conditions by field name: a value, a list of values, `Not`, `AtLeast` or `AtMost`.

        Raises:
            PolicyConfigError: A field does not exist, or cannot be compared so.
        """
        plain = {} if fields is None else _table(fields)
        tests = tuple(_test_of(field, value) for field, value in {**plain, **named}.items())
        self.__attrs_init__(tests, _matches("all", all), _matches("any", any))

    @classmethod
    def from_data(cls, data: object) -> Self:
        """
        Read a condition as it stands in a process file: `{ category = { not = "wishlist" } }`.

        Raises:
            PolicyConfigError: It is no table, or names what does not exist.
        """
        table = _table(data)
        parts: dict[str, list[Match]] = {}
        for word in ("all", "any"):
            items = table.get(word, [])
            if not isinstance(items, list | tuple):
                raise PolicyConfigError(word, f"must be a list of conditions, not {type_name(items)}")
            parts[word] = [Match.from_data(item) for item in items]
        fields = {field: _value_of(field, value) for field, value in table.items() if field not in parts}
        return cls(fields, all=parts["all"], any=parts["any"])

    def to_data(self) -> dict[str, object]:
        """Give the condition as it is written in a process file."""
        data: dict[str, object] = {test.field: _data_of(test) for test in self.tests}
        if self.all:
            data["all"] = [match.to_data() for match in self.all]
        if self.any:
            data["any"] = [match.to_data() for match in self.any]
        return data

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing, and so holds for every case."""
        return not (self.tests or self.all or self.any)

    def compile(self, priorities: Sequence[str] = ()) -> Predicate:
        """
        Make the function that answers it.

        Args:
            priorities: The process's priorities from lowest to highest, for `at_least` and `at_most` on `priority`.

        Returns:
            A function of a case; pure.

        Raises:
            PolicyConfigError: A priority is compared that the process does not have.
        """
        checks = [_predicate(test, priorities) for test in self.tests]
        checks += [match.compile(priorities) for match in self.all]
        if self.any:
            checks.append(_alternatives([match.compile(priorities) for match in self.any]))
        if len(checks) == 1:
            return checks[0]
        if len(checks) == 2:  # noqa: PLR2004 - the common case, unrolled: this runs after every command
            first, second = checks
            return lambda case: first(case) and second(case)
        return lambda case: all_true(checks, case)

    def resolved(self, priorities: Sequence[str]) -> "Match":
        """Replace comparisons of priorities by the priorities meant, so that no store has to know their order."""
        tests = tuple(
            attrs.evolve(test, op="in", values=ranked(test.op, test.values[0], priorities))
            if test.field == "priority" and test.op in {"at_least", "at_most"}
            else test
            for test in self.tests
        )
        nested = tuple(tuple(match.resolved(priorities) for match in part) for part in (self.all, self.any))
        copy = Match.__new__(Match)
        copy.__attrs_init__(tests, *nested)
        return copy

    def holds(self, case: object, priorities: Sequence[str] = ()) -> bool:
        """Say whether it holds for a case; compile it instead when asking often."""
        return self.compile(priorities)(case)

    def failing(self, case: object, priorities: Sequence[str] = ()) -> tuple[Comparison, ...]:
        """
        Say which comparisons stand against a case.

        >>> from types import SimpleNamespace
        >>> case = SimpleNamespace(category="vpn", tier=1)
        >>> [str(test) for test in Match(category="printing", tier=1).failing(case)]
        ["category='printing'"]

        Args:
            case: Which case.
            priorities: As for `compile`.

        Returns:
            Those that do not hold, in order; of alternatives of which none holds, those of every alternative. Empty
            where the condition holds.
        """
        failing = [test for test in self.tests if not _predicate(test, priorities)(case)]
        failing += [test for match in self.all for test in match.failing(case, priorities)]
        if self.any and not any_true([match.compile(priorities) for match in self.any], case):
            failing += [test for match in self.any for test in match.failing(case, priorities)]
        return tuple(failing)

    def __repr__(self) -> str:
        """Show it as it is written in Python."""
        dotted = {test.field: _shown(test) for test in self.tests if "." in test.field}
        shown = [f"{{{', '.join(f'{field!r}: {value}' for field, value in dotted.items())}}}"] if dotted else []
        shown += [f"{test.field}={_shown(test)}" for test in self.tests if "." not in test.field]
        shown += [f"{word}={list(found)!r}" for word, found in (("all", self.all), ("any", self.any)) if found]
        return f"Match({', '.join(shown)})"


def _alternatives(checks: Sequence[Predicate]) -> Predicate:
    if len(checks) == 2:  # noqa: PLR2004 - unrolled, as above
        first, second = checks
        return lambda case: first(case) or second(case)
    return lambda case: any_true(checks, case)


def any_true(checks: Sequence[Predicate], case: object) -> bool:
    """Whether one check holds."""
    return any(check(case) for check in checks)


def all_true(checks: Sequence[Predicate], case: object) -> bool:
    """Whether every check holds."""
    return all(check(case) for check in checks)


def tests_of(match: Match) -> Iterator[Comparison]:
    """Give every comparison of a condition, at any depth."""
    yield from match.tests
    for inner in (*match.all, *match.any):
        yield from tests_of(inner)


def fields_of(match: Match) -> frozenset[str]:
    """Give every field that a condition speaks about, at any depth."""
    return frozenset(test.field for test in tests_of(match))


def facts_in(match: Match | None) -> tuple[str, ...]:
    """Give the names of the facts that a condition speaks about, sorted."""
    found = frozenset() if match is None else fields_of(match)
    return tuple(sorted({field.split(".")[1] for field in found if field.startswith(_FACT)}))


def ranked(op: str, value: object, priorities: Sequence[str]) -> tuple[str, ...]:
    """Give the priorities at or above (or below) one of them."""
    if value not in priorities:
        raise PolicyConfigError("priority", f"{value!r} is not one of: {', '.join(priorities) or 'none'}")
    place = list(priorities).index(str(value))
    return tuple(priorities[place:] if op == "at_least" else priorities[: place + 1])


def inside(value: object, path: Sequence[str]) -> object:
    """Walk along a path into tables, and into every member of a list; None where it leads nowhere."""
    for place, word in enumerate(path):
        if isinstance(value, list):
            return [inside(member, path[place:]) for member in value]
        value = value.get(word) if isinstance(value, Mapping) else None
    return value


# -- reading


def _table(data: object) -> Mapping[Any, object]:
    if not isinstance(data, Mapping):
        raise PolicyConfigError("condition", f"must be a table of fields, not {type_name(data)}")
    return data


def _matches(word: str, found: Sequence[Match]) -> tuple[Match, ...]:
    if not isinstance(found, list | tuple) or not all(isinstance(item, Match) for item in found):
        raise PolicyConfigError(word, "must be a list of Match")
    return tuple(found)


def _test_of(field: str, value: object) -> Comparison:
    kind = _kind_of(field)
    if isinstance(value, AtLeast | AtMost):
        if kind == _WORDS or (kind == _TEXT and field != "priority") or value.value is None:
            raise PolicyConfigError(field, "has no order; possible are a value, a list of values, or not")
        return Comparison(
            field, "at_least" if isinstance(value, AtLeast) else "at_most", _checked(field, kind, [value.value])
        )
    op, wanted = ("not_in", value.value) if isinstance(value, Not) else ("in", value)
    values = wanted if isinstance(wanted, list | tuple | set | frozenset) else [wanted]
    if not values:
        raise PolicyConfigError(field, "has an empty list, which nothing can meet")
    ordered = sorted(values, key=repr) if isinstance(values, set | frozenset) else values
    return Comparison(field, op, _checked(field, kind, ordered))


def _kind_of(field: object) -> str:
    if not isinstance(field, str):
        raise PolicyConfigError("condition", f"has a {type_name(field)} for a field; possible are texts")
    if field.startswith(_ATTRIBUTE) and len(field) > len(_ATTRIBUTE):
        return "attribute"
    if field.startswith(_FACT) and len(field) > len(_FACT):
        return "attribute"
    kind = FIELDS.get(field)
    if kind is None:
        raise PolicyConfigError(field, f"is no field of a case; did you mean {_meant(field)}?")
    return kind


def _meant(field: str) -> str:
    """Give the field that was probably meant; else how a value of one's own is called."""
    near = None if "." in field else nearest(field[:80], FIELDS, cutoff=0.7)
    if near is not None:
        return repr(near)
    name = field.rpartition(".")[2][:80] or "NAME"
    return f"{_ATTRIBUTE + name!r}, a value of your own, or {_FACT + name!r}, one from outside"


_PLAIN: Final = {_TEXT: str, _WORDS: str, _NUMBER: int | float, "attribute": str | int | float | bool}


def _checked(field: str, kind: str, values: Sequence[object]) -> tuple[object, ...]:
    """Check what a field is compared with; instants may be texts."""
    return tuple(_checked_one(field, kind, value) for value in values)


def _checked_one(field: str, kind: str, value: object) -> object:
    if value is None:
        return None
    if kind == _INSTANT:
        try:
            return instant_of(value)
        except PolicyConfigError as error:
            raise PolicyConfigError(field, error.problem) from None
    wrong_bool = isinstance(value, bool) and kind != "attribute"
    if wrong_bool or not isinstance(value, _PLAIN[kind]):
        raise PolicyConfigError(field, f"is compared with a {type_name(value)}; possible is a {kind}")
    possible = _CLOSED_SETS.get(field)
    if possible is not None and value not in possible:
        raise PolicyConfigError(field, f"is compared with {value!r}; possible are: {', '.join(possible)}")
    return str(value) if isinstance(value, str) else value


_WORDS_OF_OPS: Final[Mapping[str, Callable[[object], object]]] = {"not": Not, "at_least": AtLeast, "at_most": AtMost}


def _value_of(field: str, value: object) -> object:
    """Read one field's condition from a file."""
    if not isinstance(value, Mapping):
        return value
    if len(value) != 1 or next(iter(value)) not in _WORDS_OF_OPS:
        raise PolicyConfigError(field, f"must be a value, a list, or one of: {', '.join(_WORDS_OF_OPS)}")
    ((word, inner),) = value.items()
    return _WORDS_OF_OPS[word](inner)


def _data_of(test: Comparison) -> object:
    values = [value.isoformat() if isinstance(value, datetime) else value for value in test.values]
    plain = values[0] if len(values) == 1 else values
    words = {"in": None, "not_in": "not", "at_least": "at_least", "at_most": "at_most"}
    word = words[test.op]
    return {word: plain} if word else plain


def _shown(test: Comparison) -> str:
    plain = repr(test.values[0] if len(test.values) == 1 else list(test.values))
    wrappers = {"in": plain, "not_in": f"Not({plain})", "at_least": f"AtLeast({plain})", "at_most": f"AtMost({plain})"}
    return wrappers[test.op]


# -- answering


def _predicate(test: Comparison, priorities: Sequence[str]) -> Predicate:
    op, values = test.op, test.values
    if test.field == "priority" and op in {"at_least", "at_most"}:
        op, values = "in", ranked(op, values[0], priorities)
    get = _getter(test.field)
    if FIELDS.get(test.field) == _WORDS:
        return _words(op, values, get)
    return _comparison(op, values, get)


def _words(op: str, values: tuple[object, ...], get: Callable[[Any], Any]) -> Predicate:
    """One of these words is there; or, for None, no word at all."""
    wanted, nothing = frozenset(values), None in values

    def named(case: object) -> bool:
        words = get(case)
        return not wanted.isdisjoint(words) or (nothing and not words)

    return named if op == "in" else lambda case: not named(case)


def _getter(field: str) -> Callable[[Any], Any]:
    if field.startswith(_FACT):
        path = field.removeprefix(_FACT).split(".")
        return lambda case: inside(case.facts, path)
    if not field.startswith(_ATTRIBUTE):
        return attrgetter(field)
    key = field.removeprefix(_ATTRIBUTE)
    return lambda case: case.attributes.get(key)


def _comparison(op: str, values: tuple[object, ...], get: Callable[[Any], object]) -> Predicate:
    if op == "in":
        if len(values) == 1:
            only = values[0]
            return lambda case: get(case) == only
        return lambda case: get(case) in values
    if op == "not_in":
        return lambda case: get(case) not in values
    bound: Any = values[0]
    if op == "at_least":
        return lambda case: _ordered(get(case), bound, lambda value: value >= bound)
    return lambda case: _ordered(get(case), bound, lambda value: value <= bound)


def _ordered(value: object, bound: object, compare: Callable[[Any], bool]) -> bool:
    """Compare only what can be compared: a missing value is neither more nor less, and a text is no number."""
    if value is None or isinstance(value, str) != isinstance(bound, str):
        return False
    return compare(value)
