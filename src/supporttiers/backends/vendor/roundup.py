"""
Tickets as issues of a Roundup tracker, by its REST interface.

Our reference stands as the Message-ID of the first message of an issue: a field that every tracker has, by which it
searches, and which nobody sees. What we say is looked for by it before it is said, so that nothing is there twice.
"""

import threading
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

import attrs

from supporttiers._fields import clipped, one_line
from supporttiers.backends.rest import TIMEOUT
from supporttiers.backends.tickets import Statuses, clean
from supporttiers.backends.transport import Transport
from supporttiers.backends.vendor._roundup_changes import FORMAT, Place, instant_of
from supporttiers.backends.vendor._roundup_entries import (
    Row,
    creator,
    entries_of,
    form_of,
    ids_in,
    is_same,
    name_for,
    reference_of_message,
)
from supporttiers.backends.vendor._roundup_tracker import Tracker
from supporttiers.backends.vendor._settings import Settings
from supporttiers.clock import Clock, SystemClock
from supporttiers.effects import (
    VendorAnswer,
    VendorChanges,
    VendorFile,
    VendorIdentity,
    VendorMessage,
    VendorRequest,
)
from supporttiers.errors import PluginError, VendorError
from supporttiers.links import MAX_ENTRIES, VendorStatus, reference_of

STATUSES: Final[Mapping[str, str]] = MappingProxyType({
    "unread": "open", "deferred": "acknowledged", "chatting": "open", "need-eg": "waiting_for_us",
    "in-progress": "in_progress", "testing": "in_progress", "resolved": "resolved", "done-cbb": "resolved",
})  # fmt: skip
"""What the statuses of Roundup's classic template mean. Any message of anybody's makes an issue `chatting`."""

_SETTINGS: Final = ("url", "user", "password", "statuses", "priorities", "origin")
_TAKEN_BACK: Final = (VendorStatus.WITHDRAWN, VendorStatus.CLOSED, VendorStatus.RESOLVED)
_MAX_TITLE: Final = 200
_MOST_HITS: Final = 10
"""So many messages with one reference are looked at: there is one, unless two attempts have written it."""
_MAX_ADDRESSES: Final = 1000
_BEFORE_US: Final = timedelta(minutes=15)


@attrs.define(eq=False)
class _Address:
    """Where one issue can be created, and how many attempts have it."""

    token: str
    takers: int = 0


class RoundupVendor:
    """
    Opens issues in a Roundup tracker (2.x, `rest` enabled), comments on them, and follows them.

    >>> RoundupVendor("acme", url="https://acme.example/tracker/", user="desk", password="secret")
    RoundupVendor('acme', user='desk')

    Attributes:
        name: By which tiers refer to it.
        statuses: What its tickets can be, by the table.

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        name: str,
        *,
        url: str,
        user: str,
        password: str,
        statuses: Mapping[str, str] = STATUSES,
        priorities: Mapping[str, str] = MappingProxyType({}),
        origin: str | None = None,
        transport: Transport | None = None,
        timeout: timedelta = TIMEOUT,
        clock: Clock | None = None,
    ) -> None:
        """
        Say which tracker, and as whom.

        Args:
            name: By which tiers refer to it.
            url: The tracker's own address, such as `https://acme.example/tracker/`.
            user: The name of our account there.
            password: Of the account.
            statuses: Our status by the tracker's name or id for it.
            priorities: The tracker's priority by ours; a new issue has none where it is not named.
            origin: From where the tracker lets its interface be used; the origin of the URL when None.
            transport: Carries the requests; `HttpTransport()` when None.
            timeout: How long one exchange may take.
            clock: Tells the time; the machine's when None.

        Raises:
            PolicyConfigError: The URL is none.
            PluginError: The table of statuses has words that are none of ours, or what is sent with each request cannot
                be so.
        """
        if origin is not None and not (origin.isascii() and origin.isprintable()):
            raise PluginError(name, "its `origin` must be printable ASCII, such as https://acme.example")
        self.name = name
        self._user = user
        self._words = Statuses(name, statuses)
        self.statuses: frozenset[VendorStatus] = self._words.possible
        self._priorities = dict(priorities)
        self._clock = clock or SystemClock()
        self._tracker = Tracker(
            name, url, user=user, password=password, origin=origin, transport=transport, timeout=timeout,
            clock=self._clock,
        )  # fmt: skip
        self._addresses: dict[str, _Address] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        """Show which, and as whom."""
        return f"{type(self).__name__}({self.name!r}, user={self._user!r})"

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, object]) -> "RoundupVendor":
        """
        Make one from settings.

        Raises:
            PluginError: They are not such as it needs.
        """
        said = Settings(name, settings, possible=_SETTINGS)
        return cls(
            name, url=said.url("url"), user=said.needed("user"), password=said.needed("password"),
            statuses=said.table("statuses", otherwise=STATUSES), priorities=said.table("priorities", otherwise={}),
            origin=said.text("origin", otherwise=None), timeout=said.timeout(),
        )  # fmt: skip

    # -- who we are, and what there is

    def check(self) -> VendorIdentity:
        """
        Make sure that the tracker knows us as our account, and lets us write; compare its statuses with the table.

        Raises:
            VendorError: It does not.
        """
        account = self._tracker.account()
        if account.get("username") != self._user or "address" not in account:  # which nobody else is shown
            raise self._tracker.error("it knows us as somebody else", kind="auth")
        live = self._tracker.statuses()
        self._tracker.token()
        unknown = [name for id_, name in live if self._status(id_, name) is VendorStatus.UNKNOWN]
        return VendorIdentity(account=self._user, statuses=tuple(name for _, name in live), unmapped=tuple(unknown))

    def _status(self, id_: str, name: str) -> VendorStatus:
        by_name = self._words.of(name)
        return self._words.of(id_) if by_name is VendorStatus.UNKNOWN else by_name

    def _answer(self, remote_id: str, row: Row, *, version: str = "", reference: str = "") -> VendorAnswer:
        found = row.get("status")
        status = found if isinstance(found, dict) else {}
        word = str(status.get("name") or status.get("id") or "")
        return VendorAnswer(
            remote_id=remote_id, status=self._status(str(status.get("id")), word), raw_status=clean(word),
            updated_at=instant_of(row.get("activity")), version=version, reference=reference,
        )  # fmt: skip

    # -- opening, once

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """Open an issue, or give the one that this request has opened before."""
        reference = request.reference or reference_of(key)
        address = self._address(key)  # before we look: whoever opens the issue after that uses this one, or is found
        message = self._message(reference)
        if message is not None and (found := self.find(reference)):
            self._forget(key)
            return found[0]
        issue: dict[str, object] = {
            "title": clipped(one_line(clean(request.subject)), _MAX_TITLE) or reference,
            "messages": [message or self._tracker.say(request.text or request.subject or reference, reference)],
        }
        if priority := self._priorities.get(request.priority or ""):
            issue["priority"] = priority
        remote_id = self._create(issue, address, key, reference)
        self._forget(key)
        return self._opened(remote_id, reference)

    def _message(self, reference: str) -> str | None:
        """Find our message with a reference: it may have been written in vain."""
        return next((id_ for id_, _ in self._messages(reference)), None)

    def _messages(self, reference: str) -> list[tuple[str, Row]]:
        rows = self._tracker.messages_with(reference)
        found = [(str(row.get("id")), row) for row in rows if reference_of_message(row, self._user) == reference]
        return found[:_MOST_HITS]

    def _create(self, issue: Mapping[str, object], address: "_Address", key: str, reference: str) -> str:
        """Create an issue, or find the one that another attempt has created at the same address."""
        try:
            return self._tracker.create(issue, address.token)
        except VendorError as error:
            if not error.ambiguous:
                self._forget(key)
            if address.takers == 1 or error.kind != "rejected":
                raise
            if found := self.find(reference):
                return found[0].remote_id
            problem = "an earlier attempt may have opened the ticket, which cannot be found yet"
            raise VendorError(self.name, problem, retryable=True, ambiguous=True) from None

    def _address(self, key: str) -> "_Address":
        """
        Give the address at which a request is opened.

        It takes one issue, and is kept until an answer has come: of two attempts the one that arrives first opens the
        ticket, however late it arrives, and the other one is refused.
        """
        found = self._addresses.get(key) or _Address(self._tracker.token())
        with self._lock:
            held = self._addresses.get(key)
            address = held or found
            if held is None and len(self._addresses) >= _MAX_ADDRESSES:
                self._addresses.pop(next(iter(self._addresses)))
            self._addresses[key] = address
            address.takers += 1
        return address

    def _forget(self, key: str) -> None:
        with self._lock:
            self._addresses.pop(key, None)

    def _opened(self, remote_id: str, reference: str) -> VendorAnswer:
        """Read the new issue: it is ours only if its creator is our account."""
        try:
            issue = self._tracker.issue(remote_id)
        except VendorError:  # it is there all the same, and will be asked about
            return VendorAnswer(remote_id=remote_id, reference=reference)
        if creator(issue.row) != self._user:
            raise self._tracker.error("it has opened the ticket as somebody else's", kind="auth")
        return self._answer(remote_id, issue.row, version=issue.version, reference=reference)

    def find(self, reference: str, /) -> tuple[VendorAnswer, ...]:
        """Find issues on which our message with a reference stands."""
        return tuple(
            self._answer(str(issue.get("id")), issue, reference=reference_of_message(message, self._user))
            for id_, message in self._messages(reference)
            for issue in self._tracker.issues_with(id_)
        )

    # -- following

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """Say how far an issue is, and what stands on it; `gone` where it was retired, or is hidden from us."""
        try:
            issue = self._tracker.issue(remote_id)
        except VendorError as error:
            if error.kind != "gone":
                raise
            return VendorAnswer(remote_id=remote_id, status=VendorStatus.GONE)
        answer = self._answer(remote_id, issue.row, version=issue.version)
        if not self._tracker.is_there(remote_id):
            return attrs.evolve(answer, status=VendorStatus.GONE)
        messages = self._tracker.messages(ids_in(issue.row.get("messages"))[-MAX_ENTRIES:])
        files = self._tracker.files(ids_in(issue.row.get("files"))[-MAX_ENTRIES:])
        return attrs.evolve(
            answer, entries=entries_of(messages, files, self._user),
            reference=next(filter(None, (reference_of_message(row, self._user) for row in messages)), ""),
        )  # fmt: skip

    def changes(self, cursor: str | None, /, *, limit: int) -> VendorChanges:
        """Give the issues that were changed since a cursor, the oldest first."""
        if cursor is None:
            present = self._tracker.present() or self._clock.now()
            return VendorChanges(cursor=Place(since=(present - _BEFORE_US).strftime(FORMAT)).cursor)
        place = Place.of(cursor)
        rows, read_at = self._tracker.changed_since(place.since)
        ids, further, more = place.after(rows, at=read_at, limit=limit)
        return VendorChanges(remote_ids=ids, cursor=further.cursor, more=more)

    # -- saying something

    def comment(self, remote_id: str, message: VendorMessage, /, *, key: str) -> str:
        """Say something on an issue; a second time with one reference changes nothing."""
        reference = message.reference or reference_of(key)
        id_ = self._message(reference) or self._tracker.say(message.text or message.purpose, reference)
        self._tracker.add(remote_id, "messages", id_)
        return f"msg{id_}"

    def attach(self, remote_id: str, file: VendorFile, /, *, key: str) -> str:  # noqa: ARG002 - its content tells it
        """Put a file on an issue, unless there is one of ours with its name and content. Roundup takes no empty one."""
        files = self._tracker.files(ids_in(self._tracker.issue(remote_id).row.get("files")))
        alike = [
            str(row.get("id")) for row in files if creator(row) == self._user and row.get("name") == name_for(file)
        ]
        same = [row for row in self._tracker.contents(alike) if is_same(row.get("content"), file)]
        id_ = str(same[0].get("id")) if same else self._tracker.upload(*form_of(file))
        self._tracker.add(remote_id, "files", id_)
        return f"file{id_}"

    def set_status(self, remote_id: str, status: VendorStatus, /, *, expect: str | None = None) -> VendorAnswer:
        """Change the status, and read it back. See `CanSetStatus.set_status`."""
        id_ = self._status_for(status)
        if id_ is None:
            raise self._tracker.error(f"it has no status that means {status.value}", kind="rejected")
        version = expect or self._tracker.issue(remote_id).version
        self._tracker.change(remote_id, {"@op": "replace", "status": id_}, version)
        answer = self.fetch(remote_id)
        if answer.status is not status:
            raise self._tracker.error(
                f"the ticket is {answer.status.value}, and not {status.value}", kind="not_applied"
            )
        return answer

    def _status_for(self, status: VendorStatus) -> str | None:
        """Give the number of the tracker's first status that means ours, in the order of the table."""
        live = self._tracker.statuses()
        first = self._words.word_for(status)
        ways = [id_ for id_, name in live if first in {id_, name.casefold()}]
        ways += [id_ for id_, name in live if self._status(id_, name) is status]
        return next(iter(ways), None)

    def withdraw(self, remote_id: str, message: VendorMessage, /, *, key: str) -> VendorAnswer:
        """Say that the request is taken back; make it withdrawn, or else closed or resolved, as the table has it."""
        self.comment(remote_id, message, key=key)
        wanted = next((each for each in _TAKEN_BACK if self._words.word_for(each)), VendorStatus.RESOLVED)
        return self.set_status(remote_id, wanted)
