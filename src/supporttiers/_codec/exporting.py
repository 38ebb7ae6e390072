"""Everything that is kept about a case as plain values, for whoever has a right to it."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.effects import Effect
from supporttiers.events import Event
from supporttiers.match import Match

FORMAT: Final = 1
"""Raised when what is there already gets another name or meaning; new names may come without that."""


def exported(
    *, case: Case, events: Iterable[Event], messages: Iterable[Any], keys: Iterable[Any],
    links_in: Iterable[tuple[str, str]],
) -> dict[str, Any]:  # fmt: skip
    """
    Give what is kept about a case as JSON has it.

    Args:
        case: The case.
        events: Its whole history.
        messages: What it has caused to be sent.
        keys: The uses of idempotency keys on it.
        links_in: The kinds of the links to it, and whose they are.
    """
    return {
        "format": FORMAT,
        "case": _plain(case),
        "events": [_plain(event) for event in events],
        "messages": [_plain(message) for message in messages],
        "idempotency_keys": [_plain(key) for key in keys],
        "links_in": [{"kind": kind, "case_id": case_id} for kind, case_id in links_in],
    }


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, Match):
        return value.to_data()
    kind: Any = type(value)
    if attrs.has(kind):
        named = {"type": kind.__name__} if isinstance(value, Event | Effect | Command) else {}
        return named | {field.name: _plain(getattr(value, field.name)) for field in attrs.fields(kind)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return _plain(value._asdict())
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value
