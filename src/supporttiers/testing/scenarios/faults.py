"""What can be wrong with a scenario file, and with what it says."""

import attrs

from supporttiers.errors import DefinitionError, Fault, faults_text
from supporttiers.reasons import Reason
from supporttiers.testing.accounts import Account


@attrs.define
class ScenarioError(DefinitionError):
    """
    A scenario file cannot be played; all faults are listed at once.

    Attributes:
        source: The file.
        faults: Every fault found, each with its place, such as `steps[2].at`; never empty.
    """

    source: str
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        """List every fault, one a line when there are several."""
        return faults_text(f"scenario file {self.source!r}", self.faults)

    @property
    def reason(self) -> Reason:
        """Why, as data."""
        return Reason("scenario.faults", {"count": len(self.faults), "faults": [str(fault) for fault in self.faults]})


@attrs.frozen
class Difference:
    """
    One thing that is not as a step says.

    Attributes:
        asked: What the step says.
        found: What is.
    """

    asked: str
    found: str

    def __str__(self) -> str:
        """Say both, a line each."""
        asked, *more = self.found.split("\n")
        return "\n".join([f"  asked: {self.asked}", f"     is: {asked}", *(f"         {line}" for line in more)])


@attrs.define
class ScenarioFailedError(AssertionError):
    """
    A scenario did not go as it says.

    Attributes:
        title: Which scenario.
        source: The file, or `text`.
        step: The number of the step, from 1.
        what: When that was, and what was done.
        differences: What is not as the step says.
        account: What became of the cases until then, and what would have come next.
    """

    title: str
    source: str
    step: int
    what: str
    differences: tuple[Difference, ...]
    account: Account

    def __str__(self) -> str:
        """Tell the step, what was asked, what is, the timeline of each case, and what would have come next."""
        head = f"scenario {self.title!r} fails at step {self.step}, {self.what}"
        return "\n".join([head, *map(str, self.differences), "", *self.account.lines()])
