"""Request Tracker 5, by its interface REST2."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Final, Self
from urllib.parse import urlsplit

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import clipped, one_line
from supporttiers.backends.rest import TIMEOUT, Rest, basic
from supporttiers.backends.tickets import Statuses, clean, marked
from supporttiers.backends.transport import Transport
from supporttiers.backends.vendor import _rt_reading as reading
from supporttiers.backends.vendor._rt_changes import changes_since
from supporttiers.backends.vendor._rt_files import name_of, sent_as
from supporttiers.backends.vendor._rt_reading import URN, Conversation, Seen
from supporttiers.backends.vendor._settings import Settings
from supporttiers.clock import Clock
from supporttiers.effects import (
    VendorAnswer,
    VendorChanges,
    VendorFile,
    VendorIdentity,
    VendorMessage,
    VendorRequest,
)
from supporttiers.errors import PluginError, VendorError
from supporttiers.links import VendorStatus

STATUSES: Final[Mapping[str, str]] = {
    "new": "open", "open": "in_progress", "stalled": "waiting_for_us", "resolved": "resolved", "rejected": "rejected",
    "deleted": "gone",
}  # fmt: skip
"""What Request Tracker's own words for statuses mean, unless the host says otherwise."""

MOST_FILE_BYTES: Final = 8 * 1024 * 1024
"""So large a file may be; Request Tracker itself takes ten million bytes unless its owner has said otherwise."""

RIGHTS: Final = ("SeeQueue", "CreateTicket", "ShowTicket", "ReplyToTicket", "ModifyTicket")
"""What our account must be allowed in the queue; `ShowTicketComments` and `CommentOnTicket` besides, for comments."""

_WAYS: Final = ("correspond", "comment")
_MOST_HITS: Final = 10
_MOST_SUBJECT: Final = 200
_REFERENCE: Final = re.compile("ST-[A-Z2-7]{16}")
_TOKEN: Final = re.compile(r"\d+-(\d+)-[!-~]+", re.ASCII)
_TICKET: Final = re.compile(r"\d{1,15}", re.ASCII)
_TRANSACTION: Final = re.compile(r"/transaction/(\d{1,18})$", re.ASCII)
_SETTINGS: Final = (
    "url", "queue", "token", "user", "password", "account", "requestor", "messages", "withdrawn", "fields", "statuses",
)  # fmt: skip


class RtVendor:
    """
    Keeps tickets in a queue of a vendor's Request Tracker.

    Our reference is a link of the ticket's, `urn:supporttiers:ST-...` under "Refers to": by it the ticket is found,
    also after it was merged into another. The version of a ticket is the number of its last change.

    >>> RtVendor("acme", url="https://rt.acme.example", queue="Printers", user="desk", password="secret")
    RtVendor('acme', 'rt.acme.example')

    Attributes:
        name: By which tiers refer to it.
        statuses: Which statuses its tickets can have.

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        name: str,
        *,
        url: str,
        queue: str,
        token: str | None = None,
        user: str | None = None,
        password: str | None = None,
        account: str | None = None,
        requestor: str | None = None,
        messages: str = "correspond",
        withdrawn: str = "rejected",
        fields: Mapping[str, str] | None = None,
        statuses: Mapping[str, str] = STATUSES,
        timeout: timedelta = TIMEOUT,
        transport: Transport | None = None,
        clock: Clock | None = None,
    ) -> None:
        """
        Say where the vendor's Request Tracker is, and who we are there.

        Args:
            name: By which tiers refer to it.
            url: Of its pages, such as `https://rt.acme.example`, without `/REST/2.0`.
            queue: In which tickets are opened, by its name or number.
            token: An authentication token of our account; or *user* and *password*.
            user: The name of our account.
            password: Its password.
            account: As whom we must be known there: `check` and `fetch` refuse to be anybody else.
            requestor: The address that stands on tickets as their requestor, and gets the vendor's mails; none when
                None.
            messages: What is said to the vendor goes on the ticket as a reply, which its requestors get, too
                (`correspond`), or as a comment for the vendor's own people (`comment`).
            withdrawn: The vendor's word for the status of a request that was taken back.
            fields: Custom fields of new tickets, by their names.
            statuses: Our status by the vendor's word.
            timeout: How long one exchange may take.
            transport: Carries the requests; `HttpTransport()` when None.
            clock: Tells the time, for dates in answers; the machine's when None.

        Raises:
            PluginError: It is not said who we are, or in two ways, or something else is not possible.
            PolicyConfigError: The URL is none.
        """
        self.name = name
        self._login, authorization = _credentials(name, token, user, password)
        if messages not in _WAYS:
            raise PluginError(name, f"its `messages` must be one of: {', '.join(_WAYS)}")
        self._statuses = Statuses(name, statuses)
        if self._statuses.of(withdrawn) in {VendorStatus.UNKNOWN, VendorStatus.GONE}:
            raise PluginError(name, f"its `withdrawn`, {one_line(withdrawn)[:40]!r}, stands not in its `statuses`")
        self.statuses: frozenset[VendorStatus] = self._statuses.possible
        self._queue, self._account, self._requestor = queue, account, requestor
        self._messages, self._withdrawn, self._fields = messages, withdrawn, dict(fields or {})
        self._known: str | None = None
        self._rest = Rest(
            name, url.rstrip("/") + "/REST/2.0", headers={"authorization": authorization},
            transport=transport, timeout=timeout, clock=clock,
        )  # fmt: skip
        self._host = urlsplit(url).hostname

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, object]) -> Self:
        """
        Make one from plain data: the words of the constructor, as docs/reference/vendors.md lists them.

        Raises:
            PluginError: A word is not known, or its value not possible.
        """
        said = Settings(name, settings, possible=_SETTINGS)
        return cls(
            name, url=said.url("url"), queue=said.needed("queue"), token=said.text("token", otherwise=None),
            user=said.text("user", otherwise=None), password=said.text("password", otherwise=None),
            account=said.text("account", otherwise=None), requestor=said.text("requestor", otherwise=None),
            messages=said.text("messages", otherwise="correspond"),
            withdrawn=said.text("withdrawn", otherwise="rejected"), fields=said.table("fields", otherwise={}),
            statuses=said.table("statuses", otherwise=STATUSES), timeout=said.timeout(),
        )  # fmt: skip

    def __repr__(self) -> str:
        """Show for whom, and where; never with what."""
        return f"{type(self).__name__}({self.name!r}, {self._host!r})"

    # -- who we are

    def check(self) -> VendorIdentity:
        """
        Ask as whom we are known, and whether we see the queue.

        Request Tracker does not list its words for statuses: none are given.

        Raises:
            VendorError: It cannot be reached; it knows us as nobody, or as somebody else than `account` (`auth`); there
                is no such queue, or we may not see it (`permission`).
        """
        self._known = None
        found = self._whoami()
        with self._explained():
            self._rest.part(self._rest.ask("queue", self._queue).value, "Name", kind=str)
        return VendorIdentity(account=found)

    def _whoami(self) -> str:
        if self._known is None:
            with self._explained():
                found = self._rest.part(self._rest.ask("user", self._login).value, "Name", kind=str)
            if fields.name(found) is not None:
                raise self._rest.misunderstood("Name in its answer is no name")
            if self._account is not None and self._account.casefold() != found.casefold():
                problem = f"it knows us, and not as {self._account!r}, as `account` says"
                raise VendorError(self.name, problem, retryable=True, kind="auth")
            self._known = found
        return self._known

    # -- tickets

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:  # noqa: ARG002 - the reference is its short form
        """
        Open a ticket: one request, which is never repeated here.

        Raises:
            VendorError: It was not opened, or nobody knows. `permission` also means that there is no such queue.
        """
        links = [URN + request.reference]
        if request.follows is not None and _TICKET.fullmatch(request.follows):
            links.append(request.follows)
        value: dict[str, Any] = {
            "Queue": self._queue,
            "Subject": clipped(one_line(clean(request.subject)), _MOST_SUBJECT),
            "Content": marked(clean(request.text), request.reference),
            "ContentType": "text/plain",
            "RefersTo": links,
        }
        if self._requestor is not None:
            value["Requestor"] = self._requestor
        if self._fields:
            value["CustomFields"] = self._fields
        if self._account is not None:
            self._whoami()
        with self._explained():
            reply = self._rest.send("POST", "ticket", value=value)
        try:
            return VendorAnswer(remote_id=reading.number(self._rest, reply.value, "id"), reference=request.reference)
        except VendorError as error:
            raise attrs.evolve(error, ambiguous=True) from None

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """
        Say how a ticket stands, with its newest 256 entries. One that was merged is given as the one it is now.

        Raises:
            VendorError: It could not be read; `gone`: there is no such ticket.
        """
        account = self._whoami()
        ticket = self._ticket(remote_id)
        answer = self._answer(ticket)
        if answer.status is VendorStatus.GONE:
            return answer
        return attrs.evolve(answer, entries=Conversation(self._rest, ticket, account).entries())

    def find(self, reference: str, /) -> Sequence[VendorAnswer]:
        """
        Look for tickets with our reference, and read each, so that it is known to show it. Deleted ones are not found.

        Raises:
            VendorError: They could not be looked for.
        """
        if not _REFERENCE.fullmatch(reference):
            return ()
        with self._explained():
            rows = reading.items(self._rest, "tickets", query=f"RefersTo = '{URN}{reference}'", orderby="id")
        ids = dict.fromkeys(reading.number(self._rest, row, "id") for row in rows[:_MOST_HITS])
        tickets = [self._ticket(each) for each in ids]
        return tuple(self._answer(ticket, reference=reference) for ticket in tickets if reference in ticket.references)

    def _ticket(self, remote_id: str) -> Seen:
        """Read a ticket by its number, and by nothing that would lead elsewhere."""
        if not _TICKET.fullmatch(remote_id):
            raise VendorError(self.name, "its tickets have numbers, and this is none", retryable=False, kind="gone")
        with self._explained():
            return reading.seen(self._rest, self._rest.ask("ticket", remote_id))

    def _living(self, remote_id: str) -> Seen:
        """Read a ticket on which something is to be said: Request Tracker would say it on deleted ones, too."""
        ticket = self._ticket(remote_id)
        if self._statuses.of(ticket.status) is VendorStatus.GONE:
            raise VendorError(self.name, "the ticket is deleted", retryable=False, kind="gone")
        return ticket

    def _answer(self, ticket: Seen, *, reference: str = "") -> VendorAnswer:
        return VendorAnswer(
            remote_id=ticket.id,
            status=self._statuses.of(ticket.status),
            raw_status=ticket.status,
            reference=reference or next(iter(ticket.references), ""),
            updated_at=ticket.updated_at,
            version=ticket.version,
        )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say of a 403 what it may mean: Request Tracker says so of what is not there, too."""
        try:
            yield
        except VendorError as error:
            if error.kind != "permission":
                raise
            needed = f"our account needs the rights {', '.join(RIGHTS)} in the queue {self._queue!r}, if there is one"
            raise attrs.evolve(error, problem=f"{error.problem}; {needed}") from None

    # -- what is done on them

    def comment(self, remote_id: str, message: VendorMessage, /, *, key: str) -> str:  # noqa: ARG002 - see `open`
        """
        Say something on a ticket, as a reply or as a comment; give the number of the entry.

        Raises:
            VendorError: It was not said, or nobody knows.
        """
        ticket = self._living(remote_id)
        return self._say(ticket, self._messages, Content=marked(clean(message.text), message.reference))

    def withdraw(self, remote_id: str, message: VendorMessage, /, *, key: str) -> VendorAnswer:  # noqa: ARG002
        """
        Say that the request is taken back, and give the ticket the status for that, in one request; read it back.

        Raises:
            VendorError: It was not done, or nobody knows; `not_applied`: the ticket has another status afterwards.
        """
        ticket = self._living(remote_id)
        text = marked(clean(message.text), message.reference)
        self._say(ticket, self._messages, Content=text, Status=self._withdrawn)
        return self._read_back(ticket.id, self._withdrawn)

    def set_status(self, remote_id: str, status: VendorStatus, /, *, expect: str | None = None) -> VendorAnswer:
        """
        Give a ticket a status, and read it back: Request Tracker says yes to one that it does not know.

        Raises:
            VendorError: `rejected`: no word of the vendor's means this status; `conflict`: the ticket has changed since
                *expect*; `not_applied`: it has another status afterwards.
        """
        word = None if status is VendorStatus.GONE else self._statuses.word_for(status)
        if word is None:
            possible = ", ".join(sorted(self.statuses - {VendorStatus.GONE, VendorStatus.UNKNOWN}))
            problem = f"no status of its tickets means {str(status)!r}; possible are: {possible}"
            raise VendorError(self.name, problem, retryable=False, kind="rejected")
        ticket = self._living(remote_id)
        headers = {"if-match": expect} if expect else {}
        with self._explained():
            self._rest.send("PUT", "ticket", ticket.id, value={"Status": word}, headers=headers)
        return self._read_back(ticket.id, word)

    def _read_back(self, remote_id: str, word: str) -> VendorAnswer:
        ticket = self._ticket(remote_id)
        if ticket.status.casefold() != word.casefold():
            problem = (
                "it said yes, and the ticket has another status: it knows no such one, or not from the one before; "
                "or our account lacks the right ModifyTicket"
            )
            raise VendorError(self.name, problem, retryable=False, kind="not_applied")
        return self._answer(ticket)

    def attach(self, remote_id: str, file: VendorFile, /, *, key: str) -> str:  # noqa: ARG002 - see `open`
        """
        Put a file on a ticket, by its name without folders; give its number there, empty where that is not known.

        Raises:
            VendorError: It was not put there, or nobody knows; `rejected`: it is empty, or larger than 8 MiB;
                `not_applied`: Request Tracker has dropped it, because it is larger than its owner allows.
        """
        if not 0 < len(file.content) <= MOST_FILE_BYTES:
            problem = f"the file has {len(file.content)} bytes; from 1 to {MOST_FILE_BYTES} are possible"
            raise VendorError(self.name, problem, retryable=False, kind="rejected")
        ticket = self._living(remote_id)
        name = name_of(file)
        said = self._say(ticket, self._messages, Content=f"Attached: {name}", Attachments=[sent_as(name, file)])
        rows: list[dict[str, Any]] = []
        with suppress(VendorError):  # it is there; only its number is not known
            rows = reading.items(self._rest, "transaction", said, "attachments", fields="Filename") if said else []
        if any(row.get("Filename") == f"{name}.txt" for row in rows):
            problem = f"it has dropped the file of {len(file.content)} bytes: it is larger than its owner allows"
            raise VendorError(self.name, problem, retryable=False, kind="not_applied")
        return next((str(row.get("id") or "") for row in rows if row.get("Filename")), "")

    def _say(self, ticket: Seen, way: str, **said: object) -> str:
        with self._explained():
            reply = self._rest.send("POST", "ticket", ticket.id, way, value={"ContentType": "text/plain", **said})
        if not isinstance(reply.value, list):
            raise self._rest.misunderstood("its answer is no list", ambiguous=True)
        found = _TRANSACTION.search(reply.headers.get("location", ""))
        return found[1] if found else ""

    # -- what has changed

    def changes(self, cursor: str | None, /, *, limit: int) -> VendorChanges:
        """
        Give which tickets with a link under "Refers to", as ours are, have changed, the oldest first.

        By the clock of the vendor alone, and a minute further back than the cursor, for what was written late.

        Raises:
            VendorError: They could not be listed.
        """
        with self._explained():
            return changes_since(self._rest, cursor, limit=limit)


def _credentials(name: str, token: str | None, user: str | None, password: str | None) -> tuple[str, str]:
    """Give the number or the name of our account, and what proves that it is ours."""
    if token is not None and user is None and password is None:
        found = _TOKEN.fullmatch(token)
        if found is None:
            raise PluginError(name, "its `token` is none of Request Tracker's, which begin with two numbers: 1-23-...")
        return found[1], f"token {token}"
    if token is None and user and password and ":" not in user:
        return user, basic(name, user, password)
    raise PluginError(name, "say who we are there: by `token`, or by `user` (without a colon) and `password`")
