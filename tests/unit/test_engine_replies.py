"""Who answered first, who owes the next word, and what a reply of the requester does."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.errors import MoveRefusedError
from supporttiers.tiers import Visibility

JANE = Actor.customer("jane")


@pytest.fixture
def case(calm_desk):
    """Give a case that Jane has just opened."""
    return calm_desk.open("Printer", id="T-1", by="jane")


# -- first response, and who owes the next word


@pytest.mark.parametrize(
    ("by", "answers"),
    [
        (Actor.agent("bob"), True),
        (Actor.manager("mia"), True),
        (Actor.vendor("acme"), True),
        (Actor.assistant("bot"), False),
        (Actor.agent("jane"), False),
        (Actor.customer("joe"), False),
    ],
    ids=lambda value: f"{value.kind}-{value}" if isinstance(value, Actor) else str(value),
)
def test_first_response_is_a_public_word_of_the_house(calm_desk, case, clock, by, answers):
    """Bots, the requester in whatever role, and other customers do not answer for the house."""
    clock.advance("10m")
    replied = calm_desk.reply(case, text="Hello", by=by)

    assert (clock.now() if answers else None) == replied.first_response_at
    assert (replied.awaiting_reply_since is None) is answers


@pytest.mark.parametrize(
    ("verb", "own"),
    [
        ("note", {"text": "looking"}),
        ("note", {"text": "looking", "visibility": "public"}),
        ("start", {}),
        ("wait", {}),
        ("escalate", {}),
    ],
    ids=range(5),
)
def test_first_response_is_no_note_and_no_move(calm_desk, case, verb, own):
    """Working on it, or writing it down, is no answer."""
    after = getattr(calm_desk, verb)(case, by="bob", **own)

    assert after.first_response_at is None
    assert after.awaiting_reply_since is not None


def test_first_response_is_the_first_only(calm_desk, case, clock):
    """Later words of the house do not move it."""
    first = calm_desk.reply(case, by="bob")
    clock.advance("1h")

    assert first.first_response_at == calm_desk.reply(case, by="bob").first_response_at


def test_awaiting_reply_counts_from_the_oldest_unanswered_message(calm_desk, case, clock, at):
    """A second message of the requester does not move it; an answer empties it; the next message starts it anew."""
    seen = []
    for minutes, by in (("5m", "jane"), ("5m", "bob"), ("5m", "jane"), ("5m", "jane"), ("5m", "bob")):
        clock.advance(minutes)
        seen.append(calm_desk.reply(case, by=by).awaiting_reply_since)

    assert [at("09:00"), None, at("09:15"), at("09:15"), None] == seen


def test_awaiting_reply_ends_with_the_case(calm_desk, case):
    """Resolution closes all that was owed."""
    assert calm_desk.resolve(case, by="bob").awaiting_reply_since is None


def test_late_known_answer_counts_from_when_it_was_given(calm_desk, case, clock, at):
    """A call of ten minutes ago was the first response then."""
    clock.advance("30m")

    assert at("09:20") == calm_desk.reply(case, by="bob", occurred_at=at("09:20")).first_response_at


# -- what the requester's reply does


def test_reply_of_the_requester_resumes_what_waits_for_them(calm_desk, case, kinds):
    """The case goes on as what it was, and says why."""
    calm_desk.start(case, by="bob")
    calm_desk.wait(case, by="bob")
    resumed = calm_desk.reply(case, by="jane")

    assert ("in_progress", None, None) == (resumed.status, resumed.wait_reason, resumed.resume_to)
    assert ["CaseReplied", "CaseResumed"] == kinds(calm_desk, case, after=3)
    assert "the requester replied" == str(calm_desk.history(case)[-1].reason)


@pytest.mark.parametrize(
    ("wait_reason", "by"), [("parts", "jane"), ("approval", "jane"), ("customer", "bob"), ("customer", "system")]
)
def test_reply_resumes_nothing_else(calm_desk, case, wait_reason, by):
    """Only the requester's word ends waiting for the requester."""
    calm_desk.wait(case, by="bob", wait_reason=wait_reason)

    assert "waiting" == calm_desk.reply(case, by=by).status


def test_reply_of_the_requester_reopens_what_was_resolved(calm_desk, case, clock):
    """The case is worked on again at its tier, with its team and assignee, and owes an answer to this word."""
    calm_desk.escalate(case, by="bob", team="desktop")
    calm_desk.start(case, by="dora")
    calm_desk.resolve(case, by="dora")
    clock.advance("1h")
    reopened = calm_desk.reply(case, by="jane", text="Still broken")

    assert ("queued", 2, "desktop", "dora") == (reopened.status, reopened.tier, reopened.team, reopened.assignee)
    assert (None, clock.now()) == (reopened.resolved_at, reopened.awaiting_reply_since)
    assert "the requester replied" == str(calm_desk.history(case)[-1].reason)


@pytest.mark.parametrize("end", ["close", "cancel"])
def test_reply_to_what_nobody_listens_to_is_refused(calm_desk, case, end):
    """On a filed or withdrawn case the requester's word would be lost: it is refused, saying what to do."""
    if end == "close":
        calm_desk.resolve(case, by="bob")
    getattr(calm_desk, end)(case, by="bob")
    before = calm_desk.history(case)
    with pytest.raises(MoveRefusedError, match="a reply does not reopen it; open a new case"):
        calm_desk.reply(case, by="jane")

    assert before == calm_desk.history(case)
    assert "CaseReplied" == type(calm_desk.history(calm_desk.reply(case, by="bob", text="For the file."))[-1]).__name__


@pytest.mark.parametrize("reopens", [True, False])
def test_reply_reopens_a_closed_case_where_the_process_says_so(make_desk, calm, reopens):
    """What may be reopened is reopened by the requester's word, unless replies do not reopen."""
    desk = make_desk(attrs.evolve(calm, reopen_from=["resolved", "closed"], reply_reopens=reopens))
    case = desk.open(by="jane")
    desk.resolve(case, by="bob")
    desk.close(case, by="bob")
    if reopens:
        assert "queued" == desk.reply(case, by="jane").status
    else:
        with pytest.raises(MoveRefusedError):
            desk.reply(case, by="jane")


@pytest.mark.parametrize(
    ("changes", "resolved", "status"),
    [
        ({"reply_resumes": False}, False, "waiting"),
        ({"reply_reopens": False}, True, "resolved"),
        ({"reopen_from": []}, True, "resolved"),
    ],
    ids=range(3),
)
def test_reply_moves_nothing_where_the_process_says_so(make_desk, calm, changes, resolved, status):
    """Resuming and reopening by reply can be turned off, and reopening needs the move."""
    desk = make_desk(attrs.evolve(calm, **changes))
    case = desk.open(by="jane")
    desk.resolve(case, by="bob") if resolved else desk.wait(case, by="bob")

    assert status == desk.reply(case, by="jane").status


@pytest.mark.parametrize(("visibility", "seen"), [(Visibility.PRIVATE, False), ("public", True)])
def test_note_is_private_unless_said_otherwise(calm_desk, case, visibility, seen):
    """The requester sees only what was made public."""
    calm_desk.note(case, by="bob", text="a", visibility=visibility)
    found = calm_desk.history(case, visible_to=JANE)

    assert seen is ("CaseNoted" in [type(event).__name__ for event in found])
