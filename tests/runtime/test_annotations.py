"""Annotated values are seen in their context and in those that it starts, and nowhere else."""

import asyncio
import gc
import logging
import sys
import threading
from concurrent import futures
from contextvars import copy_context

import anyio
import anyio.lowlevel
import pytest

from penstock import (
    ParentRun,
    annotate,
    bind,
    bound,
    current_run,
    entrypoint,
    flow,
    inject,
    unannotate,
)
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.recording import set_tracing
from penstock.boundary import Inbound, active, aiterate, iterate
from penstock.contrib.logging import FlowFilter
from penstock.executors import ThreadPoolExecutor
from penstock.testing import isolated_registry, record_runs


def seen():
    """Return the values that are seen here."""
    return dict(current_run().values)


@pytest.fixture
def lines():
    """Return the fields of all log records of a test."""
    kept = []

    class Keeping(logging.Handler):
        def emit(self, record):
            kept.append(record.__dict__)

    logger, handler = logging.getLogger("annotations"), Keeping()
    handler.addFilter(FlowFilter())
    logger.addHandler(handler)
    yield kept
    logger.removeHandler(handler)


def log():
    logging.getLogger("annotations").warning("a line")


class TestSiblings:
    """Code that runs concurrently with the code that annotates."""

    def test_tasks(self, lines):
        """A task's values are on its own lines only, and what was there before is on all."""

        async def work(number):
            annotate(item=number)
            await asyncio.sleep(0)
            log()
            return seen()

        @entrypoint
        async def handle():
            annotate(batch="a")
            return await asyncio.gather(*(work(number) for number in range(4))), seen()

        values, after = asyncio.run(handle())

        assert values == [{"batch": "a", "item": number} for number in range(4)]
        assert [line["item"] for line in lines] == [0, 1, 2, 3]
        assert {line["batch"] for line in lines} == {"a"}
        assert after == {"batch": "a"}

    def test_spans(self):
        """The span of a step that a task runs has the values of that task."""
        with isolated_registry(), record_runs() as recorded:

            @flow("orders")
            @entrypoint(name="work")
            async def work(number):
                annotate(item=number)
                await asyncio.sleep(0)

            @flow("orders")
            @entrypoint(name="handle")
            async def handle():
                await asyncio.gather(*(work(number) for number in range(4)))

            asyncio.run(handle())

            *inner, outer = recorded.spans
        assert [dict(span.values) for span in inner] == [{"item": number} for number in range(4)]
        assert dict(outer.values) == {}

    @pytest.mark.parametrize("backend", ["asyncio", "trio"])
    def test_anyio(self, backend):
        """Task groups and worker threads of anyio are apart too."""
        found = []

        async def work(number):
            annotate(item=number)
            await anyio.lowlevel.checkpoint()
            await anyio.to_thread.run_sync(lambda: annotate(thread=number))
            found.append(seen())

        async def main():
            with bind():
                async with anyio.create_task_group() as group:
                    for number in range(3):
                        group.start_soon(work, number)

        anyio.run(main, backend=backend)

        assert sorted(found, key=str) == [{"item": number} for number in range(3)]

    def test_threads(self):
        """Work in an executor is apart, and has what was there when it was submitted."""
        gate = threading.Barrier(2)

        def work(number):
            annotate(item=number)
            gate.wait(60)
            return seen()

        with bind(), ThreadPoolExecutor(2) as pool:
            annotate(batch="a")
            values = list(pool.map(work, range(2)))
            after = seen()

        assert values == [{"batch": "a", "item": number} for number in range(2)]
        assert after == {"batch": "a"}

    def test_bound(self):
        """Each call of what `bound` returned begins with the values of when it was bound."""
        with bind():
            annotate(batch="a")
            work = bound(lambda number: (annotate(item=number), seen())[1])
            annotate(later=True)

        with futures.ThreadPoolExecutor(1) as pool:
            assert list(pool.map(work, range(2))) == [
                {"batch": "a", "item": number} for number in range(2)
            ]


class TestBlocks:
    """Runs within runs."""

    def test_entrypoint(self):
        """The caller of an entrypoint does not see the values that it annotates."""

        @entrypoint
        def inner():
            annotate(order=7)
            return seen()

        with bind():
            annotate(tenant="north")

            assert inner() == {"tenant": "north", "order": 7}
            assert seen() == {"tenant": "north"}

    def test_block(self):
        """A block with an annotation leaves nothing behind."""
        with bind():
            with bind():
                annotate(order=7)

            assert seen() == {}

    def test_later_values(self):
        """A run does not get values that are annotated after it began."""
        with bind() as outer, bind() as inner:
            outer.annotate(late=True)

            assert seen() == {}
            assert inner.values == {}
        assert outer.values == {"late": True}

    def test_handle(self):
        """Code that kept a reference to the run sees later annotations, too."""
        with bind() as run:
            first = current_run()
            annotate(a=1)
            second = current_run()
            annotate(b=2)

            assert run.values == first.values == second.values == {"a": 1, "b": 2}
            assert first == run.parent or run.parent is None
            assert first.run_id == second.run_id == run.run_id


class TestGenerators:
    """Bodies that are left and entered again."""

    def test_generator(self):
        """Values that the body annotates stay with it, whatever its caller does meanwhile."""

        @entrypoint
        def items():
            annotate(page=1)
            yield seen()
            annotate(order=7)
            yield seen()

        with bind():
            walk = items()
            first = next(walk)
            annotate(mine=True)
            second = next(walk)
            own = seen()

        assert (first, second) == ({"page": 1}, {"page": 1, "order": 7})
        assert own == {"mine": True}

    def test_interleaved(self):
        """Two generators that take turns keep their values apart."""

        @entrypoint
        def items(name):
            annotate(name=name)
            while True:
                yield seen()["name"]

        one, two = items("one"), items("two")

        assert [next(one), next(two), next(one), next(two)] == ["one", "two"] * 2

    def test_async_generator(self):
        """An async generator does the same, also with a task for each item."""

        @entrypoint
        async def items():
            annotate(page=1)
            yield seen()
            annotate(order=7)
            yield seen()

        async def main():
            walk = items()
            found = [await asyncio.create_task(anext(walk)) for _ in range(2)]
            await walk.aclose()
            return found, current_run()

        assert asyncio.run(main()) == ([{"page": 1}, {"page": 1, "order": 7}], None)

    def test_returned(self):
        """A generator that a function returns begins with what the function annotated."""

        def items():
            yield seen()

        async def later():
            yield seen()

        @entrypoint
        def make():
            annotate(page=1)
            return items()

        @entrypoint
        async def make_later():
            annotate(page=1)
            return later()

        async def main():
            return [item async for item in await make_later()]

        assert [*make()] == asyncio.run(main()) == [{"page": 1}]

    def test_bound_generator(self):
        """A generator function that was bound keeps what each of its calls annotates."""

        def items(name):
            annotate(name=name)
            yield seen()
            yield seen()

        with bind():
            annotate(tenant="north")
            walk = bound(items)
        one, two = walk("one"), walk("two")

        found = [next(one), next(two), next(one), next(two)]
        assert found == [{"tenant": "north", "name": name} for name in ("one", "two")] * 2

    def test_body(self):
        """A streamed body keeps what it annotates, and begins with what its view annotated."""

        def body():
            yield seen()
            annotate(row=1)
            yield seen()

        block = active(Inbound().receive(None))
        with block:
            annotate(view=True)
        items = iterate(block.run, body())

        assert [*items] == [{"view": True}, {"view": True, "row": 1}]

    def test_async_body(self):
        """So does an asynchronous one."""

        async def body():
            yield seen()
            annotate(row=1)
            yield seen()

        async def main():
            return [item async for item in aiterate(Inbound().receive(None), body())]

        assert asyncio.run(main()) == [{}, {"row": 1}]


class TestWholeRun:
    """`Run.annotate`: what is meant for all that is in a run."""

    def test_from_a_thread(self):
        """A value from another thread is seen everywhere in the run, also in what runs already."""
        set_it, seen_there = threading.Event(), []

        def wait():
            set_it.wait(60)
            seen_there.append(seen())

        with bind():
            waiting = threading.Thread(target=bound(wait))
            waiting.start()
            setting = threading.Thread(target=bound(lambda: current_run().annotate(tenant="n")))
            setting.start()
            setting.join()
            set_it.set()
            waiting.join()

            assert seen() == {"tenant": "n"}
        assert seen_there == [{"tenant": "n"}]

    def test_any_name(self):
        """Every name can be annotated, also those of the arguments."""
        names = {"self": 1, "values": 2, "names": 3, "a b": 4}
        with bind() as run:
            current_run().annotate(**names)
            annotate(**{name: -value for name, value in names.items()})
            here = dict(current_run().values)

        assert dict(run.values) == names
        assert here == {name: -value for name, value in names.items()}

    def test_nearest_counts(self):
        """A value of the context counts before one of the run, until that is set again there."""
        with bind() as run:
            run.annotate(item=0, tenant="north")
            annotate(item=1)
            assert seen() == {"item": 1, "tenant": "north"}
            assert copy_context().run(seen) == {"item": 1, "tenant": "north"}

            run.annotate(item=2)
            assert seen() == {"item": 2, "tenant": "north"}

    def test_request(self):
        """The values of an entrypoint are seen by its request, but not by its siblings."""

        @entrypoint
        def endpoint(item):
            before = seen()
            current_run().annotate(item=item)
            return before

        with active(Inbound().receive(None)) as request:
            assert [endpoint(1), endpoint(2)] == [{}, {}]
            assert seen() == {"item": 2}

            request.annotate(item=3)
            assert seen() == {"item": 3}
            request.unannotate("item")
            assert seen() == {}

    def test_taken_away(self):
        """A value can be removed from all of the run."""
        with bind() as run:
            annotate(order=7)
            run.annotate(tenant="north", order=8)
            run.unannotate("order", "never")

            assert seen() == {"tenant": "north"}


class TestUnannotate:
    """Removing values."""

    def test_in_this_context(self):
        """A value goes here and in what begins here, and stays where it was before."""
        with bind() as run:
            run.annotate(tenant="north")
            annotate(order=7, item=1)
            before = copy_context()
            unannotate("tenant", "item", "never")

            assert seen() == {"order": 7}
            with bind() as inner:
                assert inner.values == {"order": 7}
            assert before.run(seen) == {"tenant": "north", "order": 7, "item": 1}

    def test_again(self):
        """A removed value can be annotated again."""
        with bind():
            annotate(order=7, item=1)
            unannotate("order")
            annotate(order=8)
            assert seen() == {"order": 8, "item": 1}
            unannotate("item")
            annotate(page=1)
            assert seen() == {"order": 8, "page": 1}

    def test_of_a_request(self):
        """Values that an entrypoint added to its request can be removed, too."""
        with active(Inbound().receive(None)):
            entrypoint(lambda: current_run().annotate(item=1, order=7))()
            unannotate("item")

            assert seen() == {"order": 7}

    def test_outside(self):
        """Outside a run, and without names, nothing happens."""
        unannotate("tenant")
        with bind() as run:
            unannotate()
            annotate()

            assert current_run() is run


def test_carried_elsewhere():
    """Headers carry what is seen where they are made."""
    with bind():
        annotate(tenant="north")

        assert inject(values=["tenant"])["baggage"] == "tenant=north"


class TestParents:
    """The IDs and names that a run keeps of the run in which it was called."""

    def test_names(self):
        """Its IDs and names, and nothing of those before it."""
        inner = entrypoint(name="inner")(current_run)
        with isolated_registry():
            run = flow("orders")(entrypoint(name="outer")(lambda: (current_run(), inner())))
            outer, nested = run()

        parent = nested.parent
        assert isinstance(parent, ParentRun)
        assert (parent.flow_id, parent.run_id) == (outer.flow_id, outer.run_id)
        assert (parent.flow, parent.flows, parent.entrypoint) == ("orders", ("orders",), "outer")
        assert parent == outer
        assert parent != nested
        assert {outer: 1}[parent] == 1
        assert (parent.parent, outer.parent) == (None, None)

    def test_other_operation(self):
        """A run with its own ID knows in which it was called."""
        apart = entrypoint(inherit=False)(current_run)
        with bind("order-7"):
            annotate(tenant="north")
            run = apart()

        assert run.flow_id != "order-7" == run.parent.flow_id
        assert apart().parent is None
        assert run.values == {}

    @pytest.mark.parametrize("is_traced", [False, True], ids=["plain", "traced"])
    def test_timer_that_sets_itself_again(self, is_traced, monkeypatch):
        """However often an entrypoint was called from within itself, no memory is kept for it."""
        monkeypatch.setattr("penstock._runtime.recording._SLOW_NS", 10**12, raising=False)
        with isolated_registry():
            before = exporters()
            set_tracing(is_on=is_traced)
            set_exporters(*([Forgetting()] if is_traced else []))
            try:
                grown = asyncio.run(grow_while_ticking())
            finally:
                set_tracing(is_on=False)
                set_exporters(*before)

        assert grown < TICKS // 100


class Forgetting:
    """Takes spans, reads what there is of them, and keeps none."""

    def export(self, span):
        span.as_dict()
        assert span.parent is None or span.parent.step == "tick"

    def flush(self):
        pass


TICKS = 20_000


async def grow_while_ticking():
    """Return how many blocks of memory so many ticks of a timer leave behind."""
    loop, sizes, is_over = asyncio.get_running_loop(), [], asyncio.Event()

    @flow("poller")
    @entrypoint
    async def tick(left):
        annotate(left=left)
        if left % TICKS == 0:
            gc.collect()
            sizes.append(sys.getallocatedblocks())
        if left:
            loop.call_soon(lambda: again(left - 1))
        else:
            is_over.set()

    tasks = set()

    def again(left):
        task = asyncio.ensure_future(tick(left))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    await tick(TICKS + 1_000)
    await is_over.wait()
    return sizes[-1] - sizes[0]
