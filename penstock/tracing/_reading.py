"""Putting runs together from their spans, also from those in a file."""

import json
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Any

from penstock._runtime.spans import Span
from penstock.tracing._recorded import RecordedRun, RecordedSpan

__all__ = ["group_runs", "read_runs"]

_MOST_NUMBERS = 20
"""How many numbers of broken lines are logged."""

_BEGIN = '{"flow": '
"""How the line of a span begins."""

_SHARED = ("flow", "flow_id", "run_id", "step", "outcome")
"""The values that many spans share: kept once, not once for each line."""

_logger = logging.getLogger("penstock")


def _intern(value: Any) -> Any:
    return sys.intern(value) if type(value) is str else value


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
