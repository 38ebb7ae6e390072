"""Let Hypothesis look for a way to break a rule of the house, and show what it has found."""

import logging
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from supporttiers import Match, SupportProcess
from supporttiers.testing import MonitorViolatedError, never
from supporttiers.testing.strategies import support_machine

logging.getLogger("supporttiers").setLevel(logging.CRITICAL)  # vendors are told of things that come too late for them
process = SupportProcess.from_toml(Path(__file__).with_name("acme.toml"))
unheard = never(Match(status="resolved", vendors="acme-print"), name="nothing is resolved while the vendor works on it")
machine = support_machine(process, monitors=[unheard], max_cases=1)

# In a test of yours this is one line: `TestSupport = support_machine("acme.toml", monitors=[...]).TestCase`.
# Shrinking is left out here, to be quick; it cuts the steps down to the least that break the rule.
try:
    run_state_machine_as_test(machine, settings=settings(derandomize=True, database=None, phases=[Phase.generate]))
except MonitorViolatedError as error:
    found = str(error)
    print(found.splitlines()[0])
    print(error.__notes__[-1])
else:
    found = ""

assert "nothing is resolved while the vendor works on it" in found
