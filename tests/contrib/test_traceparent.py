"""The ``traceparent`` that `inject` writes while spans of OpenTelemetry are active."""

import re
import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.propagate import inject as inject_otel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from penstock import bind, entrypoint, flow, inject
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock.contrib.opentelemetry import FlowIdGenerator, OpenTelemetryExporter
from penstock.testing import record_runs


def both():
    """Return what OpenTelemetry and penstock write at the same time."""
    theirs = {}
    inject_otel(theirs)
    return theirs["traceparent"], inject(traceparent=True)["traceparent"]


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF], ids=["sampled", "dropped"])
def test_active_span(sampler):
    """Parent and flag are those that OpenTelemetry itself writes, sampled or not."""
    provider = TracerProvider(id_generator=FlowIdGenerator(), sampler=sampler)

    with bind(), provider.get_tracer("shop").start_as_current_span("GET /"):
        theirs, ours = both()

    assert ours == theirs
    assert ours.endswith("-01" if sampler is ALWAYS_ON else "-00")


@pytest.mark.parametrize("sampler", [ALWAYS_ON, ALWAYS_OFF], ids=["sampled", "dropped"])
def test_step(sampler):
    """The same in a step that is exported to OpenTelemetry."""
    provider = TracerProvider(id_generator=FlowIdGenerator(), sampler=sampler)
    before = exporters()
    try:
        set_exporters(OpenTelemetryExporter(provider))
        with record_runs():
            theirs, ours = flow("orders")(entrypoint(name="handle")(both))()
    finally:
        set_exporters(*before)

    assert ours == theirs
    assert ours.endswith("-01" if sampler is ALWAYS_ON else "-00")


def test_span_of_another_trace():
    """A span whose trace has another ID is not the parent of what is sent with the flow ID."""
    flow_id = "ab" * 16
    with bind(flow_id), TracerProvider().get_tracer("shop").start_as_current_span("GET /") as span:
        _, trace_id, parent_id, _ = inject(traceparent=True)["traceparent"].split("-")

    assert trace_id == flow_id
    assert parent_id != trace.format_span_id(span.get_span_context().span_id)


def test_without_opentelemetry():
    """The flow ID is the trace-id, too, where OpenTelemetry was never imported."""
    code = """
import sys
from penstock import bind, inject
with bind("ab" * 16):
    print(inject(traceparent=True)["traceparent"])
print([name for name in sys.modules if name.partition(".")[0] == "opentelemetry"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    header, imported = done.stdout.splitlines()
    assert re.fullmatch("00-" + "ab" * 16 + "-(?!0{16})[0-9a-f]{16}-0[01]", header)
    assert imported == "[]"
