"""The fold: what each event changes on a case, and that it changes nothing else."""

from datetime import UTC, datetime, timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import Case, Place, fold, fold_all, open_ticket, rebuild
from supporttiers.commands import Close, Held, InformManagement, Scheduled
from supporttiers.events import EVENTS
from supporttiers.links import Attachment, Attempt, Link, VendorStatus, VendorTicket
from supporttiers.reasons import Reason
from supporttiers.tiers import CaseKind, Status

NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)
BOB = Actor.agent("bob")
OPENED = happened.CaseOpened(
    case_id="T-1", version=1, at=NINE, by=Actor.customer("jane"), tenant="acme", process="acme", revision="r1", tier=1,
    team="front", subject="Printer", text="It burns", requester="jane", customer="Jane Ltd", owner=None,
    kind=CaseKind.REQUEST, category="printing", channel="mail", locale="en", impact="high", urgency="low",
    priority="medium", tags=("a",), attributes={"site": "Leeds", "floor": 3},
)  # fmt: skip
NEW = fold(None, OPENED)


def minute(number):
    """Give an instant after nine."""
    return NINE + timedelta(minutes=number)


CLOSE = Close(case_id="T-1", by=Actor.agent("eve"))
WHY = Reason("permit.text", {"text": "Really?"})
HELD = Held(command=CLOSE, reason=WHY, approvers=("lead",), wait_reason="customer")
CLOSING = Scheduled(
    name="close", due_at=minute(90), command=Close(case_id="T-1", by=SYSTEM), while_status=(Status.RESOLVED,)
)
LATER_CLOSING = attrs.evolve(CLOSING, due_at=minute(95))
REMINDER = attrs.evolve(CLOSING, name="remind", command=InformManagement(case_id="T-1", by=SYSTEM))


def happens(kind, /, *, at=10, **fields):
    """Make an event that comes next."""
    common = {"case_id": "T-1", "version": 2, "at": minute(at), "by": BOB}
    return kind(**{**common, **fields})


def changed(before, after):
    """Give the fields that differ, but for version and instant, which every event sets."""
    names = [field.name for field in attrs.fields(Case) if field.name not in {"version", "changed_at"}]
    return {name: getattr(after, name) for name in names if getattr(before, name) != getattr(after, name)}


def test_opening_makes_a_case():
    """Everything on the event stands on the case, which waits in the queue for a first answer."""
    assert Case(
        id="T-1", tenant="acme", version=1, process="acme", revision="r1", limits_revision="r1", kind=CaseKind.REQUEST,
        subject="Printer", requester="jane", customer="Jane Ltd", category="printing", channel="mail", locale="en",
        impact="high", urgency="low", priority="medium", tags=("a",), attributes={"site": "Leeds", "floor": 3}, tier=1,
        team="front", status=Status.QUEUED, opened_at=NINE, changed_at=NINE, tier_entered_at=NINE,
        awaiting_reply_since=NINE,
    ) == NEW  # fmt: skip


def test_opening_counts_from_when_it_occurred():
    """A mail of ten minutes ago was opened then, though it is judged now."""
    late = fold(None, attrs.evolve(OPENED, occurred_at=minute(-10)))

    assert {minute(-10)} == {late.opened_at, late.tier_entered_at, late.awaiting_reply_since}
    assert NINE == late.changed_at


WAITING = {"status": Status.WAITING, "wait_reason": "customer", "wait_until": minute(60), "resume_to": Status.QUEUED}
RESOLVED = {"status": Status.RESOLVED, "resolved_at": minute(5), "awaiting_reply_since": None}
TICKET = VendorTicket(vendor="acme", key="k", requested_at=NINE, changed_at=NINE)

SENT = {"vendor_tickets": (TICKET,), "vendors": ("acme",), "vendors_unacknowledged": ("acme",)}
OF_TICKET = {"vendor": "acme", "key": "k"}


def ticket_as(**changes):
    """Give the one ticket as it is after a change, in the field that holds it."""
    return {"vendor_tickets": (attrs.evolve(TICKET, **{"changed_at": minute(10), **changes}),)}


TO_BOB = {"assignee": "bob", "last_assignee": "bob", "assigned_at": minute(10)}

CHANGES = [
    ({}, happened.CaseStarted, {"assignee": "bob"}, {"status": "in_progress", "owner": "bob", **TO_BOB}),
    ({"owner": "ann"}, happened.CaseStarted, {"assignee": "bob"}, {"status": "in_progress", **TO_BOB}),
    ({**TO_BOB, "owner": "bob"}, happened.CaseStarted, {"assignee": "bob"}, {"status": "in_progress"}),
    ({}, happened.CaseStarted, {}, {"status": "in_progress"}),
    (
        {"status": Status.IN_PROGRESS, "assignee": "bob", "owner": "bob"},
        happened.CaseReleased,
        {},
        {"status": "queued", "assignee": None},
    ),
    ({}, happened.CaseAssigned, {"assignee": "bob"}, {"owner": "bob", **TO_BOB}),
    ({"assignee": "bob", "owner": "bob"}, happened.CaseAssigned, {}, {"assignee": None}),
    (
        {},
        happened.CaseReplied,
        {"side": "house"},
        {"first_response_at": minute(10), "last_reply_at": minute(10), "awaiting_reply_since": None},
    ),
    (
        {},
        happened.CaseReplied,
        {"side": "house", "occurred_at": minute(8)},
        {"first_response_at": minute(8), "last_reply_at": minute(8), "awaiting_reply_since": None},
    ),
    (
        {"first_response_at": minute(1), "last_reply_at": minute(1)},
        happened.CaseReplied,
        {"side": "house"},
        {"last_reply_at": minute(10), "awaiting_reply_since": None},
    ),
    (
        {"first_response_at": minute(1), "last_reply_at": minute(9)},
        happened.CaseReplied,
        {"side": "house", "occurred_at": minute(8)},
        {"awaiting_reply_since": None},
    ),
    ({}, happened.CaseReplied, {"side": "requester"}, {}),
    (
        {"awaiting_reply_since": None},
        happened.CaseReplied,
        {"side": "requester"},
        {"awaiting_reply_since": minute(10)},
    ),
    (
        {"awaiting_reply_since": None},
        happened.CaseReplied,
        {"side": "requester", "occurred_at": minute(9)},
        {"awaiting_reply_since": minute(9)},
    ),
    ({}, happened.CaseReplied, {"side": "other"}, {}),
    ({"awaiting_reply_since": None}, happened.CaseReplied, {"side": "other"}, {}),
    ({}, happened.CaseNoted, {"text": "x"}, {}),
    (
        {},
        happened.AttemptRecorded,
        {"what": "faq", "outcome": "helped"},
        {"attempts": (Attempt(what="faq", outcome="helped", at=minute(10)),)},
    ),
    (
        {"assignee": "bob"},
        happened.CaseEscalated,
        {"tier": 2, "team": "network"},
        {"tier": 2, "team": "network", "assignee": None, "came_from": Place(1, "front"), "tier_entered_at": minute(10)},
    ),
    (
        WAITING,
        happened.CaseHandedBack,
        {"tier": 0, "bounce": "0 <> 1"},
        {
            "tier": 0,
            "team": None,
            "status": "queued",
            "wait_reason": None,
            "wait_until": None,
            "resume_to": None,
            "came_from": Place(1, "front"),
            "tier_entered_at": minute(10),
            "bounces": {"0 <> 1": 1},
        },
    ),
    (
        {"bounces": {"a <> b": 2, "x": 1}},
        happened.CaseTransferred,
        {"tier": 1, "team": "back", "bounce": "a <> b"},
        {"team": "back", "came_from": Place(1, "front"), "bounces": {"a <> b": 3, "x": 1}},
    ),
    (
        {"tier_entered_at": minute(9)},
        happened.CaseEscalated,
        {"tier": 2, "occurred_at": minute(3)},
        {"tier": 2, "team": None, "came_from": Place(1, "front")},
    ),
    (RESOLVED, happened.CaseEscalated, {"tier": 2, "team": "front", "status": Status.RESOLVED},
     {"tier": 2, "came_from": Place(1, "front"), "tier_entered_at": minute(10)}),
    ({}, happened.ManagementInformed, {}, {}),
    ({}, happened.PeopleInformed, {"to": "lead"}, {}),
    (RESOLVED, happened.FollowUpOpened, {"follow_up": "T-2"}, {"follow_up": "T-2"}),
    ({"links": (Link("follows", "a"), Link("child_of", "a"))}, happened.CaseUnlinked, {"link": Link("follows", "a")},
     {"links": (Link("child_of", "a"),)}),
    ({"affected": 2, "most_affected": 4}, happened.AffectedCounted, {"other": "a", "counts": True, "total": 3},
     {"affected": 3}),
    ({}, happened.AffectedCounted, {"other": "a", "counts": True, "total": 1, "peak": True},
     {"affected": 1, "most_affected": 1}),
    ({}, happened.CaseAmended, {"workaround": "kb/1"}, {"workaround": "kb/1"}),
    (
        {},
        happened.WaitStarted,
        {"wait_reason": "customer", "until": minute(60), "resume_to": Status.IN_PROGRESS},
        {**WAITING, "resume_to": "in_progress"},
    ),
    (
        WAITING,
        happened.CaseResumed,
        {"status": Status.IN_PROGRESS},
        {"status": "in_progress", "wait_reason": None, "wait_until": None, "resume_to": None},
    ),
    (
        WAITING,
        happened.CaseResolved,
        {"solution": "KB-1"},
        {
            "status": "resolved",
            "resolved_at": minute(10),
            "awaiting_reply_since": None,
            "solution": "KB-1",
            "wait_reason": None,
            "wait_until": None,
            "resume_to": None,
        },
    ),
    (
        {"solution": "KB-1"},
        happened.CaseResolved,
        {"occurred_at": minute(7)},
        {"status": "resolved", "resolved_at": minute(7), "awaiting_reply_since": None},
    ),
    (
        {**RESOLVED, "satisfaction": 2, "assignee": "bob", "closed_at": minute(6)},
        happened.CaseReopened,
        {"tier": 1, "team": "front", "by": Actor.customer("jane")},
        {
            "status": "queued",
            "resolved_at": None,
            "closed_at": None,
            "satisfaction": None,
            "tier_entered_at": minute(10),
            "awaiting_reply_since": minute(10),
        },
    ),
    (
        {**RESOLVED, "assignee": "bob"},
        happened.CaseReopened,
        {"tier": 1, "team": "back"},
        {
            "status": "queued",
            "resolved_at": None,
            "team": "back",
            "assignee": None,
            "came_from": Place(1, "front"),
            "tier_entered_at": minute(10),
        },
    ),
    (RESOLVED, happened.CaseClosed, {}, {"status": "closed", "closed_at": minute(10)}),
    ({}, happened.CaseCancelled, {}, {"status": "cancelled", "awaiting_reply_since": None}),
    (
        {},
        happened.CaseAmended,
        {"subject": "Fire", "owner": "ann", "kind": CaseKind.PROBLEM, "tags": ()},
        {"subject": "Fire", "owner": "ann", "kind": "problem", "tags": ()},
    ),
    ({}, happened.CaseAmended, {"priority": "high", "customer": "Jo", "category": "c", "channel": "d", "locale": "e",
                                "impact": "f", "urgency": "g"},
     {"priority": "high", "customer": "Jo", "category": "c", "channel": "d", "locale": "e", "impact": "f",
      "urgency": "g"}),
    (
        {},
        happened.CaseAmended,
        {"attributes": {"site": None, "room": 7}},
        {"attributes": {"floor": 3, "room": 7}},
    ),
    (
        {"attachments": (Attachment(id="a"),)},
        happened.AttachmentsAdded,
        {"attachments": (Attachment(id="b"),)},
        {"attachments": (Attachment(id="a"), Attachment(id="b"))},
    ),
    ({"watchers": ("a",)}, happened.WatchersAdded, {"watchers": ("b", "a")}, {"watchers": ("a", "b")}),
    ({"watchers": ("a", "b")}, happened.WatchersRemoved, {"watchers": ("a", "x")}, {"watchers": ("b",)}),
    ({}, happened.CaseLinked, {"link": Link("follows", "T-2")}, {"links": (Link("follows", "T-2"),)}),
    (
        {"watchers": ("a",)},
        happened.CaseMerged,
        {"into": "T-2"},
        {
            "status": "cancelled",
            "links": (Link("duplicate_of", "T-2"),),
            "watchers": (),
            "awaiting_reply_since": None,
        },
    ),
    ({}, happened.CaseRated, {"score": 4}, {"satisfaction": 4}),
    ({}, happened.CaseApproved, {}, {}),
    ({}, happened.CaseDeclined, {}, {}),
    (
        {},
        happened.VendorDispatched,
        {"vendor": "acme", "key": "k"},
        {
            "vendor_tickets": (attrs.evolve(TICKET, requested_at=minute(10), changed_at=minute(10)),),
            "vendors": ("acme",),
            "vendors_unacknowledged": ("acme",),
        },
    ),
    (
        {"vendor_tickets": (attrs.evolve(TICKET, key="j"), TICKET)},
        happened.VendorTicketUpdated,
        {"vendor": "acme", "key": "k", "remote_id": "A-1", "status": VendorStatus.OPEN},
        {
            "vendor_tickets": (
                attrs.evolve(TICKET, key="j"),
                attrs.evolve(TICKET, remote_id="A-1", status=VendorStatus.OPEN, changed_at=minute(10)),
            ),
            "vendors": ("acme", "acme"),
            "vendors_unacknowledged": ("acme", "acme"),
        },
    ),
    (
        {"vendor_tickets": (TICKET,), "vendors": ("acme",)},
        happened.VendorTicketUpdated,
        {"vendor": "acme", "key": "k", "status": VendorStatus.WAITING_FOR_US},
        {
            "vendor_tickets": (attrs.evolve(TICKET, status=VendorStatus.WAITING_FOR_US, changed_at=minute(10)),),
            "vendors_waiting": ("acme",),
        },
    ),
    (
        {
            "vendor_tickets": (attrs.evolve(TICKET, remote_id="A-1"),),
            "vendors": ("acme",),
            "vendors_waiting": ("acme",),
        },
        happened.VendorTicketUpdated,
        {"vendor": "acme", "key": "k", "status": VendorStatus.FAILED, "occurred_at": minute(9)},
        {
            "vendor_tickets": (
                attrs.evolve(TICKET, remote_id="A-1", status=VendorStatus.FAILED, changed_at=minute(9)),
            ),
            "vendors": (),
            "vendors_waiting": (),
        },
    ),
    (
        SENT,
        happened.VendorTicketUpdated,
        {
            **OF_TICKET, "status": VendorStatus.IN_PROGRESS, "reported": VendorStatus.IN_PROGRESS, "raw_status": "Busy",
            "heard": True, "told": ("c-1",), "put_off": 3, "updated_at": minute(-10),
        },
        {
            **ticket_as(
                status=VendorStatus.IN_PROGRESS, reported=VendorStatus.IN_PROGRESS, raw_status="Busy", heard=("c-1",),
                heard_at=minute(10), put_off_at=minute(10), updated_at=minute(-10),
            ),
            "vendors_unacknowledged": (),
        },
    ),
    (
        SENT,
        happened.VendorTicketUpdated,
        {
            **OF_TICKET, "status": VendorStatus.UNKNOWN, "reported": VendorStatus.UNKNOWN, "raw_status": "Odd",
        },
        ticket_as(
            status=VendorStatus.UNKNOWN, reported=VendorStatus.UNKNOWN, raw_status="Odd", unmapped=("Odd",)
        ),
    ),
    (
        SENT, happened.VendorReplied, {**OF_TICKET, "entry": "c-2", "text": "Which one?"},
        {
            **ticket_as(heard=("c-2",), heard_at=minute(10), taken=1, taken_since=minute(10)),
            "vendors_unacknowledged": (),
        },
    ),
    (
        ticket_as(heard=("c-1",), taken=4, taken_since=minute(0)), happened.VendorReplied,
        {**OF_TICKET, "entry": "c-2"},
        {
            **ticket_as(heard=("c-1", "c-2"), heard_at=minute(10), taken=5, taken_since=minute(0)),
            "vendors": ("acme",),
        },
    ),
    (
        {**ticket_as(status=VendorStatus.ANSWERED), "vendors_waiting": ("acme",), "vendors": ("acme",)},
        happened.VendorTold, {**OF_TICKET, "purpose": "message", "last": True},
        {
            **ticket_as(status=VendorStatus.IN_PROGRESS, told_at=(minute(10),), ceiling_at=minute(10)),
            "vendors_waiting": (),
        },
    ),
    (
        {**ticket_as(status=VendorStatus.ANSWERED), "vendors_waiting": ("acme",), "vendors": ("acme",)},
        happened.VendorTold, {**OF_TICKET, "purpose": "withdrawal"},
        ticket_as(status=VendorStatus.ANSWERED, told_at=(minute(10),)),
    ),
    (
        SENT, happened.VendorWithdrawn, OF_TICKET,
        {**ticket_as(status=VendorStatus.WITHDRAWN), "vendors": (), "vendors_unacknowledged": ()},
    ),
    (
        SENT, happened.VendorLost, {**OF_TICKET, "since": minute(5)},
        {**ticket_as(changed_at=NINE, unreachable_since=minute(5)), "vendors_unreachable": ("acme",)},
    ),
    (
        {**SENT, **ticket_as(unreachable_since=minute(5)), "vendors_unreachable": ("acme",)},
        happened.VendorFound, OF_TICKET, {**ticket_as(), "vendors_unreachable": ()},
    ),
    (
        {}, happened.CommandHeld,
        {"trigger": "close", "command": CLOSE, "reason": WHY, "approvers": ("lead",), "wait_reason": "customer"},
        {"held": HELD},
    ),
    ({}, happened.CommandHeld, {"trigger": "close", "reason": WHY}, {}),
    (
        {"held": HELD}, happened.CaseReplied, {"side": "requester"},
        {"held": attrs.evolve(HELD, wait_reason=None, wait_until=None)},
    ),
    ({"held": attrs.evolve(HELD, wait_reason="parts")}, happened.CaseReplied, {"side": "requester"}, {}),
    ({"held": HELD}, happened.CaseApproved, {}, {"held": None}),
    ({"held": HELD}, happened.CaseDeclined, {}, {"held": None}),
    ({"held": HELD}, happened.HeldDropped, {"trigger": "close"}, {"held": None}),
    ({}, happened.LimitsRenewed, {"revision": "r2"}, {"limits_revision": "r2"}),
    ({}, happened.RefusalObserved, {"trigger": "close"}, {}),
    ({"wait_until": minute(11)}, happened.ActionWithheld, {"verb": "resume"}, {}),
    ({"wait_until": minute(10)}, happened.ActionWithheld, {"verb": "resume"}, {"wait_until": None}),
    ({"wait_until": minute(10)}, happened.ActionWithheld, {"verb": "notify", "argument": "manager"}, {}),
    (
        {}, happened.CaseAdopted, {"process": "other", "revision": "r2"},
        {"process": "other", "revision": "r2", "limits_revision": "r2"},
    ),
    ({}, happened.CommandScheduled, {"scheduled": CLOSING}, {"scheduled": (CLOSING,)}),
    (
        {"scheduled": (CLOSING, REMINDER)}, happened.CommandScheduled, {"scheduled": LATER_CLOSING},
        {"scheduled": (REMINDER, LATER_CLOSING)},
    ),
    ({"scheduled": (CLOSING, REMINDER)}, happened.ScheduleEnded, {"name": "close", "dropped": True},
     {"scheduled": (REMINDER,)}),
    ({"scheduled": (CLOSING, REMINDER)}, happened.ScheduleEnded, {"name": "close"},
     {"scheduled": (REMINDER,), "carried_out": ("close",)}),
    ({"carried_out": ("close", *map(str, range(49)))}, happened.ScheduleEnded, {"name": "close"},
     {"carried_out": (*map(str, range(49)), "close")}),
    ({"carried_out": tuple(map(str, range(50)))}, happened.ScheduleEnded, {"name": "close"},
     {"carried_out": (*map(str, range(1, 50)), "close")}),
    ({**RESOLVED, "carried_out": ("close",), "affected": 2, "most_affected": 5, "follow_up": "T-2"},
     happened.CaseReopened, {"tier": 1, "team": "front"},
     {"status": "queued", "resolved_at": None, "carried_out": (), "most_affected": 2, "follow_up": None,
      "tier_entered_at": minute(10)}),
    ({}, happened.ReactionRefused, {"policy": "p", "trigger": "close"}, {}),
    (
        {"subject": "Fire", "customer": "c-9", "attributes": {"site": "Leeds"}, "facts": {"plan": "gold"},
         "watchers": ("eve",), "attachments": (Attachment(id="f-1"),), "owner": "olaf", "assignee": "bob",
         "last_assignee": "bob", "assigned_at": minute(5), "scheduled": (CLOSING, REMINDER), "held": HELD},
        happened.CaseRedacted, {"awaiting_reply_since": minute(3), "scheduled": (REMINDER,)},
        {"subject": "", "requester": "redacted", "customer": None, "attributes": {}, "facts": {}, "watchers": (),
         "attachments": (), "owner": None, "assignee": None, "last_assignee": None, "assigned_at": None,
         "awaiting_reply_since": minute(3), "scheduled": (REMINDER,), "held": None, "redacted_at": minute(10)},
    ),
    (
        {"assignee": "ann", "last_assignee": "ann", "redacted_at": minute(7)}, happened.CaseRedacted,
        {"assignee": "bob", "owner": "olaf", "assigned_at": minute(5)},
        {"subject": "", "requester": "redacted", "customer": None, "attributes": {}, "owner": "olaf",
         "assignee": "bob", "last_assignee": "bob", "assigned_at": minute(5), "awaiting_reply_since": None,
         "redacted_at": minute(10)},
    ),
    ({"redacted_at": minute(7)}, happened.CaseNoted, {}, {"redacted_at": None}),
    ({"redacted_at": minute(7)}, happened.CaseNoted, {"by": SYSTEM}, {}),
    ({"redacted_at": minute(7)}, happened.CaseNoted, {"by": SYSTEM, "facts": {"load": 2}},
     {"redacted_at": None, "facts": {"load": 2}}),
    (
        {"facts": {"plan": "gold", "load": 1}}, happened.CaseNoted, {"facts": {"load": 2, "_stale": ["load"]}},
        {"facts": {"plan": "gold", "load": 2}},
    ),
    ({}, happened.ActionRefused, {"limit": "resolve", "instance": 1, "threshold": 0, "action": "escalate"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "kind", "fields", "expected"),
    CHANGES,
    ids=[f"{number}-{kind.__name__}" for number, (_, kind, _, _) in enumerate(CHANGES)],
)
def test_event_changes_this_and_nothing_else(before, kind, fields, expected):
    """The fields named change, all others stay; version and instant are those of the event."""
    case = attrs.evolve(NEW, **before)
    after = fold(case, happens(kind, **fields))

    assert expected == changed(case, after)
    assert (2, minute(10)) == (after.version, after.changed_at)


def test_every_kind_of_event_is_folded_here():
    """No event is left out of this file."""
    watches = {kind for kind in EVENTS if issubclass(kind, happened.StopwatchEvent)} - {happened.ActionRefused}
    tested = {kind for _, kind, _, _ in CHANGES} | watches | {happened.CaseOpened}

    assert set(EVENTS) == tested


# -- the whole


def test_fold_all_of_nothing_is_the_case_itself():
    """Without events there is nothing to do, and without a case there is none."""
    assert NEW is fold_all(NEW, ())
    assert fold_all(None, ()) is None
    assert rebuild(()) is None


def test_rebuild_makes_the_case_from_its_history():
    """Folding one by one, or all at once, gives the same case."""
    history = [OPENED, happens(happened.CaseNoted, text="x"), happens(happened.CaseStarted, assignee="bob", version=3)]
    one_by_one = None
    for event in history:
        one_by_one = fold(one_by_one, event)

    assert one_by_one == rebuild(iter(history))
    assert 3 == one_by_one.version


def test_fold_does_not_touch_the_case_before():
    """Cases are frozen: the old one stays what it was."""
    before = attrs.asdict(NEW, recurse=False)
    fold(NEW, happens(happened.CaseAmended, attributes={"site": None}, subject="x"))

    assert before == attrs.asdict(NEW, recurse=False)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        NEW.tier = 2


def test_history_that_does_not_begin_with_an_opening_is_refused():
    """A history whose head is missing makes no case."""
    with pytest.raises(ValueError, match="the history of case 'T-1' begins with CaseClosed, not with CaseOpened"):
        rebuild([happens(happened.CaseClosed)])


@pytest.mark.parametrize(
    ("status", "is_open"),
    [("queued", True), ("in_progress", True), ("waiting", True), ("resolved", False), ("closed", False),
     ("cancelled", False)],
)  # fmt: skip
def test_case_is_open_while_somebody_owes_something(status, is_open):
    """The three ends are not open."""
    assert is_open is attrs.evolve(NEW, status=Status(status)).is_open


@pytest.mark.parametrize(("place", "text"), [(Place(1, "front"), "1/front"), (Place(2), "2")])
def test_place_reads_as_tier_and_team(place, text):
    """A tier without teams is only its level."""
    assert text == str(place)


def test_case_has_a_place():
    """Tier and team together."""
    assert Place(1, "front") == NEW.place


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [((), None), (("closed", "failed", "resolved"), None), (("open", "acknowledged"), 1), (("open", "closed"), 0)],
)
def test_open_ticket_is_the_newest_that_is_live(statuses, expected):
    """Finished tickets do not count."""
    tickets = tuple(
        attrs.evolve(TICKET, key=str(number), status=VendorStatus(status)) for number, status in enumerate(statuses)
    )
    case = attrs.evolve(NEW, vendor_tickets=tickets)

    assert (None if expected is None else tickets[expected]) == open_ticket(case)


def test_case_does_not_show_what_people_said_or_who_they_are():
    """What may land in a log has no customer text in it."""
    shown = repr(attrs.evolve(NEW, watchers=("spy",), attachments=(Attachment(id="f", name="salary"),)))

    assert not [word for word in ("Printer", "jane", "Jane Ltd", "Leeds", "spy", "salary") if word in shown]
