"""
The loop around a desk's pass.

Here is the loop on virtual time, which replay, rehearsal and simulation share: it steps from one instant at which
something is due to the next, so that everything happens at its own time, however long the span.
"""

from datetime import datetime

from supporttiers.clock import FakeClock
from supporttiers.desk import SupportDesk
from supporttiers.readings import Pass


def run_until(desk: SupportDesk, clock: FakeClock, until: datetime) -> Pass:
    """
    Let virtual time pass until an instant, and do everything that it makes due on the way.

    Args:
        desk: Whose cases; it must have been built with *clock*.
        clock: Moved from wake-up to wake-up, and left at *until*.
        until: Where to stop; a deadline at this very instant is settled too.

    Returns:
        The sum of all passes.
    """
    done = Pass()
    while True:
        wake = desk.next_wake()
        if wake is None or wake > until:
            break
        clock.advance(to=max(wake, clock.now()))
        done = _sum(done, desk.run_due())
    clock.advance(to=until)
    return _sum(done, desk.run_due())


def _sum(first: Pass, second: Pass) -> Pass:
    return Pass(
        fired=first.fired + second.fired, relayed=first.relayed + second.relayed, polled=first.polled + second.polled,
        failed=first.failed + second.failed, parked=first.parked + second.parked, lag=max(first.lag, second.lag),
    )  # fmt: skip
