"""The parts of a scenario, as values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from supporttiers._fields import tuple_of
from supporttiers.actors import Actor
from supporttiers.cases import Case
from supporttiers.match import Comparison, Match
from supporttiers.monitors import Telling, Told
from supporttiers.process import SupportProcess
from supporttiers.testing.paths import Path
from supporttiers.testing.scenarios.faults import Difference
from supporttiers.testing.stories import Story


@attrs.frozen(kw_only=True)
class Expected:
    """
    That somebody was told something.

    Attributes:
        told: Who, of what.
        after: Not before this instant.
        before: Before this instant.
    """

    told: Told
    after: datetime | None = None
    before: datetime | None = None

    def holds(self, telling: Telling) -> bool:
        """Whether a message is one of those."""
        return (
            self.told.holds(telling)
            and (self.after is None or telling.at >= self.after)
            and (self.before is None or telling.at < self.before)
        )

    def __str__(self) -> str:
        """Say it in words."""
        after = "" if self.after is None else f", not before {self.after:%a %Y-%m-%d %H:%M}"
        before = "" if self.before is None else f", before {self.before:%a %Y-%m-%d %H:%M}"
        return f"{self.told}{after}{before}"


@attrs.frozen(kw_only=True)
class Then:
    """
    What is so after a step.

    Attributes:
        match: A condition on the case.
        path: The way that it has taken so far.
        told: Who has been told something about it so far.
        not_told: Who has not.
        refused: With which reason what the step does is refused: one of these codes.
    """

    match: Match = attrs.field(factory=Match)
    path: str | None = None
    told: tuple[Expected, ...] = attrs.field(default=(), converter=tuple_of)
    not_told: tuple[Expected, ...] = attrs.field(default=(), converter=tuple_of)
    refused: tuple[str, ...] = attrs.field(default=(), converter=tuple_of)

    @property
    def is_of_refusal_only(self) -> bool:
        """Whether it says nothing of a case."""
        return self == Then(refused=self.refused)

    def differences(self, story: Story) -> list[Difference]:
        """Say what is not so."""
        case, priorities = story.case, story.rehearsal.desk.process.priorities
        failing = self.match.failing(case, priorities)
        found = [Difference(_asked(test), _shown(case, test.field)) for test in failing]
        if self.path is not None and story.path != self.path:
            found.append(Difference(f"path {' '.join(self.path.split())!r}", _ways(story.path, self.path)))
        told = "; ".join(
            f"{telling.at:%Y-%m-%d %H:%M} {telling.whom}: {telling.reason} [{telling.reason.code}]"
            for telling in story.told
        )
        missed = (each for each in self.told if not any(map(each.holds, story.told)))
        found += [Difference(str(each), f"told so far: {told or 'nobody'}") for each in missed]
        for each in self.not_told:
            found += [Difference(f"not {each}", str(telling)) for telling in story.told if each.holds(telling)]
        return found


def _asked(test: Comparison) -> str:
    plain = (value.isoformat() if isinstance(value, datetime) else value for value in test.values)
    return str(attrs.evolve(test, values=tuple(plain)))


def _ways(path: Path, said: str) -> str:
    return "\n".join(path.beside(said))


def _shown(case: Case, field: str) -> str:
    """Show a field; what the host's own values and facts are is not for reports."""
    if "." in field:
        return f"{field} has another value"
    value = getattr(case, field)
    if isinstance(value, datetime):
        return f"{field}={value.isoformat()!r}"
    return f"{field}={str(value)!r}" if isinstance(value, str) else f"{field}={value!r}"


@attrs.frozen(kw_only=True)
class Step:
    """
    One step of a scenario.

    Attributes:
        number: From 1.
        at: When.
        do: What is done: `open`, a verb, or `vendor_says`; nothing when empty: time passes.
        case: With which case; the one of the step before when None.
        by: Who does it.
        given: What else the verb takes.
        then: What is so afterwards.
    """

    number: int
    at: datetime
    do: str = ""
    case: str | None = None
    by: Actor | str | None = None
    given: Mapping[str, Any] = attrs.field(factory=dict, hash=False, repr=False)
    then: Then = attrs.field(factory=Then)

    def __str__(self) -> str:
        """Say when, and what is done."""
        what = self.do or "time passes"
        by = "" if self.by is None else f" by {self.by}"
        return f"{self.at:%a %Y-%m-%d %H:%M}, {what}{by}"


@attrs.frozen(kw_only=True)
class Script:
    """
    What a vendor does with its tickets.

    Attributes:
        vendor: Its name.
        says: What it says of each, in order.
        failures: So many openings are not taken at first.
        lost: Of so many the answer is lost.
        silent: So many questions are not answered.
    """

    vendor: str
    says: tuple[Any, ...] = attrs.field(default=(), converter=tuple_of)
    failures: int = 0
    lost: int = 0
    silent: int = 0


@attrs.frozen(kw_only=True)
class Setting:
    """
    With what a scenario is played.

    Attributes:
        process: The process.
        start: When it begins, in the scenario's zone.
        directory: The path of a file of people.
        monitors: What must never, or always, be so meanwhile.
        vendors: What vendors do.
        facts: What is known from outside, about everybody.
        policies: Classes of policies of your own.
        plugins: Names of plugins.
    """

    process: SupportProcess
    start: datetime
    directory: str | None = None
    monitors: tuple[Any, ...] = attrs.field(default=(), converter=tuple_of)
    vendors: tuple[Script, ...] = attrs.field(default=(), converter=tuple_of)
    facts: Mapping[str, object] = attrs.field(factory=dict, hash=False)
    policies: tuple[type[Any], ...] = attrs.field(default=(), converter=tuple_of)
    plugins: tuple[str, ...] = attrs.field(default=(), converter=tuple_of)
