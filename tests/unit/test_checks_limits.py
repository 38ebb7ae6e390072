"""What is certainly wrong with a limit is a fault, what is only suspicious a finding; each has its place."""

import attrs
import pytest

from supporttiers.errors import ProcessError
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.match import AtLeast, Match, Not
from supporttiers.process import SupportProcess
from supporttiers.process.conditions import MAX_STATES

OPEN = ["queued", "in_progress", "waiting"]
START = "no stopwatch can ever start: in no state do start and when hold, and stop and cancel not (see"
NEVER_RUNS = "holds in every state in which the stopwatch lives, so that it would never run"


def limit(**fields):
    """Give a limit called `own`."""
    return TimeLimit(**{"name": "own", "target": "2h", **fields})


def process(calm, **fields):
    """Give a process with one limit."""
    return attrs.evolve(calm, limits=[limit(**fields)])


def faults(calm, **fields):
    """Give the faults of a process with such a limit."""
    try:
        process(calm, **fields)
    except ProcessError as error:
        return [str(fault) for fault in error.faults]
    return []


def about_limits(process):
    """Give what a check finds about the limits of a process, as texts."""
    return [str(found) for found in process.check() if found.place.startswith("limits")]


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (
            {"start": Match(status="queued"), "stop": Match(status="queued")},
            f"limits[0].start: {START} start and stop)",
        ),
        ({"stop": Match(status=[*OPEN, "resolved"])}, f"limits[0].stop: {START} stop)"),
        ({"cancel": Match(any=[Match(tier=[1, 2]), Match(tier=4)])}, f"limits[0].cancel: {START} cancel)"),
        ({"when": Match(status="closed")}, f"limits[0].when: {START} when)"),
        ({"when": Match(tier=AtLeast(5))}, f"limits[0].when: {START} when)"),
        ({"when": Match(priority="low"), "target": {"high": "1h"}}, f"limits[0].when: {START} when)"),
        ({"start": Match(tags="x"), "stop": Match(tags=["x", "y"])}, f"limits[0].start: {START} start and stop)"),
        (
            {"start": Match({"attributes.a": 1}), "cancel": Match({"attributes.a": Not(None)})},
            f"limits[0].start: {START} start and cancel)",
        ),
        ({"pause": Match(status=OPEN)}, f"limits[0].pause: {NEVER_RUNS}"),
        ({"start": Match(status="waiting"), "pause": Match(status="waiting")}, f"limits[0].pause: {NEVER_RUNS}"),
        ({"start": Match(owner="bob"), "pause": Match(owner=Not(None))}, f"limits[0].pause: {NEVER_RUNS}"),
        ({"pause": Match(kind=["incident", "request", "question", "problem"])}, f"limits[0].pause: {NEVER_RUNS}"),
        ({"measures": "tier", "tier": 1, "when": Match(tier=2)}, f"limits[0].when: {START} when)"),
        (
            {"measures": "vendor", "start": Match(vendors="a"), "stop": Match(vendors=Not(None))},
            f"limits[0].start: {START} start and stop)",
        ),
    ],
)
def test_limit_that_can_never_work_is_a_fault(calm, fields, fault):
    """A clock that never starts, or never runs, is told when the process is built."""
    assert [fault] == faults(calm, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"start": Match(status="queued"), "stop": Match(status="in_progress")},
        {"pause": Match(status=OPEN), "resume": Match(priority="critical")},
        {"start": Match(opened_at=AtLeast("2026-01-01T00:00Z")), "stop": Match(opened_at=AtLeast("2025-01-01T00:00Z"))},
        {"start": Match({"facts.plan": "gold"}), "stop": Match({"facts.plan": "gold"})},
        {"start": Match(tags=list("abcde")), "stop": Match(tags=list("abcde"))},
        {"start": Match(category=[f"c{n}" for n in range(MAX_STATES)]), "pause": Match(status=OPEN)},
        {"start": Match(tags=Not("x")), "stop": Match(tags="x")},
        {"start": Match(vendors=None), "stop": Match(vendors=Not(None))},
        {"when": Match(team="network"), "stop": Match(team="desktop")},
    ],
)
def test_limit_that_may_work_is_no_fault(calm, fields):
    """What can hold in some state is let through; and so is what cannot be judged without an order or the facts."""
    assert [] == faults(calm, **fields)


def test_target_of_a_policy_may_stand_in_for_one_that_the_limit_lacks(calm):
    """Where a policy gives targets, a priority without one in the limit proves nothing."""

    @attrs.frozen
    class ByContract:
        name = "test.by-contract"
        revision = 1

        def target(self, situation):
            """Have no opinion."""

    own = limit(when=Match(priority="low"), target={"high": "1h"})

    assert [] == about_limits(attrs.evolve(calm, limits=[own], policies=[ByContract()]))


def test_fault_of_a_condition_says_nothing_of_its_outcome(calm):
    """A priority that does not exist is one fault, not two."""
    assert ["limits[0].when.priority: 'urgent' is not known; possible are: low, medium, high, critical"] == faults(
        calm, when=Match(priority=AtLeast("urgent"))
    )


@pytest.mark.parametrize(
    ("fields", "warnings"),
    [
        ({}, []),
        ({"pause": Match(status="waiting")}, []),
        (
            {"pause": Match(status="resolved")},
            ["limits[0].pause: it never makes the stopwatch of limit 'own' stand still"],
        ),
        (
            {"stop": Match(status="waiting", wait_reason=Not(["customer", "parts"]), tier=AtLeast(9))},
            ["limits[0].stop: it never holds, so that the stopwatch of limit 'own' never reaches its goal"],
        ),
        (
            {"reset": Match(status=OPEN)},
            ["limits[0].reset: it holds while the stopwatch of limit 'own' lives, which always begins again"],
        ),
        (
            {"thresholds": [Threshold("-2h"), Threshold("-1h")]},
            ["limits[0].thresholds[0].at: threshold -2h of limit 'own' lies before its start, and never fires"],
        ),
        ({"thresholds": [Threshold("-2h")], "target": {"high": "3h", "*": "1h"}}, []),
        (
            {"thresholds": [Threshold("75%", ["cancel"]), Threshold("50%"), Threshold("1h")]},
            ["limits[0].thresholds[2].at: threshold 1h of limit 'own' lies behind one that ends it: cancel"],
        ),
        (
            {
                "thresholds": [Threshold("75%", ["resolve"]), Threshold("100%")],
                "start": Match(status=[*OPEN, "resolved"]),
                "stop": Match(status="closed"),
            },
            [],
        ),
        ({"start": Match(opened_at=AtLeast("2026-01-01T00:00Z")), "pause": Match(status="closed")}, []),
    ],
)
def test_suspicious_limit_is_a_warning(calm, fields, warnings):
    """What is allowed but probably not meant is told, with its place; the process is valid all the same."""
    assert warnings == about_limits(process(calm, **fields))


def test_actions_that_name_nothing_or_anybody_are_no_faults(calm):
    """Any team where tiers name none, any tier where any move is allowed, anybody at all."""
    tiers = [attrs.evolve(tier, teams=(), hands_back_to=()) for tier in calm.tiers]
    do = ["transfer:east", "hand_back:2", "raise_priority", "assign:who", "dispatch:acme", "wait:parts"]

    process = attrs.evolve(calm, tiers=tiers, moves="any", limits=[limit(thresholds=[Threshold("100%", do)])])
    assert [] == about_limits(process)


@pytest.mark.parametrize(
    ("tiers", "limits", "fault"),
    [
        (
            [{"level": 1, "name": "One"}],
            [{"name": "a", "target": "1h", "start": 5, "stop": {"status": OPEN}}],
            "limits[0].start: must be a table of fields, not int",
        ),
        (
            [{"level": 1, "name": "One", "hands_back_to": 5}, {"level": 2, "name": "Two"}],
            [{"name": "a", "target": "1h", "thresholds": [{"at": "50%", "do": ["hand_back"]}]}],
            "tiers[0].hands_back_to: must be a collection of levels, not int",
        ),
    ],
)
def test_field_that_cannot_be_read_causes_no_second_fault(tiers, limits, fault):
    """What the rest comes to without it is not judged."""
    with pytest.raises(ProcessError) as caught:
        SupportProcess.from_data({"process": {"name": "x"}, "tiers": tiers, "limits": limits})

    assert [fault] == [str(found) for found in caught.value.faults]
