"""What a check finds about vendors and the contracts with them."""

import attrs
import pytest
from tests.unit.checking import OFFICE, ONE, SLA, UC, WITH_VENDOR, built, codes, of_tier

from supporttiers import VendorContract
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import Match
from supporttiers.policies.fixes import RequestFix
from supporttiers.policies.vendors import DispatchByRules, VendorRule

# -- names and ways


def test_vendor_tier_without_a_way_back_is_suspicious(calm):
    """An answer would only be told to management, and the case would stay."""
    *lower, top = calm.tiers
    process = attrs.evolve(calm, tiers=[*lower, attrs.evolve(top, hands_back_to=())])

    assert [] == findings(calm) == findings(process, moves="any")
    assert ["tiers[2]: no answer of its vendor brings a case back from tier 4 (Printers)"] == findings(process)


def test_vendor_tier_without_any_way_out_is_said_once(calm):
    """Where people cannot resolve it either, that is worse, and is all that is said."""
    *lower, top = calm.tiers
    process = attrs.evolve(calm, tiers=[*lower, attrs.evolve(top, hands_back_to=())], resolve_when=["resolved"])

    assert "check.tier_no_exit" in {found.code for found in process.check() if found.place == "tiers[2]"}
    assert [] == findings(process)


def test_contract_that_ends_soon_is_told_in_time(calm, at):
    """Ninety days before, as with holidays."""
    ends = {"acme-print": "2026-06-20", "acme-paper": "2026-06-21", "acme-ink": None}
    contracts = [VendorContract(vendor=vendor, ends=end) for vendor, end in ends.items()]
    found = attrs.evolve(calm, contracts=contracts).check(now=at("09:00"))

    assert [
        "contracts[0].ends: the contract with vendor 'acme-print' ends on 2026-06-20; later nothing is sent there"
    ] == [str(one) for one in found if one.reason.code == "check.contract_ends"]


NOBODY_SENDS = "no tier, rule or action sends a case to vendor"


class ByHand:
    """A policy of one's own that chooses vendors nobody else can know."""

    name = "acme.by-hand"
    revision = 1

    def dispatch(self, situation, /):
        """Choose none."""
        return


def findings(calm, **parts):
    """Give what is found about the vendors of a process with these parts, as texts."""
    found = attrs.evolve(calm, **parts).check()
    return [str(one) for one in found if "vendor" in one.code or one.code == "check.no_way_back"]


def test_vendor_that_no_case_reaches_is_suspicious(calm):
    """A contract, a clock or a reminder for it is probably misspelt; what thresholds send there reaches it."""
    limit = TimeLimit(
        name="taken up", measures="vendor", vendor="acme-pirnt", target="1h",
        thresholds=[Threshold("100%", do=["notify:manager", "remind:acme-prnt", "escalate_at:acme-print"])],
    )  # fmt: skip
    contracts = [
        VendorContract(vendor="acme-pront", resolve="1h", on_breach=["remind", "remind:acme-ink"]),
        VendorContract(vendor="paper-mill"),
    ]
    send = TimeLimit(name="sent", target="1h", thresholds=[Threshold("100%", do=["dispatch:paper-mill"])])

    assert [
        f"contracts[0].vendor: {NOBODY_SENDS} 'acme-pront'; 'acme-print' may be meant",
        f"contracts[1].vendor: {NOBODY_SENDS} 'paper-mill'; only people can",
        f"limits[0].vendor: {NOBODY_SENDS} 'acme-pirnt'; 'acme-print' may be meant",
        f"limits[0].thresholds[0].do[1]: {NOBODY_SENDS} 'acme-prnt'; 'acme-print' may be meant",
        f"contracts[0].on_breach[1]: {NOBODY_SENDS} 'acme-ink'; only people can",
    ] == findings(calm, limits=[limit], contracts=contracts)
    assert [] == findings(calm, limits=[send], contracts=contracts[1:])


def test_vendors_of_rules_are_reached(calm):
    """Whether they choose a vendor, or send cases to one; what a policy of one's own chooses, nobody knows."""
    rules = DispatchByRules([VendorRule(Match(category="printing"), "acme-paper")])
    fix = RequestFix(at=[10], do=["inform_management", "dispatch:acme-ink"])
    contracts = [VendorContract(vendor=vendor) for vendor in ("acme-paper", "acme-ink")]

    assert [] == findings(calm, contracts=contracts, policies=[rules, fix])
    assert [] == findings(calm, contracts=contracts, policies=[ByHand()])
    assert 2 == len(findings(calm, contracts=contracts))


def test_case_that_is_sent_to_a_misspelt_vendor_is_suspicious(calm):
    """Where it is nearly one that the process names elsewhere; any other may be meant as it is."""
    do = ["dispatch:acme-pritn", "dispatch:acme-print", "dispatch:elsewhere"]
    limit = TimeLimit(name="sent", target="1h", thresholds=[Threshold("100%", do=do)])

    assert [
        "limits[0].thresholds[0].do[0]: nothing else speaks of vendor 'acme-pritn'; 'acme-print' may be meant"
    ] == findings(calm, limits=[limit])


# -- what contracts allow


ACME = {"vendor": "acme", "resolve": "9h", "on_breach": ["inform_management"]}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, True),
        ({"resolve": "8h"}, False),
        ({"resolve": None, "acknowledge": "9h", "update": "9h"}, False),
        ({"resolve": "2 business days"}, False),
        ({"resolve": {"high": "9h", "*": "1h"}}, True),
        ({"calendar": "office"}, True),
        ({"covers": {"category": "printing"}}, True),
    ],
)
def test_contract_is_held_against_what_runs_meanwhile(changed, found):
    """What the vendor may take stands where the contract says it."""
    contracts = [{**ACME, **changed}]

    places = codes(built(tiers=WITH_VENDOR, contracts=contracts, calendars={"office": OFFICE}))

    assert [("contract_longer", "contracts[0].resolve")] * found == places


@pytest.mark.parametrize(
    ("category", "found"), [("printing", True), ("network", False), (["network", "printing"], True)]
)
def test_contract_is_held_only_against_limits_of_what_it_covers(category, found):
    """Nothing else is sent to the vendor."""
    limits = [{**SLA, "target": "99h"}, {**SLA, "name": "strict", "target": "4h", "when": {"category": category}}]
    contracts = [{**ACME, "covers": {"category": "printing"}}]

    assert [("contract_longer", "contracts[0].resolve")] * found == codes(
        built(tiers=WITH_VENDOR, limits=limits, contracts=contracts)
    )


def test_what_a_contract_covers_counts_for_clocks_of_ones_own(calm):
    """They are measured only where something is sent to the vendor."""
    limits = [{**SLA, "target": "99h"}, {**SLA, "name": "strict", "target": "4h", "when": {"category": "network"}}]
    own = {**UC, "vendor": "acme", "target": "9h"}
    contracts = [{"vendor": "acme", "covers": {"category": "printing"}}]

    assert [("contract_longer", "limits[2].target")] == codes(built(tiers=WITH_VENDOR, limits=[*limits, own]))
    assert [] == codes(built(tiers=WITH_VENDOR, limits=[*limits, own], contracts=contracts))


def test_contract_tells_of_cases_that_are_with_the_vendor():
    """A case at the vendor's tier that was sent there is not stuck; one that a note only notes down is."""
    limits = [of_tier(1, "1h", "notify:manager")]
    silent = {**ACME, "resolve": "1h", "on_breach": ["note:late"]}

    assert [] == codes(built(tiers=WITH_VENDOR, limits=limits, contracts=[{**ACME, "resolve": "1h"}]))
    assert [("stuck", "tiers[1]")] == codes(built(tiers=WITH_VENDOR, limits=limits, contracts=[silent]))


@pytest.mark.parametrize("word", ["acknowledge", "update", "resolve"])
def test_contract_tells_of_no_case_in_house(word):
    """Its clocks run where the vendor has the case; that one at another tier has a ticket there would be a chance."""
    contracts = [{"vendor": "acme", word: "1h"}]

    assert [("stuck", "tiers[0]")] == codes(built(tiers=WITH_VENDOR, limits=[], contracts=contracts))


def test_calendar_of_a_contract_that_is_closed_for_long_is_found():
    """The vendor's hours stand still meanwhile, and nobody is told."""
    closed = {**OFFICE, "closed": [f"2026-12-{day}" for day in range(21, 32)]}
    contracts = [{"vendor": "acme", "acknowledge": "2h", "calendar": "theirs"}]
    [found] = built(tiers=WITH_VENDOR, contracts=contracts, calendars={"theirs": closed}).check()

    assert ("check.closed_long", "calendars.theirs") == (found.code, found.place)
    assert "limit 'acme acknowledge', which allows 2h, stands still meanwhile" in str(found)


def test_breach_that_escalates_into_closed_hours_stands_where_it_is_said():
    """The place is that of the action in the contract."""
    tiers = [ONE, {"level": 2, "name": "Supplier", "kind": "vendor", "vendor": "acme", "escalates_to": [3]},
             {"level": 3, "name": "Experts", "calendar": "office"}]  # fmt: skip
    contracts = [{"vendor": "acme", "acknowledge": "2h", "on_breach": ["inform_management", "escalate"]}]
    found = codes(built(tiers=tiers, contracts=contracts, calendars={"office": OFFICE}))

    assert [("into_closed_hours", "contracts[0].on_breach[1]")] == found


def test_contract_that_another_limit_forestalls_is_found():
    """It is a limit as any other, and its place is what the contract allows."""
    ends = {"name": "ends", "measures": "vendor", "vendor": "acme", "target": "1h"}
    limits = [SLA, {**ends, "thresholds": [{"at": "100%", "do": ["cancel"]}]}]
    contracts = [{**ACME, "resolve": "2h"}]

    assert [("limit_never", "contracts[0].resolve")] == codes(
        built(tiers=WITH_VENDOR, limits=limits, contracts=contracts)
    )
