"""
For those who test support processes, or write stores and policies.

`FakeClock` lets a process run in milliseconds; `suites` holds the laws that every store must keep.
"""

from supporttiers.clock import FakeClock

__all__ = ["FakeClock"]
