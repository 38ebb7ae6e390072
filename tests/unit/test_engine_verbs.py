"""Verbs that neither open nor move a case, asked of a desk on which time makes nothing due."""

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.errors import InputError, MoveRefusedError, NotPermittedError
from supporttiers.links import Attachment, Attempt, Link

JANE = Actor.customer("jane")


@pytest.fixture
def case(calm_desk):
    """Give a case that Jane has just opened."""
    return calm_desk.open("Printer", id="T-1", by="jane")


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
    """A file that is there already is told by its place in the command; nothing of the command is kept."""
    attached = calm_desk.attach(case, by="jane", attachments=[Attachment(id="a"), Attachment(id="b")])
    with pytest.raises(MoveRefusedError) as caught:
        calm_desk.attach(case, by="jane", attachments=[Attachment(id="c"), Attachment(id="a")])
    with pytest.raises(MoveRefusedError, match="attachment 2 is there already"):
        calm_desk.attach(case, by="jane", attachments=[Attachment(id="d"), Attachment(id="d")])

    assert "attachment 2 is there already" == str(caught.value.reason)
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
