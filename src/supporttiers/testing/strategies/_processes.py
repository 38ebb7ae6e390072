"""Processes, read from a tape: valid whatever the tape says, and the simpler, the lower its bytes."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import attrs

from supporttiers.calendars import WorkingHours
from supporttiers.contracts import VendorContract
from supporttiers.limits import (
    ANY_PRIORITY,
    MEASURES,
    PRIORITY_RULES,
    REOPENING_RULES,
    VENDOR_MEASURES,
    Action,
    Percent,
    Threshold,
    TimeLimit,
)
from supporttiers.match import Match, Not
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.policies.closing import CloseAfter
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.process import SupportProcess
from supporttiers.testing.strategies._tape import Tape
from supporttiers.tiers import OPEN, Status, Tier, TierKind

START: Final = datetime(2026, 3, 23, 9, tzinfo=UTC)
STEP: Final = timedelta(minutes=15)
PRIORITIES: Final = ("low", "medium", "high")
TEAMS: Final = ("east", "west")


def instant(step: int) -> datetime:
    """Give an instant of the grid."""
    return START + STEP * step


SIZES: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9)
NUMBERS: Final = (0, 1, 2, 3, 4, 5, 6, 7, 8)
SPANS: Final = [STEP, 2 * STEP, 3 * STEP, 4 * STEP, 8 * STEP, 16 * STEP]
STILL_OPEN: Final = tuple(status for status in Status if status in OPEN)
ENDED: Final = tuple(status for status in Status if status not in OPEN)
MARKS: Final = [
    Percent(100), Percent(100), Percent(50), Percent(75), Percent(150), STEP * 0, STEP, STEP * 4, -STEP, -2 * STEP,
    -16 * STEP,
]  # fmt: skip
OF_CASE: Final = [measures for measures in MEASURES if measures != "tier"]
ANY_ACTION: Final = [
    Action.from_text(text)
    for text in ("raise_priority", "release", "assign:bob", "wait:scheduled", "resolve", "note:late", "resume")
]
PREDICATES: Final = {
    "start": [Match(status="queued"), Match(status=list(STILL_OPEN)), Match(assignee=Not(None))],
    "pause": [Match(status="waiting"), Match(wait_reason="vendor"), Match(assignee=None), Match(priority="low")],
    "resume": [Match(priority="high"), Match(wait_reason=["vendor", "approval"])],
    "stop": [Match(status=["resolved", "closed"]), Match(status="in_progress"), Match(first_response_at=Not(None))],
    "reset": [Match(category="fresh"), Match(status="queued"), Match(status="waiting")],
    "cancel": [Match(status="cancelled"), Match(priority="low"), Match(tags="vip"), Match(category="spam")],
}


@attrs.frozen(kw_only=True)
class Bounds:
    """
    What processes may have.

    Attributes:
        min_tiers: No fewer tiers.
        max_tiers: No more tiers; at most 9.
        max_limits: No more limits.
        moves: How cases move: `listed` or `any`; either when None.
        vendors: Whether cases may leave the house.
        calendars: Whether there may be hours in which time does not count.
        policies: Whether there may be rules: who may do what, what needs a yes, and what happens after a resolution.
    """

    min_tiers: int = 1
    max_tiers: int = 5
    max_limits: int = 4
    moves: str | None = None
    vendors: bool = True
    calendars: bool = False
    policies: bool = False


def process_from(tape: Tape, bounds: Bounds = Bounds()) -> SupportProcess:
    """Read a small process."""
    moves = tape.pick(["listed", "any"] if bounds.moves is None else [bounds.moves])
    tiers = _tiers(tape, moves, bounds)
    levels = [tier.level for tier in tiers]
    ways_up = {tier.level: _ways_up(tier, levels, moves) for tier in tiers}
    movable = tuple(Status) if moves == "any" else STILL_OPEN
    return SupportProcess(
        name="small",
        tiers=tiers,
        limits=_limits(tape, ways_up, bounds.max_limits),
        contracts=_contracts(tape) if bounds.vendors else (),
        entry="any" if tape.once_in(2) else tape.some(levels),
        moves=moves,
        reopen_from=tape.some(ENDED) if tape.once_in(4) else (Status.RESOLVED, Status.CLOSED),
        transfer_when=tape.some(movable, 6) if tape.once_in(4) else STILL_OPEN,
        resolve_when=tape.some(tuple(Status), 6) if tape.once_in(4) else STILL_OPEN,
        wait_reasons=tape.some(["parts"], 1),
        priorities=PRIORITIES,
        bounce_limit=tape.pick(range(3)),
        reply_resumes=not tape.once_in(4),
        reply_reopens=not tape.once_in(4),
        **(_hours(tape) if bounds.calendars else {}),
        policies=_policies(tape) if bounds.policies else (),
    )


def _tiers(tape: Tape, moves: str, bounds: Bounds) -> list[Tier]:
    """Read tiers, most of them joined to their neighbours."""
    first = tape.pick([1, 0])
    size = tape.pick([size for size in SIZES if bounds.min_tiers <= size <= bounds.max_tiers])
    every = range(first, first + size)
    levels = [level for level in every if not tape.once_in(6)]
    levels = levels if len(levels) >= bounds.min_tiers else list(every)
    found = []
    for place, level in enumerate(levels):
        above, below = levels[place + 1 :], levels[:place][::-1]
        kind = tape.seldom([TierKind.SELF_SERVICE, TierKind.VENDOR]) or TierKind.TEAM
        kind = TierKind.TEAM if kind is TierKind.VENDOR and not bounds.vendors else kind
        up = tape.some(above, 2) if tape.once_in(4) else tuple(above[:1])
        found.append(
            Tier(
                level=level, name=f"Tier {level}", kind=kind, vendor="acme" if kind is TierKind.VENDOR else None,
                teams=tape.pick([(), TEAMS]), escalates_to=up,
                hands_back_to=tape.some(below, 2) if tape.once_in(4) else tuple(below[:1]),
                time_limit=tape.seldom(SPANS, 2) if up or (above and moves == "any") else None,
            )
        )  # fmt: skip
    return found


def _ways_up(tier: Tier, levels: list[int], moves: str) -> tuple[int, ...]:
    return tuple(level for level in levels if level > tier.level) if moves == "any" else tier.escalates_to


def _limits(tape: Tape, ways_up: dict[int, tuple[int, ...]], at_most: int) -> list[TimeLimit]:
    """Read limits of any kind, some with conditions of their own."""
    found = []
    for number in range(tape.pick([number for number in NUMBERS if number <= at_most])):
        tier = tape.pick([None, *ways_up])
        reached = {level for here, above in ways_up.items() if tier in {None, here} for level in above}
        own: dict[str, Any] = {word: tape.seldom(choices, 8) for word, choices in PREDICATES.items()}
        measures = (tape.seldom(OF_CASE, 2) or "resolution") if tier is None else "tier"
        own = own if measures in {"resolution", "tier"} else {}  # others might never start with a stop of their own
        found.append(
            TimeLimit(
                name=f"limit {number}", measures=measures, tier=tier,
                on_priority_change=tape.seldom(PRIORITY_RULES, 2), on_reopening=tape.seldom(REOPENING_RULES, 2),
                pause_while_vendor=measures not in VENDOR_MEASURES and tape.once_in(4),
                when=tape.seldom([Match(priority=["high", "medium"]), Match(kind="incident")], 6),
                target=_target(tape), thresholds=_thresholds(tape, sorted(reached)), **own,
            )
        )  # fmt: skip
    return found


def _contracts(tape: Tape) -> list[VendorContract]:
    """Read now and then what is agreed with a vendor."""
    return [
        VendorContract(
            vendor=vendor, acknowledge=tape.seldom(SPANS, 2), update=tape.seldom(SPANS, 2),
            resolve=tape.seldom(SPANS, 2), messages_a_day=tape.pick([20, 1, 2, 3]), withdraw=not tape.once_in(4),
            covers=tape.seldom([Match(priority=["high", "medium"])]),
            on_breach=tape.some(["remind", "escalate_at_vendor", "hand_back", "inform_management"]),
        )
        for vendor in tape.some(["acme", "initech"], 2)
    ]  # fmt: skip


def _target(tape: Tape) -> timedelta | dict[str, timedelta]:
    if not tape.once_in(2):
        return tape.pick(SPANS)
    target = {"high": tape.pick(SPANS)}
    return target if tape.once_in(4) else {**target, ANY_PRIORITY: tape.pick(SPANS)}


def _thresholds(tape: Tape, reached: list[int]) -> list[Threshold]:
    """Read points on a limit's way, with actions that the tiers allow somewhere: escalating reaches these levels."""
    told = [Action("notify", "manager"), Action("notify", "assignee")]
    up = [Action("escalate"), *(Action("escalate", str(level)) for level in reached)] if reached else []
    own = [*up, *up, *up, *told, *ANY_ACTION]
    return [Threshold(mark, tape.some(own, 2)) for mark in tape.some(MARKS, 3)]


# -- hours and rules

HOURS: Final = (
    WorkingHours(name="office", week={"mon-fri": "09:00-17:00"}),
    WorkingHours(
        name="office", zone="Europe/London", week={"mon-thu": ["09:00-12:30", "13:30-17:30"], "fri": "09:00-16:00"}
    ),
    WorkingHours(name="office", zone="America/New_York", week={"mon-sun": "22:00-06:00"}, closed=["2026-03-24"]),
)  # fmt: skip
PERMISSIONS: Final = (
    Permission(verbs=["close"], kinds=["agent", "manager", "system"]),
    Permission(verbs=["escalate", "hand_back"], roles=["lead"]),
    Permission(verbs=["cancel"], kinds=["manager"]),
    Permission(verbs=["resolve"], kinds=["customer"], effect="deny"),
)
APPROVALS: Final = (
    ApprovalRule(verbs=["escalate"], approvers=["lead"]),
    ApprovalRule(verbs=["dispatch", "cancel"]),
    ApprovalRule(verbs=["resolve"], when=Match(priority="high"), kinds=["agent"]),
)
AFTERWARDS: Final = (
    CloseAfter("72h"),
    ReopenWithin("24h"),
    CloseAfter("4h"),
    ReopenWithin("4h", after_window="refuse"),
)


def _hours(tape: Tape) -> dict[str, Any]:
    """Read now and then hours for all that is not said otherwise."""
    hours = tape.seldom(HOURS, 3)
    return {} if hours is None else {"calendars": [hours], "calendar": hours.name}


def _policies(tape: Tape) -> list[Any]:
    """Read now and then rules of each kind."""
    permissions = tape.some(PERMISSIONS) if tape.once_in(4) else ()
    approvals = tape.some(APPROVALS, 2) if tape.once_in(4) else ()
    found: list[Any] = [PermitByRules(permissions)] if permissions else []
    found += [PermitByApproval(approvals)] if approvals else []
    return [*found, *(tape.some(AFTERWARDS, 2) if tape.once_in(3) else ())]
