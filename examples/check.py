"""
Check a process: find its dead ends and contradictions before a case does, and mend them.

Run it: python check.py
"""

import attrs

from supporttiers import SupportProcess
from supporttiers.actors import Agent
from supporttiers.backends.directory import House
from supporttiers.findings import Ignore

PROCESS = """
[process]
name = "webshop"
calendar = "office"

[calendars.office]
zone = "Europe/London"
week = { mon-fri = "09:00-17:00" }
closed = ["2026-12-24", "2026-12-25", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-01"]

[[tiers]]
level = 1
name = "First contact"
teams = ["front"]
escalates_to = [2]

[[tiers]]
level = 2
name = "Warehouse"
teams = ["warehouse"]
escalates_to = [3]

[[tiers]]
level = 3
name = "Carrier"
kind = "vendor"
vendor = "parcels"
hands_back_to = [2]

[[limits]]
name = "resolve"
target = "8h"
thresholds = [{ at = "100%", do = ["notify:manager"] }]

[[limits]]
name = "first contact"
agreement = "ola"
measures = "tier"
tier = 1
target = "1h"
thresholds = [{ at = "75%", do = ["notify:team"] }, { at = "100%", do = ["escalate"] }]

[[limits]]
name = "carrier"
agreement = "uc"
measures = "vendor"
vendor = "parcels"
target = "16h"
thresholds = [{ at = "100%", do = ["notify:manager"] }]

[[policies]]
use = "supporttiers.permit-by-rules"
rules = [{ verbs = ["escalate"], into = [3], effect = "deny", text = "the carrier is asked by the warehouse alone" }]
"""


def show(title: str, process: SupportProcess, house: House) -> None:
    """Print what is found about a process, and how bad it is."""
    found = process.check(directory=house)
    print(f"{title}: {len(found) or 'no'} findings")
    for each in found:
        print(f"  {each.severity:7} {each}")
        print(f"          {each.fix}")


def main() -> None:
    """Check a process that somebody has written on a Friday, then mend it."""
    house = House([Agent(id="anna", teams=["front"])])
    process = SupportProcess.from_text(PROCESS)
    show("As written", process, house)

    resolve, first, carrier = process.limits
    mended = attrs.evolve(
        process,
        limits=[attrs.evolve(resolve, pause_while_vendor=True), first, carrier],
        policies=[],
        ignore=[
            Ignore(code="check.waits_forever", reason="anna looks through them on Fridays"),
            Ignore(code="check.closed_long", place="calendars.office", reason="the shop says so on its first page"),
        ],
    )  # fmt: skip
    show("Mended", mended, House([Agent(id="anna", teams=["front"]), Agent(id="bob", teams=["warehouse"])]))
    assert not mended.check()


if __name__ == "__main__":
    main()
