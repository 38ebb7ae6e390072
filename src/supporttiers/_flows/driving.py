"""Steps of I/O, what they work with, and the driver that does them."""

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import attrs

from supporttiers.facts import Facts, FactSource
from supporttiers.process import SupportProcess
from supporttiers.protocols import (
    CaseStore,
    Directory,
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


def at_once(flow: Flow[T]) -> T | None:
    """Run a flow that may have nothing to do outside; None, with nothing done, where it has."""
    try:
        next(flow)
    except StopIteration as done:
        value: T = done.value
        return value
    flow.close()
    return None


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
        sources: Of facts, by name.
        directory: Knows people.
        policies: Classes of policies that a stored process may name, besides the built-in ones.
        renewed: Processes with the limits of a newer revision, by name and both revisions; None where they do not fit.
        no_facts: What is known before anything has been read.
    """

    store: CaseStore
    processes: dict[tuple[str, str], SupportProcess]
    newest: Mapping[str, SupportProcess]
    default: SupportProcess
    notifiers: Mapping[str, Notifier]
    vendors: Mapping[str, VendorGateway]
    sources: Mapping[str, FactSource] = attrs.field(factory=dict)
    directory: Directory | None = None
    policies: Sequence[type[Any]] = ()
    renewed: dict[tuple[str, str, str], SupportProcess | None] = attrs.field(factory=dict)
    no_facts: Facts = attrs.field(init=False)

    @no_facts.default
    def _nothing_read(self) -> Facts:
        return Facts(keyed_by={name: source.keyed_by for name, source in self.sources.items()})
