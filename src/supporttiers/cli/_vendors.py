"""`vendors`: what the gateways of a desk can do, and whether the vendors let us in."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

from supporttiers.cli._desks import named_desk
from supporttiers.cli._exits import FINE, NO
from supporttiers.cli._output import safe, table, write, write_json
from supporttiers.cli._store import add_json, add_plugins

if TYPE_CHECKING:
    from supporttiers.readings import VendorReading

_ABOUT: Final = """Ask each vendor of your desk as whom it knows us, and list what its gateway can do. The exit code is
1 where a vendor does not let us in, and where a process names a vendor of which the desk has no gateway."""


def register(subparsers: Any) -> None:  # noqa: ANN401 - argparse does not export the type
    """Add the command."""
    parser = subparsers.add_parser("vendors", help="ask vendors whether they let us in", description=_ABOUT)
    parser.add_argument(
        "--desk", metavar="MODULE:NAME", required=True, help="your application's desk, or a function that gives it"
    )
    add_plugins(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask them."""
    with ExitStack() as stack:
        desk = named_desk(args, stack)
        stack.callback(desk.shut_down)
        readings = desk.check_vendors()
    if args.json:
        write_json({"vendors": [_plain(each) for each in readings]})
    else:
        write(_lines(readings))
    return NO if any(each.problem for each in readings) else FINE


def _plain(reading: "VendorReading") -> dict[str, Any]:
    identity = reading.identity
    return {
        "name": reading.name,
        "capabilities": sorted(reading.capabilities),
        "account": None if identity is None else identity.account,
        "unmapped": [] if identity is None else list(identity.unmapped),
        "problem": reading.problem or None,
        "processes": list(reading.processes),
    }


def _lines(readings: "Sequence[VendorReading]") -> Iterator[str]:
    if not readings:
        yield "no vendor"
        return
    rows = [
        [
            each.name,
            None if each.identity is None else each.identity.account,
            ", ".join(sorted(each.capabilities)) or None,
            each.problem or None,
        ]
        for each in readings
    ]
    yield from table(["vendor", "account", "can", "problem"], rows)
    for each in readings:
        if each.identity is not None and each.identity.unmapped:
            yield safe(f"{each.name}: statuses that would be unknown: {', '.join(each.identity.unmapped)}")
        if not each.processes:
            yield safe(f"{each.name}: no process of this desk names it")
