"""The executors that carry the run of who submits the work."""

import multiprocessing
import os

import pytest
from workers import answer, identify

from penstock import annotate, bind, bound, current_run
from penstock.executors import ProcessPoolExecutor, ThreadPoolExecutor

METHODS = ["spawn", "forkserver", "fork"] if hasattr(os, "fork") else ["spawn"]


def test_threads():
    """Each piece of work has the ID of who submitted it, and leaves nothing behind."""
    with ThreadPoolExecutor(1) as pool:
        with bind("a"):
            first = pool.submit(identify, 1)
            mapped = pool.map(identify, [2, 3])
        with bind("b"):
            second = pool.submit(identify, number=4)
        outside = pool.submit(identify)

        assert [first.result(), *mapped, second.result(), outside.result()] == [
            ("a", 1),
            ("a", 2),
            ("a", 3),
            ("b", 4),
            (None, 0),
        ]


def test_what_a_thread_annotates():
    """A thread annotates what it does itself, or the whole run if it says so."""
    with ThreadPoolExecutor(1) as pool, bind() as run:
        pool.submit(annotate, item=1).result()
        pool.submit(lambda: current_run().annotate(order=7)).result()

    assert run.values == {"order": 7}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.needs("multiprocessing")
def test_processes(method):
    """Processes get the ID, however they are started."""
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        with bind("a"):
            first = pool.submit(identify, 1)
            mapped = pool.map(identify, [2, 3])
        with bind("b"):
            second = pool.submit(identify, number=4)

        assert [first.result(60), *mapped, second.result(60)] == [
            ("a", 1),
            ("a", 2),
            ("a", 3),
            ("b", 4),
        ]


@pytest.mark.parametrize("method", METHODS)
def test_process(method):
    """A process that is started with a bound function has the ID."""
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    with bind("a"):
        process = context.Process(target=bound(answer), args=(queue,))
    process.start()

    assert queue.get(timeout=60) == "a"
    process.join(60)


@pytest.mark.parametrize("method", METHODS)
def test_pool(method):
    """`multiprocessing.Pool` gets the ID with `bound` too."""
    with multiprocessing.get_context(method).Pool(1) as pool, bind("a"):
        assert pool.map(bound(identify), [1, 2]) == [("a", 1), ("a", 2)]
