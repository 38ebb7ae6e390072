"""
Monitors: what must never, or always, be so, as values that are judged over what became of cases.

They know no desk and no clock: whoever has a history can judge it, whether it was rehearsed, explored, replayed or
simulated.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import duration_text, instance_of, optional, part, read_duration
from supporttiers.calendars import WorkingHours
from supporttiers.cases import Case
from supporttiers.errors import PolicyConfigError
from supporttiers.match import Match
from supporttiers.monitors.conditions import Condition, Disclosed, Either, Told, parts_of, shown
from supporttiers.monitors.courses import Course, Disclosure, Telling

__all__ = [
    "Condition", "Course", "Disclosed", "Disclosure", "Either", "Monitor", "Telling", "Told", "Violation", "always",
    "never",
]  # fmt: skip

_ZERO: Final = timedelta(0)


@attrs.frozen(kw_only=True)
class Violation:
    """
    What should not have been.

    Attributes:
        monitor: Which monitor says so.
        case_id: Of which case.
        since: Since when it was so.
        at: The instant at which it was too much.
        because: Who was told what, or what was disclosed by whom, without its words; of a monitor with a name, what it
            says; else empty, for the rule says all.
    """

    monitor: "Monitor"
    case_id: str
    since: datetime
    at: datetime
    because: str = ""

    def in_zone(self, zone: tzinfo) -> "Violation":
        """Give the same with its instants in a zone, in which they are told."""
        return attrs.evolve(self, since=self.since.astimezone(zone), at=self.at.astimezone(zone))

    def __str__(self) -> str:
        """Say which case broke which rule, and when."""
        since = "" if self.since == self.at else f", so since {self.since:%Y-%m-%d %H:%M}"
        return f"case {self.case_id} at {self.at:%Y-%m-%d %H:%M}{since}: {self.monitor}"


# -- monitors


@attrs.frozen(kw_only=True)
class Monitor:
    """
    What must never be so, or always; made by `never` and `always`.

    Attributes:
        conditions: What is watched.
        wanted: Whether it must always be so, in place of never.
        when: Only of cases, and while, this holds.
        longer_than: For how long in a row it may be otherwise.
        outside: Only what lies outside of these hours counts.
        within: Only what lies within these hours counts.
        name: What it is called; the rule itself when empty.
    """

    conditions: tuple[Match | Told | Disclosed, ...]
    wanted: bool = False
    when: Match | None = attrs.field(default=None, validator=part(optional(instance_of(Match, "a Match"))))
    longer_than: timedelta | None = attrs.field(
        default=None, converter=read_duration, validator=part(optional(fields.positive_duration))
    )
    outside: WorkingHours | None = attrs.field(
        default=None, validator=part(optional(instance_of(WorkingHours, "WorkingHours")))
    )
    within: WorkingHours | None = attrs.field(
        default=None, validator=part(optional(instance_of(WorkingHours, "WorkingHours")))
    )
    name: str = ""

    def __attrs_post_init__(self) -> None:
        """Check what belongs together."""
        if self.outside is not None and self.within is not None:
            raise PolicyConfigError("Monitor.outside", "goes together with no 'within'; say one of them")
        if self.longer_than is not None and not any(isinstance(condition, Match) for condition in self.conditions):
            problem = "needs a condition on the case: people are told at an instant, which does not last"
            raise PolicyConfigError("Monitor.longer_than", problem)
        if self.wanted and not all(isinstance(condition, Match) for condition in self.conditions):
            problem = "must be on the case: people are told at an instant, and not all the time; use never(...)"
            raise PolicyConfigError("Monitor.condition", problem)

    def __str__(self) -> str:
        """Say the rule, or its name."""
        return self.name or self.rule

    @property
    def rule(self) -> str:
        """What it says, whatever it is called."""
        said = [f"{'always' if self.wanted else 'never'} {' or '.join(map(shown, self.conditions))}"]
        said += [] if self.when is None else [f"when {shown(self.when)}"]
        said += [] if self.longer_than is None else [f"longer than {duration_text(self.longer_than)}"]
        said += [] if self.outside is None else ["outside of the hours"]
        said += [] if self.within is None else ["within the hours"]
        return ", ".join(said)

    def judge(self, course: Course, *, priorities: Sequence[str] = ()) -> Violation | None:
        """
        Say where a case first broke the rule.

        Args:
            course: What became of it.
            priorities: The process's, for `AtLeast` and `AtMost`.

        Returns:
            None where it has not, so far.
        """
        found = [*self._by_telling(course, priorities), *self._by_case(course, priorities)]
        return min(found, key=lambda violation: violation.at, default=None)

    def _by_telling(self, course: Course, priorities: Sequence[str]) -> Iterator[Violation]:
        """Judge what happens at an instant: messages, and what is disclosed."""
        told = [condition for condition in self.conditions if isinstance(condition, Told)]
        disclosed = [condition for condition in self.conditions if isinstance(condition, Disclosed)]
        found = [
            (telling.at, f"{telling.whom} was told: {telling.reason}")
            for telling in course.told if any(each.holds(telling) for each in told)
        ]  # fmt: skip
        found += [(one.at, str(one)) for one in course.disclosed if any(each.holds(one) for each in disclosed)]
        for at, because in sorted(found):
            case = _case_at(course, at) if self._counts(at) else None
            if self._counts(at) and (self.when is None or (case is not None and self.when.holds(case, priorities))):
                yield Violation(monitor=self, case_id=course.moments[0][1].id, since=at, at=at, because=because)
                return

    def _by_case(self, course: Course, priorities: Sequence[str]) -> Iterator[Violation]:
        asked = [condition for condition in self.conditions if isinstance(condition, Match)]
        if not asked:
            return
        meant = Match(any=asked).compile(priorities)
        when = (self.when or Match()).compile(priorities)
        for since, end in _spans(course, lambda case: when(case) and meant(case) is not self.wanted):
            at = self._too_much(since, end)
            if at is not None:
                because = self.rule if self.name else ""
                yield Violation(
                    monitor=self, case_id=course.moments[0][1].id, since=since, at=at, because=because
                )  # fmt: skip
                return

    def _counts(self, at: datetime) -> bool:
        if self.outside is not None:
            return not self.outside.is_open(at)
        return self.within is None or self.within.is_open(at)

    def _too_much(self, since: datetime, end: datetime) -> datetime | None:
        """Say when it was so for too long, if it was; the end of a span does not belong to it."""
        if self.longer_than is None:
            at = since if self._counts(since) else self._turn(since)
            return at if at is not None and (at < end or at == since) else None
        longer = self._counted(since, end) > self.longer_than
        return self._after(since, self.longer_than) if longer else None

    def _turn(self, since: datetime) -> datetime | None:
        """Give the next instant that counts."""
        if self.within is not None:
            return self.within.next_opening(since)
        assert self.outside is not None  # noqa: S101 - else every instant counts; for the type checker
        return self.outside.add(since, self._left(self.outside, since))

    @staticmethod
    def _left(hours: WorkingHours, since: datetime) -> timedelta:
        """Give the working time from an instant within the hours to their next end, found by halving."""
        low, high = _ZERO, timedelta(days=1)
        while hours.between(since, since + high) == high:
            low, high = high, high * 2
            if high > timedelta(days=3660):
                return high  # they never end
        while high - low > timedelta(seconds=1):
            middle = (low + high) / 2
            low, high = (middle, high) if hours.between(since, since + middle) == middle else (low, middle)
        return timedelta(seconds=round(low.total_seconds()))

    def _counted(self, since: datetime, end: datetime) -> timedelta:
        """Give how much of a span counts."""
        if self.within is not None:
            return self.within.between(since, end)
        return end - since - (_ZERO if self.outside is None else self.outside.between(since, end))

    def _after(self, since: datetime, span: timedelta) -> datetime:
        """Give the instant by which a span of what counts has passed."""
        if self.within is not None:
            return self.within.add(since, span)
        at = since + span
        if self.outside is not None:
            while (later := since + span + self.outside.between(since, at)) > at:
                at = later
        return at


def _case_at(course: Course, at: datetime) -> Case | None:
    before = [case for instant, case in course.moments if instant <= at]
    return before[-1] if before else None


def _spans(course: Course, holds: Any) -> Iterator[tuple[datetime, datetime]]:  # noqa: ANN401 - a predicate on cases
    """Give from when to when something held in a row; the last one lasts as far as the case has been followed."""
    since: datetime | None = None
    for at, case in course.moments:
        if holds(case):
            since = at if since is None else since
        elif since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, max(course.until, since)


def never(
    condition: Condition,
    /,
    *,
    when: Match | None = None,
    longer_than: str | timedelta | None = None,
    outside: WorkingHours | None = None,
    within: WorkingHours | None = None,
    name: str = "",
) -> Monitor:
    """
    Say what must never be so.

    >>> print(never(Match(assignee=None), when=Match(customer="vip"), longer_than="30m"))
    never assignee=None, when customer='vip', longer than 30m

    Args:
        condition: A `Match` on the case, a `Told`, a `Disclosed`, or several joined by `|`.
        when: Only of cases, and while, this holds.
        longer_than: It may be so for this long in a row: a timedelta, or a text such as `"30m"`.
        outside: Only what lies outside of these hours counts.
        within: Only what lies within these hours counts.
        name: What the monitor is called.

    Raises:
        PolicyConfigError: It cannot be so; the error names the field.
    """
    return Monitor(
        conditions=parts_of(condition), when=when, longer_than=longer_than, outside=outside, within=within, name=name
    )  # fmt: skip


def always(
    condition: Match,
    /,
    *,
    when: Match | None = None,
    longer_than: str | timedelta | None = None,
    outside: WorkingHours | None = None,
    within: WorkingHours | None = None,
    name: str = "",
) -> Monitor:
    """
    Say what must always be so.

    >>> print(always(Match(owner="anna"), when=Match(customer="vip"), longer_than="5m"))
    always owner='anna', when customer='vip', longer than 5m

    Args:
        condition: On the case.
        when: Only of cases, and while, this holds.
        longer_than: It may be otherwise for this long in a row.
        outside: Only what lies outside of these hours counts.
        within: Only what lies within these hours counts.
        name: What the monitor is called.

    Raises:
        PolicyConfigError: It cannot be so; the error names the field.
    """
    return Monitor(
        conditions=parts_of(condition), wanted=True, when=when, longer_than=longer_than, outside=outside, within=within,
        name=name,
    )  # fmt: skip
