"""What policies are asked and answer, and what the engine decides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from supporttiers._fields import at_least, aware, each, flag, instance_of, name, optional, part, tuple_of, utc
from supporttiers.actors import SYSTEM, Actor
from supporttiers.calendars import WorkingHours
from supporttiers.cases import Case, Place
from supporttiers.commands import Command
from supporttiers.effects import Effect
from supporttiers.errors import CaseError, FactsError
from supporttiers.events import Event
from supporttiers.facts import FactKey
from supporttiers.match import Match
from supporttiers.reasons import Reason
from supporttiers.tiers import Status


@attrs.frozen(kw_only=True)
class Situation:
    """
    What a policy is asked about; new fields may be added, so that old policies go on working.

    Attributes:
        case: The case after the command so far; at its opening, as it would be at its default tier.
        command: What is being carried out; None where time itself acts.
        now: The instant of judgement, in UTC.
        facts: What the policy `needs`, by name; None where the case has no key for it, or the source no answer.
        by: Who acts; the system where time does.
        trigger: The verb that is being asked about: of `permit` and `react`; empty elsewhere.
        to: Where the case would go: of `permit`, for verbs that move it; of `reopen`, None where the process has no
            way back.
        event: What has just happened: of `react`.
        limit: The name of the limit whose target is asked for: of `target`.
        calendars: The process's calendars, by name, `24x7` included.
        exclude: Agents who are not to be chosen: of `assign`, those from whom the case is taken.
        skipped: The levels of the tiers that the case would pass over: of `permit`, for verbs that move it.
    """

    case: Case
    command: Command | None = None
    now: datetime
    facts: Mapping[str, Any] = attrs.field(factory=dict, hash=False, repr=False)
    by: Actor = SYSTEM
    trigger: str = ""
    to: Place | None = None
    event: Event | None = None
    limit: str | None = None
    calendars: Mapping[str, WorkingHours] = attrs.field(factory=dict, hash=False, repr=False)
    exclude: tuple[str, ...] = ()
    skipped: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class Destination:
    """
    Where a case should go.

    Attributes:
        tier: A level of the process.
        team: One of the tier's teams; its first when None.
        tags: Added to the case's tags.
    """

    tier: int = attrs.field(validator=part(at_least(0, 99)))
    team: str | None = attrs.field(default=None, validator=part(optional(name)))
    tags: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(name, at_most=50, what="tags"))
    )


@attrs.frozen
class Refusal:
    """
    A no: what stands against a command, and what would have to be handed in first.

    Attributes:
        reason: Why not; a policy may use dotted codes of its own.
        missing: What is missing, in the words of the process.
        binding: Where False, nothing is refused: a move goes on, and records what is missing.
    """

    reason: Reason = attrs.field(validator=part(instance_of(Reason, "a Reason")))
    missing: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(name, at_most=50, what="words"))
    )
    binding: bool = attrs.field(default=True, kw_only=True, validator=part(flag))


@attrs.frozen
class FollowUp:
    """
    Not this case any more: another one goes on with the matter.

    Attributes:
        reason: Why this one is not reopened.
    """

    reason: Reason = attrs.field(validator=part(instance_of(Reason, "a Reason")))


@attrs.frozen
class Hold:
    """
    A not yet: the command waits until somebody approves it.

    Attributes:
        reason: What is to be approved.
        approvers: Roles or ids of those who may approve or decline; any manager when empty.
    """

    reason: Reason = attrs.field(validator=part(instance_of(Reason, "a Reason")))
    approvers: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(name, at_most=50, what="roles"))
    )


def _statuses(value: Any) -> Any:  # noqa: ANN401 - anything may come
    items = tuple_of(value)
    known = set(Status)
    if not isinstance(items, tuple):
        return items
    return tuple(Status(item) if isinstance(item, str) and item in known else item for item in items)


@attrs.frozen(kw_only=True)
class Later:
    """
    A command that a reaction wants carried out at a later instant.

    Attributes:
        command: On the case itself; its `at` is ignored.
        at: When; an instant that has passed means at once.
        name: Under which the case keeps it: a new one of the same name takes its place.
        while_status: It is dropped once the case has another status than these; of the case as it is when empty.
        when: It is dropped once the case no longer meets this condition.
    """

    command: Command = attrs.field(validator=part(instance_of(Command, "a command")))
    at: datetime = attrs.field(converter=utc, validator=part(aware))
    name: str = attrs.field(validator=part(name))
    while_status: tuple[Status, ...] = attrs.field(
        default=(),
        converter=_statuses,
        validator=part(each(instance_of(Status, "a status"), at_most=6, what="statuses")),
    )
    when: Match | None = attrs.field(default=None, validator=part(optional(instance_of(Match, "a Match"))))


@attrs.frozen(kw_only=True)
class Decision:
    """
    What a command, or the passing of time, makes of a case.

    Attributes:
        case: The case after it; None only where opening was refused.
        events: What happened, in order; what time had made due comes first.
        effects: What is to be done outside.
        wakes_at: The next instant at which something happens by itself; None when nothing will.
        replayed: Whether an idempotency key gave back an earlier decision; then there are no events.
        refusal: Why the command was refused, when it was; what was due before it stands all the same.
    """

    case: Case | None
    events: tuple[Event, ...] = ()
    effects: tuple[Effect, ...] = ()
    wakes_at: datetime | None = None
    replayed: bool = False
    refusal: CaseError | FactsError | None = None


@attrs.frozen
class NeedFacts:
    """
    What must be known from outside before this can be decided.

    Attributes:
        wanted: Which facts, about what; never empty.
    """

    wanted: frozenset[FactKey]
