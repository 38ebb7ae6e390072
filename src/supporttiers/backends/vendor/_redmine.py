"""What a Redmine says of its tickets, read with distrust."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from supporttiers._fields import MAX_ID, MAX_INTEGER, clipped, instant_of, one_line
from supporttiers.backends.rest import Rest
from supporttiers.backends.tickets import Statuses, heard, reference_in
from supporttiers.effects import VendorAnswer, VendorFile
from supporttiers.errors import SupportTiersError
from supporttiers.links import MAX_ENTRIES, Attachment, VendorEntry, VendorStatus
from supporttiers.tiers import Visibility

MAX_NAME: Final = 255
"""So many characters a subject and the name of a file have there at most."""

_MOST_FILES: Final = 50


@attrs.frozen(kw_only=True)
class Reader:
    """
    Turns what it says into what we say.

    Attributes:
        rest: Makes the errors.
        statuses: Translates its words.
        field: The number of the custom field that holds our reference; None where it stands in the subject.
        visibility: Of notes that are not private.
    """

    rest: Rest
    statuses: Statuses
    field: int | None
    visibility: Visibility

    def number(self, value: object, *path: str | int) -> int:
        """Read a number: the id of something."""
        found = self.rest.part(value, *path, kind=int)
        if not _is_count(found):
            raise self.rest.misunderstood(f"{'.'.join(map(str, path))} in its answer is no number that an id can be")
        return found

    def instant(self, value: object, name: str) -> datetime:
        """Read an instant."""
        found = _instant_in(self.rest.part(value, name, kind=str))
        if found is None:
            raise self.rest.misunderstood(f"{name} in its answer is no instant of our time")
        return found

    def meaning(self, number: int, name: str) -> VendorStatus:
        """Translate a status: by its number, which nobody renames, and else by its name."""
        by_number = self.statuses.of(str(number))
        return self.statuses.of(name) if by_number is VendorStatus.UNKNOWN else by_number

    def reference(self, issue: object) -> str:
        """Read our reference; empty where there is none."""
        if self.field is not None and (value := self.in_field(issue)):
            return value
        return reference_in(self.rest.part(issue, "subject", kind=str))

    def in_field(self, issue: object) -> str | None:
        """Read what stands in the field for our reference; None where the ticket has no such field."""
        for each in _tables(issue, "custom_fields"):
            if each.get("id") == self.field:
                value = each.get("value")
                return one_line(value) if isinstance(value, str) else ""
        return None

    def answer(self, issue: object, *, us: int) -> VendorAnswer:
        """Read a ticket; *us* is the number of our account."""
        number, name = self.number(issue, "status", "id"), self.rest.part(issue, "status", "name", kind=str)
        return VendorAnswer(
            remote_id=str(self.number(issue, "id")),
            status=self.meaning(number, name),
            raw_status=name,
            reference=clipped(self.reference(issue), MAX_NAME),
            entries=tuple(self._entries(issue, us=us)),
            updated_at=self.instant(issue, "updated_on"),
        )

    def _entries(self, issue: object, *, us: int) -> Iterable[VendorEntry]:
        files = {str(each["id"]): each for each in _tables(issue, "attachments") if _is_count(each.get("id"))}
        journals = _tables(issue, "journals")
        told = [each for each in journals if each.get("notes") or any(_files_in(each, files))]
        told.sort(key=lambda each: self.number(each, "id"))  # an account can have them shown the other way round
        for journal in told[-MAX_ENTRIES:]:
            notes = journal.get("notes")
            text = notes if isinstance(notes, str) else ""
            is_public = journal.get("private_notes") is False
            ours = author_of(journal, "user") == us
            yield VendorEntry(
                id=str(self.number(journal, "id")),
                text=heard(text),
                at=self.instant(journal, "created_on"),
                reference=reference_in(text) if ours else "",  # others quote us, mark and all
                ours=ours,
                visibility=self.visibility if is_public else Visibility.PRIVATE,
                attachments=tuple(_files_in(journal, files))[:_MOST_FILES],
            )

    def file_of(self, issue: object, reference: str, *, us: int) -> str | None:
        """Find the file of ours that a reference speaks of; None where it is not there."""
        for each in _tables(issue, "attachments"):
            if each.get("description") == reference and author_of(each) == us:
                return str(self.number(each, "id"))
        return None


def _tables(value: object, name: str) -> list[Mapping[str, Any]]:
    """Give the tables of a list that may be left out."""
    found = value.get(name) if isinstance(value, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _instant_in(said: object) -> datetime | None:
    """Read an instant; None where it is none, or so far away that nothing can be reckoned with it."""
    try:
        found = instant_of(said)
    except (SupportTiersError, OverflowError):
        return None
    return found if 1970 <= found.year < 9000 else None  # noqa: PLR2004 - a cursor of nothing begins with 1970


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def author_of(value: Mapping[str, Any], name: str = "author") -> object:
    """Give the number of the account by which something was written; None where nothing is said of it."""
    user = value.get(name)
    return user.get("id") if isinstance(user, dict) else None


def _files_in(journal: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> Iterable[Attachment]:
    """Give the files that a journal tells of, and that are there still."""
    for detail in _tables(journal, "details"):
        file = files.get(str(detail.get("name"))) if detail.get("property") == "attachment" else None
        if file is not None and detail.get("new_value"):
            size = file.get("filesize")
            yield Attachment(
                id=str(file["id"]),
                name=clipped(one_line(str(file.get("filename"))), MAX_NAME),
                media_type=clipped(one_line(str(file.get("content_type") or "")), MAX_ID) or None,
                size=size if _is_count(size) else None,
            )


def cursor_of(since: datetime, skip: int = 0) -> str:
    """Write a cursor: from which instant on, and how many tickets of it are known."""
    return json.dumps({"since": since.isoformat(), "skip": skip})


def read_cursor(cursor: str) -> tuple[datetime, int] | None:
    """Read a cursor; None where it is none."""
    try:
        said = json.loads(cursor)
        since, skip = _instant_in(said["since"]), said["skip"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return (since, skip) if since is not None and _is_count(skip) else None


def file_name(file: VendorFile) -> str:
    """Give a name that a Redmine takes: one line, not too long, its ending kept."""
    name = one_line(file.name.replace("/", "_").replace("\\", "_")) or one_line(file.id)
    stem, dot, ending = name.rpartition(".")
    if len(name) <= MAX_NAME or not dot or len(ending) > MAX_NAME // 2:
        return clipped(name, MAX_NAME)
    return f"{clipped(stem, MAX_NAME - len(ending) - 1)}.{ending}"
