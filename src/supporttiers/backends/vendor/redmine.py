"""Tickets in a Redmine, by its REST interface."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from supporttiers import _fields as fields
from supporttiers._fields import clipped, one_line
from supporttiers.backends.rest import TIMEOUT, Rest
from supporttiers.backends.tickets import Statuses, clean, marked
from supporttiers.backends.transport import Transport
from supporttiers.backends.vendor._redmine import MAX_NAME, Reader, author_of, cursor_of, file_name, read_cursor
from supporttiers.backends.vendor._redmine_door import Account, Door
from supporttiers.backends.vendor._settings import Settings
from supporttiers.clock import Clock, SystemClock
from supporttiers.effects import VendorAnswer, VendorChanges, VendorFile, VendorIdentity, VendorMessage, VendorRequest
from supporttiers.errors import PluginError, VendorError
from supporttiers.links import VendorStatus, reference_of
from supporttiers.tiers import Visibility

STATUSES: Final[Mapping[str, str]] = {
    "New": "open", "In Progress": "in_progress", "Feedback": "waiting_for_us", "Resolved": "resolved",
    "Closed": "closed", "Rejected": "rejected",
}  # fmt: skip
"""What the statuses mean that a Redmine begins with, in English."""

OVERLAP: Final = timedelta(seconds=10)
"""So far a cursor goes back: an instant there has whole seconds, and may be written a while after it has been read."""

MOST_ROWS: Final = 100
"""So many tickets a Redmine gives at once at most."""

FEWEST_ROWS: Final = 25
"""So many changes are asked for at once at least: a second can have as many."""

_SETTINGS: Final = (
    "url", "api_key", "project", "account", "tracker", "field", "statuses", "priorities", "notes_for_requester",
)  # fmt: skip
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER: Final = re.compile("[0-9]{1,18}")


class RedmineVendor:
    """
    Opens tickets in a project of a Redmine, and hears what becomes of them.

    A Redmine that does not know our key takes us for a stranger, and where strangers may read or write, it lets us: so
    we ask it who we are, once a minute at most, before anything else is asked.

    >>> RedmineVendor("acme", url="https://redmine.acme.example", api_key="5f2c", project="support", field=7)
    RedmineVendor('acme', project='support')

    Attributes:
        name: By which tiers refer to it.
        statuses: Which of our statuses its tickets can have.

    .. versionadded:: 0.1.0
    """

    def __init__(
        self,
        name: str,
        *,
        url: str,
        api_key: str,
        project: str,
        account: str | None = None,
        tracker: int | None = None,
        field: int | None = None,
        statuses: Mapping[str, str] = STATUSES,
        priorities: Mapping[str, str] | None = None,
        notes_for_requester: bool = False,
        transport: Transport | None = None,
        timeout: timedelta = TIMEOUT,
        clock: Clock | None = None,
    ) -> None:
        """
        Say where, as whom, and what its words mean.

        Args:
            name: By which tiers refer to it.
            url: Where the Redmine is; its REST interface has to be enabled.
            api_key: Of our account there.
            project: Where tickets are opened: its identifier, or its number.
            account: The login of our account; where it is said, another one is `auth`.
            tracker: The number of the tracker of our tickets; the project's first one when None.
            field: The number of a custom field of the kind "Text" that is used as a filter: it holds our reference.
                When None, the reference stands in the subject.
            statuses: Our status by the name or the number of one of its own.
            priorities: The number of one of its priorities by ours; others get the one that is usual there.
            notes_for_requester: Whether notes that are not private are meant for the requester, too.
            transport: Carries the requests; the standard library does when None.
            timeout: How long one exchange may take.
            clock: Tells the time; the machine's when None.

        Raises:
            PolicyConfigError: The URL is none.
            PluginError: Something else cannot be so; the error names it.
        """
        self.name = name
        if fields.key(api_key) or not api_key.isascii():
            raise PluginError(name, "its `api_key` must be one line of ASCII, not empty")
        self._project, self._tracker, self._field = project, tracker, field
        self._priorities = dict(priorities or {})
        self._clock = clock or SystemClock()
        self._rest = Rest(
            name, url, headers={"x-redmine-api-key": api_key}, transport=transport, timeout=timeout, clock=self._clock
        )
        self._words = Statuses(name, statuses)
        self.statuses: frozenset[VendorStatus] = self._words.possible
        visibility = Visibility.PUBLIC if notes_for_requester else Visibility.PRIVATE
        self._reader = Reader(rest=self._rest, statuses=self._words, field=field, visibility=visibility)
        self._door = Door(
            name, rest=self._rest, reader=self._reader, clock=self._clock, project=project, account=account,
            tracker=tracker,
        )  # fmt: skip

    def __repr__(self) -> str:
        """Show where; no key, and no address."""
        return f"{type(self).__name__}({self.name!r}, project={self._project!r})"

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, object]) -> Self:
        """
        Make one of plain settings: `url`, `api_key`, `project`, and what else the constructor takes.

        Raises:
            PluginError: One is missing, unknown, or cannot be so.
        """
        said = Settings(name, settings, possible=_SETTINGS)
        return cls(
            name,
            url=said.url("url"),
            api_key=said.needed("api_key"),
            project=said.needed("project"),
            account=said.text("account", otherwise=None),
            tracker=said.whole("tracker", otherwise=0, low=0, high=fields.MAX_INTEGER) or None,
            field=said.whole("field", otherwise=0, low=0, high=fields.MAX_INTEGER) or None,
            statuses=said.table("statuses", otherwise=STATUSES),
            priorities=said.table("priorities", otherwise={}),
            notes_for_requester=said.flag("notes_for_requester", otherwise=False),
            timeout=said.timeout(),
        )

    # -- who we are, and whether we can be found again

    def check(self) -> VendorIdentity:
        """
        Ask who we are, which statuses there are, and whether our reference can be looked for.

        Raises:
            VendorError: It cannot be reached; knows us as nobody, or as somebody else (`auth`); or the field for our
                reference is not there, or no filter (`rejected`).
        """
        self._door.forget()
        us = self._door.us()
        self._door.make_sure_of_the_place()
        live = self._live_statuses()
        unmapped = [name for number, name in live if len(self._words.unmapped([str(number), name])) > 1]
        return VendorIdentity(account=us.login, statuses=tuple(name for _, name in live), unmapped=tuple(unmapped))

    # -- tickets

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:  # noqa: ARG002 - the reference is its short form
        """
        Open a ticket: by one request, which is never repeated here.

        Raises:
            VendorError: It was not opened, or nobody knows (`ambiguous`).
        """
        us = self._door.us()
        self._door.make_sure_of_the_place()
        value = {"issue": self._new(request)}
        with self._door.in_project():
            reply = self._rest.send("POST", "projects", self._project, "issues.json", value=value)
        with self._unsure():
            issue = self._rest.part(reply.value, "issue", kind=dict)
            if author_of(issue) != us.id:
                raise VendorError(self.name, "it took the ticket as somebody else's", retryable=True, kind="auth")
            answer = self._reader.answer(issue, us=us.id)
        self._door.place_is_sound = answer.reference == request.reference  # else it is looked at again
        return answer

    def _new(self, request: VendorRequest) -> dict[str, Any]:
        subject = one_line(request.subject) or f"Case {request.case_id}"
        text = clean(request.text)
        if request.follows:
            text = f"{text}\n\nFollows #{request.follows}".lstrip("\n")
        new: dict[str, Any] = {"description": text}
        if self._field is None:
            mark = one_line(marked("", request.reference))
            new["subject"] = f"{clipped(subject, MAX_NAME - len(mark) - 1)} {mark}"
        else:
            new["subject"] = clipped(subject, MAX_NAME)
            new["custom_fields"] = [{"id": self._field, "value": request.reference}]
        if self._tracker is not None:
            new["tracker_id"] = self._tracker
        if request.priority in self._priorities:
            new["priority_id"] = self._priorities[request.priority]
        return new

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """
        Say how far a ticket is, and what stands on it; one that has been deleted is `gone`.

        Raises:
            VendorError: It could not be read.
        """
        us = self._door.us()
        try:
            return self._reader.answer(self._issue(remote_id), us=us.id)
        except VendorError as error:
            if error.kind != "gone":
                raise
            return VendorAnswer(remote_id=remote_id, status=VendorStatus.GONE)

    def find(self, reference: str, /) -> list[VendorAnswer]:
        """
        Look for tickets that show a reference, in all projects and of all statuses.

        Raises:
            VendorError: It could not be looked for; above all, where the Redmine ignores the question (`rejected`).
        """
        us = self._door.us()
        asked = {"subject": f"~{reference}"} if self._field is None else {f"cf_{self._field}": reference}
        found = self._door.issues({**asked, "limit": str(MOST_ROWS)})
        ours = [issue for issue in found if self._reader.reference(issue) == reference]
        if self._field is not None and len(ours) < len(found):
            raise self._door.no_filter()
        return [self._reader.answer(issue, us=us.id) for issue in ours]

    def _issue(self, remote_id: str) -> dict[str, Any]:
        reply = self._rest.ask("issues", self._document(remote_id), query={"include": "journals,attachments"})
        found: dict[str, Any] = self._rest.part(reply.value, "issue", kind=dict)
        return found

    def _change(self, remote_id: str, **changes: object) -> None:
        self._rest.send("PUT", "issues", self._document(remote_id), value={"issue": changes})

    def _document(self, remote_id: str) -> str:
        """A Redmine reads `7?x=1` as 7; so nothing but a number goes out."""
        if not _NUMBER.fullmatch(remote_id):
            raise VendorError(self.name, "there is no ticket of this id", retryable=False, kind="gone")
        return f"{remote_id}.json"

    @contextmanager
    def _unsure(self) -> Iterator[None]:
        """Whatever goes wrong from here on: what we have asked for may have been done."""
        try:
            yield
        except VendorError as error:
            raise VendorError(
                self.name, error.problem, retryable=True, ambiguous=True, kind=error.kind, retry_after=error.retry_after
            ) from None

    def _not_applied(self, what: str) -> VendorError:
        return VendorError(self.name, f"it said yes, and {what}", retryable=True, ambiguous=False, kind="not_applied")

    # -- what we say

    def comment(self, remote_id: str, message: VendorMessage, /, *, key: str) -> str:  # noqa: ARG002 - as for `open`
        """
        Write a note, which all can read who can read the ticket, and give its number.

        Raises:
            VendorError: It was not written, or nobody knows (`ambiguous`).
        """
        answer = self._say(remote_id, message, self._door.us())
        return str(_note_of(answer, message.reference))

    def _say(self, remote_id: str, message: VendorMessage, us: Account) -> VendorAnswer:
        self._change(remote_id, notes=marked(clean(message.text), message.reference))
        with self._unsure():
            answer = self._reader.answer(self._issue(remote_id), us=us.id)
        if _note_of(answer, message.reference) is None:
            raise self._not_applied("there is no such note of ours; may our account write notes?")
        return answer

    def set_status(self, remote_id: str, status: VendorStatus, /, *, expect: str | None = None) -> VendorAnswer:  # noqa: ARG002 - it has no versions
        """
        Give a ticket another status, and read it back: what the workflow forbids, a Redmine ignores.

        Raises:
            VendorError: It has no such status (`rejected`), or has not done it (`not_applied`).
        """
        us = self._door.us()
        number = self._number_for(status)
        if number is None:
            raise self._door.rejected(f"no status of its own means {status.value!r}; say one in `statuses`")
        self._change(remote_id, status_id=number)
        return self._has_become(remote_id, number, us)

    def withdraw(self, remote_id: str, message: VendorMessage, /, *, key: str) -> VendorAnswer:  # noqa: ARG002 - as for `open`
        """
        Close the ticket, as `withdrawn` where a status means that and else as `closed`, and say why.

        That is said once, and only where it could be closed.

        Raises:
            VendorError: It has no such status (`rejected`), or has not done it (`not_applied`).
        """
        us = self._door.us()
        number = self._number_for(VendorStatus.WITHDRAWN) or self._number_for(VendorStatus.CLOSED)
        if number is None:
            raise self._door.rejected("no status of its own means 'withdrawn' or 'closed'; say one in `statuses`")
        self._change(remote_id, status_id=number)
        answer = self._has_become(remote_id, number, us)
        return answer if _note_of(answer, message.reference) else self._say(remote_id, message, us)

    def _has_become(self, remote_id: str, number: int, us: Account) -> VendorAnswer:
        with self._unsure():
            issue = self._issue(remote_id)
            answer = self._reader.answer(issue, us=us.id)
        if self._reader.number(issue, "status", "id") != number:
            raise self._not_applied("the status is another one; does its workflow let our account set it?")
        return answer

    def _live_statuses(self) -> list[tuple[int, str]]:
        found = self._rest.part(self._rest.ask("issue_statuses.json").value, "issue_statuses", kind=list)
        return [
            (self._reader.number(each, "id"), one_line(self._rest.part(each, "name", kind=str))) for each in found
        ]  # fmt: skip

    def _number_for(self, status: VendorStatus) -> int | None:
        """Give the number of the status that means it: of several, the one that stands first in the table."""
        meaning = [
            (number, name) for number, name in self._live_statuses() if self._reader.meaning(number, name) is status
        ]
        first = self._words.word_for(status)
        meaning.sort(key=lambda each: first not in {str(each[0]), each[1].casefold()})
        return meaning[0][0] if meaning else None

    def attach(self, remote_id: str, file: VendorFile, /, *, key: str) -> str:
        """
        Put a file on a ticket, once for each key, and give its number.

        Raises:
            VendorError: It is too large there (`rejected`), or has not been attached.
        """
        us = self._door.us()
        reference = reference_of(key)
        there = self._reader.file_of(self._issue(remote_id), reference, us=us.id)
        if there is not None:
            return there
        name = file_name(file)
        reply = self._rest.send(
            "POST", "uploads.json", query={"filename": name}, content=file.content,
            headers={"content-type": "application/octet-stream"},
        )  # fmt: skip
        upload = {
            "token": self._rest.part(reply.value, "upload", "token", kind=str), "filename": name,
            "content_type": one_line(file.media_type), "description": reference,
        }  # fmt: skip
        self._change(remote_id, uploads=[upload])
        with self._unsure():
            found = self._reader.file_of(self._issue(remote_id), reference, us=us.id)
        if found is None:
            raise self._not_applied("the file is not there; may our account change tickets?")
        return found

    # -- what has changed

    def changes(self, cursor: str | None, /, *, limit: int) -> VendorChanges:
        """
        Say which of our tickets have changed, by the vendor's clock; see `CanListChanges`.

        A cursor that is none of ours begins at the beginning: what is given twice does no harm.

        Raises:
            VendorError: Nothing can be said.
        """
        self._door.us()
        asked = {"author_id": "me", "limit": str(min(max(limit, FEWEST_ROWS), MOST_ROWS))}
        if cursor is None:
            newest = self._changed({**asked, "sort": "updated_on:desc", "limit": "1"})
            since = newest[0][1] - OVERLAP if newest else _BEGINNING
            return VendorChanges(cursor=cursor_of(since))
        since, skip = read_cursor(cursor) or (_BEGINNING, 0)
        asked |= {"sort": "updated_on,id", "offset": str(skip), "updated_on": f">={since:%Y-%m-%dT%H:%M:%SZ}"}
        rows = self._changed(asked)
        ids: Any = tuple(id for id, _ in rows)
        more = len(rows) >= int(asked["limit"])
        newest_at = max((at for _, at in rows), default=since + OVERLAP)
        if not more:
            ahead = cursor_of(newest_at - OVERLAP)
        elif newest_at > since:
            ahead = cursor_of(newest_at)
        else:  # more of one second than fit: half of them are read again, for some may have moved on meanwhile
            ahead = cursor_of(since, skip + len(rows) // 2)
        return VendorChanges(remote_ids=ids, cursor=ahead, more=more)

    def _changed(self, query: Mapping[str, str]) -> list[tuple[str, datetime]]:
        read = self._reader
        return [(str(read.number(each, "id")), read.instant(each, "updated_on")) for each in self._door.issues(query)]


def _note_of(answer: VendorAnswer, reference: str) -> str | None:
    """Give the number of the note that is our message; None where there is none."""
    return next((entry.id for entry in reversed(answer.entries) if entry.reference == reference), None)
