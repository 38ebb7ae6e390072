"""
Work that finds its people: cases are given out by turns, to those who are there, have room, and know how.

The people stand in `people.toml` beside this file. A house whose people come and go while the desk runs keeps them
beside the cases instead: `SupportDesk(..., directory="store")` and `desk.people.put(Agent(...))`.
"""

from pathlib import Path

from supporttiers import SupportDesk, SupportProcess

PEOPLE = Path(__file__).parent / "people.toml"

PROCESS = """
[process]
name = "two-lines"

[[tiers]]
level = 1
name = "Service desk"
teams = ["front"]
escalates_to = [2]

[[tiers]]
level = 2
name = "Network"
teams = ["network"]

[[policies]]
use = "supporttiers.assign-round-robin"

[[policies.skills]]
when = { category = "vpn" }
skills = ["vpn"]

[[check.ignore]]
code = "check.stuck"
reason = "this example is about who gets a case, and sets no limits"
"""


def main() -> None:
    """Open a few cases, and see who gets them, and why."""
    desk = SupportDesk(SupportProcess.from_text(PROCESS), directory=PEOPLE)
    for number, category in enumerate(["printing", "vpn", "printing"], start=1):
        case = desk.open(f"Number {number}", id=f"T-{number}", by="jane", category=category)
        print(f"{case.id}: {category:<8} -> {case.assignee}")
    for reason in desk.explain("T-2").here[3:]:
        print(f"  {reason}")
    case = desk.assign("T-1", by="mia")  # without a name: to somebody else
    print(f"{case.id}: given on to {case.assignee}")
    desk.assign("T-3", by="mia", assignee=None)
    taken = desk.next_for("bob")
    assert taken is not None
    print(f"{taken.id}: taken by {taken.assignee}")
    case = desk.escalate("T-2", by="bob")
    case = desk.assign(case, by="bob")  # of two who know the network, one is away: better than nobody
    print(f"{case.id}: at {case.place}, given to {case.assignee}")


if __name__ == "__main__":
    main()
