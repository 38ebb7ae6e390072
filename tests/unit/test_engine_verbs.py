"""Verbs that do not move a case between tiers, asked of a desk on which time makes nothing due."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.decisions import Destination
from supporttiers.errors import InputError, MoveRefusedError, NotPermittedError
from supporttiers.links import Attachment, Attempt, Link
from supporttiers.match import AtLeast, Match
from supporttiers.policies.routing import Route, RouteByRules
from supporttiers.tiers import Visibility

JANE = Actor.customer("jane")


@pytest.fixture
def case(calm_desk):
    """Give a case that Jane has just opened."""
    return calm_desk.open("Printer", id="T-1", by="jane")


# -- opening


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
        (
            {"team": "network"},
            "case 'T-1' cannot open from new: tier 1 has no team 'network'; it has: front, back; "
            "from here it can: open at 1",
        ),
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


# -- working on it


@pytest.mark.parametrize(
    ("by", "assignee"),
    [
        (Actor.agent("bob"), "bob"),
        (Actor.manager("mia"), "mia"),
        (Actor.vendor("acme"), "acme"),
        (Actor.assistant("bot"), "bot"),
        (JANE, None),
    ],
    ids=str,
)
def test_start_gives_the_case_to_whoever_works(calm_desk, case, by, assignee):
    """The one who starts is assigned, and owns it from then on; a customer does not work on their own case."""
    started = calm_desk.start(case, by=by)

    assert ("in_progress", assignee, assignee) == (started.status, started.assignee, started.owner)


def test_start_leaves_the_assignee(calm_desk, case):
    """Who is assigned stays assigned, whoever presses the button."""
    calm_desk.assign(case, assignee="bob", by="mia")

    assert "bob" == calm_desk.start(case, by="eve").assignee


def test_release_puts_it_back_into_the_queue(calm_desk, case):
    """Nobody is assigned any more; the owner stays."""
    calm_desk.start(case, by="bob")
    released = calm_desk.release(case, by="bob")

    assert ("queued", None, "bob") == (released.status, released.assignee, released.owner)


@pytest.mark.parametrize(("verb", "status"), [("start", "in_progress"), ("release", "queued")])
def test_start_and_release_need_their_state(calm_desk, case, verb, status):
    """Doing it twice is no move; the refusal says what is possible."""
    calm_desk.start(case, by="bob")
    if verb == "release":
        calm_desk.release(case, by="bob")
    with pytest.raises(MoveRefusedError) as caught:
        getattr(calm_desk, verb)(case, by="bob")

    assert f"tier1.{status}" == caught.value.state
    assert "escalate to 2" in caught.value.possible


def test_assign_records_only_what_changes(calm_desk, case):
    """Giving it to whoever has it already is no event."""
    assigned = calm_desk.assign(case, assignee="bob", by="mia")
    again = calm_desk.assign(case, assignee="bob", by="mia")
    nobody = calm_desk.assign(case, assignee=None, by="mia")

    assert (2, 2, 3) == (assigned.version, again.version, nobody.version)
    assert (None, "bob", "queued") == (nobody.assignee, nobody.owner, nobody.status)


@pytest.mark.parametrize(
    ("verb", "own"),
    [("assign", {"assignee": "bob"}), ("attempt", {"what": "faq"}), ("dispatch", {"vendor": "acme-print"})],
)
def test_work_on_what_has_ended_is_refused(calm_desk, case, verb, own):
    """What makes sense only on an open case says so."""
    calm_desk.resolve(case, by="bob")
    with pytest.raises(MoveRefusedError) as caught:
        getattr(calm_desk, verb)(case, by="bob", **own)

    assert "it has ended as resolved" == str(caught.value.reason)
    assert ("resolved", verb) == (caught.value.state, caught.value.trigger)


def test_attempt_travels_with_the_case(calm_desk, case, clock):
    """What was tried in self-service is on record for every later tier."""
    calm_desk.attempt(case, what="KB-7", outcome="did_not_help", by=Actor.assistant("bot"))
    escalated = calm_desk.escalate(case, by="bob")

    assert (Attempt(what="KB-7", outcome="did_not_help", at=clock.now()),) == escalated.attempts


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
def test_reply_reopens_only_what_was_resolved(calm_desk, case, end):
    """Filed and withdrawn cases stay what they are; the word is kept."""
    if end == "close":
        calm_desk.resolve(case, by="bob")
    getattr(calm_desk, end)(case, by="bob")
    replied = calm_desk.reply(case, by="jane")

    assert ("closed" if end == "close" else "cancelled") == replied.status
    assert "CaseReplied" == type(calm_desk.history(case)[-1]).__name__


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


# -- what is known about it


def test_amend_records_only_what_differs(calm_desk, case):
    """Unchanged fields stand on no event, and an amendment without any is none."""
    same = calm_desk.amend(case, by="bob", subject="Printer", priority="medium", attributes={"gone": None})
    amended = calm_desk.amend(case, by="bob", subject="Fire", category="safety", attributes={"site": "Leeds"})
    event = calm_desk.history(case)[-1]

    assert (1, 2) == (same.version, amended.version)
    assert ("Fire", "safety", {"site": "Leeds"}) == (amended.subject, amended.category, amended.attributes)
    assert ("Fire", None, {"site": "Leeds"}) == (event.subject, event.priority, event.attributes)


def test_amend_merges_attributes(calm_desk):
    """A None takes one away; the others stay."""
    case = calm_desk.open(by="jane", attributes={"a": 1, "b": 2})

    assert {"b": 3, "c": True} == calm_desk.amend(case, by="bob", attributes={"a": None, "b": 3, "c": True}).attributes


def test_amend_keeps_attributes_within_their_limit(calm_desk):
    """Two halves that are too big together are refused, and nothing is changed."""
    case = calm_desk.open(id="T-1", by="jane", attributes={"a": "x" * 9000})
    with pytest.raises(InputError) as caught:
        calm_desk.amend(case, by="bob", attributes={"b": "x" * 9000})

    assert str(caught.value).startswith("case 'T-1': attributes has 180")
    assert case == calm_desk.get("T-1")


def test_amend_refuses_an_unknown_priority(calm_desk, case):
    """The error lists those that there are."""
    with pytest.raises(InputError, match="priority must be one of: low, medium, high, critical"):
        calm_desk.amend(case, by="bob", priority="urgent", subject="Fire")

    assert case == calm_desk.get("T-1")


def test_attach_adds_references_once(calm_desk, case):
    """A file that is there already is named; nothing of the command is kept."""
    attached = calm_desk.attach(case, by="jane", attachments=[Attachment(id="a"), Attachment(id="b")])
    with pytest.raises(MoveRefusedError) as caught:
        calm_desk.attach(case, by="jane", attachments=[Attachment(id="c"), Attachment(id="a")])
    with pytest.raises(MoveRefusedError, match="attachment 'd' is there already"):
        calm_desk.attach(case, by="jane", attachments=[Attachment(id="d"), Attachment(id="d")])

    assert "attachment 'a' is there already" == str(caught.value.reason)
    assert ["a", "b"] == [found.id for found in attached.attachments]
    assert attached == calm_desk.get("T-1") == calm_desk.attach(case, by="jane", attachments=[])


def test_attachments_end_at_200(calm_desk, case):
    """The last one fits, one more does not."""
    calm_desk.attach(case, by="jane", attachments=[Attachment(id=str(number)) for number in range(199)])
    full = calm_desk.attach(case, by="jane", attachments=[Attachment(id="last")])
    with pytest.raises(InputError) as caught:
        calm_desk.attach(case, by="jane", attachments=[Attachment(id="more")])

    assert 200 == len(full.attachments)
    assert "case 'T-1': attachments would be 201; at most 200 are possible" == str(caught.value)


def test_watch_and_unwatch_name_the_actor_by_default(calm_desk, case):
    """Nobody watches twice, and taking away who does not watch is no event."""
    first = calm_desk.watch(case, by="eve")
    both = calm_desk.watch(case, by="eve", watchers=["joe", "eve", "joe"])
    same = calm_desk.watch(case, by="eve")
    left = calm_desk.unwatch(case, by="eve")
    gone = calm_desk.unwatch(case, by="eve", watchers=["eve", "nobody"])

    assert [("eve",), ("eve", "joe"), ("eve", "joe"), ("joe",), ("joe",)] == [
        found.watchers for found in (first, both, same, left, gone)
    ]
    assert [2, 3, 3, 4, 4] == [found.version for found in (first, both, same, left, gone)]


def test_watchers_end_at_100(calm_desk, case):
    """The last one fits, one more does not, and one who watches already always does."""
    full = calm_desk.watch(case, by="bob", watchers=[str(number) for number in range(100)])
    with pytest.raises(InputError) as caught:
        calm_desk.watch(case, by="bob", watchers=["more"])

    assert 100 == len(full.watchers)
    assert "case 'T-1': watchers would be 101; at most 100 are possible" == str(caught.value)
    assert full == calm_desk.watch(case, by="bob", watchers=["7"])


def test_link_is_made_once_and_never_to_itself(calm_desk, case):
    """Links are of a known kind, the process's own included."""
    calm_desk.open(id="T-2", by="joe")
    calm_desk.link(case, by="bob", to="T-2")
    linked = calm_desk.link(case, by="bob", to="T-2", kind="caused_by")
    refusals = []
    for to, kind in (("T-2", "follows"), ("T-1", "follows")):
        with pytest.raises(MoveRefusedError) as caught:
            calm_desk.link(case, by="bob", to=to, kind=kind)
        refusals.append(str(caught.value.reason))

    assert (Link("follows", "T-2"), Link("caused_by", "T-2")) == linked.links
    assert ["follows 'T-2' is there already", "a case cannot be linked to itself"] == refusals


def test_link_refuses_an_unknown_kind(calm_desk, case):
    """The error lists those that there are."""
    calm_desk.open(id="T-2", by="joe")
    with pytest.raises(InputError) as caught:
        calm_desk.link(case, by="bob", to="T-2", kind="likes")

    assert "case 'T-1': kind must be one of: duplicate_of, child_of, known_issue, follows, caused_by" == str(
        caught.value
    )


def test_links_end_at_1000(calm_desk, case):
    """A case does not grow without bound."""
    from supporttiers.commands import LinkCase

    bob = Actor.agent("bob")
    calm_desk.open(id="T-2", by="joe")
    full = attrs.evolve(case, links=tuple(Link("follows", str(number)) for number in range(999)))
    command = LinkCase(case_id="T-1", by=bob, link=Link("follows", "T-2"))

    from supporttiers._engine import decide

    fits = decide(calm_desk.process, full, command, full.changed_at)
    more = decide(calm_desk.process, attrs.evolve(full, links=(*full.links, Link("x", "y"))), command, full.changed_at)

    assert 1000 == len(fits.case.links)
    assert "case 'T-1': links would be 1001; at most 1000 are possible" == str(more.refusal)


# -- satisfaction


@pytest.mark.parametrize("end", ["resolved", "closed"])
def test_rate_is_the_requesters_once_it_is_done(calm_desk, case, end):
    """The last word counts."""
    calm_desk.resolve(case, by="bob")
    if end == "closed":
        calm_desk.close(case, by="bob")
    calm_desk.rate(case, score=2, by="jane")

    assert 5 == calm_desk.rate(case, score=5, by="jane", text="Thanks").satisfaction


def test_rate_waits_for_the_end(calm_desk, case):
    """What is open or cancelled cannot be rated."""
    reasons = []
    for _ in range(2):
        with pytest.raises(MoveRefusedError) as caught:
            calm_desk.rate(case, score=5, by="jane")
        reasons.append(str(caught.value.reason))
        if case.is_open:
            case = calm_desk.cancel(case, by="bob")

    assert [
        "it is queued; only a resolved or closed case can be rated",
        "it is cancelled; only a resolved or closed case can be rated",
    ] == reasons


@pytest.mark.parametrize("by", ["bob", Actor.customer("joe"), Actor.manager("mia")], ids=str)
def test_rate_is_nobody_elses(calm_desk, case, by):
    """The house does not rate itself."""
    calm_desk.resolve(case, by="bob")
    with pytest.raises(NotPermittedError) as caught:
        calm_desk.rate(case, score=5, by=by)

    assert f"case 'T-1': '{by}' may not rate: only the requester may rate" == str(caught.value)
    assert calm_desk.get("T-1").satisfaction is None


# -- what stands on events


def test_words_and_key_stand_on_the_first_event_only(calm_desk, case):
    """One command, one reason in the actor's own words, one key; instants stand on all."""
    calm_desk.wait(case, by="bob")
    calm_desk.reply(case, by="jane", reason="because", idempotency_key="k-1")
    replied, resumed = calm_desk.history(case)[-2:]

    assert ("because", "k-1") == (replied.said, replied.idempotency_key)
    assert ("", None) == (resumed.said, resumed.idempotency_key)
    assert (replied.at, replied.by) == (resumed.at, resumed.by)


@pytest.mark.parametrize(("occurred", "expected"), [("08:59", "08:59"), ("09:00", None)])
def test_occurred_at_stands_where_it_is_earlier(calm_desk, case, at, occurred, expected):
    """At the instant of judgement itself nothing is late."""
    calm_desk.note(case, by="bob", occurred_at=at(occurred))

    assert (expected and at(expected)) == calm_desk.history(case)[-1].occurred_at
