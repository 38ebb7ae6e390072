"""
Notifications as signed webhooks, and how a receiver makes sure whom they come from.

The receiver is in this very process; the first time it has no time, as happens.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from supporttiers import SupportDesk
from supporttiers.backends.notification.webhook import WebhookNotifier
from supporttiers.backends.signatures import verify
from supporttiers.clock import SystemClock
from supporttiers.errors import InputError
from supporttiers.process import SupportProcess
from supporttiers.testing import FakeClock

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - that of the standard's example
ANSWERS = [503, 204, 204]
SEEN: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    """Another application, which knows the secret."""

    def do_POST(self) -> None:
        """Verify the bytes that came before anything reads them; do each id's work once."""
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            id = verify(dict(self.headers.items()), body, secrets=[SECRET], now=SystemClock().now())
        except InputError as error:
            print("refused:", error)
            self.answer(400)
            return
        status = ANSWERS.pop(0)
        if status == 204 and id not in SEEN:  # noqa: PLR2004 - taken
            SEEN.add(id)
            event = json.loads(body)
            print(f"{event['type']} about {event['subject']}: {event['data']['reason']['code']}")
        self.answer(status)

    def answer(self, status: int) -> None:
        """Answer with nothing but a number."""
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def main(url: str) -> None:
    """Ask for management, and have the message delivered at the second attempt."""
    clock = FakeClock("2026-03-23T09:00Z")
    desk = SupportDesk(
        SupportProcess.default(), clock=clock, notifiers=[WebhookNotifier(url, secrets=[SECRET], name="hooks")]
    )
    desk.open("Printer on fire", id="T-1", by="jane")
    desk.inform_management("T-1", by="bob")
    print("failed:", desk.run_due().failed)
    clock.advance("6s")
    print("relayed:", desk.run_due().relayed)
    assert len(SEEN) == 1


if __name__ == "__main__":
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        main(f"http://127.0.0.1:{server.server_address[1]}/support")
        server.shutdown()
