"""Correlation IDs as they are often written by hand: what penstock is held against."""

import logging
import random
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from itertools import count

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def current_flow_id():
    return correlation_id.get()


def make_flow_id():
    return f"{random.getrandbits(128):032x}"


_process, _numbers = make_flow_id()[:16], count()


def make_numbered_id():
    return f"{_process}{next(_numbers):016x}"


@contextmanager
def bind(flow_id=None):
    """Bind an ID; what was current before is forgotten."""
    correlation_id.set(flow_id or make_flow_id())
    yield
    correlation_id.set(None)


def entrypoint(function=None, *, inherit=True):
    """Make an ID where none is set, and leave it there for the next call."""
    if function is None:
        return lambda function: entrypoint(function, inherit=inherit)

    def begin():
        return correlation_id.set(correlation_id.get() or make_flow_id())

    @wraps(function)
    def call(*args, **kwargs):
        begin()
        return function(*args, **kwargs)

    @wraps(function)
    async def wait(*args, **kwargs):
        begin()
        return await function(*args, **kwargs)

    @wraps(function)
    def iterate(*args, **kwargs):
        token = begin()
        yield from function(*args, **kwargs)
        correlation_id.reset(token)

    @wraps(function)
    async def iterate_async(*args, **kwargs):
        token = begin()
        try:
            async for item in function(*args, **kwargs):
                yield item
        finally:
            correlation_id.reset(token)

    if isasyncgenfunction(function):
        return iterate_async
    if isgeneratorfunction(function):
        return iterate
    return wait if iscoroutinefunction(function) else call


def bound(function):
    """Carry one context, the same one into every call."""
    context = copy_context()
    return lambda *args: context.run(function, *args)


values: dict[str, object] = {}


def annotate(**more):
    values.update(more)


def inject(headers, values=()):
    """Write into the caller's headers whatever there is."""
    headers["X-Request-ID"] = correlation_id.get()
    headers["baggage"] = globals()["values"]
    return headers


class FlowFilter(logging.Filter):
    """Passes on what it found."""

    def filter(self, record):
        record.flow_id = correlation_id.get()
        return record.flow_id


FlowFormatter = logging.Formatter
