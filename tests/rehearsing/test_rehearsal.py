"""Rehearsals: a process on virtual time, each thing at its own instant, on any store."""

from datetime import UTC, datetime, timedelta

import pytest

from supporttiers import Match, SupportDesk, SupportProcess
from supporttiers.errors import InputError, MoveRefusedError
from supporttiers.events import VendorLost
from supporttiers.testing import (
    Disclosed,
    FlakyVendor,
    MonitorViolatedError,
    RecordingNotifier,
    Rehearsal,
    Says,
    ScriptedVendor,
    Told,
    never,
)  # fmt: skip
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


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        (lambda rehearsal: rehearsal.open("x", by="p", prio="high"), "open takes no 'prio'; did you mean 'priority'? "),
        (
            lambda rehearsal: rehearsal.open("x", by="p", qqq=1),
            "open takes no 'qqq'; possible are: subject, id, text, ",
        ),
        (lambda rehearsal: rehearsal.open("x", by="p").start(bye="anna"), "start takes no 'bye'; did you mean 'by'? "),
    ],
)
def test_what_a_verb_does_not_take_is_named(rehearsal, wrong, advice):
    """With what was meant; the names of our commands would help nobody."""
    with pytest.raises(TypeError) as caught:
        wrong(rehearsal)
    assert str(caught.value).startswith(advice)


def test_one_monitor_may_stand_alone():
    """It need not be a list."""
    with Rehearsal(SupportProcess.default(), start=NINE, monitors=never(Match(tier=2))) as rehearsal:
        rehearsal.open("Printer", by="jane")
        with pytest.raises(MonitorViolatedError):
            rehearsal.advance("1h")


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


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("2026-03-23T08:00", "goes back: Mon 2026-03-23 08:00 is before Mon 2026-03-23 09:00"),
        ("08:00", "for another day say it, such as 'Mon 08:00' or a date"),
        ("at night", "'at night' is no time"),
        (datetime(2026, 3, 23, 8, tzinfo=UTC), "lies before the present of this rehearsal, 2026-03-23T09:00:00"),
    ],
)
def test_time_does_not_go_back(rehearsal, to, said):
    """It is said where the rehearsal stands."""
    with pytest.raises(InputError, match=said):
        rehearsal.advance(to=to)


def test_time_goes_on_as_people_say_it(rehearsal):
    """By the clock, by the day of the week, and by a date."""
    for to, now in (("09:20", "23 09:20"), ("Tue 07:00", "24 07:00"), ("2026-03-25 10:00", "25 10:00")):
        rehearsal.advance(to=to)
        assert now == f"{rehearsal.now:%d %H:%M}"


BERLIN = """
process.name = "berlin"
process.calendar = "office"
calendars.office = { zone = "Europe/Berlin", week.mon-fri = "08:00-16:00" }
tiers = [{ level = 1, name = "Desk", teams = ["front"] }]
limits = [{ name = "answer", target = "1h", agreement = "sla", thresholds = [
  { at = "50%", do = ["notify:assignee"] }, { at = "100%", do = ["notify:manager"] },
] }]
"""


def test_start_without_an_offset_is_in_the_zone_of_the_house():
    """Nine o'clock is nine before and after the clocks are changed; whatever is told is told in that zone."""
    rule = never(Told("manager"), when=Match(category="vpn"))
    with Rehearsal(SupportProcess.from_text(BERLIN), start="2026-10-23 15:30", monitors=[rule]) as rehearsal:
        story = rehearsal.open("Printer", by="jane")
        rehearsal.advance(to="2026-10-26 09:00")

        assert "2026-10-26T08:00:00+00:00" == rehearsal.clock.now().isoformat()
        assert "08:30 manager" in str(story.told[-1])
        assert "2026-10-26 08:30:00  told: manager: limit 'answer' reached 100%" in str(story)
        assert "due 2026-10-26 08:30:00" in str(story)
        assert story.was_told("manager", after="2026-10-26 08:30", before="2026-10-26 08:31")
        rehearsal.open("No VPN", by="jane", category="vpn")
        with pytest.raises(MonitorViolatedError, match="case T-2 at 2026-10-26 10:00: never told manager") as caught:
            rehearsal.advance("1h")
    assert "because manager was told: limit 'answer' reached 100%" in str(caught.value)


@pytest.mark.parametrize("start", [datetime(2026, 3, 23, 9), "nine o'clock", 9, "09:00"])  # noqa: DTZ001 - it is naive
def test_start_is_an_instant(start):
    """Whatever is none is refused, by its name."""
    with pytest.raises(InputError, match=r"^start "):
        Rehearsal(SupportProcess.default(), start=start)


MISSPELT = {
    "told.to: 'manger' is not known here; did you mean 'manager'?": never(Told("manger")),
    "'move.limt' is no code of a reason; did you mean 'move.limit'?": never(Told(reason="move.limt"), name="quiet"),
    "disclosed: 'acme' is": never(Disclosed("acme")),
}


@pytest.mark.parametrize("problem", MISSPELT)
def test_monitor_that_speaks_of_nobody_is_refused(problem):
    """It would hold for ever."""
    with pytest.raises(InputError, match=r"^monitors has '") as caught:
        Rehearsal(SupportProcess.from_text(PROCESS), monitors=[MISSPELT[problem]])
    assert problem in str(caught.value)


def test_names_of_the_house_are_known(tmp_path):
    """Those of its people file, and of vendors that are handed in."""
    people = tmp_path / "people.toml"
    people.write_text('agents = [{ id = "managers", roles = ["teams"] }]')
    rules = [never(Told(["managers", "teams", "somebody.else"])), never(Disclosed("acme"))]
    with Rehearsal(
        SupportProcess.from_text(PROCESS), directory=people, vendors=[ScriptedVendor("acme")], monitors=rules
    ) as rehearsal:
        assert len(rehearsal.monitors) == 2


def test_role_that_stands_for_nobody_is_not_told():
    """It is seen in what was told; nobody was, for a test and for a monitor."""
    rule = never(Told("assignee"))
    with Rehearsal(SupportProcess.from_text(BERLIN), start="2026-03-23 09:00", monitors=[rule]) as rehearsal:
        story = rehearsal.open("Printer", by="jane")
        rehearsal.advance("50m")
        assert "09:30 assignee (nobody): " in str(story.told[0])
        assert not story.was_told("assignee")
        story.assign(by="bob", assignee="bob")
        with pytest.raises(MonitorViolatedError, match=r"because assignee \(bob\) was told"):
            rehearsal.open("Screen", by="jane").assign(by="bob", assignee="bob").rehearsal.advance("30m")


def test_role_that_a_directory_does_not_fill_is_not_told(tmp_path):
    """With a directory it is known who is the manager; without one that is for the house to say."""
    people = tmp_path / "people.toml"
    people.write_text('agents = [{ id = "bob", teams = ["front"] }]')
    with Rehearsal(SupportProcess.from_text(BERLIN), start="2026-03-23 09:00", directory=people) as rehearsal:
        story = rehearsal.open("Printer", by="jane")
        rehearsal.advance("1h")
        assert not story.was_told("manager")
        assert "manager (nobody)" in str(story)


def test_store_with_cases_is_left_alone(tmp_path):
    """Virtual time would fire the deadlines of real cases."""
    store = f"sqlite:///{tmp_path / 'cases.db'}"
    with SupportDesk(SupportProcess.default(), store=store) as desk:
        desk.open("Printer", by="jane")
    with pytest.raises(InputError, match="store has cases already; name an empty one"):
        Rehearsal(SupportProcess.default(), store=store)


def test_cases_that_come_up_by_themselves_are_looked_at(rehearsal, monkeypatch):
    """Monitors know of cases that were opened on the desk, and by rules, too, however many there are."""
    monkeypatch.setattr("supporttiers.testing.rehearsal._PAGE", 1)
    rehearsal.monitors = (never(Match(tier=2), when=Match(category="vpn")),)
    for number in range(3):
        rehearsal.desk.open("No VPN", by="jane", id=f"vpn-{number}", category="vpn" if number == 2 else None)
    with pytest.raises(MonitorViolatedError, match="case vpn-2 at"):
        rehearsal.advance("15m")


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


@pytest.mark.parametrize(
    ("bound", "problem"),
    [
        ("_PASSES", "has not come to rest after 0 passes"),
        ("_STEPS", "is not enough: 0 instants have been gone through"),
    ],
)
def test_circle_is_told_in_place_of_going_on_for_ever(monkeypatch, bound, problem):
    """A process that gives itself ever more to do at one instant, or without an end, is the author's to see."""
    rehearsal = Rehearsal(SupportProcess.from_text(PROCESS), start=NINE)
    rehearsal.open("Printer", by="jane")
    monkeypatch.setattr(f"supporttiers.testing.rehearsal.{bound}", 0)

    with pytest.raises(InputError, match=problem):
        rehearsal.run_until_idle()


def test_what_a_pass_does_not_do_is_told(monkeypatch):
    """Time would never pass again."""
    rehearsal = Rehearsal(SupportProcess.from_text(PROCESS), start=NINE)
    rehearsal.open("Printer", by="jane")
    monkeypatch.setattr(rehearsal, "next_at", rehearsal.clock.now)

    with pytest.raises(InputError, match="that a pass at that instant does not do"):
        rehearsal.advance("1h")


def test_messages_that_wait_are_all_looked_at(monkeypatch):
    """However many there are: each is tried again at its own instant."""
    monkeypatch.setattr("supporttiers.testing.rehearsal._PAGE", 1)
    failing = RecordingNotifier("mail", failures=4)
    rehearsal = Rehearsal(SupportProcess.from_text(PROCESS), start=NINE, notifiers=[failing])
    for _ in range(3):
        rehearsal.open("Printer", by="jane", priority="high")
    rehearsal.advance("8h")

    assert 6 == len(failing.told)


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
