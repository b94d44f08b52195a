"""An exporter that calls another one in a background thread."""

import logging
import queue
import threading
from contextvars import Context

from penstock._common.forks import renew_after_fork, renew_if_forked
from penstock._runtime import active_exporters, recording
from penstock._runtime.exporter import Exporter, call_exporter, is_first
from penstock._runtime.recording import export_waiting
from penstock._runtime.spans import Span

__all__ = ["BackgroundExporter"]

_LONGEST_FLUSH_S = 10.0
_logger = logging.getLogger("penstock")


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
        """Keep *span* until the thread exports it. If no thread can be started, export it here."""
        renew_if_forked()
        if active_exporters.is_exiting or (self._thread is None and not self._start()):
            self._exporter.export(span)
        elif self._waiting.qsize() < self._max_queue_size:
            self._waiting.put(span)
        elif is_first(self, "full"):
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
                if is_first(self, "thread"):
                    message = "no thread for the exporter %r: %s. Until there is one, steps wait"
                    _logger.warning(message, self._exporter, error)
                return False
            self._thread = thread
            return True

    def flush(self) -> None:
        """Wait until all spans that wait now are exported, for ten seconds at most."""
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
        state = recording.thread_local.state
        state.is_exporting = True  # what the exporter calls is not recorded
        while True:
            self._export_next()
            export_waiting(state.waiting)

    def _export_next(self) -> None:
        item = self._waiting.get()
        if isinstance(item, threading.Event):
            item.set()
        else:
            call_exporter(self._exporter, self._exporter.export, item)

    def __repr__(self) -> str:
        return f"BackgroundExporter({self._exporter!r})"
