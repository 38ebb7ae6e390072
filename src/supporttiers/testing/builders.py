"""
Builders: real events, the cases that they make, and the commits that write them.

Store authors need histories before they need a process; these are as real as those that the engine makes, because a
case is only ever the fold of its events.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from supporttiers import events as happened
from supporttiers.actors import SYSTEM, Actor, Contact
from supporttiers.cases import Case, fold_all
from supporttiers.commands import Close, Dispatch, Escalate, InformManagement, Scheduled
from supporttiers.effects import Effect, Notification, Notify
from supporttiers.events import Event
from supporttiers.links import Attachment, Link, VendorStatus
from supporttiers.match import Match
from supporttiers.protocols import Commit, KeyUse, Message
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Segment
from supporttiers.tiers import Agreement, Status, Visibility

NOON: Final = datetime(2026, 3, 23, 12, tzinfo=UTC)
"""A Monday."""

CUSTOMER: Final = Actor.customer("u-17")
AGENT: Final = Actor.agent("anna", roles=["lead"])

_E = TypeVar("_E", bound=Event)


def minutes(number: float) -> datetime:
    """Give the instant so many minutes after noon."""
    return NOON + timedelta(minutes=number)


def happens(kind: type[_E], case: Case, *, at: datetime | None = None, **fields: Any) -> _E:  # noqa: ANN401 - any field
    """Make the next event of a case: by default an agent's, a minute after the last one."""
    return kind(
        **{"by": AGENT, **fields},
        case_id=case.id,
        version=case.version + 1,
        at=case.changed_at + timedelta(minutes=1) if at is None else at,
    )


def opening(
    case_id: str = "T-1", *, tenant: str = "acme", at: datetime = NOON, wakes_at: datetime | None = None,
    used: KeyUse | None = None, **fields: Any,  # noqa: ANN401 - any field of the event
) -> Commit:  # fmt: skip
    """Make the commit that opens a case."""
    given = {
        "by": CUSTOMER, "process": "demo", "revision": "r1", "tier": 1, "requester": CUSTOMER.id, **fields
    }  # fmt: skip
    event = happened.CaseOpened(case_id=case_id, version=1, at=at, tenant=tenant, **given)
    return committing(None, [event], wakes_at=wakes_at, used=used)


def committing(
    case: Case | None, events: Sequence[Event], *, wakes_at: datetime | None = None, **more: Any,  # noqa: ANN401
) -> Commit:  # fmt: skip
    """Make the commit that writes the next events of a case, recorded a second after the last of them."""
    after = fold_all(case, events)
    assert after is not None
    given = {"recorded_at": after.changed_at + timedelta(seconds=1), **more}
    return Commit(
        tenant=after.tenant, case=after, previous=0 if case is None else case.version, events=tuple(events),
        wakes_at=wakes_at, **given,
    )  # fmt: skip


def going_on(before: Commit, kind: type[Event], **fields: Any) -> Commit:  # noqa: ANN401 - any field of the event
    """Make the commit of one more event after another commit, with the same wake-up."""
    return committing(before.case, [happens(kind, before.case, **fields)], wakes_at=before.wakes_at)


def message(
    key: str, *, tenant: str = "acme", case_id: str = "T-1", target: str = "mail", at: datetime = NOON,
    not_before: datetime | None = None, effect: Effect | None = None,
) -> Message:  # fmt: skip
    """Make a row of the outbox."""
    tell = Notify(case_id=case_id, version=1, to="assignee", reason=Reason("case.unassigned"))
    return Message(
        tenant=tenant, key=key, case_id=case_id, kind="notify", target=target, effect=effect or tell, at=at,
        not_before=at if not_before is None else not_before,
    )  # fmt: skip


def key_use(key: str, *, case_id: str = "T-1", version: int = 1, used_at: datetime = NOON) -> KeyUse:
    """Make the use of an idempotency key."""
    return KeyUse(key=key, case_id=case_id, version=version, body="0" * 64, used_at=used_at)


PEOPLE: Final = (
    Contact(id="anna", name="Anna Ödegaard", addresses={"email": "anna@example.org", "sms": "+15550100"}),
    Contact(id="bob", name="Bob", addresses={"email": "bob@example.org", "sms": "+15550101"}),
)
"""Two who may be told."""


def notification(case_id: str = "T-1", **fields: Any) -> Notification:  # noqa: ANN401 - any field
    """Make what a notifier is handed: by default for the first of `PEOPLE`, with words."""
    given: dict[str, Any] = {
        "tenant": "acme", "to": "assignee", "recipients": PEOPLE[:1], "tier": 1, "status": Status.QUEUED, "at": NOON,
        "reason": Reason("case.unassigned"), "subject": f"Case {case_id} waits for you",
        "text": "The printer is on fire.\nPlease see to it.", "language": "en", **fields,
    }  # fmt: skip
    return Notification(case_id=case_id, **given)


def every_event(case_id: str = "T-1", *, tenant: str = "acme") -> list[Event]:
    """Make a history in which every kind of event stands once, with every field that it can have."""
    kinds = iter(_EVERYTHING)
    first = opening(
        case_id, tenant=tenant, subject="Printer — не печатает 🖨", text="It burns.\nSince noon.", customer="c-9",
        owner="olga", category="printing", channel="web", locale="en-GB", impact="high", urgency="low",
        priority="high", tags=("vip", "été"), team="front", visibility=Visibility.PUBLIC, idempotency_key="req-1",
        occurred_at=minutes(-10), reason=Reason("case.opened", {"tier": 1, "by": "u-17"}), said="please",
        attributes={"site": "Leeds", "seats": 12, "load": 0.5, "gold": True, "none": None, 'q"uo.te': "\\"},
        answered=True,
    )  # fmt: skip
    events: list[Event] = list(first.events)
    for kind, fields in kinds:
        case = fold_all(None, events)
        assert case is not None
        events.append(happens(kind, case, **fields))
    return events


_SEGMENT: Final = Segment(minutes(1), minutes(31), timedelta(minutes=20), timedelta(minutes=30))
_MERGED: Final = Segment(minutes(40), minutes(99.5), timedelta(minutes=7), timedelta(minutes=9, microseconds=1))
_LIMIT: Final = {"limit": "resolve", "instance": 1, "by": SYSTEM}
_MINUTE: Final = timedelta(minutes=1)

_EVERYTHING: Final[tuple[tuple[type[Event], dict[str, Any]], ...]] = (
    (happened.AttemptRecorded, {"what": "faq/12", "outcome": "did_not_help"}),
    (happened.StopwatchStarted, {
        **_LIMIT, "agreement": Agreement.SLA, "target": timedelta(hours=4), "started_at": minutes(1),
        "due_at": minutes(241), "revision": "r1", "passed": (0,)}),
    (happened.CaseAssigned, {"assignee": "bob"}),
    (happened.CaseStarted, {"assignee": "bob"}),
    (happened.CaseReleased, {}),
    (happened.CaseReplied, {"text": "On it.", "channel": "mail", "side": "house", "visibility": Visibility.PUBLIC}),
    (happened.CaseNoted, {"text": "Looks like a fuse."}),
    (happened.CaseEscalated, {"tier": 2, "team": "net", "said": "too hard"}),
    (happened.CaseTransferred, {"tier": 2, "team": "desktop", "status": Status.IN_PROGRESS}),
    (happened.CaseHandedBack, {"tier": 1, "team": "front", "bounce": "1/front-2/net"}),
    (happened.ManagementInformed, {"reason": Reason("move.bounced", {"pair": "1-2", "count": 4, "limit": 3})}),
    (happened.PeopleInformed, {"to": "lead", "reason": Reason("inform.asked", {"by": "anna"})}),
    (happened.StopwatchPaused, {**_LIMIT, "segment": _SEGMENT, "due_at": minutes(300)}),
    (happened.WaitStarted, {"wait_reason": "customer", "until": minutes(2000), "resume_to": Status.IN_PROGRESS}),
    (happened.CaseResumed, {"status": Status.IN_PROGRESS}),
    (happened.StopwatchResumed, {**_LIMIT, "running_since": minutes(40), "due_at": minutes(290), "passed": (2,)}),
    (happened.StopwatchRetargeted, {
        **_LIMIT, "target": timedelta(hours=2), "due_at": minutes(150), "passed": (3, 4), "segments": (_SEGMENT,),
        "running_since": minutes(40), "revision": "r2"}),
    (happened.ThresholdFired, {
        **_LIMIT, "threshold": 1, "mark": "100%", "due_at": minutes(150), "breach": True, "overtaken": True}),
    (happened.ActionRefused, {**_LIMIT, "threshold": 1, "action": "escalate"}),
    (happened.AttachmentsAdded, {
        "attachments": (Attachment(id="f-1", name="photo.png", media_type="image/png", size=3),)}),
    (happened.WatchersAdded, {"watchers": ("eve", "mallory")}),
    (happened.WatchersRemoved, {"watchers": ("mallory",)}),
    (happened.CaseLinked, {"link": Link("known_issue", "P-1")}),
    (happened.CaseLinked, {"link": Link("follows", "T-0")}),
    (happened.CaseUnlinked, {"link": Link("follows", "T-0")}),
    (happened.AffectedCounted, {"other": "T-7", "counts": True, "total": 1, "peak": True, "by": SYSTEM}),
    (happened.VendorDispatched, {"vendor": "acme-print", "key": "T-1:1", "text": "Please repair."}),
    (happened.VendorTicketUpdated, {
        "vendor": "acme-print", "key": "T-1:1", "remote_id": "R-77", "status": VendorStatus.OPEN, "text": "Hello."}),
    (happened.VendorDispatched, {
        "vendor": "acme-paper", "key": "T-1:2", "text": "Please deliver.", "tier": 1, "attachments": ("f-1",)}),
    (happened.VendorLost, {"vendor": "acme-paper", "key": "T-1:2", "since": minutes(20), "problem": "timed out"}),
    (happened.VendorFound, {"vendor": "acme-paper", "key": "T-1:2"}),
    (happened.VendorReplied, {
        "vendor": "acme-paper", "key": "T-1:2", "entry": "c-1", "text": "Which size?", "entered_at": minutes(25),
        "attachments": (Attachment(id="v-1", name="sizes.pdf", media_type="application/pdf", size=9),)}),
    (happened.VendorTicketUpdated, {
        "vendor": "acme-paper", "key": "T-1:2", "remote_id": "P-8", "status": VendorStatus.WAITING_FOR_US,
        "reported": VendorStatus.WAITING_FOR_US, "raw_status": "Pending", "heard": True, "told": ("c-0",), "put_off": 2,
        "updated_at": minutes(25)}),
    (happened.VendorTold, {
        "vendor": "acme-paper", "key": "T-1:2", "purpose": "message", "text": "A4.", "attachments": ("f-1",),
        "last": True}),
    (happened.VendorWithdrawn, {"vendor": "acme-paper", "key": "T-1:2"}),
    (happened.CaseAmended, {
        "subject": "Printer on fire", "customer": "c-10", "owner": "olaf", "category": "fire", "channel": "phone",
        "locale": "de", "impact": "low", "urgency": "high", "priority": "low", "tags": ("hot",),
        "workaround": "kb/70", "attributes": {"seats": None, "site": "York"}}),
    (happened.StopwatchStopped, {
        **_LIMIT, "stopped_at": minutes(99.5), "segment": _MERGED, "due_at": minutes(150), "breached": True}),
    (happened.StopwatchStarted, {
        "limit": "own", "instance": 2, "agreement": Agreement.OLA, "target": _MINUTE, "started_at": minutes(90),
        "due_at": minutes(91), "revision": "r1"}),
    (happened.StopwatchCancelled, {"limit": "own", "instance": 2, "stopped_at": minutes(90.5), "segment": _SEGMENT}),
    (happened.CommandHeld, {
        "trigger": "escalate", "approvers": ("lead",), "reason": Reason("permit.text", {"text": "Too early?"}),
        "command": Escalate(case_id="T-1", by=AGENT, tier=3, reason="please")}),
    (happened.HeldDropped, {"trigger": "escalate"}),
    (happened.CaseApproved, {}),
    (happened.CaseDeclined, {}),
    (happened.LimitsRenewed, {"revision": "r2", "reason": Reason(
        "limits.renewed", {"process": "demo", "revision": "r2"}), "by": SYSTEM}),
    (happened.CommandScheduled, {"scheduled": Scheduled(
        name="close", due_at=minutes(5000), command=Close(case_id="T-1", by=SYSTEM), while_status=(Status.RESOLVED,)),
        "by": SYSTEM, "facts": {"plan": {"level": "gold", "seats": 3}}}),
    (happened.CommandScheduled, {"scheduled": Scheduled(
        name="remind", due_at=minutes(6000), command=InformManagement(case_id="T-1", by=SYSTEM),
        while_status=(Status.QUEUED, Status.WAITING), when=Match(priority=["high"], assignee=None)), "by": SYSTEM}),
    (happened.ScheduleEnded, {"name": "close", "dropped": True, "by": SYSTEM}),
    (happened.ReactionRefused, {"policy": "acme.close", "trigger": "close", "by": SYSTEM}),
    (happened.ActionWithheld, {"verb": "assign", "argument": "anna", "by": SYSTEM, "reason": Reason(
        "assign.policy", {"policy": "acme.turns"})}),
    (happened.RefusalObserved, {"trigger": "escalate", "by": SYSTEM, "reason": Reason(
        "refused.move", {"state": "closed"})}),
    (happened.CaseAdopted, {"process": "demo", "revision": "r2", "by": SYSTEM, "reason": Reason("move.adopted")}),
    (happened.CaseResolved, {"text": "New fuse.", "solution": "kb/77", "visibility": Visibility.PUBLIC}),
    (happened.CaseRated, {"score": 5, "text": "Thanks!", "by": CUSTOMER}),
    (happened.CaseClosed, {"by": SYSTEM}),
    (happened.FollowUpOpened, {"follow_up": "T-1-9"}),
    (happened.CaseReopened, {"tier": 2, "team": "net"}),
    (happened.CommandHeld, {
        "trigger": "dispatch", "approved": (Reason("permit.text", {"text": "Abroad?"}),), "wait_reason": "customer",
        "wait_until": minutes(9000), "reason": Reason("permit.text", {"text": "Expensive?"}),
        "command": Dispatch(case_id="T-1", by=AGENT, vendor="acme-print", text="Please repair.")}),
    (happened.CaseCancelled, {}),
    (happened.CaseMerged, {"into": "T-0"}),
)  # fmt: skip
