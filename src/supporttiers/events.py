"""
Events: what happened to a case. They are the truth; a `Case` is their fold.

Every event carries its whole result (due instants included), so that the fold needs no process, calendar or policy.
Fields marked private hold personal text and names: they are stored apart, so that they can be deleted without breaking
the chain of digests.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import attrs

from supporttiers._fields import PRIVATE
from supporttiers.actors import Actor
from supporttiers.commands import Command, Scheduled
from supporttiers.links import Attachment, Link, VendorStatus
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Segment
from supporttiers.tiers import Agreement, CaseKind, Status, Visibility

REDACTED: Final = "redacted"
"""What stands in place of a required text whose private part has been deleted: as the requester, say."""


def _public() -> Any:  # noqa: ANN401
    return attrs.field(default=Visibility.PUBLIC)


def _private(default: Any = attrs.NOTHING) -> Any:  # noqa: ANN401 - attrs' own fields are typed so
    return attrs.field(default=default, metadata=PRIVATE, repr=False)


@attrs.frozen(kw_only=True)
class Event:
    """
    What all events have in common.

    Attributes:
        case_id: Which case.
        version: 1 for the first event of a case, and one more for each.
        at: When it was judged: of a command its `at`, of a deadline its due instant; never decreases.
        by: Who did it.
        occurred_at: When it really happened, if that was earlier.
        reason: Why, as data.
        said: Why, in the actor's own words.
        visibility: Who may see it.
        idempotency_key: The caller's key of the command.
        facts: What was used from outside to decide it, by name, at most 4 KiB; None where nothing was.
        recorded_at: When it was written; neither decided upon nor folded; late means `recorded_at - at`.
    """

    schema: ClassVar[int] = 1

    case_id: str
    version: int
    at: datetime
    by: Actor
    occurred_at: datetime | None = None
    reason: Reason | None = None
    said: str = _private("")
    visibility: Visibility = Visibility.PRIVATE
    idempotency_key: str | None = None
    facts: Mapping[str, object] | None = attrs.field(default=None, hash=False, metadata=PRIVATE, repr=False)
    recorded_at: datetime | None = attrs.field(default=None, eq=False)

    @property
    def effective_at(self) -> datetime:
        """When it happened: `occurred_at` where that is known, else `at`."""
        return self.occurred_at or self.at


# -- life of a case


@attrs.frozen(kw_only=True)
class CaseOpened(Event):
    """
    A case was opened.

    Attributes:
        answered: Whether that was the first response, too: somebody of the house opened it while speaking with the
            requester.
    """

    visibility: Visibility = _public()

    tenant: str
    process: str
    revision: str
    answered: bool = False
    tier: int
    team: str | None = None
    subject: str = _private("")
    text: str = _private("")
    requester: str = _private()
    customer: str | None = _private(None)
    owner: str | None = _private(None)
    kind: CaseKind = CaseKind.INCIDENT
    category: str | None = None
    channel: str | None = None
    locale: str | None = None
    impact: str | None = None
    urgency: str | None = None
    priority: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, object] = attrs.field(factory=dict, hash=False, metadata=PRIVATE, repr=False)


@attrs.frozen(kw_only=True)
class CaseStarted(Event):
    """Somebody began to work on it."""

    assignee: str | None = _private(None)


@attrs.frozen(kw_only=True)
class CaseReleased(Event):
    """It went back into its queue; nobody is assigned."""


@attrs.frozen(kw_only=True)
class CaseAssigned(Event):
    """It was given to somebody, or to nobody."""

    assignee: str | None = _private(None)


@attrs.frozen(kw_only=True)
class CaseReplied(Event):
    """
    Somebody said something to the other side.

    Attributes:
        side: `requester`, `house`, or `other` (an assistant, a watcher): who owes the next word follows from it.
    """

    visibility: Visibility = _public()

    text: str = _private("")
    channel: str | None = None
    side: str = "other"


@attrs.frozen(kw_only=True)
class CaseNoted(Event):
    """Somebody wrote something down."""

    text: str = _private("")


@attrs.frozen(kw_only=True)
class AttemptRecorded(Event):
    """Something was tried in self-service."""

    what: str
    outcome: str


@attrs.frozen(kw_only=True)
class CaseMoved(Event):
    """
    It changed tier or team.

    Attributes:
        tier: Where it is now.
        team: Which team has it now.
        status: Its status there.
        bounce: The pair of places between which it goes to and fro, if this move went back where it had come from.
        missing: What should have been handed in first, and was not: of a move by the clock, which that does not bind.
    """

    tier: int
    team: str | None = None
    status: Status = Status.QUEUED
    bounce: str | None = None
    missing: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class CaseEscalated(CaseMoved):
    """It went up to a tier with more skill."""


@attrs.frozen(kw_only=True)
class CaseHandedBack(CaseMoved):
    """It went back down."""


@attrs.frozen(kw_only=True)
class CaseTransferred(CaseMoved):
    """It went to another team of the same tier."""


@attrs.frozen(kw_only=True)
class ManagementInformed(Event):
    """Management was told (hierarchical escalation); nothing moved."""


@attrs.frozen(kw_only=True)
class PeopleInformed(Event):
    """Somebody was told; the reason says what."""

    to: str = _private()


@attrs.frozen(kw_only=True)
class WaitStarted(Event):
    """It waits for somebody or something."""

    wait_reason: str
    until: datetime | None = None
    resume_to: Status = Status.QUEUED


@attrs.frozen(kw_only=True)
class CaseResumed(Event):
    """It goes on."""

    status: Status


@attrs.frozen(kw_only=True)
class CaseResolved(Event):
    """The matter is solved, somebody says."""

    visibility: Visibility = _public()

    text: str = _private("")
    solution: str | None = None


@attrs.frozen(kw_only=True)
class CaseReopened(Event):
    """It is worked on again."""

    visibility: Visibility = _public()

    tier: int
    team: str | None = None


@attrs.frozen(kw_only=True)
class FollowUpOpened(Event):
    """
    It stays ended, and another case goes on with the matter.

    Attributes:
        follow_up: The other case, which is opened when the outbox is carried out.
    """

    visibility: Visibility = _public()

    follow_up: str


@attrs.frozen(kw_only=True)
class CaseClosed(Event):
    """It was filed."""

    visibility: Visibility = _public()


@attrs.frozen(kw_only=True)
class CaseCancelled(Event):
    """It ended without a solution."""

    visibility: Visibility = _public()


@attrs.frozen(kw_only=True)
class CaseAmended(Event):
    """What is known about it was corrected; None means unchanged."""

    subject: str | None = _private(None)
    customer: str | None = _private(None)
    owner: str | None = _private(None)
    kind: CaseKind | None = None
    category: str | None = None
    channel: str | None = None
    locale: str | None = None
    impact: str | None = None
    urgency: str | None = None
    priority: str | None = None
    workaround: str | None = None
    tags: tuple[str, ...] | None = None
    attributes: Mapping[str, object] = attrs.field(factory=dict, hash=False, metadata=PRIVATE, repr=False)


@attrs.frozen(kw_only=True)
class AttachmentsAdded(Event):
    """References to files were attached."""

    attachments: tuple[Attachment, ...] = _private(())


@attrs.frozen(kw_only=True)
class WatchersAdded(Event):
    """More people follow it."""

    watchers: tuple[str, ...] = _private(())


@attrs.frozen(kw_only=True)
class WatchersRemoved(Event):
    """Fewer people follow it."""

    watchers: tuple[str, ...] = _private(())


@attrs.frozen(kw_only=True)
class CaseLinked(Event):
    """It was linked to another case."""

    link: Link


@attrs.frozen(kw_only=True)
class CaseUnlinked(Event):
    """A link to another case was taken back."""

    link: Link


@attrs.frozen(kw_only=True)
class AffectedCounted(Event):
    """
    Another case is affected by this known issue from now on, or no longer.

    Attributes:
        other: The other case.
        counts: Whether it is affected from now on.
        total: How many are affected now.
        peak: Whether there were never so many before.
    """

    other: str
    counts: bool
    total: int
    peak: bool = False


@attrs.frozen(kw_only=True)
class CaseMerged(Event):
    """It was merged into another case: linked and cancelled."""

    into: str


@attrs.frozen(kw_only=True)
class CaseRated(Event):
    """The requester said how satisfied they are, from 1 to 5."""

    visibility: Visibility = _public()

    score: int
    text: str = _private("")


@attrs.frozen(kw_only=True)
class CaseApproved(Event):
    """What it waited for was approved."""


@attrs.frozen(kw_only=True)
class CaseDeclined(Event):
    """What it waited for was declined."""


@attrs.frozen(kw_only=True)
class CommandHeld(Event):
    """
    A command waits for approval, and is not carried out yet; `reason` says what is to be approved.

    Attributes:
        trigger: The verb.
        approvers: Roles or ids of those who may answer; any manager when empty.
        approved: What has been approved of it before.
        wait_reason: What the case waited for before.
        wait_until: Until when it did.
        command: What is held.
    """

    trigger: str
    approvers: tuple[str, ...] = ()
    approved: tuple[Reason, ...] = ()
    wait_reason: str | None = None
    wait_until: datetime | None = None
    command: Command | None = _private(None)


@attrs.frozen(kw_only=True)
class HeldDropped(Event):
    """
    A command that was held will not be carried out, although nobody declined it; `reason` says why.

    Attributes:
        trigger: The verb.
    """

    trigger: str


@attrs.frozen(kw_only=True)
class CommandScheduled(Event):
    """
    A reaction wants something done later.

    Attributes:
        scheduled: What, when, and in which statuses; None once it has been redacted.
    """

    scheduled: Scheduled | None = _private(None)


@attrs.frozen(kw_only=True)
class ScheduleEnded(Event):
    """
    What was to be done later is carried out now, or dropped.

    Attributes:
        name: Under which the case kept it.
        dropped: Whether the case had another status by then.
    """

    name: str
    dropped: bool = False


@attrs.frozen(kw_only=True)
class ReactionRefused(Event):
    """
    The process refused what a reaction wanted done; management is told.

    Attributes:
        policy: Whose wish it was.
        trigger: What it wanted done.
    """

    policy: str
    trigger: str


@attrs.frozen(kw_only=True)
class LimitsRenewed(Event):
    """
    Its limits and calendars follow a newer revision of its process.

    Attributes:
        revision: That revision.
        in_force: The revision whose limits hold instead, where these do not fit the tiers of the case.
    """

    revision: str
    in_force: str | None = None


@attrs.frozen(kw_only=True)
class CaseRedacted(Event):
    """
    The personal texts and names of everything before it were deleted, for good; what it carries is all that is left.

    Attributes:
        awaiting_reply_since: The requester's oldest message that the house has not answered.
        assigned_at: When the case was given to whoever has it; empty where nobody keeps it.
        assignee: Who goes on working on it, where it is open.
        owner: Who goes on keeping it, where it is open.
        scheduled: What it will do by itself all the same.
    """

    awaiting_reply_since: datetime | None = None
    assigned_at: datetime | None = None
    assignee: str | None = _private(None)
    owner: str | None = _private(None)
    scheduled: tuple[Scheduled, ...] = _private(())


# -- an observing process


@attrs.frozen(kw_only=True)
class ActionWithheld(Event):
    """
    A rule wanted something done, and the process only observes: nothing was done. Which rule stands in *reason*.

    Attributes:
        verb: What it wanted done: `escalate`, `assign`, `route`, `notify`.
        argument: Where to, to whom or what.
    """

    verb: str
    argument: str = _private("")

    @property
    def would_have(self) -> str:
        """What would have been done, as a process file writes it: `escalate:2`."""
        return f"{self.verb}:{self.argument}" if self.argument else self.verb


@attrs.frozen(kw_only=True)
class RefusalObserved(Event):
    """
    What is said to have happened is forbidden by the process, which only observes: it stands all the same.

    Attributes:
        trigger: What was done; why not stands in *reason*.
    """

    trigger: str


@attrs.frozen(kw_only=True)
class CaseAdopted(Event):
    """
    A case of another system, observed so far, is in the care of a process from here on.

    Attributes:
        process: The name of the process.
        revision: Its revision.
    """

    process: str
    revision: str


# -- vendors


@attrs.frozen(kw_only=True)
class VendorDispatched(Event):
    """
    A request for a vendor was put into the outbox; the vendor's clock starts here.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request.
        text: What the vendor should know.
        tier: The tier at which the case was.
        attachments: The ids of the attachments that go along.
    """

    vendor: str
    key: str
    text: str = _private("")
    tier: int | None = None
    attachments: tuple[str, ...] = _private(())


@attrs.frozen(kw_only=True)
class VendorTicketUpdated(Event):
    """
    A vendor's system said something new about a ticket.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request that opened the ticket.
        remote_id: The vendor's own id.
        status: How far the vendor is, by all that is known.
        reported: What the vendor said about that; None where nothing was said.
        text: What the vendor wrote, where entries cannot be told apart.
        raw_status: The vendor's own word for the status.
        heard: Whether the vendor's people have done something: that their system has a request is not yet that.
        told: Ids by which is known what is no news any more: entries that we had written ourselves, and *text*.
        put_off: So many entries are more than are taken in a day, and are heard later; zero where there are none.
        updated_at: When the ticket was last changed, by the vendor's clock.
    """

    vendor: str
    key: str
    remote_id: str | None = None
    status: VendorStatus
    text: str = _private("")
    reported: VendorStatus | None = None
    raw_status: str = ""
    heard: bool = False
    told: tuple[str, ...] = ()
    put_off: int = 0
    updated_at: datetime | None = None


@attrs.frozen(kw_only=True)
class VendorReplied(Event):
    """
    A vendor's people wrote something on a ticket.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request that opened the ticket.
        entry: The vendor's own id of it.
        text: What it says.
        entered_at: When, by the vendor's clock.
        attachments: The files that came with it, by the vendor's ids.
    """

    vendor: str
    key: str
    entry: str
    text: str = _private("")
    entered_at: datetime | None = None
    attachments: tuple[Attachment, ...] = _private(())


@attrs.frozen(kw_only=True)
class VendorTold(Event):
    """
    Something for a vendor was put into the outbox.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request that opened the ticket.
        purpose: `message`, `reminder`, `escalation` or `withdrawal`.
        text: What is said; empty where it is in the process's own words.
        attachments: The ids of the attachments that go along.
        last: Whether it is the last for a day, for so much is the vendor told about one case; management hears of that.
    """

    vendor: str
    key: str
    purpose: str
    text: str = _private("")
    attachments: tuple[str, ...] = _private(())
    last: bool = False


@attrs.frozen(kw_only=True)
class VendorWithdrawn(Event):
    """
    A request was taken back from a vendor; whatever becomes of its ticket does not move the case any more.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request.
    """

    vendor: str
    key: str


@attrs.frozen(kw_only=True)
class VendorLost(Event):
    """
    A vendor cannot be asked about a ticket for too long: that it says nothing means nothing.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request that opened the ticket.
        since: Since when.
        problem: What was wrong.
    """

    vendor: str
    key: str
    since: datetime
    problem: str = ""


@attrs.frozen(kw_only=True)
class VendorFound(Event):
    """
    A vendor can be asked about a ticket again.

    Attributes:
        vendor: The gateway's name.
        key: Our key of the request that opened the ticket.
    """

    vendor: str
    key: str


# -- time


@attrs.frozen(kw_only=True)
class StopwatchEvent(Event):
    """What all changes of a stopwatch have in common: which limit, and which instance of it."""

    limit: str
    instance: int


@attrs.frozen(kw_only=True)
class StopwatchStarted(StopwatchEvent):
    """
    A limit began to run.

    Attributes:
        passed: Thresholds that are passed over, because it is late from the beginning.
    """

    agreement: Agreement
    target: timedelta
    started_at: datetime
    due_at: datetime
    revision: str
    passed: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class StopwatchPaused(StopwatchEvent):
    """It stands still; *due_at* is None unless the target had been reached."""

    segment: Segment
    due_at: datetime | None = None


@attrs.frozen(kw_only=True)
class StopwatchResumed(StopwatchEvent):
    """
    It runs again.

    Attributes:
        running_since: Since when; earlier than *at* where the time in which the case had ended counts.
        due_at: When the target will be, or was, reached.
        passed: Thresholds that are passed over, because it is late already.
    """

    running_since: datetime
    due_at: datetime
    passed: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class StopwatchRetargeted(StopwatchEvent):
    """
    Its target or its calendar changed.

    Attributes:
        target: Working time allowed from now on.
        due_at: When it will be, or was, reached; None while it is paused before the target.
        passed: Thresholds that are passed over, because it is late already.
        segments: The closed spans, where they were measured anew or one was closed; None leaves them as they are.
        running_since: Start of the open span, where that changed.
        revision: The process revision whose limit it follows from now on, where that changed.
        fired: The thresholds that have fired, by their places in the limit as it is now, where these changed.
    """

    target: timedelta
    due_at: datetime | None = None
    passed: tuple[int, ...] = ()
    segments: tuple[Segment, ...] | None = None
    running_since: datetime | None = None
    revision: str | None = None
    fired: tuple[int, ...] | None = None


@attrs.frozen(kw_only=True)
class StopwatchStopped(StopwatchEvent):
    """It reached its goal; *breached* says whether in time."""

    stopped_at: datetime
    segment: Segment | None = None
    due_at: datetime | None = None
    breached: bool = False


@attrs.frozen(kw_only=True)
class StopwatchCancelled(StopwatchEvent):
    """It counts no longer."""

    stopped_at: datetime
    segment: Segment | None = None


@attrs.frozen(kw_only=True)
class ThresholdFired(StopwatchEvent):
    """
    A threshold of a limit was reached.

    Attributes:
        threshold: Its place in the limit.
        mark: How the process writes it: `100%`, `-30m`.
        due_at: When it was due.
        breach: Whether it lies at the target or beyond.
        overtaken: Whether the case had moved on, so that nothing was done.
    """

    threshold: int
    mark: str
    due_at: datetime
    breach: bool = False
    overtaken: bool = False


@attrs.frozen(kw_only=True)
class ActionRefused(StopwatchEvent):
    """The process refused what a threshold wanted done; management is told, and the threshold counts as fired."""

    threshold: int
    action: str


EVENTS: Final[tuple[type[Event], ...]] = (
    CaseOpened, CaseStarted, CaseReleased, CaseAssigned, CaseReplied, CaseNoted, AttemptRecorded, CaseEscalated,
    CaseHandedBack, CaseTransferred, ManagementInformed, PeopleInformed, WaitStarted, CaseResumed, CaseResolved,
    CaseReopened, FollowUpOpened, CaseClosed, CaseCancelled, CaseAmended, AttachmentsAdded, WatchersAdded,
    WatchersRemoved, CaseLinked, CaseUnlinked, AffectedCounted, CaseMerged, CaseRated, CaseApproved, CaseDeclined,
    CommandHeld, HeldDropped, CommandScheduled, ScheduleEnded, ReactionRefused, LimitsRenewed, CaseRedacted,
    ActionWithheld, RefusalObserved, CaseAdopted, VendorDispatched, VendorTicketUpdated, VendorReplied, VendorTold,
    VendorWithdrawn, VendorLost, VendorFound, StopwatchStarted,
    StopwatchPaused, StopwatchResumed, StopwatchRetargeted, StopwatchStopped, StopwatchCancelled, ThresholdFired,
    ActionRefused,
)  # fmt: skip
"""Every event that can stand in a history."""
