"""What an exploration gives: how far it came, and the shortest way to each thing that should not be."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from supporttiers.actors import Actor
from supporttiers.events import Event
from supporttiers.timelines import timeline


class Invariant(StrEnum):
    """What an exploration verifies of every process."""

    REACHES_AN_END = "reaches_an_end"
    HAS_A_CLOCK = "has_a_clock"

    @property
    def says(self) -> str:
        """Say it as a rule."""
        return _SAYS[self]


_SAYS = {
    Invariant.REACHES_AN_END: "every case can still reach an end",
    Invariant.HAS_A_CLOCK: "nobody waits without a clock",
}

ADVANCE = "advance"
VENDOR_UPDATE = "vendor_update"


@attrs.frozen(kw_only=True)
class Choice:
    """
    One thing that is done on the way.

    Attributes:
        verb: A verb of the desk, `vendor_update` for what a vendor says, or `advance` where time passes.
        by: Who does it; None where time passes.
        given: What the verb is given besides; of `advance` the instant `to`, of `vendor_update` the `vendor`, the
            place of its `ticket` on the case, and the `status`.
    """

    verb: str
    by: Actor | None = None
    given: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    def __str__(self) -> str:
        """Say it in a few words: `anna: escalate tier=2`."""
        who = "" if self.by is None else f"{self.by.id}: "
        return " ".join((f"{who}{self.verb}", *(f"{name}={_said(value)}" for name, value in self.given.items())))


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@attrs.frozen(kw_only=True)
class Counterexample:
    """
    The shortest way to something that should not be.

    Attributes:
        rule: Which rule does not hold: an invariant, or what a monitor says.
        invariant: Which invariant it is; None for a monitor.
        problem: What is wrong, in one line.
        choices: What was done, in order, after the case was opened.
        events: What became of it.
        test: A test for pytest that fails in this way; it runs as it is.
    """

    rule: str
    invariant: Invariant | None = None
    problem: str
    choices: tuple[Choice, ...]
    events: tuple[Event, ...] = attrs.field(repr=False)
    test: str = attrs.field(repr=False)

    @property
    def timeline(self) -> str:
        """Tell what happened, a line each."""
        return "\n".join(timeline(self.events, texts=False))

    def __str__(self) -> str:
        """Say what is wrong, and how it came to it."""
        said = self.problem if self.invariant is None else f"{self.rule}: {self.problem}"
        return f"{said}\n{self.timeline}"


@attrs.frozen(kw_only=True)
class Exploration:
    """
    How far an exploration came, and what it found.

    Attributes:
        states: So many different states were found.
        transitions: So many things were done that changed something.
        depth: The longest way that was followed, in things done.
        complete: Whether every state was followed to its end: then nothing else can happen, as far as it looks.
        counterexamples: The shortest way to each thing that should not be, one for each rule.
        ends: In how many states a case had ended, by status.
        unfollowed: So many of the states were not followed to everything that can be done there.
        undecided: What was asked, and is not decided, since not everything was followed. That a case reaches no end is
            known only where all that can become of it has been looked at.
    """

    states: int
    transitions: int
    depth: int
    complete: bool
    counterexamples: tuple[Counterexample, ...] = ()
    ends: Mapping[str, int] = attrs.field(factory=dict, hash=False)
    unfollowed: int = 0
    undecided: tuple[Invariant, ...] = ()

    def __str__(self) -> str:
        """Say it in one line, what is not decided in another one, and each counterexample below it."""
        far = "complete" if self.complete else "more lies beyond"
        found = f"{len(self.counterexamples)} counterexample{'' if len(self.counterexamples) == 1 else 's'}"
        head = f"{self.states} states, {self.transitions} transitions, depth {self.depth}, {far}; {found}"
        open_still = (f"{self.says(each)}; {_FURTHER}" for each in self.undecided)
        return "\n\n".join(("\n".join((head, *open_still)), *map(str, self.counterexamples)))

    def says(self, undecided: Invariant) -> str:
        """Say that something is not decided, and why."""
        states = "1 state was" if self.unfollowed == 1 else f"{self.unfollowed} states were"
        return f"{undecided.says}: not decided, {states} not followed to an end"


_FURTHER = (
    "fewer commands reach further, such as start, escalate, hand_back and resolve, and so do more depth and at_most"
)
