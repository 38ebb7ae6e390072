"""
Codec: the canonical bytes of commands, effects, events and cases, and the chain of digests over a history.

The format is ours and pinned by golden files: JSON with sorted keys, no spaces and no escapes of letters; defaults left
out; instants in ISO 8601 and UTC; durations in whole microseconds; every value tagged with its class and its schema.
What an older release wrote is lifted by upcasters, pure functions on plain dicts, before any class is made.
"""

from supporttiers._codec.chain import (
    EventRecord,
    chained,
    commitment,
    digest,
    fold_findings,
    gap_findings,
    verify_chain,
)
from supporttiers._codec.exporting import exported
from supporttiers._codec.plain import instant_at, micros_of
from supporttiers._codec.redaction import blank_effect, blank_event, has_private
from supporttiers._codec.texts import (
    UPCASTERS,
    EncodedEvent,
    body_hash,
    decode_agent,
    decode_case,
    decode_event,
    dumps,
    encode_agent,
    encode_case,
    encode_event,
    loads,
)

__all__ = [
    "UPCASTERS",
    "EncodedEvent",
    "EventRecord",
    "blank_effect",
    "blank_event",
    "body_hash",
    "chained",
    "commitment",
    "decode_agent",
    "decode_case",
    "decode_event",
    "digest",
    "dumps",
    "encode_agent",
    "encode_case",
    "encode_event",
    "exported",
    "fold_findings",
    "gap_findings",
    "has_private",
    "instant_at",
    "loads",
    "micros_of",
    "verify_chain",
]
