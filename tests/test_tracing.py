"""Recording spans: what they say, who receives them, and that nobody else notices."""

import asyncio
import gc
import json
import logging
import os
import subprocess
import sys
import textwrap
import threading
import time
from weakref import WeakMethod

import pytest

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
from penstock._spans import _call_weakly, exporters, set_exporters
from penstock.exceptions import TracingError
from penstock.testing import isolated_registry, record_runs
from penstock.tracing import InBackground, InMemoryExporter, JsonLinesExporter, LoggingExporter


@pytest.fixture
def recorded():
    """Record the steps that the test declares and runs."""
    with record_runs() as recording:
        yield recording


@pytest.fixture
def _exporters():
    """Bring back the exporters that there were."""
    before = exporters()
    yield
    set_exporters(*before)


def declare(function, after=None, **options):
    """Return *function* declared as a step, or as an entrypoint, of the flow ``orders``."""
    decorator = step(after=after, **options) if after else entrypoint(**options)
    return flow("orders")(decorator(function))


class TestSpans:
    """What a span says."""

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

    def test_recursion(self, recorded):
        """Each call of a step in itself is a span of its own."""

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
        """An entrypoint that is called in a run is a run of its own, below the caller's span."""
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


class TestSorts:
    """Coroutines and generators: when they ran, and when they waited."""

    def test_coroutine(self, recorded):
        """The time in which a coroutine waited is not the time in which it ran."""

        async def begin():
            await asyncio.sleep(0.05)

        asyncio.run(declare(begin)())

        (span,) = recorded.spans
        assert span.duration_ns - span.active_ns > 40_000_000
        assert span.active_ns > 0

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
        """What is sent into, thrown into and returned from a coroutine goes through."""

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

    def test_generators_that_take_turns(self, recorded):
        """Steps in generators that take turns have the right parents; pauses are not counted."""

        def begin():
            for name, _ in zip(walk("a"), walk("b"), strict=True):
                time.sleep(0.005)
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
        assert all(s.duration_ns - s.active_ns > 4_000_000 for s in walked)

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

    def test_current_span(self, recorded):
        """The running step can ask for its span, and nothing is current afterwards."""
        seen = declare(lambda: tracing.current_span(), name="begin")()

        assert seen is recorded.spans[0]
        assert tracing.current_span() is None


class TestExporters:
    """What receives spans, and what it cannot do to the application."""

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_one_that_raises(self, caplog):
        """An exporter that raises is logged once; the others and the caller get theirs."""

        class Broken:
            def export(self, span):
                raise ZeroDivisionError

            def flush(self):
                raise ZeroDivisionError

        memory = InMemoryExporter()
        set_exporters(Broken(), memory)
        begin = declare(lambda: "done", name="begin")

        assert [begin(), begin()] == ["done", "done"]
        tracing.flush()
        assert len(memory.spans) == 2
        assert [r.getMessage().partition(" <")[0] for r in caplog.records] == ["the exporter"]
        assert "ZeroDivisionError" in caplog.text

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_one_that_raises_beside_the_application(self):
        """What the application raises is what its caller gets."""

        class Broken(InMemoryExporter):
            def export(self, span):
                raise ZeroDivisionError

        set_exporters(Broken())

        def begin():
            raise KeyError("mine")

        with pytest.raises(KeyError, match="mine") as caught:
            declare(begin)()

        assert caught.value.__context__ is None

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_one_that_is_slow(self, caplog):
        """An exporter that is slow is logged once, and then has a thread of its own."""
        threads = []

        class Slow(InMemoryExporter):
            def export(self, span):
                time.sleep(0.15)
                threads.append(threading.current_thread())

        set_exporters(Slow())
        begin = declare(lambda: None, name="begin")
        begin()
        begin()
        tracing.flush()

        assert [thread is threading.main_thread() for thread in threads] == [True, False]
        assert caplog.text.count("a thread of its own") == 1

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_one_that_calls_steps(self):
        """Steps that an exporter calls are not exported, so that there is an end."""
        begin = declare(lambda: None, name="begin")

        class Curious(InMemoryExporter):
            def export(self, span):
                super().export(span)
                begin()

        curious = Curious()
        set_exporters(curious)
        begin()

        assert len(curious.spans) == 1

    @pytest.mark.usefixtures("recorded", "_exporters")
    @pytest.mark.parametrize("behind", [lambda e: e, InBackground], ids=["direct", "background"])
    def test_collected_within_an_exporter(self, behind):
        """A generator that is collected while an exporter works is not lost."""
        memory, left = InMemoryExporter(), []

        class Collecting:
            def export(self, span):
                if left:
                    left.clear()
                    gc.collect()

            def flush(self):
                pass

        set_exporters(behind(Collecting()), memory)

        def items():
            yield 1

        generator = declare(items)()
        next(generator)
        left.append(generator)
        del generator
        declare(lambda: None, name="begin")()
        tracing.flush()

        assert [(s.step, s.outcome) for s in memory.spans] == [("begin", "ok"), ("items", "closed")]

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_companion(self):
        """An exporter may follow the body of a step in its own context."""
        said = []

        class Companion(InMemoryExporter):
            def resume(self, span):
                said.append(("resume", span.step))

            def suspend(self, span):
                said.append(("suspend", span.step))
                raise ZeroDivisionError

        def begin():
            said.append("first")
            yield
            said.append("second")

        set_exporters(Companion())
        list(declare(begin)())

        assert said == [
            ("resume", "begin"),
            "first",
            ("suspend", "begin"),
            ("resume", "begin"),
            "second",
            ("suspend", "begin"),
        ]

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_nobody_listens(self):
        """Without an exporter nothing is recorded."""
        set_exporters()

        assert declare(lambda: tracing.current_span(), name="begin")() is None

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_logging(self, caplog):
        """A span is a line of the log, with its attributes as fields; failures are warnings."""
        caplog.set_level(logging.INFO, "penstock.trace")
        set_exporters(LoggingExporter())

        def begin(fails):
            if fails:
                raise KeyError

        begins = declare(begin)
        begins(False)
        with pytest.raises(KeyError):
            begins(True)

        well, failed = caplog.records
        assert (well.levelname, failed.levelname) == ("INFO", "WARNING")
        assert " orders/begin ok in " in well.getMessage()
        assert " orders/begin error (KeyError) in " in failed.getMessage()
        assert well.__dict__["penstock.step"] == "begin"

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_logging_that_nobody_reads(self, caplog):
        """Below the logger's level nothing is logged."""
        caplog.set_level(logging.ERROR, "penstock.trace")
        set_exporters(LoggingExporter())

        declare(lambda: None, name="begin")()

        assert caplog.records == []

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_json_lines(self, tmp_path):
        """Each span is a line of JSON, whatever was annotated, and can be read as a run."""
        file = tmp_path / "new" / "spans.jsonl"
        exporter = JsonLinesExporter(file)
        set_exporters(exporter)

        def begin():
            annotate(order="\u00e9\n", odd=object())

        declare(begin)()
        exporter.close()

        (line,) = file.read_text(encoding="ascii").splitlines()
        said = json.loads(line)
        assert (said["step"], said["values"]["order"]) == ("begin", "\u00e9\n")
        assert said["values"]["odd"].startswith("<object object")
        (run,) = tracing.read_runs(file)
        assert (run.flow, run.steps) == ("orders", ("begin",))
        assert repr(exporter).startswith("JsonLinesExporter('")

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_background(self):
        """What is exported in the background is there after a flush, in order."""
        memory = InMemoryExporter()
        set_exporters(InBackground(memory))
        begin = declare(lambda: None, name="begin")
        for _ in range(100):
            begin()
        tracing.flush()

        starts = [span.start_ns for span in memory.spans]
        assert (len(starts), starts) == (100, sorted(starts))

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_background_that_cannot_keep_up(self, caplog):
        """What no room is left for is dropped, which is logged once."""
        go_on, memory = threading.Event(), InMemoryExporter()

        class Stuck(InMemoryExporter):
            def export(self, span):
                go_on.wait(10)
                memory.export(span)

        set_exporters(InBackground(Stuck(), most=2))
        begin = declare(lambda: None, name="begin")
        for _ in range(20):
            begin()
        go_on.set()
        tracing.flush()

        assert 2 <= len(memory.spans) <= 3
        assert caplog.text.count("cannot keep up") == 1

    def test_background_that_is_stuck(self, monkeypatch, caplog):
        """A flush does not wait for ever."""
        monkeypatch.setattr("penstock._spans._LONGEST_FLUSH_S", 0.01)
        go_on = threading.Event()

        class Stuck(InMemoryExporter):
            def export(self, span):
                go_on.wait(10)

        with record_runs() as recorded:
            declare(lambda: None, name="begin")()
        background = InBackground(Stuck())
        background.export(recorded.spans[0])
        background.flush()
        go_on.set()

        assert "is stuck" in caplog.text
        assert repr(background).startswith("InBackground(<")

    def test_background_of_nothing(self):
        """Where nothing was exported, there is nothing to wait for."""
        flushed = []

        class Silent(InMemoryExporter):
            def flush(self):
                flushed.append(threading.active_count())

        before = threading.active_count()
        InBackground(Silent()).flush()

        assert flushed == [before]

    def test_background_that_is_gone(self):
        """An exporter that nobody uses any more can go, though forks were to be told to it."""
        background = InBackground(InMemoryExporter())
        hook = WeakMethod(background._begin_anew)
        del background
        gc.collect()

        _call_weakly(hook)

        assert hook() is None


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


APPLICATION = """
from penstock import entrypoint, flow, step

@flow("orders")
@entrypoint
def begin():
    charge()

@flow("orders")
@step(after="begin")
def charge(): ...
"""


@pytest.fixture
def application(tmp_path):
    """Return what runs a script beside a module that declares a flow."""
    (tmp_path / "application.py").write_text(APPLICATION, encoding="utf-8")

    def run(script, **environment):
        (tmp_path / "script.py").write_text(textwrap.dedent(script), encoding="utf-8")
        return subprocess.run(
            [sys.executable, "script.py"],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=True,
        )

    return run


def lines(path):
    """Return the spans in a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class TestProcesses:
    """Nothing is lost, however a process ends."""

    def test_environment(self, application, tmp_path):
        """A file in the environment switches tracing on."""
        application("import application; application.begin()", PENSTOCK_TRACE="spans.jsonl")

        assert [said["step"] for said in lines(tmp_path / "spans.jsonl")] == ["charge", "begin"]

    def test_environment_logs(self, application):
        """With 1 spans are logged."""
        done = application(
            """
            import logging
            logging.basicConfig(level=logging.INFO)
            import application
            application.begin()
            """,
            PENSTOCK_TRACE="1",
        )

        assert "orders/charge ok" in done.stderr

    def test_environment_off(self, application):
        """With 0 steps are not wrapped."""
        done = application(
            "from penstock import tracing; print(tracing.is_tracing())", PENSTOCK_TRACE="0"
        )

        assert done.stdout == "False\n"

    @pytest.mark.parametrize(
        ("ending", "expected"),
        [
            ("", 1),
            ("sys.exit(0)", 1),
            ("fork()", 2),
            ("process('fork')", 2),
            ("process('spawn')", 2),
            ("pool()", 2),
        ],
    )
    def test_endings(self, application, tmp_path, ending, expected):
        """Spans in the background are brought away at exit, in children too."""
        application(
            f"""
            import multiprocessing, os, sys
            from concurrent.futures import ProcessPoolExecutor
            from penstock import tracing
            from penstock.tracing import InBackground, JsonLinesExporter

            if not tracing.is_tracing():
                tracing.configure(InBackground(JsonLinesExporter("spans.jsonl")))
            import application

            def process(method):
                child = multiprocessing.get_context(method).Process(target=application.begin)
                child.start()
                child.join()

            def pool():
                with ProcessPoolExecutor(1) as workers:
                    workers.submit(application.begin).result()

            def fork():
                child = os.fork()
                if child:
                    os.waitpid(child, 0)
                else:
                    application.begin()

            if __name__ == "__main__":
                application.begin()
                {ending or "pass"}
            """
        )

        found = lines(tmp_path / "spans.jsonl")
        # Which of two processes writes first is theirs; within a run the order is told.
        runs = {said["flow_id"]: [] for said in found}
        for said in found:
            runs[said["flow_id"]].append(said["step"])
        assert list(runs.values()) == [["charge", "begin"]] * expected
        assert len({said["span_id"] for said in found}) == len(found)

    def test_processes_write_whole_lines(self, application, tmp_path):
        """Processes that write to one file at once do not mix their lines."""
        application(
            """
            import multiprocessing
            import application
            from penstock import annotate

            def work():
                for _ in range(200):
                    application.begin()

            if __name__ == "__main__":
                context = multiprocessing.get_context("fork")
                children = [context.Process(target=work) for _ in range(4)]
                for child in children:
                    child.start()
                for child in children:
                    child.join()
            """,
            PENSTOCK_TRACE="spans.jsonl",
        )

        found = lines(tmp_path / "spans.jsonl")
        assert len(found) == len({said["span_id"] for said in found}) == 4 * 200 * 2
