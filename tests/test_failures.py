"""The ways in which correlation IDs fail in production, each with a test of its name.

Every test is run against an implementation as it is often written by hand, on
which it has to fail, and against penstock. What happens within a framework, and
not here, is described in ``docs/explanation/failures.md``.
"""

import asyncio
import io
import json
import logging
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from types import SimpleNamespace

import naive
import pytest
from forked import end_fork

import penstock
from penstock._runtime.ids import make_flow_id
from penstock.contrib.logging import FlowFilter, FlowFormatter

PENSTOCK = SimpleNamespace(
    annotate=penstock.annotate,
    bind=penstock.bind,
    bound=penstock.bound,
    current_flow_id=penstock.current_flow_id,
    entrypoint=penstock.entrypoint,
    inject=penstock.inject,
    make_flow_id=make_flow_id,
    make_numbered_id=make_flow_id,
    FlowFilter=FlowFilter,
    FlowFormatter=FlowFormatter,
)


@pytest.fixture(
    params=[
        pytest.param(naive, id="naive", marks=pytest.mark.xfail(reason="this is how it fails")),
        pytest.param(PENSTOCK, id="penstock"),
    ]
)
def it(request):
    """Return the implementation that is tested, in its own context."""
    token = naive.correlation_id.set(None)
    yield request.param
    naive.correlation_id.reset(token)


pytestmark = pytest.mark.usefixtures("penstock_registry")


@pytest.fixture
def lines():
    """Return a handler, and what it wrote to a stream."""
    handler = logging.StreamHandler(io.StringIO())
    logger = logging.getLogger("failures")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.handlers[:] = [handler]
    yield handler
    logger.handlers.clear()


def written(handler):
    return handler.stream.getvalue().splitlines()


def test_01_id_of_the_request_before(it):
    """A server runs the next request of a connection in the context of the last."""
    handle = it.entrypoint(inherit=False)(lambda: it.current_flow_id())

    def connection():
        with it.bind("first"):
            reader = copy_context()  # what the loop keeps for the connection
        return [reader.run(handle) for _ in range(2)]

    found = copy_context().run(connection)

    assert len({*found, "first", None}) == 4


def test_02_token_of_a_different_context(it):
    """A body that continues in another context raises nothing, and leaks nothing."""

    @it.entrypoint
    async def stream():
        yield it.current_flow_id()
        yield it.current_flow_id()

    async def main():
        items = stream()
        first = await asyncio.create_task(anext(items))
        second = await asyncio.create_task(anext(items))
        await items.aclose()
        return first, second, it.current_flow_id()

    first, second, afterwards = asyncio.run(main())

    assert first == second
    assert afterwards is None


def test_03_streaming_body(it):
    """A body that is produced after its view has returned has the view's ID."""

    @it.entrypoint
    def view():
        @it.bound
        def body():
            yield it.current_flow_id()
            yield it.current_flow_id()

        return it.current_flow_id(), body()

    flow_id, body = copy_context().run(view)

    with it.bind("server"):  # which has gone on to something else
        assert list(copy_context().run(lambda: body)) == [flow_id, flow_id]


def test_04_async_generator_closed_early(it):
    """Leaving a loop early and letting the generator go makes no error, wherever it is closed."""
    problems = []

    @it.entrypoint
    async def stream():
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)

    async def main():
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: problems.append(context)
        )
        async for _ in stream():
            break
        await asyncio.sleep(0.01)
        return it.current_flow_id()

    assert asyncio.run(main()) is None
    assert problems == []


def test_07_lost_in_threads(it):
    """Several threads can call a bound function at once."""
    barrier = threading.Barrier(2)

    def work(number):
        barrier.wait(60)
        return it.current_flow_id(), number

    with it.bind("order-7"), ThreadPoolExecutor(2) as pool:
        carried = it.bound(work)

        def call(number):
            try:
                return carried(number)
            except BaseException:
                barrier.abort()  # or the other thread would wait for this one
                raise

        found = list(pool.map(call, range(2)))

    assert found == [("order-7", 0), ("order-7", 1)]


def test_08_eager_task_wipes_the_caller(it):
    """A task that the caller runs at once leaves the caller's ID as it was."""

    def task():
        with it.bind("task"):
            return it.current_flow_id()

    with it.bind("request"):
        assert task() == "task"
        assert it.current_flow_id() == "request"


def test_09_headers_of_others(it):
    """Headers that are sent again, as for a retry, are the caller's own and keep all others."""
    first = {"traceparent": "00-1-2-01", "X-Request-ID": "first"}

    with it.bind("second"):
        second = it.inject(first)

    assert second["X-Request-ID"] == "second"
    assert first == {"traceparent": "00-1-2-01", "X-Request-ID": "first"}


def test_10_context_that_is_not_json(it):
    """Whatever a run is annotated with, its headers can be sent."""
    with it.bind("order-7"):
        it.annotate(user=object(), tenant="north")
        headers = it.inject({}, values=["user", "tenant"])

    assert set(json.loads(json.dumps(headers))) == {"X-Request-ID", "baggage"}
    assert all(isinstance(value, str) for value in headers.values())


def test_11_formatter_without_filter(it, lines):
    """A handler that somebody forgot the filter on still writes the line."""
    lines.setFormatter(it.FlowFormatter("%(flow_id)s %(message)s"))

    logging.getLogger("failures").info("hello")

    assert written(lines) == ["- hello"]


def test_12_behind_a_queue(it, lines):
    """A line that another thread writes has the ID of where it was logged."""
    queue = SimpleQueue()
    sender = QueueHandler(queue)
    sender.addFilter(it.FlowFilter())
    lines.addFilter(it.FlowFilter())  # as when the filter is on every handler
    lines.setFormatter(logging.Formatter("%(flow_id)s %(message)s"))
    logging.getLogger("failures").handlers[:] = [sender]
    listener = QueueListener(queue, lines)
    listener.start()

    with it.bind("order-7"):
        logging.getLogger("failures").info("hello")
    listener.stop()

    assert written(lines) == ["order-7 hello"]


def test_14_filter_that_drops(it, lines):
    """A line that is logged outside any run is written."""
    lines.addFilter(it.FlowFilter())

    logging.getLogger("failures").info("hello")

    assert written(lines) == ["hello"]


def test_15_same_id_after_seeding(it):
    """Code that seeds the random numbers, to repeat an experiment, does not repeat IDs."""
    found = []
    state = random.getstate()
    for _ in range(2):
        random.seed(1)
        found.append(it.make_flow_id())
    random.setstate(state)

    assert found[0] != found[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_15_same_id_in_every_process(it):
    """Workers that were forked from one process make different IDs."""
    it.make_numbered_id()
    found = []
    for _ in range(2):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writing, it.make_numbered_id().encode())
            end_fork()
        os.waitpid(child, 0)
        found.append(os.read(reading, 64))
        os.close(reading)
        os.close(writing)

    assert found[0] != found[1]


def test_16_worker_thread_keeps_the_id(it):
    """The job that a thread does next has nothing of the one before, whatever became of that."""

    @it.entrypoint
    def fail():
        raise LookupError

    with ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(fail).exception(), LookupError)
        assert pool.submit(it.current_flow_id).result() is None
