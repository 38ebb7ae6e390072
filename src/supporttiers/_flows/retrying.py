"""When a message that could not be delivered is tried again, and how often."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from supporttiers.errors import NotifyError, VendorError

ATTEMPTS_AT_SENDING: Final = 10
LONGEST_WAIT: Final = timedelta(hours=24)
"""Nobody who asks to be left alone for longer is left alone for longer."""

_FIRST_RETRY: Final = timedelta(minutes=1)
_LAST_RETRY: Final = timedelta(hours=1)
_DOUBLINGS: Final = 6
"""With so many the last wait is reached; and however many failures there were, no number grows beyond what can be."""
_SPREAD: Final = 0.1


def attempts_of(adapter: object) -> int:
    """Say how often an adapter is called about one message at most."""
    schedule = _schedule(adapter)
    return ATTEMPTS_AT_SENDING if schedule is None else len(schedule) + 1


def wait_before_next(adapter: object, error: Exception | None = None, *, attempts: int, key: str) -> timedelta:
    """
    Say how long to wait after an attempt that failed.

    Args:
        adapter: Whose `retries`, if it has any, are the waits after the first attempt, the second and so on. They are
            lengthened by up to a tenth, each message's by its own part, so that many do not come back at one instant.
        error: What it raised, as far as that is still known. The receiver may ask for a wait of its own, which is kept
            in place of the outbox's; in place of one of `retries` only where it is longer, lest a receiver that is down
            uses them up in no time.
        attempts: How many there were before this one.
        key: The message's.
    """
    asked = error.retry_after if isinstance(error, NotifyError | VendorError) else None
    asked = min(asked or timedelta(0), LONGEST_WAIT)
    schedule = _schedule(adapter)
    if schedule is None:
        return asked if asked > timedelta(0) else longer_each_time(attempts)
    wait = schedule[min(attempts, len(schedule) - 1)] if schedule else timedelta(0)
    return max(asked, wait + wait * _SPREAD * _part_of(f"{attempts}:{key}"))


def longer_each_time(failures: int) -> timedelta:
    """
    Say how long to wait after so many failures before this one: a minute, doubling, an hour at most.

    >>> [str(longer_each_time(failures)) for failures in (0, 1, 9, 10_000)]
    ['0:01:00', '0:02:00', '1:00:00', '1:00:00']
    """
    wait: timedelta = min(_FIRST_RETRY * 2 ** min(failures, _DOUBLINGS), _LAST_RETRY)
    return wait


def _schedule(adapter: object) -> Sequence[timedelta] | None:
    found: Sequence[timedelta] | None = getattr(adapter, "retries", None)
    return found


def _part_of(text: str) -> float:
    """Give a number from 0 to 1 that is always the same of one text, and of others another."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) / 2**32
