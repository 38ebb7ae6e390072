"""A case by way of everything that the plugin hands over; run it where the package is installed."""

from pathlib import Path

from supporttiers import FakeClock, SupportDesk
from supporttiers_acme.home import home, keep

keep("contracts", {"default": {"c-1": "gold"}})
clock = FakeClock("2026-03-23T09:00Z")
desk = SupportDesk(
    Path(__file__).with_name("hardware.toml"),
    store="acme:hardware",
    notifiers=["acme://night"],
    vendors={"acme-print": {"prefix": "AP"}},
    entry_points=True,
    clock=clock,
)

case = desk.open("The printer prints hieroglyphs", id="T-1", by="jane", customer="c-1")
print("opened in tier", case.tier)
desk.inform_management(case, by="bob")
desk.escalate(case, by="bob")
desk.run_due()
print("sent as", desk.get("T-1").vendor_tickets[0].remote_id)
clock.advance("2m")
desk.run_due()
print("the vendor says", desk.get("T-1").vendor_tickets[0].status)
desk.run_due()

print("pager:", (home() / "pager-night.jsonl").read_text("utf-8").count("\n"), "lines")
print("journal:", (home() / "journal.jsonl").read_text("utf-8").count("\n"), "of", desk.get("T-1").version, "events")
desk.shut_down()
