"""
Time and randomness: the only file that reads the wall clock or asks for random numbers.

A `Clock` answers `now()` with an aware instant in UTC. `FakeClock` stands still until it is moved, so that tests of a
support process take milliseconds.
"""

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

from supporttiers._fields import duration_of, instant_of
from supporttiers.errors import InputError


@runtime_checkable
class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present instant, aware, in UTC."""
        ...


class SystemClock:
    """
    The clock of the machine.

    >>> SystemClock().now().tzinfo
    datetime.timezone.utc
    """

    def now(self) -> datetime:
        """Give the present instant in UTC."""
        return datetime.now(UTC)


class FakeClock:
    """
    A clock that moves only when told to.

    >>> clock = FakeClock("2026-03-23T09:00Z")
    >>> clock.advance("15m").isoformat()
    '2026-03-23T09:15:00+00:00'

    .. versionadded:: 0.1.0
    """

    def __init__(self, start: str | datetime = "2026-01-05T09:00Z") -> None:
        """
        Start at an instant.

        Args:
            start: An aware datetime, or an ISO 8601 text with an offset.
        """
        self._now = instant_of(start)

    def now(self) -> datetime:
        """Give the instant at which this clock stands, in UTC."""
        return self._now

    def advance(self, by: str | timedelta = "0s", *, to: str | datetime | None = None) -> datetime:
        """
        Move forward.

        Args:
            by: How far: a timedelta or a text such as `"15m"`; not negative.
            to: Where to, instead of *by*; not before the present instant.

        Returns:
            The new present, in UTC.

        Raises:
            InputError: The clock would go back.
        """
        target = instant_of(to) if to is not None else self._now + duration_of(by)
        if target < self._now:
            raise InputError("", "to", f"lies before the present of this clock, {self._now.isoformat()}")
        self._now = target
        return target


class IdFactory:
    """
    Makes ids (UUIDv7, RFC 9562: in order of time, also within a millisecond) and salts.

    >>> ids = IdFactory()
    >>> now = SystemClock().now()
    >>> ids.new_id(now) < ids.new_id(now)
    True
    """

    def __init__(self) -> None:
        """Start with no id given out."""
        self._lock = threading.Lock()
        self._last = 0

    def new_id(self, now: datetime) -> str:
        """
        Give a new id that sorts after every earlier one of this factory.

        Source: RFC 9562, section 5.7, with method 3 of section 6.2 (sub-millisecond fraction in `rand_a`).
        """
        micros = int(now.timestamp() * 1_000_000)
        with self._lock:
            stamp = self._last = max((micros // 1000 << 12) | (micros % 1000 * 4096 // 1000), self._last + 1)
        value = (stamp >> 12 << 80) | (7 << 76) | ((stamp & 0xFFF) << 64) | (2 << 62) | _random_62_bits()
        digits = f"{value:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def salt(self) -> bytes:
        """Give 16 random bytes for the commitment to an event's private part."""
        return os.urandom(16)


def pause_after(lost: int) -> float:
    """
    Give how many seconds to wait after so many lost races, by chance: longer at most after each, up to 32 ms.

    Whoever has lost comes back at a moment of their own; else the same ones meet again.

    >>> 0 <= pause_after(1) < 0.001
    True
    """
    return int.from_bytes(os.urandom(4)) / 2**32 * min(0.0005 * 2.0**lost, 0.032)


def _random_62_bits() -> int:
    return int.from_bytes(os.urandom(8)) >> 2
