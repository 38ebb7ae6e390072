"""
What plugins cost a command in memory: none, one that observes nothing, one that observes; and a desk that is built.

"As if there were none" is the same desk with the question after observers taken out of the code. Compared is what the
processor took in the fastest rounds: what is looked for is smaller than what other work adds to a median.
"""

import time
from collections.abc import Iterable
from unittest import mock

from _common import Rounds, Subject, arguments, in_turn, show, verdict

from supporttiers import SupportDesk, SupportProcess
from supporttiers._flows import cases as flows
from supporttiers.hookspecs import hookimpl


class Quiet:
    """A plugin that hands over nothing."""

    @hookimpl
    def supporttiers_facts(self) -> tuple[()]:
        """Have none."""
        return ()


class Observer:
    """A plugin that observes."""

    @hookimpl
    def supporttiers_event(self) -> None:
        """Do nothing."""


def commands(process: SupportProcess, plugins: Iterable[object], cases: int) -> Subject:
    """Make the subject that starts and releases cases; opening them is not measured, nor is relaying."""

    def run() -> float:
        desk = SupportDesk(process, plugins=plugins)
        opened = [desk.open("The printer prints hieroglyphs", by="jane") for _ in range(cases)]
        began = time.process_time()
        for case in opened:
            now = case
            for _ in range(5):
                now = desk.release(desk.start(now, by="bob"), by="bob")
        return (time.process_time() - began) / (10 * cases)

    return run


def without_the_question(subject: Subject) -> Subject:
    """Make the same subject, with nobody asking whether there are observers."""

    def run() -> float:
        with mock.patch.object(flows, "_all_messages", flows._messages):  # noqa: SLF001 - that is what is measured
            return subject()

    return run


def building(process: SupportProcess, plugins: Iterable[object], desks: int) -> Subject:
    """Make the subject that builds desks."""

    def run() -> float:
        began = time.process_time()
        for _ in range(desks):
            SupportDesk(process, plugins=plugins)
        return (time.process_time() - began) / desks

    return run


def fastest(measured: Rounds, one: str, other: str) -> float:
    """Give the ratio of the fastest rounds."""
    return min(measured[one]) / min(measured[other])


def main() -> None:
    """Measure, and print."""
    options = arguments(__doc__ or "")
    cases, rounds = (10, 7) if options.quick else (10, 301)
    process = SupportProcess.default()
    bare, none, quiet, told = "as if there were none", "no plugins", "one that observes nothing", "one that observes"
    subjects = {
        bare: without_the_question(commands(process, (), cases)),
        none: commands(process, (), cases),
        quiet: commands(process, [Quiet()], cases),
        told: commands(process, [Observer()], cases),
        "building a desk, no plugins": building(process, (), cases),
        "building a desk, one plugin": building(process, [Quiet()], cases),
    }
    measured = in_turn(subjects, rounds)
    show(measured)
    verdict("no plugins / as if there were none", fastest(measured, none, bare), at_most=1.02)
    verdict("one that observes nothing / no plugins", fastest(measured, quiet, none), at_most=1.02)
    print(f"     one that observes / no plugins: {fastest(measured, told, none):.2f}")


main()
