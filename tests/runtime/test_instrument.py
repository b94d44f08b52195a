"""Entrypoints: each resumption of the body runs in its run, and nothing else does."""

import asyncio
import doctest
import functools
import gc
import inspect
import pickle
import traceback
import types
import weakref
from functools import partial
from typing import get_type_hints

import pytest
import wrapt

from penstock import bind, current_flow_id, current_run, entrypoint, flow, step
from penstock._runtime.instrument import instrument
from penstock._runtime.scope import Scope
from penstock._runtime.wrappable import is_wrappable
from penstock.exceptions import InvalidArgumentError
from penstock.testing import isolated_registry, record_runs


@flow("module")
@entrypoint
def documented(number: int, *, factor: "int" = 2) -> "list[int]":
    """Multiplies.

    >>> documented(2)
    [4]
    """
    return [number * factor]


class Handler:
    """Entrypoints of every kind of method."""

    @entrypoint
    def method(self, x: int) -> "tuple[Handler, int, str | None]":
        return self, x, current_flow_id()

    @classmethod
    @entrypoint
    def inner_class(cls) -> "tuple[type, str | None]":
        return cls, current_flow_id()

    @entrypoint
    @classmethod
    def outer_class(cls) -> "tuple[type, str | None]":
        return cls, current_flow_id()

    @staticmethod
    @entrypoint
    def inner_static() -> "str | None":
        return current_flow_id()

    @entrypoint
    @staticmethod
    def outer_static() -> "str | None":
        return current_flow_id()


class TestLooks:
    """A wrapper looks like what it wraps."""

    def test_metadata(self):
        """It keeps name, module, docstring, annotations and signature."""
        bare = documented.__wrapped__

        for name in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__"):
            assert getattr(documented, name) == getattr(bare, name)
        assert inspect.signature(documented) == inspect.signature(bare)
        assert get_type_hints(documented) == {"number": int, "factor": int, "return": list[int]}

    def test_globals(self):
        """Tools that resolve annotations in its globals find the module of the function."""
        assert documented.__globals__ is documented.__wrapped__.__globals__

    def test_pickle(self):
        """It pickles by its name."""
        assert pickle.loads(pickle.dumps(documented)) is documented

    def test_doctest(self):
        """Its examples are found and run."""
        found = doctest.DocTestFinder().find(documented, "documented")

        result = doctest.DocTestRunner(verbose=False).run(found[0])

        assert (result.failed, result.attempted) == (0, 1)

    def test_sort(self):
        """A wrapper is of the same kind of function."""

        async def coroutine(): ...

        def generator():
            yield

        async def async_generator():
            yield

        sorts = (
            inspect.iscoroutinefunction,
            inspect.isgeneratorfunction,
            inspect.isasyncgenfunction,
        )

        for function in (coroutine, generator, async_generator, lambda: None):
            assert [s(entrypoint(function)) for s in sorts] == [s(function) for s in sorts]

    def test_traceback(self):
        """A traceback has one line of penstock between caller and function."""

        @entrypoint
        def fail():
            raise KeyError("x")

        with pytest.raises(KeyError) as caught:
            fail()

        names = [f.name for f in traceback.extract_tb(caught.value.__traceback__)]
        assert names == ["test_traceback", "wrapper", "fail"]

    def test_methods(self):
        """Methods of every kind are bound as they were."""
        handler = Handler()

        self_, x, flow_id = handler.method(3)
        assert (self_, x, flow_id is None) == (handler, 3, False)
        for name in ("inner_class", "outer_class"):
            cls, flow_id = getattr(Handler, name)()
            assert (cls, flow_id is None) == (Handler, False)
        for name in ("inner_static", "outer_static"):
            assert getattr(handler, name)() is not None
        assert isinstance(Handler.__dict__["outer_static"], staticmethod)
        assert isinstance(Handler.__dict__["outer_class"], classmethod)

    def test_partial_and_builtin(self):
        """A partial of a coroutine function stays one; a C function is wrapped."""

        async def add(a, b):
            return a + b, current_flow_id()

        wrapped = entrypoint(name="add")(partial(add, 1))
        result, flow_id = asyncio.run(wrapped(2))

        assert (result, flow_id is None) == (3, False)
        assert entrypoint(len)([1, 2]) == 2

    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            (int, r"isinstance\(\) checks would break"),
            (property(lambda self: 1), "put it below @property"),
            (type("Task", (), {"__call__": lambda self: 1})(), "its Task would be replaced"),
        ],
        ids=["class", "property", "instance"],
    )
    def test_what_cannot_be_wrapped(self, target, expected):
        """A callable that a wrapper would break is refused, and the message says why."""
        with pytest.raises(TypeError, match=expected) as caught:
            entrypoint(name="x")(target)

        assert isinstance(caught.value, InvalidArgumentError)


class TestCalls:
    """A plain function's run lasts as long as the call."""

    def test_run(self):
        """Inside, the run knows its flow and its entrypoint; outside, there is none."""

        @flow("b")
        @flow("a")
        @entrypoint(name="begin")
        def handle():
            return current_run()

        run = handle()

        assert (run.flow, run.flows, run.entrypoint, run.parent) == ("a", ("a", "b"), "begin", None)
        assert repr(run) == f"<Run {run.flow_id} of a from begin>"
        assert current_run() is None

    def test_every_call_is_a_run(self):
        """Two calls have two IDs."""
        handle = entrypoint(lambda: current_flow_id())

        assert handle() != handle()

    def test_adopts(self):
        """A run adopts the ID that is current, and knows the run that it was called in."""
        handle = entrypoint(lambda: current_run())

        with bind("x") as outer:
            run = handle()

        assert (run.flow_id, run.parent) == ("x", outer)

    def test_nested(self):
        """A nested entrypoint gives the outer run back."""
        inner = entrypoint(name="inner")(lambda: current_run())

        @entrypoint
        def outer():
            return current_run(), inner(), current_run()

        before, nested, after = outer()

        assert before is after
        assert nested.parent == before
        assert nested.flow_id == before.flow_id

    def test_does_not_inherit(self):
        """``inherit=False`` always makes a new ID."""
        handle = entrypoint(inherit=False)(lambda: current_run())

        with bind("x") as outer:
            run = handle()

        assert (run.flow_id == "x", run.parent) == (False, outer)

    def test_recursion(self):
        """Each level of a recursion is a run of the same operation."""

        @entrypoint
        def down(n):
            return [current_run(), *(down(n - 1) if n else [])]

        runs = down(3)

        assert len({run.flow_id for run in runs}) == 1
        assert [run.parent for run in runs] == [None, *runs[:-1]]

    def test_exception(self):
        """An exception passes through and leaves nothing behind."""

        @entrypoint
        def fail():
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()

        assert current_run() is None

    def test_wrong_arguments(self):
        """Wrong arguments are the function's own error."""

        def handle(x): ...

        with pytest.raises(TypeError, match=r"handle\(\) missing 1 required positional argument"):
            entrypoint(handle)()


class TestCoroutines:
    """A coroutine's run lasts as long as the coroutine."""

    def test_concurrent(self):
        """Coroutines that run at once have an ID each, across awaits."""

        @entrypoint
        async def handle():
            before = current_flow_id()
            await asyncio.sleep(0)
            return before, current_flow_id()

        async def main():
            return await asyncio.gather(*(handle() for _ in range(5)))

        pairs = asyncio.run(main())

        assert all(before == after for before, after in pairs)
        assert len(set(pairs)) == 5

    def test_tasks_inherit(self):
        """Tasks that a run starts are part of it."""

        async def child():
            return current_flow_id()

        @entrypoint
        async def handle():
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(child()) for _ in range(2)]
            return current_flow_id(), [task.result() for task in tasks]

        own, children = asyncio.run(handle())

        assert children == [own, own]

    def test_awaited_in_place(self):
        """After an awaited entrypoint, its caller has no run."""

        @entrypoint
        async def handle():
            return current_flow_id()

        async def main():
            return await handle(), current_flow_id()

        inside, after = asyncio.run(main())

        assert (inside is None, after) == (False, None)

    def test_cancelled(self):
        """A cancelled coroutine leaves nothing behind, and sees its own ID to the end."""
        seen = []

        @entrypoint
        async def handle():
            seen.append(current_flow_id())
            try:
                await asyncio.sleep(60)
            finally:
                seen.append(current_flow_id())

        async def main():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await handle()
            return current_flow_id()

        assert asyncio.run(main()) is None
        assert seen[0] == seen[1] is not None

    def test_closed_from_another_context(self):
        """A coroutine that is closed where its run never was makes no noise."""

        class Forever:
            def __await__(self):
                yield

        @entrypoint
        async def handle():
            await Forever()

        import contextvars

        coroutine = handle()
        contextvars.copy_context().run(coroutine.send, None)

        with bind("mine"):
            coroutine.close()

            assert current_flow_id() == "mine"


def ids(count: int):
    """Yield the current ID a few times."""
    for _ in range(count):
        yield current_flow_id()


async def async_ids(count: int):
    """Yield the current ID a few times."""
    for _ in range(count):
        await asyncio.sleep(0)
        yield current_flow_id()


class TestGenerators:
    """A generator's run is current only while its body runs."""

    def test_between_resumptions(self):
        """The caller never sees the generator's run."""
        outside = []
        inside = []
        for flow_id in entrypoint(ids)(3):
            inside.append(flow_id)
            outside.append(current_flow_id())

        assert outside == [None] * 3
        assert len(set(inside)) == 1
        assert inside[0] is not None

    def test_interleaved(self):
        """Generators that take turns keep an ID each."""
        one, two = entrypoint(ids)(2), entrypoint(ids)(2)

        seen = [next(one), next(two), next(one), next(two)]

        assert seen[0] == seen[2] != seen[1] == seen[3]
        assert current_run() is None

    def test_abandoned(self):
        """An abandoned generator is closed in its own run and leaves nothing behind."""
        seen = []

        @entrypoint
        def handle():
            try:
                yield current_flow_id()
            finally:
                seen.append(current_flow_id())

        generator = handle()
        flow_id = next(generator)
        with bind("mine"):
            del generator
            gc.collect()

            assert current_flow_id() == "mine"
        assert seen == [flow_id]

    def test_run_begins_with_the_body(self):
        """A generator adopts what is current when its body begins."""
        with bind("before"):
            generator = entrypoint(ids)(1)
        with bind("then"):
            assert list(generator) == ["then"]


class TestAsyncGenerators:
    """An async generator's run is current only while its body runs."""

    def test_between_resumptions(self):
        """The caller never sees the generator's run."""

        async def main():
            return [(i, current_flow_id()) async for i in entrypoint(async_ids)(3)]

        pairs = asyncio.run(main())

        assert [outside for _, outside in pairs] == [None] * 3
        assert len({inside for inside, _ in pairs} | {None}) == 2

    def test_closed_early(self):
        """Leaving a loop early and closing leaves nothing behind."""
        seen = []

        @entrypoint
        async def handle():
            try:
                yield current_flow_id()
                yield None
            finally:
                await asyncio.sleep(0)
                seen.append(current_flow_id())

        async def main():
            generator = handle()
            async for flow_id in generator:
                seen.append(flow_id)
                break
            await generator.aclose()
            return current_flow_id()

        assert asyncio.run(main()) is None
        assert seen[0] == seen[1] is not None

    def test_each_step_in_another_task(self):
        """Resumed and closed by other tasks, it raises nothing and keeps its ID."""
        seen = []

        @entrypoint
        async def handle():
            try:
                while True:
                    yield current_flow_id()
            finally:
                seen.append(current_flow_id())

        async def main():
            generator = handle()
            for _ in range(2):
                seen.append(await asyncio.create_task(generator.__anext__()))
            await asyncio.create_task(generator.aclose())

        asyncio.run(main())

        assert len(seen) == 3
        assert len(set(seen)) == 1

    @pytest.mark.parametrize("keep", [True, False], ids=["shut down with the loop", "collected"])
    def test_left_open(self, keep):
        """One that nobody closes is closed by the loop, in its own run, without a word."""
        seen = []
        problems = []

        @entrypoint
        async def handle():
            try:
                yield current_flow_id()
            finally:
                await asyncio.sleep(0)
                seen.append(current_flow_id())

        kept = []

        async def main():
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: problems.append(context))
            generator = handle()
            seen.append(await generator.__anext__())
            if keep:
                kept.append(generator)
            del generator
            gc.collect()
            await asyncio.sleep(0.01)

        asyncio.run(main())

        assert problems == []
        assert len(seen) == 2
        assert seen[0] == seen[1]

    def test_cancelled_in_mid_await(self):
        """Cancelled while its body awaits, it leaves nothing behind."""

        @entrypoint
        async def handle():
            await asyncio.sleep(60)
            yield

        async def main():
            generator = handle()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await generator.__anext__()
            return current_flow_id()

        assert asyncio.run(main()) is None

    def test_dropped_in_mid_await_from_another_context(self):
        """Closed in mid-await where its run never was, it makes no noise."""
        import contextvars

        class Forever:
            def __await__(self):
                yield

        @entrypoint
        async def handle():
            await Forever()
            yield

        step = handle().__anext__()
        contextvars.copy_context().run(step.send, None)

        with bind("mine"):
            step.close()

            assert current_flow_id() == "mine"


class TestKeepsItsKind:
    """A function that an entrypoint replaces is not changed."""

    def test_types_coroutine(self):
        """A generator that `types.coroutine` made awaitable can be awaited."""

        @entrypoint
        @types.coroutine
        def handle():
            before = current_flow_id()
            yield from asyncio.sleep(0).__await__()
            return before, current_flow_id()

        async def main():
            return await handle()

        before, after = asyncio.run(main())

        assert before == after is not None

    @pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited")
    def test_types_coroutine_above(self):
        """Above the entrypoint it marks the wrapper alone, so that the body may await nothing."""

        async def reply():
            return 1

        def make():
            def handle():
                return (yield from reply())

            return handle

        async def main(function):
            return await function()

        assert asyncio.run(main(entrypoint(types.coroutine(make())))) == 1
        with pytest.raises(TypeError, match="non-coroutine generator"):
            asyncio.run(main(types.coroutine(entrypoint(make()))))

    @pytest.mark.parametrize(
        ("make", "expected"),
        [
            pytest.param(lambda: partial(lambda *args: args, 1), (1, 2), id="partial"),
            pytest.param(lambda: Handler().method, None, id="method"),
            pytest.param(lambda: max, 2, id="builtin"),
        ],
    )
    @pytest.mark.filterwarnings("ignore:functools.partial will be a method descriptor")
    def test_in_a_class(self, make, expected):
        """A callable that does not become a method of a class does not become one when wrapped."""
        function = make()
        wrapped = entrypoint(name="x")(function)
        owner = type("Owner", (), {"bare": function, "wrapped": wrapped})()
        arguments = (2,) if expected != 2 else (1, 2)

        bare_result, result = owner.bare(*arguments), owner.wrapped(*arguments)

        assert bare_result[:2] == result[:2] if expected is None else bare_result == result

    def test_bound_method(self):
        """A bound method stays one."""
        handler = Handler()
        wrapped = entrypoint(handler.method)

        assert (inspect.ismethod(wrapped), wrapped.__self__) == (True, handler)

    def test_compiled(self):
        """A function that Cython compiled is wrapped like any other."""
        from gevent import _gevent_c_imap as compiled

        functions = [f for f in vars(compiled).values() if "cython" in type(f).__name__]

        assert all(is_wrappable(function) for function in functions)


@wrapt.decorator
def proxied(wrapped, instance, args, kwargs):
    return instance, wrapped(*args, **kwargs)


class Slotted(partial):
    """A subclass of `partial`."""


RICH = [
    pytest.param(lambda: functools.lru_cache(lambda: 1), "its _lru_cache_wrapper", id="lru_cache"),
    pytest.param(lambda: proxied(lambda: 1), "its FunctionWrapper", id="wrapt"),
    pytest.param(lambda: Slotted(print), "its Slotted", id="subclass of partial"),
    pytest.param(
        lambda: functools.cached_property(lambda self: 1),
        "put it below @cached_property",
        id="cached_property",
    ),
    pytest.param(
        lambda: functools.partialmethod(print), "put it below @partialmethod", id="partialmethod"
    ),
]


@pytest.mark.parametrize(("make", "expected"), RICH)
def test_richer_than_a_function(make, expected):
    """A callable that a wrapper would break is refused; the message says where to put it."""
    with pytest.raises(TypeError, match=expected):
        entrypoint(name="x")(make())


def test_bind_richer_than_a_function():
    """`bind` as a decorator refuses the same."""
    with pytest.raises(TypeError, match=r"@bind\(\) cannot wrap.*put @bind\(\) below"):
        bind()(functools.lru_cache(lambda: 1))


@pytest.mark.parametrize("make", [p.values[0] for p in RICH[:3]], ids=["lru_cache", "wrapt", "own"])
def test_recording_takes_nothing_away(make):
    """While steps are recorded, a step that is richer than a function is left as it is."""
    declared = make()
    with isolated_registry(), record_runs():
        assert step(name="x")(declared) is declared


class Payload:
    """An object that supports weak references."""


@pytest.mark.parametrize("declare", [step, entrypoint, bind()], ids=["step", "entrypoint", "bind"])
def test_arguments_that_the_body_lets_go(declare):
    """While a body waits, nothing holds arguments that it holds no more."""
    with isolated_registry(), record_runs():

        @declare
        def items(payload):
            held, payload = weakref.ref(payload), None
            yield held()

        @declare
        async def later_items(payload):
            held, payload = weakref.ref(payload), None
            yield held()

        @declare
        async def work(payload):
            held, payload = weakref.ref(payload), None
            await asyncio.sleep(0)
            return held()

        async def first_item():
            return await anext(later_items(Payload()))

        # Not in the assertion: pytest holds what is in it.
        found = next(items(Payload())), asyncio.run(first_item()), asyncio.run(work(Payload()))

    assert found == (None, None, None)


def rewritten(cls):
    """Return *cls* made again as attrs makes it for slots, which keeps `super` right."""
    made = type(cls)(cls.__name__, cls.__bases__, {**vars(cls), "__slots__": ()})
    for value in vars(made).values():
        for cell in getattr(getattr(value, "__func__", value), "__closure__", None) or ():
            if cell.cell_contents is cls:
                cell.cell_contents = made
    return made


@pytest.mark.parametrize("declare", [step, entrypoint, bind()], ids=["step", "entrypoint", "bind"])
def test_class_that_is_made_again(declare):
    """Methods of every kind know their class when another one replaces it."""

    def collected(instance):
        async def items():
            return [await instance.value(), [item async for item in instance.values()]]

        return [instance.name(), *instance.names(), asyncio.run(items()), type(instance).of()]

    with isolated_registry(), record_runs():

        class Item:
            __slots__ = ()

            @declare
            def name(self):
                return super().__eq__(self), __class__

            @declare
            def names(self):
                yield __class__

            @declare
            async def value(self):
                return __class__

            @declare
            async def values(self):
                yield __class__

            @declare
            @classmethod
            def of(cls):
                return __class__

        made = rewritten(Item)

        assert collected(made()) == [(True, made), made, [made, [made]], made]


def test_without_transplant(monkeypatch):
    """If a function cannot be put together, as under Nuitka, it is wrapped all the same."""

    def refuse(*args, **kwargs):
        raise TypeError("arg 5 (closure) expected cell, found compiled_cell")

    monkeypatch.setattr("penstock._runtime.instrument.FunctionType", refuse)

    assert entrypoint(lambda: current_flow_id())() is not None


def test_scope_of_calls_alone():
    """A scope need not care for what waits in what a function returns."""
    seen, made = [], object()
    scope = Scope(lambda: "begun", seen.append, lambda _: seen.append("left"))

    assert instrument(lambda: made, scope)() is made
    assert seen == ["begun", "left"]
