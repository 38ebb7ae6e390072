"""Whatever can be said comes back as it was said."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import cache
from types import NoneType
from typing import get_args, get_origin

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from supporttiers import _codec as codec
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.commands import COMMANDS, Command
from supporttiers.effects import EFFECTS
from supporttiers.events import EVENTS
from supporttiers.match import AtLeast, Match, Not
from supporttiers.stopwatches import Segment

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=3, minutes=30))])
INSTANTS = st.datetimes(datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2200-01-01"), timezones=ZONES)
DURATIONS = st.timedeltas(timedelta(0), timedelta(days=4000))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAMES = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=12)
NUMBERS = st.integers(0, 99)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS

BY_TYPE = {
    str: NAMES,
    int: NUMBERS,
    bool: st.booleans(),
    datetime: INSTANTS,
    timedelta: DURATIONS,
    Mapping[str, object]: st.dictionaries(NAMES, PLAIN, max_size=4),
    Mapping[str, int]: st.dictionaries(NAMES, NUMBERS, max_size=2),
    Match: st.builds(
        lambda name, number, word: Match(
            {f"attributes.{name}": word}, priority=AtLeast(name), any=[Match(tier=number), Match(due_at=Not(None))]
        ),
        NAMES,
        NUMBERS,
        TEXTS,
    ),
    Segment: st.builds(Segment, INSTANTS, INSTANTS, DURATIONS, DURATIONS),
    tuple[Segment, ...]: st.lists(st.builds(Segment, INSTANTS, INSTANTS, DURATIONS, DURATIONS), max_size=40).map(tuple),
}
BY_NAME = {
    "text": TEXTS,
    "said": TEXTS,
    "subject": TEXTS.filter(lambda text: "\n" not in text and "\r" not in text),  # it is one line
    "score": st.integers(1, 5),
    "outcome": st.sampled_from(["helped", "did_not_help", "unknown"]),
    "purpose": st.sampled_from(["message", "reminder", "escalation"]),
    "recorded_at": st.none(),
}


def values_of(annotation):
    """Give the values of a type."""
    if annotation in BY_TYPE:
        return BY_TYPE[annotation]
    if annotation is Command:
        return st.one_of([made(kind) for kind in COMMANDS])
    if NoneType in get_args(annotation):
        return st.none() | st.one_of([values_of(kind) for kind in get_args(annotation) if kind is not NoneType])
    if get_origin(annotation) is tuple:
        return st.lists(values_of(get_args(annotation)[0]), max_size=3).map(tuple)
    return st.sampled_from(annotation) if issubclass(annotation, Enum) else made(annotation)


@cache
def made(kind):
    """Give the instances of one of our classes."""
    return st.builds(
        kind, **{field.name: BY_NAME.get(field.name, values_of(field.type)) for field in attrs.fields(kind)}
    )


@pytest.mark.parametrize("kind", [*COMMANDS, *EFFECTS, *EVENTS], ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(st.data())
def test_tagged_values_come_back_equal(kind, data):
    """What is read is what was written, and writes the same bytes, which are canonical."""
    value = data.draw(made(kind))
    text = codec.dumps(value)
    back = codec.loads(text)

    assert back == value
    assert codec.dumps(back) == text
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == text


@given(st.one_of([made(kind) for kind in EVENTS]))
def test_events_in_two_parts_come_back_equal(event):
    """Apart and put together again, an event is what it was; without its private part it is still an event."""
    encoded = codec.encode_event(event)
    redacted = codec.decode_event(encoded.type, encoded.schema, encoded.public, None)

    assert codec.decode_event(*encoded) == event
    assert codec.encode_event(codec.decode_event(*encoded)) == encoded
    assert (redacted.case_id, redacted.version, redacted.at) == (event.case_id, event.version, event.at)
    assert isinstance(redacted.by, Actor)


@given(made(Case))
def test_cases_come_back_equal(case):
    """However many segments, links and attributes: the case that is read is the one that was written."""
    text = codec.encode_case(case)
    back = codec.decode_case(text)

    assert back == case
    assert codec.encode_case(back) == text
