"""
Validators and converters of fields.

A *check* takes a value and gives None, or a text that says what is wrong and what is possible. `part(check)` makes an
attrs validator for parts of a process (raises PolicyConfigError), `given(check)` one for what callers hand in
(raises InputError, naming the case). Values are never shown in messages, only described: they may be customer text.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from supporttiers.errors import InputError, PolicyConfigError

Check = Callable[[object], str | None]
Validator = Callable[[Any, "attrs.Attribute[Any]", Any], None]

PRIVATE: Final[Mapping[str, object]] = {"private": True}
"""Marks a field that holds personal text or names: it is stored apart, and can be deleted."""

PARTS: Final = "parts"
"""Under this key a field of a policy names the class of its members, which a process file writes as tables."""

WORD: Final = "word"
"""Under this key a field says that it is a plain word, whatever fields of its name are elsewhere."""

WORDS: Final = "words"
"""Under this key a field that takes a condition names the words that may stand in its place."""

MAX_ID: Final = 200
MAX_KEY: Final = 600
MAX_INTEGER: Final = 2**63 - 1
MAX_SUBJECT: Final = 500
MAX_TEXT_BYTES: Final = 64 * 1024
MAX_ATTRIBUTES_BYTES: Final = 16 * 1024
MAX_TAGS: Final = 50
MAX_WATCHERS: Final = 100
MAX_LINKS: Final = 1000
MAX_ATTACHMENTS: Final = 200
MAX_HELD_BYTES: Final = 128 * 1024

_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_LINE_BREAK = re.compile("[\n\r]")
_UNITS: Final = {"h": 3600, "m": 60, "s": 1}
_DURATION = re.compile(r"([+-]?)((?:\d{1,12}[hms]){1,6})")
_DURATION_PART = re.compile(r"(\d+)([hms])")
_HOW_DURATION = "say it in hours, minutes and seconds, such as '15m', '2h30m' or '72h'"


def type_name(value: object) -> str:
    """Name the type of a value that cannot be shown."""
    return type(value).__name__


def nearest(word: str, possible: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """
    Give what was probably meant by a word that is none of what is possible.

    >>> nearest("esclate", ["assign", "escalate"])
    'escalate'
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    return next(iter(get_close_matches(word, list(possible), n=1, cutoff=cutoff)), None)


def one_line(text: str) -> str:
    r"""
    Make one line of a text: what cannot be seen becomes a blank, and several blanks one.

    >>> one_line("Printer\r\nBcc: eve@example.org")
    'Printer Bcc: eve@example.org'
    """
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def clipped(text: str, at_most: int) -> str:
    """
    Keep the beginning of a text that is too long, and show that there was more.

    >>> clipped("abcdef", 4), clipped("abcd", 4)
    ('abc…', 'abcd')
    """
    return text if len(text) <= at_most else text[: at_most - 1] + "…"


def safe(text: object) -> str:
    r"""
    Give a text that a terminal can be trusted with, in one line.

    Control characters could move the cursor, change colours or turn the direction of writing: they are escaped.

    >>> safe("a" + chr(27) + "[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(char if _is_safe(char) else char.encode("unicode_escape").decode() for char in str(text))


def _is_safe(char: str) -> bool:
    return char.isprintable() or unicodedata.category(char) == "Zs"


# -- how a check becomes a validator


def part(check: Check) -> Validator:
    """Make a validator for a part of a process; its error names class and field, and shows a word that is not known."""

    def validate(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        problem = check(value)
        if problem and problem.startswith("must be one of: "):
            problem = _with_the_wrong_word(problem.removesuffix(", not str"), value)
        if problem:
            raise PolicyConfigError(f"{type(instance).__name__}.{attribute.name}", problem)

    return validate


def _with_the_wrong_word(problem: str, value: object) -> str:
    possible = problem.removeprefix("must be one of: ").split(", ")
    words = value if isinstance(value, tuple) else (value,)
    wrong = next((word for word in words if isinstance(word, str) and word not in possible), None)
    return problem if wrong is None else f"{problem}, not {wrong[:40]!r}"


def given(check: Check) -> Validator:
    """Make a validator for what a caller hands in; its error names the case, where one is known, and the field."""

    def validate(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        problem = check(value)
        if problem:
            case_id = getattr(instance, "case_id", "")
            raise InputError("" if name(case_id) else case_id, attribute.name, problem)

    return validate


def maybe(check: Check) -> Validator:
    """Make the same, where None passes; in one step, because most fields of most commands are left out."""
    validate = given(check)

    def validate_given(instance: object, attribute: "attrs.Attribute[Any]", value: object) -> None:
        if value is not None:
            validate(instance, attribute, value)

    return validate_given


def optional(check: Check) -> Check:
    """Let None pass."""
    return lambda value: None if value is None else check(value)


def each(check: Check, *, at_most: int, what: str) -> Check:
    """Check every member of a tuple, and their number."""

    def check_all(value: object) -> str | None:
        if not isinstance(value, tuple):
            return f"must be a collection of {what}, not {type_name(value)}"
        if len(value) > at_most:
            return f"has {len(value)} {what}; at most {at_most} are possible"
        return next((problem for member in value if (problem := check(member))), None)

    return check_all


# -- checks

OF_THE_MACHINE: Final = frozenset({"localtime", "posixrules", "Factory"})
"""Files beside the zones that are none: with them a process would mean something else on every machine."""
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}")
_SPAN: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


def quiet_hours(value: object) -> str | None:
    """Hours of every day, such as `22:00-07:00`, or the empty text."""
    if not isinstance(value, str):
        return f"must be a text, not {type_name(value)}"
    if not value:
        return None
    start, _, end = value.partition("-")
    if not _SPAN.fullmatch(value) or start == end:
        return "must be the hours of every day from and to a time of the clock, such as '22:00-07:00'"
    return None


def language(value: object) -> str | None:
    """The tag of a language, such as `de` or `pt-BR`, or the empty text."""
    if not isinstance(value, str):
        return f"must be a text, not {type_name(value)}"
    if value and not _LANGUAGE.fullmatch(value):
        return "must be the tag of a language, such as 'de' or 'pt-BR'"
    return None


def zone(value: object) -> str | None:
    """The IANA name of a time zone, such as `Europe/Berlin`, or the empty text."""
    if not isinstance(value, str):
        return f"must be a text, not {type_name(value)}"
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - loaded only where somebody names a zone

    try:
        if value not in OF_THE_MACHINE:
            ZoneInfo(value or "UTC")
            return None
    except (ValueError, OSError, KeyError):
        pass
    return "must be the IANA name of a time zone, such as 'Europe/Berlin'"


def _unsafe(value: str) -> str | None:
    if not value.isprintable() and _UNSAFE.search(value):
        return "contains U+0000 or a lone surrogate, which no store can keep; remove it"
    return None


def name(value: object) -> str | None:
    """An id or name: 1 to 200 characters, not only blanks, no control characters."""
    return _word(value, MAX_ID)


def key(value: object) -> str | None:
    """A key, which may be made of several names: 1 to 600 characters, otherwise as a name."""
    return _word(value, MAX_KEY)


def _word(value: object, at_most: int) -> str | None:
    if not isinstance(value, str):
        return f"must be a text, not {type_name(value)}"
    if not value.strip():
        return "must not be empty"
    if len(value) > at_most:
        return f"has {len(value)} characters; at most {at_most} are possible"
    if not value.isprintable():
        return _unsafe(value) or "contains a control character; remove it"
    return None


def text(value: object) -> str | None:
    """A long text: may be empty, at most 64 KiB of UTF-8."""
    if not isinstance(value, str):
        return f"must be a text, not {type_name(value)}"
    if problem := _unsafe(value):
        return problem
    size = len(value.encode()) if len(value) * 4 > MAX_TEXT_BYTES else 0
    return f"has {size} bytes; at most {MAX_TEXT_BYTES} (64 KiB) are possible" if size > MAX_TEXT_BYTES else None


def subject(value: object) -> str | None:
    """A subject line: may be empty, at most 500 characters."""
    if not isinstance(value, str):
        return f"must be a text, not {type_name(value)}"
    if len(value) > MAX_SUBJECT:
        return f"has {len(value)} characters; at most {MAX_SUBJECT} are possible"
    if _LINE_BREAK.search(value):
        return "contains a line break; it is one line"
    return _unsafe(value)


def aware(value: object) -> str | None:
    """An aware datetime."""
    if not isinstance(value, datetime):
        return f"must be an aware datetime, not {type_name(value)}"
    if value.utcoffset() is None:
        return "is naive; give it a time zone, such as datetime.now(UTC)"
    if value.tzinfo is not UTC and utc(value).tzinfo is not UTC:
        return "lies outside the years 1 to 9999 in UTC"
    return None


def positive_duration(value: object) -> str | None:
    """A timedelta above zero."""
    if not isinstance(value, timedelta):
        return f"must be a timedelta, not {type_name(value)}"
    return "must be longer than zero" if value <= timedelta(0) else None


def at_least(low: int, high: int | None = None) -> Check:
    """Make a check for a whole number of at least *low* (and at most *high*); bools are not numbers."""
    possible = f"at least {low}" if high is None else f"{low} to {high}"

    def check(value: object) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return f"must be a whole number ({possible}), not {type_name(value)}"
        if value < low or (high is not None and value > high):
            return f"is {value}; possible is {possible}"
        return None

    return check


def flag(value: object) -> str | None:
    """True or False."""
    return None if isinstance(value, bool) else f"must be true or false, not {type_name(value)}"


def one_of(possible: Collection[str]) -> Check:
    """Make a check for one of several words."""
    listed = ", ".join(possible)

    def check(value: object) -> str | None:
        return None if isinstance(value, str) and value in possible else f"must be one of: {listed}"

    return check


def instance_of(kind: type | tuple[type, ...], what: str) -> Check:
    """Make a check for an instance of one of our classes."""

    def check(value: object) -> str | None:
        return None if isinstance(value, kind) else f"must be {what}, not {type_name(value)}"

    return check


def attributes(value: object) -> str | None:
    """A flat mapping of names to plain values, at most 16 KiB as JSON."""
    if not isinstance(value, Mapping):
        return f"must be a mapping, not {type_name(value)}"
    if not value:
        return None
    for key, item in value.items():
        if problem := name(key):
            return f"has a key that {problem}"
        if problem := _plain(item):
            return f"under {key!r} {problem}"
    size = len(json.dumps(dict(value), ensure_ascii=False).encode())
    if size > MAX_ATTRIBUTES_BYTES:
        return f"has {size} bytes as JSON; at most {MAX_ATTRIBUTES_BYTES} (16 KiB) are possible"
    return None


def _plain(value: object) -> str | None:
    """A value that every store can keep, and compare."""
    if isinstance(value, str):
        return _unsafe(value)
    if isinstance(value, int):
        return "is a whole number beyond 64 bits" if abs(value) > MAX_INTEGER else None
    if isinstance(value, float):
        return "is a number that is not finite" if value * 0 != 0 else None
    return None if value is None else f"is a {type_name(value)}; possible are texts, numbers, true, false and None"


# -- converters


def duration_of(value: object) -> timedelta:
    """
    Read a duration.

    Args:
        value: A timedelta, or a text in hours, minutes and seconds: `"2h30m"`, `"-15m"`.

    Raises:
        PolicyConfigError: It is neither. Days are refused: a day of work and a day of the calendar differ.

    >>> duration_of("2h30m")
    datetime.timedelta(seconds=9000)
    """
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise PolicyConfigError("duration", f"must be a timedelta or a text, not {type_name(value)}; {_HOW_DURATION}")
    found = _DURATION.fullmatch(value.strip())
    if not found:
        raise PolicyConfigError("duration", f"{value[:40]!r} is not a duration; {_HOW_DURATION}")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(found[2]))
    try:
        return timedelta(seconds=-seconds if found[1] == "-" else seconds)
    except OverflowError:
        raise PolicyConfigError("duration", f"{value[:40]!r} is too long; {_HOW_DURATION}") from None


def duration_text(value: timedelta) -> str:
    """
    Write a duration as it is written in a process file.

    >>> duration_text(timedelta(hours=2, minutes=30))
    '2h30m'
    """
    seconds = int(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    parts = ((seconds // 3600, "h"), (seconds % 3600 // 60, "m"), (seconds % 60, "s"))
    return sign + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0s")


def instant_of(value: object) -> datetime:
    """
    Read an instant.

    Args:
        value: An aware datetime, or an ISO 8601 text with an offset or `Z`.

    Returns:
        The same instant in UTC.

    Raises:
        PolicyConfigError: It is neither, or naive.

    >>> instant_of("2026-03-23T09:00Z").isoformat()
    '2026-03-23T09:00:00+00:00'
    """
    if isinstance(value, str):
        given = value
        try:
            value = datetime.fromisoformat(given)
        except ValueError:
            raise PolicyConfigError(
                "instant", f"{given[:40]!r} is not an ISO 8601 instant, such as '2026-03-23T09:00Z'"
            ) from None
    problem = aware(value)
    if problem:
        raise PolicyConfigError("instant", problem)
    assert isinstance(value, datetime)  # noqa: S101 - `aware` has just said so; the assertion tells the type checker
    return value.astimezone(UTC)


def utc(value: Any) -> Any:  # noqa: ANN401 - attrs converters run before validators: anything may come
    """Turn an aware datetime into UTC; leave everything else for the validator to refuse."""
    if not isinstance(value, datetime) or value.tzinfo is UTC or value.utcoffset() is None:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError:  # no such instant in UTC
        return value


def read_duration(value: Any) -> Any:  # noqa: ANN401 - as above
    """Read a text as a duration; leave anything else to the validator."""
    return duration_of(value) if isinstance(value, str) else value


def words_of(value: Any) -> Any:  # noqa: ANN401 - as above
    """Turn a word, or a collection of words, into a tuple."""
    return (value,) if isinstance(value, str) else tuple_of(value)


def tuple_of(value: Any) -> Any:  # noqa: ANN401 - as above
    """Turn a collection into a tuple; leave a text alone, so that the validator refuses it instead of splitting it."""
    if type(value) is tuple or isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return value
    return tuple(value)


def plain_dict(value: Any) -> Any:  # noqa: ANN401 - as above
    """Copy a mapping, so that the caller's later changes do not reach us."""
    return dict(value) if isinstance(value, Mapping) else value
