"""Recording what runs: one span for each execution of a step, while tracing is on.

A span is written to in place and handed on when its step is over, so that
recording costs no more than it has to.
"""

import atexit
import logging
import queue
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import Context, ContextVar, Token
from inspect import unwrap
from itertools import count
from os import urandom
from time import perf_counter_ns, time_ns
from typing import Any, Literal, NamedTuple, Protocol

from penstock._common.callables import check_plain_function
from penstock._common.forks import renew_after_fork, renew_if_forked
from penstock._runtime.control_flow import Ending, find_ending
from penstock._runtime.ids import LazyId, digits_of
from penstock._runtime.returned import drive_returned
from penstock._runtime.run import (
    Run,
    closed_marks,
    current,
    is_same_run,
    open_run,
    remote_of,
    values_shown,
)
from penstock._runtime.scope import Scope
from penstock._runtime.traceparent import Remote
from penstock.exceptions import ConfigurationError

__all__ = [
    "BackgroundExporter",
    "DeclaredStep",
    "Exporter",
    "Outcome",
    "ParentSpan",
    "Recordable",
    "Span",
    "current_span",
    "exporters",
    "find_span",
    "flush",
    "is_tracing",
    "recording_scope",
    "set_exporters",
    "set_tracing",
]

Outcome = Literal["ok", "error", "cancelled", "closed", "responded", "retried", "stopped"]
"""How a step ended.

It returned; it raised; its task was cancelled; nobody went on with it; it raised
a response below 500; it asked its queue to run it again; it asked its queue to end
it without success or failure.
"""

_SLOW_NS = 100_000_000
_logger = logging.getLogger("penstock")


class Recordable(Protocol):
    """A declared step."""

    name: str
    flows: tuple[str, ...]
    is_entrypoint: bool


class Recorded(Protocol):
    """What a span is of: a function, with all steps that it is declared to be, one at least."""

    @property
    def steps(self) -> Sequence[Recordable]: ...


class DeclaredStep(NamedTuple):
    """What a function is declared to be in one flow.

    .. versionadded:: 0.2
    """

    flow: str
    """The name of the flow."""

    step: str
    """The name of the step."""

    is_entrypoint: bool
    """Whether runs of the flow begin with it."""


class Span(LazyId):
    """One execution of one step within a run.

    Times of day are nanoseconds since 1970 (`time.time_ns`), durations are
    nanoseconds of a clock that never goes back (`time.perf_counter_ns`).

    .. versionadded:: 0.2
    """

    __slots__ = (
        "_active",
        "_began",
        "_ended",
        "_ending",
        "_error",
        "_of",
        "_parent",
        "_resumed",
        "_run",
        "_token",
        "sequence",
        "start_ns",
    )

    _active: int
    _began: int
    _ended: int
    _error: type[BaseException] | None
    _ending: Ending | None  # where there is an error
    _resumed: int
    _token: Token["Span | None"]

    _run: Run
    _of: Recorded
    _parent: tuple[int, Run, Recorded] | None
    """Of the span in which this one began. Not the span: it would hold that of all spans before,
    in a timer that goes on and on."""

    start_ns: int
    """When the step began."""

    sequence: int
    """How many spans had begun in the process by then. It orders them; a clock may not."""

    @property
    def step(self) -> str:
        """The name of the step, as `flow` calls it."""
        return self._declared()[1].name

    @property
    def is_entrypoint(self) -> bool:
        """Whether the run began with this span."""
        if not self._declared()[1].is_entrypoint:
            return False
        if len(self._of.steps) == 1:
            return True
        # What is declared as a step too may be called as that, within the run.
        is_inside = self._parent is not None and is_same_run(self._parent[1], self._run)
        return not is_inside or all(step.is_entrypoint for step in self._of.steps)

    @property
    def begins_run(self) -> bool:
        """Whether its run began with this step, an entrypoint or a task of a queue."""
        return self._run.entrypoint == self.step

    @property
    def kind(self) -> str | None:
        """What the step touches, as `penstock.step` has it, or None."""
        return getattr(self._declared()[1], "kind", None)

    @property
    def receives(self) -> tuple[str, ...]:
        """The channels that the step receives from, as it is declared."""
        return self._channels("receives")

    @property
    def sends(self) -> tuple[str, ...]:
        """The channels that the step sends to, as it is declared."""
        return self._channels("sends")

    def _channels(self, direction: str) -> tuple[str, ...]:
        return getattr(getattr(self._declared()[1], "options", None), direction, ())

    @property
    def function(self) -> Callable[..., Any] | None:
        """The declared function, without what was put around it."""
        function = getattr(self._declared()[1], "function", None)
        return None if function is None else unwrap(function)

    @property
    def remote(self) -> Remote | None:
        """The trace in the process that sent the operation here, or None if it sent none."""
        return remote_of(self._run)

    @property
    def flow(self) -> str | None:
        """The name of the run's flow, or else of the first that has the step."""
        return self._declared()[0]

    @property
    def also(self) -> tuple[DeclaredStep, ...]:
        """What else the function is declared to be, in other flows or by other names."""
        steps = self._of.steps
        if len(steps) == 1 and len(steps[0].flows) <= 1:
            return ()
        flow, chosen = self._declared()
        found = [
            DeclaredStep(f, step.name, step.is_entrypoint) for step in steps for f in step.flows
        ]
        return tuple(s for s in dict.fromkeys(found) if s[:2] != (flow, chosen.name))

    def _declared(self) -> tuple[str | None, Recordable]:
        """Return the flow and the step that the run means."""
        return _find_declared(self._run, self._of)

    @property
    def flow_id(self) -> str:
        """The correlation ID of the operation."""
        return self._run.flow_id

    @property
    def span_id(self) -> str:
        """The ID of this execution, 16 hexadecimal digits that may be a parent-id in a header."""
        return self._digits()

    @property
    def parent(self) -> "ParentSpan | None":
        """The IDs and names of the span in which this one began, or None.

        It is of another operation where the flow IDs differ.
        """
        if self._parent is None:
            return None
        number, run, of = self._parent
        flow, step = _find_declared(run, of)
        return ParentSpan(digits_of(number), run.flow_id, run.run_id, flow, step.name)

    @property
    def parent_id(self) -> str | None:
        """The ID of the span in which this one began, or None."""
        return None if self._parent is None else digits_of(self._parent[0])

    @property
    def run_id(self) -> str:
        """The ID of the run."""
        return self._run.run_id

    @property
    def process_id(self) -> str:
        """16 hexadecimal digits, different for each process."""
        renew_if_forked()
        return _process_id

    @property
    def duration_ns(self) -> int:
        """The time from the first resumption of the body to the end of the last; 0 before that."""
        return self._ended - self._began if hasattr(self, "_ended") else 0

    @property
    def active_ns(self) -> int:
        """The time that the body ran, without what a coroutine or generator waited."""
        return self._active

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        if self._error is None:
            return "ok"
        return self._ending or "error"

    @property
    def exception_type(self) -> str | None:
        """The full name of what the step raised, or None."""
        if self._error is None:
            return None
        module, name = self._error.__module__, self._error.__qualname__
        return name if module == "builtins" else f"{module}.{name}"

    @property
    def values(self) -> Mapping[str, object]:
        """What `penstock.annotate` attached, as it was seen where the step ended."""
        return values_shown(self._run)

    def as_dict(self) -> dict[str, object]:
        """Return all of it under the names of its attributes, values as they are."""
        flow, step = self._declared()
        run = self._run
        return {
            "flow": flow,
            "flow_id": run.flow_id,
            "run_id": run.run_id,
            "span_id": self._digits(),
            "parent_id": None if self._parent is None else digits_of(self._parent[0]),
            "step": step.name,
            "is_entrypoint": step.is_entrypoint and self.is_entrypoint,
            "also": [other._asdict() for other in also] if (also := self.also) else [],
            "process_id": self.process_id,
            "sequence": self.sequence,
            "start_ns": self.start_ns,
            "duration_ns": self.duration_ns,
            "active_ns": self._active,
            "outcome": "ok" if self._error is None else self.outcome,
            "exception_type": self._error and self.exception_type,
            "values": dict(values_shown(run)),
        }

    def __repr__(self) -> str:
        if not hasattr(self, "_ended"):  # it runs
            return f"<Span {self.step}>"
        return f"<Span {self.step} {self.outcome} in {self.duration_ns / 1e6:.3f} ms>"


class _LostSpan(Span):
    """A span that is over, and that some context still has as the current one."""

    __slots__ = ()


def find_span() -> Span | None:
    """Return the span whose body is running, or None."""
    span = current_span.get()
    return None if isinstance(span, _LostSpan) else span


class ParentSpan(NamedTuple):
    """What a span keeps of the one in which it began.

    .. versionadded:: 0.2
    """

    span_id: str
    """The ID of that execution."""

    flow_id: str
    """The correlation ID of its operation."""

    run_id: str
    """The ID of its run."""

    flow: str | None
    """The name of its flow."""

    step: str
    """The name of its step."""


def _find_declared(run: Run, of: Recorded) -> tuple[str | None, Recordable]:
    """Return the flow and the step that *run* means: its own, or else the first."""
    steps = of.steps
    for flow in run._flows:
        for step in steps:
            if flow in step.flows:
                return flow, step
    first = next((step for step in steps if step.flows), steps[0])
    return (first.flows[0] if first.flows else run.flow), first


_begun: Iterator[int] = count(1)
_process_id: str


def _renew_process_id() -> None:
    global _process_id  # noqa: PLW0603 - there is one process
    _process_id = urandom(8).hex()


_renew_process_id()
renew_after_fork(_renew_process_id)


class Exporter(Protocol):
    """What receives finished spans.

    It is called in the thread of the step, right after the step is over, and
    the step waits for it: `BackgroundExporter` calls a slow one in a thread. What it
    raises is logged once and goes no further; that it takes longer than a tenth
    of a second is logged once too.

    One that also has the methods ``resume(span)`` and ``suspend(span)`` has
    them called whenever the body of a step goes on and waits, in its context.

    .. versionadded:: 0.2
    """

    def export(self, span: Span, /) -> None:
        """Take a finished span."""

    def flush(self) -> None:
        """Flush what is still kept. Called at exit, and by `penstock.tracing.flush`."""


current_span: ContextVar[Span | None] = ContextVar("penstock.span", default=None)
"""The span whose body is running."""

# Looked up once, for each recorded step needs them.
_set_span, _reset_span, _get_run = current_span.set, current_span.reset, current.get

_is_tracing = False
_exporters: tuple[Exporter, ...] = ()
_context_exporters: tuple[Any, ...] = ()
_reported = set[tuple[int, str]]()


class _State:
    """Whether a thread is exporting, and what is to be exported after that."""

    __slots__ = ("is_exporting", "waiting")

    def __init__(self) -> None:
        self.is_exporting = False
        self.waiting = deque[Span]()


class _ThreadLocal(Protocol):
    state: _State


_local: type = object
_thread_local: _ThreadLocal


def _bind_to_threads() -> None:
    """Give each thread its own state, or each greenlet once gevent has patched threads."""
    global _local, _thread_local  # noqa: PLW0603 - there is one of it
    if threading.local is not _local:
        _local = threading.local

        class ThreadLocal(threading.local):
            def __init__(self) -> None:
                self.state = _State()

        _thread_local = ThreadLocal()


_bind_to_threads()


def is_tracing() -> bool:
    """Return whether steps that are declared now will be recorded.

    .. versionadded:: 0.2
    """
    return _is_tracing


def set_tracing(is_on: bool) -> None:
    """Switch the recording of steps that are declared from now on."""
    global _is_tracing  # noqa: PLW0603 - a setting of the process
    _is_tracing = is_on


def exporters() -> tuple[Exporter, ...]:
    """Return what receives spans."""
    return _exporters


def set_exporters(*chosen: Exporter) -> None:
    """Let *chosen* receive spans, and nothing else."""
    global _exporters, _context_exporters  # noqa: PLW0603 - settings of the process
    for exporter in chosen:
        _check_exporter(exporter)
    _bind_to_threads()
    _reported.clear()  # of exporters that are gone, whose addresses may serve again
    _exporters = chosen
    _context_exporters = tuple(exporter for exporter in chosen if hasattr(exporter, "resume"))
    _flush_at_exit()
    _flush_at_exit_of_children()


def _check_exporter(exporter: object) -> None:
    location = "penstock.tracing.configure"
    for name in ("export", "flush"):
        if not callable(getattr(exporter, name, None)):
            problem = f"takes objects with the methods export and flush; {exporter!r} has no {name}"
            raise ConfigurationError(location, problem)
    for name in ("export", "flush", "resume", "suspend"):
        check_plain_function(location, f"{exporter!r}.{name}", getattr(exporter, name, None))


def flush() -> None:
    """Let every exporter flush what it still keeps.

    It happens by itself at exit, also of processes that `multiprocessing`
    starts. A process that ends with `os._exit` has to call it.

    .. versionadded:: 0.2
    """
    for exporter in _exporters:
        _call(exporter, exporter.flush)


_is_exiting = False


def _flush_last() -> None:
    """Flush, and let what comes later be exported at once: a thread may not live to do it."""
    global _is_exiting  # noqa: PLW0603 - there is one process
    _is_exiting = True
    flush()


def _flush_at_exit() -> None:
    """Have Python flush before it ends what was made before: a tracer provider, say."""
    atexit.unregister(_flush_last)
    atexit.register(_flush_last)


def _flush_at_exit_of_children() -> None:
    """Have `multiprocessing` flush, whose children end without `atexit`."""
    util = sys.modules.get("multiprocessing.util")
    if util is not None:
        util.Finalize(None, flush, exitpriority=0)
        # A child forgets the line above when it begins, and then calls this.
        util.register_after_fork(flush, lambda _: util.Finalize(None, flush, exitpriority=0))


renew_after_fork(_flush_at_exit_of_children)


def recording_scope(of: Recorded) -> Scope:
    """Return what records every call of the function that *of* declares."""
    get_run, get_span, marks = current.get, current_span.get, closed_marks
    new, clock = object.__new__, time_ns

    def begin() -> Span | None:
        run = open_run() if marks else get_run()  # what is current somewhere may be over
        # An exporter may call steps itself: those are not recorded.
        if run is None or not _exporters or _thread_local.state.is_exporting:
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
                _call(exporter, exporter.resume, span)
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
                _call(exporter, exporter.suspend, span)
        _reset_span(span._token)
        del span._token  # it holds the span before


def _lose(span: Span, _: object) -> None:
    span.__class__ = _LostSpan
    closed_marks[:] = [True]


def _end(span: Span | None, raised: BaseException | None) -> None:
    if span is None:
        return
    if raised is not None:
        span._error, span._ending = type(raised), find_ending(raised)
    state = _thread_local.state
    if state.is_exporting:  # a generator that was collected within an exporter
        state.waiting.append(span)
        return
    state.is_exporting = True
    try:
        _export(span, span._ended)
        if state.waiting:
            _export_waiting(state.waiting)
    finally:
        state.is_exporting = False


def _export_waiting(waiting: deque[Span]) -> None:
    while waiting:
        _export(waiting.popleft(), perf_counter_ns())


def _export(span: Span, since: int) -> None:
    """Give *span* to all exporters, *since* when this was to be done."""
    for exporter in _exporters:
        try:
            exporter.export(span)
        except Exception as error:
            _log_once(exporter, error)
        now = perf_counter_ns()
        if now - since > _SLOW_NS and _is_first(exporter, "slow"):
            message = "the exporter %r took longer than %s ms: put it into BackgroundExporter(...)"
            _logger.warning(message, exporter, _SLOW_NS // 1_000_000)
        since = now


def _log_once(exporter: object, error: Exception) -> None:
    """Log what *exporter* raised, the first time it does."""
    if _is_first(exporter, "raised"):
        _logger.error("the exporter %r failed; this is logged once", exporter, exc_info=error)


def _call(exporter: object, method: Callable[..., object], *arguments: object) -> None:
    """Call a *method* of *exporter*; what it raises is logged once."""
    try:
        method(*arguments)
    except Exception as error:
        _log_once(exporter, error)


def _is_first(exporter: object, fault: str) -> bool:
    """Return whether *exporter* has *fault* for the first time."""
    known = (id(exporter), fault) in _reported
    _reported.add((id(exporter), fault))
    return not known


_LONGEST_FLUSH_S = 10.0


class BackgroundExporter:
    """Calls another exporter in a background thread.

    Use it for exporters that wait for a network or a disk: the step continues at once.

    Args:
        exporter: The exporter to call.
        max_queue_size: The maximum number of spans that wait. While the queue is
            full, spans are dropped, which is logged once.

    .. versionadded:: 0.2
    """

    def __init__(self, exporter: Exporter, *, max_queue_size: int = 100_000) -> None:
        self._exporter = exporter
        self._max_queue_size = max_queue_size
        for name in ("resume", "suspend"):  # those cannot wait
            if hasattr(exporter, name):
                setattr(self, name, getattr(exporter, name))
        self._reset()
        renew_after_fork(self._reset)

    def _reset(self) -> None:
        # What waits in a forked child is exported by the parent. Taken from the modules as
        # late as this, these are what a monkey-patching of gevent puts there.
        self._waiting: queue.SimpleQueue[Span | threading.Event] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def export(self, span: Span, /) -> None:
        """Keep *span* until the thread takes it. Where there can be no thread, export it here."""
        renew_if_forked()
        if _is_exiting or (self._thread is None and not self._start()):
            self._exporter.export(span)
        elif self._waiting.qsize() < self._max_queue_size:
            self._waiting.put(span)
        elif _is_first(self, "full"):
            _logger.error("the exporter %r cannot keep up; spans are lost", self._exporter)

    def _start(self) -> bool:
        """Start the thread and return whether it runs."""
        with self._starting:
            if self._thread is not None:
                return True
            try:
                thread = threading.Thread(target=self._run, name="penstock-export", daemon=True)
                # Where threads inherit a context, this one would have a run's for good.
                Context().run(thread.start)
            except RuntimeError as error:
                if _is_first(self, "thread"):
                    message = "no thread for the exporter %r: %s. Until there is one, steps wait"
                    _logger.warning(message, self._exporter, error)
                return False
            self._thread = thread
            return True

    def flush(self) -> None:
        """Wait until all is exported that waits now, ten seconds at most."""
        renew_if_forked()
        if self._thread is not None:
            done = threading.Event()
            self._waiting.put(done)
            if not done.wait(_LONGEST_FLUSH_S):
                _logger.error("the exporter %r is stuck; spans are lost", self._exporter)
        self._export_rest()
        self._exporter.flush()

    def _export_rest(self) -> None:
        """Export here what no thread is there for."""
        while self._thread is None and not self._waiting.empty():
            self._export_next()

    def _run(self) -> None:
        try:
            self._work()
        finally:  # what the exporter raised ends the thread: the next span starts another
            with self._starting:
                self._thread = None

    def _work(self) -> None:
        state = _thread_local.state
        state.is_exporting = True  # what the exporter calls is not recorded
        while True:
            self._export_next()
            _export_waiting(state.waiting)

    def _export_next(self) -> None:
        item = self._waiting.get()
        if isinstance(item, threading.Event):
            item.set()
        else:
            _call(self._exporter, self._exporter.export, item)

    def __repr__(self) -> str:
        return f"BackgroundExporter({self._exporter!r})"
