"""
Time limits: data that the engine interprets.

A `TimeLimit` says which cases it watches, when its stopwatch runs, how much working time it allows, and what happens at
its thresholds.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import at_least, duration_text, each, instance_of, one_of, optional, part, tuple_of
from supporttiers.errors import PolicyConfigError
from supporttiers.match import Match, Not
from supporttiers.tiers import Agreement, named_duration, whole_seconds, working_time

ANY_PRIORITY: Final = "*"
VERBS: Final = ("escalate", "notify")
"""What a threshold can do."""

MEASURES: Final = ("resolution", "tier")
"""The named bundles of predicates: time to resolution, and time at a tier."""

_LATER: Final = frozenset({
    "assign", "reassign", "raise_priority", "amend", "dispatch", "resolve", "close", "cancel", "wait", "hand_back",
    "transfer", "reply", "note",
    "first_response", "next_response", "time_to_own", "customer_wait", "vendor", "update",
})  # fmt: skip
"""Actions and measures that this release does not know yet: named, so that nobody looks for a typing mistake."""


_MAX_DIGITS: Final = 4
_LEVELS: Final = frozenset({"", *map(str, range(100))})
_OPEN: Final = ["queued", "in_progress", "waiting"]
_DONE: Final = ["resolved", "closed"]


def _built(possible: tuple[str, ...]) -> fields.Check:
    """Make a check for one of several words that tells what is wrong from what is only not built yet."""
    known = one_of(possible)

    def check(value: object) -> str | None:
        if isinstance(value, str) and value in _LATER:
            return f"{value!r} is not built yet in this release; possible are: {', '.join(possible)}"
        return known(value)

    return check


@attrs.frozen
class Percent:
    """A share of a limit's target: 100 is the target itself."""

    value: int = attrs.field(validator=part(at_least(1, 1000)))

    def __str__(self) -> str:
        """Write it as `75%`."""
        return f"{self.value}%"


_TARGET: Final = (Percent(100), timedelta(0))


@attrs.frozen
class Action:
    """
    What a threshold does.

    >>> str(Action.from_text("notify:manager"))
    'notify:manager'

    Attributes:
        verb: `escalate` or `notify`.
        argument: The tier's level to escalate to (the tier's default when empty), or whom to notify.
    """

    verb: str = attrs.field(validator=part(_built(VERBS)))
    argument: str = attrs.field(default="", validator=part(instance_of(str, "a text")))

    def __attrs_post_init__(self) -> None:
        """Check verb and argument together."""
        if self.verb == "notify" and (problem := fields.name(self.argument)):
            raise PolicyConfigError("Action", f"notify needs somebody to tell, such as 'notify:manager': it {problem}")
        if self.verb == "escalate" and self.argument not in _LEVELS:
            raise PolicyConfigError("Action", "escalate takes a tier's level, such as 'escalate:2', or nothing")

    @classmethod
    def from_text(cls, text: object) -> "Action":
        """Read `escalate`, `escalate:3` or `notify:manager`."""
        if not isinstance(text, str):
            raise PolicyConfigError("Action", f"must be a text such as 'notify:manager', not {fields.type_name(text)}")
        verb, colon, argument = text.partition(":")
        if colon and not argument:
            raise PolicyConfigError("Action", f"{text[:40]!r} has nothing after its colon")
        return cls(verb, argument)

    @property
    def tier(self) -> int | None:
        """The level to escalate to, where one is named."""
        return int(self.argument) if self.verb == "escalate" and self.argument else None

    def __str__(self) -> str:
        """Write it as in a process file."""
        return f"{self.verb}:{self.argument}" if self.argument else self.verb


def _mark(value: object) -> object:
    """Read `75%`, or a signed duration."""
    if isinstance(value, Percent):
        return value
    if isinstance(value, str) and value.endswith("%"):
        number = value[:-1].strip()
        if not number.isdecimal() or len(number) > _MAX_DIGITS:
            raise PolicyConfigError("Threshold.at", f"{value[:40]!r} is not a percentage such as '75%'")
        return Percent(int(number))
    if isinstance(value, str) and value.strip().isdecimal():
        raise PolicyConfigError(
            "Threshold.at", f"{value[:40]!r} has no unit; say '75%' of the target, or a time: '-30m'"
        )
    return named_duration(value, "Threshold.at")


def _actions(value: object) -> object:
    items = tuple_of(value)
    if not isinstance(items, tuple):
        return items
    return tuple(item if isinstance(item, Action) else Action.from_text(item) for item in items)


@attrs.frozen
class Threshold:
    """
    A point on a limit's way.

    >>> Threshold("75%", do=["notify:assignee"]).mark
    '75%'

    Attributes:
        at: A percentage of the target, or working time before (negative) or after the target.
        do: What to do, in order.
    """

    at: Percent | timedelta = attrs.field(converter=_mark, validator=part(whole_seconds))
    do: tuple[Action, ...] = attrs.field(
        default=(),
        converter=_actions,
        validator=part(each(instance_of(Action, "an action"), at_most=16, what="actions")),
    )

    @property
    def mark(self) -> str:
        """How a process file writes *at*."""
        return str(self.at) if isinstance(self.at, Percent) else duration_text(self.at)

    @property
    def is_target(self) -> bool:
        """Whether it is the target itself."""
        return self.at in _TARGET

    def reached_after(self, target: timedelta) -> timedelta:
        """Give the working time after which it is reached; not below zero."""
        if isinstance(self.at, Percent):
            return target * self.at.value / 100
        return max(target + self.at, timedelta(0))

    def is_breach(self, target: timedelta) -> bool:
        """Say whether it lies at the target or beyond."""
        return self.reached_after(target) >= target


@attrs.frozen(kw_only=True)
class Predicates:
    """
    When a stopwatch runs: six conditions on the case after each command.

    Attributes:
        start: A stopwatch is attached while this holds and neither stop nor cancel does.
        pause: It stands still.
        resume: It runs again even though pause holds.
        stop: It has reached its goal.
        reset: With start: the old instance is completed and a new one attached.
        cancel: It counts no longer.
    """

    start: Match
    pause: Match | None = None
    resume: Match | None = None
    stop: Match
    reset: Match | None = None
    cancel: Match


def bundle(measures: str, tier: int | None) -> Predicates:
    """Give the predicates of a named bundle."""
    at_customer = Match(status="waiting", wait_reason="customer")
    if measures == "resolution":
        return Predicates(
            start=Match(status=_OPEN), pause=at_customer, stop=Match(status=_DONE), cancel=Match(status="cancelled")
        )
    return Predicates(
        start=Match(tier=tier, status=_OPEN),
        pause=at_customer,
        stop=Match(any=[Match(tier=Not(tier)), Match(status=_DONE)]),
        cancel=Match(status="cancelled"),
    )


def _target(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: named_duration(duration, f"TimeLimit.target.{key}") for key, duration in value.items()}
    return {ANY_PRIORITY: named_duration(value, "TimeLimit.target")}


def _agreement(value: object) -> object:
    return Agreement(value) if isinstance(value, str) and value in set(Agreement) else value


def _check_target(value: Any) -> str | None:  # noqa: ANN401 - the converter has made it a mapping
    if not value:
        return "has no durations; give one, or a table of durations by priority"
    for priority, duration in value.items():
        if problem := fields.name(priority):
            return f"has a priority that {problem}"
        if problem := working_time(duration):
            return f"for {priority!r} {problem}"
    return None


_match = part(optional(instance_of(Match, "a Match")))


@attrs.frozen(kw_only=True)
class TimeLimit:
    """
    A limit of working time.

    >>> TimeLimit(name="resolve", target={"critical": "4h", "*": "16h"}).target_for("critical")
    datetime.timedelta(seconds=14400)

    Attributes:
        name: Unique in its process.
        agreement: `sla` with the customer, `ola` between tiers, `uc` with a vendor.
        measures: `resolution`, or `tier` (time at one tier).
        tier: For `tier`: which level.
        when: Which cases it watches; None means all.
        start: Overrides the bundle's predicate; so do pause, resume, stop, reset and cancel.
        target: Working time allowed: one duration, or one for each priority with `*` for the rest.
        calendar: Whose working time; the process's calendar when None.
        thresholds: What happens on the way, in order.

    .. versionadded:: 0.1.0
    """

    name: str = attrs.field(validator=part(fields.name))
    agreement: Agreement = attrs.field(
        default=Agreement.SLA,
        converter=_agreement,
        validator=part(instance_of(Agreement, "one of: sla, ola, uc")),
    )
    measures: str = attrs.field(default="resolution", validator=part(_built(MEASURES)))
    tier: int | None = attrs.field(default=None, validator=part(optional(at_least(0, 99))))
    when: Match | None = attrs.field(default=None, validator=_match)
    start: Match | None = attrs.field(default=None, validator=_match)
    pause: Match | None = attrs.field(default=None, validator=_match)
    resume: Match | None = attrs.field(default=None, validator=_match)
    stop: Match | None = attrs.field(default=None, validator=_match)
    reset: Match | None = attrs.field(default=None, validator=_match)
    cancel: Match | None = attrs.field(default=None, validator=_match)
    target: Mapping[str, timedelta] = attrs.field(converter=_target, validator=part(_check_target), hash=False)
    calendar: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    thresholds: tuple[Threshold, ...] = attrs.field(
        default=(),
        converter=tuple_of,
        validator=part(each(instance_of(Threshold, "a Threshold"), at_most=32, what="thresholds")),
    )

    def __attrs_post_init__(self) -> None:
        """Check what belongs together."""
        if (self.measures == "tier") != (self.tier is not None):
            raise PolicyConfigError("TimeLimit.tier", "is needed for measures = 'tier', and only there")
        marks = [threshold.mark for threshold in self.thresholds]
        if len(set(marks)) != len(marks):
            raise PolicyConfigError("TimeLimit.thresholds", f"has two thresholds at one point: {', '.join(marks)}")

    @property
    def predicates(self) -> Predicates:
        """The bundle's six predicates, overridden by the limit's own."""
        own = {word: getattr(self, word) for word in ("start", "pause", "resume", "stop", "reset", "cancel")}
        return attrs.evolve(bundle(self.measures, self.tier), **{word: m for word, m in own.items() if m is not None})

    @property
    def conditions(self) -> tuple[Match | None, ...]:
        """Every condition that it asks: which cases it watches, and the six predicates."""
        said = self.predicates
        return self.when, said.start, said.pause, said.resume, said.stop, said.reset, said.cancel

    def target_for(self, priority: str | None) -> timedelta | None:
        """Give the working time allowed at a priority; None where the limit has none for it."""
        return self.target.get(priority or ANY_PRIORITY, self.target.get(ANY_PRIORITY))


def limit_of_tier(level: int, target: timedelta) -> TimeLimit:
    """Give the limit that a tier's `time_limit` stands for: an OLA whose breach escalates."""
    return TimeLimit(
        name=f"tier {level}", agreement=Agreement.OLA, measures="tier", tier=level, target=target,
        thresholds=[Threshold("100%", do=["escalate"])],
    )  # fmt: skip
