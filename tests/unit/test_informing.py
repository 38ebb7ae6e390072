"""Telling people: by hand, in steps, when cases go to and fro; and asking which vendor it is."""

import attrs
import pytest

from supporttiers.calendars import WorkingHours
from supporttiers.errors import PluginError, PolicyConfigError, ProcessError
from supporttiers.links import VendorStatus
from supporttiers.match import AtLeast, Match
from supporttiers.policies.informing import InformInSteps, Step
from supporttiers.policies.vendors import DispatchByRules, VendorRule
from supporttiers.process import SupportProcess
from supporttiers.tiers import Tier, TierKind

URGENT = Match(priority=AtLeast("high"))
LADDER = InformInSteps(URGENT, [Step("1h", "lead"), Step("4h", "manager")], title="urgent and open")


@pytest.fixture
def with_rules(make_desk, calm):
    """Make desks whose process has these policies."""
    return lambda *policies, **more: make_desk(attrs.evolve(calm, policies=policies, **more))


def hours(desk, clock, number):
    """Let hours pass, with a pass of the worker after each."""
    for _ in range(number):
        clock.advance("1h")
        desk.run_due()


# -- by hand


def test_inform_tells_anybody_what_one_likes(calm_desk, pager, kinds):
    """It stands in the history, and notifiers are handed the code with its parameters."""
    calm_desk.open(id="T-1", by="jane")
    calm_desk.inform("T-1", by="bob", to="owner")
    calm_desk.inform("T-1", by="bob", to="night-shift", code="acme.look", params={"rack": 7})
    calm_desk.run_due()

    assert [("owner", "bob asks for attention"), ("night-shift", "acme.look(rack=7, by='bob')")] == [
        (sent.to, str(sent.reason)) for sent in pager.sent
    ]
    assert ["PeopleInformed", "PeopleInformed"] == kinds(calm_desk, "T-1", 1)
    assert "night-shift" == calm_desk.history("T-1")[-1].to


def test_inform_keeps_who_asked_apart_from_why(calm_desk):
    """The name stands on the event alone, where a redaction takes it away; the reason can be told without it."""
    calm_desk.open(id="T-1", by="jane")
    calm_desk.inform("T-1", by="bob", to="requester")
    told = calm_desk.history("T-1")[-1]

    assert ("bob", {}, "somebody asks for attention") == (told.by.id, told.reason.params, str(told.reason))


# -- in steps


def test_steps_are_taken_one_after_the_other_each_once(with_rules, clock, pager):
    """Time counts from when the case meets the condition; who is told, and after how long, stands in the message."""
    desk = with_rules(LADDER)
    case = desk.open(id="T-1", by="jane", priority="critical")
    assert [
        "at 2026-03-23T10:00:00+00:00: inform lead (urgent and open: lead after 1h)",
        "at 2026-03-23T13:00:00+00:00: inform manager (urgent and open: manager after 4h)",
    ] == [str(reason) for reason in desk.explain(case).next]
    hours(desk, clock, 3)
    assert [("lead", "urgent and open: 1h have passed")] == [(sent.to, str(sent.reason)) for sent in pager.sent]
    hours(desk, clock, 5)

    assert ["lead", "manager"] == [sent.to for sent in pager.sent]
    assert () == desk.get("T-1").scheduled


def test_steps_begin_when_the_condition_does_and_end_with_it(with_rules, clock, pager, kinds):
    """What is to come is dropped when it no longer holds; a step that was taken is not taken again."""
    desk = with_rules(LADDER)
    desk.open(id="T-1", by="jane", priority="low")
    hours(desk, clock, 2)
    desk.amend("T-1", by="bob", priority="high")
    hours(desk, clock, 2)
    lowered = desk.amend("T-1", by="bob", priority="low")
    assert ([("lead", "inform.step")], (), "ScheduleEnded") == (pager.told, lowered.scheduled, kinds(desk, "T-1")[-1])

    desk.amend("T-1", by="bob", priority="critical")
    hours(desk, clock, 3)
    assert ["lead"] == [sent.to for sent in pager.sent]
    hours(desk, clock, 1)
    assert ["lead", "manager"] == [sent.to for sent in pager.sent]


def test_steps_are_dropped_at_the_end_and_taken_anew_once_reopened(with_rules, clock, pager):
    """A reopened case is a new worry."""
    desk = with_rules(LADDER)
    desk.open(id="T-1", by="jane", priority="critical")
    hours(desk, clock, 2)
    assert () == desk.resolve("T-1", by="bob").scheduled
    hours(desk, clock, 8)
    desk.reopen("T-1", by="bob")
    hours(desk, clock, 4)

    assert ["lead", "lead", "manager"] == [sent.to for sent in pager.sent]


def test_ladders_of_several_titles_go_side_by_side(with_rules, clock, pager):
    """Two with one title and one step would be one."""
    vip = InformInSteps(Match(tags="vip"), [Step("1h", "lead")], title="vip")
    desk = with_rules(LADDER, vip)
    desk.open(id="T-1", by="jane", priority="critical", tags=["vip"])
    hours(desk, clock, 1)

    assert ["urgent and open", "vip"] == [sent.reason.params["title"] for sent in pager.sent]


def test_steps_may_ask_for_facts():
    """What the condition speaks of is what the ladder needs."""
    assert ("contracts",) == InformInSteps(Match({"facts.contracts.level": "gold"}), [Step("1h", "lead")]).needs


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([], "InformInSteps.steps: has 0 steps; possible are 1 to 16"),
        ([("1h", "lead")], "InformInSteps.steps: must be a collection of Step"),
        ([Step("1h", "lead"), Step("60m", "lead")], "InformInSteps.steps: names a step twice"),
        (5, "InformInSteps.steps: must be a collection of Step"),
    ],
)
def test_steps_that_make_no_sense_are_refused(steps, problem):
    """When the process is built."""
    with pytest.raises(PolicyConfigError) as caught:
        InformInSteps(URGENT, steps)

    assert problem == str(caught.value)


def test_steps_count_the_time_of_their_calendar(make_desk, acme, clock, pager):
    """By default every hour counts; with a calendar, its hours."""
    office = WorkingHours(name="office", week={"mon": "09:00-10:00", "tue": "09:00-10:00"})
    ladder = InformInSteps(Match(tags="vip"), [Step("2h", "lead")], calendar="office")
    desk = make_desk(attrs.evolve(acme, calendars=[office], policies=[ladder], limits=[]))
    desk.open(by="jane", tags=["vip"])
    hours(desk, clock, 24)
    assert [] == pager.told
    hours(desk, clock, 1)

    assert [("lead", "inform.step")] == pager.told


def test_step_after_no_time_is_refused():
    """The message names the field."""
    with pytest.raises(PolicyConfigError, match=r"^Step\.after: 'soon' is no target"):
        Step("soon", "lead")


def test_two_ladders_of_one_title_are_refused(calm):
    """The second would be taken for the first."""
    with pytest.raises(ProcessError) as caught:
        attrs.evolve(calm, policies=[LADDER, attrs.evolve(LADDER, when=Match(tags="vip"))])

    assert ["policies[1].title: 'urgent and open' is taken by policies[0]"] == [
        str(fault) for fault in caught.value.faults
    ]


# -- vendors

BY_PRODUCT = DispatchByRules(
    [
        VendorRule(Match({"attributes.make": "acme", "attributes.warranty": True}), "acme-print"),
        VendorRule(Match(customer="c-9", priority=AtLeast("high")), "fast-fix"),
    ]
)


@pytest.fixture
def open_to_vendors(calm):
    """Give a process whose tier 4 names no vendor."""
    tiers = [attrs.evolve(tier, vendor=None) if tier.level == 4 else tier for tier in calm.tiers]
    return attrs.evolve(calm, tiers=tiers, entry=[2, 4], policies=[BY_PRODUCT])


@pytest.mark.parametrize(
    ("fields", "chosen"),
    [
        ({"attributes": {"make": "acme", "warranty": True}}, "acme-print"),
        ({"attributes": {"make": "acme", "warranty": False}, "customer": "c-9", "priority": "critical"}, "fast-fix"),
        ({"customer": "c-9", "priority": "low"}, None),
    ],
)
def test_vendor_is_chosen_by_product_contract_and_warranty(make_desk, open_to_vendors, pager, fields, chosen):
    """By the first rule that holds; where none does, management is told, and the case waits at that tier."""
    desk = make_desk(open_to_vendors)
    desk.open(id="T-1", by="jane", tier=2, **fields)
    case = desk.escalate("T-1", by="bob")
    desk.run_due()

    assert ([chosen] if chosen else []) == [ticket.vendor for ticket in case.vendor_tickets]
    assert ([] if chosen else [("manager", "dispatch.no_vendor")]) == pager.told
    assert 4 == case.tier


def test_answer_of_a_chosen_vendor_brings_the_case_back(make_desk, open_to_vendors, vendor, clock):
    """As that of a vendor to whom the tier belongs."""
    desk = make_desk(open_to_vendors)
    desk.open(id="T-1", by="jane", tier=4, attributes={"make": "acme", "warranty": True})
    desk.run_due()
    vendor.update(desk.get("T-1").vendor_tickets[0].remote_id, status=VendorStatus.RESOLVED)
    clock.advance("1h")
    desk.run_due()

    assert 2 == desk.get("T-1").tier


def test_vendor_tier_without_a_vendor_needs_a_rule(open_to_vendors):
    """Whether the process is built or read; a rule of one's own will do, a stored one too."""

    class Mine:
        name = "acme.mine"
        revision = 1

        def dispatch(self, situation):
            return "acme-print"

    data = open_to_vendors.to_data()
    assert open_to_vendors == SupportProcess.from_data(data)
    own = attrs.evolve(open_to_vendors, policies=[Mine()])
    assert own.revision == SupportProcess.from_json(own.to_json()).revision
    for make in (
        lambda: attrs.evolve(open_to_vendors, policies=()),
        lambda: SupportProcess.from_data({**data, "policies": []}),
    ):
        with pytest.raises(ProcessError) as caught:
            make()
        assert "tiers[2].vendor: is missing; a vendor tier names its vendor's gateway, or a policy chooses it" == str(
            caught.value.faults[0]
        )


@pytest.mark.parametrize(("answer", "problem"), [(5, "its dispatch() gave int"), ("", "its dispatch() gave a name")])
def test_vendor_rule_that_answers_wrongly_is_named(make_desk, open_to_vendors, answer, problem):
    """By its name."""

    class Wrong:
        name = "acme.wrong"
        revision = 1

        def dispatch(self, situation):
            return answer

    desk = make_desk(attrs.evolve(open_to_vendors, policies=[Wrong()]))
    with pytest.raises(PluginError, match=r"acme\.wrong") as caught:
        desk.open(id="T-1", by="jane", tier=4)

    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ([], "DispatchByRules.rules: is empty; give at least one rule, or leave the policy out"),
        (["acme"], "DispatchByRules.rules: must be a collection of VendorRule"),
    ],
)
def test_vendor_rules_that_make_no_sense_are_refused(rules, problem):
    """When the process is built."""
    with pytest.raises(PolicyConfigError) as caught:
        DispatchByRules(rules)

    assert problem == str(caught.value)


def test_vendor_rules_may_ask_for_facts():
    """Such as a vendor's record."""
    rule = VendorRule(Match({"facts.record.late": 0, "facts.contracts.level": "gold"}), "acme-print")

    assert ("contracts", "record") == DispatchByRules([rule]).needs


def test_tier_of_a_vendor_keeps_its_own(make_desk, calm):
    """Rules are asked only where a tier names none."""
    desk = make_desk(attrs.evolve(calm, policies=[DispatchByRules([VendorRule(Match(tier=4), "fast-fix")])]))
    desk.open(id="T-1", by="jane", tier=1)
    desk.escalate("T-1", by="bob")

    assert ["acme-print"] == [ticket.vendor for ticket in desk.escalate("T-1", by="bob").vendor_tickets]


def test_vendor_kind_only(calm):
    """A tier of people names no vendor, rules or not."""
    assert TierKind.TEAM is Tier(level=1, name="a").kind
    with pytest.raises(ProcessError, match="is only for kind = 'vendor'"):
        attrs.evolve(calm, policies=[BY_PRODUCT], tiers=[attrs.evolve(calm.tiers[0], vendor="x"), *calm.tiers[1:]])
