from datetime import UTC, datetime, timedelta

import attrs
import pytest

from supporttiers import events as happened
from supporttiers.actors import SYSTEM, Actor
from supporttiers.commands import Close, Scheduled
from supporttiers.links import Attachment, Link, VendorStatus
from supporttiers.reasons import Reason
from supporttiers.tiers import Agreement, Status
from supporttiers.timelines import TELLERS, TELLERS_OF_INSTANTS, span_text, timeline, told

NOON = datetime(2026, 3, 23, 12, tzinfo=UTC)
WATCH = {"limit": "resolve", "instance": 1}
CLOSING = Scheduled(
    name="filing", due_at=NOON, command=Close(case_id="T-1", by=SYSTEM), while_status=(Status.RESOLVED,)
)
OPENED = {"tenant": "default", "process": "p", "revision": "r", "requester": "jane"}


def an(kind, **fields):
    """Make an event at noon."""
    common = {"case_id": "T-1", "version": 1, "at": NOON, "by": Actor.agent("eve")}
    return kind(**{**common, **fields})


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (an(happened.CaseOpened, **OPENED, tier=1), "opened at tier 1"),
        (an(happened.CaseOpened, **OPENED, tier=1, team="front"), "opened at tier 1, team front"),
        (an(happened.CaseStarted, assignee="eve"), "work started by eve"),
        (an(happened.CaseStarted), "work started"),
        (an(happened.CaseReleased), "put back into the queue"),
        (an(happened.CaseAssigned, assignee="eve"), "assigned to eve"),
        (an(happened.CaseAssigned), "assigned to nobody"),
        (an(happened.CaseReplied, text="x"), "replied"),
        (an(happened.CaseReplied, channel="mail"), "replied by mail"),
        (an(happened.CaseNoted), "noted"),
        (an(happened.AttemptRecorded, what="FAQ 7", outcome="helped"), "self-service tried: FAQ 7: helped"),
        (an(happened.CaseEscalated, tier=2), "escalated to tier 2"),
        (an(happened.CaseHandedBack, tier=1), "handed back to tier 1"),
        (an(happened.CaseTransferred, tier=2, team="net"), "transferred to tier 2, team net"),
        (an(happened.ManagementInformed), "management informed"),
        (an(happened.WaitStarted, wait_reason="customer"), "waits for customer"),
        (
            an(happened.WaitStarted, wait_reason="scheduled", until=NOON),
            "waits for scheduled until 2026-03-23 12:00:00",
        ),
        (an(happened.CaseResumed, status=Status.QUEUED), "goes on, queued"),
        (an(happened.CaseResolved), "resolved"),
        (an(happened.CaseResolved, solution="KB-1"), "resolved by KB-1"),
        (an(happened.CaseReopened, tier=2), "reopened at tier 2"),
        (an(happened.CaseClosed), "closed"),
        (an(happened.CaseCancelled), "cancelled"),
        (an(happened.CaseAmended, priority="high", tags=("a", "b")), "amended: priority high; tags a, b"),
        (
            an(happened.CaseAmended, subject="new", tags=(), attributes={"room": "12"}),
            "amended: tags none; subject; attributes room",
        ),
        (an(happened.AttachmentsAdded, attachments=(Attachment(id="f-1"),)), "attached: f-1"),
        (an(happened.WatchersAdded, watchers=("ann", "bob")), "watched by ann, bob"),
        (an(happened.WatchersRemoved, watchers=("ann",)), "no longer watched by ann"),
        (an(happened.CaseLinked, link=Link("follows", "T-2")), "linked: follows T-2"),
        (an(happened.CaseMerged, into="T-2"), "merged into T-2"),
        (an(happened.CaseRated, score=4), "rated 4 of 5"),
        (an(happened.CaseApproved), "approved"),
        (an(happened.CaseDeclined), "declined"),
        (an(happened.VendorDispatched, vendor="acme", key="k"), "sent to vendor acme"),
        (
            an(happened.VendorTicketUpdated, vendor="acme", key="k", remote_id="A-1", status=VendorStatus.OPEN),
            "ticket A-1 at vendor acme: open",
        ),
        (an(happened.VendorReplied, vendor="acme", key="k", entry="c-1", text="Secret"), "vendor acme wrote"),
        (an(happened.VendorTold, vendor="acme", key="k", purpose="reminder"), "told vendor acme: reminder"),
        (an(happened.VendorWithdrawn, vendor="acme", key="k"), "request to vendor acme withdrawn"),
        (
            an(happened.VendorLost, vendor="acme", key="k", since=NOON),
            "vendor acme cannot be asked since 2026-03-23 12:00:00",
        ),
        (an(happened.VendorFound, vendor="acme", key="k"), "vendor acme can be asked again"),
        (
            an(
                happened.StopwatchStarted,
                **WATCH,
                agreement=Agreement.SLA,
                target=timedelta(hours=4),
                started_at=NOON,
                due_at=NOON,
                revision="r",
            ),
            "clock 'resolve' started: 4h, due 2026-03-23 12:00:00",
        ),
        (an(happened.StopwatchPaused, **WATCH, segment=None), "clock 'resolve' paused"),
        (
            an(happened.StopwatchResumed, **WATCH, running_since=NOON, due_at=NOON),
            "clock 'resolve' runs again, due 2026-03-23 12:00:00",
        ),
        (an(happened.StopwatchRetargeted, **WATCH, target=timedelta(minutes=90)), "clock 'resolve' now allows 1h30m"),
        (an(happened.StopwatchStopped, **WATCH, stopped_at=NOON), "clock 'resolve' stopped, in time"),
        (an(happened.StopwatchStopped, **WATCH, stopped_at=NOON, breached=True), "clock 'resolve' stopped, late"),
        (an(happened.StopwatchCancelled, **WATCH, stopped_at=NOON), "clock 'resolve' cancelled"),
        (an(happened.ThresholdFired, **WATCH, threshold=0, mark="75%", due_at=NOON), "limit 'resolve' reached 75%"),
        (
            an(happened.ThresholdFired, **WATCH, threshold=0, mark="75%", due_at=NOON, overtaken=True),
            "limit 'resolve' reached 75%, overtaken: it had moved on",
        ),
        (an(happened.ActionRefused, **WATCH, threshold=0, action="escalate"), "limit 'resolve' could not escalate"),
        (
            an(happened.CaseEscalated, tier=3, missing=("logs", "steps")),
            "escalated to tier 3, without logs, steps",
        ),
        (an(happened.CommandHeld, trigger="dispatch"), "waits for approval to dispatch"),
        (an(happened.HeldDropped, trigger="dispatch"), "did not dispatch in the end"),
        (an(happened.LimitsRenewed, revision="r2"), "limits of revision r2 are in force"),
        (an(happened.CommandScheduled), "something is to be done later"),
        (an(happened.CommandScheduled, scheduled=CLOSING), "will close at 2026-03-23 12:00:00 (filing)"),
        (an(happened.ScheduleEnded, name="filing"), "now due: filing"),
        (an(happened.ScheduleEnded, name="filing", dropped=True), "dropped: filing"),
        (an(happened.ReactionRefused, policy="acme.file", trigger="close"), "could not close"),
        (an(happened.ActionWithheld, verb="escalate", argument="2"), "would have done: escalate:2"),
        (an(happened.RefusalObserved, trigger="close"), "would have refused: close"),
        (an(happened.CaseAdopted, process="acme", revision="r2"), "in the care of acme from here on"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, happened.Event) else value,
)
def test_event_is_told_in_words(event, sentence):
    """Each kind of event has its sentence."""
    assert sentence == told(event)


def test_every_event_can_be_told():
    """No kind of event was forgotten."""
    assert set(happened.EVENTS) == TELLERS.keys() ^ TELLERS_OF_INSTANTS.keys()


def test_event_of_a_later_release_is_told_by_its_name():
    """A kind that is not known here does not stop the tale."""

    @attrs.frozen(kw_only=True)
    class CaseSung(happened.Event):
        pass

    assert "CaseSung" == told(an(CaseSung))


def test_timeline_says_who_when_and_why():
    """Names are set in a column; the reason, and when it really happened, follow."""
    events = [
        an(happened.CaseResolved, occurred_at=NOON - timedelta(hours=1)),
        an(happened.CaseEscalated, tier=2, by=SYSTEM, reason=Reason("move.wait_over")),
        an(happened.StopwatchCancelled, **WATCH, stopped_at=NOON, by=SYSTEM, reason=Reason("move.wait_over")),
        an(happened.ActionRefused, **WATCH, threshold=0, action="escalate", by=SYSTEM, reason=Reason("refused.move")),
    ]

    assert [
        "2026-03-23 12:00:00  eve (agent)  resolved (happened 2026-03-23 11:00:00)",
        "2026-03-23 12:00:00  system       escalated to tier 2: the agreed time of waiting is over",
        "2026-03-23 12:00:00  system       clock 'resolve' cancelled",
        "2026-03-23 12:00:00  system       limit 'resolve' could not escalate: the process has no such move",
    ] == list(timeline(events, texts=False))


def test_timeline_of_nothing_is_empty():
    """No event, no line."""
    assert [] == list(timeline([], texts=True))


@pytest.mark.parametrize(
    ("span", "text"),
    [(timedelta(0), "0s"), (timedelta(minutes=-90), "-1h30m"), (timedelta(seconds=61.9), "1m1s")],
)
def test_span_is_told_as_process_files_have_it(span, text):
    """Fractions of a second are left out."""
    assert text == span_text(span)
