"""What a check says comes true: the processes that it accuses are played through on virtual time."""

import attrs
import pytest

from supporttiers import SupportProcess
from supporttiers.errors import MoveRefusedError
from supporttiers.events import CaseEscalated, CaseHandedBack
from supporttiers.testing import Rehearsal

START = "2026-03-23T09:00Z"


def process_of(text):
    """Give a process of two tiers, with more from a text."""
    return SupportProcess.from_text(f"""
        process = {{ name = "small" }}
        [[tiers]]
        level = 1
        name = "One"
        escalates_to = [2]
        [[tiers]]
        level = 2
        name = "Two"
        hands_back_to = [1]
        {text}
    """)


def codes(process):
    """Give the codes of what is found."""
    return [found.code.removeprefix("check.") for found in process.check()]


def limit(name, tier, target, do):
    """Give a limit of a tier, as a file has it."""
    return f"""
        [[limits]]
        name = "{name}"
        measures = "tier"
        tier = {tier}
        target = "{target}"
        thresholds = [{{ at = "100%", do = ["{do}"] }}]
    """


def test_endless_round_goes_round():
    """Time sends the case up and back for as long as nobody touches it."""
    process = process_of(limit("up", 1, "1h", "escalate") + limit("down", 2, "1h", "hand_back"))
    rehearsal = Rehearsal(process, start=START)
    story = rehearsal.open("Printer", by="jane")

    rehearsal.advance("48h")

    assert "endless_round" in codes(process)
    assert 48 == sum(isinstance(event, CaseEscalated | CaseHandedBack) for event in story.history)


def test_stuck_case_is_forgotten():
    """Nothing happens to it by itself any more, however long it lies there."""
    process = process_of(limit("up", 1, "1h", "escalate"))
    rehearsal = Rehearsal(process, start=START)
    story = rehearsal.open("Printer", by="jane")

    rehearsal.advance("2h")

    assert ["tiers[1]"] == [found.place for found in process.check() if found.code == "check.stuck"]
    assert (2, ["case.idle"]) == (story.case.tier, [reason.code for reason in story.next])


def test_case_that_is_not_stuck_is_remembered():
    """One more limit, and somebody is told."""
    process = process_of(limit("up", 1, "1h", "escalate") + limit("two", 2, "1h", "notify:manager"))
    rehearsal = Rehearsal(process, start=START)
    story = rehearsal.open("Printer", by="jane")

    rehearsal.advance("2h")

    assert "stuck" not in codes(process)
    assert story.was_told("manager")


def test_forestalled_limit_never_fires():
    """The case has left the tier by then, each time."""
    process = process_of(limit("up", 1, "1h", "escalate") + limit("late", 1, "2h", "notify:nobody-ever"))
    rehearsal = Rehearsal(process, start=START)
    story = rehearsal.open("Printer", by="jane")

    rehearsal.advance("9h")
    story.hand_back(by="anna")
    rehearsal.advance("9h")

    assert "limit_never" in codes(process)
    assert not story.was_told("nobody-ever")


def test_tier_that_is_unreachable_is_never_reached():
    """Not by reopening either: a case is reopened where it could go."""
    process = process_of(limit("one", 1, "1h", "notify:manager"))
    process = attrs.evolve(process, tiers=[attrs.evolve(process.tiers[0], escalates_to=[]), process.tiers[1]])
    rehearsal = Rehearsal(process, start=START)
    story = rehearsal.open("Printer", by="jane").resolve(by="anna")

    assert "tier_unreachable" in codes(process)
    with pytest.raises(MoveRefusedError, match="does not move to tier 2"):
        story.reopen(by="anna", tier=2)
