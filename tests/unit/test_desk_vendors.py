"""Gateways when a desk is built: what does not fit is refused, by name, before the first case."""

from datetime import timedelta

import attrs
import pytest

from supporttiers.backends.vendor.memory import InProcessVendor
from supporttiers.contracts import VendorContract
from supporttiers.desk import AsyncSupportDesk, SupportDesk
from supporttiers.errors import PluginError
from supporttiers.links import VendorStatus
from supporttiers.protocols import VENDOR_CAPABILITIES


def with_method(name, method):
    """Make a vendor with a method of its own."""
    return type("Own", (InProcessVendor,), {name: method})("acme-print")


@pytest.mark.parametrize("method", sorted(VENDOR_CAPABILITIES))
def test_method_that_cannot_be_called_is_refused(make_desk, calm, method):
    """It would be found out when it is needed most."""
    with pytest.raises(PluginError, match=rf"its {method} cannot be called as {method}\("):
        make_desk(calm, vendors=[with_method(method, lambda self, one, two, three, four: None)])


@pytest.mark.parametrize("method", sorted(VENDOR_CAPABILITIES))
def test_what_is_no_method_is_refused(make_desk, calm, method):
    """None leaves a capability out; anything else was meant to be one."""
    with pytest.raises(PluginError, match=f"its `{method}` must be a method, or be left out"):
        make_desk(calm, vendors=[with_method(method, "yes")])
    make_desk(calm, vendors=[with_method(method, None)])


@pytest.mark.parametrize("method", sorted(VENDOR_CAPABILITIES))
def test_asynchronous_method_is_for_those_who_await(calm, method):
    """A SupportDesk would never hear its answer."""

    async def asynchronous(self, *_args, **_named): ...

    vendor = with_method(method, asynchronous)
    with pytest.raises(PluginError, match="it is asynchronous, and SupportDesk does not await"):
        SupportDesk(calm, vendors=[vendor])
    AsyncSupportDesk(calm, vendors=[vendor])


@pytest.mark.parametrize("attribute", ["settle_time", "poll_every"])
@pytest.mark.parametrize("value", [60, "1m", None, timedelta(seconds=-1)])
def test_times_must_be_times(make_desk, calm, attribute, value):
    """A number might be anything."""
    with pytest.raises(PluginError, match=f"its `{attribute}` must be a timedelta, and not negative"):
        make_desk(calm, vendors=[with_method(attribute, value)])


@pytest.mark.parametrize("value", ["open", None, 7, {"open", "shut"}, [[]]])
def test_statuses_must_be_ours(make_desk, calm, value):
    """A word of the vendor's would never be met."""
    with pytest.raises(PluginError, match="its `statuses` must be a collection of VendorStatus"):
        make_desk(calm, vendors=[with_method("statuses", value)])
    make_desk(calm, vendors=[with_method("statuses", frozenset({VendorStatus.OPEN}))])


def test_files_must_be_read_by_a_function(make_desk, calm):
    """And by one that is called where nobody awaits."""

    async def asynchronous(_attachment): ...

    with pytest.raises(PluginError, match=r"^'files' does not fit: must be a function that is given an Attachment"):
        make_desk(calm, files="files/")
    with pytest.raises(PluginError, match="it is asynchronous, and SupportDesk does not await"):
        SupportDesk(calm, files=asynchronous)
    AsyncSupportDesk(calm, files=asynchronous)
    make_desk(calm, files=lambda _attachment: b"")


@pytest.mark.parametrize(
    ("contract", "lacks", "problem"),
    [
        (
            {"acknowledge": "4h"},
            {"comment": None},
            r"contracts\[0\].on_breach \(remind\) needs a gateway that can comment",
        ),
        (
            {"withdraw": True},
            {"comment": None, "withdraw": None, "set_status": None},
            r"contracts\[0\].withdraw needs a gateway that can comment or set_status or withdraw",
        ),
        (
            {"acknowledge": "4h"},
            {"statuses": frozenset({VendorStatus.OPEN, VendorStatus.CLOSED})},
            r"contracts\[0\].acknowledge needs tickets that can be ",
        ),
    ],
)
def test_plan_that_a_gateway_cannot_carry_out_is_refused(make_desk, calm, contract, lacks, problem):
    """It would be found out when a vendor has broken its contract already."""
    process = attrs.evolve(calm, contracts=[VendorContract(vendor="acme-print", **contract)])
    with pytest.raises(PluginError, match=rf"^'acme-print' does not fit: process 'acme', .*{problem}"):
        make_desk(process, vendors=[type("Own", (InProcessVendor,), lacks)("acme-print")])
    make_desk(process, vendors=[InProcessVendor("acme-print")])
    make_desk(process, vendors=[])
