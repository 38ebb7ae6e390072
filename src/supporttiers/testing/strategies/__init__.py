"""
For those who test with Hypothesis: processes, cases, commands and histories, and a machine for a process of your own.

Needs the extra `testing`. Nothing here asks the wall clock, so that the same choices give the same values.
"""

import importlib.util

if importlib.util.find_spec("hypothesis") is None:
    problem = 'supporttiers.testing.strategies needs Hypothesis; pip install "supporttiers[testing]"'
    raise ModuleNotFoundError(problem, name="hypothesis")

from supporttiers.testing.strategies.drawing import (
    cases,
    commands,
    durations,
    histories,
    instants,
    processes,
    texts,
)
from supporttiers.testing.strategies.laws import Law, LawBrokenError
from supporttiers.testing.strategies.machines import SupportMachine, support_machine

__all__ = [
    "Law",
    "LawBrokenError",
    "SupportMachine",
    "cases",
    "commands",
    "durations",
    "histories",
    "instants",
    "processes",
    "support_machine",
    "texts",
]
