"""A process that only watches: rules are put on record, what is said stands, and its refusal beside it."""

from typing import ClassVar

import attrs
import pytest

from supporttiers import commands as wanted
from supporttiers import events as happened
from supporttiers.actors import Actor
from supporttiers.analysis import would_have
from supporttiers.cases import rebuild
from supporttiers.decisions import Destination, FollowUp, Later, Refusal
from supporttiers.errors import InputError, MoveRefusedError
from supporttiers.facts import FactSource
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.links import VendorStatus
from supporttiers.policies.cascades import Cascade
from supporttiers.process import SupportProcess
from supporttiers.reasons import Reason
from supporttiers.tiers import Tier


@attrs.frozen
class Opinions:
    """Has an answer to everything."""

    name: ClassVar[str] = "tests.opinions"
    revision: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ()
    instead: str = ""

    def route(self, _situation, /):
        """Send it to the second tier."""
        return Destination(tier=2, team="network", tags=("routed",))

    def prioritise(self, _situation, /):
        """Call it critical."""
        return "critical"

    def assign(self, situation, /):
        """Give it to Anna, or to Bob if she had it."""
        return "bob" if "anna" in situation.exclude else "anna"

    def permit(self, situation, /):
        """Let nobody resolve."""
        return Refusal(Reason("tests.no", {})) if situation.trigger == "resolve" else None

    def reopen(self, _situation, /):
        """Do something else instead."""
        if self.instead == "follow_up":
            return FollowUp(Reason("tests.again", {}))
        return Refusal(Reason("tests.over", {})) if self.instead == "refuse" else None

    def react(self, situation, /):
        """File what is resolved, tell another case, start what is noted, and try what cannot be done."""
        case, event = situation.case, situation.event
        if isinstance(event, happened.CaseResolved):
            at = situation.now.replace(hour=20)
            return [Later(command=wanted.Close(case_id=case.id, by=situation.by), at=at, name="file")]
        if isinstance(event, happened.CaseNoted):
            return [
                wanted.Start(case_id=case.id, by=situation.by), wanted.Approve(case_id=case.id, by=situation.by),
                wanted.Note(case_id="C-9", by=situation.by),
            ]  # fmt: skip
        return ()


@pytest.fixture
def watching(acme):
    """Give the process with limits, its rules only watching."""
    return acme.observing()


@pytest.fixture
def desk(make_desk, watching):
    """Give a desk that only watches."""
    return make_desk(watching)


@pytest.fixture
def opinionated(make_desk, calm):
    """Make desks that only watch a process whose policies have opinions."""

    def make(**fields):
        process = attrs.evolve(calm, policies=[Opinions(**fields)], reopen_from=["resolved", "closed"])
        return make_desk(process.observing())

    return make


def withheld(desk, case):
    """Give what would have been done, in order."""
    return [event.would_have for event in desk.history(case) if isinstance(event, happened.ActionWithheld)]


def refused(desk, case):
    """Give what would have been refused, and why."""
    observed = (event for event in desk.history(case) if isinstance(event, happened.RefusalObserved))
    return [(event.trigger, event.reason.code) for event in observed]


# -- the process


def test_observing_process_is_one_of_its_own(acme):
    """It has the name, another revision, and comes back from its file; watching twice is watching."""
    watching = acme.observing()

    assert (acme.name, True) == (watching.name, watching.observes)
    assert acme.revision != watching.revision
    assert watching == watching.observing() == SupportProcess.from_data(watching.to_data())
    assert acme == SupportProcess.from_json(acme.to_json())


# -- limits


def test_watching_limits_run_and_fire_and_act_on_nothing(desk, clock, pager):
    """Thresholds are reached and breached; what they wanted is on record with the limit as its reason."""
    case = desk.open("Printer", by="jane")
    clock.advance("8h")
    done = desk.run_due()
    case = desk.get(case.id)

    assert (1, 1, "queued") == (done.fired, case.tier, case.status)
    assert (True, True) == tuple(clock_now.breached for clock_now in desk.clocks(case))
    assert ["escalate:2", "notify:assignee", "notify:manager"] == withheld(desk, case)
    assert ["move.limit"] * 3 == [
        event.reason.code for event in desk.history(case) if isinstance(event, happened.ActionWithheld)
    ]
    assert [] == pager.sent
    assert case == rebuild(desk.history(case))


def test_watching_says_what_the_process_would_refuse_its_own_rules(make_desk, clock):
    """An action that has nowhere to lead is on record as refused, and so is that management would hear of it."""
    process = SupportProcess(
        name="small",
        tiers=[Tier(level=1, name="One")],
        limits=[TimeLimit(name="own", target="1h", thresholds=[Threshold("100%", do=["release"])])],
    )
    desk = make_desk(process.observing())
    case = desk.open("Printer", by="jane")
    clock.advance("1h")
    desk.run_due()

    [refusal] = [event for event in desk.history(case) if isinstance(event, happened.ActionRefused)]
    assert "release" == refusal.action
    assert ["notify:manager"] == withheld(desk, case)


def test_watching_lets_an_agreed_wait_end_once_and_does_not_resume(desk, clock, at):
    """The end of an agreed wait is on record; the case goes on waiting until somebody says otherwise."""
    case = desk.open("Printer", by="jane", tier=2)
    case = desk.wait(case, by="anna", until=at("10:00"))
    clock.advance("2h")
    desk.run_due()
    case = desk.get(case.id)

    assert ("waiting", None) == (case.status, case.wait_until)
    assert ["resume"] == withheld(desk, case)
    assert "queued" == desk.resume(case, by="anna").status


# -- policies


def test_watching_policies_are_asked_and_what_is_said_counts(opinionated):
    """Answers of policies are on record; tier, team, priority and assignee are as said, else the default."""
    desk = opinionated()
    case = desk.open("Printer", by="jane")
    said = desk.open("Printer", by="jane", tier=1, team="back", priority="low")

    assert (1, "front", "medium", None) == (case.tier, case.team, case.priority, case.assignee)
    assert () == case.tags
    assert (1, "back", "low", None) == (said.tier, said.team, said.priority, said.assignee)
    for each in (case, said):
        assert ["prioritise:critical", "route:2/network", "assign:anna"] == withheld(desk, each)


def test_watching_policies_are_asked_again_when_a_case_is_amended_or_reassigned(opinionated):
    """What would follow from new knowledge is on record, and from leaving the choice to the policies."""
    desk = opinionated()
    case = desk.open("Printer", by="jane")
    case = desk.assign(case, assignee="anna", by="mona")
    case = desk.amend(case, by="mona", impact="high")
    case = desk.execute(wanted.Assign(case_id=case.id, by=Actor("mona"), automatic=True)).case

    assert ("medium", "anna") == (case.priority, case.assignee)
    assert ["prioritise:critical", "assign:bob"] == withheld(desk, case)[3:]


def test_watching_policies_that_forbid_are_heard_and_what_is_said_stands(opinionated):
    """A resolved case is resolved, though nobody may."""
    desk = opinionated()
    case = desk.open("Printer", by="jane")
    case = desk.resolve(case, by="anna")

    assert "resolved" == case.status
    assert [("resolve", "tests.no")] == refused(desk, case)


def test_watching_reactions_are_withheld_at_once_and_later(opinionated, clock):
    """What a policy wants because of an event is on record when it would have been done."""
    desk = opinionated()
    case = desk.open("Printer", by="jane")
    case = desk.note(case, text="Look", by="anna")
    before = withheld(desk, case)[3:]
    case = desk.resolve(case, by="anna")
    clock.advance("12h")
    desk.run_due()
    case = desk.get(case.id)

    assert ["start", "notify:manager", "tell:note C-9"] == before
    assert ["ReactionRefused"] == [
        type(event).__name__ for event in desk.history(case) if isinstance(event, happened.ReactionRefused)
    ]
    assert ("resolved", ()) == (case.status, case.scheduled)
    assert "close" == withheld(desk, case)[-1]


@pytest.mark.parametrize(
    ("instead", "after_reply", "after_reopening"),
    [
        ("", ["reopen:1", "assign:anna"], ["assign:anna"]),
        ("follow_up", ["follow_up", "tell:open", "tell:link"], ["follow_up", "tell:open", "tell:link", "assign:anna"]),
        ("refuse", [], ["assign:anna"]),
    ],
)
def test_watching_a_way_around_reopening(opinionated, instead, after_reply, after_reopening):
    """Whatever a policy would do instead, a case that is said to be reopened is, and a reply alone reopens nothing."""
    desk = opinionated(instead=instead)
    case = desk.open("Printer", by="jane", id="C-1")
    case = desk.resolve(case, by="anna")
    case = desk.reply(case, text="Again", by="jane")
    reopened = desk.reopen(case, by="anna")
    told = [action.partition(" ")[0] for action in withheld(desk, case)]

    assert ("resolved", "queued") == (case.status, reopened.status)
    assert [*after_reply, *after_reopening] == told[3:]
    expected = [("reply", "tests.over"), ("reopen", "tests.over")] if instead == "refuse" else []
    assert expected == refused(desk, reopened)[1:]


def test_watching_needs_no_source_of_facts_to_take_what_is_said(make_desk, calm):
    """A source that fails keeps nothing off the record; the case's last known value stands in."""

    @attrs.frozen
    class ByPlan(Opinions):
        needs: ClassVar[tuple[str, ...]] = ("plan",)

        def assign(self, situation, /):
            return f"agent of {situation.facts['plan']}"

    def read(_tenant, _keys):
        raise OSError

    source = FactSource("plan", read, keyed_by="customer")
    desk = make_desk(attrs.evolve(calm, policies=[ByPlan()]).observing(), facts=[source])

    assert "assign:agent of None" in withheld(desk, desk.open("Printer", by="jane", customer="c-1"))


# -- what the process does by itself


def test_watching_a_vendors_tier_asks_no_vendor(desk):
    """Arrival sends nothing; waiting for the vendor is taken without a ticket of ours."""
    case = desk.open("Printer", by="jane", tier=2)
    case = desk.escalate(case, by="anna", tier=4)
    case = desk.wait(case, by="anna", wait_reason="vendor")
    done = desk.run_due()

    assert ((), "vendor") == (case.vendor_tickets, case.wait_reason)
    assert "dispatch:acme-print" in withheld(desk, case)
    assert (0, 0) == (done.relayed, done.polled)


def test_watching_a_vendors_news_moves_nothing(desk):
    """A ticket that was said to be open is answered: that is on record, and the case stays."""
    case = desk.open("Printer", by="jane", tier=2)
    case = desk.escalate(case, by="anna", tier=4)
    case = desk.dispatch(case, vendor="acme-print", by="anna")
    [ticket] = case.vendor_tickets
    news = wanted.VendorUpdate(
        case_id=case.id, by=Actor.vendor("acme-print"), vendor="acme-print", key=ticket.key,
        status=VendorStatus.RESOLVED,
    )  # fmt: skip
    case = desk.execute(news).case

    assert 4 == case.tier
    assert ["hand_back:2", "notify:team"] == withheld(desk, case)[-2:]


def test_watching_a_reply_resumes_nothing(desk):
    """The requester's word is recorded; the case waits on."""
    case = desk.open("Printer", by="jane")
    case = desk.wait(case, by="anna")
    case = desk.reply(case, text="Here", by="jane")

    assert "waiting" == case.status
    assert ["resume"] == withheld(desk, case)


def test_watching_management_and_other_cases_hear_nothing(make_desk, calm, pager):
    """Bounces, requests for attention, merges and cascades are on record, and nobody is told."""
    process = attrs.evolve(calm, bounce_limit=0, cascades=[Cascade(link="child_of", on="resolved", do=["resolve"])])
    desk = make_desk(process.observing())
    case = desk.open("Printer", by="jane", id="C-1")
    other = desk.open("Printer", by="jane", id="C-2")
    desk.escalate(case, by="anna")
    desk.hand_back(case, by="anna")
    desk.inform_management(case, by="anna")
    case = desk.resolve(case, by="anna")
    other = desk.merge(other, by="anna", into="C-1")
    done = desk.run_due()

    assert ["notify:manager", "notify:manager", "tell_linked:resolve child_of"] == withheld(desk, case)
    assert ["tell:watch C-1"] == withheld(desk, other)
    assert (0, []) == (done.relayed, pager.sent)


def test_watching_says_which_rule_would_have_done_it(make_desk, calm):
    """What would have been sent has the reason of the rule, as what would have happened has."""

    class Buying:
        name, revision = "acme.buying", 1

        def react(self, situation, /):
            if not isinstance(situation.event, happened.CaseNoted):
                return ()
            common = {"case_id": situation.case.id, "by": situation.by}
            return wanted.Dispatch(**common, vendor="acme-print"), wanted.RecordAttempt(**common, what="ink")

    desk = make_desk(attrs.evolve(calm, policies=[Buying()]).observing())
    case = desk.note(desk.open("Printer", by="jane"), by="anna")
    events = [event for event in desk.history(case) if isinstance(event, happened.ActionWithheld)]

    assert [("dispatch:acme-print", "react.policy"), ("attempt_recorded", "react.policy")] == [
        (event.would_have, event.reason.code) for event in events
    ]


# -- what is said stands


@pytest.mark.parametrize(
    ("steps", "status", "observed"),
    [
        ([("close", {})], "closed", [("close", "refused.move")]),
        ([("escalate", {"tier": 4})], "queued", [("escalate", "refused.move")]),
        ([("escalate", {"tier": 1})], "queued", [("escalate", "refused.move"), ("escalate", "refused.direction")]),
        ([("hand_back", {"tier": 1, "team": "desktop"})], "queued",
         [("hand_back", "refused.move"), ("hand_back", "refused.direction"), ("hand_back", "refused.team")]),
        ([("transfer", {"team": "front"})], "queued", [("transfer", "refused.duplicate")]),
        ([("resume", {})], "queued", [("resume", "refused.move")]),
        ([("start", {}), ("start", {})], "in_progress", [("start", "refused.move")]),
        ([("start", {}), ("resume", {})], "in_progress", [("resume", "refused.move")]),
        ([("resolve", {}), ("resume", {})], "queued", [("resume", "refused.move")]),
        ([("resolve", {}), ("assign", {"assignee": "bob"})], "resolved", [("assign", "refused.ended")]),
        ([("approve", {})], "queued", [("approve", "refused.nothing_held")]),
        ([("resolve", {}), ("reopen", {"tier": 4})], "queued", [("reopen", "refused.reopen_tier")]),
        ([("dispatch", {"vendor": "x"}), ("dispatch", {"vendor": "x"})], "queued", [("dispatch", "refused.duplicate")]),
        ([("cancel", {}), ("merge", {"into": "C-2"})], "cancelled", [("merge", "refused.ended")]),
        ([("rate", {"score": 5})], "queued", [("rate", "refused.not_requester"), ("rate", "refused.unresolved")]),
    ],
    ids=lambda value: "-".join(verb for verb, _ in value) if isinstance(value, list) else value,
)  # fmt: skip
def test_watching_takes_what_is_said_and_notes_the_refusal(make_desk, calm, steps, status, observed):
    """What the process forbids has happened all the same; every objection stands beside it."""
    desk = make_desk(calm.observing())
    case = desk.open("Printer", by="jane", id="C-1")
    desk.open("Printer", by="jane", id="C-2")
    for verb, fields in steps:
        case = getattr(desk, verb)(case, by="anna", **fields)

    assert status == case.status
    assert observed == refused(desk, case)
    assert case == rebuild(desk.history(case))


def test_watching_takes_an_approval_of_ones_own_request(make_desk, calm):
    """Nobody may approve what they asked for; it is said to have happened, and the case goes on."""
    desk = make_desk(calm.observing())
    case = desk.open("Printer", by=Actor("jane"))
    case = desk.wait(case, by="anna", wait_reason="approval")
    case = desk.approve(case, by=Actor("jane"))

    assert "queued" == case.status
    assert [("approve", "refused.own_request")] == refused(desk, case)


def test_watching_hears_a_reply_to_a_closed_case(make_desk, calm):
    """Nobody would have listened; the word is on record."""
    desk = make_desk(calm.observing())
    case = desk.open("Printer", by="jane")
    case = desk.close(desk.resolve(case, by="anna"), by="anna")
    case = desk.reply(case, text="Again", by="jane")

    assert "closed" == case.status
    assert [("reply", "refused.unheard")] == refused(desk, case)


@pytest.mark.parametrize(
    ("verb", "fields", "error"),
    [
        ("escalate", {"tier": 3}, MoveRefusedError),
        ("reopen", {"tier": 9}, MoveRefusedError),
        ("amend", {"priority": "P1"}, InputError),
        ("merge", {"into": "C-1"}, MoveRefusedError),
    ],
)
def test_watching_refuses_what_cannot_be_put_on_record(make_desk, calm, verb, fields, error):
    """A tier that the process lacks, a priority that it does not know, a case inside itself."""
    desk = make_desk(calm.observing())
    case = desk.open("Printer", by="jane", id="C-1")

    with pytest.raises(error):
        getattr(desk, verb)(case, by="anna", **fields)
    assert case == desk.get(case.id)


def test_watching_routes_by_rules_of_a_file(make_desk):
    """Routes of a file are asked like any policy."""
    process = SupportProcess(
        name="routed",
        tiers=[Tier(level=1, name="One"), Tier(level=2, name="Two")],
        entry="any",
        policies=SupportProcess.from_data({
            "process": {"name": "routed", "entry": "any"},
            "tiers": [{"level": 1, "name": "One"}, {"level": 2, "name": "Two"}],
            "routes": [{"when": {"category": "net"}, "to": {"tier": 2}}],
        }).policies,
    )  # fmt: skip
    desk = make_desk(process.observing())

    assert ["route:2"] == withheld(desk, desk.open("Net", by="jane", category="net"))
    assert [] == withheld(desk, desk.open("Net", by="jane"))


# -- the report


def test_would_have_adds_up_by_action_and_rule(desk, clock):
    """The most frequent first; each with its rule, its number of cases, and when."""
    first = desk.open("Printer", by="jane")
    desk.open("Printer", by="jane")
    desk.escalate(first, by="anna", tier=4)
    clock.advance("15m")
    desk.run_due()
    rows = would_have(desk)

    assert [
        ("dispatch:acme-print", "", 1, 1),
        ("escalate:2", "tier 1 100%", 1, 1),
        ("refuse:escalate", "refused.move", 1, 1),
    ] == [(row.action, row.rule, row.times, row.cases) for row in rows]
    assert rows == would_have(event for case in desk.find() for event in desk.history(case))


def test_would_have_names_policies_and_reads_every_page(opinionated, monkeypatch):
    """A policy is named; cases of all pages count."""
    monkeypatch.setattr("supporttiers.analysis.withheld._PAGE", 2)
    desk = opinionated()
    for _ in range(5):
        desk.open("Printer", by="jane")

    rows = {row.action: (row.rule, row.times, row.cases) for row in would_have(desk)}
    assert ("tests.opinions", 5, 5) == rows["assign:anna"] == rows["route:2/network"]


def test_would_have_is_empty_where_rules_act(make_desk, acme, clock):
    """A process that acts withholds nothing."""
    desk = make_desk(acme)
    desk.open("Printer", by="jane")
    clock.advance("1h")
    desk.run_due()

    assert () == would_have(desk)


def test_what_is_said_of_a_waiting_case_ends_its_wait(desk):
    """Whatever it was, the case is where the log says; and a wait said after the end goes on from the queue."""
    case = desk.open("Printer", by="jane")
    desk.wait(case, by="bob", wait_reason="customer")
    started = desk.start(case, by="bob")
    assert ("in_progress", None, None) == (started.status, started.wait_reason, started.resume_to)

    desk.resolve(case, by="bob")
    waiting = desk.wait(case, by="bob", wait_reason="customer")
    assert ("waiting", "queued") == (waiting.status, waiting.resume_to)
    assert "queued" == desk.resume(case, by="bob").status


def test_reason_of_what_was_withheld_names_nobody(make_desk, calm):
    """It is kept when the case is redacted, so that who asked for it must not stand there."""
    desk = make_desk(calm.observing())
    case = desk.inform_management(desk.open(by="jane"), by="bob")
    events = [event for event in desk.history(case) if isinstance(event, happened.ActionWithheld)]

    assert events
    assert all("by" not in event.reason.params for event in events)
