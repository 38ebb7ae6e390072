"""What a limit's conditions can ever say: asked about every state of a case that they can tell apart."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations, product
from types import SimpleNamespace
from typing import Any, Final, NamedTuple

import attrs

from supporttiers.errors import Fault
from supporttiers.limits import TimeLimit
from supporttiers.match import FIELDS, Comparison, Match, Predicate, tests_of
from supporttiers.process.compiled import asked_of
from supporttiers.tiers import CaseKind, Status

MAX_STATES: Final = 4096
"""Of conditions that can tell apart more states than these nothing is said."""

_OTHER: Final = "\x00"
"""Stands for every text that no condition names; no text of a case contains it."""

_OWN: Final = ("start", "stop", "cancel", "when")
_MAX_WORDS: Final = 4


@attrs.frozen(kw_only=True)
class World:
    """
    What cases of a process can be like.

    Attributes:
        levels: Of its tiers.
        vendor_levels: Of those that are a vendor's.
        priorities: From the lowest to the highest.
        wait_reasons: All of them.
        has_targets: Whether a policy may give a target where the limit has none.
    """

    levels: tuple[int, ...]
    vendor_levels: tuple[int, ...]
    priorities: tuple[str, ...]
    wait_reasons: tuple[str, ...]
    has_targets: bool


class Said(NamedTuple):
    """
    What a limit's conditions say of one state.

    Attributes:
        status: Of the case.
        lives: A stopwatch lives.
        pauses: It stands still.
        stops: It has reached its goal.
        resets: It begins again.
    """

    status: Status
    lives: bool
    pauses: bool
    stops: bool
    resets: bool


class Standing(NamedTuple):
    """Where a case stands: its tier, its status, and for what it waits."""

    tier: int
    status: Status
    wait_reason: str | None


def faults_of(limit: TimeLimit, place: str, world: World) -> Iterator[Fault]:
    """Find what can never work, whatever happens."""
    own = [word for word in _OWN if getattr(limit, word) is not None]
    if not own and limit.pause is None:
        return
    living = [said for said in said_of(limit, world) if said is None or said.lives]
    if not living:
        yield Fault(f"{place}.{(own or ['pause'])[0]}", _NEVER.format(own=" and ".join(own)))
    elif all(said is not None and said.pauses for said in living):
        yield Fault(f"{place}.pause", "holds in every state in which the stopwatch lives, so that it would never run")


_NEVER: Final = "no stopwatch can ever start: in no state do start and when hold, and stop and cancel not (see {own})"


def said_of(limit: TimeLimit, world: World) -> list[Said | None]:
    """Ask every state; one None where these are too many, or cannot be told apart."""
    asked = _Asked.of(limit, world)
    states = _states(asked.tests, world, by_priority=not (world.has_targets or "*" in limit.target))
    return [None] if states is None else [asked.judge(limit, state, world) for state in states]


PROGRESS: Final = (
    "owner", "assignee", "last_assignee", "assigned_at", "first_response_at", "last_reply_at", "awaiting_reply_since",
)  # fmt: skip
"""What changes about every case as it is worked on, whatever it is about."""

_MOST_IN_ALL: Final = 20_000


ABOUT: Final = ("category", "kind", "priority")
"""What a case is about, as far as it is looked at one by one."""

_Place = tuple[Standing, tuple[object, ...]]


class About(NamedTuple):
    """Cases of which the conditions of a process speak: a field, and its value; None for any that is not named."""

    field: str
    value: str | None


@attrs.frozen
class Silence:
    """
    Where no clock runs, once a case has been worked on so and so far.

    Attributes:
        of_all: Whatever the case is about.
        of_some: For cases of one category, kind or priority; what is silent for all is left out.
    """

    of_all: frozenset[Standing] = frozenset()
    of_some: Mapping[About, frozenset[Standing]] = attrs.field(factory=dict)


def without_clock(limits: Sequence[TimeLimit], world: World) -> Silence:
    """
    Find where no clock runs.

    Returns:
        Only what is certain; empty where the conditions of a limit tell apart too many states, or cannot be told apart.
    """
    asked = [_Asked.of(limit, world) for limit in limits]
    progress = [test for each in asked for test in each.tests if test.field in PROGRESS]
    common = (*progress, Comparison("tier", "in", world.levels))
    everywhere = _everywhere(common, world)
    if everywhere is None:
        return Silence()
    about = [About(field, value) for field in ABOUT for value in _named(field, limits, asked, world)]
    ran: set[_Place] = set()
    ran_for: dict[About, set[_Place]] = {each: set() for each in about}
    for limit, each in zip(limits, asked, strict=True):
        by_priority = not (world.has_targets or "*" in limit.target)
        states = _states((*each.tests, *common), world, by_priority=by_priority, at_most=_MOST_IN_ALL)
        if states is None:
            return Silence()
        apart = {test.field for test in each.tests} | ({"priority"} if by_priority else set())
        known = {one: _stands_for(one, each.tests) for one in about if one.field in apart}
        for state in states:
            said = each.judge(limit, state, world)
            if said.lives and not said.pauses and _is_usual(state, world):
                place = _standing(state)
                ran.add(place)
                for one, places in ran_for.items():
                    if one not in known or getattr(state, one.field) == known[one]:
                        places.add(place)
    of_all = _left(everywhere, ran)
    of_some = {one: _left(everywhere, places) - of_all for one, places in ran_for.items()}
    return Silence(of_all, {one: found for one, found in of_some.items() if found})


def _left(everywhere: Sequence[_Place], ran: set[_Place]) -> frozenset[Standing]:
    return frozenset(place[0] for place in everywhere if place not in ran)


def _named(field: str, limits: Sequence[TimeLimit], asked: Sequence["_Asked"], world: World) -> Sequence[str | None]:
    """Give the values that conditions name, and None for any other category; of priorities all, if they matter."""
    tests = [test for each in asked for test in each.tests if test.field == field]
    if field == "priority":
        matter = tests or any("*" not in limit.target for limit in limits)
        return world.priorities if matter else ()
    named = dict.fromkeys(str(value) for test in tests for value in test.values if value is not None)
    return (*named, None) if named and field == "category" else tuple(named)


def _stands_for(about: About, tests: Sequence[Comparison]) -> str:
    """Give the value by which the states of one limit know such cases: what it does not name is all one to it."""
    named = {value for test in tests if test.field == about.field for value in test.values}
    if about.value is None or (about.field == "category" and about.value not in named):
        return _OTHER
    return about.value


def _is_usual(state: SimpleNamespace, world: World) -> bool:
    """A vendor has the case where it waits for one, and at a vendor's tier; elsewhere that would be a chance."""
    somewhere = any(getattr(state, field, ()) for field in _OF_VENDORS)
    return not somewhere or state.tier in world.vendor_levels or state.wait_reason == "vendor"


_OF_VENDORS: Final = ("vendors", "vendors_waiting", "vendors_unacknowledged", "vendors_unreachable")


def _everywhere(tests: Sequence[Comparison], world: World) -> list[_Place] | None:
    states = _states(tests, world, by_priority=False, at_most=_MOST_IN_ALL)
    return None if states is None else [_standing(state) for state in states if _can_be(state)]


def _standing(state: SimpleNamespace) -> _Place:
    how_far = tuple(getattr(state, field) for field in PROGRESS if hasattr(state, field))
    return Standing(state.tier, state.status, state.wait_reason), how_far


def _can_be(state: SimpleNamespace) -> bool:
    """Whoever has answered has said something; whoever has it was given it."""
    known = vars(state)
    return all(known.get(cause) is None or known.get(effect, "") is not None for cause, effect in _FOLLOWS)


_FOLLOWS: Final = (("first_response_at", "last_reply_at"), ("assignee", "assigned_at"))


def runs_at(limit: TimeLimit, world: World) -> frozenset[Standing] | None:
    """Give where the stopwatch of a limit can run; None where that cannot be told."""
    asked = _Asked.of(limit, world)
    anywhere = Comparison("tier", "in", world.levels)
    states = _states((*asked.tests, anywhere), world, by_priority=not (world.has_targets or "*" in limit.target))
    if states is None:
        return None
    told = ((_standing(state)[0], asked.judge(limit, state, world)) for state in states)
    return frozenset(standing for standing, said in told if said.lives and not said.pauses)


@attrs.frozen
class _Asked:
    """The conditions of a limit, as functions of a state."""

    tests: tuple[Comparison, ...]
    functions: Mapping[str, Predicate]

    @classmethod
    def of(cls, limit: TimeLimit, world: World) -> "_Asked":
        said = attrs.asdict(asked_of(limit, world.vendor_levels), recurse=False)
        matches: dict[str, Match] = {word: match for word, match in said.items() if match is not None}
        if limit.when is not None:
            matches["when"] = limit.when
        tests = tuple(chain.from_iterable(tests_of(match) for match in matches.values()))
        return cls(tests, {word: match.compile(world.priorities) for word, match in matches.items()})

    def judge(self, limit: TimeLimit, state: SimpleNamespace, world: World) -> Said:
        def holds(word: str, *, otherwise: bool = False) -> bool:
            function = self.functions.get(word)
            return otherwise if function is None else function(state)

        targeted = world.has_targets or limit.target_for(state.priority) is not None
        wanted = holds("start") and holds("when", otherwise=True) and targeted
        return Said(
            status=state.status,
            lives=wanted and not holds("stop") and not holds("cancel"),
            pauses=holds("pause") and not holds("resume"),
            stops=holds("stop"),
            resets=holds("reset"),
        )


# -- the states that conditions can tell apart


def _states(
    tests: Sequence[Comparison], world: World, *, by_priority: bool, at_most: int = MAX_STATES
) -> list[SimpleNamespace] | None:
    """Give one state for each combination of values; None where there are too many, or a field has an order."""
    asked: dict[str, list[Comparison]] = {}
    for test in tests:
        asked.setdefault(test.field, []).append(test)
    values: dict[str, Sequence[object] | None] = {
        field: _values(field, found, world)
        for field, found in asked.items()
        if field not in {"status", "wait_reason", "priority"}
    }
    values["priority"] = world.priorities if by_priority or "priority" in asked else world.priorities[:1]
    values["standing"] = _standings(world)
    number = 1
    for known in values.values():
        number *= at_most + 1 if known is None else len(known)
        if number > at_most:
            return None
    return [_state(dict(zip(values, chosen, strict=True))) for chosen in product(*map(_listed, values.values()))]


def _listed(values: Sequence[object] | None) -> Sequence[object]:
    return values or ()


def _standings(world: World) -> list[tuple[Status, str | None]]:
    """A case has a reason for waiting exactly while it waits."""
    others: list[tuple[Status, str | None]] = [(status, None) for status in Status if status is not Status.WAITING]
    return [*others, *((Status.WAITING, reason) for reason in world.wait_reasons)]


def _values(field: str, tests: Sequence[Comparison], world: World) -> Sequence[object] | None:
    if field == "tier":
        return world.levels
    if field == "kind":
        return list(CaseKind)
    if any(test.op not in {"in", "not_in"} for test in tests) or field.startswith("facts."):
        return None
    named = list(dict.fromkeys(value for test in tests for value in test.values if value is not None))
    if FIELDS.get(field) != "words":
        return [*named, None, _OTHER]
    words = [*named, _OTHER]
    if len(words) > _MAX_WORDS:
        return None
    return [some for size in range(len(words) + 1) for some in combinations(words, size)]


def _state(chosen: dict[str, Any]) -> SimpleNamespace:
    status, wait_reason = chosen.pop("standing")
    attributes = {field.removeprefix("attributes."): value for field, value in chosen.items() if "." in field}
    fields = {field: value for field, value in chosen.items() if "." not in field}
    return SimpleNamespace(status=status, wait_reason=wait_reason, attributes=attributes, **fields)
