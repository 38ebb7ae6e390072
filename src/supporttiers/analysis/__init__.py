"""
What an event log says, and what a process would have made of it.

`replay(log, mapping=..., process=...)` reads the log of another help desk, turns its rows into commands by a small
mapping file, gives them to a real desk on virtual time, and counts what became of the cases. `would_have(desk)` says
what an observing process would have done.
"""

from supporttiers.analysis.faults import LogError, MappingError
from supporttiers.analysis.figures import ReplayResult
from supporttiers.analysis.mapping import LogMapping
from supporttiers.analysis.parts import Columns, LogFormat, StatusRule, StatusRules, TeamRule, TeamRules
from supporttiers.analysis.replaying import replay
from supporttiers.analysis.withheld import WouldHave, would_have

__all__ = [
    "Columns",
    "LogError",
    "LogFormat",
    "LogMapping",
    "MappingError",
    "ReplayResult",
    "StatusRule",
    "StatusRules",
    "TeamRule",
    "TeamRules",
    "WouldHave",
    "replay",
    "would_have",
]
