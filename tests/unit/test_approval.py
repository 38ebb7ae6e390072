"""Approval: commands that wait until somebody says yes, and what becomes of them."""

from datetime import datetime
from typing import ClassVar

import attrs
import pytest

from supporttiers import Actor, InputError, Match, NotPermittedError, Reason, SupportProcess
from supporttiers.cases import rebuild
from supporttiers.commands import Dispatch, Escalate, Held, Resolve, VendorUpdate
from supporttiers.decisions import Hold
from supporttiers.errors import FactsError, MoveRefusedError, PluginError, PolicyConfigError
from supporttiers.facts import FactSource
from supporttiers.links import VendorStatus
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.policies.permission import Permission, PermitByRules

MIA, LEA = Actor.manager("mia"), Actor.agent("lea", roles=["purchasing"])
BUYING = ApprovalRule(verbs=["dispatch"], approvers=["purchasing"])
WHY = Reason("permit.approval", {"what": "dispatch", "approvers": "purchasing"})


@pytest.fixture
def desk_with(make_desk, calm):
    """Make a desk on which these commands need approval, beside other policies."""
    return lambda *rules, more=(), **fields: make_desk(
        attrs.evolve(calm, policies=[PermitByApproval(rules), *more], **fields)
    )


@pytest.fixture
def desk(desk_with):
    """Give a desk on which sending a case to a vendor needs the approval of purchasing."""
    return desk_with(BUYING)


@pytest.fixture
def held(desk):
    """Give a case on which Bob has asked for a dispatch."""
    desk.open(id="T-1", by="jane")
    return desk.dispatch("T-1", by="bob", vendor="acme-print", text="Please repair.", reason="It smokes.")


def refused(verb, *arguments, **named):
    """Give the reasons of a refusal, as texts."""
    with pytest.raises(NotPermittedError) as caught:
        verb(*arguments, **named)
    return [str(reason) for reason in caught.value.refusals]


# -- held


def test_command_is_held_and_the_case_waits(desk, held, kinds, pager):
    """It is kept as it was given, nothing of it is carried out, and those who may approve are told."""
    command = Dispatch(
        case_id="T-1", by=Actor.agent("bob"), vendor="acme-print", text="Please repair.", reason="It smokes."
    )
    desk.run_due()

    assert Held(command=command, reason=WHY, approvers=("purchasing",)) == held.held
    assert ("waiting", "approval", "queued", ()) == (
        held.status, held.wait_reason, held.resume_to, held.vendor_tickets,
    )  # fmt: skip
    assert ["CommandHeld", "WaitStarted"] == kinds(desk, held, after=1)
    assert [("purchasing", "held.asked")] == pager.told
    assert "dispatch waits for approval: dispatch needs the approval of purchasing" == str(pager.sent[0].reason)
    assert held == rebuild(desk.history(held))


def test_managers_approve_where_nobody_is_named(desk_with, pager):
    """Then management is told, and any manager may answer."""
    desk = desk_with(ApprovalRule(verbs=["resolve"], text="Is it really solved?"))
    case = desk.resolve(desk.open(by="jane"), by="bob")
    desk.run_due()

    assert [("manager", "held.asked")] == pager.told
    assert "Is it really solved?" == str(case.held.reason)
    assert ["only a manager may approve it"] == refused(desk.approve, case, by=LEA)
    assert "resolved" == desk.approve(case, by=MIA).status


def test_first_rule_that_is_about_it_counts(desk_with):
    """Rules are asked in order; whose commands, too, can be said."""
    desk = desk_with(
        ApprovalRule(verbs=["resolve"], kinds=["assistant"], approvers=["first"]),
        ApprovalRule(verbs=["resolve"], when=Match(category="vpn"), approvers=["second"]),
    )
    robot = Actor.assistant("robot")

    assert ("first",) == desk.resolve(desk.open(by="jane", category="vpn"), by=robot).held.approvers
    assert ("second",) == desk.resolve(desk.open(by="jane", category="vpn"), by="bob").held.approvers
    assert "resolved" == desk.resolve(desk.open(by="jane"), by="bob").status


def test_case_that_has_ended_keeps_its_status(desk_with, kinds):
    """Waiting would set its clocks going again; the command is held all the same."""
    desk = desk_with(ApprovalRule(verbs=["reopen"]))
    desk.open(id="T-1", by="jane")
    desk.resolve("T-1", by="bob")
    case = desk.reopen("T-1", by="bob")

    assert ("resolved", "reopen") == (case.status, case.held.command.trigger)
    assert ["CommandHeld"] == kinds(desk, case, after=2)
    assert "queued" == desk.approve(case, by=MIA).status


def test_only_one_command_is_held_at_a_time(desk, held):
    """A second one is refused; it is not forgotten that it needs approval, too."""
    desk.note(held, by="bob", text="Meanwhile.")

    assert [
        "dispatch needs the approval of purchasing",
        "an approval of dispatch is awaited already",
    ] == refused(desk.dispatch, held, by="bob", vendor="acme-print")


def test_command_that_is_too_large_is_not_kept(desk_with):
    """It is refused, and nothing is written."""
    desk = desk_with(ApprovalRule(verbs=["resolve"]))
    case = desk.open(by="jane", id="T-1")
    with pytest.raises(InputError) as caught:
        desk.resolve(case, by="bob", text="\n" * 65_000, reason="\n" * 65_000)

    assert "case 'T-1': command has 260" in str(caught.value)
    assert "bytes as JSON; at most 131072 can wait for approval" in str(caught.value)
    assert case == desk.get("T-1")


def test_texts_of_a_held_command_can_be_redacted(desk, held):
    """They stand in the private part of the event; without it the case waits, and nothing is held."""
    history = list(desk.history(held))
    event = attrs.evolve(history[1], command=None)

    assert attrs.fields(type(event)).command.metadata["private"]
    assert rebuild([history[0], event, history[2]]).held is None


def test_refusal_goes_before_approval(desk_with):
    """What is forbidden is not asked for."""
    forbid = PermitByRules([Permission(verbs=["dispatch"], kinds=["manager"])])
    desk = desk_with(BUYING, more=[forbid])
    case = desk.open(by="jane")

    assert ["dispatch is left to manager"] == refused(desk.dispatch, case, by="bob", vendor="acme-print")
    assert desk.dispatch(case, by=MIA, vendor="acme-print").held is not None


def test_idempotency_key_is_used_up_by_asking(desk):
    """The same command again is no second one, and its approval needs no key."""
    desk.open(id="T-1", by="jane")
    first = desk.dispatch("T-1", by="bob", vendor="acme-print", idempotency_key="k")
    again = desk.execute(Dispatch(case_id="T-1", by=Actor.agent("bob"), vendor="acme-print", idempotency_key="k"))
    approved = desk.approve("T-1", by=LEA)

    assert again.replayed
    assert first.version == again.case.version
    assert 1 == len(approved.vendor_tickets)


# -- answered


def test_approval_carries_it_out_as_whoever_asked(desk, held, kinds):
    """The case goes on, and the command is the asker's; the approval is its reason."""
    approved = desk.approve(held, by=LEA)
    dispatched = desk.history(held)[-1]

    assert ["CaseApproved", "CaseResumed", "VendorDispatched"] == kinds(desk, held, after=3)
    assert ("queued", None, "acme-print") == (approved.status, approved.held, approved.vendor_tickets[0].vendor)
    assert ("bob", "approved", "It smokes.", "Please repair.") == (
        dispatched.by.id, str(dispatched.reason), dispatched.said, dispatched.text,
    )  # fmt: skip
    assert approved == rebuild(desk.history(held))


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ("bob", "nobody may approve what they asked for themselves"),
        (Actor.manager("bob", roles=["purchasing"]), "nobody may approve what they asked for themselves"),
        ("jane", "nobody may approve what they asked for themselves"),
        ("lea", "only purchasing may approve it"),
        (MIA, "only purchasing may approve it"),
    ],
)
def test_only_approvers_answer(desk, held, by, why):
    """Not whoever asked, not the requester, and nobody who is not named."""
    assert [why] == refused(desk.approve, held, by=by)
    assert [why.replace("approve", "decline")] == refused(desk.decline, held, by=by)


def test_approvers_can_be_named_by_id(desk_with):
    """Roles and ids are one list."""
    desk = desk_with(attrs.evolve(BUYING, approvers=["lea", "boss"]))
    case = desk.dispatch(desk.open(by="jane"), by="bob", vendor="acme-print")

    assert ["only lea or boss may approve it"] == refused(desk.approve, case, by=MIA)
    assert desk.approve(case, by=Actor.agent("lea")).held is None


def test_decline_drops_it(desk, held, kinds, pager):
    """The case goes on as it was, and whoever asked is told."""
    desk.run_due()
    declined = desk.decline(held, by=LEA)
    desk.run_due()

    assert ["CaseDeclined", "CaseResumed"] == kinds(desk, held, after=3)
    assert ("queued", None, ()) == (declined.status, declined.held, declined.vendor_tickets)
    assert ("bob", "held.declined") == pager.told[-1]


@pytest.mark.parametrize("answer", ["approve", "decline"])
@pytest.mark.parametrize(
    ("until", "later", "expected"),
    [
        (None, "1h", ("waiting", "customer")),
        ("12:00", "1h", ("waiting", "customer")),
        ("09:30", "1h", ("queued", None)),
    ],
)
def test_case_waits_on_for_what_it_waited_for(desk_with, clock, at, answer, until, later, expected):
    """Approval comes in between; a wait that would have been over by then is over."""
    desk = desk_with(ApprovalRule(verbs=["dispatch"]))
    case = desk.wait(desk.open(by="jane"), by="bob", until=until and at(until))
    case = desk.dispatch(case, by="bob", vendor="acme-print")
    assert ("approval", "customer", until and at(until)) == (
        case.wait_reason, case.held.wait_reason, case.held.wait_until,
    )  # fmt: skip
    clock.advance("1h")
    after = getattr(desk, answer)(case, by=MIA)

    assert expected == (after.status, after.wait_reason)
    assert (at(until) if until and expected[1] else None) == after.wait_until


@pytest.mark.parametrize("answer", ["approve", "decline"])
def test_requester_who_has_answered_meanwhile_is_not_waited_for(desk_with, answer):
    """What the case waited for has come."""
    desk = desk_with(ApprovalRule(verbs=["dispatch"]))
    case = desk.dispatch(desk.wait(desk.open(by="jane"), by="bob"), by="bob", vendor="acme-print")
    desk.reply(case, by="jane", text="Here it is.")

    assert "queued" == getattr(desk, answer)(case, by=MIA).status


def test_case_that_waits_for_approval_by_hand_too(desk_with):
    """One answer is enough for both."""
    desk = desk_with(ApprovalRule(verbs=["dispatch"]))
    case = desk.wait(desk.open(by="jane"), by="bob", wait_reason="approval")
    case = desk.dispatch(case, by="bob", vendor="acme-print")

    assert ("queued", 1) == (desk.approve(case, by=MIA).status, len(desk.get(case.id).vendor_tickets))


def test_several_approvals_follow_one_another(make_desk, calm):
    """In the order of the policies; each approver is asked once, and the last yes carries it out."""
    first, second = BUYING, attrs.evolve(BUYING, approvers=["law"], text="Is it legal?")
    desk = make_desk(attrs.evolve(calm, policies=[PermitByApproval([first]), PermitByApproval([second])]))
    case = desk.dispatch(desk.open(by="jane"), by="bob", vendor="acme-print")
    case = desk.approve(case, by=LEA)

    assert (("law",), (WHY,), "waiting") == (case.held.approvers, case.held.approved, case.status)
    assert ["only law may approve it"] == refused(desk.approve, case, by=LEA)
    assert 1 == len(desk.approve(case, by=Actor.agent("al", roles=["law"])).vendor_tickets)


def test_case_may_move_on_meanwhile(desk, held, kinds):
    """It is no longer waiting when the answer comes; the command is carried out where it is now."""
    desk.transfer(held, by="ann", team="back")
    case = desk.approve(held, by=LEA)

    assert ("queued", "back", 1) == (case.status, case.team, len(case.vendor_tickets))
    assert ["CaseTransferred", "CaseApproved", "VendorDispatched"] == kinds(desk, held, after=3)


@pytest.fixture
def two_ways(desk_with):
    """Give a desk on which Bob's dispatch needs approval, and Ann's does not."""
    return desk_with(attrs.evolve(BUYING, roles=["junior"]))


JUNIOR = Actor.agent("bob", roles=["junior"])


def test_command_that_is_refused_by_then_is_recorded_and_told(two_ways, kinds, pager):
    """The approval stands, and whoever asked hears why nothing came of it."""
    case = two_ways.dispatch(two_ways.open(by="jane"), by=JUNIOR, vendor="acme-print")
    two_ways.dispatch(case, by="ann", vendor="acme-print")
    after = two_ways.approve(case, by=LEA)
    last = two_ways.history(case)[-1]

    assert ["CaseApproved", "CaseResumed", "HeldDropped"] == kinds(two_ways, case, after=4)
    two_ways.run_due()
    assert ("queued", None, 1) == (after.status, after.held, len(after.vendor_tickets))
    assert "dispatch was approved, but refused by then: an open ticket at 'acme-print' is there already" == str(
        last.reason
    )
    assert "lea" == last.by.id
    assert ("bob", "held.refused") in pager.told


@pytest.mark.parametrize("verb", ["resolve", "cancel"])
def test_end_of_the_case_drops_it(desk, held, kinds, pager, verb):
    """There is nothing left to approve, and whoever asked is told."""
    ended = getattr(desk, verb)(held, by="ann")
    desk.run_due()

    assert ended.held is None
    assert "HeldDropped" == kinds(desk, held)[-1]
    assert ("bob", "held.ended") in pager.told
    with pytest.raises(MoveRefusedError, match="no approval is awaited"):
        desk.approve(held, by=LEA)


# -- openings


def test_opening_waits_at_once(desk_with, kinds):
    """The case is there, in nobody's hands; once approved it arrives where it was to go."""
    desk = desk_with(ApprovalRule(verbs=["open"], into=[4], approvers=["purchasing"]), entry=[1, 4])
    case = desk.open("Print money", text="Now.", id="T-1", by="jane", tier=4, attributes={"a": 1})
    approved = desk.approve(case, by=LEA)

    assert ("waiting", "approval", ()) == (case.status, case.wait_reason, case.vendor_tickets)
    assert ("", "", {}) == (case.held.command.subject, case.held.command.text, case.held.command.attributes)
    assert ("Print money", {"a": 1}) == (case.subject, case.attributes)
    assert ["CaseOpened", "CommandHeld", "WaitStarted", "CaseApproved", "CaseResumed", "VendorDispatched"] == kinds(
        desk, case
    )
    assert ("queued", "acme-print") == (approved.status, approved.vendor_tickets[0].vendor)


def test_declined_opening_is_cancelled(desk_with, pager):
    """What was asked for is not to be done; the requester hears of it."""
    desk = desk_with(ApprovalRule(verbs=["open"], when=Match(kind="request")))
    case = desk.decline(desk.open(by="jane", kind="request"), by=MIA)
    desk.run_due()

    assert ("cancelled", None) == (case.status, case.held)
    assert ("jane", "held.declined") in pager.told
    assert "queued" == desk.open(by="jane").status


def test_opening_may_need_several_approvals(make_desk, calm):
    """The second one follows the first."""
    rules = [ApprovalRule(verbs=["open"], approvers=["a"]), ApprovalRule(verbs=["open"], approvers=["b"])]
    desk = make_desk(attrs.evolve(calm, policies=[PermitByApproval([rule]) for rule in rules]))
    case = desk.approve(desk.open(by="jane"), by=Actor.agent("x", roles=["a"]))

    assert ("waiting", ("b",)) == (case.status, case.held.approvers)
    assert "queued" == desk.approve(case, by=Actor.agent("y", roles=["b"])).status


def test_opening_is_permitted_to_the_same_place_when_it_is_approved(desk_with):
    """Policies that look at where a case goes hear of it both times."""
    asked = []

    class Asked:
        name, revision = "acme.asked", 1

        def permit(self, situation):
            if situation.trigger == "open":
                asked.append(situation.to)

    desk = desk_with(ApprovalRule(verbs=["open"], approvers=["a"]), more=[Asked()])
    desk.approve(desk.open(by="jane"), by=Actor.agent("x", roles=["a"]))

    assert [1, 1] == [to.tier for to in asked]


# -- the clock, reactions, and policies of one's own


def test_what_the_clock_wants_waits_as_well(make_desk, acme, clock, pager):
    """The limit has fired; the move waits for the manager, and is the clock's once approved."""
    rule = ApprovalRule(verbs=["escalate"], kinds=["system"])
    desk = make_desk(attrs.evolve(acme, policies=[PermitByApproval([rule])]))
    case = desk.open(by="jane")
    clock.advance("15m")
    desk.run_due()
    case = desk.get(case.id)

    assert (1, "waiting", "system") == (case.tier, case.status, case.held.command.by.id)
    desk.decline(case, by=MIA)
    desk.run_due()
    assert ("manager", "held.declined") == pager.told[-1]


def test_clocks_see_a_wait_like_any_other(make_desk, acme, clock):
    """By default only waiting for the customer stops them."""
    desk = make_desk(attrs.evolve(acme, policies=[PermitByApproval([BUYING])]))
    case = desk.dispatch(desk.open(by="jane"), by="bob", vendor="acme-print")

    assert ["in_progress", "in_progress"] == [str(reading.stage) for reading in desk.clocks(case)]


class AskTwice:
    """Holds a verb of one's choice, and needs a fact for it."""

    name: ClassVar[str] = "acme.ask"
    revision: ClassVar[int] = 1
    needs: ClassVar[tuple[str, ...]] = ("plan",)

    def __init__(self, verb):
        self.verb = verb

    def permit(self, situation):
        """Hold it."""
        return Hold(Reason("acme.ask"), ["lead"]) if situation.trigger == self.verb else None


@pytest.mark.parametrize("by", ["jane", "bob", MIA], ids=str)
@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("resume", {}), ("start", {}), ("resolve", {}), ("escalate", {}), ("wait", {"wait_reason": "customer"}),
        ("assign", {"assignee": "bob"}), ("transfer", {"team": "back"}), ("dispatch", {"vendor": "acme-print"}),
    ],
)  # fmt: skip
def test_nothing_is_done_with_an_opening_that_is_held(desk_with, by, verb, given):
    """Whoever wants it: not even its requester takes it out of its wait."""
    desk = desk_with(ApprovalRule(verbs=["open"]))
    case = desk.open(id="T-1", by="jane")

    with pytest.raises(MoveRefusedError) as caught:
        getattr(desk, verb)(case, by=by, **given)
    assert "it waits for the approval of its open; approve or decline that first, or cancel it" == str(
        caught.value.reason
    )
    assert case == desk.get("T-1")


def test_an_opening_that_is_held_can_be_talked_about(desk_with):
    """And corrected, and taken back."""
    desk = desk_with(ApprovalRule(verbs=["open"]))
    case = desk.reply(desk.amend(desk.open(by="jane"), by="bob", category="purchase"), by="jane", text="Please!")

    assert ("waiting", "approval") == (case.status, case.wait_reason)
    assert "cancelled" == desk.cancel(case, by="jane").status


def test_the_clock_leaves_an_opening_that_is_held(make_desk, acme, clock, pager, kinds):
    """What it wants is recorded as refused, and management is told."""
    desk = make_desk(attrs.evolve(acme, policies=[PermitByApproval([ApprovalRule(verbs=["open"])])]))
    case = desk.open(by="jane")
    clock.advance("20m")
    desk.run_due()
    case = desk.get(case.id)

    assert (1, "waiting") == (case.tier, case.status)
    assert "ActionRefused" in kinds(desk, case)
    assert ("manager", "limit.no_action") in pager.told
    assert "queued" == desk.approve(case, by=MIA).status


def test_a_case_with_a_command_that_is_held_does_not_resume(desk, held):
    """That is for whoever approves or declines; everything else goes on."""
    with pytest.raises(MoveRefusedError) as caught:
        desk.resume(held, by="bob")

    assert "it waits for the approval of its dispatch" in str(caught.value)
    assert "in_progress" == desk.start(desk.decline(held, by=LEA), by="bob").status


def test_answers_cannot_be_held_themselves(make_desk, calm):
    """Nobody could ever answer; the policy is named."""
    source = FactSource("plan", lambda _, keys: {})
    desk = make_desk(attrs.evolve(calm, policies=[AskTwice("approve")]), facts=[source])
    case = desk.wait(desk.open(by="jane"), by="bob", wait_reason="approval")
    with pytest.raises(PluginError) as caught:
        desk.approve(case, by=MIA)

    assert "'acme.ask' does not fit: its permit() gave Hold; possible are a Refusal and None" == str(caught.value)


def test_approval_without_facts_is_refused_and_can_be_tried_again(make_desk, calm):
    """The command is still held: nothing of the approval was written."""
    answers = [None, None, OSError("down")]

    def read(_, keys):
        found = answers.pop(0) if answers else None
        if found is not None:
            raise found
        return dict.fromkeys(keys, "gold")

    desk = make_desk(attrs.evolve(calm, policies=[AskTwice("resolve")]), facts=[FactSource("plan", read)])
    lead = Actor.agent("lea", roles=["lead"])
    case = desk.resolve(desk.open(by="jane", customer="c-1"), by="bob")
    with pytest.raises(FactsError):
        desk.approve(case, by=lead)

    assert "resolve" == desk.get(case.id).held.command.trigger
    assert "resolved" == desk.approve(case, by=lead).status


# -- asked about


def test_options_say_what_would_wait(desk):
    """It is allowed, and waits: for whose approval stands beside it."""
    case = desk.open(by="jane")
    options = {option.trigger: option for option in desk.options(case, by="bob")}

    assert options["dispatch"].allowed
    assert (WHY,) == options["dispatch"].held
    assert () == options["note"].held


def test_options_of_approvers(desk, held):
    """Who may answer is told as a command would be."""
    mine = {option.trigger: option for option in desk.options(held, by=LEA)}
    others = {option.trigger: option for option in desk.options(held, by="bob")}

    assert mine["approve"].allowed
    assert ["nobody may approve what they asked for themselves"] == [
        str(reason) for reason in others["approve"].refused
    ]


def test_preview_shows_the_hold(desk):
    """Before it is asked for."""
    case = desk.open(by="jane")
    decision = desk.preview(Dispatch(case_id=case.id, by=Actor.agent("bob"), vendor="acme-print"))

    assert WHY == decision.case.held.reason


def test_explain_says_what_is_held(desk, held):
    """By whom, why, and who may answer; and which commands need approval at all."""
    told = desk.explain(held)

    assert "dispatch by bob waits for the approval of purchasing: dispatch needs the approval of purchasing" in [
        str(reason) for reason in told.here
    ]
    assert ["dispatch by anybody: needs the approval of purchasing"] == [str(reason) for reason in told.rules]


def test_held_command_survives_the_store(make_desk, calm, tmp_path):
    """What is kept is the command, texts included."""
    process = attrs.evolve(calm, policies=[PermitByApproval([BUYING])])
    store = f"sqlite:///{tmp_path / 'desk.db'}"
    case = make_desk(process, store=store).open(by="jane")
    before = make_desk(process, store=store).dispatch(case, by="bob", vendor="acme-print", text="Repair.")
    desk = make_desk(process, store=store)

    assert before == desk.get(case.id)
    assert () == desk.verify(case.id)
    assert "Repair." == desk.history(desk.approve(case, by=LEA))[-1].text


# -- built


@pytest.mark.parametrize("verb", ["approve", "decline"])
def test_rule_refuses_to_hold_answers(verb):
    """They wait for nothing."""
    with pytest.raises(PolicyConfigError, match=r"^ApprovalRule.verbs: must be one of: open, start, "):
        ApprovalRule(verbs=[verb])


def test_policy_stands_in_a_file():
    """From a file and back again it is the same."""
    read = SupportProcess.from_text("""
        [process]
        name = "p"
        [[tiers]]
        level = 1
        name = "First"
        [[policies]]
        use = "supporttiers.permit-by-approval"
        [[policies.rules]]
        verbs = ["dispatch"]
        approvers = ["purchasing"]
        text = "Is it worth the money?"
        when = { "facts.plan" = "tin", priority = { at_most = "low" } }
    """)

    assert ("plan",) == read.needs
    assert read == SupportProcess.from_data(read.to_data()) == SupportProcess.from_json(read.to_json())


def test_commands_that_are_held_are_values():
    """Equal commands are equal when held."""
    one, other = (Escalate(case_id="T-1", by=LEA) for _ in range(2))

    assert Held(command=one, reason=WHY) == Held(command=other, reason=WHY)
    assert Held(command=one, reason=WHY) != Held(command=Resolve(case_id="T-1", by=LEA), reason=WHY)


# -- what was meanwhile


def test_held_move_goes_where_it_was_asked_to_go(desk_with):
    """A tier that was left to the process is kept as it was chosen, and approved as that."""
    desk = desk_with(ApprovalRule(verbs=["escalate"]))
    desk.open(id="T-1", by="jane")
    held = desk.escalate("T-1", by="bob", reason="x").held.command

    assert (2, "network") == (held.tier, held.team)
    assert 2 == desk.approve("T-1", by=MIA).tier


@pytest.mark.parametrize("answer", ["approve", "decline"])
def test_case_whose_vendor_has_answered_meanwhile_goes_on(desk_with, vendor, answer):
    """It does not wait for the vendor again: nothing is with them any more."""
    desk = desk_with(ApprovalRule(verbs=["amend"]))
    desk.open(id="T-1", by="jane")
    desk.dispatch("T-1", by="bob", vendor="acme-print")
    desk.run_due()
    desk.wait("T-1", by="bob", wait_reason="vendor")
    desk.amend("T-1", by="bob", tags=["x"])
    [ticket] = desk.get("T-1").vendor_tickets
    held = desk.execute(
        VendorUpdate(
            case_id="T-1",
            by=Actor.vendor("acme-print"),
            vendor=ticket.vendor,
            key=ticket.key,
            status=VendorStatus.RESOLVED,
        )
    ).case
    assert ("waiting", "approval") == (held.status, held.wait_reason)

    case = getattr(desk, answer)("T-1", by=MIA)
    assert ("queued", None) == (case.status, case.wait_reason)
    assert case == rebuild(desk.history("T-1"))


@pytest.mark.parametrize(
    ("until", "after"), [(None, ("queued", None)), ("2026-03-23T12:00Z", ("waiting", "known_issue"))]
)
def test_case_that_waited_for_a_known_issue_does_not_wait_for_ever(desk_with, until, after):
    """Nobody tells it of the fix while it waits for an approval; a wait with an end is taken up again."""
    desk = desk_with(ApprovalRule(verbs=["amend"]))
    desk.open(id="T-1", by="jane")
    desk.wait("T-1", by="bob", wait_reason="known_issue", until=until and datetime.fromisoformat(until))
    desk.amend("T-1", by="bob", tags=["x"])
    case = desk.decline("T-1", by=MIA)

    assert after == (case.status, case.wait_reason)


def test_held_opening_may_be_talked_about_but_not_worked_on(desk_with):
    """It may be cancelled; nobody starts, moves or resolves it before it is approved."""
    desk = desk_with(ApprovalRule(verbs=["open"]))
    desk.open(id="T-1", by="jane")
    desk.note("T-1", by="bob", text="Is this urgent?")
    for verb in (desk.start, desk.escalate, desk.resolve, desk.resume):
        with pytest.raises(MoveRefusedError, match="it waits for the approval of its open; approve or decline") as no:
            verb("T-1", by="bob")
        assert "refused.until_approved" == no.value.reason.code

    assert "cancelled" == desk.cancel("T-1", by="jane").status


def test_time_at_a_tier_begins_with_the_approval_of_the_opening(make_desk, acme, clock, kinds, at):
    """What the clock wanted meanwhile is on record as refused; no escalation is lost."""
    desk = make_desk(attrs.evolve(acme, policies=[PermitByApproval([ApprovalRule(verbs=["open"])])]))
    desk.open(id="T-1", by="jane")
    clock.advance("20m")
    desk.run_due()
    assert (1, "ActionRefused") == (desk.get("T-1").tier, kinds(desk, "T-1")[-1])

    case = desk.approve("T-1", by=MIA)
    assert ("queued", at("09:35")) == (case.status, case.due_at)
    assert at("09:00") == case.stopwatch("resolve").started_at
    clock.advance("15m")
    desk.run_due()
    assert 2 == desk.get("T-1").tier
    assert desk.get("T-1") == rebuild(desk.history("T-1"))


def test_nobody_takes_a_case_out_of_its_wait_for_approval(desk, held):
    """It goes on when it has been answered."""
    with pytest.raises(MoveRefusedError, match="it waits for the approval of its dispatch"):
        desk.resume(held, by="bob")
