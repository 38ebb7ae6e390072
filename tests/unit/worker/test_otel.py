"""Traces and metrics by OpenTelemetry."""

import sys

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from supporttiers.errors import PluginError
from supporttiers.protocols import Backlog
from supporttiers.readings import Pass
from supporttiers.worker import Worker
from supporttiers.worker.otel import OpenTelemetry


@pytest.fixture
def spans():
    """Keep spans in memory."""
    return InMemorySpanExporter()


@pytest.fixture
def reader():
    """Keep metrics in memory."""
    return InMemoryMetricReader()


@pytest.fixture
def telemetry(spans, reader):
    """Give telemetry with an SDK of its own, so that no other test sees it."""
    tracer_provider = TracerProvider()
    tracer_provider.add_span_processor(SimpleSpanProcessor(spans))
    meter_provider = MeterProvider(metric_readers=[reader])
    yield OpenTelemetry(tracer_provider=tracer_provider, meter_provider=meter_provider)
    tracer_provider.shutdown()
    meter_provider.shutdown()


@pytest.fixture
def measured(reader):
    """Read what was measured: by name, the unit, and the value for each set of attributes."""

    def read():
        [resource] = reader.get_metrics_data().resource_metrics
        [scope] = resource.scope_metrics
        assert "supporttiers" == scope.scope.name
        return {
            metric.name: (metric.unit, [(dict(point.attributes), point.value) for point in metric.data.data_points])
            for metric in scope.metrics
        }

    return read


def ran(desk, sleep, telemetry):
    """Run a worker that is heard."""
    worker = Worker(desk, telemetry=telemetry, wait=sleep)
    sleep.worker = worker
    worker.run()


def test_open_telemetry_counts_what_passes_do(scripted, sleeper, telemetry, measured, at):
    """Counters add up over passes, gauges say what is left before the worker sleeps."""
    desk = scripted(Pass(fired=2, relayed=1), Pass(fired=1, polled=4, failed=1, parked=1))
    lag = at("09:00") - at("08:59")
    desk.waits = Backlog(due=5, lag=lag, parked=1, messages=6, message_lag=lag * 2, dead=7, ambiguous=8)
    ran(desk, sleeper(1), telemetry)

    assert {
        "supporttiers.passes": ("{pass}", [({}, 3)]),
        "supporttiers.cases.fired": ("{case}", [({}, 3)]),
        "supporttiers.cases.parked": ("{case}", [({}, 1)]),
        "supporttiers.messages.relayed": ("{message}", [({}, 1)]),
        "supporttiers.tickets.polled": ("{ticket}", [({}, 4)]),
        "supporttiers.failures": ("{failure}", [({}, 1)]),
        "supporttiers.backlog.due": ("{case}", [({}, 5)]),
        "supporttiers.backlog.parked": ("{case}", [({}, 1)]),
        "supporttiers.backlog.messages": ("{message}", [({}, 6)]),
        "supporttiers.backlog.dead": ("{message}", [({}, 7)]),
        "supporttiers.backlog.ambiguous": ("{message}", [({}, 8)]),
        "supporttiers.cases.lag": ("s", [({}, 60.0)]),
        "supporttiers.messages.lag": ("s", [({}, 120.0)]),
    } == measured()


def test_open_telemetry_has_a_span_for_each_pass(scripted, sleeper, telemetry, spans):
    """It says what the pass did; so do spans of libraries below hang on it."""
    ran(scripted(Pass(fired=2)), sleeper(1), telemetry)

    first, second = spans.get_finished_spans()
    assert ["supporttiers.pass"] * 2 == [first.name, second.name]
    assert {
        "supporttiers.pass.fired": 2, "supporttiers.pass.parked": 0, "supporttiers.pass.relayed": 0,
        "supporttiers.pass.polled": 0, "supporttiers.pass.failed": 0,
    } == dict(first.attributes)  # fmt: skip


def test_open_telemetry_tells_of_an_error_only_its_type(scripted, sleeper, telemetry, spans, measured):
    """The text of an error may be a customer's, and a trace goes to who knows whom."""
    ran(scripted(ValueError("dear Jane")), sleeper(2), telemetry)

    span = spans.get_finished_spans()[0]
    assert ({"error.type": "ValueError"}, ()) == (dict(span.attributes), span.events)
    assert (StatusCode.ERROR, "ValueError") == (span.status.status_code, span.status.description)
    assert ("{pass}", [({"error.type": "ValueError"}, 1), ({}, 1)]) == measured()["supporttiers.passes"]


def test_open_telemetry_without_its_package_names_the_extra(monkeypatch):
    """Who lacks it is told what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(PluginError) as caught:
        OpenTelemetry()

    assert 'pip install "supporttiers[otel]"' in str(caught.value)
    assert isinstance(caught.value.__cause__, ImportError)


def test_open_telemetry_goes_to_the_application_when_nothing_is_named(scripted, sleeper):
    """Without an SDK it is silent, and the worker works."""
    ran(scripted(Pass(fired=1)), sleeper(1), OpenTelemetry())
