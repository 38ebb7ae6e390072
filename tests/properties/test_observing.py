"""A process that only watches moves and sends nothing, records what it is told, and hands cases over as they are."""

from hypothesis import given
from tests.properties.strategies import decided, worlds

from supporttiers import events as happened
from supporttiers._engine import decide
from supporttiers._engine.adopting import adopt
from supporttiers.actors import SYSTEM
from supporttiers.cases import rebuild
from supporttiers.decisions import Decision
from supporttiers.errors import InputError, MoveRefusedError, NotPermittedError, StaleCaseError

BY_ITSELF = (
    happened.StopwatchEvent, happened.ActionWithheld, happened.RefusalObserved, happened.ScheduleEnded,
)  # fmt: skip
"""What may stand in a history though nobody said it: clocks, and what rules would have done."""


def watched(world, passes=()):
    """Give every decision of a process that only watches over a world, its passes among the commands."""
    process, case = world.process.observing(), None
    steps = [(command.at, 0, command) for command in world.script] + [(at, 1, None) for at in passes]
    for at, _, command in [*sorted(steps, key=lambda step: step[:2]), (world.end, 1, None)]:
        decision = decide(process, case, None, at) if command is None else decided(process, case, command)
        if isinstance(decision, Decision):
            case = decision.case
            yield decision


@given(worlds())
def test_watching_sends_nothing_and_moves_nothing_by_itself(world):
    """Whatever is said and however much time passes: no effect, and every event that changes a case was said."""
    for decision in watched(world, world.passes):
        assert () == decision.effects
        assert all(event.by != SYSTEM or isinstance(event, BY_ITSELF) for event in decision.events)


@given(worlds())
def test_watched_history_rebuilds_whatever_passes_run_between(world):
    """The history makes the case, and passes of a worker between the commands change nothing of it."""
    decisions = list(watched(world, world.passes))
    history = [event for decision in decisions for event in decision.events]

    assert rebuild(history) == decisions[-1].case
    assert history == [event for decision in watched(world) for event in decision.events]


@given(worlds())
def test_watching_takes_every_move_between_tiers_that_it_has(world):
    """
    Refused is only what cannot be put on record: what is malformed, not there, or leads to no tier of its own.

    Redaction is no word about the past, but is done; whoever may not do it is refused.
    """
    levels = {tier.level for tier in world.process.tiers}
    unwritable = {
        "refused.exists", "refused.absent", "refused.duplicate", "refused.link", "refused.no_target", "refused.ended",
    }  # fmt: skip
    for decision in watched(world):
        refusal = decision.refusal
        if isinstance(refusal, NotPermittedError):
            assert ["refused.redact"] == [why.code for why in refusal.refusals]
            continue
        if isinstance(refusal, MoveRefusedError) and refusal.why.code not in unwritable:
            assert "refused.move" == refusal.why.code
            assert any(getattr(command, "tier", None) not in {None, *levels} for command in world.script)
        assert isinstance(refusal, MoveRefusedError | InputError | StaleCaseError | None)


@given(worlds())
def test_adopted_case_follows_its_process_and_nothing_past_fires(world):
    """A case is taken over whole or not at all; right afterwards nothing is due, and no clock is lost."""
    decision = adopt(world.process, world.script, world.end)
    case = decision.case
    if case is None:
        assert decision.refusal is not None
        assert () == decision.events
        return

    assert rebuild(decision.events) == case
    assert (case.process, case.revision) == (world.process.name, world.process.revision)
    assert () == decision.effects
    assert () == decide(world.process, case, None, world.end).events
    assert decision.wakes_at is None or decision.wakes_at > world.end
    before = rebuild(decision.events[:-1])
    assert [watch.segments for watch in before.stopwatches] == [watch.segments for watch in case.stopwatches]
