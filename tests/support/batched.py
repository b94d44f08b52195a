"""Spans that OpenTelemetry keeps back for an hour: import it before flows are declared."""

import json
import os
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from penstock import tracing
from penstock.contrib.opentelemetry import OpenTelemetryExporter

FILE = Path(os.environ["TEST_BATCHED_SPANS"])


class ToFile(SpanExporter):
    """Write a line for each span, as `JsonLinesExporter` does."""

    def export(self, spans):
        """Write *spans*, all of a batch at once."""
        lines = [
            {
                "step": span.attributes["penstock.step"],
                "flow_id": span.attributes["penstock.flow_id"],
                "trace_id": f"{span.context.trace_id:032x}",
                "span_id": f"{span.context.span_id:016x}",
                "parent_id": span.parent and f"{span.parent.span_id:016x}",
                "kind": span.kind.name,
                "links": [f"{link.context.span_id:016x}" for link in span.links],
            }
            for span in spans
        ]
        with FILE.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(line) + "\n" for line in lines))
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(ToFile(), schedule_delay_millis=3_600_000))
tracing.configure(OpenTelemetryExporter(provider))
