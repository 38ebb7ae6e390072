"""Where a case can go: rows, machine, table, and what a refusal says."""

import pickle

import pytest

from supporttiers._machine import (
    MoveTable,
    Row,
    build_machine,
    compile_table,
    describe,
    fire,
    move_table,
    possible_from,
    refusal,
    rows_of,
    state_name,
    tier_target,
    trigger_with_transitions,
)
from supporttiers.errors import MoveRefusedError
from supporttiers.reasons import Reason
from supporttiers.tiers import WAIT_REASONS, MoveRules, Status, Tier, TierKind

TIERS = (
    Tier(level=0, name="Self-service", kind=TierKind.SELF_SERVICE, escalates_to=(1,)),
    Tier(level=1, name="Service desk", escalates_to=(2, 4)),
    Tier(level=2, name="Technical support", escalates_to=(4,), hands_back_to=(1,)),
    Tier(level=4, name="Vendor", kind=TierKind.VENDOR, hands_back_to=(2,)),
)
OPEN_STATUSES = ("queued", "in_progress", "waiting")
TABLE = move_table(rows_of(TIERS, MoveRules()))


def moves(trigger: str, rules: MoveRules, *, tiers: tuple[Tier, ...] = TIERS) -> list[tuple[str, str, str]]:
    """List (source, target, dest) of one trigger."""
    return [(row.source, row.target, row.dest) for row in rows_of(tiers, rules) if row.trigger == trigger]


def targets(trigger: str, source: str, rules: MoveRules) -> list[str]:
    """List the targets of one trigger from one state."""
    return [target for found, target, _ in moves(trigger, rules) if found == source]


# -- names


@pytest.mark.parametrize(
    ("level", "status", "state"),
    [
        (0, Status.QUEUED, "tier0.queued"),
        (1, Status.IN_PROGRESS, "tier1.in_progress"),
        (99, Status.WAITING, "tier99.waiting"),
        (0, Status.RESOLVED, "resolved"),
        (4, Status.CLOSED, "closed"),
        (99, Status.CANCELLED, "cancelled"),
    ],
)
def test_state_name_joins_tier_and_open_status(level, status, state):
    """An open status stands with its tier; an end is one plain text for all tiers."""
    assert state_name(level, status) == state
    assert type(state_name(level, status)) is str


@pytest.mark.parametrize(("level", "target"), [(0, "tier0"), (2, "tier2"), (99, "tier99")])
def test_tier_target_names_the_level(level, target):
    """A tier as a target is named by its level."""
    assert tier_target(level) == target


# -- rows


@pytest.mark.parametrize(
    ("entry", "levels"),
    [((), [1]), ((4,), [1, 4]), ((1, 0), [1, 0]), ("any", [1, 0, 2, 4]), ((7,), [1])],
)
def test_open_leads_to_the_entry_tiers(entry, levels):
    """A case enters at the lowest staffed tier first, then where the rules say; unknown levels are passed over."""
    expected = [("new", f"tier{level}", f"tier{level}.queued") for level in levels]

    assert moves("open", MoveRules(entry=entry)) == expected


def test_open_leads_to_a_vendor_that_runs_the_first_line_before_others():
    """A vendor's tier below the first team is the default where the rules let cases enter there."""
    tiers = (Tier(level=1, name="Front", kind=TierKind.VENDOR, escalates_to=(2,)), Tier(level=2, name="Back"))

    assert ["tier1", "tier2"] == [target for _, target, _ in moves("open", MoveRules(entry=(1,)), tiers=tiers)]


def test_start_and_release_swap_queued_and_in_progress():
    """Work starts on what is queued, and is released back."""
    [*_, start] = moves("start", MoveRules())
    [*_, release] = moves("release", MoveRules())

    assert start == ("tier4.queued", "", "tier4.in_progress")
    assert release == ("tier4.in_progress", "", "tier4.queued")


@pytest.mark.parametrize("status", OPEN_STATUSES)
def test_wait_takes_every_reason_from_every_open_status(status):
    """Built-in reasons and the process's own are possible, and a reason that is known already is not doubled."""
    rules = MoveRules(wait_reasons=("parts", "customer"))

    assert targets("wait", f"tier1.{status}", rules) == [*WAIT_REASONS, "parts"]
    assert {dest for source, _, dest in moves("wait", rules) if source == f"tier1.{status}"} == {"tier1.waiting"}


def test_resume_goes_back_to_the_queue_or_to_work():
    """A waiting case resumes to the status that is named."""
    assert moves("resume", MoveRules())[:2] == [
        ("tier0.waiting", "queued", "tier0.queued"),
        ("tier0.waiting", "in_progress", "tier0.in_progress"),
    ]


@pytest.mark.parametrize(
    ("trigger", "source", "listed", "any_"),
    [
        ("escalate", "tier1.queued", ["tier2", "tier4"], ["tier2", "tier4"]),
        ("escalate", "tier0.waiting", ["tier1"], ["tier1", "tier2", "tier4"]),
        ("escalate", "tier4.queued", [], []),
        ("hand_back", "tier4.in_progress", ["tier2"], ["tier2", "tier1", "tier0"]),
        ("hand_back", "tier0.queued", [], []),
        ("transfer", "tier2.waiting", ["tier2"], ["tier2"]),
    ],
)
def test_tier_changes_reach_what_is_listed_or_any(trigger, source, listed, any_):
    """By lists a case goes where its tier says; by `any` to every higher or lower tier, the nearest first."""
    assert targets(trigger, source, MoveRules()) == listed
    assert targets(trigger, source, MoveRules(moves="any")) == any_


def test_tier_changes_arrive_in_the_queue():
    """Whoever takes a case over finds it queued."""
    assert ("tier1.in_progress", "tier2", "tier2.queued") in moves("escalate", MoveRules())
    assert ("tier1.in_progress", "tier1", "tier1.queued") in moves("transfer", MoveRules())


def test_tier_changes_pass_over_tiers_that_are_left_out():
    """An edge to a tier that is not there makes no row."""
    assert moves("escalate", MoveRules(), tiers=TIERS[:1]) == []


def test_tier_changes_need_a_status_of_transfer_when():
    """A status that `transfer_when` leaves out allows no change of tier or team."""
    rules = MoveRules(transfer_when=("queued",))

    assert {source for source, _, _ in moves("escalate", rules)} == {"tier0.queued", "tier1.queued", "tier2.queued"}


@pytest.mark.parametrize("trigger", ["escalate", "hand_back", "transfer"])
def test_tier_changes_of_an_ended_case_keep_its_end(trigger):
    """An ended case moves to any tier and stays ended."""
    rules = MoveRules(moves="any", transfer_when=("closed",))

    assert moves(trigger, rules) == [("closed", f"tier{level}", "closed") for level in (0, 1, 2, 4)]


def test_resolve_follows_resolve_when():
    """A case is resolved from the statuses that the rules name, ended ones among them."""
    rules = MoveRules(resolve_when=("closed", "in_progress"))

    assert moves("resolve", rules, tiers=TIERS[:2]) == [
        ("tier0.in_progress", "", "resolved"),
        ("tier1.in_progress", "", "resolved"),
        ("closed", "", "resolved"),
    ]


def test_reopen_leads_to_every_tier_from_ended_statuses():
    """A case is reopened at any tier; a status that is open cannot be reopened."""
    rules = MoveRules(reopen_from=("closed", "queued"))

    assert moves("reopen", rules) == [("closed", f"tier{level}", f"tier{level}.queued") for level in (0, 1, 2, 4)]


def test_close_follows_resolve():
    """Only a resolved case is closed."""
    assert moves("close", MoveRules()) == [("resolved", "", "closed")]


def test_cancel_is_possible_while_open():
    """Every open state can be cancelled."""
    sources = [f"tier{level}.{status}" for level in (0, 1, 2, 4) for status in OPEN_STATUSES]

    assert moves("cancel", MoveRules()) == [(source, "", "cancelled") for source in sources]


# -- machine and table


def test_build_machine_has_no_models_and_no_shortcuts():
    """Nothing jumps the rules: no `to_...` events, no models, no queue."""
    machine = build_machine(rows_of(TIERS, MoveRules()))

    assert machine.models == []
    assert not machine.has_queue
    assert not [name for name in machine.events if name.startswith("to_")]
    assert machine.initial == "new"


def test_compile_table_reads_the_machine():
    """Every row is in the table, by source, trigger and target."""
    rows = rows_of(TIERS, MoveRules())

    assert compile_table(build_machine(rows)) == {(row.source, row.trigger, row.target): row.dest for row in rows}


def test_compile_table_lets_the_first_of_two_rows_count():
    """Two rows with one key fire as `transitions` fires them."""
    machine = build_machine([Row("go", "new", "", "here"), Row("go", "new", "", "there")])

    assert compile_table(machine) == {("new", "go", ""): "here"}
    assert trigger_with_transitions(machine, "new", "go", "") == "here"


@pytest.mark.parametrize(
    ("state", "trigger", "target", "dest"),
    [
        ("tier1.queued", "escalate", "tier2", "tier2.queued"),
        ("tier1.queued", "escalate", "tier4", "tier4.queued"),
        ("tier4.queued", "escalate", "tier2", None),
        ("tier1.queued", "escalate", "tier9", None),
        ("tier1.queued", "dance", "", None),
        ("nowhere", "start", "", None),
        ("closed", "start", "", None),
    ],
)
def test_trigger_with_transitions_answers_or_refuses(state, trigger, target, dest):
    """The oracle gives the state after, or None for whatever is not allowed."""
    assert trigger_with_transitions(build_machine(rows_of(TIERS, MoveRules())), state, trigger, target) == dest


# -- fire


def test_fire_gives_the_state_after():
    """A move that exists leads to its destination."""
    assert fire(TABLE, "tier1.waiting", "resume", "in_progress", "C-7") == "tier1.in_progress"


def test_fire_refuses_and_says_what_is_possible():
    """A refusal names the case, what was asked, where it stands and every way out, in a stable order."""
    with pytest.raises(MoveRefusedError) as caught:
        fire(TABLE, "tier4.queued", "escalate", "tier2", "C-7")

    assert caught.value.reason == Reason("refused.move", {"state": "tier4.queued"})
    assert caught.value.__suppress_context__
    assert str(caught.value) == (
        "case 'C-7' cannot escalate from tier4.queued: the process has no such move; from here it can: start, "
        "hand_back to 2, transfer within 4, wait for customer, wait for vendor, wait for known_issue, "
        "wait for approval, wait for scheduled, resolve, cancel"
    )


def test_fire_refuses_where_nothing_is_possible():
    """From an end without a way out the refusal says so."""
    with pytest.raises(MoveRefusedError, match=r"from here it can: nothing$"):
        fire(TABLE, "cancelled", "start", "", "C-7")


def test_refusal_carries_its_own_reason_and_pickles():
    """A move that is refused for another reason lists the same ways out, and survives a process boundary."""
    error = refusal(TABLE, "resolved", "escalate", "C-7", Reason("refused.ended", {"status": "resolved"}))

    assert error.possible == ("reopen at 0", "reopen at 1", "reopen at 2", "reopen at 4", "close")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_possible_from_lists_moves_in_order():
    """The moves of a state come in the order of the rows, an unknown state has none."""
    assert possible_from(TABLE, "new") == (("open", "tier1"),)
    assert possible_from(TABLE, "resolved")[-1] == ("close", "")
    assert possible_from(TABLE, "nowhere") == ()


def test_move_table_is_equal_by_its_rows():
    """Two processes with the same moves have equal tables."""
    assert move_table(rows_of(TIERS, MoveRules())) == TABLE
    assert MoveTable({}) != TABLE


@pytest.mark.parametrize(
    ("trigger", "target", "text"),
    [
        ("open", "tier1", "open at 1"),
        ("reopen", "tier1", "reopen at 1"),
        ("escalate", "tier2", "escalate to 2"),
        ("hand_back", "tier10", "hand_back to 10"),
        ("transfer", "tier2", "transfer within 2"),
        ("wait", "customer", "wait for customer"),
        ("wait", "tier3", "wait for tier3"),
        ("resume", "in_progress", "resume to in_progress"),
        ("resolve", "", "resolve"),
    ],
)
def test_describe_says_a_move(trigger, target, text):
    """A move reads as a short text; a wait reason is left as the process spells it."""
    assert describe(trigger, target) == text
