"""Recording spans: what they say, when it can begin, and that nobody else notices."""

import asyncio
import json
import logging
import threading
import time

import pytest
from recording import _exporters, declare, recorded

from penstock import (
    annotate,
    bind,
    bound,
    current_flow_id,
    current_run,
    entrypoint,
    flow,
    step,
    tracing,
)
from penstock._runtime.active_exporters import exporters, set_exporters
from penstock._runtime.control_flow import declare_control_flow
from penstock.exceptions import TracingError
from penstock.testing import isolated_registry, record_runs
from penstock.tracing import InMemoryExporter, LoggingExporter

__all__ = ["_exporters", "recorded"]


class TestSpans:
    """The attributes of a span."""

    def test_call(self, recorded):
        """A span says of what step, run and operation it is, and when and how it ended."""

        def begin():
            annotate(order=7)
            return charge(), current_flow_id(), current_run().run_id

        charge = declare(lambda: time.sleep(0.01), "begin", name="charge")
        before = time.time_ns()
        _, flow_id, run_id = declare(begin)()

        inner, outer = recorded.spans
        assert (inner.step, inner.flow, inner.is_entrypoint) == ("charge", "orders", False)
        assert (outer.step, outer.flow, outer.is_entrypoint) == ("begin", "orders", True)
        assert {inner.flow_id, outer.flow_id} == {flow_id}
        assert {inner.run_id, outer.run_id} == {run_id}
        assert (inner.parent_id, outer.parent_id) == (outer.span_id, None)
        assert before <= outer.start_ns <= inner.start_ns <= time.time_ns()
        assert 10_000_000 <= inner.duration_ns <= outer.duration_ns
        assert inner.active_ns == inner.duration_ns
        assert (inner.outcome, inner.exception_type) == ("ok", None)
        assert outer.values == {"order": 7}
        assert repr(inner).startswith("<Span charge ok in ")

    def test_ids(self, recorded):
        """IDs of spans are valid parent-ids of W3C Trace Context, and differ."""
        begin = declare(lambda: None, name="begin")
        for _ in range(3):
            begin()

        ids = [span.span_id for span in recorded.spans]
        assert len(set(ids)) == 3
        assert all(len(i) == 16 and int(i, 16) for i in ids)

    @pytest.mark.parametrize(
        ("raised", "outcome", "name"),
        [
            (ValueError("x"), "error", "ValueError"),
            (json.JSONDecodeError("x", "", 0), "error", "json.decoder.JSONDecodeError"),
            (KeyboardInterrupt(), "error", "KeyboardInterrupt"),
            (
                asyncio.CancelledError(),
                "cancelled",
                "asyncio.exceptions.CancelledError",
            ),
        ],
        ids=["error", "module", "interrupt", "cancelled"],
    )
    def test_exception(self, recorded, raised, outcome, name):
        """A span says what was raised, and the caller gets the very exception."""

        def begin():
            raise raised

        with pytest.raises(type(raised)) as caught:
            declare(begin)()

        assert caught.value is raised
        (span,) = recorded.spans
        assert (span.outcome, span.exception_type) == (outcome, name)

    @pytest.mark.usefixtures("_exporters")
    @pytest.mark.parametrize("ending", ["retried", "stopped"])
    def test_control_flow(self, recorded, ending, monkeypatch, caplog):
        """An exception that is control flow of a queue is not a failure, in any exporter."""
        monkeypatch.setattr("penstock._runtime.control_flow._endings", {})
        again, more = type("Again", (Exception,), {}), type("More", (LookupError,), {})
        declare_control_flow(ending, again, more)

        def begin(raised):
            raise raised

        begin = declare(begin)
        set_exporters(*exporters(), LoggingExporter())
        caplog.set_level(logging.INFO, "penstock.trace")
        for raised in (again, more, type("Below", (again,), {}), LookupError):
            with pytest.raises(raised):
                begin(raised)

        assert [s.outcome for s in recorded.spans] == [ending] * 3 + ["error"]
        assert [r.levelname for r in caplog.records] == ["INFO"] * 3 + ["WARNING"]
        assert f"ms {ending}" in recorded.runs[0].timeline()
        assert [n.status for n in recorded.runs[0].graph().nodes] == ["visited"]

    def test_recursion(self, recorded):
        """Each call of a step in itself is its own span."""

        def count(number):
            return number and counted(number - 1)

        counted = declare(count)
        counted(2)

        assert [span.parent_id for span in recorded.spans] == [
            recorded.spans[1].span_id,
            recorded.spans[2].span_id,
            None,
        ]

    def test_outside_a_run(self, recorded):
        """A step that is called outside a run just runs."""
        declare(lambda: None, "begin", name="charge")()

        assert recorded.spans == ()

    def test_in_a_bound_block(self, recorded):
        """Steps of a block that an ID is bound to are of one run."""
        charge = declare(lambda: None, "begin", name="charge")
        with bind("a") as run:
            charge()
            charge()

        assert {(s.flow_id, s.run_id, s.parent_id) for s in recorded.spans} == {
            ("a", run.run_id, None)
        }

    def test_nested_runs(self, recorded):
        """An entrypoint that is called in a run is its own run, below the caller's span."""
        inner = flow("inner")(entrypoint(name="inside")(lambda: None))
        declare(lambda: inner(), name="begin")()

        inside, begin = recorded.spans
        assert (inside.flow, begin.flow) == ("inner", "orders")
        assert inside.flow_id == begin.flow_id
        assert inside.run_id != begin.run_id
        assert inside.parent_id == begin.span_id

    def test_step_of_several_flows(self, recorded):
        """A span is of the run's flow, if the step is part of it."""
        shared = flow("a")(flow("orders")(step(after="begin", name="shared")(lambda: None)))
        declare(lambda: shared(), name="begin")()
        with bind("x", flow="elsewhere"):
            shared()

        assert [s.flow for s in recorded.spans if s.step == "shared"] == ["orders", "orders"]

    def test_methods(self, recorded):
        """Methods, static and class methods are recorded, and stay what they are."""

        class Shop:
            @flow("orders")
            @entrypoint
            def begin(self):
                return self.check(1), Shop.weigh(2), self.pack(3)

            @flow("orders")
            @step(after="begin")
            @staticmethod
            def check(x):
                return x

            @flow("orders")
            @step(after="begin")
            @classmethod
            def weigh(cls, x):
                return cls, x

            @flow("orders")
            @step(after="begin")
            def pack(self, x):
                return x

        assert Shop().begin() == (1, (Shop, 2), 3)
        assert [s.step for s in recorded.spans] == ["check", "weigh", "pack", "begin"]

    def test_what_cannot_be_wrapped(self, recorded):
        """A class is a step, but its calls are not recorded."""

        class Parcel: ...

        assert declare(Parcel, "begin") is Parcel


class Clock:
    """A clock that goes on when the test says so."""

    def __init__(self):
        self.now = 1_000

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """Return the clock by which the time of steps is measured."""
    made = Clock()
    monkeypatch.setattr("penstock._runtime.recording.perf_counter_ns", made)
    return made


class TestSorts:
    """Coroutines and generators: when they ran, and when they waited."""

    def test_coroutine(self, recorded, clock):
        """The time in which a coroutine waited is not the time in which it ran."""

        async def begin():
            clock.now += 3
            await asyncio.sleep(0)
            clock.now += 4

        running = declare(begin)()
        running.send(None)
        clock.now += 50
        with pytest.raises(StopIteration):
            running.send(None)

        (span,) = recorded.spans
        assert (span.duration_ns, span.active_ns) == (57, 7)

    def test_gathered(self, recorded):
        """Steps that wait for each other's turns have the right parents."""

        async def begin():
            await asyncio.gather(*(work(i) for i in range(3)))

        async def fetch(number):
            await asyncio.sleep(0.01 * (3 - number))
            return check(number)

        work = declare(fetch, "begin")
        check = declare(lambda number: number, "fetch", name="check")
        asyncio.run(declare(begin)())

        spans = {span.span_id: span for span in recorded.spans}
        parents = [spans[s.parent_id].step for s in recorded.spans if s.parent_id]
        assert sorted(parents) == ["begin"] * 3 + ["fetch"] * 3
        fetched = [s.parent_id for s in recorded.spans if s.step == "check"]
        assert len(set(fetched)) == 3

    def test_cancelled(self, recorded):
        """A task that is cancelled is neither well nor failed."""

        async def begin():
            await asyncio.sleep(10)

        async def main():
            task = asyncio.create_task(declare(begin)())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())

        assert [span.outcome for span in recorded.spans] == ["cancelled"]

    def test_what_a_coroutine_awaits_is_passed_on(self, recorded):
        """Values that are sent to, thrown into and returned by a coroutine are passed on."""

        class Ask:
            def __await__(self):
                return (yield "question")

        async def begin():
            try:
                await Ask()
            except KeyError:
                return await Ask()

        running = declare(begin)()
        assert running.send(None) == "question"
        assert running.throw(KeyError()) == "question"
        with pytest.raises(StopIteration) as stop:
            running.send("answer")

        assert stop.value.value == "answer"
        assert [span.outcome for span in recorded.spans] == ["ok"]

    def test_generators_that_take_turns(self, recorded, clock):
        """Steps in generators that take turns have the right parents; pauses are not counted."""

        def begin():
            for name, _ in zip(walk("a"), walk("b"), strict=True):
                clock.now += 50
                yield name

        def each(name):
            for _ in range(2):
                look()
                yield name

        walk = declare(each, "begin")
        look = declare(lambda: None, "each", name="look")
        assert list(declare(begin)()) == ["a", "a"]

        spans = {span.span_id: span for span in recorded.spans}
        walked = [s for s in recorded.spans if s.step == "each"]
        looked = [spans[s.parent_id] for s in recorded.spans if s.step == "look"]
        assert [looked.count(s) for s in walked] == [2, 2]
        assert {spans[s.parent_id].step for s in walked} == {"begin"}
        assert [(s.duration_ns, s.active_ns) for s in walked] == [(100, 0)] * 2

    def test_generator_that_is_left(self, recorded):
        """A generator that nobody goes on with was closed."""

        def begin():
            yield 1

        running = declare(begin)()
        next(running)
        running.close()

        assert [(s.outcome, s.exception_type) for s in recorded.spans] == [
            ("closed", "GeneratorExit")
        ]

    def test_async_generator(self, recorded):
        """An async generator is one span, whether it ends, fails or is left."""

        async def begin(how):
            yield current_run().flow
            if how == "fails":
                raise ValueError(how)
            yield 2

        running = declare(begin)

        async def main():
            assert [item async for item in running("ends")] == ["orders", 2]
            with pytest.raises(ValueError, match="fails"):
                [item async for item in running("fails")]
            left = running("left")
            await anext(left)
            await left.aclose()

        asyncio.run(main())

        assert [s.outcome for s in recorded.spans] == ["ok", "error", "closed"]

    def test_threads(self, recorded):
        """A bound function's steps come after the span in which it was bound."""
        work = declare(lambda: None, "begin", name="work")

        def begin():
            thread = threading.Thread(target=bound(lambda: work()))
            thread.start()
            thread.join()

        declare(begin)()

        inner, outer = recorded.spans
        assert inner.parent_id == outer.span_id

    @pytest.mark.usefixtures("recorded")
    def test_span_that_runs(self):
        """A span that is not over can be looked at."""

        def look():
            span = tracing.current_span()
            return repr(span), span.duration_ns, span.as_dict()["outcome"]

        assert declare(look, name="begin")() == ("<Span begin>", 0, "ok")

    def test_current_span(self, recorded):
        """The running step can ask for its span, and nothing is current afterwards."""
        seen = declare(lambda: tracing.current_span(), name="begin")()

        assert seen is recorded.spans[0]
        assert tracing.current_span() is None


class TestSwitchingOn:
    """When tracing can be switched on."""

    def test_too_late(self):
        """After a step was declared it is an error that names the step and the cure."""
        declare(lambda: None, name="begin")

        with pytest.raises(TracingError) as caught:
            tracing.configure()

        assert f"{__file__}:" in str(caught.value)
        assert "'begin' was declared before tracing was switched on" in str(caught.value)
        assert "PENSTOCK_TRACE=1" in str(caught.value)

    def test_too_late_to_record(self):
        """The same goes for recording in a test."""
        declare(lambda: None, name="begin")

        with pytest.raises(TracingError), record_runs():
            pass

    def test_only_what_is_declared_meanwhile(self):
        """After the block, steps are not wrapped any more."""
        with isolated_registry(), record_runs():
            assert tracing.is_tracing()

        def charge(): ...

        assert not tracing.is_tracing()
        assert declare(charge, "begin") is charge

    @pytest.mark.usefixtures("_exporters", "recorded")
    def test_again(self):
        """Once it is on, a further call replaces the exporters."""
        declare(lambda: None, name="begin")
        memory = InMemoryExporter()

        tracing.configure(memory)

        assert exporters() == (memory,)
