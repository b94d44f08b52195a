"""Carrying a run into threads, and keeping threads separate."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from penstock import bind, bound, current_flow_id, current_run, entrypoint, flow, step
from penstock.executors import ThreadPoolExecutor as CarryingExecutor

orders = flow("orders")


def joined(thread):
    """Run *thread* to its end."""
    thread.start()
    thread.join()


def in_thread(work):
    joined(threading.Thread(target=work))


def in_timer(work):
    joined(threading.Timer(0, work))


def in_executor(work):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def in_carrying_executor(work):
    with CarryingExecutor(1) as pool:
        pool.submit(work).result()


def seen(way, wrap):
    """Return what is current in a thread that *way* starts."""
    found = []
    way(wrap(lambda: found.append(current_flow_id())))
    return found[0]


@pytest.mark.parametrize(
    ("way", "wrap"),
    [
        (in_thread, bound),
        (in_timer, bound),
        (in_executor, bound),
        (in_carrying_executor, lambda work: work),
    ],
    ids=["thread", "timer", "executor", "carrying executor"],
)
def test_carried(way, wrap):
    """The run is current in the thread, and its annotations reach the run."""
    with bind("order-7") as run:
        assert seen(way, wrap) == "order-7"
        way(wrap(lambda: current_run().annotate(done=True)))

    assert run.values == {"done": True}


@pytest.mark.skipif(
    getattr(sys.flags, "thread_inherit_context", False), reason="this Python lets threads inherit"
)
@pytest.mark.parametrize("way", [in_thread, in_timer, in_executor])
def test_not_carried(way):
    """A plain thread has no run, rather than somebody else's."""
    with bind("order-7"):
        assert seen(way, lambda work: work) is None


def test_thread_that_is_used_again():
    """A worker that had one run has none of it left for the next job."""
    handle = orders(entrypoint(current_flow_id, name="handle"))

    with ThreadPoolExecutor(1) as pool:
        found = [pool.submit(work).result() for work in [handle, current_flow_id, handle]]

    assert found[1] is None
    assert len(set(found)) == 3


def test_failing_job():
    """A job that fails leaves nothing in its thread."""

    @orders
    @entrypoint
    def handle():
        raise LookupError

    with ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(handle).exception(), LookupError)
        assert pool.submit(current_flow_id).result() is None


def test_parents(recording):
    """Steps in threads have the parent from which they were sent, at the same time too."""
    barrier = threading.Barrier(4)

    @orders
    @step(after="handle")
    def fetch(number):
        barrier.wait(60)
        return current_flow_id()

    @orders
    @entrypoint
    def handle():
        with CarryingExecutor(4) as pool:
            return current_flow_id(), set(pool.map(fetch, range(4)))

    flow_id, found = handle()

    assert found == {flow_id}
    if recording:
        (run,) = recording.runs
        assert {span.parent_id for span in run.spans[1:]} == {run.spans[0].span_id}


class TestInheritedContext:
    """Threads that inherit the context of their starter: free-threaded Python, from 3.14 on.

    Such a thread is started here by hand, as that Python does it.
    """

    @staticmethod
    def thread(work):
        return threading.Thread(target=copy_context().run, args=(work,))

    def test_inherited(self):
        """A thread that is started within a run is part of it."""
        found = []

        with bind("order-7"):
            joined(self.thread(lambda: found.append(current_flow_id())))

        assert found == ["order-7"]

    def test_background_worker(self):
        """A worker that outlives the run gives each item its own ID with inherit=False."""
        kept = orders(entrypoint(current_flow_id, name="kept"))
        own = orders(entrypoint(current_flow_id, name="own", inherit=False))
        found = []

        with bind("order-7"):
            thread = self.thread(lambda: found.extend([kept(), own(), own(), current_flow_id()]))
        joined(thread)

        assert [found[0], found[3]] == ["order-7", "order-7"]
        assert len(set(found)) == 3


def test_bound_twice():
    """A function that is bound in one run and called in another runs in the first one only."""
    with bind("first"):
        carried = bound(current_run)
    with bind("second"):
        run = carried()
        assert current_flow_id() == "second"

    assert run.flow_id == "first"
