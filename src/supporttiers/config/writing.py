"""From the parts of a process to plain data."""

import dataclasses
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

import attrs

from supporttiers._fields import duration_text, type_name
from supporttiers.calendars.targets import BusinessDays, CalendarDays, UntilClose
from supporttiers.config.settings import StoredPolicy
from supporttiers.contracts import VendorContract
from supporttiers.errors import PolicyConfigError
from supporttiers.limits import ANY_PRIORITY, Action, Percent
from supporttiers.match import Match
from supporttiers.policies import BUILT_IN
from supporttiers.protocols import methods_of


def data_from(value: object) -> Any:  # noqa: ANN401 - plain data
    """
    Write a value as a process file has it: durations as `15m`, thresholds as `75%`, parts as tables.

    What is None or empty by default is left out; every choice is written, so that a later default changes nothing.

    Raises:
        PolicyConfigError: It is no data, such as a function in a field of a policy.
    """
    if isinstance(value, Enum):
        return data_from(value.value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Match):
        return value.to_data()
    if isinstance(value, Percent | Action | BusinessDays | CalendarDays | UntilClose):
        return str(value)
    if isinstance(value, timedelta):
        return duration_text(value) if not value.microseconds else f"{value.total_seconds()}s"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return _collection_from(value)


def _collection_from(value: object) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {str(key): data_from(item) for key, item in value.items()}
    if isinstance(value, AbstractSet):
        return [data_from(item) for item in sorted(value, key=repr)]
    if isinstance(value, list | tuple):
        return [data_from(item) for item in value]
    if attrs.has(type(value)):
        return table_from(value, type(value))
    if dataclasses.is_dataclass(value):
        return {field.name: data_from(getattr(value, field.name)) for field in dataclasses.fields(value)}
    raise PolicyConfigError(type_name(value), "is no data; possible are texts, numbers, collections and values of them")


def table_from(part: object, kind: Any) -> dict[str, Any]:  # noqa: ANN401 - any attrs class
    """Write those fields of a part that *kind* has: its own class, or one that it is derived from."""
    table = {field.name: data_from(getattr(part, field.name)) for field in attrs.fields(kind) if _is_said(field, part)}
    for name in (
        ("target", "acknowledge", "update", "resolve") if hasattr(part, "target_for") or kind is VendorContract else ()
    ):
        target = table.get(name)
        if target is not None and target.keys() == {ANY_PRIORITY}:
            table[name] = target[ANY_PRIORITY]
    return table


def _is_said(field: "attrs.Attribute[Any]", part: object) -> bool:
    return not (getattr(part, field.name) in (None, ()) and field.default in (None, ()))


def described(policy: Any) -> dict[str, Any]:  # noqa: ANN401 - a policy is whatever has its name, revision and method
    """
    Describe a policy as a process file does: its name and its data; what the library cannot know by heart besides.

    Raises:
        PolicyConfigError: A field of it is no data, or has a name that files use otherwise.
    """
    table: dict[str, Any] = {"use": policy.name}
    if BUILT_IN.get(policy.name) is not type(policy):
        answers = policy.answers if isinstance(policy, StoredPolicy) else methods_of(policy)
        table |= {"revision": policy.revision, "answers": list(answers)}
    said = _fields_from(policy)
    taken = sorted({*table, "revision", "answers"} & said.keys())
    if taken:
        raise PolicyConfigError(type_name(policy), f"has a field {taken[0]!r}, which process files use otherwise")
    return {**table, **said}


def _fields_from(policy: Any) -> Any:  # noqa: ANN401
    if isinstance(policy, StoredPolicy):
        return dict(policy.fields)
    if attrs.has(type(policy)) or dataclasses.is_dataclass(policy):
        return data_from(policy)
    return data_from({name: value for name, value in vars(policy).items() if not name.startswith("_")})


def canonical(value: Any) -> Any:  # noqa: ANN401 - plain data
    """Write numbers that are equal in one way: 1, 1.0 and true are the same to a condition."""
    if isinstance(value, dict):
        return {key: canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    if isinstance(value, bool | float) and value == int(value):
        return int(value)
    return value
