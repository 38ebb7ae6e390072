"""Histories that really happened: commands are given on the desk of a rehearsal, and time passes there."""

from datetime import timedelta
from typing import Final

import attrs

from supporttiers.actors import Actor, ActorKind
from supporttiers.cases import Case
from supporttiers.commands import Command, Open
from supporttiers.errors import CaseError
from supporttiers.events import Event
from supporttiers.testing.rehearsal import Rehearsal
from supporttiers.testing.strategies._commands import JANE, Words, command_from
from supporttiers.testing.strategies._processes import STEP
from supporttiers.testing.strategies._tape import Tape

_GAPS: Final = (
    timedelta(0), STEP, timedelta(0), STEP, STEP * 2, STEP * 4, STEP * 16, timedelta(hours=20), timedelta(days=3)
)  # fmt: skip
_GOES_ON: Final = range(12)
"""Said before each command, so that one can be left out without the others becoming different ones; zero ends."""
_NOBODY: Final = "T-99"


def history_from(tape: Tape, rehearsal: Rehearsal, words: Words, at_most: int) -> tuple[Event, ...]:
    """Read what is done, do it, and give what became of the first case."""
    case_id = _opened(tape, rehearsal, words)
    others = [rehearsal.open("Another one", by=_customer(words)).id] if tape.once_in(2) else []
    words = attrs.evolve(words, cases=(case_id, *others, _NOBODY, _NOBODY)[:3])
    for _ in range(at_most):
        if tape.pick(_GOES_ON) == 0:
            break
        rehearsal.advance(tape.pick(_GAPS))
        case = rehearsal.desk.get(case_id)
        _tried(rehearsal, command_from(tape, case_id, case, rehearsal.clock.now(), words=words))
    return tuple(rehearsal.desk.history(case_id))


def _opened(tape: Tape, rehearsal: Rehearsal, words: Words) -> str:
    """Open the case as the tape says, or where that is refused, as plainly as can be; give its id."""
    command = command_from(tape, _NOBODY, None, rehearsal.clock.now(), words=words)
    case = _tried(rehearsal, attrs.evolve(command, case_id="")) if isinstance(command, Open) else None
    return rehearsal.open(by=_customer(words)).id if case is None else case.id


def _tried(rehearsal: Rehearsal, command: Command) -> Case | None:
    """Give a command, let what follows at once happen, and give the case; None for a refusal."""
    try:
        case = rehearsal.desk.execute(attrs.evolve(command, at=None)).case
    except CaseError:
        return None
    rehearsal.settle()
    return case


def _customer(words: Words) -> Actor:
    return next((one for one in words.actors if one.kind is ActorKind.CUSTOMER), JANE)
