"""
The bytes that stand in stores, pinned.

What a release has written, every later one must read. So the files beside this test only grow: where today's code
writes other bytes, the format has changed: raise `schema` of the class, write an upcaster, and keep the old example,
with a test that it is still read. To write the files anew:

    SUPPORTTIERS_GOLDEN=write python -m pytest tests/golden
"""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from supporttiers import _codec as codec
from supporttiers import commands as wanted
from supporttiers.actors import SYSTEM, Actor
from supporttiers.cases import rebuild
from supporttiers.effects import EFFECTS, DispatchToVendor, MessageVendor, Notify, Tell, TellLinked, TellObserver
from supporttiers.events import EVENTS, CaseRedacted
from supporttiers.links import Attachment, Link, VendorEntry, VendorStatus
from supporttiers.match import Match, Not
from supporttiers.reasons import Reason
from supporttiers.testing.builders import AGENT, CUSTOMER, NOON, every_event, minutes
from supporttiers.tiers import CaseKind, Status, Visibility

HERE = Path(__file__).parent
SALT = bytes(range(16))
TO = {"case_id": "T-1", "by": AGENT}
KNOWN = {"category": "printing", "channel": "web", "locale": "en-GB", "impact": "high", "urgency": "low",
         "priority": "high", "tags": ["vip", "été"], "attributes": {"site": "Leeds", "seats": 12}}  # fmt: skip

COMMANDS = [
    wanted.Open(
        case_id="T-1", by=CUSTOMER, at=NOON, occurred_at=minutes(-10), idempotency_key="req-1", expected_version=0,
        reason="please", subject="Printer — не печатает 🖨", text='It "burns".\nSince noon.', requester="u-17",
        customer="c-9", process="demo", kind=CaseKind.PROBLEM, tier=1, team="front", **KNOWN,
    ),
    wanted.Start(**TO),
    wanted.Release(case_id="T-1", by=Actor.manager("mona")),
    wanted.Assign(**TO, assignee="bob"),
    wanted.Reply(**TO, text="On it.", channel="mail", at=NOON + timedelta(microseconds=1)),
    wanted.Note(**TO, text="A fuse?", visibility=Visibility.PUBLIC),
    wanted.RecordAttempt(case_id="T-1", by=Actor.assistant("bot"), what="faq/12", outcome="did_not_help"),
    wanted.Escalate(**TO, tier=2, team="net", reason="too hard", expected_version=7),
    wanted.InformManagement(**TO),
    wanted.Inform(**TO, to="lead", code="acme.look", params={"count": 3}),
    wanted.HandBack(**TO, tier=1, team="front"),
    wanted.Transfer(**TO, team="desktop"),
    wanted.Wait(**TO, wait_reason="scheduled", until=minutes(60)),
    wanted.Resume(case_id="T-1", by=SYSTEM),
    wanted.Resolve(**TO, text="New fuse.", solution="kb/77"),
    wanted.Reopen(**TO, tier=2, team="net"),
    wanted.Close(**TO),
    wanted.Cancel(**TO),
    wanted.Amend(
        **TO, subject="Fire", customer="c-10", owner="olaf", kind=CaseKind.REQUEST, workaround="kb/70", **KNOWN
    ),
    wanted.Attach(**TO, attachments=[Attachment(id="f-1", name="a.png", media_type="image/png", size=3)]),
    wanted.Watch(**TO, watchers=["eve"]),
    wanted.Unwatch(**TO, watchers=["eve", "ada"]),
    wanted.LinkCase(**TO, link=Link("known_issue", "P-1")),
    wanted.Unlink(**TO, link=Link("follows", "T-0")),
    wanted.CountAffected(case_id="P-1", by=SYSTEM, other="T-1", counts=True),
    wanted.Merge(**TO, into="T-0"),
    wanted.Dispatch(**TO, vendor="acme-print", text="Please repair."),
    wanted.VendorUpdate(
        case_id="T-1", by=Actor.vendor("acme-print"), vendor="acme-print", key="T-1:1", remote_id="R-77",
        status=VendorStatus.OPEN, text="Hello.",
    ),
    wanted.Dispatch(**TO, vendor="acme-print", text="Please repair.", attachments=["f-1"]),
    wanted.TellVendor(**TO, vendor="acme-print", text="Still broken.", purpose="reminder", attachments=["f-1"]),
    wanted.Withdraw(**TO, vendor="acme-print", text="Found it."),
    wanted.VendorUpdate(
        case_id="T-1", by=Actor.vendor("acme-print"), vendor="acme-print", key="T-1:1", raw_status="Busy",
        told=["c-0"], updated_at=minutes(30), entries=[VendorEntry(
            id="c-1", text="Which one?", at=minutes(29), reference="ST-ABCDEFGHIJKLMNOP", ours=True,
            visibility=Visibility.PUBLIC, attachments=[Attachment(id="v-1", name="a.png")],
        )],
    ),
    wanted.VendorUnreachable(
        case_id="T-1", by=SYSTEM, vendor="acme-print", key="T-1:1", since=minutes(5), problem="timed out"
    ),
    wanted.Rate(case_id="T-1", by=CUSTOMER, score=5, text="Thanks!"),
    wanted.Approve(**TO),
    wanted.Decline(**TO),
    wanted.Redact(**TO, reason="asked to"),
    wanted.Assign(**TO, automatic=True),
]  # fmt: skip

EFFECT_EXAMPLES = [
    Notify(
        case_id="T-1", version=3, to="manager",
        reason=Reason("move.bounced", {"pair": "1/front-2", "count": 4, "limit": 3}),
    ),
    DispatchToVendor(
        case_id="T-1", version=4, vendor="acme-print", key="T-1:1", subject="Fire", text="Please repair.",
        category="printing", priority="high",
    ),
    Tell(case_id="T-1", version=5, command=wanted.Resolve(case_id="T-2", by=SYSTEM, text="See T-1.")),
    Notify(case_id="T-1", version=6, to="ann", reason=Reason("case.idle"), not_before=minutes(60)),
    TellLinked(
        case_id="P-1", version=6, link="known_issue", command=wanted.Resume(case_id="P-1", by=SYSTEM),
        among=Match(wait_reason="known_issue", tier=Not(4)),
    ),
    TellObserver(case_id="T-1", version=7, observer="acme"),
    DispatchToVendor(
        case_id="T-1", version=8, vendor="acme-print", key="T-1:8", subject="Fire", follows="R-77",
        attachments=(Attachment(id="f-1", name="a.png", media_type="image/png", size=3),),
    ),
    MessageVendor(
        case_id="T-1", version=9, vendor="acme-print", ticket="T-1:8", purpose="reminder", text="Still broken.",
        attachments=(Attachment(id="f-1", name="a.png"),),
    ),
]  # fmt: skip


def plain(text):
    """Show a text of JSON as a tree, so that people can read the files."""
    return json.loads(text) if text else None


def canonical(tree):
    """Write a tree as the codec must, by nothing of the codec."""
    return "" if tree is None else json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def examples_of_events():
    """Give every event; redaction stands apart, because a store that writes it deletes what comes before it."""
    events = every_event()
    last = events[-1]
    kept = wanted.Scheduled(
        name="close", due_at=minutes(5000), command=wanted.Close(case_id="T-1", by=SYSTEM),
        while_status=(Status.RESOLVED,),
    )  # fmt: skip
    redacted = CaseRedacted(
        case_id="T-1", version=last.version + 1, at=last.at, by=AGENT, said="asked to", awaiting_reply_since=NOON,
        assigned_at=minutes(1), assignee="bob", owner="olaf", scheduled=(kept,),
    )  # fmt: skip
    return [*events, redacted]


def event_entries():
    """Show every event in both of its parts, chained."""
    entries, previous = [], ""
    for event in examples_of_events():
        name, schema, public, private = codec.encode_event(event)
        previous = codec.digest(previous, public, SALT if private else b"", private)
        parts = {"public": plain(public), "private": plain(private)}
        entries.append({"type": name, "schema": schema, **parts, "digest": previous})
    return entries


def written_today():
    """Show what today's code writes, by file."""
    return {
        "commands.json": [plain(codec.dumps(command)) for command in COMMANDS],
        "effects.json": [plain(codec.dumps(effect)) for effect in EFFECT_EXAMPLES],
        "events.json": event_entries(),
        "case.json": plain(codec.encode_case(rebuild(every_event()))),
    }


@pytest.fixture(scope="module", autouse=True)
def _write_when_asked():
    """Write the files anew, when asked to."""
    if os.environ.get("SUPPORTTIERS_GOLDEN") == "write":
        for name, tree in written_today().items():
            text = json.dumps(tree, indent=2, sort_keys=True, ensure_ascii=False)
            (HERE / name).write_text(text + "\n", encoding="utf-8", newline="\n")


def golden(name):
    """Read a file."""
    return json.loads((HERE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["commands.json", "effects.json", "events.json", "case.json"])
def test_golden_files_are_what_is_written_today(name):
    """The bytes have not changed, as a whole tree, so that a difference is easily seen."""
    assert golden(name) == written_today()[name]


def test_golden_files_show_every_class():
    """No command, effect or event is missing."""
    assert {kind.__name__ for kind in wanted.COMMANDS} == {entry["type"] for entry in golden("commands.json")}
    assert {kind.__name__ for kind in EFFECTS} == {entry["type"] for entry in golden("effects.json")}
    assert {kind.__name__ for kind in EVENTS} == {entry["type"] for entry in golden("events.json")}


@pytest.mark.parametrize(("name", "examples"), [("commands.json", COMMANDS), ("effects.json", EFFECT_EXAMPLES)])
def test_golden_commands_and_effects_are_read_and_written_the_same(name, examples):
    """Bytes to values to the same bytes."""
    for tree, example in zip(golden(name), examples, strict=True):
        assert example == codec.loads(canonical(tree))
        assert canonical(tree) == codec.dumps(example)


def test_golden_events_are_read_and_written_the_same():
    """Both parts of every event, and the digest that chains them."""
    previous = ""
    for entry, example in zip(golden("events.json"), examples_of_events(), strict=True):
        public, private = canonical(entry["public"]), canonical(entry["private"])

        assert example == codec.decode_event(entry["type"], entry["schema"], public, private)
        assert (entry["type"], entry["schema"], public, private) == codec.encode_event(example)
        previous = codec.digest(previous, public, SALT if private else b"", private)
        assert entry["digest"] == previous


def test_golden_case_is_read_and_written_the_same():
    """The snapshot of a case to which everything has happened."""
    text = canonical(golden("case.json"))
    case = rebuild(every_event())

    assert case == codec.decode_case(text)
    assert text == codec.encode_case(case)
