"""The cost of a step and an entrypoint, in nanoseconds and beside the same by hand."""

from collections.abc import Sequence
from contextvars import ContextVar
from functools import wraps
from uuid import uuid4

import structlog
from _measure import (
    Timer,
    measure,
    report,
    report_added,
    rounds_and_versions,
    timed_await,
    timed_await_inside_a_run,
    timed_call,
    timed_inside_a_run,
    timed_iteration,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult

from penstock import Run, current_flow_id, entrypoint, flow, step, tracing
from penstock._runtime.ids import make_flow_id
from penstock._runtime.recording import set_tracing
from penstock._runtime.run import current
from penstock.testing import isolated_registry

EMPTY = "empty wrapper"
ITEMS = 100
A_RUN = Run("order-7")
FLOWS = ["calls"]


class Nobody(SpanExporter):
    """Takes spans of OpenTelemetry, and does nothing with them."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Take *spans*."""
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(Nobody()))
tracer = provider.get_tracer("benchmark")
correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
calls, awaits, items = flow("calls"), flow("awaits"), flow("items")


# Plain calls.


def function(a, b=None):
    """Do next to nothing, which is what every case does in the end."""
    return a


@wraps(function)
def empty_wrapper(*args, **kwargs):
    return function(*args, **kwargs)


@wraps(function)
def empty_wrapper_again(*args, **kwargs):
    return function(*args, **kwargs)


# What an entrypoint cannot do without, one after the other.


@wraps(function)
def with_variable(*args, **kwargs):
    token = current.set(A_RUN)
    try:
        return function(*args, **kwargs)
    finally:
        current.reset(token)


@wraps(function)
def with_run(*args, **kwargs):
    outer = current.get()
    token = current.set(Run("order-7", FLOWS, "function", outer))
    try:
        return function(*args, **kwargs)
    finally:
        current.reset(token)


@wraps(function)
def with_run_and_id(*args, **kwargs):
    outer = current.get()
    token = current.set(Run(make_flow_id(), FLOWS, "function", outer))
    try:
        return function(*args, **kwargs)
    finally:
        current.reset(token)


# Peers.


@wraps(function)
def with_uuid4(*args, **kwargs):
    token = correlation_id.set(uuid4().hex)
    try:
        return function(*args, **kwargs)
    finally:
        correlation_id.reset(token)


@wraps(function)
def with_structlog(*args, **kwargs):
    with structlog.contextvars.bound_contextvars(correlation_id=uuid4().hex):
        return function(*args, **kwargs)


@wraps(function)
def with_span(*args, **kwargs):
    with tracer.start_as_current_span("function"):
        return function(*args, **kwargs)


@calls
@step
def penstock_step(a, b=None):
    return a


@calls
@entrypoint
def penstock_entrypoint(a, b=None):
    return a


@calls
@entrypoint
def reading_entrypoint(a, b=None):
    current_flow_id()
    return a


# A step that is recorded: tracing is on while it is declared.


class Receiver:
    """Takes spans, and does nothing with them."""

    def export(self, span):
        """Take *span*."""

    def flush(self):
        """Keep nothing."""


def recorded(function):
    """Return *function* declared as a step while tracing is on."""
    with isolated_registry():
        tracing.configure(Receiver())
        made = flow("recorded")(step(function))
        set_tracing(is_on=False)
    return made


recorded_step = recorded(lambda a, b=None: a)


# Coroutines.


async def coroutine(a, b=None):
    return a


@wraps(coroutine)
async def empty_async_wrapper(*args, **kwargs):
    return await coroutine(*args, **kwargs)


@wraps(coroutine)
async def async_with_span(*args, **kwargs):
    with tracer.start_as_current_span("coroutine"):
        return await coroutine(*args, **kwargs)


@awaits
@step
async def penstock_async_step(a, b=None):
    return a


@awaits
@entrypoint
async def penstock_async_entrypoint(a, b=None):
    return a


# Generators, of which every item is a resumption.


def generator(a, b=None):
    for _ in range(ITEMS):
        yield a


@wraps(generator)
def empty_generator_wrapper(*args, **kwargs):
    for item in generator(*args, **kwargs):  # noqa: UP028 - `yield from` would not resume us
        yield item


@items
@entrypoint
def penstock_generator(a, b=None):
    for _ in range(ITEMS):
        yield a


TABLES: dict[str, dict[str, Timer]] = {
    "a call": {
        EMPTY: timed_call(empty_wrapper),
        "the same again (noise)": timed_call(empty_wrapper_again),
        "bare function": timed_call(function),
        "penstock step": timed_call(penstock_step),
        "penstock entrypoint": timed_call(penstock_entrypoint),
        "penstock entrypoint, its ID read": timed_call(reading_entrypoint),
        "penstock entrypoint, nested": timed_inside_a_run(penstock_entrypoint),
        "  floor: a variable, set and reset": timed_call(with_variable),
        "  floor: that and a run": timed_call(with_run),
        "  floor: that and a flow ID": timed_call(with_run_and_id),
        "penstock step, recorded": timed_inside_a_run(recorded_step),
        "uuid4 and ContextVar": timed_call(with_uuid4),
        "structlog bound_contextvars": timed_call(with_structlog),
        "OpenTelemetry start_as_current_span": timed_call(with_span),
    },
    "an await": {
        EMPTY: timed_await(empty_async_wrapper),
        "bare coroutine function": timed_await(coroutine),
        "penstock step": timed_await(penstock_async_step),
        "penstock entrypoint": timed_await(penstock_async_entrypoint),
        "penstock entrypoint, nested": timed_await_inside_a_run(penstock_async_entrypoint),
        "OpenTelemetry start_as_current_span": timed_await(async_with_span),
    },
    f"a generator of {ITEMS} items": {
        EMPTY: timed_iteration(empty_generator_wrapper),
        "bare generator function": timed_iteration(generator),
        "penstock entrypoint": timed_iteration(penstock_generator),
    },
}


# The same work by hand is the unit that does not depend on the version of Python, nor on how a
# function is called: a keyword alone makes an empty wrapper twice as expensive.
BARE = "bare function"
BY_HAND: dict[str, Timer] = {
    BARE: timed_call(function),
    "uuid4().hex in a ContextVar, by hand": timed_call(with_uuid4),
    EMPTY: timed_call(empty_wrapper),
    "penstock step": timed_call(penstock_step),
    "penstock entrypoint": timed_call(penstock_entrypoint),
    "penstock entrypoint, its ID read": timed_call(reading_entrypoint),
    "penstock entrypoint, nested": timed_inside_a_run(penstock_entrypoint),
    "  floor: a variable, set and reset": timed_call(with_variable),
}


def main() -> None:
    """Measure and print every table."""
    rounds = rounds_and_versions(__doc__, f"an {EMPTY}", "structlog", "opentelemetry-sdk")
    for title, cases in TABLES.items():
        report(title, measure(cases, rounds))
    report_added("what a call costs more than a bare one", measure(BY_HAND, rounds))


if __name__ == "__main__":
    main()
