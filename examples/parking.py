"""A policy with a fault: its case is set aside and told of; the fault is mended, and the case goes on."""

import logging

from supporttiers import SupportDesk, SupportProcess, Tier
from supporttiers.backends.notification.console import ConsoleNotifier
from supporttiers.clock import FakeClock
from supporttiers.decisions import Situation
from supporttiers.findings import Ignore

logging.getLogger("supporttiers").setLevel(logging.CRITICAL)  # the faults below are meant


class OnlyWithPlan:
    """Looks for the customer's plan where there may be none."""

    name, revision = "acme.only-with-plan", 1
    mended = False

    def permit(self, situation: Situation) -> None:
        """Have no opinion; or fail, for customers without a plan."""
        if situation.trigger == "escalate" and not self.mended:
            situation.case.attributes["plan"]


PROCESS = SupportProcess(
    name="acme",
    tiers=[Tier(level=1, name="Desk", escalates_to=[2], time_limit="15m"), Tier(level=2, name="Experts")],
    policies=[OnlyWithPlan()],
    ignore=[
        Ignore(code=code, reason="this example is about a policy that fails, and sets few limits")
        for code in ("check.stuck", "check.waits_forever")
    ],
)


def main() -> None:
    """Let time pass until the case is set aside, mend the policy, and unpark the case."""
    clock = FakeClock("2026-03-23T09:00Z")
    desk = SupportDesk(PROCESS, clock=clock, notifiers=[ConsoleNotifier(name="pager")])
    desk.open("No VPN", id="T-1", by="jane", attributes={"plan": "gold"})
    desk.open("No mail", id="T-2", by="joe")
    while not desk.parked():
        clock.advance("15m")
        desk.run_due()
    for case in desk.find():
        print(f"{case.id} is at tier {case.tier}")
    for parked in desk.parked():
        print(f"{parked.case.id} is set aside since {parked.parked_at:%H:%M}: {parked.reason}")
    print(desk.explain("T-2"))

    OnlyWithPlan.mended = True
    desk.unpark("T-2")
    desk.run_due()
    print(f"T-2 is at tier {desk.get('T-2').tier}; still set aside: {desk.backlog().parked}")


if __name__ == "__main__":
    main()
