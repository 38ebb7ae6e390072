"""Into waiting and out of it again, approval included."""

import pytest

from supporttiers.actors import Actor
from supporttiers.errors import InputError, MoveRefusedError, NotPermittedError


@pytest.fixture
def case(calm_desk):
    """Give a case that Jane has just opened."""
    return calm_desk.open("Printer", id="T-1", by="jane")


def refused(verb, *arguments, **named):
    """Give the refusal of a verb."""
    with pytest.raises(MoveRefusedError) as caught:
        verb(*arguments, **named)
    return caught.value


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
