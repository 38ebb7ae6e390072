"""What holds for a whole process, and what a store remembers of its policies."""

from collections.abc import Mapping
from typing import Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, each, flag, one_of, optional, part, tuple_of
from supporttiers.calendars import ALWAYS_OPEN
from supporttiers.limits import PRIORITY_RULES, REOPENING_RULES
from supporttiers.tiers import MoveRules

_names = part(each(fields.name, at_most=50, what="names"))
RESPONDERS: Final = ("agent", "manager", "vendor", "assistant")
"""The kinds of actors whose replies can be an answer of the house."""


@attrs.frozen(kw_only=True)
class Settings(MoveRules):
    """
    What holds for a whole process: the `[process]` table of a file.

    Attributes:
        name: Of the process; cases remember it.
        calendar: Whose working time limits measure that name no other.
        priorities: From the lowest to the highest.
        default_priority: Of a case that is opened without one; None means the middle one, the lower of two.
        in_flight: `pin`: a case goes on with the process that it started with. `live`: limits, calendars and whom they
            tell are those of the newest revision, tiers and moves those that it started with.
        bounce_limit: How often a case may go to and fro between two places before management is told.
        link_kinds: The process's own kinds of links, besides the built-in ones.
        reply_resumes: Whether the requester's reply resumes a case that waits for the customer.
        reply_reopens: Whether the requester's reply reopens a resolved case.
        observes: Whether its rules only watch: what they would have done is recorded, and nothing is done or sent.
        on_priority_change: What becomes of a running clock whose target changes, where its limit does not say.
        on_reopening: What becomes of a clock that had reached its goal when the case is worked on again, likewise.
        response_by: The kinds of actors whose public reply is an answer of the house.
        response_channels: The channels on which a reply is an answer; all where it is empty.
        answered_channels: The channels on which a case that the house opens for a requester is answered by that.
    """

    name: str = attrs.field(validator=part(fields.name))
    calendar: str = attrs.field(default=ALWAYS_OPEN, validator=part(fields.name))
    priorities: tuple[str, ...] = attrs.field(
        default=("low", "medium", "high", "critical"),
        converter=tuple_of,
        validator=part(each(fields.name, at_most=50, what="names")),
    )
    default_priority: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    in_flight: str = attrs.field(default="pin", validator=part(one_of(("pin", "live"))))
    bounce_limit: int = attrs.field(default=3, validator=part(at_least(0, 1000)))
    link_kinds: tuple[str, ...] = attrs.field(
        default=(), converter=tuple_of, validator=part(each(fields.name, at_most=50, what="names"))
    )
    reply_resumes: bool = attrs.field(default=True, validator=part(flag))
    reply_reopens: bool = attrs.field(default=True, validator=part(flag))
    observes: bool = attrs.field(default=False, validator=part(flag))
    on_priority_change: str = attrs.field(default="retroactive", validator=part(one_of(PRIORITY_RULES)))
    on_reopening: str = attrs.field(default="resume", validator=part(one_of(REOPENING_RULES)))
    response_by: tuple[str, ...] = attrs.field(
        default=("agent", "manager", "vendor"),
        converter=tuple_of,
        validator=part(each(one_of(RESPONDERS), at_most=4, what="kinds of actors")),
    )
    response_channels: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=_names)
    answered_channels: tuple[str, ...] = attrs.field(default=(), converter=tuple_of, validator=_names)


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
