"""
Any vendor with a script: sixty lines that open tickets for `WebhookVendor`, and tell of their changes.

The script needs nothing but Python; what is below it is the desk's side.
"""

import base64
import hashlib
import hmac
import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TICKETS, ANSWERS, LOCK, NUMBERS = {}, {}, threading.Lock(), itertools.count(1)
STATUSES = ("open", "in_progress", "waiting_for_us", "resolved", "withdrawn")


def signature(id, seconds, body, secret=SECRET):
    """Sign as Standard Webhooks has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def is_ours(headers, body):
    """Say whether a call comes from the desk, and has been made just now."""
    id, seconds, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    fresh = seconds.isdecimal() and abs(time.time() - int(seconds)) < 300
    ours = signature(id, seconds, body).encode()
    return fresh and any(hmac.compare_digest(ours, each.encode()) for each in given.split())


def answer(event):
    """Do what an event asks for; give the status and the value of the answer."""
    what, data = event["type"].removeprefix("org.supporttiers.vendor."), event["data"]
    if what == "check":
        return 200, {"account": "desk", "statuses": STATUSES}
    if what == "find":
        return 200, {"tickets": [each for each in TICKETS.values() if each["reference"] == data["reference"]]}
    if what == "open":
        ticket = {"id": f"A-{next(NUMBERS)}", "status": "open", "reference": data["reference"], "entries": []}
        TICKETS[ticket["id"]] = {**ticket, "title": data["subject"], "updated_at": instant()}
        return 201, TICKETS[ticket["id"]]
    ticket = TICKETS.get(data["id"])
    if ticket is None:
        return 404, {"error": "no such ticket"}
    if what == "comment":
        return 201, write(ticket, data["text"], reference=data["reference"])
    if what == "set_status":
        if data["status"] not in STATUSES:
            return 422, {"error": "no such status"}
        ticket.update(status=data["status"], updated_at=instant())
    return 200, ticket


def write(ticket, text, reference=""):
    """Write on a ticket: for the desk with its reference, for the vendor without."""
    entry = {"id": f"{ticket['id']}.{len(ticket['entries']) + 1}", "text": text, "at": instant()}
    ticket["entries"].append({**entry, "reference": reference})
    ticket["updated_at"] = instant()
    return entry


def instant():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def changed(ticket, id, seconds, secret=SECRET):
    """Make the call that tells the desk of a change: headers and body, to be posted to where it receives."""
    body = json.dumps({"type": "org.supporttiers.vendor.changed", "data": ticket}).encode()
    signed = signature(id, seconds, body, secret)
    return {"webhook-id": id, "webhook-timestamp": str(seconds), "webhook-signature": signed}, body


class Script(BaseHTTPRequestHandler):
    def do_POST(self):
        body, status, value = self.rfile.read(int(self.headers["content-length"])), 401, {"error": "who are you?"}
        if is_ours(self.headers, body):
            id = self.headers["webhook-id"]
            with LOCK:  # the work of an id is done once, and its answer is given again
                status, value = ANSWERS[id] = ANSWERS.get(id) or answer(json.loads(body))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *args):
        """Say nothing: what came may be private."""


def serve(port=0):
    """Wait for calls, in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Script)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main():
    """Let a desk send a case to the script, and hear what comes of it."""
    from supporttiers import SupportDesk
    from supporttiers.testing import FakeClock

    server, clock = serve(), FakeClock("2026-03-23T09:00Z")
    acme = {
        "use": "webhook", "url": f"http://127.0.0.1:{server.server_port}/", "secrets": [SECRET],
        "can": ["check", "find", "comment", "set_status"],
    }  # fmt: skip
    desk = SupportDesk(Path(__file__).with_name("acme.toml"), clock=clock, vendors={"acme-print": acme})
    desk.open("Drum is worn out", id="T-1", by="jane", category="printing")
    desk.escalate("T-1", by="bob", reason="needs a technician")
    desk.escalate("T-1", by="eve")
    desk.run_due()
    [sent] = desk.get("T-1").vendor_tickets
    print(f"at the vendor: {sent.remote_id}, {sent.status}, {TICKETS[sent.remote_id]['title']!r}")

    TICKETS[sent.remote_id].update(status="resolved", updated_at=instant())
    clock.advance("2m")
    desk.run_due()
    case = desk.get("T-1")
    print(f"the vendor says: {case.vendor_tickets[0].status}; the case is at tier {case.tier}")
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
