"""
For those who test support processes, or write stores, policies, notifiers and sources of facts.

`FakeClock` lets a process run in milliseconds; `situation` makes what a policy is asked about; `suites` holds the laws
that what is plugged in must keep.
"""

from supporttiers.clock import FakeClock
from supporttiers.testing.situations import situation

__all__ = ["FakeClock", "situation"]
