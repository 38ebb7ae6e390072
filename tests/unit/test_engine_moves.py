"""Between tiers and teams: up, down, sideways, and to and fro."""

import attrs
import pytest

from supporttiers.cases import Place
from supporttiers.errors import MoveRefusedError
from supporttiers.tiers import Tier


@pytest.fixture
def case(calm_desk):
    """Give a case that Jane has just opened."""
    return calm_desk.open("Printer", id="T-1", by="jane")


def refused(verb, *arguments, **named):
    """Give the refusal of a verb."""
    with pytest.raises(MoveRefusedError) as caught:
        verb(*arguments, **named)
    return caught.value


# -- up, down, sideways


def test_escalate_moves_the_assignment_not_the_ownership(calm_desk, case, clock):
    """The case waits in the next tier's queue for its first team; nobody there works on it yet."""
    calm_desk.start(case, by="bob")
    clock.advance("5m")
    moved = calm_desk.escalate(case, by="bob", reason="needs a driver")

    assert (2, "network", "queued", None, "bob") == (moved.tier, moved.team, moved.status, moved.assignee, moved.owner)
    assert (Place(1, "front"), clock.now()) == (moved.came_from, moved.tier_entered_at)
    assert "needs a driver" == calm_desk.history(case)[-1].said


@pytest.mark.parametrize(
    ("asked", "team"), [({}, "network"), ({"team": "desktop"}, "desktop"), ({"tier": 2}, "network")]
)
def test_escalate_takes_a_team_of_the_tier(calm_desk, case, asked, team):
    """Without one, the first."""
    assert team == calm_desk.escalate(case, by="bob", **asked).team


def test_tier_without_teams_takes_any(make_desk, calm):
    """A tier that names no teams leaves the word to the caller."""
    first, second, *rest = calm.tiers
    desk = make_desk(attrs.evolve(calm, tiers=[first, attrs.evolve(second, teams=()), *rest]))
    case = desk.open(by="jane")

    assert (None, "whoever") == (
        desk.escalate(case, by="bob").team,
        desk.transfer(case, by="bob", team="whoever").team,
    )


@pytest.mark.parametrize(
    ("verb", "asked", "text"),
    [
        (
            "escalate",
            {"tier": 4},
            "case 'T-1' cannot escalate from tier1.queued: the process has no such move; from here it can: ",
        ),
        (
            "escalate",
            {"team": "front"},
            "case 'T-1' cannot escalate from tier1.queued: tier 2 has no team 'front'; it has: network, desktop; from",
        ),
        (
            "hand_back",
            {},
            "case 'T-1' cannot hand_back from tier1.queued: no tier to hand_back to from tier 1; from here it can: ",
        ),
        (
            "hand_back",
            {"tier": 1},
            "case 'T-1' cannot hand_back from tier1.queued: the process has no such move; from here it can: ",
        ),
        (
            "transfer",
            {"team": "front"},
            "case 'T-1' cannot transfer from tier1.queued: team 'front' is there already; from here it can: ",
        ),
        (
            "transfer",
            {"team": "network"},
            "case 'T-1' cannot transfer from tier1.queued: tier 1 has no team 'network'; it has: front, back; from ",
        ),
    ],
    ids=range(6),
)
def test_move_that_is_not_there_is_refused(calm_desk, case, verb, asked, text):
    """The refusal says what was asked, why not, and what is possible; the case stays where it was."""
    refusal = refused(getattr(calm_desk, verb), case, by="bob", **asked)

    assert str(refusal).startswith(text)
    assert "escalate to 2" in refusal.possible
    assert case == calm_desk.get("T-1")


def test_escalate_ends_at_the_top(calm_desk, case):
    """From the last tier there is nowhere to go."""
    calm_desk.escalate(case, by="bob")
    calm_desk.escalate(case, by="bob")
    refusal = refused(calm_desk.escalate, case, by="bob")

    assert ("tier4.queued", "no tier to escalate to from tier 4") == (refusal.state, str(refusal.reason))


def test_hand_back_goes_where_the_case_came_from(calm_desk, case):
    """Tier and team, as long as the process allows it; another team can be named."""
    calm_desk.transfer(case, by="bob", team="back")
    calm_desk.escalate(case, by="bob")
    back = calm_desk.hand_back(case, by="dora")
    calm_desk.escalate(case, by="bob")
    other = calm_desk.hand_back(case, by="dora", team="front")

    assert ((1, "back"), (1, "front")) == ((back.tier, back.team), (other.tier, other.team))


def test_hand_back_takes_the_first_choice_where_it_came_from_elsewhere(make_desk, calm):
    """A case that came from above, or from a tier that is no choice, goes to the tier's first."""
    tiers = [
        Tier(level=1, name="One", escalates_to=[2, 3]),
        Tier(level=2, name="Two", teams=["a", "b"], hands_back_to=[1]),
        Tier(level=3, name="Three", hands_back_to=[2]),
    ]
    desk = make_desk(attrs.evolve(calm, tiers=tiers))
    case = desk.open(by="jane")
    desk.escalate(case, by="bob", tier=3)

    assert [(2, "a"), (1, None)] == [
        (moved.tier, moved.team) for moved in (desk.hand_back(case, by="bob"), desk.hand_back(case, by="bob"))
    ]


def test_transfer_stays_at_its_tier(calm_desk, case, clock):
    """Another team has it, the time at the tier runs on, and nobody is assigned any more."""
    calm_desk.start(case, by="bob")
    clock.advance("5m")
    moved = calm_desk.transfer(case, by="bob", team="back")

    assert (1, "back", "queued", None, case.tier_entered_at) == (
        moved.tier, moved.team, moved.status, moved.assignee, moved.tier_entered_at,
    )  # fmt: skip


def test_move_out_of_waiting_ends_the_waiting(calm_desk, case, at):
    """A case that goes up while it waits is queued there."""
    calm_desk.wait(case, by="bob", until=at("12:00"))
    moved = calm_desk.escalate(case, by="bob")

    assert ("queued", None, None, None) == (moved.status, moved.wait_reason, moved.wait_until, moved.resume_to)


def test_resolved_case_moves_where_the_process_allows(make_desk, calm):
    """It changes its tier and stays resolved; up is still up, and down is down."""
    desk = make_desk(attrs.evolve(calm, moves="any", transfer_when=["queued", "resolved"]))
    case = desk.open(id="T-1", by="jane")
    desk.resolve(case, by="bob")
    moved = desk.escalate(case, by="bob", tier=4)
    refusal = refused(desk.escalate, case, by="bob", tier=2)

    assert (4, "resolved") == (moved.tier, moved.status)
    assert () == moved.vendor_tickets
    assert "tier 2 is not above tier 4" == str(refusal.reason)
    assert "tier 4 is not below tier 4" == str(refused(desk.hand_back, case, by="bob", tier=4).reason)
    assert [2, 4, 2, 1] == [
        desk.hand_back(case, by="bob", tier=2).tier,
        desk.escalate(case, by="bob").tier,
        desk.hand_back(case, by="bob").tier,
        desk.hand_back(case, by="bob").tier,  # it came from above, so down to the next one below
    ]


# -- bounces


def test_bounces_are_counted_per_pair_and_told_beyond_the_limit(make_desk, calm, pager, kinds):
    """Going back where it just came from is a bounce; the first one beyond the limit, and each after it, is told."""
    desk = make_desk(attrs.evolve(calm, bounce_limit=2))
    case = desk.open(id="T-1", by="jane")
    told = []
    for number in range(5):
        case = (desk.hand_back if number % 2 else desk.escalate)(case, by="bob")
        told.append(("ManagementInformed" in kinds(desk, case), dict(case.bounces)))
        if number == 2:
            desk.run_due()
    desk.run_due()
    pair = "1/front <> 2/network"

    assert [(False, {}), (False, {pair: 1}), (False, {pair: 2}), (True, {pair: 3}), (True, {pair: 4})] == told
    assert [("manager", "move.bounced")] * 2 == pager.told
    assert [
        "moved between 1/front <> 2/network 3 times; the limit is 2",
        "moved between 1/front <> 2/network 4 times; the limit is 2",
    ] == [str(sent.reason) for sent in pager.sent]


def test_bounces_of_other_pairs_are_their_own(calm_desk, case):
    """A to B to C is no bounce; B to C to B is one of that pair; teams of one tier count too."""
    calm_desk.escalate(case, by="bob")
    calm_desk.transfer(case, by="bob", team="desktop")
    calm_desk.escalate(case, by="bob")
    calm_desk.hand_back(case, by="bob")
    calm_desk.transfer(case, by="bob", team="network")

    assert {"2/desktop <> 4": 1} == calm_desk.get("T-1").bounces


def test_bounce_limit_zero_tells_of_the_first(make_desk, calm, kinds):
    """A process may not stand for any going to and fro."""
    desk = make_desk(attrs.evolve(calm, bounce_limit=0))
    case = desk.open(by="jane")
    desk.escalate(case, by="bob")
    desk.hand_back(case, by="bob")

    assert ["CaseHandedBack", "ManagementInformed"] == kinds(desk, case, after=2)


def test_inform_management_moves_nothing(calm_desk, case, pager):
    """Hierarchical escalation is another thing than functional escalation."""
    told = calm_desk.inform_management(case, by="bob", reason="customer is furious")
    calm_desk.run_due()

    assert attrs.evolve(case, version=2) == told
    assert [("manager", "management.asked")] == pager.told
    assert "furious" not in str(pager.sent[0])
