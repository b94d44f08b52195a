"""Recorded runs: grouped, read back, and shown as a timeline and over the diagram."""

import json
import re
import time

import pytest

from penstock import all_of, entrypoint, flow, generate_dag, step
from penstock.exceptions import UnknownFlowError
from penstock.render import draw
from penstock.testing import record_runs
from penstock.tracing import RecordedRun, RecordedSpan, group_runs, read_runs

MS = 1_000_000


def span(step, start=0, duration=10, parent=None, outcome="ok", **options):
    """Return a span; times are milliseconds, and the ID is the name unless given."""
    attributes = {
        "flow": "orders",
        "flow_id": "a",
        "run_id": "r",
        "span_id": step,
        "parent_id": parent,
        "step": step,
        "is_entrypoint": parent is None,
        "start_ns": start * MS,
        "duration_ns": duration * MS,
        "active_ns": duration * MS,
        "outcome": outcome,
        "exception_type": "ValueError" if outcome == "error" else None,
        "values": {},
    }
    return attributes | options


@pytest.fixture
def orders():
    """Declare a flow of a branch and a join."""
    made = flow("orders", title="Orders")
    made(entrypoint(name="begin")(lambda: None))
    made(step(name="charge", after="begin", kind="http")(lambda: None))
    made(step(name="pack", after="begin")(lambda: None))
    made(step(name="send", after=all_of("charge", "pack"))(lambda: None))


@pytest.fixture
def run():
    """Return a run in which a step failed and one was not reached."""
    spans = [
        span("charge", 2, 5, "begin", "error"),
        span("pack", 8, 20, "begin", active_ns=1 * MS, span_id="p1"),
        span("pack", 30, 4, "begin", "cancelled", span_id="p2"),
        span("begin", 0, 40),
    ]
    (found,) = group_runs(spans)
    return found


def test_grouped(run):
    """Spans of one run are put in the order in which they began."""
    assert run.steps == ("begin", "charge", "pack")
    assert (run.flow, run.flow_id, run.run_id, run.outcome) == ("orders", "a", "r", "ok")
    assert run.duration_ns == 40 * MS
    assert isinstance(run.spans[0], RecordedSpan)


def test_several_runs():
    """Runs are put in the order in which they began, also those of one operation."""
    found = group_runs(
        [span("b", 5, run_id="2"), span("a", 1, run_id="1"), span("c", 9, flow_id="x")]
    )

    assert [(run.flow_id, run.run_id) for run in found] == [("a", "1"), ("a", "2"), ("x", "r")]


def test_same_nanosecond():
    """Of spans that begin at once, the outer one is first."""
    (found,) = group_runs([span("inner", parent="outer"), span("outer")])

    assert found.steps == ("outer", "inner")


def test_timeline(run):
    """A timeline shows who called whom, when each ran, what it waited, and how it ended."""
    assert run.timeline().splitlines() == [
        "orders a",
        "begin       " + "█" * 30 + "  40.000 ms",
        "├── charge   ████                           5.000 ms failed: ValueError",
        "├── pack          ███████████████           20.000 ms (ran 1.000 ms)",
        "└── pack                          ███       4.000 ms cancelled",
    ]


def test_timeline_of_deep_calls():
    """Calls may be deeper than Python's recursion allows."""
    spans = [span(f"s{n}", n, 5000 - n, f"s{n - 1}" if n else None) for n in range(3000)]

    lines = RecordedRun("a", "r", None, group_runs(spans)[0].spans).timeline().splitlines()

    assert (len(lines), lines[0]) == (3001, "no flow a")


@pytest.mark.usefixtures("orders")
def test_graph(run):
    """The declared flow says what became of each step."""
    nodes = {node.name: (node.status, node.note) for node in run.graph().nodes}

    assert nodes == {
        "begin": ("visited", "40.000 ms"),
        "charge": ("failed", "ValueError, 5.000 ms"),
        "pack": ("visited", "2 times, 24.000 ms"),
        "send": ("unreached", "not reached"),
    }


@pytest.mark.usefixtures("orders")
def test_mermaid(run):
    """In Mermaid, failed and unreached steps have their own looks, also without colour."""
    text = run.draw()

    assert 'charge[["charge<br/><small>(HTTP)<br/>ValueError, 5.000 ms</small>"]]:::failed' in text
    assert 'send("send<br/><small>not reached</small>"):::unreached' in text
    assert re.search("classDef failed fill:.*,stroke-width:3px", text)
    assert re.search("classDef unreached fill:.*,stroke-dasharray:2 4", text)


@pytest.mark.usefixtures("orders")
def test_svg(run):
    """An image shows the same, in colours that the page can change."""
    svg = run.draw("svg", direction="LR")

    assert "not reached" in svg
    assert re.search('class="penstock-node [^"]*penstock-failed"', svg)
    assert re.search('class="penstock-node [^"]*penstock-unreached"', svg)
    assert "var(--penstock-bad, " in svg


@pytest.mark.usefixtures("orders")
def test_other_formats(run):
    """A tree, JSON and PNG show the same."""
    assert "charge (HTTP, ValueError, 5.000 ms)" in run.draw("text")
    assert json.loads(run.draw("json"))["nodes"][3]["status"] == "unreached"
    assert run.draw("png").startswith(b"\x89PNG")


@pytest.mark.usefixtures("orders")
def test_drawn_to_a_file(run, tmp_path):
    """A run is drawn into a file whose suffix decides the format, and as any graph is."""
    drawn = run.draw(output=tmp_path / "run.svg")

    assert (tmp_path / "run.svg").read_text(encoding="utf-8") == f"{drawn}\n"
    assert drawn.startswith("<svg")
    assert draw(run, "json") == generate_dag(run, "json") == run.draw("json")


def test_unknown_flow(run):
    """A run of a flow that is not declared here cannot be drawn, but has a timeline."""
    with pytest.raises(UnknownFlowError):
        run.draw()

    assert run.timeline().startswith("orders a")


def test_recorded():
    """The runs that a test records can be read and drawn."""
    with record_runs() as recorded:
        made = flow("orders")
        charge = made(step(name="charge", after="begin")(lambda: 1))
        begin = made(entrypoint(name="begin")(lambda: charge()))
        begin()

    assert recorded.steps == ("begin", "charge")
    assert len(recorded.spans) == 2
    (run,) = recorded.runs
    assert "charge" in run.timeline()


@pytest.mark.parametrize(
    "line",
    [
        "{\n",
        "{}\n",
        "{}",
        "[]\n",
        "7\n",
        "null\n",
        "\0\0\0\n",
        "\ufffd\n",
        pytest.param("[" * 100_000 + "\n", marks=pytest.mark.needs("deep stack")),
        '{"flow": "ord{"flow": {"flow": \n',
    ],
    ids=["json", "names", "end", "list", "number", "null", "zeros", "bytes", "deep", "parts"],
)
def test_lines_that_are_no_spans(tmp_path, caplog, line):
    """A line that is not a span is left out, and logged by its number."""
    file = tmp_path / "spans.jsonl"
    whole = json.dumps(span("begin")).encode()
    file.write_bytes(whole + b"\n" + line.encode().replace(b"\xef\xbf\xbd", b"\xff"))
    with file.open("ab") as lines:
        lines.write(b"" if line == "{}" else b"\n" + json.dumps(span("send", 5)).encode())

    steps = read_runs(file)[0].steps

    assert steps == (("begin",) if line == "{}" else ("begin", "send"))
    assert caplog.messages == [f"{file}: 1 lines are not whole spans and are left out: 2"]


def test_many_lines_that_are_no_spans(tmp_path, caplog):
    """However many lines are broken, one record says so."""
    file = tmp_path / "spans.jsonl"
    file.write_text("{\n" * 30 + json.dumps(span("begin")), encoding="utf-8")

    assert read_runs(file)[0].steps == ("begin",)
    (message,) = caplog.messages
    assert message.endswith("30 lines are not whole spans and are left out: " + ", ".join(
        map(str, range(1, 21))
    ) + " and more")  # fmt: skip


def test_line_after_a_part_of_one(tmp_path, caplog):
    """A whole span behind a part of another one, as a full disk leaves it, is read."""
    file = tmp_path / "spans.jsonl"
    whole = json.dumps(span("begin"))
    file.write_text(f"{whole[:40]}{whole}\n", encoding="utf-8")

    assert read_runs(file)[0].steps == ("begin",)
    assert caplog.messages == [f"{file}: 1 lines are not whole spans and are left out: 1"]


def test_order_of_one_process():
    """Spans of one process are in the order in which they began, whatever its clock says."""
    steps = [("c", 0, 3), ("b", 7, 2), ("d", 0, 4), ("a", 0, 1)]
    spans = [span(name, at, process_id="p", sequence=number) for name, at, number in steps]

    (found,) = group_runs(spans)

    assert found.steps == ("a", "b", "c", "d")
    assert "d" in found.timeline()


def test_order_of_several_processes():
    """Spans of several processes are put together by the clock, and keep their own order."""
    first = [("a", 0, 1), ("b", 10, 2), ("c", 10, 3), ("d", 40, 4)]
    second = [("B", 10, 5), ("X", 30, 6), ("Y", 20, 7)]
    spans = [span(name, at, process_id="p", sequence=number) for name, at, number in first]
    spans += [span(name, at, process_id="q", sequence=number) for name, at, number in second]

    (found,) = group_runs(reversed(spans))

    assert found.steps == ("a", "b", "c", "B", "X", "Y", "d")


def test_order_of_runs_that_begin_at_once():
    """A run that is called in another one is behind it, though it ends and is read first."""
    spans = [
        span("inner", run_id="2", process_id="p", sequence=2),
        span("outer", run_id="1", process_id="p", sequence=1),
    ]

    assert [found.steps for found in group_runs(spans)] == [("outer",), ("inner",)]


@pytest.mark.parametrize("tick", [1_000, 15_625_000], ids=["macOS", "Windows"])
def test_coarse_clock(monkeypatch, tick):
    """The order does not depend on how fine the clock is."""
    monkeypatch.setattr(
        "penstock._runtime.recording.time_ns", lambda: time.time_ns() // tick * tick
    )
    with record_runs() as recorded:
        made = flow("orders")
        third = made(step(name="third", after="second")(lambda: None))
        second = made(step(name="second", after="first")(lambda: third()))
        first = made(entrypoint(name="first")(lambda: second()))
        first()

    assert recorded.steps == ("first", "second", "third")


def test_line_that_is_being_written(tmp_path):
    """A line that another process has not finished is left out."""
    file = tmp_path / "spans.jsonl"
    whole, part = json.dumps(span("begin")), json.dumps(span("charge"))[:-9]
    file.write_text(f"{whole}\n{part}", encoding="utf-8")

    assert read_runs(file)[0].steps == ("begin",)


def test_names_of_a_later_version(tmp_path):
    """Members that a later version adds are ignored."""
    file = tmp_path / "spans.jsonl"
    file.write_text(json.dumps(span("begin") | {"new": 1}), encoding="utf-8")

    assert read_runs(file)[0].steps == ("begin",)
