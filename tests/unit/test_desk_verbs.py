"""The verbs of a desk: each makes one command and carries it out."""

import inspect
import re
from datetime import timedelta

import attrs
import pytest

from supporttiers import SupportDesk
from supporttiers import commands as wanted
from supporttiers.actors import Actor
from supporttiers.desk import Common
from supporttiers.errors import CaseNotFoundError, InputError, NotPermittedError
from supporttiers.links import Attachment, Link, VendorStatus
from supporttiers.tiers import CaseKind, Status

OPENING = {
    "requester": "jane", "customer": "c-9", "kind": CaseKind.QUESTION, "category": "printing", "channel": "web",
    "locale": "en-GB", "impact": "high", "urgency": "low", "priority": "high", "tags": ("vip",),
    "attributes": {"site": "Leeds"}, "tier": 2, "team": "desktop",
}  # fmt: skip


@pytest.fixture
def case(calm_desk):
    """Give a case that waits in the queue of tier 1."""
    return calm_desk.open("Stuck", id="T-1", by="jane")


def test_open_puts_everything_on_the_case(make_desk, calm):
    """Each option of the verb reaches the case; the text stands on its event."""
    desk = make_desk(attrs.evolve(calm, entry=[2]))
    case = desk.open("Stuck", id="T-1", by="bob", text="It is stuck.", reason="phoned", process="acme", **OPENING)
    (event,) = desk.history(case)

    assert OPENING == {field: getattr(case, field) for field in OPENING}
    assert ("T-1", "Stuck", "acme") == (case.id, case.subject, case.process)
    assert ("It is stuck.", "phoned", "bob") == (event.text, event.said, event.by.id)


def test_open_needs_nothing_but_an_actor(calm_desk, at):
    """Everything else has a default: the actor asks for themselves, at the lowest staffed tier."""
    case = calm_desk.open(by="jane")

    assert ("", "jane", 1, "front", Status.QUEUED, CaseKind.INCIDENT) == (
        case.subject, case.requester, case.tier, case.team, case.status, case.kind
    )  # fmt: skip
    assert (1, at("09:00")) == (case.version, case.opened_at)


def test_open_takes_lists_and_texts_where_values_have_names(calm_desk):
    """Collections may be lists, kinds may be words."""
    case = calm_desk.open(by="jane", tags=["a", "b"], kind="request")

    assert (("a", "b"), CaseKind.REQUEST) == (case.tags, case.kind)


EACH = [
    ("start", {}, {"status": "in_progress", "assignee": "bob", "owner": "bob"}),
    ("assign", {"assignee": "eve"}, {"assignee": "eve", "status": "queued"}),
    ("reply", {"text": "Hello.", "channel": "mail"}, {"awaiting_reply_since": None}),
    ("note", {"text": "Hm.", "visibility": "public"}, {"status": "queued"}),
    ("escalate", {}, {"tier": 2, "team": "network"}),
    ("escalate", {"tier": 2, "team": "desktop"}, {"tier": 2, "team": "desktop"}),
    ("inform_management", {}, {"tier": 1}),
    ("transfer", {"team": "back"}, {"tier": 1, "team": "back"}),
    ("wait", {}, {"status": "waiting", "wait_reason": "customer"}),
    ("wait", {"wait_reason": "parts"}, {"status": "waiting", "wait_reason": "parts"}),
    ("resolve", {"text": "Done.", "solution": "kb/1"}, {"status": "resolved", "solution": "kb/1"}),
    ("cancel", {}, {"status": "cancelled"}),
    ("amend", {"subject": "Very stuck", "customer": "c-1", "owner": "olga", "kind": "problem", "category": "paper",
               "channel": "mail", "locale": "de", "impact": "low", "urgency": "high", "priority": "low"},
     {"subject": "Very stuck", "customer": "c-1", "owner": "olga", "kind": "problem", "category": "paper",
      "channel": "mail", "locale": "de", "impact": "low", "urgency": "high", "priority": "low"}),
    ("amend", {"tags": ["a"], "attributes": {"x": 1}}, {"tags": ("a",), "attributes": {"x": 1}}),
    ("attach", {"attachments": [Attachment(id="f-1")]}, {"attachments": (Attachment(id="f-1"),)}),
    ("watch", {}, {"watchers": ("bob",)}),
    ("watch", {"watchers": ["eve", "max"]}, {"watchers": ("eve", "max")}),
    ("link", {"to": "T-2"}, {"links": (Link("follows", "T-2"),)}),
    ("link", {"to": "T-2", "kind": "caused_by"}, {"links": (Link("caused_by", "T-2"),)}),
    ("merge", {"into": "T-2"}, {"status": "cancelled", "links": (Link("duplicate_of", "T-2"),)}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "fields", "expected"), EACH, ids=[f"{verb}-{place}" for place, (verb, *_) in enumerate(EACH)]
)
def test_verb_gives_the_case_as_it_is_afterwards(calm_desk, case, verb, fields, expected):
    """Each verb hands its options on, and gives the case that the store now holds."""
    calm_desk.open("Other", id="T-2", by="joe")

    after = getattr(calm_desk, verb)(case, by="bob", **fields)

    assert expected == {field: getattr(after, field) for field in expected}
    assert after == calm_desk.get("T-1")
    assert case.version + 1 == after.version


def test_reply_and_note_keep_their_words_on_the_event(calm_desk, case):
    """Long texts stand in the history, with how they were said and who may see them."""
    calm_desk.reply(case, by="bob", text="Hello.", channel="mail")
    calm_desk.note(case, by="bob", text="Hm.", visibility="public")
    calm_desk.note(case, by="bob", text="Psst.")

    _, reply, loud, quiet = calm_desk.history(case)
    assert [("Hello.", "mail", "public"), ("Hm.", "public"), ("Psst.", "private")] == [
        (reply.text, reply.channel, reply.visibility), (loud.text, loud.visibility), (quiet.text, quiet.visibility)
    ]  # fmt: skip


def test_attempt_travels_with_the_case(calm_desk, case):
    """What was tried in self-service stands on the case, with what came of it."""
    calm_desk.attempt(case, by="jane", what="faq/1")
    after = calm_desk.attempt(case, by="jane", what="faq/2", outcome="did_not_help")

    assert [("faq/1", "unknown"), ("faq/2", "did_not_help")] == [
        (tried.what, tried.outcome) for tried in after.attempts
    ]


def test_case_goes_there_and_back(calm_desk, case):
    """Release, hand back, resume, reopen and close are the ways back of start, escalate, wait and resolve."""
    desk = calm_desk
    desk.start(case, by="bob")
    assert "queued" == desk.release(case, by="bob").status
    desk.transfer(case, by="bob", team="back")
    desk.escalate(case, by="bob")
    assert (1, "back") == attrs.astuple(desk.hand_back(case, by="eve").place)
    desk.escalate(case, by="bob")
    assert (1, "front") == attrs.astuple(desk.hand_back(case, by="eve", tier=1, team="front").place)
    desk.wait(case, by="bob")
    assert "queued" == desk.resume(case, by="bob").status
    desk.resolve(case, by="bob")
    reopened = desk.reopen(case, by="jane", team="back")
    assert ("queued", "back") == (reopened.status, reopened.team)
    desk.resolve(case, by="bob")
    assert 4 == desk.rate(case, by="jane", score=4, text="Fine.").satisfaction
    assert "closed" == desk.close(case, by="bob").status
    assert () == desk.verify(case)


def test_wait_ends_by_itself(calm_desk, case, clock, at):
    """A case that waits until an instant goes on then."""
    calm_desk.wait(case, by="bob", wait_reason="scheduled", until=at("10:00"))
    assert at("10:00") == calm_desk.next_wake()
    clock.advance(to=at("10:00"))
    calm_desk.run_due()

    assert ("queued", None) == (calm_desk.get(case.id).status, calm_desk.next_wake())


@pytest.mark.parametrize("answer", ["approve", "decline"])
def test_approval_is_for_somebody_else_to_give(calm_desk, case, answer):
    """What waits for approval goes on by the answer of anybody but who asked for it."""
    calm_desk.wait(case, by="bob", wait_reason="approval")

    with pytest.raises(NotPermittedError, match=f"^case 'T-1': 'jane' may not {answer}: nobody may {answer} what they"):
        getattr(calm_desk, answer)(case, by="jane")
    assert "queued" == getattr(calm_desk, answer)(case, by="max").status


def test_dispatch_opens_a_ticket_where_the_case_stands(calm_desk, case, vendor):
    """The tier stays; the request waits in the outbox until the pass."""
    after = calm_desk.dispatch(case, by="bob", vendor="acme-print", text="Help.")

    (ticket,) = after.vendor_tickets
    assert (1, "acme-print", VendorStatus.REQUESTED) == (after.tier, ticket.vendor, ticket.status)
    assert {} == vendor._tickets


def test_unwatch_forgets_people(calm_desk, case):
    """The actor where nobody is named."""
    calm_desk.watch(case, by="bob", watchers=["bob", "eve", "max"])
    calm_desk.unwatch(case, by="bob", watchers=["eve"])

    assert ("max",) == calm_desk.unwatch(case, by="bob").watchers


def test_every_verb_takes_what_all_commands_have_in_common(calm_desk, case, clock):
    """Instants, key, version and reason reach the event, whatever the verb."""
    now = clock.now()
    common = {
        "by": Actor.agent("bob", roles=["lead"]), "at": now + timedelta(minutes=1), "occurred_at": now,
        "idempotency_key": "k-1", "expected_version": 1, "reason": "because",
    }  # fmt: skip
    calm_desk.start(case, **common)

    event = calm_desk.history(case)[-1]
    assert set(common) == set(Common.__annotations__)
    assert (common["by"], common["at"], now, "k-1", "because") == (
        event.by, event.at, event.occurred_at, event.idempotency_key, event.said
    )  # fmt: skip


def names_of(command):
    """Name the fields of a command."""
    return {field.name for field in attrs.fields(command)}


def test_there_is_a_verb_for_every_command(calm_desk):
    """What people may ask of a case is a method, named as its trigger; vendors and other cases speak otherwise."""
    others = {wanted.VendorUpdate, wanted.VendorUnreachable, wanted.CountAffected}
    assert [] == [command for command in others if hasattr(calm_desk, command.trigger)]
    for command in set(wanted.COMMANDS) - others:
        own = names_of(command) - names_of(wanted.Command)
        verb = inspect.signature(getattr(calm_desk, command.trigger))
        linking = {"to", "kind"}
        special = {
            wanted.LinkCase: linking,
            wanted.Unlink: linking,
            wanted.Assign: {"assignee"},
            wanted.Redact: {"person"},
        }
        expected = special.get(command, own)
        assert (command, expected) == (command, set(verb.parameters) - {"case", "id", "common"})


def test_verb_takes_a_case_or_its_id(calm_desk, case):
    """An old version of the case will do: only its id counts."""
    calm_desk.note(case, by="bob")
    calm_desk.note("T-1", by="bob")

    assert 4 == calm_desk.note(case, by="bob").version


@pytest.mark.parametrize("wrong", [None, 7, "", " ", "x" * 201, "a\x00b", ["T-1"]], ids=repr)
def test_verb_refuses_what_is_no_case(calm_desk, case, wrong):
    """The parameter is named as it is in the verb."""
    with pytest.raises(InputError, match=r"^case (must|has|contains)"):
        calm_desk.note(wrong, by="bob")


def test_verb_on_an_unknown_case_says_so(calm_desk):
    """The error names case and tenant, and is a LookupError too."""
    with pytest.raises(LookupError) as caught:
        calm_desk.note("T-9", by="bob")
    assert CaseNotFoundError is type(caught.value)
    assert "case 'T-9' does not exist for tenant 'default'; open it first, or look it up with find()" == str(
        caught.value
    )


def test_execute_takes_any_command_as_it_is(calm_desk, case):
    """A command is a value; its actor is whoever it says, and a desk answers with the whole decision."""
    decision = calm_desk.execute(wanted.Start(case_id="T-1", by=Actor.agent("jane")))

    assert ("agent", "jane") == (decision.events[0].by.kind, decision.case.assignee)
    assert (False, None, ()) == (decision.replayed, decision.refusal, decision.effects)


def test_execute_names_an_opening_without_an_id(calm_desk):
    """An empty id lets the desk make one."""
    case = calm_desk.execute(wanted.Open(by=Actor.customer("jane"))).case

    assert case == calm_desk.get(case.id)


BASE = wanted.Command(case_id="T-1", by=Actor("bob"))


@pytest.mark.parametrize(
    "wrong", [None, "reply", {"type": "Reply"}, wanted.Reply, BASE], ids=lambda wrong: type(wrong).__name__
)
def test_execute_refuses_what_is_no_command(calm_desk, case, wrong):
    """The error says what a command is."""
    with pytest.raises(InputError, match=r"^command must be a command such as Reply or Escalate, not "):
        calm_desk.execute(wrong)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda _: SupportDesk(), "SupportDesk.__init__() missing 1 required positional argument: 'process'"),
        (lambda desk: desk.reply("T-1", "Hello"), "SupportDesk.reply() takes 2 positional arguments but 3 were given"),
    ],
)
def test_wrong_call_is_told_by_the_name_that_was_called(calm_desk, call, said):
    """Python's own error speaks of the desk, and not of the parts that it is made of."""
    with pytest.raises(TypeError, match=re.escape(said)):
        call(calm_desk)


@pytest.mark.parametrize("which", [(), ("T-1",)])
def test_redact_wants_a_case_or_a_person(calm_desk, which):
    """Neither, or both, is refused."""
    with pytest.raises(InputError, match=r"^case or person= has to be given, and not both$"):
        calm_desk.redact(*which, by="bob", **({"person": "jane"} if which else {}))


def test_texts_are_optional(calm_desk):
    """A call has no subject, and the words of a reply may be in a mail system: what counts is that it happened."""
    case = calm_desk.open("", id="T-1", by="jane")

    assert ("", "CaseReplied") == (case.subject, _last(calm_desk.reply(case, by="bob"), calm_desk))


def _last(case, desk):
    return type(desk.history(case)[1]).__name__
