"""The public API as a type checker sees it: checked by `make types`, never run."""

from datetime import datetime
from typing import assert_type

from supporttiers.clock import Clock, FakeClock, SystemClock

clocks: list[Clock] = [SystemClock(), FakeClock("2026-03-23T09:00Z")]
assert_type(clocks[0].now(), datetime)
assert_type(FakeClock().advance("15m"), datetime)
