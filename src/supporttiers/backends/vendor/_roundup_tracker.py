"""
A Roundup tracker's REST interface, as far as we need it: versions, addresses that take one issue, and messages.

As measured on Roundup 2.6: a list may hold what was not asked for, so that each row is looked at; a retired issue is
given by its number, and by no search; what is not valid is answered 409, and an old version 412.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from supporttiers import _fields as fields
from supporttiers.backends.rest import TOO_LONG, Reply, Rest, basic
from supporttiers.backends.tickets import heard
from supporttiers.backends.transport import HttpResponse, Transport
from supporttiers.backends.vendor._roundup_changes import earlier
from supporttiers.backends.vendor._roundup_entries import FILE, MESSAGE, Row, ids_in, is_id, message_id
from supporttiers.clock import Clock
from supporttiers.errors import VendorError

ISSUE: Final = "activity,creator,files,messages,status"
TOO_LONG_TO_READ: Final = "[This message is too long to be read; it stands on the vendor's ticket.]"

_TRIES: Final = 5
_FORBIDDEN: Final = 403
_NOT_VALID: Final = 409
_PAGE: Final = 1000
_MAX_PAGES: Final = 100
_WESTMOST: Final = timedelta(hours=12)
"""Roundup reads an instant that it is asked for in the zone of the account, or of the tracker, and says neither."""


@attrs.frozen(kw_only=True)
class Issue:
    """
    An issue as it was read.

    Attributes:
        row: Its fields.
        version: Without which nothing of it can be changed.
    """

    row: Row
    version: str


class Tracker:
    """Speaks with one tracker as one account."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        user: str,
        password: str,
        origin: str | None,
        transport: Transport | None,
        timeout: timedelta,
        clock: Clock,
    ) -> None:
        """Say which tracker, and as whom. What is changed has to say from where: else it is refused."""
        parts = urlsplit(url)
        headers = {
            "authorization": basic(name, user, password),
            "origin": origin or f"{parts.scheme}://{parts.netloc}",
            "x-requested-with": "rest",
        }
        self._name = name
        self._user = user
        self._rest = Rest(
            name, url.rstrip("/") + "/rest/data", headers=headers, transport=transport, timeout=timeout, clock=clock,
            kind_of=_kind_of,
        )  # fmt: skip

    # -- reading

    def account(self) -> Mapping[str, Any]:
        """Read our own account."""
        reply = self._rest.ask("user", self._user, query={"@fields": "address,username"})
        return self._rest.part(reply.value, "data", "attributes", kind=dict)

    def statuses(self) -> list[tuple[str, str]]:
        """Read which statuses there are, by number and name."""
        rows = self._rows(self._rest.ask("status", query={"@fields": "name"}))
        return [(str(row.get("id")), str(row.get("name"))) for row in rows]

    def issue(self, id_: str) -> Issue:
        """
        Read an issue.

        Raises:
            VendorError: It could not be read; `gone`: there is none.
        """
        self._be_an_id(id_)
        reply = self._rest.ask("issue", id_, query={"@fields": ISSUE, "@verbose": "2"})
        version = self._rest.part(reply.value, "data", "@etag", kind=str)
        if fields.name(version) or not version.isascii():  # it goes into a header
            raise self._rest.misunderstood("data.@etag in its answer is no version")
        return Issue(row=self._rest.part(reply.value, "data", "attributes", kind=dict), version=version)

    def _be_an_id(self, id_: str) -> None:
        if not is_id(id_):
            raise self.error("there is no such issue", kind="gone")

    def is_there(self, id_: str) -> bool:
        """Say whether an issue is there; one that was retired is not."""
        return any(row.get("id") == id_ for row in self._rows(self._rest.ask("issue", query={"id": id_})))

    def issues_with(self, message: str) -> list[Row]:
        """Find the issues on which a message stands."""
        query = {"messages": message, "@fields": ISSUE, "@verbose": "2"}
        rows = self._rows(self._rest.ask("issue", query=query))
        return [row for row in rows if message in ids_in(row.get("messages"))]

    def messages(self, ids: Sequence[str]) -> list[Row]:
        """Read messages."""
        return self._several("msg", ids, MESSAGE)

    def messages_with(self, reference: str) -> list[Row]:
        """Find the messages with a reference."""
        query = {"messageid:": message_id(reference), "@fields": MESSAGE.replace("content,", ""), "@verbose": "2"}
        return self._rows(self._rest.ask("msg", query=query))

    def files(self, ids: Sequence[str]) -> list[Row]:
        """Read what is known of files, without what is in them."""
        return self._several("file", ids, FILE)

    def contents(self, files: Sequence[str]) -> list[Row]:
        """Read what is in files that are texts; of others a sentence that has a digest of them."""
        return self._several("file", files, "content,name")

    def changed_since(self, since: str) -> tuple[list[tuple[str, str]], datetime | None]:
        """
        Read what was changed since an instant.

        The newest comes first, page by page: what is changed meanwhile then stands before what was read, and pushes
        nothing past us.

        Returns:
            Issues, and when they were changed, the oldest first; and when they were read, by the vendor's clock.
        """
        begin = earlier(since, _WESTMOST)
        query = {"@fields": "activity", "@sort": "-activity,-id", "@page_size": str(_PAGE)}
        if begin:
            query["activity"] = f"{begin};"
        found: dict[str, str] = {}
        read_at = None
        for number in range(1, _MAX_PAGES + 1):
            reply = self._rest.ask("issue", query={**query, "@page_index": str(number)})
            read_at = read_at or date_of(reply)
            page = [(str(row.get("id")), str(row.get("activity"))) for row in self._rows(reply)]
            for id_, changed in page:
                if changed >= since:
                    found.setdefault(id_, changed)
            if len(page) < _PAGE or page[-1][1] < since:
                return sorted(found.items(), key=lambda each: each[1]), read_at
        raise self._rest.misunderstood(f"its list of changes has more than {_MAX_PAGES} pages")

    def present(self) -> datetime | None:
        """Ask the vendor what time it is; None where it does not say so."""
        return date_of(self._rest.ask("status", query={"@page_size": "1"}))

    def _rows(self, reply: Reply) -> list[Row]:
        rows = self._rest.part(reply.value, "data", "collection", kind=list)
        found: list[Row] = [self._rest.part(row, kind=dict) for row in rows]
        if not all(is_id(row.get("id")) for row in found):
            raise self._rest.misunderstood("an id in its list is no number")
        return found

    def _several(self, what: str, ids: Sequence[str], fields: str) -> list[Row]:
        """Read by numbers, all at once if the answer is not too long, else by halves."""
        if not ids:
            return []
        try:
            reply = self._rest.ask(what, query={"id": ids, "@fields": fields, "@verbose": "3"})
        except VendorError as error:
            if error.problem != TOO_LONG:
                raise
            half = len(ids) // 2
            if half:
                return [*self._several(what, ids[:half], fields), *self._several(what, ids[half:], fields)]
            short = self._several(what, ids, fields.replace("content,", ""))
            return [{**row, "content": TOO_LONG_TO_READ} for row in short]
        return [row for row in self._rows(reply) if row.get("id") in ids]

    # -- changing

    def token(self) -> str:
        """Get an address that takes one issue, within an hour, and no second one."""
        reply = self._rest.send("POST", "issue", "@poe", value={"lifetime": 3600})
        return self._rest.part(reply.value, "data", "link", kind=str).rpartition("/")[2]

    def create(self, issue: Mapping[str, object], token: str) -> str:
        """Create an issue at such an address; give its number."""
        reply = self._rest.send("POST", "issue", "@poe", token, value=issue)
        try:
            return self._number(reply)
        except VendorError as error:
            raise attrs.evolve(error, ambiguous=True) from None  # it said yes

    def say(self, text: str, reference: str) -> str:
        """Write a message, which stands nowhere yet; give its number."""
        value = {"author": self._user, "content": heard(text), "messageid": message_id(reference)}
        return self._number(self._rest.send("POST", "msg", value=value))

    def upload(self, body: bytes, kind: str) -> str:
        """Send a file, which stands nowhere yet; give its number."""
        return self._number(self._rest.send("POST", "file", content=body, headers={"content-type": kind}))

    def _number(self, reply: Reply) -> str:
        found = self._rest.part(reply.value, "data", "id", kind=str)
        if not is_id(found):
            raise self._rest.misunderstood("data.id in its answer is no number")
        return found

    def add(self, id_: str, what: str, item: str) -> None:
        """
        Put a message or a file on an issue, if it is not there: on whatever version, for it takes nothing away.

        Raises:
            VendorError: It could not be put there; `conflict`: others were faster, several times.
        """
        left = _TRIES
        while True:
            issue = self.issue(id_)
            if item in ids_in(issue.row.get(what)):
                return
            try:
                changed = self.change(id_, {"@op": "add", what: [item]}, issue.version)
            except VendorError as error:
                left -= 1
                if error.kind != "conflict" or not left:
                    raise
            else:
                if item not in map(str, self._rest.part(changed, what, kind=list)):
                    raise self.error("it did not put on the issue what we sent", kind="not_applied")
                return

    def change(self, id_: str, value: Mapping[str, object], version: str) -> Mapping[str, Any]:
        """Change an issue of a version; give what was changed."""
        self._be_an_id(id_)
        try:
            reply = self._rest.send("PATCH", "issue", id_, value=value, headers={"if-match": version})
        except VendorError as error:
            if error.kind == "rejected" and not self.is_there(id_):
                raise self.error("the issue was retired", kind="gone") from None
            raise
        return self._rest.part(reply.value, "data", "attribute", kind=dict)

    def error(self, problem: str, *, kind: str) -> VendorError:
        """Make an error that is not worth another attempt."""
        return VendorError(self._name, problem, retryable=False, kind=kind)


def date_of(reply: Reply) -> datetime | None:
    """Read when an answer was given, by the vendor's clock; None where it does not say so."""
    try:
        found = parsedate_to_datetime(reply.headers.get("date", ""))
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _kind_of(answer: HttpResponse) -> str | None:
    """Say what Roundup means where others mean something else; `Forbidden.` is all that it says to who is nobody."""
    if answer.status == _FORBIDDEN and b'"Forbidden."' in answer.body:
        return "auth"
    return "rejected" if answer.status == _NOT_VALID else None
