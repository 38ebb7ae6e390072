"""Every kind of bad input through the desk: a clear error, and nothing changed."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from supporttiers.actors import Actor
from supporttiers.commands import Command, Reply
from supporttiers.desk import SupportDesk
from supporttiers.errors import (
    CaseError,
    CaseNotFoundError,
    IdempotencyError,
    InputError,
    MoveRefusedError,
    NotPermittedError,
    ProcessError,
    StaleCaseError,
)
from supporttiers.links import Attachment
from supporttiers.match import Match

NAIVE = datetime(2026, 3, 23, 9)  # noqa: DTZ001 - what is to be refused
BEFORE_TIME = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
UNSAFE = "contains U+0000 or a lone surrogate, which no store can keep; remove it"
HOW_NAIVE = "is naive; give it a time zone, such as datetime.now(UTC)"
SECRET = "Zanzibar"


@pytest.fixture(params=["memory:", "sqlite:///{}/support.db"], ids=["memory", "sqlite"])
def desk(request, acme, clock, tmp_path):
    """Give a desk on each store, with a case of Jane's that has some past."""
    desk = SupportDesk(acme, store=request.param.format(tmp_path), clock=clock)
    desk.open("Printer", id="T-1", by="jane", text="It burns")
    desk.reply("T-1", by="bob", text="Have you tried another font?", idempotency_key="k-1")
    desk.open(id="T-2", by="joe")
    yield desk
    desk.shut_down()


def everything(desk):
    """Give all that a desk has: cases, histories, what it counts, what it wakes for, whether it is sound."""
    cases = list(desk.find())
    return (
        cases,
        [desk.history(case) for case in cases],
        desk.counts(),
        desk.next_wake(),
        [desk.verify(case) for case in cases],
    )


BAD = {
    # cases
    "unknown case": (
        lambda desk: desk.reply("T-9", by="bob"),
        CaseNotFoundError,
        "case 'T-9' does not exist for tenant 'default'; open it first, or look it up with find()",
    ),
    "case of another tenant": (
        lambda desk: desk.bind(tenant="other").reply("T-1", by="bob"),
        CaseNotFoundError,
        "case 'T-1' does not exist for tenant 'other'; open it first, or look it up with find()",
    ),
    "another tenant's case object": (
        lambda desk: desk.bind(tenant="other").reply(desk.get("T-1"), by="bob"),
        CaseNotFoundError,
        "case 'T-1' does not exist for tenant 'other'; open it first, or look it up with find()",
    ),
    "no case": (lambda desk: desk.reply(None, by="bob"), InputError, "case must be a text, not NoneType"),
    "empty case": (lambda desk: desk.reply("", by="bob"), InputError, "case must not be empty"),
    "huge case": (
        lambda desk: desk.reply("x" * 201, by="bob"),
        InputError,
        "case has 201 characters; at most 200 are possible",
    ),
    "case with U+0000": (lambda desk: desk.get("T\x00"), InputError, f"case {UNSAFE}"),
    "duplicate id": (
        lambda desk: desk.open("Another", id="T-1", by="joe"),
        MoveRefusedError,
        "case 'T-1' cannot open from opened: it exists already; from here it can: open with another id, or with none",
    ),
    "id with a surrogate": (lambda desk: desk.open(id="\ud800", by="joe"), InputError, f"case_id {UNSAFE}"),
    "id of another type": (lambda desk: desk.open(id=7, by="joe"), InputError, "case_id must be a text, not int"),
    # states and tiers
    "wrong state": (
        lambda desk: desk.close("T-1", by="bob"),
        MoveRefusedError,
        "case 'T-1' cannot close from tier1.queued: the process has no such move; from here it can: start, ",
    ),
    "unknown tier": (
        lambda desk: desk.escalate("T-1", by="bob", tier=7),
        MoveRefusedError,
        "case 'T-1' cannot escalate from tier1.queued: the process has no such move; from here it can: start, ",
    ),
    "impossible tier": (
        lambda desk: desk.escalate("T-1", by="bob", tier=100),
        InputError,
        "case 'T-1': tier is 100; possible is 0 to 99",
    ),
    "tier of another type": (
        lambda desk: desk.escalate("T-1", by="bob", tier="2"),
        InputError,
        "case 'T-1': tier must be a whole number (0 to 99), not str",
    ),
    "unknown tier of entry": (
        lambda desk: desk.open(id="T-3", by="joe", tier=7),
        MoveRefusedError,
        "case 'T-3' cannot open from new: the process has no such move; from here it can: open at 1",
    ),
    "unknown team": (
        lambda desk: desk.transfer("T-1", by="bob", team="nobody"),
        MoveRefusedError,
        "case 'T-1' cannot transfer from tier1.queued: tier 1 has no team 'nobody'; it has: front, back; from here ",
    ),
    "unknown wait reason": (
        lambda desk: desk.wait("T-1", by="bob", wait_reason="lunch"),
        MoveRefusedError,
        "case 'T-1' cannot wait from tier1.queued: the process has no such move; from here it can: start, ",
    ),
    "unknown process": (
        lambda desk: desk.open(id="T-3", by="joe", process="other"),
        InputError,
        "case 'T-3': process must be one of: acme",
    ),
    "unknown priority": (
        lambda desk: desk.amend("T-1", by="bob", priority="urgent"),
        InputError,
        "case 'T-1': priority must be one of: low, medium, high, critical",
    ),
    "unknown kind": (
        lambda desk: desk.amend("T-1", by="bob", kind="bug"),
        InputError,
        "case 'T-1': kind must be one of: incident, request, question, problem, not str",
    ),
    "unknown link": (
        lambda desk: desk.link("T-1", by="bob", to="T-2", kind="likes"),
        InputError,
        "case 'T-1': kind must be one of: duplicate_of, child_of, known_issue, follows, caused_by",
    ),
    "link to no case": (
        lambda desk: desk.link("T-1", by="bob", to="T-9"),
        CaseNotFoundError,
        "case 'T-9' does not exist for tenant 'default'; open it first, or look it up with find()",
    ),
    "merge into no case": (
        lambda desk: desk.merge("T-1", by="bob", into="T-9"),
        CaseNotFoundError,
        "case 'T-9' does not exist for tenant 'default'; open it first, or look it up with find()",
    ),
    "not permitted": (
        lambda desk: desk.rate(desk.get("T-1"), by="bob", score=5),
        NotPermittedError,
        "case 'T-1': 'bob' may not rate: only the requester may rate",
    ),
    # people
    "nobody": (
        lambda desk: desk.reply("T-1"),
        InputError,
        "by is missing; name who acts, or bind an actor with desk.bind(by=...)",
    ),
    "actor of another type": (
        lambda desk: desk.reply("T-1", by=7),
        InputError,
        "by must be an Actor or an id, not int",
    ),
    "actor without a name": (lambda desk: desk.reply("T-1", by=" "), InputError, "by must not be empty"),
    "actor with a surrogate": (lambda desk: desk.open(by="\udfff"), InputError, f"by {UNSAFE}"),
    "list of actors": (lambda desk: desk.open(by=["bob"]), InputError, "by must be an Actor or an id, not list"),
    "bound nobody": (lambda desk: desk.bind(by="").reply("T-1"), InputError, "by must not be empty"),
    # time
    "naive at": (lambda desk: desk.reply("T-1", by="bob", at=NAIVE), InputError, f"case 'T-1': at {HOW_NAIVE}"),
    "naive occurred_at": (
        lambda desk: desk.reply("T-1", by="bob", occurred_at=NAIVE),
        InputError,
        f"case 'T-1': occurred_at {HOW_NAIVE}",
    ),
    "naive until": (lambda desk: desk.wait("T-1", by="bob", until=NAIVE), InputError, f"case 'T-1': until {HOW_NAIVE}"),
    "at as text": (
        lambda desk: desk.reply("T-1", by="bob", at="2026-03-23T09:00Z"),
        InputError,
        "case 'T-1': at must be an aware datetime, not str",
    ),
    "at outside of time": (
        lambda desk: desk.reply("T-1", by="bob", at=BEFORE_TIME),
        InputError,
        "case 'T-1': at lies outside the years 1 to 9999 in UTC",
    ),
    "at in the future": (
        lambda desk: desk.reply("T-1", by="bob", at=datetime(2026, 3, 23, 9, 5, 0, 1, tzinfo=UTC)),
        InputError,
        "case 'T-1': at lies 0:05:00.000001 in the future; at most 0:05:00 is possible",
    ),
    "occurred after at": (
        lambda desk: desk.reply("T-1", by="bob", occurred_at=datetime(2026, 3, 23, 9, 1, tzinfo=UTC)),
        InputError,
        "case 'T-1': occurred_at lies after `at`; what is still to come cannot have occurred",
    ),
    "until the past": (
        lambda desk: desk.wait("T-1", by="bob", until=datetime(2026, 3, 23, 9, tzinfo=UTC)),
        InputError,
        "case 'T-1': until does not lie after the command itself; name a later instant",
    ),
    # texts, one more than fits
    "huge subject": (
        lambda desk: desk.open("x" * 501, id="T-3", by="joe"),
        InputError,
        "case 'T-3': subject has 501 characters; at most 500 are possible",
    ),
    "huge text": (
        lambda desk: desk.reply("T-1", by="bob", text=SECRET * 8193),
        InputError,
        "case 'T-1': text has 65544 bytes; at most 65536 (64 KiB) are possible",
    ),
    "subject of two lines": (
        lambda desk: desk.open("one\ntwo", by="joe"),
        InputError,
        "subject contains a line break; it is one line",
    ),
    "attribute beyond 64 bits": (
        lambda desk: desk.amend("T-1", by="bob", attributes={"a": 2**63}),
        InputError,
        "case 'T-1': attributes under 'a' is a whole number beyond 64 bits",
    ),
    "huge attributes": (
        lambda desk: desk.amend("T-1", by="bob", attributes={"a": "x" * 16384}),
        InputError,
        "case 'T-1': attributes has 16393 bytes as JSON; at most 16384 (16 KiB) are possible",
    ),
    "too many tags": (
        lambda desk: desk.amend("T-1", by="bob", tags=[str(number) for number in range(51)]),
        InputError,
        "case 'T-1': tags has 51 tags; at most 50 are possible",
    ),
    "too many watchers": (
        lambda desk: desk.watch("T-1", by="bob", watchers=[str(number) for number in range(101)]),
        InputError,
        "case 'T-1': watchers has 101 watchers; at most 100 are possible",
    ),
    "U+0000": (lambda desk: desk.reply("T-1", by="bob", text="a\x00"), InputError, f"case 'T-1': text {UNSAFE}"),
    "lone surrogate": (
        lambda desk: desk.amend("T-1", by="bob", subject="a\ud800"),
        InputError,
        f"case 'T-1': subject {UNSAFE}",
    ),
    "surrogate in an attribute": (
        lambda desk: desk.amend("T-1", by="bob", attributes={"a": "\udfff"}),
        InputError,
        f"case 'T-1': attributes under 'a' {UNSAFE}",
    ),
    "surrogate in the actor's own words": (
        lambda desk: desk.escalate("T-1", by="bob", reason="\ud800"),
        InputError,
        f"case 'T-1': reason {UNSAFE}",
    ),
    "empty name": (
        lambda desk: desk.assign("T-1", by="bob", assignee=""),
        InputError,
        "case 'T-1': assignee must not be empty",
    ),
    # types
    "text of another type": (
        lambda desk: desk.reply("T-1", by="bob", text=SECRET.encode()),
        InputError,
        "case 'T-1': text must be a text, not bytes",
    ),
    "text for a collection": (
        lambda desk: desk.amend("T-1", by="bob", tags=SECRET),
        InputError,
        "case 'T-1': tags must be a collection of tags, not str",
    ),
    "list for attributes": (
        lambda desk: desk.amend("T-1", by="bob", attributes=[SECRET]),
        InputError,
        "case 'T-1': attributes must be a mapping, not list",
    ),
    "nested attributes": (
        lambda desk: desk.amend("T-1", by="bob", attributes={"a": {"b": SECRET}}),
        InputError,
        "case 'T-1': attributes under 'a' is a dict; possible are texts, numbers, true, false and None",
    ),
    "no attachment": (
        lambda desk: desk.attach("T-1", by="bob", attachments=[SECRET]),
        InputError,
        "case 'T-1': attachments must be an Attachment, not str",
    ),
    "one attachment": (
        lambda desk: desk.attach("T-1", by="bob", attachments=Attachment(id="f")),
        InputError,
        "case 'T-1': attachments must be a collection of attachments, not Attachment",
    ),
    "impossible score": (
        lambda desk: desk.rate("T-1", by="jane", score=6),
        InputError,
        "case 'T-1': score is 6; possible is 1 to 5",
    ),
    "impossible outcome": (
        lambda desk: desk.attempt("T-1", by="bob", what="faq", outcome="maybe"),
        InputError,
        "case 'T-1': outcome must be one of: helped, did_not_help, unknown",
    ),
    "no command": (
        lambda desk: desk.execute({"close": "T-1"}),
        InputError,
        "command must be a command such as Reply or Escalate, not dict",
    ),
    "half a command": (
        lambda desk: desk.execute(Command(case_id="T-1", by=Actor("bob"))),
        InputError,
        "command must be a command such as Reply or Escalate, not Command",
    ),
    "no preview": (
        lambda desk: desk.preview(None),
        InputError,
        "command must be a command such as Reply or Escalate, not NoneType",
    ),
    # agreement with what is there
    "stale version": (
        lambda desk: desk.reply("T-1", by="bob", expected_version=3),
        StaleCaseError,
        "case 'T-1' is at version 4, not 3; read it again and decide again, or leave expected_version out",
    ),
    "version of another type": (
        lambda desk: desk.reply("T-1", by="bob", expected_version="4"),
        InputError,
        "case 'T-1': expected_version must be a whole number (at least 0), not str",
    ),
    "used key": (
        lambda desk: desk.reply("T-1", by="bob", text=SECRET, idempotency_key="k-1"),
        IdempotencyError,
        "case 'T-1': idempotency key 'k-1' was used for another command; use a new key for a new command",
    ),
    "key used for another case": (
        lambda desk: desk.reply("T-2", by="bob", text="Have you tried another font?", idempotency_key="k-1"),
        IdempotencyError,
        "case 'T-1': idempotency key 'k-1' was used for another command; use a new key for a new command",
    ),
    "huge key": (
        lambda desk: desk.reply("T-1", by="bob", idempotency_key="k" * 601),
        InputError,
        "case 'T-1': idempotency_key has 601 characters; at most 600 are possible",
    ),
    # reading
    "no condition": (lambda desk: desk.find({"tier": 1}), InputError, "match must be a Match, not dict"),
    "no condition to count by": (lambda desk: desk.counts("all"), InputError, "match must be a Match, not str"),
    "unknown order": (
        lambda desk: desk.find(order="subject"),
        InputError,
        "order must be one of: id, opened_at, changed_at, due_at; with '-' before it for descending",
    ),
    "no order": (lambda desk: desk.find(order=None), InputError, "order must be a text, not NoneType"),
    "no page": (
        lambda desk: desk.find(after=SECRET),
        InputError,
        "after is no end of a page in this order; hand back what the last page gave, with the same order",
    ),
    "page of another type": (lambda desk: desk.find(after=7), InputError, "after must be a text, not int"),
    "empty page": (lambda desk: desk.find(limit=0), InputError, "limit is 0; possible is 1 to 1000"),
    "huge page": (lambda desk: desk.find(Match(), limit=1001), InputError, "limit is 1001; possible is 1 to 1000"),
    "unknown group": (
        lambda desk: desk.counts(by="requester"),
        InputError,
        "by must be one of: status, tier, team, assignee, priority, category, kind, channel, process",
    ),
    "group of another type": (
        lambda desk: desk.counts(by=["tier"]),
        InputError,
        "by must be one of: status, tier, team, assignee, priority, category, kind, channel, process",
    ),
    "history of no case": (
        lambda desk: desk.history("T-9"),
        CaseNotFoundError,
        "case 'T-9' does not exist for tenant 'default'; open it first, or look it up with find()",
    ),
    "empty tenant": (lambda desk: desk.bind(tenant=""), InputError, "tenant must not be empty"),
    "pass of nothing": (lambda desk: desk.run_due(limit=0), InputError, "limit is 0; possible is at least 1"),
}


@pytest.mark.parametrize(("ask", "kind", "text"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_and_changes_nothing(desk, ask, kind, text):
    """The error says what was wrong and what is possible, shows no text of people, and nothing is written."""
    before = everything(desk)
    with pytest.raises(CaseError) as caught:
        ask(desk)

    assert kind is type(caught.value)
    assert text == str(caught.value)[: len(text)]
    assert text.endswith((" ", ", ")) or text == str(caught.value)
    assert SECRET not in repr(caught.value)
    assert before == everything(desk)


def test_bad_input_leaves_what_a_sweep_would(desk, clock):
    """Where something was due, a refused command settles it like a sweep of its instant, and adds nothing."""
    clock.advance("20m")
    with pytest.raises(MoveRefusedError):
        desk.close("T-1", by="bob")
    refused = [(event, event.version) for event in desk.history("T-1")]
    desk.run_due()

    assert refused == [(event, event.version) for event in desk.history("T-1")]
    assert 2 == desk.get("T-1").tier


def test_bad_input_among_others_is_answered_in_its_place(desk):
    """The sound commands of a batch are carried out, the others are answered with their errors."""
    sound = Reply(case_id="T-2", by=Actor("bob"), text="x")
    future = Reply(case_id="T-1", by=Actor("bob"), at=datetime(2026, 3, 23, 10, tzinfo=UTC))
    answers = desk.execute_all([future, sound, "nothing", Reply(case_id="T-9", by=Actor("bob"))])

    assert [InputError, CaseNotFoundError] == [type(answers[0]), type(answers[3])]
    assert "case 'T-1': at lies 1:00:00 in the future; at most 0:05:00 is possible" == str(answers[0])
    assert "command must be a command such as Reply or Escalate, not str" == str(answers[2])
    assert answers[1].case == desk.get("T-2")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"[process", "is not valid TOML"),
        (b'name = "\xff"', "UTF-8"),
        (b"", ""),
    ],
    ids=range(3),
)
def test_bad_process_file_is_refused_before_anything_is_opened(tmp_path, content, problem):
    """A broken file is told with its name, and no store is made."""
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(ProcessError) as caught:
        SupportDesk(path, store=f"sqlite:///{tmp_path}/support.db")

    assert f"process {str(path)!r} is not valid" in str(caught.value)
    assert problem in str(caught.value)
    assert [path] == list(tmp_path.iterdir())
