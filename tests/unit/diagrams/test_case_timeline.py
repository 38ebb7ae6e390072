"""What became of a case, as a picture: its lanes, and how they are drawn."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from tests.properties.strategies import decided, worlds
from tests.unit.diagrams.boxes import Picture

from supporttiers import Actor, SupportProcess, Tier, TimeLimit
from supporttiers import events as happened
from supporttiers.diagrams import CaseTimeline, Mark
from supporttiers.errors import CaseError, InputError
from supporttiers.limits import Threshold
from supporttiers.match import Match
from supporttiers.reasons import Reason
from supporttiers.stopwatches import Segment
from supporttiers.testing import Rehearsal
from supporttiers.tiers import Agreement, Status

ACME = SupportProcess.from_toml(Path(__file__).parents[3] / "examples/acme.toml")
NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOSTILE = "</text><script>x</script>&"
SECRET = "my password is swordfish"


def minutes(count):
    """Give an instant so many minutes after nine."""
    return NINE + timedelta(minutes=count)


def history(*steps):
    """Give a history: an opening at nine, then each step as minutes, kind of event, and its fields."""
    by = Actor.agent("eve")
    opened = happened.CaseOpened(
        case_id="T-1", version=1, at=NINE, by=by, tenant="default", process="p", revision="r", requester="jane", tier=1
    )
    more = [
        kind(case_id="T-1", version=place, at=minutes(after), by=by, **fields)
        for place, (after, kind, fields) in enumerate(steps, start=2)
    ]
    return [opened, *more]


def clock(after, kind, **fields):
    """Give a step of the one clock there is."""
    return after, kind, {"limit": "r", "instance": 1, **fields}


def started(after=0, **fields):
    """Give the step with which the clock starts: one hour."""
    given = {"agreement": Agreement.SLA, "target": timedelta(hours=1), "started_at": minutes(after), "revision": "r"}
    return clock(after, happened.StopwatchStarted, **{"due_at": minutes(after + 60), **given, **fields})


def lane_of(timeline, kind):
    """Give the only lane of a kind."""
    [lane] = [lane for lane in timeline.lanes if lane.kind == kind]
    return lane


def spans_of(lane):
    """Give its spans as minutes after nine and a state."""
    return [((span.start - NINE) // MINUTE, (span.end - NINE) // MINUTE, span.state) for span in lane.spans]


def marks_of(lane):
    """Give its marks as minutes after nine, kind and text."""
    return [((mark.at - NINE) // MINUTE, mark.kind, mark.text) for mark in lane.marks]


@pytest.fixture
def acme():
    """Give a rehearsal of the example process."""
    return Rehearsal(ACME, start="2026-03-23T09:00+00:00")


@pytest.fixture
def long_story(acme):
    """Give a story with everything: a limit, a wait, a vendor, an end."""
    story = acme.open(SECRET, by="jane", text=SECRET, attributes={"note": SECRET})
    acme.advance("20m")
    story.start(by="anna")
    acme.advance("1h")
    story.wait(by="anna", wait_reason="customer", reason=SECRET)
    acme.advance("70h")
    story.reply(by="jane", text=SECRET)
    acme.advance("40h")
    story.escalate(by="anna", reason=SECRET)
    acme.advance("1h")
    story.vendor_says("in_progress")
    acme.advance("20h")
    story.vendor_says("resolved")
    story.resolve(by="anna", text=SECRET)
    acme.advance("1h")
    return story


# -- what it holds


def test_timeline_says_who_had_it_and_when_it_waited():
    """Tiers are lanes; a span ends where status, team or assignee change."""
    timeline = CaseTimeline.of(
        history(
            (5, happened.CaseStarted, {"assignee": "anna"}),
            (10, happened.WaitStarted, {"wait_reason": "customer"}),
            (30, happened.CaseResumed, {"status": Status.IN_PROGRESS}),
            (40, happened.CaseEscalated, {"tier": 2, "team": "net"}),
            (50, happened.WaitStarted, {"wait_reason": "vendor"}),
            (55, happened.CaseResolved, {}),
        ),
        until=minutes(60),
        tiers=[Tier(level=1, name="Desk")],
    )
    first, second = timeline.lanes

    assert (first.name, first.about, second.name, second.about) == ("tier 1", "Desk", "tier 2", "")
    assert spans_of(first) == [(0, 5, "queued"), (5, 10, "in_progress"), (10, 30, "waiting"), (30, 40, "in_progress")]
    assert spans_of(second) == [(40, 50, "queued"), (50, 55, "vendor"), (55, 60, "ended")]
    assert [span.text for span in (*first.spans, *second.spans)] == [
        "", "anna", "for customer (anna)", "anna", "net", "for vendor (net)", "resolved",
    ]  # fmt: skip
    assert timeline.standing == "tier 2, resolved"


def test_timeline_passes_over_what_lasts_no_time():
    """What comes and goes at one instant cuts nothing in two."""
    timeline = CaseTimeline.of(history(
        (10, happened.WaitStarted, {"wait_reason": "customer"}),
        (10, happened.CaseResumed, {"status": Status.QUEUED}),
        (20, happened.CaseStarted, {}),
    ), until=minutes(30))  # fmt: skip

    assert spans_of(lane_of(timeline, "tier")) == [(0, 20, "queued"), (20, 30, "in_progress")]


def test_timeline_of_a_waiting_case_says_for_what():
    """The last standing has its reason."""
    timeline = CaseTimeline.of(history((10, happened.WaitStarted, {"wait_reason": "known_issue"})))

    assert timeline.standing == "tier 1, waiting for known_issue"


def test_clock_runs_pauses_and_is_met():
    """Its spans, the threshold on the way, when it would have been due, and its end."""
    segment = Segment(NINE, minutes(50), timedelta(minutes=50), timedelta(minutes=50))
    timeline = CaseTimeline.of(history(
        started(),
        clock(45, happened.ThresholdFired, threshold=0, mark="75%", due_at=minutes(45)),
        clock(50, happened.StopwatchPaused, segment=segment),
        clock(60, happened.StopwatchResumed, running_since=minutes(60), due_at=minutes(70)),
        clock(65, happened.StopwatchStopped, stopped_at=minutes(65), due_at=minutes(70)),
    ), until=minutes(90))  # fmt: skip
    lane = lane_of(timeline, "clock")

    assert (lane.name, lane.about) == ("r", "sla clock · 1h")
    assert spans_of(lane) == [(0, 50, "running"), (50, 60, "paused"), (60, 65, "running")]
    assert marks_of(lane) == [(45, "fired", "75%"), (65, "met", "met"), (70, "due", "due")]


def test_clock_that_runs_on_is_not_due_when_it_was_stopped():
    """It counts on from another instant, so that it is due at another."""
    events = history(
        started(),
        clock(30, happened.StopwatchStopped, stopped_at=minutes(30), due_at=minutes(60)),
        clock(50, happened.StopwatchResumed, running_since=minutes(50), due_at=minutes(80)),
    )
    lane = lane_of(CaseTimeline.of(events, until=minutes(90)), "clock")

    assert spans_of(lane) == [(0, 30, "running"), (50, 80, "running"), (80, 90, "late")]
    assert marks_of(lane) == [(30, "met", "met")]


def test_clock_that_runs_beyond_its_target_is_late():
    """From the due instant on it is late, up to its end."""
    timeline = CaseTimeline.of(history(
        started(),
        clock(60, happened.ThresholdFired, threshold=1, mark="100%", due_at=minutes(60), breach=True),
        clock(60, happened.ActionRefused, threshold=1, action="escalate"),
        clock(80, happened.StopwatchStopped, stopped_at=minutes(80), due_at=minutes(60), breached=True),
    ))  # fmt: skip
    lane = lane_of(timeline, "clock")

    assert spans_of(lane) == [(0, 60, "running"), (60, 80, "late")]
    assert marks_of(lane) == [(60, "fired", "100%"), (60, "refused", "could not escalate"), (80, "late", "late")]


def test_clock_that_is_late_from_the_beginning_passes_thresholds_over():
    """What was passed over is counted, at the start, on the way, and when the target changes."""
    closed = Segment(NINE, minutes(10), timedelta(minutes=10), timedelta(minutes=10))
    timeline = CaseTimeline.of(history(
        started(passed=(0,), due_at=minutes(-5)),
        clock(10, happened.StopwatchPaused, segment=closed, due_at=minutes(-5)),
        clock(20, happened.StopwatchResumed, running_since=minutes(20), due_at=minutes(-5), passed=(1, 2)),
        clock(30, happened.StopwatchRetargeted, target=timedelta(hours=2), due_at=minutes(60), passed=(3,)),
        clock(40, happened.ThresholdFired, threshold=4, mark="50%", due_at=minutes(40), overtaken=True),
        clock(50, happened.StopwatchCancelled, stopped_at=minutes(50)),
    ))  # fmt: skip
    lane = lane_of(timeline, "clock")

    assert lane.about == "sla clock · 2h"
    assert spans_of(lane) == [(0, 10, "late"), (10, 20, "paused"), (20, 30, "late"), (30, 50, "running")]
    assert marks_of(lane) == [
        (0, "passed", "1 passed over"), (20, "passed", "2 passed over"), (30, "passed", "1 passed over"),
        (40, "overtaken", "50% overtaken"), (50, "cancelled", "cancelled"),
    ]  # fmt: skip


def test_clock_goes_on_where_the_end_counted_not():
    """A case that is reopened runs on from where it had ended, and overlaps nothing."""
    timeline = CaseTimeline.of(history(
        started(),
        clock(20, happened.StopwatchStopped, stopped_at=minutes(20), due_at=minutes(60)),
        clock(40, happened.StopwatchResumed, running_since=minutes(20), due_at=minutes(60)),
        clock(40, happened.StopwatchRetargeted, target=timedelta(hours=2), due_at=minutes(120)),
    ), until=minutes(50))  # fmt: skip

    assert spans_of(lane_of(timeline, "clock")) == [(0, 20, "running"), (20, 40, "running"), (40, 50, "running")]


def test_told_lane_has_whom_rules_and_thresholds_told():
    """Of what was overtaken, too; not those whom the process spares, nor anybody where a limit is not known."""
    limit = TimeLimit(
        name="r", target="1h",
        thresholds=[
            Threshold("50%", do=["notify:assignee", "escalate"]),
            Threshold("75%", do=["notify:owner"], unless=Match(priority="low")),
            Threshold("90%", do=["notify:team"]), Threshold("2h", do=["notify:manager"]),
        ],
    )  # fmt: skip
    fired = [
        clock(after, happened.ThresholdFired, threshold=0, mark=mark, due_at=minutes(after), **more)
        for after, mark, more in ((30, "50%", {}), (45, "75%", {}), (54, "90%", {"overtaken": True}), (60, "2h", {}))
    ]
    events = history(
        started(), *fired, (65, happened.ManagementInformed, {}), (70, happened.PeopleInformed, {"to": "mona"})
    )

    known = lane_of(CaseTimeline.of(events, limits=[limit]), "told")
    assert marks_of(known) == [
        (30, "told", "assignee"), (54, "told", "team"), (60, "told", "manager"), (65, "told", "management"),
        (70, "told", "mona"),
    ]  # fmt: skip
    unknown = lane_of(CaseTimeline.of(events), "told")
    assert [mark.text for mark in unknown.marks] == ["management", "mona"]


def test_story_knows_who_was_told(long_story):
    """What the notifier of a rehearsal heard stands in place of what rules say, people included."""
    lane = lane_of(long_story.timeline, "told")

    assert {"assignee (anna)", "owner (anna)"} <= {mark.text for mark in lane.marks}
    assert not [lane for lane in long_story.timeline.telling(()).lanes if lane.kind == "told"]


def test_vendor_lane_has_what_was_said():
    """From the request to the end of the ticket, with what passed between the two."""
    common = {"vendor": "acme", "key": "k"}
    timeline = CaseTimeline.of(history(
        (5, happened.VendorDispatched, common),
        (10, happened.VendorTold, {**common, "purpose": "reminder"}),
        (15, happened.VendorReplied, {**common, "entry": "1"}),
        (20, happened.VendorLost, {**common, "since": minutes(20)}),
        (25, happened.VendorFound, common),
        (30, happened.VendorWithdrawn, common),
    ), until=minutes(60))  # fmt: skip
    lane = lane_of(timeline, "vendor")

    assert spans_of(lane) == [(5, 30, "vendor")]
    assert [mark.text for mark in lane.marks] == [
        "asked",
        "reminder",
        "answer",
        "unreachable",
        "reachable",
        "withdrawn",
    ]
    assert "at acme" in [span.text for span in lane_of(timeline, "tier").spans]


def test_timeline_passes_over_events_of_a_later_release():
    """A kind that is not known here changes nothing."""

    @attrs.frozen(kw_only=True)
    class CaseSung(happened.Event):
        pass

    @attrs.frozen(kw_only=True)
    class StopwatchSung(happened.StopwatchEvent):
        pass

    known = history(started(), (10, happened.CaseStarted, {"assignee": "anna"}))
    more = history(
        started(), (10, happened.CaseStarted, {"assignee": "anna"}), (10, CaseSung, {}), clock(10, StopwatchSung)
    )

    assert CaseTimeline.of(more).lanes == CaseTimeline.of(known).lanes


def test_timeline_ends_where_it_is_told_to_and_never_before_the_last_event():
    """A little after the last event by itself."""
    events = history((100, happened.CaseStarted, {}))

    assert CaseTimeline.of(events).end == minutes(105)
    assert CaseTimeline.of(events, until=minutes(200)).end == minutes(200)
    assert CaseTimeline.of(events, until=minutes(50)).end == minutes(100)
    assert CaseTimeline.of(events[:1]).end == NINE + timedelta(seconds=1)


def test_timeline_of_nothing_is_refused():
    """So is an end without a zone."""
    with pytest.raises(InputError, match="events has none; a timeline needs the whole history"):
        CaseTimeline.of([])
    with pytest.raises(InputError, match="until is naive"):
        CaseTimeline.of(history(), until=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the mistake
    with pytest.raises(InputError, match="until lies outside of the years 2 to 9998"):
        CaseTimeline.of(history(), until=datetime(9999, 12, 31, tzinfo=UTC))
    with pytest.raises(InputError, match="zone must be a tzinfo, such as ZoneInfo"):
        CaseTimeline.of(history(), zone="Europe/London")


def test_longest_time_can_be_drawn():
    """A year that was mistyped is seen, and raises nothing."""
    timeline = CaseTimeline.of(history(), until=datetime(9998, 12, 31, tzinfo=UTC))

    assert "4000" in str(timeline)
    assert timeline.to_svg().startswith("<svg")


# -- how it is drawn


def test_picture_shows_nothing_that_people_wrote(long_story):
    """Neither subject nor texts, reasons and attributes; ids of people are there."""
    timeline = long_story.timeline

    for drawn in (timeline.to_svg(), timeline.to_html(), str(timeline)):
        assert "swordfish" not in drawn
        assert "anna" in drawn


def test_picture_of_a_long_story_holds_together(long_story):
    """Lanes, who had it, marks and steps can be read; nothing lies on top of anything else."""
    picture = Picture.of(long_story.timeline.to_svg())
    texts = [text.text for text in picture.texts]

    assert picture.clashes() == []
    assert picture.said("lane") == ["tier", "tier", "tier", "vendor", "clock", "clock", "told"]
    for text in (
        "Case T-1",
        "Tier 1",
        "Service desk",
        "resolve",
        "sla clock · 16h",
        "for customer (network · anna)",
        "Told",
    ):
        assert text in texts


def test_picture_is_the_same_each_time(long_story):
    """The same history gives the same bytes."""
    assert long_story.timeline.to_svg() == long_story.timeline.to_svg()


def test_picture_shows_times_of_its_zone():
    """Zone and local times are shown; the day on which clocks change has its full hours."""
    events = history((1, happened.CaseStarted, {"assignee": "anna"}))
    shift = datetime(2026, 3, 28, 23, tzinfo=UTC) - NINE
    moved = [attrs.evolve(event, at=event.at + shift) for event in events]
    timeline = CaseTimeline.of(moved, zone=ZoneInfo("Europe/Berlin"), until=moved[0].at + timedelta(hours=6))
    texts = [text.text for text in Picture.of(timeline.to_svg()).texts]

    assert "Sun 29 Mar 2026 00:00 to Sun 29 Mar 2026 07:00, Europe/Berlin" in texts
    assert [text for text in texts if text.endswith(":00") and len(text) == 5] == [
        "00:00", "01:00", "03:00", "04:00", "05:00", "06:00", "07:00",
    ]  # fmt: skip


def test_picture_leaves_out_a_day_that_has_no_room():
    """Where a day ends right after the first tick, only one of both days is named."""
    [opened] = history()
    late = attrs.evolve(opened, at=datetime(2026, 3, 23, 22, 30, tzinfo=UTC))
    picture = Picture.of(CaseTimeline.of([late], until=late.at + timedelta(hours=10)).to_svg())

    assert picture.clashes() == []
    assert "Mon 23 Mar 2026" in [text.text for text in picture.texts]


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(seconds=10), "09:00:05"),
        (timedelta(seconds=40), "09:00:05"),
        (timedelta(minutes=9), "09:01"),
        (timedelta(days=3), "12:00"),
        (timedelta(days=20), "26 Mar"),
        (timedelta(days=60), "30 Mar"),
        (timedelta(days=900), "Oct"),
        (timedelta(days=40_000), "2040"),
    ],
)
def test_picture_has_sensible_ticks(span, shown):
    """Full seconds, minutes, hours, days, weeks or years, and never too many."""
    picture = Picture.of(CaseTimeline.of(history(), until=NINE + span).to_svg())
    above = [text for text in picture.texts if text.bottom < 118 and text.top > 80]

    assert picture.clashes() == []
    assert shown in [text.text for text in above]
    assert 3 <= len(above) <= 24


def test_picture_of_ten_thousand_events_is_small_and_says_so():
    """What lies too close together is drawn as one, and what is left out is counted."""
    steps = []
    for turn in range(2500):
        steps += [
            (turn * 4, happened.WaitStarted, {"wait_reason": "customer"}),
            (turn * 4 + 1, happened.CaseResumed, {"status": Status.QUEUED}),
            (turn * 4 + 2, happened.CaseStarted, {"assignee": "anna"}),
            (turn * 4 + 3, happened.ManagementInformed, {}),
        ]
    timeline = CaseTimeline.of(history(*steps))
    svg = timeline.to_svg()
    picture = Picture.of(svg)

    assert picture.clashes() == []
    assert len(svg) < 200 * 1024
    told = [re.fullmatch(r"management (\d+)x", text.text) for text in picture.texts]
    assert 2500 == sum(int(found[1]) for found in told if found)
    assert any(text.text.startswith("10,001 events. 7484 more steps are not listed.") for text in picture.texts)
    assert len(str(timeline)) < 10_000
    assert "and 2480 more" in str(timeline)


def test_picture_of_many_lanes_says_what_is_left_out():
    """Tiers, vendors and clocks beyond what can be looked at are counted."""
    steps = [(place, happened.CaseEscalated, {"tier": place}) for place in range(2, 40)]
    steps += [(50, happened.VendorDispatched, {"vendor": f"v{place}", "key": f"k{place}"}) for place in range(20)]
    steps += [(51, kind, {**fields, "limit": f"l{place}"}) for place in range(30) for _, kind, fields in [started()]]
    picture = Picture.of(CaseTimeline.of(history(*steps)).to_svg())

    assert picture.clashes() == []
    note = "27 more tiers are not drawn. 14 more vendors are not drawn. 14 more clocks are not drawn."
    assert any(note in text.text for text in picture.texts)


def test_picture_withstands_hostile_names():
    """Ids, teams, vendors, limits and names of tiers stay text, and are clipped."""
    events = history(
        (5, happened.CaseStarted, {"assignee": HOSTILE * 10}),
        (10, happened.CaseEscalated, {"tier": 2, "team": "日本" * 60}),
        (15, happened.VendorDispatched, {"vendor": "W" * 200, "key": "k"}),
        (15, happened.VendorDispatched, {"vendor": "Cafe\u0301 \ufdfd \U0001242b " * 9, "key": "l"}),
        (16, happened.PeopleInformed, {"to": HOSTILE * 9}),
        (17, happened.PeopleInformed, {"to": "a\x1b[2J\u202eb"}),
        (20, happened.StopwatchStarted, {**started()[2], "limit": HOSTILE * 5}),
    )
    timeline = CaseTimeline.of(events, tiers=[Tier(level=1, name=HOSTILE * 7)])
    picture = Picture.of(timeline.to_svg())

    assert picture.clashes() == []
    assert "<script" not in timeline.to_html()
    assert not set("\x1b\u202e") & set(timeline.to_svg() + str(timeline))


def test_picture_explains_each_look_that_it_uses():
    """Statuses, clocks, and what is drawn as one have a sample each; so many of them take two lines."""
    segment = Segment(NINE, minutes(100), timedelta(minutes=100), timedelta(minutes=100))
    timeline = CaseTimeline.of(history(
        started(),
        (80, happened.CaseStarted, {}),
        clock(100, happened.StopwatchPaused, segment=segment, due_at=minutes(60)),
        (100, happened.WaitStarted, {"wait_reason": "customer"}),
        (200, happened.WaitStarted, {"wait_reason": "vendor"}),
        *((300 + after / 5, happened.CaseAssigned, {"assignee": str(after)}) for after in range(4)),
        (400, happened.CaseCancelled, {}),
        (400, happened.StopwatchCancelled, {"limit": "r", "instance": 1, "stopped_at": minutes(400)}),
    ), until=minutes(500))  # fmt: skip
    picture = Picture.of(timeline.to_svg())
    samples = [rect for rect in picture.rects if (rect.right - rect.left, rect.bottom - rect.top) == (18, 10)]
    named = {text.text for text in picture.texts for rect in samples if abs(text.left - rect.right - 8) < 0.2}

    assert picture.clashes() == []
    assert {"queued", "waits", "at a vendor", "ended", "clock is paused", "late", "several changes"} <= named
    assert {"several", "late", "running"} <= {rect.kind for rect in samples}
    assert 2 == len({rect.top for rect in samples})


def test_text_is_a_compact_drawing():
    """A letter a column: who had it, clocks, and who was told; then the marks, with their instants."""
    timeline = CaseTimeline.of(history(
        started(),
        (15, happened.CaseStarted, {"assignee": "anna"}),
        (30, happened.WaitStarted, {"wait_reason": "customer"}),
        clock(60, happened.ThresholdFired, threshold=0, mark="100%", due_at=minutes(60), breach=True),
        (60, happened.ManagementInformed, {}),
    ), until=minutes(76))  # fmt: skip

    assert str(timeline) == (
        "Case T-1, p: tier 1, waiting for customer\n"
        "Mon 23 Mar 2026 09:00 to Mon 23 Mar 2026 10:16, UTC\n"
        "\n"
        "                        Mon 23 Mar 2026\n"
        "                        |09:00         |09:15         |09:30         |09:45         |10:00\n"
        "tier 1                 |...............###############~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n"
        "clock r                |------------------------------------------------------------*!!!!!!!!!!!!!!!\n"
        "told                   |                                                            @\n"
        "\n"
        ". queued  # in progress  ~ waits  - clock runs  ! late  * threshold  @ told\n"
        "\n"
        "2026-03-23 10:00  clock r: 100%\n"
        "2026-03-23 10:00  told: management"
    )


def test_text_is_a_hundred_columns_wide(long_story):
    """No line is longer, whatever the names."""
    events = history((5, happened.CaseStarted, {"assignee": "x"}), (6, happened.PeopleInformed, {"to": "W" * 150}))

    for timeline in (long_story.timeline, CaseTimeline.of(events)):
        assert max(map(len, str(timeline).splitlines())) <= 100


@settings(max_examples=25)
@given(world=worlds(length=25))
def test_timeline_of_any_history_holds_together(world):
    """Whatever becomes of a case can be drawn: nothing lies on top of anything else, and all lanes are there."""
    case, events = None, []
    for command in world.script:
        decision = decided(world.process, case, command)
        if not isinstance(decision, CaseError):
            case = decision.case
            events += decision.events
    if not events:
        return
    timeline = CaseTimeline.of(events, tiers=world.process.tiers, limits=world.process.all_limits, until=world.end)
    picture = Picture.of(timeline.to_svg())

    assert picture.clashes() == []
    assert len(picture.said("lane")) == len(timeline.lanes)
    tiers = sorted((span.start, span.end) for lane in timeline.lanes if lane.kind == "tier" for span in lane.spans)
    assert (tiers[0][0], tiers[-1][1]) == (timeline.start, timeline.end)
    assert all(before[1] == after[0] for before, after in pairwise(tiers))
    for lane in timeline.lanes:
        assert all(one.end <= other.start for one, other in pairwise(lane.spans))
    assert str(timeline) == str(CaseTimeline.of(
        events, tiers=world.process.tiers, limits=world.process.all_limits, until=world.end
    ))  # fmt: skip


def test_marks_beyond_the_end_are_left_out():
    """A due instant that lies ahead is not drawn."""
    timeline = CaseTimeline.of(history(
        started(), clock(10, happened.StopwatchStopped, stopped_at=minutes(10), due_at=minutes(60))
    ))  # fmt: skip

    assert Mark(at=minutes(60), kind="due", text="due") in lane_of(timeline, "clock").marks
    assert "due" not in [text.text for text in Picture.of(timeline.to_svg()).texts]
    assert ": due" not in str(timeline)


def test_reasons_are_not_shown():
    """Not even the codes: a picture is of what happened."""
    [opened] = history()
    moved = attrs.evolve(opened, reason=Reason("move.wait_over"), said=SECRET)

    assert SECRET not in CaseTimeline.of([moved]).to_svg()
