"""What all stores share when they answer in pages: orders, groups, and the cursor in which a page ends."""

import base64
import json
from typing import Final

import attrs

from supporttiers.errors import InputError
from supporttiers.protocols import GROUPS, ORDERS

_STALE: Final = "is no end of a page in this order; hand back what the last page gave, with the same order"


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


def cursor_after(order: Order, end: Cursor) -> str:
    """Write where a page ends; callers only hand it back."""
    plain = json.dumps([order.text, end.value, end.id], separators=(",", ":"))
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
