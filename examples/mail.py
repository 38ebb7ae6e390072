"""
Notifications by mail: one for each recipient, in one thread for each case.

The mail server of this example is a few lines in this very process; in yours it is `smtp://user:password@host?from=...`.
"""

import socketserver
import threading

from supporttiers import SupportDesk
from supporttiers.backends.notification.smtp import SmtpNotifier
from supporttiers.findings import Ignore
from supporttiers.limits import Threshold, TimeLimit
from supporttiers.process import SupportProcess
from supporttiers.testing import FakeClock
from supporttiers.tiers import Tier

MAILS: list[list[str]] = []


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as it takes to be sent a mail."""

    def handle(self) -> None:
        """Say yes to everything, and keep what comes."""
        self.say("220 hello")
        while line := self.rfile.readline():
            word = line.split()[0].upper()
            if word != b"DATA":
                self.say("221 bye" if word == b"QUIT" else "250 ok")
                continue
            self.say("354 go on")
            mail = []
            while (line := self.rfile.readline()) != b".\r\n":
                mail.append(line.decode().rstrip())
            MAILS.append(mail)
            self.say("250 taken")

    def say(self, line: str) -> None:
        """Answer."""
        self.wfile.write(f"{line}\r\n".encode())


def main(port: int) -> None:
    """Let a limit come near, and read the mails that were sent for it."""
    mail = SmtpNotifier(
        "127.0.0.1", port, sender="Support <support@acme.example>", addresses={"anna": "anna@acme.example"}
    )
    process = SupportProcess(
        name="acme",
        tiers=[Tier(level=1, name="Service desk", teams=["front"])],
        limits=[
            TimeLimit(
                name="resolve",
                target="8h",
                thresholds=[Threshold("50%", do=["notify:assignee"]), Threshold("90%", do=["notify:assignee"])],
            )
        ],
        ignore=[Ignore(code="check.waits_forever", reason="the clock stands still while the customer owes an answer")],
    )
    clock = FakeClock("2026-03-23T09:00Z")
    desk = SupportDesk(process, clock=clock, notifiers=[mail])
    desk.open("Printer on fire", id="T-1", by="jane")
    desk.assign("T-1", by="bob", assignee="anna")
    for _ in range(2):
        clock.advance("4h")
        desk.run_due()

    for lines in MAILS:
        print(*(line for line in lines if line.startswith(("To:", "Subject:", "Auto-Submitted:"))), sep="\n")
    threads = {line for lines in MAILS for line in lines if line.startswith("References:")}
    print(f"{len(MAILS)} mails in {len(threads)} thread")
    assert len(threads) == 1


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        main(server.server_address[1])
        server.shutdown()
