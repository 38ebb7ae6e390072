"""
Codec: the canonical bytes of commands, effects, events and cases, and the chain of digests over a history.

The format is ours and pinned by golden files: JSON with sorted keys, no spaces and no escapes of letters; defaults left
out; instants in ISO 8601 and UTC; durations in whole microseconds; every value tagged with its class and its schema.
What an older release wrote is lifted by upcasters, pure functions on plain dicts, before any class is made.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from types import NoneType
from typing import Any, Final, NamedTuple, get_args, get_origin

import attrs
from cattrs import Converter, ForbiddenExtraKeysError
from cattrs.fns import identity
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from supporttiers.actors import SYSTEM, Actor, ActorKind
from supporttiers.cases import Case, fold_all
from supporttiers.commands import COMMANDS, Command
from supporttiers.effects import EFFECTS, Effect
from supporttiers.errors import InputError, StoreError
from supporttiers.events import EVENTS, Event
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Segment

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
REDACTED: Final = "redacted"
"""What stands in place of a required text whose private part has been deleted."""

_MICROSECOND: Final = timedelta(microseconds=1)
_Plain = dict[str, Any]


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
    return tuple(map(_segment_of, text.split(",")))


# -- classes to plain values and back


@attrs.frozen(kw_only=True)
class _Shape:
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
    plain: Callable[[Any], _Plain]
    made: Callable[[_Plain], Any]
    private: tuple[str, ...]
    required: tuple[str, ...]


class _Pair(NamedTuple):
    """How values of one type are written and read, inside a class."""

    plain: Callable[[Any], Any]
    made: Callable[[Any], Any]


def _plain_actor(actor: Actor) -> _Plain:
    plain: _Plain = {"kind": actor.kind}
    if actor.id != SYSTEM.id or actor.kind is not SYSTEM.kind:
        plain["id"] = actor.id
    if actor.roles:
        plain["roles"] = actor.roles
    return plain


@lru_cache(maxsize=1024)  # the same few people act again and again
def _actor(kind: str, id: str, roles: tuple[str, ...]) -> Actor:
    return Actor(id, ActorKind(kind), roles)


def _actor_of(plain: _Plain) -> Actor:
    kind = plain["kind"]
    who = SYSTEM.id if kind == SYSTEM.kind and "id" not in plain else plain["id"]
    return _actor(kind, who, tuple(plain.get("roles", ())))


def _plain_reason(reason: Reason) -> _Plain:
    return {"code": reason.code, "params": reason.params} if reason.params else {"code": reason.code}


def _plain_segment(segment: Segment) -> _Plain:
    start, end, business, actual = segment
    return {
        "start": _instant_text(start),
        "end": _instant_text(end),
        "business": business // _MICROSECOND,
        "actual": actual // _MICROSECOND,
    }


def _one_segment_of(plain: _Plain) -> Segment:
    return Segment(
        _instant_of(plain["start"]),
        _instant_of(plain["end"]),
        _duration_of(plain["business"]),
        _duration_of(plain["actual"]),
    )


def _pair_of(kind: Any) -> _Pair:  # noqa: ANN401 - any annotation
    """Find how values of a type are written and read."""
    if kind in _PAIRS:
        return _PAIRS[kind]
    if get_origin(kind) is tuple:
        return _pair_of_tuple(_pair_of(get_args(kind)[0]))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _Pair(identity, {member.value: member for member in kind}.__getitem__)
    shape = _shape_of(kind)
    return _Pair(shape.plain, shape.made)


def _pair_of_tuple(member: _Pair) -> _Pair:
    if member is _AS_IT_IS:
        return _Pair(identity, tuple)
    return _Pair(
        lambda values: [member.plain(value) for value in values],
        lambda values: tuple([member.made(value) for value in values]),
    )


def _pair_of_field(field: "attrs.Attribute[Any]") -> _Pair:
    """Find it for a field: None is written only where a field has no default to be left out by."""
    kinds = [kind for kind in get_args(field.type) if kind is not NoneType]
    if NoneType not in get_args(field.type):
        return _pair_of(field.type)
    pair = _pair_of(kinds[0])
    if field.default is not attrs.NOTHING or pair is _AS_IT_IS:
        return pair
    return _Pair(
        lambda value: None if value is None else pair.plain(value),
        lambda plain: None if plain is None else pair.made(plain),
    )


_SHAPES: Final[dict[type[Any], _Shape]] = {}
"""Made when a class is first met: all of them would take most of the time of an import."""


def _shape_of(kind: type[Any]) -> _Shape:
    shape = _SHAPES.get(kind)
    if shape is None:
        shape = _SHAPES[kind] = _new_shape(kind)
    return shape


def _new_shape(kind: type[Any]) -> _Shape:
    """Let cattrs write the functions of one class; what somebody may have typed has no fields besides its own."""
    how: dict[str, Any] = {field.name: _override_of(field) for field in attrs.fields(kind)}
    strict = issubclass(kind, Command | Effect)
    made = make_dict_structure_fn(
        kind, _CONVERTER, _cattrs_detailed_validation=False, _cattrs_forbid_extra_keys=strict, **how
    )
    private = [field for field in attrs.fields(kind) if field.metadata.get("private")]
    return _Shape(
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
_AS_IT_IS: Final = _Pair(identity, identity)
_PAIRS: Final[dict[Any, _Pair]] = {
    str: _AS_IT_IS,
    int: _AS_IT_IS,
    bool: _AS_IT_IS,
    Mapping[str, object]: _Pair(dict, identity),
    Mapping[str, int]: _Pair(dict, identity),
    datetime: _Pair(_instant_text, _instant_of),
    timedelta: _Pair(_duration_micros, _duration_of),
    Actor: _Pair(_plain_actor, _actor_of),
    Reason: _Pair(_plain_reason, lambda plain: Reason(**plain)),
    Segment: _Pair(_plain_segment, _one_segment_of),
    tuple[Segment, ...]: _Pair(_segments_text, _segments_of),
}


# -- commands, effects and events, tagged


Upcaster = Callable[[_Plain], _Plain]
UPCASTERS: Final[dict[tuple[str, int], Upcaster]] = {}
"""By class and schema: a pure function from the dict that an older release wrote to a newer one, tags included."""


def dumps(value: Command | Effect | Event) -> str:
    """
    Write a command, an effect or an event.

    Returns:
        Canonical JSON, tagged with class and schema. `recorded_at` is not in it: it belongs to the row.

    Raises:
        StoreError: It holds what JSON cannot keep.
    """
    return _json(_tagged(value))


def loads(text: str) -> Any:  # noqa: ANN401 - the tag says what
    """
    Read a command, an effect or an event.

    Raises:
        StoreError: It is no such text, of an unknown class, or of a newer release.
    """
    return _made(_parsed(text))


def body_hash(command: Command) -> str:
    """Give the hash of a command without its times, its key and the version that its caller had seen."""
    plain = _tagged(command)
    for name in ("at", "occurred_at", "idempotency_key", "expected_version"):
        plain.pop(name, None)
    return hashlib.sha256(_json(plain).encode()).hexdigest()


def _tagged(value: Command | Effect | Event) -> _Plain:
    shape = _shape_of(type(value))
    plain = shape.plain(value)
    plain.pop("recorded_at", None)
    plain["type"], plain["schema"] = shape.name, shape.schema
    return plain


def _made(plain: _Plain) -> Any:  # noqa: ANN401 - the tag says what
    """Make a value of its dict, which is used up."""
    plain = _lifted(plain)
    shape = _shape_for(plain.pop("type", None), plain.pop("schema", None), _KINDS)
    return _structured(shape, plain)


def _lifted(plain: _Plain) -> _Plain:
    while True:
        name, schema = plain.get("type"), plain.get("schema")
        upcast = UPCASTERS.get((name, schema)) if isinstance(name, str) and isinstance(schema, int) else None
        if upcast is None:
            return plain
        plain = upcast(plain)


def _shape_for(name: object, schema: object, kinds: Mapping[str, type[Any]]) -> _Shape:
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        raise _unreadable("a value", f"of the unknown type {_word(name)}")
    shape = _shape_of(kind)
    if schema != shape.schema:
        problem = f"of schema {_word(schema)}, and this release reads {shape.schema}"
        raise _unreadable(shape.name, problem)
    return shape


def _structured(shape: _Shape, plain: _Plain) -> Any:  # noqa: ANN401 - the shape says what
    try:
        return shape.made(plain)
    except ForbiddenExtraKeysError as problem:
        unknown = ", ".join(sorted(_word(name) for name in problem.extra_fields))
        raise _unreadable(shape.name, f"it has no field {unknown}") from None
    except InputError as problem:  # it names the field, and never shows the value
        raise _unreadable(shape.name, str(problem)) from None
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise _unreadable(shape.name, f"a field is missing or malformed ({type(problem).__name__})") from None


def _unreadable(what: str, why: str) -> StoreError:
    return StoreError("codec", f"{what} cannot be read: {why}", retryable=False)


def _word(value: object) -> str:
    """Show a tag or a field's name, but nothing that might be somebody's text."""
    text = str(value)
    return repr(text) if re.fullmatch(r"\w{1,40}", text) else "(malformed)"


_write: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _json(plain: _Plain) -> str:
    try:
        return _write(plain)
    except (TypeError, ValueError) as problem:
        what = plain.get("type", "a value")
        message = f"{what} holds what JSON cannot keep ({type(problem).__name__})"
        raise StoreError("codec", message, False) from None  # noqa: FBT003 - errors are positional


def _parsed(text: str) -> _Plain:
    try:
        plain = json.loads(text)
    except (TypeError, ValueError):
        plain = None
    if not isinstance(plain, dict):
        raise _unreadable("a text", "it is no JSON object")
    return plain


_PAIRS[Command] = _Pair(_tagged, _made)
_EVENTS: Final = {kind.__name__: kind for kind in EVENTS}
_KINDS: Final = {kind.__name__: kind for kind in (*COMMANDS, *EFFECTS, *EVENTS)}


# -- events, in a public and a private part


class EncodedEvent(NamedTuple):
    """
    An event as it is stored.

    Attributes:
        type: The name of its class.
        schema: The schema of its class.
        public: What stays; type and schema stand in it too, so that the digest covers them.
        private: Personal texts and names, to be deleted on request; empty where there are none.
    """

    type: str
    schema: int
    public: str
    private: str


def encode_event(event: Event) -> EncodedEvent:
    """
    Write an event in two parts.

    Raises:
        StoreError: It holds what JSON cannot keep.
    """
    shape = _shape_of(type(event))
    plain = _tagged(event)
    private = {name: plain.pop(name) for name in shape.private if name in plain}
    by = plain["by"]
    if "id" in by:
        private["by"] = {"id": by.pop("id")}
    return EncodedEvent(shape.name, shape.schema, _json(plain), _json(private) if private else "")


def decode_event(
    type: str, schema: int, public: str, private: str | None, *, recorded_at: datetime | None = None
) -> Event:
    """
    Read an event.

    Args:
        type: The name of its class, as the row has it.
        schema: Its schema, as the row has it.
        public: The public part.
        private: The private part; empty or None when there was none or it has been deleted. Then a required name reads
            `REDACTED`, and everything else is as if it had never been given.
        recorded_at: When it was written, as the row has it.

    Raises:
        StoreError: It cannot be read, or the row says something else than the text.
    """
    plain = _parsed(public)
    if (plain.get("type"), plain.get("schema")) != (type, schema):
        raise _unreadable("an event", "its row and its text differ in type or schema")
    if private:
        _put_back(plain, _parsed(private))
    plain = _lifted(plain)
    shape = _shape_for(plain.pop("type", None), plain.pop("schema", None), _EVENTS)
    if not private:
        _put_blanks(plain, shape)
    plain["recorded_at"] = recorded_at
    event: Event = _structured(shape, plain)
    return event


def _put_back(plain: _Plain, private: _Plain) -> None:
    by, hidden = plain.get("by"), private.pop("by", None)
    if isinstance(by, dict) and isinstance(hidden, dict):
        by |= hidden
    plain |= private


def _put_blanks(plain: _Plain, shape: _Shape) -> None:
    """Fill in what an event cannot do without; what the system did has no name to be missed."""
    by = plain.get("by")
    if isinstance(by, dict) and by.get("kind") != SYSTEM.kind:
        by.setdefault("id", REDACTED)
    for name in shape.required:
        plain.setdefault(name, REDACTED)


# -- cases


def encode_case(case: Case) -> str:
    """
    Write a case as it stands; personal texts stay inside.

    Raises:
        StoreError: It holds what JSON cannot keep.
    """
    shape = _shape_of(Case)
    plain = shape.plain(case)
    plain["type"], plain["schema"] = shape.name, shape.schema
    return _json(plain)


def decode_case(text: str) -> Case:
    """
    Read a case.

    Raises:
        StoreError: It cannot be read, or a newer release wrote it.
    """
    plain = _lifted(_parsed(text))
    shape = _shape_for(plain.pop("type", None), plain.pop("schema", None), {Case.__name__: Case})
    case: Case = _structured(shape, plain)
    return case


# -- the chain of digests


def digest(previous: str, public: str, salt: bytes, private: str) -> str:
    """
    Bind an event to the one before it.

    Args:
        previous: The digest of the event before; empty for the first.
        public: Its public part.
        salt: Random bytes, so that nobody finds a short private part by trying; empty where that is empty.
        private: Its private part; only a commitment to it goes into the digest, so that it can be deleted.

    Returns:
        A SHA-256 in hexadecimal; every part goes in with its length before it.
    """
    return chained(previous, public, commitment(salt, private))


def commitment(salt: bytes, private: str) -> str:
    """Give what stays of a private part when it is deleted, so that the chain can still be verified."""
    return _hash(salt, private.encode())


def chained(previous: str, public: str, committed: str) -> str:
    """Give the digest of an event by the commitment to its private part."""
    return _hash(previous.encode(), public.encode(), committed.encode())


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"".join([length for part in parts for length in (len(part).to_bytes(8), part)])).hexdigest()


@attrs.frozen(kw_only=True)
class EventRecord:
    """
    A row of a history, as it is stored.

    Attributes:
        version: Its number.
        type: The name of its class.
        schema: The schema of its class.
        public: The public part.
        private: The private part; None once deleted.
        salt: Goes with the private part, and is deleted with it.
        committed: What stays of the private part once it is deleted; otherwise None.
        digest: What binds it to the row before.
    """

    version: int
    type: str
    schema: int
    public: str
    private: str | None
    salt: bytes | None
    committed: str | None = None
    digest: str


def verify_chain(records: Sequence[EventRecord], head: str | None, case: Case | None) -> tuple[Reason, ...]:
    """
    Check a history against its digests and against the case that was made of it.

    Args:
        records: The whole history, in order.
        head: The digest of the last event as the case's row has it; None where there is no row.
        case: The case as it is stored; None where there is none.

    Returns:
        What is wrong; empty means sound. A history that was cut or rewritten as a whole, row of the case included, is
        found only against a head that is kept elsewhere.
    """
    findings = [*gap_findings([record.version for record in records], case), *_digest_findings(records)]
    if head != (records[-1].digest if records else None):
        findings.append(Reason("verify.head"))
    events, unreadable = _decoded(records)
    if unreadable or any(finding.code == "verify.gap" for finding in findings):
        return (*findings, *unreadable)
    return (*findings, *fold_findings(events, case))


def gap_findings(versions: Sequence[int], case: Case | None) -> tuple[Reason, ...]:
    """Check that versions go from 1 to that of the case, one by one."""
    findings = []
    expected = 1
    for found in versions:
        if found != expected:
            findings.append(_gap(expected, found))
        expected = found + 1
    if case is not None and case.version != expected - 1:
        findings.append(_gap(case.version, expected - 1))
    return tuple(findings)


def _gap(expected: int, found: int) -> Reason:
    return Reason("verify.gap", {"expected": expected, "found": found})


def _digest_findings(records: Sequence[EventRecord]) -> Iterator[Reason]:
    """Compare each with the stored digest before it, so that one edit is one finding."""
    previous = ""
    for record in records:
        committed = record.committed
        if record.private is not None:
            committed = commitment(record.salt or b"", record.private)
        if record.digest != chained(previous, record.public, committed or ""):
            yield Reason("verify.digest", {"version": record.version})
        previous = record.digest


def _decoded(records: Sequence[EventRecord]) -> tuple[list[Event], list[Reason]]:
    events: list[Event] = []
    unreadable: list[Reason] = []
    for record in records:
        try:
            events.append(decode_event(record.type, record.schema, record.public, record.private))
        except StoreError as error:
            params = {"version": record.version, "problem": error.problem}
            unreadable.append(Reason("verify.unreadable", params))
    return events, unreadable


def fold_findings(events: Sequence[Event], case: Case | None) -> tuple[Reason, ...]:
    """Check that a case is what its events make."""
    try:
        folded = fold_all(None, events)
    except (AttributeError, KeyError, TypeError, ValueError):
        return (Reason("verify.fold", {"fields": "everything: the history makes no case"}),)
    if folded == case:
        return ()
    if folded is None or case is None:
        return (Reason("verify.fold", {"fields": "everything: one of the two is missing"}),)
    names = [field.name for field in attrs.fields(Case) if getattr(folded, field.name) != getattr(case, field.name)]
    return (Reason("verify.fold", {"fields": ", ".join(names)}),)
