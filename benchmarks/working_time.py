"""
Working time on aware datetimes: ours against precomputed intervals with bisect by hand, and against peers.

The job: add 8 working hours, and measure the working time of 30 days, Monday to Friday 09:00 to 17:00 in London with
England's bank holidays, from random instants of 2025 and 2026. Besides, twelve cases with answers worked out by hand:
which are right. A peer runs in its own Python, against the same limit by hand; name one or several with
`--peers-python PATH`, parted as paths are. A peer that none of them has is left out, and said.
"""

import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

from _common import Subject, arguments, in_turn, ratio, show, verdict
from _working_time import ADDED, CALENDARS, DAYS, LONDON, MEASURED, MONTH, PEERS, ByHand, starts

from supporttiers.calendars import WorkingHours

EIGHT_HOURS = timedelta(hours=8)


def ours(calendar: str) -> WorkingHours:
    """Make the same calendar."""
    opens, closes, working, closed = CALENDARS[calendar]
    week = {DAYS[day]: f"{opens:02}:00-{closes:02}:00" for day in working}
    return WorkingHours(name=calendar, zone="Europe/London", week=week, closed=closed)


def over(instants: list[datetime], ask: Callable[[datetime], object]) -> Subject:
    """Make a subject that asks about every instant."""

    def run() -> float:
        start = time.perf_counter()
        for at in instants:
            ask(at)
        return (time.perf_counter() - start) / len(instants)

    return run


def building() -> dict[str, Subject]:
    """Make the subjects that work out two years of intervals."""

    def by_hand() -> float:
        start = time.perf_counter()
        ByHand("office", date(2025, 1, 1), date(2027, 1, 1))
        return time.perf_counter() - start

    def by_us() -> float:
        calendar = ours("office")
        start = time.perf_counter()
        calendar.add(datetime(2025, 6, 1, tzinfo=LONDON), EIGHT_HOURS)
        return time.perf_counter() - start

    return {"by hand: two years of intervals": by_hand, "supporttiers: first answer, two years": by_us}


def compare(what: str, budget: float, subjects: dict[str, Subject], rounds: int, unit: str = "us") -> None:
    """Measure the limit by hand and ours, in turn, and print the ratio."""
    measured = in_turn(subjects, rounds)
    show(measured, unit)
    hand, mine = measured
    verdict(f"{what} / by hand", ratio(measured, mine, hand), at_most=budget)


def our_cases() -> int:
    """Count the cases that we get right; those that we do not are printed."""
    right = 0
    for what, (calendar, start, hours, expected) in ADDED.items():
        found = ours(calendar).add(start, timedelta(hours=hours))
        right += found == expected or print(f"  WRONG: {what}: {found}") is not None
    for what, (calendar, start, end, hours) in MEASURED.items():
        between = ours(calendar).between(start, end)
        right += between == timedelta(hours=hours) or print(f"  WRONG: {what}: {between}") is not None
    return right


def peers(pythons: list[str], n: int) -> None:
    """Measure the peers that are there, and name those that are not."""
    left = dict.fromkeys(PEERS)
    script = pathlib.Path(__file__).with_name("_working_time.py")
    for python in pythons:
        run = subprocess.run([python, str(script), str(n)], capture_output=True, text=True, check=False)
        if run.returncode:
            sys.exit(f"the peers failed in {python}: {run.stderr.strip().splitlines()[-1]}")
        for found in map(json.loads, run.stdout.splitlines()):
            if left.pop(found["peer"], found) is None:
                show_peer(found)
    for name in left:
        print(f"  {name}: skipped; name a Python that has it with --peers-python PATH")


def show_peer(found: dict) -> None:
    """Print what a peer takes, and which cases it gets wrong."""
    for what, measured in zip(("add", "between"), found["jobs"], strict=True):
        if measured is None:
            print(f"  {found['peer']}, {what}: no such operation")
        else:
            print(
                f"  {found['peer']}, {what}: {measured['ratio']:.1f} x by hand, {1e6 * measured['seconds']:.1f} us, "
                f"{measured['wrong']:.1%} wrong"
            )
    right = sum(said == "right" for said in found["cases"].values())
    wrong = [f"{what.partition(' ')[0]}{said[5:]}" for what, said in found["cases"].items() if said.startswith("WRONG")]
    cannot = sum(said == "-" for said in found["cases"].values())
    print(f"    cases: {right} right, {cannot} it cannot be asked, wrong: {', '.join(wrong) or 'none'}")


def main() -> None:
    """Measure, and print."""
    options = arguments(__doc__ or "")
    n, rounds = (2_000, 5) if options.quick else (20_000, 15)
    instants, hand, office = starts(n), ByHand("office"), ours("office")
    for at in instants:
        assert hand.add(at, 28800) == office.add(at, EIGHT_HOURS)
        assert hand.between(at, at + MONTH) == office.between(at, at + MONTH).total_seconds()
    local = [at.astimezone(LONDON) for at in instants]
    for what, given in (("UTC", instants), ("London", local)):
        add = {
            f"by hand: add 8 h, in {what}": over(given, lambda at: hand.add(at, 28800)),
            f"supporttiers: add 8 h, in {what}": over(given, lambda at: office.add(at, EIGHT_HOURS)),
        }
        compare(f"add, {what}", 1.5, add, rounds)
        between = {
            f"by hand: between, 30 days, in {what}": over(given, lambda at: hand.between(at, at + MONTH)),
            f"supporttiers: between, 30 days, in {what}": over(given, lambda at: office.between(at, at + MONTH)),
        }
        compare(f"between, {what}", 1.5, between, rounds)
    compare("first answer", 1.5, building(), rounds, "ms")
    verdict("the twelve cases that are right", our_cases(), at_least=12)
    peers(
        (options.peers_python or "").split(os.pathsep) if options.peers_python else [], 200 if options.quick else 1000
    )


main()
