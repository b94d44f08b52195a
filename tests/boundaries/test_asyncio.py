"""The functions of asyncio that carry a run, and those that do not."""

import asyncio
import gc
import threading
from contextlib import aclosing, suppress

import pytest

from penstock import bind, bound, current_flow_id, current_step, entrypoint, flow, step

orders = flow("orders")


async def ask():
    """Say what is current, after a turn of the loop."""
    await asyncio.sleep(0)
    return current_flow_id()


async def in_task():
    return await asyncio.create_task(ask())


async def in_group():
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ask())
    return task.result()


async def gathered():
    (found,) = await asyncio.gather(ask())
    return found


async def shielded():
    return await asyncio.shield(ask())


async def with_timeout():
    async with asyncio.timeout(60):
        return await ask()


async def waited_for():
    return await asyncio.wait_for(ask(), 60)


async def after_a_timeout():
    with suppress(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.sleep(10)
    return current_flow_id()


async def in_thread():
    return await asyncio.to_thread(current_flow_id)


async def through(schedule):
    """Return what a callback sees that *schedule* is given."""
    seen = asyncio.get_running_loop().create_future()
    schedule(lambda: seen.set_result(current_flow_id()))
    return await seen


async def called_soon():
    return await through(asyncio.get_running_loop().call_soon)


async def called_later():
    loop = asyncio.get_running_loop()
    return await through(lambda callback: loop.call_later(0.001, callback))


async def called_when_done():
    future = asyncio.get_running_loop().create_future()
    future.set_result(None)
    return await through(lambda callback: future.add_done_callback(lambda _: callback()))


async def bound_in_executor():
    return await asyncio.get_running_loop().run_in_executor(None, bound(current_flow_id))


async def bound_from_a_plain_thread():
    """A thread that knows nothing of the run calls back into the loop."""
    loop = asyncio.get_running_loop()

    def schedule(callback):
        carried = bound(callback)
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(carried))
        thread.start()

    return await through(schedule)


async def by_an_async_generator():
    async def items():
        yield await ask()

    async with aclosing(items()) as generator:
        return await anext(generator)


CARRIED = [
    after_a_timeout,
    bound_from_a_plain_thread,
    bound_in_executor,
    by_an_async_generator,
    called_later,
    called_soon,
    called_when_done,
    gathered,
    in_group,
    in_task,
    in_thread,
    shielded,
    waited_for,
    with_timeout,
]


@pytest.mark.parametrize("way", CARRIED, ids=lambda way: way.__name__)
def test_carried(way):
    """The run is the same on the other side, for many operations at once."""
    handle = orders(entrypoint(way))

    async def main():
        async def operation(number):
            with bind(f"order-{number}"):
                return await handle()

        found = await asyncio.gather(*(operation(number) for number in range(5)), handle())
        return found, current_flow_id()

    found, afterwards = asyncio.run(main())

    assert found[:5] == [f"order-{number}" for number in range(5)]
    assert found[5] is not None
    assert afterwards is None


async def in_executor():
    return await asyncio.get_running_loop().run_in_executor(None, current_flow_id)


async def from_a_plain_thread():
    loop = asyncio.get_running_loop()

    def schedule(callback):
        threading.Thread(target=lambda: loop.call_soon_threadsafe(callback)).start()

    return await through(schedule)


@pytest.mark.parametrize("way", [in_executor, from_a_plain_thread], ids=lambda way: way.__name__)
def test_not_carried(way):
    """If Python copies no context nothing is current, rather than somebody else's run."""
    assert asyncio.run(orders(entrypoint(way))()) is None


def test_worker_that_was_there_before():
    """A worker task sees its own run start; an entrypoint in it begins one per item."""

    @orders
    @entrypoint
    async def handle(item):
        await asyncio.sleep(0)
        return item, current_flow_id()

    async def main():
        queue, done = asyncio.Queue(), []

        async def work():
            while (item := await queue.get()) is not None:
                done.append((await handle(item), current_flow_id()))

        worker = asyncio.create_task(work())
        with bind("somebody"):
            for item in (1, 2, None):
                await queue.put(item)
        await worker
        return done

    ((first, one), after_one), ((second, two), after_two) = asyncio.run(main())

    assert (first, second) == (1, 2)
    assert len({one, two, "somebody"}) == 3
    assert (after_one, after_two) == (None, None)


def test_cancelled(recording):
    """A task that is cancelled, within a shield or a group, leaves nothing current."""
    inside = []

    @orders
    @step(after="handle")
    async def wait():
        try:
            await asyncio.sleep(10)
        finally:
            inside.append(current_flow_id())

    @orders
    @entrypoint
    async def handle():
        await wait()

    async def main():
        with bind("order-7"):
            task = asyncio.create_task(handle())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return current_flow_id()

    assert asyncio.run(main()) == "order-7"
    assert inside == ["order-7"]
    if recording:
        assert [(s.step, s.outcome) for s in recording.spans] == [
            ("wait", "cancelled"),
            ("handle", "cancelled"),
        ]


def test_parents_in_groups(recording):
    """Steps that run at once in one group have the same parent, and their own ID."""

    @orders
    @step(after="handle")
    async def fetch(number):
        await asyncio.sleep(0.001 * (number % 3))
        return current_flow_id(), current_step().name

    @orders
    @entrypoint
    async def handle():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(fetch(number)) for number in range(10)]
        return current_flow_id(), {task.result() for task in tasks}

    async def main():
        return await asyncio.gather(*(handle() for _ in range(5)))

    found = asyncio.run(main())

    assert len({flow_id for flow_id, _ in found}) == 5
    assert all(seen == {(flow_id, "fetch")} for flow_id, seen in found)
    if recording:
        for run in recording.runs:
            handled, *fetched = run.spans
            assert {span.parent_id for span in fetched} == {handled.span_id}


@pytest.mark.parametrize("end", ["closed", "by another task", "collected", "with the loop"])
def test_async_generator_that_is_left(end, caplog):
    """Left after its first item, its clean-up runs in its own run, and nobody complains."""
    inside, complaints, kept = [], [], []

    @orders
    @entrypoint
    async def items():
        try:
            inside.append(current_flow_id())
            yield 1
            yield 2
        finally:
            await asyncio.sleep(0)
            inside.append(current_flow_id())

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        with bind("mine"):
            generator = items()
            async for _ in generator:
                break
            if end == "closed":
                await generator.aclose()
            elif end == "by another task":
                await asyncio.create_task(generator.aclose())
            elif end == "with the loop":
                kept.append(generator)
            del generator
            gc.collect()
            await asyncio.sleep(0.01)
            return current_flow_id()

    assert asyncio.run(main()) == "mine"
    assert inside == ["mine", "mine"]
    assert complaints == []
    assert caplog.records == []
