"""
Policies that each break one law.

`tests/conformance/test_faults.py` runs these suites in a process of their own, and looks whether the laws find it.
"""

import datetime
import itertools
import os
import random
import socket
import time
import uuid
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from supporttiers.decisions import Destination, Hold, Later, Refusal
from supporttiers.match import Match
from supporttiers.reasons import Reason
from supporttiers.testing.suites import PolicySuite


@attrs.frozen
class Sound:
    """Routes by a fact, and keeps every law."""

    name: ClassVar = "acme.sound"
    revision: ClassVar = 1
    needs: ClassVar = ("plan",)

    when: Match = Match()
    levels: tuple[int, ...] = attrs.field(default=(2, 3), converter=tuple)

    def route(self, situation):
        """Give the first level to whoever has a plan."""
        return Destination(tier=self.levels[0]) if situation.facts["plan"] else None

    def because(self, situation):
        """Say so."""
        return (Reason("error", {"text": f"it has tier {situation.case.tier}"}),)


@attrs.frozen
class NeedsMore(Sound):
    """Needs a fact of which its suite gives no example."""

    needs: ClassVar = ("plan", "contract")


@attrs.frozen
class TakesAName(Sound):
    name: ClassVar = "supporttiers.close-after"


@attrs.frozen
class RevisedByWords(Sound):
    revision: ClassVar = "1.0"


@attrs.frozen
class RevisedBackwards(Sound):
    revision: ClassVar = -1


@attrs.frozen
class NamedByItself:
    name: str = "acme.named"
    revision: ClassVar = 1

    def route(self, situation):
        """Have no opinion."""


@attrs.frozen
class AsksNothing:
    name: ClassVar = "acme.nothing"
    revision: ClassVar = 1


@attrs.frozen
class Awaited(Sound):
    async def route(self, situation):
        """Have to be awaited."""


@attrs.define(unsafe_hash=True)
class Changeable:
    name: ClassVar = "acme.changeable"
    revision: ClassVar = 1
    level: int = 2

    def route(self, situation):
        """Give the level."""
        return Destination(tier=self.level)


class Loose:
    """Can be changed at any time."""

    name = "acme.loose"
    revision = 1

    def __init__(self):
        self.level = 2

    def route(self, situation):
        """Give the level."""
        return Destination(tier=self.level)


class Plain:
    """Is itself only."""

    name = "acme.plain"
    revision = 1
    __slots__ = ()

    def route(self, situation):
        """Have no opinion."""


@attrs.frozen
class Unhashable(Sound):
    table: dict = attrs.field(factory=lambda: {"a": 1})


@attrs.frozen
class ForgetsAField(Sound):
    hours: Any = attrs.field(default=3, converter=lambda hours: hours if isinstance(hours, int) and hours == 3 else 3)
    told: str = attrs.field(default="a")

    def __attrs_post_init__(self):
        object.__setattr__(self, "told", self.told + "a")


@attrs.frozen
class HasAFunction(Sound):
    decide: Any = len


@attrs.frozen
class NamesTakenWords(Sound):
    use: str = "x"


@attrs.frozen
class NeedsAText(Sound):
    needs: ClassVar = "plan"


@attrs.frozen
class NeedsDots(Sound):
    needs: ClassVar = ("plan", "facts.plan")


@attrs.frozen
class AnswersTrue(Sound):
    def route(self, situation):
        """Give a flag."""
        return True


@attrs.frozen
class Urgent(Sound):
    def prioritise(self, situation):
        """Give a word that no process has."""
        return "urgent"


@attrs.frozen
class NoTime(Sound):
    def target(self, situation):
        """Give no time at all."""
        return datetime.timedelta(0)


@attrs.frozen
class NobodyAtAll(Sound):
    def assign(self, situation):
        """Give a blank."""
        return " "


@attrs.frozen
class HoldsTheEnd(Sound):
    def reopen(self, situation):
        """Give what is for permission."""
        return Hold(Reason("error", {"text": "wait"}))


@attrs.frozen
class ReactsOnce(Sound):
    def react(self, situation):
        """Give a command, not a list."""
        return situation.command or Later(command=_close(situation), at=situation.now, name="close")


def _close(situation):
    from supporttiers.commands import Close

    return Close(case_id=situation.case.id, by=situation.by)


@attrs.frozen
class ReactsWithWords(Sound):
    def react(self, situation):
        """Give words."""
        return ["close"]


@attrs.frozen
class ExpectsACommand(Sound):
    def permit(self, situation):
        """Fail where somebody has no roles."""
        return Refusal(Reason("error", {"text": situation.by.roles[0]}))


@attrs.frozen
class ExpectsAPlan(Sound):
    def route(self, situation):
        """Fail where nothing is known."""
        return Destination(tier=situation.facts["plan"]["level"])


_COUNT = itertools.count()


@attrs.frozen
class TakesTurns(Sound):
    def route(self, situation):
        """Remember how often it was asked."""
        return Destination(tier=next(_COUNT) % 2)


_SEEN = set()


@attrs.frozen
class RemembersCases(Sound):
    def route(self, situation):
        """Answer another time as the first."""
        known = situation.case.id in _SEEN
        _SEEN.add(situation.case.id)
        return None if known else Destination(tier=2)


@attrs.frozen
class MarksFacts(Sound):
    def route(self, situation):
        """Leave something behind."""
        situation.facts["seen"] = True


@attrs.frozen
class MarksAttributes(Sound):
    def route(self, situation):
        """Leave something in the case."""
        situation.case.attributes["seen"] = True


def policy_that(does):
    """Make a policy that does something, and has no opinion."""

    def route(self, situation):
        does()

    return attrs.frozen(type("Does", (Sound,), {"route": route}))


def reads_a_file():
    """Read this file."""
    Path(__file__).read_text(encoding="utf-8")


def reads_in_secret():
    """Read this file, and say nothing of what comes of it."""
    try:
        reads_a_file()
    except Exception:
        return


@attrs.frozen
class PeeksAtFacts(Sound):
    def route(self, situation):
        """Read what it did not declare."""
        return Destination(tier=2) if situation.facts.get("contract") else None


@attrs.frozen
class PeeksByCondition(Sound):
    def route(self, situation):
        """Read it by a condition."""
        return Destination(tier=2) if Match({"facts.contract.level": "gold"}).holds(situation.case) else None


@attrs.frozen
class ExplainsInWords(Sound):
    def because(self, situation):
        """Say it in words."""
        return ["because"]


CLOCKS = {
    "Now": lambda: datetime.datetime.now(datetime.UTC),
    "Today": lambda: datetime.date.today(),
    "Seconds": time.time,
    "Monotonic": time.monotonic,
    "Chance": random.random,
    "Choice": lambda: random.choice([1, 2]),
    "Uuid": uuid.uuid4,
    "Entropy": lambda: os.urandom(2),
    "Environment": lambda: os.environ.get("HOME"),
}
OUTSIDE = {
    "File": reads_a_file,
    "SecretFile": reads_in_secret,
    "Socket": lambda: socket.socket().close(),
    "Program": lambda: os.system("true"),
    "Directory": lambda: os.listdir("."),  # noqa: PTH208
}


def named(doing):
    """Make a class for each thing to do, under a name of its own."""
    for name, does in doing.items():
        kind = policy_that(does)
        kind.__name__ = f"Asks{name}"
        yield kind


FAULTS = {
    "test_name_and_revision_are_of_the_class": [TakesAName, RevisedByWords, RevisedBackwards, NamedByItself],
    "test_policy_has_a_method_that_is_asked": [AsksNothing, Awaited],
    "test_policy_is_frozen": [Changeable, Loose],
    "test_policy_is_a_value": [Plain, Unhashable],
    "test_policy_comes_back_from_a_process_file": [ForgetsAField, HasAFunction, NamesTakenWords],
    "test_needs_are_names_of_facts": [NeedsAText, NeedsDots],
    "test_every_need_has_an_example": [NeedsMore],
    "test_answers_fit_their_questions": [
        AnswersTrue, Urgent, NoTime, NobodyAtAll, HoldsTheEnd, ReactsOnce, ReactsWithWords, ExpectsACommand,
    ],
    "test_unknown_facts_are_borne": [ExpectsAPlan],
    "test_same_situation_has_the_same_answer": [TakesTurns, RemembersCases],
    "test_situation_is_left_as_it_was": [MarksFacts, MarksAttributes],
    "test_policy_asks_neither_clock_nor_chance": list(named(CLOCKS)),
    "test_policy_does_no_input_or_output": list(named(OUTSIDE)),
    "test_policy_reads_only_facts_that_it_needs": [PeeksAtFacts, PeeksByCondition],
    "test_reasons_can_be_told": [ExplainsInWords],
}  # fmt: skip
"""Of each law the policies that break it."""


class _Suite(PolicySuite):
    facts: ClassVar = {"plan": {"level": 2}}
    kind: ClassVar = Sound

    @pytest.fixture
    def policy(self):
        """Give one."""
        return self.kind()


class TestSound(_Suite):
    """Breaks nothing."""


for _kinds in FAULTS.values():
    for _kind in _kinds:
        _name = f"Test{_kind.__name__}"
        globals()[_name] = type(_name, (_Suite,), {"kind": _kind, "__module__": __name__})
