"""The gateway to django-helpdesk keeps the laws of all gateways, on a real one."""

from datetime import timedelta
from typing import ClassVar

import pytest
from tests.servers.django_helpdesk import Hands
from tests.servers.helpdesk_site import TOKENS

from supporttiers import VendorStatus
from supporttiers.backends.vendor.django_helpdesk import DjangoHelpdeskVendor
from supporttiers.testing.suites import VendorSuite


class TestDjangoHelpdesk(VendorSuite):
    """django-helpdesk, through a proxy that loses answers, with the vendor's agent on the other side."""

    capabilities: ClassVar = frozenset({"public"})
    secrets: ClassVar = [TOKENS["desk"]]
    hook_secrets: ClassVar = ["correct-horse-battery", "an-older-secret-of-ours"]
    raw_statuses: ClassVar = {
        "3": VendorStatus.RESOLVED, "4": VendorStatus.CLOSED, "5": VendorStatus.REJECTED, "1": VendorStatus.OPEN,
    }  # fmt: skip
    unmapped: ClassVar = "2"
    settable: ClassVar = (VendorStatus.RESOLVED, VendorStatus.OPEN)
    timeout: ClassVar = timedelta(seconds=1)

    @pytest.fixture
    def vendor_url(self, helpdesk):
        """Give its address."""
        return helpdesk.url

    @pytest.fixture
    def hands(self, helpdesk):
        """Give its agent."""
        return Hands(helpdesk)

    @pytest.fixture
    def connect(self, helpdesk):
        """Make gateways with the token of our account, or with one that it does not know; there are no tickets yet."""
        helpdesk.forget()
        table = {number: str(status) for number, status in self.raw_statuses.items()}

        def connect(url, /, *, timeout, wrong_key=False, clock=None):
            token = "a-token-that-nobody-has-given" if wrong_key else helpdesk.desk["token"]
            return DjangoHelpdeskVendor(
                "acme", url=url, queue=helpdesk.queue, token=token, statuses=table, secrets=self.hook_secrets,
                timeout=timeout, clock=clock,
            )  # fmt: skip

        return connect
