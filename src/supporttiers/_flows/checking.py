"""Asking vendors who we are: what their gateways can do, and whether they get in."""

from collections.abc import Mapping
from typing import Any

from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.recording import problem_of
from supporttiers._flows.vendors import Gateway, can
from supporttiers.effects import VendorIdentity
from supporttiers.errors import VendorError, say_where
from supporttiers.protocols import capabilities_of
from supporttiers.readings import VendorReading


def check_vendors(ports: Ports) -> Flow[tuple[VendorReading, ...]]:
    """Ask every vendor, by name; one that gets in again is no longer left alone."""
    vendors: Mapping[str, Any] = ports.vendors
    readings = []
    for name in sorted(vendors):
        identity, problem = None, ""
        if can(vendors[name], "check"):
            try:
                identity = yield from _identity(name, vendors[name])
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything; others are asked all the same
                problem = problem_of(error)
            else:
                ports.resting.pop(name, None)
        reading = VendorReading(
            name=name, capabilities=capabilities_of(vendors[name]), identity=identity, problem=problem
        )
        readings.append(reading)
    return tuple(readings)


def _identity(name: str, vendor: Gateway) -> Flow[VendorIdentity]:
    try:
        found = yield Call(vendor.check)
    except Exception as error:
        say_where(error, f"vendor {name!r}")
        raise
    if not isinstance(found, VendorIdentity):
        problem = f"its gateway gave {type(found).__name__} in place of VendorIdentity"
        raise VendorError(name, problem, retryable=False, kind="protocol")
    return found
