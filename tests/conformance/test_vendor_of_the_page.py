"""The gateway of "Connect a vendor" keeps the laws of gateways, as it stands on the page."""

import re
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from supporttiers.links import VendorStatus
from supporttiers.testing.suites import VendorSuite

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "connect-a-vendor.md"


def blocks_with(*words):
    """Give the python blocks of the page in which one of some words stands, without what starts a server."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    found = [next(block for block in blocks if word in block) for word in words]
    return "\n".join(found).replace("\nserver = ", "\n# server = ").replace("\nthreading.", "\n# threading.")


class Hands:
    """The vendor's agent."""

    def __init__(self, system):
        self._of = system

    def say(self, remote_id, text, *, private):
        """Write on a ticket; all of it is private."""
        with self._of["LOCK"]:
            self._of["write"](self._of["TICKETS"][remote_id], by="agent", text=text)

    def set_status(self, remote_id, raw):
        """Give it a status."""
        self._of["TICKETS"][remote_id]["state"] = raw

    def delete(self, remote_id):
        """Delete it."""
        del self._of["TICKETS"][remote_id]

    def tickets(self, reference):
        """Count those with a reference."""
        with self._of["LOCK"]:
            return sum(ticket["ref"] == reference for ticket in self._of["TICKETS"].values())

    def shown(self, remote_id):
        """Show it."""
        ticket = self._of["TICKETS"][remote_id]
        return "\n".join(
            [ticket["title"], ticket["text"], ticket["ref"], *(each["text"] for each in ticket["comments"])]
        )


class TestPage(VendorSuite):
    """It has `open`, `fetch`, `find` and `comment`."""

    secrets: ClassVar = ("s3cret-of-acme",)
    raw_statuses: ClassVar = {"busy": VendorStatus.IN_PROGRESS, "done": VendorStatus.RESOLVED}
    unmapped: ClassVar = "paused"

    @pytest.fixture
    def system(self):
        """Run the vendor's system, and give the names of the page."""
        names = {"__name__": "__page__"}
        code = blocks_with("class TicketSystem", "class AcmeRest").replace("\nurl = f", "\n# url = f")
        exec(code, names)

        class Server(ThreadingHTTPServer):
            request_queue_size = 128

        server = Server(("127.0.0.1", 0), names["TicketSystem"])
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield names | {"server": server}
        server.shutdown()
        server.server_close()

    @pytest.fixture
    def vendor_url(self, system):
        """Say where it is."""
        return f"http://127.0.0.1:{system['server'].server_port}/"

    @pytest.fixture
    def hands(self, system):
        """Give the vendor's agent."""
        return Hands(system)

    @pytest.fixture
    def connect(self, system):
        """Make a gateway."""

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            return system["AcmeRest"](url, "nobody" if wrong_key else "s3cret-of-acme", timeout=timeout)

        return connect
