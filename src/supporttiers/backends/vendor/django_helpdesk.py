"""A vendor whose tickets are in django-helpdesk: its REST interface, and its webhooks."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Self

import attrs

from supporttiers import _fields as fields_
from supporttiers._fields import MAX_INTEGER
from supporttiers.backends.rest import TIMEOUT, TOO_LONG, Reply, Rest, basic
from supporttiers.backends.tickets import Statuses, marked
from supporttiers.backends.transport import HttpResponse, Transport
from supporttiers.backends.vendor import _helpdesk as helpdesk
from supporttiers.backends.vendor._hints import checked_secrets, news_of
from supporttiers.backends.vendor._settings import Settings
from supporttiers.clock import Clock
from supporttiers.effects import (
    VendorAnswer,
    VendorCall,
    VendorFile,
    VendorIdentity,
    VendorMessage,
    VendorNews,
    VendorRequest,
)
from supporttiers.errors import PluginError, VendorError
from supporttiers.links import VendorEntry, VendorStatus, reference_of

STATUSES: Final[Mapping[str, str]] = {"1": "open", "2": "open", "3": "resolved", "4": "closed", "5": "rejected"}
"""Its statuses as they come: open, reopened, resolved, closed, duplicate."""

PRIORITY: Final = 3
"""The priority of a ticket for which none is said: between critical (1) and very low (5)."""

_PAGE: Final = 256
_LOOKED_AT: Final = 1024
_MOST_MERGES: Final = 5
_FORBIDDEN: Final = 403
_NUMBER: Final = re.compile("[0-9]{1,9}")
_WHEN_OPEN: Final = {"on_hold": "on_hold", "assigned": "assigned_to"}
_POSSIBLE: Final = (
    "url", "token", "user", "password", "queue", "email", "priorities", "fields", "public", "statuses", "secrets",
)  # fmt: skip


class DjangoHelpdeskVendor:
    """
    Opens tickets in one queue of a django-helpdesk, and follows them.

    >>> DjangoHelpdeskVendor("acme", url="https://help.acme.example/", token="9944b091", queue=1)
    DjangoHelpdeskVendor('acme')

    Attributes:
        statuses: Which statuses its tickets can have.
        settle_time: How long after an unsure opening a ticket may still appear: it sends mail before it answers.

    .. versionadded:: 0.1.0
    """

    settle_time: Final = timedelta(minutes=2)

    def __init__(
        self,
        name: str,
        *,
        url: str,
        queue: int,
        token: str | None = None,
        user: str | None = None,
        password: str | None = None,
        email: str = "",
        priorities: Mapping[str, int] | None = None,
        fields: Mapping[str, str] | None = None,
        public: bool = False,
        statuses: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        transport: Transport | None = None,
        timeout: timedelta = TIMEOUT,
        clock: Clock | None = None,
    ) -> None:
        """
        Say where it is, and who we are there; nothing is sent yet.

        Args:
            name: By which tiers refer to it.
            url: Below which its `api/` lies.
            queue: The id of the queue in which tickets are opened.
            token: Of an account of ours alone, which must be staff there.
            user: Of such an account, with its password, in place of a token.
            password: As above.
            email: Whom it is to write to about our tickets; nobody when empty.
            priorities: Its priority, 1 (critical) to 5, by ours; 3 for those that are not in it.
            fields: What stands in fields of its own that it demands: values by `custom_NAME`.
            public: Whether what we say is for the submitter too, who is then written to; else for its staff alone.
            statuses: Our status by the number of its status; `on_hold` and `assigned` may stand there besides, for
                tickets that are so while their number means `open`. `STATUSES` when None.
            secrets: Any of these stands in the address of its webhooks; without one no webhook is taken.
            transport: Carries the requests; `HttpTransport()` when None.
            timeout: How long one exchange may take.
            clock: Tells the time, for dates in answers.

        Raises:
            PluginError: One of these cannot be so; no secret is shown.
            PolicyConfigError: The URL is none.
        """
        self.name = name
        table = _checked_words(name, STATUSES if statuses is None else statuses)
        self._statuses = Statuses(name, table)
        self._numbers = Statuses(name, {word: ours for word, ours in table.items() if word not in _WHEN_OPEN})
        self._flags = [flag for flag in _WHEN_OPEN if flag in table]
        self.statuses: frozenset[VendorStatus] = self._statuses.possible
        self._user = user or "the owner of the token"
        self._secrets = checked_secrets(name, secrets)
        self._new = {"queue": queue, **(fields or {}), **({"submitter_email": email} if email else {})}
        self._priorities = dict(priorities or {})
        self._public = public
        self._rest = Rest(
            name, url, headers={"authorization": _authorization(name, token, user, password)}, transport=transport,
            timeout=timeout, clock=clock,
            kind_of=_kind_of,
        )  # fmt: skip

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, object]) -> Self:
        """
        Make it from settings: the words are those of the constructor.

        Raises:
            PluginError: They are not such as it needs.
        """
        given = Settings(name, settings, possible=_POSSIBLE)
        if "queue" not in settings:
            raise PluginError(name, "its settings lack 'queue': the id of the queue in which tickets are opened")
        return cls(
            name,
            url=given.url("url"),
            queue=given.whole("queue", otherwise=1, low=1, high=MAX_INTEGER),
            token=given.text("token", otherwise=None),
            user=given.text("user", otherwise=None),
            password=given.text("password", otherwise=None),
            email=given.text("email", otherwise=""),
            priorities=given.numbers("priorities", low=1, high=5),
            fields=given.table("fields", otherwise={}),
            public=given.flag("public", otherwise=False),
            statuses=given.table("statuses", otherwise=STATUSES),
            secrets=given.several("secrets"),
            timeout=given.timeout(),
        )

    def __repr__(self) -> str:
        """Show whose it is."""
        return f"{type(self).__name__}({self.name!r})"

    # -- reading

    def check(self) -> VendorIdentity:
        """
        Make sure that it knows us, and list its statuses.

        Whose a token is it does not say: then only that it is staff's is sure.

        Raises:
            VendorError: It cannot be reached, or does not know us as staff (`auth`).
        """
        found = self._rest.send("OPTIONS", "api", "tickets", "").value
        choices = self._rest.part(found, "actions", "POST", "status", "choices", kind=list)
        words = tuple(str(each.get("value")) for each in helpdesk.dicts(choices))
        return VendorIdentity(account=self._user, statuses=words, unmapped=self._statuses.unmapped(words))

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """
        Say how far a ticket is; one that has been merged is known by the id of the other from then on.

        Raises:
            VendorError: It cannot be read.
        """
        try:
            ticket = self._ticket(remote_id)
            for _ in range(_MOST_MERGES):
                if not helpdesk.is_id(ticket.get("merged_to")):
                    break
                ticket = self._ticket(str(ticket["merged_to"]))
        except VendorError as error:
            if error.kind != "gone":
                raise
            self._be_there()
            return VendorAnswer(remote_id=remote_id, status=VendorStatus.GONE)
        return self._answer(ticket)

    def find(self, reference: str, /) -> Sequence[VendorAnswer]:
        """
        Look for a reference among the newest 1024 tickets: its list can be asked for nothing, and gives all.

        Raises:
            VendorError: They cannot be read.
        """
        count = self._rest.part(self._page("last", size=1), "count", kind=int)
        newest = max(count - 1, 0) // _PAGE * _PAGE
        starts = range(newest, max(newest - _LOOKED_AT, -1), -_PAGE)
        tickets = [ticket for start in starts for ticket in self._tickets(start, _PAGE)]
        return [self._answer(each) for each in tickets if helpdesk.reference_of_ticket(each) == reference]

    def _tickets(self, start: int, size: int) -> list[Mapping[str, Any]]:
        try:
            return helpdesk.dicts(self._page(str(start // size + 1), size=size).get("results"))
        except VendorError as error:
            if error.kind == "gone":  # there is no such page any more
                return []
            if error.problem != TOO_LONG:
                raise
        half = size // 2  # none that is so long by itself has just been opened
        return [*self._tickets(start, half), *self._tickets(start + half, half)] if half else []

    def _page(self, number: str, *, size: int) -> dict[str, Any]:
        query = {"page": number, "page_size": str(size)}
        return self._rest.part(self._rest.ask("api", "tickets", "", query=query).value, kind=dict)

    def _ticket(self, remote_id: str) -> dict[str, Any]:
        return self._rest.part(self._rest.ask("api", "tickets", remote_id, "").value, kind=dict)

    def _be_there(self) -> None:
        """Make sure that what says that a ticket is gone is its interface, and not a wrong address."""
        try:
            self.check()
        except VendorError as error:
            if error.kind == "gone":
                raise self._rest.misunderstood("there is no django-helpdesk at its address") from None
            raise

    def _answer(self, ticket: Mapping[str, Any], *, written: bool = False) -> VendorAnswer:
        number, status = ticket.get("id"), ticket.get("status")
        if not helpdesk.is_id(number) or not helpdesk.is_id(status):
            raise self._rest.misunderstood("what should be a ticket is none", ambiguous=written)
        word = str(status)
        if self._statuses.of(word) is VendorStatus.OPEN:
            word = next((flag for flag in self._flags if ticket.get(_WHEN_OPEN[flag])), word)
        return VendorAnswer(
            remote_id=str(number),
            status=self._statuses.of(word),
            raw_status=word,
            reference=helpdesk.reference_of_ticket(ticket),
            entries=helpdesk.entries_of(ticket),
        )

    # -- writing

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:  # noqa: ARG002 - the reference is of it
        """
        Open a ticket: once, and never again.

        Raises:
            VendorError: It was not opened, or nobody knows (`ambiguous`).
        """
        text = helpdesk.safe(request.text) + (f"\n\nFollows #{request.follows}." if request.follows else "")
        ticket = {
            **self._new,
            "title": helpdesk.title_of(request.subject),
            "description": marked(text, request.reference),
            "priority": self._priorities.get(request.priority or "", PRIORITY),
        }
        answer = self._rest.send("POST", "api", "tickets", "", value=ticket)
        self._id_of(answer)
        return self._answer(answer.value, written=True)

    def comment(self, remote_id: str, message: VendorMessage, /, *, key: str) -> str:  # noqa: ARG002 - as above
        """
        Write a follow-up, and give its id.

        Raises:
            VendorError: It was not written, or nobody knows (`ambiguous`); `gone`: there is no such ticket.
        """
        return str(self._follow_up(remote_id, marked(helpdesk.safe(message.text), message.reference)))

    def set_status(
        self,
        remote_id: str,
        status: VendorStatus,
        /,
        *,
        expect: str | None = None,  # noqa: ARG002 - it has no versions
    ) -> VendorAnswer:
        """
        Change the status, and read it back.

        Raises:
            VendorError: `rejected`: none of its statuses means that; `not_applied`: it is another one than was asked
                for.
        """
        number = self._number_for(status)
        try:
            self._rest.send("PATCH", "api", "tickets", remote_id, "", value={"status": int(number)})
        except VendorError as error:
            raise attrs.evolve(error, ambiguous=False) from None  # to do it twice is to do it once
        return self._read_back(remote_id, number)

    def withdraw(self, remote_id: str, message: VendorMessage, /, *, key: str) -> VendorAnswer:  # noqa: ARG002 - as above
        """
        Say so, close the ticket, and read it back.

        Raises:
            VendorError: As `comment` and `set_status`.
        """
        number = self._number_for(VendorStatus.WITHDRAWN, VendorStatus.CLOSED)
        if self._said(remote_id, message.reference) is None:
            text = marked(helpdesk.safe(message.text), message.reference)
            self._follow_up(remote_id, text, new_status=int(number))
        return self._read_back(remote_id, number)

    def attach(self, remote_id: str, file: VendorFile, /, *, key: str) -> str:
        """
        Write a follow-up with a file, and give the file's id; with the same key it is there once.

        Raises:
            VendorError: It was not taken, or nobody knows (`ambiguous`); `rejected`: it is empty, or of a kind that it
                does not take.
        """
        reference = reference_of(key)
        said = self._said(remote_id, reference)
        there = next(iter(said.attachments), None) if said else None
        if there is not None:
            return there.id
        followup = int(said.id) if said else self._follow_up(remote_id, marked(helpdesk.file_name(file), reference))
        content, kind = helpdesk.form(file, followup=followup)
        answer = self._rest.send(
            "POST", "api", "followups-attachments", "", content=content, headers={"content-type": kind}
        )
        return str(self._id_of(answer))

    def _follow_up(self, remote_id: str, text: str, **more: int) -> int:
        value = {"ticket": remote_id, "comment": helpdesk.untouched(text), "public": self._public, **more}
        # with a title it would rename the ticket
        try:
            answer = self._rest.send("POST", "api", "followups", "", value=value)
        except VendorError as error:
            if error.kind == "rejected":
                self._ticket(remote_id)  # of one that is gone it says that it is no choice
            raise
        return self._id_of(answer)

    def _said(self, remote_id: str, reference: str) -> VendorEntry | None:
        entries = helpdesk.entries_of(self._ticket(remote_id))
        return next((each for each in entries if each.reference == reference), None)

    def _number_for(self, *meant: VendorStatus) -> str:
        found = next((word for each in meant if (word := self._numbers.word_for(each))), None)
        if found is None:
            problem = f"none of its statuses means {meant[0]}; add its number to `statuses`"
            raise VendorError(self.name, problem, retryable=False, kind="rejected")
        return found

    def _read_back(self, remote_id: str, number: str) -> VendorAnswer:
        ticket = self._ticket(remote_id)
        answer = self._answer(ticket)
        if str(ticket["status"]) != number:
            problem = f"its ticket has the status {ticket['status']} afterwards, and not {number}"
            raise VendorError(self.name, problem, retryable=True, kind="not_applied")
        return answer

    def _id_of(self, answer: Reply) -> int:
        found = answer.value.get("id") if isinstance(answer.value, dict) else None
        if not helpdesk.is_id(found):
            raise self._rest.misunderstood("it does not say what it has made", ambiguous=True)
        return int(found)

    # -- being called

    def receive(self, call: VendorCall, /) -> VendorNews:
        """
        Say of which ticket a webhook speaks. It is not signed, and so it is only a hint: nothing else in it is read.

        Raises:
            WebhookRefusedError: No secret of ours came with it, or it speaks of no ticket.
        """
        return news_of(call, vendor=self.name, secrets=self._secrets)


def _kind_of(answer: HttpResponse) -> str | None:
    """
    Say what its own 403 means: what it forbids, it forbids the whole account, which is not staff there.

    Where sessions stand first among its ways to log in, it says so also to whom it does not know, in place of 401.
    """
    return "auth" if answer.status == _FORBIDDEN and b'"detail"' in answer.body else None


def _checked_words(name: str, table: Mapping[str, str]) -> Mapping[str, str]:
    wrong = next((word for word in table if word not in _WHEN_OPEN and not _NUMBER.fullmatch(str(word))), None)
    if wrong is not None:
        possible = f"possible are numbers, as in STATUSES, and: {', '.join(_WHEN_OPEN)}"
        raise PluginError(name, f"its `statuses` name {wrong!r}; {possible}")
    return {str(word): ours for word, ours in table.items()}


def _authorization(name: str, token: str | None, user: str | None, password: str | None) -> str:
    if (token is None) == (user is None or password is None):
        raise PluginError(name, "it needs a `token`, or a `user` and a `password`: one of both")
    if token is None:
        return basic(name, str(user), str(password))
    if fields_.key(token) or not token.isascii() or " " in token:
        raise PluginError(name, "its `token` can be no token: printable ASCII without blanks")
    return f"Token {token}"
