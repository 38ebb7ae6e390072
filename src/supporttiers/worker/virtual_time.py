"""
The loop on virtual time, which replay, rehearsal and simulation share.

It steps from one instant at which something is due to the next, so that everything happens at its own time, however
long the span.
"""

from datetime import datetime

from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.errors import InputError
from supporttiers.readings import Pass


def check_empty(desk: SupportDesk, *, to: str) -> None:
    """
    Keep virtual time away from real cases: it would fire their deadlines.

    Args:
        desk: On whose store time is to pass.
        to: What is to be done there, as a verb.

    Raises:
        InputError: It has cases.
    """
    if desk.counts() or desk.next_wake() is not None:
        raise InputError("", "store", f"has cases already; name an empty one, or none to {to} in memory")


def run_until(desk: SupportDesk, clock: FakeClock, until: datetime) -> Pass:
    """
    Let virtual time pass until an instant, and do everything that it makes due on the way.

    Args:
        desk: Whose cases; it must have been built with *clock*.
        clock: Moved from wake-up to wake-up, and left at *until*.
        until: Where to stop; a deadline at this very instant is settled too.

    Returns:
        The sum of all passes.

    Raises:
        InputError: A wake-up has come at which the desk then finds nothing due, so that this would never end: the desk
            has another clock.
    """
    done = Pass()
    while (wake := desk.next_wake()) is not None and wake <= until:
        clock.advance(to=max(wake, clock.now()))
        one = desk.run_due()
        if not one.fired and desk.next_wake() == wake:
            reached = f"has reached the wake-up at {wake.isoformat()}"
            problem = f"{reached}, but the desk finds nothing due; it must have been built with this clock"
            raise InputError("", "clock", problem)
        done = done.plus(one)
    clock.advance(to=until)
    return done.plus(desk.run_due())
