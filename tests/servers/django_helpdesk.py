"""A real django-helpdesk for the tests: started from its packages, and ended with the process that started it."""

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

from tests.servers.helpdesk_site import PASSWORD
from tests.servers.receivers import receiver
from tests.servers.roundup import MEMORY

_SITE = Path(__file__).with_name("helpdesk_site.py")
_PATIENCE = 30


class Helpdesk:
    """
    A server while it runs.

    `url` is where it is, `queue` the id of its queue; `desk` is our account, `mary` an agent of the vendor's, `guest`
    nobody on its staff, each with `id` and `token`, and all with one `password`.
    """

    def __init__(self, directory, said):
        self.url, self.queue = said["url"], said["queue"]
        self.desk, self.mary, self.guest = said["desk"], said["mary"], said["guest"]
        self.password = PASSWORD
        self._webhooks = Path(directory, "webhooks")
        self._media = Path(directory, "media")
        self._database = Path(directory, "helpdesk.sqlite3")

    def call(self, *urls):
        """Let its webhooks go to these URLs from now on."""
        self._webhooks.write_text("\n".join(urls))

    def ask(self, method, path, value=None, *, who="mary"):
        """Ask it something by its own interface, as the agent unless said; give what its JSON says."""
        headers = {"authorization": f"Token {getattr(self, who)['token']}", "content-type": "application/json"}
        body = None if value is None else json.dumps(value).encode()
        with urlopen(Request(f"{self.url}api/{path}", body, headers, method=method), timeout=_PATIENCE) as answer:
            read = answer.read()
        return json.loads(read) if read else None

    def say(self, ticket, text, *, public=False, status=None):
        """Let the agent write a follow-up."""
        value = {"ticket": int(ticket), "comment": text, "public": public}
        return self.ask("POST", "followups/", value if status is None else {**value, "new_status": status})

    def forget(self):
        """Take all tickets away: its list of them is slow, and there is no other way to look for one."""
        with contextlib.closing(sqlite3.connect(self._database, timeout=_PATIENCE)) as connection, connection:
            for table in ("followupattachment", "ticketchange", "followup", "ticket"):
                connection.execute(f"DELETE FROM helpdesk_{table}")

    def files(self, ticket):
        """Give the files on a ticket: of each its name and its content."""
        followups = self.ask("GET", f"tickets/{ticket}/")["followup_set"]
        there = [each for followup in followups for each in followup["followupattachment_set"]]
        paths = [unquote(urlsplit(each["file"]).path).removeprefix("/media/") for each in there]
        return [(each["filename"], (self._media / path).read_bytes()) for each, path in zip(there, paths, strict=True)]


class Hands:
    """The vendor's agent, as the suite of gateways wants one; `secret` stands in the address that is called."""

    def __init__(self, helpdesk):
        self.helpdesk = helpdesk

    def say(self, remote_id, text, *, private):
        """Write a follow-up."""
        self.helpdesk.say(remote_id, text, public=not private)

    def set_status(self, remote_id, raw):
        """Change the status, by its number."""
        self.helpdesk.ask("PATCH", f"tickets/{remote_id}/", {"status": int(raw)})

    def delete(self, remote_id):
        """Delete a ticket."""
        self.helpdesk.ask("DELETE", f"tickets/{remote_id}/")

    def move(self, remote_id):
        """Merge a ticket into a new one."""
        new = {"queue": self.helpdesk.queue, "title": "The other one", "description": "As above.", "priority": 3}
        into = self.helpdesk.ask("POST", "tickets/", new)["id"]
        self.helpdesk.ask("PATCH", f"tickets/{remote_id}/", {"merged_to": into, "status": 5})
        return str(into)

    def tickets(self, reference):
        """Count the tickets in which a reference stands."""
        found, page = [], 1
        while page:
            said = self.helpdesk.ask("GET", f"tickets/?page_size=500&page={page}")
            found += [each for each in said["results"] if reference in each["description"]]
            page = page + 1 if said["next"] else 0
        return len(found)

    def shown(self, remote_id):
        """Give what stands on a ticket."""
        ticket = self.helpdesk.ask("GET", f"tickets/{remote_id}/")
        said = [each[name] or "" for each in ticket["followup_set"] for name in ("title", "comment")]
        return "\n".join([ticket["title"], ticket["description"], *said])

    def files(self, remote_id):
        """Give the files on a ticket."""
        return self.helpdesk.files(remote_id)

    def call(self, remote_id, text, *, delivery, at, secret):
        """Write a follow-up, and give the webhook that is sent of it; nothing of it is signed, and it has no id."""
        with receiver() as called:
            host = called.url.removeprefix("http://").partition("/")[0]
            self.helpdesk.call(f"http://hook:{secret}@{host}/vendors/acme")
            try:
                self.say(remote_id, text, private=False)
            finally:
                self.helpdesk.call()
            _, _, headers, body = called.requests[0]
        return headers, body


@contextlib.contextmanager
def django_helpdesk() -> Iterator[Helpdesk]:
    """Run a server as long as the context lasts."""
    directory = tempfile.mkdtemp(prefix="supporttiers-helpdesk-", dir=MEMORY)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "COVERAGE_"))}
    with Path(directory, "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-I", _SITE, directory],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=plain, start_new_session=True,
        )  # fmt: skip
    try:
        said = server.stdout.readline()
        assert said, f"django-helpdesk did not start: {Path(directory, 'log').read_text()[-2000:]}"
        yield Helpdesk(directory, json.loads(said))
    finally:
        server.stdin.close()
        with server:
            server.wait(_PATIENCE)
        shutil.rmtree(directory, ignore_errors=True)
