"""Checks, validators and converters of fields: each limit on both sides, each text."""

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from supporttiers import _fields as fields
from supporttiers.errors import InputError, PolicyConfigError

UNSAFE = "contains U+0000 or a lone surrogate, which no store can keep; remove it"
NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("a", None),
        (" a ", None),
        ("é" * 200, None),
        ("x" * 201, "has 201 characters; at most 200 are possible"),
        ("", "must not be empty"),
        (" \u00a0", "must not be empty"),
        ("a\x00b", UNSAFE),
        ("a\ud800", UNSAFE),
        ("a\nb", "contains a control character; remove it"),
        (5, "must be a text, not int"),
        (None, "must be a text, not NoneType"),
        (b"a", "must be a text, not bytes"),
    ],
)
def test_name_check(value, problem):
    """A name has 1 to 200 printable characters."""
    assert problem == fields.name(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [("k" * 600, None), ("k" * 601, "has 601 characters; at most 600 are possible"), ("", "must not be empty")],
    ids=range(3),
)
def test_key_check(value, problem):
    """A key may be made of several names."""
    assert problem == fields.key(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", None),
        ("a\nb\tc", None),
        ("x" * 65536, None),
        ("x" * 65537, "has 65537 bytes; at most 65536 (64 KiB) are possible"),
        ("é" * 32768, None),
        ("é" * 32769, "has 65538 bytes; at most 65536 (64 KiB) are possible"),
        ("\U0001f600" * 16384, None),
        ("\U0001f600" * 16385, "has 65540 bytes; at most 65536 (64 KiB) are possible"),
        ("a\x00", UNSAFE),
        ("\udfff", UNSAFE),
        (None, "must be a text, not NoneType"),
    ],
    ids=range(11),
)
def test_text_check(value, problem):
    """A text has at most 64 KiB of UTF-8, and may be empty."""
    assert problem == fields.text(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", None),
        ("é" * 500, None),
        ("x" * 501, "has 501 characters; at most 500 are possible"),
        ("\x00", UNSAFE),
        (1, "must be a text, not int"),
    ],
    ids=range(5),
)
def test_subject_check(value, problem):
    """A subject has at most 500 characters, and may be empty."""
    assert problem == fields.subject(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (NINE, None),
        (NINE.astimezone(timezone(timedelta(hours=5))), None),
        (datetime(2026, 3, 23), "is naive; give it a time zone, such as datetime.now(UTC)"),  # noqa: DTZ001
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "lies outside the years 1 to 9999 in UTC"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), "lies outside the years 1 to 9999 in UTC"),
        (NINE.date(), "must be an aware datetime, not date"),
        ("2026-03-23T09:00Z", "must be an aware datetime, not str"),
    ],
    ids=range(7),
)
def test_aware_check(value, problem):
    """An instant is aware, and exists in UTC."""
    assert problem == fields.aware(value)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (timedelta(microseconds=1), None),
        (timedelta(0), "must be longer than zero"),
        (timedelta(-1), "must be longer than zero"),
        (900, "must be a timedelta, not int"),
    ],
)
def test_positive_duration_check(value, problem):
    """A duration is longer than zero."""
    assert problem == fields.positive_duration(value)


@pytest.mark.parametrize(
    ("check", "value", "problem"),
    [
        (fields.at_least(1), 1, None),
        (fields.at_least(1), 10**9, None),
        (fields.at_least(1), 0, "is 0; possible is at least 1"),
        (fields.at_least(1, 5), 5, None),
        (fields.at_least(1, 5), 6, "is 6; possible is 1 to 5"),
        (fields.at_least(1, 5), True, "must be a whole number (1 to 5), not bool"),
        (fields.at_least(1), 1.0, "must be a whole number (at least 1), not float"),
        (fields.flag, True, None),
        (fields.flag, 1, "must be true or false, not int"),
        (fields.one_of(("a", "b")), "b", None),
        (fields.one_of(("a", "b")), "c", "must be one of: a, b"),
        (fields.one_of(("a", "b")), 1, "must be one of: a, b"),
        (fields.instance_of(int, "a number"), 1, None),
        (fields.instance_of((int, str), "a number or a text"), None, "must be a number or a text, not NoneType"),
        (fields.optional(fields.flag), None, None),
        (fields.optional(fields.flag), "x", "must be true or false, not str"),
        (fields.each(fields.name, at_most=2, what="names"), ("a", "b"), None),
        (fields.each(fields.name, at_most=2, what="names"), (), None),
        (fields.each(fields.name, at_most=2, what="names"), ("a",) * 3, "has 3 names; at most 2 are possible"),
        (fields.each(fields.name, at_most=2, what="names"), ("a", ""), "must not be empty"),
        (fields.each(fields.name, at_most=2, what="names"), "ab", "must be a collection of names, not str"),
    ],
    ids=range(21),
)
def test_made_checks(check, value, problem):
    """Numbers, words, classes and collections are checked at both ends."""
    assert problem == check(value)


def _attributes_of(size):
    """Make attributes of that many bytes as JSON."""
    return {"k": "x" * (size - len('{"k": ""}'))}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, None),
        ({"a": None, "b": "x", "c": 1, "d": 1.5, "e": True}, None),
        (_attributes_of(16384), None),
        (_attributes_of(16385), "has 16385 bytes as JSON; at most 16384 (16 KiB) are possible"),
        ([("a", 1)], "must be a mapping, not list"),
        ({1: "a"}, "has a key that must be a text, not int"),
        ({"": "a"}, "has a key that must not be empty"),
        ({"a": [1]}, "under 'a' is a list; possible are texts, numbers, true, false and None"),
        ({"a": float("nan")}, "under 'a' is a number that is not finite"),
        ({"a": float("-inf")}, "under 'a' is a number that is not finite"),
        ({"a": "x\x00"}, f"under 'a' {UNSAFE}"),
    ],
    ids=range(11),
)
def test_attributes_check(value, problem):
    """Attributes are flat, plain, finite, storable and at most 16 KiB."""
    assert problem == fields.attributes(value)


@pytest.mark.parametrize(
    ("written", "duration", "text"),
    [
        ("15m", timedelta(minutes=15), "15m"),
        ("2h30m", timedelta(hours=2, minutes=30), "2h30m"),
        (" 72h ", timedelta(days=3), "72h"),
        ("90s", timedelta(seconds=90), "1m30s"),
        ("+5s", timedelta(seconds=5), "5s"),
        ("-15m", timedelta(minutes=-15), "-15m"),
        ("0s", timedelta(0), "0s"),
        (timedelta(hours=1), timedelta(hours=1), "1h"),
    ],
    ids=range(8),
)
def test_durations_are_read_and_written(written, duration, text):
    """What is read is written in its shortest form, and reads the same again."""
    assert duration == fields.duration_of(written)
    assert text == fields.duration_text(duration)
    assert duration == fields.duration_of(text)


HOW = "say it in hours, minutes and seconds, such as '15m', '2h30m' or '72h'"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1d", f"duration: '1d' is not a duration; {HOW}"),
        ("", f"duration: '' is not a duration; {HOW}"),
        ("15", f"duration: '15' is not a duration; {HOW}"),
        ("1.5h", f"duration: '1.5h' is not a duration; {HOW}"),
        ("999999999999h", f"duration: '999999999999h' is too long; {HOW}"),
        ("9999999999999h", f"duration: '9999999999999h' is not a duration; {HOW}"),
        (15, f"duration: must be a timedelta or a text, not int; {HOW}"),
    ],
)
def test_durations_that_cannot_be_read(value, text):
    """Days above all are refused: a day of work is no day of the calendar."""
    with pytest.raises(PolicyConfigError) as caught:
        fields.duration_of(value)

    assert text == str(caught.value)


def test_instants_are_read_into_utc():
    """Texts and datetimes give the same instant in UTC."""
    there = NINE.astimezone(timezone(timedelta(hours=2)))

    assert NINE == fields.instant_of("2026-03-23T11:00+02:00") == fields.instant_of(there)
    assert UTC is fields.instant_of(there).tzinfo


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("nine", "instant: 'nine' is not an ISO 8601 instant, such as '2026-03-23T09:00Z'"),
        ("2026-03-23T09:00", "instant: is naive; give it a time zone, such as datetime.now(UTC)"),
        (5, "instant: must be an aware datetime, not int"),
        ("0001-01-01T00:00+01:00", "instant: lies outside the years 1 to 9999 in UTC"),
    ],
)
def test_instants_that_cannot_be_read(value, text):
    """The error says how an instant is written."""
    with pytest.raises(PolicyConfigError) as caught:
        fields.instant_of(value)

    assert text == str(caught.value)


NAIVE = datetime(2026, 3, 23)  # noqa: DTZ001 - to be left alone
OUTSIDE = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (fields.utc, NINE.astimezone(timezone(timedelta(hours=2))), NINE),
        (fields.utc, NAIVE, NAIVE),
        (fields.utc, OUTSIDE, OUTSIDE),
        (fields.utc, "nine", "nine"),
        (fields.tuple_of, ["a"], ("a",)),
        (fields.tuple_of, (x for x in "ab"), ("a", "b")),
        (fields.tuple_of, "ab", "ab"),
        (fields.tuple_of, b"ab", b"ab"),
        (fields.tuple_of, {"a": 1}, {"a": 1}),
        (fields.tuple_of, 5, 5),
        (fields.plain_dict, 5, 5),
    ],
    ids=range(11),
)
def test_converters_leave_the_rest_to_the_validator(convert, value, expected):
    """What can be converted is; everything else is left for a check that can name the field."""
    assert expected == convert(value)


def test_utc_leaves_what_is_utc_as_it_is():
    """No new object is made where nothing changes."""
    assert NINE is fields.utc(NINE)


def test_plain_dict_copies():
    """The caller's mapping and ours are two."""
    theirs = {"a": 1}
    ours = fields.plain_dict(theirs)
    theirs["a"] = 2

    assert {"a": 1} == ours


@attrs.frozen(kw_only=True)
class _Given:
    case_id: object = attrs.field(default="", validator=fields.given(fields.optional(fields.name)))
    size: object = attrs.field(default=1, validator=fields.given(fields.at_least(1)))


@attrs.frozen(kw_only=True)
class _Part:
    size: object = attrs.field(default=1, validator=fields.part(fields.at_least(1)))


@pytest.mark.parametrize(
    ("values", "case_id", "text"),
    [
        ({"case_id": None, "size": 0}, "", "size is 0; possible is at least 1"),
        ({"case_id": "T-1", "size": 0}, "T-1", "case 'T-1': size is 0; possible is at least 1"),
        ({"case_id": "x" * 201}, "", "case_id has 201 characters; at most 200 are possible"),
        ({"case_id": "x\x00"}, "", f"case_id {UNSAFE}"),
    ],
    ids=range(4),
)
def test_given_names_the_case_and_the_field(values, case_id, text):
    """A case id that is none is not shown, nor is any value."""
    with pytest.raises(InputError) as caught:
        _Given(**values)

    assert (case_id, text) == (caught.value.case_id, str(caught.value))


def test_part_names_the_class_and_the_field():
    """The author of a process hears where to look."""
    with pytest.raises(PolicyConfigError) as caught:
        _Part(size=0)

    assert str(caught.value) == "_Part.size: is 0; possible is at least 1"
    assert 1 == _Part().size
