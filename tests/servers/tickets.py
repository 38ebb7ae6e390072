"""A vendor's ticket system over HTTP, as plain as can be, and an agent's hands: all that a gateway can be proved on."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from supporttiers.backends.signatures import sign
from supporttiers.clock import SystemClock

TOKEN = "token-of-a-vendor-7"
SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=")


class RefusedError(Exception):
    """A request that is answered with a status."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Tickets:
    """Tickets in memory; each is as its JSON shows it, but for the files."""

    def __init__(self):
        self.lock = threading.RLock()
        self.tickets = {}
        self.files = {}
        self.moved = {}
        self.changed = []
        server = _server_for(self)
        self.url = f"http://127.0.0.1:{server.server_port}/api"
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self):
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # -- what requests do

    def answer(self, method, path, query, headers, body):
        """Give the status and the value of an answer."""
        key = headers.get("authorization")
        if key not in {f"Bearer {TOKEN}", None}:
            raise RefusedError(401)
        account = "acme" if key else "anonymous"  # it lets anybody in, as some do
        with self.lock:
            if path == ["me"]:
                return 200, {"account": account, "statuses": ["new", "open", "waiting", "paused", "done", "dropped"]}
            if path == ["changes"]:
                return 200, self.changes(query)
            if path == ["tickets"]:
                return (201, self.opened(json.loads(body), account)) if method == "POST" else (200, self.search(query))
            return self.on_ticket(method, path[1], path[2:], query, headers, body)

    def on_ticket(self, method, id, rest, query, headers, body):
        """Do what a request about one ticket asks."""
        id = self.moved.get(id, id)
        ticket = self.tickets.get(id)
        if ticket is None:
            raise RefusedError(404)
        if method == "GET":
            return 200, ticket
        if rest == ["files"]:
            self.files.setdefault(id, []).append((query["name"], body))
            return 201, {"id": f"f{len(self.files[id])}"}
        said = json.loads(body)
        if rest == ["entries"]:
            return 201, self.entry(ticket, "acme", said["text"], said["reference"], private=True)
        if headers.get("if-match", str(ticket["version"])) != str(ticket["version"]):
            raise RefusedError(412)
        if said["status"] not in {"new", "open", "waiting", "paused", "done", "dropped"}:
            raise RefusedError(422)
        ticket["status"] = said["status"]
        self.touch(ticket)
        return 200, ticket

    def opened(self, said, account):
        """Open one."""
        id = str(len(self.tickets) + 1)
        ticket = {"id": id, "status": "new", "by": account, "version": 0, "entries": []}
        ticket |= {name: said[name] for name in ("subject", "text", "reference")}
        self.tickets[id] = ticket
        self.touch(ticket)
        return ticket

    def search(self, query):
        """Give those with a reference."""
        return [ticket for ticket in self.tickets.values() if ticket["reference"] == query["reference"]]

    def entry(self, ticket, author, text, reference, *, private):
        """Write on one."""
        entry = {"id": f"{ticket['id']}.{len(ticket['entries']) + 1}", "author": author, "text": text}
        entry |= {"reference": reference, "private": private, "at": SystemClock().now().isoformat(timespec="seconds")}
        ticket["entries"].append(entry)
        self.touch(ticket)
        return entry

    def touch(self, ticket):
        """Take note that it has changed."""
        ticket["version"] += 1
        ticket["updated"] = SystemClock().now().isoformat(timespec="seconds")
        self.changed.append(ticket["id"])

    def changes(self, query):
        """Give a page of what has changed."""
        since = int(query["since"]) if "since" in query else len(self.changed)
        page = self.changed[since : since + int(query["limit"])]
        cursor = since + len(page)
        return {"ids": page, "cursor": str(cursor), "more": cursor < len(self.changed)}


class Hands:
    """The vendor's agent."""

    def __init__(self, tickets):
        self._of = tickets

    def say(self, remote_id, text, *, private):
        """Write on a ticket."""
        with self._of.lock:
            self._of.entry(self._of.tickets[remote_id], "agent", text, "", private=private)

    def set_status(self, remote_id, raw):
        """Give it a status."""
        with self._of.lock:
            self._of.tickets[remote_id]["status"] = raw
            self._of.touch(self._of.tickets[remote_id])

    def delete(self, remote_id):
        """Delete it."""
        del self._of.tickets[remote_id]

    def move(self, remote_id):
        """Give it another id."""
        with self._of.lock:
            ticket = self._of.tickets.pop(remote_id)
            new = ticket["id"] = f"M-{remote_id}"
            self._of.tickets[new], self._of.moved[remote_id] = ticket, new
            return new

    def tickets(self, reference):
        """Count those with a reference."""
        return len(self._of.search({"reference": reference}))

    def shown(self, remote_id):
        """Show it."""
        ticket = self._of.tickets[remote_id]
        return "\n".join([ticket["subject"], ticket["text"], *(entry["text"] for entry in ticket["entries"])])

    def files(self, remote_id):
        """Give its files."""
        return self._of.files.get(remote_id, [])

    def call(self, remote_id, text, *, delivery, at, secret):
        """Tell of an entry."""
        self.say(remote_id, text, private=False)
        body = json.dumps({"type": "entry", "id": remote_id, "note": text}).encode()
        return sign(body, id=delivery, at=at, secrets=[secret]), body


def _server_for(tickets):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            parts = urlsplit(self.path)
            path = parts.path.removeprefix("/api/").split("/")
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, value = tickets.answer(self.command, path, query, headers, body)
            except RefusedError as refused:
                status, value = refused.status, {"error": "no"}
            except (KeyError, ValueError, IndexError):
                status, value = 400, {"error": "what?"}
            said = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_POST = do_GET
        do_PUT = do_GET

        def log_message(self, *args):
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, request, client_address):
            """Whoever has gone away is not spoken of."""

    return Server(("127.0.0.1", 0), Handler)


@contextlib.contextmanager
def tickets():
    """Run the system as long as the context lasts."""
    found = Tickets()
    try:
        yield found
    finally:
        found.close()
