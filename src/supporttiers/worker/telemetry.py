"""What a worker tells of its work, for whoever measures it."""

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from supporttiers.protocols import Backlog
from supporttiers.readings import Pass


@runtime_checkable
class Telemetry(Protocol):
    """
    Hears what a worker does; `supporttiers.worker.otel.OpenTelemetry` is one.

    .. versionadded:: 0.1.0
    """

    def around_pass(self) -> AbstractContextManager[object]:
        """Enclose a pass, as a span does; an error that ends the pass goes through it."""
        ...

    def passed(self, done: Pass, /) -> None:
        """Hear what a pass did, while it is still enclosed."""
        ...

    def waiting(self, backlog: Backlog, /) -> None:
        """Hear what is left, before the worker sleeps."""
        ...
