"""A binding that was closed is current nowhere, wherever it was closed."""

import asyncio
import contextlib
import contextvars
import gc
import pickle
import warnings

import pytest

from penstock import (
    annotate,
    bind,
    bound,
    current_flow_id,
    current_run,
    current_step,
    entrypoint,
    flow,
    step,
    tracing,
)
from penstock._runtime.received import received_run
from penstock.boundary import active
from penstock.testing import record_runs


@pytest.fixture(autouse=True)
def _unwarned(monkeypatch):
    """Let each test be the first that is warned of its lines."""
    monkeypatch.setattr("penstock._runtime.bind._warned", set())


def nothing():
    """Do nothing, where it can be imported."""


async def held():
    with bind("held"):
        yield current_flow_id()
        yield None


@pytest.mark.parametrize("outer", [None, "outer"], ids=["no run", "in a run"])
def test_async_generator(outer):
    """One that an event loop closes in its own task leaves what was current before."""
    problems = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, c: problems.append(c))
        async for _ in held():
            break
        gc.collect()
        await asyncio.sleep(0.01)
        child = await asyncio.create_task(asyncio.to_thread(current_flow_id))
        run = entrypoint(lambda: current_run())()
        return current_flow_id(), current_run() and current_run().flow_id, child, run.flow_id

    with (
        pytest.warns(RuntimeWarning, match=r"@bind\(\)") as caught,
        bind(outer) if outer else contextlib.nullcontext(),
    ):
        seen = asyncio.run(main())

    assert problems == []
    assert seen[:3] == (outer, outer, outer)
    assert seen[3] != "held"
    assert (len(caught), caught[0].filename) == (1, __file__)


def test_once_per_line():
    """Each line is warned of once."""

    def generator():
        with bind():
            yield

    def close_elsewhere():
        for _ in range(3):
            made = generator()
            contextvars.copy_context().run(next, made)
            made.close()

    with pytest.warns(RuntimeWarning) as caught:
        close_elsewhere()

    assert len(caught) == 1


def test_asynchronous_block():
    """An ``async with`` is warned of by its own line, too."""

    async def generator():
        async with bind():
            yield

    async def main():
        made = generator()
        await asyncio.create_task(anext(made))
        await asyncio.create_task(made.aclose())

    with pytest.warns(RuntimeWarning) as caught:
        asyncio.run(main())

    assert [w.filename for w in caught] == [__file__]


def test_taking_turns():
    """Generators whose blocks end in the order in which they began leave nothing behind."""

    def generator(flow_id):
        with bind(flow_id):
            yield

    def take_turns():
        one, two = generator("one"), generator("two")
        next(one)
        next(two)
        one.close()
        two.close()
        return current_flow_id(), current_run(), bound(current_flow_id)()

    assert contextvars.copy_context().run(take_turns) == (None, None, None)


def test_run_within_itself():
    """A run whose inner block ends elsewhere is current until its outer one ends elsewhere, too."""
    run, inside = received_run("one"), contextvars.copy_context()
    outer, inner = active(run), active(run)
    inside.run(outer.__enter__)
    inside.run(inner.__enter__)

    inner.__exit__()
    between = inside.run(current_flow_id)
    outer.__exit__()

    assert (between, inside.run(current_flow_id)) == ("one", None)


def test_runs_around_each_other():
    """Blocks of two runs in turns, which all end elsewhere, leave nothing current."""
    one, two, inside = received_run("one"), received_run("two"), contextvars.copy_context()
    blocks = [active(one), active(two), active(one)]
    for block in blocks:
        inside.run(block.__enter__)

    seen = []
    for block in reversed(blocks):
        block.__exit__()
        seen.append(inside.run(current_flow_id))

    assert seen == ["two", None, None]


def test_closed_twice():
    """A run that was current in two contexts leaves what was there where it was closed first."""
    run = received_run("one")
    first, second = contextvars.copy_context(), contextvars.copy_context()
    blocks = [active(run), active(run)]
    first.run(bind("outer").__enter__)
    first.run(blocks[0].__enter__)
    second.run(blocks[1].__enter__)

    for block in blocks:
        block.__exit__()

    assert first.run(current_flow_id) == "outer"


def test_pickled_after_it_was_closed():
    """Nothing carries a closed binding to another process."""

    def generator():
        with bind("one"):
            yield

    def leave_the_outer_first():
        outer, inner = generator(), generator()
        next(outer)
        next(inner)
        outer.close()
        inner.close()
        return pickle.loads(pickle.dumps(bound(nothing)))

    assert contextvars.copy_context().run(leave_the_outer_first) is nothing


def test_fixture():
    """A generator that is closed in the context in which it began is not warned of."""

    def fixture():
        with bind("test"):
            yield

    with warnings.catch_warnings(action="error"):
        made = fixture()
        next(made)
        inside = current_flow_id()
        next(made, None)

    assert (inside, current_flow_id()) == ("test", None)


def test_tasks_keep_it():
    """A task that was started in a block keeps its flow ID after the block has ended normally."""

    async def child():
        await asyncio.sleep(0)
        return current_flow_id()

    async def main():
        with bind("mine"):
            task = asyncio.create_task(child())
        return await task, current_flow_id()

    assert asyncio.run(main()) == ("mine", None)


class Pause:
    """An awaitable that waits until it is resumed."""

    def __await__(self):
        yield


def coroutine_function(declare, seen):
    """Return a coroutine that has begun in this context, and what ends it in another."""

    @declare
    async def work():
        annotate(item=7)
        seen.append(current_flow_id())
        await Pause()

    made = work()
    made.send(None)
    return made.close


def asynchronous_generator(declare, seen):
    """Return the same of an async generator that waits."""

    @declare
    async def work():
        seen.append(current_flow_id())
        await Pause()
        yield

    waiting = work().asend(None)
    waiting.send(None)
    return lambda: close_waiting(waiting)


def close_waiting(waiting):
    """Close an async generator that waits, which its awaitable's own `close` does not in 3.11."""
    with contextlib.suppress(GeneratorExit):
        waiting.throw(GeneratorExit)


def collected(declare, seen):
    """Return the same of a coroutine that nobody closes."""
    close = coroutine_function(declare, seen)
    kept = [close]
    del close
    return kept.clear


@pytest.mark.parametrize("outer", [None, "outer"], ids=["no run", "in a run"])
@pytest.mark.parametrize("begin", [coroutine_function, asynchronous_generator, collected])
@pytest.mark.parametrize("declare", [entrypoint(inherit=False), bind("bound")])
def test_body_that_ends_in_another_context(outer, begin, declare):
    """A body that is ended in another context is no longer current where it began."""

    def call():
        seen = []
        with bind(outer) if outer else contextlib.nullcontext():
            end = begin(declare, seen)
            assert current_flow_id() == seen[0] != outer
            contextvars.Context().run(end)
            child = contextvars.copy_context().run(current_flow_id)
            return current_flow_id(), child, current_run() and current_run().flow_id

    assert contextvars.Context().run(call) == (outer,) * 3


def test_steps_after_a_body_that_ended_elsewhere():
    """A step that is recorded then belongs to the previous run, and not to an ended span."""

    def call():
        @flow("f")
        @step(name="inner")
        async def work():
            await Pause()
            yield

        @flow("f")
        @step(name="next")
        def later():
            return current_step().name

        @flow("f")
        @entrypoint
        def begin():
            waiting = work().asend(None)
            waiting.send(None)
            assert tracing.current_span().step == "inner"
            contextvars.copy_context().run(close_waiting, waiting)
            threads = contextvars.copy_context()
            assert (tracing.current_span(), threads.run(current_step).name) == (None, "begin")
            return later()

        return begin()

    with record_runs() as recorded:
        assert contextvars.Context().run(call) == "next"

    assert [(span.step, span.parent_id) for span in recorded.spans[:2]] == [
        ("inner", recorded.spans[2].span_id),
        ("next", None),
    ]
    assert [span.outcome for span in recorded.spans] == ["closed", "ok", "ok"]


def test_steps_in_a_run_that_is_closed():
    """A step does not belong to a run that was closed elsewhere."""

    def call():
        work = flow("f")(step(name="later")(lambda: None))
        close = coroutine_function(entrypoint, [])
        contextvars.Context().run(close)
        work()
        with bind("next"):
            close = coroutine_function(entrypoint(inherit=False), [])
            contextvars.Context().run(close)
            work()

    with record_runs() as recorded:
        contextvars.Context().run(call)

    assert [span.flow_id for span in recorded.spans if span.step == "later"] == ["next"]


def test_body_that_goes_on_in_another_context():
    """An async generator that yields in another context than it waited in is not over."""
    declared = entrypoint(inherit=False)

    @declared
    async def work():
        await Pause()
        yield current_flow_id()

    def call():
        made = work()
        waiting = made.asend(None)
        waiting.send(None)
        with pytest.raises(StopIteration) as first:
            contextvars.copy_context().run(waiting.send, None)
        last = made.asend(None)
        with pytest.raises(StopAsyncIteration):
            last.send(None)
        return first.value.value

    assert contextvars.Context().run(call)
