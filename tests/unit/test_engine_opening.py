"""Opening a case: where it enters, who asks, and what a process says of it."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.decisions import Destination
from supporttiers.errors import InputError, MoveRefusedError
from supporttiers.match import AtLeast, Match
from supporttiers.policies.routing import Route, RouteByRules

NO_TEAM = "tier 1 has no team 'network'; it has: front, back"


@pytest.fixture
def case(calm_desk):
    """Give a case that Jane has just opened."""
    return calm_desk.open("Printer", id="T-1", by="jane")


def test_open_enters_at_the_lowest_staffed_tier(calm_desk, clock):
    """A case begins in the queue of the first team there, owned and worked on by nobody, and owes a first answer."""
    case = calm_desk.open("Printer", by="jane", category="printing", tags=["a", "a", "b"])

    assert (1, "front", "queued", 1) == (case.tier, case.team, case.status, case.version)
    assert (None, None, "jane", ("a", "b")) == (case.owner, case.assignee, case.requester, case.tags)
    assert {clock.now()} == {case.opened_at, case.tier_entered_at, case.awaiting_reply_since, case.changed_at}
    assert case.first_response_at is None


@pytest.mark.parametrize(
    ("asked", "priority"),
    [({}, "medium"), ({"priority": "critical"}, "critical"), ({"priority": "low"}, "low")],
    ids=range(3),
)
def test_open_takes_a_priority_of_the_process(calm_desk, asked, priority):
    """Without one, the process says which; of an even number the lower of the two in the middle."""
    assert priority == calm_desk.open(by="jane", **asked).priority


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"tier": 2}, "case 'T-1' cannot open from new: the process has no such move; from here it can: open at 1"),
        ({"tier": 9}, "case 'T-1' cannot open from new: the process has no such move; from here it can: open at 1"),
        ({"team": "network"}, f"case 'T-1' cannot open from new: {NO_TEAM}; from here it can: open at 1"),
    ],
    ids=range(3),
)
def test_open_refuses_a_place_that_is_no_entry(calm_desk, asked, text):
    """Skipping tiers at the door is for the process to allow."""
    with pytest.raises(MoveRefusedError) as caught:
        calm_desk.open(id="T-1", by="jane", **asked)

    assert text == str(caught.value)
    assert 0 == len(calm_desk.find())


def test_open_refuses_an_unknown_priority(calm_desk):
    """The error lists those that there are."""
    with pytest.raises(InputError) as caught:
        calm_desk.open(id="T-1", by="jane", priority="urgent")

    assert "case 'T-1': priority must be one of: low, medium, high, critical" == str(caught.value)


def test_open_refuses_an_id_that_is_taken(calm_desk, case):
    """A second case of one id would be another person's."""
    with pytest.raises(MoveRefusedError) as caught:
        calm_desk.open("Another", id="T-1", by="joe")

    assert "it exists already" == str(caught.value.reason)
    assert case == calm_desk.get("T-1")


@pytest.mark.parametrize(
    ("by", "requester", "kind", "found"),
    [
        ("jane", None, "customer", "jane"),
        ("jane", "jane", "customer", "jane"),
        ("bob", "jane", "agent", "jane"),
        (Actor.agent("bob"), None, "agent", "bob"),
        (Actor.manager("mia"), "jane", "manager", "jane"),
    ],
)
def test_open_asks_for_somebody(calm_desk, by, requester, kind, found):
    """Who opens is the requester unless another is named; an id equal to the requester acts as the customer."""
    case = calm_desk.open(by=by, requester=requester)

    assert (found, kind) == (case.requester, calm_desk.history(case)[0].by.kind)


def routed(calm, *routes, **changes):
    """Give the process with routes."""
    return attrs.evolve(calm, entry="any", policies=[RouteByRules(routes)], **changes)


@pytest.mark.parametrize(
    ("opening", "place", "tags"),
    [
        ({"category": "network"}, (2, "network"), ("x", "routed")),
        ({"category": "desktop"}, (2, "desktop"), ("x",)),
        ({"priority": "critical"}, (2, "desktop"), ("x",)),
        ({"category": "network", "priority": "critical"}, (2, "network"), ("x", "routed")),
        ({}, (1, "front"), ("x",)),
        ({"category": "network", "tier": 1}, (1, "front"), ("x",)),
        ({"team": "back"}, (1, "back"), ("x",)),
    ],
    ids=range(7),
)
def test_open_follows_the_first_route_that_fits(make_desk, calm, opening, place, tags):
    """The caller's tier goes first, then the rules in order, then the lowest staffed tier; no team means the first."""
    desk = make_desk(
        routed(
            calm,
            Route(Match(category="network"), Destination(tier=2, tags=["routed", "x"])),
            Route(Match(any=[Match(category="desktop"), Match(priority=AtLeast("critical"))]),
                  Destination(tier=2, team="desktop")),
        )
    )  # fmt: skip
    case = desk.open(by="jane", tags=["x"], **opening)

    assert place == (case.tier, case.team)
    assert tags == case.tags


def test_open_at_a_vendor_dispatches(make_desk, calm):
    """Entering a vendor's tier sends the case off at once, however it comes there."""
    desk = make_desk(attrs.evolve(calm, entry=[4]))
    case = desk.open("Stuck", by="jane", tier=4, category="printing", priority="high")

    assert [("acme-print", "requested")] == [(ticket.vendor, ticket.status) for ticket in case.vendor_tickets]
    assert [f"default/{case.id}/2"] == [ticket.key for ticket in case.vendor_tickets]


def test_open_keeps_the_team_asked_for_where_a_route_says_the_tier(make_desk, calm):
    """The route gives the tier, and the caller the team; a team that is not there is refused."""
    desk = make_desk(routed(calm, Route(Match(category="network"), Destination(tier=2))))

    assert "desktop" == desk.open(by="jane", category="network", team="desktop").team
    with pytest.raises(MoveRefusedError, match="tier 2 has no team 'front'"):
        desk.open(by="jane", category="network", team="front")


def test_open_leaves_out_attributes_without_a_value(calm_desk):
    """An attribute that is None is an attribute that is not there, at the opening as when amended."""
    assert {"site": "Leeds"} == calm_desk.open(by="jane", attributes={"site": "Leeds", "floor": None}).attributes
