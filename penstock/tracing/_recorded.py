"""Recorded runs, and showing them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from operator import itemgetter
from os import PathLike
from typing import Any, Literal, overload

from penstock._runtime.spans import DeclaredStep, Outcome, Span
from penstock.graph import get_flow
from penstock.graph._model import Direction, Graph, Node
from penstock.render import Format, TextFormat, draw

__all__ = ["RecordedRun", "RecordedSpan"]

_BAR = 30
"""Columns of a timeline."""


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
        format: str | None = None,
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
