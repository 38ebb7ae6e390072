"""Observers: whatever fails, each is told everything once, in order, and none waits for another."""

from hypothesis import given, settings
from hypothesis import strategies as st

from supporttiers import FakeClock, SupportDesk, SupportProcess
from supporttiers.hookspecs import hookimpl

PROCESS = SupportProcess.default()
CASES = ("T-1", "T-2", "T-3")


class Failing:
    """Fails where it is told to, and remembers what it took note of."""

    def __init__(self, name, fails):
        self.name = name
        self.fails = list(fails)
        self.told = []
        self.failed = 0

    @hookimpl
    def supporttiers_event(self, event):
        """Fail or take note, as the next flag says."""
        if self.fails and self.fails.pop(0):
            self.failed += 1
            raise RuntimeError
        self.told.append(event)


@settings(max_examples=40)
@given(
    fails=st.lists(st.lists(st.booleans(), max_size=8), min_size=1, max_size=3),
    steps=st.lists(st.tuples(st.sampled_from(CASES), st.sampled_from(["note", "pass", "hour"])), max_size=12),
)
def test_every_observer_is_told_everything_once_and_in_order(fails, steps):
    """However often it fails: of each case all events in their order, none twice, and others are not told again."""
    clock = FakeClock("2026-03-23T09:00Z")
    observers = [Failing(f"observer-{number}", flags) for number, flags in enumerate(fails)]
    desk = SupportDesk(PROCESS, clock=clock, plugins=observers)
    for case_id in CASES:
        desk.open(id=case_id, by="jane")
    for case_id, step in steps:
        if step == "note":
            desk.note(case_id, by="bob", text="Look.")
        elif step == "hour":
            clock.advance("1h")
        else:
            desk.run_due()
    for _ in range(10):  # by then even the slowest has been tried as often as it fails
        clock.advance("1h")
        desk.run_due()

    assert [] == list(desk.messages(state="pending"))
    for observer in observers:
        for case_id in CASES:
            assert list(desk.history(case_id)) == [event for event in observer.told if event.case_id == case_id]
