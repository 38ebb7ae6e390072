"""Explore a process before it goes live, and see by which way a rule of the house can be broken."""

from pathlib import Path

from supporttiers import Match, SupportProcess
from supporttiers.testing import explore, never

process = SupportProcess.from_toml(Path(__file__).with_name("acme.toml"))
unheard = never(Match(status="resolved", vendors="acme-print"), name="nothing is resolved while the vendor works on it")

found = explore(process, depth=3, monitors=[unheard], may_wait=Match(wait_reason="customer"))
print(f"{found.states} states, {found.transitions} transitions")
for one in found.counterexamples:
    print()
    print(one.problem)
    for choice in one.choices:
        print(f"  {choice}")

assert [one.rule for one in found.counterexamples] == ["nothing is resolved while the vendor works on it"]
