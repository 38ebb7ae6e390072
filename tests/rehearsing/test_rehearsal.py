"""Rehearsals: a process on virtual time, each thing at its own instant, on any store."""

from datetime import UTC, datetime, timedelta

import pytest

from supporttiers import SupportProcess
from supporttiers.errors import InputError, MoveRefusedError
from supporttiers.events import VendorLost
from supporttiers.testing import FlakyVendor, RecordingNotifier, Rehearsal, Says
from supporttiers.tiers import Tier

PROCESS = """
[process]
name = "shop"
calendar = "office"
priorities = ["low", "high"]

[calendars.office]
zone = "Europe/London"
week = { mon-fri = "09:00-17:00" }

[[tiers]]
level = 1
name = "First line"
kind = "team"
teams = ["front"]
escalates_to = [2]

[[tiers]]
level = 2
name = "Technicians"
kind = "team"
teams = ["network"]
hands_back_to = [1]

[[limits]]
name = "first line"
agreement = "ola"
measures = "tier"
tier = 1
target = "15m"
thresholds = [{ at = "100%", do = ["escalate"] }]

[[limits]]
name = "resolve"
target = { high = "4h", "*" = "8h" }
thresholds = [{ at = "50%", do = ["notify:assignee"] }, { at = "100%", do = ["notify:manager"] }]

[[policies]]
use = "supporttiers.close-after"
after = "5 business days"
"""
NINE = "2026-03-23T09:00+00:00"


@pytest.fixture(params=["memory", "sqlite"])
def rehearsal(request, tmp_path):
    """Rehearse in memory and on a real database: the same happens."""
    store = None if request.param == "memory" else f"sqlite:///{tmp_path}/rehearsal.db"
    with Rehearsal(SupportProcess.from_text(PROCESS), start=NINE, store=store) as found:
        yield found


def test_case_goes_its_way_on_virtual_time(rehearsal):
    """Every step has its own instant, however far the clock is moved at once."""
    story = rehearsal.open("Printer", by="jane", priority="high")
    assert ("T-1", "t1 09:00") == (story.id, story.path)
    rehearsal.advance("7h")

    assert story.path == "t1 09:00 -> t2 09:15 (first line)"
    assert ["11:00 assignee", "13:00 manager"] == [f"{one.at:%H:%M} {one.to}" for one in story.told]
    assert story.was_told("manager", after="2026-03-23T13:00Z")
    assert not story.was_told("manager", before="2026-03-23T13:00Z")
    assert not story.was_told("on_call")
    assert "2026-03-23T16:00:00+00:00" == rehearsal.now.isoformat()


def test_story_has_the_verbs_of_the_desk(rehearsal):
    """Each gives the story as it is then; what the process refuses is refused, with its reason."""
    story = rehearsal.open("Printer", by="jane").start(by="bob").resolve(by="bob", text="Switched it on")
    assert story.path == "t1 09:00 -> resolved 09:00 (bob)"
    assert "resolved" == story.case.status
    with pytest.raises(MoveRefusedError):
        story.start(by="bob")
    assert story is rehearsal.story("T-1") is rehearsal.story(story.case)
    assert "Story('T-1', 't1 09:00 -> resolved 09:00 (bob)')" == repr(story)
    assert "bob (agent)      resolved" in str(story)


@pytest.mark.parametrize(("word", "advice"), [("esclate", "did you mean escalate?"), ("fly", "its verbs are: start")])
def test_slip_of_the_pen_is_named(rehearsal, word, advice):
    """A story says what it has instead."""
    story = rehearsal.open("Printer", by="jane")
    with pytest.raises(AttributeError) as caught:
        getattr(story, word)
    assert advice in str(caught.value)


def test_run_until_idle_ends_when_nothing_happens_by_itself(rehearsal):
    """It goes on through nights, weekends and whatever the policies do."""
    story = rehearsal.open("Printer", by="jane").start(by="bob").resolve(by="bob")
    rehearsal.run_until_idle()

    assert "closed" == story.case.status
    assert story.path.places == ("t1", "resolved", "closed")
    assert ["case.ended"] == [reason.code for reason in story.next]


def test_run_until_idle_says_what_is_left(rehearsal):
    """A bound is not passed in silence."""
    rehearsal.open("Printer", by="jane")
    with pytest.raises(InputError, match="leaves something to be done, next at 2026-03-23T09:15:00"):
        rehearsal.run_until_idle(at_most="10m")


def test_times_are_told_in_the_zone_of_the_start():
    """What begins at nine in Tokyo is told as in Tokyo, and another day has its date."""
    rehearsal = Rehearsal(SupportProcess.default(), start="2026-03-23T23:50+09:00")
    story = rehearsal.open("Printer", by="jane")
    rehearsal.advance(to="2026-03-24T00:10")
    assert (
        story.path
        == """
        t1 23:50 -> t2 24 Mar 00:05 (tier 1)
    """
    )
    assert timedelta(hours=9) == rehearsal.now.utcoffset()


@pytest.mark.parametrize("to", ["2026-03-23T08:00", datetime(2026, 3, 23, 8, tzinfo=UTC)])
def test_time_does_not_go_back(rehearsal, to):
    """It is said where the rehearsal stands."""
    with pytest.raises(InputError, match="lies before the present of this rehearsal, 2026-03-23T09:00:00"):
        rehearsal.advance(to=to)


def test_what_fails_is_tried_again_at_its_own_instant():
    """Retries of messages are events of virtual time like any other."""
    failing = RecordingNotifier("mail", failures=2)
    rehearsal = Rehearsal(SupportProcess.from_text(PROCESS), start=NINE, notifiers=[failing])
    rehearsal.open("Printer", by="jane", priority="high")
    rehearsal.advance("3h")

    [(mailed)] = failing.told
    [(recorded)] = rehearsal.told
    assert ("11:00", "11:03") == (f"{recorded.at:%H:%M}", f"{mailed.at:%H:%M}")


def test_two_rehearsals_know_nothing_of_each_other():
    """Nothing is global: each has its own time, cases and people."""
    one, other = (Rehearsal(SupportProcess.default(), start=NINE) for _ in range(2))
    story = one.open("Printer", by="jane")
    one.advance("1h")
    assert ("2026-03-23T09:00:00+00:00", "t1 09:00") == (other.now.isoformat(), other.open("Printer", by="jane").path)
    assert ("t1", "t2") == story.path.places


def test_way_is_equal_to_what_is_the_same(rehearsal):
    """To another way, to a text, and to nothing else; it is a sequence of steps."""
    story = rehearsal.open("Printer", by="jane")
    path = story.path
    rehearsal.advance("15m")
    later = story.path
    assert path != later
    assert later == story.path
    assert hash(later) == hash(story.path)
    assert path != 7
    assert ("t2", "network", "first line") == (later[1].place, later[1].team, later[1].why)
    assert later[0] == path[0]
    assert 2 == len(later)


def test_management_hears_that_a_vendor_cannot_be_asked_at_the_instant_at_which_it_shows():
    """A question that fails causes a message, though nothing was asked; it is sent before time goes on."""
    rules = SupportProcess(
        name="p",
        tiers=[
            Tier(level=1, name="House", escalates_to=(2,)),
            Tier(level=2, name="Vendor", kind="vendor", vendor="acme", hands_back_to=(1,)),
        ],
    )
    vendor = FlakyVendor("acme", Says("1h", "resolved"), silent=1000)
    with Rehearsal(rules, vendors=[vendor]) as rehearsal:
        story = rehearsal.open(by="jane").escalate(by="anna")
        rehearsal.advance("10h")

        [lost] = [event for event in story.history if isinstance(event, VendorLost)]
        [told] = [telling for telling in story.told if telling.reason.code == "vendor.unreachable"]
        assert told.at == lost.at
