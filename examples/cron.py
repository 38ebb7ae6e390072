"""
One pass, for cron: `* * * * * python cron.py`. `supporttiers worker --once --desk cron:desk` does the same.

Run as a script, it first opens a case whose time limit has passed, so that there is something to do.
"""

from supporttiers import SupportDesk, SupportProcess
from supporttiers.testing import FakeClock

clock = FakeClock("2026-03-23T09:00Z")  # leave it out in production: the machine's clock is the default
desk = SupportDesk(SupportProcess.default(), store="sqlite:///support.db", clock=clock)


def main() -> None:
    """Open a case, let a quarter of an hour pass, and do a pass."""
    desk.open("Printer on fire", id="T-1", by="jane")
    clock.advance("15m")
    with desk:
        print(desk.run_due())


if __name__ == "__main__":
    main()
