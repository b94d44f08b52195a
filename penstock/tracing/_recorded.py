"""What was recorded of runs, and how it is shown."""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from heapq import merge
from operator import attrgetter, itemgetter
from os import PathLike
from pathlib import Path
from typing import Any, Literal, overload

from penstock._runtime.spans import DeclaredStep, Outcome, Span
from penstock.graph import get_flow
from penstock.graph._model import Direction, Graph, Node
from penstock.render import Format, TextFormat, draw

__all__ = ["RecordedRun", "RecordedSpan", "group_runs", "read_runs"]

_BAR = 30
"""Columns of a timeline."""

_MOST_NUMBERS = 20
"""How many numbers of broken lines are logged."""

_BEGIN = '{"flow": '
"""How the line of a span begins."""

_SHARED = ("flow", "flow_id", "run_id", "step", "outcome")
"""What many spans have in common: kept once, not once for each line."""

_logger = logging.getLogger("penstock")


def _intern(value: Any) -> Any:
    return sys.intern(value) if type(value) is str else value


@dataclass(frozen=True, slots=True)
class RecordedSpan:
    """One execution of one step, as it was recorded: the values of a `Span`.

    .. versionadded:: 0.2
    """

    flow: str | None
    flow_id: str
    run_id: str
    span_id: str
    parent_id: str | None
    step: str
    is_entrypoint: bool
    start_ns: int
    duration_ns: int
    active_ns: int
    outcome: Outcome
    exception_type: str | None
    values: Mapping[str, object]
    process_id: str = ""
    """Empty in files that were written before version 0.1 had it."""

    sequence: int = 0
    """As `process_id`: 0 in such files."""

    also: tuple[DeclaredStep, ...] = ()
    """As `process_id`: what else the function is declared to be."""

    @classmethod
    def of(cls, span: Span | Mapping[str, Any]) -> "RecordedSpan":
        """Return the values of a span, or of a line that `JsonLinesExporter` wrote.

        Names that a later version writes are left out.
        """
        found: Mapping[str, Any] = span.as_dict() if isinstance(span, Span) else span
        declared: Any = found.get("also", ())
        also = tuple(DeclaredStep(*_STEP(step)) for step in declared)
        values = [*_VALUES(found), found.get("process_id", ""), found.get("sequence", 0), also]
        return cls(*values)

    def is_step(self, flow: str | None, step: str) -> bool:
        """Return whether this is an execution of the *step* of *flow*, by whatever name."""
        return (self.flow, self.step) == (flow, step) or any(
            (other.flow, other.step) == (flow, step) for other in self.also
        )


_STEP: Callable[[Any], tuple[str, str, bool]] = itemgetter(*DeclaredStep._fields)
_VALUES = itemgetter(*[field.name for field in fields(RecordedSpan) if field.default is MISSING])


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """The recorded spans of one run.

    .. versionadded:: 0.2
    """

    flow_id: str
    """The correlation ID of the operation."""

    run_id: str
    """The ID of the run, among others of the same operation."""

    flow: str | None
    """The name of the flow."""

    spans: tuple[RecordedSpan, ...]
    """The executions of its steps, in the order in which they began."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps, in the order in which they first began."""
        return tuple(dict.fromkeys(span.step for span in self.spans))

    @property
    def outcome(self) -> Outcome:
        """The outcome of the run, which is that of its first span."""
        return self.spans[0].outcome

    @property
    def duration_ns(self) -> int:
        """The time from the beginning of the first span to the end of the last."""
        return max(span.start_ns + span.duration_ns for span in self.spans) - self.spans[0].start_ns

    @property
    def flows(self) -> tuple[str, ...]:
        """The names of all flows that the entrypoint begins, `flow` first."""
        first = self.spans[0]
        others = [s.flow for s in first.also if s.is_entrypoint] if first.is_entrypoint else []
        return tuple(dict.fromkeys([self.flow, *others] if self.flow is not None else others))

    def graph(self, flow: str | None = None) -> Graph:
        """Return the declared flow with the result of each step in this run.

        Args:
            flow: The name of the flow, if the run is of several. None means `flow`.

        Raises:
            UnknownFlowError: If the flow is not declared in this process.
        """
        name = self.flow if flow is None else flow
        graph = get_flow(name or "").graph()
        return replace(graph, nodes=tuple(self._observed(name, node) for node in graph.nodes))

    def _observed(self, flow: str | None, node: Node) -> Node:
        spans = [span for span in self.spans if span.is_step(flow, node.name)]
        if not spans:
            return replace(node, status="unreached", note="not reached")
        took = _milliseconds(sum(span.duration_ns for span in spans))
        times = f"{len(spans)} times, {took}" if len(spans) > 1 else took
        failed = next((span for span in spans if span.outcome == "error"), None)
        if failed is None:
            return replace(node, status="visited", note=times)
        return replace(node, status="failed", note=f"{failed.exception_type}, {times}")

    @overload
    def draw(
        self,
        format: None = ...,
        output: None = ...,
        *,
        flow: str | None = ...,
        direction: Direction = ...,
    ) -> str: ...
    @overload
    def draw(
        self,
        format: TextFormat,
        output: str | PathLike[str] | None = ...,
        *,
        flow: str | None = ...,
        direction: Direction = ...,
    ) -> str: ...
    @overload
    def draw(
        self,
        format: Literal["png"],
        output: str | PathLike[str] | None = ...,
        *,
        flow: str | None = ...,
        direction: Direction = ...,
    ) -> bytes: ...
    @overload
    def draw(
        self,
        format: Format | None = ...,
        output: str | PathLike[str] | None = ...,
        *,
        flow: str | None = ...,
        direction: Direction = ...,
    ) -> str | bytes: ...
    @overload
    def draw(
        self,
        format: str,
        output: str | PathLike[str] | None = ...,
        *,
        flow: str | None = ...,
        direction: Direction = ...,
    ) -> Any: ...  # a format of others: text or bytes
    def draw(
        self,
        format: str | None = None,  # noqa: A002 - the word of `generate_dag`
        output: str | PathLike[str] | None = None,
        *,
        flow: str | None = None,
        direction: Direction = "TD",
    ) -> str | bytes:
        """Draw the flow with the result of each step in this run, in colours.

        Args:
            format: As for `penstock.render.draw`, which draws a run without colours.
            output: As for `penstock.render.draw`.
            flow: The name of the flow, if the run is of several. None means `flow`.
            direction: As for `penstock.render.draw`.

        Raises:
            UnknownFlowError: If the flow is not declared in this process.
            UnknownFormatError: If there is no such format.
            OutputFormatError: If the suffix of *output* is that of another format,
                or of none and *format* is None.
            RenderError: If an image cannot be drawn.
            OSError: If *output* cannot be written.
        """
        return draw(self.graph(flow), format, output, direction, styled=True)

    def timeline(self) -> str:
        """Return a tree of the spans for a terminal, with when each ran and how it ended.

        It has characters that not every encoding has: write it to a file as UTF-8. Windows has
        another encoding for what is printed to a pipe, unless ``PYTHONUTF8=1`` is set.
        """
        head = f"{self.flow or 'no flow'} {self.flow_id}"
        rows = list(self._rows())
        width = max(len(name) for name, _ in rows)
        begin, whole = self.spans[0].start_ns, max(1, self.duration_ns)
        lines = [
            f"{name.ljust(width)}  {_bar(span, begin, whole)}  {_describe(span)}"
            for name, span in rows
        ]
        return "\n".join([head, *lines])

    def _rows(self) -> Iterator[tuple[str, RecordedSpan]]:
        """Yield the spans in the order of a tree, each with its name and branches before it."""
        known = {span.span_id for span in self.spans}
        below: dict[str | None, list[RecordedSpan]] = {}
        for span in self.spans:
            parent = span.parent_id if span.parent_id in known else None
            below.setdefault(parent, []).append(span)
        # An explicit stack: calls may be deeper than Python's recursion allows.
        stack = [(span, "", "") for span in reversed(below.get(None, []))]
        while stack:
            span, branch, indent = stack.pop()
            yield branch + span.step, span
            children = below.get(span.span_id, [])
            for child in reversed(children):
                is_last = child is children[-1]
                stack.append(
                    (
                        child,
                        indent + ("└── " if is_last else "├── "),
                        indent + ("    " if is_last else "│   "),
                    )
                )


def _bar(span: RecordedSpan, begin: int, whole: int) -> str:
    first = max(0, min(_BAR - 1, (span.start_ns - begin) * _BAR // whole))
    length = max(1, round(span.duration_ns * _BAR / whole))
    return (" " * first + "█" * min(length, _BAR - first)).ljust(_BAR)


def _describe(span: RecordedSpan) -> str:
    parts = [_milliseconds(span.duration_ns)]
    waited = span.duration_ns - span.active_ns
    if waited > span.duration_ns // 10:
        parts.append(f"(ran {_milliseconds(span.active_ns)})")
    if span.outcome == "error":
        parts.append(f"failed: {span.exception_type}")
    elif span.outcome != "ok":
        parts.append(span.outcome)
    return " ".join(parts)


def _milliseconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e6:.3f} ms"


def group_runs(spans: Iterable[Span | Mapping[str, Any]]) -> tuple[RecordedRun, ...]:
    """Return the runs that *spans* are of, in the order in which they began.

    Spans of one process are in the order in which they began, without its clock;
    spans of several processes are ordered by their clocks.

    .. versionadded:: 0.2
    """
    return _group(map(RecordedSpan.of, spans))


def _group(spans: Iterable[RecordedSpan]) -> tuple[RecordedRun, ...]:
    runs: dict[tuple[str, str], list[RecordedSpan]] = {}
    ordered = [*_in_order(spans)]
    callers = _callers(ordered)
    for span in ordered:
        runs.setdefault((span.flow_id, span.run_id), []).append(span)
        caller = callers.get(span.parent_id or "")
        if caller is not None and _is_step_of(span, caller):
            runs[caller.flow_id, caller.run_id].append(span)
    return tuple(
        RecordedRun(flow_id, run_id, found[0].flow, tuple(found))
        for (flow_id, run_id), found in runs.items()
    )


def _callers(spans: Sequence[RecordedSpan]) -> dict[str, RecordedSpan]:
    """Return by its ID each span in which another run began that may be a step of its run."""
    wanted = {span.parent_id for span in spans if span.also and span.is_entrypoint}
    return {span.span_id: span for span in spans if span.span_id in wanted}


def _is_step_of(span: RecordedSpan, caller: RecordedSpan) -> bool:
    """Return whether *span*, with which a run began, is also a step of the run that called it."""
    flows = {caller.flow, *(step.flow for step in caller.also)}
    return span.is_entrypoint and any(
        step.flow in flows and not step.is_entrypoint for step in span.also
    )


def _in_order(spans: Iterable[RecordedSpan]) -> Iterable[RecordedSpan]:
    """Return *spans* in the order in which they began."""
    processes: dict[str, list[RecordedSpan]] = {}
    for span in spans:
        processes.setdefault(span.process_id, []).append(span)
    for process, found in processes.items():
        found.sort(key=attrgetter("sequence") if process else _by_clock(found))
    return merge(*processes.values(), key=attrgetter("start_ns", "sequence"))


def _by_clock(spans: Sequence[RecordedSpan]) -> Callable[[RecordedSpan], tuple[int, bool]]:
    """Return the order of *spans* whose sequence is not known.

    Spans that began in the same nanosecond are ordered by which one called the other.
    """
    inside = {span.span_id for span in spans}
    return lambda span: (span.start_ns, span.parent_id in inside)


def read_runs(path: str | Path) -> tuple[RecordedRun, ...]:
    """Return the runs in a file that `JsonLinesExporter` wrote, or is writing.

    An incomplete last line, which another process is still writing, is left out.
    Lines that are not spans, for example after a full disk, are left out and
    logged with their numbers.

    Raises:
        OSError: If the file cannot be read.

    .. versionadded:: 0.2
    """
    broken: list[int] = []
    with Path(path).open(encoding="utf-8", errors="replace") as lines:
        runs = _group(_read_spans(lines, broken))
    if broken:
        numbers = ", ".join(map(str, broken[:_MOST_NUMBERS]))
        more = " and more" if len(broken) > _MOST_NUMBERS else ""
        message = "%s: %s lines are not whole spans and are left out: %s%s"
        _logger.warning(message, path, len(broken), numbers, more)
    return runs


def _read_spans(lines: Iterable[str], broken: list[int]) -> Iterator[RecordedSpan]:
    """Yield the spans in *lines*, and add the numbers of *broken* lines."""
    for number, line in enumerate(lines, 1):
        try:
            yield _read_span(line)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if isinstance(error, json.JSONDecodeError) and not line.endswith("\n"):
                return  # a process is writing it: a reader may see a part of one write
            if not line.isspace():
                broken.append(number)
                yield from _read_last(line)


def _read_span(line: str) -> RecordedSpan:
    values = json.loads(line)
    for name in _SHARED:
        values[name] = _intern(values[name])
    values["process_id"] = _intern(values.get("process_id", ""))
    return RecordedSpan.of(values)


def _read_last(line: str) -> Iterator[RecordedSpan]:
    """Yield the span at the end of a *line* that begins with a part of another one."""
    begin = line.rfind(_BEGIN)
    if begin > 0:
        try:
            yield _read_span(line[begin:])
        except (ValueError, KeyError, TypeError, RecursionError):
            return
