"""The search: breadth first, so that the first way to anything is a shortest one."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import attrs

from supporttiers.match import Match
from supporttiers.monitors import Violation
from supporttiers.stopwatches import Stage
from supporttiers.testing.exploring.alphabet import Alphabet
from supporttiers.testing.exploring.findings import ADVANCE, Choice, Invariant
from supporttiers.testing.exploring.states import Key, States
from supporttiers.testing.exploring.watching import Memory, Watch
from supporttiers.testing.exploring.worlds import Outcome, World

_ROOT: Final = -1
_NEW: Final = -2


@attrs.frozen(kw_only=True)
class Bounds:
    """
    How far a search goes, and what it asks.

    Attributes:
        depth: So many things are done one after another, at most.
        at_most: So many states are told apart, at most.
        until: Time does not pass beyond this instant.
        invariants: What is verified.
        ends: The statuses that are a proper end.
        may_wait: Cases that may stand without a clock.
    """

    depth: int
    at_most: int
    until: datetime | None
    invariants: frozenset[Invariant]
    ends: frozenset[str]
    may_wait: Match | None


@attrs.frozen(kw_only=True)
class Way:
    """
    How something was found that should not be.

    Attributes:
        rule: The invariant, or the place of the monitor.
        root: By which opening it began.
        choices: What was done.
        violation: What the monitor says.
        left: Of a case that reaches no end: how deep one has to look from there to see that.
    """

    rule: Invariant | int
    root: int
    choices: tuple[Choice, ...]
    violation: Violation | None = None
    left: int = 0


@attrs.define
class _Node:
    """A state that is still to be followed."""

    number: int
    outcome: Outcome
    memory: Memory


class Search:
    """One search; what it has seen is kept as numbers, and cases only as long as they are to be followed."""

    def __init__(
        self,
        world: World,
        *,
        alphabet: Alphabet,
        states: States,
        watch: Watch,
        bounds: Bounds,
        priorities: Sequence[str],
    ) -> None:
        """Begin with nothing seen."""
        self._world, self._alphabet, self._states, self._watch, self._bounds = world, alphabet, states, watch, bounds
        self._may_wait: Any = None if bounds.may_wait is None else bounds.may_wait.compile(priorities)
        self._asks_for_clocks = Invariant.HAS_A_CLOCK in bounds.invariants
        self._seen: dict[Key, int] = {}
        self._parents = array("q")
        self._by: list[Choice | None] = []
        self._good, self._open, self._unfollowed = bytearray(), bytearray(), bytearray()
        self._from, self._to = array("q"), array("q")
        self._broken: frozenset[int] = frozenset()
        self.ways: dict[Invariant | int, Way] = {}
        self.ends: dict[str, int] = {}
        self.depth: int = 0

    @property
    def states(self) -> int:
        """So many were told apart."""
        return len(self._parents)

    @property
    def transitions(self) -> int:
        """So many were followed."""
        return len(self._from)

    @property
    def unfollowed(self) -> int:
        """So many were not followed, or not to everything that can be done there."""
        return sum(self._unfollowed)

    @property
    def complete(self) -> bool:
        """Whether nothing lies beyond."""
        return not any(self._unfollowed)

    @property
    def undecided(self) -> tuple[Invariant, ...]:
        """What was asked, and may hold or not: what was not followed may lead to an end, or to none."""
        ends = Invariant.REACHES_AN_END
        asked = ends in self._bounds.invariants and ends not in self.ways
        return (ends,) if asked and not self.complete else ()

    def run(self, roots: Sequence[Outcome], progress: Callable[[int, int], None] | None = None) -> None:
        """Follow everything from the cases with which it begins."""
        layer = list(self._begun(roots))
        for depth in range(self._bounds.depth):
            if not layer:
                break
            following: list[_Node] = []
            for node in layer:
                following += self._followed(node)
                if progress is not None:
                    progress(self.states, depth + 1)
            if following:
                self.depth = depth + 1
            layer = following
        for node in layer:
            self._unfollowed[node.number] = 1
        if Invariant.REACHES_AN_END in self._bounds.invariants:
            self._judge_ends()

    def _begun(self, roots: Sequence[Outcome]) -> Iterator[_Node]:
        for place, root in enumerate(roots):
            memory, violations = self._watch.begin(root)
            number, is_new = self._number(root, memory, _ROOT - place if place else _ROOT, None)
            self._note(violations, number, None)
            if is_new:
                yield self._new(number, root, memory)

    # -- one state

    def _followed(self, node: _Node) -> Iterator[_Node]:
        if node.outcome.next_at is None:
            for place, violation, until in self._watch.idle(node.memory, node.outcome, self._broken):
                self._break(place, node.number, (Choice(verb=ADVANCE, given={"to": until}),), violation)
        for choice, after in self._done(node):
            memory, violations = self._watch.follow(node.memory, node.outcome, after, self._broken)
            self._note(violations, node.number, choice)
            number, is_new = self._number(after, memory, node.number, choice)
            if number == _NEW:
                self._unfollowed[node.number] = 1
                continue
            self._from.append(node.number)
            self._to.append(number)
            if is_new:
                yield self._new(number, after, memory)

    def _done(self, node: _Node) -> Iterator[tuple[Choice, Outcome]]:
        """Do everything that can be done, one at a time; at last, let time pass."""
        before = node.outcome
        for offer in self._alphabet.offers(before.case):
            found = self._world.tried(before, [command for _, command in offer])
            if found is not None:
                place, after = found
                yield offer[place][0], after
        due, until = before.next_at, self._bounds.until
        if due is not None and until is not None and due > until:
            self._unfollowed[node.number] = 1
        elif due is not None:
            yield Choice(verb=ADVANCE, given={"to": due}), self._world.later(before, due)

    def _number(self, outcome: Outcome, memory: Memory, parent: int, by: Choice | None) -> tuple[int, bool]:
        """Give the number of a state, and whether it is a new one; none where there is no more room."""
        key = self._states.key(outcome, self._watch.key(memory, outcome.now, self._broken))
        number = self._seen.get(key)
        if number is not None:
            return number, False
        if len(self._parents) >= self._bounds.at_most:
            return _NEW, False
        number = self._seen[key] = len(self._parents)
        self._parents.append(parent)
        self._by.append(by)
        case = outcome.case
        self._open.append(case.is_open)
        self._good.append(case.status in self._bounds.ends)
        self._unfollowed.append(0)
        return number, True

    def _new(self, number: int, outcome: Outcome, memory: Memory) -> _Node:
        case = outcome.case
        if not case.is_open:
            self.ends[str(case.status)] = self.ends.get(str(case.status), 0) + 1
        elif self._asks_for_clocks and Invariant.HAS_A_CLOCK not in self.ways and self._is_stuck(outcome):
            self._found(Invariant.HAS_A_CLOCK, number)
        return _Node(number, outcome, memory)

    def _is_stuck(self, outcome: Outcome) -> bool:
        """Whether nothing ever happens by itself, and no clock runs that people have been told of."""
        case = outcome.case
        if outcome.next_at is not None or any(watch.stage is Stage.IN_PROGRESS for watch in case.stopwatches):
            return False
        return self._may_wait is None or not self._may_wait(case)

    # -- what should not be

    def _found(self, rule: Invariant, number: int, *, left: int = 0) -> None:
        root, choices = self._way_to(number)
        self.ways[rule] = Way(rule=rule, root=root, choices=choices, left=left)

    def _note(self, violations: list[tuple[int, Violation]], number: int, by: Choice | None) -> None:
        for place, violation in violations:
            self._break(place, number, () if by is None else (by,), violation)

    def _break(self, place: int, number: int, then: tuple[Choice, ...], violation: Violation) -> None:
        if place not in self.ways:
            root, choices = self._way_to(number)
            self.ways[place] = Way(rule=place, root=root, choices=(*choices, *then), violation=violation)
            self._broken |= {place}

    def _way_to(self, number: int) -> tuple[int, tuple[Choice, ...]]:
        """Give by which opening, and by what, a state was first found."""
        choices: list[Choice] = []
        while (by := self._by[number]) is not None:
            choices.append(by)
            number = self._parents[number]
        return _ROOT - self._parents[number], tuple(reversed(choices))

    def _judge_ends(self) -> None:
        """Look for a state from which no way leads to an end; what was not followed may lead anywhere."""
        before: dict[int, list[int]] = {}
        for source, target in zip(self._from, self._to, strict=True):
            before.setdefault(target, []).append(source)
        ending = bytearray(good or unfollowed for good, unfollowed in zip(self._good, self._unfollowed, strict=True))
        ahead = [number for number, ends in enumerate(ending) if ends]
        while ahead:
            for source in before.get(ahead.pop(), ()):
                if not ending[source]:
                    ending[source] = 1
                    ahead.append(source)
        for number, ends in enumerate(ending):
            if not ends and self._open[number]:
                self._found(Invariant.REACHES_AN_END, number, left=self._deep_from(number))
                return

    def _deep_from(self, number: int) -> int:
        """Count the layers that lie behind a state."""
        after: dict[int, list[int]] = {}
        for source, target in zip(self._from, self._to, strict=True):
            after.setdefault(source, []).append(target)
        seen, layer, depth = {number}, [number], 0
        while layer:
            depth += 1
            layer = list(dict.fromkeys(each for here in layer for each in after.get(here, ()) if each not in seen))
            seen.update(layer)
        return depth
