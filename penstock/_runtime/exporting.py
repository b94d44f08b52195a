"""What receives spans: which exporters there are, and calling them."""

import atexit
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any, Protocol

from penstock._common.callables import check_plain_function
from penstock._common.forks import renew_after_fork
from penstock._runtime.spans import Span
from penstock.exceptions import ConfigurationError

__all__ = [
    "Exporter",
    "call_exporter",
    "export_span",
    "export_waiting",
    "exporters",
    "flush",
    "is_first",
    "set_exporters",
]

_SLOW_NS = 100_000_000
_logger = logging.getLogger("penstock")


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


active: tuple[Exporter, ...] = ()
"""What receives spans. It is read from this module each time."""

active_in_context: tuple[Any, ...] = ()
"""Those of them that are called whenever a body goes on and waits."""

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
thread_local: _ThreadLocal
"""What a thread has of its own. It is read from this module each time."""


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


def exporters() -> tuple[Exporter, ...]:
    """Return what receives spans."""
    return active


def set_exporters(*chosen: Exporter) -> None:
    """Let *chosen* receive spans, and nothing else."""
    global active, active_in_context  # noqa: PLW0603 - settings of the process
    for exporter in chosen:
        _check_exporter(exporter)
    _bind_to_threads()
    _reported.clear()  # of exporters that are gone, whose addresses may serve again
    active = chosen
    active_in_context = tuple(exporter for exporter in chosen if hasattr(exporter, "resume"))
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
    for exporter in active:
        call_exporter(exporter, exporter.flush)


is_exiting = False
"""Whether the process ends. It is read from this module each time."""


def _flush_last() -> None:
    """Flush, and let what comes later be exported at once: a thread may not live to do it."""
    global is_exiting  # noqa: PLW0603 - there is one process
    is_exiting = True
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


def export_waiting(waiting: deque[Span]) -> None:
    """Give the spans that are *waiting* to all exporters."""
    while waiting:
        export_span(waiting.popleft(), perf_counter_ns())


def export_span(span: Span, since: int) -> None:
    """Give *span* to all exporters, *since* when this was to be done."""
    for exporter in active:
        try:
            exporter.export(span)
        except Exception as error:
            _log_once(exporter, error)
        now = perf_counter_ns()
        if now - since > _SLOW_NS and is_first(exporter, "slow"):
            message = "the exporter %r took longer than %s ms: put it into BackgroundExporter(...)"
            _logger.warning(message, exporter, _SLOW_NS // 1_000_000)
        since = now


def _log_once(exporter: object, error: Exception) -> None:
    """Log what *exporter* raised, the first time it does."""
    if is_first(exporter, "raised"):
        _logger.error("the exporter %r failed; this is logged once", exporter, exc_info=error)


def call_exporter(exporter: object, method: Callable[..., object], *arguments: object) -> None:
    """Call a *method* of *exporter*; what it raises is logged once."""
    try:
        method(*arguments)
    except Exception as error:
        _log_once(exporter, error)


def is_first(exporter: object, fault: str) -> bool:
    """Return whether *exporter* has *fault* for the first time."""
    known = (id(exporter), fault) in _reported
    _reported.add((id(exporter), fault))
    return not known
