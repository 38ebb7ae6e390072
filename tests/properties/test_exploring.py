"""What an exploration finds, happens: each counterexample goes the same way on a desk, and ends in the same."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.strategies import TAPES, Tape, process_from

from supporttiers import Match
from supporttiers.match import Not
from supporttiers.testing import Rehearsal, Told, always, explore, never

MONITORS = [
    never(Match(status="waiting", wait_reason="vendor")),
    never(Match(status="resolved", assignee=None)),
    never(Match(assignee=None), longer_than="40m"),
    never(Match(vendors_waiting="acme")),
    never(Match(status="queued", owner="anna"), longer_than="10m"),
    never(Match(first_response_at=Not(None), status="closed")),
    never(Told("manager")),
    never(Told("assignee") | Match(status="cancelled")),
    always(Match(owner="anna"), when=Match(tier=2), longer_than="5m"),
    never(Told(reason="limit.reached"), when=Match(status="waiting")),
]


def gone(process, found):
    """Go the way of a counterexample on a desk, without monitors."""
    with Rehearsal(process) as rehearsal:
        story = rehearsal.open(by="jane")
        for choice in found.choices:
            given = dict(choice.given)
            if choice.verb == "advance":
                rehearsal.advance(to=given["to"])
            elif choice.verb == "vendor_update":
                story.vendor_says(given["status"], ticket=given["ticket"])
            else:
                getattr(story, choice.verb)(by=choice.by, **given)
        return tuple(story.history)


def fault_of(text):
    """Run a test that was written, and give how it fails."""
    names = {}
    exec(compile(text, "written", "exec"), names)
    [test] = [found for name, found in names.items() if name.startswith("test_")]
    try:
        test()
    except AssertionError as error:
        return str(error)
    return "it passes"


@given(TAPES, st.sets(st.sampled_from(range(len(MONITORS))), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None)
def test_counterexample_happens_on_a_desk(tape, chosen):
    """The same choices make the same history on a desk, and the test that was written fails for the same rule."""
    process = process_from(Tape(tape))
    found = explore(process, depth=3, monitors=[MONITORS[place] for place in sorted(chosen)], at_most=120)

    for one in found.counterexamples:
        assert one.events == gone(process, one)
        assert one.rule in fault_of(one.test)


@given(TAPES)
@settings(max_examples=6, deadline=None)
def test_exploration_is_the_same_each_time(tape):
    """Same process, same order, same counterexamples; a process that was read again is the same."""
    process = process_from(Tape(tape))
    again = type(process).from_json(process.to_json())

    assert explore(process, depth=2, monitors=MONITORS[:3]) == explore(again, depth=2, monitors=MONITORS[:3])
