"""The step whose code runs is the right one or None: never another."""

import asyncio
import functools
import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import pytest

from penstock import (
    bind,
    bound,
    current_run,
    current_step,
    entrypoint,
    find_problems,
    flow,
    get_flow,
    step,
)
from penstock._declared.registry import default_registry
from penstock._runtime.bypassed import Endpoints
from penstock._runtime.failure_records import find_failure
from penstock.testing import record_runs


def name():
    found = current_step()
    return found and found.name


def unnamed(function):
    """Return a wrapper that says nothing of what it wraps."""

    def call(*args):
        return name(), function(*args)

    return call


def test_factory():
    """Functions that a factory makes are distinguished, and from those that are not declared."""

    def make(topic, declare):
        @declare
        def handle():
            return topic, name()

        return handle

    orders = flow("f")
    declared = [make(t, lambda f, t=t: orders(entrypoint(name=t)(f))) for t in "ab"]
    other = make("c", lambda f: f)

    assert [handle() for handle in declared] == [("a", "a"), ("b", "b")]
    assert other() == ("c", None)


def test_lambdas_in_a_loop():
    """So are lambdas that a loop makes."""
    declared = [flow("f")(step(name=f"l{i}")(lambda: name())) for i in range(3)]

    assert [call() for call in declared] == ["l0", "l1", "l2"]


def test_wrapper_without_wraps():
    """A decorator that says nothing of what it wraps claims no other function."""
    one = flow("f")(step(name="one")(unnamed(lambda: name())))
    two = flow("f")(step(name="two")(unnamed(lambda: name())))
    other = unnamed(lambda: name())

    assert (one(), two(), other()) == (("one", "one"), ("two", "two"), (None, None))


def test_singledispatch():
    """A function that is registered for a type belongs to the step that dispatches to it."""

    @flow("f")
    @step
    @functools.singledispatch
    def handle(value):
        return name()

    @handle.register
    def _(value: int):
        return name()

    assert (handle("a"), handle(1)) == ("handle", "handle")


class Shop:
    def send(self):
        return name()

    def __call__(self):
        return name()


@pytest.mark.parametrize(
    "make", [lambda shop: shop.send, lambda shop: shop], ids=["method", "object"]
)
def test_one_object(make):
    """A method of one object that is a step is none of another object."""
    mine, yours = Shop(), Shop()
    declared = flow("f")(step(name="mine")(make(mine)))

    assert (declared(), make(yours)()) == ("mine", None)


def test_either():
    """If a call may be of one step or of another, it is of none."""

    def shared():
        return name()

    def wrapped():
        @functools.wraps(shared)
        def call():
            return shared()

        return call

    flow("f")(step(name="a")(wrapped()))
    flow("f")(step(name="b")(wrapped()))

    assert shared() is None


def test_declared_again():
    """A function that is declared again keeps its code, and remains the same step."""

    def handle():
        return name()

    flow("f")(step(handle))
    code = handle.__code__
    flow("f")(step(handle))

    assert handle.__code__ is code
    assert handle() == "handle"


class TestUnclaimed:
    """A declared function is kept until a flow claims it."""

    def test_of_one_name(self):
        """Functions of one qualified name are kept apart."""
        made = [step(name=n)(lambda: name()) for n in "ab"]

        after = step(after=made[0], name="c")(lambda: None)
        for function in (*made, after):
            flow("f")(function)

        assert [s.name for s in get_flow("f").steps] == ["a", "c", "b"]
        assert [p.code for p in find_problems()] == ["no-entrypoint"]

    @pytest.mark.parametrize("declare", [step, entrypoint])
    def test_collected(self, declare):
        """A function that is collected before a flow claims it is neither kept nor reported."""

        def make(number):
            @declare(name=f"made{number}")
            def made(again=True):
                return made(again=False) if again else None

        make(1)
        gc.collect()

        assert find_problems() == ()

    def test_threads(self):
        """Threads that declare functions of one qualified name lose none."""
        ready = threading.Barrier(4)

        def declare(number):
            ready.wait()
            for i in range(100):
                flow(f"flow{i % 5}")(step(name=f"s{number}_{i}")(lambda: 1))
                current_step()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(declare, range(4)))

        steps = [get_flow(n).steps for n in default_registry().names()]
        assert sum(map(len, steps)) == 400


def test_entrypoint_of_the_run():
    """The step of an entrypoint is the one that began the run."""

    def make(topic):
        @flow("f")
        @entrypoint(name=topic)
        def handle():
            return current_run().entrypoint, name()

        return handle

    assert [make(t)() for t in "ab"] == [("a", "a"), ("b", "b")]


class TestStarted:
    """In what a step started, the step is known while steps are recorded."""

    def seen(self):
        async def helper():
            await asyncio.sleep(0)
            return name()

        @flow("f")
        @step(after="main")
        async def charge():
            loop = asyncio.get_running_loop()
            async with asyncio.TaskGroup() as group:
                task = group.create_task(helper())
            return [
                task.result(),
                *await asyncio.gather(helper()),
                await asyncio.shield(helper()),
                await asyncio.to_thread(name),
                await loop.run_in_executor(None, bound(name)),
            ]

        @flow("f")
        @entrypoint
        async def main():
            return await charge(), name()

        return asyncio.run(main())

    def test_recorded(self):
        """A task, a thread and a bound callback have the step that started them."""
        with record_runs():
            assert self.seen() == (["charge"] * 5, "main")

    def test_not_recorded(self):
        """Otherwise they have none."""
        assert self.seen() == ([None] * 5, "main")


def test_one_file_under_two_paths(tmp_path):
    """A script that is run by one path may be imported by another."""
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    (real / "both.py").write_text(
        "import sys\nfrom penstock import entrypoint, flow, list_flows\n"
        "@flow('f')\n@entrypoint\ndef begin(): ...\n"
        f"if __name__ == '__main__':\n    sys.path.insert(0, {str(real)!r})\n    import both\n"
        "    print([len(f.steps) for f in list_flows()])\n",
        encoding="utf-8",
    )

    done = subprocess.run(
        [sys.executable, str(tmp_path / "link" / "both.py")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "[1]\n"


def test_partials_of_methods():
    """Partial calls of one method of two objects are distinguished."""

    class Sender:
        def send(self, _topic):
            return name()

    declared = [
        flow("f")(entrypoint(name=n)(functools.partial(Sender().send, "orders"))) for n in "ab"
    ]

    assert [send() for send in declared] == ["a", "b"]


def tell(_topic=None):
    return name()


class Teller:
    def tell(self, _topic=None):
        return name()

    def __call__(self, _topic=None):
        return name()

    @classmethod
    def make(cls, _topic=None):
        return name()

    @staticmethod
    def tell_all(_topic=None):
        return name()


def local():
    def tell_here(_topic=None):
        return name()

    @functools.wraps(tell_here)
    def call():
        return tell_here()

    return tell_here, call


def wrapped(function):
    @functools.wraps(function)
    def call():
        return function()

    return call


ALSO_CALLED = {
    "partial": lambda: (tell, functools.partial(tell, 1)),
    "partial of a lambda": lambda: (f := lambda _=None: name(), functools.partial(f, 1)),
    "partial of a partial": lambda: (tell, functools.partial(functools.partial(tell), _topic=1)),
    "partial of a method": lambda: (f := Teller().tell, functools.partial(f, 1)),
    "partial of a class": lambda: (Teller.make, functools.partial(Teller.make)),
    "partial of an object": lambda: (f := Teller(), functools.partial(f, 1)),
    "wraps": lambda: (tell, wrapped(tell)),
    "wraps a static method": lambda: (Teller.tell_all, wrapped(Teller.tell_all)),
    "wraps a lambda": lambda: (f := lambda: name(), wrapped(f)),
    "wraps what is local": local,
    "wraps a partial": lambda: (tell, wrapped(functools.partial(tell, 1))),
}


@pytest.fixture(params=ALSO_CALLED.values(), ids=ALSO_CALLED)
def inner_and_outer(request):
    """A function that can be called, and what is declared of it."""
    return request.param()


class TestAlsoCalled:
    """A call of a function does not count as a call of the step that wraps the function."""

    def outcomes(self, declare, inner, outer):
        declared = flow("f")(declare(name="declared")(outer))
        around = flow("f")(step(name="around")(lambda: inner()))

        return inner(), around(), declared(), flow("f")(step(name="b")(lambda: declared()))()

    def test_step(self, inner_and_outer):
        """If a call of it may be one of the step, no step is known."""
        inner, outer = inner_and_outer
        is_known = not isinstance(outer, functools.partial)
        known = "declared" if is_known else None

        assert self.outcomes(step, inner, outer) == (None, None, known, known)

    def test_entrypoint(self, inner_and_outer):
        """The step of an entrypoint is always known, since its calls can be distinguished."""
        found = self.outcomes(entrypoint, *inner_and_outer)

        assert found == (None, None, "declared", "declared")

    def test_recorded_step(self, inner_and_outer):
        """So is that of a step while it is recorded."""
        with record_runs():
            found = self.outcomes(step, *inner_and_outer)

        assert (found[0], *found[2:]) == (None, "declared", "declared")
        assert found[1] in {None, "around"}

    def test_step_in_a_step(self):
        """Of a step and the step around it, the one whose own code runs is running."""

        def fail():
            raise KeyError

        base = flow("f")(step(name="base")(tell))
        over = flow("f")(step(name="over")(wrapped(base)))
        failing = flow("f")(step(name="failing")(fail))
        begin = flow("f")(entrypoint(name="begin")(wrapped(failing)))

        assert (base(), over()) == ("base", "base")
        with pytest.raises(KeyError) as raised:
            begin()
        assert find_failure(raised.value).step == "failing"

    def test_method_of_another_object(self):
        """An exception is not attributed to the step that is the same method of another object."""

        class Store:
            def load(self):
                raise KeyError

        flow("f")(step(name="declared")(Store().load))
        begin = flow("f")(entrypoint(name="begin")(lambda: Store().load()))

        with pytest.raises(KeyError) as raised:
            begin()
        assert find_failure(raised.value).step == "begin"

    def test_pickled_by_value(self):
        """A partial that comes from another process is distinguished there, too."""

        def inner(_):
            return name()

        declared = flow("f")(entrypoint(name="declared")(functools.partial(inner, 1)))
        arrived = cloudpickle.loads(cloudpickle.dumps(declared))

        assert (arrived(), arrived.func.__wrapped__(1)) == ("declared", None)

    def test_calls_itself(self):
        """A function that calls itself remains the step that it is."""

        def inner(again):
            return inner(again=False) if again else name()

        declared = flow("f")(entrypoint(name="declared")(functools.partial(inner, again=True)))

        assert (declared(), inner(again=True)) == ("declared", None)

    def test_in_a_block(self):
        """A block around it does not hide whose call it is."""
        inner = bind()(tell)
        declared = flow("f")(entrypoint(name="declared")(functools.partial(inner)))

        assert (declared(), inner()) == ("declared", None)

    @pytest.mark.parametrize(
        ("declare", "outer", "known"),
        [
            (step, functools.partial, None),
            (step, wrapped, "declared"),
            (entrypoint, functools.partial, "declared"),
        ],
        ids=["partial", "wraps", "entrypoint"],
    )
    def test_raised(self, declare, outer, known):
        """The step that an exception records is not guessed, either."""

        def inner():
            raise KeyError

        declared = flow("f")(declare(name="declared")(outer(inner)))
        found = []
        begin = flow("f")(entrypoint(name="begin")(lambda call: call()))
        for call in (inner, declared):
            with pytest.raises(KeyError) as raised:
                begin(call)
            found.append(find_failure(raised.value).step)

        assert found == [None, known]

    def test_bypassed(self, caplog):
        """Such a call is not reported as one that passed by the wrapper of an entrypoint."""
        flow("f")(entrypoint(name="declared")(functools.partial(tell)))

        Endpoints().check(tell)

        assert caplog.messages == []
