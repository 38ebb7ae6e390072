"""
Monitors: what must never, or always, be so, as values that are judged over what became of cases.

They know no desk and no clock: whoever has a history can judge it, whether it was rehearsed, explored, replayed or
simulated.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import duration_of, duration_text, each, instance_of, optional, part, tuple_of
from supporttiers.calendars import WorkingHours
from supporttiers.cases import Case, fold
from supporttiers.errors import PolicyConfigError
from supporttiers.events import Event
from supporttiers.match import Match
from supporttiers.reasons import Reason

_ZERO: Final = timedelta(0)


# -- what is judged


@attrs.frozen(kw_only=True)
class Telling:
    """
    One message that was handed to people.

    Attributes:
        at: When.
        case_id: About which case.
        to: The role or name that the process speaks of.
        reason: What was told.
        notifier: By which notifier.
        people: The ids of the people that the role stood for.
        text: What was written to them, where somebody has written it out.
    """

    at: datetime
    case_id: str
    to: str
    reason: Reason
    notifier: str = ""
    people: tuple[str, ...] = ()
    text: str = attrs.field(default="", repr=False)

    def __str__(self) -> str:
        """Say it in one line: `09:15 manager: limit 'first line' reached 100%`."""
        return f"{self.at:%H:%M} {self.to}: {self.reason}"


@attrs.frozen(kw_only=True)
class Course:
    """
    What became of one case.

    Attributes:
        moments: The case as it was from an instant on, in order of time; one for each instant at which it changed.
        told: What people were told about it, in order.
        until: How far it has been followed; what lasts, lasts until then.
    """

    moments: tuple[tuple[datetime, Case], ...]
    told: tuple[Telling, ...] = ()
    until: datetime

    @classmethod
    def of(cls, events: Sequence[Event], *, told: Sequence[Telling] = (), until: datetime) -> "Course":
        """Make one of a whole history; what a case was like within one instant, between two events, is left out."""
        moments: list[tuple[datetime, Case]] = []
        case: Case | None = None
        for event in events:
            case = fold(case, event)
            if moments and moments[-1][0] == event.at:
                moments.pop()
            moments.append((event.at, case))
        return cls(moments=tuple(moments), told=tuple(told), until=until)


@attrs.frozen(kw_only=True)
class Violation:
    """
    What should not have been.

    Attributes:
        monitor: Which monitor says so.
        case_id: Of which case.
        since: Since when it was so.
        at: The instant at which it was too much.
    """

    monitor: "Monitor"
    case_id: str
    since: datetime
    at: datetime

    def __str__(self) -> str:
        """Say which case broke which rule, and when."""
        since = "" if self.since == self.at else f", so since {self.since:%Y-%m-%d %H:%M}"
        return f"case {self.case_id} at {self.at:%Y-%m-%d %H:%M}{since}: {self.monitor}"


# -- conditions


def _words(value: Any) -> Any:  # noqa: ANN401 - attrs converters run before validators: anything may come
    return (value,) if isinstance(value, str) else tuple_of(value)


def _some(what: str) -> Any:  # noqa: ANN401 - attrs' own fields are typed so
    check = part(optional(each(fields.name, at_most=50, what=what)))
    return attrs.field(default=None, converter=_words, validator=check, metadata={fields.WORD: True})


@attrs.frozen
class Told:
    """
    That somebody is told something.

    >>> print(Told("on_call") | Told("manager", reason="case.limit"))
    told on_call or told manager of case.limit

    Attributes:
        to: Whom: a role, a name, or the id of one of the people; several in a list. Anybody when None.
        reason: Of what: the code of a reason, or several. Anything when None.
        notifier: By which notifier. Any when None.
        text: Words that stand in what was written to them. Any when None.
    """

    to: tuple[str, ...] | None = _some("names")
    reason: tuple[str, ...] | None = _some("codes")
    notifier: tuple[str, ...] | None = _some("names")
    text: str | None = attrs.field(default=None, validator=part(optional(fields.text)))

    def holds(self, telling: Telling) -> bool:
        """Whether a message is one of those."""
        return (
            (self.to is None or not {telling.to, *telling.people}.isdisjoint(self.to))
            and (self.reason is None or telling.reason.code in self.reason)
            and (self.notifier is None or telling.notifier in self.notifier)
            and (self.text is None or self.text in telling.text)
        )

    def __or__(self, other: "Condition") -> "Either":
        """This, or something else."""
        return Either(self) | other

    def __ror__(self, other: Match) -> "Either":
        """A condition on the case, or this."""
        return Either(other) | self

    def __str__(self) -> str:
        """Say it in words."""
        to = "anybody" if self.to is None else ", ".join(self.to)
        of = "" if self.reason is None else f" of {', '.join(self.reason)}"
        by = "" if self.notifier is None else f" by {', '.join(self.notifier)}"
        words = "" if self.text is None else f" {self.text!r}"
        return f"told {to}{words}{of}{by}"


@attrs.frozen(init=False)
class Either:
    """One of several things; made with `|`."""

    conditions: tuple["Match | Told", ...]

    def __init__(self, *conditions: "Match | Told") -> None:
        """Say which."""
        self.__attrs_init__(conditions)  # made by attrs

    def __or__(self, other: "Condition") -> "Either":
        """These, or something else."""
        return Either(*self.conditions, *_parts(other))

    def __ror__(self, other: Match) -> "Either":
        """A condition on the case, or these."""
        return Either(other, *self.conditions)

    def __str__(self) -> str:
        """Say it in words."""
        return " or ".join(map(_shown, self.conditions))


Condition: TypeAlias = "Match | Told | Either"


def _shown(condition: object) -> str:
    """Write a condition without the word that says that it is one."""
    return repr(condition).removeprefix("Match(").removesuffix(")") if isinstance(condition, Match) else str(condition)


def _parts(condition: object) -> tuple["Match | Told", ...]:
    if isinstance(condition, Either):
        return condition.conditions
    if isinstance(condition, Match | Told):
        return (condition,)
    problem = f"must be a Match, a Told, or several joined by |, not {fields.type_name(condition)}"
    raise PolicyConfigError("Monitor.condition", problem)


# -- monitors


def _duration(value: Any) -> Any:  # noqa: ANN401 - as above
    return duration_of(value) if isinstance(value, str) else value


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

    conditions: tuple[Match | Told, ...]
    wanted: bool = False
    when: Match | None = attrs.field(default=None, validator=part(optional(instance_of(Match, "a Match"))))
    longer_than: timedelta | None = attrs.field(
        default=None, converter=_duration, validator=part(optional(fields.positive_duration))
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
        if self.wanted and any(isinstance(condition, Told) for condition in self.conditions):
            problem = "must be on the case: people are told at an instant, and not all the time; use never(...)"
            raise PolicyConfigError("Monitor.condition", problem)

    def __str__(self) -> str:
        """Say the rule, or its name."""
        if self.name:
            return self.name
        said = [f"{'always' if self.wanted else 'never'} {' or '.join(map(_shown, self.conditions))}"]
        said += [] if self.when is None else [f"when {_shown(self.when)}"]
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
        asked = [condition for condition in self.conditions if isinstance(condition, Told)]
        for telling in course.told:
            if any(condition.holds(telling) for condition in asked) and self._counts(telling.at):
                case = _case_at(course, telling.at)
                if self.when is None or (case is not None and self.when.holds(case, priorities)):
                    yield Violation(monitor=self, case_id=telling.case_id, since=telling.at, at=telling.at)
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
                yield Violation(monitor=self, case_id=course.moments[0][1].id, since=since, at=at)
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
        condition: A `Match` on the case, a `Told`, or several joined by `|`.
        when: Only of cases, and while, this holds.
        longer_than: It may be so for this long in a row: a timedelta, or a text such as `"30m"`.
        outside: Only what lies outside of these hours counts.
        within: Only what lies within these hours counts.
        name: What the monitor is called.

    Raises:
        PolicyConfigError: It cannot be so; the error names the field.
    """
    return Monitor(
        conditions=_parts(condition), when=when, longer_than=longer_than, outside=outside, within=within, name=name
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
        conditions=_parts(condition), wanted=True, when=when, longer_than=longer_than, outside=outside, within=within,
        name=name,
    )  # fmt: skip
