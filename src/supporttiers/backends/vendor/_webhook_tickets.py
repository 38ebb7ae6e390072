"""What a scripted vendor says of tickets, in JSON: each part is verified, and what is not so is named by its place."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from supporttiers import _fields as fields
from supporttiers._fields import type_name
from supporttiers.backends.tickets import Statuses, heard
from supporttiers.effects import VendorAnswer, VendorChanges, VendorIdentity
from supporttiers.errors import SupportTiersError
from supporttiers.links import MAX_ENTRIES, VendorEntry
from supporttiers.tiers import Visibility

T = TypeVar("T")

MOST_TICKETS: Final = 1000
"""So many tickets one answer may hold."""


class MisshapenError(ValueError):
    """Something else stands where a part should; the text says where, and holds nothing of what stands there."""


def ticket_of(value: object, statuses: Statuses) -> VendorAnswer:
    """
    Read a ticket: `id` and `status`, and perhaps `reference`, `text`, `entries`, `updated_at` and `version`.

    Raises:
        MisshapenError: It is none.
    """
    said = table(value, "the ticket")
    status = part(said, "status", str)
    entries = part(said, "entries", list, otherwise=[])[-MAX_ENTRIES:]
    return _made(
        VendorAnswer, remote_id=part(said, "id", str), status=statuses.of(status), raw_status=status,
        reference=part(said, "reference", str, otherwise=""), text=heard(part(said, "text", str, otherwise="")),
        entries=[_entry(each) for each in entries], updated_at=_instant(said, "updated_at"),
        version=part(said, "version", str, otherwise=""),
    )  # fmt: skip


def tickets_of(value: object, statuses: Statuses) -> tuple[VendorAnswer, ...]:
    """
    Read `tickets`, a list of them.

    Raises:
        MisshapenError: It is none, or one is none.
    """
    return tuple(ticket_of(each, statuses) for each in some(part(table(value, "the answer"), "tickets", list)))


def some(tickets: Sequence[T]) -> Sequence[T]:
    """
    Give a list of tickets.

    Raises:
        MisshapenError: There are too many.
    """
    if len(tickets) > MOST_TICKETS:
        raise MisshapenError(f"tickets has {len(tickets)} entries; at most {MOST_TICKETS} are possible")
    return tickets


def id_of(value: object) -> str:
    """
    Read the `id` of what was made; empty where there is none.

    Raises:
        MisshapenError: It is no text.
    """
    return part(table(value, "the answer"), "id", str, otherwise="")


def identity_of(value: object, statuses: Statuses) -> VendorIdentity:
    """
    Read `account`, and perhaps `statuses`.

    Raises:
        MisshapenError: They are not such.
    """
    said = table(value, "the answer")
    words = tuple(map(str, part(said, "statuses", list, otherwise=[])))
    return VendorIdentity(account=part(said, "account", str), statuses=words, unmapped=statuses.unmapped(words))


def changes_of(value: object) -> VendorChanges:
    """
    Read `ids`, `cursor`, and perhaps `more`.

    Raises:
        MisshapenError: They are not such.
    """
    said = table(value, "the answer")
    ids = part(said, "ids", list)
    if any(fields.name(each) for each in ids):
        raise MisshapenError("ids holds what is no id")
    return VendorChanges(
        remote_ids=ids, cursor=part(said, "cursor", str), more=part(said, "more", bool, otherwise=False)
    )  # fmt: skip


def table(value: object, what: str) -> Mapping[str, object]:
    """
    Give a table.

    Raises:
        MisshapenError: It is none.
    """
    if not isinstance(value, dict):
        raise MisshapenError(f"{what} is {type_name(value)}, and no table")
    return value


def part(said: Mapping[str, object], name: str, kind: type[T], *, otherwise: T | None = None) -> T:
    """
    Give a part of a table; what is null is not there.

    Raises:
        MisshapenError: It is of another kind, or it is not there, and must be.
    """
    value = said.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if not isinstance(value, kind):
        raise MisshapenError(
            f"{name} is {'missing' if value is None else type_name(value)}; it must be {kind.__name__}"
        )
    return value


def _entry(value: object) -> VendorEntry:
    said = table(value, "an entry")
    public = part(said, "public", bool, otherwise=False)
    return _made(
        VendorEntry, id=part(said, "id", str), text=heard(part(said, "text", str, otherwise="")),
        at=_instant(said, "at"), reference=part(said, "reference", str, otherwise=""),
        ours=part(said, "ours", bool, otherwise=False),
        visibility=Visibility.PUBLIC if public else Visibility.PRIVATE,
    )  # fmt: skip


def _instant(said: Mapping[str, object], name: str) -> datetime | None:
    text = part(said, name, str, otherwise="")
    try:
        found = datetime.fromisoformat(text) if text else None
        if found is None or found.utcoffset() is not None:
            return found
    except ValueError:  # no instant, or one that there is not
        pass
    raise MisshapenError(f"{name} is no instant as in 2026-03-23T09:00:00Z, with its offset")


def _made(kind: Callable[..., T], **given: Any) -> T:  # noqa: ANN401 - fields of different types
    """Make a value whose own checks know what fits."""
    try:
        return kind(**given)
    except (SupportTiersError, ValueError, OverflowError) as error:
        field = getattr(error, "field", "") or "a part"
        raise MisshapenError(f"{field} of {kind.__name__} cannot be so") from None
