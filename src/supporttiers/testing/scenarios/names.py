"""Names in a scenario: who and what is known where it is played."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from supporttiers.errors import Fault
from supporttiers.match import Match
from supporttiers.monitors import Disclosed, Monitor, Told
from supporttiers.process import SupportProcess
from supporttiers.testing.naming import misnamed, names_in, problem_of_vendor

_WORDS: Final = ("subject", "text", "reason", "solution", "at", "do", "then")
"""What steps say that is no name."""


class Names:
    """The names that are known in one scenario."""

    def __init__(self, process: SupportProcess, *, directory: str | None, steps: object) -> None:
        """
        Collect them.

        Args:
            process: By which it is played.
            directory: The path of its file of people; None where it has none.
            steps: As they stand in the file: whoever acts in one is known.
        """
        self._process = process
        self._people = (*names_in(directory), *_acting(steps))

    def faults(self, watched: Monitor | Told | Disclosed | Match) -> tuple[Fault, ...]:
        """Find the names that are probably misspelt; see `misnamed`."""
        return misnamed(self._process, watched, self._people)

    def problem_of_vendor(self, name: str) -> str | None:
        """Say that a vendor is none of the process."""
        return problem_of_vendor(self._process, name)


def _acting(steps: object) -> Iterator[str]:
    """Give the names that steps speak of: who acts, and who is given a case."""
    for step in steps if isinstance(steps, list) else ():
        for key, value in step.items() if isinstance(step, Mapping) else ():
            if key not in _WORDS:
                yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever stands in the file
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
