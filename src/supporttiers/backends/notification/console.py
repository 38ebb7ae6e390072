"""Notifications as lines of text on a stream: for demonstrations, development and logs."""

import sys
from typing import Self, TextIO

from supporttiers.effects import Notification
from supporttiers.errors import NotifyError


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
        """
        Write the line, and nothing but one line, whatever a reason may quote.

        Raises:
            NotifyError: The stream cannot be written, such as a pipe whose other end is closed.
        """
        people = ", ".join(map(str, notification.recipients)) or "-"
        when = f"{notification.at:%Y-%m-%d %H:%M}"
        line = f"{when}  {notification.to} ({people}): case {notification.case_id}: {notification.reason}"
        stream = self._stream or sys.stdout
        try:
            stream.write(f"{_shown(line, stream)}\n")
        except (OSError, ValueError) as error:
            raise NotifyError(
                self.name, f"its stream cannot be written: {type(error).__name__}", retryable=True
            ) from error


def _shown(line: str, stream: TextIO) -> str:
    """Put a space in place of what is no character to be seen, and an escape of what the stream cannot write."""
    plain = "".join(character if character.isprintable() else " " for character in line)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return plain.encode(encoding, "backslashreplace").decode(encoding)
