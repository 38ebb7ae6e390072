"""Events are the truth: a case is the fold of its history (DESIGN section 5)."""

from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.properties.strategies import ANNA, START, STEP, decided, worlds

from supporttiers._engine import decide
from supporttiers.cases import fold, fold_all, rebuild
from supporttiers.decisions import Decision
from supporttiers.events import CaseNoted


def decisions(world):
    """Give each decision of a world, passes left to the end."""
    case = None
    for command in world.script:
        decision = decided(world.process, case, command)
        if isinstance(decision, Decision):
            case = decision.case
            yield decision
    if case is not None:
        yield decide(world.process, case, None, world.end)


@given(worlds())
def test_rebuild_gives_the_case_after_every_command(world):
    """Whatever has happened so far, the history makes exactly the case that was decided."""
    history = []
    for decision in decisions(world):
        before = rebuild(history)
        history += decision.events

        assert decision.case == rebuild(history)
        assert decision.case == fold_all(before, decision.events)


@given(worlds())
def test_fold_gives_the_same_case_event_by_event(world):
    """Folding one event at a time, each into a case of its own, makes what folding all at once makes."""
    case = None
    history = [event for decision in decisions(world) for event in decision.events]
    for event in history:
        before, case = case, fold(case, event)

        assert before is not case
    assert rebuild(history) == case


@given(worlds())
def test_history_is_numbered_and_never_goes_back_in_time(world):
    """Versions count from 1 without a gap, `at` never decreases, and nothing occurred after it was judged."""
    case, history = None, []
    for decision in decisions(world):
        case = decision.case
        history += decision.events

    assert list(range(1, len(history) + 1)) == [event.version for event in history]
    assert all(earlier.at <= later.at for earlier, later in pairwise(history))
    assert all(event.occurred_at is None or event.occurred_at <= event.at for event in history)
    assert all(event.effective_at <= event.at for event in history)
    if case is not None:
        assert (case.version, case.changed_at) == (history[-1].version, history[-1].at)


@given(worlds(), st.lists(st.integers(0, 6), max_size=14))
def test_command_of_an_earlier_instant_is_judged_at_the_last_event(world, behind):
    """Clocks of several machines differ: a command that names an earlier instant comes after what is on record."""
    steps = (*behind, *[0] * len(world.script))
    script = tuple(
        attrs.evolve(command, at=command.at - STEP * step, occurred_at=None)
        for command, step in zip(world.script, steps, strict=False)
    )
    history = [event for decision in decisions(attrs.evolve(world, script=script)) for event in decision.events]

    assert list(range(1, len(history) + 1)) == [event.version for event in history]
    assert all(earlier.at <= later.at for earlier, later in pairwise(history))


@given(worlds())
def test_effects_name_an_event_of_their_own_decision(world):
    """Each effect names the case, and an event that was decided together with it."""
    for decision in decisions(world):
        versions = {event.version for event in decision.events}

        assert all(effect.case_id == "C-1" and effect.version in versions for effect in decision.effects)


def test_rebuild_refuses_a_history_without_a_beginning():
    """A history has to begin with the opening of its case."""
    with pytest.raises(ValueError, match="begins with CaseNoted"):
        rebuild([CaseNoted(case_id="C-1", version=1, at=START, by=ANNA)])
