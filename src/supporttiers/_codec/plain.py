"""Classes to plain values and back: instants, durations, segments, and what cattrs writes for every class of ours."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any, Final, NamedTuple, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.fns import identity
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from supporttiers.actors import SYSTEM, Actor, ActorKind
from supporttiers.commands import Command
from supporttiers.effects import Effect
from supporttiers.match import Match
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Segment

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
Plain = dict[str, Any]


# -- instants and durations


def micros_of(instant: datetime) -> int:
    """Give an instant as whole microseconds since 1970 in UTC."""
    return (instant - EPOCH) // _MICROSECOND


def instant_at(micros: int) -> datetime:
    """Give the instant of that many microseconds since 1970."""
    return EPOCH + _MICROSECOND * micros


@lru_cache(maxsize=1024)  # the instants of one case come again and again, and writing one costs a microsecond
def _instant_text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


_instant_of: Final = datetime.fromisoformat


def _duration_micros(duration: timedelta) -> int:
    return duration // _MICROSECOND


def _duration_of(micros: int) -> timedelta:
    return _MICROSECOND * micros


# -- segments: most of a long case, so one short text each, and known ones are not read or written twice


@lru_cache(maxsize=8192)
def _segment_text(segment: Segment) -> str:
    start, end, business, actual = segment
    text = f"{_instant_text(start)} {_instant_text(end)} {business // _MICROSECOND}"
    return text if actual == end - start else f"{text} {actual // _MICROSECOND}"


@lru_cache(maxsize=8192)
def _segment_of(text: str) -> Segment:
    start_text, end_text, business, *merged = text.split(" ")
    start, end = _instant_of(start_text), _instant_of(end_text)
    actual = _MICROSECOND * int(merged[0]) if merged else end - start
    return Segment(start, end, _MICROSECOND * int(business), actual)


def _segments_text(segments: tuple[Segment, ...]) -> str:
    return ",".join(map(_segment_text, segments))


@lru_cache(maxsize=512)
def _segments_of(text: str) -> tuple[Segment, ...]:
    return tuple(map(_segment_of, text.split(","))) if text else ()


# -- classes to plain values and back


@attrs.frozen(kw_only=True)
class Shape:
    """
    How values of one class are written and read.

    Attributes:
        schema: What this release writes.
        plain: From a value to a dict that is ready for JSON.
        made: From such a dict to a value.
        private: The fields that are stored apart.
        required: Those of them that a value cannot do without.
    """

    name: str
    schema: int
    plain: Callable[[Any], Plain]
    made: Callable[[Plain], Any]
    private: tuple[str, ...]
    required: tuple[str, ...]


class Pair(NamedTuple):
    """How values of one type are written and read, inside a class."""

    plain: Callable[[Any], Any]
    made: Callable[[Any], Any]


def _plain_actor(actor: Actor) -> Plain:
    plain: Plain = {"kind": actor.kind}
    if actor.id != SYSTEM.id or actor.kind is not SYSTEM.kind:
        plain["id"] = actor.id
    if actor.roles:
        plain["roles"] = actor.roles
    return plain


@lru_cache(maxsize=1024)  # the same few people act again and again
def _actor(kind: str, id: str, roles: tuple[str, ...]) -> Actor:
    return Actor(id, ActorKind(kind), roles)


def _actor_of(plain: Plain) -> Actor:
    kind = plain["kind"]
    who = SYSTEM.id if kind == SYSTEM.kind and "id" not in plain else plain["id"]
    return _actor(kind, who, tuple(plain.get("roles", ())))


def _plain_reason(reason: Reason) -> Plain:
    return {"code": reason.code, "params": reason.params} if reason.params else {"code": reason.code}


def _plain_segment(segment: Segment) -> Plain:
    start, end, business, actual = segment
    return {
        "start": _instant_text(start),
        "end": _instant_text(end),
        "business": business // _MICROSECOND,
        "actual": actual // _MICROSECOND,
    }


def _one_segment_of(plain: Plain) -> Segment:
    return Segment(
        _instant_of(plain["start"]),
        _instant_of(plain["end"]),
        _duration_of(plain["business"]),
        _duration_of(plain["actual"]),
    )


def _pair_of(kind: Any) -> Pair:  # noqa: ANN401 - any annotation
    """Find how values of a type are written and read."""
    if kind in PAIRS:
        return PAIRS[kind]
    if get_origin(kind) is tuple:
        return _pair_of_tuple(_pair_of(get_args(kind)[0]))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Pair(identity, {member.value: member for member in kind}.__getitem__)
    shape = shape_of(kind)
    return Pair(shape.plain, shape.made)


def _pair_of_tuple(member: Pair) -> Pair:
    if member is _AS_IT_IS:
        return Pair(identity, tuple)
    return Pair(
        lambda values: [member.plain(value) for value in values],
        lambda values: tuple([member.made(value) for value in values]),
    )


def _pair_of_field(field: "attrs.Attribute[Any]") -> Pair:
    """Find it for a field: None is written only where a field has no default to be left out by."""
    kinds = [kind for kind in get_args(field.type) if kind is not NoneType]
    if NoneType not in get_args(field.type):
        return _pair_of(field.type)
    pair = _pair_of(kinds[0])
    if field.default is not attrs.NOTHING or pair is _AS_IT_IS:
        return pair
    return Pair(
        lambda value: None if value is None else pair.plain(value),
        lambda plain: None if plain is None else pair.made(plain),
    )


_SHAPES: Final[dict[type[Any], Shape]] = {}
"""Made when a class is first met: all of them would take most of the time of an import."""


def shape_of(kind: type[Any]) -> Shape:
    shape = _SHAPES.get(kind)
    if shape is None:
        shape = _SHAPES[kind] = _new_shape(kind)
    return shape


def _new_shape(kind: type[Any]) -> Shape:
    """Let cattrs write the functions of one class; what somebody may have typed has no fields besides its own."""
    how: dict[str, Any] = {field.name: _override_of(field) for field in attrs.fields(kind)}
    strict = issubclass(kind, Command | Effect)
    made = make_dict_structure_fn(
        kind, _CONVERTER, _cattrs_detailed_validation=False, _cattrs_forbid_extra_keys=strict, **how
    )
    private = [field for field in attrs.fields(kind) if field.metadata.get("private")]
    return Shape(
        name=kind.__name__,
        schema=getattr(kind, "schema", 1),
        plain=make_dict_unstructure_fn(kind, _CONVERTER, _cattrs_omit_if_default=True, **how),
        made=lambda plain: made(plain, kind),
        private=tuple(field.name for field in private),
        required=tuple(field.name for field in private if field.default is attrs.NOTHING),
    )


def _override_of(field: "attrs.Attribute[Any]") -> Any:  # noqa: ANN401 - cattrs does not export the type
    pair = _AS_IT_IS if field.name == "recorded_at" else _pair_of_field(field)
    made = pair.made
    if made is identity:
        return override(unstruct_hook=pair.plain, struct_hook=lambda plain, _kind: plain)
    return override(unstruct_hook=pair.plain, struct_hook=lambda plain, _kind: made(plain))


_CONVERTER: Final = Converter(detailed_validation=False)
_AS_IT_IS: Final = Pair(identity, identity)
PAIRS: Final[dict[Any, Pair]] = {
    str: _AS_IT_IS,
    int: _AS_IT_IS,
    bool: _AS_IT_IS,
    Mapping[str, object]: Pair(dict, identity),
    Mapping[str, int]: Pair(dict, identity),
    Mapping[str, str]: Pair(dict, identity),
    datetime: Pair(_instant_text, _instant_of),
    timedelta: Pair(_duration_micros, _duration_of),
    Actor: Pair(_plain_actor, _actor_of),
    Reason: Pair(_plain_reason, lambda plain: Reason(**plain)),
    Segment: Pair(_plain_segment, _one_segment_of),
    Match: Pair(Match.to_data, Match.from_data),
    tuple[Segment, ...]: Pair(_segments_text, _segments_of),
}
