"""
Every vendor's gateway keeps the same laws.

Each kind of gateway has its class here: a fixture `connect`, and `vendor_url` and `hands` where more can be seen.
"""

import asyncio
import json
import re
import runpy
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from tests.servers.tickets import SECRETS, TOKEN, Hands, tickets

from supporttiers import _fields as fields
from supporttiers.backends.rest import Rest
from supporttiers.backends.signatures import verify
from supporttiers.backends.tickets import Statuses
from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.backends.vendor.webhook import WebhookVendor
from supporttiers.clock import SystemClock
from supporttiers.effects import VendorAnswer, VendorChanges, VendorIdentity, VendorNews
from supporttiers.errors import InputError, VendorError, WebhookRefusedError
from supporttiers.links import VendorEntry, VendorStatus
from supporttiers.testing.suites import AsyncVendorSuite, VendorSuite
from supporttiers.tiers import Visibility

SOON = timedelta(seconds=0.3)
"""So long a server in this very process may take."""
EXAMPLES = Path(__file__).parents[2] / "examples"
TABLE = {"new": "open", "open": "in_progress", "waiting": "waiting_for_us", "done": "resolved", "dropped": "withdrawn"}


class RestGateway:
    """A gateway to the system in `tests/servers/tickets.py`: it can do all that there is to do."""

    def __init__(self, url, *, token, timeout, clock=None):
        self.name = "tickets"
        self.token = token
        self.url = url
        self.clock = clock or SystemClock()
        self.secrets = SECRETS
        self._statuses = Statuses(self.name, TABLE)
        self.statuses = self._statuses.possible
        headers = {"authorization": f"Bearer {token}"}
        self._rest = Rest(self.name, url, headers=headers, timeout=timeout, clock=clock)

    def __repr__(self):
        return f"{type(self).__name__}({self.name!r})"

    def check(self):
        """Ask who we are."""
        me = self._rest.ask("me").value
        statuses = self._rest.part(me, "statuses", kind=list)
        account = self._ours(self._rest.part(me, "account", kind=str))
        return VendorIdentity(account=account, statuses=statuses, unmapped=self._statuses.unmapped(statuses))

    def open(self, request, /, *, key):
        """Open a ticket."""
        value = {"subject": fields.one_line(request.subject), "text": plain(request.text)}
        ticket = self._rest.send("POST", "tickets", value={**value, "reference": request.reference}).value
        answer = self._of(ticket, ambiguous=True)
        self._ours(ticket["by"])
        return answer

    def _ours(self, account):
        """Make sure that the vendor knows us: it lets anybody in."""
        if account != "acme":
            raise VendorError(self.name, "it knows us as somebody else", retryable=True, kind="auth")
        return account

    def fetch(self, remote_id, /):
        """Say how far it is."""
        try:
            return self._of(self._rest.ask("tickets", remote_id).value)
        except VendorError as error:
            if error.kind != "gone":
                raise
        return VendorAnswer(remote_id=remote_id, status=VendorStatus.GONE)

    def find(self, reference, /):
        """Look for tickets."""
        found = self._rest.part(self._rest.ask("tickets", query={"reference": reference}).value, kind=list)
        return [self._of(each) for each in found]

    def comment(self, remote_id, message, /, *, key):
        """Say something."""
        value = {"text": plain(message.text), "reference": message.reference}
        made = self._rest.send("POST", "tickets", remote_id, "entries", value=value).value
        if not isinstance(made, dict) or not isinstance(made.get("id"), str):
            raise self._rest.misunderstood("it answered something else", ambiguous=True)
        return made["id"]

    def set_status(self, remote_id, status, /, *, expect=None):
        """Change it."""
        word = self._statuses.word_for(status)
        if word is None:
            raise VendorError(self.name, f"it has no status {status}", retryable=False, kind="rejected")
        headers = {"if-match": expect} if expect else {}
        self._rest.send("PUT", "tickets", remote_id, value={"status": word}, headers=headers)
        found = self.fetch(remote_id)
        if found.status is not status:
            raise VendorError(self.name, f"its status is {found.status}", retryable=True, kind="not_applied")
        return found

    def withdraw(self, remote_id, message, /, *, key):
        """Take it back."""
        self.comment(remote_id, message, key=key)
        return self.set_status(remote_id, VendorStatus.WITHDRAWN)

    def attach(self, remote_id, file, /, *, key):
        """Put a file there."""
        headers = {"content-type": "application/octet-stream"}
        query = {"name": fields.one_line(file.name)}
        sent = self._rest.send(
            "POST", "tickets", remote_id, "files", content=file.content, query=query, headers=headers
        )
        return self._rest.part(sent.value, "id", kind=str)

    def changes(self, cursor, /, *, limit):
        """Say what has changed."""
        query = {"limit": str(limit)} | ({"since": cursor} if cursor else {})
        page = self._rest.ask("changes", query=query).value
        return VendorChanges(
            remote_ids=self._rest.part(page, "ids", kind=list), cursor=self._rest.part(page, "cursor", kind=str),
            more=self._rest.part(page, "more", kind=bool),
        )  # fmt: skip

    def receive(self, call, /):
        """Make sure that it is the vendor's."""
        try:
            delivery = verify(call.headers, call.body, secrets=self.secrets, now=call.now)
            id = json.loads(call.body)["id"]
        except InputError as error:
            raise WebhookRefusedError(self.name, 401, str(error)) from None
        except (ValueError, LookupError, TypeError, RecursionError):
            raise WebhookRefusedError(self.name, 400, "the body is no event") from None
        return VendorNews(delivery=delivery, hints=(str(id),))

    def _of(self, ticket, *, ambiguous=False):
        part = self._rest.part
        try:
            status = part(ticket, "status", kind=str)
            return VendorAnswer(
                remote_id=part(ticket, "id", kind=str), status=self._statuses.of(status), raw_status=status,
                reference=part(ticket, "reference", kind=str), version=str(part(ticket, "version", kind=int)),
                updated_at=datetime.fromisoformat(part(ticket, "updated", kind=str)),
                entries=[self._entry(each) for each in part(ticket, "entries", kind=list)],
            )  # fmt: skip
        except VendorError as error:
            error.ambiguous = ambiguous
            raise

    def _entry(self, entry):
        return VendorEntry(
            id=entry["id"], text=plain(entry["text"]), at=datetime.fromisoformat(entry["at"]),
            reference=entry["reference"], ours=entry["author"] == "acme",
            visibility=Visibility.PRIVATE if entry["private"] else Visibility.PUBLIC,
        )  # fmt: skip


def plain(text):
    """Take out what no store keeps, and what is too much."""
    kept = re.sub("[\0\ud800-\udfff]", "", text).encode()
    return kept.decode() if len(kept) <= 65536 else kept[:65000].decode(errors="ignore") + "\n[cut]"


class OnTickets:
    """What suites of gateways to that system share."""

    timeout: ClassVar = SOON
    capabilities: ClassVar = VendorSuite.CAPABILITIES
    secrets: ClassVar = (TOKEN,)
    hook_secrets: ClassVar = SECRETS
    raw_statuses: ClassVar = {"open": VendorStatus.IN_PROGRESS, "done": VendorStatus.RESOLVED}
    unmapped: ClassVar = "paused"
    kind: ClassVar = RestGateway

    @pytest.fixture
    def system(self):
        """Run the vendor's system."""
        with tickets() as found:
            yield found

    @pytest.fixture
    def vendor_url(self, system):
        """Say where it is."""
        return system.url

    @pytest.fixture
    def hands(self, system):
        """Give the vendor's agent."""
        return Hands(system)

    @pytest.fixture
    def connect(self):
        """Make a gateway."""

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            return self.kind(url, token="nobody-knows-this" if wrong_key else TOKEN, timeout=timeout, clock=clock)

        return connect


class TestRest(OnTickets, VendorSuite):
    """A gateway that can do all that there is to do."""


class AwaitedRest:
    """The same, with what it can do awaited."""

    def __init__(self, gateway):
        self._gateway = gateway
        self.name = gateway.name

    def __repr__(self):
        return repr(self._gateway)

    async def open(self, request, /, *, key):
        """Open a ticket."""
        return await asyncio.to_thread(self._gateway.open, request, key=key)

    async def fetch(self, remote_id, /):
        """Say how far it is."""
        return await asyncio.to_thread(self._gateway.fetch, remote_id)

    async def find(self, reference, /):
        """Look for tickets."""
        return await asyncio.to_thread(self._gateway.find, reference)


class TestAwaitedRest(AsyncVendorSuite):
    """A gateway that is awaited keeps the same laws."""

    timeout: ClassVar = SOON
    secrets: ClassVar = (TOKEN,)
    raw_statuses: ClassVar = OnTickets.raw_statuses
    unmapped: ClassVar = "paused"
    system = OnTickets.system
    vendor_url = OnTickets.vendor_url
    hands = OnTickets.hands

    @pytest.fixture
    def async_connect(self):
        """Make a gateway."""

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            token = "nobody-knows-this" if wrong_key else TOKEN
            return AwaitedRest(RestGateway(url, token=token, timeout=timeout, clock=clock))

        return connect


class TestInProcess(VendorSuite):
    """Without an address, keys or hands: most can still be tested."""

    waived: ClassVar = {
        "test_wrong_key_is_not_let_in": "it is in this very process, and asks for no key",
        "test_failure_is_whole": "there is no key that could be wrong",
    }

    @pytest.fixture
    def connect(self):
        """Make a gateway; all that are made in one test are one."""
        vendor = InProcessVendor("acme-print")
        return lambda url, /, *, timeout, wrong_key=False, clock=None: vendor


class ScriptHands:
    """Whoever runs the script."""

    def __init__(self, script):
        self._of = script

    def say(self, remote_id, text, *, private):
        """Write on a ticket; the script knows nothing public."""
        with self._of["LOCK"]:
            self._of["write"](self._of["TICKETS"][remote_id], text)

    def set_status(self, remote_id, raw):
        """Give it a status."""
        self._of["TICKETS"][remote_id].update(status=raw, updated_at=self._of["instant"]())

    def delete(self, remote_id):
        """Delete it."""
        del self._of["TICKETS"][remote_id]

    def tickets(self, reference):
        """Count those with a reference."""
        with self._of["LOCK"]:
            return len([each for each in self._of["TICKETS"].values() if each["reference"] == reference])

    def call(self, remote_id, text, *, delivery, at, secret):
        """Tell of an entry."""
        self.say(remote_id, text, private=True)
        return self._of["changed"](self._of["TICKETS"][remote_id], delivery, int(at.timestamp()), secret)


class TestScript(VendorSuite):
    """Any vendor with a script: the one of the examples."""

    timeout: ClassVar = SOON
    capabilities: ClassVar = {"signed"}
    secrets: ClassVar = SECRETS
    hook_secrets: ClassVar = SECRETS
    raw_statuses: ClassVar = {"in_progress": VendorStatus.IN_PROGRESS, "resolved": VendorStatus.RESOLVED}
    unmapped: ClassVar = "paused"
    waived: ClassVar = {
        "test_clocks_may_differ": "a signature of ten minutes ago is refused, as the standard has it",
        "test_yes_without_a_change_is_not_applied": "its questions are POSTs, too: the proxy lies about them all",
    }

    @pytest.fixture
    def script(self):
        """Run the script, and give its names."""
        names = runpy.run_path(str(EXAMPLES / "script_vendor.py"))
        kind = type("Server", (names["ThreadingHTTPServer"],), {"request_queue_size": 128})  # many come at once
        server = kind(("127.0.0.1", 0), names["Script"])
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield names | {"server": server}
        server.shutdown()
        server.server_close()

    @pytest.fixture
    def vendor_url(self, script):
        """Say where it listens."""
        return f"http://127.0.0.1:{script['server'].server_port}/in/8f2c?team=a"

    @pytest.fixture
    def hands(self, script):
        """Give whoever runs it."""
        return ScriptHands(script)

    @pytest.fixture
    def connect(self):
        """Make a gateway."""

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            return WebhookVendor(
                "acme", url=url, secrets=["whsec_" + "bm9ib2R5" * 5] if wrong_key else SECRETS,
                can=["check", "find", "comment", "set_status"], timeout=timeout, clock=clock,
            )  # fmt: skip

        return connect
