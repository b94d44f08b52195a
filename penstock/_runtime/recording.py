"""Recording what runs: one span for each execution of a step, while tracing is on.

A span is written to in place and handed on when its step is over, so that
recording costs no more than it has to.
"""

# ruff: noqa: SLF001 - spans are written to in the hot path

import logging
import threading
from collections import deque
from collections.abc import Iterator
from itertools import count
from time import perf_counter_ns, time_ns
from typing import Any, Protocol

from penstock._runtime.control_flow import find_ending
from penstock._runtime.exporter import Exporter, call_exporter, is_first, log_once
from penstock._runtime.returned import drive_returned
from penstock._runtime.run import closed_marks, current, is_same_run, open_run
from penstock._runtime.scope import Scope
from penstock._runtime.spans import LostSpan, Recorded, Span, current_span, find_span

__all__ = ["export_to", "export_waiting", "is_tracing", "recording_scope", "set_tracing"]

_SLOW_NS = 100_000_000
_logger = logging.getLogger("penstock")
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


active_exporters: tuple[Exporter, ...] = ()
"""The exporters that receive spans."""

_context_exporters: tuple[Any, ...] = ()
"""Those of them that are called whenever a body goes on and waits."""


class _State:
    """Whether a thread is exporting, and what is to be exported after that."""

    __slots__ = ("is_exporting", "waiting")

    def __init__(self) -> None:
        self.is_exporting = False
        self.waiting = deque[Span]()


class _ThreadLocal(Protocol):
    state: _State


_local: type = object
thread_local: _ThreadLocal
"""The state of each thread."""


def _bind_to_threads() -> None:
    """Give each thread its own state, or each greenlet once gevent has patched threads."""
    global _local, thread_local  # noqa: PLW0603 - there is one of it
    if threading.local is not _local:
        _local = threading.local

        class ThreadLocal(threading.local):
            def __init__(self) -> None:
                self.state = _State()

        thread_local = ThreadLocal()


_bind_to_threads()


def export_to(chosen: tuple[Exporter, ...]) -> None:
    """Let *chosen* receive spans, and nothing else."""
    global active_exporters, _context_exporters  # noqa: PLW0603 - settings of the process
    _bind_to_threads()
    active_exporters = chosen
    _context_exporters = tuple(exporter for exporter in chosen if hasattr(exporter, "resume"))


def recording_scope(of: Recorded) -> Scope:
    """Return what records every call of the function that *of* declares."""
    get_run, get_span, marks = current.get, current_span.get, closed_marks
    new, clock = object.__new__, time_ns

    def begin() -> Span | None:
        run = open_run() if marks else get_run()  # what is current somewhere may be over
        # An exporter may call steps itself: those are not recorded.
        if run is None or not active_exporters or thread_local.state.is_exporting:
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
        if _context_exporters:
            for exporter in _context_exporters:
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
        if _context_exporters:
            for exporter in _context_exporters:
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
    state = thread_local.state
    if state.is_exporting:  # a generator that was collected within an exporter
        state.waiting.append(span)
        return
    state.is_exporting = True
    try:
        _export(span, span._ended)
        if state.waiting:
            export_waiting(state.waiting)
    finally:
        state.is_exporting = False


def export_waiting(waiting: deque[Span]) -> None:
    """Give the spans that are *waiting* to all exporters."""
    while waiting:
        _export(waiting.popleft(), perf_counter_ns())


def _export(span: Span, since: int) -> None:
    """Give *span* to all exporters, *since* when this was to be done."""
    for exporter in active_exporters:
        try:
            exporter.export(span)
        except Exception as error:
            log_once(exporter, error)
        now = perf_counter_ns()
        if now - since > _SLOW_NS and is_first(exporter, "slow"):
            message = "the exporter %r took longer than %s ms: put it into BackgroundExporter(...)"
            _logger.warning(message, exporter, _SLOW_NS // 1_000_000)
        since = now
