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
from supporttiers._fields import (
    at_least,
    duration_text,
    each,
    flag,
    instance_of,
    nearest,
    one_of,
    optional,
    part,
    tuple_of,
)
from supporttiers.calendars.targets import Target, target_of
from supporttiers.errors import PolicyConfigError
from supporttiers.match import Match, Not
from supporttiers.tiers import Agreement, named_duration, whole_seconds, working_time

ANY_PRIORITY: Final = "*"

_NOTHING, _LEVEL, _MAYBE_NAME, _NAME = "nothing", "a level or nothing", "a name or nothing", "a name"
_TAKES: Final[Mapping[str, str]] = {
    "notify": _NAME,
    "escalate": _LEVEL,
    "hand_back": _LEVEL,
    "transfer": _NAME,
    "assign": _NAME,
    "reassign": _NOTHING,
    "release": _NOTHING,
    "raise_priority": _MAYBE_NAME,
    "dispatch": _NAME,
    "remind": _NAME,
    "escalate_at": _NAME,
    "wait": _NAME,
    "resume": _NOTHING,
    "resolve": _NOTHING,
    "close": _NOTHING,
    "cancel": _NOTHING,
    "reopen": _LEVEL,
    "inform_management": _NOTHING,
    "note": _NAME,
}
_EXAMPLES: Final[Mapping[str, str]] = {
    "notify": "somebody to tell, such as 'notify:manager'",
    "transfer": "a team of the tier, such as 'transfer:network'",
    "assign": "somebody to give it to, such as 'assign:anna'",
    "dispatch": "a vendor, such as 'dispatch:acme-print'",
    "remind": "a vendor, such as 'remind:acme-print'",
    "escalate_at": "a vendor, such as 'escalate_at:acme-print'",
    "wait": "a reason for waiting, such as 'wait:scheduled'",
    "note": "what to write down, such as 'note:nobody has looked at it'",
}

VERBS: Final = tuple(_TAKES)
"""What a threshold can do."""

VENDOR_MEASURES: Final = ("vendor", "vendor_acknowledgement", "vendor_update")
"""The measures whose clock is a vendor's."""

MEASURES: Final = (
    "resolution", "time_to_own", "first_response", "next_response", "update", "tier", *VENDOR_MEASURES,
)  # fmt: skip
"""The named bundles of predicates."""

RESPONSES: Final = ("first_response", "next_response")
"""The measures whose clock waits for an answer of the house."""

SATISFIED_BY: Final = ("reply", "resolved", "waiting")
"""What a clock that waits for an answer can be satisfied by."""

PRIORITY_RULES: Final = ("retroactive", "carry_elapsed", "restart", "keep")
"""What becomes of a running clock whose target changes."""

REOPENING_RULES: Final = ("resume", "continue", "first_only", "new_cycle", "restart")
"""What becomes of a clock that had reached its goal when the case is worked on again."""

_MAX_DIGITS: Final = 4
_LEVELS: Final = frozenset({"", *map(str, range(100))})
_OPEN: Final = ["queued", "in_progress", "waiting"]
_DONE: Final = ["resolved", "closed"]


@attrs.frozen
class Percent:
    """A share of a limit's target: 100 is the target itself."""

    value: int = attrs.field(validator=part(at_least(1, 1000)))

    def __str__(self) -> str:
        """Write it as `75%`."""
        return f"{self.value}%"


_ZERO: Final = timedelta(0)
_TARGET: Final = (Percent(100), _ZERO)


@attrs.frozen
class Action:
    """
    What a threshold does: tell somebody, or any command, which time itself then gives.

    >>> str(Action.from_text("notify:manager"))
    'notify:manager'
    >>> Action.from_text("escalate:3").tier
    3

    Attributes:
        verb: One of `VERBS`.
        argument: What the verb takes: a tier's level (the default one when empty), or a name.
    """

    verb: str = attrs.field(validator=part(one_of(VERBS)))
    argument: str = attrs.field(default="", validator=part(instance_of(str, "a text")))

    def __attrs_post_init__(self) -> None:
        """Check verb and argument together."""
        if problem := self._problem(_TAKES[self.verb]):
            raise PolicyConfigError("Action", f"{self.verb} {problem}")

    def _problem(self, takes: str) -> str | None:
        if takes == _NAME:
            problem = fields.name(self.argument)
            return f"needs {_EXAMPLES[self.verb]}: it {problem}" if problem else None
        if takes == _LEVEL and self.argument not in _LEVELS:
            return f"takes a tier's level, such as '{self.verb}:2', or nothing"
        if takes == _NOTHING and self.argument:
            return "takes nothing after it"
        return None

    @classmethod
    def from_text(cls, text: object) -> "Action":
        """Read `escalate`, `escalate:3` or `notify:manager`."""
        if not isinstance(text, str):
            raise PolicyConfigError("Action", f"must be a text such as 'notify:manager', not {fields.type_name(text)}")
        verb, colon, argument = text.partition(":")
        if colon and not argument:
            raise PolicyConfigError("Action", f"{text[:40]!r} has nothing after its colon")
        if verb not in _TAKES and (near := nearest(verb[:40], VERBS)):
            problem = f"must be one of: {', '.join(VERBS)}, not {verb[:40]!r}; did you mean {near!r}?"
            raise PolicyConfigError("Action.verb", problem)
        return cls(verb, argument)

    @property
    def tier(self) -> int | None:
        """The level of a tier, where one is named."""
        return int(self.argument) if _TAKES[self.verb] == _LEVEL and self.argument else None

    @property
    def only_tells(self) -> bool:
        """Whether it tells people, and leaves the case as it is."""
        return self.verb in _TELLING

    def __str__(self) -> str:
        """Write it as in a process file."""
        return f"{self.verb}:{self.argument}" if self.argument else self.verb


_TELLING: Final = frozenset({"notify", "inform_management", "note"})


def action_pattern() -> str:
    """Give the regular expression of an action as it is written."""
    forms = {_NOTHING: "", _LEVEL: r"(:\d{1,2})?", _MAYBE_NAME: "(:.+)?", _NAME: ":.+"}
    return "^(" + "|".join(verb + forms[takes] for verb, takes in _TAKES.items()) + ")$"


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
        hold: Whether people are told in working time only: outside it, at the next opening.
        unless: Whom `notify` names is not told any more where the case, as it is just before that, meets this.
    """

    at: Percent | timedelta = attrs.field(converter=_mark, validator=part(whole_seconds))
    do: tuple[Action, ...] = attrs.field(
        default=(),
        converter=_actions,
        validator=part(each(instance_of(Action, "an action"), at_most=16, what="actions")),
    )
    hold: bool = attrs.field(default=False, kw_only=True, validator=part(flag))
    unless: Match | None = attrs.field(
        default=None, kw_only=True, validator=part(optional(instance_of(Match, "a Match")))
    )

    @property
    def mark(self) -> str:
        """How a process file writes *at*."""
        return str(self.at) if isinstance(self.at, Percent) else duration_text(self.at)

    @property
    def is_target(self) -> bool:
        """Whether it is the target itself."""
        return self.at in _TARGET

    def reached_after(self, target: timedelta) -> timedelta | None:
        """Give the working time after which it is reached; None if it would lie at the start or before it."""
        if isinstance(self.at, Percent):
            return target * self.at.value / 100
        after = target + self.at
        return after if after > _ZERO else None

    def is_breach(self, target: timedelta) -> bool:
        """Say whether it lies at the target or beyond."""
        after = self.reached_after(target)
        return after is not None and after >= target


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


_AT_CUSTOMER: Final = Match(status="waiting", wait_reason="customer")
_AT_VENDOR: Final = Match(status="waiting", wait_reason="vendor")
_CANCELLED: Final = Match(status="cancelled")
_ENDED: Final = [*_DONE, "cancelled"]


def _bundle(limit: "TimeLimit") -> Predicates:
    """Give the predicates that a limit's measure stands for."""
    if limit.measures == "tier":
        return Predicates(
            start=Match(tier=limit.tier, status=_OPEN),
            pause=_AT_CUSTOMER,
            stop=Match(any=[Match(tier=Not(limit.tier)), Match(status=_DONE)]),
            cancel=_CANCELLED,
        )
    if limit.measures in VENDOR_MEASURES:
        return _of_vendor(limit)
    if limit.measures in RESPONSES:
        return _response(limit)
    return _OF_CASE[limit.measures]


def _of_vendor(limit: "TimeLimit") -> Predicates:
    """Give the predicates of a vendor's clock; one that still runs when the case ends is neither met nor breached."""
    asked, answered = (Not(None), None) if limit.vendor is None else (limit.vendor, Not(limit.vendor))
    field = "vendors_unacknowledged" if limit.measures == "vendor_acknowledgement" else "vendors"
    return Predicates(
        start=Match({field: asked}, status=_OPEN), pause=Match(vendors_waiting=asked),
        stop=Match({field: answered}, status=_OPEN), cancel=Match(status=_ENDED),
    )  # fmt: skip


_OF_CASE: Final[Mapping[str, Predicates]] = {
    "resolution": Predicates(
        start=Match(status=_OPEN), pause=_AT_CUSTOMER, stop=Match(status=_DONE), cancel=_CANCELLED
    ),
    "time_to_own": Predicates(
        start=Match(status=_OPEN),
        stop=Match(any=[Match(owner=Not(None)), Match(status=_DONE)]),
        cancel=_CANCELLED,
    ),
    "update": Predicates(
        start=Match(last_reply_at=Not(None), status=_OPEN),
        pause=_AT_CUSTOMER,
        stop=Match(status=_DONE),
        cancel=_CANCELLED,
    ),
}


def _response(limit: "TimeLimit") -> Predicates:
    """Give the predicates of a clock that waits for an answer: what does not satisfy it may still end it."""
    if limit.measures == "first_response":
        start, pause, answered = Match(status=_OPEN), None, Match(first_response_at=Not(None))
    else:
        start = Match(awaiting_reply_since=Not(None), first_response_at=Not(None), status=_OPEN)
        pause = Match(status="waiting", wait_reason=Not("vendor"))
        answered = Match(awaiting_reply_since=None, status=_OPEN)  # an end empties it, too, and is judged by itself
    ways = {"reply": answered, "resolved": Match(status=_DONE), "waiting": Match(status="waiting")}
    satisfied_by = limit.satisfied_by or ("reply", "resolved")
    return Predicates(
        start=start,
        pause=pause,
        stop=Match(any=[ways[way] for way in satisfied_by]),
        cancel=_CANCELLED if "resolved" in satisfied_by else Match(status=_ENDED),
    )


def _either(first: Match | None, second: Match) -> Match:
    return second if first is None else Match(any=[first, second])


_WORDS: Final = ("start", "pause", "resume", "stop", "reset", "cancel")


def targets_of(value: object, field: str) -> dict[str, Target]:
    """Read one target, or one for each priority; the error names the field."""
    if isinstance(value, Mapping):
        return {key: _named_target(target, f"{field}.{key}") for key, target in value.items()}
    return {ANY_PRIORITY: _named_target(value, field)}


def _named_target(value: object, field: str) -> Target:
    try:
        return target_of(value)
    except PolicyConfigError as error:
        raise PolicyConfigError(field, error.problem) from None


def _target(value: object) -> object:
    return targets_of(value, "TimeLimit.target")


def _agreement(value: object) -> object:
    return Agreement(value) if isinstance(value, str) and value in set(Agreement) else value


def check_targets(value: Any) -> str | None:  # noqa: ANN401 - the converter has made it a mapping
    """Allow targets by priority: working time above zero, or days."""
    if not value:
        return "has no durations; give one, or a table of durations by priority"
    for priority, target in value.items():
        if problem := fields.name(priority):
            return f"has a priority that {problem}"
        if isinstance(target, timedelta) and (problem := working_time(target)):
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
        measures: `resolution`; `time_to_own` (to the first assignee); `first_response`; `next_response` (from the
            requester's oldest unanswered message); `update` (since the house's last message); `tier` (time at one
            tier); `vendor` (from the dispatch to the vendor's answer); `vendor_acknowledgement` (from the dispatch to
            the vendor's first word); or `vendor_update` (since the vendor's last word).
        tier: For `tier`: which level.
        vendor: For the three measures of vendors: which one; any when None.
        when: Which cases it watches; None means all.
        start: Overrides the bundle's predicate; so do pause, resume, stop, reset and cancel.
        target: Working time allowed (`8h`), or days (`2 business days`, `3 calendar days`, `until close`): one, or one
            for each priority with `*` for the rest. Days are counted from the start, and then are working time.
        calendar: Whose working time; the process's calendar when None.
        thresholds: What happens on the way, in order.
        satisfied_by: For `first_response` and `next_response`: what counts as the answer: a `reply`, and that the case
            is `resolved`, or `waiting`. The first two when None. An end that does not count cancels the clock.
        pause_while_vendor: Whether it stands still while the case waits for a vendor, or is at a vendor's tier with a
            ticket open there.
        on_priority_change: When the target changes: `retroactive`, `carry_elapsed`, `restart` or `keep`; the process's
            choice when None.
        on_reopening: When a clock that had reached its goal is wanted again: `resume`, `continue`, `first_only`,
            `new_cycle` or `restart`; the process's choice when None.

    .. versionadded:: 0.1.0
    """

    name: str = attrs.field(validator=part(fields.name))
    agreement: Agreement = attrs.field(
        default=Agreement.SLA,
        converter=_agreement,
        validator=part(instance_of(Agreement, "one of: sla, ola, uc")),
    )
    measures: str = attrs.field(default="resolution", validator=part(one_of(MEASURES)))
    tier: int | None = attrs.field(default=None, validator=part(optional(at_least(0, 99))))
    vendor: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    when: Match | None = attrs.field(default=None, validator=_match)
    start: Match | None = attrs.field(default=None, validator=_match)
    pause: Match | None = attrs.field(default=None, validator=_match)
    resume: Match | None = attrs.field(default=None, validator=_match)
    stop: Match | None = attrs.field(default=None, validator=_match)
    reset: Match | None = attrs.field(default=None, validator=_match)
    cancel: Match | None = attrs.field(default=None, validator=_match)
    target: Mapping[str, Target] = attrs.field(converter=_target, validator=part(check_targets), hash=False)
    calendar: str | None = attrs.field(default=None, validator=part(optional(fields.name)))
    thresholds: tuple[Threshold, ...] = attrs.field(
        default=(),
        converter=tuple_of,
        validator=part(each(instance_of(Threshold, "a Threshold"), at_most=32, what="thresholds")),
    )
    satisfied_by: tuple[str, ...] | None = attrs.field(
        default=None, converter=tuple_of, validator=part(optional(each(one_of(SATISFIED_BY), at_most=3, what="words")))
    )
    pause_while_vendor: bool = attrs.field(default=False, validator=part(flag))
    on_priority_change: str | None = attrs.field(default=None, validator=part(optional(one_of(PRIORITY_RULES))))
    on_reopening: str | None = attrs.field(default=None, validator=part(optional(one_of(REOPENING_RULES))))

    def __attrs_post_init__(self) -> None:
        """Check what belongs together."""
        if (self.measures == "tier") != (self.tier is not None):
            raise PolicyConfigError("TimeLimit.tier", "is needed for measures = 'tier', and only there")
        if self.vendor is not None and self.measures not in VENDOR_MEASURES:
            problem = f"is only for the measures of vendors: {', '.join(VENDOR_MEASURES)}"
            raise PolicyConfigError("TimeLimit.vendor", problem)
        if self.pause_while_vendor and self.measures in VENDOR_MEASURES:
            problem = f"is not for measures = '{self.measures}': that clock would never run"
            raise PolicyConfigError("TimeLimit.pause_while_vendor", problem)
        self._check_satisfied_by()
        marks = [threshold.mark for threshold in self.thresholds]
        if len(set(marks)) != len(marks):
            raise PolicyConfigError("TimeLimit.thresholds", f"has two thresholds at one point: {', '.join(marks)}")

    def _check_satisfied_by(self) -> None:
        if self.satisfied_by is None:
            return
        if self.measures not in RESPONSES:
            problem = "is only for measures = 'first_response' and 'next_response'"
            raise PolicyConfigError("TimeLimit.satisfied_by", problem)
        if "reply" not in self.satisfied_by:
            raise PolicyConfigError("TimeLimit.satisfied_by", "must name 'reply': an answer always counts")

    @property
    def predicates(self) -> Predicates:
        """The bundle's six predicates, overridden by the limit's own. A cancelled case cancels its clocks, always."""
        own = {word: match for word in _WORDS if (match := getattr(self, word)) is not None}
        found = attrs.evolve(_bundle(self), **own)
        if self.cancel is not None:
            found = attrs.evolve(found, cancel=_either(self.cancel, _CANCELLED))
        return attrs.evolve(found, pause=_either(found.pause, _AT_VENDOR)) if self.pause_while_vendor else found

    @property
    def conditions(self) -> tuple[Match | None, ...]:
        """Every condition that it asks: what it watches, its six predicates, and when nobody is told any more."""
        said = self.predicates
        unless = (threshold.unless for threshold in self.thresholds)
        return self.when, said.start, said.pause, said.resume, said.stop, said.reset, said.cancel, *unless

    def target_for(self, priority: str | None) -> Target | None:
        """Give the working time, or the days, allowed at a priority; None where the limit has none for it."""
        return self.target.get(priority or ANY_PRIORITY, self.target.get(ANY_PRIORITY))


def limit_of_tier(level: int, target: timedelta) -> TimeLimit:
    """Give the limit that a tier's `time_limit` stands for: an OLA whose breach escalates."""
    return TimeLimit(
        name=f"tier {level}", agreement=Agreement.OLA, measures="tier", tier=level, target=target,
        thresholds=[Threshold("100%", do=["escalate"])],
    )  # fmt: skip
