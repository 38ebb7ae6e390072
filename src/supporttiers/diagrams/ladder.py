"""The ladder of a process: what its time limits do, threshold by threshold."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, Self

import attrs

from supporttiers._fields import duration_text
from supporttiers.calendars.targets import Target, target_text
from supporttiers.limits import ANY_PRIORITY, Action, Threshold, TimeLimit
from supporttiers.tiers import Tier

OTHERS: Final = "others"
_TOLD: Final[Mapping[str, str]] = {
    "notify": "{}", "remind": "vendor {} (reminder)", "escalate_at": "vendor {} (escalation)",
}  # fmt: skip


@attrs.frozen(kw_only=True)
class LadderRow:
    """
    One threshold of one limit.

    Attributes:
        tier: The level of the tier that the limit is about; None where it is about the whole case.
        tier_name: Its name; empty where there is none.
        limit: The name of the limit.
        agreement: `sla`, `ola` or `uc`.
        allows: The whole time that the limit allows, by priority; `others` are all priorities that are not named.
        threshold: As the process writes it: `75%`, `-30m`.
        after: After how much time it is reached, in the same manner; `never` where it would lie at the start or before.
        calendar: Whose working time counts.
        does: What happens then, as the process writes it: `escalate`, `release`.
        tells: Who is told.

    .. versionadded:: 0.1.0
    """

    tier: int | None
    tier_name: str
    limit: str
    agreement: str
    allows: Mapping[str, str] = attrs.field(hash=False)
    threshold: str
    after: Mapping[str, str] = attrs.field(hash=False)
    calendar: str
    does: tuple[str, ...]
    tells: tuple[str, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the columns of `Ladder.HEADINGS`."""
        place = "the whole case" if self.tier is None else f"{self.tier} {self.tier_name}"
        return (
            place, self.limit, self.agreement, signed(self.threshold), said(self.after), self.calendar,
            ", ".join(self.does), ", ".join(self.tells),
        )  # fmt: skip


@attrs.frozen(kw_only=True)
class Ladder:
    """
    What the time limits of a process do, threshold by threshold: limits of the whole case, then those of each tier.

    `str()` is a table for the terminal, `to_svg()` and `to_html()` are for a page.

    >>> from supporttiers import SupportProcess
    >>> print(SupportProcess.default().ladder())
    tier             limit   with  at    after  working time  does      tells
    1 First contact  tier 1  ola   100%  15m    24x7          escalate  -

    Attributes:
        process: The name of the process.
        rows: One for each threshold, in order of time within each limit.

    .. versionadded:: 0.1.0
    """

    process: str
    rows: tuple[LadderRow, ...]

    @classmethod
    def of(
        cls, process: str, *, tiers: Sequence[Tier], limits: Iterable[tuple[TimeLimit, Sequence[Threshold], str]]
    ) -> Self:
        """
        Draw up the ladder of these parts; `SupportProcess.ladder` hands them in.

        Args:
            process: The name of the process.
            tiers: Its tiers.
            limits: Its limits, each with its thresholds and the name of its calendar.
        """
        rows = [row for limit, thresholds, calendar in limits for row in _rows(tiers, limit, thresholds, calendar)]
        return cls(process=process, rows=tuple(sorted(rows, key=_by_tier)))

    def to_svg(self) -> str:
        """Draw it as SVG: an `<svg>` element, which can stand in a page or be a file."""
        from supporttiers.diagrams._ladder_drawn import svg_of  # noqa: PLC0415 - only what draws loads it

        return svg_of(self)

    def to_html(self) -> str:
        """Write it as a page of HTML by itself, with a table, without scripts."""
        from supporttiers.diagrams._ladder_drawn import html_of  # noqa: PLC0415 - as above

        return html_of(self)

    def __str__(self) -> str:
        """Set it as a table for a terminal."""
        from supporttiers.diagrams._ladder_drawn import text_of  # noqa: PLC0415 - as above

        return text_of(self)


def said(times: Mapping[str, str]) -> str:
    """
    Say times by priority as one text.

    >>> said({"critical": "4h", "others": "16h"}), said({"others": "15m"})
    ('critical 4h, others 16h', '15m')
    """
    if [*times] == [OTHERS]:
        return times[OTHERS]
    return ", ".join(f"{priority} {time}" for priority, time in times.items())


def signed(mark: str) -> str:
    """
    Write a threshold so that one after the target is seen to be that.

    >>> signed("75%"), signed("-30m"), signed("2h")
    ('75%', '-30m', '+2h')
    """
    return mark if mark.endswith("%") or mark.startswith("-") else f"+{mark}"


def point(row: LadderRow) -> str:
    """Say where a threshold lies, and after how much time that is."""
    if row.threshold.endswith("%"):
        return f"{row.threshold} after {said(row.after)}"
    side = "before" if row.threshold.startswith("-") else "after"
    return f"{row.threshold.removeprefix('-')} {side} the target, after {said(row.after)}"


def done(row: LadderRow) -> str:
    """Say what happens at a threshold, and who is told."""
    tells = (f"tells {', '.join(row.tells)}",) if row.tells else ()
    return ", ".join((*row.does, *tells)) or "on record"


def _by_tier(row: LadderRow) -> int:
    return -1 if row.tier is None else row.tier


def _rows(
    tiers: Sequence[Tier], limit: TimeLimit, thresholds: Sequence[Threshold], calendar: str
) -> Iterable[LadderRow]:
    tier = _tier_of(tiers, limit)
    last = [*limit.target.values()][-1]
    if isinstance(last, timedelta):
        whole = last  # thresholds by percent and by time can lie in another order at another priority
        thresholds = sorted(thresholds, key=lambda each: each.reached_after(whole) or timedelta(0))
    for threshold in thresholds:
        yield LadderRow(
            tier=tier.level if tier else None, tier_name=tier.name if tier else "", limit=limit.name,
            agreement=str(limit.agreement), threshold=threshold.mark, calendar=calendar,
            allows={_priority(name): target_text(target) for name, target in limit.target.items()},
            after={_priority(name): _after(threshold, target) for name, target in limit.target.items()},
            does=tuple(str(action) for action in threshold.do if _who(action) is None),
            tells=tuple(who for action in threshold.do if (who := _who(action)) is not None),
        )  # fmt: skip


def _tier_of(tiers: Sequence[Tier], limit: TimeLimit) -> Tier | None:
    """Give the tier that a limit is about: the one that it measures, or that of its vendor."""
    if limit.tier is not None:
        return next((tier for tier in tiers if tier.level == limit.tier), None)
    return next((tier for tier in tiers if limit.vendor is not None and tier.vendor == limit.vendor), None)


def _priority(name: str) -> str:
    return OTHERS if name == ANY_PRIORITY else name


def _after(threshold: Threshold, target: Target) -> str:
    if isinstance(target, timedelta):
        after = threshold.reached_after(target)
        return "never" if after is None else duration_text(after)
    if threshold.is_target:
        return target_text(target)
    if not isinstance(threshold.at, timedelta):
        return f"{threshold.mark} of {target_text(target)}"
    side = "before" if threshold.at < timedelta(0) else "after"
    return f"{duration_text(abs(threshold.at))} {side} {target_text(target)}"


def _who(action: Action) -> str | None:
    """Say who is told; None where something else is done."""
    if action.verb == "inform_management":
        return "management"
    return _TOLD[action.verb].format(action.argument) if action.verb in _TOLD else None
