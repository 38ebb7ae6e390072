"""Commands: what cannot be built, and what they do not show."""

from datetime import UTC, datetime, timedelta, timezone

import attrs
import pytest

from supporttiers import commands
from supporttiers.actors import Actor
from supporttiers.commands import COMMANDS, Command
from supporttiers.errors import InputError
from supporttiers.links import Attachment, Link, VendorStatus
from supporttiers.tiers import CaseKind, Visibility

NINE = datetime(2026, 3, 23, 9, tzinfo=UTC)
NAIVE = datetime(2026, 3, 23, 9)  # noqa: DTZ001 - to be refused
UNSAFE = "contains U+0000 or a lone surrogate, which no store can keep; remove it"
BOB = Actor.agent("bob")
REQUIRED = {
    commands.Transfer: {"team": "front"},
    commands.RecordAttempt: {"what": "faq"},
    commands.Attach: {"attachments": [Attachment(id="f")]},
    commands.LinkCase: {"link": Link("follows", "T-2")},
    commands.Unlink: {"link": Link("follows", "T-2")},
    commands.CountAffected: {"other": "T-2", "counts": True},
    commands.Inform: {"to": "lead"},
    commands.Merge: {"into": "T-2"},
    commands.Dispatch: {"vendor": "acme"},
    commands.TellVendor: {"vendor": "acme", "text": "Please look."},
    commands.Withdraw: {"vendor": "acme"},
    commands.VendorUnreachable: {"vendor": "acme", "key": "k", "since": NINE},
    commands.VendorUpdate: {"vendor": "acme", "key": "k", "status": VendorStatus.OPEN},
    commands.Rate: {"score": 5},
}


def made(kind, /, **own):
    """Build a command with what it cannot do without."""
    return kind(**{"case_id": "T-1", "by": BOB, **REQUIRED.get(kind, {}), **own})


def test_commands_are_all_listed_with_triggers_of_their_own():
    """No subclass is forgotten, and no two are called the same."""
    assert {kind.__name__ for kind in Command.__subclasses__()} == {kind.__name__ for kind in COMMANDS}
    assert len({kind.trigger for kind in COMMANDS}) == len(COMMANDS)
    assert all(kind.trigger for kind in COMMANDS)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("by", "bob", "case 'T-1': by must be an Actor, not str"),
        ("at", NAIVE, "case 'T-1': at is naive; give it a time zone, such as datetime.now(UTC)"),
        ("occurred_at", "now", "case 'T-1': occurred_at must be an aware datetime, not str"),
        ("idempotency_key", "", "case 'T-1': idempotency_key must not be empty"),
        ("expected_version", -1, "case 'T-1': expected_version is -1; possible is at least 0"),
        ("reason", 5, "case 'T-1': reason must be a text, not int"),
        ("case_id", 5, "case_id must be a text, not int"),
        ("case_id", "\ud800", "case_id contains U+0000 or a lone surrogate, which no store can keep; remove it"),
    ],
    ids=range(8),
)
def test_command_refuses_what_no_command_can_have(kind, field, value, text):
    """What all commands share is checked on each."""
    with pytest.raises(InputError) as caught:
        made(kind, **{field: value})

    assert text == str(caught.value)


@pytest.mark.parametrize(
    ("kind", "own", "text"),
    [
        (commands.Open, {"subject": "x" * 501}, "subject has 501 characters; at most 500 are possible"),
        (commands.Open, {"text": "x" * 65537}, "text has 65537 bytes; at most 65536 (64 KiB) are possible"),
        (commands.Open, {"requester": ""}, "requester must not be empty"),
        (commands.Open, {"kind": "bug"}, "kind must be one of: incident, request, question, problem, not str"),
        (commands.Open, {"tags": "vip"}, "tags must be a collection of tags, not str"),
        (commands.Open, {"tags": ["t"] * 51}, "tags has 51 tags; at most 50 are possible"),
        (commands.Open, {"attributes": [1]}, "attributes must be a mapping, not list"),
        (commands.Open, {"tier": True}, "tier must be a whole number (0 to 99), not bool"),
        (commands.Open, {"tier": 100}, "tier is 100; possible is 0 to 99"),
        (commands.Open, {"team": 5}, "team must be a text, not int"),
        (commands.Assign, {"assignee": ""}, "assignee must not be empty"),
        (commands.Reply, {"text": "\x00"}, f"text {UNSAFE}"),
        (commands.Note, {"visibility": "secret"}, "visibility must be public or private, not str"),
        (commands.RecordAttempt, {"what": ""}, "what must not be empty"),
        (commands.RecordAttempt, {"outcome": "maybe"}, "outcome must be one of: helped, did_not_help, unknown"),
        (commands.Escalate, {"tier": "2"}, "tier must be a whole number (0 to 99), not str"),
        (commands.Transfer, {"team": None}, "team must be a text, not NoneType"),
        (commands.Wait, {"wait_reason": ""}, "wait_reason must not be empty"),
        (commands.Wait, {"until": NAIVE}, "until is naive; give it a time zone, such as datetime.now(UTC)"),
        (commands.Resolve, {"solution": ""}, "solution must not be empty"),
        (commands.Amend, {"subject": 5}, "subject must be a text, not int"),
        (commands.Amend, {"kind": 5}, "kind must be one of: incident, request, question, problem, not int"),
        (commands.Amend, {"tags": {"a": 1}}, "tags must be a collection of tags, not dict"),
        (commands.Amend, {"attributes": {"a": []}}, "attributes under 'a' is a list; possible are texts, numbers, true, false and None"),  # noqa: E501
        (commands.Attach, {"attachments": ["f"]}, "attachments must be an Attachment, not str"),
        (commands.Attach, {"attachments": [Attachment(id="f")] * 201}, "attachments has 201 attachments; at most 200 are possible"),  # noqa: E501
        (commands.Watch, {"watchers": "bob"}, "watchers must be a collection of watchers, not str"),
        (commands.Unwatch, {"watchers": ["w"] * 101}, "watchers has 101 watchers; at most 100 are possible"),
        (commands.LinkCase, {"link": "T-2"}, "link must be a Link, not str"),
        (commands.Unlink, {"link": None}, "link must be a Link, not NoneType"),
        (commands.CountAffected, {"counts": 1}, "counts must be true or false, not int"),
        (commands.Inform, {"to": ""}, "to must not be empty"),
        (commands.Inform, {"code": "a\nb"}, "code contains a control character; remove it"),
        (commands.Inform, {"params": {"a": []}}, "params under 'a' is a list; possible are texts, numbers, true, false and None"),  # noqa: E501
        (commands.Merge, {"into": ""}, "into must not be empty"),
        (commands.Dispatch, {"vendor": None}, "vendor must be a text, not NoneType"),
        (commands.VendorUpdate, {"status": "open"}, "status must be a VendorStatus, not str"),
        (commands.VendorUpdate, {"remote_id": ""}, "remote_id must not be empty"),
        (commands.Rate, {"score": 6}, "score is 6; possible is 1 to 5"),
        (commands.Rate, {"score": 0}, "score is 0; possible is 1 to 5"),
        (commands.Rate, {"score": 4.5}, "score must be a whole number (1 to 5), not float"),
    ],
    ids=range(41),
)  # fmt: skip
def test_command_refuses_what_it_cannot_have(kind, own, text):
    """Each field of each command is checked, and the error names case, field and what is possible."""
    with pytest.raises(InputError) as caught:
        made(kind, **own)

    assert f"case 'T-1': {text}" == str(caught.value)


def test_open_may_leave_its_id_to_the_desk():
    """Only an opening can do without."""
    assert made(commands.Open, case_id="").case_id == ""
    with pytest.raises(InputError, match="case_id must not be empty"):
        made(commands.Close, case_id="")


def test_command_takes_plain_words_and_other_zones():
    """Words become enums, instants UTC, collections tuples, mappings copies."""
    theirs = {"site": "Leeds"}
    opening = made(
        commands.Open, kind="problem", tags=["a"], attributes=theirs, at=NINE.astimezone(timezone(timedelta(hours=2)))
    )
    theirs["site"] = "York"

    assert (CaseKind.PROBLEM, ("a",), {"site": "Leeds"}) == (opening.kind, opening.tags, opening.attributes)
    assert (NINE, UTC) == (opening.at, opening.at.tzinfo)
    assert Visibility.PUBLIC is made(commands.Note, visibility="public").visibility
    assert CaseKind.REQUEST is made(commands.Amend, kind="request").kind


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_command_can_be_a_key(kind):
    """Commands are values."""
    assert {made(kind): 1} == {made(kind): 1}


SECRET = "Zanzibar"
HIDDEN = ("reason", "text", "subject", "requester", "customer", "assignee", "owner", "attributes", "watchers", "to")


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_command_does_not_show_what_people_said_or_who_they_are(kind):
    """What may land in a log has no customer text in it."""
    fields = {field.name for field in attrs.fields(kind)} & set(HIDDEN)
    shaped = {"attributes": {"site": SECRET}, "watchers": [SECRET]}
    command = made(kind, **{field: shaped.get(field, SECRET) for field in fields})

    assert "reason" in fields
    assert SECRET not in repr(command)
    assert SECRET not in str(command)
