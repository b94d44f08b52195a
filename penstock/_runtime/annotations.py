"""Attaching values to what happens from here on."""

# ruff: noqa: SLF001 - runs are written to in the hot path

from penstock._runtime.redaction import prepared, redacting
from penstock._runtime.run import GONE, BareRun, Gaps, closed_marks, current, open_run

__all__ = ["annotate", "unannotate"]

_get, _set = current.get, current.set  # looked up once


def annotate(**values: object) -> None:
    """Attach *values* to the code that follows: ``annotate(tenant="north", order=7)``.

    They are in log records, in spans, and in `Run.values`. They have the scope of
    a context variable: this context until the run ends, and everything that is
    started from here, such as a call, a task, a thread that carries the run, or
    another run. Concurrent tasks and threads never see them. Outside a run
    nothing happens. Only values that `inject` or `bound` is given by name are
    sent to another process.

    `Run.annotate` attaches values to the whole run instead, and `unannotate`
    removes values again.

    Args:
        values: Any objects. A name that is annotated again has its last value.

    .. versionadded:: 0.2
    """
    run = open_run() if closed_marks else _get()
    if run is not None and values:
        own, before = prepared(values) if redacting else values, run._values
        if run._origin is not None and before:
            own = {**before, **own} if before.__class__ is dict else Gaps({**before, **own})
        # What `Run._view` does, in place.
        view = BareRun()
        view._flow_id, view._cell = run._flow_id or run.flow_id, run._cell
        view._flows, view._entrypoint, view._outer = run._flows, run._entrypoint, run._outer
        view._request, view._remote = run._request, run._remote
        view._origin, view._values = run._origin or run, own
        _set(view)


def unannotate(*names: str) -> None:
    """Remove the values under *names* for the code that follows.

    The scope is that of `annotate`: concurrent and earlier contexts keep the
    values, and outside a run nothing happens.

    Args:
        names: The names. Unknown names are ignored.

    .. versionadded:: 0.2
    """
    run = open_run() if closed_marks else _get()
    if run is not None and names:
        before = (run._values or {}) if run._origin is not None else {}
        current.set(run._view(Gaps({**before, **dict.fromkeys(names, GONE)})))
