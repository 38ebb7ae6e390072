"""What policies are asked and answer, and what the engine decides."""

from datetime import datetime

import attrs

from supporttiers._fields import at_least, each, name, optional, part, tuple_of
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.effects import Effect
from supporttiers.errors import CaseError
from supporttiers.events import Event


@attrs.frozen(kw_only=True)
class Situation:
    """
    What a policy is asked about; new fields may be added, so that old policies go on working.

    Attributes:
        case: The case after the command so far; at its opening, as it would be at its default tier.
        command: What is being carried out.
        now: The instant of judgement, in UTC.
    """

    case: Case
    command: Command
    now: datetime


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
    refusal: CaseError | None = None
