"""Redaction at the desk: what goes, what stays, who may, and what a case does afterwards."""

import json
from datetime import timedelta

import attrs
import pytest

from supporttiers.actors import Actor
from supporttiers.commands import Close, Inform, Open, Reply
from supporttiers.decisions import Later
from supporttiers.desk import SupportDesk
from supporttiers.errors import CaseNotFoundError, InputError, NotPermittedError, StoreError, VendorError
from supporttiers.events import REDACTED, CaseOpened, CaseReplied
from supporttiers.links import Attachment
from supporttiers.match import Match
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.policies.retention import RedactAfter
from supporttiers.process import SupportProcess

JANE, DORA = Actor.customer("jane"), Actor.agent("dora")


@pytest.fixture
def with_rules(make_desk, calm):
    """Make desks whose process has these policies."""
    return lambda *policies: make_desk(attrs.evolve(calm, policies=policies, reopen_from=("resolved", "closed")))


@pytest.fixture
def spoken(with_rules):
    """Give a desk with a case about which much has been said."""
    desk = with_rules()
    desk.open(
        "Fire", id="T-1", by=JANE, text="It burns.", customer="c-9", attributes={"site": "Leeds"}, tags=["hot"],
        category="printing", idempotency_key="req-1",
    )  # fmt: skip
    desk.start("T-1", by="bob")
    desk.watch("T-1", by="bob", watchers=["eve"])
    desk.attach("T-1", by="bob", attachments=[Attachment(id="f-1", name="jane.png")])
    desk.reply("T-1", by="bob", text="On it.", reason="She called.")
    return desk


def types_after(desk, version):
    """Name the kinds of the events after a version."""
    return [type(event).__name__ for event in desk.history("T-1") if event.version > version]


# -- what goes and what stays


def test_redacted_case_has_lost_what_is_personal_and_nothing_else(spoken):
    """Texts, names and the host's attributes are gone; what happened, when, and who works on it stays."""
    before = spoken.get("T-1")
    case = spoken.redact("T-1", by=DORA)

    gone = {"subject": "", "requester": REDACTED, "customer": None, "attributes": {}, "watchers": (), "attachments": ()}
    assert attrs.evolve(
        before, **gone, version=before.version + 1, changed_at=case.changed_at, redacted_at=case.changed_at
    ) == case  # fmt: skip
    assert () == spoken.verify("T-1")
    said = [event for event in spoken.history("T-1") if isinstance(event, CaseOpened | CaseReplied)]
    assert ["", ""] == [event.text for event in said]
    assert [REDACTED, REDACTED] == [event.by.id for event in said]


def test_repeated_key_of_a_redacted_case_is_answered_without_a_comparison(spoken):
    """Nobody knows any more what the command was, but that it was carried out."""
    case = spoken.redact("T-1", by=DORA)

    again = spoken.execute(Open(case_id="T-1", by=JANE, text="Other words.", idempotency_key="req-1"))
    assert (True, case) == (again.replayed, again.case)


def test_redaction_again_is_no_event(spoken):
    """A case about which nobody has said anything since is left as it is; then there is something to delete again."""
    case = spoken.redact("T-1", by=DORA)
    assert case == spoken.redact("T-1", by="bob")

    replied = spoken.reply("T-1", by=JANE, text="Hello?")
    assert replied.redacted_at is None
    again = spoken.redact("T-1", by=DORA)
    assert again.version == replied.version + 1
    assert "" == [event.text for event in spoken.history("T-1") if isinstance(event, CaseReplied)][-1]


def test_open_case_goes_on_after_redaction(spoken, clock):
    """Whoever works on it has it still, and the customer may go on writing."""
    case = spoken.redact("T-1", by=DORA)
    assert ("in_progress", "bob", "bob") == (case.status, case.assignee, case.owner)
    assert {"bob": 1} == {who: load.open for who, load in spoken._ports.store.workload("default", ["bob"]).items()}

    spoken.reply("T-1", by=JANE, text="And the scanner?")
    ended = spoken.resolve("T-1", by="bob", text="New fuse.")
    assert ("resolved", None) == (ended.status, ended.awaiting_reply_since)
    assert () == spoken.verify("T-1")


def test_notices_to_the_requester_of_a_redacted_case_reach_nobody(make_desk, calm, pager):
    """There is nobody of the name that stands in place of theirs; those to a role that wait are still sent."""
    desk = make_desk(calm, notifiers=[pager])
    desk.open("Fire", id="T-1", by=JANE)
    desk.inform("T-1", by="bob", to="requester")
    desk.inform("T-1", by="bob", to="jane")
    desk.redact("T-1", by=DORA)
    desk.run_due()

    assert [("requester", (), "inform.news")] == [(one.to, one.recipients, one.reason.code) for one in pager.sent]
    assert ["done", "done"] == [one.state for one in desk.messages()]


def test_follow_up_of_a_redacted_case_is_of_the_customer_who_speaks(with_rules):
    """What they say now is theirs: they are told of it, and it is found when they ask that it be deleted."""
    desk = with_rules(ReopenWithin("1h"))
    desk.cancel(desk.open("Fire", id="T-1", by=JANE), by="bob")
    desk.redact("T-1", by=DORA)
    follow_up = desk.reply("T-1", by=JANE, text="It is I, Jane.").follow_up
    desk.run_due()

    assert "jane" == desk.get(follow_up).requester
    assert (follow_up,) == desk.redact(person="jane", by=DORA).cases


@pytest.mark.parametrize("others", [(), ("eve",)])
def test_requester_of_a_redacted_case_watches_no_other_case(with_rules, others):
    """It is merged with those who follow it since; nobody is called `redacted`."""
    desk = with_rules()
    desk.open("Fire", id="T-1", by=JANE)
    desk.open("Smoke", id="T-2", by=Actor.customer("joe"))
    desk.redact("T-1", by=DORA)
    if others:
        desk.watch("T-1", by="bob", watchers=others)
    desk.merge("T-1", by="bob", into="T-2")
    desk.run_due()

    assert others == desk.get("T-2").watchers


def test_ended_case_keeps_nobody(spoken):
    """Of a closed case not even the agents' names are kept; it may be reopened, for whoever takes it then."""
    spoken.resolve("T-1", by="bob")
    spoken.close("T-1", by="bob")
    case = spoken.redact("T-1", by=DORA)
    assert (None, None, None, None) == (case.assignee, case.owner, case.last_assignee, case.assigned_at)

    reopened = spoken.reopen("T-1", by="bob")
    assert ("queued", None) == (reopened.status, reopened.assignee)


# -- who may


@pytest.mark.parametrize(
    "by", [JANE, Actor.vendor("acme-print"), Actor.assistant("bot"), Actor.agent("jane"), Actor.manager("c-9")]
)
def test_only_the_house_redacts_and_nobody_a_case_of_their_own(spoken, by):
    """The one id that stays on what is left must not be that of the person."""
    before = spoken.get("T-1")
    with pytest.raises(NotPermittedError) as raised:
        spoken.redact("T-1", by=by)

    assert "only agents and managers redact a case, and not one of their own" in str(raised.value)
    assert before == spoken.get("T-1")


def test_rules_of_permission_hold_for_redaction(with_rules):
    """A process may leave it to those who answer for data."""
    desk = with_rules(PermitByRules([Permission(verbs=["redact"], roles=["data"])]))
    desk.open("Fire", id="T-1", by=JANE)
    with pytest.raises(NotPermittedError):
        desk.redact("T-1", by=DORA)

    assert "" == desk.redact("T-1", by=Actor.agent("dora", roles=["data"])).subject


def test_rules_of_permission_hold_for_redaction_where_they_only_watch(make_desk, acme):
    """What is deleted cannot be put back when the pilot is over."""
    rule = PermitByRules([Permission(verbs=["redact"], roles=["data"])])
    desk = make_desk(attrs.evolve(acme, policies=[rule]).observing())
    desk.open("Fire", id="T-1", by=JANE)

    with pytest.raises(NotPermittedError):
        desk.redact("T-1", by=DORA)
    assert "Fire" == desk.get("T-1").subject


def test_redaction_may_need_an_approval(with_rules):
    """It waits, and is carried out once somebody else has said yes."""
    desk = with_rules(PermitByApproval([ApprovalRule(verbs=["redact"], approvers=["mona"])]))
    desk.open("Fire", id="T-1", by=JANE)
    assert "Fire" == desk.redact("T-1", by=DORA).subject

    case = desk.approve("T-1", by=Actor.manager("mona"))
    assert ("", None, "queued") == (case.subject, case.held, case.status)
    assert () == desk.verify("T-1")


# -- what cannot go on


def test_held_command_is_dropped_with_its_text(with_rules):
    """Nobody could judge it any more; the case goes on as it was before it waited."""
    desk = with_rules(PermitByApproval([ApprovalRule(verbs=["resolve"], approvers=["mona"])]))
    desk.open("Fire", id="T-1", by=JANE)
    desk.start("T-1", by="bob")
    waiting = desk.resolve("T-1", by="bob", text="New fuse for Jane.")
    assert "waiting" == waiting.status

    case = desk.redact("T-1", by=DORA)
    assert (None, "in_progress") == (case.held, case.status)
    assert ["CaseRedacted", "HeldDropped", "CaseResumed"] == types_after(desk, waiting.version)
    assert "resolve is no longer known: the case was redacted" == str(desk.history("T-1")[-1].reason)
    assert "resolve" == desk.history("T-1")[-2].trigger
    assert () == desk.verify("T-1")


def test_refusal_of_what_was_held_is_recorded_without_names(with_rules):
    """Why an approved command came to nothing stays on record; the id of a file must not stay with it."""
    desk = with_rules(PermitByApproval([ApprovalRule(verbs=["attach"], roles=["junior"])]))
    passport = [Attachment(id="passport-of-jane")]
    desk.open("Fire", id="T-1", by=JANE)
    desk.attach("T-1", by=Actor.agent("bob", roles=["junior"]), attachments=passport)
    desk.attach("T-1", by="ann", attachments=passport)
    desk.approve("T-1", by=Actor.manager("lea"))
    assert "HeldDropped" == types_after(desk, 0)[-1]
    desk.redact("T-1", by=DORA)

    assert "passport" not in json.dumps(desk.export("T-1"))


def test_ended_case_stays_ended_when_what_is_held_is_dropped(make_desk, calm):
    """A reopening that waits for a yes is not known any more."""
    rule = PermitByApproval([ApprovalRule(verbs=["reopen"], approvers=["mona"])])
    desk = make_desk(attrs.evolve(calm, policies=[rule]))
    desk.open("Fire", id="T-1", by=JANE)
    desk.resolve("T-1", by="bob")
    held = desk.reopen("T-1", by="bob", reason="Jane called.")
    assert held.held is not None

    case = desk.redact("T-1", by=DORA)
    assert (None, "resolved") == (case.held, case.status)
    assert ["CaseRedacted", "HeldDropped"] == types_after(desk, held.version)
    assert () == desk.verify("T-1")


def test_case_whose_opening_is_held_is_cancelled(with_rules):
    """It was not let in, and nobody can say any more whether it should be."""
    desk = with_rules(PermitByApproval([ApprovalRule(verbs=["open"], approvers=["mona"])]))
    desk.open("Fire", id="T-1", by=JANE)
    waiting = desk.amend("T-1", by="bob", owner="anna")

    case = desk.redact("T-1", by=DORA)
    assert (None, "cancelled", None) == (case.held, case.status, case.owner)
    assert ["CaseRedacted", "HeldDropped", "CaseCancelled"] == types_after(desk, waiting.version)[:3]
    assert () == desk.verify("T-1")


@attrs.frozen
class Wishes:
    """Wants things done later, of which two say something personal."""

    name = "test.wishes"
    revision = 1

    def react(self, situation, /):
        """Wish when a case is opened."""
        if not isinstance(situation.event, CaseOpened):
            return ()
        of = {"case_id": situation.case.id, "by": DORA}
        wishes = {"close": Close(**of), "lead": Inform(**of, to="lead"), "reply": Reply(**of, text="Dear Jane")}
        wishes["call"] = Inform(**of, to="lead", reason="Call Jane")
        at = situation.now.replace(year=2027)
        when = Match(category="x")
        return [Later(command=command, at=at, name=name, when=when) for name, command in wishes.items()]


def test_what_a_case_does_later_stays_if_it_says_nothing_personal(with_rules):
    """A closing comes all the same, and so does word to whom the process names; a text does not."""
    desk = with_rules(Wishes())
    desk.open("Fire", id="T-1", by=JANE, category="x")

    case = desk.redact("T-1", by=DORA)
    assert ["close", "lead"] == [one.name for one in case.scheduled]
    assert () == desk.verify("T-1")


def test_vendor_request_that_is_not_sent_fails(make_desk, acme):
    """It would say nothing: the case does not wait for its answer."""
    desk = make_desk(acme)
    desk.open("Fire", id="T-1", by=JANE, text="It burns.")
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Jane's printer burns.")
    desk.wait("T-1", by="bob", wait_reason="vendor")
    case = desk.redact("T-1", by=DORA)

    assert (("failed",), "queued") == (tuple(ticket.status for ticket in case.vendor_tickets), case.status)
    desk.run_due()
    assert [("done", "redacted")] == [(one.state, one.result) for one in desk.messages() if one.kind == "dispatch"]
    assert () == desk.verify("T-1")


def test_vendor_request_that_is_out_goes_on(make_desk, acme):
    """The vendor has it, with what it said: that is theirs to forget."""
    desk = make_desk(acme)
    desk.open("Fire", id="T-1", by=JANE)
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    desk.run_due()
    case = desk.redact("T-1", by=DORA)

    assert ["open"] == [str(ticket.status) for ticket in case.vendor_tickets]


def test_observing_process_records_redaction_and_leaves_requests_alone(make_desk, acme):
    """It sends nothing, so that nothing can fail to be sent."""
    desk = make_desk(acme.observing())
    desk.open("Fire", id="T-1", by=JANE)
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    case = desk.redact("T-1", by=DORA)

    assert ("", ["requested"]) == (case.subject, [str(ticket.status) for ticket in case.vendor_tickets])
    assert () == desk.verify("T-1")


# -- a person


def test_person_is_redacted_wherever_they_asked_or_are_the_customer(calm_desk):
    """And they follow nobody else's case any longer."""
    calm_desk.open("Fire", id="T-1", by=JANE)
    calm_desk.open("Ice", id="T-2", by=Actor.customer("joe"), customer="jane")
    calm_desk.open("Wind", id="T-3", by=Actor.customer("joe"))
    calm_desk.watch("T-3", by="bob", watchers=["jane", "eve"])

    found = calm_desk.redact(person="jane", by=DORA, reason="asked to")
    assert (("T-1", "T-2"), ("T-3",), {}, 2) == (found.cases, found.unwatched, found.failed, len(found))
    assert ("Wind", ("eve",)) == (calm_desk.get("T-3").subject, calm_desk.get("T-3").watchers)
    assert "asked to" == calm_desk.history("T-1")[-1].said
    again = calm_desk.redact(person="jane", by=DORA)
    assert ((), ()) == (again.cases, again.unwatched)


def test_cases_that_cannot_be_redacted_are_named_and_others_are(with_rules):
    """What failed stands beside what was done, and the same call goes on with it."""
    rule = Permission(verbs=["redact"], effect="deny", when=Match(category="court"), text="It is before a court.")
    desk = with_rules(PermitByRules([rule]))
    for number in range(205):
        desk.open("Fire", id=f"T-{number:03}", by=JANE, category="court" if number == 7 else None, customer="jane")

    found = desk.redact(person="jane", by=DORA)
    assert 204 == len(found)
    assert ["T-007"] == list(found.failed)
    assert ("Fire", "jane") == (desk.get("T-007").subject, desk.get("T-007").requester)


class Faulty:
    """A rule that fails about a case."""

    name, revision = "tests.faulty", 1
    error = KeyError("jane")

    def permit(self, situation, /):
        """Fail, or have no opinion."""
        if (situation.case.id, situation.trigger) == ("T-1", "redact"):
            raise self.error


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (KeyError("jane"), "it cannot be decided: KeyError"),
        (StoreError("codec", "a process cannot be read", retryable=False), "codec: a process cannot be read"),
    ],
)
def test_case_that_cannot_be_decided_keeps_no_other_from_redaction(with_rules, error, why):
    """It is named with the fault, and those behind it are redacted; each further call would meet it again."""
    desk = with_rules(type("Faulty", (Faulty,), {"error": error})())
    for case_id in ("T-0", "T-1", "T-2"):
        desk.open("Fire", id=case_id, by=JANE)

    found = desk.redact(person="jane", by=DORA)
    ((failed, said),) = found.failed.items()
    assert (("T-0", "T-2"), "T-1") == (found.cases, failed)
    assert why == str(said).partition(" in policy 'tests.faulty', permit(), ")[0]


def test_redaction_of_a_person_stops_where_the_store_is_away(with_rules):
    """What is left is not its fault: the same call goes on with it later."""
    error = StoreError("pg", "away", retryable=True)
    desk = with_rules(type("Faulty", (Faulty,), {"error": error})())
    for case_id in ("T-0", "T-1", "T-2"):
        desk.open("Fire", id=case_id, by=JANE)

    with pytest.raises(StoreError, match="away"):
        desk.redact(person="jane", by=DORA)
    assert [REDACTED, "jane", "jane"] == [desk.get(case_id).requester for case_id in ("T-0", "T-1", "T-2")]


def test_case_whose_redaction_waits_for_an_approval_does_not_count_as_redacted(with_rules):
    """Nothing has been deleted of it yet; nor is anybody taken off a case where that has to be approved."""
    desk = with_rules(PermitByApproval([ApprovalRule(verbs=["redact", "unwatch"])]))
    desk.open("Fire", id="T-1", by=JANE)
    desk.open("Wind", id="T-2", by=Actor.customer("joe"))
    desk.watch("T-2", by="bob", watchers=["jane"])

    found = desk.redact(person="jane", by=DORA)
    assert ((), ()) == (found.cases, found.unwatched)
    assert {"T-1": "permit.approval", "T-2": "permit.approval"} == {
        name: said.code for name, said in found.failed.items()
    }
    desk.approve("T-1", by=Actor.manager("lea"))
    assert REDACTED == desk.get("T-1").requester


@pytest.mark.parametrize(
    ("args", "how", "field"),
    [
        ((), {}, "case"),
        (("T-1",), {"person": "jane"}, "case"),
        ((), {"person": ""}, "person"),
        ((), {"person": "jane", "expected_version": 3}, "expected_version"),
        ((), {"person": "jane", "reason": "\x00"}, "reason"),
        ((), {"person": "jane", "by": None}, "by"),
    ],
)
def test_redaction_names_one_case_or_one_person(spoken, args, how, field):
    """Whatever else is refused, and changes nothing."""
    before = spoken.get("T-1")
    with pytest.raises(InputError) as raised:
        spoken.redact(*args, **{"by": DORA, **how})

    assert field == raised.value.field
    assert before == spoken.get("T-1")


# -- retention


def test_closed_case_is_redacted_by_itself(with_rules, clock, at):
    """When its time is over, and not before."""
    desk = with_rules(RedactAfter("5h"))
    desk.open("Fire", id="T-1", by=JANE)
    desk.resolve("T-1", by="bob")
    assert [] == list(desk.get("T-1").scheduled)
    desk.close("T-1", by="bob")

    clock.advance(to=at("13:59:59"))
    desk.run_due()
    assert "Fire" == desk.get("T-1").subject
    clock.advance(to=at("14:00"))
    desk.run_due()
    case = desk.get("T-1")
    assert ("", REDACTED, "closed", ("redact",)) == (case.subject, case.requester, case.status, case.carried_out)
    assert () == desk.verify("T-1")


@pytest.mark.parametrize(("verb", "how"), [("cancel", {}), ("merge", {"into": "T-2"})])
def test_cancelled_case_is_redacted_too(with_rules, clock, verb, how):
    """A mistake and a duplicate are kept no longer than what was solved."""
    desk = with_rules(RedactAfter("5h"))
    desk.open("Fire", id="T-1", by=JANE)
    desk.open("Fire", id="T-2", by=JANE)
    getattr(desk, verb)("T-1", by="bob", **how)
    clock.advance("5h")
    desk.run_due()

    assert ("", "Fire") == (desk.get("T-1").subject, desk.get("T-2").subject)


def test_reopened_case_is_not_redacted(with_rules, clock):
    """Its time begins anew with the next closing."""
    desk = with_rules(RedactAfter("5h"))
    desk.open("Fire", id="T-1", by=JANE)
    desk.resolve("T-1", by="bob")
    desk.close("T-1", by="bob")
    assert ["redact"] == [one.name for one in desk.get("T-1").scheduled]
    desk.reopen("T-1", by="bob")
    assert [] == list(desk.get("T-1").scheduled)

    clock.advance("6h")
    desk.run_due()
    assert "Fire" == desk.get("T-1").subject


def test_what_is_said_after_a_redaction_is_redacted_in_its_turn(with_rules, clock):
    """As long after it was said; nothing is kept for ever, and nothing is redacted for nothing."""
    desk = with_rules(RedactAfter("5h"))
    desk.open("Fire", id="T-1", by=JANE)
    desk.cancel("T-1", by="bob")
    clock.advance("5h")
    desk.run_due()
    assert [] == list(desk.get("T-1").scheduled)
    clock.advance("1h")
    desk.note("T-1", by="bob", text="Jane called again.")
    clock.advance("1h")
    desk.note("T-1", by="bob", text="And again.")
    assert [clock.now() + timedelta(hours=4)] == [one.due_at for one in desk.get("T-1").scheduled]

    clock.advance("4h")
    desk.run_due()
    assert ["", "", ""] == [event.text for event in desk.history("T-1") if hasattr(event, "text")]
    assert [] == list(desk.get("T-1").scheduled)
    assert desk.next_wake() is None
    assert () == desk.verify("T-1")


def test_retention_is_about_some_cases_only(with_rules, clock):
    """Others are kept."""
    desk = with_rules(RedactAfter("5h", when=Match(category="chat")))
    for case_id, category in (("T-1", "chat"), ("T-2", "court")):
        desk.open("Fire", id=case_id, by=JANE, category=category)
        desk.cancel(case_id, by="bob")
    clock.advance("5h")
    desk.run_due()

    assert ["", "Fire"] == [case.subject for case in desk.find()]


def test_retention_counts_calendar_days_in_a_process_file(tmp_path):
    """A year is said in days of the calendar."""
    path = tmp_path / "acme.toml"
    path.write_text(
        '[process]\nname = "acme"\n\n[[tiers]]\nlevel = 1\nname = "Desk"\n\n'
        '[[policies]]\nuse = "supporttiers.redact-after"\nafter = "365 calendar days"\n',
        encoding="utf-8",
    )  # fmt: skip

    process = SupportProcess.from_toml(path)
    assert (RedactAfter("365 calendar days"),) == process.policies
    assert process == SupportProcess.from_json(process.to_json())


# -- a redaction in the midst of a pass


def ask_vendor(desk):
    """Have a vendor asked for help."""
    desk.dispatch("T-1", by="bob", vendor="acme-print", text="Fire at Jane's.")


def go_on_elsewhere(desk):
    """Have another case opened with what the requester says."""
    desk.cancel("T-1", by="bob")
    desk.reply("T-1", by=JANE, text="Fire again.")


def tell_anna(desk):
    """Have somebody told by name."""
    desk.inform("T-1", by="bob", to="anna")


@pytest.mark.parametrize("cause", [ask_vendor, go_on_elsewhere, tell_anna])
def test_redaction_ends_what_a_worker_has_taken_and_not_yet_sent(calm, clock, pager, vendor, cause):
    """Those before it may take minutes: what is deleted meanwhile must not go out from what was read before."""

    class Slow(type(pager)):
        def notify(self, notification, /, *, key):
            desk.redact("T-1", by=DORA)
            super().notify(notification, key=key)

    desk = SupportDesk(
        attrs.evolve(calm, policies=[ReopenWithin("1h")]), clock=clock, notifiers=[slow := Slow()], vendors=[vendor]
    )
    desk.open("Ice", id="T-0", by="joe")
    desk.inform_management("T-0", by="bob")
    desk.open("Fire", id="T-1", by=JANE)
    cause(desk)
    desk.run_due()

    assert "T-0" == slow.sent[0].case_id
    assert "anna" not in [sent.to for sent in slow.sent]
    assert "redacted" in [message.result for message in desk.messages(case="T-1")]
    assert [] == list(desk.find(Match(requester="jane")))
    with pytest.raises(VendorError):
        vendor.fetch("ACME-PRINT-1")


# -- export


def test_export_holds_all_that_is_kept(spoken):
    """The case, every event whole, what was sent, keys and links: as JSON has it."""
    spoken.open("Ice", id="T-2", by=JANE)
    spoken.link("T-2", by="bob", to="T-1", kind="child_of")
    spoken.inform_management("T-1", by="bob", reason="Big fire.")
    found = json.loads(json.dumps(spoken.export("T-1")))

    assert 1 == found["format"]
    assert ["format", "case", "events", "messages", "idempotency_keys", "links_in"] == list(found)
    assert ("Fire", "jane", {"site": "Leeds"}) == tuple(
        found["case"][name] for name in ("subject", "requester", "attributes")
    )
    assert [type(event).__name__ for event in spoken.history("T-1")] == [event["type"] for event in found["events"]]
    assert ("It burns.", "jane") == (found["events"][0]["text"], found["events"][0]["by"]["id"])
    assert "2026-03-23T09:00:00+00:00" == found["events"][0]["at"]
    assert ["req-1"] == [key["key"] for key in found["idempotency_keys"]]
    assert [{"kind": "child_of", "case_id": "T-2"}] == found["links_in"]
    assert [{"id": "f-1", "name": "jane.png", "media_type": None, "size": None}] == found["case"]["attachments"]


def test_export_shows_what_is_to_come_with_its_condition(with_rules):
    """A condition stands there as a process file writes it."""
    desk = with_rules(Wishes())
    desk.open("Fire", id="T-1", by=JANE, category="x")

    found = json.loads(json.dumps(desk.export("T-1")))["case"]["scheduled"]
    assert [(name, {"category": "x"}) for name in ("close", "lead", "reply", "call")] == [
        (one["name"], one["when"]) for one in found
    ]
    assert ("Reply", "Dear Jane") == (found[2]["command"]["type"], found[2]["command"]["text"])


def test_export_holds_every_message(make_desk, calm, pager):
    """However many there are."""
    desk = make_desk(calm)
    desk.open("Fire", id="T-1", by=JANE)
    for number in range(101):
        desk.inform_management("T-1", by="bob", reason=f"Fire {number}")

    assert 101 == len({message["key"] for message in desk.export("T-1")["messages"]})


def test_export_of_an_unknown_case_is_an_error(calm_desk):
    """There is nothing to give out."""
    with pytest.raises(CaseNotFoundError):
        calm_desk.export("T-404")
