"""Starting a run: with the call of an entrypoint, or with what comes in from elsewhere."""

# ruff: noqa: SLF001 - runs are written to in the hot path

from collections.abc import Callable, Sequence
from time import time_ns
from typing import Protocol

from penstock._runtime.configuration import id_factories
from penstock._runtime.ids import are_ours, draw_more, make_flow_id, tails
from penstock._runtime.redaction import prepared, redacting
from penstock._runtime.run import (
    NOTHING,
    BareRun,
    Run,
    Values,
    closed_marks,
    current,
    open_run,
    over,
)
from penstock._runtime.traceparent import Remote

__all__ = ["Entrypoint", "observe_received", "received_run", "run_starter"]

_get_run = current.get  # looked up once


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


class Entrypoint(Protocol):
    """What runs begin with: a declared step."""

    name: str
    flows: tuple[str, ...]


def run_starter(entrypoint: Entrypoint, *, inherit: bool) -> Callable[[], Run]:
    """Return what makes the run of each call of an *entrypoint*."""
    new, pop, clock, ours = BareRun, tails.pop, time_ns, are_ours
    name = entrypoint.name

    # What `Run` does, in place: this is what a call of an entrypoint costs.
    def start() -> Run:
        outer = open_run() if closed_marks else _get_run()
        run = new()
        run._flows, run._entrypoint, run._cell = entrypoint.flows, name, {}
        run._origin = None
        if outer is None:
            run._outer = run._remote = run._request = run._values = None
            if id_factories:
                run._flow_id = id_factories[0]()
                return run
            run._flow_id, run._when = None, clock()
            try:
                run._tail = pop() if ours[0] else draw_more()
            except IndexError:
                run._tail = draw_more()
            return run
        # Written now, or each run in this one would write it.
        run._flow_id = flow_id = outer._flow_id or outer.flow_id
        run._outer = outer._cell, flow_id, outer._flows, outer._entrypoint
        run._remote, run._request = outer._remote, outer._request
        origin = outer._origin
        run._values = outer._values if origin is None else over(origin._values, outer._values)
        return run

    def start_anew() -> Run:
        run, outer = Run(None, entrypoint.flows, name), open_run()
        if outer is not None:
            run._outer = outer._reference()
        return run

    return start if inherit else start_anew
