"""The step whose code runs is the right one or None: never another."""

import asyncio
import functools
import gc
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from penstock import (
    bound,
    current_run,
    current_step,
    entrypoint,
    find_problems,
    flow,
    get_flow,
    step,
)
from penstock._registry import default_registry
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
    """Functions that a factory makes are told apart, and from those that are not declared."""

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
    """What is registered for a type belongs to the step that dispatches to it."""

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
    """Where a call may be of one step or of another, it is of none."""

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

        assert [s.name for s in get_flow("f").steps] == ["a", "b", "c"]
        assert [p.code for p in find_problems()] == ["no-entrypoint"]

    @pytest.mark.parametrize("declare", [step, entrypoint])
    def test_collected(self, declare):
        """What is collected before a flow claims it is kept no more, nor reported."""

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
    """Partial calls of one method of two objects are told apart."""

    class Sender:
        def send(self, _topic):
            return name()

    declared = [
        flow("f")(entrypoint(name=n)(functools.partial(Sender().send, "orders"))) for n in "ab"
    ]

    assert [send() for send in declared] == ["a", "b"]
