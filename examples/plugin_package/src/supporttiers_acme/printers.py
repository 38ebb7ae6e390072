"""The vendor that mends Acme's printers; its ticket system is a file."""

import attrs

from supporttiers import VendorStatus
from supporttiers.effects import VendorAnswer, VendorRequest
from supporttiers.errors import VendorError
from supporttiers_acme.home import keep, table


@attrs.frozen
class Printers:
    """Opens tickets, and says how far they are."""

    name: str
    prefix: str = "P"

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:  # noqa: ARG002 - what it asks is no matter
        """Open a ticket, or give the one that this key opened before."""
        tickets = table(self.name)
        if key not in tickets:
            keep(self.name, {**tickets, key: f"{self.prefix}-{len(tickets) + 1}"})
        return VendorAnswer(remote_id=str(table(self.name)[key]), status=VendorStatus.OPEN)

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """Say that it is done: this vendor is quick."""
        if remote_id not in table(self.name).values():
            raise VendorError(self.name, f"there is no ticket {remote_id!r}", retryable=False)
        return VendorAnswer(remote_id=remote_id, status=VendorStatus.RESOLVED, text="We have changed the drum.")
