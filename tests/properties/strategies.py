"""
Small worlds for the laws: processes, commands in the order of their `at`, and the passes of a worker.

Every instant lies on a coarse grid, so that commands, deadlines and passes often fall on one instant. A world is read
from a tape of bytes: that is quick, and the shorter and lower the tape, the simpler the world.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
from hypothesis import strategies as st

from supporttiers._engine import decide
from supporttiers.cases import Case
from supporttiers.commands import Command
from supporttiers.decisions import Decision
from supporttiers.errors import CaseError
from supporttiers.process import SupportProcess
from supporttiers.testing.strategies._commands import ANNA, JANE, Words, command_from
from supporttiers.testing.strategies._processes import START, STEP, Bounds, instant, process_from
from supporttiers.testing.strategies._tape import Tape

__all__ = [
    "ANNA", "JANE", "MOMENT", "START", "STEP", "TAPES", "Tape", "World", "decided", "process_from", "said", "spoken",
    "worlds",
]  # fmt: skip

MOMENT: Final = timedelta(microseconds=1)


def spoken(tape: Tape, process: SupportProcess, case_id: str, case: Case | None, at: datetime, **how: Any) -> Command:
    """Read a command; of vendors there are always two, and of cases three."""
    words = Words.of(process, moves_of=None, vendors=("acme", "initech"), odd=3)
    return command_from(tape, case_id, case, at, words=words, **how)


GAPS: Final = [1, 0, 0, 0, 1, 2, 3, 4, 8]


def script_from(
    tape: Tape, process: SupportProcess, *, ids: Sequence[str] = ("C-1",), outside: bool = True, length: int = 14
) -> tuple[Command, ...]:
    """Read commands in the order of their `at`."""
    cases: dict[str, Case | None] = dict.fromkeys(ids)
    found: list[Command] = []
    step = 0
    for _ in range(length - tape.pick(range(length))):
        step += tape.pick(GAPS)
        case_id = tape.pick(ids)
        command = spoken(tape, process, case_id, cases[case_id], instant(step), outside=outside)
        found.append(command)
        decision = decided(process, cases[case_id], command)
        if isinstance(decision, Decision):
            cases[case_id] = decision.case
    return tuple(found)


def decided(process: SupportProcess, case: Case | None, command: Command) -> Decision | CaseError:
    """Decide; or give the error, where the command is malformed by itself."""
    assert command.at is not None
    try:
        return decide(process, case, command, command.at)
    except CaseError as error:
        return error


def said(error: CaseError) -> tuple[object, ...]:
    """Give what an error says, to be compared: errors themselves are equal only to themselves."""
    return type(error), str(error), error.reason


@attrs.frozen
class World:
    """
    A process, and what happens under it.

    Attributes:
        process: The process.
        script: Commands, in the order of their `at`.
        passes: When a worker comes by; in order.
    """

    process: SupportProcess
    script: tuple[Command, ...]
    passes: tuple[datetime, ...]

    @property
    def end(self) -> datetime:
        """An instant by which everything has had time to take effect."""
        return (self.script[-1].at or START) + 40 * STEP


def world_from(
    data: bytes, *, ids: Sequence[str] = ("C-1",), vendors: bool = True, outside: bool = True, length: int = 14
) -> World:
    """Read a world."""
    tape = Tape(data)
    process = process_from(tape, Bounds(vendors=vendors))
    script = script_from(tape, process, ids=ids, outside=outside, length=length)
    world = World(process, script, ())
    grid = range((world.end - START) // STEP + 1)
    beside = [STEP * 0, STEP * 0, MOMENT, -MOMENT, STEP / 2]
    found = {instant(tape.pick(grid)) + tape.pick(beside) for _ in range(tape.pick(range(10)))}
    return attrs.evolve(world, passes=tuple(sorted(at for at in found if START <= at <= world.end)))


TAPES: Final = st.binary(min_size=500, max_size=500)


def worlds(**how: Any) -> st.SearchStrategy[World]:
    """Draw worlds; see `world_from`."""
    return TAPES.map(lambda data: world_from(data, **how))
