"""Exporters never break the application, and lose no span, however a process ends."""

import gc
import json
import logging
import math
import os
import subprocess
import sys
import textwrap
import threading
import time
from contextvars import copy_context
from weakref import ref

import pytest
from recording import _exporters, declare, recorded

from penstock import annotate, current_flow_id, tracing
from penstock._runtime import recording
from penstock._runtime.active_exporters import _flush_last, exporters, set_exporters
from penstock.exceptions import ConfigurationError
from penstock.testing import record_runs
from penstock.tracing import (
    BackgroundExporter,
    InMemoryExporter,
    JsonLinesExporter,
    LoggingExporter,
)

__all__ = ["_exporters", "recorded"]


class Unshowable:
    """A value that cannot be shown."""

    def __repr__(self):
        raise ZeroDivisionError


class Unreadable(dict):
    """A mapping that cannot be read."""

    def items(self):
        raise ZeroDivisionError


def nested(depth):
    """Return a list in a list, and so on."""
    found = []
    for _ in range(depth):
        found = [found]
    return found


CIRCLE: list[object] = []
CIRCLE.extend([CIRCLE] * 10)

ODD = {
    "key": {(1, 2): 3},
    "circle": CIRCLE,
    "repr": Unshowable(),
    "repr inside": {"a": [Unshowable(), {Unshowable(): 1}]},
    "not a number": {"a": math.nan, "b": [-math.inf]},
    # An exception of WebAssembly's small stack would end the process.
    "deep": nested(100 if sys.platform == "emscripten" else 100_000),
    "long": 10**5000,
    "surrogate": "\udcff",
    "bytes": b"x",
    "mapping": Unreadable(a=1),
    "generator": (number for number in ()),
}


class TestExporters:
    """Exporters, and their failures, which do not reach the application."""

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

    @pytest.mark.usefixtures("_exporters")
    @pytest.mark.parametrize("missing", ["export", "flush"])
    def test_one_that_is_none(self, missing):
        """An object without a method of exporters is refused, and the earlier exporters stay."""
        before = exporters()
        broken = InMemoryExporter()
        vars(broken)[missing] = None

        with pytest.raises(ConfigurationError, match=f"has no {missing}"):
            set_exporters(broken)
        assert exporters() == before

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_one_in_the_place_of_another(self, caplog):
        """An exporter at the address of one that was replaced is reported for itself."""

        class Broken(InMemoryExporter):
            def export(self, span):
                raise ZeroDivisionError

        broken, begin = Broken(), declare(lambda: None, name="begin")
        for _ in range(2):
            set_exporters(broken)
            begin()
            begin()

        assert len(caplog.messages) == 2

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_one_that_raises_beside_the_application(self):
        """An exception of the application reaches its caller unchanged."""

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
    def test_one_that_is_slow(self, caplog, monkeypatch):
        """An exporter that is slow stays where it is; that is logged once, with the remedy."""
        monkeypatch.setattr("penstock._runtime.recording._SLOW_NS", -1)
        threads = []

        class Slow(InMemoryExporter):
            def export(self, span):
                threads.append(threading.current_thread())

        slow = Slow()
        set_exporters(slow)
        begin = declare(lambda: None, name="begin")
        begin()
        begin()
        tracing.flush()

        assert threads == [threading.main_thread()] * 2
        assert exporters() == (slow,)
        assert caplog.text.count("put it into BackgroundExporter(...)") == 1

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
    @pytest.mark.parametrize(
        "behind", [lambda e: e, BackgroundExporter], ids=["direct", "background"]
    )
    @pytest.mark.needs("threads")
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
        calls = []

        class Companion(InMemoryExporter):
            def resume(self, span):
                calls.append(("resume", span.step))

            def suspend(self, span):
                calls.append(("suspend", span.step))
                raise ZeroDivisionError

        def begin():
            calls.append("first")
            yield
            calls.append("second")

        set_exporters(Companion())
        list(declare(begin)())

        assert calls == [
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
        span = json.loads(line)
        assert (span["step"], span["values"]["order"]) == ("begin", "\u00e9\n")
        assert span["values"]["odd"].startswith("<object object")
        (run,) = tracing.read_runs(file)
        assert (run.flow, run.steps) == ("orders", ("begin",))
        assert repr(exporter).startswith("JsonLinesExporter('")

    @pytest.mark.usefixtures("recorded", "_exporters")
    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
    def test_json_lines_of_odd_values(self, tmp_path, odd):
        """Whatever is annotated, the span is there, and its line is valid JSON."""
        file = tmp_path / "spans.jsonl"
        set_exporters(JsonLinesExporter(file))

        declare(lambda: annotate(odd=odd, well=[1, {"a": None}]), name="begin")()

        (line,) = file.read_text(encoding="ascii").splitlines()
        span = json.loads(line, parse_constant=pytest.fail)
        assert span["step"] == "begin"
        assert span["values"]["well"] == [1, {"a": None}]

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_json_lines_of_what_json_cannot_hold(self, tmp_path):
        """Keys that are not strings, and numbers that JSON lacks, are written as in Python."""
        file = tmp_path / "spans.jsonl"
        set_exporters(JsonLinesExporter(file))

        declare(lambda: annotate(odd={(1, 2): [1.5, math.inf, True]}), name="begin")()

        values = json.loads(file.read_text(encoding="ascii"))["values"]
        assert values == {"odd": {"(1, 2)": [1.5, "inf", True]}}

    @pytest.mark.usefixtures("recorded", "_exporters")
    @pytest.mark.parametrize("taken", [0, 1, 20])
    def test_json_lines_on_a_full_disk(self, tmp_path, monkeypatch, caplog, taken):
        """A line that is written in part is logged, and joins neither the next nor the last."""
        file = tmp_path / "spans.jsonl"
        set_exporters(JsonLinesExporter(file))
        write, begin = os.write, declare(lambda: None, name="begin")
        begin()
        with monkeypatch.context() as full:
            full.setattr(os, "write", lambda fd, data: write(fd, data[:taken]))
            begin()
            begin()
        begin()
        begin()

        (run, *others) = tracing.read_runs(file)
        assert len(others) == 2
        assert caplog.messages[0].startswith("the exporter JsonLinesExporter(")
        assert "only a part of a line was written" in caplog.text
        lines = file.read_bytes().split(b"\n")
        assert sum(line.startswith(b"{") and line.endswith(b"}") for line in lines) == 3
        assert run.steps == ("begin",)

    @pytest.mark.usefixtures("recorded", "_exporters")
    @pytest.mark.needs("threads")
    def test_background(self):
        """All spans in the background are exported after a flush, in order."""
        memory = InMemoryExporter()
        set_exporters(BackgroundExporter(memory))
        begin = declare(lambda: None, name="begin")
        for _ in range(100):
            begin()
        tracing.flush()

        starts = [span.start_ns for span in memory.spans]
        assert (len(starts), starts) == (100, sorted(starts))

    @pytest.mark.usefixtures("recorded", "_exporters")
    @pytest.mark.needs("threads")
    def test_background_that_cannot_keep_up(self, caplog):
        """Spans that do not fit into the queue are dropped, which is logged once."""
        go_on, memory = threading.Event(), InMemoryExporter()

        class Stuck(InMemoryExporter):
            def export(self, span):
                go_on.wait(60)
                memory.export(span)

        set_exporters(BackgroundExporter(Stuck(), max_queue_size=2))
        begin = declare(lambda: None, name="begin")
        for _ in range(20):
            begin()
        go_on.set()
        tracing.flush()

        assert 2 <= len(memory.spans) <= 3
        assert caplog.text.count("cannot keep up") == 1

    @pytest.mark.needs("threads")
    def test_background_that_is_stuck(self, monkeypatch, caplog):
        """A flush does not wait for ever."""
        monkeypatch.setattr("penstock._runtime.background._LONGEST_FLUSH_S", 0.01)
        go_on = threading.Event()

        class Stuck(InMemoryExporter):
            def export(self, span):
                go_on.wait(60)

        with record_runs() as recorded:
            declare(lambda: None, name="begin")()
        background = BackgroundExporter(Stuck())
        background.export(recorded.spans[0])
        background.flush()
        go_on.set()

        assert "is stuck" in caplog.text
        assert repr(background).startswith("BackgroundExporter(<")

    def test_background_of_nothing(self):
        """If nothing was exported, there is nothing to wait for."""
        flushed = []

        class Silent(InMemoryExporter):
            def flush(self):
                flushed.append(threading.active_count())

        before = threading.active_count()
        BackgroundExporter(Silent()).flush()

        assert flushed == [before]

    def test_background_that_is_gone(self):
        """An exporter that nobody uses any more is collected, although it registered for forks."""
        background = ref(BackgroundExporter(InMemoryExporter()))
        gc.collect()

        assert background() is None

    @pytest.mark.usefixtures("recorded", "_exporters")
    @pytest.mark.needs("threads")
    def test_background_is_in_no_run(self, monkeypatch):
        """The thread belongs to no run, also where threads inherit their context."""
        monkeypatch.setattr(threading.Thread, "start", inheriting(threading.Thread.start))
        seen = []

        class Curious(InMemoryExporter):
            def export(self, span):
                seen.append(current_flow_id())

        set_exporters(BackgroundExporter(Curious()))
        declare(lambda: None, name="begin")()
        tracing.flush()

        assert seen == [None]

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_background_without_threads(self, monkeypatch, caplog):
        """If no thread can be started, spans are exported by their steps, and it is logged."""
        memory = InMemoryExporter()
        set_exporters(BackgroundExporter(memory))
        begin = declare(lambda: None, name="begin")
        with monkeypatch.context() as refusing:
            refusing.setattr(threading.Thread, "start", refuse)
            begin()
            begin()
            assert len(memory.spans) == 2
        begin()
        tracing.flush()

        assert len(memory.spans) == 3
        assert caplog.text.count("can't start new thread. Until there is one, steps wait") == 1

    @pytest.mark.usefixtures("recorded", "_exporters")
    @pytest.mark.needs("threads")
    def test_background_whose_thread_ends(self, monkeypatch):
        """An exporter that ends its thread gets another, and no span but its own is lost."""
        monkeypatch.setattr(threading, "excepthook", lambda _: None)
        memory = InMemoryExporter()

        class Leaving(InMemoryExporter):
            def export(self, span):
                memory.export(span)
                if len(memory.spans) == 1:
                    raise SystemExit

        background = BackgroundExporter(Leaving())
        set_exporters(background)
        begin = declare(lambda: None, name="begin")
        begin()
        while background._thread is not None:
            time.sleep(0.001)
        background._waiting.put(memory.spans[0])  # came when the thread was about to end
        tracing.flush()
        begin()
        tracing.flush()

        assert len(memory.spans) == 3

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_background_at_exit(self, monkeypatch):
        """A span after the last flush is exported at once, since the thread may have ended."""
        memory = InMemoryExporter()
        set_exporters(BackgroundExporter(memory))
        begin = declare(lambda: None, name="begin")
        begin()
        monkeypatch.setattr("penstock._runtime.active_exporters.is_exiting", False)
        _flush_last()
        begin()

        assert len(memory.spans) == 2

    @pytest.mark.usefixtures("recorded", "_exporters")
    def test_threads_that_are_patched_late(self, monkeypatch):
        """Each greenlet has its own state, also where threads are patched after the import."""

        class Patched(threading.local):
            """The class that gevent puts there."""

        monkeypatch.setattr(threading, "local", Patched)
        memory = InMemoryExporter()
        set_exporters(memory)
        declare(lambda: None, name="begin")()

        assert isinstance(recording.thread_local, Patched)
        assert len(memory.spans) == 1

    @pytest.mark.needs("threads")
    def test_background_started_twice(self):
        """Of two steps that begin at once only one starts the thread."""
        background = BackgroundExporter(InMemoryExporter())
        threads = set()

        for _ in range(2):
            assert background._start()
            threads.add(background._thread)

        assert len(threads) == 1


def refuse(thread):
    """Start no thread, as where a container has no process left."""
    raise RuntimeError("can't start new thread")


def inheriting(start):
    """Return a `Thread.start` as where threads inherit their context."""

    def started(thread):
        context, run = copy_context(), thread.run
        thread.run = lambda: context.run(run)
        start(thread)

    return started


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

        assert [span["step"] for span in lines(tmp_path / "spans.jsonl")] == ["charge", "begin"]

    @pytest.mark.parametrize("value", ["1", "true", "YES", "On", " 1 ", "y"])
    def test_environment_logs(self, application, value):
        """With 1 spans are logged, and with every word that means it."""
        done = application(
            """
            import logging
            logging.basicConfig(level=logging.INFO)
            import application
            application.begin()
            """,
            PENSTOCK_TRACE=value,
        )

        assert "orders/charge ok" in done.stderr

    @pytest.mark.parametrize("value", ["0", "false", "No", "OFF", " ", "", "N"])
    def test_environment_off(self, application, tmp_path, value):
        """With 0 steps are not wrapped, nor with any word that means it."""
        done = application(
            "from penstock import tracing; print(tracing.is_tracing())", PENSTOCK_TRACE=value
        )

        assert (done.stdout, done.stderr) == ("False\n", "")
        assert sorted(file.name for file in tmp_path.iterdir()) == ["application.py", "script.py"]

    @pytest.mark.parametrize(
        ("value", "file"),
        [("spans.jsonl", "spans.jsonl"), ("./spans", "spans"), ("~/a/b", "a/b")],
        ids=["suffix", "separator", "home"],
    )
    def test_environment_path(self, application, tmp_path, value, file):
        """A path is recognised by its separator, its suffix or the sign of a home folder."""
        application(
            "import application; application.begin()", PENSTOCK_TRACE=value, HOME=str(tmp_path)
        )

        assert [span["step"] for span in lines(tmp_path / file)] == ["charge", "begin"]

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ("ture", "not a switch and not a path; did you mean 'true'?; write 1 to log"),
            ("2", "or a file with a folder or a suffix, such as './spans' or 'spans.jsonl'"),
            ("spans", "not a switch and not a path; write 1"),
            ("none", "not a switch and not a path; write 1"),
            ("/proc/nowhere/spans.jsonl", "No such file or directory: '/proc/nowhere'"),
            (".", "not a switch and not a path"),
            ("./", "Is a directory: '.'"),
            ("/", "Is a directory: '/'"),
            ("~nobody-of-that-name/spans", "Could not determine home directory"),
        ],
    )
    def test_environment_unusable(self, application, value, reason):
        """An invalid value is an error that names the variable; the application continues."""
        done = application(
            "from penstock import tracing; print(tracing.is_tracing())", PENSTOCK_TRACE=value
        )

        assert done.stdout == "False\n"
        assert f"PENSTOCK_TRACE={value!r}: " in done.stderr
        assert reason in done.stderr
        assert "Tracing stays off" in done.stderr
        assert "Traceback" not in done.stderr

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
        """Spans in the background are flushed at exit, in children too."""
        application(
            f"""
            import multiprocessing, os, sys
            from concurrent.futures import ProcessPoolExecutor
            from penstock import tracing
            from penstock.tracing import BackgroundExporter, JsonLinesExporter

            if not tracing.is_tracing():
                tracing.configure(BackgroundExporter(JsonLinesExporter("spans.jsonl")))
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
        # Either process may write first; within a run the order is fixed.
        runs = {span["flow_id"]: [] for span in found}
        for span in found:
            runs[span["flow_id"]].append(span["step"])
        assert list(runs.values()) == [["charge", "begin"]] * expected
        assert len({span["span_id"] for span in found}) == len(found)

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
        assert len(found) == len({span["span_id"] for span in found}) == 4 * 200 * 2

    def test_full_disk(self, application, tmp_path):
        """If a disk is full, what was written before is kept, and what comes later is read."""
        done = application(
            """
            import resource
            import application

            application.begin()
            _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1500, most))
            application.begin()
            application.begin()
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            application.begin()
            """,
            PENSTOCK_TRACE="spans.jsonl",
        )

        runs = tracing.read_runs(tmp_path / "spans.jsonl")
        assert (runs[0].steps, runs[-1].steps) == (("begin", "charge"),) * 2
        assert sum(len(run.spans) for run in runs) >= 5
        assert done.stderr.count("failed; this is logged once") == 1
