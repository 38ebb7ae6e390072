"""Closing, reopening windows, and satisfaction: what follows the resolution of a case."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.backends.storage.memory import MemoryStore
from supporttiers.calendars import WorkingHours
from supporttiers.calendars.targets import business_days
from supporttiers.cases import Place, rebuild
from supporttiers.commands import Reopen
from supporttiers.decisions import Destination, FollowUp, Situation
from supporttiers.errors import MoveRefusedError, NotPermittedError, PolicyConfigError, ProcessError
from supporttiers.match import AtLeast, Match
from supporttiers.policies.closing import CloseAfter
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.policies.satisfaction import AskForSatisfaction
from supporttiers.process import SupportProcess
from supporttiers.testing.builders import NOON, minutes, opening


@pytest.fixture
def with_rules(make_desk, calm):
    """Make desks whose process has these policies."""
    return lambda *policies, **more: make_desk(attrs.evolve(calm, policies=policies, **more))


def resolved(desk, case_id="T-1", **how):
    """Open a case of Jane's, and resolve it at once."""
    desk.open("Printer", id=case_id, by="jane", text="It burns.", **how)
    return desk.resolve(case_id, by="bob", solution="kb/1")


# -- closing


def test_resolved_case_is_closed_by_itself_when_its_time_is_over(with_rules, clock, at, kinds):
    """At the very instant and not before; the closing says why."""
    desk = with_rules(CloseAfter("5h"))
    case = resolved(desk)
    assert ["at 2026-03-23T14:00:00+00:00: close (close)"] == [str(reason) for reason in desk.explain(case).next]

    clock.advance(to=at("13:59:59"))
    assert 0 == desk.run_due().fired
    clock.advance(to=at("14:00"))
    assert 1 == desk.run_due().fired

    closed = desk.history("T-1")[-1]
    assert ["CommandScheduled", "ScheduleEnded", "CaseClosed"] == kinds(desk, "T-1", 2)
    assert (at("14:00"), "system", "it was to be done at this time: close") == (
        closed.at, closed.by.id, str(closed.reason)
    )  # fmt: skip
    assert ("closed", ("close",)) == (desk.get("T-1").status, desk.get("T-1").carried_out)


def test_reopened_case_is_not_closed_and_gets_its_time_anew(with_rules, clock, kinds):
    """Closing counts from the last resolution."""
    desk = with_rules(CloseAfter("5h"))
    resolved(desk)
    clock.advance("4h")
    desk.reply("T-1", by="jane", text="No.")
    assert "ScheduleEnded" == kinds(desk, "T-1")[-1]
    desk.resolve("T-1", by="bob")
    clock.advance("4h")
    desk.run_due()

    assert "resolved" == desk.get("T-1").status
    clock.advance("1h")
    desk.run_due()
    assert "closed" == desk.get("T-1").status


def test_resolution_of_long_ago_closes_at_once(with_rules, clock, at):
    """A resolution that is known late counts from when it happened."""
    desk = with_rules(CloseAfter("1h"))
    desk.open("Printer", id="T-1", by="jane")
    clock.advance("3h")
    desk.resolve("T-1", by="bob", occurred_at=at("10:00"))

    assert ("closed", at("10:00"), at("12:00")) == (
        desk.get("T-1").status, desk.get("T-1").resolved_at, desk.get("T-1").closed_at
    )  # fmt: skip


def test_closing_may_be_for_some_cases_only(with_rules):
    """The condition is judged at the resolution; the order of priorities is the process's."""
    desk = with_rules(CloseAfter("5h", when=Match(priority=AtLeast("high"))))

    assert (0, 1) == (
        len(resolved(desk, "T-1", priority="low").scheduled), len(resolved(desk, "T-2", priority="critical").scheduled)
    )  # fmt: skip


# -- reopening


@pytest.mark.parametrize(("moment", "status"), [("14:00", "queued"), ("14:00:00.000001", "resolved")])
def test_reply_reopens_within_the_window_its_end_included(with_rules, clock, at, moment, status):
    """After it the case stays as it is."""
    desk = with_rules(ReopenWithin("5h"))
    resolved(desk)
    clock.advance(to=at(moment))

    assert status == desk.reply("T-1", by="jane", text="It burns again.").status


def test_reply_after_the_window_opens_a_follow_up(with_rules, clock, kinds):
    """What was said is kept on the old case and begins the new one, which is linked to it; told once only."""
    desk = with_rules(ReopenWithin("5h"), link_kinds=())
    resolved(desk, category="printing", priority="high", tags=["vip"], attributes={"site": "Leeds"}, customer="c-9")
    clock.advance("6h")
    old = desk.reply("T-1", by="jane", text="It burns again.", channel="mail")
    assert [2, 0] == [desk.run_due().relayed, desk.run_due().relayed]

    replied, followed = desk.history("T-1")[-2:]
    assert ("It burns again.", followed.follow_up, "resolved") == (replied.text, old.follow_up, old.status)
    assert ("resolved at 2026-03-23T09:00:00+00:00, it may be reopened for 5h; another case goes on with it") == str(
        followed.reason
    )
    assert f"case {old.follow_up} goes on with it" in str(desk.explain(old))
    new = desk.get(old.follow_up)
    assert new.id.startswith("T-1-")
    opened = desk.history(new)[0]
    assert ("It burns again.", "jane", "mail") == (opened.text, opened.by.id, opened.channel)
    assert ("Printer", "jane", "c-9", "printing", "high", ("vip",), {"site": "Leeds"}) == (
        new.subject, new.requester, new.customer, new.category, new.priority, new.tags, new.attributes
    )  # fmt: skip
    assert [("follows", "T-1")] == [(link.kind, link.case_id) for link in new.links]
    assert ["CaseOpened", "CaseLinked"] == kinds(desk, new)


def test_second_word_after_the_window_goes_to_the_follow_up(with_rules, clock, kinds):
    """There is one follow-up, whoever says something more; a second reopening is refused and names it."""
    desk = with_rules(ReopenWithin("5h"))
    resolved(desk)
    clock.advance("6h")
    desk.reply("T-1", by="jane", text="It burns again.")
    desk.run_due()
    desk.reply("T-1", by="jane", text="Badly.")
    desk.run_due()

    new_id = desk.get("T-1").follow_up
    assert ["CaseOpened", "CaseLinked", "CaseReplied"] == kinds(desk, new_id)
    assert "Badly." == desk.history(new_id)[-1].text
    with pytest.raises(MoveRefusedError, match=f"follow-up case '{new_id}' is there already"):
        desk.reopen("T-1", by="bob")


def test_reopening_after_the_window_opens_a_follow_up(with_rules, clock, kinds):
    """For agents it is the same; in their own words."""
    desk = with_rules(ReopenWithin("5h"))
    resolved(desk)
    assert "queued" == desk.reopen("T-1", by="bob").status
    desk.resolve("T-1", by="bob")
    clock.advance("6h")
    desk.reopen("T-1", by="bob", reason="She called.")
    desk.run_due()

    assert "FollowUpOpened" == kinds(desk, "T-1")[-1]
    opened = desk.history(desk.get("T-1").follow_up)[0]
    assert ("She called.", "bob", "jane") == (opened.text, opened.by.id, opened.requester)


def test_reply_to_a_closed_case_opens_a_follow_up_rather_than_be_lost(with_rules, clock):
    """Where the process has no way back, the window does not matter; without the rule the reply is refused."""
    desk = with_rules(ReopenWithin("5h"))
    resolved(desk)
    desk.close("T-1", by="bob")
    closed = desk.reply("T-1", by="jane", text="Hello?")
    desk.open(id="T-2", by="jane")
    desk.cancel("T-2", by="bob")
    cancelled = desk.reply("T-2", by="jane", text="Hello?")
    desk.run_due()

    assert "it is closed, and is not reopened; another case goes on with it" == str(desk.history("T-1")[-1].reason)
    assert ["Hello?", "Hello?"] == [
        desk.history(case_id)[0].text for case_id in (closed.follow_up, cancelled.follow_up)
    ]


def test_reply_to_a_closed_case_is_refused_where_the_window_refuses(with_rules):
    """As without the rule."""
    desk = with_rules(ReopenWithin("5h", after_window="refuse"))
    desk.close(resolved(desk), by="bob")

    with pytest.raises(MoveRefusedError, match="a reply does not reopen it"):
        desk.reply("T-1", by="jane", text="Hello?")


@pytest.mark.parametrize("verb", ["reply", "reopen"])
def test_window_may_refuse_instead(with_rules, clock, verb):
    """The refusal says until when; nothing is written, so that the caller still has the text."""
    desk = with_rules(ReopenWithin("5h", after_window="refuse"))
    case = resolved(desk)
    clock.advance("6h")
    with pytest.raises(NotPermittedError) as caught:
        getattr(desk, verb)("T-1", by=Actor.customer("jane"))

    assert ["it was resolved at 2026-03-23T09:00:00+00:00, and may be reopened for 5h; open a new case"] == [
        str(reason) for reason in caught.value.refusals
    ]
    assert case == desk.get("T-1")


def test_window_is_for_the_requester_and_for_cases_that_meet_its_condition(with_rules, clock):
    """The house may still say something after the end, and other cases are reopened as ever."""
    desk = with_rules(ReopenWithin("5h", when=Match(category="printing")))
    resolved(desk, category="printing")
    resolved(desk, "T-2", category="vpn")
    clock.advance("6h")

    assert ("resolved", None) == (
        desk.reply("T-1", by="bob", text="All well?").status, desk.get("T-1").follow_up
    )  # fmt: skip
    assert "queued" == desk.reply("T-2", by="jane").status


def test_follow_up_of_a_long_id_has_an_id_all_the_same(with_rules, clock):
    """Ids have an end: it is made of the old one in another way then."""
    desk = with_rules(ReopenWithin("5h"))
    resolved(desk, "x" * 200)
    clock.advance("6h")
    case = desk.reply("x" * 200, by="jane", text="Again.")
    desk.run_due()

    assert 64 == len(case.follow_up)
    assert "Again." == desk.history(case.follow_up)[0].text


def test_follow_up_is_weighed_anew_where_a_policy_does_that(make_desk, calm, clock):
    """Its priority is asked for, as that of any new case is."""

    class LowAtFirst:
        name = "acme.low"
        revision = 1

        def prioritise(self, situation):
            return "low" if situation.case.id == "T-1" else "critical"

    desk = make_desk(attrs.evolve(calm, policies=[ReopenWithin("5h"), LowAtFirst()]))
    resolved(desk)
    clock.advance("6h")
    desk.reply("T-1", by="jane")
    desk.run_due()

    assert ("low", "critical") == (desk.get("T-1").priority, desk.get(desk.get("T-1").follow_up).priority)


def test_own_rule_may_say_what_reopening_becomes(make_desk, calm):
    """Whatever answers `reopen` is asked with the place to which the case would go."""
    seen = []

    class Watching:
        name = "acme.watching"
        revision = 1

        def reopen(self, situation):
            seen.append((situation.trigger, situation.to, type(situation.command)))

    desk = make_desk(attrs.evolve(calm, policies=[Watching()]))
    resolved(desk)
    desk.reopen("T-1", by="bob")

    assert [("reopen", Place(1, "front"), Reopen)] == seen


# -- satisfaction


def test_requester_is_asked_for_satisfaction_once_for_each_resolution(with_rules, clock, pager):
    """Notifiers hear a code of its own."""
    desk = with_rules(AskForSatisfaction("24h"), CloseAfter("5h"))
    resolved(desk)
    for _ in range(3):
        clock.advance("12h")
        desk.run_due()

    (sent,) = pager.sent
    assert ("requester", ("jane",), "satisfaction.asked", "closed") == (
        sent.to, tuple(map(str, sent.recipients)), sent.reason.code, sent.status
    )  # fmt: skip
    assert ("satisfaction",) == desk.get("T-1").carried_out[1:]


@pytest.mark.parametrize("verb", ["rate", "reply"])
def test_requester_who_has_rated_or_come_back_is_not_asked(with_rules, clock, pager, verb):
    """The question is dropped."""
    desk = with_rules(AskForSatisfaction("24h"))
    resolved(desk)
    getattr(desk, verb)("T-1", by="jane", **({"score": 5} if verb == "rate" else {}))
    clock.advance("25h")
    desk.run_due()

    assert ([], ()) == (pager.sent, desk.get("T-1").scheduled)


def test_satisfaction_may_be_asked_for_after_closing(with_rules, clock, pager):
    """Only of some cases, where a condition says so."""
    desk = with_rules(AskForSatisfaction("1h", on="closed", when=Match(channel="mail")))
    for case_id, channel in (("T-1", "mail"), ("T-2", "phone")):
        resolved(desk, case_id, channel=channel)
        assert () == desk.get(case_id).scheduled
        desk.close(case_id, by="bob")
    clock.advance("1h")
    desk.run_due()

    assert ["T-1"] == [sent.case_id for sent in pager.sent]


# -- bad rules


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (
            lambda: CloseAfter("3d"),
            "CloseAfter.after: '3d' may mean days of work or of the calendar, which differ",
        ),
        (lambda: CloseAfter("0s"), "CloseAfter.after: must be longer than zero"),
        (lambda: CloseAfter("1h", when=Match()), "CloseAfter.when: is empty, and would hold for every case"),
        (lambda: CloseAfter("1h", when={"tier": 1}), "CloseAfter.when: must be a Match, not dict"),
        (lambda: ReopenWithin("1h", after_window="open"), "ReopenWithin.after_window: must be one of: follow_up, ref"),
        (lambda: ReopenWithin("-1h"), "ReopenWithin.within: must be longer than zero"),
        (lambda: AskForSatisfaction("1h", on="cancelled"), "AskForSatisfaction.on: must be one of: resolved, closed"),
        (lambda: AskForSatisfaction(1), "AskForSatisfaction.after: must be a text or a timedelta, not int"),
    ],
)
def test_rule_that_makes_no_sense_is_refused(make, problem):
    """When the process is built, with its class and field."""
    with pytest.raises(PolicyConfigError) as caught:
        make()

    assert str(caught.value).startswith(problem)


# -- whose time


@pytest.fixture
def office(calm):
    """Give a process with office hours: nine to five, from Monday to Friday."""
    hours = WorkingHours(name="office", week={"mon-fri": "09:00-17:00"})
    return attrs.evolve(calm, calendars=[hours])


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        (CloseAfter("72h"), "2026-03-26T09:00"),
        (CloseAfter("12h", calendar="office"), "2026-03-24T13:00"),
        (CloseAfter("3 calendar days"), "2026-03-26T09:00"),
        (CloseAfter("5 business days", calendar="office"), "2026-03-30T09:00"),
        (CloseAfter(business_days(5), calendar="office"), "2026-03-30T09:00"),
        (AskForSatisfaction("until close", calendar="office"), "2026-03-23T17:00"),
        (AskForSatisfaction("1 business day", calendar="office"), "2026-03-24T09:00"),
    ],
    ids=range(7),
)
def test_time_of_rules_is_counted_in_a_calendar_of_the_process(make_desk, office, rule, due):
    """Round the clock unless a calendar is named; from Python as from a file."""
    process = attrs.evolve(office, policies=[rule])
    assert process == SupportProcess.from_data(process.to_data())
    case = resolved(make_desk(process))

    assert [f"{due}:00+00:00"] == [one.due_at.isoformat() for one in case.scheduled]


@pytest.mark.parametrize(("moment", "status"), [("2026-03-25T17:00", "queued"), ("2026-03-25T17:01", "resolved")])
def test_window_may_be_counted_in_working_days(make_desk, office, clock, moment, status):
    """To the very end of the last of them; the reason says it in the words of the rule."""
    desk = make_desk(attrs.evolve(office, policies=[ReopenWithin("until close of business day 3", calendar="office")]))
    resolved(desk)
    clock.advance(to=f"{moment}Z")
    case = desk.reply("T-1", by="jane")

    assert status == case.status
    if case.follow_up:
        assert "until close of business day 3" == desk.history("T-1")[-1].reason.params["within"]


def test_calendar_of_a_rule_must_be_known(office):
    """At its place."""
    with pytest.raises(ProcessError) as caught:
        attrs.evolve(office, policies=[CloseAfter("1h"), CloseAfter("1h", calendar="night")])

    assert ["policies[1].calendar: 'night' is not known; possible are: 24x7, office"] == [
        str(fault) for fault in caught.value.faults
    ]


def test_rule_that_is_asked_by_hand_counts_round_the_clock():
    """A policy can be tried without a process."""
    window = ReopenWithin("1h")
    case = attrs.evolve(rebuild(opening().events), resolved_at=NOON)

    assert window.reopen(Situation(case=case, now=NOON)) is None
    assert isinstance(window.reopen(Situation(case=case, now=minutes(61))), FollowUp)


def deployed(make_desk, calm, clock, *rules, **fields):
    """Reopen a case after its window, and let a newer release relay what comes of it."""
    store = MemoryStore()
    old = make_desk(attrs.evolve(calm, policies=[ReopenWithin("1h"), *rules]), store=store)
    resolved(old, priority="high")
    clock.advance("2h")
    old.reopen("T-1", by="jane", reason="It burns again.")
    desk = make_desk(attrs.evolve(calm, **fields), store=store)
    desk.run_due()
    return desk


def test_follow_up_whose_priority_is_no_more_is_opened_all_the_same(make_desk, calm, clock):
    """By the newest release; what this does not know of the old case's priority, it does without."""
    desk = deployed(make_desk, calm, clock, priorities=["minor", "major"])

    assert "minor" == desk.get(desk.get("T-1").follow_up).priority


def test_follow_up_that_is_refused_is_not_lost_in_silence(make_desk, calm, clock, kinds):
    """Management is told on the case that was to go on with it, once."""
    rule = Permission(verbs=["open"], kinds=["customer", "system"], effect="deny", text="Closed today.")
    desk = deployed(make_desk, calm, clock, policies=[PermitByRules([rule])])
    desk.run_due()

    assert [desk.get("T-1").id] == [case.id for case in desk.find()]
    assert 1 == kinds(desk, "T-1").count("ManagementInformed")
    assert f"case {desk.get('T-1').follow_up} could not be opened" == desk.history("T-1")[-1].said


def test_whatever_else_is_wrong_with_a_follow_up_is_told_too(make_desk, calm, clock, kinds):
    """A newest release without the kind of the old case, say, is no reason to keep silent."""
    desk = deployed(make_desk, calm, clock, policies=[Lost()])

    assert 1 == kinds(desk, "T-1").count("ManagementInformed")


class Lost:
    """A policy that sends what is opened to a tier that does not exist."""

    name, revision = "tests.lost", 1

    def __init__(self, tier=9):
        self.tier = tier

    def route(self, _situation, /):
        """Send it nowhere."""
        return Destination(tier=self.tier)


def test_delivery_that_is_repeated_after_a_crash_raises_no_alarm(make_desk, calm, clock, kinds, monkeypatch):
    """The follow-up is there, though nobody had written down that it was opened."""
    crashes = [OSError("gone")]
    settle = MemoryStore.settle

    def crash(store, settled):
        if crashes:
            raise crashes.pop()
        return settle(store, settled)

    monkeypatch.setattr(MemoryStore, "settle", crash)
    desk = deployed(make_desk, calm, clock, priorities=["minor", "major"])
    clock.advance("2h")
    desk.run_due()

    assert 2 == len(desk.find())
    assert 0 == kinds(desk, "T-1").count("ManagementInformed")


def test_follow_up_that_never_succeeds_is_told_when_it_is_given_up(make_desk, calm, clock, kinds):
    """A bug in a policy is tried again ten times; then management hears of it."""
    desk = deployed(make_desk, calm, clock, policies=[Lost("second")])
    for _ in range(12):
        clock.advance("24h")
        desk.run_due()

    assert 1 == kinds(desk, "T-1").count("ManagementInformed")


def test_alarm_that_a_rule_forbids_is_logged(make_desk, calm, clock, kinds, caplog):
    """Nothing else can be done; the message does not come back for ever."""
    quiet, shut = (
        PermitByRules([Permission(verbs=[verb], kinds=["system", "customer"], effect="deny")])
        for verb in ("inform_management", "open")
    )
    desk = deployed(make_desk, calm, clock, quiet, policies=[shut])

    assert 0 == kinds(desk, "T-1").count("ManagementInformed")
    assert "could not be opened; management was not told" in caplog.text
