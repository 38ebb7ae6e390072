"""
For those who test support processes, or write stores, policies, notifiers and sources of facts.

`Rehearsal` plays a process through on virtual time; `Scenario` does so as a file says; `explore` tries out every order
of things; `never` and `always` say what must hold meanwhile. `FakeClock` is the clock of it; `situation` makes what a
policy is asked about; `suites` holds the laws that what is plugged in must keep. Each is loaded when it is first asked
for: the plugin for pytest lives here, too, and must cost nobody anything.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from supporttiers.clock import FakeClock
    from supporttiers.monitors import Disclosed, Told, always, never
    from supporttiers.testing.doubles import FlakyVendor, RecordingNotifier, Says, ScriptedVendor
    from supporttiers.testing.exploring import Choice, Counterexample, Exploration, Invariant, explore
    from supporttiers.testing.rehearsal import MonitorViolatedError, Rehearsal
    from supporttiers.testing.scenarios import Scenario, ScenarioError, ScenarioFailedError
    from supporttiers.testing.situations import situation
    from supporttiers.testing.stories import Story

_HOMES = {
    "supporttiers.clock": ("FakeClock",),
    "supporttiers.monitors": ("Disclosed", "Told", "always", "never"),
    "supporttiers.testing.doubles": ("FlakyVendor", "RecordingNotifier", "Says", "ScriptedVendor"),
    "supporttiers.testing.exploring": ("Choice", "Counterexample", "Exploration", "Invariant", "explore"),
    "supporttiers.testing.rehearsal": ("MonitorViolatedError", "Rehearsal"),
    "supporttiers.testing.scenarios": ("Scenario", "ScenarioError", "ScenarioFailedError"),
    "supporttiers.testing.situations": ("situation",),
    "supporttiers.testing.stories": ("Story",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

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
    "Scenario",
    "ScenarioError",
    "ScenarioFailedError",
    "ScriptedVendor",
    "Story",
    "Told",
    "always",
    "explore",
    "never",
    "situation",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - of whichever type the name has
    """Load a name when it is first asked for."""
    home = _HOME_OF.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Name what there is."""
    return sorted(__all__)
