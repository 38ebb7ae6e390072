"""
A vendor under contract: late to take a request up, reminded, asked again after an answer that did not help.

Your application would keep the database somewhere lasting, leave the clock out, hand in the gateway of a real system,
and call `desk.run_due()` from a worker, cron or Celery.
"""

import tempfile
from pathlib import Path

from supporttiers import FakeClock, Match, SupportDesk, SupportProcess, Tier, VendorContract, VendorStatus
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.findings import Ignore

PROCESS = SupportProcess(
    name="acme",
    tiers=[
        Tier(level=2, name="Technical support", escalates_to=[4]),
        Tier(level=4, name="Printer vendor", kind="vendor", vendor="acme-print", hands_back_to=[2]),
    ],
    contracts=[
        VendorContract(
            vendor="acme-print",
            acknowledge="1h",
            resolve="8h",
            on_breach=["remind"],
            covers=Match({"attributes.warranty": True}),
        )
    ],
    ignore=[
        Ignore(code="check.stuck", place="tiers[0]", reason="this example is about the vendor, and sets no limits")
    ],
)


def report(desk: SupportDesk, what: str) -> None:
    """Let the worker do its part, and say how things stand."""
    desk.run_due()
    case = desk.get("T-1")
    tickets = ", ".join(f"{ticket.remote_id} {ticket.status}" for ticket in case.vendor_tickets)
    clocks = ", ".join(f"{reading.limit} {reading.stage}" for reading in desk.clocks("T-1"))
    print(f"{what}: tier {case.tier}, {case.status}; {tickets}; {clocks}")


def main() -> None:
    """Live through a week with a vendor."""
    clock = FakeClock("2026-03-23T09:00Z")
    vendor = InProcessVendor("acme-print")
    with (
        tempfile.TemporaryDirectory() as directory,
        SupportDesk(PROCESS, store=f"sqlite:///{Path(directory) / 's.db'}", clock=clock, vendors=[vendor]) as desk,
    ):
        case = desk.open("The drum is worn out", id="T-1", by="jane", attributes={"warranty": True})
        desk.escalate(case, by="bob")
        report(desk, "sent")
        clock.advance("1h")
        desk.run_due()
        report(desk, "reminded")
        vendor.update("ACME-PRINT-1", status=VendorStatus.ANSWERED)
        clock.advance("1h")
        report(desk, "answered")
        desk.escalate("T-1", by="bob", reason="it did not help")
        report(desk, "asked again")
        clock.advance("1h")
        desk.resolve("T-1", by="bob", text="A driver did it")
        report(desk, "resolved elsewhere")
        for event in desk.history("T-1"):
            if type(event).__name__ == "VendorTold":
                print("the vendor was told:", event.purpose)


if __name__ == "__main__":
    main()
