"""What a replay finds: counted while it runs, and handed over as a frozen value."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import attrs

from supporttiers.monitors import Violation

_K = TypeVar("_K", int, str)


class Dwell(NamedTuple):
    """Where a case stood: tier, status and wait reason of ours, and the log's own name of a wait state."""

    tier: int
    status: str
    wait_reason: str | None
    wait_state: str | None


@attrs.define(eq=False)
class Tally:
    """
    What is counted while a replay runs.

    Attributes:
        commands: How many were given.
        refusals: By reason.
        first_refusals: By reason, the first of each case.
        moves: By tier before and after.
        ended_moves: The same, of cases that had ended.
        bounces: Moves back where the case had just come from.
        fired: Thresholds that were reached, by limit and mark.
        withheld: What an observing process would have done, as process files write it.
        time: How long cases stood where.
    """

    commands: int = 0
    refusals: Counter[str] = attrs.field(factory=Counter)
    first_refusals: Counter[str] = attrs.field(factory=Counter)
    moves: Counter[tuple[int, int]] = attrs.field(factory=Counter)
    ended_moves: Counter[tuple[int, int]] = attrs.field(factory=Counter)
    bounces: int = 0
    reopenings: int = 0
    fired: Counter[str] = attrs.field(factory=Counter)
    withheld: Counter[str] = attrs.field(factory=Counter)
    time: defaultdict[Dwell, timedelta] = attrs.field(factory=lambda: defaultdict(timedelta))


@attrs.frozen(kw_only=True)
class ReplayResult:
    """
    What became of a log's cases.

    All figures come from what the desk's cases did; times count from a case's first row to its last one, on the
    absolute scale of time (offsets and changes of the clock do not matter), in seconds.

    Attributes:
        cases: Cases in the log.
        rows: Rows in the log, without the header.
        commands: Commands that the desk was given for them.
        refused_cases: Cases that were refused something.
        refusals: The first refusal of each of these cases, by reason: `down`, `skip`, `start at tier 2`.
        refusals_in_all: Every refusal, by reason. Of an observing process, what it would have refused.
        highest_tier: Cases by the highest tier that they reached.
        last_tier: Cases by the tier at which they stand in the end.
        tier_sets: Cases by the set of tiers at which they were: `1+2`.
        moves: Changes of tier, by pair: `1>2`.
        moves_up: Changes to a higher tier.
        moves_down: Changes to a lower tier.
        moves_down_ended: Those among them of cases that had ended, and stayed so.
        reopened_cases: Cases that were worked on again after an end.
        reopenings: How often that happened.
        bounces: Moves back to the tier and team that the case had just come from.
        bounced_cases: Cases to which that happened.
        seconds_total: Time over all tiers and statuses.
        seconds_by_tier: Time by tier.
        seconds_by_status: Time by status.
        seconds_by_wait_reason: Time of waiting by the desk's wait reason.
        seconds_waiting: Time of waiting by the log's own name of the state.
        last_status: Cases by the status in which they stand in the end.
        open_cases: Cases that are still open in the end.
        fired_limits: Thresholds that were reached, by limit and mark: `tier 1 100%`.
        would_have: What an observing process would have done by itself: `escalate:2`; empty for any other.
        first_at: The instant of the first row; None in an empty log.
        last_at: The instant of the last row.
        violations: Where a case first broke one of the monitors, the earliest first.

    .. versionadded:: 0.1.0
    """

    cases: int
    rows: int
    commands: int
    refused_cases: int
    refusals: Mapping[str, int] = attrs.field(hash=False)
    refusals_in_all: Mapping[str, int] = attrs.field(hash=False)
    highest_tier: Mapping[int, int] = attrs.field(hash=False)
    last_tier: Mapping[int, int] = attrs.field(hash=False)
    tier_sets: Mapping[str, int] = attrs.field(hash=False)
    moves: Mapping[str, int] = attrs.field(hash=False)
    moves_up: int
    moves_down: int
    moves_down_ended: int
    reopened_cases: int
    reopenings: int
    bounces: int
    bounced_cases: int
    seconds_total: float
    seconds_by_tier: Mapping[int, float] = attrs.field(hash=False)
    seconds_by_status: Mapping[str, float] = attrs.field(hash=False)
    seconds_by_wait_reason: Mapping[str, float] = attrs.field(hash=False)
    seconds_waiting: Mapping[str, float] = attrs.field(hash=False)
    last_status: Mapping[str, int] = attrs.field(hash=False)
    open_cases: int
    fired_limits: Mapping[str, int] = attrs.field(hash=False)
    would_have: Mapping[str, int] = attrs.field(hash=False)
    first_at: datetime | None
    last_at: datetime | None
    violations: tuple[Violation, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """
        Give all figures as plain data, by the names of the attributes.

        Returns:
            Numbers, texts and tables; keys are texts, and instants are ISO 8601 in UTC, so that it goes into JSON.
        """
        return {field.name: _plain(getattr(self, field.name)) for field in attrs.fields(type(self))}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, tuple):
        return [
            {
                "rule": str(each.monitor), "case_id": each.case_id, "since": each.since.isoformat(),
                "at": each.at.isoformat(),
            }
            for each in value
        ]  # fmt: skip
    return value.isoformat() if isinstance(value, datetime) else value


def counted(values: Iterable[_K]) -> dict[_K, int]:
    """Count values, in their order."""
    return dict(sorted(Counter(values).items()))


def ranked(found: Mapping[str, int]) -> dict[str, int]:
    """Put the most frequent first; ties by name."""
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def seconds(time: timedelta) -> float:
    """Give seconds, whole where they are whole."""
    whole, rest = divmod(time, timedelta(seconds=1))
    return time.total_seconds() if rest else whole


def seconds_by(time: Mapping[Dwell, timedelta], key: Callable[[Dwell], _K | None]) -> dict[_K, float]:
    """Sum times up by a part of where cases stood; None is left out."""
    sums: defaultdict[_K, timedelta] = defaultdict(timedelta)
    for dwell, span in time.items():
        group = key(dwell)
        if group is not None:
            sums[group] += span
    return {group: seconds(sums[group]) for group in sorted(sums)}
