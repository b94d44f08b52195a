"""Pickling: by name if an object can be imported, by value if a library does that."""

import asyncio
import gc
import os
import pickle
import subprocess
import sys
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import CodeType, MappingProxyType

import cloudpickle
import dill
import pytest

from penstock import (
    annotate,
    bind,
    bound,
    current_flow_id,
    current_run,
    current_step,
    entrypoint,
    extract,
    flow,
    get_flow,
    step,
)
from penstock._declared.registry import default_registry
from penstock.testing import isolated_registry, record_runs

pytestmark = pytest.mark.usefixtures("_unmeasured")
# A fault of dill 0.4.1: it asks for what Python 3.15 removed.
with_old_code = pytest.mark.skipif(not hasattr(CodeType, "co_lnotab"), reason="dill cannot")
by_value = pytest.mark.parametrize(
    "library",
    [
        pytest.param(cloudpickle, id="cloudpickle"),
        pytest.param(dill, id="dill", marks=with_old_code),
    ],
)


@flow("importable")
@entrypoint
def importable(n):
    return n, current_flow_id()


@bind()
def nightly():
    return current_flow_id()


@flow("importable")
@step(after="importable")
class Later:
    @staticmethod
    @flow("importable")
    @entrypoint(name="static")
    def static():
        return current_flow_id()

    @flow("importable")
    @step(after={importable: "then"}, name="method")
    def method(self):
        return current_flow_id()


FLOW = get_flow("importable")


async def wait():
    return current_flow_id(), dict(current_run().values)


def generate():
    yield current_flow_id(), dict(current_run().values)


async def generate_later():
    yield current_flow_id(), dict(current_run().values)


def make(is_async=False):
    """Return an entrypoint that nobody can import."""
    if is_async:

        @flow("jobs")
        @entrypoint
        async def job(n):
            return n, current_run().flow

    else:

        @flow("jobs")
        @entrypoint
        def job(n):
            return n, current_run().flow

    return job


@pytest.mark.parametrize("function", [importable, nightly])
def test_by_name(function):
    """An object that can be imported is pickled by its name."""
    assert pickle.loads(pickle.dumps(function)) is function
    assert cloudpickle.loads(cloudpickle.dumps(function)) is function


@by_value
def test_by_value(library):
    """An entrypoint in a function is pickled by value, and has its flow where it arrives."""
    arrived = library.loads(library.dumps(make()))

    assert arrived(3) == (3, "jobs")


@by_value
def test_coroutine_by_value(library):
    """So is one that is a coroutine function."""
    arrived = library.loads(library.dumps(make(is_async=True)))

    assert asyncio.run(arrived(3)) == (3, "jobs")


def test_generators_and_bindings_by_value():
    """So are generators, and what `bind` decorates."""

    @entrypoint
    def rows():
        yield current_flow_id()

    @bind("order-7", flow="orders")
    def handle():
        return current_run().flow_id, current_run().flow

    there = cloudpickle.loads(cloudpickle.dumps((rows, handle)))

    assert next(there[0]()) is not None
    assert there[1]() == ("order-7", "orders")


def test_class_method_by_value():
    """So is a class whose class method is an entrypoint."""

    class Shop:
        @entrypoint
        @classmethod
        def receive(cls):
            return cls.__name__, current_flow_id() is not None

    assert cloudpickle.loads(cloudpickle.dumps(Shop.receive))() == ("Shop", True)


def test_what_belongs_to_the_process():
    """A wrapper that an adapter made for this process cannot be pickled; the error says why."""
    from penstock._runtime.instrument import instrument
    from penstock._runtime.scope import Scope

    wrapped = instrument(lambda: 1, Scope(lambda: None, lambda b: b, lambda e: None))

    with pytest.raises(TypeError, match="belongs to this process"):
        cloudpickle.dumps(wrapped)


def test_extracted():
    """The result of `extract` can be pickled."""
    found = extract({"X-Request-ID": "order-7", "baggage": "a=1"}, values=["a"])

    arrived = pickle.loads(pickle.dumps(found))

    assert (arrived.flow_id, dict(arrived.values)) == ("order-7", {"a": "1"})
    assert isinstance(found.values, (dict, MappingProxyType))


@pytest.mark.parametrize("library", [pickle, cloudpickle], ids=["pickle", "cloudpickle"])
def test_flows_and_steps(library):
    """A flow and its steps are pickled with their functions by name."""
    found = FLOW

    arrived = library.loads(library.dumps(found))

    assert arrived == found
    assert [s.function for s in arrived.steps] == [s.function for s in found.steps]
    assert arrived.graph() == found.graph()
    assert library.loads(library.dumps(found.steps[0])) == found.steps[0]


def test_steps_without_a_name():
    """A step whose function nobody can import is pickled by value, where a library does that."""
    make()
    found = get_flow("jobs").steps[0]

    assert cloudpickle.loads(cloudpickle.dumps(found)).name == "job"
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(found)


def test_step_of_a_module_that_is_gone(monkeypatch):
    """A step whose module cannot be imported any more has no name, either."""
    work = flow("gone")(step(name="work")(generate))
    monkeypatch.setattr(generate, "__module__", "no.such.module")

    assert work is generate
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(get_flow("gone").steps[0])


async def first_of(items):
    return [item async for item in items][0]  # noqa: RUF015 - there is no `next` for these


BOUND = {
    wait: asyncio.run,
    generate: next,
    generate_later: lambda items: asyncio.run(first_of(items)),
}


@pytest.mark.parametrize("library", [pickle, cloudpickle, dill])
@pytest.mark.parametrize("function", BOUND)
def test_bound_functions_whose_body_runs_later(library, function):
    """A bound coroutine function or generator function travels with its flow ID and values."""
    with bind("order-7"):
        annotate(tenant="north", secret="no")
        made = bound(function, values=["tenant"])

    arrived = library.loads(library.dumps(made))

    assert BOUND[function](made()) == ("order-7", {"tenant": "north", "secret": "no"})
    assert BOUND[function](arrived()) == ("order-7", {"tenant": "north"})
    assert (made.__name__, made.__wrapped__) == (function.__name__, function)
    assert repr(made) == f"bound({function!r})"
    for is_kind in (iscoroutinefunction, isgeneratorfunction, isasyncgenfunction):
        assert is_kind(made) == is_kind(function)


@pytest.mark.parametrize("is_recorded", [True, False])
@by_value
def test_step_that_runs_elsewhere(library, is_recorded):
    """A function that is pickled by value knows its step, even if its flow is not declared."""

    def declare():
        @flow("jobs")
        @entrypoint(after={"send": "queued"}, title="Job", kind="queue")
        def job(seen):
            seen.append(current_step())
            return job

        return job

    with isolated_registry():
        if is_recorded:
            with record_runs():
                sent = library.dumps(declare())
        else:
            sent = library.dumps(declare())
        here = get_flow("jobs").step("job")
    with isolated_registry():
        seen = []
        arrived = library.loads(sent)
        arrived(seen)

        (found,) = seen
        assert (found.name, found.title, found.kind) == ("job", "Job", "queue")
        assert (found.after, found.location, found.is_entrypoint) == (
            here.after,
            here.location,
            True,
        )
        del arrived, found, seen[:]
        gc.collect()
        assert default_registry().codes() == {}


MAIN = """
import joblib
from penstock import entrypoint, flow, current_run

@flow("f")
@entrypoint
def job(n):
    return n, current_run().flow

if __name__ == "__main__":
    print(joblib.Parallel(n_jobs=2)(joblib.delayed(job)(i) for i in range(2)))
"""


@pytest.mark.parametrize("trace", ["0", "1"])
def test_workers_of_joblib(tmp_path, trace):
    """An entrypoint of a script runs in the processes of joblib, recorded or not."""
    file = tmp_path / "script.py"
    file.write_text(MAIN, encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(file)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PENSTOCK_TRACE": trace},
    )

    assert done.stdout == "[(0, 'f'), (1, 'f')]\n"
