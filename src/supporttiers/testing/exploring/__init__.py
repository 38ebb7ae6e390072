"""
Exploring: every order of commands, vendors' answers and deadlines, up to a depth, on the real engine.

No store, no clock and no sending: `decide` is asked what would become of a case, again and again, and what leads to a
state that has been seen already is followed no further.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path as FilePath
from typing import Any, Final

import attrs

from supporttiers._fields import at_least, duration_of, type_name
from supporttiers.actors import Actor, ActorKind
from supporttiers.clock import FakeClock
from supporttiers.commands import Command, Open
from supporttiers.config.monitors import monitors_of
from supporttiers.errors import InputError
from supporttiers.match import Match
from supporttiers.monitors import Monitor
from supporttiers.process import SupportProcess
from supporttiers.testing.exploring.alphabet import Alphabet
from supporttiers.testing.exploring.findings import Choice, Counterexample, Exploration, Invariant
from supporttiers.testing.exploring.searching import Bounds, Search
from supporttiers.testing.exploring.states import States
from supporttiers.testing.exploring.telling import Telling
from supporttiers.testing.exploring.watching import Watch
from supporttiers.testing.exploring.worlds import CASE_ID, Outcome, World
from supporttiers.testing.exploring.writing import Scene
from supporttiers.testing.stories import Story
from supporttiers.tiers import OPEN, Status

__all__ = ["Choice", "Counterexample", "Exploration", "Invariant", "explore"]

_ENDS: Final = ("resolved", "closed")
_ENDED: Final = tuple(status.value for status in Status if status not in OPEN)
_START: Final = "2026-01-05T09:00Z"
_OWN: Final = frozenset({"case_id", "by", "at", "occurred_at", "idempotency_key", "expected_version", "reason"})
_OPENING: Final = tuple(field.name for field in attrs.fields(Open) if field.name not in {*_OWN, "process"})


def explore(
    process: SupportProcess | str | FilePath,
    /,
    *,
    depth: int = 8,
    commands: Iterable[str | Command] | None = None,
    actors: Iterable[Actor] | None = None,
    start: str | datetime | Story = _START,
    openings: Iterable[Mapping[str, object]] = ({},),
    facts: Mapping[str, object] | None = None,
    monitors: Monitor | Iterable[Monitor] | str | FilePath = (),
    invariants: Iterable[Invariant | str] = tuple(Invariant),
    ends: Iterable[str] = _ENDS,
    may_wait: Match | None = None,
    looks_at: Iterable[str] = (),
    at_most: int = 100_000,
    within: str | timedelta | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Exploration:
    """
    Try out every order of what people, vendors and time can do with a case, and say what should not be.

    >>> found = explore(SupportProcess.default(), depth=3, invariants=["reaches_an_end"])
    >>> found.counterexamples, found.complete
    ((), False)

    Args:
        process: A process, or the path of its file.
        depth: How many things are done one after another, at most; that time passes is one of them.
        commands: What is done: verbs, and commands with fields of your own (their `case_id` and `at` do not count). All
            verbs that change the course of a case when None, and all that vendors may say; and `note`, where a monitor
            asks for what is disclosed.
        actors: Who acts; each of them tries everything. When None, a requester, and an agent, or where the agent is not
            permitted a manager with every role.
        start: The instant at which a case is opened, or a `Story`, from which it goes on.
        openings: With what the case may be opened: tables of fields as `desk.open` takes them.
        facts: What is known from outside, by name; None for what is left out.
        monitors: What must never, or always, be so, or the path of a file that says it.
        invariants: What is verified besides; see `Invariant`.
        ends: The statuses that are a proper end; a case that can only be cancelled has none.
        may_wait: Cases that may stand without a clock.
        looks_at: Fields of a case by which policies of yours decide, and which do not count otherwise: instants of the
            past, such as `opened_at`.
        at_most: How many states are told apart, at most.
        within: How far time may pass from the start: a timedelta, or a text such as `"72h"`.
        progress: Is called again and again with how many states are told apart so far, and how deep they lie.

    Returns:
        How far it came, and the shortest way to each thing that should not be.

    Raises:
        InputError: Something cannot be so; the error names it, and what is possible.
        ProcessError: The process is not valid.
        MonitorsError: The file of monitors is not valid.
        CaseError: The process does not let the case be opened.

    .. versionadded:: 0.1.0
    """
    _must_be_match(may_wait)
    rules = process if isinstance(process, SupportProcess) else SupportProcess.from_toml(process)
    people = None if actors is None else tuple(actors)
    done = None if commands is None else tuple(commands)
    story = start if isinstance(start, Story) else None
    watch = Watch(monitors_of(monitors, rules.calendars_by_name), rules.priorities)
    world = World(rules, dict(facts or {}), tells=watch.tells)
    now = FakeClock(start).now() if not isinstance(start, Story) else start.now
    bounds = Bounds(
        depth=_number("depth", depth, 0), at_most=_number("at_most", at_most, 1),
        until=None if within is None else now + duration_of(within),
        invariants=frozenset(_one_of("invariants", each, tuple(Invariant)) for each in invariants),
        ends=frozenset(_one_of("ends", each, _ENDED) for each in ends), may_wait=may_wait,
    )  # fmt: skip
    scene = Scene(
        process=rules, path=None if isinstance(process, SupportProcess) else str(process), start=now,
        requester=_requester(people, story), opening={}, facts=dict(facts or {}), actors=people,
        commands=done, may_wait=may_wait,
        ends=() if bounds.ends == frozenset(_ENDS) else tuple(sorted(bounds.ends)), looks_at=tuple(looks_at),
    )  # fmt: skip
    scenes = [] if story is not None else [attrs.evolve(scene, opening=_opening(each)) for each in openings]
    roots = [_opened(world, each) for each in scenes] if story is None else [world.left_at(story.case, now)]
    alphabet = Alphabet(
        rules, roots[0].case.id, requester=scene.requester, actors=people, commands=done, notes=watch.discloses
    )
    states = States(
        rules, by_the_clock=watch.by_the_clock, tells=watch.tells, looks_at=(*scene.looks_at, *watch.fields),
        conditions=(*watch.conditions, may_wait), commands=done or (),
    )  # fmt: skip
    search = Search(world, alphabet=alphabet, states=states, watch=watch, bounds=bounds, priorities=rules.priorities)
    search.run(roots, progress)
    before = () if story is None else tuple(story.history)
    return Exploration(
        states=search.states, transitions=search.transitions, depth=search.depth, complete=search.complete,
        counterexamples=Telling(
            search=search, world=world, alphabet=alphabet, watch=watch, roots=roots, scenes=scenes, before=before,
            commands=done,
        ).counterexamples(),
        ends=dict(sorted(search.ends.items())), unfollowed=search.unfollowed, undecided=search.undecided,
    )  # fmt: skip


def _opened(world: World, scene: Scene) -> Outcome:
    opening: Any = scene.opening
    return world.opened(Open(case_id=CASE_ID, by=scene.requester, **opening), scene.start)


def _requester(actors: Sequence[Actor] | None, story: Story | None) -> Actor:
    """Give who opens the case: the first customer of those who act, or somebody."""
    for actor in actors or ():
        if not isinstance(actor, Actor):
            raise InputError("", "actors", f"must be actors, such as Actor.agent('anna'), not {type_name(actor)}")
    if story is not None:
        return Actor.customer(story.case.requester)
    found = (actor for actor in actors or () if actor.kind is ActorKind.CUSTOMER)
    return next(found, Actor.customer("jane"))


def _must_be_match(may_wait: object) -> None:
    if not isinstance(may_wait, Match | None):
        problem = f"must be a Match, such as Match(wait_reason='customer'), not {type_name(may_wait)}"
        raise InputError("", "may_wait", problem)


def _opening(each: object) -> Mapping[str, object]:
    if not isinstance(each, Mapping):
        raise InputError(
            "", "openings", f"must be tables of fields, such as {{'category': 'vpn'}}, not {type_name(each)}"
        )
    for name in each:
        if name not in _OPENING:
            problem = f"has {str(name)[:40]!r}, with which no case is opened; possible are: {', '.join(_OPENING)}"
            raise InputError("", "openings", problem)
    return dict(each)


def _number(name: str, value: int, least: int) -> int:
    if problem := at_least(least)(value):
        raise InputError("", name, problem)
    return value


def _one_of(name: str, value: Any, possible: Sequence[Any]) -> Any:  # noqa: ANN401 - words, or members of an enumeration
    for each in possible:
        if each == value:
            return each
    raise InputError("", name, f"has {str(value)[:40]!r}; possible are: {', '.join(map(str, possible))}")
