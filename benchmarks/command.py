"""
One whole command in memory, against one bare `transitions` trigger, and against `eventsourcing` get and save.

The desk's own verbs on a desk in memory with the default process: load, decide (the time limit of tier 1 runs along),
new case, events, wake-up, commit. The memory store makes no digest. Each case gets ten commands. The trigger is the
default process's own machine, without models, its guard the one that the process needs.
"""

import time
from collections.abc import Callable

from _common import Subject, arguments, in_turn, peer, ratio, show, verdict

from supporttiers import Case, SupportDesk, SupportProcess
from supporttiers._machine import build_machine

Commands = Callable[[SupportDesk, Case], Case]


class Cursor:
    """What `transitions` moves."""

    __slots__ = ("state",)

    def __init__(self) -> None:
        """Begin in the queue."""
        self.state = "tier1.queued"


def triggers(process: SupportProcess, n: int) -> Subject:
    """Make the subject that only fires."""
    machine, cursor = build_machine(process.rows), Cursor()
    start, release = machine.events["start"], machine.events["release"]

    def run() -> float:
        began = time.perf_counter()
        for _ in range(n // 2):
            start.trigger(cursor, target="")
            release.trigger(cursor, target="")
        return (time.perf_counter() - began) / n

    return run


def start_release(desk: SupportDesk, case: Case) -> Case:
    """Change the status, and back."""
    return desk.release(desk.start(case, by="bob"), by="bob")


def note_note(desk: SupportDesk, case: Case) -> Case:
    """Write something down, twice."""
    return desk.note(desk.note(case, by="bob", text="It is the font."), by="bob", text="It is not the font.")


def wait_resume(desk: SupportDesk, case: Case) -> Case:
    """Wait for the customer, and go on: the limit's clock pauses and resumes."""
    return desk.resume(desk.wait(case, by="bob", wait_reason="customer"), by="bob")


def escalate_hand_back(desk: SupportDesk, case: Case) -> Case:
    """Move up, and back: the limit's clock stops and starts."""
    return desk.hand_back(desk.escalate(case, by="bob", reason="needs a driver"), by="bob")


def commands(process: SupportProcess, pair: Commands, cases: int) -> Subject:
    """Make the subject that gives each of several new cases ten commands; opening them is not measured."""

    def run() -> float:
        desk = SupportDesk(process)
        opened = [desk.open("The printer prints hieroglyphs", by="jane") for _ in range(cases)]
        began = time.perf_counter()
        for case in opened:
            now = case
            for _ in range(5):
                now = pair(desk, now)
        return (time.perf_counter() - began) / (10 * cases)

    return run


def openings(process: SupportProcess, cases: int) -> Subject:
    """Make the subject that opens cases."""

    def run() -> float:
        desk = SupportDesk(process)
        began = time.perf_counter()
        for _ in range(cases):
            desk.open("The printer prints hieroglyphs", by="jane")
        return (time.perf_counter() - began) / cases

    return run


def main() -> None:
    """Measure, and print."""
    options = arguments(__doc__ or "", peers=["eventsourcing"])
    cases, rounds = (20, 7) if options.quick else (60, 31)
    process = SupportProcess.default()
    trigger, status, opening = "transitions: one trigger", "desk: start, release", "desk: open (checks 24 fields)"
    others = {
        "desk: note": note_note,
        "desk: wait, resume (pauses the clock)": wait_resume,
        "desk: escalate, hand back (stops and starts the clock)": escalate_hand_back,
    }
    subjects = {trigger: triggers(process, 10 * cases), status: commands(process, start_release, cases)}
    subjects |= {name: commands(process, pair, cases) for name, pair in others.items()}
    subjects[opening] = openings(process, 2 * cases)
    theirs = "eventsourcing: get, command, save"
    python = options.peers.get("eventsourcing")
    if python:
        subjects[theirs] = lambda: peer("_eventsourcing.py", python, str(cases))
    measured = in_turn(subjects, rounds)
    show(measured)
    verdict("whole command (start, release) / one trigger", ratio(measured, status, trigger), at_most=3.0)
    for name in (*others, opening):
        print(f"     {name.removeprefix('desk: ')} / one trigger: {ratio(measured, name, trigger):.2f}")
    if python:
        verdict("eventsourcing / whole command (start, release)", ratio(measured, theirs, status), at_least=5.0)


main()
