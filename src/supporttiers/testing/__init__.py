"""
For those who test support processes, or write stores, policies, notifiers and sources of facts.

`Rehearsal` plays a process through on virtual time; `never` and `always` say what must hold meanwhile. `FakeClock` is
the clock of it; `situation` makes what a policy is asked about; `suites` holds the laws that what is plugged in must
keep.
"""

from supporttiers.clock import FakeClock
from supporttiers.monitors import Told, always, never
from supporttiers.testing.doubles import FlakyVendor, RecordingNotifier, Says, ScriptedVendor
from supporttiers.testing.rehearsal import MonitorViolatedError, Rehearsal, Story
from supporttiers.testing.situations import situation

__all__ = [
    "FakeClock",
    "FlakyVendor",
    "MonitorViolatedError",
    "RecordingNotifier",
    "Rehearsal",
    "Says",
    "ScriptedVendor",
    "Story",
    "Told",
    "always",
    "never",
    "situation",
]
