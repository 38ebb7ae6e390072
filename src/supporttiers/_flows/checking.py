"""Asking vendors who we are: what their gateways can do, and whether they get in."""

from collections.abc import Mapping
from typing import Any

from supporttiers._fields import nearest
from supporttiers._flows.driving import Call, Flow, Ports
from supporttiers._flows.recording import problem_of
from supporttiers._flows.vendors import asked, can
from supporttiers.effects import VendorIdentity
from supporttiers.protocols import capabilities_of
from supporttiers.readings import VendorReading


def check_vendors(ports: Ports) -> Flow[tuple[VendorReading, ...]]:
    """
    Ask every vendor, by name; one that gets in again is no longer left alone.

    Vendors that a process of the desk names, and of which it has no gateway, have a problem.
    """
    vendors: Mapping[str, Any] = ports.vendors
    needed = _needed(ports)
    readings = []
    for name in sorted({*vendors, *needed}):
        if name not in vendors:
            readings.append(_missing(name, needed[name], vendors))
            continue
        identity, problem = None, ""
        if can(vendors[name], "check"):
            try:
                identity = yield from asked(name, Call(vendors[name].check), gives=VendorIdentity)
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything; others are asked all the same
                problem = problem_of(error)
            else:
                ports.resting.pop(name, None)
        reading = VendorReading(
            name=name, capabilities=capabilities_of(vendors[name]), identity=identity, problem=problem,
            processes=needed.get(name, ()),
        )  # fmt: skip
        readings.append(reading)
    return tuple(readings)


def _needed(ports: Ports) -> Mapping[str, tuple[str, ...]]:
    """Give the processes that name each vendor."""
    processes = sorted(ports.newest.items())
    names = {vendor for _, process in processes for vendor in process.named_vendors.names}
    return {
        vendor: tuple(name for name, process in processes if vendor in process.named_vendors.names) for vendor in names
    }


def _missing(name: str, processes: tuple[str, ...], vendors: Mapping[str, Any]) -> VendorReading:
    listed = ", ".join(map(repr, processes))
    near = nearest(name, sorted(vendors))
    problem = f"process {listed} names it, and this desk has no such gateway"
    problem += f"; did you mean {near!r}?" if near else ""
    return VendorReading(name=name, capabilities=frozenset(), problem=problem, processes=processes)
