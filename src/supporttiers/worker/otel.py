"""Traces and metrics by OpenTelemetry; the only file that knows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from supporttiers.errors import PluginError
from supporttiers.protocols import Backlog
from supporttiers.readings import Pass

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

_SCOPE: Final = "supporttiers"
_SPAN: Final = "supporttiers.pass"


class OpenTelemetry:
    """
    Tells OpenTelemetry of each pass: a span `supporttiers.pass`, counters, and gauges of what waits.

    Nothing is told of single cases or people. What becomes of it says the SDK that your application sets up; without
    one it goes nowhere.

    .. versionadded:: 0.1.0
    """

    def __init__(
        self, *, tracer_provider: "TracerProvider | None" = None, meter_provider: "MeterProvider | None" = None
    ) -> None:
        """
        Make the instruments.

        Args:
            tracer_provider: Whose spans; the application's when None.
            meter_provider: Whose instruments; the application's when None.

        Raises:
            PluginError: The package `opentelemetry-api` (the extra `otel`) is missing.
        """
        try:
            from opentelemetry import metrics, trace  # noqa: PLC0415 - an extra
        except ImportError as error:
            problem = 'the package opentelemetry-api is missing; pip install "supporttiers[otel]"'
            raise PluginError("OpenTelemetry", problem) from error
        self._trace = trace
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_SCOPE, meter_provider=meter_provider)
        self._counters = {
            "fired": meter.create_counter("supporttiers.cases.fired", "{case}", "Cases for which time did something"),
            "parked": meter.create_counter("supporttiers.cases.parked", "{case}", "Cases set aside"),
            "relayed": meter.create_counter("supporttiers.messages.relayed", "{message}", "Messages carried out"),
            "polled": meter.create_counter("supporttiers.tickets.polled", "{ticket}", "Vendor tickets asked about"),
            "failed": meter.create_counter(
                "supporttiers.failures", "{failure}", "Cases, messages and polls that failed"
            ),
        }
        self._passes = meter.create_counter("supporttiers.passes", "{pass}", "Passes, with the error that ended them")
        self._gauges = {
            "due": meter.create_gauge("supporttiers.backlog.due", "{case}", "Cases that are due"),
            "parked": meter.create_gauge("supporttiers.backlog.parked", "{case}", "Cases that stand aside"),
            "messages": meter.create_gauge("supporttiers.backlog.messages", "{message}", "Messages to be carried out"),
            "dead": meter.create_gauge("supporttiers.backlog.dead", "{message}", "Messages given up"),
            "ambiguous": meter.create_gauge("supporttiers.backlog.ambiguous", "{message}", "Messages in doubt"),
        }
        self._lag = meter.create_gauge("supporttiers.cases.lag", "s", "How long the earliest due case has been waiting")
        self._message_lag = meter.create_gauge("supporttiers.messages.lag", "s", "The same of the earliest due message")

    @contextmanager
    def around_pass(self) -> Iterator[None]:
        """Enclose a pass in a span; of an error only the type is told, its text may be a customer's."""
        trace = self._trace
        with self._tracer.start_as_current_span(_SPAN, record_exception=False, set_status_on_exception=False) as span:
            try:
                yield
            except Exception as error:
                kind = type(error).__qualname__
                span.set_attribute("error.type", kind)
                span.set_status(trace.Status(trace.StatusCode.ERROR, kind))
                self._passes.add(1, {"error.type": kind})
                raise
            self._passes.add(1)

    def passed(self, done: Pass, /) -> None:
        """Count what a pass did, and write it on its span."""
        span = self._trace.get_current_span()
        for name, counter in self._counters.items():
            count = getattr(done, name)
            counter.add(count)
            span.set_attribute(f"supporttiers.pass.{name}", count)
        self._lag.set(done.lag.total_seconds())

    def waiting(self, backlog: Backlog, /) -> None:
        """Tell what waits."""
        for name, gauge in self._gauges.items():
            gauge.set(getattr(backlog, name))
        self._lag.set(backlog.lag.total_seconds())
        self._message_lag.set(backlog.message_lag.total_seconds())
