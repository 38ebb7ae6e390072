"""Verbs that move a case: between tiers and teams, into waiting and out of it, to an end and back."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.cases import Place
from supporttiers.errors import InputError, MoveRefusedError, NotPermittedError
from supporttiers.links import Link
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


# -- waiting


@pytest.mark.parametrize("wait_reason", ["customer", "known_issue", "approval", "scheduled", "parts"])
@pytest.mark.parametrize("started", [False, True])
def test_wait_remembers_what_to_go_on_as(calm_desk, case, wait_reason, started):
    """Resuming goes back to the status before; waiting for something else in between changes nothing of that."""
    status = calm_desk.start(case, by="bob").status if started else case.status
    waiting = calm_desk.wait(case, by="bob", wait_reason=wait_reason)
    calm_desk.wait(case, by="bob", wait_reason="customer" if wait_reason != "customer" else "parts")
    resumed = calm_desk.resume(case, by="bob")

    assert ("waiting", wait_reason, status) == (waiting.status, waiting.wait_reason, waiting.resume_to)
    assert (status, None, None) == (resumed.status, resumed.wait_reason, resumed.resume_to)


def test_wait_refuses_an_unknown_reason(calm_desk, case):
    """The refusal lists the reasons that there are."""
    refusal = refused(calm_desk.wait, case, by="bob", wait_reason="lunch")

    assert {"wait for customer", "wait for parts"} <= set(refusal.possible)
    assert "wait for lunch" not in refusal.possible


def test_wait_for_a_vendor_needs_an_open_ticket(calm_desk, case):
    """Nobody waits for an answer that nobody was asked for."""
    refusal = refused(calm_desk.wait, case, by="bob", wait_reason="vendor")
    calm_desk.dispatch(case, by="bob", vendor="acme-print")

    assert "waiting for a vendor needs an open vendor ticket; dispatch first" == str(refusal.reason)
    assert "vendor" == calm_desk.wait(case, by="bob", wait_reason="vendor").wait_reason


@pytest.mark.parametrize("until", ["08:00", "09:00"])
def test_wait_ends_after_it_begins(calm_desk, case, at, until):
    """An end that does not lie ahead is refused."""
    with pytest.raises(InputError) as caught:
        calm_desk.wait(case, by="bob", until=at(until))

    assert "case 'T-1': until does not lie after the command itself; name a later instant" == str(caught.value)
    assert "waiting" == calm_desk.wait(case, by="bob", until=at("09:00").replace(microsecond=1)).status


@pytest.mark.parametrize(
    ("now", "status"), [("11:59:59", "waiting"), ("12:00", "in_progress"), ("15:00", "in_progress")]
)
def test_wait_ends_by_itself(calm_desk, case, clock, at, now, status):
    """At the agreed instant the case goes on as what it was, however late the sweep."""
    calm_desk.start(case, by="bob")
    calm_desk.wait(case, by="bob", wait_reason="scheduled", until=at("12:00"))
    clock.advance(to=at(now))
    calm_desk.run_due()
    after = calm_desk.get("T-1")

    assert status == after.status
    if status != "waiting":
        last = calm_desk.history(case)[-1]
        assert (at("12:00"), "the agreed time of waiting is over", "system") == (last.at, str(last.reason), last.by.id)
        assert (None, None) == (after.wait_until, calm_desk.next_wake())


def test_wait_that_ended_otherwise_makes_nothing_due(calm_desk, case, clock, at):
    """Its end goes with it."""
    calm_desk.wait(case, by="bob", until=at("12:00"))
    calm_desk.resume(case, by="bob")

    assert calm_desk.next_wake() is None


def test_resume_needs_a_case_that_waits(calm_desk, case):
    """What does not wait cannot go on."""
    refusal = refused(calm_desk.resume, case, by="bob")

    assert ("resume", "tier1.queued", "the process has no such move") == (
        refusal.trigger, refusal.state, str(refusal.reason),
    )  # fmt: skip


# -- approval


@pytest.mark.parametrize(("verb", "kind"), [("approve", "CaseApproved"), ("decline", "CaseDeclined")])
def test_approval_is_given_or_declined(calm_desk, case, kinds, verb, kind):
    """Either way the case goes back to work."""
    calm_desk.wait(case, by="bob", wait_reason="approval")
    answered = getattr(calm_desk, verb)(case, by=Actor.manager("mia"))

    assert "queued" == answered.status
    assert [kind, "CaseResumed"] == kinds(calm_desk, case, after=2)


@pytest.mark.parametrize("verb", ["approve", "decline"])
def test_approval_of_ones_own_request_is_refused(calm_desk, case, verb):
    """Nobody may say yes or no to what they asked for themselves, in whatever role."""
    calm_desk.wait(case, by="bob", wait_reason="approval")
    for by in ("jane", Actor.manager("jane")):
        with pytest.raises(NotPermittedError) as caught:
            getattr(calm_desk, verb)(case, by=by)
        assert f"case 'T-1': 'jane' may not {verb}: nobody may {verb} what they asked for themselves" == str(
            caught.value
        )
    assert "waiting" == calm_desk.get("T-1").status


@pytest.mark.parametrize("verb", ["approve", "decline"])
@pytest.mark.parametrize("waiting", [False, True])
def test_approval_needs_something_to_approve(calm_desk, case, verb, waiting):
    """A case that waits for something else, or not at all, awaits no approval."""
    if waiting:
        calm_desk.wait(case, by="bob")
    refusal = refused(getattr(calm_desk, verb), case, by="mia")

    assert (verb, "no approval is awaited") == (refusal.trigger, str(refusal.reason))


# -- ends


@pytest.mark.parametrize("before", ["queued", "in_progress", "waiting"])
def test_resolve_is_possible_from_every_open_status(calm_desk, case, clock, before):
    """The end keeps tier, team and people."""
    if before == "waiting":
        calm_desk.wait(case, by="bob")
    calm_desk.assign(case, by="bob", assignee="bob")
    if before == "in_progress":
        calm_desk.start(case, by="bob")
    clock.advance("1h")
    done = calm_desk.resolve(case, by="bob", text="New toner", solution="KB-1")

    assert ("resolved", 1, "front", "bob", "KB-1", clock.now()) == (
        done.status, done.tier, done.team, done.assignee, done.solution, done.resolved_at,
    )  # fmt: skip
    assert (None, None) == (done.wait_reason, done.resume_to)


def test_close_files_what_is_resolved(calm_desk, case, clock):
    """Only what is resolved, and only once."""
    first = refused(calm_desk.close, case, by="bob")
    resolved = calm_desk.resolve(case, by="bob")
    clock.advance("1h")
    closed = calm_desk.close(case, by="bob")
    second = refused(calm_desk.close, case, by="bob")

    assert ("tier1.queued", "closed") == (first.state, second.state)
    assert ("closed", clock.now(), resolved.resolved_at) == (closed.status, closed.closed_at, closed.resolved_at)


def test_cancel_ends_what_is_open(calm_desk, case):
    """What has ended already is not cancelled, and nothing brings it back."""
    cancelled = calm_desk.cancel(case, by="jane")

    assert ("cancelled", None, None) == (cancelled.status, cancelled.resolved_at, cancelled.closed_at)
    assert () == refused(calm_desk.cancel, case, by="jane").possible
    assert "cancelled" == refused(calm_desk.reopen, case, by="jane").state


# -- and back


def test_reopen_comes_back_to_its_tier(calm_desk, case, clock):
    """Team and assignee are kept, the end is forgotten, and the stay at the tier begins anew."""
    calm_desk.start(case, by="bob")
    calm_desk.resolve(case, by="bob")
    calm_desk.rate(case, by="jane", score=1)
    clock.advance("1h")
    reopened = calm_desk.reopen(case, by="jane")

    assert ("queued", 1, "front", "bob", clock.now()) == (
        reopened.status, reopened.tier, reopened.team, reopened.assignee, reopened.tier_entered_at,
    )  # fmt: skip
    assert (None, None, None) == (reopened.resolved_at, reopened.satisfaction, reopened.came_from)


@pytest.mark.parametrize(
    ("asked", "place"),
    [({"tier": 2}, (2, "network")), ({"tier": 2, "team": "desktop"}, (2, "desktop")), ({"team": "back"}, (1, "back"))],
    ids=range(3),
)
def test_reopen_elsewhere_is_a_move(calm_desk, case, asked, place):
    """Another tier or team takes it without the old assignee, and where it came from is known."""
    calm_desk.start(case, by="bob")
    calm_desk.resolve(case, by="bob")
    reopened = calm_desk.reopen(case, by="mia", **asked)

    assert (*place, None, Place(1, "front")) == (
        reopened.tier, reopened.team, reopened.assignee, reopened.came_from,
    )  # fmt: skip


def test_reopen_is_no_way_around_the_moves(calm_desk, case):
    """A tier that the last one does not lead to is refused, a tier that is none too."""
    calm_desk.resolve(case, by="bob")

    assert "from tier 1 it does not move to tier 4; leave the tier out, or reopen and move" == str(
        refused(calm_desk.reopen, case, by="bob", tier=4).reason
    )
    assert "the process has no such move" == str(refused(calm_desk.reopen, case, by="bob", tier=9).reason)


def test_reopen_anywhere_where_the_process_moves_anywhere(make_desk, calm):
    """And closed cases too, where the process says so."""
    desk = make_desk(attrs.evolve(calm, moves="any", reopen_from=["resolved", "closed"]))
    case = desk.open(by="jane")
    desk.resolve(case, by="bob")
    desk.close(case, by="bob")
    reopened = desk.reopen(case, by="bob", tier=4)

    assert (4, "queued", None) == (reopened.tier, reopened.status, reopened.closed_at)
    assert 1 == len(reopened.vendor_tickets)


def test_reopen_of_what_is_open_is_refused(calm_desk, case):
    """There is nothing to reopen."""
    assert "tier1.queued" == refused(calm_desk.reopen, case, by="bob").state


# -- merging


def test_merge_moves_its_people_by_and_by(calm_desk, case, pager):
    """The case is linked and cancelled at once; those who followed it follow the other once the relay has run."""
    other = calm_desk.open(id="T-2", by="joe")
    calm_desk.watch(case, by="eve", watchers=["eve", "ann"])
    merged = calm_desk.merge(case, by="bob", into="T-2")
    before = calm_desk.get("T-2")
    calm_desk.run_due()
    after = calm_desk.get("T-2")

    assert ("cancelled", (Link("duplicate_of", "T-2"),), ()) == (merged.status, merged.links, merged.watchers)
    assert "merged into case 'T-2'" == str(calm_desk.history(case)[-1].reason)
    assert other == before
    assert ("eve", "ann", "jane") == after.watchers
    assert "bob" == calm_desk.history("T-2")[-1].by.id
    calm_desk.run_due()
    assert after == calm_desk.get("T-2")


def test_merge_names_the_requester_once(calm_desk, case):
    """Who asked and watches is one person."""
    calm_desk.open(id="T-2", by="joe")
    calm_desk.watch(case, by="jane")
    calm_desk.merge(case, by="bob", into="T-2")
    calm_desk.run_due()

    assert ("jane",) == calm_desk.get("T-2").watchers


def test_merge_needs_two_cases_and_an_open_one(calm_desk, case):
    """Into itself, or after its end, there is nothing to merge."""
    calm_desk.open(id="T-2", by="joe")
    itself = refused(calm_desk.merge, case, by="bob", into="T-1")
    calm_desk.cancel(case, by="bob")
    ended = refused(calm_desk.merge, case, by="bob", into="T-2")

    assert ["a case cannot be linked to itself", "it has ended as cancelled"] == [
        str(itself.reason), str(ended.reason),
    ]  # fmt: skip
