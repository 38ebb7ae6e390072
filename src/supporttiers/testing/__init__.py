"""
For those who test support processes, or write stores, policies, notifiers and sources of facts.

`Rehearsal` plays a process through on virtual time; `explore` tries out every order of things; `never` and `always` say
what must hold meanwhile. `FakeClock` is
the clock of it; `situation` makes what a policy is asked about; `suites` holds the laws that what is plugged in must
keep.
"""

from supporttiers.clock import FakeClock
from supporttiers.monitors import Disclosed, Told, always, never
from supporttiers.testing.doubles import FlakyVendor, RecordingNotifier, Says, ScriptedVendor
from supporttiers.testing.exploring import Choice, Counterexample, Exploration, Invariant, explore
from supporttiers.testing.rehearsal import MonitorViolatedError, Rehearsal, Story
from supporttiers.testing.situations import situation

__all__ = [
    "Choice",
    "Counterexample",
    "Disclosed",
    "Exploration",
    "FakeClock",
    "FlakyVendor",
    "Invariant",
    "MonitorViolatedError",
    "RecordingNotifier",
    "Rehearsal",
    "Says",
    "ScriptedVendor",
    "Story",
    "Told",
    "always",
    "explore",
    "never",
    "situation",
]
