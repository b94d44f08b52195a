"""A coroutine or generator that a function returns continues in the run of the function."""

import asyncio
import gc
import inspect
import tracemalloc
import warnings
from contextlib import asynccontextmanager, contextmanager
from functools import partial, wraps
from types import coroutine
from weakref import ref

import pytest

from penstock import bind, bound, current_flow_id, entrypoint, step
from penstock._runtime.returned import bodiless
from penstock.testing import record_runs


@pytest.fixture(scope="module", autouse=True)
def _few_objects():
    """Keep what other modules have left out of the many collections of garbage."""
    gc.freeze()


def logged(function):
    """Return *function* behind a plain wrapper, as decorators that only log make it."""

    @wraps(function)
    def call(*args):
        return function(*args)

    return call


async def wait():
    before = current_flow_id()
    await asyncio.sleep(0)
    return before, current_flow_id()


def count():
    for _ in range(2):
        yield current_flow_id()


async def count_later():
    for _ in range(2):
        await asyncio.sleep(0)
        yield current_flow_id()


class Called:
    """An object whose call is a coroutine."""

    async def __call__(self):
        return await wait()


def carry(function):
    """Return *function* bound to the run of a block that is over."""
    with bind():
        return bound(function)


@pytest.fixture(params=[entrypoint(name="e"), bind(), carry], ids=["entrypoint", "bind", "bound"])
def declare(request):
    """Return what gives a function a run."""
    return request.param


class TestDriven:
    """The body that waits in what a function returned runs in the function's run."""

    @pytest.mark.parametrize(
        "function",
        [logged(wait), lambda: wait(), partial(Called()), logged(coroutine(lambda: wait()))],
        ids=["wrapped", "lambda", "partial of an object", "types.coroutine"],
    )
    def test_coroutine(self, declare, function):
        """A coroutine has one ID from its beginning to its end, and remains a coroutine."""

        async def main():
            made = declare(function)()
            assert inspect.iscoroutine(made)
            return await made, current_flow_id()

        (before, after), outside = asyncio.run(main())

        assert before == after is not None
        assert outside is None

    def test_awaitable_generator(self, declare):
        """A generator that `types.coroutine` made awaitable remains so, in one run."""

        @coroutine
        def awaitable():
            before = current_flow_id()
            yield from asyncio.sleep(0).__await__()
            return before, current_flow_id()

        async def main():
            made = declare(logged(awaitable))()
            assert inspect.isawaitable(made)
            return await made, current_flow_id()

        (before, after), outside = asyncio.run(main())

        assert before == after is not None
        assert outside is None

    @pytest.mark.parametrize(
        "function",
        [logged(count), lambda: (current_flow_id() for _ in range(2))],
        ids=["wrapped", "generator expression"],
    )
    def test_generator(self, declare, function):
        """A generator has one ID while its body runs, and its caller none."""
        made = declare(function)()
        assert inspect.isgenerator(made)
        seen = [(flow_id, current_flow_id()) for flow_id in made]

        assert len({flow_id for flow_id, _ in seen} | {None}) == 2
        assert [outside for _, outside in seen] == [None, None]

    def test_async_generator(self, declare):
        """An async generator has one ID while its body runs, and its caller none."""

        async def main():
            made = declare(logged(count_later))()
            assert inspect.isasyncgen(made)
            return [(flow_id, current_flow_id()) async for flow_id in made]

        seen = asyncio.run(main())

        assert len({flow_id for flow_id, _ in seen} | {None}) == 2
        assert [outside for _, outside in seen] == [None, None]

    def test_context_manager(self, declare):
        """The parts of a context manager before and after its block are in the run."""
        seen = []

        @declare
        @contextmanager
        def block():
            seen.append(current_flow_id())
            yield
            seen.append(current_flow_id())

        with block():
            outside = current_flow_id()

        assert outside is None
        assert seen[0] == seen[1] is not None

    def test_async_context_manager(self, declare):
        """So are those of an async context manager."""
        seen = []

        @declare
        @asynccontextmanager
        async def block():
            seen.append(current_flow_id())
            yield
            seen.append(current_flow_id())

        async def main():
            async with block():
                return current_flow_id()

        assert asyncio.run(main()) is None
        assert seen[0] == seen[1] is not None

    def test_from_a_coroutine(self):
        """A generator that a coroutine function returns is driven, too."""

        @entrypoint
        async def stream():
            return count_later()

        async def main():
            return [flow_id async for flow_id in await stream()]

        one, two = asyncio.run(main())

        assert one == two is not None

    def test_names(self):
        """It has the names of what was returned."""
        made = entrypoint(logged(count))()

        assert (made.__name__, made.__qualname__) == ("count", "count")


class TestLeft:
    """An object without a body that waits is returned as it is."""

    def test_task(self, declare):
        """A task is the same task: it runs in the run that it was started in."""
        made = []

        def begin():
            made.append(asyncio.ensure_future(wait()))
            return made[0]

        async def main():
            returned = declare(begin)()
            assert returned is made[0]
            return await returned

        before, after = asyncio.run(main())

        assert before == after is not None

    def test_future(self, declare):
        """A future is the same future."""

        async def main():
            future = asyncio.get_running_loop().create_future()
            return declare(lambda: future)() is future

        assert asyncio.run(main())

    def test_begun(self, declare):
        """A body that has begun, or has ended, stays in the run in which it began."""
        generator, block, coroutine_ = count(), contextmanager(count)(), wait()
        next(generator)
        next(block.gen)
        coroutine_.close()

        for begun in (generator, block, coroutine_):
            assert declare(lambda it=begun: it)() is begun

    @pytest.mark.parametrize("make", [lambda: iter([1]), lambda: map(str, [1]), lambda: object()])
    def test_values(self, declare, make):
        """An iterator that is not a generator, like any other value, is the same object."""
        made = make()

        assert declare(lambda: made)() is made

    def test_new_after_begun(self):
        """A generator that has begun says nothing about the next one."""
        begun = count()
        next(begun)
        made = [begun, count()]
        give = entrypoint(lambda: made.pop(0))

        assert give() is begun
        assert None not in [*give()]

    def test_types_that_are_gone(self):
        """Types without a body are looked at once, and nothing of them is kept."""
        kind = type("Made", (), {})
        looked = ref(kind)
        give = entrypoint(lambda it: it)
        made = kind()

        assert give(made) is give(made) is made
        assert kind in bodiless

        known = len(bodiless)
        del kind, made
        gc.collect()

        assert looked() is None
        assert len(bodiless) < known

    @pytest.mark.parametrize("is_async", [False, True], ids=["plain", "coroutine"])
    def test_odd_types(self, is_async):
        """A value whose type cannot be hashed, or be asked for an attribute, is the same object."""

        class Odd(type):
            def __eq__(cls, other):
                return cls is other

            __hash__ = None

        class Raising(type):
            def __getattribute__(cls, name):
                if name == "__await__":
                    raise RuntimeError
                return super().__getattribute__(name)

        for kind in (Odd, Raising):
            made = kind("Made", (), {})()
            if is_async:

                async def give(it=made):
                    return it

                assert asyncio.run(entrypoint(give)()) is made
            else:
                assert entrypoint(lambda it=made: it)() is made
                assert bound(lambda it=made: it)() is made


class Awaitable:
    """Something to await whose body nobody can see."""

    def __await__(self):
        return (yield)


def test_refused(declare):
    """Another object to await is refused, and the message says what to write."""
    with pytest.raises(TypeError, match=r"returned 'Awaitable'.*becomes `async def`"):
        declare(lambda: Awaitable())()


class TestRecorded:
    """While steps are recorded, what they return is in their span."""

    def test_coroutine(self):
        """The span of a function that returns a coroutine ends with the coroutine."""
        with record_runs() as recorded:

            async def fail():
                await asyncio.sleep(0)
                raise LookupError

            charge = step(name="charge")(logged(fail))

            @entrypoint
            async def main():
                await charge()

            with pytest.raises(LookupError):
                asyncio.run(main())

        assert [(s.step, s.outcome) for s in recorded.spans] == [
            ("charge", "error"),
            ("main", "error"),
        ]

    def test_generator(self):
        """The span of a function that returns a generator ends with the generator."""
        with record_runs() as recorded:
            rows = step(name="rows")(logged(count))

            @entrypoint
            def main():
                return list(rows())

            main()

        assert [s.step for s in recorded.spans] == ["rows", "main"]

    def test_awaitable(self):
        """A step may return any object to await: recording changes nothing that it returns."""
        made = Awaitable()
        with record_runs() as recorded:
            give = step(name="give")(lambda: made)
            main = entrypoint(name="main")(lambda: give() is made)

            assert main()
            assert give() is made

        assert [s.step for s in recorded.spans] == ["give", "main"]


def dropped(call):
    """Return the warnings of what *call* returns and nobody awaits."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
        gc.collect()
    return found


class Waiting:
    async def wait(self): ...


class TestNeverAwaited:
    """Python reports a coroutine that nobody awaits once, as it would without penstock."""

    FUNCTIONS = pytest.mark.parametrize(
        "function",
        [wait, logged(wait), lambda: wait(), partial(wait), partial(partial(wait)), Waiting().wait],
        ids=["function", "wrapped", "lambda", "partial", "twice", "method"],
    )

    @FUNCTIONS
    def test_once(self, declare, function):
        """It names the user's function, and the code that called it."""
        declared = declare(function)

        tracemalloc.start(10)
        try:
            (found,) = dropped(lambda: declared())
            frames = tracemalloc.get_object_traceback(found.source)
        finally:
            tracemalloc.stop()

        assert str(found.message).endswith("wait' was never awaited")
        assert __file__ in {frame.filename for frame in frames}

    @FUNCTIONS
    def test_recorded(self, function):
        """So it is of a step that is recorded, and of one that is an entrypoint too."""
        with record_runs():
            declared = step(name="s")(function)
            both = entrypoint(name="e")(step(name="t")(function))

            found = [dropped(declared), dropped(bind()(declared)), dropped(both)]

        assert [len(warnings) for warnings in found] == [1, 1, 1]
        assert all(str(w.message).endswith("wait' was never awaited") for (w,) in found)

    def test_object(self):
        """Of an object it names the method that is called."""
        with bind():
            (found,) = dropped(bound(Called()))

        assert str(found.message) == "coroutine 'Called.__call__' was never awaited"

    def test_awaited_by_another(self):
        """A coroutine that somebody has kept can be awaited still."""
        kept = []

        @entrypoint
        def submit():
            kept.append(wait())
            return kept[0]

        dropped(submit)

        assert asyncio.run(kept[0]) == (None, None)
