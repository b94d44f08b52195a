"""Starting a run for what comes in from elsewhere."""

# ruff: noqa: SLF001 - runs are written to in the hot path

from collections.abc import Callable, Sequence

from penstock._runtime.configuration import id_factories
from penstock._runtime.ids import make_flow_id
from penstock._runtime.redaction import prepared, redacting
from penstock._runtime.run import NOTHING, BareRun, Run, Values
from penstock._runtime.traceparent import Remote

__all__ = ["observe_received", "received_run"]


def received_run(
    flow_id: str | None,
    flows: Sequence[str] = (),
    values: Values | None = None,
    *,
    remote: Remote | None = None,
) -> Run:
    """Return a run for a request, a message or a task that came in from elsewhere."""
    # What `Run` does, in place: each request pays for it, and reads its ID at once.
    run = BareRun()
    run._flow_id = flow_id or (id_factories[0]() if id_factories else make_flow_id())
    run._flows, run._entrypoint, run._cell = flows, None, {}
    run._origin = run._outer = None
    run._remote, run._request = remote, [NOTHING]
    run._values = prepared(values) if values and redacting else values or None
    for observe in _observers:
        observe(run)
    return run


_observers: tuple[Callable[[Run], object], ...] = ()


def observe_received(observe: Callable[[Run], object]) -> None:
    """Call *observe* with each run for what came in from elsewhere, before it is current.

    For error reporters that have begun a transaction around a request, a message
    or a task. What is observed already is not observed twice.

    Args:
        observe: Called with each run. It must not raise.

    .. versionadded:: 0.2
    """
    global _observers  # noqa: PLW0603 - those of the process
    _observers = (*(found for found in _observers if found is not observe), observe)
