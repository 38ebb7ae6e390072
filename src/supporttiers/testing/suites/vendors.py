"""Laws of vendors' gateways, all of them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest

from supporttiers import _fields as fields
from supporttiers._flows import has_asynchronous
from supporttiers.links import VendorStatus
from supporttiers.protocols import VendorGateway
from supporttiers.testing.suites._awaiting import called_of, turning
from supporttiers.testing.suites._vendor_given import PATIENT, Connect, Gateway
from supporttiers.testing.suites.vendor_calling import CallingLaws
from supporttiers.testing.suites.vendor_desking import DeskingLaws
from supporttiers.testing.suites.vendor_failing import FailingLaws
from supporttiers.testing.suites.vendor_hearing import HearingLaws
from supporttiers.testing.suites.vendor_losing import LosingLaws
from supporttiers.testing.suites.vendor_opening import OpeningLaws


class VendorSuite(OpeningLaws, LosingLaws, DeskingLaws, FailingLaws, HearingLaws, CallingLaws):
    """
    What every vendor's gateway must do. Give a fixture `connect`; the other fixtures let more be tested.

    Which of the optional methods a gateway has, says what it can do: what it cannot is left out, and what it claims to
    be able to is proved.

    Attributes:
        waived: Laws that this gateway does not keep, by the name of the test, with the reason.
        capabilities: What it claims: `public`, `signed`.

    .. versionadded:: 0.1.0
    """

    @pytest.fixture
    def plugged(self, connect: Connect, vendor_url: str | None) -> object:
        """Give a gateway as a desk is handed it."""
        return connect(vendor_url or "", timeout=PATIENT)

    def test_name_is_one_that_outbox_and_logs_can_use(self, gateway: Gateway) -> None:
        """A text of 1 to 200 characters without control characters, and always the same."""
        assert fields.name(gateway.name) is None, f"its name {fields.name(gateway.name)}"
        assert gateway.name == gateway.name, "its name is another one each time"

    def test_gateway_fits_its_protocol(self, plugged: object) -> None:
        """It is an object with `open` and `fetch`, called or awaited as its suite says."""
        assert not isinstance(plugged, type), "it is a class; hand in an object of it"
        assert isinstance(plugged, VendorGateway), "it lacks `name`, `open` or `fetch`"
        assert self.awaited is has_asynchronous(plugged, ("open", "fetch")), (
            "open and fetch are coroutine functions: use AsyncVendorSuite"
            if not self.awaited
            else "open and fetch are no coroutine functions: use VendorSuite"
        )

    def test_declarations_can_be_so(self, gateway: Gateway) -> None:
        """What it says of itself by `settle_time`, `poll_every`, `statuses` and `repeats`."""
        for name in ("settle_time", "poll_every"):
            value = getattr(gateway, name, None)
            fits = value is None or (isinstance(value, timedelta) and value >= timedelta(0))
            assert fits, f"{name} is no timedelta from 0 up"
        assert fields.flag(getattr(gateway, "repeats", True)) is None, "repeats is neither True nor False"
        statuses = getattr(gateway, "statuses", ())
        assert set(statuses) <= set(VendorStatus), "statuses holds what is no VendorStatus"


class AsyncVendorSuite(VendorSuite):
    """
    What every awaited gateway must do: the same. Give a fixture `async_connect`.

    .. versionadded:: 0.1.0
    """

    awaited: ClassVar[bool] = True

    @pytest.fixture
    def _loop(self) -> Iterator[Any]:
        with turning() as loop:
            yield loop

    @pytest.fixture
    def plugged(self, async_connect: Connect, vendor_url: str | None) -> object:
        """Give a gateway as a desk is handed it."""
        return async_connect(vendor_url or "", timeout=PATIENT)

    @pytest.fixture
    def connect(self, async_connect: Connect, _loop: Any) -> Connect:  # noqa: ANN401 - a loop
        """Make gateways in such a way that each call is awaited on one loop, in a thread."""

        def connect(url: str, /, **given: Any) -> Gateway:  # noqa: ANN401 - as it is given
            return called_of(async_connect(url, **given), _loop)

        return connect
