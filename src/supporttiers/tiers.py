"""Tiers, and the words for where a case stands: status, kind of case, kind of tier, agreement, visibility."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, duration_of, each, instance_of, one_of, optional, part, tuple_of
from supporttiers.errors import PolicyConfigError


class Status(StrEnum):
    """What is happening to a case; the last three are ends, which keep tier and team on the case."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"


OPEN: Final = frozenset({Status.QUEUED, Status.IN_PROGRESS, Status.WAITING})
"""The statuses in which somebody still owes something."""


class CaseKind(StrEnum):
    """What a case is about. A `problem` is the cause, or possible cause, of incidents (ITIL)."""

    INCIDENT = "incident"
    REQUEST = "request"
    QUESTION = "question"
    PROBLEM = "problem"


class TierKind(StrEnum):
    """Who works at a tier."""

    SELF_SERVICE = "self_service"
    TEAM = "team"
    VENDOR = "vendor"


class Agreement(StrEnum):
    """With whom a time limit is agreed: the customer, another tier of the house, or an outside vendor."""

    SLA = "sla"
    OLA = "ola"
    UC = "uc"


class Visibility(StrEnum):
    """Who may see an event. Private stays inside the house."""

    PUBLIC = "public"
    PRIVATE = "private"


WAIT_REASONS: Final = ("customer", "vendor", "known_issue", "approval", "scheduled")
"""The built-in reasons for waiting; a process may add its own."""


def _tier_kind(value: object) -> object:
    return TierKind(value) if isinstance(value, str) and value in set(TierKind) else value


def working_time(value: object) -> str | None:
    """Allow a timedelta above zero, in whole seconds: a process file has no smaller unit."""
    return fields.positive_duration(value) or whole_seconds(value)


def whole_seconds(value: object) -> str | None:
    """Allow everything but a timedelta with a fraction of a second."""
    return "must be whole seconds" if isinstance(value, timedelta) and value.microseconds else None


def named_duration(value: object, field: str) -> timedelta:
    """Read a duration; the error names the field."""
    try:
        return duration_of(value)
    except PolicyConfigError as error:
        raise PolicyConfigError(field, error.problem) from None


def _time_limit(value: object) -> object:
    return None if value is None else named_duration(value, "Tier.time_limit")


@attrs.frozen(kw_only=True)
class Tier:
    """
    One tier of support.

    >>> Tier(level=1, name="Service desk", escalates_to=[2], time_limit="15m").kind
    <TierKind.TEAM: 'team'>

    Attributes:
        level: 0 to 99; a higher level has more skill.
        name: What people call it.
        kind: Who works there.
        teams: Names of its teams; a case that arrives without a team named gets the first.
        vendor: For a vendor tier: the name of the vendor's gateway.
        escalates_to: Levels to which a case may go up from here, the first being the default.
        hands_back_to: Levels to which a case may be handed back from here, the first being the default.
        time_limit: Short for an OLA limit on this tier whose breach escalates; of working time.
        calendar: Whose working time limits on this tier measure that name no other; the process's when None.
        returns_to: For a vendor tier: the level to which the vendor's answer brings a case. When None it goes to where
            it came from, else to the first of `hands_back_to`, else to the first of `escalates_to`.

    .. versionadded:: 0.1.0
    """

    level: int = attrs.field(validator=part(at_least(0, 99)))
    name: str = attrs.field(validator=part(fields.name))
    kind: TierKind = attrs.field(
        default=TierKind.TEAM,
        converter=_tier_kind,
        validator=part(instance_of(TierKind, "one of: self_service, team, vendor")),
    )
    teams: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(fields.name, at_most=1000, what="names"))
    )
    vendor: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    escalates_to: tuple[int, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(at_least(0, 99), at_most=99, what="levels"))
    )
    hands_back_to: tuple[int, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(at_least(0, 99), at_most=99, what="levels"))
    )
    time_limit: timedelta | None = attrs.field(
        default=None, converter=_time_limit, validator=part(optional(working_time))
    )
    calendar: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    returns_to: int | None = attrs.field(default=None, validator=part(optional(at_least(0, 99))))


def _statuses(value: object) -> object:
    known = set(Status)
    items = tuple_of(value)
    if not isinstance(items, tuple):
        return items
    return tuple(Status(item) if isinstance(item, str) and item in known else item for item in items)


def _entry(value: object) -> object:
    return value if value == "any" else tuple_of(value)


def _check_entry(value: object) -> str | None:
    if value == "any":
        return None
    problem = each(at_least(0, 99), at_most=99, what="levels")(value)
    return f"{problem}; or say 'any'" if problem else None


_status_list = part(each(instance_of(Status, "a status: " + ", ".join(Status)), at_most=6, what="statuses"))


@attrs.frozen(kw_only=True)
class MoveRules:
    """
    What is allowed between tiers, beyond what each tier names for itself.

    Attributes:
        entry: Levels at which a case may be opened besides the lowest staffed one, or `any`. A vendor's tier below
            that one, named here, is where cases are opened for which nobody says where.
        moves: `listed`: only what tiers list; `any`: up to every higher and back to every lower tier.
        reopen_from: Ended statuses from which a case may be reopened.
        transfer_when: Statuses in which a case may change tier or team.
        resolve_when: Statuses from which a case may be resolved.
        wait_reasons: The process's own reasons for waiting, besides the built-in ones.
    """

    entry: tuple[int, ...] | str = attrs.field(default=(), converter=_entry, validator=part(_check_entry))
    moves: str = attrs.field(default="listed", validator=part(one_of(("listed", "any"))))
    reopen_from: tuple[Status, ...] = attrs.field(
        default=(Status.RESOLVED,), converter=_statuses, validator=_status_list
    )
    transfer_when: tuple[Status, ...] = attrs.field(
        default=(Status.QUEUED, Status.IN_PROGRESS, Status.WAITING), converter=_statuses, validator=_status_list
    )
    resolve_when: tuple[Status, ...] = attrs.field(
        default=(Status.QUEUED, Status.IN_PROGRESS, Status.WAITING), converter=_statuses, validator=_status_list
    )
    wait_reasons: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(fields.name, at_most=50, what="names"))
    )


def entry_level(tiers: tuple[Tier, ...], entry: tuple[int, ...] | str = ()) -> int:
    """
    Give the level at which a case is opened for which nobody says where.

    It is the lowest tier that has a team; a vendor's tier below it where *entry* names that level, for then somebody
    else runs the first line. Where no tier has a team, it is the lowest of all.

    Args:
        tiers: At least one.
        entry: Levels at which a case may be opened besides; `any` names none.
    """
    named = () if isinstance(entry, str) else entry
    possible = (
        tier.level for tier in tiers
        if tier.kind is TierKind.TEAM or (tier.kind is TierKind.VENDOR and tier.level in named)
    )  # fmt: skip
    return min(possible, default=min(tier.level for tier in tiers))
