"""
The engine: what commands and the passing of time make of a case. Pure: no I/O, no clock, no randomness, no logging.

`decide(process, case, command, now)` is the whole truth of the library. It settles what was due before the command,
asks the process, and answers with events, effects and the next wake-up.
"""

from supporttiers._engine.adopting import adopt
from supporttiers._engine.asking import explain, options
from supporttiers._engine.assigning import objections
from supporttiers._engine.clocks import readings
from supporttiers._engine.deciding import decide
from supporttiers._engine.renewing import renew

__all__ = ["adopt", "decide", "explain", "objections", "options", "readings", "renew"]
