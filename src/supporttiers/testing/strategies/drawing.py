"""The strategies: what is drawn is valid, and what has happened has really happened on a desk."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path as FilePath
from typing import Final, TypeAlias

from hypothesis import strategies as st

from supporttiers import _fields as fields
from supporttiers._fields import duration_of, instant_of, type_name
from supporttiers.actors import Actor
from supporttiers.cases import Case, rebuild
from supporttiers.commands import Command
from supporttiers.errors import InputError
from supporttiers.events import Event
from supporttiers.process import SupportProcess
from supporttiers.testing.rehearsal import Rehearsal
from supporttiers.testing.strategies._commands import Words, command_from
from supporttiers.testing.strategies._histories import history_from
from supporttiers.testing.strategies._processes import NUMBERS, SIZES, START, Bounds, process_from
from supporttiers.testing.strategies._tape import Drawn
from supporttiers.testing.strategies._texts import texts_of

Given: TypeAlias = SupportProcess | str | FilePath | st.SearchStrategy[SupportProcess]
"""A process, the path of its file, or a strategy of processes."""

_MONTH: Final = timedelta(days=30)
_MOVES: Final = ("listed", "any")
_ROUND: Final = (
    timedelta(microseconds=1), timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1),
    timedelta(hours=8), timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30),
)  # fmt: skip
_CORNERS: Final = tuple(
    datetime.fromisoformat(text).astimezone(UTC)
    for text in (
        "2026-03-27T17:00Z",  # a week's end
        "2026-03-29T01:00Z",  # clocks go forward in Europe
        "2026-10-25T01:00Z",  # and back
        "2026-12-31T23:59:59.999999Z",
        "2028-02-29T00:00Z",
    )
)


# -- times and texts


def instants(*, since: str | datetime = START, within: str | timedelta = _MONTH) -> st.SearchStrategy[datetime]:
    """
    Draw instants: aware, in UTC; often on a round number of minutes, at a week's end, or where clocks change.

    Args:
        since: The first possible one, and the simplest: an aware datetime, or an ISO 8601 text with an offset.
        within: How far they lie from it at most: a timedelta, or a text such as `"72h"`.

    Raises:
        InputError: *since* is no instant.

    .. versionadded:: 0.1.0
    """
    first, span = instant_of(since), duration_of(within)
    corners = [corner for corner in _CORNERS if first <= corner <= first + span]
    drawn = durations(at_most=span).map(lambda passed: first + passed)
    return st.one_of(drawn, st.sampled_from(corners)) if corners else drawn


def durations(
    *, at_least: str | timedelta = timedelta(0), at_most: str | timedelta = _MONTH
) -> st.SearchStrategy[timedelta]:
    """
    Draw durations; often round ones. The shortest is the simplest.

    Args:
        at_least: A timedelta, or a text such as `"15m"`.
        at_most: Likewise.

    .. versionadded:: 0.1.0
    """
    least, most = duration_of(at_least), duration_of(at_most)
    known = sorted({least, most, *(each for each in _ROUND if least <= each <= most)})
    minute = timedelta(minutes=1)
    whole = st.integers(0, (most - least) // minute).map(lambda number: least + number * minute)
    return st.one_of(st.sampled_from(known), whole, st.timedeltas(min_value=least, max_value=most))


def texts(*, max_size: int = 500, lines: bool = True) -> st.SearchStrategy[str]:
    """
    Draw what a customer may write: any characters that can be kept, and what has broken help desks before.

    Among it is what other systems read as their own: marks of templates, markup, shells, headers of mail and
    references to tickets.

    Args:
        max_size: So many characters at most; up to 16384 always fit.
        lines: Whether there may be line breaks; a subject has none.

    Raises:
        InputError: *max_size* is negative.

    .. versionadded:: 0.1.0
    """
    _check("max_size", fields.at_least(0)(max_size))
    return texts_of(max_size=max_size, lines=lines)


# -- processes


def processes(
    *,
    min_tiers: int = 1,
    max_tiers: int = 5,
    max_limits: int = 4,
    moves: str | None = None,
    vendors: bool = True,
    calendars: bool = True,
    policies: bool = True,
) -> st.SearchStrategy[SupportProcess]:
    """
    Draw valid processes: tiers of every kind, statuses, moves, limits with thresholds, contracts, hours and rules.

    Durations are multiples of 15 minutes, so that deadlines often fall on one instant. The simplest has two tiers, each
    joined to the other, and one limit; with `filter` or `map` they can be restricted further.

    Args:
        min_tiers: No fewer tiers.
        max_tiers: No more tiers; 9 at most.
        max_limits: No more limits; 8 at most.
        moves: `"listed"` or `"any"`; either when None.
        vendors: Whether there may be tiers of vendors, and contracts.
        calendars: Whether there may be hours in which time does not count.
        policies: Whether there may be rules: who may do what, what needs a yes, and what happens after a resolution.

    Raises:
        InputError: A bound cannot be kept; the error names it, and what is possible.

    .. versionadded:: 0.1.0
    """
    _check("max_tiers", None if max_tiers in SIZES else f"is {max_tiers!r}; 1 to 9 are possible")
    fits = min_tiers in SIZES and min_tiers <= max_tiers
    _check("min_tiers", None if fits else f"is {min_tiers!r}; 1 to {max_tiers} are possible")
    _check("max_limits", None if max_limits in NUMBERS else f"is {max_limits!r}; 0 to 8 are possible")
    _check("moves", None if moves in {None, *_MOVES} else f"is {moves!r}; possible are: {', '.join(_MOVES)}")
    bounds = Bounds(
        min_tiers=min_tiers, max_tiers=max_tiers, max_limits=max_limits, moves=moves, vendors=vendors,
        calendars=calendars, policies=policies,
    )  # fmt: skip

    @st.composite
    def drawn(draw: st.DrawFn) -> SupportProcess:
        return process_from(Drawn(draw), bounds)

    return drawn()


# -- commands, histories and cases


def commands(
    process: Given, case: Case | None = None, *, actors: Iterable[Actor] | None = None, at: str | datetime | None = None
) -> st.SearchStrategy[Command]:
    """
    Draw commands that are likely to mean something to a case as it is; some of them are refused.

    Of every kind there are some; a few name a tier, a team or a priority that the process does not have, come late, or
    from somebody who may not. The simplest do what is usual where the case stands.

    Args:
        process: A process, the path of its file, or a strategy of processes.
        case: The case; when None, most of the commands open one.
        actors: Who gives them; when None a customer, agents, a manager with every role, and others. The first agent
            gives most of them.
        at: When; by default when the case was last changed, or Monday, 2026-03-23 at 09:00 UTC.

    Raises:
        InputError: Something cannot be so; the error names it.
        ProcessError: The file is no valid process.

    .. versionadded:: 0.1.0
    """
    source = _source(process)
    _check("case", fields.optional(fields.instance_of(Case, "a Case, such as desk.get(...) gives"))(case))
    now = instant_of(at) if at is not None else START if case is None else case.changed_at
    people = None if actors is None else _people(actors)

    @st.composite
    def drawn(draw: st.DrawFn) -> Command:
        words = Words.of(draw(source), people)
        case_id = words.cases[0] if case is None else case.id
        return command_from(Drawn(draw), case_id, case, now, words=words)

    return drawn()


def histories(
    process: Given,
    *,
    actors: Iterable[Actor] | None = None,
    max_commands: int = 12,
    rehearse: Callable[[SupportProcess], Rehearsal] = Rehearsal,
) -> st.SearchStrategy[tuple[Event, ...]]:
    """
    Draw histories of cases that really happened: on a desk, on virtual time, with what the clock and vendors did.

    The simplest is that of a case that was opened, and nothing else.

    Args:
        process: A process, the path of its file, or a strategy of processes.
        actors: As for `commands`.
        max_commands: So many commands are given at most after the opening; some of them are refused.
        rehearse: Makes the rehearsal, where the process needs more: facts, a directory, vendors of your own.

    Raises:
        InputError: Something cannot be so; the error names it.
        ProcessError: The file is no valid process.

    .. versionadded:: 0.1.0
    """
    source = _source(process)
    _check("max_commands", fields.at_least(0)(max_commands))
    people = None if actors is None else _people(actors)

    @st.composite
    def drawn(draw: st.DrawFn) -> tuple[Event, ...]:
        rules = draw(source)
        with rehearse(rules) as rehearsal:
            return history_from(Drawn(draw), rehearsal, Words.of(rules, people), max_commands)

    return drawn()


def cases(
    process: Given,
    *,
    actors: Iterable[Actor] | None = None,
    max_commands: int = 12,
    rehearse: Callable[[SupportProcess], Rehearsal] = Rehearsal,
) -> st.SearchStrategy[Case]:
    """
    Draw cases: each is what came of a history, see `histories`.

    .. versionadded:: 0.1.0
    """
    found = histories(process, actors=actors, max_commands=max_commands, rehearse=rehearse)
    return found.map(_rebuilt)


def _rebuilt(history: tuple[Event, ...]) -> Case:
    case = rebuild(history)
    assert case is not None
    return case


def _source(process: object) -> st.SearchStrategy[SupportProcess]:
    if isinstance(process, str | FilePath):
        return st.just(SupportProcess.from_toml(process))
    if isinstance(process, SupportProcess):
        return st.just(process)
    if isinstance(process, st.SearchStrategy):
        return process
    possible = "a SupportProcess, the path of its file, or a strategy such as processes()"
    raise InputError("", "process", f"must be {possible}, not {type_name(process)}")


def _people(actors: Iterable[Actor]) -> tuple[Actor, ...]:
    found = tuple(actors)
    for each in found or (None,):
        if not isinstance(each, Actor):
            problem = f"must be one actor or more, such as Actor.agent('anna'), not {type_name(each)}"
            raise InputError("", "actors", problem)
    return found


def _check(name: str, problem: str | None) -> None:
    if problem is not None:
        raise InputError("", name, problem)
