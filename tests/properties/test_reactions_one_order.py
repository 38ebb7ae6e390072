"""One order with rules that react: closing, ladders, questions, follow-ups, counts and cascades."""

import attrs
from hypothesis import given, settings
from tests.properties.strategies import STEP, TAPES, Tape, World, worlds
from tests.properties.test_decide_is_pure import attempt, comparable, no_world_outside, steps
from tests.properties.test_one_order import lived, told

from supporttiers.cases import rebuild
from supporttiers.events import CommandScheduled, FollowUpOpened, ScheduleEnded
from supporttiers.match import AtLeast, Match
from supporttiers.policies.cascades import HAPPENINGS, VERBS, Cascade
from supporttiers.policies.closing import CloseAfter
from supporttiers.policies.fixes import RequestFix
from supporttiers.policies.informing import InformInSteps, Step
from supporttiers.policies.reopening import ReopenWithin
from supporttiers.policies.satisfaction import AskForSatisfaction
from supporttiers.process import SupportProcess

WHEN = [
    Match(priority=AtLeast("high")),
    Match(status="waiting"),
    Match(tier=AtLeast(1)),
    Match(category=["spam", None]),
]
KINDS = ["known_issue", "follows"]


def reacting(process: SupportProcess, tape: Tape) -> SupportProcess:
    """Give a process rules that react, with durations on the grid on which commands come."""

    def span(most: int = 4) -> object:
        return STEP * tape.pick(range(1, most + 1))

    ladder = [Step(span(), to) for to in tape.some(["lead", "manager", "head"], 3) or ("lead",)]
    policies = [
        CloseAfter(span(8), when=tape.seldom(WHEN)),
        ReopenWithin(span(8), after_window=tape.pick(["follow_up", "refuse"]), when=tape.seldom(WHEN)),
        InformInSteps(tape.pick(WHEN), ladder),
        AskForSatisfaction(span(), on=tape.pick(["resolved", "closed"])),
        RequestFix(at=[1, 2], do=tape.pick([["inform_management"], ["escalate", "notify:lead"]])),
    ]
    cascades = [
        Cascade(
            tape.pick(KINDS), on=on, do=tape.some([verb for verb in VERBS if verb != "notify"], 2) or ("close",),
            when=tape.seldom(WHEN), among=tape.seldom(WHEN),
        )
        for on in tape.some(list(HAPPENINGS), 3)
    ]  # fmt: skip
    chosen = [policy for policy in policies if not tape.once_in(4)]
    return attrs.evolve(process, policies=chosen, cascades=cascades)


def with_rules(world: World, data: bytes) -> World:
    """Give the same world, under a process that reacts."""
    return attrs.evolve(world, process=reacting(world.process, Tape(data)))


@given(worlds(), TAPES)
def test_decide_gives_one_order_whatever_follows_from_what(world, data):
    """Events, effects, answers and the case are the same for any passes in between, and the case is their fold."""
    world = with_rules(world, data)
    late, often = told(attrs.evolve(world, passes=())), told(world)

    assert late == often
    assert late.case == rebuild(late.events)


@given(worlds(), TAPES)
def test_what_is_to_be_done_later_ends_once(world, data):
    """Each is carried out, dropped or replaced, and not before its time; nothing is left that has passed."""
    world = with_rules(world, data)
    open_ones = {}
    for event in (found := told(world)).events:
        if isinstance(event, CommandScheduled):
            assert event.scheduled.due_at > event.at
            open_ones[event.scheduled.name] = event.scheduled
        elif isinstance(event, ScheduleEnded):
            scheduled = open_ones.pop(event.name)
            assert event.dropped or event.at == max(scheduled.due_at, event.at)
    kept = () if found.case is None else found.case.scheduled
    assert {one.name: one for one in kept} == open_ones
    assert all(one.due_at > world.end for one in kept)


@given(worlds(vendors=False, outside=False), TAPES)
@settings(max_examples=40)
def test_desk_gives_one_order_whatever_follows_from_what(world, data):
    """On a desk whose worker came often the same happened as on one whose worker came at the end."""
    world = with_rules(world, data)
    late, often = lived(attrs.evolve(world, passes=()), "memory:"), lived(world, "memory:")

    for seen in (late, often):  # a follow-up is opened when the relay comes by: the two differ in that alone
        opened = {
            event.follow_up for history in seen["histories"].values() for event in history
            if isinstance(event, FollowUpOpened)
        }  # fmt: skip
        for part in ("cases", "histories", "findings"):
            seen[part] = {case_id: what for case_id, what in seen[part].items() if case_id not in opened}
    assert late == often


@given(worlds(), TAPES)
def test_decide_with_rules_works_without_the_world_outside(world, data):
    """Reacting asks no clock, file, socket, log or source of randomness, and gives the same answer again."""
    world = with_rules(world, data)
    taken = list(steps(world))
    with no_world_outside():
        for case, command, at in taken:
            decision = comparable(attempt(world.process, case, command, at))

            assert comparable(attempt(world.process, case, command, at)) == decision


@given(TAPES)
def test_process_that_reacts_survives_its_file(data):
    """Rules and cascades come back equal from a file and from a store, with the same revision."""
    process = attrs.evolve(reacting(SupportProcess.default(), Tape(data)), ignore=())  # a store does without

    assert process == SupportProcess.from_data(process.to_data()) == SupportProcess.from_json(process.to_json())
    assert process.revision == SupportProcess.from_json(process.to_json()).revision
