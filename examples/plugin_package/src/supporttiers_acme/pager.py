"""Acme's pager, which is a file with one line for each message."""

import json
from pathlib import Path
from threading import Lock

from supporttiers.effects import Notification
from supporttiers.errors import NotifyError


class Pager:
    """Writes each message once, however often it is handed over: its key stands in its line."""

    def __init__(self, path: Path, *, name: str) -> None:
        """Write to *path*, under a *name* that stays the same."""
        self.name = name
        self._path = path
        self._lock = Lock()

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """Write the line, unless it is there; a disk that is full may be free again later."""
        line = {
            "key": key,
            "to": notification.to,
            "people": [contact.id for contact in notification.recipients],
            "case": notification.case_id,
            "reason": notification.reason.code,
        }
        try:
            with self._lock:
                self._write_once(key, json.dumps(line))
        except OSError as error:
            raise NotifyError(self.name, type(error).__name__, retryable=True) from error

    def _write_once(self, key: str, line: str) -> None:
        lines = self._path.read_text("utf-8").splitlines() if self._path.exists() else []
        if key not in {json.loads(each)["key"] for each in lines}:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
