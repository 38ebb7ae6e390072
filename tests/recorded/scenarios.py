"""What is on record of Postfix: to whom a mail was written, and what the notifier said of it."""

from pathlib import Path

from supporttiers.actors import Contact
from supporttiers.backends.notification.smtp import SmtpNotifier
from supporttiers.clock import FakeClock
from supporttiers.effects import Notification
from supporttiers.errors import NotifyError
from supporttiers.reasons import Reason
from supporttiers.tiers import Status

HERE = Path(__file__).parent
SCENARIOS = {
    "delivered": ("anna@acme.test", "taken"),
    "put-off": ("bob@acme.test", "the server refused recipient 'r': 450 4.7.1; it may be tried again"),
    "unknown": ("nobody@acme.test", "the server refused recipient 'r': 550 5.1.1; trying again will not help"),
    "elsewhere": ("anna@other.test", "the server refused recipient 'r': 550 5.7.1; trying again will not help"),
    "utf8": ("jörg@acme.test", "the server refused recipient 'r': 550 5.1.1; trying again will not help"),
}  # fmt: skip
"""By name: the address, and the outcome."""


def outcome(port, address):
    """Write to an address, always the same, and say what came of it."""
    clock = FakeClock("2026-03-23T09:00Z")
    mail = SmtpNotifier("127.0.0.1", port, sender="Support <desk@acme.test>", clock=clock, name="mail")
    notification = Notification(
        tenant="default", case_id="T-1", to="assignee", recipients=(Contact(id="r", addresses={"email": address}),),
        reason=Reason("case.idle"), subject="Fall T-1 wartet auf Sie: schön", text="Guten Tag,\n.\n\nein Punkt.\n",
        language="de", tier=1, status=Status.QUEUED, at=clock.now(),
    )  # fmt: skip
    try:
        mail.notify(notification, key=f"T-1:3:0:mail:{address}")
    except NotifyError as error:
        return str(error).removeprefix("mail: ")
    return "taken"
