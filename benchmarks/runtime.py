"""What a step and an entrypoint cost, as multiples of an empty wrapper.

Every round times every case once, in a new order. A ratio is taken within a
round, against the empty wrapper of the same round, and the median of the rounds
is printed: what slows the machine down for a while slows both sides of a ratio.
"""

import argparse
import asyncio
import platform
import random
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from functools import wraps
from importlib.metadata import version
from statistics import median, quantiles
from time import perf_counter_ns
from uuid import uuid4

import structlog
from opentelemetry.sdk.trace import TracerProvider

from penstock import bind, entrypoint, flow, step, tracing
from penstock._spans import set_tracing
from penstock.testing import isolated_registry

Timer = Callable[[int], int]  # runs a case so many times and returns nanoseconds

EMPTY = "empty wrapper"
SAMPLE_NS = 4_000_000
ITEMS = 100

tracer = TracerProvider().get_tracer("benchmark")
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


def timed_call(case: Callable[..., object]) -> Timer:
    """Return a timer of calls of *case*."""

    def run(number: int) -> int:
        started = perf_counter_ns()
        for _ in range(number):
            case(1, b=2)
        return perf_counter_ns() - started

    return run


def timed_inside_a_run(case: Callable[..., object]) -> Timer:
    """Return a timer of calls of *case* where a flow ID is current already."""
    timer = timed_call(case)

    def run(number: int) -> int:
        with bind():
            return timer(number)

    return run


def timed_await(case: Callable[..., Awaitable[object]]) -> Timer:
    """Return a timer of awaits of *case* in one task."""

    async def run(number: int) -> int:
        started = perf_counter_ns()
        for _ in range(number):
            await case(1, b=2)
        return perf_counter_ns() - started

    return lambda number: asyncio.run(run(number))


def timed_await_inside_a_run(case: Callable[..., Awaitable[object]]) -> Timer:
    """Return a timer of awaits of *case* where a flow ID is current already."""
    timer = timed_await(case)

    def run(number: int) -> int:
        with bind():
            return timer(number)

    return run


def timed_iteration(case: Callable[..., Iterator[object]]) -> Timer:
    """Return a timer of walks through all items of *case*."""

    def run(number: int) -> int:
        started = perf_counter_ns()
        for _ in range(number):
            for _item in case(1, b=2):
                pass
        return perf_counter_ns() - started

    return run


TABLES: dict[str, dict[str, Timer]] = {
    "a call": {
        EMPTY: timed_call(empty_wrapper),
        "the same again (noise)": timed_call(empty_wrapper_again),
        "bare function": timed_call(function),
        "penstock step": timed_call(penstock_step),
        "penstock entrypoint": timed_call(penstock_entrypoint),
        "penstock entrypoint, nested": timed_inside_a_run(penstock_entrypoint),
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


def repetitions(timer: Timer) -> int:
    """Return how often to run a case so that one sample lasts long enough."""
    number = 1
    while (taken := timer(number)) < SAMPLE_NS / 4:
        number *= 2
    return max(1, round(number * SAMPLE_NS / taken))


def measure(cases: dict[str, Timer], rounds: int) -> dict[str, list[float]]:
    """Return the nanoseconds that each case took once, for every round."""
    numbers = {name: repetitions(timer) for name, timer in cases.items()}
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name in random.sample(list(cases), len(cases)):
            taken[name].append(cases[name](numbers[name]) / numbers[name])
    return taken


def report(title: str, taken: dict[str, list[float]]) -> None:
    """Print one table: medians of the ratios, their middle half, and nanoseconds."""
    print(f"\n{title:<38}{'ratio':>8}  {'middle half':<17}{'ns':>9}")
    for name, samples in taken.items():
        ratios = [own / empty for own, empty in zip(samples, taken[EMPTY], strict=True)]
        low, _, high = quantiles(ratios, n=4)
        half = f"{low:.2f} to {high:.2f}"
        print(f"{name:<38}{median(ratios):>8.2f}  {half:<17}{median(samples):>9.0f}")


def main() -> None:
    """Measure and print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=41, help="how often to time each case")
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, {rounds} rounds; 1.00 is an {EMPTY}")
    for package in ("penstock", "structlog", "opentelemetry-sdk"):
        print(f"{package} {version(package)}")
    for title, cases in TABLES.items():
        report(title, measure(cases, rounds))


if __name__ == "__main__":
    main()
