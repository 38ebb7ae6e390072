"""What is refused changes nothing (DESIGN sections 7 and 10)."""

from datetime import timedelta

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.ledger import ledgers
from tests.properties.strategies import ANNA, MOMENT, START, decided, said, worlds

from supporttiers import commands as wanted
from supporttiers._engine import decide
from supporttiers.cases import rebuild
from supporttiers.decisions import Decision
from supporttiers.errors import (
    CaseError,
    CaseNotFoundError,
    IdempotencyError,
    InputError,
    MoveRefusedError,
    NotPermittedError,
    StaleCaseError,
)
from supporttiers.events import CaseAmended, CaseCancelled, CaseEscalated, CaseResolved, CaseTransferred, CommandHeld
from supporttiers.links import Attachment
from supporttiers.policies.approval import ApprovalRule, PermitByApproval
from supporttiers.policies.permission import Permission, PermitByRules
from supporttiers.process import SupportProcess


@given(worlds())
def test_refused_decision_settles_what_was_due_and_nothing_else(world):
    """A refusal leaves exactly what a pass just before its instant would have left."""
    case = None
    for command in world.script:
        decision = decided(world.process, case, command)
        if not isinstance(decision, Decision):
            continue
        if decision.refusal is not None:
            at = command.at if case is None else max(command.at, case.changed_at)
            swept = decide(world.process, case, None, at - MOMENT)

            assert attrs.evolve(swept, refusal=decision.refusal) == decision
        case = decision.case


@given(worlds())
def test_refused_decision_then_pass_equals_the_pass_alone(world):
    """A refusal followed by a pass at its instant is that pass."""
    case = None
    for command in world.script:
        decision = decided(world.process, case, command)
        if isinstance(decision, Decision) and decision.refusal is not None:
            swept = decide(world.process, case, None, command.at)
            after = decide(world.process, decision.case, None, command.at)

            assert (swept.case, swept.wakes_at) == (after.case, after.wakes_at)
            assert swept.events == decision.events + after.events
            assert swept.effects == decision.effects + after.effects
        case = decision.case if isinstance(decision, Decision) else case


@given(worlds(ids=("C-1", "C-2")))
@settings(max_examples=50)
def test_refused_command_leaves_every_row_as_a_pass_would(world):
    """A refusal and a pass leave, byte by byte, what the pass alone leaves; with nothing due the refusal leaves all."""
    with ledgers(world.process, 2) as (asked, spared):
        for command in world.script:
            asked.go_to(command.at)
            spared.go_to(command.at)
            before, wake = asked.rows(), asked.desk.next_wake()
            try:
                asked.desk.execute(command)
            except CaseError:
                assert before == asked.rows() or (wake is not None and wake < command.at)
                asked.desk.run_due()
                spared.desk.run_due()
            else:
                spared.desk.execute(command)
            assert spared.rows() == asked.rows()


# -- what is wrong by itself

HUGE = "x" * (64 * 1024 + 1)
WRONG = {
    "unknown case": (CaseNotFoundError, lambda desk, at: desk.start("C-404", by="anna")),
    "no case": (InputError, lambda desk, at: desk.start("", by="anna")),
    "no actor": (InputError, lambda desk, at: desk.start("C-1")),
    "blank actor": (InputError, lambda desk, at: desk.start("C-1", by=" ")),
    "naive instant": (InputError, lambda desk, at: desk.start("C-1", by="anna", at=at.replace(tzinfo=None))),
    "instant as text": (InputError, lambda desk, at: desk.start("C-1", by="anna", at=at.isoformat())),
    "far future": (InputError, lambda desk, at: desk.start("C-1", by="anna", at=at + timedelta(seconds=301))),
    "occurs later": (InputError, lambda desk, at: desk.note("C-1", by="anna", at=at, occurred_at=at + MOMENT)),
    "tier out of range": (InputError, lambda desk, at: desk.escalate("C-1", by="anna", tier=100)),
    "tier as text": (InputError, lambda desk, at: desk.escalate("C-1", by="anna", tier="2")),
    "tier as truth": (InputError, lambda desk, at: desk.escalate("C-1", by="anna", tier=True)),
    "empty team": (InputError, lambda desk, at: desk.transfer("C-1", by="anna", team="")),
    "huge text": (InputError, lambda desk, at: desk.note("C-1", by="anna", text=HUGE)),
    "no character": (InputError, lambda desk, at: desk.note("C-1", by="anna", text="a\x00b")),
    "half a character": (InputError, lambda desk, at: desk.note("C-1", by="anna", text="\ud800")),
    "long subject": (InputError, lambda desk, at: desk.open("x" * 501, by="jane")),
    "known id": (MoveRefusedError, lambda desk, at: desk.open(by="jane", id="C-1")),
    "unknown process": (InputError, lambda desk, at: desk.open(by="jane", process="other")),
    "unknown priority": (InputError, lambda desk, at: desk.open(by="jane", priority="bogus")),
    "unknown tier": (MoveRefusedError, lambda desk, at: desk.open(by="jane", tier=77)),
    "many tags": (InputError, lambda desk, at: desk.amend("C-1", by="anna", tags=[f"t{n}" for n in range(51)])),
    "a text of tags": (InputError, lambda desk, at: desk.amend("C-1", by="anna", tags="vip")),
    "many watchers": (InputError, lambda desk, at: desk.watch("C-1", by="anna", watchers=map(str, range(101)))),
    "large attributes": (InputError, lambda desk, at: desk.amend("C-1", by="anna", attributes={"a": "x" * 16_400})),
    "nested attributes": (InputError, lambda desk, at: desk.amend("C-1", by="anna", attributes={"a": [1]})),
    "endless attribute": (InputError, lambda desk, at: desk.amend("C-1", by="anna", attributes={"a": float("inf")})),
    "score": (InputError, lambda desk, at: desk.rate("C-1", by="jane", score=6)),
    "link to nothing": (CaseNotFoundError, lambda desk, at: desk.link("C-1", by="anna", to="C-404")),
    "merge into nothing": (CaseNotFoundError, lambda desk, at: desk.merge("C-1", by="anna", into="C-404")),
    "stale version": (StaleCaseError, lambda desk, at: desk.note("C-1", by="anna", expected_version=77)),
    "used key": (IdempotencyError, lambda desk, at: desk.note("C-1", by="anna", idempotency_key="opening")),
    "no reason": (InputError, lambda desk, at: desk.execute(wanted.Wait(case_id="C-1", by=ANNA, wait_reason=""))),
    "two of one id": (
        MoveRefusedError, lambda desk, at: desk.attach("C-1", by="anna", attachments=[Attachment(id="f", name="f")] * 2)
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_input_changes_no_row(wrong):
    """Each kind of wrong input is refused with its own error, and leaves every row as it was."""
    error, attempt = WRONG[wrong]
    with ledgers(SupportProcess.default()) as [ledger]:
        ledger.desk.open("Stuck", by="jane", id="C-1", idempotency_key="opening")
        before = ledger.rows()
        with pytest.raises(error):
            attempt(ledger.desk, START)

        assert before == ledger.rows()


@given(worlds(ids=("C-1", "C-2")))
@settings(max_examples=40)
def test_preview_gives_the_answer_and_changes_no_row(world):
    """A preview gives the decision that the command then gets, refusals included, and leaves every row as it was."""
    with ledgers(world.process) as [ledger]:
        for command in world.script:
            ledger.go_to(command.at)
            before = ledger.rows()
            previewed = answer(ledger.desk.preview, command)

            assert before == ledger.rows()
            assert answer(ledger.desk.execute, command) == previewed


def answer(verb, command):
    """Give a decision, or what the error says."""
    try:
        return verb(command)
    except CaseError as error:
        return said(error)


# -- what policies refuse, and what they hold

FORBIDDEN = ("start", "resolve", "escalate", "amend", "wait", "hand_back", "reopen", "cancel", "transfer")


@given(worlds(), st.sets(st.sampled_from(FORBIDDEN), min_size=1), st.sampled_from(["deny", "allow"]))
@settings(max_examples=100)
def test_command_that_is_not_permitted_leaves_what_a_pass_would(world, verbs, effect):
    """Whoever is refused, and for whatever verb: the case is as a pass just before would have left it."""
    rule = Permission(verbs=sorted(verbs), kinds=["agent", "system"], effect=effect)
    process = attrs.evolve(world.process, policies=[PermitByRules([rule])])
    case = None
    for command in world.script:
        decision = decided(process, case, command)
        if not isinstance(decision, Decision):
            continue
        if isinstance(decision.refusal, NotPermittedError):
            at = command.at if case is None else max(command.at, case.changed_at)
            swept = decide(process, case, None, at - MOMENT)

            assert attrs.evolve(swept, refusal=decision.refusal) == decision
            assert decision.refusal.refusals
        case = decision.case


@given(worlds(), st.sets(st.sampled_from(FORBIDDEN), min_size=1))
@settings(max_examples=100)
def test_command_that_is_held_moves_nothing_and_is_rebuilt(world, verbs):
    """Place, texts and people stay as they are until somebody approves; histories rebuild the case all the same."""
    rule = ApprovalRule(verbs=sorted(verbs), approvers=["nobody"])
    process = attrs.evolve(world.process, policies=[PermitByApproval([rule])])
    case, history = None, []
    for command in world.script:
        decision = decided(process, case, command)
        if not isinstance(decision, Decision):
            continue
        history += decision.events
        case = decision.case
        mine = [event for event in decision.events if event.by == command.by and event.at == case.changed_at]
        held = next((event for event in mine if isinstance(event, CommandHeld)), None)
        if held is not None and held.command.trigger == command.trigger:
            chosen = {name: getattr(command, name) for name in _LEFT_TO_THE_PROCESS if hasattr(command, name)}
            assert attrs.evolve(held.command, **chosen) == attrs.evolve(
                command, at=None, occurred_at=None, expected_version=None, idempotency_key=None
            )
            assert not [event for event in mine if isinstance(event, _CARRIED_OUT)]
        assert case == rebuild(history)


_LEFT_TO_THE_PROCESS = ("tier", "team")
_CARRIED_OUT = (CaseResolved, CaseEscalated, CaseAmended, CaseCancelled, CaseTransferred)
