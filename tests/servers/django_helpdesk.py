"""A real django-helpdesk for the tests: started from its packages, and ended with the process that started it."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

from tests.servers.helpdesk_site import PASSWORD

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


@contextlib.contextmanager
def django_helpdesk() -> Iterator[Helpdesk]:
    """Run a server as long as the context lasts."""
    directory = tempfile.mkdtemp(prefix="supporttiers-helpdesk-")
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
