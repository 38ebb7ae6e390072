"""
Where a case can go: tiers and move rules become rows, rows a machine, the machine a table.

The `transitions.Machine` is the definition, and the oracle of a differential test; the table that is compiled from it
once is what fires. A state is a tier with a status (`tier1.queued`), one of the ends (`resolved`, `closed`,
`cancelled`), or `new` before a case is opened. A target says what a trigger aims at: a tier (`tier2`), a wait reason, a
status to resume to, or nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import attrs
from transitions import EventData, Machine, MachineError, Transition

from supporttiers.errors import MoveRefusedError
from supporttiers.reasons import Reason
from supporttiers.tiers import OPEN, WAIT_REASONS, MoveRules, Status, Tier, entry_level

NEW: Final = "new"
"""The state of a case that is not opened yet."""

_LEVELS: Final = range(100)
_OPEN: Final = tuple(status for status in Status if status in OPEN)
_TARGETS: Final = tuple(f"tier{level}" for level in _LEVELS)
_STATES: Final = {
    status: tuple(f"tier{level}.{status}" if status in OPEN else status.value for level in _LEVELS) for status in Status
}


def state_name(tier_level: int, status: Status) -> str:
    """
    Name the machine's state of a case; an end is the same state at every tier.

    >>> state_name(1, Status.QUEUED), state_name(1, Status.CLOSED)
    ('tier1.queued', 'closed')
    """
    return _STATES[status][tier_level]


def tier_target(level: int) -> str:
    """Name a tier as the target of a move: `tier2`."""
    return _TARGETS[level]


# -- rows: what tiers and rules allow


@attrs.frozen
class Row:
    """
    One move that is allowed.

    Attributes:
        trigger: What is done: `escalate`.
        source: The state before, or `new`.
        target: What the trigger aims at: a tier (`tier2`), a wait reason, a status to resume to, or empty.
        dest: The state after.
    """

    trigger: str
    source: str
    target: str
    dest: str


def rows_of(tiers: tuple[Tier, ...], rules: MoveRules) -> tuple[Row, ...]:
    """
    List every move that the tiers and their rules allow.

    Args:
        tiers: At least one. Levels that an edge or `entry` names and that are no tier here are passed over: telling
            the author of them is the process's part.
        rules: What holds beyond what each tier names for itself.

    Returns:
        Rows by trigger, then tier, then status; a default target before the others; each (source, trigger, target)
        once.
    """
    parts = (_openings, _work, _tier_changes, _waits, _resumptions, _ends)
    return tuple(dict.fromkeys(row for part in parts for row in part(tiers, rules)))


def _openings(tiers: tuple[Tier, ...], rules: MoveRules) -> Iterator[Row]:
    levels = _levels(tiers)
    named = levels if isinstance(rules.entry, str) else rules.entry
    for level in (entry_level(tiers, rules.entry), entry_level(tiers), *named):
        if level in levels:
            yield _arrival("open", NEW, level)


def _work(tiers: tuple[Tier, ...], _rules: MoveRules) -> Iterator[Row]:
    for trigger, before, after in (
        ("start", Status.QUEUED, Status.IN_PROGRESS),
        ("release", Status.IN_PROGRESS, Status.QUEUED),
    ):
        for level in _levels(tiers):
            yield Row(trigger, state_name(level, before), "", state_name(level, after))


def _tier_changes(tiers: tuple[Tier, ...], rules: MoveRules) -> Iterator[Row]:
    levels = _levels(tiers)
    for trigger, reach in _REACH.items():
        for tier in tiers:
            for source in _open_states(tier.level, rules.transfer_when):
                for level in reach(tier, levels, rules):
                    if level in levels:
                        yield _arrival(trigger, source, level)
        for state in _ended_states(rules.transfer_when):  # the direction is judged against the case's own tier
            for level in levels:
                yield Row(trigger, state, tier_target(level), state)


def _up(tier: Tier, levels: tuple[int, ...], rules: MoveRules) -> Iterable[int]:
    """Every higher tier, those that the tier names itself first: the first one is the default."""
    higher = sorted(level for level in levels if level > tier.level) if rules.moves == "any" else ()
    return (*tier.escalates_to, *higher)


def _down(tier: Tier, levels: tuple[int, ...], rules: MoveRules) -> Iterable[int]:
    """Every lower tier, in the same manner."""
    lower = sorted((level for level in levels if level < tier.level), reverse=True) if rules.moves == "any" else ()
    return (*tier.hands_back_to, *lower)


def _sideways(tier: Tier, _levels: tuple[int, ...], _rules: MoveRules) -> Iterable[int]:
    return (tier.level,)


_Reach = Callable[[Tier, tuple[int, ...], MoveRules], Iterable[int]]
_REACH: Final[Mapping[str, _Reach]] = {"escalate": _up, "hand_back": _down, "transfer": _sideways}


def _waits(tiers: tuple[Tier, ...], rules: MoveRules) -> Iterator[Row]:
    for level in _levels(tiers):
        for source in _open_states(level, _OPEN):
            for wait_reason in (*WAIT_REASONS, *rules.wait_reasons):
                yield Row("wait", source, wait_reason, state_name(level, Status.WAITING))


def _resumptions(tiers: tuple[Tier, ...], _rules: MoveRules) -> Iterator[Row]:
    for level in _levels(tiers):
        for status in (Status.QUEUED, Status.IN_PROGRESS):
            yield Row("resume", state_name(level, Status.WAITING), status.value, state_name(level, status))


def _ends(tiers: tuple[Tier, ...], rules: MoveRules) -> Iterator[Row]:
    levels = _levels(tiers)
    resolvable = [state for level in levels for state in _open_states(level, rules.resolve_when)]
    for source in (*resolvable, *_ended_states(rules.resolve_when)):
        yield Row("resolve", source, "", Status.RESOLVED.value)
    for source in _ended_states(rules.reopen_from):
        for level in levels:
            yield _arrival("reopen", source, level)
    yield Row("close", Status.RESOLVED.value, "", Status.CLOSED.value)
    for level in levels:
        for source in _open_states(level, _OPEN):
            yield Row("cancel", source, "", Status.CANCELLED.value)


def _levels(tiers: tuple[Tier, ...]) -> tuple[int, ...]:
    return tuple(tier.level for tier in tiers)


def _open_states(level: int, statuses: tuple[Status, ...]) -> list[str]:
    return [state_name(level, status) for status in statuses if status in OPEN]


def _ended_states(statuses: tuple[Status, ...]) -> list[str]:
    return [status.value for status in statuses if status not in OPEN]


def _arrival(trigger: str, source: str, level: int) -> Row:
    return Row(trigger, source, tier_target(level), state_name(level, Status.QUEUED))


# -- the machine: the definition


@attrs.frozen
class _TargetIs:
    """The condition of one row; without it, rows with one trigger and source would shadow each other."""

    target: str

    def __call__(self, event: EventData) -> bool:
        return bool(event.kwargs["target"] == self.target)


def build_machine(rows: Iterable[Row]) -> Machine:
    """Build the machine that these rows define: without models, automatic transitions, queue or named callbacks."""
    rows = tuple(rows)
    return Machine(
        model=None,
        states=list(dict.fromkeys((NEW, *(state for row in rows for state in (row.source, row.dest))))),
        initial=NEW,
        transitions=[
            {"trigger": row.trigger, "source": row.source, "dest": row.dest, "conditions": _TargetIs(row.target)}
            for row in rows
        ],
        auto_transitions=False,
        queued=False,
        send_event=True,
    )


@attrs.define
class _Cursor:
    """What the machine moves in place of a case; thrown away afterwards."""

    state: str


def trigger_with_transitions(machine: Machine, state: str, trigger: str, target: str) -> str | None:
    """Ask `transitions` itself where a move leads; None if it refuses. Slow: the oracle of tests, not what fires."""
    if trigger not in machine.events or state not in machine.states:
        return None
    cursor = _Cursor(state)
    try:
        moved = machine.events[trigger].trigger(cursor, target=target)
    except MachineError:
        return None
    return cursor.state if moved else None


# -- the table: what fires


def compile_table(machine: Machine) -> dict[tuple[str, str, str], str]:
    """
    Read a machine into a table.

    Args:
        machine: One that `build_machine` made.

    Returns:
        (source, trigger, target) -> state after, in the machine's order; what is not in it is refused. Of two
        transitions with one key the first counts, as it does in `transitions`.
    """
    table: dict[tuple[str, str, str], str] = {}
    for trigger, event in machine.events.items():
        for source, found in event.transitions.items():
            for transition in found:
                table.setdefault((source, trigger, _target_of(transition)), transition.dest or source)
    return table


def _target_of(transition: Transition) -> str:
    [target] = [condition.func.target for condition in transition.conditions if isinstance(condition.func, _TargetIs)]
    return target


@attrs.frozen
class MoveTable:
    """
    Every move of a process, ready to fire.

    Attributes:
        rows: (source, trigger, target) -> state after.
        by_source: The moves that each state has, as (trigger, target), in the order of *rows*.
    """

    rows: Mapping[tuple[str, str, str], str]
    by_source: Mapping[str, tuple[tuple[str, str], ...]] = attrs.field(init=False, repr=False, eq=False)

    @by_source.default
    def _index(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        index: dict[str, list[tuple[str, str]]] = {}
        for source, trigger, target in self.rows:
            index.setdefault(source, []).append((trigger, target))
        return {source: tuple(moves) for source, moves in index.items()}


def move_table(rows: Iterable[Row]) -> MoveTable:
    """Build the machine of these rows, and compile it."""
    return MoveTable(compile_table(build_machine(rows)))


def fire(table: MoveTable, state: str, trigger: str, target: str, case_id: str) -> str:
    """
    Give the state that a move leads to.

    Raises:
        MoveRefusedError: There is no such move from *state*; it lists those that there are.
    """
    try:
        return table.rows[state, trigger, target]
    except KeyError:
        raise refusal(table, state, trigger, case_id, Reason("refused.move", {"state": state})) from None


def refusal(table: MoveTable, state: str, trigger: str, case_id: str, why: Reason) -> MoveRefusedError:
    """Make the error for a move that is refused, listing what is possible from *state* instead."""
    possible = tuple(describe(*move) for move in possible_from(table, state))
    return MoveRefusedError(case_id, trigger, state, possible, why)


def possible_from(table: MoveTable, state: str) -> tuple[tuple[str, str], ...]:
    """List the moves from a state as (trigger, target), in the table's order; empty for an unknown state."""
    return table.by_source.get(state, ())


def describe(trigger: str, target: str) -> str:
    """
    Say a move as a text.

    >>> describe("escalate", "tier2"), describe("wait", "customer"), describe("resolve", "")
    ('escalate to 2', 'wait for customer', 'resolve')
    """
    if not target:
        return trigger
    preposition = _PREPOSITIONS.get(trigger, "to")
    return f"{trigger} {preposition} {target if trigger == 'wait' else target.removeprefix('tier')}"


_PREPOSITIONS: Final = {"wait": "for", "open": "at", "reopen": "at", "transfer": "within"}
