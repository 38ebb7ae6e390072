"""What vendors call in, and how they are reached, called."""

from collections.abc import Mapping, Sequence

from supporttiers._flows import drive
from supporttiers.desk._vendors import VendorTalk
from supporttiers.readings import Receipt, VendorReading

Headers = Mapping[str, str | Sequence[str]] | Sequence[tuple[str | bytes, str | bytes]]
"""Headers as web frameworks have them: by name, in small or large letters; or as pairs."""


class Talking(VendorTalk):
    """What vendors call in, and how they are reached."""

    def receive(self, vendor: str, headers: Headers, body: bytes) -> Receipt:
        """
        Take a call of a vendor's system, as it came in; answer it with the receipt's `http_status`.

        The gateway makes sure that it comes from the vendor. What it proves to be the vendor's is given to the case at
        once; what may be anybody's is a hint, after which the next pass asks the vendor. What is sent twice is taken
        once, also after a restart, where the vendor names its deliveries.

        Args:
            vendor: The gateway's name: have it stand in the address that the vendor calls.
            headers: A table of texts, or of lists of texts, or a list of pairs; names in any letters.
            body: The very bytes, before anything has read them; at most 1 MiB.

        Returns:
            What was done. A view bound to a tenant knows that tenant's tickets only; others know all.

        Raises:
            WebhookRefusedError: It was not taken: there is no such vendor, it is not the vendor's, or it cannot be
                understood. Nothing else comes of anything that was sent; answer with the error's `http_status`.
            StoreError: The store failed; let the vendor send it again.
            UnsupportedConnectionError: This view works in a transaction of yours.
        """
        return drive(self._receive(vendor, headers, body))

    def check_vendors(self) -> tuple[VendorReading, ...]:
        """
        Ask every vendor who we are, and say what its gateway can do; for a check of the set-up, or of health.

        A vendor that has been left alone, because it did not know us, is talked to again once it does.

        Returns:
            A reading for each vendor, by name; with a problem where the vendor does not let us in. So has each vendor
            that a process of this desk names, and of which the desk has no gateway.
        """
        return drive(self._check_vendors())
