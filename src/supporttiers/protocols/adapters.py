"""Adapters: ways out into the world, to people and to vendors."""

from typing import Protocol, runtime_checkable

from supporttiers.effects import Notification, VendorAnswer, VendorRequest


@runtime_checkable
class Notifier(Protocol):
    """
    Carries messages to people.

    One that must not be called twice about one message, such as one that rings people up, says so with an attribute
    `repeats = False`: a message of which nobody knows whether it has arrived is then left to people.

    One that is to be called once for each recipient, such as one that sends mail, says so with an attribute
    `per_recipient = True`: what it cannot bring to one of them then holds up nobody else. Any other is called once
    for all. Its name has no `#` in it.
    """

    name: str

    def notify(self, notification: Notification, /, *, key: str) -> None:
        """
        Deliver; at least once, so that a second call with the same *key* should deliver nothing new.

        Raises:
            NotifyError: It could not be delivered; `retryable` says whether to try again, `ambiguous` that it may have
                arrived all the same.
        """
        ...


@runtime_checkable
class VendorGateway(Protocol):
    """
    Speaks with a vendor's ticket system.

    One whose `open` must not be called twice with one key says so with an attribute `repeats = False`: a request of
    which nobody knows whether it has arrived is then left to people.
    """

    name: str

    def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """
        Open a ticket; a second call with the same *key* must give the same ticket, not a second one.

        Raises:
            VendorError: It could not be opened; `retryable` says whether to try again, `ambiguous` that a ticket may be
                there all the same.
        """
        ...

    def fetch(self, remote_id: str, /) -> VendorAnswer:
        """
        Say how far a ticket is.

        Raises:
            VendorError: The vendor could not be asked.
        """
        ...


@runtime_checkable
class AsyncNotifier(Protocol):
    """A `Notifier` that is awaited, for `AsyncSupportDesk`."""

    name: str

    async def notify(self, notification: Notification, /, *, key: str) -> None:
        """See `Notifier.notify`."""
        ...


@runtime_checkable
class AsyncVendorGateway(Protocol):
    """A `VendorGateway` that is awaited, for `AsyncSupportDesk`."""

    name: str

    async def open(self, request: VendorRequest, /, *, key: str) -> VendorAnswer:
        """See `VendorGateway.open`."""
        ...

    async def fetch(self, remote_id: str, /) -> VendorAnswer:
        """See `VendorGateway.fetch`."""
        ...
