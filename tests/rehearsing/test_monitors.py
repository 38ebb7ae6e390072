"""Monitors: what must never or always be so, as values that a rehearsal takes."""

import pickle
from datetime import UTC, datetime, timedelta

import pytest

from supporttiers import Match, Not, SupportProcess, WorkingHours
from supporttiers.errors import PolicyConfigError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.monitors import Course, Either, Monitor, Telling
from supporttiers.reasons import Reason
from supporttiers.testing import Disclosed, MonitorViolatedError, Rehearsal, Told, always, never
from supporttiers.tiers import Tier

OFFICE = WorkingHours(zone="UTC", week={"mon-fri": "09:00-17:00"})
PROCESS = """
[process]
name = "shop"
priorities = ["low", "high"]

[[tiers]]
level = 1
name = "First line"
kind = "team"

[[limits]]
name = "resolve"
target = "8h"
thresholds = [{ at = "100%", do = ["notify:on_call"] }]
"""
MONDAY = "2026-03-23T09:00Z"


def rehearse(*monitors, start=MONDAY):
    """Make a rehearsal that looks at some monitors."""
    return Rehearsal(SupportProcess.from_text(PROCESS), start=start, monitors=monitors)


def test_nobody_is_paged_at_night():
    """By day it is fine; at night the test fails with the rule, the instant, who was told, and the timeline."""
    nobody_at_night = never(Told("on_call"), outside=OFFICE, name="nobody is paged at night")
    by_day = rehearse(nobody_at_night, start="2026-03-23T08:00Z")
    by_day.open("Printer", by="jane")
    by_day.advance("24h")

    by_night = rehearse(nobody_at_night, start="2026-03-23T12:00Z")
    by_night.open("Printer", by="jane")
    with pytest.raises(MonitorViolatedError) as caught:
        by_night.advance("24h")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (nobody_at_night, str(caught.value)) == (again.violation.monitor, str(again))
    lines = str(caught.value).splitlines()
    assert "case T-1 at 2026-03-23 20:00: nobody is paged at night" == lines[0]
    assert lines[1].startswith("because on_call was told: limit 'resolve' reached 100%")
    assert "opened at tier 1" in lines[2]
    assert "told: on_call: limit 'resolve' reached 100%" in lines[-1]


def test_vip_never_waits_half_an_hour_without_an_assignee():
    """Only of that customer; it is broken at the very instant at which it has been too long."""
    rule = never(Match(assignee=None), when=Match(customer="vip", status="queued"), longer_than="30m")
    fine = rehearse(rule)
    fine.open("Printer", by="jane", customer="other")
    fine.open("Screen", by="jane", customer="vip")
    fine.advance("30m")
    fine.story("T-2").assign(by="bob", assignee="bob")
    fine.advance("8h")

    late = rehearse(rule)
    late.open("Screen", by="jane", customer="vip")
    late.advance("30m")
    with pytest.raises(MonitorViolatedError, match=r"case T-1 at 2026-03-23 09:30, so since 2026-03-23 09:00: never"):
        late.advance("1s")


def test_always_is_the_opposite_of_never():
    """Here every case has an owner within five minutes of work."""
    rule = always(Match(owner=Not(None)), longer_than="5m", within=OFFICE)
    rehearsal = rehearse(rule, start="2026-03-23T16:58Z")
    story = rehearsal.open("Printer", by="jane")
    rehearsal.advance(to="2026-03-24T09:03")
    assert story.case.owner is None
    with pytest.raises(MonitorViolatedError, match=r"case T-1 at 2026-03-24 09:03"):
        rehearsal.advance("1m")


LEAKY = f'{PROCESS}\n[[tiers]]\nlevel = 4\nname = "Printers"\nkind = "vendor"\nvendor = "acme"\n'
SECRET = "The customer's contract ends in June."


@pytest.fixture
def noted():
    """Give a story with a private note, which must stay one."""
    rule = never(Disclosed(), name="a private note never leaves")
    with Rehearsal(SupportProcess.from_text(LEAKY), start=MONDAY, monitors=[rule]) as rehearsal:
        yield rehearsal.open("Printer", by="jane").note(by="bob", text=f"{SECRET}\nok")


LEAKS = {
    "a reply": lambda story: story.reply(by="bob", text="By the way: the  customer's\ncontract ends in june. Bye"),
    "a public note": lambda story: story.note(by="bob", text=SECRET, visibility="public"),
    "a solution": lambda story: story.start(by="bob").resolve(by="bob", text=SECRET),
    "a reason": lambda story: story.start(by="bob").resolve(by="bob", reason=SECRET),
    "a request to a vendor": lambda story: story.dispatch(by="bob", vendor="acme", text=SECRET),
    "a word to a vendor": lambda story: story.dispatch(by="bob", vendor="acme").tell_vendor(
        by="bob", vendor="acme", text=SECRET
    ),
}


@pytest.mark.parametrize("way", LEAKS)
def test_private_note_never_leaves(noted, way):
    """By whatever way; the message has the rule, and not the words."""
    with pytest.raises(MonitorViolatedError, match="a private note never leaves") as caught:
        LEAKS[way](noted)
    assert "contract" not in str(caught.value)


KEPT = {
    "another note": lambda story: story.note(by="anna", text=SECRET),
    "a short line": lambda story: story.reply(by="bob", text="ok"),
    "other words": lambda story: story.reply(by="bob", text="We look into it.\nThe customer's contract"),
    "what the requester said": lambda story: story.reply(by="jane", text=SECRET).reply(by="bob", text=f"> {SECRET}"),
    "what a colleague quotes": lambda story: (
        story.reply(by="jane", text="It prints hieroglyphs.")
        .note(by="bob", text="It prints hieroglyphs.")
        .reply(by="bob", text="So it prints hieroglyphs.")
    ),
    "what a vendor was told": lambda story: story.dispatch(by="bob", vendor="acme", text="Please bring a drum.").reply(
        by="bob", text="Please bring a drum."
    ),
}


@pytest.mark.parametrize("way", KEPT)
def test_what_is_no_leak(noted, way):
    """Within the house, too short to say anything, or known outside."""
    assert KEPT[way](noted).case.is_open


def test_private_words_in_a_message(noted):
    """What the requester is told by a notifier counts, and what colleagues are told does not."""
    told = [
        Telling(
            at=noted.now, case_id=noted.id, to=to, people=people, reason=Reason("error"), text=f"Note:\n{SECRET}"
        )
        for to, people in (("owner", ("bob",)), ("requester", ()), ("watchers", ("cleo", "jane")))
    ]  # fmt: skip
    seen = [Course.of(noted.history, told=[each], until=noted.now) for each in told]

    assert [never(Disclosed()).judge(course) is not None for course in seen] == [False, True, True]
    assert never(Disclosed("acme")).judge(seen[1]) is None
    assert never(Disclosed(["acme", "requester"])).judge(seen[1]) is not None
    assert never(Disclosed(), when=Match(status="closed")).judge(seen[1]) is None


CASES = {
    "at once": (never(Match(status="queued")), "09:00"),
    "for too long": (never(Match(status="queued"), longer_than="1h"), "10:00"),
    "not so long": (never(Match(status="queued"), longer_than="9h"), None),
    "another status": (never(Match(status="waiting")), None),
    "within the hours": (never(Match(status="in_progress"), within=OFFICE), "11:00"),
    "after the hours": (never(Match(status="in_progress"), outside=OFFICE), "17:00"),
    "longer, after the hours": (never(Match(status="in_progress"), outside=OFFICE, longer_than="30m"), "17:30"),
    "longer, within the hours": (never(Match(status="in_progress"), within=OFFICE, longer_than="6h"), None),
    "one of two": (never(Match(status="waiting") | Told("manager")), "12:00"),
    "told, or so": (never(Told("nobody") | Match(status="queued")), "09:00"),
    "one of three": (never(Told("nobody") | Told("nowhere") | Told(["manager", "owner"])), "12:00"),
    "told of something": (never(Told(reason="case.waiting")), "12:00"),
    "told of something else": (never(Told(reason="case.ended")), None),
    "told by somebody": (never(Told(notifier="sms")), None),
    "a person": (never(Told("anna")), "12:00"),
    "words": (never(Told(text="hunter2")), "12:00"),
    "other words": (never(Told(text="hunter3")), None),
    "told, of others": (never(Told("manager"), when=Match(status="queued")), None),
    "told, while": (never(Told("manager"), when=Match(status="in_progress")), "12:00"),
    "told within the hours": (never(Told("manager"), within=OFFICE), "12:00"),
    "told, after the hours": (never(Told("manager"), outside=OFFICE), None),
    "always": (always(Match(status="queued")), "11:00"),
    "always, while": (always(Match(priority="high"), when=Match(status="queued")), "09:00"),
    "always, the other way round": (always(Match(priority="low")), None),
}


@pytest.fixture
def course():
    """Give a case that was queued at nine and worked on from eleven to six; the manager was told at noon."""
    with Rehearsal(SupportProcess.from_text(PROCESS), start=MONDAY) as rehearsal:
        story = rehearsal.open("Printer", by="jane", priority="low")
        rehearsal.advance("2h")
        story.start(by="bob")
        told = Telling(
            at=datetime(2026, 3, 23, 12, tzinfo=UTC), case_id="T-1", to="manager", people=("anna",),
            reason=Reason("case.waiting", {"wait_reason": "customer"}), notifier="mail", text="my password is hunter2",
        )  # fmt: skip
        return Course.of(story.history, told=[told], until=datetime(2026, 3, 23, 18, tzinfo=UTC))


@pytest.mark.parametrize("name", CASES)
def test_rule_is_broken_at_its_instant(course, name):
    """Or is not."""
    monitor, at = CASES[name]
    violation = monitor.judge(course, priorities=["low", "high"])
    assert at == (None if violation is None else f"{violation.at:%H:%M}")


def test_what_is_told_before_the_case_is_of_no_case(course):
    """A condition on the case does not hold where there is none yet."""
    early = Telling(at=course.moments[0][0] - timedelta(1), case_id="T-1", to="manager", reason=Reason("error"))
    found = Course(moments=course.moments, told=(early,), until=course.until)
    assert never(Told("manager"), when=Match()).judge(found) is None
    assert never(Told("manager")).judge(found) is not None


def test_what_lasts_no_instant_is_not_seen(course):
    """Between two events of one command nobody has looked."""
    assert [datetime(2026, 3, 23, hour, tzinfo=UTC) for hour in (9, 11)] == [at for at, _ in course.moments]


def test_hours_that_never_end_have_no_outside(course):
    """Round the clock nothing lies outside."""
    assert never(Match(status="queued"), outside=WorkingHours.always()).judge(course) is None


WRONG = {
    "no condition": (
        lambda: never("at night"),
        "must be a Match, a Told, a Disclosed, or several joined by |, not str",
    ),
    "both hours": (lambda: never(Match(), within=OFFICE, outside=OFFICE), "goes together with no 'within'"),
    "always told": (lambda: always(Told("manager")), "must be on the case"),
    "always disclosed": (lambda: always(Disclosed()), "must be on the case"),
    "no hours": (lambda: never(Match(), outside="office"), "must be WorkingHours"),
    "told for long": (lambda: never(Told("manager"), longer_than="30m"), "people are told at an instant"),
    "no duration": (lambda: never(Match(), longer_than="1d"), "'1d' is not a duration"),
    "no case": (lambda: never(Match(), when="vip"), "must be a Match"),
    "joined with nothing": (lambda: Told("manager") | 7, "must be a Match, a Told"),
}


@pytest.mark.parametrize("name", WRONG)
def test_rule_that_cannot_be_is_refused(name):
    """When it is written, with what is possible."""
    make, problem = WRONG[name]
    with pytest.raises(PolicyConfigError) as caught:
        make()
    assert problem in str(caught.value)


SAID = {
    "never status='queued' or told manager of case.waiting by mail, outside of the hours": never(
        Match(status="queued") | Told("manager", reason="case.waiting", notifier="mail"), outside=OFFICE
    ),
    "never told anybody 'hunter2'": never(Told(text="hunter2")),
    "never private words disclosed to requester, acme": never(Disclosed(["requester", "acme"])),
    "never status='queued' or private words disclosed": never(Match(status="queued") | Disclosed()),
    "always owner='anna', when customer='vip', longer than 5m, within the hours": always(
        Match(owner="anna"), when=Match(customer="vip"), longer_than=timedelta(minutes=5), within=OFFICE
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_rule_says_itself(said):
    """As a sentence."""
    assert said == str(SAID[said])


def test_rules_are_values():
    """Equal where they say the same; several conditions in one."""
    assert never(Told("a") | Told("b")) == never(Told("a") | Told("b"))
    assert Either(Match(), Told()) == Match() | Told()
    assert Either(Match(), Told(), Told("a")) == Match() | (Told() | Told("a"))
    assert isinstance(never(Match()), Monitor)


def test_what_was_told_is_judged_by_the_case_as_it_was_then():
    """The manager hears of a case at tier 1; that it moves on within the same minute breaks no rule about tier 2."""
    monitor = never(Told("manager"), when=Match(tier=2))
    rules = SupportProcess(
        name="p",
        tiers=[Tier(level=1, name="One", escalates_to=(2,)), Tier(level=2, name="Two")],
        limits=[
            TimeLimit(
                name="r", measures="resolution", target="1h", thresholds=[Threshold("100%", do=["notify:manager"])]
            )
        ],
    )
    with Rehearsal(rules, monitors=[monitor]) as rehearsal:
        story = rehearsal.open(by="jane")
        rehearsal.advance("1h")
        story.escalate(by="anna")

        assert story.was_told("manager")
        assert story.case.tier == 2
        with pytest.raises(MonitorViolatedError, match="never told manager"):
            story.inform_management(by="anna")
