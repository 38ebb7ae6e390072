"""
What a vendor's gateway can do beyond `open` and `fetch`: each a Protocol of its own, and whoever has it, can.

All of them may be awaited on an `AsyncSupportDesk`. All raise `VendorError`, whose `kind` says what was wrong.

Besides, a gateway may say with plain attributes: `settle_time`, a timedelta, how long after an opening of which nobody
knows whether it has arrived `find` may still miss the ticket (a minute unless said); `poll_every`, a timedelta, how
often an open ticket is asked about at most (a minute); `statuses`, a collection of `VendorStatus`, which statuses its
tickets can have at all (any); `repeats` and `retries`, see `Notifier`.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol, runtime_checkable

from supporttiers.effects import (
    VendorAnswer,
    VendorCall,
    VendorChanges,
    VendorFile,
    VendorIdentity,
    VendorMessage,
    VendorNews,
)
from supporttiers.links import VendorStatus


@runtime_checkable
class CanCheck(Protocol):
    """Can say as whom the vendor's system knows us."""

    def check(self) -> VendorIdentity:
        """
        Ask the vendor who we are; where the host has said who we should be, make sure that we are.

        Raises:
            VendorError: It cannot be reached, or knows us as nobody, or as somebody else (`auth`).
        """
        ...


@runtime_checkable
class CanFind(Protocol):
    """Can look for tickets by our reference, so that none is created twice, however simple its `open` is."""

    def find(self, reference: str, /) -> Sequence[VendorAnswer]:
        """Look for tickets that may be ours; of what is given only those whose `reference` is the same are believed."""
        ...


@runtime_checkable
class CanComment(Protocol):
    """Can say something on a ticket."""

    def comment(self, remote_id: str, message: VendorMessage, /, *, key: str) -> str:
        """
        Say something; give the vendor's id of the entry, or an empty text where it has none.

        An attempt of which nobody knows whether it has arrived is not repeated before the ticket has been fetched, and
        no entry in it has the message's reference.
        """
        ...


@runtime_checkable
class CanSetStatus(Protocol):
    """Can change the status of a ticket."""

    def set_status(self, remote_id: str, status: VendorStatus, /, *, expect: str | None = None) -> VendorAnswer:
        """
        Change it, read it back, and give the ticket as it is then.

        Raises:
            VendorError: `not_applied`: the vendor said yes, and did nothing; `conflict`: the ticket is no longer of the
                version *expect*, where the vendor has versions; `rejected`: there is no such status there.
        """
        ...


@runtime_checkable
class CanAttach(Protocol):
    """Can put files on a ticket."""

    def attach(self, remote_id: str, file: VendorFile, /, *, key: str) -> str:
        """Put a file there; give the vendor's id of it, or an empty text where it has none."""
        ...


@runtime_checkable
class CanListChanges(Protocol):
    """Can say which tickets have changed, so that not each has to be asked about all the time."""

    def changes(self, cursor: str | None, /, *, limit: int) -> VendorChanges:
        """
        Give what has changed since a cursor, the oldest first; with None, since now.

        At least once: a cursor goes back far enough for changes of one second, and of clocks that differ, and what is
        given twice does no harm.
        """
        ...


@runtime_checkable
class CanReceive(Protocol):
    """Can understand calls of the vendor's."""

    def receive(self, call: VendorCall, /) -> VendorNews:
        """
        Make sure that a call comes from the vendor, and say what it means.

        Raises:
            WebhookRefusedError: It does not, or cannot be understood. Nothing else, whatever came.
        """
        ...


@runtime_checkable
class CanWithdraw(Protocol):
    """Can take a request back."""

    def withdraw(self, remote_id: str, message: VendorMessage, /, *, key: str) -> VendorAnswer:
        """Take it back, read it back, and give the ticket as it is then."""
        ...


VENDOR_CAPABILITIES: Final[Mapping[str, type]] = MappingProxyType({
    "check": CanCheck, "find": CanFind, "comment": CanComment, "set_status": CanSetStatus, "attach": CanAttach,
    "changes": CanListChanges, "receive": CanReceive, "withdraw": CanWithdraw,
})  # fmt: skip
"""What a gateway may be able to do, by the method that does it."""


def capabilities_of(gateway: object) -> frozenset[str]:
    """
    Say what a gateway can do beyond `open` and `fetch`.

    >>> from supporttiers.backends.vendor.memory import InProcessVendor
    >>> sorted(capabilities_of(InProcessVendor("acme")))
    ['attach', 'changes', 'check', 'comment', 'find', 'set_status', 'withdraw']
    """
    return frozenset(name for name in VENDOR_CAPABILITIES if callable(getattr(gateway, name, None)))
