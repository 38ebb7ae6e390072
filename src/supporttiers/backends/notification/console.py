"""Notifications as lines of text on a stream: for demonstrations, development and logs."""

import sys
from typing import Self, TextIO

from supporttiers.effects import Notification


class ConsoleNotifier:
    """
    Writes a line for each notification. The line holds ids and reasons, never customer text.

    >>> from supporttiers.backends.notification.console import ConsoleNotifier
    >>> ConsoleNotifier(name="pager").name
    'pager'
    """

    def __init__(self, stream: TextIO | None = None, *, name: str = "console") -> None:
        """
        Write to a stream.

        Args:
            stream: Where to; standard output as it is at the time of writing when None.
            name: By which outbox and logs speak of this notifier.
        """
        self.name = name
        self._stream = stream

    @classmethod
    def from_url(cls, url: str, *, name: str | None = None) -> Self:
        """
        Make it from `console:`, or from `console:` and a name.

        >>> ConsoleNotifier.from_url("console:pager").name
        'pager'
        """
        return cls(name=name or url.partition(":")[2] or "console")

    def notify(self, notification: Notification, /, *, key: str) -> None:  # noqa: ARG002 - a repeated line does no harm
        """Write the line."""
        people = ", ".join(map(str, notification.recipients)) or "-"
        when = f"{notification.at:%Y-%m-%d %H:%M}"
        line = f"{when}  {notification.to} ({people}): case {notification.case_id}: {notification.reason}"
        print(line, file=self._stream or sys.stdout)
