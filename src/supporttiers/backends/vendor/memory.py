"""A vendor in this very process, who can do all that a vendor can: for demonstrations and tests."""

import re
from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import Final

import attrs

from supporttiers.backends.vendor._settings import Settings
from supporttiers.effects import (
    VendorAnswer,
    VendorChanges,
    VendorFile,
    VendorIdentity,
    VendorMessage,
    VendorRequest,
)
from supporttiers.errors import VendorError
from supporttiers.links import VendorEntry, VendorStatus
from supporttiers.tiers import Visibility

_NOT_THEIRS: Final = frozenset({VendorStatus.REQUESTED, VendorStatus.FAILED, VendorStatus.UNKNOWN, VendorStatus.GONE})
"""What only we say of a ticket."""


_CURSOR: Final = re.compile("[0-9]{1,18}")


class InProcessVendor:
    """
    Keeps tickets in memory, and answers as its *agent* says.

    >>> vendor = InProcessVendor("acme-print")
    >>> ticket = vendor.open(VendorRequest(tenant="default", case_id="T-1", subject="Stuck"), key="k1")
    >>> vendor.open(VendorRequest(tenant="default", case_id="T-1", subject="Stuck"), key="k1") == ticket
    True

    What the vendor's people do is done with `update`, `write` and `remove`:

    >>> vendor.write(ticket.remote_id, "Which model is it?")
    '1'
    >>> [entry.text for entry in vendor.fetch(ticket.remote_id).entries]
    ['Which model is it?']
    """

    def __init__(self, name: str, *, agent: Callable[[VendorAnswer], VendorAnswer] | None = None) -> None:
        """
        Begin without tickets.

        Args:
            name: By which tiers refer to it.
            agent: Is handed the ticket as it stands whenever it is asked about, and says how it stands now.
        """
        self.name = name
        self._agent = agent
        self._by_key: dict[str, str] = {}
        self._tickets: dict[str, VendorAnswer] = {}
        self._files: dict[str, dict[str, VendorFile]] = {}
        self._done: dict[str, str] = {}
        self._changed: dict[str, int] = {}
        self._last = 0
        self._lock = RLock()

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, object]) -> "InProcessVendor":
        """
        Make one from settings, of which it needs none: `{"use": "memory"}`.

        Raises:
            PluginError: There are others.
        """
        Settings(name, settings, possible=())
        return cls(name)

    # -- what we ask of it

    def check(self) -> VendorIdentity:
        """Say as whom it knows us: by its own name."""
        return VendorIdentity(account=self.name)

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """Open a ticket, or give the one that this key opened before."""
        with self._lock:
            remote_id = self._by_key.get(key)
            if remote_id is None:
                remote_id = self._by_key[key] = f"{self.name.upper()}-{len(self._by_key) + 1}"
                self._keep(VendorAnswer(remote_id=remote_id, status=VendorStatus.OPEN, reference=request.reference))
            return self._ticket(remote_id)

    def find(self, reference: str, /) -> Sequence[VendorAnswer]:
        """Give the tickets that show a reference."""
        with self._lock:
            return [ticket for ticket in self._tickets.values() if reference and ticket.reference == reference]

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """Say how far a ticket is."""
        ticket = self._ticket(remote_id)
        if self._agent is not None:
            ticket = self._agent(ticket)
            with self._lock:
                self._keep(ticket)
        return self._ticket(ticket.remote_id)

    def comment(self, remote_id: str, message: VendorMessage, /, *, key: str) -> str:
        """Say something on a ticket, once for a key."""
        with self._lock:
            if key not in self._done:
                self._done[key] = self._enter(remote_id, message.text, reference=message.reference, ours=True)
            return self._done[key]

    def set_status(self, remote_id: str, status: VendorStatus, /, *, expect: str | None = None) -> VendorAnswer:
        """Change the status of a ticket that is still of the version *expect*, if one is; it has none that are ours."""
        if status in _NOT_THEIRS:
            raise VendorError(self.name, f"it has no status {status}", retryable=False, kind="rejected")
        with self._lock:
            ticket = self._ticket(remote_id)
            if expect is not None and expect != ticket.version:
                problem = f"ticket {remote_id!r} is no longer of the version that was expected"
                raise VendorError(self.name, problem, retryable=True, kind="conflict")
            return self._keep(attrs.evolve(ticket, status=status))

    def withdraw(self, remote_id: str, message: VendorMessage, /, *, key: str) -> VendorAnswer:
        """Close a ticket, and say why."""
        with self._lock:
            self.comment(remote_id, message, key=key)
            return self.set_status(remote_id, VendorStatus.CLOSED)

    def attach(self, remote_id: str, file: VendorFile, /, *, key: str) -> str:
        """Put a file on a ticket, once for a key."""
        with self._lock:
            self._ticket(remote_id)
            if key not in self._done:
                files = self._files.setdefault(remote_id, {})
                self._done[key] = number = str(len(files) + 1)
                files[number] = file
            return self._done[key]

    def changes(self, cursor: str | None, /, *, limit: int) -> VendorChanges:
        """Give the tickets that have changed since; all of them where an agent may have something to say to each."""
        with self._lock:
            since = self._last if cursor is None else int(cursor) if _CURSOR.fullmatch(cursor) else 0
            later = sorted((at, remote_id) for remote_id, at in self._changed.items() if at > since)
            page = later[:limit]
            ids = tuple(self._tickets) if self._agent is not None else tuple(remote_id for _, remote_id in page)
            return VendorChanges(
                remote_ids=ids, cursor=str(page[-1][0] if page else since), more=len(later) > len(page)
            )

    # -- what its people do

    def update(self, remote_id: str, *, status: VendorStatus, text: str = "") -> None:
        """Let the vendor say how far a ticket is."""
        with self._lock:
            self._keep(attrs.evolve(self._ticket(remote_id), status=status, text=text))

    def write(self, remote_id: str, text: str, *, visibility: Visibility = Visibility.PRIVATE) -> str:
        """Let the vendor write something on a ticket; give the id of the entry."""
        with self._lock:
            return self._enter(remote_id, text, visibility=visibility)

    def remove(self, remote_id: str) -> None:
        """Let the vendor delete a ticket."""
        with self._lock:
            self._ticket(remote_id)
            del self._tickets[remote_id]
            self._touch(remote_id)

    def files(self, remote_id: str) -> tuple[VendorFile, ...]:
        """Give the files on a ticket, in the order in which they came."""
        with self._lock:
            return tuple(self._files.get(remote_id, {}).values())

    # -- what it keeps

    def _enter(
        self,
        remote_id: str,
        text: str,
        *,
        reference: str = "",
        ours: bool = False,
        visibility: Visibility = Visibility.PRIVATE,
    ) -> str:
        ticket = self._ticket(remote_id)
        entry = VendorEntry(
            id=str(len(ticket.entries) + 1), text=text, reference=reference, ours=ours, visibility=visibility
        )
        self._keep(attrs.evolve(ticket, entries=(*ticket.entries, entry)))
        return entry.id

    def _keep(self, ticket: VendorAnswer) -> VendorAnswer:
        if ticket != self._tickets.get(ticket.remote_id):
            self._touch(ticket.remote_id)
            self._tickets[ticket.remote_id] = attrs.evolve(ticket, version=str(self._last))
        return self._tickets[ticket.remote_id]

    def _touch(self, remote_id: str) -> None:
        self._last += 1
        self._changed[remote_id] = self._last

    def _ticket(self, remote_id: str) -> VendorAnswer:
        ticket = self._tickets.get(remote_id)
        if ticket is None:
            raise VendorError(self.name, f"there is no ticket {remote_id!r}", retryable=False, kind="gone")
        return ticket
