"""Steps as spans of OpenTelemetry, and flow IDs that are its trace-ids.

It needs ``pip install "penstock[opentelemetry]"``.
"""

from collections.abc import Callable, Sequence
from contextvars import Token
from importlib.metadata import version
from threading import local

from penstock import configure, current_flow_id, current_run, extract, inject
from penstock.boundary import is_trace_id, make_flow_id
from penstock.contrib._compat import set_id_generator
from penstock.exceptions import ConfigurationError, MissingExtraError
from penstock.reporting import printable
from penstock.tracing import Span

try:
    from opentelemetry import baggage, trace
    from opentelemetry.baggage.propagation import W3CBaggagePropagator
    from opentelemetry.context import Context, attach, detach, get_current
    from opentelemetry.propagators.textmap import CarrierT, Setter, default_setter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
    from opentelemetry.trace import (
        Link,
        SpanContext,
        SpanKind,
        Status,
        StatusCode,
        TraceFlags,
        format_trace_id,
    )
except ImportError as error:
    raise MissingExtraError.from_import(
        __name__, "opentelemetry-sdk", "opentelemetry", error
    ) from error

__all__ = [
    "FlowBaggagePropagator",
    "FlowIdGenerator",
    "OpenTelemetryExporter",
    "annotate_from_baggage",
    "install",
    "uninstall",
]


def install(fallback: Callable[[], str] | None = None) -> None:
    """Let a new flow ID be the trace-id of the active span of OpenTelemetry, if there is one.

    Spans that are made within the run are in the same trace by themselves. It
    replaces the ``id_factory`` of `penstock.configure`.

    Args:
        fallback: What makes the ID where no span is active, or where that
            span's trace-id is current already and a new ID is wanted. None
            means penstock's own.

    .. versionadded:: 0.2
    """
    make = fallback or make_flow_id

    def adopt_trace_id() -> str:
        active = trace.get_current_span().get_span_context()
        found = format_trace_id(active.trace_id)
        return found if active.is_valid and found != current_flow_id() else make()

    configure(id_factory=adopt_trace_id)


def uninstall() -> None:
    """Let penstock make flow IDs itself again.

    .. versionadded:: 0.2
    """
    configure(id_factory=None)


class FlowBaggagePropagator(W3CBaggagePropagator):
    """Sends annotated values with what OpenTelemetry sends as ``baggage``.

    It takes the place of ``W3CBaggagePropagator`` among the propagators::

        set_global_textmap(
            CompositePropagator(
                [TraceContextTextMapPropagator(), FlowBaggagePropagator(["tenant"])]
            )
        )

    What is in the baggage of OpenTelemetry under the same name counts. What
    comes in is read as ever; `annotate_from_baggage` makes it the run's.

    Args:
        values: The names of the annotated values that are sent, as strings.

    .. versionadded:: 0.2
    """

    def __init__(self, values: Sequence[str]) -> None:
        self._values = tuple(values)

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """Put the baggage and the annotated values into *carrier*."""
        there = baggage.get_all(context)
        carried = extract(inject({}, values=self._values), values=self._values)
        for name, text in carried.values.items():
            if name not in there:
                context = baggage.set_baggage(name, text, context)
        super().inject(carrier, context, setter)


def annotate_from_baggage(*names: str) -> None:
    """Attach values in OpenTelemetry's baggage to the current run by `penstock.Run.annotate`.

    A value that is not printable, which no log should show, is left out.

    Args:
        names: The names of the values. Their sender is not known, so name only
            those that you need.

    .. versionadded:: 0.2
    """
    run = current_run()
    if run is not None:
        found = {name: baggage.get_baggage(name) for name in names}
        run.annotate(**{n: one for n, one in found.items() if str(one or "\0").isprintable()})


class FlowIdGenerator(IdGenerator):
    """Makes the current flow ID the trace-id of the traces that begin within a run.

    For spans that are not penstock's own: with
    ``TracerProvider(id_generator=FlowIdGenerator())`` a root span that a
    library makes within a run is in the trace of that run's flow ID.

    Args:
        fallback: The generator of IDs of spans, and of IDs of traces outside any
            run or where the flow ID is not a valid trace-id. None means random ones.

    .. versionadded:: 0.2
    """

    def __init__(self, fallback: IdGenerator | None = None) -> None:
        self._fallback = fallback or RandomIdGenerator()

    def generate_trace_id(self) -> int:
        """Return the trace-id of a trace that begins now."""
        flow_id = current_flow_id()
        if flow_id is None or not is_trace_id(flow_id):
            return self._fallback.generate_trace_id()
        return int(flow_id, 16)

    def generate_span_id(self) -> int:
        """Return the ID of a span that begins now."""
        return self._fallback.generate_span_id()


class _Generator(FlowIdGenerator):
    """Gives spans of OpenTelemetry the ID that the span of penstock has."""

    def __init__(self, fallback: IdGenerator) -> None:
        super().__init__(fallback)
        self.beginning = local()

    def generate_span_id(self) -> int:
        return int(self.beginning.span.span_id, 16)


class _Open:
    """A span that is not over, and the context in which its body goes on."""

    __slots__ = ("context", "span", "token")
    context: Context
    span: trace.Span
    token: Token[Context]


class OpenTelemetryExporter:
    """An exporter that makes real spans of OpenTelemetry, active while the body of a step runs.

    What other instrumentation makes inside a step becomes its child. A step is
    the child of the span that is active when it begins. Without one it is the
    child of the span in another process that a ``traceparent`` named, and
    recorded if that one is; else it begins a trace whose trace-id is the flow
    ID, if that is a valid one. A run with
    another flow ID than the one it was called in begins a new trace that
    links to the caller.

    Spans are named ``flow/step`` and have the attributes ``penstock.flow_id``,
    ``penstock.flow``, ``penstock.run_id``, ``penstock.step``, ``penstock.also``
    (the other flows and steps that the function is declared for, if any),
    ``penstock.receives`` and ``penstock.sends`` (its channels, if any),
    ``penstock.outcome``, ``penstock.active_ns``, ``code.function.name``,
    ``code.file.path`` and ``code.line.number``, and what `penstock.annotate` attached to
    the run under its own names, lists and tuples as arrays. An entrypoint
    without a local parent is of the kind CONSUMER behind a queue or Kafka, and
    SERVER for HTTP. A step that sends to a channel is of the kind PRODUCER, or
    CLIENT for HTTP and gRPC, and one that receives from a channel CONSUMER. All
    others are INTERNAL.

    Args:
        provider: Where spans go. None means the global tracer provider, which
            has to be set before.

    Raises:
        ConfigurationError: If the provider is not that of the SDK.

    .. versionadded:: 0.2
    """

    def __init__(self, provider: TracerProvider | None = None) -> None:
        chosen = provider or trace.get_tracer_provider()
        if not isinstance(chosen, TracerProvider):
            problem = (
                f"{type(chosen).__name__} records nothing: pass a TracerProvider of "
                "opentelemetry.sdk.trace, or call opentelemetry.trace.set_tracer_provider before"
            )
            raise ConfigurationError("OpenTelemetryExporter", problem)
        self._provider = chosen
        self._tracer = chosen.get_tracer("penstock", version("penstock"))
        self._generator = _Generator(chosen.id_generator)
        # Each call of `get_tracer` makes a tracer, so nobody else has this one.
        set_id_generator(self._tracer, self._generator)
        self._open: dict[int, _Open] = {}

    def resume(self, span: Span, /) -> None:
        """Make the span of *span* active."""
        opened = self._open.get(id(span))
        if opened is None:
            opened = self._open[id(span)] = self._begin(span)
        opened.token = attach(opened.context)

    def suspend(self, span: Span, /) -> None:
        """Make active what was active before."""
        opened = self._open.get(id(span))
        if opened is not None:
            # What the body attached itself is there again when it goes on.
            opened.context = get_current()
            detach(opened.token)

    def export(self, span: Span, /) -> None:
        """End the span of *span*."""
        opened = self._open.pop(id(span), None)
        if opened is None:  # it began before this was an exporter
            return
        ended = span.start_ns + span.duration_ns
        try:
            _complete(opened.span, span, ended)
        finally:
            opened.span.end(ended)

    def flush(self) -> None:
        """Let the provider's span processors flush what they keep."""
        self._provider.force_flush()

    def _begin(self, span: Span) -> _Open:
        outer = get_current()
        links: Sequence[Link] = ()
        flow, step, parent = span.flow, span.step, span.parent
        if parent is not None and parent.flow_id != span.flow_id:
            links = [Link(trace.get_current_span(outer).get_span_context())]
            outer = trace.set_span_in_context(trace.INVALID_SPAN, outer)
        is_first = not trace.get_current_span(outer).get_span_context().is_valid
        if is_first:
            outer = _in_remote_trace(span, outer)
        attributes: dict[str, str | int | Sequence[str]] = {
            "penstock.flow_id": span.flow_id,
            "penstock.step": step,
        }
        if flow is not None:
            attributes["penstock.flow"] = flow
        if also := span.also:
            attributes["penstock.also"] = [f"{other}/{name}" for other, name, _ in also]
        receives, sends = span.receives, span.sends
        if receives:
            attributes["penstock.receives"] = receives
        if sends:
            attributes["penstock.sends"] = sends
        self._generator.beginning.span = span
        opened = _Open()
        opened.span = self._tracer.start_span(
            f"{flow}/{step}" if flow else step,
            outer,
            kind=_kind(span, receives, sends, is_first=is_first),
            attributes={**attributes, **_code(span)},
            links=links,
            start_time=span.start_ns,
        )
        del self._generator.beginning.span
        opened.context = trace.set_span_in_context(opened.span, outer)
        return opened

    def __repr__(self) -> str:
        return "OpenTelemetryExporter()"


def _in_remote_trace(span: Span, outer: Context) -> Context:
    """Return *outer* with the span of the process that sent the operation here."""
    remote = span.remote
    if remote is None or not is_trace_id(span.flow_id):
        return outer
    if remote.parent_id is None and remote.is_sampled:
        return outer
    # Without a parent, a made-up one is still needed to say that the trace is not recorded.
    parent = int(remote.parent_id, 16) if remote.parent_id else 1
    flags = TraceFlags(TraceFlags.SAMPLED if remote.is_sampled else TraceFlags.DEFAULT)
    there = SpanContext(int(span.flow_id, 16), parent, is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(trace.NonRecordingSpan(there), outer)


def _kind(span: Span, receives: Sequence[str], sends: Sequence[str], *, is_first: bool) -> SpanKind:
    """Return the kind of *span*: what its run began with if *is_first*, or what its step does."""
    if span.begins_run:
        kind = _KINDS.get(span.kind or "", SpanKind.INTERNAL)
        if kind is SpanKind.INTERNAL and receives:
            kind = SpanKind.CONSUMER
        return kind if is_first else SpanKind.INTERNAL
    if sends:
        is_call = sends[0].partition(":")[0] in _CALLS
        return SpanKind.CLIENT if is_call else SpanKind.PRODUCER
    return SpanKind.CONSUMER if receives else SpanKind.INTERNAL


_KINDS = {
    "http": SpanKind.SERVER,
    "kafka": SpanKind.CONSUMER,
    "queue": SpanKind.CONSUMER,
    "celery": SpanKind.CONSUMER,
}
_CALLS = {"http", "grpc"}
"""Schemes of channels whose sender waits for a response."""


def _code(span: Span) -> dict[str, str | int]:
    """Return where the function of the step is, in the words of the semantic conventions."""
    function = span.function
    code = getattr(function, "__code__", None)
    if function is None or code is None:
        return {}
    return {
        "code.function.name": f"{function.__module__}.{function.__qualname__}",
        "code.file.path": _encodable(code.co_filename),
        "code.line.number": code.co_firstlineno,
    }


def _complete(made: trace.Span, span: Span, ended: int) -> None:
    """Give *made* what is known of *span* at its end."""
    made.set_attribute("penstock.run_id", span.run_id)
    made.set_attribute("penstock.outcome", span.outcome)
    made.set_attribute("penstock.active_ns", span.active_ns)
    if span.outcome == "error" and span.exception_type is not None:
        made.set_attribute("error.type", span.exception_type)
        made.add_event("exception", {"exception.type": span.exception_type}, timestamp=ended)
        made.set_status(Status(StatusCode.ERROR, span.exception_type))
    problem: Exception | None = None
    for name, value in span.values.items():
        try:
            made.set_attribute(_encodable(name), _attribute(value))
        except Exception as error:  # reported when all others are set
            problem = error
    if problem is not None:
        raise problem


_Scalar = str | bool | int | float


def _attribute(value: object) -> _Scalar | list[_Scalar]:
    """Return *value* as what an attribute can hold."""
    if isinstance(value, (list, tuple)):
        items = [_scalar(item) for item in value]
        # All of one type, as OpenTelemetry has it.
        return items if len({type(item) for item in items}) <= 1 else [str(i) for i in items]
    return _scalar(value)


def _scalar(value: object) -> _Scalar:
    if isinstance(value, (bool, float)):
        return value
    if isinstance(value, int) and value.bit_length() < 64:  # noqa: PLR2004 - as OTLP has it
        return value
    return _encodable(str(value))


def _encodable(text: str) -> str:
    return str(printable(text))
