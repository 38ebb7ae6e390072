"""The chain of digests over a history, and how it is verified."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from supporttiers._codec.texts import decode_event
from supporttiers.cases import Case, fold_all
from supporttiers.errors import StoreError
from supporttiers.events import Event
from supporttiers.reasons import Reason


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
    return _hash(salt, private.encode()) if private or salt else _NOTHING


def chained(previous: str, public: str, committed: str) -> str:
    """Give the digest of an event by the commitment to its private part."""
    return _hash(previous.encode(), public.encode(), committed.encode())


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"".join([length for part in parts for length in (len(part).to_bytes(8), part)])).hexdigest()


_NOTHING: Final = _hash(b"", b"")
"""The commitment to no private part, which most events of time have."""


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
