"""Timelines of cases on desks: up to now, up to their end, and what rules only would have done."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from supporttiers import AsyncSupportDesk, FakeClock, SupportDesk, SupportProcess, Tier, TimeLimit
from supporttiers.errors import CaseNotFoundError, InputError
from supporttiers.limits import Threshold

LIMIT = TimeLimit(name="resolve", target="1h", thresholds=[Threshold("100%", do=["notify:manager"])])
PROCESS = SupportProcess(name="p", tiers=[Tier(level=1, name="Desk")], limits=[LIMIT])


@pytest.fixture
def clock():
    """Give a clock that stands at nine."""
    return FakeClock("2026-03-23T09:00Z")


def told_on(desk, clock):
    """Give the texts of who was told, of a case that has run into its limit."""
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("2h")
    desk.run_due()
    return [mark.text for lane in desk.timeline("T-1").lanes if lane.kind == "told" for mark in lane.marks]


def test_timeline_of_an_open_case_goes_up_to_now(clock):
    """Names of tiers are those of its process; whoever its thresholds tell is there."""
    desk = SupportDesk(PROCESS, clock=clock)

    assert told_on(desk, clock) == ["manager"]
    timeline = desk.timeline("T-1", zone=ZoneInfo("Europe/Berlin"))
    assert timeline.end == clock.now()
    assert timeline.lanes[0].about == "Desk"
    assert "Europe/Berlin" in str(timeline)


def test_timeline_of_an_ended_case_goes_up_to_its_end(clock):
    """However long ago that is."""
    desk = SupportDesk(PROCESS, clock=clock)
    desk.open("Stuck", id="T-1", by="jane")
    clock.advance("1h")
    case = desk.cancel("T-1", by="bob")
    clock.advance("100h")

    assert desk.timeline(case).end == case.opened_at + timedelta(minutes=63)
    assert desk.timeline(case, until=clock.now()).end == clock.now()


def test_timeline_tells_nobody_where_rules_only_watch(clock):
    """A process that observes notifies nobody, whatever its thresholds say."""
    assert told_on(SupportDesk(PROCESS.observing(), clock=clock), clock) == []


def test_timeline_says_what_is_wrong(clock):
    """An unknown case, and an end without a zone."""
    desk = SupportDesk(PROCESS, clock=clock)
    desk.open(id="T-1", by="jane")

    with pytest.raises(CaseNotFoundError):
        desk.timeline("T-9")
    with pytest.raises(InputError, match="case 'T-1': until is naive"):
        desk.timeline("T-1", until=clock.now().replace(tzinfo=None))


def test_both_desks_draw_the_same(clock):
    """Called or awaited."""
    called = SupportDesk(PROCESS, clock=clock)
    awaited = AsyncSupportDesk(PROCESS, clock=clock)
    called.open(id="T-1", by="jane")

    async def drawn():
        await awaited.open(id="T-1", by="jane")
        return await awaited.timeline("T-1")

    assert asyncio.run(drawn()) == called.timeline("T-1")
