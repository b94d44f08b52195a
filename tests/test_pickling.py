"""What can be pickled: by name where it can be imported, by value where a library does that."""

import asyncio
import os
import pickle
import subprocess
import sys
from types import MappingProxyType

import cloudpickle
import dill
import pytest

from penstock import bind, current_flow_id, current_run, entrypoint, extract, flow

pytestmark = pytest.mark.usefixtures("_unmeasured")


@flow("importable")
@entrypoint
def importable(n):
    return n, current_flow_id()


@bind()
def nightly():
    return current_flow_id()


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
    """What can be imported is pickled by its name."""
    assert pickle.loads(pickle.dumps(function)) is function
    assert cloudpickle.loads(cloudpickle.dumps(function)) is function


@pytest.mark.parametrize("library", [cloudpickle, dill], ids=["cloudpickle", "dill"])
def test_by_value(library):
    """An entrypoint in a function is pickled by value, and has its flow where it arrives."""
    arrived = library.loads(library.dumps(make()))

    assert arrived(3) == (3, "jobs")


@pytest.mark.parametrize("library", [cloudpickle, dill], ids=["cloudpickle", "dill"])
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
    """A wrapper of an adapter that only this process has is no value, and says so."""
    from penstock._wrap import Scope, instrument

    wrapped = instrument(lambda: 1, Scope(lambda: None, lambda b: b, lambda e: None))

    with pytest.raises(TypeError, match="belongs to this process"):
        cloudpickle.dumps(wrapped)


def test_extracted():
    """What `extract` found can be pickled."""
    found = extract({"X-Request-ID": "order-7", "baggage": "a=1"}, values=["a"])

    arrived = pickle.loads(pickle.dumps(found))

    assert (arrived.flow_id, dict(arrived.values)) == ("order-7", {"a": "1"})
    assert isinstance(found.values, (dict, MappingProxyType))


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
