"""What all stores share when they answer in pages: orders, groups, and the cursor in which a page ends."""

import base64
import json
from datetime import datetime
from typing import Final

import attrs

from supporttiers._codec import micros_of
from supporttiers.errors import InputError
from supporttiers.protocols import GROUPS, ORDERS

_STALE: Final = "is no end of a page in this order; hand back what the last page gave, with the same order"

Rank = tuple[bool, int, str]
"""Whether there is no value, the value (negative when the greatest comes first), and the id."""


@attrs.frozen(kw_only=True)
class Order:
    """
    What to order by; ties go by id, upwards.

    Attributes:
        field: One of `ORDERS`.
        descending: The greatest first; cases without a value come last all the same.
    """

    field: str
    descending: bool

    @property
    def is_reversed(self) -> bool:
        """Whether ids go down."""
        return self.descending and self.field == "id"

    def rank(self, value: datetime | None, case_id: str) -> Rank:
        """Give what a case is sorted by; all cases have the same first two when ordered by id."""
        return _rank(self, None if value is None else micros_of(value), case_id)

    def is_beyond(self, rank: Rank, end: "Cursor") -> bool:
        """Whether a case of this rank comes after the end of a page; the case that ended it may be gone."""
        last = _rank(self, end.value, end.id)
        return rank < last if self.is_reversed else rank > last

    @property
    def text(self) -> str:
        """How it is asked for."""
        return f"-{self.field}" if self.descending else self.field


@attrs.frozen
class Cursor:
    """
    Where a page ended.

    Attributes:
        value: What the last case was ordered by, in microseconds; None without a value, or when ordered by id.
        id: The last case.
    """

    value: int | None
    id: str


def _rank(order: Order, value: int | None, case_id: str) -> Rank:
    if value is None:
        return True, 0, case_id
    return False, -value if order.descending else value, case_id


def order_of(text: str) -> Order:
    """
    Read an order.

    Raises:
        InputError: It is none.
    """
    field = text.removeprefix("-")
    if field not in ORDERS:
        raise InputError("", "order", f"must be one of: {', '.join(ORDERS)}; with '-' before it for descending")
    return Order(field=field, descending=text != field)


def checked_group(by: str) -> str:
    """
    Check what is to be counted by.

    Raises:
        InputError: It is no group.
    """
    if by not in GROUPS:
        raise InputError("", "by", f"must be one of: {', '.join(GROUPS)}")
    return by


def checked_limit(limit: int) -> int:
    """
    Check how many are asked for.

    Raises:
        InputError: It is none at all.
    """
    if limit < 1:
        raise InputError("", "limit", f"is {limit}; possible is at least 1")
    return limit


def cursor_after(order: Order, value: datetime | None, case_id: str) -> str:
    """Write where a page ends; callers only hand it back."""
    plain = json.dumps([order.text, None if value is None else micros_of(value), case_id], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def cursor_of(order: Order, after: str) -> Cursor:
    """
    Read where the last page ended.

    Raises:
        InputError: No page in this order ended so.
    """
    try:
        plain = json.loads(base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True))
        text, value, case_id = plain
    except (ValueError, TypeError):
        raise InputError("", "after", _STALE) from None
    if text != order.text or not isinstance(case_id, str) or not (value is None or type(value) is int):
        raise InputError("", "after", _STALE)
    return Cursor(value, case_id)
