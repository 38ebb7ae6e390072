"""One order, whatever the worker's lag (DESIGN section 7)."""

import tempfile
from pathlib import Path
from typing import Any

import attrs
from hypothesis import given, settings
from tests.properties.strategies import MOMENT, START, World, decided, said, worlds

from supporttiers._engine import decide
from supporttiers.cases import Case
from supporttiers.clock import FakeClock
from supporttiers.decisions import Decision
from supporttiers.desk import SupportDesk
from supporttiers.effects import Effect
from supporttiers.errors import CaseError
from supporttiers.events import Event, ThresholdFired

IDS = ("C-1", "C-2", "C-3")
inside = worlds(ids=IDS, vendors=False, outside=False)
"""Worlds in which nothing depends on when a message is carried out."""


def steps(world: World):
    """Give commands and passes in the one order: a pass comes after every command of its instant."""
    moments = [(command.at, 0, command) for command in world.script] + [(at, 1, at) for at in world.passes]
    ordered = sorted(moments, key=lambda moment: moment[:2])  # stable: commands of one instant keep their order
    return [what for _, _, what in ordered] + [world.end]


# -- the engine alone


@attrs.define
class Told:
    """What came of a world, however it was cut into decisions."""

    events: list[Event] = attrs.field(factory=list)
    effects: list[Effect] = attrs.field(factory=list)
    answers: list[object] = attrs.field(factory=list)
    case: Case | None = None

    def add(self, decision: Decision) -> None:
        """Add what one decision gives."""
        self.events += decision.events
        self.effects += decision.effects
        self.case = decision.case


def told(world: World) -> Told:
    """Decide everything in turn."""
    found = Told()
    for step in steps(world):
        if not hasattr(step, "case_id"):
            found.add(decide(world.process, found.case, None, step))
            continue
        decision = decided(world.process, found.case, step)
        if isinstance(decision, Decision):
            found.add(decision)
            found.answers.append(said(decision.refusal) if decision.refusal else decision.case)
        else:
            found.answers.append(said(decision))
    return found


@given(worlds())
def test_decide_gives_one_order_for_any_passes_between_commands(world):
    """The same commands give the same events, effects, case and answers, however often time was settled between."""
    assert told(attrs.evolve(world, passes=())) == told(world)


@given(worlds())
def test_decide_leaves_nothing_due_behind(world):
    """After a pass nothing is due at or before it, and a second pass at that instant does nothing."""
    case = None
    for step in steps(world):
        if hasattr(step, "case_id"):
            decision = decided(world.process, case, step)
            case = decision.case if isinstance(decision, Decision) else case
            continue
        swept = decide(world.process, case, None, step)
        again = decide(world.process, swept.case, None, step)

        assert swept.wakes_at is None or swept.wakes_at > step
        assert Decision(case=swept.case, wakes_at=swept.wakes_at) == again
        case = swept.case


@given(worlds())
def test_command_comes_before_what_is_due_at_its_own_instant(world):
    """A command settles what was due before it, all of that and nothing else; a stop at the very instant is in time."""
    case = None
    for command in world.script:
        decision = decided(world.process, case, command)
        if not isinstance(decision, Decision):
            continue
        at = command.at if case is None else max(command.at, case.changed_at)
        settled = [event for event in decision.events if isinstance(event, ThresholdFired)]
        assert all(event.due_at < at for event in settled)
        if case is not None:
            before = decide(world.process, case, None, at - MOMENT)
            assert before.events == decision.events[: len(before.events)]
            assert sum(isinstance(event, ThresholdFired) for event in before.events) == len(settled)
        case = decision.case


# -- the desk, on each store


def lived(world: World, store: str, *, own_at: bool = True, limit: int = 1000) -> dict[str, Any]:
    """Let a desk live through a world; with *own_at* commands say when they are, else its clock does."""
    clock = FakeClock(START)
    desk = SupportDesk(world.process, store=store, clock=clock)
    answers = []
    for step in steps(world):
        if not hasattr(step, "case_id"):
            clock.advance(to=step)
            desk.run_due(limit=limit)
            continue
        clock.advance(to=step.at)
        try:
            answers.append(desk.execute(step if own_at else attrs.evolve(step, at=None)).case)
        except CaseError as error:
            answers.append(said(error))
    while desk.run_due(limit=limit).fired:
        pass
    cases = {case.id: case for case in desk.find()}
    seen = {
        "answers": answers,
        "cases": cases,
        "histories": {case_id: desk.history(case_id) for case_id in cases},
        "findings": {case_id: desk.verify(case_id) for case_id in cases},
    }
    desk.shut_down()
    return seen


@given(inside)
@settings(max_examples=60)
def test_desk_in_memory_gives_one_order_for_any_passes_between_commands(world):
    """A desk whose worker came only at the end tells the same story as one whose worker came often."""
    late = lived(attrs.evolve(world, passes=()), "memory:")

    assert late == lived(world, "memory:")
    assert late == lived(world, "memory:", own_at=False, limit=1)


@given(inside)
@settings(max_examples=25)
def test_desk_on_sqlite_gives_one_order_for_any_passes_between_commands(world):
    """On SQLite the story is the same too, with any passes, and it is the one that a desk in memory tells."""
    late = lived(attrs.evolve(world, passes=()), "memory:")

    with tempfile.TemporaryDirectory() as directory:
        assert late == lived(world, f"sqlite:///{Path(directory) / 'often.db'}", limit=2)
