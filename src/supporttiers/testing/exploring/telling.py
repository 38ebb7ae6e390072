"""What a search has found, told: each way is gone once more, and written down with what happens on it."""

from collections.abc import Sequence

import attrs

from supporttiers.commands import Command
from supporttiers.events import Event
from supporttiers.testing.exploring.alphabet import Alphabet
from supporttiers.testing.exploring.findings import ADVANCE, Choice, Counterexample, Invariant
from supporttiers.testing.exploring.searching import Search, Way
from supporttiers.testing.exploring.watching import Watch
from supporttiers.testing.exploring.worlds import Outcome, World
from supporttiers.testing.exploring.writing import Scene, test_text


@attrs.frozen(kw_only=True)
class Telling:
    """
    What is needed to tell of a search.

    Attributes:
        search: The search, which is over.
        world: Where it went.
        alphabet: What was done there.
        watch: The monitors.
        roots: The cases with which it began.
        scenes: What a test of each of them sets up; none where a story went on, for nobody knows how it began.
        before: What had happened before it began.
        commands: What alone was done; None where nobody said.
    """

    search: Search
    world: World
    alphabet: Alphabet
    watch: Watch
    roots: Sequence[Outcome]
    scenes: Sequence[Scene]
    before: Sequence[Event]
    commands: Sequence[str | Command] | None

    def counterexamples(self) -> tuple[Counterexample, ...]:
        """Tell of each rule that does not hold, invariants first."""
        ways = self.search.ways
        order = (*Invariant, *range(len(self.watch.watched)))
        return tuple(self._told(ways[rule]) for rule in order if rule in ways)

    def _told(self, way: Way) -> Counterexample:
        events, last = self._gone(way)
        rule = way.rule if isinstance(way.rule, Invariant) else self.watch.watched[way.rule].monitor
        scene = self.scenes[way.root] if self.scenes else None
        return Counterexample(
            rule=rule.says if isinstance(rule, Invariant) else str(rule),
            invariant=rule if isinstance(rule, Invariant) else None,
            problem=self._problem(rule, last) if isinstance(rule, Invariant) else str(way.violation),
            choices=way.choices, events=tuple(events),
            test="" if scene is None else test_text(scene, rule, way.choices, events, left=way.left),
        )  # fmt: skip

    def _gone(self, way: Way) -> tuple[list[Event], Outcome]:
        """Go a way once more, and give what happens on it."""
        here = self.roots[way.root]
        events = [*self.before, *here.events]
        for choice in way.choices:
            here = self._next(here, choice)
            events += here.events
        return events, here

    def _next(self, here: Outcome, choice: Choice) -> Outcome:
        if choice.verb == ADVANCE:
            return self.world.later(here, choice.given["to"])
        command = next(
            command for offer in self.alphabet.offers(here.case) for found, command in offer if found is choice
        )
        after = self.world.done(here, command)
        assert after is not None  # it was done before; for the type checker
        return after

    def _problem(self, rule: Invariant, last: Outcome) -> str:
        """Say what is wrong where it ends."""
        case = last.case
        waits = f" for {case.wait_reason}" if case.wait_reason else ""
        where = f"case {case.id} is {case.status.replace('_', ' ')}{waits} at tier {case.tier}"
        if rule is Invariant.HAS_A_CLOCK:
            return f"{where}, and nothing ever happens by itself"
        if not self.commands:
            return (
                f"{where}, and nothing that {'anybody does' if self.commands is None else 'time does'} leads to an end"
            )
        verbs = dict.fromkeys(each if isinstance(each, str) else each.trigger for each in self.commands)
        return f"{where}, and none of these leads to an end: {', '.join(verbs)}"
