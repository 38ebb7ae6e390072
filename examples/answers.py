"""
Who owes an answer: four clocks on one case, what they do when nobody gives it, and what a process says about itself.

Run it: it needs nothing but the package, and plays on a clock of its own.
"""

from supporttiers import FakeClock, SupportDesk, SupportProcess

PROCESS = """
[process]
name = "answers"
on_reopening = "new_cycle"

[[tiers]]
level = 1
name = "Service desk"
teams = ["front"]
escalates_to = [2]

[[tiers]]
level = 2
name = "Printer vendor"
kind = "vendor"
vendor = "acme-print"
hands_back_to = [1]

[[limits]]
name = "first answer"
measures = "first_response"
target = { critical = "15m", "*" = "1h" }
thresholds = [{ at = "75%", do = ["notify:team"] }, { at = "100%", do = ["raise_priority", "assign:anna"] }]

[[limits]]
name = "next answer"
measures = "next_response"
target = "4h"
thresholds = [{ at = "100%", do = ["inform_management"] }]

[[limits]]
name = "news"
measures = "update"
target = "24h"
thresholds = [{ at = "-1h", do = ["notify:assignee"], hold = true }]

[[limits]]
name = "printer contract"
agreement = "uc"
measures = "vendor"
vendor = "acme-print"
target = "48h"

[[limits]]
name = "solved"
target = "72h"
pause_while_vendor = true
thresholds = [{ at = "100%", do = ["escalate"] }]

[[check.ignore]]
code = "check.waits_forever"
reason = "whoever waits for a customer looks at it once a week"
"""


def show(desk: SupportDesk, case_id: str) -> None:
    """Print how every clock of a case stands."""
    for clock in desk.clocks(desk.get(case_id)):
        state = "breached" if clock.breached else str(clock.stage)
        print(f"  {clock.limit:16} {state:12} {clock.elapsed} of {clock.target}")


def main() -> None:
    """Open a case, answer it too late, and wait for the vendor."""
    process = SupportProcess.from_text(PROCESS)
    assert not any(found.severity == "error" for found in process.check())
    clock = FakeClock("2026-03-23T09:00Z")
    desk = SupportDesk(process, clock=clock)
    case = desk.open("The printer is on fire", by="jane", id="T-42")
    clock.advance("1h")
    desk.run_due()
    case = desk.get("T-42")
    print(f"after an hour without a word: {case.priority}, with {case.assignee}")
    assert (case.priority, case.assignee) == ("high", "anna")

    desk.reply("T-42", by="anna", text="Is it out?")
    clock.advance("30m")
    desk.reply("T-42", by="jane", text="Nearly.")
    clock.advance("30m")
    case = desk.dispatch("T-42", by="anna", vendor="acme-print")
    desk.wait("T-42", by="anna", wait_reason="vendor")
    clock.advance("2h")
    print("while the vendor is at it:")
    show(desk, "T-42")
    readings = {reading.limit: reading for reading in desk.clocks(case)}
    assert readings["first answer"].breached
    assert readings["printer contract"].elapsed == readings["solved"].elapsed == readings["solved"].paused_for


if __name__ == "__main__":
    main()
