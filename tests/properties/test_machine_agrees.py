"""The compiled table and `transitions` itself agree, on any process."""

from hypothesis import given
from hypothesis import strategies as st

from supporttiers._machine import (
    NEW,
    MoveTable,
    Row,
    build_machine,
    compile_table,
    fire,
    possible_from,
    rows_of,
    state_name,
    trigger_with_transitions,
)
from supporttiers.errors import MoveRefusedError
from supporttiers.tiers import WAIT_REASONS, MoveRules, Status, Tier, TierKind

LEVELS = st.integers(0, 5)
EDGES = st.lists(LEVELS, max_size=3).map(tuple)
STATUSES = st.lists(st.sampled_from(Status), max_size=6).map(tuple)
TRIGGERS = (
    *("open", "start", "release", "escalate", "hand_back", "transfer"),
    *("wait", "resume", "resolve", "reopen", "close", "cancel"),
)
STATES = (NEW, *(state_name(level, status) for level in range(6) for status in Status))
TARGETS = ("", *WAIT_REASONS, "parts", "queued", "in_progress", *(f"tier{level}" for level in range(6)))


@st.composite
def processes(draw: st.DrawFn) -> tuple[tuple[Tier, ...], MoveRules]:
    """Draw tiers in any order, with edges to any level, there or not, and any rules."""
    levels = draw(st.lists(LEVELS, min_size=1, max_size=5, unique=True))
    tiers = tuple(
        Tier(
            level=level,
            name=f"Tier {level}",
            kind=draw(st.sampled_from(TierKind)),
            escalates_to=draw(EDGES),
            hands_back_to=draw(EDGES),
        )
        for level in levels
    )
    return tiers, draw(rules)


rules = st.builds(
    MoveRules,
    entry=st.just("any") | EDGES,
    moves=st.sampled_from(["listed", "any"]),
    reopen_from=STATUSES,
    transfer_when=STATUSES,
    resolve_when=STATUSES,
    wait_reasons=st.lists(st.sampled_from(["parts", "customer", "tier2", "queued"]), max_size=3).map(tuple),
)
questions = st.tuples(
    st.sampled_from(STATES) | st.text(max_size=5),
    st.sampled_from(TRIGGERS) | st.text(max_size=5),
    st.sampled_from(TARGETS) | st.text(max_size=5),
)


def fired(table: MoveTable, state: str, trigger: str, target: str) -> str | None:
    """Fire; None if it is refused."""
    try:
        return fire(table, state, trigger, target, "C-7")
    except MoveRefusedError:
        return None


@given(processes(), st.lists(questions, max_size=20))
def test_table_agrees_with_transitions_on_anything(process, asked):
    """Whatever is asked, sensible or not, both give the same state or both refuse."""
    machine = build_machine(rows_of(*process))
    table = MoveTable(compile_table(machine))

    for question in asked:
        assert fired(table, *question) == trigger_with_transitions(machine, *question)


@given(processes(), st.data())
def test_table_agrees_with_transitions_on_what_is_possible(process, data):
    """A walk along moves that are listed as possible is the same walk in both."""
    machine = build_machine(rows_of(*process))
    table = MoveTable(compile_table(machine))
    state = NEW

    for _ in range(10):
        ways = possible_from(table, state)
        if not ways:
            break
        trigger, target = data.draw(st.sampled_from(ways))
        after = fire(table, state, trigger, target, "C-7")

        assert after == trigger_with_transitions(machine, state, trigger, target)
        state = after


@given(processes())
def test_rows_hold_each_move_once(process):
    """No two rows have one source, trigger and target, so that none shadows another."""
    rows = rows_of(*process)

    assert len({(row.source, row.trigger, row.target) for row in rows}) == len(rows)


@given(processes())
def test_rows_lead_between_known_states(process):
    """Every row leaves and reaches a state of a tier that is there, or an end, with a known trigger."""
    rows = rows_of(*process)
    known = {state_name(tier.level, status) for tier in process[0] for status in Status}

    assert {row.dest for row in rows} <= known
    assert {row.source for row in rows} <= {NEW, *known}
    assert {row.trigger for row in rows} <= set(TRIGGERS)


@given(st.lists(st.builds(Row, *[st.sampled_from(["new", "a", "b"])] * 4), min_size=1, max_size=12))
def test_table_agrees_with_transitions_even_on_rows_that_clash(rows):
    """Rows that contradict each other are decided as `transitions` decides them."""
    machine = build_machine(rows)
    table = MoveTable(compile_table(machine))

    for row in rows:
        question = (row.source, row.trigger, row.target)
        assert fired(table, *question) == trigger_with_transitions(machine, *question)
