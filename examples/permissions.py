"""
Who may do what: a robot at first contact, experts who want logs, and a vendor whose bill somebody must approve.

Every refusal says why, and what to hand in first; a command that needs approval waits, and is carried out afterwards in
the name of whoever asked for it.
"""

from supporttiers import Actor, Attachment, FakeClock, NotPermittedError, SupportDesk, SupportProcess
from supporttiers.backends.vendor.memory import InProcessVendor

PROCESS = """
[process]
name = "workshop"
entry = [1]

[[tiers]]
level = 1
name = "First contact"
escalates_to = [2, 3]
time_limit = "15m"

[[tiers]]
level = 2
name = "Technicians"
escalates_to = [3]

[[tiers]]
level = 3
name = "Experts"
hands_back_to = [2]

[[policies]]
use = "supporttiers.prioritise-by-rules"
matrix.many = { now = "critical", later = "high" }
matrix.one = { now = "high", later = "low" }

[[policies]]
use = "supporttiers.permit-by-rules"
rules = [
  { verbs = ["resolve", "close"], effect = "deny", kinds = ["assistant"], text = "A person has to look at it first." },
  { verbs = ["escalate"], effect = "deny", kinds = ["assistant"], skipping = true },
]

[[policies]]
use = "supporttiers.permit-by-hand-off"
requirements = [
  { into = [3], name = "logs", media_types = ["text/*"] },
  { into = [3], name = "steps to reproduce", attributes = ["steps"] },
]

[[policies]]
use = "supporttiers.permit-by-approval"
rules = [{ verbs = ["dispatch"], approvers = ["purchasing"], text = "Is the repair worth its price?" }]

[[check.ignore]]
code = "check.stuck"
reason = "this example is about who may do what, and sets few limits"

[[check.ignore]]
code = "check.waits_forever"
reason = "this example is about who may do what, and sets few limits"
"""

ROBOT, PAUL = Actor.assistant("robot"), Actor.agent("paul", roles=["purchasing"])


def ask_too_much(desk: SupportDesk, case_id: str) -> None:
    """Be refused, with everything that stands against it."""
    for by, tier in ((ROBOT, 3), ("eve", 3)):
        try:
            desk.escalate(case_id, by=by, tier=tier)
        except NotPermittedError as refusal:
            print(f"refused: {refusal}")


def hand_on(desk: SupportDesk, case_id: str) -> None:
    """Hand in what the experts want, and let them have the case."""
    desk.attach(case_id, by="jane", attachments=[Attachment(id="f-1", name="press.log", media_type="text/plain")])
    desk.amend(case_id, by="eve", attributes={"steps": "Press twice."})
    case = desk.escalate(case_id, by="eve", tier=3)
    print(f"{case.id}: tier {case.tier}, {case.priority}")


def have_it_repaired(desk: SupportDesk, case_id: str) -> None:
    """Ask for what costs money, and wait for a yes."""
    case = desk.dispatch(case_id, by="eve", vendor="repairs", text="The left hinge, please.")
    print(f"{case.id}: {case.status} for {case.wait_reason}: {case.held.reason if case.held else None}")
    case = desk.approve(case, by=PAUL)
    print(f"{case.id}: {case.status}, sent to {case.vendor_tickets[0].vendor}")


def main() -> None:
    """Go through one case, and leave another one to the clock."""
    clock = FakeClock("2026-03-23T09:00Z")
    desk = SupportDesk(SupportProcess.from_text(PROCESS), clock=clock, vendors=[InProcessVendor("repairs")])
    desk.open("The press is stuck", by="jane", id="P-1", impact="one", urgency="now")
    ask_too_much(desk, "P-1")
    hand_on(desk, "P-1")
    have_it_repaired(desk, "P-1")
    desk.open("The other press, too", by="jane", id="P-2", impact="many", urgency="now")
    clock.advance("15m")
    desk.run_due()
    print(desk.explain("P-2"))


if __name__ == "__main__":
    main()
