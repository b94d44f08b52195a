"""Steps as spans of the real SDK of OpenTelemetry."""

import asyncio
import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from celery.exceptions import Retry
from opentelemetry import baggage, trace
from opentelemetry.context import attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id

from penstock import (
    annotate,
    bind,
    bound,
    current_flow_id,
    entrypoint,
    extract,
    flow,
    inject,
    step,
    tracing,
)
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.ids import make_flow_id
from penstock._runtime.recording import recording_scope
from penstock.boundary import Inbound, Outbound, active
from penstock.contrib import celery as _celery  # noqa: F401 - declares what Retry means
from penstock.contrib.asgi import FlowMiddleware
from penstock.contrib.opentelemetry import (
    FlowBaggagePropagator,
    FlowIdGenerator,
    OpenTelemetryExporter,
    _code,
    annotate_from_baggage,
    install,
    uninstall,
)
from penstock.exceptions import ConfigurationError
from penstock.testing import record_runs
from penstock.tracing import BackgroundExporter

ID = "0190b7a5000070008000000000000000"


class Unshowable:
    def __str__(self):
        raise RuntimeError


@pytest.fixture(autouse=True)
def recorded(caplog):
    """Record what the test declares; nothing may be complained about."""
    before = exporters()
    with record_runs() as recording:
        yield recording
    set_exporters(*before)
    assert [r.getMessage() for r in caplog.records if r.levelname == "ERROR"] == []


@pytest.fixture
def memory():
    """Return what receives the spans that are over."""
    return InMemorySpanExporter()


@pytest.fixture
def provider(memory):
    """Return a provider to which steps are reported, beside the recording."""
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(memory))
    set_exporters(*exporters(), OpenTelemetryExporter(made))
    return made


@pytest.fixture
def tracer(provider):
    """Return the tracer of some library."""
    return provider.get_tracer("library")


@pytest.fixture
def _uninstalled():
    """Bring back penstock's own flow IDs."""
    yield
    uninstall()


def declare(function, after=None, **options):
    """Return *function* declared as a step, or as an entrypoint, of the flow ``orders``."""
    decorator = step(after=after, **options) if after else entrypoint(**options)
    return flow("orders")(decorator(function))


def trace_id(span):
    return format_trace_id(span.context.trace_id)


def parents(memory):
    """Return the name of each span's parent by the span's own name."""
    spans = memory.get_finished_spans()
    names = {span.context.span_id: span.name for span in spans}
    return {span.name: span.parent and names[span.parent.span_id] for span in spans}


@pytest.mark.usefixtures("provider")
class TestSpans:
    """The attributes of a span."""

    def test_trace(self, memory, recorded):
        """The trace-id is the flow ID; IDs, times and parents are those that others receive."""
        charge = declare(lambda: time.sleep(0.001), "begin", name="charge")

        def begin():
            charge()
            return current_flow_id()

        flow_id = declare(begin)()

        inner, outer = memory.get_finished_spans()
        assert [inner.name, outer.name] == ["orders/charge", "orders/begin"]
        assert {trace_id(inner), trace_id(outer)} == {flow_id}
        assert (inner.parent, outer.parent) == (outer.context, None)
        for made, span in zip((inner, outer), recorded.spans, strict=True):
            assert format_span_id(made.context.span_id) == span.span_id
            assert made.start_time == span.start_ns
            assert made.end_time == span.start_ns + span.duration_ns
            attributes = {n: v for n, v in made.attributes.items() if not n.startswith("code.")}
        assert attributes == {
            "penstock.flow": "orders",
            "penstock.flow_id": flow_id,
            "penstock.run_id": span.run_id,
            "penstock.step": span.step,
            "penstock.outcome": "ok",
            "penstock.active_ns": span.active_ns,
        }
        assert inner.instrumentation_scope.name == "penstock"

    def test_error(self, memory):
        """A step that raises has a status, an event and the type of the exception."""

        def begin():
            raise LookupError("secret")

        with pytest.raises(LookupError):
            declare(begin)()

        (made,) = memory.get_finished_spans()
        assert (made.status.status_code, made.status.description) == (
            StatusCode.ERROR,
            "LookupError",
        )
        assert made.attributes["error.type"] == "LookupError"
        (event,) = made.events
        assert (event.name, event.timestamp) == ("exception", made.end_time)
        assert event.attributes == {"exception.type": "LookupError"}

    def test_cancelled(self, memory):
        """A task that was cancelled is not an error."""

        async def begin():
            await asyncio.sleep(10)

        async def main():
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(declare(begin)(), 0.01)

        asyncio.run(main())

        (made,) = memory.get_finished_spans()
        assert made.attributes["penstock.outcome"] == "cancelled"
        assert made.status.status_code is StatusCode.UNSET

    def test_values(self, memory):
        """Annotated values are attributes, as strings where OTLP has no other way."""

        def begin():
            annotate(
                tenant="north", order=7, share=0.5, vip=True, huge=2**63, tags={"a"}, none=None
            )

        declare(begin)()

        (made,) = memory.get_finished_spans()
        assert {k: v for k, v in made.attributes.items() if "." not in k} == {
            "tenant": "north",
            "order": 7,
            "share": 0.5,
            "vip": True,
            "huge": str(2**63),
            "tags": "{'a'}",
            "none": "None",
        }

    def test_unprintable_value(self, memory, caplog):
        """A value that cannot be shown is complained about once, and the span ends all the same."""

        class Broken:
            def __str__(self):
                raise RuntimeError

        declare(lambda: annotate(broken=Broken()), name="begin")()

        assert [span.name for span in memory.get_finished_spans()] == ["orders/begin"]
        assert "OpenTelemetryExporter() failed" in caplog.text
        caplog.clear()

    def test_without_a_flow(self, memory):
        """A step that no flow claimed has its own name."""
        with bind():
            step(lambda: None, name="alone")()

        (made,) = memory.get_finished_spans()
        assert made.name == "alone"
        assert "penstock.flow" not in made.attributes

    def test_another_kind_of_id(self, memory):
        """A flow ID that is not a trace-id is an attribute of spans in their own trace."""
        begin = declare(lambda: None, name="begin")
        with bind("order-7"):
            begin()

        (made,) = memory.get_finished_spans()
        assert made.attributes["penstock.flow_id"] == "order-7"
        assert made.context.is_valid

    def test_traceparent(self, memory):
        """An outgoing `traceparent` has the running step as its parent."""
        headers = declare(lambda: inject(traceparent=True), name="begin")()

        (made,) = memory.get_finished_spans()
        assert headers["traceparent"] == (
            f"00-{trace_id(made)}-{format_span_id(made.context.span_id)}-01"
        )


class TestParents:
    """The parents of spans."""

    def test_active_span(self, memory, tracer):
        """A step is the child of the span that is active, whatever the flow ID is."""
        begin = declare(lambda: None, name="begin")

        with tracer.start_as_current_span("request"):
            begin()

        assert parents(memory) == {"request": None, "orders/begin": "request"}

    def test_other_instrumentation(self, memory, tracer):
        """A span of a library within a step is its child, and afterwards nothing is active."""

        def begin():
            with tracer.start_as_current_span("query"):
                charge()

        charge = declare(lambda: None, "begin", name="charge")
        declare(begin)()

        assert parents(memory) == {
            "orders/begin": None,
            "query": "orders/begin",
            "orders/charge": "query",
        }
        assert trace.get_current_span() is trace.INVALID_SPAN

    def test_across_awaits(self, memory, tracer):
        """A span that was active in a coroutine is active again when it continues."""

        async def begin():
            with tracer.start_as_current_span("query"):
                await asyncio.sleep(0)
                await charge()
                with tracer.start_as_current_span("row"):
                    await asyncio.sleep(0)
            tracer.start_span("after").end()

        async def pay():
            await asyncio.sleep(0)

        charge = declare(pay, "begin", name="charge")
        asyncio.run(declare(begin)())

        assert parents(memory) == {
            "orders/begin": None,
            "query": "orders/begin",
            "orders/charge": "query",
            "row": "query",
            "after": "orders/begin",
        }

    @pytest.mark.usefixtures("provider")
    def test_gather(self, memory):
        """Each of many tasks at once has its own parents."""

        async def work(number):
            await asyncio.sleep(0.001 * (number % 3))
            await charges[number]()

        async def pay():
            await asyncio.sleep(0)

        begins = [declare(work, name=f"begin{n}") for n in range(20)]
        charges = [declare(pay, f"begin{n}", name=f"charge{n}") for n in range(20)]

        async def main():
            await asyncio.gather(*(begin(n) for n, begin in enumerate(begins)))

        asyncio.run(main())

        assert parents(memory) == {f"orders/begin{n}": None for n in range(20)} | {
            f"orders/charge{n}": f"orders/begin{n}" for n in range(20)
        }
        assert len({trace_id(span) for span in memory.get_finished_spans()}) == 20

    def test_generators_in_turns(self, memory, tracer):
        """Generators that take turns make spans in their own traces, the consumer in none."""

        def begin(name):
            with tracer.start_as_current_span(f"open {name}"):
                for number in range(2):
                    tracer.start_span(f"{name}{number}").end()
                    yield

        first, second = declare(begin, name="first"), declare(begin, name="second")
        for _ in zip(first("a"), second("b"), strict=True):
            assert trace.get_current_span() is trace.INVALID_SPAN

        assert parents(memory) == {
            "orders/first": None,
            "open a": "orders/first",
            "a0": "open a",
            "a1": "open a",
            "orders/second": None,
            "open b": "orders/second",
            "b0": "open b",
            "b1": "open b",
        }

    @pytest.mark.usefixtures("provider")
    def test_threads(self, memory):
        """A bound function is the child of where it was bound."""
        charge = declare(lambda: None, "begin", name="charge")

        def begin():
            with ThreadPoolExecutor() as pool:
                pool.submit(bound(charge)).result()

        declare(begin)()

        assert parents(memory) == {"orders/begin": None, "orders/charge": "orders/begin"}

    @pytest.mark.usefixtures("provider")
    def test_another_operation(self, memory):
        """A run with its own ID begins a trace, which links to the caller."""
        sync = declare(lambda: None, name="sync", inherit=False)
        declare(lambda: sync(), name="begin")()

        inner, outer = memory.get_finished_spans()
        assert inner.parent is None
        assert trace_id(inner) == inner.attributes["penstock.flow_id"] != trace_id(outer)
        assert [link.context for link in inner.links] == [outer.context]

    def test_sampled_out(self, memory):
        """A sampler may decide against a trace; nothing is kept for it."""
        provider = TracerProvider(sampler=ALWAYS_OFF)
        provider.add_span_processor(SimpleSpanProcessor(memory))
        exporter = OpenTelemetryExporter(provider)
        set_exporters(exporter)

        declare(lambda: None, name="begin")()

        assert memory.get_finished_spans() == ()
        assert exporter._open == {}

    def test_exporter_within_a_span(self, memory, provider):
        """Steps that run while the exporter is put in do not mind."""
        exporter = OpenTelemetryExporter(provider)
        set_exporters()
        begin = declare(lambda: set_exporters(exporter), name="begin")
        begin()  # not recorded
        set_exporters(tracing.InMemoryExporter())
        begin()  # begun without the exporter, and ended with it

        assert memory.get_finished_spans() == ()


class Slow(SpanProcessor):
    """Takes its time, as a processor does that waits for a network."""

    def __init__(self):
        self.threads = []

    def on_end(self, span):
        time.sleep(0.12)
        self.threads.append(threading.current_thread())


def test_slow_processor():
    """A slow processor can have its own thread, and spans are still made."""
    slow, provider = Slow(), TracerProvider()
    provider.add_span_processor(slow)
    set_exporters(BackgroundExporter(OpenTelemetryExporter(provider)))
    begin = declare(lambda: trace.get_current_span().is_recording(), name="begin")

    assert [begin(), begin()] == [True, True]
    tracing.flush()

    assert [thread.name for thread in slow.threads] == ["penstock-export"] * 2


class Collector(BaseHTTPRequestHandler):
    """Takes what OTLP sends."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def collector():
    """Return a server on loopback that speaks OTLP over HTTP."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        server.received = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()  # refused where there are no threads, and then the socket is closed, too
        yield server
        server.shutdown()
        thread.join()


def test_otlp(collector):
    """The real exporter sends the spans, at the latest when penstock's are flushed."""
    endpoint = f"http://127.0.0.1:{collector.server_port}/v1/traces"
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
    set_exporters(OpenTelemetryExporter(provider))
    charge = declare(lambda: annotate(order=7), "begin", name="charge")
    begin = declare(lambda: charge(), name="begin")

    with bind(ID):
        begin()
    tracing.flush()
    provider.shutdown()

    (request,) = collector.received
    inner, outer = request.resource_spans[0].scope_spans[0].spans
    assert (inner.name, outer.name) == ("orders/charge", "orders/begin")
    assert {inner.trace_id.hex(), outer.trace_id.hex()} == {ID}
    assert (inner.parent_span_id, outer.parent_span_id) == (outer.span_id, b"")
    assert {a.key: a.value.int_value for a in inner.attributes}["order"] == 7
    gc.collect()  # what the client of the exporter left open


class TestProvider:
    """Which provider spans go to."""

    def test_none(self):
        """Without a provider of the SDK the error says what to do."""
        with pytest.raises(ConfigurationError, match="set_tracer_provider before"):
            OpenTelemetryExporter()

    def test_global(self, memory, monkeypatch):
        """The global provider is taken if there is one."""
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(memory))
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
        set_exporters(OpenTelemetryExporter())

        declare(lambda: None, name="begin")()

        assert [span.name for span in memory.get_finished_spans()] == ["orders/begin"]

    def test_generator(self):
        """Root spans of others within a run are in the trace of its flow ID."""
        tracer = TracerProvider(id_generator=FlowIdGenerator()).get_tracer("library")

        with bind(ID):
            within = tracer.start_span("query")
        with bind("order-7"):
            another = tracer.start_span("query")
        outside = tracer.start_span("query")

        found = [trace_id(span) for span in (within, another, outside)]
        assert found[0] == ID
        assert len(set(found)) == 3


@pytest.mark.usefixtures("_uninstalled")
class TestInstall:
    """Flow IDs that are trace-ids."""

    def test_active_span(self, memory, tracer):
        """A new flow ID is the trace-id of the active span."""
        install()
        begin = declare(current_flow_id, name="begin")

        with tracer.start_as_current_span("request") as request:
            flow_id = begin()

        assert flow_id == trace_id(request)
        assert parents(memory)["orders/begin"] == "request"

    @pytest.mark.usefixtures("provider")
    def test_no_active_span(self, memory):
        """Without an active span the ID is penstock's own, or what was asked for."""
        begin = declare(current_flow_id, name="begin")
        install()
        own = begin()
        install(lambda: ID)
        asked = begin()

        assert [trace_id(span) for span in memory.get_finished_spans()] == [own, ID]
        assert asked == ID

    def test_another_operation(self, tracer):
        """An entrypoint that always makes a new ID does so within a span too."""
        install()
        sync = declare(current_flow_id, name="sync", inherit=False)
        begin = declare(lambda: (current_flow_id(), sync()), name="begin")

        with tracer.start_as_current_span("request") as request:
            outer, inner = begin()

        assert outer == trace_id(request)
        assert inner != outer


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.25, 0.5, 0.6, 0.75, 0.9])
def test_ratio_sampler(rate):
    """Of traces whose ID is the flow ID, the sampler keeps the share that it should."""
    number, sampler = 20_000, TraceIdRatioBased(rate)

    kept = sum(
        sampler.should_sample(None, int(make_flow_id(), 16), "begin").decision.is_sampled()
        for _ in range(number)
    )

    # Six standard deviations: by chance it is wrong once in a hundred million runs.
    assert abs(kept / number - rate) < 6 * (rate * (1 - rate) / number) ** 0.5


class TestBaggage:
    """Annotated values in the baggage of OpenTelemetry."""

    def test_out(self):
        """Named values are sent with the baggage, where what is there already counts."""
        propagator = FlowBaggagePropagator(["tenant", "order", "shop"])
        carrier = {}
        context = baggage.set_baggage("tenant", "south")
        with bind():
            annotate(tenant="north", order=7, secret="x")
            propagator.inject(carrier, context)

        assert carrier == {"baggage": "tenant=south,order=7"}
        assert dict(baggage.get_all(context)) == {"tenant": "south"}

    def test_outside(self):
        """Outside a run the baggage is sent as it is."""
        carrier = {}
        FlowBaggagePropagator(["tenant"]).inject(carrier)

        assert carrier == {}

    def test_in(self):
        """Named values of the baggage become the run's, unless no log should show them."""
        context = FlowBaggagePropagator([]).extract(
            {"baggage": "tenant=north,order=7,evil=a%0Ab,other=x"}
        )
        token = attach(context)
        with bind() as run:
            annotate_from_baggage("tenant", "order", "evil", "missing")
        detach(token)

        assert dict(run.values) == {"tenant": "north", "order": "7"}

    def test_in_outside(self):
        """Outside a run nothing is attached, also to no run that begins afterwards."""
        token = attach(baggage.set_baggage("tenant", "north"))
        annotate_from_baggage("tenant")
        with bind() as run:
            pass
        detach(token)

        assert dict(run.values) == {}


@pytest.mark.usefixtures("_uninstalled")
def test_instrumented_application(memory, tracer, provider):
    """Behind OpenTelemetry's own middleware, a request has the trace-id that came in."""
    install()
    seen = []

    async def app(scope, receive, send):
        seen.append(declare(current_flow_id, name="begin")())

    wrapped = OpenTelemetryMiddleware(app, tracer_provider=provider)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/orders",
        "headers": [(b"traceparent", f"00-{ID}-00000000000000ff-01".encode())],
        "query_string": b"",
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(wrapped(scope, None, None))

    assert seen == [ID]
    assert parents_of(memory)["orders/begin"].startswith("GET")


def _outside(app, provider, **settings):
    return FlowMiddleware(OpenTelemetryMiddleware(app, tracer_provider=provider), **settings)


def _inside(app, provider, **settings):
    return OpenTelemetryMiddleware(FlowMiddleware(app, **settings), tracer_provider=provider)


@pytest.mark.parametrize(
    ("order", "settings", "incoming", "is_trace_id"),
    [
        (_inside, {}, True, True),
        (_inside, {}, False, True),
        (_outside, {}, True, False),
        (_outside, {"trust": True, "traceparent": True}, True, True),
        (_outside, {}, False, True),
    ],
    ids=["inside", "inside, new", "outside", "outside, trusting", "outside, new"],
)
def test_order_of_middleware(memory, order, settings, incoming, is_trace_id):
    """Which order makes the trace-id the flow ID; a step is a child of the request in any."""
    provider = TracerProvider(id_generator=FlowIdGenerator())
    provider.add_span_processor(SimpleSpanProcessor(memory))
    set_exporters(*exporters(), OpenTelemetryExporter(provider))
    install()
    seen = []
    begin = declare(current_flow_id, name="begin")

    async def app(scope, receive, send):
        seen.append(begin())

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/orders",
        "headers": [(b"traceparent", f"00-{ID}-00000000000000ff-01".encode())] * incoming,
        "query_string": b"",
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(order(app, provider, **settings)(scope, None, None))
    uninstall()

    spans = {span.name: span for span in memory.get_finished_spans()}
    trace_id = format_trace_id(spans["orders/begin"].context.trace_id)
    assert (trace_id == ID) is incoming
    assert (seen == [trace_id]) is is_trace_id
    assert parents_of(memory)["orders/begin"].startswith("GET")


def parents_of(memory):
    """Return the name of each span's parent, where that is one of this process."""
    spans = memory.get_finished_spans()
    names = {span.context.span_id: span.name for span in spans}
    return {span.name: span.parent and names.get(span.parent.span_id) for span in spans}


SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"


class TestRemote:
    """The sampling decision of another process applies to spans here."""

    def receive(self, header, **options):
        """Call an entrypoint and its step in the run that *header* brings."""

        @flow("orders")
        @step(after="receive")
        def store():
            pass

        @flow("orders")
        @entrypoint(**options)
        def receive():
            store()

        with bind(extract({"traceparent": header}, traceparent=True)):
            receive()

    def test_parent(self, provider, memory):
        """The span that sent the message is the parent, in one trace."""
        self.receive(f"{SENT}01")

        stored, received = memory.get_finished_spans()
        assert format_trace_id(received.context.trace_id) == SENT[3:35]
        assert (format_span_id(received.parent.span_id), received.parent.is_remote) == (
            *(SENT[36:52], True),
        )
        assert stored.parent == received.context

    @pytest.mark.parametrize("flag", ["00", "01"])
    def test_sampled(self, provider, memory, flag):
        """A trace that is not recorded there is not recorded here."""
        self.receive(f"{SENT}{flag}")

        assert len(memory.get_finished_spans()) == (2 if flag == "01" else 0)

    def test_not_sampled_in_another_trace(self, provider, memory):
        """Also where the flow ID came beside it and is another one."""
        headers = {"X-Request-ID": ID, "traceparent": f"{SENT}00"}

        @flow("orders")
        @entrypoint
        def receive():
            pass

        with bind(extract(headers, traceparent=True)):
            receive()
        with bind(extract({**headers, "traceparent": f"{SENT}01"}, traceparent=True)):
            receive()

        (recorded,) = memory.get_finished_spans()
        assert format_trace_id(recorded.context.trace_id) == ID
        assert recorded.parent is None

    def test_active_span(self, provider, memory, tracer):
        """A span that is active here is the parent, as ever."""
        with tracer.start_as_current_span("POST /") as outer:
            self.receive(f"{SENT}00", kind="http")

        received = memory.get_finished_spans()[1]
        assert received.parent == outer.get_span_context()
        assert received.kind is SpanKind.INTERNAL

    def test_no_trace_id(self, provider, memory):
        """A flow ID that is not a trace-id has no parent in that trace."""

        @flow("orders")
        @entrypoint
        def receive():
            pass

        carried = extract({"X-Request-ID": "order-7", "traceparent": f"{SENT}01"}, traceparent=True)
        with bind(carried):
            receive()

        assert memory.get_finished_spans()[0].parent is None

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("queue", SpanKind.CONSUMER),
            ("kafka", SpanKind.CONSUMER),
            ("http", SpanKind.SERVER),
            ("database", SpanKind.INTERNAL),
            (None, SpanKind.INTERNAL),
        ],
    )
    def test_kind(self, provider, memory, kind, expected):
        """An entrypoint that nothing here is around is of the kind that it declares."""
        self.receive(f"{SENT}01", kind=kind)

        stored, received = memory.get_finished_spans()
        assert (received.kind, stored.kind) == (expected, SpanKind.INTERNAL)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sends": "kafka:parcels"}, SpanKind.PRODUCER),
        ({"sends": ["http:POST /parcels", "kafka:parcels"]}, SpanKind.CLIENT),
        ({"sends": "celery:ship", "receives": "celery:done"}, SpanKind.PRODUCER),
        ({"receives": "kafka:replies"}, SpanKind.CONSUMER),
    ],
)
def test_kind_by_channel(provider, memory, options, expected):
    """A step is of the kind of its channels, which are attributes of its span."""

    @flow("orders")
    @entrypoint(receives="amqp:orders")
    def receive():
        call()

    @flow("orders")
    @step(after="receive", **options)
    def call(): ...

    receive()

    called, received = memory.get_finished_spans()
    assert (received.kind, called.kind) == (SpanKind.CONSUMER, expected)
    assert received.attributes["penstock.receives"] == ("amqp:orders",)
    assert "penstock.sends" not in received.attributes
    sent = options.get("sends", ())
    assert called.attributes.get("penstock.sends", ()) == (
        (sent,) if isinstance(sent, str) else tuple(sent)
    )


def test_entrypoint_inside_another_span(provider, memory, tracer):
    """An entrypoint within another span is internal, whatever it receives from."""

    @flow("orders")
    @entrypoint(receives="kafka:orders")
    def receive(): ...

    with tracer.start_as_current_span("poll"):
        receive()

    assert memory.get_finished_spans()[0].kind is SpanKind.INTERNAL


def test_step_alone(provider, memory):
    """A step that is called in a run without its entrypoint is internal."""

    @flow("orders")
    @step(kind="queue")
    def store():
        pass

    with bind():
        store()

    assert memory.get_finished_spans()[0].kind is SpanKind.INTERNAL


@pytest.mark.usefixtures("provider")
def test_several_flows(memory):
    """A step of several flows is one span, which names the others."""
    charge = flow("gifts")(declare(lambda: None, "receive", name="charge"))
    declare(lambda: charge(), name="receive")()

    charged, received = memory.get_finished_spans()
    assert (charged.name, charged.attributes["penstock.also"]) == (
        "orders/charge",
        ("gifts/charge",),
    )
    assert "penstock.also" not in received.attributes


def test_code(provider, memory):
    """A span says where its function is; a callable without code says nothing."""

    @flow("orders")
    @entrypoint
    def receive():
        pass

    receive()

    attributes = memory.get_finished_spans()[0].attributes
    assert attributes["code.function.name"] == f"{__name__}.test_code.<locals>.receive"
    assert attributes["code.file.path"] == __file__
    assert attributes["code.line.number"] == test_code.__code__.co_firstlineno + 3
    built_in = SimpleNamespace(steps=[SimpleNamespace(function=len, flows=())])
    with bind():
        assert _code(recording_scope(built_in).begin()) == {}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a", "b"], ("a", "b")),
        ((1, 2), (1, 2)),
        ([], ()),
        ([1, "a"], ("1", "a")),
        ([{}], ("{}",)),
        ([True], (True,)),
    ],
)
def test_sequences(provider, memory, value, expected):
    """A list that is annotated is an array."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(parts=value)

    receive()

    assert memory.get_finished_spans()[0].attributes["parts"] == expected


@pytest.mark.parametrize(
    "value", [Unshowable(), [Unshowable()], 10**5000], ids=["object", "in a list", "int"]
)
def test_value_that_cannot_be_shown(provider, memory, value):
    """A value that cannot be written is left out, and the others are there."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(broken=value, order=7)

    receive()

    (span,) = memory.get_finished_spans()
    assert "broken" not in span.attributes
    assert span.attributes["order"] == 7


class Text(str):  # noqa: SLOT000 - as people write it
    """A string of somebody's own, which says something else of itself."""

    def __str__(self):
        return "b\udcff"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a\ud800b", "a\\ud800b"),
        (["a", "\udcff"], ("a", "\\udcff")),
        ([1, "\udcff"], ("1", "\\udcff")),
        (Text("a"), "b\\udcff"),
    ],
    ids=["string", "list", "mixed list", "subclass"],
)
def test_text_without_utf_8(provider, memory, value, expected):
    """A name or a value that OTLP could not send is written with escapes."""

    @flow("orders")
    @entrypoint
    def receive():
        annotate(text=value, **{"b\ud800": 1})

    receive()

    attributes = memory.get_finished_spans()[0].attributes
    assert (attributes["text"], attributes["b\\ud800"]) == (expected, 1)


@pytest.mark.usefixtures("memory")
def test_path_without_utf_8():
    """The same is true of the name of a file."""
    function = test_path_without_utf_8
    named = SimpleNamespace(__code__=function.__code__.replace(co_filename="/a\udcff/b.py"))
    named.__module__, named.__qualname__ = function.__module__, function.__qualname__
    declared = SimpleNamespace(steps=[SimpleNamespace(function=named, flows=())])

    with bind():
        span = recording_scope(declared).begin()

    assert _code(span)["code.file.path"] == "/a\\udcff/b.py"


def test_control_flow(provider, memory):
    """An exception that is control flow of a queue is not an error."""

    @flow("orders")
    @entrypoint
    def receive():
        raise Retry

    with pytest.raises(Retry):
        receive()

    (span,) = memory.get_finished_spans()
    assert span.attributes["penstock.outcome"] == "retried"
    assert (span.status.status_code, span.events) == (StatusCode.UNSET, ())


def test_through_kafka(provider, memory):
    """Behind a queue that carries the ``traceparent``, there is one trace and not two."""

    @flow("orders")
    @entrypoint(kind="kafka")
    def handle():
        pass

    @flow("orders")
    @entrypoint(kind="http")
    def send():
        sent.extend(Outbound(traceparent=True).with_headers([]))

    sent = []
    send()
    with active(Inbound(trust=True, traceparent=True).receive(sent)):
        handle()

    sender, handler = memory.get_finished_spans()
    assert handler.context.trace_id == sender.context.trace_id
    assert handler.parent.span_id == sender.context.span_id
    assert (sender.kind, handler.kind) == (SpanKind.SERVER, SpanKind.CONSUMER)
