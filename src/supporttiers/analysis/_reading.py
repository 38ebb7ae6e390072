"""From TOML to the parts of a mapping, with every fault at its place."""

from collections.abc import Mapping
from os import PathLike
from typing import Any, TypeVar

import attrs

from supporttiers._fields import type_name
from supporttiers.analysis.faults import MappingError
from supporttiers.analysis.parts import PART
from supporttiers.config.files import data_of, joined, members, text_of
from supporttiers.errors import Fault, PolicyConfigError, ProcessError

_T = TypeVar("_T")


def file_text(path: "str | PathLike[str]") -> str:
    """
    Read a file.

    Raises:
        MappingError: It cannot be read, is larger than 1 MiB, or is not UTF-8.
    """
    try:
        return text_of(path)
    except ProcessError as error:
        raise MappingError(str(path), error.faults) from error.__cause__


def table_of(text: str, source: str) -> dict[str, Any]:
    """
    Parse TOML.

    Raises:
        MappingError: It is none.
    """
    try:
        return data_of(text, source)
    except ProcessError as error:
        raise MappingError(source, error.faults) from None


def read_part(kind: type[_T], data: object, place: str, faults: list[Fault]) -> _T | None:
    """Read one part from a table; None where it, or a part of it, has a fault. All faults are collected."""
    if not isinstance(data, Mapping):
        faults.append(Fault(place, f"must be a table, not {type_name(data)}"))
        return None
    before = len(faults)
    known: Mapping[str, attrs.Attribute[Any]] = attrs.fields_dict(kind)  # type: ignore[arg-type]
    faults.extend(_key_faults(data, known, place))
    values = {key: _value(known[key], data[key], joined(place, key), faults) for key in known if key in data}
    if len(faults) > before:
        return None
    try:
        return kind(**values)
    except PolicyConfigError as error:
        faults.append(Fault(joined(place, error.field.partition(".")[2]).removesuffix("."), error.problem))
        return None


def _key_faults(data: Mapping[str, object], known: "Mapping[str, attrs.Attribute[Any]]", place: str) -> list[Fault]:
    unknown = [
        Fault(joined(place, key), f"is not known here; possible are: {', '.join(known)}")
        for key in data
        if key not in known
    ]
    missing = [
        Fault(joined(place, key), "is missing")
        for key, field in known.items()
        if key not in data and field.default is attrs.NOTHING
    ]
    return [*unknown, *missing]


def _value(field: "attrs.Attribute[Any]", value: object, place: str, faults: list[Fault]) -> object:
    kind = field.metadata.get(PART)
    if kind is not None and field.converter is None:
        return read_part(kind, value, place, faults)
    if kind is not None and isinstance(value, list):
        value = [read_part(kind, item, where, faults) for where, item in members(place, value)]
        if None in value:
            return None
    try:
        converted: object = field.converter(value) if field.converter else value  # type: ignore[operator] # a function
        assert field.validator is not None  # noqa: S101 - every field of a mapping has one; for the type checker
        field.validator(None, field, converted)
    except PolicyConfigError as error:
        faults.append(Fault(place, error.problem))
    return value
