"""Attaching values to what happens from here on."""

# ruff: noqa: SLF001 - runs are written to in the hot path

from penstock._runtime.redaction import prepared, redacting
from penstock._runtime.run import GONE, BareRun, Gaps, closed_marks, current, open_run

__all__ = ["annotate", "unannotate"]

_get, _set = current.get, current.set  # looked up once


def annotate(**values: object) -> None:
    """Attach *values* to what happens from here on: ``annotate(tenant="north", order=7)``.

    They show in log records, in spans, and in `Run.values`, as a context
    variable would: in this context until the run ends, and in what is started
    from here, be it a call, a task, a thread that carries the run, or another
    run. Tasks and threads beside this one never see them. Outside a run nothing
    happens. To another process travels only what `inject` or `bind` is asked to
    carry.

    `Run.annotate` attaches values to the whole run instead, and `unannotate`
    removes values again.

    Args:
        values: Anything. A name that is annotated again has its last value.

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
    """Take the values under *names* away from what happens from here on.

    What `annotate` is for values, this is for their absence: contexts that
    began beside or before keep them, and outside a run nothing happens.

    Args:
        names: Names, of which some may not be there.

    .. versionadded:: 0.2
    """
    run = open_run() if closed_marks else _get()
    if run is not None and names:
        before = (run._values or {}) if run._origin is not None else {}
        current.set(run._view(Gaps({**before, **dict.fromkeys(names, GONE)})))
