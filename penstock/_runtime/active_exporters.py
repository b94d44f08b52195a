"""Which exporters receive spans, and flushing them before the process ends."""

import atexit
import sys

from penstock._common.forks import renew_after_fork
from penstock._runtime import recording
from penstock._runtime.exporter import Exporter, call_exporter, check_exporter, forget_faults

__all__ = ["exporters", "flush", "set_exporters"]


def exporters() -> tuple[Exporter, ...]:
    """Return what receives spans."""
    return recording.active_exporters


def set_exporters(*chosen: Exporter) -> None:
    """Let *chosen* receive spans, and nothing else."""
    for exporter in chosen:
        check_exporter(exporter)
    forget_faults()  # of exporters that are gone, whose addresses may serve again
    recording.export_to(chosen)
    _flush_at_exit()
    _flush_at_exit_of_children()


def flush() -> None:
    """Let every exporter flush what it still keeps.

    It happens by itself at exit, also of processes that `multiprocessing`
    starts. A process that ends with `os._exit` has to call it.

    .. versionadded:: 0.2
    """
    for exporter in recording.active_exporters:
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
