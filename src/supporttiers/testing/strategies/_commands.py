"""Commands, read from a tape: likely to mean something to a case as it is, and now and then not."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

import attrs

from supporttiers import commands as wanted
from supporttiers._machine import possible_from, state_name
from supporttiers.actors import Actor, ActorKind
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.links import Attachment, Link, VendorEntry, VendorStatus, VendorTicket
from supporttiers.process import SupportProcess
from supporttiers.testing.exploring.alphabet import manager_of
from supporttiers.testing.strategies._processes import START, STEP, instant
from supporttiers.testing.strategies._tape import Tape
from supporttiers.testing.strategies._texts import SAID, SUBJECTS
from supporttiers.tiers import Status

JANE, ANNA = Actor.customer("jane"), Actor.agent("anna")


@attrs.frozen(kw_only=True)
class Words:
    """
    What commands under a process may speak of; of some there is also one that nobody knows.

    Attributes:
        moves_of: Whose moves are tried; when None, others as well.
        actors: Who acts.
        usual: Who does most of it.
        lead: Who may approve.
        odd: Once in so many times something unlikely is tried.
        levels: Of tiers.
        teams: Of teams.
        priorities: Of priorities.
        vendors: Of vendors; where there are none, nobody speaks of any.
        waits: For what a case may wait.
        cases: The ids of cases; this one first.
    """

    moves_of: SupportProcess | None
    actors: tuple[Actor, ...]
    usual: Actor
    lead: Actor
    odd: int = 8
    levels: tuple[int, ...]
    teams: tuple[str, ...]
    priorities: tuple[str, ...]
    vendors: tuple[str, ...]
    waits: tuple[str, ...]
    cases: tuple[str, ...] = ("C-1", "C-2", "C-9")

    @classmethod
    def of(cls, process: SupportProcess, actors: tuple[Actor, ...] | None = None, **more: Any) -> Self:  # noqa: ANN401 - fields
        """Learn those of a process."""
        levels = [tier.level for tier in process.tiers]
        people = actors or _everybody(process)
        given: dict[str, Any] = {
            "moves_of": process,
            "actors": people,
            "usual": _first(people, ActorKind.AGENT),
            "lead": _first(people, ActorKind.MANAGER),
            "levels": (*levels, (levels[-1] + 1) % 100),
            "teams": (*dict.fromkeys(team for tier in process.tiers for team in tier.teams), "north"),
            "priorities": (*process.priorities * 3, "bogus"),
            "vendors": tuple(sorted(process.named_vendors.names)),
            "waits": ("customer", "customer", "approval", "vendor", "scheduled", *(process.wait_reasons or ("parts",))),
            **more,
        }
        return cls(**given)


def _first(people: tuple[Actor, ...], kind: ActorKind) -> Actor:
    return next((one for one in people if one.kind is kind), people[-1])


def _everybody(process: SupportProcess) -> tuple[Actor, ...]:
    return (
        JANE, ANNA, Actor.agent("bob"), manager_of(process), Actor.customer("joe"), Actor.assistant("robot"),
        Actor.vendor("acme"),
    )  # fmt: skip


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
MOVES: Final = (
    wanted.Start, wanted.Release, wanted.Escalate, wanted.HandBack, wanted.Transfer, wanted.Wait, wanted.Resume,
    wanted.Resolve, wanted.Reopen, wanted.Close,
)  # fmt: skip
OF_VENDORS: Final = (
    wanted.Dispatch, wanted.TellVendor, wanted.Withdraw, wanted.VendorUpdate, wanted.VendorUnreachable
)  # fmt: skip
OUTSIDE: Final = (*OF_VENDORS, wanted.Merge, wanted.LinkCase, wanted.Unlink, wanted.CountAffected)
"""Commands that speak of something besides the case itself."""

ASIDE: Final = [
    wanted.Note, wanted.Assign, wanted.Attach, wanted.Watch, wanted.Unwatch, wanted.LinkCase, wanted.Unlink,
    wanted.Inform, wanted.InformManagement, wanted.RecordAttempt, wanted.CountAffected, wanted.Dispatch, wanted.Cancel,
    wanted.Merge,
]  # fmt: skip
"""Commands that are possible wherever a case stands."""

ANYTHING: Final = (*(kind for kind in wanted.COMMANDS if kind is not wanted.Open), wanted.Amend, wanted.Amend)


Given = dict[str, Any]


def _to_tier(tape: Tape, _case: Case | None, words: Words) -> Given:
    return {"tier": tape.seldom(words.levels), "team": tape.seldom(words.teams, 6)}


def _opening(tape: Tape, case: Case | None, words: Words) -> Given:
    return {
        **_to_tier(tape, case, words), "priority": tape.seldom(words.priorities, 2), "subject": tape.pick(SUBJECTS),
        "text": tape.pick(SAID), "category": tape.seldom(["fresh", "spam"]), "requester": tape.pick(["jane", None]),
        "tags": tape.some(["vip", "a"]), "attributes": tape.pick([{}, {"site": "Leeds", "floor": 0.5}]),
    }  # fmt: skip


def _amending(tape: Tape, _case: Case | None, words: Words) -> Given:
    return {
        "priority": tape.seldom(words.priorities, 2), "owner": tape.seldom(["anna", "bob"]),
        "tags": tape.pick([None, (), ("vip",)]), "category": tape.seldom(["fresh", "spam", "printing"]),
        "attributes": tape.pick([{}, {"floor": True}, {"site": None}]),
    }  # fmt: skip


def _ticket(tape: Tape, case: Case | None, words: Words) -> VendorTicket:
    """Choose a ticket of the case, or one that nobody knows."""
    tickets = () if case is None else case.vendor_tickets
    return tape.pick(
        tickets or (VendorTicket(vendor=words.vendors[0], key="unknown", requested_at=START, changed_at=START),)
    )


def _news(tape: Tape, case: Case | None, words: Words) -> Given:
    ticket = _ticket(tape, case, words)
    known = ticket.remote_id or "A-1"
    entries = tape.some(ENTRIES) if tape.once_in(2) else ()
    return {
        "vendor": ticket.vendor, "key": ticket.key, "remote_id": tape.pick([known, known, known, "A-2", None]),
        "status": tape.pick([*VendorStatus, None]), "raw_status": tape.pick(["", "Odd", "Busy"]), "entries": entries,
        "told": tape.some(["c-1", "c-9"], 1), "updated_at": tape.seldom([instant(2), instant(4), instant(3)]),
    }  # fmt: skip


def _outage(tape: Tape, case: Case | None, words: Words) -> Given:
    ticket = _ticket(tape, case, words)
    since = instant(-tape.pick(range(8)))
    return {"vendor": ticket.vendor, "key": ticket.key, "since": since, "problem": "late"}


def _to_vendor(tape: Tape, _case: Case | None, words: Words) -> Given:
    return {"vendor": tape.pick(words.vendors), "text": tape.pick(SAID)}


def _telling(tape: Tape, case: Case | None, words: Words) -> Given:
    purpose = tape.pick(["message", "reminder", "escalation"])
    return {**_to_vendor(tape, case, words), "purpose": purpose, "attachments": tape.some(["f-1", "f-3"], 1)}


ENTRIES: Final = [
    VendorEntry(id="c-1", text="Which one?"), VendorEntry(id="c-2", text="Wörter 字", at=instant(1)),
    VendorEntry(id="c-3", text="Ours", ours=True), VendorEntry(id="c-4", reference="ST-ABCDEFGHIJKLMNOP"),
]  # fmt: skip
FILES: Final = [Attachment(id="f-1", name="a.png"), Attachment(id="f-2", name="b")]
KINDS: Final = ["follows", "known_issue", "blocks"]


def _saying(tape: Tape, _case: Case | None, _words: Words) -> Given:
    return {"text": tape.pick(SAID)}


def _people(tape: Tape, _case: Case | None, _words: Words) -> Given:
    return {"watchers": tape.some(["anna", "joe"])}


def _link(tape: Tape, _case: Case | None, words: Words) -> Given:
    return {"link": Link(tape.pick(KINDS), tape.pick([words.cases[1], words.cases[0]]))}


FIELDS: Final[Mapping[type[Command], Callable[[Tape, Case | None, Words], Given]]] = {
    wanted.Open: _opening,
    wanted.Assign: lambda tape, _case, _words: {"assignee": tape.pick(["anna", "bob", None])},
    wanted.Reply: _saying,
    wanted.Note: _saying,
    wanted.RecordAttempt: lambda _tape, _case, _words: {"what": "faq"},
    wanted.Escalate: _to_tier,
    wanted.HandBack: _to_tier,
    wanted.Transfer: lambda tape, _case, words: {"team": tape.pick(words.teams)},
    wanted.Wait: lambda tape, _case, words: {"wait_reason": tape.pick(words.waits)},
    wanted.Resolve: _saying,
    wanted.Reopen: _to_tier,
    wanted.Amend: _amending,
    wanted.Attach: lambda tape, _case, _words: {"attachments": tape.some(FILES)},
    wanted.Watch: _people,
    wanted.Unwatch: _people,
    wanted.LinkCase: _link,
    wanted.Unlink: _link,
    wanted.CountAffected: lambda tape, _case, words: {
        "other": tape.pick(words.cases[1:]),
        "counts": not tape.once_in(3),
    },
    wanted.Inform: lambda tape, _case, _words: {"to": tape.pick(["manager", "lead"])},
    wanted.Merge: lambda tape, _case, words: {"into": tape.pick([words.cases[1], words.cases[0], *words.cases[2:]])},
    wanted.Dispatch: _to_vendor,
    wanted.TellVendor: _telling,
    wanted.Withdraw: _to_vendor,
    wanted.VendorUpdate: _news,
    wanted.VendorUnreachable: _outage,
    wanted.Rate: lambda tape, _case, _words: {"score": tape.pick(range(1, 6))},
}
"""What a command has besides what all have in common."""


def _nothing(_tape: Tape, _case: Case | None, _words: Words) -> Given:
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


def _kinds(tape: Tape, case: Case, words: Words) -> Sequence[type[Command]]:
    """Give the commands that are likely to mean something to a case as it is, or all."""
    if tape.once_in(words.odd):
        return ANYTHING
    if case.wait_reason == "approval":
        return [wanted.Approve, wanted.Decline]
    if case.vendor_tickets and tape.once_in(3):
        return [wanted.VendorUpdate, wanted.VendorUpdate, wanted.TellVendor, wanted.Withdraw, wanted.VendorUnreachable]
    kinds = LIKELY[case.status]
    if words.moves_of is None:
        return kinds
    if tape.once_in(4):
        return ASIDE if case.is_open else [wanted.Note, wanted.LinkCase, wanted.Watch]
    possible = possible_from(words.moves_of.table, state_name(case.tier, case.status))
    verbs = {trigger for trigger, _ in possible}
    return [kind for kind in kinds if kind not in MOVES or kind.trigger in verbs]


def _who(tape: Tape, kind: type[Command], case: Case | None, words: Words) -> Actor:
    if case is not None and kind in {wanted.Rate, wanted.Reply}:
        usual = Actor.customer(case.requester)
    elif case is None:
        usual = words.actors[0]
    else:
        usual = words.lead if kind in {wanted.Approve, wanted.Decline} else words.usual
    return tape.pick([*[usual] * 2 * words.odd, *words.actors])


def command_from(
    tape: Tape, case_id: str, case: Case | None, at: datetime, *, words: Words, outside: bool = True
) -> Command:
    """Read a command that is likely to mean something to the case as it is, and now and then is not."""
    kind: type[Command]
    if case is None:
        kind = wanted.Note if tape.once_in(16) else wanted.Open
    elif tape.once_in(8 * words.odd):
        kind = wanted.Open
    else:
        without = () if outside and words.vendors else OF_VENDORS if outside else OUTSIDE
        kinds = [kind for kind in _kinds(tape, case, words) if kind not in without]
        kind = tape.pick(kinds or [wanted.Note])
    by = _who(tape, kind, case, words)
    return kind(case_id=case_id, by=by, **FIELDS.get(kind, _nothing)(tape, case, words), **_times(tape, kind, at))
