"""The fields of a case as tests write them: read, checked, and refused by name."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypedDict

from supporttiers import _fields as fields
from supporttiers._fields import Check, each, instance_of, nearest, optional, tuple_of
from supporttiers.cases import Place
from supporttiers.commands import Held, Scheduled
from supporttiers.errors import InputError, PolicyConfigError
from supporttiers.links import Attachment, Attempt, Link, VendorTicket
from supporttiers.stopwatches import Stopwatch
from supporttiers.tiers import CaseKind, Status

__all__ = ["CaseFields"]


class CaseFields(TypedDict, total=False):
    """The fields of a `Case` that `situation` takes: all but `process` and `facts`, which have a say of their own."""

    id: str
    tenant: str
    version: int
    revision: str
    limits_revision: str
    limits_in_force: str | None
    kind: CaseKind | str
    subject: str
    requester: str
    customer: str | None
    category: str | None
    channel: str | None
    locale: str | None
    impact: str | None
    urgency: str | None
    priority: str | None
    tags: Iterable[str]
    attributes: Mapping[str, object]
    tier: int
    status: Status | str
    wait_reason: str | None
    wait_until: datetime | str | None
    resume_to: Status | str | None
    came_from: Place | None
    owner: str | None
    assignee: str | None
    last_assignee: str | None
    assigned_at: datetime | str | None
    team: str | None
    stopwatches: Iterable[Stopwatch]
    links: Iterable[Link]
    watchers: Iterable[str]
    attachments: Iterable[Attachment]
    vendor_tickets: Iterable[VendorTicket]
    vendors: Iterable[str]
    vendors_waiting: Iterable[str]
    vendors_unacknowledged: Iterable[str]
    vendors_unreachable: Iterable[str]
    attempts: Iterable[Attempt]
    bounces: Mapping[str, int]
    solution: str | None
    satisfaction: int | None
    opened_at: datetime | str
    changed_at: datetime | str
    tier_entered_at: datetime | str
    first_response_at: datetime | str | None
    last_reply_at: datetime | str | None
    awaiting_reply_since: datetime | str | None
    resolved_at: datetime | str | None
    closed_at: datetime | str | None
    due_at: datetime | str | None
    scheduled: Iterable[Scheduled]
    held: Held | None
    carried_out: Iterable[str]
    workaround: str | None
    affected: int
    most_affected: int
    follow_up: str | None
    redacted_at: datetime | str | None


def value_of(name: str, value: Any) -> Any:  # noqa: ANN401 - anything may come
    """Read the value of a field of a case, and check it."""
    reading = READINGS.get(name)
    if reading is None:
        problem = f"is no field of a case that situation() takes; {near(name, READINGS)}"
        raise InputError("", name, f"{problem}possible are: {listed(READINGS)}")
    return reading(name, value)


Reading = Callable[[str, Any], Any]


def _checked(check: Check) -> Reading:
    def read(name: str, value: Any) -> Any:  # noqa: ANN401
        must(name, check(value))
        return value

    return read


def _collected(check: Check, what: str) -> Reading:
    def read(name: str, value: Any) -> Any:  # noqa: ANN401
        found = tuple_of(value)
        must(name, each(check, at_most=fields.MAX_LINKS, what=what)(found))
        return found

    return read


def _word_of(kind: type[Status] | type[CaseKind], *, maybe: bool = False) -> Reading:
    words = {str(word): word for word in kind}

    def read(name: str, value: Any) -> Any:  # noqa: ANN401
        if maybe and value is None:
            return None
        must(name, fields.one_of(tuple(words))(value))
        return words[value]

    return read


def instant(name: str, value: Any) -> Any:  # noqa: ANN401
    try:
        return None if value is None else fields.instant_of(value)
    except PolicyConfigError as error:
        raise InputError("", name, error.problem) from None


def _a_moment(name: str, value: Any) -> Any:  # noqa: ANN401
    return instant(name, "" if value is None else value)


def _table(name: str, value: Any) -> Any:  # noqa: ANN401
    must(name, fields.attributes(value))
    return dict(value)


def texts(name: str, value: Any) -> Any:  # noqa: ANN401
    return _collected(fields.name, "names")(name, value)


def _of(kind: type) -> Reading:
    return _collected(instance_of(kind, f"a {kind.__name__}"), f"{kind.__name__} objects")


def _one(kind: type) -> Reading:
    return _checked(optional(instance_of(kind, f"a {kind.__name__}")))


_WORDS: Final = (
    "limits_in_force", "customer", "category", "channel", "locale", "impact", "urgency", "priority", "wait_reason",
    "owner", "assignee", "last_assignee", "team", "solution", "workaround", "follow_up",
)  # fmt: skip
_MOMENTS: Final = ("opened_at", "changed_at", "tier_entered_at")
_MAYBE_MOMENTS: Final = (
    "wait_until", "assigned_at", "first_response_at", "last_reply_at", "awaiting_reply_since", "resolved_at",
    "closed_at", "due_at", "redacted_at",
)  # fmt: skip

READINGS: Final[Mapping[str, Reading]] = {
    **dict.fromkeys(("id", "tenant", "revision", "limits_revision", "requester"), _checked(fields.name)),
    **dict.fromkeys(_WORDS, _checked(optional(fields.name))),
    **dict.fromkeys(_MOMENTS, _a_moment),
    **dict.fromkeys(_MAYBE_MOMENTS, instant),
    **dict.fromkeys(
        (
            "tags",
            "watchers",
            "vendors",
            "vendors_waiting",
            "vendors_unacknowledged",
            "vendors_unreachable",
            "carried_out",
        ),
        texts,
    ),
    **dict.fromkeys(("affected", "most_affected"), _checked(fields.at_least(0))),
    **dict.fromkeys(("attributes", "bounces"), _table),
    "version": _checked(fields.at_least(1)),
    "tier": _checked(fields.at_least(0, 99)),
    "satisfaction": _checked(optional(fields.at_least(1, 5))),
    "subject": _checked(fields.subject),
    "kind": _word_of(CaseKind),
    "status": _word_of(Status),
    "resume_to": _word_of(Status, maybe=True),
    "came_from": _one(Place),
    "held": _one(Held),
    "stopwatches": _of(Stopwatch),
    "links": _of(Link),
    "attachments": _of(Attachment),
    "vendor_tickets": _of(VendorTicket),
    "attempts": _of(Attempt),
    "scheduled": _of(Scheduled),
}
"""How each field is read."""


# -- errors


def must(name: str, problem: str | None) -> None:
    if problem:
        raise InputError("", name, problem)


def near(wrong: str, known: Iterable[str]) -> str:
    close = nearest(wrong, known)
    return f"did you mean {close!r}? " if close else ""


def listed(words: Iterable[str]) -> str:
    return ", ".join(words) or "none"
