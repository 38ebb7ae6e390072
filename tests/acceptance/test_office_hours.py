"""A house that keeps office hours: what is due over a weekend and a change of clocks, and who hears of it when."""

from datetime import UTC, datetime

import pytest

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers.events import ThresholdFired

PROCESS = """
process = { name = "office", calendar = "office" }

[calendars.office]
zone = "Europe/London"
week = { mon-thu = ["09:00-12:30", "13:30-17:30"], fri = "09:00-16:00" }

[calendars.nights]
zone = "Europe/London"
week = { mon-sun = "22:00-06:00" }

[[tiers]]
level = 1
name = "Desk"
escalates_to = [2]
time_limit = "30m"

[[tiers]]
level = 2
name = "Night watch"
calendar = "nights"
time_limit = "7h"
escalates_to = [3]

[[tiers]]
level = 3
name = "Experts"

[[limits]]
name = "resolve"
target = "8h"
thresholds = [{ at = "-1h", do = ["notify:manager"] }]
"""


@pytest.fixture
def clock():
    """Stand at a quarter to four on the Friday before clocks go forward; the office closes at four."""
    return FakeClock("2026-03-27T15:45Z")


@pytest.fixture(params=["memory:", "sqlite:///{}/office.db"], ids=["memory", "sqlite"])
def desk(request, clock, tmp_path):
    """Give a desk of that house."""
    with SupportDesk(SupportProcess.from_text(PROCESS), clock=clock, store=request.param.format(tmp_path)) as desk:
        yield desk


def at(text):
    """Give an instant of March 2026 in UTC."""
    return datetime.fromisoformat(f"2026-03-{text}+00:00").astimezone(UTC)


def due(desk):
    """Give the due instants by limit."""
    return {reading.limit: reading.due_at for reading in desk.clocks("T-1") if reading.stage == "in_progress"}


def test_time_limits_wait_for_the_office_to_open(desk, clock):
    """A quarter of an hour is left on Friday; the rest begins on Monday at nine, which is eight in UTC by then."""
    desk.open("No VPN", id="T-1", by="jane")

    assert {"tier 1": at("30T08:15"), "resolve": at("31T08:15")} == due(desk)

    clock.advance("60h")
    desk.run_due()

    assert 1 == desk.get("T-1").tier


def test_tier_with_its_own_hours_has_its_own_clock(desk, clock):
    """What comes up on Monday morning is the night watch's from ten in the evening; the customer's clock goes on."""
    desk.open("No VPN", id="T-1", by="jane")
    clock.advance("66h")
    desk.run_due()

    assert 2 == desk.get("T-1").tier
    assert at("30T08:15") == desk.get("T-1").tier_entered_at
    assert {"tier 2": at("31T04:00"), "resolve": at("31T08:15")} == due(desk)


def test_pause_over_the_weekend_costs_nothing(desk, clock):
    """The customer who answers on Sunday has used no working time but Friday's and none of Monday's."""
    desk.open("No VPN", id="T-1", by="jane")
    desk.wait("T-1", by="bob", wait_reason="customer")
    clock.advance("48h")
    desk.reply("T-1", by="jane", text="Yes.")

    assert at("31T08:30") == due(desk)["resolve"]
    assert at("30T08:30") == due(desk)["tier 1"]


def test_warning_before_the_target_is_working_time_too(desk, clock):
    """An hour before a target early on Tuesday lies on Monday afternoon."""
    desk.open("No VPN", id="T-1", by="jane")
    clock.advance("72h")  # Monday, 15:45 in UTC
    desk.run_due()

    fired = {event.mark: event.due_at for event in desk.history("T-1") if isinstance(event, ThresholdFired)}

    assert {"100%": at("30T08:15"), "-1h": at("30T15:45")} == fired
