"""Carrying a run into blocks, and into functions that are called elsewhere."""

import asyncio
import contextvars
import pickle
import threading

import pytest

from penstock import (
    Carried,
    annotate,
    bind,
    bound,
    configure,
    current_flow_id,
    current_run,
    entrypoint,
    extract,
    flow,
    inject,
)
from penstock.boundary import Inbound
from penstock.exceptions import InvalidArgumentError, InvalidFlowIdError


def where_am_i(*_: object) -> tuple[str | None, str | None]:
    """Return the flow ID and the flow that are current; for other processes too."""
    run = current_run()
    return (run.flow_id, run.flow) if run else (None, None)


def what_is_annotated() -> dict[str, object]:
    return dict(current_run().values)


class Text(str):
    """A string that prints as another one, as members of enumerations do."""

    __slots__ = ()

    def __str__(self):
        return "another"


def within(function):
    """Return what *function* returns in a block."""
    with bind():
        return function()


def take(made):
    """Return the flow ID that a factory makes of *made*."""
    configure(id_factory=lambda: made)
    try:
        with bind() as run:
            return run.flow_id
    finally:
        configure()


@pytest.mark.parametrize(
    "current",
    [
        lambda: bind(Text("order-7"), flow=Text("order-7")).__enter__().flow,
        lambda: bind(Text("order-7")).__enter__().flow_id,
        lambda: bind(Carried(Text("order-7"))).__enter__().flow_id,
        lambda: extract({"X-Request-ID": Text("order-7")}).flow_id,
        lambda: Inbound(trust=True).receive([("x-request-id", Text("order-7"))]).flow_id,
        lambda: Inbound().receive({}, flow=Text("order-7")).flow,
        lambda: Inbound(trust=True, transformer=Text).receive({"X-Request-ID": "order-7"}).flow_id,
        lambda: take(Text("order-7")),
        lambda: Inbound(header=Text("order-7")).header,
        lambda: next(iter(within(lambda: inject(header=Text("order-7"))))),
    ],
    ids=[
        *("flow", "bind", "Carried", "extract", "boundary", "receive", "transformer", "factory"),
        *("header", "inject"),
    ],
)
def test_strings_of_a_subclass(current):
    """Flow IDs and the names of flows and headers are plain strings, the same wherever written."""
    found = contextvars.Context().run(current)

    assert (type(found), found) == (str, "order-7")


class TestBind:
    """Blocks and functions that an ID is bound to."""

    def test_extracted(self):
        """The extracted ID is bound, with its values."""
        with bind(extract({"X-Request-ID": "a", "baggage": "tenant=n"}, values=["tenant"])) as run:
            assert (run.flow_id, dict(run.values)) == ("a", {"tenant": "n"})

    def test_nothing_extracted(self):
        """If nothing came in, each block has its own ID."""
        with bind(extract({})) as first:
            pass
        with bind(extract({})) as second:
            pass

        assert first.flow_id != second.flow_id

    def test_extracted_from_a_liar(self):
        """A hand-made `Carried` is checked like any other ID."""
        with pytest.raises(InvalidFlowIdError):
            bind(Carried("a\nb"))

    def test_function(self):
        """Each call of a decorated function is its own block."""

        @bind(flow="nightly")
        def work():
            """Works."""
            return where_am_i()

        first, second = work(), work()

        assert work.__doc__ == "Works."
        assert (first[1], second[1]) == ("nightly", "nightly")
        assert len({first[0], second[0], None}) == 3
        assert current_run() is None

    def test_coroutine_function(self):
        """A decorated coroutine function has its ID across awaits."""

        @bind("a")
        async def work():
            await asyncio.sleep(0)
            return current_flow_id()

        assert asyncio.run(work()) == "a"

    def test_generator_function(self):
        """A decorated generator has its ID in its body alone."""

        @bind("a")
        def work():
            yield current_flow_id()

        for inside in work():
            assert (inside, current_flow_id()) == ("a", None)


class TestBound:
    """Functions that are called later and elsewhere."""

    def test_thread(self):
        """A thread runs in the run that was current when the function was bound."""
        seen = []
        with bind("a"):
            thread = threading.Thread(target=bound(lambda: seen.append(where_am_i())))
        thread.start()
        thread.join()

        assert seen == [("a", None)]

    def test_calls_at_the_same_time(self):
        """Calls at the same time get a copy of the context each."""
        barrier = threading.Barrier(2)

        def work():
            barrier.wait(timeout=60)
            with bind():
                return current_flow_id()

        with bind("a"):
            carried = bound(work)
            threads = [threading.Thread(target=carried) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert current_flow_id() is None

    def test_looks_like_the_function(self):
        """It has the name and the docstring of the function."""

        def work():
            """Works."""

        carried = bound(work)

        assert (carried.__name__, carried.__doc__) == ("work", "Works.")
        assert repr(carried).startswith("bound(<function")

    @pytest.mark.parametrize("sort", ["coroutine", "generator", "async generator"])
    def test_what_runs_later(self, sort):
        """A coroutine or generator runs in the run in which it was bound, whatever drives it."""

        async def coroutine():
            return current_flow_id()

        def generator():
            yield current_flow_id()

        async def async_generator():
            yield current_flow_id()

        async def first(items):
            (item,) = [item async for item in items]
            return item

        with bind("a"):
            carried = bound(
                {
                    "coroutine": coroutine,
                    "generator": generator,
                    "async generator": async_generator,
                }[sort]
            )
        run = {
            "coroutine": asyncio.run,
            "generator": next,
            "async generator": lambda items: asyncio.run(first(items)),
        }[sort]

        assert run(carried()) == "a"
        assert current_flow_id() is None

    def test_coroutine_function_outside_a_run(self):
        """If nothing is current, there is nothing to carry."""

        async def work(): ...

        assert bound(work) is work

    def test_pickled(self):
        """In another process, the ID, the flow and the values that were named are there."""

        @flow("orders")
        @entrypoint
        def begin():
            annotate(tenant="n", lock=threading.Lock())
            return (
                pickle.dumps(bound(where_am_i)),
                pickle.dumps(bound(what_is_annotated, values=["tenant", "missing"])),
                current_flow_id(),
            )

        place, values, flow_id = begin()

        assert pickle.loads(place)() == (flow_id, "orders")
        assert pickle.loads(values)() == {"tenant": "n"}
        assert current_run() is None

    def test_pickled_outside_a_run(self):
        """Outside a run, the function itself is pickled."""
        assert pickle.loads(pickle.dumps(bound(where_am_i))) is where_am_i


def test_name_of_a_flow_with_control_characters():
    """The name of a flow goes to logs and terminals, which nothing in it may act on."""
    with pytest.raises(InvalidArgumentError, match="would act on a terminal"):
        bind(flow="a\x1bb")


def test_bound_where_nothing_is_current():
    """A function that is bound outside any run returns the same result."""

    class Made:
        """No other test has returned one of these, so that nothing is known of them."""

    made = Made()

    assert bound(lambda: made)() is made


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: bound(None), "bound() takes a function, not None (NoneType): write bound(work), "),
        (lambda: bound(len, values="tenant"), "bound() takes values as a list of names, "),
        (lambda: inject({}, values="tenant"), "inject() takes values as a list of names, "),
        (lambda: extract({}, values="tenant"), "not 'tenant' (str): write values=['tenant']"),
    ],
    ids=["result", "bound", "inject", "extract"],
)
def test_what_cannot_be_carried(use, message):
    """The result of a call, and one string in place of a list, are refused at once."""
    with bind(), pytest.raises(InvalidArgumentError) as caught:
        use()

    assert message in str(caught.value)
