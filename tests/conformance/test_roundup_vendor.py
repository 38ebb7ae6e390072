"""Roundup's gateway on a real tracker: the laws of all gateways. What is its own is in tests/vendors."""

from datetime import timedelta
from typing import ClassVar

import pytest
from tests.servers.roundup import PASSWORD, USER, Agent, roundup

from supporttiers.backends.vendor.roundup import STATUSES, RoundupVendor
from supporttiers.links import VendorStatus
from supporttiers.testing.suites import VendorSuite


@pytest.fixture(scope="module")
def tracker():
    """Run a tracker for all laws."""
    with roundup() as found:
        yield found


class TestRoundupVendor(VendorSuite):
    """All laws of gateways, with a proxy that cuts, stalls and lies before the tracker."""

    secrets = (PASSWORD,)
    raw_statuses: ClassVar = {"unread": VendorStatus.OPEN, "need-eg": VendorStatus.WAITING_FOR_US,
                              "in-progress": VendorStatus.IN_PROGRESS, "resolved": VendorStatus.RESOLVED}  # fmt: skip
    unmapped = "deferred"
    patience = timedelta(seconds=0.5)  # it shows everything at once

    @pytest.fixture
    def vendor_url(self, tracker):
        """Give the tracker's address."""
        return tracker.url

    @pytest.fixture
    def hands(self, tracker):
        """Give the vendor's agent."""
        return Agent(tracker)

    @pytest.fixture
    def connect(self, tracker):
        """Make gateways; the tracker wants to hear its own origin, also through a proxy."""
        table = {word: meaning for word, meaning in STATUSES.items() if word != self.unmapped}

        def connect(url, *, timeout, wrong_key=False, clock=None):
            return RoundupVendor(
                "acme", url=url, user=USER, password="wrong" if wrong_key else PASSWORD, statuses=table,
                origin=tracker.url.removesuffix("/tracker/"), timeout=timeout, clock=clock,
            )  # fmt: skip

        return connect
