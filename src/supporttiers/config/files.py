"""From a file to plain data, and what no process file can hold."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from os import PathLike
from pathlib import Path
from typing import Any, Final

from supporttiers import _fields as fields
from supporttiers._fields import type_name
from supporttiers.errors import Fault, ProcessError
from supporttiers.words import MAX_TEMPLATE

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
MAX_CHARACTERS: Final = 1000


def text_of(path: object) -> str:
    """
    Read a file.

    Raises:
        ProcessError: It cannot be read, is larger than 1 MiB, or is not UTF-8.
    """
    if not isinstance(path, str | PathLike):
        raise _error("process", "", f"must be the path of a file, not {type_name(path)}")
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        elsewhere = isinstance(error, FileNotFoundError) and not Path(path).is_absolute()
        sought = f" ({Path(path).absolute()})" if elsewhere else ""
        raise _error(str(path), "", f"the file cannot be read: {reason}{sought}") from error
    _check_size(raw, str(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _error(str(path), "", f"the file is not UTF-8 from byte {error.start} on; save it as UTF-8") from None


def data_of(text: object, source: str) -> dict[str, Any]:
    """
    Parse TOML.

    Raises:
        ProcessError: It is no TOML (with line and column), or larger than 1 MiB.
    """
    import tomllib  # noqa: PLC0415 - a desk whose process is made in Python does without

    if not isinstance(text, str):
        raise _error(source, "", f"must be a text in TOML, not {type_name(text)}")
    _check_size(text.encode("utf-8", "surrogatepass"), source)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _error(source, "", "is nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        raise _error(source, *_syntax(str(error), text)) from None


def _error(source: str, place: str, problem: str) -> ProcessError:
    return ProcessError(source, (Fault(place, problem),))


def _check_size(raw: bytes, source: str) -> None:
    if len(raw) > MAX_BYTES:
        raise _error(source, "", f"is larger than {MAX_BYTES} bytes (1 MiB); a process file is some kilobytes")


_POSITION: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def _syntax(problem: str, text: str) -> tuple[str, str]:
    """Split the parser's message into place and problem."""
    found = _POSITION.fullmatch(problem)
    if not found:
        return "", f"is not valid TOML: {problem}"
    lines = text.split("\n")
    line, column = (found[2], found[3]) if found[2] else (len(lines), len(lines[-1]) + 1)
    return f"line {line}, column {column}", f"is not valid TOML: {found[1]}"


# -- what no process file can hold


def foreign_faults(data: Mapping[Any, object]) -> Iterator[Fault]:
    """Find what no process file can hold: depth, numbers beyond 64 bits, overlong texts, other types."""
    waiting: list[tuple[str, object, int]] = [("", data, 0)]
    while waiting:
        place, value, depth = waiting.pop()
        inner = members(place, value)
        if inner and depth == MAX_DEPTH:
            yield Fault(place, f"is nested too deeply; at most {MAX_DEPTH} levels are possible")
        elif inner:
            waiting.extend((*member, depth + 1) for member in inner)
        elif problem := _foreign(value, MAX_TEMPLATE if _TEMPLATE.fullmatch(place) else MAX_CHARACTERS):
            yield Fault(place, problem)
        if isinstance(value, Mapping):
            yield from (Fault(place, f"has a key that {problem}") for key in value if (problem := _foreign_text(key)))


def members(place: str, value: object) -> list[tuple[str, object]]:
    """Give what a table or list holds, each with its place; nothing for anything else."""
    if isinstance(value, Mapping):
        return [(joined(place, key), item) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [(f"{place}[{index}]", item) for index, item in enumerate(value)]
    return []


def joined(place: str, key: object) -> str:
    """Give the place of a key in the table at *place*."""
    word = str(key)[:80]
    word = word if word.isprintable() else ascii(word)
    return f"{place}.{word}" if place else word


_TEMPLATE: Final = re.compile(r"messages\[\d+\]\.(text|subject)")


def _foreign(value: object, at_most: int) -> str | None:
    if isinstance(value, str):
        return _foreign_text(value, at_most)
    if isinstance(value, float):
        return None if value * 0 == 0 else "must be a finite number"
    if isinstance(value, int):
        return None if -(2**63) <= value < 2**63 else "is a number beyond 64 bits"
    known = value is None or isinstance(value, Mapping | list | tuple | date | time)
    return None if known else f"is a {type_name(value)}; possible are texts, numbers, true, false, lists and tables"


def _foreign_text(value: object, at_most: int = MAX_CHARACTERS) -> str | None:
    if isinstance(value, str) and len(value) > at_most:
        return f"has {len(value)} characters; at most {at_most} are possible"
    return fields.text(value)
