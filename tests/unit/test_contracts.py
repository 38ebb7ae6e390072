"""Contracts with vendors: what they can say, what they make of it, and what they allow a case."""

from datetime import date, timedelta

import attrs
import pytest

from supporttiers import SupportProcess, VendorContract
from supporttiers.errors import MoveRefusedError, PolicyConfigError, ProcessError
from supporttiers.facts import FactSource
from supporttiers.links import VendorStatus
from supporttiers.match import Match
from supporttiers.policies.vendors import DispatchByRules, VendorRule
from supporttiers.process.plans import problems_of
from supporttiers.tiers import Agreement, Tier, TierKind

FULL = {
    "vendor": "acme-print",
    "calendar": "office",
    "acknowledge": "2h",
    "update": {"critical": "1h", "*": "1 business day"},
    "resolve": "3 business days",
    "on_breach": ["remind", "escalate_at_vendor", "hand_back", "notify:lead"],
    "covers": {"attributes.warranty": True},
    "starts": "2026-01-01",
    "ends": "2026-12-31",
    "stale_after": "30m",
    "messages_a_day": 5,
    "withdraw": False,
}


# -- what it can say


def test_contract_makes_limits_of_its_times():
    """Each is an underpinning contract of its own measure, on the contract's calendar, with its actions at the end."""
    contract = VendorContract(**{**FULL, "covers": None})
    made = [(limit.name, limit.agreement, limit.measures, limit.vendor, limit.calendar) for limit in contract.limits]

    assert [
        ("acme-print acknowledge", Agreement.UC, "vendor_acknowledgement", "acme-print", "office"),
        ("acme-print update", Agreement.UC, "vendor_update", "acme-print", "office"),
        ("acme-print resolve", Agreement.UC, "vendor", "acme-print", "office"),
    ] == made
    [threshold] = contract.limits[0].thresholds
    assert "100%" == threshold.mark
    assert ["remind:acme-print", "escalate_at:acme-print", "hand_back", "notify:lead"] == list(map(str, threshold.do))


def test_contract_without_times_makes_no_limit():
    """It says whom it covers, and how a vendor is spoken to."""
    assert () == VendorContract(vendor="acme").limits


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("vendor", "", "vendor: must not be empty"),
        ("acknowledge", "0m", "acknowledge: for '*' must be longer than zero"),
        ("acknowledge", {}, "acknowledge: has no durations; give one, or a table of durations by priority"),
        ("update", "2x", "update: "),
        ("on_breach", ["remindd"], "on_breach: "),
        ("on_breach", [3], "on_breach: "),
        ("covers", {"tier": 1}, "covers: must be a Match"),
        ("starts", "soon", "starts: must be a date, such as '2026-12-31'"),
        ("ends", date(2025, 12, 31), "ends: lies before it starts, on 2026-01-01"),
        ("stale_after", "0m", "stale_after: "),
        ("messages_a_day", 0, "messages_a_day: is 0; possible is 1 to 64"),
        ("messages_a_day", 65, "messages_a_day: is 65; possible is 1 to 64"),
        ("withdraw", "yes", "withdraw: "),
    ],
)
def test_contract_refuses_what_it_cannot_be(field, value, problem):
    """The error names the field."""
    with pytest.raises(PolicyConfigError) as caught:
        VendorContract(**{"vendor": "acme", "starts": date(2026, 1, 1), field: value})

    assert problem.rstrip() in str(caught.value)


@pytest.fixture
def written(calm, office):
    """Give a process with a whole contract."""
    contract = VendorContract(**{**FULL, "covers": Match({"attributes.warranty": True})})
    return attrs.evolve(calm, calendars=[office], contracts=[contract])


def test_contract_stands_in_a_file(written):
    """What Python says, data says, and both ways it is the same process."""
    data = written.to_data()

    assert [FULL] == data["contracts"]
    assert written == SupportProcess.from_data(data)
    assert written == SupportProcess.from_json(written.to_json())
    assert written.revision != attrs.evolve(written, contracts=[]).revision
    assert written.revision == SupportProcess.from_data(data).revision


def test_contract_is_read_from_toml(calm):
    """Dates are texts, as everywhere in the file."""
    text = """
        [process]
        name = "small"
        [[tiers]]
        level = 1
        name = "Desk"
        escalates_to = [4]
        [[tiers]]
        level = 4
        name = "Printers"
        kind = "vendor"
        vendor = "acme-print"
        hands_back_to = [1]
        [[contracts]]
        vendor = "acme-print"
        acknowledge = "2h"
        covers = { "attributes.warranty" = true }
        ends = "2026-12-31"
    """
    [contract] = SupportProcess.from_text(text).contracts

    assert ("acme-print", date(2026, 12, 31)) == (contract.vendor, contract.ends)
    assert {"*": timedelta(hours=2)} == contract.acknowledge


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"calendar": "nowhere"}, "contracts[0].calendar: 'nowhere' is not known"),
        ({"resolve": {"urgent": "1h"}}, "contracts[0].resolve: 'urgent' is not known"),
        ({"covers": Match(priority="urgent")}, "contracts[0].covers.priority: 'urgent' is not known"),
        ({"on_breach": ["escalate:9"]}, "contracts[0].on_breach[0]: no tier escalates to tier 9"),
        ({"on_breach": ["reassign"]}, "contracts[0].on_breach[0]: reassign needs an assignment policy"),
    ],
)
def test_contract_must_fit_its_process(calm, change, fault):
    """Names lead somewhere, and what a breach does can be done."""
    contract = VendorContract(**{"vendor": "acme-print", "acknowledge": "1h", **change})
    with pytest.raises(ProcessError) as caught:
        attrs.evolve(calm, contracts=[contract])

    assert any(str(found).startswith(fault) for found in caught.value.faults), caught.value


def test_contract_is_one_with_each_vendor(calm):
    """A second one, and a limit that has the name of one of its limits, are faults."""
    contract = VendorContract(vendor="acme", acknowledge="1h")
    limit = attrs.evolve(contract.limits[0], thresholds=[])
    with pytest.raises(ProcessError) as caught:
        attrs.evolve(calm, contracts=[contract, contract], limits=[limit])

    assert [
        "limits[0].name: 'acme acknowledge' is taken by contracts[0]",
        "limits[0].name: 'acme acknowledge' is taken by contracts[1]",
        "contracts[1].vendor: 'acme' is taken by contracts[0]",
    ] == [str(fault) for fault in caught.value.faults]
    with pytest.raises(ProcessError, match=r"contracts\[0\]: must be a VendorContract, not str"):
        attrs.evolve(calm, contracts=["acme"])


def test_returning_is_for_vendor_tiers_and_leads_where_a_tier_leads(calm):
    """Both are told at the tier."""
    low, middle, top = calm.tiers
    for tiers, fault in (
        ([attrs.evolve(low, returns_to=2), middle, top], "is only for kind = 'vendor', not 'team'"),
        ([low, middle, attrs.evolve(top, returns_to=1)], "tier 4 does not move to tier 1; possible are: 2"),
    ):
        with pytest.raises(ProcessError) as caught:
            attrs.evolve(calm, tiers=tiers)
        assert fault in str(caught.value)


# -- what it asks of gateways


def test_plan_says_what_a_gateway_cannot_do(calm):
    """Each need is named with process, vendor, place, and what is possible instead."""
    contract = VendorContract(vendor="acme-print", acknowledge="1h", resolve="8h", on_breach=["remind", "hand_back"])
    plan = attrs.evolve(calm, contracts=[contract]).vendor_plans["acme-print"]

    assert (
        (
            "process 'acme', vendor 'acme-print': contracts[0].on_breach (remind) needs a gateway that can comment; "
            "this one can: find. Leave that out of on_breach, such as on_breach = ['inform_management']"
        ),
        (
            "process 'acme', vendor 'acme-print': contracts[0].withdraw needs a gateway that can comment or set_status "
            "or withdraw; this one can: find. Or say withdraw = false"
        ),
        (
            "process 'acme', vendor 'acme-print': contracts[0].acknowledge needs tickets that can be acknowledged or "
            "answered or in_progress or waiting_for_us; those of this one can be: closed, open. Or "
            "leave acknowledge out"
        ),
    ) == problems_of(plan, {"find"}, {VendorStatus.OPEN, VendorStatus.CLOSED})
    assert () == problems_of(plan, {"comment"}, VendorStatus)
    assert () == problems_of(plan, {"comment"})


def test_plan_of_limits_and_of_vendors_without_any_contract(calm):
    """A limit may remind a vendor, too; who is only sent cases has to do nothing besides."""
    limit = VendorContract(vendor="acme-print", acknowledge="1h", on_breach=["remind", "dispatch:backup"]).limits[0]
    plans = attrs.evolve(calm, limits=[limit]).vendor_plans

    assert {"acme-print", "backup"} == set(plans)
    assert () == problems_of(plans["backup"], ())
    assert (
        (
            "process 'acme', vendor 'acme-print': limits[0].thresholds[0] (remind:acme-print) needs a gateway that can "
            "comment; this one can: nothing more. Or tell people instead, such as 'notify:manager'"
        ),
    ) == problems_of(plans["acme-print"], ())


# -- what it allows


@pytest.fixture
def bound(make_desk, calm):
    """Make a desk whose vendor has a contract."""

    def make(desk_ports=(), **terms):
        contract = VendorContract(vendor="acme-print", **terms)
        return make_desk(attrs.evolve(calm, contracts=[contract]), **dict(desk_ports))

    return make


NOT_ALLOWED = [
    (
        {"covers": Match({"attributes.warranty": True})},
        "refused.not_covered",
        "the contract with vendor 'acme-print' does not cover it; it would need: attributes.warranty=True",
    ),
    (
        {"starts": "2026-03-24"},
        "refused.contract_not_begun",
        "the contract with vendor 'acme-print' begins on 2026-03-24",
    ),
    ({"ends": "2026-03-22"}, "refused.contract_over", "the contract with vendor 'acme-print' has ended on 2026-03-22"),
]


@pytest.mark.parametrize(("terms", "code", "text"), NOT_ALLOWED)
def test_person_is_refused_what_the_contract_does_not_allow(bound, terms, code, text):
    """With the reason, and nothing is sent."""
    desk = bound(**terms)
    case = desk.open(id="T-1", by="jane", attributes={"warranty": False})
    with pytest.raises(MoveRefusedError) as caught:
        desk.dispatch(case, by="bob", vendor="acme-print")

    assert ("dispatch", code, text) == (caught.value.trigger, caught.value.why.code, str(caught.value.why))
    assert case == desk.get("T-1")
    refused = {option.trigger: option.refused for option in desk.options(case, by="bob")}
    assert () == refused["dispatch"]  # that is asked about some vendor, with whom there is no contract


@pytest.mark.parametrize(("terms", "code", "text"), NOT_ALLOWED)
def test_case_that_arrives_without_being_covered_goes_back(bound, pager, kinds, terms, code, text):
    """Nothing is sent, management hears why, and the case is where it was."""
    desk = bound(**terms)
    desk.open(id="T-1", by="jane")
    before = desk.escalate("T-1", by="bob")
    after = desk.escalate("T-1", by="bob")
    desk.run_due()

    assert (2, "network", ()) == (after.tier, after.team, after.vendor_tickets)
    assert [("manager", code)] == pager.told
    assert ["CaseEscalated", "ManagementInformed", "CaseHandedBack"] == kinds(desk, after, before.version)
    assert f"nothing was sent to vendor 'acme-print': {text}" == str(desk.history(after)[-1].reason)


def test_case_that_no_vendor_gets_does_not_go_round_for_ever(make_desk, calm, pager, kinds):
    """Two tiers of vendors that turn it away to each other leave it to people."""
    low = Tier(level=1, name="Front", kind=TierKind.VENDOR, vendor="front", escalates_to=[2])
    high = Tier(level=2, name="Back", kind=TierKind.VENDOR, vendor="back", hands_back_to=[1])
    contracts = [VendorContract(vendor=vendor, ends="2026-01-31") for vendor in ("front", "back")]
    desk = make_desk(attrs.evolve(calm, tiers=[low, high], contracts=contracts, entry=[1]))
    case = desk.open(id="T-1", by="jane", tier=1)
    desk.run_due()

    assert (1, ()) == (case.tier, case.vendor_tickets)
    assert 3 == kinds(desk, case).count("ManagementInformed") == len(pager.told)


def test_contract_holds_on_its_first_and_last_day(bound):
    """Both days count, on the contract's calendar."""
    desk = bound(starts="2026-03-23", ends="2026-03-23")
    desk.open(id="T-1", by="jane")

    assert ("acme-print",) == desk.dispatch("T-1", by="bob", vendor="acme-print").vendors


def test_contract_may_ask_for_facts(bound):
    """What is known from outside decides, and stands on the record of the dispatch."""
    warranty = FactSource(name="warranty", keyed_by="id", read=lambda _tenant, keys: dict.fromkeys(keys, "valid"))
    covers = Match({"facts.warranty": "valid"})
    desk = bound({"facts": [warranty]}, covers=covers)
    desk.open(id="T-1", by="jane")
    after = desk.dispatch("T-1", by="bob", vendor="acme-print")

    assert ("acme-print",) == after.vendors
    assert {"warranty": "valid"} == desk.history(after)[-1].facts
    process = attrs.evolve(SupportProcess.default(), contracts=[VendorContract(vendor="vendor", covers=covers)])
    assert ("warranty",) == process.needs
    assert ("contracts[0]",) == process.needed_at("warranty")


def test_policy_chooses_among_vendors_with_contracts(make_desk, calm, pager):
    """The vendor that a rule names is held to its own contract."""
    *lower, top = calm.tiers
    rules = DispatchByRules([VendorRule(Match(category="printing"), "acme-paper")])
    contracts = [VendorContract(vendor="acme-paper", ends="2026-01-31")]
    tiers = [*lower, attrs.evolve(top, vendor=None)]
    desk = make_desk(attrs.evolve(calm, tiers=tiers, policies=[rules], contracts=contracts))
    desk.open(id="T-1", by="jane", category="printing")
    desk.escalate("T-1", by="bob")
    after = desk.escalate("T-1", by="bob")
    desk.run_due()

    assert (2, [("manager", "refused.contract_over")]) == (after.tier, pager.told)


def test_vendor_is_not_told_more_than_the_ceiling_of_a_day(bound, clock, pager):
    """Requests count; people are refused, management hears of it once, and the next day it goes on."""
    desk = bound(messages_a_day=3)
    desk.open(id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="one")
    desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="two")
    with pytest.raises(MoveRefusedError) as caught:
        desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="three")
    told = [event.last for event in desk.history("T-1") if type(event).__name__ == "VendorTold"]

    assert "vendor 'acme-print' has been told something about it 3 times in 24 hours; the ceiling is 3" == str(
        caught.value.why
    )
    assert [False, True] == told
    desk.run_due()
    assert "has been told something about it 3 times in 24 hours" in str(pager.sent[-1].reason)
    clock.advance("24h")
    case = desk.tell_vendor("T-1", by="bob", vendor="acme-print", text="three")
    assert 3 == len(case.vendor_tickets[0].told_at)
