"""
Small worlds for the laws: processes, commands in the order of their `at`, and the passes of a worker.

Every instant lies on a coarse grid, so that commands, deadlines and passes often fall on one instant. A world is read
from a tape of bytes: that is quick, and the shorter and lower the tape, the simpler the world.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import attrs
from hypothesis import strategies as st

from supporttiers import commands as wanted
from supporttiers._engine import decide
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.contracts import VendorContract
from supporttiers.decisions import Decision
from supporttiers.errors import CaseError
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
from supporttiers.links import Attachment, Link, VendorEntry, VendorStatus, VendorTicket
from supporttiers.match import Match, Not
from supporttiers.process import SupportProcess
from supporttiers.tiers import OPEN, Status, Tier, TierKind

T = TypeVar("T")

START: Final = datetime(2026, 3, 23, 9, tzinfo=UTC)
STEP: Final = timedelta(minutes=15)
MOMENT: Final = timedelta(microseconds=1)
PRIORITIES: Final = ("low", "medium", "high")
TEAMS: Final = ("east", "west")
JANE, ANNA, BOB, MONA = Actor.customer("jane"), Actor.agent("anna"), Actor.agent("bob"), Actor.manager("mona")
ACTORS: Final = (JANE, ANNA, BOB, MONA, Actor.customer("joe"), Actor.assistant("robot"), Actor.vendor("acme"))


def instant(step: int) -> datetime:
    """Give an instant of the grid."""
    return START + STEP * step


class Tape:
    """Reads choices from bytes, one each; what lies beyond the end reads as zero, the first and simplest choice."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def pick(self, choices: Sequence[T]) -> T:
        """Choose one."""
        return choices[next(self._data, 0) % len(choices)]

    def some(self, choices: Sequence[T], at_most: int = 4) -> tuple[T, ...]:
        """Choose a few different ones."""
        if not choices:
            return ()
        return tuple(dict.fromkeys(self.pick(choices) for _ in range(self.pick(range(at_most + 1)))))

    def once_in(self, number: int) -> bool:
        """Choose seldom."""
        return self.pick(range(number)) == number - 1

    def seldom(self, choices: Sequence[T], number: int = 4) -> T | None:
        """Choose one now and then, and None else."""
        return self.pick(choices) if self.once_in(number) else None


# -- processes

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


def process_from(tape: Tape, *, vendors: bool = True) -> SupportProcess:
    """Read a small process; without *vendors* nothing ever leaves the house."""
    moves = tape.pick(["listed", "any"])
    tiers = _tiers(tape, moves, vendors=vendors)
    levels = [tier.level for tier in tiers]
    ways_up = {tier.level: _ways_up(tier, levels, moves) for tier in tiers}
    movable = tuple(Status) if moves == "any" else STILL_OPEN
    return SupportProcess(
        name="small",
        tiers=tiers,
        limits=_limits(tape, ways_up),
        contracts=_contracts(tape) if vendors else (),
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
    )


def _tiers(tape: Tape, moves: str, *, vendors: bool) -> list[Tier]:
    """Read one to five tiers, most of them joined to their neighbours."""
    first = tape.pick([1, 0])
    levels = [level for level in range(first, first + tape.pick([2, 3, 4, 5, 1])) if not tape.once_in(6)] or [first]
    found = []
    for place, level in enumerate(levels):
        above, below = levels[place + 1 :], levels[:place][::-1]
        kind = tape.seldom([TierKind.SELF_SERVICE, TierKind.VENDOR]) or TierKind.TEAM
        kind = TierKind.TEAM if kind is TierKind.VENDOR and not vendors else kind
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


def _limits(tape: Tape, ways_up: dict[int, tuple[int, ...]]) -> list[TimeLimit]:
    """Read up to four limits of any kind, some with conditions of their own."""
    found = []
    for number in range(tape.pick([1, 2, 3, 4, 0])):
        tier = tape.pick([None, *ways_up])
        reached = {level for here, above in ways_up.items() if tier in {None, here} for level in above}
        own = {word: tape.seldom(choices, 8) for word, choices in PREDICATES.items()}
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


# -- commands

LIKELY: Final[dict[Status, list[type[Command]]]] = {
    Status.QUEUED: [
        wanted.Start, wanted.Escalate, wanted.HandBack, wanted.Wait, wanted.Amend, wanted.Resolve, wanted.Transfer,
    ],
    Status.IN_PROGRESS: [
        wanted.Wait, wanted.Release, wanted.Escalate, wanted.Amend, wanted.Wait, wanted.Resolve, wanted.HandBack,
    ],
    Status.WAITING: [wanted.Resume, wanted.Reply, wanted.Amend, wanted.Resolve, wanted.Escalate],
    Status.RESOLVED: [wanted.Reopen, wanted.Reopen, wanted.Reply, wanted.Close, wanted.Rate],
    Status.CLOSED: [wanted.Reopen, wanted.Rate, wanted.Note],
    Status.CANCELLED: [wanted.Reopen, wanted.Note, wanted.Amend],
}  # fmt: skip
OUTSIDE: Final = (
    wanted.Merge, wanted.LinkCase, wanted.Unlink, wanted.CountAffected, wanted.Dispatch, wanted.TellVendor,
    wanted.Withdraw, wanted.VendorUpdate, wanted.VendorUnreachable,
)  # fmt: skip
"""Commands that speak of something besides the case itself."""

ANYTHING: Final = (*(kind for kind in wanted.COMMANDS if kind is not wanted.Open), wanted.Amend, wanted.Amend)
LONG_WORD: Final = "Wörter 字"


def _level(tape: Tape) -> int | None:
    return tape.seldom(range(5))


def _team(tape: Tape) -> str | None:
    return tape.seldom([*TEAMS, "north"], 6)


def _priority(tape: Tape) -> str | None:
    return tape.seldom([*PRIORITIES, *PRIORITIES, *PRIORITIES, "bogus"], 2)


def _to_tier(tape: Tape, _case: Case | None) -> dict[str, Any]:
    return {"tier": _level(tape), "team": _team(tape)}


def _opening(tape: Tape, _case: Case | None) -> dict[str, Any]:
    return {
        "tier": _level(tape), "team": _team(tape), "priority": _priority(tape), "text": LONG_WORD,
        "category": tape.seldom(["fresh", "spam"]), "requester": tape.pick(["jane", None]),
        "tags": tape.some(["vip", "a"]), "attributes": tape.pick([{}, {"site": "Leeds", "floor": 0.5}]),
    }  # fmt: skip


def _amending(tape: Tape, _case: Case | None) -> dict[str, Any]:
    return {
        "priority": _priority(tape), "owner": tape.seldom(["anna", "bob"]), "tags": tape.pick([None, (), ("vip",)]),
        "category": tape.seldom(["fresh", "spam", "printing"]),
        "attributes": tape.pick([{}, {"floor": True}, {"site": None}]),
    }  # fmt: skip


def _news(tape: Tape, case: Case | None) -> dict[str, Any]:
    tickets = () if case is None else case.vendor_tickets
    key = tape.pick([ticket.key for ticket in tickets] or ["unknown"])
    entries = tape.some(ENTRIES) if tape.once_in(2) else ()
    return {
        "vendor": _vendor_of(tickets, key), "key": key, "remote_id": tape.pick(["A-1", "A-1", "A-1", "A-2", None]),
        "status": tape.pick([*VendorStatus, None]), "raw_status": tape.pick(["", "Odd", "Busy"]), "entries": entries,
        "told": tape.some(["c-1", "c-9"], 1), "updated_at": tape.seldom([instant(2), instant(4), instant(3)]),
    }  # fmt: skip


def _vendor_of(tickets: Sequence[VendorTicket], key: str) -> str:
    return next((ticket.vendor for ticket in tickets if ticket.key == key), "acme")


def _outage(tape: Tape, case: Case | None) -> dict[str, Any]:
    tickets = () if case is None else case.vendor_tickets
    key = tape.pick([ticket.key for ticket in tickets] or ["unknown"])
    return {"vendor": _vendor_of(tickets, key), "key": key, "since": instant(-tape.pick(range(8))), "problem": "late"}


def _to_vendor(tape: Tape, _case: Case | None) -> dict[str, Any]:
    return {"vendor": tape.pick(["acme", "initech"]), "text": tape.pick(["", LONG_WORD])}


def _telling(tape: Tape, case: Case | None) -> dict[str, Any]:
    purpose = tape.pick(["message", "reminder", "escalation"])
    return {**_to_vendor(tape, case), "purpose": purpose, "attachments": tape.some(["f-1", "f-3"], 1)}


ENTRIES: Final = [
    VendorEntry(id="c-1", text="Which one?"), VendorEntry(id="c-2", text=LONG_WORD, at=instant(1)),
    VendorEntry(id="c-3", text="Ours", ours=True), VendorEntry(id="c-4", reference="ST-ABCDEFGHIJKLMNOP"),
]  # fmt: skip


def _saying(tape: Tape, _case: Case | None) -> dict[str, Any]:
    return {"text": tape.pick(["", LONG_WORD])}


def _people(tape: Tape, _case: Case | None) -> dict[str, Any]:
    return {"watchers": tape.some(["anna", "joe"])}


FILES: Final = [Attachment(id="f-1", name="a.png"), Attachment(id="f-2", name="b")]
KINDS: Final = ["follows", "known_issue", "blocks"]
WAITS: Final = ["customer", "customer", "approval", "vendor", "scheduled", "parts"]
FIELDS: Final[dict[type[Command], Callable[[Tape, Case | None], dict[str, Any]]]] = {
    wanted.Open: _opening,
    wanted.Assign: lambda tape, _case: {"assignee": tape.pick(["anna", "bob", None])},
    wanted.Reply: _saying,
    wanted.Note: _saying,
    wanted.RecordAttempt: lambda _tape, _case: {"what": "faq"},
    wanted.Escalate: _to_tier,
    wanted.HandBack: _to_tier,
    wanted.Transfer: lambda tape, _case: {"team": tape.pick([*TEAMS, "north"])},
    wanted.Wait: lambda tape, _case: {"wait_reason": tape.pick(WAITS)},
    wanted.Resolve: _saying,
    wanted.Reopen: _to_tier,
    wanted.Amend: _amending,
    wanted.Attach: lambda tape, _case: {"attachments": tape.some(FILES)},
    wanted.Watch: _people,
    wanted.Unwatch: _people,
    wanted.LinkCase: lambda tape, _case: {"link": Link(tape.pick(KINDS), tape.pick(["C-2", "C-1"]))},
    wanted.Unlink: lambda tape, _case: {"link": Link(tape.pick(KINDS), tape.pick(["C-2", "C-1"]))},
    wanted.CountAffected: lambda tape, _case: {"other": tape.pick(["C-2", "C-3"]), "counts": not tape.once_in(3)},
    wanted.Inform: lambda tape, _case: {"to": tape.pick(["manager", "lead"])},
    wanted.Merge: lambda tape, _case: {"into": tape.pick(["C-2", "C-1", "C-9"])},
    wanted.Dispatch: lambda tape, _case: {"vendor": tape.pick(["acme", "initech"])},
    wanted.TellVendor: _telling,
    wanted.Withdraw: _to_vendor,
    wanted.VendorUpdate: _news,
    wanted.VendorUnreachable: _outage,
    wanted.Rate: lambda tape, _case: {"score": tape.pick(range(1, 6))},
}
"""What a command has besides what all have in common."""


def _nothing(_tape: Tape, _case: Case | None) -> dict[str, Any]:
    return {}


def _times(tape: Tape, kind: type[Command], at: datetime) -> dict[str, Any]:
    """Read a command's times, and the version that its caller had seen."""
    times: dict[str, Any] = {"at": at}
    if tape.once_in(4):
        times["occurred_at"] = at - STEP * tape.pick([1, 2, 0, 4, 12, -1])
    if kind is wanted.Wait and tape.once_in(2):
        times["until"] = at + STEP * tape.pick([1, 2, 3, 4, 8, 0])
    if tape.once_in(16):
        times["expected_version"] = tape.pick(range(12))
    return times


def _kinds(tape: Tape, case: Case) -> Sequence[type[Command]]:
    """Give the commands that are likely to mean something to a case as it is, or all."""
    if tape.once_in(3):
        return ANYTHING
    if case.wait_reason == "approval":
        return [wanted.Approve, wanted.Decline]
    if case.vendor_tickets and tape.once_in(3):
        return [wanted.VendorUpdate, wanted.VendorUpdate, wanted.TellVendor, wanted.Withdraw, wanted.VendorUnreachable]
    return LIKELY[case.status]


def command_from(tape: Tape, case_id: str, case: Case | None, at: datetime, *, outside: bool = True) -> Command:
    """Read a command that is likely to mean something to the case as it is, and now and then is not."""
    if case is None:
        kind = wanted.Note if tape.once_in(16) else wanted.Open
    elif tape.once_in(24):
        kind = wanted.Open
    else:
        kinds = [kind for kind in _kinds(tape, case) if outside or kind not in OUTSIDE]
        kind = tape.pick(kinds or [wanted.Note])
    usual = Actor.customer(case.requester) if case is not None and kind in {wanted.Rate, wanted.Reply} else ANNA
    by = tape.pick([usual, usual, *ACTORS])
    return kind(case_id=case_id, by=by, **FIELDS.get(kind, _nothing)(tape, case), **_times(tape, kind, at))


GAPS: Final = [1, 0, 0, 0, 1, 2, 3, 4, 8]


def script_from(
    tape: Tape, process: SupportProcess, *, ids: Sequence[str] = ("C-1",), outside: bool = True, length: int = 14
) -> tuple[Command, ...]:
    """Read commands in the order of their `at`."""
    cases: dict[str, Case | None] = dict.fromkeys(ids)
    found: list[Command] = []
    step = 0
    for _ in range(length - tape.pick(range(length))):
        step += tape.pick(GAPS)
        case_id = tape.pick(ids)
        command = command_from(tape, case_id, cases[case_id], instant(step), outside=outside)
        found.append(command)
        decision = decided(process, cases[case_id], command)
        if isinstance(decision, Decision):
            cases[case_id] = decision.case
    return tuple(found)


def decided(process: SupportProcess, case: Case | None, command: Command) -> Decision | CaseError:
    """Decide; or give the error, where the command is malformed by itself."""
    assert command.at is not None
    try:
        return decide(process, case, command, command.at)
    except CaseError as error:
        return error


def said(error: CaseError) -> tuple[object, ...]:
    """Give what an error says, to be compared: errors themselves are equal only to themselves."""
    return type(error), str(error), error.reason


@attrs.frozen
class World:
    """
    A process, and what happens under it.

    Attributes:
        process: The process.
        script: Commands, in the order of their `at`.
        passes: When a worker comes by; in order.
    """

    process: SupportProcess
    script: tuple[Command, ...]
    passes: tuple[datetime, ...]

    @property
    def end(self) -> datetime:
        """An instant by which everything has had time to take effect."""
        return (self.script[-1].at or START) + 40 * STEP


def world_from(
    data: bytes, *, ids: Sequence[str] = ("C-1",), vendors: bool = True, outside: bool = True, length: int = 14
) -> World:
    """Read a world."""
    tape = Tape(data)
    process = process_from(tape, vendors=vendors)
    script = script_from(tape, process, ids=ids, outside=outside, length=length)
    world = World(process, script, ())
    grid = range((world.end - START) // STEP + 1)
    beside = [STEP * 0, STEP * 0, MOMENT, -MOMENT, STEP / 2]
    found = {instant(tape.pick(grid)) + tape.pick(beside) for _ in range(tape.pick(range(10)))}
    return attrs.evolve(world, passes=tuple(sorted(at for at in found if START <= at <= world.end)))


TAPES: Final = st.binary(min_size=500, max_size=500)


def worlds(**how: Any) -> st.SearchStrategy[World]:
    """Draw worlds; see `world_from`."""
    return TAPES.map(lambda data: world_from(data, **how))
