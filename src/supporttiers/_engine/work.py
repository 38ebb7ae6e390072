"""The work on one decision: events and effects so far, and the case as it is becoming."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from supporttiers._machine import describe, fire, possible_from, state_name
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import Case, Draft, apply, draft_of, freeze, open_ticket
from supporttiers.commands import Command
from supporttiers.effects import DispatchToVendor, Effect, MessageVendor, Notify, Tell
from supporttiers.errors import MoveRefusedError, NotPermittedError
from supporttiers.events import ActionWithheld, Event, ManagementInformed, RefusalObserved
from supporttiers.facts import NO_FACTS, Facts, recorded
from supporttiers.links import KNOWN_ISSUE, Attachment
from supporttiers.match import Match
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason
from supporttiers.tiers import OPEN, Status

Mark = tuple[Case, int, int]
"""The case as it had become, and how many events and effects there were by then."""

NEW = "new"
_BETWEEN_TIERS: Final = ("open", "escalate", "hand_back", "transfer", "reopen")


class Work:
    """
    One decision in the making; thrown away after it.

    Attributes:
        process: The process that the case follows.
        draft: The case as it is becoming; None before it is opened.
        case_id: Which case.
        tenant: Whose case.
        events: What happened so far.
        effects: What is to be done outside so far.
        at: The instant of judgement of what is being carried out.
        by: Who does it.
        occurred_at: When it really happened, if earlier.
        reason: Why, as data.
        ahead: What the next deadline was found from, and that deadline.
        facts: What is known from outside.
        command: What is being carried out; None where time acts.
        former: The process by which the case's clocks were measured so far; another one only while it changes.
        judged: How many events the clocks have followed, and the facts that they knew by then.
        held_until: When people may be told; None for at once.
        chained: The instant for which commands that time gives were counted last, and their number.
        approved: What has been approved of the command that is carried out.
        counted: The known issues that have been told, so far, that they affect the case.
        observed: What an observing process has to put on record beside what has happened, with the facts used for it.
        turned_away: The tiers whose vendors do not get the case, while it is sent on from there.
        trying: Whether a rule of an observing process is tried out, so that all this will be thrown away.
    """

    __slots__ = (
        "_key", "_said", "_used", "ahead", "approved", "at", "by", "case_id", "chained", "command", "counted", "draft",
        "effects", "events", "facts", "former", "held_until", "judged", "observed", "occurred_at", "process", "reason",
        "tenant", "trying", "turned_away",
    )  # fmt: skip

    def __init__(
        self, process: SupportProcess, case: Case | None, case_id: str, at: datetime, *, tenant: str,
        facts: Facts = NO_FACTS, former: SupportProcess | None = None,
    ) -> None:  # fmt: skip
        """Begin with the case as it is."""
        self.facts = facts
        self._used: dict[str, object] | None = None
        self.process = process
        self.former = former or process
        self.held_until: datetime | None = None
        self.chained = (at, 0)
        self.observed: list[tuple[type[Event], dict[str, Any]]] = []
        self.trying = False
        self.turned_away: set[int] = set()
        self.draft: Draft | Any = None if case is None else draft_of(case)
        self.counted = known_issues_of(self.draft)
        self.case_id = case_id
        self.tenant = tenant
        self.events: list[Event] = []
        self.judged: tuple[int, Mapping[str, object]] = 0, {} if case is None else case.facts
        self.effects: list[Effect] = []
        self.ahead: tuple[Any, Any, Any, Any] | None = None
        self.by_time(at, None)

    def by_time(self, at: datetime, reason: Reason | None) -> None:
        """From here on, time itself acts."""
        self.at = at
        self.command: Command | None = None
        self.approved: tuple[Reason, ...] = ()
        self.by: Actor = SYSTEM
        self.occurred_at: datetime | None = None
        self.reason = reason
        self._said = ""
        self._key: str | None = None

    def by_command(self, command: Command, at: datetime) -> None:
        """From here on, this command acts."""
        self.at = at
        self.command = command
        self.approved = ()
        self.by = command.by
        occurred_at = command.occurred_at
        self.occurred_at = None if occurred_at is None or occurred_at >= at else occurred_at
        self.reason = None
        self._said = command.reason
        self._key = command.idempotency_key

    @property
    def effective_at(self) -> datetime:
        """When what is being carried out really happened."""
        return self.occurred_at or self.at

    @property
    def state(self) -> str:
        """The state of the machine in which the case is."""
        return NEW if self.draft is None else state_name(self.draft.tier, self.draft.status)

    @property
    def is_open(self) -> bool:
        """Whether somebody still owes something."""
        return self.draft.status in OPEN

    @property
    def version(self) -> int:
        """The number of the last event so far."""
        return 0 if self.draft is None else self.draft.version

    def emit(self, kind: type[Event], /, **fields: Any) -> None:  # noqa: ANN401 - the fields of whichever event
        """Add an event, and fold it at once. What the actor said, and the key, stand on the first one only."""
        if self._said:
            fields["said"], self._said = self._said, ""
        if self._key is not None:
            fields["idempotency_key"], self._key = self._key, None
        if "reason" not in fields:
            fields["reason"] = self.reason
        if self._used is not None:
            fields["facts"], self._used = recorded(self._used), None
        draft = self.draft
        event = kind(
            case_id=self.case_id,
            version=1 if draft is None else draft.version + 1,
            at=self.at,
            by=self.by,
            occurred_at=self.occurred_at,
            **fields,
        )
        self.events.append(event)
        self.draft = apply(draft, event)

    def use(self, facts: Mapping[str, object], stale: Sequence[str] = ()) -> None:
        """Have the next event say what was used from outside; what could not be read anew stands under `_stale`."""
        self._used = {**(self._used or {}), **facts}
        if stale:
            self._used["_stale"] = sorted({*self._used.get("_stale", ()), *stale})  # type: ignore[misc]

    @property
    def used(self) -> Mapping[str, object] | None:
        """What was used from outside since the last event."""
        return self._used

    def forget_used(self, but: Mapping[str, object] | None = None) -> None:
        """What was asked for in vain stands on no event; what had been used before it still does."""
        self._used = None if but is None else dict(but)

    @property
    def knows_more(self) -> bool:
        """Whether facts were used that the case does not have yet."""
        return self._used is not None and any(self.draft.facts.get(name) != fact for name, fact in self._used.items())

    def fire(self, trigger: str, target: str = "") -> None:
        """Make sure that the process has this move from here, or refuse; a tier that it lacks, it cannot observe."""
        state = self.state
        try:
            fire(self.process.table, state, trigger, target, self.case_id)
        except MoveRefusedError:
            refusal = self.refuse(trigger, "refused.move", state=state)
            if trigger in _BETWEEN_TIERS and int(target.removeprefix("tier")) not in self.process.tiers_by_level:
                raise refusal from None
            self.forbid(refusal)

    # -- an observing process

    @property
    def observes(self) -> bool:
        """Whether what is said counts, and rules only watch."""
        return self.process.observes and not self.trying

    def forbid(self, refusal: MoveRefusedError | NotPermittedError) -> None:
        """Refuse what the process or a policy forbids; an observing process records that, and lets it stand."""
        if not self.observes:
            raise refusal
        reasons = refusal.refusals if isinstance(refusal, NotPermittedError) else (refusal.why,)
        for reason in reasons:
            self.observed.append((RefusalObserved, {"trigger": refusal.trigger, "reason": reason}))

    def withhold(self, verb: str, argument: object, reason: Reason | None, **more: object) -> None:
        """Put on record what a rule would have done; who wanted it stands on another event, apart from what stays."""
        if reason is not None and "by" in reason.params:
            params = {name: value for name, value in reason.params.items() if name != "by"}
            reason = attrs.evolve(reason, params=params)
        said = "" if argument is None else str(argument)
        self.observed.append((ActionWithheld, {"verb": verb, "argument": said, "reason": reason, **more}))

    def refuse(self, trigger: str, code: str, /, **params: object) -> MoveRefusedError:
        """Make the error for a move that exists but is not open to this case now; the caller raises it."""
        moves = possible_from(self.process.table, self.state)
        possible = tuple(describe(*move) for move in moves if self._makes(*move))
        return MoveRefusedError(self.case_id, trigger, self.state, possible, Reason(code, params))

    def _makes(self, trigger: str, target: str) -> bool:
        """Whether this very case can make a move that its state has."""
        if trigger == "wait" and target == "vendor":
            return open_ticket(self.draft) is not None
        if trigger == "reopen":
            return self.draft.follow_up is None and self.reopens_at(int(target.removeprefix("tier")))
        return trigger != "resume" or target == self.draft.resume_to

    def reopens_at(self, level: int) -> bool:
        """Whether a case may be reopened at a tier: its last one, or one to which that may move it."""
        tier = self.process.tier_at(self.draft.tier)
        near = (tier.level, *tier.escalates_to, *tier.hands_back_to)
        return self.process.moves == "any" or level in near

    def must_be_open(self, trigger: str) -> None:
        """Refuse what makes sense only while somebody still owes something."""
        if not self.is_open:
            self.forbid(self.refuse(trigger, "refused.ended", status=str(self.draft.status)))

    def targets(self, trigger: str) -> list[str]:
        """Give the targets that a trigger has from here, the default first."""
        moves = possible_from(self.process.table, self.state)
        return [target for found, target in moves if found == trigger]

    def notify(self, to: str, reason: Reason, *, unless: Match | None = None) -> None:
        """Have somebody told, unless the case meets a condition by then."""
        held = self.held_until
        self.effects.append(
            Notify(case_id=self.case_id, version=self.version, to=to, reason=reason, not_before=held, unless=unless)
        )

    def tell_management(self, why: Reason) -> None:
        """Put on record that management is told of something, and have it told."""
        self.emit(ManagementInformed, reason=why)
        self.notify("manager", why)

    def tell(self, command: Command) -> None:
        """Have a command given to another case."""
        self.effects.append(Tell(case_id=self.case_id, version=self.version, command=command))

    def ask_vendor(
        self, vendor: str, key: str, text: str, *, attachments: tuple[Attachment, ...] = (), follows: str | None = None
    ) -> None:
        """Have a ticket opened in a vendor's system."""
        draft = self.draft
        self.effects.append(
            DispatchToVendor(
                case_id=self.case_id,
                version=self.version,
                vendor=vendor,
                key=key,
                subject=draft.subject,
                text=text,
                category=draft.category,
                priority=draft.priority,
                attachments=attachments,
                follows=follows,
            )
        )

    def message_vendor(
        self, vendor: str, ticket: str, purpose: str, text: str, *, attachments: tuple[Attachment, ...] = ()
    ) -> None:
        """Have something said on a ticket in a vendor's system."""
        self.effects.append(
            MessageVendor(
                case_id=self.case_id, version=self.version, vendor=vendor, ticket=ticket, purpose=purpose, text=text,
                attachments=attachments,
            )
        )  # fmt: skip

    def freeze(self) -> Case:
        """Give the case that it has become; the work is over."""
        return freeze(self.draft)

    def snapshot(self) -> Case:
        """Give the case that it has become so far; the work goes on."""
        case = freeze(self.draft)
        self.draft = draft_of(case)
        return case

    def mark(self) -> Mark:
        """Remember how far it has got, for `take_back`."""
        return self.snapshot(), len(self.events), len(self.effects)

    def take_back(self, mark: Mark) -> None:
        """Go on from an earlier mark: what came after it never was."""
        case, events, effects = mark
        del self.events[events:], self.effects[effects:]
        self.draft = draft_of(case)


_NONE: frozenset[str] = frozenset()


def known_issues_of(draft: Draft | None) -> frozenset[str]:
    """Give the known issues that count a case: while it is open, those to which it is linked as such."""
    if draft is None or not draft.links or draft.status not in OPEN:
        return _NONE
    return frozenset(link.case_id for link in draft.links if link.kind == KNOWN_ISSUE)


def is_waiting_for(draft: Draft, reason: str) -> bool:
    """Whether a case waits for this."""
    return bool(draft.status is Status.WAITING and draft.wait_reason == reason)
