"""What a desk has to do with vendors besides sending them cases: what their gateways can do, and what they call in."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from supporttiers import _flows as flows
from supporttiers._fields import type_name
from supporttiers._flows import Flow
from supporttiers.desk._parts import by_name, calls_of
from supporttiers.desk._view import View
from supporttiers.errors import PluginError, UnsupportedConnectionError
from supporttiers.links import Attachment, VendorStatus
from supporttiers.process import SupportProcess
from supporttiers.process.plans import problems_of
from supporttiers.protocols import VENDOR_CAPABILITIES, VendorGateway, capabilities_of
from supporttiers.readings import Receipt, VendorReading

_CALLS: Final[Mapping[str, tuple[tuple[object, ...], dict[str, object]]]] = {
    "check": ((), {}),
    "find": (("",), {}),
    "comment": (("", None), {"key": ""}),
    "set_status": (("", None), {"expect": None}),
    "attach": (("", None), {"key": ""}),
    "changes": ((None,), {"limit": 1}),
    "receive": ((None,), {}),
    "withdraw": (("", None), {"key": ""}),
}
"""How the methods are called that a gateway need not have."""


def vendors(given: Iterable[Any]) -> dict[str, Any]:
    """Check gateways when the desk is built, by name: what does not fit must not be found out when a call is due."""
    found = by_name("vendor", given, VendorGateway)
    for name, gateway in found.items():
        for method in sorted(capabilities_of(gateway)):
            calls_of(gateway, method, _CALLS[method], name)
        for method in sorted(VENDOR_CAPABILITIES.keys() - capabilities_of(gateway)):
            if getattr(gateway, method, None) is not None:
                raise PluginError(name, f"its `{method}` must be a method, or be left out")
        _check_attributes(gateway, name)
    return found


def _check_attributes(gateway: object, name: str) -> None:
    for attribute in ("settle_time", "poll_every"):
        value = getattr(gateway, attribute, timedelta(0))
        if not isinstance(value, timedelta) or value < timedelta(0):
            raise PluginError(name, f"its `{attribute}` must be a timedelta, and not negative")
    statuses = getattr(gateway, "statuses", frozenset(VendorStatus))
    several = isinstance(statuses, Iterable) and not isinstance(statuses, str)
    if not several or not all(isinstance(each, str) and each in set(VendorStatus) for each in statuses):
        raise PluginError(name, "its `statuses` must be a collection of VendorStatus: which its tickets can have")


def check_plans(processes: Iterable[SupportProcess], gateways: Mapping[str, object]) -> None:
    """Refuse a process whose plan a gateway cannot carry out; one that this desk lacks is other desks' matter."""
    for process in processes:
        for vendor, plan in process.vendor_plans.items():
            gateway = gateways.get(vendor)
            if gateway is None:
                continue
            problems = problems_of(plan, capabilities_of(gateway), getattr(gateway, "statuses", None))
            if problems:
                raise PluginError(vendor, "; ".join(problems))


def readable(files: object) -> Callable[[Attachment], object] | None:
    """Check what reads files."""
    if files is not None and not callable(files):
        raise PluginError("files", f"must be a function that is given an Attachment, not {type_name(files)}")
    return files


class VendorTalk(View):
    """What vendors call in, and what can be said of their gateways, as flows."""

    _bound: str | None
    _joins: bool

    def _receive(self, vendor: object, headers: object, body: object) -> Flow[Receipt]:
        if self._joins:
            problem = "whether a call was taken must not depend on another transaction; call receive of the desk itself"
            raise UnsupportedConnectionError("call", problem)
        now = self._clock.now()
        return (yield from flows.receive(self._ports, vendor, headers, body, now, tenant=self._bound))

    def _check_vendors(self) -> Flow[tuple[VendorReading, ...]]:
        return (yield from flows.check_vendors(self._ports))
