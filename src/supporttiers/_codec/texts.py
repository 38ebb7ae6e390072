"""Commands, effects, events and cases as texts, with class and schema in them."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from cattrs import ForbiddenExtraKeysError

from supporttiers._codec.plain import PAIRS, Pair, Plain, Shape, shape_of
from supporttiers.actors import SYSTEM, Agent
from supporttiers.cases import Case
from supporttiers.commands import COMMANDS, Command
from supporttiers.effects import EFFECTS, Effect
from supporttiers.errors import InputError, StoreError
from supporttiers.events import EVENTS, REDACTED, Event

# -- commands, effects and events, tagged


Upcaster = Callable[[Plain], Plain]
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


def _tagged(value: Command | Effect | Event) -> Plain:
    plain = _plain(value)
    plain.pop("recorded_at", None)
    return plain


def _plain(value: Command | Effect | Event | Case | Agent) -> Plain:
    shape = shape_of(type(value))
    plain = shape.plain(value)
    plain["type"], plain["schema"] = shape.name, shape.schema
    return plain


def _made(plain: Plain) -> Any:  # noqa: ANN401 - the tag says what
    """Make a command, an effect or an event of its dict, which is used up."""
    return _one_of(_KINDS, plain)


def _one_of(kinds: Mapping[str, type[Any]], plain: Plain) -> Any:  # noqa: ANN401 - the tag says what
    plain = _lifted(plain)
    shape = _shape_for(plain.pop("type", None), plain.pop("schema", None), kinds)
    return _structured(shape, plain)


def _lifted(plain: Plain) -> Plain:
    while True:
        name, schema = plain.get("type"), plain.get("schema")
        upcast = UPCASTERS.get((name, schema)) if isinstance(name, str) and isinstance(schema, int) else None
        if upcast is None:
            return plain
        plain = upcast(plain)


def _shape_for(name: object, schema: object, kinds: Mapping[str, type[Any]]) -> Shape:
    kind = kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        raise _unreadable("a value", f"of the unknown type {_word(name)}")
    shape = shape_of(kind)
    if schema != shape.schema:
        problem = f"of schema {_word(schema)}, and this release reads {shape.schema}"
        raise _unreadable(shape.name, problem)
    return shape


def _structured(shape: Shape, plain: Plain) -> Any:  # noqa: ANN401 - the shape says what
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


def _json(plain: Plain) -> str:
    try:
        return _write(plain)
    except (TypeError, ValueError) as problem:
        what = plain.get("type", "a value")
        message = f"{what} holds what JSON cannot keep ({type(problem).__name__})"
        raise StoreError("codec", message, False) from None  # noqa: FBT003 - errors are positional


def _parsed(text: str) -> Plain:
    try:
        plain = json.loads(text)
    except (TypeError, ValueError):
        plain = None
    if not isinstance(plain, dict):
        raise _unreadable("a text", "it is no JSON object")
    return plain


PAIRS[Command] = Pair(_tagged, _made)
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
    shape = shape_of(type(event))
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


def _put_back(plain: Plain, private: Plain) -> None:
    by, hidden = plain.get("by"), private.pop("by", None)
    if isinstance(by, dict) and isinstance(hidden, dict):
        by |= hidden
    plain |= private


def _put_blanks(plain: Plain, shape: Shape) -> None:
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
    return _json(_plain(case))


def decode_case(text: str) -> Case:
    """
    Read a case.

    Raises:
        StoreError: It cannot be read, or a newer release wrote it.
    """
    case: Case = _one_of({Case.__name__: Case}, _parsed(text))
    return case


# -- agents


def encode_agent(agent: Agent) -> str:
    """Write an agent as a store keeps them."""
    return _json(_plain(agent))


def decode_agent(text: str) -> Agent:
    """
    Read an agent.

    Raises:
        StoreError: It cannot be read, or a newer release wrote it.
    """
    agent: Agent = _one_of({Agent.__name__: Agent}, _parsed(text))
    return agent
