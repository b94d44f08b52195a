"""The same under anyio, with asyncio and with trio."""

import gc

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from penstock import bind, current_flow_id, entrypoint, flow, step

orders = flow("orders")


@pytest.fixture(params=["asyncio", "trio"])
def run(request):
    """Return what runs a coroutine function to its end."""
    return lambda function: anyio.run(function, backend=request.param)


async def in_group():
    found = []

    async def ask():
        await anyio.lowlevel.checkpoint()
        found.append(current_flow_id())

    async with anyio.create_task_group() as group:
        group.start_soon(ask)
    return found[0]


async def started():
    async def ask(*, task_status):
        task_status.started(current_flow_id())

    async with anyio.create_task_group() as group:
        return await group.start(ask)


async def in_thread():
    return await anyio.to_thread.run_sync(current_flow_id)


async def back_from_a_thread():
    async def ask():
        await anyio.lowlevel.checkpoint()
        return current_flow_id()

    return await anyio.to_thread.run_sync(lambda: anyio.from_thread.run(ask))


async def called_back_from_a_thread():
    return await anyio.to_thread.run_sync(lambda: anyio.from_thread.run_sync(current_flow_id))


async def in_a_shield():
    with anyio.CancelScope(shield=True):
        await anyio.lowlevel.checkpoint()
        return current_flow_id()


async def after_a_timeout():
    with anyio.move_on_after(0):
        await anyio.sleep(10)
    return current_flow_id()


WAYS = [
    after_a_timeout,
    back_from_a_thread,
    called_back_from_a_thread,
    in_a_shield,
    in_group,
    in_thread,
    started,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_carried(way, run):
    """The run is the same on the other side, for several operations at once."""
    handle, found = orders(entrypoint(way)), {}

    async def operation(number):
        with bind(f"order-{number}"):
            found[number] = await handle()

    async def main():
        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(operation, number)
        return current_flow_id()

    assert run(main) is None
    assert found == {number: f"order-{number}" for number in range(5)}


def test_cancelled(run, recording):
    """A cancelled scope leaves nothing current; its steps were cancelled."""
    inside = []

    @orders
    @step(after="handle")
    async def wait():
        try:
            await anyio.sleep(10)
        finally:
            inside.append(current_flow_id())

    @orders
    @entrypoint
    async def handle():
        with anyio.move_on_after(0.01):
            await wait()
        return current_flow_id()

    async def main():
        return await handle(), current_flow_id()

    flow_id, afterwards = run(main)

    assert inside == [flow_id]
    assert afterwards is None
    if recording:
        assert [(s.step, s.outcome) for s in recording.spans] == [
            ("wait", "cancelled"),
            ("handle", "ok"),
        ]


@pytest.mark.parametrize("end", ["closed", "with the loop"])
def test_async_generator_that_is_left(end, run):
    """Left after its first item, its clean-up runs in its own run."""
    inside, kept = [], []

    @orders
    @entrypoint
    async def items():
        try:
            inside.append(current_flow_id())
            yield 1
            yield 2
        finally:
            inside.append(current_flow_id())

    async def main():
        with bind("mine"):
            generator = items()
            async for _ in generator:
                break
            if end == "closed":
                await generator.aclose()
            else:
                kept.append(generator)
            del generator
            gc.collect()
            await anyio.sleep(0.01)
            return current_flow_id()

    assert run(main) == "mine"
    assert inside == ["mine", "mine"]
