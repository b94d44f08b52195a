"""Whatever takes turns with whatever else, each sees its own run."""

import gc
from contextlib import ExitStack, contextmanager, suppress
from contextvars import Context, copy_context
from queue import SimpleQueue
from threading import Thread
from types import coroutine

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock import bind, current_flow_id, entrypoint, flow, step
from penstock.testing import isolated_registry, record_runs


@pytest.fixture
def recording():
    """Leave it to each example whether it is traced."""


@coroutine
def pause():
    """Give control back to the caller that drives the coroutine."""
    yield


def declare(name, sort, inherit, seen):
    """Return a function that notes what is current whenever it goes on."""
    orders = flow("orders")

    @orders
    @step(after=name, name=f"note of {name}")
    def note():
        seen.append(current_flow_id())

    def generator():
        try:
            while True:
                note()
                yield
        finally:
            note()

    async def coroutine_function():
        try:
            while True:
                note()
                await pause()
        finally:
            note()

    async def async_generator():
        try:
            while True:
                note()
                await pause()
                note()
                yield
        finally:
            note()

    bodies = {"generator": generator, "coroutine": coroutine_function, "async": async_generator}
    return orders(entrypoint(bodies[sort], name=name, inherit=inherit))


class Actor:
    """Something with a body that stops in the middle.

    As in an event loop, a coroutine has its own context, and so has each
    task that waits for the next item of an async generator.
    """

    def __init__(self, number, sort, inherit):
        self.seen = []
        self.sort, self.inherit = sort, inherit
        self.body = declare(f"actor {number}", sort, inherit, self.seen)()
        self.waiting = self.context = self.expected = None

    def go_on(self):
        if not self.seen:
            self.expected = current_flow_id() if self.inherit else None
        if self.sort == "generator":
            next(self.body)
        elif self.sort == "coroutine":
            self.context = self.context or copy_context()
            self.context.run(self.body.send, None)
        else:
            if self.waiting is None:
                self.context, self.waiting = copy_context(), self.body.asend(None)
            with suppress(StopIteration):
                self.context.run(self.waiting.send, None)
                return
            self.waiting = None

    def end(self, how):
        if self.sort != "async":
            run = self.context.run if self.context else lambda function, *args: function(*args)
            if how == "close":
                run(self.body.close)
            else:
                with suppress(LookupError):
                    run(self.body.throw, LookupError())
            return
        if self.waiting is not None:
            with suppress(LookupError):
                self.context.run(self.waiting.throw, LookupError())
            self.waiting = None
        if how == "close":
            with suppress(StopIteration):
                copy_context().run(self.body.aclose().send, None)


class Elsewhere:
    """A thread that runs the calls it receives, with its own flow ID current."""

    def __init__(self, flow_id):
        self.orders, self.done = SimpleQueue(), SimpleQueue()
        self.thread = Thread(target=self.work, args=(flow_id,))
        self.thread.start()

    def work(self, flow_id):
        with bind(flow_id):
            while (order := self.orders.get()) is not None:
                try:
                    order()
                    self.done.put(current_flow_id())
                except BaseException as error:  # pragma: no cover - shown by the caller
                    self.done.put(error)

    def __call__(self, order):
        self.orders.put(order)
        found = self.done.get(timeout=60)
        if isinstance(found, BaseException):  # pragma: no cover
            raise found
        assert found == "elsewhere"


@contextmanager
def drivers():
    """Yield what can drive an actor: each checks that its own ID is current again."""
    elsewhere, another = Elsewhere("elsewhere"), Context()

    def here(order):
        with bind("here"):
            order()
            assert current_flow_id() == "here"

    def bare(order):
        order()
        assert current_flow_id() is None

    try:
        yield [here, bare, elsewhere, lambda order: another.run(bare, order)]
    finally:
        elsewhere.orders.put(None)
        elsewhere.thread.join()


@pytest.fixture
def _few_objects():
    """Let the garbage collector look at what the test makes, and not at all that was imported."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("_few_objects")
@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # one for all examples is meant
)
@given(
    actors=st.lists(
        st.tuples(st.sampled_from(["generator", "coroutine", "async"]), st.booleans()),
        min_size=1,
        max_size=4,
    ),
    script=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["go on", "go on", "go on", "close", "throw"]),
            st.integers(0, 3),
        ),
        max_size=25,
    ),
    traced=st.booleans(),
)
@pytest.mark.needs("threads")
def test_any_interleaving(actors, script, traced):
    """Whatever drives a body, the body sees one ID and the driver sees its own afterwards."""
    with ExitStack() as stack:
        stack.enter_context(isolated_registry())
        if traced:
            stack.enter_context(record_runs())
        cast = [Actor(number, *actor) for number, actor in enumerate(actors)]
        ended = set()
        with drivers() as at_hand:
            for index, what, driver in script:
                number = index % len(cast)
                if number not in ended:
                    actor = cast[number]
                    if what == "go on":
                        at_hand[driver](actor.go_on)
                    else:
                        ended.add(number)
                        at_hand[driver](lambda actor=actor, what=what: actor.end(what))
            for actor in cast:
                if actor.sort == "coroutine" or actor.waiting:  # a loop ends its tasks
                    actor.end("close")
            seen = [(actor.seen, actor.expected) for actor in cast]
            del cast, actor
            gc.collect()  # the rest was abandoned

        assert current_flow_id() is None
    own = []
    for ids, expected in seen:
        assert len(set(ids)) <= 1
        if ids:
            assert ids[0] is not None
            assert expected in (None, ids[0])
            if expected is None:
                own.append(ids[0])
                assert ids[0] not in ("here", "elsewhere")
    assert len(own) == len(set(own))
