"""What holds for a whole process, and what a store remembers of its policies."""

from collections.abc import Mapping

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, each, flag, optional, part, tuple_of
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.tiers import MoveRules


def _in_flight(value: object) -> str | None:
    if value == "live":
        return "'live' is not built yet in this release; possible is 'pin'"
    return None if value == "pin" else "must be 'pin'"


@attrs.frozen(kw_only=True)
class Settings(MoveRules):
    """
    What holds for a whole process: the `[process]` table of a file.

    Attributes:
        name: Of the process; cases remember it.
        calendar: Whose working time limits measure that name no other.
        priorities: From the lowest to the highest.
        default_priority: Of a case that is opened without one; None means the middle one, the lower of two.
        in_flight: `pin`: a case goes on with the process that it started with.
        bounce_limit: How often a case may go to and fro between two places before management is told.
        link_kinds: The process's own kinds of links, besides the built-in ones.
        reply_resumes: Whether the requester's reply resumes a case that waits for the customer.
        reply_reopens: Whether the requester's reply reopens a resolved case.
    """

    name: str = attrs.field(validator=part(fields.name))
    calendar: str = attrs.field(default=ALWAYS_OPEN, validator=part(fields.name))
    priorities: tuple[str, ...] = attrs.field(
        default=("low", "medium", "high", "critical"),
        converter=tuple_of,
        validator=part(each(fields.name, at_most=50, what="names")),
    )
    default_priority: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    in_flight: str = attrs.field(default="pin", validator=part(_in_flight))
    bounce_limit: int = attrs.field(default=3, validator=part(at_least(0, 1000)))
    link_kinds: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(fields.name, at_most=50, what="names"))
    )
    reply_resumes: bool = attrs.field(default=True, validator=part(flag))
    reply_reopens: bool = attrs.field(default=True, validator=part(flag))


@attrs.frozen(kw_only=True)
class StoredPolicy:
    """
    What a stored process says of a policy that is code: enough to know it by, not to ask it.

    Attributes:
        name: The policy's.
        revision: The policy's.
        answers: What the policy was asked: `route`, `permit` ...
        fields: Its data.
    """

    name: str = attrs.field(validator=part(fields.name))
    revision: int = attrs.field(validator=part(at_least(0)))
    answers: tuple[str, ...] = attrs.field(
        converter=tuple_of, validator=part(each(fields.name, at_most=50, what="names"))
    )
    fields: Mapping[str, object] = attrs.field(hash=False)
