"""To an end and back: resolving, closing, cancelling, reopening, merging."""

import attrs
import pytest

from supporttiers.cases import Place
from supporttiers.errors import MoveRefusedError, NotPermittedError
from supporttiers.links import Link


@pytest.fixture
def case(calm_desk):
    """Give a case that Jane has just opened."""
    return calm_desk.open("Printer", id="T-1", by="jane")


def refused(verb, *arguments, **named):
    """Give the refusal of a verb."""
    with pytest.raises(MoveRefusedError) as caught:
        verb(*arguments, **named)
    return caught.value


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


def test_merge_into_a_cancelled_case_is_refused(calm_desk, case):
    """Two cases cannot end each other: nobody would be left to work."""
    calm_desk.open(id="T-2", by="joe")
    calm_desk.cancel("T-2", by="bob")
    with pytest.raises(NotPermittedError, match="case 'T-2' is cancelled; merge into an open one"):
        calm_desk.merge(case, by="bob", into="T-2")

    assert "queued" == calm_desk.get("T-1").status


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
    assert ("jane", "eve", "ann") == after.watchers
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


def test_refused_reopening_names_the_tiers_that_are_left(calm_desk):
    """Not those that it has just refused."""
    case = calm_desk.resolve(calm_desk.open(by="jane"), by="bob")

    with pytest.raises(MoveRefusedError) as caught:
        calm_desk.reopen(case, by="bob", tier=4)
    assert ("reopen at 1", "reopen at 2", "close") == caught.value.possible
