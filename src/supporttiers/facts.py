"""
Facts: what policies need from outside the case.

A policy names the facts that it `needs`; a `FactSource` answers for many cases at once. Facts that were used stand on
the event, and the case keeps the last value of each: conditions speak of them as `facts.x`.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import part
from supporttiers.match import inside

MAX_FACT_BYTES: Final = 64 * 1024
MAX_RECORDED_BYTES: Final = 4096
_FACTS: Final = "facts."
_ATTRIBUTES: Final = "attributes."
_COMPACT: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def _fact_name(value: object) -> str | None:
    dotted = isinstance(value, str) and (value.startswith("_") or "." in value)
    return fields.name(value) or ("must not begin with '_' or contain '.'" if dotted else None)


def _readable(value: object) -> str | None:
    return None if callable(value) else "must be a function of a tenant and a list of keys"


Read = Callable[[str, Sequence[str]], Mapping[str, object] | Awaitable[Mapping[str, object]]]
"""Takes a tenant and keys, and gives a value for each key, or what is awaited for that."""


@attrs.frozen
class FactSource:
    """
    Something outside that knows a fact about many keys at once.

    >>> plans = {"c-1": "gold"}
    >>> source = FactSource("plan", lambda tenant, keys: {key: plans.get(key) for key in keys}, keyed_by="customer")
    >>> source.read("default", ["c-1"])
    {'c-1': 'gold'}

    Attributes:
        name: How policies and conditions call the fact: `facts.plan`.
        read: Takes the tenant and a list of keys, and gives a mapping from key to a plain value (texts, numbers, flags,
            lists and tables of them, at most 64 KiB as JSON); a key that it leaves out is None. It is called with no
            transaction of ours open, and may raise anything: a command is then refused, and time goes on with the
            value last recorded. For an `AsyncSupportDesk` it may be a coroutine function.
        keyed_by: Where the key stands: a field of the case such as `customer`, `team` or `tenant`, an attribute
            (`attributes.asset`), or what another fact holds (`facts.agents.id`: one key for each agent; the fact is
            then a table by key).

    .. versionadded:: 0.1.0
    """

    name: str = attrs.field(validator=part(_fact_name))
    read: Read = attrs.field(validator=part(_readable), eq=False)
    keyed_by: str = attrs.field(default="customer", validator=part(fields.name))


class FactKey(NamedTuple):
    """Which fact, about what."""

    source: str
    key: str


@attrs.frozen(kw_only=True)
class Facts:
    """
    What is known from outside while a decision is made.

    Attributes:
        keyed_by: The sources at hand, each with where its key stands.
        values: What was read.
        failed: The sources that could not be read, each with what went wrong.
    """

    keyed_by: Mapping[str, str] = attrs.field(factory=dict)
    values: Mapping[FactKey, object] = attrs.field(factory=dict)
    failed: Mapping[str, str] = attrs.field(factory=dict)

    def with_values(self, values: Mapping[FactKey, object], failed: Mapping[str, str]) -> "Facts":
        """Give the same with more that is known."""
        return attrs.evolve(self, values={**self.values, **values}, failed={**self.failed, **failed})


NO_FACTS: Final = Facts()


def keys_of(keyed_by: str, case: Any, known: Mapping[str, object]) -> str | tuple[str, ...] | None:  # noqa: ANN401
    """
    Find about what a fact is asked for a case.

    Returns:
        One key, several where another fact names them, or None where the case has none: the fact is then None too.
    """
    if keyed_by.startswith(_FACTS):
        found = inside(known, keyed_by.removeprefix(_FACTS).split("."))
        return tuple(str(key) for key in found) if isinstance(found, list) else _key(found)
    if keyed_by.startswith(_ATTRIBUTES):
        return _key(case.attributes.get(keyed_by.removeprefix(_ATTRIBUTES)))
    return _key(getattr(case, keyed_by, None))


def _key(value: object) -> str | None:
    return None if value is None else str(value)


def plain_fact(value: object) -> object:
    """
    Turn what a source gave into the data that an event can keep.

    Raises:
        ValueError: It is no plain data, or larger than 64 KiB as JSON; the message never shows it.
    """
    try:
        text = _COMPACT(value)
    except (TypeError, ValueError):
        message = "it gave a value that is no plain data"
        raise ValueError(message) from None
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FACT_BYTES:
        message = f"it gave more than {MAX_FACT_BYTES} bytes for one key"
        raise ValueError(message)
    plain: object = json.loads(text)
    return plain


def recorded(facts: Mapping[str, object]) -> dict[str, object]:
    """Give what an event keeps of the facts that were used: at most 4 KiB, the digest in place of what is larger."""
    kept = dict(facts)
    sizes = {name: len(_COMPACT(value).encode()) for name, value in kept.items()}
    for name in sorted(sizes, key=lambda name: -sizes[name]):
        if sum(sizes.values()) + sum(map(len, sizes)) <= MAX_RECORDED_BYTES:
            break
        kept[name] = f"sha256:{hashlib.sha256(_COMPACT(kept[name]).encode()).hexdigest()}"
        sizes[name] = len(str(kept[name]))
    return kept


def needs_of(policy: object) -> tuple[str, ...]:
    """Give the facts that a policy needs."""
    needs: Iterable[str] = getattr(policy, "needs", ())
    return tuple(needs)
