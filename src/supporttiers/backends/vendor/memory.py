"""A vendor in this very process: for demonstrations and tests."""

from collections.abc import Callable, Mapping

import attrs

from supporttiers.backends.vendor._settings import Settings
from supporttiers.effects import VendorAnswer, VendorRequest
from supporttiers.errors import VendorError
from supporttiers.links import VendorStatus


class InProcessVendor:
    """
    Keeps tickets in memory, and answers as its *agent* says.

    >>> vendor = InProcessVendor("acme-print")
    >>> ticket = vendor.open(VendorRequest(tenant="default", case_id="T-1", subject="Stuck"), key="k1")
    >>> vendor.open(VendorRequest(tenant="default", case_id="T-1", subject="Stuck"), key="k1") == ticket
    True
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

    @classmethod
    def from_settings(cls, name: str, settings: Mapping[str, object]) -> "InProcessVendor":
        """
        Make one from settings, of which it needs none: `{"use": "memory"}`.

        Raises:
            PluginError: There are others.
        """
        Settings(name, settings, possible=())
        return cls(name)

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:  # noqa: ARG002 - a key is a ticket
        """Open a ticket, or give the one that this key opened before."""
        remote_id = self._by_key.get(key)
        if remote_id is None:
            remote_id = self._by_key[key] = f"{self.name.upper()}-{len(self._tickets) + 1}"
            self._tickets[remote_id] = VendorAnswer(remote_id=remote_id, status=VendorStatus.OPEN)
        return self._tickets[remote_id]

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """Say how far a ticket is."""
        ticket = self._ticket(remote_id)
        if self._agent is not None:
            ticket = self._tickets[remote_id] = self._agent(ticket)
        return ticket

    def update(self, remote_id: str, *, status: VendorStatus, text: str = "") -> None:
        """Let the vendor say something about a ticket."""
        self._tickets[remote_id] = attrs.evolve(self._ticket(remote_id), status=status, text=text)

    def _ticket(self, remote_id: str) -> VendorAnswer:
        ticket = self._tickets.get(remote_id)
        if ticket is None:
            raise VendorError(self.name, f"there is no ticket {remote_id!r}", retryable=False, kind="gone")
        return ticket
