"""Steps of I/O, what they work with, and the driver that does them."""

from collections.abc import Generator, Mapping
from functools import partial
from typing import Any, TypeVar

import attrs

from supporttiers.process import SupportProcess
from supporttiers.protocols import (
    CaseStore,
    Notifier,
    VendorGateway,
)

T = TypeVar("T")


Call = partial
"""One step of I/O: what to call, and with what; whoever drives the flow calls it."""

Flow = Generator[Call[Any], Any, T]


def drive(flow: Flow[T]) -> T:
    """Run a flow to its end, doing each step at once."""
    try:
        call = next(flow)
        while True:
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 - the flow decides what becomes of a failed step
                call = flow.throw(error)
            else:
                call = flow.send(result)
    except StopIteration as done:
        value: T = done.value
        return value


@attrs.frozen(kw_only=True)
class Ports:
    """
    What flows work with.

    Attributes:
        store: Where cases are kept.
        processes: The processes at hand, by name and revision; those of older cases are added as they are met.
        newest: The newest revision of each process, by name.
        default: The process of a case that names none.
        notifiers: By name.
        vendors: By name.
    """

    store: CaseStore
    processes: dict[tuple[str, str], SupportProcess]
    newest: Mapping[str, SupportProcess]
    default: SupportProcess
    notifiers: Mapping[str, Notifier]
    vendors: Mapping[str, VendorGateway]
