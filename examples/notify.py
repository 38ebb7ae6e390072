"""
People are told in their own words and language: customers only what is for them, the house everything, in one message.

The mail here goes to a list; put a notifier of your own in its place, one that is called once for each recipient.
"""

from collections.abc import Iterable

from supporttiers import Agent, SupportDesk, SupportProcess
from supporttiers.actors import Contact
from supporttiers.backends.directory import House
from supporttiers.effects import Notification
from supporttiers.testing import FakeClock

PROCESS = """
[process]
name = "one-line"

[[tiers]]
level = 1
name = "Service desk"
teams = ["front"]

[[limits]]
name = "resolve"
measures = "resolution"
target = "4h"
thresholds = [
  { at = "50%", do = ["notify:team", "notify:requester"] },
  { at = "75%", do = ["notify:team"], unless = { status = { not = ["queued", "in_progress"] } } },
]

[[messages]]
text = "$what. It is with $team at $tier_name."

[[messages]]
to = "requester"
subject = "Your case $case_id"
text = "Dear $name, we have not forgotten you: your case is $status."

[[messages]]
to = "requester"
language = "de"
subject = "Ihr Fall $case_id"
text = "Guten Tag $name, wir haben Sie nicht vergessen: Ihr Fall ist $status."

[texts.de]
"move.limit" = "Frist {limit!r} ist zu {threshold} um"
"status.queued" = "in der Warteschlange"

[notifications]
quiet_hours = "22:00-07:00"
zone = "Europe/Berlin"
urgent = { priority = "critical" }
together_within = "2h"
daily_limit = 20

[[check.ignore]]
code = "check.waits_forever"
reason = "the clock stands still while the customer owes an answer"
"""


class OurPeople(House):
    """Agents, and customers from the tables of the application."""

    def contacts_of(self, ids: Iterable[str], /) -> dict[str, Contact]:
        """Give how people are reached, many at once."""
        known = {"jane": Contact(id="jane", name="Jane Doe", addresses={"email": "jane@example.com"}, language="de-AT")}
        return super().contacts_of(ids) | {id: known[id] for id in ids if id in known}


class Mail:
    """Sends mail, here to a list."""

    name = "mail"
    per_recipient = True

    def __init__(self) -> None:
        """Start with none."""
        self.sent: list[str] = []

    def notify(self, notification: Notification, /, *, key: str) -> None:  # noqa: ARG002 - this list takes all
        """Send one mail to one recipient."""
        [recipient] = notification.recipients
        address = recipient.addresses.get("email", recipient.id)
        self.sent.append(f"To: {address}\nSubject: {notification.subject}\n\n{notification.text}\n")


def main() -> None:
    """Let a limit come near, and see who is told what."""
    clock, mail = FakeClock("2026-03-23T09:00Z"), Mail()
    anna = Agent(id="anna", teams=["front"], addresses={"email": "anna@example.org"}, language="de")
    desk = SupportDesk(SupportProcess.from_text(PROCESS), clock=clock, notifiers=[mail], directory=OurPeople([anna]))
    desk.open("No VPN", id="T-1", by="jane", team="front")
    for _ in range(6):
        clock.advance("1h")
        desk.run_due()
    print(*mail.sent, sep="\n")


if __name__ == "__main__":
    main()
