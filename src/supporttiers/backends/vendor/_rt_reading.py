"""What Request Tracker says about a ticket, read into values of ours."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import attrs

from supporttiers import _fields as fields
from supporttiers._fields import clipped, one_line
from supporttiers.backends.rest import Reply, Rest
from supporttiers.backends.tickets import heard, reference_in
from supporttiers.backends.vendor._html import text_of_html
from supporttiers.links import MAX_ENTRIES, Attachment, VendorEntry
from supporttiers.tiers import Visibility

URN: Final = "urn:supporttiers:"
"""Before our reference, in a link of the ticket's."""

PAGE: Final = 100
"""So many rows a page of Request Tracker's has at most."""

_REFERENCE: Final = re.compile(URN + "(ST-[A-Z2-7]{16})")
_TYPES: Final = ("Create", "Correspond", "Comment")
_PAGES: Final = 20
_BATCH: Final = 50
_BATCH_BYTES: Final = 512 * 1024
_READ_BYTES: Final = 8 * 1024 * 1024
_MOST_FILES: Final = 50
_UNREAD: Final = "[a text of {} bytes, too long to be read here: it stands on the vendor's ticket]"


@attrs.frozen(kw_only=True)
class Seen:
    """A ticket as it was read: of `references` there are several after two of our tickets were merged."""

    id: str
    status: str
    creator: str
    updated_at: datetime | None
    references: tuple[str, ...] = attrs.field(repr=False)
    version: str = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class _Part:
    id: str
    kind: str
    name: str
    size: int

    @property
    def is_file(self) -> bool:
        return bool(self.name)

    @property
    def is_text(self) -> bool:
        return not self.name and self.kind in {"text/plain", "text/html"}


def seen(rest: Rest, reply: Reply) -> Seen:
    """
    Read a ticket.

    Raises:
        VendorError: It is none.
    """
    value = reply.value
    links = rest.part(value, "_hyperlinks", kind=list)
    urls = [each.get("_url") for each in links if isinstance(each, dict) and each.get("ref") == "refers-to"]
    found = [_REFERENCE.fullmatch(url) for url in urls if isinstance(url, str)]
    return Seen(
        id=number(rest, value, "id"),
        status=rest.part(value, "Status", kind=str),
        creator=rest.part(value, "Creator", "id", kind=str),
        updated_at=instant(rest, value, "LastUpdated"),
        references=tuple(each[1] for each in found if each),
        version=reply.headers.get("etag", ""),
    )


def number(rest: Rest, value: object, *path: str) -> str:
    """
    Read a number of Request Tracker's, which comes as such or as text.

    Raises:
        VendorError: There is none.
    """
    found = value
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    if not re.fullmatch(r"\d{1,18}", str(found), re.ASCII):
        raise rest.misunderstood(f"{'.'.join(path)} in its answer is no number")
    return str(found)


def instant(rest: Rest, value: object, name: str) -> datetime | None:
    """
    Read an instant; None where it is `never`, which is written as the first second of 1970.

    Raises:
        VendorError: There is none.
    """
    try:
        found = datetime.fromisoformat(rest.part(value, name, kind=str)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise rest.misunderstood(f"{name} in its answer is no instant") from None
    return found if found.timestamp() > 0 else None


def items(rest: Rest, *path: str, **query: str) -> list[dict[str, Any]]:
    """
    Read a page of a list.

    Raises:
        VendorError: It is none.
    """
    found = rest.part(rest.ask(*path, query=query).value, "items", kind=list)
    if len(found) > PAGE:
        raise rest.misunderstood(f"a page of its answer has more than {PAGE} rows")
    return [rest.part(each, kind=dict) for each in found]


def limits(*wanted: tuple[str, str], operator: str = "=") -> str:
    """Say what is looked for in a list, as Request Tracker takes it: names and values."""
    return json.dumps([{"field": name, "operator": operator, "value": value} for name, value in wanted])


class Conversation:
    """Reads what stands on tickets: of each the newest entries, and no more bytes than can be kept."""

    def __init__(self, rest: Rest, ticket: Seen, account: str) -> None:
        """
        Say of which ticket.

        Args:
            rest: Speaks with Request Tracker.
            ticket: The ticket.
            account: The name of our account there.
        """
        self._rest = rest
        self._ticket = ticket
        self._account = account.casefold()

    def entries(self) -> tuple[VendorEntry, ...]:
        """
        Give the entries, the oldest first.

        Raises:
            VendorError: They could not be read.
        """
        transactions = self._transactions()
        if not transactions:
            return ()
        parts = self._parts(min(map(int, transactions)))
        found = [(each, value, parts[each]) for each, value in transactions.items() if each in parts]
        texts = self._texts([part for _, _, several in found for part in several if part.is_text])
        return tuple(self._entry(id, value, several, texts) for id, value, several in reversed(found))

    def _transactions(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for page in range(1, MAX_ENTRIES // PAGE + 2):
            rows = items(
                self._rest, "ticket", self._ticket.id, "history", query=limits(*(("Type", each) for each in _TYPES)),
                fields="Type,Creator,Created,ObjectId", orderby="id", order="DESC", per_page=str(PAGE), page=str(page),
            )  # fmt: skip
            found.update({number(self._rest, row, "id"): row for row in rows})
            if len(rows) < PAGE:
                break
        return dict(list(found.items())[:MAX_ENTRIES])

    def _parts(self, oldest: int) -> Mapping[str, Sequence[_Part]]:
        """Give what entries consist of, by their ids, back to the oldest: a page may hold less than is there."""
        found: dict[str, list[_Part]] = {}
        for page in range(1, _PAGES + 1):
            rows = items(
                self._rest, "ticket", self._ticket.id, "attachments",
                query=limits(("TransactionId", str(oldest)), operator=">="),
                fields="TransactionId,ContentType,Filename,ContentLength",
                orderby="id", order="DESC", per_page=str(PAGE), page=str(page),
            )  # fmt: skip
            for row in rows:
                found.setdefault(number(self._rest, row, "TransactionId"), []).insert(0, self._part(row))
            if not rows or str(oldest) in found:
                break
        return found

    def _part(self, row: Mapping[str, Any]) -> _Part:
        size = row.get("ContentLength")
        return _Part(
            id=number(self._rest, row, "id"),
            kind=str(row.get("ContentType") or "").lower(),
            name=str(row.get("Filename") or ""),
            size=int(size) if isinstance(size, str) and re.fullmatch(r"\d{1,15}", size, re.ASCII) else 0,
        )

    def _texts(self, bodies: Iterable[_Part]) -> Mapping[str, str]:
        """Read texts, in as few pieces as can be, the newest first; of one that is too long, say so."""
        found: dict[str, str] = {}
        left, short = _READ_BYTES, []
        for part in bodies:
            left -= part.size
            if part.size > _BATCH_BYTES or left < 0:
                found[part.id] = _UNREAD.format(part.size)
            else:
                short.append(part)
        for batch in _batches(short):
            wanted = limits(*(("id", each.id) for each in batch))
            rows = items(
                self._rest, "ticket", self._ticket.id, "attachments", query=wanted, fields="Content", per_page=str(PAGE)
            )
            said = {number(self._rest, row, "id"): self._rest.part(row, "Content", kind=str) for row in rows}
            kinds = {each.id: each.kind for each in batch}
            pages = {id for id in said if kinds.get(id) == "text/html"}
            found.update({id: text_of_html(text) if id in pages else text for id, text in said.items()})
        return found

    def _entry(
        self, id: str, value: Mapping[str, Any], parts: Sequence[_Part], texts: Mapping[str, str]
    ) -> VendorEntry:
        bodies = [part for part in parts if part.is_text]
        plain_ones = [part for part in bodies if part.kind == "text/plain"]
        text = heard("\n\n".join(texts.get(part.id, "") for part in plain_ones or bodies).strip())
        ours = self._rest.part(value, "Creator", "id", kind=str).casefold() == self._account
        return VendorEntry(
            id=id,
            text=text,
            at=instant(self._rest, value, "Created"),
            reference=reference_in(text) if ours else "",  # others quote what we have said
            ours=ours,
            visibility=Visibility.PUBLIC if self._is_for_us(value) else Visibility.PRIVATE,
            attachments=tuple(_file(part) for part in parts if part.is_file)[:_MOST_FILES],
        )

    def _is_for_us(self, value: Mapping[str, Any]) -> bool:
        """Say whether an entry was sent to us: a reply, on the ticket that we opened; others may be merged into it."""
        return (
            value.get("Type") == "Correspond"
            and self._ticket.creator.casefold() == self._account
            and str(value.get("ObjectId")) == self._ticket.id
        )


def _batches(parts: Iterable[_Part]) -> Iterator[Sequence[_Part]]:
    batch: list[_Part] = []
    for part in parts:
        if batch and (len(batch) == _BATCH or sum(each.size for each in batch) + part.size > _BATCH_BYTES):
            yield batch
            batch = []
        batch.append(part)
    if batch:
        yield batch


def _file(part: _Part) -> Attachment:
    kind = one_line(part.kind)
    return Attachment(
        id=part.id,
        name=clipped(one_line(part.name), fields.MAX_SUBJECT),
        media_type=kind if fields.name(kind) is None else None,
        size=part.size,
    )
