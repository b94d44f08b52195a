"""Recording what runs: one span for each execution of a step, while tracing is on.

A span is written to in place and handed on when its step is over, so that
recording costs no more than it has to.
"""

# ruff: noqa: SLF001 - spans are written to in the hot path

from collections.abc import Iterator
from itertools import count
from time import perf_counter_ns, time_ns
from typing import Any

from penstock._runtime import exporting
from penstock._runtime.control_flow import find_ending
from penstock._runtime.exporting import call_exporter, export_span, export_waiting
from penstock._runtime.returned import drive_returned
from penstock._runtime.run import closed_marks, current, is_same_run, open_run
from penstock._runtime.scope import Scope
from penstock._runtime.spans import LostSpan, Recorded, Span, current_span, find_span

__all__ = ["is_tracing", "recording_scope", "set_tracing"]

_begun: Iterator[int] = count(1)
# Looked up once, for each recorded step needs them.
_set_span, _reset_span, _get_run = current_span.set, current_span.reset, current.get

_is_tracing = False


def is_tracing() -> bool:
    """Return whether steps that are declared now will be recorded.

    .. versionadded:: 0.2
    """
    return _is_tracing


def set_tracing(is_on: bool) -> None:
    """Switch the recording of steps that are declared from now on."""
    global _is_tracing  # noqa: PLW0603 - a setting of the process
    _is_tracing = is_on


def recording_scope(of: Recorded) -> Scope:
    """Return what records every call of the function that *of* declares."""
    get_run, get_span, marks = current.get, current_span.get, closed_marks
    new, clock = object.__new__, time_ns

    def begin() -> Span | None:
        run = open_run() if marks else get_run()  # what is current somewhere may be over
        # An exporter may call steps itself: those are not recorded.
        if run is None or not exporting.active or exporting.thread_local.state.is_exporting:
            return None
        # In place, and without `__init__`: this is what the call of a recorded step costs.
        span = new(Span)
        span._run, span._of = run, of
        parent = find_span() if marks else get_span()
        if parent is None:
            span._parent = None
        else:
            number = parent._number or parent._take_number()
            span._parent = number, parent._run, parent._of
        span._error = None
        span._active = span._number = span._began = 0
        span.start_ns = clock()
        span.sequence = next(_begun)
        return span

    return Scope(
        *(begin, _enter, _leave, _end),
        at_awaits=True,
        take=_take,
        lose=_lose,
        recipe=(recording_scope, (of,)),
    )


def _take(span: Span | None, result: Any, _: bool) -> Any:
    """Let *span* go on in what a step returned, if a body waits in that."""
    if span is None:
        return None
    scope = Scope(lambda: span, _enter, _leave, _end, at_awaits=True, lose=_lose)
    return drive_returned(result, lambda: scope, refuses=False)


def _enter(span: Span | None) -> Span | None:
    if span is not None:
        span._token = _set_span(span)
        if exporting.active_in_context:
            for exporter in exporting.active_in_context:
                call_exporter(exporter, exporter.resume, span)
        span._resumed = now = perf_counter_ns()
        if not span._began:
            span._began = now
    return span


def _leave(span: Span | None) -> None:
    if span is not None:
        span._ended = now = perf_counter_ns()
        span._active += now - span._resumed
        here = _get_run()
        if here is not span._run and here is not None and is_same_run(here, span._run):
            span._run = here  # with what this context has annotated by now
        if exporting.active_in_context:
            for exporter in exporting.active_in_context:
                call_exporter(exporter, exporter.suspend, span)
        _reset_span(span._token)
        del span._token  # it holds the span before


def _lose(span: Span, _: object) -> None:
    span.__class__ = LostSpan
    closed_marks[:] = [True]


def _end(span: Span | None, raised: BaseException | None) -> None:
    if span is None:
        return
    if raised is not None:
        span._error, span._ending = type(raised), find_ending(raised)
    state = exporting.thread_local.state
    if state.is_exporting:  # a generator that was collected within an exporter
        state.waiting.append(span)
        return
    state.is_exporting = True
    try:
        export_span(span, span._ended)
        if state.waiting:
            export_waiting(state.waiting)
    finally:
        state.is_exporting = False
