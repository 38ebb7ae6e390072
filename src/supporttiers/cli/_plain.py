"""Cases, events and readings as plain values for JSON: the keys are the attributes' names."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from supporttiers.events import Event
from supporttiers.links import Attachment
from supporttiers.reasons import Reason

_TEXTS: Final = frozenset({"subject", "text", "said", "attributes"})
"""The fields that hold what people wrote."""


def plain_of(value: object, *, texts: bool) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """
    Make plain values: instants become ISO 8601 texts, durations seconds, tuples lists.

    Args:
        value: A case, an event, a reading, or a part of one.
        texts: Whether what people wrote is shown; otherwise it is None.
    """
    if isinstance(value, Reason):
        return {"code": value.code, "params": dict(value.params), "text": str(value)}
    if attrs.has(type(value)):
        return _plain_record(value, texts=texts)
    if isinstance(value, Mapping):
        return {key: plain_of(item, texts=texts) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return plain_of(value._asdict(), texts=texts)
    if isinstance(value, tuple | list):
        return [plain_of(item, texts=texts) for item in value]
    return _plain_scalar(value)


def _plain_record(value: Any, *, texts: bool) -> dict[str, Any]:  # noqa: ANN401 - an instance of any attrs class
    record: dict[str, Any] = {"type": type(value).__name__} if isinstance(value, Event) else {}
    for field in attrs.fields(type(value)):
        hidden = not texts and is_text(value, field.name)
        record[field.name] = None if hidden else plain_of(getattr(value, field.name), texts=texts)
    return record


def is_text(record: object, field: str) -> bool:
    """Say whether a field holds what people wrote."""
    return field in _TEXTS or (isinstance(record, Attachment) and field == "name")


def _plain_scalar(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value
